"""What passed the gate before isn't checked again; anything else is."""

import json
from collections.abc import Iterator

import pytest

from entaku.model.long_pages import LongPage
from entaku.model.nouns import Finding, Page
from entaku.site.feeds import members
from entaku.site.feeds.gate import check_pages, make_review
from entaku.site.kept import Means

ROOT = "https://none.example/"


def judge(keep: dict[str, bytes], *pages: Page, program: str = "1") -> list[tuple[str, str, str]]:
    class Kept:
        get, put = keep.get, keep.__setitem__

    means = Means(Kept(), program)
    found = list(check_pages(pages, ROOT, ("datasets/x/", "datasets/y/"), means=means))
    assert [each for each in found if isinstance(each, Page)] == list(pages)
    return [(one.code, one.place.file, one.value) for one in found if isinstance(one, Finding)]


def write_list(*items: bytes) -> LongPage:
    return LongPage("data.json", b'{"conformsTo":"c","dataset":[', items, b"]}")


def write_item(name: str, **more: object) -> bytes:
    own = {key: key for key in ("title", "description", "modified", "accessLevel")}
    files = [{"downloadURL": f"{ROOT}datasets/{name}/"}]
    return json.dumps({"identifier": name, **own, "publisher": {"name": "p"}, "distribution": files, **more}).encode()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What is parsed."""
    parsed: list[bytes] = []
    real = members.read_members

    def note(body: bytes, *more: tuple[str, ...]) -> members.Members:
        parsed.append(body)
        return real(body, *more)

    monkeypatch.setattr(members, "read_members", note)
    monkeypatch.setattr("entaku.site.feeds.gate.read_members", note)
    yield parsed


def test_a_page_with_the_same_bytes_is_not_checked_again_but_by_another_program(read: list[bytes]) -> None:
    keep: dict[str, bytes] = {}
    page = Page("data-dictionary.json", b'{"a":"https://none.example/datasets/x/"}')
    for program, count in (("1", 1), ("1", 1), ("2", 2)):
        assert judge(keep, page, program=program) == []
        assert len(read) == count
    changed = Page(page.path, b"{")
    assert [code for code, *_ in judge(keep, changed)] == ["feed-broken"] == [code for code, *_ in judge(keep, changed)]


def test_the_targets_of_a_page_that_passed_must_still_be_there() -> None:
    keep: dict[str, bytes] = {}
    page, other = Page("a.md", b"[o](https://none.example/o.md)"), Page("o.md", b"")
    assert judge(keep, page, other) == [] == judge(keep, page, other)
    assert judge(keep, page) == [("feed-link", "a.md", "o.md")] == judge(keep, page)[:1]


def test_of_a_list_the_first_item_is_checked_and_those_that_did_not_pass_before(read: list[bytes]) -> None:
    keep: dict[str, bytes] = {}
    x, y, z = map(write_item, "xyz")
    assert judge(keep, write_list(x, y)) == [] and len(read) == 2
    read.clear()
    assert judge(keep, write_list(x, y, z)) == [("feed-link", "data.json", "datasets/z/")]
    assert read == [b'{"conformsTo":"c","dataset":[%b]}' % each for each in (x, z)]
    assert judge(keep, write_list(x, y, y)) == [("feed-twice", "data.json", "y")]


def test_an_item_that_lacks_a_member_is_checked_each_time() -> None:
    keep: dict[str, bytes] = {}
    x, wrong = write_item("x"), write_item("y", title="")
    for _ in range(2):
        assert judge(keep, write_list(x, wrong)) == [("feed-member", "data.json", "dataset[].title")]


@pytest.mark.parametrize("body", [b"", b"x", b"\x80"])
def test_a_record_that_can_not_be_read_is_none(body: bytes) -> None:
    keep: dict[str, bytes] = {}
    page = Page("a.md", b"[o](https://none.example/datasets/x/)")
    assert judge(keep, page) == []
    for key, whole in list(keep.items()):
        keep[key] = whole[:64] + body
    assert judge(keep, page) == []


def test_a_page_that_is_kept_with_its_dataset_is_not_noted_once_more() -> None:
    keep: dict[str, bytes] = {}
    own, other = (Page(f"{name}.md", b"[o](https://none.example/datasets/%b/)" % name.encode()) for name in "xy")
    make_review(ROOT)(own)
    assert judge(keep, own, other) == []
    (body,) = keep.values()
    assert b"y.md" in body and b"x.md" not in body
