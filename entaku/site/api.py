"""The page that tries the addresses of the site: `openapi.json` as views, with an example that is there.  Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlencode

from entaku.catalogue import facets, places
from entaku.model.files import DESCRIPTOR, MANIFEST, REPORT, SUMS, name_csv, name_followed
from entaku.model.nouns import Catalogue, Dataset
from entaku.site.feeds import openapi
from entaku.site.feeds.ckan.groups import make_id, make_name, name_group
from entaku.site.feeds.ckan.shapes import find_first
from entaku.site.feeds.ckan.small import list_small
from entaku.site.feeds.common import find_root
from entaku.site.words import Words

CERTAIN = frozenset(
    (
        "{table}.csv", "{table}.parquet", "{table}.csv-metadata.json", DESCRIPTOR, MANIFEST, REPORT,
        SUMS, "croissant.json", "dcat.jsonld", "dcat.ttl", "feed.atom", "index.md", "notebook.ipynb",
    )
)  # fmt: skip
"""Files that every dataset has, or every release of it: of others the examples are no links."""
SHOWN = ("organization_show", "group_show", "group_package_show", "resource_show", "resource_view_list")
"""Actions whose `id` isn't a dataset's."""


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter of an address."""

    name: str
    place: str
    """`path` or `query`."""
    about: str
    required: bool
    allowed: tuple[str, ...]
    """The values that it may have; empty for any."""
    pattern: str
    """A regular expression of the values; "" for any."""
    example: str


@dataclass(frozen=True, slots=True)
class AddressView:
    """A path of the site, or an action."""

    id: str
    path: str
    """With `{name}` for each parameter, without a slash at its beginning."""
    about: str
    media: str
    """What comes back; "" where the address leads to another."""
    answers: tuple[str, ...]
    """The HTTP statuses of answers."""
    parameters: tuple[ParameterView, ...]
    example: str
    """A path with values; "" where none is known."""
    sure: bool
    """Whether a file is at the example."""


@dataclass(frozen=True, slots=True)
class AddressGroupView:
    """Addresses of one kind."""

    name: str
    """`catalogue`, `datasets` or `ckan`."""
    about: str
    addresses: tuple[AddressView, ...]


def show_api(catalogue: Catalogue, words: Words) -> tuple[AddressGroupView, ...]:
    """Show every address of `openapi.json`, by kind."""
    told, lang = openapi.describe(catalogue), words.lang
    values, tags = find_values(catalogue), {tag["name"]: tag["description"] for tag in told["tags"]}
    shown = [(path, item["get"]) for path, item in told["paths"].items()]
    order = list(tags)
    shown.sort(key=lambda one: order.index(one[1]["tags"][0]))
    return tuple(
        AddressGroupView(tag, choose(tags[tag], lang), tuple(show_addresses(some, told, values, lang)))
        for tag, some in groupby(shown, lambda one: one[1]["tags"][0])
    )


def list_names(groups: Iterable[AddressGroupView]) -> tuple[ParameterView, ...]:
    """List the parameters that are parts of paths, each once."""
    every = (one for group in groups for each in group.addresses for one in each.parameters if one.place == "path")
    return tuple({one.name: one for one in every}.values())


def show_addresses(
    some: Iterable[tuple[str, Mapping[str, Any]]], told: Mapping[str, Any], values: Mapping[str, str], lang: str
) -> Iterator[AddressView]:
    """Show the addresses of one kind."""
    shared = told["components"]["parameters"]
    for path, item in some:
        path, action = path.lstrip("/"), path.rpartition("/")[2] if "/action/" in path else path.split("/")[-2]
        asked = [
            shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in item.get("parameters", ())
        ]
        parameters = tuple(show_parameter(each, action, values, lang) for each in asked)
        given = {each.name: each.example for each in parameters}
        needed = {each.name: each.example for each in parameters if each.required}
        example = fill(path, given, needed) if all(needed.values()) else ""
        media = next(iter(item["responses"].get("200", {}).get("content", {})), "")
        yield AddressView(
            id=item["operationId"], path=path, about=choose(item["summary"], lang), media=media,
            answers=tuple(item["responses"]), parameters=parameters, example=example,
            sure=bool(example) and ("{dataset}" not in path or path.rpartition("/")[2] in CERTAIN) and "{pair}" not in path,
        )  # fmt: skip


def show_parameter(told: Mapping[str, Any], action: str, values: Mapping[str, str], lang: str) -> ParameterView:
    """Show a parameter, with the value that it has in examples of this action."""
    schema, name = told["schema"], told["name"]
    allowed = tuple(str(each) for each in schema.get("enum", ()))
    if schema.get("type") == "boolean":
        allowed = ("true", "false")
    key = (
        f"{action} {name}"
        if f"{action} {name}" in values
        else "name of CKAN"
        if name == "id" and action not in SHOWN
        else name
    )
    return ParameterView(
        name=name, place=told["in"], about=choose(told["description"], lang), required=told["required"], allowed=allowed,
        pattern=schema.get("pattern", ""), example=values.get(key, ""),
    )  # fmt: skip


def fill(path: str, given: Mapping[str, str], needed: Mapping[str, str]) -> str:
    """Fill in a path, and the query of an action."""
    filled = re.sub(r"\{([a-z]+)\}", lambda hole: quote(given[hole[1]], safe=""), path)
    query = {name: value for name, value in needed.items() if f"{{{name}}}" not in path}
    return f"{filled}?{urlencode(query)}" if query else filled


def find_values(catalogue: Catalogue) -> dict[str, str]:
    """Find values of parameters with which there is an answer; none where nothing is released."""
    found = {"name": "package_search", "action": "package_search"}
    dataset = next(filter(is_example, facets.list_newest(catalogue)), None)
    if dataset is None or dataset.current is None:
        return found
    pipeline, office = dataset.spec.pipeline, catalogue.office
    found["file"] = dataset.current.resources[0].csv.path
    found |= {"dataset": pipeline.name, "table": dataset.current.resources[0].name, "version": dataset.current.version}
    raws = places.list_published_raws(office, dataset.current)
    found["source"] = places.place_raw(pipeline.name, raws[0]).rpartition("/")[2] if raws else name_csv("0" * 64)
    followed = [
        (table.name, one.name, one.values[0].value) for table in dataset.current.resources for one in table.followed
    ]
    found["follow"] = name_followed(*(followed or [("schedule", "station", "")])[0], "").rpartition("/")[2]
    before = dataset.releases[-2].version if len(dataset.releases) > 1 else "2026.01.01"
    parts = [part.name for table in dataset.current.resources if table.parted for part in table.parted.parts]
    found |= {"part": next(iter(parts), "2026-06"), "sources": "0" * 16}
    found |= {"module": pipeline.name.replace("-", "_"), "name of CKAN": make_name(pipeline.name)}
    found |= {"pair": f"{before}-{dataset.current.version}", "revised": "datapackage.r2.json"}
    resource = name_resource(catalogue, dataset)
    found |= {f"{action} id": resource for action in ("resource_show", "resource_view_list")}
    if pipeline.publisher in office.publishers:
        found |= {"publisher": pipeline.publisher, "organization_show id": make_name(pipeline.publisher)}
    theme = next((key for key in pipeline.themes if key in office.themes), "")
    if theme:
        group = name_group(catalogue, theme)
        found |= {"theme": theme, "group_show id": group, "group_package_show id": group}
    small = next(list_small(catalogue), None)
    return found | ({"datastore_search resource_id": small.id} if small else {})


def is_example(dataset: Dataset) -> bool:
    """Test whether a dataset can be the example: it is published, its first table in one file, and every version's address
    has its present name."""
    names = ("", dataset.spec.pipeline.name)
    tables = dataset.current.resources[:1] if dataset.current else ()
    return any(not table.parted for table in tables) and all(one.home in names for one in dataset.releases)


def name_resource(catalogue: Catalogue, dataset: Dataset) -> str:
    """Return CKAN's id of a dataset's first CSV."""
    assert dataset.current is not None
    first = find_first(catalogue.office, dataset.current.dataset)
    return make_id(find_root(catalogue), f"datasets/{first}/{dataset.current.resources[0].csv.path}")


@cache
def choose(said: str, lang: str) -> str:
    """Return the part of `ja / en` in a language; all of it where there is one language alone."""
    ja, *en = re.split(r"(?: |(?<=）))/ ", said, maxsplit=1)
    return en[0].strip() if en and lang == "en" else ja.strip()
