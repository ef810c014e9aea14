"""A table whose headings are those of a standard dataset → its plan with the standard's columns, and back."""

from collections.abc import Sequence
from dataclasses import replace

from entaku.draft.names import tell_names_apart
from entaku.draft.plan import ColumnPlan, Question, TablePlan
from entaku.model.hints import fold
from entaku.model.messages import say_what
from entaku.model.nouns import Finding
from entaku.model.standards import Standard, StandardColumn, suggest_standard

_TEXT = {
    "type": "string", "to": "", "order": "", "serial": False, "missing": (), "words": (), "flags": (), "suffix": "",
    "unit": "", "format": "", "marks": (), "about": ("", ""),
}  # fmt: skip


def follow_standard(plan: TablePlan, own: Sequence[Standard] = ()) -> TablePlan:
    """The plan with the columns of the standard dataset that its headings are; itself where they are none's.

    `own`: the standards of the project.
    """
    if plan.standard or plan.melt is not None or plan.sums:
        return plan
    standard = suggest_standard([one.source for one in plan.fields], f"{plan.title} {plan.sheet}", own)
    if standard is None:
        return plan
    matched = _match(plan.fields, standard)
    taken = [column.name for column in standard.columns]
    names = tell_names_apart([*taken, *(one.name for one in plan.fields if one.source not in matched)])[len(taken) :]
    others = iter(names)
    fields = tuple(
        _take(one, matched[one.source]) if one.source in matched else replace(one, name=next(others))
        for one in plan.fields
    )
    named = {old.name: new.name for old, new in zip(plan.fields, fields, strict=True)}
    here = {column.name for column in matched.values()}
    return replace(
        plan, fields=fields, title=plan.title if plan.title not in ("", "表") else standard.title.ja, key=tuple(named.get(name, name) for name in plan.key), standard=standard.title.ja,
        without=tuple(column.title.ja for column in standard.columns if column.name not in here), plainly=plan,
    )  # fmt: skip


def leave_standard(plan: TablePlan, findings: Sequence[Finding] = ()) -> tuple[TablePlan, list[Question]]:
    """The plan as it was without the standard, and what its values broke of it."""
    if plan.plainly is None:
        return plan, []
    broken = "、".join(dict.fromkeys(f"{one.place.column} {say_what(one, 'ja')}".strip() for one in findings[:3]))
    broken_en = ", ".join(dict.fromkeys(f"{one.place.column} {say_what(one, 'en')}".strip() for one in findings[:3]))
    asked = Question(
        key=f"{plan.name}.standard", ja=f"見出しは標準「{plan.standard}」ですが、値が合いません（{broken}）",
        en=f'The headings are those of the standard "{plan.standard}", but not the values ({broken_en})',
        answer="標準と書かない / without the standard",
    )  # fmt: skip
    return replace(plan.plainly, name=plan.name, title=plan.title), [asked]


def _match(fields: Sequence[ColumnPlan], standard: Standard) -> dict[str, StandardColumn]:
    """The standard's column of each heading that is one of its own, the first time that it comes."""
    left = {fold(column.title.ja): column for column in standard.columns}
    return {one.source: left.pop(fold(one.source)) for one in fields if fold(one.source) in left}


def _take(one: ColumnPlan, column: StandardColumn) -> ColumnPlan:
    """A column as the standard has it; its values are parsed where both say that they are numbers or days."""
    same = (one.is_number and column.type in ("integer", "number")) or (one.to == "date" and column.type == "date")
    named = replace(one, name=column.name, label=column.title.ja, en=column.title.en, of_standard=True)
    return replace(named, type=column.type) if same else replace(named, **_TEXT)  # type: ignore[arg-type]
