"""Digests in the place of values: every usual spelling of a value is found again by its digest, salted and foreign ones never."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.attribution.digests import digested, looks, spellings
from nilometer.attribution.kinds import DIGESTS, SUBJECT, canonical, digest, kind_named, plain, pseudonyms
from nilometer.disclosures.pseudonym import Key
from tests.attribution.dumped import HOSTILE

KEY = Key(epoch=1, secret=bytes(32))
ALGORITHMS = st.sampled_from(sorted(DIGESTS))
WRITTEN = st.sampled_from([str.lower, str.upper, lambda text: f" {text} ", lambda text: f"0x{text}", lambda text: f"\\x{text}"])


def hashed(algorithm: str, text: str, salt: str = "") -> str:
    return hashlib.new(algorithm, (salt + text).encode()).hexdigest()


def known(algorithm: str, kind: str, value: str, country: str = "") -> set[int]:
    """Pseudonyms of the digests of one value that somebody gave."""
    name = digest(algorithm, kind)
    keyed = [pseudonyms(KEY, name, digested(algorithm, one)).to_pylist()[0] for one in spellings(kind, pa.array([value]), country)]
    return {one for one in keyed if one is not None}


def found(algorithm: str, kind: str, cell: str) -> int:
    return int(pseudonyms(KEY, digest(algorithm, kind), pa.array([cell]))[0].as_py())


@given(ALGORITHMS, WRITTEN, st.from_regex(r"[A-Za-z0-9.]{1,12}@[A-Za-z]{2,8}\.example", fullmatch=True))
def test_an_email_as_it_is_and_in_small_letters(algorithm: str, written, email: str) -> None:  # type: ignore[no-untyped-def]
    ours = known(algorithm, "email", f" {email} ")
    for spelling in (email, email.lower()):
        assert found(algorithm, "email", written(hashed(algorithm, spelling))) in ours
    assert found(algorithm, "email", written(hashed(algorithm, email.lower(), salt="s"))) not in ours
    assert found(algorithm, "email", written(hashed(algorithm, email.lower() + "x"))) not in ours


@given(ALGORITHMS, st.integers(13_000_000_000, 19_999_999_999), st.sampled_from(["{}", "+86{}", "0086{}", "86{}", "+86 {}", "0{}"]))
def test_a_phone_with_and_without_its_countrys_code(algorithm: str, number: int, given_as: str) -> None:
    ours = known(algorithm, "phone", given_as.format(number), country="86")
    for spelling in (f"{number}", f"86{number}", f"+86{number}", f"0086{number}", f"0{number}", given_as.format(number)):
        assert found(algorithm, "phone", hashed(algorithm, spelling)) in ours
    assert found(algorithm, "phone", hashed(algorithm, f"+49{number}")) not in ours
    assert found(algorithm, "phone", hashed(algorithm, f"{number + 1}")) not in ours


@given(ALGORITHMS, st.sampled_from(["phone", "email", "nickname", "passport", SUBJECT]), st.lists(st.one_of(HOSTILE, st.text(max_size=8), st.none()), max_size=6), st.sampled_from(["", "86"]))  # fmt: skip
def test_hostile_values_have_digests_or_none(algorithm: str, kind: str, values: list[str | None], country: str) -> None:
    every = spellings(kind, pa.array(values, pa.string()), country)
    assert {len(one) for one in every} == {len(values)}
    for place in range(len(values)):
        of_one = [one[place].as_py() for one in every if one[place].is_valid]
        assert len(of_one) == len(set(of_one)), "each spelling once"
    for one in every:
        made = digested(algorithm, one)
        assert [a is None for a in made.to_pylist()] == [a is None for a in one.to_pylist()]


def test_ids_and_kinds_have_digests_of_their_own() -> None:
    assert found("md5", SUBJECT, hashed("md5", "u7")) in known("md5", SUBJECT, " U7 ")
    assert found("md5", SUBJECT, hashed("md5", "7")) in known("md5", SUBJECT, "7.0")
    assert digest("md5", SUBJECT) == "md5 of id"
    assert not known("md5", "nickname", "7") & known("md5", SUBJECT, "7")
    assert kind_named("md5 of phone") is None, "nobody can call a kind of their own so"
    assert (
        [plain(digest("sha1", kind)) for kind in ("phone", SUBJECT)] == [plain(kind) for kind in ("phone", SUBJECT)] == ["phone", SUBJECT]
    )


@pytest.mark.parametrize("algorithm", sorted(DIGESTS))
def test_what_looks_like_digests(algorithm: str) -> None:
    cells = [hashed(algorithm, str(n)) for n in range(30)]
    assert looks(pa.array(cells)) == looks(pa.chunked_array([[one.upper() for one in cells]])) == algorithm
    assert looks(pa.array([*cells, None, "x"])) == algorithm
    assert looks(pa.array([*[None] * 5_000, *[" "] * 50, *cells])) == algorithm, "from all over a column; blanks are none"
    assert canonical(digest(algorithm, "phone"), pa.array([*cells, " 0x" + cells[0], "a" * 5_000])).null_count == 1, "long enough"
    assert looks(pa.array([one[1:] for one in cells])) is None, "cut off"
    for other in set(DIGESTS) - {algorithm}:
        assert canonical(digest(other, "phone"), pa.array(cells)).null_count == 30


@pytest.mark.parametrize("cells", [[], [None], ["1" * 32] * 5, ["13800000001"], ["deadbeef"], ["g" * 40]])
def test_what_does_not(cells: list[str | None]) -> None:
    assert looks(pa.array(cells, pa.string())) is None
