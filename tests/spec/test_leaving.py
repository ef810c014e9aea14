"""Entries of `catalogue.yaml` that commands write: nothing else of the file changes, and what is taken out leaves no trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from projects import CATALOGUE, LIFTS

from entaku.model.leaving import Renaming, find_present, list_former
from entaku.model.nouns import Refused
from entaku.spec import leaving
from entaku.spec.spec import parse_office, parse_project
from entaku.spec.yaml import parse_yaml

LAYOUTS = {
    "plain": CATALOGUE,
    "comments": "# 目録\n" + CATALOGUE.replace("themes:", "# 分野\nthemes:") + "\n# おわり\n",
    "no end of line": CATALOGUE.rstrip("\n"),
    "middle": CATALOGUE.replace(
        "themes:",
        "retired:   # 終えたもの\n    # 一つ目\n    old:\n        since: 2026-01-01\n        reason: まとめた  # 注\n\nthemes:",
    ),
    "several": CATALOGUE
    + "retired:\n  a: {since: 2026-01-01, reason: x}\n  # b のこと\n  b:\n    since: 2026-01-02\n    reason: |\n"
    + "      一行目\n      二行目\n\n# 最後\n",
    "empty": CATALOGUE + "retired:\n",
}
ENTRY = {"since": "2026-11-23", "reason": {"ja": "「まとめ」た: #1", "en": 'was "joined"'}, "replaced_by": "stairs"}


def encode(text: str, ending: str, mark: bytes) -> bytes:
    return mark + text.replace("\n", ending).encode()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_entry_comes_and_goes_and_every_other_line_stays(layout: str, ending: str, mark: bytes) -> None:
    before = encode(LAYOUTS[layout], ending, mark)
    after = leaving.set_entry(before, "retired", "lifts", ENTRY)
    office, findings = parse_office(after)
    assert findings == () and office is not None
    assert (
        office.retired["lifts"].reason.ja == ENTRY["reason"]["ja"] and office.retired["lifts"].replaced_by == "stairs"
    )
    ends = (b"\r", b"\n")
    lines = [line for line in after.splitlines(keepends=True) if line not in before.splitlines(keepends=True)]
    kept = [line for line in before.splitlines() if line in after.splitlines()]
    assert kept == before.splitlines() and len(lines) <= 7
    assert all(line.endswith(ends) for line in lines) and (ending == "\n" or after.count(b"\r\n") == after.count(b"\n"))
    gone = leaving.remove_entry(after, "retired", "lifts")
    assert gone.rstrip(b"\r\n") == before.rstrip(b"\r\n") or layout == "empty"
    assert leaving.remove_entry(gone, "retired", "lifts") == gone


def test_an_entry_is_written_anew_in_its_place() -> None:
    once = leaving.set_entry(CATALOGUE.encode(), "retired", "lifts", ENTRY)
    again = leaving.set_entry(once, "retired", "lifts", {**ENTRY, "since": "2026-12-01"})
    assert again == once.replace(b"2026-11-23", b"2026-12-01")


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20))
def test_any_reason_is_read_as_it_was_given(reason: str) -> None:
    body = leaving.set_entry(CATALOGUE.encode(), "retired", "lifts", {"since": "2026-11-23", "reason": {"ja": reason}})
    document, findings = parse_yaml(body, "catalogue.yaml")
    assert findings == () and document is not None
    assert document.value["retired"]["lifts"]["reason"] == {"ja": reason}


@pytest.mark.parametrize("more", ["retired: {old: {since: 2026-01-01, reason: x}}\n", "retired: {}\n"])
def test_what_can_not_be_changed_line_by_line_is_told(more: str) -> None:
    body = (CATALOGUE + more).encode()
    for change in (
        lambda: leaving.set_entry(body, "retired", "lifts", ENTRY),
        lambda: leaving.remove_entry(body, "retired", "old") if "old" in more else leaving.set_name(b"{}", "x"),
    ):
        with pytest.raises(Refused) as told:
            change()
        assert told.value.finding.code == "yaml-by-hand" and told.value.finding.args["lines"]


@pytest.mark.parametrize("old", ["name: lifts", "name:   'lifts' # 名前", 'name: "lifts"'])
def test_a_pipeline_gets_another_name_and_keeps_its_comments(old: str) -> None:
    text = "# 前書き\n" + LIFTS.replace("name: lifts", old)
    body = leaving.set_name(text.encode(), "elevators").decode()
    assert body.splitlines()[2:] == text.splitlines()[2:] and body.splitlines()[0] == "# 前書き"
    assert body.splitlines()[1].startswith("name:") and "elevators" in body and ("# 名前" in old) == ("# 名前" in body)


# ---- what the entries say ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "code", "value", "line"),
    [
        ("retired:\n  a: {since: 2026-02-30, reason: x}\n", "no-such-day", "2026-02-30", 8),
        ("retired:\n  a: {since: 2026-02-20, reason: x, replaced_by: 'https://[x/'}\n", "bad-url", "https://[x/", 8),
        ("retired:\n  a: {since: 2026-02-20, reason: ' '}\n", "empty-text", "reason", 8),
        ("retired:\n  a: {since: 2026-02-20, reason: x, replaced_by: A b}\n", "bad-pattern", "A b", 8),
        ("renamed:\n  a: {to: b, since: 2026-02-20}\n  b: {to: a, since: 2026-02-20}\n", "renamed-circle", "a", 8),
        ("renamed:\n  requests: {to: b, since: 2026-02-20}\n", "rename-ledger", "requests", 8),
        ("renamed:\n  a: {to: b, since: 2026-02-20}\nretired:\n  a: {since: 2026-02-20, reason: x}\n", "name-taken", "a", 10),
    ],
)  # fmt: skip
def test_mistakes_in_entries(more: str, code: str, value: str, line: int) -> None:
    office, findings = parse_office((CATALOGUE + more).encode())
    assert office is None
    found = [(finding.code, finding.value, finding.place.line) for finding in findings]
    assert (code, value, line) in found


def test_a_retired_pipeline_is_not_read_and_a_former_name_is_taken() -> None:
    retired = CATALOGUE + "retired:\n  lifts: {since: 2026-02-20, reason: x}\n"
    renamed = CATALOGUE + "renamed:\n  lifts: {to: elevators, since: 2026-02-20}\n"
    files = {"pipelines/lifts.yaml": LIFTS.encode(), "requests.csv": b"id\nlifts\n"}
    assert parse_project({**files, "catalogue.yaml": retired.encode()})[1:] == ((), ())
    _, specs, findings = parse_project({**files, "catalogue.yaml": renamed.encode()})
    assert specs == () and [(each.code, each.value, each.place.line, each.args) for each in findings] == [
        ("name-taken", "lifts", 1, {"to": "elevators"})
    ]


def test_names_lead_to_the_present_one() -> None:
    renamed = {
        "a": Renaming(to="b", since="2026-01-01"),
        "b": Renaming(to="c", since="2026-02-01"),
        "x": Renaming(to="c", since="2025-01-01"),
    }
    assert [find_present(renamed, name) for name in ("a", "b", "x", "c", "other")] == ["c", "c", "c", "c", "other"]
    assert list_former(renamed, "c") == ("a", "x", "b") and list_former(renamed, "a") == ()
