from dataclasses import fields, replace
from typing import Any, get_args

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import HOSTILE

from entaku.check import vectors as check_vectors
from entaku.check.cells import TESTS
from entaku.check.field_types import FIELD_TYPES
from entaku.check.finders import VECTOR_CONSTRAINTS, make_finder, make_refuser, make_shape
from entaku.check.schema import cast_column
from entaku.check.values import FRICTIONLESS, STANDARD, BadSchemaError, make_value_reader
from entaku.check.vectors import ColumnReader
from entaku.model.table_schema import Constraints, FieldType, SchemaField

FIELDS: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "constraints": {"required": True, "minLength": 2, "maxLength": 4}},
    {"type": "string", "constraints": {"enum": ["a", "1"]}},
    {"type": "integer"},
    {"type": "integer", "constraints": {"minimum": 1, "exclusiveMaximum": 100}},
    {"type": "integer", "bareNumber": False},
    {"type": "number"},
    {"type": "number", "constraints": {"minimum": "0.1", "maximum": 100}},
    {"type": "number", "constraints": {"exclusiveMinimum": 0.1, "exclusiveMaximum": 100}},
    {"type": "date", "constraints": {"minimum": "2025-04-01", "exclusiveMaximum": "9999-12-31"}},
    {"type": "date"},
    {"type": "datetime"},
    {"type": "datetime", "constraints": {"exclusiveMinimum": "2025-04-01T10:00:00"}},
    {"type": "boolean"},
]


def see(column: ColumnReader, texts: list[str | None]) -> list[tuple[bool, tuple[Any, ...]]]:
    ids = column.look(pa.array(texts, pa.string())).ids
    found = [0] * len(texts) if ids is None else ids.tolist()
    return [(column.states[id_].null, column.states[id_].faults) for id_ in found]


def read(column: ColumnReader, texts: list[str | None]) -> list[tuple[bool, tuple[Any, ...]]]:
    return [(reading.null, reading.faults) for reading in map(column.read, texts)]


@pytest.fixture(params=["looked up", "told apart", "as vectors"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the ways a column can go."""
    if request.param != "looked up":
        monkeypatch.setattr(check_vectors, "FEW", 0)
    if request.param == "as vectors":
        monkeypatch.setattr(check_vectors, "SAMPLE", 1)
        monkeypatch.setattr(check_vectors, "MANY", 1 << 30)
    return str(request.param)


@pytest.mark.parametrize("rules", [FRICTIONLESS, STANDARD], ids=["frictionless", "standard"])
@pytest.mark.parametrize("missing", [[""], ["-", ""], []], ids=str)
@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_a_column_is_seen_as_its_cells_are_read(
    way: str, field: dict[str, Any], missing: list[str], rules: frozenset[str]
) -> None:
    column = ColumnReader({"name": "x", **field}, {"missingValues": missing}, rules)
    texts = [None, *HOSTILE]
    assert see(column, texts) == read(column, texts)
    assert see(column, texts[::-1]) == read(column, texts[::-1])
    for text in texts:  # alone, so that nothing else makes its column look odd
        assert see(column, ["1", text, "2"]) == read(column, ["1", text, "2"])


@settings(max_examples=60)
@given(
    st.sampled_from(FIELDS),
    st.lists(st.text(alphabet="0123456789+-. eExX_１,nNaAiIfFT:" + "\n", max_size=12), max_size=30),
)
def test_any_texts_are_seen_as_they_are_read(field: dict[str, Any], texts: list[str | None]) -> None:
    column = ColumnReader({"name": "x", **field}, {}, FRICTIONLESS)
    column._many = True
    assert see(column, texts) == read(column, texts)
    assert see(ColumnReader({"name": "x", **field}, {}, FRICTIONLESS), texts) == read(column, texts)


@pytest.mark.parametrize("kind", sorted(VECTOR_CONSTRAINTS))
def test_a_constraint_that_vectors_do_not_know_is_read_text_by_text(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known, field = FIELD_TYPES[kind], {"name": "x", "type": kind}
    assert make_finder(field, [""], STANDARD) is not None
    assert make_finder({**field, "property": "new"}, [""], STANDARD) is None
    for name in set(known.constraints) - VECTOR_CONSTRAINTS[kind]:
        assert make_finder({**field, "constraints": {name: ["x"]}}, [""], STANDARD) is None
    monkeypatch.setitem(FIELD_TYPES, kind, replace(known, constraints=(*known.constraints, "endsWith")))  # type: ignore[call-overload]
    monkeypatch.setitem(TESTS, "endsWith", lambda asked: lambda value: str(value).endswith(asked.wanted))  # type: ignore[call-overload]
    monkeypatch.setattr(check_vectors, "SAMPLE", 1)
    column = ColumnReader({**field, "constraints": {"endsWith": "7"}}, {})
    starts = {"date": "2025-01-", "datetime": "2025-01-01 00:00:"}
    texts: list[str | None] = [f"{starts.get(kind, '')}{n}".replace(" ", "T") for n in range(10, 29)]
    found = column.look(pa.array(texts, pa.string())).ids
    assert found is not None
    wrong = [bool(column.states[id_].faults) for id_ in found.tolist()]
    assert wrong == [not str(text).endswith("7") for text in texts]


PIECES = [
    "a", "b", "が", " ", "\n", ".", "^", "$", "|", "(", "(?:", ")", "*", "+", "?", "*?", "{2}", "{1,2}", "{,2}", "{0,}", "[ab]", "[^a]",
    "[a-z]", "[^0-9]", "[が-ん]", r"\d", r"\w", r"\s", r"[\d-]", r"[^\d]", r"\D", r"\S", r"\b", r"\-", r"\.", r"\1", "(?i)", "(?=a)", "[[:alpha:]]",
    r"\p{L}", "++", "0",
]  # fmt: skip


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.lists(st.text(alphabet="abz09が٣_- \n.A", max_size=4), min_size=1, max_size=12),
    st.sampled_from([FRICTIONLESS, STANDARD]),
)
@pytest.mark.filterwarnings("ignore:Possible:FutureWarning")
def test_a_pattern_passes_nothing_that_the_exact_reader_does_not(
    pattern: str, texts: list[str], rules: frozenset[str]
) -> None:
    try:
        column = ColumnReader({"name": "x", "constraints": {"pattern": pattern}}, {"missingValues": []}, rules)
    except BadSchemaError:
        return
    column._many = True
    assert see(column, [*texts]) == read(column, [*texts])


def test_patterns_that_vectors_know() -> None:
    known = [
        r"[AISE]-\d{2}_\d{2}",
        "a|b",
        "品目\\d+",
        "^a.*$",
        "[^0-9]+",
        "[a-z0-9-]*[a-z]",
        "(?:a|b){2}",
        r"[\w.-]+@[\w.-]+",
    ]
    assert all(map(make_shape, known))
    others = [
        "(?i)a",
        "a{,3}",
        r"\bA",
        "(?=x)",
        "[[:alpha:]]",
        r"[^\d]",
        r"\D",
        r"\S+",
        r"(a)\1",
        "a{1,2000}",
        r"\x41",
        "a++",
    ]
    assert not any(map(make_shape, others))


def test_every_type_has_its_row_and_every_constraint_its_test() -> None:
    assert set(FIELD_TYPES) == set(get_args(FieldType))
    named = {name for kind in FIELD_TYPES.values() for name in kind.constraints}
    assert named == set(TESTS)
    assert {field.name for field in fields(Constraints)} <= named | {"unique"}


VECTORS = [field for field in FIELDS if field["type"] in ("integer", "number", "date", "datetime", "string")]


@settings(max_examples=100)
@given(
    st.sampled_from(VECTORS),
    st.lists(
        st.sampled_from([None, "", "-", "0", "007", "1.50", "-3", "99", "2025-04-01", "2025-04-01T10:00:00", *HOSTILE])
        | st.decimals(allow_nan=False, places=3).map(str),
        max_size=4,
    ),
)
def test_values_that_are_told_are_those_that_are_published(field: dict[str, Any], texts: list[str | None]) -> None:
    column = ColumnReader({"name": "x", **field}, {"missingValues": ["", "-"]}, STANDARD)
    column._many = True
    batch = pa.array(texts, pa.string())
    look = column.look(batch)
    told = look.values
    if told is not None and look.whole:
        published = SchemaField(name="x", type=field["type"])
        plain = cast_column([text or "" for text in texts], published, ("", "-"))
        assert repr(told.cast(plain.type).to_pylist()) == repr(plain.to_pylist())


def test_plain_columns_tell_their_values() -> None:
    for kind, texts in (("integer", ["1", "", "20"]), ("number", ["0.5", "-", "2"]), ("date", ["2025-04-01", ""])):
        column = ColumnReader({"name": "x", "type": kind}, {"missingValues": ["", "-"]})
        column._many = True
        assert column.look(pa.array(texts)).whole
        assert not column.look(pa.array([*texts, "x"])).whole
        assert column.look(pa.array(texts)).whole


def test_a_slice_is_seen_as_itself() -> None:
    texts: list[str | None] = ["0x1F", "1", "", "7", "2025"]
    column = ColumnReader({"name": "x", "type": "integer"}, {}, FRICTIONLESS)
    column._many = True
    whole = pa.array([str(n) for n in range(50)] + texts, pa.string())
    assert column.look(whole.slice(51, 2)).ids.tolist() == [0, 1]
    assert column.look(whole.slice(10, 30)).ids is None


def test_a_column_of_few_texts_reads_each_once() -> None:
    column = ColumnReader({"name": "x", "type": "date"}, {})
    seen = []
    exact = column.read
    column.read = replace(exact, read=lambda text: seen.append(text) or exact.read(text))  # type: ignore[func-returns-value]
    for _ in range(3):
        assert column.look(pa.array(["2025-04-01", "2025-02-30", "2025-04-01"] * 10)).ids is not None
    assert sorted(map(str, seen)) == ["2025-02-30", "2025-04-01"]


@pytest.mark.parametrize("kind", ["integer", "number", "date", "datetime"])
def test_texts_refused_by_their_form_have_no_value(kind: str) -> None:
    """They are read as one; whatever else has no value is read alone."""
    refuse, read = make_refuser({"name": "x", "type": kind}, STANDARD), make_value_reader({"type": kind}, STANDARD)
    assert refuse is not None and make_refuser({"name": "x", "type": kind}, FRICTIONLESS) is None
    refused = refuse(pa.array(HOSTILE, pa.string()))
    assert refused is not None and 50 < refused.true_count < len(HOSTILE)
    assert [
        text for text, gone in zip(HOSTILE, refused.to_pylist(), strict=True) if gone and read(text) is not None
    ] == []
    assert (
        refuse(pa.array(["0001-01-01" if kind == "date" else "0001-01-01T00:00:00" if kind == "datetime" else "1"]))
        is None
    )


def test_of_many_refused_texts_one_is_read() -> None:
    column, seen = ColumnReader({"name": "x", "type": "integer"}, {}), list[str]()
    column._many, exact = True, column.read
    column.read = replace(exact, read=lambda text: seen.append(text) or exact.read(text))  # type: ignore[func-returns-value]
    found = column.look(pa.array(["1", "約2", "約3", "", "約4", "１"])).ids
    assert found is not None and [bool(column.states[id_].faults) for id_ in found] == [
        False,
        True,
        True,
        False,
        True,
        True,
    ]
    assert seen == ["約2"]


def test_remembered_texts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_vectors, "FEW", 0)
    column = ColumnReader({"name": "x", "constraints": {"pattern": "[a-z]?\\d+"}}, {}, known=50)
    for start in range(0, 500, 25):
        texts: list[str | None] = [f"{'a' if n % 2 else '!'}{n}" for n in range(start, start + 25)]
        assert see(column, texts) == read(column, texts)
    assert len(column._known) <= 50
