"""What the templates of the pages on quality see.  `docs/templates.md` documents every one."""

from dataclasses import dataclass

from entaku.site.views import EntryView


@dataclass(frozen=True, slots=True)
class AspectView:
    """One thing about a dataset that is right or wants doing."""

    state: str
    """good, warn, bad; none where there is nothing to tell."""
    text: str
    next: str
    """What its owner does next; "" if nothing."""


@dataclass(frozen=True, slots=True)
class LevelView:
    """A level of the rules of machine-readability."""

    level: int
    title: str
    score: int | None
    """Of 100; none where no rule of it could be decided."""
    state: str
    """good, warn, bad or none."""
    broken: int
    """How many of its rules are broken."""


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule, and what it says of a dataset's raw files; its seat stands on a circle of radius 100 around (0, 0)."""

    id: str
    title: str
    ask: str
    next: str
    state: str
    """passed, failed, exempt or undecided."""
    weight: str
    """fatal, critical, major or minor."""
    why: str
    count: int
    places: tuple[str, ...]
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DocView:
    """One thing that a description should have: so many of so many have it."""

    key: str
    label: str
    done: int
    of: int
    next: str


@dataclass(frozen=True, slots=True)
class PastView:
    """A release, or a month of the whole catalogue: how it stood then."""

    title: str
    path: str
    """Its page; "" of a month."""
    scores: tuple[int | None, ...]
    """Of each level."""
    documentation: int
    datasets: int
    """How many there were; 1 of a release."""
    broken: tuple[str, ...]
    """The rules that were broken; none of a month."""


@dataclass(frozen=True, slots=True)
class TrendView:
    """A line of a chart 100 wide and 30 high: `points` of its `polyline`."""

    key: str
    points: str


@dataclass(frozen=True, slots=True)
class QualityView:
    """The state of a dataset."""

    dataset: EntryView
    path: str
    """Its page on quality."""
    validity: AspectView
    levels: tuple[LevelView, ...]
    kept: int
    """Rules that its raw files keep, of `decided` ones."""
    decided: int
    documentation: int
    """Of 100."""
    missing: int
    """Things that its description lacks."""
    next: AspectView
    """The one thing to do next."""


@dataclass(frozen=True, slots=True)
class QualityPageView(QualityView):
    """The same with all its reasons, for its own page."""

    rules: tuple[RuleView, ...]
    docs: tuple[DocView, ...]
    past: tuple[PastView, ...]
    """Newest first."""
    lines: tuple[TrendView, ...]
    files: tuple[str, ...]
    """The raw files that were judged, by name."""
    raws: int
    looked: int
    """How many of `raws` were looked at."""
    whole: bool
    """False where only the first rows were."""


@dataclass(frozen=True, slots=True)
class RuleTotalView:
    """A rule over the whole catalogue."""

    id: str
    title: str
    ask: str
    next: str
    weight: str
    broken: int
    """Datasets whose raw files break it, of `judged` ones of which it could be decided."""
    judged: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class QualityTotals:
    """The whole catalogue."""

    datasets: int
    """Released or not."""
    valid: int
    held: int
    """Datasets whose last attempt failed."""
    unreleased: int
    levels: tuple[LevelView, ...]
    """Means."""
    documentation: int
    kept: int
    """Rules that no dataset breaks."""
