"""Resource × resource → what changed of a table's structure: columns, types, units, keys, lists of codes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from entaku.check import schema as schemas
from entaku.model.changes import StructureChange, What
from entaku.model.grammar import Resource

READ = ("name", "title", "description", "example", "rdfType")
"""Keys of a field's descriptor that change nothing of its data, in any language."""
KEYS: Mapping[str, What] = {
    "primaryKey": "primary-key", "uniqueKeys": "unique-keys", "foreignKeys": "foreign-keys", "missingValues": "reading",
}  # fmt: skip
SINGLE: Mapping[str, What] = {"type": "type", "unit": "unit"}


def compare_structure(
    old: Resource | None, new: Resource | None, renamed: Mapping[str, str] | None = None
) -> Iterator[StructureChange]:
    """Yield what differs between two versions of a table; None stands for a table that is absent.

    `renamed`: the former names of columns by their new ones.
    """
    renamed = renamed or {}
    if old is None or new is None:
        if old is not new:
            yield StructureChange("table-added" if old is None else "table-removed")
        return
    before, after = (schemas.describe_schema(each.schema) for each in (old, new))
    one, other = ({field["name"]: field for field in each["fields"]} for each in (before, after))
    for name, field in other.items():
        former = renamed.get(name, name)
        if former not in one:
            yield StructureChange("column-added", name, after=field["type"])
        elif former != name:
            yield StructureChange("column-renamed", name, former, name)
    for name, field in one.items():
        if name not in other and name not in renamed.values():
            yield StructureChange("column-removed", name, before=field["type"])
    for name, field in other.items():
        former = renamed.get(name, name)
        if former in one:
            yield from _compare_fields(name, one[former], field)
    names = {former: name for name, former in renamed.items()}
    for key, what in KEYS.items():
        values = _rename(before.get(key), names), after.get(key)
        if values[0] != values[1]:
            yield StructureChange(what, "", *values)


def _rename(value: Any, names: Mapping[str, str]) -> Any:
    """Return a key of a schema with the new names of its columns."""
    if isinstance(value, list):
        return [_rename(one, names) for one in value]
    if isinstance(value, dict):
        return {key: one if key == "reference" else _rename(one, names) for key, one in value.items()}
    return names.get(value, value) if isinstance(value, str) else value


def _compare_fields(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[StructureChange]:
    """Yield what differs between two descriptors of one column."""
    keys = [key for key in {**before, **after} if key.partition("@")[0] not in READ and key != "constraints"]
    for key in keys:
        if before.get(key) == after.get(key):
            continue
        what = SINGLE.get(key, "reading")
        if key == "format":  # a text is the same text in any format
            what = "constraint" if after["type"] == "string" else "format"
        values = before.get(key), after.get(key)
        yield StructureChange(what, name, *(_name_key(key, value) if what == "reading" else value for value in values))
    old, new = (each.get("constraints", {}) for each in (before, after))
    if "enum" in old and "enum" in new:
        yield from _compare_codes(name, old["enum"], new["enum"])
    for key in {**old, **new}:
        both = key == "enum" and key in old and key in new
        if old.get(key) != new.get(key) and not both:
            yield StructureChange("constraint", name, _name_key(key, old.get(key)), _name_key(key, new.get(key)))


def _name_key(key: str, value: Any) -> Any:
    return None if value is None else {key: value}


def _compare_codes(name: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[StructureChange]:
    removed = [code for code in before if code not in after]
    added = [code for code in after if code not in before]
    if removed:
        yield StructureChange("codes-removed", name, before=removed)
    if added:
        yield StructureChange("codes-added", name, after=added)
