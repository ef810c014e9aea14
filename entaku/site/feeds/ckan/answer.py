"""CKAN read actions, answered for `entaku serve` from the files that `ckan.feed` writes.  Pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from entaku.site.feeds.ckan import datastore, finding
from entaku.site.feeds.ckan import search as ckan_search
from entaku.site.feeds.ckan.arguments import read_flag, read_natural
from entaku.site.feeds.ckan.replies import (
    ACTIONS,
    ARGUED,
    MOST,
    NONE_AT_ALL,
    ROOTS,
    Refusal,
    invalid,
    not_found,
    wrap,
    wrap_refusal,
)

Given = Mapping[str, Any]


@dataclass(frozen=True)
class Library:
    """The contents of the API's files."""

    root: str
    """The site's URL, with a slash at its end."""
    datasets: Sequence[ckan_search.Indexed]
    lists: Mapping[str, Any]
    """Answers without arguments, by action."""
    organizations: Mapping[str, Given]
    """Full shapes, by id and by name."""
    groups: Mapping[str, Given]
    titles: Mapping[str, str]
    """Titles of organizations, groups and licences, by name."""
    read: Callable[[str], bytes]
    """Returns the bytes of a file of the site by its path.  Raises OSError."""


def load_library(read: Callable[[str], bytes]) -> Library:
    """Load a site's library; `read` returns a file's bytes by its path.  Raises OSError, ValueError or KeyError."""

    def result(path: str) -> Any:
        return json.loads(read(path))["result"]

    plain = ("status_show", "package_list", "organization_list", "group_list", "tag_list", "license_list")
    lists = {action: result(f"{ROOTS[0]}/{action}") for action in plain}
    shapes = {}
    for kind in ("organization", "group"):
        found = [result(f"{ARGUED}/{kind}_show/{name}.json") for name in lists[f"{kind}_list"]]
        shapes[kind] = {key: shape for shape in found for key in (shape["id"], shape["name"])}
    titles = {name: str(shape["title"]) for group in shapes.values() for name, shape in group.items()}
    titles |= {licence["id"]: licence["title"] for licence in lists["license_list"]}
    return Library(
        root=lists["status_show"]["site_url"] + "/",
        datasets=[
            ckan_search.index_dataset(shape) for shape in result(f"{ROOTS[0]}/package_search")["results"]
        ],
        lists=lists,
        organizations=shapes["organization"],
        groups=shapes["group"],
        titles=titles,
        read=read,
    )  # fmt: skip


def find_action(path: str) -> str:
    """Return the action in a URL's path, or ""."""
    for tree in ROOTS:
        name = path.strip("/").removeprefix(f"{tree}/")
        if name != path.strip("/") and name and "/" not in name:
            return name
    return ""


def read_query(query: str) -> dict[str, Any]:
    """Parse the arguments of a GET: text, or a list where one is repeated."""
    given = parse_qs(query, keep_blank_values=True, max_num_fields=100)
    return {key: values[0] if len(values) == 1 else values for key, values in given.items()}


def read_body(body: bytes, media: str) -> dict[str, Any]:
    """Parse the arguments of a POST: JSON of any media type (as CKAN accepts it), or a form.  Raises ValueError."""
    text = body.decode("utf-8").strip()
    if not text:
        return {}
    if media.partition(";")[0].strip() == "application/x-www-form-urlencoded" and not unquote_plus(text).startswith(
        "{"
    ):
        return read_query(text)
    text = text if text.startswith(("{", "[")) else unquote_plus(text)
    given = json.loads(text.removesuffix("=") if text.endswith("}=") else text)
    if not isinstance(given, dict):
        raise ValueError("it needs to be a dictionary")
    return given


def answer_action(library: Library, action: str, given: Given) -> tuple[int, bytes]:
    """Return HTTP status and JSON of `action` with the arguments `given`."""
    if action not in ACTIONS:
        return 400, json.dumps(f"Bad request: Action name not known: {action}").encode()
    try:
        result = run_action(library, action, given)
    except Refusal as refusal:
        return refusal.status, wrap_refusal(library.root, action, refusal)
    return 200, wrap(library.root, action, result)


def run_action(library: Library, action: str, given: Given) -> Any:
    """Return the result of an action.  Raises Refusal."""
    if action == "site_read":
        return True
    if action in ("status_show", "license_list"):
        return library.lists[action]
    if action == "package_list":
        return cut(library.lists[action], given)
    if action == "package_search":
        return ckan_search.search(library.datasets, library.titles, given)
    if action == "current_package_list_with_resources":
        return list_newest(library, given)
    if action in NONE_AT_ALL:
        return []
    if action in OTHERS:
        return OTHERS[action](library, given)
    if action.startswith(("organization_", "group_")):
        return run_groups(library, action, given)
    if action.startswith("tag_"):
        return run_tags(library, action, given)
    if action == "package_show":
        return find_dataset(library, need(given, "id") if given.get("id") else need(given, "name_or_id", "id"))
    if action == "resource_show":
        return find_resource(library, need(given, "id"))
    if action == "package_autocomplete":
        return complete_name(library, need(given, "q"), read_natural(given, "limit", 10))
    name = need(given, "name")
    if name not in ACTIONS:
        raise not_found("Action function not found")
    return ACTIONS[name]


def find_either(library: Library, kind: str, key: str) -> Given:
    """Find an organization or a group by id or name.  Raises Refusal."""
    shapes = library.organizations if kind == "organization" else library.groups
    if key not in shapes:
        raise not_found()
    return shapes[key]


def list_tags(library: Library) -> dict[str, Given]:
    """Return the tags of all datasets, by name."""
    return {tag["name"]: tag for each in library.datasets for tag in each.shape["tags"]}


def search_tags(library: Library, given: Given) -> list[Given]:
    """Return the tags that are asked for.  Raises Refusal."""
    if not (given.get("query") or given.get("q")):
        raise invalid("query", "Missing value")
    if given.get("vocabulary_id"):
        raise not_found("could not find vocabulary")
    return finding.find_tags(list_tags(library), given)


def count_followers(library: Library, kind: str, given: Given) -> int:
    """Return 0 for what there is.  Raises Refusal."""
    key = need(given, "id")
    find_dataset(library, key) if kind == "dataset" else find_either(library, kind, key)
    return 0


def search_rows(library: Library, given: Given, *, whole: bool) -> Any:
    """Answer datastore_search, or with `whole` datastore_info.  Raises Refusal."""
    key = need(given, "resource_id" if given.get("resource_id") else "id", "" if whole else "resource_id")
    resource = find_resource(library, key)
    return (
        datastore.describe_table(resource, library.read, given)
        if whole
        else datastore.search_table(resource, library.read, given)
    )


def find_nothing(_library: Library, given: Given) -> Any:
    """Find nothing, whatever the `id`.  Raises Refusal."""
    need(given, "id")
    raise not_found()


def list_nothing(library: Library, kind: str, given: Given) -> list[Given]:
    """Return what a dataset or a resource has none of.  Raises Refusal."""
    key = need(given, "id")
    find_dataset(library, key) if kind == "dataset" else find_resource(library, key)
    return []


OTHERS: Mapping[str, Callable[[Library, Given], Any]] = {
    "resource_search": lambda library, given: finding.find_resources(library.datasets, given),
    "tag_search": lambda library, given: {
        "count": len(found := search_tags(library, given)),
        "results": [
            {key: tag[key] for key in ("id", "name", "vocabulary_id")} for tag in finding.cut(found, given, MOST)
        ],
    },
    "tag_autocomplete": lambda library, given: finding.cut(
        [tag["name"] for tag in search_tags(library, given)], given, 10
    ),
    "organization_autocomplete": lambda library, given: finding.complete_group(
        library.organizations, need(given, "q"), given
    ),
    "group_autocomplete": lambda library, given: finding.complete_group(library.groups, need(given, "q"), given),
    "format_autocomplete": lambda library, given: finding.complete_format(library.datasets, need(given, "q"), given),
    "vocabulary_show": find_nothing,
    "resource_view_show": find_nothing,
    "resource_view_list": lambda library, given: list_nothing(library, "resource", given),
    "package_relationships_list": lambda library, given: list_nothing(library, "dataset", given),
    "dataset_follower_count": lambda library, given: count_followers(library, "dataset", given),
    "organization_follower_count": lambda library, given: count_followers(library, "organization", given),
    "group_follower_count": lambda library, given: count_followers(library, "group", given),
    "datastore_search": lambda library, given: search_rows(library, given, whole=False),
    "datastore_info": lambda library, given: search_rows(library, given, whole=True),
}
"""Actions that are answered by one function."""


def need(given: Given, key: str, called: str = "") -> str:
    """Return a required text argument.  Raises Refusal."""
    value = given.get(key)
    if value is None or value == "":
        raise invalid(called or key, "Missing value")
    if not isinstance(value, str):
        raise invalid(called or key, "Must be a string")
    return value


def cut(items: Sequence[Any], given: Given) -> list[Any]:
    """Apply the arguments `limit` and `offset`."""
    limit = read_natural(given, "limit", 0)
    offset = read_natural(given, "offset", 0)
    return list(items[offset : offset + limit] if limit else items[offset:])


# ---- datasets ---------------------------------------------------------------------------------------------------


def find_dataset(library: Library, key: str) -> Given:
    """Find a dataset by id or name.  Raises Refusal."""
    for each in library.datasets:
        if key in (each.shape["id"], each.shape["name"]):
            return each.shape
    raise not_found("Dataset was not found.")


def find_resource(library: Library, key: str) -> Given:
    """Find a resource by id.  Raises Refusal."""
    for each in library.datasets:
        for resource in each.shape["resources"]:
            if resource["id"] == key:
                found: Given = resource
                return found
    raise not_found("Resource was not found.")


def list_newest(library: Library, given: Given) -> list[Given]:
    """List datasets, the most recently modified first, up to the limit of a search."""
    limit = read_natural(given, "limit", MOST)
    page = read_natural(given, "page", 1)
    if page < 1:
        raise invalid("page", "Must be a positive integer")
    offset = read_natural(given, "offset", (page - 1) * limit if given.get("limit") else 0)
    found = ckan_search.sort_datasets(library.datasets, [("metadata_modified", True)], ())
    return [each.shape for each in found[offset : offset + min(limit, MOST)]]


def complete_name(library: Library, typed: str, limit: int) -> list[Given]:
    """List datasets whose name or title contains `typed`."""
    wanted = ckan_search.fold(typed)
    found: list[Given] = []
    for each in library.datasets:
        for field in ("name", "title"):
            if wanted in each.folded[field]:
                shape = each.shape
                display = shape["title"] if field == "title" else shape["name"]
                found.append(
                    {"name": shape["name"], "title": shape["title"], "match_field": field, "match_displayed": display}
                )
                break
    return found[:limit]


# ---- organizations, groups and tags -----------------------------------------------------------------------------


def run_groups(library: Library, action: str, given: Given) -> Any:
    """Answer organization_list, organization_show, group_list, group_show and group_package_show."""
    kind = action.partition("_")[0]
    shapes = library.organizations if kind == "organization" else library.groups
    if action.endswith("_list"):
        return list_groups(library, kind, shapes, given)
    found = shapes.get(need(given, "id"))
    if found is None:
        raise not_found()
    field = "organization" if kind == "organization" else "groups"
    members = [each.shape for each in library.datasets if found["name"] in each.fields[field]]
    if action == "group_package_show":
        return members[: read_natural(given, "limit", MOST)]
    if read_flag(given, "include_datasets", False):
        return {**found, "packages": members[:MOST]}
    return found


def list_groups(library: Library, kind: str, shapes: Mapping[str, Given], given: Given) -> list[Any]:
    """List the names, or with `all_fields` the shapes, of organizations or groups."""
    found = [shapes[name] for name in library.lists[f"{kind}_list"]]
    chosen = given.get("organizations" if kind == "organization" else "groups")
    if chosen:
        names = chosen if isinstance(chosen, list) else [name.strip(' "[]') for name in str(chosen).split(",")]
        found = [shape for shape in found if shape["name"] in names]
    wanted = ckan_search.fold(str(given.get("q") or "").strip())
    if wanted:
        found = [
            shape for shape in found
            if any(wanted in ckan_search.fold(str(shape[key])) for key in ("name", "title", "description"))
        ]  # fmt: skip
    found = sort_groups(found, str(given.get("sort") or given.get("order_by") or "name"))
    found = cut(found, given)
    if not read_flag(given, "all_fields", False):
        return [shape["name"] for shape in found]
    left_out = {"users", "tags"} | {
        key for key in ("extras", "groups") if not read_flag(given, f"include_{key}", False)
    }
    return [{key: value for key, value in shape.items() if key not in left_out} for shape in found]


def sort_groups(found: Sequence[Given], sort: str) -> list[Given]:
    """Sort by `name`, `title` or `package_count` (alias `packages`; descending by default)."""
    field, _, direction = sort.strip().partition(" ")
    field = {"packages": "package_count", "package": "package_count"}.get(field, field)
    if field not in ("name", "title", "package_count") or direction.strip().lower() not in ("", "asc", "desc"):
        raise invalid("sort", f"Cannot sort by field `{sort}`")
    falls = direction.strip().lower() == "desc" or (field == "package_count" and not direction)
    return sorted(found, key=lambda shape: (shape[field], shape["name"]), reverse=falls)


def run_tags(library: Library, action: str, given: Given) -> Any:
    """Answer tag_list and tag_show."""
    if given.get("vocabulary_id"):
        raise not_found("could not find vocabulary")
    tags = list_tags(library)
    if action == "tag_list":
        wanted = ckan_search.fold(str(given.get("query") or given.get("q") or "").strip())
        names = [name for name in sorted(tags) if wanted in ckan_search.fold(name)]
        return [tags[name] for name in names] if read_flag(given, "all_fields", False) else names
    key = need(given, "id")
    for name, tag in tags.items():
        if key in (name, tag["id"]):
            shape = {key: value for key, value in tag.items() if key != "state"}
            if read_flag(given, "include_datasets", False):
                shape["packages"] = [each.shape for each in library.datasets if name in each.fields["tags"]][:MOST]
            return shape
    raise not_found()
