"""What people may follow, over releases: columns that were renamed or added, too many values, tables without a key."""

import io
from dataclasses import replace

import pytest
from projects import make_project, make_setting, put, run

from entaku.model.nouns import Checked
from entaku.model.profile import Profile
from entaku.model.table_schema import SchemaField
from entaku.work import following
from entaku.work.comparing import add_comparisons
from entaku.work.followed_rows import (
    ROWS,
    STRANGE,
    Telling,
    list_texts,
    pack_told,
    plan_telling,
    read_changes,
    read_present,
    unpack_told,
)
from entaku.work.load import load_catalogue, read_specs

URL = "https://office.example.org/lifts.csv"
LIFTS = """\
name: lifts
title: {ja: 昇降機の点検, en: Lift inspections}
description: {ja: 試験用の合成データです。, en: Synthetic data for tests.}
publisher: office
license: CC-BY-4.0
frequency: monthly
requests: [lifts]
resources:
  - name: schedule
    title: {ja: 日程, en: Schedule}
    source: {url: "https://office.example.org/lifts.csv"}
    tidy: [select]
    schema:
      primaryKey: [id]
      fields: [{name: id}, {name: station}]
    view: {follow: station}
"""


def publish(project, yaml, day, *rows):
    """A release of `rows`, by a YAML."""
    (project / "pipelines" / "lifts.yaml").write_text(yaml, "utf-8")
    put(project / "mirror", "id,station,line\n" + "".join(f"{row}\n" for row in rows), URL, day)
    (outcome,) = run(project, project / "mirror", site=False).outcomes
    assert outcome.what == "released", outcome.findings


def follow(project):
    """The columns that are followed of the current release, and findings."""
    office, specs, findings = read_specs(project)
    assert office is not None and not findings
    setting = make_setting(project)
    catalogue, _ = load_catalogue(setting, office, specs)
    catalogue, found = following.add_following(setting, add_comparisons(setting, catalogue))
    assert catalogue == following.add_following(setting, add_comparisons(setting, catalogue))[0], "as it is cached"
    (table,) = catalogue.datasets[0].current.resources
    told = {
        column.name: {
            one.value: [(each.version, each.added, each.removed, each.corrected, each.after) for each in one.changes]
            for one in column.values
        }
        for column in table.followed
    }
    return told, [(one.code, one.place.line, one.value, one.args) for one in found]


def test_a_column_is_followed_over_a_new_name_and_from_where_it_began(tmp_path):
    project = make_project(tmp_path / "p", lifts=LIFTS)
    rows = [f"{n},{'新宿' if n % 2 else '渋谷'},A" for n in range(40)]
    publish(project, LIFTS, "2026-06-01", *rows)
    publish(project, LIFTS, "2026-07-01", *rows, "40,新宿,B")
    renamed = LIFTS.replace("tidy: [select]", "tidy: [{rename: {station: eki}}, select]")
    for old, new in (
        ("{name: station}]", "{name: eki}, {name: line}]"), ("follow: station", "follow: [eki, line, eki]"),
        ("resources:", "breaking: {from: 2026-08-01, why: {ja: 理由, en: reason}, columns: [station]}\nresources:"),
    ):  # fmt: skip
        renamed = renamed.replace(old, new)
    publish(project, renamed, "2026-08-01", *rows[1:], "40,新宿,B", "41,港,B")
    told, found = follow(project)
    assert told["eki"] == {
        "新宿": [("2026.07.01", 1, 0, 0, 21), ("2026.06.01", 0, 0, 0, 20)],
        "渋谷": [("2026.08.01", 0, 1, 0, 19), ("2026.06.01", 0, 0, 0, 20)],
        "港": [("2026.08.01", 1, 0, 0, 1)],
    }
    assert told["line"] == {"A": [("2026.08.01", 0, 0, 0, 39)], "B": [("2026.08.01", 0, 0, 0, 2)]}
    assert found == []


def test_values_beyond_the_limit_have_no_feed_and_those_before_keep_theirs(tmp_path, monkeypatch):
    monkeypatch.setattr(following, "MOST", 2)
    project = make_project(tmp_path / "p", lifts=LIFTS)
    publish(project, LIFTS, "2026-06-01", "1,新宿,A", "2,渋谷,A")
    assert follow(project)[1] == []
    publish(project, LIFTS, "2026-07-01", "1,新宿,A", "3,品川,A")
    told, [(code, line, column, args)] = follow(project)
    assert list(told["station"]) == ["新宿", "渋谷"], "渋谷 is gone, and keeps its feed"
    assert (code, column, args["count"], args["most"]) == ("follow-many", "station", "3", "2")
    assert line == LIFTS.splitlines().index("    view: {follow: station}") + 1
    monkeypatch.setattr(following, "MOST", 1)
    monkeypatch.setattr(following, "EDITION", 0)  # not what is cached
    told, [(code, *_, args)] = follow(project)
    assert told == {} and args["kept_en"] == "none has one", "no arbitrary choice of those that were there first"
    monkeypatch.setattr(following, "UNREAD", 1)
    assert follow(project)[0] == {}


def test_without_a_key_a_corrected_row_goes_and_comes(tmp_path):
    yaml = LIFTS.replace("      primaryKey: [id]\n", "")
    project = make_project(tmp_path / "p", lifts=yaml)
    publish(project, yaml, "2026-06-01", "1,新宿,A", "2,新宿,A")
    publish(project, yaml, "2026-07-01", "1,新宿,A", "3,新宿,A")
    assert follow(project)[0]["station"]["新宿"][0] == ("2026.07.01", 1, 1, 0, 2)


def test_a_check_tells_of_too_many_values_and_of_a_missing_key(tmp_path):
    project = make_project(tmp_path / "p", lifts=LIFTS)
    _, (spec,), _ = read_specs(project)
    resource = spec.pipeline.resources[0]

    class Counted:
        def __init__(self, distinct):
            self.profile = (Profile("station", "string", 900, 0, distinct, True),)

    def judge(resource, distinct):
        checked = Checked(resource, Counted(distinct), ())
        return [one.code for one in following.judge_checked(spec, [checked])]

    assert judge(resource, following.MOST) == [] and judge(resource, following.MOST + 1) == ["follow-many"]
    assert judge(replace(resource, schema=replace(resource.schema, primaryKey=())), 3) == ["follow-unkeyed"]


MARKS = ("_change", "_columns", "_row_before", "_row_after")
TELLING = Telling("station", ("", "-"), ("id",), ("id",), ("id", "note"), ("seen",), "")


def read(*rows):
    text = "_change,_columns,_row_before,_row_after,id,station,note,seen\n" + "".join(f"{row}\n" for row in rows)
    told = read_changes(io.BytesIO(text.encode()), MARKS, TELLING)
    assert unpack_told(pack_told(told)) == told
    return told


def test_changed_rows_are_told_by_value():
    told = read(
        "removed,,1,,1,a,x,0", "before,station note,2,1,2,a,x,0", "after,station note,2,1,2,b,y,0",
        "before,seen,3,2,3,c,x,0", "after,seen,3,2,3,c,x,1", "before,station,4,3,4,-,x,0", "after,station,4,3,4,a,x,0",
        "added,,,4,5,,x,0", 'added,,,5,6,a,"x\ny  z",0',
    )  # fmt: skip
    counts = {value: (one.added, one.removed, one.corrected, one.came, one.went) for value, one in told.items()}
    assert counts == {"a": (1, 1, 2, 2, 2), "b": (0, 0, 1, 1, 0)}, "hidden columns and marks for no value are not told"
    assert told["b"].rows[0].corrected == (("station", "a", "b"), ("note", "x", "y"))
    assert told["a"].rows[-1].cells == (("id", "6"), ("note", "x y z"))


@pytest.mark.parametrize(
    ("only", "days"), [("", "abcd"), ("current: true", "ac"), ("current: false", "b"), ("id: a, current: true", "a")]
)
def test_the_view_says_which_rows_are_in_calendars(tmp_path, only, days):
    fields = "[{name: id}, {name: station}, {name: current, type: boolean}, {name: at, type: datetime}, {name: day, type: date}]"
    yaml = LIFTS.replace("[{name: id}, {name: station}]", fields).replace(
        "follow: station}", f"follow: station, calendar: {{{only}}}}}"
    )
    (spec,) = read_specs(make_project(tmp_path / "p", lifts=yaml))[1]
    telling = plan_telling(spec.pipeline.resources[0], "station")
    assert telling.day == "day", "days before moments"
    rows = b"id,station,current\na,x,TRUE\nb,x,0\nc,x,true\nd,x,\n"
    present = read_present(io.BytesIO(rows), iter(["2026-06-01"] * 4), "schedule", telling)
    assert "".join(dict(one.cells)["id"] for one in present.days["x"]) == days and present.counts["x"] == 4


@pytest.mark.parametrize(
    ("own", "true", "false"),
    [
        ({}, ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")),
        ({"falseValues": ("無",)}, ("true", "True", "TRUE", "1"), ("無",)),
        ({"trueValues": ("有",)}, ("有",), ("false", "False", "FALSE", "0")),
        ({"trueValues": ("有",), "falseValues": ("無",)}, ("有",), ("無",)),
    ],
)
def test_what_is_true_or_false_in_a_calendar_is_spelt_as_in_the_column(own, true, false):
    field = SchemaField(name="current", type="boolean", **own)
    assert (set(list_texts(field, True)), set(list_texts(field, False))) == (set(true), set(false))


@pytest.mark.parametrize(("values", "kept"), [(3, 3), (STRANGE + 5, STRANGE)])
def test_what_is_told_is_bounded(values, kept):
    told = read(*(f"added,,,{n},{n},v{n % values},{'x' * 99},0" for n in range(max(values, 60))))
    assert len(told) == kept and all(len(one.rows) <= ROWS for one in told.values())
    assert len(dict(told["v0"].rows[0].cells)["note"]) < 70
