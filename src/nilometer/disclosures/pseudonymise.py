"""From raw disclosures to stored ones: every identifier becomes a keyed pseudonym, and only names people need go along."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.disclosures import pseudonym
from nilometer.disclosures.pseudonym import Key
from nilometer.disclosures.schema import BLOCK_BITS, KEYED_ONLY, NAMED, STORED

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Pseudonyms of one kind with the text each stands for, for the ledger's encrypted dictionary."""

    kind: str
    ids: Ids
    texts: pa.Array


def fields_text(text: str) -> str:
    """A set of fields in its one spelling: sorted, without repeats, joined by `|`. Takes JSON lists, `a|b` and `a,b`."""
    text = text.strip()
    if text.startswith("["):
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        parts = [str(v) for v in value] if isinstance(value, list) else [text]
    else:
        parts = text.replace(",", "|").split("|")
    return "|".join(sorted({p.strip() for p in parts if p.strip()}))


def pseudonymise(raw: pa.Table, key: Key) -> tuple[dict[str, pa.Array], list[Names]]:
    """The pseudonym columns of raw disclosures (`raw.RAW`), by name, and the names that go with them.

    `step` is not among them: it needs the order of the source (see `sources.steps`).
    """
    columns: dict[str, pa.Array] = {}
    names: list[Names] = []
    for kind in NAMED:
        values = raw.column(kind)
        if values.null_count == len(values):
            columns[kind] = pa.nulls(len(values), pa.int64())
            continue
        coded = _dictionary(values)
        texts = _cleaned(coded.dictionary)
        if kind == "fields":
            texts = _cleaned(pa.array([t and fields_text(t) for t in texts.to_pylist()], pa.string()))
        ids = pseudonym.column(key, kind, texts)
        columns[kind] = pseudonym.spread(ids, coded.indices)
        names.append(Names(kind=kind, ids=np.asarray(ids.drop_null()), texts=texts.drop_null()))
    for kind in KEYED_ONLY:
        values = raw.column(kind)
        if values.null_count == len(values):
            columns[kind] = pa.nulls(len(values), pa.int64())
        elif pa.types.is_dictionary(values.type):
            coded = _dictionary(values)
            columns[kind] = pseudonym.spread(pseudonym.column(key, kind, _cleaned(coded.dictionary)), coded.indices)
        else:
            columns[kind] = pseudonym.column(key, kind, values if kind == "subject" else _cleaned(values))
    columns["block"] = _blocks(raw.column("ordinal"), key)
    return columns, names


def stored(raw: pa.Table, columns: dict[str, pa.Array], steps: npt.NDArray[np.int8]) -> pa.Table:
    """The table the ledger stores (`schema.STORED`), from raw times and statuses and the pseudonym columns."""
    status = raw.column("status")
    shown = pc.or_(pc.and_(pc.greater_equal(status, 200), pc.less(status, 300)), pc.equal(status, 304))
    time = raw.column("time").cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    given = {"time": time, "status": status, "shown": shown, "step": pa.array(steps), **columns}
    return pa.table([given[name] for name in STORED.names], schema=STORED)


def _dictionary(values: pa.ChunkedArray) -> pa.DictionaryArray:
    """The column as indices into its distinct values. Chunks are joined first: one dictionary is made, not many unified."""
    if pa.types.is_dictionary(values.type):
        return values.unify_dictionaries().combine_chunks()
    return pc.dictionary_encode(values.combine_chunks())


def _cleaned(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Texts without the blanks around them; the ways logs write "nothing" (empty, `-`) become null."""
    values = pc.utf8_trim_whitespace(values)
    nothing = pc.is_in(values, value_set=pa.array(["", "-"]))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), values)


def _blocks(ordinals: pa.ChunkedArray, key: Key) -> pa.Array:
    """The pseudonym of the run of neighbouring ids each number lies in, as 32 bits; null stays null."""
    if ordinals.null_count == len(ordinals):
        return pa.nulls(len(ordinals), pa.int32())
    numbers = np.asarray(ordinals.fill_null(0)) >> BLOCK_BITS
    hashed = (pseudonym.numbers(key, "block", numbers) >> 32).astype(np.int32)
    return pa.array(hashed, mask=np.asarray(ordinals.is_null()))
