"""A backup is whole or not there, says what it holds, and gives all of it back."""

import hashlib
import tarfile
from pathlib import Path

import pytest

from entaku.model.nouns import Refused
from entaku.store.backup import LIST, restore_backup, write_backup

FILES = {"catalogue.yaml": b"title: x\n", "datapackages/資料/raw/a.csv": b"a\n1\n"}


def quiet(done: int, total: int) -> None:
    pass


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, body in FILES.items():
        (tmp_path / "p" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "p" / path).write_bytes(body)
    return tmp_path / "p"


@pytest.mark.parametrize(
    ("name", "magic"), [("b.tar", b"catalogue.yaml\0"), ("b.tar.gz", b"\x1f\x8b"), ("b.tgz", b"\x1f\x8b")]
)
def test_a_backup_is_packed_as_its_name_says_and_comes_back(
    project: Path, tmp_path: Path, name: str, magic: bytes
) -> None:
    target = tmp_path / name
    assert write_backup(project, list(FILES), target, quiet) == sum(map(len, FILES.values()))
    assert target.read_bytes().startswith(magic)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, "p"]
    with tarfile.open(target) as tar:
        assert tar.getnames() == [*FILES, LIST]
        listed = tar.extractfile(LIST)
        assert listed and listed.read().decode() == "".join(
            f"{hashlib.sha256(body).hexdigest()}  {path}\n" for path, body in FILES.items()
        )
    assert restore_backup(target, tmp_path / "again", quiet) == (2, 0)
    assert {path: (tmp_path / "again" / path).read_bytes() for path in FILES} == FILES
    assert restore_backup(target, tmp_path / "again", quiet) == (0, 2)


def test_a_backup_that_can_not_be_made_leaves_nothing(project: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="file-unreadable"):
        write_backup(project, [*FILES, "none.csv"], tmp_path / "b.tar", quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["p"]
    (tmp_path / "b.tar").write_bytes(b"other")
    with pytest.raises(Refused, match="file-exists"):
        write_backup(project, list(FILES), tmp_path / "b.tar", quiet)
    assert (tmp_path / "b.tar").read_bytes() == b"other"
