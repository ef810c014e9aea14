"""Whatever changes, a site that was brought up to date has the same bytes as one made from nothing with the same store."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from projects import ROOT, copy_template, make_project, make_setting, snapshot

from entaku.fetch.network import Network
from entaku.model.kept import KeptPage
from entaku.store import Store
from entaku.store.filling import Filling
from entaku.work import copies, recalled
from entaku.work import open as cli_setting
from entaku.work.cli import main
from entaku.work.load import read_specs
from entaku.work.outcome import Wanted
from entaku.work.publish import publish as publish_all

TABLE = """\
name: {name}
title: {{ja: 表 {name}, en: Table {name}}}
description: {{ja: 試験用の説明です。, en: A description for tests.}}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: irregular
resources:
  - name: table
    title: {{ja: 表, en: Table}}
    source: {{file: "pipelines/files/{name}.csv", since: "2026-01-05"}}
    schema:
      fields: [{{name: id, type: integer, title: {{ja: 番号, en: Number}}}}, {{name: note}}]
"""
WHY = ("--reason", "試験のため", "--reason-en", "For a test")
SEEDS = range(int(os.environ.get("ENTAKU_SEEDS", "1")))


def add(project: Path, name: str) -> None:
    (project / "pipelines/files").mkdir(exist_ok=True)
    (project / f"pipelines/files/{name}.csv").write_text("id,note\n1,あ\n", "utf-8")
    (project / f"pipelines/{name}.yaml").write_text(TABLE.format(name=name), "utf-8")


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, "utf-8")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def command(project: Path, *verb: str) -> None:
    assert main([*verb, "--project", str(project)]) == 0


def add_request(project: Path, name: str) -> None:
    """Publish the list of requests, with one from before the first release: the organizations are older, then."""
    text = (ROOT / "pipelines/requests.yaml").read_text("utf-8")
    text = text.replace("publisher: entaku", "publisher: office").replace("[government]", "[transport]")
    (project / "pipelines/requests.yaml").write_text(text, "utf-8")
    head = (ROOT / "requests.csv").read_text("utf-8-sig").splitlines()[0]
    row = dict.fromkeys(head.split(","), "") | {
        "id": "first-ask", "asked": "2025-06-01", "title_ja": "要望", "by_ja": "市民", "datasets": name,
    }  # fmt: skip
    (project / "requests.csv").write_text(f"{head}\n{','.join(row.values())}\n", "utf-8")


def change_word(project: Path) -> None:
    path = copy_template(project, "words.json")
    words = json.loads(path.read_text("utf-8"))
    key = next(key for key, value in words.items() if isinstance(value, dict) and value.get("ja"))
    words[key]["ja"] += "！"
    path.write_text(json.dumps(words, ensure_ascii=False), "utf-8")


CHANGES: tuple[Callable[[Path], None], ...] = (
    *[lambda project, n=n: append(project / "pipelines/files/one.csv", f"{n},い\n") for n in (2, 3, 4)],  # type: ignore[misc]
    lambda project: change(project / "pipelines/two.yaml", "Table two", "Second table"),
    lambda project: add(project, "five"),
    lambda project: command(project, "retire", "three", *WHY, "--since", "2026-08-01"),
    lambda project: command(project, "rename", "four", "vier"),
    lambda project: command(project, "withdraw", "six", "--yes", "--by", "office", *WHY),
    lambda project: append(copy_template(project, "report.html"), "<!-- ours -->"),
    change_word,
    lambda project: change(project / "catalogue.yaml", "Sample Office", "Other Office"),
    lambda project: add_request(project, "two"),
    lambda project: None,
)


def publish(project: Path) -> dict[str, bytes]:
    """The files of the site after a run."""
    office, specs, findings = read_specs(project)
    assert office is not None, findings
    setting = replace(make_setting(project), store=Store(project / "datapackages", office.renamed))
    result = publish_all(setting, office, specs, findings, Wanted(project / "build/site", allow_samples=True))
    assert result.site in ("published", "unchanged"), result.findings
    return snapshot(project / "build/site")


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_changes_the_site_is_as_one_made_from_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_setting, "Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
    monkeypatch.setattr(copies, "QUIET", 0)
    monkeypatch.setattr(recalled, "QUIET", 0)
    project = make_project(tmp_path / "p", one=TABLE.format(name="one"))
    for name in ("one", "two", "three", "four", "six"):
        add(project, name)
    publish(project)
    changes = list(CHANGES)
    Random(seed).shuffle(changes)
    for n, one in enumerate(changes):
        one(project)
        made = publish(project)
        if n == len(changes) // 2 or n == len(changes) - 1:
            (project / "build").rename(project / "before")
            assert publish(project) == made
            shutil.rmtree(project / "build")
            (project / "before").rename(project / "build")


def test_pages_of_what_has_not_changed_are_neither_made_nor_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path / "p", one=TABLE.format(name="one"))
    for name in ("one", "two"):
        add(project, name)
    publish(project)
    read: list[str] = []
    body = KeptPage.body.fget
    monkeypatch.setattr(KeptPage, "body", property(lambda page: (read.append(page.path), body(page))[1]))
    append(project / "pipelines/files/one.csv", "2,い\n")
    publish(project)
    assert {path.split("/")[-2] for path in read if path.endswith(".ttl")} == {"two"}, "there was no former site"
    read.clear()
    append(project / "pipelines/files/one.csv", "3,う\n")
    publish(project)
    assert read == []


def test_pages_of_what_has_not_changed_stay_together_unless_one_of_them_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path / "p", one=TABLE.format(name="one"))
    for name in ("one", "two"):
        add(project, name)
    for n in (2, 3, 4):
        publish(project)
        append(project / "pipelines/files/one.csv", f"{n},い\n")
    looked: list[str] = []
    write = Filling.write
    monkeypatch.setattr(Filling, "write", lambda self, path, page: (looked.append(path), write(self, path, page))[1])
    publish(project)
    pages = ("report/index.html", "dcat.ttl", "index.md")
    assert not {f"datasets/two/{each}" for each in pages} & {*looked}
    assert {f"datasets/one/{each}" for each in pages} <= {*looked}
    lost = project / "build/.site.old/datasets/two/dcat.ttl"
    lost.unlink()
    append(project / "pipelines/files/one.csv", "5,い\n")
    made = publish(project)
    assert "datasets/two/dcat.ttl" in made and "datasets/two/dcat.ttl" in looked
    shutil.rmtree(project / "build")
    assert publish(project) == made


def test_what_is_kept_of_pages_may_go_at_any_time(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", one=TABLE.format(name="one"))
    for name in ("one", "two"):
        add(project, name)
    publish(project)
    for path in (project / "build/cache").rglob("*"):
        if path.is_file() and path.read_bytes()[:2] == b'["':  # the pages' bodies
            path.unlink()
    append(project / "pipelines/files/one.csv", "2,い\n")
    made = publish(project)
    shutil.rmtree(project / "build")
    assert publish(project) == made


def test_what_is_copied_is_listed_once_while_no_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, listed = make_project(tmp_path / "p", one=TABLE.format(name="one")), list[str]()
    for name in ("one", "two"):
        add(project, name)
    monkeypatch.setattr(copies, "QUIET", 0)
    make = copies.list_dataset
    monkeypatch.setattr(copies, "list_dataset", lambda *given: (listed.extend(given[1].by_name), make(*given))[1])
    publish(project)
    assert listed == ["one", "two"]
    append(project / "pipelines/files/one.csv", "2,い\n")
    publish(project)
    assert listed == ["one", "two", "one"]
    for path in (project / "build/cache").rglob("*"):
        if path.is_file() and b'"records":[' in path.read_bytes():  # what is made of the files of each
            path.unlink()
    append(project / "pipelines/files/one.csv", "3,う\n")
    publish(project)
    assert listed[3:] == ["one", "two"]
    [sums] = (project / "datapackages/two/releases").glob("*/SHA256SUMS")
    sums.write_bytes(sums.read_bytes())  # the same bytes
    append(project / "pipelines/files/one.csv", "4,え\n")
    publish(project)
    assert listed[5:] == ["one", "two"]
