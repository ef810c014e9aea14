"""Texts of pages from `site_templates/words.json`, and formats of numbers and dates, in Japanese and English."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from jinja2 import UndefinedError

from entaku.model.nouns import LANGS, Finding, Lang, Place

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def show_number(value: int | float) -> str:
    """Format a number with thousands separators: `12345` as `12,345`."""
    return f"{value:,}"


def show_size(count: int) -> str:
    """Format bytes as `512 B`, `38 KB`, `1.2 MB`; a unit is 1000 of the one before, as browsers show downloads."""
    if count < 1000:
        return f"{count} B"
    size = float(count)
    for unit in ("KB", "MB", "GB", "TB"):
        size /= 1000
        if size < 999.5 or unit == "TB":
            return f"{size:.1f} {unit}" if size < 9.95 and unit != "KB" else f"{max(size, 1):.0f} {unit}"
    raise AssertionError


def cut_opening(text: str) -> str:
    """Return the first sentence of a text, which ends with its first line at the latest."""
    line = text.strip().partition("\n")[0]
    return re.split(r"(?<=[。！？])|(?<=[.!?]) ", line, maxsplit=1)[0]


def show_day(value: date | str, lang: Lang) -> str:
    """Format a day, a date or ISO text (`2026-07-01`), as `2026年7月1日` or `1 July 2026`."""
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if lang == "en" else f"{day.year}年{day.month}月{day.day}日"


def show_moment(utc: str, lang: Lang, timezone: str) -> str:
    """Format a UTC time in `timezone`, to the minute: `2026年7月1日 9:05` or `1 July 2026, 09:05`."""
    moment = datetime.fromisoformat(utc).astimezone(ZoneInfo(timezone))
    day = show_day(moment.date(), lang)
    return f"{day}, {moment:%H:%M}" if lang == "en" else f"{day} {moment.hour}:{moment:%M}"


def relate(target: str, page: str) -> str:
    """Return the relative link from the file `page` to the site path `target`, keeping its final slash and fragment.

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


FOLDER = "site_templates"
FILE = "words.json"


WordTable = Mapping[str, Mapping[str, str | list[str]]]
"""The words by key and language."""


@dataclass(frozen=True)
class Words:
    """The words in one language."""

    lang: Lang
    table: WordTable

    def __contains__(self, key: object) -> bool:
        return key in self.table

    def say(self, key: str, **values: object) -> str:
        """Return the words of `key` with `{name}` filled from `values`; of a list `[one, many]`, `n` chooses.

        Raises UndefinedError if the key is missing or can't be filled in.
        """
        if key not in self.table:
            raise UndefinedError(f'{FILE} has no "{key}"')
        words = self.table[key][self.lang]
        if type(words) is not str:
            words = words[0 if values.get("n") == 1 else 1]
        elif "{" not in words and "}" not in words:
            return words
        for name, value in values.items():
            if type(value) is int:
                values[name] = f"{value:,}"
        try:
            return words.format_map(values)
        except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
            raise UndefinedError(f'{FILE}: "{key}" can\'t be filled in ({error!r})') from error

    def name_unit(self, unit: str) -> str:
        """Return a unit (`円/kg`) in this language (`yen/kg`), each part as it is where it has no other name."""
        if self.lang == "ja" or unit.isascii():
            return unit
        return "".join(
            self.say(f"unit_{each}") if f"unit_{each}" in self else each for each in re.split("([/／])", unit)
        )

    def phrases(self, prefix: str) -> Mapping[str, str | list[str]]:
        """Return every phrase whose key begins with `prefix`, by the rest of its key, for scripts to fill in."""
        return {
            key.removeprefix(prefix): words[self.lang] for key, words in self.table.items() if key.startswith(prefix)
        }


SCRIPTED = ("api_try_", "chart_say_", "compare_", "map_", "sql_help_", "sql_say_", "view_", "whence_")
"""The beginnings of the keys whose words the scripts of `assets/` read."""


def write_scripted(table: WordTable) -> dict[str, bytes]:
    """Return for each language the module of what scripts say, `words.<language>.js`: pages of a language share it, as
    in each page these words would be a third of it."""
    made = {}
    scripted = {key: words for key, words in table.items() if key.startswith(SCRIPTED)}
    for lang in LANGS:
        words = Words(lang, scripted)
        told = json.dumps({prefix: words.phrases(prefix) for prefix in SCRIPTED}, ensure_ascii=False, sort_keys=True)
        made[f"words.{lang}.js"] = f"export default {told};\n".encode()
    return made


def read_words(templates: Mapping[str, str]) -> tuple[WordTable, Finding | None]:
    """Return the words by key and language; with a finding at the line where `words.json` is invalid.

    A project's own words take the place of the program's (`entaku/words.json`) one by one.
    """
    place = Place(file=f"{FOLDER}/{FILE}")
    if FILE not in templates:
        return {}, Finding("template", place=place, value=FILE, args={"why": "not there"})
    try:
        table = json.loads(templates[FILE])
    except json.JSONDecodeError as error:
        place = Place(file=f"{FOLDER}/{FILE}", line=error.lineno)
        return {}, Finding("template", place=place, value=FILE, args={"why": error.msg})
    for key, words in table.items() if isinstance(table, dict) else [("", None)]:
        if not isinstance(words, dict) or set(words) != {"ja", "en"}:
            line = find_line(templates[FILE], key)
            place = Place(file=f"{FOLDER}/{FILE}", line=line)
            return {}, Finding("template", place=place, value=FILE, args={"why": f'"{key}": ja, en'})
    return {**json.loads(templates.get(f"entaku/{FILE}", "{}")), **table}, None


def find_line(text: str, key: str) -> int:
    """Return the 1-based line of `words.json` that has `key`; 1 if it isn't found."""
    before, found, _ = text.partition(json.dumps(key, ensure_ascii=False) + ":")
    return before.count("\n") + 1 if found else 1
