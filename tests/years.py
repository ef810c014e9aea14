"""Years of an unattended catalogue in some minutes: bad days, dead weeks, a renamed and a retired dataset, an upgrade, a
move, a restore, a hand-over.

    python tests/years.py --days 400

A server in the process answers as publishers do; the clock of each run is a value.  Every day's findings and exit code
are compared with what that day deserves, and at the end the site with what the good bytes alone make.
"""

import argparse
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from projects import copy_tree, make_setting

from entaku.fetch.host import Patience
from entaku.fetch.network import Network, Timing
from entaku.model import nouns
from entaku.store import Store
from entaku.work.cli import main
from entaku.work.load import read_specs
from entaku.work.outcome import Result, Wanted
from entaku.work.publish import publish
from entaku.work.verify import verify_folder

ROOT = Path(__file__).parents[1]
START = date(2026, 1, 5)
HTML = "<!DOCTYPE html><html><head><title>ただいまメンテナンス中</title></head></html>".encode()

CATALOGUE = """\
title: {{ja: みなと市オープンデータ, en: Minato open data}}
description: {{ja: 試験用, en: For tests}}
base_url: https://data.city.example.jp/
allow_hosts: [127.0.0.1]
publishers: {{office: {{title: {{ja: みなと市, en: Minato}}, url: "https://city.example.jp/"}}}}
licenses: {{CC-BY-4.0: {{title: CC BY 4.0, url: "https://creativecommons.org/licenses/by/4.0/"}}}}
themes: {{life: {{title: {{ja: くらし, en: Life}}}}}}
"""
PIPELINE = """\
name: {name}
title: {{ja: {name} の表, en: Table of {name}}}
description: {{ja: 試験用の説明です。, en: A description for tests.}}
publisher: office
license: CC-BY-4.0
frequency: {frequency}
resources:
  - name: rows
    title: {{ja: 行, en: Rows}}
    source: {source}
    tidy:
      - rename: {{日: day, 数: n}}
{steps}    schema:
      primaryKey: day
      fields:
        - {{name: day, type: date, title: {{ja: 日, en: Day}}, constraints: {{required: true}}}}
        - {{name: n, type: integer, title: {{ja: 数, en: Number}}}}
"""


def rows_until(day: date, step: int) -> list[tuple[date, int]]:
    """What a publisher knows on a day: one row for every `step` days since the start."""
    count = (day - START).days // step + 1
    return [(START + timedelta(days=step * n), n * n % 1000) for n in range(count)]


def write_csv(rows: list[tuple[date, int]], head: str = "日,数") -> bytes:
    return (head + "\r\n" + "".join(f"{day},{n}\r\n" for day, n in rows)).encode()


@dataclass(frozen=True)
class Trouble:
    """Days, from the start, on which a publisher gives something else."""

    dataset: str
    first: int
    last: int
    habit: str
    """html: a page with status 200; column: another heading; 503; dead: the connection is closed without an answer."""


TROUBLES = (
    Trouble("weekly", 20, 20, "html"),
    Trouble("weekly", 26, 28, "html"),
    Trouble("stacked", 33, 34, "column"),
    Trouble("daily", 12, 12, "503"),
    Trouble("daily", 50, 71, "dead"),
    Trouble("weekly", 90, 130, "dead"),
    Trouble("stacked", 150, 150, "html"),
    Trouble("daily", 160, 162, "html"),
    Trouble("stacked", 220, 224, "column"),
    Trouble("weekly", 300, 310, "503"),
    Trouble("ended", 70, 399, "html"),
    Trouble("stacked", 330, 331, "html"),
)
DAILY = 'url: "{address}/daily/{{date:%Y%m%d}}.csv", for: {{date: {{from: 2026-01-01, until: yesterday}}}}, missing: closed-day'
STACK = "      - deduplicate: {by: [day], keep: last}\n      - sort: [day]\n"
DATASETS = {
    "weekly": ("weekly", "{{url: {address}/weekly.csv}}", ""),
    "stacked": ("monthly", "{{url: {address}/stacked.csv, overwritten: true, raw: publish}}", STACK),
    "daily": ("daily", "{{" + DAILY + "}}", "      - drop_columns: [date]\n"),
    "ended": ("irregular", "{{url: {address}/ended.csv}}", ""),
    "named": ("irregular", "{{url: {address}/named.csv}}", ""),
}


@dataclass
class Publishers:
    """What the servers of the offices answer today."""

    today: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def day(self) -> date:
        return START + timedelta(days=self.today)

    def find_habit(self, dataset: str) -> str:
        return next(
            (one.habit for one in TROUBLES if one.dataset == dataset and one.first <= self.today <= one.last), ""
        )

    def answer(self, path: str) -> tuple[int, bytes]:
        """Return status and body; status 0 for no answer at all."""
        dataset = path.strip("/").partition("/")[0].removesuffix(".csv")
        habit = self.find_habit(dataset)
        if habit in ("dead", "503"):
            return (0 if habit == "dead" else 503), b""
        if habit == "html":
            return 200, HTML
        if dataset == "daily":
            asked = date.fromisoformat(path.rpartition("/")[2].removesuffix(".csv"))
            return (404, b"") if asked.weekday() > 4 else (200, write_csv([(asked, asked.day)]))
        step = {"weekly": 7, "stacked": 30}.get(dataset, 1000)
        rows = rows_until(self.day, step)
        return 200, write_csv(rows[-3:] if dataset == "stacked" else rows, "日付,数" if habit == "column" else "日,数")


@contextmanager
def serve(publishers: Publishers) -> Iterator[str]:
    """Yield the address of the publishers' server."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            status, body = publishers.answer(self.path)
            publishers.asked.append(self.path)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def make_city(folder: Path, address: str) -> Path:
    """Write the project of a city whose publishers are at `address`."""
    (folder / "pipelines").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE.format(), "utf-8")
    (folder / "requests.csv").write_text("id\n", "utf-8")
    for name, (frequency, source, steps) in DATASETS.items():
        text = PIPELINE.format(name=name, frequency=frequency, source=source.format(address=address), steps=steps)
        (folder / "pipelines" / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def run_day(project: Path, day: date, program: str = "0.0.0") -> Result:
    """Run `entaku publish` of a day."""
    office, specs, findings = read_specs(project)
    assert office is not None, findings
    patience = Patience(connect=5, read=2, total=60, retries=1, failures=9)
    with Network(patience=patience, timing=Timing(sleep=lambda _: None), allow_hosts=office.allow_hosts) as network:
        setting = make_setting(project, now=f"{day}T03:00:00")
        store = Store(project / office.store, office.renamed)
        setting = replace(setting, network=network, program=program, store=store)
        return publish(setting, office, specs, findings, Wanted(project / "build" / "site", True, scheduled=True))


BESIDES = ("overdue", "too-many-findings")
"""Errors that come beside the day's own: of a period that is over, and how many more files there are of one cause."""


@dataclass
class Life:
    """The course of the catalogue: its folder, and what was ever published."""

    folder: Path
    project: Path
    publishers: Publishers
    program: str = "0.1.0"
    seen: dict[str, bytes] = field(default_factory=dict)
    """Every file of every version, as first published."""
    failures: list[tuple[int, str, str, str]] = field(default_factory=list)
    """Day, dataset, code and file of each error."""
    moves: int = 0
    names: dict[str, str] = field(default_factory=lambda: {name: name for name in DATASETS})
    retired: set[str] = field(default_factory=set)

    def live(self, day: int) -> None:
        """Live one day, and compare what was told with what the day deserves."""
        self.publishers.today = day
        result = run_day(self.project, self.publishers.day, self.program)
        assert result.site in ("published", "unchanged"), result.findings
        wrong = {one.dataset for one in result.outcomes if any(f.severity == "error" for f in one.findings)}
        assert result.code == int(bool(wrong)), (day, result.code, wrong)
        due = {self.names[name] for name in DATASETS if self.is_due(name)}
        for outcome in result.outcomes:
            for finding in outcome.findings:
                if finding.severity == "error":
                    where = finding.place.file or finding.value
                    self.failures.append((day, outcome.dataset, finding.code, where))
        overdue = {name for when, name, code, _ in self.failures if when == day and code == "overdue"}
        assert wrong - overdue == due, (day, wrong, due, [f for o in result.outcomes for f in o.findings])
        for name in due:
            told = [one for one in self.failures if one[:2] == (day, name) and one[2] not in BESIDES]
            assert told and len(set(told)) == len(told), told
            trouble = self.find_trouble(name)
            before = {one[1:] for one in self.failures if trouble and trouble.first <= one[0] < day}
            assert not {one[1:] for one in told} & before, (told, before)
        self.remember()

    def is_due(self, name: str) -> bool:
        """Tell whether the day's answer is an error that was not told before: other bytes on the first day of it, or, where
        there is a file a day, those of each; no answer for a file that was never there, once."""
        one = self.find_trouble(name)
        if one is None or name in self.retired:
            return False
        today = self.publishers.today
        if name == "daily":
            lacking = [n for n in range(one.first - 1, today) if (START + timedelta(days=n)).weekday() < 5]
            return one.habit == "html" or lacking == [today - 1]
        return one.habit in ("html", "column") and one.first == today

    def find_trouble(self, name: str) -> Trouble | None:
        today = self.publishers.today
        return next((one for one in TROUBLES if one.dataset == name and one.first <= today <= one.last), None)

    def remember(self) -> None:
        """Compare the versions that were published before, and note new ones."""
        site = self.project / "build/site/datasets"
        now = {
            path.relative_to(site).as_posix(): path.read_bytes()
            for path in site.glob("*/20*/*")
            if path.is_file() and path.suffix != ".html"
        }
        for path, body in self.seen.items():
            assert now.get(path) == body, f"{path} is not as it was published"
        self.seen |= {path: body for path, body in now.items() if path not in self.seen}

    def rename(self, name: str, new: str) -> None:
        """Rename a dataset; its versions stay where they are."""
        assert main(["rename", self.names[name], new, "--project", str(self.project)]) == 0
        self.names[name] = new

    def retire(self, name: str) -> None:
        """Retire a dataset: nothing is asked of its publisher any more."""
        words = ("--reason", "終わったため", "--since", str(self.publishers.day), "--project", str(self.project))
        assert main(["retire", self.names[name], *words]) == 0
        self.retired.add(name)

    def upgrade(self) -> None:
        """Go on with a program that makes other bytes of the same inputs."""
        self.program = "0.2.0"
        bump_epoch(1)

    def move(self, how: Callable[[Path, Path], None]) -> None:
        """Go on in another folder."""
        self.moves += 1
        new = self.folder / f"place-{self.moves}"
        how(self.project, new)
        self.project = new


def back_up_and_restore(old: Path, new: Path) -> None:
    """Restore a backup into an empty folder, and lose the machine."""
    kept = old.parent / f"{new.name}.tar"
    assert main(["backup", str(kept), "--project", str(old)]) == 0
    new.mkdir()
    assert main(["restore", str(kept), "--project", str(new)]) == 0
    shutil.rmtree(old)


def hand_over(old: Path, new: Path) -> None:
    """Give a colleague the project as git has it, without its store, which the published site gives back."""
    copy_tree(old, new, ("datapackages", "build"))
    assert main(["restore", str(old / "build" / "site"), "--project", str(new)]) == 0
    shutil.rmtree(old)


def bump_epoch(by: int) -> None:
    """Change the epoch of the program in every module that has it."""
    new = nouns.EPOCH + by
    for name, module in list(sys.modules.items()):
        if name.startswith("entaku.") and hasattr(module, "EPOCH"):
            module.EPOCH = new  # type: ignore[attr-defined]


EVENTS: Mapping[int, Callable[[Life], object]] = {
    40: lambda life: life.move(lambda old, new: shutil.move(old, new)),
    60: lambda life: life.retire("ended"),
    80: lambda life: life.rename("named", "called"),
    100: lambda life: life.move(back_up_and_restore),
    120: lambda life: life.rename("stacked", "piled"),
    140: lambda life: life.move(hand_over),
    250: lambda life: life.upgrade(),
    270: lambda life: life.rename("named", "named-at-last"),
    320: lambda life: life.move(back_up_and_restore),
    350: lambda life: life.move(hand_over),
}


def live(days: int, folder: Path, events: Mapping[int, Callable[[Life], object]] = EVENTS, calm: int = 1) -> Life:
    """Live some days from the start, with the events of each; while nothing befalls, only every `calm` days."""
    odd = {day for one in TROUBLES if one.dataset != "ended" for day in range(one.first - 1, one.last + 2)}
    odd |= {day + n for day in events for n in (0, 1)} | {days - 1}
    publishers, epoch = Publishers(), nouns.EPOCH
    with serve(publishers) as address:
        life = Life(folder, make_city(folder / "place-0", address), publishers)
        try:
            for day in [day for day in range(days) if day in odd or day % calm == 0]:
                publishers.today = day
                if day in events:
                    events[day](life)
                life.live(day)
        finally:
            bump_epoch(epoch - nouns.EPOCH)
        check_end(life)
    return life


def check_end(life: Life) -> None:
    """Compare the site with what the good bytes make, and verify all of it."""
    site = life.project / "build" / "site"
    packages, findings = verify_folder(site, lambda *_: None)
    assert packages and not findings, findings
    day = life.publishers.day
    assert read_rows(site, life.names["weekly"]) == dict(rows_until(day, 7))
    for name in ("ended", "named"):
        assert read_rows(site, life.names[name]) == {START: 0}
    for old, new in life.names.items():
        assert (site / "datasets" / old / "index.html").is_file() and (site / "datasets" / new / "rows.csv").is_file()
    assert read_rows(site, life.names["stacked"]) == dict(rows_until(day, 30))
    past = [START + timedelta(days=n) for n in range(-4, life.publishers.today)]
    assert read_rows(site, life.names["daily"]) == {each: each.day for each in past if each.weekday() < 5}


def read_rows(site: Path, dataset: str) -> dict[date, int]:
    lines = (site / "datasets" / dataset / "rows.csv").read_text("utf-8").splitlines()[1:]
    return {date.fromisoformat(line.partition(",")[0]): int(line.partition(",")[2]) for line in lines}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--calm", type=int, default=1, metavar="N", help="run every N days while nothing befalls")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lived = live(options.days, Path(folder), calm=options.calm)
    print(f"{options.days} days, {len(lived.seen)} files of versions, {len(lived.failures)} errors told:")
    for each in lived.failures:
        print("  day {}: {} {} {}".format(*each))
    sys.exit(0)
