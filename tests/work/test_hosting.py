"""`entaku hosting`: rules are written where the operator says, never over another file; publish tells when they are old."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from ckan_sites import find_port, run_nginx
from projects import lifts, make_project, put_sample

from entaku.fetch.network import Network
from entaku.model.messages import say
from entaku.work import hosting
from entaku.work import open as cli_setting
from entaku.work.cli import main
from entaku.work.load import read_specs


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cli_setting, "Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
    made = make_project(tmp_path / "p")
    put_sample(made, lifts("A-1,2026-06-01", "A-2,2026-06-02"))
    return made


@pytest.fixture
def entaku(project: Path, capsys: pytest.CaptureFixture[str]):
    """Run a command in the project: its exit code, and what it said."""

    def run(*verb: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main([*verb, "--project", str(project), "--lang", "en"])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_the_rules_are_not_in_the_site(project: Path, entaku) -> None:
    assert entaku("publish")[0] == 0
    site = project / "build" / "site"
    names = {path.name for path in site.iterdir()}
    assert names.isdisjoint({"_edge", "_headers", "_redirects", ".nojekyll"})
    code, said = entaku("hosting", "nginx")
    assert code == 0 and "# ---- entaku-http.conf\n# entaku hosting nginx " in said and "location ~" in said
    assert not (project / "datapackages" / "hosting.json").exists()
    code, said = entaku("hosting", "caddy")
    assert said.startswith("# entaku hosting caddy ") and "@entaku_show" in said
    assert "nginx" in entaku("hosting")[1]


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short enough to be shown whole."""
    with tempfile.TemporaryDirectory(prefix="e ") as folder:
        yield Path(folder)


def test_publish_tells_which_rules_are_old_until_they_are_written_again(project: Path, entaku, short: Path) -> None:
    folder = short / "nginx"
    assert entaku("publish")[0] == 0 and entaku("hosting", "nginx", "--to", str(folder))[0] == 0
    first = (folder / "entaku-server.conf").read_text()
    assert "rules-stale" not in entaku("publish")[1]
    code, said = entaku("rename", "lifts", "elevators")
    assert code == 0
    for _ in range(2):  # also by a run that makes no new site
        code, said = entaku("publish")
        assert code == 0
        (line,) = [line for line in said.splitlines() if "rules-stale" in line]
        assert f"Run entaku hosting nginx --to '{folder}', and" in line and "(nginx -s reload)" in line
    assert entaku("hosting", "nginx", "--to", str(folder))[0] == 0
    now = (folder / "entaku-server.conf").read_text()
    assert "rules-stale" not in entaku("publish")[1]
    assert now != first and "datasets/lifts/" in now and "datasets/lifts/" not in first
    shutil.rmtree(folder)  # another machine
    assert "rules-stale" not in entaku("publish")[1]


def test_caddys_templates_have_a_key_of_their_own_that_is_not_in_the_site(project: Path, entaku, short: Path) -> None:
    """Who can write the site must not know what Caddy runs; each time the rules are written there is another."""
    assert entaku("publish")[0] == 0
    keys = set()
    for _ in range(2):
        assert entaku("hosting", "caddy", "--to", str(short))[0] == 0
        rules = (short / "entaku.caddy").read_bytes()
        keys.add(key := hosting.find_key(short) or "")
        assert rules.count(f'between "<{key}" "{key}>"'.encode()) == 4 and b"<<" not in rules
        assert "rules-stale" not in entaku("publish")[1]
    assert len(keys) == 2 and all(len(key) == 32 for key in keys)
    told = b"".join(
        path.read_bytes()
        for top in ("build/site", "datapackages")
        for path in (project / top).rglob("*")
        if path.is_file()
    )
    assert not any(key.encode() in told for key in keys)
    assert entaku("rename", "lifts", "elevators")[0] == 0 and "rules-stale" in entaku("publish")[1]


def test_a_broken_record_is_told_and_written_anew(project: Path, entaku, tmp_path: Path) -> None:
    for body in ("{", "[]", "3"):
        (project / "datapackages").mkdir(exist_ok=True)
        (project / "datapackages/hosting.json").write_text(body)
        code, said = entaku("publish")
        assert code == 0 and ("record-broken" in said) == (body != "[]")
        assert entaku("hosting", "caddy", "--to", str(tmp_path / "caddy"))[0] == 0
        assert "record-broken" not in entaku("publish")[1]


def test_a_site_that_still_has_its_rules_is_told_of_once(project: Path, entaku) -> None:
    assert "rules-moved" not in entaku("publish")[1]
    (project / "build/site/_edge").mkdir()
    (project / "build/site/_edge/nginx-server.conf").write_text("")
    path = project / "catalogue.yaml"
    path.write_text(path.read_text("utf-8").replace("見本の目録", "見本の新しい目録"), "utf-8")
    code, said = entaku("publish")
    assert code == 0 and said.count("rules-moved") == 1 and not (project / "build/site/_edge").exists()
    assert "rules-moved" not in entaku("publish")[1]


def test_a_file_that_is_not_ours_stays(project: Path, entaku, tmp_path: Path) -> None:
    for text in ("server {}\n", None):
        folder = tmp_path / str(text is None)
        if text is None:  # ours, and changed by hand
            assert entaku("hosting", "caddy", "--to", str(folder))[0] == 0
            text = (folder / "entaku.caddy").read_text() + "# mine\n"
        folder.mkdir(exist_ok=True)
        (folder / "entaku.caddy").write_text(text)
        code, said = entaku("hosting", "caddy", "--to", str(folder))
        assert code == 1 and "rules-changed" in said and (folder / "entaku.caddy").read_text() == text


def test_an_address_that_no_server_reads_is_told(project: Path, entaku) -> None:
    path = project / "catalogue.yaml"
    path.write_text(
        path.read_text("utf-8").replace("https://data.example.org/", "https://data.example.org/$x/"), "utf-8"
    )
    code, said = entaku("hosting", "nginx")
    assert code == 1 and "rules-address" in said and "https://data.example.org/$x/" in said


def test_nginx_follows_the_rules_that_were_written(project: Path, entaku, tmp_path: Path) -> None:
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed: its rules are not tried")
    assert entaku("publish")[0] == 0
    assert entaku("rename", "lifts", "elevators")[0] == 0 and entaku("publish")[0] == 0
    with run_nginx(project / "build" / "site", tmp_path / "nginx", find_port()) as url:
        answer = requests.get(f"{url}/datasets/lifts/", allow_redirects=False, timeout=10)
        assert answer.status_code == 301 and answer.headers["Location"].endswith("/datasets/elevators/")
        assert "default-src" in requests.get(f"{url}/", timeout=10).headers["Content-Security-Policy"]
        assert requests.get(f"{url}/_edge/nginx-server.conf", timeout=10).status_code == 404


# ---- limits of hosts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "limits", "told"),
    [
        ("cloudflare", {"files": 113}, ""),
        ("cloudflare", {"files": 112}, "90 files altogether (limit 112)"),
        ("cloudflare", {"largest": 2500}, '2,000 bytes of the largest file, "a/7" (limit 2,500)'),
        ("github-pages", {"bytes": 113_000}, "91,000 bytes altogether (limit 113,000)"),
        ("netlify", {"beside": 75}, '60 files in the folder "a/" (limit 75)'),
        ("netlify", {"beside": 40}, '60 files in the folder "a/" (limit 40)'),
    ],
)
def test_a_limit_of_the_host_is_told_from_four_fifths_on(
    host: str, limits: dict[str, int], told: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = read_specs(project)[0]
    assert office is not None
    office, site = replace(office, site=replace(office.site, host=host)), tmp_path / "site"
    assert list(hosting.judge_limits(office, site)) == []  # no site yet
    for n in range(90):
        path = site / f"{'a' if n < 60 else 'b'}/{n}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(2000 if n == 7 else 1000))
    assert list(hosting.judge_limits(office, site)) == [], "far from the real limits"
    monkeypatch.setitem(hosting.LIMITS, host, hosting.HostLimits(**limits))
    found = list(hosting.judge_limits(office, site))
    if not told:
        assert found == []  # 79.6 %
        return
    [finding] = found
    assert (finding.code, finding.severity, finding.value) == ("host-limit", "warning", host)
    assert f'"{host}", or beyond it: {told}' in say(finding, "en")
    (site / "a/7").write_bytes(b"")
    for n in range(50):
        (site / f"a/{n}").unlink()
    assert list(hosting.judge_limits(office, site)) == []


def test_publish_tells_of_the_limits_of_the_host_that_is_named(
    project: Path, entaku, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hosting.LIMITS, "cloudflare", hosting.HostLimits(files=20))
    assert "host-limit" not in entaku("publish")[1]
    with (project / "catalogue.yaml").open("a", encoding="utf-8") as file:
        file.write("site: {host: cloudflare}\n")
    for _ in range(2):  # also by a run that makes no new site
        code, said = entaku("publish")
        assert code == 0 and said.count("host-limit") == 1 and "files altogether (limit 20)" in said


def test_the_page_tells_the_limits_that_are_kept() -> None:
    page = (Path(__file__).parents[2] / "docs" / "hosting.md").read_text("utf-8")
    told = {f"{one:,}" for limits in hosting.LIMITS.values() for one in (limits.files, limits.beside) if one}
    for part in page.split("## In English"):
        assert all(number in part for number in told) and "1 GB" in part and "25 MiB" in part
