"""Members of a zip, in memory: names in Japanese, limits against bombs, nothing extracted to disk."""

import re
import zipfile

from entaku import limits
from entaku.grammar import Read
from entaku.limits import LimitError
from entaku.messages import hint
from entaku.read_rows import Notes
from entaku.unpack import BrokenError, decode_name, find_danger, list_members, read_member

READABLE = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls")


def read_members(body: bytes, how: Read, notes: Notes) -> list[tuple[str, bytes]]:
    """Name and bytes of the members that `how.member` matches, or of the only readable one; in the zip's order."""
    try:
        chosen = _choose_members(list_members(body), how, notes)
        left = limits.EXPANDED
        bodies = []
        for name, member in chosen:
            if why := find_danger(name, member):
                notes.add("unsafe-member", value=name, why=why)
                continue
            bodies.append((name, read_member(body, member, left)))
            left -= len(bodies[-1][1])
        return bodies
    except LimitError as error:
        notes.limit(error.what, error.limit)
    except BrokenError as error:
        notes.add("broken-file", format="zip", why=str(error))
    return []


def _choose_members(every: list[zipfile.ZipInfo], how: Read, notes: Notes) -> list[tuple[str, zipfile.ZipInfo]]:
    named = [(decode_name(member), member) for member in every]
    named = [(name, member) for name, member in named if not name.startswith("__MACOSX/")]
    names = [name for name, _ in named]
    if how.member is not None:
        chosen = [(name, member) for name, member in named if re.search(how.member, name)]
    else:
        chosen = [(name, member) for name, member in named if name.lower().endswith(READABLE)]
        if len(chosen) > 1:
            notes.add("which-member", hints=hint("", names))
            return []
    if not chosen:
        notes.add("no-member", value=how.member or "|".join(READABLE), hints=hint(how.member or "", names))
    return chosen
