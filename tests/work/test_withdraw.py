"""`entaku withdraw`: what was published by mistake leaves store, caches and site, and does not come again."""

import hashlib
import json
import re
import shlex
import shutil
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
import requests
from ckan_sites import find_port, run_caddy, run_nginx
from killer import publish_in_child
from loopback import serve_site
from projects import copy_template, copy_tree, lifts, make_project, put, snapshot

from entaku.fetch.network import Network
from entaku.store import Store
from entaku.work import open as cli_setting
from entaku.work.cli import main, make_parser
from entaku.work.verify import verify_site, verify_url

OFFICE = "https://office.example.org"
STAFF = f"""\
name: staff
title: {{ja: 職員名簿, en: Staff list}}
description: {{ja: 試験用の説明です。, en: A description for tests.}}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: people
    title: {{ja: 職員, en: People}}
    source: {{url: "{OFFICE}/people.csv"}}
    tidy: [{{drop_columns: [note]}}]
    schema:
      primaryKey: [id]
      fields: [{{name: id}}, {{name: word}}]
  - name: rooms
    title: {{ja: 部屋, en: Rooms}}
    source: {{url: "{OFFICE}/rooms.csv"}}
    schema:
      primaryKey: [room]
      fields: [{{name: room}}, {{name: floor, type: integer}}]
"""
PEOPLE, ROOMS = STAFF.split("  - name: rooms")
LIFTS_YAML = (
    STAFF.split("resources:")[0].replace("staff", "lifts").replace("職員名簿", "昇降機").replace("Staff list", "Lifts")
    + f"""\
resources:
  - name: schedule
    title: {{ja: 日程, en: Schedule}}
    source: {{url: "{OFFICE}/lifts.csv", overwritten: true}}
    tidy: [{{rename: {{番号: id, 点検日: day}}}}, {{parse_date: {{column: day}}}}]
    schema:
      primaryKey: [id]
      fields: [{{name: id}}, {{name: day, type: date}}]
"""
)
DAYS = ("2026-06-01", "2026-07-01", "2026-08-01")
VERSIONS = ["2026.06.01", "2026.07.01", "2026.08.01"]
WHY = ("--reason", "個人情報が含まれていたため", "--reason-en", "It held personal data", "--by", "情報公開課長")
SECRETS = ("Nakamura", "Kobayashi", "Matsumoto")
"""One in each version of the staff list; the notes, which are in the source files alone, end with "-note"."""


def say_people(name: str) -> str:
    return f"id,word,note\n1,{name},{name}-note\n2,plain,none\n"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three versions of two datasets, each of a day of the mirror, in `p`; the mirror is `mirror`."""
    home = tmp_path_factory.mktemp("withdraw")
    project = make_project(home / "p", staff=STAFF, lifts=LIFTS_YAML)
    for day, name in zip(DAYS, SECRETS, strict=True):
        put(home / "mirror", say_people(name), f"{OFFICE}/people.csv", day)
        put(home / "mirror", f"room,floor\nA,{int(day[5:7])}\n", f"{OFFICE}/rooms.csv", day)
        put(home / "mirror", lifts(f"L-{name},{day.replace('-', '/')}"), f"{OFFICE}/lifts.csv", day)
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


def publish(entaku, lang: str = "ja"):
    return entaku("publish", "--mirror", "mirror", lang=lang)


def find(home: Path, *words: str) -> list[str]:
    """Every file of store and build, the sites before and unfinished ones among them, that has one of the words."""
    files = {**snapshot(home / "p/datapackages"), **snapshot(home / "p/build")}
    return sorted(path for path, body in files.items() if any(word.encode() in body for word in words))


def versions(home: Path, name: str = "staff") -> list[str]:
    folder = home / "p/datapackages" / name / "releases"
    found = sorted(path.name for path in folder.iterdir())
    assert found == json.loads((folder.parent / "releases.json").read_bytes())["versions"]
    return found


def read(home: Path, path: str) -> str:
    return (home / "p/build/site" / path).read_text("utf-8")


def verify(entaku) -> None:
    for more in ((), ("--store",)):
        code, said = entaku("verify", *more)
        assert (code, "誤り 0 件" in said) == (0, True), said


def list_links(page: str) -> set[str]:
    return set(re.findall(r'href="([^"]*)"', page))


# ---- what is withdrawn ------------------------------------------------------------------------------------------


def test_the_current_version_goes_and_the_one_before_is_current(home, entaku):
    assert len(find(home, SECRETS[2])) > 15
    code, said = entaku("withdraw", "staff", "2026-08-01", "--yes", *WHY)
    assert code == 0, said
    assert "版 2026.08.01（11 ファイル" in said and "あとの現在の版: 2026.07.01" in said and "docs/withdraw.md" in said
    assert find(home, f"1,{SECRETS[2]}", f"{SECRETS[2]}-note") == []
    assert versions(home) == VERSIONS[:2] and versions(home, "lifts") == VERSIONS
    assert read(home, "datasets/staff/people.csv").splitlines()[1] == f"1,{SECRETS[1]}"
    verify(entaku)
    for page, words in (("", "個人情報が含まれていたため"), ("en/", "It held personal data")):
        stone = read(home, f"{page}datasets/staff/2026.08.01/index.html")
        assert words in stone and "情報公開課長" in stone and "noindex" in stone
        listed = read(home, f"{page}datasets/staff/index.html")
        assert "<s>" in listed and words in listed and "2026.08.01/" in list_links(listed)
    assert sorted(path.name for path in (home / "p/build/site/datasets/staff/2026.08.01").iterdir()) == ["index.html"]
    code, said = publish(entaku, "en")
    assert code == 1 and "withdrawn-served" in said and "people.csv" in said and "rooms.csv" in said
    assert find(home, f"1,{SECRETS[2]}", f"{SECRETS[2]}-note") == []
    assert versions(home) == VERSIONS[:2]
    put(home / "mirror", say_people("corrected"), f"{OFFICE}/people.csv", DAYS[2])
    put(home / "mirror", "room,floor\nA,9\n", f"{OFFICE}/rooms.csv", DAYS[2])
    code, said = publish(entaku)
    assert code == 0, said
    assert versions(home) == [*VERSIONS[:2], "2026.08.01.2"]  # the address of what was withdrawn isn't used again
    assert "corrected" in read(home, "datasets/staff/people.csv")
    assert find(home, f"1,{SECRETS[2]}", f"{SECRETS[2]}-note") == []
    verify(entaku)


def test_an_older_version_goes_and_the_next_is_compared_with_the_one_before(home, entaku):
    code, said = entaku("withdraw", "staff", "2026.07.01", "--yes", *WHY)
    assert code == 0, said
    assert find(home, f"1,{SECRETS[1]}", f"{SECRETS[1]}-note") == []
    assert versions(home) == [VERSIONS[0], VERSIONS[2]]
    page = read(home, "datasets/staff/2026.08.01/index.html")
    assert "2026.06.01" in page and "../2026.06.01/" in list_links(page) and "../2026.07.01/" not in list_links(page)
    verify(entaku)
    before = snapshot(home / "p/build/site")
    code, said = publish(entaku)
    assert (code, "変わりなし" in said) == (0, True), said
    assert snapshot(home / "p/build/site") == before
    assert find(home, f"1,{SECRETS[1]}", f"{SECRETS[1]}-note") == []


def test_with_all_versions_the_dataset_leaves_the_lists_and_a_tombstone_stays(home, entaku):
    assert "職員名簿" in read(home, "datasets/index.html")
    code, said = entaku("withdraw", "staff", "--yes", *WHY)
    assert code == 0, said
    assert find(home, *SECRETS) == find(home, *(f"L-{name}" for name in SECRETS)) != []  # those of the other dataset
    assert find(home, "-note") == [] and versions(home) == []
    for prefix, words in (("", "個人情報が含まれていたため"), ("en/", "It held personal data")):
        assert words in read(home, f"{prefix}datasets/staff/index.html")
        assert not [word for word in ("職員名簿", "Staff list") if word in read(home, f"{prefix}datasets/index.html")]
    assert "datasets/staff/" not in read(home, "sitemap.xml") + read(home, "llms.txt")
    assert not [path for path in snapshot(home / "p/build/site/search") if "staff" in read(home, f"search/{path}")]
    assert read(home, "feed.atom").count('<category term="withdrawn"') == 3
    assert json.loads(read(home, "api/3/package_show/staff.json"))["result"]["state"] == "deleted"
    assert json.loads(read(home, "api/3/action/package_list"))["result"] == ["lifts"]
    told = json.loads(read(home, "data.json"))
    assert [each["version"] for each in told["withdrawn"]] == VERSIONS and len(told["dataset"]) == 1
    stones = json.loads(read(home, "withdrawn.json"))["withdrawn"]
    assert [(each["version"], each["by"]) for each in stones] == [(version, "情報公開課長") for version in VERSIONS]
    assert json.loads(read(home, "datasets/staff/withdrawn.json"))["withdrawn"] == stones
    assert sorted(path.name for path in (home / "p/build/site/datasets/staff").iterdir()) == [
        *VERSIONS, "changes", "feed.atom", "index.html", "withdrawn.json",
    ]  # fmt: skip
    verify(entaku)
    code, said = publish(entaku)
    assert (code, said.count("withdrawn-served")) == (1, 2)
    assert find(home, "-note") == [] and versions(home) == []
    put(home / "mirror", say_people("corrected"), f"{OFFICE}/people.csv", DAYS[2])
    put(home / "mirror", "room,floor\nA,9\n", f"{OFFICE}/rooms.csv", DAYS[2])
    assert publish(entaku)[0] == 0
    assert versions(home) == ["2026.08.01.2"]
    assert "職員名簿" in read(home, "datasets/index.html") and "corrected" in read(home, "datasets/staff/index.html")
    verify(entaku)


def hash_of(home: Path, word: str, name: str = "staff") -> str:
    (found,) = [
        path.name[:64]
        for path in (home / "p/datapackages" / name / "raw").iterdir()
        if path.suffix == ".csv" and word in path.read_text("utf-8")
    ]
    return found


def test_a_source_file_goes_and_the_versions_made_from_it_are_named(home, entaku):
    sha256 = hash_of(home, f"{SECRETS[0]}-note")
    assert find(home, f"{SECRETS[0]}-note") != []
    code, said = entaku("withdraw", "staff", "raw", sha256[:10], "--yes", *WHY, lang="en")
    assert code == 0, said
    assert f"Version {VERSIONS[0]} stays" in said and VERSIONS[1] not in said
    assert find(home, f"{SECRETS[0]}-note") == []
    assert versions(home) == VERSIONS
    page = read(home, f"datasets/staff/{VERSIONS[0]}/index.html")
    assert "取り下げ" in page and not [link for link in list_links(page) if sha256 in link]
    assert f"#withdrawn-{sha256[:12]}</id>" in read(home, "datasets/staff/feed.atom")
    verify(entaku)
    code, said = publish(entaku)
    assert (code, "変わりなし" in said) == (0, True), said  # it isn't the newest file
    assert find(home, f"{SECRETS[0]}-note") == []
    verify(entaku)
    code, said = entaku("withdraw", "staff", "raw", sha256, "--yes", *WHY)
    assert code == 0 and "もう取り下げてあります" in said


def test_an_overwritten_table_is_made_without_a_source_file(home, entaku):
    sha256 = hash_of(home, f"L-{SECRETS[1]}", "lifts")
    assert entaku("withdraw", "lifts", "raw", sha256, "--yes", *WHY)[0] == 0
    code, said = publish(entaku)
    assert code == 0 and "withdrawn-left-out" in said, said
    assert read(home, "datasets/lifts/schedule.csv").splitlines()[1:] == [
        f"L-{SECRETS[0]},2026-06-01", f"L-{SECRETS[2]},2026-08-01",
    ]  # fmt: skip
    assert versions(home, "lifts") == [*VERSIONS, "2026.08.01.2"]
    for version in VERSIONS[1:]:  # their tables have it too
        assert entaku("withdraw", "lifts", version, "--yes", *WHY)[0] == 0
    assert find(home, f"L-{SECRETS[1]}") == []
    verify(entaku)
    assert publish(entaku)[0] == 0
    assert find(home, f"L-{SECRETS[1]}") == []


def test_the_newest_source_file_of_an_overwritten_table(home, entaku):
    sha256 = hash_of(home, f"L-{SECRETS[2]}", "lifts")
    assert entaku("withdraw", "lifts", VERSIONS[2], "--yes", *WHY)[0] == 0
    assert not [path for path in snapshot(home / "p/datapackages") if sha256 in path]
    code, said = publish(entaku)
    assert code == 1 and "withdrawn-served" in said
    assert find(home, f"L-{SECRETS[2]}") == [] and versions(home, "lifts") == VERSIONS[:2]


def test_a_table_goes_with_every_version_that_has_it_once_the_yaml_has_it_no_more(home, entaku):
    code, said = entaku("withdraw", "staff", "people", "--yes", *WHY)
    line = STAFF.splitlines().index("  - name: people") + 1
    assert code == 1 and f"pipelines/staff.yaml:{line} withdraw-planned" in said, said
    assert versions(home) == VERSIONS
    text = PEOPLE.split("  - name: people")[0] + "  - name: rooms" + ROOMS
    (home / "p/pipelines/staff.yaml").write_text(text, "utf-8")
    code, said = publish(entaku)
    assert code == 1 and "breaking-change" in said, said
    line = "breaking: {from: 2026-08-01, why: 別の表にしました, tables: [people]}\n"
    (home / "p/pipelines/staff.yaml").write_text(text.replace("resources:\n", f"{line}resources:\n"), "utf-8")
    assert publish(entaku)[0] == 0
    assert versions(home) == [*VERSIONS, "2026.08.01.2"]
    code, said = entaku("withdraw", "staff", VERSIONS[0], "--table", "people", "--yes", *WHY)
    assert code == 0 and versions(home) == [*VERSIONS[1:], "2026.08.01.2"]
    code, said = entaku("withdraw", "staff", "people", "--yes", *WHY)
    assert code == 0, said
    assert find(home, "-note") == [] and versions(home) == ["2026.08.01.2"]
    assert len(list((home / "p/datapackages/staff/raw").glob("*.csv"))) == 3  # of the rooms
    verify(entaku)
    code, said = publish(entaku)
    assert (code, "変わりなし" in said) == (0, True), said


def test_the_same_content_does_not_come_again_from_files_that_stay(home, entaku):
    assert entaku("withdraw", "staff", "--keep-raw", "--yes", *WHY)[0] == 0
    assert len(list((home / "p/datapackages/staff/raw").glob("*.csv"))) == 6
    code, said = publish(entaku)
    assert code == 1 and "withdrawn-again" in said and "「2026.08.01」" in said
    assert versions(home) == []
    marks = re.findall(r'accept: \["(\w{12})"\]', said)
    text = STAFF.replace(
        "    schema:\n      primaryKey: [id]", '    expect: {accept: ["%s"]}\n    schema:\n      primaryKey: [id]'
    )
    (home / "p/pipelines/staff.yaml").write_text(text % marks[0], "utf-8")
    code, said = publish(entaku)
    assert code == 0, said
    assert versions(home) == ["2026.08.01.2"]


DAILY = (
    STAFF.split("resources:")[0].replace("staff", "daily").replace("monthly", "daily")
    + f"""\
resources:
  - name: prices
    title: {{ja: 値段, en: Prices}}
    source:
      url: {OFFICE}/{{date:%Y%m%d}}.csv
      for: {{date: {{from: 2026-06-22, until: 2026-06-24}}}}
      missing: closed-day
    schema:
      primaryKey: [date, item]
      fields: [{{name: date, type: date}}, {{name: item}}]
"""
)


def test_of_many_files_one_goes_and_the_table_is_made_of_the_others(home, entaku):
    (home / "p/pipelines/daily.yaml").write_text(DAILY, "utf-8")
    for day in ("22", "23", "24"):
        put(home / "mirror", f"item\nturnip{day}\n", f"{OFFICE}/202606{day}.csv", DAYS[2])
    assert publish(entaku)[0] == 0
    assert len(find(home, "turnip23")) > 10
    assert entaku("withdraw", "daily", "raw", hash_of(home, "turnip23", "daily"), "--yes", *WHY)[0] == 0
    code, said = publish(entaku, "en")
    assert code == 0 and "[warning] pipelines/daily.yaml" in said and "20260623.csv" in said, said
    assert read(home, "datasets/daily/prices.csv").splitlines()[1:] == ["2026-06-22,turnip22", "2026-06-24,turnip24"]
    assert entaku("withdraw", "daily", "2026.08.01", "--yes", *WHY)[0] == 0
    assert find(home, "turnip23") == [] and versions(home, "daily") == ["2026.08.01.2"]
    verify(entaku)
    code, said = publish(entaku)
    assert (code, said.count("変わりなし")) == (0, 3), said
    assert find(home, "turnip23") == []


def test_other_places_of_the_same_file_are_named_or_cleared(home, entaku):
    twin = LIFTS_YAML.replace("name: lifts", "name: twin").replace("lifts.csv", "people.csv")
    twin = twin.split("    tidy:")[0] + "    schema:\n      fields: [{name: id}, {name: word}, {name: note}]\n"
    (home / "p/pipelines/twin.yaml").write_text(twin, "utf-8")
    assert publish(entaku)[0] == 0
    store, left = home / "p/datapackages", home / "p/build/.trial-x/staff/raw"
    copy_tree(store / "staff/raw", left)
    copy_tree(store / "staff/releases/2026.06.01", store / ".aside/staff@2026.09.09")
    code, said = entaku("withdraw", "staff", "--yes", *WHY)
    assert code == 0 and "データセット twin にもあります" in said and "lifts にも" not in said
    assert {path.split("/")[0 if path[0] != "d" else 1] for path in find(home, "-note")} <= {"twin", "site", "cache"}
    code, said = entaku("withdraw", "twin", "--yes", *WHY)
    assert code == 0 and "にもあります" not in said
    assert find(home, "-note") == []


def test_the_lists_that_the_office_keeps_may_lose_their_file(home, entaku):
    text = (Path(__file__).parents[2] / "pipelines/requests.yaml").read_text("utf-8")
    text = text.replace("publisher: entaku", "publisher: office").replace("[government]", "[transport]")
    (home / "p/pipelines/requests.yaml").write_text(text, "utf-8")
    head = (Path(__file__).parents[2] / "requests.csv").read_text("utf-8-sig").splitlines()[0]
    row = dict.fromkeys(head.split(","), "") | {
        "id": "first-ask",
        "asked": "2026-06-01",
        "title_ja": "最初の要望",
        "by_ja": "市民",
        "datasets": "staff",
    }
    (home / "p/requests.csv").write_text(f"{head}\n{','.join(row.values())}\n", "utf-8")
    code, said = publish(entaku)
    assert code == 0, said
    (sha256,) = {path.name[:64] for path in (home / "p/datapackages/requests/raw").glob("*.csv")}
    assert entaku("withdraw", "requests", "raw", sha256, "--yes", *WHY)[0] == 0
    assert "最初の要望" in read(home, "requests/index.html")
    code, said = entaku("withdraw", "staff", "--yes", *WHY)
    assert code == 0, said  # the request that it answered stays
    assert "最初の要望" in read(home, "requests/index.html")
    verify(entaku)


# ---- what is asked and answered ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "there"),
    [
        (("staf",), ("staf」", "lifts, staff", "「staff」のことですか")),
        (("staff", "2026.09.01"), ("2026.09.01」", "2026.06.01, 2026.07.01, 2026.08.01, people, rooms")),
        (("staff", "peple"), ("peple」", "「people」のことですか")),
        (("staff", "raw", "0123456"), ("元ファイル「0123456」", "8 桁以上")),
        (("staff", "raw", "00000000"), ("元ファイル「00000000」", "8 桁以上")),
        (("staff", "--table", "halls"), ("表「halls」", "people, rooms")),
        (("staff", "people", "rooms"), ("people rooms」",)),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(home, entaku, words, there):
    before = snapshot(home / "p")
    code, said = entaku("withdraw", *words, "--yes", *WHY)
    assert code == 1 and "nothing-to-withdraw" in said
    assert all(word in said for word in there), said
    assert {**before, "datapackages/.lock": b""} == snapshot(home / "p")


def test_a_reason_and_who_decided_are_asked_for(home, entaku, capsys):
    for given in (WHY[:4], WHY[2:], ("--reason", " \u202e", "--by", "課長")):
        with pytest.raises(SystemExit) as ended:
            entaku("withdraw", "staff", "--yes", *given)
        assert ended.value.code == 2
    assert versions(home) == VERSIONS


def test_it_asks_on_a_terminal_and_refuses_elsewhere(home, entaku, monkeypatch):
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    before = snapshot(home / "p")
    monkeypatch.setattr("sys.stdin", StringIO(""))
    code, said = entaku("withdraw", "staff", *WHY)
    assert code == 1 and "withdraw-unconfirmed" in said
    code, said = entaku("withdraw", "staff", "--dry-run", *WHY, lang="en")
    assert code == 0 and "version 2026.06.01 (11 files" in said and "https://data.example.org/datasets/staff/" in said
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    code, said = entaku("withdraw", "staff", *WHY, lang="en")
    assert code == 0 and "This can't be undone" in said and "Nothing was changed" in said
    assert snapshot(home / "p") == before
    monkeypatch.setattr("sys.stdin", Terminal("staff\n"))
    assert entaku("withdraw", "staff", *WHY)[0] == 0
    assert versions(home) == []


# ---- what goes wrong --------------------------------------------------------------------------------------------


def test_a_site_that_can_not_be_made_again_loses_the_dataset(home, entaku):
    page = copy_template(home / "p", "home.html")
    good = page.read_text("utf-8")
    page.write_text(good.replace("{% block main %}", "{% block main %}{{ nothing.at.all }}"), "utf-8")
    code, said = entaku("withdraw", "staff", "2026.08.01", "--yes", *WHY)
    assert code == 1 and "withdrawn-from-site" in said and "template" in said and "公開中の版はそのまま" not in said
    assert find(home, f"1,{SECRETS[2]}", f"{SECRETS[2]}-note") == []
    assert (
        not (home / "p/build/site/datasets/staff").exists() and not (home / "p/build/site/en/datasets/staff").exists()
    )
    assert "L-" in read(home, "datasets/lifts/schedule.csv")
    page.write_text(good, "utf-8")
    put(home / "mirror", say_people("corrected"), f"{OFFICE}/people.csv", DAYS[2])
    put(home / "mirror", "room,floor\nA,9\n", f"{OFFICE}/rooms.csv", DAYS[2])
    assert publish(entaku)[0] == 0
    assert "corrected" in read(home, "datasets/staff/people.csv")
    verify(entaku)


@pytest.mark.parametrize(
    "file", ["releases/2026.06.01/manifest.json", "releases/2026.07.01/people.csv", "releases.json"]
)
def test_a_dataset_with_a_fault_is_not_kept_as_it_was(home, entaku, file):
    """What is kept of a dataset with a fault is read from the site, which may still have what was withdrawn."""
    assert entaku("withdraw", "staff", "2026.08.01", "--dry-run", *WHY)[0] == 0
    path = home / "p/datapackages/staff" / file
    good = path.read_bytes()
    if file != "releases.json":
        path.write_bytes(b"{" if file.endswith(".json") else good + b"x,y\n")
        code, said = entaku("withdraw", "staff", "2026.08.01", "--yes", *WHY)
        assert code == 1 and "dataset-taken-off" in said and "公開したことがない" not in said, said
        code, said = publish(entaku)
        assert code == 1 and "dataset-taken-off" in said, said
        assert not (home / "p/build/site/datasets/staff").exists()
    else:
        assert entaku("withdraw", "staff", "2026.08.01", "--yes", *WHY)[0] == 0
        path.write_bytes(b"{")
        put(home / "mirror", lifts("L-9,2026/9/1"), f"{OFFICE}/lifts.csv", "2026-09-01")
        code, said = publish(entaku)
        assert code == 1 and "dataset-kept" in said, said
        assert "個人情報" in read(home, "datasets/staff/2026.08.01/index.html")
        assert SECRETS[1] in read(home, "datasets/staff/people.csv")
    assert find(home, f"1,{SECRETS[2]}", f"{SECRETS[2]}-note") == []
    assert "L-" in read(home, "datasets/lifts/schedule.csv")


DAMAGES = {
    "folder": lambda release: shutil.rmtree(release),
    "no manifest": lambda release: (release / "manifest.json").unlink(),
    "half a manifest": lambda release: (release / "manifest.json").write_text("{"),
    "other manifest": lambda release: (release / "manifest.json").write_text('{"files": 1}'),
    "table": lambda release: (release / "people.csv").write_text("id,word\n1,Flipped\n"),
}
KEEPS = {"all": (), "keep-raw": ("--keep-raw",)}
DAMAGED_AND_KEPT = [(damage, list(KEEPS)[n % 2]) for n, damage in enumerate(DAMAGES)]
"""What `make test` tries: every damage and either way to withdraw it.  All pairs are a sweep."""


@pytest.mark.parametrize(
    ("damage", "keep"),
    [
        pytest.param(*pair, marks=() if pair in DAMAGED_AND_KEPT else pytest.mark.sweep, id="-".join(pair))
        for pair in product(DAMAGES, KEEPS)
    ],
)
def test_a_damaged_version_that_is_withdrawn_does_not_come_again(home, entaku, damage, keep):
    """What it was made of is known from the site, if not from the store."""
    more = KEEPS[keep]
    DAMAGES[damage](home / "p/datapackages/staff/releases/2026.08.01")
    code, said = entaku("withdraw", "staff", "2026.08.01", "--yes", *more, *WHY)
    assert code == 0, said
    (stone,) = json.loads(read(home, "datasets/staff/withdrawn.json"))["withdrawn"]
    published = {file["path"].rpartition("/")[2]: file["sha256"] for file in stone["files"]}
    assert published["people.csv"] == hashlib.sha256(b"id,word\n1,Matsumoto\n2,plain\n").hexdigest()
    assert len(stone["raws"]) == (0 if more else 2)
    code, said = publish(entaku)
    assert code == 1 and ("withdrawn-again" if more else "withdrawn-served") in said
    assert versions(home) == VERSIONS[:2] and find(home, f"1,{SECRETS[2]}\n") == []
    verify(entaku)


def test_without_any_manifest_the_files_that_may_be_its_own_are_named(home, entaku):
    shutil.rmtree(home / "p/datapackages/staff/releases/2026.08.01")
    shutil.rmtree(home / "p/build")
    secret = hash_of(home, f"{SECRETS[2]}-note")
    code, said = entaku("withdraw", "staff", "2026.08.01", "--dry-run", *WHY)
    assert code == 0 and f"entaku withdraw staff raw {secret[:12]}" in said
    assert hash_of(home, f"{SECRETS[0]}-note")[:12] not in said


def test_what_went_before_is_not_said_to_stay(home, entaku):
    gone = hash_of(home, f"{SECRETS[0]}-note")
    assert entaku("withdraw", "staff", "raw", gone, "--yes", *WHY)[0] == 0
    for words in (("2026.06.01",), ("2026.06.01", "--keep-raw"), ()):
        code, said = entaku("withdraw", "staff", *words, "--dry-run", *WHY)
        assert code == 0 and gone[:12] not in said, said


def test_without_a_tombstone_it_is_lost(home, entaku):
    """What the tombstones excuse is an error without them."""
    assert entaku("withdraw", "staff", "raw", hash_of(home, f"{SECRETS[0]}-note"), "--yes", *WHY)[0] == 0
    assert entaku("withdraw", "staff", "2026.08.01", "--yes", *WHY)[0] == 0
    verify(entaku)
    stones = (home / "p/datapackages/staff/withdrawn.json").read_bytes()
    (home / "p/datapackages/staff/withdrawn.json").unlink()
    code, said = entaku("verify", "--store")
    assert code == 1 and "raw-missing" in said
    code, said = publish(entaku)
    assert code == 1 and "tombstones-restored" in said and "withdrawn-served" in said
    assert (home / "p/datapackages/staff/withdrawn.json").read_bytes() == stones
    assert find(home, f"1,{SECRETS[2]}", f"{SECRETS[2]}-note") == [] and versions(home) == VERSIONS[:2]
    verify(entaku)
    (home / "p/datapackages/staff/withdrawn.json").write_text("[]", "utf-8")
    code, said = publish(entaku)
    assert code == 1 and "store-broken" in said and "withdrawn.json" in said


def test_what_a_backup_brings_back_goes_again(home, entaku):
    store, kept = home / "p/datapackages/staff", home / "backup"
    copy_tree(store, kept)
    assert entaku("withdraw", "staff", "2026.08.01", "--yes", *WHY)[0] == 0
    for part in ("raw", "releases"):
        shutil.copytree(kept / part, store / part, dirs_exist_ok=True)
    shutil.copyfile(kept / "releases.json", store / "releases.json")
    assert find(home, f"{SECRETS[2]}-note") != []
    code, said = publish(entaku)
    assert code == 1 and "withdrawal-finished" in said and "withdrawn-served" in said
    assert find(home, f"1,{SECRETS[2]}", f"{SECRETS[2]}-note") == [] and versions(home) == VERSIONS[:2]


def test_a_held_attempt_that_quotes_it_goes_too(home, entaku):
    put(home / "mirror", "id,word,note\nSecretus,x,y\nSecretus,x,y\n", f"{OFFICE}/people.csv", "2026-09-01")
    put(home / "mirror", "room,floor\nA,10\n", f"{OFFICE}/rooms.csv", "2026-09-01")
    assert publish(entaku)[0] == 1
    assert {path.split("/")[0] for path in find(home, "Secretus")} >= {"staff", "failing", "site"}
    assert entaku("withdraw", "staff", "raw", hash_of(home, "Secretus"), "--yes", *WHY)[0] == 0
    assert find(home, "Secretus") == []


@pytest.mark.parametrize("text", [None, "name: staff\ntitle: [\n", STAFF.replace("type: integer", "type: integr")])
def test_a_dataset_without_a_yaml_or_with_a_broken_one(home, entaku, text):
    path = home / "p/pipelines/staff.yaml"
    path.unlink() if text is None else path.write_text(text, "utf-8")
    code, said = entaku("withdraw", "staff", VERSIONS[2], "--yes", *WHY)
    assert code == (0 if text is None else 1), said
    assert versions(home) == VERSIONS[:2] and "職員名簿は" not in read(home, "datasets/staff/index.html")
    code, said = entaku("withdraw", "staff", "--yes", *WHY)
    assert code == (0 if text is None else 1), said
    assert find(home, "-note") == [] and "職員名簿は取り下げました" in read(home, "datasets/staff/index.html")
    verify(entaku)


def test_a_site_elsewhere_and_the_one_at_home(home, entaku):
    assert entaku("publish", "--mirror", "mirror", "--to", "www")[0] == 0
    assert (home / "www/datasets/staff/2026.08.01/people.csv").is_file()
    code, said = entaku("withdraw", "staff", "2026.08.01", "--yes", "--to", "www", *WHY)
    assert code == 0, said
    assert find(home, f"{SECRETS[2]}-note") == []
    assert not [
        path for path, body in snapshot(home).items() if "mirror" not in path and f"{SECRETS[2]}-note".encode() in body
    ]
    assert (home / "www/datasets/staff/2026.08.01/index.html").is_file()


@pytest.mark.parametrize("step", ["record_withdrawal", "settle_withdrawal", "list_contents"])
def test_who_interrupts_it_is_told_to_finish_it(home, entaku, monkeypatch, step):
    with monkeypatch.context() as patch:

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(Store, step, interrupt)
        code, said = entaku("withdraw", "staff", "2026.08.01", "--yes", *WHY)
    assert code == 130 and "取り下げは終わっていません" in said
    if step != "record_withdrawal":
        publish(entaku)
        assert find(home, f"1,{SECRETS[2]}", f"{SECRETS[2]}-note") == [] and versions(home) == VERSIONS[:2]


# ---- killed -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def points(published: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Everything that a withdrawal does to the disk."""
    work = tmp_path_factory.mktemp("measured") / "w"
    copy_tree(published, work)
    ended = publish_in_child(work / "p", work / "mirror", verb=("withdraw", "staff", VERSIONS[2], "--yes", *WHY))
    assert ended.code == 0, ended.out
    return list(ended.labels)


@pytest.mark.parametrize(
    ("words", "recorded"),
    [
        (("-> datapackages/staff/withdrawn.json",), False),
        pytest.param(("withdrawn.json", "fsync"), True, marks=pytest.mark.sweep),
        (("withdrawn.json", "rmdir"), True),
        pytest.param(("withdrawn.json", "unlink", "staff/raw"), True, marks=pytest.mark.sweep),
        pytest.param(("withdrawn.json", "-> datapackages/staff/releases.json"), True, marks=pytest.mark.sweep),
        (("releases.json", "rmdir"), True),
        pytest.param(
            ("withdrawn.json", "releases.json", "-> datapackages/staff/withdrawn.json"), True, marks=pytest.mark.sweep
        ),
        pytest.param(("publish_site",), True, marks=pytest.mark.sweep),
        (("exchange",), True),
        pytest.param(("exchange", "rename", "rmdir"), True, marks=pytest.mark.sweep),
    ],
)
def test_a_killed_withdrawal_is_finished_by_the_next_run(home, points, words, recorded):
    at = 0
    for word in words:
        at = next(n for n, label in enumerate(points) if n >= at and word in label) + 1
    site = snapshot(home / "p/build/site")
    ended = publish_in_child(home / "p", home / "mirror", at, verb=("withdraw", "staff", VERSIONS[2], "--yes", *WHY))
    assert ended.code == -9
    now = snapshot(home / "p/build/site")
    assert now == site or "datasets/staff/withdrawn.json" in now  # wholly old, or wholly new
    again = publish_in_child(home / "p", home / "mirror", killer=False)
    code = again.code
    if recorded:
        assert code == 1  # the source still serves it
        assert find(home, f"1,{SECRETS[2]}", f"{SECRETS[2]}-note") == []
        assert versions(home) == VERSIONS[:2]
    else:
        assert code == 0, again.out
        assert snapshot(home / "p/build/site") == site and versions(home) == VERSIONS
    assert verify_site(home / "p/build/site") == []


def test_the_commands_of_the_page_are_as_the_program_takes_them():
    page = (Path(__file__).parents[2] / "docs/withdraw.md").read_text("utf-8")
    told = re.findall(r"entaku (withdraw [^`\n]*)", page)
    given = [shlex.split(line) for line in told]
    assert len(given) > 12
    for words in given:
        options = make_parser().parse_args([*words, *(() if "--by" in words else WHY)])
        assert options.run.__name__ == "run_withdraw" and options.dataset in ("lifts", "DATASET")


# ---- feeds and hosts --------------------------------------------------------------------------------------------


@pytest.fixture
def site(home: Path, entaku) -> Path:
    """A site with one version of one dataset withdrawn, and all of the other."""
    assert entaku("withdraw", "staff", "--yes", *WHY)[0] == 0
    assert entaku("withdraw", "lifts", VERSIONS[1], "--yes", *WHY)[0] == 0
    return home / "p/build/site"


@pytest.mark.sweep
def test_every_validator_accepts_the_feeds(site, entaku):
    code, said = entaku("verify", "--deep")
    assert code == 0, said
    rdflib = pytest.importorskip("rdflib")
    status = rdflib.URIRef("http://www.w3.org/ns/adms#status")
    withdrawn = rdflib.URIRef("http://publications.europa.eu/resource/authority/distribution-status/WITHDRAWN")
    for path in ("catalog.ttl", "datasets/lifts/dcat.ttl"):
        assert len([*rdflib.Graph().parse(site / path).subjects(status, withdrawn)]) == 1, path
    assert "職員名簿（取り下げ）" in (site / "catalog.ttl").read_text("utf-8")
    feedparser = pytest.importorskip("feedparser")
    for path, count in (("feed.atom", 6), ("datasets/staff/feed.atom", 3), ("datasets/lifts/feed.atom", 3)):
        feed = feedparser.parse((site / path).read_bytes())
        assert (feed.bozo, len(feed.entries)) == (False, count), path
    for path in (site / "datasets/staff", site / "datasets/lifts/2026.07.01"):
        assert not [each for each in path.rglob("*") if each.suffix in (".csv", ".parquet")]


GONE = (
    "datasets/staff/people.csv", "datasets/staff/datapackage.json", "datasets/staff/2026.06.01/people.parquet",
    "datasets/staff/2026.08.01/SHA256SUMS", "datasets/lifts/2026.07.01/schedule.csv",
    "datasets/staff/changes/2026.06.01-2026.07.01/changes.json", "datasets/staff/changes/2026.07.01-2026.08.01/people.csv",
    "datasets/lifts/changes/2026.06.01-2026.07.01/schedule.parquet", "datasets/lifts/changes/2026.07.01-2026.08.01/changes.json",
)  # fmt: skip
THERE = (
    "datasets/staff/", "datasets/staff/withdrawn.json", "datasets/staff/feed.atom", "datasets/staff/2026.06.01/",
    "datasets/staff/changes/2026.06.01-2026.07.01/", "datasets/lifts/changes/2026.06.01-2026.07.01/",
    "datasets/lifts/2026.07.01/", "datasets/lifts/2026.06.01/schedule.csv", "datasets/lifts/schedule.csv", "withdrawn.json",
)  # fmt: skip


HOSTS = {
    "entaku": lambda site, home: serve_site(site),
    "nginx": lambda site, home: run_nginx(site, home, find_port()),
    "caddy": lambda site, home: run_caddy(site, home, find_port()),
}


@pytest.mark.parametrize("host", ["entaku", "nginx", "caddy"])
def test_hosts_answer_that_it_is_gone(site, tmp_path, host):
    if host != "entaku" and not shutil.which(host):
        pytest.skip(f"{host} is not installed")
    (raw,) = json.loads((site / "datasets/lifts/withdrawn.json").read_bytes())["withdrawn"]
    assert raw["raws"] == []  # the version after it was made from the same file
    stones = json.loads((site / "datasets/staff/withdrawn.json").read_bytes())["withdrawn"]
    raws = [f"datasets/staff/{each['path']}.csv" for each in stones[-1]["raws"]]
    assert len(raws) == 6
    with HOSTS[host](site, tmp_path / host) as url:
        for path in (*GONE, *raws):
            assert requests.get(f"{url}/{path}", timeout=30).status_code == 410, path
        for path in THERE:
            assert requests.get(f"{url}/{path}", timeout=30).status_code == 200, path
        assert requests.get(f"{url}/datasets/lifts/nothing.csv", timeout=30).status_code == 404
        shown = requests.get(f"{url}/api/3/package_show/staff.json", timeout=30).json()
        assert shown["result"]["state"] == "deleted"


@pytest.mark.parametrize(
    "host", [pytest.param("entaku", marks=pytest.mark.sweep), "nginx", pytest.param("caddy", marks=pytest.mark.sweep)]
)
def test_a_host_with_old_rules_serves_what_is_released_next(site, home, entaku, tmp_path, host):
    """Rules are read when a server starts: the files of a dataset may be there again before it reads them again."""
    if host != "entaku" and not shutil.which(host):
        pytest.skip(f"{host} is not installed")
    current = (
        "people.csv",
        "people.parquet",
        "datapackage.json",
        "report.json",
        "SHA256SUMS",
        "dcat.ttl",
        "index.md",
    )
    with HOSTS[host](site, tmp_path / host) as url:
        assert [requests.get(f"{url}/datasets/staff/{name}", timeout=30).status_code for name in current] == [410] * 7
        put(home / "mirror", say_people("corrected"), f"{OFFICE}/people.csv", DAYS[2])
        put(home / "mirror", "room,floor\nA,9\n", f"{OFFICE}/rooms.csv", DAYS[2])
        assert publish(entaku)[0] == 0 and "corrected" in read(home, "datasets/staff/people.csv")
        assert [requests.get(f"{url}/datasets/staff/{name}", timeout=30).status_code for name in current] == [200] * 7
        old = [f"datasets/staff/2026.06.01/people.{kind}" for kind in ("csv", "parquet")]
        assert [requests.get(f"{url}/{path}", timeout=30).status_code for path in old] == [410] * 2
        with Network(allow_hosts=["127.0.0.1"]) as network:
            count, found = verify_url(url, network, lambda *_: None)
        assert (count, found) == (5, [])
