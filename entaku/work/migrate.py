"""`entaku migrate`: a project of an earlier version in the present one's grammar, with the files that come with it."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from entaku import __version__
from entaku.model.nouns import Finding, Place, Refused
from entaku.spec import former, parse_project
from entaku.store import disk, read_project
from entaku.work import init, shipped
from entaku.work.speak import Speaker

BEFORE = "build/before-migrate"
"""Folder of a project with its files as they were before."""
OFFICE, LEDGER, ROWS = "catalogue.yaml", "pipelines/requests.yaml", "requests.csv"


@dataclass
class Migration:
    """What a migration changes."""

    files: dict[str, bytes | None] = field(default_factory=dict)
    """New content by path; None for a file that is removed."""
    findings: list[Finding] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of files that are the program's now, by path."""


def run_migrate(options: argparse.Namespace, speak: Speaker) -> int:
    """Rewrite what has changed since the version that a project was made with, or with --check only tell of it."""
    project: Path = options.project
    plan = plan_migration(project)
    for finding in plan.findings:
        speak.finding(finding)
    if any(finding.severity == "error" for finding in plan.findings):
        speak.note("何も書き換えていません。", "Nothing was rewritten.")
        return 1
    if options.check:
        if plan.files:
            speak.note(
                "まだ何も書き換えていません。entaku migrate で書き換わります。",
                "Nothing was rewritten yet; entaku migrate does it.",
            )
        return int(bool(plan.files))
    carry_out(project, plan)
    if plan.files:
        speak.note(
            f"前のファイルは {BEFORE}/ にあります。次にすること: make を実行してください。",
            f"The files as they were are in {BEFORE}/. Next: run make.",
        )
    else:
        speak.note(
            f"entaku {__version__} のとおりで、書き換えるものはありません。",
            f"Nothing to rewrite: all is as in entaku {__version__}.",
        )
    return 0


def plan_migration(project: Path) -> Migration:
    """Return what would be changed in a project.  Raises Refused (no-file) where there is none."""
    plan = Migration()
    yaml = {**read_project(project, OFFICE), **read_project(project, "pipelines/*.yaml")}
    if OFFICE not in yaml:
        raise Refused(Finding("no-file", value=OFFICE))
    for path, body in yaml.items():
        made = former.rewrite_yaml(body, path)
        plan.findings += made.findings
        if made.body != body:
            plan.files[path] = made.body
        if made.rows:
            _take_requests(project, yaml.get(LEDGER), made, plan)
    if not shipped.is_home(project):
        _renew_copies(project, plan)
    return plan


def _take_requests(project: Path, ledger: bytes | None, made: former.Rewritten, plan: Migration) -> None:
    """Migration requests.csv with the rows that stood in `catalogue.yaml`, and its pipeline if there is none."""
    if ledger is None:
        office, _, findings = parse_project({OFFICE: made.body})
        if office is None:
            plan.findings += findings
            return
        ledger = init.adapt_ledger(shipped.read_shipped(LEDGER)[LEDGER], office)
        plan.files[LEDGER] = ledger
    there = read_project(project, ROWS).get(ROWS) or init.write_header(ledger)
    try:
        plan.files[ROWS] = former.add_rows(there, made.rows)
    except UnicodeError as error:
        raise Refused(Finding("file-unreadable", value=ROWS, args={"why": str(error)})) from error


def _renew_copies(project: Path, plan: Migration) -> None:
    """Migration new content for the files that were copied from the program and not changed since; tell of the others."""
    record = shipped.read_record(project)
    files = init.list_common()
    new = {path: body for path, body in {**shipped.list_templates(), **files}.items() if path in record}
    if any(path.startswith("docs/") for path in record):  # pages that are new
        new |= {path: body for path, body in files.items() if path.startswith("docs/")}
    for path, body in new.items():
        own = read_project(project, path).get(path)
        if own is not None and record.get(path) != shipped.digest(own):
            if record.get(path, "") != shipped.digest(body) and path in files and own != body:
                plan.findings.append(Finding("copy-changed", "notice", Place(file=path), path, {"now": __version__}))
            continue
        if own is None and path in record:  # removed by its owner
            continue
        plan.copies[path] = shipped.digest(body)
        if own != body:
            plan.files[path] = body
            plan.findings.append(Finding("copy-renewed", "notice", Place(file=path), path, {"now": __version__}))
    unchanged = shipped.list_former(read_project(project, f"{shipped.TEMPLATES}/**/*"))
    plan.files |= dict.fromkeys(unchanged)
    if unchanged:
        args = {"count": str(len(unchanged))}
        plan.findings.append(Finding("templates-removed", "notice", value=f"{shipped.TEMPLATES}/", args=args))


def carry_out(project: Path, plan: Migration) -> None:
    """Write what was planned, each file whole; first of all keep the files as they were."""
    for path in plan.files:
        own = read_project(project, path).get(path)
        kept = disk.below(project / BEFORE, path)
        if own is not None:
            with disk.telling(kept):
                disk.write_whole(kept, own, project / "build")
    for path in sorted(plan.files, key=lambda path: path == OFFICE):
        body, target = plan.files[path], disk.below(project, path)
        with disk.telling(target):
            if body is None:
                target.unlink(missing_ok=True)
            else:
                disk.write_whole(target, body, project / "build")
    if plan.copies:
        shipped.write_record(project, {**shipped.read_record(project), **plan.copies})
