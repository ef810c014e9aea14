"""What raw files hold: whether the site may offer them, and rulings by the rules of machine-readability; each file once.

Judged are the newest file of each table of the current release and of some earlier ones, and some files across a table
of many files, to compare their columns.  Judgements are cached by content.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

from entaku.audit import raws as whole_files
from entaku.audit import rulebook, rules
from entaku.catalogue import places
from entaku.formats.limits import OutOfTimeError, bounded
from entaku.model.grammar import Office, Pipeline, Resource
from entaku.model.messages import MASK, UNSEEN, read_finding, show_finding
from entaku.model.nouns import EPOCH, Catalogue, Finding, Place, Raw, Refused, Release
from entaku.model.patterns import SlowPatternError
from entaku.store import site as sites
from entaku.table import steps as kinds
from entaku.work.outcome import Blame
from entaku.work.setting import Setting, Workplace

PAST = 12
"""Releases whose newest files are judged."""
ACROSS = 5
"""Files of a table that are compared with one another."""
SECONDS = 60
"""Time limit for one file."""


# ---- what the site may offer ------------------------------------------------------------------------------------


def keep_back(setting: Workplace, office: Office, release: Sources) -> Mapping[str, tuple[Finding, ...]]:
    """Find the source files of a release that the site would offer and that hold what must not be public, by SHA-256.

    What `source.allow` names doesn't count.  A file is screened once, whatever version it belongs to.
    """
    kept: dict[str, tuple[Finding, ...]] = {}
    withdrawn = setting.store.withdrawn_raws(release.dataset)
    for raw, allow in places.list_wanted_raws(office, release.pipeline, release.resources):
        if raw.sha256 in withdrawn:
            continue
        found = [one for one in _screen(setting, release.dataset, raw) if not _is_allowed(one, allow)]
        if found:
            kept[raw.sha256] = tuple(_tell_kept(raw, found))
    return kept


def _screen(setting: Workplace, dataset: str, raw: Raw) -> tuple[Finding, ...]:
    key = hashlib.sha256(f"screened {EPOCH} {raw.sha256}".encode()).hexdigest()
    body = setting.cache.get(key)
    if body is None:
        try:
            with setting.store.open_raw(dataset, raw.sha256) as file:
                found = whole_files.screen_raw(file)
        except Refused as refused:
            store = setting.store
            if raw.sha256 in store.absent_raws(dataset):
                why = {"why": "控えがありません / it is not archived"}
                return (Finding("not-examined", args=why),)
            if not isinstance(store, sites.KeptStore) or store.kept.get(dataset) is None:
                raise
            return (refused.finding,)  # the site doesn't offer it
        body = json.dumps([show_finding(one) for one in found], ensure_ascii=False).encode("utf-8", "backslashreplace")
        setting.cache.put(key, body)
    return tuple(map(read_finding, json.loads(body)))


def _is_allowed(found: Finding, allow: Mapping[str, str]) -> bool:
    place = found.place
    names = (place.sheet, place.sheet.rpartition("/")[2], place.column, found.value)
    return any(key in allow for key in (found.code, *(f"{found.code}/{name}" for name in names if name)))


def _tell_kept(raw: Raw, found: Sequence[Finding]) -> Iterator[Finding]:
    """Yield a warning for each kind of leak, at the first of them; where it is, is not for readers of the site."""
    first = {one.code: one for one in reversed(found)}
    for code, one in sorted(first.items()):
        every = [each for each in found if each.code == code]
        numbers = [int(each.args.get("count", "1").replace(",", "")) for each in every]
        args = {"kind": code, "count": f"{sum(numbers):,}", UNSEEN: "sheet column"}
        args |= {"why": one.args["why"]} if "why" in one.args else {}
        where = replace(one.place, file=raw.url)
        yield Finding("raw-unseen" if code == "not-examined" else "raw-kept", "warning", where, args=args)


def judge_catalogue(setting: Setting, catalogue: Catalogue) -> Mapping[str, rulebook.Judged]:
    """Judge each released dataset's raw files; return the rulings by dataset, unpacked on access.  Raises Faulty for
    those whose files can't be read just now."""
    bodies, blame = dict[str, bytes](), Blame()
    for dataset in catalogue.datasets:
        name = dataset.spec.pipeline.name
        with blame.on(name):
            if dataset.releases:
                bodies[name] = zlib.compress(judge_releases(setting, name, dataset.releases), 1)
    blame.settle()
    return PackedJudgements(bodies)


class PackedJudgements(rulebook.Judgements):
    """Judgements by dataset, compressed: the places of very many datasets would fill the memory."""

    def __init__(self, bodies: Mapping[str, bytes]) -> None:
        self.bodies = bodies

    def __getitem__(self, name: str) -> rulebook.Judged:
        return read_judged(json.loads(zlib.decompress(self.bodies[name])))

    def __contains__(self, name: object) -> bool:
        return name in self.bodies

    def digest(self, name: str) -> str:
        """Return the digest of the rulings on a dataset; "" without any."""
        return hashlib.sha256(self.bodies[name]).hexdigest() if name in self.bodies else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self.bodies)

    def __len__(self) -> int:
        return len(self.bodies)


def judge_releases(setting: Workplace, name: str, releases: Sequence[Release]) -> bytes:
    """Judge the releases of one dataset and return the rulings as JSON for `read_judged`."""
    recent = releases[-PAST:]
    key = make_key("judged", [[release.version, release.key] for release in recent], name)
    kept = setting.cache.get(key)
    if kept is not None:
        return kept
    judges = _Judges(setting, name)
    past = tuple(_sum_up(judges, release) for release in recent)
    judged = replace(judge_release(setting, recent[-1], judges), past=past)
    body = write_json(judged)
    if not judges.lost:
        setting.cache.put(key, body)
    return body


class TableSources(Protocol):
    """A table and its raw files."""

    @property
    def name(self) -> str: ...
    @property
    def resource(self) -> Resource: ...
    @property
    def raws(self) -> tuple[Raw, ...]: ...


class Sources(Protocol):
    """A dataset's tables and their raw files: of a release or a candidate for one."""

    @property
    def dataset(self) -> str: ...
    @property
    def pipeline(self) -> Pipeline: ...
    @property
    def resources(self) -> Sequence[TableSources]: ...


@dataclass(frozen=True)
class TableRaws:
    """A checked table's raw files."""

    name: str
    resource: Resource
    raws: tuple[Raw, ...]


@dataclass(frozen=True)
class DatasetRaws:
    """The raw files of a dataset that was checked but not released."""

    dataset: str
    pipeline: Pipeline
    resources: tuple[TableRaws, ...]


def judge_release(setting: Workplace, release: Sources, judges: _Judges | None = None) -> rulebook.Judged:
    """Judge the newest file of each table of one release; `judges` have judged some already."""
    judges = judges or _Judges(setting, release.dataset)
    newest = [(raw, tables, judges.judge(raw, release)) for raw, tables in list_newest(release)]
    return rulebook.Judged(
        files=tuple(
            rulebook.JudgedFile(raw.url, raw.sha256, tables, made.rulings, made.rows, made.whole)
            for raw, tables, made in newest
        ),
        series=_judge_series(judges, release),
        raws=len({raw.sha256 for table in release.resources for raw in table.raws}),
        looked=judges.looked_at(release),
    )


def list_newest(release: Sources) -> list[tuple[Raw, tuple[str, ...]]]:
    """List the newest raw file of each table, each once, with the tables made from it."""
    tables: dict[str, list[str]] = {}
    raws: dict[str, Raw] = {}
    for table in release.resources:
        if table.raws:
            newest = table.raws[-1]
            raws[newest.sha256] = newest
            tables.setdefault(newest.sha256, []).append(table.name)
    return [(raws[sha256], tuple(names)) for sha256, names in tables.items()]


def choose_across(table: TableSources) -> list[Raw]:
    """Choose the newest of a table's files and evenly spaced others that differ from it only in time; oldest first."""
    if not table.raws:
        return []
    newest = _without_time(table.raws[-1])
    alike = list({raw.sha256: raw for raw in table.raws if _without_time(raw) == newest}.values())
    step = (len(alike) - 1) / (ACROSS - 1)
    return alike if len(alike) <= ACROSS else [alike[round(n * step)] for n in range(ACROSS)]


TIME = re.compile(r"date|day|week|month|quarter|year|term|period|nendo|fiscal")
TIME_VALUE = re.compile(r"(19|20)\d{2}([-/.]?\d{2}){0,2}|([MTSHR]\d{1,2})+")


def _without_time(raw: Raw) -> tuple[str, ...]:
    """Return a file's identity apart from time: its `for` values other than those of time, or its URL."""
    if not raw.values:
        return (raw.url,)
    return tuple(
        value for name, value in sorted(raw.values.items()) if not (TIME.search(name) or TIME_VALUE.fullmatch(value))
    )


def _judge_series(judges: _Judges, release: Sources) -> rulebook.Ruling | None:
    """Rule on L3-07 for the table that keeps it least; None if no table has two files."""
    found = []
    for table in release.resources:
        across = choose_across(table)
        if len(across) > 1:
            found.append(rules.judge_series([judges.judge(raw, release) for raw in across]))
    decided = [one for one in found if one.state in ("passed", "failed")]
    return max(decided, key=lambda one: one.count, default=None)


def _sum_up(judges: _Judges, release: Release) -> rulebook.Past:
    made = [judges.judge(raw, release).rulings for raw, _ in list_newest(release)]
    broken = {one.rule for rulings in made for one in rulings if one.state == "failed"}
    return rulebook.Past(
        release.version, rulebook.score_files(made), tuple(rule for rule in rulebook.RULES if rule in broken)
    )


class _Judges:
    """Judge of one dataset's raw files, each once."""

    def __init__(self, setting: Workplace, dataset: str) -> None:
        self.setting = setting
        self.dataset = dataset
        self.made: dict[str, rulebook.Judgement] = {}
        self.lost = False
        """Whether any file is gone or changed, so that nothing said of it is kept for the day it is there again."""

    def judge(self, raw: Raw, release: Sources) -> rulebook.Judgement:
        """Judge a file by the rules, with what the release's spec declares of it."""
        readers = tuple(
            table.resource for table in release.resources if any(each.sha256 == raw.sha256 for each in table.raws)
        )
        key = make_key(
            "ruled", raw.sha256, raw.url, repr(readers), repr((release.pipeline.description, release.pipeline.notes))
        )
        if key not in self.made:
            kept = self.setting.cache.get(key)
            if kept is None:
                known = rules.know(release.pipeline, readers)
                try:
                    with bounded(SECONDS), self.setting.store.open_raw(self.dataset, raw.sha256) as file:
                        made = _conceal(rules.judge_file(raw.url, file, known), readers)
                except (OutOfTimeError, SlowPatternError):
                    made = abstain("too-slow")
                except Refused as refused:
                    if refused.finding.code == "store-broken":  # a disk that fails for a moment
                        raise
                    self.lost = True
                    self.made[key] = abstain("not-there")
                    return self.made[key]
                kept = write_json(made)
                self.setting.cache.put(key, kept)
                self.setting.progress(self.dataset, len(self.made) + 1, len(self.made) + 1)
            self.made[key] = read_judgement(json.loads(kept))
        return self.made[key]

    def looked_at(self, release: Sources) -> int:
        """Count the files of a release that are examined."""
        across = {
            raw.sha256 for table in release.resources for raw in choose_across(table)[-ACROSS:] if len(table.raws) > 1
        }
        return len(across | {raw.sha256 for raw, _ in list_newest(release)})


def _conceal(made: rulebook.Judgement, readers: Iterable[Resource]) -> rulebook.Judgement:
    """Return a judgement that doesn't name columns which the tables leave out; an earlier release doesn't say which."""
    steps = [(step.name, step.options) for one in readers for step in one.tidy]
    if not any(name == "drop_columns" for name, _ in steps):
        return made
    dropped, said = kinds.list_dropped(steps), repr([(one.tidy, one.schema) for one in readers])

    def mask(place: Place) -> Place:
        return replace(place, column=MASK) if place.column in dropped or place.column not in said else place

    rulings = [replace(ruling, places=tuple(map(mask, ruling.places))) for ruling in made.rulings]
    return replace(made, rulings=tuple(rulings))


def abstain(why: str) -> rulebook.Judgement:
    """Return rulings "undecided" on a file that could not be examined."""
    return rulebook.Judgement(
        tuple(rulebook.Ruling(name, "undecided", rule.weight, why=why) for name, rule in rulebook.RULES.items()),
        0,
        False,
    )


def make_key(*of: object) -> str:
    """Make the cache key of a result made from `of` by the current version of the rules."""
    return hashlib.sha256(
        json.dumps([rulebook.RULING, *of], ensure_ascii=False).encode("utf-8", "backslashreplace")
    ).hexdigest()


# ---- to JSON and back -------------------------------------------------------------------------------------------


def write_json(judged: rulebook.Judged | rulebook.Judgement) -> bytes:
    """Return rulings as JSON for `read_judged` or `read_judgement`: each dataclass is an object with its fields."""
    shown = json.dumps(judged, default=_list_fields, ensure_ascii=False, sort_keys=True)
    return shown.encode("utf-8", "backslashreplace")


def _list_fields(one: Any) -> dict[str, object]:
    return {each.name: getattr(one, each.name) for each in fields(one)}


def read_judged(shown: Mapping[str, object]) -> rulebook.Judged:
    """Restore a Judged from what `write_json` made of it."""
    files = [
        rulebook.JudgedFile(**{**each, "tables": tuple(each["tables"]), "rulings": _read_rulings(each["rulings"])})
        for each in shown["files"]  # type: ignore[attr-defined]
    ]
    past = [rulebook.Past(each["version"], tuple(each["scores"]), tuple(each["broken"])) for each in shown["past"]]  # type: ignore[attr-defined]
    series = _read_rulings([shown["series"]])[0] if shown["series"] else None  # type: ignore[list-item]
    return rulebook.Judged(tuple(files), series, shown["raws"], shown["looked"], tuple(past))  # type: ignore[arg-type]


def read_judgement(shown: Mapping[str, object]) -> rulebook.Judgement:
    """Restore a Judgement from what `write_json` made of it."""
    headings = {sheet: tuple(names) for sheet, names in shown["headings"].items()}  # type: ignore[attr-defined]
    return rulebook.Judgement(_read_rulings(shown["rulings"]), shown["rows"], shown["whole"], headings)  # type: ignore[arg-type]


def _read_rulings(shown: Iterable[Mapping[str, Sequence[Mapping[str, object]]]]) -> tuple[rulebook.Ruling, ...]:
    return tuple(
        rulebook.Ruling(**{**each, "places": tuple(Place(**place) for place in each["places"])})  # type: ignore[arg-type]
        for each in shown
    )
