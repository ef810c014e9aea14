"""A file → the draft of a pipeline YAML, for its owner to complete."""

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from entaku.audit import find_leaks, rulebook, rules
from entaku.fetch import folder as folders
from entaku.formats.dates import parse_date
from entaku.formats.limits import LimitError
from entaku.formats.packed import find_packing, unpack_file
from entaku.formats.text import is_padded, parse_number, to_half_width
from entaku.formats.times import parse_moment, parse_time
from entaku.formats.zips import BrokenError, find_workbook
from entaku.model.body import closing
from entaku.model.grammar import Header, Office, Read
from entaku.model.messages import say_place, say_what
from entaku.model.nouns import Answer, Ask, Finding, Place, Raw, Refused, Table
from entaku.model.source import Limit
from entaku.spec import DRAFT
from entaku.store import disk
from entaku.table import Notes, read, read_sheets
from entaku.work.load import read_specs
from entaku.work.open import open_network
from entaku.work.speak import Speaker, tell_rules

MAX_HEADER_ROW = 10
DASHES = "-－−―‐–—ー"
"""Characters that parse_number reads as "-"."""
MISSING = ("", *DASHES, "…", "・・・", "...", "***", "*", "x", "X", "χ", "ｘ", "Ｘ")
TOTALS = r"(小|合|総|総合)?\s*計"
NOTE = r"[（(]?注|※|資料|出典|備考[:：]"
_CLEAR = 0.9
"""The share of values that must be numbers or dates for a column to be typed as such."""


@dataclass(frozen=True)
class DraftColumn:
    """The inferred properties of a column."""

    label: str
    """Its heading in the file."""
    name: str
    """Its proposed name."""
    type: str
    parse: str
    """The step that parses its values, or ""."""
    missing: tuple[str, ...] = ()
    """Marks in it that mean "no value"."""
    totals: tuple[str, ...] = ()
    """Words in it that mark rows of totals."""


@dataclass(frozen=True)
class DraftLook:
    """The inferred layout of a file."""

    row: int
    rows: int = 1
    stop: str = ""
    encoding: str = ""
    """The likeliest, of a file that is neither UTF-8 nor Japanese."""

    def how(self) -> Read:
        return Read(header=Header(row=self.row, rows=self.rows), stop=self.stop or None, encoding=self.encoding or None)

    def write(self) -> str:
        header = str(self.row) if self.rows == 1 else f"{{row: {self.row}, rows: {self.rows}}}"
        parts = [f"header: {header}"] if (self.row, self.rows) != (1, 1) else []
        parts += [f"stop: {_quote(self.stop)}"] if self.stop else []
        parts += [f"encoding: {self.encoding}"] if self.encoding else []
        return f"    read: {{{', '.join(parts)}}}" if parts else ""


def look_at(project: Path, source: str, allow_hosts: Sequence[str]) -> Answer:
    """Fetch a URL, or read a file of the project."""
    if re.match(r"https?://", source):
        (answer,) = open_network(allow_hosts).ask_all([(Ask(source), "", "")], Limit())
        return answer
    path = Path(source).resolve()
    if path.is_relative_to(project.resolve()):
        source = path.relative_to(project.resolve()).as_posix()
    return folders.read_project_file(project, source, Limit())


def draft_pipeline(
    name: str, source: str, raw: Raw, body: bytes, office: Office | None
) -> tuple[str, tuple[Finding, ...]]:
    """Return the YAML text for a file, and the findings of reading it.

    `source`: the URL or project path it came from.  The header is taken to be the row of the first MAX_HEADER_ROW that
    gives the most headings and the fewest findings.  Values that `check` refuses until the owner has written them are
    marked DRAFT.
    """
    packing = find_packing(body)
    if packing:
        try:
            body = unpack_file(body, packing)
        except (LimitError, BrokenError) as error:
            args = {"format": packing, "why": str(error)}
            return "", (Finding("broken-file", "error", Place(file=raw.url), args=args),)
    row, tables, findings = _find_header(raw, body)
    if not tables:
        return "", findings
    guessed = next((finding.args["read"] for finding in findings if finding.code == "encoding-likely"), "")
    look = DraftLook(row, _count_header_rows(raw, body, row), "", guessed)
    look = replace(look, stop=_find_stop(read(raw, body, look.how())[0]))
    tables, findings = read(raw, body, look.how())
    columns = guess_columns(tables[0])
    leaks = find_leaks(raw.url, body, {})
    kept = tuple(finding for finding in (*findings, *leaks) if finding.severity == "error")
    return _write_yaml((name, source), look, columns, office, leaks), kept


def _count_header_rows(raw: Raw, body: bytes, row: int) -> int:
    """How many rows the header has: as far as the merged cells that begin in it go, and one more under wide ones."""
    sheets = read_sheets(body, Read(), Notes(raw.url)) if find_workbook(body) else []
    merged = [one for sheet in sheets[:1] for one in sheet.merged if one[0] == row]
    deep = max((bottom for _, _, bottom, _ in merged), default=row)
    return min((deep if deep > row or not merged else row + 1) - row + 1, 5)


def _find_stop(tables: Sequence[Table]) -> str:
    """Return a pattern of the first footnote if only single cells of text follow it; else ""."""
    if not tables:
        return ""
    rows = [[cell.strip() for cell in cells if cell.strip()] for cells in tables[0].frame.to_numpy().tolist()]
    for n, cells in enumerate(rows):
        note = re.match(NOTE, cells[0]) if cells else None
        if note is not None and all(len(below) <= 1 for below in rows[n:]):
            return "^" + re.escape(note[0])
    return ""


def _find_header(raw: Raw, body: bytes) -> tuple[int, tuple[Table, ...], tuple[Finding, ...]]:
    best: tuple[tuple[int, int, int], int, tuple[Table, ...], tuple[Finding, ...]] | None = None
    for row in range(1, MAX_HEADER_ROW + 1):
        tables, findings = read(raw, body, Read(header=Header(row=row)))
        if not tables or not len(tables[0].frame):
            if best is None and row == 1 and not tables:
                best = ((0, 0, 0), row, tables, findings)
            continue
        named = [str(name) for name in tables[0].frame.columns if not re.fullmatch(r"column_\d+", str(name))]
        headings = {re.sub(r"_\d+$", "", name) for name in named}  # a merged title is one, though over all columns
        numbers = sum(parse_number(str(heading)) is not None for heading in headings)
        errors = sum(finding.severity == "error" for finding in findings)
        score = (len(headings) - 2 * numbers, -errors, -row)
        if best is None or score > best[0]:
            best = (score, row, tables, findings)
    assert best is not None
    return best[1], best[2], best[3]


def guess_columns(table: Table) -> tuple[DraftColumn, ...]:
    """Infer the properties of each column of a table."""
    columns = []
    taken: set[str] = set()
    for n, label in enumerate(table.frame.columns, 1):
        values = [value.strip(" 　") for value in table.frame[label].tolist()]
        filled = [value for value in values if value not in MISSING]
        marks = dict.fromkeys("-" if value in DASHES else value for value in values if value and value in MISSING)
        totals = tuple(dict.fromkeys(value for value in filled if re.fullmatch(TOTALS, value)))
        kind, parse = _guess_type(str(label), filled)
        name = _propose_name(str(label), n)
        while name in taken:
            name += "_"
        taken.add(name)
        columns.append(DraftColumn(str(label), name, kind, parse, tuple(marks) if parse else (), totals))
    return tuple(columns)


NO_NAMES = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
"""Words that YAML reads as something other than text."""
CODES = re.compile(
    r"コード|番号|郵便|〒|法人|電話|ファクス|fax|code|zip|postal|phone|tel|jis|(^|[^a-z])id([^a-z]|$)|(^|[^a-z])no([^a-z]|$)"
)
"""Headings, as NFKC in lower case, of codes: written in digits, but not numbers."""
_LONGEST = 15
"""Digits that a float, and so Excel, holds exactly."""


def _guess_type(label: str, values: Sequence[str]) -> tuple[str, str]:
    """Infer a column's type and the step that its values need.  Codes stay text."""
    if not values or _are_codes(label, values):
        return "string", ""
    if all(re.fullmatch("[0-9]{8}", value) and parse_date(value) for value in values) and "日" in label:
        return "date", "parse_date"
    numbers = [number for value in values if (number := parse_number(value)) is not None]
    if len(numbers) >= _CLEAR * len(values):
        whole = all("." not in number for number in numbers)
        return ("integer" if whole else "number"), "parse_number"
    dates = sum(parse_date(value) is not None for value in values)
    if dates >= _CLEAR * len(values):
        return "date", "parse_date"
    if sum(parse_moment(value) is not None for value in values) >= _CLEAR * len(values):
        return "datetime", "parse_date"
    times = sum(parse_time(value) is not None and not value.isdigit() for value in values)
    return ("time", "parse_time") if times >= _CLEAR * len(values) else ("string", "")


def _are_codes(label: str, values: Sequence[str]) -> bool:
    """Test whether digits are codes: by leading zeros, heading, check digits, or more digits than a float holds."""
    if any(is_padded(value) for value in values):
        return True
    digits = [value for value in values if re.fullmatch("[0-9]+", value)]
    if any(len(value) > _LONGEST for value in digits):
        return True
    if CODES.search(to_half_width(label).lower()):
        return values != [str(n) for n in range(1, len(values) + 1)]  # rows that are counted
    alike = len(digits) == len(values)
    return alike and (all(map(_is_corporate_number, digits)) or all(map(_is_municipality, digits)))


def _is_corporate_number(digits: str) -> bool:
    """Test for 13 digits with the check digit in front (平成26年財務省令第70号, 別表)."""
    weighed = sum(int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(digits[1:])))
    return len(digits) == 13 and int(digits[0]) == 9 - weighed % 9


def _is_municipality(digits: str) -> bool:
    """Test for a six-digit code of a prefecture or municipality, check digit last (総務省, 全国地方公共団体コード)."""
    if len(digits) != 6 or not 1 <= int(digits[:2]) <= 47:
        return False
    weighed = sum(int(digit) * weight for digit, weight in zip(digits, (6, 5, 4, 3, 2), strict=False))
    return int(digits[5]) == (11 - weighed % 11) % 10


def _propose_name(label: str, n: int) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
    usable = re.fullmatch(r"[a-z_][a-z0-9_]*", name) and re.search(r"[a-z]", label.lower()) and name not in NO_NAMES
    return name if usable else f"c{n}"


def _write_yaml(
    named: tuple[str, str],
    look: DraftLook,
    columns: Sequence[DraftColumn],
    office: Office | None,
    leaks: Sequence[Finding],
) -> str:
    name, source = named
    publishers = list(office.publishers) if office else []
    licenses = list(office.licenses) if office else []
    place = f"url: {_quote(source)}" if re.match(r"https?://", source) else f"file: {_quote(source)}"
    hidden = [f"# 注意：{say_place(leak.place, 'ja')} {say_what(leak, 'ja')}" for leak in leaks]
    lines = [
        "# yaml-language-server: $schema=../docs/pipeline.schema.json",
        "# entaku new が作った下書きです。題名、説明、列の名前と意味を直してください。",
        f"# {DRAFT} のあるところと、# の付いた publisher と license は、書くまで entaku check が通しません。",
        *hidden,
        f"name: {name}",
        f"title: {{ja: {DRAFT}{name}, en: {DRAFT}{name}}}",
        f"description: {{ja: {DRAFT}何のデータか、誰が何のために作ったか。, en: {DRAFT}What it is and why it exists.}}",
        f"# publisher: {' / '.join(publishers)}",
        f"# license: {' / '.join(licenses)}",
        "frequency: irregular  # daily / weekly / monthly / quarterly / yearly / irregular",
        "resources:",
        "  - name: table",
        "    title: {ja: 表, en: Table}",
        f"    source: {{{place}}}",
        *filter(None, [look.write()]),
        "    tidy:",
        "      - drop_empty_columns",
        "      - trim: all",
        *_rename(columns),
        *_drop_totals(columns),
        *_parse(columns),
        "    schema:",
        "      fields:",
        *(f"        - {{name: {c.name}, type: {c.type}, title: {_quote(c.label)}}}" for c in columns),
        "    expect: {rows: {min: 1}}",
    ]
    return "\n".join(lines) + "\n"


def _drop_totals(columns: Sequence[DraftColumn]) -> list[str]:
    return [
        f"      - drop_rows: {{match: {{{column.name}: {_quote('^(' + '|'.join(column.totals) + ')$')}}}}} # 合計の行"
        for column in columns if column.totals
    ]  # fmt: skip


def _parse(columns: Sequence[DraftColumn]) -> list[str]:
    """Write the steps for numbers, then those for dates."""
    numbers = [column for column in columns if column.parse == "parse_number"]
    steps = []
    if numbers:
        names = ", ".join(column.name for column in numbers)
        marks = dict.fromkeys(mark for column in numbers for mark in column.missing)
        missing = f", missing: [{', '.join(map(_quote, marks))}]" if marks else ""
        steps.append(f"      - parse_number: {{columns: [{names}]{missing}}}")
    for column in columns:
        if column.parse in ("parse_date", "parse_time"):
            to = ", to: datetime" if column.type == "datetime" else ""
            missing = f", missing: [{', '.join(map(_quote, column.missing))}]" if column.missing else ""
            steps.append(f"      - {column.parse}: {{column: {column.name}{to}{missing}}}")
    return steps


def _rename(columns: Sequence[DraftColumn]) -> list[str]:
    renamed = [column for column in columns if column.label != column.name]
    return ["      - rename:", *(f"          {_quote(c.label)}: {c.name}" for c in renamed)] if renamed else []


def _quote(text: str) -> str:
    """Quote text so that YAML reads it as that text."""
    return json.dumps(text, ensure_ascii=False)


def run_new(options: argparse.Namespace, speak: Speaker) -> int:
    """Write `pipelines/<name>.yaml` drafted from a file; never overwrite an existing one."""
    office, _, _ = read_specs(options.project)
    name = options.name or re.sub(r"[^a-z0-9]+", "-", Path(options.source).stem.lower()).strip("-")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise Refused(Finding("bad-pattern", value=name, args={"allowed": "--name my-dataset"}))
    answer = look_at(options.project, options.source, office.allow_hosts if office else ())
    if answer.finding is not None or answer.body is None:
        raise Refused(answer.finding or Finding("no-file", value=options.source))
    with closing([answer.body]):
        body, sha256 = answer.body.read(), answer.body.sha256
    raw = Raw(answer.url, {}, answer.served, "", sha256, len(body))
    text, findings = draft_pipeline(name, answer.url, raw, body, office)
    for finding in findings:
        speak.finding(finding)
    if not text:
        return 1
    disk.write_project(options.project, f"pipelines/{name}.yaml", text.encode())
    made = rules.judge(answer.url, body)
    file = rulebook.JudgedFile(answer.url, raw.sha256, (), made.rulings, made.rows, made.whole)
    tell_rules(rulebook.Judged((file,)), "", False, speak)
    speak.note(
        f"pipelines/{name}.yaml を作りました。題名・説明・列の名前を直し、entaku check {name} で確かめてください。",
        f"Wrote pipelines/{name}.yaml. Correct titles, descriptions and names, then try entaku check {name}.",
    )
    return 0
