"""Tables so small that nginx answers datastore_search for them from one file, in which directives (`pieces`) show as
many rows as `limit` says."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from entaku.catalogue import places
from entaku.model.nouns import Catalogue, Release, ReleasedResource
from entaku.site.feeds.ckan import datastore
from entaku.site.feeds.ckan.groups import make_id
from entaku.site.feeds.ckan.pieces import FOLDER, escape
from entaku.site.feeds.ckan.replies import dump
from entaku.site.feeds.ckan.shapes import find_first
from entaku.site.feeds.common import find_root

ROWS, BYTES = 1000, 300_000
"""Rows and bytes of a CSV up to which a table is small."""
LIMITS = (5, 10, 20, 50, 100)
"""Values of `limit` that may leave something out; besides, any from ROWS on."""


@dataclass(frozen=True)
class SmallTable:
    """A table whose rows are a file of the API."""

    id: str
    """CKAN's id of its CSV."""
    release: Release
    table: ReleasedResource

    @property
    def path(self) -> str:
        """Return the file's path in the site."""
        return f"{FOLDER}/rows/{self.id}.txt"


def list_small(catalogue: Catalogue) -> Iterator[SmallTable]:
    """Yield the small tables of the current releases."""
    root = find_root(catalogue)
    for dataset in catalogue.datasets:
        release = dataset.current
        for table in release.resources if release else ():
            if release and places.offers_whole(table) and 0 < table.rows <= ROWS and table.csv.bytes <= BYTES:
                first = find_first(catalogue.office, release.dataset)
                yield SmallTable(make_id(root, f"datasets/{first}/{table.csv.path}"), release, table)


def write_rows(key: str, parquet: bytes) -> bytes:
    """Write the result of datastore_search for a table by its Parquet file; `key` is the id of its CSV."""
    answer = datastore.search_rows(key, datastore.number_rows(BytesIO(parquet)), {"limit": ROWS})
    rows = [escape(dump(record)) for record in answer.pop("records")]
    limit = answer.pop("limit")
    parts, at = [], 0
    for n, end in enumerate((*LIMITS, limit)):
        part = b",".join(rows[at:end])
        if n and part:
            wanted = "|".join(map(str, (*LIMITS[n:], "all"))).encode()
            part = b'<!--# if expr="$entaku_most = /^(?:%b)\\b/" -->,%b<!--# endif -->' % (wanted, part)
        parts.append(part)
        at = end
    shown = b'"records":[%b],"limit":<!--# echo var="entaku_told" -->,' % b"".join(parts)
    return b"{%b%b" % (shown, escape(dump(answer))[1:])
