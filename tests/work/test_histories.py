"""A store that lacks what was published starts no other history in silence; a new one is begun only by name."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from loopback import serve
from projects import CATALOGUE, copy_tree, lifts, make_project, make_setting, put, put_sample, snapshot

from entaku.fetch.network import Network
from entaku.model.ledgers import Abandoned, read_published, show_published
from entaku.model.nouns import Finding, Raw, Refused
from entaku.release.making import make_version
from entaku.work.address import is_reserved
from entaku.work.cli import main
from entaku.work.histories import FILE, HEAD
from entaku.work.load import read_specs
from entaku.work.outcome import Result, Wanted
from entaku.work.publish import publish

DAYS = ("2026-06-25", "2026-06-26", "2026-06-27")
NOW = "2026-11-23T03:00:00"
VERSIONS = ["2026.06.25", "2026.06.26", "2026.06.27"]


class Web:
    """A web server of the published site, which notes what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked, self.answered = folder, list[str](), list[int]()
        web = self

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *given: object, **named: object) -> None:
                super().__init__(*given, directory=str(web.folder), **named)  # type: ignore[arg-type]

            def log_request(self, code: object = "-", size: object = "-") -> None:
                web.asked.append(self.path)
                web.answered.append(int(str(code)))

            def log_error(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def upload(self, project: Path) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        copy_tree(project / "build/site", self.folder)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Web]]:
    """An overwritten table of three versions, published and uploaded; `p` is the project, `mirror` its source."""
    home = tmp_path_factory.mktemp("histories")
    web = Web(home / "www")
    with serve(web.server) as address:
        project = make_project(home / "p")
        text = CATALOGUE.replace("https://data.example.org/", f"{address}/")
        (project / "catalogue.yaml").write_text(text, "utf-8")
        for n, day in enumerate(DAYS, 1):
            put(home / "mirror", lifts(f"A-{n},2026/6/{n}"), day=day)
        assert not run(project, home / "mirror").failed
        yield home, web


@pytest.fixture
def web(world: tuple[Path, Web]) -> Web:
    home, web = world
    web.folder = home / "www"
    web.upload(home / "p")
    web.asked.clear()
    web.answered.clear()
    return web


@pytest.fixture
def home(world: tuple[Path, Web], web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project and its source, to be changed, and a `clone` of the project: what git keeps of it."""
    copy_tree(world[0], tmp_path / "w", ("www",))
    copy_tree(tmp_path / "w/p", tmp_path / "w/clone", ("datapackages", "build"))
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


def run(
    project: Path,
    mirror: Path | None = None,
    now: str = "2026-06-28T03:00:00",
    anew: tuple[str, ...] = (),
    to: str = "",
) -> Result:
    """`entaku publish` in `project`, which reaches nothing but this machine."""
    office, specs, findings = read_specs(project)
    assert office is not None, findings
    network = Network(knock=lambda host, port, seconds: "" if host == "127.0.0.1" else "no network in tests")
    setting = replace(make_setting(project, mirror, now), network=network)
    return publish(setting, office, specs, findings, Wanted(project / (to or "build/site"), True, anew=anew))


def find(result: Result, code: str) -> list[Finding]:
    return [finding for finding in result.every if finding.code == code]


def lines(project: Path) -> list[str]:
    return (project / FILE).read_text("utf-8").removeprefix(HEAD).splitlines()


def hash_manifest(project: Path, version: str) -> str:
    return hashlib.sha256(
        (project / "datapackages/lifts/releases" / version / "manifest.json").read_bytes()
    ).hexdigest()


# ---- releases.txt


def test_publish_keeps_a_fingerprint_with_the_project(home: Path, web: Web) -> None:
    project = home / "p"
    assert lines(project) == [f"lifts 2026.06.27 3 0 {hash_manifest(project, '2026.06.27')}"]
    before = (project / FILE).stat()
    assert run(project, home / "mirror").site == "unchanged"
    assert (project / FILE).stat() == before
    (project / FILE).unlink()
    assert not run(project, home / "mirror").failed
    assert lines(project)[0].startswith("lifts 2026.06.27 3 0 ")


def test_lines_of_a_merge_all_count_and_its_marks_don_t() -> None:
    ours, theirs = f"lifts 2026.06.27 3 0 {'a' * 64}", "lifts 2026.06.26 2 1 -"
    text = f"{HEAD}<<<<<<< HEAD\n{ours}\n=======\n{theirs}\r\n>>>>>>> other\nlifts x\n\nstairs 1 1 0\n"
    told, odd = read_published(text, FILE)
    assert [show_published(name, each) for name, of in told.items() for each in of] == [ours, theirs]
    assert [(each.versions, each.gone, each.line) for each in told["lifts"]] == [
        (("2026.06.27",), (), 5),
        ((), ("2026.06.26",), 7),
    ]
    assert odd == (9, 11)


def test_a_line_that_can_t_be_read_is_an_error_and_the_file_stays(home: Path) -> None:
    project = home / "p"
    with (project / FILE).open("a") as file:
        file.write("stairs what\n")
    before = (project / FILE).read_bytes()
    put(home / "next", lifts("A-4,2026/6/4"), day="2026-06-28")
    result = run(project, home / "next")
    assert [(one.place.file, one.place.line, one.value) for one in find(result, "releases-line")] == [
        (FILE, 5, "stairs what")
    ]
    assert result.outcomes[0].what == "released" and (project / FILE).read_bytes() == before


def test_two_lines_of_a_merge_become_one(home: Path) -> None:
    project = home / "p"
    older = f"lifts 2026.06.26 2 0 {hash_manifest(project, '2026.06.26')}"
    (project / FILE).write_text(f"{HEAD}<<<<<<< HEAD\n{older}\n=======\n{lines(project)[0]}\n>>>>>>> b\n", "utf-8")
    assert not run(project).failed
    assert lines(project) == [f"lifts 2026.06.27 3 0 {hash_manifest(project, '2026.06.27')}"]


@pytest.mark.parametrize(
    ("address", "reserved"),
    [
        ("https://data.example.org/", True),
        ("https://example.com", True),
        ("http://opendata.test/x/", True),
        ("https://data.city.example.lg.jp/", False),
        ("https://myexample.org/", False),
        ("http://127.0.0.1:8000/", False),
    ],
)
def test_addresses_at_which_nothing_can_be_published(address: str, reserved: bool) -> None:
    assert is_reserved(address) == reserved


# ---- a clone


def test_a_clone_without_the_store_starts_no_other_history(home: Path) -> None:
    """By the fingerprint alone, and nothing is fetched, released or published."""
    clone = home / "clone"
    text = (clone / "catalogue.yaml").read_text("utf-8")
    (clone / "catalogue.yaml").write_text(text.replace("127.0.0.1", "data.example.org"), "utf-8")
    before = snapshot(clone)
    result = run(clone, home / "mirror")
    (finding,) = find(result, "versions-lost")
    assert (finding.severity, finding.place.file, finding.place.line) == ("error", FILE, 4)
    assert (finding.value, finding.args["count"], finding.args["example"]) == ("lifts", "3", "2026.06.27")
    assert result.site == "refused" and [(one.dataset, one.what) for one in result.outcomes] == [("lifts", "held")]
    own = ("datapackages/.lock", "build/last-run.json")
    assert {path: body for path, body in snapshot(clone).items() if path not in own} == before


def test_a_clone_without_a_fingerprint_asks_the_site(home: Path, web: Web) -> None:
    (home / "clone" / FILE).unlink()
    result = run(home / "clone", home / "mirror")
    (finding,) = find(result, "versions-lost")
    assert (finding.args["count"], finding.args["site"]) == ("3", finding.args["where"])
    assert finding.args["where"].startswith("http://127.0.0.1") and web.asked == ["/manifest.json"]
    assert not (home / "clone" / FILE).exists() and not (home / "clone/build/site").exists()


@pytest.mark.parametrize("state", ["off", "empty", "another", "broken"])
def test_a_site_that_tells_nothing_stops_nobody(home: Path, web: Web, state: str) -> None:
    clone = home / "clone"
    (clone / FILE).unlink()
    web.folder = home / "www"
    web.folder.mkdir()
    if state == "another":
        (web.folder / "manifest.json").write_text('{"name": "An app", "icons": []}', "utf-8")
    if state == "broken":
        (web.folder / "manifest.json").write_text('{"program": {"name": "entaku"}, "datasets": {"x": 1}}', "utf-8")
    if state == "off":
        text = (clone / "catalogue.yaml").read_text("utf-8")
        (clone / "catalogue.yaml").write_text(text.replace("127.0.0.1", "data.city.example.lg.jp"), "utf-8")
    result = run(clone, home / "mirror")
    assert not result.failed and result.outcomes[0].what == "released"
    assert [one.severity for one in find(result, "site-unasked")] == (["notice"] if state == "off" else [])
    assert [line.split()[:4] for line in lines(clone)] == [line.split()[:4] for line in lines(home / "p")]


def test_the_site_is_asked_once_and_sends_what_it_has_once(home: Path, web: Web) -> None:
    project = home / "p"
    for _ in range(2):
        assert not run(project).failed
    assert web.asked == ["/manifest.json"] * 2 and web.answered == [200, 304]
    (project / FILE).unlink()
    for folder in ("datapackages", "build/site"):
        shutil.rmtree(project / folder)
    assert [one.args["count"] for one in find(run(project), "versions-lost")] == ["3"]
    assert web.answered[-1] == 304


def test_samples_come_again_the_same_and_are_no_history(tmp_path: Path, web: Web, home: Path) -> None:
    project = home / "clone"
    (project / FILE).unlink()
    put_sample(project, lifts("S-1,2026/6/1"))
    web.folder = home / "nothing"
    assert not run(project).failed and not (project / FILE).exists()
    before = snapshot(project / "build/site")
    web.folder = project / "build/site"
    shutil.rmtree(project / "datapackages")
    assert not run(project).failed
    assert snapshot(project / "build/site") == before


def test_a_dataset_of_which_only_the_site_is_left_is_not_taken_off(home: Path, web: Web) -> None:
    """Neither YAML nor store nor a line; with another dataset that goes on."""
    clone = home / "clone"
    (clone / FILE).unlink()
    (clone / "pipelines/lifts.yaml").rename(clone / "pipelines/stairs.yaml")
    yaml = (clone / "pipelines/stairs.yaml").read_text("utf-8")
    (clone / "pipelines/stairs.yaml").write_text(yaml.replace("name: lifts", "name: stairs"), "utf-8")
    result = run(clone, home / "mirror")
    assert [(one.dataset, one.what) for one in result.outcomes] == [("lifts", "held"), ("stairs", "released")]
    assert result.site == "refused" and not (clone / "build/site").exists()
    assert not run(clone, home / "mirror", anew=("lifts",)).failed
    assert not run(clone, home / "mirror").failed
    assert [line.split()[0] for line in lines(clone)] == ["stairs"]


def test_an_older_site_does_not_stand_for_the_newer_one_that_is_served(home: Path, web: Web) -> None:
    """A store and a site of yesterday, as where a folder was put back; the newest version is public."""
    project = home / "p"
    copy_tree(project, home / "old")
    put(home / "next", lifts("A-4,2026/6/4"), day="2026-06-28")
    assert not run(project, home / "next").failed
    web.upload(project)
    before = snapshot(home / "old/build/site")
    for name in (FILE, ""):
        if name:
            shutil.copy(project / FILE, home / "old" / FILE)
        result = run(home / "old", home / "next")
        assert [one.args["example"] for one in find(result, "versions-lost")] == ["2026.06.28"]
        assert result.site == "refused" and snapshot(home / "old/build/site") == before
        (home / "old" / FILE).unlink(missing_ok=True)


# ---- another history


def test_a_new_history_is_begun_by_name(home: Path, web: Web) -> None:
    """Its versions have names that were never used, also where the old ones aren't known by name."""
    clone = home / "clone"
    put(home / "mirror", lifts("A-9,2026/6/9"), day="2026-11-22")
    copy_tree(clone, home / "offline")
    text = (clone / "catalogue.yaml").read_text("utf-8")
    (home / "offline/catalogue.yaml").write_text(text.replace("127.0.0.1", "data.example.org"), "utf-8")
    known = {"clone": VERSIONS, "offline": VERSIONS[-1:]}
    for name, abandoned in known.items():
        result = run(home / name, home / "mirror", NOW, ("lifts",))
        (begun,) = find(result, "history-begun")
        assert (begun.severity, begun.value, begun.args["count"]) == ("warning", "lifts", "3")
        assert not result.failed and result.site == "published"
        releases = sorted(path.name for path in (home / name / "datapackages/lifts/releases").iterdir())
        assert releases == ["2026.06.25.4", "2026.06.26.4", "2026.06.27.4", "2026.11.22.4"]
        (line,) = lines(home / name)
        assert line.split()[:4] == ["lifts", "2026.11.22.4", "7", "0"]
        again = run(home / name, home / "mirror", NOW, ("lifts",))
        assert not again.failed and [one.severity for one in find(again, "history-whole")] == ["notice"]
        put(home / "later", lifts("A-10,2026/6/10"), day="2026-11-24")
        assert not run(home / name, home / "later", now="2026-11-24T09:00:00").failed
        assert (home / name / "datapackages/lifts/releases/2026.11.24").is_dir()
        history = json.loads((home / name / "datapackages/lifts/releases.json").read_bytes())
        assert history["abandoned"]["versions"] == abandoned


def test_the_old_store_finds_the_new_history_of_another_machine(home: Path, web: Web) -> None:
    clone, put_back = home / "clone", home / "p"
    assert not run(clone, home / "mirror", anew=("lifts",)).failed
    web.upload(clone)
    (finding,) = find(run(put_back), "versions-lost")
    assert finding.args["count"] == "3" and finding.args["example"] == "2026.06.27.4"


def test_other_bytes_of_a_published_version_are_told(home: Path, web: Web) -> None:
    """A store that was begun where the site could not be asked, before there was a fingerprint."""
    clone = home / "clone"
    kept = (clone / FILE).read_bytes()
    (clone / FILE).unlink()
    web.folder = home / "nothing"
    shutil.rmtree(home / "mirror/2026-06-25")
    assert not run(clone, home / "mirror").failed
    shutil.rmtree(clone / "build")
    site = snapshot(home / "p/build/site")
    for where in ("site", "file"):
        web.upload(home / "p") if where == "site" else None
        (clone / FILE).write_bytes(kept) if where == "file" else (clone / FILE).unlink()
        result = run(clone, home / "mirror")
        codes = {one.code for one in result.every if one.severity == "error"}
        assert codes == {"versions-lost"} and result.site == "refused"
        (clone / FILE).write_text(f"{HEAD}{lines(home / 'p')[0].replace(' 3 0 ', ' 2 0 ')}\n", "utf-8")
        web.folder = home / "nothing"
        (finding,) = find(run(clone, home / "mirror"), "versions-differ")
        assert (finding.value, finding.args["example"], finding.args["where"]) == ("lifts", "2026.06.27", FILE)
        web.folder = home / "www"
    assert site == snapshot(home / "p/build/site")
    result = run(clone, home / "mirror", anew=("lifts",))
    assert not result.failed and find(result, "history-begun")
    aside = sorted(path.name for path in (clone / "datapackages/.aside").iterdir())
    assert aside == ["lifts@2026.06.26", "lifts@2026.06.27"]
    releases = sorted(path.name for path in (clone / "datapackages/lifts/releases").iterdir())
    assert releases and not set(releases) & set(VERSIONS)


def test_a_store_of_before_a_withdrawal_publishes_nothing(home: Path, web: Web) -> None:
    """What was withdrawn would be public again; the site that is served brings the tombstones back."""
    project, old = home / "p", home / "old"
    copy_tree(project, old, ("build",))
    withdraw = ["withdraw", "lifts", "2026.06.26", "--reason", "x", "--by", "y", "--yes", "--project", str(project)]
    assert main(withdraw) == 0
    web.upload(project)
    assert lines(project)[0].split()[:4] == ["lifts", "2026.06.27", "3", "1"]
    for told in ("site", "file"):
        (old / FILE).unlink() if told == "site" else shutil.copy(project / FILE, old / FILE)
        for anew in ((), ("lifts",)):
            result = run(old, home / "mirror", anew=anew)
            assert [one.args["count"] for one in find(result, "tombstones-lost")] == ["1"]
            assert result.site == "refused" and not (old / "build/site").exists()
    base = (project / "catalogue.yaml").read_text("utf-8").split("base_url: ")[1].split()[0]
    assert main(["restore", base, "--project", str(old)]) == 0
    assert not (old / "datapackages/lifts/releases/2026.06.26").exists()
    assert not run(old, home / "mirror").failed
    assert lines(old) == lines(project)
    assert main(["withdraw", "lifts", *withdraw[3:]]) == 0
    assert lines(project) == ["lifts 2026.06.27 3 3 -"]
    web.folder = home / "nothing"
    shutil.copy(project / FILE, home / "clone" / FILE)
    assert [one.args["example"] for one in find(run(home / "clone", home / "mirror"), "versions-lost")] == [
        "2026.06.27"
    ]


def test_a_damaged_manifest_is_no_other_history(home: Path, web: Web) -> None:
    manifest = home / "p/datapackages/lifts/releases/2026.06.27/manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"lifts", b"lofts"))
    codes = {one.code for one in run(home / "p").every}
    assert "versions-differ" not in codes and codes & {"checksum", "store-broken"}


def test_an_unknown_dataset_begins_nothing(home: Path) -> None:
    with pytest.raises(Refused, match="unknown-dataset"):
        run(home / "p", anew=("lift",))


def test_names_after_a_new_history_are_never_those_of_before() -> None:
    def name(day: str, taken: tuple[str, ...] = (), abandoned: Abandoned | None = None) -> str:
        return make_version([Raw("u", {}, "live", f"{day}T03:00:00Z", "0", 1)], "Asia/Tokyo", taken, abandoned)[0]

    left = Abandoned("2026-11-23T20:00:00Z", ("2026.06.27",), 3)  # the 24th in Tokyo
    assert name("2026-11-24") == "2026.11.24" and name("2026-11-24", (), left) == "2026.11.24.4"
    assert name("2021-04-28", ("2021.04.28.4",), left) == "2021.04.28.5"
    assert name("2026-11-25", (), left) == "2026.11.25"
