"""docs/hosting.md: its commands are run as they stand, with the folders of a machine moved into a temporary one."""

import re
from pathlib import Path

import pytest
import yaml
from code_host import Host, git, make_host, stub

from entaku.work.hosting import KINDS
from entaku.work.load import read_specs

PAGE = (Path(__file__).parents[2] / "docs" / "hosting.md").read_text("utf-8")
JA, EN = PAGE.split("## In English")
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
OF_DATA = [each for each in COMMANDS if each.startswith("git ")]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    made = make_host(tmp_path_factory.mktemp("page"))
    for name in ("nginx", "systemctl", "crontab"):
        stub(made.home / "stubs" / name, 'case "$*" in -) cat >&2;; *) echo "$0 $*";; esac')
    stub(made.home / "stubs/entaku", (made.clone() / ".venv/bin/entaku").read_text().splitlines()[1])
    return made


@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in OF_DATA and "verify http" not in each])
def test_the_commands_run(host: Host, command: str) -> None:
    etc = host.home / "etc"
    done = host.run_shell(command.replace("/etc/", f"{etc}/"), host.home / "owner", {})
    assert done.returncode == 0, done.stdout + done.stderr
    for folder in re.findall(r"--to (/etc/\S+)", command):
        assert list((etc / folder.removeprefix("/etc/")).iterdir())
    if "crontab" in command:
        assert "MAILTO=opendata@example.jp" in done.stderr


def test_a_clone_goes_on_with_the_branch_of_data_and_it_is_rewritten(host: Host) -> None:
    host.run_shell("entaku publish", host.home / "owner", {})
    work = host.home / "owner/datapackages"
    git(work, "init", "-q", "-b", "data")
    git(work, "add", "--all")
    git(work, "commit", "-q", "-m", "one")
    git(work, "push", "-q", str(host.bare), "data")
    clone = host.clone()
    for command in OF_DATA:
        env = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        done = host.run_shell(command, clone, env)
        assert done.returncode == 0, done.stderr
    assert "loans/releases.json" in host.list_data()
    assert git(host.bare, "rev-list", "--count", "data").strip() == "1"
    assert git(host.bare, "log", "-1", "--format=%s", "data").strip() == "withdrawn"
    assert host.run_shell("entaku publish", clone, {}).returncode == 0


def test_the_yaml_is_read_as_it_stands(host: Host) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = host.home / "owner/catalogue.yaml"
    before = path.read_text("utf-8")
    path.write_text(before + block, "utf-8")
    office, *_ = read_specs(host.home / "owner")
    path.write_text(before, "utf-8")
    assert office is not None and office.site.host == yaml.safe_load(block)["site"]["host"]


def test_both_languages_tell_of_the_same_commands_and_of_every_kind() -> None:
    for kind in KINDS:
        for text in (JA, EN):
            assert re.search(rf"`{kind}`|entaku hosting {kind}\b", text) or kind in ("cloudflare",), (kind, text[:20])
    codes = [set(re.findall(r"`(rules-[a-z]+|versions-lost|locked)`", text)) for text in (JA, EN)]
    assert codes[0] == codes[1]
