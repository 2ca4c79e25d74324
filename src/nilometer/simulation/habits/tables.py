"""Whole tables: a job reads all customers of one partner in pages, on the days and in the hours it is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import Day
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run on local day `day`: from `hour` for `hours`, the customers from share `low` to share `high` of the table."""

    day: int
    hour: float
    hours: float
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """The customers of the only partner of `clientele`, `page` people in one response, evenly over each run.

    In the order in which they became customers, or in order of their ids when `by_id`; everybody once a run.
    """

    name: str
    platform: Platform
    clientele: Clientele
    credential: int
    surface: int
    turns: tuple[Turn, ...]
    page: int = 50
    by_id: bool = False

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """The runs of one day."""
        partner, ordinal = self.clientele.everyone(day.number)
        first = np.sort(np.unique(self.clientele.persons(partner, ordinal), return_index=True)[1])
        table = self.clientele.persons(partner[first], ordinal[first])
        if self.by_id:
            table = np.sort(table)
        today = [turn for turn in self.turns if turn.day == day.number]
        parts = [table[int(turn.low * len(table)) : int(turn.high * len(table))] for turn in today]
        person = np.concatenate([*parts, table[:0]])
        seconds, request, pages = [np.zeros(0)], [np.zeros(0, dtype=np.int64)], 0
        for turn, part in zip(today, parts, strict=True):
            page = np.arange(len(part)) // self.page
            # a response takes a little longer or shorter; its people are written down together
            waited = np.cumsum(rng.lognormal(0.0, 0.25, len(part) // self.page + 1))
            seconds.append(3600 * (turn.hour + turn.hours * waited[page] / waited[-1]))
            request.append(pages + page)
            pages += len(waited)
        return self.platform.partner_rows(
            day,
            seconds=np.concatenate(seconds),
            person=person,
            credential=np.full(len(person), self.credential, dtype=np.int64),
            surface=self.surface,
            status=missed(rng, len(person), 0.002),
            request=np.concatenate(request),
        )
