"""Catalogue -> the views that templates see, in one language.  Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from operator import attrgetter

from entaku.catalogue import facets
from entaku.model.grammar import Pipeline, Publisher, Resource, Theme
from entaku.model.nouns import Catalogue, Dataset, Release
from entaku.site import use as site_cite
from entaku.site import views, views_trust
from entaku.site.ledger import show_ask, show_outside, show_request, show_showcase
from entaku.site.tables import place_tables, promise_table, show_file, show_table
from entaku.site.trust import (
    Compare,
    compare_nothing,
    group_findings,
    show_attempt,
    show_changes,
    show_checks,
    show_raws,
)
from entaku.site.words import Words

VERSIONS, CHANGES = 60, 6
"""Releases that the page of a dataset lists, and those of which it says what they changed."""
ENTRY = tuple(item.name for item in fields(views.EntryView))
OF_ENTRY = attrgetter(*ENTRY)
SEATS = 12, 24
"""Least and most seats of the round table."""


def show_site(catalogue: Catalogue, words: Words) -> views.SiteView:
    """What every page says about the whole."""
    office = catalogue.office
    return views.SiteView(
        title=office.title.get(words.lang),
        description=office.description.get(words.lang),
        base_url=office.base_url.rstrip("/") + "/",
        contact=show_outside(office.contact) if office.contact else None,
        ask=show_ask(catalogue, words, "ask"),
        tell=show_ask(catalogue, words, "showcases"),
        version=catalogue.version,
        timezone=office.timezone,
    )


# ---- datasets and releases --------------------------------------------------------------------------------------


def show_entry(catalogue: Catalogue, dataset: Dataset, words: Words) -> views.EntryView:
    """A dataset as lists show it."""
    office, lang, pipeline, current = catalogue.office, words.lang, dataset.spec.pipeline, dataset.current
    path = f"datasets/{pipeline.name}/"
    publisher = office.publishers.get(pipeline.publisher)
    return views.EntryView(
        name=pipeline.name,
        path=path,
        address=office.base_url.rstrip("/") + "/" + path,
        title=pipeline.title.get(lang),
        description=pipeline.description.get(lang).strip(),
        publisher=views.Link(
            publisher.title.get(lang) if publisher else pipeline.publisher, f"publishers/{pipeline.publisher}/"
        ),
        license=show_license(catalogue, pipeline.license, words),
        themes=tuple(
            views.Link(office.themes[key].title.get(lang), f"themes/{key}/")
            for key in pipeline.themes
            if key in office.themes
        ),
        keywords=pipeline.keywords,
        frequency=words.say(f"frequency_{pipeline.frequency}"),
        released=current is not None,
        sample=facets.is_sample(dataset),
        version=current.version if current else "",
        created=current.created if current else "",
        checked=dataset.checked,
        due=dataset.due,
        rows=facets.count_rows(current) if current else 0,
        tables_count=len(current.resources if current else pipeline.resources),
    )


def show_dataset(
    catalogue: Catalogue, dataset: Dataset, words: Words, compare: Compare = compare_nothing
) -> views.DatasetView:
    """A dataset as its pages show it: today's wording, the current release's tables."""
    pipeline, current = dataset.spec.pipeline, dataset.current
    entry = show_entry(catalogue, dataset, words)
    # Files are linked where they never change: whoever has an old page open gets what it describes.
    own = f"{entry.path}{current.version}/" if current else ""
    return views.DatasetView(
        **dict(zip(ENTRY, OF_ENTRY(entry), strict=True)),
        landing_page=pipeline.landing_page or "",
        feedback=show_feedback(catalogue, pipeline, entry.version, entry.address, words),
        citations=site_cite.write_citations(catalogue.office, current, words.lang) if current else (),
        credit=pipeline.credit.get(words.lang),
        notes=tuple(note.get(words.lang) for note in pipeline.notes),
        requests=tuple(
            show_request(catalogue, request, words) for request in facets.list_requests(catalogue, pipeline.name)
        ),
        showcases=tuple(
            show_showcase(catalogue, showcase, words) for showcase in facets.list_showcases(catalogue, pipeline.name)
        ),
        tables=show_tables(current, entry.path, own, entry.address, words)
        if current
        else promise_tables(pipeline.resources, entry.path, words),
        files=partial(show_files, current, own) if current else (),
        raws=show_raws(catalogue.office, current, words),
        findings=group_findings(current.findings if current else (), words),
        attempt=show_attempt(dataset.attempt, pipeline.resources, words),
        checks=partial(show_checks, current.resources, words) if current else (),
        changes=show_recent(dataset, compare, words),
        versions=tuple([show_version(dataset, i) for i in reversed(range(len(dataset.releases)))][:VERSIONS]),
        versions_count=len(dataset.releases),
    )


def show_tables(release: Release, path: str, folder: str, address: str, words: Words) -> tuple[views.TableView, ...]:
    """The tables of a release of the dataset at `path`, their files in `folder`, also known as the URL `address`."""
    places = place_tables(path, [table.name for table in release.resources])
    return tuple(
        show_table(table, place, folder, address, words) for table, place in zip(release.resources, places, strict=True)
    )


def promise_tables(resources: Sequence[Resource], path: str, words: Words) -> tuple[views.TableView, ...]:
    """The tables of a dataset that has no release."""
    places = place_tables(path, [resource.name for resource in resources])
    return tuple(promise_table(resource, place, words) for resource, place in zip(resources, places, strict=True))


def show_recent(dataset: Dataset, compare: Compare, words: Words) -> tuple[tuple[views_trust.ChangeView, ...], ...]:
    """What each of the newest releases changed, the newest first."""
    recent = range(len(dataset.releases))[-CHANGES:]
    return tuple(show_changes(compare(dataset, index), dataset, words) for index in reversed(recent))


def show_version(dataset: Dataset, index: int) -> views.VersionView:
    """The release at `index`, for a list."""
    release = dataset.releases[index]
    return views.VersionView(
        version=release.version,
        path=f"datasets/{release.dataset}/{release.version}/",
        created=release.created,
        rows=facets.count_rows(release),
        sample="sample" in release.served,
        current=release is dataset.current,
    )


def show_release(
    catalogue: Catalogue, dataset: Dataset, index: int, words: Words, compare: Compare = compare_nothing
) -> views.ReleaseView:
    """The release at `index` of `dataset.releases`, for its own page."""
    release, version = dataset.releases[index], show_version(dataset, index)
    address = catalogue.office.base_url.rstrip("/") + "/" + version.path
    return views.ReleaseView(
        version=version,
        address=address,
        tables=show_tables(release, f"datasets/{release.dataset}/", version.path, address, words),
        files=show_files(release, version.path),
        raws=show_raws(catalogue.office, release, words),
        findings=group_findings(release.findings, words),
        feedback=show_feedback(catalogue, release.pipeline, release.version, address, words),
        citations=site_cite.write_citations(catalogue.office, release, words.lang),
        changes=show_changes(compare(dataset, index), dataset, words),
        checks=partial(show_checks, release.resources, words),
        newer=show_version(dataset, index + 1) if index + 1 < len(dataset.releases) else None,
        older=show_version(dataset, index - 1) if index else None,
    )


def show_feedback(catalogue: Catalogue, pipeline: Pipeline, version: str, page: str, words: Words) -> str:
    """The address for feedback on a version, "" if nobody gave one."""
    title = pipeline.title.get(words.lang)
    subject = words.say("feedback_subject", title=title, dataset=pipeline.name, version=version)
    return site_cite.address_feedback(
        catalogue.office, pipeline.publisher, pipeline.name, version, page, subject, words.say("feedback_ask")
    )


def show_files(release: Release, folder: str) -> tuple[views.FileView, ...]:
    """Every file of a release but SHA256SUMS, by name."""
    return tuple(show_file(file, folder) for file in sorted(release.files, key=lambda file: file.path))


def show_license(catalogue: Catalogue, key: str, words: Words) -> views.LicenseView:
    """The terms of use; only their key where the catalogue no longer explains them."""
    terms = catalogue.office.licenses.get(key)
    if not terms:
        return views.LicenseView(key, key, "", "")
    return views.LicenseView(key, terms.title.get(words.lang), terms.url, terms.summary.get(words.lang))


# ---- publishers, themes, seats ----------------------------------------------------------------------------------


def show_groups(
    catalogue: Catalogue, shown: Mapping[str, views.EntryView], words: Words
) -> tuple[tuple[views.GroupView, ...], tuple[views.GroupView, ...]]:
    """The publishers and the themes, in the order of `catalogue.yaml`."""
    office, lang = catalogue.office, words.lang

    def show(kind: str, key: str, group: Publisher | Theme, datasets: Sequence[Dataset]) -> views.GroupView:
        owner = group if isinstance(group, Publisher) else None
        return views.GroupView(
            id=key,
            path=f"{kind}/{key}/",
            title=group.title.get(lang),
            description=group.description.get(lang).strip(),
            url=(owner and owner.url) or "",
            email=(owner and owner.email) or "",
            datasets=tuple(shown[each.spec.pipeline.name] for each in datasets),
        )

    return (
        tuple(
            show("publishers", key, each, facets.select_publisher(catalogue, key))
            for key, each in office.publishers.items()
        ),
        tuple(show("themes", key, each, facets.select_theme(catalogue, key)) for key, each in office.themes.items()),
    )


def seat_requests(requests: Sequence[views.RequestView]) -> tuple[views.SeatView, ...]:
    """The round table: a seat for each of the newest requests, and empty ones for those to come."""
    least, most = SEATS
    seated = requests[:most]
    count = max(least, len(seated))
    angles = [2 * math.pi * index / count - math.pi / 2 for index in range(count)]
    return tuple(
        views.SeatView(
            x=round(100 * math.cos(angle), 2) + 0.0,
            y=round(100 * math.sin(angle), 2) + 0.0,
            request=seated[index] if index < len(seated) else None,
        )
        for index, angle in enumerate(angles)
    )
