"""What comes of asking is archived and let go of, however large it is and whatever goes wrong."""

import os
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from projects import LIFTS, URL, make_project, make_setting, put

from entaku.fetch.network import Headers, Network, Question
from entaku.model.body import Body
from entaku.model.nouns import Answer, Finding, Refused
from entaku.model.source import Limit
from entaku.store.store import Store
from entaku.work.gather import SECURED, Asker, Got, Turn, ask_source
from entaku.work.load import read_specs

MANY = LIFTS.replace(
    'source: {url: "https://office.example.org/lifts.csv", overwritten: true}',
    "source: {url: 'https://office.example.org/{n}.csv', for: {n: [1, 2, 3, 4, 5]}}",
)
LOCAL = LIFTS.replace('url: "https://office.example.org/lifts.csv", overwritten: true', "file: lifts.csv")


class Bodies(Network):
    """Answers every ask with a body that remembers whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: set[str] = set()

    def ask_all(self, asks: Sequence[Question], limit: Limit, headers: Headers | None = None) -> list[Answer]:
        return [self.answer(ask.url) for ask, _, _ in asks]

    def answer(self, url: str) -> Answer:
        self.open.add(url)
        body = url.encode()
        return Answer(url, 200, "live", Body(len(body), lambda: BytesIO(body), lambda: self.open.discard(url)))


def ask(project: Path, network: Network, mirror: Path | None = None) -> Got:
    """What comes of asking for the one resource of `project`."""
    office, (spec,), _ = read_specs(project)
    assert office is not None
    setting = make_setting(project)
    asker = Asker(project, setting.store, network, office.timezone, setting.progress)
    turn = Turn(setting.now, mirror, "mirror" if mirror else "live", live=mirror is None)
    return ask_source(asker, spec, spec.pipeline.resources[0], turn)


class Watched(Store):
    """A store that notes what there is to secure."""

    def secure(self, dataset: str, patience: float = 0) -> None:
        noted.append((patience, len(self.ledger(dataset))))


noted: list[tuple[float, int]] = []


def test_what_is_archived_is_secured_while_more_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path / "p", lifts=MANY.replace("[1, 2, 3, 4, 5]", str([*range(70)])))
    monkeypatch.setattr("projects.Store", Watched)
    noted.clear()
    ask(project, Bodies())
    assert noted == [(SECURED, 32), (SECURED, 64), (SECURED, 70)]


def test_every_body_is_closed_once_it_is_archived(tmp_path: Path) -> None:
    project, network = make_project(tmp_path / "p", lifts=MANY), Bodies()
    got = ask(project, network)
    assert (len(got.asks), got.live, got.failures, network.open) == (5, True, {}, set())
    assert len(Store(project / "datapackages").ledger("lifts")) == 5


def test_every_body_is_closed_when_the_archive_refuses_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, network = make_project(tmp_path / "p", lifts=MANY), Bodies()
    archive = Store.archive

    def refuse(store: Store, dataset: str, answer: Answer, *rest: str) -> object:
        if answer.url.endswith("3.csv"):
            raise Refused(Finding("cannot-write", value="raw"))
        return archive(store, dataset, answer, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "archive", refuse)
    with pytest.raises(Refused):
        ask(project, network)
    assert network.open == set() and len(Store(project / "datapackages").ledger("lifts")) == 2


def test_a_projects_file_is_archived_when_it_has_changed(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", lifts=LOCAL)
    store = Store(project / "datapackages")
    for body, lines in ((b"a" * 2_000_000, 1), (b"a" * 2_000_000, 1), (b"b" * 2_000_000, 2), (b"b", 3), (b"b", 3)):
        (project / "lifts.csv").write_bytes(body)
        ask(project, Bodies())
        assert len(store.ledger("lifts")) == lines
        assert store.raw("lifts", store.ledger("lifts")[-1].sha256) == body


@pytest.mark.parametrize("kept", [False, True])
def test_the_archive_is_listed_as_often_for_few_files_as_for_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    listed = []
    for count in (4, 40):
        several = LOCAL.replace("file: lifts.csv", f"file: 'lifts{{n}}.csv', for: {{n: {list(range(count))}}}")
        project = make_project(tmp_path / str(count), lifts=several)
        for n in range(count):
            (project / f"lifts{n}.csv").write_text(f"id,weight\nA-{n},{n}\n", "utf-8")
        if kept:
            ask(project, Bodies())
        seen: list[Path] = []
        scan = os.scandir
        monkeypatch.setattr(os, "scandir", lambda path, scan=scan, seen=seen: seen.append(Path(path)) or scan(path))
        assert len(ask(project, Bodies()).asks) == count
        monkeypatch.setattr(os, "scandir", scan)
        listed.append(sum(path.name == "raw" for path in seen))
    assert listed[0] == listed[1] <= 5


def test_a_large_file_of_a_mirror_passes_as_far_as_its_source_allows(tmp_path: Path) -> None:
    allowed = LIFTS.replace("overwritten: true}", "overwritten: true, limit: {megabytes: 40}}")
    project = make_project(tmp_path / "p", lifts=allowed)
    path = put(tmp_path / "mirror", b"0" * 40_000_000)
    tracemalloc.start()
    got = ask(project, Bodies(), tmp_path / "mirror")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert got.failures == {} and peak < 8 << 20
    (entry,) = Store(project / "datapackages").ledger("lifts")
    assert entry == replace(entry, url=URL, bytes=40_000_000, served="mirror")
    path.write_bytes(b"0" * 40_000_001)
    assert [finding.code for finding in ask(project, Bodies(), tmp_path / "mirror").failures.values()] == ["too-large"]
