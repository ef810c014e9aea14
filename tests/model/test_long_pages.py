"""A long page is, item by item, the file that it is as a whole."""

import hashlib
from collections.abc import Iterable, Iterator

import pytest

from entaku.model.long_pages import LongPage
from entaku.model.nouns import Page


@pytest.mark.parametrize("items", [(), (b"1",), (b'{"a":"\xe3\x81\x82"}', b"2", b"[]")])
def test_pieces_hash_and_size_are_those_of_the_whole_file(items: Iterable[bytes]) -> None:
    page = LongPage("a.json", b'{"n":1,"list":[', items, b"]}\n")
    body = b'{"n":1,"list":[' + b",".join(items) + b"]}\n"
    assert page == Page("a.json", body) != Page("b.json", body)
    assert [b"".join(page.list_pieces()) for _ in range(2)] == [body] * 2
    assert (page.sha256, page.size) == (hashlib.sha256(body).hexdigest(), len(body))


def test_a_page_at_another_path_is_read_once_for_both() -> None:
    class Items:
        read = 0

        def __iter__(self) -> Iterator[bytes]:
            self.read += 1
            yield from (b"1", b"2")

    page = LongPage("a.json", b"[", items := Items(), b"]\n")
    moved = page.move("b.json")
    assert (moved.path, moved.sha256, moved.size) == ("b.json", page.sha256, page.size)
    assert items.read == 1 and moved == Page("b.json", b"[1,2]\n") != page
