"""Pages and feeds packed beside themselves, where `site.packed` asks for it, and how servers send them."""

import gzip
import hashlib
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
import requests
from ckan_sites import find_port, run_caddy, run_nginx
from loopback import serve_site
from projects import CATALOGUE, LIFTS, lifts, make_project, put, run

from entaku.store import disk
from entaku.store.site import find_damage
from entaku.work import cli, packing

ASKED = CATALOGUE + "site: {packed: [gz, br]}\n"
OTHER = LIFTS.replace("name: lifts", "name: stairs").replace("lifts.csv", "stairs.csv")


def make(folder, mirror, catalogue=ASKED):
    project = make_project(folder, lifts=LIFTS, stairs=OTHER)
    (project / "catalogue.yaml").write_text(catalogue, "utf-8")
    result = run(project, mirror)
    assert result.site == "published", [(each.code, each.value) for each in result.findings]
    return project


def lay(mirror, day, *rows):
    put(mirror, lifts(*rows), day=day)
    if day == "2026-06-01":
        put(mirror, lifts("B-1,2026/6/1"), "https://office.example.org/stairs.csv", day)


def read_all(site):
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    lay(folder / "mirror", "2026-06-01", "A-1,2026/6/3")
    return make(folder / "p", folder / "mirror")


def test_text_is_packed_and_checksums_know_it(made, tmp_path):
    files = read_all(made / "build" / "site")
    packed = {path for path in files if path.endswith((".gz", ".br"))}
    for path in packed:
        body, plain = files[path], files[path[:-3]]
        size = len(plain)
        unpacked = gzip.decompress(body) if path.endswith(".gz") else pa.decompress(body, size, "brotli", asbytes=True)
        assert unpacked == plain and len(body) < size >= packing.LEAST, path
    for path in (
        "index.html",
        "en/datasets/lifts/index.html",
        "feed.atom",
        "catalog.jsonld",
        "catalog.ttl",
        "data.json",
    ):
        assert {f"{path}.gz", f"{path}.br"} <= packed, path
    assert any(path.startswith("api/3/package_show/") for path in packed)
    assert not any(path.startswith((packing.PIECES, "api/3/action/")) for path in packed)
    sums = dict(reversed(line.split("  ")) for line in files["SHA256SUMS"].decode().splitlines())
    assert {path: sums[path] for path in packed} == {path: hashlib.sha256(files[path]).hexdigest() for path in packed}
    assert b".gz" not in files["catalog.jsonld"] + files["sitemap.xml"] + files["api/3/action/package_search"]
    assert cli.main(["verify", str(made / "build" / "site")]) == 0


def test_nothing_is_packed_that_is_not_asked_for(made, tmp_path):
    project = make(tmp_path / "p", made.parent / "mirror", CATALOGUE)
    files = read_all(project / "build" / "site")
    assert not any(path.endswith((".gz", ".br")) for path in files)
    asked = read_all(made / "build" / "site")
    assert files.keys() == {path for path in asked if not path.endswith((".gz", ".br"))}


def test_what_changes_is_packed_again_and_nothing_else(tmp_path, monkeypatch):
    """The site is that which is made from nothing, byte for byte."""
    mirror, packed = tmp_path / "mirror", []
    pack = packing.pack
    monkeypatch.setattr(packing, "pack", lambda page, kind: packed.append(f"{page.path}.{kind}") or pack(page, kind))
    lay(mirror, "2026-06-01", "A-1,2026/6/3")
    project = make(tmp_path / "p", mirror)
    assert "datasets/stairs/index.html.gz" in packed
    for n in (2, 3, 4):  # from the third on the folder of the site before the last is filled
        packed.clear()
        lay(mirror, f"2026-06-0{n}", "A-1,2026/6/3", f"A-{n},2026/6/4")
        assert run(project, mirror).site == "published"
    assert "datasets/lifts/index.html.gz" in packed and "index.html.br" in packed
    assert not any(path.startswith(("datasets/stairs/", "en/datasets/stairs/2026")) for path in packed), packed
    fresh = make(tmp_path / "q", mirror)
    assert read_all(project / "build" / "site") == read_all(fresh / "build" / "site")
    shutil.rmtree(project / "build" / "cache")
    lay(mirror, "2026-06-05", "A-1,2026/6/3")
    assert run(project, mirror).site == run(fresh, mirror).site == "published"
    assert read_all(project / "build" / "site") == read_all(fresh / "build" / "site")


# ---- servers ----------------------------------------------------------------------------------------------------

BROTLI = Path(os.environ.get("NGINX_BROTLI") or "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")
"""nginx's module that sends `.br`; Debian has it as libnginx-mod-http-brotli-static."""
PATHS = {
    "": ("index.html", "text/html;charset=utf-8"),
    "en/datasets/lifts/": ("en/datasets/lifts/index.html", "text/html;charset=utf-8"),
    "catalog.jsonld": ("catalog.jsonld", "application/ld+json"),
    "data.json": ("data.json", "application/json"),
    "api/3/package_show/lifts.json": ("api/3/package_show/lifts.json", "application/json"),
    "catalog.ttl": ("catalog.ttl", "text/turtle;charset=utf-8"),
    "feed.atom": ("feed.atom", "application/atom+xml"),
}


@pytest.mark.parametrize("server", ["entaku", "nginx", "caddy"])
def test_servers_send_what_is_packed(made, tmp_path, server):
    site = made / "build" / "site"
    if server != "entaku" and not shutil.which(server):
        pytest.skip(f"{server} is not installed")
    brotli = BROTLI if server == "nginx" and BROTLI.exists() else None
    where = site, tmp_path / server, find_port()
    it = run_nginx(*where, brotli=brotli) if server == "nginx" else run_caddy(*where)
    codings = {"gzip": ".gz", **({} if server == "nginx" and not brotli else {"br": ".br"})}
    with serve_site(site) if server == "entaku" else it as address:

        def ask(path, accepted, **headers):
            given = {"Accept-Encoding": accepted, **headers}
            answer = requests.get(f"{address}/{path}", headers=given, timeout=30, stream=True)
            return answer, answer.raw.read(decode_content=False)

        for path, (file, media) in PATHS.items():
            plain, body = ask(path, "identity")
            assert (plain.status_code, body) == (200, (site / file).read_bytes()), path
            assert "Content-Encoding" not in plain.headers
            for coding, suffix in codings.items():
                packed, body = ask(path, coding)
                assert packed.headers["Content-Encoding"] == coding, (path, coding)
                assert body == (site / f"{file}{suffix}").read_bytes(), (path, coding)
                kind = packed.headers["Content-Type"].replace(" ", "").lower()
                assert kind.removesuffix(";charset=utf-8") == media.removesuffix(";charset=utf-8"), path
                assert "Accept-Encoding" in packed.headers["Vary"]
                assert packed.headers["ETag"] != plain.headers["ETag"]
                again, body = ask(path, coding, **{"If-None-Match": packed.headers["ETag"]})
                assert (again.status_code, body) == (304, b"")
        if "br" in codings:
            assert ask("", "gzip, br")[0].headers["Content-Encoding"] == "br"
        assert ask("", "gzip;q=0, identity")[0].headers.get("Content-Encoding") is None
        part, body = ask("data.json", "gzip", Range="bytes=0-3")
        assert part.status_code in (200, 206)
        assert part.headers.get("Content-Encoding") or body == (site / "data.json").read_bytes()[:4]
        found, body = ask("data.json.gz", "gzip")
        assert "Content-Encoding" not in found.headers and body == (site / "data.json.gz").read_bytes()


def test_a_day_s_share_finds_a_packed_page_that_was_damaged(made):
    site = made / "build" / "site"
    path = site / "data.json.gz"
    body = path.read_bytes()
    path.write_bytes(body[:-1])
    try:
        assert "data.json.gz" in find_damage(site, disk.WHOLE)
        assert cli.main(["verify", str(site)]) != 0
    finally:
        path.write_bytes(body)
