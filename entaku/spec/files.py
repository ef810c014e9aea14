"""The files of a project that are YAML of ours, those that only look like it, and the list of requests."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from entaku.catalogue import ledgers
from entaku.model.nouns import Finding, Place

_STRAY = re.compile(r"(catalogue|pipelines/[^/]+?)\.ya?ml(\.txt)?", re.IGNORECASE)
"""A YAML's name with a suffix other than `.yaml`, which Windows may hide."""


def tell_strays(files: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for each unread file that looks like YAML: a warning if its `.yaml` exists, else an error."""
    there = set(files)
    for file in sorted(there):
        if _is_nested(file):
            yield Finding("yaml-folder", "warning", Place(file="pipelines/"), file)
            continue
        match = _STRAY.fullmatch(file)
        if match is None or file == f"{match[1]}.yaml":
            continue
        right = f"{match[1]}.yaml"
        yield Finding("yaml-suffix", "warning" if right in there else "error", Place(file=right), file, {"file": right})


def list_pipelines(files: Iterable[str]) -> list[str]:
    """List the files of pipelines, in order."""
    return sorted(
        name for name in files if name.startswith("pipelines/") and name.endswith(".yaml") and not _is_nested(name)
    )


def list_names(files: Iterable[str]) -> list[str]:
    """List the datasets that have a YAML, valid or not."""
    return [PurePosixPath(file).stem for file in list_pipelines(files)]


def _is_nested(file: str) -> bool:
    return file.startswith("pipelines/") and file.count("/") > 1


def find_requests(files: Mapping[str, bytes]) -> Collection[str] | None:
    """Return the ids of requests that pipelines may name; None if the requests are kept outside of requests.csv."""
    if "requests.csv" in files:
        return list(ledgers.list_ids(files["requests.csv"]))
    return None if "pipelines/requests.yaml" in files else ()
