import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entaku.check_csv import BLOCK, DoorError, open_csv


def read(
    body: bytes, *, ahead: bool = False, block: int = BLOCK, encoding: str = "utf-8", width: int = 0
) -> list[tuple[str, ...]]:
    """All rows with the cells they really have."""
    source = open_csv(lambda: io.BytesIO(body), encoding=encoding, ahead=ahead, block=block, width=width)
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
@pytest.mark.parametrize("ahead", [False, True])
def test_rows_keep_their_cells_and_places(body: bytes, rows: list[tuple[str, ...]], ahead: bool) -> None:
    assert read(body, ahead=ahead) == rows


@settings(max_examples=60, deadline=None)
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


@pytest.mark.parametrize("ahead", [False, True])
def test_bytes_of_another_encoding_are_told(ahead: bool) -> None:
    for body, encoding in (("a,b\n1,名\n".encode("cp932"), "utf-8"), (b"a,b\n1,\x81\n", "cp932")):
        with pytest.raises(DoorError) as caught:
            read(body, ahead=ahead, encoding=encoding)
        assert caught.value.kind == "encoding-error"


def test_an_empty_file_is_told() -> None:
    with pytest.raises(DoorError, match="the source is empty"):
        open_csv(lambda: io.BytesIO(b""))


def test_an_empty_header_leaves_the_schemas_width() -> None:
    assert read(b"\n1,2\n3\n", width=2) == [("1", "2"), ("3",)]


def test_what_is_ahead_may_be_left() -> None:
    source = open_csv(lambda: io.BytesIO(b"a,b\n" + b"1,2\n" * 5000), ahead=True, block=100)
    for block in source:
        assert block.first == 2
        break
    assert sum(len(block.columns) for block in source) == 5000
