"""Code to copy: which columns the examples take, and what they name."""

from dataclasses import replace

import pytest
from worlds import make_schedule

from entaku.model.table_schema import Constraints, ForeignKey, Reference, Schema, SchemaField
from entaku.model.words import Text
from entaku.site.use import choose_columns, write_snippets


def test_snippets_never_average_over_units():
    fields = (
        SchemaField(name="stay", type="string"),
        SchemaField(name="measure", type="string"),
        SchemaField(name="unit", type="string"),
        SchemaField(name="value", type="number"),
    )
    assert choose_columns(Schema(fields=fields)) == ("measure", "")
    priced = (*fields, SchemaField(name="price", type="integer", unit="円"))
    assert choose_columns(Schema(fields=priced)) == ("stay", "price")


NAMING = [
    SchemaField(name="city_code", type="integer"),
    SchemaField(name="station_number", type="integer", title=Text(ja="駅の並び", en="Order of the station")),
    SchemaField(name="fiscal", type="integer", title=Text(ja="年度", en="Fiscal year")),
    SchemaField(name="lat", type="number", title=Text(ja="緯度", en="Latitude")),
    SchemaField(name="serial", type="integer", constraints=Constraints(unique=True)),
    SchemaField(name="own", type="integer", unit="円"),
    SchemaField(name="other", type="integer", unit="円"),
]


@pytest.mark.parametrize("field", NAMING, ids=lambda field: field.name)
def test_examples_average_nothing_that_only_names_a_row(field):
    other = ForeignKey(fields=("other",), reference=Reference(resource="others", fields=("id",)))
    schema = Schema(fields=(SchemaField(name="kind"), field), primaryKey=("kind", "own"), foreignKeys=(other,))
    assert choose_columns(schema) == ("kind", "")
    visitors = SchemaField(
        name="number_of_visitors", type="integer", title=Text(ja="来訪者数", en="Number of visitors")
    )
    assert choose_columns(replace(schema, fields=(*schema.fields, visitors))) == ("kind", "number_of_visitors")


def test_examples_group_by_nothing_that_each_row_has_its_own_of():
    fields = (SchemaField(name="id"), SchemaField(name="code"), SchemaField(name="kind"))
    assert choose_columns(Schema(fields=fields, primaryKey=("id",), uniqueKeys=(("code",),))) == ("kind", "")


def test_snippets_name_the_real_address_and_columns():
    table = make_schedule()
    codes = {snippet.tool: snippet.code for snippet in write_snippets("https://x.example/datasets/d/", table)}
    assert list(codes) == ["pandas", "polars", "duckdb", "r", "javascript", "powerquery", "curl"]
    compile(codes["pandas"], "snippet", "exec")
    compile(codes["polars"], "snippet", "exec")
    assert 'groupby("line")["capacity"]' in codes["pandas"]
    assert '{"capacity", Int64.Type}' in codes["powerquery"]
    assert "FROM 'https://x.example/datasets/d/schedule.parquet'" in codes["duckdb"]
    assert "curl -fLO https://x.example/datasets/d/SHA256SUMS" in codes["curl"]
    plain = replace(table, schema=replace(table.schema, fields=(SchemaField(name="a"),), primaryKey=()))
    assert 'df["a"].value_counts()' in write_snippets("https://x.example/", plain)[0].code
