"""`entaku check --format`: findings as GitHub's annotations, as a summary and as GitLab's report; values are concealed."""

import json
from pathlib import Path

import pytest
from projects import LIFTS, lifts, make_project, put

from entaku.fetch.network import Network
from entaku.model.nouns import Finding, Place
from entaku.work import annotate
from entaku.work import open as cli_setting
from entaku.work.cli import main

YAML = "pipelines/a.yaml"
TOLD = [
    ("catalogue.yaml", (Finding("unknown-name", "error", Place(file=YAML, line=3), "50%, x:y", {"kind_ja": "鍵", "kind_en": "key", "where_ja": "a|b", "where_en": "a|b <i>@x", "hint_ja": "", "hint_en": ""}),)),
    (YAML, (Finding("older-file", "warning", Place(file="https://x.example/a.csv"), "https://x.example/a.csv"),)),
]  # fmt: skip


def test_an_annotation_is_at_its_line_and_one_on_data_at_its_pipeline() -> None:
    one, other = annotate.write_github(TOLD, "en")
    assert one.startswith(f"::error file={YAML},line=3,title=unknown-name::{YAML}:3 unknown-name ")
    assert "50%25, x:y" in one and "\n" not in one
    assert other.startswith(f"::warning file={YAML},line=1,title=older-file::https://x.example/a.csv older-file ")


def test_a_report_has_a_fingerprint_that_stays_when_a_line_moves() -> None:
    one, other = json.loads(annotate.write_gitlab(TOLD, "ja"))
    assert (one["severity"], other["severity"]) == ("major", "minor")
    assert one["location"] == {"path": YAML, "lines": {"begin": 3}}
    moved = [
        (
            "catalogue.yaml",
            (Finding("unknown-name", "error", Place(file=YAML, line=9), "50%, x:y", TOLD[0][1][0].args),),
        )
    ]
    (again,) = json.loads(annotate.write_gitlab(moved, "ja"))
    assert again["fingerprint"] == one["fingerprint"] != other["fingerprint"]


def test_a_summary_can_not_be_broken_by_a_value_and_mentions_nobody() -> None:
    text = annotate.write_summary(TOLD, "en")
    assert text.startswith("**entaku check**: 1 errors, 1 warnings, 0 notices\n")
    rows = [line for line in text.splitlines() if line.startswith("| 🔴")]
    assert len(rows) == 1 and rows[0].count("|") == 4 and "<i>" not in text and "@x" not in text
    many = [(YAML, tuple(Finding("older-file", "warning", value=f"v{n}") for n in range(annotate.MOST + 5)))]
    assert len(annotate.write_summary(many, "ja")) < 65_000
    assert "誤り 0 件" in annotate.write_summary([("catalogue.yaml", ())], "ja")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cli_setting, "Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
    return make_project(tmp_path / "p", lifts=LIFTS)


def test_what_may_not_be_published_is_not_told_either(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "mirror", lifts("090-1234-5678,2026-06-01", "A-2,2026-06-02"))
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for form in ("github", "gitlab"):
        code = main(["check", "--format", form, "--project", str(project), "--mirror", str(tmp_path / "mirror")])
        said = capsys.readouterr()
        told = said.out + said.err + summary.read_text("utf-8")
        assert code == 1 and "090-1234-5678" not in told
        if form == "gitlab":
            assert json.loads(said.out)[0]["location"]["path"] == "pipelines/lifts.yaml"
        else:
            assert all(line.startswith("::") for line in said.out.splitlines()) and "::error file=" in said.out
