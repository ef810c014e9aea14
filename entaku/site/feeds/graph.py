"""RDF without a library: a few kinds of terms, and three syntaxes.

A graph is a sequence of Nodes.  Each is serialized on its own, so that the same text is used in the file of its dataset
and in the catalogue's.  rdflib needs 330 s to write as Turtle what this writes in seconds.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

from entaku.model.words import Text
from entaku.site.feeds.common import clean, encode, escape, quote_json

PREFIXES: Mapping[str, str] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "oa": "http://www.w3.org/ns/oa#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


class Ref(NamedTuple):
    """A resource, by its URI."""

    uri: str


class Literal(NamedTuple):
    """A literal: words in a language, text of a datatype (`xsd:date`), or plain text."""

    text: str
    lang: str = ""
    type: str = ""


class Node(NamedTuple):
    """A subject with its statements; one without `uri` is a blank node within another's statement."""

    uri: str
    types: tuple[str, ...]
    """`dcat:Dataset`."""
    says: "tuple[tuple[str, Ref | Literal | Node], ...]"


Saying = tuple[str, Ref | Literal | Node]


def say_words(predicate: str, words: Text) -> list[Saying]:
    """Return a statement for each language of `words`."""
    texts = (("ja", words.ja.strip()), ("en", words.en.strip()))
    return [(predicate, Literal(clean(text), lang)) for lang, text in texts if text]


def say_time(predicate: str, utc: str) -> Saying:
    """Return a statement with a UTC time."""
    return predicate, Literal(utc, type="xsd:dateTime")


def merge_nodes(nodes: Iterable[Node]) -> dict[str, Node]:
    """Join nodes of one URI, by URI: all types, and of a predicate the statements of the first that has it."""
    merged: dict[str, Node] = {}
    for node in nodes:
        first = merged.setdefault(node.uri, node)
        if first is node:
            continue
        said = {name for name, _ in first.says}
        more = tuple(saying for saying in node.says if saying[0] not in said)
        merged[node.uri] = Node(node.uri, tuple(dict.fromkeys((*first.types, *node.types))), (*first.says, *more))
    return merged


def name_class(uri: str, type_: str) -> Node:
    """Return the triple with the class of an external resource, as shapes require."""
    return Node(uri, (type_,), ())


# ---- Turtle -----------------------------------------------------------------------------------------------------


def write_turtle(node: Node) -> str:
    """Serialize a node as Turtle 1.1, one statement a line."""
    lines = [f"a {', '.join(node.types)}"]
    for name, term in node.says:  # most terms are URIs: they aren't worth a call
        lines.append(f"{name} <{term.uri}>" if type(term) is Ref else f"{name} {_turtle_term(term)}")
    return f"<{node.uri}> " + " ;\n  ".join(lines) + " .\n"


def extend_turtle(text: str, says: Iterable[Saying]) -> str:
    """Add statements to a serialized node."""
    return text.removesuffix(" .\n") + "".join(f" ;\n  {name} {_turtle_term(term)}" for name, term in says) + " .\n"


def _turtle_term(term: Ref | Literal | Node) -> str:
    if isinstance(term, Ref):
        return f"<{term.uri}>"
    if isinstance(term, Literal):
        # Turtle accepts every escape of JSON.
        return quote_json(term.text) + (f"@{term.lang}" if term.lang else f"^^{term.type}" if term.type else "")
    inner = [f"a {', '.join(term.types)}", *(f"{name} {_turtle_term(each)}" for name, each in term.says)]
    return f"[ {' ; '.join(inner)} ]"


# ---- JSON-LD ----------------------------------------------------------------------------------------------------


def write_jsonld(node: Node) -> str:
    """Serialize a node as JSON-LD 1.1, expanded except for prefixes; as text, three times faster than through dicts."""
    head = [f'"@id":{quote_json(node.uri)}'] if node.uri else []
    head.append('"@type":["' + '","'.join(node.types) + '"]')
    return "{" + ",".join((*head, *_jsonld_members(node.says))) + "}"


def extend_jsonld(text: str, says: Iterable[Saying]) -> str:
    """Add statements to a serialized node; their predicates must be new to it."""
    return text.removesuffix("}") + "".join(f",{member}" for member in _jsonld_members(says)) + "}"


def _jsonld_members(says: Iterable[Saying]) -> list[str]:
    said: dict[str, list[str]] = {}
    for name, term in says:
        text = f'{{"@id":{quote_json(term.uri)}}}' if type(term) is Ref else _jsonld_term(term)
        if name in said:
            said[name].append(text)
        else:
            said[name] = [text]
    return [f'"{name}":' + (terms[0] if len(terms) == 1 else f"[{','.join(terms)}]") for name, terms in said.items()]


def _jsonld_term(term: Ref | Literal | Node) -> str:
    if isinstance(term, Ref):
        return f'{{"@id":{quote_json(term.uri)}}}'
    if isinstance(term, Node):
        return write_jsonld(term)
    text = quote_json(term.text)
    if term.lang:
        return f'{{"@language":"{term.lang}","@value":{text}}}'
    return f'{{"@type":"{term.type}","@value":{text}}}' if term.type else text


# ---- RDF/XML ----------------------------------------------------------------------------------------------------


def write_rdfxml(node: Node) -> str:
    """Serialize a node as RDF 1.1 XML."""
    about = f' rdf:about="{escape(node.uri)}"' if node.uri else ""
    lines = [f'<rdf:type rdf:resource="{_expand(name)}"/>' for name in node.types]
    for name, term in node.says:
        if type(term) is Ref:
            lines.append(f'<{name} rdf:resource="{escape(term.uri)}"/>')
        else:
            lines.append(_rdfxml_saying(name, term))
    return f"<rdf:Description{about}>\n" + "\n".join(lines) + "\n</rdf:Description>\n"


def extend_rdfxml(text: str, says: Iterable[Saying]) -> str:
    """Add statements to a serialized node."""
    end = "</rdf:Description>\n"
    return text.removesuffix(end) + "".join(f"{_rdfxml_saying(name, term)}\n" for name, term in says) + end


def _rdfxml_saying(name: str, term: Ref | Literal | Node) -> str:
    if isinstance(term, Ref):
        return f'<{name} rdf:resource="{escape(term.uri)}"/>'
    if isinstance(term, Node):
        return f"<{name}>{write_rdfxml(term)}</{name}>"
    mark = f' xml:lang="{term.lang}"' if term.lang else ""
    if term.type:
        mark = f' rdf:datatype="{_expand(term.type)}"'
    return f"<{name}{mark}>{escape(term.text)}</{name}>"


@cache
def _expand(curie: str) -> str:
    prefix, _, name = curie.partition(":")
    return PREFIXES[prefix] + name


# ---- files ------------------------------------------------------------------------------------------------------


class Syntax(NamedTuple):
    """An RDF syntax: its functions, and the text before, between and after nodes."""

    suffix: str
    media_type: str
    write: Callable[[Node], str]
    extend: Callable[[str, Iterable[Saying]], str]
    head: str
    between: str
    tail: str


SYNTAXES = (
    Syntax(
        "ttl", "text/turtle", write_turtle, extend_turtle,
        "".join(f"@prefix {name}: <{uri}> .\n" for name, uri in PREFIXES.items()), "", "",
    ),
    Syntax(
        "jsonld", "application/ld+json", write_jsonld, extend_jsonld,
        f'{{"@context":{encode(PREFIXES)},"@graph":[\n', ",\n", "\n]}\n",
    ),
    Syntax(
        "rdf", "application/rdf+xml", write_rdfxml, extend_rdfxml,
        '<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF'
        + "".join(f'\n xmlns:{name}="{uri}"' for name, uri in PREFIXES.items()) + ">\n", "", "</rdf:RDF>\n",
    ),
)  # fmt: skip


def write_nodes(syntax: Syntax, nodes: Iterable[Node]) -> bytes:
    """Serialize nodes as a fragment of a file."""
    return syntax.between.join(map(syntax.write, nodes)).encode()


def assemble(syntax: Syntax, parts: Iterable[bytes]) -> bytes:
    """Join serialized fragments to a file."""
    between, whole = syntax.between.encode(), [syntax.head.encode()]
    for part in parts:
        if part:
            whole += (between, part) if len(whole) > 1 and between else (part,)
    return b"".join((*whole, syntax.tail.encode()))
