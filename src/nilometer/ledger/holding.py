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
EXACT: Final = 8_000_000
"""Disclosures that `Holdings.exactly` reads at most; of larger actors the sample says enough."""
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

    def exactly(wanted: Sequence[int]) -> dict[int, tuple[Ints, Ints, Ints]]:
        return reading.exactly(nodes, wanted)

    return Holdings(
        people=people,
        nodes=nodes,
        pairs=expanded(of_people, paths, node, sizes, reading.need),
        sample=sample,
        sampled=expanded(of_sample, paths, node, sizes, reading.need),
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
        sql = f"SELECT {who} AS who, epoch_us(time) AS t, fields, {columns} FROM {self._source} {joined} WHERE shown{condition}"
        folding = Folding(self._kind, small=small)
        for batch in self._ledger.engine.stream(sql, **tables):
            folding.add(np.asarray(batch.column(0)), batch.columns[3:], np.asarray(batch.column(1)), self.masks(batch.column(2)))
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
        """Everybody that some actors hold, smallest actors first, up to EXACT rows in all."""
        found: dict[int, tuple[Ints, Ints, Ints]] = {}
        left = EXACT
        for place, level in enumerate(HELD):
            asked = {int(nodes.actor[node]): node for node in wanted if nodes.level[node] == place}
            if not asked:
                continue
            sql = f"SELECT {self._levels[level]} AS k FROM {self._source} WHERE shown AND {level} IN ({', '.join(map(str, asked))})"
            rows = self._ledger.engine.query(f"SELECT k, count(*) AS n FROM ({sql}) WHERE k IS NOT NULL GROUP BY k ORDER BY n").to_pylist()
            chosen = {}
            for row in rows:
                left -= row["n"]
                if left >= 0:
                    chosen[row["k"]] = asked[row["k"]]
            if chosen:
                found |= self._everybody(level, chosen)
        return found

    def _everybody(self, level: str, chosen: dict[int, int]) -> dict[int, tuple[Ints, Ints, Ints]]:
        condition = f" AND {level} IN ({', '.join(map(str, chosen))})"
        folded, paths = self.fold("subject", "", condition, small=False)
        actor = paths.actor[:, HELD.index(level)][np.searchsorted(paths.mark, folded.path)]
        named = paths.named[:, HELD.index(level)][np.searchsorted(paths.mark, folded.path)]
        found: dict[int, tuple[Ints, Ints, Ints]] = {}
        order = np.lexsort((folded.who, actor))
        order = order[named[order]]
        begin, end = np.searchsorted(actor[order], [list(chosen)])[0], np.searchsorted(actor[order], [list(chosen)], "right")[0]
        for (_, node), low, high in zip(chosen.items(), begin.tolist(), end.tolist(), strict=True):
            mine = order[low:high]
            found[node] = _each_once(folded.who[mine], folded.first[mine], folded.last[mine], folded.mask[mine], self.need)
        return found


def _each_once(who: Ints, first: Ints, last: Ints, mask: Masks, need: int) -> tuple[Ints, Ints, Ints]:
    """One actor's people over its paths, `who` ascending; those of whom it was not shown all fields are left out."""
    if not len(who):
        return who, first, last
    starts = np.concatenate([[0], np.flatnonzero(who[1:] != who[:-1]) + 1])
    whole = (np.bitwise_or.reduceat(mask, starts) & np.array(need, mask.dtype)) == need
    return who[starts][whole], np.minimum.reduceat(first, starts)[whole], np.maximum.reduceat(last, starts)[whole]


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
