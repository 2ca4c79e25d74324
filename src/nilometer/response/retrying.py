"""Trying again, politely: longer waits each time, the receiver's Retry-After heeded, and an end."""

from __future__ import annotations

import email.utils
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Final

from nilometer.clock import Clock
from nilometer.errors import ConfigError, EngineError
from nilometer.response.posting import Answer

AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same message may be accepted later: RFC 9110, RFC 8470, RFC 6585."""
LONGEST: Final = 300.0
"""Seconds waited at most between two tries; who asks for more is tried another day."""


def backoff(attempt: int) -> float:
    """Seconds to wait after try number `attempt` (from 0): 1, 2, 4, ... at most LONGEST."""
    return min(LONGEST, float(2 ** min(attempt, 30)))


def asked(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date); None when it says nothing that makes sense."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
        return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def delivered(
    send: Callable[[], Answer], *, where: str, attempts: int, clock: Clock, sleep: Callable[[float], None], again: str
) -> tuple[Answer, int]:
    """Sends until it is accepted (2xx), at most `attempts` times; the answer and how many tries it took.

    Raises ConfigError when the receiver will never accept it as it is, EngineError when it may another time; `again` says how.
    """
    trouble = "nothing was tried"
    for attempt in range(attempts):
        wait = backoff(attempt)
        try:
            answer = send()
        except (OSError, HTTPException) as cause:  # what is known is that nothing is known: the receiver may have it
            trouble = f"{type(cause).__name__} on the way"
        else:
            if 200 <= answer.status < 300:
                return answer, attempt + 1
            if answer.status not in AGAIN:
                raise ConfigError(f"{where} answered {answer.status}{_meaning(answer.status)}. Check the address and secret, then {again}.")
            trouble = f"status {answer.status}"
            wanted = asked(answer.retry_after, clock())
            if wanted is not None and wanted > LONGEST:
                raise EngineError(f"{where} answered {answer.status} and asks to wait {wanted:,.0f} seconds. Then {again}.")
            wait = max(wait, wanted or 0.0)
        if attempt + 1 < attempts:
            sleep(wait)
    raise EngineError(f"{where} did not accept it in {attempts} tries, last: {trouble}. Later, {again}; it goes out under the same key.")


def _meaning(status: int) -> str:
    if 300 <= status < 400:
        return ", a redirect; redirects are not followed"
    return {401: ", not authorised", 403: ", forbidden", 404: ", not found", 410: ", gone for good", 413: ", too large"}.get(status, "")
