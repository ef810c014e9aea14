"""Source → bytes: the only network, and the folders that stand before it.

In goes what an owner wrote as `source:`; `list_asks` and `ckan_asks` make of it what to ask for.  Out comes an `Answer`
for every ask, from `Network.ask_all` or `folder` (mirrors, samples, the project's own files): a body, which may be
larger than memory, or the finding that says why there is none.  Nothing is kept: that is for the store to do.
"""

from entaku.fetch import folder
from entaku.fetch.asks import ckan_asks, list_asks, read_ckan, takes_format
from entaku.fetch.bodies import read_headers
from entaku.fetch.network import Network

__all__ = ["Network", "ckan_asks", "folder", "list_asks", "read_ckan", "read_headers", "takes_format"]
