"""`entaku verify`: a single changed byte of anything published is named, in a folder and at a URL."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from loopback import serve_files
from projects import lifts, make_project, put_sample, run

from entaku.fetch.network import Network
from entaku.store.site import MARK
from entaku.work.cli import main
from entaku.work.verify import verify_folder, verify_site, verify_url


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = make_project(tmp_path_factory.mktemp("verify") / "p")
    put_sample(project, lifts("A-1,2026/5/3"), day="2026-05-28")
    put_sample(project, lifts("A-1,2026/6/3", "A-2,2026/6/12"))
    assert not run(project).failed
    return project / "build" / "site"


def quiet(what: str, done: int, total: int) -> None:
    pass


def change(path: Path, at: int) -> bytes:
    """Flip a bit of the byte `at`; gives the whole as it was."""
    whole = path.read_bytes()
    changed = bytearray(whole or b"x")
    changed[at % len(changed)] ^= 1
    path.write_bytes(changed)
    return whole


def all_files(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*") if path.is_file())


def test_what_is_published_is_what_it_says(site: Path) -> None:
    assert verify_folder(site, quiet) == (3, [])


LISTS = (MARK, "SHA256SUMS", "manifest.json")
"""Names of files that say what others are."""


def list_changes(site: Path) -> Iterator[list[list[Path]]]:
    """Yield what is to be changed together: each list alone, and of all other files the halves by each binary digit of
    their numbers, so that no two of them are always together.  A file is the list of its names (hard links)."""
    files = [list(names) for _, names in groupby(sorted(all_files(site), key=find_inode), find_inode)]
    lists = [names for names in files if any(path.name in LISTS for path in names)]
    rest = [names for names in files if names not in lists]
    assert len(rest) > 50 and len(lists) >= 3
    yield from ([names] for names in lists)
    for digit in range(len(rest).bit_length()):
        for one in (0, 1):
            yield [names for n, names in enumerate(rest) if n >> digit & 1 == one]


def find_inode(path: Path) -> int:
    return path.stat().st_ino


@pytest.mark.parametrize("at", [0, pytest.param(100, marks=pytest.mark.sweep), -2])
def test_one_changed_byte_of_any_file_is_named(site: Path, at: int) -> None:
    for files in list_changes(site):
        wholes = {names[0]: change(names[0], at) for names in files}
        try:
            named = {finding.value for finding in verify_site(site)}
        finally:
            for path, whole in wholes.items():
                path.write_bytes(whole)
        changed = {path.relative_to(site).as_posix() for names in files for path in names}
        assert changed <= named if len(files) == 1 else changed == named
    assert verify_site(site) == []


def test_a_missing_file_and_one_too_many_are_named(site: Path) -> None:
    page = site / "about" / "index.html"
    page.rename(site / "about" / "other.html")
    try:
        told = {(finding.code, finding.value) for finding in verify_site(site)}
    finally:
        (site / "about" / "other.html").rename(page)
    assert told == {("no-file", "about/index.html"), ("unlisted-file", "about/other.html")}


@pytest.mark.parametrize("name", ["schedule.csv", "schedule.parquet", "datapackage.json", "SHA256SUMS", "report.json"])
def test_a_release_alone_is_checked_too(site: Path, name: str) -> None:
    folder = site / "datasets/lifts/2026.06.29"
    assert verify_folder(folder, quiet) == (1, [])
    whole = change(folder / name, 40)
    try:
        _, findings = verify_folder(folder, quiet)
        _, everywhere = verify_folder(site, quiet)
    finally:
        (folder / name).write_bytes(whole)
    assert name in {finding.value for finding in findings}
    assert f"datasets/lifts/2026.06.29/{name}" in {finding.value for finding in everywhere}


@pytest.fixture
def address(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serve_files(site) as url:
        yield url


def test_what_is_at_a_url_is_checked(site: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Network(allow_hosts=["127.0.0.1"]) as network:
        assert verify_url(f"{address}/", network, quiet) == (3, [])
        assert verify_url(f"{address}/datasets/lifts/2026.06.29/", network, quiet) == (1, [])
    names = ("about/index.html", "datasets/lifts/schedule.csv")
    wholes = [change(site / name, 40) for name in names]
    try:
        assert main(["verify", f"{address}/index.html", "--lang", "en"]) == 1
    finally:
        for name, whole in zip(names, wholes, strict=True):
            (site / name).write_bytes(whole)
    said = capsys.readouterr().out
    assert all(f'"{name}" differs from what was recorded' in said for name in names)
    page = (site / "about/index.html").rename(site / "about/gone.html")
    try:
        assert main(["verify", address, "--lang", "en"]) == 1
    finally:
        page.rename(site / "about/index.html")
    out = capsys.readouterr().out
    assert "about/index.html" in out and "404" in out
    assert main(["verify", address]) == 0
    assert main(["verify", f"{address}/nothing/"]) == 1
