"""Worlds made by hand for tests: catalogues with everything that their pages and feeds must be able to show."""

import hashlib
import json
import zlib
from dataclasses import replace
from datetime import date

from wholes import build_catalogue

from entaku.model.brand import Brand, Footer, FooterLink, Home
from entaku.model.files import File
from entaku.model.grammar import License, Office, Pipeline, Publisher, Resource, Step, Theme
from entaku.model.ledgers import Request, Showcase
from entaku.model.nouns import Attempt, Catalogue, Finding, Place, Raw, Release, ReleasedResource, Served, Spec
from entaku.model.profile import Bar, Chart, Profile, Series
from entaku.model.table_schema import Constraints, Schema, SchemaField
from entaku.model.words import Text

BASE_URL = "https://data.example.jp/entaku"
HOSTILE = "<script>alert('x')</script>\"&amp;{{ 7 * 7 }}"


def make_office(base_url: str = BASE_URL, evil: str = "") -> Office:
    """Two publishers, two themes, two licences; `evil` is mixed into every free text."""
    return Office(
        title=Text(ja=f"円卓データカタログ{evil}", en=f"Round Table Data{evil}"),
        description=Text(
            ja=f"東京の暮らしに必要なデータを、求める人と持つ役所が一つの円卓で整え、確かめ、公開します。{evil}",
            en=f"Data for daily life in Tokyo, tidied, checked and published at one round table.{evil}",
        ),
        base_url=base_url,
        contact="opendata@example.jp",
        site=Brand(
            home=Home(round_table=True, datasets=("markets",)),
            footer=Footer(
                text=Text(ja=f"見本市\n企画課{evil}", en=f"Sample City{evil}"),
                links=(FooterLink(title=Text(ja=f"公式サイト{evil}", en="City"), url="https://city.example.jp/"),),
            ),
        ),
        publishers={
            "kotsu": Publisher(
                title=Text(ja=f"交通局{evil}", en=f"Bureau of Transportation{evil}"),
                description=Text(ja=f"地下鉄とバスを運営しています。{evil}", en=f"Runs subways and buses.{evil}"),
                url="https://kotsu.example.jp/",
                email="kotsu@example.jp",
            ),
            "shijo": Publisher(title=Text(ja="中央卸売市場", en="Central Wholesale Market")),
            "kanko": Publisher(title=Text(ja="産業労働局", en="Bureau of Industry and Labour")),
        },
        licenses={
            "CC-BY-4.0": License(
                title=Text(ja="クリエイティブ・コモンズ 表示 4.0", en="Creative Commons Attribution 4.0"),
                url="https://creativecommons.org/licenses/by/4.0/deed.ja",
                summary=Text(
                    ja=f"出典を書けば、商用も加工も自由です。{evil}",
                    en=f"Free to use, change and sell, as long as you say where it is from.{evil}",
                ),
            )
        },
        themes={
            "transport": Theme(title=Text(ja=f"交通{evil}", en="Transport"), description=Text(ja="駅、路線、運行")),
            "economy": Theme(title=Text(ja="産業・経済", en="Economy")),
            "tourism": Theme(title=Text(ja="観光", en="Tourism")),
        },
    )  # fmt: skip


def make_requests(evil: str = "") -> tuple[Request, ...]:
    """One request answered on a stated day, one by a release, one still open; the newest first."""
    return (
        Request(
            id="2022-09-tourism", asked=date(2022, 9, 30), by=Text(ja="記者", en="a journalist"),
            title=Text(ja="国別の旅行者数", en="Visitors by country"),
        ),
        Request(
            id="2021-06-markets", asked=date(2021, 6, 4), by=Text(ja="飲食店を営む人", en="a restaurant owner"),
            title=Text(ja="毎日の市場価格", en="Daily market prices"),
        ),
        Request(
            id="2021-02-elevators",
            asked=date(2021, 2, 16),
            by=Text(ja=f"車いすを使う人の移動を支える団体{evil}", en="a group that helps wheelchair users get about"),
            title=Text(ja=f"駅のエレベーターが止まる日{evil}", en="When station lifts are out of service"),
            why=Text(ja=f"乗ってから止まっていると気づくと引き返すしかないため。{evil}", en="To plan a way that works."),
            answered=date(2022, 3, 24),
            reply=Text(ja=f"毎月、翌月の予定を公開します。{evil}", en="The next month's plan comes out every month."),
        ),
    )  # fmt: skip


def make_showcases(evil: str = "") -> tuple[Showcase, ...]:
    """Two things that were built, one with a picture."""
    return (
        Showcase(
            id="lift-map", title=Text(ja=f"えれべーたー案内{evil}", en="Lift map"), since=date(2022, 5, 1),
            about=Text(ja=f"止まっているエレベーターを避ける経路を示します。{evil}", en="Shows ways around lifts that are out."),
            by=Text(ja=f"見本の会{evil}", en="Sample Group"), url="https://lifts.example.org/", picture="mark.svg",
            datasets=("elevators", "tourism"),
        ),
        Showcase(id="plain", title=Text(ja="題名だけの事例"), url="https://plain.example.org/", datasets=("elevators",)),
    )  # fmt: skip


def make_schedule(evil: str = "") -> Resource:
    """A table with every kind of column."""
    return Resource(
        name="schedule",
        title=Text(ja=f"点検日程{evil}", en=f"Schedule{evil}"),
        description=Text(ja=f"一行が一基一日です。{evil}", en=f"One row for each lift and day.{evil}"),
        tidy=(
            "drop_empty_columns",
            {"rename": {"エレベータID": "elevator_id", f"点検日{evil}": "date"}},
            Step(name="trim", options="all", line=30),
        ),
        schema=Schema(
            fields=(
                SchemaField(
                    name="elevator_id",
                    title=Text(ja=f"エレベータID{evil}", en=f"Elevator ID{evil}"),
                    description=Text(ja=f"駅コードと番号{evil}", en=f"Station code and number{evil}"),
                    constraints=Constraints(required=True, pattern=r"[AISE]-\d{2}_\d{2}"),
                ),
                SchemaField(
                    name="line", title=Text(ja="路線", en="Line"), constraints=Constraints(enum=("A", "E", "I", "S"))
                ),
                SchemaField(
                    name="date", type="date", title=Text(ja="点検日", en="Date"), constraints=Constraints(required=True)
                ),
                SchemaField(
                    name="capacity",
                    type="integer",
                    unit="kg",
                    title=Text(ja="重量制限", en="Capacity"),
                    constraints=Constraints(minimum=0, maximum=5000),
                ),
                SchemaField(
                    name="step_free", type="boolean", title=Text(ja="バリアフリー1ルート", en="Step-free route")
                ),
            ),
            primaryKey=("elevator_id", "date"),
        ),
    )


def make_pipeline(name: str, resources: tuple[Resource, ...], evil: str = "", **more: object) -> Pipeline:
    """A pipeline with everything a page shows."""
    given: dict[str, object] = {
        "title": Text(ja=f"都営地下鉄 駅エレベーター点検・工事日程{evil}", en=f"Subway lift inspection schedule{evil}"),
        "description": Text(
            ja=f"都営地下鉄の各駅で、エレベーターが点検や工事で止まる日と時間の予定です。{evil}",
            en=f"When lifts of the subway's stations are out of service for inspection or works.{evil}",
        ),
        "easy": f"駅《えき》の エレベーターが 止《と》まる 日《ひ》です。\n電車《でんしゃ》の ｜乗り場《のりば》へ 行《い》く 人《ひと》に。{evil}",
        "publisher": "kotsu",
        "license": "CC-BY-4.0",
        "themes": ("transport",),
        "keywords": ("エレベーター", f"駅{evil}"),
        "frequency": "monthly",
        "requests": ("2021-02-elevators",),
        "landing_page": "https://kotsu.example.jp/elevator",
        "credit": Text(ja=f"出典：交通局{evil}", en=f"Source: Bureau of Transportation{evil}"),
        "notes": (Text(ja=f"予定であり、実績ではありません。{evil}", en=f"A plan, not a record.{evil}"),),
    }
    return Pipeline(name=name, resources=resources, **{**given, **more})  # type: ignore[arg-type]


def make_spec(pipeline: Pipeline) -> Spec:
    """A spec around a pipeline."""
    canonical = json.dumps({"name": pipeline.name})
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return Spec(
        file=f"pipelines/{pipeline.name}.yaml",
        pipeline=pipeline,
        lines={},
        deflated=zlib.compress(canonical.encode()),
        digest=digest,
    )


def make_file(path: str, size: int = 38_499) -> File:
    return File(path=path, bytes=size, sha256=hashlib.sha256(path.encode()).hexdigest())


def make_raw(n: int, served: Served, day: str = "2022-03-24") -> Raw:
    return Raw(
        url=f"https://kotsu.example.jp/files/schedule_{n:03}.csv",
        values={},
        served=served,
        fetched=f"{day}T00:{n % 60:02}:00Z",
        sha256=hashlib.sha256(f"{n}{served}".encode()).hexdigest(),
        bytes=38_000 + n,
    )


def make_profile(resource: Resource, evil: str = "") -> tuple[Profile, ...]:
    """What may be in columns: a histogram of numbers, the most frequent of texts, nothing at all."""
    told: dict[str, dict[str, object]] = {
        "integer": {"least": 600, "most": 1500, "quantiles": ((0.5, 750),),
                    "histogram": tuple(Bar(n * 100, n * 100 + 100, n % 5) for n in range(6, 15))},
        "date": {"least": "2022-01-01", "most": "2022-12-31", "quantiles": ((0.5, "2022-06-30"),), "distinct": 2,
                 "top": (("2022-12-31", 1500), ("2022-01-01", 1006))},
        "string": {"top": ((f"A{evil}", 2000), ("", 300), ("E", 200))},
        "boolean": {"top": ((True, 2406), (False, 100)), "nulls": 0, "distinct": 2},
    }  # fmt: skip
    return tuple(
        Profile(
            **{
                "name": field.name,
                "type": field.type,
                "rows": 2506,
                "nulls": 6,
                "distinct": 40,
                "exact": True,
                **told.get(field.type, {}),
            }
        )  # type: ignore[arg-type]
        for field in resource.schema.fields
    )


def make_charts(evil: str = "") -> tuple[Chart, ...]:
    """A chart of each kind, for the table of `make_schedule`."""
    common = {"y": "capacity", "step": "", "unit": "kg", "where": {"line": f"A{evil}"}, "title": Text()}
    names = [f"大江戸線{evil}", "", "新宿線", "長い長い名前の路線がここにあります"]
    months = tuple(f"2022-{n:02}" for n in range(1, 13))
    series = tuple(
        Series(name, tuple(None if (n + k) % 7 == 3 else (n + 1) * (k + 2) * 1.5 for n in range(12)))
        for k, name in enumerate(names)
    )
    places = tuple((139.6 + n % 9 / 40, 35.6 + n % 7 / 40, n + 1) for n in range(40))
    return (
        Chart(
            kind="line",
            x="date",
            by="line",
            how="sum",
            marks=months,
            series=series,
            left=3,
            **{**common, "step": "month"},
        ),  # type: ignore[arg-type]
        Chart(
            kind="bars",
            x="line",
            by="",
            how="max",
            marks=tuple(names),
            series=(Series("", (9, 7.5, 3, 1)),),
            left=0,
            **common,
        ),  # type: ignore[arg-type]
        Chart(kind="points", x="capacity", by="", how="count", points=places, **{**common, "unit": ""}),  # type: ignore[arg-type]
    )


def make_release(
    pipeline: Pipeline,
    day: str,
    served: Served = "live",
    findings: tuple[Finding, ...] = (),
    raws: int = 2,
    evil: str = "",
    lean: bool = False,
) -> Release:
    """A release of every table of `pipeline`, fetched on `day` (`2022-03-24`, 15:30 UTC: the next day in Tokyo); a
    `lean` one without what its tables hold."""
    from_raws = tuple(make_raw(n, served, day) for n in range(raws))
    cells = {"date": "2022-03-25", "integer": "750", "number": "48.8", "boolean": "true", "string": f"E-22_01{evil}"}
    tables = tuple(
        ReleasedResource(
            name=resource.name,
            resource=resource,
            rows=2506,
            csv=make_file(f"{resource.name}.csv", 238_000),
            parquet=make_file(f"{resource.name}.parquet", 24_000),
            preview=()
            if lean
            else tuple(
                tuple(cells.get(field.type, cells["string"]) for field in resource.schema.fields) for _ in range(12)
            ),
            raws=from_raws,
            profile=() if lean else make_profile(resource, evil),
            charts=make_charts(evil)
            if {"date", "line", "capacity"} <= {field.name for field in resource.schema.fields}
            else (),
        )
        for resource in pipeline.resources
    )
    files = [make_file("datapackage.json"), make_file("report.json"), make_file("manifest.json")]
    files += [file for table in tables for file in (table.csv, table.parquet)]
    return Release(
        dataset=pipeline.name,
        version=day.replace("-", "."),
        created=f"{day}T15:30:00Z",
        pipeline=pipeline,
        resources=tables,
        findings=findings,
        files=tuple(files),
        key="k" * 64,
    )


def make_catalogue(sample: bool = False, evil: str = "", base_url: str = BASE_URL) -> Catalogue:
    """Four datasets: one with three releases and findings, one of many tables and files, one whose last attempt
    failed, one never released.  `sample` makes the current release of the first one synthetic."""
    schedule = make_schedule(evil)
    lifts = make_pipeline("elevators", (schedule,), evil)
    many = tuple(
        Resource(name=f"table-{n}", title=Text(ja=f"表{n}", en=f"Table {n}"), schema=schedule.schema) for n in range(3)
    )
    tourism = make_pipeline(
        "tourism",
        many,
        title=Text(ja="国・地域別 外国人旅行者行動特性調査", en="Survey of foreign visitors by country"),
        publisher="kanko",
        themes=("tourism", "economy"),
        requests=("2022-09-tourism",),
        frequency="yearly",
    )
    markets = make_pipeline(
        "markets",
        (schedule,),
        evil,
        title=Text(ja="中央卸売市場 日報", en="Wholesale market daily report"),
        publisher="shijo",
        themes=("economy",),
        frequency="daily",
        requests=(),
    )
    planned = make_pipeline(
        "planned",
        (schedule,),
        title=Text(ja="バス停の点字案内", en="Braille at bus stops"),
        frequency="irregular",
        requests=(),
        notes=(),
        credit=Text(),
    )
    url = f"https://kotsu.example.jp/files/schedule.csv{evil}"
    noticed = (
        Finding("sum-rounded", "notice", Place(file=url, row=7, column="合計"), value="99.9", args={"sum": "100.0", "difference": "0.1", "group": f"ロシア{evil}"}),
        Finding("rows-max", "warning", Place(file="pipelines/elevators.yaml", line=41), value="2,506", args={"allowed": "2,500"}),
    )  # fmt: skip
    wrong = tuple(
        Finding(
            "type-error",
            "error",
            Place(file=url, row=12 + n, column="date"),
            value=f"2022/13/{n}{evil}",
            args={"type": "date", "format": "default"},
        )
        for n in range(30)
    )
    releases = {
        "elevators": (
            make_release(lifts, "2022-03-24", evil=evil),
            make_release(lifts, "2022-04-30"),
            make_release(lifts, "2022-06-27", "sample" if sample else "live", noticed, evil=evil),
        ),
        "tourism": (make_release(tourism, "2025-01-31", raws=90),),
        "markets": (make_release(markets, "2026-06-30"),),
    }
    return build_catalogue(
        make_office(base_url, evil),
        [make_spec(pipeline) for pipeline in (tourism, markets, lifts, planned)],
        releases,
        {"markets": Attempt(when="2026-07-02T23:05:00Z", findings=wrong, count=34), "elevators": None},
        {"elevators": "2022-06-28T00:00:00Z", "markets": "2026-07-02T23:00:00Z"},
        "0.1.0",
        make_requests(evil),
        make_showcases(evil),
    )


def generate_catalogue(count: int) -> Catalogue:
    """Many datasets: each with two tables of ten columns, so four files, and two releases."""
    names = [f"dataset-{n:05}" for n in range(count)]
    columns = tuple(
        SchemaField(
            name=f"column_{n}", type=kind, title=Text(ja=f"列{n}", en=f"Column {n}"), unit="人" if n % 3 else ""
        )
        for n, kind in enumerate(("string", "integer", "number", "date", "boolean") * 2)
    )
    releases: dict[str, tuple[Release, ...]] = {}
    pipelines = []
    like = Resource(name="like", title=Text(ja="例"), schema=Schema(fields=columns))
    (shown,) = make_release(make_pipeline("like", (like,)), "2024-01-01").resources
    preview, profile = shown.preview, shown.profile  # of all tables the same, and once in memory
    for n, name in enumerate(names):
        tables = tuple(
            Resource(
                name=f"table-{t}",
                title=Text(ja=f"第{n}号の表{t}", en=f"Table {t} of {n}"),
                schema=Schema(fields=columns, primaryKey=("column_0",)),
            )
            for t in range(2)
        )
        title = Text(ja=f"試験用データセット第{n}号", en=f"Test dataset number {n}")
        made = make_pipeline(name, tables, title=title, requests=(), publisher=("kotsu", "shijo", "kanko")[n % 3])
        pipelines.append(made)
        days = (f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}", f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}")
        older, current = (make_release(made, day, lean=True) for day in days)  # as a publish reads the older
        full = tuple(replace(table, preview=preview, profile=profile) for table in current.resources)
        releases[name] = (older, replace(current, resources=full))
    specs = [make_spec(made) for made in pipelines]
    return build_catalogue(make_office(), specs, releases, {}, {}, "0.1.0")
