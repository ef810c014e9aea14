"""Libraries that are slow to import, each imported when one of its names is first used.

`from entaku.formats.heavy import pa, pd` costs nothing; a run in which nothing changed uses none of them, and no table
needs pandas whose steps look at one row at a time.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import feedparser
    import frictionless
    import jsonschema
    import minisign
    import mlcroissant
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq
    import pyshacl
    import rdflib
    import requests
    import urllib3
else:

    class LateModule(ModuleType):
        """A module that is imported when one of its names is first used."""

        def __getattr__(self, name: str) -> Any:
            """Import the module and cache the attribute."""
            value = getattr(import_module(self.__name__), name)
            setattr(self, name, value)
            return value

    arrow_csv = LateModule("pyarrow.csv")
    feedparser = LateModule("feedparser")
    frictionless = LateModule("frictionless")
    jsonschema = LateModule("jsonschema")
    minisign = LateModule("minisign")
    mlcroissant = LateModule("mlcroissant")
    np = LateModule("numpy")
    pa = LateModule("pyarrow")
    pc = LateModule("pyarrow.compute")
    pd = LateModule("pandas")
    pq = LateModule("pyarrow.parquet")
    pyshacl = LateModule("pyshacl")
    rdflib = LateModule("rdflib")
    requests = LateModule("requests")
    urllib3 = LateModule("urllib3")

__all__ = [
    "arrow_csv", "feedparser", "frictionless", "jsonschema", "minisign", "mlcroissant", "np", "pa", "pc", "pd", "pq",
    "pyshacl", "rdflib", "requests", "urllib3",
]  # fmt: skip
