"""What a share explained says for a source in the ledger: more is never less, and as much as outsiders show is nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.attribution.chance import SOURCES, Chance

shares = st.lists(st.lists(st.floats(0, 1), min_size=SOURCES, max_size=SOURCES).map(sorted), max_size=24)
some = st.floats(0, 1)


def seen(trials: list[list[float]], common: list[float], overlap: float, left: float | None = None) -> Chance:
    return Chance(
        shares=np.array(trials).reshape(-1, SOURCES), rest=np.array([0.2, 0.3, 0.1]), plain=np.array([0.02, 0.03]), left=left,
        common=np.array(common), overlap=overlap,
    )  # fmt: skip


@given(shares, st.lists(some, max_size=20), some, some, some, st.integers(1, 5))
def test_explaining_more_is_never_less_evidence(
    trials: list[list[float]], common: list[float], overlap: float, one: float, other: float, many: int
) -> None:
    told = seen(trials, common, overlap)
    low, high = sorted((one, other))
    assert told.log_evidence(low, many) <= told.log_evidence(high, many) + 1e-9
    assert np.isfinite(told.log_evidence(high, many))


def test_as_much_as_outsiders_show_is_no_evidence() -> None:
    trials = [[share, share + 0.1, share + 0.2] for share in np.linspace(0.1, 0.3, 24)]
    told = seen(trials, [0.02] * 40, 1.0)
    assert told.log_evidence(0.15) <= 0
    assert told.log_evidence(0.3, 3) <= 0 < told.log_evidence(0.7)
    assert told.log_evidence(0.95) > 3
    assert told.log_evidence(1.0) < np.log(100) + 1  # somebody outside may have the same people: never surer than that


def test_a_suspect_that_holds_much_of_everybody_is_doubted() -> None:
    trials = [[share, share, share] for share in np.linspace(0.1, 0.3, 24)]
    few, much = seen(trials, [0.02] * 40, 0.9), seen(trials, list(np.linspace(0.2, 0.9, 40)), 0.9)
    assert much.log_evidence(0.9) < few.log_evidence(0.9) - 1


def test_what_is_left_speaks_for_strangers_or_for_an_outsider() -> None:
    trials = [[share, share, share] for share in np.linspace(0.1, 0.3, 24)]
    nothing, alike, unknown = (seen(trials, [0.02] * 40, 1.0, left).log_evidence(0.6) for left in (0.02, 0.3, None))
    assert nothing > unknown > alike
