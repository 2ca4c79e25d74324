"""Rhythm: an actor works at hours at which it never worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nilometer.detection import examples
from nilometer.detection.departures import Departure
from nilometer.detection.detector import Example


@dataclass(frozen=True, kw_only=True)
class Rhythm(Departure):
    """New people shown in an hour of the day in which this actor had never been active.

    People keep hours; a job that walks a base does not. Regularity as such is no sign: every nightly sync is regular.

    Catches: a crawler that runs round the clock under an account of people who sleep, in its first days.
    Misses: one that keeps the office hours of its account; accounts that work at all hours; actors younger than twenty active days.
    Looks alike: a new shift, a move to another time zone, overtime before a deadline.
    """

    id = "rhythm"
    title = "is shown new people at hours at which it never worked"
    looks_like = "A job behind a person's account; or a new shift."
    action = "Ask who worked at these hours; look whether the account is used by a machine."
    measures = ("odd",)
    circumstances = "in hours in which it had never worked before"
    in_migrations = True

    def examples(self) -> Sequence[Example]:
        """A job under an office account, at other hours every day; one long evening."""
        office = {account: examples.work(45, people=40, new=12) for account in range(1, 9)}
        nights = [
            one for d in range(8) for one in examples.work(1, people=80, new=60, first=30 + d, hours=((18 + d) % 24, (18 + d) % 24 + 1))
        ]
        job = {50: [*examples.work(30, people=40, new=12), *nights]}
        evening = {51: [*examples.work(30, people=40, new=12), *examples.work(1, people=80, new=60, first=30, hours=(17, 24))]}
        return [
            Example(name="another hour every night", level="account", rows=examples.table({**office, **job}, "account"), fires=(50,)),
            Example(name="one long evening", level="account", rows=examples.table({**office, **evening}, "account"), fires=()),
        ]


DETECTOR = Rhythm()
