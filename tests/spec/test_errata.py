"""What owners may write as errata, and what is told of each mistake."""

import pytest
from projects import CATALOGUE, LIFTS

from entaku.spec import parse_project

ERRATUM = "- {name: one, match: {id: ^A$}, set: {id: B}, by: 局, why: 理由}"


def find(*errata: str) -> list[tuple[str, str, int | None]]:
    pipeline = LIFTS + "    errata:\n" + "".join(f"      {one}\n" for one in errata)
    files = {
        "catalogue.yaml": CATALOGUE.encode(),
        "pipelines/lifts.yaml": pipeline.encode(),
        "requests.csv": b"id\nlifts\n",
    }
    first = pipeline.count("\n") - len(errata) + 1
    return [(each.code, each.value, (each.place.line or 0) - first) for each in parse_project(files)[2]]


@pytest.mark.parametrize(
    "written",
    [
        ERRATUM,
        ERRATUM.replace("match: {id: ^A$}", "match: {day: ^2026}, was: {id: A}"),
        ERRATUM.replace("set: {id: B}", "empty: id"),
        ERRATUM.replace("set: {id: B}", "left: [id, day], since: '2026-04-01', source: https://office.example.org/x"),
        ERRATUM.replace("match: {id: ^A$}", "match: {id: A, day: B}, any: true, was: {id: A}"),
        ERRATUM.replace("set: {id: B}", 'set: {id: "\\u200b"}'),
    ],
)
def test_nothing_is_found_in_what_is_right(written: str) -> None:
    assert find(written) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"match: {id:": "match: {di:"}, [("unknown-column", "di"), ("erratum-unguarded", "one")]),
        ({"set: {id: B}": "left: dey"}, [("unknown-column", "dey")]),
        ({"set: {id: B}, ": ""}, [("one-of", "one")]),
        ({"by:": "left: id, by:"}, [("one-of", "one")]),
        ({"match: {id: ^A$}": "match: {day: 1}"}, [("wrong-type", "1")]),
        ({"match: {id: ^A$}": "match: {day: ^2026}"}, [("erratum-unguarded", "one")]),
        ({"match: {id: ^A$}": "match: {id: ^A$, day: B}, any: true"}, [("erratum-unguarded", "one")]),
        ({"by:": "since: '2026-02-30', by:"}, [("no-such-day", "2026-02-30")]),
        ({"^A$": "'('"}, [("bad-regex", "(")]),
        ({"why: 理由": 'why: "理\\u202e由"'}, [("yaml-character", "U+202E")]),
        ({", why: 理由": ""}, [("missing-key", "why")]),
    ],
)
def test_each_mistake_is_told(changes: dict[str, str], found: list[tuple[str, str]]) -> None:
    written = ERRATUM
    for old, new in changes.items():
        assert written.count(old) == 1
        written = written.replace(old, new)
    assert sorted(find(written)) == sorted((code, value, 0) for code, value in found)


def test_two_errata_of_a_table_have_two_names() -> None:
    assert find(ERRATUM, ERRATUM) == [("duplicate-name", "one", 1)]
