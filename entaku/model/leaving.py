"""Datasets that end or change their names: `retired` and `renamed` of `catalogue.yaml`."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from entaku.model.ledgers import Tombstone
from entaku.model.words import DAY, STRICT, Name, NameOrUrl, Words


@dataclass(frozen=True, kw_only=True)
class Retirement:
    """An entry of `retired`: a dataset that stays as it is and is no longer updated; docs/retire.md tells how."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    since: Annotated[str, Field(pattern=DAY, description="更新を終えた日 / the day since which it is not updated")]
    reason: Annotated[Words, Field(description="理由（公開）/ why; published")]
    replaced_by: Annotated[
        NameOrUrl | None,
        Field(description="代わりになるデータセットの名前かアドレス / the dataset, or the address, that replaces it"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Renaming:
    """An entry of `renamed`: what a dataset is called since; its former name is not used again."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    to: Annotated[Name, Field(description="新しい名前 / its new name")]
    since: Annotated[str, Field(pattern=DAY, description="改めた日 / the day on which it changed")]


Retired = Annotated[
    Mapping[Name, Retirement], Field(description="更新を終えたデータセット / datasets that are no longer updated")
]
Renamed = Annotated[
    Mapping[Name, Renaming], Field(description="データセットの前の名前 / former names of datasets, which lead to them")
]


@dataclass(frozen=True)
class RuleFacts:
    """What a server's rules are made from."""

    base_url: str
    names: Collection[str]
    """The datasets that have a page of their own."""
    renamed: Mapping[str, Renaming]
    tombstones: Sequence[Tombstone]
    wasm: bool = False
    """Whether scripts of the site run WebAssembly."""
    key: str = field(default_factory=lambda: secrets.token_hex(16))
    """What delimits actions in Caddy's templates: unknown to who can write the site, so that nothing in it is run."""


def find_present(renamed: Mapping[str, Renaming], name: str) -> str:
    """Return what the dataset that was called `name` is called now; `name` itself if it never changed."""
    passed = {name}
    while name in renamed and renamed[name].to not in passed:
        name = renamed[name].to
        passed.add(name)
    return name


def list_former(renamed: Mapping[str, Renaming], name: str) -> tuple[str, ...]:
    """List what a dataset was called before, the oldest first."""
    former = [each for each in renamed if each != name and find_present(renamed, each) == name]
    return tuple(sorted(former, key=lambda each: (-_count_steps(renamed, each), renamed[each].since, each)))


def _count_steps(renamed: Mapping[str, Renaming], name: str) -> int:
    """Count the changes from `name` to the present name."""
    last, steps = find_present(renamed, name), 0
    while name != last:
        name, steps = renamed[name].to, steps + 1
    return steps
