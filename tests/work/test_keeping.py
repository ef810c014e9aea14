"""`keep`: of older versions only some stay; what goes leaves a tombstone, the source files, and no gap in anything."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from projects import LIFTS, copy_tree, lifts, make_project, make_setting, put, run

from entaku.model.keeping import KeepRule
from entaku.store import Store
from entaku.work.keeping import choose_expired, find_period
from entaku.work.load import read_specs
from entaku.work.manifests import list_used
from entaku.work.outcome import Result, Wanted
from entaku.work.publish import publish
from entaku.work.signed import verify_chains
from entaku.work.verify import verify_site, verify_store

FIRST = date(2026, 4, 20)
DAYS = [FIRST + timedelta(n) for n in range(20)]
KEEP = "keep: {daily: 3, monthly: all, always: ['2026.04.25']}\n"


def name(day: date) -> str:
    return day.strftime("%Y.%m.%d")


def quiet(what: str, done: int, total: int) -> None:
    """Show no progress."""


def look(project: Path) -> Result:
    """`entaku check`."""
    office, specs, findings = read_specs(project)
    assert office is not None
    setting = replace(make_setting(project, project.parent / "mirror"), only_check=True)
    return publish(setting, office, specs, findings, Wanted(project / "build" / "site", allow_samples=True))


def put_days(mirror: Path, days: list[date]) -> None:
    for day in days:
        n = (day - FIRST).days + 1
        put(mirror, lifts(*(f"A-{each},2026/6/{each}" for each in range(1, n + 1))), day=day.isoformat())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of twenty days of which all versions were published, then `keep` was written."""
    home = tmp_path_factory.mktemp("keep")
    project = make_project(home / "p", lifts=LIFTS)
    put_days(home / "mirror", DAYS)
    assert run(project, home / "mirror").code == 0
    assert len(Store(project / "datapackages").history("lifts").versions) == 20
    (project / "pipelines" / "lifts.yaml").write_text(LIFTS + KEEP, "utf-8")
    return project


def test_check_tells_before_and_publish_lets_go(kept: Path, tmp_path: Path) -> None:
    store, mirror = Store(kept / "datapackages"), kept.parent / "mirror"
    raws = store.list_raws("lifts")
    stay = [name(day) for day in (date(2026, 4, 25), date(2026, 4, 30), *DAYS[-3:])]
    (told,) = [one for one in look(kept).every if one.code == "versions-to-go"]
    assert (told.args["count"], told.args["rule"]) == ("15", "daily: 3, monthly: all")
    assert told.place.line == LIFTS.count("\n") + 1 and "2026.04.20" in told.value
    assert len(store.history("lifts").versions) == 20
    result = run(kept, mirror)
    (gone,) = [one for each in result.outcomes for one in each.findings if one.code == "versions-gone"]
    assert gone.severity == "notice" and result.code == 0
    assert list(store.history("lifts").versions) == stay
    assert sorted(path.name for path in (kept / "datapackages" / "lifts" / "releases").iterdir()) == stay
    assert store.list_raws("lifts") == raws
    assert {stone.rule for stone in store.tombstones("lifts")} == {"daily: 3, monthly: all"}
    assert len(store.tombstones("lifts")) == 15 and not store.is_withdrawing("lifts")
    site = kept / "build" / "site"
    assert not list((site / "datasets" / "lifts" / "2026.04.20").glob("*.csv"))
    page = (site / "datasets" / "lifts" / "2026.04.20" / "index.html").read_text("utf-8")
    assert "保存期間が過ぎました" in page and "取り下げ" not in page.partition("<main")[2]
    assert "保存期間が過ぎた版（15）" in (site / "datasets" / "lifts" / "index.html").read_text("utf-8")
    assert "WITHDRAWN" not in (site / "catalog.ttl").read_text("utf-8")
    assert not (site / "withdrawn.json").exists()
    shown = json.loads((site / "datasets" / "lifts" / "withdrawn.json").read_bytes())
    assert [len(shown[key]) for key in ("withdrawn", "expired")] == [0, 15]
    assert verify_site(site) == [] and verify_store(store, quiet)[1] == [] and verify_chains(site) == []
    assert run(kept, mirror).site == "unchanged"


def test_a_further_day_lets_go_of_one_and_keeps_what_was_made(kept: Path) -> None:
    store, mirror = Store(kept / "datapackages"), kept.parent / "mirror"
    put_days(mirror, [DAYS[-1] + timedelta(1)])
    result = run(kept, mirror, now="2026-11-24T03:00:00")
    (gone,) = [one for each in result.outcomes for one in each.findings if one.code == "versions-gone"]
    assert gone.value == name(DAYS[-3]) and result.code == 0
    assert store.history("lifts").versions[-1] == name(DAYS[-1] + timedelta(1))
    assert verify_store(store, quiet)[1] == [] and verify_chains(kept / "build" / "site") == []


@pytest.mark.parametrize("cut", ["write_history", "remove_withdrawn"])
def test_what_was_cut_short_is_finished(cut: str, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tombstone and the history are written before the bytes go."""
    project = tmp_path / "p"
    copy_tree(kept, project)
    store = Store(project / "datapackages")
    first = store.history("lifts").versions[0]
    stone = replace(store.tombstones("lifts")[-1], version=first)

    def cut_short(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, cut, cut_short)
    with pytest.raises(KeyboardInterrupt):
        store.let_go("lifts", [stone])
    assert store.release_path("lifts", first).is_dir()
    result = run(project, kept.parent / "mirror", now="2026-11-24T03:00:00")
    assert result.code == 0 and first not in Store(project / "datapackages").history("lifts").versions
    assert not (project / "build" / "site" / "datasets" / "lifts" / first / "schedule.csv").exists()


def test_a_server_that_goes_back_to_what_went_is_no_broken_file(kept: Path) -> None:
    used = list_used(Store(kept / "datapackages"), "lifts", ever=True)
    assert sorted(used) == sorted(Store(kept / "datapackages").list_raws("lifts"))


@pytest.mark.parametrize(
    ("line", "code", "value"),
    [
        ("keep: {daily: 0}", "wrong-type", "0"), ("keep: {hourly: 3}", "unknown-key", "hourly"),
        ("keep: {daily: some}", "wrong-type", "some"), ("keep: most", "wrong-type", "most"),
        ("keep: {daily: 3, always: ['2026-04-25']}", "bad-pattern", "2026-04-25"),
    ],
)  # fmt: skip
def test_mistakes_in_keep_are_told_with_their_line(line: str, code: str, value: str, tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", lifts=f"{LIFTS}{line}\n")
    told = [one for one in read_specs(project)[2] if one.severity == "error"]
    assert [(one.code, one.value, one.place.line) for one in told] == [(code, value, LIFTS.count("\n") + 1)]


def test_versions_that_grow_are_told_until_keep_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.work.keeping.MUCH", 1000)
    project = make_project(tmp_path / "p", lifts=LIFTS)
    put_days(tmp_path / "mirror", DAYS)
    (told,) = [one for one in run(project, tmp_path / "mirror", site=False).every if one.code == "versions-grow"]
    assert told.severity == "notice" and told.args["size"].endswith("MB")
    (project / "pipelines" / "lifts.yaml").write_text(f"{LIFTS}keep: all\n", "utf-8")
    result = run(project, tmp_path / "mirror", site=False)
    assert result.code == 0 and "versions-grow" not in {one.code for one in result.every}
    assert len(Store(project / "datapackages").history("lifts").versions) == 20


VERSIONS = st.lists(
    st.tuples(st.dates(date(2020, 1, 1), date(2026, 12, 31)), st.integers(1, 3)), min_size=1, max_size=60, unique=True
).map(lambda days: [f"{name(day)}.{n}" if n > 1 else name(day) for day, n in sorted(days)])
MOST = st.none() | st.just("all") | st.integers(1, 12)


@given(VERSIONS, st.tuples(MOST, MOST, MOST, MOST))
def test_each_period_keeps_its_last_version(versions: list[str], most: tuple[int | str | None, ...]) -> None:
    kinds = ("daily", "weekly", "monthly", "yearly")
    rule = KeepRule(**dict(zip(kinds, most, strict=True)))
    gone = choose_expired(versions, rule, versions[:1])
    stay = [version for version in versions if version not in gone]
    if not any(most):
        assert not gone
        return
    assert stay[0] == versions[0] and stay[-1] == versions[-1]  # cited; the newest
    assert choose_expired(stay, rule, versions[:1]) == ()  # what stays stays
    for kind, count in zip(kinds, most, strict=True):
        periods = sorted({find_period(version, kind) for version in versions})
        for period in periods if count == "all" else periods[-count:] if count else ():
            last = [version for version in versions if find_period(version, kind) == period][-1]
            assert last in stay
