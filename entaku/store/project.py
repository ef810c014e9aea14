"""Files that people keep in the project: read, and never overwritten."""

import os
from pathlib import Path

from entaku.model.nouns import Finding, Refused
from entaku.store.disk import below, telling, write_synced


def read_project(project: Path, pattern: str) -> dict[str, bytes]:
    """Read the project's files that match a glob such as `pipelines/*.yaml`: relative path -> bytes, sorted."""
    home = project.resolve()
    files: dict[str, bytes] = {}
    for path in sorted(project.glob(pattern)):
        with telling(path, "file-unreadable"):
            if path.is_file() and path.resolve().is_relative_to(home):
                files[path.relative_to(project).as_posix()] = path.read_bytes()
    return files


def write_project(project: Path, path: str, body: bytes) -> None:
    """Write a new file of the project, such as a draft; an existing one is never overwritten."""
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
