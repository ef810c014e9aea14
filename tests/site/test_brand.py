"""Another office's catalogue, branded by its catalogue.yaml alone: nothing of ours in it but the name of the program."""

import re
import shutil
from pathlib import Path

import pytest
from browser import SCREENS, find_faults, visit
from projects import CATALOGUE, LIFTS, ROOT, lifts, make_project, put, run
from test_site import Reader

from entaku.model.brand import Brand, Colours, Shades
from entaku.model.colours import AA, GROUNDS, SCHEMES, contrast, find_luminance, find_worst, spell
from entaku.model.themes import THEMES
from entaku.site.brand import add_assets, write_style
from entaku.store.site import MARK

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 220 40"><path fill="{0}" d="M2 2h36v36H2z"/><text x="46" y="28">緑</text></svg>'
SITE = """\
site:
  logo: {file: brand/logo.svg, dark: brand/dark.svg, words: true}
  icon: brand/icon.svg
  colours: {accent: "#00693e", header: "#00693e", highlight: "#f2b705"}
  home:
    lead: {ja: "緑市のデータを、\\nだれでも。", en: "Data of Midori, for everyone."}
    datasets: [lifts]
  footer:
    text: {ja: 緑市 企画課, en: Midori City}
    links: [{title: {ja: 公式サイト, en: City site}, url: "https://city.midori.lg.jp/"}]
"""
OURS = re.compile("東京|都営|円卓|エンタク|entaku|tokyo|toei|metro[.]|example[.]org", re.IGNORECASE)
CREDITS = (
    '<meta name="generator" content="Entaku 0.0.0">',
    ">entaku status --mail<",  # for the office
    "`entaku serve`", "configuration of entaku mcp",  # in openapi.json, of who answers and for whom a file is
    ">entaku mcp<", '"command": "entaku"', '"command":"entaku"',  # what a reader runs
    "$entaku_", 'var="entaku_',  # variables of the servers' rules, which put answers together
    ">entaku verify https://data.midori.lg.jp/ ",  # how a reader checks the signature
    ">entaku</generator>", '"name": "entaku"', '"extensions":["entaku"]', "Asia/Tokyo", "written by entaku", "metro.stats",
)  # fmt: skip
"""Where a program may name itself: as the generator of a page or of a manifest, in a command; and a time zone's name."""


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Path:
    """The site of a city that has never heard of us, published."""
    yaml = LIFTS.replace("office.example.org", "www.city.midori.lg.jp")
    other = (
        yaml.replace("name: lifts", "name: parks").replace("requests: [lifts]\n", "").replace("lifts.csv", "parks.csv")
    )
    project = make_project(tmp_path_factory.mktemp("city") / "p", lifts=yaml, parks=other)
    own = CATALOGUE.replace("data.example.org", "data.midori.lg.jp").replace(
        "office.example.org", "www.city.midori.lg.jp"
    )
    (project / "catalogue.yaml").write_text(own + SITE, "utf-8")
    for name, colour in (("logo", "#fff"), ("dark", "#cfc"), ("icon", "#063")):
        put(project, LOGO.format(colour), f"brand/{name}.svg")
    if (ROOT / "build" / "vendor").is_dir():
        shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    for name in ("lifts", "parks"):
        put(project / "mirror", lifts("A-1,2026-06-01", "A-2,2026-06-02"), f"https://www.city.midori.lg.jp/{name}.csv")
    assert run(project, project / "mirror").site == "published"
    return project / "build" / "site"


def test_nothing_of_ours_is_anywhere_in_it(city):
    found = {}
    for path in sorted(each for each in city.rglob("*") if each.is_file()):
        name = path.relative_to(city).as_posix()
        assert not OURS.search(name) or name == MARK, name
        text = path.read_bytes().decode("utf-8", "replace")
        for credit in CREDITS:
            text = text.replace(credit, "")
        if odd := OURS.findall(text):
            found[name] = sorted(set(odd))
    assert found == {} and len(list(city.rglob("*.html"))) > 40


def read(city: Path, path: str) -> Reader:
    return Reader.read((city / path).read_text("utf-8"))


def test_every_page_has_the_logo_the_colours_and_the_foot(city):
    for path in city.rglob("*.html"):
        page = read(city, path.relative_to(city).as_posix())
        styles = [each["href"] for each in page.all("link") if each.get("rel") == "stylesheet"]
        assert any("/brand." in f"/{each}" for each in styles), path
        (icon,) = [each for each in page.all("link") if each.get("rel") == "icon"]
        assert "brand-icon." in icon["href"] and icon["type"] == "image/svg+xml"
        logo = page.all("img")[0]
        assert "brand-logo." in logo["src"] and logo["alt"] in ("見本の目録", "A sample catalogue")
        assert (logo["width"], logo["height"]) == ("187", "34")
        assert "brand-logo-dark." in page.all("source")[0]["srcset"]
        assert "https://city.midori.lg.jp/" in [each.get("href") for each in page.all("a")]
        assert "円卓" not in page.text and "round-table" not in page.text.replace("round-table rules-table", "")


def test_the_home_page_begins_with_what_was_chosen(city):
    home = read(city, "index.html")
    assert "緑市のデータを、\nだれでも。" in home.text and "Data of Midori" in read(city, "en/index.html").text
    chosen, newest = home.text.index('id="chosen"'), home.text.index('id="new"')
    assert chosen < home.text.index('href="datasets/lifts/"') < newest < home.text.index('href="datasets/parks/"')
    assert home.text.count('<h3><a href="datasets/lifts/"') == 1


def test_axe_finds_nothing_in_a_brands_colours(chromium, city):
    with visit(chromium, city) as tab:
        for lang, path in (("", ""), ("en/", "datasets/lifts/"), ("", "404.html")):
            tab.go(lang + path)
            for scheme, width in SCREENS[lang]:
                assert find_faults(tab, scheme, width) == {}, (lang, path, scheme, width)
    tab.check()


def test_the_same_brand_is_the_same_bytes_and_another_colour_renews_the_pages(city):
    project = city.parents[1]
    assert run(project, project / "mirror").site == "unchanged"
    catalogue = project / "catalogue.yaml"
    before = catalogue.read_text("utf-8")
    (style,) = (city / "assets").glob("brand.*.css")
    catalogue.write_text(before.replace('accent: "#00693e"', 'accent: "#7a1f3d"'), "utf-8")
    assert run(project, project / "mirror").site == "published" and not style.exists()
    catalogue.write_text(before, "utf-8")
    assert run(project, project / "mirror").site == "published" and style.exists()
    icon = project / "brand" / "icon.svg"
    icon.write_text(LOGO.format("#123"), "utf-8")
    assert run(project, project / "mirror").site == "published"
    assert b"#123" in next((city / "assets").glob("brand-icon.*")).read_bytes()


# ---- themes ---------------------------------------------------------------------------------------------------------


def read_properties(style: str) -> dict[str, dict[str, str]]:
    """The custom properties of a stylesheet's light and dark scheme."""
    light, _, dark = style.partition("@media screen and (prefers-color-scheme: dark)")
    dark = dark.partition("\n}")[0]
    return {
        scheme: {key: spell(value) if value.startswith("#") else value for key, value in re.findall(r"--([\w-]+): ([^;]+);", rules)}
        for scheme, rules in (("light", light.partition("\n}")[0]), ("dark", dark))
    }  # fmt: skip


OURS_AS_THEY_ARE = read_properties((ROOT / "site_templates" / "assets" / "site.css").read_text("utf-8"))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_of_text_of_a_theme_is_readable_on_every_background(theme, scheme):
    style = write_style(Brand(theme=theme))
    assert THEMES[theme].credit in style
    own = read_properties(style)[scheme]
    seen = OURS_AS_THEY_ARE[scheme] | own
    grounds = {seen[name] for name in ("paper", "surface", "sunken", "warn-paper", "bad-paper", "glow")}
    for ink in ("ink", "soft", "accent", "accent-strong"):
        assert find_worst(seen[ink], grounds)[0] >= AA, ink
    for ink, ground in (
        ("on-accent", "accent"), ("on-accent", "accent-strong"), ("on-sample", "sample"), ("warn", "warn-paper"), ("bad", "bad-paper"),
        *((ink, ground) for ink in ("warn", "bad", "good") for ground in ("paper", "surface", "sunken")),
    ):  # fmt: skip
        assert contrast(seen[ink], seen[ground]) >= AA, (ink, ground)
    nearest = min if scheme == "light" else max  # to the ink
    theirs, usual = (nearest(map(find_luminance, each)) for each in (grounds, GROUNDS[scheme]))
    assert nearest(theirs, usual) == usual, "what is examined of an owner's accent must hold here too"
    unknown = own.keys() - OURS_AS_THEY_ARE["light"].keys()
    assert not unknown, "site.css has no such property"


def test_an_owners_colours_win_over_the_theme():
    green, dark = spell("#00693e"), "#8fd3b0"
    brand = Brand(theme="digital", colours=Colours(accent=green, header="#f2b705", dark=Shades(accent=dark)))
    style = write_style(brand)
    assert f"--accent: {green};" in style and f"--accent: {dark};" in style and "--head: #f2b705;" in style
    assert "--paper: #ffffff;" in style and "#0017c1" not in style and "#9db7f9" not in style
    assert write_style(Brand()) == ""
    assert b"#0017c1" in add_assets({"mark.svg": b"#1d4f91 #9fc3f7"}, Brand(theme="digital"), {})["mark.svg"]


@pytest.fixture(scope="module")
def digital(tmp_path_factory) -> Path:
    """The site of a city in the Digital Agency's colours."""
    project = make_project(tmp_path_factory.mktemp("digital") / "p")
    (project / "catalogue.yaml").write_text(CATALOGUE + "site: {theme: digital}\n", "utf-8")
    put(project / "mirror", lifts("A-1,2026-06-01", "A-2,2026-06-02"), "https://office.example.org/lifts.csv")
    assert run(project, project / "mirror").site == "published"
    return project / "build" / "site"


def test_axe_finds_nothing_in_a_themes_colours_and_the_pages_have_its_shape(chromium, digital):
    with visit(chromium, digital) as tab:
        for lang, path in (("", ""), ("en/", "datasets/lifts/"), ("", "quality/"), ("", "404.html")):
            tab.go(lang + path)
            tab.page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            for scheme, width in SCREENS[lang]:
                assert find_faults(tab, scheme, width) == {}, (lang, path, scheme, width)
        tab.page.emulate_media(color_scheme="light")
        tab.go("datasets/lifts/")
        shown = tab.page.locator(".download").first.evaluate(
            "each => [getComputedStyle(each).backgroundColor, getComputedStyle(each).borderTopLeftRadius]"
        )
        assert shown == ["rgb(0, 23, 193)", "8px"]
        least = tab.page.evaluate(
            "() => Math.min(...[...document.querySelectorAll('main p, main li, main td, main th, main dd')].filter((each) => each.checkVisibility())"
            ".map((each) => parseFloat(getComputedStyle(each).fontSize)))"
        )
        assert least >= 12
    tab.check()
