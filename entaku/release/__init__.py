"""Checked tables → the files of a release; two releases → what changed.

`write` has the writers that the check passes a table's rows to (CSV, Parquet, statistics), and one that only casts
them; `making` makes the descriptor, report, profile, manifest and checksums of Checked tables, and the version.
`making.load_release` reads a release back, `diff.compare_tables` compares the tables of two and writes the rows that
differ; `anomalies` tells what is unusual of the next one beside earlier ones (`Former`), `set_cut_aside` which of its
files were cut;
`revise` tells whether it has the same data, so that only a revision of the metadata is made, and why it is made.
"""

from typing import TYPE_CHECKING

from entaku.formats.heavy import LateRoom
from entaku.release.losses import Former, set_cut_aside

if TYPE_CHECKING:
    from entaku.release import anomalies, diff, making, revise, write
else:
    anomalies = LateRoom("entaku.release.anomalies")
    diff = LateRoom("entaku.release.diff")
    making = LateRoom("entaku.release.making")
    revise = LateRoom("entaku.release.revise")
    write = LateRoom("entaku.release.write")

__all__ = ["Former", "anomalies", "diff", "making", "revise", "set_cut_aside", "write"]
