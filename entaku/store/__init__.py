"""Answers, releases and pages → disk: every path and every write.

Input: answers (`Store.archive`), the files of a release in preparation (`Desk`), and a site's pages (`site`).  Output:
archived bytes, verified; releases; their history.  `Cache` holds what may be deleted at any time; `backup` packs a project into one file; `disk` writes whole
files or none, and words for what a disk refuses.  Failures are `Refused`, with a finding.
"""

from typing import TYPE_CHECKING

from entaku.formats.heavy import LateRoom
from entaku.store.cache import Cache
from entaku.store.desk import Desk
from entaku.store.projects import read_project
from entaku.store.store import Store

if TYPE_CHECKING:
    from entaku.store import backup, disk, site
else:
    backup = LateRoom("entaku.store.backup")
    disk = LateRoom("entaku.store.disk")
    site = LateRoom("entaku.store.site")

__all__ = ["Cache", "Desk", "Store", "backup", "disk", "read_project", "site"]
