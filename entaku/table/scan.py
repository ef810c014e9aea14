"""What calamine doesn't tell of a workbook's sheet: the cells' formats, errors and formulas without a value.

`scan_xlsx`, `scan_xls` and `scan_xlsb` look for them in the bytes of each format.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from entaku.table.number_format import NumberFormat, parse_format
from entaku.table.seen import GENERAL

Grid = np.ndarray[Any, np.dtype[np.uint16]]
UNSAVED = "#UNSAVED!"
"""What stands for the value of a formula that was not saved."""
ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
          0x2B: "#GETTING_DATA"}  # fmt: skip
"""The errors of .xls and .xlsb ([MS-XLS] 2.5.10)."""


@dataclass(frozen=True)
class SheetScan:
    """What a sheet holds besides its values; rows and columns count from 0."""

    cells: int = 0
    """Cells of the rectangle from A1 to the last that holds something; calamine sets all of it up in memory, and
    where that fails the process ends."""
    styles: Grid | None = None
    """The number of each cell's format; 0 beyond it."""
    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """#N/A, #DIV/0! and the like, which calamine gives as empty cells, and UNSAVED."""
    values: Mapping[tuple[int, int], float | str] = field(default_factory=dict)
    """Numbers that calamine takes for dates, and texts that it can't decode."""
    stale: Collection[tuple[int, int]] = ()
    """Formulas whose saved values no program has calculated, as the workbook says itself."""


@dataclass(frozen=True)
class BookScan:
    """What a workbook says of all its sheets."""

    look: Callable[[str, int], SheetScan]
    """What is in a sheet, by its name and its place among all sheets."""
    is_empty: Callable[[str, int], bool]
    """Whether a sheet holds nothing, as Sheet2 and Sheet3 of many workbooks."""
    formats: tuple[NumberFormat, ...]
    since_1904: bool
    names: tuple[str, ...] = ()
    """The names of all sheets, where calamine can't decode them."""


SMALL = 8192
"""Bytes of a sheet that may be empty."""


class FormatNumbers:
    """The different formats of a workbook's styles: 0 is General, the others in the order in which they come."""

    def __init__(self) -> None:
        self.formats = [GENERAL]
        self._numbers = {GENERAL.code: 0}

    def number(self, code: str) -> int:
        """The number of a format."""
        if code not in self._numbers:
            self._numbers[code] = len(self.formats)
            self.formats.append(parse_format(code))
        return self._numbers[code]

    def numbers(self, codes: Iterable[str]) -> Grid:
        """The numbers of several."""
        return np.array([self.number(code) for code in codes], np.uint16)
