"""Gateways: many logged-out visitors behind few addresses read the nicknames beside reviews."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.days import OFFICE, SHOPPING, Day, Pace
from nilometer.simulation.directory import addresses
from nilometer.simulation.mixing import Ints, key_of, mix
from nilometer.simulation.platform import Platform
from nilometer.simulation.rows import NONE, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """`visitors` people behind one of `ips` at a time, `visits` visits on an ordinary day of this `pace`.

    `moves[k]` is the first day on which the visitors come from `ips[k]`; each visitor has an address of their own when
    there are no `ips`.
    """

    visitors: int
    visits: float
    pace: Pace
    ips: tuple[int, ...] = ()
    moves: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOut:
    """Visitors without an account, session or name: 1 to 4 people a visit, in one list, drawn by activity.

    A visitor keeps a browser. The `credential` has no org, app or account (see `Directory`).
    """

    name: str
    platform: Platform
    credential: int
    surface: int
    gateways: tuple[Gateway, ...]
    agents: Ints

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's visits through every gateway."""
        keys = [key_of(self.platform.seed, self.name, place) for place in range(len(self.gateways))]
        visitors, ips, agents, arrived = [], [], [], []
        for gateway, key in zip(self.gateways, keys, strict=True):
            count = int(rng.poisson(gateway.visits * (day.trade if gateway.pace == "trade" else day.office)))
            # some come often, most now and then
            visitor = (gateway.visitors * rng.random(count) ** 1.6).astype(np.int64)
            visitors.append(visitor)
            ips.append(self._address(gateway, key, visitor, day.number))
            agents.append(self.agents[(mix(visitor, key) % np.uint64(len(self.agents))).astype(np.int64)])
            arrived.append(day.spread(rng, count, SHOPPING if gateway.pace == "trade" else OFFICE))
        whole = len(np.concatenate(visitors))
        visit = np.repeat(np.arange(whole), rng.choice(4, size=whole, p=(0.35, 0.3, 0.2, 0.15)) + 1)
        return Rows.of(
            time=day.at(np.concatenate(arrived)[visit]),
            subject=self.platform.people.ids(self.platform.people.active(rng.random(len(visit)))),
            credential=self.credential,
            session=NONE,
            ip=np.concatenate(ips)[visit],
            agent=np.concatenate(agents)[visit],
            surface=self.surface,
            request=visit,
        )

    def _address(self, gateway: Gateway, key: int, visitor: Ints, day: int) -> NDArray[np.int64]:
        if not gateway.ips:
            return addresses(visitor, key)
        ip = gateway.ips[0]
        for since, other in zip(gateway.moves, gateway.ips, strict=True):
            ip = other if day >= since else ip
        return np.full(len(visitor), ip, dtype=np.int64)
