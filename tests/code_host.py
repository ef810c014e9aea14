"""A code host for tests: a bare repository, machines that are clones of it, and stubs of the commands they have."""

import atexit
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import at_hand

from entaku.work.cli import main

LOANS = """\
name: loans
title: {ja: 貸出, en: Loans}
description: {ja: 図書館の貸出です。, en: Loans of the library.}
publisher: office
license: CC-BY-4.0
themes: [education]
frequency: monthly
resources:
  - name: loans
    title: {ja: 貸出, en: Loans}
    source: {file: data/loans.csv}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, type: integer, title: {ja: 番号, en: Number}}
        - {name: title, title: {ja: 題名, en: Title}}
"""
GOOD, MORE, BAD = ("id,title\n" + rows for rows in ("1,a\n2,b\n", "1,a\n2,b\n3,c\n", "1,a\nx,b\n2,c\n"))
WHO = ("-c", "user.name=t", "-c", "user.email=t@example.org")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *WHO, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Host:
    """A bare repository with a project, and a folder of stubs for the commands of the host's machines."""

    home: Path
    runs: int = 0
    env: dict[str, str] = field(default_factory=dict)

    @property
    def bare(self) -> Path:
        return self.home / "host.git"

    def commit(self, files: dict[str, str], branch: str = "main") -> None:
        work = self.home / "owner"
        git(work, "checkout", "-q", "-B", branch)
        for path, text in files.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text, "utf-8")
        git(work, "add", "--all")
        git(work, "commit", "-q", "-m", "change")
        git(work, "push", "-q", "origin", branch)

    def clone(self, branch: str = "main") -> Path:
        """A machine of the host's: a shallow clone with entaku in .venv."""
        self.runs += 1
        work = self.home / f"run{self.runs}"
        git(self.home, "clone", "-q", "--depth=1", "--branch", branch, self.bare.as_uri(), str(work))
        (work / ".venv/bin").mkdir(parents=True)
        stub(work / ".venv/bin/entaku", at_hand.command())
        return work

    def own(self, command: str) -> str:
        """The command of a machine of one's own, with the entaku of `clone` instead of the installed one."""
        installed, mine = str(Path(sys.executable).with_name("entaku")), self.home / "stubs/entaku"
        assert installed in command
        stub(mine, at_hand.command())
        return command.replace(installed, str(mine))

    def list_data(self) -> set[str]:
        """The files of the branch `data`."""
        return set(git(self.bare, "ls-tree", "-r", "--name-only", "data").split())

    def run_shell(self, text: str, work: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        path = f"{self.home / 'stubs'}{os.pathsep}{os.environ['PATH']}"
        given = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **self.env, **env, "PATH": path}
        command = ["bash", "-e", "-o", "pipefail", "-c", text]
        return subprocess.run(command, cwd=work, env=given, capture_output=True, text=True, check=False)


def stub(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def make_host(tmp_path: Path) -> Host:
    """A host with the project of an owner in `owner`, whose one dataset is a file of its own."""
    shutil.copytree(make_first(), tmp_path, dirs_exist_ok=True, symlinks=True)
    made = Host(tmp_path)
    for name in ("npx", "gh", "sendmail", "journalctl"):
        stub(tmp_path / "stubs" / name, f'echo "$0 $*" >> {shlex.quote(str(tmp_path / "called"))}; cat')
    git(tmp_path / "owner", "remote", "set-url", "origin", str(made.bare))
    return made


@cache
def make_first() -> Path:
    """The folder of which every host begins as a copy; it is removed when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="entaku-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Host(folder)
    (folder / "stubs").mkdir()
    git(folder, "init", "-q", "--bare", "-b", "main", "host.git")
    git(folder, "clone", "-q", str(made.bare), "owner")
    given = ("--base-url", "https://data.city.mihon.lg.jp/", "--publisher", "局", "--publisher-en", "Office")
    assert main(["init", str(folder / "owner"), "--yes", *given]) == 0
    (folder / "owner/local.mk").unlink(missing_ok=True)
    for name in ("requests", "showcases"):
        (folder / f"owner/pipelines/{name}.yaml").unlink()
    made.commit({"pipelines/loans.yaml": LOANS, "data/loans.csv": GOOD})
    return folder
