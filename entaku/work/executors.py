"""Where the tables of datasets are made: in this process, by a pool of processes, or on a Dask cluster."""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from entaku.formats.heavy import distributed
from entaku.model.nouns import Finding, Refused
from entaku.work.setting import OpenExecutor, count_workers, make_pool

Made = TypeVar("Made")
SCHEMES = {"dask": "tcp", "dask+tls": "tls"}
"""Addresses of Dask schedulers, and what Dask calls them."""
PATIENCE = 30
"""Seconds to wait for a scheduler, and for a cluster without any worker."""


def add_options(verb: argparse.ArgumentParser) -> None:
    """Add the option `--executor`."""
    verb.add_argument(
        "--executor", type=read_executor, default="auto", metavar="WHERE",
        help="表をつくるところ：auto（既定）、here、processes、dask://HOST:PORT（docs/cluster.md）/ where tables are made",
    )  # fmt: skip


def read_executor(text: str) -> OpenExecutor | None:
    """Read the option `--executor`; None for this process.  Raises ArgumentTypeError."""
    scheme, _, rest = text.partition("://")
    host, _, port = rest.rpartition(":")
    if scheme in SCHEMES and host and port.isascii() and port.isdigit():
        return partial(open_cluster, text, f"{SCHEMES[scheme]}://{rest}")
    if text not in ("auto", "here", "processes"):
        raise argparse.ArgumentTypeError(f"auto, here, processes, dask://HOST:PORT: {text}")
    return make_pool if text == "processes" or (text == "auto" and count_workers() > 1) else None


class ClusterExecutor(Executor):
    """A Dask cluster as an executor, which says whether it has workers."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor: Executor = client.get_executor(pure=False)

    def submit(self, function: Callable[..., Made], /, *args: Any, **more: Any) -> Future[Made]:
        """Submit a task."""
        return self._executor.submit(function, *args, **more)

    def is_staffed(self) -> bool:
        """Test whether there is a worker; a cluster that loses its last is given PATIENCE."""
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except OSError:  # TimeoutError is one
            return False
        return True


@contextmanager
def open_cluster(written: str, address: str) -> Iterator[Executor]:
    """Connect to a Dask scheduler, `written` in the option.  Raises Refused (no-dask, no-cluster)."""
    try:
        connect: Any = distributed.Client  # which has no types
        client = connect(address, timeout=PATIENCE, set_as_default=False)
    except ImportError as error:
        raise Refused(Finding("no-dask", value=written)) from error
    except (OSError, ValueError) as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        raise Refused(Finding("no-cluster", value=written, args={"why": why})) from error
    with client:
        executor = ClusterExecutor(client)
        if not executor.is_staffed():
            raise Refused(Finding("no-cluster", value=written, args={"why": "ワーカーがいません / it has no workers"}))
        yield executor
