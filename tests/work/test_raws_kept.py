"""What a raw file holds and no table shows doesn't reach the site; clean raw files do."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dirty import CLEAN, NUMBERS, OF_THEIR_OWN, SECRET, DirtyFile, beside, find_texts, make_files
from projects import make_project, make_setting, put, read_manifest, run

from entaku.model.messages import say_next, say_what
from entaku.model.nouns import Finding
from entaku.work.outcome import Result
from entaku.work.verify import verify_folder, verify_site

HOST = "https://office.example.org"


def pipeline(name: str, file: DirtyFile, **source: Any) -> str:
    """A dataset of one table of two columns."""
    words = {"ja": "見本", "en": "Sample"}
    table: dict[str, Any] = {
        "name": "rows",
        "title": words,
        "source": {"url": f"{HOST}/{name}.{file.suffix}", **source},
        "schema": {"fields": [{"name": one, "title": {"ja": one, "en": one}} for one in ("id", "area")]},
    }
    table |= {"read": file.read} if file.read else {}
    table |= {"tidy": file.tidy} if file.tidy else {}
    table |= {"allow": file.allow} if file.allow else {}
    head = {"name": name, "title": words, "description": words, "publisher": "office", "license": "CC-BY-4.0"}
    return json.dumps(
        {**head, "themes": ["transport"], "frequency": "monthly", "resources": [table]}, ensure_ascii=False
    )


def add_asset(project: Path) -> None:
    """Give a project's site a file more."""
    assets = project / "site_templates" / "assets"
    assets.mkdir(parents=True)
    (assets / "new.txt").write_text("x", "utf-8")


def publish(
    folder: Path, files: dict[str, DirtyFile], *, site: bool = True, **source: Any
) -> tuple[Path, Path, Result]:
    """Project, mirror and result of publishing a dataset of each file, without `site` only its releases."""
    names = {name: pipeline(name, file, **source) for name, file in files.items()}
    project = make_project(folder / "project", **names)
    for name, file in files.items():
        put(folder / "mirror", file.body, f"{HOST}/{name}.{file.suffix}")
    return project, folder / "mirror", run(project, folder / "mirror", site=site)


def site_of(project: Path) -> Path:
    return project / "build" / "site"


def list_offered(project: Path) -> set[str]:
    """The datasets with raw files on the site."""
    return {path.parent.parent.name for path in site_of(project).glob("datasets/*/raw/*")}


def told(result: Result, code: str = "raw-kept") -> dict[str, Finding]:
    return {one.place.file.rpartition("/")[2]: one for one in result.every if one.code == code}


def test_no_number_of_an_unread_place_reaches_the_site(tmp_path: Path) -> None:
    files = make_files(SECRET)
    tidy = {name: file for name, file in make_files(CLEAN, kinds=False).items() if name not in OF_THEIR_OWN}
    clean = {f"clean-{name}": file for name, file in tidy.items()}
    project, mirror, result = publish(tmp_path, {**files, **clean})
    assert len(files) >= 30
    assert not result.failed, [one for one in result.every if one.severity == "error"]
    assert {outcome.what for outcome in result.outcomes} == {"released"}, "every table passes"
    assert len(find_texts(mirror, NUMBERS)) == len(files), "the search finds them where they are"
    assert find_texts(site_of(project), NUMBERS) == set()
    assert list_offered(project) == clean.keys(), "clean files are offered, the others aren't"
    assert told(result).keys() >= {f"{name}.{file.suffix}" for name, file in files.items()}
    assert verify_site(site_of(project)) == []
    assert verify_folder(site_of(project) / "datasets/xlsx-sheet", lambda *_: None)[1] == []
    manifest = read_manifest(site_of(project), "xlsx-sheet")
    (kept,) = manifest["findings"]
    assert (kept["code"], kept["severity"], kept["args"]) == (
        "raw-kept",
        "warning",
        {"kind": "my-number", "count": "20"},
    )
    assert (kept["place"]["sheet"], kept["place"]["cell"]) == ("＊＊＊", "A2")


ONE = {"secret": make_files(SECRET)["csv-dropped"]}


def test_the_owner_is_told_where_and_what_to_do(tmp_path: Path) -> None:
    _, _, result = publish(tmp_path, ONE, site=False)
    (finding,) = [one for one in result.every if one.code == "raw-kept"]
    assert finding.severity == "warning"
    assert (finding.place.row, finding.place.column) == (2, "個人番号")
    assert (
        say_what(finding, "ja") == "元ファイルをサイトに載せません。公開できないものが入っています：my-number（20 個）"
    )
    assert "raw: keep" in say_next(finding, "en")
    assert "allow of source" in say_next(finding, "en")


def test_what_the_table_may_hold_is_not_what_the_raw_file_may(tmp_path: Path) -> None:
    file = DirtyFile("csv", beside([f"090-1234-{n:04}" for n in range(21)]).replace("090-1234-0000", "memo").encode())
    table = replace(file, tidy=[{"rename": {"area": "place", "memo": "area"}}, {"drop_columns": ["place"]}])
    files = {"both": replace(table, allow={"area": "施設の番号です"})}
    project, _, result = publish(tmp_path / "table", files)
    assert not result.failed
    assert list_offered(project) == set(), "the table's allow is about the table"
    project, _, result = publish(tmp_path / "raw", files, allow={"phone-number": "施設の番号です"})
    assert list_offered(project) == {"both"}
    assert told(result) == {}


@pytest.mark.parametrize(
    ("allow", "offered"),
    [
        ({"my-number": "架空です"}, True),
        ({"my-number/個人番号": "架空です"}, True),
        ({"my-number/ほかの列": "架空です"}, False),
        ({"e-mail": "架空です"}, False),
    ],
)
def test_an_allow_of_the_source_is_about_the_raw_file(tmp_path: Path, allow: dict[str, str], offered: bool) -> None:
    project, _, result = publish(tmp_path, ONE, allow=allow)
    assert bool(list_offered(project)) is offered
    assert bool(told(result)) is not offered


@pytest.mark.parametrize(("raw", "offered"), [("keep", False), ("publish", False)])
def test_a_file_that_is_kept_anyway_is_not_told(tmp_path: Path, raw: str, offered: bool) -> None:
    project, _, result = publish(tmp_path, ONE, raw=raw)
    assert bool(list_offered(project)) is offered
    assert bool(told(result)) is (raw == "publish")


def test_a_later_allow_needs_no_new_version(tmp_path: Path) -> None:
    project, mirror, _ = publish(tmp_path, ONE)
    path = project / "pipelines" / "secret.yaml"
    before = path.read_text("utf-8")
    path.write_text(pipeline("secret", ONE["secret"], allow={"my-number": "架空です"}), "utf-8")
    run(project, mirror)
    assert list_offered(project) == {"secret"}
    assert [path.name for path in (project / "datapackages/secret/releases").iterdir()] == ["2026.11.23"]
    path.write_text(before, "utf-8")
    result = run(project, mirror)
    assert list_offered(project) == set()
    assert result.site == "published"


def test_old_versions_keep_to_what_they_allowed(tmp_path: Path) -> None:
    """Each version's own words decide on its files; a file that none allows is on no version's pages."""
    text, clean = ONE["secret"].body, beside(["個人番号", *CLEAN[1:]]).encode()
    file = ONE["secret"]
    project = make_project(tmp_path / "project", secret=pipeline("secret", file, allow={"my-number": "架空です"}))
    put(tmp_path / "mirror", text, f"{HOST}/secret.csv", "2026-11-01")
    run(project, tmp_path / "mirror")
    assert len(list(site_of(project).glob("datasets/secret/raw/*"))) == 1
    (project / "pipelines" / "secret.yaml").write_text(pipeline("secret", file), "utf-8")
    put(tmp_path / "mirror", clean.replace("地区0".encode(), "新".encode()), f"{HOST}/secret.csv", "2026-11-02")
    put(tmp_path / "mirror", text.replace("地区1".encode(), "古".encode()), f"{HOST}/secret.csv", "2026-11-03")
    run(project, tmp_path / "mirror")
    offered = [path.read_bytes() for path in site_of(project).glob("datasets/secret/raw/*")]
    assert len(list((project / "datapackages/secret/releases").iterdir())) == 3
    assert sorted("古" in body.decode() for body in offered) == [False, False]
    assert [text in offered, len(offered)] == [True, 2]


def test_it_is_found_again_without_the_cache(tmp_path: Path) -> None:
    project, mirror, _ = publish(tmp_path, ONE, site=False)
    shutil.rmtree(project / "build")
    result = run(project, mirror)
    assert result.site == "published"
    assert list_offered(project) == set()
    assert find_texts(site_of(project), NUMBERS) == set()


def test_a_release_that_says_nothing_of_it_is_told_when_the_site_is_made(tmp_path: Path) -> None:
    """Releases of older programs were never screened."""
    project, mirror, _ = publish(tmp_path, ONE, site=False)
    path = project / "datapackages/secret/releases/2026.11.23/manifest.json"
    before = path.read_bytes()
    after = json.dumps({**json.loads(before), "findings": []}).encode()
    path.write_bytes(after)
    sums = path.with_name("SHA256SUMS")
    old, new = (hashlib.sha256(body).hexdigest() for body in (before, after))
    sums.write_text(sums.read_text("utf-8").replace(old, new), "utf-8")
    shutil.rmtree(project / "build")
    result = run(project, mirror)
    assert told(result).keys() == {"secret.csv"}
    assert list_offered(project) == set()


def test_a_dataset_that_stays_as_it_was_keeps_its_files_back(tmp_path: Path) -> None:
    """It is read from the site, where files that were kept back are not."""
    clean = make_files(CLEAN)["csv-dropped"]
    project, mirror, _ = publish(tmp_path, {**ONE, "other": clean})
    (project / "datapackages/secret/releases.json").write_text("{", "utf-8")
    shutil.rmtree(project / "build" / "cache")
    add_asset(project)
    result = run(project, mirror)
    assert "dataset-kept" in {one.code for one in result.every}
    assert result.site == "published"
    assert list_offered(project) == {"other"}
    assert (site_of(project) / "datasets/secret/rows.csv").is_file()


def test_a_file_is_screened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, mirror, _ = publish(tmp_path, ONE)
    monkeypatch.setattr("entaku.audit.raws.screen_raw", lambda file: pytest.fail("screened again"))
    (project / "catalogue.yaml").write_text((project / "catalogue.yaml").read_text("utf-8") + "# \n", "utf-8")
    add_asset(project)
    assert run(project, mirror).site == "published"
    assert make_setting(project).store.list_datasets() == ("secret",)
