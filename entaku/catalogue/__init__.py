"""Releases → the catalogue, and what all pages and feeds show of it.

In go releases, failed attempts and ledgers (`build`); out comes a Catalogue.  `facets` groups and dates its datasets,
`places` has the public paths of files made at publication, `charts` chooses the charts of a table and `charts_count`
counts their numbers, `ledgers` reads the requests and showcases, `search` writes the index.  `build` also judges how each dataset stands.
"""

from typing import TYPE_CHECKING

from entaku.formats.heavy import LateRoom

if TYPE_CHECKING:
    from entaku.catalogue import build, charts, charts_count, facets, ledgers, places, search
else:
    build = LateRoom("entaku.catalogue.build")
    charts = LateRoom("entaku.catalogue.charts")
    charts_count = LateRoom("entaku.catalogue.charts_count")
    facets = LateRoom("entaku.catalogue.facets")
    ledgers = LateRoom("entaku.catalogue.ledgers")
    places = LateRoom("entaku.catalogue.places")
    search = LateRoom("entaku.catalogue.search")

__all__ = ["build", "charts", "charts_count", "facets", "ledgers", "places", "search"]
