"""What the site shows of a new release, made by other processes while the run goes on with other datasets: its charts, its
first rows, the rulings on its raw files.

It is put into the cache under the names of its content, where loading the catalogue finds it.  What can't be made is made,
or told, there.
"""

from contextlib import suppress

from entaku.store import Cache, Store
from entaku.work.load import load_releases
from entaku.work.quality import judge_releases
from entaku.work.units import Bench, Order


def prepare_release(order: Order) -> None:
    """Make what the site shows of the dataset of an order."""
    bench, name = Bench(Store(order.store, order.renamed), Cache(order.cache), order.engine), order.spec.pipeline.name
    with suppress(Exception):
        loaded = load_releases(bench, order.office, order.spec, bench.store.withdrawn_raws(name))
        judge_releases(bench, name, loaded.releases)
