"""Why a release was made, told from it and the one before it."""

from dataclasses import replace

from worlds import make_pipeline, make_release, make_schedule

from entaku.model.nouns import Release
from entaku.model.revisions import Why
from entaku.release.revise import find_why

SCHEDULE = make_schedule()


def make(*tables: str, name: str = "lifts") -> Release:
    """A release of such tables."""
    return make_release(make_pipeline(name, tuple(replace(SCHEDULE, name=table) for table in tables)), "2026-06-01")


def test_a_table_more_or_less_is_another_structure() -> None:
    assert find_why(make("schedule"), make("schedule", "stops")) == (Why("structure", ("tables",)),)
    assert find_why(make("schedule", "stops"), make("schedule")) == (Why("structure", ("tables",)),)
    assert find_why(make("schedule"), make("schedule")) == ()


def test_another_name_is_no_correction_of_the_address_and_hides_no_other() -> None:
    before, after = make("schedule"), make("schedule", name="elevators")
    renamed = Why("renamed", ("lifts",))
    assert find_why(before, after, ("title", "homepage")) == (renamed, Why("metadata", ("title",)))
    assert find_why(before, after, ("homepage",)) == (renamed,)
    assert find_why(before, before, ("homepage",)) == (Why("metadata", ("homepage",)),)


def change(release: Release, raw: str) -> Release:
    """The release with another table, from source files with this hash."""
    [table] = release.resources
    raws = tuple(replace(each, sha256=raw) for each in table.raws)
    return replace(release, resources=(replace(table, csv=replace(table.csv, sha256="0" * 64), raws=raws),))


def test_other_rows_come_of_other_sources_or_else_of_the_program() -> None:
    before = make("schedule")
    same = replace(before.resources[0], raws=tuple(replace(each, sha256="a" * 64) for each in before.resources[0].raws))
    before = replace(before, resources=(same,))
    assert find_why(before, change(before, "b" * 64)) == (Why("data", ("schedule",)),)
    assert find_why(before, change(before, "a" * 64)) == (Why("program"),)
