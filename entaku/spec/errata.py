"""What is known to be wrong in a table's source, as its owner writes it: columns that exist, one thing done, and a guard."""

from collections.abc import Iterator

from entaku.formats.dates import is_day
from entaku.model.errata import Erratum
from entaku.model.grammar import Resource
from entaku.model.hints import hint
from entaku.model.nouns import Finding, Place
from entaku.spec.yaml import Document, Path


def check_errata(resource: Resource, document: Document, path: Path) -> Iterator[Finding]:
    """Yield findings about the errata of the resource at `path`."""
    columns = [field.name for field in resource.schema.fields]
    names = [one.name for one in resource.errata]
    for n, erratum in enumerate(resource.errata):
        own = (*path, "errata", n)
        if erratum.name in names[:n]:
            yield Finding("duplicate-name", "error", _at(document, (*own, "name")), erratum.name)
        yield from _check_one(erratum, columns, document, own)


def _check_one(erratum: Erratum, columns: list[str], document: Document, path: Path) -> Iterator[Finding]:
    lists = (("left", erratum.left), ("empty", erratum.empty))
    named = [(name, (key, name)) for key in ("match", "was", "set") for name in getattr(erratum, key)]
    every: list[tuple[str, Path]] = [*named, *((name, (key,)) for key, listed in lists for name in listed)]
    for name, rest in every:
        if name not in columns:
            yield Finding("unknown-column", "error", _at(document, (*path, *rest)), name, hint(name, columns))
    if sum(map(bool, (erratum.left, erratum.set, erratum.empty))) != 1:
        yield Finding("one-of", "error", _at(document, path), erratum.name, {"allowed": "left, set, empty"})
    if erratum.since and not is_day(erratum.since):
        yield Finding("no-such-day", "error", _at(document, (*path, "since")), erratum.since)
    guards = {*erratum.was, *(() if erratum.any else erratum.match)}
    for column in erratum.right:
        if column in columns and column not in guards:
            args = {"column": column}
            yield Finding("erratum-unguarded", "error", _at(document, path), erratum.name, args)


def _at(document: Document, path: Path) -> Place:
    return Place(document.file, document.line(path))
