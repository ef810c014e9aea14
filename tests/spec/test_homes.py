"""A key that stands where it isn't allowed is told where it belongs."""

import dataclasses

import pytest
from projects import LIFTS

from entaku.model.grammar import Pipeline, Resource
from entaku.model.messages import say
from entaku.spec.spec import parse_pipeline

OF_DATASET, OF_TABLE = ({field.name.rstrip("_") for field in dataclasses.fields(kind)} for kind in (Pipeline, Resource))


def tell(line: str, indent: int) -> str:
    """Return the next action of the finding about a line that is added at the end of a pipeline."""
    _, findings = parse_pipeline(f"{LIFTS}{' ' * indent}{line}\n".encode(), "pipelines/lifts.yaml", None)
    (said,) = (say(finding, "en") for finding in findings if finding.code == "unknown-key")
    return said.partition("→ ")[2]


@pytest.mark.parametrize("key", sorted(OF_DATASET - OF_TABLE - {"fields"}))
def test_a_key_of_the_dataset_in_a_table(key: str) -> None:
    assert f'"{key}" belongs at the outermost level' in tell(f"{key}: x", 4)


@pytest.mark.parametrize("key", sorted(OF_TABLE - OF_DATASET))
def test_a_key_of_a_table_at_the_top(key: str) -> None:
    if key not in ("from", "allow"):  # which further mappings have, too
        assert tell(f"{key}: x", 0).startswith(f'"{key}" belongs under "resources".'), key


@pytest.mark.parametrize(
    ("line", "indent", "said"),
    [
        ("braeking: {from: 2027-04-01, why: x}", 4, '"breaking" belongs at the outermost level'),
        ("primaryKey: [id]", 0, '"primaryKey" belongs under "resources", "schema"'),
        ("primaryKey: [id]", 4, 'It belongs under "schema" (schema: {primaryKey: …})'),
        ("rows: {min: 1}", 4, 'It belongs under "expect"'),
        ("overwritten: true", 4, 'It belongs under "source"'),
        ("zzz: 1", 4, "Correct the spelling"),
        ("zzz: 1", 0, "Correct the spelling"),
    ],
)
def test_keys_of_other_mappings(line: str, indent: int, said: str) -> None:
    assert tell(line, indent).startswith(said)
