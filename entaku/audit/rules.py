"""Raw bytes → a ruling for each of the 30 rules of 「行政データにおける機械可読性に関するルール」; pure.

A rule is a small function of a `Look` and a row in a dict: `rules_one`, `rules_two`, `rules_three`.  Their words and
weights are in `rulebook`, what is decided otherwise than by the agency's own checker is in docs/quality.md.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO

from entaku.audit import rules_one, rules_three, rules_two
from entaku.audit.rulebook import RULES, Judgement, Ruling
from entaku.audit.rules_book import Found, undecided
from entaku.audit.rules_known import Known, Look
from entaku.audit.rules_open import MOST_BYTES, find_kind, open_book

JUDGES: Mapping[str, Callable[[Look], Found]] = {**rules_one.LEVEL, **rules_two.LEVEL, **rules_three.LEVEL}
"""By rule, what decides it."""


def judge(name: str, body: bytes, known: Known | None = None) -> Judgement:
    """What every rule says of a raw file.  `name`: its URL or path; `known`: the spec that reads it."""
    known = known or Known()
    look = Look(open_book(name, body, known.wants), known)
    unread = "" if look.tables else "not-read" if not look.book.grids else "no-table"
    rulings = [
        _rule(rule, judge_rule(look) if rule == "L1-01" or not unread else undecided(unread))
        for rule, judge_rule in JUDGES.items()
    ]
    rows = sum(len(grid.rows) for grid in look.book.grids)
    whole = all(grid.whole for grid in look.book.grids) and not look.book.more
    return Judgement(tuple(rulings), rows, whole, look.headings)


def judge_file(name: str, file: BinaryIO, known: Known | None = None) -> Judgement:
    """What every rule says of a raw file that is open at its beginning; of a long CSV only the beginning is read."""
    head = file.read(MOST_BYTES + 1)
    rest = b"" if find_kind(name, head) in ("csv", "tsv") else file.read()
    return judge(name, head + rest if rest else head, known)


def judge_series(judgements: Sequence[Judgement]) -> Ruling:
    """L3-07, on several files of one table, oldest first: the sheets that they have in common keep their columns."""
    common = set.intersection(*(set(each.headings) for each in judgements)) if judgements else set()
    if not common and judgements and all(len(each.headings) == 1 for each in judgements):
        found = rules_three.compare_forms([next(iter(each.headings.values())) for each in judgements])
    else:
        every = [rules_three.compare_forms([each.headings[sheet] for each in judgements]) for sheet in sorted(common)]
        found = max(every, key=lambda one: one.count, default=rules_three.compare_forms([]))
    return _rule("L3-07", found)


def _rule(rule: str, found: Found) -> Ruling:
    weight = found.weight or RULES[rule].weight
    return Ruling(rule, found.state, weight, found.count, found.places, found.why)
