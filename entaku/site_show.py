"""Catalogue -> the views that templates see, in one language.  Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import groupby

from entaku import facets, facets_files, site_cite
from entaku import site_views as views
from entaku.grammar import Office, Pipeline
from entaku.messages import say_next, say_place, say_what
from entaku.model import Attempt, Catalogue, Dataset, Finding, Raw, Release
from entaku.site_ledger import show_ask, show_outside, show_request, show_showcase
from entaku.site_tables import place_table, promise_table, show_contents, show_file, show_table
from entaku.site_words import Words

FINDINGS_OF_A_CODE = 20
RAWS_FIRST = 4
"""Source files that are shown at once; the others are folded away."""
VERSIONS = 60
SEATS = 12, 24
"""Least and most seats of the round table."""
SEVERITIES = ("error", "warning", "notice")


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


def show_dataset(catalogue: Catalogue, dataset: Dataset, words: Words) -> views.DatasetView:
    """A dataset as its pages show it: today's wording, the current release's tables."""
    pipeline, current = dataset.spec.pipeline, dataset.current
    entry = show_entry(catalogue, dataset, words)
    tables: tuple[views.TableView, ...]
    if current:
        # Files are linked where they never change: whoever has an old page open gets what it describes.
        own = f"{entry.path}{current.version}/"
        shown = (show_table(table, own, entry.address, words) for table in current.resources)
        tables = tuple(show_contents(view, table, words) for view, table in zip(shown, current.resources, strict=True))
    else:
        tables = tuple(promise_table(resource, words) for resource in pipeline.resources)
    names = [table.name for table in tables]
    tables = tuple(replace(table, path=place_table(pipeline.name, names, table.name)) for table in tables)
    return views.DatasetView(
        **{item.name: getattr(entry, item.name) for item in fields(entry)},
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
        tables=tables,
        files=show_files(current, f"{entry.path}{current.version}/") if current else (),
        raws=show_raws(catalogue.office, current, words),
        findings=group_findings(current.findings if current else (), words),
        attempt=show_attempt(dataset.attempt, words),
        versions=tuple(show_version(dataset, i) for i in reversed(range(len(dataset.releases))))[:VERSIONS],
        versions_count=len(dataset.releases),
    )


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


def show_release(catalogue: Catalogue, dataset: Dataset, index: int, words: Words) -> views.ReleaseView:
    """The release at `index` of `dataset.releases`, for its own page."""
    release, version = dataset.releases[index], show_version(dataset, index)
    address = catalogue.office.base_url.rstrip("/") + "/" + version.path
    return views.ReleaseView(
        version=version,
        address=address,
        tables=tuple(show_table(table, version.path, address, words) for table in release.resources),
        files=show_files(release, version.path),
        raws=show_raws(catalogue.office, release, words),
        findings=group_findings(release.findings, words),
        feedback=show_feedback(catalogue, release.pipeline, release.version, address, words),
        citations=site_cite.write_citations(catalogue.office, release, words.lang),
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


# ---- source files, findings, attempts ---------------------------------------------------------------------------


def show_raws(office: Office, release: Release | None, words: Words) -> views.RawsView:
    """The source files of a release, each once, newest first."""
    newest = facets_files.list_raws(release.resources) if release else []
    offered = facets_files.list_published_raws(office, release) if release else []
    places = {(raw.url, raw.sha256): facets_files.place_raw(release.dataset, raw) for raw in offered if release}
    shown = tuple(show_raw(raw, places.get((raw.url, raw.sha256), ""), words) for raw, _ in newest[: facets_files.RAWS])
    first, more = (shown, ()) if len(newest) <= RAWS_FIRST + 1 else (shown[:RAWS_FIRST], shown[RAWS_FIRST:])
    return views.RawsView(count=len(newest), first=first, more=more, rest=len(newest) - len(shown))


def show_raw(raw: Raw, path: str, words: Words) -> views.RawView:
    """A source file, which the site offers at `path`."""
    return views.RawView(
        source=show_outside(raw.url),
        served=words.say(f"served_{raw.served}"),
        name=facets_files.name_raw(raw.url),
        path=path,
        sample=raw.served == "sample",
        fetched=raw.fetched,
        sha256=raw.sha256,
        bytes=raw.bytes,
    )


def group_findings(findings: Sequence[Finding], words: Words) -> tuple[views.FindingsView, ...]:
    """Findings by severity and code, errors first, otherwise in the order in which they were found."""
    first = {code: index for index, code in reversed(list(enumerate(finding.code for finding in findings)))}
    ordered = sorted(findings, key=lambda finding: (SEVERITIES.index(finding.severity), first[finding.code]))
    return tuple(
        show_findings(list(group), words)
        for _, group in groupby(ordered, key=lambda finding: (finding.severity, finding.code))
    )


def show_findings(findings: Sequence[Finding], words: Words) -> views.FindingsView:
    """Findings of one code and severity."""
    nexts = [say_next(finding, words.lang) for finding in findings[:FINDINGS_OF_A_CODE]]
    shared = nexts[0] if len(set(nexts)) == 1 else ""
    return views.FindingsView(
        code=findings[0].code,
        severity=findings[0].severity,
        label=words.say(f"severity_{findings[0].severity}"),
        count=len(findings),
        next=shared,
        items=tuple(
            views.FindingView(
                place=say_place(finding.place, words.lang),
                what=say_what(finding, words.lang),
                next="" if shared else after,
            )
            for finding, after in zip(findings[:FINDINGS_OF_A_CODE], nexts, strict=True)
        ),
    )


def show_attempt(attempt: Attempt | None, words: Words) -> views.AttemptView | None:
    """The failed attempt, with its reasons."""
    if attempt is None:
        return None
    return views.AttemptView(attempt.when, attempt.count, group_findings(attempt.findings, words))


# ---- publishers, themes, seats ----------------------------------------------------------------------------------


def show_groups(
    catalogue: Catalogue, shown: Mapping[str, views.EntryView], words: Words
) -> tuple[tuple[views.GroupView, ...], tuple[views.GroupView, ...]]:
    """The publishers and the themes, in the order of `catalogue.yaml`."""
    office, lang = catalogue.office, words.lang
    publishers = tuple(
        views.GroupView(
            id=key,
            path=f"publishers/{key}/",
            title=publisher.title.get(lang),
            description=publisher.description.get(lang).strip(),
            url=publisher.url or "",
            email=publisher.email or "",
            datasets=tuple(shown[each.spec.pipeline.name] for each in facets.select_publisher(catalogue, key)),
        )
        for key, publisher in office.publishers.items()
    )
    themes = tuple(
        views.GroupView(
            id=key,
            path=f"themes/{key}/",
            title=theme.title.get(lang),
            description=theme.description.get(lang).strip(),
            url="",
            email="",
            datasets=tuple(shown[each.spec.pipeline.name] for each in facets.select_theme(catalogue, key)),
        )
        for key, theme in office.themes.items()
    )
    return publishers, themes


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
