"""What was lost is told: ledgers, folders, versions, and what somebody or the disk has changed in the site."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from projects import CATALOGUE, LIFTS, copy_tree, lifts, make_project, put, read_csv, run, snapshot
from sweeping import halve

from entaku.model.nouns import Finding
from entaku.store import Store, disk
from entaku.work.cli import main
from entaku.work.outcome import Result
from entaku.work.verify import verify_site

DAYS = ("2026-06-25", "2026-06-26", "2026-06-27")
ROWS = ["A-1,2026-06-01", "A-2,2026-06-02", "A-3,2026-06-03"]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An overwritten table of three versions, each with one row."""
    project = make_project(tmp_path_factory.mktemp("loss") / "p")
    for n, day in enumerate(DAYS, 1):
        put(project.parent / "mirror", lifts(f"A-{n},2026/6/{n}"), day=day)
    assert not run(project, project.parent / "mirror").failed
    assert read_csv(project) == ROWS
    return project


@pytest.fixture
def project(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy_tree(published.parent, tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w/p")
    return tmp_path / "w/p"


def ledger_of(project: Path) -> Path:
    return project / "datapackages/lifts/raw/ledger.jsonl"


def find(result: Result, code: str) -> list[Finding]:
    return [finding for finding in result.every if finding.code == code]


# ---- ledgers


def lose(ledger: Path) -> None:
    ledger.unlink()


def empty(ledger: Path) -> None:
    ledger.write_bytes(b"")


def zero(ledger: Path) -> None:
    ledger.write_bytes(b"\0" * ledger.stat().st_size)


def lose_first(ledger: Path) -> None:
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[1:]))


def lose_last(ledger: Path) -> None:
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize(
    ("damage", "count"), [(lose, "3"), (empty, "3"), (zero, "3"), (lose_first, "1"), (lose_last, "1")]
)
def test_a_lost_ledger_is_written_back_from_the_manifests(
    project: Path, tmp_path: Path, damage: Callable[[Path], None], count: str
) -> None:
    whole = [json.loads(line) for line in ledger_of(project).read_bytes().splitlines()]
    damage(ledger_of(project))
    put(tmp_path / "next", lifts("A-4,2026/6/4"), day="2026-06-28")
    result = run(project, tmp_path / "next")
    assert not result.failed
    (finding,) = find(result, "ledger-restored")
    assert (finding.severity, finding.args["count"]) == ("warning", count)
    assert finding.value == "datapackages/lifts/raw/ledger.jsonl"
    assert read_csv(project) == [*ROWS, "A-4,2026-06-04"]
    now = [json.loads(line) for line in ledger_of(project).read_bytes().splitlines()]
    assert now[:3] == whole and len(now) == 4
    assert find(run(project), "ledger-restored") == []


def test_a_lost_ledger_holds_a_table_of_which_no_release_tells_everything(project: Path, tmp_path: Path) -> None:
    put(tmp_path / "bad", lifts("A-4,2026/6/31"), day="2026-06-28")
    assert run(project, tmp_path / "bad").outcomes[0].what == "held"
    ledger, before = ledger_of(project), ledger_of(project).read_bytes()
    ledger.unlink()
    put(tmp_path / "next", lifts("A-5,2026/6/5"), day="2026-06-29")
    for _ in range(2):
        result = run(project, tmp_path / "next")
        (finding,) = find(result, "ledger-lost")
        assert (finding.severity, finding.args["count"]) == ("error", "1")
        assert result.outcomes[0].what == "held" and not ledger.exists()
        assert read_csv(project) == ROWS
    ledger.write_bytes(before)
    assert find(run(project, tmp_path / "next"), "ledger-lost") == []
    assert read_csv(project) == [*ROWS, "A-5,2026-06-05"]


def test_without_a_release_archived_versions_are_not_forgotten(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    for n, day in enumerate(DAYS, 1):
        put(tmp_path / "bad", lifts(f"A-{n},2026/6/3{n}"), day=day)
    assert run(project, tmp_path / "bad").outcomes[0].what == "held"
    ledger_of(project).unlink()
    assert [finding.args["count"] for finding in find(run(project), "ledger-lost")] == ["3"]


def test_the_newest_file_of_a_source_that_is_not_overwritten_is_known_again(tmp_path: Path) -> None:
    """A raw file of which no release tells is no part of such a table."""
    project = make_project(tmp_path / "p", lifts=LIFTS.replace(", overwritten: true", ""))
    for n, day in enumerate(DAYS, 1):
        put(tmp_path / "mirror", lifts(f"A-{n},2026/6/{n}"), day=day)
    run(project, tmp_path / "mirror")
    put(tmp_path / "bad", lifts("A-4,2026/6/31"), day="2026-06-28")
    run(project, tmp_path / "bad")
    ledger_of(project).unlink()
    result = run(project, now="2026-06-29T00:00:00")
    assert [finding.args["count"] for finding in find(result, "ledger-restored")] == ["3"]
    assert read_csv(project) == ["A-3,2026-06-03"] and not result.failed


# ---- a dataset's YAML


@pytest.mark.parametrize("left", ["office", "CC-BY-4.0", ""])
def test_a_dataset_without_its_yaml_stays_as_it_was_and_is_told(tmp_path: Path, left: str) -> None:
    other = LIFTS.replace("name: lifts", "name: stairs").replace("publisher: office", "publisher: city")
    other = other.replace("license: CC-BY-4.0", "license: PDL")
    project = make_project(tmp_path / "p", lifts=LIFTS, stairs=other)
    whole = CATALOGUE.replace("publishers: {", "publishers: {city: {title: 市},").replace(
        "licenses: {", 'licenses: {PDL: {title: PDL, url: "https://example.org/pdl"},'
    )
    (project / "catalogue.yaml").write_text(whole, "utf-8")
    put(tmp_path / "mirror", lifts("A-1,2026/6/1"), day=DAYS[0])
    assert not run(project, tmp_path / "mirror").failed
    page = project / "build/site/datasets/lifts/index.html"
    before = page.read_text("utf-8")
    (project / "pipelines/lifts.yaml").unlink()
    lists = {
        "office": 'office: {title: {ja: 見本局, en: Sample Office}, url: "https://office.example.org/"}',
        "CC-BY-4.0": 'CC-BY-4.0: {title: CC BY 4.0, url: "https://creativecommons.org/licenses/by/4.0/"}',
    }
    less = whole.replace(lists[left], "").replace(",}", "}") if left else whole
    assert (less == whole) == (not left)
    (project / "catalogue.yaml").write_text(less, "utf-8")
    result = run(project, tmp_path / "mirror")
    assert not result.failed and result.site == ("published" if left else "unchanged")
    assert [(each.dataset, each.what) for each in result.outcomes] == [("lifts", "left"), ("stairs", "unchanged")]
    told = [(one.code, one.value) for one in result.outcomes[0].findings]
    assert told == [("no-yaml", "lifts"), *([("former-key", left)] if left else [])]
    after = page.read_text("utf-8")
    assert ("見本局" in before) and ("見本局" in after) and ("CC BY 4.0" in before) and ("CC BY 4.0" in after)
    again = run(project, tmp_path / "mirror")
    assert again.site == "unchanged" and again.outcomes[0].findings == result.outcomes[0].findings


# ---- pipelines, versions, places


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("verb", ["publish", "check"])
@pytest.mark.parametrize("left", ["", "README.md"])
def test_no_pipelines_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str], lang: str, verb: str, left: str
) -> None:
    before = snapshot(project / "build/site")
    shutil.rmtree(project / "pipelines")
    if left:
        (project / "pipelines").mkdir()
        (project / "pipelines" / left).write_text("x")
    assert main([verb, "--lang", lang]) == 1
    said = capsys.readouterr().out
    assert {"ja": "「pipelines/」に YAML がありません", "en": 'there is no YAML in "pipelines/"'}[lang] in said
    assert snapshot(project / "build/site") == before


def test_versions_that_the_site_has_and_the_store_lost_stay_on_the_site(project: Path, tmp_path: Path) -> None:
    """As where an older backup was put back, whose records agree with one another."""
    copy_tree(project / "datapackages", tmp_path / "backup")
    put(tmp_path / "next", lifts("A-4,2026/6/4"), day="2026-06-28")
    run(project, tmp_path / "next")
    before = snapshot(project / "build/site")
    shutil.rmtree(project / "datapackages")
    copy_tree(tmp_path / "backup", project / "datapackages")
    result = run(project, now="2026-11-24T03:00:00")
    (finding,) = find(result, "versions-lost")
    assert (finding.severity, finding.value, finding.args) == (
        "error",
        "lifts",
        {"count": "1", "example": "2026.06.28", "where": "build/site", "site": "build/site"},
    )
    now = snapshot(project / "build/site")
    assert {path for path in before if now.get(path) != before[path]} <= {
        "manifest.json", "SHA256SUMS", ".entaku", "status/index.html", "en/status/index.html",
    }  # fmt: skip
    shutil.rmtree(project / "build")
    assert not run(project, now="2026-06-28T03:00:00").failed
    assert read_csv(project) == ROWS


@pytest.mark.parametrize(
    "place", ["build", "build/data", "Build/x", "pipelines", "pipelines/data", ".git", ".git/data", ".", "./", "a/.b", "site_templates"]
)  # fmt: skip
def test_a_store_among_other_things_is_refused(project: Path, capsys: pytest.CaptureFixture[str], place: str) -> None:
    with (project / "catalogue.yaml").open("a", encoding="utf-8") as file:
        file.write(f"store: {place!r}\n")
    before = snapshot(project)
    assert main(["publish"]) == 1
    assert f"catalogue.yaml:7 store-place データを「{place}」に置くことはできません" in capsys.readouterr().out
    after = snapshot(project)
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert all(path.startswith("build/cache/") for path in changed), "but for what was parsed of the YAML"


@pytest.mark.parametrize("place", ["data", "data/packages", "datapackages", "builds"])
def test_a_store_of_its_own_is_accepted(project: Path, capsys: pytest.CaptureFixture[str], place: str) -> None:
    with (project / "catalogue.yaml").open("a", encoding="utf-8") as file:
        file.write(f"store: {place}\n")
    main(["check"])
    assert "store-place" not in capsys.readouterr().out


def test_a_link_into_the_site_and_a_site_in_the_store_are_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["publish", "--to", "datapackages/www"]) == 1
    assert "store-place" in capsys.readouterr().out and not (project / "datapackages/www").exists()
    (project / "datapackages").rename(project / "build/data")
    (project / "datapackages").symlink_to(project / "build/data")
    assert main(["publish"]) == 1
    assert "store-place" in capsys.readouterr().out


def test_a_release_is_set_aside_only_if_all_others_are_there(project: Path) -> None:
    releases = project / "datapackages/lifts/releases"
    (releases / "2026.06.26").rename(releases / "2026.06.26.old")
    before = snapshot(project / "datapackages")
    result = run(project)
    assert [finding.args["example"] for finding in find(result, "history-lost")] == ["2026.06.26.old"]
    assert {path: body for path, body in snapshot(project / "datapackages").items() if path != ".lock"} == {
        path: body for path, body in before.items() if path != ".lock"
    }
    (releases / "2026.06.26.old").rename(releases / "2026.06.26")
    copy_tree(releases / "2026.06.26", releases / "2026.06.30")
    assert [finding.code for finding in run(project).findings] == ["release-set-aside"]


# ---- the site


def flip(path: Path) -> None:
    """Flip a bit as a disk does, without a new time of the file."""
    stat, whole = path.stat(), bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    os.utime(path, ns=(stat.st_mtime_ns, stat.st_mtime_ns))


@pytest.mark.parametrize(
    "damage",
    halve(
        [
            lambda site: flip(site / "datasets/lifts/2026.06.25/schedule.csv"),
            lambda site: flip(site / "datasets/lifts/2026.06.25/schedule.parquet"),
            lambda site: flip(site / "datasets/lifts/index.html"),
            lambda site: flip(site / "data.json"),
            lambda site: flip(site / "SHA256SUMS"),
            lambda site: flip(site / "manifest.json"),
            lambda site: flip(site / ".entaku"),
            lambda site: (site / "about/index.html").unlink(),
            lambda site: shutil.rmtree(site / "en"),
            lambda site: shutil.rmtree(site / "datasets/lifts"),
            lambda site: (site / "datasets/lifts/schedule.csv").chmod(0o600),
            lambda site: (site / "datasets").chmod(0o700),
            lambda site: site.chmod(0o700),
        ]
    ),
)
def test_the_site_mends_itself(
    project: Path, damage: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "SHARE_LEAST", 10_000)
    site = project / "build/site"
    run(project)
    before = snapshot(site)
    damage(site)
    result = run(project)
    assert (result.failed, result.site) == (False, "published")
    (finding,) = find(result, "site-mended")
    assert finding.severity == "warning" and finding.value == "build/site"
    assert snapshot(site) == before and verify_site(site) == []
    assert {path.stat().st_mode & 0o777 for path in [site, *site.rglob("*")] if path.is_dir()} == {0o755}
    assert {path.stat().st_mode & 0o777 for path in site.rglob("*") if path.is_file()} == {0o644}
    assert run(project).site == "unchanged"


def test_an_old_versions_file_is_not_carried_over_when_it_has_changed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "SHARE_LEAST", 10_000)
    site = project / "build/site"
    for path in (site / "datasets/lifts/2026.06.25").iterdir():
        flip(path) if path.is_file() else None
    put(tmp_path / "next", lifts("A-4,2026/6/4"), day="2026-06-28")
    assert not run(project, tmp_path / "next").failed
    assert verify_site(site) == []


def test_publish_mends_what_verify_names(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where none of it is in the day's share, and what nobody listed."""
    monkeypatch.setattr(disk, "SHARE_LEAST", 0)
    monkeypatch.setattr(disk, "SHARE_DAYS", 10_000)
    site = project / "build/site"
    run(project)
    before = snapshot(site)
    flip(site / "datasets/lifts/2026.06.25/schedule.csv")
    (site / "datasets/lifts/notes.txt").write_text("x")
    assert run(project).site == "unchanged"
    assert main(["verify"]) == 1
    said = capsys.readouterr().out
    assert "2026.06.25/schedule.csv" in said and "notes.txt" in said
    result = run(project)
    assert [finding.args["count"] for finding in find(result, "site-mended")] != []
    assert snapshot(site) == before
    assert main(["verify"]) == 0 and run(project).site == "unchanged"


@pytest.mark.parametrize("umask", [0o077, 0o027, 0o000])
def test_everybody_may_read_the_site_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    project = make_project(tmp_path / "p")
    put(tmp_path / "mirror", lifts("A-1,2026/6/1"), day=DAYS[0])
    mine = os.umask(umask)
    try:
        run(project, tmp_path / "mirror")
        assert os.umask(umask) == umask
    finally:
        os.umask(mine)
    site = project / "build/site"
    assert {path.stat().st_mode & 0o777 for path in (project / "build", site, *site.rglob("*")) if path.is_dir()} == {
        0o755
    }
    assert {path.stat().st_mode & 0o777 for path in site.rglob("*") if path.is_file()} == {0o644}
    if umask == 0o077:
        assert {path.stat().st_mode & 0o077 for path in (project / "datapackages", project / "build/cache")} == {0}


def test_where_permissions_can_not_be_set_nothing_is_mended(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a USB stick."""
    site = project / "build/site"
    run(project)
    for path in (site, *site.rglob("*")):
        path.chmod(0o700)
    monkeypatch.setattr(Path, "chmod", lambda path, mode: None)
    assert run(project).site == "unchanged"
    monkeypatch.undo()
    monkeypatch.chdir(project)
    assert run(project).site == "published"


def test_a_kept_dataset_has_its_raw_files_and_its_last_attempt(project: Path, tmp_path: Path) -> None:
    put(tmp_path / "bad", lifts("A-4,2026/6/31"), day="2026-06-28")
    run(project, tmp_path / "bad")
    site = project / "build/site"
    before = snapshot(site)
    assert sum(path.startswith("datasets/lifts/raw/") for path in before) >= 3
    assert b"2026/6/31" in before["datasets/lifts/index.html"]
    (project / "datapackages/lifts/releases.json").write_bytes(b"{")
    catalogue = (project / "catalogue.yaml").read_text("utf-8")
    (project / "catalogue.yaml").write_text(catalogue.replace("見本の目録", "新しい目録"), "utf-8")
    result = run(project)
    assert result.site == "published" and find(result, "dataset-kept")
    after = snapshot(site)
    assert "新しい目録".encode() in after["index.html"] and "新しい目録".encode() not in before["index.html"]
    for path, body in before.items():
        if path.startswith(("datasets/lifts/", "en/datasets/lifts/")):
            told = body.replace("見本の目録".encode(), "新しい目録".encode())
            assert after[path] in (body, told), path
    assert verify_site(site) == []


# ---- shares


@pytest.mark.parametrize("every", [1, 7, 30])
@pytest.mark.parametrize("count", [1, 64, 65, 1000, 5000])
def test_every_file_has_its_turn_however_often_a_run_is_made(every: int, count: int) -> None:
    seen: set[int] = set()
    for run_ in range(120):
        chosen = disk.DayShare(20_000 + run_ * every).choose(range(count))
        assert len(chosen) == len(set(chosen)) == min(count, max(64, count // 30))
        seen.update(chosen)
    assert seen == set(range(count))


def test_a_share_is_bounded_in_bytes_and_a_very_large_file_has_its_turn() -> None:
    mb = 1 << 20
    assert list(disk.DayShare(1).afford((n, 10 * mb) for n in range(100))) == list(range(7))
    assert list(disk.WHOLE.afford((n, 10 * mb) for n in range(100))) == list(range(100))
    days = [day for day in range(40) if list(disk.DayShare(day).afford([("large", 600 * mb)]))]
    assert days == [0, 10, 20, 30]


def test_the_store_is_read_in_shares(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of six files two a day: what is damaged is found within a few days, and then told every day until it is mended."""
    monkeypatch.setattr(disk, "SHARE_LEAST", 2)
    store = Store(project / "datapackages")
    assert len(store.list_contents("lifts")) == 6
    path = project / "datapackages/lifts/releases/2026.06.25/report.json"
    flip(path)
    told = [bool(find(run(project, now=f"2026-11-{day:02}T03:00:00"), "checksum")) for day in range(1, 11)]
    assert told == sorted(told) and told[-1]
    flip(path)
    assert find(run(project, now="2026-11-12T03:00:00"), "checksum") == []
