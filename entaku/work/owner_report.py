"""`entaku check --report DIR`: copies of the owner's workbooks with marked cells, and the findings as an HTML file."""

import argparse
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from entaku.formats.limits import LimitError
from entaku.formats.ods_marks import mark_ods
from entaku.formats.text import column_letters
from entaku.formats.xlsx_marks import CellMark, mark_cells
from entaku.formats.xlsx_sheet import column_index
from entaku.formats.zips import BrokenError, find_workbook
from entaku.model.messages import Alike, group_alike, say_next, say_place, say_what, show_value
from entaku.model.nouns import SEVERITIES, Finding, Lang, Place, Refused, Spec
from entaku.model.words import Text
from entaku.site import Design
from entaku.store import Store, disk
from entaku.work.render import split_templates
from entaku.work.shipped import COMPILED, read_templates
from entaku.work.speak import Speaker

REPORT = {"ja": "検査の結果.html", "en": "check.html"}
TEMPLATE = "owner-report.html"
MOST_PLACES = 200
"""Places listed of one cause; more are counted."""
MOST_MARKS = 5_000
"""Cells of a workbook that are marked."""
MOST_BYTES = 100 << 20
"""Size of a workbook beyond which no marked copy is made."""
_OLD = b"\xd0\xcf\x11\xe0"
"""How an .xls begins."""
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_AUTHOR = Text(ja="entaku の検査", en="entaku check")
_WHY: Mapping[str, Text] = {
    "format": Text(
        ja="色を付けた写しは Excel のブック（.xlsx、.xlsm）と .ods だけに作れます。場所は下の表で見てください。",
        en="Only workbooks (.xlsx, .xlsm, .ods) can be copied with colours. The places are listed below.",
    ),
    "old": Text(
        ja="古い形のブック（.xls、.xlsb）は、ほかを何も変えずに色を付けることができないので、写しを作りません。Excel で開き、"
        "「名前を付けて保存」で .xlsx にしたものを元のファイルにすると、次の検査から色の付いた写しができます。場所は下の表で見てください。",
        en="A workbook of an older form (.xls, .xlsb) can't be coloured without changing more of it, so there is no copy. "
        "Save it as .xlsx in Excel and use that as the source: the next check makes a coloured copy. The places are listed below.",
    ),
    "versions": Text(
        ja="同じ名前で違う内容のファイルがいくつもあるので、色を付けた写しは作りません。場所は下の表で見てください。",
        en="There are several files of this name with different contents, so no copy is coloured. The places are listed below.",
    ),
    "edit": Text(
        ja="このブックの書き方には色を付けられません。場所は下の表で見てください。",
        en="Colours can't be added to this workbook as it is written. The places are listed below.",
    ),
    "size": Text(
        ja="大きすぎるので、色を付けた写しは作りません。場所は下の表で見てください。",
        en="The workbook is too large for a coloured copy. The places are listed below.",
    ),
}


_MARKERS: Mapping[str, Callable[[bytes, Sequence[CellMark], str], bytes]] = {"xlsx": mark_cells, "ods": mark_ods}
"""What marks the cells of a workbook, by its format."""


@dataclass(frozen=True, slots=True)
class CheckedDataset:
    """The findings of one dataset, and the workbooks that were written with marks."""

    name: str
    title: str
    findings: tuple[Finding, ...]
    marked: tuple[tuple[str, str], ...] = ()
    """Of each marked workbook: the file that it is a copy of, and its name beside the report."""
    unmarked: tuple[tuple[str, str], ...] = ()
    """Of each other file with findings: its name, and why it has no marked copy."""


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """The place of a finding in its file, and the value there."""

    place: str
    value: str


@dataclass(frozen=True, slots=True)
class FoundCause:
    """Findings of one cause."""

    severity: str
    code: str
    what: str
    todo: str
    count: int
    file: str
    column: str
    places: tuple[FoundPlace, ...]
    untold: int
    """How many places aren't listed."""


class OwnerReport:
    """The report of one check, written as its datasets are checked.

    Raises Refused (folder-in-use) for a folder with other files than those of an earlier report.
    """

    def __init__(self, options: argparse.Namespace, lang: Lang) -> None:
        self.folder: Path = options.report
        self.project: Path = options.project
        self.lang = lang
        self.datasets: list[CheckedDataset] = []
        there = {path.name for path in self.folder.iterdir()} if self.folder.is_dir() else set()
        if self.folder.is_file() or (there and there.isdisjoint(REPORT.values())):
            raise Refused(Finding("folder-in-use", value=disk.show_path(self.folder)))

    def add(self, store: Store, spec: Spec, findings: Sequence[Finding]) -> None:
        """Write the marked workbooks of a dataset."""
        self.datasets.append(write_marked(self.folder, store, spec, findings, self.lang))

    def add_yaml(self, findings: Sequence[Finding]) -> None:
        """Tell what is wrong in the YAML files."""
        if findings:
            title = "YAML のファイル" if self.lang == "ja" else "YAML files"
            self.datasets.insert(0, CheckedDataset("pipelines/", title, tuple(findings)))

    def close(self, timezone: str, now: datetime, speak: Speaker) -> None:
        """Write the HTML file and say where it is."""
        texts, _ = split_templates(read_templates(self.project)[0])
        shown = [(dataset, show_causes(dataset.findings, self.lang)) for dataset in self.datasets]
        causes = [cause for _, found in shown for cause in found]
        values = {
            "datasets": shown,
            "counts": {kind: sum(one.count for one in causes if one.severity == kind) for kind in SEVERITIES},
            "when": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        html = Design(texts, {}, compiled=COMPILED).render_alone(TEMPLATE, timezone, self.lang, values)
        with disk.telling(self.folder):
            disk.write_whole(self.folder / REPORT[self.lang], html, self.folder / ".new", sync=False)
            disk.remove_folder(self.folder / ".new")
        for dataset in self.datasets:
            for _, copy in dataset.marked:
                path = self.folder / copy
                speak.note(f"色とコメントを付けた写し: {path}", f"Copy with colours and comments: {path}")
        path = self.folder / REPORT[self.lang]
        speak.note(
            f"検査の結果（ブラウザーで開き、メールで送れます）: {path}", f"Report, to open or to send by mail: {path}"
        )


def write_marked(folder: Path, store: Store, spec: Spec, findings: Sequence[Finding], lang: Lang) -> CheckedDataset:
    """Write a copy of each workbook with findings to `folder`/<dataset>/, and return what the report says of them.

    An earlier report's copies of this dataset are replaced.  The owner's own files are only read.
    """
    name = spec.pipeline.name
    copies: dict[str, bytes] = {}
    marked: list[tuple[str, str]] = []
    unmarked: list[tuple[str, str]] = []
    for file, mine in _group_files(findings).items():
        body, why = _read_file(store, name, file)
        if not why and body is not None:
            copy, why = _mark(body, mine, lang)
            if copy is not None:
                path = _name_copy(file, find_workbook(body), copies, lang)
                copies[path] = copy
                marked.append((file, f"{name}/{path}"))
        if why:
            unmarked.append((file, _WHY[why].get(lang)))
    disk.replace_files(folder / name, copies)
    return CheckedDataset(name, spec.pipeline.title.get(lang), tuple(findings), tuple(marked), tuple(unmarked))


def _group_files(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Group the findings that have a place in a raw file by that file."""
    files: dict[str, list[Finding]] = {}
    for finding in findings:
        place = finding.place
        if place.file and place.line is None and (place.cell or place.row) and finding.severity != "notice":
            files.setdefault(place.file, []).append(finding)
    return files


def _read_file(store: Store, dataset: str, file: str) -> tuple[bytes | None, str]:
    """Return the archived bytes of a file, or why they can't be marked; neither, if none were ever archived."""
    hashes = {entry.sha256: entry.bytes for entry in store.ledger(dataset) if entry.url == file and entry.sha256}
    if not hashes:
        return None, ""
    *former, last = hashes
    if hashes[last] > MOST_BYTES:
        return None, "size"
    try:
        body = store.raw(dataset, last)
    except Refused:
        return None, ""
    kind = find_workbook(body)
    if kind not in _MARKERS:
        return None, "old" if kind or body.startswith(_OLD) else "format"
    return (None, "versions") if former and "://" in file else (body, "")


def _mark(body: bytes, findings: Sequence[Finding], lang: Lang) -> tuple[bytes | None, str]:
    try:
        return _MARKERS[find_workbook(body)](
            body, tuple(_list_marks(findings, lang))[:MOST_MARKS], _AUTHOR.get(lang)
        ), ""
    except (BrokenError, LimitError):
        return None, "edit"


def _list_marks(findings: Sequence[Finding], lang: Lang) -> Iterator[CellMark]:
    """Yield a mark for each finding, errors first; a finding of a whole row is shown at its first cell."""
    for finding in sorted(findings, key=lambda one: one.severity != "error"):
        at = _locate(finding.place)
        if at is not None:
            text = f"{say_what(finding, lang)}\n→ {say_next(finding, lang)}"
            yield CellMark(finding.place.sheet, *at, "error" if finding.severity == "error" else "warning", text)


def _locate(place: Place) -> tuple[int, int] | None:
    found = _CELL.fullmatch(place.cell or (f"{column_letters(0)}{place.row}" if place.row else ""))
    return (int(found[2]), column_index(found[1]) + 1) if found else None


def _name_copy(file: str, kind: str, taken: Mapping[str, bytes], lang: Lang) -> str:
    """Name the marked copy of a file: the file's own name with a word that says what it is, never twice the same."""
    path = PurePosixPath(unquote(urlsplit(file).path) if "://" in file else file)
    stem = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", path.stem) or "file"
    suffix = path.suffix if path.suffix.lower() in (".xlsx", ".xlsm", ".ods") else f".{kind}"
    word = "-checked" if lang == "en" else "（検査済み）"
    names = (f"{stem}{word}{n if n > 1 else ''}{suffix}" for n in range(1, 10_000))
    return next(name for name in names if name not in taken)


# ---- the page ---------------------------------------------------------------------------------------------------


def show_causes(findings: Sequence[Finding], lang: Lang) -> tuple[FoundCause, ...]:
    """Group findings by cause, worst first."""
    causes = [_show_cause(alike, lang) for alike in group_alike(findings)]
    return tuple(sorted(causes, key=lambda one: (SEVERITIES.index(one.severity), -one.count)))


def _show_cause(alike: Alike, lang: Lang) -> FoundCause:
    first = alike.first
    every = (first, *alike.others)
    places = tuple(_show_place(one, first, lang) for one in every[:MOST_PLACES])
    return FoundCause(
        severity=first.severity,
        code=first.code,
        what=say_what(first, lang),
        todo=say_next(first, lang),
        count=alike.count,
        file=first.place.file,
        column=first.place.column,
        places=places if alike.count > 1 or places[0].place else (),
        untold=alike.count - len(places),
    )


def _show_place(finding: Finding, first: Finding, lang: Lang) -> FoundPlace:
    place = replace(finding.place, column="")
    if place.line is None and place.file == first.place.file:
        place = replace(place, file="")
    return FoundPlace(say_place(place, lang), show_value(finding.value))
