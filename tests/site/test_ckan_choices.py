"""What harvesters choose of a thousand datasets: nginx and Caddy find what a search finds."""

import json
import random
import re
import shutil

import pytest
import requests
from ckan_sites import find_port, run_caddy, run_nginx

from entaku.model.leaving import RuleFacts
from entaku.site.feeds import edge
from entaku.site.feeds.ckan import choices, index, search
from entaku.site.feeds.ckan.pieces import FILTERS, Listed
from entaku.site.feeds.ckan.replies import ARGUED, enclose_dataset

COUNT = 1234
OWNERS, GROUPS = ("kotsu", "kotsu-2", "a.b_c"), ("economy", "con", "organization")
CHANCE = random.Random(7)
TITLE = """{{env "PATH"}} {{ <{env "PATH"}> << env "PATH" >> {env.PATH} {$PATH} <!--# echo var="document_uri" --> \\"'` $uri ${uri}"""
"""What would be run if a server took data for its own language."""


def make_time():
    return f"202{CHANCE.randrange(6)}-0{CHANCE.randrange(1, 10)}-1{CHANCE.randrange(10)}T0{CHANCE.randrange(10)}:00:0{CHANCE.randrange(10)}.{CHANCE.choice(('000000', '019900'))}"


def make_entries(count):
    ids = sorted(f"{CHANCE.getrandbits(60):015x}" for _ in range(count))
    return [
        Listed(
            each, f"n-{n}", TITLE, make_time(), "",
            ((CHANCE.choice(OWNERS),), tuple(CHANCE.sample(GROUPS, CHANCE.randrange(3))), (), (), ()),
        )
        for n, each in enumerate(ids)
    ]  # fmt: skip


ENTRIES = make_entries(COUNT)


@pytest.fixture(scope="module", params=[run_nginx, run_caddy])
def server(tmp_path_factory, request):
    kind = request.param.__name__.removeprefix("run_")
    if not shutil.which(kind):
        pytest.skip(f"{kind} is not installed: its rules are not tried")
    home, port = tmp_path_factory.mktemp("choices"), find_port()
    root = f"http://127.0.0.1:{port}/"
    around = enclose_dataset(root)
    pieces = {f"{ARGUED}/package_show/{each.name}.json": show(each).join(around) for each in ENTRIES}
    pieces |= {page.path: page.body for page in (*choices.render(root, ENTRIES), *index.render(ENTRIES, {}))}
    for name, body in pieces.items():
        path = home / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    (home / "rules").mkdir()
    for name, body in edge.write_rules(RuleFacts(root, (), {}, ()), kind).items():
        (home / "rules" / name).write_bytes(body)
    with request.param(home / "site", home / kind, port, home / "rules") as url:
        yield url


def show(each):
    return json.dumps({"name": each.name, "title": each.title}).encode()


def make_filter():
    """An `fq` of a harvester."""

    def pick(field, names):
        some = CHANCE.sample((*names, "nobody"), CHANCE.randrange(3))
        return [f"-{field}:{name}" for name in some] if CHANCE.random() < 0.5 else [
            " OR ".join(f"{field}:{name}" for name in some)
        ] * bool(some)  # fmt: skip

    since = CHANCE.choice((make_time()[:19], CHANCE.choice(ENTRIES).modified, "2000-01-01T00:00:00"))
    return " ".join([*pick("organization", OWNERS), *pick("groups", GROUPS), f"metadata_modified:[{since}Z TO *]"])


def test_a_server_finds_what_a_search_finds(server):
    indexed = [
        search.Indexed(
            {"name": each.name, "title": each.title},
            {"id": (each.id,), "metadata_modified": (each.modified,), **dict(zip(FILTERS, each.values, strict=True))},
            {},
        )
        for each in ENTRIES
    ]
    sizes = set()
    for n in range(60):
        rows = (10, 100, 1000, 5000, 0)[n % 5]
        start = CHANCE.choice((0, 0, rows, 3 * rows)) if rows < 5000 else 0
        given = {"fq": make_filter(), "rows": rows, "start": start, "sort": "id asc"}
        found = requests.get(f"{server}/api/3/action/package_search", params=given, timeout=30)
        assert found.status_code == 200, (given, found.text)
        right = search.search(indexed, {}, given)
        assert found.json()["result"] == json.loads(json.dumps(right)), given
        sizes.add(len(str(right["count"])))
    assert sizes >= {1, 2, 3, 4}


def test_a_scan_is_chosen_by_the_time(server):
    """The shorter ones have all that changed since, also at the time of the last that they leave out."""
    newest = sorted((each.modified for each in ENTRIES), reverse=True)
    for place in (0, 49, 50, 51, 199, 200, 201, 799, 800, 801, COUNT - 1):
        fq = f"metadata_modified:[{newest[place]}Z TO *]"
        found = requests.get(f"{server}/api/3/action/package_search", params={"fq": fq, "rows": 0}, timeout=30)
        assert found.json()["result"]["count"] == sum(each >= newest[place] for each in newest)


def test_times_are_compared_by_their_digits():
    for digits in ("000", "019", "100", "572", "990", "999"):
        pattern = choices.match_until(digits)
        assert [n for n in range(1000) if re.fullmatch(pattern, f"{n:03}")] == list(range(int(digits) + 1))


def test_a_large_catalogue_has_no_scans():
    entries = ENTRIES * 9
    assert len(entries) > choices.MOST_SCANNED and list(choices.render("https://a.example/", entries)) == []
    assert list(index.render(entries, {})) == []
    assert [page.path.rpartition("/")[2] for page in choices.render("https://a.example/", ENTRIES[:40])] == [
        "first.txt", "all.txt",
    ]  # fmt: skip


@pytest.mark.sweep
def test_a_directive_is_never_longer_than_nginx_reads():
    for page in choices.render("https://a.example/", ENTRIES):
        values = re.findall(rb'(?:expr|value|virtual)="([^"]*)"', page.body)
        assert max(map(len, values)) < 2048 and page.body.isascii()
        assert b"{{" not in page.body
