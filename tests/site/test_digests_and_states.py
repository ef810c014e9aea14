"""What pages are made from and kept by, and what they say of a release that is held."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from projects import ROOT
from wholes import render_site
from worlds import BASE_URL, make_catalogue

from entaku.audit.rulebook import Judged
from entaku.catalogue.places import collect_columns
from entaku.model.nouns import LANGS, Attempt, Catalogue, Dataset, Finding
from entaku.model.words import Text
from entaku.site.datasets import Subject
from entaku.site.earlier import digest_common, digest_dataset
from entaku.site.overview import Facts, Overview
from entaku.site.pages import place_publisher
from entaku.site.quality import NOBODY, assess, describe_state, find_urgency, show_months, survey
from entaku.site.quality_pages import choose_next, show_validity, total_publishers, total_quality, total_rules
from entaku.site.render import Common
from entaku.site.site import list_subjects
from entaku.site.words import Words, read_words

FOLDER = ROOT / "site_templates"
TEMPLATES = {path.name: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.*"))}
ASSETS = {path.name: path.read_bytes() for path in sorted((FOLDER / "assets").iterdir())}
HELD = Attempt("2026-07-01T00:00:00Z", (Finding("type-error"),), 7)
LATER = "2030-01-01T00:00:00Z"


@cache
def world() -> Catalogue:
    return make_catalogue()


def find(name: str) -> Dataset:
    return world().by_name[name]


def subject_of(name: str, catalogue: Catalogue, **judged: Judged) -> Subject:
    """What the pages of a dataset show."""
    table, broken = read_words(TEMPLATES)
    assert broken is None
    states = survey(catalogue, judged)
    facts = Facts(catalogue, states, show_months(catalogue, states), collect_columns(catalogue))
    subjects = list_subjects({lang: Overview(facts, Words(lang, table)) for lang in LANGS}, judged)
    return next(each for each in subjects if each.name == name)


def digest(subject: Subject, one: Dataset) -> str:
    """The digest of the pages of a dataset, where all else that they show stays the same."""
    return digest_dataset(replace(subject, state=replace(subject.state, dataset=one)), "common")


# ---- what a page's digest is made from ---------------------------------------------------------------------------

CHANGES: dict[str, Callable[[Dataset], Dataset]] = {
    "a failed attempt": lambda one: replace(one, attempt=HELD),
    "a fetch": lambda one: replace(one, checked=LATER),
    "when it is due": lambda one: replace(one, due=date(2030, 1, 1)),
    "its YAML": lambda one: replace(one, spec=replace(one.spec, digest="0" * 64)),
    "its YAML's name": lambda one: replace(one, spec=replace(one.spec, file="pipelines/x.yaml")),
    "one release less": lambda one: replace(one, releases=one.releases[:-1]),
    **{
        f"a release's {name}": lambda one, name=name, value=value: replace(  # type: ignore[misc]
            one, releases=(*one.releases[:-1], replace(one.releases[-1], **{name: value}))
        )
        for name, value in (("version", "9"), ("key", "9"), ("created", LATER), ("files", ()))
    },
}


@pytest.mark.parametrize("what", CHANGES)
def test_each_thing_that_a_datasets_pages_show_is_in_their_digest(what: str) -> None:
    before = find("elevators")
    after = CHANGES[what](before)
    assert after != before
    subject = subject_of("elevators", world())
    assert digest_dataset(subject, "common") == digest(subject, before) != digest(subject, after)
    assert digest_dataset(subject_of("elevators", make_catalogue()), "common") == digest(subject, before)


def test_an_attempt_that_is_over_and_one_that_failed_otherwise_change_the_digest() -> None:
    some = find("markets")
    assert some.attempt is not None
    changed = [
        replace(some, attempt=None),
        replace(some, attempt=replace(some.attempt, when=LATER)),
        replace(some, attempt=replace(some.attempt, count=1)),
        replace(some, attempt=replace(some.attempt, findings=())),
    ]
    subject = subject_of("markets", world())
    assert len({digest(subject, each) for each in (some, *changed)}) == 5


def test_what_others_say_of_a_dataset_is_in_its_digest() -> None:
    request = replace(world().requests[-1], title=Text(ja="別の題"))
    showcase = replace(world().showcases[0], title=Text(ja="別の題"))
    tourism = replace(find("tourism").spec.pipeline, title=Text(ja="別の題"), requests=("2021-02-elevators",))
    joined = replace(find("tourism"), spec=replace(find("tourism").spec, pipeline=tourism))
    others = tuple(joined if each == find("tourism") else each for each in world().datasets)
    changed = [
        world(),
        replace(world(), requests=(*world().requests[:-1], request)),
        replace(world(), showcases=(showcase, *world().showcases[1:])),
        replace(world(), datasets=others),
    ]
    subjects = [subject_of("elevators", each) for each in changed]
    digests = [
        *(digest_dataset(each, "common") for each in subjects),
        digest_dataset(subjects[0], "other"),
        digest_dataset(replace(subjects[0], judged=Judged(raws=1)), "common"),
    ]
    assert len(set(digests)) == len(digests)


def test_what_all_pages_share_is_in_the_common_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    office = world().office
    some = Common(office, "1", {"a": "1"}, {}, {"a": "1"}, samples=False, brand={})
    changed = [
        some,
        replace(some, texts={"a": "2"}),
        replace(some, assets={"a": "2"}),
        replace(some, version="9"),
        replace(some, office=replace(office, contact="")),
        replace(some, samples=True),
    ]
    digests = [*(digest_common(each, "p") for each in changed), digest_common(some, "q")]
    monkeypatch.setattr(sys.modules[digest_common.__module__], "EPOCH", 0)
    digests.append(digest_common(some, "p"))
    assert len(set(digests)) == len(digests)


# ---- links to the other language ---------------------------------------------------------------------------------


@cache
def render_links() -> dict[str, str]:
    """The links of a few pages, whose templates have nothing else."""
    given = ('"datasets/"', '"datasets/", "en"', '"datasets/", "ja"', '"", page.other_lang')
    text = " ".join(f"{{{{ link({each}) }}}}" for each in given)
    own = ' {{ link(dataset.path, "ja") }} {{ link(dataset.path, "en") }}'
    templates = {**TEMPLATES, "home.html": text, "404.html": text, "dataset.html": text + own}
    pages, findings = render_site(world(), templates, ASSETS)
    assert findings == ()
    return {page.path: page.body.decode() for page in pages if page.path.endswith(".html")}


@pytest.mark.parametrize(
    ("path", "links"),
    [
        ("index.html", "datasets/ en/datasets/ datasets/ en/"),
        ("en/index.html", "datasets/ datasets/ ../datasets/ ../"),
        ("404.html", "/entaku/datasets/ /entaku/en/datasets/ /entaku/datasets/ /entaku/en/"),
        ("datasets/elevators/index.html", "../ ../../en/datasets/ ../ ../../en/ ./ ../../en/datasets/elevators/"),
        ("en/datasets/elevators/index.html", "../ ../ ../../../datasets/ ../../../ ../../../datasets/elevators/ ./"),
    ],
)
def test_a_template_may_link_to_either_language(path: str, links: str) -> None:
    assert BASE_URL.endswith("/entaku")
    assert render_links()[path] == links


# ---- a release that is held --------------------------------------------------------------------------------------


def say(lang: str = "en") -> Words:
    table, broken = read_words(TEMPLATES)
    assert broken is None
    return Words(lang, table)  # type: ignore[arg-type]


def test_a_dataset_whose_next_release_is_held_is_bad_and_says_so() -> None:
    passed = replace(find("tourism"), attempt=None)
    held = replace(passed, attempt=HELD)
    good, bad = (assess(world().office, each, NOBODY) for each in (passed, held))
    assert [show_validity(each, say()).state for each in (passed, held)] == ["good", "bad"]
    assert "7 errors" in show_validity(held, say()).text and show_validity(held, say()).next
    assert find_urgency(bad) == "bad" != find_urgency(good)
    told = choose_next(bad, say())
    assert (told.state, told.text, told.next) == ("bad", say().say("valid_held", n=7), say().say("valid_held_next"))
    assert (describe_state(good)["errors"], describe_state(bad)["errors"]) == (0, 7)


def test_a_dataset_that_was_never_released_may_be_held_too() -> None:
    planned = find("planned")
    assert show_validity(planned, say()).state == "none"
    assert show_validity(replace(planned, attempt=HELD), say()).state == "bad"
    assert find_urgency(assess(world().office, replace(planned, attempt=HELD), NOBODY)) == "bad"


def test_what_is_held_is_counted_for_its_publisher() -> None:
    held = {each.spec.pipeline.publisher for each in world().datasets if each.attempt is not None}
    assert len(held) == 1
    for lang in LANGS:
        told = {each.path: each.held for each in total_publishers(world().office, survey(world(), {}), lang)}
        assert len(told) > 1 and {path for path, count in told.items() if count} == set(map(place_publisher, held))


def test_the_whole_counts_what_is_valid_held_and_unreleased() -> None:
    states = survey(world(), {})
    totals = total_quality(states, total_rules(states, "en"), "en")
    assert (totals.datasets, totals.valid, totals.held, totals.unreleased) == (4, 2, 1, 1)
    pages, _ = render_site(world(), TEMPLATES, ASSETS)
    (page,) = [page.body.decode() for page in pages if page.path == "en/quality/index.html"]
    numbers: Any = dict(
        part.split("</dt><dd>")
        for part in page.replace("<div><dt>", "</dd></div>").split("</dd></div>")
        if "</dt><dd>" in part
    )
    assert numbers[say().say("quality_number_held")] == "1"
    assert numbers[say().say("quality_number_valid")] == "2 / 4"
