"""What the rules of machine-readability say of a dataset's raw files, as a file for the Digital Agency's tools."""

import json
from pathlib import Path

from entaku.audit import agency, rulebook, rules
from entaku.formats.limits import OutOfTimeError, bounded
from entaku.model.patterns import SlowPatternError
from entaku.store import Store, disk
from entaku.work.quality import SECONDS, Sources, list_newest
from entaku.work.speak import Speaker


def write_rulings(
    store: Store, sources: Sources, series: rulebook.Ruling | None, folder: Path, speak: Speaker
) -> None:  # fmt: skip
    """Write `<dataset>.json` to a folder: of the newest raw file of each table; of several, joined with L3-07."""
    shown = []
    for raw, tables in list_newest(sources):
        readers = tuple(one.resource for one in sources.resources if one.name in tables)
        try:
            with bounded(SECONDS), store.open_raw(sources.dataset, raw.sha256) as file:
                one = agency.show_file(raw.url, file, raw.bytes, rules.know(sources.pipeline, readers))
        except (OutOfTimeError, SlowPatternError):
            one = None
        if one is None:
            speak.note(
                f"{raw.url} は JSON に入りません。見本プログラムの形は xlsx、CSV、TSV だけで、時間のかかりすぎるファイルも入りません。",
                f"{raw.url} is not in the JSON: the checker's form knows xlsx, CSV and TSV alone, and a file that takes too long is left out.",
            )
        else:
            shown.append(one)
    if not shown:
        return
    made = shown[0] if len(shown) == 1 and series is None else agency.show_files(shown, series)
    path = folder / f"{sources.dataset}.json"
    body = json.dumps(made, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace") + b"\n"
    with disk.telling(folder):
        disk.write_whole(path, body, folder / ".new", sync=False)
        disk.remove_folder(folder / ".new")
    speak.note(f"ルールの判定（見本プログラムの形）: {path}", f"Rulings in the form of the agency's checker: {path}")
