"""Errors of YAML's syntax → findings that name the sign or the indentation that is wrong, and what to write instead."""

import re
from typing import NamedTuple

import yaml

from entaku.formats.heavy import late_compile
from entaku.model.nouns import Finding, Place
from entaku.model.words import Text


def make_finding(code: str, file: str, line: int, value: str, **args: str) -> Finding:
    return Finding(code, "error", Place(file=file, line=line), value, args)


def explain_syntax(error: yaml.YAMLError, file: str, text: str) -> Finding:
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    line, start = (mark.line + 1 if mark else 1), (context.line + 1 if context else 0)
    lines = text.splitlines()
    found = _find_sign(lines, [n for n in (line, line - 1, start) if 0 < n <= len(lines)], file, start)
    if found is not None:
        return found
    if "another document" in problem:
        return make_finding(
            "yaml-forbidden", file, line, "", what_ja="---（二つ目の文書）", what_en="--- (a second document)"
        )
    if any(words in problem for words in _AFTER_COLON):
        # libyaml reports a key without its colon at the next line with a colon.
        before = next((n for n in range(min(line, len(lines) + 1) - 1, 0, -1) if not _BLANK.match(lines[n - 1])), 0)
        for n in (start, before, line):
            if match_colon(lines, n):
                return explain_colon(lines, n, file)
        if "could not find" in problem and 0 < start <= len(lines):
            value = lines[start - 1].strip()
            key, _, rest = re.sub(r"^(- +)+", "", value).replace("\u3000", " ").partition(" ")
            key, rest = (key, rest) if rest else (re.split("[=＝]", key)[0], "")
            return make_finding("yaml-no-colon", file, start, value, key=key)
    if any(words in problem for words in _OF_BLOCKS) and (dash := _find_dash(lines, line)) is not None:
        return make_finding(dash[0], file, dash[1], lines[dash[1] - 1].strip(), **dash[2])
    words = next((one for one in _PROBLEMS if one.problem in problem), _UNKNOWN)
    ja, en = words.ja, words.en
    if start and ("end of stream" in problem or _UNCLOSED.search(problem)):
        if line > start + 1:
            ja += f"（{start} 行目で始まり、{line} 行目まで）"
            en += f" (it begins on line {start} and goes on until line {line})"
        line = start
    shown = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    todo = {"todo_ja": words.todo.ja, "todo_en": words.todo.en}
    return make_finding("yaml-syntax", file, line, shown, why_ja=ja, why_en=en, **todo)


def _find_sign(lines: list[str], near: list[int], file: str, start: int) -> Finding | None:
    """Find a tab or a full-width sign that was meant for one of YAML's own, near a syntax error."""
    for n in near:
        if re.match(r"[ ]*\t", lines[n - 1]):
            return make_finding("yaml-tab", file, n, "")
    for n in near:
        if re.match("[ ]*(\u3000|-\u3000)", lines[n - 1]):
            return make_finding("yaml-wide-space", file, n, lines[n - 1].strip(" "))
        if mark := re.match(r"[ ]*(?P<sign>[−ー－–—‐‑・•●○])[ \u3000]*\S", lines[n - 1]):
            return make_finding("yaml-dash-sign", file, n, lines[n - 1].strip(" "), sign=mark["sign"])
    for n in dict.fromkeys([*range(start, near[0] + 1), *near] if start and near else near):
        if _BLANK.match(lines[n - 1]):
            continue
        if wide := _MEANT.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", lines[n - 1])):
            sign = next(filter(None, wide.groups()))
            return make_finding("yaml-wide-sign", file, n, lines[n - 1].strip(" "), sign=sign, right=WIDE[sign])
    return None


_MEANT = late_compile(
    r"(?:[:-][ ]+|[\[{,][ ]*)([｛［])"  # where a value begins
    r"|[\[{].*([｝］])[ ]*$"
    r"|[\[{].*([、，])[ ]*[A-Za-z_]+[ ]*[:：]"  # between two keys
    r"|[{,][ ]*[A-Za-z_]+(：)"
)
"""A full-width sign where YAML's own is expected."""


def _find_dash(lines: list[str], line: int) -> tuple[str, int, dict[str, str]] | None:
    """Find what is wrong with the items of a list near `line`: a dash without a space, none, or an odd indentation."""
    there = [n for n in range(min(line, len(lines)), 0, -1) if not _BLANK.match(lines[n - 1])]
    for n in there[:2]:
        if re.match(r"[ ]*-[^\s\d.-]", lines[n - 1]):
            return "yaml-dash-space", n, {}
    if len(there) < 2:
        return None
    this, before = (len(lines[n - 1]) - len(lines[n - 1].lstrip(" ")) for n in there[:2])
    item, was = (lines[n - 1].lstrip().startswith("- ") for n in there[:2])
    if this == before and item != was:
        return "yaml-no-dash", there[1] if item else there[0], {}
    above = [lines[n - 1] for n in there[1:30]]
    dashes = {len(line) - len(line.lstrip(" ")) for line in above if line.lstrip(" ").startswith("- ")}
    columns = dashes if item else {_find_column(line) for line in above}
    if columns and this not in columns:
        right = min(sorted(columns), key=lambda column: (abs(column - this), -column))
        return "yaml-indent", there[0], {"count": str(this), "right": str(right)}
    return None


def _find_column(line: str) -> int:
    """Return the column, from 0, in which a line's key begins, after the dashes of list items."""
    match = re.match(r"[ ]*(?:-[ ]+)*", line)
    return match.end() if match else 0


_BLANK = late_compile(r"\s*(#|$)")
_AFTER_COLON = ("could not find expected ':'", "mapping values are not allowed", "did not find expected key")
_OF_BLOCKS = (*_AFTER_COLON, "expected '-' indicator", "block sequence entries")
_UNCLOSED = late_compile(r"expected ',' or '[]}]'")
COLON = late_compile(
    r"""[ ]*(?:-[ ]+)*(?![0-9]+:)(?P<key>[^\s:：'"#&*!|>@`%?,{}\[\]-][^\s:：]*)(?P<colon>：|:\u3000|:(?!//)[^\s])(?P<value>.*)"""
)
"""A line with a key whose colon YAML doesn't accept: full-width, or without a space (U+0020) after it."""


def match_colon(lines: list[str], line: int) -> re.Match[str] | None:
    return COLON.match(lines[line - 1]) if 0 < line <= len(lines) else None


def explain_colon(lines: list[str], line: int, file: str) -> Finding:
    match = match_colon(lines, line)
    assert match is not None
    if match["colon"] == ":\u3000":
        return make_finding("yaml-wide-space", file, line, match[0].strip(" "))
    return make_finding("yaml-colon", file, line, match[0].strip(" "), key=match["key"])


class _Problem(NamedTuple):
    """What libyaml complains of, in words for owners."""

    problem: str
    """A part of libyaml's own words."""
    ja: str
    en: str
    todo: Text


_LOOK = Text(
    ja="字下げと、その行のコロンのあとの空白、引用符や括弧の閉じ忘れを確かめてください。",
    en="Check the indentation, the space after each colon of the line, and unclosed quotes and brackets.",
)
_QUOTE = Text(ja="その値を ' で囲んでください。", en="Put single quotes around the value.")
_CLOSE = Text(
    ja="この行の引用符や括弧を閉じ、間をカンマで区切ってください。",
    en="Close the quotes and brackets of this line, and put commas between values.",
)
_SINGLE = Text(
    ja="正規表現や Windows のパスは \" でなく ' で囲みます。パスの区切りは / と書けます。",
    en="Put regular expressions and paths of Windows between single quotes instead of double ones. In paths, write /.",
)
_BELOW = Text(ja="文は次の行から、字下げして書いてください。", en="Begin the text on the next line, indented.")
_REMOVE = Text(ja="その行を消してください。", en="Remove the line.")
_UNKNOWN = _Problem("", "書き方が違います", "it is not written as YAML is", _LOOK)
_PROBLEMS = tuple(
    _Problem(*one)
    for one in (
        ("mapping values are not allowed", "コロンの位置が違います", "a colon is not expected here", Text(
            ja="字下げを確かめ、値の中にコロンがあるなら値を ' で囲んでください。",
            en="Check the indentation. If the value contains a colon, put single quotes around it.")),
        ("mapping keys are not allowed", "「? 」は使えません", '"? " is not allowed', _QUOTE),
        ("end of stream", "閉じられていない引用符か括弧があります", "a quote or bracket is not closed", _CLOSE),
        ("block sequence entries are not allowed", "「- 」の位置が違います", '"- " is not expected here', Text(
            ja="「- 」は、キーの次の行に字下げして書いてください。", en='Write "- " on the line after the key, indented.')),
        ("could not find expected ':'", "コロンがありません", "a colon is missing", _LOOK),
        ("expected ',' or '}'", "{ が } で閉じられていないか、区切りのカンマがありません", "{ is not closed by }, or a comma is missing", _CLOSE),
        ("expected ',' or ']'", "[ が ] で閉じられていないか、区切りのカンマがありません", "[ is not closed by ], or a comma is missing", _CLOSE),
        ("did not find expected key", "字下げがそろっていないか、引用符や括弧のあとに余分な文字があります",
         "the indentation is uneven, or there is more text after a quote or bracket", _LOOK),
        ("did not find expected node content", "値がありません", "there is no value", _QUOTE),
        ("did not find expected '-' indicator", "字下げがそろっていません", "the indentation is uneven", _LOOK),
        ("cannot start any token", "引用符で囲むべき記号（@ や ` など）があります", "a sign such as @ or ` must be quoted", _QUOTE),
        ("undefined alias", "* で始まる値は引用符で囲みます", "a value that begins with * must be quoted", _QUOTE),
        ("alphabetic or numeric character", "& や * で始まる値は引用符で囲みます", "a value that begins with & or * must be quoted", _QUOTE),
        ("unknown escape character", "\" の中で使えない \\ があります", "there is a backslash that double quotes don't allow", _SINGLE),
        ("hexdecimal number", "\" の中の \\x、\\u、\\U のあとに 16 進数がありません",
         "in double quotes, \\x, \\u and \\U must be followed by hexadecimal digits", _SINGLE),
        ("Unicode character escape", '" の中の \\u や \\U の番号の文字はありません', "there is no character of the number after \\u or \\U", _SINGLE),
        ("comment or line break", "| や > のあとには何も書けません", "nothing may follow | or >", _BELOW),
        ("incompatible YAML document", "%YAML の行は使えません", "a %YAML line is not allowed", _REMOVE),
        ("tag", "! で始まる値は引用符で囲みます", "a value that begins with ! must be quoted", _QUOTE),
        ("expected '>'", "! で始まる値は引用符で囲みます", "a value that begins with ! must be quoted", _QUOTE),
        ("expected '!'", "! で始まる値は引用符で囲みます", "a value that begins with ! must be quoted", _QUOTE),
        ("directive", "% で始まる行は使えません", "a line that begins with % is not allowed", _REMOVE),
        ("document start", "% や --- や ... で始まる行は使えません", "a line that begins with %, --- or ... is not allowed", _REMOVE),
        ("wrongly indented", "引用符の中の行の字下げが足りません", "a line within quotes is not indented enough", _CLOSE),
        ("unexpected document indicator", "引用符の中に --- や ... の行があります", "there is a line --- or ... within quotes", _CLOSE),
        ("indentation indicator", "| や > のあとの数が違います", "the number after | or > is wrong", _BELOW),
        ("leading space", "| や > のあとの空行の字下げが、文の字下げより深くなっています",
         "an empty line after | or > is indented deeper than the text", _BELOW),
    )
)  # fmt: skip


WIDE = {"［": "[", "｛": "{", "］": "]", "｝": "}", "、": ",", "，": ",", "：": ":"}
WIDE |= dict.fromkeys("“”„＂‘’＇", "'")
"""Full-width signs and those of YAML that they are written for."""
