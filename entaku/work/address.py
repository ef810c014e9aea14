"""The address of the site: that it is written before anything is published under it, and what follows a change."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from entaku.model.grammar import Office
from entaku.model.nouns import Finding, Place
from entaku.store import read_project
from entaku.store import site as sites

OFFICE = "catalogue.yaml"
_RESERVED = re.compile(r"(.+\.)?(example|invalid|test|example\.(com|net|org|jp|co\.jp|ac\.jp))")
_HERE = re.compile(r"(.+\.)?localhost|127\.[0-9.]+|\[?::1\]?")
"""Hosts that are nobody's (RFC 2606, RFC 6761; JPRS has example.jp and the like), and this machine."""


def judge_address(project: Path, office: Office, site: Path) -> tuple[Finding, ...]:
    """Return a warning where the site has no address of its own, what follows where it had another one before, and a
    notice where a published site names nobody to write to."""
    told = list(_judge(office.base_url, find_former(site), Place(file=OFFICE, line=_find_line(project))))
    silent = [key for key, one in office.publishers.items() if not one.email]
    if silent and "@" not in (office.contact or "") and not _is_nowhere(office.base_url):
        told.append(Finding("contact-unset", "notice", Place(file=OFFICE), ", ".join(silent)))
    return tuple(told)


def _judge(now: str, before: str, place: Place) -> Iterator[Finding]:
    if _is_nowhere(now):
        yield Finding("address-unset", "warning", place, now)
    if before and before.rstrip("/") != now.rstrip("/"):
        if _is_nowhere(before):
            yield Finding("address-set", "notice", place, now, {"before": before})
        else:
            yield Finding("address-changed", "warning", place, now, {"before": before})


def is_reserved(address: str) -> bool:
    """Test whether nothing can be published at an address, as it is one for examples."""
    return _RESERVED.fullmatch(_find_host(address)) is not None


def _is_nowhere(address: str) -> bool:
    return is_reserved(address) or _HERE.fullmatch(_find_host(address)) is not None


def _find_host(address: str) -> str:
    return (urlsplit(address).hostname or "").lower().rstrip(".")


def find_former(site: Path) -> str:
    """Return the address under which the site that is there was made, as its robots.txt has it; "" if there is none."""
    body = sites.read_site(site, "robots.txt") or b""
    found = re.search(rb"^Sitemap: (\S+/)sitemap\.xml$", body, re.MULTILINE)
    return found[1].decode("utf-8", "replace") if found else ""


def _find_line(project: Path) -> int | None:
    """Return the line of `base_url` in catalogue.yaml; None where it isn't written."""
    lines = read_project(project, OFFICE).get(OFFICE, b"").split(b"\n")
    return next((n for n, line in enumerate(lines, 1) if line.startswith(b"base_url:")), None)
