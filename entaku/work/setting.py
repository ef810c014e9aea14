"""The dependencies and options of a run."""

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
    """Everything that a run depends on; nothing is looked up elsewhere."""

    project: Path
    store: Store
    cache: Cache
    network: Network
    now: datetime
    """UTC."""
    program: str
    progress: Progress
    executor: Callable[[], Executor] | None = None
    """Makes the executor for tabulating many parts and rendering many pages; None: this process."""
    mirror: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment with the secrets of `source.headers`."""
    engine: "Engine" = "columns"
    """The engine of the check: our own, or frictionless-py."""
    sources: str = ""
    """A digest of the program's source text; a site made by another one is rebuilt."""
    only_check: bool = False
    """Tables are checked but not written, and nothing is released."""
