"""The page of a preview: a draft's state, its findings, and its tables before and after each step."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from entaku.model.grammar import Resource
from entaku.model.messages import say_next, say_what
from entaku.model.nouns import SEVERITIES, Finding, Lang, Raw, Spec
from entaku.site import Design
from entaku.table import trace as traces
from entaku.work.outcome import Outcome
from entaku.work.owner_report import show_causes
from entaku.work.shipped import COMPILED
from entaku.work.speak import count_findings
from entaku.work.trace import write_step

_FOLDER = Path(__file__).with_name("pages")
TEMPLATE = "preview.html"
CSS, SCRIPT = ((_FOLDER / name).read_bytes() for name in ("preview.css", "preview.js"))
MOST_LINES = 12
"""Lines of a step's YAML that are shown."""
LONGEST = 120
"""Characters of a cell that are shown."""


@dataclass(frozen=True)
class PreviewTable:
    """A table of a draft."""

    resource: Resource
    raw: Raw | None = None
    """The file whose steps are shown: the newest."""
    files: int = 0
    stages: tuple[traces.Stages, ...] = ()


@dataclass(frozen=True)
class Preview:
    """All that is shown of a draft."""

    dataset: str
    count: int
    """How many times it was made."""
    text: str
    """The YAML."""
    yaml_findings: tuple[Finding, ...]
    skipped: frozenset[int] = frozenset()
    """The lines of steps that can't be read."""
    sound: bool = True
    """Whether the tables are those that the YAML means."""
    spec: Spec | None = None
    outcome: Outcome | None = None
    findings: tuple[Finding, ...] = ()
    """Those of reading, tidying and checking."""
    tables: tuple[PreviewTable, ...] = ()
    has_page: bool = False
    """Whether the dataset's page could be made."""


@dataclass(frozen=True)
class StageView:
    """A step as the template shows it."""

    number: int
    text: str
    """Its YAML."""
    line: int
    stage: traces.Stage
    skipped: bool
    findings: tuple[tuple[str, str, str], ...]
    """Severity, what, and what to do."""


def render_preview(preview: Preview, timezone: str, lang: Lang) -> bytes:
    """Render the page in a language."""
    spec, every = preview.spec, (*preview.yaml_findings, *preview.findings)
    title = spec.pipeline.title.get(lang) if spec is not None else ""
    values = {
        "dataset": preview.dataset,
        "title": title or preview.dataset,
        "build": preview.count,
        "of_yaml": show_causes(preview.yaml_findings, lang),
        "of_data": show_causes(preview.findings, lang),
        "sound": preview.sound,
        "counts": count_findings(every),
        "severities": SEVERITIES,
        "held": any(one.severity == "error" for one in every),
        "what": preview.outcome.what if preview.outcome is not None else "",
        "has_page": preview.has_page,
        "usable": spec is not None,
        "tables": [(table, list(_show_stages(preview, table, lang))) for table in preview.tables],
        "cut": cut_text,
    }
    text = (_FOLDER / TEMPLATE).read_text("utf-8")
    return Design({TEMPLATE: text}, {}, compiled=COMPILED).render_alone(TEMPLATE, timezone, lang, values)


def cut_text(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _show_stages(preview: Preview, table: PreviewTable, lang: Lang) -> Iterator[tuple[traces.Stages, list[StageView]]]:
    used = [step.line for step in table.resource.tidy]
    lines = preview.text.splitlines()
    for stages in table.stages:
        views = []
        for number, stage in enumerate(stages.steps, 1):
            line, skipped = stage.step.line, stage.step.line in preview.skipped
            alone = used.count(line) == 1
            text = cut_step(lines, line) if alone or skipped else write_step(stage.step)
            found = tuple((one.severity, say_what(one, lang), say_next(one, lang)) for one in stage.findings)
            views.append(StageView(number, text, line, stage, skipped, found))
        yield stages, views


def cut_step(lines: list[str], line: int) -> str:
    """Return the YAML of the step that begins in a line, without its indentation."""
    if not 0 < line <= len(lines):
        return ""
    first = lines[line - 1]
    indent = len(first) - len(first.lstrip())
    made = [first[indent:]]
    for other in lines[line:]:
        if not other.strip() or len(other) - len(other.lstrip()) <= indent:
            break
        made.append(other[indent:])
    return "\n".join([*made[:MOST_LINES], *(["…"] if len(made) > MOST_LINES else [])])
