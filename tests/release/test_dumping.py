"""The manifest's JSON: as `json` writes it, and its source files read back."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.model.nouns import Raw
from entaku.release.dumping import dump, dump_manifest, read_raw

TEXT = st.text(max_size=8)
RAWS = st.lists(
    st.tuples(TEXT, st.builds(Raw, TEXT, st.dictionaries(TEXT, TEXT, max_size=2), st.just("live"), TEXT, TEXT, st.integers(0)))
)  # fmt: skip


@given(RAWS, TEXT)
def test_the_text_is_that_of_json(raws: list[tuple[str, Raw]], text: str) -> None:
    shown = [{"resource": table, **asdict(raw)} for table, raw in raws]
    manifest = {"dataset": text, "raws": [], "findings": [{"args": {"raws": []}}]}
    assert dump_manifest(manifest, raws) == dump({**manifest, "raws": shown}, indent=1)
    told = json.loads(dump_manifest(manifest, raws))["raws"]
    assert [read_raw(raw) for raw in told] == [raw for _, raw in raws]
    assert all(read_raw(raw) is read_raw(dict(raw)) for raw in told)


@pytest.mark.parametrize("change", [{"values": None}, {"more": ""}, {"url": []}])
def test_what_is_no_source_file_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        read_raw({**asdict(Raw("u", {}, "live", "", "0", 1)), **change})
