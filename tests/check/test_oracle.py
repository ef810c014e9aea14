"""A quick share of the oracle's work, and proof that it would see each guard's absence."""

import contextlib
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from oracle import File, Tally, check_case, forced, main, make_candidate, make_case, read_package
from projects import MemoryDesk

from entaku.check import Candidate, Engine, check
from entaku.check import breaches as check_breaches
from entaku.check import finders as check_odd
from entaku.check import foreign as check_foreign
from entaku.check import keys as check_keys
from entaku.check import repeats as check_repeats
from entaku.check import rows as check_rows
from entaku.check import stream as check_stream
from entaku.check import vectors as check_vectors
from entaku.check.field_types import FIELD_TYPES
from entaku.check.outcome import Limits
from entaku.check.values import FRICTIONLESS
from entaku.release.write import TableFiles


def differ(cases: Sequence[Sequence[File]], **options: Any) -> int:
    """How many differences there are; what is printed is shown only if a test fails."""
    tally = Tally(kinds=Counter())
    for number, files in enumerate(cases):
        assert check_case(f"case {number}", files, tally, **options)
    assert tally.errors
    return tally.spots + tally.details


@pytest.mark.parametrize(
    ("paths", "rows", "rate"),
    [
        ([], 120, 0.4),
        (["vectors"], 150, 0.02),
        (["vectors", "hashes", "spill"], 100, 0.2),
        (["collisions"], 80, 0.3),
        (["many-collisions", "spill"], 80, 0.3),
    ],
    ids=["many odd rows", "few odd rows", "hashed and spilled", "colliding", "colliding and spilled"],
)
def test_frictionless_and_ours_agree(paths: list[str], rows: int, rate: float) -> None:
    first = 10_000 + 100 * len(paths) + rows
    with forced(paths) as options:
        assert differ([make_case(seed, rows, rate) for seed in range(first, first + 9)], **options) == 0


def make_written(file: File) -> Candidate:
    candidate = make_candidate(file, 30)
    return replace(candidate, files=TableFiles(candidate.resource, {}, MemoryDesk()))


def test_the_findings_are_the_same_whoever_judges() -> None:
    limits = Limits(rules=FRICTIONLESS, max_errors=None)
    for seed in range(30_000, 30_004):
        files = make_case(seed, 80, 0.4)
        ours, theirs = (
            check([make_written(file) for file in files], engine, None, limits)
            for engine in (cast("Engine", name) for name in ("columns", "frictionless"))
        )
        assert ours.report.findings == theirs.report.findings
        assert (ours.count, ours.rows) == (theirs.count, theirs.rows)
        assert ours.count > 30


def test_they_agree_however_rows_are_cut() -> None:
    assert differ([make_case(seed, 60, 0.3) for seed in range(20_000, 20_005)], size=7) == 0


@pytest.mark.parametrize("paths", [[], ["vectors", "hashes", "spill"]], ids=str)
@pytest.mark.parametrize("kind", ["string", "integer"])
def test_they_agree_on_keys_with_nulls(kind: str, paths: list[str]) -> None:
    cells = ["", "1", "2", "-"]
    rows = [f"{a},{b},{c}" for a in cells for b in cells for c in cells]
    fields = [{"name": "a", "type": kind}, {"name": "b"}, {"name": "c"}]
    cases = []
    for key, other in ((["c", "b"], ["a", "b"]), (["a", "b"], ["b", "c"]), (["b"], ["a"])):
        about = {"fields": fields, "missingValues": ["", "-"]}
        itself = [{"fields": key, "reference": {"resource": "", "fields": other}}]
        parent = [{"fields": key, "reference": {"resource": "parent", "fields": other}}]
        (alone,) = table(rows, **about, primaryKey=key, foreignKeys=itself)
        (there,) = table(rows[::3], **about)
        (whole,) = table(rows, **about, foreignKeys=parent)
        cases += [[alone], [replace(there, name="parent"), whole]]
    with forced(paths) as options:
        assert differ(cases, **options) == 0


# ---- each guard removed -----------------------------------------------------------------------------------------


def table(rows: Sequence[str], **schema: Any) -> list[File]:
    return [File("t", schema, [row.split(",") for row in rows])]


def numbers(kind: str, *odd: str, **constraints: Any) -> list[File]:
    rows = [str(number) for number in range(40, 90)]
    return table([*rows, *odd, *rows[:1]], fields=[{"name": "x", "type": kind, "constraints": constraints}])


UNIQUE = [{"name": "x", "type": "number", "constraints": {"unique": True}}]
KEYED: dict[str, Any] = {"fields": [{"name": "a", "type": "integer"}, {"name": "b"}], "primaryKey": ["a", "b"]}
FOREIGN = {
    "fields": [{"name": "x", "type": "number"}],
    "foreignKeys": [{"fields": ["x"], "reference": {"resource": "", "fields": ["x"]}}],
}

GUARDS: dict[str, tuple[Sequence[str], list[File], Any, str, Any]] = {
    "hex": (["vectors"], numbers("integer", "0x1F", maximum=80), check_odd, "may_be_hex", lambda _: False),
    "NaN": (
        ["vectors"], numbers("number", "NaN", maximum=80),
        check_odd, "find_unbounded", lambda values, odd: odd,
    ),
    "bounds that floats cannot tell": (
        ["vectors"], numbers("number", "0.0999999999999999999999999", minimum="0.1", maximum=80),
        check_odd, "is_strict", lambda name, exact: name.startswith("exclusive"),
    ),
    "a date's shape": (
        ["vectors"], table(["2025-04-01", " 2025-04-01", "2025-04-01"], fields=[{"name": "x", "type": "date"}]),
        check_odd, "FIELD_TYPES", {**FIELD_TYPES, "date": replace(FIELD_TYPES["date"], plain="", arrow="string")},
    ),
    "no year 0": (
        ["vectors"], table(["2025-04-01", "0000-04-01", "2025-04-02"], fields=[{"name": "x", "type": "date"}]),
        check_odd, "FIELD_TYPES",
        {**FIELD_TYPES, "date": replace(FIELD_TYPES["date"], plain="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")},
    ),
    "null is no value": (
        ["vectors"], numbers("string", "", required=True),
        check_odd, "_with_nulls", lambda find, missing: lambda texts: (find(texts)[0], None, None),
    ),
    "blank rows": (
        [], table(["1,2", ",", "x,2"], **KEYED),
        check_stream._Check, "_find_blank", lambda self, looks, length: None,
    ),
    "NaN equals nothing": (
        [], table(["NaN", "1", "NaN", "1.0"], fields=UNIQUE),
        check_keys, "key_value", lambda value: str(value) if value != value else value,
    ),
    "NaN refers to nothing": (
        [], table(["NaN", "1", "x"], **FOREIGN),
        check_foreign, "key_value", lambda value: str(value) if value != value else value,
    ),
    "values compared, not texts": (
        [], table(["1,x", "01,x", "1,y"], **KEYED),
        check_keys.KeyColumn, "_number_texts",
        lambda self, texts: np.array([(hash(text) % 2**64, 0) for text in texts], check_keys._TOLD),
    ),
    "collisions confirmed": (
        ["collisions"], table([f"{n % 31},x" for n in range(70)], **KEYED),
        check_rows, "number_values", lambda columns, key, table, rows: check_vectors.np.zeros(len(rows)),
    ),
    "rows named in spilled keys": (
        ["spill"], table([f"{n % 31},x" for n in range(70)], **KEYED),
        check_repeats, "_divide", lambda kept, parts: [[(kept[0][0], 0)]] * parts,
    ),
    "the order of errors in a row": (
        [], table(["1,x", "y,"], fields=[
            {"name": "a", "type": "integer"}, {"name": "b", "constraints": {"required": True}},
        ], primaryKey=["b", "a"]),
        check_breaches, "_reading_order", lambda plan, faults, events: sorted(faults),
    ),
}  # fmt: skip


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_removed_is_seen(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    paths, files, where, name, instead = GUARDS[guard]
    with forced(paths) as options:
        assert differ([files], **options) == 0
        monkeypatch.setattr(where, name, instead)
        with contextlib.redirect_stdout(io.StringIO()):
            assert breaks(lambda: differ([files], **options))


def breaks(ask: Callable[[], int]) -> bool:
    try:
        return ask() > 0
    except Exception:  # without its guard the engine may well fall over
        return True


# ---- folders ----------------------------------------------------------------------------------------------------


def test_a_folder_of_packages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    resources = [
        {"name": "a", "path": "a.csv", "schema": {"fields": [{"name": "x", "type": "integer", "title@en": "X"}]}},
        {"name": "b", "path": "b.csv", "encoding": "cp932", "dialect": {"delimiter": ";"}, "schema": {
            "fields": [{"name": "y"}, {"name": "z"}],
            "foreignKeys": [{"fields": ["y"], "reference": {"resource": "a", "fields": ["x"]}}],
        }},
        {"name": "c", "path": "c.parquet"},
    ]  # fmt: skip
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "datapackage.json").write_text(json.dumps({"resources": resources}))
    (tmp_path / "p" / "a.csv").write_text("x\n1\nz\n")
    (tmp_path / "p" / "b.csv").write_bytes("y;z\n1;名\n;\n".encode("cp932"))
    assert [file.name for file in read_package(tmp_path / "p" / "datapackage.json")] == ["a", "b"]
    assert main([str(tmp_path)]) == 0
    assert "1 cases, 3 errors" in capsys.readouterr().out
    (tmp_path / "p" / "a.csv").write_text("x,y\n1,2\n")
    with pytest.raises(ValueError, match=r"a\.csv"):
        read_package(tmp_path / "p" / "datapackage.json")


def test_every_rule_of_the_standard_explains_its_differences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "1", "--rows", "40", "--standard"]) == 0
    assert "number-form" in capsys.readouterr().out
