"""A run's output for people: findings, progress, and the table at its end, in Japanese or English."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from entaku.audit import rulebook
from entaku.model.changes import LEVEL_WORDS, Comparison, tell_structure
from entaku.model.messages import Alike, group_alike, say, say_alike, say_place
from entaku.model.nouns import SEVERITIES, Finding, Lang, Place, Severity
from entaku.work.log import Speed
from entaku.work.outcome import Outcome, Result

if TYPE_CHECKING:
    from entaku.work.judges import JudgeVerdict

MAX_SHOWN: dict[Severity, int] = {"error": 20, "warning": 10, "notice": 2}
"""Findings of one dataset that a run prints, each for all of its cause; its page lists all."""
MOST_PLACES = 10
"""Datasets, or files, of which a run prints findings of one kind; of the others it says how many there are."""
SETTLED = ("leak-allowed",)
"""Findings that their owner has answered: shown, but not counted."""
RULES_SHOWN, PLACES_SHOWN = 3, 5
"""Rules of machine-readability that a check prints by default, and places of each with `--rules`."""
LINE_THINGS, LINE_SECONDS = 500, 30.0
"""Things done, or time passed, from one line of progress to the next where there is no terminal."""

WORDS: dict[str, tuple[str, str]] = {
    "released": ("公開しました", "released"),
    "revised": ("説明を改訂", "metadata revised"),
    "unchanged": ("変わりなし", "unchanged"),
    "waiting": ("版を作成（サイトは未更新）", "release made, site not updated"),
    "empty": ("行がまだない", "no rows yet"),
    "held": ("見送り", "held"),
    "broken": ("YAML に誤り", "YAML broken"),
    "left": ("YAML がない", "no YAML"),
    "retired": ("更新終了", "retired"),
    "dataset": ("データセット", "dataset"),
    "served": ("提供元", "served from"),
    "rows": ("行数", "rows"),
    "findings": ("指摘", "findings"),
    "release": ("版", "release"),
    "outcome": ("結果", "outcome"),
    "live": ("公開元", "live"),
    "mirror": ("ミラー", "mirror"),
    "archive": ("控え", "archive"),
    "sample": ("見本", "sample"),
    "file": ("ファイル", "file"),
    "error": ("誤り", "error"),
    "warning": ("警告", "warning"),
    "notice": ("お知らせ", "notice"),
}


class Speaker:
    """Printer of text for people, in their language."""

    def __init__(self, lang: Lang, out: TextIO, err: TextIO) -> None:
        self.lang, self.out, self.err = lang, out, err
        self._drawn = False
        self._told: dict[str, set[str]] = {}
        self._untold: dict[str, list[str]] = {}
        self._paces: dict[bool, Speed] = {}
        self._lines: dict[str, tuple[int, float]] = {}
        """Of each progress how many were done, and when, at its last line."""

    def word(self, key: str) -> str:
        """Return a word of WORDS."""
        ja, en = WORDS[key]
        return en if self.lang == "en" else ja

    def note(self, ja: str, en: str) -> None:
        """Print a line to standard error."""
        self.clear()
        print(en if self.lang == "en" else ja, file=self.err)

    def line(self, text: str = "") -> None:
        """Print a line to standard output."""
        self.clear()
        print(text, file=self.out)

    def finding(self, finding: Finding) -> None:
        """Print a finding on one line: `file:line code message → next`, its severity first if it isn't an error."""
        mark = "" if finding.severity == "error" else f"[{self.word(finding.severity)}] "
        self.line(mark + say(finding, self.lang))

    def alike(self, alike: Alike) -> None:
        """Print findings of one cause on one line, as `finding` does; only count them if MOST_PLACES had the like."""
        code, where = alike.first.code, alike.first.place.file or alike.first.value
        told = self._told.setdefault(code, set())
        if where not in told and len(told) >= MOST_PLACES:
            self._untold.setdefault(code, []).append(where)
            return
        told.add(where)
        mark = "" if alike.first.severity == "error" else f"[{self.word(alike.first.severity)}] "
        self.line(mark + say_alike(alike, self.lang))

    def rest(self, command: str) -> None:
        """Print how many findings of each kind were only counted, and the `command` that shows them."""
        for code, places in self._untold.items():
            names, count = list(dict.fromkeys(places)), f"{len(places):,}"
            some = ("、" if self.lang == "ja" else ", ").join(names[:3])
            more = len(names) > 3
            self.line(
                f"{code} は、ほかに {count} 件あります（{some}{' など' if more else ''}） → {command} で見られます。"
                if self.lang == "ja"
                else f"{code}: {count} more ({some}{', …' if more else ''}) → {command} shows them."
            )
        self._untold.clear()

    def progress(self, what: str, done: int, total: int) -> None:
        """Print one line with the rate and the time left, redrawn on a terminal; a line at intervals elsewhere.  `what`:
        "" for datasets."""
        if total < 2:
            return
        pace = self._paces.setdefault(bool(what), Speed())
        now = time.monotonic()
        line = f"  {what or self.word('dataset')} {pace.tell(what, (done, total), now, self.lang)}"
        if self.err.isatty():
            self.err.write(f"\r\x1b[K{line}")
            self.err.flush()
            self._drawn = True
            return
        told, when = self._lines.setdefault(what, (0, now))
        if done < told:
            told, when = self._lines[what] = (0, now)  # it has begun anew
        if done == total:
            due = told < total and (told > 0 or total >= 100)
        else:
            due = done // LINE_THINGS > told // LINE_THINGS or now - when >= LINE_SECONDS
        if due:
            print(line, file=self.err)
            self._lines[what] = done, now

    def clear(self) -> None:
        """Erase the progress line."""
        if self._drawn:
            self.err.write("\r\x1b[K")
            self.err.flush()
            self._drawn = False

    def table(self, rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """Print rows as aligned columns; Japanese characters are two wide."""
        for line in show_table(rows, right):
            self.line(line)


def show_table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> Iterator[str]:
    """Yield rows as lines of aligned columns; those with a number in `right` end at the same place."""
    wide = [tuple(map(_width, row)) for row in rows]
    widths = [max(column) for column in zip(*wide, strict=True)]
    for row, own in zip(rows, wide, strict=True):
        gaps = [" " * (most - width) for most, width in zip(widths, own, strict=True)]
        cells = [gaps[n] + cell if n in right else cell + gaps[n] for n, cell in enumerate(row)]
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


# ---- the end of a run -------------------------------------------------------------------------------------------


def tell_result(result: Result, site: Path, speak: Speaker) -> None:
    """Print all findings, then one table (dataset, served from, rows, findings, release), then what to do next."""
    tell_alike(result.findings, speak)
    for outcome in result.outcomes:
        if outcome.findings:
            tell_findings(outcome, speak)
    speak.rest("entaku status")
    if result.outcomes:
        speak.line()
        head = [speak.word(key) for key in ("dataset", "served", "rows", "findings", "release", "outcome")]
        speak.table([head, *(_row(outcome, result, speak) for outcome in result.outcomes)], right=(2, 3))
        speak.line()
    tell_next(result, site, speak)


def tell_end(trouble: Finding, speak: Speaker) -> int:
    """Print what ended a command, and return the exit code: 3 for a bug, which is printed with its trace."""
    if trouble.code != "our-bug":
        speak.finding(trouble)
        return 1
    speak.note(trouble.args["trace"], trouble.args["trace"])
    speak.note(
        "これは entaku の不具合です。上の記録を添えてお知らせください。公開中の版はそのままです。",
        "This is a bug of entaku's. Please report it with the lines above. What is published stays as it was.",
    )
    return 3


def tell_findings(outcome: Outcome, speak: Speaker) -> None:
    """Print the findings on one dataset: a line for each cause, the first MAX_SHOWN of each severity."""
    tell_alike(outcome.findings, speak, outcome.dataset)


def tell_alike(findings: Sequence[Finding], speak: Speaker, dataset: str = "") -> None:
    """Print a line for each cause; of a `dataset`, the first MAX_SHOWN of each severity, then what it allows."""
    causes = group_alike(finding for finding in findings if finding.code not in SETTLED)
    for severity, most in MAX_SHOWN.items():
        mine = [alike for alike in causes if alike.first.severity == severity]
        shown = mine[:most] if dataset else mine
        for alike in shown:
            speak.alike(alike)
        rest = sum(alike.count for alike in mine[len(shown) :])
        if rest:
            args = {"count": f"{rest:,}"}
            speak.finding(Finding("too-many-findings", severity, Place(file=dataset), args=args))
    for alike in group_alike(finding for finding in findings if finding.code in SETTLED):
        speak.alike(alike)


def count_findings(findings: Sequence[Finding]) -> dict[Severity, int]:
    """Count findings by severity, without those that their owner has allowed."""
    counts: dict[Severity, int] = dict.fromkeys(SEVERITIES, 0)
    for alike in group_alike(finding for finding in findings if finding.code not in SETTLED):
        one = alike.first
        counted = one.code == "too-many-findings"
        counts[one.severity] += int(one.args["count"].replace(",", "")) if counted else alike.count
    return counts


def tell_sum(findings: Sequence[Finding], speak: Speaker) -> None:
    """Print how many findings there are of each severity, and how many causes; nothing without any."""
    counts = {severity: count for severity, count in count_findings(findings).items() if count}
    if not counts:
        return
    causes = len(group_alike(finding for finding in findings if finding.code not in SETTLED))
    if speak.lang == "en":
        told = ", ".join(f"{count:,} {severity}{'s' * (count > 1)}" for severity, count in counts.items())
        speak.line(f"In all: {told}, of {causes:,} {'kinds' if causes > 1 else 'kind'}.")
    else:
        told = "、".join(f"{speak.word(severity)} {count:,} 件" for severity, count in counts.items())
        speak.line(f"合計: {told}（{causes:,} 種類）。")


def tell_plan(outcome: Outcome, speak: Speaker) -> None:
    """Print what a publish would release of a dataset without errors: its tables, their rows and columns."""
    if outcome.what == "unchanged":
        speak.line(
            f"{outcome.dataset}: 公開中の版 {outcome.version} から変わりません。新しい版は作りません。"
            if speak.lang == "ja"
            else f"{outcome.dataset}: nothing differs from the published release {outcome.version}; no new one is made."
        )
        return
    for one in outcome.checked:
        rows, columns = (outcome.rows or {}).get(one.resource.name, 0), len(one.resource.schema.fields)
        title = one.resource.title.get(speak.lang)
        sample = " [見本のデータ]" if speak.lang == "ja" else " [sample data]"
        speak.line(
            (
                f"{outcome.dataset}: 表 {one.resource.name}（{title}）を {rows:,} 行 × {columns} 列で公開します。版 {outcome.version}"
                if speak.lang == "ja"
                else f'{outcome.dataset}: the table {one.resource.name} ("{title}") would be published with '
                f"{rows:,} rows × {columns} columns, version {outcome.version}"
            )
            + (sample if "sample" in outcome.served else "")
        )


def _row(outcome: Outcome, result: Result, speak: Speaker) -> list[str]:
    rows = f"{sum(outcome.rows.values()):,}" if outcome.rows is not None else "-"
    served = "・".join(speak.word(kind) for kind in outcome.served) or "-"
    file = f"pipelines/{outcome.dataset}.yaml"
    found = [*outcome.findings, *(finding for finding in result.findings if finding.place.file == file)]
    count = sum(count_findings(found).values()) if found else 0
    kept = any(one.code == "dataset-kept" and one.value == outcome.dataset for one in result.findings)
    what = "waiting" if outcome.what in ("released", "revised") and (kept or result.site == "refused") else outcome.what
    return [outcome.dataset, served, rows, str(count), outcome.version or "-", speak.word(what)]


def tell_rules(judged: rulebook.Judged, command: str, every: bool, speak: Speaker) -> None:
    """Print the rules of machine-readability that the owner's files break: the three that weigh most, or `every` one
    with its places.  `command`: the command that shows all."""
    rulings, scores = rulebook.join_rulings(judged), judged.scores
    broken = sorted(
        (one for one in rulings if one.state == "failed"),
        key=lambda one: (rulebook.WEIGHTS.index(one.weight), one.rule),
    )
    kept = sum(one.state == "passed" for one in rulings)
    if not broken and not every:
        return
    points = [
        f"{'レベル' if speak.lang == 'ja' else 'level '}{n} {'-' if one is None else one}"
        for n, one in enumerate(scores, 1)
    ]
    speak.line(
        f"[お知らせ] 元ファイルの機械可読性：{kept} 個のルールを満たし、{len(broken)} 個を満たしません（{'、'.join(points)} 点）"
        if speak.lang == "ja"
        else f"[notice] Machine-readability of the source file: {kept} rules kept, {len(broken)} broken ({', '.join(points)})"
    )
    for file in judged.files:
        if not file.whole:
            speak.note(
                f"  {file.url} は先頭の {file.rows:,} 行で判定しました。",
                f"  {file.url} was judged by its first {file.rows:,} rows.",
            )
    for one in broken if every else broken[:RULES_SHOWN]:
        rule = rulebook.RULES[one.rule]
        places = [
            place for each in one.places[: PLACES_SHOWN if every else 1] if (place := say_place(each, speak.lang))
        ]
        where = f"{one.count:,} か所" if speak.lang == "ja" else f"{one.count:,}"
        where += f": {', '.join(places)}" if places else ""
        speak.line(f"  {one.rule} {rule.title.get(speak.lang)} ({where}) → {rule.next.get(speak.lang)}")
    if len(broken) > RULES_SHOWN and not every and command:
        speak.line(f"  すべて見る: {command}" if speak.lang == "ja" else f"  All of them: {command}")


def tell_verdicts(verdicts: Sequence[JudgeVerdict], speak: Speaker) -> None:
    """Print each validator's result, and which validators are missing with how to install them."""
    ja = speak.lang == "ja"
    head = ["方言", "検査した道具", "対象", "結果"] if ja else ["dialect", "validator", "judged", "result"]
    rows = [head]
    for one in verdicts:
        unit = one.unit.get(speak.lang)
        right = "誤りなし" if ja else "no faults"
        wrong = f"誤り {one.faults:,} 件" if ja else f"{one.faults:,} faults"
        skipped = "確かめていません" if ja else "not judged"
        rows.append(
            [
                one.dialect,
                one.validator,
                "-" if one.missing else f"{one.count:,} {unit}",
                skipped if one.missing else wrong if one.faults else right,
            ]
        )
    speak.line()
    speak.table(rows)
    for one in verdicts:
        if one.missing:
            what = one.missing.get(speak.lang)
            speak.line(f"※ {one.validator}：ありません。{what}。" if ja else f"* {one.validator} is not here: {what}.")
    speak.line()


def tell_changes(comparison: Comparison, speak: Speaker) -> None:
    """Print what changed between two releases, table by table."""
    ja, version = speak.lang == "ja", comparison.before
    if not comparison.tables:
        speak.line("変わる行はありません。" if ja else "No row would change.")
        return
    for change in comparison.tables:
        speak.line(
            f"{change.table}: {version or '（まだ版なし）'} から +{change.added:,} 行、-{change.removed:,} 行、"
            f"変更 {change.changed:,} 行（{change.before:,} → {change.after:,} 行）"
            if ja
            else f"{change.table}: since {version or '(no release yet)'} +{change.added:,} rows, -{change.removed:,} rows, "
            f"{change.changed:,} changed ({change.before:,} → {change.after:,} rows)"
        )
        for name, count in (change.cells or {}).items():
            speak.line(f"  {name}: 訂正 {count:,} 行" if ja else f"  {name}: {count:,} corrected")
        for one in change.structure:
            speak.line(f"  {'!' if one.breaks else '*'} {tell_structure(one).get(speak.lang)}")
        for example in change.examples:
            speak.line(f"  {example}")
    level = comparison.level
    speak.line(
        f"変更の大きさ: {level}（{LEVEL_WORDS[level].ja}）" if ja else f"level: {level} ({LEVEL_WORDS[level].en})"
    )


def tell_next(result: Result, site: Path, speak: Speaker) -> None:
    """Print the next action."""
    if result.failed:
        stays = all(finding.code != "withdrawn-from-site" for finding in result.findings)
        speak.line(
            "次にすること: 上の指摘（→ のあと）を直し、もう一度 make を実行してください。"
            f"{'公開中の版はそのままです。' * stays}意味は entaku explain <指摘の名前> で読めます。"
            if speak.lang == "ja"
            else "Next: mend the findings above (see after →) and run make again. "
            f"{'What is published stays up. ' * stays}entaku explain <finding> tells more."
        )
    elif result.site == "refused":
        return
    elif result.cloud:
        speak.line(f"サイトは {result.cloud} にあります。" if speak.lang == "ja" else f"The site is at {result.cloud}.")
    elif any("sample" in outcome.served for outcome in result.outcomes):
        speak.line(
            f"次にすること: make serve で {site}/index.html を見てください。見本のデータを含みます。"
            "公開元につながるところで make を実行すると本物に替わります。"
            if speak.lang == "ja"
            else f"Next: make serve, and look at {site}/index.html. It holds sample data; "
            "run make where the publishers can be reached for the real data."
        )
    else:
        speak.line(
            f"次にすること: make serve で確かめ、{site} をウェブサーバーに置いてください。"
            if speak.lang == "ja"
            else f"Next: look at it with make serve, then put {site} on your web server."
        )
