"""Answers from folders: mirrors and samples laid out by URL, and the project's own files."""

import errno
import hashlib
import os
import re
from collections.abc import Iterable
from datetime import date
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from entaku.fetch.asks import read_day
from entaku.fetch.bodies import tell_status
from entaku.fetch.spool import SMALL
from entaku.model.body import Body, make_body
from entaku.model.nouns import Answer, Finding, Refused, Served
from entaku.model.source import Limit

MAX_NAME = 180
"""Bytes of a file name; most file systems take 255, and marks such as `.404` are added to it."""
MAX_PATH = 800
USUAL = Limit()
GONE = ".404"
"""Suffix of an empty marker: `x.csv.404` beside the path of `x.csv` records that the publisher answered HTTP 404."""


def find_in_folder(folder: Path, url: str, served: Served, limit: Limit = USUAL) -> Answer | None:
    """Return the answer that a folder laid out as `host/path` (see `folder_path`) has for `url`: its bytes, a recorded
    404, or None if it has neither.  Links that lead out of the folder are not followed.
    """
    path = folder / folder_path(url)
    if _is_file(path):
        if not path.resolve().is_relative_to(folder.resolve()):
            return None
        return _read(path, url, served, limit)
    if _is_file(path.with_name(path.name + GONE)):
        return Answer(url, 404, served, finding=tell_status(url, 404))
    return None


def list_rounds(folder: Path) -> list[tuple[date | None, Path]]:
    """List the folders of a mirror, in the order to replay them: (None, folder) if it is laid out as `host/path`, or a
    pair for every day, ascending, if it is laid out as `YYYY-MM-DD/host/path`.  With both, the undated one comes first.
    Empty if there is no such folder.
    """
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []
    days = list_days(names)
    plain: list[tuple[date | None, Path]] = [(None, folder)] if len(days) < len(names) or not names else []
    return plain + [(day, folder / day.isoformat()) for day in days]


def list_days(names: Iterable[str]) -> tuple[date, ...]:
    """Return the dates among folder names such as `2022-03-24`, ascending; other names are skipped."""
    days = {day for name in names if (day := read_day(name)) is not None}
    return tuple(sorted(days))


def read_project_file(project: Path, path: str, limit: Limit = USUAL) -> Answer:
    """Read a file of the project by its relative path; a finding if it is outside, missing or too large."""
    try:
        whole = (project / path).resolve()
        inside = whole.is_relative_to(project.resolve()) and whole != project.resolve()
        there = inside and whole.is_file()
    except (OSError, ValueError, RuntimeError):
        return Answer(path, 0, "file", finding=Finding("no-file", value=path))
    if not inside:
        return Answer(path, 0, "file", finding=Finding("outside-project", value=path))
    if not there:
        return Answer(path, 0, "file", finding=Finding("no-file", value=path))
    return _read(whole, path, "file", limit)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _read(path: Path, url: str, served: Served, limit: Limit) -> Answer:
    """Answer with a file; a large one is opened only when its body is read."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit.megabytes * 1_000_000:
                too_large = Finding("too-large", value=url, args={"limit": str(limit.megabytes)})
                return Answer(url, 0, served, finding=too_large)
            body = Body(size, partial(_open, path, url)) if size > SMALL else make_body(file.read())
    except OSError as error:
        return Answer(url, 0, served, finding=_tell_unreadable(url, error))
    return Answer(url, 200, served, body)


def _open(path: Path, url: str) -> BinaryIO:
    """Open a file.  Raises Refused (file-unreadable)."""
    try:
        return path.open("rb")
    except OSError as error:
        raise Refused(_tell_unreadable(url, error)) from error


def _tell_unreadable(url: str, error: OSError) -> Finding:
    why = "権限がありません / " if error.errno in (errno.EACCES, errno.EPERM) else ""
    return Finding("file-unreadable", value=url, args={"why": f"{why}{error.strerror}"})


# ---- the path of a URL ----------------------------------------------------------------------------------------------


def folder_path(url: str) -> PurePosixPath:
    """Return the relative path of `url` in a mirror or sample folder: `host/path`, percent-escapes decoded; a query
    follows the name after `@`, a port the host after `+`, and `index.html` replaces an empty name (as wget names files,
    with `--restrict-file-names=windows`: gnu.org/software/wget/manual).

    The path never leads upwards: characters that a file name can't hold stay percent-escaped, long names are hashed.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "_").lower(), parts.port
    except ValueError:
        return PurePosixPath("_", _hash(url))
    folders = [unquote(part) for part in parts.path.split("/")]
    name = folders.pop() or "index.html"
    if parts.query:
        name += f"@{unquote(parts.query)}"
    names = [_safe_name(part) for part in (*folders, name) if part not in ("", ".")]
    safe = [_safe_name(host) + (f"+{port}" if port else ""), *(names or ["index.html"])]
    if len("/".join(safe).encode()) > MAX_PATH:
        safe = [safe[0], _hash(url)]
    return PurePosixPath(*safe)


def _safe_name(name: str) -> str:
    if set(name) <= {"."}:
        return "%2E" * len(name)
    whole = name.encode("utf-8", "replace").decode()
    safe = "".join(f"%{ord(char):02X}" if char in '%/\\:?*"<>|\x7f' or char < " " else char for char in whole)
    raw = safe.encode()
    if len(raw) <= MAX_NAME:
        return safe
    return f"{raw[: MAX_NAME - 40].decode('utf-8', 'ignore')}~{_hash(name)}{_short_suffix(name)}"


def _short_suffix(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    return suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", suffix) else ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
