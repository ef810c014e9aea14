"""The names of a release's files are spelled in one module."""

import ast
from pathlib import Path

import entaku
from entaku.model import files

NAMES = {value for name, value in vars(files).items() if name.isupper()}
OF_TABLES = (".csv", ".parquet", ".excel.csv", ".csv-metadata.json", ".schema.json")


def list_spelled(path: Path) -> list[str]:
    """The texts of a module, but its docstrings, that are the name of a release's file or end like one of a table."""
    tree = ast.parse(path.read_text("utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    made = [node.values[-1] for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) and len(node.values) > 1]
    ends = [each.value for each in made if isinstance(each, ast.Constant) and each.value in OF_TABLES]
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said]
    return ends + [node.value for node in texts if node.value in NAMES]


def test_no_other_module_spells_them() -> None:
    package = Path(entaku.__file__).parent
    spelled = {
        str(path.relative_to(package)): found
        for path in package.rglob("*.py")
        if path != Path(files.__file__) and (found := list_spelled(path))
    }
    assert spelled == {}


def test_a_tables_files_have_its_name() -> None:
    assert [files.name_csv("t"), files.name_parquet("t")] == ["t.csv", "t.parquet"]
    assert [files.name_excel("t"), files.name_csvw("t")] == ["t.excel.csv", "t.csv-metadata.json"]
    assert files.name_row_schema("t") == "t.schema.json"
