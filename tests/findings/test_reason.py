"""A reason is a fact with numbers and words, or it is not made."""

from __future__ import annotations

import math

import pytest

from nilometer.findings.reason import Reason


def test_it_is_written_as_the_contract_says() -> None:
    reason = Reason(detector="novelty", fact="share_new", says="99 % were new to it.", measured=0.99, usual=0.31)
    assert reason.to_json() == {"detector": "novelty", "fact": "share_new", "says": "99 % were new to it.", "measured": 0.99, "usual": 0.31}


@pytest.mark.parametrize(("measured", "usual"), [(math.nan, 1.0), (1.0, math.nan), (math.inf, 1.0), (1.0, -math.inf)])
def test_what_is_no_number_is_no_reason(measured: float, usual: float) -> None:
    with pytest.raises(ValueError, match=r"reach/people_today"):
        Reason(detector="reach", fact="people_today", says="So it is.", measured=measured, usual=usual)


def test_a_reason_says_something() -> None:
    with pytest.raises(ValueError, match=r"says nothing"):
        Reason(detector="reach", fact="people_today", says="", measured=1.0, usual=1.0)
