"""Caddy 2: one file to import into the site's block, beside `root` and `file_server`."""

from collections.abc import Mapping, Sequence

from entaku.site.feeds.edge_nginx import ACTION, BY_ID, EVERYTHING, FOR_EVER, HARMLESS, ID, SEARCH, SINCE, TWICE

CHARSET = "; charset=utf-8"
CADDY = """\
# entaku: import this into the site's block, which has `root` and `file_server`.
encode gzip
header {
%(headers)s	?Cache-Control no-cache
}
@entaku_lasting {
	path_regexp ^%(prefix)s/(?:%(lasting)s)$
	file
}
header @entaku_lasting Cache-Control "%(for_ever)s"
%(types)s@entaku_options method OPTIONS
handle @entaku_options {
	respond 204
}

map "{query.rows}:{query.start}" {entaku_page} {entaku_past} {
	~^0:[0-9]*$ empty none
	~^(?:10)?:$ 10-0 none
	~^(?:10)?:(0|[1-9][0-9]*0)$ "10-${1}" empty
	~^(?:10)?:([1-9][0-9]*)$ "10-${1}" none
	~^100:$ 100-0 none
	~^100:(0|[1-9][0-9]*00)$ "100-${1}" empty
	~^100:([1-9][0-9]*)$ "100-${1}" none
	~^[1-9][0-9]{3,}:$ 1000-0 none
	~^[1-9][0-9]{3,}:(0|[1-9][0-9]*000)$ "1000-${1}" empty
	~^[1-9][0-9]{3,}:([1-9][0-9]*)$ "1000-${1}" none
	default none none
}

@entaku_search path_regexp entaku ^%(prefix)s/api/(?:3/)?action/(package_search)$
handle @entaku_search {
	@post not method GET HEAD
	handle @post {
		%(post)s
	}
	@since expression `{query}.matches("(?i)(?:^|&)fq=[^&]*%(since)s")`
	handle @since {
		%(since_refused)s
	}
	@page {
		expression `{query}.matches("^(?:%(search)s(?:&|$))*$")`
		not expression `{query}.matches("%(twice)s")`
		not expression `{query}.matches("(?:^|&)q=[^&]") && !{query}.matches("(?i)(?:^|&)q=%(everything)s(?:&|$)")`
		not expression `{query}.matches("(?:^|&)fq=[^&]") && !{query}.matches("(?i)(?:^|&)fq=%(everything)s(?:&|$)")`
		not expression `{query}.matches("(?:^|&)sort=[^&]") && !{query}.matches("(?i)(?:^|&)sort=%(by_id)s(?:&|$)")`
		file {
			try_files %(prefix)s/api/3/package_search/{entaku_page}.json %(prefix)s/api/3/package_search/{entaku_past}.json
		}
	}
	handle @page {
		header Content-Type application/json
		rewrite * {http.matchers.file.relative}
		file_server
	}
	handle {
		%(search_refused)s
	}
}
@entaku_show path_regexp entaku ^%(prefix)s/api/(?:3/)?action/(%(shown)s)$
handle @entaku_show {
	@post not method GET HEAD
	handle @post {
		%(post)s
	}
	@missing not expression `{query}.matches("(?:^|&)id=[^&]")`
	handle @missing {
		%(missing)s
	}
	@more {
		not expression `{query}.matches("^(?:%(harmless)s&)*id=[^&]+(?:&%(harmless)s)*$")`
	}
	handle @more {
		%(more)s
	}
	@known {
		expression `{query.id}.matches("^%(id)s$")`
		file {
			try_files %(prefix)s/api/3/{re.entaku.1}/{query.id}.json
		}
	}
	handle @known {
		rewrite * %(prefix)s/api/3/{re.entaku.1}/{query.id}.json
		file_server
	}
	handle {
		%(unknown)s
	}
}
@entaku_help path_regexp entaku ^%(prefix)s/api/(?:3/)?action/(help_show)$
handle @entaku_help {
	@known {
		method GET HEAD
		expression `{query.name}.matches("^[a-z_]+$")`
		file {
			try_files %(prefix)s/api/3/help_show/{query.name}.json
		}
	}
	handle @known {
		rewrite * %(prefix)s/api/3/help_show/{query.name}.json
		file_server
	}
	handle {
		%(unknown)s
	}
}
@entaku_plain path_regexp entaku ^%(prefix)s/api/(?:3/)?action/(%(plain)s)$
handle @entaku_plain {
	@post not method GET HEAD
	handle @post {
		%(post)s
	}
	@whole expression `{query}.matches("^(?:(?:%(harmless)s|all_fields=(?:[Ff]alse|0)?)(?:&|$))*$")`
	handle @whole {
		header Content-Type application/json
		rewrite * %(prefix)s/api/3/action/{re.entaku.1}
		file_server
	}
	@fields {
		expression `{query}.matches("^(?:%(harmless)s&)*all_fields=(?:[Tt]rue|1)(?:&%(harmless)s)*$")`
		file {
			try_files %(prefix)s/api/3/{re.entaku.1}/all_fields.json
		}
	}
	handle @fields {
		rewrite * %(prefix)s/api/3/{re.entaku.1}/all_fields.json
		file_server
	}
	handle {
		%(list)s
	}
}
@entaku_action path_regexp ^%(prefix)s/api/(?:3/)?action/
handle @entaku_action {
	%(action)s
}
"""


def write_caddy(
    prefix: str,
    shown: Sequence[str],
    plain: Sequence[str],
    headers: Mapping[str, str],
    media: Mapping[str, str],
    lasting: str,
    refusals: Mapping[str, tuple[int, str]],
) -> str:
    """The whole file.  Caddy can't tell an empty POST from another: every POST is told to use GET."""
    said = {case: respond(status, body.replace(ACTION, "{re.entaku.1}")) for case, (status, body) in refusals.items()}
    quoted = {
        "twice": TWICE, "harmless": HARMLESS, "id": ID, "search": SEARCH, "everything": EVERYTHING, "since": SINCE,
        "by_id": BY_ID,
    }  # fmt: skip
    return CADDY % {
        **said,
        **{key: value.replace("\\", "\\\\") for key, value in quoted.items()},
        "prefix": prefix,
        "lasting": lasting,
        "for_ever": FOR_EVER,
        "shown": "|".join(shown),
        "plain": "|".join(plain),
        "headers": "".join(f'\t{name} "{value}"\n' for name, value in headers.items()),
        "types": "".join(
            f'@entaku_{suffix} path *.{suffix}\nheader @entaku_{suffix} Content-Type "{kind}{CHARSET if kind.startswith("text/") else ""}"\n'
            for suffix, kind in media.items()
        ),
        "search_refused": said["search"],
        "since_refused": said["since"],
    }


def respond(status: int, body: str) -> str:
    """Directives that answer with `body`."""
    kind = "application/json" if body.startswith(("{", '"')) else "text/plain"
    return f"header Content-Type {kind}\n\t\trespond `{body.strip()}` {status}"
