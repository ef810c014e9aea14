"""Many pages: which there are, and that other processes render the same."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import pytest
from projects import ROOT
from worlds import HOSTILE, generate_catalogue, make_catalogue

from entaku.model.nouns import LANGS, Finding, Page
from entaku.site import Design, Means, site, stream_site
from entaku.site.pages import list_dataset_pages, list_whole_pages, place_page
from entaku.store import read_project
from entaku.work.render import split_templates
from entaku.work.setting import spread

DESIGN = Design(*split_templates(read_project(ROOT, "site_templates/**/*")))


def make_pool():
    """Two processes that inherit nothing."""
    return ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))


def list_pages(catalogue):
    """Every page of the site."""
    own = (page for dataset in catalogue.datasets for page in list_dataset_pages(dataset))
    return [*list_whole_pages(catalogue), *own]


@pytest.mark.parametrize("catalogue", [make_catalogue(evil=HOSTILE), generate_catalogue(60)], ids=["hostile", "many"])
def test_every_page_there_is_is_listed_once(catalogue):
    made = [each.path for each in stream_site(catalogue, DESIGN) if isinstance(each, Page)]
    listed = [place_page(page.path, lang) for page in list_pages(catalogue) for lang in page.languages]
    assert sorted(path for path in made if path.endswith(".html")) == sorted(listed)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("task", [60, *(pytest.param(one, marks=pytest.mark.sweep) for one in (1, 10_000))])
def test_other_processes_render_the_same_in_the_same_order(task, monkeypatch):
    monkeypatch.setattr(site, "SPREAD_FROM", 1)
    monkeypatch.setattr(site, "TASK", task)
    catalogue = make_catalogue(sample=True, evil=HOSTILE)
    alone = list(stream_site(catalogue, DESIGN))
    assert list(stream_site(catalogue, DESIGN, {}, Means(spread=partial(spread, make_pool)))) == alone


def test_a_mistake_is_told_once_from_wherever_it_is_found(monkeypatch):
    monkeypatch.setattr(site, "SPREAD_FROM", 1)
    monkeypatch.setattr(site, "TASK", 1)
    broken = Design({**DESIGN.texts, "_trust.html": "\n{{ dataset.nonsense }}"}, DESIGN.assets)
    made = list(stream_site(make_catalogue(), broken, means=Means(spread=partial(spread, make_pool))))
    [finding] = [each for each in made if isinstance(each, Finding)]
    assert (finding.place.file, finding.place.line) == ("site_templates/_trust.html", 2)
    assert "nonsense" in finding.args["why"]


def test_few_pages_are_rendered_here():
    def refuse(function, tasks):
        raise AssertionError("no process is worth its start")

    catalogue = make_catalogue()
    pages = [each for each in stream_site(catalogue, DESIGN, means=Means(spread=refuse)) if isinstance(each, Page)]
    assert len(LANGS) * len(list_pages(catalogue)) < len(pages)


def test_tasks_are_of_many_pages_and_in_order():
    sized = [(name, 40) for name in "abcdefg"]
    assert ["".join(task) for task in site.cut_tasks(sized)] == ["abc", "def", "g"]
