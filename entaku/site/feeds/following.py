"""What people follow (`view.follow`): an Atom feed and a calendar of each value of a column, and the list of them.

The feed has an entry for each release that changed rows with the value.  Its address and the ids of its entries follow
from the table, the column and the value alone, and stay the same over releases.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from html import escape as quote_html
from typing import Any
from urllib.parse import quote

from entaku.catalogue import facets
from entaku.model.files import name_follow_list, name_followed
from entaku.model.following import Cells, FollowedChange, FollowedColumn, FollowedRow, FollowedValue
from entaku.model.nouns import LANGS, Catalogue, Dataset, Finding, Lang, Page, Release, ReleasedResource
from entaku.model.words import Text
from entaku.site.feeds.atom import FeedEntry, join, write_author, write_feed
from entaku.site.feeds.calendar import write_calendar
from entaku.site.feeds.common import (
    SAMPLE_NOTE,
    address_release,
    dump,
    escape,
    find_root,
    list_released,
    per_dataset,
    to_uri,
)
from entaku.site.kept import Parts
from entaku.site.pages import place_table

DIALECT = "follow"
FEED, CALENDAR = ".atom", ".ics"
SAID: dict[str, Text] = {
    "added": Text(ja="加わった行", en="added"),
    "removed": Text(ja="なくなった行", en="removed"),
    "corrected": Text(ja="変わった行", en="changed"),
    "more": Text(ja="ほか {} 行", en="and {} more"),
    "first": Text(ja="この版から始まります（{} 行）", en="begins with this version (rows: {})"),
    "rows": Text(ja="この値の行は、これで {} 行", en="rows with this value: {}"),
    "gone": Text(ja="この値の行はなくなりました", en="no row has this value any more"),
    "table": Text(ja="この値で絞り込んだ表", en="the table, filtered by this value"),
    "version": Text(ja="版 {}", en="version {}"),
    "empty": Text(ja="（空）", en="(empty)"),
    "gap": Text(ja="、", en=", "),
    "colon": Text(ja="：", en=": "),
}
"""The words of entries."""


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write the feeds, calendars and lists of every dataset with columns that people may follow."""
    followed = (pair for pair in list_released(catalogue) if any(table.followed for table in pair[1].resources))
    for told in per_dataset(DIALECT, followed, partial(write_dataset, catalogue), parts, catalogue):
        if isinstance(told, Finding):
            yield told
        else:
            yield from told


def write_dataset(catalogue: Catalogue, dataset: Dataset, current: Release) -> list[Page]:
    """Write the files of a dataset."""
    pages = list[Page]()
    for table in current.resources:
        for column in table.followed:
            writer = ValueWriter(catalogue, dataset, table, column)
            for value in column.values:
                pages += writer.write(value)
        if table.followed:
            path = f"{writer.folder}{name_follow_list(table.name)}"
            note = {"note": SAMPLE_NOTE} if facets.is_sample(dataset) else {}
            listed = {"table": table.name, "columns": [list_values(table, column) for column in table.followed]}
            pages.append(Page(path, dump({**note, **listed})))
    return pages


def list_values(table: ReleasedResource, column: FollowedColumn) -> dict[str, Any]:
    """List the values of a column with their files, by names beside the list."""

    def name(value: str, suffix: str) -> str:
        return name_followed(table.name, column.name, value, suffix).removeprefix("follow/")

    values = [
        {
            "value": one.value,
            "rows": one.rows,
            "feed": name(one.value, FEED),
            **({"calendar": name(one.value, CALENDAR)} if column.day else {}),
        }
        for one in column.values
    ]
    return {"name": column.name, "values": values}


class ValueWriter:
    """Writes the files of the values of one column."""

    def __init__(
        self, catalogue: Catalogue, dataset: Dataset, table: ReleasedResource, column: FollowedColumn
    ) -> None:  # fmt: skip
        pipeline, office = dataset.spec.pipeline, catalogue.office
        self.root, self.dataset, self.table, self.column = find_root(catalogue), dataset, table, column
        self.folder = f"datasets/{pipeline.name}/"
        self.releases = {release.version: release for release in dataset.releases}
        self.titles = {field.name: field.title for field in table.resource.schema.fields}
        self.title = facets.mark_sample(pipeline.title, facets.is_sample(dataset))
        self.label = facets.mark_sample(table.resource.title, facets.is_sample(dataset))
        tables = len(dataset.current.resources) if dataset.current else 1
        self.page = self.root + to_uri(place_table(pipeline.name, table.name, tables))
        publisher = office.publishers.get(pipeline.publisher)
        self.author = write_author(publisher.title if publisher else office.title, (publisher and publisher.url) or "")

    def write(self, value: FollowedValue) -> Iterator[Page]:
        """Write the files of a value."""
        entries = [self.write_entry(value, change) for change in value.changes]
        entries.sort(key=lambda entry: entry.when, reverse=True)  # those of one moment stay newest first
        path = self.folder + name_followed(self.table.name, self.column.name, value.value, FEED)
        names = [self.name_column(self.column.name, lang) for lang in LANGS]
        title = Text(
            ja=f"{value.value}（{names[0]}）：{self.title.get('ja')}",
            en=f"{value.value} ({names[1]}): {self.title.get('en')}",
        )
        filtered = self.address(value.value)
        yield Page(path, write_feed(title, filtered, self.author, entries, self.root + path))
        if self.column.day:
            path = self.folder + name_followed(self.table.name, self.column.name, value.value, CALENDAR)
            created = self.releases[value.changes[0].version].created
            yield Page(path, write_calendar(value, self, (self.root + path, filtered), created))

    def address(self, value: str) -> str:
        """Return the URL of the table, filtered by a value."""
        return f"{self.page}?{self.table.name}.in.{self.column.name}={quote(value, safe='')}"

    def name_column(self, name: str, lang: Lang) -> str:
        """Return a column's title."""
        return (self.titles.get(name) or Text()).get(lang) or name

    # ---- entries

    def write_entry(self, value: FollowedValue, change: FollowedChange) -> FeedEntry:
        """Write the entry of a release that changed rows with the value."""
        release = self.releases[change.version]
        page, filtered = address_release(self.root, release), self.address(value.value)
        short = Text(ja=tell_short(change, "ja"), en=tell_short(change, "en"))
        mark = name_followed(self.table.name, self.column.name, value.value, "").replace("/", "-")
        content = "".join(self.tell(value, change, release, lang) for lang in LANGS)
        sample = '<category term="sample" label="見本"/>\n' if "sample" in release.served else ""
        return FeedEntry(
            release.created,
            release.dataset,
            f"<entry>\n<id>{escape(page)}#{mark}</id>\n"
            f"<title>{escape(value.value)}：{escape(join(short, ' / '))}</title>\n"
            f"<updated>{release.created}</updated>\n<published>{release.created}</published>\n"
            f'<link rel="alternate" type="text/html" href="{escape(filtered)}"/>\n'
            f'<link rel="related" type="text/html" href="{escape(page)}" title="{release.version}"/>\n{sample}'
            f'<content type="html">{escape(content)}</content>\n</entry>\n',
        )

    def tell(self, value: FollowedValue, change: FollowedChange, release: Release, lang: Lang) -> str:
        """Return what a release changed as HTML, in one language."""
        page, filtered = address_release(self.root, release), self.address(value.value)
        name = self.name_column(self.column.name, lang)
        lines = [
            f"<p>{quote_html(self.title.get(lang))}{say('colon', lang)}{quote_html(f'{name} = {value.value}')}</p>"
        ]
        state = [tell_short(change, lang)] + (
            [say("rows", lang, change.after)] if change.after and not change.first else []
        )
        lines.append(f"<p>{say('gap', lang).join(state)}</p>")
        rows = "".join(f"<li>{self.tell_row(row, lang)}</li>" for row in change.rows)
        more = change.added + change.removed + change.corrected - len(change.rows)
        rows += f"<li>{say('more', lang, more)}</li>" if more > 0 else ""
        lines += [f"<ul>{rows}</ul>"] if rows else []
        version = say("version", lang, release.version)
        lines.append(
            f'<p><a href="{quote_html(filtered)}">{say("table", lang)}</a> <a href="{quote_html(page)}">{version}</a></p>'
        )
        return f'<div lang="{lang}">{"".join(lines)}</div>'

    def tell_row(self, row: FollowedRow, lang: Lang) -> str:
        """Return a row as HTML: what is in it, or what was corrected in it."""
        said = f"{say(row.change, lang)}{say('colon', lang)}{quote_html(self.tell_cells(row.cells, lang))}"
        empty = say("empty", lang)
        corrected = [
            f"{quote_html(self.name_column(name, lang))} <del>{quote_html(was or empty)}</del> → <ins>{quote_html(now or empty)}</ins>"
            for name, was, now in row.corrected
        ]
        return f"{said}{say('colon', lang)}{say('gap', lang).join(corrected)}" if corrected else said

    def tell_cells(self, cells: Cells, lang: Lang) -> str:
        """Return cells with the names of their columns on one line."""
        return say("gap", lang).join(f"{self.name_column(name, lang)} {text}" for name, text in cells)


def tell_short(change: FollowedChange, lang: Lang) -> str:
    """Return what a release changed on one short line."""
    if change.first:
        return say("first", lang, change.after)
    counts = {"added": change.added, "removed": change.removed, "corrected": change.corrected}
    told = [
        f"{say(name, lang)} {count:,}" if lang == "ja" else f"{count:,} {say(name, lang)}"
        for name, count in counts.items()
        if count
    ]
    if not change.after:
        told.append(say("gone", lang))
    return say("gap", lang).join(told)


def say(key: str, lang: Lang, *values: object) -> str:
    """Return words of an entry; numbers get separators."""
    shown: Sequence[str] = [f"{value:,}" if isinstance(value, int) else str(value) for value in values]
    return SAID[key].get(lang).format(*shown)
