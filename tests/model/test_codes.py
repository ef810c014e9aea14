"""The words of findings: all there, in both languages, for every code that the program uses and no other."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from entaku.model import messages
from entaku.model.hints import hint
from entaku.model.messages import CODES, parse_codes, say
from entaku.model.nouns import LANGS, Finding
from entaku.spec.spec import make_json_schemas
from entaku.spec.yaml import parse_yaml
from entaku.table.steps import STEPS

ROOT = Path(__file__).parents[2]
FILE = Path(messages.__file__).with_name("findings.yaml")
GOOD = "some-code: {ja: 値, en: value, next_ja: 直す, next_en: mend}\n"


# ---- the file


def test_the_file_is_as_strict_as_what_owners_write() -> None:
    document, findings = parse_yaml(FILE.read_bytes(), FILE.name)
    assert findings == ()
    assert document is not None and list(document.value) == list(CODES)


def test_codes_read_one_by_one_are_those_of_the_whole_file() -> None:
    assert parse_codes(FILE.read_text("utf-8")) == dict(CODES)
    with pytest.raises(KeyError):
        CODES["some-code"]


def test_good_words_are_parsed() -> None:
    assert parse_codes(GOOD)["some-code"].next_en == "mend"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- some-code",
        "some-code: value",
        GOOD.replace(", next_en: mend", ""),
        GOOD.replace("ja: 値, ", ""),
        GOOD.replace("}", ", why: so}"),
        GOOD.replace("value", "12"),
        GOOD.replace("value", '""'),
        GOOD.replace("value", '"one\\ntwo"'),
    ],
)
def test_an_unknown_key_or_missing_words_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a mapping|some-code: "):
        parse_codes(text)


def test_japanese_stays_on_its_line() -> None:
    """A folded line break would become a space in the sentence."""
    assert not re.findall(r"ja: >-\n    .*\n    .*", FILE.read_text("utf-8"))


# ---- codes and the program


@cache
def parse_program() -> list[ast.Module]:
    """Return the trees of the program's modules."""
    paths = [path for path in sorted((ROOT / "entaku").rglob("*.py")) if path.name != "messages.py"]
    return [ast.parse(path.read_text("utf-8")) for path in paths]


def test_every_code_in_the_program_has_words() -> None:
    forwarders = {"Finding": 0, **dict(list_forwarders())}
    used = {code for tree in parse_program() for code in list_codes(tree, forwarders)}
    assert len(used) > 130
    assert used - set(CODES) == set()


def test_every_code_is_used() -> None:
    literals = {node.value for tree in parse_program() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert set(CODES) - literals == set()


def list_forwarders() -> Iterator[tuple[str, int]]:
    """Yield the functions and classes that take a code for a Finding, and the position of that argument."""
    for tree in parse_program():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            names: list[str] = []
            if isinstance(node, ast.ClassDef):
                fields = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
                names = [field.id for field in fields if isinstance(field, ast.Name)]
            else:
                names = [arg.arg for arg in node.args.args if arg.arg != "self"]
                if "code" in names and "Finding(code" not in ast.unparse(node):
                    continue
            if "code" in names:
                yield node.name, names.index("code")


def list_codes(tree: ast.Module, forwarders: dict[str, int]) -> Iterator[str]:
    """Yield the literal codes of a module's findings: those of two words or more, which no other text looks like."""
    for node in ast.walk(tree):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            given += node.args[forwarders[name] :][:1] if name in forwarders else []
        elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "code" for target in node.targets):
            given = [node.value]
        for value in given:
            for one in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
                if isinstance(one, ast.Constant) and re.fullmatch("[a-z]+(-[a-z]+)+", str(one.value)):
                    yield str(one.value)


# ---- words


def test_both_languages_name_the_same_things() -> None:
    for code, words in CODES.items():
        assert list_placeholders(words.ja) == list_placeholders(words.en), code
        assert list_placeholders(words.next_ja) == list_placeholders(words.next_en), code


def list_placeholders(text: str) -> set[str]:
    """The names in single braces, without the language at their end."""
    return {re.sub(r"_(ja|en)$", "", name) for name in re.findall(r"\{(\w+)\}", re.sub(r"\{\{|\}\}", "", text))}


def test_every_finding_is_one_line_in_both_languages() -> None:
    for code, words in CODES.items():
        names = list_placeholders(words.ja + words.next_ja) - {"value"}
        args = {f"{name}{suffix}": f"<{name}>" for name in names for suffix in ("", "_ja", "_en")}
        for lang in LANGS:
            line = say(Finding(code, value="値", args=args), lang)
            assert "→" in line and "\n" not in line, code
            assert not re.search(r"\{(?!名前|name|date:|値|<)", line), code


JAPANESE = "[\u3000-\u30ff\u3400-\u9fff\uff01-\uff60]"


def test_english_has_japanese_only_in_examples() -> None:
    for code, words in CODES.items():
        text = re.sub("：|【要記入】|令和5年2月10日|電話番号|メール", "", words.en + words.next_en)
        assert not re.search(JAPANESE, text), code


NAMES = {
    "all", "APFS", "Authorization", "CI", "CKAN", "CSV", "DOI", "Excel", "HTML", "HTTP", "JSON", "MB", "SHA256SUMS", "Schema", "Shift_JIS", "Table",
    "Parquet", "U+3000", "URL", "UTC", "UTF-16", "UTF-8", "YAML", "allow-samples", "asked", "btrfs", "build/", "count", "cron", "crontab",
    "datapackages/", "date", "declined", "drop", "entaku", "env", "ext4", "false", "fiscal_year", "follow", "frictionless-py", "https", "id", "irregular",
    "make", "month", "pipelines/", "standards/", "releases.json", "reply_en", "reply_ja", "result.records", "secrets", "shown", "stored", "string", "true", "warning", "xfs", "year", "xlsx", "yaml", "yearmonth", "zip",
    "Y", "Z", "m", "d", "R", "data", "data/", "datetime", "dmy", "mdy", "starts", "withdraw", "SHA-256", "dry-run", "yes",
    "ENTAKU_SIGNING_PASSWORD", "G", "RW", "W", "chmod", "etc/entaku", "key", "minisign", "new", "pub", "since", "state", "restore", "project", "rsync", "delete", "nginx", "Caddy", "WCAG", "AA", "DTD", "SVG", "PNG", "KB", "SQL", "datapackage.json", "diff", "git", "init", "mark", "migrate", "npm", "wheel", "template", "requests", "rename", "retire", "showcases", "undo", "publish", "new-history", "hosting", "include", "edge/", "headers", "preview", "status", "redirects", "Netlify", "Cloudflare", "releases.txt", "datapackages/.aside", "manifest.json", "raw/", "Dask", "executor", "here", "cluster", "pip", "install", "scheduler", "MCP", "SDK", "DuckDB", "duckdb", "inputSchema", "where", "mcp", "obstore", "Pillow", "build/cards", "ttf", "otf", "cloud", "S3", "Google", "Cloud", "Storage", "Azure", "PMTiles", "AVIF", "JPEG", "WebP", "gzip", "Range", "If-Match", "If-None-Match", "s3", "gs", "az", "site",
}  # fmt: skip
"""The Latin words of Japanese sentences besides codes, steps, keys of the YAML and the project's files."""


def test_japanese_has_latin_words_only_for_names() -> None:
    keys = {*list_keys(list(make_json_schemas().values())), *STEPS, *CODES, *NAMES}
    for code, words in CODES.items():
        text = re.sub(r"(?<!\{)\{\w+\}", "", f"{words.ja} {words.next_ja}")
        for word in re.findall(r"[A-Za-z](?:[\w./+-]*[\w/])?", text, re.ASCII):
            assert word in keys or set(word.split(".")) <= keys or (ROOT / word).is_file(), (code, word)


def list_keys(node: object) -> Iterator[str]:
    """Yield the keys that a JSON Schema allows, at any depth."""
    if isinstance(node, dict):
        yield from node["properties"] if isinstance(node.get("properties"), dict) else ()
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from list_keys(value)


@pytest.mark.parametrize(
    ("word", "there", "said"),
    [
        ("が", "か\u3099", '"か\\u3099" と書けば'),
        ("か\u3099", "が", "見えない文字（U+3099）のある名前です"),
        ("表1", "表1\u200b", '"表1\\u200b" と書けば'),
        ("表1\u00a0", "表1", "見えない文字（U+00A0）のある名前です"),
        ("データ", "ﾃﾞｰﾀ", "「ﾃﾞｰﾀ」のことですか"),
        ("data.csv", "DATA.CSV", "「DATA.CSV」のことですか"),
        ("表１", "　表1", "「　表1」のことですか"),
    ],
)
def test_the_name_that_is_meant_is_told(word: str, there: str, said: str) -> None:
    assert said in hint(word, ["ほか", there])["hint_ja"]
    assert hint(word, ["ほか", there])["hint_en"]
    assert hint("z", ["ほか", there])["hint_ja"] == ""
