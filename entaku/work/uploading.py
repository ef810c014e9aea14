"""The site put into a store of objects: `entaku publish --to s3://…`, or `site: {to: …}` of `catalogue.yaml`."""

import argparse
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from entaku.model.files import MANIFEST
from entaku.model.grammar import Office
from entaku.model.leaving import list_former
from entaku.model.nouns import Finding, Place, Refused
from entaku.model.places import STORES
from entaku.store import site as sites
from entaku.work import histories
from entaku.work.outcome import Wanted, tell_trouble
from entaku.work.setting import Setting

Entries = Mapping[str, Mapping[str, Any]]
"""What a site's manifest.json says of datasets."""


def read_destination(text: str) -> Path | str:
    """Read the option `--to`: a folder, or the address of a store of objects.  Raises ArgumentTypeError."""
    if "://" not in text:
        return Path(text)
    if not re.fullmatch(STORES, text):
        raise argparse.ArgumentTypeError(f"DIR, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX: {text}")
    return text


def choose_destination(options: argparse.Namespace, office: Office) -> tuple[Path, str]:
    """Return the folder of the site, and the store of objects into which it is put from there; "" for none."""
    given: Path | str | None = options.to
    home = options.project / "build" / "site"
    if isinstance(given, str):
        return home, given
    if given is not None or not getattr(options, "upload", True):
        return given or home, ""
    return home, office.site.to or ""


def upload(
    setting: Setting, office: Office, wanted: Wanted, cleared: Sequence[Finding] | None = None
) -> tuple[Finding, ...]:
    """Put the site into the store of objects that is wanted; return what is told of it.  `cleared`: the site could not
    be made, and these findings name the datasets that were removed from its folder, which is all that is done then."""
    if not wanted.cloud or (cleared is not None and not cleared):
        return ()
    names = {each for finding in cleared or () for each in setting.store.list_names(finding.value)}
    entries = histories.parse_entries(sites.read_site(wanted.site, MANIFEST)) or {}
    given = sites.Upload(
        address=wanted.cloud,
        today=setting.now.date(),
        notes=find_notes(setting.project),
        excused=frozenset(list_excused(entries, office)),
        withdrawn=digest_withdrawn(entries),
        dry=wanted.dry,
        without=frozenset(names),
    )
    try:
        if cleared is None:
            setting.store.stand()
        return sites.upload_site(wanted.site, given, setting.progress)
    except Refused as refused:
        return (refused.finding,)
    except Exception as error:
        return (tell_trouble(Place(), wanted.cloud, error),)


def find_notes(project: Path) -> Path:
    """Return the folder that notes which uploads were this project's."""
    return project / "build" / "upload"


def list_addresses(project: Path) -> list[str]:
    """List the stores of objects into which this project has put its site from here."""
    found = set()
    for note in find_notes(project).glob("upload-*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            found.add(str(json.loads(note.read_bytes())["address"]).rstrip("/"))
    return sorted(found)


def list_excused(entries: Entries, office: Office) -> Iterator[sites.VersionName]:
    """Yield the versions that the site has no more since they were withdrawn or let go, or a new history was begun."""
    for name, entry in entries.items():
        gone = [each["version"] for each in entry.get("withdrawn", ())]
        gone += (entry.get("abandoned") or {}).get("versions", ())
        for home in (name, *list_former(office.renamed, name)):
            yield from (sites.VersionName(home, version) for version in gone)


def digest_withdrawn(entries: Entries) -> str:
    """Return a digest of what was withdrawn, without the versions that a rule (`keep`) has let go."""
    told = [each for entry in entries.values() for each in entry.get("withdrawn", ()) if not each.get("rule")]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest() if told else ""
