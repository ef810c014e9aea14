"""Hold the 30 rules of machine-readability: their words and weights, what a judgement is, and its scores.

「行政データにおける機械可読性に関するルール」（デジタル庁）、PDL1.0、を加工して作成.  Titles and weights are the
agency's (`rules_with_severity.json`, `rule_scoring_table.csv`), the other words are ours.  They are read from
`rules.yaml` beside this file.
"""

import math
import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import yaml

from entaku.audit.numbers import mask_place
from entaku.formats.heavy import late_compile
from entaku.model.nouns import Place
from entaku.model.words import Text

Weight = Literal["fatal", "critical", "major", "minor"]
State = Literal["passed", "failed", "exempt", "undecided"]
"""exempt: the rule is not about such a file; undecided: a program can't tell."""

RULING = 6
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
WEIGHTS: tuple[Weight, ...] = get_args(Weight)


# ---- words ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """Hold a rule's weight and words."""

    weight: Weight
    title: Text
    ask: Text
    """What it asks for."""
    next: Text
    """What the owner of a file that breaks it does."""


@dataclass(frozen=True, slots=True)
class RuleWords:
    """Hold what `rules.yaml` says."""

    rules: Mapping[str, Rule]
    whys: Mapping[str, Text]


_FILE = Path(__file__).with_name("rules.yaml")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C, if PyYAML was built with it, takes a tenth of the time."""


def parse_words(text: str) -> RuleWords:
    """Parse a YAML file of words.  Raises ValueError for an unknown or missing key, and for what is no sentence."""
    entries = _expect("rules.yaml", _Loader(text).get_single_data(), "rules", "whys")
    return RuleWords(
        {name: _parse_rule(name, entry) for name, entry in entries["rules"].items()},
        {name: _parse_text(name, entry) for name, entry in entries["whys"].items()},
    )


def _expect(where: str, entry: object, *keys: str) -> dict[str, Any]:
    if not isinstance(entry, dict) or entry.keys() != set(keys):
        raise ValueError(f"{where}: needs the keys {', '.join(keys)} and no others")
    return entry


def _parse_rule(name: str, entry: object) -> Rule:
    found = _expect(name, entry, "weight", "title", "ask", "next")
    if found["weight"] not in WEIGHTS:
        raise ValueError(f"{name}: weight must be one of {', '.join(WEIGHTS)}")
    title, ask, after = (_parse_text(f"{name}: {key}", found[key]) for key in ("title", "ask", "next"))
    return Rule(found["weight"], title, ask, after)


def _parse_text(where: str, entry: object) -> Text:
    found = _expect(where, entry, "ja", "en")
    for lang, words in found.items():
        if not isinstance(words, str) or not words or "\n" in words:
            raise ValueError(f"{where}: {lang} must be one sentence or more, in one paragraph")
    return Text(**found)


@cache
def _load() -> RuleWords:
    return parse_words(_FILE.read_text("utf-8"))


V = TypeVar("V")


class _Late(Mapping[str, V]):
    """Read the file when one of its words is first asked for, because most runs show none."""

    def __init__(self, choose: Callable[[RuleWords], Mapping[str, V]]) -> None:
        self._choose = choose

    def __getitem__(self, name: str) -> V:
        return self._choose(_load())[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._choose(_load()))

    def __len__(self) -> int:
        return len(self._choose(_load()))


RULES: Mapping[str, Rule] = _Late(lambda words: words.rules)
"""Every rule by its name (`L1-06`), in order."""
WHYS: Mapping[str, Text] = _Late(lambda words: words.whys)
"""Why a rule was decided as it was."""

# ---- units ------------------------------------------------------------------------------------------------------

UNITS = (
    "人|件|円|千円|百万円|億円|万円|万|千|kg|km|m|cm|mm|g|t|ha|㎡|㎢|個|台|回|本|枚|箇所|か所|ヶ所|世帯|戸|社|校|棟|隻|機|両|組|点|冊|食|泊|日|月|年|"
    "時間|分|秒|歳|才|度|号|丁目|室|床|園|店|館|施設|団体|路線|駅|便|頭|羽|匹|株|基|kW|kWh|MW|GW|L|mL|dL|kL|平方メートル|平方キロメートル|ヘクタール"
)
IN_BRACKETS = late_compile(
    rf"[（(\[［【]\s*(単位[:：]?\s*)?(千|百|万|億|十|約)*({UNITS}|[%％‰℃°㎞㎏㎝㎜㎡㎢㎥]|mL|dL|m2|km2|m3|ppm|dB|Hz|pt|ポイント|床|点|倍)(当たり|あたり|/.*)?\s*[）)\]］】]",
    re.IGNORECASE,
)
IMPLIES = late_compile(
    r"金額|人口|人数|面積|割合|比率|[率数費額比]$|年齢|歳入|歳出|価格|単価|料金|重量|延長|距離|高さ|緯度|経度|件数|世帯|戸数|気温|温度|湿度"
    r"|(数|率|額|費)(_|[（(])|latitude|longitude|lat$|lng$|lon$|count|total|amount|population|age|percent|ratio|rate|area", re.IGNORECASE
)  # fmt: skip
NEEDS_NONE = late_compile(
    r"コード|番号|No\.?|№|ID|指数|順位|区分|フラグ|階級|等級|電話|郵便|FAX|TEL|年|月|日|code|number|rank|index|flag|key|通し|連番|並び|行$|号$|桁",
    re.IGNORECASE,
)


def measures(heading: str) -> bool:
    """Test whether a heading may be that of a quantity: not of a code, a number that only names, a rank or a day."""
    return bool(IMPLIES.search(heading) or not NEEDS_NONE.search(heading))


def tells_unit(heading: str) -> bool:
    """Test whether a heading tells a unit, implies one, or needs none."""
    return any(pattern.search(heading) for pattern in (IN_BRACKETS, IMPLIES, NEEDS_NONE))


# ---- judgements -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ruling:
    """Hold what one rule says of one raw file; see RULES."""

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
    """Hold the rulings on one raw file, one for each rule."""

    rulings: tuple[Ruling, ...]
    rows: int
    """Rows that were looked at."""
    whole: bool
    """False where there are more."""
    headings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The column names of the largest table, by sheet or member."""


def level_of(rule: str) -> int:
    """Return the level of a rule: 1 of `L1-06`."""
    return int(rule[1])


def score(rulings: Iterable[Ruling], level: int) -> int | None:
    """Return the points of a level out of 100; None where no rule of it could be decided."""
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
    """Name the newest raw file of a table (or of several), with what the rules say of it."""

    url: str
    sha256: str
    tables: tuple[str, ...]
    rulings: tuple[Ruling, ...]
    rows: int
    whole: bool


@dataclass(frozen=True)
class Past:
    """Sum up how the newest files of a release were judged."""

    version: str
    scores: Scores
    broken: tuple[str, ...]
    """The rules that they broke."""


@dataclass(frozen=True)
class Judged:
    """Hold what the rules say of the raw files of a dataset."""

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
        """Return the points of each level."""
        return score_files([file.rulings for file in self.files], self.series)


class Judgements(Mapping[str, Judged]):
    """The rulings by dataset, which may be told apart without being unpacked."""

    @abstractmethod
    def digest(self, name: str) -> str:
        """Return the digest of the rulings on a dataset; "" without any."""


def score_files(files: Sequence[Sequence[Ruling]], series: Ruling | None = None) -> Scores:
    """Return the points of each level for several files: the mean of theirs.

    Of level 3, where files of one table could be compared, it is 0.7 of the mean and 0.3 for keeping L3-07, as the
    agency's scoring of several files has it.
    """
    points: list[int | None] = []
    for level in LEVEL_NUMBERS:
        known = [one for rulings in files if (one := score(rulings, level)) is not None]
        mean = sum(known) / len(known) if known else None
        if mean is not None and level == 3 and series is not None and series.state in ("passed", "failed"):
            mean = 0.7 * mean + 0.3 * (100 if series.state == "passed" else 0)
        points.append(None if mean is None else math.floor(mean + 0.5))
    return tuple(points)


def join_rulings(judged: Judged) -> tuple[Ruling, ...]:
    """Join the rulings on all files by rule: failed where any file fails, passed where any passes and none fails."""
    joined, by_rule = [], dict[str, list[tuple[JudgedFile, Ruling]]]()
    for file in judged.files:
        for one in file.rulings:
            by_rule.setdefault(one.rule, []).append((file, one))
    for rule in RULES:
        own = by_rule.get(rule, [])
        if rule == "L3-07" and judged.series is not None:
            joined.append(judged.series)
        elif own:
            joined.append(_join(own, len(judged.files) > 1))
    return tuple(joined)


def _join(own: Sequence[tuple[JudgedFile, Ruling]], named: bool) -> Ruling:
    if len(own) == 1 and not own[0][1].places:
        return own[0][1]
    states: tuple[State, ...] = ("failed", "passed", "undecided", "exempt")
    state = next(state for state in states if any(one.state == state for _, one in own))
    same = [(file, one) for file, one in own if one.state == state]
    places = [
        replace(mask_place(place), file=file.url.rpartition("/")[2] if named else place.file)
        for file, one in same
        for place in one.places
    ]
    weight = min((one.weight for _, one in same), key=WEIGHTS.index)
    why = next((one.why for _, one in same if one.why), "")
    return Ruling(same[0][1].rule, state, weight, sum(one.count for _, one in same), tuple(places[:20]), why)
