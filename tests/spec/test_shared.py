"""What several tables share, written once: it means the same as written out, and findings keep their lines."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_spec import GOOD, OFFICE, has_shape, odd, parses, places, put

from entaku.model.messages import say
from entaku.model.nouns import Finding
from entaku.spec.spec import parse_office, parse_pipeline
from entaku.spec.yaml import parse_yaml

OFFICE_OF, _ = parse_office(OFFICE.encode())
HEAD = GOOD.partition("resources:")[0]
CODES = {"codes/kinds.csv": "コード,名称,英語\n01,駅,Station\n\n02,バス停,Stop\n".encode("cp932")}

SHARED = f"""\
{HEAD}fields:
  id: {{title: 番号, constraints: {{required: true}}}}
  weight: {{type: integer, unit: kg}}
  light: {{use: weight, constraints: {{maximum: 10}}}}
  sex: {{constraints: {{enum: sexes}}}}
  kind: {{constraints: {{enum: kinds.csv}}}}
steps:
  start:
    - trim: all
  read:
    - use: start
    - rename: {{番号: id, 重さ: weight}}
    - map_codes: {{column: sex, codes: sexes}}
    - select
codes:
  sexes: {{男: m, 女: f}}
resources:
  - name: one
    title: 一
    source: {{file: data/one.csv}}
    tidy:
      - use: read
      - map_codes: {{column: kind, into: label, codes: kinds.csv, label: 英語}}
    schema:
      primaryKey: id
      fields: [id, weight, sex, kind]
  - name: two
    title: 二
    from: one
    tidy: [{{use: read}}]
    schema:
      fields:
        - id
        - light
        - {{use: sex, title: 性別}}
        - {{name: own, type: date}}
"""

WRITTEN = f"""\
{HEAD}resources:
  - name: one
    title: 一
    source: {{file: data/one.csv}}
    tidy:
      - trim: all
      - rename: {{番号: id, 重さ: weight}}
      - map_codes: {{column: sex, codes: {{男: m, 女: f}}}}
      - select: [id, weight, sex, kind]
      - map_codes: {{column: kind, into: label, codes: {{"01": Station, "02": Stop}}}}
    schema:
      primaryKey: id
      fields:
        - {{name: id, title: 番号, constraints: {{required: true}}}}
        - {{name: weight, type: integer, unit: kg}}
        - {{name: sex, constraints: {{enum: [男, 女]}}}}
        - {{name: kind, constraints: {{enum: ["01", "02"]}}}}
  - name: two
    title: 二
    from: one
    tidy:
      - trim: all
      - rename: {{番号: id, 重さ: weight}}
      - map_codes: {{column: sex, codes: {{男: m, 女: f}}}}
      - select: [id, weight, sex, own]
    schema:
      fields:
        - {{name: id, title: 番号, constraints: {{required: true}}}}
        - {{name: weight, type: integer, unit: kg, constraints: {{maximum: 10}}}}
        - {{name: sex, title: 性別, constraints: {{enum: [男, 女]}}}}
        - {{name: own, type: date}}
"""


DOCUMENT, _ = parse_yaml(SHARED.replace("constraints: {maximum: 10}", "title: 軽い"), "x.yaml")
VALUE = DOCUMENT.value if DOCUMENT else {}
PLACES = [path for path in places(VALUE) if path]


@settings(max_examples=400)
@given(st.sampled_from(PLACES), odd)
def test_editor_and_parser_agree_on_what_is_shared(path: tuple[str | int, ...], new: object) -> None:
    value = put(VALUE, path, new)
    assert has_shape(value) == parses(value), (path, new)


def parse(text: str, codes: Mapping[str, bytes] = CODES) -> tuple[str, list[Finding]]:
    spec, findings = parse_pipeline(text.encode(), "pipelines/lifts.yaml", OFFICE_OF, ["lifts"], codes)
    assert all(say(finding, "ja") and say(finding, "en") for finding in findings)
    return spec.canonical if spec else "", list(findings)


def find(text: str, codes: Mapping[str, bytes] = CODES) -> list[tuple[str, int | None, str]]:
    return [(one.code, one.place.line or one.place.row, one.value) for one in parse(text, codes)[1]]


def line_of(part: str, text: str) -> int:
    assert text.count(part) == 1, part
    return text[: text.index(part)].count("\n") + 1


def test_what_is_shared_is_as_if_it_were_written_out() -> None:
    made, findings = parse(SHARED)
    assert findings == [] and made == parse(WRITTEN)[0] != ""
    assert not {"fields", "steps", "codes"} & set(json.loads(made))


@pytest.mark.parametrize(
    ("old", "new", "code", "value"),
    [
        ("fields: [id, weight, sex, kind]", "fields: [id, wait, sex, kind]", "unknown-name", "wait"),
        ("        - light\n", "        - lihgt\n", "unknown-name", "lihgt"),
        ("- {use: sex, title: 性別}", "- {use: seks, title: 性別}", "unknown-name", "seks"),
        ("- {use: sex, title: 性別}", "- {use: sex, titel: 性別}", "unknown-key", "titel"),
        ("      - use: read\n", "      - use: raed\n", "unknown-name", "raed"),
        ("    - use: start\n", "    - use: read # itself\n", "unknown-name", "read"),
        ("column: sex, codes: sexes", "column: sex, codes: sex", "unknown-name", "sex"),
        ("sex: {constraints: {enum: sexes}}", "sex: {constraints: {enum: seks}}", "unknown-name", "seks"),
        ("weight: {type: integer, unit: kg}", "weight: {type: integr, unit: kg}", "not-allowed", "integr"),
        ("id: {title: 番号, con", "id: {titl: 番号, con", "unknown-key", "titl"),
        ("constraints: {maximum: 10}", "constraints: {maximum: ten}", "bad-pattern", "ten"),
        ("    - trim: all", "    - trimm: all", "unknown-step", "trimm"),
        ("codes: kinds.csv, label: 英語", "codes: kind.csv", "no-file", "codes/kind.csv"),
        ("codes: kinds.csv, label: 英語", "codes: kinds.csv, label: 英名", "code-label", "英名"),
        ("codes: kinds.csv, label: 英語", "codes: sexes, label: 英語", "label-without-file", "英語"),
        ("tidy: [{use: read}]", "tidy: [{use: [read]}]", "wrong-type", '{"use": ["read"]}'),
    ],
)
def test_a_mistake_is_told_once_where_it_is_written(old: str, new: str, code: str, value: str) -> None:
    text = SHARED.replace(old, new, 1)
    assert find(text) == [(code, line_of(new.splitlines()[0], text), value)]


@pytest.mark.parametrize("section", ["fields: x", "steps: [1]", "codes: 3"])
def test_a_section_of_another_shape_is_told_and_nothing_that_follows_from_it(section: str) -> None:
    text = f"{GOOD}{section}\n"
    assert find(text) == [("wrong-type", text.count("\n"), section.partition(" ")[2].replace(" ", ""))]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("コード,名称\n,駅\n", ("code-empty", 2, "駅")),
        ("コード,名称\n01,駅\n\n01,港\n", ("code-twice", 4, "01")),
        ("コード,名称\n", ("bad-codes", None, "codes/kinds.csv")),
        ("コード,名称\n" + "".join(f"{n},x\n" for n in range(20_001)), ("bad-codes", None, "codes/kinds.csv")),
        ("コード,名称\n01,\0\n", ("bad-codes", None, "codes/kinds.csv")),
    ],
)
def test_a_code_list_with_faults_is_told_at_its_own_rows(body: str, found: tuple[str, int | None, str]) -> None:
    text = SHARED.replace(", label: 英語", "")
    assert find(text, {"codes/kinds.csv": body.encode()}) == [found]


def test_codes_without_labels_stand_for_themselves_and_twins_with_one_label_are_one() -> None:
    made, findings = parse(SHARED.replace(", label: 英語", ""), {"codes/kinds.csv": b"code\n01\n02\n01\n"})
    assert findings == []
    codes = json.loads(made)["resources"][0]["tidy"][-1]["map_codes"]["codes"]
    assert codes == {"01": "01", "02": "02"}
