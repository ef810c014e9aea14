"""The file of a table's known errors, as pages list it."""

import io

from entaku.model.errata import Touched
from entaku.release.errata import FIRST, read_first


def test_pages_list_the_first_cells_of_each_erratum() -> None:
    lines = [f"{name},{row},kg,1,2" for name, rows in (("one", 12), ("two", 2)) for row in range(1, rows + 1)]
    body = "\n".join(["erratum,row,column,source,published", *lines, ""]).encode()
    cells = read_first(io.BytesIO(body), [Touched("one", 12, 12), Touched("two", 2, 2)])
    told = [(cell.erratum, cell.row) for cell in cells]
    assert told == [("one", row) for row in range(1, FIRST + 1)] + [("two", 1), ("two", 2)]
