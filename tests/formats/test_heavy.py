"""Regular expressions that are compiled when they are first used."""

import pickle
import pkgutil
import re
from importlib import import_module

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
