"""The signature of a site: its key, the signed root, a signature beside each manifest.

Formats are minisign's (https://jedisct1.github.io/minisign/), so that readers need nothing of ours.  Nothing of this is
part of a release: signatures are made when a site is published, for every version that it has, and the same key and
bytes give the same signature.  The root lists what must be there, and has an end and a number that only grows.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from entaku.catalogue import facets, places
from entaku.formats.heavy import minisign
from entaku.model.files import MANIFEST, ROOT, SUMS, find_file, name_revised, name_signature
from entaku.model.kept import KeptPage
from entaku.model.leaving import list_former
from entaku.model.long_pages import LongPage
from entaku.model.nouns import Catalogue, Finding, Page, Place, Refused, Release
from entaku.model.words import Signing, SigningKey
from entaku.store import Store, disk
from entaku.store import site as sites
from entaku.work.setting import Setting

KEY, KEY_FILE, PASSWORD = "ENTAKU_SIGNING_KEY", "ENTAKU_SIGNING_KEY_FILE", "ENTAKU_SIGNING_PASSWORD"
"""Environment variables: the secret key itself, the path of its file, the password of an encrypted one."""
SECRET = (KEY, KEY_FILE, PASSWORD)
YAML = Place(file="catalogue.yaml")


@dataclass(frozen=True)
class Signer:
    """A secret key, ready to sign."""

    secret: Any = field(repr=False)
    public_key: str

    def sign(self, body: bytes, comment: str) -> bytes:
        """Return the signature of `body` as a file of minisign's; `comment` (ASCII) is signed too."""
        return bytes(self.secret.sign(body, trusted_comment=comment)) + b"\n"


@dataclass(frozen=True)
class SiteSeal:
    """What a site is signed with, and when."""

    signer: Signer
    signing: Signing
    """Its first key is the one that signs."""
    now: datetime
    after: int
    """The serial of the root that is replaced; 0 for the first."""


@dataclass(frozen=True)
class DatasetVersions:
    """A dataset's versions as a root lists them."""

    current: str
    versions: Mapping[str, str]
    """The SHA-256 of each one's manifest.json."""
    homes: Mapping[str, str] = field(default_factory=dict)
    """Of versions whose address has a former name of the dataset, that name."""
    former: tuple[str, ...] = ()
    """Former names, under which the current version is too."""
    revisions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of versions with revisions of their metadata, the SHA-256 of the manifest of each, oldest first."""

    @property
    def head(self) -> str:
        """Return the SHA-256 of the newest manifest of the current version; "" if it isn't listed."""
        return self.revisions.get(self.current, (self.versions.get(self.current, ""),))[-1]


@dataclass(frozen=True)
class SiteRoot:
    """The content of the signed root."""

    catalogue: str
    """The address of the site."""
    serial: int
    """Greater than that of every root before it: seconds since 1970 when it was signed, or one more than the last."""
    signed: str
    expires: str
    sums: str
    """The SHA-256 of the site's SHA256SUMS, which lists every other file."""
    keys: tuple[SigningKey, ...]
    """The keys that the catalogue names, so that readers learn of the next one from the one they have."""
    datasets: Mapping[str, DatasetVersions]
    folders: Mapping[str, str]
    """By folder the SHA-256 of its lines of SHA256SUMS: it tells where a site differs."""


# ---- the key ----------------------------------------------------------------------------------------------------


def open_seal(setting: Setting, signing: Signing | None, site: Path) -> tuple[SiteSeal | None, tuple[Finding, ...]]:
    """Return what `site` is to be signed with, None without a key, and warnings.  Raises Refused for a key that can't be
    read or used.
    """
    secrets = setting.secrets
    if not secrets.get(KEY) and not secrets.get(KEY_FILE):
        return None, ()
    name = KEY if secrets.get(KEY) else KEY_FILE
    if signing is None:
        return None, (Finding("signing-unasked", "warning", YAML, name),)
    text, told = secrets.get(KEY, ""), tuple[Finding, ...]()
    if not text:
        name = secrets[KEY_FILE]
        text, told = _read_key_file(Path(name), setting.project)
    signer = parse_secret(text, secrets.get(PASSWORD, ""), name)
    key = next((key for key in signing.keys if key.public_key == signer.public_key), None)
    if key is None:
        args = {"allowed": ", ".join(each.public_key for each in signing.keys)}
        raise Refused(Finding("signing-key-other", "error", YAML, signer.public_key, args))
    if key.until and setting.now.date().isoformat() > key.until:
        raise Refused(Finding("signing-key-ended", "error", YAML, signer.public_key, {"until": key.until}))
    signing = replace(signing, keys=tuple(sorted(signing.keys, key=lambda each: each is not key)))
    return SiteSeal(signer, signing, setting.now, _read_serial(site)), told


def _read_key_file(path: Path, project: Path) -> tuple[str, tuple[Finding, ...]]:
    """Read the file of a secret key; warn if others may read it.  Raises Refused for one in the project."""
    refuse_inside(path, project)
    with disk.telling(path, "file-unreadable"):
        text, mode = path.read_bytes().decode("utf-8", "replace"), path.stat().st_mode
    told = Finding("signing-key-open", "warning", value=str(path), args={"mode": f"{mode & 0o777:o}"})
    return text, (told,) if mode & 0o077 else ()


def refuse_inside(path: Path, project: Path) -> None:
    """Raise Refused if the file of a secret key is in the project, which is copied, shown and published."""
    if path.resolve().is_relative_to(project.resolve()):
        raise Refused(Finding("signing-key-inside", value=str(path)))


def parse_secret(text: str, password: str, name: str) -> Signer:
    """Parse a secret key of minisign's, its file or the second line of it alone.  Raises Refused (signing-key-unread)
    about `name`, which never tells the key.
    """
    try:
        lines = text.strip().splitlines()
        secret = minisign.SecretKey.from_base64(lines[-1].strip() if lines else "")
        if secret.is_encrypted():
            if not password:
                why = f"鍵にパスワードがかかっています（{PASSWORD}） / the key has a password ({PASSWORD})"
                raise Refused(Finding("signing-key-unread", value=name, args={"why": why}))
            secret.decrypt(password)
        public = secret.get_public_key()
        public.verify(b"", secret.sign(b"", trusted_comment=""))  # both halves of the key belong together
    except minisign.Error as error:
        raise Refused(Finding("signing-key-unread", value=name, args={"why": str(error)})) from None
    return Signer(secret, public.to_base64().decode())


def make_key(path: Path, project: Path) -> str:
    """Write a new secret key to a file that only its owner may read, and the public one beside it as `.pub`; return the
    public one.  Raises Refused for a file that is there already, or is in the project.
    """
    refuse_inside(path, project)
    pair = minisign.KeyPair.generate()
    public = str(pair.public_key.to_base64().decode())
    pair.public_key.untrusted_comment = f"minisign public key {show_key(public)}"
    disk.write_new(path, bytes(pair.secret_key) + b"\n", 0o600)
    disk.write_new(path.with_name(f"{path.name}.pub"), bytes(pair.public_key) + b"\n", 0o644)
    return public


def parse_public(text: str) -> str:
    """Return a public key of minisign's without blanks around it.  Raises Refused (signing-key-bad) for anything else."""
    try:
        return str(minisign.PublicKey.from_base64(text.strip()).to_base64().decode())
    except (minisign.Error, ValueError):
        raise Refused(Finding("signing-key-bad", value=text.strip())) from None


def show_key(public_key: str) -> str:
    """Return the number by which minisign calls a key: `6A3F…`, 16 digits."""
    return base64.b64decode(public_key)[2:10][::-1].hex().upper()


# ---- what is signed ---------------------------------------------------------------------------------------------


def list_due(catalogue: Catalogue) -> dict[str, DatasetVersions]:
    """List the versions that must be on the site, with the SHA-256 of their manifests: those that the catalogue has.

    This alone decides it, for the one who signs; whoever verifies takes it from the root.
    """
    return {
        dataset.spec.pipeline.name: DatasetVersions(
            dataset.releases[-1].version,
            {release.version: _hash_manifest((*release.earlier, release)[0]) for release in dataset.releases},
            {release.version: release.home for release in dataset.releases if release.home},
            list_former(catalogue.office.renamed, dataset.spec.pipeline.name),
            {
                release.version: tuple(map(_hash_manifest, (*release.earlier[1:], release)))
                for release in dataset.releases
                if release.earlier
            },
        )
        for dataset in catalogue.datasets
        if dataset.releases
    }


def _hash_manifest(release: Release) -> str:
    file = find_file(release.files, MANIFEST)
    assert file is not None
    return file.sha256


def sign_manifests(seal: SiteSeal | None, catalogue: Catalogue, store: Store) -> Iterator[Page]:
    """Yield the signature of every version's manifest.json, beside each copy of it; nothing without a key."""
    for dataset in catalogue.datasets if seal else ():
        for release in facets.list_revisions(dataset):
            assert seal is not None
            own = name_revised(MANIFEST, release.revision)
            body = store.read_release(release.dataset, release.version, own)
            what = f" r{release.revision}" if release.revision > 1 else ""
            signature = seal.signer.sign(body, f"{places.find_home(release)} {release.version}{what}")
            paths = [f"{places.place_release(release)}{own}"]
            if release is dataset.current:
                paths += dict.fromkeys(f"datasets/{release.dataset}/{name}" for name in (MANIFEST, own))
            yield from (Page(name_signature(path), signature) for path in paths)


def seal_root(
    seal: SiteSeal | None, catalogue: Catalogue, outputs: Iterable[tuple[str, bytes | KeptPage | LongPage]]
) -> Iterator[tuple[str, bytes | KeptPage | LongPage]]:
    """Pass on path and body of every file of a site, and after its SHA256SUMS the root and its signature."""
    for path, body in outputs:
        yield path, body
        if path == SUMS and seal is not None and isinstance(body, bytes):
            root = make_root(seal, catalogue, body)
            yield ROOT, root
            yield name_signature(ROOT), sign_root(seal, root)


def make_root(seal: SiteSeal, catalogue: Catalogue, sums: bytes) -> bytes:
    """Make the root of a site with these SHA256SUMS."""
    root = SiteRoot(
        catalogue=catalogue.office.base_url.rstrip("/") + "/",
        serial=max(int(seal.now.timestamp()), seal.after + 1),
        signed=_show_time(seal.now),
        expires=_show_time(seal.now + timedelta(days=seal.signing.valid_days)),
        sums=hash_bytes(sums),
        keys=seal.signing.keys,
        datasets=list_due(catalogue),
        folders=digest_folders(sums),
    )
    shown = asdict(root)
    for each in shown["datasets"].values():
        for key in [key for key in ("homes", "former", "revisions") if not each[key]]:
            del each[key]
    return json.dumps(shown, ensure_ascii=False, indent=1).encode() + b"\n"


def sign_root(seal: SiteSeal, root: bytes) -> bytes:
    """Return the signature of a root."""
    return seal.signer.sign(root, f"{ROOT} of an Entaku catalogue")


def is_fresh(seal: SiteSeal, site: Path) -> bool:
    """Test whether a site has a root, signed by this key, for the files it has, of whose time less than half is over."""
    body, sums = sites.read_site(site, ROOT), sites.read_site(site, SUMS)
    if body is None or sums is None:
        return False
    try:
        root = read_root(body)
    except ValueError:
        return False
    start, end = datetime.fromisoformat(root.signed), datetime.fromisoformat(root.expires)
    own = sites.read_site(site, name_signature(ROOT)) == sign_root(seal, body)
    return own and root.sums == hash_bytes(sums) and start <= seal.now < start + (end - start) / 2


def is_signed(signing: Signing, site: Path, path: str) -> bool:
    """Test whether a file of a site is as one of the catalogue's keys signed it."""
    body, sums = sites.read_site(site, path), sites.read_site(site, SUMS)
    root, signature = sites.read_site(site, ROOT), sites.read_site(site, name_signature(ROOT))
    if body is None or sums is None or root is None or signature is None:
        return False
    if check_signature(ROOT, root, signature, [key.public_key for key in signing.keys]) is not None:
        return False
    try:
        listed = read_root(root).sums == hash_bytes(sums)
    except ValueError:
        return False
    return listed and f"{hash_bytes(body)}  {path}" in sums.decode("utf-8", "replace").split("\n")


def _read_serial(site: Path) -> int:
    """Return the serial of a site's root; 0 without one that can be read."""
    try:
        return read_root(sites.read_site(site, ROOT) or b"").serial
    except ValueError:
        return 0


def read_root(body: bytes) -> SiteRoot:
    """Parse a root.  Raises ValueError for anything else."""
    try:
        shown: dict[str, Any] = json.loads(body)
        datasets = {
            name: DatasetVersions(
                str(each["current"]),
                {str(key): str(value) for key, value in each["versions"].items()},
                {str(key): str(value) for key, value in each.get("homes", {}).items()},
                tuple(map(str, each.get("former", ()))),
                {str(key): tuple(map(str, some)) for key, some in each.get("revisions", {}).items()},
            )
            for name, each in shown["datasets"].items()
        }
        keys = tuple(
            SigningKey(public_key=str(key["public_key"]), until=key["until"] and str(key["until"]))
            for key in shown["keys"]
        )
        signed, expires = (_show_time(datetime.fromisoformat(shown[name])) for name in ("signed", "expires"))
        return SiteRoot(
            catalogue=str(shown["catalogue"]),
            serial=int(shown["serial"]),
            signed=signed,
            expires=expires,
            sums=str(shown["sums"]),
            keys=keys,
            datasets=datasets,
            folders={str(folder): str(digest) for folder, digest in shown["folders"].items()},
        )
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError, ValueError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def digest_folders(sums: bytes) -> dict[str, str]:
    """Return by folder ("" for the top) the SHA-256 of its files' lines in a SHA256SUMS."""
    lines = sorted(sums.decode("utf-8", "replace").split("\n"), key=_name_folder)
    found = {
        folder: hash_bytes("\n".join(sorted(some)).encode())
        for folder, some in groupby(filter(None, lines), _name_folder)
    }
    return dict(sorted(found.items()))


def _name_folder(line: str) -> str:
    return line[66:].rpartition("/")[0]


def check_signature(path: str, body: bytes, signature: bytes, keys: Iterable[str]) -> Finding | None:
    """Check the signature of the file `path` by public keys; return what is wrong with it, or None."""
    try:
        parsed = minisign.Signature.from_bytes(signature)
        signed_by = base64.b64decode(signature.splitlines()[1])[2:10]
    except (minisign.Error, binascii.Error) as error:
        return Finding("signature-broken", value=name_signature(path), args={"why": str(error)})
    mine = [key for key in keys if base64.b64decode(key)[2:10] == signed_by]
    if not mine:
        args = {"key": signed_by[::-1].hex().upper(), "wanted": ", ".join(map(show_key, keys))}
        return Finding("signature-other-key", value=path, args=args)
    for key in mine:
        try:
            minisign.PublicKey.from_base64(key).verify(body, parsed)
        except minisign.Error:
            continue
        return None
    return Finding("signature-wrong", value=path)


def _show_time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hash_bytes(body: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(body).hexdigest()
