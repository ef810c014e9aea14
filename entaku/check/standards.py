"""A table's columns against the standard that its schema names: which lack, which are none of it, and what was meant."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from entaku.model.hints import find_near, fold
from entaku.model.nouns import Finding, Place
from entaku.model.standards import StandardColumn, follow_schema
from entaku.model.table_schema import Schema


def list_own(schema: Schema) -> list[str]:
    """Return the names of the columns that aren't those of the schema's standard."""
    standard = follow_schema(schema)
    known = {column.name for column in standard.columns} if standard else set()
    return [field.name for field in schema.fields if field.name not in known]


def check_standard(schema: Schema, there: Sequence[str], place: Place) -> Iterator[Finding]:
    """Yield a finding for the columns of the standard that a table lacks: those it must have, and the others.

    `there`: the table's columns.  Columns that aren't in the schema are told beside the headings that they are near.
    """
    standard = follow_schema(schema)
    if standard is None:
        return
    names = {field.name for field in schema.fields}
    spare = [column for column in there if column not in names]
    lacking = [one for one in standard.columns if one.name in names and one.name not in there]
    headings = {fold(column) for column in spare}
    if unnamed := [one.title.ja for one in lacking if fold(one.title.ja) in headings]:
        yield Finding("standard-unnamed", "error", place, "、".join(unnamed), {"count": str(len(unnamed))})
        return
    meant = _pair(lacking, spare)
    for code, needed in (("standard-lacks", True), ("standard-absent", False)):
        if some := [one for one in lacking if one.needed is needed]:
            args = {"standard": standard.title.ja, "count": str(len(some)), **_hint(meant, some)}
            gone = [one.title.ja for one in some if one not in meant.values()]
            listed = ", ".join(map(_quote, gone or [one.title.ja for one in some]))
            args |= {} if needed else {"without_ja": listed, "without_en": listed}
            yield Finding(code, "error", place, "、".join(one.title.ja for one in some), args)
    if spare:
        part = ("", "")
        if not standard.whole:
            part = ("（この標準の列は、まだ全部は確かめられていません）", " (not all columns of it are known yet)")
        args = {"standard": standard.title.ja, "part_ja": part[0], "part_en": part[1], **_hint(meant, lacking)}
        yield Finding("standard-extra", "error", place, "、".join(spare), args)


def _quote(heading: str) -> str:
    """Return a heading as an item of a list of YAML."""
    return f'"{heading}"' if any(sign in heading for sign in ",()（），、:") else heading


def _pair(lacking: Sequence[StandardColumn], spare: Sequence[str]) -> dict[str, StandardColumn]:
    """Return the column that each spare one was probably meant to be."""
    left, pairs = {one.title.ja: one for one in lacking}, dict[str, StandardColumn]()
    for column in spare:
        if near := find_near(column, left):
            pairs[column] = left.pop(near)
    return pairs


def _hint(meant: Mapping[str, StandardColumn], some: Collection[StandardColumn]) -> dict[str, str]:
    """Return the words for what was probably meant, and how to rename it."""
    pairs = [(column, one) for column, one in meant.items() if one in some]
    if not pairs:
        return {"near_ja": "", "near_en": ""}
    ja = "、".join(f"「{column}」は「{one.title.ja}」" for column, one in pairs)
    en = ", ".join(f'"{column}" for "{one.title.ja}"' for column, one in pairs)
    rename = "rename: {" + ", ".join(f"{column}: {one.name}" for column, one in pairs) + "}"
    return {
        "near_ja": f"{ja}のことなら、tidy に {rename} と書いてください。",
        "near_en": f"If the table has {en}, write {rename} in tidy. ",
    }
