"""Source files of a table in parts that are told of in lists: shared, verified, restored, withdrawn."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from browser import visit
from projects import make_project, run, snapshot
from test_parts import VISITS, publish_days, put_day, put_halls

from entaku.model.nouns import Refused
from entaku.release import making, sources
from entaku.store import Store
from entaku.work.cli import main
from entaku.work.manifests import read_manifest, read_raws
from entaku.work.mcp_server import ask, open_place
from entaku.work.mcp_site import SiteReader
from entaku.work.verify import verify_site, verify_store

WHY = ("--reason", "誤りがあったため", "--reason-en", "It was wrong", "--by", "担当")
LISTS = "counts.sources"


@pytest.fixture(scope="module", autouse=True)
def listed() -> Iterator[None]:
    """Lists of tables of two files already, of about two files each."""
    with patch.object(sources, "LISTED_FROM", 2), patch.object(sources, "ENDS", tuple("01234567")):
        yield


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_days(tmp_path_factory.mktemp("sources"))


@pytest.fixture
def copy(visits: Path, tmp_path: Path) -> Path:
    shutil.copytree(visits.parent, tmp_path / "all")
    return tmp_path / "all" / "p"


def find_release(project: Path, version: str = "2026.04.03") -> Path:
    return project / "datapackages" / "visits" / "releases" / version


def test_versions_share_the_lists_that_stay_the_same(visits: Path) -> None:
    first, second = (find_release(visits, version) / LISTS for version in ("2026.04.02", "2026.04.03"))
    both = {path.name for path in first.iterdir()} & {path.name for path in second.iterdir()}
    assert both and all((first / name).samefile(second / name) for name in both)
    at = visits / "build" / "site" / "datasets" / "visits"
    assert all((at / "2026.04.02" / LISTS / name).samefile(at / "2026.04.03" / LISTS / name) for name in both)
    assert not (at / LISTS).exists()


def test_the_lists_tell_what_the_manifest_told(visits: Path) -> None:
    store = Store(visits / "datapackages")
    manifest = read_manifest(store, "visits", "2026.04.03")
    assert [raw["resource"] for raw in manifest["raws"]] == ["halls"]
    assert {each["resource"] for each in manifest["sources"]} == {"counts"} and len(manifest["sources"]) > 1
    assert [raw.url[-12:-4] for raw in read_raws(store, "visits", "2026.04.03")[1:]] == [
        "20260330", "20260331", "20260401", "20260402", "20260403",
    ]  # fmt: skip


def test_the_bytes_are_those_made_from_nothing(visits: Path, tmp_path: Path) -> None:
    project, mirror = make_project(tmp_path / "p", visits=VISITS), visits.parent / "mirror"
    assert run(project, mirror, now="2026-04-03T03:00:00").code == 0
    assert snapshot(project / "datapackages" / "visits" / "releases") == snapshot(find_release(visits).parent)


def test_all_of_it_is_sound_and_damage_is_found(copy: Path) -> None:
    store, site = Store(copy / "datapackages"), copy / "build" / "site"
    assert verify_store(store, lambda *_: None)[1] == [] and verify_site(site) == []
    path = next((find_release(copy) / LISTS).iterdir())
    path.write_bytes(path.read_bytes().replace(b'"served":"mirror"', b'"served":"file"'))
    assert {one.code for one in verify_store(store, lambda *_: None)[1]} == {"checksum"}


def test_a_list_that_is_gone_is_told(copy: Path) -> None:
    shutil.rmtree(find_release(copy) / LISTS)
    with pytest.raises(Refused) as told:
        read_raws(Store(copy / "datapackages"), "visits", "2026.04.03")
    assert told.value.finding.code == "store-broken"


def test_a_revision_shares_the_lists(copy: Path) -> None:
    before = snapshot(find_release(copy) / LISTS)
    path = copy / "pipelines" / "visits.yaml"
    path.write_text(path.read_text("utf-8").replace("en: Visits}", "en: Visitors}"), "utf-8")
    assert run(copy, copy.parent / "mirror", now="2026-04-03T09:00:00").code == 0
    store = Store(copy / "datapackages")
    assert store.revision("visits", "2026.04.03") == 2 and snapshot(find_release(copy) / LISTS) == before
    assert verify_store(store, lambda *_: None)[1] == [] and verify_site(copy / "build" / "site") == []


@pytest.mark.parametrize("revised", [False, True])
def test_a_store_is_restored_from_its_site(copy: Path, tmp_path: Path, revised: bool) -> None:
    if revised:
        path = copy / "pipelines" / "visits.yaml"
        path.write_text(path.read_text("utf-8").replace("en: Visits}", "en: Visitors}"), "utf-8")
        assert run(copy, copy.parent / "mirror", now="2026-04-03T09:00:00").code == 0
    clone = tmp_path / "clone"
    shutil.copytree(copy, clone, ignore=shutil.ignore_patterns("datapackages", "build"))
    assert main(["restore", str(copy / "build" / "site"), "--project", str(clone), "--lang", "en"]) == 0
    assert snapshot(clone / "datapackages" / "visits" / "releases") == snapshot(find_release(copy).parent)
    ledgers = [Store(project / "datapackages").ledger("visits") for project in (clone, copy)]
    assert {(one.url, one.sha256) for one in ledgers[0]} == {(one.url, one.sha256) for one in ledgers[1] if one.sha256}


def test_lost_lines_of_the_ledger_are_written_back(copy: Path) -> None:
    ledger = copy / "datapackages" / "visits" / "raw" / "ledger.jsonl"
    before = {(one.url, one.sha256) for one in Store(copy / "datapackages").ledger("visits") if one.sha256}
    ledger.unlink()
    put_day(copy.parent / "mirror", 5, "2026-04-04")
    put_halls(copy.parent / "mirror", "2026-04-04")
    result = run(copy, copy.parent / "mirror", now="2026-04-04T03:00:00")
    assert "ledger-restored" in {one.code for one in result.every}
    assert before < {(one.url, one.sha256) for one in Store(copy / "datapackages").ledger("visits") if one.sha256}


def test_a_source_file_is_withdrawn_from_the_versions_that_list_it(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(copy / "datapackages")
    (gone,) = (raw.sha256 for raw in read_raws(store, "visits", "2026.04.03") if raw.url.endswith("/20260403.csv"))
    assert main(["withdraw", "visits", "raw", gone, "--project", str(copy), "--lang", "en", *WHY, "--yes"]) == 0
    assert "Version 2026.04.03 stays" in capsys.readouterr().out
    assert gone not in Store(copy / "datapackages").list_raws("visits")
    assert main(["withdraw", "visits", "2026.04.03", "--project", str(copy), *WHY, "--yes"]) == 0
    assert not find_release(copy).exists() and verify_store(Store(copy / "datapackages"), lambda *_: None)[1] == []
    assert (find_release(copy, "2026.04.02") / LISTS).is_dir()


def test_a_damaged_release_is_withdrawn_by_what_the_site_lists(copy: Path) -> None:
    (find_release(copy) / "manifest.json").write_bytes(b"{}")
    assert main(["withdraw", "visits", "2026.04.03", "--project", str(copy), *WHY, "--yes"]) == 0
    (stone,) = json.loads((copy / "datapackages" / "visits" / "withdrawn.json").read_bytes())["withdrawn"]
    assert len(stone["raws"]) == 1 and any(LISTS in each["path"] for each in stone["files"])


def test_a_value_is_traced(visits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "visits", "counts", "10", "people", "--project", str(visits), "--lang", "en"]) == 0
    assert "20260403.csv" in capsys.readouterr().out


def test_the_site_s_reader_lists_them(visits: Path, tmp_path: Path) -> None:
    with open_place(str(visits / "build" / "site")) as files:
        reader = SiteReader(files, tmp_path, "en")
        raws = reader.list_raws(reader.open("visits"), "counts")
        trouble, told = ask(reader, "sample", {"dataset": "visits", "table": "counts"})
    assert [raw["url"][-8:] for raw in raws][-1:] == ["0403.csv"] and len(raws) == 5
    assert not trouble and [row["place"]["file"][-8:] for row in told["results"]][::2] == [
        "0330.csv", "0331.csv", "0401.csv", "0402.csv", "0403.csv",
    ]  # fmt: skip


def test_a_version_of_before_has_all_in_its_manifest(tmp_path: Path) -> None:
    with patch.object(sources, "LISTED_FROM", 500):
        project = publish_days(tmp_path)
    put_day(project.parent / "mirror", 5, "2026-04-04")
    put_halls(project.parent / "mirror", "2026-04-04")
    assert run(project, project.parent / "mirror", now="2026-04-04T03:00:00").code == 0
    store = Store(project / "datapackages")
    told = {
        version: "sources" in read_manifest(store, "visits", version) for version in store.history("visits").versions
    }
    assert told == {"2026.04.02": False, "2026.04.03": False, "2026.04.04": True}
    assert verify_store(store, lambda *_: None)[1] == [] and verify_site(project / "build" / "site") == []


def test_the_door_has_what_reads_them() -> None:
    assert making.list_sources is sources.list_sources


def test_the_page_finds_the_source_file_of_a_row(chromium: Any, visits: Path) -> None:
    with visit(chromium, visits / "build" / "site") as tab:
        tab.go("datasets/visits/tables/counts/")
        box = tab.page.locator("details.whence").first
        box.locator("summary").click()
        for row, day in ((10, "20260403"), (1, "20260330")):
            box.locator("input[name=row]").fill(str(row))
            box.locator("button").click()
            tab.page.wait_for_function(
                "(day) => document.querySelector('.whence-file')?.textContent.includes(day)", arg=day
            )
        assert not tab.errors
