"""What a dump's judging says: suspects with probabilities, the narrowest that explains it, or that it cannot be told and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CANNOT: Final = "cannot tell"
"""The verdict when no actor is named; `Verdict.why` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One actor that the dump may come from.

    level, actor: 'org', 'app', 'account', 'session', 'ip', and its pseudonym (signed); level 'campaign' has the number given to judge.
    held: people of the dump whom it was shown in time and with the fields.
    expected: how many of the dump's people it would hold by chance, were it not the source; popularity taken into account.
    probability, low, high: that it is the source (or a source, when several are mixed), and the range of that.
    window: first and last moment (microseconds since 1970 UTC) at which the source's rows could have been taken; None: not known.
    reach: how many people it was ever shown (in time, with the fields).
    share: about which share of the people in the dump come from it.
    canaries: how many rows of the dump are canaries that only it was shown.
    why: sentences; for an actor that is excluded the reason.
    """

    level: str
    actor: int
    held: int
    expected: float
    probability: float
    low: float
    high: float
    window: tuple[int, int] | None
    reach: int
    share: float = 0.0
    canaries: int = 0
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement of one dump.

    named: (level, pseudonym) of the actor that is named, None for "cannot tell"; `verdict` is made of it by whoever knows names.
    why: sentences that hold the reason; they name actors as `{level:pseudonym}`, for `told` to fill in.
    suspects: the most probable first, at most as many as asked for; wider levels of the same are beside each other.
    runner_up: the most probable other than the first and what is part of it or holds it, whether or not it is among `suspects`.
    several: sentence about more than one source mixed; empty when one explains it.
    elsewhere: probability that the source is nobody in the ledger.
    excluded: actors that hold people of the dump but cannot be it: not the fields, not the time.
    company: the org that answers for `named`, if one is known.
    """

    named: tuple[str, int] | None
    why: tuple[str, ...]
    suspects: tuple[Suspect, ...]
    runner_up: Suspect | None
    several: str
    elsewhere: float
    excluded: tuple[Suspect, ...] = ()
    company: int | None = None


def marked(level: str, actor: int) -> str:
    """An actor inside a sentence, until its name is filled in."""
    return f"{{{level}:{actor}}}"
