"""Standards of a project, `standards/NAME.csv`: as good as those of this program, and what is wrong in such a file."""

import csv
import io
import json
import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest
from projects import ROOT, make_project, run
from pytest import CaptureFixture, TempPathFactory
from test_standards import FORMATS, list_broken, make_rows, make_wrong, told, write_file, write_spec

from entaku.check.standards import check_standard
from entaku.model.messages import say
from entaku.model.nouns import Finding, Place
from entaku.model.standards import HEADINGS, MOST_COLUMNS, TAG, Standard, follow_schema, list_standards
from entaku.spec.spec import make_spec, parse_project
from entaku.spec.standard_files import read_standard
from entaku.work.cli import main
from entaku.work.load import read_specs
from entaku.work.outcome import Result

PARKING = """\
number,ja,name,en,must,type,format,values,unit,about_ja,about_en
25,全国地方公共団体コード,local_government_code,Local government code,value,string,municipality_code,,,,
25,ID,id,ID,value,string,,,,一意に決まる ID,Tells rows apart
25,駐車場名称,name,Name,value,string,,,,,
25,収容台数,capacity,Capacity,column,integer,,0..,台,,
25,区分,kind,Kind,,string,,平面|立体|地下,,,
25,供用開始日,opened_on,Opened on,,date,,,,,
25,営業開始,open_from,Open from,,time,%H:%M,,,,
25,電話番号,phone,Phone,former,string,telephone,,,,
25,町字ID,town_id,Town ID,,string,,[0-9]{7},,,
"""
"""A numbered dataset that this program doesn't have."""
BINS = """\
ja,name,type,must
区画番号,plot,string,value
植樹日,planted,date,
樹種名,species,string,column
幹周,girth,number,
"""
"""A standard of the office itself, without a number, with the headings that it needs."""
TOILETS = "公衆トイレ一覧"


def make_edition() -> str:
    """A later edition of a standard of this program: one column more, which it requires, and one less."""
    with (ROOT / "entaku" / "model" / "standard_columns.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["number"] == "13" and row["ja"] != "備考"]
    rows.append({**dict.fromkeys(HEADINGS, ""), "number": "13", "ja": "清掃日", "name": "cleaned", "type": "date"})
    rows[-1]["must"] = "value"
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADINGS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


OWN = {"公営駐車場一覧": PARKING, "街路樹一覧": BINS, TOILETS: make_edition()}
NAMES = {"公営駐車場一覧": "parking", "街路樹一覧": "trees", TOILETS: "toilets"}


def read(name: str, body: str) -> Standard:
    standard, findings = read_standard(f"standards/{name}.csv", body.encode())
    assert standard is not None, findings
    return standard


STANDARDS = {name: read(name, body) for name, body in OWN.items()}


def test_the_headings_are_those_of_the_shipped_table() -> None:
    with (ROOT / "entaku" / "model" / "standard_columns.csv").open(encoding="utf-8", newline="") as file:
        assert tuple(next(csv.reader(file))) == HEADINGS
    for standard in list_standards().values():
        with (ROOT / "entaku" / "model" / "standard_columns.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row[0] in ("number", standard.number)]
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        copied = read(standard.title.ja, text.getvalue())
        assert copied.columns == standard.columns and copied.name == standard.name


def test_the_file_that_the_page_shows_is_one() -> None:
    page = (ROOT / "docs" / "standards-jp.md").read_text("utf-8")
    body = page.partition("```csv\n")[2].partition("```")[0]
    standard = read("公営駐車場一覧", body)
    assert [one.name for one in standard.columns] == ["name", "capacity", "kind", "phone"]
    assert standard.columns[2].values == "平面|立体|地下" and all(f"`{heading}`" in page for heading in HEADINGS)


@pytest.fixture(scope="module")
def published(tmp_path_factory: TempPathFactory) -> tuple[Path, Result]:
    specs, bodies = {}, {}
    for name, standard in STANDARDS.items():
        short = NAMES[name]
        bodies[short], specs[short] = write_file(standard, make_rows(standard)), write_spec(short, name)
        for kind, body, schema in list_broken(standard):
            bodies[f"{short}-{kind}"] = body
            specs[f"{short}-{kind}"] = write_spec(f"{short}-{kind}", name, schema)
    project = make_project(tmp_path_factory.mktemp("own") / "project", **specs)
    for folder in ("data", "standards"):
        (project / folder).mkdir()
    for name, body in OWN.items():  # a Mac writes the names of files in parts, Excel writes cp932
        (project / "standards" / f"{unicodedata.normalize('NFD', name)}.csv").write_bytes(body.encode("cp932"))
    for name, body in bodies.items():
        (project / "data" / f"{name}.csv").write_text(body, "utf-8")
    return project, run(project)


@pytest.mark.parametrize("name", STANDARDS)
def test_a_conforming_file_is_published_as_one_of_a_shipped_standard(name: str, published: tuple[Path, Result]) -> None:
    project, result = published
    standard, short = STANDARDS[name], NAMES[name]
    assert told(result, short) == []
    folder = project / "build" / "site" / "datasets" / short
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    table = package["resources"][0]
    tags = [TAG] if standard.number else []
    assert package["keywords"] == ["試験", *tags, name]
    page = {"path": "https://www.digital.go.jp/resources/open_data/municipal-standard-data-set-test"}
    assert table["conformsTo"] == [{"title": standard.name, **(page if standard.number else {})}]
    assert [field["name"] for field in table["schema"]["fields"]] == [one.name for one in standard.columns]
    assert standard.name in (folder / "index.html").read_text("utf-8")
    dcat = (folder / "dcat.ttl").read_text("utf-8")
    assert f'"{standard.name}"@ja' in dcat and (page["path"] in dcat) == bool(standard.number)
    assert "edition" not in (folder / "datapackage.json").read_text("utf-8")
    with (project / "build" / "site" / "open-data-list.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["データセット_ID"] == short]
    assert {row["ファイル_準拠する標準"] for row in rows} == {standard.name}


def test_the_number_makes_it_one_of_the_municipal_datasets() -> None:
    names = [one.name for one in STANDARDS.values()]
    assert names[0] == "自治体標準オープンデータセット 25 公営駐車場一覧" and names[1] == "街路樹一覧"


@pytest.mark.parametrize("name", STANDARDS)
def test_a_broken_file_is_told_what_is_wrong(name: str, published: tuple[Path, Result]) -> None:
    _, result = published
    standard, short = STANDARDS[name], NAMES[name]
    needed = [column for column in standard.columns if column.needed]
    (lacks,) = told(result, f"{short}-lacks")
    assert (lacks.code, lacks.value) == ("standard-lacks", needed[0].title.ja)
    assert lacks.place.file == f"pipelines/{short}-lacks.yaml" and lacks.place.line == 14
    wrong = {finding.place.column.partition("（")[0] for finding in told(result, f"{short}-wrong")}
    assert wrong == {one.name for one in standard.columns if make_wrong(one)}
    extra = told(result, f"{short}-extra")
    assert [one.code for one in extra] in (["standard-lacks", "standard-extra"], ["standard-absent", "standard-extra"])
    first = standard.columns[0]
    assert all(f"rename: {{{first.title.ja}２: {first.name}}}" in say(one, "ja") for one in extra)


def test_an_edition_of_the_project_goes_before_the_shipped_one(published: tuple[Path, Result]) -> None:
    project, _ = published
    (spec,) = [one for one in read_specs(project)[1] if one.pipeline.name == "toilets"]
    schema = spec.pipeline.resources[0].schema
    names = [field.name for field in schema.fields]
    assert names[-1] == "cleaned" and "remarks" not in names
    standard = follow_schema(schema)
    assert standard is not None and standard.name == list_standards()[TOILETS].name


def test_a_release_keeps_the_standard_that_it_was_made_by(published: tuple[Path, Result]) -> None:
    """The file may change or go: what a version says of its standard stays."""
    project, _ = published
    (spec,) = [one for one in read_specs(project)[1] if one.pipeline.name == "parking"]
    again = make_spec(spec.canonical, spec.file, {}).pipeline.resources[0].schema
    standard = follow_schema(again)
    assert standard is not None and standard.name == STANDARDS["公営駐車場一覧"].name
    there = [one.name for one in standard.columns if one.name not in ("capacity", "kind")]
    found = list(check_standard(again, there, Place("pipelines/parking.yaml")))
    assert [(one.code, one.value) for one in found] == [("standard-lacks", "収容台数"), ("standard-absent", "区分")]


def test_a_standard_without_a_file_leaves_the_published_version(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", parking=write_spec("parking", "公営駐車場一覧"))
    for folder in ("data", "standards"):
        (project / folder).mkdir()
    file = project / "standards" / "公営駐車場一覧.csv"
    file.write_text(PARKING, "utf-8")
    standard = STANDARDS["公営駐車場一覧"]
    (project / "data" / "parking.csv").write_text(write_file(standard, make_rows(standard)), "utf-8")
    assert told(run(project), "parking") == []
    file.unlink()
    result = run(project)
    assert standard.name in (project / "build" / "site" / "datasets" / "parking" / "index.html").read_text("utf-8")
    (unknown,) = [one for one in result.findings if one.code == "unknown-standard"]
    assert unknown.value == "公営駐車場一覧" and "standards/ にその名前の CSV を作って" in say(unknown, "ja")


# ---- mistakes


def parse(files: Mapping[str, str], standard: str = "公営駐車場一覧") -> tuple[Finding, ...]:
    """The findings of a project whose only table follows a standard."""
    whole = {
        "catalogue.yaml": "",
        "pipelines/parking.yaml": write_spec("parking", standard),
        **{f"standards/{name}": body for name, body in files.items()},
    }
    findings = parse_project({name: body.encode() for name, body in whole.items()})[2]
    return tuple(one for one in findings if one.place.file != "catalogue.yaml")


def put(line: int, old: str, new: str) -> dict[str, str]:
    lines = PARKING.splitlines()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return {"公営駐車場一覧.csv": "\n".join(lines)}


CELLS = [
    (put(1, "must", "必須"), 1, "必須", "number, ja, name, en, must, type"),
    (put(1, "en,", "ja,"), 1, "ja", "number, ja, name"),
    (put(2, "local_government_code", "local-government-code"), 2, "local-government-code", "英字か _ で始まる"),
    (put(3, "value", "required"), 3, "required", "value, column, former"),
    (put(4, "駐車場名称", ""), 4, "", "標準の見出し"),
    (put(4, "25", "26"), 4, "26", "25"),
    (put(5, "integer", "整数"), 5, "整数", "「integer」のことですか"),
    (put(5, "0..", "零.."), 5, "零..", "0.."),
    (put(5, "0..", "多|少"), 5, "多", "integer"),
    (put(6, "string,,平面", "date,,平面"), 6, "平面", "date"),
    (put(8, "%H:%M", "HH:MM"), 8, "HH:MM", "default"),
    (put(9, "telephone", "telefone"), 9, "telefone", "「telephone」のことですか"),
    (put(10, "[0-9]{7}", "[0-9"), 10, "[0-9", "unterminated"),
    (put(3, "一意に決まる", "一意\u0007に"), 3, "一意\u0007に ID", "2,000"),
]


@pytest.mark.parametrize(("files", "line", "value", "words"), CELLS)
def test_a_wrong_cell_is_told_at_its_line_with_what_is_allowed(
    files: dict[str, str], line: int, value: str, words: str
) -> None:
    found = parse(files)
    assert {one.code for one in found} == {"standard-cell"}, found
    assert [(one.place.file, one.place.line) for one in found] == [("standards/公営駐車場一覧.csv", line)] * len(found)
    assert found[0].value == value and words in say(found[0], "ja"), say(found[0], "ja")
    assert f"standards/公営駐車場一覧.csv:{line} standard-cell" in say(found[0], "en")


@pytest.mark.parametrize(
    ("files", "code", "line", "words"),
    [
        (put(4, "駐車場名称", "ＩＤ"), "standard-twice", 4, "先のは 3 行目"),
        (put(4, "name", "id"), "standard-twice", 4, "先のは 3 行目"),
        ({"公営駐車場一覧.csv": ""}, "bad-standard", None, "見出し ja, name, type がありません"),
        ({"公営駐車場一覧.csv": "見出し,name,type\nID,id,string\n"}, "bad-standard", None, "見出し ja がありません"),
        ({"公営駐車場一覧.csv": PARKING.partition("\n")[0]}, "bad-standard", None, "見出しの下に行がありません"),
        ({"公営駐車場一覧.csv": "ja,name,type\n" + "あ,a,string\n" * (MOST_COLUMNS + 1)}, "bad-standard", None, "1,000"),
        ({"公営駐車場一覧.csv": "ja,name,type\n" + "あ" * 2_000_000}, "bad-standard", None, "4 MB"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_told(files: dict[str, str], code: str, line: int | None, words: str) -> None:
    (found,) = parse(files)
    assert (found.code, found.place.file, found.place.line) == (code, "standards/公営駐車場一覧.csv", line), found
    assert words in say(found, "ja") and "standard" in say(found, "en")


def test_a_file_in_another_encoding_is_told() -> None:
    _, (found,) = read_standard("standards/x.csv", b"ja,name,type\na\x00,a,string\n")
    assert found.code == "bad-standard" and "文字コード" in say(found, "ja")


def test_an_unknown_standard_names_those_of_the_project_and_the_shipped_ones() -> None:
    (found,) = parse({"公営駐車場一覧.csv": PARKING, "街路樹一覧.csv": BINS}, "街路樹")
    told = say(found, "ja")
    assert (found.code, found.place.line) == ("unknown-standard", 14)
    assert "standards/ には：公営駐車場一覧、街路樹一覧" in told and "公共施設一覧" in told
    assert "「街路樹一覧」のことですか" in told
    (alone,) = parse({}, "街路樹")
    assert "standards/ には：なし" in say(alone, "ja") and "project: none" in say(alone, "en")


@pytest.mark.parametrize("wanted", ["../街路樹一覧", "/etc/passwd", "standards/街路樹一覧.csv", "..", "街路樹一覧.csv"])
def test_a_name_never_leaves_the_folder(wanted: str, tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "project", trees=write_spec("trees", "X").replace("standard: X", f"standard: {wanted}")
    )
    (project / "standards").mkdir()
    (project / "街路樹一覧.csv").write_text(BINS, "utf-8")
    (project / "standards" / "街路樹一覧.csv").write_text(BINS, "utf-8")
    found = [one for one in read_specs(project)[2] if one.place.file == "pipelines/trees.yaml"]
    assert [one.code for one in found] == ["unknown-standard"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links here")
def test_a_link_out_of_the_project_is_no_standard(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", trees=write_spec("trees", "街路樹一覧"))
    (project / "standards").mkdir()
    (tmp_path / "街路樹一覧.csv").write_text(BINS, "utf-8")
    (project / "standards" / "街路樹一覧.csv").symlink_to(tmp_path / "街路樹一覧.csv")
    assert [one.code for one in read_specs(project)[2]] == ["unknown-standard"]


def test_what_owners_may_not_write_is_an_unknown_key() -> None:
    text = write_spec("trees", "街路樹一覧", "      edition: {number: 99, columns: []}\n")
    files = {"pipelines/trees.yaml": text.encode(), "standards/街路樹一覧.csv": BINS.encode()}
    (found,) = [one for one in parse_project(files)[2] if one.place.file]
    assert (found.code, found.value, found.place.line) == ("unknown-key", "edition", 15)
    assert "primaryKey" in say(found, "ja")


def test_a_broken_standard_that_nothing_uses_only_warns() -> None:
    found = parse({"公営駐車場一覧.csv": PARKING, "街路樹一覧.csv": BINS.replace("date", "dote")})
    assert [(one.code, one.severity, one.place.line) for one in found] == [("standard-cell", "warning", 3)]


# ---- drafts, commands


def make_desk(folder: Path, own: Mapping[str, str]) -> Path:
    project = make_project(folder / "project")
    (project / "standards").mkdir()
    for name, body in own.items():
        (project / "standards" / f"{name}.csv").write_text(body, "utf-8")
    return project


@pytest.mark.parametrize("name", STANDARDS)
def test_a_draft_names_the_standard_of_the_project(name: str, tmp_path: Path) -> None:
    project = make_desk(tmp_path, OWN)
    standard = STANDARDS[name]
    path = tmp_path / "x.csv"
    path.write_text(write_file(standard, make_rows(standard)), "utf-8")
    assert main(["new", "--yes", "--project", str(project), "--name", "x", str(path)]) == 0
    text = (project / "pipelines" / "x.yaml").read_text("utf-8")
    assert f"\n      standard: {name}\n" in text and "name_by_title" in text and "without" not in text
    assert not any("fields:" in line for line in text.splitlines())


def test_files_of_several_years_follow_a_standard_of_the_project(tmp_path: Path) -> None:
    project = make_desk(tmp_path, OWN)
    files = []
    for year in ("2025", "2026"):
        files.append(tmp_path / f"parking_{year}.csv")
        standard = STANDARDS["公営駐車場一覧"]
        files[-1].write_text(write_file(standard, make_rows(standard)), "utf-8")
    assert main(["new", "--yes", "--project", str(project), "--name", "x", *map(str, files)]) == 0
    assert "standard: 公営駐車場一覧" in (project / "pipelines" / "x.yaml").read_text("utf-8")


def test_a_name_that_yaml_reads_otherwise_is_quoted(tmp_path: Path) -> None:
    name = "2026: 街路樹 #1"
    project = make_desk(tmp_path, {name: BINS})
    path = tmp_path / "x.csv"
    path.write_text(write_file(STANDARDS["街路樹一覧"], make_rows(STANDARDS["街路樹一覧"])), "utf-8")
    assert main(["new", "--yes", "--project", str(project), "--name", "x", str(path)]) == 0
    assert f'standard: "{name}"' in (project / "pipelines" / "x.yaml").read_text("utf-8")


def test_a_broken_standard_is_told_and_not_proposed(tmp_path: Path, capsys: CaptureFixture[str]) -> None:
    project = make_desk(tmp_path, {"街路樹一覧": BINS.replace("date", "dote")})
    path = tmp_path / "x.csv"
    path.write_text(write_file(STANDARDS["街路樹一覧"], make_rows(STANDARDS["街路樹一覧"])), "utf-8")
    assert main(["new", "--yes", "--project", str(project), "--name", "x", str(path)]) == 0
    assert "standards/街路樹一覧.csv:3" in capsys.readouterr().out
    assert "standard:" not in (project / "pipelines" / "x.yaml").read_text("utf-8")


def test_migration_leaves_standards_as_they_are(published: tuple[Path, Result]) -> None:
    project, _ = published
    before = {path: path.read_bytes() for folder in ("standards", "pipelines") for path in (project / folder).iterdir()}
    assert main(["migrate", "--project", str(project)]) == 0
    assert {path: path.read_bytes() for path in before} == before


def test_every_format_of_offices_is_one_of_a_standard() -> None:
    rows = [f"列{n},c{n},{'time' if form == '%H:%M' else 'string'},{form}" for n, form in enumerate(FORMATS)]
    _, findings = read_standard("standards/x.csv", "\n".join(["ja,name,type,format", *rows]).encode())
    wrong = {one.value for one in findings}
    assert {one.code for one in findings} <= {"standard-cell"}
    assert {"municipality_code", "telephone", "%H:%M"}.isdisjoint(wrong)
