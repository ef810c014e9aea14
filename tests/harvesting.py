"""Gather datasets from CKANs with ckanext-harvest's own CKANHarvester, under CKAN's own code, but without a database.

`.venv/ckan/bin/python tests/harvesting.py < jobs.json`, where CKAN is installed (`requirements/ckan.txt`); a job has a
`url`, a `config` and, if it isn't the first, the time of the one before, `since`.  Prints what each gathered.
"""

import datetime
import json
import logging
import sys
from types import SimpleNamespace
from typing import Any

from ckanext.harvest.harvesters import ckanharvester


class Listener(logging.Handler):
    """What the harvester logs of a search that failed."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "gave an error" in record.msg:
            self.told.append(record.getMessage())


def gather(job: dict[str, Any]) -> dict[str, Any]:
    """Run the gather stage of a job: the shapes of datasets, by name, and what went wrong."""
    found: dict[str, Any] = {}
    errors: list[str] = []

    class Kept:
        """A HarvestObject that isn't written to a database."""

        def __init__(self, guid: str, job: Any, content: str) -> None:
            self.id, self.shape = guid, json.loads(content)

        def save(self) -> None:
            found[self.shape["name"]] = self.shape

    listener = Listener()
    ckanharvester.log.addHandler(listener)
    ckanharvester.log.setLevel(logging.INFO)
    ckanharvester.HarvestObject = Kept
    harvester = ckanharvester.CKANHarvester()
    before = SimpleNamespace(gather_started=datetime.datetime.fromisoformat(job["since"])) if "since" in job else None
    harvester.last_error_free_job = lambda _: before
    harvester._save_gather_error = lambda message, _: errors.append(message)
    source = SimpleNamespace(url=job["url"], config=harvester.validate_config(json.dumps(job.get("config", {}))))
    try:
        harvester.gather_stage(SimpleNamespace(source=source))
    finally:
        ckanharvester.log.removeHandler(listener)
    return {"found": found, "errors": errors, "told": listener.told}


if __name__ == "__main__":
    json.dump([gather(job) for job in json.load(sys.stdin)], sys.stdout)
