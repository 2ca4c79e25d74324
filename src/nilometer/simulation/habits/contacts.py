"""Contacts: people send their address books to find whom they know; somebody sends numbers counted through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import SHOPPING, Day
from nilometer.simulation.directory import addresses
from nilometer.simulation.habits.tags import nobody
from nilometer.simulation.habits.walks import on_day
from nilometer.simulation.mixing import Ints, key_of, mix, ragged, shuffled, unit
from nilometer.simulation.people import People
from nilometer.simulation.platform import Platform
from nilometer.simulation.rows import Rows

FIRST_PHONE = 13_800_000_000
"""Phone numbers have eleven digits. Members' numbers lie in a range from here on in which HITS are taken."""
HITS = 0.3
OTHERS, OTHERS_END = 15_000_000_000, 19_900_000_000
"""Numbers of people who are no members, as honest address books have them."""
AGAIN = 0.3
"""Share of honest books sent by regulars (one person in 3,000), whose phone sends the book again now and then."""


def owners(people: People, number: Ints) -> Ints:
    """Who has these phone numbers (counted from FIRST_PHONE), as indexes; `people.total` or more is nobody.

    A fixed shuffle of the range: everybody has exactly one number, unrelated to their id.
    """
    size = round(people.total / HITS)
    return shuffled(number % size, size, key_of(people.seed, "phones"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBooks:
    """`uploads` a day of 40 to 250 contacts, of which about `strangers` are no members: asked for, not shown.

    The account is the person's own, the way in the credential `way`; a book goes up in one request.
    """

    name: str
    platform: Platform
    way: int
    surface: int
    agents: Ints
    uploads: float
    strangers: float = 0.45

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's address books."""
        people, seed = self.platform.people, self.platform.seed
        count = int(rng.poisson(self.uploads * day.trade))
        regular = people.walk(rng.integers(0, people.total // 3_000 + 1, count), key_of(seed, self.name, "regulars"))
        holder = np.where(rng.random(count) < AGAIN, regular, people.active(rng.random(count)))
        size = 40 + (mix(holder, key_of(seed, self.name, "size")) % np.uint64(211)).astype(np.int64)
        # who is in a book is computed from whose it is: it is the same book next time
        book, entry = ragged(holder * 256, size)
        share = self.strangers + 0.3 * (unit(holder, key_of(seed, self.name, "share")) - 0.5)
        met = unit(entry, key_of(seed, self.name, "met")) >= share[book]
        begun = day.spread(rng, count, SHOPPING)
        member = people.ids(people.active(unit(entry, key_of(seed, self.name, "members"))))
        stranger = OTHERS + (mix(entry, key_of(seed, self.name, "strangers")) % np.uint64(OTHERS_END - OTHERS)).astype(np.int64)
        return Rows.of(
            time=day.at(begun[book]),
            subject=np.where(met, member, stranger),
            holder=people.ids(holder)[book],
            credential=self.way,
            session=book,
            ip=addresses(holder, key_of(seed, "homes"))[book],
            agent=self.agents[(mix(holder, key_of(seed, "browser")) % np.uint64(len(self.agents))).astype(np.int64)][book],
            surface=self.surface,
            status=np.where(met, 200, 404),
            request=book,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneWalk:
    """`accounts` new personal accounts send made-up address books of 50 to 120 consecutive numbers, each through another proxy.

    `asked[k]`, shape (days + 1,), is how many numbers were tried before the k-th day. Books go up in ascending order over
    the day, and so do the numbers inside.
    """

    name: str
    platform: Platform
    way: int
    surface: int
    agents: Ints
    accounts: int
    first_day: int
    asked: Ints
    proxies: int

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's made-up books."""
        people, seed = self.platform.people, self.platform.seed
        ordinal = on_day(self.asked, day.number - self.first_day)
        ends = np.cumsum(rng.integers(50, 121, len(ordinal) // 50 + 1))
        book = np.searchsorted(ends, np.arange(len(ordinal)), side="right")
        books = int(book.max(initial=-1)) + 1
        begun = np.sort(day.spread(rng, books, SHOPPING))
        account = rng.integers(0, self.accounts, books)
        chosen = rng.integers(0, self.proxies, books)
        owner = owners(people, ordinal)
        met = owner < people.total
        return Rows.of(
            time=day.at(begun[book]),
            subject=np.where(met, people.ids(np.minimum(owner, people.total - 1)), FIRST_PHONE + ordinal),
            holder=self.names(account)[book],
            credential=self.way,
            session=book,
            ip=addresses(chosen, key_of(seed, self.name, "proxies"))[book],
            agent=self.agents[account % len(self.agents)][book],
            surface=self.surface,
            status=np.where(met, 200, 404),
            request=book,
        )

    def names(self, account: Ints) -> Ints:
        """The accounts' ids, shape (n,): like anybody's, and nobody else's."""
        return made_up(self.platform, self.name, account)


def made_up(platform: Platform, name: str, number: Ints) -> Ints:
    """Ids of accounts made for a purpose, shape (n,): they look like those of people, who never come under them."""
    index = platform.people.walk(number, key_of(platform.seed, name, "accounts"))
    return nobody(platform.people, index)
