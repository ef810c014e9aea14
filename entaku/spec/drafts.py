"""A pipeline with blanks and mistakes → a Spec of what can be used of it, to be looked at; nothing is released of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from entaku.model.grammar import Office
from entaku.model.nouns import Finding, Spec
from entaku.model.standards import Standard
from entaku.spec.codes import FOLDER
from entaku.spec.names import DRAFT
from entaku.spec.shape import STAND_IN, is_ours, json_schema, look_up, mend
from entaku.spec.shared import expand, strip
from entaku.spec.spec import check_step, list_mistakes, make_spec, parse_pipeline, pipeline_adapter
from entaku.spec.standard_files import FOLDER as STANDARDS
from entaku.spec.standard_files import StandardFiles
from entaku.spec.yaml import Document, Path, parse_yaml

__all__ = ["DRAFT", "Draft", "is_ours", "parse_draft", "read_standards"]

WORDS = (
    "title", "description", "easy", "publisher", "license", "themes", "keywords", "synonyms", "frequency", "overdue",
    "requests", "landing_page", "credit", "notes", "coverage", "breaking", "anomalies", "doi", "keep", "charts", "view", "example", "unit",
)  # fmt: skip
"""Keys on which no value of a table depends."""
NOTHING: Mapping[str, Any] = {"rename": {}}
"""A step that does nothing, which stands for one that can't be read."""


def read_standards(files: Mapping[str, bytes]) -> tuple[tuple[Standard, ...], tuple[Finding, ...]]:
    """Read the standards of the project's folder `standards/`, and what is wrong with others, as warnings."""
    known = StandardFiles(files)
    read = [known.read(path) for path in known.list_paths()]
    found = tuple(replace(one, severity="warning") for _, findings in read for one in findings)
    return tuple(one for one, _ in read if one is not None), found


@dataclass(frozen=True)
class Draft:
    """What can be used of a pipeline's YAML."""

    spec: Spec | None
    """None if nothing can be used of it, as where it is no YAML."""
    findings: tuple[Finding, ...]
    """Those of the YAML; none if it is right as it is."""
    skipped: frozenset[int] = frozenset()
    """The lines of steps that can't be read; in the spec they do nothing."""
    sound: bool = True
    """Whether the tables are those that are meant: only words, such as titles, are wrong or missing."""


def parse_draft(files: Mapping[str, bytes], file: str, office: Office) -> Draft:
    """Parse one `pipelines/<dataset>.yaml` among the project's `files` as far as it can be used: what is missing or wrong
    is left out, or replaced by a stand-in.
    """
    codes = {name: body for name, body in files.items() if name.startswith((FOLDER, STANDARDS))}
    spec, findings = parse_pipeline(files[file], file, office, None, codes)
    if spec is not None:
        return Draft(spec, findings)
    document, _ = parse_yaml(files[file], file)
    if document is None or not isinstance(document.value, dict):
        return Draft(None, findings, sound=False)
    document, _ = expand(document, codes)
    skipped = frozenset(document.line(path) for path in _list_bad_steps(document))
    value = _use(document, PurePosixPath(file).stem, office)
    if value is None:
        return Draft(None, findings, sound=False)
    canonical = json.dumps(strip(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    sound = not skipped and _leave_words(value["resources"]) == _leave_words(document.value.get("resources"))
    return Draft(make_spec(canonical, file, document.lines), findings, skipped, sound)


def _list_bad_steps(document: Document) -> Iterator[Path]:
    """Yield the path of each step that can't be read."""
    resources = document.value.get("resources")
    for n, resource in enumerate(resources if isinstance(resources, list) else ()):
        tidy = resource.get("tidy") if isinstance(resource, dict) else None
        for m, step in enumerate(tidy if isinstance(tidy, list) else ()):
            path: Path = ("resources", n, "tidy", m)
            if any(check_step(step, document, path)):
                yield path


def _use(document: Document, name: str, office: Office) -> dict[str, Any] | None:
    """Return values that can be used: without mistakes of shape, and with names that exist."""
    value: dict[str, Any] = json.loads(json.dumps(document.value))
    for _, n, _, m in _list_bad_steps(document):
        value["resources"][n]["tidy"][m] = NOTHING
    for key in ("title", "description"):
        value[key] = value.get(key) or DRAFT
    for resource in value["resources"] if isinstance(value.get("resources"), list) else ():
        if isinstance(resource, dict):
            resource["title"] = resource.get("title") or resource.get("name")
            schema = resource.get("schema")
            if not isinstance(schema, dict) or not isinstance(schema.get("fields"), list) or not schema["fields"]:
                resource["schema"] = {"fields": [{"name": STAND_IN}]}
    adapter = pipeline_adapter()
    mended = mend(value, partial(list_mistakes, adapter), partial(look_up, json_schema(adapter)))
    if mended is None:
        return None
    made: dict[str, Any] = mended
    made |= {"name": name, "requests": []}
    for key, known in (("publisher", office.publishers), ("license", office.licenses)):
        if made[key] not in known:
            made[key] = next(iter(known))
    made["themes"] = [theme for theme in made.get("themes", ()) if theme in office.themes]
    return made


def _leave_words(value: Any) -> Any:
    """Return values without the keys on which no table depends."""
    if isinstance(value, dict):
        return {key: _leave_words(item) for key, item in value.items() if key not in WORDS}
    return [_leave_words(item) for item in value] if isinstance(value, list) else value
