"""`entaku publish`: its options, what it prints for people and writes for programs."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from entaku.model.nouns import Refused
from entaku.work import checks, executors, uploading
from entaku.work.address import judge_address
from entaku.work.load import read_specs
from entaku.work.log import JsonLog
from entaku.work.open import make_setting, open_cache, read_clock
from entaku.work.outcome import Result, Wanted
from entaku.work.setting import digest_program
from entaku.work.speak import Speaker, tell_result


def add_options(verb: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    verb.add_argument(
        "names", nargs="*", metavar="NAME",
        help="このデータセットだけを取得する。なければ全部 / bring these datasets up to date; all if none is named",
    )  # fmt: skip
    verb.add_argument(
        "--mirror", type=Path, metavar="DIR", help="公開元より先に見るフォルダー / asked before the sources"
    )
    verb.add_argument(
        "--to", type=uploading.read_destination, metavar="DIR|s3://…",
        help="公開先（既定は build/site）。s3://、gs://、az:// なら、build/site からそこへも置く（docs/object-store.md）/ where the site "
        "goes; a store of objects gets what has changed of build/site",
    )  # fmt: skip
    verb.add_argument(
        "--dry-run", action="store_true",
        help="s3:// などに何を置くかだけを言う（build/site は作る）/ only tell what would be uploaded; build/site is made",
    )  # fmt: skip
    executors.add_options(verb)
    verb.add_argument("--engine", choices=("columns", "frictionless"), default="columns", help=argparse.SUPPRESS)
    verb.add_argument("--allow-samples", action="store_true", help="見本のデータも公開する / publish samples too")
    verb.add_argument(
        "--new-history", nargs="+", action="extend", default=[], metavar="DATASET",
        help="公開した版をなくしたまま、新しい履歴を始める / begin anew without the versions that were lost",
    )  # fmt: skip
    verb.add_argument(
        "--scheduled", action="store_true",
        help="時計で動くとき：前の --scheduled で知らせて変わらない誤りは、お知らせにする（終了コード 0）/ for runs by the clock: "
        "errors that the run before has told are notices, and the exit code is 0",
    )  # fmt: skip
    verb.add_argument(
        "--log", choices=("text", "json"), default="text",
        help="json なら、データセットごとに一行の JSON を標準出力へ（人のための言葉は標準エラーへ）/ json: a line of JSON for each "
        "dataset on standard output, words for people on standard error",
    )  # fmt: skip
    verb.set_defaults(only_site=False)


def run_publish(options: argparse.Namespace, speak: Speaker) -> int:
    """Publish every dataset and the site, to `build/site` or another folder."""
    log = JsonLog(sys.stdout, read_clock) if getattr(options, "log", "") == "json" else None
    try:
        result = _publish(options, speak, log)
    except Refused as refused:
        if log is not None:
            log.refuse(refused.finding)
        raise
    if log is not None:
        log.end(result)
    return result.code or int(result.site == "refused" and not result.outcomes)


def _publish(options: argparse.Namespace, speak: Speaker, log: JsonLog | None) -> Result:
    from entaku.work.publish import publish

    office, specs, findings = read_specs(options.project, open_cache(options.project), digest_program())
    home = options.project / "build" / "site"
    site = home
    if office is None or any(finding.code == "no-pipelines" for finding in findings):
        result = Result((), findings, "refused")
        tell_result(result, site, speak)
        return result
    site, cloud = uploading.choose_destination(options, office)
    checks.refuse_unknown(office, specs, findings, options.names)
    setting = make_setting(options, office, speak)
    if log is not None:
        setting = replace(setting, tell=log.outcome)
    setting.store.refuse_inside(site, options.project / "build")
    findings += judge_address(options.project, office, site)
    allow_samples = options.allow_samples or (site.resolve() == home.resolve() and not cloud)
    wanted = Wanted(
        site, allow_samples, options.only_site, tuple(options.new_history), options.scheduled, tuple(options.names),
        notify=getattr(options, "notify", True), cloud=cloud, dry=getattr(options, "dry_run", False),
    )  # fmt: skip
    result = publish(setting, office, specs, findings, wanted)
    checks.keep_every_failing(options.project, result.outcomes, speak)
    tell_result(result, site, speak)
    if office.signing is None and result.site == "published":
        speak.note("署名なし（付け方は docs/operations.md）。", "Not signed (docs/operations.md tells how).")
    for trace in result.bugs:
        speak.note(trace, trace)
    return result
