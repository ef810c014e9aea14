"""YAML → specs, or all findings at once.

In go the texts of `catalogue.yaml` and `pipelines/*.yaml`; `parse_project` returns the Office and a Spec for each
pipeline without findings.  A YAML is valid with respect to the existing steps, formats and charts.  `make_spec` reads
a spec back from a release; `make_json_schemas` makes the JSON Schemas with which editors help owners.  `leaving` changes
entries of `catalogue.yaml` and the name in a pipeline, and nothing else of these files; `former`
rewrites YAML of earlier versions; `drafts` makes what can be made of a YAML with blanks and mistakes.
"""

from typing import TYPE_CHECKING

from entaku.formats.heavy import LateRoom
from entaku.spec.spec import make_json_schemas, make_spec, parse_project, step_adapter

if TYPE_CHECKING:
    from entaku.spec import drafts, former, leaving
else:
    drafts = LateRoom("entaku.spec.drafts")
    former = LateRoom("entaku.spec.former")
    leaving = LateRoom("entaku.spec.leaving")

__all__ = ["drafts", "former", "leaving", "make_json_schemas", "make_spec", "parse_project", "step_adapter"]
