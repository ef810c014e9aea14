"""What a table's Parquet declares beyond its values: required columns, integers as narrow as their bounds, its order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from entaku.check import schema as schemas
from entaku.formats.heavy import pa, pq
from entaku.model.grammar import Resource
from entaku.model.table_schema import SchemaField

WIDTHS = (8, 16, 32)
_KEEPS_ORDER = ("select", "drop_columns")
_SURE = ("date", "integer", "year", "boolean")


class Sorted(NamedTuple):
    """A column by which a table is sorted."""

    name: str
    down: bool
    sure: bool
    """Whether its values are in the order of the step: that of texts may be by the numbers in them."""


def write_type(field: SchemaField, zoned: bool) -> pa.DataType:
    """Return the type of a field's column in Parquet: of whole numbers with bounds the narrowest that holds them."""
    kind = schemas.arrow_type(field, zoned)
    if field.type != "integer":
        return kind
    read, given = schemas.make_bound_reader(field), field.constraints
    if read is None:
        return kind
    low = [read(bound) for bound in (given.minimum, given.exclusiveMinimum) if bound is not None]
    high = [read(bound) for bound in (given.maximum, given.exclusiveMaximum) if bound is not None]
    if not low or not high or None in (*low, *high):
        return kind
    return next(
        (
            getattr(pa, f"int{width}")()
            for width in WIDTHS
            if -(1 << (width - 1)) <= max(low) and min(high) < 1 << (width - 1)
        ),
        kind,
    )


def find_order(resource: Resource) -> tuple[Sorted, ...]:
    """Return the columns by which the steps leave a table sorted: those of its last `sort`, if nothing follows that
    changes rows or cells."""
    steps = [step for step in resource.tidy if step.name not in _KEEPS_ORDER]
    if not steps or steps[-1].name != "sort" or any(one.done != "left" for one in resource.errata):
        return ()
    fields = {field.name: field for field in resource.schema.fields}
    found = list[Sorted]()
    for name in steps[-1].options.columns:
        field = fields.get(name)
        if field is None:  # what follows is sorted within groups that are not there any more
            break
        plain = field.missingValues is None and field.format == "default" and not field.groupChar and field.bareNumber
        sure = plain and field.type in _SURE and not (field.trueValues or field.falseValues)
        found.append(Sorted(name, steps[-1].options.descending, sure and field.constraints.required))
    return tuple(found)


def prove_order(order: Sequence[Sorted], block: Any, alone: bool) -> list[pq.SortingColumn]:
    """Return what may be declared of the order of a file whose first rows are `block`: of all its rows, if they are
    `alone`, what is seen to be so; else the columns up to the first that isn't sure."""
    names = list(block.schema.names)
    kept = list(order)
    if not alone:
        kept = kept[: next((n for n, one in enumerate(kept) if not one.sure), len(kept))]
    while kept and not is_sorted(block, kept):
        kept.pop()
    return [pq.SortingColumn(names.index(one.name), one.down, False) for one in kept]


def is_sorted(block: Any, order: Sequence[Sorted]) -> bool:
    """Test whether rows are in an order, with empty cells last."""
    rows = pa.table(
        {one.name: block.column(one.name) for one in order}
    )  # dictionaries of texts are sorted by their indices
    rows = rows.cast(
        pa.schema(
            [
                pa.field(each.name, each.type.value_type if pa.types.is_dictionary(each.type) else each.type)
                for each in rows.schema
            ]
        )
    )
    if any(pa.types.is_list(kind) for kind in rows.schema.types):
        return False
    keys = [(one.name, "descending" if one.down else "ascending") for one in order]
    return bool(rows.sort_by(keys).equals(rows))
