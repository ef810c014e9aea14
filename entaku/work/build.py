"""Raws → verdict: parts, whole tables and the check of one dataset; superseded versions with errors are set aside."""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from itertools import chain, islice
from typing import Any, BinaryIO

import numpy as np

from entaku.audit import personal as personal_values
from entaku.audit import screening as screenings
from entaku.check import Candidate, Engine, Verdict, casts, check
from entaku.formats.arrays import make_numbers
from entaku.model.grammar import Office, Read, Resource
from entaku.model.messages import say_what
from entaku.model.nouns import Finding, Place, Raw, Report, Spec, Table
from entaku.release import making, write
from entaku.table import part as part_files
from entaku.table import parts, read
from entaku.table import whole as whole_tables
from entaku.work.setting import Setting, spread

POOL_FROM = 64
"""Number of parts from which starting other processes pays off."""
TASK = 16
"""Parts per task of another process."""
LARGE = 16 << 20
"""Size in bytes from which a raw file is read from the store instead of being sent to another process."""


def make_parts(setting: Setting, dataset: str, works: Sequence[parts.Work]) -> whole_tables.Shelf:
    """Make every part, from the cache or anew, in order; their rows stay in the cache."""
    outlines: dict[int, part_files.Outline] = {}
    todo: list[tuple[int, parts.Work]] = []
    for n, work in enumerate(works):
        cached = setting.cache.open(work.key)
        if cached is None:
            todo.append((n, work))
        else:
            with cached:
                outlines[n] = part_files.read_outline(cached, work.raw)
    large = [(n, work) for n, work in todo if work.raw.bytes >= LARGE]
    small = [(n, work) for n, work in todo if work.raw.bytes < LARGE]
    jobs = ((work, setting.store.raw(dataset, work.raw.sha256)) for _, work in small)
    executor = setting.executor if len(small) >= POOL_FROM else None
    made = chain.from_iterable(spread(executor, encode_jobs, _cut(jobs))) if executor else map(encode_job, jobs)
    for done, ((n, work), body) in enumerate(zip(small, made, strict=True), 1):
        setting.cache.put(work.key, body)
        outlines[n] = part_files.read_outline(BytesIO(body), work.raw)
        setting.progress(dataset, done, len(todo))
    for done, (n, work) in enumerate(large, len(small) + 1):
        outlines[n] = _write_part(setting, dataset, work)
        setting.progress(dataset, done, len(todo))

    def open_part(n: int) -> BinaryIO:
        cached = setting.cache.open(works[n].key)
        if cached is None:  # the cache was cleared meanwhile
            _write_part(setting, dataset, works[n])
            cached = setting.cache.open(works[n].key)
        assert cached is not None
        return cached

    return whole_tables.Shelf(tuple(outlines[n] for n in range(len(works))), open_part)


def _write_part(setting: Setting, dataset: str, work: parts.Work) -> part_files.Outline:
    """Make a part from the store and write it to the cache."""
    with setting.store.open_raw(dataset, work.raw.sha256) as raw, setting.cache.write(work.key) as sink:
        return parts.write_part(work, raw, sink)


def encode_job(job: tuple[parts.Work, bytes]) -> bytes:
    """Make a part from a work and its raw bytes, and return it encoded."""
    sink = BytesIO()
    parts.write_part(job[0], BytesIO(job[1]), sink)
    return sink.getvalue()


def encode_jobs(jobs: Sequence[tuple[parts.Work, bytes]]) -> list[bytes]:
    """Encode the parts of many works: one task of another process, with its result."""
    return [encode_job(job) for job in jobs]


def _cut(jobs: Iterator[tuple[parts.Work, bytes]]) -> Iterator[list[tuple[parts.Work, bytes]]]:
    """Split the jobs into tasks of TASK."""
    while task := list(islice(jobs, TASK)):
        yield task


NO_CHANGE = ("rename", "select", "drop_columns", "drop_rows", "keep_rows", "drop_empty_rows", "sort", "deduplicate")
"""Steps that change no cell's text."""
SHOWN = 10_000
"""Rows with errors whose cells are in memory at once."""
MAX_READ_AGAIN = 20
"""Most raw files that are read again to report a cell's text before tidying."""


@dataclass(frozen=True)
class Built:
    """The result of building a dataset's tables."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    """Findings of reading, tidying and checking."""
    failing: Mapping[str, bytes]
    """By table, its rows with errors as CSV: place in the raw file, errors, all cells.  Empty without errors."""


def build_tables(
    setting: Setting, office: Office, spec: Spec, raws: Mapping[str, tuple[Raw, ...]], desk: write.StagingPlace
) -> Built:
    """Make and check every table of a dataset; return the verdict and all findings.  Table files are written to `desk`.

    Of an overwritten source, a version with errors is set aside with a warning once there is a newer one.
    """
    set_aside: set[str] = set()
    warnings: list[Finding] = []
    while True:
        wholes = [
            whole_tables.assemble(resource, _shelve_parts(setting, spec, resource, raws, set_aside), spec)
            for resource in spec.pipeline.resources
        ]
        found = [
            finding
            for whole in wholes
            for part in whole.parts
            for finding in part.findings
            if not (finding.code == "no-rows" and finding.severity == "warning" and whole.resource.expect.rows.min == 0)
        ]
        found += [finding for whole in wholes for finding in whole.findings]
        found = once(found)
        screened = [screenings.prepare(whole, whole.columns, whole.resource.schema) for whole in wholes]
        head = making.describe_package(spec.pipeline, office, [part.raw for whole in wholes for part in whole.parts])

        def make(
            whole: whole_tables.Whole, screening: screenings.Screening, head: Mapping[str, Any] = head
        ) -> Candidate:
            unwritten = setting.only_check and setting.engine == "columns"
            zoned = casts.find_zoned(whole.resource.schema, whole)
            files = (
                write.CastOnly(whole.resource, zoned)
                if unwritten
                else write.TableFiles(whole.resource, head, desk, zoned)
            )
            made = _make_candidate(whole, files, Befores(setting, spec, whole))
            return replace(made, watch=screening.scan.add)

        candidates = partial(map, make, wholes, screened)
        verdict = _judge(wholes, found, candidates, desk, setting.engine)
        wrong = _find_leaked_values(wholes, screened, found)
        verdict = _hold_back(verdict, found)
        for whole in wholes:
            wrong[whole.resource.name] |= verdict.rows.get(whole.resource.name, frozenset())
        counted = _list_counted(wholes)
        then = [
            _at_schema(spec, one)
            for one in verdict.report.findings
            if one.code != "type-error" or (one.place.file, one.place.column) not in counted
        ]
        found += once(_without_echoes(found, then))
        bad = {} if verdict.report.valid else find_superseded(spec, wholes, wrong)
        if not bad:
            failing = {whole.resource.name: list_failing(whole, wrong[whole.resource.name], found) for whole in wholes}
            told = (*warnings, *map(personal_values.withhold, found))
            verdict = replace(verdict, violations=tuple(map(personal_values.withhold_examples, verdict.violations)))
            return Built(verdict, told, {name: body for name, body in failing.items() if body})
        set_aside |= set(bad)
        warnings += [
            Finding(
                "version-set-aside", "warning", Place(file=raw.url), args={"when": raw.fetched, "count": str(count)}
            )
            for raw, count in bad.values()
        ]


def _find_leaked_values(
    wholes: Sequence[whole_tables.Whole], screened: Sequence[screenings.Screening], found: list[Finding]
) -> dict[str, frozenset[int]]:
    """Add findings of personal-looking values and formulas to `found`; return the rows with errors by resource."""
    wrong: dict[str, frozenset[int]] = {}
    for whole, screening in zip(wholes, screened, strict=True):
        resource = whole.resource
        screening.scan.finish(whole.rows)  # a table that could not be checked hasn't been gone through
        personal = personal_values.find_personal(screening, resource.schema, resource.allow, whole.place)
        found += personal.findings
        found += screenings.find_formulas(screening, whole.place)
        told = {(finding.code, finding.place.column) for finding in found}
        faults = screenings.find_text_faults(screening, resource.schema, whole.place)
        found += [one for one in faults if (_TOLD_BEFORE[one.code], one.place.column) not in told]
        wrong[resource.name] = personal.rows
    return wrong


_TOLD_BEFORE = {"error-as-text": "excel-error", "padded-number": "leading-zeros"}
"""Findings of reading and tidying that say the same, of each cell."""


def _judge(
    wholes: Sequence[whole_tables.Whole],
    found: Sequence[Finding],
    candidates: Callable[[], Iterable[Candidate]],
    desk: write.StagingPlace,
    engine: Engine,
) -> Verdict:
    """Check the tables that could be read, whatever errors were found, so that one run reports everything."""
    errors = [finding for finding in found if finding.severity == "error"]
    unread = any(not part.count and _has_errors(part.findings) for whole in wholes for part in whole.parts)
    if errors and (unread or any(finding.code in _LOST_COLUMNS for finding in errors)):
        return Verdict((), Report(False, (), {}), {})
    return check(list(candidates()), engine, desk.make_spill)


def _hold_back(verdict: Verdict, found: Sequence[Finding]) -> Verdict:
    """Return a verdict that is never valid if reading, tidying or the leak screen found errors."""
    if not _has_errors(found):
        return verdict
    return replace(verdict, checked=(), report=replace(verdict.report, valid=False))


def _has_errors(findings: Sequence[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)


_LOST_COLUMNS = ("title-line", "unknown-column", "column-exists", "step-failed", "nothing-to-melt")
"""Findings after which a table's columns can't be compared with its schema."""


def _without_echoes(first: Sequence[Finding], then: Sequence[Finding]) -> list[Finding]:
    """Return `then` without findings on rows that `first` reports as broken, or on values that it reports there."""

    def row_of(finding: Finding) -> tuple[str, str, int | None]:
        return finding.place.file, finding.place.sheet, finding.place.row

    rows = {row_of(finding) for finding in first if finding.code in ("missing-cells", "extra-cells")}
    values = {(row_of(finding), finding.value) for finding in first if finding.severity == "error"}
    return [one for one in then if row_of(one) not in rows and (row_of(one), one.value) not in values]


def _list_counted(wholes: Sequence[whole_tables.Whole]) -> set[tuple[str, str]]:
    """List the files and columns in which a step only counted some of the values that it could not read."""
    return {
        (part.raw.url, part_files.show_names(now, before))
        for whole in wholes
        for part in whole.parts
        for one in part.findings
        if one.severity == "error" and "of" in one.args
        for now, before in part.names.items()
        if before == one.place.column
    }


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Remove repeated findings, as of tables that read the same files or values in every row.

    A column that a raw file lacks is reported once for all tables.
    """

    def what(one: Finding) -> tuple[object, ...]:
        if one.code == "unknown-column" and "file" in one.args:
            return one.code, one.value, one.args["file"]
        return one.code, one.severity, one.place, one.value, tuple(sorted(one.args.items()))

    return list({what(one): one for one in reversed(list(findings))}.values())[::-1]


def _at_schema(spec: Spec, finding: Finding) -> Finding:
    """Move a finding on a whole table to the line of what it breaks: its schema, or what is expected of it."""
    if finding.code == "slow-pattern":
        paths = [
            ("resources", n, "schema", "fields", at, "constraints", "pattern")
            for n, resource in enumerate(spec.pipeline.resources)
            for at, field in enumerate(resource.schema.fields)
            if field.constraints.pattern == finding.value
        ]
        lines = [spec.lines[path] for path in paths if path in spec.lines]
        return replace(finding, place=Place(file=spec.file, line=lines[0] if lines else None))
    where = _LINES.get(finding.code)
    names = [resource.name for resource in spec.pipeline.resources]
    if where is None or finding.place.file not in names:
        return finding
    path: tuple[str | int, ...] = ("resources", names.index(finding.place.file), *where)
    path = (*path, finding.place.column) if where[-1] == "fill" else path
    return replace(finding, place=replace(finding.place, file=spec.file, line=spec.lines.get(path)))


_LINES = {
    "missing-column": ("schema",),
    "extra-column": ("schema",),
    "bad-schema": ("schema",),
    "rows-min": ("expect", "rows", "min"),
    "rows-max": ("expect", "rows", "max"),
    "fill-min": ("expect", "fill"),
    "fill-max": ("expect", "fill"),
}
"""The keys of a resource that findings on its whole table are about."""


def _shelve_parts(
    setting: Setting, spec: Spec, resource: Resource, raws: Mapping[str, tuple[Raw, ...]], set_aside: set[str]
) -> whole_tables.Shelf:
    base, reading = _base_of(spec, resource)
    steps, _ = parts.split_steps(resource.tidy)
    allow = resource.allow if base is resource else None
    works = [
        parts.Work(raw, reading, steps, spec.file, allow) for raw in raws[base.name] if raw.sha256 not in set_aside
    ]
    return make_parts(setting, spec.pipeline.name, works)


def _base_of(spec: Spec, resource: Resource) -> tuple[Resource, Read | None]:
    """Return the resource that declares the source, and the `read` in force."""
    base = next(one for one in spec.pipeline.resources if one.name == (resource.from_ or resource.name))
    return base, resource.read or base.read


def _make_candidate(
    whole: whole_tables.Whole, files: write.TableFiles | write.CastOnly, befores: "Befores"
) -> Candidate:
    return Candidate(
        resource=whole.resource,
        columns=whole.columns,
        batches=whole,
        files=files,
        locate=whole.place,
        raws=tuple(part.raw for part in whole.parts),
        before=befores.find,
    )


# ---- rows in error ----------------------------------------------------------------------------------------------


class Befores:
    """Cells of the raw file before tidying; a raw file is read again on the first lookup."""

    def __init__(self, setting: Setting, spec: Spec, whole: whole_tables.Whole) -> None:
        self.setting, self.dataset, self.whole = setting, spec.pipeline.name, whole
        self.untouched = not any(step.name not in NO_CHANGE for step in whole.resource.tidy)
        self.reading = _base_of(spec, whole.resource)[1]
        self.tables: dict[str, dict[str, Table]] = {}

    def find(self, row: int, column: str) -> str:
        """Return a cell's text in the raw file, or "" if the cell isn't from there."""
        if self.untouched:
            return ""
        label = self.whole.label(row)
        part, place = self.whole.part_of(label), self.whole.locate(label, column)
        name = part.names.get(column)
        if name is None or column not in part.origins or place.row is None:
            return ""
        key = part.raw.sha256
        if key not in self.tables:
            if len(self.tables) >= MAX_READ_AGAIN:
                return ""
            tables, _ = read(part.raw, self.setting.store.raw(self.dataset, key), self.reading)
            self.tables[key] = {table.sheet: table for table in tables}
        table = self.tables[key].get(place.sheet)
        if table is None or name not in table.frame.columns or place.row not in table.frame.index:
            return ""
        return str(table.frame.at[place.row, name])


def list_failing(whole: whole_tables.Whole, bad: Collection[int], findings: Sequence[Finding]) -> bytes:
    """Return the rows of a table that have errors as CSV (UTF-8 with BOM, for Excel); b"" without any."""
    reasons: dict[tuple[str, str, int | None], list[str]] = {}
    for finding in findings:
        if finding.severity == "error":
            place = finding.place
            reasons.setdefault((place.file, place.sheet, place.row), []).append(say_what(finding, "ja"))
    if not reasons and not bad:
        return b""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(["file", "sheet", "row", "finding", *whole.columns])
    count = first = 0
    files = {file for file, _, _ in reasons}
    suspect = np.array([part.raw.url in files for part in whole.parts], np.bool_)
    wrong = np.sort(np.fromiter(bad, np.int64, len(bad)))
    for batch in whole:
        labels = whole.labels(first, batch.num_rows)
        look = suspect[np.searchsorted(whole.starts, labels, "right") - 1]
        look[wrong[(wrong >= first) & (wrong < first + batch.num_rows)] - first] = True
        every = np.flatnonzero(look)
        for start in range(0, len(every), SHOWN):
            places = every[start : start + SHOWN]
            shown = zip(*(column.take(make_numbers(places)).to_pylist() for column in batch.columns), strict=True)
            spots = whole.list_spots(labels[places])
            for n, (part, sheet, line), cells in zip(places.tolist(), spots, shown, strict=True):
                rows = [line, *(row or None for row in part.titles.values())]
                why = [words for row in rows for words in reasons.get((part.raw.url, sheet, row), ())]
                if why or first + n in bad:
                    writer.writerow([part.raw.url, sheet, line, "／".join(dict.fromkeys(why)), *cells])
                    count += 1
        first += batch.num_rows
    return sink.getvalue().encode("utf-8-sig") if count else b""


def find_superseded(
    spec: Spec, wholes: Sequence[whole_tables.Whole], wrong: Mapping[str, Collection[int]]
) -> dict[str, tuple[Raw, int]]:
    """Find raws with errors that a newer version of the same overwritten source replaces; return them by hash, with a
    count."""
    overwritten = {r.name for r in spec.pipeline.resources if r.source is not None and r.source.overwritten}
    bad: dict[str, tuple[Raw, int]] = {}
    for whole in wholes:
        if (whole.resource.from_ or whole.resource.name) not in overwritten or len(whole.parts) < 2:
            continue
        newest = {part.raw.url: part.raw.sha256 for part in whole.parts}
        counts: dict[str, int] = {}
        for part in whole.parts:
            counts[part.raw.sha256] = sum(finding.severity == "error" for finding in part.findings)
        for row in wrong[whole.resource.name]:
            counts[whole.part_of(whole.label(row)).raw.sha256] += 1
        for part in whole.parts:
            if counts[part.raw.sha256] and newest[part.raw.url] != part.raw.sha256:
                bad[part.raw.sha256] = (part.raw, counts[part.raw.sha256])
    return bad
