"""What is slow to load and not always needed: libraries that are imported when one of their names is first used, and
regular expressions that are compiled when they are first matched.

`from entaku.formats.heavy import pa, pd` costs nothing; a run in which nothing changed uses none of them, and no table
needs pandas whose steps look at one row at a time.
"""

import re
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any


class LateRoom(ModuleType):
    """A module behind a room's door that is imported when one of its names is first used.

    Names are looked up in the module each time, so that what is set there is seen through the door.
    """

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the module."""
        found = _LOADED.get(self.__name__)
        if found is None:
            found = _LOADED[self.__name__] = import_module(self.__name__)
        return getattr(found, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute of the module."""
        setattr(import_module(self.__name__), name, value)

    def __delattr__(self, name: str) -> None:
        """Delete an attribute of the module."""
        delattr(import_module(self.__name__), name)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """The names of the module."""
        return vars(import_module(self.__name__))


_LOADED: dict[str, ModuleType] = {}
"""The modules that are loaded, which are asked for a million times in a run over ten thousand datasets."""

if TYPE_CHECKING:
    from re import compile as late_compile
    from xml.sax import saxutils

    import anyio
    import distributed
    import duckdb
    import feedparser
    import frictionless
    import jsonschema
    import mcp as mcp_client
    import mcp.server.lowlevel as lowlevel
    import mcp.server.stdio as mcp_stdio
    import mcp_types
    import minisign
    import mlcroissant
    import numpy as np
    import obstore
    import pandas as pd
    import PIL
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq
    import pyshacl
    import rdflib
    import requests
    import urllib3
    from PIL import Image, ImageDraw, ImageFont
else:

    class LateModule(ModuleType):
        """A module that is imported when one of its names is first used."""

        def __getattr__(self, name: str) -> Any:
            """Import the module and cache the attribute."""
            value = getattr(import_module(self.__name__), name)
            setattr(self, name, value)
            return value

    class LatePattern:
        """A regular expression that is compiled when one of its attributes is first used."""

        def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
            self._given = pattern, flags

        def __getattr__(self, name: str) -> Any:
            """Compile the expression and cache the attribute."""
            if name.startswith("_"):  # what copying and pickling ask for
                raise AttributeError(name)
            value = getattr(re.compile(*self._given), name)
            setattr(self, name, value)
            return value

    late_compile = LatePattern

    arrow_csv = LateModule("pyarrow.csv")
    anyio = LateModule("anyio")
    distributed = LateModule("distributed")
    duckdb = LateModule("duckdb")
    feedparser = LateModule("feedparser")
    frictionless = LateModule("frictionless")
    jsonschema = LateModule("jsonschema")
    lowlevel = LateModule("mcp.server.lowlevel")
    mcp_client = LateModule("mcp")
    mcp_stdio = LateModule("mcp.server.stdio")
    mcp_types = LateModule("mcp_types")
    minisign = LateModule("minisign")
    mlcroissant = LateModule("mlcroissant")
    np = LateModule("numpy")
    obstore = LateModule("obstore")
    pa = LateModule("pyarrow")
    saxutils = LateModule("xml.sax.saxutils")  # it imports what asks servers over HTTP
    pc = LateModule("pyarrow.compute")
    pd = LateModule("pandas")
    PIL = LateModule("PIL")
    ImageDraw = LateModule("PIL.ImageDraw")
    ImageFont = LateModule("PIL.ImageFont")
    Image = LateModule("PIL.Image")
    pq = LateModule("pyarrow.parquet")
    pyshacl = LateModule("pyshacl")
    rdflib = LateModule("rdflib")
    requests = LateModule("requests")
    urllib3 = LateModule("urllib3")

__all__ = [
    "PIL", "Image", "ImageDraw", "ImageFont", "anyio", "arrow_csv", "distributed", "duckdb", "feedparser", "frictionless", "jsonschema", "late_compile", "lowlevel", "mcp_client",
    "mcp_stdio", "mcp_types", "minisign", "mlcroissant", "np", "obstore", "pa", "pc",
    "pd", "pq", "pyshacl", "rdflib", "requests", "saxutils", "urllib3",
]  # fmt: skip
