"""Rules for the hosts that the site is put on: what files alone can't say.  Media types, other origins (CORS), byte
ranges, caching, and the arguments of CKAN's actions, which are refused where no file answers them.

The build writes them because they hold the site's own address, and into the site because they belong to its version:
`_edge/` is to be included by a web server of one's own; `_redirects` and `_headers` must be at the root, where hosts
that know them look.  A file that hosts don't know harms nobody.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from entaku.model.nouns import LANGS, Catalogue, Page
from entaku.site.feeds.ckan.replies import Refusal, wrap_refusal
from entaku.site.feeds.common import find_root
from entaku.site.feeds.edge_caddy import write_caddy
from entaku.site.feeds.edge_nginx import ACTION, write_http, write_server
from entaku.site.feeds.edge_nginx import FOR_EVER as FOR_EVER

SHOWN = ("package_show", "organization_show", "group_show", "group_package_show", "resource_show")
"""Actions with a file for each `id`."""
PLAIN = (
    "site_read", "status_show", "package_list", "current_package_list_with_resources", "organization_list", "group_list",
    "tag_list", "license_list",
)  # fmt: skip
"""Actions that answer without arguments."""
MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
    "md": "text/markdown",
}
"""Media types that web servers commonly lack."""
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Range, If-None-Match, If-Modified-Since, Authorization",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    "Access-Control-Max-Age": "86400",
    "X-Content-Type-Options": "nosniff",
}
"""Everything is open to any page anywhere: a browser may read a Parquet file's footer and the column it wants."""
HASHED = (
    "assets/[^/]+[.][0-9a-f]{10}[.][a-z0-9]+|search/[a-z]+-[0-9]+[.][0-9a-f]{8}[.]json"
    "|datasets/[^/]+/raw/[0-9a-f]{64}[.][a-z]+"
)
"""Paths with a hash of the file's content in its name: what is there never changes (`name_assets`, `search_index`,
`facets_files`)."""
RELEASED = "datasets/[^/]+/[0-9]{4}[.][0-9]{2}[.][0-9]{2}(?:[.][0-9]+)?/(?:[^/]+[.](?:csv|parquet|json)|SHA256SUMS)"
"""Files of a release.  Not its page, which says whether there is a newer one."""
GATHERED = ("assets/*", *(f"search/{each}-*" for each in ("terms", *LANGS)), "datasets/:dataset/raw/*")
"""The same as HASHED, for hosts that know no patterns."""


def render(catalogue: Catalogue) -> Iterator[Page]:
    """The rules' files.  An address whose path isn't plain has none of those that need to quote it."""
    root = find_root(catalogue)
    prefix = urlsplit(root).path.rstrip("/")
    yield Page("_headers", write_headers(prefix).encode())
    yield Page("_redirects", write_redirects(prefix).encode())
    yield Page(".nojekyll", b"")
    if re.fullmatch(r"[\w./~-]*", prefix, re.ASCII) and not re.search(r"[\"'\\${}]", root):
        refusals = list_refusals(root)
        lasting = f"{HASHED}|{RELEASED}"
        yield Page("_edge/nginx-http.conf", write_http(prefix, MEDIA, lasting).encode())
        yield Page("_edge/nginx-server.conf", write_server(prefix, SHOWN, PLAIN, HEADERS, refusals).encode())
        yield Page("_edge/Caddyfile", write_caddy(prefix, SHOWN, PLAIN, HEADERS, MEDIA, lasting, refusals).encode())


def list_refusals(root: str) -> dict[str, tuple[int, str]]:
    """What a host of files says, by case: HTTP status and CKAN's JSON."""
    files = "This catalogue is served as files"
    search = (
        f"{files}, which can not search: give no q, fq, facet.field or fl, sort=id asc or none, rows=0, 10, 100 or 1000 "
        "and a start that is a multiple of rows"
    )
    more = f"{files} and can not answer with these arguments: "
    cases = {
        "post": Refusal(405, "Validation Error", f"{files}: use GET (ckanapi -g, get_only=True)"),
        "missing": Refusal(409, "Validation Error", "", {"id": ["Missing value"]}),
        "more": Refusal(409, "Validation Error", f"{more}give id alone"),
        "unknown": Refusal(404, "Not Found Error", "Not found"),
        "list": Refusal(409, "Validation Error", f"{more}ask for the whole list"),
        "search": Refusal(409, "Search Error", search),
    }
    told = {case: (refusal.status, wrap_refusal(root, ACTION, refusal)) for case, refusal in cases.items()}
    return {
        **{case: (status, body.decode()) for case, (status, body) in told.items()},
        "action": (400, '"Bad request: Action name not known, or not to be had from files"'),
        "since": (
            400,
            f"{files}: they can not tell what changed since a time. Ask for everything; metadata_modified tells.\n",
        ),
    }


def write_headers(prefix: str) -> str:
    """`_headers`, as Netlify and Cloudflare Pages read it.

    Both let a browser ask again about every file that nothing is said of, and would join two values of one header:
    https://docs.netlify.com/manage/routing/headers/ , https://developers.cloudflare.com/pages/configuration/headers/ .
    """
    every = "".join(f"  {name}: {value}\n" for name, value in HEADERS.items())
    lines = [f"{prefix}/*\n{every}"]
    for pattern in GATHERED:
        lines.append(f"{prefix}/{pattern}\n  Cache-Control: {FOR_EVER}\n")
    for tree in ("api/3/action", "api/action"):
        lines.append(f"{prefix}/{tree}/*\n  Content-Type: application/json; charset=utf-8\n")
    for suffix, media in MEDIA.items():
        charset = "; charset=utf-8" if media.startswith("text/") else ""
        lines.append(f"{prefix}/*.{suffix}\n  Content-Type: {media}{charset}\n")
    return "\n".join(lines)


def write_redirects(prefix: str) -> str:
    """`_redirects`, as Netlify reads it: the one host of files that looks at a query.  It can't refuse a search."""
    return "".join(
        f"{prefix}/{tree}/{action} id=:id {prefix}/api/3/{action}/:id.json 200!\n"
        for action in SHOWN
        for tree in ("api/3/action", "api/action")
    )
