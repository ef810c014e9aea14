"""Releases → the catalogue, and what all pages and feeds show of it.

In go releases, failed attempts and ledgers (`build`); out comes a Catalogue.  `facets` groups and dates its datasets,
`places` has the public paths of files made at publication, `charts` chooses the charts of a table and `count_charts`
counts their numbers, `ledgers` reads the requests and showcases, `search` writes the index.  `build` also judges how each dataset stands.
"""

from entaku.catalogue import build, charts, facets, ledgers, places, search
from entaku.catalogue.charts_count import count_charts

__all__ = ["build", "charts", "count_charts", "facets", "ledgers", "places", "search"]
