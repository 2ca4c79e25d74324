"""The deny list: who is on it, by pseudonym only, whoever else froze them, whatever happens to the file."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nilometer.disclosures import pseudonym
from nilometer.disclosures.actor import Actor
from nilometer.disclosures.pseudonym import Key
from nilometer.errors import EvidenceError
from nilometer.response import frozen
from tests.response.desks import ACTORS, NOW

KEY = Key(epoch=1, secret=b"k" * 32)


def test_who_is_frozen_is_on_the_list_and_not_by_name(tmp_path: Path) -> None:
    assert frozen.load(tmp_path, KEY) == []
    assert frozen.add(tmp_path, KEY, ACTORS, "K-1", "R-1", NOW) == 2
    content = (tmp_path / frozen.FILE).read_bytes()
    assert b"app-040-0" not in content
    assert b"203.0.113.9" not in content
    assert stat.S_IMODE((tmp_path / frozen.FILE).stat().st_mode) == 0o600
    listed = frozen.load(tmp_path, KEY)
    assert all(frozen.is_frozen(listed, KEY, actor) for actor in ACTORS)
    assert not frozen.is_frozen(listed, KEY, Actor(level="account", id="app-040-0"))
    assert int(listed[0]["pseudonym"], 16) == pseudonym.one(KEY, "app", "app-040-0") % 2**64


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.sampled_from(["R-1", "R-2", "R-3"]), st.sets(st.sampled_from("abc"), min_size=1)), max_size=12
    )
)
def test_it_is_who_was_frozen_and_not_taken_off(tmp_path: Path, steps: list[tuple[bool, str, set[str]]]) -> None:
    (tmp_path / frozen.FILE).unlink(missing_ok=True)
    expected: dict[str, set[str]] = {}
    for on, order, names in steps:
        actors = [Actor(level="app", id=name) for name in sorted(names)]
        if on:
            fresh = frozen.add(tmp_path, KEY, actors, "K-1", order, NOW)
            assert fresh == len(names - expected.get(order, set()))
            assert frozen.add(tmp_path, KEY, actors, "K-1", order, NOW) == 0
            expected[order] = expected.get(order, set()) | names
        else:
            mine = expected.pop(order, set())
            others = set().union(*expected.values()) if expected else set()
            assert frozen.remove(tmp_path, KEY, order) == (len(mine), len(mine & others))
        listed = frozen.load(tmp_path, KEY)
        on_it = {name for name in "abc" if frozen.is_frozen(listed, KEY, Actor(level="app", id=name))}
        assert on_it == (set().union(*expected.values()) if expected else set())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"version": 2}',
        b'{"version":1,"key_epoch":2,"frozen":[]}',
        b'{"version":1,"key_epoch":1,"frozen":[{}]}',
        b"null",
    ],
)
def test_a_list_that_was_changed_raises_the_alarm(tmp_path: Path, content: bytes) -> None:
    (tmp_path / frozen.FILE).write_bytes(content)
    with pytest.raises(EvidenceError, match="deny list"):
        frozen.load(tmp_path, KEY)
    with pytest.raises(EvidenceError):
        frozen.add(tmp_path, KEY, ACTORS, "K-1", "R-1", NOW)
    assert (tmp_path / frozen.FILE).read_bytes() == content, "it is never written over"


def test_its_form_is_the_one_that_is_documented(tmp_path: Path) -> None:
    frozen.add(tmp_path, KEY, ACTORS[:1], "K-1", "R-1", NOW)
    found = json.loads((tmp_path / frozen.FILE).read_bytes())
    assert found["version"] == 1
    (one,) = found["frozen"]
    assert set(one) == {"level", "pseudonym", "case", "order", "since"}
    assert one["since"] == "2026-01-02T03:04:05Z"
