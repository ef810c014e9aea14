"""Versions that go by `keep` of a dataset's YAML when newer ones have come: their files leave the store and the site, a
tombstone stays, and so do the source files that they were made from."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from entaku.formats.text import show_size
from entaku.model.files import MANIFEST
from entaku.model.hints import hint
from entaku.model.keeping import KeepRule
from entaku.model.ledgers import GoneFile, Tombstone
from entaku.model.nouns import Finding, Place, Spec
from entaku.model.words import Text
from entaku.store import Store, disk
from entaku.work.manifests import read_manifest

MUCH = 1 << 30
"""Bytes that the versions of a year may take before their owner is told of `keep`."""
LEAST_DAYS = 14
"""Days of a history from which a year is foretold."""
SHOWN = 12
"""Versions that a finding names."""
REASON = Text(ja="保存期間が過ぎたため", en="kept for its time")


def find_day(version: str) -> date:
    """Return the day of a version: `2026.06.29.2` -> 2026-06-29."""
    year, month, day = map(int, version.split(".")[:3])
    return date(year, month, day)


def choose_expired(versions: Sequence[str], rule: KeepRule, cited: Collection[str]) -> tuple[str, ...]:
    """Choose the versions that `rule` lets go, of all in their order; none without periods.

    The newest stays, and so do those that are `cited` and those that the rule names.
    """
    rules = list(rule.list_rules())
    if not rules:
        return ()
    stay = {*versions[-1:], *cited, *rule.always}
    for kind, most in rules:
        last = list({find_period(version, kind): version for version in versions}.values())
        stay.update(last if most is None else last[-most:])
    return tuple(version for version in versions if version not in stay)


def find_period(version: str, kind: str) -> tuple[int, ...]:
    """Return the day, week, month or year that a version is of."""
    day = find_day(version)
    week = day.isocalendar()
    return {
        "daily": (day.year, day.month, day.day),
        "weekly": (week.year, week.week),
        "monthly": (day.year, day.month),
        "yearly": (day.year,),
    }[kind]


def apply_keep(store: Store, spec: Spec, now: datetime, only_check: bool) -> tuple[Finding, ...]:
    """Let go what `keep` lets go of a dataset, or with `only_check` say what would go; without `keep` tell an owner whose
    versions grow by more than MUCH a year.  Raises Refused (store-broken, cannot-write)."""
    pipeline, name = spec.pipeline, spec.pipeline.name
    versions = store.history(name).versions
    place = Place(file=spec.file, line=spec.lines.get(("keep",)))
    if not any(pipeline.keep.list_rules()):
        yearly = 0 if only_check or ("keep",) in spec.lines else foretell_year(store, name, versions)
        args = {"size": show_size(yearly)}
        return (Finding("versions-grow", "notice", Place(file=spec.file), name, args),) if yearly > MUCH else ()
    unknown = [version for version in pipeline.keep.always if version not in versions]
    told = [Finding("keep-unmatched", "warning", place, version, hint(version, versions)) for version in unknown]
    gone = choose_expired(versions, pipeline.keep, pipeline.doi.versions.keys())
    if gone:
        size = sum(disk.size_of(store.release_path(name, version)) for version in gone)
        shown = ", ".join(gone[:SHOWN]) + (" …" if len(gone) > SHOWN else "")
        args = {"count": str(len(gone)), "size": show_size(size), "rule": pipeline.keep.show()}
        code = "versions-to-go" if only_check else "versions-gone"
        told.append(Finding(code, "notice", place, shown, args))
        if not only_check:
            store.let_go(name, [make_tombstone(store, spec, version, now) for version in gone])
    return tuple(told)


def make_tombstone(store: Store, spec: Spec, version: str, now: datetime) -> Tombstone:
    """Return what stands in the place of a version that goes; the hash of its manifest.json proves its other files."""
    name = spec.pipeline.name
    manifest = store.release_path(name, version) / MANIFEST
    with disk.telling(manifest, "store-broken"):
        file = GoneFile(f"{version}/{MANIFEST}", disk.size_of(manifest), disk.hash_file(manifest))
    return Tombstone(
        dataset=str(read_manifest(store, name, version).get("dataset", name)), title=spec.pipeline.title, version=version,
        when=now.strftime("%Y-%m-%dT%H:%M:%SZ"), reason=REASON, by=spec.pipeline.publisher, files=(file,),
        rule=spec.pipeline.keep.show(),
    )  # fmt: skip


def foretell_year(store: Store, name: str, versions: Sequence[str]) -> int:
    """Return how many bytes a year's versions take if they go on coming as in the last one; 0 if that isn't known yet."""
    if not versions:
        return 0
    last = find_day(versions[-1])
    recent = [version for version in versions if (last - find_day(version)).days < 365]
    days = (last - find_day(recent[0])).days
    if days < LEAST_DAYS:
        return 0
    newest, before = (store.release_path(name, version) for version in (versions[-1], versions[-2]))
    return disk.size_once(newest, before) * (len(recent) - 1) * 365 // days
