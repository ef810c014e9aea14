"""The words of every finding by code, read from `findings.yaml` beside this file.

Sentences are templates, filled with the finding's `value` (verbatim, which is why they quote it) and its `args`.
Codes of verdicts are Frictionless's own error types.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("findings.yaml")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C, if PyYAML was built with it, takes a tenth of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One finding's words."""

    ja: str
    """What is wrong, in Japanese."""
    en: str
    """What is wrong, in English."""
    next_ja: str
    """What to do next, in Japanese."""
    next_en: str
    """What to do next, in English."""


_KEYS = {field.name for field in fields(Code)}


def parse_codes(text: str) -> dict[str, Code]:
    """Parse a YAML file of words.  Raises ValueError for an unknown or missing key, and for what is no sentence."""
    entries = _Loader(text).get_single_data()
    if not isinstance(entries, dict):
        raise ValueError("not a mapping of codes")
    return {name: _parse_code(name, entry) for name, entry in entries.items()}


def _parse_code(name: str, entry: object) -> Code:
    if not isinstance(entry, dict) or entry.keys() != _KEYS:
        raise ValueError(f"{name}: needs the keys {', '.join(sorted(_KEYS))} and no others")
    for key, words in entry.items():
        if not isinstance(words, str) or not words or "\n" in words:
            raise ValueError(f"{name}: {key} must be one sentence or more, in one paragraph")
    return Code(**entry)


@cache
def _load() -> dict[str, Code]:
    return parse_codes(_FILE.read_text("utf-8"))


class _Codes(Mapping[str, Code]):
    """Reads the file when a code is first asked for, because most runs show no finding."""

    def __getitem__(self, name: str) -> Code:
        return _load()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_load())

    def __len__(self) -> int:
        return len(_load())


CODES: Mapping[str, Code] = _Codes()
"""Every code's words, in the order of the file."""
