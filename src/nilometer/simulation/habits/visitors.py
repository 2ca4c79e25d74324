"""Visitors who are not logged in: an address, a program, and what they look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import SHOPPING, Day
from nilometer.simulation.directory import PERSONAL, Credential, Directory, addresses
from nilometer.simulation.mixing import Ints, key_of, mix, unit
from nilometer.simulation.platform import Platform
from nilometer.simulation.rows import NONE, Rows


def nameless(directory: Directory, *, org: str = "", app: str = "") -> int:
    """The place of a credential without an account: nobody at all, or everybody who calls with the key of `app`."""
    return directory.enter(Credential(org=org, app=app, account=PERSONAL, first_ip=0, ips=1, agent=0))


def homes(platform: Platform, visitor: Ints) -> Ints:
    """The address each visitor (an index, shape (n,)) comes from: two in five from behind a few shared ones (carrier NAT)."""
    seed = platform.seed
    shared = unit(visitor, key_of(seed, "carrier")) < 0.4
    gateways = max(8, platform.people.total // 5_000)
    behind = (mix(visitor, key_of(seed, "gateway")) % np.uint64(gateways)).astype(np.int64)
    home: Ints = np.where(shared, addresses(behind, key_of(seed, "gateways")), addresses(visitor, key_of(seed, "homes")))
    return home


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitors:
    """`visits` on an ordinary day, each shown 1 to `most` people, drawn by activity, as visitors are.

    `credential` says which levels are known of them (see `nameless`). `own` is the chance that a further look is at the same
    person as the first, and `self_service` that the first is the visitor. `together`: all people of a visit come in one
    response; else one after the other, within minutes. Without `sessions` there is nothing but address and program.
    """

    name: str
    platform: Platform
    credential: int
    surface: int
    agents: Ints
    visits: float
    most: int
    own: float = 0.0
    self_service: float = 0.0
    together: bool = False
    sessions: bool = True
    misses: float = 0.004

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's visits."""
        people = self.platform.people
        count = int(rng.poisson(self.visits * day.trade))
        visitor = people.active(rng.random(count))
        size = rng.integers(1, self.most + 1, count)
        visit = np.repeat(np.arange(count), size)
        looks = len(visit)
        first = np.where(rng.random(count) < self.self_service, visitor, people.active(rng.random(count)))
        opening = np.concatenate([[True], visit[1:] != visit[:-1]])[:looks]
        same = opening | (rng.random(looks) < self.own)
        person = np.where(same, first[visit], people.active(rng.random(looks)))
        later = np.where(opening | self.together, 0.0, rng.exponential(90.0, looks))
        browser = (mix(visitor, key_of(self.platform.seed, "browser")) % np.uint64(len(self.agents))).astype(np.int64)
        return Rows.of(
            time=day.at(day.spread(rng, count, SHOPPING)[visit] + later),
            subject=people.ids(person),
            credential=self.credential,
            session=visit if self.sessions else np.full(looks, NONE),
            ip=homes(self.platform, visitor)[visit],
            agent=self.agents[browser][visit],
            surface=self.surface,
            status=np.where(rng.random(looks) < self.misses, 404, 200),
            request=visit if self.together else np.arange(looks),
        )
