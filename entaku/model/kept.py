"""What an earlier run made: the cache that keeps it, and pages that are known by what was kept of them."""

import io
import pickle
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from entaku.model.nouns import Page


class Keep(Protocol):
    """A cache of bytes by key (`store.Cache` is one); entries may be evicted at any time."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, body: bytes) -> None: ...


class OwnPickler(pickle.Pickler):
    """Packs a value; objects that are nothing but their fields are packed as a call of their class with those fields that
    aren't the very default: unpacked, these are in memory once for all objects, and so are equal texts of one value."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._texts: dict[str, str] = {}

    def reducer_override(self, thing: Any) -> Any:
        """Return how an object is made again; NotImplemented for one of which pickle decides."""
        kind: Any = type(thing)
        form = _find_form(kind)
        if form is None:
            return NotImplemented
        once = self._texts.setdefault
        values = [once(value, value) if type(value) is str else value for value in form.read(thing)]
        own = [
            n for n, (value, default) in enumerate(zip(values, form.defaults, strict=True)) if _tells(value, default)
        ]
        if form.named:
            return make_named, (kind, {form.names[n]: values[n] for n in own})
        return kind, tuple(values[: own[-1] + 1 if own else 0])


class _Form(NamedTuple):
    """What objects of a class are made of."""

    names: tuple[str, ...]
    read: Callable[[Any], tuple[Any, ...]]
    """Returns the values of all fields."""
    defaults: tuple[Any, ...]
    """The default of each field; `_NONE` where there is none, or a new one for each object."""
    named: bool
    """Whether the class takes some of them by name alone."""


_NONE = object()


@cache
def _find_form(kind: Any) -> _Form | None:
    """Return what objects of a class are made of; None for a class whose objects are more than their fields."""
    if not is_dataclass(kind) or "__slots__" not in vars(kind) or hasattr(kind, "__post_init__"):
        return None
    own = fields(kind)
    if len(own) < 2 or not all(each.init for each in own):
        return None
    names = tuple(each.name for each in own)
    return _Form(names, attrgetter(*names), tuple(map(_find_default, own)), any(each.kw_only for each in own))


def _find_default(own: Field[Any]) -> object:
    """Return the value that a field has in all objects that are given none; `_NONE` if each of them has its own."""
    if own.default is not MISSING:
        return own.default
    if own.default_factory is MISSING:
        return _NONE
    made: object = own.default_factory()
    return made if made is own.default_factory() else _NONE


def _tells(value: object, default: object) -> bool:
    """Test whether a value is not as good as the default."""
    return value is not default and (type(value) is not type(default) or value != default)


def make_named(kind: type, values: Mapping[str, Any]) -> object:
    """Return an object of a class that takes its fields by name."""
    return kind(**values)


_CLASSES: dict[tuple[str, str], Any] = {}
"""What was looked up, by module and name."""


class OwnUnpickler(pickle.Unpickler):
    """Unpacks a value of this program's own types and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of this program: nothing that is kept has anything else."""
        found = _CLASSES.get((module, name))
        if found is None:
            found = super().find_class(module, name) if module.startswith("entaku.") else None
            if found is not make_named and not isinstance(found, type):
                raise pickle.UnpicklingError(f"{module}.{name}")
            _CLASSES[module, name] = found
        return found


def pack(value: object, pickler: type[OwnPickler] = OwnPickler) -> bytes:
    """Return a value of this program's own types as bytes, for `unpack`."""
    with io.BytesIO() as file:
        pickler(file).dump(value)
        return file.getvalue()


def unpack(body: bytes, unpickler: type[OwnUnpickler] = OwnUnpickler) -> object:
    """Return a kept value.  Raises what pickle does for one that isn't of this program's own types."""
    with io.BytesIO(body) as file:
        return unpickler(file).load()


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
