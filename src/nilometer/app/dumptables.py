"""A dump's tables: what their columns are, told by rows from all over each, and the keyed values of those that say whose a row is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.app import dumpcanaries
from nilometer.app.assembly import Home
from nilometer.app.dumpcanaries import Planted
from nilometer.app.identities import Bools, Ints
from nilometer.app.memberlists import Asked
from nilometer.attribution import columns, kinds, reading
from nilometer.attribution.columns import Column
from nilometer.attribution.digests import looks
from nilometer.attribution.kinds import SUBJECT
from nilometer.attribution.resolving import Keyed
from nilometer.attribution.sampling import Sample
from nilometer.errors import InputError
from nilometer.ledger.known import everybody
from nilometer.ledger.sets import among, distinct

_TABLES: Final = 10_000
_Place = tuple[str, tuple[str, ...]]


@dataclass(slots=True)
class Known:
    """Who is known at all: by the ledger, the identities or a list of members."""

    home: Home
    store: Asked
    _people: Ints | None = None

    @property
    def people(self) -> Ints:
        """Everybody, ascending."""
        if self._people is None:
            self._people = distinct(np.concatenate([everybody(self.home.ledger), self.store.people()]))
        return self._people

    def of(self, kind: str, values: Ints) -> Bools:
        """Which of some pseudonyms (ascending, each once) of a kind are somebody's."""
        return among(values, self.people) if kind == SUBJECT else self.store.known(values)

    def compare(self, rows: pa.Table) -> None:
        """Makes the digests of a list of members known of which some rows have columns."""
        if self.store.names:
            self.store.compare(filter(None, (looks(column) for column in rows.columns)))

    def owner(self, values: Ints) -> tuple[Ints, Ints]:
        """Places of the values that are exactly one person's, and that person."""
        held = self.store.owners(values)
        single = np.bincount(held.place, minlength=len(values))[held.place] == 1 if len(held.place) else np.zeros(0, np.bool_)
        return held.place[single], held.subject[single]


@dataclass(slots=True, kw_only=True)
class Table:
    """One of the dump's tables: what its columns are, its rows, the keyed values of the columns that were recognised, rows with canaries."""

    name: str
    columns: list[Column]
    rows: int = 0
    parts: dict[str, list[pa.Array]] = field(default_factory=dict)
    caught: list[Ints] = field(default_factory=list)
    sample: Sample = field(default_factory=Sample)

    @property
    def canaries(self) -> Bools:
        """(rows,) which have a canary."""
        found = np.zeros(self.rows, np.bool_)
        for places in self.caught:
            found[places] = True
        return found

    def keyed(self, store: Asked) -> list[Keyed]:
        """The recognised columns, the platform's own ids first."""
        used = sorted((one for one in self.columns if one.kind), key=lambda one: one.kind != SUBJECT)
        return [self._keyed(one, store) for one in used]

    def _keyed(self, column: Column, store: Asked) -> Keyed:
        whole = pa.chunked_array(self.parts[column.name], pa.int64())
        there, values = np.asarray(pc.is_valid(whole)), np.asarray(whole.fill_null(0))
        if column.kind == SUBJECT:
            return Keyed(kind=SUBJECT, values=values, there=there)
        encoded = whole.fill_null(0).combine_chunks().dictionary_encode()
        every = np.asarray(encoded.dictionary)
        order = np.argsort(every)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        back = rank[np.asarray(encoded.indices)]
        return Keyed(kind=str(column.kind), values=values, there=there, distinct=every[order], back=back, owners=store.owners(every[order]))


@dataclass(slots=True, kw_only=True)
class Reader:
    """Takes a dump's rows. decided: what the columns are, from a reading before; then canaries were looked for already."""

    home: Home
    known: Known
    named: Mapping[str, str]
    planted: Mapping[str, Planted]
    decided: Mapping[_Place, Table] | None = None
    tables: dict[_Place, Table] = field(default_factory=dict)
    _first: dict[_Place, bool] = field(default_factory=dict)

    @property
    def country(self) -> str:
        """The calling code of phones that come without one."""
        return self.known.store.country

    def take(self, part: reading.Rows) -> None:
        """Rows of one table; the first ones tell what its columns are, unless that was decided."""
        part = self._with_first(part)
        place = (part.table, part.names)
        if place not in self.tables:
            if len(self.tables) >= _TABLES:
                raise InputError(
                    f"More than {_TABLES:,} tables of different columns: this is no dump of tables. Cut it, or give one of its files."
                )
            self.tables[place] = self._table(place, part)
        table = self.tables[place]
        if self.decided is None:
            caught = dumpcanaries.look(self.planted, part.rows, self.country)
            if len(caught):
                table.caught.append(caught + table.rows)
            table.sample.take(part.rows)
        table.rows += part.rows.num_rows
        for column in table.columns:
            if column.kind:
                keyed = kinds.pseudonyms(self.home.key, column.kind, part.rows.column(column.name), self.country)
                table.parts.setdefault(column.name, []).append(keyed)

    def late(self) -> Reader | None:
        """A reader to read all again with, when rows further on say that columns are something else than their first ones did."""
        again = False
        for table in self.tables.values():
            if table.sample.parts < 2:
                continue
            columns = self._recognised(table.sample.table)
            again = again or [one.kind for one in columns] != [one.kind for one in table.columns]
            table.columns = columns
        if not again:
            return None
        return Reader(home=self.home, known=self.known, named=self.named, planted={}, decided=self.tables)

    def _with_first(self, part: reading.Rows) -> reading.Rows:
        """Rows with their names as one more row, where somebody who is known stands among them: what looked like a header is none."""
        place = (part.table, part.names)
        fresh = part.header and place not in self._first
        if fresh:
            self.known.compare(part.rows)
            self._first[place] = self._somebody(part.names)
        if not part.header or not self._first[place]:
            return part
        plain = [f"column {number + 1}" for number in range(len(part.names))]
        rows = part.rows.rename_columns(plain)
        if fresh:
            rows = pa.concat_tables([pa.table({name: [value] for name, value in zip(plain, part.names, strict=True)}), rows])
        return reading.Rows(table=part.table, rows=rows)

    def _somebody(self, names: tuple[str, ...]) -> bool:
        """Whether names that no column is called by are a known person's."""
        if any(kinds.called(name) for name in names):
            return False
        return any(
            bool(
                self.known.of(
                    kind, distinct(np.asarray(kinds.pseudonyms(self.home.key, kind, pa.array(names), self.country).drop_null()))
                ).any()
            )
            for kind in (SUBJECT, *self.known.store.kinds)
        )

    def _table(self, place: _Place, part: reading.Rows) -> Table:
        if self.decided is not None:
            before = self.decided.get(place)
            if before is None:
                raise InputError("The dump changed while it was read; copy it, and match the copy.")
            return Table(name=part.table, columns=before.columns, caught=before.caught)
        return Table(name=part.table, columns=self._recognised(part.rows))

    def _recognised(self, rows: pa.Table) -> list[Column]:
        drawn = Sample()
        drawn.take(rows)
        self.known.compare(drawn.table)
        every = dict.fromkeys([*self.known.store.kinds, *(kind for kind in self.planted if kind != SUBJECT)])
        named = {kind: name for kind, name in self.named.items() if name in rows.column_names}
        return columns.recognise(
            drawn.table, self.home.key, identities=list(every), country=self.country, known=self._known, owner=self.known.owner, named=named
        )  # fmt: skip

    def _known(self, kind: str, values: Ints) -> Bools:
        mine = self.known.of(kind, values)
        return mine | self.planted[kind].found(values) if kind in self.planted else mine
