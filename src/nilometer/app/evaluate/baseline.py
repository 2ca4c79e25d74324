"""A baseline: somebody else's rule, run on the same disclosures and scored by the same code as Nilometer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nilometer.app.evaluate.columns import Columns, Ints
from nilometer.shelves import things

SHELF: Final = "nilometer.app.evaluate.baselines"
IDENTITY: Final = ("org", "app", "account")
"""The levels at which a rule that may run at any level is run, one after the other."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """k alarms at one level: `actor`, shape (k,), are places in the level's names, `time`, shape (k,), when each rang."""

    level: str
    actor: Ints
    time: Ints

    def __len__(self) -> int:
        return len(self.actor)


Rule = Callable[[Columns, str, tuple[float, ...]], dict[float, Alarms]]
"""Alarms by setting: of these columns, at this level, for each of these settings. An actor may ring often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """One file of the shelf.

    `levels` are those at which it runs (a level the table does not have is left out); `needs` other columns without which it
    cannot run; `usual` the settings as their source gives them, `sweep` all that the plot draws, from the most to the least
    sensitive; `setting` says what the number is; `absent` answers why it cannot run here, None when it can.
    """

    id: str
    title: str
    levels: tuple[str, ...]
    setting: str
    usual: tuple[float, ...]
    sweep: tuple[float, ...]
    rule: Rule
    needs: tuple[str, ...] = ()
    absent: Callable[[], str | None] = lambda: None

    def why_not(self, columns: Columns) -> str | None:
        """Why it cannot run on these columns, in one sentence; None when it can."""
        missing = [name for name in self.needs if name not in columns.named]
        if missing:
            return f"the table has no {' and no '.join(missing)}"
        if not any(level in columns.named for level in self.levels):
            return f"the table has no {' and no '.join(self.levels)}"
        return self.absent()


def shelf() -> dict[str, Baseline]:
    """Every baseline, by id."""
    return things(SHELF, "BASELINE", Baseline)


def alarms_of(level: str, actor: NDArray[Any], time: NDArray[Any]) -> Alarms:
    """Alarms in order of time."""
    order = np.lexsort((actor, time))
    return Alarms(level, np.asarray(actor, np.int64)[order], np.asarray(time, np.int64)[order])
