"""`anomalies` of a pipeline: by how much a release may differ from those before it until that is told, warned of, or
holds it, and what of it its owner has looked into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field

from entaku.model.words import STRICT, FieldName, Names, Words, no_items

AnomalyName = Literal[
    "rows-lost", "rows-jumped", "cells-emptied", "values-drifted", "values-shifted", "signs-flipped", "values-constant",
    "categories-lost", "categories-new", "codes-cut", "texts-drifted", "dates-far", "period-twice", "period-missing",
    "copy-stale",
]  # fmt: skip
ANOMALIES: tuple[AnomalyName, ...] = get_args(AnomalyName)
"""Kinds of anomalies, each the code of its finding; docs/anomalies.md says what is measured of each."""

Tier = Literal["tell", "warn", "hold", "ignore"]
Size = Annotated[float, Field(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """The sizes above which an anomaly of one kind is told, warned of, or holds the release."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    tell: Annotated[Size | None, Field(description="超えればお知らせ / more is told")] = None
    warn: Annotated[Size | None, Field(description="超えれば警告 / more warns")] = None
    hold: Annotated[Size | None, Field(description="超えれば公開しない / more holds the release")] = None


TierOrSizes = Tier | Tiers


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedAnomaly:
    """What its owner has looked into and lets through, of these very source files alone."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    files: Annotated[
        str, Field(pattern="^[0-9a-f]{12}$", description="元ファイルの印（指摘が示す）/ the mark of the files, shown by the finding")
    ]  # fmt: skip
    kinds: Annotated[tuple[AnomalyName, ...], Field(min_length=1, description="認める種類 / the kinds")]
    columns: Annotated[Names, Field(description="認める列。なければ、すべて / the columns; none: any")] = ()
    why: Annotated[Words, Field(description="理由（公開）/ why; published")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomalies:
    """How the next release is compared with those before it; docs/anomalies.md tells how."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    releases: Annotated[
        int, Field(ge=1, le=60, description="比べる版の数。省略時 12 / earlier releases to compare with; default 12")
    ] = 12
    kinds: Annotated[
        Mapping[AnomalyName, TierOrSizes],
        Field(
            description="種類ごとの段階か、しきい値。ignore は調べない / by kind, a tier or sizes; ignore: not looked for"
        ),
    ] = field(default_factory=no_items)
    columns: Annotated[
        Mapping[FieldName, Mapping[AnomalyName, TierOrSizes]],
        Field(description="列ごとの、種類ごとの段階か、しきい値 / by column and kind"),
    ] = field(default_factory=no_items)
    accept: Annotated[
        tuple[AcceptedAnomaly, ...],
        Field(description="確かめて、この版に限り認めるもの / what was looked into and is let through, once"),
    ] = ()


Watched = Annotated[
    Anomalies,
    Field(description="前の版と違いすぎるときの扱い（docs/anomalies.md）/ what to do of a release unlike those before"),
]


def find_tier(anomalies: Anomalies, kind: AnomalyName, usual: Tiers, column: str, size: float) -> Tier:
    """Return the tier of an anomaly of a size; `usual`: the sizes where its owner says nothing."""
    for said in (anomalies.columns.get(column, {}).get(kind), anomalies.kinds.get(kind)):
        if said is None:
            continue
        if isinstance(said, str):
            least = min(limit for limit in (usual.tell, usual.warn, usual.hold) if limit is not None)
            return said if size > least else "ignore"
        usual = Tiers(
            tell=usual.tell if said.tell is None else said.tell,
            warn=usual.warn if said.warn is None else said.warn,
            hold=usual.hold if said.hold is None else said.hold,
        )
        break
    tiers: tuple[tuple[Tier, float | None], ...] = (("hold", usual.hold), ("warn", usual.warn), ("tell", usual.tell))
    return next((tier for tier, limit in tiers if limit is not None and size > limit), "ignore")
