from entaku.store.desk import DiskSpill


def test_parts_keep_their_bytes_in_order() -> None:
    spill = DiskSpill()
    assert spill.read(3) == b""
    for part, data in [(3, b"a"), (0, b"xyz"), (3, b""), (3, b"bc")]:
        spill.write(part, data)
    assert (spill.read(3), spill.read(0), spill.read(1)) == (b"abc", b"xyz", b"")
    spill.write(0, b"!")
    assert spill.read(0) == b"xyz!"
