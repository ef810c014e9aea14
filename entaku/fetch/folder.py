"""Answers from folders: mirrors and samples laid out by URL, and the project's own files."""

import difflib
import errno
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from entaku.fetch.asks import read_day
from entaku.fetch.bodies import SMALL, tell_status
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


def read_project_file(
    project: Path, path: str, limit: Limit = USUAL, folders: dict[str, str] | None = None, may_lack: bool = False
) -> Answer:  # fmt: skip
    """Read a file of the project by its relative path; a finding if it is outside, missing or too large.  `folders`: the
    real paths of folders that were found so far, for thousands of files; `may_lack`: the file may be missing, and nobody
    is told which one may have been meant, for which the whole project is searched."""
    try:
        root, whole = os.path.realpath(project), _find_real(project, path, folders)
        inside = str(whole).startswith(f"{root.rstrip(os.sep)}{os.sep}")
        there = inside and whole.is_file()
    except (OSError, ValueError, RuntimeError):
        return Answer(path, 0, "file", finding=Finding("no-file", value=path))
    if not inside:
        return Answer(path, 0, "file", finding=Finding("outside-project", value=path))
    if not there:
        near = {} if may_lack else _find_near(project, path)
        return Answer(path, 0, "file", finding=Finding("no-file", value=path, args=near))
    return _read(whole, path, "file", limit)


def _find_real(project: Path, path: str, folders: dict[str, str] | None) -> Path:
    """Return the real path of a file of the project."""
    folder, name = os.path.split(project / path)
    if folders is None or name in ("", "..") or os.path.islink(f"{folder}/{name}"):  # noqa: PTH114
        return Path(os.path.realpath(project / path))
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    return Path(folders[folder], name)


MOST_NAMES = 20_000
"""Files of a project among which a missing one is looked for."""
_OURS = ("build", "datapackages", "site_templates", "node_modules")


def _find_near(project: Path, path: str) -> dict[str, str]:
    """Make the hint for a missing file: the name that it probably has, and how that differs; else what its folder
    holds."""
    if (project / path).is_dir():
        return {
            "hint_ja": "これはフォルダーの名前です。中のファイルまで書いてください。",
            "hint_en": "This is the name of a folder; write the file in it. ",
        }
    here = PurePosixPath(path).parent
    known = list(islice(_list_files(project), MOST_NAMES))
    for fold, ja, en in _FOLDS:
        for name in known:
            if fold(name) == fold(path):
                return _hint_name(name, f"（{ja}が違います）", f" (it differs in {en})")
    same = [name for name in known if _fold_all(PurePosixPath(name).name) == _fold_all(PurePosixPath(path).name)]
    if same:
        return _hint_name(same[0], "", "")
    there = [name for name in known if PurePosixPath(name).parent == here]
    stems = {_fold_all(PurePosixPath(name).stem): name for name in reversed(there)}
    near = [stems[stem] for stem in difflib.get_close_matches(_fold_all(PurePosixPath(path).stem), stems, 1, 0.6)]
    hint = _hint_name(near[0], "", "") if near else {}
    shown = ", ".join(PurePosixPath(name).name for name in there[:10]) + (" …" if len(there) > 10 else "") or "—"
    where = "" if str(here) == "." else f" {here}"
    if not (project / here).is_dir():
        return {**hint, "there_ja": f"。フォルダー{where} もありません", "there_en": f", nor a folder{where}"}
    return {
        **hint,
        "there_ja": f"。フォルダー{where} にあるのは：{shown}",
        "there_en": f"; the folder{where} contains: {shown}",
    }


def _hint_name(name: str, ja: str, en: str) -> dict[str, str]:
    return {"hint_ja": f"「{name}」{ja}のことですか？ ", "hint_en": f'Did you mean "{name}"{en}? '}


def _list_files(project: Path) -> Iterator[str]:
    """Yield the files of a project that may be sources, by their paths in it."""
    for folder, folders, names in os.walk(project):
        folders[:] = sorted(name for name in folders if name not in _OURS and not name.startswith("."))
        for name in sorted(names):
            yield (Path(folder) / name).relative_to(project).as_posix()


def _fold_all(name: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name).casefold())


_FOLDS: Sequence[tuple[Callable[[str], str], str, str]] = (
    (
        partial(unicodedata.normalize, "NFC"),
        "濁点などの文字の組み方（NFC と NFD）",
        "how accents are composed (NFC, NFD)",
    ),
    (str.casefold, "大文字と小文字", "capital and small letters"),
    (partial(unicodedata.normalize, "NFKC"), "全角と半角", "full-width and half-width characters"),
    (lambda name: re.sub(r"\s+", "", name), "空白", "spaces"),
    (_fold_all, "大文字と小文字、全角と半角、空白のどれか", "capitals, width or spaces"),
)
"""What names of files may differ in, from the least to the most."""


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
    denied = error.errno in (errno.EACCES, errno.EPERM)
    ja = "権限がありません" if denied else "読み出しの途中で誤りが起きました"
    return Finding("file-unreadable", value=url, args={"why_ja": ja, "why_en": str(error.strerror).lower()})


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
