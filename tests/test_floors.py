"""The walls of the house: imports go strictly downward, rooms on one floor don't know each other."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "entaku"

FLOORS = [
    ["grammar", "limits"],
    ["model", "codes", "arrays", "values"],
    [
        "messages",
        "text",
        "unpack",
        "yamlfile",
        "schema",
        "facets",
        "search",
        "batches",
        "profiles",
        "ckan",
        "rulebook",
    ],
    ["dates", "stats", "charts"],
    [
        "source",
        "ledger",
        "read",
        "leaks",
        "rules",
        "tidy",
        "check",
        "release",
        "catalogue",
        "site",
        "feeds",
        "gate",
        "diff",
    ],
    ["spec", "fetch", "store", "table"],
    ["gather", "build", "reference", "draft"],
    ["run"],
    ["publish", "verify", "serve"],
    ["speak"],
    ["cli"],
    ["__main__"],
]
"""A room split by theme (`read_excel`, `site_views`) is one room."""

THIRD_PARTY = {
    "requests": {"fetch"},
    "jinja2": {"site"},
    "yaml": {"yamlfile"},
    "python_calamine": {"read", "rules"},
    "pydantic": {"grammar", "spec", "tidy"},
    "frictionless": {"values", "schema", "check", "verify"},
}
DISK_AND_NETWORK = {
    "fetch", "store", "serve", "verify", "cli", "reference", "publish", "run", "gather", "speak",
}  # fmt: skip
"""Rooms that may import pathlib's Path or open anything; of these only fetch and store do so on a publish."""


def room_of(module: str) -> str:
    rooms = {room for floor in FLOORS for room in floor}
    name = module.split(".")[0]
    if name in rooms:
        return name
    head = name.split("_")[0]
    assert head in rooms, f"entaku/{module}.py has no floor: give it one in tests/test_floors.py"
    return head


def floor_of(room: str) -> int:
    return next(n for n, floor in enumerate(FLOORS) if room in floor)


def list_modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path.name}: relative import"
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: path.stem)
def test_imports_go_downward(path: Path) -> None:
    mine = room_of(path.stem if path.parent == PACKAGE else path.parent.name)
    for name in imported(path):
        if not name.startswith("entaku.") or name == "entaku":
            continue
        other = room_of(name.removeprefix("entaku."))
        assert other == mine or floor_of(other) < floor_of(mine), f"{mine} may not import {other}"


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: path.stem)
def test_each_library_has_its_room(path: Path) -> None:
    mine = room_of(path.stem if path.parent == PACKAGE else path.parent.name)
    for name in imported(path):
        top = name.split(".")[0]
        assert mine in THIRD_PARTY.get(top, {mine}), f"{mine} may not import {top}"


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: path.stem)
def test_rooms_fit_a_page_or_two(path: Path) -> None:
    lines = path.read_text("utf-8").count("\n")
    assert lines <= (900 if path.stem == "codes" else 460), f"{path.name} has {lines} lines: split it by theme"


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: path.stem)
def test_pure_rooms_touch_neither_disk_nor_network_nor_clock(path: Path) -> None:
    mine = room_of(path.stem if path.parent == PACKAGE else path.parent.name)
    if mine in DISK_AND_NETWORK:
        return
    text = path.read_text("utf-8")
    names = imported(path)
    assert not names & {"socket", "requests", "urllib.request", "tempfile", "shutil", "time", "os"}, mine
    calls = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
    }
    assert not calls & {"write_bytes", "write_text", "read_bytes", "read_text", "unlink", "mkdir", "now"}, mine
