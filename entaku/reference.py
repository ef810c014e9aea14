"""The pages of `docs/` that come from the program: grammar, steps, findings, JSON Schemas.

`python -m entaku.reference docs` writes them; a test tells when they are out of date.
"""

import json
import sys
from pathlib import Path
from typing import Any

from entaku.codes import CODES
from entaku.spec import make_json_schemas
from entaku.tidy import STEPS

HEAD = "<!-- プログラムから作られるページです。直すのは {where}、そのあと make docs。 / Made from {where} by make docs. -->\n\n"


def make_reference() -> dict[str, str]:
    """Every generated page by its name in `docs/`."""
    schemas = make_json_schemas()
    pages = {name: json.dumps(schema, ensure_ascii=False, indent=2) + "\n" for name, schema in schemas.items()}
    return {
        **pages,
        "grammar.md": show_grammar(schemas),
        "steps.md": show_steps(),
        "findings.md": show_findings(),
    }


def show_grammar(schemas: dict[str, dict[str, Any]]) -> str:
    """The grammar of both kinds of YAML, a table for each mapping."""
    parts = [
        HEAD.format(where="entaku/grammar.py"),
        "# YAML の文法 / The grammar of the YAML files\n\n"
        "`catalogue.yaml` はカタログそのもの、`pipelines/<データセット>.yaml` はデータセット一つを表します。"
        "題名や説明は、文字だけなら日本語、`{ja: …, en: …}` なら両方です。\n\n"
        "`catalogue.yaml` is the catalogue itself, each `pipelines/<dataset>.yaml` one dataset. "
        "A title or description is Japanese if it is plain text, or both as `{ja: …, en: …}`.\n",
    ]
    for file, title in (("pipeline.schema.json", "pipelines/*.yaml"), ("catalogue.schema.json", "catalogue.yaml")):
        schema = schemas[file]
        parts.append(f"\n## {title}\n\n{_show_keys(schema)}")
        for name, definition in schema["$defs"].items():
            if definition.get("properties") and name != "Step" and name in _OWN:
                parts.append(f"\n### {_OWN[name]}\n\n{_show_keys(definition)}")
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
    "Publisher": "publishers の一つ / a publisher",
    "License": "licenses の一つ / a licence",
    "Theme": "themes の一つ / a theme",
    "Request": "requests の一つ / a request",
}


def _show_keys(schema: dict[str, Any]) -> str:
    lines = ["| キー / key | 型 / type | 意味 / meaning |", "|---|---|---|"]
    for name, node in schema["properties"].items():
        mark = " **必須 / required**" if name in schema.get("required", ()) else ""
        lines.append(f"| `{name}` | {_show_type(node)} | {_cell(node.get('description', ''))}{mark} |")
    return "\n".join(lines) + "\n"


def _show_type(node: dict[str, Any]) -> str:
    if "$ref" in node:
        return str(node["$ref"].rpartition("/")[2])
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    if "anyOf" in node:
        kinds = [_show_type(branch) for branch in node["anyOf"] if branch.get("type") != "null"]
        if {"string", "ja/en"} <= set(kinds):
            return "文字か {ja, en} / text"
        return " | ".join(dict.fromkeys(kinds))
    if node.get("type") == "array":
        return f"[{_show_type(node.get('items', {}))}]"
    if node.get("type") == "object" and set(node.get("properties", ())) == {"ja", "en"}:
        return "ja/en"
    return str(node.get("type", "any"))


def show_steps() -> str:
    """Every step: what it does, its options, an example."""
    parts = [
        HEAD.format(where="entaku/tidy*.py"),
        "# 整える手順 / The steps of tidy\n\n"
        "`tidy:` に書いた順に行われます。表のセルはすべて文字で、空のセルは空の文字です。"
        "「表全体」の手順から先は、すべての元ファイルを合わせた表に対して行われます。\n\n"
        "Steps run in the order written. Every cell is text; an empty cell is empty text. From the first step marked "
        "“whole table” on, they run on the rows of all source files together.\n",
    ]
    for name, kind in STEPS.items():
        whole = "（表全体 / whole table）" if kind.whole else ""
        parts.append(f"\n## {name}{whole}\n\n{kind.title.ja} / {kind.title.en}\n\n")
        parts.append(f"{kind.doc.ja.strip()}\n\n{kind.doc.en.strip()}\n\n```yaml\n{kind.example.strip()}\n```\n")
    return "".join(parts)


def show_findings() -> str:
    """Every finding: what it says and what to do."""
    lines = [
        HEAD.format(where="entaku/codes.py"),
        "# 指摘の一覧 / All findings\n\n"
        "`entaku explain <名前>` でも読めます。{…} には実際の値が入ります。\n\n"
        "`entaku explain <name>` shows one. {…} stands for the actual value.\n",
    ]
    for name, code in CODES.items():
        lines.append(f"\n## {name}\n\n{code.ja}\n→ {code.next_ja}\n\n{code.en}\n→ {code.next_en}\n")
    return "".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(folder: str) -> None:
    """Write the pages to `folder`."""
    for name, text in make_reference().items():
        (Path(folder) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
