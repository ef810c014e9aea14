"""Checked tables → the files of a release; two releases → what changed.

`write` has the writers that the check passes a table's rows to (CSV, Parquet, statistics), and one that only casts
them; `making` makes the descriptor, report, profile, manifest and checksums of Checked tables, and the version.
`making.load_release` reads a release back, `diff.compare_tables` compares the tables of two and writes the rows that
differ; `anomalies` tells what is unusual of the next one beside earlier ones (`Former`), `set_cut_aside` which of its
files were cut;
`revise` tells whether it has the same data, so that only a revision of the metadata is made, and why it is made.
"""

from entaku.release import anomalies, diff, making, revise, write
from entaku.release.losses import Former, set_cut_aside

__all__ = ["Former", "anomalies", "diff", "making", "revise", "set_cut_aside", "write"]
