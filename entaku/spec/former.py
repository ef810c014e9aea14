"""YAML of earlier versions → the same in the present grammar, comments kept.  Pure.

Two forms have changed.  Until 0.1, `requests:` stood in `catalogue.yaml`; they are rows of requests.csv now.  Until 0.2,
`read.sheet` and `read.member` were regular expressions that were searched for in names; they are names now, or /patterns/
that whole names match.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from entaku.model.nouns import Finding, Place
from entaku.model.words import is_pattern
from entaku.spec.yaml import Document, Path, parse_yaml

REQUESTS = "requests"
_OLD = {
    "sheet": re.compile(r"[\\?*\[\]]|^\^|\$$"),
    "member": re.compile(r"^\^|\$$|\\[.dwsDWS([]|\.[*+]|\(\?|\[[^\]]+\][+*{]"),
}
"""What shows that a text is a regular expression: no sheet has a name with it, and hardly any file."""


@dataclass(frozen=True)
class FormerPattern:
    """A regular expression of the earlier grammar, where it stands, and what it is now."""

    path: Path
    before: str
    now: str


@dataclass(frozen=True)
class Rewritten:
    """A YAML in the present grammar."""

    body: bytes
    findings: tuple[Finding, ...]
    """What was changed, or why nothing could be."""
    rows: tuple[Mapping[str, str], ...] = ()
    """The requests that stood in `catalogue.yaml`, as rows of requests.csv."""


def find_patterns(document: Document) -> Iterator[FormerPattern]:
    """Yield each pattern of the earlier grammar in a pipeline."""
    resources = document.value.get("resources") if isinstance(document.value, dict) else None
    for n, resource in enumerate(resources if isinstance(resources, list) else ()):
        read = resource.get("read") if isinstance(resource, dict) else None
        for key, before in read.items() if isinstance(read, dict) else ():
            if key not in _OLD:
                continue
            if isinstance(before, str) and not is_pattern(before) and _OLD[key].search(before) and _is_regex(before):
                yield FormerPattern(("resources", n, "read", key), before, convert_pattern(before))


def tell_patterns(document: Document) -> Iterator[Finding]:
    """Yield an error for each pattern of the earlier grammar."""
    for one in find_patterns(document):
        place = Place(document.file, document.line(one.path))
        yield Finding("former-pattern", "error", place, one.before, {"now": one.now})


def _is_regex(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def convert_pattern(before: str) -> str:
    """Return the name, or the /pattern/ of whole names, that means what `before` does when it is searched for.

    Named groups, which mean columns now, become groups without a name.
    """
    if "(?P=" not in before:
        before = re.sub(r"\(\?P<\w+>", "(?:", before)
    if re.search(r"(?<!\\)\|", re.sub(r"\[(?:\\.|[^\]\\])*\]", "", before)):
        return f"/.*(?:{before}).*/"
    head, core = ("", before[1:]) if before.startswith("^") else (".*", before)
    tail, core = ("", core[:-1]) if re.search(r"(?<!\\)(?:\\\\)*\$$", core) else (".*", core)
    plain = re.sub(r"\\([^A-Za-z0-9])", r"\1", core)
    if not head and not tail and core and not re.search(r"\\[A-Za-z0-9]|(?<!\\)[\[\](){}*+?.^$|]", core):
        return plain
    head = "" if core.startswith(".*") else head
    tail = "" if re.search(r"(?<!\\)\.\*$", core) else tail
    return f"/{head}{core}{tail}/"


# ---- the text ---------------------------------------------------------------------------------------------------


def rewrite_yaml(body: bytes, file: str) -> Rewritten:
    """Return `catalogue.yaml` or a pipeline in the present grammar: the same bytes if nothing of it has changed."""
    document, findings = parse_yaml(body, file)
    if document is None:
        return Rewritten(body, findings)
    mark, text = (body[:3], body[3:]) if body.startswith(b"\xef\xbb\xbf") else (b"", body)
    source = text.decode("utf-8")
    node = yaml.compose(source, yaml.SafeLoader)
    if file == "catalogue.yaml":
        rows = tuple(_list_rows(document.value))
        if not rows:
            return Rewritten(body, ())
        told = Finding(
            "requests-taken", "notice", Place(file, document.line((REQUESTS,))), REQUESTS, {"count": str(len(rows))}
        )
        return Rewritten(mark + _cut_key(source, node, REQUESTS).encode(), (told,), rows)
    found = list(find_patterns(document))
    for one in reversed(found):
        source = _replace(source, _find_node(node, one.path), one.now)
    notices = (
        Finding("pattern-rewritten", "notice", Place(file, document.line(one.path)), one.before, {"now": one.now})
        for one in found
    )
    return Rewritten(mark + source.encode(), tuple(notices))


def _find_node(node: Any, path: Path) -> Any:
    for key in path:
        if isinstance(key, int):
            node = node.value[key]
        else:
            (node,) = (value for name, value in node.value if name.value == key)
    return node


def _replace(text: str, node: Any, value: str) -> str:
    """Replace a scalar by a quoted one."""
    quoted = "'" + value.replace("'", "''") + "'"
    end = "\n" if node.style in ("|", ">") else ""
    return text[: node.start_mark.index] + quoted + end + text[node.end_mark.index :]


def _cut_key(text: str, node: Any, name: str) -> str:
    """Remove the lines of a top-level key and its value; the comments within them stay, at the same place."""
    (pair,) = (pair for pair in node.value if pair[0].value == name)
    start = text.rfind("\n", 0, pair[0].start_mark.index) + 1
    last = max(each.end_mark.index for each in _list_leaves(pair[1]))
    end = text.find("\n", len(text[:last].rstrip())) + 1 or len(text)
    comments = "".join(f"# {comment}\n" for comment in _list_comments(text[start:end]))
    return text[:start] + comments + text[end:]


def _list_leaves(node: Any) -> Iterator[Any]:
    """Yield the scalars of a value, and its brackets if it is written in some: what ends a block's last line."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        yield node
        return
    for each in node.value:
        for child in each if isinstance(each, tuple) else (each,):
            yield from _list_leaves(child)


def _list_comments(text: str) -> Iterator[str]:
    """Yield the comments of a piece of YAML: what stands after # between its tokens."""
    at = 0
    for token in yaml.scan(text, yaml.SafeLoader):
        for comment in re.findall(r"#[ \t]*([^\r\n]*)", text[at : token.start_mark.index]):
            yield comment.rstrip()
        at = max(at, token.end_mark.index)


# ---- requests ---------------------------------------------------------------------------------------------------


def _list_rows(office: Any) -> Iterator[dict[str, str]]:
    """Yield the requests of `catalogue.yaml` as rows of requests.csv."""
    requests = office.get(REQUESTS) if isinstance(office, dict) else None
    for key, one in requests.items() if isinstance(requests, dict) else ():
        given = one if isinstance(one, dict) else {}
        row = {"id": str(key), "asked": str(given.get("date") or ""), "answered": str(given.get("answered") or "")}
        for name in ("by", "title", "why"):
            words = given.get(name) or ""
            said = words if isinstance(words, dict) else {"ja": words}
            row |= {f"{name}_{lang}": str(said.get(lang) or "") for lang in ("ja", "en")}
        yield row


def add_rows(body: bytes, rows: tuple[Mapping[str, str], ...]) -> bytes:
    """Return requests.csv with the rows whose id it doesn't have; it keeps its encoding and line ends.

    Raises UnicodeError if it is in no encoding that Excel writes CSV in here.
    """
    mark, encoding = (b"\xef\xbb\xbf", "utf-8") if body.startswith(b"\xef\xbb\xbf") else (b"", "utf-8")
    try:
        text = body[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp932"
        text = body.decode(encoding)
    there = list(csv.DictReader(io.StringIO(text, newline="")))
    header = next(csv.reader(io.StringIO(text, newline="")))
    known = {row.get("id") for row in there}
    end = "\r\n" if "\r\n" in text else "\n"
    sink = io.StringIO(newline="")
    writer = csv.DictWriter(sink, header, restval="", extrasaction="ignore", lineterminator=end)
    writer.writerows(row for row in rows if row["id"] not in known)
    gap = "" if not text or text.endswith("\n") else end
    return mark + (text + gap + sink.getvalue()).encode(encoding)
