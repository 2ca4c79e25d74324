"""Plain words for levels, numbers and moments, the same in every finding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEVELS: Final = {
    "org": ("organisation", "organisations"),
    "app": ("app", "apps"),
    "account": ("account", "accounts"),
    "session": ("session", "sessions"),
    "ip": ("address", "addresses"),
    "user_agent": ("program", "programs"),
    "surface": ("surface", "surfaces"),
    "campaign": ("campaign", "campaigns"),
}


def one(level: str) -> str:
    """The noun for one actor of a level."""
    return _LEVELS[level][0]


def many(level: str) -> str:
    """The noun for several actors of a level."""
    return _LEVELS[level][1]


def number(value: float) -> str:
    """A count as people write it: 1,204."""
    return f"{round(value):,}"


def percent(share: float) -> str:
    """A share as a percentage that never claims more than is known: 99.7 % is not 100 %."""
    if share in (0.0, 1.0):
        return f"{share * 100:.0f} %"
    figure = min(max(share * 100, 0.1), 99.9)
    return f"{figure:.1f} %" if figure < 1 or figure > 99 else f"{figure:.0f} %"


def day(moment: datetime) -> str:
    """A date: 5 Dec 2019."""
    return f"{moment.day} {moment:%b %Y}"


def time(moment: datetime) -> str:
    """A time of day on a date: 14:05 UTC on 5 Dec 2019."""
    return f"{moment:%H:%M} UTC on {day(moment)}"


def days(count: int) -> str:
    """A number of active days: no active day, 1 active day, 12 active days."""
    return "no active day" if count == 0 else f"{count:,} active day{'s' if count != 1 else ''}"


def time_of(microseconds: int) -> str:
    """A moment given in microseconds since 1970 UTC, as `time` writes it."""
    return time(moment(microseconds))


def end_of(date: int) -> str:
    """The end of a UTC day given in days since 1970: the end of 5 Dec 2019 (UTC)."""
    return f"the end of {day(_EPOCH + timedelta(days=date))} (UTC)"


def moment(microseconds: int) -> datetime:
    """Microseconds since 1970 UTC as a datetime."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(when: datetime) -> int:
    """A datetime as microseconds since 1970 UTC, exactly."""
    return (when - _EPOCH) // timedelta(microseconds=1)
