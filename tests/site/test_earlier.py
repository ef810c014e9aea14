"""The pages of versions stay from one run to the next, and are those that would be made anew."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from wholes import render_site
from worlds import make_catalogue

from entaku.model.nouns import Catalogue, Page, Release
from entaku.site import site
from entaku.site.feeds import gate
from entaku.site.kept import Means

FOLDER = Path(__file__).parents[2] / "site_templates"
TEMPLATES = {path.name: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.*"))}
ASSETS = {path.name: path.read_bytes() for path in sorted((FOLDER / "assets").iterdir())}


class Memory(dict[str, bytes]):
    """A cache in memory."""

    put = dict.__setitem__


def make_days(days: int) -> Catalogue:
    """The catalogue with one dataset, of which there is a release for each of so many days."""
    world = make_catalogue()
    lifts = next(one for one in world.datasets if one.spec.pipeline.name == "elevators")
    first = lifts.releases[0]
    releases = tuple(
        replace(first, version=f"2026.03.{day:02}", key=f"{day}", created=f"2026-03-{day:02}T00:00:00Z")
        for day in range(1, days + 1)
    )
    return replace(world, datasets=(replace(lifts, releases=releases),))


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The versions whose pages were rendered, each once for both languages."""
    seen = list[str]()
    show = site.show_release

    def note(office, subject, index, words):  # type: ignore[no-untyped-def]
        seen.append(subject.dataset.releases[index].version)
        return show(office, subject, index, words)

    monkeypatch.setattr(site, "show_release", note)
    return seen


def test_one_more_release_renders_its_own_page_and_those_of_the_two_before(rendered: list[str]) -> None:
    keep = Memory()
    for days in (8, 9):
        rendered.clear()
        made, _ = render_site(make_days(days), TEMPLATES, ASSETS, keep)  # type: ignore[arg-type]
        assert made == render_site(make_days(days), TEMPLATES, ASSETS)[0]
    del rendered[-2 * 9 :]  # those of the site that was made without a cache
    assert sorted(rendered) == [f"2026.03.{day:02}" for day in (7, 7, 8, 8, 9, 9)]


def lose_title(catalogue: Catalogue) -> Catalogue:
    """The catalogue with its dataset retitled."""
    (one,) = catalogue.datasets
    pipeline = replace(one.spec.pipeline, title=replace(one.spec.pipeline.title, ja="改題"))
    return replace(catalogue, datasets=(replace(one, spec=replace(one.spec, pipeline=pipeline, digest="0")),))


def change_release(catalogue: Catalogue, index: int, **changes: object) -> Catalogue:
    """The catalogue with one release changed, as by a revision or a withdrawn file."""
    (one,) = catalogue.datasets
    releases = list[Release](one.releases)
    releases[index] = replace(releases[index], **changes)  # type: ignore[arg-type]
    return replace(catalogue, datasets=(replace(one, releases=tuple(releases)),))


@pytest.mark.parametrize(
    ("change", "anew"),
    [
        (lose_title, {1, 2, 3, 4, 5}),
        (partial(change_release, index=1, key="other"), {1, 2, 3, 5}),
        (partial(change_release, index=4, key="other"), {4, 5}),
    ],
    ids=["title", "a version", "the newest version"],
)
def test_a_version_is_rendered_again_where_it_or_one_beside_it_changed(
    change,
    anew: set[int],
    rendered: list[str],  # type: ignore[no-untyped-def]
) -> None:
    keep = Memory()
    render_site(make_days(5), TEMPLATES, ASSETS, keep)  # type: ignore[arg-type]
    rendered.clear()
    made, _ = render_site(change(make_days(5)), TEMPLATES, ASSETS, keep)  # type: ignore[arg-type]
    assert {int(version[-2:]) for version in rendered} == anew
    assert made == render_site(change(make_days(5)), TEMPLATES, ASSETS)[0]


def test_pages_are_whole_where_what_was_kept_of_some_is_lost() -> None:
    keep = Memory()
    render_site(make_days(3), TEMPLATES, ASSETS, keep)  # type: ignore[arg-type]
    wanted = list(paths(render_site(make_days(4), TEMPLATES, ASSETS)[0]))
    for lost in sorted(keep):
        rest = Memory({key: body for key, body in keep.items() if key != lost})
        again = render_site(make_days(4), TEMPLATES, ASSETS, rest)[0]  # type: ignore[arg-type]
        assert list(paths(again)) == wanted


def test_the_gate_checks_each_page_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = list[str]()
    check = gate.check_html

    def note(page: Page, root: str) -> gate.Checked:
        checked.append(page.path)
        return check(page, root)

    monkeypatch.setattr(gate, "check_html", note)
    gate.make_review.cache_clear()  # which knows pages of other tests
    catalogue = make_days(3)
    root = catalogue.office.base_url.rstrip("/") + "/"
    design = site.Design(TEMPLATES, ASSETS)
    pages = site.stream_site(catalogue, design, means=Means(Memory()))
    made = [each.path for each in gate.check_pages(pages, root, ()) if isinstance(each, Page)]
    own = [path for path in made if path.endswith(".html")]
    assert len(own) > 20
    assert sorted(checked) == sorted(own)


def paths(pages: tuple[Page, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of each page."""
    for page in pages:
        yield page.path, page.body
