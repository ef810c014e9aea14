"""Archives of map tiles in a project: measured without being read whole, as they may have gigabytes."""

from pathlib import Path

from entaku.store.disk import hash_file, telling

HEAD = 127


def measure_tiles(project: Path, path: str) -> bytes | None:
    """Return the first HEAD bytes of an archive of the project and then, in eight bytes, its size; None if there is
    none inside the project."""
    found = _find(project, path)
    if found is None:
        return None
    with telling(found, "file-unreadable"), found.open("rb") as file:
        return file.read(HEAD).ljust(HEAD, b"\0") + found.stat().st_size.to_bytes(8, "little")


def hash_tiles(project: Path, path: str) -> str:
    """Return the SHA-256 of an archive of the project; "" if there is none inside the project."""
    found = _find(project, path)
    if found is None:
        return ""
    with telling(found, "file-unreadable"):
        return hash_file(found)


def _find(project: Path, path: str) -> Path | None:
    found = (project / path).resolve()
    return found if found.is_file() and found.is_relative_to(project.resolve()) else None
