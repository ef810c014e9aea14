"""What changed from one release to the next."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """What changed in one table from one release to the next."""

    table: str
    before: int
    """Rows."""
    after: int
    added: int
    removed: int
    changed: int
    """Rows whose key stayed and whose other cells did not; 0 without a primary key."""
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    """A few of each, as `+ …`, `- …`, `~ key: column old → new`."""
    compared: bool = True
    """False where the tables are too large to be compared row by row."""

    @property
    def any(self) -> bool:
        """Whether anything changed at all."""
        return bool(self.added or self.removed or self.changed or self.columns_added or self.columns_removed)
