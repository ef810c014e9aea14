"""The views that every page has or that others share: plain values in one language, with site paths.

Days and times stay ISO text (or dates) and counts stay numbers; the templates' filters format them.  Each view is
defined beside the functions that make it; `docs/templates.md` documents all of them.
"""

from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from entaku.model.nouns import Lang
from entaku.model.words import Text

T = TypeVar("T")


class Later(Generic[T]):
    """An attribute of a view that may be given as a `partial`, which is called when a template first reads it: few
    pages with a table show all of it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, view: object, owner: type | None = None) -> T:
        if view is None:
            raise AttributeError(self.name)  # dataclasses look for a default this way: there is none
        value: T | partial[T] = view.__dict__[self.name]
        if type(value) is partial:
            value = view.__dict__[self.name] = value()
        return value  # type: ignore[return-value]

    def __set__(self, view: object, value: T | partial[T]) -> None:
        view.__dict__[self.name] = value


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the site: `title`, and `path` for `link(path)`."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Outside:
    """An address elsewhere: `title`, and `url` (http, https or mailto; "" where it must not be a link)."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class KeyView:
    """A public key of the site."""

    public_key: str
    until: str
    """The last day on which it signs; "" if none is known."""


@dataclass(frozen=True, slots=True)
class LogoView:
    """The logo at the head of every page: assets, and its size there in pixels."""

    name: str
    dark: str
    """The asset on dark backgrounds; "" if it is the same."""
    width: int
    height: int
    words: bool
    """Whether it has the title in it."""


@dataclass(frozen=True, slots=True)
class IconView:
    """The icon of the site's tabs: an asset and its media type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class FooterView:
    """What the catalogue says at the foot of every page."""

    text: str
    links: tuple[Outside, ...]


@dataclass(frozen=True, slots=True)
class BrandView:
    """How the catalogue looks."""

    logo: LogoView
    icon: IconView
    footer: FooterView
    round_table: bool
    """Whether requests are shown as seats of a round table."""
    credit: str = ""
    """Whose work the tiles under maps are."""


@dataclass(frozen=True, slots=True)
class SiteView:
    """`site`, on every page."""

    title: str
    description: str
    lead: str
    """The words below the title of the home page."""
    brand: BrandView
    base_url: str
    """Absolute, ends with a slash."""
    contact: Outside | None
    ask: Outside | None
    """A link to request missing data: `contact` with a subject and a text to fill in."""
    tell: Outside | None
    """A link to report something built, made like `ask`."""
    version: str
    """The program's version."""
    timezone: str
    keys: tuple[KeyView, ...]
    """The public keys by which the site's signature is checked; none if it isn't signed."""
    database: str
    """The path of the DuckDB database of all tables; "" without one."""


CARD = "card.png"
"""The name of the card of a dataset or of the catalogue, in its folder."""
CARD_SIZE = 1200, 630
"""Width and height of a card in pixels: what Facebook, X, LINE and Slack show whole."""


@dataclass(frozen=True, slots=True)
class CardView:
    """The picture that is shown where somebody shares the address of a page."""

    path: str
    """Its path in the site."""
    alt: str
    """The same in words."""
    width: int = CARD_SIZE[0]
    height: int = CARD_SIZE[1]


@dataclass(frozen=True, slots=True)
class PageView:
    """`page`, on every page."""

    kind: str
    """The name of its template without `.html`."""
    lang: Lang
    other_lang: Lang
    path: str
    """Site path without the language, for `link(page.path, page.other_lang)`."""
    address: str
    """The canonical URL."""
    addresses: Text
    """The URL in each language."""
    sample: str
    """"this": what the page shows is synthetic; "some": something in the catalogue is; "": nothing is."""
    jsonld: str
    """JSON for search engines, for a `<script type="application/ld+json">`; "" if there is none."""
    card: CardView | None
    """The picture of its address; None where no cards are drawn."""
