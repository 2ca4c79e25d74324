"""Every measure against a slow recount with sets, and which row counted for it."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.detection.coding import NONE, pairs
from nilometer.detection.count import LEAST, LEVELS, Counted, count, familiar_to_company, first_ever, rows_of
from nilometer.detection.known import Known
from nilometer.detection.rows import DAY, HOUR, Rows, by_day
from tests.detection.table_answers import Row, table_of

MEASURES = ("people", "fresh", "unexplained", "cold", "misses", "near", "asked", "steps")
"""Those that `count` itself counts; `watch` adds the departures."""

rows = st.lists(
    st.fixed_dictionaries(
        {
            "t": st.integers(0, 40).map(lambda n: n // 2 * HOUR // 2),
            "subject": st.integers(1, 7),
            "org": st.sampled_from([None, None, 1]),
            "app": st.sampled_from([None, 10, 11]),
            "account": st.sampled_from([None, 100, 101]),
            "session": st.sampled_from([None, 1000]),
            "ip": st.sampled_from([None, -5, 6]),
            "surface": st.sampled_from([None, 8, 9]),
            "user_agent": st.sampled_from([None, 4]),
            "reference": st.sampled_from([None, None, 50, 51]),
            "shown": st.sampled_from([True, True, False]),
            "step": st.sampled_from([0, 1, -1, 2]),
        }
    ),
    min_size=1,
    max_size=40,
)
pasts = st.sets(st.tuples(st.sampled_from([1, 10, 11, 100, 101, 1000, -5, 6, 8, 9]), st.integers(1, 7)), max_size=20)


def known(keys: set[tuple[int, int]]) -> Known:
    """The set of these pairs."""
    one, other = (np.array([pair[side] for pair in keys], np.int64) for side in (0, 1))
    return Known().having(np.sort(pairs(one, other)))


def judged(level: str, day: Rows, n: int) -> bool:
    """Whether a row is judged at a level: a session only without an account, an address only without an identity."""
    here = {name: int(day.keys[name][n]) != NONE for name in day.keys}
    if level == "session" and here["account"]:
        return False
    if level == "ip" and (here["org"] or here["app"] or here["account"]):
        return False
    return here[level]


def slowly(
    level: str, day: Rows, ever: set[int], familiar: list[bool], seen: set[tuple[int, int]], keep: list[bool]
) -> dict[str, dict[int, set[int]]]:
    """For each measure and actor, the rows of the day that counted one more."""
    cited, found = day.cited, {measure: defaultdict[int, set[int]](set) for measure in MEASURES}
    counted: set[tuple[str, int, int]] = set()
    everybody = set(ever)

    def once(measure: str, actor: int, subject: int, n: int) -> bool:
        if (measure, actor, subject) in counted:
            return False
        counted.add((measure, actor, subject))
        found[measure][actor].add(n)
        return True

    for n in range(len(day)):
        subject, shown, step = int(day.subject[n]), bool(day.shown[n]), int(day.step[n])
        cold = shown and subject not in everybody
        if shown:
            everybody.add(subject)
        if not judged(level, day, n) or not keep[n]:
            continue
        actor = int(day.keys[level][n])
        found["asked"][actor].add(n)
        if step:
            found["steps"][actor].add(n)
        if abs(step) == 1:
            once("near", actor, subject, n)
        if not shown:
            if (actor, subject) not in seen:
                once("misses", actor, subject, n)
            continue
        first = once("people", actor, subject, n)
        if not cited[n]:
            once("unexplained", actor, subject, n)
            if first and (actor, subject) not in seen and not familiar[n]:
                found["fresh"][actor].add(n)
                if cold:
                    found["cold"][actor].add(n)
    return found


def marked(counted: Counted, measure: str, actor: int) -> set[int]:
    """The rows that counted for an actor's measure."""
    at = int(np.searchsorted(counted.actors, actor))
    return set(counted.row[counted.marks[measure] & (counted.code == at)].tolist())  # type: ignore[index]


@settings(max_examples=200)
@given(drawn=rows, seen=pasts, ever=st.sets(st.integers(1, 7)), level=st.sampled_from(LEVELS), odd=st.integers(0, 5))
def test_every_measure_is_a_recount_with_sets(drawn: list[Row], seen: set[tuple[int, int]], ever: set[int], level: str, odd: int) -> None:
    [day] = by_day(table_of(drawn))
    cold, people = first_ever(day, Known().having(np.array(sorted(ever), np.int64)))
    keep = [n % 6 != odd or odd == 0 for n in range(len(day))]
    familiar = [n % 5 == odd for n in range(len(day))]
    counted = count(level, day, cold, np.array(familiar), known(seen), Known(), np.array(keep))
    expected = slowly(level, day, ever, familiar, seen, keep)
    met = {int(s) for s, shown in zip(day.subject, day.shown, strict=True) if shown}
    assert set(np.concatenate([*people.runs, np.zeros(0, np.int64)]).tolist()) == ever | met
    missed = [defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)]
    for n in range(len(day)):
        if judged(level, day, n) and keep[n]:
            missed[int(day.shown[n])][int(day.keys[level][n])].add(int(day.subject[n]))
    busy = {a for a in expected["asked"] if len(missed[0][a]) + len(missed[1][a]) >= LEAST}
    assert (set() if counted is None else set(counted.actors.tolist())) == busy
    if counted is None:
        return
    assert (np.diff(counted.actors) > 0).all()
    assert (np.diff(counted.row) > 0).all()
    for at, actor in enumerate(counted.actors.tolist()):
        for measure in MEASURES:
            assert marked(counted, measure, actor) == expected[measure][actor], measure
            assert counted.totals[measure][at] == len(expected[measure][actor])  # type: ignore[index]
        shown = missed[1][actor]
        assert counted.added[at] == len({subject for subject in shown if (actor, subject) not in seen})
        own = sorted(expected["asked"][actor])
        assert counted.hours[at].tolist() == [sum(int(day.t[n]) % DAY // HOUR == hour for n in own) for hour in range(24)]
        if level in ("account", "app"):
            assert counted.parent[at] == day.keys[{"account": "app", "app": "org"}[level]][own[0]]
        now = seen | {(actor, subject) for subject in shown}
        everybody = np.array([[actor, subject] for subject in range(1, 8)], np.int64)
        wanted = pairs(everybody[:, 0], everybody[:, 1])
        order = np.argsort(wanted)
        assert counted.seen.has(wanted[order]).tolist() == [(actor, int(everybody[n, 1])) in now for n in order]


@given(drawn=rows, level=st.sampled_from(LEVELS))
def test_the_part_of_a_day_counts_what_the_whole_counted_by_then(drawn: list[Row], level: str) -> None:
    [day] = by_day(table_of(drawn))
    until = int(day.t[len(day) // 2])
    [part] = by_day(table_of([row for row in drawn if row["t"] <= until]))
    whole, early = (count(level, one, first_ever(one, Known())[0], none(one), Known(), Known(), ~none(one)) for one in (day, part))
    for actor in early.actors.tolist() if early else ():
        for measure in MEASURES:
            assert whole is not None
            assert early is not None
            assert marked(early, measure, actor) == {n for n in marked(whole, measure, actor) if day.t[n] <= until}


def none(day: Rows) -> np.ndarray:  # type: ignore[type-arg]
    """No row of the day."""
    return np.zeros(len(day), np.bool_)


@given(drawn=rows, level=st.sampled_from(LEVELS))
def test_a_way_is_new_until_the_day_is_over(drawn: list[Row], level: str) -> None:
    """Every row of the day that goes a way unknown before it is marked, and the next day none is."""
    [day] = by_day(table_of(drawn))
    counted = count(level, day, none(day), none(day), Known(), Known(), ~none(day))
    if counted is None:
        return
    for way in ("user_agent", "surface"):
        assert counted.ways_new[way].tolist() == (day.keys[way][counted.row] != NONE).tolist()
    again = count(level, day, none(day), none(day), counted.seen, counted.ways, ~none(day))
    assert again is not None
    assert not any(marks.any() for marks in again.ways_new.values())
    assert again.totals["fresh"].sum() == 0
    assert len(again.seen) == len(counted.seen)
    assert len(again.ways) == len(counted.ways)


@given(drawn=rows, seen=pasts, moderate=st.sets(st.sampled_from([1, 2])))
def test_a_colleagues_customer_is_familiar_to_a_company_of_moderate_size(
    drawn: list[Row], seen: set[tuple[int, int]], moderate: set[int]
) -> None:
    [day] = by_day(table_of(drawn))
    found = familiar_to_company(day, known(seen), np.array(sorted(moderate), np.int64))
    keys = zip(day.keys["org"].tolist(), day.subject.tolist(), day.shown.tolist(), strict=True)
    assert found.tolist() == [shown and org in moderate and (org, subject) in seen for org, subject, shown in keys]


@given(drawn=rows, level=st.sampled_from(LEVELS))
def test_where_a_level_is_judged(drawn: list[Row], level: str) -> None:
    [day] = by_day(table_of(drawn))
    assert rows_of(level, day).tolist() == [judged(level, day, n) for n in range(len(day))]
