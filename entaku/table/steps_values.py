"""Steps on values: spaces, widths, replacements, numbers, codes, floors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from entaku.formats import invisible, text
from entaku.formats.arrays import make_texts, to_mask
from entaku.formats.heavy import pc
from entaku.model.patterns import find_expression
from entaku.model.words import CODES_NAME, STRICT, OrName, Text
from entaku.table.crossing import Crossing, Sources, Spot
from entaku.table.job import (
    Cell,
    CellParser,
    Column,
    Columns,
    Job,
    Regex,
    Shorthand,
    StepKind,
    Strings,
    TextRows,
    convert,
    parse_columns,
)


def _change(rows: TextRows, columns: tuple[str, ...], change: Callable[[str], str | None]) -> TextRows:
    """`change` applied to every value of `columns`; values it gives None for stay."""
    return rows.assign({column: convert(rows[column], change)[0] for column in columns})


# ---- spaces, widths, replacements -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Trim:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    columns: Annotated[Columns, Field(description="列、または all / columns, or all")] = ("all",)


def trim(rows: TextRows, options: Trim, job: Job) -> TextRows:
    every = options.columns == ("all",)
    columns = rows.columns if every else options.columns
    return _change(rows, columns, str.strip) if every or job.has(rows, columns) else rows


def drop_invisible(rows: TextRows, options: Trim, job: Job) -> TextRows:
    every = options.columns == ("all",)
    columns = rows.columns if every else options.columns
    if not every and not job.has(rows, columns):
        return rows
    changed = _change(rows, columns, invisible.drop_invisible)
    return _clean_headings(changed, job) if every else changed


def _clean_headings(rows: TextRows, job: Job) -> TextRows:
    """Headings without invisible characters too, unless another column has that name."""
    clean = {name: invisible.drop_invisible(name).strip() for name in rows.columns}
    counts = Counter(clean.values())
    new = {old: name for old, name in clean.items() if name and name != old and counts[name] == 1}
    for old, name in new.items():
        job.names[name] = job.names.pop(old, old)
    return rows.rename(new)


def find_cleaned(_options: Trim, crossing: Crossing, spot: Spot) -> Sources:
    place = crossing.after.columns.index(spot[1])
    return [(crossing.row_before(spot[0]), crossing.before.columns[place])]


@dataclass(frozen=True, kw_only=True)
class NormaliseWidth:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    columns: Annotated[Columns, Field(description="列 / columns")]
    form: Annotated[
        Literal["usual", "key"],
        Field(description="usual は英数字を半角・カナを全角に、key は照合用（①→1、㈱→(株)、〜→~）/ usual, or for keys"),
    ] = "usual"


def normalise_width(rows: TextRows, options: NormaliseWidth, _job: Job) -> TextRows:
    return _change(rows, options.columns, text.to_usual_width if options.form == "usual" else text.to_half_width)


@dataclass(frozen=True, kw_only=True)
class Replace:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    columns: Annotated[Columns, Field(description="列 / columns")]
    values: Annotated[
        Mapping[str, Cell], Field(description="セル全体の「今の値: 新しい値」/ whole values and what replaces them")
    ] = field(default_factory=dict)
    pattern: Annotated[Regex | None, Field(description="置き換える部分の正規表現 / the part to replace")] = None
    with_: Annotated[str, Field(alias="with", description="代わりの文字（\\1 はグループ）/ what replaces it")] = ""


def replace(rows: TextRows, options: Replace, job: Job) -> TextRows:
    pattern = find_expression(options.pattern) if options.pattern else None
    met: set[str] = set()

    def change(value: str) -> str:
        if value in options.values:
            met.add(value)
            value = options.values[value]
        if pattern is None:
            return value
        value, count = pattern.replace(value, options.with_)
        if count:
            met.add(pattern.pattern)
        return value

    changed = _change(rows, options.columns, change)
    for wanted in (*options.values, *((options.pattern,) if options.pattern else ())):
        job.seek("nothing-matched", wanted, wanted in met)
    return changed


# ---- numbers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ParseNumber:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    columns: Annotated[Columns, Field(description="列 / columns")]
    missing: Annotated[
        Strings, Field(description="空にする印。- はどのダッシュにも当たる / marks that become empty cells")
    ] = ()
    leading_zeros: Annotated[
        Literal["error", "drop"],
        Field(description="007 のような先頭のゼロ：誤りとするか、落とすか / zeros in front, as in 007"),
    ] = "error"


def parse_number(rows: TextRows, options: ParseNumber, job: Job) -> TextRows:
    parser = CellParser(text.parse_number if options.leading_zeros == "drop" else _number, _explain_number)
    return parse_columns(rows, options.columns, options.missing, parser, job)


def _number(value: str) -> str | None:
    number = text.parse_number(value)
    return None if number is not None and text.is_padded(value) else number


_SCALE = re.compile("[十百千万億兆]")
"""A unit that multiplies the number before it."""


_BRACKETS = re.compile("[(（](.*)[)）]")


def _explain_number(value: str) -> tuple[str, dict[str, str]]:
    if text.is_padded(value):
        return "leading-zeros", {}
    inner = _BRACKETS.fullmatch(value.strip())
    if inner and text.parse_number(inner[1]) is not None:
        return "number-in-brackets", {"pattern": "^[(（](.*)[)）]$", "with": "-\\1", "without": "\\1"}
    around = text.find_unit(value)
    if around is None:
        ranged = re.fullmatch(
            r"\S*\d\D?\s*(?:~|から)\s*\d\S*|\d[\d,.]*\s*-\s*\d[\d,.]*", text.to_half_width(value).strip()
        )
        return "number-range" if ranged else "not-a-number", {}
    if _SCALE.match(text.to_half_width(around[1]).strip()):
        return "number-scaled", {"unit": around[1].strip()}
    before, after = (re.escape(words).replace("\\ ", " ") for words in around)
    return "number-with-text", {"pattern": "|".join(filter(None, (before and f"^{before}", after and f"{after}$")))}


# ---- codes ------------------------------------------------------------------------------------------------------


Codes = Annotated[Mapping[str, Cell], Field(min_length=1), OrName(CODES_NAME)]


@dataclass(frozen=True, kw_only=True)
class MapCodes:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    column: Annotated[Column, Field(description="列 / the column")]
    codes: Annotated[
        Codes,
        Field(
            description="「今の値: 新しい値」。コード表の名前（codes）か、codes/ の CSV でもよい / values and what they "
            "become; or a name under codes, or a CSV of codes/"
        ),
    ]
    label: Annotated[
        str,
        Field(
            description="CSV のどの列にするか（見出し。なければ 2 列目）/ heading of the CSV's column, else its second"
        ),
    ] = ""
    into: Annotated[str, Field(description="できる列（なければ元の列を書き換える）/ a new column, else in place")] = ""
    else_: Annotated[
        Literal["error", "keep", "empty"],
        Field(alias="else", description="表にない値：指摘にする、残す、空にする / values that aren't among them"),
    ] = "error"


def map_codes(rows: TextRows, options: MapCodes, job: Job) -> TextRows:
    codes = {"": "", **options.codes}

    def change(value: str) -> str | None:
        other = {"error": None, "keep": value, "empty": ""}[options.else_]
        return codes.get(value, other)

    made, failed = convert(rows[options.column], change)
    labels, values = rows.pick(options.column, failed)
    job.note("no-such-code", labels, options.column, values)
    if options.else_ != "keep":  # beside values that may be kept, codes are only for those who write them
        found = to_mask(pc.is_in(rows[options.column], value_set=make_texts(options.codes))).any()
        job.seek("nothing-matched", ", ".join(options.codes), bool(found))
    into = options.into or options.column
    job.names[into] = job.names.get(options.column, options.column)
    return rows.assign({into: made})


# ---- floors -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ParseFloors:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    column: Annotated[Column, Field(description="停止階の列 / the column")]
    into: Annotated[Column, Field(description="できる列（JSON の配列）/ the new column, a JSON array")]


def parse_floors(rows: TextRows, options: ParseFloors, job: Job) -> TextRows:
    made, failed = convert(rows[options.column], text.list_floors)
    labels, bad = rows.pick(options.column, failed)
    job.note("no-match", labels, options.column, bad, pattern="B1F～1F")
    job.names[options.into] = job.names.get(options.column, options.column)
    wrong = set(failed)
    floors = ["" if n in wrong else value for n, value in enumerate(made.to_pylist())]
    return rows.assign({options.into: make_texts(floors)})


KINDS: dict[str, StepKind] = {
    "trim": StepKind(
        run=trim,
        by_row=True,
        options=Annotated[Trim, Shorthand("columns")],
        title=Text(ja="前後の空白を除く", en="Trim"),
        doc=Text(
            ja="値の前後の空白（半角・全角のほか、Unicode のすべての空白、タブ、改行）を除きます。all はすべての列です。",
            en="Removes spaces around values: ASCII, U+3000, all other spaces of Unicode, tabs and line ends. "
            "`all` means every column.",
        ),
        example="- trim: all",
    ),
    "drop_invisible": StepKind(
        run=drop_invisible,
        sources=find_cleaned,
        by_row=True,
        options=Annotated[Trim, Shorthand("columns")],
        title=Text(ja="見えない文字を除く", en="Drop invisible characters"),
        doc=Text(
            ja="幅のない空白（U+200B、U+FEFF など）や書く向きの記号のような見えない文字を除き、改行しない空白などをふつうの空白に、"
            "「か」と濁点のように分かれた文字（NFD）を一つの文字にします。all はすべての列と、列の見出しです。",
            en="Removes characters that nobody sees, such as U+200B, U+FEFF and direction marks; makes no-break spaces "
            "and the like ordinary ones, and letters written apart from their marks (NFD) one character. "
            "`all` means every column, and the headings.",
        ),
        example="- drop_invisible: all",
    ),
    "normalise_width": StepKind(
        run=normalise_width,
        by_row=True,
        options=Annotated[NormaliseWidth, Shorthand("columns")],
        needs=lambda options: options.columns,
        title=Text(ja="全角・半角をそろえる", en="Normalise width"),
        doc=Text(
            ja="usual は英数字と記号を半角に、半角カナを全角にします。key は照合のためのもので、①や㈱もほどきます"
            "（Unicode の NFKC）。公開する文には usual も慎重に使ってください。",
            en="`usual` makes letters, digits and signs half-width and katakana full-width. `key` is for matching and "
            "also takes ① and ㈱ apart (Unicode NFKC). Use it with care on text that is published.",
        ),
        example="- normalise_width: {columns: [station_code], form: key}",
    ),
    "replace": StepKind(
        run=replace,
        by_row=True,
        options=Replace,
        needs=lambda options: options.columns,
        one_of=("values", "pattern"),
        removes={"values": "keys", "pattern": "texts"},
        title=Text(ja="値を置き換える", en="Replace"),
        doc=Text(
            ja="values はセル全体が同じ値を、pattern は正規表現に合う部分を with に置き換えます。",
            en="`values` replaces whole cells; `pattern` replaces the part that it matches by `with`.",
        ),
        example="- replace: {columns: [location], pattern: '[(（]([年月]点検)[)）]', with: '（\\1）'}",
    ),
    "parse_number": StepKind(
        run=parse_number,
        by_row=True,
        options=Annotated[ParseNumber, Shorthand("columns")],
        needs=lambda options: options.columns,
        removes={"missing": "texts"},
        title=Text(ja="数にする", en="Parse numbers"),
        doc=Text(
            ja="桁区切り、全角、△▲の負号を読んで、ふつうの数字にします。missing の印は空になります。読めない値は指摘になります。"
            "011002 のように先頭のゼロが落ちる値も指摘になります（コードなら文字のまま残し、数なら leading_zeros: drop）。",
            en="Reads thousands separators, full-width digits and △ ▲ as minus. Marks of `missing` become empty; "
            "values that are no numbers are findings, and so are those that would lose zeros in front, such as 011002: "
            "leave codes as text, or write `leading_zeros: drop`.",
        ),
        example="- parse_number: {columns: [high, mid, low], missing: ['-']}",
    ),
    "map_codes": StepKind(
        run=map_codes,
        by_row=True,
        options=MapCodes,
        needs=lambda options: (options.column,),
        makes=lambda options: (options.into,) if options.into not in ("", options.column) else (),
        removes={"codes": "keys"},
        title=Text(ja="コードを置き換える", en="Map codes"),
        doc=Text(
            ja="値を対応表で置き換えます。表にない値は指摘になります（else で変えられます）。空のセルは空のままです。",
            en="Replaces values by a list of codes. Values not in it are findings, unless `else` says otherwise. "
            "Empty cells stay empty.",
        ),
        example="- map_codes: {column: sex, codes: {男性: male, 女性: female, 無回答: no_answer}}",
    ),
    "parse_floors": StepKind(
        run=parse_floors,
        by_row=True,
        options=ParseFloors,
        needs=lambda options: (options.column,),
        makes=lambda options: (options.into,) if options.into != options.column else (),
        title=Text(ja="停止階を並べる", en="Parse floors"),
        doc=Text(
            ja='「B1F～1F」のような停止階を、上の階から順に並べた JSON の配列にします（["1F","B1F"]）。'
            "M は中間階で、BM1F は 1F と B1F の間です。",
            en='Makes a JSON array of the floors in “B1F～1F”, from top to bottom (["1F","B1F"]). M is a mezzanine: '
            "BM1F lies between 1F and B1F.",
        ),
        example="- parse_floors: {column: stops, into: floors}",
    ),
}
