"""What a run tells programs while it goes on, and how fast it goes for people."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from projects import LIFTS, lifts, make_project, put_sample

from entaku.work.cli import main
from entaku.work.log import Speed
from entaku.work.speak import Speaker

BROKEN = (
    LIFTS.replace("name: lifts", "name: stairs")
    .replace("lifts.csv", "stairs.csv")
    .replace("type: date", "type: integer")
)


def read_lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_for_each_dataset_and_one_for_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = LIFTS.replace("name: lifts", "name: gone").replace("frequency: monthly", "frequency: often")
    project = make_project(tmp_path / "p", lifts=LIFTS, stairs=BROKEN, gone=gone)
    put_sample(project, lifts("A-1,2026/6/3", "A-2,2026/6/12"))
    put_sample(project, lifts("A-1,2026/6/3"), "https://office.example.org/stairs.csv")
    assert main(["publish", "--log", "json", "--project", str(project)]) == 1
    told, words = capsys.readouterr()
    first, second, third, last = read_lines(told)
    shown = ("event", "dataset", "outcome", "version", "rows", "served", "errors")
    assert [first[key] for key in shown] == ["dataset", "lifts", "released", "2026.06.29", 2, ["sample"], 0]
    assert isinstance(first["seconds"], float) and first["seconds"] > 0
    assert (second["dataset"], second["outcome"], second["rows"], second["errors"]) == ("stairs", "held", None, 1)
    (finding,) = (one for one in second["findings"] if one["severity"] == "error")  # type: ignore[attr-defined]
    assert finding["code"] == "type-error" and finding["place"]["row"] == 2
    assert (third["dataset"], third["outcome"]) == ("gone", "broken")
    assert (last["event"], last["code"], last["datasets"], last["site"]) == ("run", 1, 3, "published")
    assert last["outcomes"] == {"broken": 1, "held": 1, "released": 1}
    assert {"time", "seconds", "errors", "warnings", "notices"} <= last.keys()
    assert "type-error" in words and "type-error" not in words.partition("\n\n")[0].partition("{")[2]


def test_a_run_that_is_refused_has_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path / "p")
    assert main(["publish", "--log", "json", "--project", str(project), "nobody"]) == 1
    told, words = capsys.readouterr()
    (line,) = read_lines(told)
    assert (line["event"], line["code"], line["errors"]) == ("refused", 1, 1)
    assert words


def test_the_pace_is_that_of_one_thing() -> None:
    pace = Speed()
    assert pace.tell("", (10, 100), 5.0, "en") == "10/100"
    assert pace.tell("", (12, 100), 5.5, "en") == "12/100"
    assert pace.tell("", (60, 100), 7.0, "en") == "60/100  25/s  0:02 left"
    assert pace.tell("", (64, 100_000), 59.0, "ja") == "64/100,000  1.0/秒  残り 27:45:36"
    assert pace.tell("", (100, 100), 60.0, "en") == "100/100  1.6/s"
    assert pace.tell("lifts", (3, 9), 61.0, "en") == "3/9"
    assert pace.tell("lifts", (2, 9), 90.0, "en") == "2/9"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_one_line_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, now = Terminal(), iter((0.0, 4.0))
    monkeypatch.setattr("entaku.work.speak.time", SimpleNamespace(monotonic=lambda: next(now)))
    speak = Speaker("ja", io.StringIO(), terminal)
    speak.progress("", 1, 300)
    speak.progress("", 5, 300)
    speak.clear()
    assert terminal.getvalue().split("\r\x1b[K") == [
        "", "  データセット 1/300", "  データセット 5/300  1.0/秒  残り 4:55", "",
    ]  # fmt: skip


def test_elsewhere_progress_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told need not be a multiple of anything; slow things are told of, too."""
    log, clock = io.StringIO(), [0.0]
    monkeypatch.setattr("entaku.work.speak.time", SimpleNamespace(monotonic=lambda: clock[0]))
    speak = Speaker("en", io.StringIO(), log)
    for clock[0], done in ((0, 7), (1, 499), (2, 503), (3, 505), (40, 520), (41, 990), (42, 1200), (43, 1200), (44, 3)):
        speak.progress("s3://b", done, 1200)
    for clock[0], done in ((50, 1), (90, 2), (130, 3)):
        speak.progress("s3://c", done, 3)
    shown = [line.split()[:2] for line in log.getvalue().splitlines()]
    assert shown == [
        *(["s3://b", f"{done}/1,200"] for done in ("503", "520", "1,200")), ["s3://c", "2/3"], ["s3://c", "3/3"]
    ]  # fmt: skip
