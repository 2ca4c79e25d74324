"""Dumps whose source is known: parts of what an actor was shown, mixed with strangers and mistakes, and dumps from nowhere.

Also a small world of exposures to take them from: firms with apps and accounts, regional customers, popular people, double
bookkeeping, partners with the same customers. Everything is drawn from one generator, so that a seed says it all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nilometer.disclosures.schema import STORED

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Node = tuple[str, int]

FIRST: Final = 1_577_836_800_000_000
"""The world begins on 1 January 2020, in microseconds since 1970."""
DAY: Final = 86_400_000_000
DAYS: Final = 180
FIELDS: Final = {11: "nickname", 12: "nickname|phone", 13: "address|nickname|phone", 14: "email|nickname"}
"""Sets of fields by pseudonym."""
REGIONS: Final = 12
NOWHERE: Final = ("uniform", "popular", "old_list", "regional", "rival")
"""Kinds of dumps that come from nobody in the ledger: random people, popular ones, popular ones of long ago, popular ones of one
region, and the customers of a firm that is not in the ledger (popular people, most of them of two regions, in part of the time)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Exposures: `table` as the ledger stores them; for each of n people pseudonym, popularity and region; `held` by each actor:
    places of people, ascending, and when each was shown first."""

    table: pa.Table
    people: Ints
    popularity: Reals
    region: Ints
    held: dict[Node, tuple[Ints, Ints]]
    parent: dict[Node, Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """What is found on a forum, as pseudonyms: `people` places in the world, ascending, each once; `rows` of it; `unmatched` of nobody known.

    sources: the actors that it comes from, the largest part first; none for a dump from nowhere. genuine: places that come from
    them, one array each. kind: in a word. until: when the data was taken.
    """

    kind: str
    people: Ints
    rows: int
    unmatched: int
    sources: tuple[Node, ...] = ()
    genuine: tuple[Ints, ...] = ()
    until: int | None = None


def spread(values: Ints) -> Ints:
    """Numbers spread over 64 bits, different ones differently (SplitMix: Steele, Lea and Flood, OOPSLA 2014): stand-ins for pseudonyms."""
    z = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z ^ (z >> np.uint64(31))).view(np.int64)


def world(seed: int, *, people: int = 30_000, firms: int = 80) -> World:
    """A world of so many people and firms, some 200,000 exposures."""
    rng = np.random.default_rng((41, seed))
    ids = spread(np.arange(people) + seed * 1_000_003)
    popularity = rng.lognormal(0.0, 1.1, people)
    region = rng.choice(REGIONS, people, p=rng.dirichlet(np.full(REGIONS, 3.0)))
    making = _Making(rng, people, popularity, region)
    for number in range(firms):
        making.firm(number)
    return making.world(ids)


class _Making:
    """Firms one after the other; some share the customers of the one before."""

    def __init__(self, rng: np.random.Generator, people: int, popularity: Reals, region: Ints) -> None:
        self._rng, self._people, self._popularity, self._region = rng, people, popularity, region
        self._parts: list[tuple[Ints, Ints, int, int, int, int]] = []  # people, times, firm, app, account, fields
        self._last: Ints | None = None

    def firm(self, number: int) -> None:
        rng = self._rng
        size = int(np.clip(rng.pareto(0.9) * 150 + 30, 30, self._people // 3))
        begin = 0.0 if rng.random() < 0.6 else rng.uniform(0, 0.7)
        end = 1.0 if rng.random() < 0.8 else rng.uniform(begin + 0.1, 1.0)
        if self._last is not None and rng.random() < 0.05:  # a partner: nearly the same customers
            mine = self._last[rng.random(len(self._last)) < rng.uniform(0.9, 1.0)]
        else:
            homes = rng.choice(REGIONS, rng.integers(1, 4), replace=False)
            weight = self._popularity * np.where(np.isin(self._region, homes), 1.0, rng.choice([0.02, 0.1, 0.5]))
            mine = rng.choice(self._people, size, replace=False, p=weight / weight.sum())
        self._last = mine
        apps = int(rng.choice([1, 1, 2, 3]))
        doubled = apps > 1 and rng.random() < 0.25  # two apps kept in step hold the same people
        belongs = rng.integers(0, apps, len(mine))
        for app in range(apps):
            part = mine if doubled else mine[belongs == app]
            accounts = int(rng.choice([1, 2, 3, 6]))
            of = rng.choice(accounts, len(part), p=rng.dirichlet(np.full(accounts, 1.5)))
            fields = int(rng.choice(list(FIELDS), p=[0.1, 0.5, 0.3, 0.1]))
            for account in range(accounts):
                his = part[of == account]
                if not len(his):
                    continue
                again = np.repeat(his, 1 + rng.poisson(0.7, len(his)))
                times = FIRST + (rng.uniform(begin, end, len(again)) * DAYS * DAY).astype(np.int64)
                self._parts.append((again, times, number, number * 10 + app, (number * 10 + app) * 10 + account, fields))

    def world(self, ids: Ints) -> World:
        people, times = (np.concatenate([part[place] for part in self._parts]) for place in (0, 1))
        sizes = [len(part[0]) for part in self._parts]
        levels = {
            "org": np.repeat(spread(np.array([part[2] for part in self._parts]) + 10_000_000), sizes),
            "app": np.repeat(spread(np.array([part[3] for part in self._parts]) + 20_000_000), sizes),
            "account": np.repeat(spread(np.array([part[4] for part in self._parts]) + 30_000_000), sizes),
        }
        fields = np.repeat(np.array([part[5] for part in self._parts]), sizes)
        columns = {"time": pa.array(times, pa.timestamp("us", tz="UTC")), "subject": pa.array(ids[people]), "fields": pa.array(fields)}
        columns |= {level: pa.array(values) for level, values in levels.items()}
        columns["status"] = pa.array(np.full(len(people), 200, np.int16))
        columns["shown"] = pa.array(np.ones(len(people), bool))
        columns["step"] = pa.array(np.zeros(len(people), np.int8))
        table = pa.table([columns.get(f.name, pa.nulls(len(people), f.type)) for f in STORED], schema=STORED)
        order = np.argsort(times, kind="stable")
        parent = {("app", int(a)): ("org", int(o)) for a, o in zip(levels["app"], levels["org"], strict=True)}
        parent |= {("account", int(c)): ("app", int(a)) for c, a in zip(levels["account"], levels["app"], strict=True)}
        held = holders(people, times, levels)
        return World(
            table=table.take(pa.array(order)), people=ids, popularity=self._popularity, region=self._region, held=held, parent=parent
        )


def holders(people: Ints, times: Ints, levels: dict[str, Ints]) -> dict[Node, tuple[Ints, Ints]]:
    """For each actor the people it was shown, ascending, and the first time; `people` (n,) small numbers, `levels` pseudonyms (n,)."""
    found: dict[Node, tuple[Ints, Ints]] = {}
    for level, actors in levels.items():
        order = np.lexsort((times, people, actors))
        a, p, t = actors[order], people[order], times[order]
        first = np.concatenate([[True], (a[1:] != a[:-1]) | (p[1:] != p[:-1])])
        a, p, t = a[first], p[first], t[first]
        starts = np.flatnonzero(np.concatenate([[True], a[1:] != a[:-1]]))
        for begin, end in zip(starts.tolist(), [*starts[1:].tolist(), len(a)], strict=True):
            found[level, int(a[begin])] = (p[begin:end], t[begin:end])
    return found


def leaked(
    rng: np.random.Generator,
    of: World,
    sources: Sequence[Node],
    *,
    rate: float,
    foreign: float,
    altered: float,
    shares: Sequence[float] = (1.0,),
    until: int | None = None,
    strangers: float = 0.5,
) -> Dump:
    """A dump of a share `rate` of what its sources were shown up to `until`; of its rows a share `foreign` comes from elsewhere.

    Of several sources each gives its share of `shares` at most. altered: share of genuine rows whose values were changed: nearly all of
    them are nobody's then, one in twenty is somebody else's. strangers: share of foreign rows of people who are not known here.
    """
    genuine = []
    for node, share in zip(sources, shares, strict=True):
        held, first = of.held[node]
        mine = held if until is None else held[first <= until]
        genuine.append(np.sort(rng.choice(mine, max(1, round(len(mine) * min(1.0, rate * share))), replace=False)))
    rows = [np.array(part[rng.random(len(part)) >= altered]) for part in genuine]
    lost = sum(len(part) for part in genuine) - sum(len(part) for part in rows)
    wrong = rng.integers(0, len(of.people), rng.binomial(lost, 0.05))
    more = round(sum(len(part) for part in genuine) * foreign / (1 - foreign))
    unknown = rng.binomial(more, strangers)
    others = _elsewhere(rng, of, str(rng.choice(["uniform", "popular", "regional"])), more - unknown)
    people = np.unique(np.concatenate([*rows, wrong, others]))
    unmatched = lost - len(wrong) + unknown
    return Dump(
        kind="leak" if len(sources) == 1 else "mixed", people=people, rows=len(people) + unmatched, unmatched=unmatched,
        sources=tuple(sources), genuine=tuple(rows), until=until,
    )  # fmt: skip


def nowhere(rng: np.random.Generator, of: World, kind: str, size: int, *, strangers: float = 0.3) -> Dump:
    """A dump of about `size` rows that nobody in the ledger made, of one of the kinds NOWHERE."""
    unmatched = rng.binomial(size, strangers)
    people = np.unique(_elsewhere(rng, of, kind, size - unmatched))
    return Dump(kind=kind, people=people, rows=len(people) + unmatched, unmatched=unmatched)


def _elsewhere(rng: np.random.Generator, of: World, kind: str, size: int) -> Ints:
    """Places of people who come from elsewhere, each once, `size` of them or as many as there are."""
    weight = np.ones(len(of.people)) if kind == "uniform" else of.popularity.copy()
    if kind == "regional":
        weight *= np.where(of.region == rng.integers(REGIONS), 1.0, 0.01)
    elif kind == "rival":
        homes = rng.choice(REGIONS, 2, replace=False)
        weight *= np.where(np.isin(of.region, homes), 1.0, 0.1)
    elif kind == "old_list":
        weight *= _known_since(of) <= FIRST + rng.uniform(0.1, 0.5) * DAYS * DAY
    size = min(size, int((weight > 0).sum()))
    return rng.choice(len(of.people), size, replace=False, p=weight / weight.sum()) if size else np.zeros(0, np.int64)


def _known_since(of: World) -> Ints:
    since = np.full(len(of.people), np.iinfo(np.int64).max)
    for (level, _), (held, first) in of.held.items():
        if level == "org":
            since[held] = np.minimum(since[held], first)
    return since
