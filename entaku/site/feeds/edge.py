"""Configuration for web servers and static hosts: media types, CORS, byte ranges, caching, and the arguments of CKAN's
actions, which are refused where no file answers them.

The templates are in `edge/`; this module fills in their `%{name}`.  They are part of the site because they hold its
URL: `_edge/` is for inclusion in a web server's configuration, `_redirects` and `_headers` must be at the root.

- nginx reads the body of a request only for an upstream server.  A POST is therefore proxied to nginx itself, as a
  GET with the body's arguments; a body that files can't answer becomes the argument `posted`, which is refused.
- Caddy can't distinguish an empty POST from others, so it refuses every POST.
- `_headers` is read by Netlify and Cloudflare Pages, which join the values of a header that two rules set:
  https://docs.netlify.com/manage/routing/headers/ , https://developers.cloudflare.com/pages/configuration/headers/ .
- `_redirects` is read by Netlify, the only static host that matches a query.  It can't refuse a search.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pkgutil import get_data
from string import Template
from urllib.parse import urlsplit

from entaku.model.nouns import Catalogue, Page
from entaku.site.feeds.ckan.replies import Refusal, wrap_refusal
from entaku.site.feeds.common import TYPES, find_root, list_gone

FOR_EVER = "public, max-age=31536000, immutable"
"""Cache-Control of immutable files (RFC 8246)."""
HASHED = (
    "assets/[^/]+[.][0-9a-f]{10}[.][a-z0-9]+|search/[a-z]+-[0-9]+[.][0-9a-f]{8}[.]json"
    "|datasets/[^/]+/raw/[0-9a-f]{64}[.][a-z]+"
)
"""Paths with a hash of the file's content in its name, which are immutable."""
RELEASED = "datasets/[^/]+/[0-9]{4}[.][0-9]{2}[.][0-9]{2}(?:[.][0-9]+)?/(?:[^/]+[.](?:csv|parquet|json)|SHA256SUMS)"
"""Files of a release, except its page, which says whether there is a newer one."""
FILES = "(?:[^/]+[.](?:csv|parquet|json)|SHA256SUMS)"
"""Files of a version that was withdrawn; in its folder there is only the page that says so."""
TOGETHER = 12
"""Patterns in one rule: nginx reads no word of more than 4,096 bytes."""
NGINX_GONE = ("location ~ {} {{ return 410; }}\n", "location ~ {} {{ try_files $uri @entaku_gone; }}\n")
CADDY_GONE = (
    "@entaku_gone_{1} path_regexp {0}\nrespond @entaku_gone_{1} 410\n",
    "@entaku_gone_{1} {{\n\tpath_regexp {0}\n\tnot file\n}}\nrespond @entaku_gone_{1} 410\n",
)
"""Rules for what never comes again, a version or a source file, and for the files of a dataset of which no version is
left: a server that has not read its rules again since serves those of its next version."""
FEEDS = "(?:[^/]+[.](?:csv|parquet|ttl|jsonld|md)|(?:datapackage|manifest|profile|report|croissant)[.]json|[^/]+-metadata[.]json|SHA256SUMS)"
"""Files of a dataset of which every version was withdrawn; its feed of news and `withdrawn.json` stay."""
SHOWN = ("package_show", "organization_show", "group_show", "group_package_show", "resource_show")
"""Actions with a file for each `id`."""
PLAIN = (
    "site_read", "status_show", "package_list", "current_package_list_with_resources", "organization_list", "group_list",
    "tag_list", "license_list",
)  # fmt: skip
"""Actions that answer without arguments."""
MEDIA = {
    **TYPES, "ttl": "text/turtle", "jsonld": "application/ld+json", "rdf": "application/rdf+xml", "md": "text/markdown",
}  # fmt: skip
"""Media types that web servers commonly lack, by suffix."""
ENCODED = {suffix: kind + "; charset=utf-8" * kind.startswith("text/") for suffix, kind in MEDIA.items()}
"""The same, with the character encoding of text types."""
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Range, If-None-Match, If-Modified-Since, Authorization",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    "Access-Control-Max-Age": "86400",
}
"""Headers that let any origin read everything, also ranges, as for a Parquet file's footer and one column."""
GUARDS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
"""What a browser may do with a file.  Pages say the same of themselves, except who may frame them; a source file that
is opened as a page runs no script.  Styles within a file are for pictures (SVG): pages themselves allow none."""
HEADERS = {**CORS, **GUARDS}


class Rules(Template):
    """A template with `%{name}` placeholders: the servers use `$` and `{` themselves."""

    delimiter = "%"


def render(catalogue: Catalogue) -> Iterator[Page]:
    """Fill in the templates; those for nginx and Caddy are omitted for a URL with characters that need quoting."""
    root = find_root(catalogue)
    prefix = urlsplit(root).path.rstrip("/")
    facts = {"prefix": prefix, "for_ever": FOR_EVER}
    types = repeat(f"{prefix}/*.{{}}\n  Content-Type: {{}}\n", ENCODED).removesuffix("\n")
    yield Page("_headers", fill("_headers", facts, headers=repeat("  {}: {}", HEADERS), types=types))
    yield Page("_redirects", b"".join(fill("_redirects", facts, action=action) for action in SHOWN))
    yield Page(".nojekyll", b"")
    if re.fullmatch(r"[\w./~-]*", prefix, re.ASCII) and not re.search(r"[\"'\\${}]", root):
        facts |= {"lasting": f"{HASHED}|{RELEASED}", "shown": "|".join(SHOWN), "plain": "|".join(PLAIN)}
        facts |= read_patterns()
        yield from render_nginx(root, {**facts, "gone": write_gone(catalogue, prefix, NGINX_GONE)})
        yield render_caddy(root, facts, write_gone(catalogue, prefix, CADDY_GONE))


def write_gone(catalogue: Catalogue, prefix: str, rules: tuple[str, str]) -> str:
    """Write a server's rules on what was withdrawn, which it answers with 410; `rules` as in NGINX_GONE."""
    whole = [f"datasets/{name}/{FEEDS}" for name in list_gone(catalogue)]
    patterns = [(rules[0], each) for each in join_patterns(match_gone(catalogue))]
    patterns += [(rules[1], each) for each in join_patterns(whole)]
    return "".join(rule.format(f"^{prefix}/(?:{each})$", n) for n, (rule, each) in enumerate(patterns))


def match_gone(catalogue: Catalogue) -> list[str]:
    """List regular expressions of the site paths of versions and source files that were withdrawn."""
    gone = []
    for each in catalogue.tombstones:
        version = each.version.replace(".", "[.]")
        gone += [f"datasets/{each.dataset}/{version}/{FILES}"] if version else []
        gone += [f"datasets/{each.dataset}/{raw.path}[.][a-z]+" for raw in each.raws]
    return gone


def join_patterns(patterns: Sequence[str]) -> list[str]:
    """Join regular expressions to as few as nginx reads."""
    return ["|".join(patterns[start : start + TOGETHER]) for start in range(0, len(patterns), TOGETHER)]


def render_nginx(root: str, facts: Mapping[str, str]) -> Iterator[Page]:
    """Fill in nginx's two files: `map` is allowed only in `http`, `location` only in `server`."""
    own = {
        **facts,
        "where": f", in the folder {facts['prefix']}" if facts["prefix"] else "",
        "headers": repeat('add_header {} "{}" always;', HEADERS),
        "hidden": repeat("    proxy_hide_header {};", {**HEADERS, "Cache-Control": ""}),
        "types": repeat("    {1} {0};", MEDIA),
    }
    for case, (status, body) in list_refusals(root, "$entaku_action").items():
        own[f"refuse_{case}"] = f"{status} '{body}'".replace("\n", "\\n")
    for name in ("nginx-http.conf", "nginx-server.conf"):
        yield Page(f"_edge/{name}", fill(name, own))


def render_caddy(root: str, facts: Mapping[str, str], gone: str) -> Page:
    """Fill in Caddy's file; its patterns are within quotation marks.  `gone`: its rules on what was withdrawn."""
    own = {
        **{name: fact.replace("\\", "\\\\") for name, fact in facts.items()},
        "headers": repeat('\t{} "{}"', HEADERS),
        "gone": gone,
        "types": repeat('@entaku_{0} path *.{0}\nheader @entaku_{0} Content-Type "{1}"', ENCODED),
    }
    for case, (status, body) in list_refusals(root, "{re.entaku.1}").items():
        own[f"refuse_{case}"] = f"`{body.strip()}` {status}"
    return Page("_edge/Caddyfile", fill("Caddyfile", own))


def read(name: str) -> str:
    """Read a template of `edge/`, which is installed with the program."""
    body = get_data("entaku.site.feeds", f"edge/{name}")
    assert body is not None
    return body.decode()


def read_patterns() -> dict[str, str]:
    """Read the regular expressions of `edge/patterns.txt` by name."""
    lines = (line.partition(" ") for line in read("patterns.txt").splitlines())
    return {name: pattern for name, _, pattern in lines if name not in ("", "#")}


def fill(name: str, facts: Mapping[str, str], **more: str) -> bytes:
    """Fill in a template of `edge/`."""
    return Rules(read(name)).substitute(facts, **more).encode()


def repeat(line: str, rows: Mapping[str, str]) -> str:
    """Format `line` for each row, with its key and its value."""
    return "\n".join(line.format(*row) for row in rows.items())


def list_refusals(root: str, action: str) -> dict[str, tuple[int, str]]:
    """List the refusals by case: HTTP status and CKAN's JSON; `action` is the server's variable for it."""
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
    told = {case: (each.status, wrap_refusal(root, action, each).decode()) for case, each in cases.items()}
    unknown = '"Bad request: Action name not known, or not to be had from files"'
    since = f"{files}: they can not tell what changed since a time. Ask for everything; metadata_modified tells.\n"
    return told | {"action": (400, unknown), "since": (400, since)}
