"""JSON → the members that its readers need and those whose values are unique in it, and findings where they aren't."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from entaku.formats.limits import without_cycles
from entaku.model.nouns import Finding, Place

SHAPES: Mapping[str, tuple[str, ...]] = {
    r"datasets/[^/]+/croissant\.json": (
        "@context", "@type", "name", "description", "url", "conformsTo", "creator.name", "distribution[].@id",
        "distribution[].contentUrl", "distribution[].encodingFormat", "distribution[].sha256", "recordSet[].@id",
        "recordSet[].field[].dataType", "recordSet[].field[].source.fileObject.@id",
    ),
    r"datasets/.+\.csv-metadata\.json": (
        "@context", "url|tables[].url",
        "tableSchema.columns[].name|tables[].tableSchema.columns[].name",
        "tableSchema.columns[].titles|tables[].tableSchema.columns[].titles",
    ),
    r"(catalog(-\d+)?|datasets/[^/]+/dcat)\.jsonld": ("@context", "@graph[].@id", "@graph[].@type"),
    r"data\.json": (
        "conformsTo", "dataset[].identifier", "dataset[].title", "dataset[].description", "dataset[].publisher.name",
        "dataset[].modified", "dataset[].accessLevel", "dataset[].distribution[].downloadURL",
    ),
    r"api/(3/)?action/package_search": (
        "success", "result.count", "result.results[].id", "result.results[].name", "result.results[].title",
        "result.results[].organization.name", "result.results[].metadata_modified",
        "result.results[].resources[].id", "result.results[].resources[].url",
    ),
    r"api/3/package_show/.+": ("success", "result.id", "result.name", "result.resources[].url|result.withdrawn"),
}  # fmt: skip
"""Members that the readers of a file need, by its path: `.` and `[]` descend into objects and arrays; `|` separates
two of which one is enough (a CSVW file describes a table or, where tables refer to each other, a table group).
"""
SINGLE: Mapping[str, tuple[str, ...]] = {
    r"datasets/[^/]+/croissant\.json": ("distribution[].@id", "recordSet[].@id", "recordSet[].field[].@id"),
    r"(catalog(-\d+)?|datasets/[^/]+/dcat)\.jsonld": ("@graph[].@id",),
    r"data\.json": ("dataset[].identifier",),
    r"api/(3/)?action/package_search": (
        "result.results[].id", "result.results[].name", "result.results[].resources[].id",
    ),
}  # fmt: skip
"""Members whose values are unique within a file."""
Members = tuple[Collection[str], Sequence[Sequence[str]]]
"""The members that a value lacks, and the values of each that must be unique."""


def list_members(path: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return the members that a file needs, and those whose values are unique in it."""
    needed = next((members for form, members in SHAPES.items() if re.fullmatch(form, path)), ())
    single = next((members for form, members in SINGLE.items() if re.fullmatch(form, path)), ())
    return needed, single


def check_values(path: str, body: bytes, needed: Sequence[str], single: Sequence[str]) -> list[Finding]:
    """Check JSON in which the `needed` members must be present, and `single` ones unique."""
    with without_cycles():
        return list(find_faults(path, (read_members(each, needed, single) for each in (body,)), needed))


def read_members(body: bytes, needed: Sequence[str], single: Sequence[str]) -> Members:
    """Look for members in JSON.  Raises ValueError or RecursionError for anything else."""
    value = json.loads(body.decode())
    lacking = [member for member in needed if all(None in follow(value, one) for one in member.split("|"))]
    return lacking, [list(map(str, follow(value, member))) for member in single]


def find_faults(path: str, told: Iterable[Members], needed: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each needed member that is lacking, each value that is repeated, and what can't be read."""
    lacking, found = set[str](), list[Sequence[Sequence[str]]]()
    try:
        for without, values in told:
            lacking.update(without)
            found.append(values)
    except (ValueError, RecursionError) as error:
        yield Finding("feed-broken", "error", Place(file=path), path, {"why": str(error)})
        return
    yield from (Finding("feed-member", "error", Place(file=path), member) for member in needed if member in lacking)
    for each in zip(*found, strict=True):
        yield from find_twice(path, list(chain.from_iterable(each)))


def follow(value: Any, member: str) -> list[Any]:
    """Return the values of a member such as `a.b[].c`; None for each that is missing or empty."""
    found = [value]
    for name in member.split("."):
        key = name.removesuffix("[]")
        found = [each.get(key) if isinstance(each, dict) else None for each in found]
        if name.endswith("[]"):
            found = [item for each in found for item in (each if isinstance(each, list) else [None])]
    return [None if each in ("", [], {}) else each for each in found]


def find_twice(path: str, values: Sequence[bytes | str]) -> Iterator[Finding]:
    """Yield a finding for each value that is repeated."""
    if len(set(values)) == len(values):
        return
    for value, count in Counter(values).items():
        if count > 1:
            shown = value.decode() if isinstance(value, bytes) else value
            yield Finding("feed-twice", "error", Place(file=path), shown, {"count": str(count)})
