"""The short way for columnar sources that are disclosures already: no text to parse, so no SQL.

Taken only when every canonical column is a source column of a fitting type; everything else goes through the plan. A
test holds both ways to the same answers.
"""

from __future__ import annotations

import json
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.disclosures.actor import LEVELS
from nilometer.disclosures.raw import RAW
from nilometer.sources.mapping import CANONICAL, Mapping
from nilometer.sources.plan import EARLIEST, LATEST

TEXTS: Final = (*LEVELS, "surface", "fields", "reference", "request")


def columns(schema: pa.Schema, mapping: Mapping, extra: tuple[str, ...]) -> dict[str, str] | None:
    """Canonical column to source column, when the short way can be taken; None when it cannot."""
    if mapping.surface or extra:
        return None
    given = {**mapping.columns, **mapping.actor}
    chosen = {c: given.get(c, c) for c in CANONICAL if c in given or c in schema.names}
    if any(source not in schema.names for source in chosen.values()) or not {"time", "subject"} <= chosen.keys():
        return None
    kinds = {c: schema.field(source).type for c, source in chosen.items()}
    fits = (
        pa.types.is_timestamp(kinds["time"])
        and (pa.types.is_integer(kinds["subject"]) or pa.types.is_string(kinds["subject"]))
        and ("status" not in kinds or pa.types.is_integer(kinds["status"]))
        and all(_is_text(kinds[c]) or (c == "fields" and _is_list(kinds[c])) for c in TEXTS if c in kinds)
        and any(level in chosen for level in LEVELS)
    )
    return chosen if fits else None


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or (pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type)))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) and pa.types.is_string(kind.value_type))


def convert(rows: pa.RecordBatch, chosen: dict[str, str], first: int) -> tuple[pa.Table, list[tuple[int, str, str]]]:
    """Raw disclosures of a batch whose first row has number `first`, and (number, reason, '') of rows that are none."""
    count = rows.num_rows
    found: dict[str, pa.Array] = {c: rows.column(source) for c, source in chosen.items()}
    subject = found["subject"]
    time = found["time"].cast(pa.timestamp("us"), safe=False)
    numeric = pa.types.is_integer(subject.type)
    status = found["status"].cast(pa.int64()) if "status" in found else pa.repeat(pa.scalar(200, pa.int64()), count)
    status = pc.fill_null(status, 200)
    reasons = _reasons(time, subject, status, [found[level] for level in LEVELS if level in found], numeric)
    texts = {c: _text(found[c]) if c in found else pa.nulls(count, pa.string()) for c in TEXTS}
    ordinal = subject.cast(pa.int64(), safe=False) if numeric else _ordinals(subject)
    made = {
        "number": pa.array(np.arange(first, first + count)),
        "time": time,
        "subject": subject,  # integers become text where they are pseudonymised
        **texts,
        "status": pc.if_else(pc.less(pc.abs(status), 32_768), status, 0).cast(pa.int16()),
        "ordinal": ordinal,
        "attributes": pa.nulls(count, pa.string()),
    }
    table = pa.table([made[n] for n in RAW.names], names=RAW.names)
    bad = np.flatnonzero(reasons)
    if len(bad) == 0:
        return table, []
    return table.filter(pa.array(reasons == 0)), [(first + int(i), _WHY[reasons[i]], "") for i in bad]


_WHY: Final = {
    1: "the time is missing or not understood",
    2: f"the time is outside {EARLIEST[:4]}-{LATEST[:4]}",
    3: "no subject",
    4: "no actor at any level",
    5: "the status is not a number",
    6: "the subject is a list or an object",
}


def _reasons(
    time: pa.Array, subject: pa.Array, status: pa.Array, levels: list[pa.Array], numeric: bool
) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    """Per row why it is no disclosure (a key of _WHY), 0 when it is one; the first reason in that order counts."""
    why = np.zeros(len(time), np.int8)
    why[np.asarray(pc.greater_equal(pc.abs(status), 32_768))] = 5
    nobody = np.ones(len(time), bool)
    for level in levels:
        nobody &= np.asarray(_nothing(level))
        if not nobody.any():
            break
    why[nobody] = 4
    missing = subject.is_null() if numeric else pc.is_in(pc.utf8_trim_whitespace(subject.fill_null("")), value_set=pa.array(["", "-"]))
    if not numeric:
        why[
            [
                i
                for i in np.flatnonzero(np.asarray(pc.match_substring_regex(subject.fill_null(""), r"^[\[{]")))
                if _is_json(subject[int(i)].as_py())
            ]
        ] = 6
    why[np.asarray(missing)] = 3
    low, high = (pa.scalar(np.datetime64(t, "us"), pa.timestamp("us")) for t in (EARLIEST, LATEST))
    why[np.asarray(pc.fill_null(pc.or_(pc.less(time, low), pc.greater_equal(time, high)), False))] = 2
    why[np.asarray(time.is_null())] = 1
    return why


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _nothing(level: pa.Array) -> pa.Array:
    """Where a level says nothing; worked out once for each distinct value."""
    if pa.types.is_dictionary(level.type):
        empty = pc.is_in(level.dictionary, value_set=pa.array(["", "-"]))
        return pc.fill_null(empty.take(level.indices), True)
    return pc.or_(level.is_null(), pc.is_in(level, value_set=pa.array(["", "-"])))


def _text(column: pa.Array) -> pa.Array:
    return pc.binary_join(column, "|") if pa.types.is_list(column.type) else column


def _ordinals(subject: pa.Array) -> pa.Array:
    """The number at the end of each text id, null where there is none: as the plan's SQL has it."""
    digits = pc.struct_field(pc.extract_regex(subject, r"(?P<n>[0-9]{1,18})(?:\.0+)?$"), "n")
    return pc.cast(pc.if_else(pc.equal(digits, ""), None, digits), pa.int64())
