"""The pages on quality as templates see them: what is known of datasets, in words.  Pure.

Whether data is fresh is reckoned in the browser (`fresh.js`), because a page that says so goes stale.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from entaku.audit import rulebook
from entaku.model.grammar import Office
from entaku.model.messages import say_place, show_value
from entaku.model.nouns import Dataset, Lang, Place
from entaku.site.datasets import EntryView, show_entry
from entaku.site.pages import place_quality
from entaku.site.quality import (
    MOST,
    Doc,
    PastView,
    State,
    TrendView,
    average,
    choose_urgent,
    draw_lines,
    find_urgency,
    score_docs,
    show_past,
)
from entaku.site.words import Words

GOOD, FAIR = 90, 60
"""Points from which a level is good, and fair."""


# ---- of a dataset ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AspectView:
    """One thing about a dataset that is right or wants doing."""

    state: str
    """good, warn, bad; none where there is nothing to tell."""
    text: str
    next: str
    """What its owner does next; "" if nothing."""


@dataclass(frozen=True, slots=True)
class LevelView:
    """A level of the rules of machine-readability."""

    level: int
    title: str
    score: int | None
    """Of 100; none where no rule of it could be decided."""
    state: str
    """good, warn, bad or none."""
    broken: int
    """How many of its rules are broken."""


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule, and what it says of a dataset's raw files; its seat stands on a circle of radius 100 around (0, 0)."""

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
    """One thing that a description should have: so many of so many have it."""

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
    """Its page on quality."""
    validity: AspectView
    levels: tuple[LevelView, ...]
    kept: int
    """Rules that its raw files keep, of `decided` ones."""
    decided: int
    documentation: int
    """Of 100."""
    missing: int
    """Things that its description lacks."""
    next: AspectView
    """The one thing to do next."""


@dataclass(frozen=True, slots=True)
class QualityPageView(QualityView):
    """The same with all its reasons, for its own page."""

    rules: tuple[RuleView, ...]
    docs: tuple[DocView, ...]
    past: tuple[PastView, ...]
    """Newest first."""
    lines: tuple[TrendView, ...]
    files: tuple[str, ...]
    """The raw files that were judged, by name."""
    raws: int
    looked: int
    """How many of `raws` were looked at."""
    whole: bool
    """False where only the first rows were."""


def show_quality(entry: EntryView, state: State, words: Words) -> QualityView:
    """The state of a dataset, which lists show as `entry`."""
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
    """The same with all its reasons."""
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
    """Whether what is published passed its checks, and whether the next release is held."""
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
    """good, warn or bad; none without points."""
    return "none" if points is None else "good" if points >= GOOD else "warn" if points >= FAIR else "bad"


def show_levels(state: State, lang: Lang) -> tuple[LevelView, ...]:
    """The levels of a dataset's newest files."""
    broken = [rulebook.level_of(rule) for rule, _ in state.failed]
    return tuple(
        LevelView(level, rulebook.LEVELS[level].get(lang), points, grade(points), broken.count(level))
        for level, points in zip(rulebook.LEVEL_NUMBERS, state.scores, strict=True)
    )


def choose_next(state: State, words: Words) -> AspectView:
    """The one thing for its owner to do: what holds a release, then the heaviest rule that is broken, then words."""
    validity, urgency = show_validity(state.dataset, words), find_urgency(state)
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
    """A rule with its seat, the `n`th of 30."""
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
    """A place in a raw file, on one line."""
    return show_value(say_place(place, lang))


@cache
def seat(n: int) -> tuple[float, float]:
    """Where the `n`th of 30 seats stands on a circle of radius 100."""
    angle = 2 * math.pi * n / len(rulebook.RULES) - math.pi / 2
    return round(100 * math.cos(angle), 2) + 0.0, round(100 * math.sin(angle), 2) + 0.0


def show_doc(doc: Doc, words: Words) -> DocView:
    """One thing that the description has or lacks."""
    after = words.say(f"doc_{doc.key}_next") if doc.done < doc.of else ""
    return DocView(doc.key, words.say(f"doc_{doc.key}"), doc.done, doc.of, after)


# ---- of the whole ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleTotalView:
    """A rule over the whole catalogue."""

    id: str
    title: str
    ask: str
    next: str
    weight: str
    broken: int
    """Datasets whose raw files break it, of `judged` ones of which it could be decided."""
    judged: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class QualityTotals:
    """The whole catalogue."""

    datasets: int
    """Released or not."""
    valid: int
    held: int
    """Datasets whose last attempt failed."""
    unreleased: int
    levels: tuple[LevelView, ...]
    """Means."""
    documentation: int
    kept: int
    """Rules that no dataset breaks."""


def total_rules(states: Sequence[State], lang: Lang) -> tuple[RuleTotalView, ...]:
    """Each rule over the whole catalogue."""
    failed = Counter(rule for state in states for rule, _ in state.failed)
    passed = Counter(rule for state in states for rule in state.passed)
    return tuple(
        RuleTotalView(
            name, rule.title.get(lang), rule.ask.get(lang), rule.next.get(lang), rule.weight,
            broken=failed[name], judged=failed[name] + passed[name], x=seat(n)[0], y=seat(n)[1],
        )
        for n, (name, rule) in enumerate(rulebook.RULES.items())
    )  # fmt: skip


def total_quality(states: Sequence[State], rules: Sequence[RuleTotalView], lang: Lang) -> QualityTotals:
    """The whole catalogue in numbers."""
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
    """The variables of the page on the whole; `months`: how it stood at the end of each."""
    rules = total_rules(states, words.lang)
    return {
        "qualities": tuple(
            show_quality(show_entry(office, state.dataset, words), state, words) for state in choose_urgent(states)
        ),
        "qualities_rest": max(0, len(states) - MOST), "rules": rules, "months": months, "lines": draw_lines(months),
        "whole": total_quality(states, rules, words.lang), **credit_rules(words.lang),
    }  # fmt: skip


def credit_rules(lang: Lang) -> dict[str, str]:
    """Where the rules are from, as their licence asks that it be said."""
    return {"rules_source": rulebook.SOURCE, "rules_credit": rulebook.CREDIT.get(lang)}
