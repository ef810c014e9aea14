"""CKAN actions that find resources, tags and names by a part of their text.  Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from entaku.site.feeds.ckan import search
from entaku.site.feeds.ckan.arguments import read_natural
from entaku.site.feeds.ckan.replies import MOST, invalid

Shape = Mapping[str, Any]
RESOURCE_FIELDS = ("name", "description", "format", "url", "mimetype", "id", "package_id", "hash")
"""Fields of a resource by which it can be found."""


def find_resources(datasets: Sequence[search.Indexed], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resources that satisfy each `field:value` of `query`, as resource_search does.  Raises Refusal."""
    terms = given.get("query")
    if not terms:
        raise invalid("query", "Missing value")
    wanted = []
    for term in terms if isinstance(terms, list) else [str(terms)]:
        field, colon, value = str(term).partition(":")
        if not colon or field not in RESOURCE_FIELDS:
            raise invalid("query", f"Must be <field>:<value>, with a field of {', '.join(RESOURCE_FIELDS)}")
        wanted.append((field, search.fold(value)))
    found = [
        resource
        for each in datasets
        for resource in each.shape["resources"]
        if all(value in search.fold(str(resource[field] or "")) for field, value in wanted)
    ]
    order = given.get("order_by")
    if order:
        if order not in RESOURCE_FIELDS:
            raise invalid("order_by", f"Must be one of {', '.join(RESOURCE_FIELDS)}")
        found.sort(key=lambda resource: str(resource[order] or ""))
    return {"count": len(found), "results": cut(found, given, MOST)}


def find_tags(tags: Mapping[str, Shape], given: Mapping[str, Any]) -> list[Shape]:
    """Return the tags whose name has each word of `query` in it, by name."""
    asked = given.get("query") or given.get("q") or ""
    words = [search.fold(str(word).strip()) for word in (asked if isinstance(asked, list) else [asked])]
    return [tags[name] for name in sorted(tags) if all(word in search.fold(name) for word in words)]


def complete_group(shapes: Mapping[str, Shape], q: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the organizations or groups whose name or title has `q` in it, by title."""
    wanted = search.fold(q)
    found = {
        shape["id"]: shape for shape in shapes.values() if wanted in search.fold(f"{shape['name']}\n{shape['title']}")
    }
    ranked = sorted(found.values(), key=lambda shape: (shape["title"], shape["name"]))
    return [{key: shape[key] for key in ("id", "name", "title")} for shape in cut(ranked, given, 20)]


def complete_format(datasets: Sequence[search.Indexed], q: str, given: Mapping[str, Any]) -> list[str]:
    """Return the formats of resources that begin with `q`, in lower case as CKAN has them."""
    wanted = q.lower()
    formats = {value.lower() for each in datasets for value in each.fields.get("res_format", ())}
    return cut(sorted(each for each in formats if each.startswith(wanted)), given, 5)


def cut(items: Sequence[Any], given: Mapping[str, Any], limit: int) -> list[Any]:
    """Apply the arguments `limit` and `offset`; without a limit, `limit`."""
    offset = read_natural(given, "offset", 0)
    return list(items[offset : offset + read_natural(given, "limit", limit)])
