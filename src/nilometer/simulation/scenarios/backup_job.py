"""The platform's own backup account reads a partner's whole customer table in order of the ids, every Sunday night.

Modelled on the trap "first-party apps, copilots, mail clients, backup tools" (elastic#5766, PR#6852): perfect enumeration, by
a machine that is entitled to it, from the first week of the table on. Scale 1: 5,000 people, 0.1 % more each day.

Settled here: that a second job backs up a small table of 600 every night, and that the partner itself syncs the large table
every night as others do. Nothing was declared.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import Calendar
from nilometer.simulation.directory import Credential
from nilometer.simulation.habits.syncs import NightlySync
from nilometer.simulation.habits.tables import TableRead, Turn
from nilometer.simulation.honest import LIBRARIES, honest
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

CUSTOMERS, SMALL, GROWTH = 5_000.0, 600.0, 0.001
CONTACTS = ("nickname", "phone", "email", "address")


def cast(platform: Platform) -> Cast:
    """The honest platform, a partner with a large table, and the jobs that back up its table and a small one."""
    others, directory, calendar = honest(platform), platform.directory, platform.calendar
    partner, small = (directory.company(accounts=(2,), agent=LIBRARIES[k], ips=2) for k in (3, 1))
    sizes = np.array([CUSTOMERS, SMALL]) * platform.scale
    tables = [
        Clientele.grown(platform.people, name, start=size, growth=size * GROWTH, pace=platform.paces["trade"])
        for name, size in (("large table", sizes[:1]), ("small table", sizes[1:]))
    ]
    agent = directory.agent("pg_dump/11.5")
    jobs = [
        directory.enter(Credential(org="platform", app="batch", account=f"job-{n:04}", first_ip=0x0A_14_02_14, ips=2, agent=agent))
        for n in (1, 2)
    ]
    sundays = [n for n in range(calendar.days) if (calendar.first + timedelta(days=n)).weekday() == 6]
    surface, sync = directory.surface("table.customers", CONTACTS), directory.surface("crm.sync", CONTACTS)
    weekly = TableRead(
        name="weekly backup",
        platform=platform,
        clientele=tables[0],
        credential=jobs[0],
        surface=surface,
        turns=tuple(Turn(day=n, hour=22.0, hours=1.4) for n in sundays),
        page=500,
        by_id=True,
    )
    nightly = TableRead(
        name="nightly backup",
        platform=platform,
        clientele=tables[1],
        credential=jobs[1],
        surface=surface,
        turns=tuple(Turn(day=n, hour=23.5, hours=0.15) for n in range(calendar.days)),
        page=500,
        by_id=True,
    )
    syncs = tuple(
        NightlySync(name=f"sync of {company.org}", platform=platform, clientele=table, credential=company.everyone[:1], surface=sync)
        for company, table in zip((partner, small), tables, strict=True)
    )
    return Cast(
        honest=(*others.habits, *syncs, weekly, nightly),
        innocents=(
            Innocent(actors=(("account", "job-0001"), ("app", "batch")), why="backs up a partner's table, in id order, every Sunday"),
            Innocent(actors=(("account", "job-0002"),), why="backs up a small table every night"),
            Innocent(actors=(("org", partner.org),), why="syncs its own customers, whose table is backed up"),
            *others.innocents,
        ),
    )


SCENARIO = Scenario(
    id="backup_job",
    title="The platform's own backup reads a whole table by id every Sunday night",
    modelled_on="first-party backup tools among the false alarms of Elastic's rules (#5766, PR#6852)",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(first=date(2019, 9, 23), days=110),
)
