"""Steps on dates and times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from entaku.formats import dates, text, times
from entaku.formats.arrays import make_texts
from entaku.model.words import STRICT, Text
from entaku.table.job import CellParser, Column, Job, Shorthand, StepKind, Strings, TextRows, parse_columns

Serial = Literal[1900, 1904]


@dataclass(frozen=True, kw_only=True)
class ParseDate:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    column: Annotated[str, Field(description="列（一つのとき）/ the column")] = ""
    columns: Annotated[Strings, Field(description="列（いくつかのとき）/ several columns")] = ()
    to: Annotated[
        Literal["date", "datetime", "month", "year", "fiscal_year"],
        Field(
            description="date は 2023-02-10、datetime は 2023-02-10T09:00:00、month は 2023-02、year は西暦の年、"
            "fiscal_year は年度 / what it becomes"
        ),
    ] = "date"
    order: Annotated[
        times.Order,
        Field(description="年が最後のとき、月と日のどちらが先か（3/15/2024 は mdy）/ where the year comes last"),
    ] = "ymd"
    serial: Annotated[
        Serial | None,
        Field(
            description="45000 のような Excel の通し番号も読む（1900 か 1904 から数える）/ also read Excel's serials"
        ),
    ] = None
    time: Annotated[
        Literal["error", "drop"],
        Field(description="to が date のとき、時刻は誤りか、除くか / a time, where to is date"),
    ] = "error"
    into: Annotated[str, Field(description="できる列（なければ元の列を書き換える）/ a new column, else in place")] = ""
    missing: Annotated[Strings, Field(description="空にする印 / marks that become empty cells")] = ()


def parse_date(rows: TextRows, options: ParseDate, job: Job) -> TextRows:
    explain = times.explain_moment if options.to == "datetime" else partial(times.explain_day, to=options.to)
    return _parse(rows, options, CellParser(_choose_reader(options), explain), job)


def _choose_reader(options: ParseDate) -> Callable[[str], str | None]:
    """The function that reads a value as the options want it."""

    def read_moment(value: str) -> str | None:
        made = times.parse_moment(value, options.order)
        serial = times.from_serial(value, options.serial) if options.serial and made is None else None
        return serial.isoformat() if serial else made

    def read_day(value: str) -> str | None:
        day = times.parse_day(value, options.order)
        if day is None and options.serial:
            serial = times.from_serial(value, options.serial)
            if serial and (options.time == "drop" or serial.time() == serial.min.time()):
                return str(serial.date())
        if day is None and options.time == "drop":
            moment = times.parse_moment(value, options.order)
            return moment[:10] if moment else None
        return day

    def read_year(parse: Callable[[str], int | None], value: str) -> str | None:
        year = parse(value)
        year = parse(read_day(value) or "") if year is None else year
        return None if year is None else str(year)

    match options.to:
        case "datetime":
            return read_moment
        case "date":
            return read_day
        case "month":
            return lambda value: dates.parse_month(value) or dates.parse_month(read_day(value) or "")
        case "year":
            return partial(read_year, dates.parse_year)
        case "fiscal_year":
            return partial(read_year, dates.parse_fiscal_year)


@dataclass(frozen=True, kw_only=True)
class ParseTime:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    column: Annotated[str, Field(description="列（一つのとき）/ the column")] = ""
    columns: Annotated[Strings, Field(description="列（いくつかのとき）/ several columns")] = ()
    serial: Annotated[
        bool, Field(description="0.375 のような Excel の値も読む / also read Excel's fractions of a day")
    ] = False
    into: Annotated[str, Field(description="できる列（なければ元の列を書き換える）/ a new column, else in place")] = ""
    missing: Annotated[Strings, Field(description="空にする印 / marks that become empty cells")] = ()


def parse_time(rows: TextRows, options: ParseTime, job: Job) -> TextRows:
    def read(value: str) -> str | None:
        return times.parse_time(value) or (times.time_from_serial(value) if options.serial else None)

    return _parse(rows, options, CellParser(read, times.explain_time), job)


@dataclass(frozen=True, kw_only=True)
class MakeDate:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    year: Annotated[Column, Field(description="年（西暦か和暦）か年度の列 / column of years or fiscal years")]
    month: Annotated[Column, Field(description="月の列 / column of months")]
    day: Annotated[Column | None, Field(description="日の列。なければ 2026-04 の形になる / of days; else months")] = (
        None
    )
    into: Annotated[Column, Field(description="できる列 / the new column")]
    fiscal: Annotated[
        bool,
        Field(
            description="年の列が、年度（4 月から翌年 3 月）の数字だけのとき true。「年度」と書いてあれば要らない / years are "
            "fiscal years though 年度 isn't written"
        ),
    ] = False


def make_date(rows: TextRows, options: MakeDate, job: Job) -> TextRows:
    columns = list(filter(None, (options.year, options.month, options.day)))
    read = dates.parse_date if options.day else dates.parse_month
    joined = [_join(cells, options.fiscal) for cells in zip(*(rows[name].to_pylist() for name in columns), strict=True)]
    known = {value: read(value) if value else "" for value in dict.fromkeys(joined)}
    for place in [place for place, value in enumerate(joined) if known[value] is None]:
        code, args = times.explain_day(joined[place], "date" if options.day else "month")
        job.note(code, [int(rows.labels[place])], options.month, [joined[place]], "error", **args)
    job.names[options.into] = "・".join(job.names.get(name, name) for name in columns)
    return rows.assign({options.into: make_texts(known[value] or "" for value in joined)})


_UNITS = ("年", "月", "日")


def _join(cells: Sequence[str], fiscal: bool) -> str:
    """Join the parts of a date as they are spoken: 令和6, 4 → 令和6年4月; "" if all are empty."""
    texts = [text.to_half_width(cell).strip() for cell in cells]
    if not any(texts):
        return ""
    units = ("年度" if fiscal and not texts[0].endswith("年度") else "年", *_UNITS[1:])
    return "".join(
        part if part.endswith((unit[0], "度")) else part + unit for part, unit in zip(texts, units, strict=False)
    )


# ---- both -------------------------------------------------------------------------------------------------------


def _parse(rows: TextRows, options: ParseDate | ParseTime, parser: CellParser, job: Job) -> TextRows:
    columns = _columns(options)
    if options.into:
        if len(columns) != 1:
            job.note_spec(
                "step-failed",
                options.into,
                {"why": "into は、列が一つのときだけ書けます / into is allowed for a single column only"},
            )
            return rows
        rows = rows.assign({options.into: rows[columns[0]]})
        job.names[options.into] = job.names.get(columns[0], columns[0])
        columns = (options.into,)
    return parse_columns(rows, columns, options.missing, parser, job)


def _columns(options: ParseDate | ParseTime) -> tuple[str, ...]:
    return (*((options.column,) if options.column else ()), *options.columns)


def _made(options: ParseDate | ParseTime) -> Sequence[str]:
    return (options.into,) if options.into and options.into not in _columns(options) else ()


KINDS: dict[str, StepKind] = {
    "parse_date": StepKind(
        run=parse_date,
        by_row=True,
        options=Annotated[ParseDate, Shorthand("columns")],
        needs=_columns,
        one_of=("column", "columns"),
        makes=_made,
        removes={"missing": "texts"},
        title=Text(ja="日付にする", en="Parse dates"),
        doc=Text(
            ja="2023/2/10、令和5年2月10日、R5.2.10 などを 2023-02-10 にします。to で日時・年・月・年度にもできます"
            "（平成30年度4月は 2018-04）。元号の期間にない日やない日は、どうおかしいかが指摘になります。",
            en="Makes 2023-02-10 of 2023/2/10, 令和5年2月10日, R5.2.10 and the like; `to` makes moments, months, years or "
            "fiscal years (平成30年度4月 is 2018-04). Days outside their era, and days that don't exist, are findings "
            "that say so.",
        ),
        example="- parse_date: {column: date_ja, into: date}",
    ),
    "parse_time": StepKind(
        run=parse_time,
        by_row=True,
        options=Annotated[ParseTime, Shorthand("columns")],
        needs=_columns,
        one_of=("column", "columns"),
        makes=_made,
        removes={"missing": "texts"},
        title=Text(ja="時刻にする", en="Parse times"),
        doc=Text(
            ja="9:00、９時３０分、午後3時、3:05 PM、正午 などを 09:00:00 の形にします。24:00 や 25:30 は時刻として書けないので指摘になります。",
            en="Makes 09:00:00 of 9:00, ９時３０分, 午後3時, 3:05 PM, 正午 and the like. 24:00 and 25:30 are no times of a "
            "day and become findings.",
        ),
        example="- parse_time: [open, close]",
    ),
    "make_date": StepKind(
        run=make_date,
        by_row=True,
        options=MakeDate,
        needs=lambda options: list(filter(None, (options.year, options.month, options.day))),
        makes=lambda options: [options.into],
        title=Text(ja="年・月・日の列から日付を作る", en="Make dates of parts"),
        doc=Text(
            ja="年（2026、令和8年、R8）と月の列から 2026-04 を、日の列もあれば 2026-04-01 を作ります。年度の列なら、1 月から 3 月は翌年に"
            "なります。どれも空の行は空、一つでも欠けていれば指摘になります。元の列は残ります。",
            en="Makes 2026-04 of columns of years (2026, 令和8年, R8) and months, or 2026-04-01 with one of days. In a "
            "fiscal year, January to March are of the year after. Rows where all are empty stay empty; a part that is "
            "missing is a finding. The columns stay.",
        ),
        example="- make_date: {year: 年度, month: 月, fiscal: true, into: month}",
    ),
}
