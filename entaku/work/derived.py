"""Files of the site that are made of a release's files when it is published: made once, and kept in the cache."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from entaku.catalogue import places
from entaku.formats.heavy import pa
from entaku.model.files import File, name_parquet
from entaku.model.grammar import Office
from entaku.model.nouns import EPOCH, Release
from entaku.store import Cache, Store
from entaku.store import site as sites
from entaku.work.releases import read_sound

LEVEL = 1
"""Of gzip: a million rows (78 MB) are 25 MB in 0.6 s of CPU; the highest makes 21 MB of them in 4.9 s."""


@dataclass(frozen=True)
class Derived:
    """A file of the site, and what it is made of."""

    path: str
    """Its path in the site."""
    release: Release
    files: tuple[File, ...]
    """The files of the release that it is made of."""
    asked: str
    """All that its bytes follow from beside those of the file and the program's epoch."""
    make: Callable[[Sequence[bytes]], bytes]


def pack(body: bytes) -> bytes:
    """Pack a file by gzip with the library that pyarrow brings along, so that the bytes are the same on any machine."""
    packed: bytes = pa.Codec("gzip", LEVEL).compress(body, asbytes=True)
    return packed


def find_wholes(store: Store, cache: Cache, office: Office, release: Release) -> Release:
    """Return a current release with what its tables in parts are as one Parquet file each, which is made and kept."""
    every = [each for each in places.list_made(office, release) if each.kind == "parquet"]
    made = {each.table.name: each for each in every if each.table}
    tables = []
    for table in release.resources:
        if table.parted and table.name in made:
            kept, sha256 = copy_derived(store, cache, derive(made[table.name]))
            size = Path(kept.path).stat().st_size - kept.tail
            parted = table.parted._replace(whole=File(name_parquet(table.name), size, sha256))
            table = replace(table, parted=parted)
        tables.append(table)
    return replace(release, resources=tuple(tables))


def derive(each: places.Download) -> Derived:
    """Return a further form of the current data as it is derived."""
    told = each.format.tell(each)
    asked = f"{each.kind} 1 {json.dumps(told, ensure_ascii=False)}"
    return Derived(each.path, each.release, each.files, asked, partial(each.format.write, told))


def copy_derived(store: Store, cache: Cache, each: Derived) -> tuple[sites.Headed, str]:
    """Return a derived file in the cache, and its SHA-256.  Raises Refused (checksum) if its source has changed."""
    asked = json.dumps([EPOCH, each.asked, *(file.sha256 for file in each.files)])
    key = hashlib.sha256(f"derived bytes {asked}".encode()).hexdigest()
    sha256 = cache.find_digest(key)
    if sha256 is None:
        body = each.make([read_sound(store, each.release, source) for source in each.files])
        sha256 = hashlib.sha256(body).hexdigest()
        cache.put(key, body)
    return sites.Headed(b"", cache.locate(key), tail=cache.TAIL), sha256
