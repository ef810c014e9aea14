"""Steps that turn columns into rows and rows into columns, and steps that only compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from entaku.formats.heavy import np, pd
from entaku.formats.text import to_decimal
from entaku.model.messages import within
from entaku.model.words import STRICT, Text
from entaku.table.crossing import HEADING, Crossing, Sources, Spot
from entaku.table.job import Cell, Column, Columns, Job, StepKind, Strings, to_series


@dataclass(frozen=True, kw_only=True)
class Melt:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    keep: Annotated[Strings, Field(description="そのまま残す列 / columns that stay")]
    columns: Annotated[Strings, Field(description="行にする列（なければ残り全部）/ columns to turn")] = ()
    names_to: Annotated[Column, Field(description="列の名前が入る列 / where their names go")]
    values_to: Annotated[Column, Field(description="値が入る列 / where their values go")]


def melt(frame: pd.DataFrame, options: Melt, job: Job) -> pd.DataFrame:
    keep = list(options.keep)
    turned = list(options.columns) or [name for name in frame.columns if name not in keep]
    if not job.lacks(frame[keep], [options.names_to, options.values_to]):
        return frame
    if not turned and len(frame):
        job.note_spec("nothing-to-melt", ", ".join(keep), within(job.file))
        return frame
    places = np.repeat(np.arange(len(frame)), len(turned))
    made = frame[keep].iloc[places]
    rows = zip(*(frame[name].tolist() for name in turned), strict=True)
    values = [value for row in rows for value in row]
    for name in (options.names_to, options.values_to):
        job.names[name] = name
    return made.assign(
        **{
            options.names_to: to_series(turned * len(frame), made.index),
            options.values_to: to_series(values, made.index),
        }
    )


def find_melted(options: Melt, crossing: Crossing, spot: Spot) -> Sources:
    row, column = spot
    if row == HEADING or column not in (options.names_to, options.values_to):
        return None
    keep = options.keep
    turned = list(options.columns) or [name for name in crossing.before.columns if name not in keep]
    source = turned[row % len(turned)]
    return [(HEADING if column == options.names_to else crossing.row_before(row), source)]


@dataclass(frozen=True, kw_only=True)
class Pivot:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    keep: Annotated[Columns, Field(description="行を決める列 / columns that tell the rows apart")]
    names_from: Annotated[Column, Field(description="値が列の名前になる列 / whose values become names")]
    values_from: Annotated[Column, Field(description="値が入る列 / whose values fill them")]


def pivot(frame: pd.DataFrame, options: Pivot, job: Job) -> pd.DataFrame:
    keys = list(zip(*(frame[name].tolist() for name in options.keep), strict=True))
    names = frame[options.names_from].tolist()
    values = frame[options.values_from].tolist()
    new = list(dict.fromkeys(names))
    if not job.lacks(frame[list(options.keep)], new):
        return frame
    first: dict[tuple[str, ...], int] = {}
    cells: dict[tuple[tuple[str, ...], str], str] = {}
    for n, (key, name, value) in enumerate(zip(keys, names, values, strict=True)):
        first.setdefault(key, n)
        if (key, name) in cells:
            job.note("pivot-conflict", [int(frame.index[n])], options.values_from, [value])
        cells.setdefault((key, name), value)
    made = frame[list(options.keep)].iloc[list(first.values())]
    columns = {name: to_series([cells.get((key, name), "") for key in first], made.index) for name in new}
    return made.assign(**columns)


def find_pivoted(options: Pivot, crossing: Crossing, spot: Spot) -> Sources:
    row, column = spot
    if column in options.keep:
        return None
    names = crossing.before[options.names_from].to_pylist()
    if row == HEADING:
        return [(names.index(column), options.names_from)]
    keep = [crossing.before[name].to_pylist() for name in options.keep]
    wanted = [values[crossing.row_before(row)] for values in keep]
    found = (n for n, name in enumerate(names) if name == column and [values[n] for values in keep] == wanted)
    return [(n, options.values_from) for n in [next(found, None)] if n is not None]


# ---- comparing --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Agree:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    column: Annotated[Column, Field(description="確かめる列 / the column")]
    with_: Annotated[Column, Field(alias="with", description="同じはずの列 / the column it must equal")]
    severity: Annotated[
        Literal["error", "warning"], Field(description="食い違いは誤りか警告か / what a difference is")
    ] = "error"


def agree(frame: pd.DataFrame, options: Agree, job: Job) -> pd.DataFrame:
    told = set()
    pairs = zip(frame.index, frame[options.column].tolist(), frame[options.with_].tolist(), strict=True)
    for label, value, expected in pairs:
        if value != expected and (value, expected) not in told:
            told.add((value, expected))
            args = {"other": options.with_, "expected": expected}
            job.note("disagree", [int(label)], options.column, [value], options.severity, **args)
    return frame


@dataclass(frozen=True, kw_only=True)
class CheckSums:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    value: Annotated[Column, Field(description="数の列 / the column of numbers")]
    total: Annotated[
        Mapping[Column, Cell],
        Field(
            min_length=1, max_length=1, description="分類の列と、合計を表す値 / a column and its value for the total"
        ),
    ]
    by: Annotated[Strings, Field(description="この列ごとに確かめる / columns that tell the sums apart")] = ()
    parts: Annotated[Strings, Field(description="足す値（なければ合計以外の全部）/ the parts, else all others")] = ()
    above: Annotated[
        bool,
        Field(
            description="足すのは、合計の行の上にある、前の合計までの行 / the parts are the rows above a total, up to the "
            "total before it"
        ),
    ] = False
    empty: Annotated[
        Literal["unknown", "zero"],
        Field(description="空の値：分からないもの（その組は確かめない）か、0 か / what an empty cell is"),
    ] = "unknown"
    tolerance: Annotated[float, Field(ge=0, description="端数処理で許す差 / difference allowed for rounding")] = 0
    severity: Annotated[
        Literal["error", "warning"], Field(description="許さない差は誤りか警告か / what a larger difference is")
    ] = "error"


def check_sums(frame: pd.DataFrame, options: CheckSums, job: Job) -> pd.DataFrame:
    sums = _Sums(frame, options, job)
    there = set(sums.kinds)
    for part in options.parts:
        job.seek("nothing-matched", f"{sums.column}: {part}", part in there)
    job.seek("no-total", f"{sums.column}: {sums.total}", sums.total in there)
    ends = {sums.compare(rows) for rows in sums.list_groups()} - {"no total"}
    for code, missing in (("no-parts", "no parts"), ("no-sums", "no numbers")):
        if missing in ends or "compared" in ends:
            job.seek(code, options.value, "compared" in ends)
    return frame


class _Sums:
    """A table's totals and their parts."""

    def __init__(self, frame: pd.DataFrame, options: CheckSums, job: Job) -> None:
        self.frame, self.options, self.job = frame, options, job
        ((self.column, self.total),) = options.total.items()
        self.tolerance = Decimal(repr(options.tolerance))
        self.kinds: list[str] = frame[self.column].tolist()
        self.values: list[str] = frame[options.value].tolist()
        self.numbers = [to_decimal(value) for value in self.values]

    def list_groups(self) -> list[list[int]]:
        """The positions of the rows that are added up together."""
        by = self.options.by
        groups: dict[tuple[str, ...], list[int]] = {}
        keys = zip(*(self.frame[name].tolist() for name in by), strict=True) if by else [()] * len(self.frame)
        for n, key in enumerate(keys):
            groups.setdefault(key, []).append(n)
        return (
            [part for rows in groups.values() for part in self._cut(rows)] if self.options.above else [*groups.values()]
        )

    def _cut(self, rows: list[int]) -> Iterator[list[int]]:
        """The rows up to each total."""
        begun: list[int] = []
        for n in rows:
            begun.append(n)
            if self.kinds[n] == self.total:
                yield begun
                begun = []

    def compare(self, rows: list[int]) -> Literal["no total", "no parts", "no numbers", "compared"]:
        """Note the totals that aren't the sum of their parts; what was missing where they could not be compared."""
        wanted = self.options.parts
        parts = [n for n in rows if (self.kinds[n] in wanted if wanted else self.kinds[n] != self.total)]
        known = [number for n in parts if (number := self._number(n)) is not None]
        totals = [n for n in rows if self.kinds[n] == self.total]
        if not totals or not parts:
            return "no parts" if totals else "no total"
        summed = [n for n in totals if self.numbers[n] is not None]
        if len(known) < len(parts) or not summed:
            return "no numbers"
        for n in summed:
            self._note(n, self.numbers[n] or Decimal(0), sum(known, Decimal(0)))
        return "compared"

    def _number(self, n: int) -> Decimal | None:
        empty = self.options.empty == "zero" and not self.values[n]
        return Decimal(0) if empty else self.numbers[n]

    def _note(self, n: int, total: Decimal, parts: Decimal) -> None:
        if total == parts:
            return
        label, value, column = [int(self.frame.index[n])], [self.values[n]], self.options.value
        args = _show_difference(total, parts, self.tolerance)
        names = [f"{name}={self.frame[name].iloc[n]}" for name in self.options.by] or [f"{self.column}={self.total}"]
        if abs(total - parts) > self.tolerance:
            severity = self.options.severity
            self.job.note("sum-differs", label, column, value, severity, **args, group=", ".join(names))
        else:
            self.job.note("sum-rounded", label, column, value, "notice", **args, group=", ".join(names))


def _show_difference(total: Decimal, parts: Decimal, tolerance: Decimal) -> dict[str, str]:
    return {
        "sum": format(parts, "f"),
        "difference": format(total - parts, "+f"),
        "tolerance": format(tolerance.normalize(), "f"),
    }


KINDS: dict[str, StepKind] = {
    "melt": StepKind(
        run=melt,
        sources=find_melted,
        rows=True,
        options=Melt,
        needs=lambda options: (*options.keep, *options.columns),
        title=Text(ja="列を行にする", en="Melt columns into rows"),
        doc=Text(
            ja="横に並んだ列を、1 行に 1 つの値の表にします。keep の列は各行にくり返されます。",
            en="Turns columns side by side into rows of one value each; columns of `keep` are repeated.",
        ),
        example="- melt: {keep: [country, year], names_to: sex, values_to: share}",
    ),
    "pivot": StepKind(
        run=pivot,
        sources=find_pivoted,
        rows=True,
        options=Pivot,
        needs=lambda options: (*options.keep, options.names_from, options.values_from),
        title=Text(ja="行を列にする", en="Pivot rows into columns"),
        doc=Text(
            ja="melt の反対です。keep の列が同じ行が 1 行になります。同じ場所に二つの値があれば指摘になります。",
            en="The opposite of melt: rows with the same `keep` become one. Two values for one place are a finding.",
        ),
        example="- pivot: {keep: [country], names_from: measure, values_from: value}",
    ),
    "agree": StepKind(
        run=agree,
        options=Agree,
        needs=lambda options: (options.column, options.with_),
        title=Text(ja="二つの列が同じか確かめる", en="Check that two columns agree"),
        doc=Text(
            ja="二つの列の値が違う行を指摘にします。表題の日付と URL の日付を比べるときなどに使います。"
            "確かでないことを比べるなら severity: warning と書きます。表は変わりません。",
            en="Rows where the two columns differ are findings: the date in a title line and that of the URL, say. "
            "With `severity: warning` they don't hold the release. The table stays as it is.",
        ),
        example="- agree: {column: date_in_file, with: date}",
    ),
    "check_sums": StepKind(
        run=check_sums,
        options=CheckSums,
        needs=lambda options: (options.value, *options.total, *options.by),
        title=Text(ja="合計を確かめる", en="Check sums"),
        doc=Text(
            ja="by の列が同じ行の中で、合計の行がほかの行の和と等しいか確かめます。tolerance を超える差は誤り"
            "（severity: warning と書けば警告）、その範囲の差はお知らせです。空の値がある組は確かめません（empty: zero なら 0 とします）。"
            "同じ名前の小計が何度も出てくる表では、above: true と書くと、それぞれの上の行（前の小計まで）の和と比べます。"
            "合計の行が一つもなければ、それも知らせます。表は変わりません。",
            en="Within rows of the same `by`, the row of the total must equal the sum of the others. Beyond `tolerance` "
            "a difference is an error (with `severity: warning` a warning), within it a notice. Groups with empty values "
            "are passed over (with `empty: zero` they count as 0). Where subtotals of one name come again and again, "
            "`above: true` compares each with the rows above it, up to the subtotal before. If no row is the total, that "
            "is told. The table stays as it is.",
        ),
        example="- check_sums: {value: share, total: {sex: 合計}, by: [country, year], tolerance: 0.1}",
    ),
}
