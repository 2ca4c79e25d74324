"""The pages of a person and of an actor: a look-up is recorded before it is answered, or not answered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import nilometer as nm
from nilometer.app import journal, people
from nilometer.errors import EngineError, InputError
from tests.cli.running import row, written


@pytest.fixture
def home(tmp_path: Path) -> nm.Nilometer:
    opened = nm.open(tmp_path / "home")
    opened.ingest(written(tmp_path / "log", [row(1), row(2)]))
    return opened


def test_recorded_with_the_time_and_who_asked(home: nm.Nilometer) -> None:
    people.who(home.home, "user-1", clock=lambda: datetime(2026, 7, 1, tzinfo=UTC))
    [entry] = journal.entries(home.home, "lookup")
    assert entry.at == datetime(2026, 7, 1, tzinfo=UTC)
    assert entry.by
    assert entry.body == {"subject": home.who("user-1")["subject"], "surface": "nilometer who"}
    assert "user-1" not in (home.home.folder / "evidence" / "journal.ndjson").read_text()


def test_not_recorded_is_not_answered(home: nm.Nilometer) -> None:
    (home.home.folder / "evidence" / "lock").unlink()
    (home.home.folder / "evidence" / "lock").mkdir()
    with pytest.raises(EngineError, match=r"could not be recorded.*so it was not answered"):
        home.who("user-1")


def test_folded_or_not_the_answer_is_the_same(home: nm.Nilometer, tmp_path: Path) -> None:
    with home.home.ledger.writing("somebody else"):  # so that nothing can be folded now
        before = home.who("user-1")
        assert home.home.ledger.manifest.folds == []
    assert home.who("user-1") == before
    assert home.home.ledger.manifest.folds != []
    home.ingest(written(tmp_path / "more", [row(1, time="2027-01-01T00:00:00Z")]))
    [org_free] = home.who("user-1")["exposures"]
    assert (org_free["count"], org_free["last"]) == (2, "2027-01-01T00:00:00Z")


@pytest.mark.parametrize("ident", ["\ud800", "a\udfff"])
def test_half_a_character_is_no_id(home: nm.Nilometer, ident: str) -> None:
    if "\udc80" <= ident[-1] <= "\udcff":
        return
    for ask in (home.who, lambda i: home.actor("app", i)):
        with pytest.raises(InputError, match="lone surrogate"):
            ask(ident)
