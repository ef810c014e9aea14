"""`mcp.json`: how a client of the Model Context Protocol starts `entaku mcp` over this site (docs/mcp.md).

It has the form of clients' own configuration (`mcpServers`).  A server card (SEP-2127) tells of servers at an address,
which a site of files isn't.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from entaku.model.nouns import Catalogue, Page
from entaku.site.feeds.common import dump, find_root

MCP = "mcp.json"


def render(catalogue: Catalogue) -> Iterator[Page]:
    """Write the file."""
    root = find_root(catalogue)
    name = re.sub("[^a-z0-9]+", "-", (urlsplit(root).hostname or "").lower()).strip("-") or "entaku"
    yield Page(MCP, dump({"mcpServers": {name: {"command": "entaku", "args": ["mcp", root]}}}))
