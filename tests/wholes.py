"""All at once, for tests, of what the program only ever makes one after another."""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from entaku.model.nouns import Catalogue, Finding, Page, Part
from entaku.model.profile import Profile
from entaku.model.table_schema import Schema
from entaku.release.stats import Stats
from entaku.site import Design, Means, stream_feeds, stream_site
from entaku.site.keep import Keep
from entaku.table.parts import encode_part
from entaku.table.whole import Shelf, outline_part


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


def shelve(parts: Sequence[Part]) -> Shelf:
    """Parts that are at hand."""
    bodies = [encode_part(part) for part in parts]
    outlines = (outline_part(body, part.raw) for body, part in zip(bodies, parts, strict=True))
    return Shelf(tuple(outlines), bodies.__getitem__)


def profile_table(batches: Iterable[pa.RecordBatch], schema: Schema) -> tuple[Profile, ...]:
    """The profile of each field, from batches with the types of `schema.arrow_type` (or dictionaries of those), columns
    in the schema's order."""
    stats = Stats(schema)
    for batch in batches:
        stats.add(batch)
    return stats.close()
