"""The recipes by which a catalogue is published every day: text files of `recipes/` whose blanks are filled in here."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from entaku.model.words import Text
from entaku.store import read_project

FOLDER = Path(__file__).with_name("recipes")
MARK = b"# entaku hosting "
"""How the first line of every file begins that `entaku hosting` writes."""
PAGES = "github-pages"
"""The kind of host whose recipe a new project has."""
PUBLISH, CHECK = ".github/workflows/publish.yaml", ".github/workflows/check.yaml"


@dataclass(frozen=True)
class Recipe:
    """What is written for a kind of host."""

    words: Text
    files: Mapping[str, str]
    """The file of `recipes/` by the path at which it is written."""
    next: Text
    """What is to be done then."""
    blanks: Mapping[str, str] = field(default_factory=dict)
    """What this kind of host fills into the blanks."""


def _on_github(words: Text, deploy: str, setup: Text, *, pages: bool = False) -> Recipe:
    """Return the recipe of a host to which a workflow of GitHub's deploys, by the steps in a file of `recipes/`."""
    blanks = {
        "deploy_file": deploy,
        "setup_ja": setup.ja,
        "setup_en": setup.en,
        "permissions": "{contents: write, pages: write, id-token: write}" if pages else "{contents: write}",
        "environment": 'environment: {name: github-pages, url: "${{ steps.deploy.outputs.page_url }}"}'
        if pages
        else "",
    }
    files = {PUBLISH: "github-publish.yaml", CHECK: "github-check.yaml"}
    return Recipe(words, files, setup, blanks)


RECIPES = {
    PAGES: _on_github(
        Text(ja="GitHub で毎日公開し、プルリクエストを検査する", en="GitHub publishes every day and checks pull requests"),
        "github-pages.deploy",
        Text(
            ja="使うには、リポジトリの Settings → Pages で Source を「GitHub Actions」にします。",
            en='In Settings → Pages of the repository, set Source to "GitHub Actions".',
        ),
        pages=True,
    ),
    "gitlab-pages": Recipe(
        Text(ja="GitLab で毎日公開し、マージリクエストを検査する", en="GitLab publishes every day and checks merge requests"),
        {".gitlab-ci.yml": "gitlab-ci.yml"},
        Text(
            ja="毎日の予定を作り、パイプラインに push を許します（ファイルの初めに書いてあります）。",
            en="Make a daily schedule and allow the pipeline to push (the head of the file tells how).",
        ),
    ),
    "netlify": _on_github(
        Text(ja="GitHub が毎日作り、Netlify に置く", en="GitHub publishes every day to Netlify"),
        "netlify.deploy",
        Text(
            ja="使うには、リポジトリの Secrets に NETLIFY_AUTH_TOKEN を、Variables に NETLIFY_SITE_ID を書きます。",
            en="Set the secret NETLIFY_AUTH_TOKEN and the variable NETLIFY_SITE_ID of the repository.",
        ),
    ),
    "cloudflare": _on_github(
        Text(ja="GitHub が毎日作り、Cloudflare Pages に置く", en="GitHub publishes every day to Cloudflare Pages"),
        "cloudflare.deploy",
        Text(
            ja="使うには、リポジトリの Secrets に CLOUDFLARE_API_TOKEN と CLOUDFLARE_ACCOUNT_ID を、Variables に CLOUDFLARE_PROJECT を書きます。",
            en="Set the secrets CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID and the variable CLOUDFLARE_PROJECT.",
        ),
    ),
    "cron": Recipe(
        Text(ja="この機械の cron で毎日公開する", en="cron publishes every day on this machine"),
        {"entaku.cron": "entaku.cron"},
        Text(ja="crontab -e で加えます。", en="Add it by crontab -e."),
    ),
    "systemd": Recipe(
        Text(ja="この機械の systemd で毎日公開する", en="systemd publishes every day on this machine"),
        {name: name for name in ("entaku.service", "entaku.timer", "entaku-failed.service")},
        Text(
            ja="/etc/systemd/system/ に置き、systemctl daemon-reload と systemctl enable --now entaku.timer を実行します。",
            en="Put them into /etc/systemd/system/, and run systemctl daemon-reload and systemctl enable --now entaku.timer.",
        ),
    ),
}  # fmt: skip


def make_recipe(kind: str, blanks: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """Return the files of a recipe by path, with what is given in their blanks and a mark at the head of each."""
    recipe, shipped = RECIPES[kind], read_project(FOLDER, "*")
    given = {**recipe.blanks, **(blanks or {}), "kind": kind}
    given |= {name.replace("-", "_").removesuffix(".sh"): body.decode() for name, body in shipped.items() if name.endswith(".sh")}  # fmt: skip
    if "deploy_file" in given:
        given["deploy"] = shipped[given["deploy_file"]].decode()
    return {path: mark(kind, fill_in(shipped[name].decode(), given).encode()) for path, name in recipe.files.items()}


def fill_in(text: str, blanks: Mapping[str, str]) -> str:
    """Fill in each `@name@`; one that is a line of its own may become several lines, or none."""

    def fill_line(match: re.Match[str]) -> str:
        lines = blanks[match[2]].splitlines(keepends=True)
        return "".join(match[1] + line if line.strip() else line for line in lines).rstrip("\n") + "\n" * bool(lines)

    text = re.sub(r"^([ ]*)@([a-z_]+)@\n", fill_line, text, flags=re.MULTILINE)
    return re.sub(r"@([a-z_]+)@", lambda match: blanks[match[1]], text)


def mark(kind: str, body: bytes) -> bytes:
    """Return a file with its first line, by which it is known to be as it was written."""
    return MARK + f"{kind} {hashlib.sha256(body).hexdigest()[:16]}\n".encode() + body


def is_marked(body: bytes) -> bool:
    """Test whether a file is as `entaku hosting` wrote it."""
    head, _, rest = body.partition(b"\n")
    kind = head.removeprefix(MARK).partition(b" ")[0].decode("utf-8", "replace")
    return body == mark(kind, rest)
