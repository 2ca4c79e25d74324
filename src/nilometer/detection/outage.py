"""Outage: who asks in vain while most others do is no guesser. Who the others are must not be up to the guesser.

Others speak for an outage when they usually succeed, or when they ask for people whom somebody had been shown before: a guesser's further
addresses do neither, however many there are. On a ledger's first day nothing of this is known, and everybody speaks.
Misses (on purpose): whoever guesses while the platform really is down; a walk through known people by many, all of whom are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from nilometer.detection.claims import Claim
from nilometer.detection.coding import NONE, Flags, Ints, coded
from nilometer.detection.count import rows_of
from nilometer.detection.known import Known
from nilometer.detection.memory import Memory
from nilometer.detection.rows import HOUR, Rows

LEAST: Final = 3
"""So many others must speak."""


def is_outage(rows: Rows, claim: Claim, memories: Mapping[str, Memory], people: Known, age: int) -> bool:
    """Whether in the hour up to a claim of misses most of the others that speak failed mostly, too.

    The others are the other actors of the level; of a surface the apps, or where none are known the addresses, that came to it.
    `memories` and `people` (everybody ever shown) are as of the day before, `age` is the days that the ledger knows.
    """
    first, last = np.searchsorted(rows.t, [claim.time - HOUR + 1, claim.time + 1])
    at = np.arange(first, last)
    mine = rows.keys[claim.level][at] == claim.actor
    if claim.level == "surface":
        at = at[mine]
        parts = [("app", at[rows.keys["app"][at] != NONE]), ("ip", at[rows.keys["app"][at] == NONE])]
    else:
        parts = [(claim.level, at[rows_of(claim.level, rows)[at] & ~mine])]
    speaking = failing = 0
    for level, part in parts:
        part = part[rows.keys[level][part] != NONE]
        if not len(part):
            continue
        code, clients = coded(rows.keys[level][part])
        missed = ~rows.shown[part]
        fails = np.bincount(code[missed], minlength=len(clients)) * 2 > np.bincount(code)
        speaks = np.ones(len(clients), np.bool_)
        if age > 0:
            speaks = _succeeds_usually(memories.get(level), clients) | _asks_for_known(rows.subject[part], code, len(clients), people)
        speaking += int(speaks.sum())
        failing += int((fails & speaks).sum())
    return speaking >= LEAST and failing * 2 > speaking


def _succeeds_usually(memory: Memory | None, clients: Ints) -> Flags:
    if memory is None:
        return np.zeros(len(clients), np.bool_)
    past = memory.of(clients)
    return np.asarray((past.days > 0) & (past.usual("misses") <= past.usual("people")), dtype=np.bool_)


def _asks_for_known(subjects: Ints, code: Ints, clients: int, people: Known) -> Flags:
    """Which clients ask, mostly, for people whom somebody had been shown before."""
    order = np.argsort(subjects, kind="stable")
    known = np.empty(len(subjects), np.bool_)
    known[order] = people.has(subjects[order])
    return np.bincount(code[known], minlength=clients) * 2 > np.bincount(code, minlength=clients)
