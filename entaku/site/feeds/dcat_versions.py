"""A dataset's releases in DCAT-AP 3.0.1, as versions and as a series.

They are in its own file only: a harvester of the catalogue would import each as one more dataset.
"""

from entaku.catalogue import facets
from entaku.model.nouns import Catalogue, Dataset, Release
from entaku.model.words import Text
from entaku.site.feeds import dcat_words as words
from entaku.site.feeds.common import address_release, list_distributions, to_uri
from entaku.site.feeds.dcat_dataset import describe_subject, find_contact, find_publisher, find_terms, name_file
from entaku.site.feeds.graph import Node, Ref, Saying, say_time, say_words

VERSIONS = 60
"""Releases listed in a dataset's own file."""


def describe_versions(catalogue: Catalogue, root: str, dataset: Dataset) -> tuple[list[Saying], list[Node]]:
    """Describe the dataset's releases as versions and as a series; return statements about the dataset, and nodes."""
    publisher = find_publisher(catalogue, root, dataset)
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
            *describe_subject(catalogue, root, release.pipeline, release),
        ]
        files = [] if release is dataset.current else describe_files(catalogue, root, release)
        says += (("dcat:distribution", Ref(file.uri)) for file in files)
        if release is dataset.current:
            says += (("dcat:distribution", Ref(name_file(page, each))) for each in list_distributions(release))
        if at:
            says += [("dcat:previousVersion", refs[at - 1]), ("dcat:prev", refs[at - 1])]
        nodes.append(Node(refs[at].uri, ("dcat:Dataset",), tuple(says)))
        document = tuple(say_words("dct:title", release.pipeline.title))
        nodes += (Node(address_release(root, release), ("foaf:Document",), document), *files)
    title = facets.mark_sample(pipeline.title, facets.is_sample(dataset))
    told: list[Saying] = [
        *say_words(
            "dct:title", Text(ja=title.ja and f"{title.ja}：すべての版", en=title.en and f"{title.en}: all releases")
        ),
        *say_words("dct:description", pipeline.description),
        ("dct:publisher", publisher),
        *find_contact(catalogue, pipeline),
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


def describe_files(catalogue: Catalogue, root: str, release: Release) -> list[Node]:
    """Describe the CSVs of a former version in a few words."""
    terms, place, nodes = find_terms(catalogue, release.pipeline), address_release(root, release), list[Node]()
    for each in list_distributions(release):
        if each.kind != "parquet":
            table, label = each.table.resource, each.label
            title = table.title
            says: list[Saying] = [
                *say_words(
                    "dct:title", Text(ja=title.ja and f"{title.ja}（{label}）", en=title.en and f"{title.en} ({label})")
                ),
                *say_words("dct:description", words.choose_description(table.description, release)),
                ("dcat:accessURL", Ref(place)),
                ("dcat:downloadURL", Ref(place + to_uri(each.file.path))),
                ("dct:format", Ref(f"{words.EU}file-type/{each.kind.upper()}")),
                *((("dct:license", Ref(terms)),) if terms else ()),
                ("dcatap:availability", Ref(words.STABLE)),
            ]
            nodes.append(Node(name_file(place, each), ("dcat:Distribution",), tuple(says)))
    return nodes
