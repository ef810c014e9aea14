"""Flaws that no pattern tells, such as wrong check digits: found in the columns with a format of offices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from entaku.check.candidate import Candidate
from entaku.check.named import NAMED, Flaw
from entaku.check.outcome import EXAMPLES
from entaku.formats.arrays import Marks, decode
from entaku.formats.heavy import pa
from entaku.model.nouns import Finding, Place, Violation
from entaku.model.table_schema import SchemaField

TOLD = 100
"""Different values of a column that are told one by one."""


class Flawed(NamedTuple):
    """A value with a flaw, where it stands first."""

    row: int
    text: str
    flaw: Flaw


class FlawFinder:
    """Finds the flaws of one column, batch by batch."""

    def __init__(self, field: SchemaField, missing: Sequence[str]) -> None:
        self._find = NAMED[field.format].find_flaw or (lambda _text: None)
        self._marks = Marks(field.missingValues if field.missingValues is not None else missing)
        self._form = re.compile(NAMED[field.format].pattern)
        self._known: dict[str, Flaw | None] = {}
        self.first: list[Flawed] = []
        """The first values with flaws, each different."""
        self.wrong: set[int] = set()
        """The rows whose flaw is an error."""
        self.counts: Counter[str] = Counter()
        """The cells with flaws, by code."""
        self.untold = 0
        """Different values that aren't in `first` although their flaws are errors."""

    def look(self, texts: pa.Array, start: int) -> None:
        """Look at a batch, whose first row has the number `start`."""
        known = self._marks.blank(decode(texts)).dictionary_encode()
        flaws = {at: flaw for at, text in enumerate(known.dictionary.to_pylist()) if (flaw := self._judge(text))}
        if not flaws:
            return
        for place, at in enumerate(known.indices.to_pylist()):
            if at in flaws:
                self._keep(start + place, known.dictionary[at].as_py(), flaws[at])

    def _judge(self, text: str | None) -> Flaw | None:
        if text is None:
            return None
        if text not in self._known:
            self._known[text] = self._find(text) if self._form.fullmatch(text) else None
        return self._known[text]

    def _keep(self, row: int, text: str, flaw: Flaw) -> None:
        error = flaw.severity == "error"
        self.counts[flaw.code] += error
        if error:
            self.wrong.add(row)
        if not any(text == told.text for told in self.first):
            if len(self.first) < TOLD:
                self.first.append(Flawed(row, text, flaw))
            else:
                self.untold += error


def make_finders(fields: Sequence[SchemaField], missing: Sequence[str]) -> Iterator[tuple[str, FlawFinder]]:
    """Yield a finder for each column whose format has more than a pattern, with its name."""
    for field in fields:
        named = NAMED.get(field.format)
        if named is not None and named.find_flaw is not None:
            yield field.name, FlawFinder(field, missing)


def describe_flaws(candidate: Candidate, finders: Mapping[str, FlawFinder]) -> Iterator[Finding]:
    """Yield a finding for each different value with a flaw, at the cell where it stands first."""
    for name, finder in finders.items():
        for row, text, flaw in finder.first:
            before = candidate.before(row, name)
            args = {**flaw.args, **({"before": before} if before not in ("", text) else {})}
            yield Finding(flaw.code, flaw.severity, candidate.locate(row, name), text, args)
        if finder.untold:
            place = Place(file=candidate.resource.name, column=name)
            yield Finding("too-many-findings", "error", place, args={"count": f"{finder.untold:,}"})


def count_flaws(candidate: Candidate, finders: Mapping[str, FlawFinder]) -> Iterator[Violation]:
    """Yield the flaws that are errors, counted by column and kind."""
    for name, finder in finders.items():
        for code, count in (+finder.counts).items():
            some = [(candidate.locate(row, name), text) for row, text, flaw in finder.first if flaw.code == code]
            yield Violation(candidate.resource.name, name, code, count, tuple(some[:EXAMPLES]))
