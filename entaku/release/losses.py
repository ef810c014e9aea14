"""Release × the next one → what that would lose against the current release: rows, orders of size, the ends of files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from entaku.model.nouns import Checked, Finding, Place, Raw, Severity, Spec
from entaku.model.profile import Profile
from entaku.release import making

KEEP = 0.5
"""The share of the current release's rows that a table keeps unless `expect.rows.keep` says otherwise."""
SHIFT = 100
"""How many times as large or small a column's median becomes before it is reported."""
MAX_PEERS = 20
"""Number of files that a file of a new URL is compared with."""
MIN_SHIFTED = 5
"""Rows from which a median says something."""


@dataclass(frozen=True)
class Former:
    """What the current release tells of its tables, to compare the next one with."""

    spec: str = ""
    """The digest of its spec."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """By table."""
    raws: Mapping[str, Sequence[Raw]] = field(default_factory=dict)
    """By table, oldest first."""
    profiles: Mapping[str, Sequence[Profile]] = field(default_factory=dict)
    """By table, the statistics of its columns; none for old releases."""


def mark_raws(raws: Iterable[Raw]) -> str:
    """Return the mark by which `expect.accept` names source files."""
    return making.mark_files(raw.sha256 for raw in raws)


_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"BZh", b"%PDF", b"{", b"[", b"<")
"""The beginnings of files that tell by themselves whether they are whole."""


Opener = Callable[[str], BinaryIO]
"""Opens archived bytes by their SHA-256."""


def set_cut_aside(
    spec: Spec, raws: Mapping[str, Sequence[Raw]], former: Mapping[str, Sequence[Raw]], open_: Opener
) -> tuple[dict[str, tuple[Raw, ...]], list[Finding]]:
    """Find new text files whose last line has no end though the file before had one: the same URL's, or, of a new URL,
    all files of the current release (`former`).

    Such a file is an error (in a file of the project, a warning) while it is its URL's newest version; otherwise it is
    left out of the result with a warning.
    """
    accepted = {mark for resource in spec.pipeline.resources for mark in resource.expect.accept}
    whole: dict[str, tuple[Raw, ...]] = {}
    findings: list[Finding] = []
    for table, files in raws.items():
        before = former.get(table, ())
        known = {raw.sha256 for raw in before}
        last = {(raw.url, raw.served == "sample"): raw for raw in before}
        newest = {raw.url: raw.sha256 for raw in files}
        kept: list[Raw] = []
        for raw in files:
            if raw.sha256 in known:
                kept.append(raw)
                continue
            sample = raw.served == "sample"
            others = [old for old in before if (old.served == "sample") == sample][-MAX_PEERS:]
            peers = [last[raw.url, sample]] if (raw.url, sample) in last else others
            if mark_raws([raw]) in accepted or not peers or not _is_cut(raw, peers, open_):
                last[raw.url, sample] = raw
            elif newest[raw.url] == raw.sha256:
                args = {"mark": mark_raws([raw]), "table": table}
                severity: Severity = "warning" if raw.served == "file" else "error"
                findings.append(Finding("line-cut", severity, Place(file=raw.url), raw.url, args))
            elif raw.served != "file":
                args = {"when": raw.fetched, "count": "1"}
                findings.append(Finding("version-set-aside", "warning", Place(file=raw.url), args=args))
                continue
            kept.append(raw)
        whole[table] = tuple(kept)
    return whole, findings


def _is_cut(raw: Raw, peers: Sequence[Raw], open_: Opener) -> bool:
    return _ends_line(raw, open_) is False and all(_ends_line(old, open_) for old in peers)


def _ends_line(raw: Raw, open_: Opener) -> bool | None:
    """Test whether a text file's last line has an end; None for an empty file and for files of other kinds."""
    with open_(raw.sha256) as file:
        if file.read(16).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_PACKED):
            return None
        file.seek(max(0, raw.bytes - 8))
        last = file.read().rstrip(b"\0")  # half of UTF-16's line end
    return last.endswith((b"\n", b"\r")) if last else None


def find_losses(spec: Spec, checked: Sequence[Checked], former: Former) -> Iterator[Finding]:
    """Yield what the tables lost since the current release: an error for all rows, or for more than
    `expect.rows.keep` allows; a warning where a column's median became another order of size.

    Tables of real bytes are not compared with those of samples.
    """
    for table in checked:
        name, expect = table.resource.name, table.resource.expect
        old, new = former.rows.get(name, 0), table.written.rows
        place = Place(file=spec.file, line=_find_line(spec, name))
        if old and not new and expect.rows.min is None:
            yield Finding("no-rows-left", "error", place, name, {"old": f"{old:,}"})
        earlier = former.raws.get(name, ())
        if not old or not new or len({raw.served == "sample" for raw in (*earlier, *table.raws)}) > 1:
            continue
        keep, mark = KEEP if expect.rows.keep is None else expect.rows.keep, mark_raws(table.raws)
        if new < old * keep and mark not in expect.accept:
            # of files that were there before, a change of the spec lost the rows: its author's doing
            own = {raw.sha256 for raw in table.raws} <= {raw.sha256 for raw in earlier} and spec.digest != former.spec
            args = {"old": f"{old:,}", "new": f"{new:,}", "share": f"{keep:.0%}", "mark": mark}
            yield Finding("rows-lost", "warning" if own else "error", place, name, args)
        if min(old, new) >= MIN_SHIFTED:
            yield from _find_shifts(table, former.profiles.get(name, ()), place)


def _find_line(spec: Spec, name: str) -> int | None:
    place = ("resources", [resource.name for resource in spec.pipeline.resources].index(name))
    return spec.lines.get((*place, "expect"), spec.lines.get(place))


def _find_shifts(table: Checked, before: Sequence[Profile], place: Place) -> Iterator[Finding]:
    medians = {profile.name: _find_median(profile) for profile in before}
    for profile in table.written.profile:
        old, new = medians.get(profile.name, 0.0), _find_median(profile)
        if profile.name in table.resource.schema.primaryKey or not old or not new:
            continue
        if not 1 / SHIFT < abs(new / old) < SHIFT:
            args = {"old": f"{old:,.10g}", "new": f"{new:,.10g}", "table": table.resource.name}
            yield Finding("values-shifted", "warning", place, profile.name, args)


def _find_median(profile: Profile) -> float:
    """Return the median of a column of numbers; 0 for any other."""
    if profile.type not in ("integer", "number"):
        return 0.0
    return next((float(value) for share, value in profile.quantiles if share == 0.5), 0.0)
