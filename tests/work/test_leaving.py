"""`entaku retire`: what was published stays, everything says that it is no longer updated, and nothing nags.
`entaku rename`: former addresses lead to the new ones, and what has an address for ever keeps it and its bytes."""

import json
import shutil
from pathlib import Path

import pytest
import requests
from ckan_sites import find_port, run_caddy, run_nginx
from loopback import serve_site
from projects import LIFTS, PUBLIC, SECRET, copy_tree, lifts, make_project, put, snapshot
from sweeping import halve

from entaku.fetch.network import Network
from entaku.work import open as cli_setting
from entaku.work.cli import main
from entaku.work.verify import verify_url

STAIRS = LIFTS.replace("name: lifts", "name: stairs").replace("昇降機", "階段").replace("Lift ", "Stair ")
STAIRS = STAIRS.replace("requests: [lifts]\n", "").replace("frequency: monthly", "frequency: daily")
DAYS = ("2026-06-01", "2026-07-01")
WHY = ("--reason", "階段の表にまとめたため", "--reason-en", "Joined with the stairs", "--since", "2026-08-01")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of two datasets in `p`; the mirror is `mirror`."""
    home = tmp_path_factory.mktemp("leaving")
    project = make_project(home / "p", lifts="# 昇降機\n" + LIFTS, stairs=STAIRS)
    for n, day in enumerate(DAYS, 1):
        put(home / "mirror", lifts(*(f"L{k},2026/06/0{k}" for k in range(1, n + 1))), day=day)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli_setting, "Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
        assert main(["publish", "--project", str(project), "--mirror", str(home / "mirror")]) == 0
    return home


@pytest.fixture
def home(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy_tree(published, tmp_path / "w")
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
    for path in ("", "report/", "2026.07.01/"):
        for prefix, words in (("", "階段の表にまとめたため"), ("en/", "Joined with the stairs")):
            page = read(home, f"{prefix}datasets/lifts/{path}index.html")
            assert words in page and ("2026年8月1日" if not prefix else "1 August 2026") in page, page[:300]
            assert f'<a href="{"../" * (1 + path.count("/"))}stairs/">' in page
    page = read(home, "datasets/lifts/index.html")
    assert "data-fresh" in page and "data-late" not in page and "data-due" not in page
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
        r"dataset-status\/DISCONT",
        r"frequency\/NEVER",
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
    assert "Joined with the stairs" in read(home, "datasets/lifts/index.md")
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
    assert said.count("[警告]") == said.count("address-unset") and "取り込みは公開に至りません" not in read(
        home, "datasets/lifts/index.html"
    )
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


# ---- renamed ------------------------------------------------------------------------------------------------------


def list_kept(site: Path, name: str) -> dict[str, bytes]:
    """The files of the versions and the source files below a name, but for the pages, which have links to newer ones."""
    files = snapshot(site / "datasets" / name)
    return {path: body for path, body in files.items() if path.startswith(("2026.", "raw/")) and "index." not in path}


def verify(entaku, *more: str) -> str:
    for verb in (("verify", *more), ("verify", "--store")):
        code, said = entaku(*verb)
        assert code == 0, said
    return said


def test_two_names_later_every_address_still_answers(home, entaku, monkeypatch):
    monkeypatch.setenv("ENTAKU_SIGNING_KEY", SECRET)
    project, site = home / "p", home / "p/build/site"
    with (project / "catalogue.yaml").open("a", encoding="utf-8") as file:
        file.write(f"signing: {{keys: [{{public_key: {PUBLIC}}}]}}  # 鍵\n")
    (project / "showcases.csv").write_bytes('id,datasets\r\nx,"lifts; stairs"\r\n'.encode("cp932"))
    publish(entaku)
    pages = {path for path in snapshot(site) if path.startswith(("datasets/lifts/", "en/datasets/lifts/"))}
    versions, key = list_kept(site, "lifts"), json.loads(read(home, "api/3/package_show/lifts.json"))["result"]["id"]
    for old, new in (("lifts", "elevators"), ("elevators", "hoists")):
        code, said = entaku("rename", old, new, "--since", "2026-08-01")
        assert code == 0 and "rename-finished" in said, said
        assert not (project / f"pipelines/{old}.yaml").exists() and not (project / f"datapackages/{old}").exists()
        assert (project / f"pipelines/{new}.yaml").read_text("utf-8").startswith(f"# 昇降機\nname: {new}\n")
        assert (project / "showcases.csv").read_bytes() == f'id,datasets\r\nx,"{new}; stairs"\r\n'.encode()
        assert entaku("rename", old, new)[0] == 0, "the same command again does nothing"
        assert "rename-finished" not in publish(entaku)
        assert list_kept(site, "lifts") == versions
        assert pages <= set(snapshot(site)), pages - set(snapshot(site))
        verify(entaku, "--key", PUBLIC)
        kept = snapshot(site)
        publish(entaku)
        assert snapshot(site) == kept
    for old in ("lifts", "elevators"):
        for prefix in ("", "en/"):
            for path in ("", "report/"):
                page = read(home, f"{prefix}datasets/{old}/{path}index.html")
                to = "../" * (1 + path.count("/")) + "hoists/" + path
                assert f'<meta http-equiv="refresh" content="0; url={to}">' in page and "noindex" in page
                assert f'<link rel="canonical" href="https://data.example.org/{prefix}datasets/hoists/{path}">' in page
                assert "hreflang" not in page.split("<body")[0]
        now = snapshot(site / "datasets/hoists")
        for path, body in snapshot(site / "datasets" / old).items():
            assert "/" in path or path == "index.html" or body == now[path], path
        assert key == json.loads(read(home, f"api/3/package_show/{old}.json"))["result"]["id"]
    listed = "".join(read(home, path) for path in ("datasets/index.html", "publishers/office/index.html", "llms.txt"))
    assert "hoists/" in listed and "lifts/" not in listed and "elevators/" not in listed
    index = "".join(path.read_text("utf-8") for path in (site / "search").iterdir())
    assert "datasets/hoists/" in index and "datasets/lifts/" not in index
    assert "lifts, elevators" in read(home, "en/datasets/hoists/index.html")
    feed = read(home, "feed.atom")
    assert feed.count('<category term="renamed"/>') == 2
    assert "<id>https://data.example.org/datasets/lifts/2026.06.01/</id>" in feed, "entries of versions keep their ids"
    turtle = read(home, "datasets/hoists/dcat.ttl")
    replaced = turtle.partition("dct:replaces ")[2].partition(" ;")[0].split(", ")
    assert {*replaced} == {f"<https://data.example.org/datasets/{old}/#dataset>" for old in ("lifts", "elevators")}
    assert "datasets/lifts/2026.06.01/#release" in turtle
    assert "datasets/lifts/" not in read(home, "sitemap.xml").replace("datasets/lifts/2026", "")
    page = read(home, "datasets/hoists/index.html")
    assert all(f"{old}/2026.07.01{more}/" in page for old, more in (("../lifts", ""), ("../elevators", ".2")))


@pytest.mark.parametrize("host", halve(["nginx", "caddy"]))
def test_hosts_with_rules_redirect_and_what_they_serve_is_verified(home, entaku, tmp_path, host):
    if not shutil.which(host):
        pytest.skip(f"{host} is not installed")
    assert entaku("rename", "lifts", "elevators")[0] == 0
    path = home / "p/catalogue.yaml"
    path.write_text(path.read_text("utf-8") + "site: {host: netlify}\n", "utf-8")
    publish(entaku)
    site, run = home / "p/build/site", run_nginx if host == "nginx" else run_caddy
    assert "/en/datasets/lifts/report/ /en/datasets/elevators/report/ 301!" in read(home, "_redirects")
    with run(site, tmp_path / host, find_port()) as url:
        for path in (
            "datasets/lifts/",
            "en/datasets/lifts/report/",
            "datasets/lifts/schedule.csv",
            "datasets/lifts/SHA256SUMS",
        ):
            answer = requests.get(f"{url}/{path}", allow_redirects=False, timeout=10)
            to = "/" + path.replace("lifts", "elevators")
            assert (answer.status_code, answer.headers["Location"].endswith(to)) == (301, True), (path, answer.headers)
        for path in ("datasets/lifts/2026.06.01/", "datasets/lifts/2026.06.01/schedule.csv"):
            assert requests.get(f"{url}/{path}", allow_redirects=False, timeout=10).status_code == 200
        with Network(allow_hosts=["127.0.0.1"]) as network:
            packages, findings = verify_url(url, network, lambda *_: None)
        assert packages > 3 and [finding for finding in findings if finding.severity == "error"] == []


def test_a_name_goes_back_and_what_was_released_in_between_stays(home, entaku):
    site = home / "p/build/site"
    before, first = (home / "p/catalogue.yaml").read_bytes(), list_kept(site, "lifts")
    assert entaku("rename", "lifts", "elevators")[0] == 0
    publish(entaku)
    between = list_kept(site, "elevators")
    assert len(between) > 5
    assert entaku("rename", "elevators", "lifts")[0] == 0
    after = (home / "p/catalogue.yaml").read_text("utf-8")
    assert after.startswith(before.decode()) and "elevators:\n    to: lifts" in after and after.count("to:") == 1
    publish(entaku)
    assert list_kept(site, "elevators").items() >= between.items() and list_kept(site, "lifts").items() >= first.items()
    assert "url=../lifts/" in read(home, "datasets/elevators/index.html")
    verify(entaku)


def test_a_retired_dataset_without_yaml_and_one_that_is_withdrawn_are_renamed(home, entaku):
    site = home / "p/build/site"
    assert entaku("retire", "lifts", "--replaced-by", "stairs", *WHY)[0] == 0
    (home / "p/pipelines/lifts.yaml").unlink()
    assert entaku("rename", "lifts", "elevators")[0] == 0
    assert entaku("rename", "stairs", "steps")[0] == 0
    publish(entaku)
    assert 'href="../steps/"' in read(home, "datasets/elevators/index.html").split("callout retired")[1]
    assert "更新終了" in read(home, "datasets/elevators/index.html") and "lifts" not in read(
        home, "datasets/index.html"
    )
    verify(entaku)
    take = ("--reason", "誤り", "--by", "課長", "--yes")
    code, said = entaku("withdraw", "lifts", "2026.06.01", *take)
    assert code == 0 and "https://data.example.org/datasets/lifts/2026.06.01/" in said, said
    assert sorted(path.name for path in (site / "datasets/lifts/2026.06.01").iterdir()) == ["index.html"]
    assert "誤り" in read(home, "datasets/lifts/2026.06.01/index.html")
    assert "../lifts/2026.06.01/" in read(home, "datasets/elevators/index.html")
    (told,) = json.loads(read(home, "datasets/elevators/withdrawn.json"))["withdrawn"]
    assert (told["dataset"], told["home"]) == ("elevators", "lifts")
    assert told["address"] == "https://data.example.org/datasets/lifts/2026.06.01/"
    assert "datasets/lifts/2026[.]06[.]01/" in entaku("hosting", "nginx")[1]
    kept = snapshot(site)
    publish(entaku)
    assert snapshot(site) == kept
    assert entaku("withdraw", "elevators", *take)[0] == 0
    assert "../../elevators" not in read(home, "datasets/index.html")
    assert "url=../elevators/" in read(home, "datasets/lifts/index.html")
    assert read(home, "feed.atom").count('<category term="withdrawn"') == 2
    with serve_site(site) as url:
        raw = (
            told["raws"][0]["path"]
            if told["raws"]
            else json.loads(read(home, "withdrawn.json"))["withdrawn"][-1]["raws"][0]["path"]
        )
        for path, status in (
            (f"datasets/lifts/{raw}.csv", 410),
            ("datasets/lifts/2026.06.01/schedule.csv", 410),
            ("x", 404),
        ):
            assert requests.get(f"{url}/{path}", timeout=10).status_code == status
    verify(entaku)


def test_a_clone_that_says_so_and_a_store_that_comes_back_agree(home, entaku):
    """The command in a clone without a store; the store is moved by the run that publishes, an old backup too."""
    store, kept = home / "p/datapackages", home / "kept"
    copy_tree(store, kept)
    shutil.rmtree(store)
    assert entaku("rename", "lifts", "elevators")[0] == 0
    assert not store.exists()
    kept.rename(store)
    assert "rename-finished" in publish(entaku)
    assert not (store / "lifts").exists() and (home / "p/build/site/datasets/lifts/2026.06.01").is_dir()
    copy_tree(store / "stairs", store / "lifts")
    code, said = entaku("publish", "--mirror", "mirror")
    assert code == 1 and "rename-both" in said and "datapackages/lifts" in said
    shutil.rmtree(store / "lifts")
    publish(entaku)
    verify(entaku)


def test_a_damaged_release_of_a_renamed_dataset_is_kept_as_it_was_published(home, entaku):
    site = home / "p/build/site"
    assert entaku("rename", "lifts", "elevators")[0] == 0
    before = list_kept(site, "lifts")
    path = home / "p/datapackages/elevators/releases/2026.06.01/manifest.json"
    good = path.read_bytes()
    path.write_bytes(b"{}")
    code, said = entaku("publish", "--mirror", "mirror")
    assert code == 1 and "dataset-kept" in said, said
    assert list_kept(site, "lifts") == before and "url=../elevators/" in read(home, "datasets/lifts/index.html")
    assert "2026.07.01" in read(home, "datasets/elevators/index.html")
    path.write_bytes(good)
    publish(entaku)
    assert list_kept(site, "lifts") == before and "2026.07.01.2" in read(home, "datasets/elevators/index.html")
    verify(entaku)


def test_a_rename_that_was_cut_short_is_finished_by_the_same_command(home, entaku, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("entaku.work.leaving.move_pipeline", lambda *_: 1 / 0)
        assert main(["rename", "lifts", "elevators", "--project", str(home / "p")]) == 3
    code, said = entaku("publish", "--mirror", "mirror")
    assert code == 1 and "name-taken" in said and "pipelines/lifts.yaml:2" in said
    assert entaku("rename", "lifts", "elevators")[0] == 0
    publish(entaku)
    assert list_kept(home / "p/build/site", "lifts") and "elevators/" in read(home, "datasets/index.html")


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (("lift", "x"), "unknown-dataset"),
        (("lifts", "stairs"), "rename-exists"),
        (("lifts", "Lifts_1"), "bad-pattern"),
        (("lifts", "requests"), "rename-ledger"),
        (("old", "x"), "name-taken"),
        (("lifts", "old"), "name-taken"),
    ],
)
def test_what_can_not_be_renamed_is_told(home, entaku, verb, words):
    with (home / "p/catalogue.yaml").open("a", encoding="utf-8") as file:
        file.write("renamed:\n  old: {to: stairs, since: 2026-01-01}\n")
    before = snapshot(home / "p/pipelines"), (home / "p/catalogue.yaml").read_bytes()
    code, said = entaku("rename", *verb)
    assert code == 1 and words in said, said
    assert (snapshot(home / "p/pipelines"), (home / "p/catalogue.yaml").read_bytes()) == before


def test_addresses_in_the_owners_own_texts_are_named(home, entaku):
    path = home / "p/pipelines/stairs.yaml"
    path.write_text(
        path.read_text("utf-8") + "# https://data.example.org/datasets/lifts/ と datasets/lifts-2/\n", "utf-8"
    )
    code, said = entaku("rename", "lifts", "elevators")
    assert code == 0 and said.count("name-mentioned") == 1 and "pipelines/stairs.yaml:23" in said, said
