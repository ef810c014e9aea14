"""What a YAML's values may not be though their shape is right: empty texts, no days, no URLs, bounds that cross."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from datetime import date
from urllib.parse import urlsplit

from entaku.model.grammar import Between, Coverage, Header, Share
from entaku.model.nouns import Finding, Place
from entaku.model.source import DayRange, Source
from entaku.model.words import Text
from entaku.spec.yaml import Document, Path

_URLS = ("url", "site", "base_url", "landing_page")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def list_bad_values(thing: object, document: Document) -> Iterator[tuple[Path, Finding]]:
    """The findings about each part of `thing` (an Office or a Pipeline) that was written, with the part's path."""
    for path, part in _walk(thing, ()):
        if path and path not in document.lines:
            continue
        for key, code, value, args in _judge(part, str(path[-1]) if path else ""):
            place = Place(document.file, document.line((*path, key) if key else path))
            yield path, Finding(code, "error", place, value, args)


def _walk(thing: object, path: Path) -> Iterator[tuple[Path, object]]:
    yield path, thing
    if dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from _walk(getattr(thing, field.name), (*path, field.name.rstrip("_")))
    elif isinstance(thing, tuple):
        for n, item in enumerate(thing):
            yield from _walk(item, (*path, n))
    elif isinstance(thing, Mapping):
        for key, item in thing.items():
            yield from _walk(item, (*path, key))


_Fault = tuple[str, str, str, dict[str, str]]
"""The key below the part, if any; the finding's code, value and args."""


def _judge(part: object, key: str) -> Iterator[_Fault]:
    match part:
        case Text():
            if not (part.ja + part.en).strip(" \u3000\t\r\n"):
                yield "", "empty-text", key, {}
        case Between(min=least, max=most) | Share(min=least, max=most):
            if least is not None and most is not None and least > most:
                yield "min", "bounds-crossed", str(least), {"low": "min", "high": "max", "other": str(most)}
        case Header():
            if part.row is not None and part.starts:
                yield "", "one-of", "header", {"allowed": "row, starts"}
        case Source() if part.since and not part.file:
            yield "since", "since-file", part.since, {}
        case Source() if part.since and not _is_day(part.since):
            yield "since", "no-such-day", part.since, {}
        case DayRange() | Coverage():
            yield from _judge_days(part.from_ or "", part.until or "")
        case str() if key in _URLS and part:
            if why := _find_url_fault(re.sub(r"\{[^{}]*\}", "1", part)):
                yield "", "bad-url", part, {"why": why}


def _judge_days(first: str, last: str) -> Iterator[_Fault]:
    days = [(key, day) for key, day in (("from", first), ("until", last)) if _DAY.fullmatch(day)]
    wrong = [(key, day) for key, day in days if not _is_day(day)]
    for key, day in wrong:
        yield key, "no-such-day", day, {}
    if len(days) == 2 and not wrong and first > last:
        yield "from", "bounds-crossed", first, {"low": "from", "high": "until", "other": last}


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _find_url_fault(url: str) -> str:
    try:
        parts = urlsplit(url)
        return "" if parts.hostname and parts.port != 0 else "ホスト名がありません / no host"
    except ValueError as error:
        return f"ホストかポートの書き方 / the host or port ({error})"
