"""Steps as the journal gives them, for tests of the fold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from nilometer.cases.history import Step

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)


def finding(ident: str, *actors: tuple[str, str]) -> dict[str, Any]:
    """A finding's JSON, as far as cases look at it."""
    return {"id": ident, "title": f"About {ident}", "actors": [{"level": level, "id": one} for level, one in actors]}


def step(did: str, case: str = "K-2026-000001", why: str = "because", index: int = 0, **more: Any) -> Step:
    """One step; what it needs beside a reason is filled in."""
    usual: dict[str, dict[str, Any]] = {
        "open": {"findings": [finding("F-1")], "title": "A case"},
        "join": {"findings": [], "moved": []},
        "close": {"verdict": "benign", "taught": [], "cleared_at": None},
        "state": {"state": "investigating"},
        "assign": {"to": "dana"},
        "split": {"into": "K-2026-000009", "findings": []},
    }
    return Step(case=case, at=BEGIN + timedelta(hours=index), by="kim", did=did, why=why, more={**usual.get(did, {}), **more}, index=index)
