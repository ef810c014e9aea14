"""The pages on quality as templates see them, in one language.  Pure.

Whether data is fresh is computed in the browser (`fresh.js`), because a static page that says so becomes outdated.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from entaku.audit import rulebook
from entaku.model.grammar import Office
from entaku.model.messages import say_place, show_value
from entaku.model.nouns import Dataset, Lang, Place
from entaku.site.datasets import EntryView, show_entry
from entaku.site.pages import place_publisher, place_quality
from entaku.site.quality import (
    MOST,
    Doc,
    PastView,
    State,
    TrendView,
    average,
    choose_urgent,
    count_dues,
    draw_lines,
    find_urgency,
    score_docs,
    show_past,
)
from entaku.site.views import Link
from entaku.site.words import Words

NAMED = 5
"""Number of datasets that are named beside a rule that they break."""
GOOD, FAIR = 90, 60
"""Scores from which a level is good, and fair."""


# ---- of a dataset ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AspectView:
    """One aspect of a dataset: its state, and what to do about it."""

    state: str
    """good, warn or bad; none without a result."""
    text: str
    next: str
    """The next action of the dataset's owner; "" if nothing."""


@dataclass(frozen=True, slots=True)
class LevelView:
    """A level of the rules of machine-readability."""

    level: int
    title: str
    score: int | None
    """In per cent; None where none of its rules could be decided."""
    state: str
    """good, warn, bad or none."""
    broken: int
    """Number of its rules that are broken."""


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule and its result on a dataset's raw files; its seat is on a circle of radius 100 around (0, 0)."""

    id: str
    title: str
    ask: str
    next: str
    state: str
    """passed, failed, exempt or undecided."""
    weight: str
    """fatal, critical, major or minor."""
    why: str
    count: int
    places: tuple[str, ...]
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DocView:
    """A requirement on descriptions, met in `done` of `of` cases."""

    key: str
    label: str
    done: int
    of: int
    next: str


@dataclass(frozen=True, slots=True)
class QualityView:
    """The state of a dataset."""

    dataset: EntryView
    path: str
    """Where it is told in full."""
    validity: AspectView
    levels: tuple[LevelView, ...]
    kept: int
    """Number of rules that its raw files keep, of `decided` ones."""
    decided: int
    documentation: int
    """The score of its description, in per cent."""
    missing: int
    """Number of cases in which its description doesn't meet a requirement."""
    next: AspectView
    """The first action to take."""


@dataclass(frozen=True, slots=True)
class QualityPageView(QualityView):
    """The quality of a dataset with all details, for its report."""

    rules: tuple[RuleView, ...]
    docs: tuple[DocView, ...]
    past: tuple[PastView, ...]
    """Recent releases, newest first."""
    lines: tuple[TrendView, ...]
    files: tuple[str, ...]
    """The raw files that were judged, by name."""
    raws: int
    looked: int
    """Number of `raws` that were judged."""
    whole: bool
    """False where only the first rows were judged."""


def show_quality(entry: EntryView, state: State, words: Words) -> QualityView:
    """Return the quality of a dataset that lists show as `entry`."""
    return QualityView(
        dataset=entry,
        path=place_quality(entry.name),
        validity=show_validity(state.dataset, words),
        levels=show_levels(state, words.lang),
        kept=len(state.passed),
        decided=len(state.passed) + len(state.failed),
        documentation=score_docs(state.docs),
        missing=sum(doc.of - doc.done for doc in state.docs),
        next=choose_next(state, words),
    )


def show_quality_page(view: QualityView, state: State, judged: rulebook.Judged, words: Words) -> QualityPageView:
    """Return the quality of a dataset with all details."""
    past = show_past(state)
    return QualityPageView(
        **{name: getattr(view, name) for name in QualityView.__slots__},
        rules=tuple(show_rule(one, n, words.lang) for n, one in enumerate(rulebook.join_rulings(judged))),
        docs=tuple(show_doc(doc, words) for doc in state.docs),
        past=past,
        lines=draw_lines(past),
        files=tuple(file.url.rpartition("/")[2] or file.url for file in judged.files),
        raws=judged.raws,
        looked=judged.looked,
        whole=all(file.whole for file in judged.files),
    )


def show_validity(dataset: Dataset, words: Words) -> AspectView:
    """Return the aspect of validity: whether the current release passed its checks and the next is held."""
    warnings = sum(finding.severity == "warning" for finding in dataset.current.findings) if dataset.current else 0
    if dataset.attempt is not None:
        text, after = words.say("valid_held", n=dataset.attempt.count), words.say("valid_held_next")
        return AspectView("bad", text, after)
    if dataset.current is None:
        return AspectView("none", words.say("valid_unreleased"), words.say("valid_unreleased_next"))
    if warnings:
        return AspectView("warn", words.say("valid_warned", n=warnings), words.say("valid_warned_next"))
    return AspectView("good", words.say("valid_passed"), "")


def grade(points: int | None) -> str:
    """Return the grade of a score: good, warn or bad; none for None."""
    return "none" if points is None else "good" if points >= GOOD else "warn" if points >= FAIR else "bad"


def show_levels(state: State, lang: Lang) -> tuple[LevelView, ...]:
    """Return the levels of a dataset's newest raw files."""
    broken = [rulebook.level_of(rule) for rule, _ in state.failed]
    return tuple(
        LevelView(level, rulebook.LEVELS[level].get(lang), points, grade(points), broken.count(level))
        for level, points in zip(rulebook.LEVEL_NUMBERS, state.scores, strict=True)
    )


def choose_next(state: State, words: Words) -> AspectView:
    """Return the first action: for a held or missing release, else the heaviest broken rule, else the description; of a
    retired dataset none."""
    validity, urgency = show_validity(state.dataset, words), find_urgency(state)
    if state.dataset.retired is not None:
        return AspectView(urgency, words.say("retired"), "")
    if validity.state in ("bad", "none"):
        return AspectView(urgency, validity.text, validity.next)
    if state.failed:
        broken = min(state.failed, key=lambda one: (rulebook.WEIGHTS.index(one[1]), one[0]))[0]
        rule = rulebook.RULES[broken]
        return AspectView(urgency, f"{broken} {rule.title.get(words.lang)}", rule.next.get(words.lang))
    lacking = next((doc for doc in state.docs if doc.done < doc.of), None)
    if lacking is not None:
        return AspectView(urgency, words.say(f"doc_{lacking.key}"), words.say(f"doc_{lacking.key}_next"))
    return AspectView(urgency, validity.text, validity.next)


def show_rule(ruling: rulebook.Ruling, n: int, lang: Lang) -> RuleView:
    """Return the view of a rule's result, with the `n`th of 30 seats."""
    rule = rulebook.RULES[ruling.rule]
    x, y = seat(n)
    return RuleView(
        id=ruling.rule,
        title=rule.title.get(lang),
        ask=rule.ask.get(lang),
        next=rule.next.get(lang),
        state=ruling.state,
        weight=ruling.weight,
        why=rulebook.WHYS[ruling.why].get(lang) if ruling.why else "",
        count=ruling.count,
        places=tuple(show_place(place, lang) for place in ruling.places),
        x=x,
        y=y,
    )


def show_place(place: Place, lang: Lang) -> str:
    """Format a place in a raw file on one line."""
    return show_value(say_place(place, lang))


@cache
def seat(n: int) -> tuple[float, float]:
    """Return the coordinates of the `n`th of 30 seats on a circle of radius 100."""
    angle = 2 * math.pi * n / len(rulebook.RULES) - math.pi / 2
    return round(100 * math.cos(angle), 2) + 0.0, round(100 * math.sin(angle), 2) + 0.0


def show_doc(doc: Doc, words: Words) -> DocView:
    """Return the view of a requirement on the description."""
    after = words.say(f"doc_{doc.key}_next") if doc.done < doc.of else ""
    return DocView(doc.key, words.say(f"doc_{doc.key}"), doc.done, doc.of, after)


# ---- of the whole ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleTotalView:
    """The results of a rule over the whole catalogue."""

    id: str
    title: str
    ask: str
    next: str
    weight: str
    broken: int
    """Number of datasets whose raw files break it, of the `judged` ones for which it could be decided."""
    judged: int
    x: float
    y: float
    datasets: tuple[Link, ...]
    """The first of those that break it."""


@dataclass(frozen=True, slots=True)
class PublisherQualityView:
    """The datasets of a publisher in numbers."""

    title: str
    path: str
    datasets: int
    held: int
    """Number of datasets whose next release is held."""
    broken: int
    """Number of datasets whose raw files break a rule."""
    documentation: int
    """The mean of their descriptions, in per cent."""
    dues: tuple[tuple[str, int], ...]
    """The days on which releases are due, and how many on each."""


@dataclass(frozen=True, slots=True)
class QualityTotals:
    """The quality of the whole catalogue in numbers."""

    datasets: int
    """Number of datasets, released or not."""
    valid: int
    held: int
    """Number of datasets whose last attempt failed."""
    unreleased: int
    levels: tuple[LevelView, ...]
    """Means over all datasets."""
    documentation: int
    kept: int
    """Number of rules that no dataset breaks."""


def total_rules(states: Sequence[State], lang: Lang) -> tuple[RuleTotalView, ...]:
    """Return the results of each rule over the whole catalogue."""
    failed = Counter(rule for state in states for rule, _ in state.failed)
    passed = Counter(rule for state in states for rule in state.passed)
    return tuple(
        RuleTotalView(
            name, rule.title.get(lang), rule.ask.get(lang), rule.next.get(lang), rule.weight,
            broken=failed[name], judged=failed[name] + passed[name], x=seat(n)[0], y=seat(n)[1],
            datasets=tuple(islice((link_dataset(each, lang) for each in states if name in dict(each.failed)), NAMED)),
        )
        for n, (name, rule) in enumerate(rulebook.RULES.items())
    )  # fmt: skip


def link_dataset(state: State, lang: Lang) -> Link:
    """Return the link to the page on the quality of a dataset."""
    pipeline = state.dataset.spec.pipeline
    return Link(pipeline.title.get(lang), place_quality(pipeline.name))


def total_publishers(office: Office, states: Sequence[State], lang: Lang) -> tuple[PublisherQualityView, ...]:
    """Return the datasets of each publisher that has any, in numbers."""
    by_publisher: dict[str, list[State]] = {}
    for state in states:
        by_publisher.setdefault(state.dataset.spec.pipeline.publisher, []).append(state)
    return tuple(
        PublisherQualityView(
            title=publisher.title.get(lang),
            path=place_publisher(key),
            datasets=len(own),
            held=sum(state.dataset.attempt is not None for state in own),
            broken=sum(bool(state.failed) for state in own),
            documentation=average([score_docs(state.docs) for state in own]) or 0,
            dues=count_dues(state.dataset.due for state in own),
        )
        for key, publisher in office.publishers.items()
        if (own := by_publisher.get(key))
    )


def total_quality(states: Sequence[State], rules: Sequence[RuleTotalView], lang: Lang) -> QualityTotals:
    """Return the quality of the whole catalogue in numbers."""
    broken = [
        sum(rule.broken > 0 for rule in rules if rulebook.level_of(rule.id) == level)
        for level in rulebook.LEVEL_NUMBERS
    ]
    means = [average([state.scores[level - 1] for state in states]) for level in rulebook.LEVEL_NUMBERS]
    return QualityTotals(
        datasets=len(states),
        valid=sum(state.dataset.current is not None and state.dataset.attempt is None for state in states),
        held=sum(state.dataset.attempt is not None for state in states),
        unreleased=sum(state.dataset.current is None for state in states),
        levels=tuple(
            LevelView(level, rulebook.LEVELS[level].get(lang), mean, grade(mean), count)
            for level, mean, count in zip(rulebook.LEVEL_NUMBERS, means, broken, strict=True)
        ),
        documentation=average([score_docs(state.docs) for state in states]) or 0,
        kept=sum(rule.judged > 0 and not rule.broken for rule in rules),
    )


def show_whole(office: Office, states: Sequence[State], months: Sequence[PastView], words: Words) -> dict[str, Any]:
    """Return the variables of the page on the whole catalogue; `months`: its quality at the end of each month."""
    rules = total_rules(states, words.lang)
    return {
        "qualities": tuple(
            show_quality(show_entry(office, state.dataset, words), state, words) for state in choose_urgent(states)
        ),
        "qualities_rest": max(0, len(states) - MOST), "dues": count_dues(state.dataset.due for state in states), "rules": rules, "publishers": total_publishers(office, states, words.lang), "months": months, "lines": draw_lines(months),
        "whole": total_quality(states, rules, words.lang), **credit_rules(words.lang),
    }  # fmt: skip


def credit_rules(lang: Lang) -> dict[str, str]:
    """Return the source of the rules, and the credit that their licence requires."""
    return {"rules_source": rulebook.SOURCE, "rules_credit": rulebook.CREDIT.get(lang)}
