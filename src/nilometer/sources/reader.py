"""Reads one source into batches of raw disclosures: frames it, runs the compiled plan, sets aside what it cannot read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nilometer.disclosures.raw import RAW
from nilometer.errors import ConfigError, InputError
from nilometer.sources import direct, documents, framing, sql
from nilometer.sources.delimited import delimiter_of, repeated
from nilometer.sources.files import READ_ERRORS, Origin, opened
from nilometer.sources.format import Format, Sample, by_id, recognise
from nilometer.sources.jsonlines import keys
from nilometer.sources.mapping import CANONICAL, Mapping
from nilometer.sources.plan import TAKEN, Plan, compile_plan

HEAD: Final = 256 << 10
"""Bytes of a source that are looked at to recognise its format."""

_LONGEST_SAMPLE: Final = 100_000  # longer lines say nothing about a format
_BOM: Final = b"\xef\xbb\xbf"
_TABLE_ROWS: Final = 1 << 19
_LARGEST_DOCUMENT: Final = 1 << 30

UNREADABLE: Final = pa.schema([("number", pa.int64()), ("reason", pa.string()), ("text", pa.string())])
"""What could not be read: its line or record number in the source, why, and its text (at most 4,096 characters)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One step through a source. `raw` keeps the order of the source; `size` is the bytes of content it took.

    `torn` of them are a last line without a line end that could not be read: the rest of it may be written later.
    """

    raw: pa.Table
    unreadable: pa.Table
    entries: int
    unmatched: int
    size: int
    torn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What a source was taken for: its format, how sure, its column names, and its first lines."""

    form: Format
    confidence: float
    header: tuple[str, ...]
    sample: Sample

    @property
    def title(self) -> str:
        """The format in words for the user."""
        return self.form.title


def connect(threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory engine for parsing; UTC, in source order, never touching the network."""
    connection = duckdb.connect(":memory:")
    connection.execute(
        f"SET TimeZone='UTC'; SET threads={threads}; SET preserve_insertion_order=true; SET autoinstall_known_extensions=false"
    )
    return connection


def sample_of(label: str, head: bytes) -> Sample:
    """The first bytes of a source as a sample."""
    if head.startswith(b"PAR1"):
        return Sample(name=label, head=head, lines=())
    text = framing.valid_text(head).decode("utf-8", "replace").removeprefix("\ufeff")
    rows = text.splitlines() if text.count("\n") < 2 or len(head) < HEAD else text[: text.rfind("\n")].splitlines()
    return Sample(name=label, head=head, lines=tuple(row for row in rows[:200] if len(row) <= _LONGEST_SAMPLE))


def look(origin: Origin, head: bytes, mapping: Mapping, form_id: str | None) -> Recognised:
    """Which format a source has: the one asked for, the mapping's, or the one that recognises it best.

    Raises InputError that says what the first bytes look like when nobody recognises it.
    """
    sample = sample_of(origin.label, head)
    wanted = form_id or mapping.source.format
    if wanted == "disclosures":  # the canonical shape comes in three packings
        wanted = "parquet" if head.startswith(b"PAR1") else "disclosures" if sample.lines and sample.lines[0].lstrip()[:1] == "{" else "csv"
    if wanted is not None:
        form, confidence = by_id(wanted), 1.0
        if form.framing == "table" and not head.startswith(b"PAR1"):
            raise InputError(f"{origin.label} is not a Parquet file: it does not begin with PAR1.")
    else:
        found = recognise(sample)
        if found is None:
            raise InputError(
                f"{origin.label}: no known format recognised ({_looks_like(head, sample)}). Say --format ID, or see `nilometer formats`."
            )
        form, confidence = found
    header = form.header(sample)
    if form.framing == "records" and not header:
        raise InputError(f"{origin.label}: a {form.id} source needs a first line with column names; found {_looks_like(head, sample)}.")
    return Recognised(form=form, confidence=confidence, header=header, sample=sample)


def _looks_like(head: bytes, sample: Sample) -> str:
    if not head:
        return "it is empty"
    if b"\0" in head[:4096]:
        return "it looks like a binary file"
    if not sample.lines:
        return f"its first line is longer than {len(head) >> 10} KiB"
    twice = repeated(sample.lines[0])
    if twice is not None:
        return f"its first line names the column {twice!r} twice"
    return "its lines are text of no format known here"


def read(origin: Origin, recognised: Recognised, mapping: Mapping, *, skip: int = 0, first: int = 1) -> Iterator[Batch]:
    """Batches of raw disclosures from a source, from byte `skip` of its content on, whose line has number `first`.

    Raises ConfigError when mapping and format do not fit, InputError when the source breaks off (a damaged archive):
    batches before that are good.
    """
    connection = connect()
    form = recognised.form
    try:
        if form.framing == "table":
            yield from _read_table(connection, origin, recognised, mapping, skip)
            return
        with opened(origin) as stream:
            _advance(stream, skip)
            yield from _read_stream(connection, stream, recognised, mapping, skip, first)
    except READ_ERRORS as cause:
        if isinstance(cause, duckdb.Error):
            raise
        raise InputError(f"{origin.label} breaks off or is damaged: {cause}.") from None
    finally:
        connection.close()


def _advance(stream: IO[bytes], count: int) -> None:
    while count > 0:
        block = stream.read(min(count, framing.CHUNK))
        if not block:
            return
        count -= len(block)


def _read_stream(
    connection: duckdb.DuckDBPyConnection, stream: IO[bytes], recognised: Recognised, mapping: Mapping, skip: int, first: int
) -> Iterator[Batch]:
    form = recognised.form
    extra = extra_columns(recognised, mapping)
    if form.framing == "documents":
        data = stream.read(_LARGEST_DOCUMENT + 1)
        if len(data) > _LARGEST_DOCUMENT:
            raise InputError(f"A {form.id} document may have at most 1 GiB; split it or use its line-by-line form.")
        entries = documents.entries(framing.valid_text(data, json=True)) if data.strip() else []
        table = framing.batched(
            pa.table({"number": np.arange(first, first + len(entries), dtype=np.int64), "line": pa.array(entries, pa.large_string())})
        )
        chunk = framing.Chunk(table=table, spoilt=[], entries=len(entries), size=len(data))
        yield run(connection, compile_plan(form, mapping, recognised.header, extra), chunk)
        return
    if form.framing == "records":
        plan = compile_plan(form, mapping, recognised.header, extra)
        delimiter = delimiter_of(recognised.sample.lines[0])
        for place, (block, size) in enumerate(framing.blocks(stream, records=True)):
            block = block.removeprefix(_BOM) if place == 0 and skip == 0 else block
            chunk = framing.records(block, first, recognised.header, delimiter, skip_header=form.headed and place == 0 and skip == 0)
            first += chunk.entries
            yield run(connection, plan, replace(chunk, size=size))
        return
    header = recognised.header
    plans: dict[tuple[str, ...], Plan] = {}
    for place, (block, size) in enumerate(framing.blocks(stream)):
        torn = len(block) - block.rfind(b"\n") - 1 if size == len(block) else 0
        block = block.removeprefix(_BOM) if place == 0 and skip == 0 else block
        chunk = framing.lines(block, first)
        first += chunk.entries
        for part, names in _sections(chunk, form, header):
            header = names
            if names not in plans:
                plans[names] = compile_plan(form, mapping, names, extra)
            batch = run(connection, plans[names], replace(part, size=size if part.table is chunk.table else 0))
            last = batch.unreadable.num_rows and batch.unreadable.column("number")[-1].as_py() == first - 1
            yield replace(batch, torn=torn) if last else batch
        if form.directive is not None:
            yield _empty(size)


def _empty(size: int) -> Batch:
    return Batch(raw=RAW.empty_table(), unreadable=UNREADABLE.empty_table(), entries=0, unmatched=0, size=size)


def _sections(chunk: framing.Chunk, form: Format, header: tuple[str, ...]) -> Iterator[tuple[framing.Chunk, tuple[str, ...]]]:
    """The parts of a chunk between directives that name the columns anew, each with the header in force there."""
    if form.directive is None:
        yield chunk, header
        return
    table = chunk.table.combine_chunks()
    line = table.column("line")
    marks = np.flatnonzero(np.asarray(pc.starts_with(line, form.directive)))
    spoilt = chunk.spoilt
    for begin, end in zip([0, *marks.tolist()], [*marks.tolist(), table.num_rows], strict=True):
        if begin in marks:
            header = tuple(line[int(begin)].as_py()[len(form.directive) :].split())
        if end > begin or spoilt:
            part = framing.batched(table.slice(begin, end - begin))
            yield framing.Chunk(table=part, spoilt=spoilt, entries=part.num_rows + len(spoilt), size=0), header
            spoilt = []


def _read_table(
    connection: duckdb.DuckDBPyConnection, origin: Origin, recognised: Recognised, mapping: Mapping, skip: int
) -> Iterator[Batch]:
    """Parquet, by row ranges; `skip` counts rows already stored, and a batch's `size` is its rows."""
    if origin.path is None or origin.member is not None:
        raise InputError(f"{origin.label}: Parquet is read from a file of its own, not from a pipe or an archive.")
    try:
        source = pq.ParquetFile(origin.path, memory_map=True)
    except pa.ArrowException as cause:
        raise InputError(f"{origin.label} is not a Parquet file that can be read: {str(cause).splitlines()[0]}.") from None
    schema = source.schema_arrow
    recognised = replace(recognised, header=tuple(schema.names))
    clock = mapping.columns.get("time", "time")
    typed = clock in schema.names and pa.types.is_timestamp(schema.field(clock).type)
    form = replace(recognised.form, clock=clock if typed else None)
    extra = extra_columns(recognised, mapping)
    chosen = direct.columns(schema, mapping, extra)
    if chosen is not None:
        yield from _read_directly(origin.path, schema, chosen, skip)
        return
    plan = compile_plan(form, mapping, recognised.header, extra)
    wanted = [n for n in schema.names if sql.name(n) in plan.query]
    texts = ", ".join(f"{_as_text(schema.field(n), n == clock and typed)} AS {sql.name(n)}" for n in wanted)
    plan = replace(plan, query=plan.query.replace("FROM lines", f"FROM (SELECT number, {texts} FROM lines) AS lines", 1))
    seen = 0
    for rows in source.iter_batches(batch_size=_TABLE_ROWS, columns=wanted):
        begin, seen = seen, seen + rows.num_rows
        if seen <= skip:
            continue
        if begin < skip:
            rows, begin = rows.slice(skip - begin), skip
        numbers = np.arange(begin + 1, seen + 1, dtype=np.int64)
        table = pa.table({"number": numbers, **{n: rows.column(n) for n in wanted}})
        yield run(connection, plan, framing.Chunk(table=framing.batched(table), spoilt=[], entries=table.num_rows, size=table.num_rows))


def _read_directly(path: Path, schema: pa.Schema, chosen: dict[str, str], skip: int) -> Iterator[Batch]:
    texts = [chosen[c] for c in direct.TEXTS if c in chosen and pa.types.is_string(schema.field(chosen[c]).type)]
    source = pq.ParquetFile(path, memory_map=True, read_dictionary=texts)
    seen = 0
    for rows in source.iter_batches(batch_size=_TABLE_ROWS, columns=sorted(set(chosen.values()))):
        begin, seen = seen, seen + rows.num_rows
        if seen <= skip:
            continue
        if begin < skip:
            rows, begin = rows.slice(skip - begin), skip
        raw, spoilt = direct.convert(rows, chosen, begin + 1)
        yield Batch(raw=raw, unreadable=_set_aside(spoilt), entries=rows.num_rows, unmatched=0, size=rows.num_rows)


def _as_text(field: pa.Field, typed: bool) -> str:
    """SQL for a Parquet column as the plan wants it: text, or naive UTC for the clock."""
    column = sql.name(field.name)
    if typed:
        return f"CAST({column}{' ' + 'AT TIME ZONE ' + sql.text('UTC') if field.type.tz is not None else ''} AS TIMESTAMP)"
    if pa.types.is_nested(field.type):
        return f"CAST(to_json({column}) AS VARCHAR)"
    if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
        return f"coalesce(try(decode({column})), CAST({column} AS VARCHAR))"
    return column if pa.types.is_string(field.type) else f"CAST({column} AS VARCHAR)"


def extra_columns(recognised: Recognised, mapping: Mapping) -> tuple[str, ...]:
    """Columns of a canonical source beyond a disclosure's own: kept as attributes. With a mapping, nothing is extra."""
    if mapping.surface or mapping.columns or mapping.actor:
        return ()
    if recognised.form.id == "disclosures":
        found: dict[str, None] = {}
        for line in recognised.sample.lines:
            found.update(dict.fromkeys(keys(line)))
        names: Sequence[str] = tuple(found)
    elif recognised.form.framing in ("records", "table"):
        names = recognised.header
    else:
        return ()
    return tuple({n.lower(): n for n in names if n.lower() not in (*CANONICAL, *TAKEN)}.values())


def run(connection: duckdb.DuckDBPyConnection, plan: Plan, chunk: framing.Chunk) -> Batch:
    """Runs the plan over one chunk."""
    connection.register("lines", chunk.table)
    try:
        answer = connection.sql(plan.query).to_arrow_table()
    except duckdb.BinderException as cause:
        raise ConfigError(f"The mapping does not fit the {plan.form.id} source: {str(cause).splitlines()[0]}.") from None
    reason, matched = answer.column("unreadable"), answer.column("matched")
    good = pc.and_(pc.is_null(reason), matched)
    raw = answer.filter(good)
    blank = pc.sum(pc.equal(reason, "")).as_py() or 0
    unmatched = pc.sum(pc.and_(pc.is_null(reason), pc.invert(matched))).as_py() or 0
    bad = answer.filter(pc.fill_null(pc.not_equal(reason, ""), False)).select(["number", "unreadable"])
    return Batch(
        raw=raw.select(RAW.names),
        unreadable=_unreadable(bad, chunk),
        entries=chunk.entries - blank,
        unmatched=unmatched,
        size=chunk.size,
    )


def _unreadable(bad: pa.Table, chunk: framing.Chunk) -> pa.Table:
    """The rows that could not be read, with their text (records are joined by commas)."""
    if bad.num_rows == 0 and not chunk.spoilt:
        return UNREADABLE.empty_table()
    numbers = bad.column("number").to_pylist()
    texts = [""] * len(numbers)
    if bad.num_rows:
        rows = chunk.table.take(pc.index_in(bad.column("number"), chunk.table.column("number")))
        names = [n for n in rows.column_names if n != "number"]
        texts = [",".join("" if v is None else str(v) for v in row.values())[:4096] for row in rows.select(names).to_pylist()]
    reasons = bad.column("unreadable").to_pylist()
    return _set_aside([*zip(numbers, reasons, texts, strict=True), *chunk.spoilt])


def _set_aside(rows: Sequence[tuple[int, str, str]]) -> pa.Table:
    columns = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(UNREADABLE.types)]
    return pa.table(columns, schema=UNREADABLE)
