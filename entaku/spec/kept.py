"""Specs that an earlier run has found without a mistake: a YAML is parsed once for each of its contents."""

import hashlib
import pickle
from contextlib import suppress

from entaku.model.kept import Keep, pack, unpack
from entaku.model.nouns import EPOCH, Refused, Spec


class KeptSpecs:
    """The specs that are kept, each under all that its verdict was made from."""

    def __init__(self, keep: Keep | None, *shared: object) -> None:
        """`shared`: what the verdict on every pipeline depends on besides its own file."""
        self._keep = keep
        self._shared = repr((EPOCH, *shared)).encode("utf-8", "backslashreplace") if keep is not None else b""

    def find(self, file: str, body: bytes) -> Spec | None:
        """Return the spec of a YAML, if it was kept."""
        kept = self._keep.get(self._name(file, body)) if self._keep is not None else None
        if kept is None:
            return None
        with suppress(pickle.UnpicklingError):
            spec = unpack(kept)
            return spec if isinstance(spec, Spec) else None
        return None

    def put(self, body: bytes, spec: Spec) -> None:
        """Keep the spec of a YAML, if there is a place that can be written."""
        if self._keep is not None:
            with suppress(Refused):
                self._keep.put(self._name(spec.file, body), pack(spec))

    def _name(self, file: str, body: bytes) -> str:
        return hashlib.sha256(
            b"spec %b\0%b\0%b" % (self._shared, file.encode("utf-8", "surrogatepass"), body)
        ).hexdigest()
