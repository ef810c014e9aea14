"""What people read may be corrected without a copy of the data: revisions of the metadata of a version, and the reason for
which each version and revision exists."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import frictionless
import pytest
from loopback import serve_site
from projects import LIFTS, PUBLIC, SECRET, copy_tree, lifts, make_project, put, read_manifest, run, snapshot

from entaku.fetch.network import Network
from entaku.formats import heavy
from entaku.model.files import name_plain
from entaku.model.revisions import KINDS, WORDS, Why, read_why, show_why, tell_why
from entaku.release import making
from entaku.store import Store
from entaku.store import histories as stored
from entaku.work import open as cli_setting
from entaku.work.cli import main
from entaku.work.signed import verify_chains
from entaku.work.signing import KEY
from entaku.work.verify import verify_store

STAIRS = LIFTS.replace("name: lifts", "name: stairs").replace("lifts.csv", "stairs.csv").replace("昇降機", "階段")
STAIRS = STAIRS.replace("requests: [lifts]\n", "")
OLD, NEW = "{ja: 昇降機の点検, en: Lift inspections}", "{ja: エレベーターの点検, en: Elevator inspections}"
V = "2026.06.29"
DATA = (".csv", ".parquet")


@dataclass(frozen=True)
class World:
    """A project with two datasets, `p`, and its mirror."""

    home: Path

    @property
    def project(self) -> Path:
        return self.home / "p"

    @property
    def site(self) -> Path:
        return self.project / "build/site"

    def release(self, name: str = "lifts", version: str = V) -> Path:
        return self.project / "datapackages" / name / "releases" / version

    def edit(self, old: str, new: str, path: str = "pipelines/lifts.yaml") -> None:
        file = self.project / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def run(self, now: str = "2026-07-01T03:00:00") -> dict[str, str]:
        """Publish; what came of each dataset."""
        result = run(self.project, self.home / "mirror", now)
        assert not result.failed, result.every
        return {outcome.dataset: outcome.what for outcome in result.outcomes}

    def read(self, path: str) -> dict:
        return json.loads((self.site / path).read_bytes())

    def data(self) -> dict[str, tuple[int, int, bytes]]:
        """Every file of data in the store: inode, time of change and bytes."""
        return {
            path.relative_to(self.project).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
            for path in sorted((self.project / "datapackages").rglob("*"))
            if path.suffix in DATA and "releases" in path.parts
        }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("revisions")
    make_project(home / "p", lifts=LIFTS, stairs=STAIRS)
    for name in ("lifts", "stairs"):
        put(home / "mirror", lifts("L1,2026/06/01"), f"https://office.example.org/{name}.csv", "2026-06-29")
    world = World(home)
    assert world.run() == {"lifts": "released", "stairs": "released"}
    return home


@pytest.fixture
def world(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    copy_tree(made, tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    return World(tmp_path / "w")


def verify(world: World, *more: str) -> int:
    return main(["verify", *more, "--project", str(world.project)])


def publish(world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli_setting, "Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
        assert main(["publish", "--project", str(world.project), "--mirror", str(world.home / "mirror")]) == 0


def test_a_corrected_title_copies_no_data_and_says_why(world: World) -> None:
    data, before = world.data(), snapshot(world.release())
    world.edit(OLD, NEW)
    assert world.run("2026-07-02T03:00:00") == {"lifts": "revised", "stairs": "unchanged"}
    assert world.data() == data and len(data) == 6
    now = snapshot(world.release())
    assert {path: now[path] for path in before} == before
    assert sorted(now.keys() - before.keys()) == ["SHA256SUMS.r2", "datapackage.r2.json", "manifest.r2.json"]
    history = json.loads((world.project / "datapackages/lifts/releases.json").read_bytes())
    assert (history["versions"], history["revisions"]) == ([V], {V: 2})

    manifest = json.loads(now["manifest.r2.json"])
    assert manifest["why"] == [{"kind": "metadata", "what": ["title"]}]
    assert manifest["revised"] == "2026-07-02T03:00:00Z" and manifest["revision"] == 2
    assert manifest["previous"] == {"version": V, "sha256": hashlib.sha256(before["manifest.json"]).hexdigest()}
    listed = [file["path"] for file in manifest["files"]]
    assert listed == [
        "datapackage.r2.json",
        "profile.json",
        "report.json",
        "schedule.csv",
        "schedule.parquet",
        "schedule.places.parquet",
    ]

    here, own = world.site / "datasets/lifts", world.site / "datasets/lifts" / V
    assert world.read("datasets/lifts/datapackage.json")["title"] == "エレベーターの点検"
    assert world.read(f"datasets/lifts/{V}/datapackage.json")["title"] == "昇降機の点検"
    assert (here / "datapackage.json").read_bytes() == (own / "datapackage.r2.json").read_bytes()
    assert len({path.stat().st_ino for path in (here / "schedule.csv", own / "schedule.csv")}) == 1
    for line in (here / "SHA256SUMS").read_text("utf-8").splitlines():
        assert hashlib.sha256((here / line[66:]).read_bytes()).hexdigest() == line[:64]
    assert "datapackage.json" in (here / "SHA256SUMS").read_text("utf-8")
    for path in (own / "datapackage.json", own / "datapackage.r2.json", here / "datapackage.json"):
        assert frictionless.validate(str(path)).valid
    assert verify(world) == 0
    store = Store(world.project / "datapackages")
    assert verify_store(store, lambda *_: None)[1] == []


def test_pages_lists_and_feeds_say_why(world: World) -> None:
    world.edit(OLD, NEW)
    world.run("2026-07-02T03:00:00")
    ja, en = "説明（メタデータ）を直しました（題名）。", "The metadata was corrected (title)."
    page = (world.site / f"datasets/lifts/{V}/index.html").read_text("utf-8")
    assert ja in page and "最初の版です。" in page and "改訂 2" in page
    assert 'href="datapackage.r2.json"' in page and 'href="datapackage.json"' in page
    assert en in (world.site / f"en/datasets/lifts/{V}/index.html").read_text("utf-8")
    assert "The first version." in (world.site / f"en/datasets/stairs/{V}/index.html").read_text("utf-8")
    assert ja in (world.site / "datasets/lifts/index.html").read_text("utf-8")
    assert en in (world.site / "en/datasets/lifts/index.html").read_text("utf-8")
    for feed in ("feed.atom", "datasets/lifts/feed.atom"):
        text = (world.site / feed).read_text("utf-8")
        assert f"理由：{ja}\nWhy: {en}\nデータは同じです。" in text
        assert f"datasets/lifts/{V}/#r2</id>" in text and "理由：最初の版です。\nWhy: The first version." in text
        assert "<updated>2026-07-02T03:00:00Z</updated>" in text
    package = world.read("api/3/package_show/lifts.json")["result"]
    extras = {each["key"]: each["value"] for each in package["extras"]}
    assert extras["issued"] == "2026-06-29T00:00:00Z" and extras["modified"] == "2026-07-02T03:00:00Z"
    assert package["metadata_created"].startswith("2026-06-29") and en in extras["version_notes"]
    assert package["metadata_modified"].startswith("2026-07-02")
    changed = {each["format"]: each["last_modified"][:10] for each in package["resources"]}
    assert changed == {"CSV": "2026-06-29", "Parquet": "2026-06-29", "JSON": "2026-07-02"}
    dcat = (world.site / "datasets/lifts/dcat.ttl").read_text("utf-8")
    assert '"2026-06-29T00:00:00Z"^^xsd:dateTime' in dcat and '"2026-07-02T03:00:00Z"^^xsd:dateTime' in dcat
    assert f'adms:versionNotes "{ja} / {en}"' in dcat


def test_a_licence_s_title_revises_every_dataset_of_it(world: World) -> None:
    data = world.data()
    world.edit("{title: CC BY 4.0,", "{title: クリエイティブ・コモンズ 表示 4.0,", "catalogue.yaml")
    assert world.run("2026-07-02T03:00:00") == {"lifts": "revised", "stairs": "revised"}
    assert world.data() == data
    for name in ("lifts", "stairs"):
        manifest = read_manifest(world.site, name)
        assert manifest["why"] == [{"kind": "metadata", "what": ["license"]}]
    world.edit("{ja: 見本局, en: Sample Office}", "{ja: 見本の局, en: Sample Office}", "catalogue.yaml")
    assert world.run("2026-07-03T03:00:00") == {"lifts": "revised", "stairs": "revised"}
    assert world.data() == data
    assert read_manifest(world.site, "lifts")["why"] == [{"kind": "metadata", "what": ["publisher"]}]
    assert world.read("datasets/lifts/datapackage.json")["revision"] == 3
    previous = read_manifest(world.site, "lifts")["previous"]
    assert len(previous["revisions"]) == 1 and verify(world) == 0
    assert world.run("2026-07-04T03:00:00") == {"lifts": "unchanged", "stairs": "unchanged"}


def test_a_new_program_that_writes_other_words_copies_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    data = world.data()
    monkeypatch.setattr(making, "EPOCH", making.EPOCH + 1)
    assert world.run("2026-07-02T03:00:00") == {"lifts": "unchanged", "stairs": "unchanged"}
    monkeypatch.setattr(making, "EPOCH", making.EPOCH + 1)
    monkeypatch.setattr(making, "PROFILE", making.PROFILE + "?")
    assert world.run("2026-07-02T03:00:00") == {"lifts": "revised", "stairs": "revised"}
    assert world.data() == data
    assert read_manifest(world.site, "lifts")["why"] == [{"kind": "program"}]


def test_other_bytes_of_parquet_make_a_version(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "EPOCH", making.EPOCH + 1)
    given = {"compression": "gzip", "compression_level": 5}
    write = heavy.pq.ParquetWriter
    monkeypatch.setattr(heavy.pq, "ParquetWriter", lambda *args, **named: write(*args, **{**named, **given}))
    assert world.run("2026-07-02T03:00:00") == {"lifts": "released", "stairs": "released"}
    manifest = read_manifest(world.site, "lifts")
    assert (manifest["version"], manifest["why"]) == (f"{V}.2", [{"kind": "program"}])


def test_what_changes_the_data_makes_a_version_with_its_reason(world: World) -> None:
    world.edit(OLD, NEW)
    world.run("2026-07-02T03:00:00")
    put(world.home / "mirror", lifts("L1,2026/06/01", "L2,2026/07/03"), day="2026-07-03")
    assert world.run("2026-07-03T03:00:00")["lifts"] == "released"
    newest = world.read("datasets/lifts/datapackage.json")
    assert (newest["version"], newest["title"]) == ("2026.07.03", "エレベーターの点検") and "revision" not in newest
    manifest = read_manifest(world.site, "lifts")
    assert manifest["why"] == [{"kind": "data", "what": ["schedule"]}]
    sums = [
        hashlib.sha256((world.release() / name).read_bytes()).hexdigest()
        for name in ("manifest.json", "manifest.r2.json")
    ]
    assert manifest["previous"] == {"version": V, "sha256": sums[0], "revisions": sums[1:]}
    assert (world.site / f"datasets/lifts/{V}/datapackage.r2.json").is_file()
    assert not (world.site / "datasets/lifts/datapackage.r2.json").exists()
    changed = world.site / f"datasets/lifts/{V}/manifest.r2.json"
    body = changed.read_bytes()
    changed.write_bytes(body + b" ")
    (broken,) = verify_chains(world.site)
    assert (broken.code, broken.value) == ("chain-broken", f"datasets/lifts/{V}/manifest.r2.json")
    changed.write_bytes(body)

    world.edit(
        "id, title: {ja: 番号, en: Number}, constraints: {required: true}",
        "id, title: {ja: 番号, en: Number}, constraints: {required: true, maxLength: 9}",
    )
    assert world.run("2026-07-04T03:00:00")["lifts"] == "released"
    assert read_manifest(world.site, "lifts")["why"] == [{"kind": "structure", "what": ["schema"]}]
    world.edit("      - sort: [day, id]\n", "      - sort: [id]\n")
    put(world.home / "mirror", lifts("L1,2026/06/01", "L0,2026/07/03"), day="2026-07-05")
    world.edit("{ja: 番号, en: Number}", "{ja: 昇降機の番号, en: Number of the lift}")
    assert world.run("2026-07-05T03:00:00")["lifts"] == "released"
    why = read_manifest(world.site, "lifts")["why"]
    assert why == [
        {"kind": "data", "what": ["schedule"]}, {"kind": "structure", "what": ["tidy"]},
        {"kind": "metadata", "what": ["columns"]},
    ]  # fmt: skip
    assert verify(world) == 0
    page = (world.site / "datasets/lifts/2026.07.05/index.html").read_text("utf-8")
    assert "この版がある理由：元のデータが変わりました。表の作り方か、列の定義を変えました。" in page


def test_old_stores_without_reasons_are_told_from_what_differs(world: World) -> None:
    path = world.release() / "manifest.json"
    manifest = json.loads(path.read_bytes())
    del manifest["why"]
    body = (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()
    lines = (path.parent / "SHA256SUMS").read_text("utf-8")
    was, now = (hashlib.sha256(each).hexdigest() for each in (path.read_bytes(), body))
    path.write_bytes(body)
    (path.parent / "SHA256SUMS").write_text(lines.replace(was, now), "utf-8")
    shutil.rmtree(world.site)
    (world.project / "releases.txt").unlink(missing_ok=True)
    assert world.run() == {"lifts": "unchanged", "stairs": "unchanged"}
    assert "最初の版です。" in (world.site / f"datasets/lifts/{V}/index.html").read_text("utf-8")


def test_a_restored_store_has_every_revision(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)
    world.edit(
        "title: {ja: 見本の目録",
        f"signing: {{keys: [{{public_key: {PUBLIC}}}]}}\ntitle: {{ja: 見本の目録",
        "catalogue.yaml",
    )
    world.edit(OLD, NEW)
    publish(world)
    world.edit("description: {ja: 試験用の説明です。", "description: {ja: 説明です。")
    publish(world)
    put(world.home / "mirror", lifts("L1,2026/06/01", "L2,2026/07/04"), day="2026-07-04")
    publish(world)
    for name in ("manifest.r2.json", "manifest.r3.json"):
        assert (world.site / f"datasets/lifts/{V}/{name}.minisig").is_file()
    assert verify(world, "--key", PUBLIC) == 0
    with serve_site(world.site) as address:
        for folder in (f"datasets/lifts/{V}/", "datasets/lifts/"):
            assert main(["verify", f"{address}/{folder}", "--key", PUBLIC, "--project", str(world.project)]) == 0
        package = world.site / f"datasets/lifts/{V}/datapackage.r3.json"
        body = package.read_bytes()
        package.write_bytes(body.replace(b"CC BY", b"CC-BY"))
        for folder in ("", f"datasets/lifts/{V}/"):
            assert main(["verify", f"{address}/{folder}", "--key", PUBLIC, "--project", str(world.project)]) == 1
        package.write_bytes(body)
    clone = world.home / "clone"
    copy_tree(world.project, clone, ("datapackages", "build"))
    with serve_site(world.site) as address:
        assert main(["restore", address, "--project", str(clone)]) == 0

    def list_store(project: Path) -> dict[str, bytes]:
        return {path: body for path, body in snapshot(project / "datapackages").items() if "/releases" in path}

    assert list_store(clone) == list_store(world.project)
    # a store that is a revision behind gets what it lacks
    folder = clone / "datapackages/lifts"
    history = json.loads((folder / "releases.json").read_bytes())
    assert history["revisions"] == {V: 3}
    for path in [path for path in (folder / "releases" / V).iterdir() if ".r3" in path.name]:
        path.unlink()
    (folder / "releases.json").write_text(json.dumps({**history, "revisions": {V: 2}}), "utf-8")
    assert main(["restore", str(world.site), "--project", str(clone)]) == 0
    assert list_store(clone) == list_store(world.project)


def test_a_store_that_lost_a_revision_is_held(world: World) -> None:
    world.edit(OLD, NEW)
    world.edit("https://data.example.org/", "https://opendata.lifts.jp/", "catalogue.yaml")
    world.run("2026-07-02T03:00:00")
    line = next(x for x in (world.project / "releases.txt").read_text("utf-8").splitlines() if x.startswith("lifts "))
    assert line.endswith(" r2")
    path = world.project / "datapackages/lifts/releases.json"
    history = json.loads(path.read_bytes())
    path.write_text(json.dumps({**history, "revisions": {}}), "utf-8")
    shutil.rmtree(world.site)
    result = run(world.project, world.home / "mirror", "2026-07-03T03:00:00")
    assert ("versions-lost", "lifts") in {(finding.code, finding.value) for finding in result.every}
    told = next(finding for finding in result.every if finding.code == "versions-lost")
    assert told.args["example"] == f"{V} r2"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli_setting, "Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
        words = ("--mirror", str(world.home / "mirror"), "--new-history", "lifts")
        assert main(["publish", "--project", str(world.project), *words]) == 0
    assert json.loads(path.read_bytes())["versions"] == [f"{V}.2"]


def test_a_backup_has_every_revision(world: World) -> None:
    world.edit(OLD, NEW)
    world.run("2026-07-02T03:00:00")
    assert main(["backup", "all.tar", "--project", str(world.project)]) == 0
    again = World(world.home / "again")
    assert main(["restore", "all.tar", "--project", str(again.project)]) == 0
    assert snapshot(again.release()) == snapshot(world.release())
    copy_tree(world.home / "mirror", again.home / "mirror")
    assert again.run("2026-07-03T03:00:00") == {"lifts": "unchanged", "stairs": "unchanged"}
    assert again.read("datasets/lifts/datapackage.json")["revision"] == 2


def test_a_withdrawn_version_takes_its_revisions(world: World) -> None:
    world.edit(OLD, NEW)
    world.run("2026-07-02T03:00:00")
    put(world.home / "mirror", lifts("L1,2026/06/01", "L2,2026/07/03"), day="2026-07-03")
    world.run("2026-07-03T03:00:00")
    why = ("--reason", "誤り", "--by", "見本局", "--yes")
    assert main(["withdraw", "lifts", V, "--project", str(world.project), *why]) == 0
    assert not world.release().exists()
    assert "revisions" not in json.loads((world.project / "datapackages/lifts/releases.json").read_bytes())
    tombstone = json.loads((world.project / "datapackages/lifts/withdrawn.json").read_bytes())["withdrawn"][0]
    assert {name_plain(Path(file["path"]).name) for file in tombstone["files"]} >= {"datapackage.json", "SHA256SUMS"}
    assert f"{V}/datapackage.r2.json" in {file["path"] for file in tombstone["files"]}
    assert not (world.site / f"datasets/lifts/{V}/datapackage.r2.json").exists()
    assert verify(world) == 0


def test_a_crash_before_the_history_leaves_no_revision(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.edit(OLD, NEW)
    with monkeypatch.context() as patch:
        patch.setattr(stored.Histories, "write_history", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            world.run("2026-07-02T03:00:00")
    assert (world.release() / "SHA256SUMS.r2").is_file()
    assert Store(world.project / "datapackages").revision("lifts", V) == 1
    assert world.run("2026-07-03T03:00:00")["lifts"] == "revised"
    assert read_manifest(world.site, "lifts")["revised"] == "2026-07-03T03:00:00Z"
    assert verify(world) == 0


def test_a_damaged_dataset_is_kept_with_its_revisions(world: World) -> None:
    world.edit(OLD, NEW)
    world.run("2026-07-02T03:00:00")
    before = snapshot(world.site / "datasets/lifts" / V)
    (world.release() / "manifest.r2.json").write_bytes(b"{}")
    world.edit("{ja: 交通, en: Transport}", "{ja: 交通機関, en: Transport}", "catalogue.yaml")
    result = run(world.project, world.home / "mirror", "2026-07-03T03:00:00")
    assert result.failed and result.site == "published"
    after = snapshot(world.site / "datasets/lifts" / V)
    assert {path: body for path, body in after.items() if path != "index.html"} == {
        path: body for path, body in before.items() if path != "index.html"
    }
    assert world.read("datasets/lifts/datapackage.json")["title"] == "エレベーターの点検"


def test_a_renamed_dataset_makes_a_version_not_a_revision(world: World) -> None:
    world.edit(OLD, NEW)
    world.run("2026-07-02T03:00:00")
    assert main(["rename", "lifts", "elevators", "--project", str(world.project)]) == 0
    publish(world)
    why = read_manifest(world.site, "elevators")["why"]
    assert why == [{"kind": "renamed", "what": ["lifts"]}]
    assert (world.site / f"datasets/lifts/{V}/datapackage.r2.json").is_file()
    assert verify(world) == 0


def test_reasons_are_words_and_data() -> None:
    every = tuple(Why(kind, tuple(WORDS) if kind == "metadata" else ("old-name",)) for kind in KINDS)
    assert read_why(show_why(every)) == every
    assert read_why([{"kind": "of-a-later-program"}]) == ()
    told = tell_why(every)
    assert "もとの名前：old-name" in told.ja and "{what}" not in told.ja + told.en
    assert all(word.ja in told.ja and word.en in told.en for word in WORDS.values())
