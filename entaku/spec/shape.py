"""pydantic's errors about a YAML's shape → findings: the line, the value written, and all allowed forms."""

import copy
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import PurePosixPath
from typing import Any

from pydantic import TypeAdapter, ValidationError

from entaku.formats.dates import parse_date
from entaku.model.hints import find_near, fold, guess_meant, hint, hint_rename
from entaku.model.messages import has_userinfo, mask_userinfo
from entaku.model.nouns import Finding, Place
from entaku.model.words import FIELD_NAME, PATTERNS, USUAL_ENCODINGS
from entaku.spec.homes import tell_home
from entaku.spec.yaml import Document, Path

STAND_IN = "placeholder"
"""Part of every placeholder text; a finding with it isn't about the owner's text."""

_TEXTS = (STAND_IN, f"https://{STAND_IN}/", "2000-01-01", f"{STAND_IN}@{STAND_IN}")
MAX_ROUNDS = 20

LookUp = Callable[[Path], list[dict[str, Any]]]
"""Returns the JSON Schemas of a path."""

Mistake = tuple[Path, str, bool]
"""The path; the key that is missing or unknown there, or ""; whether it is unknown."""


def mend(value: Any, list_mistakes: Callable[[Any], Sequence[Mistake]], look_up: LookUp) -> Any:
    """Repair every mistake in `value`: remove unknown keys, replace missing and wrong values by placeholders.

    `list_mistakes` lists the mistakes of a value; `look_up` returns the JSON Schemas of a path.  Returns a valid value,
    or None if repair fails.
    """
    value = copy.deepcopy(value)
    for _ in range(MAX_ROUNDS):
        mistakes = list_mistakes(value)
        if not mistakes:
            return value
        # A value is reported as wrong with its parts; the parts come first.
        wrong = {(*path, key) if key else path for path, key, _ in mistakes}
        for path, key, unknown in mistakes:
            if key or not any(other[: len(path)] == path and other != path for other in wrong):
                value = _mend_one(value, path, key, unknown, look_up)
    return None


def _mend_one(value: Any, path: Path, key: str, unknown: bool, look_up: LookUp) -> Any:
    if key:
        holder = _get(value, path)
        if isinstance(holder, dict):
            if unknown:
                holder.pop(key, None)
            else:
                holder[key] = make_minimal(look_up, (*path, key))
        return value
    minimal = make_minimal(look_up, path)
    if not path:
        return minimal
    holder = _get(value, path[:-1])
    if isinstance(holder, dict) and path[-1] in holder:
        if _optional(look_up(path[:-1]), str(path[-1])):
            del holder[path[-1]]
        else:
            holder[path[-1]] = minimal
    elif isinstance(holder, list) and isinstance(path[-1], int) and path[-1] < len(holder):
        holder[path[-1]] = minimal
    return value


def _get(value: Any, path: Path) -> Any:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _optional(nodes: list[dict[str, Any]], key: str) -> bool:
    """Test whether the key may be left out."""
    return not any(key in node.get("required", ()) for node in nodes) and not any(
        key not in node.get("properties", {key: 0}) for node in nodes if "properties" in node
    )


def make_minimal(look_up: LookUp, path: Path) -> Any:
    """Return a minimal value for `path`: of the first of its schemas with a type or an enum."""
    for node in look_up(path):
        if node.get("enum"):
            return node["enum"][0]
        match node.get("type"):
            case "string":
                return next((text for text in _TEXTS if re.search(node.get("pattern", ""), text)), STAND_IN)
            case "integer" | "number":
                return max(node.get("minimum", 1), 1) if node.get("maximum", 1) >= 1 else node["maximum"]
            case "boolean":
                return False
            case "array":
                return [make_minimal(look_up, (*path, 0))] if node.get("minItems") else []
            case "object":
                return {key: make_minimal(look_up, (*path, key)) for key in node.get("required", ())}
    return STAND_IN


def is_ours(finding: Finding) -> bool:
    """Test whether a finding is about a placeholder."""
    return STAND_IN in finding.value or any(STAND_IN in text for text in finding.args.values())


def explain(error: ValidationError, document: Document, base: Path, adapter: TypeAdapter[Any]) -> Iterator[Finding]:
    """Yield the findings about the value at `base`; the branches of a union are joined under the path in the YAML."""
    found: dict[Path, list[tuple[dict[str, Any], Path]]] = {}
    for item in error.errors(include_url=False):
        path, rest = follow(document.value, base, item["loc"], item["type"])
        found.setdefault(path, []).append((dict(item), rest))
    for path, items in found.items():
        deeper = any(other[: len(path)] == path and len(other) > len(path) for other in found)
        names = [pair for pair in items if pair[0]["type"] in ("missing", "missing_argument", *EXTRA)]
        wrong = [pair for pair in items if pair not in names]
        schema, within = json_schema(adapter), path[len(base) :]
        allowed = _allowed_keys(schema, within) if names else []
        meant = {find_near(str(rest[0]), allowed) for each, rest in names if each["type"] in EXTRA}
        for each, rest in names:
            if each["type"] not in EXTRA and rest[0] in meant:
                continue  # the key is there, misspelt
            if each["type"] in EXTRA and (cut := document.find_cut((*path, rest[0]))):
                if cut[2] == rest[0]:
                    place = Place(document.file, document.line((*path, cut[0])))
                    yield Finding("cut-at-comma", "error", place, ", ".join(cut[1:]), {"key": cut[0]})
                continue
            home = tell_home(str(rest[0]), within, partial(_allowed_keys, schema)) if each["type"] in EXTRA else {}
            yield _explain_key(each, (*path, rest[0]), document, allowed, home)
        if wrong and not deeper and not names:
            yield _explain_value([each for each, _ in wrong], path, document, base, adapter)


EXTRA = ("unexpected_keyword_argument", "extra_forbidden")


def follow(value: Any, base: Path, loc: Sequence[str | int], kind: str) -> tuple[Path, Path]:
    """Split `loc` into the part that exists in the YAML, and the rest; names of union branches are left out."""
    for key in base:
        value = value[key]
    path = list(base)
    rest: tuple[str | int, ...] = ()
    for n, key in enumerate(loc):
        if n == len(loc) - 1 and kind in ("missing", "missing_argument", *EXTRA):
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
    item: dict[str, Any], path: Path, document: Document, allowed: list[str], home: dict[str, str]
) -> Finding:  # fmt: skip
    """Return the finding that the last key of `path` is not among the `allowed` ones, or is missing.

    `home`: the hints of where the key would be right.
    """
    path, key = path[:-1], str(path[-1])
    if item["type"] in EXTRA:
        line = document.line((*path, key))
        args = hint(key, allowed)
        if home and key == "steps" and "tidy" in allowed:  # a table's steps are its tidy, those of the file are shared
            home = {name: f"{hint('tidy ', ['tidy'])[name]}{text}" for name, text in home.items()}
        args |= home
        return Finding("unknown-key", "error", Place(document.file, line), key, args)
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
    if kind == "unknown_encoding":
        return Finding("unknown-encoding", "error", place, shown, hint(shown, USUAL_ENCODINGS))
    if kind == "value_error":
        return Finding("bad-regex", "error", place, shown, {"why": str(context.get("error", item["msg"]))})
    nodes = look_up(json_schema(adapter), path[len(base) :])
    ja, en = zip(*_name_forms(nodes), strict=True) if nodes and _name_forms(nodes) else ((), ())
    if value is None:
        if said := [PATTERNS[node["pattern"]].split(" / ") for node in nodes if node.get("pattern") in PATTERNS]:
            ja, en = zip(*said, strict=True)
        words = {"allowed_ja": "か、".join(ja) or "値", "allowed_en": ", or ".join(en) or "a value"}
        return Finding("no-value", "error", place, str(path[-1]) if path and isinstance(path[-1], str) else "-", words)
    if kind == "literal_error":
        allowed = [text or number for text, number in re.findall(r"'([^']*)'|\b(\d+)\b", context["expected"])]
        return Finding("not-allowed", "error", place, shown, hint(shown, allowed))
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        form = {
            "allowed": PATTERNS.get(pattern, pattern),
            **guess_meant(shown, pattern, _find_other(document, path, shown)),
        }
        if pattern == FIELD_NAME and not shown.isascii() and "schema" in path:
            form |= hint_rename(shown, form)
        return Finding("bad-pattern", "error", place, shown, form)
    if not ja or _json_type(value) & {kind for node in nodes for kind in _types(node)}:
        # The type is right, so the error is in the value.
        strict = [item for item in items if not item["type"].endswith("_type")] or items
        if all(item["type"] == "literal_error" for item in strict):
            strict = items  # a number or one of these words
        ja, en = zip(*dict.fromkeys(_name_type(item) for item in strict), strict=True)
    words = {"allowed_ja": "か、".join(ja), "allowed_en": ", or ".join(en)}
    words |= _suggest_type(value, nodes) if "headers" not in path else {}
    return Finding("wrong-type", "error", place, shown, words)


def _find_other(document: Document, path: Path, written: str) -> str:
    """Find another form of a name or a day: the file's own name, the English title beside it, or the day as ISO text."""
    if path == ("name",):
        return PurePosixPath(document.file).stem
    if day := parse_date(written):
        return day
    holder = _get(document.value, path[:-1])
    title = holder.get("title") if isinstance(holder, dict) and path[-1:] == ("name",) else None
    return str(title.get("en", "")) if isinstance(title, dict) else ""


def _suggest_type(value: Any, nodes: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Make the hint that a number must be quoted to be text, or that its digits are full-width."""
    kinds = {kind for node in nodes for kind in _types(node)}
    if isinstance(value, bool | int | float) and "string" in kinds:
        shown = json.dumps(value)
        return {
            "hint_ja": f'文字なら引用符で囲み、"{shown}" と書きます。',
            "hint_en": f'If it is text, quote it: "{shown}". ',
        }
    if isinstance(value, str) and kinds == {"boolean"} and fold(value) in _SPOKEN:
        meant = _SPOKEN[fold(value)]
        return {"hint_ja": f"「{meant}」のことですか？ ", "hint_en": f'Did you mean "{meant}"? '}
    if isinstance(value, str) and kinds == {"array"} and value:
        shown = f"[{value}]"
        return {"hint_ja": f"一つだけでも一覧にして、{shown} と書きます。", "hint_en": f"Write it as a list, {shown}. "}
    plain = unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""
    if plain != value and kinds & {"integer", "number"} and re.fullmatch(r"[+-]?\d+(\.\d+)?", plain, re.ASCII):
        return {
            "hint_ja": f"数字が全角です。半角で {plain} と書きます。",
            "hint_en": f"The digits are full-width; write {plain}. ",
        }
    return {}


_SPOKEN = dict.fromkeys(("はい", "有", "○", "あり", "必須", "yes", "on"), "true")
_SPOKEN |= dict.fromkeys(("いいえ", "無", "×", "なし", "任意", "no", "off"), "false")
"""What people write for true and false."""


def _json_type(value: Any) -> set[str]:
    """Return JSON Schema's names for the type of `value`."""
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    names: dict[type, str] = {float: "number", str: "string", list: "array", tuple: "array", dict: "object"}
    return {names[type(value)]} if type(value) in names else {"null"}


def _types(node: dict[str, Any]) -> list[str]:
    kinds = node.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]


def _name_forms(nodes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """List the forms that `nodes` allow, each in both languages."""
    forms: dict[tuple[str, str], None] = {}
    for node in nodes:
        if "enum" in node or "const" in node:
            listed = ", ".join(map(str, node.get("enum", [node.get("const")])))
            forms[(f"次のどれか（{listed}）", f"one of {listed}")] = None
            continue
        for kind in _types(node):
            if kind in _FORMS:
                ja, en = _FORMS[kind]
                keys = ", ".join(node.get("properties", {}))
                few = kind == "object" and 0 < len(node["properties"]) <= 4 if "properties" in node else False
                least = node.get("minimum") if kind in ("integer", "number") else None
                ja += f"（{keys}）" if few else f"（{least} 以上）" if least is not None else ""
                en += f" ({keys})" if few else f" (at least {least})" if least is not None else ""
                forms[(ja, en)] = None
    return list(forms)


_FORMS = {
    "string": ("文字", "text"),
    "integer": ("整数", "a whole number"),
    "number": ("数", "a number"),
    "boolean": ("true か false", "true or false"),
    "array": ("一覧（- で始まる行）", "a list"),
    "object": ("「キー: 値」の組", "keys with values"),
}


def _name_type(item: dict[str, Any]) -> tuple[str, str]:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "literal_error":
        listed = str(context["expected"]).replace("'", "")
        return listed.replace(" or ", " か "), listed
    for start, words in _TYPES.items():
        if kind.startswith(start):
            ja, en = words
            return ja.format_map(context), en.format_map(context)
    return "別の書き方", "something else"


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


# ---- JSON Schemas of a path --------------------------------------------------------------------------------------


@cache
def json_schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    return adapter.json_schema(by_alias=True)


def look_up(schema: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """Return the subschemas of `path`."""
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
                patterns = [each for form, each in node.get("patternProperties", {}).items() if re.search(form, key)]
                step.append(node.get("properties", {}).get(key) or node.get("additionalProperties"))
                step += patterns
        nodes = [branch for node in step for branch in spread(node)]
    return nodes


def _allowed_keys(schema: dict[str, Any], path: Path) -> list[str]:
    return [key for node in look_up(schema, path) for key in node.get("properties", {})]


def _description(schema: dict[str, Any], path: Path) -> str:
    return next((str(node["description"]) for node in look_up(schema, path) if "description" in node), "")
