"""RDF without a library: a few kinds of terms, and three syntaxes.

A graph is a sequence of Nodes.  Each is serialized on its own, so that the same text is used in the file of its dataset
and in the catalogue's.  rdflib needs 330 s to write as Turtle what this writes in seconds.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    "eu": "http://publications.europa.eu/resource/authority/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "iana": "https://www.iana.org/assignments/media-types/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "oa": "http://www.w3.org/ns/oa#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
LANGUAGED = ("dcat:keyword", "dct:description", "dct:title", "skos:prefLabel")
"""Predicates whose words JSON-LD has by language."""
TYPED = {
    "dcat:byteSize": "xsd:nonNegativeInteger", "dcat:endDate": "xsd:date", "dcat:startDate": "xsd:date",
    "dct:issued": "xsd:dateTime", "dct:modified": "xsd:dateTime", "spdx:checksumValue": "xsd:hexBinary",
}  # fmt: skip
"""Predicates whose text JSON-LD takes for one of a datatype unless something else is said of it."""
TERMS: Mapping[str, object] = {
    **{name: {"@container": "@language"} for name in LANGUAGED},
    **{name: {"@type": type_} for name, type_ in TYPED.items()},
}
"""What the context of JSON-LD says of predicates."""
OFTEN = ("dcat", "dct", "skos", "spdx", "xsd")
"""Prefixes that it uses."""
_SHORT = {PREFIXES[name]: name for name in ("eu", "iana", "spdx")}
"""Those of resources; the others are of classes and predicates."""
_STARTS = tuple(_SHORT)
_LOCAL = re.compile(r"[A-Za-z][\w./-]*\w", re.ASCII)


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
    lines, before = [f"a {', '.join(node.types)}"], ""
    for name, term in node.says:
        if name == before:
            lines[-1] += f", {_turtle_term(term)}"
        else:
            lines.append(f"{name} {_turtle_term(term)}")
        before = name
    return f"{_turtle_uri(node.uri)} " + " ;\n ".join(lines) + " .\n"


def extend_turtle(text: str, says: Iterable[Saying]) -> str:
    """Add statements to a serialized node."""
    return text.removesuffix(" .\n") + "".join(f" ;\n {name} {_turtle_term(term)}" for name, term in says) + " .\n"


def _turtle_term(term: Ref | Literal | Node) -> str:
    if isinstance(term, Ref):
        return _turtle_uri(term.uri)
    if isinstance(term, Literal):
        # Turtle accepts every escape of JSON.
        return quote_json(term.text) + (f"@{term.lang}" if term.lang else f"^^{term.type}" if term.type else "")
    inner = [f"a {', '.join(term.types)}", *(f"{name} {_turtle_term(each)}" for name, each in term.says)]
    return f"[ {' ; '.join(inner)} ]"


def _turtle_uri(uri: str) -> str:
    short = _shorten(uri)
    return short.replace("/", "\\/") if short else f"<{uri}>"


def _shorten(uri: str) -> str:
    """Return the URI of a concept or media type by its prefix; "" for any other."""
    if not uri.startswith(_STARTS):
        return ""
    for start, prefix in _SHORT.items():
        if uri.startswith(start) and _LOCAL.fullmatch(uri, len(start)):
            return f"{prefix}:{uri[len(start) :]}"
    return ""


# ---- JSON-LD ----------------------------------------------------------------------------------------------------


def write_jsonld(node: Node) -> str:
    """Serialize a node as JSON-LD 1.1, expanded except for prefixes; as text, three times faster than through dicts."""
    head = [f'"@id":{_jsonld_uri(node.uri)}'] if node.uri else []
    head.append(f'"@type":"{node.types[0]}"' if len(node.types) == 1 else '"@type":["' + '","'.join(node.types) + '"]')
    return "{" + ",".join((*head, *_jsonld_members(node.says))) + "}"


def extend_jsonld(text: str, says: Iterable[Saying]) -> str:
    """Add statements to a serialized node; their predicates must be new to it."""
    return text.removesuffix("}") + "".join(f",{member}" for member in _jsonld_members(says)) + "}"


def _jsonld_members(says: Iterable[Saying]) -> list[str]:
    said: dict[str, list[Ref | Literal | Node]] = {}
    for name, term in says:
        if name in said:
            said[name].append(term)
        else:
            said[name] = [term]
    return [f'"{name}":{_jsonld_values(name, terms)}' for name, terms in said.items()]


def _jsonld_values(name: str, terms: Sequence[Ref | Literal | Node]) -> str:
    if name in LANGUAGED:
        words: dict[str, list[str]] = {}
        for term in terms:
            if not isinstance(term, Literal) or not term.lang:
                return f"[{','.join(map(_jsonld_term, terms))}]"  # an object alone would be taken for one by language
            words.setdefault(term.lang, []).append(quote_json(term.text))
        return "{" + ",".join(f'"{lang}":{_join(texts)}' for lang, texts in words.items()) + "}"
    if type_ := TYPED.get(name):
        return _join([_jsonld_typed(type_, term) for term in terms])
    return _join([_jsonld_term(term) for term in terms])


def _join(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"


def _jsonld_typed(type_: str, term: Ref | Literal | Node) -> str:
    if isinstance(term, Literal) and not term.lang and term.type in ("", type_):
        text = quote_json(term.text)
        return text if term.type else f'{{"@value":{text}}}'
    return _jsonld_term(term)


def _jsonld_uri(uri: str) -> str:
    return quote_json(_shorten(uri) or uri)


def _jsonld_term(term: Ref | Literal | Node) -> str:
    if isinstance(term, Ref):
        return f'{{"@id":{_jsonld_uri(term.uri)}}}'
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
    begin: Callable[[Mapping[str, str]], str]
    """Returns the text before, with the prefixes that are used."""
    between: str
    tail: str


SYNTAXES = (
    Syntax(
        "ttl", "text/turtle", write_turtle, extend_turtle,
        lambda used: "".join(f"@prefix {name}: <{uri}> .\n" for name, uri in used.items()), "", "",
    ),
    Syntax(
        "jsonld", "application/ld+json", write_jsonld, extend_jsonld,
        lambda used: f'{{"@context":{encode({**used, **TERMS})},"@graph":[\n', ",\n", "\n]}\n",
    ),
    Syntax(
        "rdf", "application/rdf+xml", write_rdfxml, extend_rdfxml,
        lambda used: '<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF'
        + "".join(f'\n xmlns:{name}="{uri}"' for name, uri in used.items()) + ">\n", "", "</rdf:RDF>\n",
    ),
)  # fmt: skip


def write_nodes(syntax: Syntax, nodes: Iterable[Node]) -> bytes:
    """Serialize nodes as a fragment of a file."""
    return syntax.between.join(map(syntax.write, nodes)).encode()


def assemble(syntax: Syntax, parts: Iterable[bytes]) -> bytes:
    """Join serialized fragments to a file."""
    said = [part for part in parts if part]
    used = {
        name: uri
        for name, uri in PREFIXES.items()
        if name in OFTEN or any(b"%s:" % name.encode() in part for part in said)
    }
    return syntax.begin(used).encode() + syntax.between.encode().join(said) + syntax.tail.encode()
