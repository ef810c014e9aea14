"""YAML text → plain values with the line of every key and item, or findings.

YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema) without its common pitfalls: duplicate keys,
tabs, anchors, tags, `no` as false, `011002` as an octal, `12:30` as a number in base 60 are refused, each with its
line.  Values are only dict, list, str, int, float, bool and None.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from entaku.formats.heavy import late_compile
from entaku.formats.invisible import FAINT, find_invisible, spell
from entaku.model.nouns import Finding
from entaku.spec.syntax import COLON, WIDE, explain_colon, explain_syntax, make_finding, match_colon

Path = tuple[str | int, ...]

MAX_BYTES = 1_000_000
MAX_DEPTH = 40

_INT = late_compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = late_compile(r"[-+]?(0|[1-9][0-9]*)?\.[0-9]+([eE][-+]?[0-9]+)?\Z|[-+]?[1-9][0-9]*[eE][-+]?[0-9]+\Z")
_BOOL = late_compile(r"(yes|no|on|off|true|false)\Z", re.IGNORECASE)
_NULL = late_compile(r"(null|)\Z", re.IGNORECASE)
_OCTAL = late_compile(r"[-+]?0[0-9_]+\Z|[-+]?0o?[0-7_]+\Z")
_OTHER_BASE = late_compile(r"[-+]?0x[0-9a-fA-F_]+\Z|[-+]?0b[01_]+\Z")
_BASE_60 = late_compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\Z")
_GROUPED = late_compile(r"[-+]?[0-9][0-9]*_[0-9_]*\Z")
_NOT_FINITE = late_compile(r"[-+]?\.(inf|nan)\Z", re.IGNORECASE)
_FOLD = late_compile(
    r"(?<=[\u3000-\u30ff\u3400-\u9fff\uff01-\uff60]) (?=[\u3000-\u30ff\u3400-\u9fff\uff01-\uff60])"
    r"|(?<=[\u3001\u3002\u3008-\u3011\u3014-\u301b\uff01\uff08\uff09\uff0c\uff0e\uff1f]) "
    r"| (?=[\u3001\u3002\u3008-\u3011\u3014-\u301b\uff01\uff08\uff09\uff0c\uff0e\uff1f])"
)
"""A folded line break between Japanese characters or punctuation, which is not a space: Japanese has none."""
_PLAIN_TAGS = {"str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value"}

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """The values of one YAML file."""

    file: str
    value: Any
    """Nested dict, list, str, int, float, bool or None."""
    lines: Mapping[Path, int]
    """The 1-based line of every key and list item, by its path; `()` is the file's first line."""

    def line(self, path: Path) -> int:
        """Return the line of `path`, or of its nearest ancestor in the file."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def find_cut(self, path: Path) -> tuple[str, ...]:
        """Return the pieces of one text with commas that the key of `path` is among, as in `{en: Names, places}`, after
        the key that the text belongs to; () if it is no such piece.
        """
        value = self.value
        for key in path[:-1]:
            value = value[key]
        keys = list(value)
        at = first = last = keys.index(path[-1])
        while first and value[keys[first]] is None:
            first -= 1
        while last + 1 < len(keys) and value[keys[last + 1]] is None:
            last += 1
        owner, pieces = keys[first], keys[first + 1 : last + 1]
        lines = {self.lines.get((*path[:-1], key)) for key in (owner, *pieces)}
        if first == at or not isinstance(value[owner], str) or len(lines) > 1:
            return ()
        return (owner, value[owner], *map(str, pieces))


def parse_yaml(text: str | bytes, file: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """Parse `text`: return its values, None if it isn't YAML, and every finding about its form.

    `file` is the file name in findings.
    """
    size = len(text)
    if size > MAX_BYTES:
        return None, (make_finding("yaml-limit", file, 1, "", what="バイト / bytes", limit=f"{MAX_BYTES:,}"),)
    if isinstance(text, bytes):
        body = text
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = 1 if body.startswith(_UTF16) else body.count(b"\n", 0, error.start) + 1
            return None, (make_finding("yaml-encoding", file, line, ""),)
        if body.count(b"\0") * 4 > size:  # UTF-16 without its mark is UTF-8 with many zeros
            return None, (make_finding("yaml-encoding", file, 1, ""),)
    if odd := _NOT_YAML.search(text):
        line = len(_BREAK.findall(text, 0, odd.start())) + 1
        return None, (make_finding("yaml-character", file, line, f"U+{ord(odd[0]):04X}"),)
    if unseen := tuple(_list_invisible(text, file)):
        return None, unseen
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        return None, (explain_syntax(error, file, text),)
    except RecursionError:
        return None, (make_finding("yaml-limit", file, 1, "", what="深さ / depth", limit=str(MAX_DEPTH)),)
    if node is None:
        return Document(file, {}, {(): 1}), ()
    if isinstance(node, yaml.ScalarNode) and not node.style:
        lines = text.splitlines()
        if colon := next((n for n in range(1, len(lines) + 1) if match_colon(lines, n)), 0):
            return None, (explain_colon(lines, colon, file),)
    walk = _Walk(file)
    value = walk.value(node, ())
    findings = [*_list_aliases(text, file), *walk.findings]
    return Document(file, value, walk.lines), tuple(sorted(findings, key=lambda finding: finding.place.line or 0))


def _list_aliases(text: str, file: str) -> list[Finding]:
    """Return a finding for each line with an anchor or an alias; composed nodes have lost these positions."""
    if "&" not in text and "*" not in text:
        return []
    found: dict[int, Finding] = {}
    for event in yaml.parse(text, _Loader):
        name = getattr(event, "anchor", None)
        if name is not None:
            line = event.start_mark.line + 1 if event.start_mark else 1
            alias = isinstance(event, yaml.AliasEvent)
            ja = f"*{name}（エイリアス）" if alias else f"&{name}（アンカー）"
            en = f"*{name} (an alias)" if alias else f"&{name} (an anchor)"
            found.setdefault(line, make_finding("yaml-forbidden", file, line, "", what_ja=ja, what_en=en))
    return list(found.values())


_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_YAML = late_compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that is not printable in YAML (1.2.2, 5.1)."""
_CONTROL = late_compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")
_BREAK = late_compile("\r\n|[\r\n\x85\u2028\u2029]")
_FAINT = late_compile(f"[{FAINT}]")
_ODD_INDENT = late_compile(r" *(?:- *)?([\u00a0\u2000-\u200a\u202f])")


def _list_invisible(text: str, file: str) -> Iterator[Finding]:
    """Yield a finding for each line, comments apart, that has invisible characters or no-break spaces before its text."""
    if not _FAINT.search(text):
        return
    for n, line in enumerate(text.split("\n"), 1):
        indent = _ODD_INDENT.match(line)
        odd = (indent[1] if indent else "") + find_invisible(line)
        if odd and not line.lstrip().startswith("#"):
            yield make_finding("yaml-character", file, n, spell(odd))


_UNSEEN = late_compile(
    "[\u2028\u2029\ufdd0-\ufdef\ufffe\uffff\U0001fffe\U0001ffff\U0002fffe-\U0002ffff\U000ffffe-\U0010ffff]"
)
"""Separators of lines and paragraphs, and what will never be a character; controls are found in every value."""


def find_unseen(text: str) -> str:
    """Return the invisible characters of a text as code points; "" without any."""
    return spell("".join(dict.fromkeys([*_UNSEEN.findall(text), *find_invisible(text)])))


class _Walk:
    """Converts composed nodes to values and collects lines and findings."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {(): 1}
        self.findings: list[Finding] = []
        self.seen: set[int] = set()

    def note(self, code: str, node: yaml.Node, value: str = "", **args: str) -> None:
        self.findings.append(make_finding(code, self.file, node.start_mark.line + 1, value, **args))

    def value(self, node: yaml.Node, path: Path) -> Any:
        if id(node) in self.seen:
            return None  # an alias, reported by `_list_aliases`
        self.seen.add(id(node))
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _PLAIN_TAGS:
            self.note("yaml-forbidden", node, what=node.tag.replace("tag:yaml.org,2002:", "!!"))
            return None
        if len(path) > MAX_DEPTH:
            self.note("yaml-limit", node, what="深さ / depth", limit=str(MAX_DEPTH))
            return None
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for n, item in enumerate(node.value):
                self.lines[(*path, n)] = item.start_mark.line + 1
                if isinstance(item, yaml.ScalarNode) and not item.style:
                    self.look_for_wide(item, path, "、，" if node.flow_style else "")
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
            if not key.style and (code := self.misread(key, item)):
                shown = f"{name}: …" if code == "yaml-wide-space" else name
                self.note(code, key, shown, key=re.split("[:：]", name)[0])
                continue
            self.lines[(*path, name)] = line
            if isinstance(item, yaml.ScalarNode) and not item.style:
                self.look_for_wide(item, (*path, name), "")
            result[name] = self.value(item, (*path, name))
        return result

    def look_for_wide(self, node: yaml.ScalarNode, path: Path, commas: str) -> None:
        """Note a full-width sign that was meant for YAML's own: brackets around a value, commas in a list."""
        text = node.value
        if _SPOKEN & {*map(str, path)}:
            return
        quoted = len(text) > 1 and text[0] in "“”„＂‘’＇" and text[-1] in "“”„＂‘’＇"
        around = quoted or (text[:1] in "［｛" and text[-1:] in "］｝" and text != "")
        sign = text[:1] if around else next((one for one in text if one in commas), "")
        if text.startswith(("\u3000", "-\u3000")):
            self.note("yaml-wide-space", node, text if text.startswith("-") else f"- {text}")
        elif sign:
            self.note("yaml-wide-sign", node, text, sign=sign, right=WIDE[sign])

    def misread(self, key: yaml.ScalarNode, item: yaml.Node) -> str:
        """Return the code of a misread key: `{x：1}`, `{x:1}`, or a key indented by U+3000."""
        if key.value.startswith("\u3000"):
            return "yaml-wide-space"
        bare = isinstance(item, yaml.ScalarNode) and not item.style and item.value == ""
        return "yaml-colon" if bare and COLON.fullmatch(key.value) else ""

    def scalar(self, node: yaml.ScalarNode) -> str | int | float | bool | None:
        text: str = node.value
        if node.style == ">":
            return _FOLD.sub("", text)
        if node.style in ("'", '"', "|"):
            if odd := _CONTROL.search(text):  # written as an escape
                self.note("yaml-character", node, f"U+{ord(odd[0]):04X}")
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


_SPOKEN = {
    "title",
    "description",
    "credit",
    "notes",
    "keywords",
    "ja",
    "en",
    "allow",
    "values",
    "codes",
    "constant",
    "match",
}
"""Keys under which people write what they like."""
_AMBIGUOUS = (
    (_BOOL, "真偽（true か false） / true or false"),
    (_NULL, "空の値（null） / null, no value"),
    (_OCTAL, "8 進数 / an octal number"),
    (_OTHER_BASE, "16 進数・2 進数 / a hexadecimal or binary number"),
    (_BASE_60, "60 進数 / a number in base 60"),
    (_GROUPED, "数 / a number"),
    (_NOT_FINITE, "無限大・非数 / not a finite number"),
)


def list_texts(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text of a YAML's values, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from list_texts(item, (*path, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from list_texts(item, (*path, n))


def list_renamed(value: Any, path: Path) -> Iterator[tuple[str, str]]:
    """Yield the old and the new name of each column that a step `rename` of the resource at `path` names."""
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return
    steps = value.get("tidy") if isinstance(value, dict) else None
    for step in steps if isinstance(steps, list) else ():
        options = step.get("rename") if isinstance(step, dict) else None
        for old, new in options.items() if isinstance(options, dict) else ():
            yield old, str(new)
