"""The order in which a site is put into a store of objects."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from entaku.store.placing import Held, VersionName, find_lost_versions, order_paths, plan_upload

TODAY = date(2026, 11, 30)
PATHS = (
    "assets/style.0123456789.css", "datasets/a/2026.11.01/SHA256SUMS", "datasets/a/2026.11.01/index.html",
    "datasets/a/2026.11.01/t.csv", "datasets/a/datapackage.json", "datasets/a/index.html", "datasets/a/report/index.html",
    "datasets/a/t.csv", "datasets/b/index.html", "datasets/b/t.csv", "datasets/index.html", "en/datasets/a/index.html",
    "en/index.html", "index.html", "publishers/office/index.html", "api/3/action/package_list", "manifest.json",
    "SHA256SUMS", "catalogue-root.json", "catalogue-root.json.minisig", "robots.txt", "sitemap.xml",
)  # fmt: skip


def flatten(stages: tuple[tuple[tuple[str, ...], ...], ...]) -> list[str]:
    return [path for stage in stages for chain in stage for path in chain]


def stage_of(stages: tuple[tuple[tuple[str, ...], ...], ...], path: str) -> int:
    return next(n for n, stage in enumerate(stages) if any(path in chain for chain in stage))


@given(st.sets(st.sampled_from(PATHS)), st.sets(st.sampled_from(PATHS)))
def test_every_path_is_put_once_and_what_is_new_before_what_leads_there(changed: set[str], there: set[str]) -> None:
    stages = order_paths(changed, there)
    assert sorted(flatten(stages)) == sorted(changed)
    new = [path for path in changed - there if path.startswith(("datasets/", "publishers/", "assets/"))]
    old = [path for path in changed & there if path.endswith(".html")]
    assert all(stage_of(stages, one) < stage_of(stages, other) for one in new for other in old)


def test_a_dataset_is_replaced_from_its_data_to_its_page() -> None:
    changed = [path for path in PATHS if path.startswith(("datasets/a/", "en/datasets/a/")) and "2026" not in path]
    ((chain,),) = order_paths(changed, changed)
    assert chain == (
        "datasets/a/t.csv", "datasets/a/datapackage.json", "datasets/a/report/index.html", "en/datasets/a/index.html",
        "datasets/a/index.html",
    )  # fmt: skip


def test_lists_come_after_datasets_and_checksums_last() -> None:
    stages = order_paths(PATHS, PATHS)
    assert stage_of(stages, "datasets/a/index.html") < stage_of(stages, "datasets/index.html")
    assert stage_of(stages, "datasets/index.html") < stage_of(stages, "index.html")
    assert stages[-1] == (
        ("robots.txt", "sitemap.xml", "en/index.html", "index.html", "manifest.json", "SHA256SUMS",
         "catalogue-root.json", "catalogue-root.json.minisig"),
    )  # fmt: skip


def test_a_first_site_begins_with_its_data_and_ends_with_its_home_page() -> None:
    stages = order_paths(PATHS, ())
    pages = [
        stage_of(stages, path)
        for path in ("datasets/a/t.csv", "datasets/a/index.html", "datasets/index.html", "index.html")
    ]
    assert pages == sorted(set(pages))


def test_what_pages_named_until_now_stays_for_a_day() -> None:
    asset, page = "assets/style.0123456789.css", "datasets/b/index.html"
    first = plan_upload({}, Held({asset: "1", page: "2"}), TODAY)
    assert (first.removed, first.leaving) == ((page,), {asset: "2026-11-30"})
    same_day = plan_upload({}, Held({}, first.leaving), TODAY)
    assert (same_day.removed, same_day.leaving) == ((), first.leaving)
    assert plan_upload({}, Held({}, first.leaving), date(2026, 12, 1)).removed == (asset,)
    again = plan_upload({asset: "1"}, Held({}, first.leaving), TODAY)
    assert (again.paths, again.removed) == ([asset], ())


def test_after_a_withdrawal_nothing_stays_that_may_tell_of_it() -> None:
    index = "search/ja-1.01234567.json"
    plan = plan_upload({}, Held({index: "1"}, withdrawn="1"), TODAY, "2")
    assert (plan.removed, plan.leaving) == ((index,), {})


def test_what_a_cut_upload_may_have_left_is_put_again_or_removed() -> None:
    held = Held({"index.html": "", "datasets/index.html": "1"}, {}, frozenset(("datasets/a/index.html", "new.html")))
    plan = plan_upload({"index.html": "1", "datasets/index.html": "1", "new.html": "1"}, held, TODAY)
    assert (plan.paths, plan.removed) == (["new.html", "index.html"], ("datasets/a/index.html",))


def test_a_version_that_is_gone_or_another_is_lost_unless_it_is_excused() -> None:
    one, other = "datasets/a/2026.11.01/SHA256SUMS", "datasets/a/2026.11.02.2/SHA256SUMS.r2"
    held = Held({one: "1 x", other: "2 x", "datasets/a/index.html": "3 x"})
    assert find_lost_versions({one: "1 y", other: "2 x"}, held, ()) == []  # only its headers have changed
    assert find_lost_versions({one: "4 x"}, held, ()) == [("a", "2026.11.01"), ("a", "2026.11.02.2")]
    assert find_lost_versions({one: "1 x"}, held, [VersionName("a", "2026.11.02.2")]) == []
