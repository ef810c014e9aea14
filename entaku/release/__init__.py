"""Checked tables → the files of a release.

`write` has the writers that the check passes a table's rows to (CSV, Parquet, statistics), and one that only casts
them; `making` makes the descriptor, report, profile, manifest and checksums of Checked tables, and the version.
`load_release` reads a release back, `compare_tables` compares the tables of two; `find_losses` and
`set_cut_aside` report what the next one would lose against the current one (`Former`).
"""

from entaku.release import making, write
from entaku.release.diff import Former, compare_tables, find_losses, set_cut_aside
from entaku.release.making import load_release

__all__ = ["Former", "compare_tables", "find_losses", "load_release", "making", "set_cut_aside", "write"]
