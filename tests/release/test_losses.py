"""A source file whose end was lost is told, according to where it is from."""

import hashlib
import io
import json
from dataclasses import replace

import pytest

from entaku.model.nouns import Raw, Served
from entaku.release.losses import mark_raws, set_cut_aside
from entaku.spec.spec import make_spec

WHOLE, CUT, NEXT = b"id,cost\n1,200\n2,300\n", b"id,cost\n1,200\n2,30", b"id,cost\n1,200\n2,300\n3,400\n"
BODIES = {hashlib.sha256(body).hexdigest(): body for body in (WHOLE, CUT, NEXT)}
PIPELINE = {
    "name": "lifts", "title": "昇降機", "description": "説明", "publisher": "office", "license": "CC-BY-4.0",
    "frequency": "monthly",
    "resources": [{"name": "t", "title": "表", "source": {"file": "t.csv"}, "schema": {"fields": [{"name": "id"}]}}],
}  # fmt: skip
SPEC = make_spec(json.dumps(PIPELINE), "pipelines/lifts.yaml", {})


def make_raw(body: bytes, served: Served, url: str = "https://office.example.org/t.csv") -> Raw:
    return Raw(url, {}, served, "2026-06-01T00:00:00Z", hashlib.sha256(body).hexdigest(), len(body))


def tell(before: Raw, *files: Raw, accept: tuple[str, ...] = ()) -> tuple[list[tuple[str, str]], list[bytes]]:
    """What is found of these files after one of the current release, and what the table is made of."""
    [table] = SPEC.pipeline.resources
    accepting = replace(table, expect=replace(table.expect, accept=accept))
    spec = replace(SPEC, pipeline=replace(SPEC.pipeline, resources=(accepting,)))
    kept, findings = set_cut_aside(spec, {"t": files}, {"t": (before,)}, lambda sha256: io.BytesIO(BODIES[sha256]))
    return [(each.code, each.severity) for each in findings], [BODIES[raw.sha256] for raw in kept["t"]]


@pytest.mark.parametrize(
    ("served", "severity"), [("live", "error"), ("mirror", "error"), ("sample", "error"), ("file", "warning")]
)
def test_a_cut_file_of_others_is_an_error_and_one_of_the_project_a_warning(served: Served, severity: str) -> None:
    whole, cut = make_raw(WHOLE, served), make_raw(CUT, served)
    assert tell(whole, cut) == ([("line-cut", severity)], [CUT])
    assert tell(whole, cut, accept=(mark_raws([cut]),)) == ([], [CUT])
    assert tell(whole, make_raw(NEXT, served)) == ([], [NEXT])


def test_a_cut_file_that_was_replaced_is_left_out_but_in_the_project() -> None:
    before, *files = (make_raw(body, "live") for body in (WHOLE, CUT, NEXT))
    assert tell(before, *files) == ([("version-set-aside", "warning")], [NEXT])
    before, *files = (make_raw(body, "file", "t.csv") for body in (WHOLE, CUT, NEXT))
    assert tell(before, *files) == ([], [CUT, NEXT])


def test_a_file_is_compared_with_those_that_are_as_real_as_itself() -> None:
    other = "https://office.example.org/u.csv"
    assert tell(make_raw(WHOLE, "live"), make_raw(CUT, "live", other)) == ([("line-cut", "error")], [CUT])
    assert tell(make_raw(WHOLE, "sample"), make_raw(CUT, "live", other)) == ([], [CUT])
