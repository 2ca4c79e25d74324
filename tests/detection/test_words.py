"""Plain words, the same everywhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nilometer.detection import words
from nilometer.disclosures.actor import LEVELS

MOMENT = datetime(2019, 12, 5, 9, 5, 59, tzinfo=UTC)


def test_every_level_has_its_nouns() -> None:
    assert all(words.one(level) and words.many(level).endswith("s") for level in LEVELS)


def test_numbers_days_and_times_read_as_people_write_them() -> None:
    assert (words.number(1204), words.number(35.4), words.day(MOMENT), words.time(MOMENT)) == (
        "1,204",
        "35",
        "5 Dec 2019",
        "09:05 UTC on 5 Dec 2019",
    )


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.31, "31 %"), (0.9999, "99.9 %"), (0.993, "99.3 %"), (0.00001, "0.1 %"), (0.004, "0.4 %")],
)
def test_a_share_never_claims_more_than_is_known(share: float, said: str) -> None:
    assert words.percent(share) == said
