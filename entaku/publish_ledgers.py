"""Who asked for what, and what was made of it: from the released datasets `requests` and `showcases`, where there are any."""

from collections.abc import Collection, Mapping

from entaku.ledger import Sheet, find_strangers, read_requests, read_sheet, read_showcases
from entaku.model import LEDGERS, Finding, Release, Request, Showcase
from entaku.store import Store

REQUESTS, SHOWCASES = LEDGERS
Releases = Mapping[str, tuple[Release, ...]]


def load_requests(store: Store, releases: Releases) -> tuple[tuple[Request, ...], tuple[Finding, ...]]:
    """The requests as last released, and what is odd about them."""
    sheet = load_sheet(store, releases, REQUESTS)
    if sheet is None:
        return (), ()
    requests, findings = read_requests(sheet)
    return requests, (*findings, *find_strangers(sheet, requests, releases))


def load_showcases(
    store: Store, releases: Releases, pictures: Collection[str]
) -> tuple[tuple[Showcase, ...], tuple[Finding, ...]]:
    """The showcases as last released, and what is odd about them."""
    sheet = load_sheet(store, releases, SHOWCASES)
    if sheet is None:
        return (), ()
    showcases, findings = read_showcases(sheet, pictures)
    return showcases, (*findings, *find_strangers(sheet, showcases, releases))


def load_sheet(store: Store, releases: Releases, name: str) -> Sheet | None:
    """The table `name` of the dataset `name`, as its current release has it."""
    current = releases.get(name, ())[-1:]
    table = next((table for release in current for table in release.resources if table.name == name), None)
    if table is None:
        return None
    newest = table.raws[-1]
    published = store.read_release(name, current[0].version, table.csv.path)
    return read_sheet(published, newest.url, store.raw(name, newest.sha256))
