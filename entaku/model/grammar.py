"""The YAML grammar: one frozen dataclass for each mapping, from which come the parser (`spec`), the JSON Schema for editors
and the grammar's pages in `docs/`.  `Field(description=…)` is the documentation, Japanese first; YAML lists are tuples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from entaku.model.anomalies import Anomalies, Watched
from entaku.model.brand import Brand
from entaku.model.charts import ChartPlan
from entaku.model.dois import NO_DOIS, DoiOption
from entaku.model.easy import EasyWords
from entaku.model.errata import Errata
from entaku.model.hooks import Hooks
from entaku.model.keeping import KEEP_ALL, KeepOption
from entaku.model.leaving import Renamed, Retired
from entaku.model.parts import Partition
from entaku.model.patterns import Regex
from entaku.model.places import FOLDER, StorePlace
from entaku.model.promises import Announced
from entaku.model.source import Source
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.view import ViewOption
from entaku.model.words import (
    LOCAL_ADDRESS,
    NO_WORDS,
    STRICT,
    Allow,
    CodeList,
    ColumnRange,
    Contact,
    Count,
    Encoding,
    EuTheme,
    FieldName,
    Hosts,
    HttpUrl,
    Line,
    Name,
    NameOrPattern,
    Ratio,
    SheetName,
    Signing,
    Stack,
    Words,
    no_items,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleLine:
    """A line above (or of) the table; the named groups of its pattern become columns."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    line: Annotated[Line, Field(description="行番号 / line number")]
    pattern: Annotated[Regex, Field(description="一致すべき正規表現 / a regular expression it must contain")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where the column names are: at a row, or at every row whose first cell is `starts`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    row: Annotated[Line | None, Field(description="見出しの先頭行 / first header row")] = None
    rows: Annotated[int, Field(ge=1, le=10, description="見出しの行数 / how many header rows")] = 1
    starts: Annotated[str, Field(description="この値で始まる行が見出し（何度でも）/ rows whose first cell is this")] = (
        ""
    )
    join: Annotated[str, Field(description="複数行の見出しをつなぐ文字 / joins several header rows")] = "_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A line that begins a section; the named groups become columns of the rows that follow."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    pattern: Annotated[Regex, Field(description="節の始まりの行 / a line that begins a section")]


def _header(value: object) -> object:
    return {"row": value} if isinstance(value, int) and not isinstance(value, bool) else value


HeaderOption = Annotated[Header, BeforeValidator(_header, json_schema_input_type=Line | Header)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """`read`: how the bytes become rows.  Without it: the format by suffix and content, header in row 1."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    format: Annotated[
        Literal["csv", "tsv", "xlsx", "xls", "xlsb", "ods", "json"] | None, Field(description="形式 / format")
    ] = None
    encoding: Annotated[
        Encoding | None,
        Field(
            description="文字コード：utf-8、cp932（Shift_JIS）、euc-jp、utf-16 のほか、Python が知るもの / "
            "encoding: utf-8, cp932 (Shift_JIS), euc-jp, utf-16, or any other that Python knows"
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        Field(
            pattern=r'^(tab|[^\r\n"A-Za-z0-9])$',
            description="値を区切る一文字か tab（なければ , ; | とタブから見分ける）/ "
            "the character between values, or tab; else told from the file (, ; | or a tab)",
        ),
    ] = None
    records: Annotated[
        str | None,
        Field(
            min_length=1,
            description="JSON の中の、行の配列までのキー / the keys that lead to the array of records in JSON: result.records",
        ),
    ] = None
    member: Annotated[
        NameOrPattern | None,
        Field(
            description="zip の中のファイルの名前。いくつも読むなら /正規表現/（名前の全体に合う） / "
            "the name of the file in a zip; /a regular expression/ that whole names match reads several"
        ),
    ] = None
    sheet: Annotated[
        SheetName | None,
        Field(
            description="シート名。/…/ と書くと、名前全体がその正規表現に合う、見えているシートを全部読み、名前付きグループは列になる / "
            "the sheet's name; /…/ reads every visible sheet whose whole name matches, and named groups become columns"
        ),
    ] = None
    columns: Annotated[
        ColumnRange | tuple[ColumnRange, ...] | None,
        Field(
            description="シートの列の範囲（表が横に並ぶとき）。一つの表の続きが右に並ぶなら、範囲の一覧 [A:C, E:G] を順に下へつなぐ / "
            "columns of the sheet, where tables stand side by side: A:F; a list of ranges where one table goes on at its right"
        ),
    ] = None
    cells: Annotated[
        Literal["shown", "stored"] | None,
        Field(
            description="表示形式のある数値や日付：shown は見えるとおりの文字、stored は中の値。なければ docs/excel.md のとおり / "
            "numbers and dates with a format: as they are shown, or the values stored; else see docs/excel.md"
        ),
    ] = None
    hidden: Annotated[
        Literal["skip"] | None,
        Field(
            description="skip は、隠れた行と列（.xlsx、.xls、.ods）を読まない。元ファイルは別に調べられる / skip leaves out hidden "
            "rows and columns (.xlsx, .xls, .ods); whether the source file may be offered is another question"
        ),
    ] = None
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


FREQUENCIES = ("daily", "weekly", "monthly", "quarterly", "yearly", "irregular")
Frequency = Literal["daily", "weekly", "monthly", "quarterly", "yearly", "irregular"]

# ---- expect, resources, pipeline --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    min: Annotated[Count | None, Field(description="下回れば公開しない / fewer holds the release")] = None
    max: Annotated[Count | None, Field(description="上回れば警告 / more warns")] = None
    keep: Annotated[
        Ratio | None,
        Field(
            description="公開中の版の行数に対する割合。下回れば公開しない。省略時 0.5、0 なら調べない / share of the current "
            "release's rows; fewer hold the release; 0.5 if not given, 0 for no test"
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    min: Annotated[Ratio | None, Field(description="下回れば公開しない / less holds the release")] = None
    max: Annotated[Ratio | None, Field(description="上回れば警告 / more warns")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """`expect`: what a whole table must be like."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    rows: Annotated[Between, Field(description="行数 / number of rows")] = Between()
    fill: Annotated[Mapping[FieldName, Share], Field(description="列ごとの記入率 / share of filled cells")] = field(
        default_factory=no_items
    )
    accept: Annotated[
        tuple[str, ...],
        Field(
            description="行が減った、最後の行が途中で切れている、という指摘を確かめて認める印（指摘が示す） / marks, shown by "
            "a finding, of files that were examined and are right although rows are lost or the last line looks cut"
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of `tidy`: its name, its parsed options (the type is the step's own) and its line in the YAML."""

    name: str
    options: Any
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One table: its meaning, source, reading, tidying, schema and expectations."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Annotated[Name, Field(description="表の名前 / the table's name")]
    title: Annotated[Words, Field(description="題名 / title")]
    description: Annotated[Words, Field(description="説明 / description")] = NO_WORDS
    source: Annotated[Source | None, Field(description="出どころ / where it comes from")] = None
    from_: Annotated[
        str,
        Field(
            alias="from", description="同じファイルから読む、先に書いた表 / the earlier resource whose files it reads"
        ),
    ] = ""
    stack: Stack = ()
    read: Annotated[Read | None, Field(description="読み方 / how to read it")] = None
    tidy: Annotated[tuple[Any, ...], Field(description="整え方 / steps")] = ()
    schema: Annotated[Schema, Field(description="Table Schema")]
    expect: Annotated[Expect, Field(description="期待 / expectations")] = Expect()
    partition: Partition = None
    charts: Annotated[
        tuple[ChartPlan, ...] | None,
        Field(description="ページの図。書かなければ自動、[] なら図なし / charts of its page; none written: automatic"),
    ] = None
    view: ViewOption = None
    errata: Errata = ()
    allow: Allow = field(default_factory=no_items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What place and time a dataset is about; for catalogues that search by them."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    place: Annotated[Words, Field(description="対象の地域 / the place it is about")] = NO_WORDS
    from_: Annotated[
        str | None,
        Field(alias="from", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="対象期間の最初の日 / first day"),
    ] = None
    until: Annotated[
        str | None, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="対象期間の最後の日 / last day")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A `pipelines/<dataset>.yaml`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Annotated[Name, Field(description="データセットの名前（ファイル名と同じ）/ same as the file's name")]
    title: Annotated[Words, Field(description="題名 / title")]
    description: Annotated[Words, Field(description="説明 / description")]
    easy: EasyWords = ""
    publisher: Annotated[str, Field(description="catalogue.yaml の publishers のキー / a key of publishers")]
    license: Annotated[str, Field(description="catalogue.yaml の licenses のキー / a key of licenses")]
    themes: Annotated[tuple[str, ...], Field(description="catalogue.yaml の themes のキー / keys of themes")] = ()
    keywords: Annotated[tuple[str, ...], Field(description="キーワード / keywords")] = ()
    synonyms: Annotated[
        tuple[str, ...],
        Field(description="検索だけで使う、ほかの言い方や読み / other words and readings by which the search finds it"),
    ] = ()
    frequency: Annotated[Frequency, Field(description="更新頻度 / how often it changes")]
    overdue: Annotated[
        int | None,
        Field(
            description="新しい版のないまま何期すぎたら誤りにするか。省略時は daily 3、weekly と monthly 2、ほか 1"
            " / periods without a new release after which that is an error; default: daily 3, weekly and monthly 2, others 1",
            ge=1,
            le=1000,
        ),
    ] = None
    requests: Annotated[
        tuple[str, ...],
        Field(description="応えた要望（requests.csv の id）/ the requests it answers: ids of requests.csv"),
    ] = ()
    landing_page: Annotated[HttpUrl | None, Field(description="公開元のページ / the publisher's page")] = None
    credit: Annotated[Words, Field(description="出典の書き方 / how to credit it")] = NO_WORDS
    notes: Annotated[tuple[Words, ...], Field(description="使うときの注意 / what to know before use")] = ()
    coverage: Annotated[Coverage, Field(description="対象の地域と期間 / place and time it is about")] = Coverage()
    breaking: Announced = None
    anomalies: Watched = field(default_factory=Anomalies)
    doi: DoiOption = NO_DOIS
    keep: KeepOption = KEEP_ALL
    fields: Annotated[
        Mapping[FieldName, SchemaField],
        Field(description="いくつかの表に同じ列。名前で呼ぶ / columns that several tables have, which name them"),
    ] = field(default_factory=no_items)
    steps: Annotated[
        Mapping[Name, tuple[Any, ...]],
        Field(description="いくつかの表に同じ手順。use で呼ぶ / steps that several tables have, called by `use`"),
    ] = field(default_factory=no_items)
    codes: Annotated[
        Mapping[Name, CodeList],
        Field(
            description="コード表：「コード: 意味」か、値の一覧。map_codes の codes と enum に名前で書ける / "
            "code lists, `code: meaning` or a list of values, which codes of map_codes and enum can name"
        ),
    ] = field(default_factory=no_items)
    resources: Annotated[tuple[Resource, ...], Field(description="表 / tables", min_length=1)]


# ---- catalogue.yaml ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    title: Annotated[Words, Field(description="名前 / name")]
    description: Annotated[Words, Field(description="説明 / description")] = NO_WORDS
    url: Annotated[HttpUrl | None, Field(description="サイト / site")] = None
    email: Annotated[
        str | None, Field(description="連絡先 / e-mail", pattern=r"^[^\s@/:?&,;<>()\"\\]+@[^\s@/:?&,;<>()\"\\]+$")
    ] = None
    feedback: Annotated[
        Contact | None,
        Field(
            description="データについての意見の宛先（メールか URL。データと版の名前が付く。省略時は email、contact）"
            " / where feedback on data goes: e-mail or URL, to which dataset and version are added",
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    title: Annotated[Words, Field(description="名前 / name")]
    url: Annotated[HttpUrl, Field(description="条文 / its text")]
    summary: Annotated[Words, Field(description="やさしい説明 / in plain words")] = NO_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    title: Annotated[Words, Field(description="名前 / name")]
    description: Annotated[Words, Field(description="説明 / description")] = NO_WORDS
    eu: Annotated[
        EuTheme | None,
        Field(description="EU の分野コード（TRAN など。海外のカタログ向け）/ the nearest theme of the EU's vocabulary"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Government:
    """The local government whose data a catalogue holds."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$", description="全国地方公共団体コード（6 桁）/ its six-digit code")]
    title: Annotated[Words, Field(description="地方公共団体名 / its name")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`catalogue.yaml`: the catalogue itself."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    title: Annotated[Words, Field(description="題名 / title")]
    description: Annotated[Words, Field(description="説明 / description")]
    base_url: Annotated[HttpUrl, Field(description="サイトを置くアドレス / where the site will be")] = LOCAL_ADDRESS
    contact: Annotated[
        Contact | None,
        Field(
            description="連絡先（メールか URL。要望と活用事例もここへ）/ e-mail or URL, also for requests and showcases"
        ),
    ] = None
    government: Annotated[Government | None, Field(description="データの地方公共団体 / whose data these are")] = None
    timezone: Annotated[str, Field(description="日付を決める時間帯 / time zone of dates")] = "Asia/Tokyo"
    store: StorePlace = FOLDER
    allow_hosts: Hosts = ()
    notify: Hooks = ()
    signing: Annotated[Signing | None, Field(description="署名の公開鍵 / public keys of its signature")] = None
    site: Annotated[Brand, Field(description="ページの見た目 / how its pages look")] = field(default_factory=Brand)
    retired: Retired = field(default_factory=no_items)
    renamed: Renamed = field(default_factory=no_items)
    publishers: Annotated[Mapping[Name, Publisher], Field(description="公開者 / publishers")]
    licenses: Annotated[Mapping[str, License], Field(description="利用条件 / licences")]
    themes: Annotated[Mapping[Name, Theme], Field(description="分野 / themes")]
