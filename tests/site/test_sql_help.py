"""The functions that pages list for SQL: each example is run by the engine, and none that it knows is forgotten."""

import json
import re
import shutil
import subprocess

import pytest
from browser import find_faults, visit
from projects import ROOT

SCRIPT = (ROOT / "site_templates" / "assets" / "sql-help.js").read_text("utf-8")
EXAMPLES = re.findall(r'\["([A-Z][^"]+)", "([^"]*)"\]', SCRIPT)
ENGINE = ROOT / "build" / "vendor" / "squirreling.js"
ASK = """\
import { executeSql } from "./squirreling.js";
const t = [{ k: "a", n: 1 }, { k: "a", n: 2 }, { k: "b", n: 4 }];
const answers = [];
for (const query of JSON.parse(process.argv[2])) {
  const rows = [];
  for await (const row of executeSql({ tables: { t }, query }).rows()) rows.push(String(await row.cells.x()));
  answers.push(rows.join(", "));
}
console.log(JSON.stringify(answers));
"""
ALSO = {
    "SUBSTR": "SUBSTRING",
    "POSITION": "INSTR",
    "REGEXP_SUBSTR": "REGEXP_EXTRACT",
    "CEILING": "CEIL",
    "POW": "POWER",
}
"""Other names of functions that are listed."""
LEFT_OUT = re.compile("^(ST|JSON|ARRAY)_|^(UNNEST|CARDINALITY|RAND|RANDOM|CURRENT_TIME|CURRENT_TIMESTAMP|PI|DEGREES|RADIANS|A?(SIN|COS|TAN)|COT|ATAN2)$")  # fmt: skip
"""Functions for values that tables don't have (shapes, lists), of angles, of the moment and of chance."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    if not shutil.which("node") or not ENGINE.is_file():
        pytest.skip("no node or no bundle (.ci/run has both)")
    folder = tmp_path_factory.mktemp("sql")
    shutil.copy(ENGINE, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "ask.js").write_text(ASK)
    return folder


def test_every_example_answers_what_stands_beside_it(engine):
    assert len(EXAMPLES) > 40
    whole = re.compile(r"\b[kn]\b|\*")
    queries = [f"SELECT {call} AS x FROM t{'' if whole.search(call) else ' LIMIT 1'}" for call, _ in EXAMPLES]
    done = subprocess.run(
        ["node", "ask.js", json.dumps(queries)], cwd=engine, capture_output=True, text=True, check=True
    )
    answers = json.loads(done.stdout)
    wrong = {
        call: (told, answer)
        for (call, told), answer in zip(EXAMPLES, answers, strict=True)
        if (told or re.sub("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "", answer)) != (answer if told else "")
    }
    assert wrong == {}


def test_no_function_of_the_engine_is_forgotten(engine):
    known = set(
        re.findall(r'\b([A-Z][A-Z0-9_]+):\{min:\d+(?:,max:\d+)?,signature:"', (engine / ENGINE.name).read_text())
    )
    listed = {name for call, _ in EXAMPLES for name in re.findall(r"\b[A-Z][A-Z0-9_]+\b", call)}
    assert len(known) > 80 and set(ALSO.values()) <= listed
    assert {name for name in known - listed - ALSO.keys() if not LEFT_OUT.match(name)} == set()


def test_pages_list_them_in_their_language_and_axe_finds_nothing(chromium, published):
    with visit(chromium, published[0] / "build" / "site") as tab:
        for lang, title, words in (("", "使える関数", "行を数える"), ("en/", "Functions", "Count rows")):
            tab.go(f"{lang}datasets/toei-elevator-inspections/")
            if not tab.page.locator(".sql").count():
                pytest.skip("no bundle of the engine")
            tab.page.locator("section:has(.sql) summary").first.click()
            tab.page.get_by_text(title, exact=True).click()
            shown = tab.page.locator(".sql-help dl").inner_text()
            assert words in shown and all(call in shown for call, _ in EXAMPLES if "  " not in call)
            for scheme, width in (("light", 390), ("dark", 1280)):
                assert find_faults(tab, scheme, width, "section:has(.sql)") == {}, (lang, scheme, width)
    tab.check()
