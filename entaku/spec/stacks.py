"""What a `stack` names: earlier tables whose tidied rows are put one below the other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from entaku.model.grammar import Resource
from entaku.model.hints import hint
from entaku.model.nouns import Finding, Place
from entaku.spec.yaml import Document, Path
from entaku.table import steps


def check_stack(resource: Resource, earlier: Sequence[Resource], document: Document, path: Path) -> Iterator[Finding]:
    """Check that `stack` names tables with a source, none of which needs to be whole, and stands alone."""
    if resource.source is not None or resource.from_ or resource.read is not None:
        yield Finding("source-kind", "error", Place(document.file, document.line((*path, "stack"))))
    known = [other.name for other in earlier if other.source is not None and not any(map(_is_whole, other.tidy))]
    for n, name in enumerate(resource.stack):
        if name not in known:
            args = {
                "kind_ja": "先に書いた、source があり sort や deduplicate のない表",
                "kind_en": "earlier resource with a source and without sort or deduplicate",
                "where_ja": "resources の前のほう", "where_en": "resources, further up", **hint(name, known),
            }  # fmt: skip
            yield Finding("unknown-name", "error", Place(document.file, document.line((*path, "stack", n))), name, args)


def _is_whole(step: Any) -> bool:
    """Test whether a step, as it is written, needs the whole table."""
    name = next(iter(step), "") if isinstance(step, Mapping) else step
    return name in steps.STEPS and steps.STEPS[name].whole
