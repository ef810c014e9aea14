"""`python -m tests.kill --points 500`: kill that many publishes, each at another point, and count what broke.

At every point the run ends by SIGKILL; then the site must be wholly old or wholly new, no raw file lost, no release
changed, and the next run must bring everything to where a run without a crash would have.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from killer import kill_at, make_scenarios

KINDS = ("mixed site", "lost raw file", "changed release", "next run", "it was not killed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=500)
    points = parser.parse_args().points
    broken: Counter[str] = Counter()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="entaku-kill-") as name:
        folder = Path(name)
        scenarios = make_scenarios(folder)
        every = [(scenario, n) for scenario in scenarios for n in range(1, len(scenario.points) + 1)]
        chosen = every if points >= len(every) else [every[n * len(every) // points] for n in range(points)]
        for done, (scenario, n) in enumerate(chosen, 1):
            for wrong in kill_at(scenario, n, folder / "work"):
                broken[next((kind for kind in KINDS if wrong.startswith(kind)), "other")] += 1
                print(f"{scenario.name} {n} ({scenario.points[n - 1]}): {wrong}")
            if done % 50 == 0:
                print(f"{done}/{len(chosen)} {time.monotonic() - begin:.0f} s", file=sys.stderr)
        kinds = Counter(scenario.name for scenario, _ in chosen)
    print(
        f"killed at {len(chosen)} distinct points of {len(every)} ({', '.join(f'{k} {n}' for k, n in kinds.items())})"
    )
    print(", ".join(f"{kind}: {broken[kind]}" for kind in KINDS), f"; {time.monotonic() - begin:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
