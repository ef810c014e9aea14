"""Scripts of others: locked by hash, bundled outside the repository, published as assets, done without where need be."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from projects import ROOT, lifts, make_project, put_sample, run

from entaku.work import shipped

VENDOR = ROOT / "site_templates" / "vendor"
EACH = pytest.mark.parametrize(
    "folder", [VENDOR, VENDOR / "cards", VENDOR / "duckdb"], ids=["vendor", "cards", "duckdb"]
)
TOOLS = ("sh", "dirname", "rm", "mkdir", "mv", "cp", "touch", "find")


@EACH
def test_every_package_is_locked_by_hash_and_by_no_address(folder):
    lock = json.loads((folder / "package-lock.json").read_text())
    packages = {path: package for path, package in lock["packages"].items() if path}
    assert packages
    for path, package in packages.items():
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["integrity"]), path
        assert "resolved" not in package, path


def test_no_lock_has_an_address():
    found = (path for top in ("site_templates", "tests") for path in (ROOT / top).rglob("package-lock.json"))
    locks = [path for path in found if "node_modules" not in path.parts]
    assert len(locks) == 5
    assert [path for path in locks if "://" in path.read_text("utf-8")] == []


@EACH
def test_versions_are_exact(folder):
    package = json.loads((folder / "package.json").read_text())
    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name


def test_bundles_are_published_as_assets_and_the_site_follows_them(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "site_templates", tmp_path / "home" / "site_templates")
    monkeypatch.setattr(shipped, "HOME", tmp_path / "home")  # a clone where nothing was bundled
    project = make_project(tmp_path / "p")
    put_sample(project, lifts("A-1,2026/6/3"))
    assert run(project).site == "published"
    assert not list((project / "build" / "site" / "assets").glob("licences.*"))
    bundle = project / "build" / "vendor"
    bundle.mkdir()
    (bundle / "licences.txt").write_text("the work of others")
    assert run(project).site == "published"
    site = project / "build" / "site"
    (named,) = (site / "assets").glob("licences.*.txt")
    for page in ("about", "en/about"):
        assert f'assets/{named.name}"' in (site / page / "index.html").read_text()
    assert run(project).site == "unchanged"
    (bundle / "licences.txt").write_text("more work of others")
    assert run(project).site == "published"
    assert not list((site / "assets").glob("*.mjs")) and not list((site / "assets").glob("*bundle*"))


def make_clone(folder):
    """The parts of a clone that bundling needs."""
    shutil.copytree(VENDOR, folder / "site_templates" / "vendor")
    (folder / "requirements").mkdir()
    shutil.copy(ROOT / "requirements" / "node.txt", folder / "requirements")
    return folder


def bundle(clone, which="", **environment):
    tools = clone / "bin"
    if not tools.is_dir():
        tools.mkdir()
        for name in TOOLS:
            (tools / name).symlink_to(shutil.which(name))
    command = ["sh", "site_templates/vendor/bundle.sh", sys.executable, *([which] if which else [])]
    given = {"PATH": str(tools), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "HOME": str(clone), **environment}
    return subprocess.run(command, cwd=clone, env=given, capture_output=True, text=True, timeout=120, check=False)


def test_without_node_and_network_a_notice_and_no_failure(tmp_path):
    clone = make_clone(tmp_path / "clone")
    done = bundle(clone)
    assert done.returncode == 0, done.stderr
    assert "Node.js がなく" in done.stdout and "there is no Node.js" in done.stdout
    assert not (clone / "build" / "vendor").exists()
    again = bundle(clone)
    assert again.returncode == 0 and "in an hour" in again.stdout
    later = (clone / "build" / "vendor.failed").stat().st_mtime + 60
    os.utime(clone / "site_templates" / "vendor" / "package.json", (later, later))
    assert "there is no Node.js" in bundle(clone).stdout


def test_a_bundle_with_a_name_goes_to_a_folder_of_its_own(tmp_path):
    """DuckDB, which the wheel hasn't: its failure leaves what is bundled already."""
    clone = make_clone(tmp_path / "clone")
    (clone / "build/vendor").mkdir(parents=True)
    done = bundle(clone, which="duckdb")
    assert done.returncode == 0, done.stderr
    assert "SQL の duckdb は、このサイトに付きません" in done.stdout and "without duckdb in their SQL" in done.stdout
    assert (clone / "build/duckdb.failed").exists() and not (clone / "build/duckdb").exists()
    assert (clone / "build/vendor").is_dir()
    shipped_files = (ROOT / "setup.py").read_text() + (ROOT / "MANIFEST.in").read_text()
    assert "build/vendor" in shipped_files and "duckdb" not in shipped_files


@pytest.mark.sweep
def test_a_package_that_is_not_the_locked_one_is_refused(tmp_path):
    if not shutil.which("npm") or not (ROOT / "build" / "vendor").is_dir():
        pytest.skip("no npm, or no network when `make` bundled")
    clone = make_clone(tmp_path / "clone")
    lock = clone / "site_templates" / "vendor" / "package-lock.json"
    text = lock.read_text()
    wrong = re.sub(r'("node_modules/fzstd".*?"integrity": )"[^"]+"', rf'\1"sha512-{"A" * 86}=="', text, flags=re.S)
    assert wrong != text
    lock.write_text(wrong)
    done = bundle(clone, PATH=os.environ["PATH"])
    assert done.returncode == 0 and "could not be had or verified" in done.stdout
    log = (clone / "build" / "node" / "log").read_text()
    if "EINTEGRITY" not in log and "network" in log:
        pytest.skip("no network")
    assert "EINTEGRITY" in log
    assert not (clone / "build" / "vendor").exists()


@pytest.mark.parametrize(
    "prefix, scripts",
    [
        ("view_", ("table.js", "table-filter.js", "table-panels.js", "table-record.js", "table-save.js")),
        ("sql_say_", ("sql.js", "sql-complete.js", "sql-figure.js")),
        ("map_", ("map.js", "map-live.js", "map-base.js", "map-popup.js", "map-list.js", "map-by.js")),
    ],
)
def test_the_words_that_a_script_says_are_there_and_no_others(prefix, scripts):
    """`say("stop")` in a script is the word `view_stop`; `say(`op_${…}`)` any that begins so."""
    folder = ROOT / "site_templates" / "assets"
    text = "".join((folder / name).read_text("utf-8") for name in scripts)
    words = json.loads((folder.parent / "words.json").read_text("utf-8"))
    known = {key.removeprefix(prefix) for key in words if key.startswith(prefix)}
    begun = tuple(re.findall(r"say\(`(\w+_)\$", text))
    assert set(re.findall(r"""\bsay\("(\w+)\"""", text)) <= known
    for word in known:
        assert word.startswith(begun) or f'"{word}"' in text, f"unused: {prefix}{word}"
    if prefix == "map_":  # whatever the reason, it is told in one sentence
        return
    for path in (
        folder / "rows.js",
        folder / "view-query.js",
        folder / "view-files.js",
        folder / f"{prefix.split('_')[0]}-worker.js",
        *([folder / "sql-duckdb.js", folder / "sql-mistakes.js"] if prefix == "sql_say_" else []),
    ):
        told = re.findall(r"""(?:new Trouble\(|trouble: )"(\w+)\"""", path.read_text("utf-8"))
        for code in set(told) - ({"value", "many"} if prefix == "sql_say_" else set()):
            assert f"error_{code}" in known, code


def test_whose_work_the_outlines_are_is_told_with_the_licences():
    if not (ROOT / "build" / "vendor" / "maplibre.js").is_file():
        pytest.skip("build/vendor isn't there: `make` bundles it where it finds Node.js or the network")
    told = (ROOT / "build" / "vendor" / "licences.txt").read_text("utf-8")
    assert (VENDOR / "outlines.txt").read_text("utf-8") in told
    assert "Natural Earth" in told and "maplibre-gl" in told and "pmtiles" in told and "topojson-client" in told
