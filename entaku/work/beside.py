"""What is published until the day of an announced change: the tables in their present form, and beside the columns that
get another name those of that name.

The YAML has the change already, so its tables are made by the spec of the current release instead, to which a step
`copy` is added for each column that is only renamed.  The spec that comes of it is recorded in the release as any other.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from entaku.model.changes import StructureChange
from entaku.model.grammar import Office
from entaku.model.nouns import Finding, Spec
from entaku.spec import make_spec
from entaku.store import Store
from entaku.work.promises import find_broken, list_breaks
from entaku.work.releases import load_one, spec_of

SAME = ("source", "read", "from", "stack", "raw")
"""Keys of a table that must be as they were, as its bytes are fetched and read as the YAML says."""
ALIKE = ("type", "format", "unit", "constraints")
"""Keys of a field by which a column is only renamed if they stay."""

Plain = dict[str, Any]
"""A mapping of the YAML, as plain values."""


def find_present_form(store: Store, office: Office, spec: Spec, today: date) -> tuple[Spec, Finding] | None:
    """Return the spec by which a dataset is published until the day of the change that its YAML announces, and what is
    told of it; None where nothing waits, or the present form can't be made any more."""
    announced = spec.pipeline.breaking
    if announced is None or announced.from_ <= today.isoformat():
        return None
    history = store.history(spec.pipeline.name)
    waits = [one for one in find_broken(store, office, spec, history, today) if one.code == "breaking-waits"]
    if not waits:
        return None
    name, version = spec.pipeline.name, history.versions[-1]
    release = load_one(store, name, version, whole=False)
    broken = list(list_breaks({table.name: table.resource for table in release.resources}, spec))
    former, now = (json.loads(each.canonical) for each in (spec_of(store, name, version), spec))
    kept = keep_tables(former, now, broken)
    if kept is None:
        return None
    pipeline, beside = kept
    canonical = json.dumps(pipeline, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    lines = {path: line for path, line in spec.lines.items() if path[:1] != ("resources",)}
    told = {**waits[0].args, "beside_ja": "、".join(beside) or "なし", "beside_en": ", ".join(beside) or "none"}
    return make_spec(canonical, spec.file, lines), replace(
        waits[0], code="breaking-beside", severity="notice", args=told
    )


def keep_tables(former: Plain, now: Plain, broken: list[tuple[str, StructureChange]]) -> tuple[Plain, list[str]] | None:
    """Return a pipeline in which tables that would break are as they were, and the columns that are beside others; None
    where one of them is gone, or is fetched or read otherwise."""
    old = {table["name"]: table for table in former["resources"]}
    concerned, beside, tables = {table for table, _ in broken}, list[str](), list[Plain]()
    if not concerned <= {table["name"] for table in now["resources"]} & old.keys():
        return None
    for table in now["resources"]:
        before = old.get(table["name"], table)
        if table["name"] not in concerned:
            tables.append(table)
        elif any(before.get(key) != table.get(key) for key in SAME):
            return None
        else:
            renamed = find_renamed(before, table)
            beside += renamed.values()
            tables.append(add_columns(before, table, renamed))
    return {**now, "resources": tables}, beside


def find_renamed(before: Plain, after: Plain) -> dict[str, str]:
    """Return the columns that only get another name: those that both YAMLs make of one column of the source by `rename`,
    and describe alike."""
    old, new = (_list_fields(table) for table in (before, after))
    sources = {_find_source(after, name): name for name in new if name not in old}
    pairs = {name: sources.get(_find_source(before, name), "") for name in old if name not in new}
    return {
        name: other
        for name, other in pairs.items()
        if other and all(old[name].get(key) == new[other].get(key) for key in ALIKE)
    }


def add_columns(before: Plain, after: Plain, renamed: Mapping[str, str]) -> Plain:
    """Return a table as it was, with each renamed column after that of its former name."""
    if not renamed:
        return before
    new, fields = _list_fields(after), list[Plain]()
    for field in before["schema"]["fields"]:
        fields += [field, *([new[renamed[field["name"]]]] if field["name"] in renamed else [])]
    tidy = [*before.get("tidy", []), {"copy": dict(renamed)}]
    return {**before, "tidy": tidy, "schema": {**before["schema"], "fields": fields}}


def _list_fields(table: Plain) -> dict[str, Plain]:
    return {field["name"]: field for field in table["schema"]["fields"]}


def _find_source(table: Plain, name: str) -> str:
    """Return the name in the source of a column, as the steps `rename` tell."""
    for step in reversed(table.get("tidy", [])):
        names = step.get("rename") if isinstance(step, dict) else None
        name = next((old for old, new in (names or {}).items() if new == name), name)
    return name
