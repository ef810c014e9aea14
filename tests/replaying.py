"""A release made again from the one before and the files of their comparison, by plain Python: what
docs/changes.md tells anybody to do."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, str]


def read_rows(body: bytes) -> list[Row]:
    """Read a published CSV."""
    return list(csv.DictReader(io.StringIO(body.decode("utf-8"), newline="")))


def replay(before: Sequence[Row], change: Mapping[str, Any], files: Mapping[str, bytes]) -> list[Row]:
    """Return the rows of the later table.  `change`: the table's part of changes.json; `files`: those that it names."""
    kind, _, was, now = change["marks"]
    former = {one["column"]: one["before"] for one in change["structure"] if one["what"] == "column-renamed"}
    changed = [row for name in files if name == f"{change['table']}.csv" for row in read_rows(files[name])]
    fresh = [row for name in files if name == f"{change['table']}.columns.csv" for row in read_rows(files[name])]
    placed = {int(row[now]): row for row in (*changed, *fresh) if row.get(kind) in ("added", "after", None)}
    gone = {int(row[was]) for row in changed if row[kind] in ("removed", "before")}
    gone |= {int(row[was]) for row in fresh}
    kept = iter((at, row) for at, row in enumerate(before, 1) if at not in gone)
    result = []
    for at in range(1, change["rows"]["after"] + 1):
        row = placed.get(at, {})
        if row.get(kind):
            old: Mapping[str, str] = {}
        else:
            old = before[int(row[was]) - 1] if row else next(kept)[1]
        made = {name: row[name] if name in row else old[former.get(name, name)] for name in change["columns"]}
        result.append(made)
    assert not list(kept)
    return result
