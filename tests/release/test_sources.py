"""Lists of source files beside a manifest: which files are in which, and back."""

import hashlib
from dataclasses import replace

import pytest
from worlds import make_schedule

from entaku.model.files import File
from entaku.model.grammar import Resource
from entaku.model.nouns import Checked, Raw, Written
from entaku.model.parts import Parted
from entaku.release.sources import ENDS, LISTED_FROM, MOST, list_sources, read_sources

SCHEDULE = make_schedule()
NOTHING = File("x", 0, "0" * 64)


def make_raw(n: int) -> Raw:
    sha256 = hashlib.sha256(str(n).encode()).hexdigest()
    return Raw(f'https://office.example.org/日"{n}.csv', {"day": str(n)}, "live", "2026-05-01T00:00:00Z", sha256, n)


def make_table(raws: list[Raw], parted: bool = True, resource: Resource = SCHEDULE) -> Checked:
    parts = Parted((), NOTHING) if parted else None
    return Checked(resource, Written(NOTHING, NOTHING, 0, (), parted=parts), tuple(raws))


def show(table: Checked) -> tuple[dict[str, object], dict[str, bytes]]:
    """What a manifest has of a table, and the lists."""
    told = list_sources([table])
    shown = [{"resource": name, "url": raw.url, "values": dict(raw.values), "served": raw.served,
              "fetched": raw.fetched, "sha256": raw.sha256, "bytes": raw.bytes} for name, raw in told.raws]  # fmt: skip
    return {"raws": shown, "sources": told.shown}, told.files


RAWS = [make_raw(n) for n in range(LISTED_FROM + 500)]


def test_what_was_listed_is_read_back_in_its_order() -> None:
    manifest, files = show(make_table(RAWS))
    assert not manifest["raws"] and len(files) > 2
    assert list(read_sources(manifest, files.__getitem__)) == [(SCHEDULE.name, raw) for raw in RAWS]


@pytest.mark.parametrize("table", [make_table(RAWS[: LISTED_FROM - 1]), make_table(RAWS, parted=False)])
def test_few_files_and_those_of_tables_without_parts_stay_in_the_manifest(table: Checked) -> None:
    manifest, files = show(table)
    assert not manifest["sources"] and not files
    assert [raw for _, raw in read_sources(manifest, files.__getitem__)] == list(table.raws)


@pytest.mark.parametrize("raws", [[*RAWS, make_raw(-1)], RAWS[1:], [*RAWS[:700], make_raw(-1), *RAWS[700:]]])
def test_a_list_changes_only_where_files_come_or_go(raws: list[Raw]) -> None:
    before, after = show(make_table(RAWS))[1], show(make_table(raws))[1]
    assert len(after.keys() - before.keys()) <= 1 and len(before.keys() - after.keys()) <= 1


def test_no_list_is_longer_than_the_most() -> None:
    raws = [replace(raw, sha256="f" + raw.sha256[1:]) for raw in map(make_raw, range(MOST + 1))]
    assert [each["count"] for each in list_sources([make_table(raws)]).shown] == [MOST, 1]
    assert not any(raw.sha256.startswith(ENDS) for raw in raws)


def test_a_list_that_lacks_a_file_is_refused() -> None:
    manifest, files = show(make_table(RAWS))
    short = {path: body.partition(b"\n")[2] for path, body in files.items()}
    with pytest.raises(ValueError, match="sources"):
        list(read_sources(manifest, short.__getitem__))
