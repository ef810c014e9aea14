"""The 30 rules of machine-readability: titles, weights, what they ask for and what an owner does, in both languages.

「行政データにおける機械可読性に関するルール」（デジタル庁）、PDL1.0、を加工して作成.  Titles and weights are the
agency's (`rules_with_severity.json`, `rule_scoring_table.csv`), the other words are ours.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from entaku.audit.rulebook_words import RULES, Weight
from entaku.model.nouns import Place
from entaku.model.words import Text

State = Literal["passed", "failed", "exempt", "undecided"]
"""exempt: the rule is not about such a file; undecided: a program can't tell."""

RULING = 4
"""Raised when the same file would be judged otherwise; part of every judgement's key."""

SOURCE = "https://github.com/digital-go-jp/machine_readability_rule"
CREDIT = Text(
    ja="「行政データにおける機械可読性に関するルール」（デジタル庁）、公共データ利用規約（第1.0版）、を加工して作成",
    en="Made from the Rules on Machine-Readability of Administrative Data (Digital Agency, Japan), PDL 1.0",
)
LEVELS = {
    1: Text(ja="プログラムで読める", en="A program can read it"),
    2: Text(ja="そのまま集計できる", en="Values can be reckoned with"),
    3: Text(ja="意味がわかり、ほかとつながる", en="It can be understood and joined"),
}
DEDUCTIONS: Mapping[int, Mapping[Weight, int]] = {
    1: {"fatal": 100, "critical": 10, "major": 5, "minor": 2},
    2: {"fatal": 100, "critical": 40, "major": 30, "minor": 10},
    3: {"fatal": 100, "critical": 15, "major": 10, "minor": 5},
}
"""Points off a level's 100 for each rule that is broken; a fatal one leaves none."""
WEIGHTS: tuple[Weight, ...] = ("fatal", "critical", "major", "minor")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule of 機械可読性 says of one raw file; see RULES."""

    rule: str
    """`L1-06`."""
    state: State
    weight: Weight
    """How much it matters, which for some rules depends on what was found."""
    count: int = 0
    """How many places break it; also what is only to be noted in a file that passes."""
    places: tuple[Place, ...] = ()
    """The first 20 of them: places only, never what a cell holds."""
    why: str = ""
    """A key of WHYS, where the rule's own words don't say enough."""


@dataclass(frozen=True)
class Judgement:
    """The rulings on one raw file, one for each rule."""

    rulings: tuple[Ruling, ...]
    rows: int
    """Rows that were looked at."""
    whole: bool
    """False where there are more."""
    headings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The column names of the largest table, by sheet or member."""


def level_of(rule: str) -> int:
    """The level of a rule: 1 of `L1-06`."""
    return int(rule[1])


def score(rulings: Iterable[Ruling], level: int) -> int | None:
    """Points of a level out of 100; None where no rule of it could be decided."""
    judged = [one for one in rulings if level_of(one.rule) == level and one.state in ("passed", "failed")]
    if not judged:
        return None
    lost = sum(DEDUCTIONS[level][one.weight] for one in judged if one.state == "failed")
    return max(0, 100 - lost)


# ---- a dataset's files ------------------------------------------------------------------------------------------

LEVEL_NUMBERS = tuple(LEVELS)
Scores = tuple[int | None, ...]
"""Points of each level."""


@dataclass(frozen=True)
class JudgedFile:
    """The newest raw file of a table (or of several), and what the rules say of it."""

    url: str
    sha256: str
    tables: tuple[str, ...]
    rulings: tuple[Ruling, ...]
    rows: int
    whole: bool


@dataclass(frozen=True)
class Past:
    """How the newest files of a release were."""

    version: str
    scores: Scores
    broken: tuple[str, ...]
    """The rules that they broke."""


@dataclass(frozen=True)
class Judged:
    """What the rules say of the raw files of a dataset."""

    files: tuple[JudgedFile, ...] = ()
    """The newest of each table of the current release."""
    series: Ruling | None = None
    """L3-07, of several files of one table; none where each has only one."""
    raws: int = 0
    """How many raw files the current release was made from."""
    looked: int = 0
    """How many of them were looked at."""
    past: tuple[Past, ...] = ()
    """Recent releases, the current one last."""

    @property
    def scores(self) -> Scores:
        """Points of each level."""
        return score_files([file.rulings for file in self.files], self.series)


def score_files(files: Sequence[Sequence[Ruling]], series: Ruling | None = None) -> Scores:
    """Points of each level for several files: the mean of theirs; of level 3, where files of one table could be
    compared, 0.7 of it and 0.3 for keeping L3-07, as the agency's scoring of several files has it."""
    points: list[int | None] = []
    for level in LEVEL_NUMBERS:
        known = [one for rulings in files if (one := score(rulings, level)) is not None]
        mean = sum(known) / len(known) if known else None
        if mean is not None and level == 3 and series is not None and series.state in ("passed", "failed"):
            mean = 0.7 * mean + 0.3 * (100 if series.state == "passed" else 0)
        points.append(None if mean is None else math.floor(mean + 0.5))
    return tuple(points)


def join_rulings(judged: Judged) -> tuple[Ruling, ...]:
    """One ruling for each rule: broken where any file breaks it, kept where any keeps it and none breaks it."""
    joined = []
    for rule in RULES:
        own = [(file, one) for file in judged.files for one in file.rulings if one.rule == rule]
        if rule == "L3-07" and judged.series is not None:
            joined.append(judged.series)
        elif own:
            joined.append(_join(own, len(judged.files) > 1))
    return tuple(joined)


def _join(own: Sequence[tuple[JudgedFile, Ruling]], named: bool) -> Ruling:
    states: tuple[State, ...] = ("failed", "passed", "undecided", "exempt")
    state = next(state for state in states if any(one.state == state for _, one in own))
    same = [(file, one) for file, one in own if one.state == state]
    places = [
        replace(place, file=file.url.rpartition("/")[2]) if named else place
        for file, one in same
        for place in one.places
    ]
    weight = min((one.weight for _, one in same), key=WEIGHTS.index)
    why = next((one.why for _, one in same if one.why), "")
    return Ruling(same[0][1].rule, state, weight, sum(one.count for _, one in same), tuple(places[:20]), why)
