"""Write what the rules say of a raw file as the JSON of the Digital Agency's checker, for programs that read its.

The form is that of `sample_app/harunobu/resources/analysis-output.schema.json` in the agency's repository
(`digital-go-jp/machine_readability_rule` @c946cbf): levels, sheets, the tables of each, the rules for each table.  It
knows xlsx, csv and tsv alone.  What docs/quality.md says of rulings holds here: the first 20 places of a sheet and
their number, no cell's content and no column's name.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from entaku.audit.grids import Grid, show_heading
from entaku.audit.known import Known, RawFile
from entaku.audit.rulebook import LEVELS, RULES, WHYS, Judgement, Ruling, level_of, score
from entaku.audit.rules import READ, judge_raw, open_raw
from entaku.audit.tables import Area
from entaku.formats.text import column_letters
from entaku.formats.xlsx_sheet import column_index
from entaku.model.messages import MASK
from entaku.model.nouns import Place

DECIDED = ("passed", "failed")


def show_file(name: str, file: BinaryIO, size: int, known: Known | None = None) -> dict[str, Any] | None:
    """Judge a raw file that is open at its beginning, and show it; None for a format that the form doesn't know."""
    raw = open_raw(name, file, known)
    if raw.opened.kind not in READ or not raw.opened.grids:
        return None
    return show_judgement(raw, judge_raw(raw), size)


def show_judgement(raw: RawFile, judgement: Judgement, size: int) -> dict[str, Any]:
    """Show the judgement on a raw file of `size` bytes, whose sheets are judged by themselves where it has several."""
    grids = raw.opened.grids
    sheets = []
    for grid in grids:
        own = RawFile(replace(raw.opened, grids=(grid,)), raw.known)
        rulings = judgement.rulings if len(grids) == 1 else judge_raw(own).rulings
        sheets.append(_show_sheet(own, grid, rulings))
    return {
        "inputファイル名": raw.opened.name,
        "ファイルサイズ": size,
        "フォーマット": raw.opened.kind,
        "Sheet数": len(grids),
        "レベル別スコア": {str(level): _show_level(judgement.rulings, level) for level in LEVELS},
        "sheets": sheets,
    }


def show_files(shown: Sequence[Mapping[str, Any]], series: Ruling | None) -> dict[str, Any]:
    """Join several files, as the checker does; `series`: L3-07, where files of one table could be compared."""
    means = [_mean(level["スコア"] for level in one["レベル別スコア"].values() if level) for one in shown]
    total = _mean(means)
    compared = series is not None and series.state in DECIDED
    if series is not None and compared:
        total = 0.7 * total + 0.3 * (100 if series.state == "passed" else 0)
    return {
        "複数ファイル総合スコア": _round(total),
        "ファイル数": len(shown),
        "ファイル横断チェック": {series.rule: _show_rule(series, [])} if series is not None else {},
        "ファイル別平均スコア": [
            {"ファイル名": one["inputファイル名"], "平均スコア": _round(mean)} for one, mean in zip(shown, means, strict=True)
        ],
        "ファイル別結果": list(shown),
    }  # fmt: skip


def _mean(points: Iterable[float]) -> float:
    every = list(points)
    return sum(every) / len(every) if every else 0.0


def _round(points: float) -> int:
    return math.floor(points + 0.5)


def _show_level(rulings: Iterable[Ruling], level: int) -> dict[str, Any] | None:
    own = [one for one in rulings if level_of(one.rule) == level and one.state in DECIDED]
    points = score(own, level)
    if points is None:
        return None
    broken = [one for one in own if one.state == "failed"]
    fatal = [one for one in broken if one.weight == "fatal"]
    return {
        "スコア": points,
        "合格": len(own) - len(broken),
        "合計": len(own),
        "強制0点": bool(fatal),
        "強制0点ルール": list(map(_name_rule, fatal)),
        "失敗ルール": list(map(_name_rule, broken)),
    }


def _name_rule(one: Ruling) -> dict[str, Any]:
    return {"ルールID": one.rule, "ルール名": RULES[one.rule].title.ja, "重大度": one.weight}


# ---- sheets and tables ------------------------------------------------------------------------------------------


def _show_sheet(own: RawFile, grid: Grid, rulings: Sequence[Ruling]) -> dict[str, Any]:
    name = MASK if grid.hidden else grid.sheet or own.opened.name
    areas = () if grid.hidden else own.areas(grid)
    width = max(map(len, grid.rows), default=0)
    used = f"A1:{column_letters(width - 1)}{grid.lines[-1]}" if width else ""
    return {
        "シート名": name,
        "使用範囲": used,
        "非表示": grid.hidden,
        "評価対象エリア": [_show_table(area, areas, name, rulings) for area in areas],
    }


def _show_table(area: Area, areas: Sequence[Area], sheet: str, rulings: Sequence[Ruling]) -> dict[str, Any]:
    lines = area.grid.lines
    head = range(area.top, area.top + area.head)
    return {
        "範囲": _show_range(area, area.top, area.bottom),
        "信頼度": 1.0,
        "ヘッダー行": [lines[row] for row in head],
        "ヘッダー範囲": _show_range(area, head[0], head[-1]) if head else None,
        "列数": area.right - area.left + 1,
        "評価内容": [_show_ruling(one, area, areas, sheet) for one in rulings],
    }


def _show_range(area: Area, top: int, bottom: int) -> str:
    lines = area.grid.lines
    return f"{column_letters(area.left)}{lines[top]}:{column_letters(area.right)}{lines[bottom]}"


def _show_ruling(one: Ruling, area: Area, areas: Sequence[Area], sheet: str) -> dict[str, Any]:
    """Show a sheet's ruling at one of its tables: broken there where a place is in it, or might be."""
    ranges = [_point(place, area) for place in one.places if _choose(place, areas) is area]
    unsure = len(areas) == 1 or one.count > len(one.places) or not one.places
    if one.state == "failed" and not ranges and not unsure:
        one = replace(one, state="passed", count=0, why="")
    if one.state == "failed" and not ranges:
        ranges = [_show_range(area, area.top, area.bottom)]
    severity = "error" if one.state == "failed" else "warning"
    told = _say(one) if one.state == "failed" else WHYS[one.why].ja if one.why else RULES[one.rule].ask.ja
    return _show_rule(
        one, [{"シート": sheet, "セル範囲": cells, "説明": told, "違反重大度": severity} for cells in ranges]
    )


def _show_rule(one: Ruling, places: list[dict[str, Any]]) -> dict[str, Any]:
    rule = RULES[one.rule]
    return {
        "ルールID": one.rule,
        "ルール名": rule.title.ja,
        "ルール説明": rule.ask.ja,
        "合否": one.state != "failed",
        "判定対象外": one.state not in DECIDED,
        "重大度": one.weight,
        "信頼度": 1.0 if one.state in DECIDED else 0.0,
        "違反": places,
        "メッセージ": f"{one.count} か所。{rule.next.ja}" if one.state == "failed" else WHYS[one.why].ja if one.why else "",
    }  # fmt: skip


def _say(one: Ruling) -> str:
    return WHYS[one.why].ja if one.why else RULES[one.rule].title.ja


def _choose(place: Place, areas: Sequence[Area]) -> Area:
    """Choose the table that a place is in; the first, for one beside or around all of them."""
    for area in areas:
        lines = area.grid.lines
        if place.row is not None and lines[area.top] <= place.row <= lines[area.bottom]:
            return area
    named = (area for area in areas if place.row is None and _find_columns(place.column, area))
    return next(named, areas[0])


def _point(place: Place, area: Area) -> str:
    """Return a place as a range of cells: one, a row or column of the table, or all of it."""
    if place.cell:
        return place.cell
    found = _find_columns(place.column, area)
    left, right = (column_letters(min(found)), column_letters(max(found))) if found else ("", "")
    if place.row is None:
        lines = area.grid.lines
        return (
            f"{left}{lines[area.top]}:{right}{lines[area.bottom]}"
            if found
            else _show_range(area, area.top, area.bottom)
        )
    if found:
        return f"{left}{place.row}" if left == right else f"{left}{place.row}:{right}{place.row}"
    return f"{column_letters(area.left)}{place.row}:{column_letters(area.right)}{place.row}"


def _find_columns(column: str, area: Area) -> list[int]:
    """Find the columns that a place names by heading, number or letters; several have the same heading."""
    if not column:
        return []
    named = [each.at for each in area.columns if show_heading(each.heading) == column]
    if named:
        return named
    if area.grid.excel:
        return [column_index(column)] if column.isascii() and column.isalpha() and len(column) < 4 else []
    return [int(column) - 1] if column.isascii() and column.isdigit() and int(column) else []
