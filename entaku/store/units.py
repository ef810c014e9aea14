"""Where processes put the tables they have made for a run: one folder for each unit of work, made once and whole."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entaku.store.desk import Desk
from entaku.store.disk import below, make_folder, remove_folder, telling


class UnitFolders:
    """Folders by content key in a folder that all processes of a run see; it is empty when a run begins."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self) -> None:
        """Make the folder, empty."""
        self.end()
        with telling(self.root):
            make_folder(self.root)

    def end(self) -> None:
        """Remove the folder with all that is in it."""
        with telling(self.root):
            remove_folder(self.root)

    def is_there(self) -> bool:
        """Test whether this process sees the folder."""
        return self.root.is_dir()

    def locate(self, key: str) -> Path:
        """Return the folder of a unit."""
        return below(self.root, key)

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """Open a desk that no other process has; what `keep` does not take is removed at the end."""
        desk = Desk(self.root / f".{uuid.uuid4().hex}")
        try:
            yield desk
        finally:
            desk.clear()

    def keep(self, key: str, desk: Desk, *, sync: bool = True) -> None:
        """Give a unit what is on the desk, whole, and flushed if `sync`; if it has its folder already, that stays: two
        processes that did the same work wrote the same.

        A release flushes all its files before it has its name; only what another machine has written must be on the disk
        before that.
        """
        with telling(self.root):
            desk.finish(sync=sync)
            try:
                desk.folder.rename(self.locate(key))
            except OSError:
                if not self.locate(key).is_dir():
                    raise
