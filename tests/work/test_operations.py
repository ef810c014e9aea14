"""The operator's page names only findings that exist, in both languages alike."""

import re
from pathlib import Path

from entaku.model.messages import CODES

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")


def test_the_findings_of_the_operators_page_exist() -> None:
    ja, en = PAGE.split("## In English")
    named = [set(re.findall(r"`([a-z]+(?:-[a-z]+)+|locked|checksum|unreachable)`", text)) for text in (ja, en)]
    assert named[0] == named[1] and len(named[0]) > 15
    assert named[0] <= set(CODES)
