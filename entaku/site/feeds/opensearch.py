"""OpenSearch descriptions, so that browsers can search the catalogue from their address bar, in either language
(https://github.com/dewitt/opensearch, "OpenSearch 1.1 Draft 6")."""

from collections.abc import Iterator

from entaku.model.nouns import LANGS, Catalogue, Lang, Page
from entaku.site.feeds.common import escape, find_root

NAME, DESCRIPTION = 16, 1024
"""Characters that the standard allows."""


def render(catalogue: Catalogue) -> Iterator[Page]:
    """`opensearch.xml`, and `en/opensearch.xml` for the English pages."""
    for lang in LANGS:
        prefix = "" if lang == "ja" else f"{lang}/"
        yield Page(f"{prefix}opensearch.xml", describe_search(catalogue, lang, find_root(catalogue) + prefix))


def describe_search(catalogue: Catalogue, lang: Lang, root: str) -> bytes:
    """The description of the search of the pages below `root`."""
    office = catalogue.office
    title = office.title.get(lang)
    lines = [
        f"<ShortName>{escape(title[:NAME])}</ShortName>",
        f"<Description>{escape(office.description.get(lang)[:DESCRIPTION])}</Description>",
        f"<LongName>{escape(title[:48])}</LongName>",
        f'<Url type="text/html" template="{escape(root)}datasets/?q={{searchTerms}}"/>',
        f'<Url type="application/opensearchdescription+xml" rel="self" template="{escape(root)}opensearch.xml"/>',
        f"<Language>{lang}</Language>",
        "<InputEncoding>UTF-8</InputEncoding>",
        "<OutputEncoding>UTF-8</OutputEncoding>",
    ]
    body = "\n".join(lines)
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">\n'
    )
    return f"{head}{body}\n</OpenSearchDescription>\n".encode()
