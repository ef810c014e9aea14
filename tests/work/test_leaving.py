"""`entaku retire`: what was published stays, everything says that it is no longer updated, and nothing nags."""

import json
import shutil
from pathlib import Path

import pytest
from projects import LIFTS, lifts, make_project, put, snapshot

from entaku.fetch.network import Network
from entaku.work import open as cli_setting
from entaku.work.cli import main

STAIRS = LIFTS.replace("name: lifts", "name: stairs").replace("昇降機", "階段").replace("Lift ", "Stair ")
STAIRS = STAIRS.replace("requests: [lifts]\n", "").replace("frequency: monthly", "frequency: daily")
DAYS = ("2026-06-01", "2026-07-01")
WHY = ("--reason", "階段の表にまとめたため", "--reason-en", "Joined with the stairs", "--since", "2026-08-01")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of two datasets in `p`; the mirror is `mirror`."""
    home = tmp_path_factory.mktemp("leaving")
    project = make_project(home / "p", lifts=LIFTS, stairs=STAIRS)
    for n, day in enumerate(DAYS, 1):
        put(home / "mirror", lifts(*(f"L{k},2026/06/0{k}" for k in range(1, n + 1))), day=day)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli_setting, "Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
        assert main(["publish", "--project", str(project), "--mirror", str(home / "mirror")]) == 0
    return home


@pytest.fixture
def home(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(published, tmp_path / "w", symlinks=True)
    monkeypatch.chdir(tmp_path / "w")
    monkeypatch.setattr(cli_setting, "Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
    return tmp_path / "w"


@pytest.fixture
def entaku(home: Path, capsys: pytest.CaptureFixture[str]):
    """Run a command in the project: its exit code, and what it said."""

    def run(*verb: str, lang: str = "ja") -> tuple[int, str]:
        capsys.readouterr()
        code = main([*verb, "--project", str(home / "p"), "--lang", lang])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out + said.err

    return run


def publish(entaku) -> str:
    code, said = entaku("publish", "--mirror", "mirror")
    assert code == 0, said
    return said


def read(home: Path, path: str) -> str:
    return (home / "p/build/site" / path).read_text("utf-8")


def list_extras(home: Path) -> dict[str, str]:
    shape = json.loads(read(home, "api/3/package_show/lifts.json"))["result"]
    assert shape["state"] == "active"
    return {each["key"]: each["value"] for each in shape["extras"]}


# ---- retired ------------------------------------------------------------------------------------------------------


def test_what_was_published_stays_and_everything_tells_that_it_ends(home, entaku):
    site = home / "p/build/site"
    before = {path: body for path, body in snapshot(site / "datasets/lifts").items() if "index." not in path}
    versions = {path: body for path, body in before.items() if path.startswith(("2026.", "raw/"))}
    assert len(versions) > 15
    catalogue = (home / "p/catalogue.yaml").read_bytes()
    assert entaku("retire", "lifts", "--replaced-by", "stairs", *WHY)[0] == 0
    assert (home / "p/catalogue.yaml").read_bytes().startswith(catalogue)
    said = publish(entaku)
    assert "retired-yaml" in said and "更新終了" in said
    (home / "p/pipelines/lifts.yaml").unlink()
    kept = snapshot(site)
    said = publish(entaku)
    assert "retired-yaml" not in said and "更新終了" in said and "no-yaml" not in said
    assert snapshot(site) == kept, "the YAML is not needed any more"
    assert {path: snapshot(site / "datasets/lifts").get(path) for path in versions} == versions
    for path in ("", "report/", "quality/", "2026.07.01/"):
        for prefix, words in (("", "階段の表にまとめたため"), ("en/", "Joined with the stairs")):
            page = read(home, f"{prefix}datasets/lifts/{path}index.html")
            assert words in page and ("2026年8月1日" if not prefix else "1 August 2026") in page, page[:300]
            assert f'<a href="{"../" * (1 + path.count("/"))}stairs/">' in page
    page = read(home, "datasets/lifts/index.html")
    assert "data-fresh" in page and "data-late" not in page and 'data-due=""' in page
    for path in ("datasets/index.html", "publishers/office/index.html", "themes/transport/index.html"):
        listed = read(home, path)
        assert listed.index("階段の点検") < listed.index("昇降機の点検") and "更新終了" in listed
    assert "昇降機" not in read(home, "index.html").split('id="new"')[1].split("</section>")[0]
    feed = read(home, "feed.atom")
    assert (
        feed.count('<category term="retired"/>')
        == 1
        == read(home, "datasets/lifts/feed.atom").count("#retired-2026-08-01")
    )
    assert "2026-07-31T15:00:00Z" in feed and "https://data.example.org/datasets/stairs/" in feed  # midnight in Tokyo
    turtle = read(home, "datasets/lifts/dcat.ttl")
    for term in (
        "dataset-status/DISCONT>",
        "frequency/NEVER>",
        "dct:isReplacedBy <https://data.example.org/datasets/stairs/#dataset>",
    ):
        assert (
            term in turtle and term in read(home, "catalog.ttl") and term not in read(home, "datasets/stairs/dcat.ttl")
        )
    extras = list_extras(home)
    assert (extras["status"], extras["frequency"], extras["discontinued"]) == ("discontinued", "never", "2026-08-01")
    assert extras["is_replaced_by"] == "https://data.example.org/datasets/stairs/"
    one = next(each for each in json.loads(read(home, "data.json"))["dataset"] if "lifts" in each["identifier"])
    assert (
        one["status"] == "discontinued"
        and "accrualPeriodicity" not in one
        and one["isReplacedBy"] == extras["is_replaced_by"]
    )
    assert "No longer updated, since 2026-08-01" in read(home, "llms.txt")
    assert "Joined with the stairs" in read(home, "en/datasets/lifts/index.md")
    assert read(home, "open-data-list.csv").count(",更新終了,") == 2
    row = next(each for each in json.loads(read(home, "quality.json"))["datasets"] if each["dataset"] == "lifts")
    assert (row["retired"], row["due"]) == ("2026-08-01", None)
    assert "Discontinued" in json.loads(read(home, "datasets/lifts/croissant.json"))["creativeWorkStatus"]
    code, said = entaku("verify")
    assert code == 0, said


def test_nothing_nags_and_undo_updates_it_again(home, entaku):
    """A source that is gone, a publisher that is gone, rows in error: of a retired dataset nobody says a word."""
    shutil.rmtree(home / "mirror")
    put(home / "mirror", "番号,点検日\r\nL1,x\r\n", day="2026-08-02")
    code, said = entaku("publish", "--mirror", "mirror")
    assert code == 1 and "failing/lifts" in said
    assert "取り込みは公開に至りません" in read(home, "datasets/lifts/index.html")
    for name in ("lifts", "stairs"):
        assert entaku("retire", name, *WHY)[0] == 0
    catalogue = home / "p/catalogue.yaml"
    text = catalogue.read_text("utf-8").replace("{office:", "{other:")
    catalogue.write_text(text, "utf-8")
    said = publish(entaku)
    assert "[警告]" not in said and "取り込みは公開に至りません" not in read(home, "datasets/lifts/index.html")
    assert "見本局" in read(home, "datasets/lifts/index.html")
    assert json.loads(read(home, "quality.json"))["datasets"][0]["errors"] == 0
    catalogue.write_text(text.replace("{other:", "{office:"), "utf-8")
    assert entaku("retire", "lifts", "--undo")[0] == 0
    assert "lifts" not in catalogue.read_text("utf-8")
    code, said = entaku("publish", "--mirror", "mirror")
    assert code == 1 and "failing/lifts" in said and "stairs.yaml retired-yaml" in said


def test_a_clone_without_a_store_can_say_it_and_a_restored_store_shows_it(home, entaku, tmp_path, capsys):
    store = home / "p/datapackages"
    store.rename(home / "kept")
    assert entaku("retire", "lifts", *WHY)[0] == 0
    assert not store.exists()
    shutil.rmtree(home / "p/build")
    (home / "kept").rename(store)
    assert "更新終了" in publish(entaku)
    assert "階段の表にまとめたため" in read(home, "datasets/lifts/index.html")
    assert entaku("backup", str(home / "b.tar"))[0] == 0
    for verb in ("restore", str(home / "b.tar")), ("publish", "--mirror", "mirror"):
        assert main([*verb, "--project", str(tmp_path / "other")]) == 0, capsys.readouterr()
    assert snapshot(tmp_path / "other/build/site") == snapshot(home / "p/build/site")


@pytest.mark.parametrize(
    ("verb", "code", "words"),
    [
        (("lift", *WHY), 1, "lifts"),
        (("lifts", "--replaced-by", "stair", *WHY), 1, "stairs"),
        (("lifts", "--replaced-by", "lifts", *WHY), 1, "unknown-dataset"),
        (("lifts", "--undo"), 1, "unknown-dataset"),
        (("new", *WHY), 1, "retire-unreleased"),
    ],
)
def test_what_can_not_be_retired_is_told(home, entaku, verb, code, words):
    (home / "p/pipelines/new.yaml").write_text(STAIRS.replace("name: stairs", "name: new"), "utf-8")
    before = (home / "p/catalogue.yaml").read_bytes()
    found, said = entaku("retire", *verb)
    assert found == code and words in said, said
    assert (home / "p/catalogue.yaml").read_bytes() == before


@pytest.mark.parametrize("verb", [("lifts",), ("lifts", "--reason", " "), ("lifts", *WHY[:2], "--since", "2026-02-30")])
def test_a_retirement_has_a_reason_and_a_day(home, entaku, verb):
    with pytest.raises(SystemExit) as told:
        entaku("retire", *verb)
    assert told.value.code == 2


def test_mistakes_in_catalogue_yaml_are_told(home, entaku):
    with (home / "p/catalogue.yaml").open("a", encoding="utf-8") as file:
        file.write("retired:\n  gone: {since: 2026-08-01, reason: x, replaced_by: nothing}\n")
    said = publish(entaku)
    assert "retired-unknown" in said and "replaced-unknown" in said and "nothing" in said
    for verb in ("check", "diff"):
        code, said = entaku(verb, "gone")
        assert code == 1 and "retire gone --undo" in said
