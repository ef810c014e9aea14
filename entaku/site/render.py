"""A page's address and content → its bytes.  Pure.

Every link is relative, so that the site works under any address; only 404.html, which servers show at any depth,
has links from the root.  `docs/templates.md` documents what templates may use.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, UndefinedError

from entaku.catalogue import build
from entaku.model.grammar import Office
from entaku.model.kept import Keep
from entaku.model.nouns import Finding, Lang, Page
from entaku.model.words import Text
from entaku.site.design import explain_error, open_templates, render_template
from entaku.site.jsonld import write_jsonld
from entaku.site.ledger import show_ask, show_outside
from entaku.site.pages import PREFIX, PageAddress, place_page
from entaku.site.views import BrandView, CardView, KeyView, PageView, SiteView
from entaku.site.words import Words, WordTable, relate

NEAR = 100
"""Number of folders whose relative links are cached."""
PLAIN = re.compile(r"[\w.~/#:-]*", re.ASCII)
"""Addresses in which no character needs to be quoted."""


@dataclass(frozen=True, slots=True)
class Common:
    """The values that all pages are rendered with."""

    office: Office
    version: str
    """The program's version."""
    texts: Mapping[str, str]
    """The templates."""
    words: WordTable
    assets: Mapping[str, str]
    """The published path of each asset, by its name."""
    samples: bool
    """Whether anything that is published is synthetic: then every page says so."""
    brand: Mapping[Lang, BrandView]
    """How the catalogue looks, in each language."""
    compiled: Keep | None = None
    """As in `Design`."""
    cards: Mapping[Lang, CardView] = field(default_factory=dict)
    """The catalogue's card in each language; none where no cards are drawn."""


@dataclass(frozen=True, slots=True)
class PageContent:
    """The content of a page: its template's variables, whether that is synthetic, its JSON-LD."""

    values: Mapping[str, Any]
    sample: str
    """As in `PageView`."""
    jsonld: Mapping[str, Any] | None = None
    card: CardView | None = None
    """Its own card; None to have the catalogue's."""


@dataclass(frozen=True, slots=True)
class Edition:
    """The site in one language, with its templates compiled."""

    common: Common
    words: Words
    site: SiteView
    templates: Environment
    near: dict[str, dict[str, str]] = field(default_factory=dict)
    """Cache of relative links to targets outside a page's folder: pages of one folder share them."""

    def reach_from(self, page: str) -> Callable[[str], str]:
        """Return a function that turns a site path into a link relative to the file `page`."""
        folder = page[: page.rfind("/") + 1]
        beside = page[: page.rfind("/", 0, len(folder) - 1) + 1] if folder else "/"
        if len(self.near) > NEAR:
            self.near.clear()
        near, inside = self.near.setdefault(f"{beside} {folder.count('/')}", {}), len(folder)

        def reach(target: str) -> str:
            if target.startswith(folder):
                found = target[inside:]
                return quote_link(relate(target, page) if found[:1] in ("", "#") else found)
            if target not in near:
                near[target] = quote_link(relate(target, page))
            return near[target]

        return reach


def open_edition(common: Common, lang: Lang) -> Edition:
    """Return the site in a language."""
    words = Words(lang, common.words)
    templates = open_templates(common.texts, common.office.timezone, common.compiled)
    return Edition(common, words, show_site(common, words), templates)


def show_site(common: Common, words: Words) -> SiteView:
    """Return what every page shows of the catalogue: title, contact, version."""
    office = common.office
    return SiteView(
        title=office.title.get(words.lang),
        description=office.description.get(words.lang),
        lead=office.site.home.lead.get(words.lang) or office.description.get(words.lang),
        brand=common.brand[words.lang],
        base_url=office.base_url.rstrip("/") + "/",
        contact=show_outside(office.contact) if office.contact else None,
        ask=show_ask(office, words, "ask"),
        tell=show_ask(office, words, "showcases"),
        version=common.version,
        timezone=office.timezone,
        keys=tuple(KeyView(key.public_key, key.until or "") for key in office.signing.keys) if office.signing else (),
        database=build.DATABASE if build.offers_database(office) else "",
    )


def quote_link(link: str) -> str:
    """Percent-encode a link."""
    return link if PLAIN.fullmatch(link) else quote(link, safe="/#:")


def reach_absolutely(base_url: str, target: str) -> str:
    """Return a site path as a link from the root of the host."""
    return quote_link(urlsplit(base_url).path + target)


def render_pages(contents: Iterable[tuple[PageAddress, PageContent]], edition: Edition) -> Iterator[Page | Finding]:
    """Yield each page, or a `template` finding where its template fails."""
    for page, content in contents:
        try:
            yield render_page(page, content, edition)
        except MemoryError:
            raise
        except Exception as error:  # any error in a template is reported to its designer
            yield explain_error(error, f"{page.kind}.html", edition.common.texts)


def render_page(page: PageAddress, content: PageContent, edition: Edition) -> Page:
    """Render a page of the site."""
    words, base_url, assets = edition.words, edition.site.base_url, edition.common.assets
    lang = words.lang
    own = place_page(page.path, lang)
    reach = edition.reach_from(own) if page.kind != "404" else partial(reach_absolutely, base_url)

    def link(path: str, to: Lang = lang) -> str:
        return reach(PREFIX[to] + path)

    def asset(name: str) -> str:
        if name not in assets:
            raise UndefinedError(f'there is no "assets/{name}"')
        return reach(assets[name])

    addresses = {each: base_url + PREFIX[each] + page.path for each in page.languages}
    view = PageView(
        kind=page.kind,
        lang=lang,
        other_lang="ja" if lang == "en" else "en",
        path=page.path,
        address=addresses[lang],
        addresses=Text(**addresses),
        sample=content.sample,
        jsonld=write_jsonld(dict(content.jsonld)) if content.jsonld else "",
        card=content.card or edition.common.cards.get(lang),
    )
    given = {
        "site": edition.site, "page": view, "say": words.say, "phrases": words.phrases, "link": link, "file": reach,
        "asset": asset, "assets": assets.keys(),
    }  # fmt: skip
    template = edition.templates.get_template(f"{page.kind}.html")
    return Page(own, render_template(template, {**given, **content.values}).encode())
