"""Faults of one dataset: collected by name, so that they stop no other."""

import csv
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from entaku.formats.limits import is_starved
from entaku.model.nouns import Finding, Place, Refused
from entaku.store import disk


def tell_trouble(place: Place, name: str, error: Exception) -> Finding:
    """Return a finding for an unexpected exception while `name` was worked on: too little memory, or a bug, with its
    traceback."""
    if is_starved(error):
        return Finding("out-of-memory", "error", place, name)
    if isinstance(error, OSError) and error.errno in disk.FAULTS:
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
