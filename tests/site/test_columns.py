"""Long lists in pages, and columns across datasets."""

import json
import re
from pathlib import Path

import pytest
from municipal import generate_municipal
from wholes import render_site
from worlds import make_catalogue

from entaku.catalogue.places import collect_columns, place_column
from entaku.site.columns import show_columns
from entaku.site.overview import cut_listing
from entaku.site.pages import PageAddress, count_parts, place_part
from entaku.site.words import Words

FOLDER = Path(__file__).parents[2] / "site_templates"
TEMPLATES = {path.name: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.*"))}
ASSETS = {path.name: path.read_bytes() for path in sorted((FOLDER / "assets").iterdir())}


def words(lang="ja"):
    return Words(lang, json.loads(TEMPLATES["words.json"]))


@pytest.mark.parametrize("name", ["station_code", "x", "駅コード", "a-1"])
def test_a_plain_name_is_its_own_path(name):
    assert place_column(name) == f"columns/{name}/"


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../../etc", "a/b", "a b", "ID", "Id", "CON", "con", "page", "駅 コード", "か\u3099", "x" * 300, "a\x00b", "\ud800", "ＩＤ", "-", "a?b#c"],
)  # fmt: skip
def test_other_names_make_safe_paths_of_their_own(name):
    path = place_column(name)
    assert re.fullmatch(r"columns/[\w-]{1,80}/", path) and path == path.lower()
    others = ["id", "ID", "Id", "iD", "a-b", "a b", "a/b", "a?b", "が", "か\u3099"]
    places = [place_column(each) for each in others]
    assert len(set(places)) == len(others)


def test_columns_tell_who_else_has_them():
    columns = {column.name: column for column in show_columns(collect_columns(make_catalogue()), words("en"))}
    lift = columns["elevator_id"]
    assert (lift.title, lift.types, lift.path) == ("Elevator ID", ("text",), "columns/elevator_id/")
    assert lift.datasets_count == len({use.dataset.path for use in lift.uses}) >= 2
    assert columns["capacity"].units == ("kg",)


def test_columns_of_the_same_title_point_at_each_other():
    columns = {column.name: column for column in show_columns(collect_columns(generate_municipal(300)), words())}
    names = {other.title for other in columns["station_code"].alike}
    assert not names
    places = columns["address_0"]
    assert places.title == "所在地" and {other.title for other in places.alike} >= {"address_1"}


def test_a_list_is_cut_into_pages_that_name_each_other():
    pages = [
        cut_listing(PageAddress("datasets", place_part("datasets/", n), number=n), range(501)) for n in range(1, 12)
    ]
    assert count_parts("datasets", 501) == 11 and [len(page.items) for page in pages] == [50] * 10 + [1]
    assert (pages[0].path, pages[1].path) == ("datasets/", "datasets/page/2/")
    assert (pages[1].before, pages[1].after, pages[10].after) == ("datasets/", "datasets/page/3/", "")
    assert [number for number, _ in pages[5].pages] == [1, 4, 5, 6, 7, 8, 11]
    only = cut_listing(PageAddress("columns", "columns/"), [])
    assert (only.items, only.pages, only.total) == ((), (), 0)


@pytest.fixture(scope="module")
def large():
    """The pages of 200 datasets that aren't a dataset's own."""
    catalogue = generate_municipal(200)
    pages, findings = render_site(catalogue, TEMPLATES, ASSETS)
    assert findings == ()
    return {page.path: page.body for page in pages}


def test_no_list_grows_with_the_catalogue(large):
    listed = {path: body for path, body in large.items() if not path.startswith(("datasets/", "en/datasets/")) or "/page/" in path or path.endswith("datasets/index.html")}  # fmt: skip
    assert all(len(body) < 100_000 for path, body in listed.items() if path.endswith(".html"))
    assert "datasets/page/4/index.html" in large and "datasets/page/5/index.html" not in large
    shown = re.findall(r'<h2><a href="\.\./\.\./([^"/]+)/"', large["datasets/page/2/index.html"].decode())
    assert len(shown) == 50
    every = [name for n in range(1, 5) for name in re.findall(r'<h2><a href="(?:\.\./)*([^"/]+)/"', large[f"datasets/page/{n}/index.html" if n > 1 else "datasets/index.html"].decode())]  # fmt: skip
    assert len(every) == len(set(every)) == 200
    assert "themes/health/page/2/index.html" in large


def test_every_column_has_its_page_in_both_languages(large):
    for name in collect_columns(generate_municipal(200)):
        assert f"{place_column(name)}index.html" in large and f"en/{place_column(name)}index.html" in large
    assert "ほかに" in large["columns/city_code/index.html"].decode()
