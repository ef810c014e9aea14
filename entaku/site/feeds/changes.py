"""What each release changed, for programs: `changes.json` beside its changed rows, `changes/index.json` with all of
them, and their schema."""

import json
from collections.abc import Iterator
from pkgutil import get_data
from typing import Any

from entaku.catalogue import facets, places
from entaku.model.changes import show_comparison
from entaku.model.files import CHANGES
from entaku.model.nouns import Catalogue, Page, Release
from entaku.model.promises import show_breaking
from entaku.model.revisions import tell_why
from entaku.site.feeds.common import SAMPLE_NOTE, address_release, address_tombstone, find_root, to_uri

INDEX, SCHEMA = "changes/index.json", "changes/changes.schema.json"


def render(catalogue: Catalogue) -> Iterator[Page]:
    """Write the comparisons of all releases with the ones before, the list of them, and the schema."""
    root, listed, first = find_root(catalogue), list[dict[str, Any]](), list[dict[str, Any]]()
    for dataset in catalogue.datasets:
        for release in dataset.releases:
            if release.changes is None:
                first.append(list_version(release, root))
            else:
                shown = {"$schema": f"{root}{SCHEMA}", **show_comparison(places.find_home(release), release.changes)}
                shown |= {"note": SAMPLE_NOTE} if facets.is_sample(dataset) else {}
                path = f"{places.place_changes(release)}{CHANGES}"
                yield Page(path, _dump(shown))
                listed.append(list_comparison(release, root, path))
    for some in (listed, first):
        some.sort(key=lambda one: (one["created"], one["dataset"], one["after"]), reverse=True)
    note = {"note": SAMPLE_NOTE} if facets.has_samples(catalogue) else {}
    announced = [
        {"dataset": name, **show_breaking(breaking)["breaking"], "page": f"{root}datasets/{to_uri(name)}/"}
        for name, dataset in catalogue.by_name.items()
        if (breaking := facets.find_announced(dataset))
    ]
    told = {"announced": announced, "changes": listed, "first": first, "revised": list_revised(catalogue, root)}
    yield Page(INDEX, _dump({**note, **told, "withdrawn": list_withdrawn(catalogue, root)}))
    yield Page(SCHEMA, get_data(__package__ or "", "changes.schema.json") or b"")


def list_comparison(release: Release, root: str, path: str) -> dict[str, Any]:
    """Return the entry of a comparison, with its page and its data, in the list of all."""
    changes = release.changes
    assert changes is not None
    totals = {
        "added": sum(table.added for table in changes.tables),
        "removed": sum(table.removed for table in changes.tables),
        "corrected": sum(table.changed for table in changes.tables),
    }
    return {
        "dataset": release.dataset,
        "before": changes.before,
        "after": changes.after,
        "created": release.created,
        "level": changes.level,
        "rows": totals,
        "page": address_release(root, release),
        "url": f"{root}{to_uri(path)}",
    }


def list_version(release: Release, root: str) -> dict[str, Any]:
    """Return the entry of a version that is compared with none."""
    page = address_release(root, release)
    return {"dataset": release.dataset, "after": release.version, "created": release.created, "page": page}


def list_revised(catalogue: Catalogue, root: str) -> list[dict[str, Any]]:
    """List the revisions of metadata, the newest first, with the reasons for them."""
    listed = [
        {
            "dataset": each.dataset, "version": each.version, "revision": each.revision, "created": each.revised,
            "why": {"ja": tell_why(each.why).ja, "en": tell_why(each.why).en}, "page": address_release(root, each),
        }
        for dataset in catalogue.datasets
        for release in dataset.releases
        for each in (*release.earlier, release)
        if each.revised
    ]  # fmt: skip
    return sorted(listed, key=lambda one: (one["created"], one["dataset"], one["version"]), reverse=True)


def list_withdrawn(catalogue: Catalogue, root: str) -> list[dict[str, Any]]:
    """List what was withdrawn, the newest first: a version, or a source file by its SHA-256."""
    return [
        {
            "dataset": each.dataset,
            **({"version": each.version} if each.version else {"sha256": "".join(raw.sha256 for raw in each.raws[:1])}),
            "created": each.when,
            "why": {"ja": each.reason.get("ja"), "en": each.reason.get("en")},
            "page": address_tombstone(root, each),
        }
        for each in sorted(catalogue.tombstones, key=lambda each: each.when, reverse=True)
    ]


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"
