"""Telling: what was judged, as suspects and sentences for people. Actors stand in them as `{level:pseudonym}` until names are filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np

from nilometer.attribution.candidates import Candidate, Tallies
from nilometer.attribution.found import Found
from nilometer.attribution.guilt import Judged
from nilometer.attribution.proof import Proof
from nilometer.attribution.strata import Reals, Strata
from nilometer.attribution.verdict import Suspect, marked
from nilometer.attribution.weighing import Weighed
from nilometer.ledger.holding import Holdings

_FEW: Final = 10
"""Fewer people of a dump than this, and hardly anything can be told."""
_MUCH: Final = 0.3  # of the dump's people, that an actor held without the fields or at other times, to be worth a word


def moment(micros: int) -> str:
    """A moment as people read it, in UTC."""
    if not -62_135_596_800 <= micros // 1_000_000 < 253_402_300_800:
        return "an unknown time"
    return datetime.fromtimestamp(micros // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def window(one: Candidate, place: int, found: Found) -> tuple[int, int] | None:
    """When its rows could have been taken: from its first moment with any of the dump's people to its last, values being valid."""
    inside = one.within(place)
    if not inside.any():
        return None
    begin, end = one.windows[place].tolist()
    who = one.who[inside]
    low = np.maximum(np.maximum(one.first[inside], found.after[who]), one.edges[begin])
    high = np.minimum(np.minimum(one.last[inside], found.before[who]), one.edges[end])
    low, high = int(low.min()), int(high.max())
    return (low, max(low, high))


def suspect(
    one: Candidate, place: int, weighed: Weighed, judged: Judged, found: Found, rate: Reals, caught: Mapping[int, Proof]
) -> Suspect:
    """One candidate as it is shown. rate: (c,) share of each stratum that the dump has."""
    when = int(weighed.window[place])
    expected = float(((one.both[0] + one.beside[0]) * rate).sum())
    own = sum(proof.found for node, proof in caught.items() if node in one.nodes)
    why = [f"{len(one.who):,} of the dump's {len(found.people):,} people were shown to it; by chance about {expected:,.0f} would be."]
    if when:
        begin, end = (moment(int(one.edges[edge])) for edge in one.windows[when])
        why.append(f"What it was shown from {begin} to {end} explains the dump best.")
    if own:
        why.append(f"The dump has {own} canar{'y' if own == 1 else 'ies'} planted with it alone.")
    return Suspect(
        level=one.level,
        actor=one.actor,
        held=len(one.who),
        expected=expected,
        probability=float(judged.probability[place]),
        low=float(judged.low[place]),
        high=float(judged.high[place]),
        window=window(one, when, found),
        reach=round(one.reach),
        share=float(judged.taken[place] / max(1, found.rows)),
        canaries=own,
        why=tuple(why),
    )


def excluded(holdings: Holdings, counted: Tallies, found: Found) -> tuple[Suspect, ...]:
    """Actors that were shown much of the dump, but not its fields or not while its values were valid: the widest first, five at most."""
    gone = counted.untimely + counted.partial
    enough = (gone >= max(_FEW, _MUCH * len(found.people))) & (counted.held < 0.1 * gone)
    order = sorted(np.flatnonzero(enough).tolist(), key=lambda node: (-int(gone[node]), int(holdings.nodes.level[node])))[:5]
    told = []
    for node in order:
        level, actor = holdings.nodes.named(node)
        why = []
        if counted.partial[node]:
            which = ", ".join(holdings.fields)
            why.append(f"{marked(level, actor)} was shown {int(counted.partial[node]):,} of these people, but not all of: {which}.")
        if counted.untimely[node]:
            why.append(
                f"{marked(level, actor)} was shown {int(counted.untimely[node]):,} of these people only when they had other values than in the dump."
            )
        told.append(
            Suspect(
                level=level, actor=actor, held=int(counted.held[node]), expected=float(counted.expected[node]), probability=0.0, low=0.0,
                high=0.0, window=None, reach=int(gone[node] + counted.held[node]), why=tuple(why),
            )
        )  # fmt: skip
    return tuple(told)


def nobody(holdings: Holdings, found: Found, layers: Strata, counted: Tallies) -> tuple[str, ...]:
    """Why nothing can be told when no actor holds anybody of the dump, or none more than by chance."""
    if not found.kinds and not len(found.people):
        return (
            f"No column says whose the {found.rows:,} rows are: of the values looked at, from all over each table, too few are anybody's who is known here.",
        )
    if not len(found.people):
        return (f"None of the {found.rows:,} rows belongs to a person that is known here.",)
    shown = int((layers.of_dump >= 0).sum())
    first = f"{len(found.people):,} people of the dump are known here, {shown:,} of them were ever shown to anybody"
    if counted.held.any():
        return (f"{first}, but no actor holds more of them than chance explains.", *_unknown(holdings))
    if shown and holdings.fields:
        return (f"{first}, but to nobody with all of: {', '.join(holdings.fields)}.", *_unknown(holdings))
    return (f"{first}, none in time." if shown else f"{first}.", *_unknown(holdings))


def _unknown(holdings: Holdings) -> list[str]:
    if not holdings.unknown:
        return []
    return [f"No actor was ever shown {', '.join(holdings.unknown)}: that part of the dump has another source, or is not told by the logs."]


def several(weighed: Weighed, judged: Judged, found: Found) -> str:
    """A sentence about more than one source; nothing where it is from nowhere rather than from any."""
    if len(judged.sources) < 2 or judged.nobody >= 0.5:
        return ""
    parts = []
    for place in judged.sources:
        one = weighed.candidates[place]
        parts.append(f"{marked(one.level, one.actor)} about {judged.taken[place] / max(1, found.rows):.0%} of the rows")
    return "Several sources are mixed: " + "; ".join(parts) + ". Who is behind a row that more than one of them held cannot be told."


def why(
    holdings: Holdings,
    found: Found,
    layers: Strata,
    weighed: Weighed,
    judged: Judged,
    named: int | None,
    suspects: Sequence[Suspect],
    runner: Suspect | None,
    mixed: str,
) -> tuple[str, ...]:
    """The reasons of the verdict."""
    said = [mixed] if mixed else []
    if named is not None:
        first = suspects[0]
        who = marked(first.level, first.actor)
        said.append(
            f"{who} held {first.held:,} of the dump's {len(found.people):,} known people, where chance explains {first.expected:,.0f}."
        )
        if first.canaries:
            said.append(f"{first.canaries:,} canaries in the dump were planted with it alone.")
        narrower = _coinciding(weighed, judged, named)
        if narrower:
            said.append(f"Which part of {who} it was cannot be told: " + ", ".join(narrower) + " explain the dump about as well.")
        if runner is not None and not mixed:
            said.append(
                f"The next, {marked(runner.level, runner.actor)}, held {runner.held:,} ({runner.expected:,.0f} by chance): probability {runner.probability:.3f}."
            )
    else:
        said += _cannot(judged, layers, suspects, runner)
    unmatched = found.unmatched + len(found.people) - int((layers.of_dump >= 0).sum())
    if unmatched:
        said.append(f"{unmatched:,} of {found.rows:,} rows are of nobody whose data was ever shown here.")
    if weighed.clumps >= 2:
        said.append(
            f"Overlaps with all actors vary {weighed.clumps:.0f} times as much as by chance, so evidence against nobody counts that much less."
        )
    return (*said, *_unknown(holdings))


def _coinciding(weighed: Weighed, judged: Judged, named: int) -> list[str]:
    """Parts of the one named that are each likely enough to be it."""
    parts = [
        place
        for place in np.argsort(-judged.main).tolist()
        if place != named and weighed.above[named, place] and judged.main[place] >= 0.05
    ]
    return [marked(weighed.candidates[place].level, weighed.candidates[place].actor) for place in parts[:5]] if len(parts) > 1 else []


def _cannot(judged: Judged, layers: Strata, suspects: Sequence[Suspect], runner: Suspect | None) -> list[str]:
    shown = int((layers.of_dump >= 0).sum())
    if judged.nobody >= 0.5:
        text = "No actor held more of these people than chance and popularity explain, or than an outsider's people would show"
        if suspects and suspects[0].held > suspects[0].expected:
            first = suspects[0]
            text += f"; {marked(first.level, first.actor)} held {first.held:,}, where {first.expected:,.0f} are expected"
        return [text + "."] + ([f"Only {shown:,} people of the dump were ever shown to anybody: too few."] if shown < _FEW else [])
    if shown < _FEW:
        return [f"Only {shown:,} people of the dump were ever shown to anybody: too few to tell actors apart."]
    first = suspects[0]
    if runner is not None and runner.probability >= 0.05:
        pair = [f"{marked(s.level, s.actor)} ({s.probability:.2f})" for s in (first, runner)]
        return [f"{pair[0]} and {pair[1]} held nearly the same of these people, and cannot be told apart."]
    return [
        (
            f"The most likely source, {marked(first.level, first.actor)}, has a probability of {first.probability:.2f}: too little to name it. "
            f"With {judged.nobody:.2f} it is somebody whose disclosures are not in the ledger."
        )
    ]
