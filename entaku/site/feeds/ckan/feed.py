"""CKAN's read Action API as files: harvesters, ckanapi and MCP servers read the catalogue from any static host.

A host without configuration ignores `?…`, so:

- `api/3/action/<action>` and `api/action/<action>` hold each action's answer without arguments, and package_search
  holds every dataset (a harvester that requests page 2 finds no new ones, and has them all);
- an action that requires an argument answers there with CKAN's error, never with an arbitrary dataset;
- answers to an argument are at `api/3/<action>/<argument>.json`, to which the rules of `feeds.edge` map requests.

Shapes: CKAN 2.12, `ckan/logic/action/get.py` and `ckan/lib/dictization/model_dictize.py`.
"""

import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from entaku.model.long_pages import LongPage
from entaku.model.nouns import Catalogue, Dataset, Page, Release
from entaku.site.feeds.ckan import choices, index, pieces, shapes
from entaku.site.feeds.ckan.groups import Shape, make_name, name_group, shorten_group, show_group, show_organization
from entaku.site.feeds.ckan.replies import (
    ACTIONS,
    ARGUED,
    MOST,
    NONE_AT_ALL,
    ROOTS,
    SHOWN,
    SIZES,
    Refusal,
    dump,
    enclose_dataset,
    list_search,
    wrap,
    wrap_json,
    wrap_refusal,
)
from entaku.site.feeds.common import list_gone, list_released
from entaku.site.kept import NO_PARTS, Parts, make_digest

DIALECT = "ckan"
HERE = b"\0"
"""Placeholder for datasets in an answer; a byte that JSON never contains."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A dataset as JSON, with what lists of datasets need: ten thousand of them take 25 MB."""

    deflated: bytes
    """Its JSON, by zlib: a quarter of it, or less."""
    entry: pieces.Listed

    @property
    def body(self) -> bytes:
        """Return its JSON."""
        return zlib.decompress(self.deflated)


@dataclass(frozen=True, slots=True)
class Bodies:
    """The JSON of datasets, unpacked one at a time."""

    datasets: Sequence[Packed]

    def __iter__(self) -> Iterator[bytes]:
        return (each.body for each in self.datasets)


def render(catalogue: Catalogue, parts: Parts = NO_PARTS) -> Iterator[Page]:
    """Yield every file of the API, one at a time."""
    frame = shapes.make_frame(catalogue)
    groups, datasets = make_digest((frame.owners, frame.memberships)), []
    for dataset, release in list_released(catalogue):
        packed, pages = parts.describe(
            DIALECT, catalogue, dataset, partial(show_dataset, frame, dataset, release), groups
        )
        datasets.append(packed)
        yield from pages
    for tombstone in list_gone(catalogue).values():
        shape = shapes.show_deleted(catalogue.office, frame.root, tombstone)
        body = wrap(frame.root, "package_show", shape)
        yield from (Page(f"{ARGUED}/package_show/{key}.json", body) for key in (shape["id"], shape["name"]))
    datasets.sort(key=lambda each: each.entry.id)
    yield from render_plain(catalogue, frame.root, datasets)
    yield from render_search(frame.root, datasets)
    yield from render_groups(catalogue, frame.root, datasets)
    for action, help_ in ACTIONS.items():
        yield Page(f"{ARGUED}/help_show/{action}.json", wrap(frame.root, "help_show", help_))


def show_dataset(frame: shapes.Frame, dataset: Dataset, release: Release) -> tuple[Packed, list[Page]]:
    """Describe a dataset for the answers that list it, and write its own."""
    shape = shapes.show_dataset(frame, dataset, release)
    own = dump(shape)
    packed, body = pack_dataset(shape, own), own.join(enclose_dataset(frame.root))
    pages = [Page(f"{ARGUED}/package_show/{key}.json", body) for key in (shape["id"], shape["name"])]
    for resource in shape["resources"]:
        shown = wrap(frame.root, "resource_show", resource)
        pages.append(Page(f"{ARGUED}/resource_show/{resource['id']}.json", shown))
    return packed, pages


def pack_dataset(shape: Shape, body: bytes) -> Packed:
    """Return what is held of a dataset; `body` is its shape as JSON."""
    return Packed(
        zlib.compress(body, 1),
        pieces.make_entry(shape),
    )


def splice(around: bytes, bodies: Iterable[bytes]) -> bytes:
    """Replace HERE in `around`, if present, by the JSON of datasets, separated by commas, without a second copy of them
    all."""
    head, here, tail = around.partition(HERE)
    if not here:
        return around
    whole = io.BytesIO()
    whole.write(head)
    for n, body in enumerate(bodies):
        if n:
            whole.write(b",")
        whole.write(body)
    whole.write(tail)
    return whole.getvalue()


def render_plain(catalogue: Catalogue, root: str, datasets: Sequence[Packed]) -> Iterator[Page]:
    """Write the answers without arguments, in both trees."""
    office = catalogue.office
    newest = sorted(datasets, key=lambda each: each.entry.modified, reverse=True)
    answers: dict[str, Callable[[], bytes]] = {
        "site_read": lambda: b"true",
        "status_show": lambda: dump(shapes.show_status(catalogue)),
        "package_list": lambda: dump(sorted(each.entry.name for each in datasets)),
        "package_search": lambda: list_search(len(datasets), HERE),
        "current_package_list_with_resources": lambda: b"[%b]" % HERE,
        "organization_list": lambda: dump(sorted(make_name(key) for key in office.publishers)),
        "group_list": lambda: dump(sorted(name_group(catalogue, key) for key in office.themes)),
        "tag_list": lambda: dump(list_tags(datasets)),
        "license_list": lambda: dump(shapes.list_licenses(catalogue)),
        **{action: lambda: b"[]" for action in NONE_AT_ALL},
    }
    for action in ACTIONS:
        if action in answers:
            members = newest[:MOST] if action == "current_package_list_with_resources" else datasets
            head, here, tail = wrap_json(root, action, answers[action]()).partition(HERE)
            if here:
                page = LongPage(f"{ROOTS[0]}/{action}", head, Bodies(members), tail)
                yield from (page, *(page.move(f"{tree}/{action}") for tree in ROOTS[1:]))
                continue
            body = head
        else:
            body = wrap_refusal(root, action, explain_missing(root, action))
        yield from (Page(f"{tree}/{action}", body) for tree in ROOTS)


def explain_missing(root: str, action: str) -> Refusal:
    """Return the refusal of an action that requires an argument, with the URL of its answers."""
    argument = {"help_show": "name", "package_autocomplete": "q", "datastore_search": "resource_id"}.get(action, "id")
    missing = {argument: ["Missing value"]}
    if action not in (*SHOWN, "help_show"):
        return Refusal(409, "Validation Error", "This host serves files and can't answer this action", missing)
    where = f"{root}{ARGUED}/{action}/<{argument}>.json"
    return Refusal(409, "Validation Error", f"If you gave one, this host ignores it: see {where}", missing)


def render_search(root: str, datasets: Sequence[Packed]) -> Iterator[Page]:
    """Write package_search's pages, by size and start, and empty pages after the last, also at the start that a client
    computes from the number of datasets received, as ckanapi does.
    """
    count = len(datasets)
    whole = wrap_json(root, "package_search", list_search(count, HERE))
    empty = splice(whole, ())
    for first in range(0, count, SIZES[-1]):
        bodies = [each.body for each in datasets[first : first + SIZES[-1]]]
        for size in SIZES:
            for start in range(0, len(bodies), size):
                body = splice(whole, bodies[start : start + size])
                yield Page(f"{ARGUED}/package_search/{size}-{first + start}.json", body)
    for size in SIZES:
        if count % size:
            yield Page(f"{ARGUED}/package_search/{size}-{count}.json", empty)
    yield Page(f"{ARGUED}/package_search/empty.json", empty)


def render_groups(catalogue: Catalogue, root: str, datasets: Sequence[Packed]) -> Iterator[Page]:
    """Write organizations (publishers), groups (themes), the datasets of each group, and tags with all fields."""
    counts = Counter(name for each in datasets for name in each.entry.list_values("organization"))
    organizations = [
        show_organization(catalogue, key, counts[make_name(key)]) for key in sorted(catalogue.office.publishers)
    ]
    groups = []
    for key in sorted(catalogue.office.themes):
        name = name_group(catalogue, key)
        members = [each for each in datasets if name in each.entry.list_values("groups")]
        groups.append(show_group(catalogue, key, len(members)))
        around = wrap_json(root, "group_package_show", b"[%b]" % HERE)
        body = splice(around, (each.body for each in members[:MOST]))
        yield from (Page(f"{ARGUED}/group_package_show/{each}.json", body) for each in (name, groups[-1]["id"]))
    named = {"organization": organizations, "group": groups}
    licences = {key: licence.title.get("ja") for key, licence in catalogue.office.licenses.items()}
    entries = [each.entry for each in datasets]
    yield from pieces.render(root, entries, named, licences)
    yield from choices.render(root, entries)
    yield from index.render(entries, named)
    for kind, found in named.items():
        for shape in found:
            body = wrap(root, f"{kind}_show", shape)
            yield from (Page(f"{ARGUED}/{kind}_show/{key}.json", body) for key in (shape["id"], shape["name"]))
        body = wrap(root, f"{kind}_list", [shorten_group(shape) for shape in found])
        yield Page(f"{ARGUED}/{kind}_list/all_fields.json", body)
    tags = [shapes.show_tag(root, tag) for tag in list_tags(datasets)]
    yield Page(f"{ARGUED}/tag_list/all_fields.json", wrap(root, "tag_list", tags))


def list_tags(datasets: Iterable[Packed]) -> list[str]:
    """List the tags of all datasets."""
    return sorted({tag for each in datasets for tag in each.entry.list_values("tags")})
