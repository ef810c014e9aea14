"""References and feedback addresses: every form, hostile words, the address that the publisher set."""

import dataclasses
import json
import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from worlds import HOSTILE, make_catalogue

from entaku.model.dois import NO_DOIS, Dois
from entaku.model.words import Text
from entaku.site.citation import escape_bibtex, write_citations
from entaku.site.use import Letter, address_feedback, find_feedback


def cite(lang="en", sample=False, dois=NO_DOIS, **words):
    catalogue = make_catalogue(sample=sample)
    [dataset] = [each for each in catalogue.datasets if each.spec.pipeline.name == "elevators"]
    release = dataset.releases[-1]
    pipeline = dataclasses.replace(release.pipeline, **words)
    release = dataclasses.replace(release, pipeline=pipeline)
    return {each.kind: each.text for each in write_citations(catalogue.office, release, lang, dois)}


def test_a_reference_names_creator_day_version_and_the_address_that_never_changes():
    address = "https://data.example.jp/entaku/datasets/elevators/2022.06.27/"
    assert cite("en")["text"] == (
        "Bureau of Transportation (2022). Subway lift inspection schedule (Version 2022.06.27) [Data set]. "
        f"Round Table Data. Creative Commons Attribution 4.0. {address} (accessed ____-__-__)"
    )
    assert cite("ja")["text"] == (
        "交通局「都営地下鉄 駅エレベーター点検・工事日程」版 2022.06.27（2022年6月28日取得）、円卓データカタログ、"
        f"クリエイティブ・コモンズ 表示 4.0。{address}（参照 ____-__-__）"
    )
    [csl] = json.loads(cite("ja")["csl"])
    assert (csl["type"], csl["URL"], csl["version"]) == ("dataset", address, "2022.06.27")
    assert csl["issued"] == {"date-parts": [[2022, 6, 28]]} and csl["author"] == [{"literal": "交通局"}]


def test_a_version_with_a_doi_is_cited_by_it():
    told = cite("en", dois=Dois(dataset="10.1234/all", versions={"2022.06.27": "10.1234/one(1)"}))
    assert "https://doi.org/10.1234/one(1) (accessed" in told["text"] and "doi = {10.1234/one(1)}," in told["bibtex"]
    [csl] = json.loads(told["csl"])
    assert csl["DOI"] == "10.1234/one(1)" and csl["URL"].endswith("/2022.06.27/")


def test_a_sample_is_cited_as_a_sample():
    for text in cite("en", sample=True).values():
        assert "[SAMPLE] Subway" in text


@pytest.mark.parametrize(
    "words", [HOSTILE, "50% of {A} & B_1 ~ C^2 \\ $3 #4", "}}, url = {https://evil.example/", "a\nb"]
)
def test_bibtex_keeps_its_braces_whatever_a_title_says(words):
    bibtex = cite(title=Text(ja=words, en=words))["bibtex"]
    bare = re.sub(r"\\[{}]", "", bibtex)
    depth = 0
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0
    fields = re.findall(r"^  (\w+) = \{(.*)\},$", bibtex, re.M)
    assert [name for name, _ in fields] == ["author", "title", "year", "month", "version", "publisher", "url", "note"]
    assert dict(fields)["url"] == "https://data.example.jp/entaku/datasets/elevators/2022.06.27/"
    assert json.loads(cite(title=Text(ja=words, en=words))["csl"])[0]["title"] == words


def test_what_latex_takes_for_its_own_is_escaped():
    assert escape_bibtex("A & B_1 {x} 50%") == r"A \& B\_1 \{x\} 50\%"


def feedback(to, version="2026.06.29", contact="desk@example.jp", email=None):
    office = make_catalogue().office
    publisher = dataclasses.replace(office.publishers["kotsu"], feedback=to, email=email)
    office = dataclasses.replace(office, contact=contact, publishers={"kotsu": publisher})
    page = "https://data.example.jp/datasets/lifts/"
    return address_feedback(
        find_feedback(office, "kotsu"), Letter("lifts", version, page, f"Lifts & more?\n{HOSTILE}", "What:")
    )


def test_an_email_is_filled_in():
    parts = urlsplit(feedback("data+lifts@example.jp"))
    assert (parts.scheme, parts.path) == ("mailto", "data+lifts@example.jp")
    said = parse_qs(parts.query)
    assert said["subject"] == [f"Lifts & more? {HOSTILE}"]
    assert said["body"][0].startswith("What:\r\n") and "version: 2026.06.29\r\n" in said["body"][0]
    assert not set(parts.query) & set(' +\n"<>')


def test_a_form_gets_dataset_and_version_beside_its_own_parameters():
    parts = urlsplit(feedback("https://forms.example.jp/f?form=7&dataset=other#top"))
    assert parse_qsl(parts.query) == [
        ("form", "7"), ("dataset", "lifts"), ("version", "2026.06.29"),
        ("page", "https://data.example.jp/datasets/lifts/"),
    ]  # fmt: skip
    assert parts.fragment == "top"
    assert "version" not in feedback("https://forms.example.jp/f", version="")


def test_the_publishers_own_address_comes_first_and_none_is_invented():
    assert feedback(None, email="kotsu@example.jp").startswith("mailto:kotsu@example.jp?")
    assert feedback(None).startswith("mailto:desk@example.jp?")
    assert feedback(None, contact=None) == ""
    assert feedback(None, contact="javascript:alert(1)") == ""
    assert feedback(None, contact="a@b?cc=x@y") == ""
