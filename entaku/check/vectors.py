"""A column of texts → the state of each cell, by vectors.

Repeated texts are read once, and their states mapped back by index.  Columns of many distinct texts are cast and
compared as vectors, and only the cells that don't pass are read one by one.  In both cases the verdict on an odd cell
is the exact reader's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from entaku.check.cells import Reading, list_missing, make_reader
from entaku.check.finders import Finder, Rows, make_finder, make_refuser
from entaku.check.values import STANDARD, BadSchemaError, format_of, kind_of, make_value_reader
from entaku.formats.arrays import make_numbers, make_texts, to_mask, to_numbers
from entaku.formats.heavy import pa, pc

MAX_KNOWN = 20_000
"""Distinct texts of a column whose state is cached."""
MANY, SAMPLE = 32, 1000
"""More than one distinct text per MANY rows: the column is cast as a vector; decided on SAMPLE rows or more."""

FINE, NULL = 0, 1

FEW, GROWTHS = 1000, 20
"""Up to FEW distinct texts are looked up in a list, which is extended at most GROWTHS times."""

Ids = np.ndarray[Any, np.dtype[np.int32]]


@dataclass(frozen=True)
class Looked:
    """The states of a column's cells: indices into `ColumnReader.states`, or None if all are valid and not null."""

    ids: Ids | None
    texts: pa.StringArray
    indices: Rows | None = None
    """For each row the index of its text in `distinct`; None if the column was tested as a vector."""
    distinct: Sequence[str | None] = ()
    few: bool = False
    """`distinct` is the column's own list, which is only appended to."""
    values: pa.Array | None = None
    """The cells' values if the column was tested as a vector: numbers, days, moments; null for what isn't cast."""
    whole: bool = False
    """`values` has each cell's value, so that null is null."""


def encode(texts: pa.StringArray) -> Looked:
    """Dictionary-encode texts."""
    coded = texts.dictionary_encode()
    indices, distinct = to_numbers(coded.indices), coded.dictionary.to_pylist()
    if coded.indices.null_count:
        indices = np.where(to_mask(coded.indices.is_valid()), indices, len(distinct))
        distinct.append(None)
    return Looked(None, texts, indices, distinct)


class Memo:
    """Caches a result for each distinct text of a column with few of them."""

    def __init__(self, make: Callable[[Sequence[str | None]], Any]) -> None:
        self._make = make
        self._made: Any = None

    def get(self, look: Looked) -> Any:
        """Return an array with the result for each text of `look.distinct`."""
        if not look.few:
            return self._make(look.distinct)
        if self._made is None:
            self._made = self._make(look.distinct)
        elif len(self._made) < len(look.distinct):
            self._made = np.concatenate([self._made, self._make(look.distinct[len(self._made) :])])
        return self._made


class ColumnReader:
    """The readers of one column, and the states of its cells so far."""

    def __init__(
        self,
        field: Mapping[str, Any],
        schema: Mapping[str, Any],
        rules: frozenset[str] = STANDARD,
        known: int = MAX_KNOWN,
    ) -> None:
        self.field, self.name, self.kind = field, str(field.get("name", "")), kind_of(field)
        self.missing = list_missing(field, schema)
        self.read = make_reader(field, self.missing, rules)
        self.value = self._make_value_reader(rules)
        """Returns the value of a text, None for none."""
        self.max_known = known
        self.states: list[Reading] = [Reading(None, False, ()), Reading(None, True, ())]
        """Null or not, and its faults; the first is a valid value, the second a valid null."""
        self.valueless: list[bool] = [False, True]
        """By state, whether the cell has no value: null, or of the wrong type."""
        self._ids: dict[tuple[bool, bool, tuple[tuple[str, str], ...]], int] = {
            (False, False, ()): 0,
            (True, True, ()): 1,
        }
        self._known: dict[str | None, int] = {}
        self._by_tests: dict[tuple[bool, ...], int] = {}
        self._find_odd = make_finder(field, self.missing, rules)
        self._refuse = make_refuser(field, rules)
        self._many = False
        self._few: list[str | None] | None = []
        self._growths = 0
        self._few_set: pa.StringArray = make_texts([])
        self._few_ids = Memo(self.identify)

    def _make_value_reader(self, rules: frozenset[str]) -> Callable[[str | None], Any]:
        nulls = frozenset(self.missing)
        if self.kind == "string" and format_of(self.field) == "default":
            return lambda text: None if text in nulls else text
        if self.kind == "array":
            return lambda text: self.read(text).value
        read = make_value_reader(self.field, rules)
        return lambda text: None if text is None or text in nulls else read(text)

    def look(self, texts: pa.Array) -> Looked:
        """Return the states of a batch's cells."""
        if pa.types.is_dictionary(texts.type):
            texts = texts.dictionary_decode()
        if self._many and self._find_odd is not None:
            return self._look_at_odd(texts, self._find_odd)
        look = self._look_up(texts) or encode(texts)
        if not look.few and len(look.distinct) * MANY > len(texts) >= SAMPLE and self._find_odd is not None:
            self._many = True
            return self.look(texts)
        return replace(look, ids=self.look_at_distinct(look))

    def _look_up(self, texts: pa.StringArray) -> Looked | None:
        """Encode texts by the list of the column's distinct texts, or return None once that is too long."""
        if self._few is None:
            return None
        indices = pc.index_in(texts, value_set=self._few_set)
        if indices.null_count:
            new = texts.filter(pc.is_null(indices)).unique()
            self._growths += 1
            if len(self._few) + len(new) > FEW or self._growths > GROWTHS:
                self._few = None
                return None
            self._few = self._few + new.to_pylist()
            self._few_set = make_texts(self._few)
            indices = pc.index_in(texts, value_set=self._few_set)
        return Looked(None, texts, to_numbers(indices), self._few, few=True)

    def look_at_distinct(self, look: Looked) -> Ids | None:
        """Return the states of encoded cells, reading each distinct text once; None if all are valid and not null."""
        ids = self._few_ids.get(look)
        if not ids.any():
            return None
        found: Ids = ids.take(look.indices)
        return found if found.any() else None

    def identify(self, texts: Sequence[str | None]) -> Ids:
        """Return the state of each text."""
        known = self._known
        if len(texts) > self.max_known:  # none of them is likely to come again
            return np.array(self._identify(texts), np.int32)
        found = [known.get(text, -1) for text in texts]
        if -1 in found:
            new = [text for text, id_ in zip(texts, found, strict=True) if id_ < 0]
            if len(known) + len(new) > self.max_known:
                known.clear()
            ids = self._identify(new)
            known.update(zip(new, ids, strict=True))
            left = iter(ids)
            found = [next(left) if id_ < 0 else id_ for id_ in found]
        return np.array(found, np.int32)

    def _identify(self, texts: Sequence[str | None]) -> list[int]:
        """Return the state of each text, without the cache; calls are few, as there may be millions of texts."""
        nulls, read = self.read.nulls, self.read.read
        tests, by_tests = [test for _, _, test in self.read.tests], self._by_tests
        if self.read.read_items:
            return [self._number(self.read(text)) for text in texts]
        found = []
        for text in texts:
            if text is None or text in nulls:
                found.append(self._number(Reading(None, True, self.read.absent)))
                continue
            if (value := read(text)) is None:
                found.append(self._number(Reading(None, False, self.read.unlisted)))
                continue
            passed = tuple([test(value) for test in tests])
            if passed not in by_tests:
                by_tests[passed] = self._number(Reading(value, False, self.read.list_faults(passed)))
            found.append(by_tests[passed])
        return found

    def _number(self, reading: Reading) -> int:
        """Return the state of a cell by how it was read."""
        key = (reading.null, reading.value is None, reading.faults)
        id_ = self._ids.get(key)
        if id_ is None:
            id_ = self._ids[key] = len(self.states)
            self.states.append(Reading(None, reading.null, reading.faults))
            self.valueless.append(reading.value is None)
        return id_

    def _look_at_odd(self, texts: pa.Array, find_odd: Finder) -> Looked:
        odd, values, whole, nulls = find_odd(texts)
        if odd is None and nulls is None:
            return Looked(None, texts, values=values, whole=whole)
        ids = np.zeros(len(texts), np.int32)
        if nulls is not None:
            ids[nulls] = self.identify([self.missing[0] if self.missing else None])[0]
        if odd is not None:
            rows = np.flatnonzero(odd)
            some = encode(self._join_refused(texts.take(make_numbers(rows))))
            ids[rows] = self.identify(some.distinct)[some.indices]
        return Looked(ids if ids.any() else None, texts, values=values, whole=whole)

    def _join_refused(self, texts: pa.Array) -> pa.Array:
        """Write the texts that have no value by their form as the first of them: all have its state."""
        refused = self._refuse(texts) if self._refuse else None
        return texts if refused is None else pc.if_else(refused, texts[int(to_mask(refused).argmax())], texts)


def make_columns(
    fields: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], rules: frozenset[str] = STANDARD
) -> list[ColumnReader]:
    """Make the reader of each field's column.  Raises BadSchemaError."""
    columns = []
    for field in fields:
        try:
            columns.append(ColumnReader(field, schema, rules))
        except (ValueError, TypeError, KeyError) as error:
            raise BadSchemaError(str(error), str(field.get("name", ""))) from None
    return columns
