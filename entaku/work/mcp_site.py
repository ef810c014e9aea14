"""A published site as `entaku mcp` reads it: its search, its datasets, and copies of their files.

Whatever is read is listed in the site's SHA256SUMS and is as listed there; no address that a file names is ever asked.
When the site was published again in between, its sums are read again.
"""

import hashlib
import json
import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entaku.catalogue import search
from entaku.model.files import DESCRIPTOR, MANIFEST, PROFILES, name_parquet, name_part_list, name_plain
from entaku.model.hints import hint
from entaku.model.nouns import Finding, Lang, Refused
from entaku.work.published import SiteFiles

LARGEST = 512 << 20
"""Bytes of a table's Parquet up to which it is read."""
MOST_KEPT = 2 << 30
"""Bytes of files that are kept at a time."""
LEVELS = (8, 4, 2, 1)
"""What a term counts for in titles, keywords, columns, descriptions."""
Json = dict[str, Any]


def refuse(kind: tuple[str, str], value: str, allowed: Sequence[str]) -> Refused:
    """Make the refusal of a name that isn't there; `kind` in both languages."""
    args = {"kind_ja": kind[0], "kind_en": kind[1], **hint(value, list(allowed))}
    return Refused(Finding("not-in-site", value=value, args=args))


@dataclass(frozen=True)
class SiteDataset:
    """A dataset of the site, in its current version."""

    name: str
    folder: str
    """Where its version is for ever: `datasets/<dataset>/<version>/`."""
    descriptor: Json
    base: str
    """The site's address, with a slash at its end."""

    @property
    def tables(self) -> dict[str, Json]:
        """The descriptors of its tables' CSV, by name."""
        return {one["name"]: one for one in self.descriptor["resources"] if one.get("format") == "csv"}

    def find_table(self, name: str) -> Json:
        """Return the descriptor of a table; "" is the only one.  Raises Refused (not-in-site)."""
        tables = self.tables
        if not name and len(tables) == 1:
            return next(iter(tables.values()))
        if name not in tables:
            raise refuse(("表", "table"), name, list(tables))
        return tables[name]

    def locate_parquet(self, table: str) -> str:
        """Return the path of a table's Parquet in the site; of one in parts that which the site has of it as one file.
        Raises Refused (not-in-site)."""
        described = self.find_table(table)
        path = name_parquet(described["name"])
        if "partition" in described:
            return f"datasets/{self.name}/{path}"
        if all(one.get("path") != path for one in self.descriptor["resources"]):
            raise refuse(("ファイル", "file"), path, [])
        return self.folder + path

    def locate_csv(self, table: Json) -> str:
        """Return the address of a table's CSV, of one in parts that of their list."""
        name = name_part_list(table["name"]) if "partition" in table else table["path"]
        return f"{self.base}{self.folder}{name}"

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"{self.base}datasets/{self.name}/"


class SiteReader:
    """What is read of a site."""

    def __init__(self, site: SiteFiles, desk: Path, lang: Lang) -> None:
        """`desk`: a folder for copies of files."""
        self.site, self.desk, self.lang = site, desk, lang
        self.base = read_base(self.read("robots.txt")) or site.where

    def read(self, path: str) -> bytes:
        """Return a small file.  Raises Refused (not-in-site, checksum)."""
        if path not in self.site.sums:
            self.site.list_sums()
        if path not in self.site.sums:
            raise refuse(("ファイル", "file"), path, [])
        try:
            return self.site.read_all([path])[path]
        except Refused as refused:
            if refused.finding.code != "checksum":
                raise
            self.site.list_sums()  # the site was published meanwhile
            return self.site.read_all([path])[path]

    def read_json(self, path: str) -> Json:
        """Return a file of JSON, an object."""
        return dict(json.loads(self.read(path)))

    def list_datasets(self) -> list[str]:
        """List the names of the datasets."""
        found = (re.fullmatch(rf"datasets/([^/]+)/{re.escape(DESCRIPTOR)}", path) for path in self.site.sums)
        return sorted(match[1] for match in found if match)

    def open(self, name: str) -> SiteDataset:
        """Open a dataset.  Raises Refused (not-in-site)."""
        path = f"datasets/{name}/{DESCRIPTOR}"
        if path not in self.site.sums or "/" in name:
            self.site.list_sums()
            names = self.list_datasets()
            if name not in names:
                raise refuse(("データセット", "dataset"), name, names)
        descriptor = self.read_json(path)
        sums, version = self.site.sums, descriptor.get("version", "")
        same = [one for one in sums if f"/{version}/datapackage" in one and sums[one] == sums[path]]
        folder = f"{same[0].rpartition('/')[0] if same else f'datasets/{name}/{version}'}/"
        return SiteDataset(name, folder, descriptor, self.base)

    def read_beside(self, dataset: SiteDataset, name: str) -> Json:
        """Return a file of JSON of a dataset's version, in its newest revision; {} where there is none."""
        found = [one for one in self.site.sums if one.startswith(dataset.folder)]
        names = [one for one in found if name_plain(one.removeprefix(dataset.folder)) == name]
        return self.read_json(max(names, key=lambda one: (len(one), one))) if names else {}

    def read_profile(self, dataset: SiteDataset, table: str) -> Json:
        """Return the statistics of a table."""
        tables = self.read_beside(dataset, PROFILES).get("resources", ())
        return next((dict(one) for one in tables if one["name"] == table), {})

    def list_raws(self, dataset: SiteDataset, table: str) -> list[Json]:
        """List the source files that a table of a dataset's version was made of."""
        manifest = self.read_beside(dataset, MANIFEST)
        own = [raw for raw in manifest.get("raws", ()) if raw["resource"] == table]
        lists = [each["path"] for each in manifest.get("sources", ()) if each["resource"] == table]
        bodies = (self.copy(dataset.folder + path).read_bytes() for path in lists)
        return [*own, *(json.loads(line) for body in bodies for line in body.splitlines())]

    def copy(self, path: str) -> Path:
        """Return a copy of a file, which stays while it is used.  Raises Refused (not-in-site, table-large, checksum)."""
        wanted = self.site.sums.get(path)
        if wanted is None:
            raise refuse(("ファイル", "file"), path, [])
        place = self.desk / wanted
        if place.is_file():
            place.touch()
            return place
        self.make_room()
        digest, size, part = hashlib.sha256(), 0, place.with_suffix(".part")
        for _, file in self.site.stream([path]):
            with part.open("wb") as copy:
                while size <= LARGEST and (block := file.read(1 << 20)):
                    size += len(block)
                    digest.update(block)
                    copy.write(block)
        if size > LARGEST:
            part.unlink()
            raise Refused(Finding("table-large", value=self.base + path, args={"most": f"{LARGEST >> 20}"}))
        if digest.hexdigest() != wanted:
            part.unlink(missing_ok=True)
            self.site.list_sums()
            raise self.site.refuse(path)
        part.replace(place)
        return place

    def make_room(self) -> None:
        """Remove the copies that were not used for longest, so that another has room."""
        kept = sorted(self.desk.iterdir(), key=lambda one: one.stat().st_mtime)
        total = sum(one.stat().st_size for one in kept)
        for one in kept:
            if total <= MOST_KEPT - LARGEST:
                return
            total -= one.stat().st_size
            one.unlink()

    # ---- search -------------------------------------------------------------------------------------------------

    def search(self, query: str, most: int) -> list[Json]:
        """Return the datasets that a query finds, the best first, as the site's own index has them."""
        index = self.read_json(f"search/{self.lang}.json")
        terms = {term.removeprefix("^") for term in search.list_terms(query, single=False)}
        terms = terms or set(search.list_terms(query))
        scores, covered = dict[int, float](), Counter[int]()
        for term in sorted(terms):
            best = dict[int, float]()
            for levels in self.find_term(index, term):
                for weight, numbers in zip(LEVELS, levels, strict=False):
                    for number in unroll(numbers):
                        best[number] = max(best.get(number, 0.0), weight)
            rarity = math.log(1 + index["count"] / (len(best) or 1))
            for number, most_weight in best.items():
                scores[number] = scores.get(number, 0) + most_weight * rarity
                covered[number] += 1
        least = max(covered.values(), default=0)
        found = [number for number in scores if covered[number] >= max(least - 1, (len(terms) + 1) // 2)]
        found.sort(key=lambda number: (-covered[number], -scores[number], number))
        return [self.read_entry(index, number) for number in found[:most]]

    def find_term(self, index: Json, term: str) -> Iterator[list[list[int]]]:
        """Yield the lists of a term; for a word in Latin letters also those of words that begin with it."""
        plain = term.isascii() and len(term) > 2
        keys = [first.encode("utf-16-be") for first in index["first"]]
        low = max(bisect_right(keys, term.encode("utf-16-be")) - 1, 0)
        high = bisect_right(keys, (term + "\uffff").encode("utf-16-be")) - 1 if plain else low
        for number in range(low, min(max(high, low) + 1, low + 3, len(keys))):
            shard = self.read_json(f"search/terms-{number}.{index['terms'][number]}.json")
            yield from (lists for word, lists in shard.items() if word == term or (plain and word.startswith(term)))

    def read_entry(self, index: Json, number: int) -> Json:
        """Return a dataset as a list of results shows it."""
        part, size = number // index["size"], index["size"]
        page = json.loads(self.read(f"search/{self.lang}-{part}.{index['entries'][part]}.json"))
        path, title, other, summary, keywords, columns, rows, day, marks = page[number % size]
        return {
            "id": path.strip("/").rpartition("/")[2], "title": title, "url": self.base + path, "text": summary,
            "other_title": other, "keywords": keywords, "columns": columns, "rows": rows, "updated": day,
            "sample": bool(marks & 1), "retired": bool(marks & 2),
        }  # fmt: skip


def unroll(numbers: Sequence[int]) -> Iterator[int]:
    """Yield the numbers of a list of the index, which has the differences; -n stands for n ones."""
    number = -1
    for step in numbers:
        for _ in range(1 if step > 0 else -step):
            number += max(step, 1)
            yield number


def read_base(robots: bytes) -> str:
    """Return the address under which a site was made, by its robots.txt."""
    found = re.search(rb"^Sitemap: (\S+/)sitemap\.xml$", robots, re.MULTILINE)
    return found[1].decode("utf-8", "replace") if found else ""


def cite(library: SiteReader, dataset: SiteDataset) -> Mapping[str, Any]:
    """Return how an answer from a dataset is cited: its version's permanent address, makers, licence, sources."""
    descriptor, told = dataset.descriptor, library.read_beside(dataset, "datacite.json")
    makers = [one["title"] for one in descriptor.get("contributors", ()) if "publisher" in one.get("roles", ())]
    licenses = [{"name": one.get("name"), "url": one.get("path")} for one in descriptor.get("licenses", ())]
    address = dataset.base + dataset.folder
    title, version = descriptor.get("title", dataset.name), descriptor.get("version", "")
    names = "、".join(str(one["name"]) for one in licenses)
    cited = {
        "dataset": dataset.name, "version": version, "url": address, "page": dataset.page, "publisher": makers,
        "licenses": licenses, "retrieved": descriptor.get("created", ""),
        "text": f"{'、'.join(makers)}「{title}」版 {version}、{names}。{told.get('url') or address}",
        "sources": [one["path"] for one in descriptor.get("sources", ()) if "path" in one],
    }  # fmt: skip
    if descriptor.get("sample"):
        cited["sample"] = "合成データ（見本）です。事実として引用しないでください / synthetic: never quote as facts"
    return cited
