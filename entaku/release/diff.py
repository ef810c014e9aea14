"""Release × release → what changed: rows added, removed and changed, by primary key if there is one."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence

from entaku.formats.limits import PUBLISHED_CELL, cells_up_to
from entaku.model.profile import Change
from entaku.model.table_schema import Schema

MAX_EXAMPLES = 5

Row = tuple[str, ...]


def compare_tables(table: str, schema: Schema, before: bytes | None, after: bytes | None) -> Change:
    """Compare two published CSVs of one table; None stands for a table that is absent from a release.

    Cells are compared in the columns that both have.
    """
    old_names, old = _read(before)
    new_names, new = _read(after)
    both = [name for name in new_names if name in old_names] if before is not None and after is not None else []
    columns = both or new_names or old_names
    key = [name for name in schema.primaryKey if name in columns]
    one, other = _pick(old, old_names, columns), _pick(new, new_names, columns)
    if key and len(key) == len(schema.primaryKey):
        added, removed, changed = _compare_by_key(one, other, columns, key)
    else:
        added, removed = _subtract(other, one), _subtract(one, other)
        changed = []
    return Change(
        table=table,
        before=len(old),
        after=len(new),
        added=len(added),
        removed=len(removed),
        changed=len(changed),
        columns_added=tuple(name for name in new_names if name not in old_names) if old_names else (),
        columns_removed=tuple(name for name in old_names if name not in new_names) if new_names else (),
        examples=(
            *(f"+ {_show(row)}" for row in added[:MAX_EXAMPLES]),
            *(f"- {_show(row)}" for row in removed[:MAX_EXAMPLES]),
            *(f"~ {words}" for words in changed[:MAX_EXAMPLES]),
        ),
    )


def _read(body: bytes | None) -> tuple[list[str], list[Row]]:
    if body is None:
        return [], []
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline=""))
    with cells_up_to(PUBLISHED_CELL):
        names = next(rows, [])
        return names, [tuple(row) for row in rows]


def _pick(rows: Sequence[Row], names: Sequence[str], columns: Sequence[str]) -> list[Row]:
    if list(names) == list(columns):
        return list(rows)
    places = [names.index(column) for column in columns if column in names]
    return [tuple(row[place] for place in places) for row in rows]


def _compare_by_key(
    before: Sequence[Row], after: Sequence[Row], columns: Sequence[str], key: Sequence[str]
) -> tuple[list[Row], list[Row], list[str]]:
    places = [columns.index(name) for name in key]
    old = {tuple(row[place] for place in places): row for row in before}
    new = {tuple(row[place] for place in places): row for row in after}
    changed = [
        f"{_show(at)}: {_name_changes(old[at], row, columns)}"
        for at, row in new.items()
        if at in old and old[at] != row
    ]
    return [row for at, row in new.items() if at not in old], [row for at, row in old.items() if at not in new], changed


def _name_changes(old: Row, new: Row, columns: Sequence[str]) -> str:
    return ", ".join(
        f"{name} {one or '（空）'} → {other or '（空）'}"
        for name, one, other in zip(columns, old, new, strict=True)
        if one != other
    )


def _subtract(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """List the rows that exceed their number of occurrences in `others`, in order."""
    left: Mapping[Row, int] = Counter(others)
    counts = dict(left)
    result = []
    for row in rows:
        if counts.get(row, 0):
            counts[row] -= 1
        else:
            result.append(row)
    return result


def _show(row: Sequence[str]) -> str:
    text = ", ".join(row)
    return text if len(text) <= 120 else text[:120] + "…"
