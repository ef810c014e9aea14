"""Nodes that DCAT descriptions share: agents, licences, themes, and concepts of the vocabularies that DCAT-AP names.

Shapes require the class of every referenced node, and the scheme and a title of every concept.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from entaku.catalogue import facets, places
from entaku.model.dois import Dois, address_doi
from entaku.model.grammar import Frequency, Government, Pipeline
from entaku.model.leaving import list_former
from entaku.model.ledgers import Tombstone
from entaku.model.nouns import Catalogue, Dataset, Release
from entaku.model.revisions import tell_why
from entaku.model.standards import find_page
from entaku.model.words import Text
from entaku.site.feeds.common import TYPES, address_tombstone, clean, list_gone, to_uri
from entaku.site.feeds.graph import Literal, Node, Ref, Saying, merge_nodes, name_class, say_time, say_words

EU = "http://publications.europa.eu/resource/authority/"
NOTHING = Text()
STATUS = Text(en="Distribution status")
ENDED = 60
"""Versions that were withdrawn, in a dataset's own file."""
FREQUENCIES: Mapping[Frequency, str] = {
    "daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "quarterly": "QUARTERLY", "yearly": "ANNUAL",
    "irregular": "IRREG",
}  # fmt: skip
"""Frequencies in the EU's vocabulary, by those of pipelines."""
NEVER = f"{EU}frequency/NEVER"
"""That of a retired dataset."""
THEMES: Mapping[str, str] = {
    "AGRI": "Agriculture, fisheries, forestry and food", "ECON": "Economy and finance",
    "EDUC": "Education, culture and sport", "ENER": "Energy", "ENVI": "Environment",
    "GOVE": "Government and public sector", "HEAL": "Health", "INTR": "International issues",
    "JUST": "Justice, legal system and public safety", "OP_DATPRO": "Provisional data",
    "REGI": "Regions and cities", "SOCI": "Population and society", "TECH": "Science and technology",
    "TRAN": "Transport",
}  # fmt: skip
EU_THEMES = f"{EU}data-theme"
LANGUAGES = {"ja": f"{EU}language/JPN", "en": f"{EU}language/ENG"}
PUBLIC = f"{EU}access-right/PUBLIC"
STATUSES = f"{EU}distribution-status"
COMPLETED, WITHDRAWN = f"{STATUSES}/COMPLETED", f"{STATUSES}/WITHDRAWN"
LIVES = f"{EU}dataset-status"
DISCONTINUED = f"{LIVES}/DISCONT"
STABLE, AVAILABILITIES = f"{EU}planned-availability/STABLE", f"{EU}planned-availability"
SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
ASSESSMENT = "http://www.w3.org/ns/dqv#qualityAssessment"
IANA = "https://www.iana.org/assignments/media-types/"
LOCAL, PUBLISHER_TYPES = "http://purl.org/adms/publishertype/LocalAuthority", "http://purl.org/adms/publishertype/1.0"


LICENSE_TYPES = "http://purl.org/adms/licencetype/"
LICENSED: Mapping[str, tuple[str, str]] = {
    r"creativecommons[.]org/licenses/by\b|public_data_license|open-government-licence": ("Attribution", "Attribution"),
    r"creativecommons[.]org/licenses/by(-nc)?-sa\b": ("ViralEffect-ShareAlike", "Viral effect (a.k.a. Share-alike)"),
    r"creativecommons[.]org/licenses/by-nc\b": ("NonCommercialUseOnly", "Non-commercial use only"),
    r"creativecommons[.]org/licenses/by(-nc)?-nd\b": ("NoDerivativeWork", "No derivative work"),
    r"creativecommons[.]org/publicdomain/": ("PublicDomain", "Public domain"),
}  # fmt: skip
"""What licences ask for in ADMS' vocabulary, by their addresses: code and label."""


def find_license_types(address: str) -> list[str]:
    """List what a licence with this address asks for, as far as it is known."""
    return [code for pattern, (code, _) in LICENSED.items() if re.search(pattern, address)]


def name_publisher(root: str, key: str) -> str:
    """Return the URI of a publisher."""
    return f"{root}publishers/{to_uri(key)}/#agent"


def name_theme(root: str, key: str) -> str:
    """Return the URI of a theme."""
    return f"{root}themes/{to_uri(key)}/#theme"


def name_government(government: Government) -> str:
    """Return the URI of a local government's area: Japan's standard area codes as linked data
    (data.e-stat.go.jp/lodw/).
    """
    return f"http://data.e-stat.go.jp/lod/sac/C{government.code[:5]}"


def name_frequency(dataset: Dataset) -> Ref:
    """Return how often a dataset is updated."""
    return Ref(NEVER if dataset.retired else f"{EU}frequency/{FREQUENCIES[dataset.spec.pipeline.frequency]}")


def describe_life(catalogue: Catalogue, root: str, dataset: Dataset) -> list[Saying]:
    """Describe how often a dataset is updated; the standards it follows; what it was called; of a retired one its
    status, why, and what replaces it."""
    former = list_former(catalogue.office.renamed, dataset.spec.pipeline.name)
    says: list[Saying] = [("dct:accrualPeriodicity", name_frequency(dataset))]
    says += [("dct:conformsTo", describe_standard(name)) for name in facets.list_standards(dataset.current)]
    says += [("dct:replaces", Ref(f"{root}datasets/{to_uri(name)}/#dataset")) for name in former]
    if dataset.retired:
        other = facets.find_replacement(catalogue, dataset)
        address = to_uri(facets.address_replacement(catalogue, dataset, root))
        says += [("adms:status", Ref(DISCONTINUED)), *say_words("adms:versionNotes", dataset.retired.reason)]
        says += [("dct:isReplacedBy", Ref(f"{address}#dataset" if other else address))] if address else []
    return says


def describe_concept(uri: str, label: Text, scheme: str, description: Text = NOTHING) -> Node:
    """Describe a concept of a vocabulary."""
    says = [*say_words("skos:prefLabel", label), *say_words("skos:definition", description)]
    return Node(uri, ("skos:Concept",), (*says, ("skos:inScheme", Ref(scheme))))


def describe_scheme(uri: str, title: Text) -> Node:
    """Describe a concept scheme."""
    return Node(uri, ("skos:ConceptScheme",), tuple(say_words("dct:title", title)))


def describe_agent(uri: str, name: Text, url: str, email: str, local: bool) -> Node:
    """Describe an agent.  Its name has no language: DCAT-US accepts nothing else."""
    says: list[Saying] = [("foaf:name", Literal(clean(name.get("ja"))))]
    if url:
        says.append(("foaf:homepage", Ref(to_uri(url))))
    if email:
        says.append(("foaf:mbox", Ref(to_uri(f"mailto:{email}"))))
    if local:
        says.append(("dct:type", Ref(LOCAL)))
    return Node(uri, ("foaf:Agent", "foaf:Organization"), tuple(says))


def describe_reason(release: Release) -> Iterator[Saying]:
    """Yield when a version was made and last revised, and why."""
    yield say_time("dct:issued", release.created)
    if release.revised:
        yield say_time("dct:modified", release.revised)
    if release.why:  # DCAT-US accepts one note alone, and so none of a language
        why = tell_why(release.why)
        yield "adms:versionNotes", Literal(clean(f"{why.ja} / {why.en}"))


def describe_identifiers(pipeline: Pipeline) -> Iterator[Saying]:
    """Yield a dataset's name and DOI."""
    yield "dct:identifier", Literal(pipeline.name)
    if pipeline.doi.dataset:
        yield "adms:identifier", _describe_doi(pipeline.doi.dataset)


def describe_version(release: Release, dois: Dois) -> Iterator[Saying]:
    """Yield a version's name and DOI."""
    yield "dcat:version", Literal(release.version)
    if release.version in dois.versions:
        yield "adms:identifier", _describe_doi(dois.versions[release.version])


def _describe_doi(doi: str) -> Node:
    says = (("skos:notation", Literal(address_doi(doi), type="xsd:anyURI")),)
    return Node("", ("adms:Identifier",), says)


def describe_errata(uri: str, release: Release) -> Iterator[Saying]:
    """Yield what is known to be wrong in a dataset's source, as annotations of its quality."""
    for one in facets.list_errata(release):
        body = Node("", ("oa:TextualBody",), tuple(say_words("rdf:value", one.tell())))
        says: list[Saying] = [("oa:hasTarget", Ref(uri)), ("oa:hasBody", body), ("oa:motivatedBy", Ref(ASSESSMENT))]
        yield "dqv:hasQualityAnnotation", Node("", ("dqv:QualityAnnotation",), tuple(says))


def describe_withdrawn(root: str, tombstone: Tombstone, publisher: Ref, whole: bool) -> list[Node]:
    """Describe a version that was withdrawn, or the `whole` dataset of which no other is left: the first node."""
    page = f"{root}datasets/{to_uri(tombstone.dataset)}/"
    place, title = (page if whole else address_tombstone(root, tombstone)), tombstone.title
    marked = Text(ja=title.ja and f"{title.ja}（取り下げ）", en=title.en and f"{title.en} (withdrawn)")
    says: list[Saying] = [
        ("dct:identifier", Literal(tombstone.dataset if whole else f"{tombstone.dataset} {tombstone.version}")),
        *say_words("dct:title", marked),
        *say_words("dct:description", tombstone.reason),
        ("dct:publisher", publisher),
        say_time("dct:modified", tombstone.when),
        ("dcat:landingPage", Ref(place)),
        ("adms:status", Ref(WITHDRAWN)),
    ]
    if not whole:
        says += [("dcat:version", Literal(tombstone.version)), ("dct:isVersionOf", Ref(f"{page}#dataset"))]
    document = Node(place, ("foaf:Document",), tuple(say_words("dct:title", marked)))
    return [Node(f"{page}#dataset" if whole else f"{place}#release", ("dcat:Dataset",), tuple(says)), document]


def describe_gone(catalogue: Catalogue, root: str) -> list[Node]:
    """Describe the datasets of which every version was withdrawn, and their pages."""
    office = Ref(f"{root}#office")
    return [node for each in list_gone(catalogue).values() for node in describe_withdrawn(root, each, office, True)]


def describe_ended(catalogue: Catalogue, root: str, dataset: str, publisher: Ref) -> list[Node]:
    """Describe the versions of a dataset that were withdrawn, their pages and their status."""
    ended = [each for each in catalogue.tombstones if each.version and each.dataset == dataset][-ENDED:]
    status = [describe_scheme(STATUSES, STATUS), describe_concept(WITHDRAWN, Text(en="withdrawn"), STATUSES)]
    return [
        *(node for each in ended for node in describe_withdrawn(root, each, publisher, False)),
        *status[: 2 * bool(ended)],
    ]


def list_shared(catalogue: Catalogue, root: str) -> dict[str, Node]:
    """List every node that datasets may reference, by URI."""
    return merge_nodes((*_list_vocabularies(), *_list_own(catalogue, root)))


def list_around(shared: Mapping[str, Node], uris: Iterable[str]) -> tuple[str, ...]:
    """List those of `uris` that are shared, and the nodes that these reference in turn, sorted."""
    seen: dict[str, None] = {}
    waiting = [uri for uri in uris if uri in shared]
    while waiting:
        uri = waiting.pop()
        if uri not in seen:
            seen[uri] = None
            waiting += [term.uri for _, term in shared[uri].says if isinstance(term, Ref) and term.uri in shared]
    return tuple(sorted(seen))


def _list_own(catalogue: Catalogue, root: str) -> Iterator[Node]:
    office = catalogue.office
    local = office.government is not None
    yield describe_agent(
        f"{root}#office", office.government.title if office.government else office.title, "", "", local
    )
    for key, publisher in office.publishers.items():
        uri, url = name_publisher(root, key), publisher.url or ""
        yield describe_agent(uri, publisher.title, url, publisher.email or "", local)
        if url:
            yield Node(to_uri(url), ("foaf:Document",), tuple(say_words("dct:title", publisher.title)))
    for license_ in office.licenses.values():
        kinds = (("dct:type", Ref(f"{LICENSE_TYPES}{kind}")) for kind in find_license_types(license_.url))
        says = (*say_words("dct:title", license_.title), *kinds)
        yield Node(to_uri(license_.url), ("dct:LicenseDocument", "dct:RightsStatement"), says)
    yield describe_scheme(f"{root}themes/#scheme", Text(ja="分野", en="Themes"))
    for key, theme in office.themes.items():
        yield describe_concept(name_theme(root, key), theme.title, f"{root}themes/#scheme", theme.description)
    if office.government:
        says = tuple(say_words("skos:prefLabel", office.government.title))
        yield Node(name_government(office.government), ("dct:Location",), says)


def _list_vocabularies() -> Iterator[Node]:
    yield describe_scheme(EU_THEMES, Text(en="Data theme"))
    for code, label in THEMES.items():
        yield describe_concept(f"{EU_THEMES}/{code}", Text(en=label), EU_THEMES)
    yield describe_scheme(STATUSES, STATUS)
    yield describe_concept(COMPLETED, Text(en="completed"), STATUSES)
    yield describe_concept(WITHDRAWN, Text(en="withdrawn"), STATUSES)
    yield describe_scheme(LIVES, Text(en="Dataset status"))
    yield describe_concept(DISCONTINUED, Text(en="discontinued"), LIVES)
    yield describe_scheme(AVAILABILITIES, Text(en="Planned availability"))
    yield describe_concept(STABLE, Text(en="stable"), AVAILABILITIES)
    yield describe_scheme(LICENSE_TYPES, Text(en="Licence type"))
    for code, label in LICENSED.values():
        yield describe_concept(f"{LICENSE_TYPES}{code}", Text(en=label), LICENSE_TYPES)
    yield describe_scheme(PUBLISHER_TYPES, Text(en="Publisher type"))
    yield describe_concept(LOCAL, Text(en="Local Authority"), PUBLISHER_TYPES)
    for code in FREQUENCIES.values():
        yield name_class(f"{EU}frequency/{code}", "dct:Frequency")
    yield name_class(NEVER, "dct:Frequency")
    for language in LANGUAGES.values():
        yield name_class(language, "dct:LinguisticSystem")
    yield name_class(PUBLIC, "dct:RightsStatement")
    yield name_class(SHA256, "spdx:ChecksumAlgorithm")
    for kind, media_type in TYPES.items():
        yield name_class(f"{EU}file-type/{kind.upper()}", "dct:MediaTypeOrExtent")
        yield name_class(f"{IANA}{media_type}", "dct:MediaType")
    for form in places.FORMATS.values():
        if form.euro:
            yield name_class(f"{EU}file-type/{form.euro}", "dct:MediaTypeOrExtent")
        if form.registered:
            yield name_class(f"{IANA}{form.media}", "dct:MediaType")


def describe_downloads(catalogue: Catalogue, root: str, terms: str, release: Release) -> list[Node]:
    """Describe the current data in further formats, at addresses that always have what is current, and so without size
    and checksum, which the site's SHA256SUMS has."""
    page, nodes = f"{root}datasets/{to_uri(release.dataset)}/", list[Node]()
    for each in places.list_data(catalogue.office, release):
        form = each.format
        named = Node("", ("dct:MediaTypeOrExtent",), (("skos:prefLabel", Literal(form.label)),))
        says: list[Saying] = [
            *say_words("dct:title", each.title),
            *say_words("dct:description", choose_description(each.description, release)),
            ("dcat:accessURL", Ref(page)),
            ("dcat:downloadURL", Ref(root + to_uri(each.path))),
            ("dct:format", Ref(f"{EU}file-type/{form.euro}") if form.euro else named),
            *((("dcat:mediaType", Ref(IANA + form.media)),) if form.registered else ()),
            *((("dct:license", Ref(terms)), ("dct:rights", Ref(terms))) if terms else ()),
            say_time("dct:modified", release.created),
            ("adms:status", Ref(COMPLETED)),
            ("dcatap:availability", Ref(STABLE)),
        ]
        nodes.append(Node(f"{page}#{to_uri(each.name)}", ("dcat:Distribution",), tuple(says)))
    return nodes


def choose_description(own: Text, release: Release) -> Text:
    """Return the description of a table; its dataset's if it has none."""
    return own if own.get("ja") else release.pipeline.description


def describe_standard(name: str, page: str = "") -> Node:
    """Describe a standard that a dataset, or a service, follows."""
    page = page or find_page(name)
    known: list[Saying] = [("dct:identifier", Literal(page))] if page else []
    return Node("", ("dct:Standard",), (("dct:title", Literal(name, "ja")), *known))


def guess_language(word: str) -> str:
    """Guess a keyword's language: English if all of it is ASCII."""
    return "en" if word.isascii() else "ja"
