"""What an earlier run made: the cache that keeps it, and pages that are known by what was kept of them."""

import io
import pickle
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Protocol

from entaku.model.nouns import Page


class Keep(Protocol):
    """A cache of bytes by key (`store.Cache` is one); entries may be evicted at any time."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, body: bytes) -> None: ...


class OwnPickler(pickle.Pickler):
    """Packs a value; objects that are nothing but their fields are packed as a call of their class, which is unpacked
    twice as fast as what pickle writes of frozen dataclasses with slots."""

    def reducer_override(self, thing: Any) -> Any:
        """Return how an object is made again; NotImplemented for one of which pickle decides."""
        kind: Any = type(thing)
        read = _find_reader(kind)
        return NotImplemented if read is None else (type(thing), read(thing))


@cache
def _find_reader(kind: Any) -> Callable[[Any], tuple[Any, ...]] | None:
    """Return a function that reads the fields of an object in the order in which its class takes them; None for a class
    whose objects are more than that."""
    if not is_dataclass(kind) or "__slots__" not in vars(kind) or hasattr(kind, "__post_init__"):
        return None
    names = [each.name for each in fields(kind) if each.init and not each.kw_only]
    if len(names) < 2 or len(names) < len(fields(kind)):
        return None
    read: Callable[[Any], tuple[Any, ...]] = attrgetter(*names)
    return read


_CLASSES: dict[tuple[str, str], type] = {}
"""The classes that were looked up, by module and name."""


class OwnUnpickler(pickle.Unpickler):
    """Unpacks a value of this program's own types and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of this program: nothing that is kept has anything else."""
        found = _CLASSES.get((module, name))
        if found is None:
            found = super().find_class(module, name) if module.startswith("entaku.") else None
            if not isinstance(found, type):
                raise pickle.UnpicklingError(f"{module}.{name}")
            _CLASSES[module, name] = found
        return found


def pack(value: object) -> bytes:
    """Return a value of this program's own types as bytes, for `unpack`."""
    with io.BytesIO() as file:
        OwnPickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
        return file.getvalue()


def unpack(body: bytes) -> object:
    """Return a kept value.  Raises what pickle does for one that isn't of this program's own types."""
    with io.BytesIO(body) as file:
        return OwnUnpickler(file).load()


class KeptPage(Page):
    """A page as it was made before, of which the bytes are read only where they are wanted."""

    __slots__ = ("_read", "sha256", "size", "targets")
    sha256: str
    size: int
    targets: tuple[str, ...]
    """The paths of the site that it refers to."""
    _read: Callable[[], bytes]

    def __init__(self, path: str, sha256: str, size: int, targets: tuple[str, ...], read: Callable[[], bytes]) -> None:
        put = object.__setattr__  # Page is frozen; a loop takes twice as long
        put(self, "path", path)
        put(self, "sha256", sha256)
        put(self, "size", size)
        put(self, "targets", targets)
        put(self, "_read", read)

    @property
    def body(self) -> bytes:
        """Read the bytes."""
        return self._read()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Page) and (self.path, self.body) == (other.path, other.body)

    def __hash__(self) -> int:
        return hash(self.path)

    def move(self, path: str) -> "KeptPage":
        """Return the same page at another path."""
        return KeptPage(path, self.sha256, self.size, self.targets, self._read)


def move_page(page: Page, path: str) -> Page:
    """Return the same page at another path; of a kept one the bytes aren't read for it."""
    return page.move(path) if isinstance(page, KeptPage) else Page(path, page.body)
