"""A dataset in DCAT-AP 3.0.1: its page, its distributions, its contact, and what it covers."""

from collections.abc import Iterator

from entaku.catalogue import facets
from entaku.formats.dates import is_day
from entaku.model.grammar import Pipeline
from entaku.model.nouns import Catalogue, Dataset, Release
from entaku.model.words import Text
from entaku.site.feeds import dcat_words as words
from entaku.site.feeds.common import (
    SAMPLE_NOTE,
    TYPES,
    Distribution,
    address_release,
    clean,
    list_distributions,
    name_dataset,
    to_uri,
)
from entaku.site.feeds.graph import Literal, Node, Ref, Saying, say_time, say_words


def describe_dataset(catalogue: Catalogue, root: str, dataset: Dataset, release: Release) -> list[Node]:
    """Describe a dataset, its page, and its distributions: a CSV, a Parquet and what is asked for of each table."""
    pipeline, sample = dataset.spec.pipeline, facets.is_sample(dataset)
    page = f"{root}datasets/{to_uri(pipeline.name)}/"
    terms, title = find_terms(catalogue, pipeline), name_dataset(dataset)
    files = [describe_file(root, terms, release, sample, each) for each in list_distributions(release)]
    files += words.describe_downloads(catalogue, root, terms, release)
    says: list[Saying] = [
        *words.describe_identifiers(pipeline),
        *say_words("dct:title", title),
        *say_words("dct:description", pipeline.description),
        ("dct:publisher", find_publisher(catalogue, root, dataset)),
        *describe_subject(catalogue, root, pipeline, release),
        say_time("dct:issued", dataset.releases[0].created),
        say_time("dct:modified", facets.find_modified(release)),
        *words.describe_life(catalogue, root, dataset),
        ("dct:language", Ref(words.LANGUAGES["ja"])),
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


def find_terms(catalogue: Catalogue, pipeline: Pipeline) -> str:
    """Return the URI of a licence; "" where `catalogue.yaml` no longer has it."""
    license_ = catalogue.office.licenses.get(pipeline.license)
    return to_uri(license_.url) if license_ else ""


def describe_subject(catalogue: Catalogue, root: str, pipeline: Pipeline, release: Release) -> Iterator[Saying]:
    """Describe what a release is about, and whom to ask."""
    yield from find_contact(catalogue, pipeline)
    yield from (("dcat:keyword", Literal(clean(word), words.guess_language(word))) for word in pipeline.keywords)
    yield from (("dcat:theme", Ref(uri)) for uri in list_themes(catalogue, root, pipeline))
    yield from describe_coverage(catalogue, pipeline, release)


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
    title, label = facets.mark_sample(table.resource.title, sample), distribution.label
    checksum = Node("", ("spdx:Checksum",), (
        ("spdx:algorithm", Ref(words.SHA256)),
        ("spdx:checksumValue", Literal(file.sha256, type="xsd:hexBinary")),
    ))  # fmt: skip
    says: list[Saying] = [
        *say_words(
            "dct:title", Text(ja=title.ja and f"{title.ja}（{label}）", en=title.en and f"{title.en} ({label})")
        ),
        *say_words("dct:description", words.choose_description(table.resource.description, release)),
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
    return Node(name_file(page, distribution), ("dcat:Distribution",), tuple(says))


def name_file(page: str, distribution: Distribution) -> str:
    """Return the URI of a distribution of the dataset, or of the version, with this address."""
    return f"{page}#{to_uri(distribution.table.name)}-{distribution.kind}"


def find_contact(catalogue: Catalogue, pipeline: Pipeline) -> list[Saying]:
    """Describe the contact point of a dataset: its publisher's, else the catalogue's."""
    office, publisher = catalogue.office, catalogue.office.publishers.get(pipeline.publisher)
    contact = (publisher.email if publisher else "") or office.contact or ""
    return describe_contact(publisher.title if publisher else office.title, contact)


def describe_contact(name: Text, contact: str) -> list[Saying]:
    """Describe the contact point, an e-mail address; DCAT-US accepts no other."""
    if "@" not in contact or contact.startswith(("https://", "http://")):
        return []
    says = (("vcard:fn", Literal(clean(name.get("ja")))), ("vcard:hasEmail", Ref(to_uri(f"mailto:{contact}"))))
    return [("dcat:contactPoint", Node("", ("vcard:Organization", "vcard:Kind"), says))]


def describe_coverage(catalogue: Catalogue, pipeline: Pipeline, release: Release) -> Iterator[Saying]:
    """Describe spatial and temporal coverage; the default area is that of the local government."""
    coverage, government = pipeline.coverage, catalogue.office.government
    if coverage.place.get("ja"):
        yield "dct:spatial", Node("", ("dct:Location",), tuple(say_words("skos:prefLabel", coverage.place)))
    elif government:
        yield "dct:spatial", Ref(words.name_government(government))
    span = facets.find_days(pipeline, release, catalogue.office.timezone)
    days = zip(("dcat:startDate", "dcat:endDate"), span, strict=True)
    says = tuple((name, Literal(day, type="xsd:date")) for name, day in days if day and is_day(day))
    if says:
        yield "dct:temporal", Node("", ("dct:PeriodOfTime",), says)


def find_publisher(catalogue: Catalogue, root: str, dataset: Dataset) -> Ref:
    """Return the dataset's publisher; the catalogue's own where `catalogue.yaml` no longer has it."""
    key = dataset.spec.pipeline.publisher
    return Ref(words.name_publisher(root, key) if key in catalogue.office.publishers else f"{root}#office")


def list_themes(catalogue: Catalogue, root: str, pipeline: Pipeline) -> list[str]:
    """List the catalogue's own themes, and the nearest of the EU's."""
    known = {key: catalogue.office.themes[key] for key in pipeline.themes if key in catalogue.office.themes}
    abroad = dict.fromkeys(f"{words.EU_THEMES}/{theme.eu}" for theme in known.values() if theme.eu)
    return [*(words.name_theme(root, key) for key in known), *abroad]
