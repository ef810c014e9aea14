"""Verification of published files: checksums, frictionless-py's verdict, Parquet against CSV.

A site's SHA256SUMS lists every file of it, and its mark (`.entaku`) seals SHA256SUMS; a release's SHA256SUMS lists its
own files, and its manifest.json most of them again.  A change of any byte is thus traced to its file.  Whoever changes
these too is found by the signature (`signed`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from entaku.fetch import Network
from entaku.formats.heavy import frictionless, pa, pq
from entaku.model.body import Body, closing, make_body
from entaku.model.files import (
    DESCRIPTOR,
    MANIFEST,
    ROOT,
    SUMS,
    WITHDRAWN,
    name_plain,
    name_revised,
    name_signature,
    read_sums,
)
from entaku.model.nouns import Ask, Finding, Place, Refused
from entaku.model.source import Limit
from entaku.store import Cache, Store, disk, site
from entaku.work.answered import list_comparable, may_lack
from entaku.work.load import read_specs
from entaku.work.open import open_network, read_clock
from entaku.work.part_lists import list_data_files, verify_parts
from entaku.work.setting import Setting
from entaku.work.signed import Trust, join_signed, parse_keys, verify_chains, verify_home, verify_signed
from entaku.work.speak import Speaker, tell_verdicts
from entaku.work.sums import fetch_revised, verify_checksums

Progress = Callable[[str, int, int], None]
LIMIT = Limit(connections=4, megabytes=2048)
SMALL = Limit(connections=4, megabytes=256)
"""What a root may have, which is read whole."""
AT_ONCE = 32
NOT_THERE = (400, 403, 404, 405, 409, 410)
"""Statuses by which a server says that it has no such file, or refuses the question."""


def verify_folder(folder: Path, progress: Progress) -> tuple[int, list[Finding]]:
    """Count the data packages in `folder` (at any depth) and list everything wrong with them and, if it is a site, with
    its pages."""
    packages = list_packages(folder)
    findings = verify_site(folder) if (folder / site.MARK).is_file() else []
    findings += verify_chains(folder)
    known = {finding.value for finding in findings}
    for n, path in enumerate(packages, 1):
        shown = "" if path.parent == folder else path.parent.relative_to(folder).as_posix() + "/"
        if path.name == DESCRIPTOR or not path.with_name(DESCRIPTOR).exists():
            findings += [finding for finding in verify_checksums(path.parent, shown) if finding.value not in known]
        findings += verify_package(path, shown)
        progress("verify", n, len(packages))
    return len(packages), findings


def list_packages(folder: Path) -> list[Path]:
    """List the descriptors of data packages in a folder, at any depth, in every revision."""
    return sorted(path for path in folder.rglob("datapackage*.json") if name_plain(path.name) == DESCRIPTOR)


def verify_site(folder: Path) -> list[Finding]:
    """Compare every file of a site with its SHA256SUMS, and that with the mark."""
    findings = verify_checksums(folder, "")
    try:
        sums = (folder / SUMS).read_bytes()
        sealed = (folder / site.MARK).read_bytes() == site.write_mark(sums)
    except OSError:
        return findings
    listed = {name for _, name in read_sums(sums)[0]}
    own = (site.MARK, SUMS, ROOT, name_signature(ROOT))
    extra = [path for path in disk.list_files(folder) if path not in listed and path not in own]
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
        history = store.history(name)
        places = [store.release_path(name, version) for version in history.versions]
        places += [
            store.release_path(name, version) / name_revised(SUMS, n)
            for version, newest in history.revisions.items()
            for n in range(2, newest + 1)
        ]
        gone = {""} | store.withdrawn_raws(name) | store.absent_raws(name)
        lost = sorted({entry.sha256 for entry in store.ledger(name)}.difference(gone, store.list_raws(name)))
    except Refused as refused:
        return [refused.finding]
    return [
        *(Finding("no-file", value=disk.show_path(place)) for place in places if not place.exists()),
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


# ---- at an address ----------------------------------------------------------------------------------------------


def verify_url(
    url: str,
    network: Network,
    progress: Progress,
    look: Callable[[Path], None] | None = None,
    trust: Trust | None = None,
) -> tuple[int, list[Finding]]:
    """Download and verify a site, a dataset or a release at `url`, its signature by `trust`; `look` is called with the
    downloaded files."""
    base = urljoin(url, ".") if url.endswith(("index.html", SUMS)) else url.rstrip("/") + "/"
    (answer,) = network.ask_all([(Ask(base + SUMS), "", "")], LIMIT)
    if answer.body is None:
        return 0, [answer.finding] if answer.finding else []
    with closing([answer.body]):
        whole = answer.body.read()
    lines, broken = read_sums(whole)
    if broken or not lines:
        return 0, [Finding("checksum", value=base + SUMS)]
    # Servers do not serve names like .nojekyll and _headers; no file for readers has such a name.
    lines = [(expected, name) for expected, name in lines if not re.search(r"(^|/)[._]", name)]
    revised = fetch_revised(base, network) if any(name == DESCRIPTOR for _, name in lines) else {}
    lines += [line for body in revised.values() for line in read_sums(body)[0] if line not in lines]
    names = [name for _, name in lines]
    with tempfile.TemporaryDirectory(prefix="entaku-") as temporary:
        folder = Path(temporary)
        findings = []
        if trust is not None:
            manifests = [name_revised(MANIFEST, n + 1) for n in range(len(revised) + 1)]
            signed = [ROOT, *map(name_signature, (ROOT, *manifests))]
            findings += _download(base, [name for name in signed if name not in names], folder, network, SMALL)
        for start in range(0, len(names), AT_ONCE):
            findings += _download(base, names[start : start + AT_ONCE], folder, network)
            progress("download", min(start + AT_ONCE, len(names)), len(names))
        missing = {finding.value.removeprefix(base) for finding in findings}
        sums = "".join(f"{expected}  {name}\n" for expected, name in list_comparable(lines, folder)).encode()
        for name, body in {SUMS: sums, **revised}.items():
            _keep(folder, name, make_body(body))
        if (folder / "index.html").is_file():
            _keep(folder, site.MARK, make_body(site.write_mark(sums)))
        packages, found = verify_folder(folder, progress)
        if trust is not None:
            found = join_signed(found, verify_signed(folder, whole, base, trust))
        if look is not None:
            look(folder)
    return packages, findings + [finding for finding in found if quote(finding.value) not in missing]


def _download(base: str, names: Iterable[str], folder: Path, network: Network, limit: Limit = LIMIT) -> list[Finding]:
    """Download the files `names` of `base` into `folder`; list those that failed as findings, except signatures that
    aren't there and what the server answers by itself."""
    findings = []
    asks = {base + quote(name): name for name in names}
    answers = network.ask_all([(Ask(url), "", "") for url in asks], limit)
    with closing(answer.body for answer in answers):
        for answer in answers:
            name = asks[answer.url]
            if answer.body is not None:
                try:
                    _keep(folder, name, answer.body)
                except Refused as refused:
                    findings.append(refused.finding)
            elif answer.finding and not (answer.status in NOT_THERE and may_lack(name)):
                code = "file-not-served" if answer.status in NOT_THERE else answer.finding.code
                findings.append(Finding(code, value=answer.finding.value, args=answer.finding.args))
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
        if "partition" in resource:
            findings += verify_parts(path.parent, resource, shown)
    return findings


Report = tuple[tuple[str, str], ...]
"""Name and message of each error that frictionless-py reports."""
_judged: dict[str, Report] = {}
"""Reports, by the digest of the package: a release and the copy of it that is current are the same bytes."""


def judge_package(path: Path) -> Report:
    """Return frictionless-py's report on a package; the same bytes are judged once."""
    digest = hashlib.sha256(path.read_bytes())
    for file in list_data_files(path.parent):
        name = file.relative_to(path.parent).as_posix()
        digest.update(f"{name} {disk.hash_file(file)}\n".encode())
    key = digest.hexdigest()
    if key not in _judged:
        try:
            found = frictionless.validate(str(path)).flatten(["name", "message"])
        except MemoryError:
            raise
        except Exception as error:  # whatever it raises is its verdict
            found = [(path.name, repr(error))]
        _judged[key] = tuple((str(place or path.name), str(message)) for place, message in found)
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


# ---- the command ------------------------------------------------------------------------------------------------


def verify_asked(options: argparse.Namespace, speak: Speaker) -> int:
    """Verify checksums, signature and Frictionless validity of everything published in a folder or at a URL, or all
    that is in the project's store."""
    if options.store:
        return verify_own_store(options, speak)
    from entaku.work.judges import JudgeVerdict, judge_site

    verdicts: list[JudgeVerdict] = []

    def look(folder: Path) -> None:
        verdicts.extend(judge_site(folder, speak.progress))

    where: str = options.folder or str(options.project / "build" / "site")
    trust = Trust(read_clock(), parse_keys(options.key, options.key_file), options.since, options.state)
    if where.startswith(("http://", "https://")):
        host = urlsplit(where).hostname or ""
        with open_network([host]) as network:
            packages, findings = verify_url(where, network, speak.progress, look if options.deep else None, trust)
    elif Path(where).is_dir():
        packages, findings = verify_folder(Path(where), speak.progress)
        note_site(options.project / "build" / "cache", Path(where), findings)
        findings = join_signed(findings, verify_home(Path(where), trust))
        if options.deep:
            look(Path(where))
    else:
        raise Refused(Finding("no-file", value=where))
    for finding in (*findings, *(finding for verdict in verdicts for finding in verdict.findings)):
        speak.finding(finding)
    if verdicts:
        tell_verdicts(verdicts, speak)
    faults = sum(finding.severity == "error" for finding in findings) + sum(verdict.faults for verdict in verdicts)
    speak.note(
        f"{packages} 件のデータパッケージを確かめました。誤り {faults} 件。",
        f"Verified {packages} data packages; {faults} errors.",
    )
    return 1 if faults or not (packages or (Path(where) / WITHDRAWN).is_file()) else 0


def verify_own_store(options: argparse.Namespace, speak: Speaker) -> int:
    """Verify every archived file, every release and the records of them in the project's store."""
    office, _, findings = read_specs(options.project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return 1
    store = Store.of(options.project, office, speak.progress)
    for finding in store.refresh():
        speak.finding(finding)
    count, found = verify_store(store, speak.progress)
    found += store.find_lost()
    for finding in (*found, *store.list_strays()):
        speak.finding(finding)
    absent = sum(len(store.absent_raws(name)) for name in store.list_datasets())
    speak.note(
        f"保管した元ファイルと版、合わせて {count} 件を確かめました。誤り {len(found)} 件。"
        + f"サイトから戻せなかった元ファイルが {absent} 個あります。" * bool(absent),
        f"Verified {count} archived files and releases; {len(found)} errors."
        + f" {absent} source files could not be restored from the site." * bool(absent),
    )
    withdrawn = any(store.tombstones(name) for name in store.list_datasets())
    return 1 if found or not (count or withdrawn) else 0
