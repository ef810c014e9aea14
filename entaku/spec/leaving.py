"""`retired` and `renamed` of `catalogue.yaml`: checked against each other, and written there by commands.  Pure.

A file that owners write keeps its comments and its layout: only the lines of an entry are added or taken out, and the
result is read again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from entaku.formats.dates import is_day
from entaku.model.grammar import Office
from entaku.model.leaving import find_present
from entaku.model.ledgers import LEDGERS
from entaku.model.nouns import Finding, Place, Refused
from entaku.model.source import find_url_fault
from entaku.spec.yaml import Document, parse_yaml

CATALOGUE = "catalogue.yaml"


def check_leaving(office: Office, document: Document) -> Iterator[Finding]:
    """Yield findings on days that don't exist, addresses that are none, and names that lead in a circle or are taken."""

    def at(*path: str) -> Place:
        return Place(document.file, document.line(path))

    for key, entries in (("retired", office.retired), ("renamed", office.renamed)):
        for name, entry in entries.items():
            if not is_day(entry.since):
                yield Finding("no-such-day", "error", at(key, name, "since"), entry.since)
    for name, retirement in office.retired.items():
        other = retirement.replaced_by or ""
        why = find_url_fault(other) if ":" in other else ""
        if why:
            yield Finding("bad-url", "error", at("retired", name, "replaced_by"), other, {"why": why})
        if name in office.renamed:
            yield tell_taken(office, name, at("retired", name))
    for name, renaming in office.renamed.items():
        if find_present(office.renamed, name) in office.renamed:
            yield Finding("renamed-circle", "error", at("renamed", name), name)
        elif not {name, renaming.to}.isdisjoint(LEDGERS):
            yield Finding("rename-ledger", "error", at("renamed", name), name)


def tell_taken(office: Office, name: str, place: Place) -> Finding:
    """Return the finding on a name that a dataset had before, and that leads to it."""
    return Finding("name-taken", "error", place, name, {"to": find_present(office.renamed, name)})


# ---- entries ----------------------------------------------------------------------------------------------------


def set_entry(body: bytes, key: str, name: str, values: Mapping[str, Any]) -> bytes:
    """Return `catalogue.yaml` with the entry `name` of the mapping `key`, in the place of one of that name.

    Raises Refused (yaml-by-hand) where the file is written in a way that can't be changed line by line.
    """
    body = remove_entry(body, key, name)
    text, wanted = _read(body), _parse(body)
    node, entries = _find(text, key)
    lines, ending = text.splitlines(keepends=True), _find_ending(text)
    shown = [f"{name}:", *(f"  {part}: {_write(value)}" for part, value in values.items())]
    if node is None:
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += ending
        lines += [ending, f"{key}:{ending}", *(f"  {line}{ending}" for line in shown)]
    else:
        indent = " " * (entries[0][0].start_mark.column if entries else 2)
        at = node.start_mark.line + 1
        lines[at:at] = [f"{indent}{line}{ending}" for line in shown]
    wanted = {**wanted, key: {**(wanted.get(key) or {}), name: dict(values)}}
    return _settle(body, "".join(lines), wanted, shown)


def remove_entry(body: bytes, key: str, name: str) -> bytes:
    """Return `catalogue.yaml` without the entry `name` of the mapping `key`, and without `key` if it was the last."""
    wanted = _parse(body)
    if name not in (wanted.get(key) or {}):
        return body
    text = _read(body)
    node, entries = _find(text, key)
    at = next((n for n, (each, _) in enumerate(entries) if each.value == name), None)
    if node is None or at is None:
        raise _by_hand([f"{key}:", f"  {name}: …"])
    first = node.start_mark.line if len(entries) == 1 else entries[at][0].start_mark.line
    last = _find_end(entries[at][1])
    lines = text.splitlines(keepends=True)
    if len(entries) == 1 and first and not lines[first - 1].strip():
        first -= 1
    rest = {each: value for each, value in wanted[key].items() if each != name}
    wanted = {**wanted, key: rest} if rest else {each: value for each, value in wanted.items() if each != key}
    return _settle(body, "".join(lines[:first] + lines[last + 1 :]), wanted, [f"{key}:", f"  {name}: …"])


def set_name(body: bytes, name: str) -> bytes:
    """Return a pipeline's YAML with another `name`.  Raises Refused (yaml-by-hand)."""
    text, wanted = _read(body), {**_parse(body), "name": name}
    root = yaml.compose(text, yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else ()
    value = next((value for key, value in pairs if key.value == "name"), None)
    if value is None:
        raise _by_hand([f"name: {name}"])
    return _settle(
        body, text[: value.start_mark.index] + name + text[value.end_mark.index :], wanted, [f"name: {name}"]
    )


_BOM = b"\xef\xbb\xbf"


def _read(body: bytes) -> str:
    return body.decode("utf-8-sig")


def _parse(body: bytes) -> dict[str, Any]:
    """Return the values of a YAML file.  Raises Refused with the first thing that is wrong with it."""
    document, findings = parse_yaml(body, CATALOGUE)
    if document is None or not isinstance(document.value, dict):
        raise Refused(next(iter(findings), Finding("no-value", value=CATALOGUE)))
    return dict(document.value)


def _find(text: str, key: str) -> tuple[yaml.Node | None, list[tuple[yaml.Node, yaml.Node]]]:
    """Find a key of the top mapping and the entries of its mapping.  Raises Refused (yaml-by-hand) if one of them is
    not written in block style."""
    root = yaml.compose(text, yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise _by_hand([f"{key}:"])
    for node, value in root.value:
        if node.value != key:
            continue
        if isinstance(value, yaml.MappingNode) and not value.flow_style:
            return node, value.value
        if isinstance(value, yaml.ScalarNode) and not value.value:
            return node, []
        raise _by_hand([f"{key}:"])
    return None, []


def _find_end(node: yaml.Node) -> int:
    """Return the last line of a value, from 0; what follows its last letter is not part of it."""
    parts: Sequence[yaml.Node] = ()
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        parts = [value for _, value in node.value]
    elif isinstance(node, yaml.SequenceNode) and not node.flow_style:
        parts = node.value
    if parts:
        return max(map(_find_end, parts))
    end = node.end_mark
    return int(end.line - (end.column == 0 and end.line > node.start_mark.line))


def _find_ending(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _write(value: object) -> str:
    """Write a value on one line; JSON's texts are YAML's too."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {json.dumps(text, ensure_ascii=False)}" for key, text in value.items()) + "}"
    return str(value)


def _settle(body: bytes, text: str, wanted: Mapping[str, Any], shown: Sequence[str]) -> bytes:
    """Return the changed file.  Raises Refused (yaml-by-hand) unless it reads as it should."""
    changed = (_BOM if body.startswith(_BOM) else b"") + text.encode()
    if _parse(changed) != wanted:
        raise _by_hand(shown)
    return changed


def _by_hand(shown: Sequence[str]) -> Refused:
    return Refused(Finding("yaml-by-hand", value=shown[0], args={"lines": " / ".join(each.strip() for each in shown)}))
