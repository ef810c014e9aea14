"""DCAT against the official shapes of DCAT-AP 3.0.1 and DCAT-US 3, which are in tests/shapes."""

import dataclasses
import json
import os
import re
from functools import cache
from pathlib import Path

import pytest
from worlds import BASE_URL, generate_catalogue, make_catalogue

from entaku.catalogue import places
from entaku.model.grammar import Coverage, Government
from entaku.model.nouns import Page
from entaku.model.words import Text
from entaku.site.feeds import dcat, dcat_us3, dcat_words, graph

pyshacl = pytest.importorskip("pyshacl", reason="pyshacl is not installed: DCAT is not validated")
rdflib = pytest.importorskip("rdflib", reason="rdflib is not installed: DCAT is not validated")
isomorphic = pytest.importorskip("rdflib.compare").isomorphic
RDF, XSD, Graph, Literal, URIRef = rdflib.RDF, rdflib.XSD, rdflib.Graph, rdflib.Literal, rdflib.URIRef

SHAPES = ("dcat-ap-SHACL", "dcat-ap-shapes", "dcat-ap-range", "dcat-us")
FOLDER = Path(__file__).parents[1] / "shapes"
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
DCT = rdflib.Namespace("http://purl.org/dc/terms/")
FORMATS = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}
MANY = 500 if os.environ.get("ENTAKU_ALL") else 20
"""Datasets of the generated catalogue: 500 take a minute and a half."""


@cache
def read_shapes(name):
    shapes = Graph().parse(FOLDER / f"{name}.ttl")
    for triple in list(shapes.triples((None, SH.property, None))):
        if (triple[2], SH.path, None) not in shapes:
            shapes.remove(triple)  # named, but not defined in the official file: pyshacl stops at it
    return shapes


def find_violations(data, names=SHAPES):
    """Every violation, in words."""
    told = []
    for name in names:
        conforms, _, text = pyshacl.validate(data, shacl_graph=read_shapes(name), allow_warnings=True)
        if not conforms:
            told.append(f"{name}: {text}")
    return told


@cache
def render(sample=True):
    return {page.path: page.body for page in dcat.render(make_catalogue(sample=sample))}


def read(path):
    return Graph().parse(data=render()[path], format=FORMATS[path.rpartition(".")[2]])


@pytest.mark.parametrize("path", ["catalog", "datasets/elevators/dcat", "datasets/tourism/dcat"])
def test_it_conforms_and_all_syntaxes_say_the_same(path):
    data = read(f"{path}.ttl")
    assert find_violations(data) == []
    assert len(data) > 100
    others = {suffix for suffix in ("jsonld", "rdf") if f"{path}.{suffix}" in render()}
    assert others == ({"jsonld", "rdf"} if path == "catalog" else {"jsonld"})
    for suffix in others:
        assert isomorphic(data, read(f"{path}.{suffix}")), suffix


UNKNOWN = {("Catalog", "license"), ("Location", "bbox"), ("Location", "centroid")}
"""What DCAT-AP recommends and nobody has told: terms of the catalogue's own words, coordinates of named places."""


def find_recommended(data):
    """The recommended properties that nodes lack, by the nodes' class."""
    shapes = Graph().parse(FOLDER / "dcat-ap-recommended.ttl")
    report = pyshacl.validate(data, shacl_graph=shapes)[1]
    found = {
        (kind, str(report.value(one, SH.resultPath)))
        for one in report.subjects(RDF.type, SH.ValidationResult)
        for kind in data.objects(report.value(one, SH.focusNode), RDF.type)
    }
    return {(re.split("[#/]", str(kind))[-1], re.split("[#/]", path)[-1]) for kind, path in found}


def render_office(**changed):
    catalogue = make_catalogue()
    catalogue = dataclasses.replace(catalogue, office=dataclasses.replace(catalogue.office, **changed))
    return {page.path: Graph().parse(data=page.body) for page in dcat.render(catalogue) if page.path.endswith(".ttl")}


def test_what_dcat_ap_recommends_is_there_as_far_as_it_is_known():
    government = Government(code="130001", title=Text(ja="東京都", en="Tokyo"))
    graphs = render_office(contact="data@office.example.org", government=government)
    assert len(graphs) == 4
    for path, data in graphs.items():
        temporal = (
            {("Dataset", "temporal")} if (None, DCT.temporal, None) not in data or path == "catalog.ttl" else set()
        )
        assert find_recommended(data) <= UNKNOWN | temporal, path
        assert find_violations(data) == [], path
    versions = graphs["datasets/elevators/dcat.ttl"]
    for dataset in versions.subjects(RDF.type, DCAT.Dataset):
        assert versions.value(dataset, DCAT.contactPoint) and versions.value(dataset, DCAT.theme), dataset
        for file in list(versions.objects(dataset, DCAT.distribution)):
            assert versions.value(file, DCAT.downloadURL) and versions.value(file, DCT.license), file
    without = set().union(*(find_recommended(data) for data in render_office(contact="").values()))
    assert {one for one in without if one[1] == "contactPoint"} == {
        ("Dataset", "contactPoint"),
        ("DatasetSeries", "contactPoint"),
    }


def test_a_former_version_leads_to_its_own_files():
    data = read("datasets/elevators/dcat.ttl")
    for release in data.objects(URIRef(f"{BASE_URL}/datasets/elevators/#dataset"), DCAT.hasVersion):
        place = str(release).removesuffix("#release")
        files = list(data.objects(release, DCAT.distribution))
        assert files and all(str(data.value(file, DCAT.downloadURL)).startswith(place) for file in files)


def test_licences_say_what_they_ask_for():
    known = {
        "https://creativecommons.org/licenses/by/4.0/": ["Attribution"],
        "https://creativecommons.org/licenses/by-nc-sa/4.0/": [
            "Attribution", "ViralEffect-ShareAlike", "NonCommercialUseOnly",
        ],
        "https://creativecommons.org/licenses/by-nd/4.0/deed.ja": ["Attribution", "NoDerivativeWork"],
        "https://creativecommons.org/publicdomain/zero/1.0/": ["PublicDomain"],
        "https://www.digital.go.jp/resources/open_data/public_data_license_v1.0": ["Attribution"],
        "https://office.example.org/terms": [],
    }  # fmt: skip
    assert {address: dcat_words.find_license_types(address) for address in known} == known


def test_further_formats_conform_too():
    catalogue = make_catalogue()
    brand = dataclasses.replace(catalogue.office.site, downloads=tuple(places.FORMATS))
    office = dataclasses.replace(catalogue.office, site=brand)
    bodies = {page.path: page.body for page in dcat.render(dataclasses.replace(catalogue, office=office))}
    data = Graph().parse(data=bodies["catalog.ttl"], format="turtle")
    assert find_violations(data) == []
    assert isomorphic(data, Graph().parse(data=bodies["catalog.jsonld"], format="json-ld"))
    assert isomorphic(data, Graph().parse(data=bodies["catalog.rdf"], format="xml"))
    asked = len(set(data.subjects(RDF.type, DCAT.Distribution))) - 2 * (1 + 1 + 3)
    forms = [form for form in places.FORMATS.values() if not form.code]
    whole = sum(form.whole for form in forms)
    assert asked == (len(forms) - whole - 1) * (1 + 1 + 3) + whole * 3, "no table has coordinates"
    (page,) = dcat_us3.render(dataclasses.replace(catalogue, office=office))
    us = Graph().parse(data=page.body, format="json-ld")
    assert find_violations(us) == []
    for predicate in (DCAT.downloadURL, DCAT.mediaType):
        assert set(us.subject_objects(predicate)) >= set(data.subject_objects(predicate)), predicate


def test_counts_are_ours():
    data = read("catalog.ttl")
    datasets = set(data.subjects(RDF.type, DCAT.Dataset))
    assert datasets == {URIRef(f"{BASE_URL}/datasets/{name}/#dataset") for name in ("elevators", "markets", "tourism")}
    assert set(data.objects(URIRef(f"{BASE_URL}/#catalog"), DCAT.dataset)) == datasets
    assert len(set(data.subjects(RDF.type, DCAT.Distribution))) == 2 * (1 + 1 + 3)
    assert len(set(data.objects(None, DCAT.downloadURL))) == 2 * (1 + 1 + 3)


def test_versions_stand_in_the_dataset_s_own_file():
    data = read("datasets/elevators/dcat.ttl")
    dataset = URIRef(f"{BASE_URL}/datasets/elevators/#dataset")
    assert len(set(data.objects(dataset, DCAT.hasVersion))) == 3
    assert list(data.objects(dataset, DCAT.hasCurrentVersion)) == [
        URIRef(f"{BASE_URL}/datasets/elevators/2022.06.27/#release")
    ]


def test_releases_are_a_series_in_order():
    data = read("datasets/elevators/dcat.ttl")
    (series,) = data.subjects(RDF.type, DCAT.DatasetSeries)
    first, middle, last = (
        URIRef(f"{BASE_URL}/datasets/elevators/{day}/#release") for day in ("2022.03.24", "2022.04.30", "2022.06.27")
    )
    assert (data.value(series, DCAT.first), data.value(series, DCAT.last)) == (first, last)
    assert set(data.subjects(DCAT.inSeries, series)) == {first, middle, last}
    assert (data.value(last, DCAT.prev), data.value(middle, DCAT.prev)) == (middle, first)
    assert len(set(read("catalog.ttl").subjects(RDF.type, DCAT.DatasetSeries))) == 0, (
        "harvesters would take it for more"
    )


def test_a_file_with_a_checksum_is_at_an_address_that_never_changes():
    data = read("catalog.ttl")
    assert {
        str(url) for url in data.objects(URIRef(f"{BASE_URL}/datasets/elevators/#schedule-csv"), DCAT.downloadURL)
    } == {f"{BASE_URL}/datasets/elevators/2022.06.27/schedule.csv"}


def test_each_thing_is_one_node_of_the_json():
    for path, body in render().items():
        if path.endswith(".jsonld"):
            names = [node["@id"] for node in json.loads(body)["@graph"]]
            assert len(names) == len(set(names)), path


def test_a_generated_catalogue_conforms():
    bodies = {page.path: page.body for page in dcat.render(generate_catalogue(MANY))}
    data = Graph().parse(data=bodies["catalog.ttl"], format="turtle")
    assert len(set(data.subjects(RDF.type, DCAT.Distribution))) == 4 * MANY
    assert find_violations(data) == []


@pytest.mark.parametrize(
    ("subject", "predicate", "value"),
    [
        (f"{BASE_URL}/datasets/elevators/#dataset", DCT.title, None),
        (f"{BASE_URL}/datasets/elevators/#dataset", DCT.description, None),
        (f"{BASE_URL}/datasets/elevators/#schedule-csv", DCAT.accessURL, None),
        (f"{BASE_URL}/datasets/elevators/#schedule-csv", DCAT.accessURL, Literal("here")),
        (f"{BASE_URL}/datasets/elevators/#schedule-csv", DCAT.byteSize, Literal("12 KB")),
        (f"{BASE_URL}/#catalog", DCT.publisher, None),
        (f"{BASE_URL}/publishers/kotsu/#agent", RDF.type, None),
        (f"{BASE_URL}/datasets/elevators/#schedule-csv", DCAT.byteSize, Literal("-5", datatype=XSD.nonNegativeInteger)),
    ],
)
def test_the_shapes_do_find_mistakes(subject, predicate, value):
    data = read("catalog.ttl")
    data.remove((URIRef(subject), predicate, None))
    if value is not None:
        data.add((URIRef(subject), predicate, value))
    assert find_violations(data, SHAPES[:3])


def test_place_time_and_themes_are_told_in_words_and_codes():
    catalogue = make_catalogue()
    government = Government(code="131016", title=Text(ja="例示区", en="Reiji"))
    themes = {key: dataclasses.replace(theme, eu="TRAN") for key, theme in catalogue.office.themes.items()}
    office = dataclasses.replace(catalogue.office, government=government, themes=themes, contact=None)
    coverage = Coverage(place=Text(ja="例示市"), from_="2024-01-01", until="2024-12-31")
    datasets = []
    for dataset in catalogue.datasets:
        if dataset.spec.pipeline.name == "markets":
            pipeline = dataclasses.replace(dataset.spec.pipeline, coverage=coverage)
            dataset = dataclasses.replace(dataset, spec=dataclasses.replace(dataset.spec, pipeline=pipeline))
        datasets.append(dataset)
    catalogue = dataclasses.replace(catalogue, office=office, datasets=tuple(datasets))
    bodies = {page.path: page.body.decode() for page in dcat.render(catalogue)}
    assert "dct:spatial <http://data.e-stat.go.jp/lod/sac/C13101>" in bodies["datasets/elevators/dcat.ttl"]
    assert r", eu:data-theme\/TRAN ;" in bodies["datasets/elevators/dcat.ttl"]
    markets = bodies["datasets/markets/dcat.ttl"]
    assert '"例示市"@ja' in markets and 'dcat:startDate "2024-01-01"^^xsd:date' in markets
    assert "dcat:service" not in bodies["catalog.ttl"], "DCAT-US wants an e-mail for a service"
    assert find_violations(Graph().parse(data=bodies["catalog.ttl"], format="turtle")) == []


def test_short_ways_of_json_are_taken_only_where_they_say_the_same():
    eu, iana = graph.PREFIXES["eu"], graph.PREFIXES["iana"]
    uris = (
        f"{eu}frequency/IRREG",
        eu,
        f"{eu}a/",
        f"{eu}1/a b?c#d".replace(" ", "%20"),
        f"{iana}text/csv",
        f"{iana}a/b+c",
    )
    says = (
        *(("dct:title", graph.Literal(*told)) for told in (("a", "ja"), ("b", "ja"), ("c", "en"))),
        *(("dcat:keyword", graph.Literal(*told)) for told in (("a", "ja"), ("b",))),
        ("dct:description", graph.Literal("a", "en")),
        ("skos:prefLabel", graph.Literal("a")),
        *(("dct:issued", graph.Literal("2026", type=each)) for each in ("xsd:dateTime", "xsd:gYear", "")),
        ("dct:modified", graph.Literal("2026", type="xsd:gYear")),
        ("dcat:byteSize", graph.Literal("1")),
        *(("dct:format", graph.Ref(uri)) for uri in uris),
    )
    node, base = graph.Node("https://x.example/#a", ("dcat:Dataset",), says), graph.PREFIXES
    said = set()
    for name, term in says:
        prefix, _, local = name.partition(":")
        if isinstance(term, graph.Literal):
            kind = term.type and URIRef(base["xsd"] + term.type.partition(":")[2])
            told = Literal(term.text, lang=term.lang or None, datatype=kind or None, normalize=False)
        else:
            told = URIRef(term.uri)
        said.add((URIRef(base[prefix] + local), told))
    for syntax in graph.SYNTAXES:
        data = Graph().parse(
            data=graph.assemble(syntax, [graph.write_nodes(syntax, [node])]), format=FORMATS[syntax.suffix]
        )
        assert {pair for pair in data.predicate_objects() if pair[0] != RDF.type} == said, syntax.suffix


def test_every_character_survives_every_syntax():
    text = "\"\\'<>&\n\t円𠮷{{ }}]]>\u3000\u2028"
    node = graph.Node("https://x.example/#a", ("dcat:Dataset",), (("dct:title", graph.Literal(text, "ja")),))
    for syntax in graph.SYNTAXES:
        body = graph.assemble(syntax, [graph.write_nodes(syntax, [node])])
        data = Graph().parse(data=body, format=FORMATS[syntax.suffix])
        assert list(data.objects(None, DCT.title)) == [Literal(text, lang="ja")], syntax.suffix


@pytest.mark.parametrize(
    "page",
    [
        "", "#catalog", "#office", "#ckan-api", "about/", "datasets/elevators/", "datasets/elevators/#dataset",
        "datasets/elevators/#schedule-csv", "datasets/elevators/#releases", "datasets/elevators/2022-03-24/",
        "datasets/elevators/2022-03-24/#release", "datasets/tourism/", "datasets/tourism/#dataset", "themes/#scheme",
        "https://kotsu.example.jp/", "https://creativecommons.org/licenses/by/4.0/deed.ja",
    ],
)  # fmt: skip
@pytest.mark.parametrize("whose", ["landing_page", "publisher", "license"])
def test_an_address_may_be_that_of_any_other_thing(page, whose):
    """Two things of one address are one node, whatever the page that is named is also."""
    catalogue = make_catalogue()
    root = f"{BASE_URL}/"
    url = page if page.startswith("https") else root + page
    office = catalogue.office
    if whose == "publisher":
        mine = {"kotsu": dataclasses.replace(office.publishers["kotsu"], url=url)}
        office = dataclasses.replace(office, publishers={**office.publishers, **mine})
    if whose == "license":
        terms = dataclasses.replace(office.licenses["CC-BY-4.0"], url=url)
        office = dataclasses.replace(office, licenses={"CC-BY-4.0": terms})
    datasets = []
    for dataset in catalogue.datasets:
        pipeline = dataset.spec.pipeline
        if whose == "landing_page" and pipeline.name == "elevators":
            pipeline = dataclasses.replace(pipeline, landing_page=url)
        datasets.append(dataclasses.replace(dataset, spec=dataclasses.replace(dataset.spec, pipeline=pipeline)))
    pages = list(dcat.render(dataclasses.replace(catalogue, office=office, datasets=tuple(datasets))))
    bodies = {
        each.path: json.loads(each.body) for each in pages if isinstance(each, Page) and each.path.endswith("jsonld")
    }
    assert len(bodies) == 4
    for path, body in bodies.items():
        uris = [node["@id"] for node in body["@graph"]]
        assert len(uris) == len(set(uris)), path
    own = {node["@id"]: node for node in bodies["datasets/elevators/dcat.jsonld"]["@graph"]}
    if whose == "landing_page":
        named = own[f"{root}datasets/elevators/#dataset"]["foaf:page"]["@id"]
        assert named == (url.partition("#")[0] if url.startswith(root) else url)
    if whose == "license":
        assert {"dct:LicenseDocument", "dct:RightsStatement"} <= set(own[url]["@type"])
    assert "dct:title" in own.get(root + "datasets/elevators/", {})


# ---- DCAT-US 3 --------------------------------------------------------------------------------------------------


def test_the_json_of_dcat_us_is_a_graph_that_conforms_with_what_the_other_files_say():
    (page,) = dcat_us3.render(make_catalogue(sample=True))
    data, other = Graph().parse(data=page.body, format="json-ld"), read("catalog.ttl")
    assert find_violations(data) == []
    dataset = URIRef(f"{BASE_URL}/datasets/elevators/#dataset")
    for predicate in (DCT.issued, DCT.modified, DCT.publisher, DCT.accrualPeriodicity, DCAT.distribution, DCAT.version):
        assert set(data.objects(dataset, predicate)) == set(other.objects(dataset, predicate)) != set(), predicate
    file = URIRef(f"{BASE_URL}/datasets/elevators/#schedule-csv")
    for predicate in (DCAT.downloadURL, DCAT.mediaType, DCT["format"], DCT.license, DCAT.byteSize, DCAT.accessURL):
        assert set(data.objects(file, predicate)) == set(other.objects(file, predicate)) != set(), predicate
    assert len(set(data.subjects(RDF.type, DCAT.Dataset))) == len(set(other.subjects(RDF.type, DCAT.Dataset))) == 3
    assert (dataset, DCAT.contactPoint, None) in data and (dataset, DCT.temporal, None) in data
