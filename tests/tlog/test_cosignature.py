"""Cosignatures: a time and a checkpoint, signed by a witness of either kind."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.tlog import checkpoint, cosignature, note
from nilometer.tlog.checkpoint import Checkpoint
from nilometer.tlog.cosignature import ED25519, ML_DSA_44, WitnessKey
from nilometer.tlog.refused import Refused

LOG = note.SecretKey(name="log.example/one", seed=bytes(range(32)))
HEAD = Checkpoint(origin=LOG.name, size=20852163, root=bytes(range(32)))
KINDS = [ED25519, ML_DSA_44]


def key(kind: int, time: int = 1_679_315_147) -> WitnessKey:
    return WitnessKey(name="witness.example/w1", kind=kind, seed=bytes(range(1, 33)), time=time)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cosignature_holds_and_says_when(kind: int) -> None:
    signed = note.add(checkpoint.sign(HEAD, LOG), key(kind))
    head, opened = checkpoint.verify(signed, [LOG.public], [key(kind).public])
    assert head == HEAD
    assert cosignature.cosigned_at(opened.signatures[1]) == 1_679_315_147


def test_the_message_is_that_of_the_standard() -> None:
    text = HEAD.text
    body = key(ED25519).sign(text)
    message = b"cosignature/v1\ntime 1679315147\n" + text.encode()
    assert note.ed25519_holds(key(ED25519).public.material, message, body[8:])
    assert body[:8] == (1_679_315_147).to_bytes(8, "big")


def test_the_message_of_the_newer_kind_is_that_of_the_standard() -> None:
    witness = key(ML_DSA_44)
    body = witness.sign(HEAD.text)
    name, origin = witness.name.encode(), LOG.name.encode()
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name + (1_679_315_147).to_bytes(8, "big")
    message += bytes([len(origin)]) + origin + bytes(8) + (20852163).to_bytes(8, "big") + HEAD.root
    MLDSA44PublicKey.from_public_bytes(witness.public.material).verify(body[8:], message)
    assert (len(witness.public.material), len(body), witness.id) == (1312, 8 + 2420, witness.public.id)


def test_a_time_that_no_clock_shows_is_refused_even_when_signed() -> None:
    time = 2**63
    body = time.to_bytes(8, "big") + note.SecretKey(name="x", seed=key(ED25519).seed).sign(f"cosignature/v1\ntime {time}\n{HEAD.text}")
    assert not key(ED25519).public.holds(HEAD.text, body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_another_length_is_refused(kind: int) -> None:
    with pytest.raises(Refused, match="31 bytes"):
        cosignature.witness(note.write_vkey("w", kind, bytes(31)))


@pytest.mark.parametrize("kind", KINDS)
def test_keys_as_text(kind: int) -> None:
    assert cosignature.witness(key(kind).public.vkey) == key(kind).public
    assert cosignature.secret_key(key(kind).skey, 5) == key(kind, 5)
    with pytest.raises(Refused):
        note.public_key(key(kind).public.vkey)
    with pytest.raises(Refused):
        cosignature.witness(key(kind).public.vkey[:-4])


def test_keys_of_other_kinds_are_refused() -> None:
    with pytest.raises(Refused, match="type 1"):
        cosignature.witness(LOG.public.vkey)
    with pytest.raises(Refused, match="type 1"):
        cosignature.secret_key(LOG.skey, 5)
    with pytest.raises(Refused, match="type 1"):
        _ = key(1).public
    other = note.write_skey("witness.example/w1", ED25519, bytes(32), key(ED25519).id)
    with pytest.raises(Refused, match="not the one"):
        cosignature.secret_key(other, 5)
    assert "seed" not in repr(key(ED25519))


def test_a_log_may_sign_either_way() -> None:
    assert cosignature.log_key(LOG.public.vkey) == LOG.public
    assert cosignature.log_key(key(ML_DSA_44).public.vkey) == key(ML_DSA_44).public
    with pytest.raises(Refused):
        cosignature.log_key(key(ED25519).public.vkey)


@settings(max_examples=40)
@given(st.sampled_from(KINDS), st.data())
def test_any_changed_byte_is_refused(kind: int, data: st.DataObject) -> None:
    signed = checkpoint.sign(HEAD, key(kind))
    at = data.draw(st.integers(0, len(signed) - 1))
    changed = signed[:at] + bytes([signed[at] ^ data.draw(st.integers(1, 255))]) + signed[at + 1 :]
    for wrong in (changed, signed[:at], signed + b"x"):
        with pytest.raises(Refused):
            note.verify(wrong, [key(kind).public])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("time", [-1, 2**63])
def test_a_time_out_of_range_is_refused(kind: int, time: int) -> None:
    with pytest.raises(Refused, match="1970"):
        key(kind, time).sign(HEAD.text)
    body = b"\xff" * 8 + key(kind).sign(HEAD.text)[8:]
    assert not key(kind).public.holds(HEAD.text, body)


@pytest.mark.parametrize("kind", KINDS)
def test_only_checkpoints_are_cosigned(kind: int) -> None:
    with pytest.raises(Refused):
        key(kind).sign("any other text\n")
    assert not key(kind).public.holds("any other text\n", key(kind).sign(HEAD.text))
    assert not key(kind).public.holds(HEAD.text, b"short")
    with pytest.raises(Refused, match="32"):
        _ = WitnessKey(name="w", kind=kind, seed=b"short", time=1).public


def test_an_ml_dsa_cosignature_has_room_for_255_bytes_of_name() -> None:
    long = Checkpoint(origin="o" * 256, size=1, root=bytes(32))
    with pytest.raises(Refused, match="255"):
        key(ML_DSA_44).sign(long.text)
    assert not key(ML_DSA_44).public.holds(long.text, key(ML_DSA_44).sign(HEAD.text))
    assert key(ED25519).public.holds(long.text, key(ED25519).sign(long.text))
