"""A site's manifest.json, which lists all that the site is made from: the same manifest means the same site."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from entaku.audit import rulebook
from entaku.model.grammar import Office
from entaku.model.ledgers import show_tombstone
from entaku.model.nouns import EPOCH, Finding, Refused, Spec
from entaku.model.revisions import show_revisions
from entaku.store import Store
from entaku.work import histories
from entaku.work.database import tell_duckdb
from entaku.work.manifests import newest_stamp
from entaku.work.outcome import Blame
from entaku.work.releases import spec_of
from entaku.work.setting import Setting
from entaku.work.shipped import tell_pillow


@dataclass(frozen=True)
class Standing:
    """The datasets of the site as it was last published: their entries in its manifest.json."""

    entries: Mapping[str, Mapping[str, Any]]
    kept: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """The entries of those with a fault, which are kept; None for one that is left out."""
    lost: Mapping[str, Finding] = field(default_factory=dict)
    """What the store lacks of datasets that were published."""


def describe_site(
    setting: Setting, office: Office, specs: Sequence[Spec], templates: Mapping[str, bytes], standing: Standing
) -> bytes:
    """Return the site's manifest.json, which lists all its inputs.  The same manifest means the same site.  Raises
    Faulty for datasets that can't be read.
    """
    by_name, settled = {spec.pipeline.name: spec for spec in specs}, setting.settled
    datasets: dict[str, str] = {}
    blame = Blame()
    for name in sorted({*by_name, *setting.store.list_datasets(), *standing.lost}):
        kept = standing.kept.get(name)
        with blame.on(name):
            if kept is not None:
                datasets[name] = _show({**kept, "kept": True})
            elif name in standing.lost:
                raise Refused(standing.lost[name])
            elif settled and name in by_name and (known := settled.find_entry(by_name[name])):
                datasets[name] = known
            else:
                digest = by_name[name].digest if name in by_name else ""
                if entry := _describe(setting.store, name, digest, standing.entries.get(name, {})):
                    datasets[name] = _show(entry)
                    if settled and name in by_name:
                        settled.note_entry(by_name[name], datasets[name])
    blame.settle()
    manifest = {
        "program": {"name": "entaku", "version": setting.program, "epoch": EPOCH, "ruling": rulebook.RULING}
        | {"sources": setting.sources, **tell_duckdb(office), **tell_pillow(office)},
        "catalogue": _hash(_dump(asdict(office))),
        "templates": {path: _hash(body) for path, body in sorted(templates.items())},
        "datasets": {},
    }
    return _write(manifest, datasets)


def _describe(store: Store, name: str, digest: str, before: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a dataset's entry in the manifest; None if it has neither a YAML nor a release nor a tombstone."""
    history, withdrawn = store.history(name), list_withdrawn(store, name)
    if not digest and not history.versions and not withdrawn:
        return None
    if not digest and history.versions:
        digest = spec_of(store, name, history.versions[-1]).digest
    sha256, sample = before.get("sha256", ""), before.get("sample", False)
    with suppress(Refused):  # a damaged release is told where it is read
        sha256, sample = histories.describe_head(store, name, history.versions[-1]) if history.versions else ("", False)
    return {
        "spec": digest,
        "versions": list(history.versions),
        **show_revisions(history.versions, history.revisions),
        "sha256": sha256,
        "key": history.key,
        "attempt": asdict(history.attempt) if history.attempt else None,
        "checked": newest_stamp(store.ledger(name)),
        **({"withdrawn": withdrawn} if withdrawn else {}),
        **({"sample": True} if sample else {}),
        **({"abandoned": asdict(history.abandoned)} if history.abandoned else {}),
    }


def list_withdrawn(store: Store, name: str) -> list[dict[str, Any]]:
    """List a dataset's tombstones as in an entry of the manifest."""
    return list(map(show_tombstone, store.tombstones(name)))


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _show(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)


def _write(manifest: Mapping[str, object], datasets: Mapping[str, str]) -> bytes:
    """Write a manifest with the entries of datasets, as `_show` shows them: json takes long for what is indented."""
    head, tail = _show(manifest).split('\n "datasets": {}')
    shown = (f"  {_show(name)}: " + datasets[name].replace("\n", "\n  ") for name in sorted(datasets))
    body = "\n" + ",\n".join(shown) + "\n " if datasets else ""
    return f'{head}\n "datasets": {{{body}}}{tail}\n'.encode("utf-8", "backslashreplace")


def _dump(value: object) -> bytes:
    return _show(value).encode("utf-8", "backslashreplace")
