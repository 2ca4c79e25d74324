"""Freezes actors at the gate: they are put on the home's deny list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from nilometer.response import frozen
from nilometer.response.action import Action, Desk, Json, Matter, Order, Words, listed
from nilometer.response.plainly import line


@dataclass(frozen=True, kw_only=True)
class Freeze(Action):
    """Puts actors on the deny list that the gate reads.

    The gate is not built yet: until it is, this stops nobody, and says so. To stop an actor today, revoke its credential.
    """

    id: ClassVar[str] = "freeze"
    title: ClassVar[str] = "put actors on the gate's deny list"
    aimed: ClassVar[bool] = True
    reversible: ClassVar[bool] = True

    def ready(self, desk: Desk) -> None:
        """Always: it needs nothing but the home."""

    def target(self) -> str:
        """The home's own list."""
        return frozen.FILE

    def letter(self, matter: Matter, desk: Desk) -> Json:
        """Nothing is sent; the order names the actors."""
        return {}

    def words(self, matter: Matter) -> Words:
        """Warns where honest people share what is frozen."""
        many = len(matter.actors)
        does = f"Put {line(listed(matter.actors), 400)} on the gate's deny list: everything {'they ask' if many > 1 else 'it asks'} for is refused."
        if any(actor.level in ("ip", "user_agent") for actor in matter.actors):
            does += " An address or a program can be shared: honest people behind it are refused too."
        does += " This version has no gate that reads the list; until there is one, nobody is stopped by it."
        undone = "Take them off the list again: nilometer response undo. What was refused meanwhile stays refused."
        return Words(does=does, where=f"the home's response/{frozen.FILE}", undone=undone)

    def perform(self, order: Order, desk: Desk) -> Json:
        """Adds to the list; twice is as once."""
        fresh = frozen.add(desk.folder, desk.key, order.actors, order.case, order.id, desk.clock())
        return {"frozen": len(set(order.actors)), "new_on_the_list": fresh}

    def undo(self, order: Order, desk: Desk) -> Json:
        """Takes this order's actors off; one that another order froze stays."""
        gone, still = frozen.remove(desk.folder, desk.key, order.id)
        return {"taken_off": gone, "still_frozen_by_another_order": still}


ACTION: Final = Freeze()
