"""Numbers, times and foreign text as a person reads them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app.report import wording


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.99, "0.99"),
        (27259, "27,259"),
        (12.44, "12.4"),
        (0.3141, "0.314"),
        (31.0, "31"),
        (None, "not known"),
        (float("nan"), "not known"),
        (float("inf"), "∞"),
        (1e300, "1.0 × 10^300"),
        (-2.5, "−2.5"),
    ],
)
def test_a_quantity_keeps_the_digits_that_help(value: float | None, shown: str) -> None:
    assert wording.quantity(value).replace(wording.GAP, " ") == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (250, "250"), (1500, "1.5k"), (2_000_000, "2M"), (2.5e9, "2.5bn"), (1e18, "1e18"), (0.2, "0.2")]
)
def test_an_axis_number_is_short(value: float, shown: str) -> None:
    assert wording.short(value) == shown


def test_a_share_is_never_rounded_to_all_or_to_none() -> None:
    assert wording.share(9_999_999, 10_000_000) == f"over 99.9{wording.GAP}%"
    assert wording.share(1, 10**9) == f"under 0.01{wording.GAP}%"
    assert wording.share(4120, 378_112) == f"1.1{wording.GAP}%"
    assert wording.share(5, 5) == f"100{wording.GAP}%"
    assert wording.share(6, 5) == ""
    assert wording.confidence(0.9999) == f"over 99{wording.GAP}%"


def test_a_ratio_is_told_only_where_it_helps() -> None:
    told = [
        wording.times(measured, usual).replace(wording.GAP, " ")
        for measured, usual in [(1466, 31), (0.98, 0.31), (3, 0), (None, 1), (1, None), (1e9, 1), (1e-9, 1)]
    ]
    assert told == ["47 ×", "3.2 ×", "", "", "", "", ""]


def test_a_moment_is_told_in_utc() -> None:
    local = datetime(2019, 12, 6, 1, 3, tzinfo=timezone(timedelta(hours=8)))
    assert wording.moment(local).replace(wording.GAP, " ") == "5 Dec 2019, 17:03 UTC"
    assert wording.day(local).replace(wording.GAP, " ") == "5 Dec 2019"
    assert wording.moment(datetime(2019, 12, 5, 1)) == wording.moment(datetime(2019, 12, 5, 1, tzinfo=UTC))  # noqa: DTZ001
    assert wording.day(datetime.max.replace(tzinfo=timezone(timedelta(hours=-8)))).endswith("9999")


def test_days_are_counted_with_both_ends() -> None:
    assert wording.span_days(datetime(2019, 11, 27, 23, tzinfo=UTC), datetime(2019, 12, 5, 1, tzinfo=UTC)) == 9
    assert wording.between(datetime(2019, 11, 27, tzinfo=UTC), datetime(2019, 11, 27, 5, tzinfo=UTC)).startswith("On ")


def test_nothing_hides_in_an_id() -> None:
    shown = wording.ident("a\u202eb\x00c\u200bd\ud800")
    assert shown == '<bdi class="id">a⟨U+202E⟩b⟨U+0000⟩c⟨U+200B⟩d⟨U+D800⟩</bdi>'
    assert wording.ident("") == '<bdi class="id none">(empty)</bdi>'


def test_a_long_id_is_cut_visibly_and_keeps_its_end() -> None:
    shown = wording.ident("head-" + "x" * 4096 + "-tail")
    assert "(4,106 characters)" in shown
    assert "head-" in shown
    assert "-tail</bdi>" in shown
    assert "the first 1,024 of 4,106 characters" in shown
    assert len(shown) < 1500


@given(st.text(max_size=300))
def test_visible_text_holds_nothing_unseen(value: str) -> None:
    for prose in (True, False):
        shown = wording.visible(value, prose=prose)
        shown.encode("utf-8")
        assert not any(unicodedata.category(char) in {"Cc", "Cs", "Cn", "Co"} for char in shown)
        assert not any(char in shown for char in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.floats() | st.none() | st.integers(-(10**18), 10**18), st.floats() | st.none())
def test_words_for_numbers_never_raise(measured: float | None, usual: float | None) -> None:
    assert wording.quantity(measured)
    assert "nan" not in wording.quantity(measured) + wording.times(measured, usual)
    assert wording.confidence(measured if measured is not None else 0.5)
