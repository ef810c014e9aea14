"""A YAML is parsed once for each of its contents, and again when anything changes that its verdict depends on."""

from collections.abc import Mapping

import pytest
from projects import CATALOGUE, LIFTS

from entaku.model.nouns import Finding, Refused
from entaku.spec import parse_project, spec

FILES = {
    "catalogue.yaml": CATALOGUE.encode(),
    "pipelines/lifts.yaml": LIFTS.encode(),
    "requests.csv": b"id\nlifts\n",
    "codes/kinds.csv": b"code\n1\n",
}


class Memory(dict[str, bytes]):
    """A cache in memory."""

    def put(self, key: str, body: bytes) -> None:
        self[key] = body


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The YAML files that were parsed."""
    names: list[str] = []
    real = spec.parse_pipeline

    def watch(body: bytes, file: str, *more: object) -> object:
        names.append(file)
        return real(body, file, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(spec, "parse_pipeline", watch)
    return names


def test_a_kept_spec_is_the_same_in_everything(parsed: list[str]) -> None:
    keep = Memory()
    first, again = (parse_project(FILES, keep=keep) for _ in range(2))
    assert parsed == ["pipelines/lifts.yaml"]
    assert first == again == parse_project(FILES)
    assert again[1][0].lines == first[1][0].lines and again[1][0].digest == first[1][0].digest


@pytest.mark.parametrize(
    "change",
    [
        {"catalogue.yaml": CATALOGUE.replace("Sample", "Other").encode()},
        {"requests.csv": b"id\nlifts\nmore\n"},
        {"codes/kinds.csv": b"code\n2\n"},
        {"pipelines/lifts.yaml": b"# the lines are others\n" + LIFTS.encode()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_a_verdict_depends_on_asks_for_a_new_one(change: Mapping[str, bytes], parsed: list[str]) -> None:
    keep = Memory()
    parse_project(FILES, keep=keep)
    now = parse_project({**FILES, **change}, keep=keep)
    assert len(parsed) == 2 and now == parse_project({**FILES, **change})


def test_another_program_parses_again(parsed: list[str]) -> None:
    keep = Memory()
    for program in ("one", "two", "two"):
        parse_project(FILES, keep=keep, program=program)
    assert len(parsed) == 2


def test_of_many_only_those_that_have_changed_are_parsed(parsed: list[str]) -> None:
    many = {
        f"pipelines/lifts-{n}.yaml": LIFTS.replace("name: lifts\n", f"name: lifts-{n}\n").encode() for n in range(99)
    }
    files, keep = {**FILES, **many}, Memory()
    first = parse_project(files, keep=keep)
    assert len(first[1]) == len(parsed) == 100 and len(keep) < 10
    files["pipelines/lifts-40.yaml"] += b"# another\n"
    del files["pipelines/lifts-41.yaml"]
    now = parse_project(files, keep=keep)
    assert parsed[100:] == ["pipelines/lifts-40.yaml"] and now == parse_project(files)


def test_a_mistake_is_told_each_time_and_a_place_that_can_not_be_written_does_no_harm(parsed: list[str]) -> None:
    class Closed(Memory):
        def put(self, key: str, body: bytes) -> None:
            raise Refused(Finding("cannot-write", value="cache"))

    wrong = {**FILES, "pipelines/lifts.yaml": LIFTS.replace("office", "nobody").encode()}
    keep = Memory()
    assert parse_project(wrong, keep=keep) == parse_project(wrong, keep=keep)
    assert not keep and parse_project(wrong)[2]
    assert parse_project(FILES, keep=Closed()) == parse_project(FILES)
