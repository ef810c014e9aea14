"""What is said of a file of the project that isn't there: the name that it probably has."""

import unicodedata
from pathlib import Path

import pytest

from entaku.fetch.folder import read_project_file
from entaku.model.messages import say


def lay(folder: Path, *names: str) -> Path:
    """A project of these files."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a\n1\n", "utf-8")
    return folder


def ask(project: Path, path: str) -> tuple[str, str]:
    """What is said of a file, in both languages."""
    answer = read_project_file(project, path)
    assert answer.finding is not None and answer.finding.code == "no-file"
    return say(answer.finding, "ja"), say(answer.finding, "en")


NFD = unicodedata.normalize("NFD", "がくせい")


@pytest.mark.parametrize(
    ("there", "asked", "ja", "en"),
    [
        ("data/Loans.CSV", "data/loans.csv", "「data/Loans.CSV」（大文字と小文字が違います）のことですか", "(it differs in capital and small letters)"),
        ("Data/loans.csv", "data/loans.csv", "「Data/loans.csv」（大文字と小文字が違います）のことですか", "(it differs in capital and small letters)"),
        ("data/ｌｏａｎｓ.csv", "data/loans.csv", "（全角と半角が違います）", "(it differs in full-width and half-width characters)"),
        ("data/loans　2024.csv", "data/loans 2024.csv", "（全角と半角が違います）", "(it differs in full-width and half-width characters)"),
        ("data/loans2024.csv", "data/loans 2024.csv", "（空白が違います）", "(it differs in spaces)"),
        ("data/Loans 2024.csv", "data/loans2024.csv", "（大文字と小文字、全角と半角、空白のどれかが違います）", "(it differs in capitals, width or spaces)"),
        (f"data/{NFD}.csv", "data/がくせい.csv", "（濁点などの文字の組み方（NFC と NFD）が違います）", "how accents are composed (NFC, NFD)"),
        ("loans.csv", "data/loans.csv", "「loans.csv」のことですか", 'Did you mean "loans.csv"?'),
        ("pipelines/files/Loans.csv", "data/loans.csv", "「pipelines/files/Loans.csv」のことですか", '"pipelines/files/Loans.csv"?'),
        ("data/loans.xlsx", "data/loans.csv", "「data/loans.xlsx」のことですか", 'Did you mean "data/loans.xlsx"?'),
        ("data/loans.csv.csv", "data/loans.csv", "「data/loans.csv.csv」のことですか", 'Did you mean "data/loans.csv.csv"?'),
        ("data/貸出_令和６年度.csv", "data/貸出_令和5年度.csv", "「data/貸出_令和６年度.csv」のことですか", '"data/貸出_令和６年度.csv"?'),
        ("data/loans.csv/x.csv", "data/loans.csv", "これはフォルダーの名前です", "This is the name of a folder"),
    ],
)  # fmt: skip
def test_the_nearest_name_is_named_with_what_differs(tmp_path: Path, there: str, asked: str, ja: str, en: str) -> None:
    said = ask(lay(tmp_path, there), asked)
    assert said[0].startswith(f"no-file ファイル「{asked}」がありません") and ja in said[0], said
    assert said[1].startswith(f'no-file there is no file "{asked}"') and en in said[1], said


def test_the_folder_is_listed_where_nothing_is_near(tmp_path: Path) -> None:
    project = lay(tmp_path, "data/x.csv", "data/y.csv", "build/loans.csv", "datapackages/loans.csv", ".git/loans.csv")
    assert ask(project, "data/loans.csv") == (
        "no-file ファイル「data/loans.csv」がありません。フォルダー data にあるのは：x.csv, y.csv → ファイルをそこに置くか、パスを直してください。",
        'no-file there is no file "data/loans.csv"; the folder data contains: x.csv, y.csv → Put the file there, or correct the path.',
    )
    assert "。フォルダー raw もありません → ファイル" in ask(project, "raw/loans.csv")[0]
    assert ", nor a folder raw → Put" in ask(project, "raw/loans.csv")[1]


def test_only_ten_names_of_a_folder_are_listed(tmp_path: Path) -> None:
    project = lay(tmp_path, *(f"data/{n}.csv" for n in range(10, 30)))
    assert "にあるのは：10.csv, 11.csv, 12.csv, 13.csv, 14.csv, 15.csv, 16.csv, 17.csv, 18.csv, 19.csv … → " in ask(project, "data/z.xlsx")[0]  # fmt: skip


def test_no_file_is_looked_for_in_place_of_one_that_may_be_missing(tmp_path: Path) -> None:
    answer = read_project_file(lay(tmp_path, "data/Loans.csv"), "data/loans.csv", may_lack=True)
    assert answer.finding is not None and answer.finding.code == "no-file" and not answer.finding.args
