"""A dataset's tables × their schemas × expectations → Checked, or a Report with the errors.

In go Candidates: a resource, its rows as re-readable record batches of text, the files they are written to, and a
function that locates a row in the raw file.  Out comes a Verdict: findings with their places, a Frictionless report,
counts of all violations, and, if there is no error, a Checked for each table; only this room makes a Checked.  The
verdict on types, constraints and keys is that of frictionless-py, computed by a columnar engine of our own or,
optionally, by frictionless-py itself on the bytes to be published.

`schema` holds what follows from a Table Schema: descriptors, Arrow types, restrictions on schemas.  `casts` converts
columns of text to typed columns with the readers of the check.
"""

from typing import TYPE_CHECKING

from entaku.check.candidate import Candidate
from entaku.check.repeats import Spill
from entaku.check.verdict import Engine, Verdict, check
from entaku.formats.heavy import LateRoom

if TYPE_CHECKING:
    from entaku.check import casts, schema
else:
    casts = LateRoom("entaku.check.casts")
    schema = LateRoom("entaku.check.schema")

__all__ = ["Candidate", "Engine", "Spill", "Verdict", "casts", "check", "schema"]
