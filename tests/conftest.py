"""What every test may ask for. `absent` is how a test says that something it needs is not on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NoReturn

import pytest
from hypothesis import HealthCheck, settings

ROOT: Final = Path(__file__).resolve().parents[1]

# Two noisy cores: a deadline, and the check that examples are made quickly, would measure the neighbours. Where nothing may be
# skipped, the same examples come every time.
_PATIENT: Final = (HealthCheck.too_slow,)
settings.register_profile("here", deadline=None, suppress_health_check=_PATIENT)
settings.register_profile("ci", deadline=None, suppress_health_check=_PATIENT, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("NILOMETER_REQUIRE_ALL") == "1" else "here")


def absent(reason: str) -> NoReturn:
    """Skips the test because something it needs is not here, and fails it where everything must be (NILOMETER_REQUIRE_ALL=1, as in CI)."""
    if os.environ.get("NILOMETER_REQUIRE_ALL") == "1":
        pytest.fail(f"NILOMETER_REQUIRE_ALL=1, but: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(autouse=True, scope="session")
def _state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What homes keep in the account's state folder (the last signed checkpoint) goes to a folder that is thrown away."""
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    yield
    if before is None:
        del os.environ["XDG_STATE_HOME"]
    else:
        os.environ["XDG_STATE_HOME"] = before


@pytest.fixture(name="absent")
def _absent() -> Callable[[str], NoReturn]:
    return absent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The project's shared data: beside the checkout, or where NILOMETER_SHARED says."""
    place = Path(os.environ.get("NILOMETER_SHARED") or ROOT.parent / "shared" / "data")
    if not place.is_dir():
        absent(f"the shared data is not at {place}; NILOMETER_SHARED=DIR names another place")
    return place
