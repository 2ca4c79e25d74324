"""Canaries: made-up people that the platform shows to one actor only. Who publishes one of them has published what that actor took."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from nilometer.app import identities, journal
from nilometer.app.assembly import Home
from nilometer.attribution import kinds, neighbours
from nilometer.attribution.kinds import SUBJECT
from nilometer.clock import Clock, rfc3339, system_clock
from nilometer.disclosures import pseudonym
from nilometer.disclosures.actor import EVIDENCE_LEVELS, HIERARCHY, LEVELS
from nilometer.errors import EngineError, InputError
from nilometer.ledger import files, vault
from nilometer.ledger.known import known, shown
from nilometer.ledger.sets import among

FILE: Final = "canaries.sealed"
MOST: Final = 10_000
_SCHEMA: Final = pa.schema([(name, pa.string()) for name in ("level", "actor", "kind", "value", "at", "like")])
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_TRIES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One made-up value: whom it is for (level, id), what kind of value it is, the value, and when it was planted (RFC 3339).

    like: the pattern that it was made of; empty when somebody chose it.
    """

    level: str
    actor: str
    kind: str
    value: str
    at: str
    like: str = ""


def kept(home: Home) -> list[Canary]:
    """All canaries, oldest first. Raises EvidenceError when the file was changed."""
    path = home.folder / FILE
    if not path.exists():
        return []
    return [Canary(**row) for row in vault.unsealed(path, home.key.derived("canaries", 32)).to_pylist()]


def plant(
    home: Home, level: str, actor: str, values: Sequence[str], *, kind: str = SUBJECT, like: str = "", clock: Clock = system_clock
) -> list[Canary]:
    """Keeps values that only this actor is (going to be) shown; those it has already are not kept twice.

    like: the pattern they were `made` of. Raises InputError for an unknown level, a value that cannot be of the kind, one that is another actor's canary, or a real
    person's as far as the ledger and the identities know.
    """
    if level not in LEVELS:
        raise InputError(f"No level {level!r}; expected one of {', '.join(LEVELS)}.")
    if not actor.strip() or not values:
        raise InputError("Name the actor and at least one value.")
    with _writing(home):
        return _planted(home, level, actor, values, kind, like, clock)


def _planted(home: Home, level: str, actor: str, values: Sequence[str], kind: str, like: str, clock: Clock) -> list[Canary]:
    before = kept(home)
    fresh = list(dict.fromkeys(values))
    keyed = kinds.pseudonyms(home.key, kind, pa.array(fresh, pa.string()), identities.of(home).index.country)
    if keyed.null_count:
        raise InputError(f"{keyed.null_count} of {len(fresh)} values cannot be a {kind}; nothing was planted.")
    mine = {canary.value for canary in before if (canary.level, canary.actor, canary.kind) == (level, actor, kind)}
    others = {canary.value for canary in before if canary.kind == kind} - mine
    if others & set(fresh):
        raise InputError(
            f"{len(others & set(fresh))} of these values are another actor's canaries already; one value proves one actor only."
        )
    real = [value for value, there in zip(fresh, _real(home, kind, np.asarray(keyed)), strict=True) if there and value not in mine]
    if real and kind != SUBJECT:
        raise InputError(f"{len(real)} of these values belong to real people (`nilometer identities` says so); nothing was planted.")
    if kind == SUBJECT and level in HIERARCHY + EVIDENCE_LEVELS:
        _, others_saw = shown(home.ledger, np.unique(np.asarray(keyed)), level, pseudonym.one(home.key, level, actor))
        if others_saw.any():
            raise InputError(
                f"{int(others_saw.sum())} of these ids were shown to others already, so they prove nothing; nothing was planted."
            )
    at = rfc3339(clock())
    added = [Canary(level=level, actor=actor, kind=kind, value=value, at=at, like=like) for value in fresh if value not in mine]
    _store(home, before + added)
    body = {"did": f"planted {len(added):,} canaries", "level": level, "id": actor, "kind": kind, "count": len(added)}
    journal.record(home, "canary", body, clock=clock)
    return added


def made(home: Home, level: str, actor: str, count: int, like: str, *, kind: str = SUBJECT) -> list[str]:
    """`count` values of a pattern (`#` a digit, `?` a letter, everything else itself), out of a seed that is the actor's own.

    The same again gives others, because those planted already are left out; values that are somebody's here are, too (a stranger's
    phone cannot be known here: patterns that give assigned numbers are for who makes them to avoid). Raises InputError for a
    pattern with too few places: a dump of everything of that pattern must not hold them by chance.
    """
    places = like.count("#") + like.count("?")
    if not 1 <= count <= MOST:
        raise InputError(f"Between 1 and {MOST:,} canaries at once; {count:,} were asked for.")
    if neighbours.space(like) < neighbours.LEAST * count or places > 64:
        raise InputError(
            f"{like!r} has too few places for {count:,} values that no dump holds by chance, or more than 64: "
            f"use # (a digit) and ? (a letter) for at least {neighbours.LEAST:,.0f} possible values a canary."
        )
    taken = {canary.value for canary in kept(home) if canary.kind == kind}
    found: list[str] = []
    seed = home.key.derived(f"canary/{level}/{actor}/{kind}/{like}", 32)
    for number in range(_TRIES):
        drawn = [_drawn(seed, number * 4 * count + place, like) for place in range(4 * count)]
        drawn = [value for value in dict.fromkeys(drawn) if value not in taken and value not in found]
        keyed = kinds.pseudonyms(home.key, kind, pa.array(drawn, pa.string()), identities.of(home).index.country)
        if keyed.null_count:
            raise InputError(f"{like!r} gives values that cannot be a {kind}.")
        found += [value for value, there in zip(drawn, _real(home, kind, np.asarray(keyed)), strict=True) if not there]
        if len(found) >= count:
            return found[:count]
    raise InputError(f"No {count:,} values like {like!r} could be found that are nobody's.")


def remove(home: Home, level: str, actor: str, *, clock: Clock = system_clock) -> int:
    """Forgets an actor's canaries; how many there were."""
    with _writing(home):
        before = kept(home)
        stay = [canary for canary in before if (canary.level, canary.actor) != (level, actor)]
        if len(stay) < len(before):
            _store(home, stay)
    if len(stay) < len(before):
        body = {"did": f"removed {len(before) - len(stay):,} canaries", "level": level, "id": actor}
        journal.record(home, "canary", body, clock=clock)
    return len(before) - len(stay)


def _drawn(seed: bytes, number: int, like: str) -> str:
    stream = hmac.digest(seed, number.to_bytes(8, "big"), "sha512")
    return "".join(
        str(stream[place] % 10) if sign == "#" else _LETTERS[stream[place] % 26] if sign == "?" else sign for place, sign in _placed(like)
    )


def _placed(like: str) -> list[tuple[int, str]]:
    place, found = -1, []
    for sign in like:
        place += sign in "#?"
        found.append((place, sign))
    return found


def _real(home: Home, kind: str, keyed: identities.Ints) -> list[bool]:
    """Whether each value is a person's whom ledger or identities know."""
    values, back = np.unique(keyed, return_inverse=True)
    held = identities.of(home)
    there = known(home.ledger, values) | among(values, held.people()) if kind == SUBJECT else held.known(values)
    return [bool(one) for one in there[back]]


def _writing(home: Home) -> AbstractContextManager[None]:
    return files.locked(home.folder / "canaries.lock", "nilometer canary", wait=True)


def _store(home: Home, canaries: Sequence[Canary]) -> None:
    columns = [pa.array([getattr(canary, name) for canary in canaries], pa.string()) for name in _SCHEMA.names]
    try:
        files.replace(home.folder / FILE, vault.sealed(pa.table(columns, schema=_SCHEMA), home.key.derived("canaries", 32), FILE))
    except OSError as cause:
        raise EngineError(f"{home.folder / FILE} cannot be written: {cause.strerror or cause}. Nothing was changed.") from None
