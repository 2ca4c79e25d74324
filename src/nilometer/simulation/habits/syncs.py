"""Nightly syncs: an ERP re-reads its whole customer base every night."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import Day
from nilometer.simulation.mixing import Ints, key_of, unit
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import Rows

PAGE = 50
"""People in one response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlySync:
    """Each company's first account reads all its customers between one and five at night, in pages, at a fixed pace.

    A night in a hundred the job fails and nobody is read. Thousands of people, hardly ever a new one.
    """

    name: str
    platform: Platform
    clientele: Clientele
    credential: Ints
    surface: int

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One night's syncs, weekends too."""
        company, ordinal = self.clientele.everyone(day.number)
        size = self.clientele.sizes[day.number + 1]
        ran = rng.random(len(size)) >= 0.01
        company, ordinal = company[ran[company]], ordinal[ran[company]]
        place = unit(np.arange(len(size)), key_of(self.platform.seed, self.name))
        starts, lasts = 3600 * (1 + 2 * place), 600 + 5400 * place
        page = ordinal // PAGE
        pages = size[company] // PAGE + 1
        first_page = np.concatenate([[0], np.cumsum(size // PAGE + 1)[:-1]])
        return self.platform.partner_rows(
            day,
            seconds=starts[company] + lasts[company] * page / pages + 0.000_2 * (ordinal % PAGE),
            person=self.clientele.persons(company, ordinal),
            credential=self.credential[company],
            surface=self.surface,
            status=missed(rng, len(company), 0.003),
            request=first_page[company] + page,
        )
