"""Responses to a case: proposed, approved by a person, performed once; every step is an entry of the journal."""

from __future__ import annotations

import dataclasses
import hmac
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from nilometer import __version__, response
from nilometer.app import exchange, journal
from nilometer.app.assembly import Home
from nilometer.canonical import json_bytes
from nilometer.clock import Clock, rfc3339, system_clock
from nilometer.disclosures.actor import LEVELS, Actor
from nilometer.errors import ConfigError, InputError
from nilometer.ledger import files
from nilometer.response import dispatch
from nilometer.response.action import Action, Desk, Matter, Order
from nilometer.response.dispatch import Standing
from nilometer.response.posting import LARGEST

Json = dict[str, Any]
KIND: Final = "response"
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_OWN: Final = ("two_people", "private_addresses")
"""Settings of [response] itself; everything else there is an action's table."""


def actions(home: Home) -> dict[str, Action]:
    """The actions with the home's settings, by id. Raises ConfigError naming a table, setting or type that is wrong."""
    shelf = response.shelf()
    given: dict[str, Mapping[str, Any]] = {}
    for name, value in home.settings.response.items():
        if name in shelf and isinstance(value, dict):
            given[name] = value
        elif name not in _OWN or not isinstance(value, bool):
            known = ", ".join([*(f"{own} (true or false)" for own in _OWN), *(f"[response.{ident}]" for ident in shelf)])
            raise ConfigError(f"nilometer.toml: [response]: {name!r} is not one of {known}.")
    return {ident: _configured(action, given.get(ident, {})) for ident, action in shelf.items()}


def propose(
    home: Home,
    case: str,
    action: str,
    actors: Sequence[tuple[str, str]] = (),
    *,
    by: str | None = None,
    clock: Clock = system_clock,
) -> Json:
    """Proposes an action for a case, to `actors` (level, id) or to those accused. The page of `show`; nothing is done yet.

    The same proposal that is open already is not made twice: that one is returned. Raises InputError and ConfigError.
    """
    return propose_about(home, exchange.facts(home, case), action, actors, by=by, clock=clock)


def propose_about(
    home: Home,
    facts: Mapping[str, Any],
    action: str,
    actors: Sequence[tuple[str, str]] = (),
    *,
    by: str | None = None,
    clock: Clock = system_clock,
) -> Json:
    """The same, from a case's page of facts."""
    chosen = _action(home, action)
    desk = _desk(home, clock)
    chosen.ready(desk)
    aimed = _aimed(chosen, facts, actors)
    with _lock(home, "proposing"):
        for there in _standings(home).values():
            same = (there.order.case, there.order.action, there.order.actors) == (facts["id"], action, aimed)
            if same and there.state in dispatch.OPEN:
                return page(there)
        now = clock()
        ident = f"R-{now.year:04d}-{''.join(secrets.choice(_DIGITS) for _ in range(8))}"
        document = exchange.incident(home, facts)
        matter = Matter(order=ident, facts=facts, actors=aimed, document=document, at=now)
        order = Order(id=ident, case=matter.case, action=action, actors=aimed, letter=chosen.letter(matter, desk), at=now)
        _sendable(order)
        words = dataclasses.asdict(chosen.words(matter))
        journal.record(home, KIND, dispatch.proposal(order, words, _target(home, chosen)), by=by, clock=clock)
    return show(home, ident)


def approve(home: Home, ident: str, why: str, *, by: str | None = None, clock: Clock = system_clock) -> Json:
    """Approves a proposal. Raises InputError without a reason or a person, or when proposer and approver must differ and do not."""
    who = journal.account() if by is None else by
    two = home.settings.response.get("two_people", False) is True
    with _lock(home, ident):
        body = dispatch.approval(_standing(home, ident), who, why, two)
        journal.record(home, KIND, body, by=who, clock=clock)
    return show(home, ident)


def refuse(home: Home, ident: str, why: str, *, by: str | None = None, clock: Clock = system_clock) -> Json:
    """Refuses a proposal, or takes back an approval that was not performed."""
    with _lock(home, ident):
        journal.record(home, KIND, dispatch.refusal(_standing(home, ident), why), by=by, clock=clock)
    return show(home, ident)


def perform(
    home: Home,
    ident: str,
    *,
    by: str | None = None,
    clock: Clock = system_clock,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Json, bool]:
    """Performs an approved order: its page, and whether it was done now (False: it had been done before).

    Raises InputError, ConfigError (mend something) and EngineError (try again: it goes out under the same key).
    """
    with _lock(home, ident):
        standing = _standing(home, ident)
        chosen = _action(home, standing.order.action)
        write = _writer(home, by, clock)
        done = dispatch.perform(standing, chosen, _desk(home, clock, sleep), _target(home, chosen), write)
    return show(home, ident), done


def undo(home: Home, ident: str, *, by: str | None = None, clock: Clock = system_clock) -> tuple[Json, bool]:
    """Undoes a performed order, as `perform`. Raises InputError saying why it cannot be undone."""
    with _lock(home, ident):
        standing = _standing(home, ident)
        chosen = _action(home, standing.order.action)
        done = dispatch.undo(standing, chosen, _desk(home, clock), _writer(home, by, clock))
    return show(home, ident), done


def show(home: Home, ident: str) -> Json:
    """One order. Raises InputError that lists some ids when there is no such."""
    return page(_standing(home, ident))


def listed(home: Home, case: str | None = None) -> list[Json]:
    """Every order, oldest first; with `case`, only its."""
    return [page(s) for s in _standings(home).values() if case is None or s.order.case == case]


def page(standing: Standing) -> Json:
    """An order as JSON: what, to whom, where it stands, every step with who and why. What was sent is not in it."""
    order = standing.order
    return {
        "id": order.id,
        "case": order.case,
        "action": order.action,
        "state": standing.state,
        "actors": [{"level": actor.level, "id": actor.id} for actor in order.actors],
        **standing.words,
        "history": [
            {
                "at": rfc3339(taken.at),
                "by": taken.by,
                "did": taken.step,
                **{k: taken.body[k] for k in ("why", "outcome", "key") if k in taken.body},
            }
            for taken in standing.steps
        ],
    }


def _sendable(order: Order) -> None:
    """Said when it is proposed, not when it is performed."""
    try:
        size = len(json_bytes(order.letter))
    except UnicodeEncodeError:
        raise InputError(f"Case {order.case!r} holds a name that is no text; what is proposed could not be sent.") from None
    if size > LARGEST:
        raise InputError(f"What would be sent has {size:,} bytes; at most {LARGEST:,} are. Name fewer actors with --actor LEVEL ID.")


def _configured(action: Action, given: Mapping[str, Any]) -> Action:
    fields = {one.name: one for one in dataclasses.fields(action)}
    made: dict[str, Any] = {}
    for name, value in given.items():
        here = f"nilometer.toml: [response.{action.id}]"
        if name not in fields:
            raise ConfigError(f"{here} has {name!r}; its settings are {', '.join(sorted(fields)) or 'none'}.")
        usual = getattr(action, name)
        fitted = _fitted(usual, value)
        if fitted is None:
            kind = {str: "a text", int: "a whole number", float: "a number", tuple: "a list of texts"}[type(usual)]
            raise ConfigError(f"{here}: {name} must be {kind}.")
        made[name] = fitted
    return dataclasses.replace(action, **made) if made else action


def _fitted(usual: object, value: object) -> object | None:
    if isinstance(usual, tuple):
        return tuple(value) if isinstance(value, list) else None
    if isinstance(value, bool | list):
        return None
    if isinstance(usual, float):
        return float(value) if isinstance(value, int | float) else None
    return value if isinstance(value, type(usual)) else None


def _aimed(action: Action, facts: Mapping[str, Any], actors: Sequence[tuple[str, str]]) -> tuple[Actor, ...]:
    """Whom it is aimed at: those named, who must be in the case, else those accused; a campaign is its members."""
    accused = [Actor(level=a["level"], id=a["id"]) for a in facts.get("actors") or []]
    known = [*accused, *(Actor(level=a["level"], id=a["id"]) for a in facts.get("hierarchy") or [])]
    known += [Actor(level=a["level"], id=a["id"]) for finding in facts["findings"] for a in finding["actors"]]
    named = [Actor(level=level, id=ident) for level, ident in actors]
    for one in named:
        if one not in known:
            raise InputError(
                f"Case {facts['id']} does not name {one.level} {one.id!r}; `nilometer case show {facts['id']}` says whom it names."
            )
    wanted = named or accused
    found = tuple(dict.fromkeys(one for one in wanted if one.level in LEVELS))
    if action.aimed and not found:
        raise InputError(f"Case {facts['id']} accuses nobody whom {action.id} can be done to; name one with --actor LEVEL ID.")
    return found


def _action(home: Home, ident: str) -> Action:
    there = actions(home)
    if ident not in there:
        raise InputError(f"No action {ident!r}. There is " + "; ".join(f"{name} (to {a.title})" for name, a in there.items()) + ".")
    return there[ident]


def _desk(home: Home, clock: Clock, sleep: Callable[[float], None] = time.sleep) -> Desk:
    private = home.settings.response.get("private_addresses", False)
    return Desk(
        home=home.folder,
        key=home.key,
        source=exchange.namespace(home),
        version=__version__,
        clock=clock,
        sleep=sleep,
        private_addresses=private is True,
    )


def _target(home: Home, action: Action) -> str:
    """Keyed, so that an address with a token in it cannot be tried out from the journal."""
    return hmac.new(home.key.derived("response", 32), action.target().encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:32]


def _standings(home: Home) -> dict[str, Standing]:
    def told() -> Iterator[tuple[datetime, str, Json]]:
        for entry in journal.entries(home, KIND):
            yield entry.at, entry.by, entry.body

    return dispatch.folded(told())


def _standing(home: Home, ident: str) -> Standing:
    there = _standings(home)
    if ident not in there:
        known = ", ".join(list(there)[-8:]) or "none yet; see `nilometer response propose --help`"
        raise InputError(f"No response {ident!r}. Responses: {known}.")
    return there[ident]


def _writer(home: Home, by: str | None, clock: Clock) -> dispatch.Write:
    def write(body: Json) -> None:
        journal.record(home, KIND, body, by=by, clock=clock)

    return write


@contextmanager
def _lock(home: Home, what: str) -> Iterator[None]:
    """One at a time per order: who performs what is being performed waits, and then sees that it is done."""
    folder = home.folder / "response"
    folder.mkdir(exist_ok=True, mode=0o700)
    name = hmac.new(home.key.derived("response", 32), what.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:16]
    with files.locked(folder / f"{name}.lock", "nilometer, responding", wait=True):
        yield
