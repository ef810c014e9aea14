"""`entaku mcp`: asked by the SDK's own client over stdio, and at the door of its tools."""

import importlib.util
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loopback import serve_site
from projects import LIFTS, ROOT, copy_tree, lifts, make_project, put, run

from entaku.model.nouns import Refused
from entaku.model.questions import AggregateQuestion, Condition, Measure, describe_question
from entaku.work import mcp_site, mcp_tables
from entaku.work.cli import main
from entaku.work.mcp_server import TOOLS, ask, open_place
from entaku.work.mcp_site import SiteReader
from entaku.work.mcp_tables import TableFile, aggregate

NO_SDK = importlib.util.find_spec("mcp") is None
needs_sdk = pytest.mark.skipif(NO_SDK, reason="the SDK (mcp) is not installed: make test installs it")

ROWS = [f"A-{n % 7},2026/{5 + n % 2}/{n % 28 + 1}" for n in range(40)]


def run_alone(work: Callable[..., Any], *given: Any) -> None:
    """Run an asynchronous function in a thread of its own: a browser's loop may run in this one."""
    import anyio

    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, work, *given).result()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("mcp")
    project = make_project(home / "p", lifts=LIFTS)
    put(home / "mirror", lifts(*dict.fromkeys(ROWS)), day="2026-06-25")
    assert run(project, home / "mirror").site == "published"
    return project


@pytest.fixture
def site(project: Path) -> Path:
    return project / "build/site"


@pytest.fixture
def library(site: Path, tmp_path: Path) -> Iterator[SiteReader]:
    with open_place(str(site)) as files:
        yield SiteReader(files, tmp_path, "en")


def answer(library: SiteReader, tool: str, **given: Any) -> dict[str, Any]:
    trouble, found = ask(library, tool, given)
    assert not trouble, trouble
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


# ---- the protocol


@needs_sdk
@pytest.mark.parametrize("place", ["folder", "address"])
def test_a_client_of_the_sdk_asks_every_tool(site: Path, place: str) -> None:
    from mcp import Client, StdioServerParameters, stdio_client

    async def talk(where: str) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path))}
        how = StdioServerParameters(
            command=sys.executable, args=["-m", "entaku", "mcp", where, "--lang", "en"], env=environment
        )
        # errlog is by default what sys.stderr was when the SDK was loaded, perhaps no file
        async with Client(stdio_client(how, errlog=sys.__stderr__)) as client:
            tools = (await client.list_tools()).tools
            assert [tool.name for tool in tools] == list(TOOLS)
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
            found = await client.call_tool("search", {"query": "lift"})
            told = json.loads(found.content[0].text)
            assert told == found.structured_content
            (one,) = told["results"]
            assert (one["id"], one["url"]) == ("lifts", "https://data.example.org/datasets/lifts/")
            page = (await client.call_tool("fetch", {"id": "lifts"})).structured_content
            assert (
                page is not None
                and page["text"].startswith("# ")
                and set(page) == {"id", "title", "text", "url", "metadata"}
            )
            for name, given in {
                "describe": {"dataset": "lifts"},
                "profile": {"dataset": "lifts", "table": "schedule"},
                "sample": {"dataset": "lifts", "limit": 2},
                "aggregate": {"dataset": "lifts", "group_by": ["id"]},
            }.items():
                made = await client.call_tool(name, given)
                assert not made.is_error and made.structured_content["citation"]["version"] == "2026.06.25"
            wrong = await client.call_tool("sample", {"dataset": "lift"})
            assert wrong.is_error and 'Did you mean "lifts"?' in wrong.content[0].text

    if place == "folder":
        run_alone(talk, str(site))
    else:
        with serve_site(site) as address:
            run_alone(talk, address)


class Absent:
    """A library that is not there."""

    def __getattr__(self, name: str) -> object:
        raise ModuleNotFoundError(name)


def test_without_the_sdk_it_says_how_to_get_it(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("entaku.work.mcp_server.mcp_types", Absent())
    assert main(["mcp", str(site), "--lang", "en"]) == 1
    out, err = capsys.readouterr()
    assert out == ""  # where the protocol goes
    assert "no-mcp" in err and 'pip install "entaku[mcp]"' in err


@needs_sdk
def test_what_is_no_site_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mcp", str(tmp_path), "--lang", "en"]) == 1
    assert "no-site" in capsys.readouterr().err


def test_each_tool_says_what_it_may_be_asked() -> None:
    for tool in TOOLS.values():
        schema = describe_question(tool.question)
        assert schema["additionalProperties"] is False
        assert all(one["description"] for one in schema["properties"].values())
        assert re.search("[ぁ-ん].*/ [a-z]", tool.words)


def test_the_site_tells_clients_how_to_start_it(site: Path) -> None:
    told = json.loads((site / "mcp.json").read_bytes())
    assert told == {
        "mcpServers": {"data-example-org": {"command": "entaku", "args": ["mcp", "https://data.example.org/"]}}
    }


# ---- answers


def test_rows_have_their_places_and_a_citation(library: SiteReader, project: Path) -> None:
    told = answer(
        library, "sample", dataset="lifts", columns=["id", "day"],
        where=[{"column": "id", "value": "A-3"}, {"column": "day", "op": ">=", "value": "2026-06-01"}],
    )  # fmt: skip
    table = pq.read_table(project / "build/site/datasets/lifts/schedule.parquet").to_pylist()
    right = {n: row for n, row in enumerate(table, 1) if row["id"] == "A-3" and row["day"].isoformat() >= "2026-06-01"}
    assert told["rows_matched"] == len(right) > 1
    assert [one["row"] for one in told["results"]] == list(right)
    assert [one["values"]["day"] for one in told["results"]] == [row["day"].isoformat() for row in right.values()]
    raw = next((project / "datapackages/lifts/raw").glob("*.csv")).read_text("utf-8").splitlines()
    for one in told["results"]:
        assert one["place"]["file"] == "https://office.example.org/lifts.csv"
        assert one["values"]["id"] in raw[one["place"]["row"] - 1]
    cited = told["citation"]
    assert cited["url"] == "https://data.example.org/datasets/lifts/2026.06.25/"
    assert cited["licenses"] == [{"name": "CC-BY-4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}]
    assert cited["url"] in cited["text"] and "2026.06.25" in cited["text"]
    assert told["csv"] == cited["url"] + "schedule.csv"


def test_pages_of_rows_follow_each_other(library: SiteReader) -> None:
    every = answer(library, "sample", dataset="lifts", limit=100)["results"]
    parts = [answer(library, "sample", dataset="lifts", skip=n, limit=7) for n in range(0, len(every), 7)]
    assert [one for part in parts for one in part["results"]] == every
    assert [part["truncated"] for part in parts] == [True] * (len(parts) - 1) + [False]


FIGURES = {
    "day": pa.array(["2024-03-31", "2024-04-01", "2025-04-01", None, "2025-05-01"]).cast(pa.date32()),
    "kind": ["あ", "い", "あ", "い", None],
    "rows": pa.array([1, 2, None, 4, 5], pa.int64()),
    "price": [1.5, 2.5, float("nan"), 4.0, None],
    "open": [True, False, True, None, True],
    "words": ["x" * 600, "b", "a%b", "", "c"],
}


@pytest.fixture
def table(tmp_path: Path) -> TableFile:
    pq.write_table(pa.table(FIGURES), tmp_path / "t.parquet", row_group_size=2)
    return TableFile(tmp_path / "t.parquet")


def ask_table(table: TableFile, **given: Any) -> list[dict[str, Any]]:
    return aggregate(table, AggregateQuestion(dataset="d", **given))["results"]  # type: ignore[no-any-return]


def test_measures_are_those_of_the_rows(table: TableFile) -> None:
    measures = [("count", ""), ("count", "rows"), ("count_distinct", "kind"), ("sum", "rows"), ("mean", "rows"), ("median", "rows"), ("min", "day"), ("max", "day")]  # fmt: skip
    (one,) = ask_table(table, measures=tuple(Measure(function=f, column=c) for f, c in measures))  # type: ignore[arg-type]
    assert one == {
        "count": 5, "count(rows)": 4, "count_distinct(kind)": 2, "sum(rows)": 12, "mean(rows)": 3.0, "median(rows)": 3.0,
        "min(day)": "2024-03-31", "max(day)": "2025-05-01",
    }  # fmt: skip


def test_groups_and_parts_of_dates(table: TableFile) -> None:
    count = (Measure(function="count"),)
    assert ask_table(table, group_by=("day:year",), measures=count) == [
        {"day:year": "2024", "count": 2}, {"day:year": "2025", "count": 2}, {"day:year": None, "count": 1},
    ]  # fmt: skip
    assert [one["day:month"] for one in ask_table(table, group_by=("day:month",))] == ["2024-03", "2024-04", "2025-04", "2025-05", None]  # fmt: skip
    top = ask_table(table, group_by=("kind",), measures=(Measure(function="sum", column="rows"),), order_by="sum(rows)", descending=True, limit=1)  # fmt: skip
    assert top == [{"kind": "い", "sum(rows)": 6}]


@pytest.mark.parametrize(
    ("column", "op", "value", "rows"),
    [
        ("kind", "=", "あ", [1, 3]), ("kind", "!=", "あ", [2, 4]), ("kind", "empty", None, [5]),
        ("kind", "not empty", None, [1, 2, 3, 4]), ("rows", "<", 4, [1, 2]), ("rows", ">=", "4", [4, 5]),
        ("rows", "in", [1, 5], [1, 5]), ("price", ">", 2, [2, 4]), ("price", "<=", "2.5", [1, 2]),
        ("day", ">", "2024-04-01", [3, 5]), ("open", "=", True, [1, 3, 5]), ("open", "=", "false", [2]),
        ("words", "contains", "%", [3]), ("words", "=", "", [4]),
    ],
)  # fmt: skip
def test_conditions(table: TableFile, column: str, op: Any, value: Any, rows: list[int]) -> None:
    found = [
        number
        for numbers, _ in table.scan([column], [Condition(column=column, op=op, value=value)])
        for number in numbers.to_pylist()
    ]
    assert found == rows


def test_values_are_json_and_long_texts_are_cut(table: TableFile) -> None:
    rows = mcp_tables.take_rows(table, mcp_tables.SampleQuestion(dataset="d"))[0]
    assert rows[2]["values"]["price"] == "nan" and rows[3]["values"]["day"] is None
    assert len(rows[0]["values"]["words"]) == mcp_tables.LONGEST + 1
    json.dumps(rows, allow_nan=False)


# ---- refusals


@pytest.mark.parametrize(
    ("tool", "given", "code", "words"),
    [
        ("describe", {"dataset": "../lifts"}, "not-in-site", "available: lifts"),
        ("describe", {"dataset": "lifts/2026.06.25"}, "not-in-site", "available: lifts"),
        ("describe", {}, "question-wrong", '"dataset"'),
        ("describe", {"dataset": "lifts", "url": "http://169.254.169.254/"}, "question-wrong", '"url"'),
        ("profile", {"dataset": "lifts", "table": "plan"}, "not-in-site", "schedule"),
        ("sample", {"dataset": "lifts", "columns": ["dat"]}, "not-in-site", "day"),
        ("sample", {"dataset": "lifts", "limit": 101}, "question-wrong", "100"),
        ("sample", {"dataset": "lifts", "where": [{"column": "day", "op": "=", "value": "soon"}]}, "value-unread", "day"),
        ("sample", {"dataset": "lifts", "where": [{"column": "day", "op": "like", "value": "x"}]}, "question-wrong", "like"),
        ("aggregate", {"dataset": "lifts", "group_by": ["day:week"]}, "not-in-site", "DATE:month"),
        ("aggregate", {"dataset": "lifts", "order_by": "sum(x)"}, "not-in-site", "count"),
        ("aggregate", {"dataset": "lifts", "measures": [{"function": "sum", "column": "day"}]}, "value-unread", "sum(day)"),
        ("aggregate", {"dataset": "lifts", "measures": [{"function": "sum"}]}, "not-in-site", "day"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_answered(library: SiteReader, tool: str, given: Any, code: str, words: str) -> None:
    trouble, found = ask(library, tool, given)
    assert trouble.startswith(code) and words in trouble and not found


def test_too_much_is_refused_with_the_address(library: SiteReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_tables, "MOST_VALUES", 3)
    assert ask(library, "aggregate", {"dataset": "lifts", "group_by": ["day"]})[0].startswith("answer-large")
    for kept in library.desk.iterdir():
        kept.unlink()
    monkeypatch.setattr(mcp_site, "LARGEST", 10)
    trouble, _ = ask(library, "sample", {"dataset": "lifts"})
    assert trouble.startswith("table-large") and "lifts/2026.06.25/schedule.parquet" in trouble


def test_a_changed_file_is_not_read(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "site"
    copy_tree(project / "build/site", copy)
    (tmp_path / "desk").mkdir()
    place = copy / "datasets/lifts/2026.06.25/schedule.parquet"
    place.write_bytes(place.read_bytes()[:-1] + b"!")
    with open_place(str(copy)) as files:
        trouble, _ = ask(SiteReader(files, tmp_path / "desk", "en"), "sample", {"dataset": "lifts"})
    assert trouble.startswith("checksum") and not list((tmp_path / "desk").iterdir())


def test_only_the_host_of_the_command_may_be_at_home(site: Path, answering: Callable[[str], str]) -> None:
    address = answering("http://127.0.0.2:9/SHA256SUMS")
    with pytest.raises(Refused) as refused, open_place(address):
        pass
    assert "127.0.0.2" in str(refused.value.finding)


@pytest.fixture
def answering() -> Iterator[Callable[[str], str]]:
    """Starts a server on loopback that redirects everything to an address, and returns its own."""
    begun = []

    def start(target: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(302)
                self.send_header("Location", target)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        begun.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server in begun:
        server.shutdown()
        server.server_close()


def test_a_site_that_is_published_meanwhile_is_read_anew(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", lifts=LIFTS)
    put(tmp_path / "m1", lifts("A-1,2026/6/1"), day="2026-06-25")
    run(project, tmp_path / "m1")
    (tmp_path / "desk").mkdir()
    with open_place(str(project / "build/site")) as files:
        library = SiteReader(files, tmp_path / "desk", "en")
        assert answer(library, "aggregate", dataset="lifts")["results"] == [{"count": 1}]
        put(tmp_path / "m2", lifts("A-1,2026/6/1", "A-2,2026/6/2"), day="2026-06-26")
        run(project, tmp_path / "m2")
        told = answer(library, "aggregate", dataset="lifts")
        assert told["results"] == [{"count": 2}] and told["citation"]["version"] == "2026.06.26"
        assert answer(library, "search", query="lift")["results"][0]["rows"] == 2


def test_copies_make_room_for_others(library: SiteReader, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(library, "sample", dataset="lifts")
    assert len(list(library.desk.iterdir())) == 2  # the table and its places
    monkeypatch.setattr(mcp_site, "MOST_KEPT", mcp_site.LARGEST)
    library.make_room()
    assert not list(library.desk.iterdir())


def test_search_finds_what_the_page_finds(library: SiteReader) -> None:
    for query in ("lift", "昇降機", "昇降機 点検", "inspection", "日程", "schedule"):
        assert [one["id"] for one in answer(library, "search", query=query)["results"]] == ["lifts"], query
    assert answer(library, "search", query="zzzz")["results"] == []
    japanese = SiteReader(library.site, library.desk, "ja")
    assert japanese.search("点検", 5)[0]["title"] == "昇降機の点検"
    assert replace(Condition(column="a", value=1), op="in").op == "in"
