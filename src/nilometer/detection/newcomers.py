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
"""Newcomers compared at most, of either side; of more a sample stands for all (pseudonyms are random: the lowest will do)."""
NEWCOMER: Final = 4
"""Days since its first for which an account counts as new: who signs up today may begin tomorrow."""


def unusual(rows: Rows, at: Ints, time: int, accounts: Memory | None, until: int) -> tuple[Ints, Ints, Floats]:
    """New accounts among the rows `at` (those that met people nobody reads), people each met so, how sure each is no usual newcomer.

    Sure is a share from 0 to 1. They are judged by what they were shown that day up to the moment `time` (microseconds since 1970),
    beside the days of who was new in the WEEKS before the day `until`; without any such nobody is sure.
    """
    keys, cold = np.unique(rows.keys["account"][at], return_counts=True)
    keys, cold = keys[keys != NONE], cold[keys != NONE]
    if accounts is None or not len(keys):
        return keys, cold, np.zeros(len(keys))
    first = accounts.of(keys).first
    new = (first < 0) | (first >= rows.day - NEWCOMER)
    keys, cold = keys[new], cold[new]
    then, days = _then(accounts, until, rows.day)
    if not len(keys) or not len(then) or not days:
        return keys, cold, np.zeros(len(keys))
    people = _people(rows, keys, time)
    now = np.stack([people, cold], axis=1).astype(np.float64)
    order = np.argsort(-people, kind="stable")[:MOST]
    sure = np.zeros(len(keys))
    usual = _near(now[order], then) / days
    here = _near(now[order], now[:MOST]) * (len(now) / min(len(now), MOST))
    sure[order] = np.clip(1.0 - usual / np.maximum(here, 1.0), 0.0, 1.0)
    return keys, cold, sure


def _people(rows: Rows, keys: Ints, time: int) -> Ints:
    """How many people each of the accounts (ascending, at least one) was shown that day up to a moment."""
    account = rows.keys["account"]
    place = np.minimum(np.searchsorted(keys, account), len(keys) - 1)
    mine = np.flatnonzero(rows.shown & (rows.t <= time) & (keys[place] == account))
    order = np.lexsort((rows.subject[mine], place[mine]))
    place, subject = place[mine][order], rows.subject[mine][order]
    first = np.ones(len(place), np.bool_)
    first[1:] = (np.diff(place) != 0) | (np.diff(subject) != 0)
    return np.bincount(place[first], minlength=len(keys)).astype(np.int64)


def _then(accounts: Memory, until: int, today: int) -> tuple[Floats, float]:
    """Days of who was new in the WEEKS before `until`, (p, 2): people, and people nobody had been shown; and the number of dates they are of.

    The share of the latter falls as a ledger grows: it is moved along its trend (least squares) to `today`.
    """
    some = np.flatnonzero((accounts.first >= until - WEEKS) & (accounts.first < until) & (accounts.days > 0) & (accounts.days <= DAYS))
    dates = float(len(distinct(accounts.first[some])))
    if len(some) > MOST:
        dates *= MOST / len(some)
        some = some[:MOST]
    early = slice(0, NEWCOMER + 1)
    held = np.arange(DAYS)[None, early] < accounts.days[some, None]
    place = accounts.place[some, early]
    held &= (place - accounts.first[some, None] <= NEWCOMER) & (place < until) & (accounts.counts["people"][some, early] >= LEAST)
    people, cold = (accounts.counts[name][some, early][held].astype(np.float64) for name in ("people", "cold"))
    if not len(people):
        return np.zeros((0, 2)), dates
    ago, share = (today - place[held]).astype(np.float64), cold / people
    middle = np.average(ago, weights=people)
    varies = np.average((ago - middle) ** 2, weights=people)
    trend = np.average((ago - middle) * share, weights=people) / varies if varies > 0 else 0.0
    return np.stack([people, people * np.clip(share - trend * ago, 0.0, 1.0)], axis=1), dates


def _near(some: Floats, others: Floats) -> Floats:
    """How many of the others are like each of some, (s,): Gaussian in the logarithm of people and the share of cold ones."""
    found = np.empty(len(some))
    for begin in range(0, len(some), 256):
        part = slice(begin, begin + 256)
        near = ((np.log(some[part, :1]) - np.log(others[:, :1]).T) / SIZES) ** 2
        near += ((some[part, 1:] / some[part, :1] - (others[:, 1:] / others[:, :1]).T) / SHARES) ** 2
        found[part] = np.exp(-near / 2).sum(axis=1)
    return found
