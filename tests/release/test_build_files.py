"""What the check tells of its columns spares the files work and never changes their bytes."""

import csv
import io
import random
from collections.abc import Sequence

import pyarrow as pa
import pytest
from projects import MemoryDesk

from entaku.check.casts import tell
from entaku.check.outcome import Limits
from entaku.check.rows import TextTable
from entaku.check.schema import describe_schema
from entaku.check.stream import check_table
from entaku.check.vectors import Looked
from entaku.model.grammar import Resource
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text
from entaku.release.write import TableFiles

FIELDS = (
    SchemaField(name="id", type="integer"),
    SchemaField(name="day", type="date"),
    SchemaField(name="weight", type="number"),
    SchemaField(name="place", type="string"),
    SchemaField(name="note", type="string"),
)


def make_rows(odd: Sequence[str], where: str, marks: Sequence[str], rows: int = 3000) -> list[list[str]]:
    """Rows of which the column `place` has few texts, all others many; `odd` is strewn over one of them."""
    dice = random.Random(1)
    made = []
    for n in range(rows):
        place, note = dice.choice(["豊洲", "大田", "足立"]), f"品目{n}"
        if n % 500 == 499:
            place = dice.choice(odd) if where == "place" else place
            note = dice.choice(odd) if where == "note" else note
        weight = dice.choice(marks) if n % 7 == 3 else f"{n + 0.5}"
        made.append([f"{n}", f"2021-04-{n % 28 + 1:02}", weight, place, note])
    return made


def write(rows: list[list[str]], marks: Sequence[str], size: int, told: bool) -> dict[str, bytes]:
    schema = Schema(fields=FIELDS, missingValues=tuple(marks))
    desk = MemoryDesk()
    files = TableFiles(Resource(name="x", title=Text(ja="見本"), schema=schema), {}, desk)
    names = [field.name for field in FIELDS]
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    batches = pa.RecordBatch.from_arrays(columns, names=names)
    cut = [batches.slice(at, size) for at in range(0, len(rows), size)]
    seen = list[bool]()

    def watch(batch: pa.RecordBatch, looks: Sequence[Looked], _sound: bool) -> None:
        seen.append(any(look.whole or look.few for look in looks))
        files.add(batch, [tell(look) for look in looks] if told else ())

    outcome = check_table(TextTable("x", cut, describe_schema(schema), watch), Limits())
    assert not outcome.counts
    assert all(seen)
    profile = files.close().profile
    return {**{path: desk.read(path) for path in desk.files}, "profile": repr(profile).encode()}


def test_a_table_that_is_given_up_has_the_rows_of_its_csv_alone() -> None:
    """What can't be cast is checked to its end; its CSV shows where."""
    schema, desk = Schema(fields=FIELDS[:1]), MemoryDesk()
    files = TableFiles(Resource(name="x", title=Text(ja="見本"), schema=schema), {}, desk)
    files.add(pa.record_batch({"id": ["1", "2"]}))
    files.give_up()
    files.add(pa.record_batch({"id": ["3", "many"]}))
    assert files.read_csv() == b"id\n1\n2\n3\nmany\n"
    assert files.rows == 4 and files.close().profile[0].rows == 2


@pytest.mark.parametrize("size", [1000, 3000])
@pytest.mark.parametrize(
    ("odd", "where", "marks"),
    [
        (["x"], "note", ["", "-"]),
        (["a,b", 'say "q"', "two\nlines", "\r", "終"], "place", ["", "-"]),
        (["a,b", 'say "q"', "two\nlines", "\r", "終"], "note", ["", "-"]),
        (["x"], "note", ["", "n,a", '"']),
    ],
)
def test_what_the_check_tells_changes_no_byte(odd: list[str], where: str, marks: list[str], size: int) -> None:
    rows = make_rows(odd, where, marks)
    told = write(rows, marks, size, told=True)
    assert told == write(rows, marks, size, told=False)
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows([[field.name for field in FIELDS], *rows])
    if "\r" not in odd:  # a lone CR is quoted by Python from 3.13 on only
        assert told["x.csv"].decode() == sink.getvalue()
    assert list(csv.reader(io.StringIO(told["x.csv"].decode(), newline="")))[1:] == rows
