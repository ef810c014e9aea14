"""What comes of a run: the results of datasets and of the site, and faults by dataset, so that one stops no other."""

import csv
import errno
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from entaku.formats.limits import is_starved, repeat_interrupt
from entaku.model.nouns import Checked, Finding, Place, Refused
from entaku.store import disk

What = Literal["released", "revised", "unchanged", "empty", "held", "broken", "left", "retired"]


@dataclass(frozen=True)
class Outcome:
    """The result of a run for one dataset."""

    dataset: str
    what: What
    """revised: only the metadata of the current version; empty: it has no rows yet, and so no release; broken: its YAML has findings and nothing was attempted; left: it
    has releases, but no YAML any more; retired: it is no longer updated."""
    served: tuple[str, ...] = ()
    rows: Mapping[str, int] | None = None
    version: str = ""
    """The current release."""
    findings: tuple[Finding, ...] = ()
    failing: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """By table, the rows with errors as CSV, if they held the release."""
    checked: tuple[Checked, ...] = field(default=(), repr=False)
    """The tables that passed, where nothing is released (`only_check`)."""
    seconds: float = field(default=0.0, compare=False)
    """The time that its steps took."""


@dataclass(frozen=True)
class Result:
    """The result of a run."""

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    """Findings on the YAML files, the templates and the site."""
    site: Literal["published", "unchanged", "refused"]
    pages: int = 0
    cloud: str = ""
    """The store of objects that holds the site."""

    @property
    def every(self) -> tuple[Finding, ...]:
        """List all findings."""
        return (*self.findings, *(finding for outcome in self.outcomes for finding in outcome.findings))

    @property
    def bugs(self) -> tuple[str, ...]:
        """List the tracebacks of bugs in the program."""
        return tuple(finding.args["trace"] for finding in self.every if finding.code == "our-bug")

    @property
    def code(self) -> int:
        """Return the exit code."""
        return 3 if self.bugs else 1 if self.failed else 0

    @property
    def failed(self) -> bool:
        """Test whether anything needs correction."""
        return any(finding.severity == "error" for finding in self.every)


@dataclass(frozen=True)
class Wanted:
    """The parameters of a publish."""

    site: Path
    """Folder of the site."""
    allow_samples: bool = False
    only_site: bool = False
    """No source is fetched; the site is rebuilt from the existing releases."""
    anew: tuple[str, ...] = ()
    """Datasets of which a new history is to be begun if the store lacks what was published of them."""
    scheduled: bool = False
    """It runs by the clock: errors that were told before are notices."""
    names: tuple[str, ...] = ()
    """The datasets that are brought up to date; the others stay as they were released.  Empty for all."""
    notify: bool = True
    """The addresses of `notify` are told of what was published."""
    cloud: str = ""
    """The store of objects into which the site is put from its folder; "" for none."""
    dry: bool = False
    """Only told what would be put there."""

    @property
    def shown(self) -> str:
        """Return where the site is shown besides its folder."""
        return "" if self.dry else self.cloud


SiteResult = tuple[Literal["published", "unchanged", "refused"], int, tuple[Finding, ...]]
"""What was done with the site, the number of pages made, and the findings."""


# ---- faults -----------------------------------------------------------------------------------------------------


FAULTS = {
    getattr(errno, name)
    for name in (
        "EIO", "EBADMSG", "EUCLEAN", "EREMOTEIO", "ENXIO", "ENODEV", "ESTALE", "ETIMEDOUT", "ENOSPC", "EDQUOT", "EROFS",
        "EMFILE", "ENFILE",
    )
    if hasattr(errno, name)
}  # fmt: skip
"""What the system says of a disk or a network drive that fails, is full, or has too many files open: no bug."""


def tell_trouble(place: Place, name: str, error: Exception) -> Finding:
    """Return a finding for an unexpected exception while `name` was worked on: too little memory, or a bug, with its
    traceback.  Raises KeyboardInterrupt where that is what is behind it."""
    repeat_interrupt(error)
    if is_starved(error):
        return Finding("out-of-memory", "error", place, name)
    if isinstance(error, OSError) and error.errno in FAULTS:
        return Finding("disk-fault", "error", place, name, {"why": disk.say_why(error)})
    why = "".join(traceback.format_exception(error))
    return Finding("our-bug", "error", place, f"{type(error).__name__}: {error}", {"trace": why})


class Faulty(Exception):  # noqa: N818
    """Raised for datasets that can't be shown, by name with what is wrong: the others can."""

    def __init__(self, faults: Mapping[str, tuple[Finding, ...]]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


class Blame:
    """Collector of what can't be read of each dataset, so that all is known at once."""

    def __init__(self) -> None:
        self.faults: dict[str, tuple[Finding, ...]] = {}

    @contextmanager
    def on(self, dataset: str) -> Iterator[None]:
        """Record a refusal within the block, or an unexpected exception, as a fault of `dataset`."""
        try:
            yield
        except Refused as refused:
            self.faults.setdefault(dataset, (refused.finding,))
        except Exception as error:
            self.faults.setdefault(dataset, (tell_trouble(Place(file=dataset), dataset, error),))

    def settle(self) -> None:
        """Raise Faulty if anything was recorded."""
        if self.faults:
            raise Faulty(self.faults)


@contextmanager
def reading(place: str) -> Iterator[None]:
    """Turn what is raised by files of a release that have changed into Refused (store-broken) about `place`."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, csv.Error) as error:
        why = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise Refused(Finding("store-broken", value=place, args={"why": why})) from error
