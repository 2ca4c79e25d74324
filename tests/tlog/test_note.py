"""Signed notes: what is signed opens, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nilometer.tlog import note
from nilometer.tlog.refused import Refused

# Published in the documentation of Go's note package.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
NEUMANN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()

LOG = note.SecretKey(name="log.example/one", seed=bytes(range(32)))
WITNESS = note.SecretKey(name="witness.example", seed=bytes(range(1, 33)))

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in range(32) if c != 10])).map(lambda t: t + "\n")
names = st.text(min_size=1, max_size=20)


def test_a_published_note_opens() -> None:
    key = note.public_key(NEUMANN)
    assert note.verify(NEUMANN_NOTE, [key]).text.startswith("If you think")
    secret = note.secret_key(NEUMANN_SECRET)
    assert (secret.public, secret.skey, key.vkey) == (key, NEUMANN_SECRET, NEUMANN)
    assert note.sign(note.parse(NEUMANN_NOTE).text, secret) == NEUMANN_NOTE


@given(texts)
def test_what_is_signed_opens(text: str) -> None:
    signed = note.sign(text, LOG, WITNESS)
    opened = note.verify(signed, [LOG.public])
    assert opened.text == text
    assert [s.name for s in opened.signatures] == [LOG.name]
    assert [s.name for s in opened.unknown] == [WITNESS.name]
    assert note.add(note.sign(text, LOG), WITNESS) == signed
    assert len(note.verify(signed, [WITNESS.public, LOG.public]).signatures) == 2


def test_the_text_ends_at_the_last_empty_line() -> None:
    for text in ("a\n\nb\n", "\n\n\n", "a\n\n", "\n"):
        assert note.verify(note.sign(text, LOG), [LOG.public]).text == text


@pytest.mark.parametrize("text", ["a\tb\n", "a\r\n", "\x00\n"])
def test_a_control_character_is_refused_even_when_signed(text: str) -> None:
    line = note.Signature(name=LOG.name, id=LOG.id, body=LOG.sign(text)).line
    with pytest.raises(Refused, match="control"):
        note.verify(f"{text}\n{line}".encode(), [LOG.public])


def test_a_signature_has_more_than_an_id() -> None:
    with pytest.raises(Refused, match="at least one byte"):
        note.parse(b"t\n\n" + note.Signature(name="x", id=b"1234", body=b"").line.encode())


@given(texts, st.data())
def test_any_changed_byte_is_refused(text: str, data: st.DataObject) -> None:
    signed = note.sign(text, LOG)
    at = data.draw(st.integers(0, len(signed) - 1))
    with pytest.raises(Refused):
        note.verify(signed[:at] + bytes([signed[at] ^ data.draw(st.integers(1, 255))]) + signed[at + 1 :], [LOG.public])


def test_each_changed_bit_is_refused() -> None:
    for at in range(len(NEUMANN_NOTE) * 8):
        changed = bytearray(NEUMANN_NOTE)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(Refused):
            note.verify(bytes(changed), [note.public_key(NEUMANN)])


@given(texts, st.data())
def test_what_is_cut_off_or_longer_is_refused(text: str, data: st.DataObject) -> None:
    signed = note.sign(text, LOG)
    at = data.draw(st.integers(0, len(signed) - 1))
    more = data.draw(st.binary(min_size=1, max_size=40))
    for wrong in (signed[:at], signed[at + 1 :], signed + more, more + signed, signed[:at] + signed[at + 1 :]):
        assume(wrong != signed)
        with pytest.raises(Refused):
            note.verify(wrong, [LOG.public])


@given(st.binary(max_size=200))
def test_anything_else_is_refused_and_nothing_breaks(garbage: bytes) -> None:
    with pytest.raises(Refused):
        note.verify(garbage, [LOG.public])


@given(names)
def test_a_name_is_good_or_refused(name: str) -> None:
    try:
        key = note.SecretKey(name=name, seed=bytes(32)).public
    except Refused:
        assert any(c.isspace() or c == "+" or c < " " or "\ud800" <= c <= "\udfff" for c in name)
    else:
        assert note.public_key(key.vkey) == key


def test_a_wrong_signature_of_a_known_key_refuses_all() -> None:
    good = note.sign("text\n", LOG)
    forged = note.Signature(name=WITNESS.name, id=WITNESS.id, body=LOG.sign("text\n")).line.encode()
    assert note.verify(good + forged, [LOG.public]).text == "text\n"  # nobody known claims to have signed
    with pytest.raises(Refused, match=r"witness\.example"):
        note.verify(good + forged, [LOG.public, WITNESS.public])


def test_a_key_of_the_same_name_is_another_key() -> None:
    with pytest.raises(Refused, match="no signature of a known key"):
        note.verify(note.sign("text\n", LOG), [note.SecretKey(name=LOG.name, seed=bytes(32)).public])


def test_a_key_signs_once() -> None:
    signed = note.sign("text\n", LOG)
    line = signed[signed.rfind("—".encode()) :]
    with pytest.raises(Refused, match="two signatures"):
        note.verify(signed + line, [LOG.public])
    with pytest.raises(Refused, match="before"):
        note.add(signed, LOG)


def test_there_are_limits() -> None:
    line = note.Signature(name="x", id=b"1234", body=b"5").line.encode()
    assert len(note.parse(b"t\n\n" + line * 100).unknown) == 100
    with pytest.raises(Refused, match="at most 100"):
        note.parse(b"t\n\n" + line * 101)
    with pytest.raises(Refused, match="1,048,576"):
        note.parse(bytes(2_000_000))


@pytest.mark.parametrize("text", ["", "no newline", "a\tb\n", "a\r\n", "\x00\n", "\ud800\n"])
def test_what_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(Refused):
        note.sign(text, LOG)


def test_a_note_without_signers_is_none() -> None:
    with pytest.raises(Refused, match="at least one"):
        note.sign("text\n")


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "a+b",
        NEUMANN.replace("c74f20a3", "c74f20a4"),
        NEUMANN.replace("c74f20a3", "C74F20A3"),
        NEUMANN.replace("PeterNeumann", "Peter Neumann"),
        NEUMANN.replace("10TW", "10TX"),
        NEUMANN + "=",
        NEUMANN[:-4],
        note.write_vkey("n", 4, bytes(32)),
        note.write_vkey("n", 1, bytes(31)),
        note.write_vkey("n", 1, b""),
    ],
)
def test_a_bad_key_is_refused(bad: str) -> None:
    with pytest.raises(Refused):
        note.public_key(bad)


@pytest.mark.parametrize("at", range(0, len(NEUMANN_SECRET), 3))
def test_a_bad_secret_key_is_refused_and_not_repeated(at: int) -> None:
    bad = NEUMANN_SECRET[:at] + ("A" if NEUMANN_SECRET[at] != "A" else "B") + NEUMANN_SECRET[at + 1 :]
    with pytest.raises(Refused) as refused:
        note.secret_key(bad)
    assert NEUMANN_SECRET[-44:-34] not in str(refused.value)
    assert "seed" not in repr(LOG)
    with pytest.raises(Refused, match="32 bytes"):
        _ = note.SecretKey(name="a", seed=b"short").public
