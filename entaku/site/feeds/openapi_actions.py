"""CKAN's actions that files answer, for `openapi`: what each does, its arguments, and what these mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from entaku.site.feeds.ckan.replies import ACTIONS, NONE_AT_ALL
from entaku.site.feeds.ckan.small import LIMITS

SAID: Mapping[str, str] = {
    "site_read": "読めること / that the site may be read",
    "status_show": "このサイトについて / about the site",
    "license_list": "利用条件の一覧 / the licences",
    **dict.fromkeys(NONE_AT_ALL, "ここにはないので、空の一覧 / an empty list: there are none here"),
    "package_list": "データセットの名前の一覧 / names of datasets",
    "current_package_list_with_resources": "データセットの一覧、新しい順 / datasets, the newest first",
    "package_search": "データセットを探す / search for datasets",
    "package_show": "データセットの記述 / a dataset",
    "organization_list": "公開者（CKAN の組織）の一覧 / publishers, as CKAN's organizations",
    "organization_show": "公開者 / a publisher",
    "group_list": "分野（CKAN のグループ）の一覧 / themes, as CKAN's groups",
    "group_show": "分野 / a theme",
    "group_package_show": "分野のデータセット / the datasets of a theme",
    "tag_list": "キーワードの一覧 / keywords",
    "resource_show": "ファイルの記述 / a file",
    "resource_view_list": "ファイルの見せ方。ここにはない / views of a file, of which there are none",
    "datastore_search": "表の行 / rows of a table",
    "help_show": "操作の説明 / what an action does",
}
"""What each action does."""
_LIST = ("all_fields", "limit", "offset", "sort")
ARGUMENTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("site_read", "status_show", "license_list", *NONE_AT_ALL), ()),
    "package_list": ("limit", "offset"),
    "current_package_list_with_resources": ("limit", "offset"),
    "organization_list": _LIST,
    "group_list": _LIST,
    "tag_list": ("all_fields",),
    "package_search": ("q", "fq", "sort", "rows", "start", "facet.field", "facet.limit"),
    "package_show": ("id!",),
    "organization_show": ("id!", "include_datasets"),
    "group_show": ("id!", "include_datasets"),
    "group_package_show": ("id!",),
    "resource_show": ("id!",),
    "resource_view_list": ("id!",),
    "datastore_search": ("resource_id!", "limit"),
    "help_show": ("name!",),
}  # fmt: skip
"""Arguments of the actions that files answer; those with `!` must be given."""
_COUNT = {"type": "integer", "minimum": 0}
QUERIES: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "q": ({"type": "string", "examples": ["organization:name"]}, "`organization:`、`groups:`、`tags:`、`license_id:`、`res_format:` のどれかと名前、または `*:*` / one of these with a name, or `*:*`"),
    "fq": ({"type": "string", "examples": ["groups:name"]}, "同じもの。`q` とどちらか / the same; give it or `q`"),
    "sort": ({"type": "string", "examples": ["metadata_modified desc"]}, "`name`、`title`、`metadata_modified`、`metadata_created` のどれかに `asc` か `desc` / one of these fields with `asc` or `desc`"),
    "rows": ({"type": "integer", "enum": [0, 10, 20, 50, 100, 1000]}, "一度に返す件数 / datasets in an answer"),
    "start": (_COUNT, "飛ばす件数。`rows` の倍数 / how many to leave out, a multiple of `rows`"),
    "facet.field": ({"type": "string", "examples": ['["organization"]']}, "集計する項目一つの JSON の一覧 / a JSON list of one facet"),
    "facet.limit": ({"type": "integer", "enum": [-1, 5, 10, 20, 50, 100, 500, 1000]}, "集計の値の数。-1 はすべて / values of a facet; -1 for all"),
    "limit": (_COUNT, "多くて何件 / most in an answer"),
    "offset": (_COUNT, "飛ばす件数。`limit` の倍数 / how many to leave out, a multiple of `limit`"),
    "all_fields": ({"type": "boolean"}, "名前だけでなく全部 / whole records instead of names"),
    "include_datasets": ({"type": "boolean"}, "データセットも / with its datasets"),
    "id": ({"type": "string", "pattern": "^[A-Za-z0-9_-]{2,100}$"}, "id か名前 / id or name"),
    "resource_id": ({"type": "string", "format": "uuid"}, "表の CSV の id（`resources[].id`）/ id of a table's CSV"),
    "name": ({"type": "string", "enum": list(ACTIONS)}, "操作の名前 / name of an action"),
}  # fmt: skip
"""What an argument may be, and means."""
OTHERWISE: Mapping[tuple[str, str], tuple[Mapping[str, Any], str]] = {
    ("datastore_search", "limit"): (
        {"type": "integer", "enum": [*LIMITS, 1000, 32_000]},
        "行の数。ファイルで答えるのは 1,000 行までの表で、1000 と 32000 はすべて / rows in an answer; files answer for tables "
        "of up to 1,000 rows, 1000 and 32000 give all of them",
    ),
}
"""Arguments that mean something else in one action."""
