"""1,000 dataset pages, by Entaku and by Hugo: `make bench-pages`, or `python -m benchmarks.pages [datasets]`.

Both write the very same pages to disk, one for each dataset of the same generated catalogue (two tables of ten
columns); they are compared, tag by tag and word by word.  Each runs in a process of its own, in turns; CPU is the
kernel's account of the finished process with its children, ours with imports and with making the catalogue, Hugo's with
its start and with reading its files.  Then one dataset of all changes, and Entaku renders the whole site again.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from statistics import median
from urllib.parse import urljoin

from benchmarks.pages_hugo import list_hugo, write_hugo
from benchmarks.pages_ours import ROOT, generate_catalogue
from benchmarks.write_page import PAGES, put_section, spread

ROUNDS = 3
PAGE = ROOT / "docs" / "benchmarks.md"


def measure(command: Sequence[str]) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak megabytes of a process."""
    began = time.perf_counter()
    child = subprocess.Popen(command, cwd=ROOT)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command[0]}: exit {child.returncode}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024


# ---- are they the same? -----------------------------------------------------------------------------------------


class Told(HTMLParser):
    """What a page says: tags with their attributes, links made whole, and words without the white space around."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.told, self.is_data = address, list[str](), False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_data = ("type", "application/ld+json") in attrs and tag == "script"
        links = ("href", "src", "action")
        whole = [(name, urljoin(self.address, text or "") if name in links else text) for name, text in attrs]
        self.told.append(f"<{tag} {sorted(whole, key=str)}>")

    def handle_endtag(self, tag: str) -> None:
        self.is_data = False
        self.told.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self.is_data:
            data = json.dumps(json.loads(data), ensure_ascii=False, sort_keys=True)
        if words := " ".join(data.split()):
            self.told.append(words)


def read_page(folder: Path, path: str, base_url: str) -> list[str]:
    """What the page at `path` says."""
    reader = Told(base_url + path)
    reader.feed((folder / path / "index.html").read_text("utf-8"))
    return reader.told


def compare(ours: Path, theirs: Path, base_url: str) -> int:
    """How many pages there are; ends the program where one differs."""
    paths = [sorted(str(page.parent.relative_to(home)) for page in home.rglob("*.html")) for home in (ours, theirs)]
    if paths[0] != paths[1]:
        raise SystemExit(f"other pages: {set(paths[0]) ^ set(paths[1])}")
    for path in paths[0]:
        told = [read_page(home, f"{path}/", base_url) for home in (ours, theirs)]
        for mine, other in zip(*told, strict=False):
            if mine != other:
                raise SystemExit(f"{path} differs:\n{mine}\n{other}")
        if len(told[0]) != len(told[1]):
            raise SystemExit(f"{path} differs in length")
    return len(paths[0])


def weigh(folder: Path) -> int:
    """The mean bytes of a page."""
    sizes = [path.stat().st_size for path in folder.rglob("*.html")]
    return sum(sizes) // len(sizes)


# ---- what is told -----------------------------------------------------------------------------------------------


def write_section(
    rows: dict[str, list[tuple[float, float, float]]], sizes: dict[str, int], change: list[float], hugo: str
) -> str:
    """The section of docs/benchmarks.md."""
    cpu = {name: median(run[0] for run in runs) for name, runs in rows.items()}
    names = {"entaku": "**entaku**", "hugo": f"Hugo {hugo}"}
    lines = [
        PAGES,
        "",
        "Written by `make bench-pages`. Both write the very same pages, which the benchmark compares tag by tag and word by word:",
        "the page of each of 1,000 generated datasets with two tables of ten columns. Hugo's project is what someone who uses Hugo",
        "would write (`benchmarks/hugo`): one template with its words in it, the facts of each release as JSON front matter. Ours has",
        "its words in words.json, for there are two languages. CPU includes our imports and making the catalogue, Hugo's start and",
        "reading its files; the median of the runs [least–most], in turns. The whole site is 14 pages for each dataset, in two",
        "languages; it is rendered again by another process, which takes the other datasets' pages from the cache.",
        "",
        "| aim | reached |",
        "|---|---|",
        f"| 1,000 dataset pages: no more CPU than Hugo | {cpu['entaku'] / cpu['hugo']:.2f}× |",
        f"| the whole site with one dataset changed of 1,000: under a tenth of all its pages | {change[1] / change[0]:.3f} ({change[1]:.2f} of {change[0]:.2f} s) |",
        "",
        "| | CPU s | wall s | peak MB | CPU, × the first | runs | bytes of a page |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {names[name]} | {spread([run[0] for run in runs])} | {median(run[1] for run in runs):.2f} "
            f"| {max(run[2] for run in runs):.0f} | {cpu[name] / cpu['entaku']:.2f}× | {len(runs)} | {sizes[name]:,} |"
            for name, runs in rows.items()
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def list_runs(count: int, ours: Path, hugo: Path) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Each run: whose, and what it took."""
    for _ in range(ROUNDS):
        shutil.rmtree(ours, ignore_errors=True)
        yield "entaku", measure([sys.executable, "-m", "benchmarks.pages_ours", "pages", str(count), str(ours)])
        shutil.rmtree(hugo / "public", ignore_errors=True)
        yield "hugo", measure(list_hugo(hugo))


def main(count: int) -> None:
    """Measure in turns, compare, and write the section if these are the 1,000 datasets of the aim."""
    home = ROOT / "build" / "bench" / "pages"
    shutil.rmtree(home, ignore_errors=True)
    ours, hugo = home / "ours", home / "hugo"
    catalogue = generate_catalogue(count)
    write_hugo(catalogue, hugo)
    rows: dict[str, list[tuple[float, float, float]]] = {"entaku": [], "hugo": []}
    for name, run in list_runs(count, ours, hugo):
        rows[name].append(run)
        print(f"{name:7} {run[0]:6.2f} s {run[2]:5.0f} MB", flush=True)
    pages = compare(ours, hugo / "public", catalogue.office.base_url.rstrip("/") + "/")
    print(f"{pages} pages, the same by both")
    change = {"site": list[float](), "change": list[float]()}
    for job in ("site", "change") * ROUNDS:
        kept = home / "kept"
        if job == "site":
            shutil.rmtree(kept, ignore_errors=True)
        command = [sys.executable, "-m", "benchmarks.pages_ours", job, str(count), str(kept)]
        change[job].append(float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout))
    version = subprocess.run([list_hugo(hugo)[0], "version"], check=True, capture_output=True, text=True).stdout
    number = re.search(r"v([\d.]+)", version)
    sizes = {"entaku": weigh(ours), "hugo": weigh(hugo / "public")}
    section = write_section(rows, sizes, [median(each) for each in change.values()], number[1] if number else "")
    print(section)
    if count == 1000:
        PAGE.write_text(put_section(PAGE.read_text("utf-8"), section), "utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
