"""Functions that the dialects share: iteration over datasets, URLs, escaping, sample marks, findings."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from entaku.catalogue import facets, places
from entaku.model.files import WITHDRAWN, File
from entaku.model.ledgers import Tombstone, show_tombstone
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release, ReleasedResource
from entaku.model.words import Text
from entaku.site.kept import Parts

Current = TypeVar("Current", Release, Release | None)
Description = TypeVar("Description")

TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "json": "application/json"}
"""Media types of a table's files, as registered with IANA."""
LABELS = {"csv": "CSV", "parquet": "Parquet", "json": "JSON"}
"""Display names of these files' formats."""

SAMPLE_NOTE = "見本（合成データ）です。実際のデータではありません。 A synthetic sample, not real data."
"""Note on synthetic data, for dialects with a field for one."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Encodes a value as compact JSON text."""
quote_json = json.encoder.encode_basestring
"""Encodes a text as a JSON string."""


class Distribution(NamedTuple):
    """One file of a released table."""

    table: ReleasedResource
    kind: str
    """`csv` or `parquet`; `json` for the list of its parts."""
    file: File

    @property
    def label(self) -> str:
        """Return what the file is, the same in all languages."""
        return "CSV・Parquet の部分の一覧 / list of parts" if self.kind == "json" else LABELS[self.kind]


def list_distributions(release: Release) -> Iterator[Distribution]:
    """List the CSV and the Parquet of every table; of a table in parts their list: a catalogue of datasets has no words
    for hundreds of files that are one table.  As one file they are a form of the current data (`places.list_data`)."""
    for table in release.resources:
        if table.parted:
            yield Distribution(table, "json", table.parted.listed)
            continue
        yield Distribution(table, "csv", table.csv)
        yield Distribution(table, "parquet", table.parquet)


def per_dataset(
    dialect: str, datasets: Iterable[tuple[Dataset, Current]], describe: Callable[[Dataset, Current], Description],
    parts: Parts | None = None, catalogue: Catalogue | None = None,
) -> Iterator[Description | Finding]:  # fmt: skip
    """Describe each dataset, given its current release, or return what `parts` keep of it: a description that is made
    of the office, the dataset and its tombstones alone.

    Where `describe` raises, the dataset is omitted from this dialect alone, and a Finding is yielded instead.
    """
    for dataset, release in datasets:
        try:
            if parts is None or catalogue is None:
                described = describe(dataset, release)
            else:
                described = parts.describe(dialect, catalogue, dataset, partial(describe, dataset, release))
        except MemoryError:
            raise
        except Exception as error:
            name, why = dataset.spec.pipeline.name, f"{type(error).__name__}: {error}"
            yield Finding("feed-left-out", "warning", args={"dialect": dialect, "dataset": name, "why": why})
        else:
            yield described


def list_datasets(catalogue: Catalogue) -> Iterator[tuple[Dataset, Release | None]]:
    """List every dataset with its current release; None where nothing was ever released."""
    for dataset in catalogue.datasets:
        yield dataset, dataset.current


def list_released(catalogue: Catalogue) -> Iterator[tuple[Dataset, Release]]:
    """List every dataset that has been released, with its current release."""
    for dataset in catalogue.datasets:
        if dataset.current:
            yield dataset, dataset.current


def list_gone(catalogue: Catalogue) -> dict[str, Tombstone]:
    """List the datasets of which every version was withdrawn, with the newest tombstone of a version of each."""
    return find_gone(catalogue.tombstones, catalogue.by_name)


def find_gone(tombstones: Iterable[Tombstone], names: Collection[str]) -> dict[str, Tombstone]:
    """Return the newest tombstone of a version of each dataset that is not among `names`, those with a page."""
    return {each.dataset: each for each in tombstones if each.version and each.dataset not in names}


def address_tombstone(root: str, tombstone: Tombstone) -> str:
    """Return the URL of the page in the place of a version; of a source file that of its dataset."""
    name = (tombstone.home if tombstone.version else "") or tombstone.dataset
    page = f"{root}datasets/{to_uri(name)}/"
    return f"{page}{tombstone.version}/" if tombstone.version else page


def address_release(root: str, release: Release) -> str:
    """Return the permanent URL of a release."""
    return root + to_uri(places.place_release(release))


def render_withdrawn(catalogue: Catalogue) -> Iterator[Page]:
    """Write `withdrawn.json` of the catalogue and of each dataset: what was withdrawn, with the hashes of its files; that
    of a dataset also has the versions that went by `keep`."""
    root, told = find_root(catalogue), dict[str, dict[str, list[dict[str, Any]]]]()
    for each in (*catalogue.tombstones, *catalogue.expired):
        shown = {**show_tombstone(each), "address": address_tombstone(root, each)}
        mine = told.setdefault(f"datasets/{each.dataset}/{WITHDRAWN}", {"withdrawn": []})
        mine.setdefault("expired" if each.rule else "withdrawn", []).append(shown)
    for path, mine in told.items():
        yield Page(path, dump(mine))
    withdrawn = [shown for mine in told.values() for shown in mine["withdrawn"]]
    if withdrawn:
        yield Page(WITHDRAWN, dump({"withdrawn": withdrawn}))


def find_root(catalogue: Catalogue) -> str:
    """Return the site's URL, with a slash at its end."""
    return to_uri(catalogue.office.base_url.rstrip("/") + "/")


@lru_cache(4096)
def to_uri(text: str) -> str:
    """Percent-encode everything in an address that a URI may not hold (RFC 3986): spaces, quotes, Japanese."""
    return quote(clean(text), safe="%/:=&?~#+!$,;'@()*[]-._")


def clean(text: str) -> str:
    """Return `text` without the characters that no XML document may hold (XML 1.0, section 2.2)."""
    return text if text.isprintable() else _NOT_XML.sub("", text)


@lru_cache(1024)
def escape(text: str) -> str:
    """Escape `text` for XML, between tags or in an attribute."""
    text = clean(text)
    if "&" in text or "<" in text or ">" in text or '"' in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return text


def name_dataset(dataset: Dataset) -> Text:
    """Return a dataset's title, marked where its current release holds synthetic bytes."""
    return facets.mark_sample(dataset.spec.pipeline.title, facets.is_sample(dataset))


def dump(value: object) -> bytes:
    """Encode a value as a JSON file, without characters that UTF-8 or XML can't hold."""
    return clean(encode(value)).encode() + b"\n"


def miss(dialect: str, dataset: Dataset, what: str) -> Finding:
    """Return a finding for a property of `dataset` that this dialect can't express and omits."""
    return Finding(
        "feed-unsaid", "notice", value=what, args={"dialect": dialect, "dataset": dataset.spec.pipeline.name}
    )
