"""Tampering is found, and the first wrong thing is named; what nobody tampered with holds. More trials: tests/promises/tampering.py."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nilometer.app import custody
from tests.promises import tampering


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> tampering.Bench:
    return tampering.Bench(tmp_path_factory.mktemp("tampering"), seed=random.SystemRandom().randrange(1 << 30))


@pytest.mark.parametrize("way", tampering.HOMES[2:], ids=lambda way: way.__name__)
def test_each_way_to_tamper_with_a_home_is_found(bench: tampering.Bench, way: object) -> None:
    for _ in range(4):
        done, found, named = bench.spoiled_home(way)  # type: ignore[arg-type]
        assert found, done
        assert named, done


@pytest.mark.parametrize("way", tampering.BUNDLES[1:], ids=lambda way: way.__name__)
def test_each_way_to_tamper_with_a_bundle_is_found(bench: tampering.Bench, way: object) -> None:
    for _ in range(5):
        done, found, named = bench.spoiled_bundle(way)  # type: ignore[arg-type]
        assert found, done
        assert named, done


def test_what_nobody_tampered_with_holds(bench: tampering.Bench) -> None:
    for deep in (False, True):
        said = custody.verify(bench.home, deep=deep)
        assert said["holds"], said["wrong"]
        assert said["noticed"] == []
    assert custody.verify(bench.zip, key=bench.key)["holds"]


def test_a_removed_segment_is_named(bench: tampering.Bench, tmp_path: Path) -> None:
    done, _, named = bench.spoiled_home(tampering.manifest)
    assert "segment" in named or "source" in named or "manifest" in named, (done, named)
