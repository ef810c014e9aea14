"""`standard:` of a schema → the fields of the standard dataset, written out before the fields of the table's own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from entaku.model.hints import hint
from entaku.model.messages import show_value
from entaku.model.nouns import Finding, Place
from entaku.model.standards import TAG, Standard
from entaku.spec.standard_files import OWN, StandardFiles

KEYS = ("primaryKey", "uniqueKeys", "foreignKeys")
"""Keys that name columns, which can't be judged while the standard is unknown."""


@dataclass(frozen=True)
class StandardSchema:
    """A schema with its standard written out."""

    schema: dict[str, Any]
    moved: Mapping[int, int]
    """Where the fields of the table's own are now, by where they were written."""
    findings: tuple[Finding, ...] = ()


def write_out(schema: Mapping[str, Any], place: Callable[..., Place], known: StandardFiles) -> StandardSchema:
    """Return a schema with the fields of the standard that it names; `place` finds the line of a key below it.

    A field of the table's own takes the place of the standard's of the same name, with the keys that it has; others
    come last.
    """
    wanted, own = schema["standard"], schema.get("fields", [])
    standard, faults = known.find(wanted)
    if standard is None:
        found = faults or (_tell_unknown(wanted, place("standard"), known),)
        rest = {key: value for key, value in schema.items() if key not in KEYS}
        fields = own if isinstance(own, list) and own else [{"name": "unknown"}]
        return StandardSchema({**rest, "fields": fields}, {n: n for n in range(len(fields))}, found)
    if not isinstance(own, list):
        return StandardSchema({**schema}, {})
    without, findings = _leave_out(standard, schema.get("without", ()), place)
    made = [column.write_field() for column in standard.columns if column.name not in without]
    names = {one["name"]: n for n, one in enumerate(made)}
    moved: dict[int, int] = {}
    for n, one in enumerate(own):
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and name in names:
            moved[n] = names[name]
            made[names[name]] |= one
        else:
            moved[n] = len(made)
            made.append(one)
    written = {**schema, "standard": standard.title.ja, "fields": made}
    written |= {"edition": asdict(standard.edition)} if standard.basis == OWN else {}
    return StandardSchema(written, moved, findings)


def _tell_unknown(wanted: str, place: Place, known: StandardFiles) -> Finding:
    """Return the finding that there is no such standard: which this program has, and which the project."""
    own = [show_value(name) for name in known.list_own()]
    args = {"own_ja": "、".join(own) or "なし", "own_en": ", ".join(own) or "none"}
    return Finding("unknown-standard", "error", place, wanted, {**args, **hint(wanted, known.list_names())})


def _leave_out(
    standard: Standard, without: Any, place: Callable[..., Place]
) -> tuple[frozenset[str], tuple[Finding, ...]]:
    """Return the names of the columns that the owner leaves out, and what can't be left out."""
    listed = [without] if isinstance(without, str) else without if isinstance(without, list) else []
    found, left = [], set[str]()
    for n, wanted in enumerate(listed):
        if not isinstance(wanted, str):
            continue  # told by the grammar
        there = place("without", n)
        column = standard.find(wanted)
        if column is None:
            args = {"standard": standard.title.ja, **hint(wanted, [one.title.ja for one in standard.columns])}
            found.append(Finding("unknown-standard-column", "error", there, wanted, args))
        elif column.needed:
            found.append(Finding("standard-left-out", "error", there, wanted, {"standard": standard.title.ja}))
        else:
            left.add(column.name)
    return frozenset(left), tuple(found)


def add_keywords(keywords: Any, resources: Any, known: StandardFiles) -> Any:
    """Return the keywords of a pipeline, and those by which catalogues find the standards of its tables."""
    named = list(_list_named(resources, known))
    if not named or not (keywords is None or isinstance(keywords, list)):
        return keywords
    tags = [TAG] if any(one.number for one in named) else []
    return list(dict.fromkeys([*(keywords or []), *tags, *(one.title.ja for one in named)]))


def _list_named(resources: Any, known: StandardFiles) -> Iterator[Standard]:
    for one in resources if isinstance(resources, list) else ():
        schema = one.get("schema") if isinstance(one, dict) else None
        wanted = schema.get("standard") if isinstance(schema, dict) else None
        if isinstance(wanted, str) and (standard := known.find(wanted)[0]):
            yield standard
