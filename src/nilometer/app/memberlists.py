"""Lists of members that are given for one question: whose phones, e-mails and ids these are, as they stand and as digests; nothing is kept.

A digest can only be compared with digests of what one has, and a home has no phones. To keep the digests of every member, keyed or
not, would make it hold more about people than it needs on any other day; so whoever asks brings the list, and takes it away again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.app import identities, identityfiles
from nilometer.app.assembly import Home
from nilometer.app.identities import SCHEMA, Bools, Identities, Ints, Owners, owners_in
from nilometer.app.identityfiles import Taken
from nilometer.attribution import digests, kinds
from nilometer.attribution.kinds import SUBJECT
from nilometer.errors import InputError
from nilometer.ledger.sets import among, distinct


@dataclass(slots=True, kw_only=True)
class Asked:
    """Identities as one question sees them: those that the home keeps, and beside them those of the lists given, in memory only.

    names: of the lists' files. taken: what was read of them. algorithms: whose digests of their values are known by now.
    """

    home: Home
    store: Identities
    country: str
    names: Sequence[str] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    taken: Taken | None = None
    algorithms: set[str] = field(default_factory=set)
    _kinds: list[str] = field(default_factory=list)
    _tables: list[pa.Table] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.names:
            if any(one.once for one in identityfiles.origins(self.names)):
                raise InputError("A list of members may have to be read more than once; give a file, not standard input or a pipe.")
            self.taken = Taken()
            self._take(self._plain, self.taken)
            if not self.taken.people:
                raise InputError(
                    f"No row of the list of members could be used ({self.taken.unreadable:,} could not); expected ids and values. "
                    + " ".join(self.taken.reasons)
                )

    @property
    def kinds(self) -> list[str]:
        """Kinds of which something is known, beside the platform's own ids."""
        return list(dict.fromkeys([*self.store.index.kinds, *(kind for kind in self._kinds if kind != SUBJECT)]))

    def people(self) -> Ints:
        """Everybody of whom an identity is known, ascending."""
        return distinct(np.concatenate([self.store.people(), *(np.asarray(one.column("subject")) for one in self._tables)]))

    def owners(self, values: Ints) -> Owners:
        """Whose these values (ascending, each once) are or were. Where the home and a list know it, the home's times hold."""
        kept = self.store.owners(values)
        if not self._tables:
            return kept
        given = owners_in(self._tables, values)
        new = ~_among(given, kept)
        columns = [np.concatenate([getattr(kept, name), getattr(given, name)[new]]) for name in ("place", "subject", "since", "until")]
        order = np.lexsort((columns[2], columns[1], columns[0]))
        place, subject, since, until = (column[order] for column in columns)
        return Owners(place=place, subject=subject, since=since, until=until)

    def known(self, values: Ints) -> Bools:
        """Whether each value (ascending, each once) is somebody's."""
        right = np.zeros(len(values), np.bool_)
        right[self.owners(values).place] = True
        return right

    def compare(self, algorithms: Iterable[str]) -> None:
        """Makes digests of the lists' values known. Each algorithm is worked out when a dump first has such digests, and only then."""
        new = sorted(set(algorithms) - self.algorithms)
        if new and self.names:
            self.algorithms |= set(new)
            self._take(lambda kind, values: self._digests(new, kind, values), Taken())

    def _take(self, spelt: identityfiles.Spelt, taken: Taken) -> None:
        rows, order = identityfiles.read(self.home, self.names, spelt, self.named, taken, lambda done, total: None, ids=True)
        places = np.array([self._place(kind) for kind in order], np.int16)
        kind = places[np.asarray(rows.column("kind"))] if rows.num_rows else np.zeros(0, np.int16)
        rows = rows.set_column(SCHEMA.get_field_index("kind"), "kind", pa.array(kind, pa.int16()))
        self._tables.append(rows.take(pc.sort_indices(rows.column("value"))).combine_chunks())

    def _place(self, kind: str) -> int:
        if kind not in self._kinds:
            self._kinds.append(kind)
        return self._kinds.index(kind)

    def _plain(self, kind: str, values: pa.ChunkedArray) -> list[tuple[str, pa.Array]]:
        return [(kind, kinds.pseudonyms(self.home.key, kind, values, self.country))]

    def _digests(self, algorithms: Sequence[str], kind: str, values: pa.ChunkedArray) -> Iterable[tuple[str, pa.Array]]:
        for spelling in digests.spellings(kind, values, self.country):
            for algorithm in algorithms:
                name = kinds.digest(algorithm, kind)
                yield name, kinds.pseudonyms(self.home.key, name, digests.digested(algorithm, spelling))


def _among(some: Owners, of: Owners) -> Bools:
    """(n,) which of some ownerships are in others, whatever their times."""
    pairs = np.concatenate([np.stack([of.place, of.subject]), np.stack([some.place, some.subject])], axis=1)
    _, which = np.unique(pairs, axis=1, return_inverse=True)
    which = np.asarray(which).reshape(-1)
    found: Bools = among(which[len(of.place) :], distinct(which[: len(of.place)]))
    return found


def asked(home: Home, names: Sequence[str], named: Mapping[str, str], country: str | None) -> Asked:
    """The home's identities, and those of lists of members in files. country: a calling code for this question. Raises InputError."""
    store = identities.of(home)
    code = identityfiles.calling_code(country, store.index.country, change=True)
    return Asked(home=home, store=store, country=code, names=names, named=named)
