"""Every dialect under its validator, over the published catalogue and a generated one: docs/conformance.md.

`python -m tests.conformance [datasets [site]]`, after `make`.  The generated catalogue, of 500 datasets if not told
otherwise, is really published, so that validators read its data, too; that takes some minutes.
"""

import io
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from many import make_many  # noqa: E402
from projects import run  # noqa: E402

from entaku.work.judges import JudgeVerdict, judge_site  # noqa: E402

SITE = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "build" / "site"


def tell_progress(what: str, done: int, total: int) -> None:
    """Minutes pass without a word otherwise."""
    print(f"{what} {done}/{total}", file=sys.stderr)


def judge_generated(count: int) -> list[JudgeVerdict]:
    """A catalogue of `count` datasets with two tables each."""
    with tempfile.TemporaryDirectory(prefix="entaku-") as folder:
        project = make_many(Path(folder) / "p", count)
        result = run(project)
        assert result.site == "published" and not result.failed, result.findings[:3]
        return judge_site(project / "build" / "site", tell_progress)


def write_rows(what: str, verdicts: list[JudgeVerdict]) -> str:
    """Lines of the table."""
    lines = ""
    for one in verdicts:
        if not one.missing and not one.count:  # nothing of it was asked for, and nothing has no faults
            continue
        judged = "-" if one.missing else f"{one.count:,} {one.unit.en}"
        result = "not installed" if one.missing else f"{one.faults:,} faults" if one.faults else "no faults"
        lines += f"| {one.dialect} | {one.validator} | {what} | {judged} | {result} |\n"
    return lines


def main() -> None:
    """Write the page."""
    count, start = int(sys.argv[1]) if len(sys.argv) > 1 else 500, time.process_time()
    published = len(list((SITE / "datasets").glob("*/datapackage.json")))
    if not published:
        sys.exit("nothing is published yet, and nothing has no faults: run make first")
    text = io.StringIO()
    text.write(
        "# Conformance\n\nEach dialect, who judges it, and the last result, as `python -m tests.conformance` found it. "
        "`entaku verify --deep` has\nthe same validators judge any site; `make test` runs them over the published catalogue "
        "and a small generated one. What can be\nseen cheaply is looked at before every publish (`feed-…` of "
        "docs/findings.md).\n\nThe generated datasets are really published: two tables each, with columns of every type "
        "and empty cells; Croissant's\nrecords are all read and counted against the CSV.\n\n"
        "| dialect | validator | of | judged | result |\n|---|---|---|---|---|\n"
    )
    text.write(write_rows(f"{published} published datasets", judge_site(SITE, tell_progress)))
    text.write(write_rows(f"{count:,} generated datasets", judge_generated(count)))
    text.write(
        "\nThe schema by which frictionless judges オープンデータ一覧 is our own, of the columns that SHIRASAGI writes and "
        "reads\n(docs/standards-jp.md). No independent validator was found for sitemaps, `llms.txt` and `data.json` of "
        "DCAT-US 1.1; tests\nof our own hold them. DCAT-US 3 requires a contact of each dataset: `dcat-us-3.json` has none "
        "where there is no e-mail\naddress (`contact-unset`), and data.gov doesn't take such a dataset. CKAN's API is told "
        "of in `docs/hosting.md`.\n"
    )
    (ROOT / "docs" / "conformance.md").write_text(text.getvalue(), "utf-8")
    print(text.getvalue(), f"{time.process_time() - start:.0f} s of CPU")


if __name__ == "__main__":
    main()
