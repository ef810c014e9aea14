"""The CSVs of a project's folder `codes/`: code masters, whose codes stand for labels.

The first column holds the codes, the others their labels; the first row is the heading.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from entaku.formats.text import decode
from entaku.model.hints import hint
from entaku.model.nouns import Finding, Place

_Row = tuple[int, list[str]]
"""A line of the file, and its cells."""
FOLDER = "codes/"
MOST = 20_000
"""Codes of one file; they become part of the spec of each release."""


def is_file(wanted: str) -> bool:
    """Test whether a code list is written as the name of a file."""
    return wanted.endswith(".csv")


@dataclass(frozen=True)
class CodeFiles:
    """The files of the folder, read when they are named."""

    files: Mapping[str, bytes]
    _read: dict[str, tuple[list[_Row], tuple[Finding, ...]]] = field(default_factory=dict)

    def read(self, wanted: str, label: str = "") -> tuple[dict[str, str] | None, tuple[Finding, ...]]:
        """Return the codes of a file with their labels, or None and the findings.

        `wanted`: its name, with or without the folder.  `label`: the heading of the labels, the second column's if "".
        Findings without a place are about what was asked for.
        """
        path = FOLDER + wanted.removeprefix(FOLDER)
        if path not in self.files:
            known = [name.removeprefix(FOLDER) for name in sorted(self.files) if name.startswith(FOLDER)]
            there = ", ".join(known)
            args = {"there_ja": f"（あるもの：{there or 'なし'}）", "there_en": f" (there are: {there or 'none'})"}
            return None, (Finding("no-file", "error", value=path, args={**args, **hint(wanted, known)}),)
        if path not in self._read:
            self._read[path] = _read_rows(path, self.files[path])
        rows, findings = self._read[path]
        if findings:
            return None, findings
        _, names = rows[0]
        if label and label not in names:
            return None, (Finding("code-label", "error", value=label, args={"file": path, **hint(label, names)}),)
        at = names.index(label) if label else min(1, len(names) - 1)
        found = tuple(_find_faults(path, rows, at))
        return (None, found) if found else ({row[0]: row[at] for _, row in rows[1:]}, ())


def _read_rows(path: str, body: bytes) -> tuple[list[_Row], tuple[Finding, ...]]:
    """Return the rows that aren't empty, cells trimmed and as many as the heading has, with their lines."""
    decoded = decode(body, None)
    if decoded.bad:
        return [], (_tell(path, "文字コードがわかりません", "its encoding can't be told"),)
    rows: list[_Row] = []
    with io.StringIO(decoded.text, newline="") as stream:
        reader, line = csv.reader(stream), 1
        try:
            for cells in reader:
                row = [cell.strip() for cell in cells]
                width = len(rows[0][1]) if rows else len(row)
                if any(row):
                    rows.append((line, row[:width] + [""] * (width - len(row))))
                line = reader.line_num + 1
        except csv.Error as error:
            return [], (_tell(path, f"{line} 行目：{error}", f"line {line}: {error}"),)
    if len(rows) < 2:
        return [], (_tell(path, "見出しの下に行がありません", "there are no rows below the heading"),)
    if len(rows) - 1 > MOST:
        return [], (_tell(path, f"行が {MOST:,} を超えています", f"it has more than {MOST:,} rows"),)
    return rows, ()


def _tell(path: str, ja: str, en: str) -> Finding:
    return Finding("bad-codes", "error", Place(path), path, {"why_ja": ja, "why_en": en})


def _find_faults(path: str, rows: list[_Row], at: int) -> Iterator[Finding]:
    """Yield a finding for each row without a code, and each code that has two labels."""
    known: dict[str, str] = {}
    for line, row in rows[1:]:
        code, label = row[0], row[at]
        if not code:
            yield Finding("code-empty", "error", Place(path, row=line), ", ".join(filter(None, row)))
        elif known.setdefault(code, label) != label:
            yield Finding("code-twice", "error", Place(path, row=line), code, {"one": known[code], "other": label})
