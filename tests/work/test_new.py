"""`entaku new --yes` on the messes: each draft passes its check at once and publishes the truth, cell by cell."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from messes import MESSES, SAVERS, Mess
from openpyxl import Workbook
from projects import CATALOGUE, make_setting
from sweeping import halve

from entaku.draft import draft_file
from entaku.model.files import name_csv
from entaku.model.messages import say
from entaku.model.nouns import Raw
from entaku.work.cli import main
from entaku.work.load import read_specs
from entaku.work.new import Given
from entaku.work.offers import read_offers
from entaku.work.open import try_dataset


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without pipelines."""
    monkeypatch.setattr("entaku.work.open.digest_program", lambda: "")  # half of the time of a small draft
    folder = tmp_path / "p"
    (folder / "pipelines").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    return folder


def publish(project: Path, name: str) -> dict[str, str]:
    """The tables that a project's dataset publishes."""
    office, specs, _ = read_specs(project)
    assert office is not None
    spec = next(spec for spec in specs if spec.pipeline.name == name)
    with try_dataset(replace(make_setting(project)), office, spec) as (outcome, store):
        told = [say(finding, "ja") for finding in outcome.findings if finding.severity == "error"]
        assert not told, told
        return {
            one.name: store.read_release(name, outcome.version, name_csv(one.name)).decode()
            for one in spec.pipeline.resources
        }


def draft(project: Path, folder: Path, mess: Mess, form: str) -> str:
    """The YAML that is drafted of a workbook in one format."""
    path = folder / f"{mess.name}.{form}"
    path.write_bytes(SAVERS[form](mess))
    ended = main(["new", "--yes", "--project", str(project), str(path)])
    text = (project / f"pipelines/{mess.name}.yaml").read_text("utf-8")
    assert ended == 0, text
    return text


@pytest.mark.parametrize("mess", MESSES, ids=lambda mess: mess.name)
def test_a_draft_publishes_the_truth(project: Path, tmp_path: Path, mess: Mess) -> None:
    text = draft(project, tmp_path, mess, "xlsx")
    assert publish(project, mess.name) == mess.truth, text
    for words in mess.says:
        assert words in text


@pytest.mark.parametrize("mess", halve(MESSES), ids=lambda mess: mess.name)
def test_the_format_of_a_workbook_makes_no_difference(mess: Mess) -> None:
    xlsx, xls, ods = (
        draft_file(Raw("x", {}, "file", "", "", len(body)), body) for body in (make(mess) for make in SAVERS.values())
    )
    assert xls == xlsx
    assert ods == xlsx


@pytest.mark.parametrize(("name", "form"), [("subtotals", "xls"), ("sheet-a-year", "ods"), ("sheet-a-ward", "ods")])
def test_other_formats_are_published_alike(project: Path, tmp_path: Path, name: str, form: str) -> None:
    mess = next(mess for mess in MESSES if mess.name == name)
    draft(project, tmp_path, mess, form)
    assert publish(project, mess.name) == mess.truth


def test_the_check_names_the_cells_of_the_right_half(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mess = next(mess for mess in MESSES if mess.name == "halves")
    text = draft(project, tmp_path, mess, "xlsx")
    strict = text.replace("{name: female, ", "{name: female, constraints: {minimum: 7}, ")
    (project / "pipelines/halves.yaml").write_text(strict, "utf-8")
    capsys.readouterr()
    assert main(["check", "--project", str(project), "halves"]) == 1
    told = capsys.readouterr().out
    assert "H3" in told and "H4" in told and "D3" not in told and "D4" not in told


def test_marks_are_kept_in_columns_beside_the_values_where_that_is_wanted(project: Path, tmp_path: Path) -> None:
    mess = next(mess for mess in MESSES if mess.name == "marks")
    rows = [*mess.sheets[0].rows, ["庚", "－", "ｘ"]]
    path = tmp_path / "marks.xlsx"
    path.write_bytes(SAVERS["xlsx"](replace(mess, sheets=[replace(mess.sheets[0], rows=rows)])))
    assert main(["new", "--yes", "--marks", "--project", str(project), str(path)]) == 0
    text = (project / "pipelines/marks.yaml").read_text("utf-8")
    assert (
        publish(project, "marks")["table"]
        == """establishments,employees,shutsukagaku,employees_mark,shutsukagaku_mark
甲,12,3400,,
乙,3,,,x
丙,,,…,-
丁,8,1200,,
戊,9,1300,,
己,7,900,,
庚,,,-,x
"""
    ), text
    assert '{name: employees_mark, type: string, title: {ja: "従業者数の記号", en: "Employees (mark)"}}' in text


def test_a_zip_of_several_files_is_drafted_whole(project: Path, tmp_path: Path) -> None:
    book = next(mess for mess in MESSES if mess.name == "two-kinds-of-sheets")
    with zipfile.ZipFile(tmp_path / "town.zip", "w") as made:
        made.writestr("data/施設_2023.csv", "施設名,定員\n体育館,10\n公民館,20\n".encode("cp932"))
        made.writestr("data/施設_2024.csv", "施設名,定員\n体育館,11\n公民館,21\n")
        made.writestr("data/統計.xlsx", SAVERS["xlsx"](book))
        made.writestr("案内.pdf", b"%PDF-1.4")
        made.writestr("説明.txt", "この資料は試験です。\n")
        for hidden in ("__MACOSX/._説明.txt", "__MACOSX/説明.txt", ".DS_Store", "data/.DS_Store"):
            made.writestr(hidden, b"x")
    assert main(["new", "--yes", "--project", str(project), str(tmp_path / "town.zip")]) == 0
    text = (project / "pipelines/town.yaml").read_text("utf-8")
    assert publish(project, "town") == {
        "facility": "facility,capacity,year\n体育館,10,2023\n公民館,20,2023\n体育館,11,2024\n公民館,21,2024\n",
        "toukei-population": book.truth["population"],
        "toukei-facility": book.truth["facility"],
    }
    assert 'member: "/data/施設_(?P<year>2023|2024)\\\\.csv/"' in text
    for words in ("案内.pdf", "この資料は試験です。", "この表は速報です。"):
        assert words in text
    assert "__MACOSX" not in text and "DS_Store" not in text


def test_files_of_a_zip_that_differ_are_tables_of_their_own(project: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as made:
        made.writestr("a1.csv", "区名,人口\n東区,1\n西区,2\n")
        made.writestr("a2.csv", "区名,世帯\n東区,3\n西区,4\n")
    assert main(["new", "--yes", "--project", str(project), str(tmp_path / "two.zip")]) == 0
    assert publish(project, "two") == {
        "a1": "ward,population\n東区,1\n西区,2\n",
        "a2": "ward,households\n東区,3\n西区,4\n",
    }


# ---- several files ----------------------------------------------------------------------------------------------


def test_files_of_one_layout_are_one_table(project: Path, tmp_path: Path) -> None:
    for year, count in ((4, 10), (5, 20)):
        (tmp_path / f"loans-r{year}.csv").write_text(f"館名,冊数\n中央館,{count}\n東館,{count + 1}\n", "utf-8")
    ended = main(["new", "--yes", "--project", str(project), *map(str, sorted(tmp_path.glob("*.csv")))])
    assert ended == 0
    text = (project / "pipelines/loans.yaml").read_text("utf-8")
    assert 'file: "pipelines/files/loans-{year}.csv", for: {year: ["r4", "r5"]}' in text
    assert (
        publish(project, "loans")["table"]
        == "library,volumes,year\n中央館,10,2022\n東館,11,2022\n中央館,20,2023\n東館,21,2023\n"
    )


@pytest.mark.parametrize(
    ("names", "template", "column"),
    [
        (("c_20261101", "c_20261102"), "c_{date}", "2026-11-01"),
        (("c_2026-11-01", "c_2026-11-12"), "c_{date}", "2026-11-01"),
        (("c_2025-12-31", "c_2026-01-01"), "c_{date}", "2025-12-31"),
        (("c_20261131", "c_20261132"), "c_{file}", "20261131"),
    ],
)
def test_days_in_the_names_of_files_are_days(
    project: Path, tmp_path: Path, names: tuple[str, str], template: str, column: str
) -> None:
    for n, name in enumerate(names):
        (tmp_path / f"{name}.csv").write_text(f"区名,人口\n東区,{n}1\n西区,{n}2\n", "utf-8")
    files = [str(tmp_path / f"{name}.csv") for name in names]
    assert main(["new", "--yes", "--name", "days", "--project", str(project), *files]) == 0
    assert f"{template}.csv" in (project / "pipelines/days.yaml").read_text("utf-8")
    (body,) = publish(project, "days").values()
    assert body.splitlines()[1].endswith(f",{column}") and len(body.splitlines()) == 5


def test_a_folder_is_drafted_file_by_file(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "6.csv").write_text("館名,冊数\n中央館,1\n", "utf-8")
    (folder / "施設一覧.csv").write_text("施設名,定員\n体育館,10\n公民館,20\n", "utf-8")
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04")
    assert main(["new", "--project", str(project), str(folder)]) == 1
    names = sorted(path.name for path in (project / "pipelines").glob("*.yaml"))
    assert "shisetsu-ichiran.yaml" in names or "facility-ichiran.yaml" in names, names
    assert "broken" in capsys.readouterr().out


LISTS = {
    "ckan": b'{"success": true, "result": {"title": "\xe5\x9b\xb3\xe6\x9b\xb8\xe9\xa4\xa8", "license_id": "cc-by-4.0", "notes": "n", "resources": ['
    b'{"name": "a", "format": "PDF", "url": "https://x.example/a.pdf"}, {"name": "b", "format": "XLSX", "url": "https://x.example/b.xlsx"},'
    b'{"name": "b", "format": "CSV", "url": "https://x.example/b.csv"}]}}',
    "data.json": '{"dataset": [{"title": "図書館", "license": "cc-by-4.0", "description": "n", "distribution": '
    '[{"downloadURL": "https://x.example/b.csv", "mediaType": "text/csv"}]}]}'.encode(),
    "list.csv": "データセット名,概要,ダウンロードURL\n図書館,n,https://x.example/b.csv\n".encode(),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_name_files(name: str) -> None:
    (offer,) = read_offers(Raw(name, {}, "file", "", "", 1), LISTS[name], "https://x.example/dataset/d")
    assert (offer.source, offer.title, offer.description) == ("https://x.example/b.csv", "図書館", "n")


def test_a_list_is_drafted_with_what_it_says(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "館名,冊数\n中央館,1\n東館,2\n".encode()
    url = "https://x.example/b.csv"
    asked = "https://x.example/api/3/action/package_show?id=d"
    files = {url: body, asked: LISTS["ckan"]}
    monkeypatch.setattr(
        "entaku.work.new.look_at",
        lambda project, source, hosts: Given(source, Raw(source, {}, "live", "", "", 1), files[source]),
    )
    assert main(["new", "--yes", "--project", str(project), "https://x.example/dataset/d"]) == 0
    (path,) = (project / "pipelines").glob("*.yaml")
    text = path.read_text("utf-8")
    assert 'title: "図書館"' in text
    assert "license: CC-BY-4.0" in text
    assert 'landing_page: "https://x.example/dataset/d"' in text


def test_data_with_addresses_is_no_list() -> None:
    body = "名称,URL\n体育館,https://x.example/gym\n公民館,https://x.example/hall\n".encode()
    assert read_offers(Raw("a.csv", {}, "file", "", "", 1), body) == ()


def test_a_name_is_never_a_number(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "6.csv").write_text("館名,冊数\n中央館,1\n", "utf-8")
    assert main(["new", "--project", str(project), str(tmp_path / "6.csv")]) == 1
    assert "--name" in capsys.readouterr().out
    assert not list((project / "pipelines").glob("*.yaml"))


def test_machine_readability_is_told_of_the_headings_and_not_of_the_title(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = Workbook()
    sheet = book.active
    sheet["A1"], sheet["G2"] = "令和8年度 公園の面積", "（単位：㎡、％）"
    sheet.merge_cells("A1:G1")
    rows = (
        ("公園名", "区", "面積", "前年度", "比較", "増減率", "備考"),
        ("中央公園", "東区", 1200, 1100, 100, 9.1, None),
        (None, "西区", 800, 800, 0, 0, None),
        ("東公園", "東区", 340, 300, 40, 13.3, "工事中"),
    )
    for at, row in enumerate(rows, 4):
        for column, value in enumerate(row, 1):
            sheet.cell(at, column, value)
    book.save(tmp_path / "parks.xlsx")
    assert main(["new", "--yes", "--project", str(project), str(tmp_path / "parks.xlsx")]) == 0
    told = capsys.readouterr().out
    assert "列 公園名" in told and "列 令和" not in told
