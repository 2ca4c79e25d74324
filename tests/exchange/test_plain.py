"""Hostile text made plain: nothing invisible is left, two texts stay two, times are exact."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.exchange import plain
from tests.exchange import samples

anything = st.text(st.characters(exclude_categories=[]))


@given(anything | samples.hostile)
def test_nothing_invisible_is_left(text: str) -> None:
    made = plain.clean(text)
    made.encode()
    assert not {unicodedata.category(c) for c in made} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert len(plain.clean(text, 50)) <= 50 * len("⟨U+10FFFF⟩")


@given(anything | samples.hostile, anything | samples.hostile)
def test_two_stay_two(one: str, other: str) -> None:
    for longest in (plain.LONGEST_TEXT, 40):
        assert (plain.clean(one, longest) == plain.clean(other, longest)) == (one == other)


@given(anything)
def test_two_that_look_alike_stay_two(text: str) -> None:
    assert plain.clean(plain.clean(text + "\n")) != plain.clean(text + "\n")


def test_what_is_plain_stays() -> None:
    for text in ("", "app-040-0", "名前 é", "a\\b", "it's | = <b>"):
        assert plain.clean(text) == text
    assert plain.clean("a\nb") == "a⟨U+000A⟩b"


def test_what_is_no_json_becomes_null() -> None:
    made = plain.cleaned({"a\n": [float("nan"), float("inf"), -float("inf"), 1.5, None, True, ("x\x00",)]})
    assert made == {"a⟨U+000A⟩": [None, None, None, 1.5, None, True, ["x⟨U+0000⟩"]]}
    assert plain.dumped(made)


@given(st.integers(-(10**15), 10**16))
def test_milliseconds_are_exact(microseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    text = moment.isoformat()
    whole, part = divmod(plain.milliseconds(text) or 0, 1000)
    assert microseconds // 10**6 == whole
    assert part == moment.microsecond // 1000
    assert datetime.fromisoformat(plain.stamp(text, 6)) == moment


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", None),
        ("1.2.3", None),
        ("010.1.1.1", None),
        ("", None),
    ],
)
def test_addresses(text: str, found: str | None) -> None:
    assert plain.address(text) == found


def test_a_time_without_an_offset_is_utc() -> None:
    assert plain.milliseconds("1970-01-01T00:00:01") == 1000
    assert plain.milliseconds("1970-01-01T01:00:00+01:00") == 0
    assert plain.milliseconds(None) is None
