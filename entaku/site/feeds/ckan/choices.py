"""What a harvesting CKAN chooses, by organizations, by groups and by the time since which it wants what changed: there
are more such questions than files, so that nginx goes through the datasets, by SSI.

The rules (`feeds.edge`) make `$entaku_choice` of such an `fq`: the digits of the time, `|`, the organizations and `|`, the
groups as they were asked for.  A scan is a text that compares it with each dataset in the order of their ids.  SSI can
neither compare times nor count: that a time is not after a dataset's is a regular expression of its digits, and a number
is as many `x`.  A dataset of a scan takes 20 µs of nginx's time, 10,000 of them 0.2 s; therefore there are shorter scans
of what changed last, and none in a catalogue of more than MOST_SCANNED datasets.

    scans/first.txt         leads to the shortest scan that has all that changed since a time
    scans/<count>.txt       of about as many datasets, which changed last
    scans/all.txt           of all datasets
"""

import io
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from entaku.model.nouns import Page
from entaku.site.feeds.ckan.pieces import FOLDER, NAUGHT, SAFE, Listed, include

MOST_SCANNED = 10_000
SHORTER = (50, 200, 800, 3200)
"""Datasets of the shorter scans; together they are a third of the longest."""
PLACES = (1000, 100, 10, 1)
"""Places of the digits of a number; there may be ten thousand."""
END = "(?!.)"
"""The end of a text in SSI's regular expressions, where `$` begins the name of a variable."""


def render(root: str, entries: Sequence[Listed]) -> Iterator[Page]:
    """Write the scans of `entries`, which are sorted by id."""
    if len(entries) > MOST_SCANNED:
        return
    prefix, ways, before = urlsplit(root).path.rstrip("/"), list[str](), ""
    newest = sorted(map(read_digits, entries), reverse=True)
    for count in (each for each in SHORTER if each < len(entries)):
        if newest[count] == before or newest[count] == newest[0]:
            continue  # many changed at once: the scan would be the same, or have none
        before = newest[count]
        ways.append(f'if expr="$entaku_choice != /^{match_until(before)}[0-9]*[|]/" -->{lead(prefix, count)}<!--# el')
        yield write_scan(prefix, count, [each for each in entries if read_digits(each) > before])
    whole = lead(prefix, "all")
    chain = f"<!--# {''.join(ways)}se -->{whole}<!--# endif -->" if ways else whole
    yield Page(f"{FOLDER}/scans/first.txt", NAUGHT + chain.encode())
    yield write_scan(prefix, "all", entries)


def lead(prefix: str, name: int | str) -> str:
    """Return the directive that shows a scan."""
    return include(prefix, f"scans/{name}.txt").decode()


def read_digits(each: Listed) -> str:
    """Return the time at which a dataset changed, as 20 digits."""
    return re.sub(r"\D", "", each.modified)


def match_until(digits: str) -> str:
    """Return a regular expression of `digits` and all numbers of as many that are not larger."""
    found = ""
    for digit, rest in zip(reversed(digits), range(len(digits)), strict=True):
        less = {"0": "", "1": "0"}.get(digit, f"[0-{int(digit) - 1}]")
        more = f"[0-9]{{{rest}}}" if rest else ""
        found = f"(?:{less}{more}|{digit}{found})" if less else digit + found
    return found


def match_values(names: Sequence[str]) -> str:
    """Return a regular expression of the questions to which a dataset with the values `names` belongs: none,
    one that has any of them, and one that excludes others only."""
    safe = [re.sub("[.]", "[.]", name) for name in names if SAFE.issuperset(name)]
    if not safe:
        return "(?:-[^|]*)?"
    named = f"(?::|%3A)(?:{'|'.join(safe)})(?:[+%|]|{END})"
    return f"(?:(?=[|]|{END})|-(?![^|]*{named})[^|]*|[a-z](?=[^|]*{named})[^|]*)"


def write_scan(prefix: str, name: int | str, members: Sequence[Listed]) -> Page:
    """Write a scan: how many datasets there are, and those of the page that is asked for.

    `h` and `u` count whole pages and what is beyond, `w` is the page that is asked for, `v` that of the dataset."""
    written = io.BytesIO()  # a list to join would need three times the memory
    written.write(NAUGHT + count_wanted().encode() + b"[")
    for each in members:
        chosen = "[|]".join(match_values(each.list_values(field)) for field in ("organization", "groups"))
        shown = (
            f'<!--# if expr="$entaku_choice = /^{match_until(read_digits(each))}[0-9]*[|]{chosen}{END}/" -->'
            '<!--# set var="v" value="$h" --><!--# set var="u" value="${u}x" -->'
            '<!--# else --><!--# set var="v" value="no" --><!--# endif -->'
            '<!--# if expr="$v = $w" --><!--# echo var="c" default="" --><!--# set var="c" value="," -->'
            f"{include(prefix, f'packages/{each.name}.json').decode()}<!--# endif -->"
            '<!--# if expr="$u = $full" --><!--# set var="u" value="" --><!--# set var="h" value="${h}x" --><!--# endif -->'
        )
        written.write(shown.encode())
    written.write(b'],"count":' + show_count().encode())
    return Page(f"{FOLDER}/scans/{name}.txt", written.getvalue())


def count_wanted() -> str:
    """Return directives that set `full` to the size of a page, and `w` to the number of the page that is asked for."""
    parts = [set_to("u", ""), set_to("h", ""), set_to("c", ""), set_to("w", ""), set_to("x1", "x")]
    for place in (10, 100, 1000):
        parts.append(set_to(f"x{place}", f"${{x{place // 10}}}" * 10))
        parts.append(f'<!--# if expr="$entaku_size = {place}" -->{set_to("full", f"${{x{place}}}")}<!--# endif -->')
    for rest, place in enumerate((1, 10, 100, 1000)):
        ways = (
            f'expr="$entaku_turn = /{digit}[0-9]{{{rest}}}{END}/" -->{set_to("w", "${w}" + f"${{x{place}}}" * digit)}'
            for digit in range(1, 10)
        )
        parts.append(f"<!--# if {'<!--# elif '.join(ways)}<!--# endif -->")
    parts.append(f'<!--# if expr="$entaku_turn = none" -->{set_to("w", "none")}<!--# endif -->')
    return "".join(parts)


def show_count() -> str:
    """Return directives that show how many were counted, in decimal digits."""
    ways = zip((10, 100, 1000), (set_to("h", "${h}" * 10) * power for power in (1, 2, 3)), strict=True)
    tens = "<!--# elif ".join(f'expr="$entaku_size = {size}" -->{each}' for size, each in ways)
    parts = [f"<!--# if {tens}<!--# endif -->", set_to("u", "${h}${u}")]
    for place in PLACES:
        more, most = (f"(?:x{{{10 * place}}})*", 9) if place < PLACES[0] else ("", MOST_SCANNED // place)
        shown = [
            f'expr="$u = /^{more}x{{{digit * place},{(digit + 1) * place - 1}}}{END}/" -->{digit}'
            for digit in range(1, most + 1)
        ]
        if place == 1:
            shown.append('expr="$u = /^/" -->0')
        elif more:
            shown.append(f'expr="$u = /^x{{{10 * place}}}/" -->0')
        parts.append(f"<!--# if {'<!--# elif '.join(shown)}<!--# endif -->")
    return "".join(parts)


def set_to(name: str, value: str) -> str:
    """Return the directive that sets a variable of SSI."""
    return f'<!--# set var="{name}" value="{value}" -->'
