"""The next release × earlier ones → what is unusual of it: told, warned of, or holding it until its owner has looked.

`KINDS` is the table of kinds: a function that measures, and the sizes above which an anomaly is told, warned of, or
holds the release.  What is compared are figures that every release keeps; of the next one also its periods.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from entaku.model.anomalies import AcceptedAnomaly, Anomalies, AnomalyName, Tiers, find_tier
from entaku.model.nouns import Checked, Finding, Place, Severity, Spec
from entaku.model.revisions import Why
from entaku.release import anomaly_columns as columns
from entaku.release import anomaly_tables as tables
from entaku.release.compared import Compared
from entaku.release.compared import Figures as Figures
from entaku.release.compared import Odd as Odd
from entaku.release.losses import Former, mark_raws

EMPTY = "no-rows-left"
ROWS = 3
"""Rows that a finding names."""


@dataclass(frozen=True)
class AnomalyKind:
    """A kind of anomaly."""

    find: Callable[[Compared], Iterator[Odd]]
    tiers: Tiers
    """Where its owner says nothing."""


KINDS: Mapping[AnomalyName, AnomalyKind] = {
    "rows-lost": AnomalyKind(tables.find_lost_rows, Tiers(warn=0.2, hold=0.5)),
    "rows-jumped": AnomalyKind(tables.find_jumped_rows, Tiers(tell=2, warn=3, hold=10)),
    "cells-emptied": AnomalyKind(columns.find_emptied, Tiers(tell=0.1, warn=0.2, hold=0.5)),
    "values-drifted": AnomalyKind(columns.find_drifted, Tiers(tell=1, warn=2)),
    "values-shifted": AnomalyKind(columns.find_shifted, Tiers(hold=5)),
    "signs-flipped": AnomalyKind(columns.find_flipped, Tiers(tell=0.04, warn=0.2, hold=0.45)),
    "values-constant": AnomalyKind(columns.find_constant, Tiers(hold=6)),
    "categories-lost": AnomalyKind(columns.find_lost_categories, Tiers(warn=0.1, hold=0.5)),
    "categories-new": AnomalyKind(columns.find_new_categories, Tiers(tell=0.1, warn=0.3)),
    "codes-cut": AnomalyKind(columns.find_cut_codes, Tiers(warn=0, hold=0.05)),
    "texts-drifted": AnomalyKind(columns.find_drifted_texts, Tiers(tell=2, warn=3)),
    "dates-far": AnomalyKind(columns.find_far_dates, Tiers(tell=3, warn=5, hold=20)),
    "period-twice": AnomalyKind(tables.find_twice, Tiers(hold=0)),
    "period-missing": AnomalyKind(tables.find_missing, Tiers(warn=0)),
    "copy-stale": AnomalyKind(tables.find_copy, Tiers(warn=4, hold=7)),
}

OF_PERIODS: tuple[AnomalyName, ...] = (
    "cells-emptied", "values-drifted", "values-shifted", "signs-flipped", "values-constant", "categories-lost",
    "categories-new", "codes-cut", "texts-drifted",
)  # fmt: skip
"""Kinds that are looked for in each new period, too, where a table keeps the earlier ones."""
CODES = frozenset((*KINDS, EMPTY, "period-rows-twice"))
"""Codes of findings on anomalies."""

Look = Callable[[str, Odd], tuple[Sequence[int], Place]]
"""Returns the numbers (from 1) of the first rows of a table that show an anomaly, and the first's place."""


@dataclass(frozen=True)
class Anomaly:
    """An anomaly of the next release, as it is told."""

    finding: Finding
    accepted: Why | None = None
    """That its owner let it through, and why."""


def find_anomalies(spec: Spec, checked: Sequence[Checked], former: Former, look: Look) -> Iterator[Anomaly]:
    """Yield what is unusual of the tables of the next release.

    Tables of real bytes are not compared with those of samples.  Of the current release's files its owner knows what
    they hold: what another YAML makes of them is warned of at most.
    """
    for each in checked:
        name, past = each.resource.name, former.past.get(each.resource.name, ())
        kinds = {raw.served == "sample" for raw in each.raws}
        if not past or len(kinds) > 1:
            continue
        new = _read_figures(each)
        past = [figures for figures in past if figures.sample in kinds][-spec.pipeline.anomalies.releases :]
        if not past or past[-1] is not former.past[name][-1]:
            continue
        known = {raw.sha256 for raw in former.raws.get(name, ())}
        own = {raw.sha256 for raw in each.raws} <= known and spec.digest != former.spec
        for odd in measure(Compared(each.resource, new, past)):
            yield from _tell(_Told(spec, each, own, look), odd)


def _read_figures(each: Checked) -> Figures:
    written = each.written
    return Figures(written.rows, {one.name: one for one in written.profile}, periods=written.periods)


def measure(table: Compared) -> Iterator[Odd]:
    """Yield what is unusual of a table, and of its new periods beside those before, of whatever size; an empty one lacks
    rows and nothing else."""
    told = set[tuple[str, str]]()
    for name, kind in KINDS.items():
        if name == "rows-lost" or (table.new.rows and table.last.rows):
            for odd in kind.find(table):
                if find_tier(Anomalies(), name, kind.tiers, "", odd.size) != "ignore":
                    told.add((odd.kind, odd.column))
                yield odd
    for part, period in tables.split_periods(table):
        for name in OF_PERIODS:
            for odd in KINDS[name].find(part):
                if (odd.kind, odd.column) not in told:
                    told.add((odd.kind, odd.column))
                    yield replace(odd, period=period)


@dataclass(frozen=True)
class _Told:
    """What is needed to tell an anomaly of a table."""

    spec: Spec
    table: Checked
    own: bool
    """Whether it comes of a change of the YAML."""
    look: Look


_SEVERITIES: Mapping[str, Severity] = {"hold": "error", "warn": "warning", "tell": "notice"}


def _tell(told: _Told, odd: Odd) -> Iterator[Anomaly]:
    table, anomalies = told.table.resource, told.spec.pipeline.anomalies
    usual = KINDS[odd.kind].tiers
    if odd.kind == "rows-lost" and table.expect.rows.keep is not None:
        usual = Tiers(hold=1 - table.expect.rows.keep)
    tier = find_tier(anomalies, odd.kind, usual, odd.column, odd.size)
    mark = mark_raws(told.table.raws)
    if tier == "ignore" or (odd.kind == "rows-lost" and odd.code != EMPTY and mark in table.expect.accept):
        return
    severity = _SEVERITIES[tier]
    if told.own and severity == "error" and odd.code != EMPTY:
        severity = "warning"
    place = Place(told.spec.file, _find_line(told.spec, table.name))
    rows: Sequence[int] = ()
    if odd.shows is not None:
        rows, found = told.look(table.name, odd)
        place = found if rows else place
    letting = next((one for one in anomalies.accept if _covers(one, mark, odd)), None)
    args = {
        **odd.args,
        "table": f"{table.name} {odd.period[1]}".strip(),
        "old": odd.old,
        "new": odd.new,
        **_name_rows(rows),
    }
    args |= _say_next(odd, severity, mark, letting)
    shown = odd.column or table.name
    if letting is None:
        yield Anomaly(Finding(odd.code or odd.kind, severity, place, shown, args))
        return
    where = f"{table.name}.{odd.column}".rstrip(".")
    why = Why("accepted", (odd.kind, where), letting.why) if severity == "error" else None
    yield Anomaly(Finding(odd.code or odd.kind, "notice", place, shown, args), why)


def _covers(letting: AcceptedAnomaly, mark: str, odd: Odd) -> bool:
    return (
        letting.files == mark and odd.kind in letting.kinds and (not letting.columns or odd.column in letting.columns)
    )


def _find_line(spec: Spec, name: str) -> int | None:
    place = ("resources", [resource.name for resource in spec.pipeline.resources].index(name))
    return spec.lines.get((*place, "expect"), spec.lines.get(place))


def _name_rows(rows: Sequence[int]) -> dict[str, str]:
    listed = [f"{row:,}" for row in rows[:ROWS]]
    if not listed:
        return {"rows_ja": "", "rows_en": ""}
    more = len(rows) > ROWS
    return {
        "rows_ja": f"（行 {'、'.join(listed)}{' など' if more else ''}）",
        "rows_en": f" (row{'s' if len(listed) > 1 else ''} {', '.join(listed)}{' and more' if more else ''})",
    }


def _say_next(odd: Odd, severity: Severity, mark: str, letting: AcceptedAnomaly | None) -> dict[str, str]:
    """Return what its owner can do if it is right."""
    if letting is not None:
        return {
            "todo_ja": f"確かめて公開しました（{letting.why.get('ja')}）。",
            "todo_en": f"It was looked into and published ({letting.why.get('en')}).",
        }
    if severity != "error":
        return {
            "todo_ja": "正しければ、することはありません。", "todo_en": "If it is right, nothing needs to be done."
        }  # fmt: skip
    named = f", columns: {odd.column}" if odd.column else ""
    line = f'{{files: "{mark}", kinds: [{odd.kind}]{named}, why: {{ja: 理由, en: reason}}}}'
    return {
        "todo_ja": f"正しければ、YAML の anomalies の accept に次の一つを書くと、このファイルに限り公開します：- {line}",
        "todo_en": "If it is right, add this to accept of anomalies in the YAML, which publishes these files alone: "
        f"- {line}",
    }
