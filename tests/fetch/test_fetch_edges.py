"""Whom a CKAN's source is asked for, and what serves when its search fails."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from publisher import Publisher

from entaku.fetch.asks import CKAN_ROWS, read_ckan
from entaku.fetch.bodies import Headers, read_headers, read_retry_after
from entaku.fetch.folder import MAX_NAME, folder_path
from entaku.fetch.guard import ForbiddenError, find_addresses, is_public
from entaku.fetch.host import Patience
from entaku.fetch.network import Network, Timing
from entaku.model.body import make_body
from entaku.model.messages import say
from entaku.model.nouns import Answer, Ask, Finding, Refused
from entaku.model.source import Ckan, Limit, Secret
from entaku.spec.spec import make_spec
from entaku.store.store import Store
from entaku.work.gather import Asker, Got, Turn, ask_source

SITE = "https://ckan.example.jp"
SEARCH = f"{SITE}/api/3/action/package_search?q=lifts&rows={CKAN_ROWS}"
SHOWS = [f"{SITE}/api/3/action/package_show?id={name}" for name in ("t1", "t2")]
CKAN = {"site": SITE, "query": "lifts", "title": "(?P<year>\\d{4})", "resource": "lifts.csv", "ids": ["t1", "t2", "t1"]}


def make(ckan: Mapping[str, Any] = CKAN, **source: str) -> Any:
    fields = [{"name": "year"}, {"name": "id"}]
    table = {"name": "t", "title": "表", "source": {"ckan": ckan, **source}, "schema": {"fields": fields}}
    pipeline = {
        "name": "lifts", "title": "昇降機", "description": "説明", "publisher": "p", "license": "l",
        "frequency": "yearly", "resources": [table],
    }  # fmt: skip
    return make_spec(json.dumps(pipeline, ensure_ascii=False), "pipelines/lifts.yaml", {("resources", 0, "source"): 7})


def package(name: str, year: int) -> dict[str, Any]:
    resources = [{"name": "lifts", "url": f"{SITE}/files/{name}/lifts.csv"}]
    return {"name": name, "title": f"昇降機 {year}", "resources": resources}


def found(*packages: dict[str, Any]) -> bytes:
    return json.dumps({"success": True, "result": {"count": len(packages), "results": packages}}).encode()


def shown(one: dict[str, Any]) -> bytes:
    return json.dumps({"success": True, "result": one}).encode()


class Wire:
    """A network that has these bodies, and fails for everything else; it remembers what it was asked."""

    allowed: frozenset[str] = frozenset()

    def __init__(self, bodies: Mapping[str, bytes], status: int = 503) -> None:
        self.bodies, self.status = bodies, status
        self.asked: list[str] = []

    def ask_all(self, asks: Sequence[Any], *_: object) -> list[Answer]:
        self.asked += [ask.url for ask, _, _ in asks]
        return [self.answer(ask.url) for ask, _, _ in asks]

    def answer(self, url: str) -> Answer:
        if url in self.bodies:
            return Answer(url, 200, "live", make_body(self.bodies[url]))
        status = self.status
        return Answer(url, status, "live", finding=Finding("http-status", value=url, args={"status": str(status)}))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "s")


def ask(
    store: Store, wire: Wire, hour: int = 0, folder: Path | None = None, served: Any = "live", spec: Any = None
) -> Got:
    asker = Asker(store.root, store, cast(Network, wire), "Asia/Tokyo", lambda *_: None)
    turn = Turn(datetime(2026, 7, 1, hour, tzinfo=UTC), folder, served, live=served == "live")
    spec = spec or make()
    return ask_source(asker, spec, spec.pipeline.resources[0], turn)


def lay(folder: Path, url: str, body: bytes) -> None:
    path = folder / folder_path(url)
    path.parent.mkdir(parents=True)
    path.write_bytes(body)


def urls(got: Got) -> list[tuple[str, str]]:
    return [(each.url.removeprefix(f"{SITE}/files/"), each.values["year"]) for each in got.asks]


def test_where_the_search_answers_no_known_id_is_asked(store: Store) -> None:
    wire = Wire({SEARCH: found(package("a", 2024), package("b", 2025))})
    got = ask(store, wire)
    assert urls(got) == [("a/lifts.csv", "2024"), ("b/lifts.csv", "2025")]
    assert wire.asked[0] == SEARCH and not set(SHOWS) & set(wire.asked)
    assert got.findings == ()


def test_where_the_search_fails_the_known_ids_are_asked_each_once(store: Store) -> None:
    wire = Wire({SHOWS[0]: shown(package("t1", 2023)), SHOWS[1]: shown(package("t2", 2024))})
    got = ask(store, wire)
    assert wire.asked[:3] == [SEARCH, *SHOWS] and wire.asked.count(SHOWS[0]) == 1
    assert urls(got) == [("t1/lifts.csv", "2023"), ("t2/lifts.csv", "2024")]
    (told,) = got.findings
    assert (told.code, told.severity, told.value) == ("served-from-archive", "warning", SEARCH)
    assert (told.args["why"], told.place.file, told.place.line) == ("HTTP 503", "pipelines/lifts.yaml", 7)
    assert {entry.url for entry in store.ledger("lifts")} == set(SHOWS)


def test_a_known_id_that_fails_is_a_hole(store: Store) -> None:
    got = ask(store, Wire({SHOWS[1]: shown(package("t2", 2024))}))
    assert urls(got) == [("t2/lifts.csv", "2024")]
    assert [one.value for one in got.findings] == [SEARCH]
    assert list(got.failures) == [SHOWS[0], f"{SITE}/files/t2/lifts.csv"]


def test_the_search_as_archived_stands_before_the_known_ids(store: Store) -> None:
    ask(store, Wire({SEARCH: found(package("a", 2024))}))
    wire = Wire({SHOWS[0]: shown(package("t1", 2023))})
    got = ask(store, wire, hour=5)
    assert urls(got) == [("a/lifts.csv", "2024")] and not set(SHOWS) & set(wire.asked)
    (told,) = got.findings
    assert (told.code, told.args["when"]) == ("served-from-archive", "2026-07-01T00:00:00Z")


def test_known_ids_as_archived_serve_too(store: Store) -> None:
    ask(store, Wire({SHOWS[0]: shown(package("t1", 2023))}))
    got = ask(store, Wire({}), hour=5)
    assert urls(got) == [("t1/lifts.csv", "2023")]
    assert [(one.code, one.value) for one in got.findings] == [("served-from-archive", SEARCH)]


def test_where_nothing_ever_answered_the_first_failure_is_told(store: Store) -> None:
    got = ask(store, Wire({}))
    assert (got.asks, {url: one.code for url, one in got.failures.items()}) == ((), {SEARCH: "http-status"})
    only = make({key: value for key, value in CKAN.items() if key != "query"})
    wire = Wire({})
    assert list(ask(store, wire, spec=only).failures) == [SHOWS[0]]
    assert SEARCH not in wire.asked


def test_a_folder_that_lacks_the_search_may_have_the_known_ids(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    lay(folder, SHOWS[1], shown(package("t2", 2024)))
    wire = Wire({})
    assert urls(ask(store, wire, folder=folder, served="mirror")) == [("t2/lifts.csv", "2024")]
    assert wire.asked == []


def test_samples_of_a_ckan_and_its_real_answers_are_never_mixed(store: Store, tmp_path: Path) -> None:
    ask(store, Wire({SEARCH: found(package("a", 2024))}))
    folder = tmp_path / "samples"
    lay(folder, SHOWS[0], shown(package("t1", 2020)))
    assert urls(ask(store, Wire({}), 1, folder, "sample")) == [("t1/lifts.csv", "2020")]
    assert urls(ask(store, Wire({}), 2)) == [("a/lifts.csv", "2024")]


def test_a_search_that_is_gone_has_no_bytes_and_the_known_ids_serve(store: Store) -> None:
    wire = Wire({SHOWS[0]: shown(package("t1", 2023))}, status=404)
    assert urls(ask(store, wire, spec=make(missing="closed-day"))) == [("t1/lifts.csv", "2023")]
    assert [entry.status for entry in store.ledger("lifts") if entry.url == SEARCH] == [404]


def page(start: int, count: int, cap: int) -> bytes:
    """What a site gives that has `count` packages and gives `cap` at once."""
    listed = [package(f"p{n:04}", 1000 + n) for n in range(start, min(start + cap, count))]
    return json.dumps({"success": True, "result": {"count": count, "results": listed}}).encode()


def pages(count: int, cap: int) -> dict[str, bytes]:
    more = {f"{SEARCH}&start={start}": page(start, count, cap) for start in range(cap, count, cap)}
    return {SEARCH: page(0, count, cap)} | more


@pytest.mark.parametrize(("count", "cap"), [(1500, 1000), (250, 100), (200, 100), (1, 100), (7, 1), (100, 100)])
def test_a_search_is_followed_to_its_end(store: Store, count: int, cap: int) -> None:
    wire = Wire(pages(count, cap))
    got = ask(store, wire)
    assert len(got.asks) == count and got.findings == ()
    searches = [url for url in wire.asked if "package_search" in url]
    assert searches == list(pages(count, cap))


def test_a_page_of_a_search_that_fails_is_a_hole_and_later_comes_from_the_archive(store: Store) -> None:
    every = pages(250, 100)
    second = f"{SEARCH}&start=100"
    got = ask(store, Wire({url: body for url, body in every.items() if url != second}))
    assert len(got.asks) == 100 and got.failures[second].code == "http-status"
    assert ["100" in one.args["why"] and "250" in one.args["why"] for one in got.findings] == [True]
    ask(store, Wire(every), hour=1)
    got = ask(store, Wire({SEARCH: every[SEARCH]}), hour=2)
    assert len(got.asks) == 250 and second not in got.failures
    assert [(one.code, one.value) for one in got.findings] == [("served-from-archive", second)]


def test_a_site_that_ignores_where_a_page_starts_is_asked_once_more(store: Store) -> None:
    wire = Wire({SEARCH: page(0, 250, 100), f"{SEARCH}&start=100": page(0, 250, 100)})
    got = ask(store, wire)
    assert len(got.asks) == 100 and sum("package_search" in url for url in wire.asked) == 2
    assert [one.severity for one in got.findings] == ["warning"] and "100 of 250" in got.findings[0].args["why"]


def test_a_page_without_packages_is_the_last(store: Store) -> None:
    wire = Wire({SEARCH: page(0, 250, 100), f"{SEARCH}&start=100": page(250, 250, 100)})
    assert len(ask(store, wire).asks) == 100 and sum("package_search" in url for url in wire.asked) == 2


# ---- the network -------------------------------------------------------------------------------------------------


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    server = Publisher()
    server.body = b"a,b\n"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()


def ask_urls(network: Network, *urls: str) -> list[Answer]:
    return network.ask_all([(Ask(url), "", "") for url in urls], Limit(connections=1))


def test_a_proxy_of_our_own_network_may_be_asked(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", publisher.address)
    with Network() as network:
        (answer,) = ask_urls(network, "http://office.example.org/body/x.csv")
    assert answer.body is not None and (answer.status, answer.body.read()) == (200, b"a,b\n")
    assert publisher.headers["/body/x.csv"]["Host"] == "office.example.org"


@pytest.mark.parametrize("failures", [1, 2])
def test_a_host_is_left_alone_after_so_many_failures_in_a_row(publisher: Publisher, failures: int) -> None:
    patience = Patience(retries=0, failures=failures)
    urls = [f"{publisher.address}/status/{n}?code=503" for n in range(4)]
    with Network(patience=patience, allow_hosts=["127.0.0.1"], timing=Timing(sleep=lambda _: None)) as network:
        answers = ask_urls(network, *urls)
    assert sum(publisher.seen.values()) == failures
    codes = [answer.finding.code for answer in answers if answer.finding]
    assert codes == ["http-status"] * failures + ["unreachable"] * (4 - failures)


def test_a_success_between_failures_is_a_new_beginning(publisher: Publisher) -> None:
    paths = ["/status/1?code=503", "/ok/2", "/status/3?code=503", "/status/4?code=503", "/ok/5"]
    with Network(patience=Patience(retries=0, failures=2), allow_hosts=["127.0.0.1"]) as network:
        answers = ask_urls(network, *(publisher.address + path for path in paths))
    assert [answer.status for answer in answers] == [503, 200, 503, 503, 0]


def test_an_address_in_brackets_is_looked_up_without_them() -> None:
    (found,) = find_addresses("[::1]", 80, {"::1"})
    assert found[1][:2] == ("::1", 80)
    with pytest.raises(ForbiddenError):
        find_addresses("[::1]", 80, ())


# ---- where a URL lies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "kept"), [(MAX_NAME, True), (MAX_NAME + 1, False)])
def test_the_longest_name_that_is_kept(length: int, kept: bool) -> None:
    name = "a" * (length - 4) + ".csv"
    found = folder_path(f"https://a.example.jp/{name}").name
    assert (found == name) is kept and found.endswith(".csv") and len(found) <= MAX_NAME


# ---- what a CKAN says --------------------------------------------------------------------------------------------


def test_a_package_that_its_owner_deleted_is_passed_over_in_silence() -> None:
    ckan = make().pipeline.resources[0].source.ckan
    gone = {**package("b", 2025), "state": "deleted"}
    asks, findings = read_ckan(ckan, [found(package("a", 2024), gone)])
    assert ([each.url for each in asks], findings) == ([f"{SITE}/files/a/lifts.csv"], ())
    asks, (told,) = read_ckan(ckan, [found(package("a", 2024), {"name": 5})])
    assert len(asks) == 1 and "1 件が読めません" in told.args["why"] and told.severity == "warning"


@pytest.mark.parametrize("state", ["deleted", "draft", "draft-complete", "pending"])
def test_resources_and_packages_that_are_not_published_are_passed_over(state: str) -> None:
    ckan = make().pipeline.resources[0].source.ckan
    old = {"name": "lifts", "url": f"{SITE}/files/old/lifts.csv", "state": state}
    one = package("a", 2024)
    one["resources"] = [old, {**one["resources"][0], "state": "active"}]
    asks, findings = read_ckan(ckan, [found(one, {**package("b", 2025), "state": state})])
    assert ([each.url for each in asks], findings) == ([f"{SITE}/files/a/lifts.csv"], ())
    asks, (told, *_) = read_ckan(ckan, [found({**package("a", 2024), "resources": [old]})])
    assert asks == () and "lifts（削除済みか下書き" in told.args["why"]
    untitled = replace(ckan, title=None)
    asks, findings = read_ckan(untitled, [found(package("a", 2024), {**package("b", 2025), "state": state})])
    assert (len(asks), findings) == (1, ())


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("_datastore_only_resource", f"{SITE}/datastore/dump/r-1"),
        ("www.example.jp/lifts.csv", "http://"),
        ("files/lifts.csv", "http://"),
        ("//files.example.jp/lifts.csv", "http://"),
        ("ftp://files.example.jp/lifts.csv", "not an http"),
        ("C:\\data\\lifts.csv", "not an http"),
        ("http:///lifts.csv", "not an http"),
    ],
)
def test_an_address_that_can_not_be_asked_for_is_told(url: str, why: str) -> None:
    ckan = make().pipeline.resources[0].source.ckan
    bad = {**package("a", 2024), "resources": [{"name": "lifts.csv", "id": "r-1", "url": url}]}
    asks, (told,) = read_ckan(ckan, [found(bad, package("b", 2025))])
    assert [each.url for each in asks] == [f"{SITE}/files/b/lifts.csv"]
    assert told.severity == "error" and why in say(told, "en") and f"「{url}」" in say(told, "ja")
    both = {**bad, "resources": [*bad["resources"], {"name": "lifts.csv", "url": "https://f.example.jp/lifts.csv"}]}
    asks, findings = read_ckan(ckan, [found(both)])
    assert ([each.url for each in asks], findings) == (["https://f.example.jp/lifts.csv"], ())


def test_what_a_package_has_instead_is_listed() -> None:
    ckan = make().pipeline.resources[0].source.ckan
    other = {**package("a", 2024), "resources": [{"name": "x", "url": "u1"}, {"name": "y", "url": "u2"}]}
    _, (told, *_) = read_ckan(ckan, [found(other)])
    assert "x（u1）, y（u2）" in told.args["why"]


def test_headers_of_a_ckan_go_to_its_site() -> None:
    source = replace(make().pipeline.resources[0].source, headers={"Authorization": Secret(env="KEY")})
    keys = {"KEY": "s3cret"}
    assert read_headers(source, keys, ()) == Headers(SITE, {"Authorization": "s3cret"})
    plain = replace(source, ckan=None, url="https://other.example.jp/{x}.csv")
    assert read_headers(plain, keys, ()) == Headers("https://other.example.jp", {"Authorization": "s3cret"})
    assert read_headers(replace(source, headers={}), keys, ()) is None
    clear = replace(source, ckan=None, url="http://other.example.jp:8080/x.csv")
    with pytest.raises(Refused) as refused:
        read_headers(clear, keys, ("example.jp",))
    assert (refused.value.finding.code, refused.value.finding.value) == (
        "secret-in-clear",
        "http://other.example.jp:8080",
    )
    assert read_headers(clear, keys, ("other.example.jp",)) == Headers(
        "http://other.example.jp:8080", {"Authorization": "s3cret"}
    )
    for value in ({}, {"KEY": " "}, {"KEY": "é"}, {"KEY": "a\nb"}):
        with pytest.raises(Refused) as refused:
            read_headers(source, value, ())
        assert (refused.value.finding.code, refused.value.finding.value) == ("secret-missing", "KEY")


@pytest.mark.parametrize(
    ("address", "public"),
    [("8.8.8.8", True), ("::8.8.8.8", True), ("::1:808:808", False), ("64:ff9b::808:808", True), ("64:ff9b::a00:1", False),
     ("::ffff:10.0.0.1", False), ("2001:db8::1", False), ("2606:4700::1", True), ("3fff::1", False), ("fe80::1%eth0", False),
     ("192.0.0.9", False), ("192.88.99.1", False), ("224.0.0.1", False), ("240.0.0.1", False), ("100.64.0.1", False),
     ("169.254.169.254", False), ("2002:808:808::1", True), ("2002:a00:1::1", False), ("ff02::1", False)],
)  # fmt: skip
def test_addresses_of_the_public_internet(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_secrets_are_in_nothing_that_is_printed() -> None:
    secret = "s3cret"
    asker = Asker(Path(), Store(Path()), cast(Network, Wire({})), "Asia/Tokyo", lambda *_: None, {"KEY": secret})
    assert secret not in repr(Headers(SITE, {"Authorization": secret})) + repr(asker)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://h.jp", "h.jp/index.html"), ("https://h.jp/.", "h.jp/index.html"), ("https://h.jp/", "h.jp/index.html"), ("https://h.jp/a/", "h.jp/a/index.html"),
        ("https://h.jp/a/b.csv?x=1&y=%2F", "h.jp/a/b.csv@x=1&y=%2F"), ("https://H.jp:8080/a//b/../c", "h.jp+8080/a/b/%2E%2E/c"),
        ("https://h.jp/a%2Fb", "h.jp/a%2Fb"), ("https://h.jp/..", "h.jp/%2E%2E"), ("https://h.jp/a:b*c", "h.jp/a%3Ab%2Ac"),
        ("https://h.jp/./?", "h.jp/index.html"), ("https://h.jp/?q", "h.jp/index.html@q"), ("https://h.jp/a\x01%7f", "h.jp/a%01%7F"),
        ("https://h.jp/%3C%3E%7C%22%5C%25", "h.jp/%3C%3E%7C%22%5C%25"), ("https://h.jp/表.csv", "h.jp/表.csv"),
    ],
)  # fmt: skip
def test_where_the_bytes_of_a_url_lie_in_a_folder(url: str, path: str) -> None:
    assert folder_path(url).as_posix() == path


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Wed, 01 Apr 2026 00:01:00 GMT", 60), ("Wed, 01 Apr 2026 00:01:00 -0000", 60), ("Wed, 01 Apr 2026 09:01:00 +0900", 60),
        ("Tue, 31 Mar 2026 00:00:00 GMT", 0), ("9999999999999", 999999999), ("x", None), ("٣", None),
    ],
)  # fmt: skip
def test_when_to_ask_again(text: str, seconds: float | None) -> None:
    assert read_retry_after(text, datetime(2026, 4, 1, tzinfo=UTC).timestamp()) == seconds


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"x", "not JSON"), (b"[]", "success is not true"), (b'{"success": false}', "success is not true"),
        (b'{"success": false, "error": {"message": "m", "__type": "t"}}', "success is not true m"),
        (b'{"success": false, "error": {"__type": "t"}}', "success is not true t"), (b'{"success": false, "error": "e"}', "success is not true e"),
        (b'{"success": true}', "there is no result"), (b'{"success": true, "result": {"results": 3}}', "results is not a list"),
        (b'{"success": true, "result": {"count": 5, "results": [{"name": "a"}]}}', "1 of 5 came; narrow query"),
        (b'{"success": true, "result": {"count": 1, "results": [{"name": "a"}, 3, {"id": 5}]}}', "2 packages can't be read"),
    ],
)  # fmt: skip
def test_why_an_answer_of_a_ckan_is_not_used(body: bytes, why: str) -> None:
    _, (told, *_) = read_ckan(Ckan(site="https://c.example.jp", resource="x", ids=("a",)), [body])
    assert told.code == "ckan-answer" and told.args["why"].endswith(f" / {why}")


def test_who_interrupts_a_transfer_ends_it(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Network, "_receive", interrupt)
    with Network(allow_hosts=["127.0.0.1"]) as network, pytest.raises(KeyboardInterrupt):
        ask_urls(network, f"{publisher.address}/ok/1")


def test_who_interrupts_one_server_ends_the_requests_to_all(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = Network._receive
    begun = threading.Event()

    def interrupt(network: Network, one: Any, *more: Any) -> Any:
        if "/ok/" in one.question[0].url:
            begun.wait(30)
            raise KeyboardInterrupt
        begun.set()
        return receive(network, one, *more)

    monkeypatch.setattr(Network, "_receive", interrupt)
    other = publisher.address.replace("127.0.0.1", "localhost")
    asks = [(Ask(f"{publisher.address}/ok/1"), "", ""), *((Ask(f"{other}/slow/{n}"), "", "") for n in range(300))]
    with Network(allow_hosts=["127.0.0.1", "localhost"]) as network, pytest.raises(KeyboardInterrupt):
        network.ask_all(asks, Limit())
    assert sum(publisher.seen.values()) < 300


@pytest.mark.parametrize(
    ("status", "code"), [(200, ""), (204, ""), (300, "http-status"), (404, "http-status"), (500, "http-status")]
)
def test_a_message_has_arrived_only_if_its_answer_is_one_of_success(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    @contextmanager
    def answer(*_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(status_code=status, headers={})

    monkeypatch.setattr(Network, "_get", answer)
    with Network(patience=replace(Patience(), retries=0)) as network:
        told = network.post("https://hook.example.jp/", b"{}", dict)
    assert (told.status, told.finding.code if told.finding else "") == (status, code)
