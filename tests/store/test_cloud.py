"""A site in a store of objects: only what has changed, nothing mixed, nothing lost, whatever cuts an upload."""

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from objects import BUCKET, PREFIX, Gate, needs_rclone, needs_store, open_objects, open_rclone
from sweeping import halve

from entaku.model.files import SUMS
from entaku.model.nouns import Finding, Refused
from entaku.model.serving import FOR_EVER
from entaku.store import cloud, putting
from entaku.store import site as sites
from entaku.store.bucket import Bucket
from entaku.store.cloud import POINTER, Upload, VersionName, upload_site

pytestmark = needs_store
ADDRESS = f"s3://{BUCKET}/{PREFIX}"
TODAY = date(2026, 11, 30)
EVERY = os.environ.get("ENTAKU_FAULTS") == "1"
"""Cut uploads of larger sites, at many more requests."""
POINTS, MORE = (200, 9) if EVERY else (10, 0)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    with open_objects(monkeypatch) as gate:
        yield gate


# ---- sites of pages that name files, as real ones do


def make_pages(versions: Mapping[str, tuple[str, ...]], style: str = "1") -> dict[str, bytes]:
    """Pages by path: of each dataset the current version and all others, with a style sheet named by its content."""
    asset = f"assets/style.{hashlib.sha256(style.encode()).hexdigest()[:10]}.css"
    pages = {asset: style.encode()}

    def page(*links: str) -> bytes:
        return "".join(f'<a href="{link}"></a>' for link in (asset, *links)).encode()

    for name, days in versions.items():
        for day in days:
            table = f"id,day\n1,{day}\n".encode()
            folder = f"datasets/{name}/{day}"
            pages[f"{folder}/t.csv"] = table
            pages[f"{folder}/{SUMS}"] = f"{hashlib.sha256(table).hexdigest()}  t.csv\n".encode()
            pages[f"{folder}/index.html"] = page(f"datasets/{name}/index.html", f"{folder}/t.csv")
        digest = hashlib.sha256(table).hexdigest()
        pages[f"datasets/{name}/t.csv"] = table
        inside = f"datasets/{name}"
        pages[f"{inside}/report/index.html"] = page(f"{inside}/index.html", f"{inside}/{days[-1]}/{SUMS}")
        pages[f"{inside}/index.html"] = page(
            *(f"{inside}/{day}/index.html" for day in days), f"{inside}/report/index.html", f"{inside}/t.csv",
            f"{inside}/{days[-1]}/t.csv#{digest}",
        )  # fmt: skip
    pages["datasets/index.html"] = page(*(f"datasets/{name}/index.html" for name in versions))
    pages["index.html"] = page("datasets/index.html")
    pages["manifest.json"] = repr(versions).encode()
    return pages


def publish(folder: Path, versions: Mapping[str, tuple[str, ...]], style: str = "1") -> Path:
    pages = make_pages(versions, style)
    sums = "".join(f"{hashlib.sha256(body).hexdigest()}  {path}\n" for path, body in sorted(pages.items()))
    sites.publish_site(folder, {**pages, SUMS: sums.encode()}, {})
    return folder


def run(site: Path, notes: Path, **more: object) -> tuple[Finding, ...]:
    upload = Upload(**{"address": ADDRESS, "today": TODAY, "notes": notes, **more})  # type: ignore[arg-type]
    return upload_site(site, upload, lambda what, done, total: None)


def refuse(site: Path, notes: Path, **more: object) -> str:
    with pytest.raises(Refused) as refused:
        run(site, notes, **more)
    return refused.value.finding.code


def list_tags(site: Path) -> dict[str, str]:
    """The ETag that a store gives to each file of a site."""
    paths = [path for path in site.rglob("*") if path.is_file() and path.name != sites.MARK]
    return {
        path.relative_to(site).as_posix(): hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        for path in paths
    }


def list_site(gate: Gate) -> dict[str, str]:
    """What the store has of a site, without what publishers keep there."""
    return {path: tag for path, tag in gate.list().items() if not path.startswith(cloud.FOLDER)}


A = {"a": ("2026.11.01",), "b": ("2026.11.01", "2026.11.02"), "c": ("2026.11.03",)}
B = {"a": ("2026.11.01", "2026.11.30"), "b": A["b"], "c": A["c"], "d": ("2026.11.30",)}


# ---- what is written


def test_a_site_is_put_whole_and_the_second_time_only_asked_for(gate: Gate, tmp_path: Path) -> None:
    site = publish(tmp_path / "site", A)
    (told,) = run(site, tmp_path / "notes")
    assert (told.code, told.args["count"], told.args["removed"]) == ("uploaded", str(len(list_tags(site))), "0")
    assert list_site(gate) == list_tags(site)
    assert len(gate.put()) == len(set(gate.put())) == len(list_tags(site))
    kept = [path for path in gate.list() if path.startswith(cloud.FOLDER)]
    assert len(kept) == 2 and POINTER in kept
    gate.asked.clear()
    assert run(site, tmp_path / "notes") == ()
    assert [method for method, _ in gate.asked] == ["GET", "GET"]


def test_only_what_has_changed_is_put(gate: Gate, tmp_path: Path) -> None:
    before = list_tags(publish(tmp_path / "site", A))
    run(tmp_path / "site", tmp_path / "notes")
    gate.asked.clear()
    after = list_tags(publish(tmp_path / "site", B))
    run(tmp_path / "site", tmp_path / "notes")
    assert sorted(gate.put()) == sorted(path for path, tag in after.items() if before.get(path) != tag)
    own = [key for method, key in gate.asked if method == "PUT" and f"/{cloud.FOLDER}" in f"/{key}"]
    assert len(own) <= 6  # two proofs, a claim, a plan, a list, and the end of the claim
    assert list_site(gate) == after
    assert gate.put()[-1] == SUMS
    assert gate.put().index("datasets/a/2026.11.30/t.csv") < gate.put().index("datasets/a/index.html")


def test_files_have_their_types_and_may_be_kept_as_with_other_servers(gate: Gate, tmp_path: Path) -> None:
    run(publish(tmp_path / "site", A), tmp_path / "notes")
    shown = {
        path: gate.read(path).headers for path in ("index.html", "datasets/a/t.csv", "datasets/a/2026.11.01/t.csv")
    }
    assert [each["Content-Type"] for each in shown.values()] == [
        "text/html; charset=utf-8",
        *["text/csv; charset=utf-8"] * 2,
    ]
    assert [each["Cache-Control"] for each in shown.values()] == ["no-cache", "no-cache", FOR_EVER]
    assert all("Content-Encoding" not in each for each in shown.values())


def test_files_with_other_headers_are_put_again(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = publish(tmp_path / "site", A)
    run(site, tmp_path / "notes")
    gate.asked.clear()
    monkeypatch.setattr(cloud, "find_headers", lambda path: {"Content-Type": "text/x" if path.endswith(".csv") else ""})
    run(site, tmp_path / "notes")
    monkeypatch.undo()
    assert len(gate.put()) == len(list_tags(site))


def test_a_large_file_is_sent_in_pieces(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(putting, "LARGE", 1 << 20)
    body = random.Random(1).randbytes(12_000_000)
    sums = f"{hashlib.sha256(body).hexdigest()}  large.parquet\n".encode()
    sites.publish_site(tmp_path / "site", {"large.parquet": body, SUMS: sums}, {})
    run(tmp_path / "site", tmp_path / "notes")
    assert gate.read("large.parquet").content == body
    assert len(gate.put()) == 3 + 1  # pieces, checksums


def test_dry_tells_and_writes_nothing(gate: Gate, tmp_path: Path) -> None:
    site = publish(tmp_path / "site", A)
    (told,) = run(site, tmp_path / "notes", dry=True)
    assert (told.code, told.args["count"]) == ("upload-planned", str(len(list_tags(site))))
    assert gate.list() == {} and {method for method, _ in gate.asked} == {"GET"}


# ---- what is removed


def test_what_has_gone_is_removed_and_what_open_pages_name_a_day_later(gate: Gate, tmp_path: Path) -> None:
    run(publish(tmp_path / "site", A, "old"), tmp_path / "notes")
    (old,) = [path for path in list_site(gate) if path.startswith("assets/")]
    less = {name: A[name] for name in ("a", "b")}
    gone = [VersionName("c", "2026.11.03")]
    run(publish(tmp_path / "site", less, "new"), tmp_path / "notes", excused=gone)
    assert list_site(gate).keys() == {*list_tags(tmp_path / "site"), old}
    gate.asked.clear()
    assert run(tmp_path / "site", tmp_path / "notes", excused=gone) == ()
    (told,) = run(tmp_path / "site", tmp_path / "notes", today=date(2026, 12, 1), excused=gone)
    assert (told.args["count"], told.args["removed"], gate.put()) == ("0", "1", [])
    assert list_site(gate) == list_tags(tmp_path / "site")


def test_nothing_cited_is_removed_or_replaced(gate: Gate, tmp_path: Path) -> None:
    run(publish(tmp_path / "site", A), tmp_path / "notes")
    before = gate.list()
    less = publish(tmp_path / "less", {**A, "b": A["b"][:1]})
    other = publish(tmp_path / "other", A)
    (other / "datasets/a/2026.11.01" / SUMS).write_bytes(b"0" * 64 + b"  t.csv\n")
    sums = "".join(
        f"{hashlib.sha256((other / path).read_bytes()).hexdigest()}  {path}\n" for path in sorted(list_tags(other).keys() - {SUMS})
    )  # fmt: skip
    (other / SUMS).write_text(sums)
    (other / sites.MARK).write_bytes(sites.write_mark(sums.encode()))
    assert [refuse(less, tmp_path / "notes"), refuse(other, tmp_path / "notes")] == ["bucket-versions-lost"] * 2
    assert gate.list() == before


def test_only_removing_leaves_the_rest(gate: Gate, tmp_path: Path) -> None:
    site = publish(tmp_path / "site", A)
    run(site, tmp_path / "notes")
    gate.asked.clear()
    run(site, tmp_path / "notes", without=frozenset("c"))
    assert gate.put() == []
    assert list_site(gate) == {path: tag for path, tag in list_tags(site).items() if "datasets/c/" not in path}
    run(site, tmp_path / "notes")
    assert list_site(gate) == list_tags(site)


# ---- what is refused


def test_a_place_with_other_things_is_refused(gate: Gate, tmp_path: Path) -> None:
    gate.store("photo.jpg", b"")
    assert refuse(publish(tmp_path / "site", A), tmp_path / "notes") == "bucket-not-ours"
    assert gate.list().keys() == {"photo.jpg"}


@pytest.mark.parametrize("deaf", [("If-Match", "If-None-Match"), ("If-Match",), ("If-None-Match",)])
@pytest.mark.parametrize("before", [True, False])
def test_a_store_that_ignores_conditions_is_refused(
    gate: Gate, tmp_path: Path, deaf: tuple[str, ...], before: bool
) -> None:
    if before:
        run(publish(tmp_path / "site", A), tmp_path / "notes")
    there = gate.list()
    gate.deaf = frozenset(deaf)
    assert refuse(publish(tmp_path / "site", B), tmp_path / "notes") == "bucket-conditions"
    assert gate.list() == there
    gate.deaf = frozenset()
    run(tmp_path / "site", tmp_path / "notes")
    assert list_site(gate) == list_tags(tmp_path / "site")


@needs_rclone
def test_rclone_is_as_any_store_once_something_holds_conditions_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`rclone serve s3` ignores them; the gate holds them."""
    notes, sites_ = tmp_path / "notes", [publish(tmp_path / name, has) for name, has in (("a", A), ("b", B))]
    tags = [list_tags(site) for site in sites_]
    with open_rclone(tmp_path / "rclone", monkeypatch) as gate:
        assert refuse(sites_[0], notes) == "bucket-conditions" and gate.list() == {}
        gate.heeds = True
        run(sites_[0], notes)
        assert list_site(gate) == tags[0]
        gate.asked.clear()
        assert run(sites_[0], notes) == () and [method for method, _ in gate.asked] == ["GET", "GET"]
        other = publish(tmp_path / "other", {"x": ("2026.11.01",)})
        assert refuse(other, tmp_path / "theirs") == "bucket-versions-lost" and list_site(gate) == tags[0]
        there, gate.heeds = gate.list(), False
        assert refuse(sites_[1], notes) == "bucket-conditions" and gate.list() == there
        gate.heeds = True
        gate.asked.clear()
        run(sites_[1], notes)
        assert sorted(gate.put()) == sorted(path for path, tag in tags[1].items() if tags[0].get(path) != tag)
        assert list_site(gate) == tags[1]
        less = publish(tmp_path / "less", {name: days for name, days in B.items() if name != "c"})
        run(less, notes, excused=[VersionName("c", "2026.11.03")])
        assert list_site(gate) == list_tags(less)


def test_conditions_are_tried_once_in_an_upload(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writes that must be refused; two that say that the upload is under way, and that it is done."""
    monkeypatch.setattr(putting, "RENEW", 3600.0)
    for versions in (A, B):
        gate.asked.clear()
        run(publish(tmp_path / "site", versions), tmp_path / "notes")
        assert gate.asked.count(("PUT", f"{PREFIX}/{POINTER}")) == 4


def test_an_address_is_the_same_with_and_without_a_slash_at_its_end(gate: Gate, tmp_path: Path) -> None:
    site = publish(tmp_path / "site", A)
    run(site, tmp_path / "notes", address=f"{ADDRESS}/")
    assert list_site(gate) == list_tags(site) and run(site, tmp_path / "notes") == ()
    (listed,) = (path for path in gate.list() if path.startswith(f"{cloud.FOLDER}files-"))
    gate.store(listed, b"")
    with pytest.raises(Refused) as refused:
        run(site, tmp_path / "notes", address=f"{ADDRESS}/")
    assert (refused.value.finding.code, refused.value.finding.value) == ("bucket-broken", f"{ADDRESS}/{listed}")


def test_failures_are_told_in_words(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = publish(tmp_path / "site", A)
    monkeypatch.setattr("entaku.store.bucket.MOST_RETRIES", 1)

    def say(**more: object) -> str:
        with pytest.raises(Refused) as refused:
            run(site, tmp_path / "notes", **more)
        assert refused.value.finding.code == "bucket-failed"
        return refused.value.finding.args["why"]

    assert "there is no such bucket" in say(address="s3://nowhere/site")
    for status, words in (
        (403, "may not do that"),
        (401, "may not do that"),
        (301, "another one"),
        (503, "it answers 503"),
    ):
        gate.fail = lambda number, method, key, status=status: status  # type: ignore[misc]
        assert words in say()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "can't be reached" in say()
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    assert "not https" in say()


def test_a_bucket_that_is_not_there_is_told_and_is_not_one_without_that_object(gate: Gate) -> None:
    assert Bucket(ADDRESS).read("index.html") is None
    with pytest.raises(Refused) as refused:
        Bucket("s3://nowhere/site").read("index.html")
    assert (refused.value.finding.code, refused.value.finding.value) == ("bucket-failed", "s3://nowhere/site")


def test_a_file_that_was_changed_meanwhile_is_not_put(gate: Gate, tmp_path: Path) -> None:
    site = publish(tmp_path / "site", A)
    (site / "datasets/a/t.csv").write_bytes(b"other")
    assert refuse(site, tmp_path / "notes") == "checksum"
    assert "datasets/a/t.csv" not in gate.put() and "index.html" not in gate.put()
    (site / SUMS).write_bytes(b"")
    assert refuse(site, tmp_path / "notes") == "site-unsealed"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"format": 2, "files": "", "runs": [], "turn": 1}', b"\xff"])
def test_what_can_not_be_read_is_refused(gate: Gate, tmp_path: Path, body: bytes) -> None:
    gate.store(POINTER, body)
    assert refuse(publish(tmp_path / "site", A), tmp_path / "notes") == "bucket-broken"


# ---- what cuts an upload


def widen(versions: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Add more datasets of the same kinds."""
    return {**versions, **{f"{name}{n}": days for name, days in versions.items() for n in range(MORE)}}


def count_requests(gate: Gate, tmp_path: Path) -> int:
    """How many requests it takes to go from A to B."""
    run(publish(tmp_path / "count", widen(A)), tmp_path / "notes")
    gate.asked.clear()
    run(publish(tmp_path / "count", widen(B)), tmp_path / "notes")
    count = len(gate.asked)
    gate.empty()
    return count


@pytest.mark.sweep
def test_an_upload_that_is_cut_at_any_request_goes_on_from_there(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each cut the store has the site of A, of B, or one on the way whose links lead somewhere; then B, or a third.
    `lost`: what is asked at last is done, but the answer doesn't arrive."""
    monkeypatch.setattr(putting, "JOURNAL_FILES", 10)
    count = count_requests(gate, tmp_path)
    a, b, c = (
        publish(tmp_path / name, widen(versions)) for name, versions in (("a", A), ("b", B), ("c", {**B, "e": A["a"]}))
    )
    tags = {site: list_tags(site) for site in (a, b, c)}
    rand = random.Random(17)
    points = [(cut, lost) for cut in range(1, count + 1) for lost in (False, True)]
    for cut, lost in sorted(rand.sample(points, POINTS)):
        gate.empty()
        run(a, tmp_path / "notes")
        gate.asked.clear()
        gate.fail = lambda number, method, key, cut=cut, lost=lost: 403 * (number >= cut + lost)  # type: ignore[misc]
        gate.lose = lambda number, method, key, cut=cut, lost=lost: lost and number == cut  # type: ignore[misc]
        with suppress(Refused):
            assert run(b, tmp_path / "notes")[0].code == "uploaded"  # it is tidying up that was cut
            assert list_site(gate) == tags[b]
        gate.fail, gate.lose = (lambda number, method, key: 0), (lambda number, method, key: False)
        walk(gate)
        first = {key.removeprefix(f"{PREFIX}/") for _, key in gate.asked[: cut - 1]}
        gate.asked.clear()
        last = rand.choice((b, c))
        told = run(last, tmp_path / "notes")
        assert list_site(gate) == tags[last], cut
        left = [path for path in gate.list() if path.startswith((f"{cloud.FOLDER}plan", f"{cloud.FOLDER}done"))]
        assert not left or not told
        again = {path for path in gate.put() if path in first and tags[b].get(path) == tags[last][path]}
        assert len(again) <= putting.JOURNAL_FILES + 2 * putting.AT_ONCE, cut


def test_an_upload_that_was_cut_before_it_told_what_it_would_do_goes_on(gate: Gate, tmp_path: Path) -> None:
    run(publish(tmp_path / "a", A), tmp_path / "notes")
    gate.fail = lambda number, method, key: 403 * (f"{cloud.FOLDER}plan-" in key)
    assert refuse(publish(tmp_path / "b", B), tmp_path / "notes") == "bucket-failed"
    gate.fail = lambda number, method, key: 0
    assert list_site(gate) == list_tags(tmp_path / "a")
    assert [told.code for told in run(tmp_path / "b", tmp_path / "notes")] == ["upload-resumed", "uploaded"]
    assert list_site(gate) == list_tags(tmp_path / "b")


CHILD = """
import sys
from datetime import date
from pathlib import Path
from entaku.store.cloud import Upload, upload_site

upload_site(Path(sys.argv[1]), Upload(sys.argv[2], date(2026, 11, 30), Path(sys.argv[3])), lambda *_: None)
"""


@pytest.mark.parametrize("share", halve([0.6, 0.3, 0.95]))
def test_a_process_that_is_killed_is_gone_on_from(gate: Gate, tmp_path: Path, share: float) -> None:
    kill_at = int(count_requests(gate, tmp_path) * share)
    run(publish(tmp_path / "site", widen(A)), tmp_path / "notes")
    gate.asked.clear()
    publish(tmp_path / "site", widen(B))
    child = [subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "site"), ADDRESS, str(tmp_path / "notes")],
        cwd=Path(__file__).parents[2],
    )]  # fmt: skip

    def kill(number: int, method: str, key: str) -> int:
        if number == kill_at:
            child[0].kill()
        return 0

    gate.fail = kill
    assert child[0].wait(60) == -signal.SIGKILL
    gate.fail = lambda number, method, key: 0
    walk(gate)
    run(tmp_path / "site", tmp_path / "notes")
    assert list_site(gate) == list_tags(tmp_path / "site")


def walk(gate: Gate) -> int:
    """Follow every link from the home page as a reader does, and compare tables with the hashes that pages give."""
    waiting, seen = ["index.html"], {"index.html"}
    while waiting:
        page = gate.read(waiting.pop())
        assert page.status_code == 200, page.url
        for link in re.findall(r'href="([^"]+)"', page.text):
            path, _, digest = link.partition("#")
            if digest:
                assert hashlib.sha256(gate.read(path).content).hexdigest() == digest, path
            if path not in seen:
                seen.add(path)
                waiting.append(path)
    return len(seen)


def test_a_reader_meets_no_dead_link_and_no_mixture_meanwhile(gate: Gate, tmp_path: Path) -> None:
    sites_ = [publish(tmp_path / f"{n}", versions, style) for n, versions, style in ((1, A, "x"), (2, B, "y"))]
    more = publish(tmp_path / "3", {**B, "a": (*B["a"], "2026.12.01")}, "z")
    run(sites_[0], tmp_path / "notes")
    ended, faults, walks = threading.Event(), list[BaseException](), list[int]()

    def read() -> None:
        while not ended.is_set() and not faults:
            try:
                walks.append(walk(gate))
            except BaseException as error:
                faults.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    gate.delay = 0.01
    for site in (sites_[1], more):
        run(site, tmp_path / "notes")
    gate.delay = 0
    while not faults and len(walks) < 3:
        ended.wait(0.1)
    ended.set()
    reader.join()
    assert not faults, faults
    assert len(set(walks)) > 1  # it saw more than one site


# ---- two publishers


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Upload as ever, with shorter times: the same order of renewing, fencing and patience."""
    for module, name, value in (
        (cloud, "PATIENCE", 1.5),
        (cloud, "LOOK", 0.05),
        (putting, "RENEW", 0.1),
        (putting, "FENCE", 0.5),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("before", [True, False])
def test_of_two_publishers_at_once_one_is_refused(gate: Gate, tmp_path: Path, before: bool) -> None:
    start = publish(tmp_path / "start", A)
    both = [publish(tmp_path / name, {**B, name: ("2026.11.30",)}) for name in ("one", "two")]
    for _ in range(5):
        gate.empty()
        if before:
            run(start, tmp_path / "notes")
        told: dict[Path, str] = {}
        ready = threading.Barrier(2)

        def go(site: Path, told: dict[Path, str] = told, ready: threading.Barrier = ready) -> None:
            ready.wait()
            try:
                told[site] = run(site, tmp_path / site.name / "../notes" / site.name)[-1].code
            except Refused as refused:
                told[site] = refused.finding.code

        threads = [threading.Thread(target=go, args=(site,)) for site in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done = [site for site, code in told.items() if code == "uploaded"]
        others = {code for code in told.values() if code != "uploaded"}
        assert len(done) == 1 and others <= {"bucket-taken", "bucket-versions-lost"}
        assert list_site(gate) == list_tags(done[0])


@pytest.mark.usefixtures("soon")
def test_an_upload_of_another_machine_that_was_cut_is_taken_over_after_a_while(gate: Gate, tmp_path: Path) -> None:
    gate.fail = lambda number, method, key: 403 * (number > 15)
    assert refuse(publish(tmp_path / "a", A), tmp_path / "mine") == "bucket-failed"
    gate.fail = lambda number, method, key: 0
    seen: list[str] = []
    given = Upload(ADDRESS, TODAY, tmp_path / "theirs")
    told = upload_site(publish(tmp_path / "b", B), given, lambda what, done, total: seen.append(what))
    assert [finding.code for finding in told] == ["upload-resumed", "uploaded"]
    assert seen[0] == f"wait for {ADDRESS} (s)" and seen[-1] == ADDRESS
    assert list_site(gate) == list_tags(tmp_path / "b")


@pytest.mark.usefixtures("soon")
def test_a_publisher_that_slept_too_long_writes_nothing_any_more(gate: Gate, tmp_path: Path) -> None:
    a, b = publish(tmp_path / "a", {f"d{n}": ("2026.11.01",) for n in range(60)}), publish(tmp_path / "b", B)
    slept: list[int] = []

    def sleep(what: str, done: int, total: int) -> None:
        if not slept:
            slept.append(done)
            run(b, tmp_path / "theirs")

    with pytest.raises(Refused) as refused:
        upload_site(a, Upload(ADDRESS, TODAY, tmp_path / "mine"), sleep)
    assert refused.value.finding.code == "bucket-changed"
    assert 0 < slept[0] < len(list_tags(a))
    assert list_site(gate) == list_tags(b)


def test_an_answer_that_was_lost_is_no_refusal(gate: Gate, tmp_path: Path) -> None:
    """The store has done what it was asked, and the client asks again: the condition doesn't hold any more."""

    def lose(number: int, method: str, key: str) -> bool:
        return method == "PUT" and key.endswith(POINTER) and gate.asked[-2] != (method, key)

    gate.lose = lose
    run(publish(tmp_path / "site", A), tmp_path / "notes")
    run(publish(tmp_path / "site", B), tmp_path / "notes")
    assert list_site(gate) == list_tags(tmp_path / "site")
