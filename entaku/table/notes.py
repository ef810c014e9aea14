"""Findings of reading one sheet or file, collected with their places."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from entaku.formats.text import column_letters
from entaku.formats.zips import BrokenError, LockedError
from entaku.model.nouns import Finding, Place, Severity

MAX_NOTES = 100
"""Findings of one code that are told one by one."""


class Spot(NamedTuple):
    """Where a finding is in a sheet or text file."""

    row: int | None = None
    """From 1."""
    at: int | None = None
    """The column, from 0."""
    column: str = ""
    """The column's name."""


NOWHERE = Spot()


@dataclass
class Notes:
    """Collects the findings of one sheet or file with their places; of each code at most MAX_NOTES."""

    file: str
    sheet: str = ""
    spreadsheet: bool = False
    left: int = 0
    """The column of the sheet, from 0, that is the first of its rows."""
    found: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[str, Severity]] = field(default_factory=Counter)

    def add(
        self, code: str, spot: Spot = NOWHERE, value: str = "", severity: Severity = "error",
        hints: Mapping[str, str] | None = None, **args: str,
    ) -> None:  # fmt: skip
        """Note a finding at a spot."""
        self.counts[code, severity] += 1
        if self.counts[code, severity] <= MAX_NOTES:
            row, at, column = spot
            cell = f"{column_letters(at + self.left)}{row}" if self.spreadsheet and at is not None else ""
            place = Place(file=self.file, sheet=self.sheet, row=row, column=column, cell=cell)
            self.found.append(Finding(code, severity, place, value, {**(hints or {}), **args}))

    def broken(self, form: str, error: BaseException) -> None:
        """Note that a file can't be opened: a password, or what the error says where it is ours."""
        if isinstance(error, LockedError):
            self.add("has-password")
        elif isinstance(error, BrokenError):
            self.add("broken-file", format=form, why=str(error))
        else:
            ja, en = "形が壊れているか、途中で切れています", "it is damaged or cut short"
            self.add("broken-file", format=form, why_ja=ja, why_en=en)

    def limit(self, what: str, limit: int, spot: Spot = NOWHERE) -> None:
        """Note that a limit was reached."""
        self.add("read-limit", spot, what=what, limit=f"{limit:,}")

    def all(self) -> tuple[Finding, ...]:
        """Everything noted, and how many more there were."""
        place = Place(file=self.file, sheet=self.sheet)
        more = [
            Finding("too-many-findings", severity, place, args={"count": str(count - MAX_NOTES), "of": code})
            for (code, severity), count in self.counts.items()
            if count > MAX_NOTES
        ]
        return (*self.found, *more)
