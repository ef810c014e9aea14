"""The catalogue: order, when the next release is due, copies, and what can be asked of it."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wholes import build_catalogue
from worlds import make_catalogue, make_office, make_pipeline, make_release, make_schedule, make_spec

from entaku.catalogue import facets
from entaku.catalogue.build import add_months, find_due, find_overdue, list_copies
from entaku.model.grammar import FREQUENCIES, Coverage
from entaku.model.profile import Profile
from entaku.model.table_schema import Schema, SchemaField

LIFTS = make_pipeline("elevators", (make_schedule(),))


def test_datasets_are_sorted_by_name_whatever_the_order_of_specs():
    names = ["b-data", "a-data", "c-data"]
    specs = [make_spec(make_pipeline(name, (make_schedule(),))) for name in names]
    one = build_catalogue(make_office(), specs, {}, {}, {}, "1")
    other = build_catalogue(make_office(), reversed(specs), {}, {}, {}, "1")
    assert [each.spec.pipeline.name for each in one.datasets] == sorted(names)
    assert one == other


def test_a_dataset_without_release_has_no_due_day_and_nothing_current():
    [dataset] = build_catalogue(make_office(), [make_spec(LIFTS)], {}, {}, {}, "1").datasets
    assert (dataset.current, dataset.due, dataset.attempt, dataset.checked) == (None, None, None, "")


@pytest.mark.parametrize(
    ("frequency", "due"),
    [
        ("daily", date(2022, 4, 4)),
        ("weekly", date(2022, 4, 10)),
        ("monthly", date(2022, 5, 10)),
        ("quarterly", date(2022, 7, 15)),
        ("yearly", date(2023, 5, 15)),
        ("irregular", None),
    ],
)
def test_due_counts_from_the_day_in_the_office_s_time_zone(frequency, due):
    release = make_release(LIFTS, "2022-03-30")  # fetched on the 31st in Tokyo
    assert find_due(facets.find_day(release.created, "Asia/Tokyo"), frequency) == due
    assert frequency in FREQUENCIES


@pytest.mark.parametrize(
    ("frequency", "overdue", "today", "late"),
    [
        ("daily", None, date(2022, 4, 6), None),
        ("daily", None, date(2022, 4, 7), (3, date(2022, 4, 6))),
        ("daily", None, date(2022, 4, 9), (3, date(2022, 4, 6))),
        ("daily", None, date(2022, 4, 10), (6, date(2022, 4, 9))),
        ("daily", 1, date(2022, 4, 10), (6, date(2022, 4, 9))),
        ("daily", 20, date(2022, 4, 10), None),
        ("weekly", None, date(2022, 4, 18), (2, date(2022, 4, 17))),
        ("monthly", None, date(2022, 6, 11), (2, date(2022, 6, 10))),
        ("quarterly", None, date(2022, 7, 15), None),
        ("quarterly", None, date(2022, 7, 16), (1, date(2022, 7, 15))),
        ("yearly", None, date(2025, 1, 1), (2, date(2024, 5, 15))),
        ("yearly", 1000, date(2999, 12, 31), None),
        ("yearly", 7000, date(9999, 12, 31), (7000, date(9022, 5, 15))),
        ("irregular", 1, date(9999, 12, 31), None),
    ],
)
def test_overdue_counts_as_many_periods_as_the_owner_allows(frequency, overdue, today, late):
    pipeline = replace(LIFTS, frequency=frequency, overdue=overdue)
    assert find_overdue(date(2022, 3, 31), pipeline, today) == late


def test_a_month_later_is_the_last_day_where_there_is_no_such_day():
    assert add_months(date(2022, 1, 31), 1) == date(2022, 2, 28)
    assert add_months(date(2023, 12, 31), 2) == date(2024, 2, 29)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 48))
def test_adding_months_moves_exactly_so_many_months(day, months):
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


def test_copies_are_every_file_of_every_release_and_the_current_ones_again():
    catalogue = make_catalogue()
    copies = list_copies(catalogue)
    assert copies["datasets/elevators/2022.03.24/schedule.csv"] == ("elevators", "2022.03.24", "schedule.csv")
    assert copies["datasets/elevators/schedule.csv"] == ("elevators", "2022.06.27", "schedule.csv")
    assert copies["datasets/tourism/table-2.parquet"] == ("tourism", "2025.01.31", "table-2.parquet")
    for name in ("datapackage.json", "report.json"):
        assert copies[f"datasets/markets/{name}"] == ("markets", "2026.06.30", name)
    for name in ("manifest.json", "SHA256SUMS"):
        assert copies[f"datasets/markets/2026.06.30/{name}"] == ("markets", "2026.06.30", name)
        assert f"datasets/markets/{name}" not in copies
    assert not [path for path in copies if "planned" in path]
    assert list(copies) == sorted(copies)


def test_facets_find_datasets_and_totals():
    catalogue = make_catalogue()

    def names(datasets):
        return [dataset.spec.pipeline.name for dataset in datasets]

    assert names(facets.select_publisher(catalogue, "kotsu")) == ["elevators", "planned"]
    assert names(facets.select_theme(catalogue, "economy")) == ["markets", "tourism"]
    assert [names(facets.list_answers(catalogue, each)) for each in catalogue.requests] == [
        ["tourism"],
        [],
        ["elevators"],
    ]
    assert [each.id for each in facets.list_requests(catalogue, "elevators")] == ["2021-02-elevators"]
    assert [each.id for each in facets.list_showcases(catalogue, "tourism")] == ["lift-map"]
    assert names(facets.list_newest(catalogue)) == ["markets", "tourism", "elevators"]
    totals = facets.count_all(catalogue)
    assert (totals.datasets, totals.tables, totals.rows) == (3, 5, 5 * 2506)
    assert (totals.requests, totals.answered) == (3, 2)
    tourism, _, lifts = catalogue.requests
    waits = [(day - each.asked).days for each, day in ((tourism, date(2025, 2, 1)), (lifts, date(2022, 3, 24)))]
    assert totals.days == min(waits)
    assert facets.count_all(replace(catalogue, requests=(catalogue.requests[1],))).days is None


def test_a_request_is_answered_as_stated_or_by_the_first_release_for_it():
    catalogue = make_catalogue()
    tourism, markets, lifts = catalogue.requests
    assert facets.find_answer(catalogue, lifts) == date(2022, 3, 24)
    assert facets.find_answer(catalogue, tourism) == date(2025, 2, 1)  # UTC evening, Tokyo's next day
    assert facets.find_answer(catalogue, markets) is None
    assert facets.find_answer(catalogue, replace(tourism, status="declined")) is None


def test_the_status_is_as_stated_or_as_the_releases_show():
    catalogue = make_catalogue()
    tourism, markets, _ = catalogue.requests
    assert [facets.find_status(catalogue, each) for each in catalogue.requests] == ["answered", "open", "answered"]
    assert facets.find_status(catalogue, replace(markets, datasets=("planned",))) == "in_progress"
    assert facets.find_status(catalogue, replace(markets, datasets=("nothing",))) == "open"
    assert facets.find_status(catalogue, replace(tourism, status="withdrawn")) == "withdrawn"


@pytest.mark.parametrize(
    ("fields", "key", "span"),
    [
        ({"date": ("date", "2024-02-03", "2025-01-31"), "made": ("date", "1999-01-01", "2030-01-01")}, ("date",), ("2024-02-03", "2025-01-31")),
        ({"date": ("date", "2024-02-03", "2025-01-31")}, (), ("2024-02-03", "2025-01-31")),
        ({"date": ("date", "2024-02-03", "2025-01-31"), "made": ("date", "1999-01-01", "2030-01-01")}, (), ("", "")),
        ({"month": ("yearmonth", "2024-01", "2024-02")}, ("month",), ("2024-01-01", "2024-02-29")),
        ({"at": ("datetime", "2024-01-01T16:00:00Z", "2024-02-01T14:59:00Z")}, ("at",), ("2024-01-02", "2024-02-01")),
        ({"at": ("datetime", "2024-01-01T16:00:00", "2024-02-01T14:59:00")}, ("at",), ("2024-01-01", "2024-02-01")),
        ({"year": ("year", 2019, 2024)}, ("year",), ("", "")),
        ({"at": ("datetime", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")}, ("at",), ("", "")),
        ({"date": ("date", None, None)}, ("date",), ("", "")),
        ({"date": ("date", "2024-02-03", "9999-12-31")}, ("date",), ("2024-02-03", "2024-02-03")),
    ],
)  # fmt: skip
def test_the_period_is_that_of_the_days_in_the_key(fields, key, span):
    schema = Schema(
        fields=tuple(SchemaField(name=name, type=kind) for name, (kind, *_) in fields.items()), primaryKey=key
    )
    catalogue = make_catalogue()
    dataset = catalogue.by_name["elevators"]
    profile = tuple(Profile(name, kind, 9, 0, 9, True, least, most) for name, (kind, least, most) in fields.items())
    (table,) = dataset.current.resources[:1]
    table = replace(table, resource=replace(table.resource, schema=schema), profile=profile)
    pipeline = replace(dataset.spec.pipeline, coverage=Coverage())
    release = replace(dataset.current, resources=(table,))
    seen = replace(dataset, spec=replace(dataset.spec, pipeline=pipeline), releases=(release,))
    assert facets.find_span(seen, "Asia/Tokyo") == span
    stated = replace(seen, spec=replace(seen.spec, pipeline=replace(pipeline, coverage=Coverage(from_="2020-04-01"))))
    assert facets.find_span(stated, "Asia/Tokyo") == ("2020-04-01", "")


def test_datasets_about_the_catalogue_are_not_news():
    ledger = make_pipeline("requests", (make_schedule(),))
    made = {"requests": (make_release(ledger, "2030-01-01"),)}
    assert facets.list_newest(build_catalogue(make_office(), [make_spec(ledger)], made, {}, {}, "1")) == ()


def test_samples_are_seen_only_in_current_releases():
    assert facets.has_samples(make_catalogue(sample=True))
    assert not facets.has_samples(make_catalogue())
