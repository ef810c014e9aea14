"""Which standard dataset a table is, going by its headings and its title."""

import pytest

from entaku.model.standards import suggest_standard


@pytest.mark.parametrize(
    ("headings", "title", "found"),
    [
        (["名称", "種別", "緯度", "経度", "面積"], "公園の一覧", None),
        (["名称", "種別", "緯度", "経度", "面積"], "子育て施設一覧", "子育て施設一覧"),
        (["名称", "種別", "緯度", "経度", "収容定員", "受入年齢"], "", "子育て施設一覧"),
        (["名称", "所在地", "緯度", "経度"], "", None),
    ],
)
def test_one_heading_of_few_others_is_not_enough(headings: list[str], title: str, found: str | None) -> None:
    standard = suggest_standard(headings, title)
    assert (standard and standard.title.ja) == found
