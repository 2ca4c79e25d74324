"""A consultancy among others: one more firm whose staff read the reviewers of the merchants it advises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.directory import Company
from nilometer.simulation.habits.reviews import ReviewReading
from nilometer.simulation.mixing import Ints, key_of
from nilometer.simulation.platform import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """The company, its honest reading, and the credentials (K,) of those who read."""

    company: Company
    reading: ReviewReading
    staff: Ints


def consultancy(platform: Platform, name: str, *, accounts: tuple[int, ...], visits: float, agent: str, surface: int, ips: int = 3) -> Firm:
    """A firm with `visits` on an ordinary working day at scale 1, spread evenly over all its accounts, 12 % of them new.

    Like the consultancies of `honest`, it gains a merchant about every seven weeks, with reviewers worth a day and a half.
    """
    company = platform.directory.company(accounts=accounts, agent=agent, ips=ips)
    office, mean = platform.paces["office"], np.array([visits * platform.scale])
    rng = np.random.default_rng(key_of(platform.seed, name, "merchants"))
    signed = rng.random((platform.calendar.days, 1)) < (office[:, None] > 0.5) / 36
    arrivals = np.rint(signed * mean * rng.lognormal(0.3, 0.5, signed.shape)).astype(np.int64)
    reading = ReviewReading(
        name=name,
        platform=platform,
        clientele=Clientele.grown(platform.people, name, start=mean * 12, growth=mean * 0.12, pace=office, arrivals=arrivals),
        crew=company.everyone[None, :],
        revisits=mean * 0.88,
        surface=surface,
    )
    return Firm(company=company, reading=reading, staff=company.everyone)
