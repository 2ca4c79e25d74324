"""A platform that moves: from one moment on sessions, addresses and tools are other ones, and everybody logs in again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.days import SECOND, Day
from nilometer.simulation.mixing import Ints
from nilometer.simulation.platform import Habit
from nilometer.simulation.rows import NONE, Rows

RETURNING = 0.7
"""Of those who come on a day, the share that has not been there since the move is 0.7 of the day before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """`habit` through the move at `moment` (microseconds since 1970 UTC) on day `since`.

    After that moment of that day every session goes on under another id; from `since` on `shifts` (C,) is added to the
    address of each credential and `agents` (A,) replaces each user agent where a company works. People log in again on their
    first visit after it, and see a page of their own, `login`: everybody on that day, fewer and fewer on the days after.
    """

    habit: Habit
    since: int
    moment: int
    shifts: Ints
    agents: Ints
    login: int

    @property
    def name(self) -> str:
        """The name of the habit it is."""
        return self.habit.name

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """The habit's day, before or after the move."""
        rows = self.habit.day(day, rng)
        if day.number < self.since or len(rows) == 0:
            return rows
        person = rows.holder != NONE
        rows = replace(
            rows,
            ip=np.where(person, rows.ip, rows.ip + self.shifts[rows.credential]),
            agent=np.where(person, rows.agent, self.agents[rows.agent]),
        )
        if day.number == self.since:
            rows = self._renamed(rows)
        return self._logins(rows, rng, max(self.moment, day.start), RETURNING ** (day.number - self.since))

    def _renamed(self, rows: Rows) -> Rows:
        """Sessions that go on after the moment under another id. One response belongs to one session, even across it."""
        whole = np.unique(rows.request, return_inverse=True)[1]
        began = np.full(int(whole.max()) + 1, np.iinfo(np.int64).max)
        np.minimum.at(began, whole, rows.time)
        after = (began[whole] >= self.moment) & (rows.session != NONE)
        return replace(rows, session=np.where(after, rows.session + int(rows.session.max()) + 1, rows.session))

    def _logins(self, rows: Rows, rng: np.random.Generator, since: int, share: float) -> Rows:
        """The rows, and a page of their own for this share of the people who come from `since` on."""
        late: NDArray[np.bool_] = (rows.holder != NONE) & (rows.time >= since)
        visit = rows.only(late).by_time()
        first = np.unique(visit.holder, return_index=True)[1]
        first = first[rng.random(len(first)) < share]
        if len(first) == 0:
            return rows
        again = visit.only(np.isin(np.arange(len(visit)), first))
        count = int(rows.request.max()) + 1
        login = replace(
            again,
            time=np.maximum(again.time - 2 * SECOND, since),
            subject=again.holder,
            surface=np.full(len(again), self.login, dtype=np.int64),
            status=np.full(len(again), 200, dtype=np.int64),
            request=count + np.arange(len(again)),
        )
        return Rows.joined([rows, login])
