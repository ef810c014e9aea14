"""What `entaku status` tells, as numbers for Prometheus: the text format that node_exporter's textfile collector reads."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from entaku.catalogue import build, facets

if TYPE_CHECKING:
    from entaku.work.status import OfficeStatus

Sample = tuple[dict[str, str], float]
"""The labels of a number, and the number."""


def write_metrics(told: "OfficeStatus") -> bytes:
    """Return the numbers as the text format has them."""
    lines: list[str] = []
    for name, meaning, samples in list_metrics(told):
        given = [f"{name}{_show_labels(labels)} {value:.15g}" for labels, value in samples]
        if given:
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", *given]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def list_metrics(told: "OfficeStatus") -> Iterator[tuple[str, str, list[Sample]]]:
    """Yield each number's name, its meaning, and its values."""
    facts, run = told.facts, told.run
    states = [each.standing for each in facts]
    broken = len(told.faults.keys() - {each.name for each in facts})
    yield "entaku_urgent", "What needs a person: datasets, broken files, a run that failed.", [({}, told.urgent)]
    yield "entaku_datasets", "Datasets by state.", [
        ({"state": state}, states.count(state) + (broken if state == "broken" else 0)) for state in build.STANDINGS
    ]  # fmt: skip
    named = [({"dataset": each.name}, each) for each in facts]
    yield "entaku_dataset_urgent", "Whether a dataset needs a person.", [
        *((labels, float(each.urgent)) for labels, each in named),
        *(({"dataset": name}, 1.0) for name in sorted(told.faults.keys() - {each.name for each in facts})),
    ]  # fmt: skip
    yield "entaku_dataset_errors", "Errors of the attempt that failed.", [
        (labels, each.attempt.count if each.attempt else 0) for labels, each in named
    ]  # fmt: skip
    yield "entaku_dataset_versions", "Releases of a dataset.", [(labels, each.versions) for labels, each in named]
    for kind, meaning in (("created", "Newest fetch in the current release."), ("checked", "Newest fetch of all.")):
        moments = [(labels, getattr(each, kind)) for labels, each in named]
        yield f"entaku_dataset_{kind}_timestamp_seconds", meaning, [(one, _stamp(at)) for one, at in moments if at]
    zone = ZoneInfo(told.office.timezone)
    yield "entaku_dataset_due_timestamp_seconds", "End of the day when the next release is due.", [
        (labels, datetime.combine(each.due, time(23, 59, 59), zone).timestamp()) for labels, each in named if each.due
    ]  # fmt: skip
    yield "entaku_dataset_bytes", "Bytes of source files, of all releases, of its part of the site.", [
        ({**labels, "of": of}, getattr(each, of)) for labels, each in named for of in ("raws", "releases", "site")
    ]  # fmt: skip
    yield "entaku_run_active", "Whether a run is going on.", [({}, float(told.running))]
    if run is not None:
        yield "entaku_last_run_begin_timestamp_seconds", "When the last run began.", [({}, _stamp(run.began))]
    if run is not None and run.ended:
        yield "entaku_last_run_end_timestamp_seconds", "When the last run ended.", [({}, _stamp(run.ended))]
        yield "entaku_last_run_exit_code", "Exit code of the last run.", [({}, run.code or 0)]
        outcomes = list(run.outcomes.values())
        yield "entaku_last_run_datasets", "Datasets of the last run by outcome.", [
            ({"outcome": what}, outcomes.count(what)) for what in sorted(set(outcomes))
        ]  # fmt: skip


def _stamp(utc: str) -> float:
    return facets.read_utc(utc).astimezone(UTC).timestamp()


def _show_labels(labels: dict[str, str]) -> str:
    shown = [f'{name}="{_escape(value)}"' for name, value in labels.items()]
    return f"{{{','.join(shown)}}}" if shown else ""


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
