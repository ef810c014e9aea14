"""Known errors of a source: corrected or left, counted, shown, and ended once the source is mended."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import rdflib
from browser import visit
from projects import ROOT, make_project, put, run

from entaku.model.nouns import Finding
from entaku.work.cli import main

URL = "https://office.example.org/prices.csv"
PRICES = """\
name: prices
title: {ja: 市場の価格, en: Market prices}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: daily
resources:
  - name: fruit
    title: {ja: 果実, en: Fruit}
    source: {url: "https://office.example.org/prices.csv"}
    tidy:
      - rename: {品名: item, 単位: unit_kg, 価格: price}
      - parse_number: [unit_kg, price]
    schema:
      fields:
        - {name: item, title: {ja: 品名, en: Item}}
        - {name: unit_kg, type: number, title: {ja: 単位, en: Package}}
        - {name: price, type: integer, title: {ja: 価格, en: Price}}
    errata:
      - name: melon-unit
        match: {item: ^メロン$}
        was: {unit_kg: 0.1}
        set: {unit_kg: 10}
        since: "2026-04-01"
        by: {ja: 見本局, en: Sample Office}
        source: https://office.example.org/notice
        why: {ja: 箱の重さです。, en: It is the weight of a box.}
      - name: plum-price
        match: {item: 梅, price: ^999999$}
        empty: price
        by: 見本局
        why: {ja: 打ちまちがいです。, en: A typing error.}
      - name: pear-price
        match: {item: 梨}
        left: [price]
        by: {ja: 読者, en: A reader}
        why: {ja: 正しい値は分かりません。, en: The right values are not known.}
"""
WRONG = ("メロン,0.1,5000", "梅,5,999999", "梨,10,300", "メロン,0.1,5200", "りんご,10,4000")
CODES = ("erratum-corrected", "erratum-emptied", "erratum-left", "erratum-ended", "erratum-unmet")


def body(*rows: str) -> str:
    return "品名,単位,価格\r\n" + "".join(f"{row}\r\n" for row in rows)


def publish(project: Path, mirror: Path) -> tuple[str, dict[str, Finding]]:
    """Publish, and return what became of the dataset, with the findings on errata by name."""
    [outcome] = run(project, mirror).outcomes
    return outcome.what, {one.value: one for one in outcome.findings if one.code in CODES}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a version of a source that is wrong."""
    folder = tmp_path_factory.mktemp("errata")
    project = make_project(folder / "p", prices=PRICES)
    if (ROOT / "build" / "vendor").is_dir():  # what `make` bundled
        shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    put(folder / "mirror", body(*WRONG), URL, "2026-06-01")
    assert publish(project, folder / "mirror")[0] == "released"
    return project


def release(project: Path, version: str = "2026.06.01") -> Path:
    return project / "datapackages" / "prices" / "releases" / version


def read_rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8"))))


def test_corrections_are_published_counted_and_listed(made: Path) -> None:
    assert read_rows(release(made) / "fruit.csv")[1:] == [
        ["メロン", "10", "5000"], ["梅", "5", ""], ["梨", "10", "300"], ["メロン", "10", "5200"], ["りんご", "10", "4000"],
    ]  # fmt: skip
    assert (release(made) / "fruit.errata.csv").read_bytes().split(b"\n") == [
        b"erratum,row,column,source,published",
        b"melon-unit,1,unit_kg,0.1,10",
        b"melon-unit,4,unit_kg,0.1,10",
        b"plum-price,2,price,999999,",
        b"pear-price,3,price,300,300",
        b"",
    ]
    manifest = json.loads((release(made) / "manifest.json").read_text("utf-8"))
    counts = {"melon-unit": 2, "plum-price": 1, "pear-price": 1}
    assert manifest["errata"] == {"fruit": {name: {"rows": n, "cells": n} for name, n in counts.items()}}
    package = json.loads((release(made) / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        told = {one["name"]: one for one in resource["errata"]["list"]}
        assert resource["errata"]["path"] == "fruit.errata.csv"
        assert {name: one["rows"] for name, one in told.items()} == counts
        assert [one["done"] for one in told.values()] == ["set", "empty", "left"]
        assert told["melon-unit"]["was"] == {"unit_kg": "0.1"}
        assert told["melon-unit"]["why"]["ja"] == "箱の重さです。"


def test_each_difference_from_the_source_comes_with_a_notice(made: Path) -> None:
    manifest = json.loads((release(made) / "manifest.json").read_text("utf-8"))
    told = {one["value"]: one for one in manifest["findings"] if one["code"] in CODES}
    assert {name: (one["code"], one["severity"]) for name, one in told.items()} == {
        "melon-unit": ("erratum-corrected", "notice"),
        "plum-price": ("erratum-emptied", "notice"),
        "pear-price": ("erratum-left", "notice"),
    }
    assert (told["melon-unit"]["args"]["count"], told["melon-unit"]["args"]["rows"]) == ("2", "2")


def test_trace_tells_a_correction_as_a_step(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "prices", "fruit", "1", "unit_kg", "--project", str(made), "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert "errata: {name: melon-unit, set: {unit_kg: 10}}" in shown
    assert '"0.1"' in shown and '"10"' in shown
    assert main(["trace", "prices", "fruit", "3", "price", "--project", str(made), "--lang", "en"]) == 0
    assert "errata: {name: pear-price, left: [price]}" in capsys.readouterr().out


def test_a_correction_ends_when_the_source_is_mended(tmp_path: Path) -> None:
    project, mirror = make_project(tmp_path / "p", prices=PRICES), tmp_path / "mirror"
    put(mirror, body(*WRONG), URL, "2026-06-01")
    publish(project, mirror)
    put(mirror, body("メロン,8,5000", "梅,5,500", "梨,10,300", "メロン,0.1,5200", "りんご,10,4000"), URL, "2026-06-02")
    what, told = publish(project, mirror)
    assert what == "released"
    assert read_rows(release(project, "2026.06.02") / "fruit.csv")[1:] == [
        ["メロン", "8", "5000"], ["梅", "5", "500"], ["梨", "10", "300"], ["メロン", "10", "5200"], ["りんご", "10", "4000"],
    ]  # fmt: skip
    assert (told["melon-unit"].code, told["melon-unit"].args["count"]) == ("erratum-corrected", "1")
    assert (told["plum-price"].code, told["plum-price"].severity) == ("erratum-unmet", "notice")
    put(mirror, body("メロン,8,5000", "梅,5,500", "メロン,10,5200", "りんご,10,4000"), URL, "2026-06-03")
    what, told = publish(project, mirror)
    assert (what, told["melon-unit"].code, told["melon-unit"].severity) == ("released", "erratum-ended", "notice")
    line = PRICES[: PRICES.index("- name: melon-unit")].count("\n") + 1
    assert (told["melon-unit"].place.line, told["melon-unit"].args["line"]) == (line, str(line))
    assert read_rows(release(project, "2026.06.03") / "fruit.csv")[1] == ["メロン", "8", "5000"]
    kept = json.loads((release(project) / "manifest.json").read_text("utf-8"))["errata"]
    assert kept["fruit"]["melon-unit"]["rows"] == 2


def test_an_erratum_alone_makes_a_version_and_its_words_a_revision(tmp_path: Path) -> None:
    project, mirror = make_project(tmp_path / "p", prices=PRICES[: PRICES.index("    errata:")]), tmp_path / "mirror"
    put(mirror, body(*WRONG), URL, "2026-06-01")
    publish(project, mirror)
    assert not (release(project) / "fruit.errata.csv").exists()
    left = PRICES[: PRICES.index("      - name: melon-unit")] + PRICES[PRICES.index("      - name: pear-price") :]
    yaml = project / "pipelines" / "prices.yaml"
    yaml.write_text(left, "utf-8")
    assert publish(project, mirror)[0] == "released"
    manifest = json.loads((release(project, "2026.06.01.2") / "manifest.json").read_text("utf-8"))
    assert manifest["why"] == [{"kind": "structure", "what": ["errata"]}]
    yaml.write_text(left.replace("A reader", "Two readers"), "utf-8")
    assert publish(project, mirror)[0] == "revised"
    manifest = json.loads((release(project, "2026.06.01.2") / "manifest.r2.json").read_text("utf-8"))
    assert manifest["why"] == [{"kind": "metadata", "what": ["errata"]}]
    assert "fruit.errata.csv" in {file["path"] for file in manifest["files"]}
    assert main(["verify", "--project", str(project)]) == 0


def test_personal_values_of_the_source_are_not_listed_as_errata(tmp_path: Path) -> None:
    leaky = PRICES.replace("was: {unit_kg: 0.1}\n        set: {unit_kg: 10}", "empty: item")
    project, mirror = (
        make_project(tmp_path / "p", prices=leaky.replace("match: {item: ^メロン$}", "match: {item: 電話}")),
        tmp_path / "mirror",
    )
    put(mirror, body("電話 090-1234-5678,1,2", *WRONG), URL, "2026-06-01")
    [outcome] = run(project, mirror).outcomes
    assert outcome.what == "held"
    assert {one.code for one in outcome.findings if one.severity == "error"} == {"phone-number"}


def test_what_leaks_beside_a_corrected_cell_is_told_once(tmp_path: Path) -> None:
    project, mirror = make_project(tmp_path / "p", prices=PRICES), tmp_path / "mirror"
    put(mirror, body("電話 090-1234-5678,1,2", *WRONG), URL, "2026-06-01")
    [outcome] = run(project, mirror).outcomes
    assert [one.code for one in outcome.findings if one.severity == "error"] == ["phone-number"]


def test_pages_mark_the_cells_and_say_why(made: Path) -> None:
    for lang, words in (("", "箱の重さです。"), ("en/", "It is the weight of a box.")):
        page = (made / "build" / "site" / lang / "datasets" / "prices" / "index.html").read_text("utf-8")
        table = page[page.index('<table class="preview"') : page.index("</table>")]
        assert [
            table.count(f'href="#erratum-fruit-{name}"') for name in ("melon-unit", "plum-price", "pear-price")
        ] == [2, 1, 1]
        assert '10 <a class="erratum"' in table
        section = page[page.index('id="errata"') :]
        assert words in section and 'href="https://office.example.org/notice"' in section
        assert "fruit.errata.csv" in section
    version = (made / "build" / "site" / "datasets" / "prices" / "2026.06.01" / "index.html").read_text("utf-8")
    assert "箱の重さです。" in version
    assert (made / "build" / "site" / "datasets" / "prices" / "fruit.errata.csv").read_bytes() == (
        release(made) / "fruit.errata.csv"
    ).read_bytes()


def test_feeds_tell_the_errata(made: Path) -> None:
    site = made / "build" / "site" / "datasets" / "prices"
    graph = rdflib.Graph().parse(site / "dcat.ttl")
    dqv, oa = rdflib.Namespace("http://www.w3.org/ns/dqv#"), rdflib.Namespace("http://www.w3.org/ns/oa#")
    told = [
        graph.value(graph.value(each, oa.hasBody), rdflib.RDF.value)
        for each in graph.objects(None, dqv.hasQualityAnnotation)
    ]
    assert len(told) == 3 and all(each is not None for each in told)
    other = rdflib.Graph().parse(site / "dcat.jsonld")
    assert len(list(other.objects(None, dqv.hasQualityAnnotation))) == 3
    page = (site / "index.html").read_text("utf-8")
    said = json.loads(page.split('type="application/ld+json">')[1].split("</script>")[0])
    assert [each["@type"] for each in said["correction"]] == ["CorrectionComment"] * 3
    assert said["correction"][0]["url"].endswith("#erratum-fruit-melon-unit")
    [shape] = json.loads((site.parents[1] / "api/3/action/package_search").read_text("utf-8"))["result"]["results"]
    extras = {each["key"]: each["value"] for each in shape["extras"]}
    assert "箱の重さです。（fruit: unit_kg、2 行。訂正した。見本局）" in json.loads(extras["errata"])
    assert "It is the weight of a box." in (site.parents[1] / "datasets/prices/index.md").read_text("utf-8")


def test_a_table_that_is_sorted_keeps_its_marks(made: Path, chromium: Any) -> None:
    if not (made / "build" / "vendor" / "parquet.js").is_file():
        pytest.skip("build/vendor isn't there: `make` bundles it where it finds Node.js or the network")
    with visit(chromium, made / "build" / "site") as tab:
        tab.go("datasets/prices/")
        tab.page.locator("[data-view=fruit] th[data-name=price] button").click()
        tab.page.locator("[data-view=fruit] th[data-name=price][aria-sort]").wait_for()
        tab.rest()
        rows = tab.page.locator("[data-view=fruit] tbody tr").all_inner_texts()
        assert [row.count("※") for row in rows] == [1, 0, 1, 1, 1]
        assert rows[0].startswith("梨") and rows[1].startswith("りんご")
        tab.page.locator("[data-view=fruit] tbody a.erratum").first.click()
        assert tab.page.url.endswith("#erratum-fruit-pear-price")
        tab.check()


def test_the_wrong_units_of_the_markets_yearly_files_are_listed_and_left(published: tuple[Path, Any]) -> None:
    folder = published[0] / "build" / "site" / "datasets" / "tokyo-market-daily"
    head, *cells = read_rows(folder / "annual-prices.errata.csv")
    assert head[-2:] == ["source", "published"] and [cell[2:] for cell in cells] == [["unit_kg", "0.1", "0.1"]] * 2
    rows = read_rows(folder / "annual-prices.csv")
    for _, row, *_ in cells:
        assert dict(zip(rows[0], rows[int(row)], strict=True))["item"] == "きゅうり"
    assert 'id="erratum-annual-prices-cucumber-unit"' in (folder / "index.html").read_text("utf-8")
