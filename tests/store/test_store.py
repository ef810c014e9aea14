import dataclasses
import errno
import hashlib
import json
import multiprocessing
import os
import tempfile
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.fetch.folder import read_project_file
from entaku.model.body import Body, make_body
from entaku.model.messages import CODES, say
from entaku.model.nouns import Answer, Attempt, Finding, History, Place, Refused
from entaku.store import disk as store_disk
from entaku.store import disk as store_lock
from entaku.store import site as store_site
from entaku.store.cache import Cache
from entaku.store.disk import write_project
from entaku.store.projects import read_project
from entaku.store.site import BadCopies, mend_site, publish_site
from entaku.store.store import Store

URL = "https://a.example.jp/日報/x.CSV?d=1"
WHEN = "2026-11-23T04:40:41Z"


def _answer(body: bytes | None = b"a,b\n", status: int = 200, etag: str = "", last_modified: str = "") -> Answer:
    return Answer(URL, status, "live", None if body is None else make_body(body), etag, last_modified)


def list_open(folder: Path) -> list[str]:
    """List the open files in a folder: other tests' connections may end at any time."""
    found = []
    for handle in Path("/dev/fd").iterdir():
        with suppress(OSError):  # that by which they are listed
            found.append(str(handle.readlink()))
    return sorted(path for path in found if path.startswith(str(folder)))


def _refused(do: Callable[[], object]) -> Finding:
    with pytest.raises(Refused) as refused:
        do()
    finding = refused.value.finding
    assert finding.code in CODES and say(finding, "ja") and say(finding, "en")
    return finding


def _all_files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "datapackages")


# ---- raw and ledger


def test_bytes_are_kept_by_hash_and_told_in_the_ledger(store: Store) -> None:
    entry = store.archive("d", _answer(etag='"1"', last_modified="Mon"), {"市場": "豊洲"}, WHEN)
    assert entry.sha256 == hashlib.sha256(b"a,b\n").hexdigest() and entry.bytes == 4
    assert store.raw("d", entry.sha256) == b"a,b\n"
    assert sorted(path.name for path in (store.root / "d/raw").iterdir()) == [f"{entry.sha256}.csv", "ledger.jsonl"]
    assert Store(store.root).ledger("d") == store.ledger("d") == (entry,)
    line = (store.root / "d/raw/ledger.jsonl").read_text("utf-8")
    assert (
        "豊洲" in line
        and list(json.loads(line)) == [*sorted(json.loads(line).keys() - {"sum"}), "sum"]
        and line.endswith("}\n")
    )


def test_the_ledger_only_grows_and_an_identical_line_is_written_once(store: Store) -> None:
    store.archive("d", _answer(), {}, WHEN)
    first = (store.root / "d/raw/ledger.jsonl").read_bytes()
    store.archive("d", _answer(), {}, WHEN)
    Store(store.root).archive("d", _answer(), {}, WHEN)
    assert (store.root / "d/raw/ledger.jsonl").read_bytes() == first
    store.archive("d", _answer(), {}, "2026-11-24T00:00:00Z")
    store.archive("d", _answer(b"other"), {}, WHEN)
    whole = (store.root / "d/raw/ledger.jsonl").read_bytes()
    assert whole.startswith(first) and whole.count(b"\n") == 3


def test_the_same_bytes_are_kept_once_whatever_their_url(store: Store) -> None:
    store.archive("d", _answer(), {}, WHEN)
    raw = next((store.root / "d/raw").glob("*.csv"))
    before = raw.stat()
    other = Answer("https://a.example.jp/y", 200, "mirror", make_body(b"a,b\n"))
    Store(store.root).archive("d", other, {}, WHEN)
    assert len(list((store.root / "d/raw").iterdir())) == 2
    assert (raw.stat().st_ino, raw.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_statuses_without_bytes(store: Store) -> None:
    first = store.archive("d", _answer(etag='"1"'), {}, WHEN)
    second = store.archive("d", _answer(b"new", etag='"2"'), {}, "2026-11-24T00:00:00Z")
    kept = store.archive("d", _answer(None, 304, etag='"2"'), {}, "2026-11-25T00:00:00Z")
    assert (kept.status, kept.sha256, kept.bytes, kept.etag) == (304, second.sha256, 3, '"2"')
    older = store.archive("d", _answer(None, 304, etag='"1"'), {}, "2026-11-26T00:00:00Z")
    assert older.sha256 == first.sha256
    gone = store.archive("d", _answer(None, 404), {}, "2026-11-27T00:00:00Z")
    assert (gone.sha256, gone.bytes) == ("", 0)
    other = Answer("https://a.example.jp/never", 304, "live")
    assert _refused(lambda: store.archive("d", other, {}, WHEN)).code == "store-broken"


@pytest.mark.parametrize("tail", [b'{"when":"2026', b'{"when":"\xe6', b"\x00\x00\x00", b"\x00\n", b"{", b"\n"])
def test_a_line_that_a_crash_tore_is_passed_over_and_mended(store: Store, tail: bytes) -> None:
    entry = store.archive("d", _answer(), {}, WHEN)
    path = store.root / "d/raw/ledger.jsonl"
    good = path.read_bytes()
    path.write_bytes(good + tail)
    again = Store(store.root)
    assert again.ledger("d") == (entry,)
    second = again.archive("d", _answer(b"2"), {}, WHEN)
    assert again.ledger("d") == Store(store.root).ledger("d") == (entry, second)
    assert path.read_bytes().startswith(good + b"{")


@pytest.mark.parametrize(
    "line", ["[]", "5", "null", '"x"', "{}", '{"values": ["a"]}', '{"bytes": true}', '{"served": "x"}']
)
def test_a_line_that_is_json_but_no_entry_is_told_wherever_it_is(store: Store, line: str) -> None:
    store.archive("d", _answer(), {}, WHEN)
    path = store.root / "d/raw/ledger.jsonl"
    good = path.read_bytes()
    if len(line) > 6:
        entry = {key: value for key, value in json.loads(good).items() if key != "sum"}
        line = json.dumps({**entry, **json.loads(line)})
    for body, number in ((good + line.encode() + b"\n", 2), (line.encode() + b"\n" + good, 1)):
        path.write_bytes(body)
        finding = _refused(lambda: Store(store.root).ledger("d"))
        assert (finding.code, finding.place.line) == ("store-broken", number)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"versions": ["1"]}', b'{"versions": 1, "key": "", "attempt": null}'])
def test_a_history_of_another_form_is_told_with_why(store: Store, body: bytes) -> None:
    store.write_history("d", History(("1",), "k"))
    (store.root / "d/releases.json").write_bytes(body)
    finding = _refused(lambda: Store(store.root).history("d"))
    assert (finding.code, finding.value[-15:]) == ("store-broken", "d/releases.json")
    assert finding.args["why"].startswith("形が違います / not as written (")


def test_a_last_line_without_its_newline_counts(store: Store) -> None:
    entry = store.archive("d", _answer(), {}, WHEN)
    path = store.root / "d/raw/ledger.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    again = Store(store.root)
    second = again.archive("d", _answer(b"2"), {}, WHEN)
    assert Store(store.root).ledger("d") == (entry, second)


def test_a_broken_line_in_the_middle_is_told_with_its_number(store: Store) -> None:
    store.archive("d", _answer(), {}, WHEN)
    path = store.root / "d/raw/ledger.jsonl"
    line = path.read_bytes()
    path.write_bytes(line + b"x\n" + line)
    finding = _refused(lambda: Store(store.root).ledger("d"))
    assert (finding.code, finding.place.line) == ("store-broken", 2)
    path.write_bytes(line + b'{"when":"","of":"a later program"}\n')
    assert _refused(lambda: Store(store.root).ledger("d")).place.line == 2


def test_bytes_that_changed_or_are_gone_are_told(store: Store) -> None:
    entry = store.archive("d", _answer(), {}, WHEN)
    (store.root / f"d/raw/{entry.sha256}.csv").write_bytes(b"tampered")
    assert _refused(lambda: store.raw("d", entry.sha256)).code == "raw-changed"
    (store.root / f"d/raw/{entry.sha256}.csv").unlink()
    assert _refused(lambda: Store(store.root).raw("d", entry.sha256)).code == "raw-missing"
    assert _refused(lambda: store.raw("d", "0" * 64)).code == "raw-missing"


def make_big(seed: int, opened: list[int] | None = None) -> Body:
    """5 MB; `opened` tells how often they were read."""
    data = seed.to_bytes() * 5_000_000

    def open_it() -> BytesIO:
        if opened is not None:
            opened.append(seed)
        return BytesIO(data)

    return Body(len(data), open_it)


def test_a_large_body_is_read_once_to_be_archived_and_once_to_be_known_again(store: Store) -> None:
    opened: list[int] = []
    first = store.archive("d", dataclasses.replace(_answer(), body=make_big(1, opened)), {}, WHEN)
    assert opened == [1] and (first.sha256, first.bytes) == (make_big(1).sha256, 5_000_000)
    raw = store.raw_path("d", first.sha256)
    before = raw.stat()
    again = store.archive("d", dataclasses.replace(_answer(), body=make_big(1, opened)), {}, "2026-11-24T00:00:00Z")
    assert opened == [1, 1] and (again.sha256, again.bytes) == (first.sha256, first.bytes)
    elsewhere = Answer("https://a.example.jp/y.txt", 200, "live", make_big(1, opened))
    store.archive("d", elsewhere, {}, WHEN)
    assert opened == [1, 1, 1] and store.raw_path("d", first.sha256) == raw
    assert (raw.stat().st_ino, raw.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(list((store.root / "d/raw").iterdir())) == 2 and list((store.root / ".new").iterdir()) == []


def test_a_body_that_is_larger_than_memory_passes_through(store: Store, tmp_path: Path) -> None:
    with (tmp_path / "big.csv").open("wb") as file:
        for n in range(100):
            file.write(n.to_bytes() * 1_000_000)
    tracemalloc.start()
    entry = store.archive("d", read_project_file(tmp_path, "big.csv"), {}, WHEN)
    with store.open_raw("d", entry.sha256) as raw:
        assert raw.read(10) == b"\0" * 10
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert entry.bytes == 100_000_000 and peak < 4 << 20


def test_a_body_that_can_not_be_read_to_its_end_is_told_and_leaves_nothing(store: Store) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    finding = _refused(lambda: store.archive("d", dataclasses.replace(_answer(), body=Body(2 << 20, Broken)), {}, WHEN))
    assert (finding.code, finding.value) == ("file-unreadable", URL)
    assert store.ledger("d") == () and list((store.root / ".new").iterdir()) == []


def test_archived_bytes_are_given_as_a_file_after_they_were_verified(store: Store) -> None:
    entry = store.archive("d", dataclasses.replace(_answer(), body=make_big(1)), {}, WHEN)
    with store.open_raw("d", entry.sha256) as raw:
        assert raw.read(3) == b"\1\1\1" and raw.seek(0, os.SEEK_END) == 5_000_000
    store.raw_path("d", entry.sha256).write_bytes(b"\1" * 4_999_999 + b"\2")
    before = list_open(store.root)
    assert _refused(lambda: store.open_raw("d", entry.sha256)).code == "raw-changed"
    assert list_open(store.root) == before
    store.raw_path("d", entry.sha256).unlink()
    assert _refused(lambda: Store(store.root).open_raw("d", entry.sha256)).code == "raw-missing"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc", "a\\b", ".hidden", "a\n"])
def test_names_never_lead_elsewhere(store: Store, name: str) -> None:
    assert _refused(lambda: store.archive(name, _answer(), {}, WHEN)).code == "outside-project"
    assert _refused(lambda: store.release_path("d", name)).code == "outside-project"


def test_odd_urls_give_no_odd_suffixes(store: Store) -> None:
    for url in ("https://a.example.jp/x.tar.gz", "https://[bad", "https://a.example.jp/x.c%2Fsv", "https://a/x.日本"):
        store.archive("d", Answer(url, 200, "live", make_body(url.encode())), {}, WHEN)
    assert sorted(path.suffix for path in (store.root / "d/raw").iterdir()) == ["", "", "", ".gz", ".jsonl"]


def test_what_cannot_be_encoded_is_still_kept(store: Store) -> None:
    entry = store.archive("d", _answer(), {"x": "\udc80"}, WHEN)
    assert Store(store.root).ledger("d") == (entry,)


def test_a_full_disk_is_told_and_leaves_nothing_half(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    finding = _refused(lambda: store.archive("d", _answer(), {}, WHEN))
    assert finding.code == "cannot-write" and finding.args["why"].startswith("空き容量がありません")
    assert _refused(lambda: store.write_release("d", "2026.11.23", {"a": b""})).code == "cannot-write"
    monkeypatch.undo()
    with store.lock():
        assert set(_all_files(store.root)) == {".lock"}
    assert store.ledger("d") == ()


# ---- trial


def test_a_trial_shares_what_is_never_overwritten_and_touches_nothing(store: Store, tmp_path: Path) -> None:
    entry = store.archive("d", _answer(), {}, WHEN)
    store.write_release("d", "1", FILES)
    store.write_history("d", History(("1",), "k"))
    before = _all_files(store.root)
    with store.trial("d", tmp_path / "build") as trial:
        assert trial.ledger("d") == (entry,) and trial.history("d") == store.history("d")
        assert trial.raw_path("d", entry.sha256).samefile(store.raw_path("d", entry.sha256))
        assert (trial.release_path("d", "1") / "data/x.csv").samefile(store.release_path("d", "1") / "data/x.csv")
        trial.archive("d", _answer(b"new"), {}, WHEN)
        trial.write_release("d", "2", FILES)
        trial.write_history("d", History(("1", "2"), "k"))
        assert len(trial.ledger("d")) == 2 and trial.list_datasets() == ("d",)
    assert _all_files(store.root) == before and list((tmp_path / "build").iterdir()) == []
    with store.trial("new", tmp_path / "build") as trial:
        assert trial.list_datasets() == ()


def test_a_trial_on_another_disk_is_a_copy(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    entry = store.archive("d", _answer(), {}, WHEN)
    monkeypatch.setattr(os, "link", refuse)
    with store.trial("d", tmp_path / "build") as trial:
        path = trial.raw_path("d", entry.sha256)
        assert trial.raw("d", entry.sha256) == b"a,b\n" and not path.samefile(store.raw_path("d", entry.sha256))


# ---- lock


def test_two_cannot_write_at_once_and_a_lock_can_be_taken_again(store: Store) -> None:
    with store.lock():
        assert _refused(lambda: Store(store.root).lock().__enter__()).code == "locked"
    with store.lock():
        pass


def test_a_run_after_a_crash_mends_and_tells(store: Store) -> None:
    entry = store.archive("d", _answer(), {}, WHEN)
    store.write_release("d", "1", FILES)
    store.write_history("d", History(("1",), "k"))
    with store.lock() as told:
        assert told == ()
    store.write_release("d", "2", {"x.csv": b"never recorded"})
    ledger = store.root / "d/raw/ledger.jsonl"
    good = ledger.read_bytes()
    ledger.write_bytes(good + b'{"when":"2026')
    (store.root / ".new").mkdir(exist_ok=True)
    (store.root / ".new/1.tmp").write_bytes(b"half")
    (store.root / ".lock").write_bytes(b"running\n")
    again = Store(store.root)
    with again.lock() as told:
        assert [finding.code for finding in told] == ["run-cut-short", "ledger-mended", "release-set-aside"]
        assert {finding.severity for finding in told} == {"notice"}
    assert ledger.read_bytes() == good and again.ledger("d") == (entry,)
    assert not (store.root / ".new").exists() and again.list_release("d", "2") == ()
    assert (store.root / ".aside/d@2/x.csv").read_bytes() == b"never recorded"
    assert again.list_datasets() == ("d",) and again.history("d").versions == ("1",)
    with again.lock() as told:
        assert told == ()


def test_releases_are_never_thrown_away_because_their_history_is_lost(store: Store) -> None:
    for version in ("1", "2", "3"):
        store.write_release("d", version, FILES)
        store.write_history("d", History(tuple("123"[: int(version)]), "k"))
    for history in (History(), History(("1",), "k")):
        store.write_history("d", history)
        before = _all_files(store.root / "d")
        with store.lock() as told:
            assert told == ()
        finding = _refused(lambda: store.history("d"))
        assert (finding.code, finding.args["count"]) == ("history-lost", str(3 - len(history.versions)))
        assert _refused(lambda: store.write_release("d", "3", {"x": b""})).code == "history-lost"
        assert _all_files(store.root / "d") == before


def _sleep_with_lock(root: Path, ready: "multiprocessing.synchronize.Event") -> None:
    with Store(root).lock():
        ready.set()
        multiprocessing.Event().wait(60)


def test_a_lock_dies_with_its_process(store: Store) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=_sleep_with_lock, args=(store.root, ready), daemon=True)
    process.start()
    assert ready.wait(20)
    assert _refused(lambda: store.lock().__enter__()).code == "locked"
    process.kill()
    process.join()
    with store.lock():
        pass


def test_a_child_does_not_keep_its_parents_lock(store: Store) -> None:
    with store.lock():
        handles = set(store_lock._held)
        child = os.fork()
        if child == 0:
            os._exit(sum(Path(f"/dev/fd/{handle}").exists() for handle in handles))
        assert len(handles) == 1 and os.waitpid(child, 0)[1] == 0
        assert _refused(lambda: Store(store.root).lock().__enter__()).code == "locked"


# ---- releases

FILES = {"datapackage.json": b"{}", "data/x.csv": b"a\n1\n", "SHA256SUMS": b""}


def test_a_release_is_written_whole_and_read_back(store: Store) -> None:
    store.write_release("d", "2026.11.23", FILES)
    assert store.list_release("d", "2026.11.23") == ("SHA256SUMS", "data/x.csv", "datapackage.json")
    assert {path: store.read_release("d", "2026.11.23", path) for path in FILES} == FILES
    assert store.list_release("d", "2026.11.24") == ()
    assert _refused(lambda: store.read_release("d", "2026.11.23", "none.csv")).code == "store-broken"
    assert _refused(lambda: store.read_release("d", "2026.11.23", "../../x")).code == "outside-project"
    assert store.list_datasets() == ("d",)


@pytest.mark.parametrize(
    ("values", "title", "same"),
    [([1, 2], "番号", True), ([1, 2], "別の題名", True), ([1, 3], "番号", False), (["1", "2"], "番号", False)],
)
def test_a_parquet_file_is_the_same_if_its_types_and_pages_are(
    store: Store, values: list[object], title: str, same: bool
) -> None:
    def make(values: list[object], title: str) -> bytes:
        field = pa.field("a", pa.array(values).type, metadata={"title": title})
        sink = BytesIO()
        pq.write_table(pa.table([pa.array(values)], schema=pa.schema([field])), sink)
        return sink.getvalue()

    store.write_release("d", "1", {"x.parquet": make([1, 2], "番号")})
    with store.desk("d") as desk:
        desk.open("x.parquet").write(make(values, title))
        assert store.has_same_columns("d", "1", "x.parquet", desk) == same
        assert not store.has_same_columns("d", "1", "y.parquet", desk)


def test_a_release_of_the_history_is_never_overwritten(store: Store) -> None:
    store.write_release("d", "2026.11.23", FILES)
    store.write_history("d", History(versions=("2026.11.23",), key="k"))
    before = _all_files(store.root / "d")
    assert _refused(lambda: store.write_release("d", "2026.11.23", {"x": b"other"})).code == "release-exists"
    assert _all_files(store.root / "d") == before


def test_a_release_that_never_reached_the_history_gives_way(store: Store) -> None:
    store.write_release("d", "2026.11.23", {"half.csv": b"x"})
    store.write_release("d", "2026.11.23", FILES)
    assert _all_files(store.release_path("d", "2026.11.23")) == FILES


def test_a_crash_in_the_middle_leaves_no_release(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", crash)
    with pytest.raises(KeyboardInterrupt):
        store.write_release("d", "2026.11.23", FILES)
    monkeypatch.undo()
    assert store.list_release("d", "2026.11.23") == ()
    assert (store.root / ".new").exists()
    with store.lock():
        assert not (store.root / ".new").exists()
    store.write_release("d", "2026.11.23", FILES)
    assert _all_files(store.release_path("d", "2026.11.23")) == FILES


def test_paths_of_a_release_stay_inside(store: Store) -> None:
    for path in ("../x", "/x", "a/../../x", ""):
        assert _refused(lambda path=path: store.write_release("d", "1", {path: b""})).code == "outside-project"  # type: ignore[misc]
    assert store.list_release("d", "1") == ()


words = st.text(max_size=12)
places = st.builds(
    Place,
    file=words,
    line=st.none() | st.integers(0, 9),
    sheet=words,
    row=st.none() | st.integers(0, 9),
    column=words,
    cell=words,
)
findings = st.builds(
    Finding,
    st.sampled_from(sorted(CODES)),
    st.sampled_from(["error", "warning", "notice"]),
    places,
    words | st.just("\udc80"),
    st.dictionaries(words, words, max_size=2),
)
attempts = st.builds(Attempt, when=words, findings=st.lists(findings, max_size=3).map(tuple), count=st.integers(0, 9))
histories = st.builds(History, versions=st.lists(words, max_size=3).map(tuple), key=words, attempt=st.none() | attempts)


@given(histories)
def test_a_history_is_read_as_it_was_written(history: History) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        assert store.history("d") == History()
        store.write_history("d", history)
        assert store.history("d") == history


def test_a_history_is_for_people_too(store: Store) -> None:
    finding = Finding("rows-min", "error", Place(file="pipelines/d.yaml", line=3), "2", {"allowed": "3"})
    store.write_history("d", History(("2026.11.23",), "k", Attempt(WHEN, (finding,), 1)))
    text = (store.root / "d/releases.json").read_text("utf-8")
    assert text.startswith('{\n  "current": "2026.11.23",\n') and '"line": 3\n' in text and "null" not in text


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"versions": 3, "key": "", "attempt": null}', b"\xff"])
def test_a_broken_history_is_told(store: Store, body: bytes) -> None:
    store.write_history("d", History())
    (store.root / "d/releases.json").write_bytes(body)
    assert _refused(lambda: store.history("d")).code == "store-broken"


# ---- cache


def test_the_cache_gives_back_or_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert cache.get("abcd") is None
    cache.put("abcd", b"1")
    cache.put("abcd", b"2")
    assert cache.get("abcd") == Cache(tmp_path / "cache").get("abcd") == b"2"
    (tmp_path / "cache/ab/abcd").write_bytes(b"\x00" * 40)
    assert cache.get("abcd") is None


def test_the_cache_tells_the_digest_of_what_is_sound(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    assert cache.find_digest("ab") is None
    cache.put("ab", b"bytes")
    assert cache.find_digest("ab") == hashlib.sha256(b"bytes").hexdigest()
    cache.locate("ab").write_bytes(b"bites" + hashlib.sha256(b"bytes").digest())
    assert Cache(tmp_path / "c").find_digest("ab") is None


def test_the_cache_takes_and_gives_files(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    with cache.write("abcd") as file:
        file.write(b"a careful beginning")
        file.seek(0)
        file.truncate()
        for n in range(3):
            file.write(n.to_bytes() * 1_000_000)
        assert cache.open("abcd") is None
    whole = b"".join(n.to_bytes() * 1_000_000 for n in range(3))
    assert cache.get("abcd") == whole
    for _ in range(2):
        found = cache.open("abcd")
        assert found
        with found:
            assert found.seek(-2, os.SEEK_END) == 2_999_998 and found.read() == b"\2\2" and found.read(1) == b""
            assert found.seek(999_999) == 999_999 and found.read(2) == b"\0\1" and found.tell() == 1_000_001
            assert found.seek(0) == 0 and found.read() == whole
    assert list((tmp_path / "cache/.new").iterdir()) == []


def test_a_file_of_the_cache_that_ends_badly_never_was(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.put("abcd", b"1")
    with pytest.raises(KeyboardInterrupt), cache.write("abcd") as file:
        file.write(b"2")
        raise KeyboardInterrupt
    assert cache.get("abcd") == b"1" and list((tmp_path / "cache/.new").iterdir()) == []

    def write() -> None:
        with cache.write("abcd"):
            raise OSError(errno.ENOSPC, "No space left on device")

    assert _refused(write).code == "cannot-write" and cache.get("abcd") == b"1"


def test_bytes_that_the_cache_has_no_room_for_are_told_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    cache = Cache(tmp_path / "cache")
    cache.put("abcd", b"1")
    monkeypatch.setattr(os, "replace", refuse)
    assert _refused(lambda: cache.put("abcd", b"2")).code == "cannot-write"
    assert cache.get("abcd") == b"1" and list((tmp_path / "cache/.new").iterdir()) == []


@pytest.mark.parametrize("spoilt", [b"", b"1", b"\0" * 40, hashlib.sha256(b"").digest()[:31]])
def test_what_the_disk_has_spoilt_is_not_given(tmp_path: Path, spoilt: bytes) -> None:
    cache = Cache(tmp_path / "cache")
    cache.put("abcd", b"1")
    (tmp_path / "cache/ab/abcd").write_bytes(spoilt)
    before = list_open(tmp_path)
    assert cache.get("abcd") is None and cache.open("abcd") is None
    assert list_open(tmp_path) == before


def test_arrow_reads_and_writes_files_of_the_cache(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    table = pa.table({"a": [str(n) for n in range(100_000)]})
    for make_writer, make_reader in (
        (pa.ipc.new_stream, pa.ipc.open_stream),
        (pa.ipc.new_file, pa.ipc.open_file),
        (pq.ParquetWriter, pq.ParquetFile),
    ):
        with cache.write("abcd") as file, make_writer(file, table.schema) as writer:
            writer.write_table(table)
        found = cache.open("abcd")
        assert found
        with found, make_reader(found) as reader:
            assert (reader.read() if isinstance(reader, pq.ParquetFile) else reader.read_all()) == table


# ---- site


def test_the_site_is_replaced_whole(store: Store, tmp_path: Path) -> None:
    store.write_release("d", "2026.11.23", FILES)
    release = store.release_path("d", "2026.11.23")
    site = tmp_path / "build/site"
    publish_site(site, {"index.html": b"1", "gone.html": b""}, {"datasets/d/2026.11.23": release})
    publish_site(
        site,
        {"index.html": b"2"},
        {"datasets/d/2026.11.23": release, "datasets/d/x.csv": release / "data/x.csv"},
    )
    files = _all_files(site)
    files.pop(store_site.MARK)
    assert files == {
        "index.html": b"2",
        "datasets/d/x.csv": b"a\n1\n",
        **{f"datasets/d/2026.11.23/{path}": body for path, body in FILES.items()},
    }
    assert sorted(path.name for path in site.parent.iterdir()) == [".site.old", "site"]
    assert (site.parent / ".site.old/index.html").read_bytes() == b"1"


def test_unchanged_copies_are_shared_with_the_site_before_and_never_with_the_store(
    store: Store, tmp_path: Path
) -> None:
    store.write_release("d", "2026.11.23", FILES)
    release, site = store.release_path("d", "2026.11.23"), tmp_path / "site"
    publish_site(site, {}, {"r": release})
    before = (site / "r/data/x.csv").stat().st_ino
    publish_site(site, {}, {"r": release})
    assert (site / "r/data/x.csv").stat().st_ino == before != (release / "data/x.csv").stat().st_ino
    (site / "r/data/x.csv").write_bytes(b"edited by hand")
    publish_site(site, {}, {"r": release})
    assert (site / "r/data/x.csv").read_bytes() == b"a\n1\n" == (release / "data/x.csv").read_bytes()


def test_a_file_at_two_paths_of_the_site_is_one_copy(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write_release("d", "2026.11.23", FILES)
    release, site = store.release_path("d", "2026.11.23"), tmp_path / "site"
    right = hashlib.sha256(b"a\n1\n").hexdigest()
    copies = {"now/x.csv": release / "data/x.csv", "old/x.csv": release / "data/x.csv", "r": release}
    publish_site(site, {}, copies, {"now/x.csv": right, "old/x.csv": right})
    found = [site / "now/x.csv", site / "old/x.csv", site / "r/data/x.csv"]
    assert [path.read_bytes() for path in found] == [b"a\n1\n"] * 3
    assert found[0].stat().st_ino == found[1].stat().st_ino != (release / "data/x.csv").stat().st_ino
    wrong = {"now/x.csv": right, "old/x.csv": "0" * 64}
    assert _refused(lambda: publish_site(tmp_path / "other", {}, copies, wrong)).code == "checksum"

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    publish_site(tmp_path / "third", {}, copies)
    assert [(tmp_path / "third" / name).read_bytes() for name in ("now/x.csv", "old/x.csv")] == [b"a\n1\n"] * 2


def test_every_copy_that_is_bad_is_named(store: Store, tmp_path: Path) -> None:
    store.write_release("d", "1", FILES)
    table, gone = store.release_path("d", "1") / "data/x.csv", tmp_path / "gone"
    with pytest.raises(BadCopies) as caught:
        publish_site(tmp_path / "site", {}, {"a/x.csv": gone, "b/x.csv": table, "c/x.csv": gone})
    assert [(each.code, each.place.file) for each in caught.value.findings] == [
        ("store-broken", "a/x.csv"), ("store-broken", "c/x.csv"),
    ]  # fmt: skip
    wrong = {"a/x.csv": "0" * 64, "c/x.csv": "1" * 64}
    with pytest.raises(BadCopies) as caught:
        publish_site(tmp_path / "site", {}, {"a/x.csv": table, "b/x.csv": table, "c/x.csv": table}, wrong)
    assert [(each.code, each.place.file) for each in caught.value.findings] == [
        ("checksum", "a/x.csv"), ("checksum", "c/x.csv"),
    ]  # fmt: skip
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("pages", "copies", "code"),
    [
        ({"r/data/x.csv": b""}, {"r": "."}, "same-path"),
        ({"a": b"", "a/b": b""}, {}, "same-path"),
        ({"a": b"", "./a": b""}, {}, "same-path"),
        ({"r": b""}, {"r": "."}, "same-path"),
        ({store_site.MARK: b""}, {}, "same-path"),
        ({"../a": b""}, {}, "outside-project"),
        ({"/a": b""}, {}, "outside-project"),
        ({"": b""}, {}, "outside-project"),
        ({}, {"r": "not/there"}, "store-broken"),
    ],
)
def test_what_can_not_be_a_site_leaves_the_old_one(
    store: Store, tmp_path: Path, pages: dict[str, bytes], copies: dict[str, str], code: str
) -> None:
    store.write_release("d", "1", FILES)
    site = tmp_path / "site"
    publish_site(site, {"index.html": b"old"}, {})
    release = store.release_path("d", "1")
    finding = _refused(lambda: publish_site(site, pages, {path: release / name for path, name in copies.items()}))
    assert finding.code == code
    assert (site / "index.html").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["datapackages", "site"]


def test_a_failure_halfway_leaves_the_old_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    publish_site(site, {"index.html": b"old"}, {})
    rename = Path.rename

    def fail_once(self: Path, target: Path) -> Path:
        if self.name == ".site.new":
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(store_site, "exchange", lambda one, other: False)
    monkeypatch.setattr(Path, "rename", fail_once)
    assert _refused(lambda: publish_site(site, {"index.html": b"new"}, {})).code == "cannot-write"
    assert (site / "index.html").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_where_names_can_not_be_exchanged_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    monkeypatch.setattr(store_site, "exchange", lambda one, other: False)
    assert publish_site(site, {"index.html": b"old"}, {}) == ()
    assert [finding.code for finding in publish_site(site, {"index.html": b"new"}, {})] == ["site-two-steps"]
    assert (site / "index.html").read_bytes() == b"new"


def test_the_names_of_two_folders_are_exchanged(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    if not store_disk.exchange(tmp_path / "one", tmp_path / "other"):
        pytest.skip("this disk can't")
    assert (tmp_path / "one/x").read_text() == "other" and (tmp_path / "other/x").read_text() == "one"
    with pytest.raises(FileNotFoundError):
        store_disk.exchange(tmp_path / "one", tmp_path / "none")


def test_what_a_crash_left_of_a_site_is_mended_and_told(tmp_path: Path) -> None:
    site = tmp_path / "site"
    publish_site(site, {"index.html": b"old"}, {})
    assert mend_site(site) == ()
    (tmp_path / ".site.new/half").mkdir(parents=True)
    assert [finding.code for finding in mend_site(site)] == ["site-cleared"]
    site.rename(tmp_path / ".site.old")
    assert [finding.code for finding in mend_site(site)] == ["site-put-back"]
    assert (site / "index.html").read_bytes() == b"old" and [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_rotten_file_is_not_published(store: Store, tmp_path: Path) -> None:
    store.write_release("d", "1", FILES)
    copies = {"x.csv": store.release_path("d", "1") / "data/x.csv"}
    sums = {"x.csv": hashlib.sha256(b"a\n1\n").hexdigest()}
    publish_site(tmp_path / "site", {}, copies, sums)
    copies["x.csv"].write_bytes(b"a\n2\n")
    assert _refused(lambda: publish_site(tmp_path / "site", {}, copies, sums)).code == "checksum"
    assert (tmp_path / "site/x.csv").read_bytes() == b"a\n1\n"


def test_a_folder_with_other_things_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/thesis.docx").write_bytes(b"years of work")
    assert _refused(lambda: publish_site(tmp_path / "home", {"index.html": b""}, {})).code == "not-our-folder"
    assert _refused(lambda: publish_site(tmp_path / "home/thesis.docx", {}, {})).code == "not-our-folder"
    assert (tmp_path / "home/thesis.docx").read_bytes() == b"years of work"
    (tmp_path / "empty").mkdir()
    publish_site(tmp_path / "empty", {"index.html": b""}, {})
    assert (tmp_path / "empty/index.html").exists()


# ---- project


def test_project_files_are_read_sorted_and_not_from_outside(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "pipelines").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_bytes(b"secret")
    for name in ("b", "a"):
        (project / f"pipelines/{name}.yaml").write_bytes(name.encode())
    (project / "pipelines/c.yaml").symlink_to(tmp_path / "secret.yaml")
    (project / "pipelines/d.yaml").symlink_to(project / "pipelines/a.yaml")
    assert list(read_project(project, "pipelines/*.yaml").items()) == [
        ("pipelines/a.yaml", b"a"),
        ("pipelines/b.yaml", b"b"),
        ("pipelines/d.yaml", b"a"),
    ]
    (project / "codes").symlink_to(tmp_path)
    assert read_project(project, "codes/*.yaml") == {}, "nor by way of a folder"
    assert read_project(project, "none.yaml") == {}


def test_a_project_file_is_never_replaced(tmp_path: Path) -> None:
    write_project(tmp_path, "pipelines/x.yaml", b"1")
    assert _refused(lambda: write_project(tmp_path, "pipelines/x.yaml", b"2")).code == "file-exists"
    assert _refused(lambda: write_project(tmp_path, "../x.yaml", b"2")).code == "outside-project"
    assert _refused(lambda: write_project(tmp_path, "pipelines/x.yaml/y", b"2")).code == "cannot-write"
    assert (tmp_path / "pipelines/x.yaml").read_bytes() == b"1"


def test_a_site_that_others_may_not_open_is_damaged_though_its_mark_is_closed_too(tmp_path: Path) -> None:
    site, body = tmp_path / "site", b"a page"
    sums = f"{hashlib.sha256(body).hexdigest()}  index.html\n".encode()
    publish_site(site, {"index.html": body, "SHA256SUMS": sums}, {})
    assert store_site.find_damage(site, store_disk.WHOLE) == ()
    (site / store_site.MARK).chmod(0o600)
    assert store_site.find_damage(site, store_disk.WHOLE) == ()
    (site / store_site.MARK).chmod(0o600)
    site.chmod(0o700)
    assert store_site.find_damage(site, store_disk.WHOLE) == (store_site.MARK,)
