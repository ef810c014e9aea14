"""What pip installs is whole: in an empty folder far from the clone, the commands of docs/start.md make a catalogue."""

import re
import shutil
import zipfile
from pathlib import Path

import pytest
from projects import ROOT
from shipping import install, run

PAGE = (ROOT / "docs" / "start.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def test_the_wheel_has_what_projects_get_and_nothing_of_this_catalogue(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {name.removeprefix("entaku/shipped/") for name in names if name.startswith("entaku/shipped/")}
    assert {"site_templates/home.html", "site_templates/words.json", "site_templates/assets/site.css"} <= shipped
    assert {
        "docs/leaks.md",
        "docs/pipeline.schema.json",
        "pipelines/requests.yaml",
        "pipelines/showcases.yaml",
    } <= shipped
    files = (path for path in (ROOT / "entaku").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert {path.relative_to(ROOT).as_posix() for path in files} <= names
    assert not [name for name in shipped if "toei" in name or "tokyo" in name or "/vendor/package" in name]
    vendor = ROOT / "build" / "vendor"
    assert {path.name for path in vendor.glob("*")} == {Path(name).name for name in shipped if "build/vendor/" in name}


def test_the_commands_of_the_page_make_a_catalogue(wheel: Path, tmp_path: Path) -> None:
    project = tmp_path / "opendata"
    project.mkdir()
    assert COMMANDS[:2] == ["python3 -m venv .venv", ".venv/bin/pip install entaku"]
    install(wheel, project / ".venv")
    asked, told = [command for command in COMMANDS if ".venv/bin/entaku init" in command]
    run(f"{asked} --yes", project)
    for path in project.iterdir():
        if path.name != ".venv":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    said = run(told, project)
    assert "make serve" in said and "address-unset" not in said
    assert not (project / "local.mk").exists()

    assert COMMANDS[4:6] == ["make", "make serve"]
    said = run("make", project)
    assert "[誤り]" not in said and "[警告]" not in said
    (project / "data").mkdir()
    (project / "data" / "loans.csv").write_text("館名,貸出数\n中央館,120\n東館,80\n", "utf-8")
    drafted, checked = COMMANDS[6:]
    run(drafted, project)
    draft = project / "pipelines" / "library-loans.yaml"
    text = re.sub(r"# (publisher|license): (\S+).*", r"\1: \2", draft.read_text("utf-8"))
    draft.write_text(text.replace("【要記入】", ""), "utf-8")
    assert "誤りはありません" in run(checked, project)
    run("make", project)
    assert "館名" in (project / "build/site/datasets/library-loans/index.html").read_text("utf-8")
    assert "help" in run("make help", project) and "0 件" in run("make verify", project)


@pytest.mark.sweep
def test_an_entaku_that_no_shell_finds_is_named_to_make(wheel: Path, tmp_path: Path) -> None:
    entaku = install(wheel, tmp_path / "far away")
    said = run([str(entaku), "init", str(tmp_path / "p"), "--yes"], tmp_path)
    assert "address-unset" in said
    run("make check", tmp_path / "p")
