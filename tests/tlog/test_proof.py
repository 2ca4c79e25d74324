"""Portable proofs: written, read, believed, and refused when anything was changed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.tlog import checkpoint, merkle, note, policy, proof
from nilometer.tlog.checkpoint import Checkpoint
from nilometer.tlog.cosignature import ED25519, ML_DSA_44, WitnessKey
from nilometer.tlog.refused import Refused

LOG = note.SecretKey(name="log.example/one", seed=bytes(range(32)))
WITNESS = WitnessKey(name="w.example", kind=ED25519, seed=bytes(range(1, 33)), time=1_700_000_000)
POLICY = policy.parse(policy.write([LOG.public.vkey], {"w": WITNESS.public.vkey}, 1))
ENTRIES = [b"entry %d" % n for n in range(50)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]


def made(index: int, size: int, *, extra: bytes | None = None) -> bytes:
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=size, root=merkle.root(LEAVES[:size])), LOG, WITNESS)
    return proof.write(index, merkle.inclusion_proof(index, size, merkle.over(LEAVES)), signed, extra=extra)


places = st.integers(1, 50).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size)))


@given(places, st.none() | st.binary(max_size=20))
def test_what_is_written_is_believed(place: tuple[int, int], extra: bytes | None) -> None:
    index, size = place
    text = made(index, size, extra=extra)
    read = proof.parse(text)
    assert (read.index, read.extra) == (index, extra)
    assert read.verify(ENTRIES[index], POLICY).size == size
    assert proof.write(read.index, read.path, read.checkpoint, extra=read.extra) == text
    with pytest.raises(Refused):
        read.verify(b"another entry", POLICY)


@given(places, st.data())
def test_any_changed_byte_is_refused(place: tuple[int, int], data: st.DataObject) -> None:
    text = made(*place)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + bytes([text[at] ^ data.draw(st.integers(1, 255))]) + text[at + 1 :]
    for wrong in (changed, text[:at], text[at + 1 :], text[:at] + text[at + 1 :], text + data.draw(st.binary(min_size=1, max_size=9))):
        if wrong != text:
            with pytest.raises(Refused):
                proof.parse(wrong).verify(ENTRIES[place[0]], POLICY)


def test_each_changed_bit_is_refused() -> None:
    text = made(20, 50)
    for at in range(len(text) * 8):
        changed = bytearray(text)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(Refused):
            proof.parse(bytes(changed)).verify(ENTRIES[20], POLICY)


def test_a_proof_under_a_checkpoint_that_nobody_saw_is_refused() -> None:
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=5, root=merkle.root(LEAVES[:5])), LOG)
    text = proof.write(2, merkle.inclusion_proof(2, 5, merkle.over(LEAVES)), signed)
    with pytest.raises(Refused, match="quorum"):
        proof.parse(text).verify(ENTRIES[2], POLICY)


def test_a_proof_signed_with_another_key_is_refused() -> None:
    forger = note.SecretKey(name=LOG.name, seed=bytes(32))
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=1, root=merkle.leaf_hash(b"forged")), forger, WITNESS)
    with pytest.raises(Refused, match="no known key of the log"):
        proof.parse(proof.write(0, [], signed)).verify(b"forged", POLICY)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda t: t.replace(b"@v1", b"@v2"),
        lambda t: t.replace(b"index 7", b"index 07"),
        lambda t: t.replace(b"index 7", b"index -7"),
        lambda t: t.replace(b"index 7", b"index"),
        lambda t: t.replace(b"index 7\n", b""),
        lambda t: t.replace(b"index 7", b"extra !\nindex 7"),
        lambda t: t.replace(b"index 7", b"extra\nindex 7"),
        lambda t: t.replace(b"index 7", b"extra AA==\nextra AA==\nindex 7"),
        lambda t: t.replace(b"index 7", b"index 7\nextra AA=="),
        lambda t: t.replace(b"index 7", b"index 7\nAAAA"),
        lambda t: t.replace(b"index 7", b"index 7" + b"\n" + base64.b64encode(bytes(32)) * 2),
        lambda t: t.replace(b"index 7", b"index 7" + (b"\n" + base64.b64encode(bytes(32))) * 64),
        lambda t: t.replace(b"\n", b"\r\n"),
        lambda t: "\ufeff".encode() + t,
        lambda t: t.split(b"\n\n")[0],
    ],
)
def test_another_spelling_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(Refused):
        proof.parse(wrong(made(7, 50)))


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_breaks(garbage: bytes) -> None:
    for text in (garbage, b"c2sp.org/tlog-proof@v1\n" + garbage, b"c2sp.org/tlog-proof@v1\nindex 5\n\n" + garbage):
        with pytest.raises(Refused):
            proof.parse(text)


@pytest.mark.parametrize(("index", "path", "signed"), [(-1, [], None), (0, [b"x"], None), (0, [bytes(32)] * 64, None), (0, [], b"no note")])
def test_what_is_no_proof_is_not_written(index: int, path: list[bytes], signed: bytes | None) -> None:
    with pytest.raises(Refused):
        proof.write(index, path, signed or made(0, 1).split(b"\n\n", 1)[1])


def test_a_proof_among_a_billion_fits_in_two_kilobytes() -> None:
    newer = WitnessKey(name="w2.example", kind=ML_DSA_44, seed=bytes(range(1, 33)), time=1_700_000_000)
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=1_000_000_000, root=bytes(32)), LOG, WITNESS)
    plain = proof.write(999_999_999, [bytes(32)] * 30, signed)
    assert len(plain) < 2_048
    assert len(proof.write(999_999_999, [bytes(32)] * 30, note.add(signed, newer))) < 8_192
