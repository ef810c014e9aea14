"""The commands as people run them: what they print and how they end."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest
from projects import LIFTS, lifts, make_project, put, put_sample, run, snapshot
from sweeping import halve
from test_spec import TEN

from entaku.__main__ import YOUNG
from entaku.fetch.network import Network
from entaku.work.cli import main


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("entaku.work.open.Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
    project = make_project(tmp_path / "p")
    put_sample(project, lifts("A-1,2026/6/3", "A-2,2026/6/12"))
    return project


def entaku(project: Path, *words: str) -> int:
    return main([*words[:1], "--project", str(project), *words[1:]])


def test_publish_ends_with_a_table_and_the_next_thing_to_do(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entaku(project, "publish") == 0
    out = capsys.readouterr().out
    assert "データセット" in out
    assert "lifts" in out
    assert "2026.06.29" in out
    assert "次にすること" in out
    assert entaku(project, "publish", "--lang", "en") == 0
    out = capsys.readouterr().out
    assert "unchanged" in out
    assert "Next: " in out


def test_ten_mistakes_end_with_1_and_touch_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entaku(project, "publish") == 0
    capsys.readouterr()
    before = snapshot(project / "build" / "site"), snapshot(project / "datapackages")
    (project / "pipelines" / "lifts.yaml").write_text(TEN.replace("name: lift\n", "name: lifts\n"), "utf-8")
    assert entaku(project, "publish") == 1
    streams = capsys.readouterr()
    found = [line for line in streams.out.splitlines() if line.startswith("pipelines/lifts.yaml:")]
    assert len(found) == 10
    assert [int(line.split(":")[1].split()[0]) for line in found] == [4, 6, 7, 8, 13, 14, 16, 19, 21, 22]
    assert "Traceback" not in streams.out + streams.err
    assert (snapshot(project / "build" / "site"), snapshot(project / "datapackages")) == before


def test_check_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = snapshot(project)
    assert entaku(project, "check", "lifts") == 0
    after = {path: body for path, body in snapshot(project).items() if not path.startswith("build/cache/")}
    assert after == before
    (project / "pipelines" / "lifts.yaml").write_text(LIFTS.replace("min: 1}", "min: 9}"), "utf-8")
    assert entaku(project, "check") == 1
    assert "rows-min" in capsys.readouterr().out


def test_an_unknown_dataset_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entaku(project, "check", "lift") == 1
    assert "「lifts」のことですか" in capsys.readouterr().out


def test_samples_do_not_leave_the_house(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entaku(project, "publish", "--to", str(tmp_path / "www")) == 1
    assert "sample-refused" in capsys.readouterr().out
    assert not (tmp_path / "www").exists()
    assert entaku(project, "publish", "--to", str(tmp_path / "www"), "--allow-samples") == 0
    assert (tmp_path / "www" / "index.html").is_file()


def test_a_mirror_that_is_not_there_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entaku(project, "publish", "--mirror", str(project / "nowhere")) == 1
    assert "no-file" in capsys.readouterr().out


def test_verify(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(project)
    assert entaku(project, "verify") == 0
    path = project / "build/site/datasets/lifts/schedule.csv"
    path.write_bytes(path.read_bytes().replace(b"A-1", b"A-9"))
    assert entaku(project, "verify") == 1
    assert "datasets/lifts/schedule.csv" in capsys.readouterr().out


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "primary-key"]) == 0
    assert "deduplicate" in capsys.readouterr().out
    assert main(["explain"]) == 0
    assert main(["explain", "primary-kye"]) == 1
    assert "「primary-key」のことですか" in capsys.readouterr().out


def test_our_own_bug_is_called_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("x")

    monkeypatch.setattr("entaku.work.publish.publish", fail)
    assert entaku(project, "publish") == 3
    assert "不具合" in capsys.readouterr().err


def test_a_run_with_nothing_to_do_loads_nothing_large(project: Path) -> None:
    assert entaku(project, "publish") == 0
    program = (
        "import sys, entaku.work.open; from entaku.fetch.network import Network; from entaku.work.cli import main;"
        "entaku.work.open.Network = lambda **_: Network(knock=lambda *_: 'no network in tests');"
        "code = main(['publish', '--project', sys.argv[1]]);"
        "large = {'frictionless', 'pandas', 'pyarrow', 'jinja2', 'requests', 'entaku.site'};"
        "print(sorted(large & set(sys.modules)), code)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(project)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] 0", done.stdout


ROW_STEPS = """
    tidy:
      - trim: all
      - drop_invisible: all
      - normalise_width: [id]
      - replace: {columns: [id], values: {"３": "3"}}
      - parse_number: [id]
      - drop_empty_rows: [id]
      - drop_rows: {match: {id: "^9$"}}
      - keep_rows: {match: {name: "."}}
      - map_codes: {column: name, codes: {い: う}, else: keep}
      - constant: {day: 令和5年2月10日, at: "9:00", floor: 1F～B1F}
      - parse_date: day
      - parse_time: at
      - parse_floors: {column: floor, into: floors}
      - combine: {columns: [id, name], into: both, separator: "-"}
      - split: {column: both, separator: "-", into: [one, two]}
      - extract: {column: both, pattern: "(?P<three>[0-9])"}
      - copy: {one: four}
      - rename: {four: five}
      - drop_columns: [five]
      - select: [id, name]
"""


@pytest.mark.parametrize(
    ("verb", "steps", "body"),
    halve(
        [
            ("check", "", "id,name\n1,あ\n2,い\n"),
            ("check", ROW_STEPS, "id,name\n１, あ\n2,い\n9,え\n"),
            ("check", ROW_STEPS, "id,name\n"),
            ("check", "", "id,name\nx,あ\n2,い\n" + "".join(f"y{n},う\n" for n in range(1000))),
            ("publish", "", "id,name\n1,あ\n2,い\n"),
            ("publish", "", 'id,name\n1,"あ,""う"""\n2,い\n'),
        ]
    ),
    ids=["check", "steps", "empty", "bad", "publish", "quoted"],
)
def test_a_plain_table_needs_neither_pandas_nor_frictionless(project: Path, verb: str, steps: str, body: str) -> None:
    (project / "pipelines" / "files").mkdir()
    (project / "pipelines" / "files" / "a.csv").write_text(body, "utf-8")
    source = "    source: {file: pipelines/files/a.csv}\n"
    expect = "    expect: {rows: {min: 0}}\n"
    (project / "pipelines" / "plain.yaml").write_text(
        PLAIN.replace(source, source + steps.lstrip("\n") + expect), "utf-8"
    )
    (project / "pipelines" / "lifts.yaml").unlink()  # its source would be asked for over the network
    program = (
        "import sys; from entaku.work.cli import main; code = main([sys.argv[2], '--project', sys.argv[1]]);"
        "large = {'frictionless', 'pandas', 'requests', 'http.client'};"
        "print(sorted(large & set(sys.modules)), 'jinja2' in sys.modules, code)"
    )
    command = [sys.executable, "-c", program, str(project), verb]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"[] {verb == 'publish'} {int('x' in body)}", done.stdout


PLAIN = """
name: plain
title: {ja: 表, en: Table}
description: {ja: 表です。, en: A table.}
publisher: office
license: CC-BY-4.0
frequency: yearly
resources:
  - name: t
    title: {ja: 表, en: Table}
    source: {file: pipelines/files/a.csv}
    schema:
      primaryKey: id
      fields: [{name: id, type: integer, constraints: {minimum: 1}}, {name: name, constraints: {maxLength: 5}}]
"""


def test_diff(project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(project)
    mirror = tmp_path / "mirror"
    put(mirror, lifts("A-1,2026/6/3", "A-3,2026/6/20"), day="2026-07-01")
    before = snapshot(project / "datapackages")
    assert entaku(project, "diff", "lifts", "--mirror", str(mirror)) == 0
    out = capsys.readouterr().out
    assert "schedule: 2026.06.29 から +1 行、-1 行、変更 0 行（2 → 2 行）" in out
    assert "+ A-3, 2026-06-20" in out
    assert snapshot(project / "datapackages") == before
    assert entaku(project, "diff", "lifts") == 0
    assert "変わる行はありません" in capsys.readouterr().out
    assert entaku(project, "diff", "lfits") == 1


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="a C library without mallopt")
def test_memory_that_is_freed_is_used_again_and_few_cycles_are_looked_for() -> None:
    program = (
        "import entaku.work.cli as cli, entaku.__main__, gc, resource;"
        "work = lambda: [b'x' * (8 << 20) for _ in range(3)]; count = lambda: resource.getrusage(0).ru_minflt;"
        "cli.main = lambda: print(work() and count(), work() and work() and count(), gc.isenabled(), *gc.get_threshold());"
        "entaku.__main__.run()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, after, enabled, young, *_ = done.stdout.split()
    assert int(after) - int(before) < 1000, "each page of 24 MB is asked for anew"
    assert (enabled, int(young)) == ("True", YOUNG)
