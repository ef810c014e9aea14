"""Files that are made to do harm: each has one finding that names what is wrong, none an exception."""

import io
import random
import struct
import zipfile
from collections.abc import Iterator

import fuzz
import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from wholes import make_part
from workbooks import ods, ods_cell, xls, xlsb, xlsx

from entaku.formats import limits
from entaku.formats.ole import Ole, check_old_workbook
from entaku.model.grammar import Read
from entaku.model.messages import say
from entaku.model.nouns import Finding, Raw, Table
from entaku.table.parts import Work
from entaku.table.read import read

URL = "https://example.jp/a"


def look(body: bytes | str, url: str = URL, **how: object) -> tuple[tuple[Table, ...], tuple[Finding, ...]]:
    raw = Raw(url=url, values={}, served="file", fetched="", sha256="", bytes=0)
    return read(raw, body.encode() if isinstance(body, str) else body, Read(**how))  # type: ignore[arg-type]


def only(body: bytes | str, code: str, *words: str, **how: object) -> Finding:
    """The one finding of a file that makes no table; its message holds `words`, of `行 / rows` those of its language."""
    tables, findings = look(body, **how)
    assert tables == ()
    assert [finding.code for finding in findings] == [code], findings
    hold(findings[0], *words)
    return findings[0]


def hold(finding: Finding, *words: str) -> None:
    """Assert that a message holds `words`, of `行 / rows` those of its language."""
    said = say(finding, "ja"), say(finding, "en")
    for word in words:
        ja, _, en = word.rpartition(" / ")
        assert (ja in said[0] and en in said[1]) if ja else word in said[0] + said[1], said
        assert not ja or word not in said[0] + said[1]


# ---- text -------------------------------------------------------------------------------------------------------


def test_ten_thousand_columns() -> None:
    header = ",".join(f"c{n}" for n in range(10_000))
    finding = only(f"{header}\n{header}\n", "read-limit", "列 / columns", "5,000")
    assert finding.place.row == 1


def test_a_line_without_end() -> None:
    many = "1," * (limits.LINE // 2 + 1)
    finding = only(f"a,b\n1,2\n{many}\n3,4\n", "read-limit", "1 行の文字 / characters in a line", "4,194,304")
    assert finding.place.row == 3


def test_a_line_of_200_megabytes_is_refused_before_it_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.formats.limits.LINE", 1 << 16)
    monkeypatch.setattr("csv.reader", None)
    assert only("x," * (1 << 20), "read-limit", "65,536").place.row == 1


def test_a_cell_of_a_million_characters() -> None:
    _, (finding, *_) = look("a,b\n1," + "x" * 1_000_000 + "\n2,3\n")
    assert (finding.code, finding.place.row, finding.args["limit"]) == ("read-limit", 2, "131,072")
    hold(finding, "セルの文字 / characters in a cell")


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.formats.limits.ROWS", 1000)
    monkeypatch.setattr("entaku.formats.limits.PLAIN_ROWS", 1000)
    only("a\n" + "1\n" * 1000, "read-limit", "行 / rows", "1,000")


def test_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.formats.limits.BYTES", 100)
    only("a\n" + "1\n" * 100, "read-limit", "バイト / bytes", "100")


ROWS = ("a", "b"), ("1", "2"), ("xyz", "4")
OF_ODS = ("".join(map(ods_cell, row)) for row in ROWS)
FILES: dict[str, bytes] = {
    "csv": b"a,b\n1,2\nxyz,4\n",
    "odd csv": b'a,b\n1,2\nx"yz,4\n',
    "json": b'[{"a": "1", "b": "2"}, {"a": "xyz", "b": "4"}]',
    "xlsx": xlsx(*ROWS),
    "xlsb": xlsb(*ROWS),
    "xls": xls(*ROWS),
    "ods": ods(*(f"<table:table-row>{row}</table:table-row>" for row in OF_ODS)),
}


@pytest.mark.parametrize(
    ("kind", "limit", "most"),
    [
        # the time at which a workbook is made is in it, and may change its size: names must not
        *(pytest.param(kind, "BYTES", len(body), id=f"{kind}-BYTES") for kind, body in FILES.items()),
        *((kind, "COLUMNS", 2) for kind in FILES),
        *((kind, "CELLS", 6) for kind in ("xlsx", "xlsb", "xls", "ods")),
        ("csv", "CELL", 3),
        ("odd csv", "CELL", 4),
        ("odd csv", "LINE", 6),
        ("odd csv", "ROWS", 3),
        ("json", "ROWS", 2),
        ("ods", "DEPTH", 7),
    ],
)
def test_a_file_may_be_just_as_large_as_each_limit(
    monkeypatch: pytest.MonkeyPatch, kind: str, limit: str, most: int
) -> None:
    monkeypatch.setattr(limits, limit, most)
    (table,), findings = look(FILES[kind])
    assert table.frame.shape == (2, 2) and not [each for each in findings if each.severity == "error"]
    monkeypatch.setattr(limits, limit, most - 1)
    (finding,) = [each for each in look(FILES[kind])[1] if each.severity == "error"]
    assert (finding.code, finding.args["limit"]) == ("read-limit", f"{most - 1:,}")


def test_nul_bytes_are_named_where_they_are() -> None:
    tables, (finding,) = look(b"a,b\n1,x\0y\n2,z\n")
    assert (finding.code, finding.place.row, finding.place.column, finding.value) == ("encoding", 2, "b", "00")
    assert tables[0].frame["b"].tolist() == ["x\ufffdy", "z"]


def test_an_open_quote_names_its_line() -> None:
    assert look('a,b\n1,"x\n2,y\n')[1][0].code == "unclosed-quote"
    assert look('a,b\n1,"x\n2,y\n')[1][0].place.row == 2


def test_mixed_encodings_are_named_where_they_are() -> None:
    mixed = "名前,町\n".encode() + "東京,千代田\n".encode() * 20 + "大阪,北\n".encode("cp932")
    _, findings = look(mixed)
    assert {(finding.code, finding.place.row) for finding in findings} == {("encoding", 22)}
    assert "utf-8" in say(findings[0], "ja")


def test_lone_surrogates_never_reach_a_table() -> None:
    for body in (b"a\nx\xed\xa0\x80y\n", "a\nx".encode("utf-16") + b"\x00\xd8" + "y\n".encode("utf-16-le")):
        tables, findings = look(body)
        assert findings[0].code in ("encoding", "encoding-likely")
        for table in tables:
            table.frame.to_csv().encode()


def test_cells_that_are_formulas_stay_as_they_are() -> None:
    (table,), findings = look('a\n"=HYPERLINK(""http://x"",""y"")"\n=cmd|\' /C calc\'!A0\n')
    assert findings == ()
    assert table.frame["a"].tolist() == ['=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0"]


# ---- zips -------------------------------------------------------------------------------------------------------


def zip_of(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in members:
            made.writestr(name, body)
    return sink.getvalue()


def test_a_zip_bomb_by_its_ratio() -> None:
    only(zip_of(("a.csv", b"0" * (30 << 20))), "read-limit", "展開の倍率 / times that it expands", "200")


def test_a_zip_bomb_of_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.formats.limits.EXPANDED", 1 << 20)
    bomb = zip_of(*((f"{n}.csv", bytes(random.Random(n).randbytes(300_000))) for n in range(5)))
    only(bomb, "read-limit", "展開後のバイト / unpacked bytes", "1,048,576", member="/.*csv/")


def test_a_zip_whose_directory_lies_about_sizes() -> None:
    honest = zip_of(("a.csv", b"a\n" + b"1\n" * 5000))
    at = honest.rindex(b"PK\x01\x02")
    lying = honest[: at + 24] + struct.pack("<I", 10) + honest[at + 28 :]
    only(lying, "broken-file", "not what the directory says")


@pytest.mark.parametrize(
    ("name", "form"), [("a.xlsx", "Excel"), ("A.XLSM", "Excel"), ("a.zip", "zip"), ("a", "zip"), ("xlsx.zip", "zip")]
)
def test_what_is_cut_short_is_called_what_its_name_says(name: str, form: str) -> None:
    (finding,) = look(zip_of(("a.csv", b"a\n1\n"))[:-9], url=f"https://example.jp/{name}")[1]
    assert (finding.code, finding.args["format"]) == ("broken-file", form)


def test_a_zip_of_too_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.formats.limits.MEMBERS", 10)
    only(
        zip_of(*((f"{n}.csv", b"a\n") for n in range(11))), "read-limit", "zip の中のファイル", "files in the zip", "10"
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../../etc/cron.d/a.csv", "leads outside"),
        ("..\\..\\a.csv", "leads outside"),
        ("/etc/a.csv", "an absolute path"),
        ("C:\\Windows\\a.csv", "an absolute path"),
    ],
)
def test_members_whose_names_lead_elsewhere(name: str, why: str) -> None:
    only(zip_of((name, b"a\n1\n")), "unsafe-member", why)


def test_a_member_that_is_a_symbolic_link() -> None:
    link = zipfile.ZipInfo("a.csv")
    link.external_attr = 0o120777 << 16
    only(zip_of((link, b"/etc/passwd")), "unsafe-member", "a symbolic link")


def test_a_zip_within_the_zip() -> None:
    only(zip_of(("b.zip", zip_of(("a.csv", b"a\n")))), "broken-file", "a zip within the zip", member="b.zip")
    only(zip_of(("b.zip", zip_of(("a.csv", b"a\n")))), "no-readable-member", "b.zip")


def test_an_encrypted_member() -> None:
    plain = bytearray(zip_of(("a.csv", b"a\n1\n")))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        plain[plain.index(mark) + offset] |= 1
    only(bytes(plain), "has-password")


def test_an_unknown_compression() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("a.csv", "a\n1\n")
    only(sink.getvalue(), "broken-file", "圧縮方式 14 / compression 14")


def test_a_zip_that_points_nowhere() -> None:
    body = zip_of(("a.csv", b"a\n1\n"))
    at = body.rindex(b"PK\x01\x02")
    assert look(body[: at + 42] + struct.pack("<I", 1 << 30) + body[at + 46 :])[1][0].code == "broken-file"


# ---- workbooks --------------------------------------------------------------------------------------------------


SHEET, STRINGS, LINKS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def book(*rows: list[object]) -> dict[str, bytes]:
    """The parts of a workbook; B1 is a shared string, 人口."""
    made = openpyxl.Workbook()
    for row in rows or ([["区", "人口"], ["港", 1]]):
        made.active.append(row)
    sink = io.BytesIO()
    made.save(sink)
    with zipfile.ZipFile(sink) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    if STRINGS not in members:
        words = '<c r="B1" t="inlineStr"><is><t>人口</t></is></c>'.encode()
        members[SHEET] = members[SHEET].replace(words, b'<c r="B1" t="s"><v>0</v></c>')
        members[STRINGS] = f'<?xml version="1.0"?><sst xmlns="{MAIN}"><si><t>人口</t></si></sst>'.encode()
        link = f'<Relationship Id="s1" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        members[LINKS] = members[LINKS].replace(b"</Relationships>", link.encode())
    return members


def packed(members: dict[str, bytes]) -> bytes:
    return zip_of(*members.items())


def with_part(part: str, old: bytes, new: bytes, **more: bytes) -> bytes:
    members = {**book(["区", "人口"], ["港", 1]), **more}
    assert old in members[part]
    return packed({**members, part: members[part].replace(old, new, 1)})


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("part", [STRINGS, SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_xml_entities(part: str) -> None:
    members = book()
    head, _, rest = members[part].partition(b"<")
    body = LAUGHS + b"<" + rest if not rest.startswith(b"?") else b"<" + rest.replace(b"?>", b"?>" + LAUGHS, 1)
    only(packed({**members, part: head + body}), "broken-file", "DTD", "a document type with entities", part)


def test_xml_entities_in_another_encoding() -> None:
    members = book()
    text = members[STRINGS].decode().replace("<sst", LAUGHS.decode() + "<sst", 1).replace("utf-8", "utf-16")
    only(packed({**members, STRINGS: text.encode("utf-16")}), "broken-file", "DTD")


def test_a_workbook_that_expands_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.formats.limits.EXPANDED", 1 << 20)
    bomb = packed({**book(), "xl/media/a.bin": bytes(4 << 20)})
    only(bomb, "read-limit", "展開後のバイト / unpacked bytes", "1,048,576")


def test_a_workbook_whose_directory_lies_about_sizes() -> None:
    body = packed(book())
    at = body.rindex(b"PK\x01\x02")
    only(body[: at + 24] + struct.pack("<I", 10) + body[at + 28 :], "broken-file", "not what the directory says")


FAR = [
    b'<c r="XFD1048576"><v>1</v></c>',
    b'<c s="1" r="XFD1048576"><v>1</v></c>',
    b"<c r='XFD1048576'><v>1</v></c>",
    b'<c\n\tr = "xfd1048576" s=">"><v>1</v></c>',
    b'<x:c r="ZZZZZZ9999999999"><v>1</v></x:c>',
    b'</row><row r="99999999999"><c><v>1</v></c>',
]


@pytest.mark.parametrize("cell", FAR)
def test_a_cell_far_away_however_it_is_spelt(cell: bytes) -> None:
    only(with_part(SHEET, b"</row>", cell + b"</row>"), "read-limit", "のセル / cells", "30,000,000")


def test_formulas_whose_values_were_never_saved() -> None:
    body = packed(book(["a", "b"], ["x", "=1+1"], ["y", "=SUM(B2:B2)"]))
    raw = Raw(url=URL, values={}, served="file", fetched="", sha256="", bytes=0)
    findings = make_part(Work(raw, None, (), "pipelines/a.yaml"), body).outline.findings
    assert [(f.code, f.severity, f.place.cell) for f in findings] == [
        ("formula-without-value", "error", "B2"),
        ("formula-without-value", "error", "B3"),
    ]
    assert "数式だけがあり" in say(findings[0], "ja")


def test_formulas_with_values_are_values() -> None:
    cell = b'<c r="A3" t="str"><f>A2</f><v>\xe6\xb8\xaf</v></c><c r="B3" t="str"><f>""</f><v></v></c>'
    (table,), findings = look(with_part(SHEET, b"</sheetData>", b'<row r="3">' + cell + b"</row></sheetData>"))
    assert (findings, table.frame.iloc[1].tolist()) == ((), ["港", ""])


def test_surrogates_and_controls_in_xml() -> None:
    for words in (b"&#xD800;", b"&#0;", b"\xed\xa0\x80", b"\0"):
        tables, findings = look(with_part(STRINGS, "人口".encode(), words))
        assert tables or [finding.code for finding in findings] == ["broken-file"]
        for table in tables:
            "".join(table.frame.to_numpy().ravel()).encode()


def test_ten_thousand_columns_in_a_workbook() -> None:
    only(packed(book([f"c{n}" for n in range(10_000)])), "read-limit", "列 / columns", "5,000")


# ---- old workbooks ----------------------------------------------------------------------------------------------


def old_book() -> bytes:
    made = xlwt.Workbook()
    sheet = made.add_sheet("a")
    for row, cells in enumerate([["区", "人口"], ["港", 1]]):
        for at, cell in enumerate(cells):
            sheet.write(row, at, cell)
    sink = io.BytesIO()
    made.save(sink)
    return sink.getvalue()


def patched(body: bytes, at: int, form: str, *values: int) -> bytes:
    return body[:at] + struct.pack(form, *values) + body[at + struct.calcsize(form) :]


def test_an_endless_chain_of_sectors() -> None:
    body = old_book()
    fat = 512 * (1 + struct.unpack_from("<I", body, 76)[0])
    directory = struct.unpack_from("<I", body, 48)[0]
    only(patched(body, fat + 4 * directory, "<I", directory), "broken-file", "a chain without end")


def test_lengths_that_are_only_claimed() -> None:
    body = old_book()
    only(patched(body, 44, "<I", 1 << 30), "broken-file", "lengths beyond the file")
    record = body.index(struct.pack("<HH", 0x200, 14))
    only(patched(body, record + 4, "<IIHH", 0, 1 << 31, 0, 1 << 15), "read-limit", "セル / cells", "30,000,000")
    only(patched(body, record + 4, "<IIHH", 9, 3, 0, 5), "broken-file", "a sheet that ends before it begins")
    strings = body.index(struct.pack("<H", 0xFC))
    only(patched(body, strings + 8, "<I", 1 << 30), "broken-file", "more strings than bytes")


def test_sound_old_workbooks_pass() -> None:
    check_old_workbook(old_book())
    assert "Workbook" in Ole(old_book()).paths
    assert len(look(old_book())[0]) == 1


# ---- time -------------------------------------------------------------------------------------------------------


def test_a_pattern_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.formats.limits.SECONDS", 0.2)
    raw = Raw(url=URL, values={}, served="file", fetched="", sha256="", bytes=0)
    work = Work(raw, Read(skip=("(x+x+)+y",)), (), "pipelines/a.yaml")
    part = make_part(work, ("a\n" + "x" * 60 + "\n").encode())
    assert [finding.code for finding in part.outline.findings] == ["read-limit"]
    assert "seconds for one file" in say(part.outline.findings[0], "en")
    assert len(part.rows) == 0


# ---- mutations --------------------------------------------------------------------------------------------------

SEEDS = fuzz.seeds()


@settings(max_examples=150)
@given(st.sampled_from(range(len(SEEDS))), st.integers(0, 1 << 32), st.sampled_from(fuzz.OPTIONS), st.booleans())
def test_mutated_files_are_findings_or_tables(number: int, seed: int, how: Read | None, inside: bool) -> None:
    body = SEEDS[number]
    chance = random.Random(seed)
    made = fuzz.mutate_inside(body, chance) if inside and body.startswith(b"PK") else fuzz.mutate(body, chance)
    fuzz.try_file(made, how)


def text() -> Iterator[str]:
    yield from ('"', ",", "\n", "\r", "\t", "\0", "\ud7ff", "\ue000", "=", "あ", "①", " ", "a", "'")


@settings(max_examples=150)
@given(st.lists(st.sampled_from(list(text())), max_size=60), st.sampled_from(["utf-8", "cp932", "utf-16", "euc_jp"]))
def test_odd_text_is_findings_or_tables(words: list[str], encoding: str) -> None:
    fuzz.try_file("".join(words).encode(encoding, "replace"), None)
