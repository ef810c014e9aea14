"""Files of the site that are made of a release's files when it is published: made once, and kept in the cache."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from entaku.catalogue import build, places
from entaku.formats.heavy import pa
from entaku.model.files import File
from entaku.model.nouns import EPOCH, Catalogue, Release
from entaku.site import ckan
from entaku.store import site as sites
from entaku.work.releases import read_sound
from entaku.work.setting import Setting

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


def list_derived(catalogue: Catalogue) -> Iterator[Derived]:
    """Yield every such file."""
    for small in ckan.list_small(catalogue):
        make = ckan.write_rows
        yield Derived(
            small.path,
            small.release,
            (small.table.parquet,),
            f"rows 1 {small.id}",
            lambda bodies, key=small.id, make=make: make(key, bodies[0]),  # type: ignore[misc]
        )
    for path, (release, table) in build.list_packed(catalogue).items():
        yield Derived(path, release, (table.csv,), f"gzip {LEVEL}", lambda bodies: pack(bodies[0]))
    current = [dataset.current for dataset in catalogue.datasets if dataset.current]
    for each in (one for release in current for one in places.list_made(catalogue.office, release)):
        told = each.format.tell(each)
        asked = f"{each.kind} 1 {json.dumps(told, ensure_ascii=False)}"
        for path in (each.path, *places.list_twins(catalogue, each.path)):
            yield Derived(path, each.release, each.files, asked, partial(each.format.write, told))


def pack(body: bytes) -> bytes:
    """Pack a file by gzip with the library that pyarrow brings along, so that the bytes are the same on any machine."""
    packed: bytes = pa.Codec("gzip", LEVEL).compress(body, asbytes=True)
    return packed


def copy_derived(setting: Setting, each: Derived) -> tuple[sites.Headed, str]:
    """Return a derived file in the cache, and its SHA-256.  Raises Refused (checksum) if its source has changed."""
    asked = json.dumps([EPOCH, each.asked, *(file.sha256 for file in each.files)])
    key, told = (hashlib.sha256(f"derived {part} {asked}".encode()).hexdigest() for part in ("bytes", "sum"))
    kept, file = setting.cache.get(told), setting.cache.open(key)
    if file is not None:
        file.close()
    if kept is None or file is None:
        body = each.make([read_sound(setting.store, each.release, source) for source in each.files])
        kept = hashlib.sha256(body).hexdigest().encode()
        setting.cache.put(key, body)
        setting.cache.put(told, kept)
    return sites.Headed(b"", setting.cache.locate(key), tail=setting.cache.TAIL), kept.decode()
