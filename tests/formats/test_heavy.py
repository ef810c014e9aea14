"""Regular expressions that are compiled when they are first used."""

import pickle
import pkgutil
import re
import subprocess
import sys
from importlib import import_module

import pytest

import entaku
from entaku.formats import heavy

LATE = type(heavy.late_compile("."))


def test_every_late_expression_compiles() -> None:
    modules = [
        import_module(found.name)
        for found in pkgutil.walk_packages(entaku.__path__, "entaku.")
        if "__" not in found.name
    ]
    late = {id(value): value for module in modules for value in vars(module).values() if isinstance(value, LATE)}
    assert len(late) > 80
    for expression in late.values():
        assert re.compile(
            expression.pattern, expression.flags & ~re.UNICODE if isinstance(expression.pattern, str) else 0
        )


def test_a_late_expression_is_like_one_of_re() -> None:
    late, now = heavy.late_compile("(?P<n>[0-9]+)x", re.IGNORECASE), re.compile("(?P<n>[0-9]+)x", re.IGNORECASE)
    text = "12X and 7x"
    assert late.findall(text) == now.findall(text) == ["12", "7"]
    assert late.sub("-", text) == now.sub("-", text)
    assert [match["n"] for match in late.finditer(text)] == ["12", "7"]
    assert (late.pattern, late.flags, late.groups) == (now.pattern, now.flags, now.groups)
    assert late.fullmatch("7") is None
    assert pickle.loads(pickle.dumps(late)).fullmatch("7X")


def test_a_module_behind_a_door_is_imported_when_it_is_used_and_has_its_names_in_one_place() -> None:
    program = (
        "import sys; from entaku.audit import rulebook; seen = 'entaku.audit.rulebook' in sys.modules;"
        "rules = rulebook.RULES; late = rulebook; late.MARK = 1;"
        "import entaku.audit.rulebook as real; print(seen, rules is real.RULES, vars(late) is vars(real), real.MARK);"
        "del late.MARK; print(hasattr(real, 'MARK'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True", "1", "False"]


@pytest.mark.parametrize("room", ["audit", "catalogue", "check", "release", "spec", "store", "table"])
def test_every_late_module_of_a_door_is_there(room: str) -> None:
    door = import_module(f"entaku.{room}")
    for name in door.__all__:
        assert getattr(door, name).__name__  # a late module's own name
        if isinstance(getattr(door, name), heavy.LateRoom):
            assert import_module(getattr(door, name).__name__).__name__ == f"entaku.{room}.{name}"


def test_a_command_starts_without_the_rooms_of_others() -> None:
    program = (
        "import sys; from entaku.work.cli import main\n"
        "try: main(['check', '--help'])\n"
        "except SystemExit: pass\n"
        "print(*(name for name in sys.modules if name.startswith('entaku.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "entaku.work.cli" in loaded
    assert not [name for name in loaded if name.split(".")[1] in ("site", "release", "table", "spec", "check", "fetch")]
    assert "--rules-json" in done.stdout
