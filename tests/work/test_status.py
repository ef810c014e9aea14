"""`entaku status` and the page `/status/`: what needs a person, and what came of the last run."""

import email
import email.policy
import json
import re
import shutil
from datetime import UTC, datetime

import pytest
from projects import LIFTS, lifts, make_project, put, snapshot

from entaku.fetch.network import Network
from entaku.formats.text import show_size
from entaku.store.disk import hold
from entaku.work import open as cli_setting
from entaku.work import status
from entaku.work.cli import main

SECRET = "個人番号123456789018"


def name(new: str) -> str:
    return LIFTS.replace("name: lifts", f"name: {new}").replace("requests: [lifts]\n", "")


@pytest.fixture
def entaku(tmp_path, monkeypatch, capsys):
    """A project of three datasets, of which one is published, and a command in it on 2026-07-10."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli_setting, "Network", lambda **_: Network(knock=lambda *_: "no network in tests"))
    project = make_project(tmp_path / "p", lifts=LIFTS)
    put(tmp_path / "m", lifts("L1,2026/06/01"), day="2026-07-01")
    set_day(monkeypatch, "2026-07-10")

    def run(*verb: str, lang: str = "ja") -> tuple[int, str]:
        capsys.readouterr()
        code = main([*verb, "--project", str(project), "--lang", lang])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out

    return run


def set_day(monkeypatch, day: str) -> None:
    monkeypatch.setattr(status, "read_clock", lambda: datetime.fromisoformat(f"{day}T03:00:00").replace(tzinfo=UTC))


def test_what_needs_a_person_is_told_as_text_mail_and_json(entaku, tmp_path, monkeypatch):
    project = tmp_path / "p"
    code, said = entaku("status")
    assert code == 0 and "することはありません" in said and "記録がありません" in said and "未公開" in said
    assert entaku("publish", "--mirror", "m")[0] == 0
    code, said = entaku("status")
    assert code == 0 and "終了コード 0（誤りなし）" in said and "公開中" in said and "2026-08-11" in said
    set_day(monkeypatch, "2026-08-12")
    code, said = entaku("status")
    assert code == 0 and "■ lifts 昇降機の点検: 予定より遅い、2026-08-11 から" in said
    set_day(monkeypatch, "2026-09-12")
    assert entaku("status")[0] == 1
    set_day(monkeypatch, "2026-07-10")
    for new in ("gone", "old"):
        (project / f"pipelines/{new}.yaml").write_text(name(new), "utf-8")
    assert entaku("publish", "--mirror", "m")[0] == 0
    (project / "pipelines/gone.yaml").unlink()
    (project / "pipelines/bad.yaml").write_text("name: bad\n", "utf-8")
    assert entaku("retire", "old", "--reason", "まとめた", "--since", "2026-07-09")[0] == 0
    put(tmp_path / "m", lifts("L1,x"), day="2026-07-02")
    assert entaku("publish", "--mirror", "m")[0] == 1
    before = snapshot(project)
    code, said = entaku("status")
    assert code == 1 and said.startswith("見本の目録：人の手が要るもの 3 件\n") and "終了コード 1" in said
    assert "■ lifts 昇降機の点検: 見送り、2026-07-02 から" in said and said.count("not-a-date") == 1 and "「x」" in said
    assert "■ gone 昇降機の点検: YAML がない" in said and "entaku retire gone" in said
    assert "■ bad\n  pipelines/bad.yaml:1 missing-key" in said
    assert "  old 昇降機の点検 (2026-07-09：まとめた)" in said
    code, mail = entaku("status", "--mail")
    letter = email.message_from_bytes(mail.encode(), policy=email.policy.default)
    assert code == 1 and letter["Subject"] == "見本の目録：人の手が要るもの 3 件"
    assert letter.get_content() == said and letter.get_content_type() == "text/plain"
    code, mail = entaku("status", "--mail", lang="en")
    assert (
        code == 1 and mail.startswith("Subject: A sample catalogue: 3 to look at\n") and "held since 2026-07-02" in mail
    )
    code, body = entaku("status", "--json")
    shown = json.loads(body)
    assert code == 1 and shown["urgent"] == 3 and shown["last_run"]["code"] == 1
    states = {each["name"]: each["state"] for each in shown["datasets"]}
    assert states == {"lifts": "held", "gone": "left", "old": "retired", "bad": "broken"}
    (one,) = [each for each in shown["datasets"] if each["name"] == "lifts"]
    assert (one["since"], one["version"], one["errors"]) == ("2026-07-02", "2026.07.01", 1)
    assert one["findings"][0]["code"] == "not-a-date" and "→" in one["findings"][0]["text@en"]
    assert all(size > 0 for size in one["bytes"].values()) and shown["totals"]["site"] > one["bytes"]["site"]
    assert snapshot(project) == before, "it writes nothing"


def test_the_page_shows_the_same_of_what_is_public(entaku, tmp_path):
    project, site = tmp_path / "p", tmp_path / "p/build/site"
    for new in ("old", "new"):
        (project / f"pipelines/{new}.yaml").write_text(name(new), "utf-8")
    assert entaku("publish", "--mirror", "m")[0] == 0
    assert entaku("retire", "old", "--reason", "まとめた", "--reason-en", "Joined", "--since", "2026-07-09")[0] == 0
    put(tmp_path / "m", lifts(f"L1,{SECRET}"), day="2026-07-02")
    assert entaku("publish", "--mirror", "m")[0] == 1
    for prefix, held, why in (("", "見送り", "まとめた"), ("en/", "Held", "Joined")):
        page = (site / f"{prefix}status/index.html").read_text("utf-8")
        assert 'content="noindex"' in page and held in page and why in page and "not-a-date" in page
        assert page.count("<tr><th") == 4 and 'data-due="2026-08-11"' in page
        quoted = SECRET in (site / f"{prefix}datasets/lifts/report/index.html").read_text("utf-8")
        assert (SECRET in page) <= quoted, "it tells no more than the page of the dataset"
        assert "build/failing" not in page and str(tmp_path) not in page
        assert f"{prefix}status/" in (site / f"{prefix}quality/index.html").read_text("utf-8").replace(
            "../status/", f"{prefix}status/"
        )
    assert "status/" not in (site / "sitemap.xml").read_text("utf-8")
    kept = snapshot(site)
    assert entaku("publish", "--mirror", "m")[0] == 1
    assert snapshot(site) == kept


def test_pages_agree_on_when_a_sample_is_due(published):
    site = published[0] / "build/site"
    pages = [(site / path / "index.html").read_text("utf-8") for path in ("status", "quality")]
    dues = [sorted(re.findall(r'<td data-due="([^"]+)"', page)) for page in pages]
    assert dues[0] == dues[1] and len(dues[0]) == 3
    assert pages[0].count("mark-sample") >= 3, "each sample is marked"


def test_a_run_that_goes_on_or_was_cut_short(entaku, tmp_path, monkeypatch):
    record = tmp_path / "p/build/last-run.json"
    with monkeypatch.context() as patch:
        patch.setattr("entaku.work.publish.publish_catalogue", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        assert entaku("publish", "--mirror", "m")[0] == 130
    code, said = entaku("status")
    assert code == 1 and "終わっていません" in said and "人の手が要るもの 1 件" in said
    with hold(tmp_path / "p/datapackages/.lock"):
        code, said = entaku("status", lang="en")
        assert code == 0 and "A run is going on." in said
    assert entaku("publish", "--mirror", "m")[0] == 0
    assert json.loads(record.read_bytes())["outcomes"] == {"lifts": "unchanged"}
    record.write_bytes(b"{}")
    code, said = entaku("status", lang="en")
    assert code == 0 and "no record" in said
    shutil.rmtree(tmp_path / "p/build")
    assert entaku("status")[0] == 0


def test_what_can_not_be_read_is_told(entaku, tmp_path):
    assert entaku("publish", "--mirror", "m")[0] == 0
    path = tmp_path / "p/datapackages/lifts/releases.json"
    good = path.read_bytes()
    path.write_bytes(b"{")
    for form in ((), ("--json",), ("--mail",)):
        code, said = entaku("status", *form)
        assert code == 1 and "store-broken" in said and "lifts" in said
    path.write_bytes(good)
    (tmp_path / "p/catalogue.yaml").write_text("title: x\n", "utf-8")
    code, said = entaku("status")
    assert code == 1 and "catalogue.yaml" in said


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (1_234_567, "1.2 MB"),
        (98_765_432_100, "98.8 GB"),
        (10**16, "10,000.0 TB"),
    ],
)
def test_sizes_in_words(size: int, shown: str) -> None:
    assert show_size(size) == shown


def read_metrics(path):
    """The numbers of a file in Prometheus' text format, by name and labels."""
    lines = path.read_text("utf-8").splitlines()
    numbers = dict(line.rsplit(" ", 1) for line in lines if line[0] != "#")
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names)) and {key.partition("{")[0] for key in numbers} == set(names)
    assert [line.split()[2] for line in lines if line.startswith("# HELP")] == names
    return {key: float(value) for key, value in numbers.items()}


def test_numbers_for_prometheus(entaku, tmp_path, monkeypatch):
    path = tmp_path / "entaku.prom"
    assert entaku("status", "--metrics", str(path)) == (0, "")
    before = read_metrics(path)
    assert before['entaku_datasets{state="unreleased"}'] == 1
    assert not any("last_run" in key for key in before)
    assert entaku("publish", "--mirror", "m")[0] == 0
    put(tmp_path / "m", lifts("L1,らいしゅう"), day="2026-07-02")
    assert entaku("publish", "--mirror", "m")[0] == 1
    (tmp_path / "p/pipelines/stairs.yaml").write_text("name: [", "utf-8")
    assert entaku("status", "--metrics", str(path)) == (1, "")
    after = read_metrics(path)
    assert after['entaku_dataset_urgent{dataset="lifts"}'] == after['entaku_dataset_urgent{dataset="stairs"}'] == 1
    assert (after["entaku_urgent"], after['entaku_datasets{state="held"}']) == (2, 1)
    assert after['entaku_datasets{state="broken"}'] == 1
    assert after['entaku_dataset_created_timestamp_seconds{dataset="lifts"}'] == 1782864000
    assert after['entaku_dataset_checked_timestamp_seconds{dataset="lifts"}'] == 1782950400
    assert after['entaku_dataset_due_timestamp_seconds{dataset="lifts"}'] == 1786460399
    assert after['entaku_dataset_bytes{dataset="lifts",of="site"}'] > 1000
    assert after["entaku_last_run_exit_code"] == after['entaku_last_run_datasets{outcome="held"}'] == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["entaku.prom", "m", "p"]
    code, told = entaku("status", "--metrics", str(tmp_path / "p"))
    assert code == 1 and "cannot-write" in told
