"""Each dataset's quality, independent of language: its rules, its description, and files for programs.  Pure."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import partial
from typing import Any

from entaku.audit import rulebook
from entaku.catalogue import facets, places
from entaku.model.grammar import Office, Pipeline
from entaku.model.nouns import Catalogue, Dataset, Page
from entaku.model.table_schema import SchemaField
from entaku.model.words import Text
from entaku.site.kept import NO_PARTS, Parts, make_digest

NOBODY = rulebook.Judged()
"""The results for a dataset whose raw files weren't judged."""
MONTHS = 24
MOST = 10
"""Number of datasets that the page on the whole catalogue lists; files for programs have all."""
LEAST_WORDS = 20
"""Number of characters from which a description counts."""


# ---- how far a dataset is described ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doc:
    """A requirement on descriptions, met in `done` of `of` cases.  Its words are `doc_<key>` in words.json."""

    key: str
    done: int
    of: int


def list_docs(office: Office, pipeline: Pipeline) -> tuple[Doc, ...]:
    """List the requirements, the most useful to readers first; those that don't apply are left out."""
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
    """Test whether a column holds amounts."""
    return field.type in ("integer", "number") and not field.constraints.enum


def has_unit(field: SchemaField) -> bool:
    """Test whether a column states the unit of its amounts, in its `unit`, title or name."""
    return bool(field.unit) or rulebook.tells_unit(field.title.ja) or rulebook.tells_unit(field.name)


def score_docs(docs: Iterable[Doc]) -> int:
    """Return the mean share of met requirements, in per cent."""
    shares = [doc.done / doc.of for doc in docs]
    return int(100 * sum(shares) / len(shares) + 0.5) if shares else 0


# ---- the state of a dataset -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """A dataset's quality, independent of language and without places; small, because there may be thousands."""

    dataset: Dataset
    scores: rulebook.Scores
    failed: tuple[tuple[str, rulebook.Weight], ...]
    passed: tuple[str, ...]
    docs: tuple[Doc, ...]
    points: tuple[int, ...]
    """The score of the description of each release, oldest first."""
    past: tuple[rulebook.Past, ...]
    raws: int
    looked: int


def assess(office: Office, dataset: Dataset, judged: rulebook.Judged) -> State:
    """Return the state of a dataset."""
    rulings = rulebook.join_rulings(judged)
    docs = list_docs(office, dataset.spec.pipeline)
    known = {id(dataset.spec.pipeline): score_docs(docs)}
    for release in dataset.releases:
        if id(release.pipeline) not in known:
            known[id(release.pipeline)] = score_docs(list_docs(office, release.pipeline))
    return State(
        dataset=dataset,
        scores=judged.scores,
        failed=tuple((one.rule, one.weight) for one in rulings if one.state == "failed"),
        passed=tuple(one.rule for one in rulings if one.state == "passed"),
        docs=docs,
        points=tuple([known[id(release.pipeline)] for release in dataset.releases]),
        past=judged.past,
        raws=judged.raws,
        looked=judged.looked,
    )


def survey(catalogue: Catalogue, judged: Mapping[str, rulebook.Judged], parts: Parts = NO_PARTS) -> tuple[State, ...]:
    """Return the state of every dataset, by name."""

    def list_facts(dataset: Dataset) -> tuple[Any, ...]:
        state = assess(catalogue.office, dataset, judged.get(dataset.spec.pipeline.name, NOBODY))
        return tuple([getattr(state, name) for name in _FACTS])

    made = []
    for dataset in catalogue.datasets:
        digest = digest_judged(judged, dataset.spec.pipeline.name)
        facts = parts.describe("state", catalogue, dataset, partial(list_facts, dataset), digest)
        made.append(State(dataset, *facts))
    return tuple(made)


_FACTS = [each.name for each in fields(State)][1:]


def digest_judged(judged: Mapping[str, rulebook.Judged], name: str) -> str:
    """Return the digest of the rulings on a dataset."""
    return judged.digest(name) if isinstance(judged, rulebook.Judgements) else make_digest(judged.get(name))


def find_urgency(state: State) -> str:
    """Return the urgency of a state.

    "bad": a release is held, or a fatal rule is broken; "none": no release yet; "warn": a rule is broken, a warning was
    found or a requirement isn't met; "good": none of these, or the dataset is retired.
    """
    dataset = state.dataset
    if dataset.retired is not None:
        return "good"
    if dataset.attempt is not None or any(weight == "fatal" for _, weight in state.failed):
        return "bad"
    if dataset.current is None:
        return "none"
    warned = any(finding.severity == "warning" for finding in dataset.current.findings)
    return "warn" if state.failed or warned or any(doc.done < doc.of for doc in state.docs) else "good"


def choose_urgent(states: Sequence[State]) -> list[State]:
    """List the datasets for the page on the whole catalogue, the most urgent first, at most MOST; of those that are as
    urgent, the one whose next release is, or was, due first."""
    order = ("bad", "warn", "none", "good")

    def rank(state: State) -> tuple[int, date, int, str]:
        points = sum(one or 0 for one in state.scores) + score_docs(state.docs)
        due = state.dataset.due or date.max
        return order.index(find_urgency(state)), due, points, state.dataset.spec.pipeline.name

    return sorted(states, key=rank)[:MOST]


def count_dues(dues: Iterable[date | None]) -> tuple[tuple[str, int], ...]:
    """Count the datasets whose next release is due on each day, which a page needs to tell how many are late."""
    return tuple(sorted(Counter(due.isoformat() for due in dues if due is not None).items()))


# ---- over time --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PastView:
    """The quality of a release, or of the whole catalogue at the end of a month."""

    title: str
    path: str
    """Path of the release's page; "" for a month."""
    scores: tuple[int | None, ...]
    """The score of each level."""
    documentation: int
    datasets: int
    """Number of datasets; 1 for a release."""
    broken: tuple[str, ...]
    """The rules that were broken; empty for a month."""


@dataclass(frozen=True, slots=True)
class TrendView:
    """A line of a chart 100 wide and 30 high: `points` of its `polyline`."""

    key: str
    points: str


def show_past(state: State) -> tuple[PastView, ...]:
    """Return the quality of recent releases, newest first."""
    points = dict(zip([release.version for release in state.dataset.releases], state.points, strict=True))
    paths = {release.version: places.place_release(release) for release in state.dataset.releases}
    return tuple(
        PastView(
            title=past.version,
            path=paths[past.version],
            scores=past.scores,
            documentation=points[past.version],
            datasets=1,
            broken=past.broken,
        )
        for past in reversed(state.past)
        if past.version in points
    )


def show_months(catalogue: Catalogue, states: Sequence[State]) -> tuple[PastView, ...]:
    """Return the quality of the whole catalogue at the end of each month with a release, newest first.

    Scores are means over the releases that were current then.
    """
    stood: list[tuple[str, str, rulebook.Scores, int]] = []
    for state in states:
        scores = {past.version: past.scores for past in state.past}
        for release, points in zip(state.dataset.releases, state.points, strict=True):
            month = facets.find_day(release.created, catalogue.office.timezone).isoformat()[:7]
            stood.append((month, release.dataset, scores.get(release.version, ()), points))
    stood.sort(key=lambda one: one[0])
    current: dict[str, tuple[rulebook.Scores, int]] = {}
    months: dict[str, PastView] = {}
    wanted = set(sorted({month for month, *_ in stood})[-MONTHS:])
    for n, (month, name, then, docs) in enumerate(stood):
        current[name] = (then, docs)
        if month in wanted and (n + 1 == len(stood) or stood[n + 1][0] != month):
            months[month] = _average(month, list(current.values()))
    return tuple(reversed(months.values()))


def _average(month: str, then: Sequence[tuple[rulebook.Scores, int]]) -> PastView:
    means = tuple(
        average([scores[n] for scores, _ in then if len(scores) > n]) for n in range(len(rulebook.LEVEL_NUMBERS))
    )
    return PastView(month, "", means, average([docs for _, docs in then]) or 0, len(then), ())


def average(points: Sequence[int | None]) -> int | None:
    """Return the rounded mean of the values that aren't None; None if there are none."""
    known = [one for one in points if one is not None]
    return int(sum(known) / len(known) + 0.5) if known else None


def draw_lines(past: Sequence[PastView]) -> tuple[TrendView, ...]:
    """Return a line for each level and one for the description, oldest to newest; none for fewer than two points."""
    if len(past) < 2:
        return ()
    oldest = list(reversed(past))
    step = 100 / (len(oldest) - 1)
    lines = {f"level-{level}": [one.scores[level - 1] for one in oldest] for level in rulebook.LEVEL_NUMBERS}
    lines["docs"] = [one.documentation for one in oldest]
    return tuple(
        TrendView(
            key,
            " ".join(f"{n * step:.4g},{28 - value * 0.26:.4g}" for n, value in enumerate(values) if value is not None),
        )
        for key, values in lines.items()
        if sum(value is not None for value in values) > 1
    )


# ---- for programs ---------------------------------------------------------------------------------------------------

COLUMNS = (
    "dataset", "title", "publisher", "frequency", "version", "created", "checked", "due", "sample", "valid", "errors",
    "warnings", "level1", "level2", "level3", "broken", "files", "files_judged", "documentation", "missing",
    "retired",
)  # fmt: skip


def write_quality(states: Sequence[State]) -> Iterator[Page]:
    """Yield `quality.csv` and `quality.json`, a row for each dataset."""
    rows = [describe_state(state) for state in states]
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        plain = {**row, "broken": " ".join(row["broken"]), "missing": " ".join(row["missing"])}
        writer.writerow(["" if plain[key] is None else _spell(plain[key]) for key in COLUMNS])
    yield Page("quality.csv", sink.getvalue().encode("utf-8", "backslashreplace"))
    rules = {
        name: {"weight": rule.weight, "title": rule.title.ja, "title@en": rule.title.en}
        for name, rule in rulebook.RULES.items()
    }
    yield Page("quality.json", _dump({"source": _describe_source(), "rules": rules, "datasets": rows}))


def _describe_source() -> dict[str, str]:
    return {"title": rulebook.CREDIT.ja, "title@en": rulebook.CREDIT.en, "path": rulebook.SOURCE}


def _spell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"


def describe_state(state: State) -> dict[str, Any]:
    """Return a dataset's row."""
    dataset, pipeline, current = state.dataset, state.dataset.spec.pipeline, state.dataset.current
    return {
        "dataset": pipeline.name,
        "title": pipeline.title.ja,
        "publisher": pipeline.publisher,
        "frequency": pipeline.frequency,
        "version": current.version if current else None,
        "created": current.created if current else None,
        "checked": dataset.checked or None,
        "due": dataset.due.isoformat() if dataset.due else None,
        "sample": facets.is_sample(dataset),
        "valid": current is not None,
        "errors": dataset.attempt.count if dataset.attempt else 0,
        "warnings": sum(finding.severity == "warning" for finding in current.findings) if current else 0,
        **{f"level{level}": points for level, points in zip(rulebook.LEVEL_NUMBERS, state.scores, strict=True)},
        "broken": [rule for rule, _ in state.failed],
        "files": state.raws,
        "files_judged": state.looked,
        "documentation": score_docs(state.docs),
        "missing": [doc.key for doc in state.docs if doc.done < doc.of],
        "retired": dataset.retired.since if dataset.retired else None,
    }
