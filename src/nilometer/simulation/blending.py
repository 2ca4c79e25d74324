"""Puts a leak into the sessions of the honest work it hides in: a session of its own would give it away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nilometer.simulation.days import HOUR
from nilometer.simulation.mixing import Ints
from nilometer.simulation.rows import Rows


def blended(rows: Rows, others: Sequence[Rows]) -> Rows:
    """`rows` (n,), with the session of `others` wherever the same credential works from the same address in the same hour.

    Companies' sessions last an hour (see `Platform.partner_rows`), so such a row is another click in that session.
    """
    credentials = np.unique(rows.credential)
    near = [np.isin(other.credential, credentials) for other in others]
    theirs = np.concatenate([_places(other)[keep] for other, keep in zip(others, near, strict=True)] or [np.zeros((0, 3), np.int64)])
    sessions = np.concatenate([other.session[keep] for other, keep in zip(others, near, strict=True)] or [np.zeros(0, np.int64)])
    _, place = np.unique(np.concatenate([theirs, _places(rows)]), axis=0, return_inverse=True)
    place = place.reshape(-1)
    session_at = np.full(int(place.max(initial=-1)) + 1, -1, dtype=np.int64)
    # the first session of a place wins, so that a rerun gives the same
    session_at[place[: len(theirs)][::-1]] = sessions[::-1]
    found = session_at[place[len(theirs) :]]
    return replace(rows, session=np.where(found >= 0, found, rows.session))


def _places(rows: Rows) -> Ints:
    """Credential, hour and address of each row, shape (n, 3)."""
    return np.stack([rows.credential, rows.time // HOUR, rows.ip], axis=1)
