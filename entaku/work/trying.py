"""A draft is tried before it is written: the check of the file, on a store that is discarded; what fails is mended."""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from entaku.draft import About, FilePlan, mend_plan, write_yaml
from entaku.fetch import folder as folders
from entaku.model.grammar import Office, Pipeline
from entaku.model.nouns import Finding, Spec
from entaku.spec import parse_project
from entaku.store import read_project
from entaku.work.load import STANDARDS
from entaku.work.open import make_setting, try_dataset
from entaku.work.speak import Speaker

MOST_TRIES = 4


@dataclass(frozen=True)
class Trial:
    """A draft's plan as it was last tried, and the errors that are left."""

    plan: FilePlan
    errors: tuple[Finding, ...] = ()
    tried: bool = False
    rows: int = 0
    pipeline: Pipeline | None = None
    """The draft as it was read, where it could be."""


class TriedFile(Protocol):
    """A file of a draft."""

    @property
    def source(self) -> str:
        """URL, or path within the project."""

    @property
    def body(self) -> bytes:
        """Its bytes."""


def try_draft(
    options: argparse.Namespace,
    speak: Speaker,
    office: Office,
    givens: Sequence[TriedFile],
    tried: tuple[FilePlan, About],
) -> Trial:
    """Check a draft on its files, and mend it until it passes or nothing more can be mended."""
    plan, about = tried
    about = replace(
        about, asked=True, publisher=about.publisher or next(iter(office.publishers)),
        license=about.license or next(iter(office.licenses)), comments={}, warnings=(),
    )  # fmt: skip
    errors: tuple[Finding, ...] = ()
    rows = 0
    pipeline = None
    with tempfile.TemporaryDirectory(prefix="entaku-new-") as folder:
        mirror = _lay_mirror(Path(folder), givens)
        for _ in range(MOST_TRIES):
            spec, errors = _parse(options.project, about, write_yaml(plan, about))
            if spec is None:
                return Trial(plan, errors, tried=True)
            pipeline = spec.pipeline
            setting = make_setting(options, office, speak)
            setting = replace(setting, only_check=True, mirror=mirror or setting.mirror, executor=None)
            with try_dataset(setting, office, spec) as (outcome, _):
                errors = tuple(finding for finding in outcome.findings if finding.severity == "error")
                rows = sum((outcome.rows or {}).values()) or sum(one.written.rows for one in outcome.checked)
            mended = mend_plan(plan, outcome.findings)
            if mended.tables == plan.tables:
                break
            plan = mended
    return Trial(plan, errors, tried=True, rows=rows, pipeline=pipeline)


def _lay_mirror(folder: Path, givens: Sequence[TriedFile]) -> Path | None:
    """A mirror of the URLs that were fetched, so that they aren't asked again."""
    urls = [given for given in givens if given.source.startswith("http")]
    for given in urls:
        path = folder / folders.folder_path(given.source)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(given.body)
    return folder if urls else None


def _parse(project: Path, about: About, text: str) -> tuple[Spec | None, tuple[Finding, ...]]:
    """The spec of a draft's text, or what is wrong with it."""
    file = f"pipelines/{about.name}.yaml"
    files = {file: text.encode()}
    for pattern in ("catalogue.yaml", "requests.csv", STANDARDS):
        files |= read_project(project, pattern)
    _, specs, findings = parse_project(files)
    mine = tuple(finding for finding in findings if finding.place.file == file)
    return next((spec for spec in specs if spec.file == file), None), mine
