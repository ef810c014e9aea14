"""What Caddy goes through to answer CKAN's clients, by the templates in its rules (`feeds.edge`), which read these files as
data.

    index/datasets.json             name, time of the last change and values of each dataset, by id
    index/orders/<order>.json       their places in each of `pieces.ORDERS`
    index/<action>[-all_fields]/<order>.json    items of a list, as texts
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from operator import itemgetter

from entaku.model.nouns import Page
from entaku.site.feeds.ckan.choices import MOST_SCANNED
from entaku.site.feeds.ckan.groups import Shape, shorten_group
from entaku.site.feeds.ckan.pieces import FILTERS, FOLDER, ORDERS, SAFE, Listed
from entaku.site.feeds.ckan.replies import dump


def render(entries: Sequence[Listed], named: Mapping[str, Sequence[Shape]]) -> Iterator[Page]:
    """Write the files for `entries`, which are sorted by id, and for organizations and groups by kind; none of more than
    MOST_SCANNED datasets, of which a request takes 25 µs each."""
    if len(entries) > MOST_SCANNED:
        return
    rows = [(each.name, each.modified, keep_safe(each)) for each in entries]
    yield Page(f"{FOLDER}/index/datasets.json", dump(rows))
    for order, (by, falls) in ORDERS.items():
        places = sorted(range(len(entries)), key=lambda place, by=by: by(entries[place]), reverse=falls)  # type: ignore[misc]
        yield Page(f"{FOLDER}/index/orders/{order}.json", dump(places))
    yield write_list("package_list/name-asc", sorted(each.name for each in entries))
    for (kind, shapes), key, way in product(named.items(), ("name", "title", "package_count"), ("asc", "desc")):
        found = sorted(shapes, key=itemgetter(key, "name"), reverse=way == "desc")
        order = f"{key.removeprefix('package_')}-{way}"
        yield write_list(f"{kind}_list/{order}", [shape["name"] for shape in found])
        yield write_list(f"{kind}_list-all_fields/{order}", list(map(shorten_group, found)))


def keep_safe(entry: Listed) -> dict[str, list[str]]:
    """Return the values of a dataset that can be asked for, by field."""
    named = zip(FILTERS, entry.values, strict=True)
    return {field: [each for each in found if SAFE.issuperset(each)] for field, found in named}


def write_list(name: str, items: Sequence[object]) -> Page:
    """Write the items of a list, each as the text of its JSON."""
    return Page(f"{FOLDER}/index/{name}.json", dump([dump(item).decode() for item in items]))
