"""Judging dumps whose source is known, through a real ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from nilometer.attribution.found import unbounded
from nilometer.attribution.match import NAMED, judge
from nilometer.ledger.ledger import Ledger
from nilometer.simulation import dumps
from nilometer.simulation.dumps import DAY, FIRST, Node, World
from tests.attribution.worlds import asked, found_in, kept, largest, lonely, verdict


@pytest.fixture(scope="module")
def of() -> World:
    return dumps.world(3, people=12_000, firms=40)


@pytest.fixture(scope="module")
def ledger(of: World) -> Iterator[Ledger]:
    with kept(of.table) as made:
        yield made


def company(of: World, node: Node) -> int:
    while node in of.parent:
        node = of.parent[node]
    return node[1]


@pytest.mark.parametrize(
    ("level", "rate", "foreign", "altered"),
    [("account", 1.0, 0, 0), ("account", 0.3, 0.1, 0.05), ("app", 0.5, 0.1, 0.05), ("org", 0.2, 0, 0)],
)
def test_the_source_is_named_with_its_company(of: World, ledger: Ledger, level: str, rate: float, foreign: float, altered: float) -> None:
    rng = np.random.default_rng(5)
    node = lonely(of, level, least=200)
    dump = dumps.leaked(rng, of, [node], rate=rate, foreign=foreign, altered=altered)
    found = found_in(of, dump)
    told = verdict(ledger, found)
    assert told.named == node
    assert told.company == company(of, node)
    first = told.suspects[0]
    assert (first.level, first.actor) == node
    assert first.low <= first.probability <= first.high
    assert first.probability >= NAMED
    assert first.held == len(np.intersect1d(of.held[node][0], dump.people))
    assert first.reach == len(of.held[node][0])
    assert first.expected < first.held / 2
    assert told.elsewhere == pytest.approx(1 - max(s.probability for s in told.suspects), abs=0.02)
    assert any("chance explains" in sentence for sentence in told.why)
    assert told.runner_up is not None
    assert told.runner_up.probability < 0.05
    few = verdict(ledger, found, most=1)
    assert (len(few.suspects), few.runner_up, few.why) == (1, told.runner_up, told.why)


@pytest.mark.parametrize("kind", ["uniform", "popular", "old_list"])
@pytest.mark.parametrize("size", [15, 300, 3_000])
def test_a_dump_from_nowhere_accuses_nobody(of: World, ledger: Ledger, kind: str, size: int) -> None:
    told = verdict(ledger, found_in(of, dumps.nowhere(np.random.default_rng(size), of, kind, size)))
    assert told.named is None
    assert told.elsewhere > 0.5
    assert told.why


def test_the_same_dump_has_the_same_verdict_in_a_sampled_ledger(of: World, ledger: Ledger) -> None:
    node = lonely(of, "app", least=200)
    found = found_in(of, dumps.leaked(np.random.default_rng(6), of, [node], rate=0.5, foreign=0.2, altered=0.0))
    sampled = asked(ledger, found, sampled=20_000)
    assert sampled.rate < 0.5
    told = judge(sampled, found)
    assert told.named == node
    assert told.suspects[0].reach == pytest.approx(len(of.held[node][0]), rel=0.02)


def test_two_sources_are_told_apart(of: World, ledger: Ledger) -> None:
    rng = np.random.default_rng(7)
    one = lonely(of, "org", least=300)
    common = {n: len(np.intersect1d(of.held[n][0], of.held[one][0])) for n in largest(of, "org", least=150) if n != one}
    other = min(common, key=lambda n: common[n] / len(of.held[n][0]))
    dump = dumps.leaked(rng, of, [one, other], rate=1.0, foreign=0.0, altered=0.0, shares=[0.6, 0.6])
    told = verdict(ledger, found_in(of, dump))
    guilty = {s.actor for s in told.suspects if s.probability >= 0.8}
    assert {one[1], other[1]} <= guilty
    assert "Several sources" in told.several


def row(at: int, subject: int, fields: int = 12, **levels: int) -> dict[str, object]:
    return {"time": at, "subject": subject, "fields": fields, "status": 200, "shown": True, "step": 0, **levels}


def table(rows: list[dict[str, object]]) -> pa.Table:
    from nilometer.disclosures.schema import STORED

    columns = [pa.array([r.get(f.name) for r in rows], pa.int64() if f.name == "time" else f.type).cast(f.type) for f in STORED]
    return pa.table(columns, schema=STORED)


@pytest.fixture(scope="module")
def town() -> Iterator[tuple[Ledger, np.ndarray]]:
    """2,000 people; twin apps 101 and 102 of firm 100 with the same 300 of them; app 201 with 300 others without phones;
    app 301, which was shown the same as 201 and their phones, but a hundred days later; firms of 60 people each beside them."""
    rng = np.random.default_rng(9)
    people = np.sort(dumps.spread(np.arange(2_000)))
    rows = []
    mixed = rng.permutation(people).tolist()
    for subject in mixed[:300]:
        rows += [row(FIRST + int(rng.integers(DAY)), subject, 12, org=100, app=app, account=app * 10) for app in (101, 102)]
    for subject in mixed[300:600]:
        rows.append(row(FIRST + int(rng.integers(DAY)), subject, 11, org=200, app=201))
        rows.append(row(FIRST + 100 * DAY + int(rng.integers(DAY)), subject, 12, org=300, app=301))
    for firm in range(60):
        for subject in rng.choice(people, 60, replace=False).tolist():
            rows.append(row(FIRST + int(rng.integers(DAY)), subject, 13, org=1_000 + firm, app=2_000 + firm))
    with kept(table(rows)) as made:
        yield made, np.array(mixed)


def test_of_twins_the_firm_is_named_and_it_is_said_that_they_cannot_be_told_apart(town: tuple[Ledger, np.ndarray]) -> None:
    ledger, people = town
    told = verdict(ledger, unbounded(150, people[:150]))
    assert told.named == ("org", 100)
    assert any("cannot be told" in sentence and "account:1010" in sentence and "account:1020" in sentence for sentence in told.why)
    shares = {(s.level, s.actor): s.probability for s in told.suspects}
    assert shares["account", 1010] == pytest.approx(shares["account", 1020])
    assert 0.4 < shares["account", 1010] < 0.6


def test_who_was_never_shown_a_field_is_excluded(town: tuple[Ledger, np.ndarray]) -> None:
    ledger, people = town
    told = verdict(ledger, unbounded(200, people[300:500], fields=frozenset({"phone"})))
    assert told.named == ("app", 301)
    assert [(s.level, s.actor) for s in told.excluded if s.level == "org"] == [("org", 200)]
    assert "not all of: phone" in told.excluded[0].why[0]
    unknown = verdict(ledger, unbounded(200, people[300:500], fields=frozenset({"phone", "passport"})))
    assert unknown.named == ("app", 301)
    assert any("passport" in sentence for sentence in unknown.why)


def test_values_that_changed_say_when_the_rows_were_taken(town: tuple[Ledger, np.ndarray]) -> None:
    ledger, people = town
    found = unbounded(200, people[300:500])
    twins = verdict(ledger, found)
    assert twins.named is None
    assert "held nearly the same of these people" in twins.why[0]
    assert "app:201" in twins.why[0]
    assert "app:301" in twins.why[0]
    old = verdict(ledger, replace(found, before=np.full(200, FIRST + 50 * DAY)))
    assert old.named == ("app", 201)
    assert {(s.level, s.actor) for s in old.excluded} == {("org", 300), ("app", 301)}
    new = verdict(ledger, replace(found, after=np.full(200, FIRST + 50 * DAY)))
    assert new.named == ("app", 301)
    window = new.suspects[0].window
    assert window is not None
    assert FIRST + 50 * DAY < window[0] <= window[1]


def test_a_canary_decides(town: tuple[Ledger, np.ndarray]) -> None:
    ledger, people = town
    found = unbounded(200, people[300:500])
    caught = verdict(ledger, found, canaries={("app", 301): 1})
    assert caught.named == ("app", 301)
    assert caught.suspects[0].canaries == 1
    assert any("canaries" in sentence or "canary" in sentence for sentence in (*caught.why, *caught.suspects[0].why))


def test_a_canary_decides_even_where_nobody_else_is_known(town: tuple[Ledger, np.ndarray]) -> None:
    ledger, _ = town
    for people in ([], [7]):
        caught = verdict(ledger, unbounded(200, np.array(people, np.int64), unmatched=200 - len(people)), canaries={("app", 301): 2})
        assert caught.named == ("app", 301)
        assert caught.company == 300
    nobody = verdict(ledger, unbounded(200, np.zeros(0, np.int64), unmatched=200), canaries={("app", 9): 2})
    assert nobody.named is None


def test_a_campaign_can_be_the_source(town: tuple[Ledger, np.ndarray]) -> None:
    ledger, people = town
    both = np.concatenate([people[:100], people[300:400]])
    members = [("app", 101), ("app", 201)]
    told = verdict(ledger, unbounded(200, both), campaigns={77: members})
    campaign = next(s for s in told.suspects if s.level == "campaign")
    assert campaign.actor == 77
    assert campaign.held == 200
    assert campaign.reach == 600
    assert campaign.probability > 0.5
    assert verdict(ledger, unbounded(200, both), campaigns={77: [("app", 5)]}).suspects  # members nobody knows are left out


def test_too_few_rows_and_strangers_only_say_so(town: tuple[Ledger, np.ndarray]) -> None:
    ledger, people = town
    few = verdict(ledger, unbounded(1, people[:1]))
    assert few.named is None
    assert few.why
    none = verdict(ledger, unbounded(500, np.array([7, 8, 9]), unmatched=497))
    assert (none.named, none.suspects, none.elsewhere) == (None, (), 1.0)
    assert "3 people of the dump are known here, 0" in none.why[0]
    empty = verdict(ledger, unbounded(500, np.zeros(0, np.int64), unmatched=500, kinds=frozenset({"id"})))
    assert "None of the 500 rows" in empty.why[0]
    untold = verdict(ledger, unbounded(500, np.zeros(0, np.int64), unmatched=500))
    assert "No column says whose the 500 rows are" in untold.why[0]


def test_holdings_of_other_people_are_refused(town: tuple[Ledger, np.ndarray]) -> None:
    ledger, people = town
    with pytest.raises(ValueError, match="other people"):
        judge(asked(ledger, unbounded(1, people[:1])), unbounded(1, people[1:2]))
