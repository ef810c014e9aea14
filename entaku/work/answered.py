"""Files of a site that a server with the site's rules answers by itself: what `verify` may not find, or find otherwise,
and what is gone."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from entaku.model.files import DESCRIPTOR, ROOT, WITHDRAWN

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


def is_withdrawn(site: Path, path: str) -> bool:
    """Test whether there was a file at a URL's path that was withdrawn, by the site's `withdrawn.json`."""
    try:
        told = json.loads((site / WITHDRAWN).read_bytes())["withdrawn"]
    except (OSError, ValueError, KeyError):
        return False
    for each in told:
        folder, version = f"/datasets/{each['dataset']}/", re.escape(each["version"])
        raws = "|".join(re.escape(raw["path"]) for raw in each["raws"])  # under each name that the dataset had
        if raws and re.match(rf"/datasets/[^/]+/(?:{raws})[.]", path):
            return True
        names = "|".join({re.escape(each["dataset"]), re.escape(each.get("home") or each["dataset"])})
        gone = rf"/datasets/(?:{names})/(?:{version}|changes/(?:{version}-[^/]+|[^/]+-{version}))/"
        whole = path.startswith(folder) and not (site / f"{folder}{DESCRIPTOR}".lstrip("/")).is_file()
        if whole or (version and re.match(gone, path)):
            return True
    return False
