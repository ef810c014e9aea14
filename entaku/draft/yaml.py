"""A draft → the text of a pipeline YAML, with what was taken and what was left out as comments."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from entaku.draft.melts import gather_values, is_marked, split_period
from entaku.draft.plan import YEAR_MONTH, FilePlan, SumPlan, TablePlan, UnitRows
from entaku.draft.totals import match_words
from entaku.draft.yaml_fields import list_fields, quote, write_words
from entaku.draft.yaml_parse import list_parsing
from entaku.model.hints import fold
from entaku.spec import drafts

MOST_COMMENTS = 30
"""Lines of one kind of comment."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What a draft says of its dataset beyond the file."""

    name: str
    source: str
    """The mapping of `source`, as YAML."""
    title: str = ""
    description: str = ""
    publisher: str = ""
    license: str = ""
    publishers: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    frequency: str = "irregular"
    landing_page: str = ""
    asked: bool = False
    """Whether what isn't known was chosen and is not to be marked as to be written."""
    warnings: tuple[str, ...] = ()
    comments: dict[str, str] = field(default_factory=dict)
    """The comment of what was chosen for the owner, by key."""


def write_yaml(plan: FilePlan, about: About) -> str:
    """The text of `pipelines/<name>.yaml`."""
    lines = [
        "# yaml-language-server: $schema=../docs/pipeline.schema.json",
        "# entaku new が作った下書きです。題名、説明、列の名前と意味を確かめてください。",
        *(
            []
            if about.asked
            else [
                f"# {drafts.DRAFT} のあるところと、# の付いた publisher と license は、書くまで entaku check が通しません。"
            ]
        ),
        *(f"# 注意：{_one_line(line)}" for line in about.warnings),
        *_list_comments(plan),
        f"name: {about.name}",
        *_write_about(plan, about),
        "resources:",
        *(line for table in plan.tables for line in _write_tables(table, plan, about)),
    ]
    return "\n".join(lines) + "\n"


def _list_comments(plan: FilePlan) -> Iterator[str]:
    """What the draft took, what it could not read, what it left out."""
    for question in plan.questions:
        yield f"# 確認：{_one_line(question.ja)} → {question.answer}"
    if plan.unread:
        yield f"# 数や日付として読めない値（{len(plan.unread)} 件、列 …_note に残します）："
        yield from _shorten([f"{place}「{text}」" for place, text in plan.unread])
    for left in plan.left:
        count = f"、{len(left.places)} セル" if left.places else ""
        yield f"# 表にしなかったもの：{_one_line(left.sheet)}（{left.why}{count}）"
        yield from _shorten([f"{place}「{text}」" for place, text in zip(left.places, left.texts, strict=True)])


def _shorten(items: Sequence[str]) -> Iterator[str]:
    yield from (f"#   {_one_line(item)}" for item in items)


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+", " ", text)


def _write_about(plan: FilePlan, about: About) -> Iterator[str]:
    title = about.title or plan.title
    blank = f"{drafts.DRAFT}{about.name}"
    if about.asked:
        yield f"title: {quote(title or about.name)}"
        yield f"description: {quote(about.description or f'{title or about.name}のデータです。')}"
    else:
        yield f"title: {{ja: {quote(drafts.DRAFT + title) if title else blank}, en: {blank}}}"
        yield f"description: {{ja: {drafts.DRAFT}何のデータか、誰が何のために作ったか。, en: {drafts.DRAFT}What it is and why it exists.}}"
    for key, value, every in (
        ("publisher", about.publisher, about.publishers), ("license", about.license, about.licenses),
    ):  # fmt: skip
        comment = f"  # {about.comments[key]}" if key in about.comments else ""
        yield f"{key}: {value}{comment}" if value else f"# {key}: {' / '.join(every)}"
    yield f"frequency: {about.frequency}  # daily / weekly / monthly / quarterly / yearly / irregular"
    if about.landing_page:
        yield f"landing_page: {quote(about.landing_page)}"
    if plan.notes:
        yield "notes:"
        yield from (f"  - {quote(_one_line(note))}" for note in plan.notes)


def _write_tables(table: TablePlan, plan: FilePlan, about: About) -> Iterator[str]:
    """A table, and that of its totals."""
    first = table is plan.tables[0]
    origin = f"    source: {about.source}" if first else f"    from: {plan.tables[0].name}"
    title = table.title if len(plan.tables) > 1 or table.title else "表"
    references = _list_references(table, plan)
    yield from _write_table(table, (table.name, title, origin), totals=False, references=references)
    if table.sums:
        named = (f"{table.name}-totals", f"{title}（合計）", f"    from: {plan.tables[0].name}")
        yield from _write_table(table, named, totals=True)
    for n, rows in enumerate(table.units, 1):
        other = table.name + "-other" + (f"-{n}" if n > 1 else "")
        named = (other, f"{title}（単位：{rows.unit}）", f"    from: {plan.tables[0].name}")
        yield from _write_table(_take_unit(table, rows), named, totals=False)


def _take_unit(table: TablePlan, rows: UnitRows) -> TablePlan:
    """The table of the rows in another unit."""
    fields = tuple(
        replace(one, type="number" if rows.suffix else one.type, unit=rows.unit, suffix=rows.suffix or one.suffix)
        if one.is_number and (one.unit or rows.suffix)
        else one
        for one in table.fields
    )
    melt = replace(table.melt, unit=rows.unit) if table.melt and table.melt.unit else table.melt
    return replace(table, fields=fields, melt=melt, sums=(), units=(), taken=rows, key=rows.key, months=None)


def _list_references(table: TablePlan, plan: FilePlan) -> list[str]:
    """The foreign keys of a table."""
    tables = {one.name: one for one in plan.tables}
    return [
        f"{{fields: [{_name_sources(table, one.columns)}], "
        f"reference: {{resource: {one.table}, fields: [{_name_sources(tables[one.table], one.keys)}]}}}}"
        for one in table.refers
        if one.table in tables
    ]


def _name_sources(table: TablePlan, sources: Sequence[str]) -> str:
    names = {one.source: one.name for one in table.fields}
    return ", ".join(names[source] for source in sources)


def _write_table(
    table: TablePlan, named: tuple[str, str, str], *, totals: bool, references: Sequence[str] = ()
) -> Iterator[str]:
    name, title, origin = named
    yield f"  - name: {name}"
    yield f"    title: {write_words(title, 'Table' if title == '表' else '')}"
    yield origin
    yield from _write_read(table)
    yield "    tidy:"
    yield from (f"      - {step}" for step in _list_steps(table, totals))
    yield "    schema:"
    yield from _write_standard(table)
    fields = list(list_fields(table, totals))
    key = [name for name in table.key if name]
    if key and not totals:
        yield f"      primaryKey: [{', '.join(key)}]"
    if references:
        yield from ("      foreignKeys:", *(f"        - {one}" for one in references))
    yield from ["      fields:"] if fields else []
    yield from (f"        - {one}" for one in fields)
    yield "    expect: {rows: {min: 1}}"


def _write_standard(table: TablePlan) -> Iterator[str]:
    """The standard that a table follows, and its columns that the table hasn't."""
    if table.standard:
        plain = re.fullmatch(r"[^\W\d][\w（）・]*", table.standard)
        yield f"      standard: {table.standard if plain else quote(table.standard)}"
    if len(table.without) > 6:
        yield "      without:"
        yield from (f"        - {quote(heading)}" for heading in table.without)
    elif table.without:
        yield f"      without: [{', '.join(map(quote, table.without))}]"


def _write_read(table: TablePlan) -> Iterator[str]:
    header = str(table.row)
    if table.rows > 1 or table.starts:
        inner = [*([] if table.starts else [f"row: {table.row}"]), *([f"rows: {table.rows}"] if table.rows > 1 else [])]
        inner += [f"starts: {quote(table.starts)}"] if table.starts else []
        header = "{" + ", ".join(inner) + "}"
    parts = [f"member: {quote(table.member)}"] if table.member else []
    parts += [f"sheet: {quote(table.sheet)}"] if table.sheet else []
    ranges = ", ".join(map(quote, table.columns))
    parts += [f"columns: [{ranges}]" if len(table.columns) > 1 else f"columns: {ranges}"] if ranges else []
    titles = ", ".join(f"{{line: {line}, pattern: {quote(pattern)}}}" for line, pattern in table.titles)
    parts += [f"title: [{titles}]"] if titles else []
    parts += [f"header: {header}"] if header not in ("0", "1") else []
    parts += [f"section: {{pattern: {quote(table.section)}}}"] if table.section else []
    parts += [f"skip: [{', '.join(map(quote, table.skip))}]"] if table.skip else []
    parts += [f"stop: {quote(table.stop)}"] if table.stop else []
    parts += ["merged: fill"] if table.fill else []
    parts += ["hidden: skip"] if table.skip_hidden else []
    parts += [f"encoding: {table.encoding}"] if table.encoding else []
    line = f"    read: {{{', '.join(parts)}}}"
    if len(line) <= 118:
        yield from [line] if parts else []
        return
    yield "    read:"
    yield from (f"      {part}" for part in parts)


# ---- steps ------------------------------------------------------------------------------------------------------


def _list_steps(table: TablePlan, totals: bool) -> Iterator[str]:
    """The steps of a table, or of its totals."""
    names = {one.source: one.name for one in table.fields}
    if table.empty:
        yield f"drop_columns: [{', '.join(map(quote, table.empty))}]"
    yield "trim: all"
    if table.standard:
        yield "name_by_title"
    named = [one for one in table.fields if table.standard and fold(one.label) == fold(one.source)]
    renamed = [(one.source, one.name) for one in table.fields if one.source != one.name and one not in named]
    if renamed:
        yield "rename:\n" + "\n".join(f"          {quote(old)}: {new}" for old, new in renamed)
    justified = [one.name for one in table.fields if one.justified]
    if justified:
        yield f"replace: {{columns: [{', '.join(justified)}], pattern: '[ \\u3000]+', with: ''}}".replace(
            "'[ \\u3000]+'", '"[ \\u3000]+"'
        )
    if table.sums and totals:
        yield from _split_totals(table, names)
    for rows in (table.taken,) if table.taken else table.units:
        words = [_squeeze(word, table, rows.column) for word in rows.words]
        verb = "keep_rows" if table.taken else "drop_rows"
        yield f"{verb}: {{match: {{{names[rows.column]}: {quote(match_words(words))}}}}}  # 単位（{rows.unit}）の違う行"
    if table.downward:
        yield f"fill_down: [{', '.join(names[one] for one in table.downward)}]"
    late = [
        one for one in table.fields if one.type != "string" and any(one.source == each.column for each in table.sums)
    ]
    marked = table.melt is not None and is_marked(table.fields, table.melt)
    late += [one for one in table.fields if table.melt and marked and one.source in table.melt.columns]
    yield from list_parsing([one for one in table.fields if one not in late])
    for stage in dict.fromkeys(one.stage for one in table.sums) if not totals else ():
        sums = [one for one in table.sums if one.stage == stage]
        for one in sums:
            yield from _check(one, names, table)
        yield f"drop_rows: {{match: {{{', '.join(_match_totals(sums, names, table))}}}}}  # 合計の行"
    if table.sums and totals:
        match = list(_match_totals(table.sums, names, table))
        yield f"keep_rows: {{match: {{{', '.join(match)}}}{', any: true' if len(match) > 1 else ''}}}  # 合計の行"
    yield from (
        list_parsing([one for one in late if not table.melt or one.source not in table.melt.columns])
        if not totals
        else ()
    )
    if table.months is not None and not totals:
        fiscal = ", fiscal: true" if table.months.fiscal else ""
        day = f", day: {names[table.months.day]}" if table.months.day else ""
        yield f"make_date: {{year: {names[table.months.year]}, month: {names[table.months.month]}{day}{fiscal}, into: {table.months.into}}}"
    if table.melt:
        yield from _melt(table, names)


def _match_totals(sums: Sequence[SumPlan], names: dict[str, str], table: TablePlan) -> Iterator[str]:
    """The columns that tell totals, each with the pattern of its words."""
    for column in dict.fromkeys(one.column for one in sums):
        words = [_squeeze(one.word, table, column) for one in sums if one.column == column]
        yield f"{names[column]}: {quote(match_words(words))}"
        for one in sums:
            if one.column == column and one.unless[1] and len({each.column for each in sums}) == 1:
                other = "|".join(map(re.escape, one.unless[1]))
                yield f"{names[one.unless[0]]}: {quote(f'^(?!({other})$)')}"


def _squeeze(word: str, table: TablePlan, column: str) -> str:
    spaced = next(one.justified for one in table.fields if one.source == column)
    return re.sub(r"[ \u3000]+", "", word) if spaced else word


def _split_totals(table: TablePlan, names: dict[str, str]) -> Iterator[str]:
    """Give subtotals that are called alike the name of their group, which stands above them in their own column."""
    for one in table.sums:
        if one.above and one.rows > 1 and one.column in table.downward:
            group = f"{names[one.column]}_group"
            yield f"copy: {{{names[one.column]}: {group}}}"
            words = ", ".join(f"{quote(_squeeze(each.word, table, one.column))}: ''" for each in table.sums)
            yield f"replace: {{columns: [{group}], values: {{{words}}}}}"
            yield f"fill_down: [{group}]"
            return


def _check(one: SumPlan, names: dict[str, str], table: TablePlan) -> Iterator[str]:
    column = names[one.column]
    wrong = {source for source, _, _ in one.differs}
    for value in one.values:
        plan = next(each for each in table.fields if each.source == value)
        parts = [f"value: {names[value]}", f"total: {{{column}: {quote(_squeeze(one.word, table, one.column))}}}"]
        parts += [f"by: [{', '.join(names[by] for by in one.by)}]"] if one.by else []
        squeezed = [_squeeze(part, table, one.column) for part in one.parts]
        parts += [f"parts: [{', '.join(map(quote, squeezed))}]"] if one.parts else []
        parts += ["above: true"] if one.above else []
        parts += ["empty: zero"] if plan.missing == ("-",) else []
        parts += ["tolerance: 1"] if plan.type == "number" else []
        parts += ["severity: warning"] if value in wrong or plan.type == "number" else []
        yield f"check_sums: {{{', '.join(parts)}}}"


def _melt(table: TablePlan, names: dict[str, str]) -> Iterator[str]:
    melt = table.melt
    assert melt is not None
    columns = {names[source]: source for source in melt.columns}
    labels = {one.name: split_period(one.label)[1] for one in table.fields}
    extra = {f"{one}_{kind}" for one in columns for kind in ("mark", "flag", "note")}
    keep = [name for name in _list_names(table) if name not in columns and name not in extra]
    yield f"melt: {{keep: [{', '.join(keep)}], columns: [{', '.join(columns)}], names_to: {melt.names_to}, values_to: {melt.values_to}}}"
    codes = ", ".join(f"{name}: {quote(labels[name])}" for name in columns)
    yield f"map_codes: {{column: {melt.names_to}, codes: {{{codes}}}}}"
    yield from list_parsing([gather_values(table)]) if is_marked(table.fields, melt) else ()
    if melt.total:
        word, by = labels[names[melt.total]], [name for name in keep if name not in extra]
        yield (
            f"check_sums: {{value: {melt.values_to}, total: {{{melt.names_to}: {quote(word)}}}"
            + (f", by: [{', '.join(by)}]" if by else "")
            + ", empty: zero}"
        )
        yield f"drop_rows: {{match: {{{melt.names_to}: {quote(match_words([word]))}}}}}  # 合計の列"
    if melt.period == "month":
        yield f"replace: {{columns: [{melt.names_to}], pattern: '月$', with: ''}}"
        yield f"parse_number: {{columns: [{melt.names_to}]}}"
        if melt.year:
            fiscal = ", fiscal: true" if melt.fiscal else ""
            yield f"make_date: {{year: {melt.year}, month: {melt.names_to}{fiscal}, into: {YEAR_MONTH}}}"
            values = gather_values(table)
            beside = [f"{values.name}_flag"] * bool(values.flags) + [f"{values.name}_note"] * bool(values.words)
            yield f"select: [{', '.join((*keep, YEAR_MONTH, values.name, *beside))}]"
    else:
        to = {"day": "date", "year_month": "month"}.get(melt.period, melt.period)
        yield f"parse_date: {{column: {melt.names_to}, to: {to}}}"


def _list_names(table: TablePlan) -> Iterator[str]:
    """The columns of a table before it is melted."""
    yield from (one.name for one in table.fields)
    for one in table.fields:
        yield from [f"{one.name}_mark"] if one.keeps_marks else []
        yield from [f"{one.name}_flag"] if one.flags else []
        yield from [f"{one.name}_note"] if one.words else []
