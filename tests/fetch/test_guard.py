"""Which addresses may be asked, and that the address judged is the address asked."""

import contextlib
import gzip
import socket
import threading
import zlib
from typing import Any

import pytest

from entaku.fetch.bodies import PackedError, Unpacker
from entaku.fetch.guard import ForbiddenError, find_addresses, is_public, refuse_literal
from entaku.fetch.network import Network
from entaku.model.nouns import Ask
from entaku.model.source import Limit


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "133.250.250.1", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"],
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "192.0.2.1", "224.0.0.1",
        "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe",
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "2002:c0a8:101::",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "10.1"],
)
def test_hosts_that_need_no_name_server_are_known_before_a_proxy_is_asked(host: str) -> None:
    with pytest.raises(ForbiddenError):
        refuse_literal(host, ())
    refuse_literal(host, {host.strip("[]").rstrip(".").lower()})


@pytest.mark.parametrize("host", ["www.example.org", "8.8.8.8", "0x08080808"])
def test_other_hosts_are_for_the_proxy_to_judge(host: str) -> None:
    refuse_literal(host, ())


def answer_with(monkeypatch: pytest.MonkeyPatch, *rounds: list[str]) -> list[str]:
    """Let the name server answer differently each time; the names it was asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        found = rounds[min(len(asked), len(rounds)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_of_several_addresses_only_public_ones_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, ["10.0.0.1", "8.8.8.8", "127.0.0.1"])
    assert [address for _, address in find_addresses("a.example.jp", 80, ())] == [("8.8.8.8", 80)]
    assert len(find_addresses("A.example.jp", 80, {"a.example.jp"})) == 3
    answer_with(monkeypatch, ["192.168.0.1"])
    with pytest.raises(ForbiddenError, match=r"a\.example\.jp = 192\.168\.0\.1"):
        find_addresses("a.example.jp", 80, ())


def test_a_name_that_changes_its_address_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.5)
    came: list[object] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            came.append(server.accept())

    thread = threading.Thread(target=accept)
    thread.start()
    asked = answer_with(monkeypatch, ["127.0.0.1"])
    with Network(knock=lambda *_: "") as network:  # the knock, at a public address, went well
        (answer,) = network.ask_all([(Ask(f"http://rebind.example.jp:{server.getsockname()[1]}/"), "", "")], Limit())
    thread.join()
    server.close()
    assert asked == ["rebind.example.jp"] and came == []
    assert answer.finding and answer.finding.code == "private-address"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x"])
def test_packings_that_nobody_asked_for(encoding: str) -> None:
    with pytest.raises(PackedError):
        Unpacker(encoding)


def test_unpacking_stops_where_it_must() -> None:
    whole = gzip.compress(b"0" * 50_000_000)
    assert len(Unpacker("gzip").feed(whole, 1000)) == 1001
    for encoding, packed in (
        ("gzip", gzip.compress(b"abc") + gzip.compress(b"def") + b"\0\0"),
        ("deflate", zlib.compress(b"abcdef")),
        ("deflate", zlib.compress(b"abcdef")[2:-4]),
        ("identity", b"abcdef"),
        ("", b"abcdef"),
    ):
        unpacker = Unpacker(encoding)
        assert b"".join(unpacker.feed(packed[n : n + 1], 100) for n in range(len(packed))) == b"abcdef"
        assert unpacker.complete
    unpacker = Unpacker("gzip")
    unpacker.feed(gzip.compress(b"abcdef")[:-1], 100)
    assert not unpacker.complete
    assert Unpacker("gzip").complete  # nothing at all is for `read` to judge
