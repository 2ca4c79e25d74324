"""Tells people about a case by e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from nilometer.errors import InputError
from nilometer.response.action import Desk, Json, Matter, Order, Words
from nilometer.response.mailing import Mailed
from nilometer.response.plainly import line


@dataclass(frozen=True, kw_only=True)
class Email(Mailed):
    """Sends a dozen lines about the case as plain text, over TLS unless told otherwise.

    A mail server cannot be asked whether it has a message: after a crash at the wrong moment the same mail, with the same
    Message-ID, may arrive twice.
    """

    id: ClassVar[str] = "email"
    title: ClassVar[str] = "mail the case to people"
    aimed: ClassVar[bool] = False

    def letter(self, matter: Matter, desk: Desk) -> Json:
        """Subject and text."""
        return self.mail(matter)

    def words(self, matter: Matter) -> Words:
        """Who gets it."""
        to = line(", ".join(self.to), 300)
        clear = " It is not encrypted on the way." if self.tls == "none" else ""
        return Words(
            does=f"Mail what is known of case {line(matter.case, 40)} (who is accused, how many people; nobody whose data it is) to {to}.{clear}",
            where=f"{self.host}, for {to}",
            undone="Cannot be called back; a correction is another mail.",
        )

    def perform(self, order: Order, desk: Desk) -> Json:
        """Sends it until the server takes it."""
        return self.send(order, desk)

    def undo(self, order: Order, desk: Desk) -> Json:
        """Never."""
        raise InputError(f"{order.id} cannot be undone: a mail cannot be called back. Propose email again to send a correction.")


ACTION: Final = Email()
