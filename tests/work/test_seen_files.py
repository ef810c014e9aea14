"""Files of the project that are as they were when they were archived are not read again."""

import os
import time
from pathlib import Path
from unittest.mock import patch

import pytest
from projects import make_project, run

from entaku.fetch import folder
from entaku.store import Store
from entaku.work import seen_files

DAYS = """\
name: days
title: {ja: 日, en: Days}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: daily
resources:
  - name: days
    title: {ja: 日, en: Days}
    source:
      file: "pipelines/files/{n}.csv"
      for: {n: [0, 1, 2, 3, 4]}
      missing: closed-day
    schema:
      fields:
        - {name: n, type: integer, title: 番号}
        - {name: text, title: 文字}
"""


def put(project: Path, n: int, text: str, age: float = 60) -> Path:
    path = project / "pipelines" / "files" / f"{n}.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"text\n{text}\n", "utf-8")
    os.utime(path, (time.time() - age,) * 2)
    return path


def publish(project: Path, now: str) -> list[str]:
    """Publish and return the files of the project that were read."""
    read, real = list[str](), folder.read_project_file

    def note(root: Path, path: str, *rest: object) -> object:
        read.append(path.rpartition("/")[2])
        return real(root, path, *rest)  # type: ignore[arg-type]

    later = time.time_ns() + 60_000_000_000  # the states of files tell of changes up to now
    with patch.object(folder, "read_project_file", note), patch.object(time, "time_ns", lambda: later):
        assert run(project, now=now, site=False).code == 0
    return read


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(seen_files, "FEW", 2)
    project = make_project(tmp_path / "p", days=DAYS)
    for n in range(4):
        put(project, n, f"t{n}")
    assert publish(project, "2026-11-23T03:00:00") == [f"{n}.csv" for n in range(5)]
    return project


def find_texts(project: Path) -> list[str]:
    store = Store(project / "datapackages")
    version = store.history("days").versions[-1]
    return store.read_release("days", version, "days.csv").decode().split()[1:]


def test_only_changed_and_new_files_are_read(project: Path) -> None:
    assert publish(project, "2026-11-24T03:00:00") == ["4.csv"]
    put(project, 1, "t9")  # as long as before
    put(project, 4, "t4")
    assert publish(project, "2026-11-25T03:00:00") == ["1.csv", "4.csv"]
    assert find_texts(project) == ["0,t0", "1,t9", "2,t2", "3,t3", "4,t4"]


def test_a_file_that_went_is_told(project: Path) -> None:
    (project / "pipelines" / "files" / "2.csv").unlink()
    assert publish(project, "2026-11-24T03:00:00") == ["2.csv", "4.csv"]


def test_a_file_that_is_not_archived_is_read(project: Path) -> None:
    store = Store(project / "datapackages")
    entry = next(one for one in store.ledger("days") if one.url.endswith("3.csv"))
    store.raw_path("days", entry.sha256).unlink()
    assert publish(project, "2026-11-24T03:00:00") == ["3.csv", "4.csv"]
    assert store.raw_path("days", entry.sha256).is_file()


def test_a_file_that_has_just_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks tell times in steps: a second change in the same step would look like none."""
    monkeypatch.setattr(seen_files, "FEW", 2)
    project = make_project(tmp_path / "p", days=DAYS)
    for n in range(5):
        put(project, n, f"t{n}")
    for day in (23, 24):
        with patch.object(time, "time_ns", lambda: 0):
            assert run(project, now=f"2026-11-{day}T03:00:00", site=False).code == 0
    assert len(publish(project, "2026-11-25T03:00:00")) == 5
    assert publish(project, "2026-11-26T03:00:00") == []


def test_a_larger_limit_of_before_counts_no_more(project: Path) -> None:
    put(project, 0, "\n".join(["x" * 1000] * 1000))
    path = project / "pipelines" / "days.yaml"
    assert publish(project, "2026-11-24T03:00:00") == ["0.csv", "4.csv"]
    path.write_text(DAYS.replace("missing: closed-day", "missing: closed-day\n      limit: {megabytes: 1}"), "utf-8")
    result = run(project, now="2026-11-25T03:00:00", site=False)
    assert "served-from-archive" in [finding.code for finding in result.every]
