"""package_search over datasets in CKAN's shape: q, fq, sort, rows, start, fl and facets, as Solr would answer.  Pure.

A strict subset: an unsupported parameter, field or expression is refused with CKAN's error rather than ignored, which
would answer another query.  Japanese words match any part of a text, in full or half width; words in Latin letters
match from the beginning of a word.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any

from entaku.site.feeds.ckan import query as ckan_query
from entaku.site.feeds.ckan.arguments import read_flag, read_list, read_natural, take_text
from entaku.site.feeds.ckan.query import All, Node, Not, QueryError, Range, Term
from entaku.site.feeds.ckan.replies import LISTED, MOST, Refusal, bad_parameter, bad_search

Dataset = Mapping[str, Any]

TEXTS = ("title", "notes", "author", "maintainer", "res_name", "res_description", "text")
"""Text fields; all others are compared whole (`ckan/config/solr/schema.xml`)."""
DATES = ("metadata_created", "metadata_modified")
NUMBERS = ("num_resources", "num_tags")
KNOWN = {"q", "fq", "fq_list", "sort", "rows", "start", "facet", "facet.field", "facet.limit", "facet.mincount", "fl"}
IGNORED = {"include_private", "include_drafts", "include_deleted", "use_default_schema", "extras"}
"""Parameters without effect: the catalogue has no private, draft or deleted datasets, and one schema."""
WEIGHTS = {"name": 4, "title": 4, "tags": 2, "groups": 2, "text": 1}
"""Weights of fields in ranking: CKAN's QUERY_FIELDS."""


@dataclass(frozen=True)
class Indexed:
    """A dataset with its search fields."""

    shape: Dataset
    fields: Mapping[str, tuple[str, ...]]
    folded: Mapping[str, str]
    """Text fields and weighted fields, folded for comparison."""


def fold(text: str) -> str:
    """Normalize text for comparison: width and case are ignored."""
    return unicodedata.normalize("NFKC", text).casefold()


def list_filtered(shape: Dataset) -> dict[str, tuple[str, ...]]:
    """Return the fields of a dataset by whose values lists are filtered (`ckan/lib/search/index.py`)."""
    organization = shape.get("organization")
    return {
        "tags": tuple(tag["name"] for tag in shape["tags"]),
        "groups": tuple(group["name"] for group in shape["groups"]),
        "organization": (organization["name"],) if organization else (),
        "license_id": (str(shape["license_id"]),) if shape.get("license_id") else (),
        "res_format": tuple(each["format"] for each in shape["resources"]),
    }


def index_dataset(shape: Dataset) -> Indexed:
    """Compute the search fields of a dataset (`ckan/lib/search/index.py`)."""
    resources = shape["resources"]
    organization = shape.get("organization") or {}
    fields: dict[str, tuple[str, ...]] = {
        key: (str(shape[key]),)
        for key in (
            "id", "name", "title", "notes", "url", "version", "state", "author", "author_email", "maintainer",
            "maintainer_email", "owner_org", "metadata_created", "metadata_modified",
        )
        if shape.get(key)
    }  # fmt: skip
    fields |= {
        "title_string": (shape["title"],),
        "license": (shape["license_id"],),
        "num_resources": (str(shape["num_resources"]),),
        "num_tags": (str(shape["num_tags"]),),
        "dataset_type": (shape["type"],),
        "type": (shape["type"],),
        "entity_type": ("package",),
        "capacity": ("public",),
        "private": ("false",),
        "isopen": (str(bool(shape["isopen"])).lower(),),
        "res_name": tuple(each["name"] for each in resources),
        "res_description": tuple(each["description"] for each in resources if each["description"]),
        "res_url": tuple(each["url"] for each in resources),
    }
    fields |= {key: values for key, values in list_filtered(shape).items() if values or key != "license_id"}
    extras = {extra["key"]: extra["value"] for extra in shape["extras"]}
    for key, value in extras.items():
        fields[f"extras_{key}"] = (value,)
        fields.setdefault(key, (value,))
    words = [*fields["res_name"], *fields["res_description"], *fields["res_url"], *extras.values()]
    words += [*fields["tags"], *fields["groups"], *fields["organization"], organization.get("title", "")]
    words += [group["title"] for group in shape["groups"]]
    words += [
        str(shape.get(key) or "") for key in ("name", "title", "notes", "author", "maintainer", "license_id", "url")
    ]
    fields["text"] = ("\n".join(words),)
    folded = {key: fold("\n".join(fields.get(key, ()))) for key in {*TEXTS, *WEIGHTS}}
    folded["title"] += "\n" + fold(extras.get("title_en", ""))
    folded["notes"] += "\n" + fold(extras.get("notes_en", ""))
    return Indexed(shape, fields, folded)


def search(datasets: Sequence[Indexed], titles: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of package_search with the parameters `given`.  `titles` are those of groups, organizations and
    licences, by name.  Raises Refusal.
    """
    params = read_params(given)
    names = frozenset(name for each in datasets for name in each.fields) | BASIC
    question = read_question(params.q)
    filters = [read_filter(each) for each in params.fq]
    for node in (question, *filters):
        check_fields(node, names)
    found = [each for each in datasets if all(matches(each, node) for node in (question, *filters))]
    order = read_sort(params.sort)
    found = sort_datasets(found, order, list_words(question))
    page = found[params.start : params.start + params.rows]
    facets = {field: count_facet(found, field, names, params) for field in params.facets}
    return {
        "count": len(found),
        "facets": facets,
        "results": [each.shape if not params.fl else pick_fields(each, params.fl, names) for each in page],
        "sort": params.sort,
        "search_facets": {field: show_facet(field, counts, titles) for field, counts in facets.items()},
    }


BASIC = frozenset(
    [
        "id", "name", "title", "title_string", "notes", "url", "version", "state", "author", "author_email", "maintainer",
        "maintainer_email", "license", "license_id", "owner_org", "metadata_created", "metadata_modified", "tags", "groups",
        "organization", "dataset_type", "type", "entity_type", "capacity", "private", "isopen", "res_name",
        "res_description", "res_format", "res_url", "text", "num_resources", "num_tags",
    ]
)  # fmt: skip
"""Fields that are valid though no dataset may have them."""


# ---- parameters -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Params:
    """Validated parameters."""

    q: str
    fq: tuple[str, ...]
    sort: str
    rows: int
    start: int
    facets: tuple[str, ...]
    limit: int
    mincount: int
    fl: tuple[str, ...]


def read_params(given: Mapping[str, Any]) -> Params:
    """Parse the parameters as CKAN's default_package_search_schema does."""
    unknown = sorted(key for key in given if key not in KNOWN | IGNORED and not key.startswith("ext_"))
    if unknown:
        raise bad_parameter(f"Invalid search parameters: {unknown}")
    filters = [take_text(given, "fq"), *read_list(given, "fq_list")]
    return Params(
        q=take_text(given, "q").strip(),
        fq=tuple(each for each in filters if each.strip()),
        sort=take_text(given, "sort") or DEFAULT_SORT,
        rows=min(read_natural(given, "rows", 10), MOST),
        start=read_natural(given, "start", 0),
        facets=tuple(read_list(given, "facet.field")) if read_flag(given, "facet", True) else (),
        limit=read_natural(given, "facet.limit", 50, negative=True),
        mincount=read_natural(given, "facet.mincount", 1),
        fl=tuple(read_list(given, "fl", plain=True)),
    )


# ---- q and fq ---------------------------------------------------------------------------------------------------


def read_question(q: str) -> Node:
    """Parse `q`: empty, words, or a query with fields."""
    if q in ("", '""', "''"):
        return All(())
    if q.startswith("{!"):
        raise bad_search("Local parameters are not supported in param 'q'.")
    return parse_or_refuse(ckan_query.parse_query if ":" in q else ckan_query.parse_words, q)


def read_filter(fq: str) -> Node:
    return parse_or_refuse(ckan_query.parse_query, fq)


def parse_or_refuse(parse: Callable[[str], Node], text: str) -> Node:
    try:
        return parse(text)
    except QueryError as error:
        raise bad_search(f"{error} (query: {text[:200]})") from None


def check_fields(node: Node, names: frozenset[str]) -> None:
    """Refuse a field that no dataset has, and a range or a date that can't be compared."""
    if isinstance(node, Not):
        check_fields(node.item, names)
    elif isinstance(node, (Term, Range)):
        if node.field and node.field not in names:
            raise bad_search(f"undefined field {node.field}")
        if isinstance(node, Range):
            if node.field in TEXTS or node.field not in BASIC:
                raise bad_search(f"no range of words: {node.field}")
            read_bound(node.field, node.low), read_bound(node.field, node.high)
        elif node.field in DATES and not node.prefix:
            read_date(node.value)
    else:
        for item in node.items:
            check_fields(item, names)


def read_date(text: str) -> str:
    """Convert a Solr time (`2026-01-05T00:00:00Z`, `2026-01-05`) to CKAN's form, which sorts as text; `*` is kept."""
    if text == "*":
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad_search(f"Invalid Date String: {text}") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def matches(each: Indexed, node: Node) -> bool:
    """Test whether a dataset matches a query."""
    if isinstance(node, Not):
        return not matches(each, node.item)
    if isinstance(node, All):
        return all(matches(each, item) for item in node.items)
    if isinstance(node, ckan_query.Any):
        return any(matches(each, item) for item in node.items)
    values = each.fields.get(node.field or "text", ())
    if isinstance(node, Range):
        return any(is_between(value, node) for value in values)
    if node.prefix and not node.value:
        return bool(values)
    if node.field in ("", *TEXTS):
        text = each.folded[node.field or "text"]
        return fold(node.value) in text if node.infix else holds_words(text, node.value)
    if node.field in DATES:
        return read_date(node.value) in values
    if node.infix:
        return any(node.value in value for value in values)
    return any(value.startswith(node.value) if node.prefix else value == node.value for value in values)


def read_bound(field: str, text: str) -> str:
    """Normalize a bound of a range, or a value for comparison with it: times and numbers become sortable text."""
    if field in DATES:
        return read_date(text)
    if field in NUMBERS and text != "*":
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            raise bad_search(f"Invalid Number: {text}")
        return text.zfill(9)
    return text


def is_between(value: str, node: Range) -> bool:
    """Test whether a value is in a range."""
    low, high = read_bound(node.field, node.low), read_bound(node.field, node.high)
    mine = read_bound(node.field, value)
    above = low == "*" or mine > low or (node.low_in and mine == low)
    below = high == "*" or mine < high or (node.high_in and mine == high)
    return above and below


def holds_words(text: str, words: str) -> bool:
    """Test whether `text` (folded) contains `words`: Latin letters and digits only from the start of a word."""
    wanted = fold(words).strip()
    if not wanted:
        return False
    start = r"(?<![a-z0-9])" if wanted[0].isascii() and wanted[0].isalnum() else ""
    return re.search(start + re.escape(wanted), text) is not None


# ---- sort, facets, fields ---------------------------------------------------------------------------------------

DEFAULT_SORT = "score desc, metadata_modified desc"
SORTS = ("score", "id", "name", "title_string", "title", "metadata_modified", "metadata_created", "organization")


def read_sort(sort: str) -> list[tuple[str, bool]]:
    """Parse `name asc, metadata_modified desc` to fields and whether they are descending."""
    if sort == "rank":
        return read_sort(DEFAULT_SORT)
    order = []
    for part in sort.split(",", LISTED):
        found = re.fullmatch(r"\s*(\w+)\s+(asc|desc)\s*", part, re.IGNORECASE)
        if found is None or found.group(1) not in SORTS:
            odd = f"Search Query is invalid: 'Invalid \"sort\" parameter: {part.strip()[:200]}'"
            raise Refusal(400, "Search Query Error", odd)
        order.append((found.group(1), found.group(2).lower() == "desc"))
    return order


def list_words(node: Node) -> list[str]:
    """List the words of a query that are searched for in any field."""
    if isinstance(node, (All, ckan_query.Any)):
        return [word for item in node.items for word in list_words(item)]
    return [node.value] if isinstance(node, Term) and not node.field and node.value else []


Keyed = tuple[tuple[Any, ...], Indexed]


def sort_datasets(found: Sequence[Indexed], order: Sequence[tuple[str, bool]], words: Sequence[str]) -> list[Indexed]:
    """Sort in the requested order; ties by id."""

    def value(each: Indexed, field: str) -> Any:
        if field == "score":
            return sum(
                weight for word in words for key, weight in WEIGHTS.items() if holds_words(each.folded[key], word)
            )
        return next(iter(each.fields.get("title_string" if field == "title" else field, ("",))))

    def compare(one: Keyed, other: Keyed) -> int:
        for mine, its, (_, falls) in zip(one[0], other[0], order, strict=True):
            if mine != its:
                return 1 if (mine > its) != falls else -1
        return 0

    by_id = sorted(found, key=lambda each: each.fields["id"])
    keyed = [(tuple(value(each, field) for field, _ in order), each) for each in by_id]
    return [each for _, each in sorted(keyed, key=cmp_to_key(compare))]


def count_facet(found: Sequence[Indexed], field: str, names: frozenset[str], params: Params) -> dict[str, int]:
    """Count the datasets by value of a field: the most frequent first, then by name."""
    if field not in names or field in TEXTS:
        raise bad_search(f"undefined field: {field!r}")
    counts = Counter(value for each in found for value in dict.fromkeys(each.fields.get(field, ())))
    return rank_counts(counts, params.limit, params.mincount)


def rank_counts(counts: Mapping[str, int], limit: int = -1, least: int = 1) -> dict[str, int]:
    """Return the most frequent values first, then by name; a negative `limit` is none."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    kept = [(name, count) for name, count in ranked if count >= least]
    return dict(kept if limit < 0 else kept[:limit])


def show_facet(field: str, counts: Mapping[str, int], titles: Mapping[str, str]) -> dict[str, Any]:
    """Convert a facet to `search_facets`' form: by displayed name, descending, as CKAN sorts it."""
    named = titles if field in ("groups", "organization", "license_id") else {}
    shown = sorted(((named.get(name, name), name, count) for name, count in counts.items()), reverse=True)
    items = [{"name": name, "display_name": display, "count": count} for display, name, count in shown]
    return {"title": field, "items": items}


def pick_fields(each: Indexed, wanted: Sequence[str], names: frozenset[str]) -> dict[str, Any]:
    """Return only the requested fields."""
    unknown = [field for field in wanted if field not in names]
    if unknown:
        raise bad_search(f"undefined field {unknown[0]}")
    many = ("tags", "groups", "res_name", "res_description", "res_format", "res_url")
    return {
        field: list(each.fields[field]) if field in many else each.fields[field][0]
        for field in wanted
        if each.fields.get(field)
    }
