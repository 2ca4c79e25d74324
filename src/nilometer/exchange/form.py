"""What a form is: a way to write findings (JSON as contract.md has it) and a case (its page of facts) for another system."""

from __future__ import annotations

import abc
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from nilometer.errors import InputError

Json = dict[str, Any]
"""A finding, a case's facts, or a document made of them: what `json.dumps` writes."""

_FACTS: Final = ("id", "title", "state", "findings", "people")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who says it, and how: everything a form needs beside what it writes. The same input gives the same bytes, whenever it is written."""

    version: str
    """Nilometer's own version."""
    namespace: uuid.UUID
    """The home's own name space (RFC 9562, name-based): two platforms never give two things the same identifier."""
    switches: Mapping[str, str] = field(default_factory=dict)
    """What was chosen of `Form.switches`."""


@dataclass(frozen=True, kw_only=True)
class Form(abc.ABC):
    """One file on the shelf. Its docstring's first line says what it is, the second paragraph what it leaves out."""

    id: ClassVar[str]
    """The file's name."""
    title: ClassVar[str]
    """The standard and its version, as a person would name it."""
    suffix: ClassVar[str]
    """How a file of it usually ends, with the dot."""
    shared: ClassVar[bool]
    """Whether it is meant for strangers: then it holds no surface, no reason, no word of an operator and no session."""
    switches: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What can be chosen, and between what; the first is the default."""

    @abc.abstractmethod
    def findings(self, found: Sequence[Mapping[str, Any]], said: Said) -> str:
        """The findings as text that ends with a newline; text without any finding where the form can say that."""

    @abc.abstractmethod
    def case(self, facts: Mapping[str, Any], said: Said) -> str:
        """The case, with its findings, as text that ends with a newline."""

    def chosen(self, switches: Mapping[str, str]) -> dict[str, str]:
        """A value for every switch. Raises InputError naming what can be chosen."""
        for name, value in switches.items():
            if name not in self.switches:
                known = ", ".join(f"{n}={'|'.join(v)}" for n, v in self.switches.items()) or "nothing"
                raise InputError(f"{self.id} has nothing called {name!r} to choose; there is {known}.")
            if value not in self.switches[name]:
                raise InputError(f"{self.id}: {name} must be one of {', '.join(self.switches[name])}; found {value!r}.")
        return {name: switches.get(name, values[0]) for name, values in self.switches.items()}


def checked(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The page of facts of a case, once it has what every form needs. Raises InputError naming what is missing."""
    missing = [name for name in _FACTS if name not in facts]
    if missing:
        raise InputError(f"A case's facts need {', '.join(_FACTS)}; missing: {', '.join(missing)}.")
    return facts
