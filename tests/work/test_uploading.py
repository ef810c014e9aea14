"""`entaku publish --to s3://…`: a real site in a store of objects, as operators and readers meet it."""

import argparse
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from many import make_many
from objects import BUCKET, PREFIX, Gate, needs_rclone, needs_store, open_objects, open_rclone
from projects import copy_template

from entaku.work.cli import main
from entaku.work.uploading import read_destination

ADDRESS = f"s3://{BUCKET}/{PREFIX}"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    with open_objects(monkeypatch) as gate:
        yield gate


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_many(tmp_path / "p", 2)


def publish(project: Path, *more: str, to: str = ADDRESS) -> int:
    return main(["publish", "--project", str(project), "--lang", "en", *(("--to", to) if to else ()), *more])


def read_files(project: Path) -> dict[str, bytes]:
    site = project / "build/site"
    paths = (path for path in site.rglob("*") if path.is_file() and path.name != ".entaku")
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in paths}


def list_tags(gate: Gate) -> dict[str, str]:
    """The ETag of every file of the site that is in the store."""
    return {path: tag for path, tag in gate.list().items() if not path.startswith(".entaku/")}


def list_site(gate: Gate) -> set[str]:
    return set(list_tags(gate))


def digest(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def change(project: Path) -> None:
    table = project / "files/0-first.csv"
    before = table.read_text("utf-8")
    assert "カンマ" in before
    table.write_text(before.replace("カンマ", "コンマ"), "utf-8")


@needs_store
def test_a_site_is_put_from_the_folder_and_then_what_has_changed(
    gate: Gate, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(project, "--allow-samples", "--dry-run") == 0
    assert gate.list() == {} and "would be put" in capsys.readouterr().out
    assert publish(project) == 0
    before = read_files(project)
    assert list_tags(gate) == {path: digest(body) for path, body in before.items()}
    said = capsys.readouterr().out
    assert f"{len(before):,} files" in said and f"The site is at {ADDRESS}." in said
    gate.asked.clear()
    assert publish(project) == 0
    assert [method for method, _ in gate.asked] == ["GET", "GET"]

    there = gate.list()
    assert publish(make_many(tmp_path / "other", 1)) == 1  # a second project can't take the place of a first
    assert gate.list() == there

    change(project)
    gate.asked.clear()
    assert publish(project) == 0
    after = read_files(project)
    put = gate.put()
    assert sorted(put) == sorted(path for path, body in after.items() if before.get(path) != body)
    mine = read_resources(after, "dataset-00000")
    others = [path for path in put if not re.match("(en/)?datasets/dataset-00000/", path) and not mine & {*split(path)}]
    assert {re.sub("[.][0-9a-f]{8}[.]", ".*.", path) for path in others} <= LISTS
    assert "datasets/dataset-00000/first.csv" in put and "datasets/dataset-00000/second.csv" not in put
    assert all(path.startswith("search/") for path in before.keys() - after.keys())  # these stay for a day
    assert list_tags(gate) == {path: digest(body) for path, body in {**before, **after}.items()}

    (version, _) = sorted({path.split("/")[2] for path in after if re.match(r"datasets/dataset-00000/\d", path)})
    words = ["--reason", "x", "--by", "office", "--yes", "--to", ADDRESS, "--lang", "en", "--project", str(project)]
    assert main(["withdraw", "dataset-00000", version, *words]) == 0
    assert "as well" not in capsys.readouterr().out
    left = read_files(project)
    assert f"datasets/dataset-00000/{version}/first.csv" in after.keys() - left.keys()
    assert list_tags(gate) == {path: digest(body) for path, body in left.items()}


LISTS = {
    *(f"api/3/action/{name}" for name in ("current_package_list_with_resources", "package_search")),
    *(f"api/action/{name}" for name in ("current_package_list_with_resources", "package_search")),
    *(f"api/3/package_search/{count}-0.json" for count in (10, 100, 1000)), "api/3/group_package_show/transport.json",
    *(f"api/3/pieces/{name}" for name in ("index/datasets.json", "index/orders/modified-asc.json")),
    *(f"api/3/pieces/{name}" for name in ("lists/all/modified-asc-0.txt", "scans/all.txt")),
    "catalog.jsonld", "catalog.rdf", "catalog.ttl", "changes/index.json", "data.json", "dcat-us-3.json",
    "developers/api/index.html", "en/developers/api/index.html", "en/index.html", "index.html", "en/status/index.html",
    "status/index.html", "feed.atom", "publishers/office/feed.atom", "themes/transport/feed.atom", "llms-full.txt",
    "manifest.json", "open-data-list.csv", "quality.csv", "quality.json", "search/en-0.*.json", "search/en.json",
    "search/ja-0.*.json", "search/ja.json", "search/terms-0.*.json", "search/values-0.*.json", "sitemap.xml", "SHA256SUMS",
}  # fmt: skip
"""Of the whole catalogue, what may tell that one dataset has another release."""


def split(path: str) -> list[str]:
    """The names in a path, without what kinds of files they are."""
    return [name.partition(".")[0] for name in path.split("/")]


def read_resources(files: dict[str, bytes], name: str) -> set[str]:
    """The name of a dataset, and the ids that CKAN's API gives to it, its group and its files."""
    told = json.loads(files[f"api/3/package_show/{name}.json"])["result"]
    return {name, told["id"], *(group["id"] for group in told["groups"]), *(each["id"] for each in told["resources"])}


@pytest.mark.sweep
@needs_store
def test_what_is_there_verifies_over_http(gate: Gate, tmp_path: Path) -> None:
    project = make_many(tmp_path / "p", 1)
    base = f"{gate.url}/{BUCKET}/{PREFIX}/"
    office = project / "catalogue.yaml"
    text = office.read_text("utf-8").replace("https://data.example.org/", base)
    office.write_text(f"{text}site: {{to: '{ADDRESS}'}}\nallow_hosts: [127.0.0.1]\n", "utf-8")
    assert publish(project, to="") == 0
    assert main(["verify", base, "--project", str(project)]) == 0
    gate.store("datasets/dataset-00000/first.csv", b"other")
    assert main(["verify", base, "--project", str(project)]) == 1


@needs_store
def test_the_catalogue_may_say_where_it_goes(gate: Gate, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = project / "catalogue.yaml"
    office.write_text(office.read_text("utf-8") + f"site: {{to: {ADDRESS}}}\n", "utf-8")
    assert publish(project, to=str(project / "elsewhere")) == 0  # a folder that is named goes before it
    assert gate.asked == []
    assert publish(project, "--log", "json", to="") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [each["code"] for each in lines[-1]["findings"] if each["code"] == "uploaded"] == ["uploaded"]
    assert list_site(gate) == read_files(project).keys()
    assert "s3://" not in "".join(body.decode("utf-8", "replace") for body in read_files(project).values())
    version = next(
        path for path in list_site(gate) if re.fullmatch(r"datasets/dataset-00000/\d{4}[^/]+/SHA256SUMS", path)
    )
    folder = version.rpartition("/")[0]
    words = ["--reason", "まちがい", "--reason-en", "A mistake", "--by", "office", "--yes", "--project", str(project)]
    assert main(["withdraw", "dataset-00000", folder.rpartition("/")[2], *words]) == 0
    assert not [path for path in list_site(gate) if path.startswith(folder) and not path.endswith("index.html")]
    assert list_site(gate) == read_files(project).keys()


@needs_store
def test_a_site_that_is_refused_is_not_put(gate: Gate, project: Path) -> None:
    assert publish(project) == 0
    gate.asked.clear()
    template = copy_template(project, "home.html")
    template.write_text(
        template.read_text("utf-8").replace("{% endblock %}", '<a href="/nowhere/">x</a>{% endblock %}'), "utf-8"
    )
    change(project)
    assert publish(project) == 1
    assert gate.asked == []


@needs_store
def test_what_is_wrong_with_a_store_is_told_and_the_folder_is_as_ever(
    gate: Gate, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate.deaf = frozenset(("If-Match",))
    assert publish(project) == 1
    assert "bucket-conditions" in capsys.readouterr().out
    assert read_files(project) and gate.list() == {}


LINK = re.compile(r'(?:href|src)="([^"#?]+)')
SHOWING = re.compile(r"(?:en/)?datasets/dataset-00000/(?:tables/first/)?index[.]html")
"""The pages that show cells of the table that changes."""


def walk(gate: Gate) -> dict[str, set[str]]:
    """Follow every link of the site as a reader does; return by page that shows them the marks of its cells.  Each must
    be the mark of the very files that the page names."""
    home, waiting, seen, shown = f"{gate.url}/{BUCKET}/{PREFIX}/", ["index.html"], {"index.html"}, dict[str, set[str]]()
    while waiting:
        path = waiting.pop()
        page = gate.read(path)
        assert page.status_code == 200, path
        if not path.endswith(".html"):
            continue
        text = page.content.decode()
        links = [urljoin(home + path, link.replace("https://data.example.org/", home)) for link in LINK.findall(text)]
        links = [link.removeprefix(home) for link in links if link.startswith(home)]
        if SHOWING.fullmatch(path):
            shown[path] = set(re.findall(r"印[0-9]", text))
            tables = [link for link in links if link.endswith("/first.csv")]
            assert tables and all(re.search(r"/2[0-9.]+/first[.]csv$", link) for link in tables)
            marks = [set(re.findall(r"印[0-9]", gate.read(link).content.decode())) for link in tables]
            assert marks == [shown[path]] * len(tables), path
        paths = {f"{link}index.html" if link.endswith("/") or not link else link for link in links} - seen
        seen |= paths
        waiting += paths
    return shown


@needs_store
@pytest.mark.sweep
def test_a_reader_of_a_real_site_meets_no_dead_link_and_no_mixture_meanwhile(gate: Gate, project: Path) -> None:
    table = project / "files/0-first.csv"
    text, ended, faults, walks = table.read_text("utf-8"), threading.Event(), list[BaseException](), list[str]()

    def read() -> None:
        while not ended.is_set() and not faults:
            try:
                walks.append("".join(sorted({"".join(sorted(marks)) for marks in walk(gate).values()})))
            except BaseException as error:
                faults.append(error)

    reader = threading.Thread(target=read)
    for turn in range(1, 6):
        table.write_text(text.replace("カンマ", f"印{turn}"), "utf-8")
        gate.delay = 0.02 if turn > 1 else 0
        assert publish(project) == 0
        if turn == 1:
            reader.start()
    gate.delay, before = 0, len(walks)
    while not faults and len(walks) < before + 2:
        ended.wait(0.1)
    ended.set()
    reader.join()
    assert not faults, faults
    assert walks[-1] == "印5" and len(set(walks)) > 1


@needs_rclone
def test_rclone_which_ignores_conditions_is_refused(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_rclone(tmp_path / "rclone", monkeypatch) as gate:
        assert publish(project) == 1
        assert "bucket-conditions" in capsys.readouterr().out
        assert read_files(project) and gate.list() == {}
        assert not [path for path in (tmp_path / "rclone").rglob("*") if path.is_file()]


def test_a_withdrawal_tells_where_else_the_site_was_put(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(project, to="") == 0
    notes = project / "build/upload"
    notes.mkdir()
    (notes / "upload-1.json").write_text('{"address": "s3://elsewhere/site/", "runs": []}')
    (notes / "upload-2.json").write_text("{")
    words = ["--reason", "x", "--by", "office", "--yes", "--lang", "en", "--project", str(project)]
    assert main(["withdraw", "dataset-00001", *words]) == 0
    assert "remove it there by entaku publish --to s3://elsewhere/site." in capsys.readouterr().out


class Absent:
    """A library that is not there."""

    def __getattr__(self, name: str) -> object:
        raise ModuleNotFoundError(name)


def test_without_obstore_it_says_how_to_get_it(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("entaku.store.bucket.obstore", Absent())
    assert publish(project) == 1
    assert 'pip install "entaku[cloud]"' in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["s3://", "s3:///x", "ftp://bucket/x", "s3://bucket//x", "https://bucket/x", "s3://a b/c"]
)
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        read_destination(text)


def test_folders_and_addresses_are_told_apart() -> None:
    assert read_destination("build/site") == Path("build/site")
    for address in ("s3://bucket", "gs://bucket/prefix/", "az://container/a/b"):
        assert read_destination(address) == address
