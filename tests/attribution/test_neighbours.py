"""How likely a dump holds a canary by chance: told by the dump's own values around it, whatever they and the pattern look like."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from nilometer.attribution.neighbours import Like, Neighbours, like, space


def chance(one: Like, values: list[str]) -> float:
    near = Neighbours([one])
    near.take(pa.array(values[::2], pa.string()))
    near.take(pa.array(values[1::2], pa.string()))
    return float(near.chances()[0])


def test_a_dump_of_all_numbers_of_a_pattern_holds_it_by_chance() -> None:
    canary = like("88437", "88###", "88437")
    assert chance(canary, [f"{n}" for n in range(88_000, 89_000) if n != 88_437]) == pytest.approx(0.999)
    assert chance(canary, [f"{n}" for n in range(88_400, 88_500) if n != 88_437]) == pytest.approx(0.99), "a part of them"
    assert chance(canary, ["somebody", "else"]) == pytest.approx(1e-3)


def test_people_thinly_spread_hardly_hold_it() -> None:
    drawn = np.random.default_rng(1).choice(10**9, 5_000, replace=False).tolist()
    canary = like("13612345678", "13#########", "8613612345678", phone=True)
    assert 5e-6 <= chance(canary, [f"8613{n:09d}" for n in drawn]) < 5e-5, "at worst by some neighbours"
    assert chance(canary, [f"8619{n:09d}" for n in drawn]) == pytest.approx(1e-9)
    assert chance(canary, [f"8613{n:09d}" for n in range(612_340_000, 612_350_000)]) > 0.9


def test_what_somebody_chose_is_as_hard_to_guess_as_its_digits() -> None:
    assert like("c-1", "", "c-1").space(0) == 20
    assert like("ann7@mail.example", "", "ann7@mail.example").space(0) == 80
    assert like("+86 138 0013 8000", "", "8613800138000", phone=True).space(0) == 10**9
    assert like("0171-555 0123", "0171-555 ####", "491715550123", phone=True).space(0) == 10**4
    assert space("88###?") == 26_000


def test_nothing_is_like_nothing() -> None:
    near = Neighbours([])
    near.take(pa.array(["a"]))
    assert len(near.chances()) == 0
