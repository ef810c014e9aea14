"""`sitemap.xml` (https://www.sitemaps.org/protocol.html) with true modification times, and `robots.txt`.

A page's time is that of its last change: a release, or an attempt that failed; pages where that is unknown have none.
Each language refers to the other, as Google requires
(developers.google.com/search/docs/specialty/international).
"""

from collections.abc import Iterator, Sequence

from entaku.model.nouns import Catalogue, Page
from entaku.site.feeds.common import escape, find_root, to_uri
from entaku.site.pages import PREFIX, PageAddress, list_first_pages

MOST = 20_000
"""URLs in one file; the protocol allows 50,000, and 50 MB."""
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
NAMES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def render(catalogue: Catalogue) -> Iterator[Page]:
    """Write the sitemap, as several files and their index where it is too long for one, and robots.txt."""
    root, pages = find_root(catalogue), list(list_first_pages(catalogue))
    parts = [pages[start : start + MOST // 2] for start in range(0, len(pages), MOST // 2)]
    if len(parts) == 1:
        yield Page("sitemap.xml", write_sitemap(root, parts[0]))
    else:
        lines = []
        for number, part in enumerate(parts, 1):
            yield Page(f"sitemap-{number}.xml", write_sitemap(root, part))
            newest = write_time(max(page.changed for page in part))
            lines.append(f"<sitemap><loc>{escape(root)}sitemap-{number}.xml</loc>{newest}</sitemap>\n")
        yield Page("sitemap.xml", f"{HEAD}<sitemapindex {NAMES}>\n{''.join(lines)}</sitemapindex>\n".encode())
    yield Page("robots.txt", f"User-agent: *\nAllow: /\n\nSitemap: {root}sitemap.xml\n".encode())


def write_sitemap(root: str, pages: Sequence[PageAddress]) -> bytes:
    """Write a sitemap of these pages in all their languages."""
    lines = []
    for page in pages:
        addresses = {lang: escape(f"{root}{PREFIX[lang]}{to_uri(page.path)}") for lang in page.languages}
        others = "".join(
            f'<xhtml:link rel="alternate" hreflang="{lang}" href="{address}"/>' for lang, address in addresses.items()
        )
        time = write_time(page.changed)
        lines += [f"<url><loc>{address}</loc>{time}{others}</url>\n" for address in addresses.values()]
    names = f'{NAMES} xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    return f"{HEAD}<urlset {names}>\n{''.join(lines)}</urlset>\n".encode()


def write_time(utc: str) -> str:
    """Write the time of the last change, if known."""
    return f"<lastmod>{utc}</lastmod>" if utc else ""
