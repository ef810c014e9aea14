"""Datasets, resources, tags and licences in CKAN 2.12's shapes, within the limits of a CKAN that harvests them
(`ckan/logic/schema` and `ckan/logic/validators.py`): one invalid value there loses the whole dataset.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from entaku.catalogue import facets, places
from entaku.model.files import DESCRIPTOR, File, find_file
from entaku.model.grammar import Office
from entaku.model.leaving import list_former
from entaku.model.ledgers import Tombstone
from entaku.model.nouns import Catalogue, Dataset, Release
from entaku.model.revisions import tell_why
from entaku.model.words import Text
from entaku.site.feeds.ckan.groups import Shape, make_id, make_name, make_time, show_membership, show_owner
from entaku.site.feeds.common import LABELS, TYPES, find_root, list_distributions

OPEN = re.compile(r"(?:CC0|CC-BY(?:-SA)?|ODC-(?:BY|ODbL)|ODbL|PDDL|PDL|GJSTU|OGL)(?:-[\w.-]+)?", re.IGNORECASE)
"""Licence keys that the Open Definition approves or that are compatible with CC BY."""
FORMATS = {**{kind: (LABELS[kind], TYPES[kind]) for kind in TYPES}, "json": ("JSON", "application/json")}
"""Format and media type, by a file's suffix."""
EMAIL = re.compile(
    r"(?!\.)(?!.*\.$)(?!.*?\.\.)[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
"""CKAN's email_pattern."""
TAG = (2, 100)
"""Minimum and maximum length of a tag in characters."""
_encode = json.JSONEncoder(ensure_ascii=False).encode
Span = tuple[datetime, datetime]
"""Times of a file's first release and of its last change."""


@dataclass(frozen=True)
class Frame:
    """Values that every dataset's shape needs of the catalogue, computed once."""

    catalogue: Catalogue
    root: str
    owners: Mapping[str, Shape]
    """Organizations, by publisher."""
    memberships: Mapping[str, Shape]
    """Groups, by theme."""


def make_frame(catalogue: Catalogue) -> Frame:
    """Compute the frame of a catalogue."""
    return Frame(
        catalogue,
        find_root(catalogue),
        {key: show_owner(catalogue, key) for key in catalogue.office.publishers},
        {key: show_membership(catalogue, key) for key in catalogue.office.themes},
    )


# ---- datasets ---------------------------------------------------------------------------------------------------


def show_dataset(frame: Frame, dataset: Dataset, release: Release) -> Shape:
    """Describe a dataset in the shape of package_show; `release` is its current one."""
    root, office, pipeline = frame.root, frame.catalogue.office, release.pipeline
    key = make_id(root, f"datasets/{find_first(office, release.dataset)}/")
    sample = facets.is_sample(dataset)
    title = facets.mark_sample(pipeline.title, sample)
    publisher, licence = office.publishers.get(pipeline.publisher), office.licenses.get(pipeline.license)
    times = find_times(facets.list_revisions(dataset))
    resources = list_resources(frame, dataset, release, key, times)
    tags = list_tags(root, (*pipeline.keywords, "見本") if sample else pipeline.keywords)
    return {
        "author": publisher.title.get("ja") if publisher else None,
        "author_email": make_email(publisher.email) if publisher else None,
        "creator_user_id": None,
        "id": key,
        "isopen": OPEN.fullmatch(pipeline.license) is not None,
        "license_id": pipeline.license,
        "license_title": licence.title.get("ja") if licence else pipeline.license,
        "license_url": licence.url if licence else None,
        "maintainer": office.title.get("ja"),
        "maintainer_email": make_email(office.contact),
        "metadata_created": make_time(times[0]),
        "metadata_modified": make_time(times[-1]),
        "name": make_name(release.dataset),
        "notes": pipeline.description.get("ja"),
        "num_resources": len(resources),
        "num_tags": len(tags),
        "organization": frame.owners.get(pipeline.publisher),
        "owner_org": frame.owners[pipeline.publisher]["id"] if publisher else None,
        "private": False,
        "state": "active",
        "title": title.get("ja"),
        "type": "dataset",
        "url": f"{root}datasets/{release.dataset}/",
        "version": release.version,
        "extras": list_extras(frame, dataset, release, title.en),
        "groups": [frame.memberships[theme] for theme in pipeline.themes if theme in frame.memberships],
        "resources": resources,
        "tags": tags,
        "relationships_as_subject": [],
        "relationships_as_object": [],
    }


def find_first(office: Office, name: str) -> str:
    """Return what a dataset was called at first: as in CKAN, its id stays when its name changes."""
    return (*list_former(office.renamed, name), name)[0]


def show_deleted(office: Office, root: str, tombstone: Tombstone) -> Shape:
    """Describe a dataset of which every version was withdrawn; no list has it."""
    return {
        "id": make_id(root, f"datasets/{find_first(office, tombstone.dataset)}/"),
        "name": make_name(tombstone.dataset),
        "title": tombstone.title.get("ja"),
        "notes": tombstone.reason.get("ja"),
        "metadata_modified": make_time(datetime.fromisoformat(tombstone.when)),
        "private": False,
        "state": "deleted",
        "type": "dataset",
        "url": f"{root}datasets/{tombstone.dataset}/",
        "withdrawn": tombstone.when,
        "num_resources": 0,
        "num_tags": 0,
        "organization": None,
        "owner_org": None,
        "extras": [{"key": "withdrawn", "value": tombstone.when}, {"key": "withdrawn_by", "value": tombstone.by}],
        "groups": [],
        "resources": [],
        "tags": [],
    }


def list_extras(frame: Frame, dataset: Dataset, release: Release, title_en: str) -> list[Shape]:
    """List properties without a field in CKAN, as text under keys of their own, or under those of ckanext-dcat."""
    root, pipeline, office = frame.root, release.pipeline, frame.catalogue.office
    publisher, retired = office.publishers.get(pipeline.publisher), dataset.retired
    address, why = f"{root}datasets/{release.dataset}/", tell_why(release.why)
    requests = [request.id for request in facets.list_requests(frame.catalogue, release.dataset)]
    pipeline_doi = dataset.spec.pipeline.doi
    span, errata = facets.find_span(dataset, office.timezone), facets.list_errata(release)
    given: dict[str, str] = {
        "uri": address,
        "identifier": address,
        "doi": pipeline_doi.dataset or "",
        "version_doi": pipeline_doi.versions.get(release.version, ""),
        "issued": dataset.releases[0].created,
        "modified": facets.find_modified(release),
        "frequency": "never" if retired else pipeline.frequency,
        "language": json.dumps(["ja", "en"] if pipeline.title.en else ["ja"]),
        "publisher_name": publisher.title.get("ja") if publisher else "",
        "publisher_url": (publisher.url or "") if publisher else "",
        "publisher_email": (make_email(publisher.email) or "") if publisher else "",
        "title_en": title_en,
        "notes_en": pipeline.description.en,
        "keywords": dump_words(pipeline.keywords) if pipeline.keywords else "",
        "landing_page": pipeline.landing_page or "",
        "conforms_to": dump_words(standards) if (standards := facets.list_standards(release)) else "",
        "credit": pipeline.credit.ja,
        "credit_en": pipeline.credit.en,
        "caveats": "\n".join(note.get("ja") for note in pipeline.notes),
        "errata": dump_words([one.tell().ja for one in errata]) if errata else "",
        "errata_en": dump_words([one.tell().en for one in errata]) if errata else "",
        "requests": dump_words(requests) if requests else "",
        "spatial_text": pipeline.coverage.place.get("ja"),
        "temporal_start": span[0],
        "temporal_end": span[1],
        "rows": str(facets.count_rows(release)),
        "releases": str(len(dataset.releases)),
        "version_notes": "\n".join(told for told in (why.ja, why.en) if told),
        "served": dump_words(release.served),
        "sample": "true" if facets.is_sample(dataset) else "",
        "status": "discontinued" if retired else "",
        "discontinued": retired.since if retired else "",
        "discontinued_reason": retired.reason.get("ja") if retired else "",
        "former_names": dump_words(former) if (former := list_former(office.renamed, release.dataset)) else "",
        "is_replaced_by": facets.address_replacement(frame.catalogue, dataset, root),
    }
    return [{"key": key, "value": value} for key, value in sorted(given.items()) if value]


def make_email(text: str | None) -> str | None:
    """Return an address that email_validator takes, or None."""
    return text if text and EMAIL.fullmatch(text) else None


def dump_words(words: Sequence[str]) -> str:
    """Encode a list as JSON text."""
    return _encode(list(words))


def list_tags(root: str, keywords: Sequence[str]) -> list[Shape]:
    """List the keywords that are valid tags, by name."""
    return [show_tag(root, tag) for tag in sorted({make_tag(word) for word in keywords} - {""})]


def make_tag(keyword: str) -> str:
    """Convert a keyword to a tag that tag_name_validator accepts: letters of any script, digits, space, `-`, `_`, `.`;
    "" if fewer than 2 characters remain (駅 is a keyword, but no tag).
    """
    tag = " ".join(re.sub(r"[^\w\-.]+", " ", unicodedata.normalize("NFC", keyword)).split())[: TAG[1]].strip()
    return tag if len(tag) >= TAG[0] else ""


def show_tag(root: str, tag: str) -> Shape:
    """Describe a tag."""
    return {
        "display_name": tag,
        "id": make_id(root, f"tags/{tag}"),
        "name": tag,
        "state": "active",
        "vocabulary_id": None,
    }


# ---- resources --------------------------------------------------------------------------------------------------


def list_resources(
    frame: Frame, dataset: Dataset, release: Release, package: str, times: Sequence[datetime]
) -> list[Shape]:
    """List every table's files, and the Data Package's descriptor, which frictionless-py prefers to the rest."""
    spans = find_spans(facets.list_revisions(dataset), times)
    root, first = frame.root, find_first(frame.catalogue.office, release.dataset)
    shapes = []
    for one in list_distributions(release):
        words = one.table.resource.description
        name = f"{one.table.resource.title.get('ja')} ({one.label})"
        shapes.append(describe_file(name, words, one.file, spans[one.file.path]))
    for each in places.list_data(frame.catalogue.office, release):
        tables = [each.table] if each.table else release.resources
        of = [table.parted.listed if table.parted else table.csv for table in tables]
        newest = max(of, key=lambda file: spans[file.path][1])
        shape = describe_file(each.title.get("ja"), each.description, newest, spans[newest.path])
        form = {"format": each.format.label, "mimetype": each.format.media, "hash": "", "size": None}
        shapes.append(shape | form | {"url": each.name})
    for file in list_descriptors(release):
        words = Text(ja="データパッケージの記述子：全部の表の列と型", en="Data Package descriptor")
        shapes.append(describe_file(file.path, words, file, spans[file.path]))
    for position, shape in enumerate(shapes):
        path = f"datasets/{release.dataset}/{shape['url']}"
        shape |= {
            "id": make_id(root, f"datasets/{first}/{shape['url']}"),
            "package_id": package,
            "position": position,
            "url": root + path,
            "metadata_modified": make_time(times[-1]),
        }
    return shapes


def describe_file(name: str, words: Text, file: File, span: Span) -> Shape:
    """Describe a file as a resource, its `url` still relative and without the fields that depend on its position."""
    form, media = FORMATS[file.path.rpartition(".")[2]]
    first, last = span
    return {
        "cache_last_updated": None,
        "cache_url": None,
        "created": make_time(first),
        "description": words.get("ja"),
        "format": form,
        "hash": f"sha256:{file.sha256}",
        "id": "",
        "last_modified": make_time(last),
        "metadata_modified": "",
        "mimetype": media,
        "mimetype_inner": None,
        "name": name,
        "package_id": "",
        "position": 0,
        "resource_type": None,
        "size": file.bytes,
        "state": "active",
        "url": file.path,
        "url_type": None,
    }


def list_descriptors(release: Release) -> list[File]:
    """List the descriptor of a release, by the name that it has at the dataset's current address."""
    file = find_file(release.files, DESCRIPTOR)
    return [replace(file, path=DESCRIPTOR)] if file else []


def find_times(releases: Sequence[Release]) -> list[datetime]:
    """Return the time of each release, strictly increasing: two releases of one fetch differ by a microsecond, or a
    harvester would take the second for the first.
    """
    times: list[datetime] = []
    for release in releases:
        created = datetime.fromisoformat(facets.find_modified(release))
        times.append(max(created, times[-1] + timedelta(microseconds=1)) if times else created)
    return times


def find_spans(releases: Sequence[Release], times: Sequence[datetime]) -> dict[str, Span]:
    """Find the span of each file, by its path."""
    spans: dict[str, Span] = {}
    hashes: dict[str, str] = {}
    for release, time in zip(releases, times, strict=True):
        for file in (
            *(each.file for each in list_distributions(release)),
            *list_descriptors(release),
        ):
            if hashes.get(file.path) != file.sha256:
                first = spans[file.path][0] if file.path in spans else time
                hashes[file.path], spans[file.path] = file.sha256, (first, time)
    return spans


# ---- the site ------------------------------------------------------------------------------------------------------


def list_licenses(catalogue: Catalogue) -> list[Shape]:
    """Describe the licences; CKAN writes every value as text."""
    return [
        {
            "domain_content": "True",
            "id": key,
            "domain_data": "True",
            "domain_software": "False",
            "family": "",
            "is_generic": "False",
            "od_conformance": "approved" if OPEN.fullmatch(key) else "not reviewed",
            "osd_conformance": "not reviewed",
            "maintainer": "",
            "status": "active",
            "url": licence.url,
            "title": licence.title.get("ja"),
        }
        for key, licence in catalogue.office.licenses.items()
    ]


def show_status(catalogue: Catalogue) -> Shape:
    """Describe the site; the version is that of the CKAN whose shapes are used."""
    office = catalogue.office
    return {
        "site_title": office.title.get("ja"),
        "site_description": office.description.get("ja"),
        "site_url": find_root(catalogue).rstrip("/"),
        "error_emails_to": make_email(office.contact),
        "locale_default": "ja",
        "extensions": ["entaku"],
        "ckan_version": "2.12.0",
    }
