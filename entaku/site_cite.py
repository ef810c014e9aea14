"""How to cite a version, and where to send word about it: as text, BibTeX, CSL-JSON and an address.  Pure text."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from entaku import facets
from entaku.grammar import Office
from entaku.model import Lang, Release
from entaku.site_format import show_day

BIBTEX_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{sign: "\\" + sign for sign in "&%$#_"},
}  # fmt: skip
"""What LaTeX would take for its own."""
ENCODE = json.JSONEncoder(ensure_ascii=False).encode
"""`json.dumps` makes an encoder for each value."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A reference to one version, ready to copy."""

    kind: str
    """`text`, `bibtex`, `csl`."""
    title: str
    text: str


def write_citations(office: Office, release: Release, lang: Lang) -> tuple[Citation, ...]:
    """The reference to `release` in each form.

    Its parts are those that DataCite asks for (https://datacite.org/cite-your-data/): creator, year, title, version,
    publisher, type and identifier, which here is the version's permanent URL.
    """
    publisher = office.publishers.get(release.pipeline.publisher)
    author = publisher.title.get(lang) if publisher else release.pipeline.publisher
    title = facets.mark_sample(release.pipeline.title, "sample" in release.served).get(lang)
    terms = office.licenses.get(release.pipeline.license)
    license_ = terms.title.get(lang) if terms else release.pipeline.license
    house, version = office.title.get(lang), release.version
    day = facets.find_day(release.created, office.timezone)
    address = f"{office.base_url.rstrip('/')}/datasets/{quote(release.dataset)}/{version}/"
    if lang == "ja":
        text = f"{author}「{title}」版 {version}（{show_day(day, lang)}取得）、{house}、{license_}。{address}"
    else:
        text = f"{author} ({day.year}). {title} (Version {version}) [Data set]. {house}. {license_}. {address}"
    entries = {
        "author": f"{{{escape_bibtex(author)}}}", "title": f"{{{escape_bibtex(title)}}}", "year": str(day.year),
        "month": str(day.month), "version": version, "publisher": escape_bibtex(house), "url": escape_url(address),
        "note": escape_bibtex(f"Data set, {license_}"),
    }  # fmt: skip
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in entries.items())
    csl = {
        "id": f"{release.dataset}-{version}", "type": "dataset", "title": title, "author": [{"literal": author}],
        "publisher": house, "issued": {"date-parts": [[day.year, day.month, day.day]]}, "version": version,
        "URL": address, "language": lang,
    }  # fmt: skip
    return (
        Citation("text", "", one_line(text)),
        Citation("bibtex", "BibTeX", f"@misc{{{release.dataset}-{version},\n{lines}}}\n"),
        Citation("csl", "CSL-JSON", write_csl(csl)),
    )


def write_csl(reference: Mapping[str, object]) -> str:
    """CSL-JSON (https://docs.citationstyles.org/), a line for each of its parts."""
    lines = [f"  {ENCODE(key)}: {ENCODE(value)}" for key, value in reference.items()]
    return "[{\n" + ",\n".join(lines) + "\n}]\n"


def one_line(text: str) -> str:
    """Runs of white space as one space."""
    return " ".join(text.split())


def escape_bibtex(text: str) -> str:
    """Words as a BibTeX field has them."""
    return re.sub(r"[\\{}~^&%$#_]", lambda sign: BIBTEX_ESCAPES[sign[0]], one_line(text))


def escape_url(url: str) -> str:
    """A URL as BibTeX's `url` has it: word for word, but without braces."""
    return url.replace("{", "%7B").replace("}", "%7D")


# ---- feedback ---------------------------------------------------------------------------------------------------


def address_feedback(office: Office, publisher: str, name: str, version: str, page: str, subject: str, ask: str) -> str:
    """The URL that sends word about a version to the address that its publisher set, or "".

    In: the publisher's key, the dataset's name, the version ("" before the first), the page it is read on; an
    e-mail's subject and first line.  An e-mail is filled in (RFC 6068), a web address gets the parameters `dataset`,
    `version` and `page`.
    """
    given = office.publishers.get(publisher)
    to = (given and (given.feedback or given.email)) or office.contact or ""
    if to.startswith(("https://", "http://")):
        try:
            parts = urlsplit(to)
        except ValueError:
            return ""
        added = [("dataset", name), ("version", version), ("page", page)]
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in dict(added)]
        return urlunsplit(parts._replace(query=urlencode([*kept, *(pair for pair in added if pair[1])])))
    if not re.fullmatch(r"[^\s@/:?&,]+@[^\s@/:?&,]+", to):
        return ""
    lines = [ask, "", "", "--", f"dataset: {name}", *([f"version: {version}"] if version else []), f"page: {page}"]
    body = "\r\n".join(lines)
    return f"mailto:{quote(to, safe='@+')}?subject={quote(one_line(subject), safe='')}&body={quote(body, safe='')}"
