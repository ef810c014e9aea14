"""Source → bytes: the only room that uses the network, and the folders that can replace it.

Input: a `source:` from a pipeline, which `list_asks` and `ckan_asks` expand to requests (`Ask`).  Output: an `Answer`
for every request, from `Network.ask_all` or `folder` (mirrors, samples, files of the project), with either a body,
which may be larger than memory, or a finding that says why there is none.  Archiving is left to the store.
"""

from entaku.fetch import folder
from entaku.fetch.asks import ckan_asks, list_asks, read_ckan, takes_format
from entaku.fetch.bodies import read_headers
from entaku.fetch.network import Network

__all__ = ["Network", "ckan_asks", "folder", "list_asks", "read_ckan", "read_headers", "takes_format"]
