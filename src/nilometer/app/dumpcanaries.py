"""Canaries in a dump: looked for in every column of every row, whatever it was recognised as, and weighed against chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.app import canaries
from nilometer.app.assembly import Home
from nilometer.app.canaries import Canary
from nilometer.attribution import kinds, neighbours
from nilometer.attribution.kinds import SUBJECT
from nilometer.attribution.match import Node
from nilometer.attribution.neighbours import Neighbours
from nilometer.attribution.proof import Proof, weight
from nilometer.disclosures import pseudonym
from nilometer.ledger.known import shown
from nilometer.ledger.sets import among

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(slots=True, kw_only=True)
class Planted:
    """The home's canaries of one kind, by pseudonym, ascending; which were `hit` so far, and what else of the dump is like them."""

    kind: str
    canaries: tuple[Canary, ...]
    values: Ints
    spelt: pa.Array
    near: Neighbours
    hit: Bools

    def found(self, values: Ints) -> Bools:
        """Which of some pseudonyms are canaries."""
        return among(values, self.values)

    def look(self, column: pa.ChunkedArray, country: str) -> Bools | None:
        """(n,) which values of a column are canaries, None when none is."""
        spelt = _spelt(self.kind, column, country)
        place = pc.index_in(spelt, self.spelt)
        there = np.asarray(place.is_valid())
        self.near.take(pc.unique(spelt.filter(pa.array(~there)).drop_null()))
        if not there.any():
            return None
        self.hit[np.asarray(place.drop_null())] = True
        return there


def planted(home: Home, country: str) -> dict[str, Planted]:
    """The home's canaries by kind."""
    by_kind: dict[str, list[Canary]] = {}
    for one in canaries.kept(home):
        by_kind.setdefault(one.kind, []).append(one)
    found = {}
    for kind, some in by_kind.items():
        raw = pa.array([one.value for one in some], pa.string())
        keyed = np.asarray(kinds.pseudonyms(home.key, kind, raw, country).fill_null(0))
        order = np.argsort(keyed, kind="stable")
        some = [some[place] for place in order.tolist()]
        spelt = _spelt(kind, raw, country).take(pa.array(order)).fill_null("")
        like = [
            neighbours.like(one.value, one.like, text, phone=kind == "phone") for one, text in zip(some, spelt.to_pylist(), strict=True)
        ]
        found[kind] = Planted(
            kind=kind, canaries=tuple(some), values=keyed[order], spelt=spelt, near=Neighbours(like), hit=np.zeros(len(some), np.bool_)
        )
    return found


def look(every: Mapping[str, Planted], rows: pa.Table, country: str) -> Ints:
    """Places of the rows that have a canary."""
    found = np.zeros(rows.num_rows, np.bool_)
    for one in every.values():
        for column in rows.columns:
            there = one.look(column, country)
            if there is not None:
                found |= there
    return np.flatnonzero(found)


def proof(home: Home, every: Mapping[str, Planted]) -> tuple[dict[Node, Proof], list[str]]:
    """What the canaries that were found weigh, by the actor's pseudonym; and sentences on them: what was and what cannot be checked."""
    chances = {kind: one.near.chances() for kind, one in every.items()}
    mine: dict[tuple[str, str], dict[str, list[int]]] = {}
    for kind, one in every.items():
        for place, canary in enumerate(one.canaries):
            mine.setdefault((canary.level, canary.actor), {}).setdefault(kind, []).append(place)
    found, said = {}, []
    for (level, actor), places in mine.items():
        key = pseudonym.one(home.key, level, actor)
        if not any(every[kind].hit[some].any() for kind, some in places.items()):
            continue
        caught, missed = list[float](), list[float]()
        for kind, some in places.items():
            at, hit = np.array(some), every[kind].hit[some]
            if kind == SUBJECT and hit.any():
                own, others = shown(home.ledger, every[kind].values[at], level, key)
                said += _checked(f"{level} {actor}", hit, own, others)
                at, hit = at[~others], hit[~others]
            elif hit.any():
                said.append(
                    f"Whether the {int(hit.sum()):,} {kind} canaries of {level} {actor} that are in the dump were shown to anybody else was not checked: "
                    f"the ledger keeps no {kind}."
                )
            caught += chances[kind][at[hit]].tolist()
            missed += chances[kind][at[~hit]].tolist()
        if not caught:
            continue
        found[(level, key)] = Proof(found=len(caught), nats=weight(caught, missed))
        if not found[(level, key)].proves:
            said.append(
                f"{len(caught):,} of the {len(caught) + len(missed):,} canaries of {level} {actor} are in the dump, which has so many values like them, "
                "or they so few signs that cannot be guessed, that chance explains it: they prove nothing by themselves."
            )
    return found, said


def _checked(who: str, hit: Bools, own: Bools, others: Bools) -> list[str]:
    """What the ledger says of ids that are canaries."""
    said = []
    if (hit & others).any():
        said.append(
            f"{int((hit & others).sum()):,} of the canaries of {who} that are in the dump were shown to others, too, and prove nothing."
        )
    left = hit & ~others
    if (left & ~own).any():
        said.append(
            f"{int((left & ~own).sum()):,} of the {int(left.sum()):,} canaries of {who} in the dump were never disclosed to it as far as the ledger shows: "
            "they were shown on a surface that is not logged, or came into the dump another way."
        )
    elif left.any():
        said.append(f"The ledger shows all {int(left.sum()):,} canaries of {who} in the dump disclosed to it, and to nobody else.")
    return said


def _spelt(kind: str, values: pa.Array | pa.ChunkedArray, country: str) -> pa.Array:
    """Values of a kind as text that can be compared."""
    if kind != SUBJECT:
        return kinds.canonical(kind, values, country)
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    values = pc.utf8_trim_whitespace(values.cast(pa.string()))
    if pc.any(pc.match_substring(values, ".")).as_py():
        values = pc.replace_substring_regex(values, r"^(-?\d{1,18})\.0+$", r"\1")
    return values
