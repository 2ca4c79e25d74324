"""Review reading: a consultancy looks at who reviewed the merchants it advises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import OFFICE, Day
from nilometer.simulation.mixing import Floats
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReading:
    """Staff read the reviews of their own merchants' customers in office hours and come back to the same people.

    New reviewers come as the merchants sell, and all at once when a merchant signs up (see `Clientele.grown`).
    `crew` (P, K) as for orders; `revisits` (P,) are known reviewers read again on an ordinary working day.
    From day `until` on nothing happens any more.
    """

    name: str
    platform: Platform
    clientele: Clientele
    crew: NDArray[np.int64]
    revisits: Floats
    surface: int
    until: int | None = None

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's reading."""
        company, ordinal = self.clientele.newcomers(day.number)
        again = np.repeat(np.arange(len(self.revisits)), rng.poisson(self.revisits * day.office))
        if self.until is not None and day.number >= self.until:
            company, ordinal, again = company[:0], ordinal[:0], again[:0]
        company = np.concatenate([company, again])
        ordinal = np.concatenate([ordinal, self.clientele.returning(rng, day.number, again)])
        return self.platform.partner_rows(
            day,
            seconds=day.spread(rng, len(company), OFFICE),
            person=self.clientele.persons(company, ordinal),
            credential=self.crew[company, rng.integers(0, self.crew.shape[1], len(company))],
            surface=self.surface,
            status=missed(rng, len(company), 0.01),
        )
