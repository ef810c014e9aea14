"""What a run is given."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from entaku.fetch import Network
from entaku.store import Cache, Store
from entaku.work.gather import Progress

if TYPE_CHECKING:
    from entaku.check import Engine


@dataclass(frozen=True)
class Setting:
    """Everything a run is given: nothing in it is looked up elsewhere."""

    project: Path
    store: Store
    cache: Cache
    network: Network
    now: datetime
    """UTC."""
    program: str
    progress: Progress
    executor: Callable[[], Executor] | None = None
    """Makes the executor that many parts are tabulated on, and many pages rendered."""
    mirror: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Where `source.headers` finds its secrets."""
    engine: "Engine" = "columns"
    """Who checks: our own engine, or frictionless-py."""
    sources: str = ""
    """A digest of the program's own text: a site that another text of it made is made anew."""
    only_check: bool = False
    """Nothing is released: the tables are checked and not written."""
