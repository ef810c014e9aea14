"""A Jupyter notebook of each dataset's current version (nbformat 4.5), beside its page: what it is, and code that reads it.

The code reads this version's files, which never change; the newest version has a notebook of its own.
"""

from collections.abc import Iterator
from functools import partial

from entaku.model.files import name_parquet
from entaku.model.nouns import LANGS, Catalogue, Dataset, Finding, Page, Release, ReleasedResource
from entaku.model.words import Text
from entaku.site.feeds.common import (
    address_release,
    encode,
    find_root,
    list_released,
    name_dataset,
    per_dataset,
    to_uri,
)
from entaku.site.kept import Parts
from entaku.site.use import choose_columns, name_in_sql

DIALECT = "notebook"
NAME = "notebook.ipynb"


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write the notebook of every dataset that has a release."""
    write = partial(write_dataset, catalogue)
    yield from per_dataset(DIALECT, list_released(catalogue), write, parts, catalogue)


def write_dataset(catalogue: Catalogue, dataset: Dataset, current: Release) -> Page:
    """Write the notebook of a dataset."""
    folder = address_release(find_root(catalogue), current)
    cells = [write_head(catalogue, dataset, current), code("# pip install pandas pyarrow\nimport pandas as pd")]
    for table in current.resources:
        cells += write_table(folder, table)
    kernel = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    numbered = [{"id": f"cell-{n}", **cell} for n, cell in enumerate(cells)]
    body = encode({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": numbered})
    return Page(f"datasets/{dataset.spec.pipeline.name}/{NAME}", body.encode("utf-8", "replace") + b"\n")


def write_head(catalogue: Catalogue, dataset: Dataset, current: Release) -> dict[str, object]:
    """Write what the dataset is, in both languages."""
    office, pipeline = catalogue.office, dataset.spec.pipeline
    terms = office.licenses.get(pipeline.license)
    page = f"{find_root(catalogue)}datasets/{to_uri(pipeline.name)}/"
    licence = f"{both(terms.title)} {terms.url}".strip() if terms else pipeline.license
    lines = [
        f"# {both(name_dataset(dataset))}", both(pipeline.description, "\n\n"),
        f"- <{page}>\n- 版 / Version: {current.version}\n- 利用条件 / Licence: {licence}",
    ]  # fmt: skip
    return markdown("\n\n".join(lines))


def write_table(folder: str, table: ReleasedResource) -> list[dict[str, object]]:
    """Write a table: what its columns mean, its rows, and a first summary."""
    resource, name = table.resource, name_in_sql(table.name)
    columns = [
        f"| `{field.name}` | {cell(field.title)} | {field.unit or ''} | {cell(field.description)} |"
        for field in resource.schema.fields
    ]
    head = "| 列 / Column | 名前 / Name | 単位 / Unit | 意味 / Meaning |\n|---|---|---|---|"
    group, value = choose_columns(resource.schema)
    last = f"{name}.groupby({group!r})[{value!r}].describe()" if value else f"{name}[{group!r}].value_counts()"
    address = to_uri(folder + (table.parted.listed.path if table.parted else name_parquet(table.name)))
    read = f'pd.read_parquet("{address}", dtype_backend="pyarrow")'
    if table.parted:
        files = f'pd.read_json("{address}")["parquet"]'
        one = f'pd.read_parquet("{to_uri(folder)}" + file["path"], dtype_backend="pyarrow")'
        read = f"pd.concat([{one} for file in {files}], ignore_index=True)"
    return [
        markdown(f"## {both(resource.title)}\n\n" + "\n".join([head, *columns])),
        code(f"{name} = {read}\n{name}"),
        code(last),
    ]


def both(text: Text, between: str = " / ") -> str:
    """Return a text in each language that it has."""
    return between.join(dict.fromkeys(text.get(lang).strip() for lang in LANGS))


def cell(text: Text) -> str:
    """Return a text as a cell of a Markdown table."""
    return " ".join(both(text).replace("|", "\\|").split())


def markdown(source: str) -> dict[str, object]:
    """Return a cell of words."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str) -> dict[str, object]:
    """Return a cell of code."""
    return {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
