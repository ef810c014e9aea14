"""`entaku init`: a project in an empty folder, from some questions."""

import argparse
import glob
import json
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from entaku import __version__
from entaku.model.files import name_csv
from entaku.model.grammar import Office
from entaku.model.nouns import Finding, Place, Refused
from entaku.model.words import Text
from entaku.spec import parse_project
from entaku.store import disk, read_project
from entaku.work import shipped
from entaku.work.address import judge_address
from entaku.work.recipes import PAGES, make_recipe
from entaku.work.speak import Speaker

START = Path(__file__).with_name("start")
"""The files that a project begins with."""
LEDGERS = ("pipelines/requests.yaml", "pipelines/showcases.yaml")
LOCAL = "local.mk"
"""The file that tells the Makefile where entaku is on this machine."""


@dataclass(frozen=True)
class Answers:
    """What the owner of a new catalogue says of it; "" where nothing was said."""

    title: str = ""
    title_en: str = ""
    base_url: str = ""
    publisher: str = ""
    publisher_en: str = ""
    colour: str = ""
    logo: str = ""


QUESTIONS = {
    "title": Text(ja="目録の題名", en="Title of the catalogue, in Japanese"),
    "title_en": Text(ja="題名の英語", en="Title in English"),
    "base_url": Text(ja="サイトを置くアドレス（https://…）", en="Address of the site (https://…)"),
    "publisher": Text(ja="データを出す部署の名前", en="Name of the first publisher, in Japanese"),
    "publisher_en": Text(ja="その英語", en="The same in English"),
    "colour": Text(ja="色（#1d4f91 のように）", en="Colour (such as #1d4f91)"),
    "logo": Text(ja="ロゴの画像ファイル（.svg か .png）", en="Logo, a file (.svg or .png)"),
}
DEFAULTS = Answers(title="オープンデータカタログ", title_en="Open data catalogue")
"""What is taken where nothing is said, with --yes or after an empty line.  A publisher is called as the catalogue is."""


def add_options(verb: argparse.ArgumentParser) -> None:
    """Add the options of `entaku init`."""
    verb.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="作る場所。なければここ / where; here if not given"
    )
    verb.add_argument("--yes", action="store_true", help="何も尋ねない / ask nothing")
    for name, words in QUESTIONS.items():
        verb.add_argument(_name_option(name), metavar="TEXT", help=f"{words.ja} / {words.en}")


def run_init(options: argparse.Namespace, speak: Speaker) -> int:
    """Write a project, none of its files over another one, and say what to do next."""
    folder: Path = options.folder or options.project
    if read_project(folder, "[cC]atalogue.[yY]*"):
        raise Refused(Finding("project-there", value=disk.show_path(folder)))
    given = {name: text for name in QUESTIONS if (text := getattr(options, name)) is not None}
    wrong = [finding for name in given for finding in judge_answer(name, given)]
    for finding in wrong:
        speak.finding(finding)
    if wrong:
        return 1
    if not options.yes and sys.stdin.isatty():
        given = ask_rest(given, speak)
    files = make_project(fill_in(given))
    write_files(folder, files, speak)
    office, _, _ = parse_project(files, files.get)
    for finding in judge_address(folder, office, folder / "build" / "site") if office else ():
        speak.finding(finding)
    tell_next(folder, speak)
    return 0


def ask_rest(given: Mapping[str, str], speak: Speaker) -> dict[str, str]:
    """Ask in the terminal what the options don't say; an empty line takes what stands in brackets."""
    said = dict(given)
    speak.note("そのまま Enter を押すと、[ ] の中になります。", "An empty line takes what stands in brackets.")
    for name in [name for name in QUESTIONS if name not in given]:
        default = getattr(fill_in(said), name)
        shown = f" [{default}]" if default else " [あとで]" if speak.lang == "ja" else " [later]"
        while True:
            speak.out.write(f"{QUESTIONS[name].get(speak.lang)}{shown}: ")
            speak.out.flush()
            line = sys.stdin.readline()
            if not line:
                raise KeyboardInterrupt  # Ctrl+D
            said[name] = line.strip()
            wrong = judge_answer(name, said)
            for finding in wrong:
                speak.finding(finding)
            if not wrong:
                break
    return said


def judge_answer(name: str, given: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong with one answer, by a project that has no other."""
    try:
        files = make_project(fill_in({name: given[name]}))
    except Refused as refused:
        found: tuple[Finding, ...] = (refused.finding,)
    else:
        _, _, found = parse_project(files, files.get)
    place = Place(file=_name_option(name))
    return [replace(finding, place=place) for finding in found if finding.severity == "error"]


def fill_in(given: Mapping[str, str]) -> Answers:
    """Complete what was said by what is taken else."""
    said = Answers(**given)
    title = said.title or DEFAULTS.title
    title_en = said.title_en or (DEFAULTS.title_en if title == DEFAULTS.title else "")
    publisher = said.publisher or title
    publisher_en = said.publisher_en or (title_en if publisher == title else "")
    return replace(said, title=title, title_en=title_en, publisher=publisher, publisher_en=publisher_en)


def _name_option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


# ---- the files --------------------------------------------------------------------------------------------------


def make_project(answers: Answers) -> dict[str, bytes]:
    """Return the files of a new project by path, in the order in which they are written: what makes it a project last.

    Raises Refused (no-file, file-unreadable) for a logo that isn't there.
    """
    picture = _read_logo(answers.logo) if answers.logo else {}
    logo = next(iter(picture), "")
    publisher_id = re.sub(r"[^a-z0-9]+", "-", answers.publisher_en.lower()).strip("-")[:60].strip("-") or "office"
    ja = f"{answers.title}です。データを検査し、説明と履歴を付けて公開しています。"
    en = f"{answers.title_en or answers.title}: data that is checked and published with documentation and history."
    told = {
        "title": _write_words(answers.title, answers.title_en),
        "description": _write_words(ja, en),
        "base_url": f"base_url: {_quote(answers.base_url)}" if answers.base_url else "# base_url: https://…",
        "site": _write_site(answers.colour, logo),
        "publisher": _write_words(answers.publisher, answers.publisher_en),
        "publisher_id": publisher_id,
    }
    catalogue = re.sub(r"@([a-z_]+)@", lambda match: told[match[1]], (START / "catalogue.yaml").read_text("utf-8"))
    office, _, _ = parse_project({"catalogue.yaml": catalogue.encode()}, picture.get)
    files: dict[str, bytes] = {}
    for path, body in shipped.read_shipped(*LEDGERS).items():
        if office is not None:
            files |= {path: adapt_ledger(body, office), name_csv(Path(path).stem): write_header(body)}
    return {**list_common(), **picture, **files, "catalogue.yaml": catalogue.encode()}


def _read_logo(file: str) -> dict[str, bytes]:
    """Return the file of a logo, by the path that it gets in the project.  Raises Refused (no-file)."""
    path = Path(file)
    found = read_project(path.parent, glob.escape(path.name))
    if not found:
        raise Refused(Finding("no-file", value=file))
    return {f"logo{path.suffix.lower()}": body for body in found.values()}


def _write_site(colour: str, logo: str) -> str:
    """Return the YAML of how the pages look; as a comment what was not said."""
    lines = [f"  logo: {_quote(logo)}"] if logo else []
    lines += [f"  colours: {{accent: {_quote(colour)}}}"] if colour else []
    if lines:
        return "\n".join(("site:", *lines))
    return '# site:\n#   logo: logo.svg\n#   colours: {accent: "#1d4f91"}'


def list_common() -> dict[str, bytes]:
    """Return the files that are the same in every project, by path."""
    start = read_project(START, "*")
    makefile = start["Makefile"].replace(b"@version@", __version__.encode())
    return {
        ".gitignore": start["gitignore"],
        **make_recipe(PAGES),
        "Makefile": makefile,
        "datapackages/README.md": start["store.md"],
        **shipped.read_docs(),
    }


def adapt_ledger(body: bytes, office: Office) -> bytes:
    """Return the YAML of a ledger, which is that of the program's own catalogue, for another catalogue: with its first
    publisher, a licence and a theme that it has."""
    text = body.decode()
    licence = "CC-BY-4.0" if "CC-BY-4.0" in office.licenses else next(iter(office.licenses), "")
    text = re.sub(r"^publisher: .*$", f"publisher: {next(iter(office.publishers), '')}", text, flags=re.MULTILINE)
    text = re.sub(r"^license: .*$", f"license: {licence}", text, flags=re.MULTILINE)
    if "government" not in office.themes:
        text = re.sub(r"^themes: .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^      since: .*\n", "", text, flags=re.MULTILINE)
    text = text.replace("ラウンドテーブル, ", "").replace("2021-02-elevators", "lift-inspections")
    return re.sub(r"^credit:\n(  .*\n)+", "", text, flags=re.MULTILINE).encode()


def write_header(ledger: bytes) -> bytes:
    """Return the CSV of a ledger without rows, as Excel opens it."""
    columns = re.findall(r"^        - name: (\w+)$", ledger.decode(), re.MULTILINE)
    return ("\ufeff" + ",".join(columns) + "\r\n").encode()


def _write_words(ja: str, en: str) -> str:
    return f"{{ja: {_quote(ja)}, en: {_quote(en)}}}" if en else _quote(ja)


def _quote(text: str) -> str:
    """Quote text so that YAML reads it as that text."""
    return json.dumps(text, ensure_ascii=False)


def write_files(folder: Path, files: Mapping[str, bytes], speak: Speaker) -> None:
    """Write the files that aren't there yet, and tell which are."""
    with disk.telling(folder):
        disk.make_folder(folder)
    copies = {path: shipped.digest(body) for path, body in list_common().items()}
    there = [path for path in files if (folder / path).exists() or (folder / path).is_symlink()]
    for path, body in files.items():
        if path == "catalogue.yaml":
            shipped.write_record(folder, {**copies, **shipped.read_record(folder)})
            write_local(folder)
        if path not in there:
            disk.write_project(folder, path, body)
    for path in there:
        if read_project(folder, path).get(path) != files[path]:
            speak.finding(Finding("file-left", "notice", value=path))


def tell_next(folder: Path, speak: Speaker) -> None:
    """Say what to do next."""
    go = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    speak.note(
        f"{disk.show_path(folder)} に目録を作りました。次にすること:\n"
        f"  {go}make         サイトを build/site に作る\n  {go}make serve   http://127.0.0.1:8000/ で見る\n"
        "はじめてのデータセットの加え方は docs/add-a-dataset.md にあります。",
        f"Made a catalogue in {disk.show_path(folder)}. Next:\n"
        f"  {go}make         makes the site in build/site\n  {go}make serve   shows it at http://127.0.0.1:8000/\n"
        "docs/add-a-dataset.md tells how to add the first dataset.",
    )


def write_local(folder: Path) -> None:
    """Tell the Makefile where entaku is, unless it is what the shell finds by its name."""
    mine = Path(sys.executable).with_name("entaku")
    found = (shutil.which("entaku"), folder / ".venv" / "bin" / "entaku")
    there = mine.exists()
    if (folder / LOCAL).exists() or any(
        there and each and Path(each).exists() and mine.samefile(each) for each in found
    ):
        return
    command = shlex.quote(str(mine)) if there else f"{shlex.quote(sys.executable)} -m entaku"
    disk.write_project(folder, LOCAL, f"ENTAKU = {command.replace('$', '$$').replace('#', chr(92) + '#')}\n".encode())
