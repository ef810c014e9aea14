"""For language models: `llms.txt` (https://llmstxt.org/), `index.md` beside every dataset's page, and `llms-full.txt`,
the English ones of these in one file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from entaku.catalogue import build, facets, places
from entaku.model.files import DESCRIPTOR, PROFILES, REPORT, ROOT, find_file
from entaku.model.grammar import Frequency
from entaku.model.nouns import LANGS, Catalogue, Dataset, Finding, Lang, Page, Release, ReleasedResource
from entaku.site.feeds.atom import BREAKING
from entaku.site.feeds.common import address_release, clean, find_root, name_dataset, per_dataset, to_uri
from entaku.site.feeds.mcp import MCP
from entaku.site.feeds.openapi import OPENAPI
from entaku.site.kept import Parts

DIALECT = "Markdown"
FOLDERS: Mapping[Lang, str] = {"ja": "", "en": "en/"}
WORDS: Mapping[str, tuple[str, str]] = {
    "sample": ("**これは見本（合成データ）です。実際のデータではありません。**", "**This is a synthetic sample, not real data.**"),
    "unreleased": ("まだ公開された版はありません。", "Nothing has been published yet."),
    "publisher": ("公開者", "Publisher"), "license": ("利用条件", "Licence"), "frequency": ("更新頻度", "Updated"),
    "version": ("版", "Version"), "doi": ("DOI", "DOI"), "fetched": ("取得", "Fetched"), "page": ("ページ", "Page"),
    "source": ("公開元", "Source"), "credit": ("出典の書き方", "How to credit"), "keywords": ("キーワード", "Keywords"),
    "standards": ("準拠する標準", "Standards"),
    "notes": ("使うときの注意", "Before you use it"), "errata": ("正誤", "Known errors of the source"),
    "rows": ("行", "rows"), "files": ("ファイル", "Files"),
    "columns": ("| 列 | 型 | 単位 | 意味 |", "| Column | Type | Unit | Meaning |"), "key": ("主キー", "Primary key"),
    "never": ("更新終了", "no longer"), "retired": ("更新を終えた日", "No longer updated since"), "why": ("理由", "Why"),
    "replaced": ("代わりのデータ", "Use instead"),
    "machine": ("機械で読む形", "For machines"),
    "versions": ("版の一覧", "Releases"),
}  # fmt: skip
FREQUENCIES: Mapping[Frequency, tuple[str, str]] = {
    "daily": ("毎日", "daily"), "weekly": ("毎週", "weekly"), "monthly": ("毎月", "monthly"),
    "quarterly": ("四半期ごと", "quarterly"), "yearly": ("毎年", "yearly"), "irregular": ("不定期", "irregularly"),
}  # fmt: skip
VERSIONS = 10
FULL = "llms-full.txt"
MOST = 2_000_000
"""Bytes of datasets in `llms-full.txt`: half a million tokens or so; datasets are left out as a whole."""
SEPARATOR = b"\n---\n\n"
"""What stands between the languages of a page, and between datasets."""
_MARKS = re.compile(r"[\\|\[\]<`*]")


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write `llms.txt`, `index.md` of every dataset, in Japanese and then in English, and `llms-full.txt`."""
    root = find_root(catalogue)
    lines, full = list[str](), Full()
    ordered = ((dataset, dataset.current) for dataset in facets.list_all(catalogue))
    for told in per_dataset(DIALECT, ordered, partial(describe_dataset, catalogue, root), parts, catalogue):
        if isinstance(told, Finding):
            yield told
        else:
            pages, line, whole = told
            yield from pages
            lines.append(line)
            full.add(whole)
    yield Page(
        "llms.txt",
        clean(
            "\n".join(
                [*write_head(catalogue), *lines, "", *write_rest(catalogue, root, bool(lines)), *write_keys(catalogue)]
            )
        ).encode(),
    )
    yield Page(FULL, full.write(root, write_title(catalogue)))


def describe_dataset(
    catalogue: Catalogue, root: str, dataset: Dataset, release: Release | None
) -> tuple[list[Page], str, bytes]:
    """Write a dataset's page, its line in `llms.txt`, and its part of `llms-full.txt`, the English half of the page."""
    halves = [write_dataset(catalogue, root, lang, dataset, release) for lang in LANGS]
    page = Page(f"datasets/{dataset.spec.pipeline.name}/index.md", SEPARATOR.join(halves))
    return [page], write_line(catalogue, root, dataset, release), halves[LANGS.index("en")]


class Full:
    """`llms-full.txt`: datasets in the order of `llms.txt`, as many as fit."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []
        self._size, self._count, self._ended = 0, 0, False

    def add(self, body: bytes) -> None:
        """Add a dataset, unless the file has ended before."""
        self._count += 1
        self._size += len(body)
        self._ended = self._ended or self._size > MOST
        if not self._ended:
            self._bodies.append(body)

    def write(self, root: str, title: list[str]) -> bytes:
        """Write the file; where it has ended, it says so at its beginning and at its end."""
        shown, count = len(self._bodies), self._count
        about = f"Every dataset of {root}llms.txt ({count:,}), each as in the English half of its own `index.md`."
        if self._ended:
            about = f"The first {shown:,} of {count:,} datasets of {root}llms.txt, each as in the English half of its own `index.md`."
        parts = [clean("\n".join([*title, "", about])).encode() + b"\n", *self._bodies]
        if self._ended:
            rest = f"This file ends here, at its limit of {MOST:,} bytes: {count - shown:,} more are listed in"
            parts.append(f"{rest} {root}llms.txt, with the addresses of their `index.md`.\n".encode())
        return SEPARATOR.join(parts)


def say(key: str, lang: Lang) -> str:
    """Return the word `key` in a language."""
    return WORDS[key][LANGS.index(lang)]


ROUND = str.maketrans("[]", "()")


def one_line(text: str) -> str:
    """Return `text` on one line, with Markdown's and HTML's special characters escaped."""
    line = " ".join(text.split())
    return _MARKS.sub(r"\\\g<0>", line) if _MARKS.search(line) else line


# ---- llms.txt ---------------------------------------------------------------------------------------------------


def write_head(catalogue: Catalogue) -> list[str]:
    """Write the title and what begins the list of datasets."""
    return [*write_title(catalogue), "", "## Datasets", ""]


def write_title(catalogue: Catalogue) -> list[str]:
    """Write the catalogue's title and description."""
    office = catalogue.office
    title = facets.mark_sample(office.title, facets.has_samples(catalogue))
    lines = [f"# {one_line(title.get('en'))}", ""]
    if facets.has_samples(catalogue):
        lines += ["> Some or all of the data are synthetic samples, marked [SAMPLE]: never quote them as facts.", ""]
    lines += [f"> {one_line(office.description.get('en'))}", ""]
    return [*lines, f"{one_line(office.title.ja)}: {one_line(office.description.ja)}"]


def write_line(catalogue: Catalogue, root: str, dataset: Dataset, release: Release | None) -> str:
    """Write a dataset in one line."""
    pipeline, title = dataset.spec.pipeline, name_dataset(dataset)
    size = f"{facets.count_rows(release):,} rows. " if release else "Not yet released. "
    address = f"{root}datasets/{to_uri(pipeline.name)}/index.md"
    if dataset.retired:
        other = facets.address_replacement(catalogue, dataset, root)
        size += (
            f"No longer updated, since {dataset.retired.since}{f'; use <{to_uri(other)}> instead' if other else ''}. "
        )
    about = one_line(pipeline.description.get("en"))
    name = one_line(title.get("en").translate(ROUND))  # readers of llms.txt take the first "]" for the end of a link
    return f"- [{name}]({address}): {size}{about if len(about) <= 200 else about[:200] + '…'}"


def write_rest(catalogue: Catalogue, root: str, some: bool) -> list[str]:
    """Write the links to the catalogue's machine-readable files."""
    links = {
        "All datasets in one file (Markdown)": FULL,
        "Catalogue (DCAT-AP, JSON-LD)": "catalog.jsonld", "Catalogue (data.json)": "data.json",
        "What is new (Atom)": "feed.atom", "Breaking changes alone (Atom)": BREAKING,
        "Every file in a CSV (オープンデータ一覧)": "open-data-list.csv",
        "How to use the data": "en/developers/", "Tools for models (MCP)": MCP,
        "Every address (OpenAPI)": OPENAPI,
    }  # fmt: skip
    if build.offers_database(catalogue.office):
        links["All tables as views (DuckDB, to ATTACH)"] = build.DATABASE
    if some:
        links["Search (CKAN API)"] = "api/3/action/package_search"
    return ["## Optional", "", *(f"- [{words}]({root}{path})" for words, path in links.items()), ""]


def write_keys(catalogue: Catalogue) -> list[str]:
    """Write the public keys of the site's signature, if it is signed."""
    signing = catalogue.office.signing
    keys = (
        [f"- `{key.public_key}`{f' (until {key.until})' if key.until else ''}" for key in signing.keys]
        if signing
        else []
    )
    how = f"`{ROOT}` and each `manifest.json` are signed (minisign); the signature is beside them as `.minisig`."
    return ["## Signature", "", how, "", *keys, ""] if keys else []


# ---- a dataset --------------------------------------------------------------------------------------------------


def write_dataset(catalogue: Catalogue, root: str, lang: Lang, dataset: Dataset, release: Release | None) -> bytes:
    """Write a dataset's page in a language as Markdown."""
    pipeline, office = dataset.spec.pipeline, catalogue.office
    page = f"{root}{FOLDERS[lang]}datasets/{to_uri(pipeline.name)}/"
    publisher, terms = office.publishers.get(pipeline.publisher), office.licenses.get(pipeline.license)
    facts = {
        "publisher": one_line(publisher.title.get(lang) if publisher else pipeline.publisher),
        "license": f"[{one_line(terms.title.get(lang))}]({to_uri(terms.url)})" if terms else pipeline.license,
        "credit": one_line(pipeline.credit.get(lang)),
        "frequency": say("never", lang) if dataset.retired else FREQUENCIES[pipeline.frequency][LANGS.index(lang)],
        "retired": dataset.retired.since if dataset.retired else "",
        "why": one_line(dataset.retired.reason.get(lang)) if dataset.retired else "",
        "replaced": to_uri(facets.address_replacement(catalogue, dataset, root)),
        "version": release.version if release else "",
        "doi": ", ".join(
            filter(None, (pipeline.doi.dataset, pipeline.doi.versions.get(release.version if release else "")))
        ),
        "fetched": release.created if release else "",
        "keywords": one_line(", ".join(pipeline.keywords)),
        "standards": one_line(", ".join(facets.list_standards(release))),
        "source": to_uri(pipeline.landing_page or ""),
        "page": page,
    }
    lines = [f"# {one_line(name_dataset(dataset).get(lang))}", ""]
    if facets.is_sample(dataset):
        lines += [say("sample", lang), ""]
    lines += [one_line(pipeline.description.get(lang)), ""]
    lines += [f"- {say(key, lang)}: {value}" for key, value in facts.items() if value]
    if pipeline.notes:
        lines += ["", f"## {say('notes', lang)}", "", *(f"- {one_line(note.get(lang))}" for note in pipeline.notes)]
    if release and (errata := facets.list_errata(release)):
        lines += ["", f"## {say('errata', lang)}", "", *(f"- {one_line(one.tell().get(lang))}" for one in errata)]
    if not release:
        lines += ["", say("unreleased", lang)]
    else:
        own = f"{root}datasets/{to_uri(pipeline.name)}/"
        for table in release.resources:
            more = [
                each.name for each in places.list_made(office, release) if (each.table or release.resources[0]) is table
            ]
            lines += ["", *write_table(table, own, more, lang)]
        lines += ["", f"## {say('machine', lang)}", ""]
        names = [DESCRIPTOR, "croissant.json", "dcat.jsonld", "dcat.ttl", "feed.atom", REPORT]
        lines += [f"- [{name}]({own}{name})" for name in names]
        profiles = find_file(release.files, PROFILES)
        lines += [f"- [{PROFILES}]({address_release(root, release)}{profiles.path})"] if profiles else []
        lines += ["", f"## {say('versions', lang)}", ""]
        lines += [
            f"- [{each.version}]({address_release(root + FOLDERS[lang], each)})"
            for each in reversed(dataset.releases[-VERSIONS:])
        ]
    return clean("\n".join(lines) + "\n").encode()


def write_table(table: ReleasedResource, own: str, more: Sequence[str], lang: Lang) -> list[str]:
    """Write a table: its files and columns."""
    resource = table.resource
    lines = [f"## {one_line(resource.title.get(lang))} ({table.rows:,} {say('rows', lang)})", ""]
    if resource.description.get(lang):
        lines += [one_line(resource.description.get(lang)), ""]
    data = [table.parted.listed] if table.parted else [table.csv, table.parquet]
    files = ", ".join(f"[{path}]({own}{to_uri(path)})" for path in (*(file.path for file in data), *more))
    lines.append(f"{say('files', lang)}: {files}")
    if resource.schema.primaryKey:
        lines.append(f"\n{say('key', lang)}: {', '.join(resource.schema.primaryKey)}")
    lines += ["", say("columns", lang), "|---|---|---|---|"]
    for field in resource.schema.fields:
        words = " — ".join(filter(None, (field.title.get(lang), field.description.get(lang))))
        lines.append(f"| {field.name} | {field.type} | {one_line(field.unit)} | {one_line(words)} |")
    return lines
