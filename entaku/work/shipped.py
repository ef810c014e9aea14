"""What comes with the program for a project: templates, bundled scripts, docs, the pipelines of the ledgers.

A project's own file of the same path takes the place of a shipped one.  `entaku.json` of the project records which
files were copied from the program, and the SHA-256 of what was copied, so that a later version of the program can tell
what has changed under a copy.
"""

import argparse
import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from entaku import __version__
from entaku.model.brand import EngineKind
from entaku.model.grammar import Office
from entaku.model.hints import hint
from entaku.model.nouns import Finding, Place, Refused
from entaku.store import Cache, disk, read_project
from entaku.work.speak import Speaker

_PACKAGE = Path(__file__).parents[1]
HOME = _PACKAGE / "shipped" if (_PACKAGE / "shipped").is_dir() else _PACKAGE.parent
"""Where the shipped files are, by the paths they have in a project: in the package that setup.py builds, or the top of
a clone, which is a project itself."""
TEMPLATES, SCRIPTS, ENGINES = "site_templates", "build/vendor", {"duckdb": "build/duckdb"}
FONTS = "build/cards"
FORMS = (b"\0\1\0\0", b"OTTO", b"true", b"ttcf")
"""How TrueType and OpenType files begin."""
ORIGINALS = f"{TEMPLATES}/entaku/"
"""Where templates find the shipped ones whose place they take: `{% extends "entaku/home.html" %}`."""
OURS = ("docs/benchmarks.md", "docs/design.md")
"""Pages about the program, for whoever changes it."""
RECORD = "entaku.json"
COMPILED = Cache(_PACKAGE / "site" / "__pycache__" / "templates")
"""Where the templates' bytecode is kept: beside the program's own, as whoever can write there can change the program."""


def read_shipped(*patterns: str) -> dict[str, bytes]:
    """Read the shipped files that match globs, by path."""
    return {path: body for pattern in patterns for path, body in read_project(HOME, pattern).items()}


def read_templates(project: Path) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    """Return the templates and assets of a site by path: the project's, else the shipped ones; and what is to be told of
    those that take the place of others, whose originals are below ORIGINALS."""
    own = read_project(project, f"{TEMPLATES}/**/*")
    if is_home(project):
        return own, ()
    shipped, record = list_templates(), read_record(project)
    former = [path for path in list_former(own) if path not in record and own[path] != shipped.get(path)]
    own = {path: body for path, body in own.items() if path not in former}
    covered = {path: body for path, body in shipped.items() if own.get(path, body) != body}
    originals = {
        path.replace(f"{TEMPLATES}/", ORIGINALS, 1): body for path, body in covered.items() if not _is_asset(path)
    }
    told = list(_judge_copies(covered, record))
    if former:
        args = {"count": str(len(former)), "example": former[0]}
        told.append(Finding("templates-former", "notice", value=f"{TEMPLATES}/", args=args))
    return {**originals, **shipped, **own}, tuple(told)


def read_scripts(project: Path, engine: EngineKind | None = None) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    """Return the bundled third-party scripts by path, with those of an SQL engine that is asked for; with a finding
    where an installed program came without them, or a clone has not bundled them."""
    scripts = _read_bundle(project, SCRIPTS)
    if not scripts and HOME.parent == _PACKAGE:
        return {}, (Finding("no-scripts", "notice", value=__version__),)
    if not scripts:
        return {}, (Finding("scripts-unbundled", "notice", value=SCRIPTS),) if is_home(project) else ()
    if engine is None:
        return scripts, ()
    more = _read_bundle(project, ENGINES[engine])
    if not more:
        return scripts, (Finding("engine-unbundled", "notice", value=ENGINES[engine], args={"engine": engine}),)
    return {**scripts, **more}, ()


def read_fonts(project: Path, office: Office) -> tuple[Office, dict[str, bytes], tuple[Finding, ...]]:
    """Return the fonts of cards by path, where they are asked for; and the office as the site shows it: without cards
    where they can't be drawn, with a finding that tells why."""
    if not office.site.cards:
        return office, {}, ()
    files = _read_bundle(project, FONTS)
    fonts = {path: body for path, body in files.items() if path.endswith((".ttf", ".otf")) and body.startswith(FORMS)}
    if find_pillow(office) and fonts:
        return office, fonts, ()
    why = Finding("font-unbundled", "notice", value=FONTS) if find_pillow(office) else Finding("no-pillow", "notice")
    return replace(office, site=replace(office.site, cards=False)), {}, (why,)


def find_pillow(office: Office) -> str:
    """Return the version of Pillow that draws the cards; "" if they aren't asked for, or it isn't installed."""
    try:
        return metadata.version("pillow") if office.site.cards else ""
    except metadata.PackageNotFoundError:
        return ""


def tell_pillow(office: Office) -> Mapping[str, str]:
    """Return what the manifest of the site says of it: another Pillow draws other bytes."""
    return {"pillow": find_pillow(office)} if office.site.cards else {}


def _read_bundle(project: Path, folder: str) -> dict[str, bytes]:
    return {**read_shipped(f"{folder}/*"), **read_project(project, f"{folder}/*")}


def read_docs() -> dict[str, bytes]:
    """Return the pages that messages name, and the JSON Schemas for editors, by path in a project."""
    docs = read_shipped("docs/*.md", "docs/*.json")
    return {path: body for path, body in docs.items() if path not in OURS}


def is_home(project: Path) -> bool:
    """Test whether a project is the clone of the program itself, whose files are the shipped ones."""
    return project.resolve() == HOME.resolve()


def list_templates() -> dict[str, bytes]:
    """Return the shipped templates and assets, by path in a project."""
    shipped = read_shipped(f"{TEMPLATES}/*", f"{TEMPLATES}/assets/*")
    return {path: body for path, body in shipped.items() if not path.startswith(f"{TEMPLATES}/vendor/")}


def list_former(own: Mapping[str, bytes]) -> list[str]:
    """List the files of a project's templates that came with the program before 0.3 and were never changed; those that
    still come with it are no matter."""
    known = read_former()
    return [path for path, body in own.items() if digest(body)[:12] in known.get(path, ())]


def read_former() -> dict[str, tuple[str, ...]]:
    """Return the first 12 digits of the SHA-256 of what each template was before 0.3, by path in a project."""
    lines = Path(__file__).with_name("former.txt").read_text("utf-8").splitlines()
    return {f"{TEMPLATES}/{name}": tuple(digests) for name, *digests in map(str.split, lines[1:])}


def _is_asset(path: str) -> bool:
    return path.startswith(f"{TEMPLATES}/assets/")


def _judge_copies(covered: Mapping[str, bytes], record: Mapping[str, str]) -> Iterable[Finding]:
    """Yield a finding for each template whose original has changed, or was never noted."""
    for path, body in covered.items():
        name = path.removeprefix(f"{TEMPLATES}/")
        if path not in record:
            yield Finding("template-unmarked", "notice", Place(file=path), name)
        elif record[path] != digest(body):
            yield Finding("template-changed", "warning", Place(file=path), name, {"now": __version__})


# ---- what was copied --------------------------------------------------------------------------------------------


def digest(body: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(body).hexdigest()


def read_record(project: Path) -> dict[str, str]:
    """Return the SHA-256 of what each copied file of a project was copied from, by path.  Raises Refused
    (record-broken)."""
    body = read_project(project, RECORD).get(RECORD)
    if body is None:
        return {}
    try:
        files: dict[str, str] = json.loads(body)["files"]
        if not all(isinstance(each, str) for pair in files.items() for each in pair):
            raise TypeError(RECORD)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Finding("record-broken", value=RECORD)) from error
    return files


def write_record(project: Path, files: Mapping[str, str]) -> None:
    """Write the record of what was copied, by which version of the program."""
    told: dict[str, Any] = {"entaku": __version__, "files": dict(sorted(files.items()))}
    body = (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
    with disk.telling(project / RECORD):
        disk.write_whole(project / RECORD, body, project / "build")


# ---- templates of a project's own -------------------------------------------------------------------------------


def run_template(options: argparse.Namespace, speak: Speaker) -> int:
    """List the shipped templates; copy one for the project to change; show how its own differs, or note that it was
    brought up to date."""
    project: Path = options.project
    shipped, own = list_templates(), read_project(project, f"{TEMPLATES}/**/*")
    if options.name is None:
        for path in shipped:
            mark = "*" if path in own and not is_home(project) else " "
            speak.line(f"{mark} {path.removeprefix(f'{TEMPLATES}/')}")
        speak.note("* の付いたものは、このプロジェクトのものを使います。", "Those marked * are the project's own.")
        return 0
    path = f"{TEMPLATES}/{options.name.removeprefix(f'{TEMPLATES}/')}"
    if path not in shipped:
        words = {"kind_ja": "テンプレート", "kind_en": "template", "where_ja": TEMPLATES, "where_en": TEMPLATES}
        names = [each.removeprefix(f"{TEMPLATES}/") for each in shipped]
        raise Refused(Finding("unknown-name", value=options.name, args={**words, **hint(options.name, names)}))
    if is_home(project):
        raise Refused(Finding("template-here", value=path))
    if (options.diff or options.mark) and path not in own:
        raise Refused(Finding("no-file", value=path))
    if options.diff:
        speak.line(show_difference(path, shipped[path], own[path]).rstrip("\n"))
        return 0
    if not options.mark:
        disk.write_project(project, path, shipped[path])
    write_record(project, {**read_record(project), path: digest(shipped[path])})
    if options.mark:
        speak.note(
            f"{path} を、entaku {__version__} のものに合わせたと記録しました。",
            f"Noted that {path} is up to date with that of entaku {__version__}.",
        )
    else:
        speak.note(
            f"{path} を作りました。直すと、entaku {__version__} のものの代わりに使われます。",
            f"Wrote {path}. Change it: it takes the place of that of entaku {__version__}.",
        )
    return 0


def show_difference(path: str, shipped: bytes, own: bytes) -> str:
    """Return how a project's template differs from the shipped one, as diff(1) writes it."""
    one, other = (body.decode("utf-8", "replace").splitlines(keepends=True) for body in (shipped, own))
    return "".join(difflib.unified_diff(one, other, f"entaku {__version__}: {path}", path))
