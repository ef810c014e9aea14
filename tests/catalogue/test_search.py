"""Folding and cutting words, and the files of the index."""

import dataclasses
import json

import pytest
from municipal import generate_municipal
from worlds import make_catalogue

from entaku.catalogue.postings import shorten
from entaku.catalogue.said import spell
from entaku.catalogue.search import (
    ALIKE,
    DIGITS,
    SPELLINGS,
    VALUES,
    SearchEntry,
    cut,
    fold,
    list_said,
    list_terms,
    show_values,
    write_column,
)  # fmt: skip
from entaku.site.feeds import search


@pytest.mark.parametrize(
    "alike",
    [
        ("エレベーター", "エレベータ", "ｴﾚﾍﾞｰﾀｰ", "えれべーたー", "エレベ－タ－", "エレベ‐タ‐"),
        ("カナ", "かな", "ｶﾅ"),
        ("ＡＥＤ", "aed", "AED"),
        ("髙島屋", "高島屋"),
        ("霞ヶ関", "霞ケ関"),
        ("障がい者", "障害者", "障碍者"),
        ("子ども", "こども", "子供", "コドモ"),
        ("Tōkyō", "tokyo", "ＴＯＫＹＯ"),
        ("Wi-Fi", "Wi‐Fi", "WI－FI", "wi_fi"),
        ("１丁目ー２番", "1丁目-2番", "1丁目 2番"),
    ],
)
def test_spellings_of_one_word_fold_alike(alike):
    assert len({fold(text) for text in alike}) == 1, [fold(text) for text in alike]


@pytest.mark.parametrize(
    ("one", "other"), [("ビール", "ビル"), ("病院", "美容院"), ("コピー", "コピ"), ("ハート", "ハト")]
)
def test_different_words_stay_different(one, other):
    assert fold(one) != fold(other)


def test_folding_again_changes_nothing():
    for text in ("エレベーターの点検", "Wi-Fi・無線ＬＡＮ", "station_code", "ー－−", "子どもの医療費"):
        assert fold(fold(text)) == fold(text)


def test_what_is_looked_up_is_what_folding_gives():
    assert len(ALIKE) % 2 == 0
    assert all(fold(old) == fold(new) for old, new in zip(ALIKE[::2], ALIKE[1::2], strict=True))
    assert all(fold(one) == fold(other) for one, other in SPELLINGS.items())


def test_terms_are_pairs_of_japanese_and_words_of_others():
    assert cut(fold("都営地下鉄 Line Aの駅")) == (["都営地下鉄", "の駅"], ["line"])
    assert list_terms("新幹線", single=False) == {"新幹", "幹線"}
    assert list_terms("駅") == {"駅"}
    assert "^京都" in list_terms("京都市", first=True) and "^京都" not in list_terms("東京都", first=True)
    assert list_terms("Wi-Fi station_code") == {"wi", "fi", "wifi", "station", "code", "stationcode"}


def test_lists_of_numbers_hold_distances_and_runs():
    assert shorten([]) == ""
    assert shorten([0, 1, 2, 3]) == "-4"
    assert shorten([3, 4, 9, 10, 11]) == "4,1,5,-2"
    assert shorten([0]) == "1"


def test_a_column_has_as_many_digits_as_it_needs():
    assert write_column([("a",), ("a",)]) == {"sets": [("a",)], "width": 0, "of": ""}
    assert write_column([("a",), ("b",), ("a",)])["of"] == "010"
    wide = write_column([(n,) for n in range(65)])
    assert wide["width"] == 2 and wide["of"].endswith("0_" + "10") and DIGITS[63] == "_"


def read_index(catalogue, lang="ja"):
    pages = {page.path: json.loads(page.body) for page in search.render(catalogue)}
    return pages, pages[f"search/{lang}.json"]


def test_every_dataset_and_every_term_is_in_a_file_that_the_index_names():
    pages, index = read_index(generate_municipal(300))
    assert index["count"] == 300
    terms = [pages[f"search/terms-{n}.{name}.json"] for n, name in enumerate(index["terms"])]
    assert [min(shard, key=lambda term: term.encode("utf-16-be")) for shard in terms] == index["first"]
    entries = [entry for n, name in enumerate(index["entries"]) for entry in pages[f"search/ja-{n}.{name}.json"]]
    assert len(entries) == 300 == len({entry[0] for entry in entries})
    lengths = [len(fold(entry[1])) for entry in entries]
    assert lengths == sorted(lengths)
    every = {term for shard in terms for term in shard}
    assert {"卸売", "売市", "station", "^東京"} <= every
    orders = [path for path in pages if path.startswith("search/order-")]
    assert len(orders) == 3  # by rows; by name in each language
    assert len(pages) == len(index["terms"]) + 2 * len(index["entries"]) + 2 + len(orders)


@pytest.mark.parametrize("columns", [1, 5, 60, 2_000])
def test_a_file_of_values_is_small_whatever_a_dataset_has(columns):
    """Three of them are fetched for an answer, so that a query stays within its budget."""
    told = {"ja": "市場の名前", "en": "Market"}
    values = tuple(("prices", f"column_{n}", told, tuple(f"値{each}" for each in range(500))) for n in range(columns))
    nothing: dict = {"ja": "", "en": ""}
    entry = SearchEntry("", nothing, nothing, (), lambda _: (), ((), (), (), ()), (), "", "", 0, False, values)
    body = show_values(entry)
    held = json.loads(body)
    assert 0 < len(body) <= VALUES and held[0][:2] == ["prices", "column_0"] and held[0][4][0] == "値0"
    assert len(held) == columns or {len(each[4]) for each in held} == {1}


def test_the_index_tells_samples_and_what_is_not_there_yet():
    pages, index = read_index(make_catalogue(sample=True))
    [entries] = [body for path, body in pages.items() if path.startswith("search/ja-")]
    told = {entry[0]: (entry[7], entry[8]) for entry in entries}
    assert told["datasets/elevators/"] == ("2022-06-28", 1)
    assert told["datasets/markets/"] == ("2026-07-01", 0)
    assert told["datasets/planned/"] == ("", 0)
    assert index["labels"]["theme"] == ["産業・経済", "交通", "観光"]


def test_a_dataset_that_can_not_be_described_is_left_out_alone():
    catalogue = make_catalogue()
    broken = tuple(
        dataclasses.replace(
            each, spec=dataclasses.replace(each.spec, pipeline=dataclasses.replace(each.spec.pipeline, title=None))
        )  # type: ignore[arg-type]
        if each.spec.pipeline.name == "markets"
        else each
        for each in catalogue.datasets
    )
    made = list(search.render(dataclasses.replace(catalogue, datasets=broken)))
    [finding] = [each for each in made if not hasattr(each, "path")]
    assert (finding.code, finding.args["dataset"]) == ("feed-left-out", "markets")
    [body] = [each.body for each in made if getattr(each, "path", "") == "search/en.json"]
    assert json.loads(body)["count"] == 3


def test_the_same_catalogue_gives_the_same_index():
    first, second = ([(page.path, page.body) for page in search.render(make_catalogue())] for _ in range(2))
    assert first == second


def test_browsers_are_told_where_to_search():
    bodies = {page.path: page.body.decode() for page in search.render_opensearch(make_catalogue(evil="<&"))}
    assert set(bodies) == {"opensearch.xml", "en/opensearch.xml"}
    assert 'template="https://data.example.jp/entaku/en/datasets/?q={searchTerms}"' in bodies["en/opensearch.xml"]
    assert "<ShortName>円卓データカタログ&lt;&amp;</ShortName>" in bodies["opensearch.xml"]


@pytest.mark.parametrize(
    ("kana", "latin"),
    [("しじょう", ("shijou", "shijo")), ("エレベーター", ("erebeetaa", "erebeta")), ("くうき", ("kuuki", "kuki"))],
)
def test_kana_are_spelled_as_people_type_them(kana, latin):
    assert spell(kana) == latin


def test_words_are_found_by_readings_latin_letters_and_synonyms():
    said = list_said(["駅のエレベータ", "ﾎｹﾞﾌｶﾞ"])
    assert {"えき", "eki", "station", "昇降機", "リフト", "erebeta"} <= set(said)
    assert len(said) == len(set(said)) and list_said(["なにもない"]) == ()
