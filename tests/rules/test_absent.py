"""What is absent is skipped at home and a failure in CI, so that nothing CI needs is skipped in silence."""

from __future__ import annotations

import pytest

from tests.conftest import absent


def test_at_home_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NILOMETER_REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no nginx"):
        absent("no nginx")


def test_where_everything_is_required_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NILOMETER_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="no nginx"):
        absent("no nginx")
