"""Trying again: which answers deserve it, how long the waits are, and that it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from http.client import BadStatusLine

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.errors import ConfigError, EngineError
from nilometer.response import retrying
from nilometer.response.posting import Answer
from tests.response.desks import NOW, Waits


def tried(*answers: Answer | Exception, attempts: int = 5) -> tuple[Waits, Callable[[], tuple[Answer, int]], list[int]]:
    left, waits, sent = list(answers), Waits(), []

    def send() -> Answer:
        sent.append(1)
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return (
        waits,
        lambda: retrying.delivered(send, where="https://x", attempts=attempts, clock=lambda: NOW, sleep=waits, again="again"),
        sent,
    )


def answer(status: int, after: str | None = None) -> Answer:
    return Answer(status=status, retry_after=after)


def test_waits_double() -> None:
    waits, go, _ = tried(answer(500), TimeoutError(), BadStatusLine("x"), answer(503), answer(202))
    assert go() == (answer(202), 5)
    assert waits.seconds == [1, 2, 4, 8]


@pytest.mark.parametrize("status", [300, 301, 302, 307, 400, 401, 403, 404, 409, 410, 413, 501, 505, 199])
def test_what_will_never_do_is_not_tried_again(status: int) -> None:
    waits, go, sent = tried(answer(status))
    with pytest.raises(ConfigError, match=str(status)):
        go()
    assert (waits.seconds, len(sent)) == ([], 1)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_do_later_is_tried_to_the_end(status: int) -> None:
    waits, go, sent = tried(*[answer(status)] * 3, attempts=3)
    with pytest.raises(EngineError, match=r"3 tries.*same key"):
        go()
    assert (waits.seconds, len(sent)) == ([1, 2], 3)


def test_the_receiver_says_how_long() -> None:
    later = format_datetime(NOW + timedelta(seconds=33), usegmt=True)
    waits, go, _ = tried(answer(429, "12"), answer(503, later), answer(429, "0"), answer(429, "-5"), answer(204))
    go()
    assert waits.seconds == [12, 33, 4, 8]
    waits, go, _ = tried(answer(429, "86400"))
    with pytest.raises(EngineError, match="86,400 seconds"):
        go()
    assert waits.seconds == []


@given(
    st.text(max_size=30)
    | st.sampled_from(["9" * 400, "١٢", "Wed, 32 Foo 0000 99:99:99 GMT", "1e9", "", "Thu, 01 Jan 1970 00:00:00 GMT", "²"])
)
def test_a_hostile_retry_after_does_no_harm(header: str) -> None:
    found = retrying.asked(header, NOW)
    assert found is None or found >= 0


@given(st.integers(0, 10**6))
def test_no_wait_is_without_end(attempt: int) -> None:
    assert 1 <= retrying.backoff(attempt) <= retrying.LONGEST


def test_a_message_says_nothing_of_what_came_back() -> None:
    waits, go, _ = tried(*[OSError("s3cr3t")] * 2, attempts=2)
    with pytest.raises(EngineError) as told:
        go()
    assert "s3cr3t" not in str(told.value)
    assert waits.seconds == [1]
