"""Sixty files of a city: their drafts, joined into one dataset, pass the check and publish the right rows."""

import csv
import io
import re
from pathlib import Path

from cityfiles import CityFile, make_files
from projects import CATALOGUE, make_setting

from entaku.draft import About, draft_file, write_yaml
from entaku.model.files import name_csv
from entaku.model.nouns import Raw
from entaku.work.load import read_specs
from entaku.work.open import try_dataset

TYPES = {"string": "s", "integer": "i", "number": "n", "date": "d", "time": "t", "year": "y", "datetime": "m"}


def write_resources(file: CityFile, name: str) -> str:
    """The resources of a file's draft, called after it."""
    plan, findings = draft_file(Raw(file.name, {}, "file", "", "", len(file.body)), file.body)
    assert not findings, (file.name, findings)
    text = write_yaml(plan, About(name="x", source=f"{{file: pipelines/files/{file.name}}}", asked=True))
    resources = text.partition("\nresources:\n")[2]
    return re.sub(r"(- name: |from: )table", rf"\g<1>{name}", resources)


def test_sixty_files_of_a_city(tmp_path: Path) -> None:
    files = {f"f{n}": file for n, file in enumerate(make_files())}
    assert len(files) == 60
    head = "name: city\ntitle: 見本市\ndescription: 試験用\npublisher: office\nlicense: CC-BY-4.0\nfrequency: yearly\nresources:\n"
    folder = tmp_path / "pipelines" / "files"
    folder.mkdir(parents=True)
    for file in files.values():
        (folder / file.name).write_bytes(file.body)
    text = head + "".join(write_resources(file, name) for name, file in files.items())
    (tmp_path / "pipelines" / "city.yaml").write_text(text, "utf-8")
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    office, (spec,), findings = read_specs(tmp_path)
    assert office is not None
    assert not findings
    wrong = []
    with try_dataset(make_setting(tmp_path), office, spec) as (outcome, store):
        assert not [finding for finding in outcome.findings if finding.severity == "error"]
        kinds = {one.name: "".join(TYPES[field.type] for field in one.schema.fields) for one in spec.pipeline.resources}
        for name, file in files.items():
            body = store.read_release("city", outcome.version, name_csv(name)).decode()
            rows = list(csv.reader(io.StringIO(body)))[1:]
            if rows != file.rows or kinds[name] != file.types:
                wrong.append((file.name, kinds[name], rows[:3], file.rows[:3]))
    assert wrong == []
