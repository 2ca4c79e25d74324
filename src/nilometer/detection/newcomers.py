"""Which of a day's new accounts are more than chance: compared with the newcomers of the weeks before, by size and by whom they read.

An account mill makes accounts that look new because they are, on a platform where hundreds sign up every day. A local false
discovery rate (Efron 2004, "Large-scale simultaneous hypothesis testing") tells them apart as far as that goes: where
newcomers of this size who read so many people nobody reads are three times as many as usual, two in three are not usual.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nilometer.detection.coding import NONE, Floats, Ints
from nilometer.detection.count import LEAST
from nilometer.detection.memory import DAYS, Memory
from nilometer.detection.rows import Rows
from nilometer.ledger.sets import distinct

WEEKS: Final = 28
"""Days of newcomers that today's are compared with."""
SIZES: Final = 0.25
"""Width of the comparison in the logarithm of the people an account was shown."""
SHARES: Final = 0.05
"""The same in the share of them whom nobody had been shown before."""
MOST: Final = 3_000
"""Newcomers compared at most, of either side."""


def unusual(rows: Rows, at: Ints, accounts: Memory | None, until: int) -> tuple[Ints, Ints, Floats]:
    """Today's new accounts among the rows `at` (those that met people nobody reads), people each met so, how sure each is no usual newcomer.

    Sure is a share from 0 to 1. They are compared with who was new in the WEEKS before the day `until`; without any such nobody is sure.
    """
    keys, cold = np.unique(rows.keys["account"][at], return_counts=True)
    keys, cold = keys[keys != NONE], cold[keys != NONE]
    if accounts is None or not len(keys):
        return keys, cold, np.zeros(len(keys))
    new = accounts.of(keys).first < 0
    keys, cold = keys[new], cold[new]
    people = _people(rows, keys)
    then, days = _then(accounts, until, rows.day)
    if not len(keys) or not len(then) or not days:
        return keys, cold, np.zeros(len(keys))
    now = np.stack([people, cold], axis=1).astype(np.float64)
    order = np.argsort(-people, kind="stable")[:MOST]
    sure = np.zeros(len(keys))
    usual = _near(now[order], then) / days
    here = _near(now[order], now)
    sure[order] = np.clip(1.0 - usual / here, 0.0, 1.0)
    return keys, cold, sure


def _people(rows: Rows, keys: Ints) -> Ints:
    """How many people each of the accounts (ascending) was shown today."""
    account = rows.keys["account"]
    place = np.searchsorted(keys, account)
    mine = np.flatnonzero(rows.shown & (keys[np.minimum(place, len(keys) - 1)] == account)) if len(keys) else np.zeros(0, np.int64)
    order = np.lexsort((rows.subject[mine], place[mine]))
    place, subject = place[mine][order], rows.subject[mine][order]
    first = np.ones(len(place), np.bool_)
    first[1:] = (np.diff(place) != 0) | (np.diff(subject) != 0)
    return np.bincount(place[first], minlength=len(keys)).astype(np.int64)


def _then(accounts: Memory, until: int, today: int) -> tuple[Floats, float]:
    """First days of who was new in the WEEKS before `until`, (p, 2): people, and people nobody had been shown; and the number of days they are of.

    The share of the latter falls as a ledger grows: it is moved along its trend (least squares) to `today`.
    """
    at = np.flatnonzero((accounts.first >= until - WEEKS) & (accounts.first < until) & (accounts.days > 0) & (accounts.days <= DAYS))
    at = at[accounts.place[at, 0] == accounts.first[at]]
    days = float(len(distinct(accounts.first[at])))
    if len(at) > MOST:  # keys are random: the lowest are a sample
        days *= MOST / len(at)
        at = at[:MOST]
    at = at[accounts.counts["people"][at, 0] >= LEAST]
    people, cold = (accounts.counts[name][at, 0].astype(np.float64) for name in ("people", "cold"))
    if not len(at):
        return np.zeros((0, 2)), days
    ago, share = (today - accounts.first[at]).astype(np.float64), cold / people
    middle = np.average(ago, weights=people)
    varies = np.average((ago - middle) ** 2, weights=people)
    trend = np.average((ago - middle) * share, weights=people) / varies if varies > 0 else 0.0
    return np.stack([people, people * np.clip(share - trend * ago, 0.0, 1.0)], axis=1), days


def _near(some: Floats, others: Floats) -> Floats:
    """How many of the others are like each of some, (s,): Gaussian in the logarithm of people and the share of cold ones."""
    size, share = np.log(some[:, :1]), some[:, 1:] / some[:, :1]
    other_size, other_share = np.log(others[:, :1]), others[:, 1:] / others[:, :1]
    near = ((size - other_size.T) / SIZES) ** 2 + ((share - other_share.T) / SHARES) ** 2
    return np.asarray(np.exp(-near / 2).sum(axis=1), dtype=np.float64)
