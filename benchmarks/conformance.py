"""Every dialect under its validator, over the published catalogue and a generated one: docs/conformance.md.

`python -m benchmarks.conformance [datasets [site]]`, after `make`; the generated catalogue has 500 datasets if not told
otherwise, which takes about four minutes.
"""

import csv
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import feedparser  # noqa: E402
import frictionless  # noqa: E402
import jsonschema  # noqa: E402
import mlcroissant  # noqa: E402
from rdflib import Graph  # noqa: E402
from test_feeds_csvw import CSVW, validate_csvw  # noqa: E402
from test_feeds_dcat import SHAPES, find_violations  # noqa: E402
from worlds import generate_catalogue  # noqa: E402

from entaku.feeds import atom, croissant, dcat, sitemap  # noqa: E402
from entaku.model import Catalogue, Page  # noqa: E402

SITE = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "build" / "site"
Row = tuple[str, str, str, str]
"""Dialect, validator with its version, what was validated, result."""


def check_dcat(shapes: str, bodies: list[tuple[bytes, str]]) -> int:
    """Violations of one file of shapes in these graphs."""
    return sum(
        text.count("Constraint Violation")
        for body, form in bodies
        for text in find_violations(Graph().parse(data=body, format=form), (shapes,))
    )


def check_croissant(folder: Path) -> tuple[int, int]:
    """Record sets, and records that weren't those of the CSV."""
    described = json.loads((folder / "croissant.json").read_bytes())
    files = {file["@id"]: str(folder / file["@id"]) for file in described["distribution"]}
    loaded = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"), mapping=files)
    wrong = 0
    for records in described["recordSet"]:
        table = folder / f"{records['@id'].removesuffix('-parquet')}.csv"
        with table.open(encoding="utf-8", newline="") as file:
            rows = sum(1 for _ in csv.reader(file)) - 1
        wrong += abs(rows - sum(1 for _ in loaded.records(records["@id"])))
    return len(described["recordSet"]), wrong


def check_published() -> list[Row]:
    """The catalogue in build/site."""
    folders = sorted(path.parent for path in (SITE / "datasets").glob("*/datapackage.json"))
    graphs = [((SITE / "catalog.ttl").read_bytes(), "turtle")]
    graphs += [((folder / "dcat.ttl").read_bytes(), "turtle") for folder in folders]
    what = f"{len(folders)} published datasets"
    rows = [
        ("DCAT-AP 3.0.1" if "ap" in name else "DCAT-US 3", f"pyshacl {version('pyshacl')}, {name}", what,
         f"{check_dcat(name, graphs)} violations")
        for name in SHAPES
    ]  # fmt: skip
    counts = [check_croissant(folder) for folder in folders]
    sets, wrong = (sum(each) for each in zip(*counts, strict=True))
    rows.append(
        (
            "Croissant 1.1",
            f"mlcroissant {version('mlcroissant')}",
            f"{sets} record sets, every record",
            f"{wrong} records too many or few",
        )
    )
    profile = json.loads((ROOT / "tests" / "shapes" / "datapackage-2.0.json").read_bytes())
    packages = sorted((SITE / "datasets").rglob("datapackage.json"))
    faults = sum(
        len(list(jsonschema.Draft7Validator(profile).iter_errors(json.loads(path.read_bytes())))) for path in packages
    )
    rows.append(
        (
            "Data Package 2.0",
            f"official profile, jsonschema {version('jsonschema')}",
            f"{len(packages)} packages",
            f"{faults} faults",
        )
    )
    invalid = sum(not frictionless.validate(str(path)).valid for path in packages)
    rows.append(
        (
            "Data Package 2.0",
            f"frictionless {version('frictionless')}",
            f"{len(packages)} packages with their data",
            f"{invalid} invalid",
        )
    )
    tables = sorted((SITE / "datasets").glob("*/*.csv-metadata.json"))
    if CSVW:
        told = subprocess.run(
            [CSVW, "-c", "import csvw; print(csvw.__version__)"], capture_output=True, text=True, check=True
        )
        rows.append(
            (
                "CSVW",
                f"csvw {told.stdout.strip()}",
                f"{len(tables)} tables",
                f"{validate_csvw(tables).count(False)} invalid",
            )
        )
    return rows


def check_generated(count: int) -> list[Row]:
    """A catalogue of `count` datasets without data."""
    catalogue, what = generate_catalogue(count), f"{count:,} generated datasets"
    body = _find(dcat.render, catalogue, "catalog.ttl")
    rows = [
        ("DCAT-AP 3.0.1" if "ap" in name else "DCAT-US 3", f"pyshacl {version('pyshacl')}, {name}", what,
         f"{check_dcat(name, [(body, 'turtle')])} violations")
        for name in SHAPES
    ]  # fmt: skip
    faults = 0
    for page in croissant.render(catalogue):
        if isinstance(page, Page):
            metadata = mlcroissant.Dataset(jsonld=json.loads(page.body)).metadata
            faults += len(metadata.ctx.issues.errors) + len(metadata.ctx.issues.warnings)
    rows.append(("Croissant 1.1", f"mlcroissant {version('mlcroissant')}", what, f"{faults} errors or warnings"))
    bad = sum(bool(feedparser.parse(page.body).bozo) for page in atom.render(catalogue) if isinstance(page, Page))
    rows.append(("Atom", f"feedparser {version('feedparser')}", f"{count + 1:,} feeds", f"{bad} not well-formed"))
    urls = len(ET.fromstring(_find(sitemap.render, catalogue, "sitemap.xml")))
    rows.append(("Sitemap", "our own test: well-formed, every address a page", what, f"{urls:,} addresses"))
    return rows


def _find(render: Callable[[Catalogue], object], catalogue: Catalogue, path: str) -> bytes:
    return next(page.body for page in render(catalogue) if isinstance(page, Page) and page.path == path)  # type: ignore[attr-defined]


def main() -> None:
    """Write the page."""
    count, start = int(sys.argv[1]) if len(sys.argv) > 1 else 500, time.process_time()
    rows = check_published() + check_generated(count)
    text = io.StringIO()
    text.write(
        "# Conformance\n\nEach dialect, who judges it, and the last result, as `python -m benchmarks.conformance` found it. "
        "`make test` runs the\nsame validators over the published catalogue and a smaller generated one.\n\n"
        "| dialect | validator | what | result |\n|---|---|---|---|\n"
    )
    for row in rows:
        text.write("| " + " | ".join(row) + " |\n")
    text.write(
        "\nNo independent validator was found for オープンデータ一覧, `llms.txt` and `data.json` of DCAT-US 1.1 (the JSON "
        "Schema of\nDCAT-US 3 contradicts its own examples); tests of our own hold them. CKAN's API is told of in "
        "`docs/hosting.md`.\n"
    )
    (ROOT / "docs" / "conformance.md").write_text(text.getvalue(), "utf-8")
    print(text.getvalue(), f"{time.process_time() - start:.0f} s of CPU")


if __name__ == "__main__":
    main()
