"""The rows of the datasets `requests` and `showcases` → Request and Showcase values, and findings.  Pure.

Both are ordinary datasets: a pipeline reads the CSV that officials edit at the project's root, and only checked and
released rows are read here.  This module checks what a schema can't (a dataset exists, a refusal has a reason); as
the rows are valid by their schema, these findings are warnings.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from entaku.formats.text import decode
from entaku.model.hints import hint
from entaku.model.ledgers import STATUSES, Request, Showcase
from entaku.model.nouns import Finding, Place
from entaku.model.words import Text

ID = re.compile(r"[a-z0-9-]*[a-z][a-z0-9-]*")
"""Pattern of ids, which become part of a path; with a letter, as Excel reads 2021-02-1 as a date."""
TAKEN = frozenset({"page", *(status.replace("_", "-") for status in STATUSES)})
"""Names below /requests/ that are lists."""
MAX_ID = 80
_MORE = re.compile(r"[\s;；,、]+")
_Row = TypeVar("_Row", Request, Showcase)


@dataclass(frozen=True)
class LedgerSheet:
    """A released ledger, and the rows of its entries in the file that officials edit."""

    file: str
    rows: tuple[Mapping[str, str], ...]
    lines: Mapping[str, int]
    """The row of each id, if known."""


def read_sheet(published: bytes, file: str, raw: bytes) -> LedgerSheet:
    """Read the rows of a published CSV.  `raw` is its source: `file`, a CSV of any encoding or another format."""
    with io.StringIO(published.decode("utf-8"), newline="") as stream:
        return LedgerSheet(file, tuple(csv.DictReader(stream)), list_ids(raw))


def list_ids(raw: bytes) -> dict[str, int]:
    """Return the ids of a ledger's source CSV, each with its row; empty for other formats."""
    found: dict[str, int] = {}
    with io.StringIO(decode(raw, None).text, newline="") as stream:
        reader, column, line = csv.reader(stream), None, 1
        try:
            for cells in reader:
                names = [cell.strip() for cell in cells]
                if column is None:
                    column = names.index("id") if "id" in names else None
                elif column < len(names) and names[column]:
                    found.setdefault(names[column], line)
                line = reader.line_num + 1
        except csv.Error:
            pass
    return found


# ---- rows -------------------------------------------------------------------------------------------------------


def read_requests(sheet: LedgerSheet) -> tuple[tuple[Request, ...], tuple[Finding, ...]]:
    """Return every request, newest first, and the findings about them."""
    made, findings = _read(sheet, ("id", "asked", "title_ja"), _make_request)
    for request in made:
        if request.status == "declined" and not (request.reply.ja or request.reply.en):
            findings.append(Finding("ledger-reply", "warning", _place(sheet, request.id, "reply_ja"), request.id))
    return tuple(sorted(made, key=lambda request: (request.asked, request.id), reverse=True)), tuple(findings)


def read_showcases(sheet: LedgerSheet, pictures: Collection[str]) -> tuple[tuple[Showcase, ...], tuple[Finding, ...]]:
    """Return every showcase, newest first, and the findings about them.  `pictures`: the existing picture files."""
    made, findings = _read(sheet, ("id", "title_ja"), _make_showcase)
    for n, showcase in enumerate(made):
        if showcase.picture and showcase.picture not in pictures:
            words = {
                "allowed_ja": "site_templates/assets/ のファイル",
                "allowed_en": "a file of site_templates/assets/",
            }
            findings.append(_cell(sheet, showcase.id, "picture", showcase.picture, words))
            made[n] = replace(showcase, picture="")
    return tuple(sorted(made, key=lambda each: (each.since or date.min, each.id), reverse=True)), tuple(findings)


def _read(
    sheet: LedgerSheet, needed: Iterable[str], make: Callable[[Mapping[str, str]], _Row]
) -> tuple[list[_Row], list[Finding]]:
    lacking = [name for name in needed if sheet.rows and name not in sheet.rows[0]]
    if lacking:
        return [], [Finding("ledger-columns", "warning", Place(file=sheet.file), ", ".join(lacking))]
    made: dict[str, _Row] = {}
    findings: list[Finding] = []
    for row in sheet.rows:
        wrong = list(_find_wrong(sheet, row, made))
        findings += wrong
        if not wrong:
            made[row["id"]] = make(row)
    return list(made.values()), findings


def _find_wrong(sheet: LedgerSheet, row: Mapping[str, str], before: Collection[str]) -> Iterator[Finding]:
    """Yield the cells that keep a row from being shown; the pipeline's schema excludes them unless it was changed."""
    name = row["id"]
    if not ID.fullmatch(name) or len(name) > MAX_ID or name in TAKEN or name in before:
        yield _cell(sheet, name, "id", name, _WORDS["id"])
    for column in ("asked", "answered", "since"):
        text = row.get(column, "")
        if (text or (column == "asked" and "asked" in row)) and _day(text) is None:
            yield _cell(sheet, name, column, text, _WORDS["day"])
    if row.get("status", "") not in ("", *STATUSES):
        yield _cell(sheet, name, "status", row["status"], _WORDS["status"])
    if row.get("url") and not re.fullmatch(r"https?://\S+", row["url"]):
        yield _cell(sheet, name, "url", row["url"], _WORDS["url"])


_WORDS = {
    "id": {
        "allowed_ja": "ほかの行にない、半角の英小文字・数字・ハイフン（英字を一つは入れる。状態の名前は除く）",
        "allowed_en": "lower-case letters, digits and hyphens, at least one letter, of no other row and not a status",
    },
    "day": {"allowed_ja": "日付（2026-11-23）", "allowed_en": "a day (2026-11-23)"},
    "status": {
        "allowed_ja": "空か、次のどれか（" + ", ".join(STATUSES) + "）",
        "allowed_en": ", ".join(STATUSES) + ", or nothing",
    },
    "url": {"allowed_ja": "https:// で始まるアドレス", "allowed_en": "an address that begins with https://"},
}


def _make_request(row: Mapping[str, str]) -> Request:
    asked = _day(row["asked"])
    assert asked is not None
    return Request(
        id=row["id"],
        asked=asked,
        title=_text(row, "title"),
        by=_text(row, "by"),
        why=_text(row, "why"),
        status=next((status for status in STATUSES if status == row.get("status")), None),
        answered=_day(row.get("answered", "")),
        reply=_text(row, "reply"),
        datasets=_split(row.get("datasets", "")),
    )


def _make_showcase(row: Mapping[str, str]) -> Showcase:
    return Showcase(
        id=row["id"],
        title=_text(row, "title"),
        about=_text(row, "about"),
        by=_text(row, "by"),
        url=row.get("url", ""),
        picture=row.get("picture", ""),
        since=_day(row.get("since", "")),
        datasets=_split(row.get("datasets", "")),
    )


def _text(row: Mapping[str, str], name: str) -> Text:
    return Text(ja=row.get(f"{name}_ja", ""), en=row.get(f"{name}_en", ""))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _split(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, _MORE.split(text))))


def _place(sheet: LedgerSheet, name: str, column: str) -> Place:
    return Place(file=sheet.file, row=sheet.lines.get(name), column=column)


def _cell(sheet: LedgerSheet, name: str, column: str, value: str, words: Mapping[str, str]) -> Finding:
    return Finding("ledger-cell", "warning", _place(sheet, name, column), value, {"column": column, **words})


# ---- another name ---------------------------------------------------------------------------------------------------


def rename_dataset(body: bytes, old: str, new: str) -> bytes | None:
    """Return a ledger's CSV with a dataset's new name in its column `datasets`, every other byte as it was; None if it
    can't be written back in its encoding."""
    found = decode(body, None)
    text, made, last, column = found.text, list[str](), 0, None
    word = re.compile(rf"(?<![^\s;；,、\"]){re.escape(old)}(?![^\s;；,、\"])")
    for row in _list_spans(text):
        names = [text[start:end].strip(' "') for start, end in row]
        if column is None:
            column = names.index("datasets") if "datasets" in names else None
        elif column < len(row):
            start, end = row[column]
            made += [text[last:start], word.sub(new, text[start:end])]
            last = end
    changed = "".join([*made, text[last:]])
    try:
        plain, whole = text.encode(found.encoding), changed.encode(found.encoding)
    except (UnicodeEncodeError, LookupError):
        return None
    head = body.removesuffix(plain)
    return head + whole if head in (b"", *_MARKS) and body == head + plain else None


_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _list_spans(text: str) -> Iterator[list[tuple[int, int]]]:
    """Yield the first and last place of every cell of a CSV, row by row."""
    row, start, quoted = list[tuple[int, int]](), 0, False
    for n, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif not quoted and sign in ",\r\n":
            row.append((start, n))
            start = n + 1
            if sign != ",":
                yield row
                row = []
    yield [*row, (start, len(text))]


# ---- references -------------------------------------------------------------------------------------------------


def find_strangers(
    sheet: LedgerSheet, rows: Iterable[Request | Showcase], known: Collection[str]
) -> tuple[Finding, ...]:
    """Return a finding for each dataset that a row names but that doesn't exist."""
    return tuple(
        Finding("ledger-dataset", "warning", _place(sheet, row.id, "datasets"), name, hint(name, sorted(known)))
        for row in rows
        for name in row.datasets
        if name not in known
    )
