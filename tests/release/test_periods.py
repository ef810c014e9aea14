"""The rows of each period are counted alike, whatever form their texts have."""

import subprocess
import sys

import pyarrow as pa

from entaku.model.table_schema import Schema, SchemaField
from entaku.release.periods import PeriodStats

SCHEMA = Schema(fields=(SchemaField(name="year", type="year"), SchemaField(name="area")), primaryKey=("year", "area"))
YEARS = pa.array([2024, 2024, 2025, 2025], pa.int64())
AREAS = pa.array(["港", None, "港", "千代田"], pa.string())


def count(areas: pa.Array) -> object:
    stats = PeriodStats(SCHEMA)
    stats.add(pa.RecordBatch.from_arrays([YEARS, areas], names=["year", "area"]))
    return stats.close()


def test_encoded_texts_are_counted_as_plain_ones() -> None:
    plain = count(AREAS)
    assert plain == count(AREAS.dictionary_encode())
    assert plain != count(pa.array(["港", "千代田", "港", "千代田"], pa.string()).dictionary_encode())
    none = pa.nulls(4, pa.string())
    assert count(none) == count(none.dictionary_encode())


def test_encoded_texts_need_no_pandas() -> None:
    program = (
        "import sys; from entaku.formats.arrays import make_texts; from entaku.formats.heavy import pa;"
        "from entaku.model.table_schema import Schema, SchemaField; from entaku.release.periods import PeriodStats;"
        "schema = Schema(fields=(SchemaField(name='day', type='date'), SchemaField(name='area')), primaryKey=('day',));"
        "block = [pa.nulls(2, pa.date32()), make_texts(['a', None]).dictionary_encode()];"
        "PeriodStats(schema).add(pa.RecordBatch.from_arrays(block, names=['day', 'area']));"
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
