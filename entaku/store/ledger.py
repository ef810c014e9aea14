"""Fetch ledger: JSON, one line per fetch with a checksum, append-only; a crash may have truncated the last."""

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args

from entaku.model.ledgers import read_abandoned
from entaku.model.messages import read_finding, show_finding
from entaku.model.nouns import Answer, Attempt, Entry, Finding, History, Place, Refused, Served, Violation
from entaku.model.revisions import read_revisions, show_revisions
from entaku.store.disk import make_folder, show_path, sync_folder, telling, write_whole
from entaku.store.states import read_bytes

Parsed = TypeVar("Parsed")


def write_json(value: Any) -> bytes:
    """Encode a value as JSON: indented by two spaces, not ASCII-escaped, with a final newline."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def show_history(history: History) -> dict[str, Any]:
    """Convert a history to plain values for JSON."""
    attempt = history.attempt
    return {
        "current": history.versions[-1] if history.versions else None,
        "versions": list(history.versions),
        "key": history.key,
        "attempt": attempt
        and {
            "when": attempt.when,
            "count": attempt.count,
            "findings": [show_finding(finding) for finding in attempt.findings],
            **({"violations": list(map(_show_violation, attempt.violations))} if attempt.violations else {}),
        },
        **({"overdue": history.overdue} if history.overdue else {}),
        **({"abandoned": dataclasses.asdict(history.abandoned)} if history.abandoned else {}),
        **show_revisions(history.versions, history.revisions),
    }


def read_history(shown: Mapping[str, Any]) -> History:
    """Parse the output of `show_history`.  Raises ValueError, KeyError or TypeError for anything else."""
    attempt = shown["attempt"]
    if not all(isinstance(version, str) for version in shown["versions"]):
        raise ValueError("versions")
    return History(
        versions=tuple(shown["versions"]),
        key=shown["key"],
        attempt=None
        if attempt is None
        else Attempt(
            when=attempt["when"],
            findings=tuple(read_finding(finding) for finding in attempt["findings"]),
            count=attempt["count"],
            violations=tuple(map(_read_violation, attempt.get("violations", ()))),
        ),
        overdue=shown.get("overdue", "") + "",
        abandoned=read_abandoned(shown.get("abandoned")),
        revisions=read_revisions(shown),
    )


def _show_violation(violation: Violation) -> dict[str, Any]:
    """Convert a violation; its examples are written as findings are: a place and a value."""
    examples = [show_finding(Finding(violation.kind, "error", place, cell)) for place, cell in violation.examples]
    return {
        "table": violation.table, "column": violation.column, "kind": violation.kind, "count": violation.count,
        "examples": [{key: shown[key] for key in ("place", "value") if key in shown} for shown in examples],
    }  # fmt: skip


def _read_violation(shown: Mapping[str, Any]) -> Violation:
    examples = tuple((Place(**each.get("place", {})), each.get("value", "")) for each in shown["examples"])
    return Violation(shown["table"], shown["column"], shown["kind"], shown["count"], examples)


class Ledger:
    """A ledger file, read again only when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: _Lines | None = None

    def list_entries(self) -> tuple[Entry, ...]:
        """Return every fetch, oldest first.  A truncated last line is skipped."""
        lines = self._load()
        if len(lines.shown) != len(lines.entries):
            lines.shown = tuple(lines.entries)
        return lines.shown

    def of_url(self, url: str) -> Sequence[Entry]:
        """Return the fetches of one URL, oldest first."""
        return self._load().by_url.get(url, ())

    def find_standing(self, answer: Answer) -> Entry:
        """Return the newest archived bytes that a 304 refers to: of the same URL, preferably with the same validator.
        Raises Refused (store-broken) if there are none.
        """
        entries = [entry for entry in reversed(self.of_url(answer.url)) if entry.sha256]
        same = [
            entry
            for entry in entries
            if (answer.etag and entry.etag == answer.etag)
            or (answer.last_modified and entry.last_modified == answer.last_modified)
        ]
        if not entries:
            why = f"304、しかし控えがありません / HTTP 304, but nothing is archived of {answer.url}"
            raise Refused(Finding("store-broken", value=show_path(self.path), args={"why": why}))
        return (same or entries)[0]

    def append(self, entry: Entry) -> None:
        """Append a line and flush it to the disk."""
        lines = self._load()
        with telling(self.path):
            make_folder(self.path.parent)
            with self.path.open("ab") as file:
                file.truncate(lines.good)
                file.write(_write_entry(entry) if lines.ended else b"\n" + _write_entry(entry))
                file.flush()
                os.fsync(file.fileno())
                lines.mark = _mark_of(os.fstat(file.fileno()))
            if not lines.entries:
                sync_folder(self.path.parent)
        lines.good, lines.ended = lines.mark[0], True
        lines.add(entry)

    def restore(self, lost: Iterable[Entry], waiting: Path) -> None:
        """Write the ledger anew with `lost` lines, each in its time, by way of the folder `waiting`."""
        entries = sorted((*self.list_entries(), *lost), key=lambda entry: entry.when)
        with telling(self.path):
            write_whole(self.path, b"".join(map(_write_entry, entries)), waiting)
        self._lines = None

    def mend(self) -> bool:
        """Remove a truncated last line; return whether there was one."""
        if _ends_well(os.fspath(self.path)):
            return False
        lines = self._load()
        if lines.good == lines.mark[0]:
            return False
        with self.path.open("r+b") as file:
            file.truncate(lines.good)
            os.fsync(file.fileno())
        self._lines = None
        return True

    def _load(self) -> "_Lines":
        with telling(self.path, "store-broken"):
            try:
                mark = _mark_of(self.path.stat())
            except FileNotFoundError:
                mark = (0, 0)
            if self._lines is None or self._lines.mark != mark:
                self._lines = _read_lines(self.path.read_bytes() if mark[0] else b"", show_path(self.path), mark)
        return self._lines


@dataclasses.dataclass
class _Lines:
    """Contents of a ledger file."""

    mark: tuple[int, int]
    """Size and modification time of the file when it was read."""
    good: int = 0
    """Length in bytes of its complete lines."""
    ended: bool = True
    """Whether the last of them ends with a newline."""
    entries: list[Entry] = dataclasses.field(default_factory=list)
    by_url: dict[str, list[Entry]] = dataclasses.field(default_factory=dict)
    shown: tuple[Entry, ...] = ()

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.by_url.setdefault(entry.url, []).append(entry)


def _ends_well(path: str) -> bool:
    """Test whether a ledger's last line is complete, or there is no ledger."""
    try:
        handle = os.open(path, os.O_RDONLY)  # a Path and a file object cost three times as much, for every dataset
    except FileNotFoundError:
        return True
    try:
        return os.pread(handle, 2, max(0, os.fstat(handle).st_size - 2)) in (b"", b"}\n")
    finally:
        os.close(handle)


def _mark_of(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_size, stat.st_mtime_ns


def _write_entry(entry: Entry) -> bytes:
    line = {**dataclasses.asdict(entry), "values": dict(entry.values)}
    text = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    body = text.encode("utf-8", "backslashreplace")
    return body[:-1] + b',"sum":"%b"}\n' % _sum_of(body)


MANY = 1000
"""Lines that are parsed at once, in half the time."""
_SUM = re.compile(rb',"sum":"([0-9a-f]{8})"\}\n?\Z')


def _sum_of(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:8].encode()


def _strip_sum(line: bytes) -> bytes:
    """Return a line without its checksum, which older ones don't have.  Raises TypeError if the line has changed."""
    match = _SUM.search(line)
    if match is None:
        return line
    body = line[: match.start()] + b"}"
    if _sum_of(body) != match[1]:
        raise TypeError("書いたときの行と違います / the line is not as it was written")
    return body


def _read_entry(value: object) -> Entry:
    """Parse an entry from its JSON value.  Raises TypeError for anything else."""
    if not isinstance(value, dict):
        raise TypeError(f"not an entry: {value!r}")
    entry = Entry(**value)
    texts = (entry.when, entry.url, entry.served, entry.sha256, entry.etag, entry.last_modified)
    numbers = (entry.status, entry.bytes)
    if not (
        all(isinstance(text, str) for text in (*texts, *entry.values.values()))
        and all(type(number) is int for number in numbers)
        and entry.served in get_args(Served)
    ):
        raise TypeError(f"not an entry: {value!r}")
    return entry


def _read_lines(whole: bytes, shown: str, mark: tuple[int, int]) -> _Lines:
    ledger = _Lines(mark)
    lines = whole.splitlines(keepends=True)
    if len(lines) >= MANY and whole.endswith(b"}\n"):
        with suppress(ValueError, TypeError, AttributeError):  # then the line is looked for
            values = json.loads(b"[%b]" % b",".join(map(_strip_sum, lines)))
            if len(values) == len(lines) and all(line.endswith(b"}\n") for line in lines):
                for value in values:
                    ledger.add(_read_entry(value))
                ledger.good = len(whole)
                return ledger
        ledger = _Lines(mark)
    for number, line in enumerate(lines, start=1):
        try:
            ledger.add(_read_entry(json.loads(_strip_sum(line))))
        except (ValueError, TypeError, AttributeError) as error:
            if number == len(lines) and isinstance(error, ValueError):
                break  # truncated by a crash
            place = Place(file=shown, line=number)
            raise Refused(Finding("store-broken", place=place, value=shown, args={"why": str(error)})) from error
        ledger.good += len(line)
        ledger.ended = line.endswith(b"\n")
    return ledger


class ParsedFiles(Generic[Parsed]):
    """Small files of one form, each parsed again only when it has changed."""

    def __init__(self, parse: Callable[[bytes], Parsed]) -> None:
        self._parse = parse
        self._known: dict[str, tuple[tuple[int, ...], Parsed]] = {}

    def read(self, path: str) -> Parsed | None:
        """Return what a file holds; None where there is none.  Raises Refused (store-broken) for one that can't be read
        or isn't of the form."""
        try:
            stat = os.stat(path)  # noqa: PTH116
        except FileNotFoundError:
            return None
        except OSError:
            with telling(Path(path), "store-broken"):
                raise
        mark = (*_mark_of(stat), stat.st_ino)
        known = self._known.get(path)
        if known is not None and known[0] == mark:
            return known[1]
        try:
            body = read_bytes(path)
        except OSError:
            with telling(Path(path), "store-broken"):
                raise
        try:
            parsed = self._parse(body)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            why = f"形が違います / not as written ({error})"
            raise Refused(Finding("store-broken", value=show_path(Path(path)), args={"why": why})) from error
        self._known[path] = mark, parsed
        return parsed

    def forget(self, path: str) -> None:
        """Parse a file again, as it is written now."""
        self._known.pop(path, None)
