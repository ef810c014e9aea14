"""A long page is, item by item, the file that it is as a whole."""

import hashlib
import json
from collections.abc import Iterable

import pytest

from entaku.model.long_pages import LongPage, list_pieces
from entaku.model.nouns import Page


@pytest.mark.parametrize("items", [(), (b"1",), (b'{"a":"\xe3\x81\x82"}', b"2", b"[]")])
def test_pieces_hash_and_size_are_those_of_the_whole_file(items: Iterable[bytes]) -> None:
    page = LongPage("a.json", b'{"n":1,"list":[', items, b"]}\n")
    body = b'{"n":1,"list":[' + b",".join(items) + b"]}\n"
    assert page == Page("a.json", body) != Page("b.json", body)
    assert [b"".join(list_pieces(each)) for each in (page, page, Page("a.json", body))] == [body] * 3
    assert (page.sha256, page.size) == (hashlib.sha256(body).hexdigest(), len(body))


def test_each_item_makes_a_file_without_the_others() -> None:
    page = LongPage("a.json", b'{"list":[', (b"1", b"2"), b'],"n":3}')
    assert list(map(json.loads, page.list_single())) == [{"list": [1], "n": 3}, {"list": [2], "n": 3}]
    assert list(LongPage("a.json", b"[", (), b"]").list_single()) == [b"[]"]
