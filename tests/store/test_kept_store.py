"""Datasets that a run can't make stay as they were published: they are read from the site instead of the store."""

import hashlib
from pathlib import Path

import pytest

from entaku.model.body import make_body
from entaku.model.files import MANIFEST
from entaku.model.leaving import Renaming
from entaku.model.nouns import Answer, History, Refused
from entaku.store.site import KeptStore
from entaku.store.store import Store

WHEN = "2026-11-23T04:40:41Z"
OLD, NEW = (hashlib.sha256(body).hexdigest() for body in (b"old", b"new"))


@pytest.fixture
def kept(tmp_path: Path) -> KeptStore:
    """`stops` is kept as it was published, when it was called `halts`; `lost` is left out, `lines` is made."""
    store = Store(tmp_path / "datapackages", {"halts": Renaming(to="stops", since="2026-11-10")})
    for name in ("stops", "lost", "lines"):
        store.archive(name, Answer("https://a.example.jp/x.csv", 200, "live", make_body(b"new")), {}, WHEN)
    folder = tmp_path / "site/datasets/halts"
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / f"{OLD}.csv").write_bytes(b"old")
    (folder / "1").mkdir()
    (folder / "1" / MANIFEST).write_bytes(b"{}")
    return KeptStore(
        store, tmp_path / "site", {"stops": (History(versions=("1",)), "2026-11-01T00:00:00Z"), "lost": None}
    )


def test_a_kept_dataset_is_what_the_site_has_of_it(kept: KeptStore) -> None:
    assert kept.list_datasets() == ("lines", "stops")
    assert kept.history("stops").versions == ("1",) and kept.history("lines").versions == ()
    assert kept.release_path("stops", "1") == kept.site / "datasets/halts/1"
    assert [entry.when for entry in kept.ledger("stops")] == ["2026-11-01T00:00:00Z"]


def test_source_files_of_a_kept_dataset_are_those_that_the_site_offers(kept: KeptStore) -> None:
    assert kept.raw_path("stops", OLD) == kept.site / f"datasets/halts/raw/{OLD}.csv"
    assert kept.raw_path("lines", NEW).read_bytes() == b"new"
    with pytest.raises(Refused, match="raw-missing"):
        kept.raw_path("stops", NEW)
