"""DCAT-AP 3.0.1 (https://semiceu.github.io/DCAT-AP/releases/3.0.1/) as Turtle, JSON-LD and RDF/XML.

One graph conforms to both the official shapes of DCAT-AP and those of DCAT-US 3: names of agents without language, a
title for every document, a class and a scheme for every object that is referenced.  The catalogue's files hold 1,000
datasets each; `hydra:next` leads from one to the next, as harvesters (ckanext-dcat) expect.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from entaku.catalogue import facets
from entaku.formats.dates import is_day
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release
from entaku.model.words import Text
from entaku.site.feeds import dcat_words as words
from entaku.site.feeds.common import (
    LABELS,
    SAMPLE_NOTE,
    TYPES,
    Distribution,
    address_release,
    clean,
    find_root,
    list_distributions,
    list_released,
    miss,
    name_dataset,
    per_dataset,
    to_uri,
)
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
VERSIONS = 60
"""Releases listed in a dataset's own file."""


class Shared(NamedTuple):
    """Values shared by the descriptions of all datasets, computed once."""

    catalogue: Catalogue
    root: str
    nodes: Mapping[str, Node]
    """Every node that datasets may reference, by URI."""
    write: Callable[[Syntax, tuple[str, ...]], bytes]
    """Serializes the nodes of these URIs."""

    def add(self, nodes: Sequence[Node]) -> dict[str, Node]:
        """Join nodes of one URI, also with the shared one of that URI: a licence may be a page of the site."""
        return merge_nodes((*nodes, *(self.nodes[node.uri] for node in nodes if node.uri in self.nodes)))


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
    for number, page in enumerate(pages, 1):
        written: dict[Syntax, list[bytes]] = {syntax: [] for syntax in SYNTAXES}
        uris, used, sources = [], set(list_used(describe_head(catalogue, root, ["-"]))), dict[str, Node]()
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
        near = words.list_around(shared.nodes, used)
        for syntax in SYNTAXES:
            top = [describe_head(catalogue, root, uris), *describe_home(catalogue, root, uris)]
            top += describe_paging(root, syntax, number, len(pages), len(released))
            top += (*gone, *(node for uri, node in sources.items() if uri not in described))
            merged = shared.add(top)
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

    return Shared(catalogue, root, nodes, write)


def write_dataset(shared: Shared, dataset: Dataset, release: Release) -> WrittenDataset:
    """Write a dataset's own files, and its fragments of the catalogue's."""
    catalogue, root = shared.catalogue, shared.root
    first, *files = shared.add(describe_dataset(catalogue, root, dataset, release)).values()
    more, about = describe_versions(root, dataset, find_publisher(catalogue, root, dataset))
    ended = words.describe_ended(catalogue, root, release.dataset, find_publisher(catalogue, root, dataset))
    more += (("dcat:hasVersion", Ref(node.uri)) for node in ended if "dcat:Dataset" in node.types)
    versions = shared.add((*about, *ended))
    # A landing page that is also the address of a publisher, a licence or a page of the dataset is described there.
    described = (first.uri, *(node.uri for node in files))
    sources = [node for node in describe_source(dataset, root) if node.uri not in (*shared.nodes, *described)]
    own_only = {node.uri: node for node in sources} | versions
    near = words.list_around(shared.nodes, (uri for node in (first, *files) for uri in list_used(node)))
    around = tuple(uri for uri in near if uri not in described and uri not in versions)
    parts, own = dict[str, tuple[bytes, ...]](), list[Page | Finding]()
    for syntax in SYNTAXES:
        head, rest = syntax.write(first), write_nodes(syntax, files)
        parts[syntax.suffix] = (head.encode(), rest)
        beside = (write_nodes(syntax, own_only.values()), shared.write(syntax, around))
        body = assemble(syntax, (syntax.extend(head, more).encode(), rest, *beside))
        own.append(Page(f"datasets/{release.dataset}/dcat.{syntax.suffix}", body))
    return WrittenDataset(first.uri, described, near, sources, parts, [*own, *find_unsaid(catalogue, dataset)])


def name_page(syntax: Syntax, number: int) -> str:
    """Return the path of the catalogue's file number `number`."""
    return f"catalog.{syntax.suffix}" if number == 1 else f"catalog-{number}.{syntax.suffix}"


def list_used(node: Node) -> Iterator[str]:
    """Yield every URI that `node` references."""
    for _, term in node.says:
        if isinstance(term, Ref):
            yield term.uri
        elif isinstance(term, Node):
            yield from list_used(term)


def find_unsaid(catalogue: Catalogue, dataset: Dataset) -> Iterator[Finding]:
    """Find keys that `catalogue.yaml` no longer defines and that are therefore omitted."""
    pipeline, office = dataset.spec.pipeline, catalogue.office
    if pipeline.license not in office.licenses:
        yield miss(DIALECT, dataset, f"license: {pipeline.license}")
    if pipeline.publisher not in office.publishers:
        yield miss(DIALECT, dataset, f"publisher: {pipeline.publisher}")


# ---- the catalogue ----------------------------------------------------------------------------------------------


def describe_head(catalogue: Catalogue, root: str, datasets: Sequence[str]) -> Node:
    """Describe the catalogue, with these of its datasets."""
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


# ---- a dataset --------------------------------------------------------------------------------------------------


def describe_dataset(catalogue: Catalogue, root: str, dataset: Dataset, release: Release) -> list[Node]:
    """Describe a dataset, its page, and its distributions: a CSV, a Parquet and what is asked for of each table."""
    office, pipeline, sample = catalogue.office, dataset.spec.pipeline, facets.is_sample(dataset)
    page = f"{root}datasets/{to_uri(pipeline.name)}/"
    publisher, license_ = office.publishers.get(pipeline.publisher), office.licenses.get(pipeline.license)
    terms, title = to_uri(license_.url) if license_ else "", name_dataset(dataset)
    files = [describe_file(root, terms, release, sample, each) for each in list_distributions(release)]
    files += words.describe_downloads(catalogue, root, terms, release)
    contact = (publisher.email if publisher else "") or office.contact or ""
    says: list[Saying] = [
        *words.describe_identifiers(pipeline),
        *say_words("dct:title", title),
        *say_words("dct:description", pipeline.description),
        ("dct:publisher", find_publisher(catalogue, root, dataset)),
        *describe_contact(publisher.title if publisher else office.title, contact),
        *(("dcat:keyword", Literal(clean(word), words.guess_language(word))) for word in pipeline.keywords),
        *(("dcat:theme", Ref(uri)) for uri in list_themes(catalogue, root, dataset)),
        say_time("dct:issued", dataset.releases[0].created),
        say_time("dct:modified", facets.find_modified(release)),
        *words.describe_life(catalogue, root, dataset),
        ("dct:language", Ref(words.LANGUAGES["ja"])),
        *describe_coverage(catalogue, dataset),
        ("dct:accessRights", Ref(words.PUBLIC)),
        ("dcat:landingPage", Ref(page)),
        ("dcat:version", Literal(release.version)),
        *((("adms:versionNotes", Literal(SAMPLE_NOTE, "ja")),) if sample else ()),
        *(("dcat:distribution", Ref(file.uri)) for file in files),
        *((("foaf:page", Ref(name_source(root, pipeline.landing_page))),) if pipeline.landing_page else ()),
        *words.describe_errata(f"{page}#dataset", release),
    ]
    document = Node(page, ("foaf:Document",), tuple(say_words("dct:title", title)))
    return [Node(f"{page}#dataset", ("dcat:Dataset",), tuple(says)), document, *files]


def describe_source(dataset: Dataset, root: str) -> Iterator[Node]:
    """Describe the publisher's landing page, which datasets may share."""
    pipeline = dataset.spec.pipeline
    if pipeline.landing_page:
        title = tuple(say_words("dct:title", pipeline.title))
        yield Node(name_source(root, pipeline.landing_page), ("foaf:Document",), title)


def name_source(root: str, page: str) -> str:
    """Return the URI of a landing page; of one of this site the page's, as what its fragments name is no document."""
    uri = to_uri(page)
    return uri.partition("#")[0] if uri.startswith(root) else uri


def describe_file(root: str, terms: str, release: Release, sample: bool, distribution: Distribution) -> Node:
    """Describe a distribution, at its immutable URL, so that its checksum stays valid."""
    (table, kind, file), page = distribution, f"{root}datasets/{to_uri(release.dataset)}/"
    title, label = facets.mark_sample(table.resource.title, sample), LABELS[kind]
    checksum = Node("", ("spdx:Checksum",), (
        ("spdx:algorithm", Ref(words.SHA256)),
        ("spdx:checksumValue", Literal(file.sha256, type="xsd:hexBinary")),
    ))  # fmt: skip
    says: list[Saying] = [
        *say_words(
            "dct:title", Text(ja=title.ja and f"{title.ja}（{label}）", en=title.en and f"{title.en} ({label})")
        ),
        *say_words("dct:description", table.resource.description),
        ("dcat:accessURL", Ref(page)),
        ("dcat:downloadURL", Ref(address_release(root, release) + to_uri(file.path))),
        ("dct:format", Ref(f"{words.EU}file-type/{kind.upper()}")),
        ("dcat:mediaType", Ref(words.IANA + TYPES[kind])),
        ("dcat:byteSize", Literal(str(file.bytes), type="xsd:nonNegativeInteger")),
        *((("dct:license", Ref(terms)), ("dct:rights", Ref(terms))) if terms else ()),
        say_time("dct:modified", release.created),
        ("adms:status", Ref(words.COMPLETED)),
        ("dcatap:availability", Ref(words.STABLE)),
        ("spdx:checksum", checksum),
    ]
    return Node(f"{page}#{to_uri(table.name)}-{kind}", ("dcat:Distribution",), tuple(says))


def describe_contact(name: Text, contact: str) -> list[Saying]:
    """Describe the contact point, an e-mail address; DCAT-US accepts no other."""
    if "@" not in contact or contact.startswith(("https://", "http://")):
        return []
    says = (("vcard:fn", Literal(clean(name.get("ja")))), ("vcard:hasEmail", Ref(to_uri(f"mailto:{contact}"))))
    return [("dcat:contactPoint", Node("", ("vcard:Organization", "vcard:Kind"), says))]


def describe_coverage(catalogue: Catalogue, dataset: Dataset) -> Iterator[Saying]:
    """Describe spatial and temporal coverage; the default area is that of the local government."""
    coverage, government = dataset.spec.pipeline.coverage, catalogue.office.government
    if coverage.place.get("ja"):
        yield "dct:spatial", Node("", ("dct:Location",), tuple(say_words("skos:prefLabel", coverage.place)))
    elif government:
        yield "dct:spatial", Ref(words.name_government(government))
    days = zip(("dcat:startDate", "dcat:endDate"), facets.find_span(dataset, catalogue.office.timezone), strict=True)
    says = tuple((name, Literal(day, type="xsd:date")) for name, day in days if day and is_day(day))
    if says:
        yield "dct:temporal", Node("", ("dct:PeriodOfTime",), says)


def describe_versions(root: str, dataset: Dataset, publisher: Ref) -> tuple[list[Saying], list[Node]]:
    """Describe the dataset's releases as versions and as a series; return statements about the dataset, and nodes.

    They are in its own file only: a harvester of the catalogue would import each as one more dataset.
    """
    pipeline, releases = dataset.spec.pipeline, dataset.releases[-VERSIONS:]
    page = f"{root}datasets/{to_uri(pipeline.name)}/"
    refs = [Ref(f"{address_release(root, release)}#release") for release in releases]
    series = Ref(f"{page}#releases")
    nodes = []
    for at, release in enumerate(releases):
        says: list[Saying] = [
            *say_words("dct:title", facets.mark_sample(release.pipeline.title, "sample" in release.served)),
            *say_words("dct:description", release.pipeline.description),
            *words.describe_version(release, pipeline.doi),
            ("dct:publisher", publisher),
            *words.describe_reason(release),
            ("dcat:landingPage", Ref(address_release(root, release))),
            ("dct:isVersionOf", Ref(f"{page}#dataset")),
            ("dcat:inSeries", series),
        ]
        if at:
            says += [("dcat:previousVersion", refs[at - 1]), ("dcat:prev", refs[at - 1])]
        nodes.append(Node(refs[at].uri, ("dcat:Dataset",), tuple(says)))
        document = tuple(say_words("dct:title", release.pipeline.title))
        nodes.append(Node(address_release(root, release), ("foaf:Document",), document))
    title = facets.mark_sample(pipeline.title, facets.is_sample(dataset))
    told: list[Saying] = [
        *say_words(
            "dct:title", Text(ja=title.ja and f"{title.ja}：すべての版", en=title.en and f"{title.en}: all releases")
        ),
        *say_words("dct:description", pipeline.description),
        ("dct:publisher", publisher),
        ("dct:accrualPeriodicity", words.name_frequency(dataset)),
        say_time("dct:issued", dataset.releases[0].created),
        say_time("dct:modified", facets.find_modified(releases[-1])),
        ("dcat:first", refs[0]),
        ("dcat:last", refs[-1]),
    ]
    own: list[Saying] = [
        ("dcat:hasCurrentVersion", refs[-1]),
        *(("dcat:hasVersion", ref) for ref in reversed(refs)),
    ]
    return own, [Node(series.uri, ("dcat:DatasetSeries",), tuple(told)), *nodes]


def find_publisher(catalogue: Catalogue, root: str, dataset: Dataset) -> Ref:
    """Return the dataset's publisher; the catalogue's own where `catalogue.yaml` no longer has it."""
    key = dataset.spec.pipeline.publisher
    return Ref(words.name_publisher(root, key) if key in catalogue.office.publishers else f"{root}#office")


def list_themes(catalogue: Catalogue, root: str, dataset: Dataset) -> list[str]:
    """List the catalogue's own themes, and the nearest of the EU's."""
    known = {
        key: catalogue.office.themes[key] for key in dataset.spec.pipeline.themes if key in catalogue.office.themes
    }
    abroad = dict.fromkeys(f"{words.EU_THEMES}/{theme.eu}" for theme in known.values() if theme.eu)
    return [*(words.name_theme(root, key) for key in known), *abroad]
