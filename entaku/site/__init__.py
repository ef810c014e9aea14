"""The site: a catalogue as pages for people and as files for programs.  Pure.

In go the Catalogue, a Design (templates and assets), what is known of quality and of changes, and the Means of a run;
out come Pages and Findings.  `stream_site` makes the pages, `stream_feeds` the files of every dialect, and `check_pages`
passes on what doesn't mislead anybody.  For a server, `ckan` answers what files alone can't, and `edge` tells which
files never change.
"""

from entaku.site.design import Design
from entaku.site.feeds import ckan, edge, stream_feeds
from entaku.site.feeds.gate import check_pages
from entaku.site.site import Means, stream_site

__all__ = ["Design", "Means", "check_pages", "ckan", "edge", "stream_feeds", "stream_site"]
