"""What is kept of datasets for the next run: every part of a dialect that says so, and what judges each dataset."""

import gc

from worlds import make_catalogue

from entaku.model.nouns import Finding, Page
from entaku.model.page_groups import PageGroup
from entaku.site.feeds import KEPT, stream_feeds
from entaku.site.kept import PartName, Parts
from entaku.work.quality import PackedJudgements


class Memory(dict[str, bytes]):
    """A cache, and how often it was written."""

    writes = 0

    def put(self, key: str, body: bytes) -> None:
        self.writes += 1
        self[key] = body


def test_feeds_that_are_made_again_keep_nothing_anew_and_are_the_same() -> None:
    memory = Memory()
    made = [each for each in stream_feeds(make_catalogue(), memory, "x") if not isinstance(each, Finding)]
    assert len(KEPT) - 2 <= memory.writes, "a bundle for each dialect, but for those that have nothing"
    before = memory.writes
    again = [each for each in stream_feeds(make_catalogue(), memory, "x") if not isinstance(each, Finding)]
    assert memory.writes == before
    assert [each.path for each in again] == [each.path for each in made]
    assert all(one.body == other.body for one, other in zip(made, again, strict=True))
    list(stream_feeds(make_catalogue(), memory, "another program"))
    assert memory.writes > before


def test_a_part_is_kept_under_its_kind_its_dataset_and_more() -> None:
    memory, names = (
        Memory(),
        [PartName("DCAT-US 3.0", "one"), PartName("DCAT-US", "one"), PartName("DCAT-US", "one", "2")],
    )
    parts = Parts(memory, review=lambda _: ((), ()), datasets=["one"])
    for n, name in enumerate(names):
        parts.note(name, "digest", (n,))
    parts.finish()
    later = Parts(memory, review=lambda _: ((), ()), datasets=["one"])
    assert [later.recall(name, "digest", tuple) for name in names] == [(0,), (1,), (2,)]
    assert later.recall(names[0], "another", tuple) is None
    assert later.recall(PartName("DCAT-US", "two"), "digest", tuple) is None


def test_who_asks_which_datasets_are_judged_has_none_unpacked() -> None:
    judged = PackedJudgements({"one": b"not packed"})
    assert "one" in judged and "two" not in judged


def test_pages_that_stay_pass_as_one_and_are_all_that_is_left_out() -> None:
    memory, catalogue = Memory(), make_catalogue()
    made = [each for each in stream_feeds(catalogue, memory, "x") if not isinstance(each, Finding)]
    names = sorted(catalogue.by_name)[:2]

    def stays(group: PageGroup) -> bool:
        return any(path.startswith(f"datasets/{name}/") for name in names for path in group.paths)

    again = [each for each in stream_feeds(catalogue, memory, "x", stays) if not isinstance(each, Finding)]
    groups = [each for each in again if isinstance(each, PageGroup)]
    assert len(groups) == len(names) and all(len(group.paths) > 3 for group in groups)
    whole = [(each.path, each.body) for each in again if not isinstance(each, PageGroup)]
    bodies = {page.path: page.body for page in made}
    whole += [(path, bodies[path]) for group in groups for path in group.paths]
    assert sorted(whole) == sorted(bodies.items())


def test_parts_that_are_gone_are_made_again_without_the_pages_that_stay() -> None:
    memory, catalogue = Memory(), make_catalogue()
    made = [each.path for each in stream_feeds(catalogue, memory, "x") if not isinstance(each, Finding)]
    for key in [*memory]:
        lost = Memory({name: body for name, body in memory.items() if name != key})
        again = [each for each in stream_feeds(catalogue, lost, "x", lambda _: True) if not isinstance(each, Finding)]
        told = [path for each in again for path in (each.paths if isinstance(each, PageGroup) else [each.path])]
        assert sorted(told) == sorted(made)


def test_what_is_kept_of_pages_is_in_no_cycles() -> None:
    memory, name = Memory(), PartName("DCAT-US", "one")
    parts = Parts(memory, review=lambda _: ((), ()), datasets=["one"])
    parts.note(name, "digest", [Page("a.txt", b"a"), Page("b.txt", b"b")])
    gc.collect()
    for _ in range(3):
        assert parts.recall(name, "digest", list)
    assert gc.collect() == 0
