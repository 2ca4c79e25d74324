"""Who holds the people of a dump: each actor at each level, with first and last time, and what else it holds.

Of the people asked for everything is exact. What an actor holds beside them, and how many people are how popular, is exact in
a small ledger; in a large one it is told from every 2^n-th person (pseudonyms are as good as random), and `Holdings.exactly`
counts it for the actors that are small enough for a sample to be rough.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nilometer.ledger.fieldsets import FieldSets
from nilometer.ledger.ledger import Ledger
from nilometer.ledger.pairs import HELD, Folded, Folding, Ints, Masks, Pairs, Paths, expanded, joined_paths

SAMPLED: Final = 6_000_000
"""Disclosures up to which everybody is counted; of larger ledgers every 2^n-th person, so that about so many are read."""
EXACT: Final = 2_000_000
"""People that `Holdings.exactly` reads, about, smallest actors first, none with an eighth of them; of larger ones the sample says enough."""
_FIELDS: Final = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """The actors, m of them: place in HELD, pseudonym, the next wider actor (-1: none) and the widest (itself, where none is wider)."""

    level: npt.NDArray[np.int8]
    actor: Ints
    parent: Ints
    root: Ints

    def __len__(self) -> int:
        return len(self.actor)

    def named(self, node: int) -> tuple[str, int]:
        """Level and pseudonym of one."""
        return HELD[int(self.level[node])], int(self.actor[node])

    def find(self, level: str, actor: int) -> int | None:
        """The place of an actor, None when it holds nobody."""
        if level not in HELD:
            return None
        found = np.flatnonzero((self.level == HELD.index(level)) & (self.actor == actor))
        return int(found[0]) if len(found) else None


Exactly = Callable[[Sequence[int]], dict[int, tuple[Ints, Ints, Ints]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Who holds whom.

    people: (n,) pseudonyms asked for, ascending. pairs: who of the actors holds which of them (places in `people`).
    sample: (s,) pseudonyms of sampled people, ascending; sampled: who holds which of them; rate: share of all people sampled.
    exactly: for some actors everybody they hold with all fields, as (subject, first, last), ascending; those too large are left out.
    fields: those of the fields asked for that the ledger knows; unknown: those that nobody was ever shown.
    roots: how many actors there are that are part of no other (about, in a large ledger).
    """

    people: Ints
    nodes: Nodes
    pairs: Pairs
    sample: Ints
    sampled: Pairs
    rate: float
    exactly: Exactly
    fields: tuple[str, ...]
    unknown: tuple[str, ...]
    roots: int


def held(
    ledger: Ledger,
    people: Ints,
    *,
    fields: Collection[str] = (),
    levels: Sequence[str] = HELD,
    until: int | None = None,
    sampled: int = SAMPLED,
) -> Holdings:
    """The holdings of everybody in the ledger, in so far as they were really shown (not only asked for) up to `until`.

    people: pseudonyms, ascending, each once. fields: names; a pair is whole when the actor was shown all of them of this person
    (fields that the ledger does not tell count as shown). until: microseconds since 1970 UTC, None: to the end.
    Raises EngineError when the ledger cannot be read.
    """
    reading = _Reading(ledger, fields, levels, until)
    places = pa.table({"person": pa.array(people), "place": pa.array(np.arange(len(people)))})
    of_people, paths = reading.fold("place", "JOIN asked ON subject = asked.person", "", small=True, asked=places)
    power = max(0, (sum(s.shown for s in ledger.manifest.segments) // max(1, sampled)).bit_length())
    some = "" if power == 0 else f" AND (subject & {2**power - 1}) = 1"
    of_sample, more = reading.fold("subject", "", some, small=False)
    sample, who = np.unique(of_sample.who, return_inverse=True)
    of_sample = Folded(path=of_sample.path, who=who.reshape(-1), first=of_sample.first, last=of_sample.last, mask=of_sample.mask)
    paths = joined_paths([paths, more])
    nodes, node, sizes = _nodes(paths)

    of_sampled = expanded(of_sample, paths, node, sizes, reading.need)
    about = np.diff(of_sampled.start) / 0.5**power  # people whom each holds

    def exactly(wanted: Sequence[int]) -> dict[int, tuple[Ints, Ints, Ints]]:
        small = [one for one in sorted(set(wanted), key=lambda one: (about[one], one)) if about[one] <= EXACT / 8]
        few = np.searchsorted(np.cumsum(about[small]), EXACT, "right")
        return reading.exactly(nodes, small[:few])

    return Holdings(
        people=people,
        nodes=nodes,
        pairs=expanded(of_people, paths, node, sizes, reading.need),
        sample=sample,
        sampled=of_sampled,
        rate=0.5**power,
        exactly=exactly,
        fields=reading.fields,
        unknown=reading.unknown,
        roots=int((nodes.parent < 0).sum()) if power == 0 else max(reading.roots(), int((nodes.parent < 0).sum())),
    )


class _Reading:
    """Reads the ledger's rows, levels and fields as they are asked for."""

    def __init__(self, ledger: Ledger, fields: Collection[str], levels: Sequence[str], until: int | None) -> None:
        self._ledger = ledger
        self._sets = FieldSets(ledger.names("fields"))
        known = set(self._sets.fields)
        self.fields = tuple(sorted(set(fields) & known))[:_FIELDS]
        self.unknown = tuple(sorted(set(fields) - known)) if known else ()
        self.need = (1 << len(self.fields)) - 1
        bit = {name: 1 << place for place, name in enumerate(self.fields)}
        self._kind = np.min_scalar_type(self.need)
        shown = [sum(bit.get(part, 0) for part in one) for one in self._sets.sets]
        self._masks = np.array([*shown[:-1], self.need], self._kind)  # what is not known may have been shown
        self._source = ledger.engine.between(ledger.manifest.segments, None, until)
        nobody = " IS NULL AND ".join(HELD[:-1]) + " IS NULL"
        only = {"session": "account IS NULL", "ip": nobody}
        self._levels = {
            level: (
                "CAST(NULL AS BIGINT)" if level not in levels else f"CASE WHEN {only[level]} THEN {level} END" if level in only else level
            )
            for level in HELD
        }

    def fold(self, who: str, joined: str, condition: str, *, small: bool, **tables: pa.Table) -> tuple[Folded, Paths]:
        """Folds the rows that were shown; `who` is the column that tells persons apart."""
        columns = ", ".join(f"{sql} AS k_{level}" for level, sql in self._levels.items())
        mark = f"hash({', '.join(f'k_{level}' for level in HELD)})"  # equal for different paths by chance of 2^-64 a pair
        rows = f"SELECT {who} AS who, epoch_us(time) AS t, fields, {columns} FROM {self._source} {joined} WHERE shown{condition}"
        folding = Folding(self._kind, small=small)
        for batch in self._ledger.engine.stream(f"SELECT who, t, fields, {mark} AS mark, COLUMNS('k_.*') FROM ({rows})", **tables):
            who_, t, mark_ = (np.asarray(batch.column(place)) for place in (0, 1, 3))
            folding.add(who_, mark_.view(np.int64), batch.columns[4:], t, self.masks(batch.column(2)))
        return folding.done()

    def masks(self, column: pa.Array) -> Masks:
        """Bits of the fields asked for that each row showed."""
        if not self.fields:
            return np.zeros(len(column), self._kind)
        found: npt.NDArray[np.unsignedinteger[Any]] = self._masks[self._sets.codes(column)]
        return found

    def roots(self) -> int:
        """About how many actors there are that no wider one is known for."""
        first = ", ".join(self._levels.values())
        sql = f"SELECT approx_count_distinct(coalesce({first})) AS n FROM {self._source} WHERE shown"
        return int(self._ledger.engine.query(sql).column("n")[0].as_py())

    def exactly(self, nodes: Nodes, wanted: Sequence[int]) -> dict[int, tuple[Ints, Ints, Ints]]:
        """Everybody that these actors hold with all fields."""
        parts = [
            f"{level} IN ({', '.join(str(int(nodes.actor[node])) for node in wanted if nodes.level[node] == place)})"
            for place, level in enumerate(HELD)
            if any(nodes.level[node] == place for node in wanted)
        ]
        if not parts:
            return {}
        folded, paths = self.fold("subject", "", f" AND ({' OR '.join(parts)})", small=False)
        subject, who = np.unique(folded.who, return_inverse=True)
        folded = Folded(path=folded.path, who=who.reshape(-1), first=folded.first, last=folded.last, mask=folded.mask)
        node, sizes = np.full(paths.actor.shape, -1, np.int64), [0] * len(HELD)
        order: list[int] = []
        for place in range(len(HELD)):
            for one in (one for one in wanted if nodes.level[one] == place):
                node[paths.named[:, place] & (paths.actor[:, place] == nodes.actor[one]), place] = len(order)
                order.append(one)
                sizes[place] += 1
        pairs = expanded(folded, paths, node, sizes, self.need)
        found = {}
        for place, one in enumerate(order):
            cut = pairs.of(place)
            whole = pairs.whole[cut]
            found[one] = (subject[pairs.who[cut]][whole], pairs.first[cut][whole], pairs.last[cut][whole])
        return found


def _nodes(paths: Paths) -> tuple[Nodes, Ints, list[int]]:
    """The actors of all paths, level by level; which node each path is at each level, (q, 5); how many nodes a level has."""
    count = len(paths.mark)
    node = np.full((count, len(HELD)), -1, np.int64)
    levels, actors, parents, sizes = [], [], [], []
    wider = np.full(count, -1, np.int64)
    begin = 0
    for place in range(len(HELD)):
        there = np.flatnonzero(paths.named[:, place])
        ids, first, inverse = np.unique(paths.actor[there, place], return_index=True, return_inverse=True)
        node[there, place] = begin + inverse.reshape(-1)
        levels.append(np.full(len(ids), place, np.int8))
        actors.append(ids)
        parents.append(wider[there][first])
        sizes.append(len(ids))
        wider[there] = node[there, place]
        begin += len(ids)
    parent = np.concatenate(parents)
    root = np.arange(begin)
    for _ in HELD:
        root = np.where(parent[root] >= 0, parent[root], root)
    return Nodes(level=np.concatenate(levels), actor=np.concatenate(actors), parent=parent, root=root), node, sizes
