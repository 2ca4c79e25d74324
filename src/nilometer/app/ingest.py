"""Reads sources into the ledger: recognised, mapped, pseudonymised, stored once, acknowledged when safe."""

from __future__ import annotations

import hashlib
import os
import time as monotonic
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.app import sealing
from nilometer.app.ahead import ahead
from nilometer.app.assembly import Home
from nilometer.app.contents import StreamDigest, TableDigest
from nilometer.app.sealedids import SealedIds, public_key
from nilometer.clock import Clock, rfc3339, system_clock
from nilometer.disclosures.pseudonymise import pseudonymise, stored
from nilometer.errors import ConfigError, InputError
from nilometer.ledger.manifest import Ingested
from nilometer.ledger.writer import UNREADABLE, Writer
from nilometer.sources import mapping as mappings
from nilometer.sources import reader
from nilometer.sources.files import Origin, find, head, spooled
from nilometer.sources.mapping import Mapping
from nilometer.sources.plan import compile_plan
from nilometer.sources.steps import Steps

_HEAD: Final = 4096
_COMMIT_ROWS: Final = 8_000_000  # much is acknowledged in steps, so that a crash costs a minute, not a day

Told = Callable[[str], None]
Counted = Callable[[int, int], None]


@dataclass(slots=True)
class Summary:
    """What one ingest did, as `nilometer ingest --json` prints it; `reasons` and `skipped` say what was left out and why."""

    files: int = 0
    lines: int = 0
    disclosures: int = 0
    shown: int = 0
    unmatched: int = 0
    duplicates: int = 0
    unreadable: int = 0
    subjects: int = 0
    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    formats: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the ledger already holds of a source: how much to skip, and the record that grows."""

    skip: int = 0
    before: Ingested | None = None
    complete: bool = False
    other_mapping: bool = False


def ingest(
    home: Home,
    names: Sequence[str | Origin],
    *,
    mapping: Mapping = mappings.EMPTY,
    form: str | None = None,
    tell: Told = lambda text: None,
    progress: Counted = lambda done, total: None,
    clock: Clock = system_clock,
    commit_rows: int = _COMMIT_ROWS,
) -> Summary:
    """Ingests files, folders, globs or `-`. Each source is stored once, whatever its name or packing.

    Raises InputError when a name is nothing, or when none of the sources could be read; a source among others that
    cannot be read is left out and named in `Summary.skipped`.
    """
    started = monotonic.perf_counter()
    summary = Summary()
    with ExitStack() as stack, home.ledger.writing("nilometer ingest") as writer:
        origins = [stack.enter_context(spooled(o, home.ledger.scratch())) if o.once else o for o in _origins(home, names)]
        total, done = sum(o.size for o in origins), 0
        segments_before = {s.file for s in home.ledger.manifest.segments}
        pending: list[tuple[Ingested, Ingested | None]] = []
        keeper = _Keeper(home) if home.settings.reveal.keep else None
        for origin in origins:
            try:
                one = _Source(home, writer, origin, mapping, form, summary, tell, clock, pending, commit_rows, keeper)
                one.run(partial(_told, progress, done, total))
            except (InputError, ConfigError) as cause:
                if isinstance(cause, ConfigError) and len(origins) == 1:
                    raise ConfigError(f"{origin.label}: {cause}") from None
                summary.skipped[origin.label] = str(cause)
                if len(origins) > 1:
                    tell(f"left out: {cause}")
            done += origin.size
            progress(done, total)
        _commit(writer, pending, keeper)
    sealing.seal(home, clock=clock)
    if summary.skipped and not summary.files:
        first = next(iter(summary.skipped.values()))
        more = f" (and {len(summary.skipped) - 1} more sources that could not be read)" if len(summary.skipped) > 1 else ""
        raise InputError(first + more)
    summary.subjects = home.ledger.subjects(leaving_out=segments_before)
    summary.seconds = round(monotonic.perf_counter() - started, 3)
    return summary


@contextmanager
def through(mapping: object) -> Iterator[None]:
    """Names the mapping in what is wrong with it, when it came from a file."""
    try:
        yield
    except ConfigError as cause:
        raise ConfigError(
            f"{cause} (mapping {mapping})" if isinstance(mapping, str | os.PathLike) and str(mapping) not in str(cause) else str(cause)
        ) from None


def _told(progress: Counted, done: int, total: int, size: int) -> None:
    progress(done + size, total)


def _origins(home: Home, names: Sequence[str | Origin]) -> list[Origin]:
    """What the names mean, without the home's own files: it may lie in the folder that is read."""
    own = home.folder.resolve()
    found = [o for name in names for o in ([name] if isinstance(name, Origin) else find([name]))]
    others = [o for o in found if o.path is None or own not in o.path.resolve().parents or o.path.is_relative_to(home.ledger.scratch())]
    if found and not others:
        raise InputError(f"{found[0].label} belongs to the home {home.folder} itself; expected logs.")
    return others


class _Keeper:
    """Keeps the platform's own ids, sealed; on the disk before the disclosures of these people are acknowledged."""

    def __init__(self, home: Home) -> None:
        self.ids, self.public = SealedIds(home.folder), public_key(home.folder)

    def take(self, subjects: pa.Array, raw: pa.ChunkedArray) -> None:
        """Takes the pseudonyms and ids of a batch."""
        self.ids.take(self.public, subjects, raw)

    def commit(self) -> None:
        """Writes what was taken."""
        self.ids.commit(self.public)


def _commit(writer: Writer, pending: list[tuple[Ingested, Ingested | None]], keeper: _Keeper | None) -> None:
    if pending:
        if keeper is not None:
            keeper.commit()
        replaced = [old for _, old in pending if old is not None]
        writer.commit([new for new, _ in pending if new not in replaced], replaced)
        pending.clear()


class _Source:
    """One source on its way into the ledger."""

    def __init__(
        self,
        home: Home,
        writer: Writer,
        origin: Origin,
        mapping: Mapping,
        form: str | None,
        summary: Summary,
        tell: Told,
        clock: Clock,
        pending: list[tuple[Ingested, Ingested | None]],
        commit_rows: int,
        keeper: _Keeper | None = None,
    ) -> None:
        self.keeper = keeper
        self.home, self.writer, self.origin, self.mapping, self.form = home, writer, origin, mapping, form
        self.summary, self.tell, self.clock, self.pending = summary, tell, clock, pending
        self.commit_rows = commit_rows
        self.hasher = ThreadPoolExecutor(max_workers=1)
        self.first = b""
        self.table = False

    def run(self, progress: Callable[[int], None]) -> None:
        """Reads it to its end and leaves its record in `pending`; a long one is committed on the way."""
        self.first = head(self.origin, reader.HEAD)
        if not self.first:
            self.summary.files += 1
            self.tell(f"{self.origin.label}: empty")
            return
        recognised = reader.look(self.origin, self.first, self.mapping, self.form)
        self.table = recognised.form.framing == "table"
        if not self.table:
            for note in compile_plan(recognised.form, self.mapping, recognised.header).notes:
                self.tell(f"{self.origin.label}: note: {note}")
        with self.hasher, TableDigest(self.origin) if self.table else StreamDigest(self.origin) as digest:
            self._take(recognised, digest, progress)

    def _take(self, recognised: reader.Recognised, digest: StreamDigest | TableDigest, progress: Callable[[int], None]) -> None:
        known = self._known(digest)
        self.summary.formats[recognised.form.id] = self.summary.formats.get(recognised.form.id, 0) + 1
        if known.complete:
            self._again(known)
            return
        entry = Ingested(
            label=self.origin.label,
            format=recognised.form.id,
            head="",
            digest="",
            mapping=self._mapping_mark(),
            size=known.skip,
            entries=0,
            disclosures=0,
            shown=0,
            unmatched=0,
            unreadable=0,
            complete=False,
            at=rfc3339(self.clock()),
        )
        if known.before is not None:
            before = known.before
            torn = int(before.tail > 0)  # its last line broke off: it is read again, with the rest of it
            entry = _grown(
                entry,
                entries=before.entries - torn,
                disclosures=before.disclosures,
                shown=before.shown,
                unmatched=before.unmatched,
                unreadable=before.unreadable - torn,
            )
            self.summary.duplicates += before.disclosures
            self.tell(f"{self.origin.label}: the first {before.entries:,} entries are in the ledger already")
        self._pump(recognised, digest, known, entry, progress)

    def _pump(
        self,
        recognised: reader.Recognised,
        digest: StreamDigest | TableDigest,
        known: _Known,
        entry: Ingested,
        progress: Callable[[int], None],
    ) -> None:
        steps, first, before = Steps(), entry.entries + 1, known.before
        hashing: Future[str | None] | None = None  # beside the reading, so that it costs no time of its own
        try:
            for batch in ahead(reader.read(self.origin, recognised, self.mapping, skip=known.skip, first=first)):
                rows = self._store(batch, steps)
                entry = _grown(
                    entry,
                    size=batch.size - batch.torn,
                    tail=batch.torn,
                    entries=batch.entries,
                    disclosures=rows.num_rows,
                    shown=_shown(rows),
                    unmatched=batch.unmatched,
                    unreadable=batch.unreadable.num_rows,
                )
                progress(entry.size)
                if hashing is None or hashing.done():
                    hashing = self.hasher.submit(digest.until, entry.size)
                if self.writer.waiting >= self.commit_rows:
                    entry = self._marked(entry, digest)
                    self.pending.append((entry, before))
                    _commit(self.writer, self.pending, self.keeper)
                    before = entry
        except (InputError, ConfigError) as cause:
            if entry.size == known.skip:
                raise
            # What came before the break is good: it is kept, and a mended file goes on from there.
            self.pending.append((self._marked(entry, digest), before))
            raise InputError(f"{cause} The {entry.disclosures:,} disclosures before that are kept.") from None
        entry = _with(self._marked(entry, digest), complete=self.origin.limit is None)  # what is followed is never at its end
        self.pending.append((entry, before))
        self.summary.files += 1
        self._report(recognised, entry)

    def _store(self, batch: reader.Batch, steps: Steps) -> pa.Table:
        columns, names = pseudonymise(batch.raw, self.home.key)
        if self.keeper is not None:
            self.keeper.take(columns["subject"], batch.raw.column("subject"))
        keyed = pa.table({level: columns[level] for level in columns if level not in ("subject",)})
        rows = stored(batch.raw, columns, steps.take(keyed, batch.raw.column("ordinal")))
        attributes = batch.raw.column("attributes").combine_chunks()
        self.writer.add(rows, attributes if attributes.null_count < len(attributes) else None)
        for found in names:
            self.writer.name(found.kind, found.ids, found.texts)
        self._set_aside(batch)
        s = self.summary
        s.lines += batch.entries
        s.unmatched += batch.unmatched
        s.unreadable += batch.unreadable.num_rows
        s.disclosures += rows.num_rows
        s.shown += _shown(rows)
        return rows

    def _set_aside(self, batch: reader.Batch) -> None:
        bad = batch.unreadable
        if bad.num_rows == 0:
            return
        count = bad.num_rows
        at = rfc3339(self.clock())
        self.writer.set_aside(
            pa.table(
                [pa.repeat(self.origin.label, count), bad.column("number"), bad.column("reason"), bad.column("text"), pa.repeat(at, count)],
                schema=UNREADABLE,
            )
        )
        for reason, number in zip(bad.column("reason").to_pylist(), bad.column("number").to_pylist(), strict=True):
            self.summary.reasons[reason] = self.summary.reasons.get(reason, 0) + 1
            self.summary.examples.setdefault(reason, f"{self.origin.label}:{number}")

    def _report(self, recognised: reader.Recognised, entry: Ingested) -> None:
        self.tell(f"{self.origin.label}: {recognised.title}; {entry.entries:,} entries, {entry.disclosures:,} disclosures")
        if entry.entries and not entry.disclosures:
            why = "no surface of the mapping covers any of them" if entry.unmatched == entry.entries else "none could be read"
            self.tell(f"{self.origin.label}: {entry.entries:,} entries gave no disclosure: {why}")

    # ---- what is known already

    def _mapping_mark(self) -> str:
        return hashlib.sha256(self.mapping.fingerprint().encode()).hexdigest()[:32]

    def _marked(self, entry: Ingested, digest: StreamDigest | TableDigest) -> Ingested:
        """The record with what its content is known by again."""
        return _with(entry, head=_head(self.first, entry.size, self.table), digest=self.hasher.submit(digest.until, entry.size).result())

    def _known(self, digest: StreamDigest | TableDigest) -> _Known:
        """The longest part of this source's content that the ledger holds."""
        # What gave nothing (the mapping was wrong, or there was only a header) cannot be doubled: it is read anew.
        held = [s for s in (*_recorded(self.home), *(new for new, _ in self.pending)) if s.disclosures or s.mapping == self._mapping_mark()]
        entry = _longest(held, self.first, digest, self.table)
        if entry is None:
            return _Known()
        if entry.complete and digest.size() == entry.size + entry.tail:
            return _Known(complete=True, before=entry, other_mapping=entry.mapping != self._mapping_mark())
        if entry.mapping != self._mapping_mark():
            self.tell(
                f"{self.origin.label}: its beginning was read through another mapping and stays as it is; this one is used for the rest"
            )
        return _Known(skip=entry.size, before=entry)

    def _again(self, known: _Known) -> None:
        entry = known.before
        assert entry is not None
        s = self.summary
        s.files += 1
        s.lines += entry.entries
        s.duplicates += entry.disclosures
        why = "already in the ledger"
        if known.other_mapping:
            why += " through another mapping; nothing was added. To read it anew, use a new home"
        self.tell(f"{self.origin.label}: {why} ({entry.disclosures:,} disclosures)")


def begun(home: Home, origin: Origin) -> bool:
    """Whether the ledger holds the beginning of this stream, or all of it. Raises InputError when it cannot be read."""
    with StreamDigest(origin) as digest:
        return _longest(_recorded(home), head(origin, _HEAD), digest) is not None


def _recorded(home: Home) -> list[Ingested]:
    return [*home.ledger.manifest.sources, *home.ledger.manifest.earlier]


def _longest(entries: Sequence[Ingested], first: bytes, digest: StreamDigest | TableDigest, table: bool = False) -> Ingested | None:
    """The longest of the recorded sources that this one begins with; its first bytes tell most apart at once."""
    held = [s for s in entries if s.head == _head(first, s.size, table)]
    return next((s for s in sorted(held, key=lambda s: (-s.size, not s.complete)) if digest.until(s.size) == s.digest), None)


def _head(first: bytes, size: int, table: bool) -> str:
    return hashlib.sha256(first[: _HEAD if table else min(_HEAD, size)]).hexdigest()


def _shown(rows: pa.Table) -> int:
    return int(pc.sum(rows.column("shown")).as_py() or 0)


def _grown(entry: Ingested, **more: int) -> Ingested:
    return _with(entry, **{name: getattr(entry, name) + value for name, value in more.items()})


def _with(entry: Ingested, **changes: object) -> Ingested:
    return msgspec.structs.replace(entry, **changes)
