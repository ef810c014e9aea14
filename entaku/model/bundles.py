"""What is kept of many datasets, in one file for some neighbours instead of one for each: opening files costs more than
reading them.
"""

import pickle
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import cast
from zlib import crc32

from entaku.model.kept import Keep, pack, unpack

NEAR = 32
"""Datasets that a bundle has, on average."""


@dataclass(slots=True)
class Bundle:
    """What is kept of one kind of some neighbours, by dataset and name."""

    leader: str
    """The dataset that it begins with; "" for the first."""
    key: str
    bodies: dict[tuple[str, str], bytes]
    changed: bool = False


class Bundles:
    """A cache of bytes by kind, dataset and name.  It is quick for those who ask in the order of the datasets' names.

    A bundle begins with a dataset whose name alone says so: one that is added or removed changes one bundle or two.  Of
    each kind one bundle is held at a time; what is put is in the cache when another one is opened, or after `finish`.
    """

    def __init__(self, keep: Keep, datasets: Iterable[str]) -> None:
        """`datasets`: all there are; what is kept of others is forgotten."""
        self._keep, self._datasets = keep, frozenset(datasets)
        self._leaders = sorted(name for name in self._datasets if crc32(name.encode()) % NEAR == 0)
        self._led: dict[str, str] = {}
        self._open: dict[str, Bundle] = {}

    def get(self, kind: str, dataset: str, name: str = "") -> bytes | None:
        """Return the bytes put of a dataset under `name`, or None where there are none."""
        return self._find(kind, dataset).bodies.get((dataset, name))

    def put(self, kind: str, dataset: str, name: str, body: bytes) -> None:
        """Keep `body` of a dataset under `name`."""
        bundle = self._find(kind, dataset)
        bundle.bodies[dataset, name], bundle.changed = body, True

    def remove(self, kind: str, dataset: str, name: str) -> None:
        """Forget what is kept of a dataset under `name`, at once."""
        bundle = self._find(kind, dataset)
        bundle.changed = bundle.bodies.pop((dataset, name), None) is not None or bundle.changed
        self._write(bundle)

    def finish(self) -> None:
        """Put into the cache what is not there yet."""
        for bundle in self._open.values():
            self._write(bundle)

    def _find(self, kind: str, dataset: str) -> Bundle:
        """Return the bundle of a dataset, which is opened instead of another one of this kind."""
        leader = self._led.get(dataset)
        if leader is None:
            at = bisect_right(self._leaders, dataset)
            leader = self._led[dataset] = self._leaders[at - 1] if at else ""
        bundle = self._open.get(kind)
        if bundle is None or bundle.leader != leader:
            if bundle is not None:
                self._write(bundle)
            key = f"{kind} {leader}"
            bundle = self._open[kind] = Bundle(leader, key, self._read(key))
        return bundle

    def _read(self, key: str) -> dict[tuple[str, str], bytes]:
        with suppress(pickle.UnpicklingError, ValueError, EOFError):
            bodies = unpack(self._keep.get(_name(key)) or b"")
            if isinstance(bodies, dict):
                return cast("dict[tuple[str, str], bytes]", bodies)
        return {}

    def _write(self, bundle: Bundle) -> None:
        if bundle.changed:
            bundle.bodies = {name: body for name, body in bundle.bodies.items() if name[0] in self._datasets}
            self._keep.put(_name(bundle.key), pack(bundle.bodies))
            bundle.changed = False


def _name(key: str) -> str:
    return sha256(f"bundle {key}".encode()).hexdigest()
