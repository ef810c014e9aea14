"""`read:` of a resource: from the bytes of a file to a table of text."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from entaku.grammar_words import STRICT, Line, Regex


@dataclass(frozen=True, kw_only=True)
class TitleLine:
    """A line above (or of) the table; the named groups of its pattern become columns."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    line: Annotated[Line, Field(description="行番号 / line number")]
    pattern: Annotated[Regex, Field(description="一致すべき正規表現 / a regular expression it must contain")]


@dataclass(frozen=True, kw_only=True)
class Header:
    """Where the column names are: at a row, or at every row whose first cell is `starts`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    row: Annotated[Line | None, Field(description="見出しの先頭行 / first header row")] = None
    rows: Annotated[int, Field(ge=1, le=10, description="見出しの行数 / how many header rows")] = 1
    starts: Annotated[str, Field(description="この値で始まる行が見出し（何度でも）/ rows whose first cell is this")] = (
        ""
    )
    join: Annotated[str, Field(description="複数行の見出しをつなぐ文字 / joins several header rows")] = "_"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A line that begins a section; the named groups become columns of the rows that follow."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    pattern: Annotated[Regex, Field(description="節の始まりの行 / a line that begins a section")]


def _header(value: object) -> object:
    return {"row": value} if isinstance(value, int) and not isinstance(value, bool) else value


HeaderOption = Annotated[Header, BeforeValidator(_header, json_schema_input_type=Line | Header)]


@dataclass(frozen=True, kw_only=True)
class Read:
    """`read`: how the bytes become rows.  Without it: the format by suffix and content, header in row 1."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    format: Annotated[Literal["csv", "tsv", "xlsx", "xls"] | None, Field(description="形式 / format")] = None
    encoding: Annotated[
        Literal["utf-8", "cp932", "euc-jp", "utf-16"] | None, Field(description="文字コード / encoding")
    ] = None
    member: Annotated[Regex | None, Field(description="zip の中のファイル名 / the members of a zip to read")] = None
    sheet: Annotated[Regex | None, Field(description="シート名 / the sheets to read")] = None
    title: Annotated[tuple[TitleLine, ...], Field(description="表題の行 / title lines")] = ()
    header: Annotated[
        HeaderOption,
        Field(description="見出し / header"),
    ] = Header()
    section: Annotated[Section | None, Field(description="節 / sections")] = None
    skip: Annotated[tuple[Regex, ...], Field(description="読まない行 / lines to pass over")] = ()
    stop: Annotated[Regex | None, Field(description="ここから先は読まない / read no further")] = None
    complete: Annotated[bool, Field(description="stop の行と一つ以上の行が必ずある / has stop's line and rows")] = False
    merged: Annotated[
        Literal["first", "fill"], Field(description="結合セル：先頭だけか、全部に入れるか / merged body cells")
    ] = "first"
