"""Croissant 1.1 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html): `croissant.json` of each dataset.

Every file with its permanent URL and its hash, and a record set of typed fields for each table, over its CSV and
over its Parquet.  The URLs are those of the release, so that the hashes stay valid.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from entaku.catalogue import facets
from entaku.check import schema
from entaku.model.dois import address_doi
from entaku.model.grammar import Resource
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release
from entaku.model.table_schema import SchemaField
from entaku.model.words import Text
from entaku.site.feeds.common import (
    SAMPLE_NOTE,
    Distribution,
    address_release,
    clean,
    dump,
    find_root,
    list_distributions,
    list_released,
    name_dataset,
    per_dataset,
    to_uri,
)
from entaku.site.kept import Parts

DIALECT = "Croissant"
CONFORMS = "http://mlcommons.org/croissant/1.1"
CONTEXT = {
    "@language": "ja", "@vocab": "https://schema.org/", "annotation": "cr:annotation", "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs", "column": "cr:column", "conformsTo": "dct:conformsTo", "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"}, "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/", "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty", "examples": {"@id": "cr:examples", "@type": "@json"},
    "excludes": "cr:excludes", "extract": "cr:extract", "field": "cr:field", "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject", "fileSet": "cr:fileSet", "format": "cr:format", "includes": "cr:includes",
    "isArray": "cr:isArray", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "key": "cr:key",
    "md5": "cr:md5", "name": {"@container": "@language"}, "parentField": "cr:parentField", "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#", "readLines": "cr:readLines", "recordSet": "cr:recordSet",
    "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace",
    "samplingRate": "cr:samplingRate", "sc": "https://schema.org/", "sdVersion": "cr:sdVersion",
    "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField", "transform": "cr:transform",
    "unArchive": "cr:unArchive", "value": "cr:value",
}  # fmt: skip
"""The context of specification 1.1, with what mlcroissant has besides and PROV-O, except the language."""
TYPES: Mapping[str, str] = {name: kind.croissant for name, kind in schema.FIELD_TYPES.items() if kind.croissant}
"""Croissant types; fields of other types are text."""
PLAIN_BOOLEANS = {"true", "True", "TRUE", "false", "False", "FALSE"}
"""Spellings that readers of Croissant (through pandas) parse as booleans by default."""
ENCODINGS = {"csv": "text/csv", "parquet": "application/x-parquet", "json": "application/json"}


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write `croissant.json` of every dataset."""
    write = partial(write_dataset, catalogue, find_root(catalogue))
    return per_dataset(DIALECT, list_released(catalogue), write, parts, catalogue)


def write_dataset(catalogue: Catalogue, root: str, dataset: Dataset, release: Release) -> Page:
    """Write `croissant.json` of a dataset."""
    body = dump(describe_dataset(catalogue, root, dataset, release))
    return Page(f"datasets/{release.dataset}/croissant.json", body)


def describe_dataset(catalogue: Catalogue, root: str, dataset: Dataset, release: Release) -> dict[str, Any]:
    """Describe a dataset with its files and record sets."""
    pipeline, office, sample = dataset.spec.pipeline, catalogue.office, facets.is_sample(dataset)
    page = f"{root}datasets/{to_uri(pipeline.name)}/"
    title = name_dataset(dataset)
    own: dict[str, Any] = {
        "@context": CONTEXT, "@type": "sc:Dataset", "conformsTo": CONFORMS, "@id": page,
        "name": clean(title.get("en")), "alternateName": clean(title.get("ja")),
        "description": describe_words(pipeline.description, release, sample),
        "url": page, "version": give_version(release.version), "identifier": pipeline.name,
        "datePublished": dataset.releases[0].created, "dateModified": facets.find_modified(release),
        "isLiveDataset": False, "inLanguage": ["ja", "en"] if pipeline.title.en else ["ja"],
        "keywords": [clean(word) for word in pipeline.keywords] + ["sample", "見本"] * sample,
    }  # fmt: skip
    if doi := pipeline.doi.versions.get(release.version) or pipeline.doi.dataset:
        own["sameAs"] = address_doi(doi)
    if release.revision > 1:
        own["sdVersion"] = str(release.revision)
    if pipeline.landing_page and to_uri(pipeline.landing_page) != page:
        own["prov:wasDerivedFrom"] = {"@id": to_uri(pipeline.landing_page)}
    if dataset.retired:
        own["creativeWorkStatus"] = f"Discontinued since {dataset.retired.since}"
    if license_ := office.licenses.get(pipeline.license):
        own["license"] = to_uri(license_.url)
    publisher = office.publishers.get(pipeline.publisher)
    name = publisher.title if publisher else office.title
    own["creator"] = {"@type": "sc:Organization", "name": clean(name.get("ja"))}
    if publisher and publisher.url:
        own["creator"]["url"] = to_uri(publisher.url)
    own["publisher"] = own["creator"]
    cited = (
        pipeline.credit.get("ja")
        or f"{name.get('ja')}「{title.get('ja')}」{release.version}、{address_release(root, release)}"
    )
    own["citeAs"] = clean(cited)
    files = list_files(release)
    own["distribution"] = [describe_file(root, release, each) for each in files]
    whole = {each.table.name for each in files if each.kind == "csv"}
    meant = find_references([table.resource for table in release.resources if table.name in whole])
    own["recordSet"] = [describe_records(each, meant[each[0].name]) for each in files if each.kind != "json"]
    return own


def describe_words(description: Text, release: Release, sample: bool) -> str:
    """Return the description, with the sample note and the number of rows."""
    note = f"{SAMPLE_NOTE} " if sample else ""
    size = f"{facets.count_rows(release):,}"
    return clean(f"{note}{description.get('ja').strip()}\n\n{description.en.strip()}\n\n{size} 行 / rows".strip())


def give_version(version: str) -> str:
    """Convert `2026.11.23.2` to a semantic version of three numbers without leading zeros: `2026.11.23+2`."""
    year, month, day, *more = (str(int(part)) for part in version.split("."))
    return f"{year}.{month}.{day}" + (f"+{more[0]}" if more else "")


def list_files(release: Release) -> list[Distribution]:
    """List the files of a release, and the tables in parts as one file, which has an address while it is current."""
    found = list(list_distributions(release))
    for table in release.resources:
        if table.parted and table.parted.whole:
            found += [Distribution(table, "csv", table.csv), Distribution(table, "parquet", table.parted.whole)]
    return found


def describe_file(root: str, release: Release, distribution: Distribution) -> dict[str, Any]:
    """Describe a file of the release."""
    table, kind, file = distribution
    current = table.parted is not None and kind != "json"
    folder = f"{root}datasets/{to_uri(release.dataset)}/" if current else address_release(root, release)
    return {
        "@type": "cr:FileObject", "@id": to_uri(file.path), "name": file.path,
        "description": clean(table.resource.title.get("ja")),
        "contentUrl": folder + to_uri(file.path),
        "contentSize": f"{file.bytes} B", "encodingFormat": ENCODINGS[kind], "sha256": file.sha256,
    }  # fmt: skip


References = Mapping[str, tuple[str, str]]
"""The table and the column that each column refers to."""


def describe_records(distribution: Distribution, meant: References) -> dict[str, Any]:
    """Describe the records of a table, read from one of its files; `meant`: what its columns refer to."""
    table, kind, file = distribution
    suffix = "" if kind == "csv" else "-parquet"
    name, resource = f"{table.name}{suffix}", table.resource
    own: dict[str, Any] = {"@type": "cr:RecordSet", "@id": name, "name": name}
    if words := resource.description.get("ja") or resource.title.get("ja"):
        own["description"] = clean(words)
    if resource.schema.primaryKey:
        own["key"] = [{"@id": f"{name}/{key}"} for key in resource.schema.primaryKey]
    own["field"] = [
        {
            "@type": "cr:Field", "@id": f"{name}/{field.name}", "name": field.name,
            **({"description": words} if (words := describe_field(field)) else {}),
            **choose_type(field, kind, resource.schema.missingValues),
            "source": {"fileObject": {"@id": to_uri(file.path)}, "extract": {"column": field.name}},
            **({"references": {"field": {"@id": f"{meant[field.name][0]}{suffix}/{meant[field.name][1]}"}}} if field.name in meant else {}),
        }
        for field in resource.schema.fields
    ]  # fmt: skip
    return own


def find_references(tables: Sequence[Resource]) -> dict[str, References]:
    """Find what the columns of each table refer to.  Keys of several columns aren't told, nor those that would lead
    back to the table that they are in: readers join tables one after the other, and refuse a ring of them.
    """
    found: dict[str, dict[str, tuple[str, str]]] = {table.name: {} for table in tables}

    def list_reached(name: str) -> set[str]:
        beyond = {other for other, _ in found[name].values()}
        return {name}.union(*(list_reached(other) for other in beyond))

    for table in tables:
        for key in table.schema.foreignKeys:
            other = key.reference.resource
            if len(key.fields) == 1 and other in found and table.name not in list_reached(other):
                found[table.name][key.fields[0]] = (other, key.reference.fields[0])
    return {name: dict(columns) for name, columns in found.items()}


def describe_field(field: SchemaField) -> str:
    """Describe a column as text."""
    return clean(" — ".join(text for text in (field.title.get("ja"), field.description.get("ja"), field.unit) if text))


def choose_type(field: SchemaField, kind: str, missing: Collection[str] = ("",)) -> dict[str, Any]:
    """Return a field's type; text for CSV values in a custom format, which Croissant can't describe.

    `missing`: the schema's marks for no value.
    """
    if field.type == "array" and kind == "parquet":
        return {
            "dataType": TYPES.get(field.arrayItem.get("type", "string"), "sc:Text"),
            "isArray": True, "arrayShape": "-1",
        }  # fmt: skip
    if field.type not in TYPES or kind == "parquet":
        return {"dataType": TYPES.get(field.type, "sc:Text")}
    usual = (
        field.format in ("default", "%Y-%m-%d", "%H:%M:%S")
        and {*field.trueValues, *field.falseValues} <= PLAIN_BOOLEANS
        and field.bareNumber
        and not field.decimalChar
        and not field.groupChar
        and set(missing if field.missingValues is None else field.missingValues or ("",)) == {""}
    )
    return {"dataType": TYPES[field.type] if usual else "sc:Text"}
