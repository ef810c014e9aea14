"""The ledger → the archived bytes that a table is made from."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from entaku.model.nouns import Ask, Entry, Raw
from entaku.model.source import Source

GOT = (200, 304)
GONE = (404, 410)
"""Statuses that tell of bytes, and of their absence."""

Ledger = Mapping[str, Sequence[Entry]]


def index_ledger(entries: Iterable[Entry]) -> Ledger:
    """Index a ledger's entries by URL, oldest first."""
    by_url: dict[str, list[Entry]] = {}
    for entry in entries:
        by_url.setdefault(entry.url, []).append(entry)
    return by_url


def list_kind(ledger: Ledger, url: str, wanted: str) -> list[Entry]:
    """List the entries on a URL, oldest first: the real ones or the samples."""
    return [entry for entry in ledger.get(url, ()) if (entry.served == "sample") == (wanted == "sample")]


def find_newest(ledger: Ledger, url: str, wanted: str) -> Entry | None:
    """Return the newest entry on bytes or their absence, among the real ones or the samples."""
    return next((entry for entry in reversed(list_kind(ledger, url, wanted)) if entry.status in (*GOT, *GONE)), None)


def find_standing(ledger: Ledger, url: str, archived: Collection[str]) -> Entry | None:
    """Return the newest real entry on a URL, unless its bytes are not `archived`: then they must be fetched again."""
    entry = find_newest(ledger, url, "real")
    return None if entry is not None and entry.sha256 and entry.sha256 not in archived else entry


def has_real(ledger: Ledger, asks: Sequence[Ask]) -> bool:
    """Test whether there is any real entry on what a source asks for."""
    return any(find_newest(ledger, ask.url, "real") is not None for ask in asks)


ListUsed = Callable[[bool], Collection[str]]
"""Lists the hashes of the bytes that the current release is made of (False), or any release (True)."""


def choose_raws(
    ledger: Ledger, source: Source, asks: Sequence[Ask], wanted: str, used: ListUsed
) -> tuple[Raw, ...]:  # fmt: skip
    """Choose the archived bytes for a table: all versions if the source is overwritten, else the newest.

    `wanted`: "real" or "sample".  A URL whose newest answer was 404 gives none.
    """
    raws: list[Raw] = []
    for ask in asks:
        entries = [entry for entry in list_kind(ledger, ask.url, wanted) if entry.sha256 and entry.status in GOT]
        newest = find_newest(ledger, ask.url, wanted)
        if not entries or newest is None:
            continue
        versions = order_versions(entries, source, used)
        if newest.status in GONE and not source.overwritten:
            continue
        chosen = versions if source.overwritten else versions[-1:]
        raws += [Raw(ask.url, ask.values, e.served, e.when, e.sha256, e.bytes) for e in chosen]
    return tuple(raws)


def order_versions(entries: Sequence[Entry], source: Source, used: ListUsed) -> list[Entry]:
    """Return the first entry of each version of a URL's bytes, the one that counts as newest last.

    A server that goes back to older bytes, as of yesterday, doesn't make them newer, except by `reverts: follow`.  But
    bytes that no release was made of, such as an error page with status 200, never count as newer than what the server
    gives after them.
    """
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.sha256, entry)
    versions = list(first.values())
    served = first[entries[-1].sha256]
    since = versions[versions.index(served) + 1 :]
    if source.reverts == "follow" and not source.overwritten:
        since = []
    if since:
        kept = used(False)
        since = [version for version in since if version.sha256 in kept]
    older = [version for version in versions if version is not served and version not in since]
    return [*older, served, *since]
