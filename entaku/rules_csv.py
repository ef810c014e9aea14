"""CSV text → a grid, with what is wrong with its quotes and lines; no record is lost on the way."""

import csv
import io
import re
from collections.abc import Iterator

from entaku import limits
from entaku.rules_book import Grid, Slip

QUOTED = r'(?:^|{0})"(?:[^"]|"")*"(?={0}|\r?\n?$)'


def scan_csv(text: str, delimiter: str, sheet: str, encoding: str, most: int) -> Grid:
    """The first `most` records of `text`.  Raises csv.Error for a cell beyond every limit."""
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    slips: list[Slip] = []
    whole = True
    quoted = re.compile(QUOTED.format(re.escape(delimiter)))
    for line, raw, cells in read_records(text, delimiter):
        if len(rows) == most:
            whole = False
            break
        if not cells:
            cells = [""]
        rows.append(tuple(cells))
        lines.append(line)
        if '"' not in raw:
            continue
        if raw.count('"') % 2:
            slips.append(Slip(line, "open"))
        elif '"' in quoted.sub(delimiter, raw):
            slips.append(Slip(line, "quote"))
        if re.search(r"[\r\n]", raw.rstrip("\r\n")):
            slips.append(Slip(line, "lines"))
    return Grid(sheet, False, tuple(rows), tuple(lines), whole, encoding, tuple(slips))


def read_records(text: str, delimiter: str) -> Iterator[tuple[int, str, list[str]]]:
    """Line, raw text and cells of each record; a line with a quote that nothing ends is a record of its own."""
    lines = list(io.StringIO(text, newline=""))
    at = 0
    with limits.cells_up_to(limits.CELL):
        while at < len(lines):
            reader = csv.reader(lines[at:], delimiter=delimiter)
            start, before = at, 0
            for cells in reader:
                raw = "".join(lines[start + before : start + reader.line_num])
                if raw.count('"') % 2 and '"' in lines[start + before] and reader.line_num - before > 1:
                    at = start + before + 1
                    line = lines[start + before]
                    yield start + before + 1, line, line.rstrip("\r\n").split(delimiter)
                    break
                yield start + before + 1, raw, cells
                before = reader.line_num
            else:
                return
