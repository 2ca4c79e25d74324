"""A desk to act from: a folder, a key, a clock that stands still, waits that are written down instead of waited."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nilometer.disclosures.actor import Actor
from nilometer.disclosures.pseudonym import Key
from nilometer.response.action import Desk, Matter, Order
from tests.exchange import samples

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECRET = bytes(range(32))
WHSEC = "whsec_" + base64.b64encode(SECRET).decode()
ACTORS = (Actor(level="app", id="app-040-0"), Actor(level="ip", id="203.0.113.9"))


@dataclass
class Waits:
    """What would have been slept."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def desk(home: Path, *, private: bool = True, waits: Waits | None = None) -> Desk:
    """A desk in a folder."""
    return Desk(
        home=home,
        key=Key(epoch=1, secret=b"k" * 32),
        source=uuid.UUID("6f1b5a3e-98a2-4d84-8d5c-0f1d2c3b4a59"),
        version="0.1.0",
        clock=lambda: NOW,
        sleep=waits or Waits(),
        private_addresses=private,
    )


def secret_file(home: Path, content: str = WHSEC, name: str = "hook.secret", mode: int = 0o600) -> str:
    """A file that holds a secret."""
    path = home / name
    path.write_text(content + "\n")
    path.chmod(mode)
    return name


def matter(facts: dict[str, Any] = samples.FACTS, actors: tuple[Actor, ...] = ACTORS) -> Matter:
    """A case to act on."""
    return Matter(order="R-2026-0A1B2C3D", facts=facts, actors=actors, document={"class_uid": 2005}, at=NOW)


def order(
    letter: dict[str, Any] | None = None, actors: tuple[Actor, ...] = ACTORS, action: str = "webhook", ident: str = "R-2026-0A1B2C3D"
) -> Order:
    """An order as it was approved."""
    return Order(id=ident, case="K-2020-7Q3F2A", action=action, actors=actors, letter=letter or {"a": 1}, at=NOW)
