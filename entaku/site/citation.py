"""Citations of a version, to copy and as files: text, BibTeX, CSL-JSON, CITATION.cff and DataCite's JSON.  Pure.

Their parts are those that DataCite recommends (https://datacite.org/cite-your-data/): creator, year, title, version,
publisher, type and identifier, which is the version's DOI or else its permanent URL.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from entaku.catalogue import facets, places
from entaku.model.dois import Dois, address_doi
from entaku.model.grammar import Office
from entaku.model.nouns import Lang, Release
from entaku.model.words import Text
from entaku.site.views import Link
from entaku.site.words import show_day

BIBTEX_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{sign: "\\" + sign for sign in "&%$#_"},
}  # fmt: skip
"""The characters that have a meaning in BibTeX, escaped."""
ENCODE = json.JSONEncoder(ensure_ascii=False).encode
"""A shared encoder, because `json.dumps` makes one for each value."""
TODAY = "____-__-__"
"""Stands in a citation for the day of access, which the page's script fills in, and otherwise the reader."""
SPDX = re.compile(
    r"CC0-1\.0|CC-BY(-SA|-NC|-ND|-NC-SA|-NC-ND)?-[1-4]\.0|ODbL-1\.0|ODC-By-1\.0|PDDL-1\.0|MIT|Apache-2\.0"
)
"""Keys of licences that are SPDX's names of them."""
CFF, DATACITE = "CITATION.cff", "datacite.json"
KERNEL = "http://datacite.org/schema/kernel-4"
MOST_KEYWORDS = 50
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]+")


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation of one version, ready to copy."""

    kind: str
    """`text`, `bibtex`, `csl`."""
    title: str
    text: str


@dataclass(frozen=True)
class Cited:
    """What of a version is cited."""

    maker: Text
    maker_url: str
    title: Text
    description: Text
    house: Text
    license: Text
    license_url: str
    license_key: str
    day: date
    version: str
    address: str
    """Its permanent URL."""
    page: str
    """The URL of its dataset."""
    doi: str
    """Its own DOI; "" without one."""
    dataset_doi: str
    previous: str
    """The permanent URL of the version before it; "" for the first."""

    @property
    def link(self) -> str:
        """Return the address by which it is cited."""
        return address_doi(self.doi) if self.doi else self.address


def collect(office: Office, release: Release, dois: Dois, before: Release | None = None) -> Cited:
    """Collect what is cited of a release, with the titles that it has now."""
    pipeline = release.pipeline
    publisher, terms = office.publishers.get(pipeline.publisher), office.licenses.get(pipeline.license)
    root = office.base_url.rstrip("/")

    def address_of(one: Release) -> str:
        return f"{root}/{quote(places.place_release(one))}"

    return Cited(
        maker=publisher.title if publisher else Text(ja=pipeline.publisher),
        maker_url=(publisher.url or "") if publisher else "",
        title=facets.mark_sample(pipeline.title, "sample" in release.served),
        description=pipeline.description,
        house=office.title,
        license=terms.title if terms else Text(ja=pipeline.license),
        license_url=terms.url if terms else "",
        license_key=pipeline.license,
        day=facets.find_day(release.created, office.timezone),
        version=release.version,
        address=address_of(release),
        page=f"{root}/datasets/{quote(places.find_home(release))}/",
        doi=dois.versions.get(release.version, ""),
        dataset_doi=dois.dataset or "",
        previous=address_of(before) if before is not None else "",
    )


# ---- to copy ----------------------------------------------------------------------------------------------------


def write_citations(office: Office, release: Release, lang: Lang, dois: Dois) -> tuple[Citation, ...]:
    """Return the citation of `release` in each form; the text has TODAY for the day of access."""
    cited, home = collect(office, release, dois), places.find_home(release)
    author, title, house, license_ = (
        each.get(lang) for each in (cited.maker, cited.title, cited.house, cited.license)
    )  # fmt: skip
    version, day = cited.version, cited.day
    if lang == "ja":
        text = f"{author}「{title}」版 {version}（{show_day(day, lang)}取得）、{house}、{license_}。{cited.link}（参照 {TODAY}）"
    else:
        text = (
            f"{author} ({day.year}). {title} (Version {version}) [Data set]. {house}. {license_}. {cited.link} "
            f"(accessed {TODAY})"
        )
    entries = {
        "author": f"{{{escape_bibtex(author)}}}", "title": f"{{{escape_bibtex(title)}}}", "year": str(day.year),
        "month": str(day.month), "version": version, "publisher": escape_bibtex(house), "url": escape_url(cited.address),
        **({"doi": escape_url(cited.doi)} if cited.doi else {}), "note": escape_bibtex(f"Data set, {license_}"),
    }  # fmt: skip
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in entries.items())
    csl = {
        "id": f"{home}-{version}", "type": "dataset", "title": title, "author": [{"literal": author}],
        "publisher": house, "issued": {"date-parts": [[day.year, day.month, day.day]]}, "version": version,
        "URL": cited.address, **({"DOI": cited.doi} if cited.doi else {}), "language": lang,
    }  # fmt: skip
    return (
        Citation("text", "", one_line(text)),
        Citation("bibtex", "BibTeX", f"@misc{{{home}-{version},\n{lines}}}\n"),
        Citation("csl", "CSL-JSON", write_csl(csl)),
    )


def write_csl(reference: Mapping[str, object]) -> str:
    """Format a reference as CSL-JSON (https://docs.citationstyles.org/), a line for each part."""
    lines = [f"  {ENCODE(key)}: {ENCODE(value)}" for key, value in reference.items()]
    return "[{\n" + ",\n".join(lines) + "\n}]\n"


def one_line(text: str) -> str:
    """Replace each run of white space by one space."""
    return " ".join(text.split())


def escape_bibtex(text: str) -> str:
    """Escape a text for a BibTeX field."""
    return re.sub(r"[\\{}~^&%$#_]", lambda sign: BIBTEX_ESCAPES[sign[0]], one_line(text))


def escape_url(url: str) -> str:
    """Escape a URL for BibTeX's `url` field: unchanged, but without braces."""
    return url.replace("{", "%7B").replace("}", "%7D")


# ---- as files ---------------------------------------------------------------------------------------------------


def name_citations(release: Release, dois: Dois) -> tuple[Link, ...]:
    """Return the files that cite a release of a dataset with these DOIs; none without any, as its page has the forms to
    be copied."""
    return tuple(Link(name, places.place_release(release) + name) for name in (CFF, DATACITE) if dois.every)


def write_cff(cited: Cited, keywords: Iterable[str]) -> str:
    """Write a CITATION.cff (https://citation-file-format.github.io/, 1.2.0).

    It has one language: names are Japanese / English.
    """
    author = [f"name: {_quote(_join(cited.maker))}"]
    author += [f"website: {_quote(cited.maker_url)}"] if cited.maker_url.startswith(("http://", "https://")) else []
    lines = [
        "cff-version: 1.2.0",
        f"message: {_quote('このデータを使うときは、次のとおり引用してください。 / Please cite this data as follows.')}",
        "type: dataset",
        f"title: {_quote(_join(cited.title))}",
        "authors:",
        f"  - {author[0]}",
        *(f"    {line}" for line in author[1:]),
        f"version: {_quote(cited.version)}",
        f"date-released: {_quote(cited.day.isoformat())}",
        f"url: {_quote(cited.address)}",
    ]
    lines += [f"doi: {_quote(cited.doi)}"] if cited.doi else []
    if cited.dataset_doi:
        about = "すべての版 / all versions"
        lines += [
            "identifiers:",
            "  - type: doi",
            f"    value: {_quote(cited.dataset_doi)}",
            f"    description: {_quote(about)}",
        ]
    lines += [f"license: {cited.license_key}"] if SPDX.fullmatch(cited.license_key) else []
    lines += [f"license-url: {_quote(cited.license_url)}"] if cited.license_url else []
    words = list(dict.fromkeys(filter(None, map(_clean, keywords))))[:MOST_KEYWORDS]
    lines += ["keywords:", *(f"  - {_quote(word)}" for word in words)] if words else []
    abstract = _join(cited.description)
    lines += [f"abstract: {_quote(abstract)}"] if abstract else []
    return "".join(f"{line}\n" for line in lines)


def write_datacite(cited: Cited, release: Release) -> str:
    """Write DataCite's JSON (Metadata Schema 4.5) of a version: what registering a DOI asks for, and is told with one."""
    own: dict[str, Any] = {"schemaVersion": KERNEL, **({"doi": cited.doi} if cited.doi else {}), "url": cited.address}
    own["types"] = {"resourceTypeGeneral": "Dataset", "resourceType": "Open data"}
    own["creators"] = [
        {"name": text, "nameType": "Organizational", "lang": lang} for lang, text in _list_words(cited.maker)[:1]
    ]
    own["titles"] = [
        {"title": text, "lang": lang, **({"titleType": "TranslatedTitle"} if n else {})}
        for n, (lang, text) in enumerate(_list_words(cited.title))
    ]
    lang, house = _list_words(cited.house)[0]
    own |= {
        "publisher": {"name": house, "lang": lang},
        "publicationYear": str(cited.day.year),
        "version": cited.version,
    }
    subjects = list(dict.fromkeys(filter(None, map(_clean, release.pipeline.keywords))))[:MOST_KEYWORDS]
    own |= {"subjects": [{"subject": word} for word in subjects]} if subjects else {}
    own["dates"] = [{"date": cited.day.isoformat(), "dateType": "Issued"}]
    own["language"] = "ja"
    own["alternateIdentifiers"] = [{"alternateIdentifier": cited.address, "alternateIdentifierType": "URL"}]
    whole = (cited.dataset_doi, "DOI") if cited.dataset_doi else (cited.page, "URL")
    own["relatedIdentifiers"] = [_relate("IsVersionOf", *whole)]
    own["relatedIdentifiers"] += [_relate("IsNewVersionOf", cited.previous, "URL")] if cited.previous else []
    own["sizes"] = [f"{facets.count_rows(release):,} rows"]
    own["formats"] = ["text/csv", "application/vnd.apache.parquet"]
    rights: dict[str, str] = {"rights": _clean(cited.license.get("ja"))}
    rights |= {"rightsUri": cited.license_url} if cited.license_url else {}
    if SPDX.fullmatch(cited.license_key):
        rights |= {"rightsIdentifier": cited.license_key, "rightsIdentifierScheme": "SPDX"}
    own["rightsList"] = [rights]
    own["descriptions"] = [
        {"description": text, "descriptionType": "Abstract", "lang": lang} for lang, text in _list_words(cited.description)
    ]  # fmt: skip
    return ENCODE(own) + "\n"


def _relate(how: str, what: str, kind: str) -> dict[str, str]:
    return {
        "relationType": how, "relatedIdentifier": what, "relatedIdentifierType": kind, "resourceTypeGeneral": "Dataset",
    }  # fmt: skip


def _list_words(words: Text) -> list[tuple[str, str]]:
    """List the languages of words with their text, Japanese first, each text once."""
    found = [("ja", _clean(words.ja)), ("en", _clean(words.en))]
    return [
        (lang, text) for n, (lang, text) in enumerate(found) if text and text not in [each for _, each in found[:n]]
    ]


def _join(words: Text) -> str:
    return " / ".join(text for _, text in _list_words(words))


def _clean(text: str) -> str:
    return one_line(text if text.isprintable() else _UNSEEN.sub(" ", text))


def _quote(text: str) -> str:
    """Write a text as YAML: double-quoted as in JSON."""
    return ENCODE(_clean(text))
