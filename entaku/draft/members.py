"""A zip of several tables → one plan of them all: a table for each file, one for files that are laid out alike."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from entaku.draft.account import name_place
from entaku.draft.join import join_files
from entaku.draft.names import name_label, tell_names_apart
from entaku.draft.plan import FilePlan, LeftOut, TablePlan
from entaku.model.nouns import Finding, Raw
from entaku.model.standards import Standard
from entaku.table import lookout

Drafted = tuple[FilePlan, tuple[Finding, ...]]


def draft_members(files: lookout.ZipFiles, draft: Callable[[Raw, bytes], Drafted], own: Sequence[Standard]) -> Drafted:
    """The plan of the files of a zip; those without a table are left out and said.  `own`: the standards of the project."""
    raws = [(Raw(name, {}, "file", "", "", len(body)), body) for name, body in files.readable]
    drafted = [(raw, body, *draft(raw, body)) for raw, body in raws]
    findings = tuple(finding for *_, found in drafted for finding in found)
    plans: list[tuple[str, str, FilePlan]] = []
    left = [LeftOut(name, (), (), "表として読まないファイル / a file that isn't read") for name in files.others]
    groups: dict[str, list[tuple[str, FilePlan]]] = {}
    for raw, body, plan, found in drafted:
        if plan.tables:
            groups.setdefault(re.sub("[0-9０-９]+", "0", raw.url), []).append((raw.url, plan))
        elif not found:
            left.append(_leave(raw, body))
    for group in groups.values():
        plans += _join(group, own)
    return _gather(plans, left), findings


def _leave(raw: Raw, body: bytes) -> LeftOut:
    """What a file without a table holds."""
    cells = [
        (name_place(sheet.name, row, at), text)
        for sheet in lookout.read_cells(raw, body).sheets
        for row, texts in sheet.records
        for at, text in enumerate(texts)
        if text.strip()
    ]
    places, texts = tuple(place for place, _ in cells), tuple(text for _, text in cells)
    return LeftOut(raw.url, places, texts, "表のないファイル / a file without a table")


def _join(group: Sequence[tuple[str, FilePlan]], own: Sequence[Standard]) -> list[tuple[str, str, FilePlan]]:
    """What each plan's tables are called after, the member or the pattern of members, and the plan."""
    joined = join_files([name for name, _ in group], [plan for _, plan in group], own)
    if joined is None:
        return [(_stem(name), name, plan) for name, plan in group]
    plan, template, (column, values) = joined
    before, _, after = template.partition(f"{{{column}}}")
    pattern = f"/{re.escape(before)}(?P<{column}>{'|'.join(map(re.escape, values))}){re.escape(after)}/"
    return [(_stem(f"{before}{after}"), pattern, plan)]


def _stem(name: str) -> str:
    return PurePosixPath(name).name.rpartition(".")[0].strip(" _-・") or "table"


def _gather(plans: Sequence[tuple[str, str, FilePlan]], left: Sequence[LeftOut]) -> FilePlan:
    """One plan of several, whose tables have names of their own."""
    tables = [(stem, member, plan, table) for stem, member, plan in plans for table in plan.tables]
    names = tell_names_apart([_name(stem, table, len(plan.tables)) for stem, _, plan, table in tables], "-")
    made = tuple(
        replace(table, name=name, member=member, refers=(), title=stem if table.title in ("", "表") else table.title)
        for (stem, member, _, table), name in zip(tables, names, strict=True)
    )
    renamed = {id(table): name for (_, _, _, table), name in zip(tables, names, strict=True)}
    questions = [
        replace(question, key=question.key.replace(f"{table.name}.", f"{renamed[id(table)]}.", 1))
        for _, _, plan, table in tables
        for question in plan.questions
        if question.key.startswith(f"{table.name}.")
    ]
    cells = [
        replace(one, sheet="/".join(filter(None, (stem, one.sheet)))) for stem, _, plan in plans for one in plan.left
    ]
    return FilePlan(
        tables=made, questions=tuple(questions), left=(*left, *cells),
        notes=tuple(dict.fromkeys(note for _, _, plan in plans for note in plan.notes)),
        unread=tuple((f"{stem} {place}", text) for stem, _, plan in plans for place, text in plan.unread),
        roles={(f"{stem}/{sheet}", spot): role for stem, _, plan in plans for (sheet, spot), role in plan.roles.items()},
    )  # fmt: skip


def _name(stem: str, table: TablePlan, many: int) -> str:
    name = re.sub("[^a-z0-9]+", "-", name_label(stem)).strip("-") or "table"
    return name if many == 1 else f"{name}-{table.name}"
