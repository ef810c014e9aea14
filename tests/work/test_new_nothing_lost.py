"""Nothing of a workbook is lost without being told: every filled cell is read by the draft's YAML, or named in it."""

import re
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from messes import MESSES, Mess, MessySheet, save_xlsx
from projects import CATALOGUE

from entaku.draft import About, draft_file, write_yaml
from entaku.draft.grid import make_grid
from entaku.draft.words import find_units, is_page
from entaku.model.nouns import Raw
from entaku.spec.spec import parse_office, parse_pipeline
from entaku.table import lookout, read

WORDS = st.sampled_from(
    [
        "区名",
        "人口",
        "計",
        "小計",
        "総　　数",
        "（単位：人）",
        "※注",
        "令和6年度",
        "R5年",
        "x",
        "…",
        "名称",
        "東区",
        "2024/4/1",
        "#LINK",
    ]
)
CELLS = st.one_of(st.none(), st.none(), WORDS, st.integers(0, 99_999), st.text("あいうえ", min_size=1, max_size=4))
ROWS = st.lists(st.lists(CELLS, max_size=6), max_size=10)
TABLES = st.lists(
    st.tuples(st.text("かきくけ", min_size=2, max_size=5), st.integers(0, 9999), st.integers(0, 9999)),
    min_size=2,
    max_size=5,
)


@st.composite
def sheets(draw: Any) -> MessySheet:
    """A sheet of whatever stands above and below a table or two."""
    rows: list[list[Any]] = list(draw(ROWS))
    for body in draw(st.lists(TABLES, max_size=2)):
        rows += [["項目", "数量", "金額"], *map(list, body), *draw(st.sampled_from([[], [[]], [[], ["（注）あり"]]]))]
    rows += draw(ROWS)
    return MessySheet(draw(st.sampled_from(["表", "R5年", "目次", "一覧"])), rows)


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def list_lost(body: bytes) -> list[str]:
    """The cells that a draft neither reads nor names."""
    raw = Raw("a.xlsx", {}, "file", "", "", len(body))
    plan, _ = draft_file(raw, body)
    grids = [make_grid(sheet) for sheet in lookout.read_cells(raw, body).sheets]
    if not plan.tables:
        return []
    office, _ = parse_office(CATALOGUE.encode())
    about = About(name="a", source="{file: a.xlsx}", asked=True, publisher="office", license="CC-BY-4.0")
    text = write_yaml(plan, about)
    spec, findings = parse_pipeline(text.encode(), "pipelines/a.yaml", office)
    assert spec is not None, (findings, text)
    there: set[str] = set()
    for resource in spec.pipeline.resources:
        for table in read(raw, body, resource.read)[0]:
            there |= {squeeze(name) for name in map(str, table.frame.columns)}
            there |= {squeeze(cell) for cells in table.frame.to_numpy().tolist() for cell in cells}
    named = squeeze(text).replace("\\", "")
    parts = {part for name in there for part in name.split("_")}
    return [
        cell
        for grid in grids
        for cells in grid.rows
        for cell in cells.values()
        if squeeze(cell) not in there | parts
        and not is_page(cell)
        and squeeze(cell).replace("\\", "") not in named
        and not _is_named_apart(squeeze(cell), named)
        and squeeze(cell).replace(grid.sheet.name, "").strip("の") not in named
        and not all(f'unit:"{unit}"' in named or f"単位：{unit}" in named for unit in find_units(cell) or ("?",))
    ]


def _is_named_apart(title: str, named: str) -> bool:
    """Whether a title and the unit behind it are named, each by itself."""
    found = re.fullmatch(r"(.+)（(?:単位：)?(.+)）", title)
    return found is not None and found[1] in named and f'unit:"{found[2]}"' in named


@settings(max_examples=60, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.lists(sheets(), min_size=1, max_size=3, unique_by=lambda sheet: sheet.name))
def test_every_cell_is_read_or_named(made: list[MessySheet]) -> None:
    assert list_lost(save_xlsx(Mess("a", made, {}))) == []


def test_every_cell_of_the_messes_is_read_or_named() -> None:
    assert {mess.name: lost for mess in MESSES if (lost := list_lost(save_xlsx(mess)))} == {}
