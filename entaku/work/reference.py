"""Generated pages of `docs/`: grammar, steps, findings, rules, JSON Schemas.

`python -m entaku.work.reference docs` writes them; a test fails when they are out of date.
"""

import json
import sys
from pathlib import Path
from typing import Any

from entaku.audit import rulebook
from entaku.check import schema as schemas
from entaku.model.messages import CODES
from entaku.spec import make_json_schemas, step_adapter
from entaku.table import steps as kinds
from entaku.work.standard_pages import show_standards

HEAD = "<!-- プログラムから作られるページです。直すのは {where}、そのあと make docs。 / Made from {where} by make docs. -->\n\n"


def make_reference() -> dict[str, str]:
    """Return every generated page by its name in `docs/`."""
    made = make_json_schemas()
    pages = {name: json.dumps(schema, ensure_ascii=False, indent=2) + "\n" for name, schema in made.items()}
    return {
        **pages,
        "grammar.md": show_grammar(made),
        "steps.md": show_steps(),
        "findings.md": show_findings(),
        "rules.md": show_rules(),
        "types.md": show_types(),
        "standards-jp.md": HEAD.format(where="entaku/model/standards.csv, standard_columns.csv") + show_standards(),
    }


def show_grammar(made: dict[str, dict[str, Any]]) -> str:
    """Render the grammar of both kinds of YAML, a table for each mapping."""
    parts = [
        HEAD.format(where="entaku/grammar.py"),
        "# YAML の文法 / The grammar of the YAML files\n\n"
        "`catalogue.yaml` はカタログそのもの、`pipelines/<データセット>.yaml` はデータセット一つを表します。"
        "題名や説明は、文字だけなら日本語、`{ja: …, en: …}` なら両方です。\n\n"
        "`catalogue.yaml` is the catalogue itself, each `pipelines/<dataset>.yaml` one dataset. "
        "A title or description is Japanese if it is plain text, or both as `{ja: …, en: …}`.\n",
    ]
    for file, title in (("pipeline.schema.json", "pipelines/*.yaml"), ("catalogue.schema.json", "catalogue.yaml")):
        schema = made[file]
        parts.append(f"\n## {title}\n\n{_show_keys(schema)}")
        for name, words in _OWN.items():
            if name in schema["$defs"]:
                parts.append(f"\n### {words}\n\n{_show_keys(schema['$defs'][name])}")
    return "".join(parts)


_OWN = {
    "Resource": "resources の一つ / a resource",
    "Source": "source",
    "Ckan": "source.ckan",
    "Limit": "source.limit",
    "Read": "read",
    "TitleLine": "read.title の一つ / a title line",
    "Header": "read.header",
    "Section": "read.section",
    "Schema": "schema",
    "SchemaField": "schema.fields の一つ / a field",
    "Constraints": "constraints",
    "ForeignKey": "foreignKeys の一つ / a foreign key",
    "Reference": "foreignKeys.reference",
    "Expect": "expect",
    "Between": "expect.rows",
    "Share": "expect.fill の一つ / a share",
    "ChartPlan": "charts の一つ / a chart",
    "ViewPlan": "view",
    "Erratum": "errata の一つ / an erratum",
    "Dois": "doi",
    "KeepRule": "keep",
    "Publisher": "publishers の一つ / a publisher",
    "License": "licenses の一つ / a licence",
    "Theme": "themes の一つ / a theme",
    "Brand": "site",
    "Logo": "site.logo",
    "Colours": "site.colours",
    "Shades": "site.colours.dark",
    "Home": "site.home",
    "Footer": "site.footer",
    "FooterLink": "site.footer.links の一つ / a link",
    "Retirement": "retired の一つ / an entry of retired",
    "Renaming": "renamed の一つ / an entry of renamed",
}


def _show_keys(schema: dict[str, Any]) -> str:
    lines = ["| キー / key | 型 / type | 意味 / meaning |", "|---|---|---|"]
    needed = schema.get("required") or schema.get("anyOf", [{}])[0].get("required", ())  # else there is a shorter way
    for name, node in schema["properties"].items():
        mark = " **必須 / required**" if name in needed else ""
        lines.append(f"| `{name}` | {_show_type(node)} | {_cell(node.get('description', ''))}{mark} |")
    return "\n".join(lines) + "\n"


def _show_type(node: dict[str, Any]) -> str:
    if "$ref" in node:
        name = str(node["$ref"].rpartition("/")[2])
        return "{ja, en}" if name == "Text" else f"[{name}](#{_anchor(_OWN[name])})" if name in _OWN else name
    if "enum" in node or "const" in node:
        return ", ".join(f"`{value}`" for value in node.get("enum", [node.get("const")]))
    if "anyOf" in node:
        kinds = [_show_type(branch) for branch in node["anyOf"] if branch.get("type") != "null"]
        return " か ".join(dict.fromkeys(kinds))
    kind = node.get("type", "何でも / any")
    if kind == "array":
        return f"{_show_type(node['items'])} の一覧" if "items" in node else "一覧"
    if kind == "object" and isinstance(node.get("additionalProperties"), dict):
        return f"名前: {_show_type(node['additionalProperties'])}"
    return " か ".join(_TYPES.get(one, one) for one in ([kind] if isinstance(kind, str) else kind))


_TYPES = {"string": "文字", "integer": "整数", "number": "数", "boolean": "true / false", "object": "組"}


def _anchor(title: str) -> str:
    """Return GitHub's anchor of a heading."""
    kept = "".join(char for char in title.lower() if char.isalnum() or char in " -_")
    return kept.replace(" ", "-")


def show_steps() -> str:
    """Render every step: its effect, its options, an example."""
    parts = [
        HEAD.format(where="entaku/tidy*.py"),
        "# 整える手順 / The steps of tidy\n\n"
        "`tidy:` に書いた順に行われます。表のセルはすべて文字で、空のセルは空の文字です。"
        "「表全体」の手順から先は、すべての元ファイルを合わせた表に対して行われます。\n\n"
        "Steps run in the order written. Every cell is text; an empty cell is empty text. From the first step marked "
        "“whole table” on, they run on the rows of all source files together.\n",
    ]
    for name, kind in kinds.STEPS.items():
        whole = "（表全体 / whole table）" if kind.whole else ""
        parts.append(f"\n## {name}{whole}\n\n{kind.title.ja} / {kind.title.en}\n\n")
        parts.append(f"{kind.doc.ja.strip()}\n\n{kind.doc.en.strip()}\n\n```yaml\n{kind.example.strip()}\n```\n")
        parts += [f"\n{_show_keys(branch)}" for branch in _list_options(name)]
    return "".join(parts)


def _list_options(name: str) -> list[dict[str, Any]]:
    """List the mappings that a step takes."""
    if kinds.STEPS[name].options is None:
        return []
    schema = step_adapter(name).json_schema(by_alias=True)
    return [node for node in (schema, *schema.get("anyOf", ())) if node.get("properties")]


def show_findings() -> str:
    """Render every finding: its message and what to do."""
    lines = [
        HEAD.format(where="entaku/model/findings.yaml"),
        "# 指摘の一覧 / All findings\n\n"
        "`entaku explain <名前>` でも読めます。{…} には実際の値が入ります。\n\n"
        "`entaku explain <name>` shows one. {…} stands for the actual value.\n",
    ]
    for name, code in CODES.items():
        lines.append(f"\n## {name}\n\n{code.ja}\n→ {code.next_ja}\n\n{code.en}\n→ {code.next_en}\n")
    return "".join(lines)


def show_rules() -> str:
    """Render the 30 rules of machine-readability: requirement, weight, what to do."""
    lines = [
        HEAD.format(where="entaku/audit/rules.yaml"),
        "# 機械可読性の 30 のルール / The 30 rules of machine-readability\n\n"
        f"{rulebook.CREDIT.ja}（<{rulebook.SOURCE}>）。題名と重さは原文のもの、ほかの言葉と判定は Entaku のものです。"
        "判定のしかたと、デジタル庁の見本プログラムとの違いは [quality.md](quality.md) にあります。\n\n"
        f"{rulebook.CREDIT.en} (<{rulebook.SOURCE}>). Titles and weights are the agency's; the other words and how the rules are "
        "decided are Entaku's. [quality.md](quality.md) tells how, and where it differs from the agency's own checker.\n",
    ]
    for level, title in rulebook.LEVELS.items():
        off = ", ".join(
            f"{weight} −{points}" for weight, points in rulebook.DEDUCTIONS[level].items() if weight != "fatal"
        )
        lines.append(
            f"\n## レベル {level}：{title.ja} / Level {level}: {title.en}\n\n100 点から / from 100: fatal → 0, {off}\n\n"
        )
        lines.append("| ルール / rule | 求めること / asks for | 直し方 / what to do |\n|---|---|---|\n")
        for name, rule in rulebook.RULES.items():
            if rulebook.level_of(name) == level:
                head = f"**{name}** {rule.title.ja}<br>{rule.title.en} ({rule.weight})"
                cells = (head, f"{rule.ask.ja}<br>{rule.ask.en}", f"{rule.next.ja}<br>{rule.next.en}")
                lines.append(f"| {' | '.join(map(_cell, cells))} |\n")
    return "".join(lines)


def show_types() -> str:
    """Render every format of offices: its types, what it allows, what is published of it."""
    lines = [
        HEAD.format(where="entaku/check/named.py"),
        "# 役所の形式 / Formats of offices\n\n"
        "schema の列の `format` に書くと、その形だけを許します。`type` は省けます（表の左のもの）。パターンでわからない誤り"
        "（検査数字、桁数、その元号にない年）も、セルの場所と正しい値を添えて指摘になります。公開される記述は、Table Schema の"
        "ふつうの `pattern` か `minimum`・`maximum` と `rdfType` なので、どの道具でも同じに調べられます（検査数字などは Entaku だけが"
        "調べます）。緯度と経度の範囲は、列の constraints に書けば、そちらが優先されます。\n\n"
        f"全国地方公共団体コードの一覧は、総務省「全国地方公共団体コード」（{schemas.AS_OF} 現在、1,965 件）を加工したものです"
        "（`entaku/check/municipalities.csv` に出典）。検査数字の合う、一覧にないコードは注意にとどめます。\n\n"
        "```yaml\nfields:\n  - {name: code, format: municipality_code}\n  - {name: lat, format: latitude}\n```\n\n"
        "As the `format` of a field they allow only what they name; `type` may be left out (the first one below). What a "
        "pattern can't tell (check digits, numbers of digits, years that an era never had) is a finding, too, with the cell "
        "and the right value. What is published is a plain `pattern`, or `minimum` and `maximum`, and an `rdfType`, which any "
        "tool can check; check digits and the like are checked by Entaku alone. Bounds of the field's own go before those of "
        f"latitude and longitude. The list of municipalities is made from that of the Ministry of Internal Affairs ({schemas.AS_OF}).\n\n",
        "| format | type | 名前 / name | 例 / example | 許すもの / what is allowed |\n|---|---|---|---|---|\n",
    ]
    for name, named in schemas.NAMED.items():
        said = (f"{named.title.ja}<br>{named.title.en}", f"`{named.example}`", f"{named.note.ja}<br>{named.note.en}")
        lines.append(f"| `{name}` | {', '.join(named.types)} | {' | '.join(map(_cell, said))} |\n")
    lines.append(
        "\n## 公開される記述 / What is published\n\n| format | 制約 / constraints | rdfType |\n|---|---|---|\n"
    )
    for name, named in schemas.NAMED.items():
        rules = [f"`pattern: {named.pattern}`"] if named.pattern else []
        rules += [f"`format: {named.format}`"] if named.format != "default" else []
        rules += [f"`{key}: {value}`" for key, value in (named.bounds or {}).items()]
        lines.append(f"| `{name}` | {_cell(', '.join(rules))} | <{named.rdf_type}> |\n")
    return "".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(folder: str) -> None:
    """Write the pages to `folder`."""
    for name, text in make_reference().items():
        (Path(folder) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
