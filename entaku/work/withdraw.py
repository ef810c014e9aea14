"""`entaku withdraw`: the bytes of a version or of a source file leave the store and the site; a tombstone stays.

The tombstones are written first (`store.withdrawn`); whatever a run that was ended left behind, the next one removes.
"""

import argparse
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from entaku.model.files import MANIFEST
from entaku.model.grammar import Office
from entaku.model.hints import hint
from entaku.model.ledgers import GoneFile, Tombstone
from entaku.model.nouns import Finding, Place, Refused, Spec
from entaku.model.words import Text
from entaku.store import disk
from entaku.store import site as sites
from entaku.work.load import read_specs
from entaku.work.manifests import list_raws, parse_manifest, parse_raws, read_manifest, size_raws
from entaku.work.open import make_setting
from entaku.work.releases import spec_of
from entaku.work.runs import RECORD
from entaku.work.setting import Setting
from entaku.work.speak import Speaker
from entaku.work.uploading import list_addresses, read_destination
from entaku.work.verify import recall_faults, remember_faults

SHORTEST = 8
"""Hexadecimal digits of a source file's SHA-256 that must be given."""
SHOWN = 12
"""Digits by which it is shown."""


def add_options(verb: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    verb.add_argument("dataset", metavar="DATASET")
    verb.add_argument(
        "what", nargs="*", metavar="VERSION | TABLE | raw SHA",
        help="版、表、または raw と元ファイルの SHA-256。なければすべての版 / all versions if not given",
    )  # fmt: skip
    verb.add_argument("--table", metavar="NAME", help="その表のある版だけ / only versions with that table")
    verb.add_argument("--reason", required=True, type=read_words, metavar="TEXT", help="理由（公開）/ why; published")
    verb.add_argument("--reason-en", type=read_words, metavar="TEXT", help="理由の英語 / in English")
    verb.add_argument("--by", required=True, type=read_words, metavar="WHO", help="決めた人（公開）/ who; published")
    verb.add_argument(
        "--keep-raw", action="store_true",
        help="元ファイルは控えに残す（表の作り方だけが誤りのとき）/ source files stay archived and may be used again",
    )  # fmt: skip
    verb.add_argument("--dry-run", action="store_true", help="何がなくなるかを見るだけ / only show what would go")
    verb.add_argument("--yes", action="store_true", help="確かめずに行う / don't ask")
    verb.add_argument(
        "--to", type=read_destination, metavar="DIR|s3://…",
        help="サイトの場所（既定は build/site。catalogue.yaml の site.to もなおす）/ where the site is, beside site.to",
    )  # fmt: skip


def read_words(text: str) -> str:
    """Return an option's text on one line.  Raises ArgumentTypeError (exit code 2) if nothing is left of it."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if not plain:
        raise argparse.ArgumentTypeError("空です / it is empty")
    return plain


Rebuild = Callable[[Path | str | None], int]
"""Publishes the site at a folder or in a store of objects (None: `build/site`) from what is released, and returns the exit code."""


def run(options: argparse.Namespace, speak: Speaker, rebuild: Rebuild) -> int:
    """Withdraw what the options name, and publish the site without it."""
    office, specs, findings = read_specs(options.project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return 1
    setting = make_setting(options, office, speak)
    options.dataset = setting.store.find_present(options.dataset)
    if not options.dry_run and not options.yes and not sys.stdin.isatty():
        raise Refused(Finding("withdraw-unconfirmed", value=options.dataset))
    with ExitStack() as stack:
        if not options.dry_run:
            for finding in stack.enter_context(setting.store.lock()):
                speak.finding(finding)
        plan = Withdrawal(setting, specs, options)
        tombstones = plan.list_tombstones()
        tell_plan(plan, tombstones, office, speak)
        if options.dry_run or (tombstones and not options.yes and not ask_whether(options.dataset, speak)):
            speak.note("何も変えていません。", "Nothing was changed.")
            return 0
        with telling_rest(speak):
            if tombstones:
                setting.store.record_withdrawal(options.dataset, tombstones)
            setting.store.remove_withdrawn(options.dataset)
            finish_withdrawals(setting, plan.site)
    home: Path = options.project / "build" / "site"
    further = isinstance(options.to, Path) or (options.to and office.site.to)
    others = [None] if further and sites.read_site(home, sites.MARK) is not None else []
    with telling_rest(speak):
        code = max(rebuild(folder) for folder in (options.to, *others))
    speak.line()
    done = {str(each).rstrip("/") for each in (options.to, office.site.to) if each}
    for address in list_addresses(options.project):
        if address not in done:
            speak.line(
                f"{address} にも置いたことがあります。entaku publish --to {address} で、そこからも消してください。"
                if speak.lang == "ja"
                else f"The site was put into {address} as well: remove it there by entaku publish --to {address}."
            )
    speak.line(
        "取り下げました。次にすること: サイトをウェブサーバーに置き直し、CDN とキャッシュ、検索サイト、控えからも消してください。"
        "手順は docs/withdraw.md にあります。"
        if speak.lang == "ja"
        else "Withdrawn. Next: put the site on your web server, then have it removed from CDNs and caches, search engines "
        "and backups. docs/withdraw.md tells how."
    )
    return code


@contextmanager
def telling_rest(speak: Speaker) -> Iterator[None]:
    """Say that an interrupted withdrawal is to be finished."""
    try:
        yield
    except KeyboardInterrupt:
        speak.note(
            "取り下げは終わっていません。取り下げるものが、まだサイトにあるかもしれません。すぐにもう一度 make を実行すると終わります。",
            "The withdrawal is not finished: the site may still have what is to go. Run make again at once to finish it.",
        )
        raise


def ask_whether(dataset: str, speak: Speaker) -> bool:
    """Ask on the terminal whether to go on; the dataset's name is the answer that does."""
    speak.note(
        f"取り消せません。続けるには {dataset} と入力してください。", f"This can't be undone. Type {dataset} to go on."
    )
    return sys.stdin.readline().strip() == dataset


# ---- what goes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToWithdraw:
    """What is to be withdrawn: versions, all or on account of a table, or a source file."""

    versions: tuple[str, ...] = ()
    table: str = ""
    sha256: str = ""


class Withdrawal:
    """What a withdrawal takes away, and what it leaves."""

    def __init__(self, setting: Setting, specs: Sequence[Spec], options: argparse.Namespace) -> None:
        self.store, self.setting, self.options = setting.store, setting, options
        self.site = options.to if isinstance(options.to, Path) else options.project / "build" / "site"
        self.name: str = options.dataset
        self.spec = next((spec for spec in specs if spec.pipeline.name == self.name), None)
        names = sorted({*self.store.list_datasets(), *(spec.pipeline.name for spec in specs)})
        if self.name not in names:
            raise Refused(self.tell_unknown("データセット", "dataset", self.name, names))
        self.versions = self.store.history(self.name).versions
        self.before = self.store.tombstones(self.name)
        self.manifests = {version: self._find_manifest(version) for version in self.versions}
        """By version its manifest.json, of a damaged release the site's, with all its source files and their tables."""
        told = {version: manifest["raws"] for version, manifest in self.manifests.items()}
        self.used = {version: [(table, raw.sha256) for table, raw in raws] for version, raws in told.items()}
        """By version, the tables and the hashes of the source files that it was made from."""
        self.target = self._find_target()
        self.raws = self._choose_raws()

    @property
    def stay(self) -> tuple[str, ...]:
        """List the versions that stay, oldest first."""
        return tuple(version for version in self.versions if version not in self.target.versions)

    def tell_unknown(self, ja: str, en: str, value: str, there: Sequence[str]) -> Finding:
        """Return a finding on something that isn't there, with what is."""
        args = {"kind_ja": ja, "kind_en": en, "dataset": self.name, **hint(value, list(there))}
        return Finding("nothing-to-withdraw", value=value, args=args)

    def list_using(self, sha256: str, versions: Iterable[str]) -> list[str]:
        """List the `versions` that were made from a source file."""
        return [version for version in versions if any(each == sha256 for _, each in self.used[version])]

    def list_others(self) -> list[str]:
        """List other datasets that have any of the source files that go."""
        gone = {raw.sha256 for raw in self.raws}
        others = [name for name in self.store.list_datasets() if name != self.name]
        return [name for name in others if not gone.isdisjoint(self.store.list_raws(name))]

    def list_doubtful(self) -> set[str]:
        """List the archived source files that the versions that go were made from; for a version of which that isn't
        known, all that no other was made from."""
        used = {sha256 for version in self.target.versions for _, sha256 in self.used[version]}
        there = set(self.store.list_raws(self.name))
        if all(self.used[version] for version in self.target.versions):
            return used & there
        return there - {sha256 for version in self.stay for _, sha256 in self.used[version]}

    def list_tombstones(self) -> tuple[Tombstone, ...]:
        """Make the tombstones; none if all of it was withdrawn before."""
        given, options = self.target, self.options
        common = Tombstone(
            dataset=self.name, title=self._find_title(), table=given.table,
            when=self.setting.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            reason=Text(ja=options.reason, en=options.reason_en or ""), by=options.by,
        )  # fmt: skip
        if given.sha256:
            return (replace(common, raws=self.raws),) if self.raws else ()
        last = given.versions[-1:]
        return tuple(
            replace(
                common, dataset=self.manifests[version].get("dataset", self.name), version=version,
                files=tuple(self._list_files(version)),
                raws=self.raws if (version,) == last else (),
            )
            for version in given.versions
        )  # fmt: skip

    def _find_manifest(self, version: str) -> dict[str, Any]:
        with suppress(Refused):
            numbers = range(self.store.revision(self.name, version), 0, -1)
            every = [read_manifest(self.store, self.name, version, n) for n in numbers]
            raws = [raw for each in every for raw in list_raws(self.store, self.name, version, each)]
            return {**every[0], "raws": raws}
        for name in self.store.list_names(self.name):
            folder = f"datasets/{name}/{version}/"
            with suppress(Refused):  # a damaged release can be withdrawn too
                manifest = parse_manifest(self._read_site(folder, MANIFEST), folder)
                return {**manifest, "raws": parse_raws(manifest, partial(self._read_site, folder), folder)}
        return {"raws": (), "files": ()}

    def _read_site(self, folder: str, path: str) -> bytes:
        return sites.read_site(self.site, folder + path) or b""

    def _find_target(self) -> ToWithdraw:
        words, table = list(self.options.what), self.options.table or ""
        if len(words) == 2 and words[0] == "raw":
            return ToWithdraw(sha256=self._find_raw(words[1].lower()))
        word = words[0] if words else ""
        tables = sorted({table for used in self.used.values() for table, _ in used})
        gone = [tombstone.version for tombstone in self.before if tombstone.version]
        versions = [version for version in (*self.versions, *gone) if version in (word, word.replace("-", "."))]
        if len(words) > 1 or (word and not versions and word not in tables):
            raise Refused(self.tell_unknown("版や表", "version or table", " ".join(words), [*self.versions, *tables]))
        table = table or ("" if versions else word)
        if table and table not in tables:
            raise Refused(self.tell_unknown("表", "table", table, tables))
        chosen = versions or self.versions
        with_table = [each for each in chosen if each in self.used and (not table or self._has_table(each, table))]
        if table:
            self._refuse_planned(table)
        if not self.versions and not gone:
            raise Refused(self.tell_unknown("版", "version", word or self.name, []))
        return ToWithdraw(tuple(version for version in self.versions if version in with_table), table)

    def _has_table(self, version: str, table: str) -> bool:
        return any(name == table for name, _ in self.used[version])

    def _refuse_planned(self, table: str) -> None:
        """Raise Refused if the dataset's YAML still has the table."""
        for n, resource in enumerate(self.spec.pipeline.resources if self.spec else ()):
            if self.spec and resource.name == table:
                place = Place(file=self.spec.file, line=self.spec.lines.get(("resources", n)))
                raise Refused(Finding("withdraw-planned", "error", place, table))

    def _find_raw(self, digits: str) -> str:
        there = sorted({*size_raws(self.store, self.name), *self.store.withdrawn_raws(self.name)})
        found = [sha256 for sha256 in there if len(digits) >= SHORTEST and sha256.startswith(digits)]
        if len(found) != 1:
            shown = [sha256[:SHOWN] for sha256 in found or there]
            raise Refused(self.tell_unknown("元ファイル", "source file", digits, shown))
        return found[0]

    def _choose_raws(self) -> tuple[GoneFile, ...]:
        """Choose the source files that go: the one that is named, or those that no version and no table uses that
        stays; with the last version everything that was ever archived."""
        there = size_raws(self.store, self.name)
        if self.target.sha256:
            chosen: Collection[str] = {self.target.sha256}
        elif self.options.keep_raw or not self.target.versions:
            chosen = ()
        elif not self.stay and not self.target.table:
            chosen = there
        else:
            table = self.target.table
            mine = {
                sha256 for each in self.target.versions for name, sha256 in self.used[each] if name == (table or name)
            }
            others = {sha256 for each in self.stay for _, sha256 in self.used[each]}
            others |= {sha256 for used in self.used.values() for name, sha256 in used if table and name != table}
            chosen = mine - others
        return tuple(GoneFile(f"raw/{sha256}", size, sha256) for sha256, size in there.items() if sha256 in chosen)

    def _list_files(self, version: str) -> Iterator[GoneFile]:
        """Yield the files of a version as they were published; the store's may be damaged or lost."""
        listed = {file["path"]: file for file in self.manifests[version]["files"]}
        for path in sorted({*listed, *self.store.list_release(self.name, version)}):
            if path in listed:
                yield GoneFile(f"{version}/{path}", listed[path]["bytes"], listed[path]["sha256"])
                continue
            file = self.store.release_path(self.name, version) / path
            with disk.telling(file, "store-broken"):
                yield GoneFile(f"{version}/{path}", disk.size_of(file), disk.hash_file(file))

    def _find_title(self) -> Text:
        if self.spec is not None:
            return self.spec.pipeline.title
        for version in reversed(self.versions):
            with suppress(Refused):
                return spec_of(self.store, self.name, version).pipeline.title
        return self.before[-1].title if self.before else Text(ja=self.name)


def tell_plan(plan: Withdrawal, tombstones: Sequence[Tombstone], office: Office, speak: Speaker) -> None:
    """Print what goes, with its addresses, and what stays although it may have the same content."""
    ja, name = speak.lang == "ja", plan.name
    if not tombstones:
        speak.line("もう取り下げてあります。" if ja else "It was withdrawn before.")
        return
    speak.line(f"取り下げるもの（{name}）:" if ja else f"What goes of {name}:")
    for each in tombstones:
        base = f"{office.base_url.rstrip('/')}/datasets/{each.dataset}/"
        if each.version:
            count, size = len(each.files), sum(file.bytes for file in each.files)
            told = f"版 {each.version}（{count} ファイル" if ja else f"version {each.version} ({count} files"
            speak.line(f"  {told}{'、' if ja else ', '}{size:,} B{'）' if ja else ')'} {base}{each.version}/")
        for raw in each.raws:
            told = f"元ファイル {raw.sha256[:SHOWN]}（" if ja else f"source file {raw.sha256[:SHOWN]} ("
            speak.line(f"  {told}{raw.bytes:,} B{'）' if ja else ')'} {base}{raw.path}.*")
    for line in _list_staying(plan, ja):
        speak.line(line)


def _list_staying(plan: Withdrawal, ja: bool) -> Iterator[str]:
    """Yield lines on what stays, and on what may have to go too."""
    gone = {raw.sha256 for raw in plan.raws}
    if not plan.target.sha256:
        current = plan.stay[-1] if plan.stay else ""
        nothing = (
            "なし（データセットのページは取り下げの知らせになります）"
            if ja
            else "none: its page tells of the withdrawal"
        )
        yield ("あとの現在の版: " if ja else "The current version is then: ") + (current or nothing)
    for sha256 in sorted(plan.list_doubtful() - gone):
        yield (
            f"残る元ファイル: {sha256[:SHOWN]}（中身も消すなら entaku withdraw {plan.name} raw {sha256[:SHOWN]} …）"
            if ja
            else f"This source file stays: {sha256[:SHOWN]} (entaku withdraw {plan.name} raw {sha256[:SHOWN]} … removes it)"
        )
    for other in plan.list_others():
        yield (
            f"同じ元ファイルがデータセット {other} にもあります（そちらも取り下げるなら entaku withdraw {other} …）"
            if ja
            else f"The dataset {other} has the same source file (entaku withdraw {other} … withdraws it there too)"
        )
    for version in plan.list_using(plan.target.sha256, plan.stay) if plan.target.sha256 else ():
        yield (
            f"残る版: {version} の表はこの元ファイルから作ったものです（表にもあるなら entaku withdraw {plan.name} {version} …）"
            if ja
            else f"Version {version} stays; its tables were made from this file (if they have it too: "
            f"entaku withdraw {plan.name} {version} …)"
        )


# ---- what every run does ----------------------------------------------------------------------------------------


def finish_withdrawals(setting: Setting, site: Path) -> bool:
    """Clear the caches of what was withdrawn since they were last cleared, and trial stores that a crash left; return
    whether there was anything.  What was noted of damaged files stays."""
    names = []
    for name in setting.store.list_entombed():
        with suppress(Refused):  # reported when the dataset is processed
            names += [name] if setting.store.is_withdrawing(name) else []
    if not names:
        return False
    faults = {folder: recall_faults(setting.cache, folder) for folder in (setting.store.root, site)}
    setting.cache.clear()
    (setting.project / "build" / RECORD).unlink(missing_ok=True)  # it quotes what was held
    for trial in (setting.project / "build").glob(".trial-*"):
        with disk.telling(trial):
            disk.remove_folder(trial)
    for folder, paths in faults.items():
        if paths:
            remember_faults(setting.cache, folder, paths)
    for name in names:
        disk.replace_files(setting.project / "build" / "failing" / name, {})
        setting.store.settle_withdrawal(name)
    return True
