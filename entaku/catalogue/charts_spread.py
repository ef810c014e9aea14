"""How the numbers of a column are distributed: rows in intervals with round bounds, counted in one pass."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from entaku.formats.arrays import make_doubles, to_numbers
from entaku.formats.heavy import np, pa, pc
from entaku.formats.scales import find_steps
from entaku.model.charts import ChartPlan
from entaku.model.profile import Chart, Profile, Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

INTERVALS = 10
CROWDED = 0.6
"""Share of the rows in one interval from which the ends are drawn as open intervals."""
HOPELESS = 0.9
"""Share of the rows in one interval from which a distribution tells nothing."""


class Spread:
    """The number of rows in each interval, for two choices of intervals: over all numbers, and over most of them."""

    def __init__(self, plan: ChartPlan, column: Profile | None) -> None:
        self.plan = plan
        low, high = (column.least, column.most) if column else (None, None)
        shares = dict(column.quantiles) if column else {}
        self.choices: list[_Intervals] = []
        for ends in ((low, high), (shares.get(0.05), shares.get(0.95))):
            if all(isinstance(end, (int, float)) for end in ends) and float(ends[0]) < float(ends[1]):  # type: ignore[arg-type]
                self.choices.append(_Intervals(float(ends[0]), float(ends[1])))  # type: ignore[arg-type]

    def add(self, block: "pa.RecordBatch") -> None:
        column = block[self.plan.x].cast(pa.float64(), safe=False)
        column = column.filter(pc.is_finite(column))
        for each in self.choices if len(column) else ():
            each.add(to_numbers(column if isinstance(column, pa.Array) else make_doubles(column)))

    def close(self) -> Chart | None:
        drawn = [each for each in self.choices if each.total]
        if drawn and drawn[0].crowding <= CROWDED:
            drawn = drawn[:1]
        best = min(drawn, key=lambda each: each.crowding, default=None)
        if best is None or best.crowding > HOPELESS:
            return None
        marks, counts = zip(*best.spell(), strict=True)
        return Chart(
            kind="spread", x=self.plan.x, y="", by="", how="count", step="", unit="",
            where={name: str(value) for name, value in self.plan.where.items()}, title=self.plan.title,
            marks=marks, series=(Series("", counts),),
        )  # fmt: skip


class _Intervals:
    """Intervals between round steps, each with its lower bound; what is below the first or beyond the last counts."""

    def __init__(self, low: float, high: float) -> None:
        self.edges = find_steps(low, high, INTERVALS)
        if self.edges[-1] <= high:  # the last interval holds its upper end in no case
            self.edges = (*self.edges, float(f"{2 * self.edges[-1] - self.edges[-2]:.10g}"))
        self.counts = [0] * (len(self.edges) + 1)

    def add(self, numbers: "NDArray[np.float64]") -> None:
        places = np.searchsorted(np.array(self.edges), numbers, side="right")
        found = np.bincount(places, minlength=len(self.counts)).tolist()
        self.counts = [before + more for before, more in zip(self.counts, found, strict=True)]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def crowding(self) -> float:
        """The share of the rows that the fullest interval between two steps has."""
        return max(self.counts) / self.total

    def spell(self) -> Iterator[tuple[str, int]]:
        """Yield the intervals with rows before and after them, as text, and their counts."""
        bounds = ["", *map(_spell, self.edges), ""]
        filled = [n for n, count in enumerate(self.counts) if count]
        for n in range(filled[0], filled[-1] + 1):
            yield f"{bounds[n]}..{bounds[n + 1]}", self.counts[n]


def _spell(number: float) -> str:
    return f"{number:.10g}"
