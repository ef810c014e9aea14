"""Go through a table once for all that is looked for in it: which texts of a column match a pattern, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from entaku.audit.numbers import MAIL_COLUMN, PHONE_COLUMN
from entaku.audit.persons import IdentifierKind, PeopleColumns, find_identifier, sort_columns
from entaku.formats.arrays import make_numbers, make_texts, measure, to_mask, to_numbers
from entaku.formats.heavy import late_compile, np, pa, pc
from entaku.formats.text import to_half_width
from entaku.model.nouns import Finding, Place
from entaku.model.table_schema import Schema, SchemaField

Locate = Callable[[int, str], Place]
"""The place of a row and a column."""


@dataclass(frozen=True, slots=True)
class TextCount:
    """Count a text in a column, with the number of the first row that has it."""

    count: int
    row: int


SMALL, FEW = 1_000, 100
"""Bytes, and number of texts, up to which Python's expressions, compiled once, are quicker than Arrow's, compiled each time.
They miss nothing that Arrow's find: their `\\s` has more spaces, and their `$` is before a last line feed, too."""
compile_once = cache(re.compile)
WHOLE_DIGITS = late_compile(r"\^\[0-9\]\{(\d+)\}\$")


def may_match(texts: pa.Array, pattern: str) -> bool:
    """Test whether a pattern can match any of the texts, without looking at them one by one.

    A pattern for a whole cell of digits is tested by the cells' lengths; others, without the anchor at their
    beginning, on all the text at once, where a match that runs over the end of a cell is a false alarm and nothing is
    missed.
    """
    if whole := WHOLE_DIGITS.fullmatch(pattern):
        return bool((measure(texts) == int(whole[1])).any())
    if pattern == PADDED:
        return _may_be_padded(texts)
    if pattern == CARD_DIGITS:
        return _may_be_cards(texts)
    loose = pattern if "|" in pattern else pattern.removeprefix("^")
    anchored = "^" in loose.replace("[^", "") or "$" in loose
    if not len(texts) or (anchored and len(texts) > FEW):
        return True
    _, offsets, data = texts.buffers()
    if data is None:
        return False
    ends = np.frombuffer(offsets, np.int32)[[texts.offset, texts.offset + len(texts)]].astype(np.int64)
    if ends[1] - ends[0] <= SMALL:
        told = texts.to_pylist() if anchored else [data[ends[0] : ends[1]].to_pybytes().decode()]
        return any(compile_once(loose).search(text) for text in told if text)
    if anchored:
        return True
    whole_text = pa.LargeStringArray.from_buffers(1, pa.py_buffer(ends), data)
    return bool(pc.match_substring_regex(whole_text, loose).true_count)


class Coded(Protocol):
    """A column's batch as indices into a list of its distinct texts."""

    @property
    def indices(self) -> np.ndarray[Any, Any]: ...
    @property
    def distinct(self) -> Sequence[str | None]: ...
    @property
    def lasting(self) -> bool:
        """Whether `distinct` is the column's own list, which is only appended to from batch to batch."""


def _may_be_padded(texts: pa.Array) -> bool:
    """Test whether any text has a 0 before another digit at its beginning, or a sign there."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return False
    begins = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts)][measure(texts) > 1]
    text = np.frombuffer(data, np.uint8)
    first, second = text[begins], text[begins + 1]
    signed = (first == ord("+")) | (first == ord("-"))
    return bool((((first == ord("0")) & (second - ord("0") < 10)) | (signed & (second == ord("0")))).any())


def _may_be_cards(texts: pa.Array) -> bool:
    """Test whether any text is as long as a card number and begins like one."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return False
    lengths = measure(texts)
    begins = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts)][
        (lengths >= 14) & (lengths <= 16)
    ]
    return bool((np.frombuffer(data, np.uint8)[begins] - ord("2") < 5).any())


class PatternScan:
    """Find the texts that match patterns (RE2), by column, in batches that `add` is given from the first one on."""

    def __init__(self, table: Iterable[pa.RecordBatch], patterns: Mapping[str, Sequence[str]]) -> None:
        """`table`: read from the start at each iteration, columns of text."""
        self._table, self._patterns = table, {name: wanted for name, wanted in patterns.items() if wanted}
        self._found: dict[tuple[str, str], dict[str, TextCount]] = {}
        self._hits: dict[tuple[str, str], list[bool]] = {}
        """Of columns with a lasting list of distinct texts: which of them match."""
        self.rows = 0

    def add(self, batch: pa.RecordBatch, told: Sequence[Coded | pa.Array | None] = ()) -> None:
        """Look at the next rows; `told`: by column, its encoded texts where they are known."""
        coded = dict(zip(batch.schema.names, told, strict=bool(told)))
        for name, wanted in self._patterns.items():
            known = coded.get(name)
            if known is None or isinstance(known, pa.Array):
                self._look(name, wanted, batch.column(name))
            else:
                self._look_up(name, wanted, known)
        self.rows += batch.num_rows

    def keep(self) -> dict[str, Any]:
        """Return what was found so far, for `resume`."""
        return {"patterns": self._patterns, "found": self._found, "rows": self.rows}

    def knows(self, kept: dict[str, Any]) -> bool:
        """Test whether another scan of the same table looked for the same."""
        return bool(kept["patterns"] == self._patterns)

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on where such a scan was."""
        self._found, self.rows = kept["found"], kept["rows"]

    def finish(self, rows: int) -> None:
        """Go through the table unless all its `rows` have been added."""
        if self.rows == rows:
            return
        self._found, self._hits, self.rows = {}, {}, 0
        for batch in self._table:
            self.add(batch)

    def _look(self, name: str, patterns: Sequence[str], texts: pa.Array) -> None:
        patterns = [pattern for pattern in patterns if may_match(texts, pattern)]
        if not patterns:
            return
        coded = texts.dictionary_encode()
        for pattern in patterns:
            hit = pc.match_substring_regex(coded.dictionary, pattern)
            if hit.true_count:
                places = np.flatnonzero(to_mask(hit))
                matched = coded.dictionary.take(make_numbers(places)).to_pylist()
                self._count((name, pattern), places, matched, to_numbers(coded.indices))

    def _look_up(self, name: str, patterns: Sequence[str], coded: Coded) -> None:
        """Match each distinct text once: once in all batches if the column has a lasting list of them."""
        made: dict[int, pa.Array] = {}
        for pattern in patterns:
            hits = self._hits.setdefault((name, pattern), []) if coded.lasting else []
            if (start := len(hits)) < len(coded.distinct):
                if start not in made:
                    made[start] = make_texts([text or "" for text in coded.distinct[start:]])
                new = made[start]
                may = may_match(new, pattern)
                hits += to_mask(pc.match_substring_regex(new, pattern)).tolist() if may else [False] * len(new)
            if any(hits):
                places = np.flatnonzero(hits)
                self._count(
                    (name, pattern), places, [coded.distinct[place] for place in places.tolist()], coded.indices
                )

    def _count(
        self, where: tuple[str, str], places: np.ndarray[Any, Any], texts: Sequence[str | None], codes: Any
    ) -> None:
        """Count the rows of a batch that have the matching texts: those whose codes are `places`."""
        if where[1] == LABEL and len(self._found.get(where, ())) + len(places) > MANY_LABELS:
            texts = texts[:MANY_LABELS]  # too many to be labels; which they are is no matter
            places = places[: len(texts)]
            if len(self._found.get(where, ())) > MOST_LABELS:
                return
        size = max(int(codes.max(initial=0)), int(places[-1])) + 1
        counts, rows = np.bincount(codes, minlength=size), np.empty(size, np.int64)
        rows[codes[::-1]] = np.arange(self.rows + len(codes) - 1, self.rows - 1, -1)  # the last that is put stays
        found = self._found.setdefault(where, {})
        for text, count, row in zip(texts, counts[places].tolist(), rows[places].tolist(), strict=True):
            if count and text is not None:
                before = found.get(text)
                found[text] = TextCount(count, row) if before is None else TextCount(before.count + count, before.row)

    def list_matches(self, name: str, pattern: str) -> list[str]:
        """List the different texts of a column in which a pattern was found, in order."""
        return list(self._found.get((name, pattern), ()))

    def sum_up(self, name: str, texts: Collection[str]) -> TextCount:
        """Count the rows of a column that have one of these texts, with the first of them."""
        seen = {
            text: each for (column, _), found in self._found.items() if column == name for text, each in found.items()
        }
        some = [seen[text] for text in texts]
        return TextCount(sum(each.count for each in some), min(each.row for each in some))

    def count_filled(self, name: str) -> int:
        """Count the different texts of a column that aren't empty.  Reads the table again."""
        found = pa.chunked_array([pc.unique(batch.column(name)) for batch in self._table], pa.string())
        return sum(1 for text in pc.unique(found) if text.as_py())

    def count_like(self, name: str, pattern: str) -> int:
        """Count the different texts of a column that match a pattern which wasn't looked for.  Reads the table again."""
        found = pa.chunked_array([pc.unique(batch.column(name)) for batch in self._table], pa.string())
        return int(pc.match_substring_regex(pc.unique(found), pattern).true_count)

    def list_beside(self, name: str, labels: Collection[str]) -> dict[str, list[str]]:
        """List the different texts that other columns have in the rows with one of these texts.  Reads the table again."""
        wanted, first = make_texts(sorted(labels)), 0
        others = [other for other in self._patterns if other != name]
        for batch in self._table:
            rows = np.flatnonzero(to_mask(pc.is_in(batch.column(name), wanted)))
            for other in others if len(rows) else ():
                found = self._found.setdefault((other, BESIDE), {})
                for row, text in zip(
                    rows.tolist(), batch.column(other).take(make_numbers(rows)).to_pylist(), strict=True
                ):
                    if text:
                        before = found.get(text)
                        found[text] = TextCount(before.count + 1, before.row) if before else TextCount(1, first + row)
            first += batch.num_rows
        return {other: self.list_matches(other, BESIDE) for other in others}

    def list_rows(self, name: str, texts: Collection[str]) -> Iterator[int]:
        """Yield the numbers of the rows that have one of these texts.  Reads the table again."""
        wanted, first = make_texts(sorted(texts)), 0
        for batch in self._table:
            yield from (np.flatnonzero(to_mask(pc.is_in(batch.column(name), wanted))) + first).tolist()
            first += batch.num_rows


# ---- what is looked for -----------------------------------------------------------------------------------------

TEXTS = ("string", "any", "array", "list", "object")
USER_COLUMN = late_compile(r"どんな人|どのような人|利用者の種別|立場|kind of (?:user|person)|(?:user|person) kind")
"""A column that says who asked, as a kind of user: a name there is a mistake."""
_DIGIT, _OTHER = "[0-9０-９]", "[^0-9０-９]"
_BETWEEN = "[-‐-―−－ー・_./．／ \u00a0\u00ad\u200b-\u200f\u2060\u3000\ufeff]{0,3}"
LONG_NUMBER = (
    f"{_DIGIT}{{4}}{_BETWEEN}{_DIGIT}{{4}}{_BETWEEN}{_DIGIT}{{4}}|{_DIGIT}{{4}}{_BETWEEN}{_DIGIT}{{6}}{_BETWEEN}{_DIGIT}{{4}}"
    f"|{_DIGIT}{{3}}[- ]{_DIGIT}{{3}}[- ]{_DIGIT}{{3}}[- ]{_DIGIT}{{3}}|[0-9] [0-9] [0-9] [0-9] [0-9] |[eE][+]?11"
)
PHONE = (
    f"[0０1１]{_DIGIT}{{0,4}}{_OTHER}{{1,3}}{_DIGIT}{{1,4}}{_OTHER}{{1,3}}{_DIGIT}{{3,4}}"
    f"|[0０][7-9７-９][0０]{_OTHER}?{_DIGIT}{{8}}|[1１][7-9７-９][0０]{_DIGIT}{{8}}|[^0-9０-９.][0０][1-9１-９]{_DIGIT}{{8}}"
)
MAIL = r"[@＠]|[aA][tT] ?[)）\]]|アット|[☆★●■]"
BORN = "[0-9０-９日] ?(?:生|出生)|生年月日|誕生|[bB]irth|BIRTH|[bB]orn|BORN|DOB|dob"
LABELLED = (
    f"(?:番号|コード|[証券座度]|カード|バー|普通|当座|記号|者){_OTHER}{{0,8}}{_DIGIT}[- 0-9０-９]{{4}}"
    f"|(?:[nN][oO]|NUMBER|[nN]umber|[pP]assport|PASSPORT|[iI][dD]){_OTHER}{{0,6}}{_DIGIT}[- 0-9０-９]{{4}}"
)
"""What the finders' own patterns need."""
LABEL = "番[号號]|コ[ーｰ-]?ド|ｺ[ｰ-]ﾄﾞ|ナンバ|マイナ|ﾏｲﾅ|口座|旅券|パスポ|免許|[nN][oO]|[nN]um|ID|[iI]d|[nN]ｏ|Ｎｏ|ＮＯ|ＩＤ|№|[cC]ard|[pP]assport|[lL]icen|IBAN"
"""Words of cells that may name an identifier which stands beside them, as in tables of one row for each item."""
MOST_LABELS = 200
MANY_LABELS = 1_000
BESIDE = ""
"""The pattern of texts beside such cells."""
ANYTHING = "."
TWELVE_DIGITS = "^[0-9]{12}$"
CARD_DIGITS = "^(?:4[0-9]{15}|5[1-5][0-9]{14}|2[2-7][0-9]{14}|3[0-9]{13,15}|6[0-9]{15})$"
DIGITS_ALONE = "^[0-9０-９]{9,13}$"
ANY_DIGIT = "[0-9０-９]"
HOUSE = "[0-9０-９]|丁目|番地"
MAYBE_NAME = "[一-龥々][ \u3000]+[一-龥々ぁ-んァ-ヶー]"
FORMULA_START = r"^\s*[=@+-]"
"""These are quick to look for in millions of cells, as few have them."""
PADDED = "^[+-]?0[0-9]"
ERROR_TEXT = "^(#(N/A|REF!|DIV/0!|VALUE!|NAME[?]|NULL!|NUM!|SPILL!|CALC!|FIELD!|GETTING_DATA)|Err:[0-9]{3})$"
NUMBERS = ("integer", "number", "year")
PERSON_COLUMN = late_compile(
    r"氏名|姓名|お名前|(?<!駅)(?<!設)(?<!品)名前|本名|代表者名|担当者名|(?:full|first|last|family|given|person)[ -]?name"
)
BIRTH_COLUMN = late_compile(r"生年月日|誕生日|生まれ|出生日|birth|(?<![a-z])dob(?![a-z])")


@dataclass(frozen=True)
class Screening:
    """Hold what was found in a table when it was gone through."""

    scan: PatternScan
    headings: Mapping[str, str]
    """What each column is called."""
    persons: bool
    """Whether a column holds people's names."""
    people: PeopleColumns = field(default_factory=PeopleColumns)
    identifiers: Mapping[str, IdentifierKind] = field(default_factory=dict)
    """Columns whose title names a person's identifier."""


def prepare(
    table: Iterable[pa.RecordBatch], columns: Iterable[str], schema: Schema, raw: Mapping[str, str] | None = None
) -> Screening:
    """Return a Screening whose `scan` is to be given all batches of a table, for `find_personal` and `find_formulas`.

    `table`: batches of text, which can be read again; `raw`: what the raw file calls its columns.
    """
    fields = {field.name: field for field in schema.fields}
    titles = {name: _titles(name, fields.get(name), (raw or {}).get(name, "")) for name in columns}
    headings = {name: to_half_width(" ".join(said)).lower().replace("_", " ") for name, said in titles.items()}
    people = sort_columns(titles)
    persons = bool(people.persons) or any(PERSON_COLUMN.search(heading) for heading in headings.values())
    named = {name: find_identifier(said) for name, said in titles.items()}
    identifiers = {name: kind for name, kind in named.items() if kind is not None}
    patterns: dict[str, list[str]] = {}
    for name, heading in headings.items():
        kind = fields[name].type if name in fields else "string"
        patterns[name] = [TWELVE_DIGITS, CARD_DIGITS] if kind in ("integer", "number") else []
        patterns[name] += _choose_patterns(heading, people) if kind in TEXTS else []
        patterns[name] += [ANYTHING] if USER_COLUMN.search(heading) else []
        born = BIRTH_COLUMN.search(heading) and (persons or people.perhaps)
        patterns[name] += [ANY_DIGIT] if born or name in identifiers else []
        patterns[name] += [FORMULA_START, ERROR_TEXT] if name in fields and kind in TEXTS else []
        patterns[name] += [PADDED] if kind in NUMBERS else []
    birth = any(BIRTH_COLUMN.search(heading) for heading in headings.values())
    _add_people(patterns, people, birth)
    return Screening(PatternScan(table, patterns), headings, persons, people, identifiers)


def _choose_patterns(heading: str, people: PeopleColumns) -> list[str]:
    """List what is looked for in a column of text; what it is declared to hold isn't."""
    patterns = [LONG_NUMBER, BORN, LABELLED, LABEL]
    patterns += [PHONE] if not PHONE_COLUMN.search(heading) or people.alone else []
    return patterns + ([] if MAIL_COLUMN.search(heading) else [MAIL])


def _add_people(patterns: Mapping[str, list[str]], people: PeopleColumns, birth: bool) -> None:
    """Add what tells whether rows join a name to a residence or a day of birth."""
    if not people.residences and not birth:
        return
    for name in people.perhaps:
        patterns[name].append(MAYBE_NAME)
    if people.residences and (people.persons or people.roles or people.perhaps):
        for name in people.residences:
            patterns[name].append(HOUSE)
        for name in (*people.persons, *people.roles, *people.organisations):
            patterns[name] += [] if ANYTHING in patterns[name] else [ANYTHING]


def _titles(name: str, known: SchemaField | None, raw: str) -> tuple[str, ...]:
    """List what a column is called, by its name, in both languages and in the raw file."""
    titles = (known.title.ja, known.title.en) if known else ()
    return tuple(title for title in (name, *titles, raw) if title)


# ---- formulas ---------------------------------------------------------------------------------------------------

_FORMULA = late_compile(
    r"[\s]*(?:=\s*[\w\"'(@+{-]|@\s*[A-Za-z][\w.]*\s*\(|[+-].*(?:\|\s*'|[A-Z][A-Z.]+\(|\w!\$?[A-Z]+\$?\d))", re.DOTALL
)


def find_text_faults(screening: Screening, schema: Schema, locate: Locate) -> tuple[Finding, ...]:
    """Warn of each column of numbers with leading zeros, and each of text with errors of a spreadsheet as text."""
    found = []
    for one in schema.fields:
        missing = schema.missingValues if one.missingValues is None else one.missingValues
        for code, pattern in (("padded-number", PADDED), ("error-as-text", ERROR_TEXT)):
            texts = [text for text in screening.scan.list_matches(one.name, pattern) if text not in missing]
            if texts:
                seen = screening.scan.sum_up(one.name, texts)
                args = {"count": f"{seen.count:,}", "type": one.type}
                found.append(Finding(code, "warning", locate(seen.row, one.name), texts[0], args))
    return tuple(found)


def find_formulas(screening: Screening, locate: Locate) -> tuple[Finding, ...]:
    """Warn of each column of text with cells that a spreadsheet would run when it opens the CSV.

    They are published as they are: a changed value would be a wrong one (OWASP, "CSV Injection").
    """
    found = []
    for name in screening.headings:
        texts = screening.scan.list_matches(name, FORMULA_START)
        formulas = [text for text in texts if _FORMULA.match(text)]
        if formulas:
            seen = screening.scan.sum_up(name, formulas)
            args = {"count": f"{seen.count:,}"}
            found.append(Finding("formula-cell", "warning", locate(seen.row, name), formulas[0], args))
    return tuple(found)
