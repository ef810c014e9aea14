"""The provenance of a release as templates see it: source files, checks, findings, changes.  Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from entaku.catalogue import places as public_places
from entaku.model.changes import LEVEL_WORDS, tell_structure
from entaku.model.files import CHANGES
from entaku.model.grammar import Office, Resource
from entaku.model.messages import Alike, group_alike, say_next, say_others, say_place, say_what
from entaku.model.nouns import Attempt, Dataset, Finding, Place, Raw, Release, ReleasedResource, Violation
from entaku.site.columns import show_constraints
from entaku.site.ledger import show_outside
from entaku.site.views import Outside
from entaku.site.words import Words

FINDINGS_OF_A_CODE = 20
RAWS_FIRST = 4
"""Number of source files that are shown unfolded."""
VIOLATIONS = 50


# ---- source files ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawView:
    """A source file."""

    source: Outside
    served: str
    """How the bytes were obtained, as text."""
    name: str
    """The file's name."""
    path: str
    """Path for `file(path)` if the site offers the raw bytes; else ""."""
    sample: bool
    fetched: str
    """UTC time of the fetch."""
    sha256: str
    bytes: int
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class RawsView:
    """The source files of a release, newest first."""

    count: int
    first: tuple[RawView, ...]
    more: tuple[RawView, ...]
    """The source files to fold away."""
    rest: int
    """Number of source files that are only in manifest.json."""


def show_raws(office: Office, release: Release | None, words: Words) -> RawsView:
    """Return the source files of a release, each once, newest first."""
    newest = public_places.list_raws(release.resources) if release else []
    offered = public_places.list_published_raws(office, release) if release else []
    places = {
        (raw.url, raw.sha256): public_places.place_raw(public_places.find_home(release), raw)
        for raw in offered
        if release
    }
    shown = tuple(
        replace(
            show_raw(raw, places.get((raw.url, raw.sha256), ""), words),
            withdrawn=release is not None and raw.sha256 in release.withheld,
        )
        for raw, _ in newest[: public_places.RAWS]
    )
    first, more = (shown, ()) if len(newest) <= RAWS_FIRST + 1 else (shown[:RAWS_FIRST], shown[RAWS_FIRST:])
    return RawsView(count=len(newest), first=first, more=more, rest=len(newest) - len(shown))


def show_raw(raw: Raw, path: str, words: Words) -> RawView:
    """Return the view of a source file; `path`: where the site offers it, or ""."""
    return RawView(
        source=show_outside(raw.url),
        served=words.say(f"served_{raw.served}"),
        name=public_places.name_raw(raw.url),
        path=path,
        sample=raw.served == "sample",
        fetched=raw.fetched,
        sha256=raw.sha256,
        bytes=raw.bytes,
    )


# ---- findings and failed attempts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding as text."""

    place: str
    what: str
    next: str
    """What to do; "" where `FindingsView.next` is the same for all."""
    count: int
    """Number of findings of its cause."""


@dataclass(frozen=True, slots=True)
class FindingsView:
    """The findings of one code."""

    code: str
    severity: str
    label: str
    """The name of the severity."""
    count: int
    next: str
    """What to do, where that is the same for all."""
    items: tuple[FindingView, ...]
    """At most 20."""


@dataclass(frozen=True, slots=True)
class ExampleView:
    """A cell in error."""

    place: str
    cell: str


@dataclass(frozen=True, slots=True)
class ViolationView:
    """All errors of one kind in one column of a table."""

    table: str
    """The table's title."""
    column: str
    """The column's name; "" where whole rows are wrong."""
    title: str
    """The column's title."""
    what: str
    """The error as text."""
    count: int
    examples: tuple[ExampleView, ...]
    """At most 5."""


@dataclass(frozen=True, slots=True)
class AttemptView:
    """The last attempt at a release, which failed."""

    when: str
    """UTC time of the attempt."""
    count: int
    """Number of errors."""
    findings: tuple[FindingsView, ...]
    violations: tuple[ViolationView, ...]
    """Errors of cells and rows by column and kind, most frequent first, at most 50."""
    violations_rest: int
    """Number of kinds that aren't shown."""


def group_findings(findings: Sequence[Finding], words: Words) -> tuple[FindingsView, ...]:
    """Group findings by severity and code, errors first, then by file and line or row."""
    by_code: dict[tuple[str, str], list[Alike]] = {}
    for alike in group_alike(findings):
        by_code.setdefault((alike.first.severity, alike.first.code), []).append(alike)
    return tuple(show_findings(group, words) for group in by_code.values())


def show_findings(causes: Sequence[Alike], words: Words) -> FindingsView:
    """Return the view of findings of one code and severity, an item for each cause."""
    findings = [alike.first for alike in causes]
    nexts = [say_next(finding, words.lang) for finding in findings[:FINDINGS_OF_A_CODE]]
    shared = nexts[0] if len(set(nexts)) == 1 else ""
    return FindingsView(
        code=findings[0].code,
        severity=findings[0].severity,
        label=words.say(f"severity_{findings[0].severity}"),
        count=sum(alike.count for alike in causes),
        next=shared,
        items=tuple(
            FindingView(
                place=say_place(alike.first.place, words.lang),
                what=say_what(alike.first, words.lang) + say_others(alike, words.lang),
                next="" if shared else after,
                count=alike.count,
            )
            for alike, after in zip(causes[:FINDINGS_OF_A_CODE], nexts, strict=True)
        ),
    )


def show_attempt(attempt: Attempt | None, tables: Sequence[Resource], words: Words) -> AttemptView | None:
    """Return the view of a failed attempt; `tables`: the pipeline's."""
    if attempt is None:
        return None
    return AttemptView(
        when=attempt.when,
        count=attempt.count,
        findings=group_findings(attempt.findings, words),
        violations=tuple(show_violation(violation, tables, words) for violation in attempt.violations[:VIOLATIONS]),
        violations_rest=max(len(attempt.violations) - VIOLATIONS, 0),
    )


def show_violation(violation: Violation, tables: Sequence[Resource], words: Words) -> ViolationView:
    """Return the view of all errors of one kind in one column."""
    table = next((each for each in tables if each.name == violation.table), None)
    fields = {field.name: field for field in table.schema.fields} if table else {}
    field = fields.get(violation.column)
    key = f"violation_{violation.kind}"
    return ViolationView(
        table=table.title.get(words.lang) if table else violation.table,
        column=violation.column,
        title=field.title.get(words.lang) if field else "",
        what=words.say(key) if key in words else violation.kind,
        count=violation.count,
        examples=tuple(ExampleView(say_place(shorten(place), words.lang), cell) for place, cell in violation.examples),
    )


def shorten(place: Place) -> Place:
    """Return a place without its column, and with the file's name alone if it has a row."""
    return replace(place, file=public_places.name_raw(place.file) if place.row else place.file, column="")


# ---- what was checked -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckedColumnView:
    """A column and the rules that its cells were checked against."""

    name: str
    title: str
    rules: tuple[str, ...]
    """The rules as text, the type first."""
    cells: int
    empty: int | None
    """Number of empty cells; None where they weren't counted."""


@dataclass(frozen=True, slots=True)
class CheckView:
    """What was checked in one table."""

    name: str
    title: str
    rows: int
    cells: int
    columns: tuple[CheckedColumnView, ...]
    rules: tuple[str, ...]
    """The rules for rows and for the whole table, as text."""


def show_checks(tables: Sequence[ReleasedResource], words: Words) -> tuple[CheckView, ...]:
    """Return the rules that the tables of a release were checked against."""
    return tuple(show_check(table, words) for table in tables)


def show_check(table: ReleasedResource, words: Words) -> CheckView:
    """Return the rules of one table."""
    schema = table.resource.schema
    empty = {profile.name: profile.nulls for profile in table.profile}
    columns = tuple(
        CheckedColumnView(
            name=field.name,
            title=field.title.get(words.lang),
            rules=(
                words.say("rule_type", type=words.say(f"type_{field.type}")),
                *show_constraints(field.constraints, words),
            ),
            cells=table.rows,
            empty=empty.get(field.name),
        )
        for field in schema.fields
    )
    return CheckView(
        name=table.name,
        title=table.resource.title.get(words.lang),
        rows=table.rows,
        cells=table.rows * len(columns),
        columns=columns,
        rules=tuple(list_table_rules(table.resource, words)),
    )


def list_table_rules(resource: Resource, words: Words) -> Iterator[str]:
    """Yield the rules for rows and for the whole table."""
    schema, expect = resource.schema, resource.expect
    if schema.primaryKey:
        yield words.say("rule_primary_key", columns=", ".join(schema.primaryKey))
    for unique in schema.uniqueKeys:
        yield words.say("rule_unique_key", columns=", ".join(unique))
    for foreign in schema.foreignKeys:
        table = foreign.reference.resource or resource.name
        yield words.say("rule_foreign_key", columns=", ".join(foreign.fields), table=table)
    for name, bound in (("min", expect.rows.min), ("max", expect.rows.max)):
        if bound is not None:
            yield words.say(f"rule_rows_{name}", count=bound)
    for column, share in expect.fill.items():
        for name, part in (("min", share.min), ("max", share.max)):
            if part is not None:
                yield words.say(f"rule_fill_{name}", column=column, share=f"{part * 100:g} %")


# ---- what changed ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowsFileView:
    """A file of changed rows."""

    path: str
    name: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class ChangeView:
    """The changes of a release to one table."""

    title: str
    before: int
    """Number of rows of the release before."""
    after: int
    added: int
    removed: int
    changed: int
    key: tuple[str, ...]
    """The columns by which rows were recognized; none where whole rows were compared."""
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    cells: tuple[tuple[str, int], ...]
    """By column the number of rows that were corrected in it."""
    structure: tuple[str, ...]
    """What changed of its columns, keys and codes, in words."""
    breaking: bool
    """Whether any of that can break programs."""
    files: tuple[RowsFileView, ...]
    """The changed rows as CSV and Parquet."""
    examples: tuple[str, ...]
    """At most 5 rows of each kind: `+ …`, `- …`, `~ key: column old → new`."""


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """What a release changed since the one before."""

    level: str
    """patch, minor or major."""
    words: str
    """The level in words."""
    path: str
    """Its changes.json."""


def show_comparison(release: Release, words: Words) -> ComparisonView | None:
    """Return the level of a release; None for the first."""
    if release.changes is None:
        return None
    level = release.changes.level
    return ComparisonView(level, LEVEL_WORDS[level].get(words.lang), f"{public_places.place_changes(release)}{CHANGES}")


def show_changes(release: Release, words: Words, titles: Mapping[str, str]) -> tuple[ChangeView, ...]:
    """Return the changes of a release to each table; none for the first."""
    if release.changes is None:
        return ()
    folder = public_places.place_changes(release)
    return tuple(
        ChangeView(
            title=titles.get(change.table, change.table),
            before=change.before,
            after=change.after,
            added=change.added,
            removed=change.removed,
            changed=change.changed,
            key=change.key,
            columns_added=change.columns_added,
            columns_removed=change.columns_removed,
            cells=tuple((change.cells or {}).items()),
            structure=tuple(tell_structure(one).get(words.lang) for one in change.structure),
            breaking=any(one.breaks for one in change.structure),
            files=tuple(RowsFileView(folder + file.path, file.path, file.bytes, file.rows) for file in change.files),
            examples=change.examples,
        )
        for change in release.changes.tables
    )


def title_tables(dataset: Dataset, words: Words) -> dict[str, str]:
    """Return the titles of all tables that a dataset has or had."""
    return {
        table.name: table.resource.title.get(words.lang) for release in dataset.releases for table in release.resources
    }
