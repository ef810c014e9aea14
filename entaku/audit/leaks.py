"""Find what a workbook gives away besides its tables, from its bytes alone and without repeating what leaked.

Which kinds are errors, warnings and notices, and why, is in `docs/leaks.md`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from entaku.audit import carried, hidden
from entaku.audit.hidden import BookPlace
from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.ole import Ole, read_old_book
from entaku.formats.xlsx import XlsxBook
from entaku.formats.zips import BrokenError, decode_name, is_workbook, list_members, read_member
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
        yield from _examine_book(BookPlace(url), body)
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
                yield from _examine_book(BookPlace(url, name), book)


def _examine_book(where: BookPlace, body: bytes) -> Iterator[Finding]:
    try:
        if body.startswith(OLE):
            ole = Ole(body)
            old = read_old_book(ole)
            yield from hidden.find_in_xls(old, where)
            yield from carried.find_in_xls(ole, old, where)
        else:
            book = XlsxBook(body)
            yield from hidden.find_in_xlsx(book, where)
            yield from carried.find_in_xlsx(book, where)
    except (BrokenError, LimitError) as error:
        yield _not_examined(where, error)


def _not_examined(where: BookPlace, error: Exception) -> Finding:
    return Finding("not-examined", "error", where.place(), args={"why": str(error)})


def _apply_allow(found: Iterable[Finding], allow: Mapping[str, str]) -> Iterator[Finding]:
    """Pass on the findings that nothing allows, then one notice for each reason that allowed some."""
    used: Counter[str] = Counter()
    places: dict[str, Place] = {}
    for finding in found:
        sheet = finding.place.sheet.rpartition("/")[2]
        names = (f"{finding.code}/{sheet}", f"{finding.code}/{finding.value}", finding.code)
        key = next((name for name in names if name in allow), None)
        if key is None or finding.code == "not-examined":
            yield finding
        else:
            used[key] += 1
            places.setdefault(key, finding.place)
    for key, count in used.items():
        yield Finding("leak-allowed", "notice", places[key], key, {"why": allow[key], "count": str(count)})


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
