"""The files of a folder against its SHA256SUMS, and against those that the revisions of a version have added."""

import hashlib
import json
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from entaku.fetch import Network
from entaku.model.body import closing
from entaku.model.files import MANIFEST, SUMS, name_plain, name_revised, read_sums
from entaku.model.nouns import Ask, Finding, Refused
from entaku.model.source import Limit
from entaku.store import disk

LISTING = Limit(connections=1, megabytes=16)
"""What a SHA256SUMS of a release may have."""


def verify_checksums(folder: Path, shown: str) -> list[Finding]:
    """Compare every file with its line of a folder's SHA256SUMS, and of those of revisions; `shown` is put before each
    name."""
    findings: list[Finding] = []
    seen: set[tuple[str, str]] = set()
    more = sorted(path.name for path in folder.glob(f"{SUMS}.*") if name_plain(path.name) == SUMS)
    for listing in (SUMS, *more):
        try:
            body = (folder / listing).read_bytes()
        except OSError as error:
            findings.append(Finding("store-broken", value=f"{shown}{listing}", args={"why": str(error.strerror)}))
            continue
        lines, broken = read_sums(body)
        findings += [Finding("checksum", value=f"{shown}{listing}")] if broken else []
        vouched = _read_manifest(folder, listing)
        for expected, name in dict.fromkeys(lines):
            if (expected, name) in seen:
                continue
            seen.add((expected, name))
            found = _hash_file(folder, name)
            if found is None:
                findings.append(Finding("no-file", value=f"{shown}{name}"))
            elif found != expected:
                # the file matches the manifest, so its line is wrong
                wrong = listing if vouched.get(name) == found else name
                findings.append(Finding("checksum", value=f"{shown}{wrong}"))
    return findings


def fetch_revised(base: str, network: Network) -> dict[str, bytes]:
    """Ask an address for the SHA256SUMS of the revisions of a version, as long as there is another one."""
    found: dict[str, bytes] = {}
    for n in count(2):
        name = name_revised(SUMS, n)
        (answer,) = network.ask_all([(Ask(base + name), "", "")], LISTING)
        with closing([answer.body]):
            body = answer.body.read() if answer.body is not None else b""
        lines, broken = read_sums(body)
        if broken or not lines:
            break
        found[name] = body
    return found


def _hash_file(folder: Path, name: str) -> str | None:
    try:
        with disk.below(folder, name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, Refused):
        return None


def _read_manifest(folder: Path, listing: str) -> Mapping[str, str]:
    """Read the hashes of a release's other files from its manifest.json, of a revision from its own."""
    path = f"{MANIFEST.removesuffix('.json')}{listing.removeprefix(SUMS)}.json"
    try:
        files = json.loads((folder / path).read_bytes())["files"]
        return {file["path"]: file["sha256"] for file in files}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
