"""Small projects on disk for tests: a catalogue.yaml, one pipeline, samples or mirrors, and a network that is off."""

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pyarrow as pa

from entaku.check import Candidate
from entaku.fetch.network import Network
from entaku.model.grammar import Resource
from entaku.model.nouns import Place, Raw
from entaku.release.write import TableFiles
from entaku.store.cache import Cache
from entaku.store.desk import DiskSpill
from entaku.store.store import Store
from entaku.work.load import read_specs
from entaku.work.outcome import Result, Wanted
from entaku.work.publish import publish
from entaku.work.setting import Setting

ROOT = Path(__file__).parents[1]
URL = "https://office.example.org/lifts.csv"

# Keys that `minisign -G -W` made for these tests alone.
SECRET = (
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAKJhmSNLxVLRF802BK31CfEtUPbb/rWWzRAdXowKQ"
    "h7MzGdV5I22zco701IWQtKt/qYZU9dWeLnSa3kO9M78umGXBTLu9YNQtAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)
PUBLIC = "RWQomGZI0vFUtI701IWQtKt/qYZU9dWeLnSa3kO9M78umGXBTLu9YNQt"
NEXT_SECRET = (
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAu1xB7iBjDzOGqotAZIw5DyhYx+hsjYyFSs/PnIe2"
    "7FUkszRE4X52n+rla9RaCXAJCUslEsQ92m4KZlyCRu5r/ho8JHiHCwflAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)
NEXT_PUBLIC = "RWS7XEHuIGMPM+rla9RaCXAJCUslEsQ92m4KZlyCRu5r/ho8JHiHCwfl"

CATALOGUE = """\
title: {ja: 見本の目録, en: A sample catalogue}
description: {ja: 試験用, en: For tests}
base_url: https://data.example.org/
publishers: {office: {title: {ja: 見本局, en: Sample Office}, url: "https://office.example.org/"}}
licenses: {CC-BY-4.0: {title: CC BY 4.0, url: "https://creativecommons.org/licenses/by/4.0/"}}
themes: {transport: {title: {ja: 交通, en: Transport}}}
"""

LIFTS = """\
name: lifts
title: {ja: 昇降機の点検, en: Lift inspections}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
requests: [lifts]
resources:
  - name: schedule
    title: {ja: 日程, en: Schedule}
    source: {url: "https://office.example.org/lifts.csv", overwritten: true}
    tidy:
      - rename: {番号: id, 点検日: day}
      - parse_date: {column: day}
      - deduplicate: {by: [id, day], keep: last}
      - sort: [day, id]
    schema:
      primaryKey: [id, day]
      fields:
        - {name: id, title: {ja: 番号, en: Number}, constraints: {required: true}}
        - {name: day, type: date, title: {ja: 点検日, en: Day}}
    expect: {rows: {min: 1}}
"""


def make_project(folder: Path, **pipelines: str) -> Path:
    """A project of `pipelines` (name=YAML; `lifts` if none are given); the templates are the shipped ones."""
    (folder / "pipelines").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    (folder / "requests.csv").write_text("id\nlifts\n", "utf-8")
    for name, text in (pipelines or {"lifts": LIFTS}).items():
        (folder / "pipelines" / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def copy_template(project: Path, path: str) -> Path:
    """Copy a shipped template or asset into a project that has none, where it may be changed."""
    own = project / "site_templates" / path
    if not own.exists():
        own.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "site_templates" / path, own)
    return own


def put(folder: Path, body: str | bytes, url: str = URL, day: str = "") -> Path:
    """Lay a file into a mirror or sample folder, under `day` if one is given."""
    path = folder / day / url.removeprefix("https://").removeprefix("http://")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return path


def put_sample(project: Path, body: str | bytes, url: str = URL, day: str = "2026-06-29") -> Path:
    """Lay a sample."""
    return put(project / "pipelines" / "samples", body, url, day)


def lifts(*rows: str) -> str:
    """The publisher's CSV."""
    return "番号,点検日\r\n" + "".join(f"{row}\r\n" for row in rows)


class MemoryDesk:
    """What a build writes, kept in memory."""

    def __init__(self) -> None:
        self.files: dict[str, BytesIO] = {}

    def open(self, path: str) -> BytesIO:
        self.files[path] = BytesIO()
        return self.files[path]

    def read(self, path: str) -> bytes:
        return self.files[path].getvalue()

    def close(self, path: str) -> None:
        """Nothing is open."""

    def make_spill(self) -> DiskSpill:
        return DiskSpill()


def make_candidate(
    resource: Resource, frame: "pd.DataFrame", locate: Callable[[int, str], Place], raws: tuple[Raw, ...] = (),
    desk: MemoryDesk | None = None, batch: int = 65_536,
) -> Candidate:  # fmt: skip
    """A table to be checked; its index labels are what `locate` takes."""
    names = list(map(str, frame.columns))
    table = pa.table([pa.array(frame[name].tolist(), pa.string()) for name in frame.columns], names=names)
    return Candidate(
        resource, tuple(names), table.to_batches(max_chunksize=batch),
        TableFiles(resource, {}, desk or MemoryDesk()), lambda row, column: locate(int(frame.index[row]), column), raws,
    )  # fmt: skip


def make_setting(project: Path, mirror: Path | None = None, now: str = "2026-11-23T03:00:00") -> Setting:
    """A run at a given time without a network."""
    return Setting(
        project=project,
        store=Store(project / "datapackages"),
        cache=Cache(project / "build" / "cache"),
        network=Network(knock=lambda host, port, seconds: "no network in tests"),
        now=datetime.fromisoformat(now).replace(tzinfo=UTC),
        program="0.0.0",
        progress=lambda what, done, total: None,
        mirror=mirror,
    )


def run(
    project: Path, mirror: Path | None = None, now: str = "2026-11-23T03:00:00", engine: str = "columns", *, site: bool = True
) -> Result:  # fmt: skip
    """`entaku publish` in `project`; without `site` only the releases are made: two thirds of the time are the site's."""
    office, specs, findings = read_specs(project)
    assert office is not None, findings
    setting = replace(make_setting(project, mirror, now), engine=engine)  # type: ignore[arg-type]
    wanted = Wanted(project / "build" / "site", allow_samples=True)
    if site:
        return publish(setting, office, specs, findings, wanted)
    with patch("entaku.work.publish.publish_catalogue", return_value=("unchanged", 0, ())):
        return publish(setting, office, specs, findings, wanted)


def read_csv(project: Path, table: str = "schedule", dataset: str = "lifts") -> list[str]:
    """The lines of a published CSV, without its header."""
    path = project / "build" / "site" / "datasets" / dataset / f"{table}.csv"
    return path.read_text("utf-8").splitlines()[1:]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` by its relative path, but the record of the last run, which changes with each."""
    return {path: Path(folder, path).read_bytes() for path in list_below(folder) if not path.endswith("last-run.json")}


def list_below(folder: Path | str, prefix: str = "") -> Iterator[str]:
    """Yield the relative path of every file below `folder`, in order.  pathlib takes three times as long."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from list_below(entry.path, f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield prefix + entry.name


def copy_tree(folder: Path, to: Path, without: Collection[str] = ()) -> Path:
    """Copy a folder with its links and the times of its files, but for entries named in `without`, into a new one.

    For thousands of small files: shutil.copytree() takes twice as long.
    """
    to.mkdir(parents=True)
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name in without:
                continue
            place = to / entry.name
            if entry.is_symlink():
                place.symlink_to(os.readlink(entry.path))
            elif entry.is_dir():
                copy_tree(Path(entry.path), place, without)
            else:
                copy_file(entry, place)
    return to


def copy_file(entry: "os.DirEntry[str]", to: Path) -> None:
    state = entry.stat()
    with open(entry.path, "rb", buffering=0) as file:
        body = file.read()
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, state.st_mode & 0o777)
    with open(handle, "wb", buffering=0) as file:
        file.write(body)
        os.utime(handle, ns=(state.st_atime_ns, state.st_mtime_ns))


def read_manifest(site: Path, name: str) -> Any:
    """Return the manifest.json of a dataset's current version on a site, in its newest revision."""
    told = json.loads((site / f"datasets/{name}/datapackage.json").read_bytes())
    revision = f".r{told['revision']}" if "revision" in told else ""
    return json.loads((site / f"datasets/{name}/{told['version']}/manifest{revision}.json").read_bytes())
