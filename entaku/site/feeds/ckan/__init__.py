"""CKAN's read API: `feed` writes its answers as files, `answer` computes the others from these for `entaku serve`."""

from entaku.site.feeds.ckan.answer import Library, answer_action, find_action, load_library, read_body, read_query
from entaku.site.feeds.ckan.replies import ROOTS
from entaku.site.feeds.ckan.small import list_small, write_rows

__all__ = [
    "ROOTS",
    "Library",
    "answer_action",
    "find_action",
    "list_small",
    "load_library",
    "read_body",
    "read_query",
    "write_rows",
]
