"""What is unusual of the next release beside earlier ones, each with the rows that show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from entaku.formats.arrays import Mask, decode, to_mask
from entaku.formats.heavy import pa, pc
from entaku.model.nouns import Place, Spec
from entaku.release import Former, anomalies

if TYPE_CHECKING:
    from entaku.check import Verdict
    from entaku.work.build import Built


def find_unusual(spec: Spec, built: Built, former: Former) -> list[anomalies.Anomaly]:
    """Return what is unusual of the tables that passed.  Their rows are read only where something is."""
    wholes = {whole.resource.name: whole for whole in built.wholes}

    def look(table: str, odd: anomalies.Odd) -> tuple[Sequence[int], Place]:
        whole, found = wholes[table], list[int]()
        time, period = odd.period
        start = 0
        shows = odd.shows or "".__ne__
        for batch in whole if {odd.column, time or odd.column} <= {*whole.columns} else ():
            there = _find(batch.column(odd.column), shows)
            if time and there.any():
                there &= _find(batch.column(time), partial(_is_of, period))
            found += [start + int(row) for row in there.nonzero()[0][: anomalies.ROWS + 1]]
            start += batch.num_rows
            if len(found) > anomalies.ROWS:
                break
        place = whole.place(found[0], odd.column) if found else Place()
        return [row + 1 for row in found[: anomalies.ROWS + 1]], place

    return list(anomalies.find_anomalies(spec, built.verdict.checked, former, look))


def forget_periods(verdict: Verdict) -> Verdict:
    """Return a verdict without the rows that were kept to compare periods."""
    checked = (replace(one, written=replace(one.written, periods=None)) for one in verdict.checked)
    return replace(verdict, checked=tuple(checked))


def _find(texts: pa.Array, test: Callable[[str], bool]) -> Mask:
    """Return which cells pass a test, which is asked once for each text."""
    coded = decode(texts).dictionary_encode()
    shown = [at for at, text in enumerate(coded.dictionary.to_pylist()) if test(text)]
    return to_mask(pc.is_in(coded.indices, pa.array(shown, coded.indices.type)))


def _is_of(period: str, text: str) -> bool:
    """Test whether a time as it is written is of a period."""
    return text.startswith(period)
