"""Every path and every write: the only disk.

In go answers (`Store.archive`), what is written on a `Desk` until it is a release, and a site's pages (`site`).  Out
come archived bytes, verified, releases, and their history.  `Cache` has what may be deleted at any time; `disk` whole
files or none, and words for what a disk refuses.  Whatever can't be done is `Refused`, with a finding.
"""

from entaku.store import disk, site
from entaku.store.cache import Cache
from entaku.store.desk import Desk
from entaku.store.project import read_project, write_project
from entaku.store.store import Store

__all__ = ["Cache", "Desk", "Store", "disk", "read_project", "site", "write_project"]
