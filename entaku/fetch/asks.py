"""Source → requests (`Ask`).  Pure; `network` and `folder` answer them.

list_asks     `url` and `file`, with the combinations of `for`
ckan_asks     the API calls for a CKAN source; `read_ckan` turns their answers into requests
"""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urljoin

from entaku.model.nouns import Ask, Finding, Refused
from entaku.model.source import Ckan, DayRange, Source
from entaku.model.words import SlowPatternError, find_expression

MAX_ASKS = 100_000
CKAN_ROWS = 1000
"""CKAN's limit of packages per search (its `ckan.search.rows_max`, docs.ckan.org/en/latest/api)."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::([^{}]*))?\}")
_DAY_FORM = re.compile(r"(?:[^%]|%%|%-?[YymdjuwUWVGHMSe])+")
"""strftime directives whose output doesn't depend on the locale."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


# ---- url and file -----------------------------------------------------------------------------------------------


def list_asks(source: Source, today: date) -> tuple[Ask, ...]:
    """Return the requests for a `url` or `file` source: every combination of the `for` values, the first key outermost.

    A request with dates is final when all of them are more than `source.revisit` days before `today`.
    Raises Refused for more than MAX_ASKS combinations, or for a format that its value doesn't support.
    """
    template = source.url or source.file
    if not template:
        return ()
    names = tuple(source.for_)
    count = 1
    for wanted in source.for_.values():
        count *= _count(wanted, today)
    if count > MAX_ASKS:
        raise Refused(Finding("too-many-asks", value=template, args={"count": str(count), "limit": str(MAX_ASKS)}))
    choices = [_list_values(wanted, today) for wanted in source.for_.values()]
    newest_final = today - timedelta(days=min(source.revisit, 36_500))
    return tuple(
        _ask(template, dict(zip(names, chosen, strict=True)), newest_final) for chosen in itertools.product(*choices)
    )


def takes_format(value: str | int, form: str) -> bool:
    """Test whether `{name:form}` formats `value` to a text that is the same on every machine."""
    day = _as_day(value)
    if not form:
        return True
    if day is not None:
        return _DAY_FORM.fullmatch(form) is not None and "%" in form
    try:
        return not re.search(r"[0-9]{4}", form) and bool(format(value, form))
    except ValueError:
        return False


def _ask(template: str, values: Mapping[str, str | int | date], newest_final: date) -> Ask:
    days = [day for day in map(_as_day, values.values()) if day is not None]
    return Ask(
        url=_PLACEHOLDER.sub(lambda match: _fill(match, values), template),
        values={name: value.isoformat() if isinstance(value, date) else str(value) for name, value in values.items()},
        final=bool(days) and max(days) < newest_final,
    )


def _fill(match: re.Match[str], values: Mapping[str, str | int | date]) -> str:
    name, form = match[1], match[2]
    if name not in values:
        return match[0]  # `spec` has reported it
    value = values[name]
    if not form:
        return value.isoformat() if isinstance(value, date) else str(value)
    try:
        return format(_as_day(value) or value, form)
    except ValueError as error:
        raise Refused(Finding("template-format", value=match[0], args={"example": str(value)})) from error


def _list_values(wanted: tuple[str | int, ...] | DayRange, today: date) -> Sequence[str | int | date]:
    if not isinstance(wanted, DayRange):
        return wanted
    first = _first_day(wanted)
    return [first + timedelta(days=i) for i in range(_count(wanted, today))]


def _count(wanted: tuple[str | int, ...] | DayRange, today: date) -> int:
    if not isinstance(wanted, DayRange):
        return len(wanted)
    return max(0, (_last_day(wanted, today) - _first_day(wanted)).days + 1)


def _first_day(wanted: DayRange) -> date:
    return _need_day(wanted.from_)


def _last_day(wanted: DayRange, today: date) -> date:
    if wanted.until == "today":
        return today
    return today - timedelta(days=1) if wanted.until == "yesterday" else _need_day(wanted.until)


def _need_day(text: str) -> date:
    day = read_day(text)
    if day is None:
        raise Refused(Finding("bad-pattern", value=text, args={"allowed": "2026-11-23"}))
    return day


def _as_day(value: str | int | date) -> date | None:
    return value if isinstance(value, date) else read_day(value) if isinstance(value, str) else None


def read_day(text: str) -> date | None:
    """Parse a date such as `2022-03-24`; return None for any other text."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


# ---- CKAN -------------------------------------------------------------------------------------------------------


def ckan_asks(ckan: Ckan, *, by_id: bool = False) -> tuple[Ask, ...]:
    """Return the API calls for a CKAN source (Action API v3, docs.ckan.org/en/latest/api): the search, if there is a
    `query`.  With `by_id`, or without a query, one `package_show` per listed id, the fallback when the search fails.
    """
    actions = f"{ckan.site.rstrip('/')}/api/3/action"
    if ckan.query and not by_id:
        return (Ask(f"{actions}/package_search?q={quote(ckan.query, safe='')}&rows={CKAN_ROWS}"),)
    return tuple(Ask(f"{actions}/package_show?id={quote(name, safe='')}") for name in dict.fromkeys(ckan.ids))


@dataclass(frozen=True, slots=True)
class _Package:
    name: str
    title: str
    resources: tuple[tuple[str, str], ...]
    """Name and URL of each."""


def read_ckan(ckan: Ckan, bodies: Sequence[bytes]) -> tuple[tuple[Ask, ...], tuple[Finding, ...]]:
    """Return the requests for files, from a CKAN's answers to `ckan_asks`: in each package whose title matches, the
    resource that is named `ckan.resource` or whose URL ends with it.  The named groups of `ckan.title` become
    the values.

    Sorted by values, then URL; each URL once.  Unusable answers are error findings, skipped packages warnings.
    """
    packages: dict[str, _Package] = {}
    findings: list[Finding] = []
    for body in bodies:
        found, why = _read_packages(body)
        packages |= {package.name: package for package in found}
        findings += [_complain(ckan, why, "warning" if found else "error")] if why else []

    asks: dict[str, Ask] = {}
    matched = 0
    for package in sorted(packages.values(), key=lambda package: package.name):
        try:
            match = find_expression(ckan.title).search(package.title) if ckan.title else None
        except SlowPatternError as slow:
            findings.append(Finding("slow-pattern", "error", value=slow.pattern, args={"text": slow.shown}))
            break
        if ckan.title and not match:
            continue
        matched += 1
        urls = _find_resources(ckan, package)
        if len(urls) == 1:
            values = {name: text or "" for name, text in match.groupdict().items()} if match else {}
            asks.setdefault(urls[0], Ask(urls[0], values))
        else:
            findings.append(_complain_of_resources(ckan, package, urls))
    if not matched and not any(finding.severity == "error" for finding in findings):
        seen = "、".join(package.title for package in list(packages.values())[:5])
        why = f"{len(packages)} 件のうち題名が合うものがありません（{seen}）/ no title matches among {len(packages)}"
        findings.append(_complain(ckan, why))
    return tuple(sorted(asks.values(), key=lambda ask: (sorted(ask.values.items()), ask.url))), tuple(findings)


def _find_resources(ckan: Ckan, package: _Package) -> list[str]:
    """Return the URLs of the matching resources, best kind of match only, in the package's order, each once."""
    named = [url for name, url in package.resources if name == ckan.resource]
    ending = [url for _, url in package.resources if url.endswith(ckan.resource)]
    both = [url for url in named if url in ending]
    urls = both or (named if len(set(named)) == 1 else ending or named)
    full = (urljoin(f"{ckan.site.rstrip('/')}/", url.strip()) for url in urls)
    return list(dict.fromkeys(url for url in full if re.match(r"https?://[^\s/]", url)))


def _complain_of_resources(ckan: Ckan, package: _Package, urls: Sequence[str]) -> Finding:
    where = f"{package.name} {package.title}"
    if urls:
        why = f"「{where}」に {ckan.resource} が {len(urls)} 件あります。URL の末尾で一つに決めてください / {len(urls)} resources match there; tell them apart by the end of the URL"
        return _complain(ckan, f"{why}: {', '.join(urls[:5])}")
    there = ", ".join(f"{name}（{url}）" for name, url in package.resources[:5]) or "—"
    return _complain(ckan, f"「{where}」に {ckan.resource} がありません / it isn't there. {there}", "warning")


def _complain(ckan: Ckan, why: str, severity: str = "error") -> Finding:
    return Finding("ckan-answer", "warning" if severity == "warning" else "error", value=ckan.site, args={"why": why})


def _read_packages(body: bytes) -> tuple[tuple[_Package, ...], str]:
    """Parse an answer of `package_search` or `package_show`; return its packages and an error text ("" if none)."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return (), "JSON ではありません / not JSON"
    if not isinstance(answer, dict) or answer.get("success") is not True:
        error = answer.get("error") if isinstance(answer, dict) else None
        told = error.get("message") or error.get("__type") or "" if isinstance(error, dict) else error or ""
        return (), f"success が true ではありません / success is not true {told}".strip()
    result = answer.get("result")
    if not isinstance(result, dict):
        return (), "result がありません / there is no result"
    listed = result.get("results") if "results" in result else [result]
    if not isinstance(listed, list):
        return (), "results が一覧ではありません / results is not a list"
    packages = tuple(package for item in listed if (package := _read_package(item)) is not None)
    count = result.get("count", 0)
    if isinstance(count, int) and count > len(listed):
        return packages, f"{count} 件のうち {len(listed)} 件だけです。query を絞ってください / {len(listed)} of {count}"
    broken = len(listed) - len(packages)
    return packages, f"{broken} 件が読めません / {broken} packages can't be read" if broken else ""


def _read_package(item: Any) -> _Package | None:
    if not isinstance(item, dict) or not isinstance(item.get("resources", []), list):
        return None
    name = item.get("name") or item.get("id")
    if not isinstance(name, str):
        return None
    if item.get("state", "active") != "active":
        return _Package(name, "", ())
    listed = (thing for thing in item.get("resources", []) if isinstance(thing, dict))
    resources = tuple((_text(thing.get("name")), _text(thing.get("url"))) for thing in listed)
    return _Package(name, _text(item.get("title")), tuple(pair for pair in resources if pair[1]))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
