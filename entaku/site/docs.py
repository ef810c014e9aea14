"""How far a dataset is described: titles, meanings, units, both languages, licence, contact, notes.  Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from entaku.audit.rulebook_words import tells_unit
from entaku.model.grammar import Office, Pipeline
from entaku.model.table_schema import SchemaField
from entaku.model.words import Text

LEAST_WORDS = 20
"""Characters from which a description says something."""


@dataclass(frozen=True, slots=True)
class Doc:
    """One thing that a description should have: `done` of `of` have it.  Its words are `doc_<key>` of words.json."""

    key: str
    done: int
    of: int


def list_docs(office: Office, pipeline: Pipeline) -> tuple[Doc, ...]:
    """Everything that is looked at, in the order of its worth to a reader; what there can't be is left out."""
    return tuple(doc for doc in _list(office, pipeline) if doc.of)


def _list(office: Office, pipeline: Pipeline) -> Iterator[Doc]:
    tables = pipeline.resources
    fields = [field for table in tables for field in table.schema.fields]
    terms, publisher = office.licenses.get(pipeline.license), office.publishers.get(pipeline.publisher)
    yield _count(
        "description", (len(words) >= LEAST_WORDS for words in (pipeline.description.ja, pipeline.description.en))
    )
    yield _count("column_titles", (field.title.ja for field in fields))
    yield _count("column_meanings", (field.description.ja for field in fields))
    yield _count("units", (has_unit(field) for field in fields if needs_unit(field)))
    yield _count("license", [terms and terms.url and (terms.summary.ja or terms.summary.en)])
    yield _count("contact", [office.contact or (publisher and (publisher.email or publisher.url))])
    yield _count("notes", [pipeline.notes])
    yield _count("tables", (table.description.ja for table in tables))
    yield _count("keys", (table.schema.primaryKey for table in tables))
    yield _count("credit", [pipeline.credit.ja or pipeline.credit.en])
    yield _count("landing_page", [pipeline.landing_page])
    yield _count("keywords", [pipeline.keywords, pipeline.themes])
    yield _count("english", (has_english(text) for text in (pipeline.title, *(table.title for table in tables))))
    yield _count("column_english", (has_english(field.title) for field in fields))


def _count(key: str, answers: Iterable[object]) -> Doc:
    given = [1 if answer else 0 for answer in answers]
    return Doc(key, sum(given), len(given))


def has_english(text: Text) -> bool:
    return bool(text.en)


def needs_unit(field: SchemaField) -> bool:
    """Whether a column is of amounts."""
    return field.type in ("integer", "number") and not field.constraints.enum


def has_unit(field: SchemaField) -> bool:
    """Whether a reader can tell the unit of an amount."""
    return bool(field.unit) or tells_unit(field.title.ja) or tells_unit(field.name)


def score_docs(docs: Iterable[Doc]) -> int:
    """The mean share of what is done, of 100."""
    shares = [doc.done / doc.of for doc in docs]
    return int(100 * sum(shares) / len(shares) + 0.5) if shares else 0
