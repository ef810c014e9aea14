"""The nouns of the data's path, as frozen dataclasses without behaviour; what owners write (`Pipeline`, …) is in
`grammar`, `source` and `table_schema`, statistics in `profile`, lists in `ledgers`.

    spec -> source -> raw -> table -> checked -> release -> catalogue -> site
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from entaku.model.body import Body
from entaku.model.changes import Comparison
from entaku.model.errata import TableErrata
from entaku.model.files import File
from entaku.model.following import FollowedColumn
from entaku.model.grammar import Office, Pipeline, Resource
from entaku.model.leaving import Retirement
from entaku.model.ledgers import Abandoned, Request, Showcase, Tombstone
from entaku.model.origin import Origin
from entaku.model.parts import Parted
from entaku.model.profile import Chart, Profile
from entaku.model.revisions import Revised

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

EPOCH = 16
"""Version of the program's output, raised when the same inputs would give other bytes; part of every content key."""

Lang = Literal["ja", "en"]
LANGS: tuple[Lang, ...] = ("ja", "en")
Severity = Literal["error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")
Served = Literal["live", "mirror", "archive", "sample", "file"]
"""Origin of the bytes: the publisher's server, a mirror folder, our archive, a sample, a file of the project."""


# ---- findings ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a finding: a line of a YAML file, or a row, column and cell of a raw file."""

    file: str = ""
    """A path in the project, or a URL."""
    line: int | None = None
    """1-based line of a YAML file."""
    sheet: str = ""
    """Sheet of a workbook, or member of a zip (`member`, `member/sheet`)."""
    row: int | None = None
    """1-based line (CSV) or row (Excel) of the raw file."""
    column: str = ""
    """Name of the column at this stage."""
    cell: str = ""
    """Excel's own name of the cell, such as C12."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem or fact to report.  Its messages, in both languages, are `messages.CODES[code]`."""

    code: str
    severity: Severity = "error"
    place: Place = Place()
    value: str = ""
    """The offending value, verbatim (shown in quotes)."""
    args: Mapping[str, str] = field(default_factory=dict)
    """Further values for the message's template."""


class Refused(Exception):  # noqa: N818
    """Raised for an operation that can't be done; `finding` says what and why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.code}: {finding.value}")
        self.finding = finding

    def __reduce__(self) -> tuple[type["Refused"], tuple[Finding]]:
        return type(self), (self.finding,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One parsed pipeline, consistent with the catalogue."""

    file: str
    """Project-relative path of the YAML."""
    pipeline: Pipeline
    lines: Mapping[tuple[str | int, ...], int]
    """The 1-based line of every key and item, by its path."""
    deflated: bytes  # `canonical` by zlib: a run holds the specs of all datasets
    digest: str

    @property
    def canonical(self) -> str:
        """The YAML's plain values as JSON with sorted keys, without comments and layout; `digest` is its SHA-256."""
        return zlib.decompress(self.deflated).decode()


# ---- source and raw ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to a source: a URL (or project file) and its `for` values as text."""

    url: str
    values: Mapping[str, str] = field(default_factory=dict)
    final: bool = False
    """Too old to be fetched again once archived (`source.revisit`)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one request: an HTTP status and bytes, or a finding with the reason for the failure."""

    url: str
    status: int
    """HTTP status; 200 for files of a mirror, sample or project; 0 for no response."""
    served: Served
    body: Body | None = None
    """None unless status is 200; the caller closes it."""
    etag: str = ""
    last_modified: str = ""
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a dataset's fetch ledger (`raw/ledger.jsonl`), append-only."""

    when: str
    """UTC, `2026-11-23T04:40:41Z`."""
    url: str
    values: Mapping[str, str]
    served: Served
    status: int
    sha256: str = ""
    """SHA-256 of the bytes; for 304, of the bytes already archived.  Empty for other statuses."""
    bytes: int = 0
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """Archived source bytes, from which a table is read."""

    url: str
    values: Mapping[str, str]
    served: Served
    fetched: str
    """UTC time at which these bytes were first fetched."""
    sha256: str
    bytes: int


# ---- table and checked ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Sought:
    """A value that a step of `tidy` or a key of `read` looks for; reported where no raw file of a table has it."""

    code: str
    """Code of the finding."""
    step: str
    """Name of the step, or `read.skip`."""
    value: str
    """The value looked for, as the owner wrote it."""
    line: int = 0
    """Line of the step in the YAML; 0 for a key of `read`."""


@dataclass(frozen=True)
class Remark:
    """What is to be told of cells of a workbook, if they are still there when the table is tidied."""

    code: str
    severity: Severity
    at: int
    """Their column in the raw file, from 0."""
    rows: "np.ndarray[Any, np.dtype[np.int64]]"
    """Their rows, from 1, in order."""
    shown: Callable[[int], str]
    """What the cell of a row shows."""


@dataclass(frozen=True)
class Table:
    """Rows of text read from one sheet, member or file."""

    frame: "pd.DataFrame"
    """Columns of pandas `str` dtype, never missing (an empty cell is ""); its index holds the 1-based row of the raw file
    and stays with each row through every step."""
    file: str = ""
    """URL or path of the raw file."""
    sheet: str = ""
    origins: Mapping[str, int] = field(default_factory=dict)
    """0-based column of the raw file for each column that was read from it."""
    starts: tuple[int, ...] = ()
    """The raw row of each header: carried-down values stop there."""
    spreadsheet: bool = False
    """Whether places are named as in Excel (C12)."""
    titles: Mapping[str, int] = field(default_factory=dict)
    """The line of each column that comes from a title line."""
    lost: tuple[str, ...] = ()
    """Columns that a title line should have given and didn't."""
    sought: Mapping[Sought, bool] = field(default_factory=dict)
    """For each value that `read` looks for, whether it was found."""
    twins: Mapping[str, str] = field(default_factory=dict)
    """The heading that each column repeats that had to be given another name: 計_2 → 計."""
    remarks: tuple[Remark, ...] = ()
    whence: Callable[[int, str, bool], Origin | None] | None = field(default=None, compare=False)  # `table.whence`


@dataclass(frozen=True, slots=True)
class Violation:
    """Every error of one kind in one column of a table, counted."""

    table: str
    column: str  # "" for errors of whole rows
    kind: str
    """A constraint's name, or else a Frictionless error type."""
    count: int
    examples: tuple[tuple[Place, str], ...]
    """The first few: the place and the cell."""


@dataclass(frozen=True)
class Report:
    """The verdict on the tables of one dataset."""

    valid: bool
    findings: tuple[Finding, ...]
    """Errors, warnings and notices, each with its place in the raw file."""
    descriptor: Mapping[str, Any]
    """A Frictionless report (framework.frictionlessdata.io, "Report"), without times."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A table without errors.  Only `check` makes one, and a Release is made only of these."""

    resource: Resource
    written: "Written"
    raws: tuple[Raw, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A table's files as written, to be released or discarded, and its statistics."""

    csv: File
    """UTF-8, RFC 4180, LF: the checked text."""
    parquet: File
    """The same rows with the schema's types."""
    rows: int
    profile: tuple[Profile, ...]
    """Statistics of each column, in the schema's order."""
    places: File | None = None  # where its rows were in the raw files
    errata: TableErrata | None = None  # the known errors of its source; None without any in the YAML
    periods: Any = None  # `release.periods.Periods`, to be compared with earlier releases
    parted: Parted | None = None


# ---- release ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReleasedResource:
    """One published table."""

    name: str
    resource: Resource  # its specification at the time of release
    rows: int
    csv: File
    parquet: File
    preview: Sequence[tuple[str, ...]]  # the first rows (at most 20), as text
    raws: tuple[Raw, ...]  # the files it was made from, oldest first
    profile: tuple[Profile, ...] = ()  # of each column, in the schema's order; none for releases made before profiles
    values: Sequence[tuple[str, tuple[str, ...]]] = ()  # columns with their frequent texts, for the search
    places: File | None = None  # where its rows were in the raw files; none for releases made before there were such
    errata: TableErrata | None = None  # the known errors of its source
    charts: Sequence[Chart] = ()
    """The charts on its page.  Not part of the release, but counted from it for the site; current releases only."""
    followed: tuple[FollowedColumn, ...] = ()  # likewise, the values that people may follow
    parted: Parted | None = None


@dataclass(frozen=True, slots=True)
class Release(Revised):
    """One immutable version of a dataset, in the newest revision of its metadata."""

    dataset: str
    version: str
    """`2026.11.23`, or `2026.11.23.2` for the second of that day."""
    created: str
    """UTC time of the newest fetch it holds: `2026-11-23T04:40:41Z`."""
    pipeline: Pipeline  # the spec it was made from
    resources: tuple[ReleasedResource, ...]
    findings: tuple[Finding, ...]  # warnings and notices (it has no errors)
    files: tuple[File, ...]  # every file of the release but SHA256SUMS
    key: str  # content key: raw hashes, spec and EPOCH
    withheld: frozenset[str] = frozenset()
    """Hashes of source files that were withdrawn."""
    kept: frozenset[str] = frozenset()
    """SHA-256 of source files that the site doesn't offer for what they hold.  Found whenever the site is made."""
    home: str = ""
    """The dataset's name when it was released, which its address has for ever; "" if it is still called so."""
    earlier: tuple["Release", ...] = ()
    """The revisions before this one, oldest first."""
    changes: Comparison | None = None  # what it changed since the one before; no part of it, but found for the site

    @property
    def served(self) -> tuple[Served, ...]:
        """List the origins of its bytes, sorted; if "sample" is among them the data must be shown as synthetic."""
        return tuple(sorted({raw.served for table in self.resources for raw in table.raws}))


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last attempt to make a release, if it failed."""

    when: str  # UTC
    findings: tuple[Finding, ...]  # at most 200, errors first
    count: int  # of all errors
    violations: tuple[Violation, ...] = ()  # all errors that the check found, by column and kind, most frequent first


@dataclass(frozen=True, slots=True)
class History:
    """`releases.json`: the order of a dataset's releases, the current one and, if it failed, the last attempt."""

    versions: tuple[str, ...] = ()  # oldest first; the last is current
    key: str = ""  # content key of the current release's inputs
    attempt: Attempt | None = None
    overdue: str = ""
    """The day since which the next release is overdue, as last told."""
    abandoned: Abandoned | None = None
    revisions: Mapping[str, int] = field(default_factory=dict)
    """The number of the newest revision of each version that has more than its first."""


# ---- catalogue and site -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dataset:
    """A pipeline with its releases."""

    spec: Spec
    releases: tuple[Release, ...]
    """Oldest first; empty if there is none."""
    attempt: Attempt | None
    checked: str
    """UTC time of the newest fetch in its ledger (released or not); "" if none."""
    due: date | None
    """When the next release is due by its `frequency`; None for irregular and retired ones or without a release."""
    retired: Retirement | None = None
    raws: int = 0  # bytes of source files in the store

    @property
    def current(self) -> Release | None:
        return self.releases[-1] if self.releases else None


@dataclass(frozen=True)
class Catalogue:
    """Everything to be published: datasets by name, requests and showcases newest first, tombstones oldest first, those of
    versions that went by `keep` apart."""

    office: Office
    datasets: tuple[Dataset, ...]
    version: str  # the program's
    requests: tuple[Request, ...] = ()
    showcases: tuple[Showcase, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    expired: tuple[Tombstone, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Dataset]:
        """Index the datasets by name."""
        return {dataset.spec.pipeline.name: dataset for dataset in self.datasets}

    def __post_init__(self) -> None:
        assert list(self.datasets) == sorted(self.datasets, key=lambda dataset: dataset.spec.pipeline.name)


@dataclass(frozen=True, slots=True)
class Page:
    """One file of the site: bytes to write at `path` (relative, `datasets/x/index.html`)."""

    path: str
    body: bytes
