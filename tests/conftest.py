"""What several test modules share: the repository's own catalogue, published once."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import start_chromium
from projects import ROOT, run

from entaku.publish import Result


def copy_project(folder: Path) -> Path:
    """What a fresh clone holds of the catalogue."""
    folder.mkdir()
    shutil.copy(ROOT / "catalogue.yaml", folder)
    for name in ("pipelines", "site_templates"):
        shutil.copytree(ROOT / name, folder / name)
    if (ROOT / "build" / "vendor").is_dir():  # what `make` bundled
        shutil.copytree(ROOT / "build" / "vendor", folder / "build" / "vendor")
    return folder


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The project's folder, and what publishing it from samples gave.  Not to be changed."""
    project = copy_project(tmp_path_factory.mktemp("published") / "p")
    return project, run(project)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A Chromium for `browser.visit`; skips where there is none."""
    with start_chromium() as browser:
        yield browser
