"""schema.org for search engines: a Dataset in every dataset's page, a DataCatalog in the home page.

Google's requirements: https://developers.google.com/search/docs/appearance/structured-data/dataset .  The JSON-LD is in
a `<script type="application/ld+json">`.  That is a data block, which no browser runs: HTML's "prepare the script
element" ends at its type, before the Content-Security-Policy is consulted, so the policy needs no exception for it.  A
separate file would be simpler, but Google reads only what is in the page.
"""

import json
from typing import Any

from markupsafe import Markup

from entaku.catalogue import facets, places
from entaku.model.dois import address_doi
from entaku.model.grammar import Office, Pipeline
from entaku.model.nouns import Catalogue, Dataset, Lang, Release

SHORTEST, LONGEST = 50, 5000
"""Least and greatest length of a description, in characters, that Google accepts."""
VARIABLES = 200
DOIS = "https://registry.identifiers.org/registry/doi"
"""What Google names the scheme of DOIs by."""
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
TYPES = {"CSV": "text/csv", "Parquet": "application/vnd.apache.parquet", "JSON": "application/json"}


def write_jsonld(value: dict[str, Any]) -> Markup:
    """Encode a value as JSON in which no text can end the surrounding `<script>`."""
    text = json.dumps({"@context": "https://schema.org/", **value}, ensure_ascii=False, separators=(",", ":"))
    for mark, escaped in ESCAPES.items():
        text = text.replace(mark, escaped)
    return Markup(text)  # noqa: S704 - <, > and & are escaped


def describe_catalogue(catalogue: Catalogue, lang: Lang) -> dict[str, Any]:
    """Return the DataCatalog, with the newest of its datasets."""
    office, root = catalogue.office, catalogue.office.base_url.rstrip("/") + "/"
    title = facets.mark_sample(office.title, facets.has_samples(catalogue))
    newest = [dataset.spec.pipeline for dataset in facets.list_newest(catalogue)[:100]]
    return {
        "@type": "DataCatalog", "@id": f"{root}#catalog", "name": title.get(lang), "url": root,
        "description": office.description.get(lang), "inLanguage": ["ja", "en"],
        "potentialAction": {
            "@type": "SearchAction", "query-input": "required name=search_term_string",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{root}{'' if lang == 'ja' else 'en/'}datasets/?q={{search_term_string}}"},
        },
        "publisher": {"@type": "Organization", "name": (office.government or office).title.get(lang)},
        "dataset": [
            {"@type": "Dataset", "@id": f"{root}datasets/{each.name}/#dataset", "url": f"{root}datasets/{each.name}/",
             "name": each.title.get(lang), "description": lengthen(each.description.get(lang), each.title.get(lang))}
            for each in newest[:20]
        ],
    }  # fmt: skip


def describe_dataset(office: Office, dataset: Dataset, lang: Lang) -> dict[str, Any] | None:
    """Return the Dataset, or None without a release."""
    release, pipeline = dataset.current, dataset.spec.pipeline
    if release is None:
        return None
    root = office.base_url.rstrip("/") + "/"
    page, sample = f"{root}datasets/{pipeline.name}/", facets.is_sample(dataset)
    title = facets.mark_sample(pipeline.title, sample)
    other: Lang = "ja" if lang == "en" else "en"
    publisher, terms = office.publishers.get(pipeline.publisher), office.licenses.get(pipeline.license)
    maker = {"@type": "Organization", "name": (publisher or office).title.get(lang)}
    if publisher and publisher.url:
        maker["url"] = publisher.url
    own: dict[str, Any] = {
        "@type": "Dataset", "@id": f"{page}#dataset", "name": title.get(lang),
        "description": lengthen(pipeline.description.get(lang), tell_facts(release, lang)),
        "url": page if lang == "ja" else f"{root}en/datasets/{pipeline.name}/",
        "identifier": list_identifiers(f"{page}#dataset", pipeline, release.version), "version": release.version, "isAccessibleForFree": True,
        "datePublished": dataset.releases[0].created, "dateModified": facets.find_modified(release),
        "inLanguage": ["ja", "en"], "keywords": list(pipeline.keywords), "creator": maker, "publisher": maker,
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": f"{root}#catalog", "url": root, "name": office.title.get(lang)},
    }  # fmt: skip
    if title.get(other) != title.get(lang):
        own["alternateName"] = title.get(other)
    if terms:
        own["license"] = terms.url
    if pipeline.credit.get(lang):
        own["creditText"] = pipeline.credit.get(lang)
    if pipeline.landing_page:
        own["isBasedOn"] = pipeline.landing_page
    if sample:
        own["creativeWorkStatus"] = "見本 / Sample"
    elif dataset.retired:
        own["creativeWorkStatus"] = "更新終了 / Discontinued"
    if errata := facets.list_errata(release):
        own["correction"] = [
            {"@type": "CorrectionComment", "text": one.tell().get(lang), "url": f"{own['url']}#erratum-{one.table}-{one.erratum.name}"}
            for one in errata
        ]  # fmt: skip
    own |= describe_coverage(office, dataset, lang)
    own["variableMeasured"] = list_variables(release, lang)
    own["distribution"] = [
        {"@type": "DataDownload", "name": f"{table.resource.title.get(lang)} ({label})", "encodingFormat": TYPES[label],
         "contentUrl": page + file.path, "contentSize": f"{file.bytes} B", "sha256": file.sha256}
        for table in release.resources
        for label, file in ((("CSV", table.csv), ("Parquet", table.parquet)) if not table.parted else (("JSON", table.parted.listed),))
    ]  # fmt: skip
    own["distribution"] += [
        {"@type": "DataDownload", "name": each.title.get(lang), "encodingFormat": each.format.media, "contentUrl": root + each.path}
        for each in places.list_data(office, release)
    ]  # fmt: skip
    return own


def list_identifiers(uri: str, pipeline: Pipeline, version: str) -> Any:
    """Return a dataset's URI, or a list of it and its DOIs: that of the version before that of all versions."""
    dois = [doi for doi in (pipeline.doi.versions.get(version), pipeline.doi.dataset) if doi]
    shown = [
        {"@type": "PropertyValue", "propertyID": DOIS, "value": f"doi:{doi}", "url": address_doi(doi)} for doi in dois
    ]
    return [*shown, uri] if shown else uri


def describe_coverage(office: Office, dataset: Dataset, lang: Lang) -> dict[str, Any]:
    """Return its `spatialCoverage` and `temporalCoverage`, where they are known."""
    coverage, government = dataset.spec.pipeline.coverage, office.government
    place = coverage.place.get(lang) or (government.title.get(lang) if government else "")
    own: dict[str, Any] = {"spatialCoverage": {"@type": "Place", "name": place}} if place else {}
    first, last = facets.find_span(dataset, office.timezone)
    if first or last:
        own["temporalCoverage"] = f"{first or '..'}/{last or '..'}"
    return own


def list_variables(release: Release, lang: Lang) -> list[dict[str, str] | str]:
    """List the columns, each name once: as PropertyValues, or those of which nothing else is told as text."""
    fields = {
        field.name: field for table in reversed(release.resources) for field in reversed(table.resource.schema.fields)
    }
    variables: list[dict[str, str] | str] = []
    for name, field in reversed(list(fields.items())[-VARIABLES:]):
        variable = {"@type": "PropertyValue", "name": name}
        if words := field.title.get(lang) or field.description.get(lang):
            variable["description"] = words
        if field.unit:
            variable["unitText"] = field.unit
        variables.append(variable if len(variable) > 2 else name)
    return variables


def tell_facts(release: Release, lang: Lang) -> str:
    """Return a text of a release's tables, rows and columns, to lengthen a short description."""
    tables = [
        f"{table.resource.title.get(lang)} ({table.rows:,} {'行' if lang == 'ja' else 'rows'}: "
        + ", ".join(field.title.get(lang) or field.name for field in table.resource.schema.fields) + ")"
        for table in release.resources
    ]  # fmt: skip
    return ("表：" if lang == "ja" else "Tables: ") + " / ".join(tables)


def lengthen(description: str, facts: str) -> str:
    """Return a description of a length that Google accepts: with `facts` if it is too short, cut if too long."""
    text = description.strip()
    if len(text) < SHORTEST:
        text = f"{text} {facts}".strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
