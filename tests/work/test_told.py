"""What a check prints: one line a cause, in order, with a sum at the end; and what would be published."""

from pathlib import Path

import openpyxl
import pytest
from projects import CATALOGUE

from entaku.fetch.network import Network
from entaku.work.cli import main

LOANS = """\
name: loans
title: {ja: 貸出, en: Loans}
description: {ja: 図書館の貸出です。, en: Library loans.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: yearly
resources:
  - name: loans
    title: {ja: 貸出数, en: Loans}
    source: {file: data/loans.csv}
    tidy:
      - rename: {図書館: library, 冊数: loans, 日: day}
      - parse_number: {columns: [loans]}
      - parse_date: {column: day}
    schema:
      fields:
        - {name: library, constraints: {required: true}}
        - {name: loans, type: integer}
        - {name: day, type: date}
"""
HEAD = "図書館,冊数,日\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("entaku.work.open.Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    (tmp_path / "pipelines/loans.yaml").write_text(LOANS, "utf-8")
    return tmp_path


def check(project: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str], list[str]]:
    """The exit code and the lines of a check, without those on machine-readability."""
    code = main(["check", "--project", str(project), *words])
    streams = capsys.readouterr()
    out = [
        line for line in streams.out.splitlines() if not line.startswith(("[お知らせ] 元", "[notice] Machine", "  "))
    ]
    return code, out, streams.err.splitlines()


def test_two_hundred_findings_are_a_few_lines_in_order(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"館{n},{n}円,2024-04-01\n" for n in range(108)]
    rows += [f"館{n},約{n},令和6年2月30日\n" for n in range(60)]
    rows += [f",{n},2024年3月\n" for n in range(32)]
    (project / "data/loans.csv").write_text(HEAD + "".join(rows), "utf-8")
    code, out, err = check(project, capsys)
    assert code == 1
    assert [line.partition(" → ")[0] for line in out] == [
        "data/loans.csv 2 行目 列 冊数 number-with-text 「0円」には数のほかに文字があります（手順 parse_number）"
        "（ほかに 107 件：3 行目「1円」、4 行目「2円」、5 行目「3円」 など）",
        "data/loans.csv 110 行目 列 冊数 number-with-text 「約0」には数のほかに文字があります（手順 parse_number）"
        "（ほかに 59 件：111 行目「約1」、112 行目「約2」、113 行目「約3」 など）",
        "data/loans.csv 110 行目 列 日 no-such-date 「令和6年2月30日」という日付は暦にありません（手順 parse_date）"
        "（ほかに 59 件：111 行目「令和6年2月30日」、112 行目「令和6年2月30日」、113 行目「令和6年2月30日」 など）",
        "data/loans.csv 170 行目 列 library（図書館） required 必須の列が空です（ほかに 31 件：171 行目、172 行目、173 行目 など）",
        "data/loans.csv 170 行目 列 日 not-a-day 「2024年3月」は日までありません（手順 parse_date）"
        "（ほかに 31 件：171 行目「2024年3月」、172 行目「2024年3月」、173 行目「2024年3月」 など）",
        "合計: 誤り 292 件（5 種類）。",
    ]
    assert err[-1] == "次にすること: 上から順に、→ のあとのとおりに直し、もう一度 entaku check を実行してください。"
    assert err[0].startswith("誤りのある行: ")


def test_the_sum_is_in_english_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "data/loans.csv").write_text(HEAD + "a,x,2024-04-01\nb,y,2024-04-01\nc,1,2024-02-30\n", "utf-8")
    code, out, err = check(project, capsys, "loans", "--lang", "en")
    assert (code, len(out)) == (1, 3)
    assert out[0].startswith('data/loans.csv row 2 column 冊数 not-a-number "x" is not a number (step parse_number) (1 more: row 3 "y") → ')  # fmt: skip
    assert out[-1] == "In all: 3 errors, of 2 kinds."
    assert err[-1] == "Next: work down the list, doing what is said after →, and run entaku check loans again."


def test_a_check_without_findings_says_what_would_be_published(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "data/loans.csv").write_text(HEAD + "中央,5,2024-04-01\n東,6,2024-04-01\n", "utf-8")
    code, (plan,), (last,) = check(project, capsys)
    assert code == 0
    assert plan.startswith("loans: 表 loans（貸出数）を 2 行 × 3 列で公開します。版 20")
    assert last == "誤りはありません。make で公開できます。"
    _, (plan,), (last,) = check(project, capsys, "--lang", "en")
    assert plan.startswith('loans: the table loans ("Loans") would be published with 2 rows × 3 columns, version 20')
    assert last == "No errors. make publishes it."


def test_a_missing_file_is_said_at_its_line_and_nothing_of_networks(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "data/Loans.csv").write_text(HEAD, "utf-8")
    code, out, _ = check(project, capsys)
    assert code == 1
    assert out == [
        "pipelines/loans.yaml:11 no-file ファイル「data/loans.csv」がありません → 「data/Loans.csv」（大文字と小文字が違います）のことですか？ "
        "ファイルをそこに置くか、パスを直してください。",
        "合計: 誤り 1 件（1 種類）。",
    ]


def test_a_file_that_was_there_before_is_said_to_be_missing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = LOANS.replace("{file: data/loans.csv}", "{file: 'data/{n}.csv', for: {n: [1, 2]}}")
    (project / "pipelines/loans.yaml").write_text(text, "utf-8")
    (project / "data/1.csv").write_text(HEAD + "中央,5,2024-04-01\n", "utf-8")
    code, out, _ = check(project, capsys)
    assert (code, [line.split(" ")[1] for line in out[:-1]]) == (1, ["no-file"])
    assert "「data/2.csv」" in out[0] and "にあるのは：1.csv" in out[0]


def test_what_the_owner_allows_is_shown_and_not_counted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["図書館", "冊数", "日"], ["中央", 5, "2024-04-01"]):
        sheet.append(row)
    for n in range(5):
        hidden = book.create_sheet(f"元{n}")
        hidden.append([1])
        hidden.sheet_state = "hidden"
    book.save(project / "data/loans.xlsx")
    text = LOANS.replace("loans.csv", "loans.xlsx").replace(
        "    schema:", "    allow: {hidden-sheet: 集計前の値です}\n    schema:"
    )
    (project / "pipelines/loans.yaml").write_text(text, "utf-8")
    code, out, err = check(project, capsys)
    assert code == 0
    assert out[0].startswith(
        "[お知らせ] data/loans.xlsx 元0!A1 leak-allowed 「hidden-sheet」は許されています（理由「集計前の値です」、"
    )
    assert [line for line in out[1:] if "leak" in line or "合計" in line or "ほかに" in line] == []
    assert err == ["誤りはありません。make で公開できます。"]


@pytest.mark.parametrize(
    ("name", "body", "code", "words"),
    [
        ("loans.xlsx", b"<html><title>x</title><table><tr><td>1", "html-table", "Excel で開き、xlsx か CSV として保存し直し"),
        ("loans.xls", b"<!DOCTYPE html><title>\xe3\x83\xad\xe3\x82\xb0\xe3\x82\xa4\xe3\x83\xb3</title>", "html-page", "題名「ログイン」"),
        ("loans.csv", b"%PDF-1.7\n%\xe2\xe3", "other-format", "PDF のファイルは、表として読めません"),
        ("loans.xlsx", b"PK\x03\x04 cut", "broken-file", "Excel として開けません"),
        ("loans.csv", b"", "empty-file", "ファイルが空です"),
        ("loans.csv", "図書館,冊数,日\n中央,\"5,2024\n".encode(), "unclosed-quote", "引用符が閉じられないまま"),
    ],
)  # fmt: skip
def test_files_of_another_kind_are_named_by_their_content(
    project: Path, capsys: pytest.CaptureFixture[str], name: str, body: bytes, code: str, words: str
) -> None:
    (project / "pipelines/loans.yaml").write_text(LOANS.replace("loans.csv", name), "utf-8")
    (project / "data" / name).write_bytes(body)
    failed, out, _ = check(project, capsys)
    assert failed == 1
    assert code in out[0] and words in out[0], out


def test_of_many_datasets_with_one_kind_of_finding_ten_are_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pipelines/loans.yaml").unlink()
    for n in range(15):
        (project / f"data/loans-{n}.csv").write_text(HEAD + f"館,約{n},2024-04-01\n", "utf-8")
        yaml = LOANS.replace("name: loans\nt", f"name: loans-{n}\nt").replace("data/loans.csv", f"data/loans-{n}.csv")
        (project / f"pipelines/loans-{n}.yaml").write_text(yaml, "utf-8")
    code, out, _ = check(project, capsys)
    assert code == 1 and sum(" number-with-text " in line for line in out) == 10
    (more,) = [line for line in out if "ほかに 5 件" in line]
    assert more.endswith("→ entaku check 名前 で見られます。") and "data/loans-" in more
    assert out[-1].startswith("合計: 誤り 15 件")
    assert "5 more (data/loans-" in "\n".join(check(project, capsys, "--lang", "en")[1])
