"""What is kept of many datasets lies in few files, and is lost with no dataset but its neighbours."""

from entaku.model.bundles import Bundles

NAMES = [f"dataset-{n:04}" for n in range(400)]


class Memory(dict[str, bytes]):
    """A cache, and the keys that were asked for and written."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.written: list[str] = []

    def get(self, key: str, _default: object = None) -> bytes | None:  # type: ignore[override]
        self.asked.append(key)
        return super().get(key)

    def put(self, key: str, body: bytes) -> None:
        self.written.append(key)
        self[key] = body


def fill(memory: Memory) -> None:
    bundles = Bundles(memory, NAMES)
    for name in NAMES:
        bundles.put("pages", name, "", name.encode())
        bundles.put("feed", name, "old", b"x")
    bundles.finish()
    memory.asked.clear()
    memory.written.clear()


def test_each_dataset_has_what_was_put_of_it_in_few_files() -> None:
    memory = Memory()
    fill(memory)
    assert 8 < len(memory) < 60
    bundles = Bundles(memory, NAMES)
    assert all(bundles.get("pages", name) == name.encode() for name in NAMES)
    assert bundles.get("feed", NAMES[5], "old") == b"x"
    assert bundles.get("feed", NAMES[5]) is None
    assert bundles.get("pages", "other") is None
    assert len(memory.asked) <= len(memory) + 1
    bundles.finish()
    assert memory.written == [], "nothing was put"


def test_one_change_writes_one_file() -> None:
    memory = Memory()
    fill(memory)
    bundles = Bundles(memory, NAMES)
    for name in NAMES:
        assert bundles.get("pages", name) == name.encode()
        if name == NAMES[200]:
            bundles.put("pages", name, "", b"new")
            assert bundles.get("pages", name) == b"new"
    bundles.finish()
    assert len(memory.written) == 1
    assert Bundles(memory, NAMES).get("pages", NAMES[200]) == b"new"
    assert Bundles(memory, NAMES).get("pages", NAMES[204]) == NAMES[204].encode()


def test_a_new_dataset_leaves_nearly_all_others_as_they_were() -> None:
    memory = Memory()
    fill(memory)
    for n in range(100):
        bundles = Bundles(memory, [*NAMES, f"dataset-0200-{n}"])
        assert sum(bundles.get("pages", name) == name.encode() for name in NAMES) > 250


def test_what_is_kept_of_a_dataset_that_is_gone_is_forgotten_when_its_bundle_is_written() -> None:
    memory = Memory()
    fill(memory)
    fewer = [name for name in NAMES if name != NAMES[204]]
    bundles = Bundles(memory, fewer)
    bundles.put("pages", NAMES[205], "", b"new")
    bundles.finish()
    again = Bundles(memory, NAMES)
    assert (again.get("pages", NAMES[205]), again.get("pages", NAMES[204])) == (b"new", None)


def test_what_is_removed_is_gone_at_once() -> None:
    memory = Memory()
    fill(memory)
    Bundles(memory, NAMES).remove("pages", NAMES[3], "")
    assert Bundles(memory, NAMES).get("pages", NAMES[3]) is None
    assert Bundles(memory, NAMES).get("pages", NAMES[4]) is not None


def test_a_bundle_that_is_not_as_it_was_written_is_as_one_that_is_not_there() -> None:
    memory = Memory()
    fill(memory)
    for key in memory:
        memory[key] = b"damaged"
    assert Bundles(memory, NAMES).get("pages", NAMES[3]) is None
