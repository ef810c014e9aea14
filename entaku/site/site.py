"""Catalogue x templates -> Pages: the whole site in Japanese and English, as static files.  Pure.

Every link is relative, so that the site works under any address; only 404.html, which servers show at any depth,
has links from the root.  What templates may use is documented in `docs/templates.md`.
"""

import gc
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, UndefinedError

from entaku.audit.rulebook import Judged
from entaku.catalogue import facets
from entaku.catalogue.places import Use, collect_columns
from entaku.model.ledgers import LEDGERS
from entaku.model.nouns import LANGS, Catalogue, Finding, Lang, Page, Place
from entaku.model.words import Text
from entaku.site import jsonld as site_jsonld
from entaku.site import show as site_show
from entaku.site.columns import COLUMNS, show_columns
from entaku.site.keep import Keep, cut_listing, digest_common, digest_dataset, name_kept, pack_pages, unpack_pages
from entaku.site.ledger import list_ledgers, show_ledger, show_requests, show_showcases
from entaku.site.quality import (
    NOBODY,
    State,
    credit_rules,
    show_months,
    show_quality,
    show_quality_page,
    show_whole,
    survey,
)
from entaku.site.quality_files import write_quality
from entaku.site.quality_views import PastView
from entaku.site.templates import open_templates
from entaku.site.trust import Compare, compare_nothing
from entaku.site.views import PageView
from entaku.site.words import FILE, FOLDER, Words, read_words, relate

NEWEST = 5
"""Datasets on the home page."""
PREFIX: Mapping[Lang, str] = {"ja": "", "en": "en/"}
NEAR = 100
"""Folders whose pages' links are remembered."""
PLAIN = re.compile(r"[\w.~/#:-]*", re.ASCII)
"""Addresses in which nothing needs to be quoted."""
REFERENCES = {
    "css": re.compile(rb"(url\([\"']?)([\w.-]+)(?=[\"')])"),
    "js": re.compile(rb"([\"']\./)([\w.-]+)(?=[\"'])"),
}
"""How an asset of each kind names another."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page to be: its template, its site path without the language, what it shows, whether that is synthetic."""

    template: str
    path: str
    values: Mapping[str, Any]
    sample: str
    jsonld: Mapping[str, Any] | None = None
    """What it says to search engines."""


def stream_site(
    catalogue: Catalogue,
    templates: Mapping[str, str],
    assets: Mapping[str, bytes],
    keep: Keep | None = None,
    judged: Mapping[str, Judged] | None = None,
    compare: Compare = compare_nothing,
    program: str = "",
) -> Iterator[Page | Finding]:
    """Every page of the site and its assets, one after another, so that nobody needs them all in memory; and a
    `template` finding for each mistake of a template.

    `templates`: text by path in `site_templates/` (`home.html`, `words.json`, …).  `assets`: bytes by path in
    `site_templates/assets/` (`site.css`, …), published in `assets/` under names that change with their content.
    The pages of a dataset of which nothing has changed since they were put in `keep` are taken from there; what a
    release changed is asked of `compare` only for pages that are made.
    `judged`: what the rules of machine-readability say of each dataset's raw files, by its name.
    `program`: a digest of the program's own text: what another text of it made isn't kept.
    """
    judged = judged or {}
    table, broken = read_words(templates)
    if broken:
        yield broken
        return
    try:
        named = name_assets(assets)
    except UndefinedError as error:
        yield blame("assets", None, error)
        return
    yield from named.values()
    places = {name: page.path for name, page in named.items()}
    told: set[object] = set()
    states = survey(catalogue, judged)
    yield from write_quality(states, judged)
    months, columns = show_months(catalogue, states), collect_columns(catalogue)

    def render(sheets: Iterable[Sheet], edition: Edition) -> Iterator[Page | Finding]:
        for sheet in sheets:
            try:
                yield render_sheet(sheet, edition)
            except Exception as error:  # whatever a template does wrong is for its designer to read
                finding = explain_error(error, sheet.template, templates)
                if (finding.place, finding.args["why"]) not in told:
                    told.add((finding.place, finding.args["why"]))
                    yield finding

    common = digest_common(catalogue, templates, places, program)
    # The catalogue is there for good: looking through it for cycles, again and again, would cost a tenth.
    gc.freeze()
    some, digests = "some" if facets.has_samples(catalogue) else "", dict[str, str]()
    try:
        for lang in LANGS:
            words = Words(lang, table)
            edition = prepare(catalogue, templates, words, places)
            yield from render(list_sheets(catalogue, states, months, columns, words), edition)
            for dataset, state in zip(catalogue.datasets, states, strict=True):
                own = judged.get(dataset.spec.pipeline.name, NOBODY)
                key, name = name_kept(dataset, lang), dataset.spec.pipeline.name
                if name not in digests:
                    digests[name] = digest_dataset(catalogue, dataset, own, common)
                kept = unpack_pages(keep.get(key), digests[name]) if keep is not None else None
                if kept is not None:
                    yield from kept
                    continue
                sheets = list_dataset_sheets(catalogue, state, own, words, some, compare)
                made = list(render(sheets, edition))
                yield from made
                if keep is not None and not told:
                    keep.put(key, pack_pages([each for each in made if isinstance(each, Page)], digests[name]))
    except UndefinedError as error:
        yield blame(FILE, None, error)
    finally:
        gc.unfreeze()


# ---- which pages there are --------------------------------------------------------------------------------------


def list_sheets(
    catalogue: Catalogue,
    states: Sequence[State],
    months: Sequence[PastView],
    uses: Mapping[str, Sequence[Use]],
    words: Words,
) -> list[Sheet]:
    """Every page that isn't a dataset's own, in one language."""
    whole = judge_samples(catalogue)
    views = {each.spec.pipeline.name: site_show.show_entry(catalogue, each, words) for each in catalogue.datasets}
    publishers, themes = site_show.show_groups(catalogue, views, words)
    requests, showcases = show_requests(catalogue, words), show_showcases(catalogue, words)
    newest = facets.list_newest(catalogue)[:NEWEST]
    lists: dict[str, Any] = {
        "datasets": tuple(views.values()), "publishers": publishers, "themes": themes, "requests": requests,
        "showcases": showcases,
        "totals": facets.count_all(catalogue), "seats": site_show.seat_requests(requests),
        "newest": [views[each.spec.pipeline.name] for each in newest],
        "example": site_show.show_dataset(catalogue, newest[0], words) if newest else None,
    }  # fmt: skip
    kinds = {
        "home": "", "publishers": "publishers/", "themes": "themes/",
        "about": "about/", "developers": "developers/", "404": "404.html",
    }  # fmt: skip
    about = {"home": site_jsonld.describe_catalogue(catalogue, words.lang)}
    sheets = [Sheet(f"{kind}.html", path, lists, whole, about.get(kind)) for kind, path in kinds.items()]
    sheets.append(Sheet("quality.html", "quality/", show_whole(catalogue, states, months, words), whole))
    listed: list[tuple[str, str, Sequence[Any], Mapping[str, Any]]] = [
        ("datasets", "datasets/", lists["datasets"], lists)
    ]
    listed += [("publisher", group.path, group.datasets, {"publisher": group}) for group in publishers]
    listed += [("theme", group.path, group.datasets, {"theme": group}) for group in themes]
    for path, chosen, ledger in list_ledgers(catalogue, requests, words):
        listed.append(("requests", path, chosen, {**lists, "ledger": ledger}))
    listed.append(
        ("showcases", "showcases/", showcases, {**lists, "ledger": show_ledger(catalogue, LEDGERS[1], words)})
    )
    for kind, path, entries, values in listed:
        pages = cut_listing(path, entries)
        sheets += [Sheet(f"{kind}.html", page.path, {**values, "listing": page}, whole) for page in pages]
    sheets += [Sheet("request.html", request.path, {"request": request}, whole) for request in requests]
    columns = show_columns(uses, words)
    sheets += [
        Sheet("columns.html", page.path, {"listing": page}, whole) for page in cut_listing("columns/", columns, COLUMNS)
    ]
    return sheets + [Sheet("column.html", column.path, {"column": column}, whole) for column in columns]


def list_dataset_sheets(
    catalogue: Catalogue, state: State, judged: Judged, words: Words, some: str, compare: Compare
) -> Iterator[Sheet]:
    """The pages of a dataset: its own, one for each of several tables, its report, its quality, and one for each
    release.  `some`: "some" if anything in the catalogue is synthetic."""
    dataset = state.dataset
    view = site_show.show_dataset(catalogue, dataset, words, compare)
    sample = "this" if view.sample else some
    about = site_jsonld.describe_dataset(catalogue, dataset, words.lang)
    quality = show_quality(view, state, words)
    yield Sheet("dataset.html", view.path, {"dataset": view, "quality": quality}, sample, about)
    whole = show_quality_page(quality, state, judged, words)
    values = {"dataset": view, "quality": whole, **credit_rules(words.lang)}
    yield Sheet("dataset-quality.html", quality.path, values, sample)
    if len(view.tables) > 1:
        for table in view.tables:
            yield Sheet("table.html", table.path, {"dataset": view, "table": table}, sample)
    yield Sheet("report.html", f"{view.path}report/", {"dataset": view}, sample)
    for index in range(len(dataset.releases)):
        release = site_show.show_release(catalogue, dataset, index, words, compare)
        yield Sheet(
            "version.html",
            release.version.path,
            {"dataset": view, "release": release},
            "this" if release.version.sample else some,
        )


def judge_samples(catalogue: Catalogue) -> str:
    """For pages about everything: "this" if all that is published is synthetic, "some" if part of it is, or ""."""
    released = [dataset for dataset in catalogue.datasets if dataset.current]
    sampled = sum(map(facets.is_sample, released))
    return "" if not sampled else "this" if sampled == len(released) else "some"


# ---- rendering --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edition:
    """The site in one language: what all its pages share."""

    lang: Lang
    base_url: str
    assets: Mapping[str, str]
    """Where each asset is published, by its name."""
    templates: Environment
    shared: Mapping[str, Any]
    """What templates see on every page."""
    near: dict[str, dict[str, str]] = field(default_factory=dict)
    """Relative links to what is outside a page's own folder: pages beside one another have the same."""

    def reach_from(self, page: str) -> Callable[[str], str]:
        """What relates site paths to the file `page`, as links."""
        folder = page[: page.rfind("/") + 1]
        beside = page[: page.rfind("/", 0, len(folder) - 1) + 1] if folder else "/"
        if len(self.near) > NEAR:
            self.near.clear()
        near, inside = self.near.setdefault(f"{beside} {folder.count('/')}", {}), len(folder)

        def reach(target: str) -> str:
            if target.startswith(folder):
                found = target[inside:]
                found = relate(target, page) if found[:1] in ("", "#") else found
                return found if PLAIN.fullmatch(found) else quote(found, safe="/#:")
            if target not in near:
                found = relate(target, page)
                near[target] = found if PLAIN.fullmatch(found) else quote(found, safe="/#:")
            return near[target]

        return reach


def reach_absolutely(base_url: str, target: str) -> str:
    """A site path as a link from the root of the host."""
    found = urlsplit(base_url).path + target
    return found if PLAIN.fullmatch(found) else quote(found, safe="/#:")


def prepare(catalogue: Catalogue, templates: Mapping[str, str], words: Words, assets: Mapping[str, str]) -> Edition:
    """The site in the language of `words`, ready to be rendered."""
    site = site_show.show_site(catalogue, words)
    shared = {"site": site, "say": words.say, "phrases": words.phrases, "assets": assets.keys()}
    environment = open_templates(templates, catalogue.office.timezone)
    return Edition(words.lang, site.base_url, assets, environment, shared)


def render_sheet(sheet: Sheet, edition: Edition) -> Page:
    """One page of the site."""
    lang, base_url, assets = edition.lang, edition.base_url, edition.assets
    own = place_page(sheet.path, lang)
    reach = edition.reach_from(own) if sheet.template != "404.html" else partial(reach_absolutely, base_url)

    def link(path: str, to: Lang = lang) -> str:
        return reach(PREFIX[to] + path)

    def asset(name: str) -> str:
        if name not in assets:
            raise UndefinedError(f'there is no "assets/{name}"')
        return reach(assets[name])

    addresses = {each: base_url + PREFIX[each] + sheet.path for each in LANGS}
    page = PageView(
        kind=sheet.template.removesuffix(".html"),
        lang=lang,
        other_lang="ja" if lang == "en" else "en",
        path=sheet.path,
        address=addresses[lang],
        addresses=Text(**addresses),
        sample=sheet.sample,
        jsonld=site_jsonld.write_jsonld(dict(sheet.jsonld)) if sheet.jsonld else "",
    )
    given = {**edition.shared, "page": page, "link": link, "file": reach, "asset": asset}
    template = edition.templates.get_template(sheet.template)
    return Page(own, template.render(given, **sheet.values).encode())


def place_page(path: str, lang: Lang) -> str:
    """The file that serves the page `path`: `datasets/` in English is `en/datasets/index.html`."""
    return PREFIX[lang] + path + ("index.html" if path.endswith("/") or not path else "")


def name_assets(assets: Mapping[str, bytes]) -> dict[str, Page]:
    """Each asset at `assets/<name>.<hash>.<suffix>`, by its name.

    `url(name)` in a stylesheet and `"./name"` in a script follow; a circle of those that refer to one another can't
    have names that depend on their content: UndefinedError.
    """
    named: dict[str, Page] = {}
    for name in sorted(assets):
        name_asset(name, assets, named, ())
    return named


def name_asset(name: str, assets: Mapping[str, bytes], named: dict[str, Page], above: tuple[str, ...]) -> Page:
    """The asset `name`, after those that it refers to; `above` are those that refer to it."""
    if name in named:
        return named[name]
    if name in above:
        raise UndefinedError(f'"assets/{name}" refers to itself by way of {", ".join(above)}')
    before = REFERENCES.get(name.rpartition(".")[2])
    body = assets[name]
    if before:

        def refer(match: re.Match[bytes]) -> bytes:
            other = match[2].decode("utf-8", "replace")
            if other not in assets or other == name:
                return match[0]
            return match[1] + name_asset(other, assets, named, (*above, name)).path.removeprefix("assets/").encode()

        body = before.sub(refer, body)
    stem, _, suffix = name.rpartition(".")
    named[name] = Page(f"assets/{stem}.{hashlib.sha256(body).hexdigest()[:10]}.{suffix}", body)
    return named[name]


# ---- mistakes in templates --------------------------------------------------------------------------------------


def explain_error(error: Exception, template: str, templates: Mapping[str, str]) -> Finding:
    """A `template` finding with the template and line where `error` happened while `template` was rendered."""
    if isinstance(error, TemplateSyntaxError):
        return blame(str(error.name or template), error.lineno, error)
    name, line, trace = template, 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename in templates:
            name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, TemplateNotFound) and not line:
        name = str(error.name or template)
    return blame(name, line or None, error)


def blame(name: str, line: int | None, error: Exception) -> Finding:
    """The finding for a mistake in the file `name` of `site_templates/`."""
    kind = "" if isinstance(error, UndefinedError | TemplateSyntaxError) else f"{type(error).__name__}: "
    place = Place(file=f"{FOLDER}/{name}", line=line)
    return Finding("template", place=place, value=name, args={"why": f"{kind}{error}"})
