"""The findings of a check as code hosts show them: at their lines, and as a summary.  What they show everybody may read,
so values are concealed as on the site."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from entaku.model.messages import Alike, conceal, group_alike, say_alike, say_next, say_place
from entaku.model.nouns import Finding, Lang, Severity
from entaku.work.speak import SETTLED, Speaker, count_findings

FORMATS = ("text", "github", "gitlab")
MOST = 200
"""Causes in a summary; a comment on GitHub has 65,536 characters at most."""
GITLAB: dict[Severity, str] = {"error": "major", "warning": "minor", "notice": "info"}
"""GitLab's severities."""

Told = Sequence[tuple[str, Sequence[Finding]]]
"""Findings, with the project's file that they are shown at where they have no place in one."""


def tell(form: str, told: Told, speak: Speaker) -> None:
    """Print the findings in a host's format; the summary goes where GitHub says (GITHUB_STEP_SUMMARY)."""
    if form == "gitlab":
        speak.line(write_gitlab(told, speak.lang))
        return
    for line in write_github(told, speak.lang):
        speak.line(line)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(write_summary(told, speak.lang))


def place_all(told: Told) -> Iterator[tuple[str, int, Alike]]:
    """Yield the file and line at which each cause is shown, and its findings."""
    for file, findings in told:
        for alike in group_alike(conceal(each) for each in findings if each.code not in SETTLED):
            place = alike.first.place
            yield (place.file if place.line else file), place.line or 1, alike


def write_github(told: Told, lang: Lang) -> Iterator[str]:
    """Yield a workflow command for each cause."""
    for file, line, alike in place_all(told):
        where = f"file={_escape(file, more=True)},line={line},title={_escape(alike.first.code, more=True)}"
        yield f"::{alike.first.severity} {where}::{_escape(say_alike(alike, lang))}"


def _escape(text: str, *, more: bool = False) -> str:
    """Escape the message of a workflow command; `more`: a property of it."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if more else text


def write_gitlab(told: Told, lang: Lang) -> str:
    """Write a Code Quality report."""
    issues = []
    for file, line, alike in place_all(told):
        one = alike.first
        known = json.dumps([file, one.code, one.value, one.place.file, one.place.column])
        issues.append({
            "description": say_alike(alike, lang),
            "check_name": one.code,
            "fingerprint": hashlib.sha256(known.encode("utf-8", "backslashreplace")).hexdigest(),
            "severity": GITLAB[one.severity],
            "location": {"path": file, "lines": {"begin": line}},
        })  # fmt: skip
    return json.dumps(issues, ensure_ascii=False, indent=1)


def write_summary(told: Told, lang: Lang) -> str:
    """Write a summary in Markdown."""
    counts = count_findings([each for _, findings in told for each in findings])
    words = (("誤り", "警告", "お知らせ"), ("errors", "warnings", "notices"))[lang == "en"]
    sums = "、".join(f"{word} {count} 件" for word, count in zip(words, counts.values(), strict=True))
    if lang == "en":
        sums = ", ".join(f"{count} {word}" for word, count in zip(words, counts.values(), strict=True))
    lines = [f"**entaku check**: {sums}", ""]
    every = list(place_all(told))
    if every:
        lines += [("| | 場所 | 何が、次に何を |", "| | place | what, and what next |")[lang == "en"], "|---|---|---|"]
        lines += _write_rows(every[:MOST], lang)
        lines += ["", f"… +{len(every) - MOST}"] * (len(every) > MOST)
    return "\n".join(lines) + "\n"


def _write_rows(every: Iterable[tuple[str, int, Alike]], lang: Lang) -> Iterator[str]:
    """Yield a row of the summary's table for each cause."""
    signs = {"error": "🔴", "warning": "🟡", "notice": "⚪"}
    for file, line, alike in every:
        one = alike.first
        where = say_place(one.place, lang) or f"{file}:{line}"
        said = say_alike(alike, lang).removeprefix(where).strip().removesuffix(say_next(one, lang)).removesuffix("→ ")
        yield f"| {signs[one.severity]} | {_show(where)} | {_show(said)}<br>→ {_show(say_next(one, lang))} |"


def _show(text: str) -> str:
    """Escape text for a cell of a Markdown table; nobody is mentioned."""
    text = re.sub(r"([\\`*_\[\]~#!])", r"\\\1", " ".join(text.split()))
    for sign in "<>|@":
        text = text.replace(sign, f"&#{ord(sign)};")
    return text
