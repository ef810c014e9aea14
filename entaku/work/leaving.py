"""`entaku retire` and `entaku rename`: a dataset is no longer updated, or has another name, as `catalogue.yaml` says.

Nothing but the project's own files is needed, so that both work in a clone without the store: the next run that publishes
shows them, and moves what the store has under the former name.
"""

import argparse
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from entaku.catalogue import facets, ledgers
from entaku.model.grammar import Office
from entaku.model.hints import hint
from entaku.model.leaving import Renaming, find_present
from entaku.model.ledgers import LEDGERS
from entaku.model.nouns import Finding, Place, Refused
from entaku.model.words import NAME, PATTERNS
from entaku.spec import leaving, parse_project
from entaku.store import Store, disk, read_project
from entaku.work.load import read_pictures, read_specs
from entaku.work.open import read_clock
from entaku.work.setting import Setting
from entaku.work.speak import Speaker
from entaku.work.withdraw import read_words

CATALOGUE = leaving.CATALOGUE
LONGEST = 80
"""Characters of a dataset's name, as the grammar has it."""


def add_retire_options(verb: argparse.ArgumentParser) -> None:
    """Add the options of `entaku retire`."""
    verb.add_argument("dataset", metavar="DATASET")
    way = verb.add_mutually_exclusive_group(required=True)
    way.add_argument("--reason", type=read_words, metavar="TEXT", help="理由（公開）/ why; published")
    way.add_argument("--undo", action="store_true", help="更新を再開する / update it again")
    verb.add_argument("--reason-en", type=read_words, metavar="TEXT", help="理由の英語 / in English")
    verb.add_argument(
        "--replaced-by", metavar="DATASET|URL", help="代わりのデータセットの名前かアドレス / what replaces it"
    )
    verb.add_argument("--since", type=_read_day, metavar="DAY", help="更新を終えた日（既定は今日）/ today if not given")


def _read_day(text: str) -> str:
    """Return an option's day.  Raises ArgumentTypeError (exit code 2) if there is no such day."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"2026-11-23 の形の日付 / a day such as 2026-11-23: {text}") from None


def run_retire(options: argparse.Namespace, speak: Speaker) -> int:
    """Note in `catalogue.yaml` that a dataset is no longer updated, or that it is again."""
    office, names = read_names(options.project, speak)
    if office is None:
        return 1
    name, body = options.dataset, read_catalogue(options.project)
    if options.undo:
        if name not in office.retired:
            raise _tell_unknown(name, list(office.retired))
        write_catalogue(options.project, leaving.remove_entry(body, "retired", name))
        speak.note(
            f"「{name}」の更新を再開します。次にすること: pipelines/{name}.yaml があることを確かめ、make を実行してください。",
            f"{name} will be updated again. Next: see that pipelines/{name}.yaml is there, and run make.",
        )
        return 0
    if name not in names:
        raise _tell_unknown(name, names)
    if (store := Store.of(options.project, office)).list_datasets() and not store.history(name).versions:
        raise Refused(Finding("retire-unreleased", value=name))
    other = options.replaced_by
    if other and ":" not in other and (other == name or find_present(office.renamed, other) not in names):
        raise _tell_unknown(other, [each for each in names if each != name])
    before = office.retired.get(name)
    today = facets.find_day(read_clock().isoformat(), office.timezone).isoformat()
    entry: dict[str, Any] = {
        "since": options.since or (before.since if before else today),
        "reason": {"ja": options.reason, **({"en": options.reason_en} if options.reason_en else {})},
        **({"replaced_by": other} if other else {}),
    }
    write_catalogue(options.project, leaving.set_entry(body, "retired", name, entry))
    speak.note(
        f"「{name}」は {entry['since']} で更新を終えます（catalogue.yaml の retired に書きました）。版とファイルはそのまま残ります。"
        f"次にすること: make を実行してください。pipelines/{name}.yaml は、もう消してかまいません。取り消すときは entaku retire {name} --undo。",
        f"{name} is no longer updated since {entry['since']} (written to retired in catalogue.yaml). Its versions and files "
        f"stay. Next: run make. pipelines/{name}.yaml may be removed now. entaku retire {name} --undo takes it back.",
    )
    return 0


def _tell_unknown(name: str, there: list[str]) -> Refused:
    return Refused(Finding("unknown-dataset", value=name, args=hint(name, there)))


def tell_retired(setting: Setting, office: Office) -> tuple[Finding, ...]:
    """Report retired datasets of which nothing was ever released, or whose YAML is still there and isn't read, and names
    of those that replace them and don't exist."""
    if not office.retired:
        return ()
    there, findings = set(setting.store.list_datasets()), list[Finding]()
    planned = {Path(path).stem for path in read_project(setting.project, "pipelines/*.yaml")}
    for name, retirement in office.retired.items():
        place = Place(file="catalogue.yaml")
        if name not in there:
            findings.append(Finding("retired-unknown", "warning", place, name))
        elif name in planned:
            findings.append(Finding("retired-yaml", "notice", Place(file=f"pipelines/{name}.yaml"), name))
        other = find_present(office.renamed, retirement.replaced_by or "")
        if other and ":" not in other and other not in (there | planned):
            findings.append(Finding("replaced-unknown", "warning", place, other, {"dataset": name}))
    return tuple(findings)


# ---- another name ---------------------------------------------------------------------------------------------------


def add_rename_options(verb: argparse.ArgumentParser) -> None:
    """Add the options of `entaku rename`."""
    verb.add_argument("old", metavar="OLD", help="今の名前 / its present name")
    verb.add_argument("new", metavar="NEW", help="新しい名前 / its new name")
    verb.add_argument("--since", type=_read_day, metavar="DAY", help="改めた日（既定は今日）/ today if not given")


def run_rename(options: argparse.Namespace, speak: Speaker) -> int:
    """Give a dataset another name: in `catalogue.yaml`, its YAML, the lists of requests and showcases, and the store.

    `catalogue.yaml` is written first: what a command that was ended has not done, the same command does.
    """
    office, names = read_names(options.project, speak)
    if office is None:
        return 1
    project, old, new = options.project, options.old, options.new
    if old not in office.renamed or office.renamed[old].to != new:
        refuse_name(office, names, old, new)
        since = options.since or facets.find_day(read_clock().isoformat(), office.timezone).isoformat()
        write_catalogue(project, rename_entries(read_catalogue(project), office, old, new, since))
    changed = [CATALOGUE, *move_pipeline(project, old, new), *rename_in_ledgers(project, old, new, speak)]
    store = Store.of(
        project, replace(office, renamed={**office.renamed, old: Renaming(to=new, since="")}), speak.progress
    )
    if old in store.list_datasets():
        with store.lock() as findings:
            for finding in findings:
                speak.finding(finding)
    disk.replace_files(project / "build" / "failing" / old, {})
    for place in list_mentions(project, old):
        speak.finding(Finding("name-mentioned", "notice", place, old, {"to": new}))
    speak.note(
        f"「{old}」を「{new}」に改名しました（{'、'.join(changed)}）。前の名前のページは新しいページにつながり、公開した版はこれまでの"
        "アドレスのままです。次にすること: make を実行してください。",
        f"{old} is {new} now ({', '.join(changed)}). Its former pages lead to the new ones, and published versions stay at their "
        "addresses. Next: run make.",
    )
    return 0


def refuse_name(office: Office, names: list[str], old: str, new: str) -> None:
    """Raise Refused unless the dataset `old` can be called `new`."""
    if old in office.renamed:
        raise Refused(leaving.tell_taken(office, old, Place(file=CATALOGUE)))
    if old not in names:
        raise _tell_unknown(old, names)
    if not {old, new}.isdisjoint(LEDGERS):
        raise Refused(Finding("rename-ledger", value=old if old in LEDGERS else new))
    if not re.fullmatch(NAME, new) or len(new) > LONGEST:
        allowed_ja, _, allowed_en = PATTERNS[NAME].partition(" / ")
        args = {"allowed_ja": allowed_ja, "allowed_en": allowed_en, "hint_ja": "", "hint_en": ""}
        raise Refused(Finding("bad-pattern", value=new, args=args))
    if new in office.renamed and find_present(office.renamed, new) != old:
        raise Refused(leaving.tell_taken(office, new, Place(file=CATALOGUE)))
    if new in names:
        raise Refused(Finding("rename-exists", value=new))


def rename_entries(body: bytes, office: Office, old: str, new: str, since: str) -> bytes:
    """Return `catalogue.yaml` with a dataset's change of name, which may be one back to a former name."""
    body = leaving.remove_entry(body, "renamed", new)
    retired = office.retired.get(old)
    if retired is not None:
        body = leaving.remove_entry(body, "retired", old)
        words = {"ja": retired.reason.ja, "en": retired.reason.en}
        entry = {"since": retired.since, "reason": {lang: text for lang, text in words.items() if text}}
        body = leaving.set_entry(
            body, "retired", new, entry | ({"replaced_by": retired.replaced_by} if retired.replaced_by else {})
        )
    return leaving.set_entry(body, "renamed", old, {"to": new, "since": since})


def move_pipeline(project: Path, old: str, new: str) -> list[str]:
    """Write a pipeline under another name, with its comments, and remove the former file; return the new file's path."""
    before, after = (f"pipelines/{name}.yaml" for name in (old, new))
    files = read_project(project, before)
    if before not in files:
        return [after] if read_project(project, after) else []
    replace_file(project, after, leaving.set_name(files[before], new))
    with disk.telling(project / before):
        (project / before).unlink()
    return [after]


def rename_in_ledgers(project: Path, old: str, new: str, speak: Speaker) -> list[str]:
    """Write the new name into the lists of requests and showcases; return the paths of those that changed."""
    changed = []
    for path, body in read_project(project, "*.csv").items():
        if path.removesuffix(".csv") not in LEDGERS:
            continue
        made = ledgers.rename_dataset(body, old, new)
        if made is None:
            speak.finding(Finding("name-mentioned", "notice", Place(file=path), old, {"to": new}))
        elif made != body:
            replace_file(project, path, made)
            changed.append(path)
    return changed


def list_mentions(project: Path, old: str) -> list[Place]:
    """List the lines of pipelines, templates and `catalogue.yaml` with an address below the former name."""
    wanted = re.compile(rf"datasets/{re.escape(old)}(?![a-z0-9-])".encode())
    files = {
        path: body
        for pattern in (CATALOGUE, "pipelines/*.yaml", "site_templates/*")
        for path, body in read_project(project, pattern).items()
    }
    return [
        Place(file=path, line=n)
        for path, body in sorted(files.items())
        for n, line in enumerate(body.splitlines(), 1)
        if wanted.search(line)
    ]


# ---- the project --------------------------------------------------------------------------------------------------


def read_names(project: Path, speak: Speaker) -> tuple[Office | None, list[str]]:
    """Return the office and the names of all datasets that have a YAML or anything in the store; print what is wrong
    with `catalogue.yaml`."""
    office, _, findings = read_specs(project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return None, []
    stems = {Path(path).stem for path in read_project(project, "pipelines/*.yaml")}
    return office, sorted(stems | {*Store.of(project, office).list_datasets()})


def read_catalogue(project: Path) -> bytes:
    """Return the bytes of `catalogue.yaml`."""
    path = project / CATALOGUE
    with disk.telling(path, "file-unreadable"):
        return path.read_bytes()


def write_catalogue(project: Path, body: bytes) -> None:
    """Write `catalogue.yaml` atomically.  Raises Refused if it would not be valid."""
    office, _, findings = parse_project({CATALOGUE: body}, lambda path: read_pictures(project, [path]).get(path))
    if office is None:
        raise Refused(next(finding for finding in findings if finding.severity == "error"))
    replace_file(project, CATALOGUE, body)


def replace_file(project: Path, path: str, body: bytes) -> None:
    """Replace a file of the project atomically."""
    target = disk.below(project, path).resolve()
    with disk.telling(target):
        disk.write_whole(target, body, target.parent)
