"""A model asks the catalogue through an MCP server of others, made for CKAN's API: ckan-mcp-server from PyPI."""

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ckan_sites import find_port, make_many, run_caddy, run_nginx, write_rules, write_site
from projects import ROOT

PYTHON = ROOT / ".venv" / "ckan-mcp" / "bin" / "python"
COUNT = 25
NAME = "population-007"
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("package_list", {}), ("package_list", {"limit": 10}), ("package_list", {"limit": 10, "offset": 10}),
    ("package_show", {"id": NAME}), ("package_show", {"id": "nobody"}), ("package_search", {}),
    ("package_search", {"rows": 20}), ("package_search", {"rows": 10, "start": 20}),
    ("package_search", {"fq": "organization:shijo"}), ("package_search", {"fq": "groups:economy", "rows": 5}),
    ("package_search", {"sort": "metadata_modified desc"}), ("package_search", {"q": "人口 公共施設"}),
    ("organization_list", {}), ("organization_list", {"all_fields": True}), ("organization_show", {"id": "shijo"}),
    ("organization_show", {"id": "shijo", "include_datasets": True}), ("group_list", {}),
    ("group_list", {"all_fields": True}), ("tag_list", {}), ("site_read", {}), ("status_show", {}),
)  # fmt: skip


async def ask(url: str) -> list[str]:
    """What the server answers to each of the calls, and to one for the first resource of a dataset."""
    from mcp import ClientSession, StdioServerParameters, stdio_client  # not while tests are collected: it is large

    server = StdioServerParameters(command=str(PYTHON), args=["-m", "mcp_ckan_server"], env={"CKAN_URL": url})
    async with stdio_client(server, errlog=sys.__stderr__) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        calls, told = list(CALLS), []
        for name, arguments in calls:
            answer = await session.call_tool(f"ckan_{name}", arguments)
            told.append(answer.content[0].text)
            if (name, arguments) == ("package_show", {"id": NAME}):
                calls.append(("resource_show", {"id": json.loads(told[-1])["resources"][0]["id"]}))
        return told


@pytest.mark.parametrize("run", [run_nginx, run_caddy])
def test_all_but_a_search_for_words_is_answered(run, tmp_path: Path) -> None:
    if not PYTHON.exists():
        pytest.skip("ckan-mcp-server isn't there (make tools installs it)")
    catalogue = make_many(COUNT, "https://data.example.org/")
    site, rules = write_site(tmp_path / "site", catalogue), write_rules(tmp_path / "rules", catalogue)
    with run(site, tmp_path / "server", find_port(), rules) as url, ThreadPoolExecutor(1) as pool:
        told = pool.submit(asyncio.run, ask(url)).result()  # a browser's loop may run in this thread
    refused = [(n, text) for n, text in enumerate(told) if text.startswith("Error")]
    assert [n for n, _ in refused] == [4, 11]
    assert "Not found" in refused[0][1] and "can not search" in refused[1][1]
    answers = [json.loads(text) for n, text in enumerate(told) if n not in (4, 11)]
    names = sorted(catalogue.by_name)
    assert answers[0] == names and answers[1] == names[:10] and answers[2] == names[10:20]
    assert answers[3]["name"] == NAME and answers[-1]["package_id"] == answers[3]["id"]
    counts = [answer["count"] for answer in answers[4:10]]
    assert counts == [COUNT, COUNT, COUNT, 8, 12, COUNT]
    assert [len(answer["results"]) for answer in answers[4:8]] == [10, 20, 5, 8]
