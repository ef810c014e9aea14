"""The charts of what is published: counted from its Parquet files when the site is built, and kept by content.

They are no part of a release: an owner may think of a better chart without making a new version of the data.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from entaku.charts_count import count_charts
from entaku.charts_json import read_chart, show_chart
from entaku.model import EPOCH, Chart, Release, ReleasedResource, Spec
from entaku.store import Cache, Store

if TYPE_CHECKING:
    import pyarrow as pa


def add_charts(release: Release, spec: Spec, store: Store, cache: Cache) -> Release:
    """`release` with the charts that today's `spec` asks for, or that suit its tables."""
    asked = {resource.name: resource for resource in spec.pipeline.resources}
    wished = [
        replace(table.resource, charts=asked.get(table.name, table.resource).charts) for table in release.resources
    ]
    made_from = [
        EPOCH,
        [
            (table.parquet.sha256, repr(one.schema), repr(one.charts))
            for table, one in zip(release.resources, wished, strict=True)
        ],
    ]
    key = hashlib.sha256(f"charts {made_from!r}".encode("utf-8", "backslashreplace")).hexdigest()
    kept = cache.get(key)
    if kept is None:
        counted = {
            table.name: [show_chart(chart) for chart in _count(release, replace(table, resource=one), store)]
            for table, one in zip(release.resources, wished, strict=True)
        }
        kept = json.dumps(counted, ensure_ascii=False).encode("utf-8", "backslashreplace")
        cache.put(key, kept)
    charts: Mapping[str, tuple[Chart, ...]] = {
        name: tuple(map(read_chart, shown)) for name, shown in json.loads(kept).items()
    }
    tables = tuple(replace(table, charts=charts.get(table.name, ())) for table in release.resources)
    return replace(release, resources=tables)


def _count(release: Release, table: ReleasedResource, store: Store) -> tuple[Chart, ...]:
    def read(columns: list[str]) -> "Iterator[pa.RecordBatch]":
        return store.read_columns(release.dataset, release.version, table.parquet.path, columns)

    return count_charts(table.resource, table.profile, read)
