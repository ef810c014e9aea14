"""What templates see of checks: findings, failed attempts, rules, changes.  `docs/templates.md` documents every one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding in words."""

    place: str
    what: str
    next: str
    """What to do; "" where `FindingsView.next` says it for all."""


@dataclass(frozen=True, slots=True)
class FindingsView:
    """The findings of one code."""

    code: str
    severity: str
    label: str
    """The severity in words."""
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
    """"" where whole rows are wrong."""
    title: str
    """The column's title."""
    what: str
    """What is wrong, in words."""
    count: int
    examples: tuple[ExampleView, ...]
    """At most 5."""


@dataclass(frozen=True, slots=True)
class AttemptView:
    """The last try to make a release, which failed."""

    when: str
    """UTC."""
    count: int
    """How many errors there were."""
    findings: tuple[FindingsView, ...]
    violations: tuple[ViolationView, ...]
    """All errors of cells and rows, by column and kind, most frequent first, at most 50."""
    violations_rest: int
    """How many kinds are not shown."""


@dataclass(frozen=True, slots=True)
class CheckedColumnView:
    """A column, and the rules that its cells were held against."""

    name: str
    title: str
    rules: tuple[str, ...]
    """In words, its type first."""
    cells: int
    empty: int | None
    """How many of them are empty; None where nobody counted."""


@dataclass(frozen=True, slots=True)
class CheckView:
    """What was checked in one table."""

    name: str
    title: str
    rows: int
    cells: int
    columns: tuple[CheckedColumnView, ...]
    rules: tuple[str, ...]
    """Those for whole rows and for the table, in words."""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What a release changed in one table."""

    title: str
    before: int
    """Rows of the release before."""
    after: int
    added: int
    removed: int
    changed: int
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    examples: tuple[str, ...]
    """At most 5 rows of each kind: `+ …`, `- …`, `~ key: column old → new`."""
    compared: bool
    """False where only rows and columns were counted."""
