"""`site: {cards: true}`: pictures for shared addresses on a site, and what is told where they can't be drawn."""

import re

from carding import needs_cards
from projects import CATALOGUE, copy_template, lifts, make_project, put_sample, read_specs, run

from entaku.work import shipped

ASKED = CATALOGUE + "site: {cards: true}\n"
META = re.compile(r'<meta (?:property|name)="((?:og|twitter):[^"]*)" content="([^"]*)">')


def make(folder, office=ASKED):
    project = make_project(folder)
    (project / "catalogue.yaml").write_text(office, "utf-8")
    put_sample(project, lifts("A-1,2026/6/3", "A-2,2026/6/4"))
    return project


def read_meta(site, page):
    return dict(META.findall((site / page / "index.html").read_text("utf-8")))


def codes(result):
    return [finding.code for finding in result.findings]


@needs_cards
def test_every_page_leads_to_a_card_that_is_there(tmp_path):
    project = make(tmp_path)
    result = run(project)
    assert result.site == "published" and not {"no-pillow", "font-unbundled"} & {*codes(result)}
    site = project / "build/site"
    for lang, locale in (("", "ja_JP"), ("en/", "en_US")):
        for page, card in (
            (lang, f"{lang}card.png"),
            (f"{lang}datasets/", f"{lang}card.png"),
            (f"{lang}datasets/lifts/", f"{lang}datasets/lifts/card.png"),
            (f"{lang}datasets/lifts/report/", f"{lang}datasets/lifts/card.png"),
        ):
            meta = read_meta(site, page)
            assert meta["og:image"] == f"https://data.example.org/{card}", page
            assert (meta["og:image:width"], meta["og:image:height"]) == ("1200", "630")
            assert (meta["og:locale"], meta["twitter:card"]) == (locale, "summary_large_image")
            assert meta["og:title"] and meta["og:description"] and meta["og:type"] == "website"
            assert ("Sample" if lang else "見本") in meta["og:image:alt"]
            assert (site / card).read_bytes().startswith(b"\x89PNG")
    bodies = {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("card.png")}
    assert len(bodies) == len({*bodies.values()}) == 4
    assert run(project).site == "unchanged"


@needs_cards
def test_a_card_is_drawn_anew_when_what_is_on_it_changes_and_then_only(tmp_path, monkeypatch):
    from entaku.site import cards_pages

    project, drawn = make(tmp_path), list[str]()
    plain = cards_pages.draw_card

    def draw(card, fonts):
        drawn.append(card.title)
        return plain(card, fonts)

    monkeypatch.setattr(cards_pages, "draw_card", draw)
    run(project)
    assert len(drawn) == 4
    before = (project / "build/site/datasets/lifts/card.png").read_bytes()
    drawn.clear()
    style = copy_template(project, "assets/site.css")
    style.write_text(style.read_text("utf-8") + "\n/* more */\n", "utf-8")
    assert run(project).site == "published" and drawn == []
    assert (project / "build/site/datasets/lifts/card.png").read_bytes() == before
    pipeline = project / "pipelines/lifts.yaml"
    pipeline.write_text(
        re.sub(r"(?m)^title: .*", "title: {ja: 別の題, en: Another}", pipeline.read_text("utf-8")), "utf-8"
    )
    assert run(project).site == "published" and drawn == ["別の題", "Another"]


def test_without_pillow_or_a_font_a_notice_and_pages_without_pictures(tmp_path, monkeypatch):
    project = make(tmp_path)
    monkeypatch.setattr(shipped, "FONTS", "build/nothing")
    monkeypatch.setattr(shipped, "find_pillow", lambda office: "")
    result = run(project)
    assert (result.site, codes(result).count("no-pillow")) == ("published", 1)
    site = project / "build/site"
    meta = read_meta(site, "datasets/lifts")
    assert "og:image" not in meta and meta["twitter:card"] == "summary" and meta["og:locale"] == "ja_JP"
    assert list(site.rglob("card.png")) == [] and "card.png" not in (site / "openapi.json").read_text("utf-8")
    monkeypatch.setattr(shipped, "find_pillow", lambda office: "13")
    again = run(project)
    assert (again.site, codes(again).count("font-unbundled")) == ("unchanged", 1)


@needs_cards
def test_a_file_that_is_no_font_counts_for_none(tmp_path, monkeypatch):
    project = make(tmp_path)
    monkeypatch.setattr(shipped, "FONTS", "build/own")
    (project / "build/own").mkdir(parents=True)
    (project / "build/own/own.ttf").write_text("<html>not found</html>")
    assert "font-unbundled" in codes(run(project))


def test_nothing_is_told_nor_drawn_unless_asked(tmp_path):
    project = make(tmp_path, CATALOGUE)
    result = run(project)
    assert not {"no-pillow", "font-unbundled"} & {*codes(result)}
    assert not list((project / "build/site").rglob("card.png"))


def test_only_true_and_false_are_understood(tmp_path):
    project = make(tmp_path, CATALOGUE + "site: {cards: dark}\n")
    (finding,) = read_specs(project)[2]
    assert (finding.code, finding.value) == ("wrong-type", "dark")
