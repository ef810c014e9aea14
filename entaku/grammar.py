"""What people write in YAML: one frozen dataclass for each mapping, the single definition of the grammar.

From these classes come the parser (`spec`), the JSON Schema for editors and the grammar's pages in `docs/`.
`Field(description=…)` is the documentation, Japanese first.  YAML lists are tuples here.  `schema:` is in
`grammar_schema`, `charts:` in `grammar_charts`, what several mappings share in `grammar_words`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from entaku.grammar_charts import ChartHow as ChartHow
from entaku.grammar_charts import ChartKind as ChartKind
from entaku.grammar_charts import ChartPlan as ChartPlan
from entaku.grammar_schema import Constraints as Constraints
from entaku.grammar_schema import FieldType as FieldType
from entaku.grammar_schema import ForeignKey as ForeignKey
from entaku.grammar_schema import Reference as Reference
from entaku.grammar_schema import Schema as Schema
from entaku.grammar_schema import SchemaField as SchemaField
from entaku.grammar_words import LEAKS as LEAKS
from entaku.grammar_words import NO_WORDS, Allow, HeaderName, Host, Ratio
from entaku.grammar_words import STRICT as STRICT
from entaku.grammar_words import Count as Count
from entaku.grammar_words import FieldName as FieldName
from entaku.grammar_words import HttpUrl as HttpUrl
from entaku.grammar_words import Line as Line
from entaku.grammar_words import Name as Name
from entaku.grammar_words import Names as Names
from entaku.grammar_words import Regex as Regex
from entaku.grammar_words import Scalar as Scalar
from entaku.grammar_words import Text as Text
from entaku.grammar_words import Words as Words

FREQUENCIES = ("daily", "weekly", "monthly", "quarterly", "yearly", "irregular")
Frequency = Literal["daily", "weekly", "monthly", "quarterly", "yearly", "irregular"]

# ---- source: where a resource comes from ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class DayRange:
    """Every day from `from` until `until`, both included."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    from_: Annotated[str, Field(alias="from", pattern=r"^\d{4}-\d{2}-\d{2}$", description="最初の日 / first day")]
    until: Annotated[
        str, Field(pattern=r"^(\d{4}-\d{2}-\d{2}|today|yesterday)$", description="最後の日 / last day")
    ] = "yesterday"


@dataclass(frozen=True, kw_only=True)
class Limit:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    connections: Annotated[int, Field(ge=1, le=16, description="同時接続数（ホストごと）/ connections at once")] = 4
    megabytes: Annotated[int, Field(ge=1, le=2048, description="1ファイルの上限 MB / most bytes of a file")] = 200


@dataclass(frozen=True, kw_only=True)
class Ckan:
    """A package of a CKAN catalogue, found by id or by query, and in it a resource by name or URL suffix."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    site: Annotated[HttpUrl, Field(description="CKAN のアドレス / address of the CKAN")]
    resource: Annotated[str, Field(min_length=1, description="リソース名か URL の末尾 / its name, or how its URL ends")]
    query: Annotated[str, Field(description="検索語 / words to search for")] = ""
    title: Annotated[
        Regex | None, Field(description="題名に一致すべき正規表現。名前付きグループは列になる / groups become columns")
    ] = None
    ids: Annotated[
        tuple[str, ...], Field(description="既知の ID（検索できないとき）/ known ids, where search fails")
    ] = ()


ForValues = Annotated[
    Annotated[tuple[str | int, ...], Field(min_length=1)] | DayRange,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "minItems": 1, "items": {"type": ["string", "integer"]}},
                {
                    "type": "object",
                    "properties": {
                        "from": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
                        "until": {"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2}|today|yesterday)$"},
                    },
                    "required": ["from"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A value that the YAML only names: what is published tells the name, never the value."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    env: Annotated[
        str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$", description="環境変数の名前 / name of the environment variable")
    ]


@dataclass(frozen=True, kw_only=True)
class Source:
    """`source`: exactly one of `url` (a template where `for` is given), `file` and `ckan`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    url: Annotated[
        str,
        Field(
            pattern=r"^https?://[^\s/{}@]+/\S*$",
            description="URL。{名前} や {date:%Y%m%d} は for の値に置き換わる / URL or template",
        ),
    ] = ""
    file: Annotated[str, Field(description="プロジェクト内のファイル / a file of the project")] = ""
    since: Annotated[
        str,
        Field(
            pattern=r"^\d{4}-\d{2}-\d{2}$",
            description="file のはじめの版の日付。省略時は最初に取り込んだとき / the day of a file's first version, "
            "if not that on which it is first seen",
        ),
    ] = ""
    ckan: Annotated[Ckan | None, Field(description="CKAN から探す / find it in a CKAN")] = None
    for_: Annotated[
        Mapping[FieldName, ForValues],
        Field(alias="for", description="URL の組み合わせ。値は列になる / values of the template; they become columns"),
    ] = field(default_factory=dict)
    overwritten: Annotated[
        bool, Field(description="同じ URL が上書きされる。取得した全版が表になる / every version ever fetched is part")
    ] = False
    missing: Annotated[
        Literal["error", "closed-day", "not-published"],
        Field(description="404 の意味 / what HTTP 404 means"),
    ] = "error"
    revisit: Annotated[
        Count,
        Field(description="この日数より古い日付のファイルは取り直さない / days after which a dated file is final"),
    ] = 7
    reverts: Annotated[
        Literal["keep", "follow"],
        Field(
            description="前の内容に戻ったとき：新しいほうを使い続けるか、従うか / when a file goes back to older bytes"
        ),
    ] = "keep"
    headers: Annotated[
        Mapping[HeaderName, Secret],
        Field(
            description="このサーバーだけに送るヘッダー。値は環境変数から / headers for this server, values from env"
        ),
    ] = field(default_factory=dict)
    limit: Annotated[Limit, Field(description="上限 / limits")] = Limit()
    raw: Annotated[
        Literal["publish", "keep"] | None,
        Field(
            description="元ファイルもサイトに載せるか、保管だけか。省略時、だれでも取れる URL のものは載せ、"
            "手元のファイル・headers の要るもの・allow_hosts のものは保管だけ / whether the site offers the source files too"
        ),
    ] = None


# ---- read: from bytes to a table of text ------------------------------------------------------------------------


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


# ---- expect, resources, pipeline --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Between:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    min: Annotated[Count | None, Field(description="下回れば公開しない / fewer holds the release")] = None
    max: Annotated[Count | None, Field(description="上回れば警告 / more warns")] = None


@dataclass(frozen=True, kw_only=True)
class Share:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    min: Annotated[Ratio | None, Field(description="下回れば公開しない / less holds the release")] = None
    max: Annotated[Ratio | None, Field(description="上回れば警告 / more warns")] = None


@dataclass(frozen=True, kw_only=True)
class Expect:
    """`expect`: what a whole table must be like."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    rows: Annotated[Between, Field(description="行数 / number of rows")] = Between()
    fill: Annotated[Mapping[FieldName, Share], Field(description="列ごとの記入率 / share of filled cells")] = field(
        default_factory=dict
    )


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of `tidy`: its name, its parsed options (the type is the step's own) and its line in the YAML."""

    name: str
    options: Any
    line: int


@dataclass(frozen=True, kw_only=True)
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
    read: Annotated[Read | None, Field(description="読み方 / how to read it")] = None
    tidy: Annotated[tuple[Any, ...], Field(description="整え方 / steps")] = ()
    schema: Annotated[Schema, Field(description="Table Schema")]
    expect: Annotated[Expect, Field(description="期待 / expectations")] = Expect()
    charts: Annotated[
        tuple[ChartPlan, ...] | None,
        Field(description="ページの図。書かなければ自動、[] なら図なし / charts of its page; none written: automatic"),
    ] = None
    allow: Allow = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What place and time a dataset is about; for catalogues that search by them."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    place: Annotated[Words, Field(description="対象の地域 / the place it is about")] = NO_WORDS
    from_: Annotated[
        str | None, Field(alias="from", pattern=r"^\d{4}-\d{2}-\d{2}$", description="対象期間の最初の日 / first day")
    ] = None
    until: Annotated[str | None, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="対象期間の最後の日 / last day")] = (
        None
    )


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A `pipelines/<dataset>.yaml`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Annotated[Name, Field(description="データセットの名前（ファイル名と同じ）/ same as the file's name")]
    title: Annotated[Words, Field(description="題名 / title")]
    description: Annotated[Words, Field(description="説明 / description")]
    publisher: Annotated[str, Field(description="catalogue.yaml の publishers のキー / a key of publishers")]
    license: Annotated[str, Field(description="catalogue.yaml の licenses のキー / a key of licenses")]
    themes: Annotated[tuple[str, ...], Field(description="catalogue.yaml の themes のキー / keys of themes")] = ()
    keywords: Annotated[tuple[str, ...], Field(description="キーワード / keywords")] = ()
    frequency: Annotated[Frequency, Field(description="更新頻度 / how often it changes")]
    requests: Annotated[
        tuple[str, ...],
        Field(description="応えた要望（requests.csv の id）/ the requests it answers: ids of requests.csv"),
    ] = ()
    landing_page: Annotated[HttpUrl | None, Field(description="公開元のページ / the publisher's page")] = None
    credit: Annotated[Words, Field(description="出典の書き方 / how to credit it")] = NO_WORDS
    notes: Annotated[tuple[Words, ...], Field(description="使うときの注意 / what to know before use")] = ()
    coverage: Annotated[Coverage, Field(description="対象の地域と期間 / place and time it is about")] = Coverage()
    resources: Annotated[tuple[Resource, ...], Field(description="表 / tables", min_length=1)]


# ---- catalogue.yaml ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Publisher:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    title: Annotated[Words, Field(description="名前 / name")]
    description: Annotated[Words, Field(description="説明 / description")] = NO_WORDS
    url: Annotated[HttpUrl | None, Field(description="サイト / site")] = None
    email: Annotated[str | None, Field(description="連絡先 / e-mail", pattern=r"^\S+@\S+$")] = None
    feedback: Annotated[
        str | None,
        Field(
            description="データについての意見の宛先（メールか URL。データと版の名前が付く。省略時は email、contact）"
            " / where feedback on data goes: e-mail or URL, to which dataset and version are added",
            pattern=r"^(https?://[^\s/@]+(/\S*)?|[^\s@/:?&,]+@[^\s@/:?&,]+)$",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class License:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    title: Annotated[Words, Field(description="名前 / name")]
    url: Annotated[HttpUrl, Field(description="条文 / its text")]
    summary: Annotated[Words, Field(description="やさしい説明 / in plain words")] = NO_WORDS


EuTheme = Literal[
    "AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "OP_DATPRO", "REGI", "SOCI", "TECH", "TRAN",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Theme:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    title: Annotated[Words, Field(description="名前 / name")]
    description: Annotated[Words, Field(description="説明 / description")] = NO_WORDS
    eu: Annotated[
        EuTheme | None,
        Field(description="EU の分野コード（TRAN など。海外のカタログ向け）/ the nearest theme of the EU's vocabulary"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Government:
    """The local government whose data a catalogue holds."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    code: Annotated[str, Field(pattern=r"^\d{6}$", description="全国地方公共団体コード（6 桁）/ its six-digit code")]
    title: Annotated[Words, Field(description="地方公共団体名 / its name")]


@dataclass(frozen=True, kw_only=True)
class Office:
    """`catalogue.yaml`: the catalogue itself."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    title: Annotated[Words, Field(description="題名 / title")]
    description: Annotated[Words, Field(description="説明 / description")]
    base_url: Annotated[HttpUrl, Field(description="公開先のアドレス / where the site will be")]
    contact: Annotated[
        str | None,
        Field(
            description="連絡先（メールか URL。要望と活用事例もここへ）/ e-mail or URL, also for requests and showcases",
            pattern=r"^(https?://[^\s/@]+(/\S*)?|[^\s@/:?&,]+@[^\s@/:?&,]+)$",
        ),
    ] = None
    government: Annotated[
        Government | None, Field(description="データの地方公共団体 / the local government whose data these are")
    ] = None
    timezone: Annotated[str, Field(description="日付を決める時間帯 / time zone of dates")] = "Asia/Tokyo"
    store: Annotated[str, Field(description="データの保管場所 / folder of the store")] = "datapackages"
    allow_hosts: Annotated[
        tuple[Host, ...],
        Field(description="公開されていないアドレスでも尋ねてよいホスト / hosts that may be asked though not public"),
    ] = ()
    publishers: Annotated[Mapping[Name, Publisher], Field(description="公開者 / publishers")]
    licenses: Annotated[Mapping[str, License], Field(description="利用条件 / licences")]
    themes: Annotated[Mapping[Name, Theme], Field(description="分野 / themes")]
