"""The fold of steps: what each does, what cannot be done, and that nothing is ever lost whatever is tried."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nilometer.cases import history
from nilometer.cases.case import case_id
from nilometer.cases.history import Cases, Step, after, fold, holding, read
from nilometer.errors import EvidenceError, InputError
from tests.cases.steps import BEGIN, finding, step

ONE, TWO = "K-2026-000001", "K-2026-000002"


def two() -> Cases:
    """One case with two findings, another with a third."""
    return fold(
        [
            step("open", findings=[finding("F-1"), finding("F-2")]),
            step("open", TWO, index=1, findings=[finding("F-3")]),
        ]
    )


def test_a_case_begins_open_and_keeps_every_step() -> None:
    made = fold([step("open"), step("note", index=1, why="called them"), step("state", index=2), step("assign", index=3)])[ONE]
    assert (made.state, made.verdict, made.hold, made.assigned) == ("investigating", None, False, "dana")
    assert [(past.did, past.why, past.by, past.index) for past in made.history] == [
        ("opened with F-1", "because", "kim", 0),
        ("noted", "called them", "kim", 1),
        ("open -> investigating", "because", "kim", 2),
        ("assigned to dana", "because", "kim", 3),
    ]
    assert made.opened == BEGIN
    assert made.updated == made.history[-1].at


def test_closing_teaches_and_reopening_takes_it_back() -> None:
    taught = [{"level": "app", "id": "a", "at": "2026-05-02T00:00:00Z", "people_a_day": 12}]
    cases = after(two(), step("close", taught=taught, cleared_at="2026-05-02T00:00:00Z", index=2))
    assert (cases[ONE].state, cases[ONE].verdict) == ("closed", "benign")
    assert [(one.id, one.people_a_day) for one in cases[ONE].taught] == [("a", 12)]
    again = after(cases, step("reopen", index=3))[ONE]
    assert (again.state, again.verdict, again.taught, again.cleared_at) == ("open", None, (), None)
    assert len(again.history) == 3


def test_splitting_makes_a_case_and_joining_brings_it_back() -> None:
    cases = after(two(), step("split", findings=["F-2"], into="K-2026-000009", index=2))
    assert list(cases[ONE].findings) == ["F-1"]
    assert list(cases["K-2026-000009"].findings) == ["F-2"]
    cases = after(cases, step("join", moved=["F-2"], index=3))
    assert list(cases[ONE].findings) == ["F-1", "F-2"]
    assert (cases["K-2026-000009"].into, cases["K-2026-000009"].state) == (ONE, "closed")
    with pytest.raises(InputError, match=f"are in {ONE} now"):
        after(cases, step("note", "K-2026-000009"))
    cases = after(cases, step("split", findings=["F-2"], into="K-2026-000009", index=4))  # its id is free again
    assert list(cases["K-2026-000009"].findings) == ["F-2"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (step("erase"), "No step 'erase'"),
        (step("note", why=" \n"), "Say why"),
        (step("note", "K-2026-XXXXXX"), "No case"),
        (step("open"), "F-1 is in case K-2026-000001 already"),
        (step("open", findings=[]), "at least one finding"),
        (step("open", findings=[finding("F-9")]), "There is a case"),
        (step("join", findings=[finding("F-3")]), "F-3 is in case K-2026-000002 already. `nilometer case join K-2026-000001 F-3 --move`"),
        (step("join"), "at least one finding"),
        (step("join", moved=["F-1"]), "in no other case"),
        (step("split", findings=["F-3"]), "does not hold F-3"),
        (step("split", findings=["F-1", "F-2"]), "keeps at least one"),
        (step("split", findings=["F-1"], into=TWO), "There is a case"),
        (step("state", state="closed"), "`nilometer case close` closes"),
        (step("state", state="open"), "is open already"),
        (step("reopen"), "is not closed"),
        (step("release"), "no legal hold"),
        (step("assign", to=" "), "to whom"),
        (step("close", verdict="fine"), "No verdict"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(wrong: Step, why: str) -> None:
    cases = two()
    before = dict(cases)
    with pytest.raises(InputError) as told:
        after(cases, wrong)
    assert why in str(told.value)
    assert cases == before


def test_a_held_case_is_not_emptied_and_a_closed_one_not_moved_on() -> None:
    cases = after(two(), step("hold", TWO))
    with pytest.raises(InputError, match="legal hold"):
        after(cases, step("join", moved=["F-3"]))
    with pytest.raises(InputError, match="already"):
        after(cases, step("hold", TWO))
    assert not after(cases, step("release", TWO))[TWO].hold
    shut = after(two(), step("close"))
    for again in (step("close"), step("state")):
        with pytest.raises(InputError, match="is closed"):
            after(shut, again)


def test_a_hold_goes_with_findings_and_only_a_release_ends_it() -> None:
    held = after(two(), step("hold", index=2))
    cases = after(held, step("split", findings=["F-2"], into="K-2026-000009", index=3))
    assert {ident: case.hold for ident, case in cases.items()} == {ONE: True, TWO: False, "K-2026-000009": True}
    assert "legal hold" in cases["K-2026-000009"].history[-1].did
    released = after(cases, step("release", index=4))
    assert not released[ONE].hold
    assert released["K-2026-000009"].hold, "releasing one case says nothing of the other"
    assert not after(released, step("release", "K-2026-000009", index=5))["K-2026-000009"].hold
    moved = after(held, step("join", TWO, moved=["F-2"], index=3))
    assert (moved[TWO].hold, moved[ONE].hold) == (True, True)
    assert f"legal hold of {ONE}" in moved[TWO].history[-1].did
    into_held = after(after(two(), step("hold", TWO, index=2)), step("join", TWO, moved=["F-2"], index=3))
    assert not into_held[ONE].hold, "what comes into a held case does not hold where it came from"


def test_an_inherited_hold_can_be_joined_back_and_made_ones_own() -> None:
    """As every step taken before holds were inherited still can be."""
    cases = after(after(two(), step("hold", index=2)), step("split", findings=["F-2"], into="K-2026-000009", index=3))
    back = after(cases, step("join", TWO, moved=["F-2"], index=4))
    assert (back[TWO].hold, back["K-2026-000009"].hold, back["K-2026-000009"].into) == (True, False, TWO)
    own = after(cases, step("hold", "K-2026-000009", index=4))
    assert "in its own right" in own["K-2026-000009"].history[-1].did
    with pytest.raises(InputError, match="already"):
        after(own, step("hold", "K-2026-000009", index=5))
    with pytest.raises(InputError, match="left empty"):
        after(own, step("join", TWO, moved=["F-2"], index=5))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"case": ONE, "did": "open"},
        {"case": ONE, "did": 5, "why": "x"},
        {"case": ONE, "did": "erase", "why": "x"},
        {"case": ONE, "did": "open", "why": "x", "title": "t"},
        {"case": ONE, "did": "open", "why": "x", "title": "t", "findings": ["F-1"]},
        {"case": ONE, "did": "note", "why": "x"},
    ],
)
def test_an_entry_that_is_no_step_raises_the_alarm(body: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError, match="Entry 7"):
        fold([read(BEGIN, "kim", body, 7)])


def test_a_close_without_what_it_taught_raises_the_alarm() -> None:
    opened = step("open")
    with pytest.raises(EvidenceError, match="Entry 3"):
        fold([opened, read(BEGIN, "kim", {"case": ONE, "did": "close", "why": "x", "verdict": "benign"}, 3)])


anything = st.tuples(
    st.sampled_from(history.STEPS),
    st.integers(0, 4),
    st.lists(st.sampled_from([f"F-{n}" for n in range(6)]), max_size=3, unique=True),
    st.sampled_from(["open", "investigating", "contained"]),
    st.booleans(),
)


@given(st.lists(anything, max_size=40))
@example([("open", 0, ["F-0", "F-1"], "open", False), ("hold", 0, [], "open", False), ("split", 0, ["F-0"], "open", False)])
def test_whatever_is_tried_each_finding_is_in_one_case_and_no_step_is_lost(tried: list[tuple[str, int, list[str], str, bool]]) -> None:
    cases: Cases = {}
    taken: list[Step] = []
    for number, (did, at, idents, state, move) in enumerate(tried):
        known = list(cases)
        case = known[at % len(known)] if known and did != "open" else case_id(f"F-{at}", [one for one in known if cases[one].into is None])
        elsewhere = [one for one in idents if move and (holder := holding(cases, one)) and holder.id != case]
        more: dict[str, Any] = {
            "findings": idents if did == "split" else [finding(one) for one in idents if one not in elsewhere],
            "moved": elsewhere,
            "into": case_id(idents[0] if idents else "", [one for one in known if cases[one].into is None]),
            "state": state,
        }
        one = step(did, case, index=number, **(more if did in ("open", "join", "split", "state") else {}))
        before = dict(cases)
        try:
            cases = after(cases, one)
        except InputError:
            assert cases == before
            continue
        taken.append(one)
        everywhere = [ident for held in cases.values() for ident in held.findings]
        assert len(everywhere) == len(set(everywhere))
        assert {ident for held in before.values() for ident in held.findings} <= set(everywhere)
        assert all(held.findings or held.into for held in cases.values())
        kept = {ident for held in before.values() if held.hold for ident in held.findings} if did != "release" else set()
        assert all(held.hold for held in cases.values() if kept & set(held.findings)), "a hold was lost without a release"
    stored = [read(one.at, one.by, one.body(), one.index) for one in taken]
    assert fold(stored) == cases
    told = {past.index for held in cases.values() for past in held.history}
    assert told <= {one.index for one in taken}
