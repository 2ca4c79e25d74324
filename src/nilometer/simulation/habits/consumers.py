"""Consumers: people read their own pages, and the nicknames beside the reviews of what they want to buy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import SHOPPING, Day
from nilometer.simulation.directory import addresses
from nilometer.simulation.mixing import Ints, key_of, mix, unit
from nilometer.simulation.platform import Platform
from nilometer.simulation.rows import Rows

UNCHANGED = 304
"""The page was shown, out of the browser's store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumers:
    """`visits` a day to one's own pages and `lists` of reviews a day, drawn by activity.

    Each person has one usual way in (`ways`: web or mobile), a home address of the net and a browser; phones of one
    operator share few addresses (carrier NAT). The account is the person's own id.
    """

    name: str
    platform: Platform
    ways: Ints
    agents: Ints
    visits: float
    lists: float
    own: Ints
    review_list: int

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's visits."""
        people = self.platform.people
        own, lists = int(rng.poisson(self.visits * day.trade)), int(rng.poisson(self.lists * day.trade))
        visitor = people.active(rng.random(own + lists))
        pages = np.concatenate([rng.integers(1, 3, own), rng.integers(3, 13, lists)])
        visit = np.repeat(np.arange(own + lists), pages)
        person, listing = visitor[visit], visit >= own
        count = len(visit)
        shown = np.where(listing, people.active(rng.random(count)), person)
        arrived = day.spread(rng, own + lists, SHOPPING)
        # one response lists all reviewers; own pages follow each other within minutes
        seconds = arrived[visit] + np.where(listing, 0.0, rng.exponential(60.0, count))
        request = np.where(listing, visit, own + lists + np.arange(count))
        surface = np.where(listing, self.review_list, self.own[rng.integers(0, len(self.own), count)])
        luck = rng.random(count)
        own_status = np.select([luck < 0.002, luck < 0.08], [404, UNCHANGED], 200)
        return Rows.of(
            time=day.at(seconds),
            subject=people.ids(shown),
            holder=people.ids(person),
            credential=self._way(person),
            session=visit,
            ip=self._ips(person),
            agent=self.agents[(mix(person, key_of(self.platform.seed, "browser")) % np.uint64(len(self.agents))).astype(np.int64)],
            surface=surface,
            status=np.where(listing, 200, own_status),
            request=request,
        )

    def _way(self, person: Ints) -> Ints:
        mobile = unit(person, key_of(self.platform.seed, "way")) < 0.8
        way: Ints = np.where(mobile, self.ways[1], self.ways[0])
        return way

    def _ips(self, person: Ints) -> Ints:
        """Two in five people sit behind one of a few shared addresses, the others have one of their own."""
        seed = self.platform.seed
        shared = unit(person, key_of(seed, "carrier")) < 0.4
        gateways = max(8, self.platform.people.total // 5_000)
        behind = (mix(person, key_of(seed, "gateway")) % np.uint64(gateways)).astype(np.int64)
        home: Ints = np.where(shared, addresses(behind, key_of(seed, "gateways")), addresses(person, key_of(seed, "homes")))
        return home
