"""`charts:` of a resource: what an owner plans to be drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from entaku.model.words import NO_WORDS, STRICT, FieldName, Scalar, Words, no_items

ChartKind = Literal["line", "bars", "parts", "spread", "points"]
ChartHow = Literal["value", "count", "sum", "mean", "min", "max"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPlan:
    """A chart: `line` is a time series along the dates of `x`, `bars` a ranking of what stands in `x`, `parts` the share
    of each in the whole, `spread` how the numbers of `x` are distributed, `points` a map of the degrees `x` (longitude)
    and `y` (latitude), or of the geopoints or the GeoJSON of `x`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    kind: Annotated[
        ChartKind,
        Field(
            description="時系列、順位、内訳、分布、地図 / a time series, a ranking, parts of a whole, a distribution, a map"
        ),
    ]
    x: Annotated[
        FieldName,
        Field(
            description="横軸の列：日付、項目、数（分布）、経度か geopoint か geojson（地図）/ column of dates, names, numbers (spread), "
            "longitudes or geopoints or GeoJSON (a map)"
        ),
    ]
    y: Annotated[
        FieldName | None,
        Field(
            description="数の列。なければ行を数える。地図では緯度 / column of numbers (or latitudes); none counts rows"
        ),
    ] = None
    by: Annotated[FieldName | None, Field(description="線を分ける列（line だけ）/ a line for each of its values")] = (
        None
    )
    how: Annotated[
        ChartHow,
        Field(
            description="同じところの数のまとめ方：そのまま（一つだけのとき）、行数、合計、平均、最小、最大 / several numbers at one place: "
            "as they are (only if there is one), rows, sum, mean, least, greatest"
        ),
    ] = "value"
    where: Annotated[
        Mapping[FieldName, Scalar], Field(description="この値の行だけを使う / only rows with these values")
    ] = field(default_factory=no_items)
    title: Annotated[Words, Field(description="題名（なければ列の見出しから）/ title, else made of labels")] = NO_WORDS
