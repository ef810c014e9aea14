"""`keep` of a pipeline: which of its versions stay when newer ones come."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from entaku.model.words import STRICT, VERSION

Most = Annotated[int, Field(ge=1, le=10_000)] | Literal["all"]
Version = Annotated[str, Field(pattern=VERSION)]


def _of_list(value: object) -> object:
    """Make a tuple of a list, as what is behind a validator of our own is no longer read as JSON."""
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRule:
    """How many versions stay; docs/keep.md tells how."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    daily: Annotated[
        Most | None,
        Field(description="版のある日を新しいほうから何日分（その日の最後の版）/ days, of each the last version"),
    ] = None
    weekly: Annotated[
        Most | None, Field(description="版のある週を何週分（月曜から）/ weeks from Monday, of each the last version")
    ] = None
    monthly: Annotated[Most | None, Field(description="版のある月を何か月分 / months, of each the last version")] = None
    yearly: Annotated[Most | None, Field(description="版のある年を何年分 / years, of each the last version")] = None
    always: Annotated[
        tuple[Version, ...],
        BeforeValidator(_of_list, json_schema_input_type=list[Version]),
        Field(description="いつまでも残す版 / versions that stay for ever"),
    ] = ()

    def list_rules(self) -> Iterator[tuple[str, int | None]]:
        """Yield each kind of period with how many of them have a version that stays; None for all."""
        for kind in ("daily", "weekly", "monthly", "yearly"):
            most: int | Literal["all"] | None = getattr(self, kind)
            if most is not None:
                yield kind, None if most == "all" else most

    def show(self) -> str:
        """Return the rule as it is written in the YAML: `daily: 30, monthly: all`."""
        return ", ".join(f"{kind}: {'all' if most is None else most}" for kind, most in self.list_rules())


def _of_all(value: object) -> object:
    return {} if value == "all" else value


KeepOption = Annotated[
    KeepRule,
    BeforeValidator(_of_all, json_schema_input_type=Literal["all"] | KeepRule),
    Field(
        description="残す版（{daily: 30, monthly: all} など）。書かなければ、すべて残す"
        " / the versions that stay, such as {daily: 30, monthly: all}; without it all do"
    ),
]
"""`all` is written by who means that all versions stay."""
KEEP_ALL = KeepRule()
