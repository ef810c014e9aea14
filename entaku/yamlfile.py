"""YAML text → plain values with the line of every key and item, or findings.

YAML 1.2's core schema for what people mean (https://yaml.org/spec/1.2.2/#103-core-schema), and nothing of what
surprises them: duplicate keys, tabs, anchors, tags, `no` as false, `011002` as an octal, `12:30` as a number in
base 60, are refused, each with its line.  No Python object other than dict, list, str, int, float, bool and None
ever comes out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from entaku.model import Finding, Place

Path = tuple[str | int, ...]

MAX_BYTES = 1_000_000
MAX_DEPTH = 40

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)?\.[0-9]+([eE][-+]?[0-9]+)?\Z|[-+]?[1-9][0-9]*[eE][-+]?[0-9]+\Z")
_BOOL = re.compile(r"(yes|no|on|off|true|false)\Z", re.IGNORECASE)
_NULL = re.compile(r"(null|)\Z", re.IGNORECASE)
_OCTAL = re.compile(r"[-+]?0[0-9_]+\Z|[-+]?0o?[0-7_]+\Z")
_OTHER_BASE = re.compile(r"[-+]?0x[0-9a-fA-F_]+\Z|[-+]?0b[01_]+\Z")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\Z")
_GROUPED = re.compile(r"[-+]?[0-9][0-9]*_[0-9_]*\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)\Z", re.IGNORECASE)
_FOLD = re.compile(r"(?<=[\u3000-\u30ff\u3400-\u9fff\uff01-\uff60]) (?=[\u3000-\u30ff\u3400-\u9fff\uff01-\uff60])")
"""Between Japanese characters a folded line break is no space, as Japanese has none between words."""
_PLAIN_TAGS = {"str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value"}

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """The values of one YAML file."""

    file: str
    value: Any
    """dict, list, str, int, float, bool or None, nested."""
    lines: Mapping[Path, int]
    """The 1-based line of every key and list item, by its path; `()` is the file's first."""

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest of its parents that is written down."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


def parse_yaml(text: str | bytes, file: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """The values of `text`, and every finding about its form; None where it can't be read as YAML at all.

    `file` is the name that findings carry.
    """
    size = len(text)
    if size > MAX_BYTES:
        return None, (_finding("yaml-limit", file, 1, "", what="bytes", limit=f"{MAX_BYTES:,}"),)
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1 if isinstance(text, bytes) else 1
        return None, (
            _finding("yaml-syntax", file, line, "", why=f"UTF-8 ではありません / not UTF-8 ({error.reason})"),
        )
    except yaml.YAMLError as error:
        return None, (_syntax_finding(error, file, text if isinstance(text, str) else ""),)
    except RecursionError:
        return None, (_finding("yaml-limit", file, 1, "", what="depth", limit=str(MAX_DEPTH)),)
    if node is None:
        return Document(file, {}, {(): 1}), ()
    walk = _Walk(file)
    value = walk.value(node, ())
    return Document(file, value, walk.lines), tuple(walk.findings)


def _finding(code: str, file: str, line: int, value: str, **args: str) -> Finding:
    return Finding(code, "error", Place(file=file, line=line), value, args)


def _syntax_finding(error: yaml.YAMLError, file: str, text: str) -> Finding:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    if "end of stream" in problem and getattr(error, "context_mark", None):
        mark = error.context_mark  # type: ignore[attr-defined]
    line = mark.line + 1 if mark else 1
    lines = text.splitlines()
    # libyaml marks the token after the tab, so the line before counts too.
    near = [n for n in (line, line - 1) if 0 < n <= len(lines) and re.match(r"[ ]*\t", lines[n - 1])]
    if near:
        return _finding("yaml-tab", file, near[0], "")
    if "another document" in problem:
        return _finding("yaml-forbidden", file, line, "", what="---（二つ目の文書 / a second document）")
    words = next((ja for en, ja in _PROBLEMS.items() if en in problem), "")
    return _finding("yaml-syntax", file, line, "", why=f"{words} / {problem}" if words else problem)


_PROBLEMS = {
    "mapping values are not allowed": "コロンの位置が違います",
    "end of stream": "閉じられていない引用符か括弧があります",
    "block sequence entries are not allowed": "「- 」の位置が違います",
    "could not find expected ':'": "コロンがありません",
    "did not find expected key": "字下げがそろっていません",
    "did not find expected node content": "値がありません",
    "did not find expected '-' indicator": "字下げがそろっていません",
    "cannot start any token": "引用符で囲むべき記号があります",
}


class _Walk:
    """Turns composed nodes into values, gathering lines and findings on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {(): 1}
        self.findings: list[Finding] = []
        self.seen: set[int] = set()

    def note(self, code: str, node: yaml.Node, value: str = "", **args: str) -> None:
        self.findings.append(_finding(code, self.file, node.start_mark.line + 1, value, **args))

    def value(self, node: yaml.Node, path: Path) -> Any:
        if id(node) in self.seen:
            self.note("yaml-forbidden", node, what="& と * / anchors and aliases")
            return None
        self.seen.add(id(node))
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _PLAIN_TAGS:
            self.note("yaml-forbidden", node, what=node.tag.replace("tag:yaml.org,2002:", "!!"))
            return None
        if len(path) > MAX_DEPTH:
            self.note("yaml-limit", node, what="depth", limit=str(MAX_DEPTH))
            return None
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for n, item in enumerate(node.value):
                self.lines[(*path, n)] = item.start_mark.line + 1
                items.append(self.value(item, (*path, n)))
            return items
        assert isinstance(node, yaml.ScalarNode)
        return self.scalar(node)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.note("yaml-forbidden", key, what="文字でないキー / a key that is not text")
                continue
            name = key.value
            line = key.start_mark.line + 1
            if name in result:
                self.note("yaml-duplicate-key", key, name, first=str(self.lines[(*path, name)]))
                continue
            self.lines[(*path, name)] = line
            result[name] = self.value(item, (*path, name))
        return result

    def scalar(self, node: yaml.ScalarNode) -> str | int | float | bool | None:
        text: str = node.value
        if node.style == ">":
            return _FOLD.sub("", text)
        if node.style in ("'", '"', "|"):
            return text
        if text in ("true", "false"):
            return text == "true"
        if text in ("", "~", "null"):
            return None
        if _INT.match(text):
            return int(text) if len(text) < 20 else text
        if _FLOAT.match(text):
            return float(text)
        for pattern, meaning in _AMBIGUOUS:
            if pattern.match(text):
                self.note("yaml-ambiguous", node, text, meaning=meaning)
                return text
        return text


_AMBIGUOUS = (
    (_BOOL, "true / false"),
    (_NULL, "null"),
    (_OCTAL, "8 進数 / an octal number"),
    (_OTHER_BASE, "16 進数・2 進数 / a hexadecimal or binary number"),
    (_BASE_60, "60 進数 / a number in base 60"),
    (_GROUPED, "数 / a number"),
    (_NOT_FINITE, "無限大・非数 / not a finite number"),
)
