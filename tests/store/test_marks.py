"""What is known of the files of a store: what has changed is read again, and nothing else."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from entaku.store import marks
from entaku.store.marks import INDEX, FileMarks

RAW = sha256(b"raw").hexdigest()
FILES = {f"a/raw/{RAW}.csv": b"raw", "a/raw/ledger.jsonl": b"1", "a/releases/1/t.csv": b"t", "a/releases.json": b"{}"}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that are read."""
    names, real = list[str](), marks.hash_file

    def hash_noted(path: Path) -> str:
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(marks, "hash_file", hash_noted)
    return names


def write(root: Path, files: dict[str, bytes]) -> None:
    for path, body in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(body)


def look(root: Path, *others: str, keep: str = "s3://x") -> dict[str, str]:
    known = FileMarks(root)
    known.load()
    found = known.look(["a"], others)
    if keep:
        known.keep(keep)
    return found


def test_what_is_as_it_was_is_not_read_again(tmp_path: Path, read: list[str]) -> None:
    write(tmp_path, {**FILES, "told.json": b"[]"})
    first = look(tmp_path, "told.json")
    assert first == {path: sha256(body).hexdigest() for path, body in {**FILES, "told.json": b"[]"}.items()}
    assert len(read) == 5
    assert look(tmp_path, "told.json") == first and len(read) == 5
    write(tmp_path, {"a/raw/ledger.jsonl": b"12", "a/releases/2/t.csv": b"u"})
    second = look(tmp_path, "told.json")
    assert second == {
        **first,
        "a/raw/ledger.jsonl": sha256(b"12").hexdigest(),
        "a/releases/2/t.csv": sha256(b"u").hexdigest(),
    }
    assert sorted(read[5:]) == ["ledger.jsonl", "t.csv"]


def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    look(tmp_path)
    (tmp_path / f"a/raw/{RAW}.csv").unlink()
    assert look(tmp_path).keys() == FILES.keys() - {f"a/raw/{RAW}.csv"}
    assert look(tmp_path).keys() == FILES.keys() - {f"a/raw/{RAW}.csv"}


def test_a_copy_with_the_same_times_is_not_read_again(tmp_path: Path, read: list[str]) -> None:
    """As a CI service's cache brings it."""
    write(tmp_path, FILES)
    first = look(tmp_path)
    for path in FILES:
        stat = (tmp_path / path).stat()
        (tmp_path / path).unlink()
        write(tmp_path, {path: FILES[path]})
        os.utime(tmp_path / path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    read.clear()
    assert look(tmp_path) == first and read == []


def test_source_files_that_are_not_what_their_names_say_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, f"a/raw/{RAW}.csv": b"other"})
    for _ in range(2):
        assert look(tmp_path).keys() == FILES.keys() - {f"a/raw/{RAW}.csv"}


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"address": "s3://x", "files": {"a": {"b": 1}}, "states": {}}'])
def test_an_index_that_can_not_be_read_is_made_anew(tmp_path: Path, body: bytes) -> None:
    write(tmp_path, FILES)
    first = look(tmp_path)
    (tmp_path / INDEX).write_bytes(body)
    assert look(tmp_path) == first
    known = FileMarks(tmp_path)
    known.load()
    assert known.address == "s3://x"
