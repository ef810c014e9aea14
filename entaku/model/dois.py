"""`doi` of a pipeline: the DOIs that a dataset and its versions were given, for citations and feeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field

from entaku.model.words import DOI, STRICT, VERSION, no_items

RESOLVER = "https://doi.org/"
Doi = Annotated[str, Field(pattern=DOI, max_length=200)]
Version = Annotated[str, Field(pattern=VERSION)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dois:
    """The DOIs of a dataset; docs/cite.md tells how."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    dataset: Annotated[
        Doi | None, Field(description="データセット全体（すべての版）の DOI / the DOI of the dataset, of all versions")
    ] = None
    versions: Annotated[
        Mapping[Version, Doi], Field(description="版ごとの DOI（版: DOI）/ DOIs of versions, by version")
    ] = field(default_factory=no_items)

    @property
    def every(self) -> tuple[str, ...]:
        """List all DOIs."""
        return (*((self.dataset,) if self.dataset else ()), *self.versions.values())


def _of_dataset(value: object) -> object:
    return {"dataset": value} if isinstance(value, str) else value


DoiOption = Annotated[
    Dois,
    BeforeValidator(_of_dataset, json_schema_input_type=Doi | Dois),
    Field(
        description="DOI（10. で始まる。データセットのものか、{dataset, versions}）/ its DOI, or those of dataset and versions"
    ),
]
"""A plain DOI is that of the dataset."""
NO_DOIS = Dois()


def address_doi(doi: str) -> str:
    """Return the address of a DOI."""
    return RESOLVER + doi
