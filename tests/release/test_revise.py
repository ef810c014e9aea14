"""Why a release was made, told from it and the one before it."""

from dataclasses import replace

from worlds import make_pipeline, make_release, make_schedule

from entaku.model.nouns import Checked, Release, Written
from entaku.model.revisions import Why
from entaku.model.words import Text
from entaku.release.making import describe_tables
from entaku.release.revise import CurrentRelease, find_why, has_same_data

SCHEDULE = make_schedule()


def make(*tables: str, name: str = "lifts") -> Release:
    """A release of such tables."""
    return make_release(make_pipeline(name, tuple(replace(SCHEDULE, name=table) for table in tables)), "2026-06-01")


def test_a_table_more_or_less_is_another_structure() -> None:
    assert find_why(make("schedule"), make("schedule", "stops")) == (Why("structure", ("tables",)),)
    assert find_why(make("schedule", "stops"), make("schedule")) == (Why("structure", ("tables",)),)
    assert find_why(make("schedule"), make("schedule")) == ()


def test_another_unit_is_another_schema_and_another_title_is_not() -> None:
    [table] = (before := make("schedule")).resources
    schema = table.resource.schema

    def change_field(**changed: object) -> Release:
        fields = (*schema.fields[:3], replace(schema.fields[3], **changed), *schema.fields[4:])  # type: ignore[arg-type]
        resource = replace(table.resource, schema=replace(schema, fields=fields))
        return replace(before, resources=(replace(table, resource=resource),))

    assert find_why(before, change_field(unit="t")) == (Why("structure", ("schema",)),)
    assert find_why(before, change_field(title=Text(ja="積載量"))) == ()


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


def test_the_same_rows_and_types_are_the_same_data_whatever_people_read() -> None:
    current = make("schedule", "stops")
    tables = [
        Checked(each.resource, Written(each.csv, each.parquet, each.rows, each.profile), each.raws)
        for each in current.resources
    ]
    standing = CurrentRelease(current, {"resources": [one for table in tables for one in describe_tables(table)]})
    first, second = tables
    csv, field = first.written.csv, first.resource.schema.fields[3]
    fields = tuple(replace(each, unit="t") if each == field else each for each in first.resource.schema.fields)
    titled = replace(first, resource=replace(first.resource, title=Text(ja="別の題名")))
    heavier = replace(first, resource=replace(first.resource, schema=replace(first.resource.schema, fields=fields)))
    longer = replace(first, written=replace(first.written, csv=replace(csv, sha256="0" * 64)))
    sample = replace(first, raws=tuple(replace(raw, served="sample") for raw in first.raws))
    assert has_same_data(standing, tables) and has_same_data(standing, [titled, second])
    for other in ([heavier, second], [longer, second], [sample, second], [first], [second, first]):
        assert not has_same_data(standing, other)
    assert not has_same_data(replace(standing, release=replace(current, home="elevators")), tables)
