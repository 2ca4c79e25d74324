"""Asks the platform, by signed webhook, to revoke the credentials of actors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from nilometer.errors import InputError
from nilometer.response import posting, webhooks
from nilometer.response.action import Desk, Json, Matter, Order, Words, listed
from nilometer.response.plainly import line
from nilometer.response.webhooks import Posted


@dataclass(frozen=True, kw_only=True)
class Revoke(Posted):
    """Sends who is to lose their credentials to a receiver of yours, which revokes them.

    Nilometer holds no credentials itself and learns only that the request was accepted, not that it was carried out.
    """

    id: ClassVar[str] = "revoke"
    title: ClassVar[str] = "ask your platform to revoke credentials"
    aimed: ClassVar[bool] = True

    def letter(self, matter: Matter, desk: Desk) -> Json:
        """Who, and in which case."""
        actors = [{"level": actor.level, "id": actor.id} for actor in matter.actors]
        return webhooks.envelope(desk, matter, "revocation", {"case": matter.case, "actors": actors, "order": matter.order})

    def words(self, matter: Matter) -> Words:
        """What the receiver is asked for."""
        where = str(posting.place(self.url, "[response.revoke] url"))
        return Words(
            does=f"Ask {where} to revoke every credential of {line(listed(matter.actors), 400)}. Whoever uses them, honest or not, is locked out.",
            where=where,
            undone="Cannot be undone from here: a revoked credential is gone, your platform has to give out a new one.",
        )

    def perform(self, order: Order, desk: Desk) -> Json:
        """Sends it until it is accepted."""
        return self.send(order, desk)

    def undo(self, order: Order, desk: Desk) -> Json:
        """Never."""
        raise InputError(f"{order.id} cannot be undone from here: a revoked credential is gone, your platform has to give out a new one.")


ACTION: Final = Revoke()
