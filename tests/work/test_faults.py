"""One fault, one dataset: whatever is damaged of one, it stays as it was published, and all the others go out."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from projects import copy_tree, make_project, snapshot
from sweeping import halve

from entaku.model.nouns import Catalogue, Finding, Page
from entaku.site import feeds
from entaku.store import disk
from entaku.work.cli import main
from entaku.work.verify import verify_site

COUNT = 200 if os.environ.get("ENTAKU_FAULTS") else 5
"""Two hundred take some minutes: `make faults`."""
BAD = "data-01"
"""The one that is damaged."""
YAML = """\
name: {name}
title: {{ja: 第{n}号, en: Number {n}}}
description: {{ja: 試験用の説明です。, en: A description for tests.}}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: table
    title: {{ja: 表, en: Table}}
    source: {{file: files/{name}.csv, overwritten: true}}
    schema:
      primaryKey: [id]
      fields: [{{name: id, type: integer, title: {{ja: 番号, en: Number}}}}, {{name: word, title: {{ja: 語, en: Word}}}}]
"""
NAMES = [f"data-{n:02}" for n in range(COUNT)]


def put_files(project: Path, first: int, word: str) -> None:
    """A new row for every dataset."""
    (project / "files").mkdir(exist_ok=True)
    for name in NAMES:
        (project / "files" / f"{name}.csv").write_text(f"id,word\n{first},{word}\n", "utf-8")


def entaku(project: Path, capsys: pytest.CaptureFixture[str], *verb: str, lang: str = "ja") -> tuple[int, str]:
    """Run a command; its exit code, and what it said."""
    capsys.readouterr()
    code = main([*(verb or ("publish",)), "--project", str(project), "--lang", lang])
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    return code, said.out + said.err


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose datasets have two releases each, and whose files have changed since."""
    project = make_project(
        tmp_path_factory.mktemp("faults") / "p", **{name: YAML.format(name=name, n=n) for n, name in enumerate(NAMES)}
    )
    for first, word in ((1, "one"), (2, "two")):
        put_files(project, first, word)
        assert main(["publish", "--project", str(project)]) == 0
    put_files(project, 3, "three")
    return project


@pytest.fixture
def project(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy_tree(published, tmp_path / "p")
    monkeypatch.chdir(tmp_path / "p")
    return tmp_path / "p"


def versions(project: Path, name: str = BAD) -> list[str]:
    return sorted(path.name for path in (project / "datapackages" / name / "releases").iterdir())


def spoil(path: Path, body: bytes | None = None) -> None:
    """Replace a file, or flip a bit in its middle."""
    whole, stat = bytearray(path.read_bytes()), path.stat()
    whole[len(whole) // 2] ^= 1
    path.write_bytes(bytes(whole) if body is None else body)
    os.utime(path, ns=(stat.st_mtime_ns, stat.st_mtime_ns))


def lose_ledger_line(store: Path) -> None:
    """A line in the middle of the ledger that is no JSON."""
    ledger = store / "raw/ledger.jsonl"
    ledger.write_bytes(b"\0\0\0\n" + ledger.read_bytes())


def make_a_folder(store: Path) -> None:
    (store / "releases.json").unlink()
    (store / "releases.json").mkdir()


def lose_older_history(store: Path) -> None:
    (store / "releases.json").unlink()


def change_history(store: Path) -> None:
    shown = json.loads((store / "releases.json").read_bytes())
    (store / "releases.json").write_text(json.dumps({**shown, "versions": 7}), "utf-8")


def copy_another(store: Path) -> None:
    """A release of another dataset in the place of its own."""
    for version in sorted((store / "releases").iterdir()):
        shutil.rmtree(version)
        copy_tree(store.parent / "data-02/releases" / version.name, version)


def current(store: Path) -> Path:
    return sorted((store / "releases").iterdir())[-1]


def oldest(store: Path) -> Path:
    return sorted((store / "releases").iterdir())[0]


DAMAGES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "history-empty": (lambda store: (store / "releases.json").write_bytes(b""), "store-broken", "releases.json"),
    "history-shape": (change_history, "store-broken", "releases.json"),
    "history-lost": (lose_older_history, "history-lost", "releases.json"),
    "history-folder": (make_a_folder, "store-broken", "releases.json"),
    "manifest": (lambda store: spoil(current(store) / "manifest.json", b"{"), "store-broken", "manifest.json"),
    "manifest-older": (lambda store: spoil(oldest(store) / "manifest.json", b"[]"), "store-broken", "manifest.json"),
    "csv-gone": (lambda store: (oldest(store) / "table.csv").unlink(), "store-broken", "table.csv"),
    "report-gone": (lambda store: (oldest(store) / "report.json").unlink(), "store-broken", "report.json"),
    "release-gone": (lambda store: shutil.rmtree(oldest(store)), "store-broken", "manifest.json"),
    "all-gone": (lambda store: shutil.rmtree(store), "versions-lost", BAD),
    "ledger": (lose_ledger_line, "store-broken", "ledger.jsonl"),
    "another": (copy_another, "store-broken", "manifest.json"),
}  # fmt: skip


KEPT = {
    "ja": f"データセット「{BAD}」は、前に公開したままにしました。ほかは更新しました",
    "en": f'the dataset "{BAD}" stays as it was published; the others are up to date',
}


@pytest.mark.parametrize(
    ("damage", "lang"), halve((damage, ("ja", "en")[n // 2 % 2]) for n, damage in enumerate(DAMAGES))
)
def test_of_many_datasets_the_damaged_one_stays_and_the_others_go_out(
    project: Path, capsys: pytest.CaptureFixture[str], damage: str, lang: str
) -> None:
    do, code, named = DAMAGES[damage]
    before = snapshot(project / "build/site")
    do(project / "datapackages" / BAD)
    status, said = entaku(project, capsys, lang=lang)
    assert status == 1
    assert re.search(rf"{code}.*{named}", said)
    assert KEPT[lang] in said
    after = snapshot(project / "build/site")
    for name in NAMES:
        rows = after[f"datasets/{name}/table.csv"]
        assert (b"3,three" in rows) == (name != BAD), name
    mine = re.compile(rf"(en/)?datasets/{BAD}/")
    assert {path: body for path, body in after.items() if mine.match(path)} == {
        path: body for path, body in before.items() if mine.match(path)
    }
    assert verify_site(project / "build/site") == []
    assert BAD.encode() in after["data.json"] and BAD.encode() in after["datasets/index.html"]
    if damage == "manifest":
        assert entaku(project, capsys, lang=lang)[0] == 1
        assert snapshot(project / "build/site") == after


def test_what_no_page_needs_is_told_until_it_is_mended_and_keeps_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A raw file that is gone, one with a flipped bit, and a file of a release with one."""
    monkeypatch.setattr(disk, "SHARE_LEAST", 1000)
    store = project / "datapackages"
    gone, flipped = (next((store / name / "raw").glob("*.csv")) for name in ("data-02", "data-03"))
    wholes = {path: path.read_bytes() for path in (gone, flipped, oldest(store / "data-04") / "table.parquet")}
    gone.unlink()
    for path in list(wholes)[1:]:
        spoil(path)
    for lang in ("ja", "en"):
        code, said = entaku(project, capsys, lang=lang)
        assert code == 1
        for what, path in zip(("raw-missing", "raw-changed", "checksum"), wholes, strict=True):
            assert re.search(f"^{what} .*{path.relative_to(project).as_posix()[:60]}", said, re.MULTILINE), what
        assert all("3,three" in (project / f"build/site/datasets/{name}/table.csv").read_text() for name in NAMES)
    code, said = entaku(project, capsys, "verify", "--store")
    assert code == 1 and "誤り 3 件" in said and "raw-missing" in said and "raw-changed" in said and "checksum" in said
    for path, body in wholes.items():
        path.write_bytes(body)
    assert entaku(project, capsys)[0] == 0
    code, said = entaku(project, capsys, "verify", "--store", lang="en")
    assert code == 0 and said.endswith(f"Verified {COUNT * 6} archived files and releases; 0 errors.\n")


def break_feed(monkeypatch: pytest.MonkeyPatch, project: Path, names: tuple[str, ...], releases: int) -> None:
    """Let the Croissant of some datasets be no JSON from their so many'th release on."""
    real = feeds.FEEDS["croissant"]

    def render(catalogue: Catalogue, *_: object) -> Iterator[Page | Finding]:
        for each in real(catalogue):
            name = each.path.split("/")[1] if isinstance(each, Page) else ""
            bad = name in names and len(catalogue.by_name[name].releases) >= releases
            yield Page(each.path, b"{%d" % hash(name)) if isinstance(each, Page) and bad else each

    monkeypatch.setitem(feeds.FEEDS, "croissant", render)


def test_a_feed_that_is_broken_for_one_dataset_keeps_that_one(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_feed(monkeypatch, project, (BAD,), 3)
    before = snapshot(project / "build/site/datasets" / BAD)
    code, said = entaku(project, capsys)
    assert code == 1 and re.search(f"feed-broken .*datasets/{BAD}/croissant.json", said)
    assert f"dataset-kept データセット「{BAD}」" in said and "版を作成（サイトは未更新）" in said
    assert snapshot(project / "build/site/datasets" / BAD) == before
    assert "3,three" in (project / "build/site/datasets/data-02/table.csv").read_text()
    monkeypatch.undo()
    monkeypatch.chdir(project)
    assert entaku(project, capsys)[0] == 0
    assert "3,three" in (project / f"build/site/datasets/{BAD}/table.csv").read_text()


@pytest.mark.parametrize(("names", "releases"), [((BAD,), 1), (tuple(NAMES[: COUNT // 2 + 1]), 3)])
def test_a_fault_that_is_not_of_one_dataset_keeps_the_whole_site(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    releases: int,
) -> None:
    """Also as it was published the dataset's feed would be broken; or most datasets have the same fault."""
    break_feed(monkeypatch, project, names, releases)
    before = snapshot(project / "build/site")
    code, said = entaku(project, capsys)
    assert code == 1 and "feed-broken" in said and "site-kept" in said
    assert snapshot(project / "build/site") == before


def test_folders_that_are_no_datasets_are_told_and_left_alone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = project / "datapackages"
    strays = ("lost+found", "@eaDir", "新しいフォルダー", "data-01 - コピー", "#recycle")
    for name in strays:
        (store / name).mkdir()
    for folder in (store / BAD, store / BAD / "raw", store / BAD / "releases", oldest(store / BAD)):
        (folder / "@eaDir").mkdir()
    (store / BAD / "releases/desktop.ini").write_bytes(b"")
    code, said = entaku(project, capsys)
    assert code == 0
    assert (
        "[お知らせ] stray-folder 「datapackages/#recycle」はデータセットのフォルダーではありません（ほかに 4 件："
        in said
    )
    assert all((store / name).is_dir() for name in strays)
    assert all("3,three" in (project / f"build/site/datasets/{name}/table.csv").read_text() for name in NAMES)


def test_a_copy_of_a_dataset_is_not_published(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy_tree(project / "datapackages/data-02", project / "datapackages/data-02-copy")
    code, said = entaku(project, capsys)
    assert code == 1 and "dataset-left-out データセット「data-02-copy」は、まだ公開したことがない" in said
    assert all("3,three" in (project / f"build/site/datasets/{name}/table.csv").read_text() for name in NAMES)
    assert not (project / "build/site/datasets/data-02-copy").exists()


def test_without_a_site_the_damaged_one_is_left_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(project / "build")
    (project / "datapackages" / BAD / "releases.json").write_bytes(b"")
    code, said = entaku(project, capsys)
    assert code == 1 and f"dataset-left-out データセット「{BAD}」" in said
    assert [name for name in NAMES if not (project / f"build/site/datasets/{name}/table.csv").is_file()] == [BAD]


def test_a_dataset_that_is_damaged_in_the_store_and_on_the_site_keeps_the_site(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "datapackages" / BAD / "releases.json").write_bytes(b"")
    for path in (project / "build/site/datasets" / BAD).glob("20*/manifest.json"):
        path.write_bytes(b"")
    before = snapshot(project / "build/site")
    code, said = entaku(project, capsys)
    assert code == 1 and "site-kept" in said
    assert snapshot(project / "build/site") == before
