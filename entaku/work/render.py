"""Catalogue → site: pages, feeds and copies of release files, rendered, checked and published."""

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice

from entaku.catalogue import build, places
from entaku.model.bundles import Bundles
from entaku.model.files import MANIFEST, ROOT, SUMS
from entaku.model.grammar import Office
from entaku.model.kept import KeptPage, move_page
from entaku.model.leaving import find_present
from entaku.model.long_pages import LongPage
from entaku.model.nouns import Catalogue, Finding, Page, Refused, Spec
from entaku.model.page_groups import Outputs, PageGroup, Staying, leave
from entaku.site import Design, Means, check_pages, stream_feeds, stream_site
from entaku.store import disk
from entaku.store import site as sites
from entaku.work.comparing import add_comparisons
from entaku.work.copies import gather_copies
from entaku.work.database import add_database
from entaku.work.following import add_following
from entaku.work.load import Inputs, load_catalogue
from entaku.work.outcome import Faulty, SiteResult
from entaku.work.packing import pack_pages
from entaku.work.quality import judge_catalogue
from entaku.work.setting import Setting, spread
from entaku.work.shipped import COMPILED, list_templates
from entaku.work.signing import seal_root, sign_manifests


def render_catalogue(setting: Setting, office: Office, specs: Sequence[Spec], site: Inputs) -> SiteResult:
    """Render the site of what is released and publish it; after any error the current site stays.  Raises Faulty for
    errors that concern single datasets.
    """
    texts, assets = split_templates(site.templates)
    catalogue, odd = load_catalogue(setting, office, specs, assets.keys())
    if not site.allow_samples and any(
        dataset.current is not None and "sample" in dataset.current.served for dataset in catalogue.datasets
    ):
        return "refused", 0, (Finding("sample-refused", "error", value=str(site.folder)),)
    catalogue, told_followed = add_following(setting, add_comparisons(setting, catalogue))
    bundled = {path.rpartition("/")[2]: body for path, body in site.vendor.items()}
    judged = judge_catalogue(setting, catalogue)
    copies, sums = gather_copies(setting, catalogue, Bundles(setting.cache, catalogue.by_name))
    if office.site.map and (tiles := site.pictures.get(office.site.map.tiles)):
        path = places.place_tiles(tiles.decode())
        copies[path], sums[path] = setting.project / office.site.map.tiles, tiles.decode()
    catalogue, told_database = add_database(setting, catalogue, copies, sums)
    findings: list[Finding] = [*odd, *told_followed, *told_database]
    counts = {"pages": 0}
    apply = partial(spread, setting.executor) if setting.executor else map

    def count(pages: Iterable[Page | Finding]) -> Iterator[Page | Finding]:
        for each in pages:
            counts["pages"] += len(each.paths) if isinstance(each, PageGroup) else isinstance(each, Page)
            yield each

    def render(means: Means) -> Iterator[Page | Finding]:
        """Yield every rendered page with the feeds, and then what tells of them all."""
        design = Design(texts, join_outputs(assets, bundled), site.pictures, COMPILED, site.fonts)
        feeds = stream_feeds(catalogue, setting.cache, setting.sources, means.stays)
        signed = sign_manifests(site.seal, catalogue, setting.store)
        yield from mix_feeds(count(stream_site(catalogue, design, judged, means)), chain(feeds, signed))
        yield from list_sums(catalogue)
        yield Page(MANIFEST, site.manifest)

    def list_pages(means: Means) -> Iterator[Page]:
        """Yield the pages that pass the checks; raises Refused after any error."""
        root = office.base_url.rstrip("/") + "/"
        for each in check_pages(
            add_twins(render(means), catalogue),
            root,
            copies.keys() | ({ROOT} if site.seal else set()),
            catalogue,
            means,
        ):
            if isinstance(each, Page):
                yield each
            else:
                findings.append(each)
        for finding in findings:
            if finding.severity == "error":
                raise Refused(finding)

    def list_outputs(stay: Staying) -> Outputs:
        means = Means(setting.cache, setting.sources, apply, choose_staying(catalogue, stay))
        pages = pack_pages(list_pages(means), office.site.packed, setting.cache)
        return seal_root(site.seal, catalogue, seal_pages(pages, sums))

    share = disk.DayShare(None if site.damaged else setting.now.toordinal())
    try:
        told = sites.publish_site(site.folder, list_outputs, copies, sums, share)
    except sites.BadCopies as bad:
        raise Faulty(blame_datasets(bad.findings, catalogue)) from bad
    except Refused as refused:
        if refused.finding not in findings:
            raise
        faults = blame_datasets([finding for finding in findings if finding.severity == "error"], catalogue)
        if 0 < 2 * len(faults) <= len(catalogue.datasets):  # more have a cause in common, such as a template
            raise Faulty(faults) from refused
        return "refused", 0, tuple(findings)
    return "published", counts["pages"], (*findings, *told)


def choose_staying(catalogue: Catalogue, stay: Staying) -> Staying:
    """Return which groups of pages may stay: none of those that are at other addresses too, or packed."""
    if catalogue.office.site.packed:
        return leave
    if not catalogue.office.renamed:
        return stay
    return lambda group: not any(places.list_twins(catalogue, path) for path in group.paths) and stay(group)


def mix_feeds(pages: Iterable[Page | Finding], feeds: Iterator[Page | Finding]) -> Iterator[Page | Finding]:
    """Yield every page, and after each a file of the feeds, which this process makes while others render the next pages;
    what is found of the feeds comes last.  After an error there are no more of them."""
    told: list[Finding] = []

    def take(some: Iterable[Page | Finding]) -> Iterator[Page]:
        for each in some:
            if isinstance(each, Page):
                yield each
            else:
                told.append(each)

    for each in pages:
        yield each
        if isinstance(each, Finding) and each.severity == "error":
            feeds, told = iter(()), []
        yield from take(islice(feeds, 1))
    yield from take(feeds)
    yield from told


def add_twins(pages: Iterable[Page | Finding], catalogue: Catalogue) -> Iterator[Page | Finding]:
    """Yield every page and finding, and each file of a renamed dataset under its former names too."""
    for each in pages:
        yield each
        if isinstance(each, Page) and catalogue.office.renamed:
            twins = places.list_twins(catalogue, each.path)
            yield from (move_page(each, path) for path in twins)


def blame_datasets(findings: Iterable[Finding], catalogue: Catalogue) -> dict[str, tuple[Finding, ...]]:
    """Group findings on files of the site by the dataset to which the file belongs, or that to which it links."""
    faults: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        found = [_dataset_of(path) for path in (finding.place.file, finding.value)]
        names = [find_present(catalogue.office.renamed, name) for name in found]
        for name in [name for name in names if name in catalogue.by_name][:1]:
            faults[name] = (*faults.get(name, ()), finding)
    return faults


def _dataset_of(path: str) -> str:
    """Return the name of the dataset to which a file of the site belongs, or ""."""
    match = re.match(r"(?:(?:en/)?datasets|api/3/package_show)/([^/]+)", path)
    return match[1] if match else ""


def list_sums(catalogue: Catalogue) -> Iterator[Page]:
    """Yield the SHA256SUMS of the folder of each dataset that has a current version."""
    signed = catalogue.office.signing is not None
    for dataset in catalogue.datasets:
        if (release := dataset.current) is not None:
            hashes, folder = {file.path: file.sha256 for file in release.files}, f"datasets/{release.dataset}/"
            there = build.list_current(release, signed).items()
            lines = "".join(f"{hashes[name]}  {path.removeprefix(folder)}\n" for path, name in there)
            yield Page(f"{folder}{SUMS}", lines.encode())


def join_outputs(*groups: Mapping[str, bytes]) -> dict[str, bytes]:
    """Join outputs by path.  Raises Refused if two have the same path."""
    joined: dict[str, bytes] = {}
    for group in groups:
        for path in sorted(joined.keys() & group.keys()):
            raise Refused(Finding("same-path", value=path))
        joined |= group
    return joined


def seal_pages(pages: Iterable[Page], sums: Mapping[str, str]) -> Iterator[tuple[str, bytes | KeptPage | LongPage]]:
    """Yield path and body of each page, or a kept or long page itself, and last the site's SHA256SUMS: a line for every file, as sha256sum(1) writes
    and checks them.  `sums` are those of the other files, by path."""
    every = dict(sums)
    for page in pages:
        if isinstance(page, PageGroup):  # they stay
            every.update(zip(page.paths, page.hashes, strict=True))
        elif isinstance(page, KeptPage | LongPage):
            every[page.path] = page.sha256
            yield page.path, page
        else:
            every[page.path] = _hash(page.body)
            yield page.path, page.body
    yield SUMS, "".join(f"{every[path]}  {path}\n" for path in sorted(every)).encode()


def split_templates(files: Mapping[str, bytes]) -> tuple[dict[str, str], dict[str, bytes]]:
    """Split `site_templates/` into texts of templates and other files (assets), by name relative to that folder.

    `vendor/` is in neither: it lists the third-party scripts that `make` bundles into `build/vendor`.
    """
    texts, assets = {}, {}
    for path, body in files.items():
        name = path.removeprefix("site_templates/")
        if name.startswith("vendor/"):
            continue
        if name.startswith("assets/") or not name.endswith((".html", ".txt", ".xml", ".md", ".json")):
            assets[name.removeprefix("assets/")] = body
        else:
            texts[name] = body.decode("utf-8")
    return texts, assets


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def compile_templates() -> None:
    """Keep the bytecode of the shipped templates, as `python -m compileall` does for the program: also where Python is
    told to write none."""
    sys.dont_write_bytecode = False
    texts, _ = split_templates(list_templates())
    Design(texts, {}, compiled=COMPILED).compile()
