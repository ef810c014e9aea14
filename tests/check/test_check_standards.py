"""What a table lacks of the standard that it follows is told beside the column that was probably meant."""

from entaku.check.standards import check_standard
from entaku.model.messages import say
from entaku.model.nouns import Place
from entaku.model.table_schema import OwnStandard, Schema, SchemaField

OWN = OwnStandard(columns=(("id", "番号", "value"), ("name", "施設の名称", "column"), ("tel", "電話番号", "")))
SCHEMA = Schema(fields=tuple(SchemaField(name=name) for name, *_ in OWN.columns), standard="own", edition=OWN)


def tell(*there: str) -> list[tuple[str, str, str]]:
    found = list(check_standard(SCHEMA, there, Place("p.yaml")))
    assert all(say(one, "ja") and say(one, "en") for one in found)
    return [(one.code, one.value, one.args.get("near_en", "")) for one in found]


def test_a_column_that_is_nearly_that_of_the_standard_is_told_as_what_was_meant() -> None:
    hint = 'If the table has "施設名称" for "施設の名称", write rename: {施設名称: name} in tidy. '
    assert tell("id", "施設名称", "tel") == [
        ("standard-lacks", "施設の名称", hint),
        ("standard-extra", "施設名称", hint),
    ]


def test_a_column_that_is_like_no_other_is_told_as_none_of_the_standard() -> None:
    assert tell("id", "name", "tel") == []
    assert tell("id", "name", "tel", "備考") == [("standard-extra", "備考", "")]
    assert tell("id", "name") == [("standard-absent", "電話番号", "")]
    assert tell("id", "tel", "備考") == [("standard-lacks", "施設の名称", ""), ("standard-extra", "備考", "")]


def test_columns_under_the_headings_of_the_standard_are_only_to_be_named() -> None:
    assert tell("番号", "施設の名称", "tel") == [("standard-unnamed", "番号、施設の名称", "")]
