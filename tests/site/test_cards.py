"""Cards: PNG files of one size, whose bytes follow from what is on them; looked at by their colours where they must show
something."""

import struct

import pytest
from carding import FONTS, needs_cards
from projects import ROOT

from entaku.site.cards import COLOURS, Card, Fact
from entaku.site.cards_chart import read_strokes
from entaku.site.charts_views import BarView, ChartView, GridView, LineView

FACTS = (
    Fact("公開者", "東京都交通局"),
    Fact("対象", "2024年4月1日～2026年6月29日、東京都", "2024年4月1日～2026年6月29日"),
    Fact("利用条件", "クリエイティブ・コモンズ 表示 4.0 国際", "CC-BY-4.0"),
)
BLANK = ChartView(
    kind="line", title="点検の予定", about="行の数。月ごと", label="", grid=(GridView(212, "0"), GridView(12, "10")),
    marks=(GridView(9, "2026年4月"), GridView(98.5, "2026年7月")), lines=(), bars=(), points="", width=1000, height=240,
    plot=212, head=(), rows=(),
)  # fmt: skip
CHARTS = {
    "line": {"lines": (LineView(1, "件数", "件数", "M90 200L500 40L985 100", "M90 200h0", 100, 100),)},
    "lines": {
        "lines": (
            LineView(1, "大江戸線", "大江戸線", "M90 200L985 100", "", 100, 100),
            LineView(2, "浅草線", "浅草線", "M90 100L300 102M500 104L985 102", "", 102, 116),
        )
    },
    "spread": {"kind": "spread", "points": "M100 212V20h200V212ZM310 212V100h200V212Z"},
    "bars": {"kind": "bars", "bars": tuple(BarView(f"とても長い名前の区分 {n}", "1,234", 100 - 9 * n) for n in range(9))},
    "points": {"kind": "points", "points": "M10 20h0M300 200h0", "width": 360, "height": 300},
}  # fmt: skip


def make_card(title="都営地下鉄 駅エレベーター点検・工事日程", **more):
    return Card(
        **{
            "lang": "ja", "site": "東京都オープンデータ", "title": title, "lead": "点検の予定です。" * 9, "facts": FACTS,
            "sample": "見本", "chart": None, "colours": (*COLOURS.items(), ("accent", "#1d4f91"), ("head", "#7a1d5b")),
            **more,
        }
    )  # fmt: skip


def draw(card):
    from entaku.site.cards_draw import draw_card

    return draw_card(card, FONTS)


def find_colours(body):
    """The number of pixels of each colour of COLOURS."""
    from io import BytesIO

    from PIL import Image

    counts = {colour: count for count, colour in Image.open(BytesIO(body)).convert("RGB").getcolors(1 << 20)}
    return {name: counts.get(tuple(bytes.fromhex(value[1:])), 0) for name, value in make_card().colours}


@needs_cards
def test_a_card_is_a_small_png_of_its_size_and_always_the_same():
    card = make_card()
    body = draw(card)
    assert body.startswith(b"\x89PNG") and struct.unpack(">II", body[16:24]) == (1200, 630)
    assert len(body) < 40_000 and draw(card) == body
    seen = find_colours(body)
    assert seen["head"] > 1200 * 15 and seen["sample"] > 3000 and seen["ink"] > 2000
    assert find_colours(draw(make_card(sample="")))["sample"] == 0


@needs_cards
@pytest.mark.parametrize(
    "title",
    [
        "令和六年度における東京都区部及び多摩地域の指定緊急避難場所（土砂災害・洪水・高潮・地震）の一覧と、その開設状況"
        * 4,
        "pneumonoultramicroscopicsilicovolcanoconiosis " * 12,
        "防災🚒👨‍👩‍👧‍👦 𠮷野家と髙島屋 辻\U000e0100 ㍻ ♨️ العربية 한국어 𩸽 \ud800 \x00",
        "",
    ],
)
def test_any_title_is_drawn_within_the_limit(title):
    assert 5_000 < len(draw(make_card(title))) < 40_000


@needs_cards
@pytest.mark.parametrize("kind", CHARTS)
def test_each_kind_of_chart_is_drawn(kind):
    chart = ChartView(**{name: getattr(BLANK, name) for name in BLANK.__slots__} | CHARTS[kind])
    bare = find_colours(draw(make_card(chart=BLANK)))
    seen = find_colours(draw(make_card(chart=chart)))
    assert seen["s1"] - bare["s1"] > 50
    assert (seen["s2"] - bare["s2"] > 50) == (kind == "lines"), "each line has its own colour"


def test_strokes_of_a_path():
    assert list(read_strokes("M1 2L3 4M5 6L7 8.5")) == [((1, 2), (3, 4)), ((5, 6), (7, 8.5))]
    assert list(read_strokes("M1 9V2h3V9Z")) == [((1, 9), (1, 2), (4, 2), (4, 9))]
    assert list(read_strokes("")) == []


def test_the_colours_are_those_of_the_pages():
    style = (ROOT / "site_templates/assets/site.css").read_text("utf-8").partition("@media")[0]
    written = {
        name: value
        for line in style.splitlines()
        if ": #" in line
        for name, value in [line.strip(" -;").split(": ", 1)]
    }

    def whole(colour):
        return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])

    assert {name: whole(written[name]) for name in COLOURS} == dict(COLOURS)
