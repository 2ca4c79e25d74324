"""Policies: who must have seen a checkpoint; a file that is read in one way only."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.tlog import checkpoint, note, policy
from nilometer.tlog.checkpoint import Checkpoint
from nilometer.tlog.cosignature import ED25519, ML_DSA_44, WitnessKey
from nilometer.tlog.refused import Refused

LOG = note.SecretKey(name="log.example/one", seed=bytes(range(32)))
HEAD = Checkpoint(origin=LOG.name, size=9, root=bytes(32))


def witness(n: int, kind: int = ED25519) -> WitnessKey:
    return WitnessKey(name=f"witness.example/{n}", kind=kind, seed=bytes([n]) * 32, time=1_700_000_000)


NAMES = ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
KEYS = {name: witness(n) for n, name in enumerate(NAMES, 1)}
LINES = [f"log {LOG.public.vkey}", *(f"witness {name} {key.public.vkey} https://w.example/" for name, key in KEYS.items())]
EXAMPLE = "\n".join(
    [
        "# the example of the standard",
        *LINES,
        "  group\tX-witnesses 2 X1 X2 X3  ",
        "group Y-witnesses any Y1 Y2 Y3",
        "",
        "group X-and-Y all X-witnesses Y-witnesses",
        "quorum X-and-Y",
        "",
    ]
).encode()


def signed_by(names: tuple[str, ...]) -> bytes:
    return checkpoint.sign(HEAD, LOG, *(KEYS[name] for name in names))


def test_the_example_of_the_standard_for_every_set_of_witnesses() -> None:
    read = policy.parse(EXAMPLE)
    accepted = 0
    for count in range(7):
        for names in itertools.combinations(NAMES, count):
            enough = sum(n[0] == "X" for n in names) >= 2 and any(n[0] == "Y" for n in names)
            if enough:
                assert read.verify(signed_by(names))[0] == HEAD
                accepted += 1
            else:
                with pytest.raises(Refused, match="X-and-Y"):
                    read.verify(signed_by(names))
    assert accepted == 28


def test_a_policy_without_witnesses() -> None:
    read = policy.parse(policy.write([LOG.public.vkey], {}, 0))
    assert read.verify(signed_by(()))[0] == HEAD
    assert read.verify(signed_by(("X1",)))[0] == HEAD


def test_what_is_written_asks_for_as_many() -> None:
    read = policy.parse(policy.write([LOG.public.vkey], {n: KEYS[n].public.vkey for n in NAMES[:3]}, 2))
    assert read.verify(signed_by(("X1", "X3")))[0] == HEAD
    with pytest.raises(Refused, match="quorum"):
        read.verify(signed_by(("X1",)))
    with pytest.raises(Refused):
        policy.write([LOG.public.vkey], {}, 1)


def test_a_witness_may_be_the_quorum_and_of_the_newer_kind() -> None:
    newer = witness(7, ML_DSA_44)
    read = policy.parse(f"log {LOG.public.vkey}\nwitness W {newer.public.vkey}\nquorum W\n".encode())
    assert read.verify(checkpoint.sign(HEAD, LOG, newer))[0] == HEAD
    with pytest.raises(Refused, match="quorum 'W'"):
        read.verify(checkpoint.sign(HEAD, LOG))


def test_witnesses_alone_are_not_enough() -> None:
    with pytest.raises(Refused, match="no known key of the log"):
        policy.parse(EXAMPLE).verify(checkpoint.sign(HEAD, KEYS["X1"], KEYS["X2"], KEYS["Y1"]))
    with pytest.raises(Refused, match="names no log"):
        policy.parse(b"quorum none\n").verify(signed_by(()))


def test_names_are_octets() -> None:
    k = KEYS["X1"].public.vkey.encode()
    kelvin = b"witness \xe2\x84\xaa " + k + b"\nwitness \xff " + KEYS["X2"].public.vkey.encode() + b"\nquorum \xff\n"
    assert set(policy.parse(kelvin).witnesses) == {"\u212a", "\udcff"}


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "one line `quorum"),
        (["quorum none", "quorum none"], "second quorum"),
        (["quorum X9"], "not defined above"),
        (["group G 1 X1", "quorum G", "group G 1 X2"], "meaning already"),
        (["group G 1 H", "group H 1 X1", "quorum G"], "not defined above"),
        (["group G 1 G", "quorum G"], "not defined above"),
        (["group G 1 X1 X1", "quorum G"], "in a group already"),
        (["group G 1 X1", "group H 1 X1", "quorum H"], "in a group already"),
        (["group G 0 X1", "quorum G"], "cannot ask for 0"),
        (["group G 2 X1", "quorum G"], "cannot ask for 2"),
        (["group G 01 X1", "quorum G"], "leading zeroes"),
        (["group G some X1", "quorum G"], "threshold"),
        (["group G all", "quorum G"], "cannot ask"),
        (["group none all X1", "quorum none"], "meaning already"),
        (["group G all none", "quorum G"], "not defined above"),
        ([f"witness none {witness(8).public.vkey}", "quorum none"], "meaning already"),
        ([f"witness X1 {witness(8).public.vkey}", "quorum none"], "meaning already"),
        ([f"witness X9 {KEYS['X1'].public.vkey}", "quorum none"], "second time"),
        ([f"log {LOG.public.vkey}", "quorum none"], "second time"),
        ([f"log {witness(8).public.vkey}", "quorum none"], "Ed25519 key"),
        ([f"witness X9 {LOG.public.vkey}", "quorum none"], "witness's key"),
        (["witness X9 nothing", "quorum none"], "key"),
        (["quorum none # with a remark"], "expected log, witness"),
        (["Quorum none"], "expected log, witness"),
        (["quorum\u00a0none"], "expected log, witness"),
        (["quorum none\r"], "control character"),
        (["quorum none\x7f"], "control character"),
    ],
)
def test_a_wrong_line_is_named(lines: list[str], why: str) -> None:
    with pytest.raises(Refused, match=why):
        policy.parse("".join(f"{line}\n" for line in [*LINES, *lines]).encode())


def test_the_same_key_under_another_name_counts_once() -> None:
    twin = WitnessKey(name="another.example", kind=ED25519, seed=bytes([1]) * 32, time=1)
    with pytest.raises(Refused, match=r"line 8 .* second time"):
        policy.parse("".join(f"{line}\n" for line in [*LINES, f"witness T {twin.public.vkey}", "quorum none"]).encode())


def test_the_last_line_ends() -> None:
    with pytest.raises(Refused, match="newline"):
        policy.parse(EXAMPLE[:-1])
    with pytest.raises(Refused, match="at most"):
        policy.parse(bytes(2_000_000))


@given(st.binary(max_size=300) | st.text("loguorumnewitsgpa12 \t\n#X", max_size=80).map(str.encode))
def test_anything_else_is_refused_and_nothing_breaks(garbage: bytes) -> None:
    with contextlib.suppress(Refused):
        assert policy.parse(garbage).logs == ()
