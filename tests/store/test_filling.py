"""A new site begins as the site before the last: what has not changed stays, and the result is that of an empty folder."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import pytest

from entaku.model.files import SUMS
from entaku.model.kept import KeptPage
from entaku.model.long_pages import LongPage
from entaku.model.nouns import Refused
from entaku.model.page_groups import Staying, group_pages
from entaku.store import filling
from entaku.store.disk import WHOLE, DayShare
from entaku.store.site import MARK, publish_site

TODAY = DayShare(1)
PATHS = ("index.html", "a", "a/b.csv", "a/b/c.csv", "a/d.csv", "b/index.html", "b/e/f/g.txt", "h.csv")


def publish(site: Path, pages: Mapping[str, bytes | LongPage], copies: dict[str, Path] | None = None) -> None:
    """Publish with a SHA256SUMS, as a run does."""
    sums = {path: hashlib.sha256(copy.read_bytes()).hexdigest() for path, copy in (copies or {}).items()}
    bodies = {path: page.body if isinstance(page, LongPage) else page for path, page in pages.items()}
    every = sums | {path: hashlib.sha256(body).hexdigest() for path, body in bodies.items()}
    body = "".join(f"{every[path]}  {path}\n" for path in sorted(every)).encode()
    publish_site(site, iter({**pages, SUMS: body}.items()), copies or {}, sums, TODAY)


def read(site: Path) -> dict[str, bytes]:
    """All of a site but what every publication writes anew."""
    files = {path.relative_to(site).as_posix(): path for path in site.rglob("*") if path.is_file()}
    return {path: file.read_bytes() for path, file in files.items() if path not in (MARK, SUMS)}


def list_folders(site: Path) -> set[str]:
    return {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_dir()}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


def test_whatever_changes_the_site_is_that_of_an_empty_folder(tmp_path: Path, site: Path) -> None:
    draw = Random(7)
    stored = tmp_path / "store"
    stored.mkdir()
    for turn in range(60):
        pages, copies = dict[str, bytes](), dict[str, Path]()
        for path in draw.sample(PATHS, draw.randrange(len(PATHS))):
            if not any(one.startswith(f"{other}/") for one, other in [(path, each) for each in (*pages, *copies)]) and (
                not any(each.startswith(f"{path}/") for each in (*pages, *copies))
            ):
                body = draw.choice((b"", b"1", b"22", b"3" * 99))
                if draw.random() < 0.5:
                    pages[path] = body
                else:
                    copies[path] = stored / f"{turn % 3}-{path.replace('/', '-')}"
                    copies[path].write_bytes(body)
        publish(site, pages, copies)
        wanted = pages | {path: copy.read_bytes() for path, copy in copies.items()}
        assert read(site) == wanted
        assert list_folders(site) == {above.as_posix() for path in wanted for above in list(Path(path).parents)[:-1]}


def test_what_has_not_changed_is_not_written_and_no_file_is_written_over(site: Path) -> None:
    publish(site, {"index.html": b"1", "a.txt": b"a"})
    first = (site / "a.txt").stat()
    publish(site, {"index.html": b"2", "a.txt": b"a"})
    publish(site, {"index.html": b"3", "a.txt": b"a"})
    assert (site / "a.txt").stat().st_mtime_ns == first.st_mtime_ns and (site / "a.txt").stat().st_ino == first.st_ino
    assert (site / "index.html").read_bytes() == b"3"
    assert (site.with_name(".site.old") / "index.html").read_bytes() == b"2"


def test_a_long_page_is_written_in_pieces_and_stays_where_it_has_not_changed(site: Path) -> None:
    page, other = (LongPage("a.json", b"[", items, b"]\n") for items in ((b"1", b"2"), (b"1", b"3")))
    publish(site, {"a.json": page})
    first = (site / "a.json").stat()
    assert read(site) == {"a.json": b"[1,2]\n"}
    publish(site, {"a.json": other})
    publish(site, {"a.json": page})
    assert (site / "a.json").stat().st_ino == first.st_ino
    publish(site, {"a.json": page})
    assert (site / "a.json").stat().st_ino != first.st_ino, "the site before the last had another"
    assert [read(each) for each in (site, site.with_name(".site.old"))] == [{"a.json": b"[1,2]\n"}] * 2


def test_a_copy_that_the_site_in_use_shares_is_replaced_not_written_over(tmp_path: Path, site: Path) -> None:
    copy = tmp_path / "x.csv"
    for body in (b"1", b"1", b"1"):
        copy.write_bytes(body)
        os.utime(copy, ns=(5, 5))
        publish(site, {"index.html": b""}, {"x.csv": copy})
    assert (site / "x.csv").stat().st_ino == (site.with_name(".site.old") / "x.csv").stat().st_ino
    copy.write_bytes(b"2")
    publish(site, {"index.html": b""}, {"x.csv": copy})
    assert (site / "x.csv").read_bytes() == b"2"
    assert (site.with_name(".site.old") / "x.csv").read_bytes() == b"1"


@pytest.mark.parametrize("path", ["a/..", "a/x\\y", "a/x\0y", "a/../../x", "a//../../x"])
def test_a_path_that_leaves_the_site_is_refused_beside_others_of_its_folder_too(tmp_path: Path, path: str) -> None:
    folder = filling.Filling(tmp_path, {})
    assert folder.take("a/b.csv") == "a/b.csv"
    with pytest.raises(Refused):
        folder.take(path)
    assert folder.take("a/c.csv") == "a/c.csv"


def test_a_run_that_verifies_every_file_begins_with_an_empty_folder(site: Path) -> None:
    pages = {"index.html": b"1", SUMS: f"{hashlib.sha256(b'1').hexdigest()}  index.html\n".encode()}
    for _ in range(2):
        publish_site(site, pages, {}, {}, TODAY)
    before = site.with_name(".site.old")
    spoilt = (before / "index.html").stat().st_ino
    publish_site(site, pages, {}, {}, WHOLE)
    assert (site / "index.html").stat().st_ino != spoilt and (site / "index.html").read_bytes() == b"1"


@pytest.mark.parametrize("damage", ["stray", "gone", "cut", "edited", "link", "closed", "seal", "folder", "mark"])
def test_damage_of_the_former_site_does_not_come_back(tmp_path: Path, site: Path, damage: str) -> None:
    pages = {"index.html": b"home", "a/b.txt": b"sound", "a/c.txt": b"c"}
    publish(site, pages)
    publish(site, {**pages, "index.html": b"other"})
    old = site.with_name(".site.old")
    if damage == "stray":
        (old / "a/stray.txt").write_bytes(b"")
        (old / "stray/inside").mkdir(parents=True)
    elif damage == "gone":
        (old / "a/b.txt").unlink()
    elif damage in ("cut", "edited"):
        (old / "a/b.txt").write_bytes(b"so" if damage == "cut" else b"wrong")
    elif damage == "link":
        (old / "a/b.txt").unlink()
        (old / "a/b.txt").symlink_to(old / "a/c.txt")
    elif damage == "closed":
        (old / "a/b.txt").chmod(0o600)
        (old / "a").chmod(0o711)
    elif damage == "folder":
        (old / "a/b.txt").unlink()
        (old / "a/b.txt/in").mkdir(parents=True)
        (old / "a/b.txt/in/it").write_bytes(b"")
    else:
        (old / (SUMS if damage == "seal" else MARK)).write_bytes(b"x")
    publish(site, pages)
    assert read(site) == pages
    assert list_folders(site) == {"a"}
    assert all(path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644) for path in site.rglob("*"))
    assert not (site / "a/b.txt").is_symlink()


def test_a_former_site_that_can_not_be_read_is_made_anew(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"index.html": b"1", "a/b.txt": b"2"}
    publish(site, pages)
    publish(site, {**pages, "index.html": b"3"})

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(filling, "hash_file", fail)
    publish(site, pages)
    assert read(site) == pages


def test_a_part_is_linked_to_one_that_stays_wherever_that_is_in_the_order(tmp_path: Path) -> None:
    store = tmp_path / "counts.parts" / "a.csv"
    store.parent.mkdir()
    store.write_bytes(b"a\n1\n")
    seen = set()
    for folders in ("b", "ba", "bac", "bac"):
        publish(tmp_path / "site", {}, {f"{each}/counts.parts/a.csv": store for each in folders})
        seen |= {(tmp_path / "site" / f"{each}/counts.parts/a.csv").stat().st_ino for each in folders}
    assert len(seen) == 1


@pytest.mark.parametrize("damage", ["", "gone", "cut", "edited", "closed", "link"])
def test_a_group_of_pages_stays_if_all_its_files_are_as_they_should_be(site: Path, damage: str) -> None:
    pages = {"index.html": b"home", "a/b.txt": b"sound", "a/c.txt": b"c"}
    for body in (b"home", b"other"):
        publish(site, {**pages, "index.html": body})
    old, file = site.with_name(".site.old"), site.with_name(".site.old") / "a/b.txt"
    first = (old / "a/c.txt").stat().st_ino
    if damage == "closed":
        file.chmod(0o600)
    elif damage:
        file.unlink()
    if damage in ("cut", "edited"):
        file.write_bytes(b"so" if damage == "cut" else b"wrong")
    elif damage == "link":
        file.symlink_to(old / "a/c.txt")
    hashes = {path: hashlib.sha256(body).hexdigest() for path, body in pages.items()}
    sums = "".join(f"{hashes[path]}  {path}\n" for path in sorted(pages)).encode()
    kept = [
        KeptPage(path, hashes[path], len(pages[path]), (), pages[path].__bytes__) for path in ("a/b.txt", "a/c.txt")
    ]
    told = list[bool]()

    def write(stays: Staying) -> Iterator[tuple[str, bytes | KeptPage]]:
        told.append(stays(group_pages(kept)))
        yield from [(page.path, page) for page in kept if not told[0]]
        yield from (("index.html", pages["index.html"]), (SUMS, sums))

    publish_site(site, write, {}, {}, TODAY)
    assert told == [not damage]
    assert read(site) == pages
    assert (site / "a/c.txt").stat().st_ino == first


def test_no_other_page_may_have_the_path_of_one_that_stays(site: Path) -> None:
    for body in (b"1", b"2"):
        publish(site, {"index.html": body, "a.txt": b"a"})
    group = group_pages([KeptPage("a.txt", hashlib.sha256(b"a").hexdigest(), 1, (), bytes)])

    def write(stays: Staying) -> Iterator[tuple[str, bytes]]:
        assert stays(group)
        yield "a.txt", b"a"

    with pytest.raises(Refused) as caught:
        publish_site(site, write, {}, {}, TODAY)
    assert caught.value.finding.code == "same-path"
