"""A calendar (RFC 5545) of the rows with a value that people follow, which calendar apps fetch again and again."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Protocol
from urllib.parse import urlsplit

from entaku.model.following import FollowedDay, FollowedValue
from entaku.model.nouns import Lang
from entaku.model.words import Text
from entaku.site.feeds.common import clean

LINE = 75
"""Bytes of a line, without its end."""
DAILY = ("REFRESH-INTERVAL;VALUE=DURATION:P1D", "X-PUBLISHED-TTL:P1D")
"""How often apps are asked to fetch it (RFC 7986, and what came before)."""
NO_DAYS = {
    "rows": "日付のある行は、いまはありません / no row has a day now",
    "": "この値の行はなくなりました / no row has this value any more",
}
"""What a calendar without any other event tells, as one without events is none."""


class Names(Protocol):
    """What a calendar knows of its table and columns."""

    label: Text
    """The title of the table, marked where it is a sample."""

    def name_column(self, name: str, lang: Lang) -> str: ...


def write_calendar(value: FollowedValue, names: Names, addresses: tuple[str, str], created: str) -> bytes:
    """Write the calendar of a value.  `addresses`: its own URL and that of the filtered table; `created`: the UTC time of
    the release that last changed rows with the value, so that the bytes stay as long as nothing changes."""
    own, page = addresses
    host, title = urlsplit(own).hostname or "", names.label.get("ja")
    stamp = created.replace("-", "").replace(":", "")
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//{host}//entaku//JA", "CALSCALE:GREGORIAN",
        f"NAME:{quote_text(f'{value.value} {title}')}", f"X-WR-CALNAME:{quote_text(f'{value.value} {title}')}",
        f"SOURCE;VALUE=URI:{own}", f"URL:{page}", *DAILY,
    ]  # fmt: skip
    for day in value.days:
        told = [
            f"{' / '.join(dict.fromkeys(names.name_column(name, lang) for lang in ('ja', 'en')))}: {text}"
            for name, text in day.cells
        ]
        said = f"{value.value} {title}" + (f"（{day.name}）" if day.name else "")
        lines += write_event((f"{day.uid}@{host}", stamp, write_start(day)), said, "\n".join(told), page)
    if not value.days:
        said, uid = NO_DAYS["rows" if value.rows else ""], sha256(own.encode()).hexdigest()[:32]
        event = (f"{uid}@{host}", stamp, f"DTSTART;VALUE=DATE:{stamp[:8]}")
        lines += write_event(event, f"{value.value} {title}", said, page)
    return "".join(map(fold_line, [*lines, "END:VCALENDAR"])).encode()


def write_event(when: tuple[str, str, str], summary: str, about: str, page: str) -> Iterator[str]:
    """Yield the lines of an event: its id, when it was last changed and when it is; its title, text and address."""
    uid, stamp, start = when
    yield from ("BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{stamp}", start, f"SUMMARY:{quote_text(summary)}")
    yield from (f"DESCRIPTION:{quote_text(about)}", f"URL:{page}", "TRANSP:TRANSPARENT", "END:VEVENT")


def write_start(day: FollowedDay) -> str:
    """Return when an event is: a day, or a moment, which is one of any zone unless its offset is known."""
    when = day.day.replace("-", "").replace(":", "")
    return f"DTSTART:{when}" if "T" in when else f"DTSTART;VALUE=DATE:{when}"


def quote_text(text: str) -> str:
    """Escape a TEXT (section 3.3.11), without characters of control."""
    plain = "".join(sign for sign in clean(text).replace("\r\n", "\n") if sign >= " " or sign == "\n")
    for sign in ("\\", ";", ","):
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("\n", "\\n")


def fold_line(line: str) -> str:
    """Fold a line at LINE bytes, never within a character (section 3.1)."""
    folded, length = [""], 0
    for sign in line:
        size = len(sign.encode("utf-8", "replace"))
        if length + size > LINE:
            folded.append(" ")
            length = 1
        folded[-1] += sign
        length += size
    return "\r\n".join(folded) + "\r\n"
