"""One actor's page against loops over rows."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from nilometer.disclosures.actor import HIERARCHY
from nilometer.ledger import actor_page
from tests.ledger import oracle
from tests.ledger.stored import FIELDS, Row, few, ledger, parts


def counted(rows: list[Row], column: str) -> dict[int, int]:
    found: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row[column] is not None:
            found[row[column]] |= {row["subject"]} if row["shown"] else set()
    return {value: len(people) for value, people in found.items()}


@few(25)
@given(commits=parts, level=st.sampled_from(["org", "app", "account", "ip"]))
def test_the_page_is_what_the_rows_say(commits: list[list[Row]], level: str) -> None:
    rows = [r for commit in commits for r in commit]
    with ledger(commits) as held:
        for actor in {r[level] for r in rows if r[level] is not None} | {424242}:
            own = [r for r in rows if r[level] == actor]
            page = actor_page.page(held, level, actor)
            if not own:
                assert page is None
                continue
            assert page is not None
            shown = [r for r in own if r["shown"]]
            assert (page["people"], page["disclosures"]) == (len({r["subject"] for r in shown}), len(shown))
            assert page["asked_not_shown"] == len(own) - len(shown)
            assert [page["first"], page["last"]] == [round(f(r["time"] for r in own).timestamp() * 1e6) for f in (min, max)]
            windows = {name: most for _, name, most, _ in oracle.reach_by_window(own, level, None)} or dict.fromkeys(oracle.WINDOWS, 0)
            assert page["reach"] == {**windows, "ever": page["people"]}
            days = [(round(d.toordinal() - 719163), people, new) for _, d, people, new in oracle.people_by_day(own, level, None)]
            assert page["new_by_day"] == days
            assert dict(page["surfaces"]) == counted(shown, "surface")
            wider = HIERARCHY[: HIERARCHY.index(level)] if level in HIERARCHY else HIERARCHY
            assert {(lv, a): n for lv, a, n in page["parents"]} == {(lv, a): n for lv in wider for a, n in counted(own, lv).items()}
            narrower = HIERARCHY[HIERARCHY.index(level) + 1 :] if level in HIERARCHY else ()
            assert {(lv, a): n for lv, a, n in page["children"]} == {(lv, a): n for lv in narrower for a, n in counted(shown, lv).items()}
            single: dict[str, set[int]] = defaultdict(set)
            for r in shown:
                for name in FIELDS.get(r["fields"], "").split("|") if r["fields"] is not None else ():
                    single[name].add(r["subject"])
            assert actor_page.people_by_field(page["shown"], {i: FIELDS[i] for i, _ in page["fields"]}) == {
                name: len(people) for name, people in single.items()
            }


@few(15)
@given(commits=parts)
def test_exactly_who_is_everybody_once(commits: list[list[Row]]) -> None:
    rows = [r for commit in commits for r in commit if r["app"] == 7 and r["shown"]]
    with ledger(commits) as held:
        listed = actor_page.people_table(actor_page.rows_of(held, "app", 7), FIELDS).to_pylist()
    expected: dict[str, list[Row]] = defaultdict(list)
    for r in rows:
        expected[f"{r['subject'] & (1 << 64) - 1:016x}"].append(r)
    assert sorted(p["subject"] for p in listed) == sorted(expected)
    for person in listed:
        own = expected[person["subject"]]
        assert (person["count"], person["first"], person["last"]) == (len(own), min(r["time"] for r in own), max(r["time"] for r in own))
        fields = {f for r in own if r["fields"] is not None for f in FIELDS[r["fields"]].split("|")}
        given = person["fields"]
        assert set(given.split("|") if isinstance(given, str) else given or ()) - {""} == fields
