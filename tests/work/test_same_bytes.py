"""The same inputs give the same bytes: on other days, in other folders, under other locales, time zones, hash seeds
and numbers of workers; in processes of their own."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from projects import LIFTS, lifts, make_project, put, snapshot

ROOT = Path(__file__).parents[2]
DAILY = """\
name: daily
title: {ja: 日報, en: Daily}
description: 試験用
publisher: office
license: CC-BY-4.0
themes: [transport]
keywords: [b, a, あ]
frequency: daily
resources:
  - name: prices
    title: 値段
    source:
      url: https://office.example.org/{date:%Y%m%d}.csv
      for: {date: {from: 2026-03-01, until: 2026-03-30}}
      missing: closed-day
    tidy: [{sort: [date]}]
    schema:
      primaryKey: [date, item]
      fields: [{name: date, type: date}, {name: item}, {name: price, type: number}, {name: open, type: time}]
"""
RUN = """
import sys
from datetime import datetime, timedelta
import entaku.work.cli as cli
import entaku.work.open as setting
from entaku.fetch.network import Network

class Later(datetime):
    @classmethod
    def now(cls, zone=None):
        return datetime.now(zone) + timedelta(days=int(sys.argv[1]))

setting.datetime = Later
setting.Network = lambda **_: Network(knock=lambda *_: "no network")
sys.exit(cli.main(sys.argv[2:]))
"""
ONE = {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0", "ENTAKU_WORKERS": "1", "PYTHONIOENCODING": "ascii"}
OTHER = {
    "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "LANG": "ja_JP.UTF-8", "PYTHONHASHSEED": "4294967295",
    "ENTAKU_WORKERS": "3", "PYTHONUTF8": "1", "ENTAKU_LANG": "en", "COLUMNS": "40", "OMP_NUM_THREADS": "1",
}  # fmt: skip


def put_days(mirror: Path) -> None:
    for n in range(30):
        day = date(2026, 3, 1) + timedelta(days=n)
        url = f"https://office.example.org/{day:%Y%m%d}.csv"
        if day.weekday() == 6:
            put(mirror, "", f"{url}.404", "2026-05-16")
        else:
            put(
                mirror,
                f"item,price,open\nねぎ,{n}.50,09:00:00\nだいこん,{n * 3},10:30:00\nI,-{n},23:59:59\n",
                url,
                "2026-05-16",
            )
    put(mirror, lifts("A-1,2026/4/3"), day="2026-04-28")
    put(mirror, lifts("A-2,2026/5/3", "A-1,2026/4/3"), day="2026-05-16")


def build(folder: Path, mirror: Path, later: int, environment: dict[str, str], umask: int) -> dict[str, bytes]:
    """The site and the store that `entaku publish` makes in `folder`."""
    project = make_project(folder, lifts=LIFTS, daily=DAILY)
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "COVERAGE_PROCESS_START")}
    command = [sys.executable, "-c", RUN, str(later), "publish", "--project", str(project), "--mirror", str(mirror)]
    ended = subprocess.run(
        command, cwd=ROOT, env={**kept, **environment, "PYTHONPATH": str(ROOT), "HOME": str(folder)},
        capture_output=True, umask=umask,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout.decode() + ended.stderr.decode()
    files = {**snapshot(project / "build" / "site"), **snapshot(project / "datapackages")}
    assert any(path.endswith("prices.parquet") for path in files)
    return files


def test_two_builds_are_alike_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = tmp_path / "mirror"
    put_days(mirror)
    one = build(tmp_path / "a", mirror, 0, ONE, 0o022)
    other = build(tmp_path / "another folder 円卓" / "deeper", mirror, 4000, OTHER, 0o077)
    assert sorted(one) == sorted(other)
    assert [path for path in one if one[path] != other[path]] == []
