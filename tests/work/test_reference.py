"""The documentation is true: generated pages are up to date, and every YAML it shows is right."""

import re
from pathlib import Path

import pytest
from test_spec import GOOD

from entaku.spec.spec import parse_pipeline
from entaku.spec.yaml import parse_yaml
from entaku.table.steps import STEPS
from entaku.work.reference import make_reference

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(make_reference()))
def test_generated_pages_are_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == make_reference()[name], "run `make docs`"


@pytest.mark.parametrize("name", sorted(STEPS))
def test_the_example_of_each_step_is_right(name: str) -> None:
    document, findings = parse_yaml(STEPS[name].example, "example")
    assert not findings
    assert document is not None
    lines = "".join(f"      {line}\n" for line in STEPS[name].example.strip().splitlines())
    text = GOOD.replace("      - rename: {番号: id}\n      - trim: all\n", lines)
    _, found = parse_pipeline(text.encode(), "pipelines/lifts.yaml", None)
    assert found == ()
    assert any(name in (step if isinstance(step, str) else next(iter(step))) for step in document.value)


def test_the_readmes_yaml_is_right() -> None:
    text = (DOCS.parent / "README.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    _, findings = parse_pipeline(block.encode(), "pipelines/my-dataset.yaml", None)
    assert findings == ()


def test_links_between_pages_lead_somewhere() -> None:
    for page in [DOCS.parent / "README.md", *DOCS.glob("*.md")]:
        prose = re.sub(r"```.*?```|`[^`]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", prose):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
