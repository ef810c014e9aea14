"""`sitemap.xml` (https://www.sitemaps.org/protocol.html) with true times, and `robots.txt`.

A page's time is when what it shows last changed: a release, or an attempt that failed.  Pages of which nobody can
say have none.  Each language names the other, as Google asks for (developers.google.com/search/docs/specialty/international).
"""

from collections.abc import Iterator, Mapping

from entaku.catalogue import facets, places
from entaku.model.ledgers import LEDGERS, Request, Showcase
from entaku.model.nouns import Catalogue, Dataset, Page
from entaku.site.feeds.common import escape, find_root, to_uri

MOST = 20_000
"""Addresses in one file; the protocol allows 50,000, and 50 MB."""
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
NAMES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
Entry = tuple[str, str]
"""A site path without its language, and the UTC time of its last change or ""."""


def render(catalogue: Catalogue) -> Iterator[Page]:
    """The sitemap, in several files and an index of them where one can't hold it; and robots.txt."""
    root, entries = find_root(catalogue), list_entries(catalogue)
    parts = [entries[start : start + MOST // 2] for start in range(0, len(entries), MOST // 2)]
    if len(parts) == 1:
        yield Page("sitemap.xml", write_sitemap(root, parts[0]))
    else:
        lines = []
        for number, part in enumerate(parts, 1):
            yield Page(f"sitemap-{number}.xml", write_sitemap(root, part))
            lines.append(
                f"<sitemap><loc>{escape(root)}sitemap-{number}.xml</loc>{write_time(newest(part))}</sitemap>\n"
            )
        yield Page("sitemap.xml", f"{HEAD}<sitemapindex {NAMES}>\n{''.join(lines)}</sitemapindex>\n".encode())
    yield Page("robots.txt", f"User-agent: *\nAllow: /\n\nSitemap: {root}sitemap.xml\n".encode())


def list_entries(catalogue: Catalogue) -> list[Entry]:
    """Every page that is worth finding: not the 404, nor what continues a list."""
    datasets = [entry for dataset in catalogue.datasets for entry in list_dataset(dataset)]
    last = {dataset.spec.pipeline.name: find_change(dataset) for dataset in catalogue.datasets}
    whole = max(last.values(), default="")
    entries = [(path, whole) for path in ("", "datasets/", "columns/", "publishers/", "themes/", "quality/")]
    entries += list_ledgers(catalogue, last)
    entries += [(path, "") for path in ("about/", "developers/")]
    for kind, keys in (("publishers", catalogue.office.publishers), ("themes", catalogue.office.themes)):
        for key in keys:
            mine = [
                last[dataset.spec.pipeline.name]
                for dataset in catalogue.datasets
                if key in (dataset.spec.pipeline.publisher, *dataset.spec.pipeline.themes)
            ]
            entries.append((f"{kind}/{to_uri(key)}/", max(mine, default="")))
    for name, uses in places.collect_columns(catalogue).items():
        entries.append((to_uri(places.place_column(name)), max(last[use.dataset.spec.pipeline.name] for use in uses)))
    return entries + datasets


def list_ledgers(catalogue: Catalogue, last: Mapping[str, str]) -> Iterator[Entry]:
    """The pages of requests and showcases; `last`: when each dataset changed."""
    for request in catalogue.requests:
        answers = max((last[name] for name in request.datasets if name in last), default="")
        yield f"requests/{to_uri(request.id)}/", answers
    ledgers: tuple[tuple[Request | Showcase, ...], ...] = (catalogue.requests, catalogue.showcases)
    asked, made = (
        max(
            (last[each] for row in rows for each in (ledger, *row.datasets) if each in last),
            default=last.get(ledger, ""),
        )
        for ledger, rows in zip(LEDGERS, ledgers, strict=True)
    )
    for path in ("requests/", *map(facets.place_status, facets.list_statuses(catalogue))):
        yield path, asked
    yield "showcases/", made


def list_dataset(dataset: Dataset) -> Iterator[Entry]:
    """The pages of a dataset: its own, its report, its quality, one for each of several tables, one for each release."""
    path, changed = f"datasets/{to_uri(dataset.spec.pipeline.name)}/", find_change(dataset)
    yield path, changed
    yield f"{path}report/", changed
    yield f"{path}quality/", changed
    tables = (
        [each.resource for each in dataset.current.resources] if dataset.current else dataset.spec.pipeline.resources
    )
    if len(tables) > 1:
        yield from ((f"{path}tables/{to_uri(table.name)}/", changed) for table in tables)
    for release in dataset.releases:
        yield f"{path}{release.version}/", release.created


def find_change(dataset: Dataset) -> str:
    """When what a dataset's page shows last changed; "" if nothing ever happened."""
    released = dataset.current.created if dataset.current else ""
    return max(released, dataset.attempt.when if dataset.attempt else "")


def newest(entries: list[Entry]) -> str:
    """The newest time of these."""
    return max(time for _, time in entries)


def write_sitemap(root: str, entries: list[Entry]) -> bytes:
    """A sitemap of both languages of these pages."""
    lines = []
    for path, time in entries:
        ja, en = escape(root + path), escape(f"{root}en/{path}")
        others = "".join(
            f'<xhtml:link rel="alternate" hreflang="{lang}" href="{address}"/>'
            for lang, address in (("ja", ja), ("en", en))
        )
        lines += [f"<url><loc>{address}</loc>{write_time(time)}{others}</url>\n" for address in (ja, en)]
    names = f'{NAMES} xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    return f"{HEAD}<urlset {names}>\n{''.join(lines)}</urlset>\n".encode()


def write_time(utc: str) -> str:
    """When it last changed, where that is known."""
    return f"<lastmod>{utc}</lastmod>" if utc else ""
