"""`source:` of a resource: the origin of its files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, WithJsonSchema

from entaku.model.patterns import Regex
from entaku.model.words import STRICT, Count, FieldName, HeaderName, HttpUrl, no_items


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRange:
    """Every day from `from` until `until`, both included."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    from_: Annotated[
        str, Field(alias="from", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="最初の日 / first day")
    ]
    until: Annotated[
        str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|today|yesterday)$", description="最後の日 / last day")
    ] = "yesterday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    connections: Annotated[int, Field(ge=1, le=16, description="同時接続数（ホストごと）/ connections at once")] = 4
    megabytes: Annotated[int, Field(ge=1, le=2048, description="1ファイルの上限 MB / most bytes of a file")] = 200


@dataclass(frozen=True, slots=True, kw_only=True)
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
                        "from": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
                        "until": {"type": "string", "pattern": r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|today|yesterday)$"},
                    },
                    "required": ["from"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A value that the YAML only names: what is published tells the name, never the value."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    env: Annotated[
        str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$", description="環境変数の名前 / name of the environment variable")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
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
            pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            description="file のはじめの版の日付。省略時は最初に取り込んだとき / the day of a file's first version, "
            "if not that on which it is first seen",
        ),
    ] = ""
    ckan: Annotated[Ckan | None, Field(description="CKAN から探す / find it in a CKAN")] = None
    for_: Annotated[
        Mapping[FieldName, ForValues],
        Field(alias="for", description="URL の組み合わせ。値は列になる / values of the template; they become columns"),
    ] = field(default_factory=no_items)
    overwritten: Annotated[
        bool, Field(description="同じ URL が上書きされる。取得した全版が表になる / every version ever fetched is part")
    ] = False
    fetched: Annotated[
        FieldName | Literal[""],
        Field(
            description="この名前の列に、それぞれの版をはじめて取得した日時（UTC）を入れる。mark_listed が使う "
            "/ a column of this name tells when each version was first fetched (UTC); mark_listed takes it"
        ),
    ] = ""
    missing: Annotated[
        Literal["error", "closed-day", "not-published"],
        Field(description="404 の意味 / what HTTP 404 means"),
    ] = "error"
    revisit: Annotated[
        Count,
        Field(
            description="この日数より古い日付のファイルは、一度答えがあれば（404 でも）尋ね直さない。書かなければ 7。遅れて出たり、あとから直されたりするなら大きくする "
            "/ days after which a dated file is not asked for again once there was an answer, be it a 404; 7 if not given, more if files come late or are corrected"
        ),
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
    ] = field(default_factory=no_items)
    limit: Annotated[Limit, Field(description="上限 / limits")] = Limit()
    raw: Annotated[
        Literal["publish", "keep"] | None,
        Field(
            description="元ファイルもサイトに載せるか、保管だけか。省略時、だれでも取れる URL のものは載せ、"
            "手元のファイル・headers の要るもの・allow_hosts のものは保管だけ / whether the site offers the source files too"
        ),
    ] = None
    allow: Annotated[
        Mapping[str, Annotated[str, Field(min_length=3)]],
        Field(
            description="元ファイルに入っていても、元ファイルをサイトに載せてよいもの（docs/leaks.md の種類）と、その理由。種類/シート名 "
            "か 種類/列 で一つだけに絞れる。表のことは表の allow に書く / what the source files may hold and still be "
            "offered by the site (a kind of docs/leaks.md), and why; kind/sheet or kind/column allows one; the table has its own allow"
        ),
    ] = field(default_factory=no_items)


def find_url_fault(url: str) -> str:
    """Return what is wrong with the host or port of an address, in both languages, or ""."""
    try:
        parts = urlsplit(url)
        return "" if parts.hostname and parts.port != 0 else "ホスト名がありません / no host"
    except ValueError as error:
        return f"ホストかポートの書き方 / the host or port ({error})"


def find_base_fault(url: str) -> str:
    """Return why paths can't be added to the address of a site, in both languages, or ""."""
    if odd := next((sign for sign in '?#"<>\\^`{|}' if sign in url), ""):
        return f"{odd} は使えません / it may not have {odd}"
    return "「.」や「..」は使えません / it may not have . or .. in its path" if re.search(r"/\.\.?(/|$)", url) else ""
