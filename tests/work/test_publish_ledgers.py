"""From the CSV that officials edit in Excel to pages, data and findings."""

import shutil
from pathlib import Path

import pytest
from projects import LIFTS, ROOT, lifts, make_project, put_sample, run

HEADER = "id,asked,by_ja,by_en,title_ja,title_en,why_ja,why_en,status,datasets,answered,reply_ja,reply_en"
ROW = "a-lift,2021/4/28,市民の団体,A group,昇降機の点検,Lifts,,,,lifts,,,"
SHOWCASES = "id,title_ja,title_en,about_ja,about_en,by_ja,by_en,url,picture,datasets,since\r\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a ledger of one request and no showcase yet."""
    folder = make_project(tmp_path / "p", lifts=LIFTS.replace("requests: [lifts]\n", ""))
    for name in ("requests", "showcases"):
        text = (ROOT / "pipelines" / f"{name}.yaml").read_text("utf-8")
        text = text.replace("publisher: entaku", "publisher: office").replace("[government]", "[transport]")
        (folder / "pipelines" / f"{name}.yaml").write_text(text, "utf-8")
    write(folder, ROW)
    (folder / "showcases.csv").write_text(SHOWCASES, "utf-8")
    put_sample(folder, lifts("7,2026-07-01"))
    return folder


def write(project: Path, *rows: str, encoding: str = "utf-8-sig") -> None:
    (project / "requests.csv").write_bytes("\r\n".join((HEADER, *rows, "")).encode(encoding))


def read(project: Path, path: str) -> str:
    return (project / "build" / "site" / path).read_text("utf-8")


def outcomes(result) -> dict[str, str]:
    return {one.dataset: one.what for one in result.outcomes}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932", "utf-16"])
def test_what_excel_saves_becomes_data_and_pages(project: Path, encoding: str) -> None:
    write(project, ROW, ",,,,,,,,,,,,", encoding=encoding)
    result = run(project)
    assert outcomes(result) == {"lifts": "released", "requests": "released", "showcases": "empty"}
    assert not result.findings
    assert read(project, "datasets/requests/requests.csv").splitlines()[1].startswith("a-lift,2021-04-28,市民の団体")
    page = read(project, "requests/a-lift/index.html")
    assert "2021年4月28日" in page and "応えました" in page and "datasets/lifts/2026.06.29/" in page
    assert "1,888 日後" in page  # the first release holds what was fetched on 2026-06-29
    assert "昇降機の点検" in read(project, "datasets/lifts/index.html")
    assert "最初になります" in read(project, "showcases/index.html")
    assert "datasets/requests/" in read(project, "sitemap.xml") and "requests/a-lift/" in read(project, "sitemap.xml")


def test_a_bad_row_is_told_with_its_row_and_column_and_the_last_ledger_stays(project: Path) -> None:
    run(project)
    write(project, ROW, "b-bus,28-Apr,記者,,バス停,,,,そのうち,,,,")
    result = run(project, now="2026-11-24T03:00:00")
    (held,) = [one for one in result.outcomes if one.what == "held"]
    told = {(one.code, one.place.row, one.place.column) for one in held.findings if one.severity == "error"}
    assert held.dataset == "requests" and told == {("not-a-date", 3, "asked"), ("constraint-error", 3, "status")}
    assert "昇降機の点検" in read(project, "requests/index.html")


def test_a_dataset_whose_yaml_is_wrong_is_no_stranger_to_the_ledger(project: Path) -> None:
    path = project / "pipelines" / "lifts.yaml"
    path.write_text(path.read_text("utf-8").replace("frequency: monthly", "frequency: monthlyy"), "utf-8")
    result = run(project)
    assert outcomes(result)["lifts"] == "broken" and outcomes(result)["requests"] == "released"
    assert {one.code for one in result.findings} == {"not-allowed"}


def test_a_name_where_a_kind_of_user_should_stand_holds_the_ledger(project: Path) -> None:
    write(project, ROW.replace("市民の団体", "山田 太郎"))
    (held,) = [one for one in run(project).outcomes if one.what == "held"]
    (finding,) = [one for one in held.findings if one.severity == "error"]
    assert (finding.code, finding.place.row, finding.place.column) == ("person-name", 2, "by_ja")
    assert "山田" not in repr(held.findings)


def test_a_row_that_is_taken_back_goes(project: Path) -> None:
    write(project, ROW, ROW.replace("a-lift", "b-lift"))
    run(project)
    write(project, ROW)
    run(project, now="2026-11-24T03:00:00")
    write(project, ROW, ROW.replace("a-lift", "b-lift"))
    assert outcomes(run(project, now="2026-11-25T03:00:00"))["requests"] == "released"
    assert (project / "build/site/requests/b-lift/index.html").is_file()
    write(project)
    assert outcomes(run(project, now="2026-11-26T03:00:00"))["requests"] == "released"
    assert "まだ要望はありません" in read(project, "requests/index.html")


def test_a_stranger_is_told_and_not_linked(project: Path) -> None:
    write(project, ROW.replace(",lifts,", ",lift,"))
    (finding,) = (one for one in run(project).findings if one.code != "templates-former")
    assert (finding.code, finding.place.file, finding.place.row) == ("ledger-dataset", "requests.csv", 2)


def test_a_project_without_ledgers_has_empty_pages(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    put_sample(project, lifts("7,2026-07-01"))
    assert run(project).site == "published"
    assert "まだ要望はありません" in read(project, "requests/index.html")


def test_a_second_run_does_nothing(project: Path) -> None:
    run(project)
    again = run(project)
    assert set(outcomes(again).values()) == {"unchanged", "empty"} and again.site == "unchanged"
    shutil.rmtree(project / "build")
    assert run(project).site == "published"


def test_a_dataset_is_listed_from_its_first_row_on(project: Path) -> None:
    site = project / "build" / "site"

    def mentions() -> list[str]:
        whole = {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}
        return [path for path, body in whole.items() if b"datasets/showcases/" in body or "datasets/showcases" in path]

    result = run(project)
    (told,) = [one for one in result.outcomes if one.dataset == "showcases"]
    assert [(one.code, one.severity, one.value) for one in told.findings] == [("no-rows-yet", "notice", "showcases")]
    assert result.site == "published" and not result.failed and told.version == ""
    assert mentions() == []
    assert b"showcases" not in (site / "api/3/action/package_list").read_bytes()
    assert outcomes(run(project, now="2026-11-24T03:00:00"))["showcases"] == "empty"
    (project / "showcases.csv").write_text(
        SHOWCASES + "a-map,地図,Map,,,,,https://map.example.org/,,lifts,\r\n", "utf-8"
    )
    assert outcomes(run(project, now="2026-11-25T03:00:00"))["showcases"] == "released"
    assert {"datasets/showcases/index.html", "sitemap.xml", "feed.atom", "catalog.ttl"} <= set(mentions())
    assert b"showcases" in (site / "api/3/action/package_list").read_bytes()


def test_a_dataset_that_loses_its_rows_keeps_its_last_release(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p")
    put_sample(folder, lifts("7,2026-07-01"))
    assert outcomes(run(folder)) == {"lifts": "released"}
    put_sample(folder, lifts(), day="2026-07-29")
    text = (folder / "pipelines/lifts.yaml").read_text("utf-8")
    (folder / "pipelines/lifts.yaml").write_text(
        text.replace("overwritten: true", "overwritten: false").replace("    expect: {rows: {min: 1}}\n", ""), "utf-8"
    )
    result = run(folder, now="2026-11-24T03:00:00")
    assert outcomes(result) == {"lifts": "held"}
    (held,) = result.outcomes
    assert [one.code for one in held.findings if one.severity == "error"] == ["no-rows-left"]
    assert (folder / "build/site/datasets/lifts/schedule.csv").read_text("utf-8") == "id,day\n7,2026-07-01\n"


def test_a_table_without_rows_beside_one_with_rows_is_released(tmp_path: Path) -> None:
    more = LIFTS[LIFTS.index("  - name: schedule") :].replace("schedule", "repairs").replace("lifts.csv", "repairs.csv")
    folder = make_project(tmp_path / "p", lifts=LIFTS + more.replace("    expect: {rows: {min: 1}}\n", ""))
    put_sample(folder, lifts("7,2026-07-01"))
    put_sample(folder, lifts(), "https://office.example.org/repairs.csv")
    assert outcomes(run(folder)) == {"lifts": "released"}
    assert (folder / "build/site/datasets/lifts/repairs.csv").read_text("utf-8") == "id,day\n"
