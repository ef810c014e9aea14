"""Files that a site has from the store: those that stay from a former site, are linked, or are copied."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BufferedReader, BytesIO
from pathlib import Path

from entaku.formats.formulas import guard_formulas
from entaku.model.nouns import Finding, Place, Refused
from entaku.store.cache import FileHead
from entaku.store.disk import DayShare, copy_pieces, hash_file, say_why, show_path
from entaku.store.filling import FILE, Filling, name_shared


@dataclass(frozen=True, slots=True)
class Headed:
    """A copy of a file with a few bytes prepended, and of a CSV with apostrophes before formulas."""

    head: bytes
    path: Path | str
    formulas: int = 0
    """How many there are."""
    tail: int = 0
    """Bytes at the end of the file that are left out."""
    stat: os.stat_result | None = field(default=None, compare=False)
    """The file's state, if it was read just before."""


class BadCopies(Refused):
    """Raised for files to copy that can't be read or aren't what they should be; `place` is the path in the site."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings[0])
        self.findings = findings


def copy_all(
    sources: Mapping[str, tuple[Headed, os.stat_result]],
    filling: Filling,
    destination: Path,
    sums: Mapping[str, str],
    share: DayShare,
) -> None:
    """Leave, link or copy every file: one that is as it was stays, one that the previous site has is linked to that,
    one that is in the new site twice to the first.  Those of the `share` are read before they stay or are linked."""
    again = set(share.afford((path, sources[path][1].st_size) for path in share.choose(tuple(sources))))
    made: dict[object, str] = {}
    bad: list[Finding] = []
    linked, copied = list[tuple[str, object, int, str]](), list[tuple[str, object, str]]()
    for path, (copy, stat) in sources.items():
        wanted = sums.get(path, "")
        size = len(copy.head) + stat.st_size + copy.formulas - copy.tail
        checked, same = wanted if path in again else "", name_shared(copy.path, stat, wanted) or (copy, wanted)
        if filling.keeps(path, wanted, size, stat.st_mtime_ns):
            if not checked or hash_file(Path(filling.root, path)) == checked:
                made.setdefault(same, f"{filling.root}/{path}")
                continue
            filling.drop(path)
        linked.append((path, same, size, checked))
    for path, same, size, checked in linked:  # once it is known which stay, wherever they are in the order
        target = filling.place(path)
        if _link_twin(made.get(same), target):
            continue
        if _link(sources[path][1], size, f"{destination}/{path}", target, checked):
            made[same] = target
        else:
            copied.append((path, same, target))
    for path, same, target in copied:
        try:
            if not _link_twin(made.get(same), target):
                bad += _copy(sources[path][0], Path(target), path, sums.get(path, ""))
                made[same] = target
        except Refused as refused:
            bad.append(refused.finding)
    if bad:
        raise BadCopies(tuple(bad))


def _link_twin(made: str | None, target: str) -> bool:
    """Hard-link the same copy at another path of the new site, if there is one; return False where that fails."""
    if made is None:
        return False
    try:
        os.link(made, target)
    except OSError:  # a disk without links
        return False
    return True


def _link(stat: os.stat_result, size: int, before: str, target: str, wanted: str) -> bool:
    """Hard-link a file to the same copy in the previous site, if there is one (as rsync --link-dest does) and if its
    SHA-256 is `wanted`.  `stat` and `size`: of the store's file and of its copy.

    The store's own file is never linked: an edited page must not change a release.
    """
    try:
        have = os.lstat(before)
        if (have.st_size, have.st_mtime_ns) != (size, stat.st_mtime_ns) or have.st_ino == stat.st_ino:
            return False
        if have.st_mode & 0o777 != FILE or (wanted and hash_file(Path(before)) != wanted):
            return False
        os.link(before, target)
    except OSError:
        return False  # not there, or a disk without links
    return True


def _copy(copy: Headed, target: Path, path: str, wanted: str) -> Iterator[Finding]:
    """Copy a file; yield a finding if it can't be read or hasn't the SHA-256 that is `wanted`."""
    source, place = Path(copy.path), Place(path)
    with target.open("wb") as made:
        try:
            stat, whole = source.stat(), source.open("rb")
        except OSError as error:
            raise _break(source, place, say_why(error)) from error
        with whole:
            try:
                pieces = BytesIO(guard_formulas(whole.read())[0]) if copy.formulas else whole
                if copy.tail:
                    pieces = BufferedReader(FileHead(whole, stat.st_size - copy.tail))
            except OSError as error:
                raise _break(source, place, say_why(error)) from error
            try:
                found, _ = copy_pieces(pieces, made, Finding("store-broken"), copy.head)
            except Refused as refused:
                raise _break(source, place, refused.finding.args["why"]) from refused
    if wanted and found != wanted:
        yield Finding("checksum", "error", place, show_path(source))
    os.utime(target, ns=(stat.st_mtime_ns, stat.st_mtime_ns))


def _break(source: Path, place: Place, why: str) -> Refused:
    """Return the refusal of a file of the store that can't be read; what it shows of the path takes ten looks at the
    disk."""
    return Refused(Finding("store-broken", place=place, value=show_path(source), args={"why": why}))
