"""The walls of the house: imports go strictly downward, rooms on one floor don't know each other."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "entaku"

FLOORS = [
    ["model", "formats"],
    ["fetch", "audit"],
    ["store", "table", "check"],
    ["catalogue"],
    ["release"],
    ["spec", "site"],
    ["work"],
]
"""The rooms from the ground up; the last floor has the commands."""

THIRD_PARTY = {
    "requests": {"fetch"},
    "jinja2": {"site"},
    "yaml": {"spec", "model"},
    "python_calamine": {"table", "audit"},
    "pydantic": {"model", "spec", "table"},
    "frictionless": {"check", "work"},
    "charset_normalizer": {"formats"},
}
DISK_AND_NETWORK = {"fetch", "store", "work"}
"""Rooms that may import pathlib's Path or open anything; of these only fetch and store do so on a publish."""


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else "work"


def floor_of(room: str) -> int:
    return next(n for n, floor in enumerate(FLOORS) if room in floor)


def list_modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path.name}: relative import"
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downward(path: Path) -> None:
    mine = room_of(path)
    for name in imported(path):
        if not name.startswith("entaku.") or name == "entaku":
            continue
        other = name.split(".")[1]
        assert other == mine or floor_of(other) < floor_of(mine), f"{mine} may not import {other}"


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_library_has_its_room(path: Path) -> None:
    mine = room_of(path)
    for name in imported(path):
        top = name.split(".")[0]
        assert mine in THIRD_PARTY.get(top, {mine}), f"{mine} may not import {top}"


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms_fit_a_page_or_two(path: Path) -> None:
    lines = path.read_text("utf-8").count("\n")
    assert lines <= (900 if path.stem == "codes" else 460), f"{path.name} has {lines} lines: split it by theme"


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_pure_rooms_touch_neither_disk_nor_network_nor_clock(path: Path) -> None:
    mine = room_of(path)
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
