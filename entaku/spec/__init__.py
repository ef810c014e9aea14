"""YAML → specs, or all findings at once.

In go the texts of `catalogue.yaml` and `pipelines/*.yaml`; `parse_project` gives the Office and a Spec for each
pipeline that has no findings.  A YAML is right or wrong with respect to the steps, formats and charts there are.
`make_spec` reads a spec back from a release; `make_json_schemas` makes what editors help owners with.
"""

from entaku.spec.names import DRAFT
from entaku.spec.spec import make_json_schemas, make_spec, parse_project, step_adapter

__all__ = ["DRAFT", "make_json_schemas", "make_spec", "parse_project", "step_adapter"]
