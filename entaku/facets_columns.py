"""Which datasets have a column of this name: the same column in all tables, and where its page is.  Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from entaku.grammar import Resource, SchemaField
from entaku.model import Catalogue, Dataset

LONGEST = 60
"""Characters of a path that come from a name."""
RESERVED = re.compile(r"(page|con|prn|aux|nul|com\d|lpt\d)$")
"""What other pages or Windows call something else."""


@dataclass(frozen=True, slots=True)
class Use:
    """A column of one table."""

    dataset: Dataset
    resource: Resource
    field: SchemaField


def collect_columns(catalogue: Catalogue) -> Mapping[str, tuple[Use, ...]]:
    """The uses of each column name in the current releases (or the tables that are promised), by name."""
    uses: dict[str, list[Use]] = {}
    for dataset in catalogue.datasets:
        current = dataset.current
        resources = [table.resource for table in current.resources] if current else dataset.spec.pipeline.resources
        for resource in resources:
            for field in resource.schema.fields:
                uses.setdefault(field.name, []).append(Use(dataset, resource, field))
    return {name: tuple(uses[name]) for name in sorted(uses)}


def place_column(name: str) -> str:
    """The site path of a column's page: its name where that is a safe folder everywhere, else as much of it as is and
    a hash of the whole.

    Safe is what no file system refuses or takes for another: small letters, digits, "_" and "-" of any script.
    """
    plain = re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", name).lower())[:LONGEST].strip("-")
    if not plain or plain != name or RESERVED.match(plain):
        plain = f"{plain}-{hashlib.sha256(name.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}".lstrip("-")
    return f"columns/{plain}/"
