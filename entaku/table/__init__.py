"""Raw bytes → tables of text, each row with its place in the raw file.

In goes a `parts.Work` (a raw file, how it is read, the steps) and the file's bytes; `parts.write_part` writes the part
that is made of it: an Arrow stream of text, and its outline (`part`).  `whole` lays the parts of a resource one below
the other, in batches.  What can't be read or tidied is a finding at its place, never an exception.  `steps.STEPS` are
all steps that owners can write; `lookout.read_cells` gives every cell of a file, and `read` its
tables, to look at for a draft.  `trace` goes the way back: from a value to the cells that it came from.
"""

from typing import TYPE_CHECKING

from entaku.formats.heavy import LateRoom
from entaku.table.read import read

if TYPE_CHECKING:
    from entaku.table import lookout, part, parts, steps, trace, whole
else:
    lookout = LateRoom("entaku.table.lookout")
    part = LateRoom("entaku.table.part")
    parts = LateRoom("entaku.table.parts")
    steps = LateRoom("entaku.table.steps")
    trace = LateRoom("entaku.table.trace")
    whole = LateRoom("entaku.table.whole")

__all__ = ["lookout", "part", "parts", "read", "steps", "trace", "whole"]
