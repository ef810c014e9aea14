"""`site:` of catalogue.yaml: colours, pictures and names are examined before anything is published."""

import re
from pathlib import Path

import pytest
from projects import CATALOGUE

from entaku.model import colours
from entaku.model.messages import say
from entaku.spec import parse_project

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0"/></svg>'
CSS = Path(__file__).parents[2] / "site_templates" / "assets" / "site.css"


def read(site: str, **files: bytes):
    """The office and (line, code, value) of each finding about `site:` with these lines."""
    body = (CATALOGUE + "site:\n" + site).encode()
    there = {name.replace("_", "."): body for name, body in files.items()}
    office, _, findings = parse_project({"catalogue.yaml": body, "pipelines/lifts.yaml": b"name: lifts\n"}, there.get)
    mine = [each for each in findings if each.place.file == "catalogue.yaml"]
    return office, [(each.place.line, each.code, each.value) for each in mine], mine


def test_everything_that_may_be_written():
    office, told, _ = read(
        """\
  logo: {file: a.svg, dark: b.svg, words: true}
  icon: a.svg
  theme: digital
  colours: {accent: "#063", header: "006633", highlight: "#F2B705", dark: {accent: "#9fe0c0"}}
  footer: {text: 課, links: [{title: 市, url: "https://city.example.jp/"}]}
  home: {lead: {ja: ようこそ}, datasets: [lifts], round_table: true}
  host: netlify
""",
        a_svg=SVG,
        b_svg=SVG,
    )
    assert told == []
    assert office.site.list_pictures() == {"logo": "a.svg", "logo-dark": "b.svg", "icon": "a.svg"}


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ('  colours: {accent: "#ffcc00"}', (8, "low-contrast", "#ffcc00")),
        ('  colours:\n    dark:\n      accent: "#003366"', (10, "low-contrast", "#003366")),
        ("  colours:\n    accent: #1d4f91", (9, "no-value", "accent")),
        ("  colours: {accent: green}", (8, "bad-pattern", "green")),
        ("  colours: {text: '#000'}", (8, "unknown-key", "text")),
        ("  logo: gone.svg", (8, "no-file", "gone.svg")),
        ("  logo: bad.svg", (8, "picture-unread", "bad.svg")),
        ("  logo: {file: logo.svg,\n    dark: bad.svg}", (9, "picture-unread", "bad.svg")),
        ("  icon: logo.png", (8, "picture-unread", "logo.png")),
        ("  logo: ../logo.svg", (8, "outside-project", "../logo.svg")),
        ("  logo: 'a\\logo.svg'", (8, "path-backslash", "a\\logo.svg")),
        ("  logo: logo.gif", (8, "bad-pattern", "logo.gif")),
        ("  footer: {links: [{title: 市, url: 'javascript:alert(1)'}]}", (8, "bad-pattern", "javascript:alert(1)")),
        ("  footer: {text: '   '}", (8, "empty-text", "text")),
        ("  host: heroku", (8, "not-allowed", "heroku")),
    ],
)
def test_a_mistake_is_told_with_its_line(site, expected):
    office, told, findings = read(site + "\n", bad_svg=b"<svg", logo_svg=SVG, logo_png=SVG)
    assert office is None and told == [expected], findings


def test_a_contrast_is_told_with_the_number_and_a_colour_that_has_enough():
    _, _, (finding,) = read('  colours: {accent: "#ffcc00"}\n')
    assert "1.2" in finding.args["ratio"] and "WCAG" in say(finding, "ja")
    assert read(f'  colours: {{accent: "{finding.args["near"]}"}}\n')[1] == []


def test_what_is_left_out_of_a_picture_and_who_is_not_there_are_told_and_hold_nothing():
    odd = SVG.replace(b"<path", b"<metadata/><path")
    office, told, _ = read("  logo: logo.svg\n  home: {datasets: [lift]}\n", logo_svg=odd)
    assert office is not None
    assert told == [(8, "picture-cleaned", "logo.svg"), (9, "unknown-name", "lift")]


def test_contrasts_are_those_of_wcag():
    assert colours.contrast("#000", "#fff") == 21
    assert 4.54 < colours.contrast("#767676", "#ffffff") < 4.55
    assert 4.47 < colours.contrast("#777777", "#ffffff") < 4.48
    assert colours.write_on("#777777") == "#000000" and colours.write_on("#00693e") == "#ffffff"
    least = min(
        colours.contrast(colours.write_on(f"#{n:02x}{n:02x}{n:02x}"), f"#{n:02x}{n:02x}{n:02x}") for n in range(256)
    )
    assert least > colours.AA


@pytest.mark.parametrize("colour", ["#ffcc00", "#777", "#00f", "#1d4f91", "#ffffff", "#000000", "#e4007f"])
@pytest.mark.parametrize("scheme", colours.SCHEMES)
def test_a_colour_that_is_made_can_be_read_everywhere(colour, scheme):
    found = colours.find_readable(colour, scheme, colours.EASY)
    assert colours.find_worst(found, colours.GROUNDS[scheme])[0] >= colours.EASY
    glow = colours.make_glow(colour, found, scheme)
    assert min(colours.contrast(found, glow), colours.contrast(colours.SOFT[scheme], glow)) >= colours.AA
    assert colours.contrast("#ffffff", colours.darken(colour)) >= colours.AA


def test_the_backgrounds_are_those_of_the_stylesheet():
    blocks = re.findall(r":root \{(.*?)\}", CSS.read_text("utf-8"), re.DOTALL)
    for scheme, block in zip(colours.SCHEMES, blocks, strict=False):
        values = {name: colours.spell(value) for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]+);", block)}
        names = ("paper", "surface", "sunken", "warn-paper", "bad-paper", "glow")
        assert tuple(values[name] for name in names) == colours.GROUNDS[scheme]
        assert (values["paper"], values["soft"]) == (colours.PAPER[scheme], colours.SOFT[scheme])
        assert colours.find_worst(values["accent"], colours.GROUNDS[scheme])[0] >= colours.AA
