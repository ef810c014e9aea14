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
from entaku.model.patterns import SlowPatternError, find_expression
from entaku.model.source import Ckan, DayRange, Source

MAX_ASKS = 100_000
MAX_PAGES = 1000
CKAN_ROWS = 1000
"""CKAN's limit of packages per search (its `ckan.search.rows_max`, docs.ckan.org/en/latest/api); many sites have a lower one."""
DATASTORE_ONLY = "_datastore_only_resource"
"""What CKAN writes for the address of a table that was made through its DataStore API and has no file."""

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


def ckan_asks(ckan: Ckan, *, by_id: bool = False, after: Sequence[bytes] = ()) -> tuple[Ask, ...]:
    """Return the API calls for a CKAN source (Action API v3, docs.ckan.org/en/latest/api): the search, if there is a
    `query`.  With `by_id`, or without a query, one `package_show` per listed id, the fallback when the search fails.

    `after`: the pages of the search that came so far; the result is the next one, or none after the last.
    """
    actions = f"{ckan.site.rstrip('/')}/api/3/action"
    if ckan.query and not by_id:
        search = f"{actions}/package_search?q={quote(ckan.query, safe='')}&rows={CKAN_ROWS}"
        if not after:
            return (Ask(search),)
        start = _find_start(after)
        return (Ask(f"{search}&start={start}"),) if start else ()
    return (
        ()
        if after
        else tuple(Ask(f"{actions}/package_show?id={quote(name, safe='')}") for name in dict.fromkeys(ckan.ids))
    )


def _find_start(bodies: Sequence[bytes]) -> int:
    """Return where the page of a search starts that follows `bodies`, its pages so far; 0 after the last.

    A site may give fewer packages at once than it is asked for, so a page starts where those that came end.
    """
    pages = [_read_answer(body) for body in bodies]
    start = sum(page.length for page in pages)
    names = [frozenset(page.names) for page in pages]
    fresh = names[-1:] and names[-1] - frozenset().union(*names[:-1])  # a site may ignore `start`
    if not fresh or start >= pages[-1].count or len(pages) >= MAX_PAGES:
        return 0
    return start


@dataclass(frozen=True, slots=True)
class _File:
    """A resource of a CKAN package: its name, its id and the address as written there."""

    name: str
    id: str
    url: str


@dataclass(frozen=True, slots=True)
class _Package:
    name: str
    title: str
    files: tuple[_File, ...]
    gone: tuple[str, ...] = ()
    """Names of resources that are deleted or still drafts."""


@dataclass(frozen=True, slots=True)
class _Page:
    """One answer of `package_search` or `package_show`."""

    packages: tuple[_Package, ...] = ()
    """Those that are published."""
    names: tuple[str, ...] = ()
    """The names of all, in any state."""
    length: int = 0
    """How many it lists, with those that can't be read."""
    count: int = 0
    """How many the search found."""
    why: str = ""
    """The reason why it can't be used."""


def read_ckan(ckan: Ckan, bodies: Sequence[bytes]) -> tuple[tuple[Ask, ...], tuple[Finding, ...]]:
    """Return the requests for files, from a CKAN's answers to `ckan_asks`: in each package whose title matches, the
    resource that is named `ckan.resource` or whose URL ends with it.  The named groups of `ckan.title` become
    the values.  Packages and resources that are deleted or drafts are passed over.

    Sorted by values, then URL; each URL once.  Unusable answers are error findings, skipped packages warnings.
    """
    pages = [_read_answer(body) for body in bodies]
    packages = {package.name: package for page in pages for package in page.packages}
    findings = [_complain(ckan, page.why) for page in pages if page.why]
    findings += _complain_of_count(ckan, pages, bool(packages))

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
        found = [_resolve(ckan, file) for file in _find_files(ckan, package)]
        urls = list(dict.fromkeys(url for url, why in found if not why))
        if len(urls) == 1:
            values = {name: text or "" for name, text in match.groupdict().items()} if match else {}
            asks.setdefault(urls[0], Ask(urls[0], values))
        elif found and not urls:
            findings.append(_complain_of_address(ckan, package, *found[0]))
        else:
            findings.append(_complain_of_resources(ckan, package, urls))
    if not matched and not any(finding.severity == "error" for finding in findings):
        seen = "、".join(package.title for package in list(packages.values())[:5])
        why = f"{len(packages)} 件のうち題名が合うものがありません（{seen}）/ no title matches among {len(packages)}"
        findings.append(_complain(ckan, why))
    return tuple(sorted(asks.values(), key=lambda ask: (sorted(ask.values.items()), ask.url))), tuple(findings)


def _find_files(ckan: Ckan, package: _Package) -> list[_File]:
    """Return the matching resources, best kind of match only, in the package's order."""
    named = [file for file in package.files if file.name == ckan.resource]
    ending = [file for file in package.files if file.url.endswith(ckan.resource)]
    both = [file for file in named if file in ending]
    return both or (named if len({file.url for file in named}) == 1 else ending or named)


def _resolve(ckan: Ckan, file: _File) -> tuple[str, str]:
    """Return the address of a resource, and why it can't be asked for ("" if it can)."""
    url, site = file.url.strip(), ckan.site.rstrip("/")
    if url == DATASTORE_ONLY:
        dump = f"{site}/datastore/dump/{file.id}"
        return (
            url,
            f"ファイルはなく、CKAN の中の表だけです。source.url に {dump} と書くと取れます / it has no file, only a table inside CKAN; write source.url: {dump}",
        )
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/(?!/)", url):
        return (
            url,
            "http:// や https:// で始まっていません。公開元に知らせてください / it has no http:// or https:// at its beginning; tell the publisher",
        )
    full = urljoin(f"{site}/", url)
    if not re.match(r"https?://[^\s/]", full):
        return url, "http か https の URL ではありません / it is not an http or https URL"
    return full, ""


def _complain_of_count(ckan: Ckan, pages: Sequence[_Page], usable: bool) -> list[Finding]:
    """Report packages that can't be read, and a search that found more than it gave."""
    found: list[Finding] = []
    broken = sum(page.length - len(page.names) for page in pages)
    names = {name for page in pages for name in page.names}
    severity = "warning" if usable else "error"
    if broken:
        found.append(_complain(ckan, f"{broken} 件が読めません / {broken} packages can't be read", severity))
    count = max((page.count for page in pages), default=0)
    if count > (seen := len(names) + broken):
        why = f"{count} 件のうち {seen} 件だけです。query を絞ってください / {seen} of {count} came; narrow query"
        found.append(_complain(ckan, why, severity))
    return found


def _complain_of_address(ckan: Ckan, package: _Package, url: str, why: str) -> Finding:
    ja, _, en = why.rpartition(" / ")
    where = f"{package.name} {package.title}"
    told = f"「{where}」の {ckan.resource} のアドレス「{url}」：{ja} / the address {url} of {ckan.resource} in {package.name}: {en}"
    return _complain(ckan, told)


def _complain_of_resources(ckan: Ckan, package: _Package, urls: Sequence[str]) -> Finding:
    where = f"{package.name} {package.title}"
    if urls:
        why = f"「{where}」に {ckan.resource} が {len(urls)} 件あります。URL の末尾で一つに決めてください / {len(urls)} resources match there; tell them apart by the end of the URL"
        return _complain(ckan, f"{why}: {', '.join(urls[:5])}")
    there = [f"{file.name}（{file.url}）" for file in package.files[:5]]
    there += [f"{name}（削除済みか下書き、deleted or draft）" for name in package.gone[:5]]
    what = ", ".join(there) or "—"
    return _complain(ckan, f"「{where}」に {ckan.resource} がありません / it isn't there. {what}", "warning")


def _complain(ckan: Ckan, why: str, severity: str = "error") -> Finding:
    return Finding("ckan-answer", "warning" if severity == "warning" else "error", value=ckan.site, args={"why": why})


def _read_answer(body: bytes) -> _Page:
    """Parse an answer of `package_search` or `package_show`."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return _Page(why="JSON ではありません / not JSON")
    if not isinstance(answer, dict) or answer.get("success") is not True:
        error = answer.get("error") if isinstance(answer, dict) else None
        told = error.get("message") or error.get("__type") or "" if isinstance(error, dict) else error or ""
        return _Page(why=f"success が true ではありません / success is not true {told}".strip())
    result = answer.get("result")
    if not isinstance(result, dict):
        return _Page(why="result がありません / there is no result")
    listed = result.get("results") if "results" in result else [result]
    if not isinstance(listed, list):
        return _Page(why="results が一覧ではありません / results is not a list")
    found = [pair for item in listed if (pair := _read_package(item)) is not None]
    names = tuple(package.name for package, _ in found)
    count = result.get("count", 0)
    published = tuple(package for package, active in found if active)
    return _Page(published, names, len(listed), count if isinstance(count, int) else 0)


def _read_package(item: Any) -> tuple[_Package, bool] | None:
    """Return a package and whether it is published; None if it can't be read."""
    if not isinstance(item, dict) or not isinstance(item.get("resources", []), list):
        return None
    name = item.get("name") or item.get("id")
    if not isinstance(name, str):
        return None
    listed = [thing for thing in item.get("resources", []) if isinstance(thing, dict) and _text(thing.get("url"))]
    here = [thing for thing in listed if _is_active(thing)]
    files = tuple(_File(_text(one.get("name")), _text(one.get("id")), _text(one.get("url"))) for one in here)
    gone = tuple(_text(one.get("name")) for one in listed if not _is_active(one))
    return _Package(name, _text(item.get("title")), files, gone), _is_active(item)


def _is_active(item: Mapping[str, Any]) -> bool:
    """Test whether a package or resource is published: neither deleted nor a draft."""
    return item.get("state") in (None, "", "active")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
