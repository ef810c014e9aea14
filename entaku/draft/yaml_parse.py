"""The steps that part flags, texts and units from the values of a draft's columns, then parse them."""

import re
from collections.abc import Iterable, Iterator, Sequence

from entaku.draft.plan import ColumnPlan
from entaku.draft.words import YEN, name_flag, name_mark
from entaku.draft.yaml_fields import quote

_BARE_YEAR = "^(?=(元|[0-9０-９]{1,2})(年度?)?$)"
_WIDE = {"r": "ｒR", "p": "ｐP", "*": "＊", "e": "E", "<": "＜", ">": "＞"}


def list_parsing(fields: Sequence[ColumnPlan]) -> Iterator[str]:
    """The steps that part flags, texts and units from values, then parse them."""
    for one in fields:
        if one.words:
            pattern = f"^(?P<{one.name}_note>{'|'.join(map(re.escape, one.words))})$"
            yield f"extract: {{column: {one.name}, pattern: {quote(pattern)}, optional: true}}"
        if one.keeps_marks:
            pattern = f"^(?P<{one.name}_mark>{'|'.join(map(re.escape, one.marks))})$"
            yield f"extract: {{column: {one.name}, pattern: {quote(pattern)}, optional: true}}"
            yield from _replace(f"{one.name}_mark", ((each, name_mark(each)) for each in one.marks))
        if one.flags:
            letters = "".join(
                sorted({each for flag in one.flags for each in name_flag(flag) + _WIDE.get(name_flag(flag), "")})
            )
            yield f"extract: {{column: {one.name}, pattern: {quote(f'(?P<{one.name}_flag>[{re.escape(letters)}])')}, optional: true}}"
            yield f"replace: {{columns: [{one.name}], pattern: {quote(f'[{re.escape(letters)}]')}, with: ''}}"
            yield from _replace(f"{one.name}_flag", ((each, name_flag(each)) for each in one.flags))
        if one.eras:
            yield from _replace(one.name, one.eras[:-1])
            yield f"replace: {{columns: [{one.name}], pattern: {quote(_BARE_YEAR)}, with: {quote(one.eras[-1][1])}}}"
        if one.suffix == YEN:
            yield f"replace: {{columns: [{one.name}], pattern: {quote('^[¥￥][ 　]*|[ 　]*[-－―ー]$')}, with: ''}}"
        elif one.suffix:
            yield f"replace: {{columns: [{one.name}], pattern: {quote(re.escape(one.suffix) + '$')}, with: ''}}"
    plain = [one for one in fields if one.is_number]
    for missing in dict.fromkeys((*one.missing, *one.words) for one in plain):
        mine = [one.name for one in plain if (*one.missing, *one.words) == missing]
        marks = f", missing: [{', '.join(map(quote, missing))}]" if missing else ""
        yield f"parse_number: {{columns: [{', '.join(mine)}]{marks}}}"
    for one in fields:
        marks = f", missing: [{', '.join(map(quote, (*one.missing, *one.words)))}]" if one.missing or one.words else ""
        if one.type == "time":
            yield f"parse_time: {{column: {one.name}{marks}}}"
        elif one.to:
            to = f", to: {one.to}" if one.to != "date" else ""
            order = f", order: {one.order}" if one.order else ""
            yield f"parse_date: {{column: {one.name}{to}{order}{', serial: 1900' if one.serial else ''}{marks}}}"


def _replace(column: str, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The step that writes texts of a column otherwise, if any is."""
    told = ", ".join(f"{quote(text)}: {quote(other)}" for text, other in pairs if text != other)
    if told:
        yield f"replace: {{columns: [{column}], values: {{{told}}}}}"
