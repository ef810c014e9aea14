"""A published site holds what its store is made of: put together again from there, a store goes on as it was."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from loopback import serve_site
from projects import LIFTS, PUBLIC, SECRET, copy_tree, lifts, make_project, put, put_sample, run, snapshot
from sweeping import halve

from entaku.release import making
from entaku.store import Desk, Store
from entaku.work.cli import main
from entaku.work.histories import FILE
from entaku.work.signing import KEY

DAYS = ("2026-06-25", "2026-06-26", "2026-06-27")
WHY = ("--reason", "まちがい", "--by", "課長", "--yes")
NOW = "2026-07-01T03:00:00"


def name_it(name: str, **changes: str) -> str:
    text = LIFTS.replace("name: lifts", f"name: {name}").replace("lifts.csv", f"{name}.csv")
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


PIPELINES = {
    "lifts": LIFTS,
    "stairs": name_it("stairs").replace(", overwritten: true", ""),
    "rooms": name_it("rooms").replace(
        '{url: "https://office.example.org/rooms.csv", overwritten: true}', "{file: rooms.csv}"
    ),
    "own": name_it("own").replace("overwritten: true", "overwritten: true, raw: keep"),
    "gone": name_it("gone")
    .replace('gone.csv", overwritten: true', 'gone-{n}.csv", for: {n: [1, 2]}, missing: not-published')
    .replace("tidy:\n", "tidy:\n      - drop_columns: [n]\n"),
}
"""An overwritten table with a version that is withdrawn; one whose YAML is lost; one of a file of the project; one whose
source files the site doesn't offer; one whose second file is gone."""


@dataclass
class World:
    """A published project, its sources and what `clone` has of it: what git keeps."""

    home: Path

    @property
    def project(self) -> Path:
        return self.home / "p"

    @property
    def site(self) -> Path:
        return self.home / "p/build/site"

    @property
    def clone(self) -> Path:
        return self.home / "clone"

    def restore(self, source: Path | str, *more: str) -> int:
        return main(["restore", str(source), "--project", str(self.clone), "--lang", "en", *more])

    def store(self, project: Path | None = None) -> dict[str, bytes]:
        """What of a store is published, or to be."""
        files = snapshot((project or self.clone) / "datapackages")
        return {path: body for path, body in files.items() if "/releases" in path or path.endswith("withdrawn.json")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("restore")
    project = make_project(home / "p", **PIPELINES)
    (project / "rooms.csv").write_text(lifts("R-1,2026/6/1"), "utf-8")
    for n, day in enumerate(DAYS, 1):
        for name in ("lifts", "own", "gone-1", *(("stairs", "gone-2") if n == 1 else ())):
            put(
                home / "mirror",
                lifts(f"{name}-{n if name in ('lifts', 'own') else 1},2026/6/1"),
                f"https://office.example.org/{name}.csv",
                day,
            )
        put(home / "mirror", b"", "https://office.example.org/gone-2.csv.404", day) if n > 1 else None
    assert not run(project, home / "mirror").failed
    (project / "pipelines/stairs.yaml").unlink()
    assert main(["withdraw", "lifts", "2026.06.26", "--project", str(project), *WHY]) == 0
    assert not run(project, home / "mirror", NOW).failed
    return home


@pytest.fixture
def world(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    copy_tree(made, tmp_path / "w")
    world = World(tmp_path / "w")
    copy_tree(world.project, world.clone, ("datapackages", "build"))
    monkeypatch.chdir(tmp_path / "w")
    return world


@pytest.fixture
def web(world: World) -> Iterator[str]:
    with serve_site(world.site) as address:
        yield address


# ---- all of it


@pytest.mark.parametrize("served", halve([True, False]))
def test_a_restored_store_makes_the_same_site_and_goes_on(
    world: World, web: str, served: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(world.site)
    assert world.restore(f"{web}/" if served else world.site) == 0
    said = capsys.readouterr()
    assert "Next: run make." in said.err and "raw-not-restored" in said.out
    assert world.store() == world.store(world.project)
    result = run(world.clone, now=NOW)
    assert [(one.dataset, one.what) for one in result.outcomes] == [
        (name, "left" if name == "stairs" else "unchanged") for name in sorted(PIPELINES)
    ]
    after = snapshot(world.clone / "build/site")
    # what the source files that are not offered tell: how readable they are, and how large
    assert {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} <= {
        path for path in before if re.search(r"own|quality|status/|^(\.entaku|SHA256SUMS)$", path)
    }
    for project in (world.project, world.clone):
        put(project.parent / "next", lifts("lifts-4,2026/6/4"), day="2026-07-02")
        run(project, project.parent / "next", "2026-07-02T03:00:00")
    for path in ("2026.07.02/manifest.json", "2026.07.02/schedule.csv", "index.html"):
        page = f"build/site/datasets/lifts/{path}"
        assert (world.clone / page).read_bytes() == (world.project / page).read_bytes()


def test_what_is_there_already_stays_and_only_the_rest_is_fetched(world: World, web: str) -> None:
    """A store of the first day, with its own ledger; and one of which a version's folder and the order are lost."""
    store = world.clone / "datapackages"
    copy_tree(world.project / "datapackages", store)
    for name, versions in {"lifts": ["2026.06.25"], "own": ["2026.06.25", "2026.06.26", "2026.06.27"]}.items():
        history = json.loads((store / name / "releases.json").read_bytes())
        shown = {**history, "versions": versions, "current": versions[-1]}
        (store / name / "releases.json").write_text(json.dumps(shown), "utf-8")
    shutil.rmtree(store / "lifts/releases/2026.06.27")
    shutil.rmtree(store / "own/releases/2026.06.26")
    (store / "gone/releases.json").unlink()
    ledger = (store / "lifts/raw/ledger.jsonl").read_bytes()
    assert world.restore(f"{web}/") == 0
    assert (store / "lifts/raw/ledger.jsonl").read_bytes() == ledger
    mine, theirs = world.store(), world.store(world.project)
    assert {path for path in mine.keys() | theirs.keys() if mine.get(path) != theirs.get(path)} <= {"own/releases.json"}
    assert not run(world.clone, now=NOW).failed


def test_source_files_that_the_site_does_not_offer(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """What was published stays; the next release waits for them, or goes on without."""
    assert world.restore(world.site) == 0
    (said,) = [line for line in capsys.readouterr().out.splitlines() if "raw-not-restored" in line]
    assert '3 source files of "own" can\'t be restored' in said
    verify = ["verify", "--store", "--project", str(world.clone)]
    assert main(verify) == 0
    assert not run(world.clone, now=NOW).failed
    put(world.home / "next", lifts("own-4,2026/6/4"), "https://office.example.org/own.csv", "2026-07-02")
    held = run(world.clone, world.home / "next")
    (outcome,) = [one for one in held.outcomes if one.what == "held"]
    assert [(one.code, one.severity) for one in outcome.findings] == [("raw-missing", "error")]
    for path in sorted((world.project / "datapackages/own/raw").glob("*.csv")):
        if "own-3" not in path.read_text("utf-8"):
            assert main(["withdraw", "own", "raw", path.stem, "--project", str(world.clone), *WHY]) == 0
    (back,) = [each for each in (world.project / "datapackages/own/raw").glob("*.csv") if b"own-3" in each.read_bytes()]
    shutil.copy(back, world.clone / "datapackages/own/raw" / back.name)
    assert not run(world.clone, world.home / "next").failed
    rows = (world.clone / "build/site/datasets/own/schedule.csv").read_text("utf-8").splitlines()
    assert rows[1:] == ["own-3,2026-06-01", "own-4,2026-06-04"] and main(verify) == 0


def test_a_new_program_does_not_hold_what_can_t_be_made_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.restore(world.site) == 0
    monkeypatch.setattr(making, "EPOCH", 999)
    assert {one.what for one in run(world.clone, now=NOW).outcomes} == {"unchanged", "left"}


# ---- what was cut short


def test_an_interrupted_restore_goes_on(
    world: World, web: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, placed = Store.place_release, list[str]()

    def interrupt(store: Store, dataset: str, version: str, desk: Desk) -> None:
        if len(placed) == 2:
            raise KeyboardInterrupt
        placed.append(dataset)
        place(store, dataset, version, desk)

    monkeypatch.setattr(Store, "place_release", interrupt)
    assert world.restore(f"{web}/") == 130
    monkeypatch.setattr(Store, "place_release", place)
    capsys.readouterr()
    for verb in (["publish"], ["backup", str(world.home / "b.tar")], ["withdraw", "gone", *WHY]):
        assert main([*verb, "--project", str(world.clone)]) == 1
        assert "restore-unfinished" in capsys.readouterr().out
    assert world.restore(f"{web}/") == 0
    count = len([path for path in world.store() if path.endswith("manifest.json")])
    assert f"Restored {count - len(placed)} releases" in capsys.readouterr().err and placed
    assert world.store() == world.store(world.project)
    assert not (world.clone / "datapackages/.restoring").exists()


@pytest.mark.parametrize("damage", ["changed", "lost"])
def test_a_damaged_site_restores_the_other_datasets(
    world: World, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    file = world.site / "datasets/lifts/2026.06.25/schedule.csv"
    body = file.read_bytes()
    file.write_bytes(body.replace(b"lifts-1", b"lofts-1")) if damage == "changed" else file.unlink()
    assert world.restore(world.site) == 1
    said = capsys.readouterr()
    assert {"changed": "checksum", "lost": "no-file"}[damage] in said.out and "run the same command again" in said.err
    assert not (world.clone / "datapackages/lifts/releases.json").exists()
    assert (world.clone / "datapackages/own/releases.json").exists()
    file.write_bytes(body)
    assert world.restore(world.site) == 0
    assert world.store() == world.store(world.project)


# ---- another history, another site


def test_another_history_is_not_touched(world: World, web: str, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(world.home / "mirror/2026-06-25")
    assert not run(world.clone, world.home / "mirror").failed
    before = world.store()
    assert world.restore(f"{web}/") == 1
    said = capsys.readouterr().out
    assert sorted(re.findall(r'another history of "(\w+)"', said)) == ["gone", "lifts", "own", "rooms"]
    after = world.store()
    assert {path: after[path] for path in before} == before
    assert {path.split("/")[0] for path in after.keys() - before.keys()} == {"stairs"}
    (world.clone / "datapackages/lifts").rename(world.home / "aside")
    world.restore(f"{web}/")
    assert {path: body for path, body in world.store().items() if path.startswith("lifts/")} == {
        path: body for path, body in world.store(world.project).items() if path.startswith("lifts/")
    }


def test_samples_give_way_to_what_was_published(world: World, web: str) -> None:
    """A clone that was tried where no source could be reached."""
    put_sample(world.clone, lifts("S-1,2026/6/1"))
    assert not any(one.code == "our-bug" for one in run(world.clone, now=NOW).every)
    assert (world.clone / "datapackages/lifts/releases/2026.06.29").is_dir()
    assert world.restore(f"{web}/") == 1  # the file of the project was published again
    assert {path: body for path, body in world.store().items() if path.startswith("lifts/release")} == {
        path: body for path, body in world.store(world.project).items() if path.startswith("lifts/release")
    }
    assert not (world.clone / "datapackages/lifts/releases/2026.06.29").exists()
    (outcome,) = [one for one in run(world.clone, now=NOW).outcomes if one.dataset == "lifts"]
    assert (outcome.what, outcome.version) == ("unchanged", "2026.06.27")


def test_the_fingerprint_vouches_for_the_site(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    (world.clone / FILE).write_text(f"lifts 2026.06.27 3 1 {'0' * 64}\n", "utf-8")
    assert world.restore(world.site) == 1
    assert 'site-differs version 2026.06.27 of "lifts"' in capsys.readouterr().out
    assert not (world.clone / "datapackages/lifts").exists()
    (world.clone / FILE).write_text(f"own 2026.06.28 4 0 {'0' * 64}\n", "utf-8")
    assert world.restore(world.site) == 1
    assert 'versions-lost 1 published versions of "own"' in capsys.readouterr().out


def test_releases_of_a_site_must_be_of_one_chain(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever changes an old version and all checksums is found by the version after it."""
    folder = world.site / "datasets/own/2026.06.25"
    manifest = folder / "manifest.json"
    before = hashlib.sha256(manifest.read_bytes()).hexdigest()
    manifest.write_bytes(manifest.read_bytes().replace(b'"rows"', b'"rows" '))
    after = hashlib.sha256(manifest.read_bytes()).hexdigest()
    for sums in (folder / "SHA256SUMS", world.site / "SHA256SUMS"):
        sums.write_bytes(sums.read_bytes().replace(before.encode(), after.encode()))
    assert world.restore(world.site) == 1
    assert "chain-broken" in capsys.readouterr().out and not (world.clone / "datapackages/own/releases.json").exists()


def test_a_catalogue_with_a_key_is_restored_from_what_it_signed(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    signing = f"signing:\n  keys:\n    - {{public_key: {PUBLIC}}}\n"
    for project in (world.project, world.clone):
        with (project / "catalogue.yaml").open("a", encoding="utf-8") as file:
            file.write(signing)
    assert world.restore(world.site) == 1
    assert "not-signed" in capsys.readouterr().out
    monkeypatch.setenv(KEY, SECRET)
    assert main(["publish", "--project", str(world.project)]) in (0, 1)
    monkeypatch.delenv(KEY)
    sums = (world.site / "SHA256SUMS").read_bytes()
    (world.site / "SHA256SUMS").write_bytes(sums + f"{'0' * 64}  x\n".encode())
    assert world.restore(world.site) == 1
    assert "signed-differs" in capsys.readouterr().out and not (world.clone / "datapackages/lifts").exists()
    (world.site / "SHA256SUMS").write_bytes(sums)
    assert world.restore(world.site) == 0


def test_what_is_no_site(world: World, web: str, capsys: pytest.CaptureFixture[str]) -> None:
    (world.home / "empty").mkdir()
    for source, code in (
        (world.home / "empty", "no-site"), (world.home / "p", "no-site"), (f"{web}/datasets/", "no-site"),
        (world.home / "missing", "file-unreadable"), ("http://127.0.0.1:1/", "unreachable"),
    ):  # fmt: skip
        assert world.restore(source) == 1
        assert code in capsys.readouterr().out
    assert not (world.clone / "datapackages/.restoring").exists()
