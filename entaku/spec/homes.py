"""Where in a YAML a key belongs that isn't allowed where it stands."""

from collections.abc import Callable, Iterator, Sequence

from entaku.model.hints import find_near
from entaku.spec.yaml import Path

DEEP = 3
"""Levels below a mapping in which a key is looked for."""

ListKeys = Callable[[Path], Sequence[str]]
"""Returns the keys that are allowed in the mapping at a path; none if there is no mapping."""


def tell_home(key: str, path: Path, list_keys: ListKeys) -> dict[str, str]:
    """Return the hints of where a key of the mapping at `path` belongs, which may be misspelt; none if that is not known,
    or if it is more like a key that is allowed there.

    It is looked for further down, then further out, then below what is further out.
    """
    near = find_near(key, list(list_keys(path)))
    outer = [path[:n] for n in range(len(path) - 1, -1, -1) if list_keys(path[:n])]
    below = list(_list_below(path, list_keys))
    beside = [home for start in outer for home in _list_below(start, list_keys)]
    close = [home for home in below if sum(isinstance(name, str) for name in home[len(path) :]) == 1]
    for home in (*close, *outer, *(() if near else (*below, *beside))):
        if key in list_keys(home):
            return _say(key, home, path)
    for home in () if near else (*outer, *close):
        if meant := find_near(key, list(list_keys(home))):
            return _say(meant, home, path)
    return {}


def _list_below(path: Path, list_keys: ListKeys) -> Iterator[Path]:
    """Yield the mappings below the one at a path, the nearest first."""
    found = [path]
    for _ in range(DEEP):
        found = [
            home
            for holder in found
            for name in list_keys(holder)
            for home in ((*holder, name), (*holder, name, 0))
            if list_keys(home)
        ]
        yield from found


def _say(key: str, home: Path, path: Path) -> dict[str, str]:
    names = [name for name in home[len(path) if home[: len(path)] == path else 0 :] if isinstance(name, str)]
    if not home:
        return {
            "hint_ja": f"「{key}」は、いちばん外（字下げなし）に書くキーです。",
            "hint_en": f'"{key}" belongs at the outermost level, not indented. ',
        }
    if len(names) == 1 and len(home) == len(path) + 1:
        return {
            "hint_ja": f"「{names[0]}」の下に書くキーです（{names[0]}: {{{key}: …}}）。",
            "hint_en": f'It belongs under "{names[0]}" ({names[0]}: {{{key}: …}}). ',
        }
    ja, en = "の".join(f"「{name}」" for name in names), ", ".join(f'"{name}"' for name in names)
    return {"hint_ja": f"「{key}」は、{ja}の下に書くキーです。", "hint_en": f'"{key}" belongs under {en}. '}
