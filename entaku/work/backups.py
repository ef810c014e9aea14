"""`entaku backup` and `entaku restore`: a project and its store in one file, or its store from its site (`restore`)."""

import argparse
from pathlib import Path

from entaku.model.nouns import Finding, Refused
from entaku.store import Store, backup, disk
from entaku.work.load import read_specs
from entaku.work.published import is_site
from entaku.work.restore import restore_site
from entaku.work.speak import Speaker


def run_backup(options: argparse.Namespace, speak: Speaker) -> int:
    """Write everything that the site is made from to one file, while no run changes it."""
    project, target = options.project, options.file
    office, specs, findings = read_specs(project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return 1
    store = Store.of(project, office, speak.progress)
    inside = [store.root, *(project / name for name in backup.WHOLE)]
    if any(target.resolve().is_relative_to(folder.resolve()) for folder in inside):
        raise Refused(Finding("backup-inside", value=disk.show_path(target)))
    sources = [resource.source for spec in specs for resource in spec.pipeline.resources]
    more = [source.file for source in sources if source is not None and source.file and "{" not in source.file]
    more += [*office.site.list_pictures().values(), *([office.site.map.tiles] if office.site.map else [])]
    with store.lock() as told:
        for finding in told:
            speak.finding(finding)
        files = backup.list_project(project, store.root, more)
        size = backup.write_backup(project, files, target, lambda done, total: speak.progress("backup", done, total))
    speak.note(
        f"{len(files):,} ファイル（{size:,} バイト）の控えを {target} に取りました。別の機械に置いてください。"
        "秘密（署名の鍵、環境変数）は入っていません。",
        f"Backed up {len(files):,} files ({size:,} bytes) in {target}. Keep it on another machine. Secrets (the signing "
        "key, environment variables) are not in it.",
    )
    return 0


def run_restore(options: argparse.Namespace, speak: Speaker) -> int:
    """Put the files of a backup into the project, none over another one; or restore its store from its site."""
    if is_site(options.source):
        return restore_site(options, speak)
    project: Path = options.project
    written, there = backup.restore_backup(
        Path(options.source), project, lambda done, all_: speak.progress("restore (MB)", done, all_)
    )
    speak.note(
        f"{written:,} ファイルを戻しました（もとからあった同じもの {there:,}）。次にすること: make を実行してください。",
        f"Restored {written:,} files ({there:,} were here already). Next: run make.",
    )
    return 0
