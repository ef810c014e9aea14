"""All at once, for tests, of what the program only ever makes one after another."""

import io
from collections.abc import Iterable, Mapping, Sequence
from unittest.mock import patch

import pyarrow as pa

from entaku.catalogue import build
from entaku.catalogue.build import Ledgers, Stored
from entaku.model.grammar import Office
from entaku.model.ledgers import Request, Showcase
from entaku.model.nouns import Attempt, Catalogue, Finding, Page, Release, Spec
from entaku.model.profile import Profile
from entaku.model.table_schema import Schema
from entaku.release.stats import Stats
from entaku.site.design import Design
from entaku.site.feeds import stream_feeds
from entaku.site.site import Keep, Means, stream_site
from entaku.table import parts as part_makers
from entaku.table.part import Part, PartWriter, read_rows
from entaku.table.parts import Work, write_part
from entaku.table.plain import NotPlainError
from entaku.table.whole import Shelf


def render_site(
    catalogue: Catalogue, texts: Mapping[str, str], assets: Mapping[str, bytes], keep: Keep | None = None
) -> tuple[tuple[Page, ...], tuple[Finding, ...]]:
    """The pages of `stream_site`, by path, and its findings."""
    made = list(stream_site(catalogue, Design(texts, assets), means=Means(keep)))
    pages = sorted((each for each in made if isinstance(each, Page)), key=lambda page: page.path)
    return tuple(pages), tuple(each for each in made if isinstance(each, Finding))


def render_feeds(catalogue: Catalogue) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    """The files of `stream_feeds` by their paths in the site, and its findings.  Two at one path: AssertionError."""
    bodies: dict[str, bytes] = {}
    findings: list[Finding] = []
    for each in stream_feeds(catalogue):
        if isinstance(each, Finding):
            findings.append(each)
        else:
            assert each.path not in bodies, f"two outputs at {each.path}"
            bodies[each.path] = each.body
    return dict(sorted(bodies.items())), tuple(findings)


def make_part(work: Work, body: bytes) -> Part:
    """A raw file as it is read and tidied whole, plain or not."""
    sink = io.BytesIO()
    with patch.object(part_makers, "_write_plain", side_effect=NotPlainError):
        outline = write_part(work, io.BytesIO(body), sink)
    sink.seek(0)
    if outline.count:
        return Part(outline, pa.Table.from_batches(read_rows(sink)))
    return Part(outline, pa.table({name: pa.array([], pa.string()) for name in outline.columns}))


def encode_part(part: Part) -> bytes:
    """A Part as bytes."""
    sink = io.BytesIO()
    writer = PartWriter(sink)
    for batch in part.rows.to_batches():
        writer.add(batch)
    writer.close(part.outline)
    return sink.getvalue()


def shelve(parts: Sequence[Part]) -> Shelf:
    """Parts that are at hand."""
    bodies = [encode_part(part) for part in parts]
    return Shelf(tuple(part.outline for part in parts), lambda n: io.BytesIO(bodies[n]))


def profile_table(batches: Iterable[pa.RecordBatch], schema: Schema) -> tuple[Profile, ...]:
    """The profile of each field, from batches with the types of `schema.arrow_type` (or dictionaries of those), columns
    in the schema's order."""
    stats = Stats(schema)
    for batch in batches:
        stats.add(batch)
    return stats.close()


def build_catalogue(
    office: Office, specs: Iterable[Spec], releases: Mapping[str, tuple[Release, ...]],
    attempts: Mapping[str, Attempt | None], checked: Mapping[str, str], version: str,
    requests: Iterable[Request] = (), showcases: Iterable[Showcase] = (),
) -> Catalogue:  # fmt: skip
    """The catalogue of releases, attempts and times of fetches by dataset."""
    stored = {
        name: Stored(tuple(releases.get(name, ())), attempts.get(name), checked.get(name, ""))
        for name in {*releases, *attempts, *checked}
    }
    return build.build_catalogue(office, specs, stored, version, Ledgers(tuple(requests), tuple(showcases)))
