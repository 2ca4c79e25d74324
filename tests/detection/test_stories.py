"""Folding: one actor's days are one story, a wider actor's claim joins the narrower one's, siblings that share out people are one campaign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from nilometer.detection.claims import Claim, Found
from nilometer.detection.rows import DAY, Rows, by_day
from nilometer.detection.stories import GAP, Story, fold
from nilometer.findings.reason import Reason
from tests.detection.table_answers import table_of


def day(number: int, people: dict[int, range]) -> Rows:
    """One day on which each account of app 10 was shown these people."""
    rows = [
        {"t": number * DAY + 1000 + k, "org": 1, "app": 10, "account": account, "surface": 5, "subject": who}
        for account, seen in people.items()
        for k, who in enumerate(seen)
    ]
    return next(by_day(table_of(rows)))


def found(rows: Rows, level: str, key: int, measure: str = "fresh", detector: str = "novelty") -> Found:
    """A claim that rests on all rows of an actor."""
    at = np.flatnonzero(rows.keys[level] == key)
    reason = Reason(detector=detector, fact=measure, says="{who} was shown many.", measured=float(len(at)), usual=1.0)
    claim = Claim(
        level=level,
        actor=key,
        time=int(rows.t[at].max()),
        day=rows.day,
        detector=detector,
        measure=measure,  # type: ignore[arg-type]
        count=len(at),
        evidence=1e6,
        reasons=(reason,),
    )
    return Found(claim, at, at)


def folded(*days: tuple[Rows, list[Found]]) -> tuple[Story, ...]:
    stories: tuple[Story, ...] = ()
    for rows, claims in days:
        stories = fold(stories, rows, claims, None)
    return stories


def test_days_of_one_actor_are_one_story() -> None:
    first, second = day(100, {7: range(40)}), day(101, {7: range(40, 90)})
    [story] = folded((first, [found(first, "account", 7)]), (second, [found(second, "account", 7)]))
    assert story.named == ("account", 7)
    assert story.days == 2
    assert (story.first.day, story.latest[0].day) == (100, 101)


def test_after_a_month_of_silence_it_is_another() -> None:
    first, second = day(100, {7: range(40)}), day(101 + GAP // DAY, {7: range(40, 90)})
    stories = folded((first, [found(first, "account", 7)]), (second, [found(second, "account", 7)]))
    assert [story.number for story in stories] == [0, 1]


def test_a_wider_claim_names_the_narrowest_that_explains_it() -> None:
    rows = day(100, {7: range(90), 8: range(200, 205)})
    [story] = folded((rows, [found(rows, "app", 10), found(rows, "org", 1)]))
    assert story.named == ("account", 7)


def test_where_nobody_explains_it_the_wider_actor_is_named() -> None:
    rows = day(100, {account: range(100 * account, 100 * account + 20) for account in range(1, 9)})
    [story] = folded((rows, [found(rows, "app", 10)]))
    assert story.named[0] == "app"


def test_siblings_that_share_out_the_people_are_one_campaign() -> None:
    rows = day(100, {7: range(60), 8: range(60, 120)})
    [story] = folded((rows, [found(rows, "account", 7), found(rows, "account", 8)]))
    assert story.campaign
    assert set(story.nodes) == {("account", 7), ("account", 8)}


def test_a_member_joins_when_it_is_named() -> None:
    first, second = day(100, {7: range(60), 8: range(60, 120)}), day(101, {7: range(200, 260), 8: range(260, 320)})
    late = found(second, "account", 8)
    [story] = folded((first, [found(first, "account", 7)]), (second, [late]))
    assert story.nodes == (("account", 7), ("account", 8))
    assert story.joined == (late.claim.time,)
    [story] = fold((story,), second, [found(second, "account", 8, detector="reach")], None)
    assert story.joined == (late.claim.time,)


def test_what_makes_two_siblings_later_that_day_says_nothing_yet() -> None:
    first = day(100, {7: range(60)})
    rows = [{"t": 101 * DAY + k, "app": 10, "account": 8, "subject": 500 + k} for k in range(50)]
    rows += [{"t": 101 * DAY + k, "app": 20, "account": 7, "subject": 100 + k} for k in range(10)]
    rows += [{"t": 101 * DAY + 900 + k, "app": 10, "account": 7, "subject": 200 + k} for k in range(90)]
    second = next(by_day(table_of(rows)))
    other = found(second, "account", 8)
    assert other.claim.time < 101 * DAY + 900
    assert len(folded((first, [found(first, "account", 7)]), (second, [other]))) == 2


def test_siblings_that_see_the_same_people_are_not() -> None:
    rows = day(100, {7: range(60), 8: range(60)})
    stories = folded((rows, [found(rows, "account", 7), found(rows, "account", 8)]))
    assert len(stories) == 2


def test_suspicions_of_different_kinds_are_not_one_campaign() -> None:
    rows = day(100, {7: range(60), 8: range(60, 120)})
    stories = folded((rows, [found(rows, "account", 7), found(rows, "account", 8, measure="misses", detector="enumeration")]))
    assert len(stories) == 2


def test_the_order_of_what_was_found_does_not_matter() -> None:
    rows = day(100, {7: range(60), 8: range(60, 120), 9: range(200, 230)})
    claims = [found(rows, "account", 7), found(rows, "account", 8), found(rows, "app", 10), found(rows, "surface", 5)]
    assert fold((), rows, claims, None) == fold((), rows, claims[::-1], None)


def test_strangers_from_the_same_addresses_are_one_campaign() -> None:
    rows = [
        {"t": 100 * DAY + k, "org": org, "account": account, "ip": 900 + k % 3, "subject": 1000 * account + k}
        for org, account in ((1, 7), (2, 8))
        for k in range(50)
    ]
    one = next(by_day(table_of(rows)))
    [story] = folded((one, [found(one, "account", 7), found(one, "account", 8)]))
    assert set(story.nodes) == {("account", 7), ("account", 8)}


def test_a_story_is_never_changed_in_place() -> None:
    rows = day(100, {7: range(60)})
    before = folded((rows, [found(rows, "account", 7)]))
    later = day(101, {7: range(60, 90)})
    after = fold(before, later, [found(later, "account", 7)], None)
    assert before[0].days == 1
    assert after[0].days == 2
    assert isinstance(rows.t, np.ndarray)
    assert isinstance(table_of([]), pa.Table)


def test_on_a_surface_another_kind_of_suspicion_after_a_quiet_week_is_another_story() -> None:
    """A surface is a place: who walks ids there is not who read cold people there weeks before; of an actor both are one story."""
    crowd = {account: range(100 * account, 100 * account + 9) for account in range(7, 60)}
    for later, stories in ((3, 1), (12, 2)):
        first, second = day(100, crowd), day(100 + later, crowd)
        told = folded(
            (first, [found(first, "surface", 5, "cold", "coldness")]), (second, [found(second, "surface", 5, "near", "enumeration")])
        )
        assert [story.named for story in told] == [("surface", 5)] * stories
    first, second, third = day(100, crowd), day(112, crowd), day(113, crowd)
    told = folded(
        (first, [found(first, "surface", 5, "cold", "coldness")]),
        (second, [found(second, "surface", 5, "near", "enumeration")]),
        (third, [found(third, "surface", 5, "near", "enumeration"), found(third, "surface", 5, "cold", "coldness")]),
    )
    assert [(story.first.measure, story.days) for story in told] == [("cold", 2), ("near", 2)]
    first, second = day(100, {7: range(40)}), day(112, {7: range(40, 90)})
    assert len(folded((first, [found(first, "account", 7)]), (second, [found(second, "account", 7, "near", "enumeration")]))) == 1


def test_a_surface_that_grows_weeks_after_a_walk_grows_by_the_walk() -> None:
    crowd = {account: range(100 * account, 100 * account + 9) for account in range(7, 60)}
    first, second = day(100, crowd), day(120, crowd)
    told = folded((first, [found(first, "surface", 5, "near", "enumeration")]), (second, [found(second, "surface", 5, "cold", "coldness")]))
    assert [(story.first.measure, story.days) for story in told] == [("near", 2)]


def guesser(number: int, address: int, surface: int = 5, program: int = 3) -> Rows:
    """One day on which an address asks for thirty people who are not there, among visitors that are shown one each."""
    rows = [
        {"t": number * DAY + k, "ip": address, "surface": surface, "user_agent": program, "subject": 10**6 * number + k, "shown": False}
        for k in range(30)
    ]
    rows += [{"t": number * DAY + k, "ip": 10**4 * number + k, "surface": 5, "user_agent": 9, "subject": k} for k in range(20)]
    return next(by_day(table_of(rows)))


def guessed(*days: Rows) -> tuple[Story, ...]:
    return folded(*((rows, [found(rows, "ip", 700 + at, "misses", "enumeration")]) for at, rows in enumerate(days)))


def test_who_guesses_from_a_new_address_each_day_is_one_campaign() -> None:
    [story] = guessed(*(guesser(100 + n, 700 + n) for n in range(40)))
    assert story.nodes == tuple(("ip", 700 + n) for n in range(40))
    assert story.campaign


def test_elsewhere_or_with_another_program_or_much_later_it_is_somebody_else() -> None:
    first = guesser(100, 700)
    assert len(guessed(first, guesser(101, 701, surface=6))) == 2
    assert len(guessed(first, guesser(101, 701, program=4))) == 2
    assert len(guessed(first, guesser(112, 701))) == 2
    bulk = guesser(101, 701)
    other = found(bulk, "ip", 701, "fresh", "reach")
    assert len(fold(guessed(first), bulk, [other], None)) == 2


def test_the_window_through_which_a_crowd_comes_to_a_surface_is_no_member() -> None:
    first, second = (day(number, {account: range(100 * account, 100 * account + 9) for account in range(7, 60)}) for number in (100, 101))
    surface = found(first, "surface", 5, "cold", "coldness")
    [story] = folded((first, [surface]), (second, [found(second, "app", 10, "cold", "coldness")]))
    assert story.nodes == (("surface", 5),)


def test_what_an_actor_of_a_story_did_on_a_surface_is_still_its_doing_when_others_are_busy_there() -> None:
    days = [
        day(100 + n, {7: range(100 * n, 100 * n + 60), **{a: range(10**4 * a, 10**4 * a + 9) for a in range(20, 60)}}) for n in range(12)
    ]

    def on_surface(rows: Rows, by: tuple[str, int] | None) -> Found:
        return replace(found(rows, "surface", 5, "cold", "coldness"), by=by)

    began = (days[0], [found(days[0], "account", 7)])
    explained = (days[1], [on_surface(days[1], ("account", 7))])
    [story] = folded(began, explained)
    assert story.latest == story.opening, "what one explains is no claim"
    [story] = folded(began, explained, (days[2], [on_surface(days[2], None)]))
    assert (story.named, story.latest) == (("account", 7), story.opening), "nor is the day after, and nobody is blamed for it"
    for late in (3, 11):
        two = folded(began, explained, (days[late], [on_surface(days[late], None)]))
        assert [one.named for one in two] == [("account", 7), ("surface", 5)], "who goes on is somebody else"
    other = folded(began, (days[1], [on_surface(days[1], ("account", 8))]), (days[2], [on_surface(days[2], None)]))
    assert [one.named for one in other] == [("account", 7), ("surface", 5)]


def test_what_a_days_end_said_is_said_at_the_first_moment_after_it() -> None:
    first = day(100, {account: range(100 * account, 100 * account + 9) for account in range(7, 60)})
    surface = found(first, "surface", 5, "cold", "coldness")
    end = 101 * DAY
    [story] = folded((first, [replace(surface, claim=replace(surface.claim, time=end), closing=True)]))
    later = story.stamped(end, 101 * DAY + 5)
    assert (later.first.time, later.last, later.latest[0].time, later.opening[0].time) == (101 * DAY + 5,) * 4
    assert later.first.day == 100
    assert story.stamped(end + 1, 0) == story
    second = day(101, {account: range(100 * account + 50, 100 * account + 59) for account in range(7, 60)})
    [grown] = fold((later,), second, [found(second, "surface", 5, "cold", "coldness")], None)
    assert grown.days == 2


def test_a_program_that_everybody_uses_marks_nobody() -> None:
    rows = [{"t": DAY * 100 + k, "ip": 700, "surface": 5, "user_agent": 9, "subject": 10**6 + k, "shown": False} for k in range(30)]
    rows += [{"t": DAY * 100 + k % 30, "ip": 10**4 + k, "surface": 5, "user_agent": 9, "subject": k} for k in range(80)]
    first = next(by_day(table_of(rows)))
    second = next(by_day(table_of([{**row, "t": row["t"] + DAY, "ip": row["ip"] + 1} for row in rows])))
    assert len(guessed(first, second)) == 2
    nameless = [
        next(by_day(table_of([{**row, "t": row["t"] + n * DAY, "ip": row["ip"] + n, "user_agent": None} for row in rows])))
        for n in range(2)
    ]
    assert len(guessed(*nameless)) == 2
