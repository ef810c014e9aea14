"""What comes out of a zip, to the last byte; what is refused, and at which limit."""

import io
import random
import struct
import zipfile

import pytest

from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.zips import (
    CHUNK,
    STRAY,
    BrokenError,
    Workbook,
    decode_name,
    find_danger,
    find_workbook,
    is_workbook,
    list_members,
    list_spare,
    read_member,
)

NOISE = random.Random(1).randbytes(2 * CHUNK + 7)
"""What doesn't get smaller."""


def pack(method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/"), content)
    return sink.getvalue()


def read(body: bytes, budget: int = limits.EXPANDED, **options: bool) -> bytes:
    (member,) = list_members(body)
    return read_member(body, member, budget, **options)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@pytest.mark.parametrize("content", [b"", b"x", NOISE[:CHUNK], NOISE[: CHUNK + 1], NOISE, bytes(2 * CHUNK + 1)])
def test_a_member_comes_out_whole(method: int, content: bytes) -> None:
    body = pack(method, a=content)
    assert read(body) == content
    assert read(body, len(content)) == content
    if content:
        with pytest.raises(LimitError, match="unpacked bytes"):
            read(body, len(content) - 1)


def test_a_member_may_be_so_many_times_as_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SMALL", 100)
    body = pack(a=bytes(50_000))
    (member,) = list_members(body)
    for ratio, refused in ((-(-50_000 // member.compress_size), False), (50_000 // member.compress_size - 1, True)):
        monkeypatch.setattr(limits, "RATIO", ratio)
        if refused:
            with pytest.raises(LimitError, match="times that it expands"):
                read(body)
        else:
            assert read(body) == bytes(50_000)
        assert read(body, ratio=False) == bytes(50_000)
    monkeypatch.setattr(limits, "SMALL", 50_000)
    assert read(body) == bytes(50_000)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_what_the_directory_says_is_held_against_the_bytes(method: int) -> None:
    body = pack(method, a=b"abc" * 100)
    at = body.index(b"PK\x01\x02")
    for place, form, what in (
        (16, "<I", "目録と違う中身"),
        (24, "<I", "目録と違う中身"),
        (42, "<I", "目録が指す場所に何もない"),
    ):
        other = bytearray(body)
        struct.pack_into(form, other, at + place, struct.unpack_from(form, body, at + place)[0] + 1)
        with pytest.raises(BrokenError, match=what):
            read(bytes(other))
    short = bytearray(body)
    struct.pack_into("<I", short, at + 20, 1 << 20)
    with pytest.raises(BrokenError, match="cut short"):
        read(bytes(short))


@pytest.mark.parametrize("size", [-1, -5])
def test_a_stream_that_ends_too_soon_is_cut_short(size: int) -> None:
    body = bytearray(pack(a=NOISE[:1000]))
    at = body.index(b"PK\x01\x02")
    struct.pack_into("<I", body, at + 20, struct.unpack_from("<I", body, at + 20)[0] + size)
    with pytest.raises(BrokenError, match="cut short"):
        read(bytes(body))


def test_names_are_utf_8_or_those_of_japanese_windows() -> None:
    (member,) = list_members(pack(表=b""))
    assert (member.flag_bits & 0x800, decode_name(member)) == (0x800, "表")
    for encoding, name in (("utf-8", "表.csv"), ("cp932", "表.csv"), ("cp932", "ソ能.csv")):
        info = zipfile.ZipInfo(name.encode(encoding).decode("cp437"))
        assert decode_name(info) == name
    assert decode_name(zipfile.ZipInfo(b"a\x81".decode("cp437"))) == b"a\x81".decode("cp437")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a/b.csv", ""), ("a..b/c.csv", ""), ("../a.csv", "leads outside"), ("a\\..\\b.csv", "leads outside"),
        ("/a.csv", "absolute"), ("\\a.csv", "absolute"), ("C:/a.csv", "absolute"), ("a:b", "absolute"), ("a/b:c", ""),
    ],
)  # fmt: skip
def test_paths_that_lead_elsewhere(name: str, why: str) -> None:
    told = find_danger(name, zipfile.ZipInfo("x"))
    assert (why in told) if why else told == ""


def test_links_are_told() -> None:
    info = zipfile.ZipInfo("x")
    for mode, link in ((0o120777, True), (0o100644, False), (0o040755, False)):
        info.external_attr = mode << 16
        assert ("symbolic link" in find_danger("x", info)) is link


def test_members_are_counted_and_folders_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    body = pack(a=b"", b__=b"", b__c=b"")
    assert [member.filename for member in list_members(body)] == ["a", "b/c"]
    monkeypatch.setattr(limits, "MEMBERS", 3)
    assert len(list_members(body)) == 2
    monkeypatch.setattr(limits, "MEMBERS", 2)
    with pytest.raises(LimitError, match="files in the zip: 2"):
        list_members(body)
    with pytest.raises(BrokenError):
        list_members(b"PK\x03\x04 and nothing else")


def test_workbooks_are_told_by_what_is_in_them() -> None:
    ods = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}
    kinds = [({"xl__workbook.xml": b""}, "xlsx"), ({"xl__workbook.bin": b""}, "xlsb"), (ods, "ods"),
             ({"mimetype": b"application/epub+zip"}, ""), ({"a": b""}, "")]  # fmt: skip
    assert [find_workbook(pack(**members)) for members, _ in kinds] == [kind for _, kind in kinds]
    assert [is_workbook(pack(**members)) for members, _ in kinds] == [True, False, False, False, False]
    assert find_workbook(b"x") == ""


@pytest.mark.parametrize("name", ["a.xml", "a.XML", "b.rels", "c.vml"])
@pytest.mark.parametrize("before", [0, CHUNK - 5, CHUNK])
def test_a_document_type_anywhere_in_a_part_is_refused(name: str, before: int) -> None:
    for mark in (
        b"<!DOCTYPE x>",
        b"<!ENTITY x>",
        "<!ENTITY x>".encode("utf-16-le"),
        "<!DOCTYPE".encode("utf-16-be"),
    ):
        with pytest.raises(BrokenError, match="a document type"):
            Workbook(pack(**{name: b" " * before + mark}))
    assert Workbook(pack(**{name: b" " * before + b"<!-- a -->"})).members.keys() == {name}
    assert Workbook(pack(**{"a.bin": b"<!DOCTYPE x>"})).read("a.bin") == b"<!DOCTYPE x>"


def test_parts_are_read_whole_once_and_again() -> None:
    sheet = b"xl/worksheets/sheet1.xml"
    book = Workbook(pack(**{sheet.decode(): NOISE, "xl/a.bin": b"b"}))
    assert [book.read(sheet.decode()) for _ in range(2)] == [NOISE, NOISE]
    assert book.read("xl/a.bin") == b"b"


def test_parts_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    body = pack(a=bytes(600), b=bytes(400))
    monkeypatch.setattr(limits, "EXPANDED", 1000)
    assert set(Workbook(body).members) == {"a", "b"}
    monkeypatch.setattr(limits, "EXPANDED", 999)
    with pytest.raises(LimitError, match="unpacked bytes"):
        Workbook(body)


@pytest.mark.parametrize(
    ("gap", "stray"),
    [(b"", 0), (b"x" * STRAY, 0), (b"x" * (STRAY + 1), STRAY + 1), (bytes(500), 0), (bytes(10) + b"x" * 30, 40)],
)
@pytest.mark.parametrize("place", ["between the members", "before the directory", "after the end"])
def test_bytes_that_no_header_accounts_for_are_counted_but_for_a_few_and_for_zeros(
    place: str, gap: bytes, stray: int
) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        for name, after in (("a", "between the members"), ("b", "before the directory")):
            made.writestr(name, b"content")
            if place == after:
                sink.seek(made.start_dir)
                made.start_dir += sink.write(gap)
    body = sink.getvalue() + (gap if place == "after the end" else b"")
    spare, found = list_spare(body)
    assert (found, gap in spare, b"content" in spare) == (stray, True, False)
