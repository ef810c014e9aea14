"""What an old workbook carries in its OLE storages, and what pictures tell of their maker."""

import io
import struct

import pytest
from xlwt import Workbook
from xlwt.CompoundDoc import XlsDoc

from entaku.audit.carried import find_image_data, is_nobody
from entaku.audit.leaks import find_leaks
from entaku.formats.ole import Ole


def make_old(name: str, kind: int) -> bytes:
    """An .xls with one more entry in its directory ([MS-CFB] 2.6.1): a storage (1) or an empty stream (2)."""
    book = Workbook()
    book.add_sheet("表").write(0, 0, "区")
    book.owner = ""
    folder = io.BytesIO()
    XlsDoc().save(folder, book.get_biff_data())
    body = bytearray(folder.getvalue())
    first = body.index("Workbook".encode("utf-16-le"))
    struct.pack_into("<I", body, first + 72, 2)  # its right neighbour is the third entry
    words = name.encode("utf-16-le")
    entry = words.ljust(64, b"\0") + struct.pack("<HBBIII", len(words) + 2, kind, 1, *[0xFFFFFFFF] * 3)
    entry += bytes(36) + struct.pack("<II", 0xFFFFFFFE, 0) + bytes(4)
    body[first + 128 : first + 256] = entry
    return bytes(body)


@pytest.mark.parametrize(
    ("name", "kind", "code", "severity", "value"),
    [
        ("Revision Log", 2, "change-history", "error", ""),
        ("_VBA_PROJECT_CUR", 1, "macro-code", "warning", ""),
        ("MBD00012345", 1, "embedded-files", "error", "MBD00012345"),
    ],
)
def test_each_storage_of_an_old_workbook_is_told(name: str, kind: int, code: str, severity: str, value: str) -> None:
    (found,) = find_leaks("https://example.jp/a.xls", make_old(name, kind), {})
    assert (found.code, found.severity, found.value) == (code, severity, value)


def test_other_storages_are_no_matter() -> None:
    assert find_leaks("https://example.jp/a.xls", make_old("Anything", 1), {}) == ()


GPS, ARTIST = 0x8825, 0x013B
PLACE, NAME = "撮影場所 / the place where it was taken", "撮影者の名前 / the photographer's name"


def make_exif(*tags: int, order: str = "<", at: int = 8) -> bytes:
    """An Exif block with these tags in its first directory (TIFF 6.0, section 2)."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, 26) for tag in tags)
    return (
        mark + struct.pack(order + "I", at) + bytes(at - 8) + struct.pack(order + "H", len(tags)) + entries + bytes(4)
    )


def jpeg(tiff: bytes) -> bytes:
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff


def png(tiff: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(tiff)) + b"eXIf" + tiff


@pytest.mark.parametrize("pack", [jpeg, png])
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_place_before_the_name(pack: object, order: str) -> None:
    def find(*tags: int, at: int = 8) -> str:
        return find_image_data(pack(make_exif(*tags, order=order, at=at)))  # type: ignore[operator]

    assert (find(), find(0x0112), find(GPS), find(ARTIST)) == ("", "", PLACE, NAME)
    assert find(0x0112, ARTIST, GPS) == PLACE and find(0x0112, ARTIST, at=40) == NAME


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xd8", b"\xff\xd8" + bytes(100), b"\x89PNG", b"GIF89a" + b"Exif\0\0" + make_exif(GPS), jpeg(b"II*\0"),
     jpeg(b"XX*\0" + make_exif(GPS)[4:]), jpeg(make_exif(GPS)[:9]), jpeg(b"II*\0\xff\xff\xff\x7f" + bytes(40)),
     b"\xff\xd8" + bytes(1 << 17) + b"Exif\0\0" + make_exif(GPS)],
)  # fmt: skip
def test_pictures_that_tell_nothing(body: bytes) -> None:
    assert find_image_data(body) == ""


def test_a_directory_that_is_cut_short_is_read_as_far_as_it_goes() -> None:
    whole = make_exif(0x0112, ARTIST, GPS)
    assert find_image_data(jpeg(whole)) == PLACE
    assert find_image_data(jpeg(whole[: 10 + 24 + 1])) == NAME


@pytest.mark.parametrize(
    "name",
    ["", " ", "None", "xlwt", "openpyxl", "XlsxWriter", "Apache POI", "SheetJS", "PhpSpreadsheet", "Unknown Creator", "unknown", "python",
     "Microsoft Office User", "Microsoft", "Microsoft Corporation", "Windows User", "Windows ユーザー", "user", "Users", "ユーザー", "admin",
     "Administrator", "owner", "Public", "default", "Aspose", "LibreOffice", "Calc", "Excel"],
)  # fmt: skip
def test_names_of_programs_are_nobodys(name: str) -> None:
    assert is_nobody(name) and is_nobody(f" {name.upper()} ")
    assert not is_nobody(f"{name}x")


@pytest.mark.parametrize(
    ("kind", "found"),
    [(0x1B6, ["outside-text"]), (0x14, ["outside-text"]), (0x3F, [])],
    ids=["shape", "header", "other"],
)
def test_texts_of_an_old_workbook_go_on_in_the_records_after_them(kind: int, found: list[str]) -> None:
    book, sink, whole = Workbook(), io.BytesIO(), io.BytesIO()
    book.add_sheet("s").write(0, 0, "a")
    book.save(sink)
    sheet = Ole(sink.getvalue()).read("Workbook").rstrip(b"\0").removesuffix(b"\x0a")
    words = b"090-1234-5678"
    records = [struct.pack("<HH", kind, 18) + bytes(18), struct.pack("<HH", 0x3C, len(words)) + words]
    XlsDoc().save(whole, b"".join([sheet, *records, b"\x0a\0\0\0"]))
    assert [one.code for one in find_leaks("https://x.example/a.xls", whole.getvalue(), {})] == found
