"""Files of a project by a glob: there are as many as datasets, and most runs read all of them."""

import fnmatch
import glob
import os
import re
from functools import cache
from pathlib import Path

from entaku.store.disk import telling
from entaku.store.states import read_bytes


def read_project(project: Path, pattern: str) -> dict[str, bytes]:
    """Read the project's files that match a glob such as `pipelines/*.yaml`: relative path -> bytes, sorted."""
    files: dict[str, bytes] = {}
    with telling(project, "file-unreadable"):
        own, others, home = *_match_files(project, pattern), project.resolve()
    is_within = cache(lambda path: path.resolve().is_relative_to(home))
    before = {".": "", "/": "/"}.get(os.fspath(project), f"{project}/")
    for path in others:
        with telling(path, "file-unreadable"):
            if path.is_file() and is_within(path if path.is_symlink() else path.parent):
                files[os.fspath(path).removeprefix(before)] = read_bytes(path)
    if own and is_within((project / own[0]).parent):
        for name in own:
            try:
                files[name] = read_bytes(f"{before}{name}")
            except OSError:
                with telling(project / name, "file-unreadable"):
                    raise
    return dict(sorted(files.items(), key=lambda file: file[0].split("/"))) if own and others else files


def _match_files(project: Path, pattern: str) -> tuple[list[str], list[Path]]:
    """List what matches a glob: the files of one folder by their names in the project, as a Path for each would cost more
    than reading it, then links and whatever else, by their paths."""
    folder, _, name = pattern.rpartition("/")
    if glob.has_magic(folder) or not glob.has_magic(name) or name == "**":
        return [], sorted(project.glob(pattern))
    match, own, others = re.compile(fnmatch.translate(name)).fullmatch, list[str](), list[Path]()
    try:
        with os.scandir(project / folder) as entries:
            for entry in entries:
                if match(entry.name):
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    own.append(path) if entry.is_file(follow_symlinks=False) else others.append(project / path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return [], []
    return sorted(own), sorted(others)
