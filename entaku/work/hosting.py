"""`entaku hosting KIND`: what a host needs to be told of the catalogue, written where its operator says.

The rules of a web server are never in the site: whoever can write the site must not write the server's configuration.
Where rules were written is noted in the store, so that each publish can tell that they are no longer right.
"""

import argparse
import hashlib
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from entaku.model.grammar import Office
from entaku.model.leaving import RuleFacts
from entaku.model.nouns import Finding, Place, Refused, Spec
from entaku.model.words import Text
from entaku.store import Store, disk, read_project
from entaku.store import site as sites
from entaku.work.load import read_specs
from entaku.work.speak import Speaker

RECORD = "hosting.json"
"""File of the store with the folder to which the rules of each server were written."""
FORMER = "_edge/nginx-server.conf"
"""Where the rules were in the site before 0.3."""
RELOAD = {"nginx": "nginx -s reload", "caddy": "caddy reload"}
"""The servers whose rules follow from the catalogue, and the command by which each reads them again."""
KINDS = {
    "nginx": Text(ja="nginx の設定に include する規則", en="rules that nginx's configuration includes"),
    "caddy": Text(ja="Caddyfile に import する規則", en="rules that a Caddyfile imports"),
}


def add_options(verb: argparse.ArgumentParser) -> None:
    """Add the options of `entaku hosting`."""
    verb.add_argument("kind", nargs="?", choices=KINDS, metavar="KIND", help="なければ一覧 / lists them if not given")
    verb.add_argument(
        "--to", type=Path, metavar="DIR", help="書く場所。なければ標準出力 / where; standard output if not given"
    )


def run_hosting(options: argparse.Namespace, speak: Speaker) -> int:
    """Write the files of a kind of host, or print them; list the kinds if none is given."""
    if options.kind is None:
        for kind, words in KINDS.items():
            speak.line(f"{kind:<14} {words.get(speak.lang)}")
        return 0
    project: Path = options.project
    office, specs, findings = read_specs(project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return 1
    store = Store(project / office.store, office.renamed)
    files = make_files(store, office, specs, options.kind)
    if options.to is None:
        print_files(files, speak)
        return 0
    write_files(options.to, files)
    keep_record(store, {**read_record(store), options.kind: str(options.to.resolve())})
    for name in files:
        speak.line(str(options.to / name))
    speak.note(
        f"サーバーの設定で読み込み、{RELOAD[options.kind]} を実行します（docs/hosting.md）。",
        f"Include them in the server's configuration, and run {RELOAD[options.kind]} (docs/hosting.md).",
    )
    return 0


def print_files(files: Mapping[str, bytes], speak: Speaker) -> None:
    """Print files one after another."""
    for name, body in files.items():
        if len(files) > 1:
            speak.line(f"# ---- {name}")
        speak.line(body.decode().rstrip("\n"))
    speak.note(
        "--to フォルダー を付けるとファイルに書き、規則が変わったときは entaku publish が知らせます。",
        "With --to FOLDER they are written as files, and entaku publish tells when the rules have changed.",
    )


# ---- what is written ----------------------------------------------------------------------------------------------


def make_files(store: Store, office: Office, specs: Sequence[Spec], kind: str) -> dict[str, bytes]:
    """Return the files of a kind of host by name, the mark of its content at the head of each.  Raises Refused
    (rules-address)."""
    from entaku.site import edge

    files = edge.write_rules(collect_facts(store, office, specs), kind)
    if not files:
        raise Refused(Finding("rules-address", "error", Place(file="catalogue.yaml"), office.base_url))
    return {name: _mark(kind, body) + body for name, body in files.items()}


def collect_facts(store: Store, office: Office, specs: Sequence[Spec]) -> RuleFacts:
    """Collect what rules are made from; datasets whose records can't be read are told by publish."""
    written, names, tombstones = {spec.pipeline.name for spec in specs}, list[str](), []
    for name in sorted({*written, *store.list_datasets()}):
        with suppress(Refused):
            history, gone = store.history(name), store.tombstones(name)
            tombstones += [
                replace(each, dataset=name, home=each.dataset if each.dataset != name else "") for each in gone
            ]
            waits = history.attempt is not None and not history.attempt.count
            if history.versions or (name in written and not waits and not any(each.version for each in gone)):
                names.append(name)
    return RuleFacts(office.base_url, names, office.renamed, tombstones)


def _mark(kind: str, body: bytes) -> bytes:
    """Return the first line of a file, by which it is known to be as it was written."""
    return f"# entaku hosting {kind} {hashlib.sha256(body).hexdigest()[:16]}\n".encode()


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into `folder`, each whole, over what was written by this command before and not changed since; raises
    Refused (rules-changed) before anything is written if there is another file."""
    for name, body in files.items():
        there = read_project(folder, name).get(name)
        head, _, rest = (there or b"").partition(b"\n")
        kind = head.removeprefix(b"# entaku hosting ").partition(b" ")[0].decode("utf-8", "replace")
        if there not in (None, body) and head + b"\n" != _mark(kind, rest):
            raise Refused(Finding("rules-changed", value=disk.show_path(folder / name)))
    with disk.telling(folder):
        disk.make_folder(folder)
    for name, body in files.items():
        disk.write_project(folder, name, body, over=True)


# ---- whether it is still right ------------------------------------------------------------------------------------


def read_record(store: Store) -> dict[str, str]:
    """Return the folder to which the rules of each server were written; {} where nothing is known."""
    try:
        told = json.loads(read_project(store.root, RECORD).get(RECORD, b"{}"))
        return {kind: str(told[kind]) for kind in RELOAD if kind in told}
    except (ValueError, TypeError):
        return {}


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


def judge_rules(store: Store, office: Office, specs: Sequence[Spec]) -> Iterator[Finding]:
    """Yield a warning for each server whose rules were written before what the catalogue says now.  Where they aren't
    there, this is another machine, or nobody needs them any more."""
    for kind, folder in read_record(store).items():
        with suppress(Refused):
            for name, body in make_files(store, office, specs, kind).items():
                there = read_project(Path(folder), name).get(name)
                if there is not None and there.partition(b"\n")[0] != body.partition(b"\n")[0]:
                    args = {"kind": kind, "folder": shlex.quote(folder), "reload": RELOAD[kind]}
                    yield Finding("rules-stale", "warning", value=str(Path(folder, name)), args=args)
                    break
