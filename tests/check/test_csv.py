import csv
import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entaku.check.csv import AHEAD, BLOCK, DoorError, open_csv


def read(body: bytes, *, block: int = BLOCK, encoding: str = "utf-8", width: int = 0) -> list[tuple[str, ...]]:
    """All rows with the cells they really have."""
    source = open_csv(lambda: io.BytesIO(body), encoding=encoding, block=block, width=width)
    rows, number = [], 2
    for part in source:
        assert part.first == number
        number += len(part.columns)
        for place, cells in enumerate(part.columns.to_pylist()):
            assert place in part.odd or None not in cells.values()
            rows.append(part.odd.get(place, tuple(cells.values())))
    return rows


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (b"a,b\n1,2\n", [("1", "2")]),
        (b"a,b\n1,2", [("1", "2")]),
        (b"a,b\n", []),
        (b"a,b", []),
        (b"\xef\xbb\xbfa,b\n1\n2\n", [("1",), ("2",)]),
        (b"a,b\n1,2\n\n3\n4,5,6\n\"x\ny\",7\n,\n8,9", [("1", "2"), (), ("3",), ("4", "5", "6"), ("x\ny", "7"), ("", ""), ("8", "9")]),
        (b"a,b\n\n,\n\n\n", [(), ("", ""), (), ()]),
        (b'"a\nb",b\r\n1,2\r\n\r\n3\r4,5,"6,\n7"\r\n', [("1", "2"), (), ("3",), ("4", "5", "6,\n7")]),
        (b'a\n1\n\n""\nx\n1,2\n', [("1",), (), ("",), ("x",), ("1", "2")]),
        (b'a,b\nx"y"z,"q""q"\n', [('x"y"z', 'q"q')]),
    ],
)  # fmt: skip
def test_rows_keep_their_cells_and_places(body: bytes, rows: list[tuple[str, ...]]) -> None:
    assert read(body) == rows


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.text(alphabet='ab,"\n\r 産', max_size=6), max_size=4), max_size=25),
    st.integers(1, 3),
    st.sampled_from([64, 300, BLOCK]),
)
def test_rows_are_those_of_the_csv_module(rows: Sequence[Sequence[str]], width: int, block: int) -> None:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow([f"c{n}" for n in range(width)])
    for row in rows:
        writer.writerow(row) if row else sink.write("\n")
    body = sink.getvalue()
    theirs = list(csv.reader(io.StringIO(body, newline="")))[1:]
    assert read(body.encode(), block=block) == [tuple(row) for row in theirs]


def test_a_row_longer_than_a_block() -> None:
    body = b"a,b\n" + b"1,2\n" * 500 + b"1," + b"x" * 5000 + b"\n3\n" + b"1,2\n" * 500
    rows = read(body, block=1000)
    assert len(rows) == 1002
    assert rows[500] == ("1", "x" * 5000) and rows[501] == ("3",)


def test_other_encodings() -> None:
    assert read("名,値\n髙①,～\n短\n".encode("cp932"), encoding="cp932") == [("髙①", "～"), ("短",)]


def test_bytes_of_another_encoding_are_told() -> None:
    for body, encoding in (("a,b\n1,名\n".encode("cp932"), "utf-8"), (b"a,b\n1,\x81\n", "cp932")):
        with pytest.raises(DoorError) as caught:
            read(body, encoding=encoding)
        assert caught.value.kind == "encoding-error"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"a,\xff\n1,x\n", "utf-8"),  # in the header alone
        ("a,b\n1,名\n".encode(), "ascii"),
        (b"a,b\n1,2\n", "no-such-encoding"),
        ("a,b\n1,2\n".encode("utf-16-le"), "utf-16"),  # which wants a byte order mark
    ],
)
def test_what_is_in_no_such_encoding_is_told(body: bytes, encoding: str) -> None:
    with pytest.raises(DoorError) as caught:
        read(body, encoding=encoding)
    assert caught.value.kind == "encoding-error"


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "U8", "utf_8", "utf-8-sig", "cp65001"])
def test_an_encoding_has_several_names(encoding: str) -> None:
    source = open_csv(lambda: io.BytesIO("\ufeffa,�\n1,2\n".encode()), encoding=encoding)
    assert source.labels == ("a", "�")


def test_an_empty_file_is_told() -> None:
    with pytest.raises(DoorError, match="the source is empty"):
        open_csv(lambda: io.BytesIO(b""))


def test_an_empty_header_leaves_the_schemas_width() -> None:
    assert read(b"\n1,2\n3\n", width=2) == [("1", "2"), ("3",)]


def test_what_is_ahead_may_be_left() -> None:
    source = open_csv(lambda: io.BytesIO(b"a,b\n" + b"1,2\n" * 5000), block=100)
    for block in source:
        assert block.first == 2
        break
    assert sum(len(block.columns) for block in source) == 5000


class Counted(io.BytesIO):
    """Bytes that know how many of them were read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def test_few_blocks_are_read_before_they_are_used() -> None:
    block, opened = 4096, list[Counted]()

    def open_() -> Counted:
        opened.append(Counted(b"a,b\n" + b"1,2\n" * 50_000))
        return opened[-1]

    parts = iter(open_csv(open_, block=block))
    rows = len(next(parts).columns)
    for _ in range(3):
        sleep(0.05)
        rows += len(next(parts).columns)
        assert opened[-1].taken <= (rows * 4 // block + 2 * AHEAD) * block
    assert rows + sum(len(part.columns) for part in parts) == 50_000


def test_blocks_of_ragged_rows_alone_are_read_on() -> None:
    body = b"a,b\n" + b"1,2,3\n" * 5_000 + b"4,5\n" + b"6\n" * 5_000
    rows = [("1", "2", "3")] * 5_000 + [("4", "5")] + [("6",)] * 5_000
    assert read(body, block=512) == rows
    assert read(body, block=512) == rows


@pytest.mark.parametrize("last", ["", "raise SystemExit(0)", "import time; time.sleep(0.1)"])
def test_a_table_left_open_does_not_hinder_the_end(tmp_path: Path, last: str) -> None:
    (tmp_path / "x.csv").write_bytes(b"a,b\n" + b"1,2\n" * 500_000)
    program = f"""
from entaku.check_csv import open_csv
parts = iter(open_csv(lambda: open({str(tmp_path / "x.csv")!r}, "rb"), block=4096))
next(parts)
{last}
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
