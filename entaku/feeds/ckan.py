"""CKAN's read Action API as files: harvesters, ckanapi and MCP servers read the catalogue from any file host.

A host without any rule ignores `?…`, so:

- `api/3/action/<action>` and `api/action/<action>` hold each action's answer without arguments, and package_search
  holds every dataset (a harvester that pages through it finds page 2 to be nothing new, and has them all);
- an action that needs an argument answers there with CKAN's error, never with some dataset;
- answers to an argument are at `api/3/<action>/<argument>.json`, where the rules of `feeds.edge` find them.

Shapes: CKAN 2.11, `ckan/logic/action/get.py` and `ckan/lib/dictization/model_dictize.py`.
"""

from collections.abc import Iterator, Sequence

from entaku.ckan_replies import (
    ACTIONS,
    ARGUED,
    MOST,
    ROOTS,
    SIZES,
    Refusal,
    dump,
    list_search,
    wrap,
    wrap_json,
    wrap_refusal,
)
from entaku.feeds import ckan_shapes as shapes
from entaku.feeds.common import find_root, list_released
from entaku.model import Catalogue, Page


def render(catalogue: Catalogue) -> Iterator[Page]:
    """Every file of the API, one after another."""
    root = find_root(catalogue)
    datasets = [shapes.show_dataset(catalogue, dataset, release) for dataset, release in list_released(catalogue)]
    datasets.sort(key=lambda shape: str(shape["id"]))
    packed = {str(shape["id"]): dump(shape) for shape in datasets}
    yield from render_plain(catalogue, root, datasets, packed)
    yield from render_search(root, list(packed.values()))
    for shape in datasets:
        body = wrap_json(root, "package_show", packed[shape["id"]])
        yield from (Page(f"{ARGUED}/package_show/{key}.json", body) for key in (shape["id"], shape["name"]))
        for resource in shape["resources"]:
            yield Page(f"{ARGUED}/resource_show/{resource['id']}.json", wrap(root, "resource_show", resource))
    yield from render_groups(catalogue, root, datasets, packed)
    for action, help_ in ACTIONS.items():
        yield Page(f"{ARGUED}/help_show/{action}.json", wrap(root, "help_show", help_))


def render_plain(
    catalogue: Catalogue, root: str, datasets: Sequence[shapes.Shape], packed: dict[str, bytes]
) -> Iterator[Page]:
    """The answers without arguments, in both trees."""
    office = catalogue.office
    newest = sorted(datasets, key=lambda shape: str(shape["metadata_modified"]), reverse=True)
    answers = {
        "site_read": b"true",
        "status_show": dump(shapes.show_status(catalogue)),
        "package_list": dump(sorted(shape["name"] for shape in datasets)),
        "package_search": list_search(len(datasets), b",".join(packed.values())),
        "current_package_list_with_resources": b"[%b]" % b",".join(packed[each["id"]] for each in newest[:MOST]),
        "organization_list": dump(sorted(shapes.make_name(key) for key in office.publishers)),
        "group_list": dump(sorted(shapes.name_group(catalogue, key) for key in office.themes)),
        "tag_list": dump(sorted({tag["name"] for shape in datasets for tag in shape["tags"]})),
        "license_list": dump(shapes.list_licenses(catalogue)),
    }
    for action in ACTIONS:
        if action in answers:
            body = wrap_json(root, action, answers[action])
        else:
            body = wrap_refusal(root, action, explain_missing(root, action))
        yield from (Page(f"{tree}/{action}", body) for tree in ROOTS)


def explain_missing(root: str, action: str) -> Refusal:
    """Why an action that needs an argument gives nothing here, and where it does."""
    argument = {"help_show": "name", "package_autocomplete": "q"}.get(action, "id")
    missing = {argument: ["Missing value"]}
    if action in ("package_autocomplete", "tag_show"):
        return Refusal(409, "Validation Error", "This host serves files and can't answer this action", missing)
    where = f"{root}{ARGUED}/{action}/<{argument}>.json"
    return Refusal(409, "Validation Error", f"If you gave one, this host ignores it: see {where}", missing)


def render_search(root: str, packed: Sequence[bytes]) -> Iterator[Page]:
    """package_search's pages, by id, and the empty page after the last."""
    for size in SIZES:
        for start in range(0, len(packed), size):
            body = list_search(len(packed), b",".join(packed[start : start + size]))
            yield Page(f"{ARGUED}/package_search/{size}-{start}.json", wrap_json(root, "package_search", body))
    body = wrap_json(root, "package_search", list_search(len(packed), b""))
    yield Page(f"{ARGUED}/package_search/empty.json", body)


def render_groups(
    catalogue: Catalogue, root: str, datasets: Sequence[shapes.Shape], packed: dict[str, bytes]
) -> Iterator[Page]:
    """Organizations (publishers), groups (themes) and the datasets of each group."""
    organizations, groups = [], []
    for key in sorted(catalogue.office.publishers):
        count = sum(
            bool(shape["organization"]) and shape["organization"]["name"] == shapes.make_name(key) for shape in datasets
        )
        organizations.append(shapes.show_organization(catalogue, key, count))
    for key in sorted(catalogue.office.themes):
        name = shapes.name_group(catalogue, key)
        members = [shape for shape in datasets if any(group["name"] == name for group in shape["groups"])]
        groups.append(shapes.show_group(catalogue, key, len(members)))
        body = wrap_json(root, "group_package_show", b"[%b]" % b",".join(packed[each["id"]] for each in members[:MOST]))
        yield from (Page(f"{ARGUED}/group_package_show/{each}.json", body) for each in (name, groups[-1]["id"]))
    for kind, found in (("organization", organizations), ("group", groups)):
        for shape in found:
            body = wrap(root, f"{kind}_show", shape)
            yield from (Page(f"{ARGUED}/{kind}_show/{key}.json", body) for key in (shape["id"], shape["name"]))
        body = wrap(root, f"{kind}_list", [shapes.shorten_group(shape) for shape in found])
        yield Page(f"{ARGUED}/{kind}_list/all_fields.json", body)
    tags = {tag["name"]: tag for shape in datasets for tag in shape["tags"]}
    yield Page(f"{ARGUED}/tag_list/all_fields.json", wrap(root, "tag_list", [tags[name] for name in sorted(tags)]))
