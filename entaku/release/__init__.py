"""Checked tables → the files of a release.

`write` has what the check writes a table's rows to (CSV, Parquet, statistics), or casts them with; `making` makes the
descriptor, report, profile, manifest and checksums of Checked tables, and names versions.  `load_release` reads a
release back, `compare_tables` tells what changed between two.
"""

from entaku.release import making, write
from entaku.release.diff import compare_tables
from entaku.release.making import load_release

__all__ = ["compare_tables", "load_release", "making", "write"]
