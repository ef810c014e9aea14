"""What a release shows of its recipe: not the texts that its steps remove."""

from typing import Any

from entaku.model.messages import MASK, mask_texts
from entaku.table import steps as kinds


def conceal_recipe(pipeline: dict[str, Any]) -> dict[str, Any]:
    """Return a pipeline's plain values without the texts that its reading and its steps remove or replace, and without
    the names of sheets that its tables allow to be hidden."""
    return {**pipeline, "resources": [_conceal_resource(resource) for resource in pipeline["resources"]]}


def _conceal_resource(resource: dict[str, Any]) -> dict[str, Any]:
    made = dict(resource)
    if "tidy" in resource:
        steps = [next(iter(step.items())) if isinstance(step, dict) else (step, None) for step in resource["tidy"]]
        made["tidy"] = [
            {name: options} if isinstance(step, dict) else step
            for step, (name, options) in zip(resource["tidy"], kinds.conceal_steps(steps), strict=True)
        ]
    if "read" in resource:
        made["read"] = {
            key: mask_texts(value) if key in ("skip", "stop") else value for key, value in resource["read"].items()
        }
    if "allow" in resource:
        columns = {field["name"] for field in resource["schema"]["fields"]}
        names = {key: key.partition("/") for key in resource["allow"]}
        sheets = [key for key, (_, _, name) in names.items() if name and name not in columns]
        made["allow"] = {
            f"{names[key][0]}/{MASK}{sheets.index(key) or ''}" if key in sheets else key: why
            for key, why in resource["allow"].items()
        }
    return made
