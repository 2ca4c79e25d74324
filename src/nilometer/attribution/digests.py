"""Digests in the place of values: MD5, SHA-1 or SHA-256, without salt, of a phone, an e-mail, a nickname or the platform's id.

A digest cannot be read, only compared: with the digests of the values of people who are given, in the spellings in which such values
are commonly digested. With salt, digested twice, or cut off they are like nobody's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from nilometer.attribution import kinds
from nilometer.attribution.kinds import DIGESTS, SUBJECT

_MADE: Final = {"md5": hashlib.md5, "sha1": hashlib.sha1, "sha256": hashlib.sha256}
_SHARE: Final = 0.9
"""Share of a column's values that look like digests, where it is taken for a column of them."""
_LOOKED: Final = 1000
"""Values that are looked at, from all over a column."""


def looks(values: pa.Array | pa.ChunkedArray) -> str | None:
    """Of which digest a column's values have the shape; None when they have none. So do passwords' digests and salted ones."""
    some = pc.drop_null(values)
    some = some.filter(pc.match_substring_regex(some, r"\S"))
    if not len(some):
        return None
    some = some.take(pa.array(range(0, len(some), max(1, len(some) // _LOOKED)))).slice(0, 2 * _LOOKED)
    for algorithm in DIGESTS:
        right = pc.is_valid(kinds.canonical(kinds.digest(algorithm, ""), some))
        if pc.mean(right).as_py() >= _SHARE and pc.any(pc.match_substring_regex(some, "(?i)[a-f][0-9a-f]*$")).as_py():
            return algorithm
    return None


def spellings(kind: str, values: pa.Array | pa.ChunkedArray, country: str) -> list[pa.Array]:
    """The spellings in which values of a kind may have been digested, (n,) each; null where a value has no such spelling of its own.

    As they are given; as `kinds.canonical` spells them; phones also with a plus, with 00, and without their country's code, with or
    without a 0 before them; ids also in small letters.
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    given = pc.utf8_trim_whitespace(values.cast(pa.string()))
    plain = given if kind == SUBJECT else kinds.canonical(kind, values, country)
    given = pc.if_else(pc.is_valid(plain), given, pa.scalar(None, pa.string()))
    found = [plain, given]
    if kind == SUBJECT:
        found += [pc.replace_substring_regex(plain, r"^(-?[0-9]{1,18})\.0+$", r"\1"), pc.utf8_lower(plain)]
    if kind == "phone":
        found += [pc.binary_join_element_wise(before, plain, "") for before in ("+", "00")]
        if country:
            inside = pc.starts_with(plain, country)
            own = pc.if_else(inside, pc.utf8_slice_codeunits(plain, len(country)), pa.scalar(None, pa.string()))
            found += [own, pc.binary_join_element_wise("0", own, "")]
    return list(_each_once(found))


def _each_once(every: list[pa.Array]) -> Iterator[pa.Array]:
    """The spellings, null where one before is the same."""
    for place, one in enumerate(every):
        for before in every[:place]:
            one = pc.if_else(pc.fill_null(pc.equal(one, before), False), pa.scalar(None, pa.string()), one)
        yield one


def digested(algorithm: str, values: pa.Array) -> pa.Array:
    """The hexadecimal digests of values in UTF-8, (n,) text; null stays null."""
    made = _MADE[algorithm]
    return pa.array(
        [None if one is None else made(one.encode(), usedforsecurity=False).hexdigest() for one in values.to_pylist()], pa.string()
    )
