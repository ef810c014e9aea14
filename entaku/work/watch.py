"""`entaku serve`: the site and the previews of drafts on localhost, made anew as the files of the project change."""

import argparse
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol

from entaku.work.serve import PREVIEWS, open_server
from entaku.work.speak import Speaker

MOST_DRAFTS = 10
"""Drafts whose address is told."""
WATCHED = (
    "catalogue.yaml", "pipelines/*.yaml", "codes/*.csv", "standards/*.csv", "*.csv", "*.svg", "*.png", "brand/*", "site_templates/**/*",
)  # fmt: skip


class Previews(Protocol):
    """The previews of datasets (`preview.Drafts`)."""

    def find(self, dataset: str) -> Path | None:
        """Return the folder of a dataset's preview, made if it isn't yet; None if there is no such dataset."""

    def list_drafts(self) -> list[str]:
        """List the datasets that can't be published as their YAML is."""

    def refresh(self) -> None:
        """Make anew what changed files concern."""


def serve_site(options: argparse.Namespace, rebuild: Callable[[bool], None], speak: Speaker, drafts: Previews) -> int:
    """Serve `build/site` on 127.0.0.1, by its own and other names (`options.host`), and previews, until interrupted.

    `rebuild` is called at the start and at every change, with whether only the templates changed: then no source is
    fetched, so that a designer gets the new site at once.
    """
    project, note = options.project, speak.note
    rebuild(False)
    try:
        server = open_server(project / "build" / "site", options.port, options.host, drafts.find)
    except OSError as error:
        tell_port(options.port, error, speak)
        return 1
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    note(f"{address} で見られます。終えるには Ctrl+C。", f"See {address} ; Ctrl+C ends it.")
    tell_drafts(address, drafts, speak)
    seen = look(project)
    try:
        while True:
            time.sleep(1)
            now = look(project)
            if now != seen:
                changed = {path for path in now.keys() | seen.keys() if now.get(path) != seen.get(path)}
                seen = now
                note("変更があったので作り直します。", "Something changed; rebuilding.")
                rebuild(all(Path(path).is_relative_to(project / "site_templates") for path in changed))
                drafts.refresh()
                tell_drafts(address, drafts, speak)
    except KeyboardInterrupt:
        server.shutdown()
    return 0


def look(project: Path, others: Collection[Path] = ()) -> dict[str, int]:
    """Return the modification time of each watched file of a project, and of `others`."""
    times = {}
    for path in (*others, *(path for pattern in WATCHED for path in project.glob(pattern))):
        try:
            times[str(path)] = path.stat().st_mtime_ns
        except OSError:
            continue
    return times


def tell_port(port: int, error: OSError, speak: Speaker) -> None:
    """Tell that a port can't be used."""
    speak.note(
        f"ポート {port} を使えません（{error.strerror}）。--port で別の番号を指定してください。",
        f"Port {port} can't be used ({error.strerror}). Give another with --port.",
    )


def tell_drafts(address: str, drafts: Previews, speak: Speaker) -> None:
    """Tell where the drafts are shown."""
    names = drafts.list_drafts()
    for name in names[:MOST_DRAFTS]:
        at = f"{address.rstrip('/')}{PREVIEWS}{name}/"
        speak.note(f"書きかけ {name}：{at}", f"Draft {name}: {at}")
    if not names or len(names) > MOST_DRAFTS:
        at = f"{address.rstrip('/')}{PREVIEWS}"
        speak.note(f"どのデータセットの下見も {at}名前/ で見られます。", f"{at}NAME/ shows the preview of any dataset.")
