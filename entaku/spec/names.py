"""Cross-references within the YAML: names that must exist, columns that must be fields, templates, paths."""

import dataclasses
import re
import string
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from entaku.check import schema as schemas
from entaku.fetch import takes_format
from entaku.formats.dates import is_day
from entaku.model.grammar import (
    Between,
    Coverage,
    Header,
    License,
    Office,
    Pipeline,
    Publisher,
    Resource,
    Share,
    Theme,
)
from entaku.model.hints import fold, guess_meant, hint, spell_format
from entaku.model.nouns import Finding, Place
from entaku.model.patterns import find_regex_fault
from entaku.model.places import STORES, find_remote
from entaku.model.promises import Breaking
from entaku.model.source import DayRange, Source, find_base_fault, find_url_fault
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import LEAKS, OF_RAWS, Text
from entaku.spec.errata import check_errata
from entaku.spec.shown import check_anomalies, check_charts, check_partition, check_view
from entaku.spec.stacks import check_stack
from entaku.spec.yaml import Document, Path, find_unseen, list_renamed, list_texts

_NUMBER = r"-?[0-9]+\.?[0-9]*"
_URLS = ("url", "site", "base_url", "landing_page")
_TONGUES = (("ja",), ("en",))
_OF_DATA = frozenset(
    ("tidy", "read", "missingValues", "trueValues", "falseValues", "enum", "pattern", "format", "example", "where", "for",
     "match", "was", "set")
)  # fmt: skip
"""Keys whose texts are compared with data, where any character may be meant."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def list_bad_values(thing: object, document: Document) -> Iterator[tuple[Path, Finding]]:
    """Yield the findings about each part of an Office or a Pipeline that is in the YAML, with the part's path."""
    for path, part in _walk(thing, ()):
        if path and path not in document.lines:
            continue
        for key, code, value, args in _judge(part, str(path[-1]) if path and _OF_DATA.isdisjoint(path[:-1]) else ""):
            place = Place(document.file, document.line((*path, key) if key else path))
            yield path, Finding(code, "error", place, value, args)
        if odd := find_unseen(_read_shown(part, path)):
            yield path, Finding("yaml-character", "error", Place(document.file, document.line(path)), odd)


def _read_shown(part: object, path: Path) -> str:
    """Return the text of a part that people are shown; "" for what describes the data, and the languages of a Text."""
    if isinstance(part, Text):
        return part.ja + part.en
    return part if isinstance(part, str) and path[-1:] not in _TONGUES and _OF_DATA.isdisjoint(path) else ""


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
"""The key below the part, or ""; the finding's code, value and args."""


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
        case Source() if part.since and not is_day(part.since):
            yield "since", "no-such-day", part.since, {}
        case Breaking():
            yield from _judge_days(part.from_, "")
        case DayRange() | Coverage():
            yield from _judge_days(part.from_ or "", part.until or "")
        case str() if key in _URLS and part:
            why = find_url_fault(re.sub(r"\{[^{}]*\}", "1", part))
            if why := why or (find_base_fault(part) if key == "base_url" else ""):
                yield "", "bad-url", part, {"why": why}


def _judge_days(first: str, last: str) -> Iterator[_Fault]:
    days = [(key, day) for key, day in (("from", first), ("until", last)) if _DAY.fullmatch(day)]
    wrong = [(key, day) for key, day in days if not is_day(day)]
    for key, day in wrong:
        yield key, "no-such-day", day, {}
    if len(days) == 2 and not wrong and first > last:
        yield "from", "bounds-crossed", first, {"low": "from", "high": "until", "other": last}


DRAFT = "【要記入】"
"""Placeholder that `entaku new` writes for the owner to fill in."""


def check_office(office: Office, document: Document) -> Iterator[Finding]:
    try:
        ZoneInfo(office.timezone)
    except (ValueError, OSError, KeyError):
        yield _name_finding(
            Place(document.file, document.line(("timezone",))),
            office.timezone,
            ["Asia/Tokyo", "UTC"],
            Text(ja="時間帯", en="time zone"),
        )
    yield from (finding for _, finding in list_bad_values(office, document))
    place = Place(document.file, document.line(("store",)))
    if find_remote(office.store):
        yield from _judge_remote(office, place)
    elif not is_inside(office.store):
        yield tell_outside(office.store, place)
    elif _is_taken(office.store):
        yield Finding("store-place", "error", place, office.store)


def _judge_remote(office: Office, place: Place) -> Iterator[Finding]:
    """Find a store that isn't at an address of a store of objects, or in the site that everybody reads."""
    store, site = office.store.rstrip("/") + "/", (office.site.to or "").rstrip("/") + "/"
    if not re.fullmatch(STORES, office.store):
        yield Finding("store-address", "error", place, office.store)
    elif office.site.to and (store.startswith(site) or site.startswith(store)):
        yield Finding("store-in-site", "error", place, office.store, {"site": office.site.to})


TAKEN = ("build", "codes", "entaku", "pipelines", "site_templates")
"""Folders of a project in which no data are stored; nor in those whose names begin with a dot."""


def _is_taken(store: str) -> bool:
    """Test whether the store would be the project itself or in one of its other folders."""
    parts = PurePosixPath(store).parts
    return not parts or parts[0].casefold() in TAKEN or any(part.startswith(".") for part in parts)


_PLACE = re.compile(r"\{[^{}]*\}")


def is_inside(path: str) -> bool:
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts and "\\" not in path and ":" not in path and path != ""


def tell_outside(path: str, place: Place) -> Finding:
    """Return the finding on a path that leads out of the project, or is written with backslashes."""
    right = path.replace("\\", "/")
    if is_inside(right) and right != path:
        return Finding("path-backslash", "error", place, path, {"right": right})
    return Finding("outside-project", "error", place, path, {"name": PurePosixPath(right).name})


def _name_finding(
    place: Place, value: str, allowed: list[str], kind: Text, titles: Mapping[str, Text] = MappingProxyType({})
) -> Finding:
    """Return the finding that a `value` is not among the `allowed` names of its kind, which may have `titles`."""
    args = {"kind_ja": kind.ja, "kind_en": kind.en, "where_ja": "catalogue.yaml", "where_en": "catalogue.yaml"}
    near = next((name for name, title in titles.items() if fold(value) in (fold(title.ja), fold(title.en))), "")
    return Finding("unknown-name", "error", place, value, {**args, **hint(value, allowed, near)})


def check_pipeline(
    pipeline: Pipeline, document: Document, office: Office | None, broken: Collection[Path] = ()
) -> Iterator[Finding]:
    """Yield findings about a pipeline of valid shape, except for the values at the `broken` paths."""

    def whole(*path: str | int) -> bool:
        return not any(one[: len(path)] == path or path[: len(one)] == one for one in broken)

    def at(*path: str | int) -> Place:
        return Place(document.file, document.line(path))

    yield from (finding for path, finding in list_bad_values(pipeline, document) if whole(*path))
    stem = PurePosixPath(document.file).stem
    if pipeline.name != stem:
        yield Finding("name-mismatch", "error", at("name"), pipeline.name, {"expected": stem})
    for path, text in list_texts(document.value):
        if DRAFT in text:
            yield Finding("draft-left", "error", at(*path), text)
    if office is not None:
        yield from _check_names(pipeline, document, office)
    if whole("anomalies") and whole("resources"):
        yield from check_anomalies(pipeline, document)
    dois = [doi.lower() for doi in pipeline.doi.every]
    yield from (Finding("duplicate-name", "error", at("doi"), doi) for doi in sorted({*dois}) if dois.count(doi) > 1)
    names = [resource.name for resource in pipeline.resources]
    for n, resource in enumerate(pipeline.resources):
        if resource.name in names[:n]:
            yield Finding("duplicate-name", "error", at("resources", n, "name"), resource.name)
        if all(whole("resources", n, key) for key in ("source", "from", "stack")):
            yield from _check_source(resource, pipeline.resources[:n], document, ("resources", n))
        yield from _check_schema(resource, pipeline, document, ("resources", n))
        if whole("resources", n, "schema") and whole("resources", n, "charts"):
            yield from check_charts(resource, document, ("resources", n))
        if whole("resources", n, "schema") and whole("resources", n, "view"):
            yield from check_view(resource, document, ("resources", n))
            yield from check_partition(resource, document, ("resources", n))
        if whole("resources", n, "schema") and whole("resources", n, "errata"):
            yield from check_errata(resource, document, ("resources", n))
        for m, field in enumerate(resource.schema.fields):
            if whole("resources", n, "schema", "fields", m, "type"):
                yield from _check_field(field, document, ("resources", n, "schema", "fields", m))


def _check_names(pipeline: Pipeline, document: Document, office: Office) -> Iterator[Finding]:
    def check(
        path: Path, value: str, allowed: Mapping[str, Publisher | License | Theme], ja: str, en: str
    ) -> Iterator[Finding]:
        if value not in allowed:
            place = Place(document.file, document.line(path))
            titles = {name: one.title for name, one in allowed.items()}
            yield _name_finding(place, value, list(allowed), Text(ja=ja, en=en), titles)

    yield from check(("publisher",), pipeline.publisher, office.publishers, "公開者", "publisher")
    yield from check(("license",), pipeline.license, office.licenses, "利用条件", "licence")
    for n, theme in enumerate(pipeline.themes):
        yield from check(("themes", n), theme, office.themes, "分野", "theme")


def _check_source(resource: Resource, earlier: Sequence[Resource], document: Document, path: Path) -> Iterator[Finding]:
    place = Place(document.file, document.line((*path, "source")))
    if resource.stack:
        yield from check_stack(resource, earlier, document, path)
        return
    if resource.from_:
        known = [other.name for other in earlier if other.source is not None]
        if resource.source is not None:
            yield Finding("source-kind", "error", place)
        elif resource.from_ not in known:
            line = document.line((*path, "from"))
            args = {"kind_ja": "先に書いた表", "kind_en": "earlier resource with a source"}
            args |= {"where_ja": "resources の前のほう", "where_en": "resources, further up"} | hint(
                resource.from_, known
            )
            yield Finding("unknown-name", "error", Place(document.file, line), resource.from_, args)
        return
    source = resource.source
    if source is None or sum((bool(source.url), bool(source.file), source.ckan is not None)) != 1:
        yield Finding("source-kind", "error", place)
        return
    if source.file and not is_inside(_PLACE.sub("x", source.file)):
        yield tell_outside(source.file, Place(document.file, document.line((*path, "source", "file"))))
    yield from _check_template(source, document, (*path, "source"))


def _check_template(source: Source, document: Document, path: Path) -> Iterator[Finding]:
    template = source.url or source.file
    place = Place(document.file, document.line((*path, "url" if source.url else "file")))
    try:
        parts = [part for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        yield Finding("bad-pattern", "error", place, template, {"allowed": str(error)})
        return
    used = set()
    for _, name, form, conversion in parts:
        key = re.split(r"[.\[]", name or "")[0]
        values = source.for_.get(key, ())
        first = values.from_ if isinstance(values, DayRange) else values[0] if values else "—"
        if conversion or key != name or not key or (values and not takes_format(first, form or "")):
            shown = f"{{{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}}}"
            yield Finding("template-format", "error", place, shown, {"example": str(first)})
        used.add(key)
    for name in sorted(used - {""} - set(source.for_)):
        yield Finding("template-value", "error", place, name)
    if source.fetched in source.for_:
        line = document.line((*path, "fetched"))
        yield Finding("column-exists", "error", Place(document.file, line), source.fetched, {"step": "fetched"})
    for name in source.for_:
        if name not in used:
            yield Finding("unused-value", "error", Place(document.file, document.line((*path, "for", name))), name)


def _check_schema(resource: Resource, pipeline: Pipeline, document: Document, path: Path) -> Iterator[Finding]:
    schema = resource.schema
    names = [field.name for field in schema.fields]
    renamed = dict(list_renamed(document.value, path))

    def columns(values: Iterable[str], known: list[str], *rest: str | int) -> Iterator[Finding]:
        for value in values:
            if value not in known:
                place = Place(document.file, document.line((*path, *rest)))
                near = renamed.get(value, "")
                yield Finding(
                    "unknown-column", "error", place, value, hint(value, known, near if near in known else "")
                )

    for n, name in enumerate(names):
        if name in names[:n]:
            place = Place(document.file, document.line((*path, "schema", "fields", n, "name")))
            yield Finding("duplicate-name", "error", place, name)
    for where, word, instead in schemas.find_unread(schema):
        place = Place(document.file, document.line((*path, "schema", *where)))
        yield Finding("unread", "error", place, word, {"instead_ja": instead.ja, "instead_en": instead.en})
    yield from columns(schema.primaryKey, names, "schema", "primaryKey")
    for n, key in enumerate(schema.uniqueKeys):
        yield from columns(key, names, "schema", "uniqueKeys", n)
    yield from columns(resource.expect.fill, names, "expect", "fill")
    own = resource.source.allow if resource.source else {}
    lists: Any = ((("allow",), resource.allow, LEAKS, names), (("source", "allow"), own, OF_RAWS, []))
    for where, allow, kinds, more in lists:
        for allowed in allow:
            if allowed not in more and allowed.partition("/")[0] not in kinds:
                place = Place(document.file, document.line((*path, *where, allowed)))
                yield Finding("not-allowed", "error", place, allowed, hint(allowed, [*kinds, *more]))
    for n, foreign in enumerate(schema.foreignKeys):
        yield from columns(foreign.fields, names, "schema", "foreignKeys", n, "fields")
        tables: dict[str, Schema] = {other.name: other.schema for other in pipeline.resources}
        other = tables.get(foreign.reference.resource or resource.name)
        where = ("schema", "foreignKeys", n, "reference")
        if other is None:
            name, line = foreign.reference.resource, document.line((*path, *where, "resource"))
            args = {"kind_ja": "表", "kind_en": "resource", "where_ja": "resources", "where_en": "resources"}
            yield Finding(
                "unknown-name", "error", Place(document.file, line), name, {**args, **hint(name, list(tables))}
            )
        else:
            count, number = len(foreign.fields), len(foreign.reference.fields)
            if count != number:
                place = Place(document.file, document.line((*path, *where, "fields")))
                yield Finding("foreign-key-length", "error", place, "", {"count": str(count), "other": str(number)})
            yield from columns(foreign.reference.fields, [field.name for field in other.fields], *where, "fields")


def _guess_format(field: SchemaField) -> dict[str, str]:
    """Make the hint for a format that is written as in other programs: YYYY/MM/DD → %Y/%m/%d."""
    made = schemas.find_named(field.format) or spell_format(field.format)
    if not made or schemas.find_bad_format(dataclasses.replace(field, format=made)):
        return {}
    return {"hint_ja": f"「{made}」のことですか？ ", "hint_en": f'Did you mean "{made}"? '}


def _check_field(field: SchemaField, document: Document, path: Path) -> Iterator[Finding]:
    def at(*rest: str | int) -> Place:
        return Place(document.file, document.line((*path, *rest)))

    for constraint, value, why in schemas.find_bad_bounds(field):
        args = {"allowed": why, **guess_meant(value, _NUMBER)}
        yield Finding("bad-pattern", "error", at("constraints", constraint), value, args)
    if fault := find_regex_fault(field.constraints.pattern):
        yield Finding("bad-regex", "error", at("constraints", "pattern"), field.constraints.pattern, {"why": fault})
    for low, value, high, other in schemas.find_crossed_bounds(field):
        args = {"low": low, "high": high, "other": other}
        yield Finding("bounds-crossed", "error", at("constraints", low), value, args)
    if allowed := schemas.find_bad_format(field):
        args = {"type": field.type, "allowed": allowed}
        yield Finding("bad-format", "error", at("format"), field.format, args | _guess_format(field))
    else:
        for key, value in schemas.find_bad_values(field):
            place = at("constraints", key) if key == "enum" else at(key)
            yield Finding("not-a-value", "error", place, value, {"key": key, "type": field.type})
    if why := schemas.find_bad_items(field):
        yield Finding("bad-schema", "error", at("arrayItem"), "", {"why": why})
