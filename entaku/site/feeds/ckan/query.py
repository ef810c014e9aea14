"""The query language of package_search (a subset of Lucene's, as CKAN passes it to Solr) → a tree.  Pure.

Accepted: words, "phrases", `field:value`, `field:(a OR b)`, `[a TO b]`, `{a TO b}`, `*:*`, `field:*`, `abc*`, `*abc*`, `\\`
before a special character, `+`, `-`, `!`, AND, OR, NOT, parentheses.  Adjacent words are all required.  `a OR b c`
means (a OR b) and c, as CKAN's harvester intends it; mixed AND and OR need parentheses.  Everything else is refused.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

DEPTH = 20
"""Maximum nesting of parentheses."""
LENGTH = 4000
"""Maximum length of a query in characters."""


@dataclass(frozen=True, slots=True)
class Term:
    """A value required of `field`."""

    field: str
    """"" for any text field."""
    value: str
    phrase: bool = False
    """In quotes: `*` is literal."""
    prefix: bool = False
    """`abc*`; any value if `value` is empty."""
    infix: bool = False
    """`*abc*`."""


@dataclass(frozen=True, slots=True)
class Range:
    """Values from `low` to `high`; `*` is no bound."""

    field: str
    low: str
    high: str
    low_in: bool
    high_in: bool


@dataclass(frozen=True, slots=True)
class Not:
    item: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """Conjunction; true if empty."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """Disjunction."""

    items: "tuple[Node, ...]"


Node = Term | Range | Not | All | Any


class QueryError(ValueError):
    """An invalid or unsupported query."""


TOKENS = re.compile(
    r"""(?P<space>\s+)
    |(?P<range>[\[{]\s*(?:"[^"]*"|[^\s\]}"]+)\s+TO\s+(?:"[^"]*"|[^\s\]}"]+)\s*[\]}])
    |(?P<phrase>"(?:[^"\\]|\\.)*")
    |(?P<open>\()|(?P<close>\))
    |(?P<sign>(?:\+|-|!)(?=\S))
    |(?P<word>\&\&|\|\||(?:[^\s()"\[\]{}:\\]|\\.)+(?::(?=\S))?|\*:\*)""",
    re.VERBOSE | re.DOTALL,
)
JOINERS = {"AND": "and", "&&": "and", "OR": "or", "||": "or"}
FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    """`open`, `close`, `sign`, `not`, `and`, `or`, `field`, `range`, `phrase`, `word`, `everything`."""
    text: str


def parse_query(text: str) -> Node:
    """Parse a query with fields (`fq`, or a `q` with a colon) to a tree.  Raises QueryError."""
    if len(text) > LENGTH:
        raise QueryError(f"longer than {LENGTH} characters")
    parser = _Parser(list(split_tokens(text)))
    node = parser.read_all("")
    if parser.peek():
        raise QueryError("a parenthesis is closed that was not opened")
    return node


def parse_words(text: str) -> Node:
    """Parse a `q` without fields to a tree: words and phrases, `+` or `-` before them; with AND, OR or NOT,
    as `parse_query`.
    """
    if len(text) > LENGTH:
        raise QueryError(f"longer than {LENGTH} characters")
    if any(word in JOINERS or word == "NOT" for word in text.split()):
        return parse_query(text)
    items: list[Node] = []
    for sign, phrase, word in re.findall(r'([+-]?)(?:"([^"]*)"|(\S+))', text):
        bare = phrase or word.strip('"').rstrip("*")
        if not bare:
            continue
        term = Term("", bare)
        items.append(Not(term) if sign == "-" else term)
    return All(tuple(items))


def split_tokens(text: str) -> Iterable[Token]:
    """Split a query into tokens."""
    at = 0
    while at < len(text):
        found = TOKENS.match(text, at)
        if found is None:
            raise QueryError(f"not understood from here on: {text[at : at + 40]}")
        at = found.end()
        kind, part = str(found.lastgroup), found.group()
        if kind == "space":
            continue
        if kind != "word":
            yield Token(kind, part)
        elif part in JOINERS:
            yield Token(JOINERS[part], part)
        elif part == "NOT":
            yield Token("not", part)
        elif part == "*:":
            if not text.startswith("*", at):
                raise QueryError("only *:* asks for every field")
            at += 1
            yield Token("everything", "*:*")
        elif part.endswith(":") and not part.endswith("\\:"):
            if not FIELD.fullmatch(part[:-1]):
                raise QueryError(f"not the name of a field: {part[:-1]}")
            yield Token("field", part[:-1])
        else:
            yield Token("word", part)


def make_term(field: str, word: str) -> Term:
    """Parse a word to a term: `\\` is removed, a final star is a wildcard, other special characters are refused."""
    prefix = word.endswith("*") and not word.endswith("\\*")
    body = word[:-1] if prefix else word
    infix = prefix and len(body) > 1 and body.startswith("*")
    body = body[1:] if infix else body
    bare = re.sub(r"\\.", "", body)
    special = next((sign for sign in "*?~^" if sign in bare), "")
    if special or (field and bare.startswith("/")):
        raise QueryError(f"{special or '/'} is not supported here: {word}")
    return Term(field, re.sub(r"\\(.)", r"\1", body), prefix=prefix, infix=infix)


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def peek(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def take(self) -> Token:
        if self.at >= len(self.tokens):
            raise QueryError("something is missing at the end")
        self.at += 1
        return self.tokens[self.at - 1]

    def read_all(self, field: str) -> Node:
        """Parse adjacent chains, up to the end or a closing parenthesis."""
        items = []
        while self.peek() not in ("", "close"):
            items.append(self.read_chain(field))
        return items[0] if len(items) == 1 else All(tuple(items))

    def read_chain(self, field: str) -> Node:
        """Parse `a OR b OR c` or `a AND b AND c`."""
        items, joiner = [self.read_one(field)], ""
        while self.peek() in ("and", "or"):
            kind = self.take().kind
            if joiner and kind != joiner:
                raise QueryError("AND and OR side by side need parentheses")
            joiner = kind
            items.append(self.read_one(field))
        if len(items) == 1:
            return items[0]
        return Any(tuple(items)) if joiner == "or" else All(tuple(items))

    def read_one(self, field: str) -> Node:
        """Parse one condition with its signs."""
        if self.peek() == "not" or (self.peek() == "sign" and self.tokens[self.at].text in "-!"):
            self.take()
            return Not(self.read_one(field))
        if self.peek() == "sign":
            self.take()
            return self.read_one(field)
        return self.read_value(field)

    def read_value(self, field: str) -> Node:
        token = self.take()
        if token.kind == "open":
            self.depth += 1
            if self.depth > DEPTH:
                raise QueryError("too many parentheses")
            node = self.read_all(field)
            if self.peek() != "close":
                raise QueryError("a parenthesis is not closed")
            self.take()
            self.depth -= 1
            if node == All(()):
                raise QueryError("nothing between the parentheses")
            return node
        if token.kind == "field":
            if field:
                raise QueryError(f"a field within a field: {field}:({token.text}:…)")
            return self.read_one(token.text) if self.peek() in ("sign", "open") else self.read_value(token.text)
        if token.kind == "everything":
            return All(())
        if token.kind == "phrase":
            return Term(field, re.sub(r"\\(.)", r"\1", token.text[1:-1]), phrase=True)
        if token.kind == "range":
            return read_range(field, token.text)
        if token.kind == "word":
            return make_term(field, token.text)
        raise QueryError(f"not expected here: {token.text}")


def read_range(field: str, text: str) -> Range:
    """Parse `[a TO b]` (both included), `{a TO b}` (neither) or a mixture."""
    if not field:
        raise QueryError("a range needs a field")
    low, high = re.split(r"\s+TO\s+", text[1:-1].strip())
    return Range(field, low.strip('"'), high.strip('"'), text[0] == "[", text[-1] == "]")
