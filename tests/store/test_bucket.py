"""A store of objects as others serve it: what Entaku asks of it, and what it is refused for."""

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from objects import BUCKET, LACKING, MISSING, PREFIX, Gate, needs_rclone, open_objects, open_rclone

from entaku.model.nouns import Refused
from entaku.store.bucket import Bucket, ConditionFailed, GuardedObject

pytest.importorskip("obstore")
ADDRESS = f"s3://{BUCKET}/{PREFIX}"
HEADERS = {
    "Content-Type": "text/csv; charset=utf-8", "Cache-Control": "no-cache", "Content-Disposition": "attachment"
}  # fmt: skip


@pytest.fixture(params=["moto", "rclone"])
def gate(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    if lacking := {"moto": MISSING, "rclone": LACKING}[request.param]:
        pytest.skip(f"not here: {', '.join(lacking)}; make test installs them")
    opened = open_objects(monkeypatch) if request.param == "moto" else open_rclone(tmp_path / "rclone", monkeypatch)
    with opened as gate:
        yield gate


def test_what_is_written_is_there_until_it_is_removed(gate: Gate) -> None:
    bucket, files = Bucket(ADDRESS), {"index.html": b"page", "a/b/c d 日本~1.csv": b"table", "a/empty.csv": b""}
    assert (list(bucket.list()), bucket.read("index.html")) == ([], None)
    for path, body in files.items():
        bucket.write(path, body, HEADERS)
    read = {path: bucket.read(path) for path in bucket.list()}
    assert {path: found and found[0] for path, found in read.items()} == files
    assert sorted(bucket.list("a/")) == sorted(bucket.list("a")) == sorted(path for path in files if path[0] == "a")
    for _, when in bucket.list_dated():
        assert abs(when - datetime.now(UTC)) < timedelta(hours=1)
    bucket.remove(["a/empty.csv", "nothing", "index.html"])
    bucket.remove(["a/empty.csv"])
    assert list(bucket.list()) == ["a/b/c d 日本~1.csv"]
    with pytest.raises(Refused, match="bucket-failed"):
        Bucket("s3://nowhere/site").read("index.html")


def test_readers_are_given_types_and_ranges(gate: Gate) -> None:
    Bucket(ADDRESS).write("a/t.csv", b"0123456789", HEADERS)
    found = gate.read("a/t.csv")
    assert {name: found.headers[name] for name in HEADERS} == HEADERS and found.content == b"0123456789"
    part = gate.read("a/t.csv", {"Range": "bytes=2-4"})
    assert (part.content, part.headers["Content-Range"]) == (b"234", "bytes 2-4/10")
    assert part.status_code in (206, 200)  # rclone's is 200
    assert gate.read("a/nothing.csv").status_code == 404


def test_large_files_are_sent_and_read_in_pieces(gate: Gate, tmp_path: Path) -> None:
    body = random.Random(1).randbytes(12_000_000)
    (tmp_path / "large").write_bytes(body)
    bucket = Bucket(ADDRESS)
    bucket.write("large.parquet", tmp_path / "large", HEADERS)
    assert len(gate.put()) > 2
    pieces = list(bucket.read_pieces("large.parquet"))
    assert len(pieces) > 2 and hashlib.sha256(b"".join(pieces)).digest() == hashlib.sha256(body).digest()
    assert gate.read("large.parquet").headers["Content-Type"] == HEADERS["Content-Type"]


def test_an_object_is_replaced_only_as_it_is_known(gate: Gate) -> None:
    gate.heeds = True  # moto does so itself
    mine, theirs = (GuardedObject(Bucket(ADDRESS), "site.json") for _ in range(2))
    mine.read(), theirs.read()
    mine.replace(b"1")
    with pytest.raises(ConditionFailed):
        theirs.replace(b"2")
    assert theirs.read() == b"1"
    theirs.replace(b"2")
    with pytest.raises(ConditionFailed):
        mine.replace(b"3")
    theirs.prove(b"2")
    assert mine.read() == b"2"


@pytest.mark.parametrize(
    ("known", "found", "changed"),
    [
        ({"e_tag": '"1"'}, {"e_tag": '"1"', "version": "null"}, False),
        ({"e_tag": "1", "version": "7"}, {"e_tag": '"1"', "version": "7"}, False),
        ({"e_tag": '"1"', "version": "7"}, {"e_tag": '"1"', "version": "8"}, True),
        ({"e_tag": '"1"'}, {"e_tag": '"2"'}, True),
        ({"e_tag": '"1"'}, {}, True),
        ({"e_tag": '"1"'}, None, True),
        (None, {"e_tag": '"1"'}, True),
        (None, None, False),
    ],
)
def test_what_only_one_answer_tells_is_no_change(
    known: object, found: object, changed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stores tell less of what is written than of what is read: no version, or an ETag without quotes."""
    thing = GuardedObject(Bucket("memory:///"), "site.json")
    thing.version = known
    monkeypatch.setattr(thing.bucket, "read", lambda path: found if found is None else (b"", found))
    assert thing.has_changed() is changed


@needs_rclone
def test_rclone_ignores_conditions_and_that_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_rclone(tmp_path / "rclone", monkeypatch) as gate:
        known = GuardedObject(Bucket(ADDRESS), "site.json")
        known.replace(b"1")
        for wrong in (None, {"e_tag": '"00000000000000000000000000000000"'}):
            known.bucket.replace("site.json", b"2", wrong)  # raises nothing
        known.read()
        with pytest.raises(Refused, match="bucket-conditions"):
            known.prove(b"2")
        assert gate.list().keys() == {"site.json"}


def test_what_has_gone_already_keeps_nothing_from_being_removed(tmp_path: Path) -> None:
    """Google and Azure, as a folder here, stop at the first object that isn't there; S3 doesn't mind."""
    bucket = Bucket(tmp_path.as_uri())
    for name in "abcdef":
        (tmp_path / name).write_bytes(b"")
    bucket.remove(["gone", "a", "gone too", "b", "c", "d", "last"])
    bucket.remove(["gone"])
    assert sorted(bucket.list()) == ["e", "f"]
