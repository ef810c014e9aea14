"""`entaku hosting KIND`: what a host needs to be told of the catalogue, written where its operator says.

The rules of a web server are never in the site: whoever can write the site must not write the server's configuration.
Where rules were written is noted in the store, so that each publish can tell that they are no longer right.
"""

import argparse
import getpass
import json
import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from entaku.model.grammar import Office
from entaku.model.hints import hint
from entaku.model.leaving import RuleFacts
from entaku.model.nouns import Finding, Place, Refused, Spec
from entaku.model.words import Text
from entaku.store import Store, disk, read_project
from entaku.store import site as sites
from entaku.work.load import read_specs
from entaku.work.recipes import RECIPES, is_marked, make_recipe, mark
from entaku.work.speak import Speaker

RECORD = "hosting.json"
"""File of the store with the folder to which the rules of each server were written."""
FORMER = "_edge/nginx-server.conf"
"""Where the rules were in the site before 0.3."""
RELOAD = {"nginx": "nginx -s reload", "caddy": "caddy reload"}
"""The servers whose rules follow from the catalogue, and the command by which each reads them again."""
READS = ("netlify", "cloudflare")
"""The hosts that read rules within the site, where `site.host` names them."""
NEAR = 0.8
"""Share of a host's limit from which a run tells of it."""


@dataclass(frozen=True)
class HostLimits:
    """What a host of files takes of a site at most; None for no limit."""

    files: int | None = None
    beside: int | None = None
    """Files of one folder."""
    bytes: int | None = None
    largest: int | None = None
    """Bytes of one file."""


LIMITS = {
    "github-pages": HostLimits(bytes=1_000_000_000),
    "cloudflare": HostLimits(files=20_000, largest=25 * 2**20),
    "netlify": HostLimits(beside=54_000),
}
"""By `site.host`; of Cloudflare those of the free plan (with a paid one 100,000 files)."""
REACHED = {
    "files": Text(ja="ファイルの数", en="files altogether"),
    "beside": Text(ja="フォルダー「{}/」のファイルの数", en='files in the folder "{}/"'),
    "bytes": Text(ja="全部のバイト数", en="bytes altogether"),
    "largest": Text(ja="いちばん大きなファイル「{}」のバイト数", en='bytes of the largest file, "{}"'),
}
"""What a site has so many of, in words."""
SERVERS = {
    "nginx": Text(ja="nginx の設定に include する規則", en="rules that nginx's configuration includes"),
    "caddy": Text(ja="Caddyfile に import する規則", en="rules that a Caddyfile imports"),
}
KINDS = {**SERVERS, **{kind: recipe.words for kind, recipe in RECIPES.items()}}
"""What there is for each kind of host."""


def add_options(verb: argparse.ArgumentParser) -> None:
    """Add the options of `entaku hosting`."""
    verb.add_argument("kind", nargs="?", metavar="KIND", help="なければ一覧 / lists them if not given")
    verb.add_argument(
        "--to", type=Path, metavar="DIR", help="書く場所。なければ標準出力 / where; standard output if not given"
    )
    verb.add_argument(
        "--mail", metavar="ADDRESS", help="誤りの知らせ先。なければこの利用者 / who is told of errors; else this user"
    )


def run_hosting(options: argparse.Namespace, speak: Speaker) -> int:
    """Write the files of a kind of host, or print them; list the kinds if none is given."""
    kind: str | None = options.kind
    if kind is None:
        for each, words in KINDS.items():
            speak.line(f"{each:<14} {words.get(speak.lang)}")
        return 0
    if kind not in KINDS:
        named = {"kind_ja": "ホスト", "kind_en": "host", "where_ja": "docs/hosting.md", "where_en": "docs/hosting.md"}
        raise Refused(Finding("unknown-name", value=kind, args={**named, **hint(kind, list(KINDS))}))
    project: Path = options.project
    office, specs, findings = read_specs(project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return 1
    store = Store.of(project, office, speak.progress)
    if kind in SERVERS:
        for finding in store.refresh():
            speak.finding(finding)
        files = make_rules(store, office, specs, kind)
    else:
        files = make_recipe(kind, describe_machine(project, office, options.mail))
    if kind in READS and office.site.host != kind:
        speak.finding(Finding("host-unset", "notice", Place(file="catalogue.yaml"), kind))
    if options.to is None:
        print_files(files, speak)
        return 0
    write_files(options.to, files)
    for name in files:
        speak.line(str(options.to / name))
    if kind in SERVERS:
        record: dict[str, str] = {}
        with suppress(Refused):  # a broken record is written anew
            record = read_record(store)
        keep_record(store, {**record, kind: str(options.to.resolve())})
        speak.note(
            f"サーバーの設定で読み込み、{RELOAD[kind]} を実行します（docs/hosting.md）。",
            f"Include them in the server's configuration, and run {RELOAD[kind]} (docs/hosting.md).",
        )
    else:
        speak.note(RECIPES[kind].next.ja, RECIPES[kind].next.en)
    return 0


def describe_machine(project: Path, office: Office, mail: str | None) -> dict[str, str]:
    """Return what the recipes for a machine of one's own have in their blanks, as crontab and systemd quote it."""
    command, user = Path(sys.executable).with_name("entaku"), getpass.getuser()
    words = [str(command)] if command.exists() else [sys.executable, "-m", "entaku"]
    path = str(project.resolve())
    return {
        "cron_project": shlex.quote(path).replace("%", "\\%"),
        "cron_entaku": shlex.join(words).replace("%", "\\%"),
        "unit_path": path.replace("%", "%%"),
        "unit_project": quote_unit(path),
        "unit_entaku": " ".join(map(quote_unit, words)),
        "unit_mail": quote_unit(mail or user),
        "mail": mail or user,
        "user": user,
        "timezone": office.timezone,
    }


def quote_unit(text: str) -> str:
    """Quote a word of a command in a unit of systemd's, unless it is a plain one."""
    if re.fullmatch(r"[\w@+=:,./-]+", text):
        return text
    return '"' + re.sub(r'([\\"])', r"\\\1", text).replace("%", "%%").replace("$", "$$") + '"'


def print_files(files: Mapping[str, bytes], speak: Speaker) -> None:
    """Print files one after another."""
    for name, body in files.items():
        if len(files) > 1:
            speak.line(f"# ---- {name}")
        speak.line(body.decode().rstrip("\n"))
    speak.note("--to フォルダー を付けると、ファイルに書きます。", "With --to FOLDER they are written as files.")


# ---- what is written ----------------------------------------------------------------------------------------------


def make_rules(
    store: Store, office: Office, specs: Sequence[Spec], kind: str, key: str | None = None
) -> dict[str, bytes]:
    """Return the rules of a server by file, with a mark at the head of each; with another key each time, unless `key` is
    given.  Raises Refused (rules-address)."""
    from entaku.site import edge

    facts = collect_facts(store, office, specs)
    files = edge.write_rules(replace(facts, key=key) if key else facts, kind)
    if not files:
        raise Refused(Finding("rules-address", "error", Place(file="catalogue.yaml"), office.base_url))
    return {name: mark(kind, body) for name, body in files.items()}


def collect_facts(store: Store, office: Office, specs: Sequence[Spec]) -> RuleFacts:
    """Collect what rules are made from; datasets whose records can't be read are told by publish."""
    written, names, tombstones = {spec.pipeline.name for spec in specs}, list[str](), []
    for name in sorted({*written, *store.list_datasets()}):
        with suppress(Refused):
            history, gone = store.history(name), store.tombstones(name)
            tombstones += [
                replace(each, dataset=name, home=each.dataset if each.dataset != name else "")
                for each in gone
                if not each.rule
            ]
            waits = history.attempt is not None and not history.attempt.count
            if history.versions or (name in written and not waits and not any(each.version for each in gone)):
                names.append(name)
    return RuleFacts(office.base_url, names, office.renamed, tombstones, office.site.sql is not None)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into `folder`, each whole, over what was written by this command before and not changed since; raises
    Refused (rules-changed) before anything is written if there is another file."""
    for name, body in files.items():
        there = read_project(folder, name).get(name)
        if there not in (None, body) and not is_marked(there or b""):
            raise Refused(Finding("rules-changed", value=disk.show_path(folder / name)))
    with disk.telling(folder):
        disk.make_folder(folder)
    for name, body in files.items():
        disk.write_project(folder, name, body, over=True)


# ---- whether it is still right ------------------------------------------------------------------------------------


def read_record(store: Store) -> dict[str, str]:
    """Return the folder to which the rules of each server were written; {} where none were.  Raises Refused
    (record-broken, file-unreadable)."""
    body = read_project(store.root, RECORD).get(RECORD, b"{}")
    try:
        told = json.loads(body)
        return {kind: str(told[kind]) for kind in RELOAD if kind in told}
    except (ValueError, TypeError) as error:
        raise Refused(Finding("record-broken", value=disk.show_path(store.root / RECORD))) from error


def keep_record(store: Store, record: Mapping[str, str]) -> None:
    """Write the record of where rules were written."""
    body = (json.dumps(dict(sorted(record.items())), ensure_ascii=False, indent=1) + "\n").encode()
    disk.write_project(store.root, RECORD, body, over=True)


def find_former(site: Path, office: Office) -> tuple[Finding, ...]:
    """Return a warning if the site that is to be replaced still has rules within it, as before 0.3, on which a server
    may rely."""
    if sites.read_site(site, FORMER) is None or office.site.host in ("netlify", "cloudflare"):
        return ()
    return (Finding("rules-moved", "warning", value=disk.show_path(site)),)


def judge_host(store: Store, office: Office, specs: Sequence[Spec], site: Path) -> Iterator[Finding]:
    """Yield warnings of what a host needs to be told again, and of its limits that a site comes near."""
    yield from judge_rules(store, office, specs)
    yield from judge_limits(office, site)


def judge_rules(store: Store, office: Office, specs: Sequence[Spec]) -> Iterator[Finding]:
    """Yield a warning for each server whose rules were written before what the catalogue says now.  Where they aren't
    there, this is another machine, or nobody needs them any more."""
    try:
        record = read_record(store)
    except Refused as refused:
        yield replace(refused.finding, severity="warning")
        return
    for kind, folder in record.items():
        with suppress(Refused):
            for name, body in make_rules(store, office, specs, kind, find_key(Path(folder))).items():
                there = read_project(Path(folder), name).get(name)
                if there is not None and there.partition(b"\n")[0] != body.partition(b"\n")[0]:
                    args = {"kind": kind, "folder": shlex.quote(folder), "reload": RELOAD[kind]}
                    yield Finding("rules-stale", "warning", value=str(Path(folder, name)), args=args)
                    break


def find_key(folder: Path) -> str | None:
    """Return the key of the rules that were written for Caddy to `folder`; None where there are none."""
    found = re.search(rb'between "<([0-9a-f]{32})"', b"".join(read_project(folder, "entaku.caddy").values()))
    return found[1].decode() if found else None


def judge_limits(office: Office, site: Path) -> Iterator[Finding]:
    """Yield a warning for each limit of the host that a site has nearly reached, or passed."""
    limits = LIMITS.get(office.site.host or "")
    if limits is None or not site.is_dir():
        return
    sizes = {path: disk.size_of(site / path) for path in disk.list_files(site)}
    folders = Counter(path.rpartition("/")[0] for path in sizes)
    largest = max(sizes, key=lambda path: sizes[path], default="")
    [(fullest, beside)] = folders.most_common(1) or [("", 0)]
    found = {
        "files": (len(sizes), limits.files, ""),
        "beside": (beside, limits.beside, fullest),
        "bytes": (sum(sizes.values()), limits.bytes, ""),
        "largest": (sizes.get(largest, 0), limits.largest, largest),
    }
    for what, (there, limit, where) in found.items():
        if limit is not None and there >= limit * NEAR:
            words = REACHED[what]
            args = {"there": f"{there:,}", "limit": f"{limit:,}"}
            args |= {"what_ja": words.ja.format(where), "what_en": words.en.format(where)}
            yield Finding("host-limit", "warning", Place(file="catalogue.yaml"), str(office.site.host), args)
