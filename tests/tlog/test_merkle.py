"""RFC 6962 trees against published vectors, a naive definition and `pymerkle`."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.tlog import merkle
from nilometer.tlog.refused import Refused


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"entry %d" % n) for n in range(count)]


LEAVES = leaves(300)
sizes = st.integers(1, 300)


def naive(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written."""
    if len(hashes) < 2:
        return hashes[0] if hashes else merkle.EMPTY
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return merkle.node_hash(naive(hashes[:k]), naive(hashes[k:]))


def naive_path(m: int, hashes: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if len(hashes) == 1:
        return []
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if m < k:
        return [*naive_path(m, hashes[:k]), naive(hashes[k:])]
    return [*naive_path(m - k, hashes[k:]), naive(hashes[:k])]


def naive_subproof(m: int, hashes: list[bytes], whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2."""
    if m == len(hashes):
        return [] if whole else [naive(hashes)]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if m <= k:
        return [*naive_subproof(m, hashes[:k], whole), naive(hashes[k:])]
    return [*naive_subproof(m - k, hashes[k:], False), naive(hashes[:k])]


def foreign(count: int) -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for n in range(count):
        tree.append_entry(b"entry %d" % n)
    return tree


FOREIGN = foreign(300)

# Vectors


def vectors(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    return [(str(path.relative_to(folder)), json.loads(path.read_text())) for path in sorted(folder.rglob("*.json"))]


def checked(kind: str, v: dict[str, Any]) -> bool:
    """Whether we accept a vector."""
    proof = [base64.b64decode(h) for h in v["proof"] or []]
    h = {name: base64.b64decode(v[name] or "") for name in ("root", "root1", "root2", "leafHash") if name in v}
    try:
        match kind:
            case "inclusion":
                merkle.verify_inclusion(v["leafIdx"], v["treeSize"], h["leafHash"], proof, h["root"])
            case "consistency":
                merkle.verify_consistency(v["size1"], v["size2"], proof, h["root1"], h["root2"])
            case "subtreeinclusion":
                merkle.verify_subtree_inclusion(v["leafIdx"], v["start"], v["end"], h["leafHash"], proof, h["root"])
            case _:
                merkle.verify_subtree_consistency(v["start"], v["end"], v["size"], proof, h["root1"], h["root2"])
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "count"), [("inclusion", 98), ("consistency", 98), ("subtreeinclusion", 204), ("subtreeconsistency", 118)]
)
def test_published_vectors_agree(kind: str, count: int, shared_data: Path) -> None:
    found = vectors(shared_data / "merkle" / kind)
    assert len(found) >= count
    wrong = [name for name, v in found if checked(kind, v) == v["wantErr"]]
    assert wrong == []


# Against other definitions


@given(sizes)
def test_heads_are_those_of_the_definition(size: int) -> None:
    assert merkle.root(LEAVES[:size]) == naive(LEAVES[:size]) == FOREIGN.get_root(size)


def test_the_empty_tree() -> None:
    assert merkle.root([]) == merkle.Frontier().root() == merkle.EMPTY
    assert merkle.EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(sizes, st.data())
def test_inclusion_proofs_are_those_of_the_definition(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, merkle.over(LEAVES))
    assert proof == naive_path(index, LEAVES[:size])
    merkle.verify_inclusion(index, size, LEAVES[index], proof, merkle.root(LEAVES[:size]))
    theirs = FOREIGN.prove_inclusion(index + 1, size)
    pymerkle.verify_inclusion(LEAVES[index], merkle.root(LEAVES[:size]), theirs)
    assert theirs.path[1:] == proof  # theirs begins with the leaf itself


@given(sizes, st.data())
def test_consistency_proofs_are_those_of_the_definition(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    proof = merkle.consistency_proof(old, new, merkle.over(LEAVES))
    assert proof == naive_subproof(old, LEAVES[:new], True)
    merkle.verify_consistency(old, new, proof, merkle.root(LEAVES[:old]), merkle.root(LEAVES[:new]))
    pymerkle.verify_consistency(merkle.root(LEAVES[:old]), merkle.root(LEAVES[:new]), FOREIGN.prove_consistency(old, new))


@given(sizes, st.data())
def test_subtree_proofs_hold(size: int, data: st.DataObject) -> None:
    width = data.draw(st.integers(1, size))
    unit = 1 << (width - 1).bit_length()
    start = unit * data.draw(st.integers(0, (size - width) // unit))
    end = start + width
    proof = merkle.subtree_proof(start, end, size, merkle.over(LEAVES))
    part, whole = merkle.root(LEAVES[start:end]), merkle.root(LEAVES[:size])
    merkle.verify_subtree_consistency(start, end, size, proof, part, whole)
    for at in range(len(proof)):
        with pytest.raises(Refused):
            merkle.verify_subtree_consistency(start, end, size, [*proof[:at], bytes(32), *proof[at + 1 :]], part, whole)
    index = data.draw(st.integers(start, end - 1))
    inside = merkle.inclusion_proof(index - start, width, merkle.over(LEAVES[start:end]))
    merkle.verify_subtree_inclusion(index, start, end, LEAVES[index], inside, part)


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_a_tree_that_grows_is_the_same_tree(entries: list[bytes]) -> None:
    tree = merkle.Frontier()
    hashes: list[bytes] = []
    for entry in entries:
        hashes.append(merkle.leaf_hash(entry))
        tree.append(hashes[-1])
        assert tree.root() == merkle.root(hashes)
    head = merkle.over(hashes)
    assert tree.peaks == [head(lo, hi) for lo, hi in merkle.peak_ranges(len(hashes))]
    again = merkle.Frontier(tree.size, tree.peaks)
    again.append(bytes(32))
    assert again.root() == merkle.root([*hashes, bytes(32)])


# Tampering


@given(sizes, st.data())
def test_another_inclusion_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, whole = merkle.inclusion_proof(index, size, merkle.over(LEAVES)), merkle.root(LEAVES[:size])
    other = data.draw(st.integers(0, size + 3).filter(lambda n: n != index))
    wrong = [
        (other, size, LEAVES[index], proof, whole),
        (index, size, LEAVES[(index + 1) % 300], proof, whole),
        (index, size, LEAVES[index], proof, merkle.node_hash(whole, whole)),
        (index, size, LEAVES[index], [*proof, whole], whole),
        (index, size, LEAVES[index][:-1], proof, whole),
    ]
    wrong += [(index, size, LEAVES[index], proof[:-1], whole)] * bool(proof)
    wrong += [(index, size, LEAVES[index], [proof[0][:31], *proof[1:]], whole)] if proof else []
    for args in wrong:
        with pytest.raises(Refused):
            merkle.verify_inclusion(*args)


@given(st.integers(2, 300), st.data())
def test_a_rewritten_past_is_refused(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    changed = data.draw(st.integers(0, old - 1))
    forked = [*LEAVES[:changed], bytes(32), *LEAVES[changed + 1 : new]]
    proof = merkle.consistency_proof(old, new, merkle.over(forked))
    with pytest.raises(Refused):
        merkle.verify_consistency(old, new, proof, merkle.root(LEAVES[:old]), merkle.root(forked))


@pytest.mark.parametrize(("start", "end", "size"), [(0, 0, 5), (1, 3, 8), (0, 9, 8), (4, 3, 8), (-1, 1, 8)])
def test_what_is_no_subtree_has_no_proof(start: int, end: int, size: int) -> None:
    with pytest.raises(Refused, match="no subtree"):
        merkle.subtree_proof(start, end, size, merkle.over(LEAVES))


@pytest.mark.parametrize(("size", "peaks"), [(1, []), (2, [bytes(32), bytes(32)]), (1, [b"short"]), (-1, [bytes(32)])])
def test_a_frontier_that_does_not_fit_is_refused(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(Refused):
        merkle.Frontier(size, peaks)


def test_a_leaf_that_is_not_there_has_no_proof() -> None:
    with pytest.raises(Refused, match="no leaf 5"):
        merkle.inclusion_proof(5, 5, merkle.over(LEAVES))
