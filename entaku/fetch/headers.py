"""What is sent along to a source's own server, its secrets from the environment."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from entaku.fetch.host import name_server
from entaku.model.nouns import Finding, Refused
from entaku.model.source import Source


@dataclass(frozen=True)
class Headers:
    """What is sent along to one server, and to no other that it may redirect to; some of it is secret."""

    server: str
    """Scheme, host and port: `https://api.example.jp`."""
    values: Mapping[str, str] = field(repr=False)


def read_headers(source: Source, environment: Mapping[str, str], allowed: Collection[str]) -> Headers | None:
    """What is sent along to the source's own server.  Raises Refused for a variable that is not set, or a server that
    it would reach in clear, unless that is `allowed`."""
    if not source.headers:
        return None
    server = name_server(source.ckan.site if source.ckan is not None else source.url)
    if not server.startswith("https://") and (urlsplit(server).hostname or "") not in allowed:
        raise Refused(Finding("secret-in-clear", value=server))
    values = {}
    for name, secret in source.headers.items():
        value = environment.get(secret.env, "").strip()
        if not re.fullmatch(r"[\x20-\x7e]+", value):
            raise Refused(Finding("secret-missing", value=secret.env))
        values[name] = value
    return Headers(server, values)
