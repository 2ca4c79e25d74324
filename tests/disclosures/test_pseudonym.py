"""Pseudonyms: SipHash-2-4 against its reference, the vectorised canonical form against its scalar twin."""

from __future__ import annotations

import math
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from nilometer.canonical import identifier
from nilometer.disclosures import siphash as hashing
from nilometer.disclosures.pseudonym import Key, column, numbers, one
from nilometer.disclosures.siphash import siphash

STEP = hashing._STEP
KEY = Key(epoch=1, secret=bytes(range(32)))
REFERENCE = {
    # Aumasson and Bernstein, the authors' vectors for SipHash-2-4: key 00..0f, messages of length n: 00, 01, ..., n-1.
    0: 0x726FDB47DD0E0E31, 1: 0x74F839C593DC67FD, 2: 0x0D6C8009D9A94F5A, 3: 0x85676696D7FB7E2D, 4: 0xCF2794E0277187B7,
    5: 0x18765564CD99A68D, 6: 0xCBC9466E58FEE3CE, 7: 0xAB0200F58B01D137, 8: 0x93F5F5799A932462, 9: 0x9E0082DF0BA9E4B0,
    10: 0x7A5DBBC594DDB9F3, 11: 0xF4B32F46226BADA7, 12: 0x751E8FBC860EE5FB, 13: 0x14EA5627C0843D90, 14: 0xF723CA908E7AF2EE,
    15: 0xA129CA6149BE45E5, 63: 0x958A324CEB064572,
}  # fmt: skip
text = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=40)
ids = st.one_of(
    text, st.from_regex(r"[ \t]*-?[0-9]{1,20}(\.0{0,3})?[\n ]*", fullmatch=True), st.text("ab\u0301\u00e9\u212b 0.", max_size=9)
)


def vectorised(key: bytes, messages: list[bytes]) -> list[int]:
    offsets = np.concatenate([[0], np.cumsum([len(m) for m in messages])]).astype(np.int64)
    return siphash(key, offsets, np.frombuffer(b"".join(messages) + bytes(8), np.uint8)).tolist()


def scalar(key: bytes, message: bytes, rounds: tuple[int, int] = (2, 4)) -> int:
    """SipHash written down from the paper, one word at a time."""
    mask = (1 << 64) - 1
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def turned(x: int, b: int) -> int:
        return ((x << b) | (x >> (64 - b))) & mask

    def mixed(times: int) -> None:
        for _ in range(times):
            v[0] = (v[0] + v[1]) & mask
            v[1] = turned(v[1], 13) ^ v[0]
            v[0] = turned(v[0], 32)
            v[2] = (v[2] + v[3]) & mask
            v[3] = turned(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & mask
            v[3] = turned(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & mask
            v[1] = turned(v[1], 17) ^ v[2]
            v[2] = turned(v[2], 32)

    whole = len(message) // 8 * 8
    words = [int.from_bytes(message[i : i + 8], "little") for i in range(0, whole, 8)]
    for word in [*words, (len(message) & 0xFF) << 56 | int.from_bytes(message[whole:], "little")]:
        v[3] ^= word
        mixed(rounds[0])
        v[0] ^= word
    v[2] ^= 0xFF
    mixed(rounds[1])
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def test_the_authors_vectors() -> None:
    messages = [bytes(range(n)) for n in REFERENCE]
    assert vectorised(bytes(range(16)), messages) == list(REFERENCE.values())
    assert [scalar(bytes(range(16)), m) for m in messages] == list(REFERENCE.values())


@given(st.binary(min_size=16, max_size=16), st.lists(st.binary(max_size=70), max_size=30))
def test_many_at_once_are_each_alone(key: bytes, messages: list[bytes]) -> None:
    assert vectorised(key, messages) == [scalar(key, m) for m in messages]


def test_across_the_step_of_the_cache() -> None:
    messages = [str(n).encode() * (n % 5) for n in range(STEP + 100)]
    made = vectorised(b"k" * 16, messages)
    assert [made[n] for n in (0, 1, STEP - 1, STEP, len(messages) - 1)] == [
        scalar(b"k" * 16, messages[n]) for n in (0, 1, STEP - 1, STEP, len(messages) - 1)
    ]


@given(st.lists(st.none() | ids, max_size=20), st.integers(0, 3))
@example([None, "1750.0", " 1750 ", "1750", "e\u0301", "\u00e9", "x" * 4096, "", "-0.0", "007", "1.50", "12345678901234567890.0"], 2)
def test_canonical_forms_are_twins(values: list[str | None], cut: int) -> None:
    expected = [None if v is None else scalar(KEY.derived("subject"), identifier(v).encode()) for v in values]
    signed = [None if e is None else e - (1 << 64) if e >> 63 else e for e in expected]
    plain = pa.array(values, pa.string())
    coded = plain.dictionary_encode()
    assert column(KEY, "subject", plain).to_pylist() == signed
    assert column(KEY, "subject", plain.cast(pa.large_string())).to_pylist() == signed
    assert column(KEY, "subject", coded).to_pylist() == signed
    assert column(KEY, "subject", plain.slice(cut)).to_pylist() == signed[cut:]
    assert column(KEY, "subject", coded.slice(cut)).to_pylist() == signed[cut:]
    assert column(KEY, "subject", pa.chunked_array([plain.slice(0, cut), plain.slice(cut)], pa.string())).to_pylist() == signed
    for value, found in zip(values, signed, strict=True):
        if value is not None:
            assert one(KEY, "subject", value) == found


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32(), pa.uint64(), pa.float64(), pa.string()])
def test_a_number_is_one_person_in_whatever_type_it_comes(kind: pa.DataType) -> None:
    assert column(KEY, "subject", pa.array([1750, None, 0], pa.int64()).cast(kind)).to_pylist() == [
        one(KEY, "subject", 1750), None, one(KEY, "subject", "0"),
    ]  # fmt: skip
    assert column(KEY, "subject", pa.array([1750], pa.int64()).cast(kind)).to_pylist() == [one(KEY, "subject", " 1750.00 ")]


def test_numbers_that_are_no_whole_ones_raise_nothing() -> None:
    found = column(KEY, "subject", pa.array([1.5, math.nan, math.inf, 1e300, 2.0], pa.float64())).to_pylist()
    assert len(set(found)) == 5
    assert found[4] == one(KEY, "subject", 2)
    assert column(KEY, "subject", pa.array([1e300, 2.0], pa.float64())).to_pylist()[1] == one(KEY, "subject", 2)
    assert column(KEY, "subject", pa.array([None, None], pa.float64())).to_pylist() == [None, None]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.int64(), pa.float64(), pa.null()])
def test_nothing_gives_nothing(kind: pa.DataType) -> None:
    assert column(KEY, "subject", pa.array([], kind)).to_pylist() == []
    assert column(KEY, "subject", pa.chunked_array([], kind)).type == pa.int64()
    assert column(KEY, "subject", pa.nulls(2, kind)).to_pylist() == [None, None]


def test_domains_epochs_and_keys_never_agree() -> None:
    made = {
        one(Key(epoch=epoch, secret=secret), domain, "4711")
        for epoch in (1, 2)
        for secret in (bytes(32), bytes(range(32)))
        for domain in ("subject", "app", "org", "ip")
    }
    assert len(made) == 16


@limits(max_examples=30)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=10))
def test_plain_numbers_are_their_eight_bytes(values: list[int]) -> None:
    expected = [scalar(KEY.derived("block"), v.to_bytes(8, "little", signed=True), (1, 3)) for v in values]
    assert numbers(KEY, "block", np.array(values, np.int64)).view(np.uint64).tolist() == expected


@given(ids)
def test_the_canonical_form_is_final(value: str) -> None:
    assert identifier(identifier(value)) == identifier(value)
    assert identifier(f"\t{value}  ") == identifier(value)
    assert unicodedata.is_normalized("NFC", identifier(value))
