"""Files and URLs → drafts of pipelines, tried before they are written."""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from entaku.audit import leaks as workbook_leaks
from entaku.audit import rulebook, rules
from entaku.draft import About, FilePlan, draft_file, join_files, mend_plan, name_label, write_yaml
from entaku.fetch import folder as folders
from entaku.model.body import closing
from entaku.model.grammar import Office, Pipeline
from entaku.model.messages import say_place, say_what
from entaku.model.nouns import Answer, Ask, Finding, Place, Raw, Refused
from entaku.model.source import Limit
from entaku.model.standards import Standard
from entaku.store import disk, read_project
from entaku.work.load import read_specs, read_standards
from entaku.work.offers import Offer, find_ckan, list_folder, read_offers
from entaku.work.open import open_network
from entaku.work.speak import Speaker, tell_rules
from entaku.work.trying import Trial, try_draft

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HIDDEN = ("hidden-sheet", "hidden-rows", "hidden-columns")
FILES = "pipelines/files"
"""Where files from elsewhere are copied to."""


@dataclass(frozen=True)
class Given:
    """A file to be drafted."""

    source: str
    """URL, or path within the project."""
    raw: Raw
    body: bytes = field(repr=False)
    copied: bool = False
    """Whether it is yet to be copied into the project."""

    @cached_property
    def leaks(self) -> tuple[Finding, ...]:
        """What of it must not be published, by where it is."""
        return tuple(workbook_leaks.find_leaks(self.source, self.body, {}))

    @property
    def hides(self) -> bool:
        """Whether it has hidden cells that must not be published."""
        return any(leak.code in HIDDEN and leak.severity == "error" for leak in self.leaks)


def look_at(project: Path, source: str, allow_hosts: Sequence[str]) -> Given:
    """Fetch a URL, or read a file from anywhere.  Raises Refused where there is none."""
    if re.match(r"https?://", source):
        (answer,) = open_network(allow_hosts).ask_all([(Ask(source), "", "")], Limit())
        return _given(answer, answer.url, copied=False)
    path = Path(source).resolve()
    if path.is_relative_to(project.resolve()):
        inside = path.relative_to(project.resolve()).as_posix()
        return _given(folders.read_project_file(project, inside, Limit()), inside, copied=False)
    answer = folders.read_project_file(path.parent, path.name, Limit())
    return _given(answer, f"{FILES}/{path.name}", copied=True)


def _given(answer: Answer, source: str, *, copied: bool) -> Given:
    if answer.finding is not None or answer.body is None:
        raise Refused(answer.finding or Finding("no-file", value=source))
    with closing([answer.body]):
        body, sha256 = answer.body.read(), answer.body.sha256
    return Given(source, Raw(source, {}, answer.served, "", sha256, len(body)), body, copied)


def run_new(options: argparse.Namespace, speak: Speaker) -> int:
    """Write `pipelines/<name>.yaml` drafted from files; never overwrite an existing one."""
    office, _, _ = read_specs(options.project)
    standards, findings = read_standards(options.project)
    for finding in findings:
        speak.finding(finding)
    desk = NewDesk(options, speak, office, standards)
    offers = [(source, _expand(desk, source)) for source in options.source]
    if all(listed is None for _, listed in offers):
        return _draft_together(desk, [look_at(options.project, source, desk.hosts) for source in options.source])
    ended = 0
    for source, listed in offers:
        for batch in _group(listed if listed is not None else (Offer(source),)):
            ended = max(ended, _draft_one(desk, batch))
    return ended


def _expand(desk: "NewDesk", source: str) -> tuple[Offer, ...] | None:
    """What a folder or a list names; None for a file of data."""
    if not re.match(r"https?://", source):
        path = Path(source)
        if path.is_dir():
            return list_folder(path)
        if path.suffix.lower() not in (".csv", ".json") or not path.is_file():
            return None
    asked = find_ckan(source) or source
    if asked == source and re.match(r"https?://", source) and not re.search(r"\.(csv|json)$|/data\.json", source):
        return None
    given = look_at(desk.options.project, asked, desk.hosts)
    return read_offers(given.raw, given.body, source if asked != source else "") or None


def _group(offers: Sequence[Offer]) -> list[tuple[Offer, ...]]:
    """Offers whose names differ in numbers alone, together."""
    groups: dict[str, list[Offer]] = {}
    for offer in offers:
        plain = re.sub(r"[0-9０-９]+", "0", offer.source) if not offer.title else offer.source
        groups.setdefault(plain, []).append(offer)
    return [tuple(group) for group in groups.values()]


def _draft_one(desk: "NewDesk", offers: Sequence[Offer]) -> int:
    """Draft one or several files of a list; what can't be drafted is told, and the others go on."""
    try:
        givens = [look_at(desk.options.project, offer.source, desk.hosts) for offer in offers]
        return _draft_together(desk, givens, offers[0])
    except Refused as refused:
        desk.speak.finding(refused.finding)
        return 1


def _draft_together(desk: "NewDesk", givens: Sequence[Given], offer: Offer | None = None) -> int:
    """Draft files: one pipeline if they are laid out alike, else one of each."""
    hides = any(given.hides for given in givens)
    drafts = [draft_file(given.raw, given.body, desk.standards, skip_hidden=hides) for given in givens]
    for given, (plan, findings) in zip(givens, drafts, strict=True):
        for finding in findings:
            desk.speak.finding(finding)
        if not plan.tables and not findings:
            args = {"where_ja": "どの行にも", "where_en": "any row"}
            desk.speak.finding(Finding("no-header", place=Place(file=given.source), args=args))
    if not all(plan.tables for plan, _ in drafts):
        return 1
    joined = join_files([given.source for given in givens], [plan for plan, _ in drafts], desk.standards)
    if joined is not None:
        plan, template, (column, values) = joined
        source = f"{{{_kind(template)}: {_quote(template)}, for: {{{column}: [{', '.join(map(_quote, values))}]}}}}"
        return desk.write(Batch(tuple(givens), plan, source, desk.options.name, offer))
    ended = 0
    for given, (plan, _) in zip(givens, drafts, strict=True):
        name = desk.options.name if len(givens) == 1 else None
        source = f"{{{_kind(given.source)}: {_quote(given.source)}}}"
        ended = max(ended, desk.write(Batch((given,), plan, source, name, offer)))
    return ended


def _kind(source: str) -> str:
    return "url" if re.match(r"https?://", source) else "file"


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True)
class Batch:
    """What becomes one pipeline."""

    givens: tuple[Given, ...]
    plan: FilePlan
    source: str
    """The mapping of `source`, as YAML."""
    name: str | None = None
    offer: Offer | None = None
    """What a list says of it."""


@dataclass(frozen=True)
class NewDesk:
    """Writes drafts: asks for what isn't known, tries each, tells what was left out."""

    options: argparse.Namespace
    speak: Speaker
    office: Office | None
    standards: Sequence[Standard] = ()
    """Those of the project."""

    @property
    def hosts(self) -> Sequence[str]:
        """Hosts that may be asked though they are not public."""
        return self.office.allow_hosts if self.office else ()

    @property
    def asks(self) -> bool:
        """Whether there is somebody to ask."""
        return not self.options.yes and self.speak.err.isatty() and _reads_terminal()

    def write(self, batch: Batch) -> int:
        """Write one draft; return the exit code."""
        name = self._choose_name(batch)
        about = self._describe(name, batch)
        plan = self._settle(mend_plan(batch.plan, answers={"marks": "keep"} if self.options.marks else {}))
        copied = self._copy(batch.givens)
        leaks = tuple(leak for given in batch.givens for leak in given.leaks)
        about = replace(
            about, warnings=tuple(f"{say_place(leak.place, 'ja')} {say_what(leak, 'ja')}" for leak in leaks)
        )
        for leak in leaks:
            if leak.severity == "error":
                self.speak.finding(leak)
        trial = Trial(plan)
        if self.office is not None:
            trial = try_draft(self.options, self.speak, self.office, batch.givens, (plan, about))
        plan = trial.plan
        failed = tuple(
            f"検査の指摘：{say_place(one.place, 'ja')} {one.code} {say_what(one, 'ja')}" for one in trial.errors
        )
        text = write_yaml(plan, replace(about, warnings=(*about.warnings, *failed)))
        try:
            disk.write_project(self.options.project, f"pipelines/{name}.yaml", text.encode())
        except Refused:
            for path in copied:
                disk.below(self.options.project, path).unlink()
            raise
        self._tell(name, batch, plan, trial)
        return int(bool(trial.errors))

    def _choose_name(self, batch: Batch) -> str:
        name = batch.name
        if not name:
            stems = [PurePosixPath(unquote(urlsplit(given.source).path)).name.split(".")[0] for given in batch.givens]
            stem = re.sub(r"[^a-z0-9]+", "-", _common(stems).lower()).strip("-")
            name = stem if NAME.fullmatch(stem) and re.search("[a-z]{3}", stem) else ""
            title = batch.offer.title if batch.offer else ""
            free = self.options.yes or self.asks or batch.offer is not None
            if not name:
                name = propose_name(title or batch.plan.title or _common(stems)) if free else stem
                name = (
                    self._ask("データセットの名前（英小文字、数字、-） / the dataset's name", name)
                    if self.asks
                    else name
                )
            if not re.search("[a-z]", name):
                name = ""
        if batch.offer is not None:
            name = self._tell_apart(name)
        if not NAME.fullmatch(name):
            raise Refused(Finding("bad-pattern", value=name, args={"allowed": "--name my-dataset"}))
        return name

    def _tell_apart(self, name: str) -> str:
        """A name that no pipeline has yet."""
        taken = read_project(self.options.project, "pipelines/*.yaml")
        new, n = name, 1
        while f"pipelines/{new}.yaml" in taken:
            n += 1
            new = f"{name}-{n}"
        return new

    def _describe(self, name: str, batch: Batch) -> About:
        office, offer = self.office, batch.offer
        publishers = tuple(office.publishers) if office else ()
        licenses = tuple(office.licenses) if office else ()
        about = About(name=name, source=batch.source, publishers=publishers, licenses=licenses)
        if offer is not None:
            known = next((one for one in licenses if one.lower() == offer.license.lower()), "")
            about = replace(
                about, title=offer.title, description=offer.description, landing_page=offer.landing_page, license=known
            )
        if not self.options.yes and not self.asks:
            return about
        comments = {}
        chosen: dict[str, str] = {}
        for key, every in (("publisher", publishers), ("license", licenses)):
            value = getattr(about, key) or self._choose(key, every)
            chosen[key] = value
            if len(every) > 1 and not getattr(about, key) and self.options.yes:
                comments[key] = f"確認：ほかに {' / '.join(each for each in every if each != value)}"
        title = about.title or batch.plan.title
        if self.asks:
            title = self._ask("題名 / title", title or name)
        return replace(
            about, asked=True, title=title, comments=comments, publisher=chosen["publisher"], license=chosen["license"]
        )

    def _choose(self, key: str, every: Sequence[str]) -> str:
        if not every:
            return ""
        return self._ask(f"{key} ({' / '.join(every)})", every[0]) if self.asks and len(every) > 1 else every[0]

    def _settle(self, plan: FilePlan) -> FilePlan:
        """Ask what the draft could not decide; the answer is kept in the comment."""
        if not self.asks:
            return plan
        answers = {}
        for question in plan.questions:
            words = question.en if self.speak.lang == "en" else question.ja
            answers[question.key] = self._ask(words, question.answer)
        return mend_plan(plan, answers=answers)

    def _ask(self, words: str, default: str) -> str:
        self.speak.clear()
        print(f"{words} [{default}]: ", end="", file=self.speak.err, flush=True)
        return input().strip() or default

    def _copy(self, givens: Sequence[Given]) -> list[str]:
        """Copy files from elsewhere into the project; one of the same name and bytes is used."""
        copied = []
        for given in givens:
            if not given.copied:
                continue
            there = read_project(self.options.project, _escape(given.source))
            if there.get(given.source) == given.body:
                continue
            disk.write_project(self.options.project, given.source, given.body)
            copied.append(given.source)
        return copied

    def _tell(self, name: str, batch: Batch, plan: FilePlan, trial: Trial) -> None:
        """Tell what was made, what was taken, and what was left out."""
        speak = self.speak
        for question in plan.questions:
            speak.note(f"確認：{question.ja} → {question.answer}", f"To confirm: {question.en} → {question.answer}")
        for place, text in plan.unread:
            speak.note(f"読めない値：{place}「{text}」", f'Not read: {place} "{text}"')
        for left in plan.left:
            count = len(left.places)
            some = " ".join(left.places[:5])
            speak.note(
                f"表にしなかったもの：{left.sheet} {left.why}（{count} セル）{some}",
                f"Left out: {left.sheet} {left.why} ({count} cells) {some}",
            )
        for error in trial.errors:
            speak.finding(error)
        self._tell_rules(batch, trial.pipeline)
        tables = "、".join(f"{table.name}（{len(table.fields)} 列）" for table in plan.tables)
        speak.note(f"表：{tables}", f"Tables: {', '.join(table.name for table in plan.tables)}")
        if trial.tried and not trial.errors:
            speak.note(
                f"試しに検査し、誤りはありませんでした（{trial.rows:,} 行）。",
                f"Tried: no errors ({trial.rows:,} rows).",
            )
        speak.note(
            f"pipelines/{name}.yaml を作りました。題名・説明・列の名前を直し、entaku check {name} で確かめてください。",
            f"Wrote pipelines/{name}.yaml. Correct titles, descriptions and names, then try entaku check {name}.",
        )

    def _tell_rules(self, batch: Batch, pipeline: Pipeline | None) -> None:
        """Tell how machine-readable the files are, with the headings that the draft has found in them."""
        known = rules.know(pipeline, pipeline.resources) if pipeline is not None else None
        files = []
        for given in batch.givens:
            made = rules.judge(given.source, given.body, known)
            files.append(rulebook.JudgedFile(given.source, given.raw.sha256, (), made.rulings, made.rows, made.whole))
        tell_rules(rulebook.Judged(tuple(files)), "", False, self.speak)


def _reads_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _escape(path: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", path)


def _common(stems: Sequence[str]) -> str:
    """What the names of several files have in common."""
    common = stems[0]
    for stem in stems[1:]:
        while not stem.startswith(common):
            common = common[:-1]
    if len(stems) > 1:
        common = re.sub(r"[-_ ]*([-_ ][RHrh])?$", "", common)
    return common or stems[0]


def propose_name(title: str) -> str:
    """A dataset's name for a title."""
    return re.sub(r"[^a-z0-9]+", "-", name_label(title)).strip("-")
