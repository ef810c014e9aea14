"""Why the rows of a table can't be in parts, at the line of the YAML that asks for them."""

from collections.abc import Iterator, Mapping, Sequence

from entaku.model.nouns import Finding, Place, Spec
from entaku.model.parts import MOST_PARTS
from entaku.release import write
from entaku.table import whole as whole_tables


def find_part_faults(
    spec: Spec, wholes: Sequence[whole_tables.Whole], cutters: Mapping[str, write.Cutter]
) -> Iterator[Finding]:
    """Yield what was found of the values by which the rows of tables are cut, by the names of these."""
    for n, whole in enumerate(wholes):
        plan, cutter = whole.resource.partition, cutters.get(whole.resource.name)
        if plan is None or cutter is None:
            continue
        for code, (value, row) in cutter.faults.items():
            key = "each" if code == "partition-many" and plan.each else "by"
            line = spec.lines.get(("resources", n, "partition", key))
            source = whole.place(row, plan.by)
            where = " ".join(filter(None, (source.file, source.sheet, f"({source.row})" if source.row else "")))
            args = {"column": plan.by, "where": where, "most": f"{MOST_PARTS:,}"}
            yield Finding(code, "error", Place(file=spec.file, line=line), value, args)
