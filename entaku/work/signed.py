"""Verification of who published a site: its signed root against its files, and what a reader saw of it before.

The root's signature says by whom, its end and its number say whether it is the newest, its lists say what must be there.
A release alone has the signature of its manifest.json, and each manifest holds the hash of the one before it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from entaku.model.files import MANIFEST, ROOT, SUMS, WITHDRAWN, name_plain, name_revised, name_signature
from entaku.model.nouns import Finding, Refused
from entaku.store import disk
from entaku.store import site as sites
from entaku.work.signing import SiteRoot, check_signature, digest_folders, hash_bytes, parse_public, read_root


@dataclass(frozen=True)
class Trust:
    """What a reader has to tell whose a site is, and that it is no older one."""

    now: datetime
    keys: tuple[str, ...] = ()
    since: int = 0
    """The serial of the newest root that the reader has seen."""
    state: Path | None = None
    """A file that remembers the serial and the keys of each address."""

    @property
    def asked(self) -> bool:
        """Test whether the reader asked for a signature to be checked at all."""
        return bool(self.keys or self.since or self.state)


@dataclass(frozen=True)
class Memory:
    """What a state file remembers of an address: the newest serial, and the keys that its root named."""

    serial: int = 0
    keys: Mapping[str, str] | None = None
    """Public keys, each with its last day or ""."""


def verify_signed(folder: Path, sums: bytes, where: str, trust: Trust) -> list[Finding]:
    """Verify the signature of the site or release in `folder`, and that everything is as it was signed.

    `sums` is the site's SHA256SUMS as it was found, `where` its address, by which the state remembers it.
    """
    states = read_states(trust.state)
    memory = states.get(where, Memory())
    keys = _choose_keys(trust, memory)
    path = ROOT if (folder / ROOT).is_file() or (folder / sites.MARK).is_file() else MANIFEST
    body, signature = _read(folder / path), _read(folder / name_signature(path))
    severity: Any = "error" if trust.asked else "notice"
    if body is None or signature is None:
        return [Finding("not-signed", severity, value=where)]
    if not keys:
        return [Finding("signature-unchecked", severity, value=where)]
    wrong = check_signature(path, body, signature, keys)
    if wrong is not None:
        return [wrong]
    if path == MANIFEST:
        return [*verify_files(folder, "", body), *verify_revisions(folder, keys)]
    try:
        root = read_root(body)
    except ValueError as error:
        return [Finding("signature-broken", value=path, args={"why": str(error)})]
    findings = [*judge_age(root, max(trust.since, memory.serial), trust.now), *verify_root(folder, sums, root)]
    if trust.state is not None and root.serial >= memory.serial:
        newest = Memory(root.serial, {key.public_key: key.until or "" for key in root.keys})
        write_states(trust.state, {**states, where: newest})
    if not findings:
        signed_by = next(key for key in keys if check_signature(path, body, signature, [key]) is None)
        args = {"where": where, "signed": root.signed, "expires": root.expires, "serial": str(root.serial)}
        findings.append(Finding("signed-by", "notice", value=signed_by, args=args))
    told = [key.public_key for key in root.keys if key.public_key not in keys and not key.until]
    findings += [Finding("signing-key-next", "notice", value=key) for key in told]
    if where.startswith(("http://", "https://")) and where != root.catalogue:
        findings.append(Finding("signed-elsewhere", "notice", value=where, args={"catalogue": root.catalogue}))
    return findings


def verify_home(folder: Path, trust: Trust) -> list[Finding]:
    """Verify the signature of a folder of this machine."""
    sums = _read(folder / SUMS) or b""
    return verify_signed(folder, sums, str(folder.resolve()), trust) if sums or trust.asked else []


def join_signed(found: Sequence[Finding], signed: Sequence[Finding]) -> list[Finding]:
    """Join findings about files with those about the signature; a file that both name is named by the signature."""
    named = {finding.value for finding in signed}
    return [*(finding for finding in found if finding.value not in named), *signed]


def _choose_keys(trust: Trust, memory: Memory) -> tuple[str, ...]:
    """List the keys to be trusted: those given, and those that a root named that was verified before; of these none
    whose last day is over."""
    known = memory.keys or {}
    today = trust.now.date().isoformat()
    return tuple(key for key in dict.fromkeys((*trust.keys, *known)) if not known.get(key) or known[key] >= today)


def judge_age(root: SiteRoot, seen: int, now: datetime) -> Iterator[Finding]:
    """Yield findings for a root that has expired, or is older than one that was seen before."""
    if datetime.fromisoformat(root.expires) <= now:
        yield Finding("root-expired", value=root.expires, args={"signed": root.signed})
    if root.serial < seen:
        yield Finding("root-older", value=str(root.serial), args={"seen": str(seen), "signed": root.signed})


# ---- the files --------------------------------------------------------------------------------------------------


def verify_root(folder: Path, sums: bytes, root: SiteRoot) -> list[Finding]:
    """Verify that each version that the root lists is here as it was signed, no other, and that every other file is
    one that was signed."""
    findings: list[Finding] = []
    for name, dataset in root.datasets.items():
        for version, sha256 in dataset.versions.items():
            home = f"datasets/{dataset.homes.get(version, name)}/{version}"
            for n, digest in enumerate((sha256, *dataset.revisions.get(version, ())), 1):
                findings += verify_version(folder, f"{home}/{name_revised(MANIFEST, n)}", digest)
        for each in (name, *dataset.former):
            findings += verify_version(folder, f"datasets/{each}/{MANIFEST}", dataset.head)
    listed = {
        f"datasets/{dataset.homes.get(version, name)}/{version}"
        for name, dataset in root.datasets.items()
        for version in dataset.versions
    }
    listed |= {f"datasets/{each}" for name, dataset in root.datasets.items() for each in (name, *dataset.former)}
    there = {path.parent.relative_to(folder).as_posix() for path in (folder / "datasets").rglob(MANIFEST)}
    findings += [Finding("signed-unlisted", value=f"{path}/") for path in sorted(there - listed)]
    if hash_bytes(sums) == root.sums:
        return findings
    told = {finding.value.rpartition("/")[0] for finding in findings}
    found = digest_folders(sums)
    changed = [path for path in sorted({*found, *root.folders}) if found.get(path) != root.folders.get(path)]
    findings += [Finding("signed-differs", value=f"{path or '.'}/") for path in changed if path not in told]
    return findings or [Finding("signed-differs", value=SUMS)]


def verify_version(folder: Path, place: str, sha256: str) -> Iterator[Finding]:
    """Verify the manifest at `place` of a site, and by it the other files of that version."""
    try:
        body = _read(disk.below(folder, place))
    except Refused:
        body = None
    if body is None:
        yield Finding("signed-missing", value=place)
    elif hash_bytes(body) != sha256:
        yield Finding("signed-differs", value=place)
    else:
        home = place.rpartition("/")[0]
        yield from verify_files(folder / home, f"{home}/", body)


def verify_files(folder: Path, shown: str, manifest: bytes) -> Iterator[Finding]:
    """Verify the files of a release by its manifest; `shown` is put before each name."""
    try:
        files = {str(file["path"]): file["sha256"] for file in json.loads(manifest)["files"]}
    except (ValueError, KeyError, TypeError) as error:
        yield Finding("store-broken", value=f"{shown}{MANIFEST}", args={"why": str(error)})
        return
    for path, sha256 in files.items():
        try:
            found = disk.hash_file(disk.below(folder, path))
        except (OSError, Refused):
            yield Finding("signed-missing", value=f"{shown}{path}")
            continue
        if found != sha256:
            yield Finding("signed-differs", value=f"{shown}{path}")


def verify_revisions(folder: Path, keys: Sequence[str]) -> Iterator[Finding]:
    """Verify the signatures of the revisions of a release, and their files."""
    for path in sorted(path for path in folder.glob("manifest.r*.json") if name_plain(path.name) == MANIFEST):
        body, signature = path.read_bytes(), _read(path.with_name(name_signature(path.name)))
        if signature is None:
            yield Finding("signed-missing", value=name_signature(path.name))
            continue
        wrong = check_signature(path.name, body, signature, keys)
        yield from [wrong] if wrong is not None else verify_files(folder, "", body)


def verify_chains(folder: Path) -> list[Finding]:
    """Verify that each version on a site is followed by one that holds the hash of its manifest, withdrawn ones aside;
    versions made before there was such a chain aren't in it."""
    findings = []
    for path in sorted(
        path for path in folder.glob("datasets/*/*/manifest*.json") if name_plain(path.name) == MANIFEST
    ):
        home = path.parent.parent
        try:
            previous = json.loads(path.read_bytes()).get("previous")
            home = disk.below(home.parent, previous.get("dataset", home.name)) if previous else home
            before = disk.below(home, previous["version"]) if previous else None
            linked = list_linked(previous) if previous else {}
        except (OSError, Refused, ValueError, KeyError, TypeError, AttributeError):
            continue  # a damaged manifest is told by its hash
        if before is None or (not (before / MANIFEST).exists() and before.name in _list_withdrawn(home)):
            continue
        for name, sha256 in linked.items():
            body, place = _read(before / name), (before / name).relative_to(folder).as_posix()
            if body is None or hash_bytes(body) != sha256:
                findings.append(Finding("chain-broken", value=place, args={"next": path.parent.name}))
    return list({finding.value: finding for finding in findings}.values())


def list_linked(previous: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 that a manifest's link to the one before has of each manifest of that version, by its name."""
    hashes = (previous["sha256"], *previous.get("revisions", ()))
    return {name_revised(MANIFEST, n): str(sha256) for n, sha256 in enumerate(hashes, 1)}


def _list_withdrawn(folder: Path) -> set[str]:
    """List the versions of which a dataset's tombstones tell, those that went by `keep` among them."""
    try:
        told = json.loads((folder / WITHDRAWN).read_bytes())
        return {str(each["version"]) for each in (*told["withdrawn"], *told.get("expired", ()))}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


# ---- what a reader remembers ------------------------------------------------------------------------------------


def read_states(path: Path | None) -> dict[str, Memory]:
    """Read a state file; nothing without one.  Raises Refused (store-broken) for a file that is none."""
    if path is None or not path.exists():
        return {}
    with disk.telling(path, "file-unreadable"):
        body = path.read_bytes()
    try:
        return {
            str(where): Memory(int(one["serial"]), {str(key): str(until) for key, until in one["keys"].items()})
            for where, one in json.loads(body).items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Finding("store-broken", value=str(path), args={"why": f"{error!r}"})) from error


def write_states(path: Path, states: Mapping[str, Memory]) -> None:
    """Write a state file, whole."""
    shown = {where: {"serial": one.serial, "keys": dict(one.keys or {})} for where, one in sorted(states.items())}
    with disk.telling(path):
        disk.write_whole(path, json.dumps(shown, indent=1).encode() + b"\n", path.parent)


def parse_keys(given: Sequence[str], files: Sequence[Path]) -> tuple[str, ...]:
    """Parse public keys, and the files of public keys, of minisign's.  Raises Refused (signing-key-bad)."""
    texts = list(given)
    for path in files:
        with disk.telling(path, "file-unreadable"):
            lines = path.read_bytes().decode("utf-8", "replace").strip().splitlines()
        texts.append(lines[-1] if lines else "")
    return tuple(map(parse_public, texts))
