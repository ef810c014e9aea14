"""Known errors of a table's source as templates see them.  Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from entaku.model.nouns import ReleasedResource
from entaku.site.words import Words


@dataclass(frozen=True, slots=True)
class ErratumCellView:
    """A cell that is known to be wrong in the source."""

    row: int
    """Its row in the CSV, from 1."""
    column: str
    """The column's title."""
    source: str
    published: str


@dataclass(frozen=True, slots=True)
class ErratumView:
    """What is known to be wrong in a table's source, and what was done about it."""

    name: str
    done: str
    """`left`, `set` or `empty`."""
    columns: tuple[str, ...]
    """The titles of the columns that are wrong."""
    why: str
    by: str
    source: str
    """The page that says so; "" without one."""
    since: str
    """The day since which the source is wrong; "" where it isn't known."""
    rows: int
    cells: int
    first: tuple[ErratumCellView, ...]
    """The first cells, at most 10."""
    path: str
    """The file that lists all cells."""


def show_errata(table: ReleasedResource, folder: str, words: Words) -> tuple[ErratumView, ...]:
    """Return the known errors that concern rows of a published table with files in `folder`."""
    told = table.errata
    if told is None:
        return ()
    lang, titles = (
        words.lang,
        {field.name: field.title.get(words.lang) or field.name for field in table.resource.schema.fields},
    )
    by_name = {one.name: one for one in table.resource.errata}
    return tuple(
        ErratumView(
            name=one.name,
            done=by_name[one.name].done,
            columns=tuple(titles[column] for column in by_name[one.name].columns),
            why=by_name[one.name].why.get(lang),
            by=by_name[one.name].by.get(lang),
            source=by_name[one.name].source or "",
            since=by_name[one.name].since or "",
            rows=one.rows,
            cells=one.cells,
            first=tuple(
                ErratumCellView(cell.row, titles[cell.column], cell.source, cell.published)
                for cell in told.first
                if cell.erratum == one.name
            ),
            path=folder + told.file.path,
        )
        for one in told.touched
        if one.cells
    )


def mark_cells(table: ReleasedResource) -> Mapping[tuple[int, str], str]:
    """Map the wrong cells of the rows that are shown first, by position (from 1) and column, to the name of their
    erratum."""
    return {(at + 1, column): name for at, column, name in table.errata.marked} if table.errata else {}
