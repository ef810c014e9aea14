"""A published value → the raw files and cells that it came from, by the archived bytes and the spec of its release."""

import csv
import io
import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from entaku.formats.limits import PUBLISHED_CELL, cells_up_to
from entaku.model.grammar import Step
from entaku.model.hints import hint
from entaku.model.messages import MASK
from entaku.model.nouns import Finding, Raw, Refused, Release, ReleasedResource, Spec
from entaku.release import making
from entaku.table import parts
from entaku.table import trace as traces
from entaku.table import whole as whole_tables
from entaku.work.bases import plan_again
from entaku.work.manifests import read_manifest
from entaku.work.releases import load_one, spec_of
from entaku.work.setting import Setting
from entaku.work.shelving import make_parts

MOST_PARTS = 8
"""Raw files that are kept in memory, read and tidied."""
MOST_NAMED = 10
"""Rows that are named where several are meant."""


@dataclass(frozen=True)
class ValueTrace:
    """Where a published value came from."""

    row: int
    """Of the table, from 1."""
    column: str
    value: str
    """As it was published."""
    steps: tuple[traces.TracedStep, ...]
    """What each step of `tidy` made of it, in order."""
    sources: tuple[tuple[Raw, traces.TracedSource], ...]
    """What in which raw files it came from; none for a value that stands in the YAML."""

    @property
    def traced(self) -> str | None:
        """The value that the steps give now; None if there is none."""
        if self.steps:
            return self.steps[-1].after[0].text if self.steps[-1].after else None
        return self.sources[0][1].value if self.sources else None


@dataclass(frozen=True)
class _Laid:
    """A table that was laid together again."""

    works: tuple[parts.Work, ...]
    whole: traces.WholeTrace
    rows: int


class Tracer:
    """Traces values of one release; what was read for one value is kept for the next."""

    def __init__(self, setting: Setting, dataset: str, spec: Spec | None, version: str = "") -> None:
        """`spec`: the dataset's YAML of today, if there is one; `version`: the current one if it isn't given.

        Raises Refused (not-released, not-in-release, trace-yaml).
        """
        self.setting, self.dataset = setting, dataset
        versions = setting.store.history(dataset).versions
        if not versions:
            raise Refused(Finding("not-released", value=dataset))
        if version and version not in versions:
            raise _refuse_name("版", "version", version, versions)
        self.release: Release = load_one(setting.store, dataset, version or versions[-1], False)
        self.spec = self._choose_spec(spec)
        self._laid: dict[str, _Laid] = {}
        self._parts: OrderedDict[str, traces.PartTrace] = OrderedDict()

    def _choose_spec(self, today: Spec | None) -> Spec:
        """Return the spec that the release was made with: a release keeps it without the texts that steps remove, so
        that the YAML of today is used where it reads and tidies alike."""
        store, version = self.setting.store, self.release.version
        then = read_manifest(store, self.dataset, version)["spec"]["pipeline"]
        if today is not None and _list_recipes(making.conceal_recipe(json.loads(today.canonical))) == _list_recipes(
            then
        ):
            return today
        if MASK in json.dumps(then, ensure_ascii=False):
            raise Refused(Finding("trace-yaml", value=version, args={"dataset": self.dataset}))
        return spec_of(store, self.dataset, version)

    def find_table(self, name: str) -> ReleasedResource:
        """Return a table of the release.  Raises Refused (not-in-release)."""
        table = next((table for table in self.release.resources if table.name == name), None)
        if table is None:
            raise _refuse_name("表", "table", name, [table.name for table in self.release.resources])
        return table

    def find_row(self, table: ReleasedResource, wanted: str) -> tuple[int, Mapping[str, str]]:
        """Return the number and the cells of a published row: of the number `wanted`, or the only one with the values
        of `KEY=VALUE` or `KEY=VALUE,KEY=VALUE`.

        Raises Refused (unknown-row, several-rows, not-in-release).
        """
        names = [field.name for field in table.resource.schema.fields]
        if wanted.isascii() and wanted.isdigit():
            for n, cells in self.read_rows(table):
                if n == int(wanted):
                    return n, cells
            raise Refused(Finding("unknown-row", value=wanted, args={"count": f"{table.rows:,}"}))
        keys = _read_keys(wanted, names)
        found = [
            (n, cells)
            for n, cells in self.read_rows(table)
            if all(cells.get(key) == value for key, value in keys.items())
        ]
        if not found:
            raise Refused(Finding("unknown-row", value=wanted, args={"count": f"{table.rows:,}"}))
        if len(found) > 1:
            rows = ", ".join(str(n) for n, _ in found[:MOST_NAMED]) + (" …" if len(found) > MOST_NAMED else "")
            raise Refused(Finding("several-rows", value=wanted, args={"count": f"{len(found):,}", "rows": rows}))
        return found[0]

    def read_rows(self, table: ReleasedResource) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Yield the published rows of a table with their numbers, from 1."""
        store, version = self.setting.store, self.release.version
        with store.open_release(self.dataset, version, table.csv.path) as file, cells_up_to(PUBLISHED_CELL):
            text = io.TextIOWrapper(file, "utf-8", newline="")
            yield from enumerate(csv.DictReader(text, strict=True), 1)

    def trace(self, table: ReleasedResource, row: tuple[int, Mapping[str, str]], column: str) -> ValueTrace:
        """Trace the value of a column in a published row.  Raises Refused (not-in-release, raw-missing, trace-rows)."""
        number, cells = row
        if column not in cells:
            raise _refuse_name("列", "column", column, list(cells))
        laid = self._lay(table)
        if laid.rows != table.rows:
            args = {"table": table.name, "rows": f"{table.rows:,}", "made": f"{laid.rows:,}"}
            raise Refused(Finding("trace-rows", value=self.dataset, args=args))
        after, spots = laid.whole.find(number - 1, column)
        steps: list[traces.TracedStep] = []
        sources: list[tuple[Raw, traces.TracedSource]] = []
        for n, place, name in spots:
            made, found = self._open(laid.works[n]).find(place, name)
            steps = _join_steps(steps, made)
            sources += [(laid.works[n].raw, each) for each in found]
        traced = ValueTrace(number, column, cells[column], (*steps, *after), tuple(sources))
        return replace(traced, steps=(*traced.steps, *self._find_errata(table, traced)))

    def _find_errata(self, table: ReleasedResource, made: ValueTrace) -> Iterator[traces.TracedStep]:
        """Yield what errata made of a value, after all steps; those that leave it are told, too."""
        if table.errata is None:
            return
        text, errata = made.traced, {one.name: one for one in table.resource.errata}
        with self.setting.store.open_release(self.dataset, self.release.version, table.errata.file.path) as file:
            found = [cell for cell in making.read_cells(file) if (cell.row, cell.column) == (made.row, made.column)]
        for cell in found:
            if text in (None, cell.source):
                right = errata[cell.erratum].right
                done = {"set": {made.column: right[made.column]}} if made.column in right else {"left": [made.column]}
                step = Step(name="errata", options={"name": cell.erratum, **done}, line=0)
                before, after = (
                    traces.TracedCell(made.row, made.column, each) for each in (cell.source, cell.published)
                )
                yield traces.TracedStep(step, (before,), (after,))
                text = cell.published

    def show_raw(self, raw: Raw) -> str:
        """Return the path of an archived raw file in the project."""
        return self.setting.store.raw_path(self.dataset, raw.sha256).relative_to(self.setting.project).as_posix()

    def _lay(self, table: ReleasedResource) -> _Laid:
        """Make a table's parts, from the cache or anew, and lay them together."""
        if table.name not in self._laid:
            resource = next(one for one in self.spec.pipeline.resources if one.name == table.name)
            raws = {one.name: one.raws for one in self.release.resources}
            works = tuple(plan_again(self.spec, resource, table.raws, raws))
            shelf: whole_tables.Shelf = make_parts(self.setting, self.dataset, works)
            whole = traces.lay_whole(resource.tidy, shelf)
            count = len(whole.walk.last) if whole.walk is not None else sum(each.count for each in shelf.outlines)
            self._laid[table.name] = _Laid(works, whole, count)
        return self._laid[table.name]

    def _open(self, work: parts.Work) -> traces.PartTrace:
        if work.key not in self._parts:
            self._parts[work.key] = traces.PartTrace(work, self.setting.store.raw(self.dataset, work.raw.sha256))
            if len(self._parts) > MOST_PARTS:
                self._parts.popitem(last=False)
        self._parts.move_to_end(work.key)
        return self._parts[work.key]


def _list_recipes(pipeline: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What the values of a pipeline's tables depend on, as written."""
    keys = ("name", "from", "stack", "read", "tidy")
    return [tuple(resource.get(key) for key in keys) for resource in pipeline["resources"]]


def _join_steps(one: list[traces.TracedStep], other: list[traces.TracedStep]) -> list[traces.TracedStep]:
    """The steps of a value that comes from several rows of parts."""
    if not one:
        return other
    return [
        replace(
            a, before=tuple(dict.fromkeys((*a.before, *b.before))), after=(*a.after, *b.after), moved=a.moved or b.moved
        )
        for a, b in zip(one, other, strict=True)
    ]


def _read_keys(wanted: str, names: list[str]) -> dict[str, str]:
    """Parse `KEY=VALUE,KEY=VALUE`; commas that no name of a column and = follow belong to a value."""
    starts = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    keys: dict[str, str] = {}
    for pair in re.split(f",(?=(?:{starts})=)", wanted):
        name, sign, value = pair.partition("=")
        if not sign or name not in names:
            raise _refuse_name("列", "column", name, names)
        keys[name] = value
    return keys


def _refuse_name(ja: str, en: str, value: str, allowed: list[str] | tuple[str, ...]) -> Refused:

    return Refused(
        Finding("not-in-release", value=value, args={"kind_ja": ja, "kind_en": en, **hint(value, list(allowed))})
    )
