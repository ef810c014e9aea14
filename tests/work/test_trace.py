"""`entaku trace`: each value of a release is led back to the cell that it came from."""

import json
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from messes import MESSES, Mess, save_xlsx
from projects import CATALOGUE, make_project, make_setting, put_sample
from sweeping import halve
from tracing import MANY, check, trace_some

from entaku.model.messages import say
from entaku.work.cli import main
from entaku.work.dataset import publish_dataset
from entaku.work.load import read_specs
from entaku.work.outcome import Result
from entaku.work.tracer import Tracer

SHIPPED = ("toei-elevator-inspections", "tokyo-market-daily", "tokyo-tourism-statistics")


@pytest.mark.parametrize("dataset", SHIPPED)
def test_values_of_the_shipped_pipelines_are_found_in_their_files(published: tuple[Path, Result], dataset: str) -> None:
    made = trace_some(make_setting(published[0]), dataset, "samples", MANY)
    kinds = Counter(source.origin.kind for one in made for _, source in one.sources)
    assert kinds["cell"] > MANY / 3, kinds


def release(project: Path, name: str) -> None:
    """Release a dataset without making a site."""
    office, specs, findings = read_specs(project)
    assert office is not None
    assert not findings, [say(finding, "en") for finding in findings]
    (spec,) = (spec for spec in specs if spec.pipeline.name == name)
    outcome = publish_dataset(make_setting(project), office, spec)
    assert outcome.what == "released", outcome.findings


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without pipelines."""
    monkeypatch.setattr("entaku.work.open.digest_program", lambda: "")
    folder = tmp_path / "p"
    (folder / "pipelines").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    return folder


@pytest.mark.parametrize("mess", halve(MESSES), ids=lambda mess: mess.name)
def test_values_of_messy_workbooks_are_found_in_their_cells(project: Path, tmp_path: Path, mess: Mess) -> None:
    path = tmp_path / f"{mess.name}.xlsx"
    path.write_bytes(save_xlsx(mess))
    assert main(["new", "--yes", "--project", str(project), str(path)]) == 0
    release(project, mess.name)
    made = trace_some(make_setting(project), mess.name, "messes", 30)
    assert made
    assert any(source.place.cell for one in made for _, source in one.sources)


# ---- steps that bring rows and cells together -------------------------------------------------------------------

STEPS = """\
name: rooms
title: {ja: 部屋, en: Rooms}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: counts
    title: {ja: 表, en: Counts}
    source: {url: "https://office.example.org/{year}.csv", for: {year: [2024, 2025]}}
    read: {title: [{line: 1, pattern: "（(?P<place>.+)）"}], header: {row: 2}, skip: ["^※"]}
    tidy: [TIDY]
    schema: {fields: [FIELDS]}
"""
ROOMS = "部屋の表（東）\nroom,floor,month,japanese,western\nA,1,4,3,5\n,,5,4,〃\n※注\nB,2,4,6,7\n"


def make_rooms(folder: Path, tidy: str, *columns: str, body: str = ROOMS) -> Path:
    """A project with one table of two raw files, released."""
    fields = ", ".join(f"{{name: {name}, title: {{ja: {name}, en: {name}}}}}" for name in columns)
    text = STEPS.replace("[TIDY]", f"[{tidy}]").replace("FIELDS", fields)
    project = make_project(folder / "p", rooms=text)
    for year in (2024, 2025):
        put_sample(project, body, f"https://office.example.org/{year}.csv")
    release(project, "rooms")
    return project


def trace(project: Path, row: str, column: str) -> tuple[str, list[str], list[str]]:
    """A value, the places of its sources as row:column or kind, and the steps that changed it."""
    _, specs, _ = read_specs(project)
    setting = make_setting(project)
    tracer = Tracer(setting, "rooms", specs[0])
    table = tracer.find_table("counts")
    made = tracer.trace(table, tracer.find_row(table, row), column)
    check(setting, "rooms", made)
    places = [
        f"{source.origin.row}:{source.origin.at}"
        if source.origin.kind == "cell"
        else f"{source.origin.kind} {source.text}"
        for _, source in made.sources
    ]
    return made.value, places, [one.step.name for one in made.steps if one.changed]


def test_what_melt_makes_is_a_cell_and_its_heading(tmp_path: Path) -> None:
    steps = "{select: [room, month, japanese, western, year, place]}, {rename: {japanese: mat}}, {melt: {keep: [room, month, year, place], names_to: kind, values_to: n}}"
    project = make_rooms(tmp_path, steps, "room", "month", "year", "place", "kind", "n")
    assert trace(project, "6", "n") == ("7", ["6:4"], ["melt"])
    assert trace(project, "5", "kind") == ("mat", ["heading japanese"], ["rename", "melt"])
    assert trace(project, "12", "year") == ("2025", ["url 2025"], [])
    assert trace(project, "2", "place") == ("東", ["title 部屋の表（東）"], [])


def test_a_heading_that_a_step_made_is_in_no_file(tmp_path: Path) -> None:
    steps = "{select: [room, month, western]}, {combine: {columns: [room, month], into: id, separator: '-'}}, {melt: {keep: [room, month], names_to: kind, values_to: n}}"
    project = make_rooms(tmp_path, steps, "room", "month", "kind", "n")
    assert trace(project, "1", "kind") == ("western", ["heading western"], ["melt"])
    assert trace(project, "2", "kind") == ("id", [], ["combine", "melt"])
    assert trace(project, "2", "n") == ("A-4", ["3:0", "3:2"], ["combine", "melt"])


def test_a_value_filled_down_is_the_cell_above(tmp_path: Path) -> None:
    steps = "{fill_down: [room, floor, western]}, {select: [room, floor, month, western]}, {sort: {columns: [month], descending: true}}"
    project = make_rooms(tmp_path, steps, "room", "floor", "month", "western")
    assert trace(project, "1", "room") == ("A", ["3:0"], ["fill_down"])
    assert trace(project, "1", "western") == ("5", ["3:4"], ["fill_down"])
    assert trace(project, "1", "month") == ("5", ["4:2"], [])


def test_what_is_joined_has_several_cells_and_what_the_yaml_says_has_none(tmp_path: Path) -> None:
    steps = (
        "{combine: {columns: [room, month], into: id, separator: '-'}}, {constant: {unit: 室}}, {copy: {japanese: again}}, "
        "{combine: {columns: [again, unit], into: again}}, {replace: {columns: [id], values: {A-4: 甲}}}, "
        "{select: [id, unit, again]}"
    )
    project = make_rooms(tmp_path, steps, "id", "unit", "again")
    assert trace(project, "1", "id") == ("甲", ["3:0", "3:2"], ["combine", "replace"])
    assert trace(project, "1", "unit") == ("室", [], ["constant"])
    assert trace(project, "3", "again") == ("6室", ["6:3"], ["constant", "copy", "combine"])


def test_pivot_deduplicate_and_distinct(tmp_path: Path) -> None:
    body = "部屋の表（東）\nroom,floor,month,japanese,western\nA,1,4,3,5\nA,1,5,4,8\nA,1,5,4,8\nB,2,4,6,7\n"
    steps = (
        "{select: [room, month, japanese]}, distinct, {pivot: {keep: [room], names_from: month, values_from: japanese}}, "
        "{rename: {'4': april, '5': may}}, {deduplicate: {by: [room], keep: last}}"
    )
    project = make_rooms(tmp_path, steps, "room", "april", "may", body=body)
    assert trace(project, "room=A", "may") == ("4", ["4:3"], ["distinct", "pivot", "rename", "deduplicate"])
    assert trace(project, "room=B", "may") == ("", [], ["pivot", "rename", "deduplicate"])
    assert trace(project, "room=B,april=6", "april") == ("6", ["6:3"], ["pivot", "rename", "deduplicate"])


def test_every_merged_cell_has_the_first_one_and_repeated_headers_their_own_order(tmp_path: Path) -> None:
    text = STEPS.replace(", for: {year: [2024, 2025]}", "").replace("{year}.csv", "m.xlsx").replace("[TIDY]", "[]")
    read = 'read: {header: {starts: room}, merged: fill, section: {pattern: "^■(?P<part>.+)"}}'
    text = text.replace(text[text.index("read:") : text.index("\n    tidy")], read)
    fields = "{name: room, title: room}, {name: count, title: count}, {name: part, title: part}"
    project = make_project(tmp_path / "p", rooms=text.replace("FIELDS", fields))
    book = openpyxl.Workbook()
    for cells in (["■北"], ["room", "count"], ["A", 1], [None, 2], ["■南"], ["count", "room"], [7, "B"]):
        book.active.append(cells)
    book.active.cell(6, 1).value, book.active.cell(6, 2).value = "room", "count"
    book.active.merge_cells("A3:A4")
    path = put_sample(project, b"", "https://office.example.org/m.xlsx")
    book.save(path)
    release(project, "rooms")
    assert trace(project, "2", "room") == ("A", ["3:0"], [])
    assert trace(project, "2", "count") == ("2", ["4:1"], [])
    assert trace(project, "2", "part") == ("北", ["section ■北"], [])
    assert trace(project, "3", "part") == ("南", ["section ■南"], [])


def test_columns_under_a_later_header_are_found_in_its_order(tmp_path: Path) -> None:
    body = "x（東）\nroom,floor\nA,1\nroom,floor\nB,2\n"
    text = STEPS.replace("header: {row: 2}", "header: {starts: room}").replace(
        "[TIDY]", "[{select: [room, floor, count]}]"
    )
    fields = ", ".join(f"{{name: {name}, title: {name}}}" for name in ("room", "floor", "count"))
    project = make_project(tmp_path / "p", rooms=text.replace("FIELDS", fields))
    for year in (2024, 2025):
        other = body.replace("room,floor\nA,1", "room,floor,count\nA,1,9").replace(
            "room,floor\nB,2", "room,count,floor\nB,8,2"
        )
        put_sample(project, other, f"https://office.example.org/{year}.csv")
    release(project, "rooms")
    assert trace(project, "1", "count") == ("9", ["3:2"], [])
    assert trace(project, "2", "count") == ("8", ["5:1"], [])
    assert trace(project, "2", "floor") == ("2", ["5:2"], [])


# ---- the command ------------------------------------------------------------------------------------------------


def test_the_command_tells_file_cell_and_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("entaku.work.open.digest_program", lambda: "")
    steps = "{fill_down: [room, floor]}, {parse_number: [japanese]}, {select: [room, floor, month, japanese, year]}"
    project = make_rooms(tmp_path, steps, "room", "floor", "month", "japanese", "year")

    def tell(*words: str, code: int = 0) -> str:
        assert main(["trace", "--project", str(project), "rooms", *words]) == code
        return capsys.readouterr().out

    told = tell("counts", "2", "room")
    assert "https://office.example.org/2024.csv" in told
    assert "3 行目の 1 列目（見出し room）  「A」" in told
    assert "1. fill_down: {columns: [room, floor]}" in told
    assert "ほかの 2 個の step では" in told
    assert "URL の {year}" in tell("counts", "2")
    assert 'line 3, column 1 (heading "room")' in tell("counts", "2", "room", "--lang", "en")
    shown = json.loads(tell("counts", "room=A,month=5,year=2025", "room", "--json"))
    (value,) = shown["values"]
    assert (shown["row"], value["value"], value["agrees"]) == (5, "A", True)
    assert [(one["row"], one["column"], one["text"]) for one in value["sources"]] == [(3, 1, "A")]
    assert (project / shown["files"][0]["path"]).is_file()
    assert [step["step"] for step in value["steps"]] == ["fill_down", "parse_number", "select"]
    for words, finding in (
        (("counts", "7"), "unknown-row"), (("counts", "room=Z"), "unknown-row"), (("counts", "room=A"), "several-rows"),
        (("count", "1"), "not-in-release"), (("counts", "1", "n"), "not-in-release"), (("counts", "x=1"), "not-in-release"),
        (("counts", "1", "--version", "2020.01.01"), "not-in-release"),
    ):  # fmt: skip
        assert finding in tell(*words, code=1)
    assert main(["trace", "--project", str(project), "room", "counts", "1"]) == 1
    assert "not-released" in capsys.readouterr().out


def test_a_yaml_that_tidies_otherwise_is_no_way_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = "{drop_rows: {match: {month: '^5$'}}}, {select: [room, japanese]}"
    project = make_rooms(tmp_path, steps, "room", "japanese")
    yaml = project / "pipelines" / "rooms.yaml"
    text = yaml.read_text("utf-8")
    yaml.write_text(text.replace("Counts", "Numbers"), "utf-8")
    assert trace(project, "2", "japanese") == ("6", ["6:3"], [])
    yaml.write_text(text.replace("'^5$'", "'^4$'").replace("[room, japanese]}", "[japanese, room]}"), "utf-8")
    assert main(["trace", "--project", str(project), "rooms", "counts", "1"]) == 1
    assert "trace-yaml" in capsys.readouterr().out


def test_a_release_that_this_program_makes_otherwise_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = "{drop_rows: {match: {month: '^5$'}}}, {select: [room, japanese]}"
    project = make_rooms(tmp_path, steps, "room", "japanese")
    yaml = project / "pipelines" / "rooms.yaml"
    yaml.write_text(yaml.read_text("utf-8").replace("'^5$'", "'^7$'"), "utf-8")  # the release doesn't tell which
    assert main(["trace", "--project", str(project), "rooms", "counts", "1"]) == 1
    assert "trace-rows" in capsys.readouterr().out
    yaml.write_text(yaml.read_text("utf-8").replace("'^7$'", "'^4$'"), "utf-8")
    (csv,) = project.glob("datapackages/rooms/releases/*/counts.csv")
    csv.write_text("room,japanese\nA,4\nB,4\n", "utf-8")
    assert main(["trace", "--project", str(project), "rooms", "counts", "1"]) == 1
