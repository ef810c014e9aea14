"""The pages by Entaku, in a process of its own: `python -m benchmarks.pages_ours pages COUNT FOLDER`.

`site COUNT FOLDER` renders the whole site and keeps its pages in the folder, `change` renders it again with a new
release of one dataset; both print the CPU seconds.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from worlds import generate_catalogue  # noqa: E402

from entaku.site import Design, Means, stream_site  # noqa: E402
from entaku.site.dataset_pages import show_pages  # noqa: E402
from entaku.site.datasets import Subject  # noqa: E402
from entaku.site.design import name_assets  # noqa: E402
from entaku.site.quality import NOBODY, survey  # noqa: E402
from entaku.site.render import Common, open_edition, render_page  # noqa: E402
from entaku.site.words import read_words  # noqa: E402
from entaku.store.site import Cache  # noqa: E402


def read_texts() -> dict[str, str]:
    """The project's templates."""
    return {path.name: path.read_text("utf-8") for path in sorted((ROOT / "site_templates").glob("*.*"))}


def read_assets() -> dict[str, bytes]:
    """The project's assets."""
    return {path.name: path.read_bytes() for path in sorted((ROOT / "site_templates" / "assets").iterdir())}


def write_pages(count: int, folder: Path) -> None:
    """The page of every dataset, in Japanese."""
    catalogue, texts = generate_catalogue(count), read_texts()
    table, _ = read_words(texts)
    places = {name: page.path for name, page in name_assets(read_assets()).items()}
    edition = open_edition(Common(catalogue.office, catalogue.version, texts, table, places, False), "ja")
    for state in survey(catalogue, {}):
        subject = Subject(state, NOBODY, {"ja": ()}, {"ja": ()}, ((),) * len(state.dataset.releases))
        page = render_page(*next(show_pages(subject, edition)), edition)
        path = folder / page.path
        path.parent.mkdir(parents=True)
        path.write_bytes(page.body)


def measure_site(count: int, folder: Path, change: bool) -> float:
    """CPU seconds of the whole site, both languages, without imports and the catalogue.

    What is kept of the pages of datasets is kept in `folder`; `change`: one dataset has a new release.
    """
    catalogue = generate_catalogue(count)
    if change:
        datasets = list(catalogue.datasets)
        one = datasets[count // 2]
        newer = replace(one.releases[-1], version="2026.01.01", key="newer")
        datasets[count // 2] = replace(one, releases=(*one.releases, newer))
        catalogue = replace(catalogue, datasets=tuple(datasets))
    start = time.process_time()
    for _ in stream_site(catalogue, Design(read_texts(), read_assets()), means=Means(Cache(folder))):
        pass
    return time.process_time() - start


if __name__ == "__main__":
    if sys.argv[1] == "pages":
        write_pages(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        print(measure_site(int(sys.argv[2]), Path(sys.argv[3]), sys.argv[1] == "change"))
