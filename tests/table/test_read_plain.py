"""The fast way through plain text files gives what the careful way gives, or stands aside."""

from dataclasses import replace
from importlib import import_module

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entaku.formats import limits
from entaku.model.grammar import Header, Read, TitleLine
from entaku.model.nouns import Raw, Table
from entaku.table import plain as read_plain
from entaku.table.notes import Notes
from entaku.table.read import read
from entaku.table.rows import make_table

READ = import_module("entaku.table.read")
RAW = Raw("https://office.example.org/a.csv", {}, "file", "2026-11-23T00:00:00Z", "", 0)


def both(text: str, how: Read, monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> tuple[bool, Table | None]:
    """Whether the fast way took it, and its table; asserts that the careful way says the same."""
    taken = []

    def watched(*args: object) -> Table | None:
        table = original(*args)  # type: ignore[arg-type]
        taken.append(table is not None)
        return table

    original = read_plain.read_plain
    with monkeypatch.context() as patch:
        patch.setattr(READ, "read_plain", watched)
        fast, fast_found = read(RAW, text.encode(encoding), how)
        patch.setattr(READ, "read_plain", lambda *_: None)
        slow, slow_found = read(RAW, text.encode(encoding), how)
    assert fast_found == slow_found
    assert len(fast) == len(slow)
    for one, other in zip(fast, slow, strict=True):
        pd.testing.assert_frame_equal(one.frame, other.frame)
        assert replace(one, frame=other.frame) == other
    return any(taken), fast[0] if fast else None


CELLS = st.sampled_from(
    [
        "",
        "1",
        "豊洲",
        " ",
        "　",
        "a b",
        "é",
        "-",
        "\u2028",
        "x",
        "10,5",
        "\ufeff",
        "\x07",
        '"',
        '"q"',
        '"a,b"',
        '"a""b"',
        '""',
        "\t",
        "\r",
        "\0",
    ]
)
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=4).map(",".join), max_size=8)


@settings(max_examples=300)
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(1, 3), st.integers(1, 2), st.booleans())
def test_both_ways_agree(lines: list[str], end: str, last: bool, row: int, rows: int, titled: bool) -> None:
    title = (TitleLine(line=1, pattern="(?P<t>[^,]*)"),) if titled else ()
    how = Read(header=Header(row=row, rows=rows), title=title, encoding="utf-8")
    text = end.join(["表題", "い,ろ,は", *lines]) + (end if last else "")
    with pytest.MonkeyPatch.context() as patch:
        both(text, how, patch)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_plain_files_go_the_fast_way(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = end.join(["題 2026", "市場,価格", "豊洲, 5", "", "　, ", ",7", ""])
    how = Read(header=Header(row=2), title=(TitleLine(line=1, pattern="題 (?P<year>[0-9]+)"),), encoding="utf-8")
    taken, table = both(text, how, monkeypatch)
    assert taken
    assert table is not None
    assert table.frame.to_dict("list") == {"市場": ["豊洲", ""], "価格": [" 5", "7"], "year": ["2026", "2026"]}
    assert table.frame.index.tolist() == [3, 6]
    assert table.starts == (2,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('a,b\n1,2"\n', "a quote within a cell"),
        ('a,b\n1,"2"3\n', "more after a quote"),
        ('a,b\n1,"2\n3"\n', "a line end within quotes"),
        ('a,b\n1,"2\n', "a quote left open"),
        ("a,b\n1\n", "a short row"),
        ("a,b\n1,2,3\n", "a long row"),
        ("a,b\n1,\x07\n", "an odd character"),
        ("a,b\r1,2\r", "another end of line"),
        ("a,b\n1,2\r3,4\n", "a lone carriage return"),
        ("a,b", "no line after the header"),
        (",\n1,2\n", "no header"),
    ],
)
def test_anything_else_goes_the_careful_way(text: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, _ = both(text, Read(encoding="utf-8"), monkeypatch)
    assert not taken, why


@pytest.mark.parametrize("encoding", ["cp932", "euc-jp"])
def test_japanese_encodings_go_the_fast_way(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, table = both("市場,価格\r\n豊洲,5\r\n大田,7\r\n", Read(encoding=encoding), monkeypatch, encoding)
    assert taken and table is not None
    assert table.frame.to_dict("list") == {"市場": ["豊洲", "大田"], "価格": ["5", "7"]}


def test_chinese_that_is_called_japanese_goes_the_careful_way_which_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "城市,人口\r\n" + "".join(f"{name},5\r\n" for name in ("北京", "上海", "广州", "深圳", "杭州", "沈阳"))
    taken, _ = both(text, Read(encoding="euc-jp"), monkeypatch, "gb2312")
    assert not taken
    assert [each.code for each in read(RAW, text.encode("gb2312"), Read(encoding="euc-jp"))[1]] == ["encoding-doubtful"]


def test_limits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CELL", 10)
    taken, _ = both("a,b\n" + "x" * 11 + ",2\n", Read(encoding="utf-8"), monkeypatch)
    assert not taken
    monkeypatch.setattr(limits, "PLAIN_ROWS", 3)
    assert both("a,b\n1,2\n3,4\n", Read(encoding="utf-8"), monkeypatch)[0]
    assert not both("a,b\n1,2\n3,4\n5,6\n", Read(encoding="utf-8"), monkeypatch)[0]


def test_a_line_longer_than_a_block_goes_the_careful_way() -> None:
    text = "a,b\n" + "x" * 5_000_000 + ",1\n"
    assert read_plain.read_plain(text.encode(), ",", Read(), Notes("f")) is None


# ---- sheets -----------------------------------------------------------------------------------------------------

SHEET_CELLS = st.sampled_from(["", "", "1", "豊洲", " ", "　", "x", "\x07", "a\nb"])


@settings(max_examples=300)
@given(
    st.data(),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 2),
    st.booleans(),
    st.sampled_from(["first", "fill"]),
)
def test_sheets_are_read_alike(data: st.DataObject, width: int, row: int, rows: int, titled: bool, fill: str) -> None:
    lines = data.draw(st.lists(st.lists(SHEET_CELLS, min_size=width, max_size=width), min_size=1, max_size=7))
    edges = st.tuples(st.integers(1, 4), st.integers(0, width - 1))
    merged = [(top, left, top + 1, left) for top, left in data.draw(st.lists(edges, max_size=1))]
    title = (TitleLine(line=1, pattern="(?P<t>[^,]*)"),) if titled else ()
    how = Read(header=Header(row=row, rows=rows), title=title, merged=fill)  # type: ignore[arg-type]
    columns = [pa.array(column, pa.string()) for column in zip(*lines, strict=True)]
    notes = Notes("f", "s", spreadsheet=True)
    fast = read_plain.read_plain_sheet(columns, how, notes, merged)
    if fast is None:
        return
    assert not notes.found
    slow = make_table([(n, list(cells)) for n, cells in enumerate(lines, 1)], how, notes, "Excel", merged)
    assert not notes.found
    assert slow is not None
    pd.testing.assert_frame_equal(fast.frame, slow.frame)
    assert (replace(fast, frame=slow.frame) == slow) is True


def test_plain_sheets_go_the_fast_way() -> None:
    lines = [["市場", "値", "", ""], ["豊洲", "5", "", ""], [" ", "", "", " "], ["", "7", "備考", ""]]
    notes = Notes("f", "s", spreadsheet=True)
    table = read_plain.read_plain_sheet([pa.array(column) for column in zip(*lines, strict=True)], Read(), notes, ())
    assert table is not None
    assert table.frame.to_dict("list") == {"市場": ["豊洲", ""], "値": ["5", "7"], "column_3": ["", "備考"]}
    assert table.frame.index.tolist() == [2, 4]
    assert table.spreadsheet
