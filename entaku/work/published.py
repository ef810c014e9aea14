"""A published site, at its address or in a folder, as a source of bytes that are compared with its SHA256SUMS."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urljoin, urlsplit

from entaku.fetch import Network
from entaku.model.body import closing
from entaku.model.files import ROOT, SUMS, name_signature, read_sums
from entaku.model.grammar import Office
from entaku.model.nouns import Ask, Finding, Refused
from entaku.model.source import Limit
from entaku.store import disk
from entaku.work.open import open_network, read_clock
from entaku.work.signed import judge_age
from entaku.work.signing import check_signature, hash_bytes, read_root
from entaku.work.verify import AT_ONCE, LIMIT, NOT_THERE, SMALL


class SiteFiles(ABC):
    """The files of a published site."""

    where: str
    """Its address, or its folder."""
    told: tuple[Finding, ...] = ()
    """What is to be said of it before it is read."""
    sums: Mapping[str, str]
    """The SHA-256 of each file, by path."""

    def open(self, office: Office) -> None:
        """Read its SHA256SUMS, which must be signed by a key of the catalogue where that has any."""
        body = self.list_sums()
        if office.signing is None:
            return
        root, signature = self.fetch(ROOT), self.fetch(name_signature(ROOT))
        if root is None or signature is None:
            raise Refused(Finding("not-signed", value=self.where))
        wrong = check_signature(ROOT, root, signature, [key.public_key for key in office.signing.keys])
        if wrong is not None:
            raise Refused(wrong)
        try:
            signed = read_root(root)
        except ValueError as error:
            raise Refused(Finding("signature-broken", value=ROOT, args={"why": str(error)})) from error
        if signed.sums != hash_bytes(body):
            raise Refused(Finding("signed-differs", value=SUMS))
        aged = judge_age(signed, 0, read_clock())
        self.told = tuple(Finding(one.code, "warning", one.place, one.value, one.args) for one in aged)

    def list_sums(self) -> bytes:
        """Read its SHA256SUMS and return it.  Raises Refused (no-site)."""
        body = self.fetch(SUMS) or b""
        lines, broken = read_sums(body)
        if broken or not lines:
            raise Refused(Finding("no-site", value=self.where))
        self.sums = {path: sha256 for sha256, path in lines}
        return body

    def read_all(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Read small files, by path.  Raises Refused (checksum) for one that isn't as its line says."""
        bodies = {}
        for path, file in self.stream(paths):
            bodies[path] = file.read()
            if hash_bytes(bodies[path]) != self.sums.get(path):
                raise self.refuse(path)
        return bodies

    def refuse(self, path: str) -> Refused:
        """Make the refusal of a file that isn't as it should be."""
        return Refused(Finding("checksum", value=self.name(path)))

    @cached_property
    def raws(self) -> Mapping[str, Mapping[str, str]]:
        """List the source files that the site offers: by dataset, their paths by SHA-256."""
        found: dict[str, dict[str, str]] = {}
        for path in self.sums:
            parts = path.split("/")
            if len(parts) == 4 and (parts[0], parts[2]) == ("datasets", "raw"):
                found.setdefault(parts[1], {})[parts[3][:64]] = path
        return found

    @abstractmethod
    def name(self, path: str) -> str:
        """Name a file for people."""

    @abstractmethod
    def fetch(self, path: str) -> bytes | None:
        """Return the bytes of a file that no checksum is known of; None where there is none."""

    @abstractmethod
    def stream(self, paths: Iterable[str]) -> Iterator[tuple[str, BinaryIO]]:
        """Yield files, opened, in order.  Raises Refused for one that can't be had."""


class FolderSite(SiteFiles):
    """A site in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.where = folder, disk.show_path(folder)

    def name(self, path: str) -> str:
        return disk.show_path(self.folder / path)

    def fetch(self, path: str) -> bytes | None:
        with disk.telling(self.folder / path, "file-unreadable"):
            try:
                return (self.folder / path).read_bytes()
            except FileNotFoundError:
                return None

    def stream(self, paths: Iterable[str]) -> Iterator[tuple[str, BinaryIO]]:
        for path in paths:
            place = disk.below(self.folder, path)
            with disk.telling(place, "file-unreadable"):
                if not place.is_file():
                    raise Refused(Finding("no-file", value=disk.show_path(place)))
                file = place.open("rb")
            with file:
                yield path, file


class ServedSite(SiteFiles):
    """A site at its address."""

    def __init__(self, url: str, network: Network) -> None:
        self.where = urljoin(url, ".") if url.endswith(("index.html", SUMS)) else url.rstrip("/") + "/"
        self.network = network

    def name(self, path: str) -> str:
        return self.where + quote(path)

    def fetch(self, path: str) -> bytes | None:
        bodies = [file.read() for _, file in self._ask([path], SMALL, lack=True)]
        return bodies[0] if bodies else None

    def stream(self, paths: Iterable[str]) -> Iterator[tuple[str, BinaryIO]]:
        wanted = list(paths)
        for start in range(0, len(wanted), AT_ONCE):
            yield from self._ask(wanted[start : start + AT_ONCE], LIMIT)

    def _ask(self, paths: list[str], limit: Limit, lack: bool = False) -> Iterator[tuple[str, BinaryIO]]:
        """Ask for some files at once; `lack`: those that the server doesn't have are passed over."""
        answers = self.network.ask_all([(Ask(self.name(path)), "", "") for path in paths], limit)
        with closing(answer.body for answer in answers):
            for path, answer in zip(paths, answers, strict=True):
                if answer.body is not None:
                    with answer.body.open() as file:
                        yield path, file
                elif answer.finding is not None and not (lack and answer.status in NOT_THERE):
                    code = "file-not-served" if answer.status in NOT_THERE else answer.finding.code
                    raise Refused(Finding(code, value=answer.finding.value, args=answer.finding.args))


def is_site(source: str) -> bool:
    """Test whether what is to be restored from is an address or a folder, not the file of a backup."""
    return source.startswith(("http://", "https://")) or Path(source).is_dir()


@contextmanager
def open_site(source: str, office: Office, project: Path) -> Iterator[SiteFiles]:
    """Open a site at an address or in a folder.  Raises Refused if there is none, or it isn't the catalogue's own."""
    if not source.startswith(("http://", "https://")):
        site: SiteFiles = FolderSite(Path(source))
        site.open(office)
        yield site
        return
    with open_network([urlsplit(source).hostname or ""], project / "build") as network:
        site = ServedSite(source, network)
        site.open(office)
        yield site
