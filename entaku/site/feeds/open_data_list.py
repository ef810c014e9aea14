"""「オープンデータ一覧」: the CSV by which Japanese municipal catalogues import each other's datasets.

The columns are those of 自治体標準オープンデータセット 06 (`model.standards`), as SHIRASAGI writes and reads them: one row
for each *file*; the key is データセット_ID.  The importer deletes datasets that are missing from the list; a dataset that
has been released stays in it as long as its releases exist.  What a spec doesn't tell is left empty: subtitle, universal
menu, provenance, telephone, and whether a file has an API, which is up to the host (docs/hosting.md).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial

from entaku.catalogue import facets, places
from entaku.model.files import DESCRIPTOR
from entaku.model.grammar import Frequency
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release
from entaku.model.standards import find_standard, name_standard
from entaku.model.words import Text
from entaku.site.feeds.common import (
    LABELS,
    SAMPLE_NOTE,
    Distribution,
    clean,
    find_root,
    list_distributions,
    list_released,
    name_dataset,
    per_dataset,
    to_uri,
)
from entaku.site.kept import Parts

DIALECT = "オープンデータ一覧"
PATH = "open-data-list.csv"
FREQUENCIES: dict[Frequency, str] = {
    "daily": "毎日", "weekly": "毎週", "monthly": "毎月", "quarterly": "四半期ごと", "yearly": "毎年", "irregular": "不定期",
}  # fmt: skip
RETIRED, SERVED = "更新終了", "配信中"
LICENSES = {"CC-BY-4.0": "CC BY 4.0", "PDL-1.0": "公共データ利用規約（第1.0版）"}
"""Names of licences in the list; others have their titles."""


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write the list, in UTF-8 with a byte-order mark, for Excel."""
    root, body = find_root(catalogue), io.BytesIO()
    text = io.TextIOWrapper(body, encoding="utf-8-sig", newline="", write_through=False)
    columns = dict.fromkeys(list_columns(), "")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for told in per_dataset(DIALECT, list_released(catalogue), partial(list_rows, catalogue, root), parts, catalogue):
        if isinstance(told, Finding):
            yield told
        else:
            rows = [columns | row for row in told]
            assert all(len(row) == len(columns) for row in rows)
            writer.writerows(row.values() for row in rows)
    text.flush()
    yield Page(PATH, body.getvalue())


def list_columns() -> list[str]:
    """List the headings, in their order."""
    standard = find_standard(DIALECT)
    assert standard is not None
    return [column.title.ja for column in standard.columns]


@lru_cache
def find_day(utc: str, timezone: str) -> str:
    """Return the date of a UTC time in a time zone."""
    return facets.find_day(utc, timezone).isoformat()


def list_rows(catalogue: Catalogue, root: str, dataset: Dataset, release: Release) -> list[dict[str, str]]:
    """Describe a dataset in a row for each of its files."""
    pipeline, office, sample = dataset.spec.pipeline, catalogue.office, facets.is_sample(dataset)
    page = f"{root}datasets/{to_uri(pipeline.name)}/"
    publisher = office.publishers.get(pipeline.publisher)
    name = (publisher.title if publisher else office.title).get("ja")
    contact = (publisher.email if publisher else "") or office.contact or ""
    issued = find_day(dataset.releases[0].created, office.timezone)
    notes = [SAMPLE_NOTE] * sample + [note.get("ja") for note in pipeline.notes]
    if dataset.retired:
        other = facets.address_replacement(catalogue, dataset, root)
        told = f"{dataset.retired.since} から更新していません。{dataset.retired.reason.get('ja')}"
        notes.insert(0, told + (f" 代わりのデータ：{other}" if other else ""))
    place = pipeline.coverage.place.get("ja") or (office.government.title.get("ja") if office.government else "")
    themes = [office.themes[key].title.get("ja") for key in pipeline.themes if key in office.themes]
    common = {
        "全国地方公共団体コード": office.government.code if office.government else "",
        "地方公共団体名": office.government.title.get("ja") if office.government else name,
        "データセット_ID": pipeline.name,
        "データセット_タイトル": name_dataset(dataset).get("ja"),
        "データセット_概要": pipeline.description.get("ja").strip(),
        "データセット_キーワード": join_values(pipeline.keywords),
        "データセット_分類": join_values(themes),
        "データセット_公開日": issued,
        "データセット_最終更新日": find_day(facets.find_modified(release), office.timezone),
        "データセット_バージョン": release.version,
        "データセット_言語": join_values(list_languages(pipeline.title)),
        "データセット_URL": page,
        "データセット_更新頻度": RETIRED if dataset.retired else FREQUENCIES[pipeline.frequency],
        "データセット_準拠する標準": ";".join(facets.list_standards(release)),
        "データセット_関連ドキュメント": pipeline.landing_page or "",
        "データセット_対象地域": place,
        "データセット_対象期間": "/".join(filter(None, facets.find_span(dataset, office.timezone))),
        "データセット_作成者": name,
        "データセット_連絡先名称": name,
        "データセット_連絡先メールアドレス": contact if "@" in contact else "",
        "データセット_連絡先FormURL": contact if contact.startswith("http") else "",
        "データセット_備考": "\n".join(notes),
    }
    common = clean_row(common)
    rows = [
        common | clean_row(describe_file(catalogue, page, dataset, release, distribution))
        for distribution in list_distributions(release)
    ]
    by_name = {row["ファイル_ダウンロードURL"]: row for row in rows}
    for each in places.list_data(office, release):
        own = {"ファイル_ID": f"{dataset.spec.pipeline.name}/{each.name}", "ファイル_形式": each.format.label}
        own |= {"ファイル_タイトル": each.title.get("ja"), "ファイル_サイズ": ""}
        own["ファイル_ダウンロードURL"] = page + to_uri(each.name)
        own["ファイル_説明"] = each.description.get("ja").strip()
        table = each.table or release.resources[0]
        first = table.parted.listed if table.parted else table.csv
        rows.append(by_name[page + to_uri(first.path)] | clean_row(own))
    return rows


def clean_row(row: Mapping[str, str]) -> dict[str, str]:
    """Return cells without characters that no XML document may hold."""
    return {column: clean(value) for column, value in row.items()}


def describe_file(
    catalogue: Catalogue, page: str, dataset: Dataset, release: Release, distribution: Distribution
) -> dict[str, str]:
    """Describe a file in the columns that differ between files."""
    office, key, sample = catalogue.office, dataset.spec.pipeline.license, facets.is_sample(dataset)
    terms, (table, kind, file) = office.licenses.get(key), distribution
    first = next(each for each in dataset.releases if any(other.name == table.name for other in each.resources))
    return {
        "ファイル_ID": f"{dataset.spec.pipeline.name}/{file.path}",
        "ファイル_タイトル": f"{facets.mark_sample(table.resource.title, sample).get('ja')}（{distribution.label}）",
        "ファイル_アクセスURL": page,
        "ファイル_ダウンロードURL": page + to_uri(file.path),
        "ファイル_説明": table.resource.description.get("ja").strip(),
        "ファイル_形式": LABELS[kind],
        "ファイル_ライセンス": LICENSES.get(key) or (terms.title.get("ja") if terms else key),
        "ファイル_ステータス": SERVED,
        "ファイル_サイズ": str(file.bytes),
        "ファイル_公開日": find_day(first.created, office.timezone),
        "ファイル_最終更新日": find_day(release.created, office.timezone),
        "ファイル_利用規約": to_uri(terms.url) if terms else "",
        "ファイル_関連ドキュメント": f"{page}{DESCRIPTOR}",
        "ファイル_言語": join_values(list_languages(table.resource.title)),
        "ファイル_準拠する標準": name_standard(table.resource.schema),
        "ファイル_著作権表記": dataset.spec.pipeline.credit.get("ja").strip(),
    }


def join_values(values: Iterable[str]) -> str:
    """Join several values in one cell, none of which may have the mark between them."""
    return ";".join(value.replace(";", "；") for value in values)


def list_languages(title: Text) -> list[str]:
    """List the languages in which something is described."""
    return ["ja", "en"] if title.en else ["ja"]
