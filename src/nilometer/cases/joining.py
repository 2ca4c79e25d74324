"""Which findings belong together: they share an actor, a parent, or more people than chance explains. Suggested, never done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

Actor = tuple[str, str]
"""Level and the platform's own id."""

SHARED: Final = 0.2
"""Share of the smaller set of people that two findings must have in common."""
BEYOND: Final = 3.0
"""How many times what chance would give they must have in common."""
LEAST: Final = 20
"""People in common from which an overlap says anything."""
CROWD: Final = 50
"""A parent of so many accused actors or more is the platform's front door, not a tie between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """What ties a finding to others: its id, whom it accuses (campaigns among them), and who is above these."""

    id: str
    actors: frozenset[Actor]
    parents: frozenset[Actor] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How many people two findings have in common, beside each one's and all people in the ledger."""

    one: str
    other: str
    both: int
    of_one: int
    of_other: int
    everybody: int

    def expected(self) -> float:
        """What chance would give if both had drawn their people blindly (the mean of the hypergeometric distribution)."""
        return self.of_one * self.of_other / self.everybody if self.everybody else 0.0

    def tells(self) -> bool:
        """Whether so many are more than chance and no small part."""
        smaller = min(self.of_one, self.of_other)
        return self.both >= LEAST and self.both >= SHARED * smaller and self.both >= BEYOND * self.expected()


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A suggestion: two findings belong together, because."""

    one: str
    other: str
    because: str


def joins(findings: Sequence[Tied], overlaps: Iterable[Overlap] = ()) -> Iterator[Join]:
    """Every pair that belongs together, with the first reason that holds; pairs in the order of `findings`."""
    measured = {frozenset((one.one, one.other)): one for one in overlaps}
    above: dict[Actor, int] = {}
    for finding in findings:
        for parent in finding.parents:
            above[parent] = above.get(parent, 0) + len(finding.actors)
    for place, one in enumerate(findings):
        for other in findings[place + 1 :]:
            because = _because(one, other, above, measured.get(frozenset((one.id, other.id))))
            if because is not None:
                yield Join(one=one.id, other=other.id, because=because)


def _because(one: Tied, other: Tied, above: dict[Actor, int], overlap: Overlap | None) -> str | None:
    shared = sorted(one.actors & other.actors)
    if shared:
        level, ident = shared[0]
        return f"both accuse {level} {ident}"
    higher = sorted((one.actors & other.parents) | (other.actors & one.parents))
    if higher:
        level, ident = higher[0]
        return f"{level} {ident}, which one accuses, is above whom the other accuses"
    parents = sorted(parent for parent in one.parents & other.parents if above[parent] < CROWD)
    if parents:
        level, ident = min(parents, key=lambda parent: (above[parent], parent))
        return f"all are within {level} {ident}"
    if overlap is not None and overlap.tells():
        return f"{overlap.both:,} people in common, where chance would give about {overlap.expected():,.0f}"
    return None
