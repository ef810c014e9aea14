"""A backup holds all that a site is made from; restored into an empty folder, it makes the same site."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from projects import LIFTS, copy_tree, lifts, make_project, put, run, snapshot

from entaku.store import backup
from entaku.work.cli import main

DAYS = ("2026-06-25", "2026-06-26")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published project of two releases, with a file of its own beside the pipelines."""
    own = LIFTS.replace("name: lifts", "name: stairs").replace(
        '{url: "https://office.example.org/lifts.csv", overwritten: true}', "{file: 資料/階段.csv}"
    )
    project = make_project(tmp_path_factory.mktemp("backup") / "p", lifts=LIFTS, stairs=own)
    (project / "資料").mkdir()
    (project / "資料/階段.csv").write_text(lifts("S-1,2026/6/1"), "utf-8")
    (project / "data").mkdir()
    (project / "data/notes.txt").write_text("note", "utf-8")
    (project / ".env").write_text("SECRET=1", "utf-8")
    for n, day in enumerate(DAYS, 1):
        put(project.parent / "mirror", lifts(f"A-{n},2026/6/{n}"), day=day)
    assert not run(project, project.parent / "mirror").failed
    return project


@pytest.fixture(scope="module")
def saved(project: Path) -> Path:
    """Its backup."""
    path = project.parent / "saved.tar.gz"
    assert main(["backup", str(path), "--project", str(project)]) == 0
    return path


def restore(saved: Path, folder: Path) -> int:
    return main(["restore", str(saved), "--project", str(folder), "--lang", "en"])


def test_a_restored_project_makes_the_same_site(project: Path, saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    assert restore(saved, folder) == 0
    files = set(snapshot(folder))
    assert {"catalogue.yaml", "requests.csv", "資料/階段.csv", "data/notes.txt", "pipelines/lifts.yaml"} <= files
    assert {"datapackages/lifts/raw/ledger.jsonl", "datapackages/lifts/releases.json"} <= files
    assert not any(path.startswith((".", "build/", "datapackages/.")) for path in files)
    assert not run(folder, now="2026-06-27T03:00:00").failed
    assert snapshot(folder / "build/site") == snapshot(project / "build/site")
    assert snapshot(folder / "datapackages/lifts/releases") == snapshot(project / "datapackages/lifts/releases")


def test_the_same_files_give_the_same_bytes(project: Path, saved: Path, tmp_path: Path) -> None:
    assert main(["backup", str(tmp_path / "b.tar.gz"), "--project", str(project)]) == 0
    assert (tmp_path / "b.tar.gz").read_bytes() == saved.read_bytes()
    assert main(["backup", str(tmp_path / "b.tar"), "--project", str(project)]) == 0
    with tarfile.open(tmp_path / "b.tar", "r:") as plain, tarfile.open(saved, "r:gz") as packed:
        assert plain.getnames() == packed.getnames() and plain.getnames()[-1] == backup.LIST


def test_what_is_there_already_is_kept_and_nothing_is_overwritten(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "again"
    assert restore(saved, folder) == 0
    (folder / "pipelines/lifts.yaml").unlink()
    assert restore(saved, folder) == 0
    assert "Restored 1 files" in capsys.readouterr().err
    before = snapshot(folder)
    (folder / "requests.csv").write_text("id\nother\n", "utf-8")
    (folder / "pipelines/lifts.yaml").unlink()
    assert restore(saved, folder) == 1
    assert "has 1 files that differ from those of the backup (for example requests.csv)" in capsys.readouterr().out
    assert not (folder / "pipelines/lifts.yaml").exists() and not (folder / backup.WAITING).exists()
    assert snapshot(folder).keys() == before.keys() - {"pipelines/lifts.yaml"}


def test_what_was_published_is_told_by_the_project_where_it_knows_more(project: Path, tmp_path: Path) -> None:
    """A clone has a newer `releases.txt` than the backup of its store."""
    (project / "releases.txt").write_text("# of the backup\n", "utf-8")
    saved, folder = tmp_path / "b.tar", tmp_path / "again"
    assert main(["backup", str(saved), "--project", str(project)]) == 0
    (project / "releases.txt").unlink()
    folder.mkdir()
    for there in ("# of the clone\n", "# of the backup\n"):
        if "clone" in there:
            (folder / "releases.txt").write_text(there, "utf-8")
        assert restore(saved, folder) == 0
        assert (folder / "releases.txt").read_text("utf-8") == there
        (folder / "releases.txt").unlink()


def cut(saved: Path, target: Path) -> None:
    target.write_bytes(saved.read_bytes()[:-2000])


def flip(saved: Path, target: Path) -> None:
    body = bytearray(saved.read_bytes())
    body[len(body) // 2] ^= 1
    target.write_bytes(body)


def pack(
    saved: Path, target: Path, change: Callable[[tarfile.TarInfo], bool], more: tarfile.TarInfo | None = None
) -> None:
    """Pack the backup again with `change`d members, those alone for which it returns True."""
    with tarfile.open(saved) as source, tarfile.open(target, "w") as tar:
        if more is not None:
            tar.addfile(more, io.BytesIO(b"x" * more.size))
        for member in source:
            body = source.extractfile(member)
            assert body is not None
            if change(member):
                tar.addfile(member, io.BytesIO(body.read()))


def name_member(path: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type, member.size, member.linkname = kind, 1 if kind == tarfile.REGTYPE else 0, "/etc/passwd"
    return member


BROKEN: dict[str, Callable[[Path, Path], object]] = {
    "cut short": cut,
    "a flipped bit": flip,
    "another file": lambda saved, target: target.write_text("id,name\n"),
    "empty": lambda saved, target: target.write_bytes(b""),
    "without its list": lambda saved, target: pack(saved, target, lambda member: member.name != backup.LIST),
    "without a file": lambda saved, target: pack(saved, target, lambda member: member.name != "requests.csv"),
    "with one more": lambda saved, target: pack(saved, target, lambda member: True, name_member("x.csv")),
    "outside": lambda saved, target: pack(saved, target, lambda member: True, name_member("../x.csv")),
    "from the root": lambda saved, target: pack(saved, target, lambda member: True, name_member("/tmp/x.csv")),
    "hidden": lambda saved, target: pack(saved, target, lambda member: True, name_member(".git/hooks/x")),
    "a link": lambda saved, target: pack(saved, target, lambda member: True, name_member("x", tarfile.SYMTYPE)),
    "a device": lambda saved, target: pack(saved, target, lambda member: True, name_member("x", tarfile.CHRTYPE)),
}  # fmt: skip


@pytest.mark.parametrize("break_", BROKEN.values(), ids=BROKEN)
def test_a_broken_backup_restores_nothing(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], break_: Callable[[Path, Path], object]
) -> None:
    break_(saved, tmp_path / "broken")
    assert restore(tmp_path / "broken", tmp_path / "again") == 1
    assert "backup-broken" in capsys.readouterr().out
    assert snapshot(tmp_path / "again") == {} and not (tmp_path / "x.csv").exists()


def test_places_that_a_backup_can_t_be_written_to(
    project: Path, saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = saved.read_bytes()
    places = [
        (saved, "file-exists"),
        (project / "pipelines/b.tar", "backup-inside"),
        (project / "datapackages/b.tar", "backup-inside"),
        (tmp_path / "no/b.tar", "cannot-write"),
    ]
    for path, code in places:
        assert main(["backup", str(path), "--project", str(project)]) == 1
        assert code in capsys.readouterr().out
    assert saved.read_bytes() == before
    assert restore(tmp_path / "none.tar", tmp_path / "again") == 1
    assert "file-unreadable" in capsys.readouterr().out


def test_a_store_elsewhere_is_told(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "p"
    copy_tree(project, other)
    text = (other / "catalogue.yaml").read_text("utf-8")
    (other / "catalogue.yaml").write_text(text + "store: ../elsewhere\n", "utf-8")
    assert main(["backup", str(tmp_path / "b.tar"), "--project", str(other)]) == 1
    assert not (tmp_path / "b.tar").exists() and "→" in capsys.readouterr().out
