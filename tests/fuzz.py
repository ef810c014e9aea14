"""Mutated files through reading and the leak gate: findings or tables, never an exception.

`python tests/fuzz.py 10000` mutates at random from a fixed seed; `make fuzz` uses atheris, guided by coverage, where
it is installed, and says so where it is not.
"""

import io
import random
import sys
import zipfile
from collections.abc import Callable

import openpyxl
import xlwt
from openpyxl.comments import Comment
from wholes import make_part
from workbooks import ods, ods_cell, xlsb

from entaku.audit.leaks import find_leaks
from entaku.model.grammar import Header, Read
from entaku.model.messages import say, show_finding
from entaku.model.nouns import Raw
from entaku.table.parts import Work
from entaku.table.read import read

CSV = '名前,値,"備考\n二行"\r\n東京,"1,234","a ""b"""\r\n大阪,,=1+1\r\n'
OPTIONS = (
    None,
    Read(encoding="cp932"),
    Read(member="/.*/", sheet="/.+/", columns="A:B"),
    Read(header=Header(row=2, rows=2), merged="fill", encoding="utf-8"),
)


def make_book() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [["区", "人口", "式"], ["千代田", 67000, "=1+1"], ["中央", "#N/A", True]]:
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    sheet["B2"].comment = Comment("x", "y")
    sheet.column_dimensions["C"].hidden = True
    book.create_sheet("控え").sheet_state = "hidden"
    book["控え"]["A1"] = "x"
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def make_old_book() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for row, cells in enumerate([["区", "人口"], ["千代田", 67000], ["中央", 1.5]]):
        for at, cell in enumerate(cells):
            sheet.write(row, at, cell)
    sheet.row(2).hidden = True
    book.add_sheet("控え").visibility = 1
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def make_zip(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in members.items():
            made.writestr(name, body)
    return sink.getvalue()


def seeds() -> list[bytes]:
    """Small sound files of every kind that is read."""
    book = make_book()
    with zipfile.ZipFile(io.BytesIO(book)) as opened:
        stored = io.BytesIO()
        with zipfile.ZipFile(stored, "w") as made:
            for name in opened.namelist():
                made.writestr(name, opened.read(name))
    return [
        CSV.encode(),
        CSV.encode("cp932"),
        CSV.encode("utf-16"),
        CSV.encode("euc-jp"),
        book,
        stored.getvalue(),
        make_old_book(),
        xlsb(["区", "人口"], ["千代田", (67000, "0,")], ["中央", "#N/A"]),
        ods(ods_cell("区") + ods_cell("人口"), ods_cell("千代田") + ods_cell("67", "float", value="67000")),
        make_zip(**{"表.csv": CSV.encode("cp932")}),
        make_zip(**{"a.xlsx": book, "b.csv": b"a\n1\n"}),
    ]


def mutate(body: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, cut out, doubled or put in."""
    made = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(made) + 1)
        length = chance.choice((1, 1, 2, 4, 30))
        kind = chance.randrange(5)
        if kind == 0 and made:
            made[min(at, len(made) - 1)] = chance.randrange(256)
        elif kind == 1:
            del made[at : at + length]
        elif kind == 2:
            made[at:at] = made[at : at + length]
        elif kind == 3:
            made[at:at] = chance.choice(WORDS)
        else:
            made[at : at + length] = chance.randbytes(length)
    return bytes(made)


WORDS = (
    b'"', b",", b"\0", b"\r", b"\n", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"PK\x03\x04", b"PK\x01\x02", b"<!DOCTYPE",
    b'r="XFD1048576"', b'<c r="ZZ99999999"><v>1</v></c>', b"&#xD800;", b"\xed\xa0\x80", b"\x81", "髙①".encode("cp932"),
    b'hidden="1"', b"<f>", b"99999999999999999999",
)  # fmt: skip


def mutate_inside(body: bytes, chance: random.Random) -> bytes:
    """A workbook of which one part is mutated, and which is packed again."""
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    name = chance.choice(sorted(members))
    members[name] = mutate(members[name], chance)
    return make_zip(**members)


def try_file(body: bytes, how: Read | None) -> None:
    """Read, examine and tidy `body`: whatever comes of it can be said and written as JSON."""
    raw = Raw(url="https://example.jp/a", values={}, served="file", fetched="", sha256="", bytes=len(body))
    tables, findings = read(raw, body, how)
    for table in tables:
        assert not table.frame.isna().any().any()
        "".join(table.frame.columns).encode()
    part = make_part(Work(raw, how, (), "pipelines/a.yaml", {}), body)
    for finding in (*findings, *part.outline.findings, *find_leaks(raw.url, body, {})):
        (say(finding, "ja") + say(finding, "en")).encode("utf-8", "backslashreplace")
        show_finding(finding)


def run(count: int, seed: int, tell: Callable[[str], None]) -> None:
    """Try `count` mutations; the first that fails is told with what makes it again."""
    every = seeds()
    for n in range(count):
        chance = random.Random(f"{seed}-{n}")
        body = chance.choice(every)
        book = body.startswith(b"PK") and chance.random() < 0.6
        made = mutate_inside(body, chance) if book else mutate(body, chance)
        try:
            try_file(made, chance.choice(OPTIONS))
        except BaseException:
            tell(f"seed {seed}, number {n}, {len(made)} bytes: {made[:60]!r}…")
            raise
    tell(f"{count:,} 件、例外なし / files without an exception (seed {seed})")


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0, print)
        return
    try:
        import atheris
    except ImportError:
        print("atheris がないので、決まった種から 10,000 通りだけ試します / atheris is not installed:")
        print("10,000 mutations from a fixed seed instead (pip install atheris for the guided search)")
        run(10_000, 0, print)
        return
    every = seeds()

    def change(body: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        start = body if len(body) > 20 and chance.random() < 0.9 else chance.choice(every)
        return mutate(start, chance)[:most]

    for name in [name for name in sys.modules if name.startswith("entaku")]:
        del sys.modules[name]
    with atheris.instrument_imports(include=["entaku"]):
        import fuzz as watched
    options = ["-max_len=20000", *sys.argv[1:]]
    atheris.Setup(
        [sys.argv[0], *options],
        lambda body: watched.try_file(body, watched.OPTIONS[len(body) % len(OPTIONS)]),
        custom_mutator=change,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
