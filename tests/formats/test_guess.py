"""Japanese is read as Japanese; what is neither Japanese nor UTF-8 is never taken for it."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.formats.guess import KYOIKU, is_japanese
from entaku.formats.text import decode

SHARED = Path(__file__).parents[3] / "shared"
SAMPLES = Path(__file__).parents[2] / "pipelines" / "samples"

FOREIGN = [
    ("id,name\r\n1,Corrèze\r\n2,Genève\r\n", "latin-1", "cp1252"),
    ("id,Straße\n1,Königsallee\n2,Münchner Straße\n3,Größe über 5\n", "cp1252", ""),
    ("id,nombre\n1,España\n2,Málaga\n3,Año nuevo\n", "latin-1", "cp1252"),
    ("id,name\n1,ÉCOLE\n2,SÃO PAULO\n", "cp1252", "cp1252"),
    ("id,n\n1,étage\n2,âme\n", "latin-1", ""),
    ("id,temp\n1,5°C\n2,7°C\n", "latin-1", "cp1252"),
    ("id,café\n1,été\n2,Noël à Paris\n", "cp1252", "cp1252"),
    ("id,nazwa\n1,Łódź\n2,Kraków\n3,Gdańsk\n", "cp1250", "cp1250"),
    ("编号,名称\n1,北京市图书馆\n2,上海市\n", "gbk", "gb18030"),
    ("編號,名稱\n1,臺北市立圖書館\n2,高雄市\n", "big5", "big5"),
    ("번호,이름\n1,서울특별시\n2,부산광역시 도서관\n", "euc-kr", "cp949"),
    ("номер,имя\n1,Москва\n2,Санкт-Петербург\n", "cp1251", "cp1251"),
    ("номер,имя\n1,Москва\n2,Санкт-Петербург\n", "koi8-r", ""),
    ("αριθμός,όνομα\n1,Αθήνα\n", "iso8859-7", "cp1253"),
    ("ลำดับ,ชื่อ\n1,กรุงเทพมหานคร\n", "cp874", "cp874"),
    ("id,name\n1,北京\n2,上海\n", "gbk", ""),
]


@pytest.mark.parametrize(("text", "encoding", "guess"), FOREIGN)
def test_what_is_not_japanese_is_in_doubt(text: str, encoding: str, guess: str) -> None:
    decoded = decode(text.encode(encoding), None)
    assert decoded.likely or not decoded.sure
    if guess:
        assert (decoded.likely[0], decoded.encoding, decoded.text) == (guess, guess, text)


@pytest.mark.parametrize(
    "text",
    [
        "番号,名前\n", "名称,住所\n図書館,千代田区\n", "id,name\n1,髙﨑\n", "id,name\n1,鷺\n", "JR駅,A館\n", "id,ﾒｰﾄﾙ\n1,5㍍\n",
        "UTF-8・LF、Parquet\n", "a,b\n1,～\n", "id,ﾊﾞｽ･電車\n", "3ｶ月,5ｹ所\n", "Wi-Fi有,km²あたり\n".replace("²", "2"),
    ],
)  # fmt: skip
def test_short_japanese_is_japanese(text: str) -> None:
    decoded = decode(text.encode("cp932"), None)
    assert (decoded.encoding, decoded.text, decoded.likely, decoded.sure) == ("cp932", text, (), True)


@given(st.lists(st.text(st.sampled_from(sorted(KYOIKU)), min_size=1, max_size=6), min_size=1, max_size=6))
def test_words_of_school_kanji_are_japanese_in_either_encoding(words: list[str]) -> None:
    text = "id,name\n" + "".join(f"{n},{word}\n" for n, word in enumerate(words))
    assert is_japanese(text, "cp932")
    assert is_japanese(text, "euc-jp")
    assert decode(text.encode("cp932"), None).likely == ()


def real_files() -> list[Path]:
    every = [
        path
        for folder in ("mirror", "history", "messy", "machine-readability")
        for path in (SHARED / folder).rglob("*")
    ]
    return sorted(path for path in [*every, *SAMPLES.rglob("*")] if path.suffix in (".csv", ".json", ".txt", ".tsv"))


@pytest.mark.parametrize("path", real_files(), ids=lambda path: path.name)
def test_files_of_japanese_offices_are_read_as_they_are(path: Path) -> None:
    body = path.read_bytes()
    decoded = decode(body, None)
    assert (decoded.sure, decoded.likely, decoded.bad) == (True, (), 0)
    assert decoded.encoding in ("utf-8", "cp932")
    for encoding, codec in (("cp932", "cp932"), ("euc-jp", "euc_jp")):
        again = decoded.text.encode(codec, "ignore")
        if not again.isascii():
            assert (decode(again, None).encoding, decode(again, None).likely) == (encoding, ())


@pytest.mark.parametrize("path", real_files(), ids=lambda path: path.name)
def test_every_column_of_theirs_is_japanese_by_itself(path: Path) -> None:
    rows = list(csv.reader(decode(path.read_bytes(), None).text.splitlines()[:200]))
    for cells in zip(*(row for row in rows if len(row) == len(rows[0])), strict=True) if rows else ():
        body = "".join(f"{n},{cell}\n" for n, cell in enumerate(cells)).encode("cp932", "ignore")
        if not body.isascii():
            assert (decode(body, None).encoding, decode(body, None).likely) == ("cp932", ()), cells[:3]
