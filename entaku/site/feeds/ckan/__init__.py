"""CKAN's read API: `feed` writes its answers as files, `answer` answers from these what files alone can't."""

from entaku.site.feeds.ckan.answer import Library, answer_action, find_action, load_library, read_body, read_query
from entaku.site.feeds.ckan.replies import ROOTS

__all__ = ["ROOTS", "Library", "answer_action", "find_action", "load_library", "read_body", "read_query"]
