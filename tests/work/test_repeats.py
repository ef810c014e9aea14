"""Runs by the clock: what was told before and is still the same is a notice, and what is new an error."""

from pathlib import Path

import pytest
from projects import LIFTS, copy_template, lifts, make_project, put, put_sample

from entaku.fetch.network import Network
from entaku.store import Store
from entaku.work.cli import main
from entaku.work.repeats import RECORD, read_told

STATIONS = LIFTS.replace("name: lifts", "name: stations").replace("lifts.csv", "stations.csv")
OTHER = "https://office.example.org/stations.csv"
GOOD, BAD = lifts("1,2026-07-01"), lifts("1,来週")


class City:
    """Two datasets, whose files are laid into a mirror."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.project = make_project(folder / "project", lifts=LIFTS, stations=STATIONS)
        self.mirror, self.capsys = folder / "mirror", capsys
        self.give(GOOD, GOOD)

    def give(self, first: str, second: str) -> None:
        put(self.mirror, first)
        put(self.mirror, second, OTHER)

    def run(self, *words: str) -> tuple[int, str]:
        code = main(
            ["publish", "--project", str(self.project), "--mirror", str(self.mirror), "--allow-samples", *words]
        )
        return code, self.capsys.readouterr().out

    def run_by_the_clock(self) -> tuple[int, str]:
        return self.run("--scheduled")


@pytest.fixture
def city(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setattr("entaku.work.open.Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
    return City(tmp_path, capsys)


def test_a_lasting_error_ends_one_run_by_1_and_those_after_it_by_0(city: City) -> None:
    assert city.run_by_the_clock()[0] == 0
    city.give(BAD, GOOD)
    code, out = city.run_by_the_clock()
    assert code == 1 and "来週" in out and "told-before" not in out
    for _ in range(2):
        code, out = city.run_by_the_clock()
        assert code == 0 and "来週" not in out and "told-before" in out and "「lifts」の誤り 1 件は" in out
    assert "見送り" in out


def test_a_person_at_the_desk_is_told_everything_each_time(city: City) -> None:
    city.run_by_the_clock()
    city.give(BAD, GOOD)
    city.run_by_the_clock()
    for _ in range(2):
        code, out = city.run()
        assert code == 1 and "来週" in out and "told-before" not in out


def test_what_is_new_is_an_error_beside_what_is_not(city: City) -> None:
    city.run_by_the_clock()
    city.give(BAD, GOOD)
    city.run_by_the_clock()
    city.give(BAD, lifts("2,明日"))
    code, out = city.run_by_the_clock()
    assert code == 1 and "明日" in out and "来週" not in out
    city.give(lifts("0,2026-07-02", "1,来週", "2,再来週"), lifts("2,明日"))
    code, out = city.run_by_the_clock()
    assert code == 1 and "再来週" in out and "「来週」" not in out and "明日" not in out


def test_more_of_the_same_is_new_and_fewer_is_not(city: City) -> None:
    city.run_by_the_clock()
    city.give(BAD, GOOD)
    city.run_by_the_clock()
    city.give(lifts("1,来週", "2,来週"), GOOD)
    assert city.run_by_the_clock()[0] == 1
    city.give(lifts("3,2026-07-01", "2,来週"), GOOD)
    assert city.run_by_the_clock()[0] == 0


def test_what_comes_back_is_told_again(city: City) -> None:
    city.run_by_the_clock()
    city.give(BAD, GOOD)
    assert city.run_by_the_clock()[0] == 1
    city.give(lifts("1,2026-07-01", "1,2026-08-01"), GOOD)
    assert city.run_by_the_clock()[0] == 0
    assert read_told(Store(city.project / "datapackages")) == {}
    city.give(lifts("1,来週", "7,2026-08-01"), GOOD)
    assert city.run_by_the_clock()[0] == 1


def test_a_mistake_in_a_yaml_is_told_once_too(city: City) -> None:
    city.run_by_the_clock()
    path = city.project / "pipelines/lifts.yaml"
    path.write_text(path.read_text("utf-8").replace("frequency: monthly", "frequency: sometimes"), "utf-8")
    code, out = city.run_by_the_clock()
    assert code == 1 and "sometimes" in out
    code, out = city.run_by_the_clock()
    assert code == 0 and "sometimes" not in out and "「pipelines/lifts.yaml」の誤り 1 件は" in out


def test_a_site_that_is_not_published_is_an_error_each_time(city: City) -> None:
    city.run_by_the_clock()
    copy_template(city.project, "dataset.html").write_text("{{ nothing_of_this_name }}", "utf-8")
    for _ in range(2):
        assert city.run_by_the_clock()[0] == 1


def test_a_damaged_record_is_told_and_written_anew(city: City) -> None:
    put_sample(city.project, GOOD)
    city.give(BAD, GOOD)
    city.run_by_the_clock()
    (city.project / "datapackages" / RECORD).write_text("[1]", "utf-8")
    code, out = city.run_by_the_clock()
    assert code == 1 and "来週" in out and "record-broken" in out
    assert city.run_by_the_clock()[0] == 0
