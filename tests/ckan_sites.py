"""Sites with CKAN's API for tests, and servers of them on the loopback."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from wholes import build_catalogue
from worlds import make_office, make_pipeline, make_release, make_schedule, make_spec

from entaku.model.leaving import RuleFacts
from entaku.model.nouns import Catalogue
from entaku.model.words import Text
from entaku.site.feeds import edge
from entaku.site.feeds.ckan import feed as ckan
from entaku.work import cli

HASHED = (
    "assets/site.0123456789.css", "assets/sql-worker.0776728683.js", "search/terms-10.d7bebd5d.json",
    "search/ja-0.0ca37259.json", f"datasets/population-001/raw/{'0a' * 32}.csv",
)  # fmt: skip
"""Files with a hash of their content in their names."""
PLAIN = (
    "index.html", "search/ja.json", "assets/site.css", "assets/site.012345678.css", "search/ja-0.json",
    "datasets/population-001/raw/list.csv", "datasets/population-001/assets/site.0123456789.css",
)  # fmt: skip
"""Files without."""
PUBLISHERS = ("kotsu", "shijo", "kanko")


def make_many(count: int, base_url: str) -> Catalogue:
    """`count` datasets of three publishers, released one hour after another."""
    schedule = make_schedule()
    specs, releases = [], {}
    for n in range(count):
        pipeline = make_pipeline(
            f"population-{n:03}",
            (schedule,),
            title=Text(ja=f"町丁別人口 第{n}区", en=f"Population of ward {n}"),
            publisher=PUBLISHERS[n % 3],
            themes=("economy",) if n % 2 else ("transport", "tourism"),
            keywords=("人口", "駅", f"区{n}", "公共施設（市）"),
        )
        specs.append(make_spec(pipeline))
        releases[pipeline.name] = (make_release(pipeline, f"20{n // 365 + 24}-{n % 12 + 1:02}-{n % 28 + 1:02}"),)
    return build_catalogue(make_office(base_url), specs, releases, {}, {}, "0.1.0")


def write_site(folder: Path, catalogue: Catalogue) -> Path:
    """The API and the tables of a catalogue, as files.  A table holds its own name, so its hash is right."""
    for page in ckan.render(catalogue):
        path = folder / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page.body)
    for dataset in catalogue.datasets:
        for release in dataset.releases:
            for table in release.resources:
                for file in (table.csv, table.parquet):
                    for path in (
                        folder / "datasets" / release.dataset / each / file.path for each in ("", release.version)
                    ):
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_bytes(file.path.encode())
            (folder / "datasets" / release.dataset / release.version / "index.html").write_text("<!DOCTYPE html>")
    for path in (*HASHED, *PLAIN):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode())
    (folder / "404.html").write_text("<!DOCTYPE html><title>404</title>")
    return folder


def write_rules(folder: Path, catalogue: Catalogue) -> Path:
    """The rules of nginx and Caddy for a catalogue that is in no project."""
    folder.mkdir()
    facts = RuleFacts(catalogue.office.base_url, catalogue.by_name, catalogue.office.renamed, catalogue.tombstones)
    for server in ("nginx", "caddy"):
        for name, body in edge.write_rules(facts, server).items():
            (folder / name).write_bytes(body)
    return folder


def ask_for_rules(site: Path, home: Path, server: str) -> Path:
    """The rules that `entaku hosting` writes for the project of a site in its `build/site`."""
    project, folder = site.resolve().parents[1], home / "rules"
    assert cli.main(["hosting", server, "--to", str(folder), "--project", str(project)]) == 0
    return folder


def find_port() -> int:
    """A port that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def run_nginx(
    site: Path, home: Path, port: int, rules: Path | None = None, brotli: Path | None = None
) -> Iterator[str]:
    """nginx with the rules for a site, by default those of its project; `brotli`: its module of this name.  Skips the test
    where there is no nginx."""
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed")
    home.mkdir()
    rules = rules or ask_for_rules(site, home, "nginx")
    mime = next(
        path for path in (Path("/etc/nginx/mime.types"), Path("/usr/local/etc/nginx/mime.types")) if path.exists()
    )
    temps = "\n".join(f"{kind}_temp_path {home};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = home / "nginx.conf"
    config.write_text(f"""
{f"load_module {brotli};" if brotli else ""}
{"user root;" if os.getuid() == 0 else ""}
worker_processes 1; pid {home}/pid; error_log {home}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; {temps}
  include {mime};
  include {rules}/entaku-http.conf;
  server {{ listen 127.0.0.1:{port}; root {site}; include {rules}/entaku-server.conf;{" brotli_static on;" if brotli else ""} }}
}}
""")
    with run_server([shutil.which("nginx") or "nginx", "-p", str(home), "-c", str(config), "-g", "daemon off;"], port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def run_caddy(site: Path, home: Path, port: int, rules: Path | None = None) -> Iterator[str]:
    """Caddy with the rules for a site, by default those of its project.  Skips the test where there is no Caddy."""
    if not shutil.which("caddy"):
        pytest.skip("caddy is not installed")
    home.mkdir()
    rules = rules or ask_for_rules(site, home, "caddy")
    config = home / "Caddyfile"
    config.write_text(
        "{\n\tadmin off\n\tauto_https off\n}\n"
        f"http://127.0.0.1:{port} {{\n\troot * {site}\n\timport {rules}/entaku.caddy\n\tfile_server\n}}\n"
    )
    with run_server(
        [shutil.which("caddy") or "", "run", "--config", str(config), "--adapter", "caddyfile"], port, HOME=str(home)
    ):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def run_server(command: list[str], port: int, **environment: str) -> Iterator[None]:
    """A server in a process of its own, from when it answers."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **environment}
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            assert process.poll() is None, process.stdout and process.stdout.read().decode()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


def show_tag_rule(tag: str) -> bool:
    """CKAN's tag_name_validator and tag_length_validator."""
    return re.compile(r"[\w \-.]*$").match(tag) is not None and 2 <= len(tag) <= 100
