"""The cards of a site as files: drawn once for what is on them, in several processes where there are many.  Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from entaku.formats.heavy import PIL
from entaku.model.nouns import EPOCH, LANGS, Catalogue, Lang, Page
from entaku.site.cards import Card, describe_card, place_card, show_card, show_catalogue_card
from entaku.site.cards_draw import draw_card
from entaku.site.cards_pen import Fonts
from entaku.site.datasets import DatasetView, Subject, show_dataset
from entaku.site.feeds.gate import make_review
from entaku.site.kept import Means, PartName, Parts, digest_shown, make_digest
from entaku.site.releases import HeadView
from entaku.site.render import Common
from entaku.site.views import CardView
from entaku.site.words import Words

TASK, SPREAD_FROM = 16, 48
"""Cards that another process draws in one task, and from how many on starting it pays off."""
AT_ONCE = 400
"""Datasets whose cards are in memory at a time."""
Told = tuple[str, Card]
"""A card and its path."""


class Drawer:
    """Draws cards, or finds them in the cache."""

    def __init__(self, fonts: Fonts, means: Means) -> None:
        self._fonts, self._means = fonts, means
        sums = [hashlib.sha256(each).hexdigest() for each in (fonts.regular, fonts.bold)]
        self.made_by = (EPOCH, means.program, PIL.__version__, *sums)
        """What decides of the bytes beside the card itself."""

    def draw(self, told: Sequence[Told]) -> list[Page]:
        """Return cards as files.  Raises OSError for fonts that can't be read."""
        keep, keys = self._means.keep, [make_digest(("card", self.made_by, card)) for _, card in told]
        bodies = {key: body for key in keys if keep is not None and (body := keep.get(key)) is not None}
        wanted = {key: card for key, (_, card) in zip(keys, told, strict=True) if key not in bodies}
        missing, cards = list(wanted), list(wanted.values())
        tasks = [cards[n : n + TASK] for n in range(0, len(cards), TASK)]
        spread = self._means.spread if len(cards) >= SPREAD_FROM else map
        drawn = (body for some in spread(partial(draw_cards, self._fonts), tasks) for body in some)
        for key, body in zip(missing, drawn, strict=True):
            bodies[key] = body
            if keep is not None:
                keep.put(key, body)
        return [Page(path, bodies[key]) for key, (path, _) in zip(keys, told, strict=True)]


def draw_cards(fonts: Fonts, cards: Sequence[Card]) -> list[bytes]:
    """Draw cards in order."""
    return [draw_card(card, fonts) for card in cards]


def choose_fonts(files: Mapping[str, bytes]) -> Fonts | None:
    """Return the fonts among files by path: a bold one has that in its name, and one is enough; None without any."""
    bold = [body for path, body in sorted(files.items()) if "bold" in path.casefold()]
    others = [body for path, body in sorted(files.items()) if "bold" not in path.casefold()]
    every = [*others, *bold]
    return Fonts(every[0], (bold or every)[0]) if every else None


def show_catalogue_view(catalogue: Catalogue, words: Words) -> CardView:
    """Return what pages say of the catalogue's card."""
    return CardView(place_card("", words.lang), describe_card(show_catalogue_card(catalogue, words), words))


def show_card_view(common: Common, dataset: DatasetView, words: Words) -> CardView | None:
    """Return what a dataset's pages say of its card; None where no cards are drawn."""
    if not common.cards:
        return None
    return CardView(
        place_card(dataset.path, words.lang), describe_card(show_card(common.office, dataset, words), words)
    )


def show_head_card(common: Common, dataset: HeadView, lang: Lang) -> CardView | None:
    """Return the same for the pages of its versions, which stay as they are when the card changes."""
    return CardView(place_card(dataset.path, lang), dataset.title) if common.cards else None


def stream_cards(
    catalogue: Catalogue, common: Common, subjects: Iterable[Subject], fonts: Fonts, means: Means
) -> Iterator[Page]:
    """Yield the cards of the catalogue and of every dataset, in each language.  Raises OSError for fonts that can't be
    read."""
    drawer, words = Drawer(fonts, means), {lang: Words(lang, common.words) for lang in LANGS}
    yield from drawer.draw([(place_card("", lang), show_catalogue_card(catalogue, words[lang])) for lang in LANGS])
    shared = make_digest((repr(common.office), sorted(common.words.items()), drawer.made_by))
    review = make_review(common.office.base_url.rstrip("/") + "/")
    parts = Parts(means.keep, review=review, datasets=catalogue.by_name)
    wanted = list[tuple[Subject, str]]()
    for subject in subjects:
        digest = make_digest((shared, digest_shown(subject.dataset)))

        def make(subject: Subject = subject) -> list[Page]:
            """Return the cards again where their bytes are wanted."""
            return drawer.draw(list_cards(common, subject, words))

        known = parts.recall(PartName("cards", subject.name), digest, make)
        if known is None:
            wanted.append((subject, digest))
        else:
            yield from known
    for n in range(0, len(wanted), AT_ONCE):
        some = wanted[n : n + AT_ONCE]
        told = [list_cards(common, subject, words) for subject, _ in some]
        drawn = iter(drawer.draw([each for cards in told for each in cards]))
        for (subject, digest), cards in zip(some, told, strict=True):
            yield from parts.note(PartName("cards", subject.name), digest, [next(drawn) for _ in cards])
    parts.finish()


def list_cards(common: Common, subject: Subject, words: Mapping[Lang, Words]) -> list[Told]:
    """List the cards of a dataset."""
    views = ((lang, show_dataset(common.office, subject, own)) for lang, own in words.items())
    return [(place_card(view.path, lang), show_card(common.office, view, words[lang])) for lang, view in views]
