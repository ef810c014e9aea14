"""A dataset's tables × their schemas × expectations → Checked, or a Report that says why not.

In go Candidates: a resource, its rows as batches of text that can be read more than once, where its files are written,
and what tells the place of a row in the raw file.  Out comes a Verdict: findings at their places, a Frictionless
report, all violations counted; and where nothing is wrong a Checked for each table, which only this room makes.  The
verdict on types, constraints and keys is that of frictionless-py, given by our own engine on columns or, for doubters,
by frictionless-py itself on the very bytes that would be published.

`schema` has what a Table Schema means: descriptors, Arrow types, what a schema may not say.  `casts` makes typed
columns of text, by the readers of the check.
"""

from entaku.check import casts, schema
from entaku.check.candidate import Candidate
from entaku.check.repeats import Spill
from entaku.check.verdict import Engine, Verdict, check

__all__ = ["Candidate", "Engine", "Spill", "Verdict", "casts", "check", "schema"]
