"""What nginx puts together to answers that are too many to be files: lists of datasets by filter and order, in blocks.

A page of a list names the blocks of BLOCK items that it consists of, and a block names its datasets, each with an SSI
directive: a catalogue has each dataset once, and some sixty bytes of it for each order.  Where `rows` is no multiple of
BLOCK, `few` says how many items of the last block are shown.  All texts are ASCII, and those in which directives are
read have no `<` but theirs.  Datasets are those of `package_show/<name>.json`, of which nginx leaves out the envelope
(`replies.enclose_dataset`).

    pages/<rows>-<start>.txt       blocks of a page
    pages/few-<tens>.txt           of a first page whose number of rows is no multiple of BLOCK
    pages/all.txt, pages/whole.txt of the longest list, up to MOST items; the same if there are no more
    lists/<filter>/<order>-<block>.txt   items
    lists/<filter>/end-<count>.txt       where a client goes on that counts what it was given
    facts/<filter>/<facet>[-<limit>].txt count and facets; also of `organization-like/<part of a name>`
    rows/<resource>.txt            rows of a small table (`small`)
    nothing/<field>/<facet>.txt    the same of a list that has no members
    orders/<field>/<order>.txt     orders that the lists by a field have
    with/<action>/<id or name>.txt an organization or group, its shape with all its datasets
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from entaku.model.nouns import Page
from entaku.site.feeds.ckan import search
from entaku.site.feeds.ckan.groups import Shape
from entaku.site.feeds.ckan.replies import ARGUED, MOST, dump

FOLDER = f"{ARGUED}/pieces"
BLOCK = 10
"""Items of a block; pages after the first begin at a multiple of it."""
ROWS = (10, 20, 50, 100, 1000)
"""Values of `rows` with which a list can be read page by page."""
LARGE = 300
"""Datasets above which only the first three of ORDERS and the first two of FILTERS are written."""
CHOSEN = 4
"""Orders of a list of some datasets: the first of ORDERS."""
FILTERS = ("organization", "groups", "tags", "license_id", "res_format")
"""Fields by whose values there are lists, and of which there are facets."""
LIMITS = (5, 10, 20, 50, 100, 500, 1000)
"""Values of `facet.limit` that may leave something out."""
SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
"""Characters of a value that has a list: nginx compares arguments as they were sent."""
NAUGHT = b'<!--# block name="n" --><!--# endblock -->'
"""What is shown of a piece that is not there."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A dataset in lists."""

    id: str
    name: str
    title: str
    modified: str
    created: str
    values: tuple[tuple[str, ...], ...]
    """Its values by each of FILTERS."""

    def list_values(self, field: str) -> tuple[str, ...]:
        """Return its values by one of FILTERS."""
        return self.values[FILTERS.index(field)]


ORDERS: Mapping[str, tuple[Callable[[Listed], str], bool]] = {
    "id-asc": (lambda each: each.id, False),
    "name-asc": (lambda each: each.name, False),
    "modified-desc": (lambda each: each.modified, True),
    "title-asc": (lambda each: each.title, False),
    "modified-asc": (lambda each: each.modified, False),
    "created-desc": (lambda each: each.created, True),
    "created-asc": (lambda each: each.created, False),
    "name-desc": (lambda each: each.name, True),
    "title-desc": (lambda each: each.title, True),
    "id-desc": (lambda each: each.id, True),
}
"""Orders of datasets by name: what is compared, and whether it falls; ties by id."""


def make_entry(shape: Shape) -> Listed:
    """Return what lists need of a dataset's shape."""
    fields = search.list_filtered(shape)
    values = tuple(hold_once(tuple(dict.fromkeys(fields[field]))) for field in FILTERS)
    return Listed(
        shape["id"], shape["name"], shape["title"], shape["metadata_modified"], shape["metadata_created"], values
    )


@lru_cache(1 << 10)
def hold_once(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return a tuple that is in memory once for all that are equal: datasets have many values in common."""
    return values


def render(
    root: str, entries: Sequence[Listed], named: Mapping[str, Sequence[Shape]], licences: Mapping[str, str]
) -> Iterator[Page]:
    """Write the pieces of the lists; `entries` by id, `named` the full shapes of organizations and groups by kind,
    `licences` their titles."""
    prefix = urlsplit(root).path.rstrip("/")
    longest = max(len(entries), *map(len, named.values()))
    yield from render_pages(prefix, longest)
    titles = {shape["name"]: shape["title"] for shape in chain.from_iterable(named.values())}
    titles |= licences
    large = len(entries) > LARGE
    orders, fields = list(ORDERS)[: 3 if large else None], FILTERS[: 2 if large else None]
    lists = make_lists(entries, named, fields)
    for name, members in lists.items():
        if not members and name != "all":
            continue  # answered by `nothing`, as a value that no dataset has
        yield from render_facts(f"facts/{name}", members, titles)
        yield Page(f"{FOLDER}/lists/{name}/end-{len(members)}.txt", b"")
        for order in orders if name == "all" else orders[:CHOSEN]:
            by, falls = ORDERS[order]
            items = [include(prefix, f"packages/{each.name}.json") for each in sorted(members, key=by, reverse=falls)]
            yield from render_list(f"{name}/{order}", items)
    for field in ("all", *fields):
        yield from render_facts(f"nothing/{field}", (), titles)
        known = orders if field == "all" else orders[:CHOSEN]
        yield from (Page(f"{FOLDER}/orders/{field}/{order}.txt", b"") for order in known)
    for field in ("organization", "groups"):
        for part, members in find_parts(field, lists).items():
            if members:
                yield from render_facts(f"facts/{field}-like/{part}", members, titles, (field,))
    yield from render_list("package_list/name-asc", list(map(dump, sorted(each.name for each in entries))))
    for kind, shapes in named.items():
        yield from render_named(prefix, kind, shapes, lists)


def make_lists(
    entries: Sequence[Listed], named: Mapping[str, Sequence[Shape]], fields: Sequence[str]
) -> dict[str, list[Listed]]:
    """Return the lists by name: of all datasets, and of those with each value of `fields`."""
    lists: dict[str, list[Listed]] = {"all": list(entries)}
    for each in entries:
        for field in fields:
            for value in each.list_values(field):
                if SAFE.issuperset(value) and value[0].isalnum():
                    lists.setdefault(f"{field}/{value}", []).append(each)
    for kind, field in (("organization", "organization"), ("group", "groups")):
        for shape in named[kind]:
            lists.setdefault(f"{field}/{shape['name']}", [])
    return lists


def find_parts(field: str, lists: Mapping[str, list[Listed]]) -> dict[str, list[Listed]]:
    """Return the datasets whose value of `field` has a part in it, by part: names and their words, as `*kotsu*`."""
    names = [name.partition("/")[2] for name in lists if name.startswith(f"{field}/")]
    parts = {part for name in names for part in (name, *re.findall(r"[a-z0-9]+", name)) if len(part) > 1}
    found = {}
    for part in sorted(parts):
        ids = {each.id for name in names if part in name for each in lists[f"{field}/{name}"]}
        found[part] = [each for each in lists["all"] if each.id in ids]
    return found


def render_pages(prefix: str, longest: int) -> Iterator[Page]:
    """Write the pages of lists of up to `longest` items."""

    def page(name: str, blocks: Sequence[bytes]) -> Page:
        return Page(f"{FOLDER}/pages/{name}.txt", NAUGHT + b"".join(blocks))

    def block(n: int, few: str = str(BLOCK)) -> bytes:
        return include(prefix, f"lists/$entaku_of/$entaku_by-{n}.txt?few={few}")

    count = min(-(-longest // BLOCK), MOST // BLOCK)
    for tens in range(count):
        yield page(f"few-{tens}", [*map(block, range(tens)), block(tens, "0$entaku_less")])
        yield page(f"{tens * BLOCK}-0", list(map(block, range(tens))))
    yield page("all", list(map(block, range(count))))
    if longest <= MOST:
        yield page("whole", list(map(block, range(count))))
    for rows in ROWS:
        for start in range(rows, longest, rows):
            yield page(f"{rows}-{start}", [*map(block, range(start // BLOCK, (start + rows) // BLOCK))])


def include(prefix: str, path: str) -> bytes:
    """Return the directive that shows a piece; nothing of one that is not there."""
    return f'<!--# include virtual="{prefix}/{ARGUED}/composed/{path}" stub="n" -->'.encode()


def render_list(name: str, items: Sequence[bytes]) -> Iterator[Page]:
    """Write the blocks of a list; the first of them also where there is none."""
    for n, at in enumerate(range(0, max(len(items), 1), BLOCK)):
        parts = [NAUGHT]
        for i, item in enumerate(items[at : at + BLOCK]):
            shown = item if item.startswith(b"<!--#") else escape(item)
            if i:
                parts.append(
                    b'<!--# if expr="$arg_few = /^(?:%b|10)/" -->,' % (f"0[{i + 1}-9]" if i < 9 else "x").encode()
                )
                parts += [shown, b"<!--# endif -->"]
            else:
                parts += [b'<!--# if expr="$entaku_from != %d" -->,<!--# endif -->' % at if at else b"", shown]
        yield Page(f"{FOLDER}/lists/{name}-{n}.txt", b"".join(parts))


def escape(body: bytes) -> bytes:
    """Return JSON in which no directive can be read."""
    return body.replace(b"<", b"\\u003c")


def render_facts(
    name: str, members: Sequence[Listed], titles: Mapping[str, str], fields: Sequence[str] = FILTERS
) -> Iterator[Page]:
    """Write the count of a list and its facets by each of `fields`, as members of a search's result."""

    def facts(path: str, found: Mapping[str, Mapping[str, int]]) -> Page:
        shown = {field: search.show_facet(field, counts, titles) for field, counts in found.items()}
        body = dump({"count": len(members), "facets": found, "search_facets": shown})
        return Page(f"{FOLDER}/{name}/{path}.txt", body[1:-1])

    yield facts("none", {})
    for field in fields:
        counts = Counter(value for each in members for value in each.list_values(field))
        yield facts(field, {field: search.rank_counts(counts)})
        for limit in LIMITS:
            if limit < len(counts):
                yield facts(f"{field}-{limit}", {field: search.rank_counts(counts, limit)})


def render_named(prefix: str, kind: str, shapes: Sequence[Shape], lists: Mapping[str, Sequence[Any]]) -> Iterator[Page]:
    """Write the lists of organizations or groups in each order, and each of them with its datasets."""
    for key, way in product(("name", "title", "package_count"), ("asc", "desc")):
        order = f"{key.removeprefix('package_')}-{way}"
        found = sorted(shapes, key=itemgetter(key, "name"), reverse=way == "desc")
        yield from render_list(f"{kind}_list/{order}", [dump(shape["name"]) for shape in found])
        short = [{key: each for key, each in shape.items() if key not in LEFT_OUT} for shape in found]
        yield from render_list(f"{kind}_list-all_fields/{order}", list(map(dump, short)))
    field = "organization" if kind == "organization" else "groups"
    for shape in shapes:
        count = min(len(lists[f"{field}/{shape['name']}"]), MOST)
        blocks = [
            include(prefix, f"lists/{field}/{shape['name']}/id-asc-{n}.txt?few={BLOCK}")
            for n in range(-(-count // BLOCK))
        ]
        body = NAUGHT + escape(dump(shape))[:-1] + b',"packages":[%b]}' % b"".join(blocks)
        yield from (Page(f"{FOLDER}/with/{kind}_show/{key}.txt", body) for key in (shape["id"], shape["name"]))


LEFT_OUT = ("extras", "tags", "groups", "users")
"""Fields of organizations and groups that lists of them don't have."""
