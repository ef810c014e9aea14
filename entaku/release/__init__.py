"""Checked tables → the files of a release.

`write` has the writers that the check passes a table's rows to (CSV, Parquet, statistics), and one that only casts
them; `making` makes the descriptor, report, profile, manifest and checksums of Checked tables, and the version.
`load_release` reads a release back, `compare_tables` compares the tables of two.
"""

from entaku.release import making, write
from entaku.release.diff import compare_tables
from entaku.release.making import load_release

__all__ = ["compare_tables", "load_release", "making", "write"]
