"""What the pipelines and small projects check, checked by frictionless-py too."""

from pathlib import Path

from oracle import Tally, check_case, read_package
from projects import LIFTS, lifts, make_project, put_sample, run
from recording import recording

from entaku.work.outcome import Result


def test_both_agree_on_the_releases_of_the_pipelines(published: tuple[Path, Result]) -> None:
    tally = Tally()
    packages = sorted((published[0] / "datapackages").rglob("datapackage.json"))
    assert len(packages) >= 3
    for path in packages:
        assert check_case(path.parent.name, read_package(path), tally)
    assert (tally.spots, tally.details) == (0, 0)


def test_both_agree_on_a_project_with_mistakes(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", lifts=LIFTS.replace("      - parse_date: {column: day}\n", ""))
    put_sample(project, lifts("1,2026-01-05", "1,2026-01-05", ",2026-02-01", "2,2026-02-30", "2,２０２６", "3,"))
    with recording() as recorder:
        assert run(project).outcomes[0].what == "held"
    tally, rules, failed = recorder.compare()
    assert len(recorder.cases) == 1
    assert tally.errors >= 4
    assert (tally.spots, tally.details, failed) == (0, 0, 0)
    assert rules["key-required"] == 1
