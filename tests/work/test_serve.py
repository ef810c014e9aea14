"""entaku.work.serve: what the server on localhost does with readers (the answers themselves: test_feeds_edge, test_rows)."""

import http.client
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ckan_sites import make_many, write_site
from loopback import serve, serve_site

from entaku.work import serve as served
from entaku.work.serve import ASK_SECONDS, open_server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_site(tmp_path_factory.mktemp("serve") / "site", make_many(3, "http://data.example.org/"))
    (folder / "ten.csv").write_bytes(b"0123456789")
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[tuple[str, int]]:
    with serve_site(site) as url:
        parts = urlsplit(url)
        yield parts.hostname or "", parts.port or 0


@pytest.fixture(autouse=True)
def no_traceback(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert capfd.readouterr().err == ""


def say(address: tuple[str, int], text: str | bytes, seconds: float = 20) -> bytes:
    """All that the server answers to some bytes."""
    with socket.create_connection(address, seconds) as reader:
        reader.sendall(text.encode("latin-1") if isinstance(text, str) else text)
        pieces = []
        while piece := reader.recv(1 << 16):
            pieces.append(piece)
    return b"".join(pieces)


def get(address: tuple[str, int], path: str, *headers: str, method: str = "GET") -> tuple[int, bytes]:
    """Status and body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    head, _, body = say(address, "\r\n".join(lines)).partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_a_reader_who_goes_before_all_is_sent_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "large.csv").write_bytes(b"0" * (32 << 20))
    server = open_server(tmp_path, 0)
    server.daemon_threads = False  # server_close waits for the answer
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with socket.create_connection(server.server_address[:2]) as reader:
        reader.sendall(b"GET /large.csv HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert reader.recv(100).startswith(b"HTTP/1.0 200")
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/%00", 400), ("/ten.csv%00.html", 400), ("/api/3/action/%00", 400), ("/%ff", 404), ("/%ed%a0%80", 404),
        ("/" + "a" * 300, 404), ("/" + "a/" * 5000, 404), ("/" + "a" * 70_000, 414), ("http://[/", 400), ("*", 400),
        ("//[", 404), ("/../../etc/passwd", 404), ("/%2e%2e/%2e%2e/etc/passwd", 404), ("/ten.csv", 200), ("/ten.csv/", 404),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_odd_paths_are_answered(address: tuple[str, int], path: str, status: int, method: str) -> None:
    ranged = () if method == "POST" else ("Range: bytes=0-1",)
    found = get(address, path, *ranged, method=method)[0]
    assert found in ({status, 206} if status == 200 else {status}) | ({405} if method == "POST" else set())


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=2-4", 206, b"234"), ("bytes=8-" + "9" * 5000, 206, b"89"), ("bytes=-" + "9" * 5000, 206, b"0123456789"),
        ("bytes=" + "9" * 5000 + "-", 416, b""), ("bytes=" + "0" * 5000 + "3-4", 206, b"34"), ("bytes=4-2", 416, b""),
        ("bytes=0-1,5-6", 200, b"0123456789"), ("bytes=" + ",".join(["0-0"] * 9000), 200, b"0123456789"),
        ("bytes=-0", 416, b""), ("bytes=\xb2-3", 200, b"0123456789"), ("lines=1-2", 200, b"0123456789"),
    ],
)  # fmt: skip
def test_odd_ranges_are_answered(address: tuple[str, int], wanted: str, status: int, body: bytes) -> None:
    assert get(address, "/ten.csv", f"Range: {wanted}") == (status, body)


def test_what_a_client_has_is_not_sent_again_nor_parts_of_two_files_mixed(address: tuple[str, int]) -> None:
    def ask(*headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(*address, timeout=10)
        connection.request("GET", "/ten.csv", headers=dict(each.split(": ", 1) for each in headers))
        return connection.getresponse()

    tag = ask().headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]+-a"', tag)
    for known in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        answer = ask(f"If-None-Match: {known}")
        assert (answer.status, answer.headers["ETag"], answer.read()) == (304, tag, b"")
    assert ask('If-None-Match: "x"').read() == b"0123456789"
    assert ask("Range: bytes=2-4", f"If-Range: {tag}").read() == b"234"
    for other in ('"x"', f"W/{tag}", "Sun, 29 Nov 2026 00:00:00 GMT"):
        answer = ask("Range: bytes=2-4", f"If-Range: {other}")
        assert (answer.status, answer.read()) == (200, b"0123456789")
    connection = http.client.HTTPConnection(*address, timeout=10)
    connection.request("GET", "/ten.csv")
    connection.getresponse().read()
    connection.request("GET", "/nowhere")
    assert connection.getresponse().headers["ETag"] is None, "on the same connection"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (["X: " + "a" * 70_000], 431), ([f"X-{n}: 1" for n in range(200)], 431), (["Content-Length: " + "9" * 5000], 200),
        (["If-Modified-Since: " + "x" * 5000], 200), (["X" * 60_000], 200),
    ],
)  # fmt: skip
def test_odd_headers_are_answered(address: tuple[str, int], headers: list[str], status: int) -> None:
    assert get(address, "/ten.csv", *headers)[0] == status


@pytest.mark.parametrize("length", ["9" * 5000, "-5", "x", "0x10", "1_0", "2000000"])
def test_odd_lengths_of_a_post_are_refused(address: tuple[str, int], length: str) -> None:
    assert get(address, "/api/3/action/package_list", f"Content-Length: {length}", method="POST")[0] in (411, 413)


MANY = '["' + '","'.join(f"f{n}" for n in range(50_000)) + '"]'
SAME = '["' + '","'.join(["tags"] * 50_000) + '"]'


@pytest.mark.parametrize(
    "body",
    [
        f'{{"facet.field": {MANY}}}', f'{{"facet.field": {SAME}}}', f'{{"fl": {SAME}}}', f'{{"fq_list": {SAME}}}',
        f'{{"sort": "{",".join(["name asc"] * 20_000)}"}}', f'{{"q": "{"a " * 100_000}"}}', "[" * 100_000,
        f'{{"fq": "{"(" * 3000}"}}', '{"rows": ' + "9" * 5000 + "}",
    ],
)  # fmt: skip
def test_questions_of_any_size_are_answered_at_once(address: tuple[str, int], body: str) -> None:
    begin = time.process_time()
    headers = (f"Content-Length: {len(body)}", "Content-Type: application/json", "", body)
    status, answer = get(address, "/api/3/action/package_search", *headers, method="POST")
    assert status in (400, 409) and len(answer) < 2000
    assert time.process_time() - begin < 2


@pytest.mark.parametrize("given", ["Connection: close", "X: y"])
@pytest.mark.parametrize("body", ["{}", '{"rows": 5}', "{", '{"nothing": 1}'])
def test_a_connection_ends_with_the_answer_to_a_post(address: tuple[str, int], body: str, given: str) -> None:
    """As it does for a GET: the server speaks HTTP/1.0, whose clients read until the end."""
    begin = time.monotonic()
    headers = (given, f"Content-Length: {len(body)}", "Content-Type: application/json", "", body)
    assert get(address, "/api/3/action/package_search", *headers, method="POST")[0] in (200, 400, 409)
    assert time.monotonic() - begin < ASK_SECONDS / 2


def test_a_hundred_facets_are_still_counted(address: tuple[str, int]) -> None:
    body = '{"facet.field": ["' + '","'.join(["tags"] * 100) + '"]}'
    headers = (f"Content-Length: {len(body)}", "", body)
    assert get(address, "/api/3/action/package_search", *headers, method="POST")[0] == 200


# ---- other sites


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:80", "[::1]:8000", "[::1]"])
def test_the_preview_answers_to_its_own_names(address: tuple[str, int], host: str) -> None:
    assert b" 200 " in say(address, f"GET /ten.csv HTTP/1.1\r\nHost: {host}\r\n\r\n")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.nip.example", "", "localhost@evil", "0.0.0.0"]
)  # fmt: skip
@pytest.mark.parametrize(
    "verb", ["GET /ten.csv", "HEAD /", "POST /api/3/action/package_list", "GET /api/3/action/site_read"]
)
def test_another_sites_name_that_leads_here_is_refused(address: tuple[str, int], host: str, verb: str) -> None:
    answer = say(address, f"{verb} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"421" and body.count(b"\n") == 1 and b"--host" in body and b"0123456789" not in body


def test_two_hosts_are_no_request(address: tuple[str, int]) -> None:
    answer = say(address, "GET /ten.csv HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
    assert answer.split()[1] == b"400"


def test_a_name_that_is_given_is_answered(site: Path) -> None:
    with serve(open_server(site, 0, ["preview.city.example"])) as url:
        where = urlsplit(url).hostname or "", urlsplit(url).port or 0
        for host, status in (("Preview.City.example:8000", b"200"), ("localhost", b"200"), ("city.example", b"421")):
            assert say(where, f"GET /ten.csv HTTP/1.1\r\nHost: {host}\r\n\r\n").split()[1] == status


@pytest.mark.parametrize("path", ["/ten.csv", "/", "/api/3/action/package_list", "/nothing", "/api/3/action/nothing"])
def test_pages_of_other_sites_can_not_read_the_preview(address: tuple[str, int], path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        connection = http.client.HTTPConnection(*address, timeout=20)
        connection.request(method, path, headers={"Origin": "https://evil.example", "Content-Length": "0"})
        headers = connection.getresponse().headers
        connection.close()
        assert [name for name in headers if name.lower().startswith("access-control")] == []
        assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
        assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == (
            "nosniff",
            "strict-origin-when-cross-origin",
        )


# ---- slow and many readers


def test_slow_readers_are_let_go(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then is no question; one that is asked in time is answered."""
    monkeypatch.setattr(served, "ASK_SECONDS", 0.6)
    with serve(open_server(site, 0)) as url:
        where = urlsplit(url).hostname or "", urlsplit(url).port or 0
        begin, sent = time.monotonic(), 0
        with socket.create_connection(where, 20) as slow:
            try:
                for letter in b"GET /ten.csv HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 1000:
                    slow.sendall(bytes([letter]))
                    sent += 1
                    time.sleep(0.05)
            except OSError:
                pass
        assert time.monotonic() - begin < 5 and sent < 200
        begin = time.monotonic()
        assert (
            say(where, "POST /api/3/action/package_list HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
            == b""
        )
        assert time.monotonic() - begin < 5
        assert get(where, "/ten.csv") == (200, b"0123456789")


def test_a_reader_who_takes_nothing_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "ANSWER_SECONDS", 0.5)
    (tmp_path / "large.csv").write_bytes(b"0" * (32 << 20))
    server = open_server(tmp_path, 0)
    with (
        serve(server) as url,
        socket.create_connection((urlsplit(url).hostname or "", urlsplit(url).port or 0)) as idle,
    ):
        idle.sendall(b"GET /large.csv HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: len(server.pending) == 1)
        wait_until(lambda: not server.pending)


def test_a_thousand_connections_leave_room_for_a_reader(site: Path) -> None:
    server, before = open_server(site, 0), threading.active_count()
    with serve(server) as url:
        where = urlsplit(url).hostname or "", urlsplit(url).port or 0
        idle = []
        try:
            for n in range(1000):
                idle.append(socket.create_connection(where, 20))
                if n % 100 == 99:
                    assert get(where, "/ten.csv") == (200, b"0123456789")
                    assert len(server.pending) <= served.MOST_THREADS
                    wait_until(lambda: threading.active_count() <= before + served.MOST_THREADS + 2)
        finally:
            for each in idle:
                each.close()


def wait_until(holds: object, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)
