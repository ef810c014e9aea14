"""Whatever a raw file holds is screened, read or not."""

import io
import zipfile

import pytest
from books import pack
from dirty import CLEAN, NUMBERS, OF_THEIR_OWN, ROWS, SECRET, beside, list_texts, make_files

from entaku.audit import raws
from entaku.audit.raws import screen_raw
from entaku.formats import limits
from entaku.model.nouns import Finding

DIRTY, TIDY = make_files(SECRET), make_files(CLEAN)


def screen(body: bytes) -> tuple[Finding, ...]:
    return screen_raw(io.BytesIO(body))


@pytest.mark.parametrize("name", DIRTY)
def test_a_number_in_an_unread_place_is_found(name: str) -> None:
    file = DIRTY[name]
    assert any(NUMBERS[3] in text for text in list_texts(f"a.{file.suffix}", file.body)), "it is there"
    found = screen(file.body)
    assert "my-number" in {one.code for one in found}
    assert not any(number in repr(found) for number in NUMBERS), "a finding never holds what leaked"


@pytest.mark.parametrize("name", make_files(CLEAN, kinds=False))
def test_the_same_file_without_numbers_is_clean(name: str) -> None:
    assert [one.code for one in screen(TIDY[name].body)] == [*OF_THEIR_OWN.get(name, ())][:1]


@pytest.mark.parametrize(
    ("name", "sheet", "row", "column", "cell"),
    [
        ("csv-dropped", "", 2, "個人番号", ""),
        ("csv-rows", "", 22, "area", ""),
        ("xlsx-sheet", "控え", 2, "個人番号", "A2"),
        ("xlsx-above", "表", 2, "", "E2"),
        ("zip-member", "控え.csv", 2, "個人番号", ""),
        ("zip-zip", "古い.zip/中.zip/a.txt", 2, "個人番号", ""),
        ("zip-xlsx", "控え.xlsx/控え", 2, "個人番号", "A2"),
        ("xls-sheet", "控え", 2, "個人番号", "A2"),
        ("json-field", "", 1, "number", ""),
    ],
)
def test_where_it_was_found(name: str, sheet: str, row: int, column: str, cell: str) -> None:
    (place,) = [one.place for one in screen(DIRTY[name].body) if one.code == "my-number"][:1]
    assert (place.sheet, place.row, place.column, place.cell) == (sheet, row, column, cell)
    assert place.file == ""


def hide_member(body: bytes) -> bytes:
    """Take the first member out of a zip's directory; its bytes stay."""
    sink = io.BytesIO(body)
    with zipfile.ZipFile(sink, "a") as made:
        del made.filelist[0]
        made.writestr("b.txt", "b")
    return sink.getvalue()


PACKED = pack({"old.csv": beside(SECRET), "a.txt": "a"})


@pytest.mark.parametrize(
    "body",
    [hide_member(PACKED), pack({"a.txt": "a"}) + PACKED[:200], PACKED[:200] + pack({"a.txt": "a"}), hide_member(make_files(CLEAN)["xlsx-sheet"].body)],
    ids=["unlisted member", "behind", "before", "unlisted part"],
)  # fmt: skip
def test_bytes_of_a_zip_that_its_directory_does_not_list_are_not_examined(body: bytes) -> None:
    body = b"PK\x03\x04" + body[4:]
    assert "not-examined" in {one.code for one in screen(body)}


def test_a_zip_with_folders_and_sizes_behind_its_data_is_all_listed() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a folder of a name that is longer than any sizes are/", "")
        made.writestr("a folder of a name that is longer than any sizes are/a.csv", beside(CLEAN))
        made.writestr("b.csv", beside(CLEAN))
    assert screen(pipe.getvalue()) == ()


def test_other_kinds_are_looked_for_too() -> None:
    people = ["氏名,生年月日,携帯,アドレス", "佐藤太郎,昭和45年3月1日,090-1234-5678,taro@provider.example.net"]
    body = "\r\n".join([*people, "鈴木花子,平成2年4月5日,080-1111-2222,hana@mail.sample.jp"]).encode("cp932")
    assert {one.code for one in screen(body)} == {"birth-date", "e-mail", "phone-number"}


def test_what_workbooks_hide_counts_whatever_it_says() -> None:
    (found,) = screen(TIDY["hidden-sheet"].body)
    assert (found.code, found.place.sheet, found.place.cell) == ("hidden-sheet", "控え", "A1")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (pack({"a.csv": b"a,b\n1,2\n", "b.pdf": b"%PDF-1.7 ..."}), "PDF"),
        (pack({"a.csv": b"a,b\n1,2\n", "b.7z": b"7z\xbc\xaf\x27\x1c.."}), "7-Zip"),
        (b"PK\x03\x04 cut short", "形が壊れています"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\xff cut short", ""),
    ],
)
def test_what_cannot_be_looked_into_is_told(body: bytes, why: str) -> None:
    (found,) = screen(body)
    assert found.code == "not-examined"
    assert why in found.args["why"]


def test_zips_in_zips_end() -> None:
    body = beside(SECRET).encode()
    for _ in range(7):
        body = pack({"a.zip": body})
    assert [one.code for one in screen(body)] == ["not-examined"]


def test_unpacked_bytes_are_bounded_over_all_zips_in_a_zip(monkeypatch: pytest.MonkeyPatch) -> None:
    words = b"".join(b"%d\n" % (n * n) for n in range(200))
    inner = pack({"a.txt": words})
    monkeypatch.setattr(limits, "EXPANDED", 2 * len(words) + 4 * len(inner))
    assert screen(pack({"a.zip": inner, "b.zip": inner})) == ()
    (found,) = screen(pack({"a.zip": inner, "b.zip": inner, "c.zip": inner}))
    assert (found.code, found.place.sheet) == ("not-examined", "c.zip") and "展開後のバイト" in found.args["why"]


def test_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raws, "SECONDS", 0.005)
    lines = beside(CLEAN).encode() * 20_000
    assert [one.code for one in screen(lines)] == ["not-examined"]


def test_a_large_text_file_passes_in_pieces() -> None:
    class Counted(io.BytesIO):
        most = 0

        def read(self, size: int | None = -1) -> bytes:
            piece = super().read(size)
            self.most = max(self.most, len(piece))
            return piece

    tail = "".join(f"k,地区,{number}\r\n" for number in NUMBERS)
    file = Counted((beside(CLEAN) * 14_000 + tail).encode())
    (found,) = screen_raw(file)
    assert (found.code, found.args["count"], found.place.row) == ("my-number", "20", 21 * 14_000 + 1)
    assert len(file.getvalue()) > 5 << 20
    assert file.most <= 1 << 20


def test_numbers_by_chance_are_not_taken_for_it() -> None:
    """One in eleven numbers of twelve digits has the right check digit."""
    codes = "".join(f"{id_},{area},{300000000000 + 97 * n}\r\n" for n, (id_, area) in enumerate(ROWS * 50))
    assert screen(f"id,area,code\r\n{codes}".encode()) == ()


def test_a_table_below_another_is_looked_at_by_itself() -> None:
    codes = "".join(f"{300000000000 + 97 * n}\r\n" for n in range(200))
    below = "個人番号\r\n" + "".join(f"{number}\r\n" for number in NUMBERS[:5])
    assert [one.code for one in screen(f"code\r\n{codes}\r\n{below}".encode())] == ["my-number"]


def test_a_quote_left_open_hides_nothing() -> None:
    lines = "".join(f"{id_},{area},{number}\r\n" for (id_, area), number in zip(ROWS, NUMBERS, strict=True))
    assert [one.code for one in screen(f'id,area,memo\r\nk,"open,a\r\n{lines}'.encode())] == ["my-number"]


def test_names_of_members_and_comments_of_zips_are_text_too() -> None:
    sink = io.BytesIO(pack({"a.csv": b"a,b\n1,2\n", f"{NUMBERS[0]}.csv": b"a\n"}))
    assert [one.code for one in screen(sink.getvalue())] == ["my-number"]
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        info = zipfile.ZipInfo("a.csv")
        info.comment = NUMBERS[1].encode()
        made.writestr(info, "a,b\n1,2\n")
    assert [one.code for one in screen(sink.getvalue())] == ["my-number"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_members_of_json_are_columns_in_every_encoding(encoding: str) -> None:
    people = '[{"名前": "飯島健", "誕生日": "2001/3/4"}, {"名前": "佐藤太郎", "誕生日": "1999/12/31"}]'
    assert {one.code for one in screen(people.encode(encoding))} == {"birth-date"}
    assert screen(people.replace("名前", "駅").encode(encoding)) == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_a_number_in_json_is_told_by_its_member(encoding: str) -> None:
    (found,) = screen(f'{{"a": "地区", "個人番号": {NUMBERS[0]}}}'.encode(encoding))
    assert (found.code, found.place.column) == ("my-number", "個人番号")


def test_names_of_members_of_json_are_looked_at_as_their_values() -> None:
    assert {one.code for one in screen(b'{"a": {"taro@mail.provider.net": {}, "090-1234-5678": []}}')} == {
        "e-mail",
        "phone-number",
    }
