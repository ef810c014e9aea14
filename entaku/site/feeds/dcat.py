"""DCAT-AP 3.0.1 (https://semiceu.github.io/DCAT-AP/releases/3.0.1/) as Turtle, JSON-LD and RDF/XML.

One graph conforms to both the official shapes of DCAT-AP and those of DCAT-US 3: names of agents without language, a
title for every document, a class and a scheme for every object that is referenced.  The catalogue's files hold 1,000
datasets each; `hydra:next` leads from one to the next, as harvesters (ckanext-dcat) expect.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from entaku.catalogue import facets
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release
from entaku.model.words import Text
from entaku.site.feeds import dcat_words as words
from entaku.site.feeds.common import (
    find_root,
    list_released,
    miss,
    per_dataset,
)
from entaku.site.feeds.dcat_dataset import describe_contact, describe_dataset, describe_source, find_publisher
from entaku.site.feeds.dcat_versions import describe_versions
from entaku.site.feeds.graph import (
    SYNTAXES,
    Literal,
    Node,
    Ref,
    Saying,
    Syntax,
    assemble,
    merge_nodes,
    say_time,
    say_words,
    write_nodes,
)
from entaku.site.feeds.openapi import OPENAPI
from entaku.site.kept import Parts

DIALECT = "DCAT-AP"
PAGE = 1000
"""Datasets in one file of the catalogue."""
OWN = ("jsonld", "ttl")
"""Suffixes of a dataset's own files: its RDF/XML would say the same once more, and harvesters read the catalogue's."""


class Shared(NamedTuple):
    """Values shared by the descriptions of all datasets, computed once."""

    catalogue: Catalogue
    root: str
    nodes: Mapping[str, Node]
    """Every node that datasets may reference, by URI."""
    write: Callable[[Syntax, tuple[str, ...]], bytes]
    """Serializes the nodes of these URIs."""
    close: Callable[[frozenset[str]], tuple[str, ...]]
    """Lists nodes and those that they reference in turn, by URI."""

    def add(self, nodes: Sequence[Node]) -> dict[str, Node]:
        """Join nodes of one URI, also with the shared one of that URI: a licence may be a page of the site."""
        return merge_nodes((*nodes, *(self.nodes[node.uri] for node in nodes if node.uri in self.nodes)))

    def list_around(self, uris: Iterable[str]) -> tuple[str, ...]:
        """List those of `uris` that are shared, and the nodes that these reference in turn, sorted; of most datasets
        they are the same."""
        return self.close(frozenset(uri for uri in uris if uri in self.nodes))


class WrittenDataset(NamedTuple):
    """A dataset, serialized for its own files and for those of the catalogue."""

    uri: str
    described: tuple[str, ...]
    """URIs of the nodes in its fragments."""
    around: tuple[str, ...]
    """URIs of the shared nodes that it references."""
    sources: Sequence[Node]
    parts: Mapping[str, tuple[bytes, ...]]
    """Its fragments of the catalogue's files, by the suffix of their syntax."""
    own: Sequence[Page | Finding]
    """Its own files, and findings for what they can't express."""


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write `catalog.*`, `catalog-2.*`… and each dataset's `dcat.*`."""
    shared, released = share_nodes(catalogue), list(list_released(catalogue))
    root = shared.root
    pages = [released[start : start + PAGE] for start in range(0, len(released), PAGE)] or [[]]
    head = tuple(describe_head(catalogue, root))
    for number, page in enumerate(pages, 1):
        written: dict[Syntax, list[bytes]] = {syntax: [] for syntax in SYNTAXES}
        uris, sources = list[str](), dict[str, Node]()
        top = (describe_catalogue(catalogue, root, head, ["-"]), *describe_home(catalogue, root, ["-"]))
        used = {uri for node in top for uri in list_used(node)}
        described = set[str]()
        for told in per_dataset(DIALECT, page, partial(write_dataset, shared), parts, catalogue):
            if isinstance(told, Finding):
                yield told
                continue
            yield from told.own
            for syntax in SYNTAXES:
                written[syntax] += told.parts[syntax.suffix]
            uris.append(told.uri)
            described.update(told.described)
            used.update(told.around)
            sources.update((node.uri, node) for node in told.sources if node.uri not in sources)
        gone = words.describe_gone(catalogue, root) if number == 1 else []
        uris += (node.uri for node in gone if "dcat:Dataset" in node.types)
        used.update(uri for node in gone for uri in list_used(node))
        near = shared.list_around(used)
        for syntax in SYNTAXES:
            first = [describe_catalogue(catalogue, root, head, uris), *describe_home(catalogue, root, uris)]
            first += describe_paging(root, syntax, number, len(pages), len(released))
            first += (*gone, *(node for uri, node in sources.items() if uri not in described))
            merged = shared.add(first)
            around = tuple(uri for uri in near if uri not in described and uri not in merged)
            pieces = (write_nodes(syntax, merged.values()), *written.pop(syntax), shared.write(syntax, around))
            yield Page(name_page(syntax, number), assemble(syntax, pieces))


def share_nodes(catalogue: Catalogue) -> Shared:
    """Describe the nodes that datasets may reference; each set of them is serialized only once."""
    root = find_root(catalogue)
    nodes = words.list_shared(catalogue, root)

    @cache
    def write(syntax: Syntax, uris: tuple[str, ...]) -> bytes:
        return write_nodes(syntax, (nodes[uri] for uri in uris))

    return Shared(catalogue, root, nodes, write, cache(partial(words.list_around, nodes)))


def write_dataset(shared: Shared, dataset: Dataset, release: Release) -> WrittenDataset:
    """Write a dataset's own files, and its fragments of the catalogue's."""
    catalogue, root = shared.catalogue, shared.root
    first, *files = shared.add(describe_dataset(catalogue, root, dataset, release)).values()
    more, about = describe_versions(catalogue, root, dataset)
    ended = words.describe_ended(catalogue, root, release.dataset, find_publisher(catalogue, root, dataset))
    more += (("dcat:hasVersion", Ref(node.uri)) for node in ended if "dcat:Dataset" in node.types)
    versions = shared.add((*about, *ended))
    # A landing page that is also the address of a publisher, a licence or a page of the dataset is described there.
    described = (first.uri, *(node.uri for node in files))
    sources = [node for node in describe_source(dataset, root) if node.uri not in (*shared.nodes, *described)]
    own_only = {node.uri: node for node in sources} | versions
    near = shared.list_around(uri for node in (first, *files) for uri in list_used(node))
    of_versions = (uri for node in versions.values() for uri in list_used(node))
    both = shared.list_around((*near, *of_versions))
    around = tuple(uri for uri in both if uri not in described and uri not in versions)
    parts, own = dict[str, tuple[bytes, ...]](), list[Page | Finding]()
    for syntax in SYNTAXES:
        head, rest = syntax.write(first), write_nodes(syntax, files)
        parts[syntax.suffix] = (head.encode(), rest)
        if syntax.suffix not in OWN:
            continue
        beside = (write_nodes(syntax, own_only.values()), shared.write(syntax, around))
        body = assemble(syntax, (syntax.extend(head, more).encode(), rest, *beside))
        own.append(Page(f"datasets/{release.dataset}/dcat.{syntax.suffix}", body))
    return WrittenDataset(first.uri, described, near, sources, parts, [*own, *find_unsaid(catalogue, dataset)])


def name_page(syntax: Syntax, number: int) -> str:
    """Return the path of the catalogue's file number `number`."""
    return f"catalog.{syntax.suffix}" if number == 1 else f"catalog-{number}.{syntax.suffix}"


def list_used(node: Node) -> list[str]:
    """List every URI that `node` references."""
    found = list[str]()
    for _, term in node.says:
        if isinstance(term, Ref):
            found.append(term.uri)
        elif isinstance(term, Node):
            found += list_used(term)
    return found


def find_unsaid(catalogue: Catalogue, dataset: Dataset) -> Iterator[Finding]:
    """Find keys that `catalogue.yaml` no longer defines and that are therefore omitted."""
    pipeline, office = dataset.spec.pipeline, catalogue.office
    if pipeline.license not in office.licenses:
        yield miss(DIALECT, dataset, f"license: {pipeline.license}")
    if pipeline.publisher not in office.publishers:
        yield miss(DIALECT, dataset, f"publisher: {pipeline.publisher}")


# ---- the catalogue ----------------------------------------------------------------------------------------------


def describe_head(catalogue: Catalogue, root: str) -> list[Saying]:
    """Describe the catalogue, without its datasets."""
    office = catalogue.office
    firsts = [dataset.releases[0].created for dataset in catalogue.datasets if dataset.releases]
    lasts = [facets.find_modified(dataset.releases[-1]) for dataset in catalogue.datasets if dataset.releases]
    says: list[Saying] = [
        *say_words("dct:title", facets.mark_sample(office.title, facets.has_samples(catalogue))),
        *say_words("dct:description", office.description),
        ("dct:publisher", Ref(f"{root}#office")),
        ("foaf:homepage", Ref(root)),
        *(("dct:language", Ref(uri)) for uri in words.LANGUAGES.values()),
        ("dcat:themeTaxonomy", Ref(f"{root}themes/#scheme")),
        ("dcat:themeTaxonomy", Ref(words.EU_THEMES)),
    ]
    if office.government:
        says.append(("dct:spatial", Ref(words.name_government(office.government))))
    if firsts:
        says += [say_time("dct:issued", min(firsts)), say_time("dct:modified", max(lasts))]
    return says


def describe_catalogue(catalogue: Catalogue, root: str, head: Sequence[Saying], datasets: Sequence[str]) -> Node:
    """Describe the catalogue with these of its datasets; `head`: what is said of it without them."""
    office, says = catalogue.office, list(head)
    if datasets and describe_contact(office.title, office.contact or ""):
        says.append(("dcat:service", Ref(f"{root}#ckan-api")))
    says += [("dcat:dataset", Ref(uri)) for uri in datasets]
    return Node(f"{root}#catalog", ("dcat:Catalog",), tuple(says))


def describe_home(catalogue: Catalogue, root: str, datasets: Sequence[str]) -> list[Node]:
    """Describe the catalogue's home page, and CKAN's read API, which serves these datasets.

    The API is omitted where the catalogue has no e-mail: DCAT-US requires a contact for a service.
    """
    office = catalogue.office
    home = Node(root, ("foaf:Document",), tuple(say_words("dct:title", office.title)))
    contact = describe_contact(office.title, office.contact or "")
    if not datasets or not contact:
        return [home]
    says: list[Saying] = [
        *say_words("dct:title", Text(ja="CKAN 互換の読み取り API", en="CKAN-compatible read API")),
        ("dct:publisher", Ref(f"{root}#office")),
        *contact,
        ("dcat:endpointURL", Ref(f"{root}api/3/action/")),
        ("dcat:endpointDescription", Ref(f"{root}{OPENAPI}")),
        ("dct:accessRights", Ref(words.PUBLIC)),
        ("dct:conformsTo", words.describe_standard("CKAN API 2.12", "https://docs.ckan.org/en/2.12/api/")),
        *(("dcat:keyword", Literal(word, "en")) for word in ("API", "CKAN")),
        ("dcat:theme", Ref(f"{words.EU_THEMES}/GOVE")),
        *(("dcat:servesDataset", Ref(uri)) for uri in datasets),
    ]
    return [home, Node(f"{root}#ckan-api", ("dcat:DataService",), tuple(says))]


def describe_paging(root: str, syntax: Syntax, number: int, pages: int, total: int) -> list[Node]:
    """Describe the position of this file among those of the catalogue; empty if it is the only one."""
    if pages == 1:
        return []
    near = {"first": 1, "previous": number - 1, "next": number + 1, "last": pages}
    says: list[Saying] = [("hydra:totalItems", Literal(str(total), type="xsd:integer"))]
    says += [
        (f"hydra:{name}", Ref(root + name_page(syntax, at))) for name, at in near.items() if 1 <= at <= pages
    ]  # fmt: skip
    types = ("hydra:PagedCollection", "hydra:PartialCollectionView")
    return [Node(root + name_page(syntax, number), types, tuple(says))]
