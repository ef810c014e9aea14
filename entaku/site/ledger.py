"""Requests, showcases, tombstones and contacts as templates see them, in one language.  Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from entaku.catalogue import facets, places
from entaku.model.grammar import Office
from entaku.model.ledgers import LEDGERS, Request, Showcase, Tombstone
from entaku.model.nouns import Catalogue, Dataset, Lang
from entaku.site.pages import place_dataset, place_request, place_version
from entaku.site.views import Link, Outside
from entaku.site.words import Words

SEATS = 12, 24
"""Least and greatest number of seats of the round table."""


# ---- rows -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A dataset that answers a request."""

    title: str
    path: str
    version: str
    """The version of its first release; "" before there is one."""
    version_path: str
    created: str
    """UTC time of the newest fetch that this release holds."""


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request for data."""

    id: str
    path: str
    title: str
    why: str
    by: str
    """The kind of user who made it."""
    asked: str
    """Its date, `2026-07-01`."""
    status: str
    """`open`, `in_progress`, `answered`, `declined`, `withdrawn`."""
    state: str
    """The status as text."""
    answered: date | None
    days: int | None
    """Days from the request to the answer."""
    reply: str
    """The office's reply; for a declined request, the reason."""
    datasets: tuple[Link, ...]
    answers: tuple[AnswerView, ...]
    """The same datasets, each with its first release."""


@dataclass(frozen=True, slots=True)
class ShowcaseView:
    """Something built with the data."""

    id: str
    path: str
    title: str
    about: str
    by: str
    url: str
    picture: str
    """Name of its picture, for `asset(picture)`; "" without one."""
    since: date | None
    datasets: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class TombstoneView:
    """A version or a source file that was withdrawn."""

    version: str
    """"" for a source file."""
    path: str
    """The path of the version's tombstone; "" for a source file."""
    sha256: str
    """Of a source file; "" for a version."""
    when: str
    """UTC."""
    reason: str
    by: str
    rule: str
    """The `keep` by which the version went in its time: `daily: 30, monthly: all`; "" where it was withdrawn."""


@dataclass(frozen=True, slots=True)
class WithdrawnView:
    """A page in the place of a version, or of a dataset of which none is left."""

    title: str
    """The dataset's title."""
    version: str
    """"" for a whole dataset."""
    path: str
    """The path of the dataset's page."""
    listed: bool
    """Whether the dataset has other versions."""
    tombstones: tuple[TombstoneView, ...]
    """The newest first."""


def show_tombstone(tombstone: Tombstone, lang: Lang) -> TombstoneView:
    """Return the view of a tombstone."""
    version = tombstone.version
    return TombstoneView(
        version=version,
        path=place_version(tombstone.home or tombstone.dataset, version) if version else "",
        sha256="" if version else "".join(raw.sha256 for raw in tombstone.raws[:1]),
        when=tombstone.when,
        reason=tombstone.reason.get(lang),
        by=tombstone.by,
        rule=tombstone.rule,
    )


def show_withdrawn(catalogue: Catalogue, dataset: str, version: str, lang: Lang) -> WithdrawnView:
    """Return the view of a page in the place of a version; with "" in that of a dataset."""
    gone = (*catalogue.tombstones, *catalogue.expired)
    mine = [each for each in gone if each.dataset == dataset and version in ("", each.version)]
    return WithdrawnView(
        title=mine[-1].title.get(lang),
        version=version,
        path=place_dataset(dataset),
        listed=dataset in catalogue.by_name,
        tombstones=tuple(show_tombstone(each, lang) for each in reversed(mine)),
    )


def show_request(catalogue: Catalogue, request: Request, words: Words) -> RequestView:
    """Return the view of a request, with its status and answers."""
    answered, status = facets.find_answer(catalogue, request), facets.find_status(catalogue, request)
    days = (answered - request.asked).days if answered else -1
    return RequestView(
        id=request.id,
        path=place_request(request.id),
        title=request.title.get(words.lang),
        why=request.why.get(words.lang),
        by=request.by.get(words.lang),
        asked=request.asked.isoformat(),
        status=status,
        state=words.say(f"status_{status}"),
        answered=answered,
        days=days if days >= 0 else None,
        reply=request.reply.get(words.lang),
        datasets=list_links(catalogue, request, words),
        answers=tuple(show_answer(dataset, words) for dataset in facets.list_answers(catalogue, request)),
    )


def show_answer(dataset: Dataset, words: Words) -> AnswerView:
    """Return the view of a dataset that answers a request, with its first release."""
    name, first = dataset.spec.pipeline.name, dataset.releases[0] if dataset.releases else None
    return AnswerView(
        title=dataset.spec.pipeline.title.get(words.lang),
        path=place_dataset(name),
        version=first.version if first else "",
        version_path=places.place_release(first) if first else "",
        created=first.created if first else "",
    )


def show_showcase(catalogue: Catalogue, showcase: Showcase, words: Words) -> ShowcaseView:
    """Return the view of a showcase."""
    return ShowcaseView(
        id=showcase.id,
        path=f"showcases/#{showcase.id}",
        title=showcase.title.get(words.lang),
        about=showcase.about.get(words.lang),
        by=showcase.by.get(words.lang),
        url=showcase.url,
        picture=showcase.picture,
        since=showcase.since,
        datasets=list_links(catalogue, showcase, words),
    )


def list_links(catalogue: Catalogue, row: Request | Showcase, words: Words) -> tuple[Link, ...]:
    """List links to the datasets that a row names."""
    return tuple(
        Link(dataset.spec.pipeline.title.get(words.lang), place_dataset(dataset.spec.pipeline.name))
        for dataset in facets.list_answers(catalogue, row)
    )


# ---- lists ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FilterView:
    """A filter of a list: a status, or all."""

    title: str
    path: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class LedgerView:
    """A list of requests or showcases."""

    title: str
    """The selected status as text; "" for all."""
    filters: tuple[FilterView, ...]
    """All, and each status that occurs; empty where there is nothing to choose."""
    data: Link | None
    """The dataset of the ledger, once it is released."""


@dataclass(frozen=True, slots=True)
class SeatView:
    """A seat of the round table, drawn on a circle of radius 100 around (0, 0)."""

    x: float
    y: float
    request: RequestView | None
    """None for an empty seat."""


def show_requests_ledger(catalogue: Catalogue, status: str, words: Words) -> LedgerView:
    """Return the view of the list of requests with a status, or of all for ""."""
    there = facets.list_statuses(catalogue)
    lists = [("", "requests/", len(catalogue.requests))]
    lists += [(each, facets.place_status(each), len(chosen)) for each, chosen in there.items()]
    filters = tuple(
        FilterView(words.say(f"status_{each or 'all'}"), path, count, each == status) for each, path, count in lists
    )
    ledger = show_ledger(catalogue, LEDGERS[0], words)
    title = words.say(f"status_{status}") if status else ""
    return replace(ledger, title=title, filters=filters if len(there) > 1 else ())


def show_ledger(catalogue: Catalogue, name: str, words: Words) -> LedgerView:
    """Return the view of a ledger that its lists share."""
    dataset = catalogue.by_name.get(name)
    if dataset is None or not dataset.releases:
        return LedgerView("", (), None)
    return LedgerView("", (), Link(dataset.spec.pipeline.title.get(words.lang), place_dataset(name)))


def seat_requests(requests: Sequence[RequestView]) -> tuple[SeatView, ...]:
    """Return the seats of the round table: one for each recent request, then empty ones up to the least number."""
    least, most = SEATS
    seated = requests[:most]
    count = max(least, len(seated))
    angles = [2 * math.pi * index / count - math.pi / 2 for index in range(count)]
    return tuple(
        SeatView(
            x=round(100 * math.cos(angle), 2) + 0.0,
            y=round(100 * math.sin(angle), 2) + 0.0,
            request=seated[index] if index < len(seated) else None,
        )
        for index, angle in enumerate(angles)
    )


# ---- whom to write to -----------------------------------------------------------------------------------------------


def show_ask(office: Office, words: Words, about: str) -> Outside | None:
    """Return the catalogue's contact, to ask for data (`about` is "ask") or report something built ("showcases").

    An e-mail gets a subject and a text to fill in (RFC 6068), a web address the parameter `about`.  None without a
    contact.
    """
    contact = office.contact
    if not contact:
        return None
    shown = show_outside(contact)
    if shown.url.startswith("mailto:"):
        subject, text = words.say(f"letter_{about}_subject"), words.say(f"letter_{about}_text")
        body = quote(text.replace("\n", "\r\n"), safe="")
        return Outside(contact, f"{shown.url}?subject={quote(subject, safe='')}&body={body}")
    if not shown.url:
        return shown
    before, hash_, anchor = contact.partition("#")
    return Outside(contact, f"{before}{'&' if '?' in before else '?'}about={about}{hash_}{anchor}")


def show_outside(text: str) -> Outside:
    """Return a web address or e-mail as a link; anything else (a project's file, a script) as plain text."""
    if text.startswith(("https://", "http://")):
        return Outside(text, text)
    return Outside(text, f"mailto:{text}" if "@" in text and not set(text) & set("/:?&, ") else "")
