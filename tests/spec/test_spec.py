import dataclasses
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entaku.model.grammar import Pipeline
from entaku.model.messages import say
from entaku.model.nouns import Finding
from entaku.spec.spec import make_json_schemas, parse_office, parse_pipeline, parse_project
from entaku.spec.yaml import parse_yaml

ROOT = Path(__file__).parents[2]

OFFICE = """\
title: {ja: 見本, en: Sample}
description: 見本の目録
base_url: https://data.example.org/
publishers: {tokyo-kotsu: {title: 交通局}}
licenses: {CC-BY-4.0: {title: CC BY 4.0, url: "https://creativecommons.org/licenses/by/4.0/"}}
themes: {transport: {title: 交通}}
"""

GOOD = """\
name: lifts
title: {ja: 昇降機, en: Lifts}
description: 説明
publisher: tokyo-kotsu
license: CC-BY-4.0
themes: [transport]
frequency: monthly
requests: [lifts]
resources:
  - name: schedule
    title: 日程
    source:
      url: https://www.example.org/{year}/lifts.csv
      for: {year: [2025, 2026]}
    tidy:
      - rename: {番号: id}
      - trim: all
    schema:
      primaryKey: id
      fields:
        - {name: id, constraints: {required: true}}
        - {name: weight, type: integer, unit: kg}
    expect: {rows: {min: 1}}
"""

# Ten mistakes, each on the line that its comment counts.
TEN = """\
name: lift
title: {ja: 昇降機, en: Lifts}
description: 説明
publisher: tokyo-kotu
license: CC-BY-4.0
themes: [transprot]
frequency: montly
keyword: [駅]
resources:
  - name: schedule
    title: 日程
    source:
      url: https://www.example.org/{yaer}/lifts.csv
      for: {year: [2025]}
    tidy:
      - renam: {番号: id}
      - trim: all
    schema:
      primaryKey: [ident]
      fields:
        - {name: id, constraints: {required: no}}
        - {name: weight, type: integr}
"""


def parse(text: str, name: str = "lifts") -> list[tuple[int | None, str, str]]:
    office, found = parse_office(OFFICE.encode())
    assert not found
    _, findings = parse_pipeline(text.encode(), f"pipelines/{name}.yaml", office)
    return [(f.place.line, f.code, f.value) for f in findings]


def test_a_faultless_pipeline() -> None:
    office, _ = parse_office(OFFICE.encode())
    spec, findings = parse_pipeline(GOOD.encode(), "pipelines/lifts.yaml", office)
    assert findings == ()
    assert spec is not None
    resource = spec.pipeline.resources[0]
    assert resource.source is not None
    assert resource.source.for_ == {"year": (2025, 2026)}
    assert [(step.name, step.line) for step in resource.tidy] == [("rename", 16), ("trim", 17)]
    assert resource.schema.primaryKey == ("id",)


def test_comments_and_layout_do_not_count() -> None:
    one, _ = parse_pipeline(GOOD.encode(), "pipelines/lifts.yaml", None)
    other, _ = parse_pipeline(
        b"# a comment\n" + GOOD.replace("{ja: 昇降機, en: Lifts}", "\n  ja: 昇降機\n  en: Lifts").encode(),
        "pipelines/lifts.yaml",
        None,
    )
    assert one is not None
    assert other is not None
    assert one.digest == other.digest


def test_ten_mistakes_in_one_run() -> None:
    """The shape comes first: what it breaks can't be compared with other files until it is mended."""
    first = parse(TEN)
    shape = [(7, "not-allowed", "montly"), (8, "unknown-key", "keyword"), (16, "unknown-step", "renam")]
    shape += [(21, "yaml-ambiguous", "no"), (22, "not-allowed", "integr")]
    names = [(1, "name-mismatch", "lift"), (4, "unknown-name", "tokyo-kotu"), (6, "unknown-name", "transprot")]
    names += [(13, "template-value", "yaer"), (14, "unused-value", "year"), (19, "unknown-column", "ident")]
    assert sorted(first) == sorted(shape + names)


def test_messages_say_where_what_and_what_next() -> None:
    office, _ = parse_office(OFFICE.encode())
    _, findings = parse_pipeline(TEN.encode(), "pipelines/lifts.yaml", office)
    lines = [say(finding, "ja") for finding in findings]
    assert any(
        line.startswith("pipelines/lifts.yaml:8 unknown-key 知らないキー「keyword」")
        and "「keywords」のことですか" in line
        for line in lines
    )
    assert any("「rename」のことですか" in line for line in lines)
    assert any("「tokyo-kotsu」のことですか" in line for line in lines)
    assert all("→" in line for line in lines)
    assert all("→" in say(finding, "en") for finding in findings)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("    title: 日程\n", "", [(10, "missing-key", "title")]),
        ("title: {ja: 昇降機, en: Lifts}", "title: {ja: 昇降機, en: Lifts, stairs}", [(2, "cut-at-comma", "Lifts, stairs")]),
        ("title: {ja: 昇降機, en: Lifts}", "title: {ja: 昇, 降, 機, en: L, M and N}", [(2, "cut-at-comma", "昇, 降, 機"), (2, "cut-at-comma", "L, M and N")]),
        ("title: {ja: 昇降機, en: Lifts}", "title: {ja: 昇降機, fr}", [(2, "cut-at-comma", "昇降機, fr")]),
        ("title: {ja: 昇降機, en: Lifts}", "title: {ja: 昇降機, fr: x}", [(2, "unknown-key", "fr")]),
        ("title: {ja: 昇降機, en: Lifts}", "title: 5", [(2, "wrong-type", "5")]),
        ("themes: [transport]", "themes: transport", [(6, "wrong-type", "transport")]),
        ("name: lifts", "name: Lifts", [(1, "bad-pattern", "Lifts")]),
        ("{rows: {min: 1}}", "{rows: {min: -1}}", [(23, "wrong-type", "-1")]),
        ("{rows: {min: 1}}", "{rows: {min: x}}", [(23, "wrong-type", "x")]),
        ("{rows: {min: 1}}", "{fill: {wieght: {min: 0.5}}}", [(23, "unknown-column", "wieght")]),
        ("      - trim: all", "      - trim: all\n        rename: {a: b}", [(17, "wrong-type", '{"trim": "all", "rename": {"a": "b"}}')]),
        ("      - trim: all", "      - rename: [a]", [(17, "wrong-type", '["a"]')]),
        ("      - trim: all", "      - rename", [(17, "step-options", "rename")]),
        ("      url: https://www.example.org/{year}/lifts.csv", "      file: ../../etc/passwd{year}", [(13, "outside-project", "../../etc/passwd{year}")]),
        ("      url: https://www.example.org/{year}/lifts.csv", "      file: /etc/{year}", [(13, "outside-project", "/etc/{year}")]),
        ("      url: https://www.example.org/{year}/lifts.csv", "      url: ftp://example.org/{year}", [(13, "bad-pattern", "ftp://example.org/{year}")]),
        ("unit: kg}", "constraints: {minimum: x}}", [(22, "bad-pattern", "x")]),
        ("unit: kg}", "constraints: {pattern: '['}}", [(22, "bad-pattern", "["), (22, "bad-regex", "[")]),
        ("- {name: weight,", "- {name: id,", [(22, "duplicate-name", "id")]),
        ("unit: kg}", "constraints: {enum: [1, b]}}", [(22, "not-a-value", "b")]),
        ("unit: kg}", "constraints: {enum: []}}", [(22, "wrong-type", "[]")]),
        ("unit: kg}", "example: abc}", [(22, "not-a-value", "abc")]),
        ("integer, unit: kg}", "string, example: 12}", [(22, "not-a-value", "12")]),
        ("unit: kg}", "constraints: {minimum: 5, maximum: 1}}", [(22, "bounds-crossed", "5")]),
        ("unit: kg}", "constraints: {exclusiveMinimum: 5, maximum: 5}}", [(22, "bounds-crossed", "5")]),
        ("integer, unit: kg}", "date, constraints: {minimum: 2026-01-02, maximum: 2026-01-01}}", [(22, "bounds-crossed", "2026-01-02")]),
        ("integer, unit: kg}", "string, constraints: {minLength: 5, maxLength: 1}}", [(22, "bounds-crossed", "5")]),
        ("integer, unit: kg}", "date, format: '%Q'}", [(22, "bad-format", "%Q")]),
        ("integer, unit: kg}", "date, format: YYYY}", [(22, "bad-format", "YYYY")]),
        ("unit: kg}", "format: '%Q'}", [(22, "bad-format", "%Q")]),
        ("{rows: {min: 1}}", "{rows: {min: 10, max: 1}}", [(23, "bounds-crossed", "10")]),
        ("{rows: {min: 1}}", "{fill: {id: {min: 1, max: 0.5}}}", [(23, "bounds-crossed", "1.0")]),
        ("title: 日程", 'title: ""', [(11, "empty-text", "title")]),
        ("title: 日程", "title: ' 　'", [(11, "empty-text", "title")]),
        ("title: 日程", "title: {}", [(11, "empty-text", "title")]),
        ("title: 日程", 'title: "a\\u0007"', [(11, "yaml-character", "U+0007")]),
        ("- trim: all", "- parse_date: {column: a, serial: '1900'}", [(17, "not-allowed", "1900")]),
        ("- trim: all", "- parse_date: {to: year}", [(17, "one-of", "parse_date")]),
        ("- trim: all", "- parse_date: {column: a, columns: [b]}", [(17, "one-of", "parse_date")]),
        ("- trim: all", "- replace: {columns: [a]}", [(17, "one-of", "replace")]),
        ("- trim: all", "- replace: {columns: [a], values: {a: b}, pattern: c}", [(17, "one-of", "replace")]),
        ("    tidy:", "    read: {header: {row: 1, starts: x}}\n    tidy:", [(15, "one-of", "header")]),
        ("[2025, 2026]", "{from: 2026-01-02, until: 2026-01-01}", [(14, "bounds-crossed", "2026-01-02")]),
        ("[2025, 2026]", "{from: 2025-02-30}", [(14, "no-such-day", "2025-02-30")]),
        ("[2025, 2026]}", "[2025, 2026]}\n      since: 2025-02-03", [(15, "since-file", "2025-02-03")]),
        ("requests: [lifts]", "coverage: {from: 2026-01-02, until: 2026-01-01}", [(8, "bounds-crossed", "2026-01-02")]),
        ("/{year}/", "/{year!r}/", [(13, "template-format", "{year!r}")]),
        ("/{year}/", "/{year:%Y}/", [(13, "template-format", "{year:%Y}")]),
        ("/{year}/", "/{year}{}/", [(13, "template-format", "{}")]),
        ("/{year}/", "/{year.real}/", [(13, "template-format", "{year.real}")]),
        ("https://www.example.org/", "https://[::1/", [(13, "bad-url", "https://[::1/{year}/lifts.csv")]),
        ("https://www.example.org/", "https://a.example.org:99999/", [(13, "bad-url", "https://a.example.org:99999/{year}/lifts.csv")]),
        ("      url: https://www.example.org/{year}/lifts.csv", "      file: c:/{year}.csv", [(13, "outside-project", "c:/{year}.csv")]),
        ("      fields:\n", "      foreignKeys: [{fields: [id, weight], reference: {fields: id}}]\n      fields:\n", [(20, "foreign-key-length", "")]),
        ("unit: kg}", "arrayItem: {type: foo}}", [(22, "bad-schema", "")]),
        ("unit: kg}", "groupChar: ','}", [(22, "unread", "groupChar (integer)")]),
        ("integer, unit: kg}", "duration, constraints: {minimum: P1D}}", [(22, "unread", "minimum (duration)")]),
        ("integer, unit: kg}", "list, constraints: {unique: true}}", [(22, "unread", "unique (list)")]),
        ("{rows: {min: 1}}", "{}\n    charts: [{kind: line, x: weight}]", [(24, "chart-column", "weight")]),
        ("{rows: {min: 1}}", "{}\n    charts: [{kind: bars, x: id, y: wieght}]", [(24, "unknown-column", "wieght")]),
        ("{rows: {min: 1}}", "{}\n    charts: [{kind: bars, x: id, y: id}]", [(24, "chart-column", "id")]),
        ("{rows: {min: 1}}", "{}\n    charts: [{kind: bars, x: id, how: sum}]", [(24, "chart-needs", "sum")]),
        ("{rows: {min: 1}}", "{}\n    charts: [{kind: points, x: weight}]", [(24, "chart-needs", "points")]),
        ("{rows: {min: 1}}", "{}\n    view: {sort: -wieght, hide: [idd], columns: [id]}", [(24, "unknown-column", "wieght"), (24, "unknown-column", "idd")]),
        ("{rows: {min: 1}}", "{}\n    view: {first: id, hide: [id]}", [(24, "view-hides", "id")]),
        ("{rows: {min: 1}}", "{}\n    view: {follow: [idd, weight, id], calendar: {weigh: 1}}", [(24, "unknown-column", "weigh"), (24, "unknown-column", "idd"), (24, "follow-type", "weight")]),
        ("unit: kg}", "title: 重さ}\n        - {name: unit}\n    charts: [{kind: bars, x: id, y: weight}]", [(24, "chart-mixes", "weight")]),
    ],
)  # fmt: skip
def test_each_mistake(old: str, new: str, found: list[tuple[int, str, str]]) -> None:
    assert old in GOOD
    assert parse(GOOD.replace(old, new)) == found


HEAD = GOOD[: GOOD.index("resources:")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- a\n", [(1, "wrong-type", '["a"]')]),
        ("abc\n", [(1, "wrong-type", "abc")]),
        (f"{HEAD}resources:\n", [(9, "no-value", "resources")]),
        (f"{HEAD}resources: []\n", [(9, "wrong-type", "[]")]),
        (f"{HEAD}resources:\n  -\n", [(10, "no-value", "-")]),
        (f"{HEAD}resources:\n  name: x\n", [(9, "wrong-type", '{"name": "x"}')]),
        (GOOD.replace("type: integer, unit: kg", "type: int, constraints: {minimum: 1}"), [(22, "not-allowed", "int")]),
        (GOOD.replace("unit: kg", "constraints: [minimum]"), [(22, "wrong-type", '["minimum"]')]),
        (
            GOOD.replace("title: 日程", "title: *x").replace("name: lifts", "name: &x lifts"),
            [(1, "yaml-forbidden", ""), (11, "yaml-forbidden", "")],
        ),
    ],
)
def test_one_mistake_has_no_echo(text: str, found: list[tuple[int, str, str]]) -> None:
    assert parse(text) == found


def test_an_empty_file_lacks_its_keys_only() -> None:
    assert {code for _, code, _ in parse("")} == {"missing-key"}


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("title: {ja: 昇降機, en: Lifts}", "title: 2020", "wrong-type", "文字か、「キー: 値」の組（ja, en）"),
        ("title: {ja: 昇降機, en: Lifts}", "title:", "no-value", "文字か、「キー: 値」の組（ja, en）"),
        ("frequency: monthly", "frequency:", "no-value", "次のどれか（daily, weekly, "),
        ("    tidy:", "    read: {header: '1'}\n    tidy:", "wrong-type", "整数（1 以上）か、「キー: 値」の組"),
        ("    tidy:", "    read: {header: 0}\n    tidy:", "wrong-type", "1 以上の数"),
        ("primaryKey: id", "primaryKey: 1", "wrong-type", "文字か、一覧"),
        ("- trim: all", "- parse_number: []", "wrong-type", "1 個以上の一覧"),
        ("- trim: all", "-", "no-value", "手順を一つ"),
        ("{year: [2025, 2026]}", "{year: }", "no-value", "一覧（- で始まる行）か、「キー: 値」の組"),
    ],
)
def test_all_that_may_stand_there_is_named(old: str, new: str, code: str, words: str) -> None:
    assert old in GOOD
    _, findings = parse_pipeline(GOOD.replace(old, new).encode(), "pipelines/lifts.yaml", None)
    finding = next(finding for finding in findings if finding.code == code)
    assert words in finding.args["allowed_ja"]
    assert len(findings) == 1


def test_what_frictionless_cannot_read_is_told_with_what_can_stand_there() -> None:
    _, (finding,) = parse_pipeline(GOOD.replace("unit: kg}", "groupChar: ','}").encode(), "pipelines/lifts.yaml", None)
    assert say(finding, "ja").endswith("代わりに手順 parse_number（桁区切りを取る）を使ってください。")
    assert say(finding, "en").endswith("Use the step parse_number (it takes the marks away) instead.")


def test_nothing_to_choose_from_is_said_so() -> None:
    office, _ = parse_office(OFFICE.replace("{transport: {title: 交通}}", "{}").encode())
    _, (finding,) = parse_pipeline(GOOD.encode(), "pipelines/lifts.yaml", office)
    assert "あるもの：— →" in say(finding, "ja")


def test_dates_in_the_names_of_files() -> None:
    template = "url: https://www.example.org/{year}/lifts.csv\n      for: {year: [2025, 2026]}"
    days = GOOD.replace(template, 'file: "raw/{day:%Y}/{day:%m-%d}.csv"\n      for: {day: {from: 2026-01-01}}')
    assert parse(days) == []
    assert parse(days.replace("%m-%d", "%B")) == [(13, "template-format", "{day:%B}")]


def test_what_is_right_is_not_refused() -> None:
    for field in (
        "{name: weight, type: integer, example: 12, constraints: {enum: [1, '2'], minimum: 1, maximum: 1}}",
        "{name: weight, type: date, format: '%Y/%m/%d', example: 2026/01/02, constraints: {minimum: 2026/01/02}}",
        "{name: weight, type: time, format: '%H:%M'}",
        "{name: weight, type: boolean, trueValues: [有], falseValues: [無], example: 有}",
        "{name: weight, type: array, arrayItem: {type: string}, example: '[\"1F\"]'}",
        "{name: weight, type: string, format: email, example: a@example.org, constraints: {minLength: 1}}",
        "{name: weight, type: number, example: 1.5, constraints: {enum: [1.5, 2]}}",
        "{name: weight, type: year, example: 2026}",
        "{name: weight, type: number, decimalChar: ',', groupChar: ., constraints: {minimum: 1.5, maximum: 1.000e3}}",
    ):
        assert parse(GOOD.replace("{name: weight, type: integer, unit: kg}", field)) == [], field


def test_what_catalogue_yaml_may_not_say() -> None:
    broken = OFFICE.replace("title: 交通局", "title: ' '")
    broken = broken.replace("https://data.example.org/", "https://data.example.org:port/")
    _, findings = parse_office(broken.encode())
    assert [(f.place.line, f.code) for f in findings] == [(3, "bad-url"), (4, "empty-text")]


def test_requests_in_catalogue_yaml_have_moved() -> None:
    office, findings = parse_office(OFFICE.encode() + b"requests: {lifts: {date: 2021-02-16, by: x, title: y}}\n")
    assert office is None and [(f.place.line, f.code) for f in findings] == [(7, "requests-moved")]


def test_a_dataset_names_requests_of_the_ledger() -> None:
    files = {"catalogue.yaml": OFFICE.encode(), "pipelines/lifts.yaml": GOOD.encode()}
    told = [(f.place.line, f.code, f.value) for f in parse_project(files)[2]]
    assert told == [(8, "unknown-name", "lifts")]
    assert parse_project({**files, "requests.csv": "\ufeffid,題\nlifts,昇降機\n".encode()})[2] == ()
    assert (
        parse_project({**files, "requests.csv": "id,題\nlift,昇降機\n".encode("cp932")})[2][0].args["allowed"] == "lift"
    )
    kept_elsewhere = GOOD.replace("name: lifts", "name: requests", 1).replace("requests: [lifts]", "requests: [x]")
    assert parse_project({**files, "pipelines/requests.yaml": kept_elsewhere.encode()})[2] == ()


def test_from_needs_an_earlier_resource() -> None:
    more = GOOD + "  - name: more\n    title: x\n    from: schedul\n    schema: {fields: [{name: a}]}\n"
    assert parse(more) == [(26, "unknown-name", "schedul")]
    assert parse(more.replace("schedul\n", "schedule\n")) == []
    both = more.replace("from: schedul\n", "from: schedule\n    source: {file: x.csv}\n")
    assert parse(both) == [(27, "source-kind", "")]


def test_every_file_in_one_run() -> None:
    files = {
        "catalogue.yaml": OFFICE.replace("timezone", "x").encode() + b"timezone: Asia/Tokio\n",
        "pipelines/a.yaml": GOOD.encode(),
        "pipelines/lifts.yaml": GOOD.replace("monthly", "montly").encode(),
        "requests.csv": b"id\nlifts\n",
    }
    office, specs, findings = parse_project(files)
    assert office is None
    assert specs == ()
    assert [(f.place.file, f.place.line, f.code) for f in findings] == [
        ("catalogue.yaml", 7, "unknown-name"),
        ("pipelines/a.yaml", 1, "name-mismatch"),
        ("pipelines/lifts.yaml", 7, "not-allowed"),
    ]


def test_yaml_of_another_suffix_is_told() -> None:
    files = dict.fromkeys(
        ["pipelines/lifts.yml", "pipelines/b.YAML", "pipelines/c.yaml.txt", "pipelines/d.yml", "pipelines/e.yaml.orig"],
        b"",
    )
    files |= {"catalogue.yaml": OFFICE.encode(), "catalogue.yml": b"", "pipelines/lifts.yaml": GOOD.encode()}
    files |= {"pipelines/kotsu/lifts.yaml": GOOD.encode()}
    _, specs, findings = parse_project({**files, "requests.csv": b"id\nlifts\n"})
    assert [spec.pipeline.name for spec in specs] == ["lifts"]
    assert [(f.code, f.severity, f.place.file, f.value) for f in findings] == [
        ("yaml-suffix", "warning", "catalogue.yaml", "catalogue.yml"),
        ("yaml-suffix", "error", "pipelines/b.yaml", "pipelines/b.YAML"),
        ("yaml-suffix", "error", "pipelines/c.yaml", "pipelines/c.yaml.txt"),
        ("yaml-suffix", "error", "pipelines/d.yaml", "pipelines/d.yml"),
        ("yaml-folder", "warning", "pipelines/", "pipelines/kotsu/lifts.yaml"),
        ("yaml-suffix", "warning", "pipelines/lifts.yaml", "pipelines/lifts.yml"),
    ]
    assert [f.code for f in parse_project({"catalogue.yml": OFFICE.encode()})[2]] == ["yaml-suffix", "no-file"]


def test_no_catalogue_is_a_finding() -> None:
    assert [f.code for f in parse_project({})[2]] == ["no-file"]


# ---- the JSON Schema agrees with the parser ---------------------------------------------------------------------

SCHEMA = make_json_schemas()["pipeline.schema.json"]


def has_shape(value: object) -> bool:
    """What the JSON Schema says."""
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(value)


def parses(value: object) -> bool:
    """What the parser says of the shape alone."""
    text = json.dumps(
        value, ensure_ascii=False, indent=1
    )  # each key on a line of its own, as only one finding of a line is told
    _, findings = parse_pipeline(text.encode(), "pipelines/lifts.yaml", None)
    shape = {
        "unknown-key",
        "missing-key",
        "wrong-type",
        "no-value",
        "not-allowed",
        "unknown-step",
        "bad-pattern",
        "step-options",
    }
    return not [f for f in findings if f.code in shape]


def good() -> dict[str, object]:
    document, _ = parse_yaml(GOOD, "x.yaml")
    assert document is not None
    value: dict[str, object] = document.value
    return value


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[str | int, ...]] = []
    if isinstance(value, dict):
        inner = [place for key, item in value.items() for place in places(item, (*path, key))]
    elif isinstance(value, list):
        inner = [place for n, item in enumerate(value) for place in places(item, (*path, n))]
    return [path, *inner]


def put(value: object, path: tuple[str | int, ...], new: object) -> object:
    if not path:
        return new
    copy = value.copy()  # type: ignore[attr-defined]
    if new is DROP and len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


DROP = object()
PLACES = [path for path in places(good()) if path]
odd = st.sampled_from([DROP, 0, 1, -1, 2.5, True, "x", "", [], ["a"], {}, {"a": 1}, {"ja": "x"}, None])


@settings(max_examples=400)
@given(st.sampled_from(PLACES), odd)
def test_editor_and_parser_agree(path: tuple[str | int, ...], new: object) -> None:
    value = put(good(), path, new)
    assert has_shape(value) == parses(value), (path, new)


def test_the_pipelines_of_the_repository_have_the_shape() -> None:
    for path in sorted((ROOT / "pipelines").glob("*.yaml")):
        document, _ = parse_yaml(path.read_bytes(), path.name)
        assert document is not None
        errors = [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document.value)]
        assert errors == [], path.name


def test_the_schema_is_a_schema() -> None:
    for schema in make_json_schemas().values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert {field.name for field in dataclasses.fields(Pipeline)} == set(SCHEMA["properties"])


@pytest.mark.parametrize(
    ("written", "said", "meant"),
    [
        ("frequency: monthly", "毎年", "yearly"),
        ("frequency: monthly", "１日ごと", "daily"),
        ("frequency: monthly", "Monthly", "monthly"),
        ("frequency: monthly", "annually", "yearly"),
        ("type: integer", "整数", "integer"),
        ("type: integer", "ＴＥＸＴ", "string"),
        ("type: integer", "年月日", "date"),
    ],
)
def test_what_people_say_is_understood(written: str, said: str, meant: str) -> None:
    assert written in GOOD
    _, findings = parse_pipeline(
        GOOD.replace(written, f"{written.partition(':')[0]}: {said}", 1).encode(), "x.yaml", None
    )
    assert any(
        f"「{said}」" in say(finding, "ja") and f"「{meant}」のことですか" in say(finding, "ja") for finding in findings
    )


def parse_encoding(said: str) -> tuple[str | None, list[str]]:
    text = GOOD.replace("    tidy:", f"    read: {{encoding: {json.dumps(said)}}}\n    tidy:", 1)
    assert text != GOOD
    spec, findings = parse_pipeline(text.encode(), "pipelines/lifts.yaml", None)
    how = spec.pipeline.resources[0].read if spec else None
    return (how.encoding if how else None), [say(finding, "ja") for finding in findings]


@pytest.mark.parametrize(
    ("old", "new", "code", "ja", "en"),
    [
        ("name: lifts", "name: 図書館", "bad-pattern", "小文字の英数字", "small letters and digits"),
        ("name: lifts", "name: Library Loans", "bad-pattern", "「library-loans」のことですか", '"library-loans"'),
        (
            "- {name: weight,",
            "- {name: 重さ,",
            "bad-pattern",
            "- rename: {重さ: column_name}",
            "- rename: {重さ: column_name}",
        ),
        ("    tidy:", "    steps: []\n    tidy:", "unknown-key", "「tidy」のことですか", 'mean "tidy"'),
        ("frequency:", "keep: {daily: many}\nfrequency:", "wrong-type", "整数か、all", "a whole number, or all"),
        ("    tidy:", "    read: {header: ２}\n    tidy:", "wrong-type", "半角で 2 と", "write 2"),
        (
            "    tidy:",
            "    read: {title: [{line: １０, pattern: x}]}\n    tidy:",
            "wrong-type",
            "半角で 10 と",
            "write 10",
        ),
        ("    tidy:", "    read: {sheet: 1}\n    tidy:", "wrong-type", '"1" と書きます', '"1"'),
        ("    tidy:", "    read: {member: true}\n    tidy:", "wrong-type", '"true" と書きます', '"true"'),
        (
            "    tidy:",
            "    read: {skip: ['(a']}\n    tidy:",
            "bad-regex",
            "「(」が閉じられていません（1 文字目）",
            "missing )",
        ),
        ("    tidy:", "    read: {skip: ['a**']}\n    tidy:", "bad-regex", "続いています", "multiple repeat"),
        (
            "    tidy:\n",
            "    tidy:\n      - extract: {column: a, pattern: '(?P<x'}\n",
            "bad-regex",
            "> で閉じられていません",
            "missing >",
        ),
        ("    tidy:", '    read: {member: "C:\\Users\\x"}\n    tidy:', "yaml-syntax", "' で囲みます", "single quotes"),
        ("    tidy:\n", "    tidy:\n      - deduplicate: ［loans］\n", "yaml-wide-sign", "半角の「[」", '"["'),
        ("    tidy:\n", "    tidy:\n      - trim: ｛a｝\n", "yaml-wide-sign", "半角の「{」", '"{"'),
        ("    tidy:\n", "    tidy:\n      - trim: [a、b]\n", "yaml-wide-sign", "半角の「,」", '","'),
        ("    tidy:\n", "    tidy:\n      -　trim\n", "yaml-wide-space", "-　trim", "U+3000"),
        ("    tidy:\n", "    tidy:\n      - 　trim\n", "yaml-wide-space", "半角スペース", "U+3000"),
        (
            "unit: kg}",
            "constraints: {pattern: '['}}",
            "bad-regex",
            "「[」が閉じられていません（1 文字目）",
            "unterminated",
        ),
    ],
)
def test_a_mistake_is_answered_with_what_helps(old: str, new: str, code: str, ja: str, en: str) -> None:
    assert old in GOOD
    _, findings = parse_pipeline(GOOD.replace(old, new, 1).encode(), "pipelines/lifts.yaml", None)
    finding = next(finding for finding in findings if finding.code == code)
    assert ja in say(finding, "ja") and en in say(finding, "en")


def test_one_language_at_a_time() -> None:
    finding = Finding("read-limit", args={"what": "行 / rows", "limit": "5"})
    assert "行 が" in say(finding, "ja") and "rows" not in say(finding, "ja")
    assert "rows:" in say(finding, "en") and "行" not in say(finding, "en")
    for why in ("a / b", "行 / 列", "https://x.example/a / b", "行"):  # no pair of both languages
        assert why in say(Finding("step-failed", args={"why": why}), "ja")


def test_steps_without_options_may_stand_alone() -> None:
    alone = ["drop_empty_rows", "trim", "drop_invisible", "drop_empty_columns", "distinct"]
    steps = "".join(f"      - {name}\n" for name in alone)
    _, findings = parse_pipeline(GOOD.replace("    tidy:\n", "    tidy:\n" + steps, 1).encode(), "x/lifts.yaml", None)
    assert [finding.code for finding in findings if finding.code != "name-mismatch"] == []
    for name in ("parse_date", "parse_time", "fill_down", "replace", "rename", "melt"):
        text = GOOD.replace("    tidy:\n", f"    tidy:\n      - {name}\n", 1)
        assert parse_pipeline(text.encode(), "pipelines/lifts.yaml", None)[1][0].code == "step-options"


def test_texts_may_have_full_width_signs() -> None:
    text = GOOD.replace("unit: kg}", "unit: kg, title: ［重さ］}", 1)
    assert text != GOOD
    assert parse_pipeline(text.encode(), "pipelines/lifts.yaml", None)[1] == ()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Shift_JIS", "cp932"), ("Windows-31J", "cp932"), ("ms932", "cp932"), ("UTF-8", "utf-8"), ("utf_8_sig", "utf-8"),
        ("EUC-JP", "euc-jp"), ("UTF-16", "utf-16"), ("latin-1", "iso8859-1"), ("windows-1252", "cp1252"), ("GBK", "gbk"),
        ("gb18030", "gb18030"), ("Big5", "big5"), ("EUC-KR", "euc_kr"), ("ISO-2022-JP", "iso2022_jp"), ("koi8-r", "koi8-r"),
    ],
)  # fmt: skip
def test_any_encoding_that_python_knows_may_be_named(said: str, meant: str) -> None:
    assert parse_encoding(said) == (meant, [])


@pytest.mark.parametrize(
    ("said", "hint"),
    [("ＳＪＩＳ", "cp932"), ("シフトJIS", "cp932"), ("ANSI", "cp932"), ("utf-88", "utf-8"), ("JIS", "iso2022_jp"),
     ("base64", ""), ("rot13", ""), ("idna", ""), ("utf-7", ""), ("unicode_escape", ""), ("../x", ""),],
)  # fmt: skip
def test_what_is_no_encoding_is_answered_with_usual_ones(said: str, hint: str) -> None:
    encoding, (message,) = parse_encoding(said)
    assert encoding is None
    assert "unknown-encoding" in message and "cp932" in message
    assert (f"「{hint}」のことですか" in message) == bool(hint)


TIDY = "    tidy:\n      - rename: {番号: id}\n      - trim: all\n"


@pytest.mark.parametrize(
    ("old", "new", "code", "ja", "en"),
    [
        ("publisher: tokyo-kotsu", "publisher: 交通局", "unknown-name", "「tokyo-kotsu」のことですか", '"tokyo-kotsu"?'),
        ("license: CC-BY-4.0", "license: CC BY 4.0", "unknown-name", "「CC-BY-4.0」のことですか", '"CC-BY-4.0"?'),
        ("[transport]", "[交通]", "unknown-name", "「transport」のことですか", '"transport"?'),
        ("themes: [transport]", "themes: transport", "wrong-type", "[transport] と書きます", "[transport]"),
        ("frequency: monthly", "frequency: 毎年", "not-allowed", "「yearly」のことですか", '"yearly"?'),
        ("frequency: monthly", "frequency: montly # 毎月", "not-allowed", "「monthly」のことですか", '"monthly"?'),
        ("frequency: monthly", "頻度: monthly", "unknown-key", "「frequency」のことですか", '"frequency"?'),
        ("{ja: 昇降機, en: Lifts}", "{日本語: 昇降機}", "unknown-key", "「ja」のことですか", '"ja"?'),
        ("required: true}", "unique: はい}", "wrong-type", "「true」のことですか", '"true"?'),
        ("required: true}", "unique: ×}", "wrong-type", "「false」のことですか", '"false"?'),
        ("type: integer,", "type: integer, required: true,", "unknown-key", "「constraints」の下", 'under "constraints"'),
        ("type: integer,", "type: integer, maximum: 3,", "unknown-key", "「constraints」の下", 'under "constraints"'),
        ("    title: 日程\n", "    title: 日程\n    primaryKey: id\n", "unknown-key", "「schema」の下", 'under "schema"'),
        ("    title: 日程\n", "    title: 日程\n    encoding: cp932\n", "unknown-key", "「read」の下", 'under "read"'),
        ("primaryKey: id", "primaryKey: 番号", "unknown-column", "「id」のことですか", '"id"?'),
        ("type: integer, unit: kg", "type: date, format: YYYY/MM/DD", "bad-format", "「%Y/%m/%d」のことですか", '"%Y/%m/%d"?'),
        ("type: integer, unit: kg", "type: date, format: yyyy年MM月dd日", "bad-format", "「%Y年%m月%d日」", '"%Y年%m月%d日"?'),
        ("type: integer, unit: kg", "type: time, format: HH:mm", "bad-format", "「%H:%M」のことですか", '"%H:%M"?'),
        ("unit: kg", "constraints: {minimum: １０}", "bad-pattern", "「１」が全角です。半角なら「10」", 'half-width it is "10"'),
        ("  - name: schedule", "  - name: 貸出", "bad-pattern", "「loans」のことですか", '"loans"?'),
        ("- trim: all", "- 列名変更: {a: b}", "unknown-step", "「rename」のことですか", '"rename"?'),
        ("- trim: all", "- parse_date", "step-options", "「- parse_date: {column: date_ja, into: date}」のように", "such as"),
        ("- trim: all", "- parse_date:", "step-options", "「- parse_date: {column: date_ja, into: date}」のように", "such as"),
    ],
)  # fmt: skip
def test_what_was_meant_is_named(old: str, new: str, code: str, ja: str, en: str) -> None:
    office, _ = parse_office(OFFICE.encode())
    assert old in GOOD
    _, (finding,) = parse_pipeline(GOOD.replace(old, new, 1).encode(), "pipelines/lifts.yaml", office)
    assert finding.code == code
    assert ja in say(finding, "ja") and en in say(finding, "en"), (say(finding, "ja"), say(finding, "en"))


@pytest.mark.parametrize(
    ("path", "code", "ja"),
    [
        ("data\\lifts.csv", "path-backslash", "/ で区切って「data/lifts.csv」と書いて"),
        ("data\\2024\\lifts.csv", "path-backslash", "/ で区切って「data/2024/lifts.csv」と書いて"),
        ("C:\\Users\\taro\\lifts.csv", "outside-project", "data/lifts.csv のように"),
        ("/home/taro/lifts.csv", "outside-project", "data/lifts.csv のように"),
        ("..\\lifts.csv", "outside-project", "data/lifts.csv のように"),
    ],
)
def test_paths_of_windows_and_of_elsewhere(path: str, code: str, ja: str) -> None:
    source = "url: https://www.example.org/{year}/lifts.csv\n      for: {year: [2025, 2026]}"
    text = GOOD.replace(source, f"file: '{path}'")
    assert text != GOOD
    _, (finding,) = parse_pipeline(text.encode(), "pipelines/lifts.yaml", None)
    assert (finding.code, finding.value, finding.place.line) == (code, path, 13)
    assert ja in say(finding, "ja")


@pytest.mark.parametrize(
    ("since", "ja"),
    [
        ("2024/4/1", "「2024-04-01」のことですか"), ("令和6年4月1日", "「2024-04-01」のことですか"), ("R6.4.1", "「2024-04-01」のことですか"),
        ("２０２４-04-01", "半角なら「2024-04-01」です"), ("令和6年", "2026-11-23 の形の日付 → この形"),
    ],
)  # fmt: skip
def test_days_in_another_form(since: str, ja: str) -> None:
    source = "url: https://www.example.org/{year}/lifts.csv\n      for: {year: [2025, 2026]}"
    text = GOOD.replace(source, f"file: a.csv\n      since: {since}")
    _, (finding,) = parse_pipeline(text.encode(), "pipelines/lifts.yaml", None)
    assert (finding.code, finding.value) == ("bad-pattern", since)
    assert ja in say(finding, "ja"), say(finding, "ja")


def test_the_name_of_a_file_is_what_its_name_should_be() -> None:
    _, (finding,) = parse_pipeline(GOOD.replace("name: lifts", "name: 昇降機").encode(), "pipelines/lifts.yaml", None)
    assert "「lifts」のことですか" in say(finding, "ja")


def test_steps_whose_options_are_all_optional_may_have_none() -> None:
    for name in ("drop_empty_rows", "trim", "drop_invisible", "drop_empty_columns", "distinct"):
        for step in (name, f"{name}:"):
            text = GOOD.replace("- trim: all", f"- {step}")
            spec, findings = parse_pipeline(text.encode(), "pipelines/lifts.yaml", None)
            assert findings == () and spec is not None
            assert spec.pipeline.resources[0].tidy[-1].name == name


def test_a_misspelt_key_is_not_missing_too() -> None:
    assert parse(GOOD.replace("publisher: tokyo-kotsu", "ｐｕｂｌｉｓｈｅｒ: tokyo-kotsu")) == [
        (4, "unknown-key", "ｐｕｂｌｉｓｈｅｒ")
    ]
    assert parse(GOOD.replace("- trim: all", "- parse_number: {column: id}")) == [(17, "unknown-key", "column")]
    assert parse(GOOD.replace("    title: 日程\n", "    タイトル: 日程\n")) == [(11, "unknown-key", "タイトル")]
    assert parse(GOOD.replace("frequency: monthly\n", "color: red\n")) == [
        (1, "missing-key", "frequency"), (7, "unknown-key", "color"),
    ]  # fmt: skip


def test_digits_of_the_grammar_are_half_width() -> None:
    government = "government: {code: '１３０００１', title: 見本市}\n"
    _, (finding,) = parse_office((OFFICE + government).encode())
    assert (finding.code, finding.value) == ("bad-pattern", "１３０００１")
    assert "1 文字目の「１」が全角です。半角なら「130001」です。" in say(finding, "ja")
