"""Lists of files: a folder, a dataset of a CKAN, a `data.json`, a list of open data as CSV → what is to be drafted."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from entaku.model.nouns import Raw
from entaku.table import read

SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".json", ".geojson")
_FORMATS = {"CSV": 0, "TSV": 1, "XLSX": 2, "ODS": 3, "XLS": 4, "JSON": 5, "GEOJSON": 6}
"""Formats that are read, the best first: of a table in several, one is drafted."""
_CKAN = re.compile(r"(?P<site>https?://[^?#]+?)/dataset/(?P<id>[^/?#]+)/?$")
_TITLES = ("データセット_タイトル", "データセット名", "データセット名称", "データ名称", "タイトル", "名称", "title")
_URLS = (
    "ファイル_ダウンロードURL",
    "ダウンロードURL",
    "ファイルURL",
    "データURL",
    "データセットURL",
    "データセット_URL",
    "URL",
    "url",
)
_ABOUT = ("データセット_概要", "概要", "説明", "description")


@dataclass(frozen=True)
class Offer:
    """A file that a list names, and what the list says of it."""

    source: str
    title: str = ""
    description: str = ""
    license: str = ""
    landing_page: str = ""


def list_folder(folder: Path) -> tuple[Offer, ...]:
    """The readable files in a folder, by name."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in SUFFIXES)
    return tuple(Offer(str(path)) for path in files if not path.name.startswith((".", "~$")))


def find_ckan(source: str) -> str:
    """The API call for a dataset's page in a CKAN; "" for any other address."""
    match = _CKAN.fullmatch(source)
    return f"{match['site']}/api/3/action/package_show?id={quote(unquote(match['id']), safe='')}" if match else ""


def read_offers(raw: Raw, body: bytes, page: str = "") -> tuple[Offer, ...]:
    """The files that a list names; () where the file is no list but data."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return ()
        return tuple(_list_json(value, page)) if isinstance(value, dict) else ()
    return tuple(_list_csv(raw, body))


def _list_json(value: Mapping[str, Any], page: str) -> Iterator[Offer]:
    result = value.get("result", value)
    if isinstance(result, dict) and isinstance(result.get("resources"), list):
        yield from _list_package(result, page)
    for dataset in value.get("dataset", ()) if isinstance(value.get("dataset"), list) else ():
        if isinstance(dataset, dict):
            files = [one for one in _as_list(dataset.get("distribution")) if isinstance(one, dict)]
            urls = [
                (_text(one, "title"), _text(one, "downloadURL") or _text(one, "accessURL"), _text(one, "format"))
                for one in files
            ]
            yield from _choose(dataset, urls, _text(dataset, "landingPage"), _text(dataset, "description"))


def _list_package(package: Mapping[str, Any], page: str) -> Iterator[Offer]:
    files = [one for one in package["resources"] if isinstance(one, dict)]
    urls = [(_text(one, "name"), _text(one, "url"), _text(one, "format")) for one in files]
    yield from _choose(package, urls, page, _text(package, "notes"))


def _choose(
    about: Mapping[str, Any], files: Sequence[tuple[str, str, str]], page: str, description: str
) -> Iterator[Offer]:
    """Of the files of one name, the one in the best format that is read."""
    best: dict[str, tuple[int, str]] = {}
    for name, url, form in files:
        rank = _rank(url, form)
        if url.startswith(("http://", "https://")) and rank is not None and (name not in best or rank < best[name][0]):
            best[name] = (rank, url)
    title, license_id = _text(about, "title"), _text(about, "license_id") or _text(about, "license")
    for name, (_, url) in best.items():
        whole = title if len(best) == 1 or not name else f"{title} {name}"
        yield Offer(url, whole, description, license_id, page if page.startswith("http") else "")


def _rank(url: str, form: str) -> int | None:
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    if suffix in SUFFIXES:
        return _FORMATS.get(suffix[1:].upper(), 7)
    return _FORMATS.get(form.strip().upper().removeprefix("."))


def _list_csv(raw: Raw, body: bytes) -> Iterator[Offer]:
    tables, _ = read(raw, body, None) if not body.startswith((b"PK", b"\xd0\xcf")) else ((), ())
    for table in tables:
        names = [str(name) for name in table.frame.columns]
        url = next((name for name in _URLS if name in names), "")
        title = next((name for name in _TITLES if name in names), "")
        about = next((name for name in _ABOUT if name in names), "")
        if not url or not title or len(table.frame) == 0:
            continue
        rows = list(
            zip(
                *(table.frame[name].tolist() if name else [""] * len(table.frame) for name in (url, title, about)),
                strict=True,
            )
        )
        files = [row for row in rows if _rank(row[0], "") is not None and row[0].startswith("http")]
        if len(files) * 2 > len(rows):  # else it is data with addresses in it
            yield from (Offer(place, name, words) for place, name, words in files)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: Mapping[str, Any], key: str) -> str:
    """A text of JSON; of several languages the Japanese one."""
    found = value.get(key)
    if isinstance(found, dict):
        found = found.get("ja") or next(iter(found.values()), "")
    return found.strip() if isinstance(found, str) else ""
