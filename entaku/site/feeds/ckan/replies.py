"""CKAN's envelope: answers and refusals of actions, as `ckan/views/api.py` of CKAN 2.12 writes them.  Pure.

Used for the files of the site (`ckan.feed`) and by `entaku serve` (`ckan.answer`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

ROOTS = ("api/3/action", "api/action")
"""Base paths of the API: harvesters use the first, ckanapi the second."""
ARGUED = "api/3"
"""Answers that depend on an argument are at `api/3/<action>/<argument>.json`: a file `api/3/action/package_show` and
a folder of that name can't both exist, and a host without configuration must find the file.
"""
SIZES = (10, 100, 1000)
"""Values of `rows` that have pages as files, each a multiple of those before: CKAN's default, a harvester's and CKAN's
limit (also ckanapi's)."""
MOST = 1000
"""CKAN's `ckan.search.rows_max`."""

ACTIONS: Mapping[str, str] = {
    "site_read": "Return true.",
    "status_show": "Return a dictionary with information about the site's configuration.",
    "package_list": "Return a list of the names of the site's datasets. Arguments: limit, offset.",
    "package_search": "Search for datasets. Arguments: q, fq, fq_list, sort, rows, start, facet, facet.field, "
    "facet.limit, facet.mincount, fl.",
    "package_show": "Return the metadata of a dataset and its resources. Arguments: id (id or name).",
    "package_autocomplete": "Return datasets whose names or titles begin with a string. Arguments: q, limit.",
    "current_package_list_with_resources": "Return a list of the site's datasets and their resources, the most "
    "recently modified first. Arguments: limit, offset.",
    "resource_show": "Return the metadata of a resource. Arguments: id.",
    "organization_list": "Return a list of the names of the site's organizations. Arguments: organizations, q, sort, "
    "limit, offset, all_fields.",
    "organization_show": "Return the details of an organization. Arguments: id (id or name), include_datasets.",
    "group_list": "Return a list of the names of the site's groups. Arguments: groups, q, sort, limit, offset, "
    "all_fields.",
    "group_show": "Return the details of a group. Arguments: id (id or name), include_datasets.",
    "group_package_show": "Return the datasets of a group. Arguments: id (id or name), limit.",
    "tag_list": "Return a list of the site's tags. Arguments: query, all_fields.",
    "tag_show": "Return the details of a tag. Arguments: id (id or name), include_datasets.",
    "license_list": "Return the list of licences available for datasets on the site.",
    "resource_search": "Return resources that satisfy each field:value. Arguments: query, order_by, limit, offset.",
    "tag_search": "Return tags with a string in their names. Arguments: query, limit, offset.",
    "tag_autocomplete": "Return names of tags with a string in them. Arguments: query, limit, offset.",
    "organization_autocomplete": "Return organizations with a string in their name or title. Arguments: q, limit.",
    "group_autocomplete": "Return groups with a string in their name or title. Arguments: q, limit.",
    "format_autocomplete": "Return formats of resources that begin with a string. Arguments: q, limit.",
    "vocabulary_list": "Return the list of tag vocabularies, of which there are none.",
    "vocabulary_show": "Return a tag vocabulary, of which there are none. Arguments: id.",
    "resource_view_list": "Return the views of a resource, which has none here. Arguments: id.",
    "resource_view_show": "Return a view, of which there are none. Arguments: id.",
    "package_relationships_list": "Return the relationships of a dataset, which has none. Arguments: id.",
    "organization_list_for_user": "Return the organizations that a reader may edit, which are none.",
    "group_list_authz": "Return the groups that a reader may edit, which are none.",
    "dataset_follower_count": "Return the number of followers of a dataset, which is 0. Arguments: id.",
    "organization_follower_count": "Return the number of followers of an organization, which is 0. Arguments: id.",
    "group_follower_count": "Return the number of followers of a group, which is 0. Arguments: id.",
    "datastore_search": "Return rows of a table. Arguments: resource_id, filters, q, distinct, limit, offset, fields, "
    "sort, include_total, records_format, include_next_page.",
    "datastore_info": "Return the columns of a table and its number of rows. Arguments: id, include_meta, include_fields_schema.",
    "help_show": "Return the help string for an action. Arguments: name.",
}
"""Every action, and its help text."""
SHOWN = ("package_show", "organization_show", "group_show", "group_package_show", "resource_show")
"""Actions with a file for each `id`."""
NONE_AT_ALL = ("vocabulary_list", "organization_list_for_user", "group_list_authz")
"""Actions whose answer is an empty list."""
LISTED = 100
"""Most values of an argument that is a list."""


@dataclass(frozen=True)
class Refusal(Exception):  # noqa: N818 (it is an answer, not an error)
    """A refusal: HTTP status and CKAN's `error`."""

    status: int
    kind: str
    """CKAN's `__type`."""
    message: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Messages by argument."""


def not_found(what: str = "") -> Refusal:
    return Refusal(404, "Not Found Error", f"Not found: {what}" if what else "Not found")


def invalid(argument: str, why: str) -> Refusal:
    return Refusal(409, "Validation Error", fields={argument: [why]})


def bad_search(why: str) -> Refusal:
    """Return the refusal of an invalid query."""
    return Refusal(409, "Search Error", f"Search error: {why!r}")


def bad_parameter(why: str) -> Refusal:
    """Return the refusal of an unsupported parameter."""
    return Refusal(400, "Search Query Error", f"Search Query is invalid: {why!r}")


_encode = json.JSONEncoder(separators=(",", ":")).encode


def dump(value: object) -> bytes:
    """Encode JSON in ASCII, as CKAN does: it is read correctly whatever character encoding a host declares."""
    return _encode(value).encode()


@cache
def make_help(root: str, action: str) -> str:
    """Return the URL of an action's help; `root` is the site's URL with a slash at its end."""
    return f"{root}{ROOTS[0]}/help_show?name={action}"


def wrap(root: str, action: str, result: object) -> bytes:
    """Encode the answer of an action."""
    return wrap_json(root, action, dump(result))


def wrap_json(root: str, action: str, result: bytes) -> bytes:
    """Encode the answer of an action whose result is JSON already."""
    return b'{"help":%b,"success":true,"result":%b}' % (dump(make_help(root, action)), result)


def enclose_dataset(root: str) -> tuple[bytes, bytes]:
    """Return what stands before and after the JSON of a dataset in the answer of package_show: texts that are nowhere in
    such JSON, so that servers which put lists together of these answers can leave them out."""
    return b'{"result":', b',"help":%b,"success":true}' % dump(make_help(root, "package_show"))


def wrap_refusal(root: str, action: str, refusal: Refusal) -> bytes:
    """Encode the answer of an action that refuses."""
    error: dict[str, Any] = {**refusal.fields, "__type": refusal.kind}
    if refusal.message:
        error["message"] = refusal.message
    return dump({"help": make_help(root, action), "success": False, "error": error})


def list_search(count: int, results: bytes) -> bytes:
    """Encode the result of a package_search without facets: the total count, and the JSON of the datasets shown."""
    return b'{"count":%d,"facets":{},"results":[%b],"sort":"id asc","search_facets":{}}' % (count, results)
