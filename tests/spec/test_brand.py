"""`site:` of catalogue.yaml: colours, pictures and names are examined before anything is published."""

import re
from pathlib import Path

import pytest
from projects import CATALOGUE

from entaku.model import colours
from entaku.model.messages import say
from entaku.spec import parse_project
from entaku.work.load import read_pictures

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0"/></svg>'
CSS = Path(__file__).parents[2] / "site_templates" / "assets" / "site.css"


def measure(mark=b"PMTiles\x03", inner=2, packed=2, kind=1, size=2_000_000):
    """The head of an archive whose tiles end at 2,000,000 bytes, and the size of the file."""
    places = [127, 100, 227, 100, 0, 0, 327, 1_999_673, 1, 1, 1]
    head = mark + b"".join(each.to_bytes(8, "little") for each in places) + bytes([1, inner, packed, kind, 3, 14])
    return head.ljust(127, b"\0") + size.to_bytes(8, "little")


ODD = {
    "old": (measure(b"PMTiles\x02"), "PMTiles 2"),
    "other": (measure(b"SQLite f"), "PMTiles の印"),
    "empty": (b"".ljust(127, b"\0") + bytes(8), "PMTiles の印"),
    "short": (measure(size=1_999_999), "1,999,999"),
    "brotli": (measure(packed=3), "gzip"),
    "inside": (measure(inner=4), "gzip"),
    "odd": (measure(kind=9), "種類 9"),
}
"""Archives of tiles that pages can't show, and what is said of each."""


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
        ("  map: {tiles: town.mbtiles, attribution: 市}", (8, "bad-pattern", "town.mbtiles")),
        ("  map: {tiles: gone.pmtiles, attribution: 市}", (8, "no-file", "gone.pmtiles")),
        ("  map: {tiles: ../town.pmtiles, attribution: 市}", (8, "outside-project", "../town.pmtiles")),
        ("  map: {tiles: town.pmtiles}", (8, "missing-key", "attribution")),
        *(
            (f"  map: {{tiles: {name}.pmtiles, attribution: 市}}", (8, "tiles-unread", f"{name}.pmtiles"))
            for name in ODD
        ),
        ("  footer: {links: [{title: 市, url: 'javascript:alert(1)'}]}", (8, "bad-pattern", "javascript:alert(1)")),
        ("  footer: {text: '   '}", (8, "empty-text", "text")),
        ("  host: heroku", (8, "not-allowed", "heroku")),
    ],
)
def test_a_mistake_is_told_with_its_line(site, expected):
    odd = {f"{name}_pmtiles": body for name, (body, _) in ODD.items()}
    office, told, findings = read(
        site + "\n", bad_svg=b"<svg", logo_svg=SVG, logo_png=SVG, town_pmtiles=measure(), **odd
    )
    assert office is None and told == [expected], findings


def test_an_archive_of_tiles_is_told_with_its_size_and_what_is_wrong_with_another():
    office, told, (finding,) = read("  map:\n    tiles: town.pmtiles\n    attribution: 市\n", town_pmtiles=measure())
    assert office.site.map.tiles == "town.pmtiles" and told == [(9, "tiles-told", "town.pmtiles")]
    assert finding.severity == "notice"
    assert finding.args == {"size": "2.0", "least": "3", "most": "14"}
    for name, (body, why) in ODD.items():
        _, _, (finding,) = read(f"  map: {{tiles: {name}.pmtiles, attribution: 市}}\n", **{f"{name}_pmtiles": body})
        assert why in finding.args["why"], name


def test_an_archive_is_measured_without_being_read_whole(tmp_path):
    (tmp_path / "p").mkdir()
    with (tmp_path / "p" / "large.pmtiles").open("wb") as file:
        file.write(measure()[:127])
        file.truncate(60 << 30)
    measured = read_pictures(tmp_path / "p", ["large.pmtiles", "gone.pmtiles"])
    assert measured == {"large.pmtiles": measure()[:127] + (60 << 30).to_bytes(8, "little")}
    (tmp_path / "p" / "way.pmtiles").symlink_to(tmp_path / "other.pmtiles")
    (tmp_path / "other.pmtiles").write_bytes(measure())
    assert read_pictures(tmp_path / "p", ["way.pmtiles"]) == {}


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
