"""Plans of several files that are laid out alike → one; a plan that a trial found wrong → one that isn't."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from entaku.draft.plan import ColumnPlan, FilePlan, Question, SumPlan, TablePlan
from entaku.draft.standards import follow_standard, leave_standard
from entaku.draft.titles import join_titles
from entaku.formats.dates import is_day
from entaku.model.nouns import Finding
from entaku.model.standards import Standard

_NUMBERS = ("integer", "number")


def join_files(
    names: Sequence[str], plans: Sequence[FilePlan], own: Sequence[Standard] = ()
) -> tuple[FilePlan, str, tuple[str, tuple[str, ...]]] | None:
    """One plan for files of one layout, the template of their names, and the column and values that fill it.

    None where the files differ in their headings, or their names in more than one place.
    `own`: the standards of the project.
    """
    if len(names) < 2 or any(not _is_like(plans[0], other) for other in plans[1:]):
        return None
    before = _find_common(names)
    day = re.search(r"(?<![0-9])(?:19|20)[0-9]{2}-(?:[0-9]{1,2}(?:-[0-9]?)?)?$", before)
    before = re.sub(r"[0-9０-９]+$|(?<=[^A-Za-z])[RHSTrhst]$", "", before)
    values, after = _find_values(names, before)
    if day is not None and all(map(_is_day, _find_values(names, before[: day.start()])[0])):
        before = before[: day.start()]
        values, after = _find_values(names, before)
    if len(set(values)) < len(values) or not all(values) or any("/" in value for value in values):
        return None
    column = "fiscal_year" if all("年度" in value for value in values) else "file"
    column = "year" if all(re.fullmatch(r"(19|20)\d\d|[rhRH]\d{1,2}", value) for value in values) else column
    column = "date" if all(_is_day(value) for value in values) else column
    taken = {one.name for table in plans[0].tables for one in table.fields}
    column = f"{column}_of_file" if column in taken else column
    tables = tuple(
        follow_standard(_join_tables([plan.tables[n] for plan in plans], column, values), own)
        for n in range(len(plans[0].tables))
    )
    notes = tuple(dict.fromkeys(note for plan in plans for note in plan.notes))
    joined = replace(
        plans[0], tables=tables, notes=notes, title=join_titles([plan.title for plan in plans]),
        questions=tuple(dict.fromkeys(question for plan in plans for question in plan.questions)),
        left=tuple(one for plan in plans for one in plan.left), unread=tuple(one for plan in plans for one in plan.unread),
    )  # fmt: skip
    return joined, f"{before}{{{column}}}{after}", (column, values)


def _find_values(names: Sequence[str], before: str) -> tuple[tuple[str, ...], str]:
    """Return what differs in names that begin with `before`, and what all end with."""
    after = _find_common([name[len(before) :][::-1] for name in names])[::-1]
    after = re.sub(r"^[0-9０-９]+", "", after)
    return tuple(name[len(before) : len(name) - len(after)] for name in names), after


def _is_day(value: str) -> bool:
    """Test whether a part of a file's name is a day: 20261105 or 2026-11-05."""
    found = re.fullmatch(r"((?:19|20)\d\d)(-?)(\d\d)\2(\d\d)", value)
    return found is not None and is_day("-".join(found.group(1, 3, 4)))


def _find_common(texts: Sequence[str]) -> str:
    """What all texts begin with."""
    count = next((n for n, some in enumerate(zip(*texts, strict=False)) if len(set(some)) > 1), min(map(len, texts)))
    return texts[0][:count]


def _is_like(one: FilePlan, other: FilePlan) -> bool:
    return len(one.tables) == len(other.tables) > 0 and all(
        (mine.row, mine.rows, mine.columns, mine.sheet, mine.empty)
        == (its.row, its.rows, its.columns, its.sheet, its.empty)
        and [column.source for column in mine.fields] == [column.source for column in its.fields]
        and all(a.unit == b.unit or not (a.unit and b.unit) for a, b in zip(mine.fields, its.fields, strict=True))
        and (mine.melt is None) == (its.melt is None)
        for mine, its in zip(one.tables, other.tables, strict=True)
    )


def _join_tables(given: Sequence[TablePlan], column: str, values: Sequence[str]) -> TablePlan:
    tables = [leave_standard(table)[0] for table in given]
    first = tables[0]
    fields = tuple(_join_columns([table.fields[n] for table in tables]) for n in range(len(first.fields)))
    kinds = {"year": ("年", "Year", "year", "year"), "fiscal_year": ("年度", "Fiscal year", "year", "fiscal_year")}
    kinds["date"] = ("日付", "Date", "date", "date")
    label, en, kind, to = kinds.get(column.removesuffix("_of_file"), ("ファイル", "File", "string", ""))
    to = "" if to == "year" and all(re.fullmatch(r"\d{4}", value) for value in values) else to
    added = ColumnPlan(source=column, name=column, label=label, en=en, type=kind, to=to, required=True)
    sums: dict[tuple[str, str], SumPlan] = {}
    for table in tables:
        for one in table.sums:
            old = sums.get((one.column, one.word))
            same = old is None or replace(old, rows=one.rows, differs=one.differs) == one
            sums[one.column, one.word] = one if same else replace(one, values=())
    whole = {name for table in tables for name in table.key}
    key = (*first.key, column) if all(table.key for table in tables) and whole == set(first.key) else ()
    return replace(
        first, fields=(*fields, added), sums=tuple(sums.values()), key=key,
        skip=tuple(dict.fromkeys(one for table in tables for one in table.skip)),
        stop="|".join(dict.fromkeys(table.stop for table in tables if table.stop)),
        section=first.section if len({table.section for table in tables}) == 1 else "",
        downward=tuple(dict.fromkeys(one for table in tables for one in table.downward)),
        fill=any(table.fill for table in tables),
        title=join_titles([table.title for table in tables]),
    )  # fmt: skip


def _join_columns(columns: Sequence[ColumnPlan]) -> ColumnPlan:
    kinds = {one.type for one in columns}
    first = next((one for one in columns if one.type != "string"), columns[0])
    ways = {(one.order, one.to, one.suffix) for one in columns if one.type != "string"}
    kind = first.type if len(kinds) == 1 else "number" if kinds <= set(_NUMBERS) else "string"
    forms = {one.format for one in columns}
    form = columns[0].format if len(kinds) == len(forms) == 1 else ""
    if len(ways) > 1 or kind == "string":
        return replace(make_text(columns[0]), format=form)
    return replace(
        first, type=kind, format=form,
        missing=tuple(dict.fromkeys(mark for one in columns for mark in one.missing)),
        marks=tuple(dict.fromkeys(mark for one in columns for mark in one.marks)),
        words=tuple(dict.fromkeys(word for one in columns for word in one.words)),
        flags=tuple(dict.fromkeys(flag for one in columns for flag in one.flags)),
        about=next((one.about for one in columns if one.about[0]), ("", "")),
    )  # fmt: skip


def keep_marks(plan: FilePlan) -> FilePlan:
    """The plan with a column beside each that has marks for no value; columns that become rows have none."""
    tables = []
    for table in plan.tables:
        melted = table.melt.columns if table.melt else ()
        fields = (
            replace(one, keeps_marks=bool(one.marks) and one.source not in melted and not one.of_standard)
            for one in table.fields
        )
        tables.append(replace(table, fields=tuple(fields)))
    return replace(plan, tables=tuple(tables))


def make_text(column: ColumnPlan) -> ColumnPlan:
    """The column as plain text."""
    return replace(
        column, type="string", to="", order="", eras=(), serial=False, missing=(), words=(), flags=(), suffix="", unit="",
        marks=(), format="", about=("", ""),
    )  # fmt: skip


# ---- after a trial ----------------------------------------------------------------------------------------------

_OF_KEYS = ("primary-key", "empty-key", "unique-key")
_OF_VALUES = (
    "not-a-number", "number-with-text", "number-scaled", "number-range", "number-in-brackets", "padded-number",
    "leading-zeros", "not-a-date", "no-such-date", "outside-era", "date-range", "date-without-year", "date-short-year",
    "years-differ", "old-calendar", "not-a-day", "date-order", "date-serial", "date-with-time", "date-without-time",
    "no-such-time", "not-a-time", "type-error", "beyond-type",
)  # fmt: skip


def mend_plan(plan: FilePlan, findings: Sequence[Finding] = (), answers: Mapping[str, str] | None = None) -> FilePlan:
    """The plan as its owner answered its questions, without the key, the types, the sums and the units that a trial
    found wrong; what was given up is a question."""
    for asked_of, answer in (answers or {}).items():
        plan = _answer(plan, asked_of, answer)
    codes = {finding.code for finding in findings if finding.severity == "error"}
    columns = _list_columns(one for one in findings if one.code in _OF_VALUES and one.severity == "error")
    shares = _list_columns(one for one in findings if one.code == "shown-percent")
    asked: list[Question] = []
    tables = []
    broken = [one for one in findings if one.severity == "error" and one.code not in _OF_KEYS]
    for table in plan.tables:
        if table.standard and broken:
            table, questions = leave_standard(table, broken)
            tables.append(table)
            asked += questions
            continue
        texts = [one for one in table.fields if one.type != "string" and columns & {one.source, one.name, one.label}]
        for one in texts:
            asked.append(Question(
                key=f"{table.name}.{one.name}.type", ja=f"列「{one.label}」には {one.type} として読めない値があります",
                en=f'"{one.label}" has values that are no {one.type}', answer="文字のまま / left as text",
            ))  # fmt: skip
        percents = [one for one in table.fields if one.unit and shares & {one.source, one.name, one.label}]
        for one in percents:
            asked.append(Question(
                key=f"{table.name}.{one.name}.unit", ja=f"列「{one.label}」は 25% のように見えますが、値は 0.25 です",
                en=f'"{one.label}" shows 25% where the value is 0.25', answer="値のまま、単位なし / the value, without a unit",
            ))  # fmt: skip
        fields = tuple(
            make_text(one) if one in texts else replace(one, unit="") if one in percents else one
            for one in table.fields
        )
        melted = table.melt is not None and any(one.source in table.melt.columns for one in texts)
        key = () if codes.intersection(_OF_KEYS) else table.key
        table = replace(table, refers=()) if "foreign-key" in codes else table
        sums = table.sums
        if texts:
            gone = {one.source for one in texts}
            sums = tuple(replace(one, values=tuple(v for v in one.values if v not in gone)) for one in sums)
        if table.months and any(one.source in table.months.sources for one in texts):
            table, key = replace(table, months=None), ()
        tables.append(replace(table, fields=fields, key=key, sums=sums, melt=None if melted else table.melt))
    return replace(plan, tables=tuple(tables), questions=(*plan.questions, *asked))


def _list_columns(findings: Iterable[Finding]) -> set[str]:
    """The columns of findings by the names that they may be called: heading, name, or name（heading）."""
    columns = {finding.place.column for finding in findings}
    pairs = [one.removesuffix("）").partition("（") for one in columns if one.endswith("）")]
    return columns | {name for name, _, _ in pairs} | {heading for _, _, heading in pairs}


MARKS = "marks"
"""The key of the answer that keeps marks for no value in columns of their own."""
_NO = ("n", "no", "いいえ", "ちがう", "違う")


def _answer(plan: FilePlan, key: str, answer: str) -> FilePlan:
    """The plan with the answer to one question; other words than a no, or another order, only go into the comment."""
    if key == MARKS:
        return keep_marks(plan)
    questions = tuple(replace(one, answer=answer) if one.key == key else one for one in plan.questions)
    plan = replace(plan, questions=questions)
    name, _, rest = key.partition(".")
    table = next((one for one in plan.tables if one.name == name), None)
    if table is None:
        return plan
    column, _, what = rest.rpartition(".")
    refused = answer.strip().lower() in _NO
    changed = table
    if rest == "downward" and refused:
        changed = replace(table, downward=(), key=())
    elif what == "serial" and refused:
        fields = (replace(make_text(one), type="integer") if one.name == column else one for one in table.fields)
        changed = replace(table, fields=tuple(fields))
    elif what == "order" and (refused or answer.strip().lower() in ("dmy", "日/月/年", "日/月")):
        fields = (replace(one, order="dmy") if one.name == column else one for one in table.fields)
        changed = replace(table, fields=tuple(fields))
    return replace(plan, tables=tuple(changed if one is table else one for one in plan.tables))
