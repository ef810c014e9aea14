"""A store of objects (S3, Google Cloud Storage, Azure) by obstore, which takes keys and secrets from the environment.

Every failure is Refused (bucket-failed) with its reason in words.  A request that finds nobody is tried again for a
bounded time; none lasts for ever.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entaku.formats.heavy import obstore
from entaku.model.nouns import Finding, Refused

if TYPE_CHECKING:
    from obstore import PutResult

REQUEST_SECONDS, CONNECT_SECONDS, RETRY_SECONDS, MOST_RETRIES = 60, 10, 60, 6
"""The time that a request may last, that a connection may take, and within which a request is tried again."""
PIECE = 1 << 20
"""Bytes of an object that are in memory at once, where it is read piece by piece."""
_NOWHERE = ("NoSuchBucket", "ContainerNotFound")
_REASONS = (
    ("NoSuchBucket", "その名前のバケットがありません / there is no such bucket"),
    ("ContainerNotFound", "その名前のコンテナーがありません / there is no such container"),
    ("169.254.169.254", "鍵が環境変数にありません / the environment has no credentials"),
    ("metadata.google.internal", "鍵が環境変数にありません / the environment has no credentials"),
    ("Account must be specified", "AZURE_STORAGE_ACCOUNT_NAME がありません / AZURE_STORAGE_ACCOUNT_NAME is not set"),
    ("incorrectly configured region", "リージョン（AWS_REGION）が違います / the region (AWS_REGION) is another one"),
    ("BadScheme", "https でないアドレスです（試すときは AWS_ALLOW_HTTP=true）/ not https (AWS_ALLOW_HTTP=true for a trial)"),
    ("dns error", "名前を引けません / its name can't be resolved"),
    ("operation timed out", "時間内に答えがありません / no answer within the time"),
    ("error sending request", "届きません / it can't be reached"),
)  # fmt: skip
"""What obstore says, and what that means."""


class ConditionFailed(Exception):  # noqa: N818
    """Raised where an object isn't as the condition of a write says."""


class Bucket:
    """A prefix of a store of objects."""

    def __init__(self, address: str) -> None:
        """`address`: `s3://BUCKET/PREFIX` or the like.  Raises Refused (no-obstore, bucket-failed)."""
        self.address = address.rstrip("/")
        try:
            with self._telling():
                self._store = obstore.store.from_url(
                    self.address,
                    client_options={
                        "timeout": timedelta(seconds=REQUEST_SECONDS),
                        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
                        "allow_http": _allows_http(os.environ),
                    },
                    retry_config={"max_retries": MOST_RETRIES, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
                )
        except ImportError as error:
            raise Refused(Finding("no-obstore", value=address)) from error

    def read(self, path: str) -> tuple[bytes, Any] | None:
        """Return an object and what a write must know to replace just that; None where there is none."""
        try:
            with self._telling():
                found = obstore.get(self._store, path)
                return bytes(found.bytes()), _version_of(found.meta)
        except FileNotFoundError:
            return None

    def write(self, path: str, body: bytes | Path, headers: Mapping[str, str]) -> None:
        """Write an object, whatever was there."""
        with self._telling():
            obstore.put(self._store, path, body, attributes=dict(headers))

    def replace(self, path: str, body: bytes, version: Any) -> Any:
        """Write an object if it is as `version` says; None: if there is none.  Raises ConditionFailed."""
        with self._telling():
            return _version_of(obstore.put(self._store, path, body, mode=version or "create"))

    def remove(self, paths: Sequence[str]) -> None:
        """Remove objects; those that aren't there are gone already, as where a run was cut that removed them."""
        left = list(paths)
        while left:
            try:
                with self._telling():
                    obstore.delete(self._store, left)
                return
            except FileNotFoundError as error:  # Google and Azure: one wasn't there, and others may have been left
                there = {*self.list()}
                some = [path for path in left if path in there]
                if len(some) == len(left):
                    raise self._fail(error) from error
                left = some

    def read_pieces(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of an object piece by piece.  Raises FileNotFoundError where there is none."""
        with self._telling():
            yield from map(bytes, obstore.get(self._store, path).stream(min_chunk_size=PIECE))

    def list(self, folder: str = "") -> Iterator[str]:
        """Yield the paths of all objects in a folder."""
        yield from (path for path, _ in self.list_dated(folder))

    def list_dated(self, folder: str = "") -> Iterator[tuple[str, datetime]]:
        """Yield the paths of all objects in a folder, each with the time when it was written."""
        with self._telling():
            for some in obstore.list(self._store, folder or None):
                yield from ((each["path"], each["last_modified"]) for each in some)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if any(sign in str(error) for sign in _NOWHERE):
                raise self._fail(error) from error
            raise
        except obstore.exceptions.BaseError as error:
            if isinstance(error, obstore.exceptions.AlreadyExistsError | obstore.exceptions.PreconditionError):
                raise ConditionFailed(str(error)) from error
            raise self._fail(error) from error
        except (OSError, ValueError) as error:
            raise self._fail(error) from error

    def _fail(self, error: Exception) -> Refused:
        return Refused(Finding("bucket-failed", value=self.address, args={"why": say_reason(error)}))


class GuardedObject:
    """An object that is replaced only by whoever knows the version that is there."""

    def __init__(self, bucket: Bucket, path: str) -> None:
        self.bucket, self.path = bucket, path
        self.version: Any = None
        """The version that is known; None: there is no such object."""

    def read(self) -> bytes | None:
        """Return what it says; None where it isn't there."""
        found = self.bucket.read(self.path)
        body, self.version = found if found is not None else (None, None)
        return body

    def has_changed(self) -> bool:
        """Test whether it is another than is known.  Only what both answers tell is compared: that to a write may lack
        the version, or the quotes of the ETag, which that to a read has."""
        found = self.bucket.read(self.path)
        if found is None or self.version is None:
            return found is not None or self.version is not None
        both = found[1].keys() & self.version.keys()
        return not both or any(found[1][key].strip('"') != self.version[key].strip('"') for key in both)

    def replace(self, body: bytes) -> None:
        """Write it if it is as it is known.  Raises ConditionFailed; a refusal after an answer that was lost is none."""
        try:
            self.version = self.bucket.replace(self.path, body, self.version)
        except ConditionFailed:
            found = self.bucket.read(self.path)
            if found is None or found[0] != body:
                raise
            self.version = found[1]

    def prove(self, body: bytes) -> None:
        """Write `body`, which it has, under conditions that don't hold.  Raises Refused (bucket-conditions) if the store
        does so."""
        for wrong in (None, {"e_tag": '"00000000000000000000000000000000"', "version": "1"}):
            try:
                self.bucket.replace(self.path, body, wrong)
            except ConditionFailed:
                continue
            raise Refused(Finding("bucket-conditions", value=self.bucket.address))


def say_reason(error: Exception) -> str:
    """Return why a request failed, Japanese / English."""
    told = str(error)
    for sign, words in _REASONS:
        if sign in told:
            return words
    name = type(error).__name__
    if name in ("PermissionDeniedError", "UnauthenticatedError"):
        return "鍵が違うか、書く権限がありません / the key is wrong, or may not do that"
    if answered := re.search(r"status code: (\d+)[^:]*:(?:.*?<Code>(\w+)</Code>)?", told, re.DOTALL):
        answer = " ".join(filter(None, answered.groups()))
        return f"ストアの答えは {answer} です / it answers {answer}"
    first = told.partition("\n")[0]
    return first if len(first) <= 200 else f"{first[:200]}…"


def _version_of(told: "Mapping[str, Any] | PutResult") -> dict[str, str]:
    """Return what identifies the version of an object: the ETag, at Google a number too."""
    known = {"e_tag": told.get("e_tag"), "version": told.get("version")}
    return {key: str(value) for key, value in known.items() if value}


def _allows_http(environment: Mapping[str, str]) -> bool:
    """Test whether the environment lets obstore speak plain HTTP, as with a store on this machine."""
    return any(environment.get(f"{cloud}_ALLOW_HTTP", "").lower() == "true" for cloud in ("AWS", "GOOGLE", "AZURE"))
