"""DuckDB that reads addresses, with its own signed httpfs from a package: it would download it otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest


@contextmanager
def connect_over_http() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection; the test is skipped where the package isn't there."""
    module = pytest.importorskip("duckdb_extension_httpfs", reason="no httpfs for DuckDB (make test installs it)")
    with duckdb.connect() as connection:
        connection.load_extension(str(next(Path(module.__file__).parent.glob("extensions/*/httpfs.duckdb_extension"))))
        yield connection
