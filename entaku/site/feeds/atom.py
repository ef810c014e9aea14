"""Atom 1.0 (RFC 4287): `feed.atom` of the catalogue, of each dataset, publisher and theme, and `breaking.atom` with
changes that break programs alone.  An entry per release with its changes, for what was withdrawn, renamed or retired."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from entaku.catalogue import facets, places
from entaku.model.changes import LEVEL_WORDS, tell_change, tell_total
from entaku.model.files import CHANGES
from entaku.model.leaving import list_former
from entaku.model.ledgers import Tombstone
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release
from entaku.model.revisions import tell_why
from entaku.model.words import Text
from entaku.site.feeds.common import (
    TYPES,
    address_release,
    address_tombstone,
    escape,
    find_root,
    list_distributions,
    list_gone,
    list_released,
    name_dataset,
    per_dataset,
    to_uri,
)
from entaku.site.kept import Parts

DIALECT = "Atom"
NEWEST = 100
"""Entries in a feed of several datasets."""
MOST = 2 * NEWEST
"""Entries from which older ones are dropped while they are collected."""
BREAKING = "changes/breaking.atom"
"""The path of the feed of changes that break programs, announced and carried out."""
RELEASES = 60
"""Releases in a dataset's feed."""
NEVER = "1970-01-01T00:00:00Z"
"""`updated` of a catalogue without any release; Atom requires one."""


class FeedEntry(NamedTuple):
    """An entry of a feed."""

    when: str
    dataset: str
    body: str
    breaking: bool = False
    """Whether it tells of a change that breaks programs."""


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write the feed of every dataset, of each publisher and theme, of breaking changes, and that of the catalogue."""
    root, office = find_root(catalogue), catalogue.office
    newest: dict[str, list[FeedEntry]] = {}

    def note(path: str, entries: Sequence[FeedEntry]) -> None:
        known = newest.setdefault(path, [])
        known += entries
        if len(known) > MOST:
            newest[path] = choose_newest(known)

    for told in per_dataset(
        DIALECT, list_released(catalogue), partial(describe_dataset, catalogue, root), parts, catalogue
    ):
        if isinstance(told, Finding):
            yield told
        else:
            page, entries = told
            yield page
            for path in list_shared(catalogue.by_name[entries[0].dataset]) if entries else ():
                note(path, entries)
            note(BREAKING, [entry for entry in entries if entry.breaking])
    for name, tombstone in list_gone(catalogue).items():
        entries = list_tombstones(catalogue, root, name)
        address, author = f"{root}datasets/{to_uri(name)}/", write_author(office.title, root)
        yield Page(f"datasets/{name}/feed.atom", write_feed(tombstone.title, address, author, entries))
        note("feed.atom", entries)
    for path, title in name_shared(catalogue).items():
        own = root + BREAKING if path == BREAKING else ""
        address = root if own else root + to_uri(path.removesuffix("feed.atom"))
        body = write_feed(title, address, write_author(office.title, root), choose_newest(newest.get(path, ())), own)
        yield Page(path, body)


def choose_newest(entries: Iterable[FeedEntry]) -> list[FeedEntry]:
    """Return the entries that a feed of several datasets has, newest first."""
    return sorted(entries, reverse=True)[:NEWEST]


def list_shared(dataset: Dataset) -> list[str]:
    """List the paths of the feeds of several datasets in which all entries of a dataset are."""
    pipeline = dataset.spec.pipeline
    return [
        "feed.atom",
        f"publishers/{pipeline.publisher}/feed.atom",
        *(f"themes/{key}/feed.atom" for key in pipeline.themes),
    ]


def name_shared(catalogue: Catalogue) -> dict[str, Text]:
    """Return the titles of the feeds of several datasets by path; that of the catalogue is the last."""
    office = catalogue.office
    names = {f"publishers/{key}/feed.atom": each.title for key, each in office.publishers.items()}
    names |= {f"themes/{key}/feed.atom": each.title for key, each in office.themes.items()}
    samples = {path for each in catalogue.datasets if facets.is_sample(each) for path in list_shared(each)}
    breaking = LEVEL_WORDS["major"]
    named = {path: facets.mark_sample(title, path in samples) for path, title in names.items()}
    whole = facets.mark_sample(office.title, facets.has_samples(catalogue))
    ja, en = f"{breaking.ja}：{whole.ja}", f"{breaking.en}: {whole.en or whole.ja}"
    return {**named, BREAKING: Text(ja=ja, en=en), "feed.atom": whole}


def describe_dataset(
    catalogue: Catalogue, root: str, dataset: Dataset, release: Release
) -> tuple[Page, list[FeedEntry]]:
    """Write a dataset's own feed; also return its entries, newest first."""
    office, first = catalogue.office, max(len(dataset.releases) - RELEASES, 0)
    entries = [
        FeedEntry(
            dataset.releases[at].created, release.dataset, write_entry(root, dataset, at), breaks(dataset.releases[at])
        )
        for at in reversed(range(first, len(dataset.releases)))
    ]
    entries += [
        FeedEntry(each.revised, release.dataset, write_revision(root, each))
        for newest in dataset.releases[first:]
        for each in (*newest.earlier, newest)
        if each.revised
    ]
    entries += [*list_tombstones(catalogue, root, release.dataset), *list_changes(catalogue, root, dataset)]
    entries.sort(reverse=True)
    page = f"{root}datasets/{to_uri(release.dataset)}/"
    publisher = office.publishers.get(dataset.spec.pipeline.publisher)
    author = write_author(publisher.title if publisher else office.title, (publisher and publisher.url) or "")
    body = write_feed(name_dataset(dataset), page, author, entries)
    return Page(f"datasets/{release.dataset}/feed.atom", body), entries


def write_feed(title: Text, page: str, author: str, entries: Sequence[FeedEntry], own: str = "") -> bytes:
    """Write a feed; `page` is the URL of the HTML page it belongs to, and its id; `own` is its own URL and its id where
    that page has another feed."""
    updated = entries[0].when if entries else NEVER
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ja">\n'
        f"<id>{escape(own or page)}</id>\n<title>{escape(join(title, ' / '))}</title>\n<updated>{updated}</updated>\n"
        f'{author}<link rel="self" type="application/atom+xml" href="{escape(own or page + "feed.atom")}"/>\n'
        f'<link rel="alternate" type="text/html" href="{escape(page)}"/>\n'
        f'<generator uri="https://www.rfc-editor.org/rfc/rfc4287">entaku</generator>\n{"".join(entry.body for entry in entries)}</feed>\n'
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
    said = tell_total(newest.changes) if newest.changes else Text()
    short = f" ({escape(join(said, ' / '))})" if said.ja else ""
    told = (*tell_reason(release), *tell_changes(newest, at == 0), *tell_announced(newest))
    files = "".join(
        f'<link rel="enclosure" type="{TYPES[each.kind]}" length="{each.file.bytes}" href="{escape(page + to_uri(each.file.path))}"/>\n'
        for each in list_distributions(release)
        if each.kind != "parquet"
    )
    return (
        f"<entry>\n<id>{escape(page)}</id>\n<title>{escape(join(title, ' / '))} {release.version}{short}</title>\n"
        f"<updated>{release.created}</updated>\n<published>{release.created}</published>\n"
        f'<link rel="alternate" type="text/html" href="{escape(page)}"/>\n{files}'
        + link_changes(root, newest)
        + ('<category term="sample" label="見本"/>\n' if sample else "")
        + f'<content type="text">{escape(chr(10).join(told))}</content>\n</entry>\n'
    )


def link_changes(root: str, release: Release) -> str:
    """Write the links to what a release changed, its page and as data, and how much that breaks; nothing for the first."""
    if release.changes is None:
        return ""
    page = address_release(root, release)
    level, address = release.changes.level, f"{root}{to_uri(places.place_changes(release))}{CHANGES}"
    return (
        f'<link rel="related" type="text/html" href="{escape(page)}#changes" title="変わったこと / Changes"/>\n'
        f'<link rel="related" type="application/json" href="{escape(address)}" title="{CHANGES}"/>\n'
        f'<category term="{level}" label="{LEVEL_WORDS[level].ja}"/>\n'
    )


def breaks(release: Release) -> bool:
    """Test whether a release changed what breaks programs."""
    return release.changes is not None and release.changes.level == "major"


def tell_announced(release: Release) -> list[str]:
    """Return that a release carries a breaking change out, or which is announced for later, a line in each language."""
    if breaks(release):
        return [f"{LEVEL_WORDS['major'].ja}：この版から", "Breaking: from this version on"]
    breaking = release.pipeline.breaking
    if breaking is None or breaking.from_ <= release.created[:10]:
        return []
    names = ", ".join((*breaking.columns, *breaking.tables))
    return [
        f"予告：{breaking.from_} から、{LEVEL_WORDS['major'].ja}（{names}）。{breaking.why.get('ja')}",
        f"Breaking from {breaking.from_}: {names}. {breaking.why.get('en')}",
    ]


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


def list_tombstones(catalogue: Catalogue, root: str, name: str) -> list[FeedEntry]:
    """Write an entry for each tombstone of a dataset, newest first."""
    mine = [each for each in catalogue.tombstones if each.dataset == name]
    return [FeedEntry(each.when, name, write_tombstone(root, each)) for each in reversed(mine)]


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


def list_changes(catalogue: Catalogue, root: str, dataset: Dataset) -> Iterator[FeedEntry]:
    """Write an entry on each change of a dataset's name, and on the end of its updates."""
    retired, name, office = dataset.retired, dataset.spec.pipeline.name, catalogue.office
    for former in list_former(office.renamed, name):
        to, when = office.renamed[former].to, facets.start_of(office.renamed[former].since, office.timezone)
        page, title = f"{root}datasets/{to_uri(former)}/", f"改名 / Renamed: {join(name_dataset(dataset), ' / ')}"
        told = [f"{former} → {to}", f"{root}datasets/{to_uri(name)}/"]
        yield FeedEntry(when, name, write_notice(page, "renamed", title, when, told))
    breaking = facets.find_announced(dataset)
    if breaking is not None and dataset.current is not None:
        page, title = f"{root}datasets/{to_uri(name)}/", f"予告 / Announced: {join(name_dataset(dataset), ' / ')}"
        revisions = [each for release in dataset.releases for each in (*release.earlier, release)]
        told_by = [each for each in revisions if each.pipeline.breaking == breaking]
        when = (told_by[0].revised or told_by[0].created) if told_by else dataset.current.created
        listed = ", ".join((*breaking.columns, *breaking.tables))
        told = [
            f"{breaking.from_}: {listed}",
            f"Breaking from {breaking.from_}",
            f"理由：{breaking.why.get('ja')}",
            f"Why: {breaking.why.get('en')}",
        ]
        yield FeedEntry(when, name, write_notice(page, f"breaking-{breaking.from_}", title, when, told), True)
    if retired is not None:
        page, other = f"{root}datasets/{to_uri(name)}/", facets.address_replacement(catalogue, dataset, root)
        when = facets.start_of(retired.since, office.timezone)
        told = [f"理由：{retired.reason.get('ja')}", f"Why: {retired.reason.get('en')}"]
        told += [f"代わりのデータ / Use instead: {other}"] if other else []
        title = f"更新終了 / No longer updated: {join(name_dataset(dataset), ' / ')}"
        yield FeedEntry(when, name, write_notice(page, f"retired-{retired.since}", title, when, told))


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
