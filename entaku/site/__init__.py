"""The site: a catalogue as pages for people and as files for programs.  Pure.

In: the Catalogue, a Design (templates and assets), the quality and the changes of each dataset, and the Means of a
run.  Out: Pages and Findings.  `stream_site` yields the pages, `stream_feeds` the files of every dialect, and
`check_pages` passes on those that its rules accept.  For a server, `ckan` answers the requests that files alone
can't, and `edge` lists the files that never change.
"""

from entaku.site.design import Design
from entaku.site.feeds import ckan, edge, stream_feeds
from entaku.site.feeds.gate import check_pages
from entaku.site.kept import Means
from entaku.site.site import stream_site

__all__ = ["Design", "Means", "check_pages", "ckan", "edge", "stream_feeds", "stream_site"]
