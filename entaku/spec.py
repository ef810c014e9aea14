"""YAML values → the Office and its Specs, or every finding of every file at once.

The shape is checked by pydantic against the dataclasses of `grammar`, what one key says of another by
`spec_names`.  The JSON Schema for editors comes from the same dataclasses.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from pydantic import TypeAdapter, ValidationError

from entaku.grammar import Office, Pipeline, Step
from entaku.messages import has_userinfo, hint, mask_userinfo
from entaku.model import Finding, Place, Spec
from entaku.spec_mend import Mistake, is_ours, mend
from entaku.spec_names import check_office, check_pipeline
from entaku.tidy import STEPS
from entaku.yamlfile import Document, Path, parse_yaml


def parse_project(files: Mapping[str, bytes]) -> tuple[Office | None, tuple[Spec, ...], tuple[Finding, ...]]:
    """The office, every faultless pipeline, and all findings, in the order of files and lines.

    `files`: the bytes of `catalogue.yaml` and `pipelines/*.yaml` by project-relative path.
    """
    findings: list[Finding] = []
    office: Office | None = None
    if "catalogue.yaml" not in files:
        findings.append(Finding("no-file", value="catalogue.yaml"))
    else:
        office, found = parse_office(files["catalogue.yaml"])
        findings += found
    specs: list[Spec] = []
    for file in sorted(name for name in files if name.startswith("pipelines/")):
        spec, found = parse_pipeline(files[file], file, office)
        findings += found
        if spec is not None:
            specs.append(spec)
    return office, tuple(specs), tuple(findings)


def parse_office(body: bytes, file: str = "catalogue.yaml") -> tuple[Office | None, tuple[Finding, ...]]:
    """`catalogue.yaml` → Office, or None and the findings."""
    document, findings = parse_yaml(body, file)
    if document is None:
        return None, findings
    office, found = _validate(office_adapter(), document)
    findings = _without_echoes(findings, found)
    if isinstance(office, Office):
        findings += tuple(check_office(office, document))
    return (office if isinstance(office, Office) and not findings else None), findings


def parse_pipeline(body: bytes, file: str, office: Office | None) -> tuple[Spec | None, tuple[Finding, ...]]:
    """A `pipelines/<dataset>.yaml` → Spec, or None and the findings.  Without `office` its names go unchecked."""
    document, findings = parse_yaml(body, file)
    if document is None:
        return None, findings
    pipeline, found = _validate(pipeline_adapter(), document)
    found += tuple(_check_steps(document))
    found += _compare(pipeline, document, office)
    findings = tuple(sorted(_without_echoes(findings, found), key=lambda finding: finding.place.line or 0))
    if findings:
        return None, findings
    assert isinstance(pipeline, Pipeline)
    canonical = json.dumps(document.value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return make_spec(canonical, file, document.lines), ()


def _compare(pipeline: object, document: Document, office: Office | None) -> tuple[Finding, ...]:
    """What one key says of another; of a broken pipeline, as far as the rest of it goes."""
    broken: set[int] = set()
    if not isinstance(pipeline, Pipeline):
        adapter = pipeline_adapter()
        paths = [(*path, key) for path, key, _ in _list_mistakes(adapter, document.value)]
        broken = {int(path[1]) for path in paths if path[0] == "resources" and len(path) > 2 and path[2] == "source"}
        mended = mend(document.value, partial(_list_mistakes, adapter), partial(_at, _json_schema(adapter)))
        if mended is None:
            return ()
        pipeline = adapter.validate_json(json.dumps(mended), strict=True)
    assert isinstance(pipeline, Pipeline)
    found = tuple(check_pipeline(pipeline, document, office))
    return tuple(one for one in found if not is_ours(one) and not _follows(one, broken, document))


def _follows(finding: Finding, broken: set[int], document: Document) -> bool:
    """Whether a finding about a source only follows from a mistake in how that source is written."""
    if finding.code not in ("source-kind", "template-value", "unused-value"):
        return False
    line, lines = finding.place.line or 0, document.lines
    return any(lines[("resources", n)] <= line < lines.get(("resources", n + 1), line + 1) for n in broken)


def _list_mistakes(adapter: TypeAdapter[Any], value: Any) -> list[Mistake]:
    try:
        adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        mistakes = []
        for item in error.errors(include_url=False):
            path, rest = _follow(value, (), item["loc"], item["type"])
            if rest and rest[0] == "[key]":
                mistakes.append((path[:-1], str(path[-1]), True))
            else:
                mistakes.append((path, str(rest[0]) if rest else "", item["type"] in _EXTRA))
        return mistakes
    return []


def make_spec(canonical: str, file: str, lines: Mapping[Path, int]) -> Spec:
    """The Spec of faultless canonical JSON (from YAML just checked, or from a release's manifest).

    Raises pydantic's ValidationError (a ValueError) where the JSON does not follow the grammar.
    """
    pipeline: Pipeline = pipeline_adapter().validate_json(canonical, strict=True)
    resources = tuple(
        replace(resource, tidy=tuple(_make_steps(resource.tidy, lines, ("resources", n, "tidy"))))
        for n, resource in enumerate(pipeline.resources)
    )
    return Spec(
        file=file,
        pipeline=replace(pipeline, resources=resources),
        lines=lines,
        canonical=canonical,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
    )


@cache
def office_adapter() -> TypeAdapter[Office]:
    return TypeAdapter(Office)


@cache
def pipeline_adapter() -> TypeAdapter[Pipeline]:
    return TypeAdapter(Pipeline)


@cache
def step_adapter(name: str) -> TypeAdapter[Any]:
    """The parser of a step's options."""
    return TypeAdapter(STEPS[name].options)


# ---- shape ------------------------------------------------------------------------------------------------------


def _validate(adapter: TypeAdapter[Any], document: Document) -> tuple[object, tuple[Finding, ...]]:
    try:
        return adapter.validate_json(json.dumps(document.value), strict=True), ()
    except ValidationError as error:
        return None, tuple(_explain(error, document, (), adapter))


def _without_echoes(first: tuple[Finding, ...], then: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """`first` and those of `then` that are not merely about a line already named."""
    lines = {finding.place.line for finding in first}
    return first + tuple(finding for finding in then if finding.place.line not in lines)


def _explain(error: ValidationError, document: Document, base: Path, adapter: TypeAdapter[Any]) -> Iterator[Finding]:
    """pydantic's errors as findings: the branches of a union become one, under the path that was written."""
    found: dict[Path, list[tuple[dict[str, Any], Path]]] = {}
    for item in error.errors(include_url=False):
        path, rest = _follow(document.value, base, item["loc"], item["type"])
        found.setdefault(path, []).append((dict(item), rest))
    for path, items in found.items():
        deeper = any(other[: len(path)] == path and len(other) > len(path) for other in found)
        names = [pair for pair in items if pair[0]["type"] in ("missing", "missing_argument", *_EXTRA)]
        wrong = [pair for pair in items if pair not in names]
        for each, rest in names:
            yield _explain_key(each, path, rest, document, base, adapter)
        if wrong and not deeper and not names:
            yield _explain_value([each for each, _ in wrong], path, document, base, adapter)


_EXTRA = ("unexpected_keyword_argument", "extra_forbidden")


def _follow(value: Any, base: Path, loc: Sequence[str | int], kind: str) -> tuple[Path, Path]:
    """The part of `loc` that exists in the YAML, and the rest (names of union branches are passed over)."""
    for key in base:
        value = value[key]
    path = list(base)
    rest: tuple[str | int, ...] = ()
    for n, key in enumerate(loc):
        if n == len(loc) - 1 and kind in ("missing", "missing_argument", *_EXTRA):
            rest = (key,)
        elif _has(value, key):
            value = value[key]
            path.append(key)
        elif key == "[key]":
            rest = (key,)
    return tuple(path), rest


def _has(value: Any, key: str | int) -> bool:
    if isinstance(value, dict):
        return key in value
    return isinstance(value, list) and isinstance(key, int) and key < len(value)


def _explain_key(
    item: dict[str, Any], path: Path, rest: Path, document: Document, base: Path, adapter: TypeAdapter[Any]
) -> Finding:
    key = str(rest[0])
    if item["type"] in _EXTRA:
        allowed = _allowed_keys(_json_schema(adapter), path[len(base) :])
        line = document.line((*path, key))
        return Finding("unknown-key", "error", Place(document.file, line), key, hint(key, allowed))
    return Finding("missing-key", "error", Place(document.file, document.line(path)), key)


def _explain_value(
    items: list[dict[str, Any]], path: Path, document: Document, base: Path, adapter: TypeAdapter[Any]
) -> Finding:
    place = Place(document.file, document.line(path))
    item = items[0]
    value, kind, context = item["input"], item["type"], item.get("ctx", {})
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if has_userinfo(shown):
        return Finding("url-userinfo", "error", place, mask_userinfo(shown))
    if "headers" in path:
        shown = "…"  # someone may have written the secret itself
    if kind == "value_error":
        return Finding("bad-regex", "error", place, shown, {"why": str(context.get("error", item["msg"]))})
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        return Finding("not-allowed", "error", place, shown, hint(shown, allowed))
    if kind == "string_pattern_mismatch":
        about = _description(_json_schema(adapter), path[len(base) :])
        return Finding("bad-pattern", "error", place, shown, {"allowed": f"{about} {context['pattern']}".strip()})
    ja, en = zip(*dict.fromkeys(_name_type(item) for item in items), strict=True)
    words = {"allowed_ja": "か".join(ja), "allowed_en": " or ".join(en)}
    return Finding("wrong-type", "error", place, shown, words)


def _name_type(item: dict[str, Any]) -> tuple[str, str]:
    kind, context = item["type"], item.get("ctx", {})
    for start, words in _TYPES.items():
        if kind.startswith(start):
            ja, en = words
            return ja.format_map(context), en.format_map(context)
    return item["msg"], item["msg"]


_TYPES = {
    "string_type": ("文字", "text"),
    "int": ("整数", "a whole number"),
    "float": ("数", "a number"),
    "bool": ("true か false", "true or false"),
    "tuple": ("一覧（- で始まる行）", "a list"),
    "list": ("一覧（- で始まる行）", "a list"),
    "too_short": ("{min_length} 個以上の一覧", "a list of at least {min_length}"),
    "dict": ("「キー: 値」の組", "keys with values"),
    "mapping": ("「キー: 値」の組", "keys with values"),
    "dataclass": ("「キー: 値」の組", "keys with values"),
    "model": ("「キー: 値」の組", "keys with values"),
    "greater_than_equal": ("{ge} 以上の数", "a number of at least {ge}"),
    "greater_than": ("{gt} より大きい数", "a number above {gt}"),
    "less_than_equal": ("{le} 以下の数", "a number of at most {le}"),
    "string_too_short": ("{min_length} 文字以上の文字", "text of at least {min_length} characters"),
    "string_too_long": ("{max_length} 文字以下の文字", "text of at most {max_length} characters"),
    "none": ("空（何も書かない）", "nothing"),
}


# ---- JSON Schema ------------------------------------------------------------------------------------------------


@cache
def _json_schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    return adapter.json_schema(by_alias=True)


def _at(schema: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """The subschemas that speak of `path`."""
    definitions = schema.get("$defs", {})

    def spread(node: Any) -> Iterator[dict[str, Any]]:
        if not isinstance(node, dict):
            return
        if "$ref" in node:
            yield from spread(definitions.get(node["$ref"].rpartition("/")[2]))
        yield node
        for key in ("anyOf", "oneOf", "allOf"):
            for branch in node.get(key, ()):
                yield from spread(branch)

    nodes = list(spread(schema))
    for key in path:
        step = []
        for node in nodes:
            if isinstance(key, int):
                step.append(node.get("items"))
            else:
                step.append(node.get("properties", {}).get(key) or node.get("additionalProperties"))
        nodes = [branch for node in step for branch in spread(node)]
    return nodes


def _allowed_keys(schema: dict[str, Any], path: Path) -> list[str]:
    return [key for node in _at(schema, path) for key in node.get("properties", {})]


def _description(schema: dict[str, Any], path: Path) -> str:
    return next((str(node["description"]) for node in _at(schema, path) if "description" in node), "")


def make_json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schemas (draft 2020-12) of both kinds of YAML file, for editors, by file name."""
    pipeline = json.loads(json.dumps(_json_schema(pipeline_adapter())))
    properties: dict[str, Any] = {}
    plain = []
    for name, kind in STEPS.items():
        options = json.loads(json.dumps(_json_schema(step_adapter(name)))) if kind.options else {"type": "null"}
        pipeline["$defs"].update(options.pop("$defs", {}))
        options["description"] = f"{kind.title.ja} / {kind.title.en}"
        properties[name] = options
        if _accepts_nothing(name):
            plain.append(name)
    pipeline["$defs"]["Step"] = {
        "anyOf": [
            {"enum": plain},
            {
                "type": "object",
                "properties": properties,
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    }
    pipeline["$defs"]["Resource"]["properties"]["tidy"]["items"] = {"$ref": "#/$defs/Step"}
    office = json.loads(json.dumps(_json_schema(office_adapter())))
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {
        "pipeline.schema.json": {"$schema": dialect, **pipeline},
        "catalogue.schema.json": {"$schema": dialect, **office},
    }


# ---- steps ------------------------------------------------------------------------------------------------------


def _accepts_nothing(name: str) -> bool:
    """Whether a step may stand as a bare word: it takes no options, or has a default for each."""
    kind = STEPS[name].options
    if kind is None:
        return True
    return dataclasses.is_dataclass(kind) and not _json_schema(step_adapter(name)).get("required")


def _check_steps(document: Document) -> Iterator[Finding]:
    resources = document.value.get("resources") if isinstance(document.value, dict) else None
    for n, resource in enumerate(resources if isinstance(resources, list) else ()):
        steps = resource.get("tidy") if isinstance(resource, dict) else None
        for m, step in enumerate(steps if isinstance(steps, list) else ()):
            yield from _check_step(step, document, ("resources", n, "tidy", m))


def _check_step(step: Any, document: Document, path: Path) -> Iterator[Finding]:
    place = Place(document.file, document.line(path))
    if isinstance(step, dict) and len(step) == 1:
        (name,) = step
    elif isinstance(step, str):
        name = step
    else:
        words = {"allowed_ja": "手順を一つ（- 名前: …）", "allowed_en": "one step (- name: …)"}
        yield Finding("wrong-type", "error", place, json.dumps(step, ensure_ascii=False), words)
        return
    if name not in STEPS:
        yield Finding("unknown-step", "error", place, name, hint(name, list(STEPS)))
        return
    options = step[name] if isinstance(step, dict) else None
    if STEPS[name].options is None:
        if options is not None:
            words = {"allowed_ja": f"- {name} だけ", "allowed_en": f"- {name} alone"}
            yield Finding("wrong-type", "error", place, json.dumps(options, ensure_ascii=False), words)
    elif isinstance(step, str):
        if not _accepts_nothing(name):
            words = {"allowed_ja": f"- {name}: …（何をするか）", "allowed_en": f"- {name}: … (what to do)"}
            yield Finding("wrong-type", "error", place, name, words)
    else:
        try:
            step_adapter(name).validate_json(json.dumps(options), strict=True)
        except ValidationError as error:
            yield from _explain(error, document, (*path, name), step_adapter(name))


def _make_steps(steps: Iterable[Any], lines: Mapping[Path, int], path: Path) -> Iterator[Step]:
    for n, step in enumerate(steps):
        name, options = (step, {}) if isinstance(step, str) else next(iter(step.items()))
        kind = STEPS[name].options
        parsed = None if kind is None else step_adapter(name).validate_json(json.dumps(options), strict=True)
        yield Step(name=name, options=parsed, line=lines.get((*path, n), 1))
