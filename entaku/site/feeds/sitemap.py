"""`sitemap.xml` (https://www.sitemaps.org/protocol.html) with true modification times, and `robots.txt`.

A page's time is that of its last change: a release, or an attempt that failed; pages where that is unknown have none.
Each language refers to the other, as Google requires
(developers.google.com/search/docs/specialty/international).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from entaku.model.nouns import Catalogue, Dataset, Page
from entaku.site.feeds.common import escape, find_root, to_uri
from entaku.site.kept import NO_PARTS, Parts
from entaku.site.pages import PREFIX, PageAddress, list_dataset_pages, list_whole_pages

MOST = 20_000
"""URLs in one file; the protocol allows 50,000, and 50 MB."""
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
NAMES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


Entry = tuple[str, str]
"""What is listed of a page in all its languages, and when it last changed."""


def render(catalogue: Catalogue, parts: Parts = NO_PARTS) -> Iterator[Page]:
    """Write the sitemap, as several files and their index where it is too long for one, and robots.txt."""
    root, lines = find_root(catalogue), list[str]()
    entries = list_all(catalogue, root, parts)
    part, following = list(islice(entries, MOST // 2)), next(entries, None)
    if following is None:
        yield Page("sitemap.xml", write_sitemap(part))
    else:
        while part:
            name = f"sitemap-{len(lines) + 1}.xml"
            yield Page(name, write_sitemap(part))
            newest = write_time(max(changed for _, changed in part))
            lines.append(f"<sitemap><loc>{escape(root)}{name}</loc>{newest}</sitemap>\n")
            part = [] if following is None else [following, *islice(entries, MOST // 2 - 1)]
            following = next(entries, None)
        yield Page("sitemap.xml", f"{HEAD}<sitemapindex {NAMES}>\n{''.join(lines)}</sitemapindex>\n".encode())
    yield Page("robots.txt", f"User-agent: *\nAllow: /\n\nSitemap: {root}sitemap.xml\n".encode())


def list_all(catalogue: Catalogue, root: str, parts: Parts) -> Iterator[Entry]:
    """Yield the pages of the site, and those of each dataset."""
    yield from list_entries(root, list_whole_pages(catalogue))
    for dataset in catalogue.datasets:
        yield from parts.describe("sitemap", catalogue, dataset, partial(list_own, root, dataset))


def list_own(root: str, dataset: Dataset) -> list[Entry]:
    """List the pages of a dataset."""
    return list_entries(root, list_dataset_pages(dataset, alone=False))


def list_entries(root: str, pages: Iterable[PageAddress]) -> list[Entry]:
    """List those of these pages that are for search engines."""
    return [(write_entry(root, page), page.changed) for page in pages if page.is_first]


def write_entry(root: str, page: PageAddress) -> str:
    """Write the lines of a page, one for each of its languages."""
    addresses = {lang: escape(f"{root}{PREFIX[lang]}{to_uri(page.path)}") for lang in page.languages}
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{lang}" href="{address}"/>' for lang, address in addresses.items()
    )
    time = write_time(page.changed)
    return "".join(f"<url><loc>{address}</loc>{time}{others}</url>\n" for address in addresses.values())


def write_sitemap(entries: Sequence[Entry]) -> bytes:
    """Write a sitemap of these pages."""
    names = f'{NAMES} xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    return f"{HEAD}<urlset {names}>\n{''.join(text for text, _ in entries)}</urlset>\n".encode()


def write_time(utc: str) -> str:
    """Write the time of the last change, if known."""
    return f"<lastmod>{utc}</lastmod>" if utc else ""
