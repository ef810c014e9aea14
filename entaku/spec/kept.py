"""Specs that an earlier run has found without a mistake: a YAML is parsed once for each of its contents."""

import hashlib
import pickle
from collections.abc import Collection
from contextlib import suppress

from entaku.model.bundles import Bundles
from entaku.model.kept import Keep, pack, unpack
from entaku.model.nouns import EPOCH, Refused, Spec


class KeptSpecs:
    """The specs that are kept, each with the digest of all that its verdict was made from."""

    def __init__(self, keep: Keep | None, files: Collection[str], *shared: object) -> None:
        """`files`: the paths of all YAMLs; `shared`: what the verdict on every one depends on besides its own file."""
        self._kept = Bundles(keep, files) if keep is not None else None
        told = repr((EPOCH, *shared)) if keep is not None else ""
        self._shared = hashlib.sha256(told.encode("utf-8", "backslashreplace"))

    def find(self, file: str, body: bytes) -> Spec | None:
        """Return the spec of a YAML, if it was kept."""
        if self._kept is None:
            return None
        digest = self._digest(file, body)
        with suppress(pickle.UnpicklingError, Refused):  # a place that can't be written
            kept = self._kept.get("spec", file)
            if kept is None or not kept.startswith(digest):
                return None
            spec = unpack(kept[len(digest) :])
            return spec if isinstance(spec, Spec) else None
        return None

    def put(self, body: bytes, spec: Spec) -> None:
        """Keep the spec of a YAML, if there is a place that can be written."""
        if self._kept is not None:
            with suppress(Refused):
                self._kept.put("spec", spec.file, "", self._digest(spec.file, body) + pack(spec))

    def finish(self) -> None:
        """Keep for the next run what was put last."""
        if self._kept is not None:
            with suppress(Refused):
                self._kept.finish()

    def _digest(self, file: str, body: bytes) -> bytes:
        whole = self._shared.copy()
        whole.update(b"\0%b\0%b" % (file.encode("utf-8", "surrogatepass"), body))
        return whole.digest()
