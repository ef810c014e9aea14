"""What the rows of a table are read from: its own source, that of an earlier table, or several tables one below the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from entaku.model.grammar import Read, Resource, Step
from entaku.model.nouns import Raw, Spec
from entaku.table import parts

TABLE = "table"
"""The column in which `stack` tells the table that a row is of."""


@dataclass(frozen=True)
class Base:
    """A table whose source files are read, and how."""

    resource: Resource
    read: Read | None
    steps: tuple[Step, ...]
    """The steps that take one file at a time."""
    every: tuple[Step, ...]
    """All steps."""
    allow: Mapping[str, str] | None
    """What its workbooks may hold; None where another table looks for that."""

    @property
    def fetched(self) -> str:
        """The column that tells when a file was fetched, or ""."""
        return self.resource.source.fetched if self.resource.source is not None else ""

    def plan(self, raws: Iterable[Raw], spec: Spec) -> list[parts.Work]:
        """Return the work of making a part of each raw file."""
        how = parts.tell_how(self.read, self.steps)
        return [parts.Work(raw, self.read, self.steps, spec.file, self.allow, self.fetched, how) for raw in raws]


def list_bases(spec: Spec, resource: Resource) -> list[Base]:
    """List what a table is read from; several for a `stack`."""
    named = {one.name: one for one in spec.pipeline.resources}
    own = parts.split_steps(resource.tidy)[0]
    if not resource.stack:
        base = named[resource.from_ or resource.name]
        allow = resource.allow if base is resource else None
        return [Base(base, resource.read or base.read, own, resource.tidy, allow)]
    found = []
    for name in resource.stack:
        base = named[name]
        first = (*parts.split_steps(base.tidy)[0], Step(name="constant", options={TABLE: name}, line=0))
        found.append(Base(base, base.read, (*first, *own), (*first, *resource.tidy), None))
    return found


def plan_again(
    spec: Spec, resource: Resource, raws: Sequence[Raw], of: Mapping[str, Sequence[Raw]]
) -> list[parts.Work]:
    """Return the works of a released table again, in the order of its raw files; `of`: the raw files of each table."""
    bases = list_bases(spec, resource)
    if len(bases) == 1:
        return bases[0].plan(raws, spec)
    owners = {(raw.sha256, raw.url): base for base in reversed(bases) for raw in of.get(base.resource.name, ())}
    return [owners.get((raw.sha256, raw.url), bases[0]).plan([raw], spec)[0] for raw in raws]
