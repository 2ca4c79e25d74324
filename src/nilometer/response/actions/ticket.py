"""Opens a ticket: by webhook to the ticket system, or by mail to its inbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from nilometer.errors import ConfigError, InputError
from nilometer.response import posting
from nilometer.response.action import Desk, Json, Matter, Order, Words
from nilometer.response.mailing import Mailed
from nilometer.response.plainly import line, page, title
from nilometer.response.webhooks import Posted


@dataclass(frozen=True, kw_only=True)
class Ticket(Posted, Mailed):
    """Opens a ticket by a POST of plain JSON (title, body, severity, reference) to `url`, or by a mail to `to`.

    Every ticket system wants other names of fields: where yours cannot map them, put a small receiver between.
    """

    id: ClassVar[str] = "ticket"
    title: ClassVar[str] = "open a ticket"
    aimed: ClassVar[bool] = False

    def ready(self, desk: Desk) -> None:
        """Raises ConfigError unless exactly one way is set up whole."""
        if bool(self.url) == bool(self.to):
            raise ConfigError("nilometer.toml: [response.ticket] needs either url (a webhook) or to (a mail address), and not both.")
        Posted.ready(self, desk) if self.url else Mailed.ready(self, desk)

    def target(self) -> str:
        """The address or the inbox."""
        return self.url or Mailed.target(self)

    def letter(self, matter: Matter, desk: Desk) -> Json:
        """The ticket, as JSON or as a mail."""
        if not self.url:
            return self.mail(matter)
        return {
            "title": title(matter.facts),
            "body": page(matter.facts, matter.actors, matter.order),
            "severity": str(matter.facts.get("severity") or "medium"),
            "reference": matter.order,
            "case": matter.case,
            "labels": ["nilometer"],
        }

    def words(self, matter: Matter) -> Words:
        """Where the ticket is opened."""
        where = str(posting.place(self.url, "[response.ticket] url")) if self.url else f"{self.host}, for {line(', '.join(self.to), 300)}"
        return Words(
            does=f"Open a ticket about case {line(matter.case, 40)} (who is accused, how many people; nobody whose data it is) at {where}.",
            where=where,
            undone="Cannot be undone from here: close the ticket where it was opened.",
        )

    def perform(self, order: Order, desk: Desk) -> Json:
        """Sends it until it is accepted."""
        return Posted.send(self, order, desk, "application/json; charset=utf-8") if self.url else Mailed.send(self, order, desk)

    def undo(self, order: Order, desk: Desk) -> Json:
        """Never."""
        raise InputError(f"{order.id} cannot be undone from here: close the ticket where it was opened.")


ACTION: Final = Ticket()
