"""`openapi.json`: the site's addresses and CKAN's actions as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0).

FILES is the table of the site's public files; tests hold it against a published site in both directions.  Of CKAN's
actions those are described that files answer under the rules of `feeds.edge`.  Names are parameters: the description
stays small however many datasets there are.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from entaku.catalogue import build, facets
from entaku.model.files import CHANGES, DESCRIPTOR, MANIFEST, PROFILES, REPORT, ROOT, SUMS, WITHDRAWN
from entaku.model.nouns import Catalogue, Page
from entaku.model.serving import VERSION, find_type
from entaku.model.words import NAME
from entaku.site.feeds.ckan.replies import ACTIONS, ARGUED, ROOTS, SHOWN
from entaku.site.feeds.common import dump, find_root
from entaku.site.feeds.mcp import MCP
from entaku.site.feeds.openapi_actions import ARGUMENTS, OTHERWISE, QUERIES, SAID
from entaku.site.views import CARD

OPENAPI = "openapi.json"
_OWN, _AT, _BETWEEN = "datasets/{dataset}/", "datasets/{dataset}/{version}/", "datasets/{dataset}/changes/{pair}/"

CATALOGUE: Mapping[str, str] = {
    OPENAPI: "この記述 / this description",
    "catalog.jsonld": "カタログ、DCAT-AP 3 / the catalogue as DCAT-AP 3, 1,000 datasets a file (hydra:next)",
    "catalog.ttl": "同じもの、Turtle / the same as Turtle",
    "catalog.rdf": "同じもの、RDF/XML / the same as RDF/XML",
    "data.json": "カタログ、DCAT-US 1.1 / the catalogue as DCAT-US 1.1",
    "dcat-us-3.json": "カタログ、DCAT-US 3 / the catalogue as DCAT-US 3",
    "open-data-list.csv": "オープンデータ一覧 / every file, for Japanese municipal catalogues",
    "feed.atom": "新しい版と変わったこと / new releases and what they changed",
    "changes/breaking.atom": "読むプログラムが止まりうる変更だけ / changes that may break programs, alone",
    "changes/index.json": "すべての変更、改訂、取り下げ / every change, revision and withdrawal",
    "changes/changes.schema.json": "changes.json の JSON Schema / its JSON Schema",
    "quality.json": "品質のまとめ / the quality of every dataset",
    "quality.csv": "同じもの、CSV / the same as CSV",
    "llms.txt": "言語モデル向けの目次 / contents for language models",
    "llms-full.txt": "同じもの、データのページつき / the same with the pages of datasets, up to a limit",
    MCP: "AI の道具（MCP）の設定 / configuration of entaku mcp",
    build.DATABASE: "DuckDB のデータベース、表はアドレス（公開しているとき）/ a DuckDB database of views, where it is offered",
    CARD: "アドレスを共有したときの絵（公開しているとき）/ the picture for shared addresses, where it is offered",
    "sitemap.xml": "サイトマップ / sitemap",
    MANIFEST: "サイトのもとになったもの / what the site was made from",
    SUMS: "サイトのファイルのチェックサム / checksums of the site's files",
    ROOT: "署名された一覧 / the signed list of versions and files",
    WITHDRAWN: "取り下げられたもの / what was withdrawn",
}  # fmt: skip
"""Files of the whole catalogue, by path; the last two where there is a signature, and something withdrawn."""
GROUPS: Mapping[str, str] = {
    "publishers/{publisher}/feed.atom": "公開者の新しい版 / new releases of a publisher",
    "themes/{theme}/feed.atom": "分野の新しい版 / new releases of a theme",
}
TABLES: Mapping[str, str] = {
    "{table}.csv": "表（UTF-8、BOM なし、LF）/ the table: UTF-8 without BOM, LF",
    "{table}.csv.gz": "圧縮した表（100 KB 以上のとき）/ the same, packed (from 100 KB)",
    "{table}.parquet": "同じ表、型と説明つき / the same with types and descriptions; read it by ranges",
    "{table}.excel.csv": "Excel 用（BOM つき、大きすぎないとき）/ for Excel, unless too large",
    "{table}.errata.csv": "元データの正誤（あるとき）/ known errors of the source, if any",
    "{table}.places.parquet": "各行の元ファイルでの位置 / where each row was in the source files",
    "{table}.files.json": "部分に分けた表の、部分の一覧（そうしているとき）/ the parts of a table, where it is in parts",
    "{table}.parts/{part}.csv": "その部分 / a part of it",
    "{table}.parts/{part}.parquet": "同じもの / the same",
    DESCRIPTOR: "Data Package v2 の記述 / Data Package v2 descriptor",
    REPORT: "検査の結果 / what the check found (Frictionless report)",
    SUMS: "チェックサム / checksums",
}  # fmt: skip
"""Files of a dataset, now and in each version."""
CURRENT: Mapping[str, str] = {
    "{table}.jsonl": "JSON Lines（公開しているとき）/ JSON Lines, where they are offered",
    "{table}.xlsx": "Excel のブック（公開しているとき）/ a workbook, where it is offered",
    "{table}.geojson": "GeoJSON（座標があり、公開しているとき）/ GeoJSON, where there are coordinates and it is offered",
    "{dataset}.zip": "版のファイルすべて（公開しているとき）/ all files of the version, where it is offered",
    "{dataset}.sqlite": "表すべての SQLite（公開しているとき）/ all tables as SQLite, where it is offered",
    "{module}.py": "Python の型と読む関数（公開しているとき）/ types and loaders for Python, where they are offered",
    "{dataset}.ts": "TypeScript の型と読む関数（公開しているとき）/ the same for TypeScript",
    "{table}.csv-metadata.json": "CSV on the Web",
    "{table}.schema.json": "一行の JSON Schema（JSON Lines を公開しているとき）/ JSON Schema of a row, where JSON Lines are offered",
    "croissant.json": "Croissant 1.1",
    "dcat.jsonld": "DCAT-AP 3、すべての版 / DCAT-AP 3 with all versions",
    "dcat.ttl": "同じもの、Turtle / the same as Turtle",
    "feed.atom": "版と改訂 / versions and revisions",
    "follow/{table}.json": "お知らせのある値の一覧（あるとき）/ the values that can be followed, if any",
    "follow/{follow}.atom": "一つの値の行が変わったこと / what changed of the rows with a value",
    "follow/{follow}.ics": "一つの値の行の日付のカレンダー / a calendar of the rows with a value",
    "index.md": "ページ、Markdown（日本語、次に英語）/ the page as Markdown, in Japanese and then in English",
    CARD: "アドレスを共有したときの絵（公開しているとき）/ the picture for its shared address, where it is offered",
    "notebook.ipynb": "使い始めるノートブック / a notebook to start with",
    WITHDRAWN: "取り下げられたもの（あるとき）/ what was withdrawn, if anything",
    MANIFEST: "いまの版のもの（署名のあるとき）/ that of the current version, where it is signed",
    PROFILES: "同じ / the same",
    "{table}.sources/{sources}.jsonl": "manifest.json が名指す一覧（署名のあるとき）/ lists that it names, where it is signed",
    "raw/{source}": "取得したままの元ファイル / a source file as fetched",
}  # fmt: skip
"""Further files of a dataset."""
VERSIONED: Mapping[str, str] = {
    MANIFEST: "元ファイルから公開ファイルまでのハッシュ / hashes from source files to published files",
    PROFILES: "列ごとの統計 / statistics of each column",
    "CITATION.cff": "引用（Citation File Format。DOI のあるデータセット）/ how to cite it, where there is a DOI",
    "datacite.json": "同じもの、DataCite / the same for DataCite",
    "{table}.sources/{sources}.jsonl": "部分に分けた表の元ファイルの一覧（多いとき。manifest.json の sources）/ source files of a table in parts that has many, as manifest.json names them",
    "{revised}": "改訂された説明 / descriptions of a later revision",
}
"""Further files of a version."""
COMPARED: Mapping[str, str] = {
    CHANGES: "前の版から変わったこと / what a version changed",
    "{table}.csv": "変わった行 / the rows that changed",
    "{table}.parquet": "同じもの / the same",
}
"""Files of a comparison of two versions."""
FILES: Mapping[str, str] = {
    **CATALOGUE,
    **GROUPS,
    **{_OWN + name: about for name, about in {**TABLES, **CURRENT}.items()},
    **{f"en/{place}{CARD}": "英語の絵（公開しているとき）/ the English picture, where it is offered" for place in ("", _OWN)},
    **{_AT + name: about for name, about in {**TABLES, **VERSIONED}.items()},
    **{_BETWEEN + name: about for name, about in COMPARED.items()},
    **{f"{ARGUED}/{action}/{{id}}.json": f"{action}?id={{id}}" for action in SHOWN},
    f"{ARGUED}/help_show/{{action}}.json": "help_show?name={action}",
    **{f"{ARGUED}/{kind}_list/all_fields.json": f"{kind}_list?all_fields=true" for kind in ("organization", "group", "tag")},
}  # fmt: skip
"""Every public file, by its path with names of PARAMETERS.  Not here: pages, what pages load, and OpenSearch."""
LATEST = f"{_OWN}latest/{{file}}"
"""An address that leads to what is current."""
PARAMETERS: Mapping[str, tuple[str, str]] = {
    "dataset": (NAME, "データセットの名前 / name of a dataset (package_list)"),
    "file": ("^[A-Za-z0-9._-]+$", "ファイルの名前 / name of a file of the dataset"),
    "module": ("^[a-z0-9_]+$", "データセットの名前、- は _ / name of the dataset, with _ for -"),
    "table": (NAME, "表の名前 / name of a table (datapackage.json, resources)"),
    "version": (f"^{VERSION}$", "版 / a version, by its day"),
    "pair": (f"^{VERSION}-{VERSION}$", "前の版と後の版 / the version before and the one after"),
    "part": (r"^[A-Za-z0-9_-]+$", "部分の名前 / name of a part (files.json)"),
    "sources": ("^[0-9a-f]{16}$", "ハッシュのはじめ / how its SHA-256 begins (sources of manifest.json)"),
    "source": (r"^[0-9a-f]{64}[.][a-z]+$", "ハッシュ / its SHA-256 (manifest.json) and suffix"),
    "revised": (
        r"^(datapackage|manifest|report|profile)[.]r[0-9]+[.]json$|^SHA256SUMS[.]r[0-9]+$",
        "改訂の番号つきの名前 / its name with the number of the revision",
    ),
    "follow": ("^[0-9a-f]{16}$", "値のハッシュ（follow/{table}.json）/ hash of a value (follow/{table}.json)"),
    "publisher": (NAME, "公開者 / a publisher, as in catalogue.yaml"),
    "theme": (NAME, "分野 / a theme, as in catalogue.yaml"),
    "id": ("^[A-Za-z0-9_-]{2,100}$", "id か名前 / CKAN's id, or name"),
    "action": ("^[a-z_]+$", "操作の名前 / name of an action"),
}

_TEXT, _MAYBE = {"type": "string"}, {"type": ["string", "null"]}
_NAMES = {"type": "array", "items": _TEXT}
_TOLD = {"type": "object", "additionalProperties": True}


def _refer(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(of: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _object(required: Sequence[str], **members: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": members}


RESULTS: Mapping[str, Mapping[str, Any]] = {
    "site_read": {"const": True},
    "status_show": _TOLD,
    "license_list": _list(_TOLD),
    "package_list": _NAMES,
    "current_package_list_with_resources": _list(_refer("Package")),
    "organization_list": {"type": "array", "items": {"anyOf": [_TEXT, _refer("Group")]}},
    "group_list": {"type": "array", "items": {"anyOf": [_TEXT, _refer("Group")]}},
    "tag_list": {"type": "array", "items": {"anyOf": [_TEXT, _TOLD]}},
    "package_search": _refer("Search"),
    "package_show": _refer("Package"),
    "organization_show": _refer("Group"),
    "group_show": _refer("Group"),
    "group_package_show": _list(_refer("Package")),
    "resource_show": _refer("Resource"),
    "datastore_search": _refer("Rows"),
    "help_show": _TEXT,
}
"""What an action returns; an empty list where nothing is said."""
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "Refusal": _object(
        ("success", "error"), help=_TEXT, success={"const": False}, error=_object(("__type",), __type=_TEXT, message=_TEXT)
    ),
    "Resource": _object(
        ("id", "package_id", "name", "url", "format"),
        id=_TEXT, package_id=_TEXT, name=_TEXT, description=_MAYBE, url=_TEXT, format=_TEXT, mimetype=_MAYBE,
        hash=_TEXT, size={"type": ["integer", "null"]}, created=_TEXT, last_modified=_MAYBE,
    ),
    "Group": _object(
        ("id", "name", "title"), id=_TEXT, name=_TEXT, title=_TEXT, description=_TEXT,
        package_count={"type": "integer"}, packages=_list(_refer("Package")),
    ),
    "Package": _object(
        ("id", "name", "title", "resources", "metadata_modified"),
        id=_TEXT, name=_TEXT, title=_TEXT, notes=_MAYBE, version=_MAYBE, url=_MAYBE, license_id=_MAYBE,
        license_url=_MAYBE, metadata_created=_TEXT, metadata_modified=_TEXT, organization=_TOLD | {"type": ["object", "null"]},
        groups=_list(_TOLD), tags=_list(_TOLD), resources=_list(_refer("Resource")),
    ),
    "Search": _object(
        ("count", "results"), count={"type": "integer"}, results=_list(_refer("Package")), sort=_TEXT,
        facets=_TOLD, search_facets=_TOLD,
    ),
    "Rows": _object(
        ("resource_id", "fields", "records"), resource_id=_TEXT, fields=_list(_object(("id", "type"), id=_TEXT, type=_TEXT)),
        records=_list(_TOLD), limit={"type": "integer"}, total={"type": "integer"},
    ),
}  # fmt: skip
ABOUT = """データはふつうのファイルです。登録も API キーもいりません。どのアドレスも CORS を許し、Range で一部だけ読めます。
版のあるアドレスは書き換えません。

The data is plain files, without registration or API key.  Every address allows CORS and ranges; an address with a
version never gets other bytes."""
TAGS = {
    "catalogue": "カタログ全体のファイル / files of the whole catalogue",
    "datasets": "データセットのファイル / files of a dataset",
    "ckan": "CKAN の読み取り API のうち、ファイルで答えられるもの。nginx か Caddy の規則で引数に答えます（Caddy は `datastore_search` を断ります）。規則のないホストが答える"
    "引数はそれより少なく、`entaku serve` はすべての操作に答えます / those of CKAN's read actions that files answer. "
    "With our rules nginx and Caddy answer these arguments (Caddy refuses `datastore_search`); hosts without rules answer fewer, `entaku serve` answers "
    "every action",
}


def render(catalogue: Catalogue) -> Iterator[Page]:
    """Write the file."""
    yield Page(OPENAPI, dump(describe(catalogue)))


def describe(catalogue: Catalogue) -> dict[str, Any]:
    """Describe the site's addresses."""
    office, root = catalogue.office, find_root(catalogue)
    title = facets.mark_sample(office.title, facets.has_samples(catalogue))
    contact = {"email" if "@" in office.contact else "url": office.contact} if office.contact else {}
    absent = set() if office.signing else {ROOT, _OWN + MANIFEST, _OWN + PROFILES}
    absent |= set() if catalogue.tombstones else {WITHDRAWN}
    absent |= set() if build.offers_database(office) else {build.DATABASE}
    absent |= set() if office.site.cards else {path for path in FILES if path.rpartition("/")[2] == CARD}
    paths = {f"/{path}": describe_file(path) for path in FILES if path not in absent}
    paths[f"/{LATEST}"] = describe_latest()
    paths |= {f"/{ROOTS[0]}/{action}": describe_action(action) for action in ACTIONS if action in ARGUMENTS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title.get("ja"),
            "summary": title.get("en"),
            "description": ABOUT,
            "version": catalogue.version,
            **({"contact": contact} if contact else {}),
        },
        "externalDocs": {"url": f"{root}developers/"},
        "servers": [{"url": root.rstrip("/")}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "parameters": {name: describe_parameter(name) for name in PARAMETERS},
            "responses": {
                "Absent": {"description": "ありません / there is no such file"},
                "Gone": {"description": "取り下げられました / it was withdrawn"},
                "Refused": {
                    "description": "断り / a refusal, as CKAN's",
                    "content": {"application/json": {"schema": _refer("Refusal")}},
                },
            },
        },
    }


@cache
def describe_parameter(name: str) -> dict[str, Any]:
    """Describe a part of a path."""
    pattern, about = PARAMETERS[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": about,
        "schema": {"type": "string", "pattern": pattern},
    }


@cache
def describe_file(path: str) -> dict[str, Any]:
    """Describe the address of a file."""
    names = re.findall(r"{([a-z]+)}", path)
    name = path.rpartition("/")[2]
    kind = find_type(name[name.rfind(".") :] if "." in name else "").partition(";")[0]
    answers = {"200": {"description": FILES[path], "content": {kind: {}}}}
    missing = {"404": {"$ref": "#/components/responses/Absent"}} if names else {}
    gone = {"410": {"$ref": "#/components/responses/Gone"}} if "dataset" in names else {}
    tag = "ckan" if path.startswith("api/") else "datasets" if "dataset" in names else "catalogue"
    asked = [{"$ref": f"#/components/parameters/{each}"} for each in names]
    return describe_operation(path, tag, asked, {"summary": FILES[path], "responses": {**answers, **missing, **gone}})


def describe_latest() -> dict[str, Any]:
    """Describe the addresses that lead to what is current."""
    about = "いまの版のファイルへ（nginx、Caddy、Netlify、Cloudflare の規則で）/ leads to the file of the current version (by our rules)"
    asked = [{"$ref": f"#/components/parameters/{each}"} for each in ("dataset", "file")]
    answers = {
        "301": {"description": "版のないアドレス / the address without a version", "headers": {"Location": {"schema": _TEXT}}},
        "404": {"$ref": "#/components/responses/Absent"},
    }  # fmt: skip
    return describe_operation(LATEST, "datasets", asked, {"summary": about, "responses": answers})


@cache
def describe_action(action: str) -> dict[str, Any]:
    """Describe an action of CKAN's."""
    answer = {
        "type": "object",
        "required": ["help", "success", "result"],
        "properties": {
            "help": _TEXT,
            "success": {"const": True},
            "result": RESULTS.get(action, {"type": "array", "maxItems": 0}),
        },
    }
    answers = {
        "200": {
            "description": ACTIONS[action].partition(" Arguments:")[0],
            "content": {"application/json": {"schema": answer}},
        },
        "default": {"$ref": "#/components/responses/Refused"},
    }
    asked = [describe_query(action, each) for each in ARGUMENTS[action]]
    return describe_operation(f"{ROOTS[0]}/{action}", "ckan", asked, {"summary": SAID[action], "responses": answers})


def describe_query(action: str, argument: str) -> dict[str, Any]:
    """Describe an argument of an action."""
    name = argument.removesuffix("!")
    schema, about = OTHERWISE.get((action, name), QUERIES[name])
    return {"name": name, "in": "query", "required": argument.endswith("!"), "description": about, "schema": schema}


def describe_operation(
    path: str, tag: str, parameters: Sequence[Mapping[str, Any]], told: Mapping[str, Any]
) -> dict[str, Any]:
    """Describe that an address is read; the name of the operation is made of the path."""
    name = "_".join(["get", *re.findall(r"[A-Za-z0-9]+", path)])
    asked = {"parameters": parameters} if parameters else {}
    return {"get": {"operationId": name, "tags": [tag], **asked, **told}}
