"""All feeds of many datasets: CPU seconds and the most memory.  `python benchmarks/feeds.py [datasets [dialect…]]`.

Each dataset has two tables of ten columns, four files and two releases.  Every file is made, counted and let go, as
when they are written to disk one by one.
"""

import resource
import sys
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from worlds import generate_catalogue  # noqa: E402

from entaku.model.nouns import Page  # noqa: E402
from entaku.site.feeds import FEEDS  # noqa: E402


def measure(count: int, dialects: list[str]) -> None:
    """Print a line for each dialect, and the whole."""
    catalogue = generate_catalogue(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{count:,} datasets; the catalogue itself: {before:.0f} MB")
    total = 0.0
    for name in dialects or FEEDS:
        start, found = time.process_time(), Counter[str]()
        for each in FEEDS[name](catalogue):
            assert isinstance(each, Page), each
            found["files"] += 1
            found["bytes"] += len(each.body)
        seconds = time.process_time() - start
        total += seconds
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(
            f"{name:15} {seconds:6.2f} s  {found['files']:8,} files {found['bytes'] / 1e6:8.1f} MB  peak {most:.0f} MB"
        )
    print(f"{'all':15} {total:6.2f} s")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2:])
