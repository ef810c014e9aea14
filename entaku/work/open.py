"""Dependencies of a run: clock, network, processes, digest of the program; and a trial run that leaves no trace."""

import argparse
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from entaku import __version__
from entaku.fetch import Network
from entaku.model.grammar import Office
from entaku.model.nouns import Finding, Refused, Spec
from entaku.store import Cache, Store
from entaku.work.dataset import publish_dataset
from entaku.work.outcome import Outcome
from entaku.work.setting import Setting, digest_program, make_pool
from entaku.work.signing import SECRET
from entaku.work.speak import Speaker


def make_setting(options: argparse.Namespace, office: Office, speak: Speaker) -> Setting:
    """Make a run's setting."""
    mirror: Path | None = getattr(options, "mirror", None)
    if mirror is not None and not mirror.is_dir():
        raise Refused(Finding("no-file", value=str(mirror)))
    project: Path = options.project
    return Setting(
        project=project,
        store=Store.of(project, office, speak.progress),
        cache=open_cache(project),
        network=open_network(office.allow_hosts, project / "build"),
        now=read_clock(),
        program=__version__,
        progress=speak.progress,
        executor=make_pool,
        units=getattr(options, "executor", None),
        mirror=mirror,
        environment={name: value for name, value in os.environ.items() if name not in SECRET},
        secrets={name: value for name, value in os.environ.items() if name in SECRET},
        engine=getattr(options, "engine", "columns"),
        sources=digest_program(),
    )


def open_cache(project: Path) -> Cache:
    """Return a project's cache."""
    return Cache(project / "build" / "cache")


def read_clock() -> datetime:
    """Return the time, UTC; the only function that reads the clock."""
    return datetime.now(UTC).replace(microsecond=0)


def open_network(allow_hosts: Collection[str], folder: Path | None = None) -> Network:
    """Make the network; `allow_hosts` may be fetched although they are not public, and the disk of `folder` must have
    space for what is downloaded."""
    return Network(allow_hosts=allow_hosts, folder=folder)


@contextmanager
def try_dataset(setting: Setting, office: Office, spec: Spec) -> Iterator[tuple[Outcome, Store]]:
    """Publish a dataset to a temporary copy of its store, which is deleted at the end of the block."""
    with setting.store.trial(spec.pipeline.name, setting.project / "build") as store:
        yield publish_dataset(replace(setting, store=store), office, spec), store
