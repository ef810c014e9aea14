"""Dataset search: the index that the search box on every page uses (`entaku.search_index` defines it), and OpenSearch
descriptions for browsers' address bars (https://github.com/dewitt/opensearch, "OpenSearch 1.1 Draft 6").

The index holds names, titles, keywords and descriptions in both languages, so that a query in either finds
the dataset.
"""

from collections.abc import Iterator
from functools import partial
from itertools import chain

from entaku.catalogue import facets, search
from entaku.model.easy import list_spellings
from entaku.model.ledgers import LEDGERS
from entaku.model.nouns import LANGS, Catalogue, Dataset, Finding, Lang, Page, Release, ReleasedResource
from entaku.model.view import is_code
from entaku.model.words import Text
from entaku.site.feeds.common import LABELS, escape, find_root, list_datasets, per_dataset
from entaku.site.kept import NO_PARTS, Parts

SUMMARY = 110
"""Characters of a description in a list."""
VALUE = 20
"""Characters of a value that is looked for."""
COLUMNS = 60
"""Columns per dataset in the index."""
NAME, LONG_NAME, DESCRIPTION = 16, 48, 1024
"""OpenSearch's limits, in characters."""


def render(catalogue: Catalogue, parts: Parts = NO_PARTS) -> Iterator[Page | Finding]:
    """Write the files of the index."""
    office = catalogue.office
    labels = {
        lang: {
            "publisher": {key: each.title.get(lang) for key, each in office.publishers.items()},
            "theme": {key: each.title.get(lang) for key, each in office.themes.items()},
            "format": LABELS,
            "license": {key: each.title.get(lang) for key, each in office.licenses.items()},
        }
        for lang in LANGS
    }
    left_out = list[Finding]()

    def describe() -> Iterator[search.IndexedDataset]:
        """Describe the datasets one at a time."""
        for told in per_dataset(
            "search", list_datasets(catalogue), partial(describe_indexed, catalogue), parts, catalogue
        ):
            if isinstance(told, Finding):
                left_out.append(told)
            else:
                yield told

    yield from search.write_index(describe(), labels)
    yield from left_out


def describe_indexed(catalogue: Catalogue, dataset: Dataset, current: Release | None) -> search.IndexedDataset:
    """Return what the index has of a dataset."""
    return search.index_entry(describe_entry(catalogue, dataset, current))


def place(name: str) -> str:
    """Return the path of a dataset's page."""
    return f"datasets/{name}/"


def describe_entry(catalogue: Catalogue, dataset: Dataset, current: Release | None) -> search.SearchEntry:
    """Describe a dataset for the index: its present titles, and the tables of the current release or pipeline."""
    office, pipeline = catalogue.office, dataset.spec.pipeline
    resources = [table.resource for table in current.resources] if current else pipeline.resources
    fields = [field for resource in resources for field in resource.schema.fields]
    publisher = office.publishers.get(pipeline.publisher)
    themes = [office.themes[key] for key in pipeline.themes if key in office.themes]
    named = [*both(publisher.title if publisher else None), *(word for theme in themes for word in both(theme.title))]
    tables = [word for resource in resources for word in both(resource.title)]
    columns = [word for field in fields for word in (field.name, *both(field.title))]
    titles = (pipeline.name, *both(pipeline.title))
    searched = current.resources if current and pipeline.name not in LEDGERS else ()  # ledgers tell of other datasets
    frequent = [(table, list_frequent(table)) for table in searched]
    values = [value for _, columns in frequent for value in dict.fromkeys(chain.from_iterable(columns.values()))]
    meanings = [*(resource.description for resource in resources), *(field.description for field in fields)]
    return search.SearchEntry(
        path=place(pipeline.name),
        titles={lang: pipeline.title.get(lang) for lang in LANGS},
        summary=partial(summarise, pipeline.description),
        keywords=pipeline.keywords,
        columns=partial(list_columns, dataset),
        levels=(
            titles,
            (*pipeline.keywords, *pipeline.synonyms, *named),
            (*tables, *columns, *search.list_said((*titles, *pipeline.keywords))),
            (
                *both(pipeline.description), *list_spellings(pipeline.easy),
                *(word for meaning in meanings for word in both(meaning)), *values,
                *search.list_said((*tables, *values)),
            ),
        ),
        facets=(
            (pipeline.publisher,), pipeline.themes, ("csv", "parquet") if current else (), (pipeline.frequency,),
            (pipeline.license,),
        ),
        created=facets.find_day(current.created, office.timezone).isoformat() if current else "",
        due=search.RETIRED if dataset.retired else dataset.due.isoformat() if dataset.due else "",
        rows=facets.count_rows(current) if current else 0,
        sample=facets.is_sample(dataset),
        values=tuple(
            (table.resource.name, field.name, {lang: field.title.get(lang) or field.name for lang in LANGS}, found[field.name])
            for table, found in frequent for field in table.resource.schema.fields if found.get(field.name)
        ),
    )  # fmt: skip


def list_frequent(table: ReleasedResource) -> dict[str, tuple[str, ...]]:
    """Return the frequent texts of each column that people would look for."""
    wanted = {field.name for field in table.resource.schema.fields if field.type == "string" and not is_code(field)}
    found = {
        column.name: tuple(value for value, _ in column.top if isinstance(value, str) and 1 < len(value) <= VALUE)
        for column in table.profile
        if column.name in wanted
    }
    return found | {name: values for name, values in table.values if name in wanted}


def both(text: Text | None) -> tuple[str, ...]:
    """Return a text in each language that it has."""
    if text is None:
        return ()
    return (text.ja,) if text.ja == text.en or not text.en else (text.ja, text.en)


def list_columns(dataset: Dataset, lang: Lang) -> tuple[str, ...]:
    """List the columns as shown in results, each once: `station_code 駅コード`."""
    current = dataset.current
    resources = [table.resource for table in current.resources] if current else dataset.spec.pipeline.resources
    fields = [field for resource in resources for field in resource.schema.fields]
    names = {field.name: field.title.get(lang) for field in fields}
    return tuple(
        f"{name} {title}" if title and title != name else name for name, title in list(names.items())[:COLUMNS]
    )


def summarise(description: Text, lang: Lang) -> str:
    """Return the beginning of a description, on one line."""
    line = " ".join(description.get(lang).split())
    return line if len(line) <= SUMMARY else line[:SUMMARY] + "…"


# ---- OpenSearch ---------------------------------------------------------------------------------------------------


def render_opensearch(catalogue: Catalogue) -> Iterator[Page]:
    """Write `opensearch.xml`, and `en/opensearch.xml` for the English pages."""
    for lang in LANGS:
        prefix = "" if lang == "ja" else f"{lang}/"
        yield Page(f"{prefix}opensearch.xml", describe_search(catalogue, lang, find_root(catalogue) + prefix))


def describe_search(catalogue: Catalogue, lang: Lang, root: str) -> bytes:
    """Describe the search of the pages below `root`."""
    office = catalogue.office
    title = office.title.get(lang)
    lines = [
        f"<ShortName>{escape(title[:NAME])}</ShortName>",
        f"<Description>{escape(office.description.get(lang)[:DESCRIPTION])}</Description>",
        f"<LongName>{escape(title[:LONG_NAME])}</LongName>",
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
