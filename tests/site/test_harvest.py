"""Another CKAN harvests the catalogue: ckanext-harvest's CKANHarvester under CKAN's own code, from real servers."""

import contextlib
import json
import re
import shutil
import subprocess
from datetime import datetime, timedelta

import pytest
from ckan_sites import find_port, make_many, run_caddy, run_nginx, write_rules, write_site
from loopback import serve_site
from projects import ROOT

COUNT = 120
"""More than a page of the harvester's, which asks for 100."""
NOBODY = "No datasets found at CKAN"
CONFIGS = {
    "all": {},
    "organization": {"organizations_filter_include": ["kotsu"]},
    "group": {"groups_filter_include": ["economy"]},
    "unknown": {"organizations_filter_include": ["nobody"]},
    "organizations": {"organizations_filter_include": ["kotsu", "shijo"]},
    "not": {"organizations_filter_exclude": ["kotsu"]},
    "not group": {"groups_filter_exclude": ["economy"]},
    "both": {"organizations_filter_include": ["kotsu"], "groups_filter_include": ["economy"]},
}
TIMES = {
    "first": None, "again": "2024-06-01T00:00:00", "a little later": "2024-06-11T01:00:00.000001",
    "nothing new": "2030-01-01T00:00:00",
}  # fmt: skip


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """What the harvester gathers from each server, by server, config and time of the job before."""
    python = ROOT / ".venv" / "ckan" / "bin" / "python"
    if not python.exists():
        pytest.skip("CKAN isn't there (make test installs it)")
    home, port = tmp_path_factory.mktemp("harvest"), find_port()
    catalogue = make_many(COUNT, f"http://127.0.0.1:{port}/")
    site, rules = write_site(home / "site", catalogue), write_rules(home / "rules", catalogue)
    with contextlib.ExitStack() as stack:
        hosts = {"entaku": stack.enter_context(serve_site(site))}
        if shutil.which("nginx"):
            hosts["nginx"] = stack.enter_context(run_nginx(site, home / "nginx", port, rules))
        if shutil.which("caddy"):
            hosts["caddy"] = stack.enter_context(run_caddy(site, home / "caddy", find_port(), rules))
        asked = [(host, name, time) for host in hosts for name in CONFIGS for time in TIMES]
        since = {time: {"since": when} if when else {} for time, when in TIMES.items()}
        jobs = [{"url": hosts[host], "config": CONFIGS[name], **since[time]} for host, name, time in asked]
        command = [str(python), str(ROOT / "tests" / "harvesting.py")]
        done = subprocess.run(command, input=json.dumps(jobs), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(asked, json.loads(done.stdout), strict=True))


def pick(gathered, server, name, time):
    if (server, name, time) not in gathered:
        pytest.skip(f"{server} is not installed")
    return gathered[server, name, time]


def tell(shape):
    """A dataset without the address of the server."""
    return re.sub(r"http://127\.0\.0\.1:\d+", "", json.dumps(shape))


def test_serve_chooses_by_name_and_by_time(gathered):
    found = {name: pick(gathered, "entaku", name, "first") for name in CONFIGS}
    assert {name: len(each["found"]) for name, each in found.items()} == {
        "all": 120, "organization": 40, "group": 60, "unknown": 0, "organizations": 80, "not": 80, "not group": 60,
        "both": 20,
    }  # fmt: skip
    assert all(each["errors"] == [] for name, each in found.items() if name != "unknown")
    since = datetime.fromisoformat(TIMES["again"]) - timedelta(hours=1)
    for name, each in found.items():
        again = pick(gathered, "entaku", name, "again")
        wanted = {
            key for key, shape in each["found"].items() if datetime.fromisoformat(shape["metadata_modified"]) >= since
        }
        assert set(again["found"]) == wanted and again["told"] == again["errors"] == []
        assert pick(gathered, "entaku", name, "nothing new") == {"found": {}, "errors": [], "told": []}


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("server", ["nginx", "caddy"])
def test_servers_of_files_give_the_same_datasets(gathered, server, name, time):
    answer, right = (pick(gathered, each, name, time) for each in (server, "entaku"))
    assert {key: tell(shape) for key, shape in answer["found"].items()} == {
        key: tell(shape) for key, shape in right["found"].items()
    }
    assert answer["told"] == [] and len(answer["errors"]) == len(right["errors"])
    assert all(error.startswith(NOBODY) for error in answer["errors"])
