"""How the files of a site are served: media types, how long they may be kept, and which never change."""

import re
from functools import lru_cache
from mimetypes import MimeTypes

FOR_EVER = "public, max-age=31536000, immutable"
"""Cache-Control of immutable files (RFC 8246)."""
HASHED = (
    "assets/[^/]+[.][0-9a-f]{10}[.][a-z0-9]+|search/[a-z]+-[0-9]+[.][0-9a-f]{8}[.]json"
    "|datasets/[^/]+/raw/[0-9a-f]{64}[.][a-z]+"
)
"""Paths with a hash of the file's content in its name, which are immutable."""
VERSION = "[0-9]{4}[.][0-9]{2}[.][0-9]{2}(?:[.][0-9]+)?"
RELEASED = f"datasets/[^/]+/{VERSION}/(?:(?:[a-z0-9-]+[.]parts/)?[^/]+[.](?:csv(?:[.]gz)?|parquet|json)|SHA256SUMS(?:[.]r[0-9]+)?)"
"""Files of a release, except its page, which says whether there is a newer one."""
_PACKAGE = '<datapackage.json>; rel="describedby"; type="application/vnd.datapackage+json"'
_ROW = '<{table}.schema.json>; rel="describedby"; type="application/schema+json"'
_CSVW = '<{table}.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
DESCRIBED = {
    "datasets/[^/]+/([a-z0-9-]+)[.]csv": f"{_CSVW}, {_PACKAGE}",
    "datasets/[^/]+/([a-z0-9-]+)[.]parquet": _PACKAGE,
    "datasets/[^/]+/([a-z0-9-]+)[.]jsonl": f"{_ROW}, {_PACKAGE}",
    f"datasets/[^/]+/{VERSION}/([a-z0-9-]+)[.](?:csv|parquet)": _PACKAGE,
}
"""The header `Link` of tables, by their paths: what describes them, beside them.  `{table}` is the table's name."""
MERGED = {
    "datasets/:dataset/dcat.rdf": "datasets/:dataset/dcat.ttl",
    "en/datasets/:dataset/index.md": "datasets/:dataset/index.md",
    "datasets/:dataset/quality/": "datasets/:dataset/report/#quality",
    "en/datasets/:dataset/quality/": "en/datasets/:dataset/report/#quality",
    "datasets/:dataset/charts/:chart/": "datasets/:dataset/charts/#:chart",
    "en/datasets/:dataset/charts/:chart/": "en/datasets/:dataset/charts/#:chart",
}
"""Former addresses of what is said elsewhere by now, and where; `:name` is a part of a path."""
TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".jsonl": "application/jsonl; charset=utf-8",
    ".geojson": "application/geo+json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".py": "text/x-python; charset=utf-8",
    ".ts": "application/typescript; charset=utf-8",
    ".zip": "application/zip",
    ".gz": "application/gzip",
    ".sqlite": "application/vnd.sqlite3",
    ".jsonld": "application/ld+json",
    ".ttl": "text/turtle; charset=utf-8",
    ".rdf": "application/rdf+xml",
    ".atom": "application/atom+xml",
    ".ics": "text/calendar; charset=utf-8",
    ".xml": "application/xml",
    ".md": "text/markdown; charset=utf-8",
    ".cff": "application/yaml",
    ".txt": "text/plain; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    "": "text/plain; charset=utf-8",
}
"""Media types by suffix, with the character encoding of text types."""
NAMED = {"opensearch.xml": "application/opensearchdescription+xml"}
"""Media types of files by their whole names."""
ANSWERS = ("api/action/", "api/3/action/")
"""Where CKAN's answers without arguments are, whose names have no suffix."""
LISTING = re.compile(r"[.]r[0-9]+")
"""The end of the name of a revision's SHA256SUMS."""
_NAMED = re.compile(":[a-z]+")
_KEPT = re.compile(f"{HASHED}|{RELEASED}")
_SOURCE = re.compile("datasets/[^/]+/raw/.+")
_others = MimeTypes(filenames=())


@lru_cache(4096)
def find_type(suffix: str) -> str:
    """Return the media type of a suffix."""
    known = TYPES.get("" if LISTING.fullmatch(suffix) else suffix)
    return known or _others.types_map[True].get(suffix, "application/octet-stream")


def find_described(path: str) -> str:
    """Return the header `Link` of a file of the site; "" for none."""
    found = ((re.fullmatch(pattern, path), link) for pattern, link in DESCRIBED.items())
    return next((link.replace("{table}", match[1]) for match, link in found if match), "")


@lru_cache(1)
def list_merged() -> tuple[tuple[str, str], ...]:
    """List MERGED as regular expressions, and where each leads, with `{0}`, `{1}` … for what its groups match."""
    found = []
    for former, target in MERGED.items():
        for n, name in enumerate(_NAMED.findall(former)):
            target = target.replace(name, f"{{{n}}}")
        found.append((_NAMED.sub("([a-z0-9-]+)", former.replace(".", "[.]")), target))
    return tuple(found)


def find_merged(path: str) -> str:
    """Return where the former address of what is said elsewhere by now leads; "" for any other path."""
    found = ((re.fullmatch(pattern, path), target) for pattern, target in list_merged())
    return next((target.format(*match.groups()) for match, target in found if match), "")


def find_headers(path: str) -> dict[str, str]:
    """Return the headers that a store of objects sends with a file of the site.

    A packed file is one of its own, as such a store sends it packed to whoever asks, and a source file is a download: it may be a page with a script, and such a store sends no Content-Security-Policy.
    """
    name = path.rpartition("/")[2]
    suffix = name[name.rfind(".") :] if "." in name[1:] else ""
    kind = TYPES[".json"] if path.startswith(ANSWERS) and not suffix else NAMED.get(name) or find_type(suffix)
    headers = {"Content-Type": kind, "Cache-Control": FOR_EVER if _KEPT.fullmatch(path) else "no-cache"}
    return {**headers, "Content-Disposition": "attachment"} if _SOURCE.fullmatch(path) else headers
