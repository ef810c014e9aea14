"""Find what a workbook gives away besides its tables, from its bytes alone and without repeating what leaked.

Which kinds are errors, warnings and notices, and why, is in `docs/leaks.md`.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from entaku.audit import carried, hidden
from entaku.audit.hidden import BookPlace
from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.ole import Ole, read_old_book
from entaku.formats.xlsx import XlsxBook
from entaku.formats.zips import BrokenError, decode_name, is_workbook, list_members, read_member
from entaku.model.messages import UNSEEN, list_unseen
from entaku.model.nouns import Finding, Place

OLE = b"\xd0\xcf\x11\xe0"
WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlt")
MAX_EACH = 20
"""Findings of one kind that are told one by one."""


def find_leaks(url: str, body: bytes, allow: Mapping[str, str]) -> tuple[Finding, ...]:
    """Find what a workbook, or the workbooks in a zip, hold beside their tables; nothing for other files.

    `allow`: reasons by kind (`hidden-sheet`) or by kind and place (`hidden-sheet/控え`); what they allow becomes one
    notice each, with the reason.
    """
    return tuple(_limit(_apply_allow(_examine(url, body), allow)))


def _examine(url: str, body: bytes) -> Iterator[Finding]:
    if body.startswith(OLE) or is_workbook(body):
        yield from examine_book(BookPlace(url), body)
    elif body.startswith(b"PK"):
        try:
            members = list_members(body)
        except (BrokenError, LimitError) as error:
            yield _not_examined(BookPlace(url), error)
            return
        left = limits.EXPANDED
        for member in members:
            name = decode_name(member)
            if not name.lower().endswith(WORKBOOKS) or name.startswith("__MACOSX/"):
                continue
            try:
                book = read_member(body, member, left)
            except (BrokenError, LimitError) as error:
                yield _not_examined(BookPlace(url, name), error)
                continue
            left -= len(book)
            if book.startswith(OLE) or is_workbook(book):
                yield from examine_book(BookPlace(url, name), book)


def examine_book(where: BookPlace, body: bytes) -> Iterator[Finding]:
    """Find what one workbook holds beside its tables; that it can't be examined is a finding, too."""
    try:
        if body.startswith(OLE):
            ole = Ole(body)
            old = read_old_book(ole)
            unseen = {sheet.name for sheet in old.sheets if sheet.hidden}
            found = chain(hidden.find_in_xls(old, where), carried.find_in_xls(ole, old, where))
        else:
            book = XlsxBook(body)
            unseen = {sheet.name for sheet in book.sheets if sheet.hidden}
            found = chain(hidden.find_in_xlsx(book, where), carried.find_in_xlsx(book, where))
        yield from (_mark_unseen(one, unseen) for one in found)
    except (BrokenError, LimitError) as error:
        yield _not_examined(where, error)


def _mark_unseen(finding: Finding, sheets: Container[str]) -> Finding:
    """Mark the name of a hidden sheet as one that readers of the site must not see."""
    if finding.code == "hidden-sheet" or finding.place.sheet.rpartition("/")[2] not in sheets:
        return finding
    return replace(finding, args={**finding.args, UNSEEN: "sheet"})


def _not_examined(where: BookPlace, error: Exception) -> Finding:
    return Finding("not-examined", "error", where.place(), args={"why": str(error)})


def _apply_allow(found: Iterable[Finding], allow: Mapping[str, str]) -> Iterator[Finding]:
    """Pass on the findings that nothing allows, then one notice for each reason that allowed some."""
    used: Counter[str] = Counter()
    first: dict[str, Finding] = {}
    for finding in found:
        sheet = finding.place.sheet.rpartition("/")[2]
        names = (f"{finding.code}/{sheet}", f"{finding.code}/{finding.value}", finding.code)
        key = next((name for name in names if name in allow), None)
        if key is None or finding.code == "not-examined":
            yield finding
        else:
            used[key] += 1
            first.setdefault(key, finding)
    for key, count in used.items():
        args = {"why": allow[key], "count": str(count)}
        args |= {UNSEEN: "sheet value"} if list_unseen(first[key]) else {}
        yield Finding("leak-allowed", "notice", first[key].place, key, args)


def _limit(found: Iterable[Finding]) -> Iterator[Finding]:
    """Pass on the first findings of each kind, then say how many more there are."""
    kept: dict[str, list[Finding]] = {}
    for finding in found:
        kept.setdefault(finding.code, []).append(finding)
    for same in kept.values():
        yield from same[:MAX_EACH]
        if len(same) > MAX_EACH:
            place = Place(same[0].place.file)
            args = {"count": str(len(same) - MAX_EACH), "of": same[-1].code}
            yield Finding("too-many-findings", same[-1].severity, place, args=args)
