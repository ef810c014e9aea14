"""The walls of the house: imports go strictly downward, rooms on one floor don't know each other."""

import ast
from collections.abc import Callable
from functools import cache
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
    ["draft"],
    ["work"],
]
"""The rooms from the ground up; the last floor has the commands."""

SHELVES = {"model", "formats", "work"}
"""Rooms without a front door: each file of a shelf is a door of its own; nobody imports the top floor."""

MOST_NAMES = 7
MOST_LINES = 400
MOST_PARAMETERS = 5
MOST_DEFERRED = 12
MOST_MODULES = 456

THIRD_PARTY = {
    "requests": {"fetch"},
    "jinja2": {"site"},
    "yaml": {"spec", "model", "audit"},
    "python_calamine": {"table", "audit"},
    "pydantic": {"model", "spec", "table"},
    "frictionless": {"check", "work"},
    "charset_normalizer": {"formats"},
    "minisign": {"work"},
    "obstore": {"store"},
    "duckdb": {"work"},
    "PIL": {"site"},
}
DISK_AND_NETWORK = {"fetch", "store", "work"}
"""Rooms that may import pathlib's Path or open anything; of these only fetch and store do so on a publish."""
OWN_WORDS = {"model/messages.py", "model/standards.py", "audit/rulebook.py", "draft/names.py", "check/named.py"}
"""Modules that read the program's own words from a file beside them."""


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else "work"


def floor_of(room: str) -> int:
    return next(n for n, floor in enumerate(FLOORS) if room in floor)


@cache
def walk(path: Path) -> list[ast.AST]:
    """Every node of a module."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def list_modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE and path != LATE)


LATE = PACKAGE / "formats" / "heavy.py"
"""The one file that names libraries for others, which are loaded when they are first used."""


@cache
def imported(path: Path) -> set[str]:
    found = set()
    for node in walk(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path.name}: relative import"
            found.add(node.module)
            if node.module == "entaku.formats.heavy":
                found |= {alias.name for alias in node.names}
    return found


def in_every_module(rule: Callable[[Path], None]) -> Callable[[], None]:
    """Make one test of a rule for modules, which names all that break it: a test for each would take 10 s."""

    def test() -> None:
        broken = []
        for path in list_modules():
            try:
                rule(path)
            except AssertionError as error:
                broken.append(f"{path.relative_to(PACKAGE)}: {error}")
        assert not broken, "\n".join(broken)

    return test


@in_every_module
def test_imports_go_downward(path: Path) -> None:
    mine = room_of(path)
    for name in imported(path):
        if not name.startswith("entaku.") or name == "entaku":
            continue
        other = name.split(".")[1]
        assert other == mine or floor_of(other) < floor_of(mine), f"{mine} may not import {other}"


@in_every_module
def test_each_library_has_its_room(path: Path) -> None:
    mine = room_of(path)
    for name in imported(path):
        top = name.split(".")[0]
        assert mine in THIRD_PARTY.get(top, {mine}), f"{mine} may not import {top}"


@pytest.mark.parametrize("room", sorted({room for floor in FLOORS for room in floor} - SHELVES))
def test_a_door_has_few_names_and_says_what_they_are(room: str) -> None:
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8"))
    assert len((ast.get_docstring(tree) or "").split()) > 20, "say what goes in and what comes out"
    assert 1 <= len(list_exported(room)) <= MOST_NAMES


@in_every_module
def test_nobody_imports_past_a_door(path: Path) -> None:
    mine = room_of(path)
    for node in walk(path):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("entaku."):
            continue
        other = str(node.module).split(".")[1]
        if other != mine and other not in SHELVES:
            assert node.module == f"entaku.{other}", f"{node.module} lies behind the door of {other}"
            assert {alias.name for alias in node.names} <= list_exported(other)


@cache
def list_exported(room: str) -> set[str]:
    """The names of a room's front door."""
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8"))
    (names,) = (
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    return set(ast.literal_eval(names))


@in_every_module
def test_files_and_functions_fit_a_page_or_two(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= MOST_LINES, "split it by theme"
    for node in walk(path):
        if isinstance(node, ast.FunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            count = len(given) - (bool(given) and given[0].arg in ("self", "cls"))
            assert count <= MOST_PARAMETERS, f"{node.name}: give a value with a name instead"
            assert (node.end_lineno or 0) - node.lineno < 90, f"{node.name}: more than a screen"


def test_imports_are_at_the_top() -> None:
    deferred = [
        f"{path.relative_to(PACKAGE)}: {node.name}: {ast.unparse(inner)}"
        for path in list_modules()
        for node in walk(path)
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert len(deferred) <= MOST_DEFERRED, "\n".join(deferred)


def test_a_class_name_has_one_meaning() -> None:
    places: dict[str, list[str]] = {}
    for path in list_modules():
        for node in walk(path):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(path.relative_to(PACKAGE)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_the_tree_is_read_at_a_glance() -> None:
    entries = [path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= 15, sorted(entries)
    assert len(list(PACKAGE.rglob("*.py"))) <= MOST_MODULES


@in_every_module
def test_pure_rooms_touch_neither_disk_nor_network_nor_clock(path: Path) -> None:
    mine = room_of(path)
    if mine in DISK_AND_NETWORK or path.relative_to(PACKAGE).as_posix() in OWN_WORDS:
        return
    names = imported(path)
    assert not names & {"socket", "requests", "urllib.request", "tempfile", "shutil", "time", "os"}, mine
    calls = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in walk(path)
        if isinstance(node, ast.Call)
    }
    assert not calls & {"write_bytes", "write_text", "read_bytes", "read_text", "unlink", "mkdir", "now"}, mine
