"""A city's own catalogue: six datasets of different kinds, in at most thirty edits, on nginx."""

import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
from ckan_sites import find_port, run_nginx
from loopback import serve_files

from entaku.work.cli import main

MOST_EDITS = 30
FOREIGN = re.compile("東京|都営|円卓|example\\.(?:org|com|jp)|toei|tokyo", re.IGNORECASE)
"""What no page of another city's site may say, but for its time zone."""
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>'
TITLES = {
    "halls": "公民館の一覧", "population": "人口", "budget": "歳入と歳出", "events": "催し", "counters": "窓口の受付数", "rain": "雨量",
}  # fmt: skip


class City:
    """An officer at a project: every command and every change of a file is an edit."""

    def __init__(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.project, self.capsys, self.edits = project, capsys, 0

    def do(self, command: str) -> str:
        """Run a command of the program's in the project; return what it says."""
        self.edits += 1
        self.capsys.readouterr()
        code = main(shlex.split(command))
        said = self.capsys.readouterr()
        assert code == 0, (command, said.out, said.err)
        return said.out + said.err

    def add(self, path: str, line: str) -> None:
        """Add a line to a list of the office's, in an editor or a spreadsheet."""
        self.edits += 1
        with (self.project / path).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def change(self, path: str, *changes: tuple[str, str]) -> None:
        """Change a file in an editor, and save it."""
        self.edits += 1
        text = (self.project / path).read_text("utf-8")
        for old, new in changes:
            assert old in text, (path, old)
            text = text.replace(old, new)
        (self.project / path).write_text(text, "utf-8")


def put_data(folder: Path) -> None:
    """Put the files that the city's sections have sent: coordinates, a workbook of months, years, events, days."""
    folder.mkdir()
    halls = [f"F{n:03},第{n}公民館,見本市本町{n}-1,{35.6 + n / 1000:.4f},{139.5 + n / 1000:.4f}\n" for n in range(1, 9)]
    (folder / "halls.csv").write_text("番号,名称,住所,緯度,経度\n" + "".join(halls), "utf-8-sig")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["見本市の人口"])
    sheet.append(["月", "世帯数", "人口"])
    sheet.append([None, "（世帯）", "（人）"])
    for month in range(1, 7):
        sheet.append([f"令和8年{month}月", 1000 + month, 2500 + 3 * month])
    book.save(folder / "population.xlsx")
    years = [f"{year},{1_000_000 + year},{990_000 + year}\n" for year in range(2018, 2026)]
    (folder / "budget.csv").write_text("年度,歳入,歳出\n" + "".join(years), "cp932")
    events = "開催日,催し,会場\n2026/12/5,餅つき,第1公民館\n2026/12/12,読書会,第2公民館\n2027/1/10,書き初め,第1公民館\n"
    (folder / "events.csv").write_text(events, "utf-8-sig")
    for day in range(1, 5):
        rows = "".join(f"{what},{day * 10 + n}\n" for n, what in enumerate(("住民票", "戸籍", "税")))
        (folder / f"counters_2026110{day}.csv").write_text("窓口,受付数\n" + rows, "utf-8")


@contextmanager
def serve_rain(folder: Path) -> Iterator[str]:
    """The weather station's own server."""
    folder.mkdir()
    (folder / "rain.csv").write_text("日付,降水量\n2026-11-01,0.5\n2026-11-02,12.0\n", "utf-8")

    with serve_files(folder) as address:
        yield address


def test_a_city_has_its_catalogue_after_thirty_edits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "opendata"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.delenv("ENTAKU_LANG", raising=False)
    put_data(project / "data")
    (project / "logo.svg").write_text(LOGO, "utf-8")
    (project / "map.svg").write_text(LOGO, "utf-8")
    city = City(project, capsys)
    city.do(
        "init --yes --title 見本市オープンデータ --title-en 'Mihon City open data' "
        "--base-url https://data.city.mihon.lg.jp/ --publisher 総務課 --logo logo.svg --colour '#00693e'"
    )
    city.change(
        "catalogue.yaml",
        ("publishers:\n", "allow_hosts: [127.0.0.1]\npublishers:\n  weather:\n    title: 気象観測所\n"),
    )
    days = " ".join(f"data/counters_2026110{day}.csv" for day in range(1, 5))
    with serve_rain(tmp_path / "station") as station:
        sources = {"halls": "data/halls.csv", "population": "data/population.xlsx", "budget": "data/budget.csv"}
        sources |= {"events": "data/events.csv", "counters": days, "rain": f"{station}/rain.csv"}
        for name, source in sources.items():
            city.do(f"new {source} --name {name} --yes")
            text = (project / f"pipelines/{name}.yaml").read_text("utf-8")
            (title,) = re.findall(r"^title: .*$", text, re.MULTILINE)
            changes = [(title, f"title: {TITLES[name]}")]
            if name == "rain":
                (publisher,) = re.findall(r"^(?:# )?publisher: .*$", text, re.MULTILINE)
                changes.append((publisher, "publisher: weather"))
            city.change(f"pipelines/{name}.yaml", *changes)
        city.add("requests.csv", "rain-2026,2026-10-01,市民,,雨量がほしい,,,,,rain,2026-11-02,,")
        shown = "雨量を地図にしました。,,市民,,https://rain.city.mihon.lg.jp/,map.svg,rain,2026-11-10"
        city.add("showcases.csv", f"rain-map,雨の地図,,{shown}")
        said = city.do("publish")
    assert "[誤り]" not in said and "見送り" not in said
    if shutil.which("nginx"):
        city.do("hosting nginx --to rules")
        with run_nginx(project / "build" / "site", tmp_path / "nginx", find_port(), project / "rules") as address:
            assert "0 件" in city.do(f"verify {address}/")
    assert city.edits <= MOST_EDITS, city.edits

    site = project / "build" / "site"
    pages = {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in site.rglob("*.html")}
    assert len(pages) > 60
    told = {
        path: found.group() for path, page in pages.items() if (found := FOREIGN.search(page.replace("Asia/Tokyo", "")))
    }
    assert told == {}
    for name, title in TITLES.items():
        assert title in pages[f"datasets/{name}/index.html"] and title in pages["datasets/index.html"]
    assert "気象観測所" in pages["datasets/rain/index.html"] and "雨の地図" in pages["showcases/index.html"]
    assert "雨量がほしい" in pages["requests/index.html"] and "#00693e" in "".join(
        path.read_text("utf-8") for path in site.glob("assets/*.css")
    )
    rows = (site / "datasets/population/table.csv").read_text("utf-8").splitlines()
    assert len(rows) == 7 and rows[1].startswith("2026-01") and rows[1].endswith(",1001,2503")
