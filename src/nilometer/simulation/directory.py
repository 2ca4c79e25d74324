"""Everything on the platform that has a name: credentials of companies, user agents, surfaces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.mixing import Ints, key_of, mix

PERSONAL = ""
"""The account name of a credential that is each person's own: the account is then the person's id, or nobody's where no
person is logged in. An org or an app without a name is null in the table: a visitor who is only an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Where people are shown: its name, the fields it shows, and what its references are called (`o` order, `t` ticket)."""

    name: str
    fields: tuple[str, ...]
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One way in: an account of an app of an org, the small fixed pool of addresses it comes from, its user agent."""

    org: str
    app: str
    account: str
    first_ip: int
    ips: int
    agent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A partner company: `credentials[a][k]` is the place of account k of its app a in the directory."""

    org: str
    credentials: tuple[tuple[int, ...], ...]

    @property
    def everyone(self) -> Ints:
        """The credentials of all its apps, flat."""
        return np.array([place for app in self.credentials for place in app], dtype=np.int64)


@dataclass(slots=True, kw_only=True)
class Directory:
    """Grows while a scenario is set up, then only answers. Places are given in order, so names depend on that order alone."""

    seed: int
    credentials: list[Credential] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)
    companies: int = 0

    def agent(self, name: str) -> int:
        """The place of a user agent, entered when new."""
        if name not in self.agents:
            self.agents.append(name)
        return self.agents.index(name)

    def surface(self, name: str, fields: tuple[str, ...], reference: str = "") -> int:
        """The place of a surface, entered when new. The same name may show other fields to others: another place."""
        surface = Surface(name=name, fields=fields, reference=reference)
        if surface not in self.surfaces:
            self.surfaces.append(surface)
        return self.surfaces.index(surface)

    def enter(self, credential: Credential) -> int:
        """The place of a new credential."""
        self.credentials.append(credential)
        return len(self.credentials) - 1

    def company(self, *, accounts: tuple[int, ...], agent: str, ips: int = 4) -> Company:
        """A new company with `len(accounts)` apps of so many accounts each, behind `ips` neighbouring addresses.

        Names say nothing about its trade: `org-007`, `app-007-0`, `account-007-0-2`.
        """
        number, self.companies = self.companies, self.companies + 1
        first_ip = network(number, key_of(self.seed, "company networks"))
        places = tuple(
            tuple(
                self.enter(
                    Credential(
                        org=f"org-{number:03}",
                        app=f"app-{number:03}-{app}",
                        account=f"account-{number:03}-{app}-{account}",
                        first_ip=first_ip,
                        ips=ips,
                        agent=self.agent(agent),
                    )
                )
                for account in range(count)
            )
            for app, count in enumerate(accounts)
        )
        return Company(org=f"org-{number:03}", credentials=places)

    def ips(self, credential: Ints, salt: NDArray[Any]) -> Ints:
        """An address out of each credential's pool, chosen by `salt`."""
        first = np.array([c.first_ip for c in self.credentials], dtype=np.int64)
        count = np.array([c.ips for c in self.credentials], dtype=np.int64)
        return first[credential] + (mix(salt, key_of(self.seed, "ips")) >> np.uint64(1)).astype(np.int64) % count[credential]

    def agents_of(self, credential: Ints) -> Ints:
        """The user agent of each credential."""
        return np.array([c.agent for c in self.credentials], dtype=np.int64)[credential]


def network(number: int, key: int) -> int:
    """The first address of a made-up /24 for a company, as a number; never private, reserved or multicast."""
    return int(addresses(np.array([number]), key)[0]) & ~0xFF | 10


def addresses(numbers: NDArray[Any], key: int) -> Ints:
    """Made-up public IPv4 addresses as numbers, one for each of `numbers`, in 101.0.0.0 - 125.255.255.255."""
    return 101 * 2**24 + (mix(numbers, key) % np.uint64(25 * 2**24)).astype(np.int64)
