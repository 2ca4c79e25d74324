"""A batch of simulated disclosures, as columns of numbers; `table.py` turns them into the columns of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.mixing import Ints

NONE = -1
"""Stands for "no value" in `holder`, `reference` and `session`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """n disclosures; every array has shape (n,).

    `time` in microseconds since 1970 UTC; `subject` and `holder` are the platform's ids of people (`holder`: whose
    personal account it is); `credential`, `agent` and `surface` are places in the platform's `Directory`; `ip` is an IPv4
    address as a number; `session` and `request` count from 0 within one batch and become unique when batches are joined;
    `reference` is a number that the surface's kind of reference (order, ticket) makes a name of.
    """

    time: Ints
    subject: Ints
    credential: Ints
    holder: Ints
    session: Ints
    ip: Ints
    agent: Ints
    surface: Ints
    status: Ints
    reference: Ints
    request: Ints

    def __len__(self) -> int:
        return len(self.time)

    @staticmethod
    def of(
        *,
        time: Ints,
        subject: Ints,
        credential: NDArray[Any] | int,
        session: NDArray[Any] | int,
        ip: NDArray[Any] | int,
        agent: NDArray[Any] | int,
        surface: NDArray[Any] | int,
        status: NDArray[Any] | int = 200,
        holder: NDArray[Any] | int = NONE,
        reference: NDArray[Any] | int = NONE,
        request: NDArray[Any] | None = None,
    ) -> Rows:
        """Rows from arrays of shape (n,) or single numbers that hold for all; each row its own request unless said."""

        def full(value: NDArray[Any] | int) -> Ints:
            return np.broadcast_to(np.asarray(value, dtype=np.int64), time.shape)

        own = np.arange(len(time), dtype=np.int64)
        return Rows(
            time=full(time),
            subject=full(subject),
            credential=full(credential),
            holder=full(holder),
            session=full(session),
            ip=full(ip),
            agent=full(agent),
            surface=full(surface),
            status=full(status),
            reference=full(reference),
            request=full(own if request is None else request),
        )

    @staticmethod
    def joined(batches: Sequence[Rows]) -> Rows:
        """All batches, one after the other."""
        return Rows(**{f.name: np.concatenate([getattr(batch, f.name) for batch in batches]) for f in fields(Rows)})

    def renumbered(self, *, sessions: int, requests: int) -> Rows:
        """The same rows with session and request numbers moved up, so that they stay unique among many batches."""
        moved = np.where(self.session == NONE, NONE, self.session + sessions)
        return replace(self, session=moved, request=self.request + requests)

    def by_time(self) -> Rows:
        """The same rows in order of time; rows of one moment keep their order."""
        order = np.argsort(self.time, kind="stable")
        return Rows(**{f.name: getattr(self, f.name)[order] for f in fields(Rows)})

    def only(self, keep: NDArray[np.bool_]) -> Rows:
        """The rows where `keep` (n,) holds, in their order."""
        return Rows(**{f.name: getattr(self, f.name)[keep] for f in fields(Rows)})

    def shown(self) -> NDArray[np.bool_]:
        """Which rows showed something: status 2xx or 304."""
        shown: NDArray[np.bool_] = ((self.status >= 200) & (self.status < 300)) | (self.status == 304)
        return shown
