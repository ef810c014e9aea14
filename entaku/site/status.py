"""The page for the office as its template sees it, in one language: what is held, late, retired, and what it costs.  Pure.

It shows nothing of a failed attempt that the page of its dataset doesn't.  Whether data is late is computed in the browser
(`quality.js`), because a static page that says so becomes outdated.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from entaku.catalogue import build
from entaku.model.nouns import Catalogue
from entaku.site.pages import place_dataset
from entaku.site.quality import count_dues
from entaku.site.trust import AttemptView, show_attempt
from entaku.site.words import Words

MOST = 500
"""Datasets in the table; `entaku status` lists all."""


@dataclass(frozen=True, slots=True)
class StandingView:
    """A dataset, and how it stands."""

    name: str
    path: str
    title: str
    standing: str
    """`held`, `unreleased`, `fine` or `retired`."""
    state: str
    """good, bad or none."""
    label: str
    """Its name."""
    version: str
    created: str
    """UTC time of the newest fetch in the current release; "" without one."""
    checked: str
    due: date | None
    since: str
    """The day since which it is held or retired; "" otherwise."""
    reason: str
    """Why it is retired."""
    attempt: AttemptView | None
    sample: bool
    """Whether the current release is synthetic."""
    raws: int
    """Bytes of its source files in the store."""
    releases: int
    """Bytes of its releases."""


def show_status(catalogue: Catalogue, words: Words) -> dict[str, Any]:
    """Return the variables of the page."""
    facts = build.list_urgent(build.describe_published(catalogue.office, each) for each in catalogue.datasets)
    promised = {each.spec.pipeline.name: each.due for each in catalogue.datasets}
    counts = Counter(each.standing for each in facts)
    shown = tuple(show_standing(each, promised[each.name], words) for each in facts[:MOST])
    return {
        "standings": shown,
        "standings_rest": max(0, len(facts) - MOST),
        "dues": count_dues(promised.values()),
        "held": tuple(each for each in shown if each.attempt is not None),
        "counts": [(standing, words.say(f"standing_{standing}"), counts[standing]) for standing in list_told(counts)],
        "raws": sum(each.raws for each in facts),
        "releases": sum(each.releases for each in facts),
    }


def list_told(counts: Counter[build.Standing]) -> Sequence[build.Standing]:
    """List the states that are counted: those that a page can know, also where none is so."""
    return [
        standing
        for standing in build.STANDINGS
        if standing in ("held", "unreleased", "fine", "retired") or counts[standing]
    ]


def show_standing(facts: build.DatasetFacts, due: date | None, words: Words) -> StandingView:
    """Return the view of a dataset's standing; `due`: when its next release is, which samples have on pages too."""
    return StandingView(
        name=facts.name,
        path=place_dataset(facts.name),
        title=facts.pipeline.title.get(words.lang),
        standing=facts.standing,
        state={"held": "bad", "fine": "good"}.get(facts.standing, "none"),
        label=words.say(f"standing_{facts.standing}"),
        version=facts.version,
        created=facts.created,
        checked=facts.checked,
        due=due,
        sample=facts.sample,
        since=facts.since,
        reason=facts.retired.reason.get(words.lang) if facts.retired else "",
        attempt=show_attempt(facts.attempt, facts.pipeline.resources, words),
        raws=facts.raws,
        releases=facts.releases,
    )
