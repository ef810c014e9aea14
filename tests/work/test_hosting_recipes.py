"""Recipes of hosts: the shell of each workflow is run in a clone of a bare repository, which stands for the host."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from code_host import BAD, GOOD, LOANS, MORE, Host, make_host, stub
from sweeping import halve

from entaku.work.cli import main
from entaku.work.recipes import RECIPES


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return make_host(tmp_path)


@dataclass
class Job:
    """What became of a job: the outcomes of its steps, and all that they printed."""

    work: Path
    outcomes: dict[str, str] = field(default_factory=dict)
    said: str = ""
    failed: bool = False

    def wants(self, condition: str) -> bool:
        """Evaluate the few expressions that our workflows use."""
        if "always()" not in condition:
            return not self.failed
        for name in re.findall(r"steps\.(\w+)\.outcome == 'success'", condition):
            if self.outcomes.get(name) != "success":
                return False
        return all((self.work / path).exists() for path in re.findall(r"hashFiles\('([^']+)'\)", condition))


def run_github(host: Host, file: str, branch: str = "main") -> Job:
    """Run the job of a workflow in a fresh clone; of actions only that they were to run is noted."""
    job = Job(host.clone(branch))
    (steps,) = [each["steps"] for each in read_yaml(job.work / file)["jobs"].values()]
    for n, step in enumerate(steps):
        name = step.get("id") or step.get("name") or step.get("uses") or str(n)
        if step.get("run") == "make install" or not job.wants(str(step.get("if", ""))):
            continue
        job.outcomes[name] = "success"
        if "run" not in step:
            continue
        summary = host.home / f"summary{host.runs}-{n}"
        summary.touch()
        env = dict.fromkeys(step.get("env", {}), "x")
        done = host.run_shell(step["run"], job.work, {**env, "GITHUB_STEP_SUMMARY": str(summary)})
        job.said += done.stdout + done.stderr
        if done.returncode:
            job.outcomes[name], job.failed = "failure", True
    return job


def run_gitlab(host: Host, name: str, branch: str = "main") -> Job:
    """Run a job of GitLab's: its lines share one shell, which ends at the first that fails."""
    job = Job(host.clone(branch))
    told = read_yaml(job.work / ".gitlab-ci.yml")
    mine = {**told.get(told[name].get("extends", ""), {}), **told[name]}
    lines = [line for line in (*mine.get("before_script", ()), *mine["script"]) if line != "make install"]
    done = host.run_shell("\n".join(lines), job.work, {"PUSH_URL": str(host.bare)})
    job.said, job.failed = done.stdout + done.stderr, bool(done.returncode)
    return job


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


PUBLISH, CHECK = ".github/workflows/publish.yaml", ".github/workflows/check.yaml"


def publish(host: Host, kind: str) -> tuple[Job, bool]:
    """Run what is scheduled, and tell whether the site would be deployed."""
    if kind == "gitlab-pages":
        job = run_gitlab(host, "publish")
        return job, (job.work / "public/index.html").is_file()
    job = run_github(host, PUBLISH)
    (host.home / "called").touch()
    return job, "deploy" in job.outcomes


def choose(host: Host, kind: str) -> None:
    """Put the recipe of a kind into the repository."""
    work = host.home / "owner"
    if kind in ("netlify", "cloudflare"):
        with (work / "catalogue.yaml").open("a") as file:
            file.write(f"site: {{host: {kind}}}\n")
    assert main(["hosting", kind, "--to", str(work), "--project", str(work)]) == 0
    host.commit({"chosen": kind})


@pytest.mark.parametrize("kind", halve(["github-pages", "gitlab-pages", "netlify", "cloudflare"]))
def test_each_day_goes_on_from_the_branch_of_the_day_before(host: Host, kind: str) -> None:
    choose(host, kind)
    job, deployed = publish(host, kind)
    assert (job.failed, deployed) == (False, True), job.said
    data = host.list_data()
    (first,) = {path.split("/")[2] for path in data if path.startswith("loans/releases/")}
    assert {"README.md", "releases.txt", "loans/releases.json"} <= data and not [one for one in data if ".lock" in one]
    if kind in ("netlify", "cloudflare"):
        assert f"{'netlify-cli' if kind == 'netlify' else 'wrangler'} " in (host.home / "called").read_text()
        assert (job.work / "build/www/_headers").is_file()

    job, deployed = publish(host, kind)  # the next day, on another machine: nothing is new
    assert (job.failed, deployed) == (False, True), job.said
    assert host.list_data() == data
    host.commit({"data/loans.csv": MORE})
    job, deployed = publish(host, kind)
    assert (job.failed, deployed) == (False, True), job.said
    versions = {path.split("/")[2] for path in host.list_data() if path.startswith("loans/releases/")}
    assert len(versions) == 2 and first in versions and data <= host.list_data()


@pytest.mark.parametrize("kind", ["github-pages", "gitlab-pages"])
def test_what_is_held_fails_the_job_after_all_is_kept_and_deployed(host: Host, kind: str) -> None:
    choose(host, kind)
    publish(host, kind)
    host.commit({"data/loans.csv": BAD})
    before = host.list_data()
    job, deployed = publish(host, kind)
    assert (job.failed, deployed) == (True, True) and "type-error" in job.said, job.said
    assert len(host.list_data() - before) >= 1  # the new source file


@pytest.mark.parametrize("kind", ["github-pages", "gitlab-pages"])
def test_a_push_that_fails_fails_the_job_and_nothing_is_deployed(host: Host, kind: str) -> None:
    choose(host, kind)
    publish(host, kind)
    before = host.list_data()
    stub(host.bare / "hooks/pre-receive", "echo no room >&2; exit 1")
    host_commit_allowed = host.bare / "hooks/pre-receive"
    host_commit_allowed.rename(host.bare / "hooks/later")
    host.commit({"data/loans.csv": MORE})
    (host.bare / "hooks/later").rename(host_commit_allowed)
    job, deployed = publish(host, kind)
    assert (job.failed, deployed) == (True, False) and "no room" in job.said
    assert host.list_data() == before


@pytest.mark.parametrize("kind", ["github-pages", "gitlab-pages"])
def test_a_host_that_is_not_reached_begins_no_new_history(host: Host, kind: str) -> None:
    choose(host, kind)
    stub(host.home / "stubs/git", f'test "$1" != ls-remote || exit 128; exec {shutil.which("git")} "$@"')
    job, deployed = publish(host, kind)
    assert (job.failed, deployed) == (True, False)
    assert "loans" not in job.said and not (job.work / "build/www").exists()


def test_what_main_has_is_where_the_branch_begins(host: Host) -> None:
    """A project that kept its data on main until now."""
    work = host.home / "owner"
    assert main(["publish", "--project", str(work)]) == 0
    shutil.rmtree(work / "build")
    host.commit({"kept": "on main"})
    versions = sorted(path.name for path in (work / "datapackages/loans/releases").iterdir())
    job, _ = publish(host, "github-pages")
    assert not job.failed, job.said
    assert {path.split("/")[2] for path in host.list_data() if path.startswith("loans/releases/")} == set(versions)


# ---- pull requests ------------------------------------------------------------------------------------------------


def test_a_pull_request_is_annotated_and_has_a_preview(host: Host) -> None:
    publish(host, "github-pages")
    host.commit({"pipelines/loans.yaml": LOANS.replace("license: CC-BY-4.0", "license: CC-BY-9")}, "pull")
    job = run_github(host, CHECK, "pull")
    assert job.failed and job.outcomes["check"] == "failure"
    (line,) = [line for line in job.said.splitlines() if line.startswith("::error ")]
    assert line.startswith("::error file=pipelines/loans.yaml,line=5,title=")
    summary = (job.work / "build/summary.md").read_text("utf-8")
    assert "誤り 1 件" in summary and "| 🔴 | pipelines/loans.yaml:5 |" in summary
    assert "gh pr comment x --body-file build/summary.md" in (host.home / "called").read_text()
    assert (job.work / "build/preview/datasets/loans/index.html").is_file()
    host.commit({"pipelines/loans.yaml": LOANS}, "pull")
    job = run_github(host, CHECK, "pull")
    assert not job.failed, job.said
    assert "誤り 0 件" in (job.work / "build/summary.md").read_text("utf-8")
    assert host.list_data() == host.list_data()


def test_a_merge_request_has_a_report(host: Host) -> None:
    choose(host, "gitlab-pages")
    host.commit({"data/loans.csv": BAD}, "merge")
    job = run_gitlab(host, "check", "merge")
    assert job.failed
    issues = json.loads((job.work / "gl-code-quality-report.json").read_text("utf-8"))
    (wrong,) = [each for each in issues if each["severity"] == "major"]
    assert wrong["location"] == {"path": "pipelines/loans.yaml", "lines": {"begin": 1}}
    assert wrong["check_name"] == "type-error" and len(wrong["fingerprint"]) == 64
    assert (job.work / "preview/index.html").is_file()


# ---- a machine of one's own ---------------------------------------------------------------------------------------


def test_cron_says_something_only_after_an_error(host: Host) -> None:
    work = host.home / "owner"
    assert main(["hosting", "cron", "--to", str(host.home), "--project", str(work), "--mail", "a@example.org"]) == 0
    *_, mail, line = (host.home / "entaku.cron").read_text("utf-8").splitlines()
    assert mail == "MAILTO=a@example.org"
    command = host.own(line.split(maxsplit=5)[5].replace("\\%", "%"))
    for data, code in ((GOOD, 0), (BAD, 1)):
        (work / "data/loans.csv").write_text(data)
        done = host.run_shell(f"set +e; {command}", host.home, {})
        assert ("type-error" in done.stdout, bool(done.stdout)) == (bool(code), bool(code)), done.stdout + done.stderr


def test_systemd_accepts_the_units_and_a_failure_is_mailed(host: Host) -> None:
    work, units = host.home / "owner", host.home / "units"
    assert main(["hosting", "systemd", "--to", str(units), "--project", str(work), "--mail", "a@example.org"]) == 0
    assert {path.name for path in units.iterdir()} == {"entaku.service", "entaku.timer", "entaku-failed.service"}
    if shutil.which("systemd-analyze"):
        files = [str(path) for path in sorted(units.iterdir())]
        done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
        assert "entaku" not in done.stderr, done.stderr
    command = {
        path.name: host.own(re.search("^ExecStart=(.*)$", path.read_text("utf-8"), re.MULTILINE)[1])
        for path in units.glob("*.service")
    }
    (work / "data/loans.csv").write_text(BAD)
    done = host.run_shell(command["entaku.service"], work, {})
    assert done.returncode == 1
    mail = command["entaku-failed.service"].replace("$$", "$").replace("/usr/sbin/sendmail", "sendmail")
    done = host.run_shell(mail, work, {})
    assert "Subject:" in done.stdout and "loans" in done.stdout, done.stdout + done.stderr
    called = (host.home / "called").read_text()
    assert "sendmail a@example.org" in called and "journalctl --unit entaku.service" in called


# ---- the files ----------------------------------------------------------------------------------------------------


def test_init_writes_the_recipe_and_another_one_takes_its_place(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    work = host.home / "owner"
    first = (work / PUBLISH).read_text("utf-8")
    assert "deploy-pages" in first
    assert main(["hosting", "netlify", "--to", str(work), "--project", str(work), "--lang", "en"]) == 0
    assert "host-unset" in capsys.readouterr().out
    assert "netlify-cli" in (work / PUBLISH).read_text("utf-8")
    assert main(["hosting", "github-pages", "--to", str(work), "--project", str(work)]) == 0
    assert (work / PUBLISH).read_text("utf-8") == first
    (work / PUBLISH).write_text(first + "# mine\n", "utf-8")
    assert main(["hosting", "github-pages", "--to", str(work), "--project", str(work)]) == 1
    assert "rules-changed" in capsys.readouterr().out and (work / PUBLISH).read_text("utf-8") == first + "# mine\n"


def test_an_unknown_kind_is_told_with_those_there_are(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hosting", "ngnix", "--project", str(host.home / "owner"), "--lang", "en"]) == 1
    assert "nginx" in capsys.readouterr().out
    assert main(["hosting", "--project", str(host.home / "owner")]) == 0
    assert set(RECIPES) <= {line.split()[0] for line in capsys.readouterr().out.splitlines()}
