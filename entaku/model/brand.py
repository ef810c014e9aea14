"""The grammar of `site:` in `catalogue.yaml`: how the pages look and what their home page shows first, without a change
of templates."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from entaku.model.places import STORES
from entaku.model.themes import ThemeName
from entaku.model.words import NO_WORDS, STRICT, HttpUrl, Name, Words

Colour = Annotated[str, Field(pattern=r"^#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")]
PicturePath = Annotated[str, Field(pattern=r"^.+\.([sS][vV][gG]|[pP][nN][gG])$", max_length=200)]


@dataclass(frozen=True, kw_only=True)
class Logo:
    """The catalogue's logo, at the head of every page."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    file: Annotated[PicturePath, Field(description="プロジェクトの中の .svg か .png / a file of the project")]
    dark: Annotated[
        PicturePath, Field(description="暗い配色のときのロゴ / the logo on dark backgrounds, if another")
    ] = ""
    words: Annotated[
        bool,
        Field(
            description="ロゴに題名が書いてある（題名の文字を並べない）/ it has the title in it, which isn't repeated"
        ),
    ] = False


def _logo(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


LogoOption = Annotated[Logo, BeforeValidator(_logo, json_schema_input_type=PicturePath | Logo)]


@dataclass(frozen=True, kw_only=True)
class Shades:
    """The colours of one scheme; what isn't written is made of the others."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    accent: Annotated[Colour, Field(description="リンクとボタン / links and buttons")] = ""
    header: Annotated[Colour, Field(description="ページの頭の帯 / the band at the head of a page")] = ""
    highlight: Annotated[
        Colour, Field(description="飾りの線と、印を付けた言葉 / ornamental lines and marked words")
    ] = ""


@dataclass(frozen=True, kw_only=True)
class Colours(Shades):
    """The colours of the light scheme, and those of the dark one where these aren't to be made of them."""

    dark: Annotated[
        Shades, Field(description="暗い配色。なければ上の色から作る / on dark backgrounds; else made of the above")
    ] = Shades()


@dataclass(frozen=True, kw_only=True)
class FooterLink:
    """A link at the foot of every page."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    title: Annotated[Words, Field(description="言葉 / its words")]
    url: Annotated[HttpUrl, Field(description="アドレス / its address")]


@dataclass(frozen=True, kw_only=True)
class Footer:
    """What the catalogue says at the foot of every page."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    text: Annotated[Words, Field(description="文。改行はそのまま / text; its line breaks are kept")] = NO_WORDS
    links: Annotated[tuple[FooterLink, ...], Field(max_length=12, description="リンク / links")] = ()


@dataclass(frozen=True, kw_only=True)
class Home:
    """The home page."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    lead: Annotated[Words, Field(description="題名の下の文。なければ description / the words below the title")] = (
        NO_WORDS
    )
    datasets: Annotated[
        tuple[Name, ...], Field(max_length=12, description="先に見せるデータセット / datasets to show first")
    ] = ()
    round_table: Annotated[
        bool, Field(description="要望を円卓の席として描く / draws the requests as seats of a round table")
    ] = False


TILES = ".pmtiles"


@dataclass(frozen=True, kw_only=True)
class MapOption:
    """What lies under the points of maps, in the place of outlines of prefectures."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    tiles: Annotated[
        str,
        Field(
            pattern=rf"^.+\{TILES}$",
            max_length=200,
            description="プロジェクトの中の PMTiles 3 のファイル（docs/maps.md）/ a PMTiles 3 file of the project (docs/maps.md)",
        ),
    ]
    attribution: Annotated[Words, Field(description="地図に書く出どころ / whose work it is, as it stands on the map")]


HostKind = Literal["netlify", "cloudflare", "github-pages"]
PackKind = Literal["gz", "br"]
DownloadKind = Literal["jsonl", "xlsx", "geojson", "zip", "sqlite", "python", "typescript", "duckdb"]
EngineKind = Literal["duckdb"]


@dataclass(frozen=True, kw_only=True)
class Brand:
    """`site`: how the pages look, and what a host of files must find in the site."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    logo: Annotated[LogoOption | None, Field(description="ロゴ / logo")] = None
    icon: Annotated[PicturePath, Field(description="タブの絵。なければロゴ / the icon of its tabs; else the logo")] = ""
    theme: Annotated[
        ThemeName | None,
        Field(
            description="選べる見た目。digital はデジタル庁デザインシステムの色、文字の大きさ、角の丸み / a look to choose: digital "
            "has the colours, text sizes and radii of the Digital Agency's design system"
        ),
    ] = None
    colours: Annotated[Colours, Field(description="色（#rrggbb）/ colours")] = Colours()
    footer: Annotated[Footer, Field(description="ページの終わり / the foot of every page")] = Footer()
    home: Annotated[Home, Field(description="最初のページ / the home page")] = Home()
    map: Annotated[
        MapOption | None, Field(description="地図の下に敷くタイル（docs/maps.md）/ tiles under maps (docs/maps.md)")
    ] = None
    host: Annotated[
        HostKind | None,
        Field(
            description="設定をサイトの中で読むホスト（docs/hosting.md）/ a host that reads its rules from the site "
            "(docs/hosting.md)"
        ),
    ] = None
    to: Annotated[
        str | None,
        Field(
            pattern=f"^{STORES}$",
            description="サイトを置くオブジェクトストア s3://、gs://、az://（docs/object-store.md）/ a store of objects that gets the site "
            "(docs/object-store.md)",
        ),
    ] = None

    sql: Annotated[
        EngineKind | None,
        Field(
            description="ページの SQL に、窓関数や大きな表の結合もできる DuckDB を添える（docs/sql.md）/ DuckDB beside the small SQL "
            "engine of the pages, for window functions and joins of large tables (docs/sql.md)"
        ),
    ] = None

    cards: Annotated[
        bool,
        Field(
            description="ページのアドレスを共有したときに出る絵を作る（docs/cards.md）/ draws the picture that is shown where somebody "
            "shares the address of a page (docs/cards.md)"
        ),
    ] = False

    downloads: Annotated[
        tuple[DownloadKind, ...],
        Field(
            description="CSV と Parquet のほかに作る形式（docs/downloads.md）/ forms of the data to make beside CSV and "
            "Parquet (docs/downloads.md)"
        ),
    ] = ()
    packed: Annotated[
        tuple[PackKind, ...],
        Field(
            description="ページとフィードを、公開のときに圧縮して並べておく形（docs/hosting.md）/ how pages and feeds are packed beside "
            "themselves when they are published (docs/hosting.md)"
        ),
    ] = ()

    def list_pictures(self) -> dict[str, str]:
        """Return the pictures that are named, by their use: `logo`, `logo-dark`, `icon`."""
        logo = self.logo or Logo(file="")
        named = {"logo": logo.file, "logo-dark": logo.dark, "icon": self.icon}
        return {use: path for use, path in named.items() if path}
