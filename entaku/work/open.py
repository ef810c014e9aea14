"""What the commands give a run: clock, network, processes, the program's own text; and a run that leaves no trace."""

import argparse
import hashlib
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
from entaku.store import Cache, Store, read_project
from entaku.work.dataset import Outcome, publish_dataset
from entaku.work.pool import make_pool
from entaku.work.setting import Setting
from entaku.work.speak import Speaker


def make_setting(options: argparse.Namespace, office: Office, speak: Speaker) -> Setting:
    """What a run is given; the only place that looks at the clock."""
    mirror: Path | None = getattr(options, "mirror", None)
    if mirror is not None and not mirror.is_dir():
        raise Refused(Finding("no-file", value=str(mirror)))
    project: Path = options.project
    return Setting(
        project=project,
        store=Store(project / office.store),
        cache=Cache(project / "build" / "cache"),
        network=open_network(office.allow_hosts, project / "build"),
        now=datetime.now(UTC).replace(microsecond=0),
        program=__version__,
        progress=speak.progress,
        executor=make_pool,
        mirror=mirror,
        environment=dict(os.environ),
        engine=getattr(options, "engine", "columns"),
        sources=digest_program(),
    )


def open_network(allow_hosts: Collection[str], folder: Path | None = None) -> Network:
    """The network, with the hosts that may be asked although they are not public, and the folder in whose disk there
    is space for what comes."""
    return Network(allow_hosts=allow_hosts, folder=folder)


def digest_program() -> str:
    """The SHA-256 of the program's own files, by path."""
    whole = hashlib.sha256()
    for pattern in ("**/*.py", "**/*.yaml", "site/feeds/edge/*"):
        for path, body in read_project(Path(__file__).parents[1], pattern).items():
            whole.update(b"%b %d\n" % (path.encode(), len(body)))
            whole.update(body)
    return whole.hexdigest()


@contextmanager
def try_dataset(setting: Setting, office: Office, spec: Spec) -> Iterator[tuple[Outcome, Store]]:
    """What publishing a dataset would do, done on a trial of its store that is thrown away afterwards."""
    with setting.store.trial(spec.pipeline.name, setting.project / "build") as store:
        yield publish_dataset(replace(setting, store=store), office, spec), store
