"""A dataset of which no file has changed isn't looked at again, and any change of one is noticed."""

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from projects import copy_template, copy_tree, make_project, make_setting, snapshot
from sweeping import halve

from entaku.model.grammar import Office
from entaku.model.nouns import Spec
from entaku.store import Cache
from entaku.work import load as loading
from entaku.work import publish as publishing
from entaku.work import recalled, settled
from entaku.work.load import read_specs
from entaku.work.outcome import Outcome, Result, Wanted
from entaku.work.setting import Setting
from entaku.work.units import Steps

YAML = """\
name: {name}
title: {{ja: 表, en: Table}}
description: {{ja: 試験用の説明です。, en: A description for tests.}}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: {frequency}
resources:
  - name: table
    title: {{ja: 表, en: Table}}
    source: {{file: "pipelines/files/{name}.csv", since: "2026-11-20"}}
    schema:
      fields: [{{name: id, type: integer, title: {{ja: 番号, en: Number}}}}, {{name: note}}]
"""
NOW, LATER = "2026-11-23T03:00:00", "2027-06-23T03:00:00"
STORED = "datapackages/one"


def write_yaml(project: Path, name: str, frequency: str = "irregular") -> None:
    (project / f"pipelines/{name}.yaml").write_text(YAML.format(name=name, frequency=frequency), "utf-8")


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The datasets that were looked at."""
    names: list[str] = []
    real = publishing.take_turns

    def watch(setting: Setting, office: Office, spec: Spec) -> Steps:
        names.append(spec.pipeline.name)
        return (yield from real(setting, office, spec))

    monkeypatch.setattr(publishing, "take_turns", watch)
    monkeypatch.setattr(settled, "QUIET", 0)
    return names


@pytest.fixture
def project(tmp_path: Path, looked: list[str]) -> Path:
    """A project of two datasets, published twice: the second run found nothing to do."""
    project = make_project(tmp_path / "p", one="")
    (project / "pipelines/files").mkdir()
    for name in ("one", "two"):
        (project / f"pipelines/files/{name}.csv").write_text("id,note\n1,あ\n", "utf-8")
        write_yaml(project, name)
    run(project)
    assert [outcome.what for outcome in run(project).outcomes] == ["unchanged", "unchanged"]
    assert looked == ["one", "two"] * 2
    looked.clear()
    return project


def run(project: Path, now: str = NOW, **changed: object) -> Result:
    office, specs, findings = read_specs(project)
    assert office is not None, findings
    setting = replace(make_setting(project, now=now), **changed)  # type: ignore[arg-type]
    return publishing.publish(setting, office, specs, findings, Wanted(project / "build/site", allow_samples=True))


def test_nothing_is_looked_at_where_nothing_has_changed(project: Path, looked: list[str]) -> None:
    before = snapshot(project)
    settled_result = run(project)
    assert looked == []
    assert snapshot(project) == before
    Cache(project / "build/cache").clear()
    looked_result = run(project)
    assert looked == ["one", "two"]
    assert [replace(each, seconds=0) for each in settled_result.outcomes] == [
        replace(each, seconds=0) for each in looked_result.outcomes
    ]
    assert all(outcome.rows == {"table": 1} and outcome.served == ("file",) for outcome in settled_result.outcomes)


def write_same_size(project: Path) -> None:
    """Other bytes in the same file, as many, and with the time of the last change set back."""
    path = project / "pipelines/files/one.csv"
    stat = path.stat()
    with path.open("r+b") as file:
        file.write("id,note\n2,あ\n".encode())
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def drop_line(project: Path) -> None:
    (project / STORED / "raw/ledger.jsonl").write_bytes(b"")


def drop_raw(project: Path) -> None:
    next(path for path in (project / STORED / "raw").iterdir() if path.suffix == ".csv").unlink()


def break_manifest(project: Path) -> None:
    path = next((project / STORED / "releases").iterdir()) / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"manifest', b'"manifets', 1) + b"!")


def drop_release(project: Path) -> None:
    next((project / STORED / "releases").iterdir()).rename(project / "gone")


def break_history(project: Path) -> None:
    (project / STORED / "releases.json").write_text("{", "utf-8")


def write_keep(project: Path) -> None:
    """What says that nothing is to go, as if it were not there."""
    path = project / "pipelines/one.yaml"
    path.write_text(path.read_text("utf-8") + "keep: all\n", "utf-8")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "source": write_same_size,
    "no source": lambda project: (project / "pipelines/files/one.csv").unlink(),
    "ledger": drop_line,
    "raw": drop_raw,
    "manifest": break_manifest,
    "release": drop_release,
    "history": break_history,
    "yaml": lambda project: write_yaml(project, "one", "yearly"),
    "keep": write_keep,
}


@pytest.mark.parametrize("what", halve(DAMAGE))
def test_what_has_changed_is_looked_at_as_if_nothing_were_settled(what: str, project: Path, looked: list[str]) -> None:
    DAMAGE[what](project)
    other = project.with_name("other")
    copy_tree(project, other)
    Cache(other / "build/cache").put(settled.KEY, b"{}")
    result = run(project)
    assert "one" in looked
    assert "two" not in looked
    assert [tell(outcome) for outcome in result.outcomes] == [tell(outcome) for outcome in run(other).outcomes]
    assert result.outcomes[0].what != "unchanged" or result.every or what in ("raw", "yaml", "keep")


def tell(outcome: Outcome) -> tuple[object, ...]:
    codes = [finding.code for finding in outcome.findings]
    return outcome.dataset, outcome.what, outcome.rows, outcome.served, outcome.version, codes


def test_a_release_that_a_crash_left_beside_what_is_settled_is_set_aside(project: Path) -> None:
    release = next((project / STORED / "releases").iterdir())
    copy_tree(release, release.with_name("2027.01.01"))
    assert [finding.code for finding in run(project).findings] == ["release-set-aside"]
    assert [path.name for path in (project / STORED / "releases").iterdir()] == [release.name]


def test_what_was_published_is_compared_with_what_is_settled_whenever_more_is_told(
    project: Path, looked: list[str]
) -> None:
    run(project)
    for count, held in (("1", []), ("3", ["one"]), ("1", [])):
        (project / "releases.txt").write_text(f"one 2026.11.20 {count} 0 -\n", "utf-8")
        result = run(project)
        assert [outcome.dataset for outcome in result.outcomes if outcome.what == "held"] == held
    assert looked == []


def test_entries_of_what_is_settled_stand_in_the_manifest_as_all_others(project: Path) -> None:
    path = project / "build/site/manifest.json"
    before = path.read_text("utf-8")
    write_yaml(project, "two", "yearly")
    assert run(project).site == "published"
    for body in (before, path.read_text("utf-8")):
        assert body == json.dumps(json.loads(body), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    told = [json.loads(body)["datasets"] for body in (before, path.read_text("utf-8"))]
    assert told[0]["one"] == told[1]["one"]
    assert told[0]["two"] != told[1]["two"]


def test_a_changed_catalogue_or_program_settles_nothing(project: Path, looked: list[str]) -> None:
    run(project, sources="another program")
    assert looked == ["one", "two"]
    looked.clear()
    path = project / "catalogue.yaml"
    path.write_text(path.read_text("utf-8") + "contact: office@example.org\n", "utf-8")
    run(project)
    assert looked == ["one", "two"]


def test_whoever_is_late_is_told_on_the_day(project: Path, looked: list[str]) -> None:
    write_yaml(project, "two", "monthly")
    run(project)
    run(project)
    looked.clear()
    assert not run(project).outcomes[1].findings
    assert looked == []
    told = run(project, LATER).outcomes[1].findings
    assert [finding.code for finding in told] == ["overdue"]
    assert looked == ["two"]


def test_a_file_that_has_just_changed_settles_nothing(
    project: Path, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Cache(project / "build/cache").clear()
    monkeypatch.setattr(settled, "QUIET", 10**18)
    for _ in range(3):
        run(project)
    assert looked == ["one", "two"] * 3


def test_a_record_that_cannot_be_read_is_none(project: Path, looked: list[str]) -> None:
    cache = Cache(project / "build/cache")
    told = json.loads(cache.get(settled.KEY) or b"")
    assert set(told["datasets"]) == {"one", "two"}
    for body in (b"[]", b"{", json.dumps({**told, "datasets": None}).encode()):
        cache.put(settled.KEY, body)
        looked.clear()
        assert [outcome.what for outcome in run(project).outcomes] == ["unchanged", "unchanged"]
        assert looked == ["one", "two"]


# ---- loaded for the site ------------------------------------------------------------------------------------------


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The datasets whose releases were loaded."""
    names: list[str] = []
    real = loading.load_releases

    def watch(setting: Setting, office: Office, spec: Spec, withheld: frozenset[str]) -> recalled.Loaded:
        names.append(spec.pipeline.name)
        return real(setting, office, spec, withheld)

    monkeypatch.setattr(loading, "load_releases", watch)
    monkeypatch.setattr(recalled, "QUIET", 0)
    return names


def change_words(project: Path) -> None:
    """Something that every page of the site is made from."""
    path = copy_template(project, "about.html")
    path.write_text(path.read_text("utf-8") + "<!-- ours -->", "utf-8")


def test_releases_are_loaded_again_only_where_they_changed(loaded: list[str], project: Path) -> None:
    change_words(project)
    run(project)
    loaded.clear()
    (project / "pipelines/files/one.csv").write_text("id,note\n1,あ\n2,い\n", "utf-8")
    assert run(project).site == "published"
    assert loaded == ["one"]
    made = snapshot(project / "build/site")
    shutil.rmtree(project / "build")
    run(project)
    assert loaded == ["one", "one", "two"]
    assert snapshot(project / "build/site") == made


@pytest.mark.parametrize("file", halve(["manifest.json", "SHA256SUMS", "table.csv", "profile.json"]))
def test_a_damaged_release_is_loaded_and_told(file: str, loaded: list[str], project: Path) -> None:
    change_words(project)
    run(project)
    loaded.clear()
    path = next((project / STORED / "releases").iterdir()) / file
    body = path.read_bytes()
    path.write_bytes(body[:-2] + b"!" + body[-1:])
    change_words(project)
    result = run(project)
    assert "one" in loaded
    assert "two" not in loaded
    assert any(finding.severity == "error" for finding in result.every)


def test_what_is_kept_of_another_kind_is_loaded_again(loaded: list[str], project: Path) -> None:
    cache = Cache(project / "build/cache")
    change_words(project)
    run(project)
    loaded.clear()
    key = hashlib.sha256(b"loaded one").hexdigest()
    digest = (cache.get(key) or b"")[:64]
    for body in (pickle.dumps(Path), pickle.dumps(("a", 1)), b"nonsense", b""):
        cache.put(key, digest + body)
        change_words(project)
        assert run(project).site == "published"
    assert loaded == ["one"] * 4
