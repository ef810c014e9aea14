"""Atom 1.0 (RFC 4287): `feed.atom` of the catalogue and of each dataset, with an entry per release and its changes,
for what was withdrawn, renamed or retired."""

from collections.abc import Iterator, Sequence
from functools import partial

from entaku.catalogue import facets, places
from entaku.model.changes import LEVEL_WORDS, tell_change
from entaku.model.files import CHANGES
from entaku.model.leaving import list_former
from entaku.model.ledgers import Tombstone
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release
from entaku.model.revisions import tell_why
from entaku.model.words import Text
from entaku.site.feeds.common import (
    address_release,
    address_tombstone,
    escape,
    find_root,
    list_gone,
    list_released,
    name_dataset,
    per_dataset,
    to_uri,
)
from entaku.site.kept import Parts

DIALECT = "Atom"
NEWEST = 100
"""Releases in the catalogue's feed."""
RELEASES = 60
"""Releases in a dataset's feed."""
NEVER = "1970-01-01T00:00:00Z"
"""`updated` of a catalogue without any release; Atom requires one."""
Entry = tuple[str, str, str]
"""Time of a release, its dataset, and its entry."""


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write the feed of every dataset, and that of the catalogue."""
    root, office = find_root(catalogue), catalogue.office
    every: list[Entry] = []
    for told in per_dataset(
        DIALECT, list_released(catalogue), partial(describe_dataset, catalogue, root), parts, catalogue
    ):
        if isinstance(told, Finding):
            yield told
        else:
            page, entries = told
            yield page
            every = sorted([*every, *entries], reverse=True)[:NEWEST]
    for name, tombstone in list_gone(catalogue).items():
        entries = list_tombstones(catalogue, root, name)
        address, author = f"{root}datasets/{to_uri(name)}/", write_author(office.title, root)
        body = write_feed(tombstone.title, address, author, entries[0][0], [entry for *_, entry in entries])
        yield Page(f"datasets/{name}/feed.atom", body)
        every = sorted([*every, *entries], reverse=True)[:NEWEST]
    title = facets.mark_sample(office.title, facets.has_samples(catalogue))
    updated = every[0][0] if every else NEVER
    author = write_author(office.title, root)
    yield Page("feed.atom", write_feed(title, root, author, updated, [entry for *_, entry in every]))


def describe_dataset(catalogue: Catalogue, root: str, dataset: Dataset, release: Release) -> tuple[Page, list[Entry]]:
    """Write a dataset's own feed; also return its entries, newest first."""
    office, first = catalogue.office, max(len(dataset.releases) - RELEASES, 0)
    entries = [
        (dataset.releases[at].created, release.dataset, write_entry(root, dataset, at))
        for at in reversed(range(first, len(dataset.releases)))
    ]
    entries += [
        (each.revised, release.dataset, write_revision(root, each))
        for newest in dataset.releases[first:]
        for each in (*newest.earlier, newest)
        if each.revised
    ]
    entries += [*list_tombstones(catalogue, root, release.dataset), *list_changes(catalogue, root, dataset)]
    entries.sort(reverse=True)
    page = f"{root}datasets/{to_uri(release.dataset)}/"
    publisher = office.publishers.get(dataset.spec.pipeline.publisher)
    author = write_author(publisher.title if publisher else office.title, (publisher and publisher.url) or "")
    body = write_feed(name_dataset(dataset), page, author, entries[0][0], [entry for *_, entry in entries])
    return Page(f"datasets/{release.dataset}/feed.atom", body), entries


def write_feed(title: Text, page: str, author: str, updated: str, entries: Sequence[str]) -> bytes:
    """Write a feed; `page` is the URL of the HTML page it belongs to."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ja">\n'
        f"<id>{escape(page)}</id>\n<title>{escape(join(title, ' / '))}</title>\n<updated>{updated}</updated>\n"
        f'{author}<link rel="self" type="application/atom+xml" href="{escape(page)}feed.atom"/>\n'
        f'<link rel="alternate" type="text/html" href="{escape(page)}"/>\n'
        f'<generator uri="https://www.rfc-editor.org/rfc/rfc4287">entaku</generator>\n{"".join(entries)}</feed>\n'
    ).encode()


def write_author(name: Text, url: str) -> str:
    """Write the `author` element of a publisher."""
    address = f"<uri>{escape(to_uri(url))}</uri>" if url else ""
    return f"<author><name>{escape(name.get('ja'))}</name>{address}</author>\n"


def write_entry(root: str, dataset: Dataset, at: int) -> str:
    """Write the entry of the release at index `at`, with the reason for it and its changes since the one before."""
    newest = dataset.releases[at]
    release = (*newest.earlier, newest)[0]
    page = address_release(root, release)
    sample = "sample" in release.served
    title = facets.mark_sample(release.pipeline.title, sample)
    files = "".join(
        f'<link rel="enclosure" type="text/csv" length="{table.csv.bytes}" href="{escape(page + to_uri(table.csv.path))}"/>\n'
        for table in release.resources
    )
    return (
        f"<entry>\n<id>{escape(page)}</id>\n<title>{escape(join(title, ' / '))} {release.version}</title>\n"
        f"<updated>{release.created}</updated>\n<published>{release.created}</published>\n"
        f'<link rel="alternate" type="text/html" href="{escape(page)}"/>\n{files}'
        + link_changes(root, newest)
        + ('<category term="sample" label="見本"/>\n' if sample else "")
        + f'<content type="text">{escape(chr(10).join((*tell_reason(release), *tell_changes(newest, at == 0))))}</content>\n</entry>\n'
    )


def link_changes(root: str, release: Release) -> str:
    """Write the link to what a release changed, as data, and how much that breaks; nothing for the first."""
    if release.changes is None:
        return ""
    level, address = release.changes.level, f"{root}{to_uri(places.place_changes(release))}{CHANGES}"
    return (
        f'<link rel="related" type="application/json" href="{escape(address)}" title="{CHANGES}"/>\n'
        f'<category term="{level}" label="{LEVEL_WORDS[level].ja}"/>\n'
    )


def tell_reason(release: Release) -> list[str]:
    """Return the reason for which a release or a revision was made, a line in each language."""
    why = tell_why(release.why)
    return [f"理由：{why.ja}", f"Why: {why.en}"] if release.why else []


def write_revision(root: str, release: Release) -> str:
    """Write the entry of a revision of a release's metadata: why, and that the data stays."""
    page, title = address_release(root, release), facets.mark_sample(release.pipeline.title, "sample" in release.served)
    told = [*tell_reason(release), "データは同じです。", "The data is the same."]
    return (
        f"<entry>\n<id>{escape(page)}#r{release.revision}</id>\n"
        f"<title>改訂 / Revised: {escape(join(title, ' / '))} {release.version} r{release.revision}</title>\n"
        f"<updated>{release.revised}</updated>\n<published>{release.revised}</published>\n"
        f'<link rel="alternate" type="text/html" href="{escape(page)}"/>\n'
        f'<category term="revised" label="改訂"/>\n'
        f'<content type="text">{escape(chr(10).join(told))}</content>\n</entry>\n'
    )


def list_tombstones(catalogue: Catalogue, root: str, name: str) -> list[Entry]:
    """Write an entry for each tombstone of a dataset, newest first."""
    mine = [each for each in catalogue.tombstones if each.dataset == name]
    return [(each.when, name, write_tombstone(root, each)) for each in reversed(mine)]


def write_tombstone(root: str, tombstone: Tombstone) -> str:
    """Write the entry of what was withdrawn: why, and by whose decision."""
    page, raw = address_tombstone(root, tombstone), "".join(raw.sha256[:12] for raw in tombstone.raws[:1])
    what, mark = (tombstone.version, "") if tombstone.version else (raw, f"-{raw}")
    told = (f"理由：{tombstone.reason.get('ja')}", f"Why: {tombstone.reason.get('en')}", f"{tombstone.by}")
    return (
        f"<entry>\n<id>{escape(page)}#withdrawn{mark}</id>\n"
        f"<title>取り下げ / Withdrawn: {escape(join(tombstone.title, ' / '))} {what}</title>\n"
        f"<updated>{tombstone.when}</updated>\n<published>{tombstone.when}</published>\n"
        f'<link rel="alternate" type="text/html" href="{escape(page)}"/>\n'
        f'<category term="withdrawn" label="取り下げ"/>\n'
        f'<content type="text">{escape(chr(10).join(told))}</content>\n</entry>\n'
    )


def list_changes(catalogue: Catalogue, root: str, dataset: Dataset) -> Iterator[Entry]:
    """Write an entry on each change of a dataset's name, and on the end of its updates."""
    retired, name, office = dataset.retired, dataset.spec.pipeline.name, catalogue.office
    for former in list_former(office.renamed, name):
        to, when = office.renamed[former].to, facets.start_of(office.renamed[former].since, office.timezone)
        page, title = f"{root}datasets/{to_uri(former)}/", f"改名 / Renamed: {join(name_dataset(dataset), ' / ')}"
        told = [f"{former} → {to}", f"{root}datasets/{to_uri(name)}/"]
        yield when, name, write_notice(page, "renamed", title, when, told)
    breaking = facets.find_announced(dataset)
    if breaking is not None and dataset.current is not None:
        page, title = f"{root}datasets/{to_uri(name)}/", f"予告 / Announced: {join(name_dataset(dataset), ' / ')}"
        revisions = [each for release in dataset.releases for each in (*release.earlier, release)]
        told_by = [each for each in revisions if each.pipeline.breaking == breaking]
        when = (told_by[0].revised or told_by[0].created) if told_by else dataset.current.created
        listed = ", ".join((*breaking.columns, *breaking.tables))
        told = [f"{breaking.from_}: {listed}", f"理由：{breaking.why.get('ja')}", f"Why: {breaking.why.get('en')}"]
        yield when, name, write_notice(page, f"breaking-{breaking.from_}", title, when, told)
    if retired is not None:
        page, other = f"{root}datasets/{to_uri(name)}/", facets.address_replacement(catalogue, dataset, root)
        when = facets.start_of(retired.since, office.timezone)
        told = [f"理由：{retired.reason.get('ja')}", f"Why: {retired.reason.get('en')}"]
        told += [f"代わりのデータ / Use instead: {other}"] if other else []
        title = f"更新終了 / No longer updated: {join(name_dataset(dataset), ' / ')}"
        yield when, name, write_notice(page, f"retired-{retired.since}", title, when, told)


def write_notice(page: str, kind: str, title: str, when: str, told: Sequence[str]) -> str:
    """Write an entry on what became of a dataset."""
    return (
        f"<entry>\n<id>{escape(page)}#{kind}</id>\n<title>{escape(title)}</title>\n"
        f"<updated>{when}</updated>\n<published>{when}</published>\n"
        f'<link rel="alternate" type="text/html" href="{escape(page)}"/>\n<category term="{kind.partition("-")[0]}"/>\n'
        f'<content type="text">{escape(chr(10).join(told))}</content>\n</entry>\n'
    )


# ---- what changed -----------------------------------------------------------------------------------------------


def tell_changes(release: Release, first: bool) -> Iterator[str]:
    """Yield a release's changes: a line in each language for each table that is new, removed or changed."""
    titles = {table.name: table.resource.title for table in release.resources}
    if release.changes is None:
        for table in release.resources:
            title, columns = table.resource.title, len(table.resource.schema.fields)
            ja, en = ("新しい表", "new table") if first else ("表", "table")
            yield f"{title.get('ja')}：{ja}（{table.rows:,} 行、{columns} 列）"
            yield f"{title.get('en')}: {en} ({table.rows:,} rows, {columns} columns)"
        return
    for change in release.changes.tables:
        title, told = titles.get(change.table, Text(ja=change.table, en=change.table)), tell_change(change)
        yield f"{title.get('ja')}：{told.ja}"
        yield f"{title.get('en')}: {told.en}"
    if not release.changes.tables:
        yield "表は前の版と同じです"
        yield "The tables are those of the release before"


def join(words: Text, between: str) -> str:
    """Join words in both languages on one line."""
    return between.join(text for text in (words.ja, words.en) if text)
