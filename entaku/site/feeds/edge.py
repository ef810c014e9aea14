"""Configuration for web servers and static hosts: media types, CORS, byte ranges, caching, and the arguments of CKAN's
actions, which are refused where no file answers them.

The templates are in `edge/`; this module fills in their `%{name}`.  What a web server includes in its configuration is
written where its operator says (`write_rules`): whoever can write the site must not write that.  `_headers` and
`_redirects` are read by hosts of files at the root of the site, and are there for the host that `site.host` names.

- nginx reads the body of a request only for an upstream server.  A POST is therefore proxied to nginx itself, as a
  GET with the body's arguments; a body that files can't answer becomes the argument `posted`, which is refused.
- Caddy can't distinguish an empty POST from others, so it refuses every POST.
- Caddy's `templates` run what they include, with access to the server's environment.  Its answers are therefore put
  together by templates in the rules, whose actions stand between `<KEY` and `KEY>`: a random key that is nowhere in the
  site (`RuleFacts.key`), so that all that is included is text.  In the texts of `edge/` it is `<<` and `>>`.
- `_headers` is read by Netlify and Cloudflare Pages, which join the values of a header that two rules set:
  https://docs.netlify.com/manage/routing/headers/ , https://developers.cloudflare.com/pages/configuration/headers/ .
  Cloudflare can take one back by `! NAME`, so any site may frame charts there; on Netlify none but the site itself.
- `_redirects` is read by both; Netlify is the only static host that matches a query, and follows a rule where there is
  a file only with `!`, which Cloudflare doesn't know and doesn't need.  Neither can refuse a search.
- Rules for former addresses of datasets answer with 301, which old clients follow too (308 is younger than they are).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pkgutil import get_data
from string import Template
from urllib.parse import urlsplit

from entaku.model.leaving import RuleFacts, find_present, list_former
from entaku.model.nouns import Catalogue, Page
from entaku.model.serving import DESCRIBED, FOR_EVER, HASHED, MERGED, RELEASED, find_merged, find_type, list_merged
from entaku.site.feeds.ckan.replies import (
    ACTIONS,
    NONE_AT_ALL,
    SHOWN,
    Refusal,
    enclose_dataset,
    wrap_json,
    wrap_refusal,
)
from entaku.site.feeds.common import find_gone, find_root, to_uri
from entaku.site.pages import PREFIX, list_moved

FILES = "(?:[^/]+[.](?:csv(?:[.]gz)?|parquet|json)|SHA256SUMS(?:[.]r[0-9]+)?)"
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
NGINX_MOVED = "location ~ {} {{ return 301 {}$1datasets/{}/$2; }}\n"
CADDY_MOVED = "@entaku_moved_{1} path_regexp entaku_moved {0}\nredir @entaku_moved_{1} {2}{{re.entaku_moved.1}}datasets/{3}/{{re.entaku_moved.2}} 301\n"
"""Rules for the former addresses of a dataset, but for those of its versions and source files, which stay."""
NGINX_HOME = "location ~ ^{0}{1}/([A-Za-z0-9-]+)_?(?:/|$) {{ return 301 {0}{2}/$1/; }}\n"
CADDY_HOME = "@entaku_{1} path_regexp entaku_{1} ^{0}{1}/([A-Za-z0-9-]+)_?(?:/|$)\nredir @entaku_{1} {0}{2}/{{re.entaku_{1}.1}}/ 301\n"
"""Rules for pages that CKAN has elsewhere; a name of CKAN's may end in `_` where ours doesn't."""
LATEST = "((?:en/)?datasets/[a-z0-9-]+)/latest(?:/([A-Za-z0-9._-]*/?))?"
"""Addresses that lead to the current files and pages, which are at the addresses without a version."""
NGINX_LATEST = "location ~ ^{0}{1}$ {{ return 301 {0}$1/$2; }}\n"
CADDY_LATEST = "@entaku_latest path_regexp entaku_latest ^{0}{1}$\nredir @entaku_latest {0}{{re.entaku_latest.1}}/{{re.entaku_latest.2}} 301\n"
NGINX_MERGED = "location ~ ^{0}{1}$ {{ return 301 {0}{2}; }}\n"
CADDY_MERGED = "@entaku_merged_{3} path_regexp entaku_merged_{3} ^{0}{1}$\nredir @entaku_merged_{3} {0}{2} 301\n"
"""Rules for former addresses of what is part of another page or file."""
NGINX_DESCRIBED = "    \"~^{}$\" '{}';\n"
CADDY_DESCRIBED = "@entaku_described_{0} {{\n\tpath_regexp entaku_described_{0} ^{1}$\n\tfile\n}}\nheader @entaku_described_{0} Link `{2}`\n"
"""Rules for what describes a table."""
MOVED = "(?:report/|quality/|charts/|tables/[^/]+/|follow/[^/]+/[^/]+/|follow/[^/]+[.](?:atom|ics|json)|[^/]+[.](?:csv(?:[.]gz)?|parquet|json|jsonld|ttl|md|atom|minisig|jsonl|xlsx|geojson|zip|sqlite|py|ts)|SHA256SUMS)?"
"""Pages and current files of a dataset; a page by its file's name is the one that leads to the new address."""
HOMES = {"dataset": "datasets", "organization": "publishers", "group": "themes"}
"""Where a page is that CKAN has at `/<kind>/<name>`, by kind; links of CKAN's clients lead there."""
FEEDS = "(?:follow/[^/]+[.](?:atom|ics|json)|[^/]+[.](?:csv(?:[.]gz)?|parquet|ttl|jsonld|md|jsonl|xlsx|geojson|zip|sqlite|py|ts)|(?:datapackage|manifest|profile|report|croissant)(?:[.]r[0-9]+)?[.]json|[^/]+[.](?:parts|sources)/[^/]+|[^/]+(?:-metadata|[.]schema|[.]files)[.]json|SHA256SUMS)"
"""Files of a dataset of which every version was withdrawn; its feed of news and `withdrawn.json` stay."""
PLAIN = (
    "site_read", "status_show", "package_list", "current_package_list_with_resources", "organization_list", "group_list",
    "tag_list", "license_list", *NONE_AT_ALL,
)  # fmt: skip
"""Actions that answer without arguments."""
MEDIA = {
    suffix: find_type(f".{suffix}").partition(";")[0]
    for suffix in (
        "csv", "gz", "parquet", "ttl", "jsonld", "rdf", "md", "cff", "jsonl", "xlsx", "geojson", "sqlite", "py", "ts", "ics",
    )
}  # fmt: skip
"""Media types that web servers commonly lack, by suffix."""
ENCODED = {suffix: kind + "; charset=utf-8" * kind.startswith("text/") for suffix, kind in MEDIA.items()}
"""The same, with the character encoding of text types."""
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Range, If-Match, If-Range, If-None-Match, If-Modified-Since, Authorization",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag, Link",
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
FRAMED = re.compile(r"/(?:en/)?datasets/[^/]+/charts/")
"""Paths of pages with charts alone, which any site may frame: they ask nothing of a visitor."""
_HOME = re.compile(rf"/({'|'.join(HOMES)})/([A-Za-z0-9-]+)_?(?:/|$)")
_POLICY = "Content-Security-Policy"


def find_moved(path: str) -> str:
    """Return where an address leads that is only another name of a page or a file; "" for any other."""
    if home := _HOME.match(path):
        return f"/{HOMES[home[1]]}/{home[2]}/"
    if latest := re.fullmatch(f"/{LATEST}", path):
        return f"/{latest[1]}/{latest[2] or ''}"
    merged = find_merged(path.removeprefix("/"))
    return f"/{merged}" if merged else ""


def allow_frames(policy: str, who: str = "*") -> str:
    """Return a policy that lets others frame a page."""
    return policy.replace("frame-ancestors 'self'", f"frame-ancestors {who}")


def allow_wasm(policy: str) -> str:
    """Return a policy under which workers may run WebAssembly.  Pages may not: they say the stricter one of themselves,
    and both hold for them."""
    return policy.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")


NAUGHT = '<!--# block name="n" --><!--# endblock -->'
COMPOSED = {
    "search": NAUGHT + '{{<!--# include virtual="{0}/facts/$entaku_filter/$entaku_facts" stub="n" -->,"results":['
    '<!--# include virtual="{0}/pages/$entaku_shown_page.txt" stub="n" -->],"sort":"$entaku_sort"}}',
    "chosen": NAUGHT + '{{"facets":{{}},"search_facets":{{}},"sort":"id asc","results":'
    '<!--# include virtual="{0}/scans/first.txt" stub="n" -->}}',
    "list": NAUGHT + '[<!--# include virtual="{0}/pages/$entaku_shown_page.txt" stub="n" -->]',
    "empty": "[]",
    "rows": NAUGHT + '<!--# include virtual="{0}/rows/$entaku_rows_of.txt" stub="n" -->',
    "with": NAUGHT + '<!--# include virtual="{0}/with/$entaku_action/$entaku_with.txt" stub="n" -->',
}
"""Results that nginx puts together of the files that `ckan.pieces` writes, by the kind of its rule."""


class Rules(Template):
    """A template with `%{name}` placeholders: the servers use `$` and `{` themselves."""

    delimiter = "%"


def render(catalogue: Catalogue) -> Iterator[Page]:
    """Write what the host that `site.host` names reads within the site; nothing for any other."""
    host, prefix = catalogue.office.site.host, urlsplit(find_root(catalogue)).path.rstrip("/")
    if host == "github-pages":
        yield Page(".nojekyll", b"")
    elif host is not None:
        facts = {"prefix": prefix, "for_ever": FOR_EVER}
        types = repeat(f"{prefix}/*.{{}}\n  Content-Type: {{}}\n", ENCODED).removesuffix("\n")
        policy = allow_wasm(GUARDS[_POLICY]) if catalogue.office.site.sql else GUARDS[_POLICY]
        headers = repeat("  {}: {}", {**HEADERS, _POLICY: policy})
        frames = fill("_frames", facts, policy=allow_frames(policy)) if host == "cloudflare" else b""
        yield Page("_headers", fill("_headers", facts, headers=headers, types=types) + frames)
        shown = b"".join(fill("_redirects", facts, action=action) for action in SHOWN if host == "netlify")
        moved = write_redirects(catalogue, prefix, "301!" if host == "netlify" else "301")
        homes = "".join(f"{prefix}/{kind}/:name {prefix}/{home}/:name/ 301\n" for kind, home in HOMES.items())
        homes += "".join(
            f"{prefix}/{own}datasets/:name/latest/* {prefix}/{own}datasets/:name/:splat 301\n" for own in ("", "en/")
        )
        homes += "".join(
            f"{prefix}/{former} {prefix}/{target} 301\n"
            for former, target in MERGED.items()
            if not re.search(":[a-z]+[^a-z/]", former)  # they know no part of a file's name
        )
        yield Page("_redirects", moved + homes.encode() + shown)


def write_rules(given: RuleFacts, server: str) -> dict[str, bytes]:
    """Write the files that `nginx` or `caddy` includes, by name; none for a URL with characters that need quoting."""
    root = to_uri(given.base_url.rstrip("/") + "/")
    prefix = urlsplit(root).path.rstrip("/")
    if not re.fullmatch(r"[\w./~-]*", prefix, re.ASCII) or re.search(r"[\"'\\${}]", root):
        return {}
    facts = {"prefix": prefix, "for_ever": FOR_EVER, "lasting": f"{HASHED}|{RELEASED}"}
    facts |= {"shown": "|".join(SHOWN), "plain": "|".join(PLAIN), "actions": "|".join(ACTIONS), **read_patterns()}
    facts["described"] = write_described(prefix, server)
    facts["framed"] = f"{prefix}{FRAMED.pattern}"
    moved = list(list_rules(given, prefix))
    homes = HOMES.items()
    if server == "nginx":
        rules = "".join(NGINX_MOVED.format(pattern, f"{prefix}/", name) for pattern, name in moved)
        rules += "".join(NGINX_HOME.format(f"{prefix}/", *each) for each in homes)
        rules += NGINX_LATEST.format(f"{prefix}/", LATEST) + write_merged(prefix, server)
        return _allow(given, fill_nginx(root, {**facts, "gone": write_gone(given, prefix, NGINX_GONE) + rules}))
    rules = "".join(CADDY_MOVED.format(each, n, f"{prefix}/", name) for n, (each, name) in enumerate(moved))
    rules += "".join(CADDY_HOME.format(f"{prefix}/", *each) for each in homes)
    rules += CADDY_LATEST.format(f"{prefix}/", LATEST) + write_merged(prefix, server)
    return _allow(given, fill_caddy(root, {**facts, "key": given.key}, write_gone(given, prefix, CADDY_GONE) + rules))


def _allow(given: RuleFacts, files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: allow_wasm(body.decode()).encode() for name, body in files.items()} if given.wasm else files


def write_described(prefix: str, server: str) -> str:
    """Write a server's rules on the header `Link` of tables: for nginx lines of a map."""
    rules = []
    for n, (pattern, link) in enumerate(DESCRIBED.items()):
        if server == "nginx":
            named = pattern.replace("([a-z", "(?<entaku_described_table>[a-z")
            rules.append(
                NGINX_DESCRIBED.format(f"{prefix}/{named}", link.replace("{table}", "$entaku_described_table"))
            )
        else:
            told = link.replace("{table}", f"{{re.entaku_described_{n}.1}}")
            rules.append(CADDY_DESCRIBED.format(n, f"{prefix}/{pattern}", told))
    return "".join(rules).removesuffix("\n")


def write_merged(prefix: str, server: str) -> str:
    """Write a server's rules for former addresses of what is part of another page or file."""
    rules = []
    for n, (pattern, target) in enumerate(list_merged()):
        names = [f"${group}" if server == "nginx" else f"{{re.entaku_merged_{n}.{group}}}" for group in range(1, 9)]
        rule = NGINX_MERGED if server == "nginx" else CADDY_MERGED
        rules.append(rule.format(f"{prefix}/", pattern, target.format(*names), n))
    return "".join(rules)


def list_rules(given: RuleFacts, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield a regular expression for the former addresses of each renamed dataset, and its present name."""
    there = {*given.names, *find_gone(given.tombstones, given.names)}
    for former in sorted(given.renamed):
        name = find_present(given.renamed, former)
        if name in there:
            yield f"^{prefix}/((?:en/)?)datasets/{former}/({MOVED})$", name


def write_redirects(catalogue: Catalogue, prefix: str, status: str) -> bytes:
    """Write a rule for each page at a former address, as static hosts read them."""
    pages = [(f"{prefix}/{PREFIX[lang]}", page) for page in list_moved(catalogue) for lang in page.languages]
    return "".join(f"{start}{page.path} {start}{page.about} {status}\n" for start, page in pages).encode()


def write_gone(given: RuleFacts, prefix: str, rules: tuple[str, str]) -> str:
    """Write a server's rules on what was withdrawn, which it answers with 410; `rules` as in NGINX_GONE."""
    former = {name: list_former(given.renamed, name) for name in find_gone(given.tombstones, given.names)}
    gone = (each for name, before in former.items() for each in (name, *before))
    whole = [f"datasets/{name}/{FEEDS}" for name in gone]
    patterns = [(rules[0], each) for each in join_patterns(match_gone(given))]
    patterns += [(rules[1], each) for each in join_patterns(whole)]
    return "".join(rule.format(f"^{prefix}/(?:{each})$", n) for n, (rule, each) in enumerate(patterns))


def match_gone(given: RuleFacts) -> list[str]:
    """List regular expressions of the site paths of versions and source files that were withdrawn."""
    gone = []
    for each in given.tombstones:
        version = each.version.replace(".", "[.]")
        names = (each.dataset, *list_former(given.renamed, each.dataset))
        if version:
            gone.append(f"datasets/{each.home or each.dataset}/{version}/{FILES}")
            pair = f"(?:{version}-[^/]+|[^/]+-{version})"
            gone.append(
                f"datasets/(?:{'|'.join(dict.fromkeys((*names, each.home or each.dataset)))})/changes/{pair}/{FILES}"
            )
        gone += [f"datasets/{name}/{raw.path}[.][a-z]+" for raw in each.raws for name in names]
    return gone


def join_patterns(patterns: Sequence[str]) -> list[str]:
    """Join regular expressions to as few as nginx reads."""
    return ["|".join(patterns[start : start + TOGETHER]) for start in range(0, len(patterns), TOGETHER)]


def fill_nginx(root: str, facts: Mapping[str, str]) -> dict[str, bytes]:
    """Fill in nginx's two files: `map` is allowed only in `http`, `location` only in `server`."""
    own = {
        **facts,
        "where": f", in the folder {facts['prefix']}" if facts["prefix"] else "",
        "headers": repeat(
            'add_header {} "{}" always;', {**HEADERS, _POLICY: allow_frames(GUARDS[_POLICY], "$entaku_frames")}
        ),
        "hidden": repeat("    proxy_hide_header {};", {**HEADERS, "Cache-Control": ""}),
        "types": repeat("    {1} {0};", MEDIA),
    }
    own["envelope_head"], own["envelope_tail"] = (part.decode() for part in enclose_dataset(root))
    for case, (status, body) in list_refusals(root, "$entaku_action").items():
        own[f"refuse_{case}"] = f"{status} '{body}'".replace("\n", "\\n")
    for case, result in COMPOSED.items():
        composed = result.format(f"{facts['prefix']}/api/3/composed").encode()
        own[f"answer_{case}"] = wrap_json(root, "$entaku_action", composed).decode()
    return {f"entaku-{part}.conf": fill(f"nginx-{part}.conf", own) for part in ("http", "server")}


def fill_caddy(root: str, facts: Mapping[str, str], gone: str) -> dict[str, bytes]:
    """Fill in Caddy's file; its patterns are within quotation marks.  `gone`: its rules on what was withdrawn."""
    own = {
        **{name: fact.replace("\\", "\\\\") for name, fact in facts.items()},
        "headers": repeat('\t{} "{}"', {**HEADERS, _POLICY: allow_frames(GUARDS[_POLICY], "{entaku_frames}")}),
        "gone": gone,
        "types": repeat('@entaku_{0} path *.{0}\nheader @entaku_{0} Content-Type "{1}"', ENCODED),
    }
    for case, (status, body) in list_refusals(root, "{re.entaku.1}").items():
        own[f"refuse_{case}"] = f"`{body.strip()}` {status}"
    own["answer_empty"] = wrap_json(root, "{re.entaku.1}", b"[]").decode()
    envelope = (part.decode().replace('"', '\\"') for part in enclose_dataset(root))
    told = {**facts, **dict(zip(("envelope_head", "envelope_tail"), envelope, strict=True))}
    for case in ("search", "list", "current", "with"):
        result = fill(f"caddy-{case}.txt", told).strip()
        answer = result if case == "with" else wrap_json(root, "{re.entaku.1}", result)
        own[f"answer_{case}"] = (fill("caddy-datasets.txt", told) + answer).decode()
    rules = fill("Caddyfile", own).decode()
    return {"entaku.caddy": rules.replace("<<", f"<{facts['key']}").replace(">>", f"{facts['key']}>").encode()}


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
        f"{files}, which can not search: give as q or fq no more than one of organization:, groups:, license_id: and "
        "res_format: with a name, as sort one field (fewer of them and of these in large catalogues), no fl, and rows=10, 20, 50, 100 or 1000 from a multiple of it"
    )
    more = f"{files} and can not answer with these arguments: "
    cases = {
        "post": Refusal(405, "Validation Error", f"{files}: use GET (ckanapi -g, get_only=True)"),
        "missing": Refusal(409, "Validation Error", "", {"id": ["Missing value"]}),
        "more": Refusal(409, "Validation Error", f"{more}give id alone"),
        "unknown": Refusal(404, "Not Found Error", "Not found"),
        "other": Refusal(409, "Validation Error", f"{files}: of this host, no action searches"),
        "rows": Refusal(
            409,
            "Validation Error",
            f"{files}: only of small tables, the first 5, 10, 20, 50, 100 or all rows; no filters, q, sort, fields or next_page",
        ),
        "list": Refusal(409, "Validation Error", f"{more}ask for the whole list"),
        "search": Refusal(409, "Search Error", search),
    }
    told = {case: (each.status, wrap_refusal(root, action, each).decode()) for case, each in cases.items()}
    unknown = '"Bad request: Action name not known, or not to be had from files"'
    since = f"{files}: they can not tell what changed since such a time, or of more than 10,000 datasets. Ask for everything; metadata_modified tells.\n"
    choice = "Harvest all datasets, or choose by organizations_filter_* and groups_filter_* (of more than 10,000 datasets, by one name to be included).\n"
    told |= {"choice": (409, f"{files}, which can not search. {choice}")}
    return told | {"action": (400, unknown), "since": (400, since)}
