"""`dcat-us-3.json`: the catalogue as DCAT-US 3, in the JSON that the harvester of data.gov validates.

Its JSON Schema (GSA/dcat-us) has names without prefixes, and texts where the shapes of DCAT-US 3 have nodes.  The context
in the file makes both of it: the same file is JSON-LD that conforms to the shapes.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from entaku.catalogue import facets, places
from entaku.formats.dates import is_day
from entaku.model.files import DESCRIPTOR
from entaku.model.grammar import Frequency
from entaku.model.long_pages import LongPage
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release
from entaku.site.feeds import dcat_words as words
from entaku.site.feeds.common import (
    LABELS,
    SAMPLE_NOTE,
    TYPES,
    Distribution,
    address_release,
    dump,
    encode,
    find_root,
    list_distributions,
    list_released,
    name_dataset,
    per_dataset,
    to_uri,
)
from entaku.site.feeds.dcat_us import join_words
from entaku.site.kept import Parts

DIALECT = "DCAT-US 3"
PATH = "dcat-us-3.json"
FREQUENCIES: Mapping[Frequency, str] = {
    "daily": "daily", "weekly": "weekly", "monthly": "monthly", "quarterly": "quarterly", "yearly": "annually",
    "irregular": "irregular",
}  # fmt: skip
NEVER = "notPlanned"
DESCRIBED = "application/json"
SHA256 = "SHA-256"


def name_terms() -> dict[str, Any]:
    """Return the context: where its names and values lead."""
    link, word = {"@type": "@id"}, {"@type": "@vocab"}
    dct, dcat, skos, vcard = (
        "http://purl.org/dc/terms/",
        "http://www.w3.org/ns/dcat#",
        "http://www.w3.org/2004/02/skos/core#",
        "http://www.w3.org/2006/vcard/ns#",
    )
    xsd, foaf, spdx = "http://www.w3.org/2001/XMLSchema#", "http://xmlns.com/foaf/0.1/", "http://spdx.org/rdf/terms#"
    own: dict[str, Any] = {name: dcat + name for name in ("Catalog", "Dataset", "Distribution", "keyword", "version")}
    own |= {name: {"@id": dcat + name} for name in ("contactPoint", "dataset", "distribution", "landingPage", "theme")}
    own |= {name: {"@id": dcat + name, **link} for name in ("accessURL", "downloadURL")}
    own |= {name: {"@id": dcat + name, "@type": f"{xsd}date"} for name in ("startDate", "endDate")}
    own |= {name: dct + name for name in ("Location", "PeriodOfTime", "Standard")}
    own |= {
        name: dct + name for name in ("conformsTo", "description", "identifier", "publisher", "spatial", "temporal")
    }
    own |= {name: {"@id": dct + name, **link} for name in ("accessRights", "license")}
    own |= {name: {"@id": dct + name, **word} for name in ("accrualPeriodicity", "language")}
    own |= {name: {"@id": dct + name, "@type": f"{xsd}dateTime"} for name in ("issued", "modified")}
    own |= {name: skos + name for name in ("Concept", "ConceptScheme", "inScheme", "prefLabel")}
    own |= {name: f"{foaf}{name}" for name in ("Document", "name")} | {"Organization": f"{foaf}Agent"}
    own |= {"homepage": f"{foaf}homepage", "title": f"{dct}title"}
    own |= {"Kind": f"{vcard}Kind", "fn": f"{vcard}fn", "hasEmail": {"@id": f"{vcard}hasEmail", **link}}
    own |= {"Checksum": f"{spdx}Checksum", "checksum": f"{spdx}checksum"}
    own |= {"algorithm": {"@id": f"{spdx}algorithm", **word}, SHA256: words.SHA256}
    own |= {"checksumValue": {"@id": f"{spdx}checksumValue", "@type": f"{xsd}hexBinary"}}
    own |= {"byteSize": {"@id": f"{dcat}byteSize", "@type": f"{xsd}nonNegativeInteger"}}
    own |= {"mediaType": {"@id": f"{dcat}mediaType", **word}, "format": {"@id": f"{dct}format", **word}}
    own |= {"describedBy": "http://data.resources.gov/ontology/dcat-us#describedBy"}
    own |= {kind: words.IANA + kind for kind in (*TYPES.values(), DESCRIBED)}
    own |= {LABELS[kind]: f"{words.EU}file-type/{kind.upper()}" for kind in TYPES}
    own |= {form.media: words.IANA + form.media for form in places.FORMATS.values() if form.registered}
    own |= {form.label: f"{words.EU}file-type/{form.euro}" for form in places.FORMATS.values() if form.euro}
    own |= {FREQUENCIES[key]: f"{words.EU}frequency/{code}" for key, code in words.FREQUENCIES.items()}
    return own | {NEVER: words.NEVER} | dict(words.LANGUAGES)


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write `dcat-us-3.json` with every dataset."""
    root, office = find_root(catalogue), catalogue.office
    title = facets.mark_sample(office.title, facets.has_samples(catalogue)).get("ja")
    head = {
        "@context": name_terms(), "@type": "Catalog", "@id": f"{root}{PATH}#catalog", "title": title,
        "description": join_words(office.description), "conformsTo": {"@type": "Standard", "title": "DCAT-US 3.0"},
        "publisher": {"@type": "Organization", "@id": f"{root}#office", "name": office.title.get("ja")},
        "homepage": {"@type": "Document", "@id": root, "title": office.title.get("ja")}, "language": [*words.LANGUAGES],
    }  # fmt: skip
    written = list[bytes]()
    describe = partial(describe_dataset, catalogue, root)
    for told in per_dataset(DIALECT, list_released(catalogue), describe, parts, catalogue):
        if isinstance(told, Finding):
            yield told
        else:
            written.append(told)
    first = encode(head).removesuffix("}").encode() + b',"dataset":[\n'
    yield LongPage(PATH, first, written, b'],"@included":' + encode(list_classes(catalogue)).encode() + b"}\n")


def list_classes(catalogue: Catalogue) -> list[dict[str, str]]:
    """List what datasets refer to by an address or a word, with its class, which the shapes require."""
    dct = "http://purl.org/dc/terms/"
    classes = {to_uri(one.url): f"{dct}LicenseDocument" for one in catalogue.office.licenses.values()}
    classes |= dict.fromkeys(words.LANGUAGES.values(), f"{dct}LinguisticSystem")
    classes |= {f"{words.EU}frequency/{code}": f"{dct}Frequency" for code in words.FREQUENCIES.values()}
    classes |= {words.NEVER: f"{dct}Frequency", words.PUBLIC: f"{dct}RightsStatement"}
    classes |= {words.IANA + kind: f"{dct}MediaType" for kind in (*TYPES.values(), DESCRIBED)}
    classes |= {f"{words.EU}file-type/{kind.upper()}": f"{dct}MediaTypeOrExtent" for kind in TYPES}
    for form in places.FORMATS.values():
        classes |= {words.IANA + form.media: f"{dct}MediaType"} if form.registered else {}
        classes |= {f"{words.EU}file-type/{form.euro}": f"{dct}MediaTypeOrExtent"} if form.euro else {}
    classes |= {words.SHA256: "http://spdx.org/rdf/terms#ChecksumAlgorithm"}
    return [{"@id": uri, "@type": kind} for uri, kind in classes.items()]


def describe_dataset(catalogue: Catalogue, root: str, dataset: Dataset, release: Release) -> bytes:
    """Describe a dataset as JSON."""
    pipeline, office, sample = dataset.spec.pipeline, catalogue.office, facets.is_sample(dataset)
    page, title = f"{root}datasets/{to_uri(pipeline.name)}/", name_dataset(dataset).get("ja")
    publisher, license_ = office.publishers.get(pipeline.publisher), office.licenses.get(pipeline.license)
    name = (publisher.title if publisher else office.title).get("ja")
    agent = words.name_publisher(root, pipeline.publisher) if publisher else f"{root}#office"
    contact = (publisher.email if publisher else "") or office.contact or ""
    own: dict[str, Any] = {
        "@type": "Dataset", "@id": f"{page}#dataset", "identifier": f"{page}#dataset", "title": title,
        "description": (f"{SAMPLE_NOTE} " if sample else "") + join_words(pipeline.description),
        "publisher": {"@type": "Organization", "@id": agent, "name": name},
    }  # fmt: skip
    if "@" in contact and not contact.startswith(("https://", "http://")):  # required, but not every office has one
        own["contactPoint"] = {"@type": "Kind", "fn": name, "hasEmail": to_uri(f"mailto:{contact}")}
    own |= {
        "keyword": [*pipeline.keywords, *(["sample"] if sample else [])], "theme": describe_themes(catalogue, root, dataset),
        "issued": dataset.releases[0].created, "modified": facets.find_modified(release), "version": release.version,
        "accrualPeriodicity": NEVER if dataset.retired else FREQUENCIES[pipeline.frequency], "language": ["ja"],
        "accessRights": words.PUBLIC, "landingPage": {"@type": "Document", "@id": page, "title": title},
        "conformsTo": [{"@type": "Standard", "title": standard} for standard in facets.list_standards(release)],
        "describedBy": {
            "@type": "Distribution", "title": DESCRIPTOR, "accessURL": page, "downloadURL": f"{page}{DESCRIPTOR}",
            "mediaType": DESCRIBED,
        },
    }  # fmt: skip
    place = pipeline.coverage.place.get("ja") or (office.government.title.get("ja") if office.government else "")
    if place:
        own["spatial"] = [{"@type": "Location", "prefLabel": place}]
    days = zip(("startDate", "endDate"), facets.find_span(dataset, office.timezone), strict=True)
    if span := {key: day for key, day in days if day and is_day(day)}:
        own["temporal"] = [{"@type": "PeriodOfTime", **span}]
    terms = to_uri(license_.url) if license_ else ""
    own["distribution"] = [describe_file(root, terms, release, sample, each) for each in list_distributions(release)]
    own["distribution"] += describe_downloads(catalogue, root, terms, release)
    return dump(own)


def describe_downloads(catalogue: Catalogue, root: str, terms: str, release: Release) -> Iterator[dict[str, Any]]:
    """Describe the current data in further formats; a name that no vocabulary has is left out."""
    page = f"{root}datasets/{to_uri(release.dataset)}/"
    for each in places.list_data(catalogue.office, release):
        own = {
            "@type": "Distribution", "@id": f"{page}#{to_uri(each.name)}", "title": each.title.get("ja"),
            "description": join_words(each.description), "accessURL": page, "downloadURL": root + to_uri(each.path),
            "modified": release.created,
        }  # fmt: skip
        own |= {"mediaType": each.format.media} if each.format.registered else {}
        own |= {"format": each.format.label} if each.format.euro else {}
        yield own | ({"license": terms} if terms else {})


def describe_themes(catalogue: Catalogue, root: str, dataset: Dataset) -> list[dict[str, Any]]:
    """Describe the catalogue's own themes of a dataset."""
    scheme = {"@type": "ConceptScheme", "@id": f"{root}themes/#scheme", "title": "分野 / Themes"}
    known = catalogue.office.themes
    return [
        {
            "@type": "Concept", "@id": words.name_theme(root, key), "prefLabel": known[key].title.get("ja"),
            "inScheme": scheme,
        }
        for key in dataset.spec.pipeline.themes
        if key in known
    ]  # fmt: skip


def describe_file(root: str, terms: str, release: Release, sample: bool, each: Distribution) -> dict[str, Any]:
    """Describe a file, at its immutable address."""
    (table, kind, file), page = each, f"{root}datasets/{to_uri(release.dataset)}/"
    own = {
        "@type": "Distribution", "@id": f"{page}#{to_uri(table.name)}-{kind}",
        "title": f"{facets.mark_sample(table.resource.title, sample).get('ja')}（{each.label}）",
        "description": join_words(table.resource.description), "accessURL": page,
        "downloadURL": address_release(root, release) + to_uri(file.path), "mediaType": TYPES[kind],
        "format": LABELS[kind], "byteSize": str(file.bytes), "modified": release.created,
        "checksum": {"@type": "Checksum", "algorithm": SHA256, "checksumValue": file.sha256},
    }  # fmt: skip
    return own | ({"license": terms} if terms else {})
