"""From a proposal to what was done: who may take which step, read off the journal, and each order performed once.

    proposed ──approve──> approved ──perform──> performing ──> performed ──undo──> undoing ──> undone
        └──────refuse───────┴──> refused          └──> failed ──perform──> ...       └──> performed (the undo failed)

A step is written before it is taken ("began") and after it ("performed"). After a crash between the two, `perform` takes it
again under the same key, which lets the receiver tell the repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from nilometer.disclosures.actor import Actor
from nilometer.errors import ConfigError, EvidenceError, InputError, NilometerError
from nilometer.response.action import Action, Desk, Json, Order

State = Literal["proposed", "approved", "refused", "performing", "failed", "performed", "undoing", "undone"]
Step = Literal["proposed", "approved", "refused", "began", "performed", "failed", "undo began", "undone", "undo failed"]
Write = Callable[[Json], None]
"""Puts one step into the journal; on the disk when it returns."""

_MOVES: Final[dict[tuple[State, Step], State]] = {
    ("proposed", "approved"): "approved",
    ("proposed", "refused"): "refused",
    ("approved", "refused"): "refused",
    ("approved", "began"): "performing",
    ("performing", "began"): "performing",  # taken again after a crash
    ("failed", "began"): "performing",
    ("failed", "refused"): "refused",
    ("performing", "performed"): "performed",
    ("performing", "failed"): "failed",
    ("performed", "undo began"): "undoing",
    ("undoing", "undo began"): "undoing",
    ("undoing", "undone"): "undone",
    ("undoing", "undo failed"): "performed",
}
OPEN: Final[frozenset[State]] = frozenset({"proposed", "approved", "performing", "failed"})
"""States in which the same proposal is not made again."""
_LONGEST_WHY: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One step in the journal."""

    at: datetime
    by: str
    step: Step
    body: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An order and where it stands."""

    order: Order
    state: State
    words: Mapping[str, str]
    """`does`, `where`, `undone`."""
    target: str
    """Keyed digest of where it goes; what was approved for one place is not sent to another."""
    steps: tuple[Taken, ...]

    def by(self, step: Step) -> str | None:
        """Who took a step last; None when nobody did."""
        return next((taken.by for taken in reversed(self.steps) if taken.step == step), None)


def folded(entries: Iterable[tuple[datetime, str, Mapping[str, Any]]]) -> dict[str, Standing]:
    """Every order by id, oldest first, from the journal's entries (when, by whom, what). Raises EvidenceError for an impossible one."""
    found: dict[str, Standing] = {}
    for at, by, body in entries:
        try:
            ident, step = str(body["id"]), body["step"]
            taken = Taken(at=at, by=by, step=step, body=dict(body))
            if step == "proposed":
                if ident in found:
                    raise ValueError("proposed twice")
                found[ident] = _opened(taken)
            else:
                before = found[ident]
                found[ident] = replace(before, state=_MOVES[before.state, step], steps=(*before.steps, taken))
        except (KeyError, TypeError, ValueError) as cause:
            raise EvidenceError(f"The journal holds a response step that cannot be ({type(cause).__name__}): was it changed?") from None
    return found


def proposal(order: Order, words: Mapping[str, str], target: str) -> Json:
    """The journal entry that opens an order."""
    actors = [{"level": a.level, "id": a.id} for a in order.actors]
    return {
        **_about(order, "proposed"),
        "action": order.action,
        "actors": actors,
        "letter": order.letter,
        "at": order.at.isoformat(),
        "words": dict(words),
        "target": target,
    }


def approval(standing: Standing, by: str, why: str, two_people: bool) -> Json:
    """The entry that approves. Raises InputError when it may not be approved, or not by them."""
    _may(standing, "approved")
    reason = _reason(why)
    if not by.strip() or by == "unknown":
        raise InputError("Nobody is there to approve: the operating system does not say which account this is.")
    if two_people and by == standing.by("proposed"):
        raise InputError(f"{standing.order.id} was proposed by {by}; somebody else has to approve it (two_people = true under [response]).")
    return {**_about(standing.order, "approved"), "why": reason}


def refusal(standing: Standing, why: str) -> Json:
    """The entry that refuses, or takes an approval back. Raises InputError when it is too late."""
    _may(standing, "refused")
    return {**_about(standing.order, "refused"), "why": _reason(why)}


def perform(standing: Standing, action: Action, desk: Desk, target: str, write: Write) -> bool:
    """Performs an approved order; False when that was done before, and nothing was done now.

    Raises InputError when it is not approved, ConfigError when it would go elsewhere than approved, and what the action raises.
    """
    order = standing.order
    if standing.state == "performed":
        return False
    _may(standing, "began")
    if target != standing.target:
        raise ConfigError(
            f"{order.id} was approved for another receiver than the settings name now. Put [response.{order.action}] back, or refuse it and propose again."
        )
    action.ready(desk)
    _taken(order, "began", "performed", "failed", lambda: action.perform(order, desk), write)
    return True


def undo(standing: Standing, action: Action, desk: Desk, write: Write) -> bool:
    """Undoes a performed order; False when that was done before. Raises InputError when it was not performed or cannot be undone."""
    order = standing.order
    if standing.state == "undone":
        return False
    _may(standing, "undo began")
    if not action.reversible:
        action.undo(order, desk)  # says why not
        raise InputError(f"{order.id} cannot be undone.")
    _taken(order, "undo began", "undone", "undo failed", lambda: action.undo(order, desk), write)
    return True


def _taken(order: Order, began: Step, done: Step, failed: Step, act: Callable[[], Json], write: Write) -> None:
    write({**_about(order, began), "key": order.key("perform" if began == "began" else "undo")})
    try:
        outcome = act()
    except NilometerError as wrong:  # a fault of another kind leaves it begun: nothing is known of what came of it
        write({**_about(order, failed), "why": str(wrong)})
        raise
    write({**_about(order, done), "outcome": outcome})


def _about(order: Order, step: Step) -> Json:
    """What every entry holds: the step, the order, the case, and the step in words for the case's history."""
    return {"step": step, "id": order.id, "case": order.case, "did": f"{order.action} {step} ({order.id})"}


def _opened(taken: Taken) -> Standing:
    body = taken.body
    order = Order(
        id=str(body["id"]),
        case=str(body["case"]),
        action=str(body["action"]),
        actors=tuple(Actor(level=str(a["level"]), id=str(a["id"])) for a in body["actors"]),
        letter=dict(body["letter"]),
        at=datetime.fromisoformat(body["at"]),
    )
    return Standing(order=order, state="proposed", words=dict(body["words"]), target=str(body["target"]), steps=(taken,))


def _may(standing: Standing, step: Step) -> None:
    if (standing.state, step) not in _MOVES:
        wanted, first = {
            "approved": ("approved", "proposed"),
            "refused": ("refused", "proposed, approved or failed"),
            "began": ("performed", "approved"),
            "undo began": ("undone", "performed"),
        }[step]
        raise InputError(f"{standing.order.id} is {standing.state}; only what is {first} can be {wanted}.")


def _reason(why: str) -> str:
    text = why.strip()
    if not text or len(text) > _LONGEST_WHY or any("\ud800" <= c <= "\udfff" for c in text):
        raise InputError(f"Say why, in 1 to {_LONGEST_WHY:,} characters of readable text: it is kept with the decision.")
    return text
