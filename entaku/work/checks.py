"""What an owner asks before publishing: the findings of a dataset, and what the next release would change."""

import argparse
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from entaku.model.changes import Comparison, show_comparison
from entaku.model.files import CHANGES, name_csv
from entaku.model.grammar import Office
from entaku.model.hints import hint
from entaku.model.nouns import Finding, Place, Refused, Spec
from entaku.spec import drafts
from entaku.store import disk
from entaku.work import annotate
from entaku.work.comparing import compare_releases
from entaku.work.load import read_specs, read_written
from entaku.work.open import make_setting, read_clock, try_dataset
from entaku.work.outcome import Outcome
from entaku.work.quality import DatasetRaws, Sources, TableRaws, judge_release
from entaku.work.releases import load_one
from entaku.work.rulings import write_rulings
from entaku.work.setting import Setting
from entaku.work.speak import Speaker, tell_alike, tell_changes, tell_findings, tell_plan, tell_rules, tell_sum

if TYPE_CHECKING:
    from entaku.work.owner_report import OwnerReport


@dataclass(frozen=True)
class Asked:
    """What a check is to tell besides its findings."""

    every_rule: bool
    """Every rule of machine-readability that a file breaks."""
    rulings: Path | None
    """The folder for what the rules say, in the form of the Digital Agency's checker."""
    report: "OwnerReport | None"


def open_report(options: argparse.Namespace, findings: Sequence[Finding], speak: Speaker) -> "OwnerReport | None":
    """Begin the report for the owners of files, with the findings on the YAML, if it is asked for."""
    if options.report is None:
        return None
    from entaku.work.owner_report import OwnerReport

    report = OwnerReport(options, speak.lang)
    report.add_yaml(findings)
    return report


def run_check(options: argparse.Namespace, speak: Speaker) -> int:
    """Report the findings of a publish, run on a copy of the store that is discarded; in a code host's format, that
    alone is printed."""
    host = speak
    if options.format != "text":
        speak = Speaker(speak.lang, io.StringIO(), speak.err)
    office, specs, findings = read_specs(options.project)
    refuse_retired(office, options.dataset)
    names = [spec.pipeline.name for spec in specs]
    if options.dataset is not None:
        file = f"pipelines/{options.dataset}.yaml"
        findings = tuple(finding for finding in findings if finding.place.file in (file, "catalogue.yaml"))
        if options.dataset not in names and not findings:
            raise Refused(Finding("unknown-dataset", value=options.dataset, args=hint(options.dataset, names)))
        specs = tuple(spec for spec in specs if spec.pipeline.name == options.dataset)
        if not specs and office is not None:
            specs = use_draft(options.project, options.dataset, office, speak)
    tell_alike(findings, speak)
    told = [("catalogue.yaml", findings)]
    report = open_report(options, findings, speak)
    now = read_clock()
    if office is not None:
        setting = replace(make_setting(options, office, speak), only_check=True)
        asked = Asked(options.rules, options.rules_json, report)
        for spec in specs:
            told.append((spec.file, _check_one(setting, office, spec, asked, speak)))
    if report is not None:
        report.close(office.timezone if office is not None else "Asia/Tokyo", now, speak)
    every = [finding for _, one in told for finding in one]
    if options.format != "text":
        annotate.tell(options.format, told, host)
    failed = any(finding.severity == "error" for finding in every)
    speak.rest("entaku check 名前" if speak.lang == "ja" else "entaku check NAME")
    tell_sum(every, speak)
    if not failed:
        speak.note("誤りはありません。make で公開できます。", "No errors. make publishes it.")
        return 0
    again = f"entaku check {options.dataset}" if options.dataset else "entaku check"
    speak.note(
        f"次にすること: 上から順に、→ のあとのとおりに直し、もう一度 {again} を実行してください。",
        f"Next: work down the list, doing what is said after →, and run {again} again.",
    )
    return 1


def use_draft(project: Path, dataset: str, office: Office, speak: Speaker) -> tuple[Spec, ...]:
    """Return the spec of a pipeline with findings, if its tables are those that are meant: only titles and the like are
    missing.  Where they aren't, that is told."""
    files, file = read_written(project), f"pipelines/{dataset}.yaml"
    if file not in files:
        return ()
    draft = drafts.parse_draft(files, file, office)
    if draft.spec is not None and draft.sound:
        return (draft.spec,)
    speak.note(
        f"表に関わる誤りが YAML にあるので、データは検査していません。entaku preview {dataset} なら、読めるところまでの表を見られます。",
        f"The data were not checked, as the YAML has errors that concern the tables. entaku preview {dataset} shows what can be "
        "made of them.",
    )
    return ()


def refuse_unknown(
    office: Office, specs: Sequence[Spec], findings: Sequence[Finding], names: Sequence[str]
) -> None:  # fmt: skip
    """Raise Refused for a name of no dataset, or of one that is no longer updated."""
    known = [spec.pipeline.name for spec in specs]
    broken = {finding.place.file for finding in findings}
    for name in names:
        refuse_retired(office, name)
        if name not in known and f"pipelines/{name}.yaml" not in broken:
            raise Refused(Finding("unknown-dataset", value=name, args=hint(name, known)))


def refuse_retired(office: Office | None, dataset: str | None) -> None:
    """Raise Refused if a dataset is no longer updated, and its YAML not read."""
    if office is not None and dataset in office.retired:
        raise Refused(Finding("retired-yaml", "notice", Place(file=f"pipelines/{dataset}.yaml"), dataset or ""))


def _check_one(
    setting: Setting, office: Office, spec: Spec, asked: Asked, speak: Speaker
) -> tuple[Finding, ...]:  # fmt: skip
    """Check a dataset and return its findings; what would be published of it is told."""
    name = spec.pipeline.name
    with try_dataset(setting, office, spec) as (outcome, store):
        tell_findings(outcome, speak)
        sources: Sources | None = None
        if outcome.checked:
            tables = tuple(TableRaws(one.resource.name, one.resource, one.raws) for one in outcome.checked)
            sources = DatasetRaws(name, spec.pipeline, tables)
        elif outcome.version:
            sources = load_one(store, name, outcome.version)
        if sources is not None:
            judged = judge_release(replace(setting, store=store), sources)
            tell_rules(judged, f"entaku check {name} --rules", asked.every_rule, speak)
            if asked.rulings is not None:
                write_rulings(store, sources, judged.series, asked.rulings, speak)
        if outcome.what != "held":
            tell_plan(outcome, speak)
        if asked.report is not None:
            asked.report.add(store, spec, outcome.findings)
    keep_failing(setting.project, outcome, speak)
    return outcome.findings


def run_diff(options: argparse.Namespace, speak: Speaker) -> int:
    """Report the rows and columns that the next release would add, remove and change; with versions, what changed
    between them."""
    if len(options.versions) == 2:
        return run_diff_versions(options, speak)
    if options.versions:
        raise Refused(Finding("diff-versions", value=" ".join(options.versions), args={"dataset": options.dataset}))
    office, specs, findings = read_specs(options.project)
    refuse_retired(office, options.dataset)
    mine = [finding for finding in findings if finding.place.file != f"pipelines/{options.dataset}.yaml"]
    for finding in findings:
        if finding not in mine or finding.place.file == "catalogue.yaml":
            speak.finding(finding)
    spec = next((spec for spec in specs if spec.pipeline.name == options.dataset), None)
    if office is None:
        return 1
    broken = spec is None and len(mine) < len(findings)
    if broken:
        spec = next(iter(use_draft(options.project, options.dataset, office, speak)), None)
        if spec is None:
            return 1
    if spec is None:
        names = [spec.pipeline.name for spec in specs]
        raise Refused(Finding("unknown-dataset", value=options.dataset, args=hint(options.dataset, names)))
    setting = make_setting(options, office, speak)
    setting.store.refresh()
    now = setting.store.history(options.dataset).versions
    with try_dataset(setting, office, spec) as (outcome, store):
        tell_findings(outcome, speak)
        if outcome.what in ("held", "empty"):
            return int(broken or outcome.what == "held")
        trial = replace(setting, store=store)
        after = load_one(store, options.dataset, outcome.version)
        before = load_one(store, options.dataset, now[-1]) if now else None
        comparison = compare_releases(trial, before, after)
    tell_changes(comparison, speak)
    return int(broken)


def run_diff_versions(options: argparse.Namespace, speak: Speaker) -> int:
    """Report what changed between two versions of a dataset; as JSON, or with the changed rows as files."""
    office, _, findings = read_specs(options.project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return 1
    setting = make_setting(options, office, speak)
    setting.store.refresh()
    name = setting.store.find_present(options.dataset)
    known = setting.store.history(name).versions
    if not known:
        names = setting.store.list_datasets()
        raise Refused(Finding("unknown-dataset", value=options.dataset, args=hint(options.dataset, names)))
    for version in options.versions:
        if version not in known:
            raise Refused(Finding("version-unknown", value=version, args={"dataset": name, **hint(version, known)}))
    before, after = (load_one(setting.store, name, version) for version in options.versions)
    comparison = compare_releases(setting, before, after)
    if options.to is not None:
        write_comparison(setting, name, comparison, options.to)
    if options.json:
        speak.line(json.dumps(show_comparison(name, comparison), ensure_ascii=False, indent=1))
    else:
        tell_changes(comparison, speak)
    return 0


def write_comparison(setting: Setting, name: str, comparison: Comparison, folder: Path) -> None:
    """Write changes.json and the files of changed rows to a folder, whose other files are left alone."""
    shown = json.dumps(show_comparison(name, comparison), ensure_ascii=False, indent=1).encode() + b"\n"
    disk.write_whole(folder / CHANGES, shown, folder, sync=False)
    for file in (file for change in comparison.tables for file in change.files):
        setting.cache.copy_out(file.kept, folder / file.path)


def keep_every_failing(project: Path, outcomes: Sequence[Outcome], speak: Speaker) -> None:
    """Write the rows with errors of all datasets that have some, and delete earlier files of the others."""
    folder = project / "build" / "failing"
    with disk.telling(folder):
        there = {path.name for path in folder.iterdir()} if folder.is_dir() else set[str]()
    for outcome in outcomes:
        if outcome.failing or outcome.dataset in there:
            keep_failing(project, outcome, speak)


def keep_failing(project: Path, outcome: Outcome, speak: Speaker) -> None:
    """Write a dataset's rows with errors as CSV to `build/failing/`, for its owner; earlier files are deleted."""
    folder = project / "build" / "failing" / outcome.dataset
    disk.replace_files(folder, {name_csv(table): body for table, body in outcome.failing.items()})
    for table in sorted(outcome.failing):
        path = folder / name_csv(table)
        speak.note(f"誤りのある行: {path}", f"Rows in error: {path}")
