"""How bad a finding is: how many people, how sensitive what was shown of them, for how long it has gone on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from nilometer.findings.finding import SEVERITIES, Severity

_GRAVE: Final = (
    "card",
    "iban",
    "bank",
    "passport",
    "national_id",
    "id_number",
    "ssn",
    "tax",
    "health",
    "diagnos",
    "medical",
    "password",
    "biometric",
    "geoloc",
)
_CONTACT: Final = ("phone", "mobile", "email", "mail", "address", "birth", "dob", "location", "licen", "account")
PRIOR: Final = 1e-3
"""Of a thousand actors, about one leaks: what odds are set against to give a confidence."""


def severity(people: int, fields: Iterable[str], days: int) -> Severity:
    """From distinct people so far, the fields shown of them, and on how many days lines were crossed.

    A point for every factor of ten above 100 people, one for contact data or two for data that can be used for fraud or hurts,
    one for going on for a week or more. Unknown fields count as contact data.
    """
    points = min(4.0, max(0.0, math.log10(max(people, 1)) - 2.0))
    points += sensitivity(fields) + (1.0 if days >= 7 else 0.0)
    return SEVERITIES[min(3, int(points / 1.5))]


def sensitivity(fields: Iterable[str]) -> int:
    """0 for nothing but names and the like, 1 for contact data or unknown, 2 for identity documents, money, health or secrets."""
    names = [name.lower() for name in fields]
    if any(word in name for name in names for word in _GRAVE):
        return 2
    return 1 if not names or any(word in name for name in names for word in _CONTACT) else 0


def confidence(odds: float) -> float:
    """The chance that the finding is right, from its odds and PRIOR."""
    weight = odds * PRIOR
    return round(weight / (1.0 + weight), 4)
