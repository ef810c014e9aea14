"""The order in which pages and feeds are made."""

from entaku.model.nouns import Finding, Page
from entaku.work.render import mix_feeds


def page(path):
    return Page(path, b"")


def test_feeds_are_made_among_the_pages():
    """One for each page, so that the process of the run has something to do while others render."""
    odd = Finding("feed-left-out", "warning")
    feeds = iter([page("a.json"), odd, page("b.json"), page("c.json"), page("d.json")])
    warned = Finding("template", "warning")
    made = list(mix_feeds([page("index.html"), warned, page("about.html"), page("guide.html")], feeds))
    paths = [each.path if isinstance(each, Page) else each.code for each in made]
    assert paths == [
        *("index.html", "a.json", "template", "about.html", "b.json", "guide.html", "c.json"),
        *("d.json", "feed-left-out"),
    ]


def test_after_a_broken_template_there_are_no_feeds():
    """What is missing then would be told of every feed that refers to it."""
    feeds = iter([Finding("feed-left-out", "warning"), page("a.json"), page("b.json")])
    pages = [page("index.html"), page("about.html"), Finding("template", "error"), page("guide.html")]
    made = [each.path if isinstance(each, Page) else each.code for each in mix_feeds(pages, feeds)]
    assert made == ["index.html", "about.html", "a.json", "template", "guide.html"]
    assert next(feeds) == page("b.json"), "the others are not even made"
