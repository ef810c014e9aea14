"""`entaku retire`: a dataset stays with all its versions and is no longer updated, as `catalogue.yaml` says.

The command writes nothing else; the next run that publishes shows it.  So it works in a clone without the store, too.
"""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from entaku.catalogue import facets
from entaku.model.grammar import Office
from entaku.model.hints import hint
from entaku.model.leaving import find_present
from entaku.model.nouns import Finding, Place, Refused
from entaku.spec import leaving, parse_project
from entaku.store import Store, disk, read_project
from entaku.work.load import read_specs
from entaku.work.open import read_clock
from entaku.work.speak import Speaker
from entaku.work.withdraw import read_words

CATALOGUE = leaving.CATALOGUE


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
    if (store := Store(options.project / office.store)).list_datasets() and not store.history(name).versions:
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
    return office, sorted(stems | {*Store(project / office.store).list_datasets()})


def read_catalogue(project: Path) -> bytes:
    """Return the bytes of `catalogue.yaml`."""
    path = project / CATALOGUE
    with disk.telling(path, "file-unreadable"):
        return path.read_bytes()


def write_catalogue(project: Path, body: bytes) -> None:
    """Write `catalogue.yaml` atomically.  Raises Refused if it would not be valid."""
    office, _, findings = parse_project({CATALOGUE: body})
    if office is None:
        raise Refused(next(iter(findings), Finding("yaml-by-hand", "error", Place(file=CATALOGUE))))
    replace_file(project, CATALOGUE, body)


def replace_file(project: Path, path: str, body: bytes) -> None:
    """Replace a file of the project atomically."""
    target = disk.below(project, path).resolve()
    with disk.telling(target):
        disk.write_whole(target, body, target.parent)
