"""A raw file → the draft of a pipeline.

In go a file's bytes; `draft_file` finds every table of it (stacked, side by side, one sheet a year) and decides how
each is read and tidied: a `FilePlan`, which tells what became of every filled cell.  `join_files` makes one plan of
several files that are laid out alike, `mend_plan` changes one so that findings of a trial go away, and `write_yaml`
writes it as YAML, with what was taken and left out as comments.  `name_label`
names things in Latin letters.  Nothing here touches disk or network.
"""

from entaku.draft.draft import draft_file
from entaku.draft.join import join_files, mend_plan
from entaku.draft.names import name_label
from entaku.draft.plan import FilePlan
from entaku.draft.yaml import About, write_yaml

__all__ = ["About", "FilePlan", "draft_file", "join_files", "mend_plan", "name_label", "write_yaml"]
