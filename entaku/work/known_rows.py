"""What an earlier run found of the first rows of a table in parts, so that one more day costs a day.

At the row where its last part begins, what is known of the rows before is kept in the cache: their number and values as
far as they are counted, what was looked for and found in them, and their files.  As long as the source files of these
rows, the table's YAML and the tables that it refers to stay as they are, the next run goes on there; the parts
themselves are those of the release before, if they are as they were written.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from entaku.audit import screening as screenings
from entaku.formats.arrays import decode
from entaku.formats.heavy import pa, pc
from entaku.model.grammar import Resource
from entaku.model.kept import OwnPickler, OwnUnpickler, pack, unpack
from entaku.model.nouns import EPOCH, Spec
from entaku.model.parts import LETTERS
from entaku.release import write
from entaku.store import Desk
from entaku.table import part as part_files
from entaku.table import whole as whole_tables
from entaku.work.setting import Workplace, digest_program

EDITION = 1
"""Raised when something else is kept."""
BY_TYPES = ("date", "yearmonth", "string")
"""Types of which equal values are the same text, so that rows of two parts never have the same key."""
BROKEN = (pickle.UnpicklingError, AttributeError, TypeError, ValueError, LookupError, EOFError)


@dataclass
class KnownRows:
    """The first rows of one table: what an earlier run kept of them, and what this one will."""

    place: Workplace
    spec: Spec
    wholes: Mapping[str, whole_tables.Whole]
    """All tables of the dataset."""
    head: Mapping[str, Any]
    """What the package's descriptor says, which is in the files, too."""
    _kept: dict[str, bytes] = field(default_factory=dict)
    """By key of the cache what is to be kept if the tables are valid."""

    def begin(
        self, whole: whole_tables.Whole, files: object, scan: screenings.PatternScan, desk: object
    ) -> dict[str, Any]:
        """Return which rows are to be checked, as a Candidate has it; `files` and `scan` know of the rows before."""
        if not isinstance(files, write.TableFiles) or not isinstance(desk, Desk) or not _may_go_on(self.spec, whole):
            return {}
        if self.place.engine != "columns":
            return {}
        shared = self._digest(whole)
        key = hashlib.sha256(f"known rows {self.spec.pipeline.name} {whole.resource.name}".encode()).hexdigest()
        at, kept = self._recall(key, shared, whole)
        filled: Mapping[str, int] = {}
        if kept is not None and not self._take_over(kept, files, scan, desk):
            at = 0
        elif kept is not None:
            filled = kept["filled"]
        first, mark = whole.starts[at], find_mark(whole)

        def keep(filled: Mapping[str, int]) -> None:
            told = {"filled": dict(filled), "files": files.keep(), "scan": scan.keep()}
            with suppress(*BROKEN):  # of types that can't be kept
                self._kept[key] = _show(mark, _join(shared, whole, mark)) + pack_tree(told)

        batches = _Rest(whole, at) if at else whole
        mark_row = whole.starts[mark] if mark > at else 0
        return {"first": first, "filled": filled, "mark": mark_row, "keep": keep, "batches": batches}

    def settle(self) -> None:
        """Keep what is known of the rows, as no table has an error."""
        for key, body in self._kept.items():
            self.place.cache.put(key, body)

    def _recall(self, key: str, shared: str, whole: whole_tables.Whole) -> tuple[int, Any]:
        """Return the number of source files of which something is known, and that."""
        body = self.place.cache.get(key) or b""
        head, _, tree = body.partition(b"\n")
        count = int(head.split()[0]) if head[:1].isdigit() else 0
        if 0 < count < len(whole.parts) and body.startswith(_show(count, _join(shared, whole, count))):
            with suppress(*BROKEN):
                return count, unpack_tree(tree)
        return 0, None

    def _take_over(self, kept: Any, files: write.TableFiles, scan: screenings.PatternScan, desk: Desk) -> bool:
        """Let files and scan go on after the rows that are known; False if these aren't there any more."""
        versions = self.place.store.history(self.spec.pipeline.name).versions
        parts = [file for _, file in kept["files"]["csv"]] + [file for file, _ in kept["files"]["parquet"]]
        if not versions or not scan.knows(kept["scan"]):
            return False
        if not desk.share(self.place.store.release_path(self.spec.pipeline.name, versions[-1]), parts):
            return False
        scan.resume(kept["scan"])
        files.resume(kept["files"])
        return True

    def _digest(self, whole: whole_tables.Whole) -> str:
        """Return the digest of all but its own rows that decides what becomes of a table."""
        parents = [self.wholes[key.reference.resource] for key in whole.resource.schema.foreignKeys]
        made_from = (
            EDITION, EPOCH, digest_program(), repr(whole.resource), json.dumps(self.head, sort_keys=True),
            [(repr(parent.resource), parent.shelf.keys) for parent in parents],
        )  # fmt: skip
        return hashlib.sha256(repr(made_from).encode("utf-8", "backslashreplace")).hexdigest()


@dataclass(frozen=True)
class _Rest:
    """The rows of a table from a source file on, read from there at each iteration."""

    whole: whole_tables.Whole
    first: int

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self.whole.read_after(self.first)


def _show(count: int, digest: str) -> bytes:
    return f"{count} {digest}\n".encode()


def _join(shared: str, whole: whole_tables.Whole, count: int) -> str:
    return hashlib.sha256(" ".join((shared, *whole.shelf.keys[:count])).encode()).hexdigest()


def _may_go_on(spec: Spec, whole: whole_tables.Whole) -> bool:
    """Test whether what is found of a table's rows depends on no row after them, and no error on two of different
    parts."""
    resource, plan, schema = whole.resource, whole.resource.partition, whole.resource.schema
    if plan is None or whole.frame is not None or resource.errata or not whole.shelf.keys:
        return False
    by = next(one for one in schema.fields if one.name == plan.by)
    keys = [schema.primaryKey, *schema.uniqueKeys, *((one.name,) for one in schema.fields if one.constraints.unique)]
    apart = by.type in BY_TYPES and by.format == "default" and all(plan.by in key for key in keys if key)
    moments = any(one.type == "datetime" for one in schema.fields)  # of which the first tells whether they have offsets
    return (
        apart
        and not moments
        and _find_parents(resource).isdisjoint({"", resource.name})
        and not any(resource.name in _find_parents(other) for other in spec.pipeline.resources)
    )


def _find_parents(resource: Resource) -> set[str]:
    return {key.reference.resource for key in resource.schema.foreignKeys}


def find_mark(whole: whole_tables.Whole) -> int:
    """Return the source file with which the last part of a table begins; 0 if it is the only part, or begins within a
    file."""
    last, mark = "", 0
    for n in reversed(range(len(whole.parts))):
        if not whole.parts[n].count:
            continue
        names = set(_list_names(whole, n))
        if len(names) != 1 or (last and last not in names):
            return mark if len(names) == 1 else 0
        last, mark = names.pop(), n
    return 0


def _list_names(whole: whole_tables.Whole, n: int) -> Iterator[str]:
    """Yield the names of the parts that rows of a source file are in."""
    plan = whole.resource.partition
    assert plan is not None
    if plan.by not in whole.parts[n].columns:
        return
    with whole.shelf.open(n) as file:
        for batch in part_files.read_rows(file):
            texts = decode(batch.column(plan.by)).unique()
            letters = LETTERS.get(plan.each or "")
            yield from (pc.utf8_slice_codeunits(texts, 0, letters) if letters else texts).to_pylist()


# ---- as bytes ---------------------------------------------------------------------------------------------------


def pack_tree(tree: object) -> bytes:
    """Return a value of this program's own types, with arrays in it, as bytes."""
    return pack(tree, _TreePickler)


def unpack_tree(body: bytes) -> Any:
    """Return a kept value.  Raises what pickle does for one of other types."""
    return unpack(body, _TreeUnpickler)


class _TreePickler(OwnPickler):
    def persistent_id(self, thing: Any) -> tuple[str, ...] | tuple[str, str, bytes] | None:
        """Return an array as bytes; None for anything else, which is packed as it is."""
        if isinstance(thing, np.ndarray):
            return "numbers", thing.dtype.str, thing.tobytes()
        if isinstance(thing, np.generic):
            return "number", thing.dtype.str, thing.tobytes()
        if isinstance(thing, pa.RecordBatch):
            return "rows", "", _write_rows(thing)
        if isinstance(thing, pa.Array):
            return "array", "", _write_rows(pa.RecordBatch.from_arrays([thing], names=["values"]))
        return None


class _TreeUnpickler(OwnUnpickler):
    def persistent_load(self, told: Any) -> object:
        """Return the array that these bytes are."""
        kind, dtype, body = told
        if kind in ("numbers", "number"):
            array = np.frombuffer(body, dtype)
            return array if kind == "numbers" else array[0]
        with pa.ipc.open_stream(body) as reader:
            batch = reader.read_next_batch()
        return batch if kind == "rows" else batch.column(0)


def _write_rows(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    body: bytes = sink.getvalue().to_pybytes()
    return body
