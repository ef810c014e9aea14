"""The header of a table against its schema: which column is which field, and what is wrong with the labels.

Meaning: `fieldsMatch` of Table Schema v2; errors are those of frictionless-py, in its order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entaku.check.values import BadSchemaError

Field = Mapping[str, Any]
Error = dict[str, Any]


@dataclass(frozen=True)
class Header:
    """The fields in the order of the columns (a column without one gets an `any` field), and the errors."""

    fields: tuple[Field, ...]
    errors: tuple[Error, ...]


def match_header(labels: Sequence[str], schema: Mapping[str, Any]) -> Header:
    """Labels as they stand in the file × a schema's descriptor.  Raises BadSchemaError where a match is ambiguous."""
    fields = list(schema.get("fields", ()))
    mode = schema.get("fieldsMatch", "exact")
    mode = mode[0] if isinstance(mode, list) and mode else mode
    labels = [label.strip() for label in labels]
    if not labels:
        return Header(tuple(fields), ())
    if mode == "exact":
        matched = [fields[place] if place < len(fields) else None for place in range(len(labels))]
    else:
        by_name = {field["name"]: field for field in reversed(fields)}
        matched = [by_name.get(label) for label in labels]
    errors = tuple(_find_errors(labels, fields, matched, mode, schema))
    if mode != "exact" and len(set(labels)) < len(labels):
        why = f'matching fields by name ("fieldsMatch": "{mode}") requires unique labels in the header'
        raise BadSchemaError(why, kind="error")
    names = _deduplicate(
        [label if field is None else field["name"] for field, label in zip(matched, labels, strict=True)]
    )
    # as in frictionless-py, the schema's missingValues aren't those of a column it doesn't know
    unknown = {"type": "any", "missingValues": [""]}
    used = [field or {"name": name, **unknown} for field, name in zip(matched, names, strict=True)]
    return Header(tuple(used), errors)


def _deduplicate(names: Sequence[str]) -> list[str]:
    unique: list[str] = []
    for name in names:
        spelling, suffix = name, 2
        while spelling in unique:
            spelling, suffix = f"{name}{suffix}", suffix + 1
        unique.append(spelling)
    return unique


def _find_errors(
    labels: Sequence[str],
    fields: Sequence[Field],
    matched: Sequence[Field | None],
    mode: str,
    schema: Mapping[str, Any],
) -> Iterator[Error]:
    if mode not in ("subset", "partial"):
        for number, (label, field) in enumerate(zip(labels, matched, strict=True), 1):
            if field is None:
                yield _error("extra-label", labels, number, label=label)
    if mode == "partial" and fields and not any(matched):
        yield {"type": "unmatched-header", "note": "", "labels": list(labels), "rowNumbers": [1]}
    missing = fields[len(labels) :] if mode == "exact" else [f for f in fields if f["name"] not in labels]
    if mode in ("superset", "partial"):
        key = schema.get("primaryKey", ())
        key = [key] if isinstance(key, str) else key
        missing = [f for f in missing if f["name"] in key or (f.get("constraints") or {}).get("required")]
    for number, field in enumerate(missing, len(labels) + 1):
        yield _error("missing-label", labels, number, field["name"])
    if mode == "exact":
        yield from _compare_by_place(labels, fields)


def _compare_by_place(labels: Sequence[str], fields: Sequence[Field]) -> Iterator[Error]:
    for number, (field, label) in enumerate(zip(fields, labels, strict=False), 1):
        earlier = [place for place, other in enumerate(labels[: number - 1], 1) if other == label]
        if not label:
            yield _error("blank-label", labels, number, field["name"])
        elif earlier:
            note = f'at position "{", ".join(map(str, earlier))}"'
            yield _error("duplicate-label", labels, number, field["name"], label, note)
        elif label != field["name"]:
            yield _error("incorrect-label", labels, number, field["name"], label)


def _error(kind: str, labels: Sequence[str], number: int, name: str = "", label: str = "", note: str = "") -> Error:
    return {
        "type": kind, "note": note, "labels": list(labels), "rowNumbers": [1],
        "label": label, "fieldName": name, "fieldNumber": number,
    }  # fmt: skip
