"""Numbers, sizes, days and times as people write them, in both languages; relative links."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from entaku.model import Lang

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def show_number(value: int | float) -> str:
    """`12345` as `12,345`."""
    return f"{value:,}"


def show_size(count: int) -> str:
    """Bytes as `512 B`, `38 KB`, `1.2 MB`: a thousand to the next unit, as browsers show downloads."""
    if count < 1000:
        return f"{count} B"
    size = float(count)
    for unit in ("KB", "MB", "GB", "TB"):
        size /= 1000
        if size < 999.5 or unit == "TB":
            return f"{size:.1f} {unit}" if size < 9.95 and unit != "KB" else f"{max(size, 1):.0f} {unit}"
    raise AssertionError


def show_day(value: date | str, lang: Lang) -> str:
    """A day, also one written `2026-07-01`, as `2026年7月1日` or `1 July 2026`."""
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if lang == "en" else f"{day.year}年{day.month}月{day.day}日"


def show_moment(utc: str, lang: Lang, timezone: str) -> str:
    """A UTC time in `timezone`, to the minute: `2026年7月1日 9:05` or `1 July 2026, 09:05`."""
    moment = datetime.fromisoformat(utc).astimezone(ZoneInfo(timezone))
    day = show_day(moment.date(), lang)
    return f"{day}, {moment:%H:%M}" if lang == "en" else f"{day} {moment.hour}:{moment:%M}"


def relate(target: str, page: str) -> str:
    """The relative link from the file `page` to the site path `target`, keeping its final slash and fragment.

    `relate("datasets/", "en/index.html")` is `../datasets/`; a page's own folder is `./`.
    """
    path, hash_, fragment = target.partition("#")
    if hash_ and path == page.removesuffix("index.html"):
        return f"#{fragment}"
    above = page.split("/")[:-1]
    parts = [part for part in path.split("/") if part]
    same = 0
    while same < len(above) and same < len(parts) and above[same] == parts[same]:
        same += 1
    related = "/".join([".."] * (len(above) - same) + parts[same:]) or "."
    if path.endswith("/") or not path:
        related += "/"
    return related + hash_ + fragment
