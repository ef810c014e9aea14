"""What the next release would break of what the current one promises: held until it was announced, and its day has
come."""

from collections.abc import Iterator
from datetime import date, timedelta

from entaku.model.changes import StructureChange, tell_structure
from entaku.model.grammar import Office, Resource
from entaku.model.nouns import Finding, History, Place, Severity, Spec
from entaku.model.promises import covers, list_concerned
from entaku.model.words import LOCAL_ADDRESS
from entaku.release import diff
from entaku.store import Store
from entaku.work.releases import load_one

NOTICE_DAYS = 30
"""Days from now to the day that is proposed for a change."""

Broken = tuple[str, StructureChange]
"""A table, and what of it changes."""


def find_broken(store: Store, office: Office, spec: Spec, history: History, today: date) -> Iterator[Finding]:
    """Yield an error (breaking-change) for changes that weren't announced, or else a warning (breaking-waits) before
    their day.

    A release of samples promises nothing.  A catalogue that has no address yet has no readers: there it is a warning.
    """
    if not history.versions:
        return
    release = load_one(store, spec.pipeline.name, history.versions[-1], whole=False)
    if "sample" in release.served:
        return
    broken = list(list_breaks({table.name: table.resource for table in release.resources}, spec))
    announced = spec.pipeline.breaking
    bare = [each for each in broken if announced is None or not covers(announced, *each)]
    if bare:
        severity: Severity = "warning" if office.base_url == LOCAL_ADDRESS else "error"
        args = {**_tell(bare), "lines": _write_lines(bare, today), "day": today.isoformat()}
        yield Finding("breaking-change", severity, _place(spec, bare), _name(bare), args)
    elif broken and announced is not None and announced.from_ > today.isoformat():
        args = {**_tell(broken), "day": announced.from_, "version": release.version}
        yield Finding("breaking-waits", "warning", _place(spec, broken), _name(broken), args)


def list_breaks(before: dict[str, Resource], spec: Spec) -> Iterator[Broken]:
    """Yield what a spec would break of released tables."""
    after = {resource.name: resource for resource in spec.pipeline.resources}
    for name, old in before.items():
        yield from ((name, one) for one in diff.compare_structure(old, after.get(name)) if one.breaks)


def _place(spec: Spec, broken: list[Broken]) -> Place:
    """Return the line of the announcement, or of the schema of the first table that breaks."""
    names = [resource.name for resource in spec.pipeline.resources]
    paths: list[tuple[str | int, ...]] = [("breaking",)]
    paths += [("resources", names.index(table), "schema") for table, _ in broken[:1] if table in names]
    return Place(spec.file, next((spec.lines[path] for path in (*paths, ("resources",)) if path in spec.lines), None))


def _name(broken: list[Broken]) -> str:
    listed = [name for each in broken for names in list_concerned(*each) for name in names]
    return ", ".join(dict.fromkeys(listed))


def _tell(broken: list[Broken]) -> dict[str, str]:
    told = [(table, tell_structure(one)) for table, one in broken]
    return {
        "what_ja": "、".join(f"{table}: {words.ja}" for table, words in told),
        "what_en": "; ".join(f"{table}: {words.en}" for table, words in told),
    }


def _write_lines(broken: list[Broken], today: date) -> str:
    """Return the line of YAML that announces changes."""
    concerned = [list_concerned(*each) for each in broken]
    kinds = ("columns", "tables")
    named = [(kind, dict.fromkeys(name for each in concerned for name in each[at])) for at, kind in enumerate(kinds)]
    listed = "".join(f", {kind}: [{', '.join(names)}]" for kind, names in named if names)
    return f"breaking: {{from: {today + timedelta(days=NOTICE_DAYS)}, why: {{ja: 理由, en: reason}}{listed}}}"
