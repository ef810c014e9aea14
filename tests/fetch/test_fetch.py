import errno
import hashlib
import itertools
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from publisher import ETAG, Publisher

from entaku.fetch.bodies import read_location, read_retry_after
from entaku.fetch.folder import find_in_folder, list_rounds, read_project_file
from entaku.fetch.guard import Pace, Watch, judge_pace
from entaku.fetch.host import Patience, knock
from entaku.fetch.network import Network, Timing
from entaku.model.body import closing
from entaku.model.messages import CODES, say
from entaku.model.nouns import Answer, Ask, Refused
from entaku.model.source import Limit

LIMIT = Limit(connections=4, megabytes=1)


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    server = Publisher()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


class Waits(list[float]):
    """Stands for `sleep`, and remembers."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def network(waits: Waits) -> Iterator[Network]:
    patience = Patience(connect=5, read=1)
    with Network(
        patience=patience, timing=Timing(sleep=waits, jitter=lambda: 1.0), allow_hosts=["127.0.0.1"]
    ) as network:
        yield network


def _ask(network: Network, url: str, etag: str = "", last_modified: str = "") -> Answer:
    (answer,) = network.ask_all([(Ask(url), etag, last_modified)], LIMIT)
    assert answer.url == url and answer.served == "live"
    assert (answer.body is not None) == (answer.status == 200)
    assert (answer.finding is None) == (answer.status in (200, 304))
    if answer.finding:
        assert answer.finding.code in CODES and answer.finding.value == url
        assert "{" not in say(answer.finding, "ja") + say(answer.finding, "en")
    return answer


def _read(answer: Answer | None) -> bytes:
    assert answer and answer.body
    with closing([answer.body]):
        body = answer.body.read()
        assert (answer.body.size, answer.body.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    return body


def _told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.finding.code if answer.finding else ""


# ---- answers


def test_200_has_its_bytes_and_validators(publisher: Publisher, network: Network) -> None:
    answer = _ask(network, f"{publisher.address}/ok/x.csv?d=1")
    assert _read(answer) == b"/ok/x.csv?d=1"
    assert (answer.etag, answer.last_modified) == (ETAG, "Mon, 23 Nov 2026 04:40:41 GMT")
    assert publisher.headers["/ok/x.csv"]["User-Agent"].startswith("entaku/")


def test_no_cookies_are_kept(publisher: Publisher, network: Network) -> None:
    for _ in range(2):
        _ask(network, f"{publisher.address}/ok/")
    assert "Cookie" not in publisher.headers["/ok/"]


def test_what_is_unchanged_is_not_sent_again(publisher: Publisher, network: Network) -> None:
    url = f"{publisher.address}/conditional/"
    assert _read(_ask(network, url)) == b"body"
    assert _told(_ask(network, url, ETAG)) == (304, "")
    assert _ask(network, url, ETAG, "old").etag == ETAG
    assert _ask(network, url, "", "yesterday").last_modified == "yesterday"
    assert _read(_ask(network, url, '"other"')) == b"body"


def test_304_that_nobody_asked_for_is_a_finding(publisher: Publisher, network: Network) -> None:
    (answer,) = network.ask_all([(Ask(f"{publisher.address}/always304/"), "", "")], LIMIT)
    assert _told(answer) == (304, "http-status")


@pytest.mark.parametrize("code", [404, 403, 410, 204, 501])
def test_other_statuses_are_told_at_once(publisher: Publisher, network: Network, waits: Waits, code: int) -> None:
    answer = _ask(network, f"{publisher.address}/status/?code={code}")
    assert _told(answer) == (code, "http-status") and answer.finding and answer.finding.args["status"] == str(code)
    assert waits == [] and publisher.seen["/status/"] == 1


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_with_growing_waits(
    publisher: Publisher, network: Network, waits: Waits, code: int
) -> None:
    assert _read(_ask(network, f"{publisher.address}/later/?times=3&code={code}")) == b"at last"
    assert waits == [1, 2, 4]
    assert _told(_ask(network, f"{publisher.address}/status/?code={code}")) == (code, "http-status")
    assert publisher.seen["/status/"] == 4


def test_waits_differ_at_random() -> None:
    network = Network(timing=Timing(jitter=lambda: 0.0))
    assert [network._wait(attempt, None) for attempt in range(3)] == [0.5, 1, 2]
    assert network._wait(0, 3600) == 60


@pytest.mark.parametrize(("after", "wait"), [("7", 7), ("0", 1), ("99999", 60), ("soon", 1)])
def test_retry_after_is_obeyed_within_reason(
    publisher: Publisher, network: Network, waits: Waits, after: str, wait: float
) -> None:
    assert _read(_ask(network, f"{publisher.address}/later/?code=429&after={after}")) == b"at last"
    assert waits == [wait]


def test_retry_after_as_a_date(publisher: Publisher, waits: Waits) -> None:
    timing = Timing(sleep=waits, now=lambda: 1_795_408_830.0, jitter=lambda: 1.0)
    with Network(timing=timing, allow_hosts=["127.0.0.1"]) as network:
        _ask(network, f"{publisher.address}/later/?code=503&after=Mon,%2023%20Nov%202026%2004:40:41%20GMT")
    assert waits == [11]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("120", 120),
        (" 5 ", 5),
        ("-5", None),
        ("", None),
        ("１", None),
        ("1.5", None),
    ],
)
def test_read_retry_after(text: str, seconds: float | None) -> None:
    assert read_retry_after(text, 1_795_408_830.0) == seconds


# ---- bodies


def test_compressed_bodies_are_unpacked(publisher: Publisher, network: Network) -> None:
    assert _read(_ask(network, f"{publisher.address}/gzip/")) == b"0000000000"
    assert _told(_ask(network, f"{publisher.address}/badgzip/")) == (0, "bad-compression")


def test_what_breaks_off_is_tried_again_and_then_told(publisher: Publisher, network: Network, waits: Waits) -> None:
    assert _read(_ask(network, f"{publisher.address}/short/a?times=2")) == b"x" * 100
    answer = _ask(network, f"{publisher.address}/short/b")
    assert _told(answer) == (0, "cut-short") and answer.finding
    assert answer.finding.args == {"got": "40", "expected": "100"}
    assert waits == [1, 2, 1, 2, 4]
    assert _told(_ask(network, f"{publisher.address}/shortchunks/")) == (0, "cut-short")


def test_what_is_too_large_is_told_as_soon_as_that_is_known(publisher: Publisher, network: Network) -> None:
    assert _told(_ask(network, f"{publisher.address}/claims/")) == (0, "too-large")
    assert _told(_ask(network, f"{publisher.address}/chunks/?chunks=1001")) == (0, "too-large")
    assert _told(_ask(network, f"{publisher.address}/gzip/?size=1000001")) == (0, "too-large")
    assert len(_read(_ask(network, f"{publisher.address}/chunks/?chunks=1000"))) == 1_000_000


def test_a_file_that_drips_has_an_end(publisher: Publisher) -> None:
    with Network(patience=Patience(read=5, total=2), allow_hosts=["127.0.0.1"]) as network:
        assert _told(_ask(network, f"{publisher.address}/drips/")) == (0, "cut-short")  # it would be whole in the end
        assert _ask(network, f"{publisher.address}/ok/").status == 200


DRIPS = ["drips", "dripclose", "dripchunks", "dripheaders"]


@pytest.mark.parametrize("habit", DRIPS)
def test_a_host_that_drips_is_given_up_like_a_silent_one(publisher: Publisher, waits: Waits, habit: str) -> None:
    patience = Patience(read=30, total=600, slow=1, least=1e6)
    asks = [(Ask(f"{publisher.address}/{habit}/{n}.csv"), "", "") for n in range(72)]
    with Network(patience=patience, timing=Timing(sleep=waits), allow_hosts=["127.0.0.1"]) as network:
        answers = network.ask_all(asks, LIMIT)
    first, *rest = map(_told, answers)
    # headers that are cut by us are a response or none, as the machine's TCP has it: both say why
    told = {"too-slow", "unreachable"} if habit == "dripheaders" else {"too-slow"}
    assert first[0] == 0 and first[1] in told and set(rest) == {(0, "unreachable")}
    assert sum(publisher.seen.values()) == 1 and waits == []
    assert answers[1].finding and "bytes a second" in say(answers[1].finding, "en")


def test_downloads_that_outlast_their_time_count_as_failures(publisher: Publisher, waits: Waits) -> None:
    patience = Patience(read=30, total=0.2, slow=600, failures=3)
    asks = [(Ask(f"{publisher.address}/dripclose/{n}.csv"), "", "") for n in range(72)]
    with Network(patience=patience, timing=Timing(sleep=waits), allow_hosts=["127.0.0.1"]) as network:
        answers = network.ask_all(asks, Limit(connections=1))
    asked = sum(publisher.seen.values())  # more than three where a busy server hangs up before the time is over
    assert asked < 12 and waits == []
    assert {_told(answer) for answer in answers[:asked]} <= {(0, "cut-short"), (0, "unreachable")}
    assert {_told(answer) for answer in answers[12:]} == {(0, "unreachable")}


@pytest.mark.parametrize(
    ("received", "ends", "slow"),
    [
        ([600, 1200, 1800], 30, False),  # as fast as asked for, until its time is over
        ([599], 10, True),
        ([5000, 5100], 20, True),  # it began well
        ([0], 10, True),
        ([10_000, 20_000, None], None, False),  # whole after the second window
    ],
)
def test_the_speed_is_judged_in_every_window(received: list[int | None], ends: int | None, slow: bool) -> None:
    watch, waited, coming = Watch(), list[float](), iter(received)

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        now = next(coming)
        watch.received = now or 0
        return now is None

    judge_pace(watch, Pace(total=30, window=10, least=60), wait)
    assert (watch.over, watch.slow) == (ends is not None, slow)
    assert ends is None or sum(waited) == ends


def count_open_files() -> int:
    """How many files this process has open, with or without a name; sockets don't count."""
    found = 0
    for handle in map(int, [path.name for path in Path("/dev/fd").iterdir()]):
        with suppress(OSError):  # that by which the others were listed
            found += stat.S_ISREG(os.fstat(handle).st_mode)
    return found


def test_a_large_body_lies_on_the_disk_without_a_name_until_it_is_closed(publisher: Publisher, tmp_path: Path) -> None:
    urls = [f"{publisher.address}/{path}" for path in ("chunks/?chunks=2000", "gzip/?size=3000000", "ok/")]
    with Network(allow_hosts=["127.0.0.1"], folder=tmp_path / "build") as network:
        before = count_open_files()
        answers = network.ask_all([(Ask(url), "", "") for url in urls], Limit(megabytes=3))
        assert count_open_files() == before + 2 and list((tmp_path / "build").iterdir()) == []
        with closing(answer.body for answer in answers):
            assert [answer.body and answer.body.size for answer in answers] == [2_000_000, 3_000_000, 4]
            bodies = [answer.body.read() for answer in answers if answer.body]
            assert bodies == [answer.body.read() for answer in answers if answer.body]
        assert count_open_files() == before
    assert bodies == [b"x" * 2_000_000, b"0" * 3_000_000, b"/ok/"]


@pytest.mark.parametrize("path", ["chunks/?chunks=3001", "gzip/?size=3000001", "breaks/?size=2000000"])
def test_of_a_large_body_that_fails_nothing_is_left_open(publisher: Publisher, network: Network, path: str) -> None:
    before = count_open_files()
    (answer,) = network.ask_all([(Ask(f"{publisher.address}/{path}"), "", "")], Limit(megabytes=3))
    assert _told(answer) == (0, "cut-short" if "breaks" in path else "too-large") and count_open_files() <= before


@pytest.mark.parametrize("full", ["/dev/full", "/no/such/folder/x"])
def test_a_disk_that_takes_no_more_is_told(
    publisher: Publisher, network: Network, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Path(full).open("r+b"))  # noqa: SIM115
    (answer,) = network.ask_all([(Ask(f"{publisher.address}/chunks/?chunks=2000"), "", "")], Limit(megabytes=3))
    assert _told(answer) == (0, "cannot-write") and answer.finding and answer.finding.severity == "error"
    assert ("No space left" if full == "/dev/full" else "No such file") in say(answer.finding, "en")


# ---- redirects and URLs


def test_redirects_are_followed_to_an_end(publisher: Publisher, network: Network) -> None:
    assert _read(_ask(network, f"{publisher.address}/to/?url=/ok/y")) == b"/ok/y"
    assert _told(_ask(network, f"{publisher.address}/loop/")) == (0, "redirect")
    assert publisher.seen["/loop/"] == 6


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/ok/表.csv".encode(), "/ok/%E8%A1%A8.csv"),
        ("/ok/表.csv".encode("cp932"), "/ok/%95%5C.csv".replace("%5C", "\\")),
        ("/ok/?名=北区".encode(), "/ok/?%E5%90%8D=%E5%8C%97%E5%8C%BA"),
        ("/ok/%E8%A1%A8と.csv".encode(), "/ok/%E8%A1%A8%E3%81%A8.csv"),
        (b"/ok/a b.csv", "/ok/a%20b.csv"),
        ("../ok/Corrèze.csv".encode("latin-1"), "/ok/Corr%E8ze.csv"),
        ("../ok/表.csv#見出し".encode(), "/ok/%E8%A1%A8.csv"),
    ],
)
def test_a_location_of_raw_bytes_is_followed_as_browsers_do(
    publisher: Publisher, network: Network, location: bytes, path: str
) -> None:
    answer = _ask(network, f"{publisher.address}/raw/表?hex={location.hex()}")
    assert _read(answer).decode() == path.replace("\\", "%5C")


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("http://例え.jp/表".encode(), "http://xn--r8jz45g.jp/%E8%A1%A8"),
        ("//例え.jp:8080/x".encode(), "https://xn--r8jz45g.jp:8080/x"),
        ("http://ｌｏｃａｌｈｏｓｔ/".encode(), "http://localhost/"),
        (b" x.csv ", "https://a.example.jp/d/x.csv"),
        ("http://me＠10.0.0.1/".encode(), None),
        ("http://表".encode("cp932"), None),
        (b"http://[bad", None),
    ],
)
def test_the_host_of_a_location(location: bytes, url: str | None) -> None:
    where = location.decode("latin-1")
    if url is not None:
        assert read_location("https://a.example.jp/d/", where) == url
        return
    with pytest.raises(ValueError):
        read_location("https://a.example.jp/d/", where)


@pytest.mark.parametrize(
    "url", ["http://localhost/x", "http://ｌocalhost/x", "http://127。0。0。1/x", "http://127.1/x"]
)
def test_each_redirect_is_guarded(publisher: Publisher, url: str) -> None:
    with Network(allow_hosts=[]) as network:
        network._host(publisher.address).knocked = True  # the first address is taken as permitted
        assert _told(_ask(network, f"{publisher.address}/raw/?hex={url.encode().hex()}")) == (0, "private-address")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_redirects_lead_nowhere_but_http(publisher: Publisher, network: Network, url: str) -> None:
    assert _told(_ask(network, f"{publisher.address}/to/?url={url}")) == (0, "redirect")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x/y", "", "x.csv", "http://", "http://[bad", "http://a:99999/", "http://a b/"]
)
def test_what_is_no_url_is_told(url: str) -> None:
    with Network(knock=lambda *_: "") as network:
        (answer,) = network.ask_all([(Ask(url), "", "")], LIMIT)
    assert _told(answer) == (0, "request-url")


def test_an_etag_can_not_smuggle_headers(publisher: Publisher, network: Network) -> None:
    assert _told(_ask(network, f"{publisher.address}/ok/", "x\r\nX-Evil: 1")) == (0, "request-url")
    assert publisher.seen["/ok/"] == 0


# ---- many asks


def test_answers_come_in_the_order_of_asks_over_few_connections(publisher: Publisher, network: Network) -> None:
    asks = [(Ask(f"{publisher.address}/slow/{n}"), "", "") for n in range(40)]
    answers = network.ask_all(asks, LIMIT)
    assert [answer.url for answer in answers] == [ask.url for ask, _, _ in asks]
    assert {answer.status for answer in answers} == {200}
    assert 2 <= publisher.busiest <= 4
    assert network.ask_all([], LIMIT) == []


def test_a_dead_host_costs_one_attempt() -> None:
    knocks: list[tuple[str, int]] = []

    def refuse(host: str, port: int, seconds: float) -> str:
        knocks.append((host, port))
        return "接続を断られました / connection refused"

    network = Network(knock=refuse, timing=Timing(sleep=lambda _: pytest.fail("it waited")))
    asks = [(Ask(f"https://dead.example.jp/{n}.csv"), "", "") for n in range(900)]
    answers = network.ask_all(asks, LIMIT) + network.ask_all(asks[:3], LIMIT)
    assert knocks == [("dead.example.jp", 443)]
    assert {_told(answer) for answer in answers} == {(0, "unreachable")}
    assert "接続を断られました" in say(answers[899].finding, "ja") if answers[899].finding else False


def test_a_closed_port_and_an_unknown_name_are_found_dead_at_once(publisher: Publisher, waits: Waits) -> None:
    knocks: list[str] = []

    def count(host: str, port: int, seconds: float) -> str:
        knocks.append(host)
        return knock(host, port, seconds, ["127.0.0.1"])

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        asks = [(Ask(f"http://127.0.0.1:{port}/{n}"), "", "") for n in range(50)]
        asks += [(Ask(f"http://no-such-host.invalid/{n}"), "", "") for n in range(50)]
        asks += [(Ask(f"{publisher.address}/ok/{n}"), "", "") for n in range(5)]
        with Network(knock=count, timing=Timing(sleep=waits), allow_hosts=["127.0.0.1"]) as network:
            answers = network.ask_all(asks, LIMIT)
    assert sorted(knocks) == ["127.0.0.1", "127.0.0.1", "no-such-host.invalid"] and waits == []
    assert Counter(map(_told, answers)) == {(0, "unreachable"): 100, (200, ""): 5}


def test_a_silent_host_costs_one_time_out(publisher: Publisher, network: Network, waits: Waits) -> None:
    asks = [(Ask(f"{publisher.address}/silent/{n}"), "", "") for n in range(50)]
    answers = network.ask_all(asks, LIMIT)
    assert {_told(answer) for answer in answers} == {(0, "unreachable")}
    assert sum(publisher.seen.values()) == 1 and waits == []


def test_a_host_that_falls_silent_in_the_middle_costs_no_more(publisher: Publisher, network: Network) -> None:
    asks = [(Ask(f"{publisher.address}/{habit}/{n}"), "", "") for n in range(30) for habit in ("ok", "stalls")]
    answers = network.ask_all(asks, LIMIT)
    assert answers[0].status == 200
    assert {_told(answer) for answer in answers} == {(200, ""), (0, "cut-short"), (0, "unreachable")}
    assert sum(n for path, n in publisher.seen.items() if path.startswith("/stalls")) <= 4


def test_a_dropped_connection_is_tried_again(publisher: Publisher, network: Network, waits: Waits) -> None:
    assert _read(_ask(network, f"{publisher.address}/hangup/?times=2")) == b"at last"
    assert waits == [1, 2]


@pytest.mark.parametrize("habit", ["hangup/?", "status/?code=500&"])
def test_a_host_that_fails_for_ever_is_left_alone(publisher: Publisher, network: Network, habit: str) -> None:
    asks = [(Ask(f"{publisher.address}/{habit}n={n}"), "", "") for n in range(200)]
    answers = network.ask_all(asks, LIMIT)
    assert sum(publisher.seen.values()) < 40
    assert _told(answers[-1]) == (0, "unreachable")


def test_a_redirect_to_a_dead_host_does_not_bury_the_living(publisher: Publisher) -> None:
    dead: list[str] = []

    def knock(host: str, port: int, seconds: float) -> str:
        dead.append(host)
        return "" if host == "127.0.0.1" else "no"

    with Network(knock=knock, allow_hosts=["127.0.0.1"]) as network:
        asks = [(Ask(f"{publisher.address}/to/?url=http://dead.example.jp/{n}"), "", "") for n in range(9)]
        answers = network.ask_all([*asks, (Ask(f"{publisher.address}/ok/"), "", "")], LIMIT)
    assert [answer.status for answer in answers] == [0] * 9 + [200]
    assert sorted(dead) == ["127.0.0.1", "dead.example.jp"]


def test_an_interruption_stops_what_waits_in_line(publisher: Publisher) -> None:
    ticks = itertools.count()

    def tick() -> float:
        if next(ticks) == 20:
            raise KeyboardInterrupt
        return 0

    asks = [(Ask(f"{publisher.address}/slow/{n}"), "", "") for n in range(300)]
    with (
        Network(timing=Timing(clock=tick), allow_hosts=["127.0.0.1"]) as network,
        pytest.raises(KeyboardInterrupt),
    ):
        network.ask_all(asks, LIMIT)
    assert sum(publisher.seen.values()) < 300


def test_nothing_is_imported_before_it_is_needed() -> None:
    told = (
        "import sys, entaku.fetch, entaku.store; sys.exit(bool({'requests', 'urllib3', 'pyarrow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0


# ---- folders


def test_a_mirror_has_files_marks_of_404_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.example.jp/日報").mkdir(parents=True)
    (tmp_path / "a.example.jp/日報/x.csv").write_bytes(b"1")
    (tmp_path / "a.example.jp/日報/y.csv.404").write_bytes(b"")
    (tmp_path / "a.example.jp/api@q=東京").write_bytes(b"{}")
    base = "https://a.example.jp/%E6%97%A5%E5%A0%B1"
    there = find_in_folder(tmp_path, f"{base}/x.csv", "mirror")
    assert there and (_told(there), there.served, _read(there)) == ((200, ""), "mirror", b"1")
    gone = find_in_folder(tmp_path, f"{base}/y.csv", "sample")
    assert gone and _told(gone) == (404, "http-status") and gone.served == "sample"
    assert find_in_folder(tmp_path, f"{base}/z.csv", "mirror") is None
    assert find_in_folder(tmp_path, f"{base}/x.csv/deeper", "mirror") is None
    assert find_in_folder(tmp_path, base, "mirror") is None
    found = find_in_folder(tmp_path, "https://a.example.jp/api?q=%E6%9D%B1%E4%BA%AC", "mirror")
    assert _read(found) == b"{}"


def test_a_mirror_gives_nothing_from_outside_and_nothing_too_large(tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    (folder / "a.example.jp").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "a.example.jp/x").symlink_to(tmp_path / "secret")
    assert find_in_folder(folder, "https://a.example.jp/x", "mirror") is None
    assert find_in_folder(folder, "https://a.example.jp/../../secret", "mirror") is None
    (folder / "a.example.jp/big").write_bytes(b"0" * 1_000_001)
    big = find_in_folder(folder, "https://a.example.jp/big", "mirror", LIMIT)
    assert big and _told(big) == (0, "too-large")


def test_a_large_file_stays_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.csv"
    path.write_bytes(b"0" * 2_000_000)
    before = count_open_files()
    answers = [read_project_file(tmp_path, "big.csv") for _ in range(1000)]
    assert count_open_files() == before and {_told(answer) for answer in answers} == {(200, "")}
    assert _read(answers[0]) == path.read_bytes()
    path.unlink()
    with pytest.raises(Refused) as refused:
        _read(answers[1])
    assert (refused.value.finding.code, refused.value.finding.value) == ("file-unreadable", "big.csv")


def test_rounds_of_a_mirror(tmp_path: Path) -> None:
    assert list_rounds(tmp_path / "none") == []
    (tmp_path / "SOURCES.md").write_bytes(b"")
    assert list_rounds(tmp_path) == [(None, tmp_path)]
    for name in ("2022-03-29", "2022-03-24", ".git"):
        (tmp_path / name).mkdir()
    days = [(date(2022, 3, 24), tmp_path / "2022-03-24"), (date(2022, 3, 29), tmp_path / "2022-03-29")]
    assert list_rounds(tmp_path) == days
    (tmp_path / "a.example.jp").mkdir()
    assert list_rounds(tmp_path) == [(None, tmp_path), *days]


def test_the_real_mirror_and_history_if_they_are_here() -> None:
    shared = Path(__file__).parents[3] / "shared"
    if not (shared / "history").is_dir():
        pytest.skip("the publishers' real files are not here")
    url = (
        "https://www.opendata.metro.tokyo.lg.jp/kotsu/elevator/"
        "130001_bureau-of-transportation_elevator_inspection_schedule.csv"
    )
    rounds = list_rounds(shared / "history")
    assert len(rounds) == 6 and rounds[0][0] == date(2022, 3, 24)
    answers = [find_in_folder(folder, url, "mirror") for _, folder in rounds]
    assert all(_read(answer).startswith(b"\xef\xbb\xbf") for answer in answers)
    assert list_rounds(shared / "mirror")[0][0] is None


# ---- files of the project


def test_a_file_of_the_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "raw").mkdir(parents=True)
    (project / "raw/表.xlsx").write_bytes(b"PK")
    (tmp_path / "secret").write_bytes(b"secret")
    (project / "link").symlink_to(tmp_path / "secret")
    there = read_project_file(project, "raw/表.xlsx")
    assert (_told(there), there.url, there.served, _read(there)) == ((200, ""), "raw/表.xlsx", "file", b"PK")
    for path in ("../secret", str(tmp_path / "secret"), "link", ".", ""):
        assert _told(read_project_file(project, path)) == (0, "outside-project"), path
    for path in ("raw", "raw/none", "raw/表.xlsx/x", "a\x00b"):
        assert _told(read_project_file(project, path)) == (0, "no-file"), path
    (project / "big").write_bytes(b"0" * 1_000_001)
    assert _told(read_project_file(project, "big", LIMIT)) == (0, "too-large")


@pytest.mark.parametrize(
    ("number", "ja", "en"),
    [
        (errno.EACCES, "権限がありません", "permission denied"),
        (errno.EIO, "読み出しの途中で誤りが起きました", "input/output error"),
    ],
)
def test_a_file_that_can_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, ja: str, en: str
) -> None:
    """Root may read anything, so the disk's refusal is put in its mouth."""

    def refuse(path: Path, mode: str) -> bytes:
        raise OSError(number, os.strerror(number), str(path))

    (tmp_path / "x").write_bytes(b"")
    monkeypatch.setattr(Path, "open", refuse)
    answer = read_project_file(tmp_path, "x")
    assert _told(answer) == (0, "file-unreadable") and answer.finding
    assert f"ファイル「x」が読めません：{ja}" in say(answer.finding, "ja")
    assert f"can't be read: {en}" in say(answer.finding, "en")
