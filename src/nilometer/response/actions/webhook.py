"""Tells another system about a case by signed webhook: the case as OCSF in a CloudEvents envelope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from nilometer.errors import InputError
from nilometer.response import posting, webhooks
from nilometer.response.action import Desk, Json, Matter, Order, Words
from nilometer.response.plainly import line
from nilometer.response.webhooks import Posted


@dataclass(frozen=True, kw_only=True)
class Webhook(Posted):
    """Sends the case as an OCSF Incident Finding, signed as Standard Webhooks says.

    Holds who is accused and how many people were shown, never whose data it was.
    """

    id: ClassVar[str] = "webhook"
    title: ClassVar[str] = "send the case to another system"
    aimed: ClassVar[bool] = False

    def letter(self, matter: Matter, desk: Desk) -> Json:
        """The case's document in its envelope."""
        return webhooks.envelope(desk, matter, "case", dict(matter.document))

    def words(self, matter: Matter) -> Words:
        """What leaves the house, and where to."""
        where = str(posting.place(self.url, "[response.webhook] url"))
        clear = "" if where.startswith("https:") else " It is not encrypted on the way."
        return Words(
            does=f"Send case {line(matter.case, 40)} (who is accused, how many people, which fields; nobody whose data it is) to {where}.{clear}",
            where=where,
            undone="Cannot be called back; a correction is another message.",
        )

    def perform(self, order: Order, desk: Desk) -> Json:
        """Sends it until it is accepted."""
        return self.send(order, desk)

    def undo(self, order: Order, desk: Desk) -> Json:
        """Never."""
        raise InputError(f"{order.id} cannot be undone: what was sent cannot be called back. Propose webhook again to send a correction.")


ACTION: Final = Webhook()
