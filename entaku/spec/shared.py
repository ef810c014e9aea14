"""What several tables of a pipeline share, written once → a document in which every table has it in full.

`fields:` are columns, `steps:` lists of steps, `codes:` code lists; tables name them.  A code list may also be a CSV
of the project's folder `codes/`.  What comes of it is what would have been written without sharing, so that nothing
behind this module knows of it; each part keeps the line on which it is written.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of
from typing import Any, TypeGuard

from entaku.check import schema as schemas
from entaku.model.hints import hint
from entaku.model.nouns import Finding, Place
from entaku.model.table_schema import Schema
from entaku.model.words import CODES_NAME, FIELD_NAME
from entaku.spec.codes import CodeFiles, is_file
from entaku.spec.standard_files import StandardFiles
from entaku.spec.standards import add_keywords, write_out
from entaku.spec.yaml import Document, Path

SECTIONS = ("fields", "steps", "codes")
"""The keys of a pipeline that hold what is shared."""


def expand(document: Document, files: Mapping[str, bytes]) -> tuple[Document, tuple[Finding, ...]]:
    """Return the document with everything shared written out, and the findings about names that don't exist.

    `files`: the CSVs of the project's folders `codes/` and `standards/`, by path in the project.  The sections stay, to be validated.
    """
    if not isinstance(document.value, dict):
        return document, ()
    work = _Expansion(document, CodeFiles(files), StandardFiles(files))
    value = work.pipeline(document.value)
    return replace(document, value=value, lines=work.lines), tuple(work.findings)


def strip(value: dict[str, Any]) -> dict[str, Any]:
    """Return an expanded pipeline without the sections."""
    return {key: item for key, item in value.items() if key not in SECTIONS}


@dataclass
class _Expansion:
    """The expansion of one document, and the lines of what it makes."""

    document: Document
    files: CodeFiles
    standards: StandardFiles
    findings: list[Finding] = field(default_factory=list)
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The entries of each section that can be used, expanded; what is wrong with others is told by the grammar."""
    broken: set[str] = field(default_factory=set)
    """Sections that aren't mappings, whose names can't be judged."""

    def __post_init__(self) -> None:
        self.lines: dict[Path, int] = dict(self.document.lines)

    def pipeline(self, value: dict[str, Any]) -> dict[str, Any]:
        made = dict(value)
        for name in SECTIONS:
            section = value.get(name)
            if section is not None and not isinstance(section, dict):
                self.broken.add(name)
            self.shared[name] = dict(section) if isinstance(section, dict) else {}
        fields, steps = self.shared["fields"], self.shared["steps"]
        self.shared |= {"fields": {}, "steps": {}}
        for key, item in fields.items():  # one may use those before it
            if isinstance(item, dict):
                item = self.use_field(item if "use" in item else {"name": key, **item}, ("fields", key))
            self.shared["fields"][key] = item
        for key, item in steps.items():
            self.shared["steps"][key] = self.tidy(item, ("steps", key)) if isinstance(item, list) else item
        made |= {name: self.shared[name] for name in ("fields", "steps") if isinstance(value.get(name), dict)}
        if isinstance(resources := value.get("resources"), list):
            made["resources"] = [self.resource(one, ("resources", n)) for n, one in enumerate(resources)]
            keywords = add_keywords(value.get("keywords"), made["resources"], self.standards)
            made |= {"keywords": keywords} if keywords is not None else {}
        return made

    def resource(self, value: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            return value
        made, fields = dict(value), list[Any]()
        if isinstance(schema := value.get("schema"), dict):
            made["schema"] = self.schema(schema, (*path, "schema"))
            fields = listed if isinstance(listed := made["schema"].get("fields"), list) else []
        if isinstance(steps := value.get("tidy"), list):
            made["tidy"] = [fill_step(step, fields) for step in self.tidy(steps, (*path, "tidy"))]
        return made

    def schema(self, value: dict[str, Any], path: Path) -> dict[str, Any]:
        """Return a schema whose fields are written out: shared ones, and those of a standard."""
        here = (*path, "fields")
        if "edition" in value:  # written out by this program alone
            value = {key: item for key, item in value.items() if key != "edition"}
            known = [one.name for one in fields_of(Schema) if one.name != "edition"]
            place = Place(self.document.file, self.line((*path, "edition")))
            self.findings.append(Finding("unknown-key", "error", place, "edition", hint("", known)))
        if isinstance(fields := value.get("fields"), list):
            value = {**value, "fields": [self.use_field(one, (*here, n)) for n, one in enumerate(fields)]}
        if not isinstance(value.get("standard"), str):
            if "standard" in value:  # the grammar tells what is wrong with it, and not that there are no fields
                return {"fields": [{"name": "unknown"}], **value}
            if "without" in value:
                place = Place(self.document.file, self.line((*path, "without")))
                self.findings.append(Finding("without-alone", "error", place, "without"))
            return value
        written = write_out(value, lambda *rest: Place(self.document.file, self.line((*path, *rest))), self.standards)
        self.findings += written.findings
        old = {key: line for key, line in self._below(here) if key != here}
        for key in old:
            del self.lines[key]
        for key, line in old.items():
            at = key[len(here)]
            if isinstance(at, int) and at in written.moved:
                self.lines[(*here, written.moved[at], *key[len(here) + 1 :])] = line
        self.lines.setdefault(here, self.line((*path, "standard")))
        return written.schema

    # ---- fields

    def use_field(self, value: Any, path: Path) -> Any:
        """Return a field of a table: a shared one (its name alone, or `use` with what is different), or its own."""
        if isinstance(value, str) and re.search(FIELD_NAME, value):
            name, own = value, dict[str, Any]()
        elif isinstance(value, dict) and isinstance(value.get("use"), str):
            name, own = value["use"], {key: item for key, item in value.items() if key != "use"}
            own = self.field(own, path)
        else:
            return self.field(value, path) if isinstance(value, dict) else value
        base = self.find("fields", name, path if isinstance(value, str) else (*path, "use"))
        if not isinstance(base, dict):
            return {"name": own.get("name", name)}  # what else is written can't be judged without it
        self.lines.setdefault((*path, "name"), self.lines[path])
        for key in base:
            if key != "name" and key not in own:
                self.copy_lines(("fields", name, key), (*path, key))
        return {**base, **own}

    def field(self, value: dict[str, Any], path: Path) -> dict[str, Any]:
        """Return a field with its `enum` written out, and the type that a format of offices has."""
        form = value.get("format")
        if isinstance(form, str) and form in schemas.NAMED and "type" not in value:
            value = {**value, "type": schemas.NAMED[form].types[0]}
        constraints = value.get("constraints")
        if not isinstance(constraints, dict) or not is_name(wanted := constraints.get("enum")):
            return value
        listed = self.codes(wanted, "", (*path, "constraints", "enum"))
        listed = list(listed) if listed is not None else [wanted]
        return {**value, "constraints": {**constraints, "enum": listed}}

    # ---- steps

    def tidy(self, steps: list[Any], path: Path) -> list[Any]:
        """Return the steps of a table, those of a shared list in the place of the `use` that names it."""
        old = {key: line for key, line in self.lines.items() if key[: len(path)] == path and key != path}
        for key in old:
            del self.lines[key]
        made: list[Any] = []
        for n, step in enumerate(steps):
            if isinstance(step, dict) and list(step) == ["use"] and is_name(step["use"]):
                place = old[(*path, n)]
                listed = self.find("steps", step["use"], (*path, n), place)
                for m, shared in enumerate(listed if isinstance(listed, list) else ()):
                    self.copy_lines(("steps", step["use"], m), (*path, len(made)))
                    made.append(shared)
                continue
            for key, line in old.items():
                if key[len(path)] == n:
                    self.lines[(*path, len(made), *key[len(path) + 1 :])] = line
            made.append(self.step(step, (*path, len(made))))
        return made

    def step(self, value: Any, path: Path) -> Any:
        """Return a step with the codes of `map_codes` written out."""
        options = value.get("map_codes") if isinstance(value, dict) and len(value) == 1 else None
        if not isinstance(options, dict):
            return value
        wanted = options.get("codes")
        if "label" in options and not (isinstance(wanted, str) and is_file(wanted)):
            place = Place(self.document.file, self.line((*path, "map_codes", "label")))
            self.findings.append(Finding("label-without-file", "error", place, str(options["label"])))
        if not is_name(wanted):
            return value
        label = options.get("label", "")
        if not isinstance(label, str):
            return value
        codes = self.codes(wanted, label, (*path, "map_codes", "codes"))
        rest = {key: item for key, item in options.items() if key != "label"}
        return {"map_codes": {**rest, "codes": codes if isinstance(codes, dict) else {wanted: wanted}}}

    # ---- codes and names

    def codes(self, wanted: str, label: str, path: Path) -> dict[str, Any] | list[Any] | None:
        """Return a code list by its name or its file; None, with a finding, if there is none.

        `label`: the column of the file whose values the codes stand for, its second one if "".
        """
        if not is_file(wanted):
            found = self.find("codes", wanted, path)
            return found if isinstance(found, dict | list) else None
        codes, problems = self.files.read(wanted, label)
        place = Place(self.document.file, self.lines.get(path) or self.document.line(path))
        for problem in problems:
            one = problem if problem.place.file else replace(problem, place=place)
            if one not in self.findings:
                self.findings.append(one)
        return codes

    def find(self, section: str, name: str, path: Path, line: int = 0) -> Any:
        """Return what a section has under a name; None, with a finding, if it hasn't."""
        known = self.shared[section]
        if name in known:
            return known[name]
        if section not in self.broken:
            ja, en = KINDS[section]
            args = {"kind_ja": ja, "kind_en": en, "where_ja": f"{section}:", "where_en": f"{section}:"}
            place = Place(self.document.file, line or self.line(path))
            self.findings.append(Finding("unknown-name", "error", place, name, {**args, **hint(name, list(known))}))
        return None

    def line(self, path: Path) -> int:
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def copy_lines(self, source: Path, target: Path) -> None:
        """Give `target` and all below it the lines of `source`."""
        for key, line in self._below(source):
            self.lines[(*target, *key[len(source) :])] = line

    def _below(self, path: Path) -> list[tuple[Path, int]]:
        return [(key, line) for key, line in self.lines.items() if key[: len(path)] == path]


BARE = ("select", "name_by_title")
"""Steps that take their options from the schema where they are written without any."""


def fill_step(step: Any, fields: list[Any]) -> Any:
    """Return a step; a bare `select` with the columns of the schema, a bare `name_by_title` with their titles."""
    known = [one for one in fields if isinstance(one, dict) and isinstance(one.get("name"), str)]
    if known and step in ("select", {"select": None}):
        return {"select": [one["name"] for one in known]}
    if step in ("name_by_title", {"name_by_title": None}):
        titles = {title: one["name"] for one in known if (title := _find_title(one.get("title")))}
        return {"name_by_title": titles} if titles else step
    return step


def _find_title(title: Any) -> str:
    """Return the Japanese title of a field, as it is written."""
    found = title.get("ja") if isinstance(title, dict) else title
    return found if isinstance(found, str) else ""


KINDS = {
    "fields": ("共有の列", "shared field"),
    "steps": ("共有の手順", "shared list of steps"),
    "codes": ("コード表", "code list"),
}


def is_name(value: object) -> TypeGuard[str]:
    """Test whether a value names a shared list, or a file of codes."""
    return isinstance(value, str) and re.search(CODES_NAME, value) is not None
