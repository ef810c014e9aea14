"""The page that tries the API: all of `openapi.json` without scripts, and answers in a browser, in both languages."""

import json
import re
from html import unescape

import pytest
import requests
from browser import find_faults, visit
from loopback import serve_site
from sweeping import halve

from entaku.site.feeds.openapi import PARAMETERS

PAGES = ("developers/api/", "en/developers/api/")


@pytest.fixture
def site(published):
    return published[0] / "build" / "site"


@pytest.mark.parametrize("path", PAGES)
def test_the_page_has_every_address_with_its_parameters_and_examples_that_are_there(site, path):
    told = json.loads((site / "openapi.json").read_bytes())
    text = (site / path / "index.html").read_text("utf-8")
    shown = dict(re.findall(r'<details id="(\w+)">(.*?)</details>', text, re.DOTALL))
    assert {item["get"]["operationId"] for item in told["paths"].values()} == set(shown)
    other = re.compile("[a-z]{3} [a-z]{3}" if path == PAGES[0] else "[ぁ-ん]{3}")  # words of the other language
    assert not [said for said in re.findall(r"</code> <span>(.*?)</span>", text) if other.search(said)]
    linked = 0
    with serve_site(site) as url:
        for address, item in told["paths"].items():
            part = shown[item["get"]["operationId"]]
            assert f"<code>{address}</code>" in part and "curl -sS" in part and "{" not in part.partition("curl")[2], (
                address
            )
            queries = [each["name"] for each in item["get"].get("parameters", ()) if each.get("in") == "query"]
            assert re.findall(r'<tr data-name="([^"]+)"', part) == queries, address
            for link in re.findall(r'<a href="([^"]+)"', part):
                target = unescape(link).replace("../", "")
                answer = requests.get(f"{url}/{target}", timeout=30)
                assert answer.status_code == 200, target
                (media,) = item["get"]["responses"]["200"]["content"]
                assert answer.headers["Content-Type"].partition(";")[0] == media, target
                assert f"curl -sS 'https://entaku.example.org/{target}'" in unescape(part) or "://" in part
                linked += 1
    assert linked > 50
    names = text.partition('<h2 id="names">')[2]
    used = {name for address in told["paths"] for name in re.findall(r"{(\w+)}", address)}
    assert set(re.findall(r'<tr data-name="([^"]+)"', names)) == used <= set(PARAMETERS)


@pytest.mark.parametrize(("path", "words"), halve([(PAGES[0], "送る"), (PAGES[1], "Send")]))
def test_addresses_are_tried(chromium, site, path, words):
    with visit(chromium, site) as tab:
        tab.go(f"{path}#get_api_3_action_package_search")
        page, search = tab.page, tab.page.locator("#get_api_3_action_package_search")
        search.locator("form").get_by_label("rows").select_option("10")
        search.locator("form").get_by_label("fq", exact=True).fill("groups:transport")
        search.get_by_role("button", name=words).click()
        page.wait_for_selector("#get_api_3_action_package_search h3")
        assert "api/3/action/package_search?fq=groups%3Atransport&rows=10" in search.locator("output").inner_text()
        assert search.locator("h3").inner_text() == "200 OK"
        said = search.locator("form pre").all_inner_texts()
        assert "content-type: application/json" in said[0] and '"count"' in said[1]

        table = page.locator("#get_datasets_dataset_table_csv")
        table.locator("summary").click()
        assert (
            table.locator("form").get_by_label("dataset").input_value()
            and table.locator("form").get_by_label("table").input_value()
        )
        table.locator("form").get_by_label("dataset").fill("toei-elevator-inspections")
        table.locator("form").get_by_label("table").focus()
        page.wait_for_function(
            "() => [...document.querySelectorAll('#get_datasets_dataset_table_csv datalist option')].some((each) => each.value === 'stations')"
        )
        table.locator("form").get_by_label("table").fill("stations")
        table.get_by_role("button", name=words).click()
        page.wait_for_selector("#get_datasets_dataset_table_csv h3")
        head = (site / "datasets/toei-elevator-inspections/stations.csv").read_text("utf-8").partition("\n")[0]
        assert table.locator("form pre").nth(1).inner_text().startswith(head)

        table.locator("form").get_by_label("table").fill(" ")
        table.get_by_role("button", name=words).click()
        assert "table" in table.get_by_role("alert").inner_text() and not table.locator("h3").count()
        binary = page.locator("#get_datasets_dataset_table_parquet")
        binary.locator("summary").click()
        binary.get_by_role("button", name=words).click()
        page.wait_for_selector("#get_datasets_dataset_table_parquet h3")
        assert binary.locator("form pre").count() == 1 and "parquet" in binary.locator("form p").last.inner_text()
        tried = "#get_api_3_action_package_search, #get_datasets_dataset_table_csv, #get_datasets_dataset_table_parquet"
        for scheme, width in (("light", 390), ("dark", 1280)):
            assert find_faults(tab, scheme, width, tried) == {}, (scheme, width)
    tab.check()


def test_a_refusal_is_shown_as_it_is_and_every_form_has_the_values_of_its_example(chromium, site):
    with visit(chromium, site) as tab:
        tab.go(PAGES[1])
        page = tab.page
        show = page.locator("#get_api_3_action_package_show")
        show.locator("summary").click()
        show.locator("form").get_by_label("id").fill("nothing-of-this-name")
        show.get_by_role("button", name="Send").click()
        page.wait_for_selector("#get_api_3_action_package_show h3")
        assert show.locator("h3").inner_text().startswith("404")
        assert "Not found" in show.locator("form pre").nth(1).inner_text()
        tab.errors[:] = [each for each in tab.errors if "404" not in each]  # the browser tells of it, too
        page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        page.wait_for_function(
            "() => document.querySelectorAll('.api-form').length === document.querySelectorAll('details').length"
        )
        wrong = page.evaluate("""() => [...document.querySelectorAll("details")].filter((each) => {
            const example = each.querySelector(".api-example > *")?.textContent ?? "";
            const given = [...each.querySelectorAll("form :is(input, select)")].filter((field) => field.required);
            return example && given.some((field) => !example.includes(encodeURIComponent(field.value)) || !field.value);
        }).map((each) => each.id)""")
        assert wrong == ["get_api_3_action_package_show"]  # where another name was filled in
    tab.check()
