from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entaku.formats.text import (
    MARKED,
    column_letters,
    decode,
    find_bad_line,
    find_unit,
    hide_marks,
    is_padded,
    parse_number,
    spell_bytes,
    to_decimal,
    to_half_width,
    to_usual_width,
)

JAPANESE = "都道府県,説明\n東京都,①㈱髙島屋と渋谷区（カタカナ・ひらがな）\n"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (JAPANESE.encode(), "utf-8"),
        (JAPANESE.encode("utf-8-sig"), "utf-8"),
        (JAPANESE.encode("cp932"), "cp932"),
        (JAPANESE.replace("①㈱髙", "").encode("euc_jp"), "euc-jp"),
        (JAPANESE.encode("utf-16"), "utf-16"),
        (JAPANESE.encode("utf-16-le"), "utf-16"),
        (JAPANESE.encode("utf-16-be"), "utf-16"),
        ("ｱｲｳｴ,ﾃｽﾄ,ｶﾞｷﾞｸﾞ\n".encode("cp932"), "cp932"),
        ("番号,名前\n".encode("cp932"), "cp932"),
        ("番号,名前\n".encode("euc_jp"), "euc-jp"),
        (b"id,name\n1,a\n", "utf-8"),
        ("a,b\n《,1\n".encode("utf-16-le"), "utf-16"),
        (JAPANESE.encode("utf-32"), "utf-32"),
        ("番号,名前\n1,ﾄｳｷｮｳ\n".encode("iso2022_jp_ext"), "iso2022_jp_ext"),
    ],
)
def test_the_encoding_is_told_from_the_bytes(body, encoding):
    decoded = decode(body, None)
    assert (decoded.encoding, decoded.bad, decoded.sure) == (encoding, 0, True)
    assert not decoded.text.startswith("\ufeff")
    assert MARKED.search(decoded.text) is None


def test_the_whole_file_is_looked_at():
    body = b"id,name\n" + b"1,a\n" * 50_000 + "2,東京\n".encode("cp932")
    assert decode(body, None).text.endswith("2,東京\n")


def test_a_utf8_file_cut_within_a_character_is_still_utf8():
    decoded = decode(("日本語,abc\n" * 5).encode() + "日".encode()[:2], None)
    assert (decoded.encoding, decoded.bad) == ("utf-8", 2)


@pytest.mark.parametrize("encoding", ["cp932", "euc-jp", "utf-8"])
def test_undecodable_bytes_are_marked_and_spelt_and_eat_no_delimiter(encoding):
    decoded = decode(b'a\xfd,"b\x81"\n\x85\x40,c', encoding)
    assert decoded.bad >= 2
    assert "?" not in decoded.text
    assert [spell_bytes(cell) for cell in decoded.text.split("\n")[0].split(",")] == ["FD", "81"]
    assert hide_marks(decoded.text).startswith("a\ufffd,")


def test_bytes_that_pythons_cp932_lets_through_and_nul_are_marked():
    assert spell_bytes(decode(b"\x80\xa0\xfd\xfe\xff", "cp932").text) == "80 A0 FD FE FF"
    assert spell_bytes(decode(b"a\x00b", "utf-8").text) == "00"
    assert spell_bytes(decode(b"a\x00\x00\xd8b\x00", "utf-16").text) == "00 D8"


def test_one_nul_makes_no_utf16():
    decoded = decode(b"a,b\n\0,1\n", None)
    assert (decoded.encoding, decoded.bad) == ("utf-8", 1)


@pytest.mark.parametrize(
    "encoding", ["cp1252", "gb18030", "big5", "euc_kr", "cp1251", "iso2022_jp", "koi8-r", "utf-32"]
)
def test_any_encoding_can_be_declared(encoding):
    text = {"gb18030": "编号,北京", "big5": "編號", "euc_kr": "번호", "cp1252": "Genève", "iso2022_jp": "番号"}.get(
        encoding, "номер"
    )
    assert decode(text.encode("latin-1" if text == "Genève" else encoding), encoding).text == text
    assert spell_bytes(decode(b"a\xff,b", encoding).text) == "FF" or encoding in (
        "cp1252",
        "cp1251",
        "koi8-r",
        "utf-32",
    )


def test_the_line_of_the_first_bad_byte_is_told():
    assert find_bad_line(b"a\nb\n\xe8z\n", "utf-8") == 3
    assert find_bad_line("a\n東\n".encode(), "utf-8") is None


def test_windows_characters_in_euc():
    assert decode(b"\xad\xa1\xad\xea,\xb7\xf4", "euc-jp").text == "①㈱,券"


def test_bytes_of_no_encoding_are_not_sure():
    assert not decode(bytes(range(256)) * 50, None).sure


def test_cp932_is_not_shift_jis():
    assert decode(b"\x81\x60\x81\x7c", "cp932").text == "～－"


@given(st.text(st.characters(exclude_categories=["Cs", "Co", "Cn"], exclude_characters="\0"), max_size=20))
def test_text_survives_encoding(text):
    text = "id,name\n" + text
    assert decode(text.encode(), "utf-8").text == text
    assert decode(text.encode("utf-8-sig"), None).text == text
    assert decode(text.encode("utf-16"), None).text == text
    assert decode(text.encode("utf-16-le"), "utf-16").text == text


@given(st.binary(max_size=60), st.sampled_from([None, "utf-8", "cp932", "euc-jp", "utf-16"]))
def test_any_bytes_decode(body, encoding):
    decoded = decode(body, encoding)
    assert decoded.bad == len(MARKED.findall(decoded.text))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("14,091", "14091"), ("１４，０９１", "14091"), ("1763", "1763"), ("△5", "-5"), ("▲ 1,234.50", "-1234.50"),
        ("－3", "-3"), ("−3", "-3"), ("ー3", "-3"), ("+0", "0"), ("-0", "0"), ("-0.0", "0.0"), ("007", "7"),
        ("１．５", "1.5"), (".5", "0.5"), (" 　100.0　", "100.0"), ("1e3", "1000"), ("1.5E-7", "0.00000015"),
        ("", None), ("-", None), ("－", None), ("1,23", None), ("12,3456", None), ("12.", None), ("①", None),
        ("10²", None), ("(12)", None), ("5円", None), ("1 234", None), ("٣", None), ("nan", None), ("1_000", None),
    ],
)  # fmt: skip
def test_numbers(text, number):
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["011002", "007", "００７", "-05", "△05", "00", "00.5", "001,234", "0000013", " 01"])
def test_zeros_in_front_are_seen(text):
    assert is_padded(text)
    assert parse_number(text) is not None


@pytest.mark.parametrize("text", ["0", "0.5", "-0", "10", "100", "1.05", "", "0a", "0-1", "a07", "0円"])
def test_other_zeros_are_none(text):
    assert not is_padded(text)


@pytest.mark.parametrize(
    ("text", "around"),
    [
        ("1,234円", ("", "円")), ("約100人", ("約", "人")), ("１２．５％", ("", "％")), ("¥1,000", ("¥", "")),
        ("△5円", ("", "円")), ("12(推計)", ("", "(推計)")), (" 3 件 ", ("", " 件")), ("30年", ("", "年")),
        ("1,234", None), ("10:00", None), ("2023/2/10", None), ("…", None), ("1,23円", None), ("①円", None), ("", None),
        ("(5)", None), ("（1,234）", None), ("5-", None), ("5 −", None), ("5.", None), ("(5)人", ("(", ")人")),
    ],
)  # fmt: skip
def test_what_stands_around_a_number(text, around):
    assert find_unit(text) == around


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
@example(Decimal("-0.500"))
def test_a_number_survives_how_it_is_written(number):
    full = str.maketrans("0123456789.,-", "０１２３４５６７８９．，△")
    for written in (f"{number:,f}", f"{number:f}", f"{number:,f}".translate(full)):
        assert to_decimal(written) == number


def test_widths():
    assert to_half_width("①㈱㍻３０年ｶﾞ～〜−－") == "1(株)平成30年ガ~~--"
    assert to_usual_width("１番線　ｼﾋﾞｯｸｾﾝﾀｰ①㈱") == "1番線 シビックセンター①㈱"


@given(st.integers(0, 16_383))
def test_column_letters_count_up(index):
    number = 0
    for letter in column_letters(index):
        number = number * 26 + ord(letter) - 64
    assert number == index + 1


@pytest.mark.parametrize(
    ("name", "order", "mark"),
    [("utf-16", "-le", ""), ("utf-16", "-be", ""), ("utf-16", "-le", "\ufeff"), ("utf-16", "-be", "\ufeff"),
     ("utf-32", "-le", ""), ("utf-32", "-le", "\ufeff"), ("utf-32", "-be", "\ufeff")],
)  # fmt: skip
def test_the_order_of_bytes_is_found_where_only_the_family_is_declared(name: str, order: str, mark: str) -> None:
    found = decode((mark + JAPANESE).encode(name + order), name)
    assert (found.text, found.bad) == (JAPANESE, 0)


def test_utf_16_without_an_order_or_any_sign_of_it_begins_with_the_low_byte() -> None:
    assert decode("東京都".encode("utf-16-le"), "utf-16").text == "東京都"


def test_bytes_that_cannot_be_decoded_are_shown_by_one_sign_each() -> None:
    made = decode(b"a\x80b\xffc", "utf-8")
    assert (made.bad, hide_marks(made.text), spell_bytes(made.text)) == (2, "a\ufffdb\ufffdc", "80 FF")
    for encoding, body, shown in (("cp932", b"a\xa0\xfd\xfe\xff\x80", "A0 FD FE FF 80"), ("utf-8", b"a\0b", "00")):
        assert spell_bytes(decode(body, encoding).text) == shown
