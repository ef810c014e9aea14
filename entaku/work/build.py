"""Raws → verdict: parts, whole tables and the check of one dataset; superseded versions with errors are set aside."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from entaku.audit import personal as personal_values
from entaku.audit import screening as screenings
from entaku.check import Candidate, Engine, Verdict, casts, check
from entaku.model.grammar import Office, Resource
from entaku.model.nouns import Checked, Finding, Place, Raw, Report, Spec
from entaku.release import anomalies, making, write
from entaku.table import part as part_files
from entaku.table import whole as whole_tables
from entaku.work.bases import list_bases
from entaku.work.cutting import find_part_faults
from entaku.work.failing import Befores, list_failing
from entaku.work.known_rows import KnownRows
from entaku.work.setting import Workplace
from entaku.work.shelving import make_parts


@dataclass(frozen=True)
class Built:
    """The result of building a dataset's tables."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    """Findings of reading, tidying and checking."""
    failing: Mapping[str, bytes]
    """By table, its rows with errors as CSV: place in the raw file, errors, all cells.  Empty without errors."""
    wholes: Sequence[whole_tables.Whole] = ()
    """The tables, to look something up in their rows; only where they were made."""
    unusual: Sequence[anomalies.Anomaly] = ()
    """What is unusual of them beside earlier releases."""


def build_tables(
    setting: Workplace, office: Office, spec: Spec, raws: Mapping[str, tuple[Raw, ...]], desk: write.StagingPlace
) -> Built:
    """Make and check every table of a dataset; return the verdict and all findings.  Table files are written to `desk`.

    Of an overwritten source, a version with errors is set aside with a warning once there is a newer one.
    """
    set_aside: set[str] = set()
    warnings: list[Finding] = []
    compared = bool(setting.store.history(spec.pipeline.name).versions)
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
        screened = [
            screenings.prepare(whole, whole.columns, whole.resource.schema, _list_raw_names(whole)) for whole in wholes
        ]
        cutters: dict[str, write.Cutter] = {}
        by_name = {whole.resource.name: whole for whole in wholes}
        head = making.describe_package(spec.pipeline, office, [part.raw for whole in wholes for part in whole.parts])

        known = KnownRows(setting, spec, by_name, head)

        def make(
            whole: whole_tables.Whole,
            screening: screenings.Screening,
            head: Mapping[str, Any] = head,
            cutters: dict[str, write.Cutter] = cutters,
            known: KnownRows = known,
        ) -> Candidate:
            unwritten = setting.only_check and setting.engine == "columns"
            zoned = casts.find_zoned(whole.resource.schema, whole)
            files = (
                write.CastOnly(whole.resource, zoned, compared)
                if unwritten
                else write.TableFiles(whole.resource, head, desk, zoned, compared or bool(whole.resource.partition))
            )
            if files.cutter is not None:
                cutters[whole.resource.name] = files.cutter
            made = _make_candidate(whole, files, Befores(setting, spec, whole))
            return replace(made, watch=screening.scan.add, **known.begin(whole, files, screening.scan, desk))

        candidates = partial(map, make, wholes, screened)
        verdict = _judge(wholes, found, candidates, desk, setting.engine)
        wrong = _find_leaked_values(wholes, screened, found)
        _look_behind_errata(wholes, found, wrong)
        found += find_part_faults(spec, wholes, cutters)
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
            if verdict.report.valid and not setting.only_check:
                verdict = _add_places(verdict, wholes, desk)
                known.settle()
            return Built(verdict, told, {name: body for name, body in failing.items() if body}, wholes)
        set_aside |= set(bad)
        warnings += [
            Finding(
                "version-set-aside", "warning", Place(file=raw.url), args={"when": raw.fetched, "count": str(count)}
            )
            for raw, count in bad.values()
        ]


def _add_places(
    verdict: Verdict, wholes: Sequence[whole_tables.Whole], desk: write.StagingPlace
) -> Verdict:  # fmt: skip
    """Write the place file of each table that passed, and the list of its known errors."""
    of = {whole.resource.name: whole for whole in wholes}
    assert all(one.written.parquet.sha256 for one in verdict.checked), "a required column of a valid table has nulls"
    checked = (
        replace(
            one,
            written=replace(
                one.written,
                places=write.write_places(of[one.resource.name], desk, _are_numbered(one, of[one.resource.name])),
                errata=write.write_errata(of[one.resource.name], desk),
            ),
        )
        for one in verdict.checked
    )
    return replace(verdict, checked=tuple(checked))


def _are_numbered(table: Checked, whole: whole_tables.Whole) -> bool:
    """Test whether the parts of a table are of the source files that there are lists of, in their order."""
    return write.has_lists(table) and [part.raw.sha256 for part in whole.parts] == [raw.sha256 for raw in table.raws]


def _list_raw_names(whole: whole_tables.Whole) -> dict[str, str]:
    """Map the columns of a table to what its raw files call them."""
    return {now: before for part in whole.parts for now, before in part.names.items()}


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


def _look_behind_errata(
    wholes: Sequence[whole_tables.Whole], found: list[Finding], wrong: dict[str, frozenset[int]]
) -> None:
    """Find leaks in what errata correct, too: the list of errata shows what the source has there."""
    before = [whole.before for whole in wholes if whole.corrects]
    screened = [screenings.prepare(one, one.columns, one.resource.schema, _list_raw_names(one)) for one in before]
    for name, rows in _find_leaked_values(before, screened, found).items():
        wrong[name] |= rows
    if before:
        found[:] = once(found)


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
    "standard-unnamed": ("schema", "standard"),
    "standard-lacks": ("schema", "standard"),
    "standard-absent": ("schema", "standard"),
    "standard-extra": ("schema", "standard"),
    "rows-min": ("expect", "rows", "min"),
    "rows-max": ("expect", "rows", "max"),
    "fill-min": ("expect", "fill"),
    "fill-max": ("expect", "fill"),
}
"""The keys of a resource that findings on its whole table are about."""


def _shelve_parts(
    setting: Workplace, spec: Spec, resource: Resource, raws: Mapping[str, tuple[Raw, ...]], set_aside: set[str]
) -> whole_tables.Shelf:
    works = [
        work
        for base in list_bases(spec, resource)
        for work in base.plan((raw for raw in raws[base.resource.name] if raw.sha256 not in set_aside), spec)
    ]
    return make_parts(setting, spec.pipeline.name, works)


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
