"""The command line: commands, options, exit codes.

Exit codes: 0 published (or no findings), 1 findings, 2 invalid command line, 3 bug in the program, 130 interrupted.
"""

import argparse
import atexit
import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entaku import __version__
from entaku.formats.heavy import LateRoom
from entaku.model.hints import hint
from entaku.model.messages import CODES
from entaku.model.nouns import Finding, Place, Refused
from entaku.work.annotate import FORMATS
from entaku.work.outcome import tell_trouble
from entaku.work.speak import Speaker, tell_end

if TYPE_CHECKING:
    from entaku.work import publishing, signing, withdraw
else:
    publishing, signing, withdraw = (LateRoom(f"entaku.work.{name}") for name in ("publishing", "signing", "withdraw"))

Command = Callable[[argparse.Namespace, Speaker], int]
Add = Callable[[str, Command, str], "VerbParser"]
"""Adds a command: its name, its function, what it does in both languages."""

atexit.register(gc.freeze)  # a process that ends need not look for cycles among all that it has loaded (0.15 s)


class VerbParser(argparse.ArgumentParser):
    """The parser of one command."""

    later: tuple[str, str] | None = None
    """The module of `entaku.work` and its function that adds options when the command is asked for."""

    def parse_known_args(self, *args: Any, **named: Any) -> Any:
        """Parse the command's arguments, which all ways of asking for it come to."""
        if self.later is not None:
            find_late(*self.later)(self)
            self.later = None
        return super().parse_known_args(*args, **named)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a cron job's locale may not know Japanese
    options = make_parser().parse_args(argv)
    machine = options.verb == "mcp" or getattr(options, "log", "") == "json"
    out = sys.stderr if machine else sys.stdout  # where words for people go
    speak = Speaker("en" if options.lang == "en" else "ja", out, sys.stderr)
    try:
        code: int = options.run(options, speak)
    except Refused as refused:
        speak.finding(refused.finding)
        return 1
    except KeyboardInterrupt:
        speak.note("中止しました。公開中の版はそのままです。", "Stopped. What is published stays as it was.")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return tell_end(tell_trouble(Place(), f"entaku {options.verb}", error), speak)
    return code


def make_parser() -> argparse.ArgumentParser:
    """Build the parser of the commands and their options."""
    parser = argparse.ArgumentParser(
        prog="entaku", description="役所のファイルを、検査済みのデータパッケージとカタログにします。"
    )
    parser.add_argument("--version", action="version", version=f"entaku {__version__}")
    common = VerbParser(add_help=False)
    common.add_argument(
        "--lang", choices=("ja", "en"), default=os.environ.get("ENTAKU_LANG", "ja"), help="ことば / language"
    )
    common.add_argument(
        "--project", type=Path, default=Path(), metavar="DIR", help="プロジェクトのフォルダー / the project's folder"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND", parser_class=VerbParser)

    def add(name: str, run: Command, words: str) -> VerbParser:
        verb = verbs.add_parser(name, parents=[common], help=words, description=words)
        verb.set_defaults(run=run)
        return verb

    verb = add("init", later("init", "run_init"), "新しい目録を始める / start a catalogue of your own")
    verb.later = "init", "add_options"
    verb = add(
        "publish", later("publishing", "run_publish"),
        "取得、整形、検査、公開まですべて行う / pull, tidy, check, release, site",
    )  # fmt: skip
    verb.later = "publishing", "add_options"
    verb = add(
        "serve", run_serve, "手元で見る。ファイルが変わると作り直す / the site on localhost, rebuilt as files change"
    )
    verb.add_argument("--port", type=int, default=8000)
    verb.add_argument(
        "--host", action="append", default=[], metavar="NAME",
        help="localhost のほかに答える名前 / a name to answer to besides localhost",
    )  # fmt: skip
    verb = add(
        "template",
        later("shipped", "run_template"),
        "ページのテンプレートを、直すために写す / copy a template, to change it",
    )
    verb.add_argument("name", nargs="?", metavar="NAME", help="なければ一覧 / lists them if not given")
    verb.add_argument("--diff", action="store_true", help="entaku のものとの違い / how the project's own differs")
    verb.add_argument("--mark", action="store_true", help="違いを取り込んだと記録する / note that it is up to date")
    add_owner_verbs(add)
    add_operator_verbs(add)
    return parser


def find_late(module: str, name: str) -> Callable[..., Any]:
    """Return a function of `entaku.work`, whose module is loaded now."""
    found: Callable[..., Any] = getattr(import_module(f"entaku.work.{module}"), name)
    return found


def later(module: str, name: str) -> Command:
    """Return a command of `entaku.work` whose module is loaded when it runs, so that the others start without it."""

    def run(options: argparse.Namespace, speak: Speaker) -> int:
        code: int = find_late(module, name)(options, speak)
        return code

    return run


def add_owner_verbs(add: Add) -> None:
    """Add the commands of a data owner."""
    verb = add("check", later("checks", "run_check"), "何も書かずに検査する / findings, nothing written")
    verb.add_argument("dataset", nargs="?", metavar="DATASET")
    verb.add_argument(
        "--mirror", type=Path, metavar="DIR", help="公開元より先に見るフォルダー / asked before the sources"
    )
    verb.add_argument(
        "--engine", choices=("columns", "frictionless"), default="columns",
        help="検査する側（frictionless は遅いが本家）/ who checks; frictionless is slow and the reference",
    )  # fmt: skip
    verb.add_argument(
        "--format", choices=FORMATS, default="text",
        help="GitHub の注釈とまとめか、GitLab の Code Quality / GitHub's annotations and summary, GitLab's Code Quality",
    )  # fmt: skip
    verb.add_argument(
        "--rules", action="store_true",
        help="元ファイルが満たさない機械可読性のルールをすべて / every rule of machine-readability that files break",
    )  # fmt: skip
    verb.add_argument(
        "--rules-json", type=Path, metavar="DIR",
        help="その判定を、デジタル庁の見本プログラムと同じ形の JSON で DIR に / the rulings as the Digital Agency's checker writes them",
    )  # fmt: skip
    verb.add_argument(
        "--report", type=Path, metavar="DIR",
        help="色とコメントを付けたブックの写しと、検査の結果の HTML を DIR に / workbooks with marked cells, and an HTML report",
    )  # fmt: skip
    _add_new(
        add(
            "new",
            later("new", "run_new"),
            "ファイルか URL を見て YAML の下書きを作る / a draft YAML from a look at files",
        )
    )
    verb = add(
        "diff", later("checks", "run_diff"),
        "次に公開すると、または版と版で、何が変わるか / what the next release would change, or changed between two versions",
    )  # fmt: skip
    verb.add_argument("dataset", metavar="DATASET")
    verb.add_argument(
        "versions", nargs="*", type=str, default=[], metavar="VERSION",
        help="二つの版。なければ、いまの版と次の版 / two versions; the current and the next if not given",
    )  # fmt: skip
    verb.add_argument("--json", action="store_true", help="プログラムのための JSON / JSON, for programs")
    verb.add_argument(
        "--to", type=Path, metavar="DIR", help="変わった行の CSV と Parquet を DIR に / the changed rows as files"
    )
    verb.add_argument(
        "--mirror", type=Path, metavar="DIR", help="公開元より先に見るフォルダー / asked before the sources"
    )
    _add_trace(
        add("trace", later("trace", "run_trace"), "公開した値がどこから来たか / which cell a published value came from")
    )
    verb = add(
        "preview", later("preview", "run_preview"),
        "下書きのページと手順を、公開せずに手元で見る / a draft's page and steps on localhost, without a release",
    )  # fmt: skip
    verb.add_argument("dataset", metavar="DATASET")
    verb.add_argument("--port", type=int, default=8001)
    verb.add_argument(
        "--host", action="append", default=[], metavar="NAME",
        help="localhost のほかに答える名前 / a name to answer to besides localhost",
    )  # fmt: skip
    verb.add_argument(
        "--mirror", type=Path, metavar="DIR", help="公開元より先に見るフォルダー / asked before the sources"
    )
    verb = add("explain", run_explain, "指摘の意味と直し方 / a finding, and how to mend it")
    verb.add_argument("code", nargs="?", metavar="CODE")


def add_operator_verbs(add: Add) -> None:
    """Add the commands that keep, take back and verify what was published."""
    verb = add(
        "migrate", later("migrate", "run_migrate"),
        "前の版の書き方を書き換える / rewrite what an earlier version wrote otherwise",
    )  # fmt: skip
    verb.add_argument("--check", action="store_true", help="何が変わるかだけを言う / only tell what would change")
    verb = add(
        "hosting", later("hosting", "run_hosting"),
        "ウェブサーバーなどの設定を書く / write what a host needs to be told",
    )  # fmt: skip
    verb.later = "hosting", "add_options"
    verb = add("withdraw", run_withdraw, "公開したものを取り下げる / take back what was published")
    verb.later = "withdraw", "add_options"
    verb = add(
        "status", later("status", "run_status"), "人の手が要るものと容量 / what needs a person, and what it costs"
    )
    verb.later = "status", "add_options"
    verb = add(
        "retire", later("leaving", "run_retire"),
        "更新を終える。版とファイルは残る / a dataset stays and is no longer updated",
    )  # fmt: skip
    verb.later = "leaving", "add_retire_options"
    verb = add(
        "rename", later("leaving", "run_rename"),
        "データセットの名前を変える / another name, to which the former one leads",
    )  # fmt: skip
    verb.later = "leaving", "add_rename_options"
    add("notify", later("notify", "run_notify"), "待っている知らせを送る / send the messages that wait (notify)")
    verb = add(
        "backup",
        later("backups", "run_backup"),
        "控えを一つのファイルに取る / all that the site is made from, in one file",
    )
    verb.add_argument("file", type=Path, metavar="FILE", help="新しいファイル（.tar か .tar.gz）/ a new file")
    verb = add(
        "restore",
        later("backups", "run_restore"),
        "控えか、公開したサイトから戻す / from a backup or the public site; nothing is overwritten",
    )
    verb.add_argument(
        "source", metavar="FILE|DIR|URL",
        help="控えのファイル、サイトのフォルダーかアドレス / a backup, or a site's folder or address",
    )  # fmt: skip
    verb = add(
        "verify",
        later("verify", "verify_asked"),
        "公開したものを確かめる / checksums and validity of anything published",
    )
    verb.add_argument("folder", nargs="?", metavar="DIR|URL", help="既定は build/site / build/site if not given")
    verb.add_argument(
        "--store", action="store_true", help="保管した元ファイルと版をすべて / every archived file and release"
    )
    verb.add_argument(
        "--deep",
        action="store_true",
        help="ほかの人の作った検査も（SHACL、Croissant、CSVW…）/ and by others' validators",
    )
    verb.add_argument("--key", action="append", default=[], metavar="RW…", help="署名を確かめる公開鍵 / the public key")
    verb.add_argument(
        "--key-file", action="append", default=[], type=Path, metavar="FILE", help="公開鍵のファイル / its file"
    )
    verb.add_argument(
        "--since", type=int, default=0, metavar="SERIAL", help="これより古ければ誤り / no older than this"
    )
    verb.add_argument(
        "--state", type=Path, metavar="FILE", help="見た番号と鍵を覚えるファイル / remembers what was seen"
    )
    verb = add(
        "mcp", later("mcp_server", "run_mcp"),
        "公開したサイトを AI の道具（MCP）から読めるようにする / a read-only MCP server over a published site",
    )  # fmt: skip
    verb.add_argument("place", nargs="?", metavar="DIR|URL", help="既定は build/site / build/site if not given")
    verb = add("key", run_key, "署名の鍵の組を作る / a pair of keys for signing")
    verb.add_argument("action", choices=("new",))
    verb.add_argument("file", type=Path, metavar="FILE", help="プロジェクトの外のファイル / a file outside the project")


def _add_new(verb: argparse.ArgumentParser) -> None:
    """Add the options of `new`."""
    verb.add_argument(
        "source", nargs="+", metavar="URL|FILE",
        help="URL かファイル。同じ形のものをいくつか並べると、一つの表になる / URLs or files; several of one layout are one table",
    )  # fmt: skip
    verb.add_argument(
        "--yes",
        action="store_true",
        help="尋ねずに決め、YAML のコメントに書く / ask nothing; what was chosen is a comment",
    )
    verb.add_argument("--name", metavar="NAME", help="データセットの名前（英小文字、数字、-）/ the dataset's name")
    verb.add_argument(
        "--marks", action="store_true",
        help="「x」「…」「-」などの記号を、値の隣の列に残す（行に直す列を除く）/ keep marks such as x or … in columns beside "
        "the values, but of columns that become rows",
    )  # fmt: skip


def _add_trace(verb: argparse.ArgumentParser) -> None:
    """Add the arguments of `trace`."""
    verb.add_argument("dataset", metavar="DATASET")
    verb.add_argument("table", metavar="TABLE", help="表の名前 / the table's name")
    verb.add_argument(
        "row", metavar="ROW",
        help="公開した CSV の行の番号（見出しの次が 1）か、主キーの「列=値」/ row of the CSV, 1 after the header, or KEY=VALUE",
    )  # fmt: skip
    verb.add_argument("column", nargs="?", metavar="COLUMN", help="列。なければ全部 / a column; all if not given")
    verb.add_argument("--version", default="", metavar="VERSION", help="版（既定は最新）/ an earlier release")
    verb.add_argument("--json", action="store_true", help="プログラムのための JSON / JSON, for programs")


# ---- serve, explain, verify -------------------------------------------------------------------------------------


def run_serve(options: argparse.Namespace, speak: Speaker) -> int:
    """Serve the site on localhost; publish when the YAML changes, and rebuild the site when templates do."""
    from entaku.work.preview import serve_with_drafts

    def rebuild(only_site: bool) -> None:
        given = {
            **vars(options),
            "to": None,
            "upload": False,
            "allow_samples": False,
            "only_site": only_site,
            "new_history": (),
            "scheduled": False,
            "names": (),
            "notify": False,
        }
        publishing.run_publish(argparse.Namespace(**given), speak)

    return serve_with_drafts(options, rebuild, speak)


def run_withdraw(options: argparse.Namespace, speak: Speaker) -> int:
    """Withdraw a version, a table or a source file, and rebuild the site without it."""

    def rebuild(site: Path | str | None) -> int:
        given = {
            **vars(options),
            "to": site,
            "allow_samples": False,
            "only_site": True,
            "new_history": (),
            "scheduled": False,
            "names": (),
        }
        return publishing.run_publish(argparse.Namespace(**given), speak)

    return withdraw.run(options, speak, rebuild)


def run_explain(options: argparse.Namespace, speak: Speaker) -> int:
    """Explain one finding and its correction, or list all findings."""
    if options.code is None:
        for name, code in CODES.items():
            speak.line(f"{name}  {code.en if speak.lang == 'en' else code.ja}")
        return 0
    if options.code not in CODES:
        args = {"kind_ja": "指摘", "kind_en": "finding", "where_ja": "docs/findings.md", "where_en": "docs/findings.md"}
        raise Refused(Finding("unknown-name", value=options.code, args={**args, **hint(options.code, list(CODES))}))
    code = CODES[options.code]
    speak.line(options.code)
    speak.line("  " + (code.en if speak.lang == "en" else code.ja))
    speak.line("  → " + (code.next_en if speak.lang == "en" else code.next_ja))
    return 0


def run_key(options: argparse.Namespace, speak: Speaker) -> int:
    """Make a pair of keys outside the project, and print what goes into `catalogue.yaml`."""
    public = signing.make_key(options.file, options.project)
    speak.note(
        f"秘密鍵を {options.file} に、公開鍵を {options.file}.pub に作りました。秘密鍵は控えを取り、だれにも渡さないでください。"
        f"次の 3 行を catalogue.yaml に書き、{signing.KEY_FILE}={options.file} を設定して make を実行します。",
        f"Wrote the secret key to {options.file}, the public one to {options.file}.pub. Back the secret key up and give "
        f"it to nobody. Put these lines into catalogue.yaml, set {signing.KEY_FILE}={options.file}, and run make.",
    )
    speak.line("signing:")
    speak.line("  keys:")
    speak.line(f"    - {{public_key: {public}}}")
    return 0
