"""Parts of a table in the store: read as one, and shared with the release before."""

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from entaku.model.files import File
from entaku.model.nouns import Refused
from entaku.store import Desk
from entaku.store.joined import JoinedCsv, find_data, open_data, share_parts

BODIES = {"b": b'x,"y\r"\n1,2\n', "a": b'x,"y\r"\n', "c": b'x,"y\r"\n"3\n",4\n'}
"""Parts in the order of their table, one of which is empty."""


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    (folder / "t.parts").mkdir(parents=True)
    for name, body in BODIES.items():
        (folder / "t.parts" / f"{name}.csv").write_bytes(body)
    listed = [{kind: {"path": f"t.parts/{name}.{kind}"} for kind in ("csv", "parquet")} for name in BODIES]
    (folder / "t.files.json").write_text(json.dumps(listed), "utf-8")
    return folder


@pytest.mark.parametrize("size", [1, 3, 100])
def test_parts_are_read_as_one_csv(size: int, release: Path) -> None:
    with open_data(find_data(release, "t.csv")) as file:
        pieces = list(iter(lambda: file.read(size), b""))
    assert b"".join(pieces) == b'x,"y\r"\n1,2\n"3\n",4\n'
    assert all(len(piece) == size for piece in pieces[:-1])
    assert b"".join(JoinedCsv(find_data(release, "t.csv")).readlines()) == b"".join(pieces)


def test_parts_are_in_the_order_of_the_list(release: Path) -> None:
    assert [path.name for path in find_data(release, "t.parquet")] == ["b.parquet", "a.parquet", "c.parquet"]


def test_a_file_that_is_there_is_itself(release: Path) -> None:
    (release / "t.csv").write_bytes(b"whole")
    assert find_data(release, "t.csv") == [release / "t.csv"]
    assert find_data(release, "other.csv") == [release / "other.csv"]
    assert find_data(release, "t.places.parquet") == [release / "t.places.parquet"]


@pytest.mark.parametrize("body", ["{", "[1]", '[{"csv": {}}]', '[{"csv": {"path": "../../secret.csv"}}]'])
def test_a_broken_list_is_told(body: str, release: Path) -> None:
    (release / "t.files.json").write_text(body, "utf-8")
    with pytest.raises(Refused):
        find_data(release, "t.csv")


def test_parts_with_the_same_bytes_are_linked_and_others_stay(release: Path, tmp_path: Path) -> None:
    former = tmp_path / "former"
    (former / "t.parts").mkdir(parents=True)
    (former / "t.parts" / "a.csv").write_bytes(BODIES["a"])
    (former / "t.parts" / "b.csv").write_bytes(BODIES["b"].replace(b"1", b"9"))
    (former / "t.files.json").write_bytes((release / "t.files.json").read_bytes())
    share_parts(release, former)
    linked = {path.name for path in release.rglob("*") if path.is_file() and path.stat().st_nlink > 1}
    assert linked == {"a.csv"} and {path.name for path in (release / "t.parts").iterdir()} == {
        "a.csv",
        "b.csv",
        "c.csv",
    }
    assert (release / "t.parts" / "b.csv").read_bytes() == BODIES["b"]


def test_without_links_each_release_has_its_own(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links")

    former = tmp_path / "former" / "t.parts"
    former.mkdir(parents=True)
    (former / "a.csv").write_bytes(BODIES["a"])
    monkeypatch.setattr("os.link", refuse)
    share_parts(release, former.parent)
    assert (release / "t.parts" / "a.csv").stat().st_ino != (former / "a.csv").stat().st_ino
    assert (release / "t.parts" / "a.csv").read_bytes() == BODIES["a"]


def test_what_joins_is_a_stream_as_any_other(release: Path) -> None:
    with io.TextIOWrapper(open_data(find_data(release, "t.csv")), "utf-8", newline="") as text:
        assert text.read().count("\n") == 4


def test_a_desk_shares_sound_parts_and_never_writes_to_them(tmp_path: Path) -> None:
    release, desk = tmp_path / "release", Desk(tmp_path / "desk")
    path = release / "t.parts" / "1.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a\n1\n")
    sound = File("t.parts/1.csv", 4, hashlib.sha256(b"a\n1\n").hexdigest())
    assert desk.share(release, [sound])
    assert (tmp_path / "desk" / sound.path).samefile(path) and desk.read(sound.path) == b"a\n1\n"
    sheet = desk.open(sound.path)
    sheet.write(b"other")
    assert desk.read(sound.path) == b"other" and path.read_bytes() == b"a\n1\n"
    assert not desk.share(release, [replace(sound, sha256="0" * 64)])
    assert not desk.share(release, [replace(sound, path="t.parts/2.csv")])
    desk.clear()
    assert path.read_bytes() == b"a\n1\n"
