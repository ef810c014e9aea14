"""Values that follow the grammar wherever the owner's don't, so that the rest of a broken YAML can still be judged."""

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

from entaku.model import Finding
from entaku.yamlfile import Path

STAND_IN = "placeholder"
"""Part of every text put in; a finding that speaks of it is not the owner's."""

_TEXTS = (STAND_IN, f"https://{STAND_IN}/", "2000-01-01", f"{STAND_IN}@{STAND_IN}")
MAX_ROUNDS = 20

LookUp = Callable[[Path], list[dict[str, Any]]]
"""Gives the JSON Schemas that speak of a path."""

Mistake = tuple[Path, str, bool]
"""Where; the key that is missing or unknown there, or ""; whether it is unknown."""


def mend(value: Any, list_mistakes: Callable[[Any], Sequence[Mistake]], look_up: LookUp) -> Any:
    """`value` with every mistake mended: unknown keys gone, missing and wrong values stood in for.

    `list_mistakes` finds what is wrong with a value; `look_up` gives the JSON Schemas that speak of a path.  What
    comes back is faultless, or None where mending did not help.
    """
    value = copy.deepcopy(value)
    for _ in range(MAX_ROUNDS):
        mistakes = list_mistakes(value)
        if not mistakes:
            return value
        # The whole is wrong where its parts are; those come first.
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
    """Whether the value may simply be left out."""
    return not any(key in node.get("required", ()) for node in nodes) and not any(
        key not in node.get("properties", {key: 0}) for node in nodes if "properties" in node
    )


def make_minimal(look_up: LookUp, path: Path) -> Any:
    """A least value for `path`: of the first of its schemas that says what it wants."""
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
    """Whether a finding speaks of something that was put in here."""
    return STAND_IN in finding.value or any(STAND_IN in text for text in finding.args.values())
