"""What the site offers beside its releases: CSV for Excel, source files."""

import dataclasses
import hashlib
import json

import pytest
from projects import LIFTS, copy_template, lifts, make_project, put_sample, run
from worlds import make_catalogue, make_raw

from entaku.catalogue import places
from entaku.catalogue.build import list_excel, list_raws
from entaku.catalogue.places import MANY, name_raw, offers_excel, place_raw, publishes_raw
from entaku.model.nouns import Raw
from entaku.model.source import Secret, Source
from entaku.work.verify import verify_site

SITE = "build/site/datasets/lifts"


def publish(tmp_path, spec=LIFTS, rows=("A-1,2026/6/3", "あ-2,2026/6/4")):
    project = make_project(tmp_path / "p", lifts=spec)
    put_sample(project, lifts(*rows))
    assert run(project).site == "published"
    return project


def test_excel_gets_the_same_rows_behind_a_byte_order_mark(tmp_path):
    project = publish(tmp_path)
    folder = project / SITE
    [version] = json.loads((project / "datapackages" / "lifts" / "releases.json").read_text())["versions"]
    plain = (folder / "schedule.csv").read_bytes()
    assert not plain.startswith(b"\xef\xbb\xbf")
    for path in (folder, folder / version):
        assert (path / "schedule.excel.csv").read_bytes() == b"\xef\xbb\xbf" + plain
        assert (path / "schedule.csv").read_bytes() == plain
    sums = dict(reversed(line.split("  ")) for line in (project / "build/site/SHA256SUMS").read_text().splitlines())
    assert sums["datasets/lifts/schedule.excel.csv"] == hashlib.sha256(b"\xef\xbb\xbf" + plain).hexdigest()
    assert 'schedule.excel.csv" download' in (folder / "index.html").read_text("utf-8")


def test_excel_computes_no_cell(tmp_path):
    """What is a release's stays exact; a second publication neither adds another apostrophe nor writes anew."""
    project = make_project(tmp_path / "p")
    yaml = project / "pipelines/lifts.yaml"
    note = "        - {name: note, title: {ja: 備考, en: Note}}\n    expect:"
    yaml.write_text(
        yaml.read_text("utf-8").replace("    expect:", note).replace("点検日: day", "点検日: day, 備考: note"), "utf-8"
    )
    notes = ["=HYPERLINK(A1)", "+81-3-1234-5678", "@x", "-5", "-", "plain"]
    rows = "".join(f"A-{n},2026/6/{n},{note}\r\n" for n, note in enumerate(notes, 1))
    put_sample(project, f"番号,点検日,備考\r\n{rows}")
    assert not run(project).failed
    folder = project / SITE

    def read(name):
        return [line.split(",")[2] for line in (folder / name).read_text("utf-8-sig").splitlines()[1:]]

    assert read("schedule.csv") == notes
    assert read("schedule.excel.csv") == ["'=HYPERLINK(A1)", "'+81-3-1234-5678", "'@x", "-5", "-", "plain"]
    assert verify_site(project / "build/site") == []
    before = (folder / "schedule.excel.csv").stat().st_ino
    copy_template(project, "home.html").open("a").write("\n")
    assert run(project).site == "published"
    assert (folder / "schedule.excel.csv").stat().st_ino == before


def test_unchanged_ones_are_shared_with_the_site_before(tmp_path):
    project = publish(tmp_path)
    folder = project / SITE
    before = [(path, path.stat().st_ino) for path in [folder / "schedule.excel.csv", *folder.glob("raw/*")]]
    copy_template(project, "home.html").open("a").write("\n")
    assert run(project).site == "published"
    assert [(path, path.stat().st_ino) for path, _ in before] == before
    store = project / "datapackages" / "lifts" / "raw"
    assert not {inode for _, inode in before} & {path.stat().st_ino for path in store.iterdir()}


def test_excel_gets_none_that_it_can_not_hold():
    table = make_catalogue().datasets[0].releases[0].resources[0]
    assert offers_excel(table)
    assert not offers_excel(dataclasses.replace(table, rows=1_048_576))
    assert not offers_excel(dataclasses.replace(table, csv=dataclasses.replace(table.csv, bytes=20_000_001)))


def test_the_source_file_is_offered_as_it_came(tmp_path):
    project = publish(tmp_path)
    [raw] = (project / SITE / "raw").iterdir()
    body = lifts("A-1,2026/6/3", "あ-2,2026/6/4").encode()
    assert raw.read_bytes() == body and raw.name == f"{hashlib.sha256(body).hexdigest()}.csv"
    page = (project / SITE / "index.html").read_text("utf-8")
    assert f'href="raw/{raw.name}" download="lifts.csv"' in page


def test_an_owner_keeps_it_back(tmp_path):
    project = publish(tmp_path, LIFTS.replace("overwritten: true}", "overwritten: true, raw: keep}"))
    assert not (project / SITE / "raw").exists()
    assert "raw/" not in (project / SITE / "index.html").read_text("utf-8")


SOURCE = Source(url="https://kotsu.example.jp/x.csv")


@pytest.mark.parametrize(
    ("source", "url", "offered"),
    [
        (SOURCE, "https://kotsu.example.jp/x.csv", True),
        (Source(file="files/x.xlsx"), "files/x.xlsx", False),
        (Source(file="files/x.xlsx", raw="publish"), "files/x.xlsx", True),
        (dataclasses.replace(SOURCE, headers={"X-Key": Secret(env="KEY")}), "https://kotsu.example.jp/x.csv", False),
        (SOURCE, "http://INTRA.example.jp/x.csv", False),
        (dataclasses.replace(SOURCE, raw="keep"), "https://kotsu.example.jp/x.csv", False),
    ],
)
def test_what_not_everyone_could_fetch_is_kept_back(source, url, offered):
    catalogue = make_catalogue()
    office = dataclasses.replace(catalogue.office, allow_hosts=("intra.example.jp",))
    pipeline = catalogue.datasets[0].spec.pipeline
    own = dataclasses.replace(pipeline.resources[0], name="own", source=source)
    other = dataclasses.replace(own, name="other", source=None, from_="own")
    pipeline = dataclasses.replace(pipeline, resources=(own, other))
    raw = dataclasses.replace(make_raw(1, "live"), url=url)
    assert publishes_raw(office, pipeline, own, raw) is offered
    assert publishes_raw(office, pipeline, other, raw) is offered, "of the files of another table"
    assert not publishes_raw(office, pipeline, own, dataclasses.replace(raw, bytes=50_000_001))


@pytest.mark.parametrize(
    ("url", "name", "suffix"),
    [
        ("https://x.example/a/%E9%A7%85.csv?v=1", "駅.csv", ".csv"),
        ("https://x.example/page.html", "page.html", ".bin"),
        ("https://x.example/picture.svg", "picture.svg", ".bin"),
        ("https://x.example/", "source", ".bin"),
        ('https://x.example/a%22onload=".XLSX', "source", ".bin"),
        ("https://x.example/T.XLSX", "T.XLSX", ".xlsx"),
        ("http://[", "source", ".bin"),
    ],
)
def test_no_source_file_becomes_a_page_of_the_site(url, name, suffix):
    raw = Raw(url=url, values={}, served="live", fetched="2026-01-01T00:00:00Z", sha256="a" * 64, bytes=1)
    assert name_raw(url) == name
    assert place_raw("d", raw) == f"datasets/d/raw/{'a' * 64}{suffix}"


def test_of_many_source_files_the_newest_are_offered_and_versions_share_them():
    catalogue = make_catalogue()
    [tourism] = [each for each in catalogue.datasets if each.spec.pipeline.name == "tourism"]
    release = tourism.releases[0]
    tables = tuple(
        dataclasses.replace(table, resource=dataclasses.replace(table.resource, source=SOURCE))
        for table in release.resources
    )
    first = dataclasses.replace(release, resources=tables)
    again = dataclasses.replace(first, version="2025.02.01")
    raws = list_raws(dataclasses.replace(catalogue, datasets=(dataclasses.replace(tourism, releases=(first, again)),)))
    assert len(raws) == 20
    newest = sorted({raw.fetched for raw in tables[0].raws}, reverse=True)[:20]
    kept = {raw.sha256 for raw in tables[0].raws if raw.fetched in newest}
    assert {sha256 for _, sha256 in raws.values()} <= kept


def test_every_release_has_its_csv_for_excel():
    paths = list_excel(make_catalogue())
    assert "datasets/elevators/2022.03.24/schedule.excel.csv" in paths
    assert paths["datasets/elevators/schedule.excel.csv"] == ("elevators", "2022.06.27", "schedule.csv")
    assert list(paths) == sorted(paths)


def test_many_source_files_are_listed_once() -> None:
    """The newest is first, of whichever table's files are asked for."""
    catalogue = make_catalogue()
    (release, *_) = catalogue.datasets[0].releases
    raws = tuple(Raw(f"u{n % 7}", {}, "live", f"2026-01-{1 + n % 28:02}", str(n), 1) for n in range(MANY))
    tables = [dataclasses.replace(release.resources[0], raws=some) for some in (raws, raws[:-1], raws[:3])]
    found = [places.list_raws([table]) for table in tables]
    assert places.list_raws([tables[0]]) is found[0] and [len(some) for some in found] == [MANY, MANY - 1, 3]
    for some, table in zip(found, tables, strict=True):
        assert [raw.fetched for raw, _ in some] == sorted((raw.fetched for raw in table.raws), reverse=True)
        assert some == places._list_raws([(table.resource, table.raws)])


def test_the_newest_of_many_source_files_are_those_that_are_listed_first() -> None:
    catalogue = make_catalogue()
    release = catalogue.datasets[0].releases[-1]
    raws = tuple(Raw(f"u{n % 7}", {}, "live", f"2026-01-{1 + n % 28:02}", str(n), 1) for n in range(MANY))
    table = dataclasses.replace(release.resources[0], raws=raws)
    for _ in range(2):
        assert places._list_newest([table]) == places.list_raws([table])[: places.RAWS]
