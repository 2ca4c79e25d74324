"""Orders: only the steps that may be taken, each performed once, whatever fails and wherever it is cut off."""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.errors import ConfigError, EngineError, EvidenceError, InputError
from nilometer.response import dispatch
from nilometer.response.action import Action, Desk, Json, Matter, Order, Words
from tests.response import desks

WORDS = {"does": "d", "where": "w", "undone": "u"}


class Cut(BaseException):
    """The process is gone: nothing after it runs."""


@dataclass(frozen=True, kw_only=True)
class Lamp(Action):
    """An action that is easy to watch: it keeps the keys under which it was done."""

    id: ClassVar[str] = "lamp"
    title: ClassVar[str] = "light a lamp"
    aimed: ClassVar[bool] = False
    reversible: ClassVar[bool] = True
    seen: list[str] = dataclasses.field(default_factory=list)
    trouble: list[BaseException | None] = dataclasses.field(default_factory=list)

    def ready(self, desk: Desk) -> None: ...

    def target(self) -> str:
        return "here"

    def letter(self, matter: Matter, desk: Desk) -> Json:
        return {}

    def words(self, matter: Matter) -> Words:
        return Words(**WORDS)

    def perform(self, order: Order, desk: Desk) -> Json:
        return self._do(order.key("perform"))

    def undo(self, order: Order, desk: Desk) -> Json:
        return self._do(order.key("undo"))

    def _do(self, key: str) -> Json:
        wrong = self.trouble.pop(0) if self.trouble else None
        if isinstance(wrong, EngineError):
            raise wrong
        self.seen.append(key)
        if wrong is not None:
            raise wrong
        return {"done": key}


@dataclass
class Book:
    """The journal: entries in memory, each write may be the last."""

    entries: list[tuple[Any, str, Json]] = dataclasses.field(default_factory=list)
    left: int | None = None

    def write(self, body: Json, by: str = "ama") -> None:
        if self.left == 0:
            raise Cut
        if self.left is not None:
            self.left -= 1
        self.entries.append((desks.NOW + timedelta(seconds=len(self.entries)), by, body))

    @property
    def now(self) -> dispatch.Standing:
        (one,) = dispatch.folded(self.entries).values()
        return one


def book(*, approved: bool = True) -> Book:
    made = Book()
    made.write(dispatch.proposal(desks.order(action="lamp"), WORDS, "t"))
    if approved:
        made.write(dispatch.approval(made.now, "ben", "so be it", two_people=True), "ben")
    return made


def perform(made: Book, lamp: Lamp, home: Path = Path("/nowhere"), target: str = "t") -> bool:
    return dispatch.perform(made.now, lamp, desks.desk(home), target, made.write)


def test_from_proposal_to_undone() -> None:
    made, lamp = book(approved=False), Lamp()
    assert made.now.order == desks.order(action="lamp")
    with pytest.raises(InputError, match="only what is approved can be performed"):
        perform(made, lamp)
    made.write(dispatch.approval(made.now, "ben", " why not ", two_people=False), "ben")
    assert made.now.steps[-1].body["why"] == "why not"
    assert perform(made, lamp)
    assert not perform(made, lamp)
    assert made.now.state == "performed"
    assert dispatch.undo(made.now, lamp, desks.desk(Path()), made.write)
    assert not dispatch.undo(made.now, lamp, desks.desk(Path()), made.write)
    assert lamp.seen == ["R-2026-0A1B2C3D-perform", "R-2026-0A1B2C3D-undo"]
    assert [taken.step for taken in made.now.steps] == ["proposed", "approved", "began", "performed", "undo began", "undone"]
    with pytest.raises(InputError, match="undone"):
        perform(made, lamp)


def test_what_was_refused_stays_refused() -> None:
    for approved in (False, True):
        made = book(approved=approved)
        made.write(dispatch.refusal(made.now, "no"))
        for step in (
            lambda m=made: perform(m, Lamp()),
            lambda m=made: dispatch.approval(m.now, "x", "y", False),
            lambda m=made: dispatch.refusal(m.now, "z"),
        ):
            with pytest.raises(InputError, match="is refused"):
                step()


@pytest.mark.parametrize("why", ["", "  ", "\n", "x" * 4001, "\udcff"])
def test_a_decision_has_a_reason(why: str) -> None:
    with pytest.raises(InputError, match="Say why"):
        dispatch.approval(book(approved=False).now, "ben", why, two_people=False)
    with pytest.raises(InputError, match="Say why"):
        dispatch.refusal(book(approved=False).now, why)


def test_who_may_approve() -> None:
    made = book(approved=False).now
    for nobody in ("", " ", "unknown"):
        with pytest.raises(InputError, match="Nobody"):
            dispatch.approval(made, nobody, "why", two_people=False)
    assert dispatch.approval(made, "ama", "why", two_people=False)
    with pytest.raises(InputError, match="somebody else"):
        dispatch.approval(made, "ama", "why", two_people=True)
    assert dispatch.approval(made, "ben", "why", two_people=True)


def test_what_was_approved_for_one_place_does_not_go_to_another() -> None:
    made, lamp = book(), Lamp()
    with pytest.raises(ConfigError, match="another receiver"):
        perform(made, lamp, target="elsewhere")
    assert lamp.seen == []
    assert made.now.state == "approved"


def test_what_failed_is_written_and_may_be_tried_again() -> None:
    made, lamp = book(), Lamp(trouble=[EngineError("no way there"), None, EngineError("nor back")])
    with pytest.raises(EngineError):
        perform(made, lamp)
    assert (made.now.state, made.now.steps[-1].body["why"]) == ("failed", "no way there")
    assert perform(made, lamp)
    with pytest.raises(EngineError):
        dispatch.undo(made.now, lamp, desks.desk(Path()), made.write)
    assert made.now.state == "performed"
    assert dispatch.undo(made.now, lamp, desks.desk(Path()), made.write)


@given(st.lists(st.sampled_from(["ok", "fail", "cut before", "cut within", "cut after"]), max_size=8))
def test_wherever_it_is_cut_off_it_is_done_under_one_key(ends: list[str]) -> None:
    made, lamp = book(), Lamp()
    done = 0
    for end in [*ends, "ok"]:
        before = made.now.state
        made.left = {"cut before": 0, "cut after": 1}.get(end)
        lamp.trouble[:] = {"fail": [EngineError("x")], "cut within": [Cut()]}.get(end, [])
        with contextlib.suppress(Cut, EngineError):
            done += perform(made, lamp)
        made.left = None
        if before == "performed":
            assert made.now.state == "performed"
    assert made.now.state == "performed"
    assert done == 1
    assert set(lamp.seen) == {"R-2026-0A1B2C3D-perform"}
    assert [taken.step for taken in made.now.steps].count("performed") == 1


STEPS = ["proposed", "approved", "refused", "began", "performed", "failed", "undo began", "undone", "undo failed", "nonsense"]


@given(st.lists(st.sampled_from(STEPS), max_size=10))
def test_a_journal_that_cannot_be_raises_the_alarm_or_ends_well(steps: list[str]) -> None:
    opening = dispatch.proposal(desks.order(action="lamp"), WORDS, "t")
    entries = [(desks.NOW, "ama", opening)] + [(desks.NOW, "ama", {"step": s, "id": opening["id"]}) for s in steps]
    try:
        found = dispatch.folded(entries)
    except EvidenceError:
        return
    names = ["proposed", *steps]
    assert found[opening["id"]].steps[-1].step == names[-1]
    if "performed" in names:
        assert names.index("approved") < names.index("began") < names.index("performed")
    if "refused" in names:
        assert names[-1] == "refused"


@pytest.mark.parametrize(
    "body", [{}, {"step": "approved", "id": "R-9"}, {"step": "proposed", "id": "R-1"}, {"id": []}, {"step": [], "id": "x"}]
)
def test_half_an_entry_raises_the_alarm(body: Json) -> None:
    with pytest.raises(EvidenceError):
        dispatch.folded([(desks.NOW, "ama", body)])
