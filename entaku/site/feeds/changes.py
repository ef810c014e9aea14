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
from entaku.site.feeds.common import SAMPLE_NOTE, find_root, to_uri

INDEX, SCHEMA = "changes/index.json", "changes/changes.schema.json"


def render(catalogue: Catalogue) -> Iterator[Page]:
    """Write the comparisons of all releases with the ones before, the list of them, and the schema."""
    root, listed = find_root(catalogue), list[dict[str, Any]]()
    for dataset in catalogue.datasets:
        for release in dataset.releases:
            if release.changes is not None:
                shown = {"$schema": f"{root}{SCHEMA}", **show_comparison(places.find_home(release), release.changes)}
                shown |= {"note": SAMPLE_NOTE} if facets.is_sample(dataset) else {}
                path = f"{places.place_changes(release)}{CHANGES}"
                yield Page(path, _dump(shown))
                listed.append(list_comparison(release, f"{root}{to_uri(path)}"))
    listed.sort(key=lambda one: (one["created"], one["dataset"], one["after"]), reverse=True)
    note = {"note": SAMPLE_NOTE} if facets.has_samples(catalogue) else {}
    announced = [
        {"dataset": dataset.spec.pipeline.name, **show_breaking(breaking)["breaking"]}
        for dataset in catalogue.datasets
        if (breaking := facets.find_announced(dataset))
    ]
    yield Page(INDEX, _dump({**note, "announced": announced, "changes": listed}))
    yield Page(SCHEMA, get_data(__package__ or "", "changes.schema.json") or b"")


def list_comparison(release: Release, address: str) -> dict[str, Any]:
    """Return the entry of a comparison in the list of all."""
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
        "url": address,
    }


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"
