"""What the commands give a run: clock, network, processes, the program's own text; and a run that leaves no trace."""

import argparse
import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from entaku import __version__
from entaku.fetch.asks import Refused
from entaku.fetch.network import Network
from entaku.model.grammar import Office
from entaku.model.nouns import Finding, Spec
from entaku.store.site import Cache, read_project
from entaku.store.store import Store
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
        network=open_network(office.allow_hosts),
        now=datetime.now(UTC).replace(microsecond=0),
        program=__version__,
        progress=speak.progress,
        executor=make_pool,
        mirror=mirror,
        environment=dict(os.environ),
        engine=getattr(options, "engine", "columns"),
        sources=digest_program(),
    )


def open_network(allow_hosts: Collection[str]) -> Network:
    """The network, with the hosts that may be asked although they are not public."""
    return Network(allow_hosts=allow_hosts)


def digest_program() -> str:
    """The SHA-256 of the program's own files, by path."""
    whole = hashlib.sha256()
    for path, body in read_project(Path(__file__).parents[1], "**/*.py").items():
        whole.update(b"%b %d\n" % (path.encode(), len(body)))
        whole.update(body)
    return whole.hexdigest()


@contextmanager
def try_dataset(setting: Setting, office: Office, spec: Spec) -> Iterator[tuple[Outcome, Store]]:
    """What publishing a dataset would do, done on a copy of its store that is thrown away afterwards."""
    name = spec.pipeline.name
    with tempfile.TemporaryDirectory(prefix="entaku-") as folder:
        if (setting.store.root / name).is_dir():
            shutil.copytree(setting.store.root / name, Path(folder) / name)
        store = Store(Path(folder))
        yield publish_dataset(replace(setting, store=store), office, spec), store
