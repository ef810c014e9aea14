"""Catalogue and judgements -> what the pages on quality show.  Pure.

Whether data is fresh is reckoned in the browser (`fresh.js`), because a page that says so goes stale.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from entaku.audit.rulebook import (
    CREDIT,
    LEVEL_NUMBERS,
    LEVELS,
    SOURCE,
    WEIGHTS,
    Judged,
    Past,
    Ruling,
    Scores,
    join_rulings,
    level_of,
)
from entaku.audit.rulebook_words import RULES, WHYS, Weight
from entaku.catalogue import facets
from entaku.model.grammar import Office
from entaku.model.messages import say_place, show_value
from entaku.model.nouns import Catalogue, Dataset, Lang, Place
from entaku.site import quality_views as views
from entaku.site.docs import Doc, list_docs, score_docs
from entaku.site.show import show_entry
from entaku.site.views import EntryView
from entaku.site.words import Words

NOBODY = Judged()
"""Of a dataset whose files nobody judged."""
MOST = 100
"""Datasets that the page on the whole lists; the others are in the files for machines."""
MONTHS = 24
GOOD, FAIR = 90, 60
"""Points from which a level is good, and fair."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a dataset's quality, in no language and without places: small, for there may be thousands."""

    dataset: Dataset
    scores: Scores
    failed: tuple[tuple[str, Weight], ...]
    passed: tuple[str, ...]
    docs: tuple[Doc, ...]
    points: tuple[int, ...]
    """Of the description that each release had, the oldest first."""
    past: tuple[Past, ...]
    raws: int
    looked: int


def assess(office: Office, dataset: Dataset, judged: Judged) -> State:
    """The state of a dataset."""
    rulings = join_rulings(judged)
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


def survey(catalogue: Catalogue, judged: Mapping[str, Judged]) -> tuple[State, ...]:
    """The state of every dataset, by name."""
    return tuple(
        assess(catalogue.office, dataset, judged.get(dataset.spec.pipeline.name, NOBODY))
        for dataset in catalogue.datasets
    )


def show_quality(entry: EntryView, state: State, words: Words) -> views.QualityView:
    """The state of a dataset, which lists show as `entry`."""
    return views.QualityView(
        dataset=entry,
        path=f"{entry.path}quality/",
        validity=show_validity(state.dataset, words),
        levels=show_levels(state, words.lang),
        kept=len(state.passed),
        decided=len(state.passed) + len(state.failed),
        documentation=score_docs(state.docs),
        missing=sum(doc.of - doc.done for doc in state.docs),
        next=choose_next(state, words),
    )


def show_quality_page(view: views.QualityView, state: State, judged: Judged, words: Words) -> views.QualityPageView:
    """The same with all its reasons."""
    past = show_past(state)
    return views.QualityPageView(
        **{name: getattr(view, name) for name in views.QualityView.__slots__},
        rules=tuple(show_rule(one, n, words.lang) for n, one in enumerate(join_rulings(judged))),
        docs=tuple(show_doc(doc, words) for doc in state.docs),
        past=past,
        lines=draw_lines(past),
        files=tuple(file.url.rpartition("/")[2] or file.url for file in judged.files),
        raws=judged.raws,
        looked=judged.looked,
        whole=all(file.whole for file in judged.files),
    )


# ---- aspects ----------------------------------------------------------------------------------------------------


def show_validity(dataset: Dataset, words: Words) -> views.AspectView:
    """Whether what is published passed its checks, and whether the next release is held."""
    warnings = sum(finding.severity == "warning" for finding in dataset.current.findings) if dataset.current else 0
    if dataset.attempt is not None:
        text, after = words.say("valid_held", n=dataset.attempt.count), words.say("valid_held_next")
        return views.AspectView("bad", text, after)
    if dataset.current is None:
        return views.AspectView("none", words.say("valid_unreleased"), words.say("valid_unreleased_next"))
    if warnings:
        return views.AspectView("warn", words.say("valid_warned", n=warnings), words.say("valid_warned_next"))
    return views.AspectView("good", words.say("valid_passed"), "")


def grade(points: int | None) -> str:
    """good, warn or bad; none without points."""
    return "none" if points is None else "good" if points >= GOOD else "warn" if points >= FAIR else "bad"


def show_levels(state: State, lang: Lang) -> tuple[views.LevelView, ...]:
    """The levels of a dataset's newest files."""
    broken = [level_of(rule) for rule, _ in state.failed]
    return tuple(
        views.LevelView(level, LEVELS[level].get(lang), points, grade(points), broken.count(level))
        for level, points in zip(LEVEL_NUMBERS, state.scores, strict=True)
    )


def find_urgency(state: State) -> str:
    """bad: a release is held, or a fatal rule broken; warn: something else wants doing; none: no release yet; good."""
    dataset = state.dataset
    if dataset.attempt is not None or any(weight == "fatal" for _, weight in state.failed):
        return "bad"
    if dataset.current is None:
        return "none"
    warned = any(finding.severity == "warning" for finding in dataset.current.findings)
    return "warn" if state.failed or warned or any(doc.done < doc.of for doc in state.docs) else "good"


def choose_next(state: State, words: Words) -> views.AspectView:
    """The one thing for its owner to do: what holds a release, then the heaviest rule that is broken, then words."""
    validity, urgency = show_validity(state.dataset, words), find_urgency(state)
    if validity.state in ("bad", "none"):
        return views.AspectView(urgency, validity.text, validity.next)
    if state.failed:
        broken = min(state.failed, key=lambda one: (WEIGHTS.index(one[1]), one[0]))[0]
        rule = RULES[broken]
        return views.AspectView(urgency, f"{broken} {rule.title.get(words.lang)}", rule.next.get(words.lang))
    lacking = next((doc for doc in state.docs if doc.done < doc.of), None)
    if lacking is not None:
        return views.AspectView(urgency, words.say(f"doc_{lacking.key}"), words.say(f"doc_{lacking.key}_next"))
    return views.AspectView(urgency, validity.text, validity.next)


def show_rule(ruling: Ruling, n: int, lang: Lang) -> views.RuleView:
    """A rule with its seat, the `n`th of 30."""
    rule = RULES[ruling.rule]
    x, y = seat(n)
    return views.RuleView(
        id=ruling.rule,
        title=rule.title.get(lang),
        ask=rule.ask.get(lang),
        next=rule.next.get(lang),
        state=ruling.state,
        weight=ruling.weight,
        why=WHYS[ruling.why].get(lang) if ruling.why else "",
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
    angle = 2 * math.pi * n / len(RULES) - math.pi / 2
    return round(100 * math.cos(angle), 2) + 0.0, round(100 * math.sin(angle), 2) + 0.0


def show_doc(doc: Doc, words: Words) -> views.DocView:
    """One thing that the description has or lacks."""
    after = words.say(f"doc_{doc.key}_next") if doc.done < doc.of else ""
    return views.DocView(doc.key, words.say(f"doc_{doc.key}"), doc.done, doc.of, after)


# ---- over time --------------------------------------------------------------------------------------------------


def show_past(state: State) -> tuple[views.PastView, ...]:
    """Recent releases, the newest first."""
    points = dict(zip([release.version for release in state.dataset.releases], state.points, strict=True))
    return tuple(
        views.PastView(
            title=past.version,
            path=f"datasets/{state.dataset.spec.pipeline.name}/{past.version}/",
            scores=past.scores,
            documentation=points[past.version],
            datasets=1,
            broken=past.broken,
        )
        for past in reversed(state.past)
        if past.version in points
    )


def show_months(catalogue: Catalogue, states: Sequence[State]) -> tuple[views.PastView, ...]:
    """The whole catalogue at the end of each month in which something was released, the newest first: means over
    what was current then."""
    stood: list[tuple[str, str, Scores, int]] = []
    for state in states:
        scores = {past.version: past.scores for past in state.past}
        for release, points in zip(state.dataset.releases, state.points, strict=True):
            month = facets.find_day(release.created, catalogue.office.timezone).isoformat()[:7]
            stood.append((month, release.dataset, scores.get(release.version, ()), points))
    stood.sort(key=lambda one: one[0])
    current: dict[str, tuple[Scores, int]] = {}
    months: dict[str, views.PastView] = {}
    wanted = set(sorted({month for month, *_ in stood})[-MONTHS:])
    for n, (month, name, then, docs) in enumerate(stood):
        current[name] = (then, docs)
        if month in wanted and (n + 1 == len(stood) or stood[n + 1][0] != month):
            months[month] = _average(month, list(current.values()))
    return tuple(reversed(months.values()))


def _average(month: str, then: Sequence[tuple[Scores, int]]) -> views.PastView:
    means = tuple(average([scores[n] for scores, _ in then if len(scores) > n]) for n in range(len(LEVEL_NUMBERS)))
    return views.PastView(month, "", means, average([docs for _, docs in then]) or 0, len(then), ())


def average(points: Sequence[int | None]) -> int | None:
    """The mean of those there are, rounded; None of none."""
    known = [one for one in points if one is not None]
    return int(sum(known) / len(known) + 0.5) if known else None


def draw_lines(past: Sequence[views.PastView]) -> tuple[views.TrendView, ...]:
    """Lines of each level and the description from the oldest to the newest; none where there is but one."""
    if len(past) < 2:
        return ()
    oldest = list(reversed(past))
    step = 100 / (len(oldest) - 1)
    lines = {f"level-{level}": [one.scores[level - 1] for one in oldest] for level in LEVEL_NUMBERS}
    lines["docs"] = [one.documentation for one in oldest]
    return tuple(
        views.TrendView(
            key,
            " ".join(f"{n * step:.4g},{28 - value * 0.26:.4g}" for n, value in enumerate(values) if value is not None),
        )
        for key, values in lines.items()
        if sum(value is not None for value in values) > 1
    )


# ---- the whole --------------------------------------------------------------------------------------------------


def choose_urgent(states: Sequence[State]) -> list[State]:
    """The datasets that the page on the whole lists, what wants most doing first."""
    order = ("bad", "warn", "none", "good")

    def rank(state: State) -> tuple[int, int, str]:
        points = sum(one or 0 for one in state.scores) + score_docs(state.docs)
        return order.index(find_urgency(state)), points, state.dataset.spec.pipeline.name

    return sorted(states, key=rank)[:MOST]


def total_rules(states: Sequence[State], lang: Lang) -> tuple[views.RuleTotalView, ...]:
    """Each rule over the whole catalogue."""
    failed = Counter(rule for state in states for rule, _ in state.failed)
    passed = Counter(rule for state in states for rule in state.passed)
    return tuple(
        views.RuleTotalView(
            name, rule.title.get(lang), rule.ask.get(lang), rule.next.get(lang), rule.weight,
            broken=failed[name], judged=failed[name] + passed[name], x=seat(n)[0], y=seat(n)[1],
        )
        for n, (name, rule) in enumerate(RULES.items())
    )  # fmt: skip


def total_quality(states: Sequence[State], rules: Sequence[views.RuleTotalView], lang: Lang) -> views.QualityTotals:
    """The whole catalogue in numbers."""
    broken = [sum(rule.broken > 0 for rule in rules if level_of(rule.id) == level) for level in LEVEL_NUMBERS]
    means = [average([state.scores[level - 1] for state in states]) for level in LEVEL_NUMBERS]
    return views.QualityTotals(
        datasets=len(states),
        valid=sum(state.dataset.current is not None and state.dataset.attempt is None for state in states),
        held=sum(state.dataset.attempt is not None for state in states),
        unreleased=sum(state.dataset.current is None for state in states),
        levels=tuple(
            views.LevelView(level, LEVELS[level].get(lang), mean, grade(mean), count)
            for level, mean, count in zip(LEVEL_NUMBERS, means, broken, strict=True)
        ),
        documentation=average([score_docs(state.docs) for state in states]) or 0,
        kept=sum(rule.judged > 0 and not rule.broken for rule in rules),
    )


def show_whole(
    catalogue: Catalogue, states: Sequence[State], months: Sequence[views.PastView], words: Words
) -> dict[str, Any]:
    """The variables of the page on the whole; `months`: how it stood at the end of each."""
    rules = total_rules(states, words.lang)
    return {
        "qualities": tuple(
            show_quality(show_entry(catalogue, state.dataset, words), state, words) for state in choose_urgent(states)
        ),
        "qualities_rest": max(0, len(states) - MOST), "rules": rules, "months": months, "lines": draw_lines(months),
        "whole": total_quality(states, rules, words.lang), **credit_rules(words.lang),
    }  # fmt: skip


def credit_rules(lang: Lang) -> dict[str, str]:
    """Where the rules are from, as their licence asks that it be said."""
    return {"rules_source": SOURCE, "rules_credit": CREDIT.get(lang)}
