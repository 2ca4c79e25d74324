"""What an action is: it says in words what it would do, does it once it may, and undoes it or says why it cannot."""

from __future__ import annotations

import abc
import dataclasses
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from nilometer.clock import Clock
from nilometer.disclosures.actor import Actor
from nilometer.disclosures.pseudonym import Key

T = TypeVar("T")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What an action may use beside its settings; nothing here reads the wall clock or sleeps by itself."""

    home: Path
    """The home's folder; files named in settings are looked for from here."""
    key: Key
    """The home's key, for pseudonyms of actors."""
    source: uuid.UUID
    """The home's own name space, as the sender of messages."""
    version: str
    """Nilometer's version."""
    clock: Clock
    sleep: Callable[[float], None]
    """Waits so many seconds."""
    private_addresses: bool = False
    """Whether messages may go to addresses inside the operator's own network."""

    @property
    def folder(self) -> Path:
        """Where responses keep what they need."""
        return self.home / "response"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a proposal is about: the case, whom it is aimed at, and the case as a document for machines (OCSF)."""

    order: str
    """The proposal's id."""
    facts: Mapping[str, Any]
    """The case's page of facts."""
    actors: tuple[Actor, ...]
    document: Mapping[str, Any]
    at: datetime

    @property
    def case(self) -> str:
        """The case's id."""
        return str(self.facts["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was proposed, exactly as it is approved: the message in `letter` is sent as it is, however the case grows meanwhile."""

    id: str
    case: str
    action: str
    actors: tuple[Actor, ...]
    letter: Json
    at: datetime

    def key(self, step: str) -> str:
        """The idempotency key of `perform` or `undo`: the same however often it is tried."""
        return f"{self.id}-{step}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A proposal in words: what will be done and to whom, where it goes, and how it is undone or why it cannot be."""

    does: str
    where: str
    undone: str


def setting(default: T, doc: str) -> T:
    """An action's field: its default and what it means in one sentence."""
    return dataclasses.field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, kw_only=True)
class Action(abc.ABC):
    """One file on the shelf: its settings are its fields (made with `setting`), its documentation is its class docstring.

    `perform` and `undo` may be called again after a crash with the same order: twice must do what once does, or reach the
    receiver under the same key.
    """

    id: ClassVar[str]
    """The file's name."""
    title: ClassVar[str]
    """What it does, as the end of "This would ..."."""
    aimed: ClassVar[bool]
    """Whether it is done to actors; else it tells somebody about the case."""
    reversible: ClassVar[bool] = False
    """Whether `undo` does anything."""

    @abc.abstractmethod
    def ready(self, desk: Desk) -> None:
        """Looks whether the settings are enough and the secrets are there. Raises ConfigError naming what is missing."""

    @abc.abstractmethod
    def target(self) -> str:
        """All that decides where it goes, as one text; an approval holds only as long as it stays the same. May hold secrets."""

    @abc.abstractmethod
    def letter(self, matter: Matter, desk: Desk) -> Json:
        """What will be sent or written, complete; kept with the proposal."""

    @abc.abstractmethod
    def words(self, matter: Matter) -> Words:
        """The proposal in words, without secrets."""

    @abc.abstractmethod
    def perform(self, order: Order, desk: Desk) -> Json:
        """Does it, and says what came of it. Raises ConfigError (mend something), EngineError (try again), InputError."""

    @abc.abstractmethod
    def undo(self, order: Order, desk: Desk) -> Json:
        """Undoes it, and says what came of it. Raises InputError saying why it cannot be undone."""


def listed(actors: Sequence[Actor], most: int = 5) -> str:
    """Actors in words: the first few, and how many more."""
    named = ", ".join(str(actor) for actor in actors[:most])
    return named + (f" and {len(actors) - most:,} more" if len(actors) > most else "")
