"""The project's own files: what people keep there is read and never replaced, what is laid out for them is."""

import os
from collections.abc import Mapping
from pathlib import Path

from entaku.model.nouns import Finding, Refused
from entaku.store.disk import below, remove_folder, telling, write_synced, write_whole


def read_project(project: Path, pattern: str) -> dict[str, bytes]:
    """The project's files that match a glob such as `pipelines/*.yaml`: relative path -> bytes, sorted."""
    home = project.resolve()
    files: dict[str, bytes] = {}
    for path in sorted(project.glob(pattern)):
        with telling(path, "file-unreadable"):
            if path.is_file() and path.resolve().is_relative_to(home):
                files[path.relative_to(project).as_posix()] = path.read_bytes()
    return files


def write_project(project: Path, path: str, body: bytes) -> None:
    """Write a new file of the project (a draft, say); one that is there is never replaced."""
    target = below(project, path)
    with telling(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.new")
        unfinished.unlink(missing_ok=True)
        write_synced(unfinished, body)
        try:
            os.link(unfinished, target)
        except FileExistsError as error:
            raise Refused(Finding("file-exists", value=path)) from error
        finally:
            unfinished.unlink()


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make `files` (by name) the only ones in `folder`, which goes if there are none."""
    with telling(folder):
        if not files:
            remove_folder(folder)
            return
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in files and path.is_file():
                path.unlink()
        for name, body in files.items():
            write_whole(below(folder, name), body, folder.parent / ".new", sync=False)
