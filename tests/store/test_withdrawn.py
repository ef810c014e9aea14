"""What was withdrawn goes from the store, and it is remembered until it has gone everywhere."""

import hashlib
from pathlib import Path

import pytest

from entaku.model.body import make_body
from entaku.model.ledgers import GoneFile, Tombstone
from entaku.model.nouns import Answer, Finding, History
from entaku.model.words import Text
from entaku.store.store import Store

WHEN = "2026-11-23T04:40:41Z"
BODY = b"name\n"
SHA256 = hashlib.sha256(BODY).hexdigest()


def make_tombstone(version: str = "", *raws: str) -> Tombstone:
    gone = tuple(GoneFile(f"raw/{sha256}", len(BODY), sha256) for sha256 in raws)
    return Tombstone(
        dataset="d", title=Text(ja="名簿"), version=version, when=WHEN, reason=Text(ja="誤り"), by="市", raws=gone
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with a dataset of two versions and a source file."""
    store = Store(tmp_path / "datapackages")
    store.archive("d", Answer("https://a.example.jp/x.csv", 200, "live", make_body(BODY)), {}, WHEN)
    for version in ("1", "2"):
        store.write_release("d", version, {"x.csv": BODY})
    store.write_history("d", History(versions=("1", "2"), key="k"))
    return store


def test_what_is_withdrawn_goes_with_its_bytes_and_its_place_in_the_history(store: Store) -> None:
    store.record_withdrawal("d", [make_tombstone("1", SHA256)])
    assert store.remove_withdrawn("d")
    assert not store.release_path("d", "1").exists() and store.release_path("d", "2").is_dir()
    assert SHA256 not in store.list_raws("d") and store.withdrawn_raws("d") == {SHA256}
    assert store.history("d").versions == ("2",)


def test_a_withdrawal_is_pending_until_nothing_is_left_of_it_anywhere(store: Store) -> None:
    assert not store.is_withdrawing("d")
    store.record_withdrawal("d", [make_tombstone("1")])
    assert store.is_withdrawing("d") and Store(store.root).is_withdrawing("d")
    assert store.remove_withdrawn("d")
    assert store.is_withdrawing("d")  # of the site, and of what was uploaded
    store.settle_withdrawal("d")
    assert not store.is_withdrawing("d") and not Store(store.root).is_withdrawing("d")
    assert [tombstone.version for tombstone in store.tombstones("d")] == ["1"]
    assert not store.remove_withdrawn("d")


def test_the_next_run_finishes_a_withdrawal_and_tells(store: Store) -> None:
    store.record_withdrawal("d", [make_tombstone("2")])
    with store.lock() as told:
        assert told == (Finding("withdrawal-finished", "notice", value="d"),)
    assert not store.release_path("d", "2").exists() and store.history("d").versions == ("1",)
