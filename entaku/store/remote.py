"""The store in a store of objects (`store: s3://…`): what it holds there, and the commits by which that changes.

    .entaku/store.json    the pointer: which states say what the store holds; replaced only by whoever knows it
    .entaku/state-TOKEN   by path the object, SHA-256 and size of each file; after the first only what has changed
    PATH~TOKEN            the bytes of a file, written once, under a name that is never used again

A commit writes the objects of what is new, then the state that names them, then the pointer, on condition that it is as
it was.  So the store is as one commit has left it, whatever ends a run, and of two publishers at once one is refused.
"""

import gzip
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from entaku.model.nouns import Finding, Refused
from entaku.store.bucket import Bucket, ConditionFailed, GuardedObject
from entaku.store.desk import share_file
from entaku.store.disk import below, new_file, settle, telling
from entaku.store.putting import AT_ONCE, AT_ONCE_REMOVED, do_all, read_body

FOLDER = ".entaku/"
POINTER = f"{FOLDER}store.json"
FORMAT = 1
MOST_STATES, MOST_IN_RUN = 50, 500
"""Commits after which everything that the store holds is written in one state again: at the end of a run, and within."""
MOST_LEFT = 100
"""Objects that nothing names any more, from which on they are removed before the end of a run."""
AT_ONCE_NOTED = 1000
"""Objects that are written at most before they are noted, so that a commit that is cut does not begin anew."""
STRAY = timedelta(hours=1)
"""Age from which an object that nothing names is taken for one that a run has left behind."""
_PLAIN = {"Content-Type": "application/octet-stream", "Cache-Control": "no-store"}
Progress = Callable[[str, int, int], None]


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Show no progress."""


class HeldFile(NamedTuple):
    """A file of the store as it is in the store of objects."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Head:
    """What `store.json` says."""

    states: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    """Objects that nothing names any more, to be removed."""
    turn: int = 0
    """Rises each time, so that no two are the same bytes."""


class Remote:
    """The store in a store of objects."""

    def __init__(self, address: str, progress: Progress | None = None) -> None:
        self.address, self._progress = address.rstrip("/"), progress or _tell_nobody
        self.held: dict[str, HeldFile] = {}
        """What it holds, by path."""
        self._loose: dict[str, HeldFile] = {}
        """By SHA-256, objects that a commit that was cut has written."""
        self._shared: set[str] = set()
        """Objects that are several files, such as parts of tables that releases share."""
        self._moved: dict[str, HeldFile | None] = {}
        """What the next commit changes without writing a file."""
        self._head, self._left = Head(), tuple[str, ...]()
        self._failed: Refused | None = None
        self.committed = 0.0
        """When it was last read or changed (monotonic)."""

    # ---- what is there

    def begin(self, *, writing: bool) -> None:
        """Read what the store holds.  `writing`: make sure first that it heeds conditions.  Raises Refused."""
        self._bucket = Bucket(self.address)
        self._object = GuardedObject(self._bucket, POINTER)
        self._failed, self._moved = None, {}
        body = self._object.read()
        if body is None:
            body = self._begin_anew(writing)
        elif writing:
            self._object.prove(body)
        self._head = self._parse_head(body)
        self.held, self._loose = {}, {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for name, told in zip(self._head.states, pool.map(self._load_state, self._head.states), strict=True):
                try:
                    self._apply(told)
                except (KeyError, TypeError, AttributeError, IndexError) as error:
                    raise self._tell_broken(name) from error
        uses = Counter(file.key for file in self.held.values())
        self._shared = {key for key, count in uses.items() if count > 1}
        self._left, self.committed = self._head.gone, time.monotonic()
        if writing:
            self._remove_left()

    def _begin_anew(self, writing: bool) -> bytes:
        """Take an empty place; return the pointer's body."""
        body = _dump(Head())
        if any(True for _ in self._bucket.list()):
            raise Refused(Finding("bucket-not-ours", value=self.address))
        if writing:
            try:
                self._object.replace(body)
            except ConditionFailed as error:
                raise Refused(Finding("store-outrun", value=self.address)) from error
            try:
                self._object.prove(body)
            except Refused:
                self._bucket.remove([POINTER])
                raise
        return body

    def _parse_head(self, body: bytes) -> Head:
        try:
            told = json.loads(body)
            if told["format"] != FORMAT:
                raise ValueError
            return Head(tuple(map(str, told["states"])), tuple(map(str, told["gone"])), int(told["turn"]))
        except (ValueError, KeyError, TypeError) as error:
            raise self._tell_broken(POINTER) from error

    def _load_state(self, name: str) -> Mapping[str, Any]:
        found = self._bucket.read(name)
        try:
            told: dict[str, Any] = json.loads(gzip.decompress(found[0] if found else b""))
        except (OSError, EOFError, ValueError) as error:
            raise self._tell_broken(name) from error
        return told

    def _apply(self, told: Mapping[str, Any]) -> None:
        """Apply what a state tells."""
        if told["settles"]:
            self._loose = {}
        self._loose |= {each[1]: HeldFile(*each) for each in told["loose"]}
        for path, each in told["files"].items():
            if each is None:
                self.held.pop(path, None)
            else:
                self.held[path] = HeldFile(*each)

    def _tell_broken(self, name: str) -> Refused:
        return Refused(Finding("store-object-broken", value=f"{self.address}/{name}"))

    def bring(self, root: Path, waiting: Path, files: Mapping[str, HeldFile]) -> None:
        """Write files of the store into the folder `root`, each whole.  Raises Refused for one that isn't as listed."""
        done: list[str] = []
        same: dict[str, list[str]] = {}
        for path, file in files.items():
            same.setdefault(file.key, []).append(path)

        def bring_one(paths: list[str]) -> None:
            first = below(root, paths[0])
            self._bring_one(first, waiting, files[paths[0]])
            for other in paths[1:]:
                with telling(target := below(root, other)):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.unlink(missing_ok=True)
                    share_file(first, target)
            done.extend(paths)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            do_all(pool, same.values(), bring_one, lambda: self._tell(len(done), len(files)))

    def _bring_one(self, target: Path, waiting: Path, file: HeldFile) -> None:
        found, pieces = sha256(), self._bucket.read_pieces(file.key)
        with telling(target), new_file(waiting) as sink:
            try:
                for piece in pieces:
                    found.update(piece)
                    sink.write(piece)
            except FileNotFoundError as error:
                raise self._tell_broken(file.key) from error
            if found.hexdigest() != file.sha256:
                raise self._tell_broken(file.key)
            target.parent.mkdir(parents=True, exist_ok=True)
            settle(sink, target, sync=False)

    def find_lost(self) -> list[str]:
        """List the objects that the store should have and has not."""
        return sorted({file.key for file in self.held.values()} - {*self._bucket.list()})

    # ---- commits

    def rename(self, find_present: Callable[[str], str]) -> None:
        """Give what it holds of datasets that were renamed their present names, in the next commit; the bytes stay."""
        there = {path.partition("/")[0] for path in self.held}
        for path, file in list(self.held.items()):
            name, _, rest = path.partition("/")
            present = find_present(name)
            if present != name and present not in there:
                self._moved |= {path: None, f"{present}/{rest}": file}
                self.held[f"{present}/{rest}"] = self.held.pop(path)

    def commit(self, root: Path, new: Mapping[str, str], gone: Collection[str] = (), *, settles: bool = False) -> int:
        """Put files of the folder `root`, given with their SHA-256, and let others go, all of it or nothing; return the
        bytes that were sent.  `settles`: nothing that an earlier run has begun is needed after it.

        Raises Refused (store-outrun) if somebody else has changed the store; after a failure everything fails.
        """
        if self._failed is not None:
            raise self._failed
        try:
            return self._commit(root, new, gone, settles)
        except ConditionFailed as error:
            self._failed = Refused(Finding("store-outrun", value=self.address))
            raise self._failed from error
        except Refused as refused:
            self._failed = refused
            raise

    def stand(self) -> None:
        """Raise Refused (store-outrun) if somebody else has changed the store."""
        if self._failed is None:
            if not self._object.has_changed():
                return
            self._failed = Refused(Finding("store-outrun", value=self.address))
        raise self._failed

    def _commit(self, root: Path, new: Mapping[str, str], gone: Collection[str], settles: bool) -> int:
        made = self._find_same(new) if settles else {}
        made |= {path: self._loose.pop(new[path]) for path in new if path not in made and new[path] in self._loose}
        left, sent, token = [path for path in new if path not in made], 0, secrets.token_hex(8)
        for start in range(0, len(left), AT_ONCE_NOTED):
            more = {path: new[path] for path in left[start : start + AT_ONCE_NOTED]}
            some = self._put(root, more, token, (start, len(left)))
            made |= some
            sent += sum(file.size for file in some.values())
            if start + AT_ONCE_NOTED < len(left):
                self._move({}, some.values(), (), settles=False)
        changes = {**self._moved, **made, **dict.fromkeys(gone)}
        former = {self.held[path].key for path in (*made, *gone) if path in self.held}
        if not self._shared.isdisjoint(former):
            others = self.held.keys() - made.keys() - set(gone)
            former -= {self.held[path].key for path in others} | {file.key for file in made.values()}
        if settles:
            former |= {file.key for file in self._loose.values()} - {file.key for file in made.values()}
        if changes or former:
            before = len(self._head.states)
            self._move(changes, (), former, settles=settles)
            if gone or len(self._head.states) <= before:
                self._sweep()
        return sent

    def _find_same(self, new: Mapping[str, str]) -> dict[str, HeldFile]:
        """Find files of releases, which never change, whose bytes another release has already."""
        there = {file.sha256: file for path, file in self.held.items() if is_of_release(path)}
        made = {path: there[digest] for path, digest in new.items() if is_of_release(path) and digest in there}
        self._shared |= {file.key for file in made.values()}
        return made

    def _tell(self, done: int, total: int) -> None:
        self._progress(self.address, done, total)

    def _put(
        self, root: Path, files: Mapping[str, str], token: str, progress: tuple[int, int]
    ) -> dict[str, HeldFile]:  # fmt: skip
        made: dict[str, HeldFile] = {}
        before, total = progress

        def put(item: tuple[str, str]) -> None:
            path, digest = item
            body, key = read_body(below(root, path), path, digest), f"{path}~{token}"
            if isinstance(body, Path):
                self._bucket.write(key, body, _PLAIN)
            else:
                with suppress(ConditionFailed):  # an answer was lost: nobody else has this name
                    self._bucket.replace(key, body, None)
            made[path] = HeldFile(key, digest, body.stat().st_size if isinstance(body, Path) else len(body))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            do_all(pool, files.items(), put, lambda: self._tell(before + len(made), total))
        return made

    def _move(
        self, changes: Mapping[str, HeldFile | None], loose: Iterable[HeldFile], former: Collection[str], *, settles: bool
    ) -> None:  # fmt: skip
        """Write a state and move the pointer to it, then remove what it names no more.  Raises ConditionFailed."""
        told = {"files": changes, "loose": list(loose), "settles": settles}
        self._apply(told)
        states, gone = self._head.states, (*self._left, *sorted(former))
        if len(states) >= (MOST_STATES if settles else MOST_IN_RUN):
            told = {"files": self.held, "loose": list(self._loose.values()), "settles": True}
            states, gone = (), (*gone, *states)
        name = f"{FOLDER}state-{secrets.token_hex(8)}"
        body = gzip.compress(json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogateescape"), mtime=0)
        self._bucket.write(name, body, _PLAIN)
        head = Head((*states, name), gone, self._head.turn + 1)
        self._object.replace(_dump(head))
        self._head, self._left, self.committed = head, gone, time.monotonic()
        if changes:
            self._moved = {}
        if settles or len(gone) >= MOST_LEFT:
            self._remove_left()

    def _remove_left(self) -> None:
        """Remove what nothing names any more; what fails is left to the next run."""
        with suppress(Refused):
            for start in range(0, len(self._left), AT_ONCE_REMOVED):
                self._bucket.remove(self._left[start : start + AT_ONCE_REMOVED])
            self._left = ()

    def _sweep(self) -> None:
        """Remove the objects that runs which were cut have left behind, and that nothing names.

        Whoever works with an older pointer can't commit any more; who has just begun has written nothing that is old.
        """
        named = {POINTER, *self._head.states}
        named |= {file.key for file in (*self.held.values(), *self._loose.values())}
        with suppress(Refused):
            dated = dict(self._bucket.list_dated())
            now = dated[self._head.states[-1]]
            strays = [path for path, when in dated.items() if path not in named and now - when > STRAY]
            for start in range(0, len(strays), AT_ONCE_REMOVED):
                self._bucket.remove(strays[start : start + AT_ONCE_REMOVED])

    @property
    def has_failed(self) -> bool:
        """Test whether a commit has failed."""
        return self._failed is not None

    @property
    def has_rest(self) -> bool:
        """Test whether a commit has anything to do although no file has changed."""
        return bool(self._moved or self._loose)


def is_of_release(path: str) -> bool:
    """Test whether a file of the store is one of a release: `DATASET/releases/VERSION/FILE`."""
    return path.count("/") > 2 and path.split("/")[1] == "releases"


def _dump(head: Head) -> bytes:
    return json.dumps({"format": FORMAT, **asdict(head)}).encode()
