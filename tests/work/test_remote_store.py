"""`store: s3://…`: publishing from machines without a disk of their own, as one with a folder does."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
import requests
from many import make_many
from objects import BUCKET, Gate, needs_rclone, needs_store, open_objects, open_rclone
from projects import LIFTS, copy_tree, lifts, make_project, make_setting, put, snapshot
from sweeping import halve

from entaku.model.files import is_shared
from entaku.model.nouns import Refused
from entaku.store import Store
from entaku.store.putting import AT_ONCE
from entaku.store.remote import POINTER
from entaku.work import dataset
from entaku.work import publish as publishing
from entaku.work.cli import main
from entaku.work.load import read_specs
from entaku.work.outcome import Result, Wanted
from entaku.work.publish import publish

pytestmark = needs_store
ADDRESS = f"s3://{BUCKET}/site"  # the gate's prefix
EVERY = os.environ.get("ENTAKU_FAULTS") == "1"
"""Cut runs at many requests, with more datasets; else at a few."""
SITE = "entaku.work.publish.publish_catalogue"
POINTS, MORE = (50, 6) if EVERY else (1, 0)
STEPS = LIFTS.replace("name: lifts", "name: steps").replace("lifts.csv", "steps.csv").replace("[lifts]", "[]")
STEPS = STEPS.replace("type: date,", "type: date, constraints: {required: true},")
STEPS = STEPS.replace("    schema:", "    partition: {by: day, each: month}\n    schema:")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    with open_objects(monkeypatch) as gate:
        yield gate


def make_machine(folder: Path, store: str = ADDRESS) -> Path:
    """A machine that has the project and nothing else."""
    plain = LIFTS.replace("[lifts]", "[]")
    more = {name: plain.replace("lifts", name) for name in (f"more{n}" for n in range(MORE))}
    project = make_project(folder, lifts=LIFTS, steps=STEPS, **more)
    office = project / "catalogue.yaml"
    office.write_text(f"{office.read_text('utf-8')}store: {store}\n", "utf-8")
    return project


def make_mirror(folder: Path, *rows: str) -> Path:
    put(folder, lifts(*rows))
    for n in range(MORE):
        put(folder, lifts(*rows, f"M-{n},2026/6/1"), f"https://office.example.org/more{n}.csv")
    return put(folder, lifts("S-1,2026/6/1"), "https://office.example.org/steps.csv").parents[1]


def run(
    project: Path, mirror: Path, now: str = "2026-11-23T03:00:00", *, site: bool = True, scheduled: bool = False
) -> Result:
    """`entaku publish`; without `site` only the releases are made."""
    office, specs, findings = read_specs(project)
    assert office is not None, findings
    setting = replace(make_setting(project, mirror, now), store=Store.of(project, office))
    wanted = Wanted(project / "build/site", allow_samples=True, scheduled=scheduled)
    with nullcontext() if site else patch(SITE, return_value=("unchanged", 0, ())):
        return publish(setting, office, specs, findings, wanted)


@pytest.fixture
def no_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands make no site, where the test is about the store alone."""
    monkeypatch.setattr(SITE, lambda *given: ("unchanged", 0, ()))


def read_store(project: Path) -> dict[str, bytes]:
    files = snapshot(project / "datapackages")
    return {path: body for path, body in files.items() if not path.startswith(".")}


def list_codes(result: Result) -> list[str]:
    return [finding.code for finding in result.findings]


def test_empty_machines_in_turn_publish_what_one_with_a_folder_does(gate: Gate, tmp_path: Path) -> None:
    days = [("2026-11-23T03:00:00", ["A-1,2026/6/3"]), ("2026-11-24T03:00:00", ["A-1,2026/6/3", "A-2,2026/6/12"])]
    one = make_machine(tmp_path / "one", "datapackages")
    for n, (now, rows) in enumerate(days):
        mirror = make_mirror(tmp_path / f"mirror{n}", *rows)
        assert run(one, mirror, now, site=n > 0).code == 0
        other = make_machine(tmp_path / f"other{n}")
        result = run(other, mirror, now, site=n > 0)
        assert result.code == 0, result.findings
        assert ("store-fetched" in list_codes(result)) == (n > 0)
        assert read_store(other) == read_store(one)
        if n:
            assert snapshot(other / "build/site") == snapshot(one / "build/site")
        shutil.rmtree(other)


def empty_mirror(tmp_path: Path) -> Path:
    """A mirror in which no source is found any more."""
    (tmp_path / "nothing").mkdir(exist_ok=True)
    return tmp_path / "nothing"


def put_paths(gate: Gate) -> list[str]:
    """Return the paths in the store of the files that were put, sorted."""
    return sorted(path.rpartition("~")[0] for path in gate.put())


def test_only_what_is_new_is_put_and_only_what_lacks_is_fetched(gate: Gate, tmp_path: Path) -> None:
    machine = make_machine(tmp_path / "machine")
    mirror = make_mirror(tmp_path / "mirror", "A-1,2026/6/3")
    assert run(machine, mirror, site=False).code == 0
    assert put_paths(gate) == sorted(read_store(machine))
    before = read_store(machine)
    gate.asked.clear()
    make_mirror(tmp_path / "mirror", "A-1,2026/6/3", "A-2,2026/6/12")
    assert run(machine, mirror, "2026-11-24T03:00:00", site=False).code == 0
    after = read_store(machine)
    changed = [path for path, body in after.items() if before.get(path) != body]
    assert {*put_paths(gate)} == {*changed} and "lifts/releases/2026.11.24/schedule.csv" in changed
    assert not [path for path in changed if path.startswith("steps/") and path != "steps/raw/ledger.jsonl"]
    assert not [key for method, key in gate.asked if method == "GET" and "~" in key]
    shutil.rmtree(machine / "datapackages/steps")
    gate.asked.clear()
    assert run(machine, mirror, "2026-11-24T03:00:00", site=False).code == 0
    fetched = [key for method, key in gate.asked if method == "GET" and "~" in key]
    assert len(fetched) == len([path for path in after if path.startswith("steps/")])


def test_a_part_that_releases_share_is_put_once(gate: Gate, tmp_path: Path) -> None:
    machine, mirror = make_machine(tmp_path / "machine"), make_mirror(tmp_path / "mirror", "A-1,2026/6/3")
    assert run(machine, mirror, site=False).code == 0
    before = {path: body for path, body in read_store(machine).items() if "/releases/" in path}
    put(mirror, lifts("S-1,2026/6/1", "S-2,2026/7/1"), "https://office.example.org/steps.csv")
    gate.asked.clear()
    assert run(machine, mirror, "2026-11-24T03:00:00", site=False).code == 0
    new = {path: body for path, body in read_store(machine).items() if "/releases/2026.11.24/" in path}
    same = [path for path, body in new.items() if body in before.values()]
    assert [path for path in same if is_shared(path.partition("/releases/2026.11.24/")[2])] and {
        *put_paths(gate)
    }.isdisjoint(same)
    assert {*new} - {*same} <= {*put_paths(gate)}
    assert read_store(make_and_fetch(tmp_path / "other")) == read_store(machine)


def test_source_files_are_there_before_they_are_read(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that ends with the first table leaves its bytes, of which the next one makes the release."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("entaku.work.dataset.make_next", end)
        with pytest.raises(KeyboardInterrupt):
            run(make_machine(tmp_path / "one"), make_mirror(tmp_path / "mirror", "A-1,2026/6/3"))
    assert any(path.startswith("lifts/raw/") and path.partition("~")[0].endswith(".csv") for path in gate.list())
    other = make_machine(tmp_path / "other")
    run(other, empty_mirror(tmp_path), "2026-11-25T03:00:00", site=False)
    assert (other / "datapackages/lifts/releases/2026.11.23/schedule.csv").is_file()


def test_what_one_machine_has_told_the_next_one_does_not_tell_again(gate: Gate, tmp_path: Path) -> None:
    bad = make_mirror(tmp_path / "m", "A-1,2026/6/31")
    codes = [
        run(make_machine(tmp_path / f"{n}"), bad, f"2026-11-2{n}T03:00:00", site=False, scheduled=True).code
        for n in (3, 4)
    ]
    assert codes == [1, 0]


def test_nothing_is_published_that_the_store_lacks(gate: Gate, tmp_path: Path) -> None:
    """The network is lost once the source files are there: no site; and then the same machine goes on."""
    machine, mirror = make_machine(tmp_path / "machine"), make_mirror(tmp_path / "mirror", "A-1,2026/6/3")
    gate.fail = lambda number, method, key: 403 * ("/releases/" in key)
    result = run(machine, mirror)
    assert (result.code, result.site) == (1, "refused")
    assert list_codes(result).count("bucket-failed") == 1
    assert not (machine / "build/site").exists()
    gate.fail = lambda number, method, key: 0
    assert run(machine, mirror, site=False).code == 0
    assert read_store(make_and_fetch(tmp_path / "other")) == read_store(machine)


def make_and_fetch(folder: Path) -> Path:
    """An empty machine that reads what is there."""
    machine = folder if folder.exists() else make_machine(folder)
    open_store(machine).refresh()
    return machine


def test_a_store_that_ignores_conditions_is_refused(gate: Gate, tmp_path: Path) -> None:
    mirror = make_mirror(tmp_path / "mirror", "A-1,2026/6/3")
    for deaf in (("If-Match",), ("If-None-Match",), ("If-Match", "If-None-Match")):
        gate.deaf = frozenset(deaf)
        with pytest.raises(Refused) as refused:
            run(make_machine(tmp_path / "-".join(deaf)), mirror)
        assert refused.value.finding.code == "bucket-conditions"
        assert gate.list() == {}
    gate.deaf = frozenset()
    assert run(make_machine(tmp_path / "good"), mirror, site=False).code == 0
    there, gate.deaf = gate.list(), frozenset(("If-Match",))
    with pytest.raises(Refused) as refused:
        run(make_machine(tmp_path / "later"), mirror)
    assert refused.value.finding.code == "bucket-conditions"
    assert {path: tag for path, tag in gate.list().items() if path in there} == there


@needs_rclone
def test_rclone_is_refused_until_something_holds_conditions_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`rclone serve s3` ignores them; the gate holds them, and then all is as with any other store."""
    mirror, later = make_mirror(tmp_path / "m", "A-1,2026/6/3"), "2026-11-24T03:00:00"
    machine = make_machine(tmp_path / "machine")
    with open_rclone(tmp_path / "rclone", monkeypatch) as gate:
        with pytest.raises(Refused, match="bucket-conditions"):
            run(machine, mirror, site=False)
        assert gate.list() == {}
        gate.heeds = True
        assert run(machine, mirror, site=False).code == 0
        assert put_paths(gate) == sorted(read_store(machine))
        late = open_store(make_and_fetch(tmp_path / "late"))
        with late.lock(), pytest.raises(Refused, match="store-outrun"):
            make_mirror(tmp_path / "m", "A-1,2026/6/3", "A-2,2026/6/12")
            assert run(machine, mirror, later, site=False).code == 0
            (late.root / "told.json").write_bytes(b"[]")
            late.keep()
        assert read_store(make_and_fetch(tmp_path / "other")) == read_store(machine)
        there, gate.heeds = gate.list(), False
        with pytest.raises(Refused, match="bucket-conditions"):
            run(machine, mirror, later, site=False)
        assert gate.list() == there


@pytest.mark.parametrize("when", ["make_next", "publish_catalogue"])
def test_of_two_machines_at_once_one_is_refused(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """A second machine publishes while the first is at work: in the first nothing more counts before the next run."""
    module = dataset if when == "make_next" else publishing
    one, other = make_machine(tmp_path / "one"), make_machine(tmp_path / "other")
    mine = make_mirror(tmp_path / "mine", "A-1,2026/6/3")
    theirs = make_mirror(tmp_path / "theirs", "A-1,2026/6/3", "A-2,2026/6/12")
    real, ran = getattr(module, when), list[Result]()

    def run_between(*given: object) -> object:
        if not ran:
            ran.append(None)  # type: ignore[arg-type]
            ran[0] = run(other, theirs, "2026-11-24T03:00:00", site=False)
        return real(*given)

    monkeypatch.setattr(module, when, run_between)
    result = run(one, mine)
    assert ran[0].code == 0
    assert result.code == 1 and list_codes(result).count("store-outrun") == 1
    if when == "make_next":
        assert result.site == "refused" and not (one / "build/site").exists()
    assert read_store(make_and_fetch(tmp_path / "third")) == read_store(other)
    again = run(one, theirs, "2026-11-25T03:00:00", site=False)
    assert again.code == 0
    if when == "make_next":
        assert "release-set-aside" in list_codes(again)
        assert (one / "datapackages/.aside/lifts@2026.11.23/schedule.csv").is_file()
    assert read_store(make_and_fetch(tmp_path / "fourth")) == read_store(one)


def test_a_folder_that_was_a_store_becomes_one_in_an_empty_place(gate: Gate, tmp_path: Path) -> None:
    machine, mirror = make_machine(tmp_path / "machine", "datapackages"), make_mirror(tmp_path / "m", "A-1,2026/6/3")
    assert run(machine, mirror, site=False).code == 0
    move(machine, "datapackages", ADDRESS)
    assert run(machine, mirror, "2026-11-24T03:00:00", site=False).code == 0
    assert read_store(make_and_fetch(tmp_path / "other")) == read_store(machine)


def move(machine: Path, before: str, after: str) -> None:
    office = machine / "catalogue.yaml"
    office.write_text(office.read_text("utf-8").replace(f"store: {before}", f"store: {after}"), "utf-8")


def test_a_folder_with_versions_of_its_own_is_not_replaced(gate: Gate, tmp_path: Path) -> None:
    mirror = make_mirror(tmp_path / "m", "A-1,2026/6/3")
    assert run(make_machine(tmp_path / "one"), mirror, site=False).code == 0
    other = make_machine(tmp_path / "other", "datapackages")
    assert run(other, mirror, "2026-11-24T03:00:00", site=False).code == 0
    there, mine = gate.list(), read_store(other)
    move(other, "datapackages", ADDRESS)
    with pytest.raises(Refused) as refused:
        run(other, mirror, "2026-11-25T03:00:00")
    assert refused.value.finding.code == "store-differs"
    assert (gate.list(), read_store(other)) == (there, mine)


def test_a_folder_that_went_its_own_way_in_between_is_not_replaced(gate: Gate, tmp_path: Path) -> None:
    machine, mirror = make_machine(tmp_path / "machine"), make_mirror(tmp_path / "m", "A-1,2026/6/3")
    assert run(machine, mirror, site=False).code == 0
    move(machine, ADDRESS, "datapackages")
    make_mirror(tmp_path / "m", "A-1,2026/6/3", "A-2,2026/6/12")
    assert run(machine, mirror, "2026-11-24T03:00:00", site=False).code == 0
    move(machine, "datapackages", ADDRESS)
    with pytest.raises(Refused) as refused:
        run(machine, mirror, "2026-11-25T03:00:00")
    assert refused.value.finding.code == "store-differs"


def open_store(machine: Path) -> Store:
    office, _, _ = read_specs(machine)
    assert office is not None
    return Store.of(machine, office)


def test_a_file_that_vanishes_from_the_folder_stays_in_the_store(gate: Gate, tmp_path: Path) -> None:
    machine = make_machine(tmp_path / "machine")
    run(machine, make_mirror(tmp_path / "m", "A-1,2026/6/3"), site=False)
    whole, root = read_store(machine), machine / "datapackages"
    with open_store(machine).lock():
        shutil.rmtree(root / "steps/raw")
        (root / "steps/releases.json").unlink()
        shutil.rmtree(root / "steps/releases/2026.11.23")
        (root / "lifts/releases/2026.11.23/schedule.csv").unlink()
    assert read_store(make_and_fetch(tmp_path / "other")) == whole


def test_source_files_that_are_damaged_are_fetched_again_and_never_put(gate: Gate, tmp_path: Path) -> None:
    machine = make_machine(tmp_path / "machine")
    run(machine, make_mirror(tmp_path / "m", "A-1,2026/6/3"), site=False)
    whole = read_store(machine)
    (raw,) = (machine / "datapackages/lifts/raw").glob("*.csv")
    raw.write_bytes(b"damaged")
    (machine / "datapackages/lifts/raw/more.txt").write_text("")  # so that the folder is looked at
    with open_store(machine).lock():
        assert raw.read_bytes() == whole[f"lifts/raw/{raw.name}"]
        raw.write_bytes(b"damaged again")
    assert read_store(make_and_fetch(tmp_path / "other"))[f"lifts/raw/{raw.name}"] == whole[f"lifts/raw/{raw.name}"]


def test_what_two_machines_have_fetched_comes_together(gate: Gate, tmp_path: Path) -> None:
    """A machine fetched something, lost the network, and another one has published since: nothing is lost."""
    one, other = make_machine(tmp_path / "one"), make_machine(tmp_path / "other")
    run(other, make_mirror(tmp_path / "m0", "A-1,2026/6/3"), site=False)
    run(one, make_mirror(tmp_path / "m0", "A-1,2026/6/3"), "2026-11-24T03:00:00", site=False)
    gate.fail = lambda number, method, key: 403 * (method == "PUT" and "~" in key)
    mirror = make_mirror(tmp_path / "m1", "A-1,2026/6/3", "A-2,2026/6/12")
    assert run(one, mirror, "2026-11-25T03:00:00", site=False).code == 1
    gate.fail = lambda number, method, key: 0
    assert (
        run(
            other, make_mirror(tmp_path / "m0", "A-1,2026/6/3", "A-3,2026/6/15"), "2026-11-26T03:00:00", site=False
        ).code
        == 0
    )
    assert run(one, empty_mirror(tmp_path), "2026-11-27T03:00:00", site=False).code == 0
    table = (one / "datapackages/lifts/releases/2026.11.26/schedule.csv").read_text("utf-8")
    assert "A-3" in table
    raws = [
        body
        for path, body in read_store(make_and_fetch(tmp_path / "third")).items()
        if path.endswith(".csv") and "/raw/" in path
    ]
    assert len(raws) == 4 and any(b"A-2" in body for body in raws)
    lines = read_store(one)["lifts/raw/ledger.jsonl"].decode().splitlines()
    assert [line for line in lines if "2026-11-25T" in line] and lines == sorted(
        lines, key=lambda line: line[line.index('"when"') :]
    )


# ---- the other commands


def make_office(folder: Path, store: str = ADDRESS) -> Path:
    """A machine that has a project with files of its own, and nothing else."""
    project = make_many(folder, 1)
    office = project / "catalogue.yaml"
    office.write_text(f"{office.read_text('utf-8')}store: {store}\n", "utf-8")
    return project


def call(project: Path, *words: str) -> int:
    return main([words[0], "--project", str(project), "--lang", "en", *words[1:]])


def list_objects(gate: Gate, inside: str = "") -> list[str]:
    """List what the store has by path, in a folder."""
    return sorted(path.rpartition("~")[0] for path in gate.list() if path.startswith(inside) and "~" in path)


@pytest.mark.usefixtures("no_site")
def test_what_is_withdrawn_leaves_the_store(gate: Gate, tmp_path: Path) -> None:
    project = make_office(tmp_path / "one")
    assert call(project, "publish") == 0
    there = list_objects(gate, "dataset-00000/")
    (version,) = {path.split("/")[2] for path in there if "/releases/" in path}
    gate.store("dataset-00000/raw/stray.csv~0123456789abcdef", b"left behind")
    other, words = make_office(tmp_path / "other"), ["--reason", "まちがい", "--by", "office", "--yes"]
    with patch("entaku.store.remote.STRAY", timedelta(seconds=-60)):
        assert call(other, "withdraw", "dataset-00000", version, *words) == 0
    left = list_objects(gate, "dataset-00000/")
    assert left == [f"dataset-00000/{name}" for name in ("raw/ledger.jsonl", "releases.json", "withdrawn.json")]
    rules = tmp_path / "rules"
    assert call(make_office(tmp_path / "third"), "hosting", "nginx", "--to", str(rules)) == 0
    assert any(
        "410" in line and "dataset-00000" in line
        for line in (rules / "entaku-server.conf").read_text("utf-8").splitlines()
    )
    assert call(project, "publish") == 1  # its source file is still there, and withdrawn
    assert not [path for path in (project / "datapackages").rglob("*.csv") if "dataset-00000" in str(path)]
    assert list_objects(gate, "dataset-00000/") == left


@pytest.mark.usefixtures("no_site")
@pytest.mark.parametrize("before", [True, False])
def test_a_withdrawal_that_was_cut_is_finished_by_the_next_run(gate: Gate, tmp_path: Path, before: bool) -> None:
    """`before`: something was withdrawn already, so that there are two lists."""
    project, words = make_office(tmp_path / "one"), ["--reason", "x", "--by", "office", "--yes"]
    assert call(project, "publish") == 0
    table = project / "files/0-first.csv"
    table.write_text(table.read_text("utf-8").replace("カンマ", "コンマ"), "utf-8")
    assert call(project, "publish") == 0
    first, last = sorted({path.split("/")[2] for path in list_objects(gate, "dataset-00000/releases/")})
    if before:
        assert call(project, "withdraw", "dataset-00000", first, *words) == 0
    gate.fail = lambda number, method, key: 403 * (method == "PUT" and "~" in key)
    assert call(project, "withdraw", "dataset-00000", last, *words) == 1
    gate.fail = lambda number, method, key: 0
    assert list_objects(gate, f"dataset-00000/releases/{last}/")
    call(project, "publish")
    left = {path.split("/")[2] for path in list_objects(gate, "dataset-00000/releases/")}
    assert left == (set() if before else {first})


@pytest.mark.usefixtures("no_site")
def test_a_dataset_that_is_renamed_is_not_sent_again(gate: Gate, tmp_path: Path) -> None:
    project = make_office(tmp_path / "one")
    assert call(project, "publish") == 0
    before = list_objects(gate, "dataset-00000/")
    assert call(project, "rename", "dataset-00000", "first") == 0
    gate.asked.clear()
    assert call(project, "publish") == 0
    former = {path.replace("dataset-00000/", "first/") for path in before}
    again = former.intersection(put_paths(gate))
    assert again <= {"first/raw/ledger.jsonl", "first/releases.json"}
    shutil.rmtree(project / "datapackages")
    assert call(project, "status") == 0
    assert former <= {*read_store(project)}
    assert not (project / "datapackages/dataset-00000").exists()


@pytest.mark.usefixtures("no_site")
def test_status_and_verify_see_what_is_there(gate: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(make_office(tmp_path / "one"), "publish") == 0
    other = make_office(tmp_path / "other")
    assert call(other, "status") == 0
    assert f"Store: {ADDRESS}" in capsys.readouterr().out
    shutil.rmtree(other / "datapackages")
    assert call(other, "verify", "--store") == 0
    (lost, *_) = [path for path in gate.list() if "/releases/" in path]
    requests.delete(f"{gate.url}/{BUCKET}/site/{lost}", timeout=30).raise_for_status()
    capsys.readouterr()
    assert call(other, "verify", "--store") == 1
    assert f"{ADDRESS}/{lost}" in capsys.readouterr().out
    shutil.rmtree(other / "datapackages")
    assert call(other, "publish") == 1
    assert "store-object-broken" in capsys.readouterr().out
    gate.fail = lambda number, method, key: 403
    assert call(other, "status") == 1
    assert "bucket-failed" in capsys.readouterr().out


@pytest.mark.usefixtures("no_site")
def test_commands_that_read_do_not_wait_for_a_run(gate: Gate, tmp_path: Path) -> None:
    project = make_office(tmp_path / "one")
    assert call(project, "publish") == 0
    with open_store(project).lock():
        gate.asked.clear()
        assert (call(project, "status"), call(project, "verify", "--store")) == (0, 0)
        assert not [path for method, path in gate.asked if method == "PUT" or "~" in path]


def test_a_store_is_restored_from_the_site_into_an_empty_place(gate: Gate, tmp_path: Path) -> None:
    project = make_office(tmp_path / "one")
    assert call(project, "publish") == 0
    site, before = project / "build/site", read_store(project)
    gate.empty()
    other = make_office(tmp_path / "other")
    assert call(other, "restore", str(site)) == 0
    third = make_and_fetch(make_office(tmp_path / "third"))
    some = [path for path in before if "/releases/" in path]
    assert some and {path: read_store(third).get(path) for path in some} == {path: before[path] for path in some}


def test_machines_with_nothing_keep_data_and_site_in_buckets(gate: Gate, tmp_path: Path) -> None:
    web, before = f"s3://{BUCKET}/web", dict[str, bytes]()
    for n in range(2):
        machine = make_office(tmp_path / f"{n}", f"{ADDRESS}\nsite: {{to: '{web}'}}")
        if n:
            table = machine / "files/0-first.csv"
            table.write_text(table.read_text("utf-8").replace("カンマ", "コンマ"), "utf-8")
        gate.asked.clear()
        assert call(machine, "publish") == 0
        site = snapshot(machine / "build/site")
        there = {key.removeprefix("web/") for method, key in gate.asked if method == "PUT" and key.startswith("web/")}
        files = {path: body for path, body in site.items() if path in there}
        assert files == {path: body for path, body in site.items() if path != ".entaku" and before.get(path) != body}
        before = site


def test_a_site_of_data_that_have_changed_meanwhile_is_not_put(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what another machine has withdrawn would come back."""
    one, other = (make_office(tmp_path / name, f"{ADDRESS}\nsite: {{to: 's3://{BUCKET}/web'}}") for name in ("1", "2"))
    assert call(one, "publish") == 0
    (version,) = {path.split("/")[2] for path in list_objects(gate, "dataset-00000/releases/")}
    table, asked = one / "files/0-first.csv", list[int]()
    table.write_text(table.read_text("utf-8").replace("カンマ", "コンマ"), "utf-8")
    real = publishing.publish_catalogue

    def make_site(*given: Any) -> object:
        made = real(*given)
        if not asked:
            asked.append(0)
            assert call(other, "withdraw", "dataset-00000", version, "--reason", "x", "--by", "office", "--yes") == 0
            asked.append(len(gate.asked))
        return made

    monkeypatch.setattr(publishing, "publish_catalogue", make_site)
    assert call(one, "publish") == 1
    assert not [key for method, key in gate.asked[asked[1] :] if method != "GET" and key.startswith("web/")]
    assert call(one, "publish") == 0
    found = requests.get(f"{gate.url}/{BUCKET}/web/datasets/dataset-00000/{version}/first.csv", timeout=30)
    assert found.status_code == 404


def test_a_store_that_is_not_whole_yet_is_so_for_every_machine(gate: Gate, tmp_path: Path) -> None:
    one, mirror = make_machine(tmp_path / "one"), make_mirror(tmp_path / "m", "A-1,2026/6/3")
    assert run(one, mirror, site=False).code == 0
    with open_store(one).lock(restoring=True):
        open_store(one).begin_restore("https://data.example.org/")
    other = make_machine(tmp_path / "other")
    with pytest.raises(Refused) as refused:
        run(other, mirror, site=False)
    assert refused.value.finding.code == "restore-unfinished"
    with open_store(one).lock(restoring=True):
        open_store(one).end_restore()
    assert run(other, mirror, site=False).code == 0


def test_what_is_wrong_is_told_in_words(
    gate: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_office(tmp_path / "p", "s3://nowhere/store")

    def say(code: str) -> str:
        assert call(project, "publish") == 1
        told = capsys.readouterr().out
        assert code in told and "Traceback" not in told
        assert not (project / "build/site").exists()
        return told

    assert "there is no such bucket" in say("bucket-failed")
    move(project, "s3://nowhere/store", ADDRESS)
    gate.store("photo.jpg", b"")
    say("bucket-not-ours")
    gate.empty()
    gate.store(".entaku/store.json", b"{}")
    say("store-object-broken")
    gate.empty()
    monkeypatch.setattr("entaku.store.bucket.MOST_RETRIES", 1)
    gate.fail = lambda number, method, key: 403
    assert "may not do that" in say("bucket-failed")
    monkeypatch.setattr("entaku.store.bucket.obstore", Absent())
    assert 'pip install "entaku[cloud]"' in say("no-obstore")
    move(project, ADDRESS, "s3://b")
    say("store-address")
    move(project, "s3://b", "s3://bucket/site/store\nsite: {to: s3://bucket/site}")
    say("store-in-site")


class Absent:
    """A library that is not there."""

    def __getattr__(self, name: str) -> object:
        raise ModuleNotFoundError(name)


# ---- what cuts a run

LATER = "2026-11-24T03:00:00"


class World(NamedTuple):
    """What a run that is cut begins with, and how it ends if it isn't."""

    machine: Path
    """A machine that has published."""
    objects: dict[str, bytes]
    """What the store holds then."""
    mirror: Path
    """Sources with more."""
    whole: dict[str, bytes]
    """The store, as a folder, after those were published."""
    counts: tuple[int, int]
    """Requests of a run of that machine, and of one that has nothing."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("world")
    before = make_mirror(place / "before", "A-1,2026/6/3")
    after = make_mirror(place / "after", "A-1,2026/6/3", "A-2,2026/6/12")
    put(after, lifts("S-2,2026/6/1"), "https://office.example.org/steps.csv")
    with pytest.MonkeyPatch.context() as patch, open_objects(patch) as gate:
        shorten(patch)
        machine = make_machine(place / "machine")
        assert run(machine, before, site=False).code == 0
        objects, counts = {path: gate.read(path).content for path in gate.list()}, list[int]()
        for one in (copy(machine, place / "one"), make_machine(place / "none")):
            put_back(gate, objects)
            assert run(one, after, LATER, site=False).code == 0
            counts.append(len(gate.asked))
        yield World(machine, objects, after, read_store(one), (counts[0], counts[1]))


def shorten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Note what was put soon, and ask once."""
    monkeypatch.setattr("entaku.store.remote.AT_ONCE_NOTED", 5)
    monkeypatch.setattr("entaku.store.bucket.MOST_RETRIES", 0)


def copy(machine: Path, other: Path) -> Path:
    shutil.rmtree(other, ignore_errors=True)
    return copy_tree(machine, other)


def put_back(gate: Gate, objects: dict[str, bytes]) -> None:
    """Begin anew with these objects."""
    gate.empty()
    gate.fill(objects)


def list_read(asked: Iterable[tuple[str, str]]) -> list[str]:
    """List the files that were read."""
    return [key for method, key in asked if method == "GET" and "~" in key]


@pytest.mark.parametrize(("empty", "lost"), halve([(False, False), (False, True), (True, True), (True, False)]))
def test_a_run_that_is_cut_at_any_request_is_gone_on_from(
    gate: Gate, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: bool, empty: bool
) -> None:
    """By the same machine, which is `empty` or not, or by another that has nothing: the store is as if nothing had been
    cut.  `lost`: what is asked at last is done, but the answer doesn't arrive."""
    shorten(monkeypatch)
    rand, before = random.Random(17), read_store(world.machine)
    versions = {path: body for path, body in before.items() if "/releases/" in path}
    for cut in sorted(rand.sample(range(1, world.counts[empty] + 1), POINTS)):
        put_back(gate, world.objects)
        one = make_machine(fresh(tmp_path / "one")) if empty else copy(world.machine, tmp_path / "one")
        gate.fail = lambda number, method, key, cut=cut: 403 * (number >= cut + lost)  # type: ignore[misc]
        gate.lose = lambda number, method, key, cut=cut: lost and number == cut  # type: ignore[misc]
        with suppress(Refused):
            assert run(one, world.mirror, LATER, site=False).code in (0, 1)
        gate.fail, gate.lose = (lambda number, method, key: 0), (lambda number, method, key: False)
        read = list_read(gate.asked[: cut - 1])
        assert read_store(make_and_fetch(fresh(tmp_path / "third"))).items() >= versions.items(), cut
        last = rand.choice((one, make_machine(fresh(tmp_path / "other"))))
        gate.asked.clear()
        assert run(last, world.mirror, LATER, site=False).code == 0, cut
        assert read_store(last) == world.whole, cut
        if last is one:
            assert len({*read} & {*list_read(gate.asked)}) <= AT_ONCE, cut
        assert read_store(make_and_fetch(fresh(tmp_path / "third"))) == world.whole, cut


def fresh(folder: Path) -> Path:
    """A folder that isn't there."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def test_a_folder_whose_move_is_cut_is_there_whole_or_not_at_all(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch)
    machine, mirror = make_machine(tmp_path / "machine", "datapackages"), make_mirror(tmp_path / "m", "A-1,2026/6/3")
    run(machine, mirror, site=False)
    move(machine, "datapackages", ADDRESS)
    whole = read_store(machine)
    run(copy(machine, tmp_path / "counted"), mirror, LATER, site=False)
    count = len(gate.asked)
    for cut in range(1, count + 1, 1 if EVERY else 9):
        gate.empty()
        one = copy(machine, tmp_path / "one")
        gate.fail = lambda number, method, key, cut=cut: 403 * (number >= cut)  # type: ignore[misc]
        with suppress(Refused), open_store(one).lock():
            pass
        gate.fail = lambda number, method, key: 0
        there = {} if POINTER not in gate.list() else read_store(make_and_fetch(fresh(tmp_path / "other")))
        assert there in ({}, whole), cut
        with open_store(one).lock():
            pass
        assert read_store(make_and_fetch(fresh(tmp_path / "other"))) == whole == read_store(one), cut


CHILD = """
import sys
from pathlib import Path

from test_remote_store import LATER, run

run(Path(sys.argv[1]), Path(sys.argv[2]), LATER, site=False)
"""


def test_a_process_that_is_killed_is_gone_on_from(gate: Gate, world: World, tmp_path: Path) -> None:
    machine = copy(world.machine, tmp_path / "machine")
    put_back(gate, world.objects)
    kill_at, here = int(world.counts[0] * 0.7), Path(__file__).parent
    child = [subprocess.Popen(
        [sys.executable, "-c", CHILD, str(machine), str(world.mirror)], cwd=here.parents[1],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (here, here.parent, here.parents[1])))},
    )]  # fmt: skip

    def kill(number: int, method: str, key: str) -> int:
        if number == kill_at:
            child[0].kill()
        return 0

    gate.fail = kill
    assert child[0].wait(60) == -signal.SIGKILL
    gate.fail = lambda number, method, key: 0
    for last in (make_machine(tmp_path / "other"), machine):
        assert run(last, world.mirror, LATER, site=False).code == 0
        assert read_store(last) == world.whole
