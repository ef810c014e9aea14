"""A site with the three datasets and one large table, whose SQL has DuckDB beside the small engine."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from bigtable import NAME, PIPELINE, STATIONS, URL, WARDS, make_frame, write_parquet
from projects import ROOT, put_sample, run

ENGINES = ("build/vendor", "build/duckdb")


def make_sql_site(folder: Path, rows: int, published: Path) -> tuple[Path, pd.DataFrame]:
    """The site's folder, and what its large table `gates` (of the dataset `trips`) holds; the other datasets are those
    that the project in the folder `published` has published.  Skips where nothing was bundled."""
    for engine in ENGINES:
        if not (ROOT / engine).is_dir():
            pytest.skip(f"{engine} isn't there: `make {engine}` bundles it where it finds Node.js or the network")
    project = shutil.copytree(published, folder / "p")
    for engine in ENGINES:
        if not (project / engine).is_dir():
            shutil.copytree(ROOT / engine, project / engine)
    catalogue = project / "catalogue.yaml"
    catalogue.write_text(catalogue.read_text("utf-8").replace("\nsite:\n", "\nsite:\n  sql: duckdb\n"), "utf-8")
    pipeline = PIPELINE.replace("publisher: office", "publisher: tokyo-kotsu")
    (project / "pipelines" / f"{NAME}.yaml").write_text(pipeline, "utf-8")
    frame = make_frame(rows)
    put_sample(project, frame.head(12).to_csv(index=False), URL)
    stations = "".join(f"{name},{WARDS[n % len(WARDS)]}\n" for n, name in enumerate(STATIONS))
    put_sample(project, "station,ward\n" + stations, "https://office.example.org/stations.csv")
    result = run(project)
    assert result.site == "published", result.findings
    site = project / "build" / "site"
    (parquet,) = site.glob("datasets/trips/*.*.*/gates.parquet")
    small = parquet.stat().st_size
    parquet.unlink()
    size = write_parquet(frame, parquet)
    for page in site.glob("**/datasets/trips/index.html"):
        text = page.read_text("utf-8")
        text = text.replace(f'gates.parquet" data-bytes="{small}"', f'gates.parquet" data-bytes="{size}"')
        page.write_text(text.replace('data-rows="12"', f'data-rows="{rows}"'), "utf-8")
    return site, frame
