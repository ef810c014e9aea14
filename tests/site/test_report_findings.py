"""The page of a held attempt with 200 findings: an item for each cause, and how many more there are."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from wholes import render_site
from worlds import make_catalogue

from entaku.model.nouns import Attempt, Finding, Place
from entaku.site.trust import group_findings
from entaku.site.words import Words

FOLDER = Path(__file__).parents[2] / "site_templates"
TEMPLATES = {path.name: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.*"))}
ASSETS = {path.name: path.read_bytes() for path in sorted((FOLDER / "assets").iterdir())}
PATTERNS = {"円$": "{}円", "^約": "約{}"}
FINDINGS = tuple(
    Finding("number-with-text", "error", Place("https://x.example/a.csv", row=row, column="loans"), shape.format(row),
            {"step": "parse_number", "now": "loans", "pattern": pattern})
    for pattern, shape in PATTERNS.items()
    for row in range(2, 102)
)  # fmt: skip


def test_a_code_has_an_item_for_each_cause() -> None:
    words = Words("ja", json.loads(TEMPLATES["words.json"]))
    (view,) = group_findings(FINDINGS, words)
    assert (view.code, view.count, len(view.items)) == ("number-with-text", 200, 2)
    assert [(item.place, item.what, item.count) for item in view.items] == [
        (
            "https://x.example/a.csv 2 行目 列 loans",
            "「2円」には数のほかに文字があります（手順 parse_number）（ほかに 99 件：3 行目「3円」、4 行目「4円」、5 行目「5円」 など）",
            100,
        ),
        (
            "https://x.example/a.csv 2 行目 列 loans",
            "「約2」には数のほかに文字があります（手順 parse_number）（ほかに 99 件：3 行目「約3」、4 行目「約4」、5 行目「約5」 など）",
            100,
        ),
    ]
    assert "「円$」" in view.items[0].next and "「^約」" in view.items[1].next


@pytest.mark.parametrize(
    ("lang", "count", "more"), [("", "200 件", "ほかに 99 件："), ("en/", "200", "99 more: row 3 &#34;3円&#34;, ")]
)
def test_the_page_stays_readable(lang: str, count: str, more: str) -> None:
    catalogue = make_catalogue()
    datasets = tuple(
        replace(one, attempt=Attempt("2026-07-02T23:05:00Z", FINDINGS, 200)) if one.attempt else one
        for one in catalogue.datasets
    )
    (held,) = [one for one in datasets if one.attempt]
    pages, findings = render_site(replace(catalogue, datasets=datasets), TEMPLATES, ASSETS)
    assert findings == ()
    path = f"{lang}datasets/{held.spec.pipeline.name}/report/index.html"
    text = next(page.body for page in pages if page.path == path).decode()
    held_part = text[text.index('id="attempt"') :]
    listed = re.search(r'<ul class="finding-places">(.*?)</ul>', held_part, re.DOTALL)
    assert listed is not None and listed[1].count("<li>") == 2
    assert more in listed[1]
    assert count in held_part
    assert "number-with-text" in held_part
