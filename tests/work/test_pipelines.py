"""The three pipelines on their samples, and on the real files beside the project where they are at hand."""

import csv
import hashlib
import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from projects import MemoryDesk, make_setting
from replaying import compare, count_by_pandas, read_rows, replay
from wholes import make_part

from entaku.check import Verdict
from entaku.fetch.asks import ckan_asks, list_asks, read_ckan
from entaku.fetch.folder import folder_path
from entaku.model.changes import Change, show_change
from entaku.model.grammar import Office, Resource
from entaku.model.messages import say
from entaku.model.nouns import Ask, Finding, History, Raw, Spec
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text
from entaku.release import diff
from entaku.spec.spec import parse_project
from entaku.table.parts import Work
from entaku.work.build import build_tables

PROJECT = Path(__file__).parents[2]
SAMPLES = PROJECT / "pipelines" / "samples"
SHARED = PROJECT.parent / "shared"
TODAY = date(2026, 7, 1)
Row = dict[str, str]


@cache
def project() -> tuple[Office, dict[str, Spec]]:
    def read(path: str) -> bytes:
        return (PROJECT / path).read_bytes()

    paths = [PROJECT / "catalogue.yaml", *(PROJECT / "pipelines").glob("*.yaml"), *(PROJECT / "codes").glob("*.csv")]
    office, specs, findings = parse_project({p.relative_to(PROJECT).as_posix(): p.read_bytes() for p in paths}, read)
    assert [say(finding, "en") for finding in findings] == []
    assert office is not None
    return office, {spec.pipeline.name: spec for spec in specs}


def versions(folders: Iterable[Path], url: str) -> list[tuple[str, bytes]]:
    """Every version of a URL in dated folders: the day, the bytes."""
    paths = ((folder.name, folder / folder_path(url)) for folder in sorted(folders))
    return [(day, path.read_bytes()) for day, path in paths if path.is_file()]


def asks_of(resource: Resource, folders: list[Path]) -> tuple[Ask, ...]:
    assert resource.source is not None
    if resource.source.ckan is None:
        return list_asks(resource.source, TODAY)
    (question,) = ckan_asks(resource.source.ckan)
    asks, findings = read_ckan(resource.source.ckan, [body for _, body in versions(folders, question.url)])
    assert findings == ()
    return asks


def build(spec: Spec, folders: list[Path]) -> tuple[Verdict, tuple[Finding, ...], MemoryDesk]:
    """What comes of a dataset when every file of `folders` has been fetched."""
    bodies: dict[str, bytes] = {}
    raws: dict[str, tuple[Raw, ...]] = {}
    for resource in spec.pipeline.resources:
        if resource.source is None:
            continue
        found: list[Raw] = []
        for ask in asks_of(resource, folders):
            every = versions(folders, ask.url)
            for day, body in every if resource.source.overwritten else every[-1:]:
                sha256 = hashlib.sha256(body).hexdigest()
                bodies[sha256] = body
                found.append(Raw(ask.url, ask.values, "sample", f"{day}T00:00:00Z", sha256, len(body)))
        raws[resource.name] = tuple(found)
    desk = MemoryDesk()
    with tempfile.TemporaryDirectory() as folder:
        setting = make_setting(Path(folder))
        object.__setattr__(setting, "store", Bodies(bodies))
        built = build_tables(setting, project()[0], spec, raws, desk)
    return built.verdict, built.findings, desk


class Bodies:
    """A store that holds these bytes, by hash."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self.bodies = bodies

    def history(self, _dataset: str) -> History:
        return History()

    def raw(self, _dataset: str, sha256: str) -> bytes:
        return self.bodies[sha256]

    def open_raw(self, dataset: str, sha256: str) -> io.BytesIO:
        return io.BytesIO(self.raw(dataset, sha256))


@cache
def from_samples(dataset: str) -> tuple[Verdict, tuple[Finding, ...], MemoryDesk]:
    return build(project()[1][dataset], sorted(SAMPLES.glob("????-??-??")))


def rows(desk: MemoryDesk, name: str) -> list[Row]:
    csv_bytes = desk.read(f"{name}.csv")
    return list(csv.DictReader(io.StringIO(csv_bytes.decode(), newline="")))


def sample_rows(dataset: str, name: str) -> list[Row]:
    _, findings, desk = from_samples(dataset)
    assert [say(finding, "en") for finding in findings if finding.severity == "error"] == []
    return rows(desk, name)


def real(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.is_dir():
        pytest.skip("the real files are not at hand")
    return path


# ---- all of them ------------------------------------------------------------------------------------------------

ALL = ("tokyo-market-daily", "tokyo-tourism-statistics", "toei-elevator-inspections")


@pytest.mark.parametrize("dataset", ALL)
def test_samples_pass_every_check(dataset: str) -> None:
    verdict, findings, _ = from_samples(dataset)
    assert [say(finding, "en") for finding in findings if finding.severity == "error"] == []
    assert verdict.report.valid
    assert len(verdict.checked) == len(project()[1][dataset].pipeline.resources)


def bilingual(words: object) -> bool:
    return bool(getattr(words, "ja", "") and getattr(words, "en", ""))


@pytest.mark.parametrize("dataset", ALL)
def test_everything_is_said_in_both_languages(dataset: str) -> None:
    pipeline = project()[1][dataset].pipeline
    for words in (pipeline.title, pipeline.description, pipeline.credit, *pipeline.notes):
        assert bilingual(words), words
    for resource in pipeline.resources:
        assert bilingual(resource.title), resource.name
        assert bilingual(resource.description), resource.name
        for field in resource.schema.fields:
            assert bilingual(field.title), (resource.name, field.name)
            assert bilingual(field.description), (resource.name, field.name)


def test_the_catalogue_is_said_in_both_languages() -> None:
    office, _ = project()
    for words in (office.title, office.description):
        assert bilingual(words)
    for publisher in office.publishers.values():
        assert bilingual(publisher.title)
        assert bilingual(publisher.description)
    for license in office.licenses.values():
        assert bilingual(license.title)
        assert bilingual(license.summary)
    for theme in office.themes.values():
        assert bilingual(theme.title)
        assert bilingual(theme.description)


# ---- versions, and what each changed ------------------------------------------------------------------------------


def list_versions(dataset: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Verdict, MemoryDesk]]:
    """Build a dataset of half of its source files, of all but one, and of all."""
    folders, every, whole = sorted(SAMPLES.glob("????-??-??")), asks_of, from_samples(dataset)[::2]
    if any(resource.source and resource.source.overwritten for resource in project()[1][dataset].pipeline.resources):
        return [*(build(project()[1][dataset], folders[:count])[::2] for count in range(1, len(folders))), whole]
    made = []
    for cut in (lambda count: -(-count // 2), lambda count: max(count - 1, 1)):

        def asks_now(resource: Resource, among: list[Path], cut: Callable[[int], int] = cut) -> tuple[Ask, ...]:
            there = [ask for ask in every(resource, among) if versions(among, ask.url)]
            return tuple(there[: cut(len(there))])

        monkeypatch.setattr(sys.modules[__name__], "asks_of", asks_now)
        made.append(build(project()[1][dataset], folders)[::2])
    return [*made, whole]


def find_zoned(desk: MemoryDesk, name: str) -> frozenset[str]:
    """The columns of instants of a table."""
    schema = pq.read_schema(io.BytesIO(desk.read(f"{name}.parquet")))
    return frozenset(each.name for each in schema if getattr(each.type, "tz", None))


def confirm(made: list[tuple[Verdict, MemoryDesk]]) -> list[Change]:
    """Compare each version's tables with those before: each is made again from the changes, which pandas counts alike."""
    changes = []
    for (one, before), (other, after) in pairwise(made):
        for old, new in zip(one.checked, other.checked, strict=True):
            name = new.resource.name
            bodies = [desk.read(f"{name}.csv") for desk in (before, after)]
            sides = [
                diff.Side(
                    each.resource, partial(io.BytesIO, body), each.written.rows, len(body), find_zoned(desk, name)
                )
                for each, desk, body in zip((old, new), (before, after), bodies, strict=True)
            ]
            change, files = compare(*sides)
            again = replay(read_rows(bodies[0]), show_change(change), files)
            if change.reordered:
                assert sorted(map(tuple, map(dict.values, again))) == sorted(
                    map(tuple, map(dict.values, read_rows(bodies[1])))
                )
            else:
                assert again == read_rows(bodies[1])
            frames = [pd.read_csv(io.BytesIO(body), dtype=str, keep_default_na=False) for body in bodies]
            counted = count_by_pandas(frames[0], frames[1], change.key, {})
            assert (change.added, change.removed, change.changed, change.cells) == counted
            changes.append(change)
    return changes


@pytest.mark.parametrize(
    "dataset",
    [pytest.param(name, marks=pytest.mark.sweep if name == "tokyo-market-daily" else ()) for name in ALL],
)
def test_any_version_is_made_again_from_the_one_before_and_its_changes(
    dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list_versions(dataset, monkeypatch)
    assert len(made) >= 3
    changes = confirm(made)
    assert sum(change.added for change in changes) > 0


def test_the_real_history_of_the_elevators_is_made_again() -> None:
    """Six months of files: of four the layout differs, and the table's columns are the same in all."""
    folders = sorted(real("history").iterdir())
    spec = project()[1]["toei-elevator-inspections"]
    changes = confirm([build(spec, folders[:count])[::2] for count in range(1, len(folders) + 1)])
    for table in ("schedule", "stations"):
        assert len([change for change in changes if change.table == table]) == len(folders) - 1 >= 5
    assert not any(change.structure for change in changes)


def test_the_month_with_two_columns_more_is_told_as_columns_added() -> None:
    """The same files as they are, without the pipeline, which gives all of them the same columns."""
    paths = sorted(real("history").rglob("*.csv"))
    sides = []
    for path in paths:
        lines = [cells for cells in csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")) if any(cells)]
        names = [name or f"column_{n}" for n, name in enumerate(lines[0], 1)]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([names, *(row[: len(names)] for row in lines[1:])])
        fields = tuple(SchemaField(name=name) for name in names)
        resource = Resource(name="t", title=Text(ja="t"), schema=Schema(fields=fields))
        body = text.getvalue().encode()
        sides.append(diff.Side(resource, partial(io.BytesIO, body), len(lines) - 1, len(body)))
    told = []
    for before, after in pairwise(sides):
        change, files = compare(before, after)
        told.append((change.columns_added, change.columns_removed))
        old, new = (read_rows(side.open().read()) for side in (before, after))
        assert replay(old, show_change(change), files) == new
        assert (change.added, change.removed, 0, {}) == count_by_pandas(pd.DataFrame(old), pd.DataFrame(new), (), {})
    extra = ("column_21", "column_22")
    assert told == [(extra, ()), ((), extra), ((), ()), ((), ()), ((), ())]


# ---- elevators --------------------------------------------------------------------------------------------------


def elevators() -> list[Row]:
    return sample_rows("toei-elevator-inspections", "schedule")


def test_elevators_are_the_union_of_all_versions() -> None:
    found = elevators()
    assert sorted({row["date"][:7] for row in found}) == ["2026-04", "2026-05", "2026-06", "2026-07"]
    assert len({(row["elevator_id"], row["date"]) for row in found}) == len(found)
    assert [(row["date"], row["elevator_id"]) for row in found] == sorted(
        (row["date"], row["elevator_id"]) for row in found
    )
    april = [row["elevator_id"] for row in found if row["date"] < "2026-05"]
    may = [row["elevator_id"] for row in found if "2026-05" <= row["date"] < "2026-06"]
    assert "E-93_01" not in april
    assert "E-93_01" in may


def test_elevators_keep_stops_verbatim_and_list_their_floors() -> None:
    floors = {row["stops"]: json.loads(row["floors"]) for row in elevators()}
    assert floors["B1F～1F"] == ["1F", "B1F"]
    assert floors["B1F～B1F"] == ["B1F"]
    assert floors["1F～BM1F"] == ["1F", "BM1F"]
    assert floors["BM1F～B1F～B3F"] == ["BM1F", "B1F", "B3F"]


def test_elevators_lose_only_outer_spaces_of_places() -> None:
    place = {row["elevator_id"]: row["location"] for row in elevators()}
    assert place["E-92_02"] == "A3地上出入口～改札口"
    assert place["I-92_01"] == "A1地上出入口(標本公園南口)～１番線改札口"
    assert place["E-91_03"] == "6番地上出入口(ﾐﾎﾝｾﾝﾀｰ)～見本線改札口～改札口"
    assert place["A-91_03"] == "A0地上出入口～１番線改札口(年点検）"
    assert place["E-92_01"] == "5,6番連絡通路～改札口"


def test_real_elevator_files_replayed_in_order() -> None:
    spec = project()[1]["toei-elevator-inspections"]
    _, findings, desk = build(spec, list(real("history").glob("????-??-??")))
    assert [say(finding, "en") for finding in findings if finding.severity == "error"] == []
    found = rows(desk, "schedule")
    assert len(found) == 206 + 208 + 206 + 208 + 211 + 208
    assert {row["date"][:7] for row in found} == {"2022-03", "2022-04", "2022-07", "2022-09", "2022-11", "2023-01"}
    assert json.loads({row["elevator_id"]: row["floors"] for row in found}["I-04_01"]) == ["1F", "B1F"]
    assert {row["latitude"] for row in found} == {""}


# ---- tourism ----------------------------------------------------------------------------------------------------


def test_behaviour_survey_is_one_table_over_the_years() -> None:
    found = sample_rows("tokyo-tourism-statistics", "visitor-behaviour")
    assert len(found) == 3 * 21
    assert sorted({(row["year"], row["survey"]) for row in found}) == [
        ("2019", "H31R1"),
        ("2023", "R5"),
        ("2024", "R6"),
    ]
    kinds = [row["row_type"] for row in found]
    assert (kinds.count("country"), kinds.count("other")) == (60, 3)
    totals = sample_rows("tokyo-tourism-statistics", "visitor-behaviour-totals")
    for total in totals:
        parts = [int(row["respondents"]) for row in found if row["year"] == total["year"]]
        assert total["respondents"] == str(sum(parts))
    assert [total["year"] for total in totals] == ["2019", "2023", "2024"]
    korea = next(row for row in found if row["country_ja"] == "韓国")
    assert (korea["country_en"], korea["country_code"]) == ("South Korea", "KR")


def test_real_behaviour_survey() -> None:
    mirror = real("mirror", "www.opendata.metro.tokyo.lg.jp", "sangyouroudou").parents[1]
    spec = project()[1]["tokyo-tourism-statistics"]
    only = replace(spec, pipeline=replace(spec.pipeline, resources=spec.pipeline.resources[:2]))
    _, findings, desk = build(only, [mirror])
    assert [say(finding, "en") for finding in findings if finding.severity == "error"] == []
    found = {row["country_ja"]: row for row in rows(desk, "visitor-behaviour")}
    assert len(found) == 21
    (total,) = rows(desk, "visitor-behaviour-totals")
    assert total["respondents"] == "14091" == str(sum(int(row["respondents"]) for row in found.values()))
    korea = found["韓国"]
    assert (korea["male"], korea["female"], korea["no_answer"]) == ("48.8", "47.3", "3.9")
    assert (korea["respondents"], korea["year"]) == ("1763", "2024")


def test_visitor_numbers_hold_parts_and_totals_apart() -> None:
    parts = sample_rows("tokyo-tourism-statistics", "visitor-numbers")
    totals = sample_rows("tokyo-tourism-statistics", "visitor-totals")
    assert len(parts) == 2 * 5 * 2 * 2 * 3
    assert len(totals) == 2 * 4 * (9 * 4 - 12)
    for row in parts:
        assert "合計" not in (row["stay"], row["purpose"], row["origin"])
    for row in totals:
        assert "合計" in (row["stay"], row["purpose"], row["origin"])
    assert {(row["measure"], row["unit"]) for row in parts} == {
        ("観光地点延べ客数", "千人回"),
        ("平均訪問地点数", "地点"),
        ("観光入込客数", "千人回"),
        ("観光消費額", "百万円"),
        ("経済波及効果", "百万円"),
    }
    assert [row["measure"] for row in parts if row["value"] == ""] == ["平均訪問地点数"] * 2


def test_rounded_totals_are_told_and_wrong_ones_hold_the_release() -> None:
    _, findings, _ = from_samples("tokyo-tourism-statistics")
    assert "sum-rounded" in {finding.code for finding in findings}
    wrong = break_sample("R6tourist_number_survey_3.csv", lambda text: text.replace("18001", "18003"))
    assert "sum-differs" in {finding.code for finding in wrong("tokyo-tourism-statistics", "visitor-totals")}


def break_sample(name: str, change: Callable[[str], str]) -> Callable[[str, str], tuple[Finding, ...]]:
    """The findings on one resource when the sample called `name` (cp932) is changed."""

    def find(dataset: str, resource_name: str) -> tuple[Finding, ...]:
        spec = project()[1][dataset]
        by_name = {resource.name: resource for resource in spec.pipeline.resources}
        resource = by_name[resource_name]
        base = by_name[resource.from_ or resource.name]
        (ask,) = (ask for ask in asks_of(base, []) if folder_path(ask.url).as_posix().endswith(name))
        _, body = versions(SAMPLES.glob("????-??-??"), ask.url)[-1]
        changed = change(body.decode("cp932")).encode("cp932")
        assert changed != body
        raw = Raw(ask.url, ask.values, "sample", "2026-07-01T00:00:00Z", "0" * 64, len(changed))
        return make_part(Work(raw, base.read, resource.tidy, spec.file), changed).outline.findings

    return find


# ---- market -----------------------------------------------------------------------------------------------------

MARKET = "tokyo-market-daily"
DAYS = ["2026-06-22", "2026-06-23", "2026-06-25", "2026-06-26", "2026-06-27", "2026-06-29"]


def test_market_prices_carry_down_what_is_blank() -> None:
    found = sample_rows(MARKET, "produce-prices")
    assert sorted({row["date"] for row in found}) == DAYS
    assert {row["market"] for row in found} == {"豊洲", "大田", "板橋"}
    assert len(found) == len(DAYS) * 3 * 22
    grapes = [
        (row["method"], row["variety"], row["origin"], row["unit_kg"])
        for row in found
        if (row["date"], row["market"], row["item"]) == ("2026-06-25", "大田", "ぶどう")
    ]
    assert grapes == [
        ("相対", "シャインマスカ", "各地", "5"),
        ("相対", "シャインマスカ", "見本", "0.35"),
        ("相対", "見本ブラック", "各地", "2"),
        ("せり・入札", "シャインマスカ", "例示", "0.3"),
        ("せり・入札", "見本ブラック", "例示", "0.3"),
    ]


def test_market_prices_are_never_filled_in() -> None:
    found = sample_rows(MARKET, "produce-prices")
    patterns = {"".join("x" if row[name] else "-" for name in ("high", "middle", "low")) for row in found}
    assert patterns == {"xxx", "x--", "-x-", "x-x", "xx-", "---"}


def test_market_leaves_out_what_is_no_item() -> None:
    for name in ("produce-prices", "produce-quantities", "produce-totals", "fish-prices", "fish-quantities"):
        items = {row["item"] for row in sample_rows(MARKET, name)}
        assert items & {"小計", "その他", "合計", "野菜", "果実", "品名", ""} == set(), name


def test_market_categories_hold_when_the_sections_change_places() -> None:
    found = sample_rows(MARKET, "produce-totals")
    assert {(row["category"], row["item"]) for row in found} == {
        *(("野菜", item) for item in ("だいこん", "キャベツ", "トマト", "きゅうり")),
        *(("果実", item) for item in ("ぶどう", "メロン", "すいか")),
    }
    assert len(found) == len(DAYS) * 3 * 7


def test_market_quantities_belong_to_methods_and_may_fall_short_of_the_total() -> None:
    quantities = sample_rows(MARKET, "produce-quantities")
    assert len(quantities) == len(DAYS) * 3 * 13
    totals = {
        (row["date"], row["market"], row["item"]): int(row["total_kg"]) for row in sample_rows(MARKET, "produce-totals")
    }
    sums = dict.fromkeys(totals, 0)
    for row in quantities:
        sums[row["date"], row["market"], row["item"]] += int(row["quantity_kg"])
    assert {totals[key] - sums[key] for key in totals} == {0, 30}


def test_market_fish() -> None:
    assert len(sample_rows(MARKET, "fish-prices")) == len(DAYS) * 9
    assert len(sample_rows(MARKET, "fish-quantities")) == len(DAYS) * 6
    assert len(sample_rows(MARKET, "fish-totals")) == len(DAYS) * 4
    assert {row["category"] for row in sample_rows(MARKET, "fish-totals")} == {"鮮魚", "貝類"}


def test_yearly_files_are_read_whatever_the_order_of_their_columns() -> None:
    prices = sample_rows(MARKET, "annual-prices")
    assert {row["fiscal_year"] for row in prices} == {"2024", "2025"}
    assert {row["market"] for row in prices} == {"豊洲", "大田"}
    assert len(prices) == len(sample_rows(MARKET, "annual-quantities")) == 48


def test_a_date_that_contradicts_the_url_is_a_finding() -> None:
    find = break_sample("20260625/Sei/Sei_K2.csv", lambda text: text.replace("06月25日(木", "06月26日(金"))
    findings = find(MARKET, "produce-prices")
    assert {finding.code for finding in findings if finding.severity == "error"} == {"disagree"}


def test_a_report_of_another_kind_is_a_finding() -> None:
    find = break_sample("20260625/Sei/Sei_K2.csv", lambda text: text.replace("（青果・", "（花き・"))
    assert "title-line" in {finding.code for finding in find(MARKET, "produce-prices")}


def errors(findings: Iterable[Finding], severity: str = "error") -> list[tuple[str, str, int | None]]:
    return [(one.code, one.value, one.place.row) for one in findings if one.severity == severity]


def test_a_market_at_the_address_of_another_is_a_finding() -> None:
    find = break_sample("20260625/Sei/Sei_K1.csv", lambda text: text.replace("・豊洲", "・大田"))
    assert errors(find(MARKET, "produce-prices")) == [("disagree", "大田", 1)]
    find = break_sample("20260625/Sei/Sei_K1.csv", lambda text: text.replace("・豊洲", "・多摩ＮＴ"))
    assert errors(find(MARKET, "produce-prices")) == [("disagree", "多摩NT", 1)]
    find = break_sample("20260625/Sui/Sui_K1.csv", lambda text: text.replace("・豊洲", "・足立"))
    findings = find(MARKET, "fish-prices")
    assert errors(findings) == []
    assert errors(findings, "warning") == [("disagree", "足立", 1)]


def test_a_report_cut_off_is_a_finding() -> None:
    find = break_sample("20260625/Sei/Sei_K1.csv", lambda text: "".join(text.splitlines(keepends=True)[:19]))
    assert [code for code, _, _ in errors(find(MARKET, "produce-prices"))] == ["not-complete"]


def test_a_row_lost_from_a_report_is_a_finding() -> None:
    def lose(text: str) -> str:
        return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("キャベツ"))

    find = break_sample("20260625/Sei/Sei_K1.csv", lose)
    assert [code for code, _, _ in errors(find(MARKET, "produce-totals"))] == ["sum-differs"]


def test_a_schedule_of_nothing_but_its_header_is_an_error() -> None:
    spec = project()[1]["toei-elevator-inspections"]
    resource = spec.pipeline.resources[0]
    assert resource.read is not None and resource.source is not None
    _, body = versions(SAMPLES.glob("????-??-??"), resource.source.url)[-1]
    raw = Raw(resource.source.url, {}, "sample", "2026-07-01T00:00:00Z", "0" * 64, 0)
    work = Work(raw, resource.read, (), spec.file)
    assert [code for code, _, _ in errors(make_part(work, body.splitlines(keepends=True)[0]).outline.findings)] == [
        "no-rows"
    ]
