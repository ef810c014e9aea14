"""What people are shown of a YAML has no invisible or control character, and addresses are addresses."""

import pytest
from projects import CATALOGUE, LIFTS

from entaku.spec import parse_project

OFFICE = CATALOGUE.replace('"https://office.example.org/"}}', '"https://office.example.org/", email: a@example.org}}')


def find(catalogue: str = OFFICE, pipeline: str = LIFTS) -> list[tuple[str, str, int | None, str]]:
    files = {
        "catalogue.yaml": catalogue.encode(),
        "pipelines/lifts.yaml": pipeline.encode(),
        "requests.csv": b"id\nlifts\n",
    }
    return [(each.code, each.place.file, each.place.line, each.value) for each in parse_project(files)[2]]


def test_nothing_is_found_in_what_is_right() -> None:
    assert find() == []


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"\u202e", "U+202E"), (r"\u2066a\u2069", "U+2066, U+2069"), (r"\u200b", "U+200B"), (r"\u200e", "U+200E"), (r"\xad", "U+00AD"),
        (r"\ufeff", "U+FEFF"), (r"\u2028", "U+2028"), (r"\uffff", "U+FFFF"), (r"\U000e0041", "U+E0041"), (r"\ufdd0", "U+FDD0"),
        (r"\U0001ffff", "U+1FFFF"), (r"\x07", "U+0007"), (r"\x85", "U+0085"), ("\u202e", "U+202E"), ("\u2067", "U+2067"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("catalogue.yaml", "en: A sample catalogue", 'en: "A sample{}catalogue"', 1),
        ("catalogue.yaml", "ja: 見本局", 'ja: "見本{}局"', 4),
        ("catalogue.yaml", "a@example.org", '"a{}@example.org"', 4),
        ("catalogue.yaml", "https://data.example.org/", '"https://data.example.org/{}"', 3),
        ("catalogue.yaml", "title: CC BY 4.0", 'title: "CC{}BY"', 5),
        ("pipelines/lifts.yaml", "title: {ja: 昇降機の点検, en: Lift inspections}", 'title: "点{}検"', 2),
        ("pipelines/lifts.yaml", "themes: [transport]", 'themes: [transport]\nkeywords: ["点{}検"]', 7),
        ("pipelines/lifts.yaml", "en: Number", 'en: "Num{}ber"', 21),
    ],
)
def test_what_is_shown_has_no_unseen_character(
    file: str, old: str, new: str, line: int, written: str, shown: str
) -> None:
    texts = {"catalogue.yaml": OFFICE, "pipelines/lifts.yaml": LIFTS}
    assert texts[file].count(old) == 1
    texts[file] = texts[file].replace(old, new.replace("{}", written))
    found = find(*texts.values())
    assert len(found) == 1 and found[0][1:3] == (file, line)
    assert found[0][::3] == ("yaml-character", shown) or (
        shown in ("U+2028", "U+0085") and found[0][0] == "bad-pattern"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- sort:", '- replace: {column: id, values: {"\\u200b": "", "\\u202e": ""}}\n      - sort:'),
        ("primaryKey: [id, day]", 'primaryKey: [id, day]\n      missingValues: ["", "\\u200b"]'),
        ("en: Lift inspections", 'en: "Two\\tlines\\nof 👩\\u200d👧 \\u05d0\\u200f"'),
    ],
)
def test_where_it_is_meant_it_stays(old: str, new: str) -> None:
    """Texts that are compared with data; joiners and direction marks where a script needs them."""
    assert LIFTS.count(old) == 1
    assert [each for each in find(pipeline=LIFTS.replace(old, new)) if each[0] == "yaml-character"] == []


@pytest.mark.parametrize(
    "address",
    [
        "a@b@c",
        "mailto:a@example.org",
        "<a@example.org>",
        "a@x.org,b@x.org",
        '"a b@x.org"',
        "'a\"@x.org'",
        "a@x.org?cc=b",
        "@x",
        "a@",
    ],
)
def test_an_email_is_one_address(address: str) -> None:
    found = find(
        OFFICE.replace("email: a@example.org", f"email: {address}" if address[0] in "'\"" else f"email: {address!r}")
    )
    assert [each[:3] for each in found] == [("bad-pattern", "catalogue.yaml", 4)]


@pytest.mark.parametrize(
    "url", ["https://x.org/?q=1", "https://x.org/#top", "https://x.org/a/../b/", "https://x.org/.", "https://x.org/<b>", "https://x.org/a\\\\b", "https://x.org:99999/"]
)  # fmt: skip
def test_paths_can_be_added_to_the_base_address(url: str) -> None:
    found = find(OFFICE.replace("base_url: https://data.example.org/", f'base_url: "{url}"'))
    assert [each[:3] for each in found] == [("bad-url", "catalogue.yaml", 3)]


@pytest.mark.parametrize(
    "url",
    ["https://x.org", "http://x.org/a/b/", "https://例え.jp/", "https://x.org:8080/it's/", "https://x.org/a.b/..c/"],
)
def test_other_addresses_may_be_one(url: str) -> None:
    assert find(OFFICE.replace("base_url: https://data.example.org/", f'base_url: "{url}"')) == []
