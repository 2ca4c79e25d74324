"""Ids of cases: from the first finding, readable, and never one that is taken."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from nilometer.cases.case import case_id


def test_an_id_is_the_same_every_time_and_says_the_year() -> None:
    assert case_id("F-2020-7Q3F2A00") == case_id("F-2020-7Q3F2A00")
    assert re.fullmatch(r"K-2020-[0-9A-HJKMNP-TV-Z]{6}", case_id("F-2020-7Q3F2A00"))
    assert case_id("F-2020-7Q3F2A00") != case_id("F-2020-7Q3F2A01")


@given(st.text(max_size=30), st.integers(0, 5))
def test_whatever_a_finding_is_called_the_id_is_one_and_not_taken(finding: str, many: int) -> None:
    taken: list[str] = []
    for _ in range(many + 1):
        found = case_id(finding, taken)
        assert re.fullmatch(r"K-[0-9]{4}-[0-9A-HJKMNP-TV-Z]{6}", found)
        assert found not in taken
        taken.append(found)
