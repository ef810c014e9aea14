"""Whatever the network does, the last good release stands, and its owner is told in one sentence what to do."""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import pytest
from projects import CATALOGUE, LIFTS, lifts, make_project, make_setting, put_sample, snapshot
from publisher import Publisher

from entaku.fetch.folder import folder_path
from entaku.fetch.host import Patience
from entaku.fetch.network import Network, Timing
from entaku.model.messages import CODES, say
from entaku.model.nouns import Ask, Finding
from entaku.model.source import Limit
from entaku.work.load import read_specs
from entaku.work.outcome import Outcome, Result, Wanted
from entaku.work.publish import publish

GOOD = lifts("A-1,2026/6/3", "A-2,2026/6/12").encode()
HTML = "<!DOCTYPE html><html><head><title>ただいまメンテナンス中</title></head></html>".encode()


@pytest.fixture(autouse=True, scope="module")
def no_proxies() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            environment.delenv(name, raising=False)
            environment.delenv(name.upper(), raising=False)
        yield


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    yield from serve()


def serve() -> Iterator[Publisher]:
    server = Publisher()
    server.body = GOOD
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()


def make(folder: Path, publisher: Publisher, source: str = "", hosts: str = "[127.0.0.1]", more: str = "") -> Path:
    """A project whose one source is the publisher's /now/lifts.csv, at most 1 MB."""
    url = f'{{url: "{publisher.address}/now/lifts.csv", limit: {{megabytes: 1}}{source}}}'
    text = LIFTS.replace('{url: "https://office.example.org/lifts.csv", overwritten: true}', url + more)
    assert url in text
    project = make_project(folder, lifts=text)
    (project / "catalogue.yaml").write_text(CATALOGUE + f"allow_hosts: {hosts}\n", "utf-8")
    return project


def run_on(project: Path, day: str, total: float = 60, failures: int = 9, **environment: str) -> Result:
    """`entaku publish` of that day, with little patience."""
    office, specs, findings = read_specs(project)
    assert office is not None, findings
    patience = Patience(connect=5, read=2, total=total, retries=1, failures=failures)
    with Network(patience=patience, timing=Timing(sleep=lambda _: None), allow_hosts=office.allow_hosts) as network:
        setting = make_setting(project, now=f"{day}T03:00:00")
        setting = replace(setting, network=network, environment=environment)
        return publish(setting, office, specs, findings, Wanted(project / "build" / "site", allow_samples=True))


def data_of(project: Path) -> dict[str, bytes]:
    """Everything of the site but its pages and what is made of them."""
    files = snapshot(project / "build/site/datasets")
    return {path: body for path, body in files.items() if not path.endswith(".html")}


def told(result: Result) -> dict[str, Finding]:
    return {finding.code: finding for finding in result.outcomes[0].findings}


# ---- many datasets of one catalogue, each with a trouble of its own


@dataclass
class World:
    """A catalogue with a dataset for each trouble, and what came of each day."""

    project: Path
    publisher: Publisher
    results: dict[str, Result] = field(default_factory=dict)
    data: dict[str, dict[str, bytes]] = field(default_factory=dict)
    pages: dict[tuple[str, str], str] = field(default_factory=dict)

    def release(self, day: str) -> None:
        """Release on a day what can be, without a site."""
        with patch("entaku.work.publish.publish_catalogue", return_value=("unchanged", 0, ())):
            self.results[day] = run_on(self.project, day, failures=1000)

    def live(self, day: str, total: float = 60) -> None:
        """Publish on a day."""
        self.results[day] = run_on(self.project, day, total, failures=1000)
        self.data[day] = data_of(self.project)
        for path in self.project.glob("build/site/datasets/*/index.html"):
            self.pages[day, path.parent.name] = path.read_text("utf-8")

    def outcome(self, day: str, name: str) -> Outcome:
        (found,) = (each for each in self.results[day].outcomes if each.dataset == name)
        return found

    def files(self, day: str, name: str) -> dict[str, bytes]:
        return {path: body for path, body in self.data[day].items() if path.startswith(f"{name}/")}

    def told(self, day: str, name: str) -> dict[str, Finding]:
        return {finding.code: finding for finding in self.outcome(day, name).findings}


def make_world(folder: Path, publisher: Publisher, sources: dict[str, str]) -> World:
    """A catalogue whose dataset `name` is at the publisher's /now/<name>/lifts.csv, by name with more of its source."""
    texts = {}
    for name, source in sources.items():
        url = f'{{url: "{publisher.address}/now/{name}/lifts.csv", limit: {{megabytes: 1}}{source}}}'
        text = LIFTS.replace('{url: "https://office.example.org/lifts.csv", overwritten: true}', url)
        texts[name] = text.replace("name: lifts", f"name: {name}").replace("    expect: {rows: {min: 1}}\n", "")
        assert url in text
    project = make_project(folder, **texts)
    (project / "catalogue.yaml").write_text(CATALOGUE + "allow_hosts: [127.0.0.1]\n", "utf-8")
    return World(project, publisher)


ARCHIVE = "served-from-archive"


UNREACHED = [
    ("hangup", ARCHIVE, "closed the connection"),
    ("short", ARCHIVE, "broke off"),
    ("shortchunks", ARCHIVE, "broke off"),
    ("halfgzip", ARCHIVE, "broke off"),
    ("badgzip", ARCHIVE, "can't be decompressed"),
    ("brotli", ARCHIVE, "can't be decompressed"),
    ("claims", ARCHIVE, "too large"),
    ("endless", ARCHIVE, "too large"),
    ("gzip?size=5000000", ARCHIVE, "too large"),
    ("status?code=429&after=1", ARCHIVE, "HTTP 429"),
    ("status?code=503&after=99999", ARCHIVE, "HTTP 503"),
    ("status?code=403", ARCHIVE, "HTTP 403"),
    ("loop", ARCHIVE, "redirected more than 5 times"),
    ("to?url=http://[bad/", ARCHIVE, "no URL"),
    ("to?url=https://me:secret@www.example.org/", ARCHIVE, "user name"),
    ("to?url=file:///etc/passwd", ARCHIVE, "not an http"),
    ("to?url=http://10.1.2.3/lifts.csv", "private-address", "10.1.2.3"),
    ("to?url=http://169.254.169.254/latest/meta-data/", "private-address", "169.254.169.254"),
    ("to?url=http://[::1]/lifts.csv", "private-address", "::1"),
    ("to?url=http://0x7f.1/lifts.csv", "private-address", "127.0.0.1"),
    ("to?url=http://localhost/lifts.csv", "private-address", "localhost"),
]
"""What the server does, how it is told, and why."""
UNANSWERED = [
    ("silent", ARCHIVE, "no answer within"),
    ("drips", ARCHIVE, "broke off"),
    ("dripheaders", ARCHIVE, "can't be fetched now"),
    *(
        pytest.param(habit, ARCHIVE, "broke off", marks=pytest.mark.sweep)
        for habit in ("stalls", "dripclose", "dripchunks")
    ),
]
"""The same of servers that keep one waiting, which each need a run of their own."""
WRONG = [
    (HTML, "html-page"),
    (b"", "empty-file"),
    (lifts().encode(), "no-rows-left"),
    (GOOD.decode().replace("点検日", "点検予定日").encode(), "unknown-column"),
    (GOOD + b"\x81\xff\xfe\r\n", ""),
    (GOOD + b"A-9,\x00\r\n", ""),
]
"""What the server gives, and how it is told."""


@pytest.fixture(scope="module")
def bad_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A good day, a day on which each server is bad in its way, and a good day with news."""
    server = next(serving := serve())
    names = [f"u{n:02}" for n in range(len(UNREACHED))], [f"w{n:02}" for n in range(len(WRONG))]
    world = make_world(tmp_path_factory.mktemp("bad") / "p", server, dict.fromkeys([*names[0], *names[1]], ""))
    world.live("2026-06-25")
    assert {each.what for each in world.results["2026-06-25"].outcomes} == {"released"}
    server.habits = {name: habit for name, (habit, _, _) in zip(names[0], UNREACHED, strict=True)}
    server.bodies = {name: body for name, (body, _) in zip(names[1], WRONG, strict=True)}
    world.live("2026-06-26")
    server.habits, server.bodies, server.body = {}, {}, GOOD + b"A-3,2026/7/1\r\n"
    world.live("2026-06-27")
    yield world
    next(serving, None)


@pytest.mark.parametrize(("at", "habit", "code", "why"), [(n, *each) for n, each in enumerate(UNREACHED)])
def test_what_can_not_be_fetched_replaces_nothing(bad_days: World, at: int, habit: str, code: str, why: str) -> None:
    check_bad_day(bad_days, f"u{at:02}", code, why)


@pytest.mark.parametrize(("habit", "code", "why"), UNANSWERED)
def test_a_server_that_keeps_one_waiting_replaces_nothing(
    tmp_path: Path, publisher: Publisher, habit: str, code: str, why: str
) -> None:
    world = make_world(tmp_path / "p", publisher, {"lifts": ""})
    world.live("2026-06-25")
    publisher.habit = habit
    world.live("2026-06-26", total=4 if "drip" in habit else 60)
    publisher.habit, publisher.body = "", GOOD + b"A-3,2026/7/1\r\n"
    world.live("2026-06-27")
    check_bad_day(world, "lifts", code, why)
    assert not any(result.failed for result in world.results.values())


def check_bad_day(world: World, name: str, code: str, why: str) -> None:
    """Check that a bad day replaced nothing and was told, and that the day after was published."""
    finding = world.told("2026-06-26", name)[code]
    assert (
        why in say(finding, "en")
        and CODES[code].next_ja.partition("{")[0] in say(finding, "ja")
        and "secret" not in say(finding, "ja")
    )
    assert (code != ARCHIVE) == (finding.severity == "error")
    assert world.outcome("2026-06-26", name).what == ("unchanged" if code == ARCHIVE else "held")
    assert world.files("2026-06-26", name) == world.files("2026-06-25", name) != {}
    assert world.outcome("2026-06-27", name).what == "released"


@pytest.mark.parametrize(("at", "body", "code"), [(n, *each) for n, each in enumerate(WRONG)])
def test_what_is_fetched_but_wrong_replaces_nothing(bad_days: World, at: int, body: bytes, code: str) -> None:
    name = f"w{at:02}"
    outcome = bad_days.outcome("2026-06-26", name)
    assert bad_days.results["2026-06-26"].failed and outcome.what == "held"
    errors = [finding for finding in outcome.findings if finding.severity == "error"]
    assert errors and (not code or code in {finding.code for finding in errors})
    for finding in errors:
        assert "{" not in say(finding, "ja").replace("{min", "") and say(finding, "en")
    assert bad_days.files("2026-06-26", name) == bad_days.files("2026-06-25", name) != {}
    assert CODES[errors[0].code].next_ja.split("{")[0].split("。")[0][:10] in bad_days.pages["2026-06-26", name]
    assert body in snapshot(bad_days.project / "datapackages" / name / "raw").values()
    assert bad_days.outcome("2026-06-27", name).what == "released"


# ---- the first day

SAMPLE = lifts("S-1,2026/6/1")


BAD_ANSWERS = [
    ("status?code=401", "http-status", "HTTP 401 (Unauthorized)"),
    ("status?code=403", "http-status", "HTTP 403 (Forbidden)"),
    ("status?code=404", "http-status", "HTTP 404 (Not Found)"),
    ("status?code=410", "http-status", "HTTP 410 (Gone)"),
    ("status?code=429", "http-status", "HTTP 429 (Too Many Requests)"),
    ("status?code=500", "http-status", "HTTP 500 (Internal Server Error)"),
    ("status?code=503&after=9", "http-status", "HTTP 503 (Service Unavailable)"),
    ("status?code=204", "http-status", "HTTP 204 (No Content)"),
    ("status?code=599", "http-status", "HTTP 599 (not a standard status)"),
    ("loop", "redirect", "more than 5 times"),
    ("to?url=http://[bad/", "redirect", "no URL"),
    ("to?url=file:///etc/passwd", "redirect", "not an http"),
    ("to?url=https://me:secret@www.example.org/", "redirect", "user name"),
    ("to?url=http://10.1.2.3/lifts.csv", "private-address", "10.1.2.3"),
    ("raw?hex=687474703a2f2f31302e312e322e332fe8a1a82e637376", "private-address", "10.1.2.3"),
    ("raw?hex=687474703a2f2fefbd8c6f63616c686f73742f", "private-address", "localhost"),
    ("short", "cut-short", "40 of 100"),
    ("shortchunks", "cut-short", "cut short"),
    ("halfgzip", "cut-short", "cut short"),
    ("badgzip", "bad-compression", "gzip"),
    ("brotli", "bad-compression", "br"),
    ("claims", "too-large", "1 MB"),
    ("hangup", "hung-up", "closed the connection"),
    ("text?body=", "empty-file", "empty"),
    ("text?body=<html><title>Error</title><body>sorry", "html-page", "Error"),
    ('text?body={"error": "no such file"}', "", ""),
    ("text?body=%25PDF-1.7", "", ""),
]
"""What the server does, how it is told, and why."""


@pytest.fixture(scope="module")
def bad_first_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two days before the first release on which each server is bad in its way, and a good one."""
    server = next(serving := serve())
    names = [f"f{n:02}" for n in range(len(BAD_ANSWERS))]
    world = make_world(tmp_path_factory.mktemp("first") / "p", server, dict.fromkeys(names, ""))
    for name in names:
        put_sample(world.project, SAMPLE, f"http://{folder_path(f'{server.address}/now/{name}/lifts.csv')}")
    server.habits = {name: habit for name, (habit, _, _) in zip(names, BAD_ANSWERS, strict=True)}
    world.release("2026-06-25")
    world.release("2026-06-26")
    assert not list(world.project.glob("datapackages/*/releases/*/datapackage.json"))
    server.habits = {}
    world.release("2026-06-27")
    yield world
    next(serving, None)


@pytest.mark.parametrize(("at", "habit", "code", "why"), [(n, *each) for n, each in enumerate(BAD_ANSWERS)])
def test_an_answer_that_is_an_error_is_one_on_the_first_day_too(
    bad_first_days: World, at: int, habit: str, code: str, why: str
) -> None:
    name = f"f{at:02}"
    for day in ("2026-06-25", "2026-06-26"):
        check_first_day(bad_first_days.outcome(day, name), code, why)
    assert bad_first_days.outcome("2026-06-27", name).what == "released"


def check_first_day(outcome: Outcome, code: str, why: str) -> None:
    """Check that nothing is released, and why."""
    errors = {one.code: one for one in outcome.findings if one.severity == "error"}
    assert (outcome.what, outcome.version) == ("held", "")
    assert errors and "not-reached-yet" not in [one.code for one in outcome.findings]
    assert not code or why in say(errors[code], "en")
    assert "secret" not in repr([say(one, "ja") for one in errors.values()])


@pytest.mark.parametrize("habit", [pytest.param("dripclose", marks=pytest.mark.sweep), "dripheaders"])
def test_an_answer_that_never_ends_is_an_error_on_the_first_day_too(
    tmp_path: Path, publisher: Publisher, habit: str
) -> None:
    publisher.habit = habit
    for total in (1, 5, 25):
        project = make(tmp_path / f"p{total}", publisher)
        put_sample(project, SAMPLE, f"http://{folder_path(f'{publisher.address}/now/lifts.csv')}")
        both = [run_on(project, f"2026-06-{day}", total=total) for day in (25, 26)]
        if not any("not-reached-yet" in told(result) for result in both):  # on a busy machine nothing came in that time
            break
    for result in both:
        assert result.failed
        check_first_day(result.outcomes[0], "cut-short", "cut short")
    assert not list((project / "datapackages/lifts").glob("releases/*/datapackage.json"))
    publisher.habit = ""
    assert run_on(project, "2026-06-27").outcomes[0].what == "released"


def refuse(publisher: Publisher) -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    ("address", "habit", "why"),
    [
        (refuse, "", "connection refused"),
        (lambda _: "http://no-such-host.invalid", "", "can't be resolved"),
        (lambda publisher: publisher.address, "silent", "no answer within"),
    ],
)
def test_what_was_never_reached_waits(
    tmp_path: Path, publisher: Publisher, address: Callable[[Publisher], str], habit: str, why: str
) -> None:
    project = make(tmp_path / "p", publisher)
    yaml, url = project / "pipelines/lifts.yaml", f"{address(publisher)}/now/lifts.csv"
    yaml.write_text(yaml.read_text("utf-8").replace(f"{publisher.address}/now/lifts.csv", url), "utf-8")
    publisher.habit = habit
    result = run_on(project, "2026-06-24")  # there is nothing to publish
    assert result.failed and why in say(told(result)["no-source-bytes"], "en")
    put_sample(project, SAMPLE, f"http://{folder_path(url)}")
    for day, what in (("2026-06-25", "released"), ("2026-06-26", "unchanged")):
        result = run_on(project, day)
        finding = told(result)["not-reached-yet"]
        assert (result.failed, result.outcomes[0].what, finding.severity) == (False, what, "warning")
        assert why in say(finding, "en") and url in say(finding, "ja")


@pytest.mark.parametrize(
    ("missing", "second", "code"),
    [
        ("error", "status?code=404", "http-status"),
        ("not-published", "status?code=404", ""),
        ("closed-day", "status?code=410", ""),
        ("closed-day", "status?code=403", "http-status"),
        ("closed-day", "status?code=500", "http-status"),
        pytest.param("error", "silent", "unreachable", marks=pytest.mark.sweep),
        ("error", "hangup", "hung-up"),
        ("not-published", "loop", "redirect"),
    ],
)
def test_one_of_several_files(tmp_path: Path, publisher: Publisher, missing: str, second: str, code: str) -> None:
    """A file that its owner says may be missing is no hole; any other that a server doesn't give is one."""
    project = make(tmp_path / "p", publisher)
    yaml = project / "pipelines/lifts.yaml"
    parts = second.partition("?")
    url = f"{publisher.address}/{{n}}?{parts[2]}"
    several = (
        f'url: "{url}", for: {{n: [body, {parts[0]}]}}, missing: {missing}, limit: {{connections: 1, megabytes: 1}}'
    )
    text = yaml.read_text("utf-8").replace(
        f'url: "{publisher.address}/now/lifts.csv", limit: {{megabytes: 1}}', several
    )
    yaml.write_text(text.replace("    schema:", "      - select: [id, day]\n    schema:"), "utf-8")
    for day in ("2026-06-25", "2026-06-26"):
        result = run_on(project, day)
        assert result.failed == bool(code), result.outcomes[0].findings
        assert [one.code for one in result.outcomes[0].findings if one.severity == "error"] == [code] * bool(code)


def test_a_new_days_file_that_is_not_reached_waits_while_nothing_else_is_new(
    tmp_path: Path, publisher: Publisher
) -> None:
    project = make(tmp_path / "p", publisher)
    yaml = project / "pipelines/lifts.yaml"
    daily = f'url: "{publisher.address}/body/{{date}}", for: {{date: {{from: "2026-06-25", until: today}}}}'
    text = yaml.read_text("utf-8").replace(f'url: "{publisher.address}/now/lifts.csv"', daily)
    yaml.write_text(text.replace("    schema:", "      - select: [id, day]\n    schema:"), "utf-8")
    assert run_on(project, "2026-06-25").outcomes[0].what == "released"
    publisher.habit = ""
    publisher.shutdown()
    publisher.server_close()
    result = run_on(project, "2026-06-26")
    assert (result.failed, result.outcomes[0].what) == (False, "unchanged")
    assert "connection refused" in say(told(result)["not-reached-yet"], "en") and "2026-06-26" in repr(told(result))


@pytest.mark.parametrize(
    ("target", "code", "why"),
    [
        ("http://no-such-host.invalid/", "unreachable", "redirected to http://no-such-host.invalid: the name"),
        ("ftp://files.example.org/x", "redirect", "redirected to ftp://files.example.org: not an http"),
        ("ftp://me:secret@files.example.org/x", "redirect", "redirected to ftp://files.example.org: not an http"),
        ("http://10.1.2.3/x", "private-address", "redirected to http://10.1.2.3: 10.1.2.3"),
    ],
)
def test_a_redirect_that_fails_names_its_target(publisher: Publisher, target: str, code: str, why: str) -> None:
    with Network(timing=Timing(sleep=lambda _: None), allow_hosts=["127.0.0.1"]) as network:
        (answer,) = network.ask_all([(Ask(f"{publisher.address}/to/?url={target}"), "", "")], Limit())
    assert answer.finding and answer.finding.code == code and why in say(answer.finding, "en")
    assert "：：" not in say(answer.finding, "ja") and "：）" not in say(answer.finding, "ja")


def test_files_that_are_all_missing_are_told_with_the_answer(tmp_path: Path, publisher: Publisher) -> None:
    project = make(tmp_path / "p", publisher, ", missing: closed-day")
    publisher.habit = "status?code=404"
    finding = told(run_on(project, "2026-06-25"))["no-source-bytes"]
    assert "HTTP 404 Not Found (1 files)" in say(finding, "en") and "HTTP 404（見つからない）" in say(finding, "ja")


@pytest.mark.parametrize("more", ["", "\n    read: {encoding: utf-8}"])
def test_an_encoding_that_changes_is_told_where_one_was_declared(
    tmp_path: Path, publisher: Publisher, more: str
) -> None:
    project = make(tmp_path / "p", publisher, more=more)
    run_on(project, "2026-06-25")
    publisher.body = GOOD.decode().encode("cp932")
    result = run_on(project, "2026-06-26")
    assert result.failed == bool(more) == ("encoding-other" in told(result))
    assert result.outcomes[0].what == ("held" if more else "unchanged")
    assert (project / "build/site/datasets/lifts/schedule.csv").read_bytes().endswith(b"A-2,2026-06-12\n")


@pytest.mark.parametrize(("source", "rows"), [("", 3), (", reverts: follow", 2)])
def test_yesterdays_file_again(tmp_path: Path, publisher: Publisher, source: str, rows: int) -> None:
    project = make(tmp_path / "p", publisher, source)
    run_on(project, "2026-06-25")
    publisher.body = GOOD + b"A-3,2026/7/1\r\n"
    run_on(project, "2026-06-26")
    newer = data_of(project)
    publisher.body = GOOD
    result = run_on(project, "2026-06-27")
    assert not result.failed
    assert ("older-file" in told(result)) == (source == "")
    if not source:
        assert data_of(project) == newer
        assert "2026-06-25" in say(told(result)["older-file"], "ja")
    lines = (project / "build/site/datasets/lifts/schedule.csv").read_text("utf-8").splitlines()
    assert len(lines) == rows + 1


BAD_DAYS = {
    "an error page with status 200": HTML,
    "another error page": b"<html><body>503</body></html>",
    "a renamed column": GOOD.replace("点検日".encode(), "実施日".encode()),
    "a value of another type": GOOD.replace(b"2026/6/12", "未定".encode()),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "nothing": b"",
}


SOURCES = {"s": "", "o": ", overwritten: true", "r": ", reverts: follow"}
BAD_SOURCES = [(n, kind) for n in range(len(BAD_DAYS)) for kind in SOURCES if kind == "s" or n % 2 == 0]
"""Every kind of bad bytes, and with every other of these every kind of source."""
NEWER = GOOD + b"A-3,2026/7/1\r\n"


@pytest.fixture(scope="module")
def bad_bytes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Days with good bytes and bad ones in turn, of each kind of source."""
    server = next(serving := serve())
    bodies = {f"{kind}{n}": list(BAD_DAYS.values())[n] for n, kind in BAD_SOURCES}
    assert GOOD not in bodies.values()
    world = make_world(tmp_path_factory.mktemp("bytes") / "p", server, {name: SOURCES[name[0]] for name in bodies})
    given = (("25", GOOD), ("26", None), ("27", GOOD), ("28", GOOD), ("29", NEWER), ("30", GOOD), ("31", None))
    for day, body in given:
        server.body, server.bodies = body or b"", {} if body else bodies
        world.live(f"2026-05-{day}")
    yield world
    next(serving, None)


@pytest.mark.parametrize(("at", "kind"), BAD_SOURCES, ids=[f"{list(BAD_DAYS)[n]}-{kind}" for n, kind in BAD_SOURCES])
def test_bytes_that_were_never_published_are_not_newer_than_good_ones(bad_bytes: World, at: int, kind: str) -> None:
    name, follows = f"{kind}{at}", "follow" in SOURCES[kind]
    days = {
        day: (bad_bytes.outcome(f"2026-05-{day}", name), bad_bytes.files(f"2026-05-{day}", name))
        for day in range(25, 32)
    }
    codes = {day: {one.code: one.severity for one in outcome.findings} for day, (outcome, _) in days.items()}
    assert [days[day][0].what for day in (25, 26, 27, 28, 29)] == [
        "released",
        "held",
        "unchanged",
        "unchanged",
        "released",
    ]
    assert "error" in codes[26].values() and not any("error" in codes[day].values() for day in (25, 27, 28, 29, 30))
    assert "older-file" not in {*codes[27], *codes[28]}
    assert days[25][1] == days[27][1] == days[28][1] != days[29][1]
    assert ("older-file" in codes[30]) == (not follows)
    assert "error" in codes[31].values() and ("bad-file-again" in codes[31]) == (not follows)
    assert days[31][1] == days[30][1] != {}


@pytest.mark.parametrize(
    ("frequency", "errors"),
    [
        ("daily", ["2026-07-02", "2026-07-05", "2026-07-08", "2026-07-11"]),
        ("daily\noverdue: 7", ["2026-07-06", "2026-07-13"]),
        pytest.param("weekly", ["2026-07-13"], marks=pytest.mark.sweep),
        pytest.param("irregular", [], marks=pytest.mark.sweep),
    ],
)
def test_a_dead_source_is_an_error_once_in_a_while(
    tmp_path: Path, publisher: Publisher, frequency: str, errors: list[str]
) -> None:
    project = make(tmp_path / "p", publisher)
    yaml = project / "pipelines/lifts.yaml"
    yaml.write_text(yaml.read_text("utf-8").replace("frequency: monthly", f"frequency: {frequency}"), "utf-8")
    run_on(project, "2026-06-25")
    good = data_of(project)
    publisher.habit = "unavailable"
    failed, noticed = [], []
    for day in (*(f"2026-06-{n}" for n in range(26, 31)), *(f"2026-07-{n:02}" for n in range(1, 14))):
        result = run_on(project, day)
        assert result.outcomes[0].what == "unchanged" and data_of(project) == good
        finding = told(result).get("overdue")
        assert result.failed == (finding is not None and finding.severity == "error")
        if finding is not None:
            (failed if result.failed else noticed).append(day)
            assert finding.place.file == "pipelines/lifts.yaml" and finding.place.line
            assert finding.args["when"] == "2026-06-25"
    assert failed == errors
    assert all(day > errors[0] for day in noticed) and bool(noticed) == ("daily" in frequency)
    publisher.habit, publisher.body = "", GOOD + b"A-3,2026/7/1\r\n"
    result = run_on(project, "2026-07-14")
    assert not result.failed and result.outcomes[0].what == "released" and "overdue" not in told(result)


def test_overdue_stays_told_when_the_yaml_changes_nothing_published(tmp_path: Path, publisher: Publisher) -> None:
    project = make(tmp_path / "p", publisher)
    run_on(project, "2026-06-25")
    publisher.habit = "unavailable"
    assert told(run_on(project, "2026-09-25"))["overdue"].severity == "error"
    yaml = project / "pipelines/lifts.yaml"
    yaml.write_text(yaml.read_text("utf-8").replace("expect: {rows: {min: 1}}", "expect: {rows: {min: 0}}"), "utf-8")
    for day in ("2026-09-26", "2026-09-27"):
        result = run_on(project, day)
        assert result.outcomes[0].what == "unchanged" and told(result)["overdue"].severity == "notice"


def test_what_was_released_today_is_not_told_to_be_late_today(tmp_path: Path, publisher: Publisher) -> None:
    project = make(tmp_path / "p", publisher)
    yaml = project / "pipelines/lifts.yaml"
    (project / "lifts.csv").write_bytes(GOOD)
    lines = yaml.read_text("utf-8").splitlines(keepends=True)
    source = [line for line in lines if "source:" in line]
    assert len(source) == 1
    file = source[0][: source[0].index("source:")] + 'source: {file: lifts.csv, since: "2026-01-05"}\n'
    yaml.write_text("".join(lines).replace(source[0], file), "utf-8")
    first = run_on(project, "2026-06-25")
    assert not first.failed and first.outcomes[0].what == "released" and "overdue" not in told(first)
    assert told(run_on(project, "2026-06-26"))["overdue"].severity == "error"


def test_a_bad_day_before_the_first_release(tmp_path: Path, publisher: Publisher) -> None:
    project = make(tmp_path / "p", publisher)
    for day, body, what in (("23", GOOD + b"A-3\r\n", "held"), ("24", HTML, "held"), ("25", GOOD, "released")):
        publisher.body = body
        assert run_on(project, f"2026-06-{day}").outcomes[0].what == what


def test_a_closed_port_replaces_nothing(tmp_path: Path, publisher: Publisher) -> None:
    project = make(tmp_path / "p", publisher)
    run_on(project, "2026-06-25")
    good = data_of(project)
    publisher.shutdown()
    publisher.server_close()
    result = run_on(project, "2026-06-26")
    assert not result.failed and "connection refused" in say(told(result)[ARCHIVE], "en")
    assert data_of(project) == good


def test_a_private_address_is_asked_only_if_the_catalogue_says_so(tmp_path: Path, publisher: Publisher) -> None:
    project = make(tmp_path / "p", publisher, hosts="[intra.example.jp]")
    result = run_on(project, "2026-06-25")
    assert result.failed and publisher.seen == {}
    finding = told(result)["private-address"]
    assert "127.0.0.1" in finding.args["why"]
    line = say(finding, "ja").rpartition("：")[2]
    assert line == "allow_hosts: [127.0.0.1, intra.example.jp]"
    path = project / "catalogue.yaml"
    path.write_text(path.read_text("utf-8").replace("allow_hosts: [intra.example.jp]", line), "utf-8")
    assert not run_on(project, "2026-06-25").failed and publisher.seen


@pytest.mark.skipif(not shutil.which("openssl"), reason="makes certificates with openssl")
def test_a_certificate_that_changed_replaces_nothing(
    tmp_path: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "other"):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
        command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key", "-out", f"{name}.crt"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        both = (tmp_path / f"{name}.key").read_bytes() + (tmp_path / f"{name}.crt").read_bytes()
        (tmp_path / f"{name}.pem").write_bytes(both)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "one.crt"))
    publisher.use_tls(tmp_path / "one.pem")
    project = make(tmp_path / "p", publisher)
    assert run_on(project, "2026-06-25").outcomes[0].what == "released"
    good = data_of(project)
    publisher.use_tls(tmp_path / "other.pem")
    result = run_on(project, "2026-06-26")
    assert "certificate" in say(told(result)[ARCHIVE], "en") and data_of(project) == good


@pytest.mark.parametrize("fault", ["untrusted", "other-name", "plain"])
@pytest.mark.skipif(not shutil.which("openssl"), reason="makes certificates with openssl")
def test_a_fault_of_tls_is_an_error_on_the_first_day(
    tmp_path: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    name = "DNS:www.example.org" if fault == "other-name" else "IP:127.0.0.1"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    command += ["-addext", f"subjectAltName={name}", "-keyout", "a.key", "-out", "a.crt"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "a.pem").write_bytes((tmp_path / "a.key").read_bytes() + (tmp_path / "a.crt").read_bytes())
    if fault == "other-name":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "a.crt"))
    if fault == "plain":
        publisher.scheme = "https"
    else:
        publisher.use_tls(tmp_path / "a.pem")
    project = make(tmp_path / "p", publisher)
    for day in ("2026-06-25", "2026-06-26"):
        result = run_on(project, day)
        why = "WRONG_VERSION_NUMBER" if fault == "plain" else "its certificate can't be verified"
        assert result.outcomes[0].what == "held" and why in say(told(result)["tls-fault"], "en")


# ---- secrets

SECRET = "Bearer s3cr3t-t0ken"


def test_a_secret_goes_to_its_server_and_nowhere_else(tmp_path: Path, publisher: Publisher) -> None:
    project = make(tmp_path / "p", publisher, ", headers: {Authorization: {env: LIFTS_TOKEN}}")
    result = run_on(project, "2026-06-25", LIFTS_TOKEN=SECRET)
    assert result.outcomes[0].what == "released"
    assert publisher.headers["/now/lifts.csv"]["Authorization"] == SECRET
    publisher.habit = f"to?url=http://localhost:{publisher.server_address[1]}/ok/"
    (project / "catalogue.yaml").write_text(CATALOGUE + "allow_hosts: [127.0.0.1, localhost]\n", "utf-8")
    result = run_on(project, "2026-06-26", LIFTS_TOKEN=SECRET)
    assert "Authorization" not in publisher.headers["/ok/"]
    everything = b"".join(snapshot(project).values()) + repr(result).encode()
    assert SECRET.encode() not in everything and b"s3cr3t" not in everything
    assert b"LIFTS_TOKEN" in everything


@pytest.mark.parametrize("value", ["", "two\r\nlines: x", "秘密"])
def test_a_secret_that_is_missing_or_can_not_be_sent_is_told_by_its_name(
    tmp_path: Path, publisher: Publisher, value: str
) -> None:
    project = make(tmp_path / "p", publisher, ", headers: {X-Api-Key: {env: LIFTS_TOKEN}}")
    result = run_on(project, "2026-06-25", LIFTS_TOKEN=value)
    finding = told(result)["secret-missing"]
    assert result.failed and finding.value == "LIFTS_TOKEN" and finding.place.line and publisher.seen == {}


def test_a_secret_is_not_sent_in_clear(tmp_path: Path, publisher: Publisher) -> None:
    publisher.server_address = ("office.example.org", 80)
    text = LIFTS.replace("https://", "http://").replace(
        "overwritten: true}", "headers: {Authorization: {env: LIFTS_TOKEN}}}"
    )
    project = make_project(tmp_path / "p", lifts=text)
    result = run_on(project, "2026-06-25", LIFTS_TOKEN=SECRET)
    assert "allow_hosts: [office.example.org]" in say(told(result)["secret-in-clear"], "en")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('{url: "https://me:s3cr3t@office.example.org/lifts.csv"}', "url-userinfo"),
        ('{url: "https://office.example.org/x", headers: {Authorization: "Bearer s3cr3t"}}', "wrong-type"),
        ('{url: "https://office.example.org/x", headers: {Host: {env: A}}}', "bad-pattern"),
    ],
)
def test_secrets_in_the_yaml_are_refused_and_not_repeated(tmp_path: Path, source: str, code: str) -> None:
    text = LIFTS.replace('{url: "https://office.example.org/lifts.csv", overwritten: true}', source)
    project = make_project(tmp_path / "p", lifts=text)
    _, specs, findings = read_specs(project)
    assert specs == () and [finding.code for finding in findings] == [code]
    assert "s3cr3t" not in json.dumps([say(finding, "ja") + repr(finding) for finding in findings])
    assert os.environ.get("LIFTS_TOKEN") is None
