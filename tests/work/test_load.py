"""What a loaded catalogue holds of each dataset: all datasets of a run are in memory at once."""

import gc
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from entaku.model import folded
from entaku.model.folded import Folded
from entaku.model.nouns import Dataset, Finding
from entaku.site import stream_feeds
from entaku.work import recalled
from entaku.work.load import load_catalogue, read_specs
from entaku.work.releases import share_words
from tests.projects import LIFTS, make_project, make_setting, put_sample, run

COLUMNS = [f"n{n}" for n in range(12)]
WIDE = LIFTS.replace(
    "        - {name: day,",
    "".join(f"        - {{name: {name}, type: integer, constraints: {{minimum: 0}}}}\n" for name in COLUMNS)
    + "        - {name: day,",
)
MOST = 40_000
"""Bytes of a dataset with 14 columns, of which statistics and first rows alone would take 60,000."""


def make_wide(folder: Path) -> Path:
    """Release a dataset of many columns."""
    project = make_project(folder, lifts=WIDE)
    rows = [f"{n},2026-06-{1 + n % 28:02}," + ",".join(str(n * k % 97) for k in range(12)) for n in range(200)]
    put_sample(project, f"番号,点検日,{','.join(COLUMNS)}\r\n" + "".join(f"{row}\r\n" for row in rows))
    run(project, site=False)
    return project


def load(project: Path) -> Dataset:
    """Load it as a run does, from the cache where it can."""
    setting = replace(make_setting(project), sources="x")
    office, specs, findings = read_specs(project, setting.cache, "x")
    assert office is not None, findings
    [dataset] = load_catalogue(setting, office, specs)[0].datasets
    return dataset


def measure(thing: object, seen: set[int]) -> int:
    """Return the bytes of a value with all that it refers to."""
    if id(thing) in seen or isinstance(thing, type):
        return 0
    seen.add(id(thing))
    return sys.getsizeof(thing) + sum(measure(each, seen) for each in gc.get_referents(thing))


def test_a_loaded_dataset_takes_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalled, "QUIET", -(10**18))
    project = make_wide(tmp_path)
    made, kept = load(project), load(project)
    for dataset in (made, kept):
        assert measure(dataset, set()) < MOST
    assert made == kept
    assert kept.current is not None
    [table] = kept.current.resources
    unfolded = replace(
        table,
        preview=tuple(table.preview),
        profile=tuple(
            replace(each, top=tuple(each.top), histogram=tuple(each.histogram), quantiles=tuple(each.quantiles))
            for each in table.profile
        ),
    )
    assert measure(unfolded, set()) > 1.5 * MOST
    assert isinstance(table.preview, Folded)
    assert len(table.preview) == 20 and table.preview[0][0] == table.preview[:1][0][0] != ""


def test_only_pages_unfold_what_pages_alone_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What feeds ask of statistics is at hand, or folded apart from charts and first rows."""
    setting = make_setting(make_wide(tmp_path))
    office, specs, findings = read_specs(setting.project)
    assert office is not None, findings
    catalogue = load_catalogue(setting, office, specs)[0]
    current, opened = catalogue.datasets[0].current, list[bytes]()
    assert current is not None and current.resources[0].charts
    unfold = folded._unfold
    monkeypatch.setattr(folded, "_unfold", lambda body: opened.append(body) or unfold(body))
    assert [each for each in stream_feeds(catalogue) if isinstance(each, Finding)] == []
    assert opened, "the search reads frequent values"
    of_feeds = set(opened)
    opened.clear()
    assert list(current.resources[0].preview) and list(current.resources[0].charts)
    assert of_feeds.isdisjoint(opened)


def test_what_a_release_says_as_its_spec_does_is_in_memory_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalled, "QUIET", -(10**18))
    project = make_wide(tmp_path)
    for dataset in (load(project), load(project)):
        assert dataset.current is not None
        assert dataset.current.pipeline is dataset.spec.pipeline
        assert dataset.current.resources[0].resource is dataset.spec.pipeline.resources[0]


def test_what_differs_stays_as_it_was_released(tmp_path: Path) -> None:
    dataset = load(make_wide(tmp_path))
    release, pipeline = dataset.current, dataset.spec.pipeline
    assert release is not None
    [resource] = pipeline.resources
    [key, first, *rest] = resource.schema.fields
    first = replace(first, constraints=replace(first.constraints, minimum=0.0))  # equal, and written otherwise
    later = replace(resource, schema=replace(resource.schema, fields=(key, first, *rest)))
    spec = replace(dataset.spec, pipeline=replace(pipeline, resources=(later,), keywords=("a",)))
    shared = share_words(release, spec)
    assert repr(shared) == repr(release)
    assert shared.resources[0].resource.tidy is later.tidy
    alike = [
        each.name
        for each in fields(pipeline)
        if getattr(shared.pipeline, each.name) is getattr(spec.pipeline, each.name)
    ]
    assert "title" in alike and "keywords" not in alike and "resources" not in alike
