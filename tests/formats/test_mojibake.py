import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.formats.mojibake import unscramble


@pytest.mark.parametrize(
    ("garbled", "text"),
    [
        ("蝗ｳ譖ｸ鬢ｨ", "図書館"),
        ("譚ｱ莠ｬ驛ｽ", "東京都"),
        ("繧ｫ繧ｿ繧ｫ繝", "カタカ�"),
        ("å›³æ›¸é¤¨", "図書館"),
        ("ã‚«ã‚¿ã‚«ãƒŠè¡¨è¨˜", "カタカナ表記"),
        ("ƒJƒ^ƒJƒi•\\‹L", "カタカナ表記"),
        ("\x90}\x8f\x91\x8aÙ", "図書館"),
        ("¿Þ½ñ´Û", "図書館"),
        ("､｢､､､ｦ､ｨ､ｪ", "あいうえお"),
        ("CorrÃ¨ze", "Corrèze"),
        ("10Â°C", "10°C"),
        ("Genﾃｨve", "Genève"),
        ("Itâ€™s", "It’s"),
    ],
)
def test_text_that_was_decoded_wrongly_is_read_anew(garbled: str, text: str) -> None:
    assert unscramble(garbled) == text


@pytest.mark.parametrize(
    "text",
    [
        "図書館", "縺れる", "繧繝彩色", "饗庭", "鷺ノ宮", "ｼﾋﾞｯｸｾﾝﾀｰ", "ﾊﾞｽ･電車", "Corrèze", "SÃO PAULO", "Ã", "“A” “B”", "ƒ(x)", "10 °C",
        "ÄÖÜäöü", "ÅÄÖ åäö", "①㈱髙﨑", "Tﾃｲｼﾞ", "", "中华人民共和国", "서울특별시", "蝦夷", "譚嗣同", "鬢付け油", "10ﾂ", "B棟ﾃﾗｽ",
    ],
)  # fmt: skip
def test_other_text_is_left_alone(text: str) -> None:
    assert unscramble(text) == ""


KANJI = st.text(
    st.sampled_from("図書館東京都千代田区公共施設名称利用時間開館日電話番号料金円年月"), min_size=2, max_size=8
)


@given(KANJI)
def test_what_is_garbled_comes_back(text: str) -> None:
    assert unscramble(text) == ""
    assert unscramble(text.encode().decode("latin-1")) == text
    assert unscramble(text.encode("euc_jp").decode("latin-1")) in (text, "")


@given(st.text(max_size=20))
def test_no_text_breaks_it(text: str) -> None:
    unscramble(text)
