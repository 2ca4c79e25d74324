"""Tiles: where they lie, which are new, and that proofs from them are the proofs from all leaves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.tlog import merkle, tiles
from nilometer.tlog.refused import Refused
from nilometer.tlog.tiles import Tile

COUNT = 66_500
LEAVES = [merkle.leaf_hash(b"%d" % n) for n in range(COUNT)]


class Disk:
    """The files of a log by path, as a web server would hold them; counts what is read."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.read = 0

    def grow(self, size: int, leaves: list[bytes]) -> None:
        for tile, content in tiles.grown(size, leaves, self.tile).items():
            assert len(content) == tile.width * 32
            self.files[tile.path] = content

    def tile(self, level: int, index: int, width: int) -> bytes:
        self.read += 1
        return self.files[Tile(level=level, index=index, width=width).path]


@pytest.fixture(scope="module")
def disk() -> Disk:
    found = Disk()
    found.grow(0, LEAVES)
    return found


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(level=0, index=0), "tile/0/000"),
        (Tile(level=1, index=999, width=3), "tile/1/999.p/3"),
        (Tile(level=0, index=1000), "tile/0/x001/000"),
        (Tile(level=0, index=1234067), "tile/0/x001/x234/067"),
        (Tile(level=-1, index=1234067, width=255), "tile/entries/x001/x234/067.p/255"),
        (Tile(level=63, index=10**12 + 5), "tile/63/x001/x000/x000/x000/005"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.parse_path(path) == tile


@given(st.builds(Tile, level=st.integers(-1, 63), index=st.integers(0, 2**55), width=st.integers(1, 256)))
def test_a_path_is_read_as_written(tile: Tile) -> None:
    assert tiles.parse_path(tile.path) == tile


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "tile/0/0",
        "tile/64/000",
        "tile/00/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x1/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/entries/../000",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/\u0661\u0661\u0661",
    ],
)
def test_another_path_is_refused(bad: str) -> None:
    with pytest.raises(Refused):
        tiles.parse_path(bad)


def test_the_example_of_the_standard() -> None:
    found = list(tiles.tiles(70_000))
    by_level = {level: [t.width for t in found if t.level == level] for level in range(4)}
    assert by_level == {0: [256] * 273 + [112], 1: [256, 17], 2: [1], 3: []}
    assert [(t.level, t.width) for t in tiles.tiles(256)] == [(0, 256), (1, 1)]
    assert [tiles.width(level, index, 70_000) for level, index in ((0, 273), (0, 274), (1, 1), (3, 0), (-1, 999))] == [112, 0, 17, 0, 0]


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_new_tiles_are_those_that_were_not_there(old: int, more: int) -> None:
    new = old + more
    assert set(tiles.tiles(new, since=old)) == set(tiles.tiles(new)) - set(tiles.tiles(old))
    assert set(tiles.bundles(new, since=old)) == set(tiles.bundles(new)) - set(tiles.bundles(old))
    assert sum(t.width for t in tiles.bundles(new)) == new


@settings(max_examples=30)
@given(st.lists(st.integers(0, 700), max_size=8))
def test_a_log_that_grew_bit_by_bit_has_the_same_tiles(steps: list[int]) -> None:
    bit_by_bit, at_once = Disk(), Disk()
    size = 0
    for step in steps:
        bit_by_bit.grow(size, LEAVES[size : size + step])
        size += step
        assert tiles.frontier(size, bit_by_bit.tile).root() == merkle.root(LEAVES[:size])
    at_once.grow(0, LEAVES[:size])
    assert at_once.files == {path: bit_by_bit.files[path] for path in at_once.files}
    assert set(at_once.files) == {t.path for t in tiles.tiles(size)}


@settings(max_examples=60)
@given(st.data())
def test_proofs_from_tiles_are_the_proofs_from_leaves(disk: Disk, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, COUNT - 1))
    old = data.draw(st.integers(1, COUNT))
    head, begun = tiles.over(COUNT, disk.tile), disk.read
    inclusion = merkle.inclusion_proof(index, COUNT, head)
    assert disk.read - begun <= 4
    consistency = merkle.consistency_proof(old, COUNT, head)
    whole = tiles.frontier(COUNT, disk.tile).root()
    merkle.verify_inclusion(index, COUNT, LEAVES[index], inclusion, whole)
    merkle.verify_consistency(old, COUNT, consistency, merkle.root(LEAVES[:old]), whole)


def test_the_head_is_that_of_all_leaves(disk: Disk) -> None:
    assert tiles.frontier(COUNT, disk.tile).root() == merkle.root(LEAVES)


def test_a_proof_among_a_billion_reads_few_tiles_and_is_small() -> None:
    size, read = 1_000_000_007, []

    def tile(level: int, index: int, width: int) -> bytes:
        read.append((level, index))
        return bytes([level + 1]) * 32 * width

    proof = merkle.inclusion_proof(123_456_789, size, tiles.over(size, tile))
    assert len(proof) == 30
    assert len(read) <= 8
    assert sum(len(h) for h in proof) < 1_000


def test_a_tile_that_has_grown_since_will_do(disk: Disk) -> None:
    size = 300
    head = tiles.over(size, lambda level, index, width: disk.files[Tile(level=level, index=index).path])
    merkle.verify_inclusion(290, size, LEAVES[290], merkle.inclusion_proof(290, size, head), merkle.root(LEAVES[:size]))


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(32 * 43), bytes(32 * 44 + 1), bytes(32 * 257)])
def test_a_tile_of_another_length_is_refused(wrong: bytes) -> None:
    with pytest.raises(Refused, match=r"tile/0/001\.p/44"):
        merkle.inclusion_proof(290, 300, tiles.over(300, lambda *_: wrong))


def test_growing_over_a_tile_that_was_cut_off_is_refused() -> None:
    with pytest.raises(Refused, match=r"tile/0/000\.p/10"):
        tiles.grown(10, LEAVES[:1], lambda *_: bytes(32 * 9))


@pytest.mark.parametrize(("lo", "hi"), [(0, 301), (-1, 1), (5, 5), (1, 3)])
def test_what_is_no_part_has_no_head(disk: Disk, lo: int, hi: int) -> None:
    with pytest.raises(Refused):
        tiles.over(300, disk.tile)(lo, hi)


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_bundles(entries: list[bytes]) -> None:
    bundle = tiles.pack(entries)
    assert tiles.unpack(bundle, len(entries)) == entries
    for wrong in (bundle + b"\x00", bundle[:-1]) if bundle else (b"\x00",):
        with pytest.raises(Refused):
            tiles.unpack(wrong, len(entries))
    with pytest.raises(Refused):
        tiles.unpack(bundle, len(entries) + 1)


def test_an_entry_has_a_limit() -> None:
    assert len(tiles.pack([bytes(65_535)])) == 65_537
    with pytest.raises(Refused, match="65,535"):
        tiles.pack([bytes(65_536)])
