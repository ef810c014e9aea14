"""What was published is told to the addresses of `notify`: signed, in order, kept until it is received, once."""

import base64
import hashlib
import hmac
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from loopback import serve, serve_site
from projects import lifts, make_project, make_setting, put

from entaku.fetch.network import Network, Timing
from entaku.model.nouns import Finding
from entaku.work.cli import main
from entaku.work.load import read_specs
from entaku.work.notify import RECORD, read_secret, show_address
from entaku.work.outcome import Result, Wanted
from entaku.work.publish import publish

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes or so").decode()
DAYS = ("2026-06-25", "2026-06-26", "2026-06-27")


class Receiver:
    """A server that receives messages; it answers with `statuses` first, then with 204."""

    def __init__(self, port: int = 0) -> None:
        self.got, self.statuses = list[tuple[dict[str, str], bytes]](), list[int]()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.statuses.pop(0) if receiver.statuses else 204
                if status == 204:
                    receiver.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook?token=hidden"

    def open(self) -> list[dict[str, list[Any]]]:
        """Verify the signatures of what came, as a receiver does, and return it."""
        for headers, body in self.got:
            key = base64.b64decode(SECRET.removeprefix("whsec_"))
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            code = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
            assert headers["webhook-signature"] == f"v1,{code}" and headers["content-type"] == "application/json"
        return [json.loads(body)["data"] for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with serve(made.server):
        yield made


def make(folder: Path, receiver: Receiver, more: str = "allow_hosts: [127.0.0.1]\n") -> Path:
    """Return a project that tells `receiver`."""
    project = make_project(folder / "p")
    with (project / "catalogue.yaml").open("a") as file:
        file.write(f'{more}notify:\n  - {{url: "{receiver.url}", secret: HOOK_SECRET}}\n')
    return project


def run(project: Path, day: str, secret: str = SECRET) -> Result:
    """Publish a version of a day, with a network that doesn't wait."""
    put(project.parent / "mirror", lifts(f"A-1,{day}"), day=day)
    office, specs, findings = read_specs(project)
    assert office is not None, findings
    setting = replace(
        make_setting(project, project.parent / "mirror"),
        network=Network(timing=Timing(sleep=lambda _: None), allow_hosts=office.allow_hosts),
        environment={"HOOK_SECRET": secret} if secret else {},
    )
    return publish(setting, office, specs, findings, Wanted(project / "build/site", allow_samples=True))


def tell(result: Result) -> list[Finding]:
    """Return the findings on messages."""
    return [finding for finding in result.findings if finding.code.startswith(("notify", "private"))]


def test_what_was_published_is_told_once_signed(tmp_path: Path, receiver: Receiver) -> None:
    project = make(tmp_path, receiver)
    assert tell(run(project, DAYS[0])) == []
    [first] = receiver.open()
    assert first["first"] == [
        {"dataset": "lifts", "after": "2026.06.25", "created": "2026-06-25T00:00:00Z", "page": f"{ADDRESS}datasets/lifts/2026.06.25/"}
    ]  # fmt: skip
    run(project, DAYS[1])
    run(project, DAYS[1])
    [_, second] = receiver.open()
    index = json.loads((project / "build/site/changes/index.json").read_text("utf-8"))
    assert second["changes"] == index["changes"] and not second["first"]
    assert SECRET not in (project / "datapackages" / RECORD).read_text("utf-8")
    assert main(["withdraw", "lifts", "2026.06.25", "--reason", "誤り", "--reason-en", "Wrong", "--by", "課", "--yes", "--project", str(project)]) == 0  # fmt: skip
    assert len(receiver.got) == 2, "without the secret it waits"
    run(project, DAYS[1])
    [*_, third] = receiver.open()
    assert [each["version"] for each in third["withdrawn"]] == ["2026.06.25"]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 3


ADDRESS = "https://data.example.org/"


def test_what_no_server_received_is_sent_by_the_next_run(tmp_path: Path, receiver: Receiver) -> None:
    project = make(tmp_path, receiver)
    receiver.statuses = [503, 429, 500, 502]
    [finding] = tell(run(project, DAYS[0]))
    assert (finding.code, finding.severity, finding.args["count"]) == ("notify-failed", "warning", "1")
    assert finding.value.endswith("/hook") and "hidden" not in repr(finding) and receiver.statuses == []
    receiver.statuses = [404]
    [finding] = tell(run(project, DAYS[1]))
    assert finding.args["count"] == "2" and "404" in finding.args["why"], "one that is refused isn't tried again"
    assert receiver.got == [] and tell(run(project, DAYS[1])) == []
    assert [[len(told[kind]) for kind in ("first", "changes")] for told in receiver.open()] == [[1, 0], [0, 1]]
    run(project, DAYS[1])
    assert len(receiver.got) == 2


def test_what_was_published_while_the_server_was_down_is_sent_when_it_is_back(tmp_path: Path) -> None:
    down = Receiver()
    project = make(tmp_path, down)
    with serve(down.server):
        run(project, DAYS[0])
    for _ in range(2):
        [finding] = tell(run(project, DAYS[1]))
        assert (finding.code, finding.args["count"]) == ("notify-failed", "1")
    back = Receiver(down.server.server_address[1])
    with serve(back.server):
        run(project, DAYS[1])
    assert [len(told["changes"]) for told in (*down.open(), *back.open())] == [0, 1]


def test_it_waits_until_the_site_is_at_its_address(tmp_path: Path, receiver: Receiver, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    project, public = make(tmp_path, receiver), tmp_path / "public"
    public.mkdir()
    (public / "index.html").write_text("x")
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with serve_site(public) as address:
        catalogue = project / "catalogue.yaml"
        catalogue.write_text(catalogue.read_text("utf-8").replace(ADDRESS, f"{address}/"), "utf-8")
        [finding] = tell(run(project, DAYS[0]))
        assert (finding.code, finding.severity, receiver.got) == ("notify-waits", "notice", [])
        assert main(["notify", "--project", str(project)]) == 1
        shutil.copytree(project / "build/site", public, dirs_exist_ok=True)
        assert main(["notify", "--project", str(project)]) == 0
        assert len(receiver.open()) == 1
    assert "notify-waits" in "".join(capsys.readouterr())


def test_only_addresses_that_are_allowed_are_told_and_only_with_a_secret(tmp_path: Path, receiver: Receiver) -> None:
    project = make(tmp_path, receiver, more="")
    [finding] = tell(run(project, DAYS[0]))
    assert finding.code == "notify-failed" and "127.0.0.1" in finding.args["why"]
    [finding] = tell(run(project, DAYS[0], secret=""))
    assert (finding.code, finding.value, receiver.got) == ("notify-secret", "HOOK_SECRET", [])


def test_what_was_published_before_is_not_told(tmp_path: Path, receiver: Receiver) -> None:
    project = make_project(tmp_path / "p")
    run(project, DAYS[0])
    with (project / "catalogue.yaml").open("a") as file:
        file.write(f'allow_hosts: [127.0.0.1]\nnotify: [{{url: "{receiver.url}", secret: HOOK_SECRET}}]\n')
    run(project, DAYS[0])
    assert receiver.got == []
    run(project, DAYS[1])
    assert [len(told["changes"]) for told in receiver.open()] == [1]


def test_secrets_and_addresses() -> None:
    assert read_secret(SECRET) == b"a secret of thirty-two bytes or so" and read_secret("plain") == b"plain"
    assert show_address("https://user:pw@x.jp:8/a?key=1#b") == "https://x.jp:8/a"
