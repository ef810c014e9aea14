"""`entaku preview`: the page of a draft on localhost with its findings and steps, made anew as its files are saved.

Nothing is released: all is made in a temporary copy of the dataset's store and a temporary site, which are removed.
"""

import argparse
import json
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import FrameType

from entaku.fetch import folder as folders
from entaku.fetch import list_asks
from entaku.model.grammar import Office, Resource
from entaku.model.hints import hint
from entaku.model.nouns import LANGS, Finding, Page, Place, Raw, Refused, Spec
from entaku.site import Design, stream_site
from entaku.spec import drafts, parse_project
from entaku.store import Store
from entaku.store import site as sites
from entaku.table import parts
from entaku.table import trace as traces
from entaku.work.bases import list_bases
from entaku.work.checks import refuse_retired
from entaku.work.copies import gather_copies
from entaku.work.dataset import collect_raws
from entaku.work.gather import Got
from entaku.work.load import load_catalogue, read_pictures, read_written
from entaku.work.open import make_setting, try_dataset
from entaku.work.outcome import tell_trouble
from entaku.work.preview_page import CSS, SCRIPT, Preview, PreviewTable, render_preview
from entaku.work.render import split_templates
from entaku.work.serve import open_server
from entaku.work.setting import Setting
from entaku.work.shipped import COMPILED, read_scripts, read_templates
from entaku.work.speak import Speaker, count_findings
from entaku.work.watch import look, serve_site, tell_port

MOST_BYTES = 64 << 20
"""Size of a raw file beyond which its steps aren't shown."""
Files = dict[str, Path | sites.Headed]
"""Copies of files, by their path in the temporary site."""


def run_preview(options: argparse.Namespace, speak: Speaker) -> int:
    """Serve the preview of a draft until interrupted; it is made anew when a file that it is made of changes."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with suppress(ValueError):  # in another thread than the main one
        signal.signal(signal.SIGTERM, end)
    try:
        with open_preview(options, speak) as preview:
            speak.note(
                f"{preview.address} で見られます。YAML を保存すると作り直します。何も公開しません。終えるには Ctrl+C。",
                f"See {preview.address} ; saving the YAML makes it anew, nothing is released. Ctrl+C ends it.",
            )
            with suppress(KeyboardInterrupt):
                while True:
                    time.sleep(1)
                    preview.refresh()
    except OSError as error:
        tell_port(options.port, error, speak)
        return 1
    return 0


@contextmanager
def open_preview(options: argparse.Namespace, speak: Speaker) -> Iterator["PreviewSession"]:
    """Make the preview of a draft and serve it within the block; all that was made is removed at its end.

    Raises Refused (unknown-dataset, retired-yaml), OSError if the port can't be had.
    """
    with tempfile.TemporaryDirectory(prefix="entaku-preview-") as folder:
        preview = PreviewSession(options, speak, Path(folder))
        preview.refresh()
        server = open_server(preview.site, options.port, options.host, framed=True)
        preview.address = f"http://127.0.0.1:{server.server_address[1]}/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield preview
        finally:
            server.shutdown()
            server.server_close()


def serve_with_drafts(options: argparse.Namespace, rebuild: Callable[[bool], None], speak: Speaker) -> int:
    """Serve the site, and the previews of drafts beside it, until interrupted; `rebuild` as in `serve_site`."""
    with tempfile.TemporaryDirectory(prefix="entaku-preview-") as folder:
        return serve_site(options, rebuild, speak, Drafts(options, speak, Path(folder)))


class Drafts:
    """The previews that `entaku serve` shows, each made when it is first asked for."""

    def __init__(self, options: argparse.Namespace, speak: Speaker, folder: Path) -> None:
        self._options, self._speak, self._folder = options, speak, folder
        self._sessions: dict[str, PreviewSession] = {}
        self._lock = threading.Lock()

    def find(self, dataset: str) -> Path | None:
        """Return the folder of a dataset's preview; None if no YAML describes it, or if its updates have ended."""
        with self._lock:
            if dataset not in self._sessions:
                options = argparse.Namespace(**{**vars(self._options), "dataset": dataset})
                try:
                    session = PreviewSession(options, self._speak, self._folder / str(len(self._sessions)))
                    session.refresh()
                except Refused:
                    return None
                self._sessions[dataset] = session
            return self._sessions[dataset].site

    def list_drafts(self) -> list[str]:
        """List the datasets whose YAML has errors, so that it can't be published as it is."""
        _, _, findings = parse_project(read_written(self._options.project), lambda _: b"")
        files = {one.place.file for one in findings if one.severity == "error"}
        return sorted(Path(file).stem for file in files if file.startswith("pipelines/"))

    def refresh(self) -> None:
        """Make the previews anew whose files have changed; those without a YAML go."""
        with self._lock:
            files = read_written(self._options.project)
            self._sessions = {name: session for name, session in self._sessions.items() if session.file in files}
            for dataset, session in list(self._sessions.items()):
                try:
                    session.refresh()
                except Refused:
                    del self._sessions[dataset]


class PreviewSession:
    """The preview of one draft, made again and again in a temporary folder."""

    def __init__(self, options: argparse.Namespace, speak: Speaker, folder: Path) -> None:
        self.options, self.speak = options, speak
        self.dataset: str = options.dataset
        self.file = f"pipelines/{self.dataset}.yaml"
        self.site, self.mirror = folder / "site", folder / "mirror"
        self.address = ""
        self.count = 0
        """How many times it was made."""
        self._seen: Mapping[str, int] = {}
        self._sources: tuple[Path, ...] = ()
        files = read_written(options.project)
        if self.file not in files:
            names = [Path(path).stem for path in files if path.startswith("pipelines/")]
            raise Refused(Finding("unknown-dataset", value=self.dataset, args=hint(self.dataset, names)))

    def refresh(self) -> bool:
        """Make the preview anew if a file that it is made of has changed; return whether it has."""
        now = look(self.options.project, self._sources)
        if now == self._seen:
            return False
        self.count += 1
        self._make()
        self._seen = look(self.options.project, self._sources)
        return True

    def _make(self) -> None:
        project: Path = self.options.project
        files = read_written(project)
        office, _, findings = parse_project(files, lambda path: read_pictures(project, [path]).get(path))
        refuse_retired(office, self.dataset)
        found = tuple(one for one in findings if one.place.file in (self.file, "catalogue.yaml"))
        text = files.get(self.file, b"").decode("utf-8", "replace")
        preview = Preview(self.dataset, self.count, text, found)
        if office is None or self.file not in files:
            self._put(preview, "Asia/Tokyo", {}, {})
            return
        draft = drafts.parse_draft(files, self.file, office)
        preview = replace(preview, skipped=draft.skipped, sound=draft.sound)
        if draft.spec is None:
            self._put(preview, office.timezone, {}, {})
            return
        self._sources = tuple(_list_sources(project, draft.spec))
        self._try(preview, office, draft)

    def _try(self, preview: Preview, office: Office, draft: drafts.Draft) -> None:
        """Run the draft in a store that is discarded, and show what comes of it."""
        assert draft.spec is not None
        setting = replace(make_setting(self.options, office, self.speak), executor=None)
        if setting.mirror is None and self.mirror.is_dir():
            setting = replace(setting, mirror=self.mirror)
        pages: dict[str, bytes] = {}
        try:
            with try_dataset(setting, office, draft.spec) as (outcome, store):
                setting = replace(setting, store=store)
                self._keep_bytes(store, setting.now)
                found = outcome.findings if draft.sound else _leave_echoes(outcome.findings, preview.yaml_findings)
                tables = tuple(_show_tables(setting, draft.spec))
                preview = replace(preview, spec=draft.spec, outcome=outcome, findings=found, tables=tables)
                pages, copies = _make_pages(setting, office, draft.spec)
                self._put(preview, office.timezone, pages, copies)
        except Refused as refused:
            self._put(replace(preview, spec=draft.spec, findings=(refused.finding,)), office.timezone, {}, {})
        except Exception as error:
            trouble = () if not draft.sound else (tell_trouble(Place(), f"entaku preview {self.dataset}", error),)
            self._put(replace(preview, spec=draft.spec, findings=trouble), office.timezone, {}, {})

    def _put(self, preview: Preview, timezone: str, pages: Mapping[str, bytes], copies: Files) -> None:
        """Put the pages in the place of the former ones, and tell how it stands."""
        preview = replace(preview, has_page=f"datasets/{self.dataset}/index.html" in pages)
        own = {"preview.css": CSS, "preview.js": SCRIPT, "state.json": json.dumps({"count": self.count}).encode()}
        for lang in LANGS:
            path = "preview.html" if lang == "ja" else "en/preview.html"
            own[path] = render_preview(preview, timezone, lang)
        shown = {f"site/{path}": body for path, body in pages.items()}
        own["index.html"] = own["preview.html"]
        sites.publish_site(self.site, {**shown, **own}, {f"site/{path}": copy for path, copy in copies.items()})
        counts = count_findings((*preview.yaml_findings, *preview.findings))
        self.speak.note(
            f"{self.dataset}: 誤り {counts['error']:,} 件、警告 {counts['warning']:,} 件。",
            f"{self.dataset}: {counts['error']:,} errors, {counts['warning']:,} warnings.",
        )

    def _keep_bytes(self, store: Store, now: datetime) -> None:
        """Keep what servers gave, so that saving the YAML does not ask them again."""
        if self.options.mirror is not None:
            return
        stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        for entry in store.ledger(self.dataset):
            if entry.served == "live" and entry.sha256 and entry.when >= stamp:
                path = self.mirror / folders.folder_path(entry.url)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(store.raw(self.dataset, entry.sha256))


def _list_sources(project: Path, spec: Spec) -> Iterator[Path]:
    """Yield the files of the project that a pipeline reads."""
    for resource in spec.pipeline.resources:
        if resource.source is not None and resource.source.file:
            with suppress(Refused):
                yield from (project / ask.url for ask in list_asks(resource.source, datetime.max.date()))


def _leave_echoes(findings: tuple[Finding, ...], of_yaml: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return findings without those on lines of the YAML that are known to be wrong, or on what stands in for them."""
    lines = {(one.place.file, one.place.line) for one in of_yaml}
    return tuple(
        one
        for one in findings
        if not drafts.is_ours(one) and (one.place.line is None or (one.place.file, one.place.line) not in lines)
    )


# ---- what is shown ----------------------------------------------------------------------------------------------


def _show_tables(setting: Setting, spec: Spec) -> Iterator[PreviewTable]:
    """Yield each table with the steps of the newest file that it is made of."""
    for resource in spec.pipeline.resources:
        base = list_bases(spec, resource)[0]
        raws = _list_raws(setting, spec, base.resource)
        if not raws:
            yield PreviewTable(resource)
            continue
        raw = raws[-1]
        if raw.bytes > MOST_BYTES:
            yield PreviewTable(resource, raw, len(raws))
            continue
        work = parts.Work(raw, base.read, base.every, spec.file, fetched=base.fetched)
        stages, _ = traces.list_stages(work, setting.store.raw(spec.pipeline.name, raw.sha256))
        yield PreviewTable(resource, raw, len(raws), stages)


def _list_raws(setting: Setting, spec: Spec, base: Resource) -> tuple[Raw, ...]:
    """List the archived bytes that a table is made of, oldest first."""
    source = base.source
    assert source is not None
    if source.ckan is not None:
        known = {entry.url: entry for entry in setting.store.ledger(spec.pipeline.name) if entry.sha256}
        names = [resource.name for resource in spec.pipeline.resources]
        asks = tuple(url for url in known if names)
        return tuple(
            Raw(
                known[url].url,
                known[url].values,
                known[url].served,
                known[url].when,
                known[url].sha256,
                known[url].bytes,
            )
            for url in asks
            if known[url].values or len(asks) == 1
        )
    with suppress(Refused):
        asks_ = list_asks(source, setting.now.date())
        return collect_raws(setting.store, spec, [base], {base.name: Got(asks_)})[base.name]
    return ()


def _make_pages(setting: Setting, office: Office, spec: Spec) -> tuple[dict[str, bytes], Files]:
    """Render the site of this dataset alone, as its next release would be shown."""
    templates, _ = read_templates(setting.project)
    scripts, _ = read_scripts(setting.project, office.site.sql)
    texts, assets = split_templates(templates)
    pictures = read_pictures(setting.project, office.site.list_pictures().values())
    catalogue, _ = load_catalogue(setting, office, [spec], assets.keys())
    newest = tuple(replace(dataset, releases=dataset.releases[-1:]) for dataset in catalogue.datasets)
    catalogue = replace(catalogue, datasets=newest)
    bundled = {path.rpartition("/")[2]: body for path, body in scripts.items()}
    pages = stream_site(catalogue, Design(texts, {**assets, **bundled}, pictures, COMPILED))
    copies, _ = gather_copies(setting, catalogue)
    return {page.path: page.body for page in pages if isinstance(page, Page)}, copies
