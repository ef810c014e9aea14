"""`entaku status`: what is held, late, retired or never released, what each dataset costs, what came of the last run.

Nothing is fetched, and nothing is written but the file of `--metrics`.  The table of facts is that of `catalogue.build`, which the page `/status/` shows.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.header import Header
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from entaku.catalogue import build, facets
from entaku.formats.text import show_size
from entaku.model.grammar import Office
from entaku.model.messages import group_alike, say, say_alike, show_finding
from entaku.model.nouns import Finding, Lang, Refused, Spec
from entaku.model.places import find_remote
from entaku.store import Store, disk, site
from entaku.work.keeping import foretell_year
from entaku.work.load import read_specs
from entaku.work.manifests import has_samples, newest_stamp, read_manifest
from entaku.work.metrics import write_metrics
from entaku.work.open import read_clock
from entaku.work.releases import spec_of
from entaku.work.runs import RunRecord, is_running, read_run
from entaku.work.speak import Speaker, show_table
from entaku.work.uploading import choose_destination, read_destination

SHOWN = 5
"""Findings of a dataset that are told, each for all of its cause."""
WORDS: dict[str, tuple[str, str]] = {
    "broken": ("YAML に誤り", "YAML broken"),
    "held": ("見送り", "held"),
    "overdue": ("更新が止まっている", "overdue"),
    "left": ("YAML がない", "no YAML"),
    "late": ("予定より遅い", "late"),
    "unreleased": ("未公開", "never released"),
    "fine": ("公開中", "published"),
    "retired": ("更新終了", "retired"),
}
HEAD = (
    ("データセット", "dataset"), ("状態", "state"), ("から", "since"), ("版", "release"), ("次の予定", "due"),
    ("元ファイル", "source files"), ("すべての版", "releases"), ("一年で", "in a year"), ("サイト", "site"),
)  # fmt: skip


@dataclass(frozen=True)
class OfficeStatus:
    """All that there is to tell."""

    office: Office
    now: datetime
    facts: tuple[build.DatasetFacts, ...]
    """The most urgent first."""
    faults: dict[str, tuple[Finding, ...]]
    """By dataset, what is wrong with its YAML or its records in the store."""
    others: tuple[Finding, ...]
    """What is wrong with `catalogue.yaml` and the folder of pipelines."""
    run: RunRecord | None
    running: bool

    @property
    def run_failed(self) -> bool:
        """Test whether the last run ended with an error or not at all."""
        return self.run is not None and (bool(self.run.code) or (not self.run.ended and not self.running))

    @property
    def urgent(self) -> int:
        """Count what needs a person; a run that failed counts only where nothing else does."""
        faulty = self.faults.keys() - {each.name for each in self.facts if each.urgent}
        found = sum(each.urgent for each in self.facts) + len(faulty) + bool(self.others)
        return found or int(self.run_failed)

    def day_of(self, utc: str) -> str:
        """Return the day of a UTC time in the office's time zone."""
        return facets.find_day(utc, self.office.timezone).isoformat()


def add_options(verb: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    form = verb.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="機械で読む形 / for programs")
    form.add_argument("--mail", action="store_true", help="件名の付いたメールの文 / a mail, with its subject")
    form.add_argument(
        "--metrics", type=Path, metavar="FILE", help="Prometheus の数値をファイルに / numbers for Prometheus, to a file"
    )
    verb.add_argument(
        "--to", type=read_destination, metavar="DIR", help="サイトの場所（既定は build/site）/ where the site is"
    )


def run_status(options: argparse.Namespace, speak: Speaker) -> int:
    """Print the state of every dataset and of the last run; return 1 if something needs a person."""
    office, specs, findings = read_specs(options.project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return 1
    try:
        Store.of(options.project, office, speak.progress).refresh()
    except Refused as refused:
        findings = (*findings, refused.finding)
    told = survey(options.project, office, specs, findings, choose_destination(options, office)[0])
    if options.json:
        speak.line(json.dumps(show_status(told), ensure_ascii=False, indent=1))
    elif options.metrics:
        with disk.telling(options.metrics):
            disk.write_whole(options.metrics, write_metrics(told), options.metrics.parent, sync=False)
    elif options.mail:
        for line in (*write_head(told, speak.lang), "", *write_text(told, speak.lang)):
            speak.line(line)
    else:
        for line in write_text(told, speak.lang):
            speak.line(line)
    return int(told.urgent > 0)


# ---- facts --------------------------------------------------------------------------------------------------------


def survey(
    project: Path, office: Office, specs: Sequence[Spec], findings: Sequence[Finding], where: Path
) -> OfficeStatus:
    """Collect what the YAML, the store, the site at `where` and the record of the last run tell."""
    store, now = Store.of(project, office), read_clock()
    by_name = {spec.pipeline.name: spec for spec in specs}
    faults: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        stem = Path(finding.place.file).stem if finding.place.file.startswith("pipelines/") else ""
        if finding.severity == "error":
            faults[stem] = (*faults.get(stem, ()), finding)
    others = faults.pop("", ())
    facts = []
    for name in sorted({*by_name, *store.list_datasets()}):
        try:
            known = look_up(store, name, by_name.get(name), name in faults)
        except Refused as refused:
            faults[name] = (*faults.get(name, ()), refused.finding)
            continue
        if known is not None:
            known = replace(known, site=measure_site(store, where, name))
            facts.append(build.judge(known, office, facets.find_day(now.isoformat(), office.timezone)))
    return OfficeStatus(
        office, now, build.list_urgent(facts), faults, others, read_run(project), is_running(store.root / ".lock")
    )


def look_up(store: Store, name: str, spec: Spec | None, broken: bool) -> build.DatasetFacts | None:
    """Return what the store has of a dataset; None of one without releases whose YAML is gone or can't be read.  Raises
    Refused for records that are damaged."""
    history = store.history(name)
    if not history.versions:
        if spec is None:
            return None
        facts = build.DatasetFacts(name=name, pipeline=spec.pipeline, attempt=history.attempt, broken=broken)
    else:
        manifest = read_manifest(store, name, history.versions[-1])
        known = spec or spec_of(store, name, history.versions[-1])
        facts = build.DatasetFacts(
            name=name,
            pipeline=known.pipeline,
            version=history.versions[-1],
            versions=len(history.versions),
            created=manifest["created"],
            sample=has_samples(manifest),
            attempt=history.attempt,
            planned=spec is not None or broken,
            broken=broken,
        )
    folder = store.root / name
    return replace(
        facts,
        checked=newest_stamp(store.ledger(name)),
        raws=disk.size_of(folder / "raw"),
        releases=disk.size_once(folder / "releases"),
        yearly=0 if any(facts.pipeline.keep.list_rules()) else foretell_year(store, name, history.versions),
    )


def measure_site(store: Store, where: Path, name: str) -> int:
    """Return the bytes of a dataset's part of a site; a file that is at several paths counts each time."""
    return sum(disk.size_of(where / part / each) for part in site.PARTS for each in store.list_names(name))


# ---- words --------------------------------------------------------------------------------------------------------


def write_head(told: OfficeStatus, lang: Lang) -> Iterator[str]:
    """Yield the header lines of a mail (RFC 5322, RFC 2047) without sender and recipient."""
    subject = write_subject(told, lang)
    charset = "us-ascii" if subject.isascii() else "utf-8"
    yield f"Subject: {Header(subject, charset, header_name='Subject').encode()}"
    yield from ("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")


def write_subject(told: OfficeStatus, lang: Lang) -> str:
    """Return the subject of a mail, which is also the first line of the text."""
    title = " ".join(told.office.title.get(lang).split())
    if lang == "en":
        return f"{title}: {told.urgent} to look at" if told.urgent else f"{title}: nothing to do"
    return f"{title}：人の手が要るもの {told.urgent} 件" if told.urgent else f"{title}：することはありません"


def write_text(told: OfficeStatus, lang: Lang) -> Iterator[str]:
    """Yield the lines of the text: what needs a person first, then what else there is, the table last."""
    yield write_subject(told, lang)
    yield from write_run(told, lang)
    if remote := find_remote(told.office.store):
        yield f"{'データの保管場所' if lang == 'ja' else 'Store'}: {remote}"
    for finding in told.others:
        yield f"  {say(finding, lang)}"
    names = {each.name for each in told.facts}
    for name in sorted(told.faults.keys() - names):
        yield from ("", f"■ {name}", *list_findings(told.faults[name], lang))
    for facts in told.facts:
        if facts.urgent or facts.standing == "late":
            yield from ("", *write_dataset(told, facts, lang))
    for standing in ("unreleased", "retired"):
        some = [each for each in told.facts if each.standing == standing]
        if some:
            yield from ("", f"{_word(standing, lang)}:")
            yield from (f"  {each.name} {each.pipeline.title.get(lang)}{_tell_end(each, lang)}" for each in some)
    yield ""
    yield from show_table(
        [[each[lang == "en"] for each in HEAD], *(_row(each, lang) for each in told.facts)], (5, 6, 7, 8)
    )


def write_run(told: OfficeStatus, lang: Lang) -> Iterator[str]:
    """Yield what came of the last run."""
    ja, run = lang == "ja", told.run
    if told.running:
        yield "いま実行中です。" if ja else "A run is going on."
    if run is None:
        yield (
            "最後の実行の記録がありません（この機械では実行していません）。"
            if ja
            else "There is no record of a last run (none on this machine)."
        )
        return
    day = _moment(run.began, told.office)
    if not run.ended:
        if not told.running:
            yield (
                f"最後の実行（{day} に開始）は終わっていません。"
                if ja
                else f"The last run, which began {day}, did not end."
            )
        return
    if ja:
        yield f"最後の実行: {day}、終了コード {run.code}（{'誤りがありました' if run.code else '誤りなし'}）"
    else:
        yield f"Last run: {day}, exit code {run.code} ({'with errors' if run.code else 'no errors'})"
    quoted = [one for facts in told.facts if facts.attempt for one in facts.attempt.findings]
    quoted += [one for some in told.faults.values() for one in some]
    yield from list_findings([each for each in run.errors if each not in quoted], lang)


def write_dataset(told: OfficeStatus, facts: build.DatasetFacts, lang: Lang) -> Iterator[str]:
    """Yield what there is to tell of a dataset that isn't as it should be."""
    ja, title = lang == "ja", facts.pipeline.title.get(lang)
    since = "" if not facts.since else f"、{facts.since} から" if ja else f" since {facts.since}"
    yield f"■ {facts.name} {title}: {_word(facts.standing, lang)}{since}"
    if facts.version:
        day = told.day_of(facts.created)
        yield (
            f"  公開中の版 {facts.version}（{day} のデータ）" if ja else f"  Published: {facts.version} (data of {day})"
        )
    if facts.standing == "left":
        finding = Finding("no-yaml", "notice", value=facts.name, args={"version": facts.version})
        yield from list_findings([finding], lang)
    yield from list_findings(told.faults.get(facts.name, ()), lang)
    if facts.attempt is not None:
        yield from list_findings([one for one in facts.attempt.findings if one.severity == "error"], lang)


def _tell_end(facts: build.DatasetFacts, lang: Lang) -> str:
    """Return since when and why a dataset is retired; "" of any other."""
    if facts.retired is None:
        return ""
    return f" ({facts.retired.since}{'：' if lang == 'ja' else ': '}{facts.retired.reason.get(lang)})"


def list_findings(findings: Sequence[Finding], lang: Lang) -> Iterator[str]:
    """Yield a line for each cause, at most SHOWN."""
    causes = group_alike(findings)
    for alike in causes[:SHOWN]:
        yield f"  {say_alike(alike, lang)}"
    rest = len(causes) - SHOWN
    if rest > 0:
        yield f"  ほか {rest} 種類" if lang == "ja" else f"  and {rest} more kinds"


def _row(facts: build.DatasetFacts, lang: Lang) -> list[str]:
    due = facts.due.isoformat() if facts.due else "-"
    sizes = [show_size(each) for each in (facts.raws, facts.releases, facts.site)]
    sizes.insert(2, f"+{show_size(facts.yearly)}" if facts.yearly else "-")
    return [facts.name, _word(facts.standing, lang), facts.since or "-", facts.version or "-", due, *sizes]


def _word(key: str, lang: Lang) -> str:
    return WORDS[key][lang == "en"]


def _moment(utc: str, office: Office) -> str:
    """Return a UTC time in the office's time zone: 2026-11-23 05:20."""
    return facets.read_utc(utc).astimezone(ZoneInfo(office.timezone)).strftime("%Y-%m-%d %H:%M")


# ---- for programs -------------------------------------------------------------------------------------------------


def show_status(told: OfficeStatus) -> dict[str, Any]:
    """Return everything as plain values for JSON."""
    run = told.run
    return {
        "catalogue": told.office.title.ja,
        "now": told.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "urgent": told.urgent,
        "last_run": run
        and {
            "began": run.began, "ended": run.ended or None, "code": run.code, "site": run.site or None,
            "running": told.running, "errors": list(map(show_spoken, run.errors)),
        },
        "findings": list(map(show_spoken, told.others)),
        "totals": {
            key: sum(getattr(each, key) for each in told.facts) for key in ("raws", "releases", "site")
        },
        "datasets": [
            *(show_facts(told, each) for each in told.facts),
            *({"name": name, "state": "broken", "urgent": True, "findings": list(map(show_spoken, told.faults[name]))}
              for name in sorted(told.faults.keys() - {each.name for each in told.facts})),
        ],
    }  # fmt: skip


def show_facts(told: OfficeStatus, facts: build.DatasetFacts) -> dict[str, Any]:
    """Return the facts of a dataset as plain values."""
    why = (*told.faults.get(facts.name, ()), *(facts.attempt.findings if facts.attempt else ()))
    shown: dict[str, Any] = {
        "name": facts.name, "title": facts.pipeline.title.ja, "title@en": facts.pipeline.title.en or None,
        "state": facts.standing, "urgent": facts.urgent, "since": facts.since or None,
        "version": facts.version or None, "versions": facts.versions, "created": facts.created or None,
        "checked": facts.checked or None, "due": facts.due.isoformat() if facts.due else None, "sample": facts.sample,
        "errors": facts.attempt.count if facts.attempt else 0, "findings": list(map(show_spoken, why)),
        "bytes": {"raw": facts.raws, "releases": facts.releases, "site": facts.site}, "bytes_in_a_year": facts.yearly,
    }  # fmt: skip
    if facts.retired is not None:
        shown["reason"], shown["replaced_by"] = facts.retired.reason.ja, facts.retired.replaced_by
    return shown


def show_spoken(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain values, with what it says in both languages."""
    return {**show_finding(finding), "text": say(finding, "ja"), "text@en": say(finding, "en")}
