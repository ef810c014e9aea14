"""`entaku trace`: where a published value came from, for people and as JSON."""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from typing import Any

from entaku.model.grammar import Step
from entaku.model.nouns import Finding, Lang, Place, Raw, Refused
from entaku.table import trace as traces
from entaku.work.load import read_specs
from entaku.work.open import make_setting
from entaku.work.speak import Speaker
from entaku.work.tracer import Tracer, ValueTrace

MOST_CELLS = 5
"""Values of one stage that are shown."""
LONGEST = 60
"""Characters of a value that are shown."""


def run_trace(options: argparse.Namespace, speak: Speaker) -> int:
    """Tell where the value of a column in a published row came from, or each value of the row."""
    office, specs, findings = read_specs(options.project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return 1
    setting = make_setting(options, office, speak)
    if options.dataset not in setting.store.list_datasets():
        raise Refused(Finding("not-released", value=options.dataset))
    spec = next((spec for spec in specs if spec.pipeline.name == options.dataset), None)
    tracer = Tracer(setting, options.dataset, spec, options.version)
    table = tracer.find_table(options.table)
    row = tracer.find_row(table, options.row)
    columns = [options.column] if options.column else list(row[1])
    made = [tracer.trace(table, row, column) for column in columns]
    if options.json:
        speak.line(json.dumps(show_json(tracer, table.name, made), ensure_ascii=False, indent=1))
    else:
        tell_head(tracer, table.name, row[0], speak)
        if options.column:
            tell_value(made[0], speak)
        else:
            tell_row(made, speak)
    wrong = [one for one in made if one.traced is not None and one.traced != one.value]
    for one in wrong if not options.json else ():
        place = Place(file=table.csv.path, row=row[0], column=one.column)
        speak.finding(Finding("trace-differs", "error", place, one.value, {"made": one.traced or ""}))
    return int(bool(wrong))


# ---- for people -------------------------------------------------------------------------------------------------


def tell_head(tracer: Tracer, table: str, row: int, speak: Speaker) -> None:
    """Print what is traced."""
    version = tracer.release.version
    speak.line(
        f"{tracer.dataset} の表 {table}（版 {version}）の {row:,} 行目"
        if speak.lang == "ja"
        else f"{tracer.dataset}, table {table} (version {version}), row {row:,}"
    )
    speak.line()


def tell_value(made: ValueTrace, speak: Speaker) -> None:
    """Print where a value came from, its files, and what each step made of it."""
    ja = speak.lang == "ja"
    speak.line(f"{'列' if ja else 'column'} {made.column} = {_quote(made.value, speak.lang)}")
    speak.line()
    if not made.sources:
        speak.line(
            "元のファイルから来た値ではありません。YAML の step がつくったか、元のファイルにこの列がない行の空欄です。"
            if ja
            else "It came from no raw file: a step of the YAML made it, or the file of this row lacks the column."
        )
    for raw, found in _group(made.sources):
        _tell_file(raw, speak)
        for source in found[:MOST_CELLS]:
            speak.line(f"  {say_source(source, speak.lang)}  {_quote(source.text, speak.lang)}")
        _tell_rest(len(found) - MOST_CELLS, speak)
    speak.line()
    rows = [["段階", "値"] if ja else ["stage", "value"]]
    texts = [source.value for _, source in made.sources]
    rows.append(["読んだとき" if ja else "as read", _list_texts(texts, speak.lang)] if texts else ["-", "-"])
    same = 0
    for n, one in enumerate(made.steps, 1):
        if one.changed or one.step.name == "errata":
            words = _list_cells(one.after, one.before, speak.lang)
            if one.moved and any(cell.row for cell in one.before):
                words += "（別の行の値）" if ja else " (of another row)"
            dropped = f"（同じ行をほかに {one.dropped:,} 行除いた）" if ja else f" ({one.dropped:,} more rows dropped)"
            rows.append([f"{n}. {show_step(one)}", words + (dropped if one.dropped else "")])
        same += not one.changed and one.step.name != "errata"
    rows.append(["公開した値" if ja else "published", _quote(made.value, speak.lang)])
    speak.table(rows)
    if same:
        speak.line(
            f"※ ほかの {same} 個の step では、この値は変わりません。"
            if ja
            else f"* The other {same} steps leave this value as it is."
        )


def tell_row(made: Sequence[ValueTrace], speak: Speaker) -> None:
    """Print where each value of a row came from."""
    ja = speak.lang == "ja"
    files = list_files(source for one in made for source in one.sources)
    for n, raw in enumerate(files, 1):
        _tell_file(raw, speak, f"[{n}] " if len(files) > 1 else "")
    speak.line()
    rows = [["列", "値", "どこから", "読んだとき"] if ja else ["column", "value", "from", "as read"]]
    for one in made:
        places = [
            (f"[{files.index(raw) + 1}] " if len(files) > 1 else "") + say_source(source, speak.lang)
            for raw, source in one.sources[:MOST_CELLS]
        ]
        more = len(one.sources) - MOST_CELLS
        where = ("、" if ja else ", ").join(places) + (f" … +{more}" if more > 0 else "")
        texts = _list_texts([source.value for _, source in one.sources], speak.lang)
        nowhere = "YAML の step" if ja else "a step of the YAML"
        rows.append([one.column, _quote(one.value, speak.lang), where or nowhere, texts if where else ""])
    speak.table(rows)
    speak.line(
        "\n※ 列の名前を書き加えると、手順ごとの値も分かります。"
        if ja
        else "\n* With the name of a column its value after each step is shown."
    )


def _tell_file(raw: Raw, speak: Speaker, mark: str = "") -> None:
    served = speak.word(raw.served)
    speak.line(f"{mark}{raw.url}")
    speak.line(
        f"  {raw.fetched} に取得（{served}） sha256 {raw.sha256}"
        if speak.lang == "ja"
        else f"  fetched {raw.fetched} ({served}) sha256 {raw.sha256}"
    )


def _tell_rest(count: int, speak: Speaker) -> None:
    if count > 0:
        speak.line(f"  ほか {count:,} か所" if speak.lang == "ja" else f"  and {count:,} more")


def _group(
    sources: Sequence[tuple[Raw, traces.TracedSource]],
) -> Iterator[tuple[Raw, list[traces.TracedSource]]]:
    """Yield each raw file with what of it is told."""
    for raw in list_files(sources):
        yield raw, [source for each, source in sources if each == raw]


def list_files(sources: Iterable[tuple[Raw, traces.TracedSource]]) -> list[Raw]:
    """List the raw files of sources, each once."""
    return list({(raw.url, raw.sha256): raw for raw, _ in sources}.values())


def say_source(source: traces.TracedSource, lang: Lang) -> str:
    """Say what in a raw file a value came from."""
    place, origin = source.place, source.origin
    at = f"{origin.at + 1}" if origin.at is not None else ""
    ja = lang == "ja"
    sheet = (f"{place.sheet} の " if ja else f"{place.sheet} ") if place.sheet else ""
    match origin.kind:
        case "cell" | "heading":
            heading = origin.kind == "heading"
            words = f"{sheet}{place.cell}" if place.cell else ""
            words = words or (
                f"{sheet}{origin.row} 行目の {at} 列目" if ja else f"{sheet}line {origin.row}, column {at}"
            )
            if heading:
                return f"{words}{' ' if place.cell else ''}の見出し" if ja else f"heading {words}"
            return f"{words}（見出し {place.column}）" if ja else f'{words} (heading "{place.column}")'
        case "title":
            return f"{sheet}{origin.row} 行目の表題" if ja else f"title line {sheet}{origin.row}"
        case "section":
            return f"{sheet}{origin.row} 行目（節の始まり）" if ja else f"line {sheet}{origin.row} (of a section)"
        case "record":
            if origin.row is None:
                return f"{sheet}キー {place.column}" if ja else f"{sheet}key {place.column}"
            return (
                f"{sheet}{origin.row} 番目のデータのキー {place.column}"
                if ja
                else f"{sheet}record {origin.row}, key {place.column}"
            )
        case "name":
            return f"名前（{place.sheet}）" if ja else f"the name {place.sheet}"
        case "fetched":
            return "取得した日時" if ja else "the time of fetching"
        case "url":
            return f"URL の {{{place.column}}}" if ja else f"{{{place.column}}} of the URL"


def _list_texts(texts: Sequence[str], lang: Lang) -> str:
    shown = (" ＋ " if lang == "ja" else " + ").join(_quote(text, lang) for text in texts[:MOST_CELLS])
    return shown + (" …" if len(texts) > MOST_CELLS else "")


def _list_cells(cells: Sequence[traces.TracedCell], before: Sequence[traces.TracedCell], lang: Lang) -> str:
    """Say the values after a step, with the name of the column if it is another one than before."""
    known = {cell.column for cell in before}
    named = [
        f"{_quote(cell.text, lang)}"
        + ("" if cell.column in known else f"（列 {cell.column}）" if lang == "ja" else f" (column {cell.column})")
        for cell in cells[:MOST_CELLS]
    ]
    return (" ＋ " if lang == "ja" else " + ").join(named) + (" …" if len(cells) > MOST_CELLS else "")


def _quote(text: str, lang: Lang) -> str:
    """A value in quotes, without line ends; the beginning of a long one."""
    if not text:
        return "（空）" if lang == "ja" else "(empty)"
    shown = text.translate({10: "⏎", 13: None, 9: " "})
    shown = shown if len(shown) <= LONGEST else shown[:LONGEST] + "…"
    return f"「{shown}」" if lang == "ja" else f'"{shown}"'


def show_step(made: traces.TracedStep) -> str:
    """Show a step as the YAML has it, without options that have their usual value or are about other columns."""
    options = list_options(made.step)
    if options is None:
        return made.step.name
    if isinstance(made.step.options, Mapping):
        columns = {cell.column for cell in (*made.before, *made.after)}
        options = {key: value for key, value in options.items() if key in columns} or options
    return _write(made.step.name, options)


def write_step(step: Step) -> str:
    """Show a step as the YAML has it, without options that have their usual value."""
    options = list_options(step)
    return step.name if options is None else _write(step.name, options)


def _write(name: str, options: Any) -> str:
    shown = json.dumps(options, ensure_ascii=False).replace('"', "")
    return f"{name}: {shown if len(shown) <= LONGEST else shown[:LONGEST] + '…'}"


def list_options(step: Step) -> Any:
    """Return a step's options as values of JSON, without those that have their usual value; None without any."""
    given = step.options
    if given is None or isinstance(given, str | tuple | list):
        return given
    if isinstance(given, Mapping):
        return dict(given)
    made = {}
    for one in fields(given):
        value = getattr(given, one.name)
        usual = one.default_factory() if one.default_factory is not MISSING else one.default
        if value != usual:
            made[one.name.rstrip("_")] = dict(value) if isinstance(value, Mapping) else value
    return made or None


# ---- for programs -----------------------------------------------------------------------------------------------


def show_json(tracer: Tracer, table: str, made: Sequence[ValueTrace]) -> dict[str, Any]:
    """Return traces of a row's values as JSON's values."""
    files = list_files(source for one in made for source in one.sources)
    return {
        "dataset": tracer.dataset,
        "version": tracer.release.version,
        "table": table,
        "row": made[0].row if made else 0,
        "files": [{**asdict(raw), "path": tracer.show_raw(raw)} for raw in files],
        "values": [
            {
                "column": one.column,
                "value": one.value,
                "agrees": one.traced in (None, one.value),
                "sources": [_show_source(source, files.index(raw)) for raw, source in one.sources],
                "steps": [
                    {
                        "step": step.step.name,
                        "options": list_options(step.step),
                        "before": [asdict(cell) for cell in step.before],
                        "after": [asdict(cell) for cell in step.after],
                        "dropped": step.dropped,
                    }
                    for step in one.steps
                ],
            }
            for one in made
        ],
    }


def _show_source(source: traces.TracedSource, file: int) -> dict[str, Any]:
    """A source as JSON's values: `file` is its place in the list of files; row and column count from 1."""
    place, origin = source.place, source.origin
    return {
        "file": file,
        "kind": origin.kind,
        "sheet": place.sheet,
        "row": origin.row,
        "column": origin.at + 1 if origin.at is not None else None,
        "cell": place.cell,
        "name": place.column,
        "text": source.text,
        "value": source.value,
    }
