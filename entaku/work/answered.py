"""Files of a site that a server with the site's rules answers by itself: what `verify` may not find, or find otherwise."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from entaku.model.files import ROOT

FIRST = "api/3/package_search/10-0.json"
"""The first page of a search, which is also the answer to one without arguments."""


def is_answered(name: str) -> bool:
    """Test whether a file of the site is an action of CKAN's that a server with the site's rules refuses by itself, as
    the file does."""
    from entaku.site import ckan, edge

    tree, _, action = name.rpartition("/")
    return tree in ckan.ROOTS and action not in (*edge.PLAIN, "package_search")


def may_lack(name: str) -> bool:
    """Test whether it is no fault if a server doesn't have a file."""
    return name == ROOT or ("/" not in name and name.endswith(".minisig")) or is_answered(name)


def list_comparable(lines: Sequence[tuple[str, str]], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines of SHA256SUMS whose files in `folder` are to be compared: not what was refused, nor a search that
    was answered with its first page instead of all, as CKAN does; that answer is removed."""
    first = next((expected for expected, name in lines if name == FIRST), "")
    for expected, name in lines:
        path = folder / name
        if is_answered(name) and not path.is_file():
            continue
        if name.endswith("/package_search") and first and path.is_file():
            with path.open("rb") as file:
                cut = expected != first and hashlib.file_digest(file, "sha256").hexdigest() == first
            if cut:
                path.unlink()
                continue
        yield expected, name
