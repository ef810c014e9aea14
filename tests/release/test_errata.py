"""The file of a table's known errors, as pages list it."""

import io

import pyarrow as pa
from projects import MemoryDesk

from entaku.model.errata import Erratum, ErratumCell, Touched
from entaku.model.grammar import Resource
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text
from entaku.release.errata import FIRST, read_cells, read_first, write_errata
from entaku.table.errata import meet_errata
from entaku.table.whole import Shelf, Whole


def test_pages_list_the_first_cells_of_each_erratum() -> None:
    lines = [f"{name},{row},kg,1,2" for name, rows in (("one", 12), ("two", 2)) for row in range(1, rows + 1)]
    body = "\n".join(["erratum,row,column,source,published", *lines, ""]).encode()
    cells = read_first(io.BytesIO(body), [Touched("one", 12, 12), Touched("two", 2, 2)])
    told = [(cell.erratum, cell.row) for cell in cells]
    assert told == [("one", row) for row in range(1, FIRST + 1)] + [("two", 1), ("two", 2)]


def test_wrong_cells_are_listed_erratum_by_erratum_as_in_every_csv_of_a_release() -> None:
    batch = pa.record_batch({"id": ["a", "b", "c"], "kg": ["1", "x,y", "1"]})
    ones = Erratum(name="ones", match={"kg": "^1$"}, set={"kg": "10"}, by=Text(ja="市"), why=Text(ja="桁"))
    text = Erratum(name="text", match={"id": "b"}, empty=("kg",), by=Text(ja="市"), why=Text(ja="文字"))
    schema = Schema(fields=(SchemaField(name="id"), SchemaField(name="kg")))
    whole = Whole(
        Resource(name="t", title=Text(ja="表"), schema=schema), ("id", "kg"), 3, Shelf((), lambda _: io.BytesIO()), (), (0,),
        errata=tuple(meet_errata([batch], [ones, text])),
    )  # fmt: skip
    desk = MemoryDesk()
    made = write_errata(whole, desk)
    assert made and made.touched == (Touched("ones", 2, 2), Touched("text", 1, 1))
    assert (made.file.path, made.file.bytes) == ("t.errata.csv", len(desk.read("t.errata.csv")))
    assert desk.read("t.errata.csv").decode() == (
        'erratum,row,column,source,published\nones,1,kg,1,10\nones,3,kg,1,10\ntext,2,kg,"x,y",\n'
    )
    assert list(read_cells(io.BytesIO(desk.read("t.errata.csv"))))[2] == ErratumCell("text", 2, "kg", "x,y", "")
    assert write_errata(whole.before, desk) is None
