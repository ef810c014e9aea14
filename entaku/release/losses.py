"""What the next release is compared with, and source files whose end was lost."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from entaku.model.nouns import Finding, Place, Raw, Severity, Spec
from entaku.release import making
from entaku.release.compared import Figures

MAX_PEERS = 20
"""Number of files that a file of a new URL is compared with."""


@dataclass(frozen=True)
class Former:
    """What earlier releases tell of their tables, to compare the next one with."""

    spec: str = ""
    """The digest of the current release's spec."""
    raws: Mapping[str, Sequence[Raw]] = field(default_factory=dict)
    """By table, the current release's, oldest first."""
    past: Mapping[str, Sequence[Figures]] = field(default_factory=dict)
    """By table, the figures of some releases, oldest first; the last are those of the current one."""


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
