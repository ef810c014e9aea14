"""Verification of published files: checksums, frictionless-py's verdict, Parquet against CSV.

A site's SHA256SUMS lists every file of it, and its mark (`.entaku`) seals SHA256SUMS; a release's SHA256SUMS lists its
own files, and its manifest.json most of them again.  A change of any byte is thus traced to its file.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urljoin

from entaku.fetch import Network
from entaku.formats.heavy import frictionless, pa, pq
from entaku.model.body import Body, closing, make_body
from entaku.model.files import DESCRIPTOR, MANIFEST, SUMS
from entaku.model.nouns import Ask, Finding, Place, Refused
from entaku.model.source import Limit
from entaku.store import Cache, Store, disk, site
from entaku.work.setting import Setting

Progress = Callable[[str, int, int], None]
LIMIT = Limit(connections=4, megabytes=2048)
AT_ONCE = 32


def verify_folder(folder: Path, progress: Progress) -> tuple[int, list[Finding]]:
    """Count the data packages in `folder` (at any depth) and list everything wrong with them and, if it is a site, with
    its pages."""
    packages = sorted(folder.rglob(DESCRIPTOR))
    findings = verify_site(folder) if (folder / site.MARK).is_file() else []
    known = {finding.value for finding in findings}
    for n, path in enumerate(packages, 1):
        shown = "" if path.parent == folder else path.parent.relative_to(folder).as_posix() + "/"
        findings += [finding for finding in verify_checksums(path.parent, shown) if finding.value not in known]
        findings += verify_package(path, shown)
        progress("verify", n, len(packages))
    return len(packages), findings


def verify_site(folder: Path) -> list[Finding]:
    """Compare every file of a site with its SHA256SUMS, and that with the mark."""
    findings = verify_checksums(folder, "")
    try:
        sums = (folder / SUMS).read_bytes()
        sealed = (folder / site.MARK).read_bytes() == site.write_mark(sums)
    except OSError:
        return findings
    listed = {name for _, name in _read_sums(sums)[0]}
    extra = [path for path in disk.list_files(folder) if path not in listed and path not in (site.MARK, SUMS)]
    findings += [Finding("unlisted-file", value=path) for path in extra]
    if not sealed:  # if everything else is as listed, it is the mark that was changed
        findings.insert(0, Finding("checksum", value=SUMS if findings else site.MARK))
    return findings


# ---- the store --------------------------------------------------------------------------------------------------


def verify_store(store: Store, progress: Progress) -> tuple[int, list[Finding]]:
    """Count the raw files and releases of a store, and list everything wrong with them, their ledgers and histories."""
    names, count, findings = store.list_datasets(), 0, list[Finding]()
    for n, name in enumerate(names, 1):
        findings += verify_records(store, name)
        contents = store.list_contents(name)
        count += len(contents)
        findings += [finding for path in contents for finding in verify_stored(path)]
        progress("verify", n, len(names))
    return count, findings


def verify_records(store: Store, name: str) -> list[Finding]:
    """Verify that a dataset has the releases that its history lists and the raw files of which its ledger tells."""
    try:
        folders = [store.release_path(name, version) for version in store.history(name).versions]
        told = {entry.sha256 for entry in store.ledger(name)} - {""}
        lost = sorted(told.difference(store.list_raws(name)))
    except Refused as refused:
        return [refused.finding]
    return [
        *(Finding("no-file", value=disk.show_path(folder)) for folder in folders if not folder.is_dir()),
        *(Finding("raw-missing", value=disk.show_path(store.root / name / "raw" / sha256)) for sha256 in lost),
    ]


def verify_stored(path: Path) -> list[Finding]:
    """Verify a raw file, whose name is its SHA-256, or the folder of a release."""
    if path.is_dir():
        return verify_checksums(path, f"{disk.show_path(path)}/")
    try:
        sound = disk.hash_file(path) == path.name[:64]
    except OSError as error:
        return [Finding("store-broken", value=disk.show_path(path), args={"why": disk.say_why(error)})]
    return [] if sound else [Finding("raw-changed", value=disk.show_path(path))]


def scrub_store(setting: Setting) -> tuple[Finding, ...]:
    """Verify the day's share of the store, and whatever was damaged at the run before."""
    store, share = setting.store, disk.DayShare(setting.now.toordinal())
    known = recall_faults(setting.cache, store.root)
    names = share.choose(store.list_datasets())
    contents: list[Path] = []
    for name in names:
        with suppress(Refused):  # reported by `verify_records`
            contents += store.list_contents(name)
    chosen = [store.root / path for path in known if "/" in path]
    chosen += share.afford((path, disk.size_of(path)) for path in share.choose(contents, disk.SILVER))
    found = {path.relative_to(store.root).as_posix(): verify_stored(path) for path in chosen if path.exists()}
    found |= {name: verify_records(store, name) for name in {*names, *(path for path in known if "/" not in path)}}
    damaged = [path for path, findings in found.items() if findings]
    if set(damaged) != set(known):
        remember_faults(setting.cache, store.root, damaged)
    return tuple(finding for path in sorted(damaged) for finding in found[path])


def note_site(folder: Path, where: Path, findings: Sequence[Finding]) -> None:
    """Note what is wrong with a site in the cache `folder`, if there is one, so that the next publish mends it."""
    if folder.is_dir() and (where / site.MARK).is_file():
        cache, paths = Cache(folder), [finding.value or finding.place.file for finding in findings]
        with suppress(Refused):  # a cache that can't be written
            remember_faults(cache, where, paths) if paths else forget_faults(cache, where)


def remember_faults(cache: Cache, folder: Path, paths: Sequence[str]) -> None:
    """Note the damaged files of a folder for the next run, which looks at them again or mends them."""
    cache.put(_name_faults(folder), json.dumps(sorted(paths)).encode())


def recall_faults(cache: Cache, folder: Path) -> tuple[str, ...]:
    """Return the damaged files that were noted of a folder."""
    return tuple(json.loads(cache.get(_name_faults(folder)) or b"[]"))


def forget_faults(cache: Cache, folder: Path) -> None:
    """Remove what was noted of a folder."""
    if recall_faults(cache, folder):
        remember_faults(cache, folder, ())


def _name_faults(folder: Path) -> str:
    return hashlib.sha256(f"faults {folder.resolve()}".encode("utf-8", "surrogateescape")).hexdigest()


# ---- checksums --------------------------------------------------------------------------------------------------


def verify_checksums(folder: Path, shown: str) -> list[Finding]:
    """Compare every file with its line of a folder's SHA256SUMS; `shown` is put before each name."""
    try:
        body = (folder / SUMS).read_bytes()
    except OSError as error:
        return [Finding("store-broken", value=f"{shown}{SUMS}", args={"why": str(error.strerror)})]
    lines, broken = _read_sums(body)
    findings = [Finding("checksum", value=f"{shown}{SUMS}")] if broken else []
    vouched = _read_manifest(folder)
    for expected, name in lines:
        try:
            with disk.below(folder, name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, Refused):
            findings.append(Finding("no-file", value=f"{shown}{name}"))
            continue
        if found != expected:
            # the file matches the manifest, so its line is wrong
            findings.append(Finding("checksum", value=f"{shown}{SUMS if vouched.get(name) == found else name}"))
    return findings


def _read_sums(body: bytes) -> tuple[list[tuple[str, str]], bool]:
    """Parse a SHA256SUMS to hashes and names; tell whether any line is malformed."""
    matches = [
        re.fullmatch(r"([0-9a-f]{64})  (\S.*)", line) for line in body.decode("utf-8", "replace").split("\n") if line
    ]
    broken = None in matches or not body.endswith(b"\n") or b"\r" in body
    return [(match[1], match[2]) for match in matches if match], broken


def _read_manifest(folder: Path) -> Mapping[str, str]:
    """Read the hashes of a release's other files from its manifest.json."""
    try:
        files = json.loads((folder / MANIFEST).read_bytes())["files"]
        return {file["path"]: file["sha256"] for file in files}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def verify_url(
    url: str, network: Network, progress: Progress, look: Callable[[Path], None] | None = None
) -> tuple[int, list[Finding]]:
    """Download and verify a site, a dataset or a release at `url`; `look` is called with the downloaded files."""
    base = urljoin(url, ".") if url.endswith(("index.html", SUMS)) else url.rstrip("/") + "/"
    (answer,) = network.ask_all([(Ask(base + SUMS), "", "")], LIMIT)
    if answer.body is None:
        return 0, [answer.finding] if answer.finding else []
    with closing([answer.body]):
        lines, broken = _read_sums(answer.body.read())
    if broken or not lines:
        return 0, [Finding("checksum", value=base + SUMS)]
    # Servers do not serve names like .nojekyll and _headers; no file for readers has such a name.
    lines = [(expected, name) for expected, name in lines if not re.search(r"(^|/)[._]", name)]
    sums = "".join(f"{expected}  {name}\n" for expected, name in lines).encode()
    names = [name for _, name in lines]
    with tempfile.TemporaryDirectory(prefix="entaku-") as folder:
        _keep(Path(folder), SUMS, make_body(sums))
        findings = []
        for start in range(0, len(names), AT_ONCE):
            findings += _download(base, names[start : start + AT_ONCE], Path(folder), network)
            progress("download", min(start + AT_ONCE, len(names)), len(names))
        missing = {finding.value.removeprefix(base) for finding in findings}
        if (Path(folder) / "index.html").is_file():
            _keep(Path(folder), site.MARK, make_body(site.write_mark(sums)))
        packages, found = verify_folder(Path(folder), progress)
        if look is not None:
            look(Path(folder))
    return packages, findings + [finding for finding in found if quote(finding.value) not in missing]


def _download(base: str, names: Iterable[str], folder: Path, network: Network) -> list[Finding]:
    """Download the files `names` of `base` into `folder`; list those that failed as findings."""
    findings = []
    asks = {base + quote(name): name for name in names}
    answers = network.ask_all([(Ask(url), "", "") for url in asks], LIMIT)
    with closing(answer.body for answer in answers):
        for answer in answers:
            if answer.body is not None:
                try:
                    _keep(folder, asks[answer.url], answer.body)
                except Refused as refused:
                    findings.append(refused.finding)
            elif answer.finding:
                findings.append(answer.finding)
    return findings


def _keep(folder: Path, name: str, body: Body) -> None:
    path = disk.below(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with body.open() as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)


def verify_package(path: Path, shown: str) -> list[Finding]:
    """Validate a package by frictionless-py, and check what that skips: Parquet's hash and number of rows."""
    try:
        descriptor = json.loads(path.read_bytes())
        report = judge_package(path)
    except (ValueError, OSError) as error:
        return [Finding("store-broken", value=f"{shown}{path.name}", args={"why": str(error)})]
    findings = [
        Finding("check-error", "error", Place(file=f"{shown}{place}"), args={"why": message})
        for place, message in report
    ]
    for resource in descriptor.get("resources", ()):
        if resource.get("format") == "parquet":
            findings += _verify_parquet(path.parent, resource, shown)
    return findings


Report = tuple[tuple[str, str], ...]
"""Name and message of each error that frictionless-py reports."""
_judged: dict[str, Report] = {}
"""Reports, by the digest of the package: a release and the copy of it that is current are the same bytes."""


def judge_package(path: Path) -> Report:
    """Return frictionless-py's report on a package; the same bytes are judged once."""
    digest = hashlib.sha256(path.read_bytes())
    for name in sorted(file.name for file in path.parent.iterdir() if file.suffix in (".csv", ".parquet")):
        with (path.parent / name).open("rb") as file:
            digest.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    key = digest.hexdigest()
    if key not in _judged:
        try:
            found = frictionless.validate(str(path)).flatten(["name", "message"])
        except MemoryError:
            raise
        except Exception as error:  # whatever it raises is its verdict
            found = [(path.name, repr(error))]
        _judged[key] = tuple((str(place), str(message)) for place, message in found)
    return _judged[key]


def _verify_parquet(folder: Path, resource: dict[str, object], shown: str) -> list[Finding]:
    name = str(resource["path"])
    place = f"{shown}{name}"
    try:
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            rows = pq.read_metadata(file).num_rows
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, MemoryError):
            raise
        return [Finding("store-broken", value=place, args={"why": str(error)})]
    if f"sha256:{found}" != resource.get("hash") or rows != resource.get("rows"):
        return [Finding("checksum", value=place)]
    return []
