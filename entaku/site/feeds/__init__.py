"""Catalogue → machine-readable feeds: one module per dialect, one row for each in FEEDS.  Pure.

A dialect's `render(catalogue)` yields Pages, and a Finding for whatever the dialect can't express; a dataset that can't
be rendered is omitted from this dialect alone.
"""

from collections.abc import Callable, Iterable, Iterator

from entaku.model.kept import Keep
from entaku.model.nouns import Catalogue, Finding, Page
from entaku.model.page_groups import Staying, leave
from entaku.site.feeds import (
    atom,
    changes,
    citation,
    croissant,
    csvw,
    dcat,
    dcat_us,
    dcat_us3,
    edge,
    following,
    markdown,
    mcp,
    notebook,
    open_data_list,
    openapi,
    row_schema,
    search,
    sitemap,
)
from entaku.site.feeds.ckan import feed as ckan_feed
from entaku.site.feeds.common import render_withdrawn
from entaku.site.feeds.gate import make_review
from entaku.site.kept import STAYED, Parts, digest_shared

Render = Callable[..., "Iterable[Page | Finding]"]
KEPT = frozenset(
    (
        "ckan",
        "dcat",
        "dcat-us",
        "dcat-us-3",
        "croissant",
        "csvw",
        "json-schema",
        "atom",
        "markdown",
        "open-data-list",
        "citation",
        "notebook",
        "follow",
        "search",
        "sitemap",
    )
)
"""Dialects whose descriptions of datasets are kept from one run to the next."""
GROUPED = frozenset(
    each.DIALECT
    for each in (atom, ckan_feed, citation, croissant, csvw, dcat, following, markdown, notebook, row_schema)
)
"""Those that publish every page of their descriptions as it is: what stays of these is one value for each dataset, and one more
where they tell of more than the dataset."""

FEEDS: dict[str, Render] = {
    "ckan": ckan_feed.render,
    "dcat": dcat.render,
    "dcat-us": dcat_us.render,
    "dcat-us-3": dcat_us3.render,
    "croissant": croissant.render,
    "csvw": csvw.render,
    "json-schema": row_schema.render,
    "atom": atom.render,
    "sitemap": sitemap.render,
    "markdown": markdown.render,
    "open-data-list": open_data_list.render,
    "search": search.render,
    "opensearch": search.render_opensearch,
    "edge": edge.render,
    "withdrawn": render_withdrawn,
    "changes": changes.render,
    "citation": citation.render,
    "notebook": notebook.render,
    "follow": following.render,
    "mcp": mcp.render,
    "openapi": openapi.render,
}


def stream_feeds(
    catalogue: Catalogue, keep: Keep | None = None, program: str = "", stays: Staying = leave
) -> Iterator[Page | Finding]:
    """Yield every file of every dialect, one at a time to limit memory, and findings; those of datasets that stay are
    one PageGroup for each.

    `keep`: what was made of each dataset before by the program with the digest `program`.
    """
    review = make_review(catalogue.office.base_url.rstrip("/") + "/")
    parts = Parts(keep, digest_shared(catalogue, program), review, catalogue.by_name, GROUPED)
    yield from parts.stay(catalogue, stays)
    for name, render in FEEDS.items():
        if name in KEPT:
            yield from (each for each in render(catalogue, parts) if each is not STAYED)
        else:
            yield from render(catalogue)
    parts.group()
    parts.finish()
