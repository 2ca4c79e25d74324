"""How bad: more people, worse fields and more days never make a finding milder."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nilometer.findings.finding import SEVERITIES
from nilometer.findings.severity import confidence, sensitivity, severity

FIELDS = st.lists(st.sampled_from(["nickname", "phone", "passport", "order"]), max_size=3)


def test_a_few_nicknames_are_low_and_a_million_phone_numbers_are_critical() -> None:
    assert severity(300, ["nickname"], 1) == "low"
    assert severity(5_000, ["nickname", "phone"], 1) == "medium"
    assert severity(30_000, ["nickname", "phone"], 10) == "high"
    assert severity(1_000_000, ["phone"], 30) == "critical"


@given(people=st.integers(0, 10**9), fields=FIELDS, days=st.integers(1, 300), more=st.integers(0, 10**6), later=st.integers(0, 30))
def test_worse_is_never_milder(people: int, fields: list[str], days: int, more: int, later: int) -> None:
    here = SEVERITIES.index(severity(people, fields, days))
    assert SEVERITIES.index(severity(people + more, [*fields, "passport"], days + later)) >= here


def test_unknown_fields_count_as_contact_data() -> None:
    assert [sensitivity(fields) for fields in ([], ["nickname"], ["home_address"], ["nickname", "ID_Number"])] == [1, 0, 1, 2]


def test_confidence_is_what_odds_make_of_one_leak_in_a_thousand_actors() -> None:
    assert [confidence(odds) for odds in (0.0, 1.0, 1000.0, 1e12)] == [0.0, 0.001, 0.5, 1.0]
