"""Pages → the same pages, and findings for content that would mislead machines.  Pure.

Fast enough for every run: JSON and XML parse, JSON has the members that its readers need, ids are unique, and every
URL within the site leads to a file.  The dialects' own validators are run by `entaku verify --deep`.
"""

import re
import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import unescape
from urllib.parse import unquote
from xml.parsers import expat

from entaku.formats.limits import without_cycles
from entaku.model.files import SUMS
from entaku.model.kept import KeptPage
from entaku.model.long_pages import LongPage
from entaku.model.nouns import EPOCH, Catalogue, Finding, Page, Place
from entaku.model.page_groups import PageGroup
from entaku.site.feeds.members import Members, check_values, find_faults, find_twice, list_members, read_members
from entaku.site.feeds.passed import Passed, hash_items, hash_page
from entaku.site.kept import NO_MEANS, Means
from entaku.site.views import CARD, CARD_SIZE

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
"""How a PNG begins, before its width and height."""
MOST = 20
"""Broken URLs that are reported one by one."""
AHEAD = 10_000
"""Files whose checks are noted until they are published."""
SERVED = ("api/3/action/", "api/action/")
"""URLs without a file: prefixes to which clients add the name of an action."""

SCHEMA_ORG = ("@context", "@type", "name", "description", "url")

_IMAGE = re.compile(rb'<meta property="og:image" content="([^"]*)"')
_HREF, _SRC, _ID = (re.compile(rb'%s="([^"]*)"' % name) for name in (b"href", b"src", b" id"))
_JSONLD = re.compile(rb'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
_ATOM_ID, _ATOM_UPDATED = re.compile(rb"<id>([^<]*)</id>"), re.compile(rb"<updated>([^<]*)</updated>")
_ATOM_SELF = re.compile(rb'<link rel="self"[^>]* href="([^"]*)"')
_ABSOLUTE = re.compile(rb"(https?://|tag:|urn:)")


def check_pages(
    pages: Iterable[Page | Finding],
    root: str,
    copies: Collection[str],
    catalogue: Catalogue | None = None,
    means: Means = NO_MEANS,
) -> Iterator[Page | Finding]:
    """Yield everything in `pages`, and an error finding for each defect of a file, and at the end for each URL below
    `root` (absolute, with a slash at its end) that is neither among the pages nor the `copies`; a warning if it is
    an address that an owner wrote for the `catalogue`.

    A kept page has passed before, and so has one that an earlier run by these `means` passed with the same bytes: of these only the URLs are checked.  Where `pages` has
    an error, so that a page may be missing, URLs are not checked.
    """
    there, wanted, seen, whole = set(copies), dict[str, str](), set[str](), True
    review, passed = make_review(root), Passed(means.keep, (EPOCH, means.program, root))
    for each in pages:
        if isinstance(each, Finding):
            whole = whole and each.severity != "error"
            yield each
            continue
        if isinstance(each, PageGroup):
            there.update(each.paths)
            for target, page in each.targets.items():
                if target not in there:
                    wanted.setdefault(target, page)
            yield each
            continue
        there.add(each.path)
        known = hash_page(each)
        targets: Collection[str] = ()
        if isinstance(each, KeptPage):
            targets = each.targets
        elif (before := passed.find(each.path, known.sha256)) is not None:
            seen.add(known.sha256)
            targets = before.targets
        elif known.sha256 not in seen:
            seen.add(known.sha256)
            own = review.expects(each)
            findings, targets = review.take(each, passed)
            yield from findings
            if not findings and not own:
                passed.note(each.path, known.sha256, targets)
        for target in targets:
            if target not in there:
                wanted.setdefault(target, each.path)
        yield known
    passed.finish()
    lost = {target: page for target, page in wanted.items() if not is_there(target, there)} if whole else {}
    yield from tell_given(lost, root, list_addresses(catalogue) if catalogue else {})
    for target, page in list(lost.items())[:MOST]:
        yield Finding("feed-link", "error", Place(file=page), target)
    if len(lost) > MOST:
        yield Finding("too-many-findings", "error", args={"count": str(len(lost) - MOST)})


class Review:
    """The check of one file of the site.  A file that is reviewed when it is kept need not be checked once more when it
    is published."""

    def __init__(self, root: str) -> None:
        self._root, self._find = root, make_finders(root)
        self._made: dict[tuple[str, int], Checked] = {}

    def __call__(self, page: Page) -> "Checked":
        """Check a page, unless that was noted before, and note what was found for `take`."""
        name = page.path, hash(page.body)
        checked = self._made.get(name) or self._check(page)
        if len(self._made) < AHEAD:
            self._made[name] = checked
        return checked

    def expects(self, page: Page) -> bool:
        """Test whether a page was checked when it was kept, with its targets: of these there are too many for `Passed`."""
        return not isinstance(page, LongPage) and (page.path, hash(page.body)) in self._made

    def take(self, page: Page, passed: Passed) -> "Checked":
        """Return what was noted of a page, which is forgotten then; or check it."""
        if isinstance(page, LongPage):
            return check_long(page, self._find, passed)
        return self._made.pop((page.path, hash(page.body)), None) or self._check(page)

    def _check(self, page: Page) -> "Checked":
        if find_kind(page.path) == "html":
            return check_html(page, self._root)
        if page.path.rpartition("/")[2] == CARD:
            return check_card(page), ()
        return check_feed(page, self._find, self._root)


@lru_cache(1)
def make_review(root: str) -> Review:
    """Return the check of the files of the site at `root`."""
    return Review(root)


def tell_given(lost: dict[str, str], root: str, given: Mapping[str, Place]) -> Iterator[Finding]:
    """Take the targets of `given` addresses out of `lost`, and yield a warning for each."""
    for address, place in given.items():
        if address.startswith(root) and lost.pop(clean(address.removeprefix(root), "txt"), ""):
            yield Finding("own-link", "warning", place, address)


def list_addresses(catalogue: Catalogue) -> dict[str, Place]:
    """List the addresses that owners wrote in YAML and ledgers, with the places where they did."""
    office = catalogue.office
    own = [office.contact, *(license_.url for license_ in office.licenses.values())]
    own += [each for publisher in office.publishers.values() for each in (publisher.url, publisher.feedback)]
    given = {address: Place("catalogue.yaml") for address in own if address}
    given |= {showcase.url: Place("showcases.csv") for showcase in catalogue.showcases}
    for dataset in catalogue.datasets:
        spec = dataset.spec
        line = spec.lines.get(("landing_page",))
        for pipeline in (spec.pipeline, *(release.pipeline for release in dataset.releases)):
            given |= {pipeline.landing_page: Place(spec.file, line)} if pipeline.landing_page else {}
    return given


Checked = tuple[list[Finding], Collection[str]]
"""Findings on one file, and the site paths that it refers to."""


def check_feed(page: Page, find: "Mapping[str, Find]", root: str) -> Checked:
    """Check a machine-readable file."""
    kind = find_kind(page.path)
    findings: list[Finding] = []
    if kind == "json":
        findings += check_json(page)
    elif kind == "xml":
        try:
            expat.ParserCreate().Parse(page.body, True)
            findings += check_atom(page, root) if page.path.endswith(".atom") else ()
        except expat.ExpatError as error:
            findings.append(Finding("feed-broken", "error", Place(file=page.path), page.path, {"why": str(error)}))
    return findings, list_targets(page.path, page.body, find)


def list_targets(path: str, body: bytes, find: "Mapping[str, Find]") -> Collection[str]:
    """List the paths of the site to which a machine-readable file, or a piece of it, refers."""
    kind = find_kind(path)
    if kind not in find or (path.startswith("api/") and not path.startswith("api/3/package_show/")):
        return ()  # other answers of the API repeat the URLs of package_show
    return {clean(found.decode(), kind) for found in {*find[kind](body)}}


def check_long(page: LongPage, find: "Mapping[str, Find]", passed: Passed) -> Checked:
    """Check a JSON file with a long list, item by item; of an item that passed in the same file before only whether its
    ids are unique.  The first is always checked, with what is around them all."""
    (needed, single), targets = list_members(page.path), set(list_targets(page.path, page.head + page.tail, find))
    before, now = passed.open_items(page.path)

    def read() -> Iterator[Members]:
        empty = True
        for key, item in hash_items(page):
            known = None if empty else before.get(key)
            if known is None:
                lacking, values = read_members(b"%b%b%b" % (page.head, item, page.tail), needed, single)
                known = tuple(list_targets(page.path, item, find)), *map(tuple, values)
            else:
                lacking, values = (), known[1:]
            if not lacking:
                now[key] = known
            targets.update(known[0])
            empty = False
            yield lacking, values
        if empty:
            yield read_members(page.head + page.tail, needed, single)

    with without_cycles():
        return list(find_faults(page.path, read(), needed)), targets


def check_atom(page: Page, root: str) -> Iterator[Finding]:
    """Find repeated or relative ids, entries out of order, and a feed that isn't at the address that it names."""
    ids = _ATOM_ID.findall(page.body)
    if twice := list(find_twice(page.path, ids)):
        yield from twice
        return
    times, own = _ATOM_UPDATED.findall(page.body), [unescape(each.decode()) for each in _ATOM_SELF.findall(page.body)]
    why = [f"id {each.decode()}" for each in ids if not _ABSOLUTE.match(each)]
    why += ["updated"] if times[1:] != sorted(times[1:], reverse=True) or (times[1:] or times)[:1] != times[:1] else []
    why += [f"self {' '.join(own)}"] if [unquote(each) for each in own] != [unquote(root) + page.path] else []
    if why:
        yield Finding("feed-broken", "error", Place(file=page.path), page.path, {"why": ", ".join(why)})


def find_kind(path: str) -> str:
    """Return the kind of a file: "html", "json", "xml" or else its suffix."""
    suffix = path.rpartition(".")[2]
    if suffix in ("json", "jsonld") or (path.startswith("api/") and suffix != "txt"):
        return "json"
    return {"rdf": "xml", "atom": "xml"}.get(suffix, suffix)


def check_html(page: Page, root: str) -> Checked:
    """Check an HTML page: repeated ids, broken links within it, invalid schema.org; also return its links."""
    ids = _ID.findall(page.body)
    findings = list(find_twice(page.path, ids))
    links = {*_HREF.findall(page.body), *_SRC.findall(page.body), *_IMAGE.findall(page.body)}
    targets, base = [], "/" + root.split("/", 3)[3]
    folders = page.path.split("/")[:-1]
    above = ["".join(f"{name}/" for name in folders[:n]) for n in range(len(folders), -1, -1)]
    for link in b"\n".join(links).decode().split("\n"):
        if link[:1] == "#":
            if link != "#top" and unquote(unescape(link[1:])).encode() not in ids:
                findings.append(Finding("feed-link", "error", Place(file=page.path), link))
        elif (target := follow_link(link, above, root, base)) is not None:
            targets.append(target)
    for body in _JSONLD.findall(page.body):
        findings += check_values(page.path, body, SCHEMA_ORG, ())
    return findings, targets


def check_card(page: Page) -> list[Finding]:
    """Check that a card is a PNG of the size that pages tell."""
    size = page.body[16:24]
    if page.body.startswith(PNG) and size == struct.pack(">II", *CARD_SIZE):
        return []
    why = f"PNG, {CARD_SIZE[0]} × {CARD_SIZE[1]}"
    return [Finding("feed-broken", "error", Place(file=page.path), page.path, {"why": why})]


def check_json(page: Page) -> list[Finding]:
    """Find JSON that can't be parsed, lacks members that its readers need, or repeats an id."""
    return check_values(page.path, page.body, *list_members(page.path))


# ---- addresses --------------------------------------------------------------------------------------------------

Find = Callable[[bytes], Iterable[bytes]]


def make_finders(root: str) -> dict[str, Find]:
    """Return, by kind of file, a function that finds the URLs of the site in it, without the root."""
    base = re.escape(root.encode())
    forms = {
        "json": rb'"%s([^"\\\s]*)"' % base,
        "ttl": rb"<%s([^>]*)>" % base,
        "xml": rb'[">]%s([^"<\s]*)["<]' % base,
        "md": rb"\]\(<?%s([^)>\s]*)" % base,
        "txt": rb"\]\(<?%s([^)>\s]*)" % base,
        "csv": rb'(?:^|,)"?%s([^",\r\n]*)' % base,
    }
    return {kind: re.compile(form, re.MULTILINE).findall for kind, form in forms.items()}


def follow_link(link: str, above: Sequence[str], root: str, base: str) -> str | None:
    """Resolve a page's link to a site path; None for a link to another site.

    `above`: the page's folder, its parent, and so on to the root, which is ""; `base`: `root` without its host.
    """
    up = 0
    while link.startswith("../", 3 * up):
        up += 1
    if up:
        target = (above[up] if up < len(above) else "") + link[3 * up :]
    elif link.startswith(root):
        target = link[len(root) :]
    elif link[:1] == "/":
        if not link.startswith(base):
            return None
        target = link[len(base) :]
    elif link[:1] in ("?", "") or ":" in link.partition("/")[0]:
        return None
    else:
        target = above[0] + link.removeprefix("./")
    return clean(target, "html")


def clean(address: str, kind: str) -> str:
    """Remove query and fragment from an address, and decode its escapes."""
    if "&" in address and kind in ("html", "xml"):
        address = unescape(address)
    if "#" in address or "?" in address:
        address = address.partition("#")[0].partition("?")[0]
    return unquote(address) if "%" in address else address


def is_there(target: str, there: Collection[str]) -> bool:
    """Test whether a site path is a file, or a folder with a page."""
    if target in there or target in SERVED or target == SUMS:
        return True
    folder = target.rstrip("/")
    return (f"{folder}/index.html" if folder else "index.html") in there
