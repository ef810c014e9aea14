import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.formats.invisible import drop_invisible, find_invisible, fold, spell

TOKYO = "東京"


@pytest.mark.parametrize(
    "odd",
    [
        "\u200b",
        "\ufeff",
        "\u202e",
        "\xad",
        "\u2060",
        "\u200e",
        "\u200d",
        "ㅤ",
        "\u180e",
        "\u2066",
        "ᅟ",
        "\U000e0020",
        "\u061c",
        "\u2800",
        "\ufe0f",
        "\ufe0e",
    ],
)
def test_what_nobody_sees_is_found_and_dropped(odd: str) -> None:
    for text in (odd + TOKYO, TOKYO + odd, f"東{odd}京"):
        assert find_invisible(text) == odd
        assert drop_invisible(text) == fold(text) == TOKYO


@pytest.mark.parametrize(
    "text",
    [
        TOKYO, "葛\U000e0100飾", "👨\u200d👩\u200d👧", "می\u200cخواهم", "क्\u200dष", "\u200fשלום (2)", "العربية\u200e", "☎\ufe0f", "1\ufe0f\u20e3", "㊗\ufe0f",
        "naïve", "が", "か\u3099", "a b　c", "\u0600",
    ],
)  # fmt: skip
def test_what_scripts_need_is_no_finding(text: str) -> None:
    assert find_invisible(text) == ""


def test_texts_that_look_alike_fold_alike() -> None:
    for text in ("がぎ", "か\u3099き\u3099", "が\u200bぎ", "\u00a0がぎ\u2003", "　がぎ "):
        assert fold(text) == "がぎ"
    assert fold("Cafe\u0301\u00a0au lait") == "Café au lait"
    assert fold("\ufa19社") != fold("\u795e社")  # a character of its own in names, though Unicode calls both equal


def test_characters_are_spelt() -> None:
    assert spell("\u200b\U000e0020") == "U+200B, U+E0020"


@given(st.text(max_size=12))
def test_dropping_is_done_once(text: str) -> None:
    clean = drop_invisible(text)
    assert find_invisible(clean) == ""
    assert drop_invisible(clean) == clean
    assert unicodedata.normalize("NFKD", clean).isascii() or clean
