"""The store in a store of objects: commits, of which each counts whole or not at all."""

import gzip
import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from objects import BUCKET, PREFIX, Gate, needs_store, open_objects

from entaku.model.nouns import Refused
from entaku.store import putting, remote
from entaku.store.remote import POINTER, Remote

pytestmark = needs_store
ADDRESS = f"s3://{BUCKET}/{PREFIX}"
Files = dict[str, bytes]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    with open_objects(monkeypatch) as gate:
        yield gate


def begin(*, writing: bool = True) -> Remote:
    begun = Remote(ADDRESS)
    begun.begin(writing=writing)
    return begun


def commit(to: Remote, folder: Path, files: Files, *gone: str, settles: bool = True) -> int:
    """Commit files by way of a folder."""
    for path, body in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body)
    return to.commit(folder, {path: sha256(body).hexdigest() for path, body in files.items()}, gone, settles=settles)


def read(folder: Path) -> Files:
    """What is there, as a reader finds it in an empty folder."""
    there = begin(writing=False)
    there.bring(folder, folder / ".new", there.held)
    return {path: (folder / path).read_bytes() for path in there.held}


def refuse(to: Remote, folder: Path, files: Files) -> str:
    with pytest.raises(Refused) as refused:
        commit(to, folder, files)
    return refused.value.finding.code


A = {"a/raw/1.csv": b"1", "a/releases.json": b"{}", "told.json": b"[]"}


def test_what_is_committed_is_there_and_what_was_is_gone(gate: Gate, tmp_path: Path) -> None:
    mine = begin()
    assert commit(mine, tmp_path / "w", A) == sum(map(len, A.values()))
    assert read(tmp_path / "1") == A
    commit(mine, tmp_path / "w", {"a/releases.json": b"new"}, "a/raw/1.csv")
    assert read(tmp_path / "2") == {"a/releases.json": b"new", "told.json": b"[]"}
    assert len([path for path in gate.list() if "~" in path]) == 2


def test_no_object_is_written_twice(gate: Gate, tmp_path: Path) -> None:
    mine = begin()
    for body in (b"1", b"2", b"1", b"1"):
        commit(mine, tmp_path / "w", {"a/releases.json": body})
    put = [path for path in gate.put() if path != POINTER]
    assert len(put) == len(set(put)) == 4
    assert read(tmp_path / "r") == {"a/releases.json": b"1"}


def test_what_releases_share_is_one_object_until_none_has_it(gate: Gate, tmp_path: Path) -> None:
    one, other = "a/releases/1/t/p.csv", "a/releases/2/t/p.csv"
    files = {one: b"part", "a/raw/1.csv": b"part", "b/releases.json": b"part"}
    commit(begin(), tmp_path / "w", files)
    assert commit(begin(), tmp_path / "w", {other: b"part", "b/raw/2.csv": b"part"}) == len(b"part")
    assert len([path for path in gate.list() if "~" in path]) == 4
    assert read(tmp_path / "r1") == {**files, other: b"part", "b/raw/2.csv": b"part"}
    assert (tmp_path / "r1" / one).samefile(tmp_path / "r1" / other)
    mine = begin()
    commit(mine, tmp_path / "w", {}, one)
    assert read(tmp_path / "r2")[other] == b"part"
    commit(mine, tmp_path / "w", {}, other)
    assert not [path for path in gate.list() if "/releases/" in path]


def test_what_only_moves_is_not_sent_again(gate: Gate, tmp_path: Path) -> None:
    mine = begin()
    commit(mine, tmp_path / "w", A)
    again = begin()
    gate.asked.clear()
    again.rename(lambda name: {"a": "b"}.get(name, name))
    assert again.has_rest and commit(again, tmp_path / "w", {}) == 0
    assert gate.put() == []
    assert read(tmp_path / "r") == {path.replace("a/", "b/"): body for path, body in A.items()}


def test_of_two_commits_at_the_same_moment_one_counts(gate: Gate, tmp_path: Path) -> None:
    for turn in range(5):
        gate.empty()
        commit(begin(), tmp_path / "w", A)
        both = {name: begin() for name in ("one", "two")}
        ready, told = threading.Barrier(2), dict[str, str]()

        def go(name: str, turn: int = turn, both: dict[str, Remote] = both, ready: threading.Barrier = ready,
               told: dict[str, str] = told) -> None:  # fmt: skip
            ready.wait()
            try:
                commit(both[name], tmp_path / name / str(turn), {"a/releases.json": name.encode()})
                told[name] = "done"
            except Refused as refused:
                told[name] = refused.finding.code

        threads = [threading.Thread(target=go, args=(name,)) for name in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told.values()) == ["done", "store-outrun"]
        (done,) = [name for name, code in told.items() if code == "done"]
        assert read(tmp_path / f"r{turn}") == {**A, "a/releases.json": done.encode()}


def test_after_a_refusal_nothing_is_committed(gate: Gate, tmp_path: Path) -> None:
    late = begin()
    commit(begin(), tmp_path / "w", A)
    there = {path for path in gate.list() if "~" not in path}
    assert [refuse(late, tmp_path / "w2", {"b/x": b"x"}) for _ in range(2)] == ["store-outrun"] * 2
    gate.fail = lambda number, method, key: 403
    broken = Remote(ADDRESS)
    with pytest.raises(Refused):
        broken.begin(writing=True)
    gate.fail = lambda number, method, key: 0
    assert read(tmp_path / "r") == A and there <= {*gate.list()}


def test_an_answer_that_was_lost_is_no_refusal(gate: Gate, tmp_path: Path) -> None:
    def lose(number: int, method: str, key: str) -> bool:
        return method == "PUT" and (method, key) not in gate.asked[:-1]

    mine = begin()
    gate.lose = lose
    commit(mine, tmp_path / "w", A)
    gate.lose = lambda number, method, key: method == "PUT" and key.endswith(POINTER) and gate.asked[-2][1] != key
    commit(mine, tmp_path / "w", {"b/x": b"x"})
    assert read(tmp_path / "r") == {**A, "b/x": b"x"}


def test_what_a_commit_that_was_cut_has_sent_is_not_sent_again(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "AT_ONCE_NOTED", 10)
    many = {f"a/releases/1/{n}": str(n).encode() for n in range(95)}
    gate.fail = lambda number, method, key: 403 * (number > 60)
    assert refuse(begin(), tmp_path / "w", many) == "bucket-failed"
    gate.fail = lambda number, method, key: 0
    gate.asked.clear()
    assert read(tmp_path / "r0") == {}
    commit(begin(), tmp_path / "w", many)
    assert len(gate.put()) < 70
    assert read(tmp_path / "r1") == many
    monkeypatch.setattr(remote, "STRAY", timedelta(seconds=-60))
    commit(begin(), tmp_path / "w", {"b/x": b"x"}, "a/releases/1/0")
    assert len([path for path in gate.list() if "~" in path]) == len(many)


def test_what_nobody_needs_any_more_is_removed(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "AT_ONCE_NOTED", 10)
    gate.fail = lambda number, method, key: 403 * (number > 60)
    assert refuse(begin(), tmp_path / "w", {f"a/releases/1/{n}": str(n).encode() for n in range(95)}) == "bucket-failed"
    gate.fail = lambda number, method, key: 0
    assert len([path for path in gate.list() if "~" in path]) > 30
    commit(begin(), tmp_path / "w", {"b/x": b"x"})
    assert len([path for path in gate.list() if "~" in path]) <= 10 + 1  # those that weren't noted


def test_many_commits_become_one_state(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MOST_STATES", 4)
    monkeypatch.setattr(remote, "MOST_IN_RUN", 9)
    files = {f"a/{n}": str(n).encode() for n in range(30)}
    mine, rand, most = begin(), random.Random(1), 0
    for path, body in files.items():
        commit(mine, tmp_path / "w", {path: body}, settles=rand.random() < 0.3)
        most = max(most, len([path for path in gate.list() if "/state-" in path]))
    assert most <= 9
    assert read(tmp_path / "r") == files


def test_large_files_are_sent_in_pieces(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(putting, "LARGE", 1 << 20)
    body = random.Random(1).randbytes(12_000_000)
    assert commit(begin(), tmp_path / "w", {"a/raw/x": body}) == len(body)
    assert read(tmp_path / "r") == {"a/raw/x": body}


def test_bytes_that_have_changed_there_are_refused(gate: Gate, tmp_path: Path) -> None:
    commit(begin(), tmp_path / "w", A)
    (key,) = [path for path in gate.list() if path.startswith("told.json~")]
    gate.store(key, b"other")
    with pytest.raises(Refused) as refused:
        read(tmp_path / "r")
    assert refused.value.finding.code == "store-object-broken"
    assert not (tmp_path / "r/told.json").exists()


@pytest.mark.parametrize("body", [b"", b"{}", b'{"format": 2, "states": [], "gone": [], "turn": 1}', b"\xff"])
def test_a_pointer_that_can_not_be_read_is_refused(gate: Gate, body: bytes) -> None:
    gate.store(POINTER, body)
    with pytest.raises(Refused) as refused:
        begin()
    assert refused.value.finding.code == "store-object-broken"


@pytest.mark.parametrize("told", ["", "[]", "{}", '{"settles": true, "loose": [], "files": {"a": [1]}}'])
def test_a_state_that_can_not_be_read_is_refused(gate: Gate, tmp_path: Path, told: str) -> None:
    commit(begin(), tmp_path / "w", A)
    (state,) = [path for path in gate.list() if "/state-" in path]
    gate.store(state, gzip.compress(told.encode()))
    with pytest.raises(Refused) as refused:
        begin()
    assert refused.value.finding.code == "store-object-broken" and refused.value.finding.value.endswith(state)


def test_what_a_run_could_not_remove_the_next_one_does(gate: Gate, tmp_path: Path) -> None:
    mine = begin()
    commit(mine, tmp_path / "w", A)
    gate.fail = lambda number, method, key: 403 * (method == "POST")
    commit(mine, tmp_path / "w", {"told.json": b"more"})
    assert len([path for path in gate.list() if path.startswith("told.json~")]) == 2
    gate.fail = lambda number, method, key: 0
    begin()
    assert len([path for path in gate.list() if path.startswith("told.json~")]) == 1


def test_how_far_it_is_is_told_both_ways(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "AT_ONCE_NOTED", 50)
    files, told = {f"a/releases/1/{n}": str(n).encode() for n in range(120)}, list[tuple[str, int, int]]()
    mine = Remote(ADDRESS, lambda *given: told.append(given))
    mine.begin(writing=True)
    commit(mine, tmp_path / "w", files)
    ways = [told.copy()]
    told.clear()
    mine.bring(tmp_path / "r", tmp_path / "new", mine.held)
    for way in (*ways, told):
        assert {(where, total) for where, _, total in way} == {(ADDRESS, 120)}
        counts = [done for _, done, _ in way]
        assert counts == sorted(counts) and counts[-1] == 120 and len(counts) > 3
