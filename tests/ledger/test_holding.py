"""Who holds whom, against loops over the same rows: pairs, whole or not, times, parents, and what is held beside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.words import microseconds
from nilometer.ledger import holding
from nilometer.ledger.pairs import HELD, Pairs
from tests.ledger.stored import FIELDS, Row, few, ledger, moments, parts

SUBJECTS = [1, 2, 3, 4, 5, -6, 2**63 - 1, -(2**63), 77]
asked_for = st.sets(st.sampled_from(SUBJECTS)).map(sorted)
fields = st.sampled_from([(), ("phone",), ("name", "phone"), ("address",), ("email",), ("email", "phone")])
Folded = dict[tuple[str, int, int], tuple[int, int, bool]]


def at(row: Row, level: str) -> int | None:
    """The actor of a row at a level, as holdings are told."""
    if level == "session" and row["account"] is not None:
        return None
    if level == "ip" and any(row[wider] is not None for wider in HELD[:-1]):
        return None
    return row[level]  # type: ignore[no-any-return]


def plain(commits: Iterable[Iterable[Row]], people: Sequence[int], need: set[str], until: int | None) -> Folded:
    shown: dict[tuple[str, int, int], list[Row]] = defaultdict(list)
    for row in (row for made in commits for row in made):
        if row["shown"] and row["subject"] in people and (until is None or microseconds(row["time"]) <= until):
            for level in HELD:
                actor = at(row, level)
                if actor is not None:
                    shown[level, actor, row["subject"]].append(row)
    found: Folded = {}
    for key, mine in shown.items():
        times = [microseconds(row["time"]) for row in mine]
        seen = {part for row in mine for part in (FIELDS[row["fields"]].split("|") if row["fields"] is not None else need)}
        found[key] = (min(times), max(times), need <= seen)
    return found


def told(found: holding.Holdings, pairs: Pairs, people: np.ndarray) -> Folded:
    answer: Folded = {}
    for node in range(len(found.nodes)):
        level, actor = found.nodes.named(node)
        cut = pairs.of(node)
        who = people[pairs.who[cut]].tolist()
        assert who == sorted(set(who))
        for subject, first, last, whole in zip(who, pairs.first[cut], pairs.last[cut], pairs.whole[cut], strict=True):
            answer[level, actor, subject] = (int(first), int(last), bool(whole))
    return answer


@few(60)
@given(parts, asked_for, fields, st.none() | moments.map(microseconds))
def test_pairs_are_those_of_the_rows(commits: list[list[Row]], people: list[int], wanted: tuple[str, ...], until: int | None) -> None:
    with ledger(commits) as made:
        known = {"name", "phone", "address"} if commits else set(wanted)
        found = holding.held(made, np.array(people, np.int64), fields=wanted, until=until)
        need = set(wanted) & known
        assert set(found.fields) == (need if commits else set())
        assert set(found.unknown) == set(wanted) - known
        assert found.rate == 1
        assert told(found, found.pairs, found.people) == plain(commits, people, need, until)
        everybody = plain(commits, SUBJECTS, need, until)
        assert told(found, found.sampled, found.sample) == everybody
        exact = found.exactly(range(len(found.nodes)))
        for node in range(len(found.nodes)):
            level, actor = found.nodes.named(node)
            subject, first, last = exact.get(node, (np.zeros(0, np.int64),) * 3)
            rows = {s: (f, t, True) for s, f, t in zip(subject.tolist(), first.tolist(), last.tolist(), strict=True)}
            assert rows == {who: of for (lv, ac, who), of in everybody.items() if (lv, ac) == (level, actor) and of[2]}


@few(30)
@given(parts)
def test_each_actor_is_part_of_one_that_is_wider(commits: list[list[Row]]) -> None:
    with ledger(commits) as made:
        nodes = holding.held(made, np.array([1, 2]), sampled=1000).nodes
        seen = {(level, at(row, level)) for c in commits for row in c if row["shown"] for level in HELD} - {(level, None) for level in HELD}
        assert {nodes.named(node) for node in range(len(nodes))} == seen
        for node in range(len(nodes)):
            parent = int(nodes.parent[node])
            level, actor = nodes.named(node)
            if parent < 0:
                assert nodes.root[node] == node
                continue
            wide, wider = nodes.named(parent)
            assert HELD.index(wide) < HELD.index(level)
            assert nodes.root[node] == nodes.root[parent]
            assert any(at(row, level) == actor and at(row, wide) == wider for made_ in commits for row in made_)
            assert nodes.find(level, actor) == node


def test_a_large_ledger_is_sampled_by_person() -> None:
    row: Row = {
        "time": None, "org": 1, "app": 7, "account": None, "session": None, "ip": None, "user_agent": None, "surface": None, "fields": None,
        "status": 200, "shown": True, "reference": None, "request": None, "block": None, "step": 0,
    }  # fmt: skip
    from tests.ledger.stored import BEGIN

    subjects = np.random.default_rng(1).integers(-(2**62), 2**62, 4_000)
    with ledger([[{**row, "time": BEGIN, "subject": int(s)} for s in subjects]]) as made:
        found = holding.held(made, np.sort(subjects)[:100], sampled=1_000)
        assert found.rate == 1 / 8
        assert found.sample.tolist() == sorted(s for s in subjects.tolist() if s & 7 == 1)
        assert len(found.sampled.who) == 2 * len(found.sample)
        assert len(found.pairs.who) == 200
        assert found.roots == 1
