"""The state of the catalogue for programs: `quality.csv`, `quality.json`, and of each dataset its rulings.  Pure."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from entaku.audit.rulebook import CREDIT, LEVEL_NUMBERS, SOURCE, Judged, Ruling, join_rulings
from entaku.audit.rulebook_words import RULES, WHYS
from entaku.catalogue import facets
from entaku.model.nouns import Page
from entaku.site.docs import score_docs
from entaku.site.quality import State

COLUMNS = (
    "dataset", "title", "publisher", "frequency", "version", "created", "checked", "due", "sample", "valid", "errors",
    "warnings", "level1", "level2", "level3", "broken", "files", "files_judged", "documentation", "missing",
)  # fmt: skip


def write_quality(states: Sequence[State], judged: Mapping[str, Judged]) -> Iterator[Page]:
    """`quality.csv` and `quality.json`, a row for each dataset; and of each that was judged
    `datasets/<dataset>/quality.json`, with the places where rules are broken."""
    rows = [describe_state(state) for state in states]
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        plain = {**row, "broken": " ".join(row["broken"]), "missing": " ".join(row["missing"])}
        writer.writerow(["" if plain[key] is None else _spell(plain[key]) for key in COLUMNS])
    yield Page("quality.csv", sink.getvalue().encode("utf-8", "backslashreplace"))
    rules = {
        name: {"weight": rule.weight, "title": rule.title.ja, "title@en": rule.title.en} for name, rule in RULES.items()
    }
    yield Page("quality.json", _dump({"source": _describe_source(), "rules": rules, "datasets": rows}))
    for row in rows:
        name = row["dataset"]
        if name in judged:
            of = {"source": _describe_source(), "dataset": name, "version": row["version"]}
            rulings = [_describe_ruling(one) for one in join_rulings(judged[name])]
            yield Page(f"datasets/{name}/quality.json", _dump({**of, "rulings": rulings}))


def _describe_source() -> dict[str, str]:
    return {"title": CREDIT.ja, "title@en": CREDIT.en, "path": SOURCE}


def _spell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"


def describe_state(state: State) -> dict[str, Any]:
    """A dataset's row."""
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
        **{f"level{level}": points for level, points in zip(LEVEL_NUMBERS, state.scores, strict=True)},
        "broken": [rule for rule, _ in state.failed],
        "files": state.raws,
        "files_judged": state.looked,
        "documentation": score_docs(state.docs),
        "missing": [doc.key for doc in state.docs if doc.done < doc.of],
    }


def _describe_ruling(ruling: Ruling) -> dict[str, Any]:
    places = [
        {key: value for key in ("file", "sheet", "row", "column", "cell") if (value := getattr(place, key))}
        for place in ruling.places
    ]
    shown: dict[str, Any] = {"rule": ruling.rule, "state": ruling.state}
    if ruling.state == "failed":
        shown |= {"weight": ruling.weight, "count": ruling.count, "places": places}
    return shown | ({"why": WHYS[ruling.why].ja, "why@en": WHYS[ruling.why].en} if ruling.why else {})
