"""nginx: two files to include, as its `map` may stand only in `http` and its `location` only in `server`."""

from collections.abc import Mapping, Sequence

from entaku.site.feeds.edge_nginx_post import ASIDE, LISTED, POST_HTTP, POST_SERVER, SEARCHED

ACTION = "ACTION"
"""Stands in a refusal for the action that is refused."""
FOR_EVER = "public, max-age=31536000, immutable"
"""Cache-Control of what never changes (RFC 8246)."""
HARMLESS = (
    "(?:(?:include_(?:users|followers|password_hash|dataset_count|extras|groups|tags)|use_default_schema)=[^&]*"
    "|include_[a-z_]+=(?:[Ff]alse|0)?)"
)
"""Arguments that change nothing of what the files say."""
ID = "[A-Za-z0-9_-]{2,100}"
SEARCH = (
    "(?:(?:q|fq|sort|rows|start|facet|facet[.]limit|facet[.]mincount|use_default_schema"
    "|include_(?:private|drafts|deleted))=[^&]*|facet[.]field=(?:%5B%5D|\\[\\])?)"
)
TWICE = "|".join(f"(?:^|&){key}=.*&{key}=" for key in ("q", "fq", "sort", "rows", "start", "id"))
EVERYTHING = "(?:\\*|%2A)(?::|%3A)(?:\\*|%2A)"
SINCE = "(?:\\+|%2B)?metadata_modified(?::|%3A)"
BY_ID = "id(?:\\+|%20)asc"

HTTP = """\
# entaku: include this in http { }, beside `include mime.types`, and nginx-server.conf in the site's server { }.
types {
%(types)s}

# What a request may ask of files.  Everything else is refused, as a file would answer another question.
map $uri $entaku_cache {
    "~^%(prefix)s/(?:%(lasting)s)$" "%(for_ever)s";
    default no-cache;
}
map $args $entaku_twice {
    "~%(twice)s" 1;
    default "";
}
map "$entaku_twice:$args" $entaku_id {
    "~^:(?:%(harmless)s&)*id=(?<entaku_name>%(id)s)(?:&%(harmless)s)*$" $entaku_name;
    "~^:(?:%(harmless)s&)*id=[^&]+(?:&%(harmless)s)*$" "-";
    "~(?:^:|&)id=[^&]" ".more";
    default ".missing";
}
map $args $entaku_help {
    "~^name=(?<entaku_helped>[a-z_]+)$" $entaku_helped;
    default "-";
}
map $args $entaku_list {  # a map never tries its patterns on nothing at all
    "" plain;
    "~^(?:%(harmless)s(?:&|$))*$" plain;
    "~^(?:%(harmless)s&)*all_fields=(?:[Ff]alse|0)?(?:&%(harmless)s)*$" plain;
    "~^(?:%(harmless)s&)*all_fields=(?:[Tt]rue|1)(?:&%(harmless)s)*$" all_fields;
    default "";
}
map "$entaku_twice:$args" $entaku_known {
    "~^:(?:%(search)s(?:&|$))*$" y;
    default n;
}
map $arg_q $entaku_q {
    "" y;
    "~*^%(everything)s$" y;
    default n;
}
map $arg_fq $entaku_fq {
    "" y;
    "~*^%(everything)s$" y;
    "~*%(since)s" s;
    default n;
}
map $arg_sort $entaku_sort {
    "" y;
    "~*^%(by_id)s$" y;
    default n;
}
map $arg_rows $entaku_rows {
    "" 10;
    "~^(?:0|10|100)$" $arg_rows;
    "~^[1-9][0-9]{3,}$" 1000;
    default n;
}
map $arg_start $entaku_start {
    "" 0;
    default $arg_start;
}
map "$entaku_known$entaku_q$entaku_fq$entaku_sort:$entaku_rows:$entaku_start" $entaku_page {
    "~^yyyy:0:[0-9]+$" empty;
    "~^yyyy:(?<entaku_page_of>10|100|1000):(?<entaku_page_from>0|[1-9][0-9]*)$" $entaku_page_of-$entaku_page_from;
    default "";
}
map "$entaku_rows:$entaku_start" $entaku_past {  # where no page begins, nothing can begin but past the end
    "~^10:[0-9]*0$" empty;
    "~^100:(?:0|[0-9]*00)$" empty;
    "~^1000:(?:0|[0-9]*000)$" empty;
    default none;
}
"""

SERVER = """\
# entaku: include this in the server { } of the site, whose files are at its root%(where)s.
charset utf-8;
charset_types text/plain text/css text/csv text/markdown text/turtle application/json application/javascript text/javascript;
gzip on;
gzip_types application/json application/ld+json text/turtle text/css application/javascript text/javascript image/svg+xml;
%(headers)sadd_header Cache-Control $entaku_cache always;
error_page 404 %(prefix)s/404.html;
if ($request_method = OPTIONS) { return 204; }

location ~ ^%(prefix)s/api/(?:3/)?action/package_search$ {
    default_type application/json;
    if ($request_method !~ ^(?:GET|HEAD)$) { return %(post)s; }
    if ($entaku_fq = s) { rewrite ^ %(prefix)s/api/3/since last; }
    if ($entaku_page = "") { return %(search_refused)s; }
    try_files %(prefix)s/api/3/package_search/$entaku_page.json %(prefix)s/api/3/package_search/$entaku_past.json @entaku_search;
}
location = %(prefix)s/api/3/since {  # not JSON, or CKAN's harvester takes it for "nothing has changed"
    internal;
    default_type text/plain;
    return %(since_refused)s;
}
location ~ ^%(prefix)s/api/(?:3/)?action/(?<entaku_shown>%(shown)s)$ {
    default_type application/json;
    if ($request_method !~ ^(?:GET|HEAD)$) { return %(post)s; }
    if ($entaku_id = .missing) { return %(missing)s; }
    if ($entaku_id = .more) { return %(more)s; }
    try_files %(prefix)s/api/3/$entaku_shown/$entaku_id.json @entaku_unknown;
}
location ~ ^%(prefix)s/api/(?:3/)?action/help_show$ {
    default_type application/json;
    if ($request_method !~ ^(?:GET|HEAD)$) { return %(post)s; }
    try_files %(prefix)s/api/3/help_show/$entaku_help.json @entaku_unknown;
}
location ~ ^%(prefix)s/api/(?:3/)?action/(?<entaku_plain>%(plain)s)$ {
    default_type application/json;
    if ($request_method !~ ^(?:GET|HEAD)$) { return %(post)s; }
    if ($entaku_list = "") { return %(list)s; }
    try_files %(prefix)s/api/3/$entaku_plain/$entaku_list.json %(prefix)s/api/3/action/$entaku_plain =404;
}
location ~ ^%(prefix)s/api/(?:3/)?action/ {
    default_type application/json;
    return %(action)s;
}
location @entaku_search {
    default_type application/json;
    return %(search_refused)s;
}
location @entaku_unknown {
    default_type application/json;
    return %(unknown)s;
}
"""


def write_http(prefix: str, media: Mapping[str, str], lasting: str) -> str:
    """What stands in `http`: media types, and maps from what is asked to the file that answers it."""
    return (HTTP + POST_HTTP) % {
        "prefix": prefix,
        "lasting": lasting,
        "for_ever": FOR_EVER,
        "types": "".join(f"    {kind} {suffix};\n" for suffix, kind in media.items()),
        "twice": TWICE,
        "harmless": HARMLESS,
        "id": ID,
        "search": SEARCH,
        "everything": EVERYTHING,
        "since": SINCE,
        "by_id": BY_ID,
        "aside": ASIDE,
        "listed": LISTED,
        "searched": SEARCHED,
    }


def write_server(
    prefix: str,
    shown: Sequence[str],
    plain: Sequence[str],
    headers: Mapping[str, str],
    refusals: Mapping[str, tuple[int, str]],
) -> str:
    """What stands in `server`: headers, and a location for each kind of action."""
    said = {case: f"{status} '{body}'".replace(ACTION, "$entaku_action") for case, (status, body) in refusals.items()}
    return (SERVER + POST_SERVER) % {
        **said,
        "prefix": prefix,
        "where": f", in the folder {prefix}" if prefix else "",
        "shown": "|".join(shown),
        "plain": "|".join(plain),
        "headers": "".join(f'add_header {name} "{value}" always;\n' for name, value in headers.items()),
        "hidden": "".join(f"    proxy_hide_header {name};\n" for name in (*headers, "Cache-Control")),
        "search_refused": said["search"],
        "since_refused": said["since"].replace("\n", "\\n"),
    }
