"""Rot: a bit, a run of bytes or the end of a file changes in the store, the cache or the site, without a new time of
the file, as on a disk that fails.  The next publish mends the file or names it, and publishes nothing wrong."""

import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from killer import SITE, STORE, Scenario, differing, part, publish_in_child, run_again
from projects import copy_tree, snapshot

from entaku.store import Store
from entaku.work.verify import verify_site, verify_store

WAYS = ("flip", "zero", "cut", "empty", "gone")
KINDS = {
    "ledger": r"datapackages/lifts/raw/ledger\.jsonl",
    "raw": r"datapackages/lifts/raw/[0-9a-f]{64}.*",
    "history": r"datapackages/lifts/releases\.json",
    **{
        f"{name} of {which}": rf"datapackages/lifts/releases/{version}/{name}"
        for which, version in (("an old release", "2026.06.25"), ("the release", "2026.06.26"))
        for name in (
            "manifest.json", "datapackage.json", "schedule.csv", "schedule.parquet", "report.json", "profile.json", "SHA256SUMS",
        )
    },
    "cache": r"build/cache/.*",
    "lock": r"datapackages/\.lock",
    "manifest.json of the site": r"build/site/manifest\.json",
    "sums of the site": r"build/site/SHA256SUMS",
    "mark of the site": r"build/site/\.entaku",
    "table of the site": r"build/site/datasets/lifts/.*\.(csv|parquet)",
    "other file of the site": r"build/site/.*",
}  # fmt: skip
"""The kinds of files that a project has, as patterns of their paths."""


def spoil(path: Path, way: str, seed: int) -> None:
    """Damage a file, and leave it its time."""
    chance, body, stat = random.Random(seed), bytearray(path.read_bytes()), path.stat()
    if way == "gone":
        path.unlink()
        return
    at = chance.randrange(len(body)) if body else 0
    if way == "flip" and body:
        body[at] ^= 1 << chance.randrange(8)
    elif way == "zero":
        body[at : at + 512] = bytes(len(body[at : at + 512]))
    elif way == "cut":
        del body[at:]
    elif way == "empty":
        body.clear()
    path.write_bytes(body)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def judge_rot(scenario: Scenario, kind: str, way: str, seed: int, work: Path) -> Iterator[str]:
    """Damage a file and publish something new, then put the file back; everything that does not hold."""
    shutil.rmtree(work, ignore_errors=True)
    copy_tree(scenario.project, work)
    paths = [path for path in sorted(scenario.before) if re.fullmatch(KINDS[kind], path)]
    path = random.Random(seed).choice(paths)
    whole = scenario.before[path]
    spoil(work / path, way, seed)
    if (work / path).is_file() and (work / path).read_bytes() == whole:
        return
    ended = publish_in_child(work, scenario.mirror, killer=False, before=scenario.setup)
    if ended.code not in (0, 1) or "Traceback" in ended.out:
        yield f"it ended with {ended.code}: {ended.out[-2000:]}"
        return
    now = snapshot(work)
    yield from judge_site(scenario, now)
    if findings := verify_site(work / "build/site"):
        yield f"verify finds {findings[:3]}"
    if ended.code == 0 and (differ := differing(part(now, SITE), part(scenario.after, SITE))):
        yield f"it says that all went well, but the site differs: {differ[:5]}"
    if path.startswith(STORE) and now.get(path) != scenario.after.get(path):
        named = path.removeprefix(STORE).removeprefix("lifts/").partition("/20")[0].split("/")[-1][:12]
        told = ended.out + "".join(map(repr, verify_store(Store(work / "datapackages"), lambda *_: None)[1]))
        if (ended.code == 0 and "checksum" not in told) or named not in told:
            yield f"{path} is damaged, and nobody says so: {told[-2000:]}"
    if path.startswith(STORE) and path.endswith((".jsonl", "releases.json", ".lock")):
        return  # they have been written to since
    (work / path).parent.mkdir(parents=True, exist_ok=True)
    (work / path).write_bytes(whole if path.startswith(STORE) else now.get(path, whole))
    yield from run_again(scenario, work)


def judge_site(scenario: Scenario, now: dict[str, bytes]) -> Iterator[str]:
    """What of the published data is neither old nor new."""
    site, before, after = (part(files, SITE) for files in (now, scenario.before, scenario.after))
    for path in before:
        if path.startswith("datasets/lifts/2026.") and not path.endswith(".html") and path not in site:
            yield f"gone from the site: {path}"
    for path, body in site.items():
        if path.startswith("datasets/") and path.endswith((".csv", ".parquet", "datapackage.json", "report.json", "manifest.json", "profile.json", "SHA256SUMS")) and body not in (before.get(path), after.get(path)):  # fmt: skip
            yield f"neither old nor new: {path}"
