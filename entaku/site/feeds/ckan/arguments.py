"""Arguments of CKAN's actions, as its validators read them.  Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from entaku.site.feeds.ckan.replies import LISTED, invalid


def take_text(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if isinstance(value, (dict, list)):
        raise invalid(key, "Must be a single value")
    return "" if value is None else str(value)


def read_natural(given: Mapping[str, Any], key: str, default: int, negative: bool = False) -> int:
    value = given.get(key)
    if value is None or value == "":
        return default
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,9}", str(value).strip(), re.ASCII):
        raise invalid(key, "Invalid integer")
    if int(value) < 0 and not negative:
        raise invalid(key, "Must be a natural number")
    return int(value)


def read_flag(given: Mapping[str, Any], key: str, default: bool) -> bool:
    value = given.get(key)
    if value is None or value == "":
        return default
    text = str(value).strip().lower()
    if text not in ("true", "yes", "on", "y", "t", "1", "false", "no", "off", "n", "f", "0"):
        raise invalid(key, "Must be true or false")
    return text in ("true", "yes", "on", "y", "t", "1")


def read_list(given: Mapping[str, Any], key: str, plain: bool = False) -> list[str]:
    """Parse a list: a list, or a JSON list as text; with `plain` also one value, or several with commas or spaces."""
    value = given.get(key)
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            if not plain:
                raise invalid(key, "Could not parse as valid JSON") from None
            value = re.split(r"[\s,]+", value.strip())
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or len(value) > LISTED or not all(isinstance(each, str) for each in value):
        raise invalid(key, f"Not a list of at most {LISTED} strings")
    return value
