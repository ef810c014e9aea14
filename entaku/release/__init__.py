"""Checked tables → the files of a release.

`write` has the writers that the check passes a table's rows to (CSV, Parquet, statistics), and one that only casts
them; `making` makes the descriptor, report, profile, manifest and checksums of Checked tables, and the version.
`making.load_release` reads a release back, `compare_tables` compares the tables of two; `find_losses` and
`set_cut_aside` report what the next one would lose against the current one (`Former`); `revise` tells whether it has the
same data, so that only a revision of the metadata is made, and why it is made.
"""

from entaku.release import making, revise, write
from entaku.release.diff import Former, compare_tables, find_losses, set_cut_aside

__all__ = ["Former", "compare_tables", "find_losses", "making", "revise", "set_cut_aside", "write"]
