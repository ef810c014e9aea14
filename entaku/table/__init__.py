"""Raw bytes → tables of text, each row with its place in the raw file.

In goes a `parts.Work` (a raw file, how it is read, the steps) and the file's bytes; `parts.write_part` writes the part
that is made of it: an Arrow stream of text, and its outline (`part`).  `whole` lays the parts of a resource one below
the other, in batches.  What can't be read or tidied is a finding at its place, never an exception.  `steps.STEPS` are
all steps that owners can write; `lookout.read_cells` gives every cell of a file, and `read` its
tables, to look at for a draft.  `trace` goes the way back: from a value to the cells that it came from.
"""

from entaku.table import lookout, part, parts, steps, trace, whole
from entaku.table.read import read

__all__ = ["lookout", "part", "parts", "read", "steps", "trace", "whole"]
