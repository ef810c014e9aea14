"""A published site → the verdicts of third-party validators on each dialect in it, where they are installed.

`entaku verify` reads data with what runs the program; these need more libraries (requirements/dev.txt, and one with an
environment of its own).  Missing ones are reported with how to install them.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from entaku.formats.heavy import feedparser, jsonschema, mlcroissant, pyshacl, rdflib
from entaku.model.files import name_csv, name_csvw
from entaku.model.nouns import Finding, Place
from entaku.model.words import Text
from entaku.work.judges_json import (
    DCAT_US,
    SHAPES,
    Faults,
    check_database,
    check_dcat_us,
    check_geojson,
    check_list,
    check_mcp,
    check_openapi,
    check_rows,
)
from entaku.work.verify import judge_package, list_packages

MOST = 5
"""Faults that are reported one by one for each validator."""
Progress = Callable[[str, int, int], None]

DEV = Text(ja="make test で入ります（requirements/dev.txt）", en="make test installs it (requirements/dev.txt)")
OWN = Text(ja="make test で .venv/csvw に入ります", en="make test installs it in .venv/csvw")
EXTRA = Text(ja='pip install "entaku[mcp]" で入ります', en='pip install "entaku[mcp]" installs it')
INSTALLED = {"csvw": OWN, "mcp": EXTRA}
"""How those are installed that `make test` doesn't put beside the others."""
CLONE = Text(ja="リポジトリの tests/shapes にあります", en="it is in tests/shapes of the repository")


@dataclass(frozen=True)
class JudgeVerdict:
    """The result of one validator."""

    dialect: str
    validator: str
    """Name, with the version if it is installed."""
    count: int
    """Number of items judged."""
    unit: Text
    faults: int
    findings: tuple[Finding, ...] = ()
    missing: Text | None = None
    """How to install the validator, if it is missing and nothing was judged."""


@dataclass(frozen=True)
class Judge:
    """A third-party validator."""

    dialect: str
    package: str
    """Its name on PyPI."""
    unit: Text
    look: Callable[[Path], Faults]
    about: str = ""
    """The shapes or profile it is given, a file of SHAPES."""


def judge_site(folder: Path, progress: Progress) -> list[JudgeVerdict]:
    """Run every validator on the site in `folder`."""
    verdicts = []
    for n, judge in enumerate(JUDGES, 1):
        verdicts.append(run_judge(judge, folder))
        progress(judge.package, n, len(JUDGES))
    return verdicts


def run_judge(judge: Judge, folder: Path) -> JudgeVerdict:
    """Run one validator, or report that it is missing."""
    version = find_version(judge.package)
    name = f"{judge.package} {version}".strip() + (f", {judge.about}" if judge.about else "")
    missing = INSTALLED.get(judge.package, DEV) if not version else None
    if judge.about and not (SHAPES / judge.about).is_file():
        missing = CLONE
    if missing:
        return JudgeVerdict(judge.dialect, name, 0, judge.unit, 0, missing=missing)
    count, findings = 0, list[Finding]()
    with quiet():
        for fault in judge.look(folder):
            count += 1
            if fault is not None:
                path, why = fault
                place = Place(file=path.relative_to(folder).as_posix())
                findings.append(Finding("judged-invalid", "error", place, name, {"why": why.strip()[:600]}))
    return JudgeVerdict(judge.dialect, name, count, judge.unit, len(findings), tuple(findings[:MOST]))


def find_version(package: str) -> str:
    """Return the version of an installed package, or ""."""
    if package == "csvw":
        python = find_csvw()
        ask = "from importlib.metadata import version; print(version('csvw'))"
        return _run([python, "-c", ask]).strip() if python else ""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence logs and warnings of validators that are not about the data."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


# ---- the validators ---------------------------------------------------------------------------------------------


def check_profile(folder: Path) -> Faults:
    """Check every descriptor against the official profile of Data Package 2.0."""
    validator = jsonschema.Draft7Validator(read_profile())
    known: dict[bytes, list[str]] = {}
    for path in list_packages(folder):
        body = path.read_bytes()
        if body not in known:
            known = {body: [error.message for error in validator.iter_errors(json.loads(body))]}
        yield (path, "; ".join(known[body])) if known[body] else None


def read_profile() -> Any:
    """Read the profile, with the type `list`: the standard has it, its profile has forgotten it."""
    profile = json.loads((SHAPES / "datapackage-2.0.json").read_bytes())
    schema = profile["properties"]["resources"]["items"]["properties"]["schema"]
    kinds = schema["properties"]["fields"]["items"]["oneOf"]
    if not any(kind["properties"]["type"].get("enum") == ["list"] for kind in kinds):
        (array,) = (kind for kind in kinds if kind["properties"]["type"].get("enum") == ["array"])
        kinds.append({**array, "properties": {**array["properties"], "type": {"enum": ["list"]}}})
    return profile


def check_packages(folder: Path) -> Faults:
    """Check every package with its data by frictionless-py."""
    for path in list_packages(folder):
        report = judge_package(path)
        yield (path, str(report[:3])) if report else None


def check_shapes(name: str, folder: Path) -> Faults:
    """Check the catalogue's graph and each dataset's against a file of SHACL shapes."""
    also = [folder / DCAT_US] if name == "dcat-us.ttl" else []
    for path in (*list_graphs(folder, "ttl"), *also):
        try:
            data = rdflib.Graph().parse(path, format="turtle" if path.suffix == ".ttl" else "json-ld")
        except Exception as error:  # whatever a parser raises is its verdict
            yield path, repr(error)
            continue
        conforms, _, text = pyshacl.validate(data, shacl_graph=read_shapes(name), allow_warnings=True, inplace=True)
        yield None if conforms else (path, text)


@cache
def read_shapes(name: str) -> Any:
    """Read the shapes, without those that the official file names but doesn't define: pyshacl stops at them.

    They are looked up far more often than the data: in the simpler store, which knows no contexts, a sixth faster.
    """
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    shapes = rdflib.Graph(store="SimpleMemory").parse(SHAPES / name)
    for triple in list(shapes.triples((None, sh.property, None))):
        if (triple[2], sh.path, None) not in shapes:
            shapes.remove(triple)
    return shapes


def check_syntaxes(folder: Path) -> Faults:
    """Check JSON-LD and RDF/XML by rdflib: as many statements as in Turtle."""
    for path in list_graphs(folder, "ttl"):
        try:
            expected = len(rdflib.Graph().parse(path, format="turtle"))
        except Exception:  # noqa: S112 those who judge Turtle tell
            continue
        for suffix, form in (("jsonld", "json-ld"), ("rdf", "xml")):
            other = path.with_suffix(f".{suffix}")
            if suffix == "rdf" and path.parent != folder:
                continue  # only the catalogue has it
            try:
                found = len(rdflib.Graph().parse(other, format=form))
                yield None if found == expected else (other, f"{found} statements, not {expected}")
            except Exception as error:  # whatever a parser raises is its verdict
                yield other, repr(error)


def list_graphs(folder: Path, suffix: str) -> list[Path]:
    """List the files of the catalogue and of each dataset."""
    return [*sorted(folder.glob(f"catalog*.{suffix}")), *sorted(folder.glob(f"datasets/*/dcat.{suffix}"))]


def check_croissant(folder: Path) -> Faults:
    """Check that every record set has as many records as the CSV has rows; mlcroissant checks the files' hashes."""
    for path in sorted(folder.glob("datasets/*/croissant.json")):
        try:
            described = json.loads(path.read_bytes())
            files = {file["@id"]: str(path.parent / file["@id"]) for file in described["distribution"]}
            loaded = mlcroissant.Dataset(jsonld=str(path), mapping=files)
            issues = loaded.metadata.ctx.issues
            told = "; ".join(map(str, (*issues.errors, *issues.warnings)))
            names = [records["@id"] for records in described["recordSet"]]
        except Exception as error:  # whatever it raises is its verdict
            yield path, repr(error)
            continue
        yield (path, told) if told else None
        for name in names:
            rows = count_rows(path.parent / name_csv(name.removesuffix("-parquet")))
            try:
                found = sum(1 for _ in loaded.records(name))
                yield None if found == rows else (path, f"{name}: {found} records, {rows} rows")
            except Exception as error:
                yield path, f"{name}: {error!r}"


def count_rows(path: Path) -> int:
    """Count the rows of a CSV below its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def check_csvw(folder: Path) -> Faults:
    """Check each CSV against the metadata beside it by the csvw package, in an environment of its own."""
    paths = sorted(folder.glob(f"datasets/*/{name_csvw('*')}"))
    for start in range(0, len(paths), 50):
        some = paths[start : start + 50]
        python = find_csvw()
        assert python is not None
        told = _run([python, "-c", CSVW, *map(str, some)]).splitlines()
        yield from (None if line == "True" else (path, line) for path, line in zip(some, told, strict=True))


CSVW = """
import sys
from csvw import CSVW
for path in sys.argv[1:]:
    try:
        print(bool(CSVW(path, validate=True).is_valid))
    except Exception as error:
        print(repr(error).replace(chr(10), " "))
"""


def find_csvw() -> str | None:
    """Return the path of the Python that has csvw, if any."""
    script = shutil.which("csvwvalidate")
    places = [Path(sys.prefix) / "csvw", Path(__file__).parents[2] / ".venv" / "csvw"]
    places += [Path(script).parents[1]] if script else []
    return next((str(path) for place in places if (path := place / "bin" / "python").is_file()), None)


def check_atom(folder: Path) -> Faults:
    """Check every feed by feedparser, the library that most feed readers use."""
    for path in sorted(folder.rglob("*.atom")):
        feed = feedparser.parse(path.read_bytes())
        why = repr(feed.bozo_exception) if feed.bozo else "" if feed.entries or feed.feed.get("id") else "no feed"
        why = why or _judge_entries(feed, path.relative_to(folder).as_posix())
        yield (path, why) if why else None


def _judge_entries(feed: Any, path: str) -> str:
    """Return what is wrong with the ids, the order or the own address of a feed at `path`; "" if nothing."""
    ids, times = [each.get("id") for each in feed.entries], [each.get("updated", "") for each in feed.entries]
    own = [unquote(link.href) for link in feed.feed.get("links", ()) if link.rel == "self"]
    form = re.sub("^datasets/[^/]+/", "datasets/[^/]+/", re.escape(path))  # former names have the feeds too
    faults = {
        "id": len({*ids}) == len(ids), "updated": times == sorted(times, reverse=True),
        f"self {own}": len(own) == 1 and re.search(rf"/{form}$", own[0]) is not None,
    }  # fmt: skip
    return ", ".join(name for name, right in faults.items() if not right)


def _run(command: Iterable[str]) -> str:
    done = subprocess.run(list(command), capture_output=True, text=True, check=False)  # noqa: S603 our own script
    return done.stdout


PACKAGES, GRAPHS = Text(ja="パッケージ", en="packages"), Text(ja="グラフ", en="graphs")
RECORDS, TABLES, FEEDS = Text(ja="記述と表", en="descriptions and record sets"), Text(ja="表", en="tables"), Text(ja="フィード", en="feeds")  # fmt: skip
FILES, DESCRIPTIONS = Text(ja="ファイル", en="files"), Text(ja="記述", en="descriptions")
ROWS, ANSWERS = Text(ja="スキーマと行", en="schemas and rows"), Text(ja="答え", en="answers")
JUDGES = (
    Judge("Data Package 2.0", "frictionless", PACKAGES, check_packages),
    Judge("Data Package 2.0", "jsonschema", PACKAGES, check_profile, "datapackage-2.0.json"),
    *(
        Judge(dialect, "pyshacl", GRAPHS, partial(check_shapes, name), name)
        for dialect, name in (
            ("DCAT-AP 3.0.1", "dcat-ap-SHACL.ttl"),
            ("DCAT-AP 3.0.1", "dcat-ap-shapes.ttl"),
            ("DCAT-AP 3.0.1", "dcat-ap-range.ttl"),
            ("DCAT-US 3", "dcat-us.ttl"),
        )
    ),
    Judge("DCAT-US 3", "jsonschema", GRAPHS, check_dcat_us, "dcat-us-3.0/Catalog.json"),
    Judge("DCAT: JSON-LD, RDF/XML", "rdflib", GRAPHS, check_syntaxes),
    Judge("Croissant 1.1", "mlcroissant", RECORDS, check_croissant),
    Judge("CSVW", "csvw", TABLES, check_csvw),
    Judge("Atom", "feedparser", FEEDS, check_atom),
    Judge("オープンデータ一覧", "frictionless", FILES, check_list),
    Judge("OpenAPI 3.1", "jsonschema", DESCRIPTIONS, check_openapi, "openapi-3.1.json"),
    Judge("JSON Schema 2020-12", "jsonschema", ROWS, check_rows),
    Judge("GeoJSON", "frictionless", FILES, check_geojson),
    Judge("catalog.duckdb", "duckdb", TABLES, check_database),
    Judge("MCP", "mcp", ANSWERS, check_mcp),
)
"""One row for each dialect and validator."""
