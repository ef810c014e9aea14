"""The signature of a site: who published it, whether all of it is there, whether it is the newest; as whole commands,
over the loopback, and with minisign's own program."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import minisign
import pytest
import requests
from ckan_sites import find_port, run_caddy, run_nginx
from loopback import serve_files, serve_site
from projects import (
    CATALOGUE,
    NEXT_PUBLIC,
    NEXT_SECRET,
    PUBLIC,
    SECRET,
    copy_tree,
    lifts,
    make_project,
    make_setting,
    put_sample,
    run,
    snapshot,
)
from sweeping import halve

from entaku.fetch.network import Network
from entaku.model.ledgers import Tombstone
from entaku.model.nouns import Finding
from entaku.model.words import Text
from entaku.store import Store
from entaku.store import site as sites
from entaku.work import open as opening
from entaku.work.cli import main
from entaku.work.load import read_specs
from entaku.work.outcome import Result, Wanted
from entaku.work.publish import publish
from entaku.work.signed import Trust, verify_chains, verify_home
from entaku.work.signing import check_signature, digest_folders, show_key
from entaku.work.speak import Speaker
from entaku.work.verify import verify_folder, verify_url

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
OLD, NEW = "2026.05.28", "2026.06.29"
ROOT, SIGNATURE = "catalogue-root.json", "catalogue-root.json.minisig"


def make_signed(folder: Path, *keys: str, signing: str = "") -> Path:
    """A project of two versions whose catalogue names `keys`."""
    project = make_project(folder)
    shown = ", ".join(f"{{public_key: {key}}}" for key in keys)
    signing = signing or (f"signing: {{keys: [{shown}]}}\n" if keys else "")
    (project / "catalogue.yaml").write_text(CATALOGUE + signing, "utf-8")
    put_sample(project, lifts("A-1,2026/5/3"), day="2026-05-28")
    put_sample(project, lifts("A-1,2026/6/3", "A-2,2026/6/12"))
    return project


def sign(project: Path, when: datetime = NOW, to: Path | None = None, **secrets: str) -> Result:
    """`entaku publish` at a time with what is in the environment: `KEY`, `KEY_FILE`, `PASSWORD`."""
    office, specs, findings = read_specs(project)
    assert office is not None, findings
    given = {f"ENTAKU_SIGNING_{name}": value for name, value in secrets.items()}
    setting = replace(make_setting(project), now=when, secrets=given)
    home = project / "build" / "site"
    return publish(setting, office, specs, findings, Wanted(to or home, allow_samples=to is None))


def list_codes(result: Result) -> list[tuple[str, str]]:
    """Severity and code of the findings about the signature."""
    return [(one.severity, one.code) for one in result.every if one.code.startswith("signing")]


def read_root(site: Path) -> dict[str, object]:
    root: dict[str, object] = json.loads((site / ROOT).read_bytes())
    return root


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that was signed just now; beside it, in `before`, as it was signed a day earlier with one version less."""
    project = make_signed(tmp_path_factory.mktemp("signed") / "p", PUBLIC)
    now = datetime.now(UTC).replace(microsecond=0)
    new = project / "pipelines/samples/2026-06-29"
    new.rename(project / "later")
    assert not sign(project, now - timedelta(days=1), KEY=SECRET).failed
    copy_tree(project / "build/site", project / "build/before")
    (project / "later").rename(new)
    assert sign(project, now, KEY=SECRET).site == "published"
    return project / "build/site"


@pytest.fixture
def site(signed: Path, tmp_path: Path) -> Path:
    """A copy of it, to be attacked, in a copy of its project."""
    return copy_project(signed.parents[1], tmp_path / "w") / "build/site"


def copy_project(project: Path, to: Path) -> Path:
    """Copy a project without what is beside its site."""
    return copy_tree(project, to, ("before", "cache"))


def judge(site: Path, *keys: str, **more: object) -> list[tuple[str, str]]:
    """Code and value of the errors about a folder's signature."""
    given = {"now": datetime.now(UTC), "keys": keys or (PUBLIC,), **more}
    found = verify_home(site, Trust(**given))  # type: ignore[arg-type]
    return [(one.code, one.value) for one in found if one.severity == "error"]


# ---- with what was withdrawn --------------------------------------------------------------------------------------


def withdraw_old(project: Path) -> None:
    """Withdraw the older version, as far as the store goes, and publish."""
    gone = Tombstone(
        dataset="lifts",
        title=Text(ja="昇降機"),
        version=OLD,
        when="2026-11-23T03:00:00Z",
        reason=Text(ja="誤り"),
        by="課長",
    )
    store = Store(project / "datapackages")
    store.record_withdrawal("lifts", [gone])
    store.remove_withdrawn("lifts")
    assert sign(project, KEY=SECRET).site == "published"


@pytest.fixture(scope="module")
def withdrawn(signed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of its project whose older version was withdrawn."""
    project = copy_project(signed.parents[1], tmp_path_factory.mktemp("withdrawn") / "p")
    withdraw_old(project)
    return project


def forge(site: Path) -> None:
    """Write a tombstone of the newest version into the site's own list, with all checksums right."""
    manifest = json.loads((site / "manifest.json").read_bytes())
    entry = manifest["datasets"]["lifts"]
    (stone,) = entry["withdrawn"]
    entry["withdrawn"].append({**stone, "version": NEW})
    (site / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    reseal(site)


@pytest.mark.parametrize(
    "change",
    [
        lambda site: None,
        lambda site: (site / ROOT).unlink(),
        lambda site: (site / SIGNATURE).unlink(),
        lambda site: (site / SIGNATURE).write_bytes((site / "datasets/lifts/manifest.json.minisig").read_bytes()),
        lambda site: (site / ROOT).write_text("{}"),
    ],
    ids=["root as signed", "no root", "no signature", "other signature", "other root"],
)
def test_who_can_write_to_the_site_can_not_empty_the_store(
    withdrawn: Path, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    """Tombstones that the store has lost are written back from the site only as they were signed."""
    project = copy_project(withdrawn, tmp_path / "p")
    before = snapshot(project / "datapackages/lifts/releases" / NEW)
    forge(project / "build/site")
    change(project / "build/site")
    sign(project, KEY=SECRET)
    assert snapshot(project / "datapackages/lifts/releases" / NEW) == before and len(before) > 5
    assert len(Store(project / "datapackages").tombstones("lifts")) == 1
    assert judge(project / "build/site") == []


def test_a_signed_site_gives_back_lost_tombstones(withdrawn: Path, tmp_path: Path) -> None:
    project = copy_project(withdrawn, tmp_path / "p")
    path = project / "datapackages/lifts/withdrawn.json"
    stones = json.loads(path.read_bytes())["withdrawn"]
    path.unlink()
    assert "tombstones-restored" in [one.code for one in sign(project, KEY=SECRET).every]
    assert json.loads(path.read_bytes())["withdrawn"] == stones
    assert judge(project / "build/site") == []


# ---- what an attacker does who can write the site but has no key --------------------------------------------------


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def reseal(site: Path) -> None:
    """Write the site's checksums anew."""
    own = (sites.MARK, "SHA256SUMS", ROOT, SIGNATURE)
    files = sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    sums = "".join(f"{hash_of(site / path)}  {path}\n" for path in files if path not in own).encode()
    (site / "SHA256SUMS").write_bytes(sums)
    (site / sites.MARK).write_bytes(sites.write_mark(sums))


def forge_release(folder: Path) -> None:
    """Write every hash within a release anew: its descriptor, its manifest, its checksums."""
    descriptor = json.loads((folder / "datapackage.json").read_bytes())
    for table in descriptor["resources"]:
        table["hash"] = f"sha256:{hash_of(folder / table['path'])}"
        if "bytes" in table:
            table["bytes"] = (folder / table["path"]).stat().st_size
    (folder / "datapackage.json").write_text(json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n", "utf-8")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for file in manifest["files"]:
        path = folder / file["path"]
        file.update(bytes=path.stat().st_size, sha256=hash_of(path))
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", "utf-8")
    names = [file["path"] for file in manifest["files"]] + ["manifest.json"]
    (folder / "SHA256SUMS").write_text("".join(f"{hash_of(folder / name)}  {name}\n" for name in sorted(names)))


def change_byte(site: Path, path: str) -> None:
    body = bytearray((site / path).read_bytes())
    body[-3] = ord("1") if body[-3] != ord("1") else ord("2")
    (site / path).write_bytes(body)


def change_table(site: Path) -> None:
    """Another day in an old version's table, and all checksums but the release's manifest."""
    change_byte(site, f"datasets/lifts/{OLD}/schedule.csv")
    reseal(site)


def replace_release(site: Path) -> None:
    """The same, the manifest too: nothing without the signature and the chain tells of it."""
    change_byte(site, f"datasets/lifts/{OLD}/schedule.csv")
    forge_release(site / f"datasets/lifts/{OLD}")
    reseal(site)


def remove_version(site: Path) -> None:
    for folder in ("datasets", "en/datasets"):
        shutil.rmtree(site / folder / "lifts" / OLD)
    reseal(site)


def add_version(site: Path) -> None:
    copy_tree(site / f"datasets/lifts/{OLD}", site / "datasets/lifts/2026.12.31")
    reseal(site)


def change_page(site: Path) -> None:
    page = site / "about/index.html"
    page.write_bytes(page.read_bytes() + b"<!-- -->")
    reseal(site)


def change_current(site: Path) -> None:
    change_byte(site, "datasets/lifts/schedule.csv")
    reseal(site)


def remove_page(site: Path) -> None:
    shutil.rmtree(site / "en/about")
    reseal(site)


ATTACKS: dict[Callable[[Path], None], list[tuple[str, str]]] = {
    change_table: [("signed-differs", f"datasets/lifts/{OLD}/schedule.csv")],
    replace_release: [("signed-differs", f"datasets/lifts/{OLD}/manifest.json")],
    remove_version: [
        ("signed-missing", f"datasets/lifts/{OLD}/manifest.json"), ("signed-differs", f"en/datasets/lifts/{OLD}/"),
    ],
    add_version: [("signed-unlisted", "datasets/lifts/2026.12.31/")],
    change_page: [("signed-differs", "about/")],
    change_current: [("signed-differs", "datasets/lifts/schedule.csv")],
    remove_page: [("signed-differs", "en/about/")],
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_what_was_changed_is_named_though_all_checksums_are_right(site: Path, attack: Callable[[Path], None]) -> None:
    assert judge(site) == []
    attack(site)
    assert judge(site) == ATTACKS[attack]


def test_without_checksums_the_file_is_named_by_them(site: Path) -> None:
    (site / "about/index.html").write_bytes(b"x")
    assert [one.value for one in verify_folder(site, lambda *_: None)[1]] == ["about/index.html"]
    assert judge(site) == []  # the list of checksums is the signed one


def test_an_older_site_is_told_by_its_number(signed: Path, site: Path, tmp_path: Path) -> None:
    state, before, home = tmp_path / "state.json", signed.with_name("before"), str(site)
    serial = read_root(site)["serial"]
    assert judge(site, state=state) == [] and json.loads(state.read_text()) == {
        home: {"serial": serial, "keys": {PUBLIC: ""}}
    }
    shutil.rmtree(site)
    copy_tree(before, site)
    older = read_root(site)["serial"]
    assert isinstance(older, int) and isinstance(serial, int) and older < serial
    assert judge(site) == []  # by itself it is a signed site, and not yet too old
    assert judge(site, state=state) == [("root-older", str(older))]
    assert json.loads(state.read_text())[home]["serial"] == serial
    assert judge(site, since=serial) == [("root-older", str(older))]
    assert judge(site, since=older) == []


def test_a_site_that_is_too_old_is_told_without_any_memory(site: Path) -> None:
    expires = datetime.fromisoformat(str(read_root(site)["expires"]))
    assert judge(site, now=expires - timedelta(seconds=1)) == []
    assert judge(site, now=expires) == [("root-expired", str(read_root(site)["expires"]))]


# ---- the signature itself -----------------------------------------------------------------------------------------


def test_another_key_is_not_trusted(site: Path) -> None:
    assert judge(site, NEXT_PUBLIC) == [("signature-other-key", ROOT)]
    assert judge(site, NEXT_PUBLIC, PUBLIC) == []


def test_a_key_with_the_number_of_another_is_not_trusted(site: Path) -> None:
    """Eight bytes of a public key are a number that anyone may choose."""
    mine = minisign.PublicKey.from_base64(PUBLIC)
    theirs = bytes(minisign.PublicKey.from_base64(NEXT_PUBLIC)._keynum_pk)
    forged = minisign.PublicKey.from_base64(PUBLIC)
    forged._keynum_pk = minisign.public_key.KeynumPK.from_bytes(bytes(mine._keynum_pk)[:8] + theirs[8:])
    assert judge(site, forged.to_base64().decode()) == [("signature-wrong", ROOT)]


@pytest.mark.parametrize("left", [0, 1, 60, 200, -2, -20])
def test_a_signature_cut_short_is_told(site: Path, left: int) -> None:
    whole = (site / SIGNATURE).read_bytes()
    (site / SIGNATURE).write_bytes(whole[:left])
    assert judge(site) == [("signature-broken", SIGNATURE)]


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\n\n\n\n", b"a\nb\nc\nd\n", b"untrusted comment: \n====\ntrusted comment: \n\n"]
)
def test_what_is_no_signature_is_told(site: Path, body: bytes) -> None:
    (site / SIGNATURE).write_bytes(body)
    assert judge(site) == [("signature-broken", SIGNATURE)]


def test_a_root_that_was_changed_is_told(site: Path) -> None:
    root = (site / ROOT).read_text("utf-8")
    expires = str(read_root(site)["expires"])
    (site / ROOT).write_text(root.replace(expires, "2099" + expires[4:]), "utf-8")
    assert judge(site) == [("signature-wrong", ROOT)]


def test_a_comment_that_was_changed_is_told(site: Path) -> None:
    text = (site / SIGNATURE).read_text()
    (site / SIGNATURE).write_text(text.replace("an Entaku", "an Entoku"))
    assert judge(site) == [("signature-wrong", ROOT)]


@pytest.mark.parametrize("gone", [[ROOT], [SIGNATURE], [ROOT, SIGNATURE]])
def test_a_signature_that_was_removed_is_missed(site: Path, gone: list[str]) -> None:
    for name in gone:
        (site / name).unlink()
    assert judge(site) == [("not-signed", str(site))]


def test_a_signed_file_that_is_no_root_is_told(site: Path) -> None:
    """A key signs manifests too: one of them is no list of the whole site."""
    for name, source in ((ROOT, "manifest.json"), (SIGNATURE, "manifest.json.minisig")):
        shutil.copyfile(site / f"datasets/lifts/{NEW}/{source}", site / name)
    assert judge(site) == [("signature-broken", ROOT)]


def test_a_release_alone_has_its_own_signature(site: Path) -> None:
    folder = site / f"datasets/lifts/{NEW}"
    assert judge(folder) == []
    change_byte(folder, "schedule.csv")
    assert judge(folder) == [("signed-differs", "schedule.csv")]
    forge_release(folder)
    assert judge(folder) == [("signature-wrong", "manifest.json")]
    (folder / "manifest.json.minisig").unlink()
    assert judge(folder) == [("not-signed", str(folder))]


# ---- minisign's own program ---------------------------------------------------------------------------------------


def ask_minisign(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    if not shutil.which("minisign"):
        pytest.skip("minisign is not installed: signatures are not tried with it")
    return subprocess.run(["minisign", *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("place", [".", "datasets/lifts", f"datasets/lifts/{OLD}", f"datasets/lifts/{NEW}"])
def test_minisign_verifies_what_we_sign(site: Path, place: str) -> None:
    name = ROOT if place == "." else "manifest.json"
    good = ask_minisign("-Vm", name, "-P", PUBLIC, folder=site / place)
    comment = {".": f"{ROOT} of an Entaku catalogue", f"datasets/lifts/{OLD}": f"lifts {OLD}"}
    assert good.returncode == 0 and f"Trusted comment: {comment.get(place, f'lifts {NEW}')}" in good.stdout
    assert ask_minisign("-Vm", name, "-P", NEXT_PUBLIC, folder=site / place).returncode == 1
    change_byte(site / place, name)
    assert ask_minisign("-Vm", name, "-P", PUBLIC, folder=site / place).returncode == 1


def test_we_verify_what_minisign_signs(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"untrusted comment: x\n{SECRET}\n")
    (tmp_path / "file").write_bytes(b"data\n")
    for kind in ((), ("-l",)):  # hashed first, and the older form
        made = ask_minisign("-S", "-W", *kind, "-s", "key", "-m", "file", folder=tmp_path)
        assert made.returncode == 0, made.stderr
        signature = (tmp_path / "file.minisig").read_bytes()
        assert check_signature("file", b"data\n", signature, [PUBLIC]) is None
        wrong = check_signature("file", b"date\n", signature, [PUBLIC])
        assert wrong == Finding("signature-wrong", value="file")


def test_keys_have_the_numbers_that_minisign_shows() -> None:
    assert (show_key(PUBLIC), show_key(NEXT_PUBLIC)) == ("B454F1D248669828", "330F6320EE415CBB")


# ---- over the loopback --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def host(kind: str, site: Path, home: Path) -> Iterator[str]:
    """The address of a site as this kind of host serves it."""
    if kind in ("nginx", "caddy"):
        if not shutil.which(kind):
            pytest.skip(f"{kind} is not installed: verifying over it is not tried")
        with (run_nginx if kind == "nginx" else run_caddy)(site, home / kind, find_port()) as url:
            yield url
    else:
        with serve_files(site) as url:
            yield url


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("KEY", "KEY_FILE", "PASSWORD"):
        monkeypatch.delenv(f"ENTAKU_SIGNING_{name}", raising=False)


@pytest.mark.parametrize("kind", halve(["nginx", "caddy", "files"]))
def test_a_site_verifies_on_every_host(
    site: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with host(kind, site, tmp_path) as url:
        assert main(["verify", url, "--key", PUBLIC, "--lang", "en"]) == 0
        out = capsys.readouterr().out
        assert f'signed-by "{url}/" was signed by the key "{PUBLIC}"' in out
        assert f'signed-elsewhere what is at "{url}/" was signed as the site https://data.example.org/' in out
        release = f"{url}/datasets/lifts/{OLD}/"
        assert main(["verify", release, "--key", PUBLIC]) == 0 and main(["verify", release, "--key", NEXT_PUBLIC]) == 1
        with Network(allow_hosts=["127.0.0.1"]) as network:  # nothing is passed over that is there
            assert verify_url(url, network, lambda *_: None) == (3, [])
            lost = ["api/3/action/package_list", "api/action/package_list"]
            for path in lost:
                (site / path).unlink()
            _, findings = verify_url(url, network, lambda *_: None)
            assert {(one.code, one.value) for one in findings} == {
                ("file-not-served", f"{url}/{path}") for path in lost
            }


def test_a_preview_verifies_too(site: Path) -> None:
    """Answers without arguments are the site's own files, of which its checksums are; others are computed."""
    with serve_site(site) as url, Network(allow_hosts=["127.0.0.1"]) as network:
        assert verify_url(url, network, lambda *_: None) == (3, [])
        own = requests.get(f"{url}/api/3/action/package_search", timeout=10).json()["result"]
        made = requests.get(f"{url}/api/3/action/package_search?rows=1", timeout=10).json()["result"]
        assert own["count"] == made["count"] == len(own["results"]) and len(made["results"]) == 1


@pytest.mark.parametrize("kind", [pytest.param("nginx", marks=pytest.mark.sweep), "files"])
@pytest.mark.parametrize(
    "attack", halve([change_table, replace_release, remove_version, change_page]), ids=lambda one: one.__name__
)
def test_an_attack_is_named_over_http(
    site: Path, tmp_path: Path, kind: str, attack: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    attack(site)
    with host(kind, site, tmp_path) as url:
        assert main(["verify", url, "--key", PUBLIC]) == 1
    out = capsys.readouterr().out
    for code, value in ATTACKS[attack]:
        assert code in out and f"「{value}」" in out


def lose_version(site: Path) -> None:
    shutil.rmtree(site / f"datasets/lifts/{OLD}")


def lose_page(site: Path) -> None:
    (site / "about/index.html").unlink()


def lose_table(site: Path) -> None:
    (site / "datasets/lifts/schedule.parquet").unlink()


LOSSES = {
    lose_version: f"datasets/lifts/{OLD}/manifest.json",
    lose_page: "about/index.html",
    lose_table: "datasets/lifts/schedule.parquet",
}
KEY = ("--key", PUBLIC)


@pytest.mark.parametrize(
    ("lose", "keys"),
    [
        pytest.param(lose_version, KEY, id="version-key"),
        pytest.param(lose_page, KEY, id="page-key", marks=pytest.mark.sweep),
        pytest.param(lose_table, KEY, id="table-key", marks=pytest.mark.sweep),
        pytest.param(lose_version, (), id="version-none", marks=pytest.mark.sweep),
        pytest.param(lose_page, (), id="page-none"),
        pytest.param(lose_table, (), id="table-none"),
    ],
)
def test_a_file_that_a_host_has_lost_is_no_matter_of_a_source(
    site: Path, tmp_path: Path, lose: Callable[[Path], None], keys: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer to a reader is not the one for a source that can't be fetched."""
    lose(site)
    path = LOSSES[lose]
    with host("nginx", site, tmp_path) as url:
        assert main(["verify", url, *keys, "--lang", "en"]) == 1
    out = capsys.readouterr().out
    assert f'file-not-served the server answered "{url}/{path}", which SHA256SUMS lists, with HTTP 404' in out
    assert "source.url" not in out and "source.headers" not in out
    unchecked = f'[notice] signature-unchecked the signature of "{url}/" was not checked'
    assert (unchecked in out) == (not keys)


@pytest.mark.parametrize("kind", halve(["files", "nginx"]))
def test_an_older_site_is_named_over_http(
    signed: Path, site: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    state = str(tmp_path / "seen.json")
    with host(kind, site, tmp_path) as url:
        assert main(["verify", url, "--key", PUBLIC, "--state", state]) == 0
        shutil.rmtree(site)
        copy_tree(signed.with_name("before"), site)
        assert main(["verify", url, "--state", state, "--lang", "en"]) == 1  # it remembers the key too
    seen, older = read_root(signed)["serial"], read_root(site)["serial"]
    out = capsys.readouterr().out
    assert f"root-older the site's serial {older}" in out and f"is older than {seen}" in out


def test_a_signature_that_the_host_has_lost_is_missed(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / ROOT).unlink()
    (site / SIGNATURE).unlink()
    shutil.rmtree(site / "api")  # most of the files, none of them about this
    reseal(site)
    with host("files", site, tmp_path) as url:
        assert main(["verify", url, "--lang", "en"]) == 0
        assert "[notice] not-signed" in capsys.readouterr().out
        for asked in (["--key", PUBLIC], ["--since", "1"], ["--state", str(tmp_path / "state.json")]):
            assert main(["verify", url, "--lang", "en", *asked]) == 1
            assert f'not-signed "{url}/" is not signed' in capsys.readouterr().out


def test_what_is_no_public_key_is_refused(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("", "RW", "hello", PUBLIC[:-1], PUBLIC + "A", SECRET, "あ"):
        assert main(["verify", str(site), "--key", text]) == 1
        assert "signing-key-bad" in capsys.readouterr().out
    file = tmp_path / "key.pub"
    file.write_text(f"untrusted comment: x\n{PUBLIC}\n")
    assert main(["verify", str(site), "--key-file", str(file)]) == 0
    file.write_text("")
    assert main(["verify", str(site), "--key-file", str(file)]) == 1
    assert main(["verify", str(site), "--key-file", str(tmp_path / "nothing.pub")]) == 1


def test_a_state_that_can_not_be_read_is_refused(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("", "[]", '{"x": 1}', '{"x": {"serial": "a", "keys": {}}}'):
        (tmp_path / "state").write_text(text)
        assert main(["verify", str(site), "--key", PUBLIC, "--state", str(tmp_path / "state")]) == 1
        assert "store-broken" in capsys.readouterr().out
        assert (tmp_path / "state").read_text() == text


# ---- publishing ---------------------------------------------------------------------------------------------------


def test_a_signature_is_renewed_when_half_its_time_is_over(tmp_path: Path) -> None:
    project = make_signed(tmp_path / "p", PUBLIC)
    site = project / "build/site"
    assert sign(project, NOW, KEY=SECRET).site == "published"
    first, whole = read_root(site), snapshot(site)
    assert first["signed"] == "2026-11-23T03:00:00Z" and first["expires"] == "2026-12-23T03:00:00Z"
    for days in (0, 1, 14):
        assert sign(project, NOW + timedelta(days=days), KEY=SECRET).site == "unchanged"
    assert snapshot(site) == whole
    assert sign(project, NOW + timedelta(days=15), KEY=SECRET).site == "published"
    assert read_root(site)["signed"] == "2026-12-08T03:00:00Z"
    changed = {path for path, body in snapshot(site).items() if whole.get(path) != body}
    assert changed == {ROOT, SIGNATURE}
    (site / SIGNATURE).write_bytes(b"x")  # and when it was damaged
    assert sign(project, NOW + timedelta(days=15), KEY=SECRET).site == "published"
    assert judge(site, now=NOW + timedelta(days=15)) == []


def test_a_sites_number_only_grows(tmp_path: Path) -> None:
    project = make_signed(tmp_path / "p", PUBLIC)
    site, serials = project / "build/site", []

    def go(when: datetime) -> None:
        assert sign(project, when, KEY=SECRET).site == "published"
        serials.append(read_root(site)["serial"])

    go(NOW)
    go(NOW + timedelta(days=20))
    go(NOW + timedelta(days=1))  # the clock was wrong
    shutil.rmtree(project / "build")  # no memory but the clock
    go(NOW + timedelta(days=21))
    seconds = int(NOW.timestamp())
    assert serials == [seconds, seconds + 20 * 86_400, seconds + 20 * 86_400 + 1, seconds + 21 * 86_400]


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    """And a key changes nothing of what is stored."""
    one, two, bare = (
        make_signed(tmp_path / "1", PUBLIC),
        make_signed(tmp_path / "2", PUBLIC),
        make_signed(tmp_path / "3"),
    )
    for project in (one, two):
        sign(project, KEY=SECRET)
    run(bare)
    assert snapshot(one / "build/site") == snapshot(two / "build/site")
    assert snapshot(one / "datapackages") == snapshot(bare / "datapackages")
    assert not [path for path in snapshot(bare / "build/site") if "minisig" in path or path == ROOT]


def test_each_manifest_holds_the_hash_of_the_one_before(tmp_path: Path) -> None:
    project = make_signed(tmp_path / "p")
    run(project)
    releases = project / "datapackages/lifts/releases"
    first, second = (json.loads((releases / version / "manifest.json").read_bytes()) for version in (OLD, NEW))
    assert first["previous"] is None
    assert second["previous"] == {"version": OLD, "sha256": hash_of(releases / OLD / "manifest.json")}


def test_a_chain_tells_of_an_old_version_without_any_key(tmp_path: Path) -> None:
    project = make_signed(tmp_path / "p")
    run(project)
    site = project / "build/site"
    broken = [Finding("chain-broken", value=f"datasets/lifts/{OLD}/manifest.json", args={"next": NEW})]
    assert verify_chains(site) == [] and verify_folder(site, lambda *_: None) == (3, [])
    replace_release(site)
    assert verify_folder(site, lambda *_: None)[1] == broken
    remove_version(site)
    assert verify_chains(site) == broken
    tombstones = {"withdrawn": [{"version": OLD}]}
    (site / "datasets/lifts/withdrawn.json").write_text(json.dumps(tombstones))
    assert verify_chains(site) == []
    change_byte(site, f"datasets/lifts/{NEW}/manifest.json")  # what is no JSON is told by its hash
    assert verify_chains(site) == []


def test_a_site_without_a_key_is_as_it_was_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_signed(tmp_path / "p")
    assert main(["publish", "--project", str(project)]) == 0
    assert "署名なし" in capsys.readouterr().err
    assert main(["publish", "--project", str(project)]) == 0
    assert "署名なし" not in capsys.readouterr().err  # not at each run
    site = project / "build/site"
    assert "<p>署名なし。" in (site / "about/index.html").read_text("utf-8")
    assert "<p>Not signed." in (site / "en/about/index.html").read_text("utf-8")
    assert main(["verify", "--project", str(project)]) == 0
    assert "[お知らせ] not-signed" in capsys.readouterr().out
    assert main(["verify", "--project", str(project), "--key", PUBLIC]) == 1


def test_a_signed_site_shows_its_keys(signed: Path) -> None:
    for page in ("about/index.html", "en/about/index.html"):
        assert f"minisign -Vm manifest.json -P {PUBLIC}" in (signed / page).read_text("utf-8")
    assert f"- `{PUBLIC}`" in (signed / "llms.txt").read_text("utf-8")
    assert json.loads((signed / "data.json").read_bytes())["signature"] == {
        "root": "https://data.example.org/catalogue-root.json", "format": "minisign", "keys": [PUBLIC],
    }  # fmt: skip
    assert SECRET.encode() not in b"".join(snapshot(signed).values())


def test_an_unsigned_run_loads_nothing_of_it(tmp_path: Path) -> None:
    project = make_signed(tmp_path / "p")
    run(project)
    code = (
        "import sys; from entaku.work.cli import main; code = main(['publish', '--project', sys.argv[1]]);"
        "sys.exit(code or 'minisign' in sys.modules or 'cryptography' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(project)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- keys ---------------------------------------------------------------------------------------------------------


def test_a_new_key_signs_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project, file = make_signed(tmp_path / "p"), tmp_path / "key"
    assert main(["key", "new", str(file), "--project", str(project)]) == 0
    printed = capsys.readouterr().out
    public = file.with_name("key.pub").read_text().splitlines()[1]
    assert printed == f"signing:\n  keys:\n    - {{public_key: {public}}}\n"
    assert [path.stat().st_mode & 0o777 for path in (file, file.with_name("key.pub"))] == [0o600, 0o644]
    with (project / "catalogue.yaml").open("a") as yaml:
        yaml.write(printed)
    assert list_codes(sign(project, KEY_FILE=str(file))) == []
    assert judge(project / "build/site", public, now=NOW) == []
    before = file.read_bytes()
    assert main(["key", "new", str(file), "--project", str(project)]) == 1
    assert "file-exists" in capsys.readouterr().out and file.read_bytes() == before
    assert main(["key", "new", str(project / "keys.txt"), "--project", str(project)]) == 1
    assert "signing-key-inside" in capsys.readouterr().out and not (project / "keys.txt").exists()


def put_key(path: Path, text: str = f"untrusted comment: x\n{SECRET}\n", mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_a_key_in_the_project_is_refused(tmp_path: Path) -> None:
    project = make_signed(tmp_path / "p", PUBLIC)
    inside = put_key(project / "pipelines" / "key")
    (tmp_path / "link").symlink_to(inside)
    for file in (inside, str(tmp_path / "p" / ".." / "p" / "pipelines" / "key"), str(tmp_path / "link")):
        result = sign(project, KEY_FILE=file)
        assert (result.site, list_codes(result)) == ("refused", [("error", "signing-key-inside")])
    assert not (project / "build/site").exists()


@pytest.mark.parametrize(
    ("mode", "told"), [(0o600, []), (0o400, []), (0o640, ["640"]), (0o644, ["644"]), (0o604, ["604"])]
)
def test_a_key_that_others_can_read_is_told(tmp_path: Path, mode: int, told: list[str]) -> None:
    project = make_signed(tmp_path / "p", PUBLIC)
    result = sign(project, KEY_FILE=put_key(tmp_path / "key", mode=mode))
    assert result.site == "published"
    assert [one.args["mode"] for one in result.every if one.code == "signing-key-open"] == told


@pytest.mark.parametrize(
    "text", ["", "\n", "hello", SECRET[:-8], PUBLIC, SECRET.replace("KJhm", "KJhn"), SECRET[:150] + "B" + SECRET[151:], "鍵"]
)  # fmt: skip
def test_what_is_no_key_is_refused_and_never_shown(tmp_path: Path, text: str) -> None:
    project = make_signed(tmp_path / "p", PUBLIC)
    result = sign(project, KEY_FILE=put_key(tmp_path / "key", text))
    assert result.site == "refused"
    assert [code for _, code in list_codes(result)] in (["signing-key-unread"], ["signing-key-other"])
    assert len(text) < 9 or not any(text in str(one) for one in result.every)
    assert list_codes(sign(project, KEY_FILE=str(tmp_path / "nothing"))) == []  # file-unreadable
    assert sign(project, KEY_FILE=str(tmp_path / "nothing")).site == "refused"


def test_a_key_may_have_a_password(tmp_path: Path) -> None:
    pair = minisign.KeyPair.generate()
    public = pair.public_key.to_base64().decode()
    project = make_signed(tmp_path / "p", public)
    pair.secret_key.encrypt("合い言葉", opslimit=32_768, memlimit=1 << 20)
    text = bytes(pair.secret_key).decode()
    for given in ({}, {"PASSWORD": "x"}):
        result = sign(project, KEY=text, **given)
        assert (result.site, list_codes(result)) == ("refused", [("error", "signing-key-unread")])
    assert sign(project, KEY=text, PASSWORD="合い言葉").site == "published"
    assert judge(project / "build/site", public, now=NOW) == []


def test_a_key_is_one_that_the_catalogue_names(tmp_path: Path) -> None:
    project = make_signed(tmp_path / "p", NEXT_PUBLIC)
    assert list_codes(sign(project, KEY=SECRET)) == [("error", "signing-key-other")]
    other = make_signed(tmp_path / "q", signing=f'signing: {{keys: [{{public_key: {PUBLIC}, until: "2026-11-22"}}]}}\n')
    assert list_codes(sign(other, KEY=SECRET)) == [("error", "signing-key-ended")]
    assert sign(other, NOW - timedelta(days=1), KEY=SECRET).site == "published"
    bare = make_signed(tmp_path / "r")
    result = sign(bare, KEY=SECRET)
    assert (result.site, list_codes(result)) == ("published", [("warning", "signing-unasked")])


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    """At home, for a trial, nothing is signed and the pages say so; a site that is public, or signed, stays."""
    project = make_signed(tmp_path / "p", PUBLIC)
    result = sign(project)
    assert (result.site, list_codes(result)) == ("published", [("warning", "signing-secret-missing")])
    assert "<p>署名なし。" in (project / "build/site/about/index.html").read_text("utf-8")
    elsewhere = sign(project, to=tmp_path / "www")
    assert (elsewhere.site, list_codes(elsewhere)) == ("refused", [("error", "signing-secret-missing")])
    assert not (tmp_path / "www").exists()
    assert sign(project, KEY=SECRET).site == "published"
    whole = snapshot(project / "build/site")
    again = sign(project)
    assert (again.site, list_codes(again)) == ("refused", [("error", "signing-secret-missing")])
    assert snapshot(project / "build/site") == whole


def test_a_key_is_replaced(tmp_path: Path) -> None:
    """The next key is announced under the signature of the old one; whoever remembers it needs nobody to tell."""
    both = f"signing: {{keys: [{{public_key: {PUBLIC}, until: 2026-12-31}}, {{public_key: {NEXT_PUBLIC}}}]}}\n"
    project = make_signed(tmp_path / "p", signing=both)
    site, state = project / "build/site", tmp_path / "state.json"
    sign(project, KEY=SECRET)
    found = verify_home(site, Trust(NOW, (PUBLIC,), state=state))
    assert ("signing-key-next", NEXT_PUBLIC) in [(one.code, one.value) for one in found]
    assert sign(project, KEY=NEXT_SECRET).site == "published"
    about = (site / "about/index.html").read_text("utf-8")
    assert f"-P {NEXT_PUBLIC}" in about and f"{PUBLIC}</code>（2026年12月31日まで）" in about
    assert judge(site, PUBLIC, now=NOW) == [("signature-other-key", ROOT)]
    assert judge(site, PUBLIC, now=NOW, state=state) == []
    assert verify_home(site, Trust(NOW, state=state))[0].code == "signed-by"
    told = [one.code for one in verify_home(site, Trust(NOW, (NEXT_PUBLIC,)))]
    assert told == ["signed-by"]  # a key that ends needs no notes
    later = NOW + timedelta(days=60)  # the old key is worth nothing after its last day
    (project / "catalogue.yaml").write_text(CATALOGUE + f"signing: {{keys: [{{public_key: {PUBLIC}}}]}}\n")
    sign(project, later, KEY=SECRET)
    assert judge(site, PUBLIC, now=later, state=state) == [("signature-other-key", ROOT)]


def test_a_source_is_never_sent_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`source.headers` names environment variables."""
    for name in ("KEY", "KEY_FILE", "PASSWORD"):
        monkeypatch.setenv(f"ENTAKU_SIGNING_{name}", "secret")
    monkeypatch.setenv("LIFTS_TOKEN", "token")
    project = make_signed(tmp_path / "p")
    office, _, _ = read_specs(project)
    assert office is not None
    options = opening.argparse.Namespace(project=project)
    setting = opening.make_setting(options, office, Speaker("ja", sys.stdout, sys.stderr))
    assert setting.environment["LIFTS_TOKEN"] == "token"
    assert not [name for name in setting.environment if "SIGNING" in name]
    assert "secret" not in repr(setting) and setting.secrets["ENTAKU_SIGNING_KEY"] == "secret"


@pytest.mark.parametrize(
    "signing",
    ["signing: {keys: []}", f"signing: {{keys: [{{public_key: {PUBLIC[:-1]}}}]}}", "signing: {}",
     f"signing: {{keys: [{{public_key: {SECRET}}}]}}", f"signing: {{keys: [{{public_key: {PUBLIC}}}], valid_days: 1}}",
     f"signing: {{keys: [{{public_key: {PUBLIC}, until: soon}}]}}"],
)  # fmt: skip
def test_a_wrong_signing_is_told_at_its_line(tmp_path: Path, signing: str) -> None:
    project = make_signed(tmp_path / "p", signing=f"{signing}\n")
    office, _, findings = read_specs(project)
    assert office is None
    assert {(one.place.file, one.place.line) for one in findings} == {("catalogue.yaml", 7)}


def test_folders_are_digested_line_by_line() -> None:
    a, b, c = (f"{letter * 64}  " for letter in "abc")
    found = digest_folders(f"{a}index.html\n{b}about/index.html\n{c}about/x.html\n".encode())
    assert found == {
        "": hashlib.sha256(f"{a}index.html".encode()).hexdigest(),
        "about": hashlib.sha256(f"{b}about/index.html\n{c}about/x.html".encode()).hexdigest(),
    }


def test_the_umask_leaves_a_new_key_to_its_owner(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert main(["key", "new", str(tmp_path / "key"), "--project", str(make_signed(tmp_path / "p"))]) == 0
    finally:
        os.umask(before)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
