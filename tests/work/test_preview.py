"""`entaku preview`: a draft with blanks and mistakes is shown as far as it goes, and nothing is left behind."""

import argparse
import json
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from loopback import serve
from projects import make_project, run, snapshot

from entaku.model.nouns import Raw, Refused
from entaku.spec import drafts
from entaku.table import parts, trace
from entaku.work.cli import main
from entaku.work.load import read_specs, read_written
from entaku.work.preview import Drafts, PreviewSession, open_preview, run_preview
from entaku.work.preview_page import cut_step
from entaku.work.serve import open_server
from entaku.work.speak import Speaker

YAML = """\
name: rooms
title: 【要記入】部屋
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: counts
    title: {ja: 部屋数, en: Rooms}
    source: {file: rooms.csv}
    tidy:
      - trim: all
      - fill_down: [floor]
      - rename:
          部屋: room
          数: count
      - drop_rows: {match: {room: "^計$"}}
      - parse_number: [count]
      - sort: {columns: [count], descending: true}
    schema:
      fields:
        - {name: floor, title: {ja: 階, en: Floor}}
        - {name: room, title: {ja: 部屋, en: Room}}
        - {name: count, type: integer, title: {ja: 数, en: Count}}
"""
ROOMS = 'floor,部屋,数\n1,<b>A&B</b>,"1,200"\n,B,3\n,計,1203\n2,C,4000\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one draft, and a temporary folder of its own."""
    monkeypatch.setattr("entaku.work.open.digest_program", lambda: "")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    project = make_project(tmp_path / "p", rooms=YAML)
    (project / "rooms.csv").write_text(ROOMS, "utf-8")
    return project


def edit(project: Path, old: str, new: str) -> None:
    """Change the draft."""
    path = project / "pipelines" / "rooms.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def ask(project: Path, port: int = 0) -> argparse.Namespace:
    """The options of the command."""
    return argparse.Namespace(project=project, dataset="rooms", port=port, host=[], mirror=None, lang="ja")


def speak() -> Speaker:
    """What the command says."""
    return Speaker("ja", sys.stdout, sys.stderr)


def get(preview: PreviewSession, path: str = "") -> str:
    """A page of the preview."""
    with urllib.request.urlopen(preview.address + path) as answer:
        assert answer.status == 200
        return str(answer.read().decode())


def test_a_draft_is_shown_with_its_findings_and_steps_and_leaves_nothing(project: Path, tmp_path: Path) -> None:
    before = snapshot(project)
    with open_preview(ask(project), speak()) as preview:
        page = get(preview)
        assert "下書きのままです" in page and "誤り 1" in page and "誤りを直すまで、公開されません" in page
        assert "&lt;b&gt;A&amp;B&lt;/b&gt;" in page and "<b>A" not in page
        assert "<mark>1200</mark>" in page and "<mark>1</mark>" in page  # parse_number, fill_down
        assert "1 行を除く" in page and '<tr class="gone">' in page and "並べ替える" in page
        assert "部屋: room\n" in page and "2 列を加えるか改名" in page
        assert "cells change" in get(preview, "en/preview.html")
        shown = get(preview, "site/datasets/rooms/index.html")
        assert "【要記入】部屋" in shown and "4,000" in shown
        assert get(preview, "site/datasets/rooms/counts.csv").startswith("floor,room,count\n2,C,4000\n1,")
        assert json.loads(get(preview, "state.json")) == {"count": 1}
        with urllib.request.urlopen(preview.address) as answer:
            policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-src 'self'" in policy and "script-src 'self';" in policy
        assert "http" not in page.replace("http-equiv", "")  # nothing from elsewhere
        assert list((tmp_path / "tmp").iterdir())
    assert not list((tmp_path / "tmp").iterdir())
    after = snapshot(project)
    assert {path for path in after if not path.startswith("build/cache/")} == set(before)
    assert all(after[path] == body for path, body in before.items())


def test_saving_makes_it_anew(project: Path) -> None:
    with open_preview(ask(project), speak()) as preview:
        assert not preview.refresh()
        edit(project, "- parse_number: [count]", "- parse_numbr: [count]")
        edit(project, "- fill_down: [floor]", "- fill_down: [flor]")
        assert preview.refresh()
        page = get(preview)
        assert "parse_numbr" in page and "読めないので飛ばしました" in page
        assert "列「flor」はありません" in page
        assert "上の誤りのあるところを除いて作った表の指摘です" in page
        edit(project, "parse_numbr", "parse_number")
        edit(project, "[flor]", "[floor]")
        edit(project, "【要記入】", "")
        (project / "rooms.csv").write_text(ROOMS.replace("4000", "5000"), "utf-8")
        assert preview.refresh()
        page = get(preview)
        assert "このまま公開できます" in page and "5000" in page and "指摘はありません" in page
        edit(project, "name: rooms", "name: [rooms")
        assert preview.refresh()
        assert "YAML を直すまで、表を作れません" in get(preview)
        (project / "catalogue.yaml").write_text("title: [", "utf-8")
        assert preview.refresh()
        assert "catalogue.yaml" in get(preview)


def test_serve_shows_drafts_beside_the_site(project: Path, tmp_path: Path) -> None:
    site = project / "build" / "site"
    site.mkdir(parents=True)
    (site / "index.html").write_text("the site", "utf-8")
    drafts_of = Drafts(ask(project), speak(), tmp_path / "previews")
    assert drafts_of.list_drafts() == ["rooms"] and not (tmp_path / "previews").exists()
    with serve(open_server(site, 0, find=drafts_of.find)) as address:

        def show(path: str) -> tuple[str, str]:
            with urllib.request.urlopen(f"{address}/{path}") as answer:
                return answer.read().decode(), answer.headers["Content-Security-Policy"]

        page, policy = show("preview/rooms/")
        assert "誤りを直すまで、公開されません" in page and "frame-src 'self'" in policy
        assert "【要記入】部屋" in show("preview/rooms/site/datasets/rooms/index.html")[0]
        page, policy = show("")
        assert page == "the site" and "frame-src" not in policy
        edit(project, "【要記入】", "")
        drafts_of.refresh()
        assert "このまま公開できます" in show("preview/rooms/")[0] and drafts_of.list_drafts() == []
        for path in ("preview/nothing/", "preview/..%2F..%2Fp/", "preview/../rooms.csv", "preview/"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                show(path)
        (project / "pipelines/rooms.yaml").unlink()
        drafts_of.refresh()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            show("preview/rooms/")
    assert not (project / "datapackages").exists() and list(site.iterdir()) == [site / "index.html"]


def test_a_published_dataset_may_be_tried_out_too(project: Path) -> None:
    edit(project, "【要記入】", "")
    run(project)
    before = snapshot(project / "datapackages"), snapshot(project / "build" / "site")
    edit(project, "^計$", "^B$")
    with open_preview(ask(project), speak()) as preview:
        assert "このまま公開できます" in get(preview)
    assert (snapshot(project / "datapackages"), snapshot(project / "build" / "site")) == before


def test_what_can_not_be_shown_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rooms.csv").unlink()
    with open_preview(ask(project), speak()) as preview:
        page = get(preview)
        assert "rooms.csv" in page and "読むファイルがありません" in page
        assert run_preview(ask(project, int(preview.address.rstrip("/").rpartition(":")[2])), speak()) == 1
    assert "--port" in capsys.readouterr().err
    assert main(["preview", "--project", str(project), "room"]) == 1
    assert "unknown-dataset" in capsys.readouterr().out
    with pytest.raises(Refused):
        PreviewSession(argparse.Namespace(project=project, dataset="x"), speak(), project)


# ---- what can be used of a draft --------------------------------------------------------------------------------


def parse(project: Path) -> drafts.Draft:
    office, _, _ = read_specs(project)
    assert office is not None
    return drafts.parse_draft(read_written(project), "pipelines/rooms.yaml", office)


def test_words_that_are_missing_change_no_table(project: Path) -> None:
    edit(project, "description: {ja: 試験用の説明です。, en: A description for tests.}\n", "")
    edit(project, "publisher: office", "publisher:")
    edit(project, "themes: [transport]", "themes: [nowhere]")
    edit(project, "title: {ja: 部屋数, en: Rooms}", "title:")
    draft = parse(project)
    assert draft.sound and not draft.skipped and draft.spec is not None
    assert (draft.spec.pipeline.publisher, draft.spec.pipeline.themes, draft.spec.pipeline.name) == (
        "office",
        (),
        "rooms",
    )
    assert {finding.code for finding in draft.findings} >= {"draft-left", "missing-key", "no-value"}
    edit(project, "- parse_number: [count]", "- parse_number: {column: [count]}")
    draft = parse(project)
    assert not draft.sound and draft.skipped == {18} and draft.spec is not None
    assert [step.name for step in draft.spec.pipeline.resources[0].tidy][4] == "rename"


def test_a_draft_without_a_schema_or_of_the_wrong_shape(project: Path) -> None:
    edit(project, "    schema:\n      fields:\n", "    schemas:\n      fields:\n")
    draft = parse(project)
    assert draft.spec is not None and not draft.sound
    with open_preview(ask(project), speak()) as preview:
        page = get(preview)
        assert "「schema」のことですか" in page and "<mark>1200</mark>" in page and "placeholder" not in page
    (project / "pipelines" / "rooms.yaml").write_text("- a\n", "utf-8")
    assert parse(project).spec is None


def test_check_and_diff_go_on_where_only_words_are_missing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--project", str(project), "rooms"]) == 1
    out = capsys.readouterr().out
    assert "draft-left" in out and "rooms: 表 counts（部屋数）を 3 行 × 3 列で公開します" in out
    assert main(["diff", "--project", str(project), "rooms"]) == 1
    assert "+3 行" in capsys.readouterr().out
    edit(project, "- parse_number: [count]", "- parse_numbr: [count]")
    for verb in ("check", "diff"):
        assert main([verb, "--project", str(project), "rooms"]) == 1
        told = capsys.readouterr()
        assert "unknown-step" in told.out and "entaku preview rooms" in told.err
        assert "公開します" not in told.out and "+3 行" not in told.out


# ---- steps ------------------------------------------------------------------------------------------------------


def stages(project: Path) -> trace.Stages:
    """The stages of the draft's table."""
    spec = parse(project).spec
    assert spec is not None
    raw = Raw("rooms.csv", {}, "file", "", "", len(ROOMS))
    (made,), found = trace.list_stages(
        parts.Work(raw, None, spec.pipeline.resources[0].tidy, spec.file), ROOMS.encode()
    )
    assert not found
    return made


def test_each_step_tells_what_it_changes(project: Path) -> None:
    made = stages(project)
    told = [(one.step.name, one.cells, one.gone, one.new, one.sorted, one.idle) for one in made.steps]
    assert told == [
        ("trim", 0, 0, 0, False, True), ("fill_down", 2, 0, 0, False, False), ("rename", 0, 0, 0, False, False),
        ("drop_rows", 0, 1, 0, False, False), ("parse_number", 1, 0, 0, False, False), ("sort", 0, 0, 0, True, False),
    ]  # fmt: skip
    assert made.read.count == 4
    filled, renamed, dropped = made.steps[1:4]
    assert [(row.line, row.cells[0], row.marks[0]) for row in filled.after.rows] == [
        (2, "1", False), (3, "1", True), (4, "1", True), (5, "2", False),
    ]  # fmt: skip
    assert renamed.after.marks == (False, True, True) and not any(renamed.before.marks)
    assert [row.line for row in dropped.before.rows if row.gone] == [4]
    assert dropped.after.count == 3


def test_rows_that_become_several_and_columns_that_go_are_marked(project: Path) -> None:
    edit(
        project,
        "      - fill_down: [floor]\n",
        "      - melt: {keep: [floor], names_to: kind, values_to: text}\n      - drop_columns: [kind]\n",
    )
    melted, dropped = stages(project).steps[1:3]
    assert (melted.new, melted.after.columns, melted.after.marks) == (4, ("floor", "kind", "text"), (False, True, True))
    assert melted.before.marks == (False, True, True)
    assert all(row.marks == (False, True, True) for row in melted.after.rows)
    assert dropped.before.marks == (False, True, False) and not any(dropped.after.marks)


def test_of_a_wide_table_the_columns_that_a_step_changes_are_shown(project: Path) -> None:
    spec = parse(project).spec
    assert spec is not None
    edit(project, "      - trim: all\n", "      - parse_number: [k]\n")
    body = b"a,b,c,d,e,f,g,h,i,j,k\n" + b'1,2,3,4,5,6,7,8,9,10,"1,000"\n' * 9
    raw = Raw("rooms.csv", {}, "file", "", "", len(body))
    step = parse(project).spec.pipeline.resources[0].tidy[:1]  # type: ignore[union-attr]
    (made,), _ = trace.list_stages(parts.Work(raw, None, step, spec.file), body)
    (one,) = made.steps
    assert (one.after.columns, one.after.others, len(one.after.rows)) == (("a", "b", "c", "k"), 7, 6)
    assert made.read.others == 0


def test_the_yaml_of_a_step() -> None:
    lines = ["tidy:", "  - rename:", "      a: b", "", "  - trim: all", "x: 1"]
    assert cut_step(lines, 2) == "- rename:\n    a: b"
    assert cut_step(lines, 5) == "- trim: all"
    assert cut_step(lines, 9) == ""
