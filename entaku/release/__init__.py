"""Checked tables → the files of a release; two releases → what changed.

`write` has the writers that the check passes a table's rows to (CSV, Parquet, statistics), and one that only casts
them; `making` makes the descriptor, report, profile, manifest and checksums of Checked tables, and the version.
`making.load_release` reads a release back, `diff.compare_tables` compares the tables of two and writes the rows that
differ; `find_losses` and `set_cut_aside` report what the next one would lose against the current one (`Former`);
`revise` tells whether it has the same data, so that only a revision of the metadata is made, and why it is made.
"""

from entaku.release import diff, making, revise, write
from entaku.release.losses import Former, find_losses, set_cut_aside

__all__ = ["Former", "diff", "find_losses", "making", "revise", "set_cut_aside", "write"]
