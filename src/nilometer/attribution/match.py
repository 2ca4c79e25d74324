"""Judging a dump: which of the actors could have made it, how likely, or that it cannot be told and why.

    holdings --> strata, tallies --> candidates --> weighed --> one source or several --> probabilities --> verdict

The model is in `odds.py` (one source) and `mixture.py` (several). A probability is that of an actor or any of its parts being the
source (or one of the sources). The rest of the probability is "nobody in the ledger", which never goes away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np

from nilometer.attribution import telling
from nilometer.attribution.candidates import Candidate, candidates, chosen, tallies
from nilometer.attribution.found import Found
from nilometer.attribution.guilt import Judged, probabilities
from nilometer.attribution.proof import Proof, leading, proved, unheard
from nilometer.attribution.strata import Strata, strata
from nilometer.attribution.verdict import Suspect, Verdict
from nilometer.attribution.weighing import Weighed, weigh
from nilometer.ledger.holding import Holdings
from nilometer.ledger.pairs import HELD

NOBODY: Final = 0.5
"""Prior probability that the source of a dump is nobody in the ledger."""
NAMED: Final = 0.95
"""The least probability at which an actor is named."""

Node = tuple[str, int]
_Value = TypeVar("_Value")


def judge(
    holdings: Holdings,
    found: Found,
    *,
    campaigns: Mapping[int, Sequence[Node]] | None = None,
    canaries: Mapping[Node, Proof] | None = None,
    nobody: float = NOBODY,
    most: int = 10,
) -> Verdict:
    """The verdict on a dump, `found` in it what `holdings` were asked for (their people are the same).

    campaigns: number to its members (level, pseudonym). canaries: (level, pseudonym) to its canaries that were found.
    nobody: prior probability that the source is not in the ledger. most: so many suspects at most. Raises ValueError when
    the people differ.
    """
    if not np.array_equal(holdings.people, found.people):
        raise ValueError("the holdings are of other people than the dump's")
    layers = strata(holdings)
    counted = tallies(holdings, found, layers)
    caught = _nodes(holdings, canaries or {})
    nats = {node: proof.nats for node, proof in caught.items()}
    unknown = unheard(canaries or {}, {holdings.nodes.named(node): node for node in caught})
    groups = {number: sorted(_nodes(holdings, dict.fromkeys(members, 1))) for number, members in (campaigns or {}).items()}
    groups = {number: members for number, members in groups.items() if members}
    members = [node for group in groups.values() for node in group]
    nodes = chosen(holdings, counted, besides=[*caught, *members])
    excluded = telling.excluded(holdings, counted, found)
    if not nodes or not (counted.held[nodes].any() or any(proof.proves for proof in caught.values())):
        return Verdict(
            named=None,
            why=(*unknown, *telling.nobody(holdings, found, layers, counted)),
            suspects=(),
            runner_up=None,
            several="",
            elsewhere=1.0,
            excluded=excluded,
        )
    weighed = weigh(holdings, counted, layers, candidates(holdings, counted, layers, nodes, groups), found.rows, nobody, nats)
    judged = probabilities(holdings, weighed, layers, found, nobody, caught=leading(weighed, caught))
    verdict = _verdict(holdings, found, layers, weighed, proved(judged, weighed, caught), caught, excluded, max(1, most))
    return replace(verdict, why=(*unknown, *verdict.why))


def _nodes(holdings: Holdings, given: Mapping[Node, _Value]) -> dict[int, _Value]:
    places = {holdings.nodes.find(*node): value for node, value in given.items()}
    return {place: value for place, value in places.items() if place is not None}


def _depth(one: Candidate) -> int:
    return -1 if one.level == "campaign" else HELD.index(one.level)


def _verdict(
    holdings: Holdings,
    found: Found,
    layers: Strata,
    weighed: Weighed,
    judged: Judged,
    caught: Mapping[int, Proof],
    excluded: tuple[Suspect, ...],
    most: int,
) -> Verdict:
    every = weighed.candidates
    sure = [place for place in range(len(every)) if judged.main[place] >= NAMED]
    named = max(sure, key=lambda place: (_depth(every[place]), judged.main[place])) if sure else None
    lead = named if named is not None else int(np.argmax(judged.probability + 1e-6 * np.array([_depth(one) for one in every])))
    kin = weighed.above[lead] | weighed.above[:, lead]
    ranked = sorted(
        range(len(every)),
        key=lambda place: (
            place != lead,
            not (kin[place] and judged.probability[place] >= NAMED),
            -round(float(judged.probability[place]), 3),
            -_depth(every[place]),
            -float(weighed.odds[place]),
        ),
    )
    rate = layers.dump / np.maximum(layers.everybody, 1)
    told = tuple(telling.suspect(every[place], place, weighed, judged, found, rate, caught) for place in ranked)
    runner = next((one for one, place in zip(told, ranked, strict=True) if not kin[place]), None)
    company = None
    if named is not None:
        company = next((one.actor for place, one in enumerate(every) if one.level == "org" and weighed.above[place, named]), None)
    several = telling.several(weighed, judged, found)
    why = telling.why(holdings, found, layers, weighed, judged, named, told, runner, several)
    return Verdict(
        named=None if named is None else (every[named].level, every[named].actor),
        why=why,
        suspects=told[:most],
        runner_up=runner,
        several=several,
        elsewhere=judged.nobody,
        excluded=excluded,
        company=company,
    )
