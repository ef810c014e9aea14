"""The commands: verbs, options, exit codes.

Exit codes: 0 published (or nothing to complain of), 1 findings, 2 a command that is not understood, 3 our bug.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from entaku import __version__
from entaku.codes import CODES
from entaku.fetch import Network
from entaku.grammar import Office
from entaku.messages import hint
from entaku.model import Finding, Spec
from entaku.publish import Result, publish, read_specs
from entaku.run import Setting, publish_dataset
from entaku.source import Refused
from entaku.speak import Speaker, tell_findings, tell_result
from entaku.store import Cache, Store


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.  Returns the exit code."""
    options = make_parser().parse_args(argv)
    speak = Speaker("en" if options.lang == "en" else "ja", sys.stdout, sys.stderr)
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
    except Exception:
        import traceback

        traceback.print_exc()
        speak.note(
            "これは entaku の不具合です。上の記録を添えてお知らせください。公開中の版はそのままです。",
            "This is a bug of entaku's. Please report it with the lines above. What is published stays as it was.",
        )
        return 3
    return code


def make_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        prog="entaku", description="役所のファイルを、検査済みのデータパッケージとカタログにします。"
    )
    parser.add_argument("--version", action="version", version=f"entaku {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--lang", choices=("ja", "en"), default=os.environ.get("ENTAKU_LANG", "ja"), help="ことば / language"
    )
    common.add_argument(
        "--project", type=Path, default=Path(), metavar="DIR", help="プロジェクトのフォルダー / the project's folder"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace, Speaker], int], words: str) -> argparse.ArgumentParser:
        verb = verbs.add_parser(name, parents=[common], help=words, description=words)
        verb.set_defaults(run=run)
        return verb

    verb = add("publish", run_publish, "取得、整形、検査、公開まですべて行う / pull, tidy, check, release, site")
    verb.add_argument(
        "--mirror", type=Path, metavar="DIR", help="公開元より先に見るフォルダー / asked before the sources"
    )
    verb.add_argument("--to", type=Path, metavar="DIR", help="公開先（既定は build/site）/ where the site goes")
    verb.add_argument("--allow-samples", action="store_true", help="見本のデータも公開する / publish samples too")
    verb = add("check", run_check, "何も書かずに検査する / findings, nothing written")
    verb.add_argument("dataset", nargs="?", metavar="DATASET")
    verb.add_argument(
        "--mirror", type=Path, metavar="DIR", help="公開元より先に見るフォルダー / asked before the sources"
    )
    verb = add(
        "serve", run_serve, "手元で見る。ファイルが変わると作り直す / the site on localhost, rebuilt as files change"
    )
    verb.add_argument("--port", type=int, default=8000)
    verb = add("explain", run_explain, "指摘の意味と直し方 / a finding, and how to mend it")
    verb.add_argument("code", nargs="?", metavar="CODE")
    verb = add("verify", run_verify, "公開したものを確かめる / checksums and validity of anything published")
    verb.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="既定は build/site / build/site if not given")
    return parser


# ---- publish and check ------------------------------------------------------------------------------------------


def run_publish(options: argparse.Namespace, speak: Speaker) -> int:
    """Everything, to `build/site` or elsewhere."""
    office, specs, findings = read_specs(options.project)
    home = options.project / "build" / "site"
    site: Path = options.to or home
    if office is None:
        tell_result(Result((), findings, "refused"), site, speak)
        return 1
    setting = make_setting(options, office, speak)
    allow_samples = options.allow_samples or site.resolve() == home.resolve()
    result = publish(setting, office, specs, findings, site, allow_samples)
    tell_result(result, site, speak)
    return 1 if result.failed else 0


def make_setting(options: argparse.Namespace, office: Office, speak: Speaker) -> Setting:
    """What a run is given; the only place that looks at the clock."""
    mirror: Path | None = getattr(options, "mirror", None)
    if mirror is not None and not mirror.is_dir():
        raise Refused(Finding("no-file", value=str(mirror)))
    project: Path = options.project
    return Setting(
        project=project,
        store=Store(project / office.store),
        cache=Cache(project / "build" / "cache"),
        network=Network(f"entaku/{__version__}"),
        now=datetime.now(UTC).replace(microsecond=0),
        program=__version__,
        progress=speak.progress,
        executor=_make_pool,
        mirror=mirror,
    )


def _make_pool() -> Executor:
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(max_workers=os.cpu_count() or 1)


def run_check(options: argparse.Namespace, speak: Speaker) -> int:
    """The findings of a publish, on a copy of the store that is thrown away."""
    office, specs, findings = read_specs(options.project)
    names = [spec.pipeline.name for spec in specs]
    if options.dataset is not None:
        file = f"pipelines/{options.dataset}.yaml"
        findings = tuple(finding for finding in findings if finding.place.file in (file, "catalogue.yaml"))
        if options.dataset not in names and not findings:
            raise Refused(Finding("unknown-dataset", value=options.dataset, args=hint(options.dataset, names)))
        specs = tuple(spec for spec in specs if spec.pipeline.name == options.dataset)
    for finding in findings:
        speak.finding(finding)
    failed = bool(findings)
    if office is not None:
        for spec in specs:
            failed |= _check_one(options, office, spec, speak)
    if not failed:
        speak.note("誤りはありません。make で公開できます。", "No errors. make publishes it.")
    return 1 if failed else 0


def _check_one(options: argparse.Namespace, office: Office, spec: Spec, speak: Speaker) -> bool:
    setting = make_setting(options, office, speak)
    name = spec.pipeline.name
    with tempfile.TemporaryDirectory(prefix="entaku-") as folder:
        if (setting.store.root / name).is_dir():
            shutil.copytree(setting.store.root / name, Path(folder) / name)
        outcome = publish_dataset(replace(setting, store=Store(Path(folder))), office, spec)
    tell_findings(outcome, speak)
    return any(finding.severity == "error" for finding in outcome.findings)


# ---- serve, explain, verify -------------------------------------------------------------------------------------


def run_serve(options: argparse.Namespace, speak: Speaker) -> int:
    """The site on localhost; a publish whenever the YAML or the templates change."""
    from entaku.serve import serve_site

    def rebuild() -> None:
        run_publish(argparse.Namespace(**{**vars(options), "to": None, "allow_samples": False}), speak)

    return serve_site(options.project, options.port, rebuild, speak.note)


def run_explain(options: argparse.Namespace, speak: Speaker) -> int:
    """One finding's meaning and mending, or the list of them all."""
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


def run_verify(options: argparse.Namespace, speak: Speaker) -> int:
    """Checksums and Frictionless validity of everything published in a folder."""
    from entaku.verify import verify_folder

    folder: Path = options.folder or options.project / "build" / "site"
    if not folder.is_dir():
        raise Refused(Finding("no-file", value=str(folder)))
    packages, findings = verify_folder(folder, speak.progress)
    for finding in findings:
        speak.finding(finding)
    speak.note(
        f"{packages} 件のデータパッケージを確かめました。誤り {len(findings)} 件。",
        f"Verified {packages} data packages; {len(findings)} errors.",
    )
    return 1 if findings or not packages else 0
