"""What the dialects share: which datasets they tell of, addresses, clean text, the marks of samples, findings."""

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from urllib.parse import quote

from entaku.catalogue import facets
from entaku.model.nouns import Catalogue, Dataset, Finding, Release
from entaku.model.words import Text

TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
"""Media types, as registered with IANA."""

SAMPLE_NOTE = "見本（合成データ）です。実際のデータではありません。 A synthetic sample, not real data."
"""What dialects say of synthetic data that have a place to say it."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""A value as compact JSON text."""
quote_json = json.encoder.encode_basestring
"""A text as a JSON string."""


def list_released(catalogue: Catalogue) -> Iterator[tuple[Dataset, Release]]:
    """Every dataset that has been released, with its current release."""
    for dataset in catalogue.datasets:
        if dataset.current:
            yield dataset, dataset.current


def find_root(catalogue: Catalogue) -> str:
    """The site's address, with a slash at its end."""
    return to_uri(catalogue.office.base_url.rstrip("/") + "/")


@lru_cache(4096)
def to_uri(text: str) -> str:
    """An address with everything percent-encoded that a URI may not hold (RFC 3986): spaces, quotes, Japanese."""
    return quote(clean(text), safe="%/:=&?~#+!$,;'@()*[]-._")


def clean(text: str) -> str:
    """`text` without the characters that no XML document may hold (XML 1.0, section 2.2)."""
    return text if text.isprintable() else _NOT_XML.sub("", text)


def escape(text: str) -> str:
    """`text` for XML, between tags or in an attribute."""
    text = clean(text)
    if "&" in text or "<" in text or ">" in text or '"' in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return text


def is_day(text: str) -> bool:
    """Whether there is such a day: `2026-02-31` looks like one."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def name_dataset(dataset: Dataset) -> Text:
    """A dataset's title, marked where its current release holds synthetic bytes."""
    return facets.mark_sample(dataset.spec.pipeline.title, facets.is_sample(dataset))


def dump(value: object) -> bytes:
    """A value as a JSON file; its words without what neither UTF-8 nor XML can hold."""
    return clean(encode(value)).encode() + b"\n"


def miss(dialect: str, dataset: Dataset, what: str) -> Finding:
    """Something of `dataset` that this dialect can't say and leaves unsaid."""
    return Finding(
        "feed-unsaid", "notice", value=what, args={"dialect": dialect, "dataset": dataset.spec.pipeline.name}
    )


def leave_out(dialect: str, dataset: Dataset, error: Exception) -> Finding:
    """That `dataset` is not in this dialect, because it couldn't be written."""
    why = f"{type(error).__name__}: {error}"
    return Finding(
        "feed-left-out", "warning", args={"dialect": dialect, "dataset": dataset.spec.pipeline.name, "why": why}
    )
