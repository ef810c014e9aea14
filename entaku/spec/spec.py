"""YAML values → the Office and its Specs, or every finding of every file at once.

The shape is checked by pydantic against the dataclasses of `grammar`, cross-references by `names`.  The JSON Schemas
for editors come from the same dataclasses.
"""

import dataclasses
import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from entaku.model.folded import fold_map
from entaku.model.grammar import Office, Pipeline, Step
from entaku.model.hints import hint
from entaku.model.kept import Keep
from entaku.model.nouns import Finding, Place, Spec
from entaku.model.standards import list_standards
from entaku.model.words import FIELD_NAME, NAME
from entaku.spec.brand import ReadFile, check_brand, check_shown, read_nothing
from entaku.spec.codes import FOLDER
from entaku.spec.files import find_requests, list_names, list_pipelines, tell_strays
from entaku.spec.former import tell_patterns
from entaku.spec.kept import KeptSpecs
from entaku.spec.leaving import check_leaving, tell_taken
from entaku.spec.names import check_office, check_pipeline
from entaku.spec.shape import EXTRA, Mistake, explain, follow, is_ours, json_schema, look_up, mend
from entaku.spec.shared import BARE, expand, strip
from entaku.spec.standard_files import FOLDER as STANDARDS
from entaku.spec.standard_files import StandardFiles
from entaku.spec.yaml import Document, Path, parse_yaml
from entaku.table import steps as kinds


def parse_project(
    files: Mapping[str, bytes], read: ReadFile = read_nothing, keep: Keep | None = None, program: str = ""
) -> tuple[Office | None, tuple[Spec, ...], tuple[Finding, ...]]:
    """Return the office, every valid pipeline that is not retired, and all findings, in the order of files and lines.

    `files`: the bytes of `catalogue.yaml`, `pipelines/*.yaml`, files with similar names, the code lists `codes/*.csv`,
    the standards `standards/*.csv` and, if it exists, `requests.csv` by project-relative path.  `read` reads the pictures that `catalogue.yaml` names.
    `keep`: specs that the program with the digest `program` has parsed before.
    """
    findings: list[Finding] = [*tell_strays(files)]
    office: Office | None = None
    if "catalogue.yaml" not in files:
        findings.append(Finding("no-file", value="catalogue.yaml"))
    else:
        office, found = parse_office(files["catalogue.yaml"], list_names(files), read)
        findings += found
    specs: list[Spec] = []
    moved = any(finding.code == "requests-moved" for finding in findings)
    known = None if moved else find_requests(files)
    codes = {name: body for name, body in files.items() if name.startswith((FOLDER, STANDARDS))}
    shared = (program, office, known if known is None else sorted(known), sorted(codes.items()))
    kept = KeptSpecs(keep, list_pipelines(files), *shared)
    for file in list_pipelines(files):
        if office is not None and PurePosixPath(file).stem in office.retired:
            continue
        spec = kept.find(file, files[file])
        if spec is None:
            spec, found = parse_pipeline(files[file], file, office, known, codes)
            findings += found
            if spec is not None:
                spec = replace(spec, lines=fold_map(spec.lines))
                kept.put(files[file], spec)
        if spec is not None:
            specs.append(spec)
    kept.finish()
    findings += _tell_unused(StandardFiles(codes), findings)
    return office, tuple(specs), tuple(findings)


def _tell_unused(standards: StandardFiles, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield as warnings what is wrong with standards of the project that no pipeline uses."""
    told = {finding.place.file for finding in findings}
    for path in standards.list_paths():
        if path not in told:
            yield from (replace(one, severity="warning") for one in standards.read(path)[1])


def parse_office(
    body: bytes, datasets: Collection[str] = (), read: ReadFile = read_nothing
) -> tuple[Office | None, tuple[Finding, ...]]:
    """Parse `catalogue.yaml` to an Office, None if there are errors, and the findings."""
    document, findings = parse_yaml(body, "catalogue.yaml")
    if document is None:
        return None, findings
    if isinstance(document.value, dict) and "requests" in document.value:
        place = Place(document.file, document.line(("requests",)))
        moved = Finding("requests-moved", "error", place, "requests")
        document.value.pop("requests")
        findings = (*findings, moved)
    office, found = _validate(office_adapter(), document)
    findings = _without_echoes(findings, found)
    if isinstance(office, Office):
        findings += (*check_office(office, document), *check_leaving(office, document))
        findings += tuple(check_brand(office.site, document, read))
        findings += tuple(check_shown(office, document, datasets))
    broken = any(finding.severity == "error" for finding in findings)
    return (office if isinstance(office, Office) and not broken else None), findings


def parse_pipeline(
    body: bytes, file: str, office: Office | None, requests: Collection[str] | None = None,
    codes: Mapping[str, bytes] = MappingProxyType({}),
) -> tuple[Spec | None, tuple[Finding, ...]]:  # fmt: skip
    """Parse a `pipelines/<dataset>.yaml` to a Spec, or None and the findings.

    Without `office` or `requests` (the existing ids) such references are not checked.  `codes`: the project's code
    lists and standards, by path.
    """
    document, findings = parse_yaml(body, file)
    if document is None:
        return None, findings
    document, found = expand(document, codes)
    findings = _without_echoes(findings, found)
    pipeline, found = _validate(pipeline_adapter(), document)
    found += (*_check_steps(document), *tell_patterns(document))
    found += _compare(pipeline, document, office)
    found += _check_requests(pipeline, document, requests)
    if isinstance(pipeline, Pipeline) and office is not None and pipeline.name in office.renamed:
        found += (tell_taken(office, pipeline.name, Place(file, document.line(("name",)))),)
    findings = _tell_once(_without_echoes(findings, found))
    if findings:
        return None, findings
    assert isinstance(pipeline, Pipeline)
    canonical = json.dumps(strip(document.value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return make_spec(canonical, file, document.lines), ()


def _compare(pipeline: object, document: Document, office: Office | None) -> tuple[Finding, ...]:
    """Check cross-references; in an invalid pipeline, those of its valid parts."""
    broken: frozenset[Path] = frozenset()
    if not isinstance(pipeline, Pipeline):
        adapter = pipeline_adapter()
        mistakes = list_mistakes(adapter, document.value)
        wrong = {(*path, key) if key else path for path, key, _ in mistakes}
        broken = frozenset(one for one in wrong if not any(other[: len(one)] == one != other for other in wrong))
        mended = mend(document.value, partial(list_mistakes, adapter), partial(look_up, json_schema(adapter)))
        if mended is None:
            return ()
        pipeline = adapter.validate_json(json.dumps(mended), strict=True)
    assert isinstance(pipeline, Pipeline)
    return tuple(one for one in check_pipeline(pipeline, document, office, broken) if not is_ours(one))


def _check_requests(pipeline: object, document: Document, known: Collection[str] | None) -> tuple[Finding, ...]:
    if not isinstance(pipeline, Pipeline) or known is None:
        return ()
    words = {"kind_ja": "要望", "kind_en": "request", "where_ja": "requests.csv", "where_en": "requests.csv"}
    return tuple(
        Finding(
            "unknown-name",
            "error",
            Place(document.file, document.line(("requests", n))),
            request,
            {**words, **hint(request, list(known))},
        )
        for n, request in enumerate(pipeline.requests)
        if request not in known
    )


def list_mistakes(adapter: TypeAdapter[Any], value: Any) -> list[Mistake]:
    """List what is wrong with the shape of a value, with the path of each mistake."""
    try:
        adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        mistakes = []
        for item in error.errors(include_url=False):
            path, rest = follow(value, (), item["loc"], item["type"])
            if rest and rest[0] == "[key]":
                mistakes.append((path[:-1], str(path[-1]), True))
            else:
                mistakes.append((path, str(rest[0]) if rest else "", item["type"] in EXTRA))
        return mistakes
    return []


def make_spec(canonical: str, file: str, lines: Mapping[Path, int]) -> Spec:
    """Make the Spec of valid canonical JSON (from YAML just checked, or from a release's manifest).

    Raises pydantic's ValidationError (a ValueError) if the JSON does not follow the grammar.
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
        deflated=zlib.compress(canonical.encode()),
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
    """Return the parser of a step's options."""
    return TypeAdapter(kinds.STEPS[name].options)


# ---- shape ------------------------------------------------------------------------------------------------------


def _validate(adapter: TypeAdapter[Any], document: Document) -> tuple[object, tuple[Finding, ...]]:
    try:
        return adapter.validate_json(json.dumps(document.value), strict=True), ()
    except ValidationError as error:
        return None, tuple(explain(error, document, (), adapter))


def _without_echoes(first: tuple[Finding, ...], then: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return `first` and those of `then` on lines without a finding in `first`."""
    lines = {finding.place.line for finding in first}
    return first + tuple(finding for finding in then if finding.place.line not in lines)


def _tell_once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings by line; what is wrong with a shared part is told once, not for every table that has it."""
    known = {(finding.code, finding.place, finding.value): finding for finding in reversed([*findings])}
    known = dict(reversed(known.items()))
    return tuple(sorted(known.values(), key=lambda finding: finding.place.line or 0))


# ---- JSON Schema ------------------------------------------------------------------------------------------------


def make_json_schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas (draft 2020-12) of both kinds of YAML file, for editors, by file name."""
    pipeline = json.loads(json.dumps(json_schema(pipeline_adapter())))
    properties: dict[str, Any] = {"use": {"type": "string", "pattern": NAME, "description": _OF_STEPS}}
    plain = []
    for name, kind in kinds.STEPS.items():
        options = json.loads(json.dumps(json_schema(step_adapter(name)))) if kind.options else {"type": "null"}
        pipeline["$defs"].update(options.pop("$defs", {}))
        options["description"] = f"{kind.title.ja} / {kind.title.en}"
        properties[name] = options
        if _accepts_nothing(name) or name in BARE:
            plain.append(name)
            if kind.options:
                properties[name] = {"description": options.pop("description"), "anyOf": [options, {"type": "null"}]}
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
    _add_sharing(pipeline)
    office = json.loads(json.dumps(json_schema(office_adapter())))
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {
        "pipeline.schema.json": {"$schema": dialect, **pipeline},
        "catalogue.schema.json": {"$schema": dialect, **office},
    }


_OF_STEPS = "共有の手順（steps）の名前 / a name under steps, whose steps are done here"
_OF_STANDARDS = "standards/ の CSV の名前 / the name of a CSV of standards/"
_OF_FIELDS = (
    "共有の列（fields）の名前。書いたキーだけがその列と違う / a name under fields; keys written here replace its own"
)


def _add_sharing(pipeline: dict[str, Any]) -> None:
    """Let the schema allow what is written out before a pipeline is validated: shared fields and steps."""
    definitions = pipeline["$defs"]
    field = definitions["SchemaField"]
    name, *others = field["properties"].items()
    use = {"type": "string", "pattern": FIELD_NAME, "maxLength": 64, "description": _OF_FIELDS}
    field["properties"] = {**dict([name]), "use": use, **dict(others)}
    needed = field.pop("required")
    definitions["SharedField"] = {**field}
    field["anyOf"] = [{"required": needed}, {"required": ["use"]}]
    schema = definitions["Schema"]
    own = {"type": "string", "minLength": 1, "description": _OF_STANDARDS}
    schema["properties"]["standard"]["anyOf"] = [{"enum": [*list_standards()]}, own]
    schema["anyOf"] = [{"required": schema.pop("required")}, {"required": ["standard"]}]
    shared = json.dumps(pipeline["properties"]["fields"])
    pipeline["properties"]["fields"] = json.loads(shared.replace("#/$defs/SchemaField", "#/$defs/SharedField"))
    lists = json.dumps(pipeline["properties"]["steps"])
    pipeline["properties"]["steps"] = json.loads(lists.replace('"items": {}', '"items": {"$ref": "#/$defs/Step"}'))


# ---- steps ------------------------------------------------------------------------------------------------------


def _accepts_nothing(name: str) -> bool:
    """Test whether a step may be written as a bare word: it has no options, or a default for each."""
    kind = kinds.STEPS[name].options
    if kind is None:
        return True
    form = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if not dataclasses.is_dataclass(form) or kinds.STEPS[name].one_of:
        return False
    try:
        step_adapter(name).validate_json("{}", strict=True)
    except ValidationError:
        return False
    return True


def _check_steps(document: Document) -> Iterator[Finding]:
    value = document.value if isinstance(document.value, dict) else {}
    resources, lists = value.get("resources"), value.get("steps")
    tidied: list[tuple[Path, Any]] = [
        (("resources", n, "tidy"), one.get("tidy") if isinstance(one, dict) else None)
        for n, one in enumerate(resources if isinstance(resources, list) else ())
    ]
    tidied += [(("steps", name), steps) for name, steps in (lists if isinstance(lists, dict) else {}).items()]
    for path, steps in tidied:
        for m, step in enumerate(steps if isinstance(steps, list) else ()):
            yield from check_step(step, document, (*path, m))


def check_step(step: Any, document: Document, path: Path) -> Iterator[Finding]:
    """Yield what is wrong with a step as it is written."""
    place = Place(document.file, document.line(path))
    if isinstance(step, dict) and len(step) == 1:
        (name,) = step
    elif isinstance(step, str):
        name = step
    else:
        words = {"allowed_ja": "手順を一つ（- 名前: …）", "allowed_en": "one step (- name: …)"}
        if step is None:
            yield Finding("no-value", "error", place, "-", words)
            return
        yield Finding("wrong-type", "error", place, json.dumps(step, ensure_ascii=False), words)
        return
    if name == "use":
        words = {"allowed_ja": "- use: steps の名前", "allowed_en": "- use: a name under steps"}
        yield Finding("wrong-type", "error", place, json.dumps(step, ensure_ascii=False), words)
        return
    if name not in kinds.STEPS:
        yield Finding("unknown-step", "error", place, name, hint(name, list(kinds.STEPS)))
        return
    options = step[name] if isinstance(step, dict) else None
    if options is None and kinds.STEPS[name].options is not None:
        if name not in BARE and not _accepts_nothing(name):
            example = {"example": kinds.STEPS[name].example}
            yield Finding("step-options", "error", place, name, example)
    elif kinds.STEPS[name].options is None:
        if options is not None:
            words = {"allowed_ja": f"- {name} だけ", "allowed_en": f"- {name} alone"}
            yield Finding("wrong-type", "error", place, json.dumps(options, ensure_ascii=False), words)
    else:
        try:
            parsed = step_adapter(name).validate_json(json.dumps(options), strict=True)
        except ValidationError as error:
            yield from explain(error, document, (*path, name), step_adapter(name))
            return
        choices = kinds.STEPS[name].one_of
        if choices and sum(bool(getattr(parsed, key)) for key in choices) != 1:
            yield Finding("one-of", "error", place, name, {"allowed": ", ".join(choices)})


def _make_steps(steps: Iterable[Any], lines: Mapping[Path, int], path: Path) -> Iterator[Step]:
    for n, step in enumerate(steps):
        name, options = (step, {}) if isinstance(step, str) else next(iter(step.items()))
        options = {} if options is None else options
        kind = kinds.STEPS[name].options
        parsed = None if kind is None else step_adapter(name).validate_json(json.dumps(options), strict=True)
        yield Step(name=name, options=parsed, line=lines.get((*path, n), 1))
