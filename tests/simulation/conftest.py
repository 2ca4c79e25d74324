"""One played scenario for all tests of this room: the reference case at a tenth of its size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nilometer.simulation.days import Calendar
from nilometer.simulation.platform import Platform
from nilometer.simulation.simulate import simulate
from tests.simulation.played import SCALE, Played, opened


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    directory = tmp_path_factory.mktemp("reference")
    simulate("marketing-consultancy", directory, seed=1, scale=SCALE)
    result = opened(directory)
    yield result
    result.database.close()


@pytest.fixture
def platform() -> Platform:
    return Platform.of(seed=5, scale=0.2, calendar=Calendar())
