"""Anything published → whether it is what it says: checksums, frictionless-py's verdict, Parquet against CSV."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from entaku.model import Finding, Place

Progress = Callable[[str, int, int], None]


def verify_folder(folder: Path, progress: Progress) -> tuple[int, list[Finding]]:
    """How many data packages `folder` holds (at any depth), and everything that is wrong with them."""
    packages = sorted(folder.rglob("datapackage.json"))
    findings: list[Finding] = []
    for n, path in enumerate(packages, 1):
        shown = path.parent.relative_to(folder).as_posix()
        findings += verify_checksums(path.parent, shown)
        findings += verify_package(path, shown)
        progress("verify", n, len(packages))
    return len(packages), findings


def verify_checksums(folder: Path, shown: str) -> list[Finding]:
    """Every line of SHA256SUMS against its file."""
    findings = []
    try:
        lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    except OSError as error:
        return [Finding("store-broken", value=f"{shown}/SHA256SUMS", args={"why": str(error.strerror)})]
    for line in lines:
        expected, _, name = line.partition("  ")
        path = folder / name
        try:
            body = path.read_bytes()
        except OSError:
            findings.append(Finding("no-file", value=f"{shown}/{name}"))
            continue
        if hashlib.sha256(body).hexdigest() != expected:
            findings.append(Finding("checksum", value=f"{shown}/{name}"))
    return findings


def verify_package(path: Path, shown: str) -> list[Finding]:
    """frictionless-py's verdict on a package, and what it doesn't look at: Parquet's hash and number of rows."""
    from frictionless import validate

    try:
        descriptor = json.loads(path.read_bytes())
        report = validate(str(path))
    except (ValueError, OSError) as error:
        return [Finding("store-broken", value=f"{shown}/{path.name}", args={"why": str(error)})]
    findings = [
        Finding("check-error", "error", Place(file=f"{shown}/{place}"), args={"why": str(message)})
        for place, message in report.flatten(["name", "message"])
    ]
    for resource in descriptor.get("resources", ()):
        if resource.get("format") == "parquet":
            findings += _verify_parquet(path.parent, resource, shown)
    return findings


def _verify_parquet(folder: Path, resource: dict[str, object], shown: str) -> list[Finding]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = str(resource["path"])
    place = f"{shown}/{name}"
    try:
        body = (folder / name).read_bytes()
        rows = pq.read_metadata(pa.BufferReader(body)).num_rows
    except (OSError, pa.ArrowException) as error:
        return [Finding("store-broken", value=place, args={"why": str(error)})]
    if f"sha256:{hashlib.sha256(body).hexdigest()}" != resource.get("hash") or rows != resource.get("rows"):
        return [Finding("checksum", value=place)]
    return []
