"""Taking part: requests, showcases and whom to write to, as templates see them, in one language.  Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote

from entaku.catalogue import facets
from entaku.model.ledgers import LEDGERS, Request, Showcase
from entaku.model.nouns import Catalogue, Dataset
from entaku.site import views
from entaku.site.words import Words

# ---- rows -------------------------------------------------------------------------------------------------------


def show_request(catalogue: Catalogue, request: Request, words: Words) -> views.RequestView:
    """What was asked for, and what came of it."""
    answered, status = facets.find_answer(catalogue, request), facets.find_status(catalogue, request)
    days = (answered - request.asked).days if answered else -1
    return views.RequestView(
        id=request.id,
        path=f"requests/{request.id}/",
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


def show_answer(dataset: Dataset, words: Words) -> views.AnswerView:
    """A dataset that answers, with its first release."""
    name, first = dataset.spec.pipeline.name, dataset.releases[0] if dataset.releases else None
    return views.AnswerView(
        title=dataset.spec.pipeline.title.get(words.lang),
        path=f"datasets/{name}/",
        version=first.version if first else "",
        version_path=f"datasets/{name}/{first.version}/" if first else "",
        created=first.created if first else "",
    )


def show_showcase(catalogue: Catalogue, showcase: Showcase, words: Words) -> views.ShowcaseView:
    """What people built."""
    return views.ShowcaseView(
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


def list_links(catalogue: Catalogue, row: Request | Showcase, words: Words) -> tuple[views.Link, ...]:
    """The datasets that a row names."""
    return tuple(
        views.Link(dataset.spec.pipeline.title.get(words.lang), f"datasets/{dataset.spec.pipeline.name}/")
        for dataset in facets.list_answers(catalogue, row)
    )


def show_requests(catalogue: Catalogue, words: Words) -> tuple[views.RequestView, ...]:
    """Every request, the newest first."""
    return tuple(show_request(catalogue, request, words) for request in catalogue.requests)


def show_showcases(catalogue: Catalogue, words: Words) -> tuple[views.ShowcaseView, ...]:
    """Every showcase, the newest first."""
    return tuple(show_showcase(catalogue, showcase, words) for showcase in catalogue.showcases)


# ---- lists ------------------------------------------------------------------------------------------------------


def list_ledgers(
    catalogue: Catalogue, requests: Sequence[views.RequestView], words: Words
) -> Iterator[tuple[str, list[views.RequestView], views.LedgerView]]:
    """The lists of requests, all and those of each status: where each is, what is on it, and what it is called."""
    shown = {request.id: request for request in requests}
    there = facets.list_statuses(catalogue)
    lists = [("", "requests/", list(requests))]
    lists += [
        (words.say(f"status_{status}"), facets.place_status(status), [shown[one.id] for one in chosen])
        for status, chosen in there.items()
    ]
    for title, path, chosen in lists:
        filters = tuple(
            views.FilterView(other or words.say("status_all"), to, len(them), to == path) for other, to, them in lists
        )
        ledger = show_ledger(catalogue, LEDGERS[0], words)
        yield path, chosen, replace(ledger, title=title, filters=filters if len(there) > 1 else ())


def show_ledger(catalogue: Catalogue, name: str, words: Words) -> views.LedgerView:
    """What the lists of a ledger have in common."""
    dataset = catalogue.by_name.get(name)
    if dataset is None or not dataset.releases:
        return views.LedgerView("", (), None)
    return views.LedgerView("", (), views.Link(dataset.spec.pipeline.title.get(words.lang), f"datasets/{name}/"))


# ---- whom to write to -------------------------------------------------------------------------------------------


def show_ask(catalogue: Catalogue, words: Words, about: str) -> views.Outside | None:
    """The catalogue's contact, to ask for data ("ask") or to tell of something built ("showcases").

    An e-mail carries a subject and a text to fill in (RFC 6068), a web address the parameter `about`.
    """
    contact = catalogue.office.contact
    if not contact:
        return None
    shown = show_outside(contact)
    if shown.url.startswith("mailto:"):
        subject, text = words.say(f"letter_{about}_subject"), words.say(f"letter_{about}_text")
        body = quote(text.replace("\n", "\r\n"), safe="")
        return views.Outside(contact, f"{shown.url}?subject={quote(subject, safe='')}&body={body}")
    if not shown.url:
        return shown
    before, hash_, anchor = contact.partition("#")
    return views.Outside(contact, f"{before}{'&' if '?' in before else '?'}about={about}{hash_}{anchor}")


def show_outside(text: str) -> views.Outside:
    """A web address or e-mail as a link; anything else (a project's file, a script) as plain words."""
    if text.startswith(("https://", "http://")):
        return views.Outside(text, text)
    return views.Outside(text, f"mailto:{text}" if "@" in text and not set(text) & set("/:?&, ") else "")
