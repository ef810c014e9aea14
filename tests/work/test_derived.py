"""Files that are made of a release's when the site is: packed CSV, and the rows of small tables."""

import gzip
import hashlib
import json
import shutil

from projects import lifts, make_project, put_sample, run

from entaku.work import cli
from entaku.work.derived import pack


def test_large_csvs_are_packed_and_small_tables_are_rows(tmp_path):
    project = make_project(tmp_path)
    put_sample(project, lifts(*(f"A-{n},2026-06-{n % 28 + 1:02}" for n in range(9000))))
    assert run(project).site == "published"
    site = project / "build" / "site"
    folder = site / "datasets" / "lifts"
    version = json.loads((folder / "datapackage.json").read_bytes())["version"]
    body = (folder / "schedule.csv").read_bytes()
    assert len(body) > 100_000
    sums = dict(reversed(line.split("  ")) for line in (site / "SHA256SUMS").read_text().splitlines())
    for path in ("datasets/lifts/schedule.csv.gz", f"datasets/lifts/{version}/schedule.csv.gz"):
        packed = (site / path).read_bytes()
        assert gzip.decompress(packed) == body and len(packed) < len(body) / 3
        assert packed[4:8] == bytes(4)  # no time of packing
        assert sums[path] == hashlib.sha256(packed).hexdigest()
    assert not list(site.glob("api/3/pieces/rows/*"))
    assert "schedule.csv.gz" not in (folder / version / "SHA256SUMS").read_text()
    assert cli.main(["verify", str(site), "--project", str(project)]) == 0
    shutil.rmtree(project / "build")
    assert run(project).site == "published" and (folder / "schedule.csv.gz").read_bytes() == packed == pack(body)


def test_the_rows_of_a_small_table_are_a_file_and_no_packed_csv_is(tmp_path):
    project = make_project(tmp_path)
    put_sample(project, lifts("A-1,2026-06-01", "A-<!--# echo -->,2026-06-02"))
    assert run(project).site == "published"
    site = project / "build" / "site"
    (rows,) = site.glob("api/3/pieces/rows/*.txt")
    text = rows.read_text()
    assert text.count("<!--#") == 1 and r"A-\u003c!--# echo" in text
    found = json.loads(text.replace('<!--# echo var="entaku_told" -->', "100"))
    assert [record["_id"] for record in found["records"]] == [1, 2] and found["total"] == 2
    assert not list(site.rglob("*.csv.gz"))
