"""One row proved from a BLAKE3 digest; our arithmetic against the `blake3` package, which is not ours."""

from __future__ import annotations

import numpy as np
import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.tlog import chunks
from nilometer.tlog.refused import Refused

MANY = 128 * (8 * 5_000 + 3)  # more chunks than are compressed at a time, the last with three rows
DATA = np.random.default_rng(1).bytes(MANY)
TREE = chunks.Tree(DATA)
counts = st.integers(1, 300)


def split(data: bytes) -> list[bytes]:
    return [data[at : at + chunks.CHUNK] for at in range(0, len(data), chunks.CHUNK)]


@pytest.mark.parametrize(
    ("length", "expected"),
    [  # The first bytes of BLAKE3's published test vectors (hash of 0, 1, ... 250, 0, 1, ...).
        (0, "af1349b9f5f9a1a6a0404dea36dcc949"),
        (1024, "42214739f095a406f3fc83deb889744a"),
        (2048, "e776b6028c7cd22a4d0ba182a8bf6220"),
        (3072, "b98cb0ff3623be03326b373de6b90952"),
    ],
)
def test_published_vectors(length: int, expected: str) -> None:
    data = bytes(n % 251 for n in range(length))
    assert chunks.root(data).hex().startswith(expected)
    assert chunks.Tree(data).root().hex().startswith(expected)


@given(st.integers(0, 300))
def test_the_tree_has_the_digest_of_the_package(rows: int) -> None:
    data = DATA[: rows * 128]
    assert chunks.Tree(data).root() == chunks.root(data) == blake3(data).digest() == chunks.root_from(split(data))


def test_a_large_tree_has_the_digest_of_the_package() -> None:
    assert TREE.root() == blake3(DATA).digest()


def test_chunks_past_four_billion_are_counted_right() -> None:
    block = DATA[:1024]
    words = np.frombuffer(block * 2, "<u4").reshape(2, 16, 16)
    places = [5_000_000_000, 5]
    found = chunks._many(words, np.array(places, np.uint64))
    assert [value.tobytes() for value in found] == [chunks._chunk(block, place, 0) for place in places]
    assert found[0].tobytes() != found[1].tobytes()


@given(st.integers(0, MANY // 128 - 1))
def test_every_row_of_a_large_file_is_proved(row: int) -> None:
    proof = TREE.proof(row)
    assert len(proof) <= 1024 + 32 * 13
    assert chunks.verify(blake3(DATA).digest(), TREE.rows, row, proof) == DATA[row * 128 : (row + 1) * 128]


@settings(max_examples=60)
@given(counts, st.data())
def test_any_change_is_refused(rows: int, data: st.DataObject) -> None:
    tree = chunks.Tree(DATA[: rows * 128])
    row = data.draw(st.integers(0, rows - 1))
    proof, digest = tree.proof(row), tree.root()
    assert chunks.verify(digest, rows, row, proof) == DATA[row * 128 : (row + 1) * 128]
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = proof[:at] + bytes([proof[at] ^ data.draw(st.integers(1, 255))]) + proof[at + 1 :]
    wrong = [changed, proof[:at], proof[at + 1 :], proof + data.draw(st.binary(min_size=1, max_size=64))]
    for other in wrong:
        with pytest.raises(Refused):
            chunks.verify(digest, rows, row, other)
    with pytest.raises(Refused):
        chunks.verify(bytes(32), rows, row, proof)
    for elsewhere in (-1, rows, row + 8, row - 8):
        with pytest.raises(Refused):
            chunks.verify(digest, rows, elsewhere, proof)


@given(counts, st.data())
def test_chunks_may_be_hidden(rows: int, data: st.DataObject) -> None:
    content = DATA[: rows * 128]
    tree, parts = chunks.Tree(content), split(content)
    hidden = data.draw(st.sets(st.integers(0, len(parts) - 1))) if len(parts) > 1 else set()
    shown = [tree.hidden(place) if place in hidden else part for place, part in enumerate(parts)]
    assert chunks.root_from(shown) == tree.root()
    at = data.draw(st.integers(0, len(parts) - 1))
    shown[at] = bytes([shown[at][0] ^ 1]) + shown[at][1:]
    assert chunks.root_from(shown) != tree.root()


def test_a_single_chunk_cannot_be_hidden() -> None:
    with pytest.raises(Refused, match="hidden"):
        chunks.Tree(DATA[:128]).hidden(0)
    with pytest.raises(Refused, match="hidden"):
        chunks.root_from([bytes(32)])
    assert chunks.root_from([]) == chunks.Tree(b"").root() == blake3(b"").digest()


@pytest.mark.parametrize("parts", [[bytes(1024), bytes(100)], [bytes(896), bytes(1024)], [bytes(1024), b""], [bytes(1024), bytes(1152)]])
def test_what_are_no_chunks_have_no_digest(parts: list[bytes]) -> None:
    with pytest.raises(Refused, match="expected chunk"):
        chunks.root_from(parts)


def test_half_a_row_is_refused() -> None:
    with pytest.raises(Refused, match="128"):
        chunks.Tree(bytes(129))
    for row in (-1, 0):
        with pytest.raises(Refused, match="no row"):
            chunks.Tree(b"").proof(row)


@given(st.integers(1, 400), st.data())
@settings(max_examples=60)
def test_an_excerpt_leads_to_the_digest_and_nothing_else_does(rows: int, data: st.DataObject) -> None:
    held = DATA[: rows * 128]
    count = -(-rows // 8)
    places = sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=12)))
    bodies, path = chunks.Tree(held).excerpt(places)
    assert bodies == b"".join(held[place * 1024 : place * 1024 + 1024] for place in places)
    chunks.verify_excerpt(chunks.root(held), rows, places, bodies, path)
    whole = bodies + path
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ 1 << data.draw(st.integers(0, 7))]) + whole[at + 1 :]
    for wrong_bodies, wrong_path in (
        (changed[: len(bodies)], changed[len(bodies) :]),
        (bodies[:-1], path),
        (bodies + b"x", path),
        (bodies, path + bytes(32)),
        (bodies, path[:-1] if path else b"x"),
    ):
        with pytest.raises(Refused):
            chunks.verify_excerpt(chunks.root(held), rows, places, wrong_bodies, wrong_path)
    others = [place for place in range(count) if place not in places]
    if others and len(places) == 1:
        with pytest.raises(Refused):
            chunks.verify_excerpt(chunks.root(held), rows, [data.draw(st.sampled_from(others))], bodies, path)


@pytest.mark.parametrize("places", [[1, 0], [0, 0], [2], [-1]])
def test_an_excerpt_of_places_that_are_not_there_is_refused(places: list[int]) -> None:
    with pytest.raises(Refused):
        chunks.Tree(DATA[: 16 * 128]).excerpt(places)
    with pytest.raises(Refused):
        chunks.verify_excerpt(bytes(32), 16, places, b"", b"")
