"""`data.json`, the fields of DCAT-US 1.1 (https://resources.data.gov/resources/dcat-us/) that harvesters read, and
what was withdrawn as `withdrawn`.

That of DCAT-US 3 is `feeds.dcat_us3`.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from entaku.catalogue import facets, places
from entaku.model.files import DESCRIPTOR, ROOT
from entaku.model.grammar import Frequency
from entaku.model.long_pages import LongPage
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release
from entaku.model.words import Text
from entaku.site.feeds.common import (
    LABELS,
    SAMPLE_NOTE,
    TYPES,
    address_tombstone,
    dump,
    encode,
    find_root,
    list_distributions,
    list_released,
    name_dataset,
    per_dataset,
    to_uri,
)
from entaku.site.kept import Parts

DIALECT = "DCAT-US"
SCHEMA = "https://project-open-data.cio.gov/v1.1/schema"
FREQUENCIES: Mapping[Frequency, str] = {
    "daily": "R/P1D", "weekly": "R/P1W", "monthly": "R/P1M", "quarterly": "R/P3M", "yearly": "R/P1Y",
    "irregular": "irregular",
}  # fmt: skip


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write `data.json` with every dataset."""
    root = find_root(catalogue)
    written = list[bytes]()
    head: dict[str, Any] = {
        "@context": f"{SCHEMA}/catalog.jsonld", "@id": f"{root}data.json", "@type": "dcat:Catalog",
        "conformsTo": SCHEMA, "describedBy": f"{SCHEMA}/catalog.json",
    }  # fmt: skip
    if catalogue.office.signing:
        keys = [key.public_key for key in catalogue.office.signing.keys]
        head |= {"signature": {"root": f"{root}{ROOT}", "format": "minisign", "keys": keys}}
    for told in per_dataset(
        DIALECT, list_released(catalogue), partial(describe_dataset, catalogue, root), parts, catalogue
    ):
        if isinstance(told, Finding):
            yield told
        else:
            written.append(told)
    withdrawn = [
        {
            "identifier": f"{root}datasets/{to_uri(each.dataset)}/#dataset", "title": each.title.get("ja"),
            "version": each.version, "modified": each.when, "description": join_words(each.reason),
            "landingPage": address_tombstone(root, each),
        }
        for each in catalogue.tombstones
    ]  # fmt: skip
    first = encode(head).removesuffix("}").encode() + b',"dataset":[\n'
    last = b"]" + (b',"withdrawn":' + encode(withdrawn).encode() if withdrawn else b"") + b"}\n"
    yield LongPage("data.json", first, written, last)


def describe_dataset(catalogue: Catalogue, root: str, dataset: Dataset, release: Release) -> bytes:
    """Describe a dataset as JSON."""
    pipeline, office, sample = dataset.spec.pipeline, catalogue.office, facets.is_sample(dataset)
    page, title = f"{root}datasets/{to_uri(pipeline.name)}/", name_dataset(dataset)
    publisher = office.publishers.get(pipeline.publisher)
    name = (publisher.title if publisher else office.title).get("ja")
    contact = (publisher.email if publisher else "") or office.contact or ""
    themes = [office.themes[key].title.get("ja") for key in pipeline.themes if key in office.themes]
    own: dict[str, Any] = {
        "@type": "dcat:Dataset", "identifier": f"{page}#dataset", "title": title.get("ja"),
        "description": (f"{SAMPLE_NOTE} " if sample else "") + join_words(pipeline.description),
        "keyword": [*(pipeline.keywords or themes or (pipeline.name,)), *(["sample"] if sample else [])],
        "issued": dataset.releases[0].created, "modified": facets.find_modified(release),
        "publisher": {"@type": "org:Organization", "name": name}, "accessLevel": "public", "landingPage": page,
        "language": ["ja", "en"] if pipeline.title.en else ["ja"],
        **describe_life(catalogue, root, dataset), "theme": themes,
    }  # fmt: skip
    own["contactPoint"] = {"@type": "vcard:Contact", "fn": name}
    if "@" in contact:
        own["contactPoint"]["hasEmail"] = f"mailto:{contact}"
    if license_ := office.licenses.get(pipeline.license):
        own["license"] = to_uri(license_.url)
    place = pipeline.coverage.place.get("ja") or (office.government.title.get("ja") if office.government else "")
    if place:
        own["spatial"] = place
    span = facets.find_span(dataset, office.timezone)
    if all(span):
        own["temporal"] = "/".join(span)
    if pipeline.landing_page:
        own["references"] = [to_uri(pipeline.landing_page)]
    own["distribution"] = [
        {
            "@type": "dcat:Distribution", "title": facets.mark_sample(table.resource.title, sample).get("ja"),
            "description": join_words(table.resource.description), "downloadURL": page + to_uri(file.path),
            "mediaType": TYPES[kind], "format": LABELS[kind], "byteSize": file.bytes,
            "describedBy": f"{page}{DESCRIPTOR}", "describedByType": "application/json",
        }
        for table, kind, file in list_distributions(release)
    ]  # fmt: skip
    own["distribution"] += [
        {
            "@type": "dcat:Distribution", "title": each.title.get("ja"), "description": join_words(each.description),
            "downloadURL": root + to_uri(each.path), "mediaType": each.format.media, "format": each.format.label,
            "describedBy": f"{page}{DESCRIPTOR}", "describedByType": "application/json",
        }
        for each in places.list_data(office, release)
    ]  # fmt: skip
    return dump(own)


def describe_life(catalogue: Catalogue, root: str, dataset: Dataset) -> dict[str, str]:
    """Describe how often a dataset is updated; DCAT-US has no word for never, so a retired one has a status instead."""
    retired = dataset.retired
    if retired is None:
        return {"accrualPeriodicity": FREQUENCIES[dataset.spec.pipeline.frequency]}
    told = {"status": "discontinued", "discontinued": retired.since, "statusNote": join_words(retired.reason)}
    other = facets.address_replacement(catalogue, dataset, root)
    return told | ({"isReplacedBy": to_uri(other)} if other else {})


def join_words(words: Text) -> str:
    """Join words in both languages, one below the other."""
    return "\n".join(text.strip() for text in (words.ja, words.en) if text)
