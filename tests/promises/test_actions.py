"""Every action on the shelf keeps the shelf's promises; a new file on the shelf is tested by being there."""

from __future__ import annotations

import dataclasses
import inspect
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from nilometer.errors import ConfigError, InputError
from nilometer.response import shelf
from nilometer.response.action import Action
from tests.exchange import samples
from tests.response import desks, servers

SHELF = shelf()
each = pytest.mark.parametrize("name", SHELF)
SECRETS = ("s3cr3t", desks.WHSEC, "p4ssw0rd")


@pytest.fixture
def receiver() -> Iterator[servers.Receiver]:
    with servers.receiver() as made:
        yield made


@pytest.fixture
def sink() -> Iterator[servers.Sink]:
    with servers.sink() as made:
        yield made


def ready(name: str, home: Path, receiver: servers.Receiver, sink: servers.Sink) -> Action:
    """The action as an operator would set it up."""
    action = SHELF[name]
    there = {one.name for one in dataclasses.fields(action)}
    given: dict[str, Any] = {}
    if "url" in there:
        given = {"url": receiver.url, "secret_file": desks.secret_file(home)}
    elif "host" in there:
        given = {"host": "127.0.0.1", "port": sink.port, "tls": "none", "sender": "a@b.example", "to": ("c@d.example",)}
    return dataclasses.replace(action, **given)


def test_its_id_is_the_name_of_its_file() -> None:
    assert set(SHELF) == {"freeze", "revoke", "ticket", "webhook", "email"}
    for name, action in SHELF.items():
        assert action.id == name == Path(inspect.getfile(type(action))).stem


@each
def test_it_says_what_it_is(name: str) -> None:
    action = SHELF[name]
    page = inspect.getdoc(type(action)) or ""
    assert len(page.split("\n\n")) >= 2, "one sentence, then what to know about it"
    assert action.title
    assert action.title[0].islower()
    for one in dataclasses.fields(action):
        assert len(str(one.metadata["doc"]).split()) >= 3, one.name
        assert isinstance(getattr(action, one.name), str | int | float | tuple)
    with pytest.raises(dataclasses.FrozenInstanceError):
        action.x = 1  # type: ignore[attr-defined]


@each
def test_not_set_up_it_says_what_is_missing(name: str, tmp_path: Path) -> None:
    action, desk = SHELF[name], desks.desk(tmp_path)
    if dataclasses.fields(action):
        with pytest.raises(ConfigError, match=rf"\[response\.{name}\]"):
            action.ready(desk)
    else:
        action.ready(desk)


@each
def test_proposed_performed_and_undone_or_not(name: str, tmp_path: Path, receiver: servers.Receiver, sink: servers.Sink) -> None:
    action, desk = ready(name, tmp_path, receiver, sink), desks.desk(tmp_path)
    action.ready(desk)
    matter = desks.matter()
    words = action.words(matter)
    assert words.does.rstrip().endswith(".")
    assert words.where
    assert words.undone.endswith(".")
    letter = action.letter(matter, desk)
    assert letter == action.letter(matter, desk)
    order = desks.order(letter, action=name)
    if not letter:
        order = dataclasses.replace(order, letter={})
    outcomes = [action.perform(order, desk) for _ in range(2)]
    assert all(json.loads(json.dumps(outcome)) == outcome for outcome in outcomes)
    assert len({seen.headers["webhook-id"] for seen in receiver.seen}) <= 1
    assert len({seen.body for seen in receiver.seen}) <= 1
    assert len({content for _, _, content in sink.mails}) <= 1
    if action.reversible:
        assert action.undo(order, desk)
        assert action.undo(order, desk)
    else:
        with pytest.raises(InputError, match="cannot be undone"):
            action.undo(order, desk)
    shown = json.dumps([dataclasses.asdict(words), letter, outcomes])
    assert not [secret for secret in SECRETS if secret in shown]


@each
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(facts=samples.cases())
def test_hostile_names_break_nothing(
    name: str, tmp_path: Path, receiver: servers.Receiver, sink: servers.Sink, facts: dict[str, Any]
) -> None:
    action, desk = ready(name, tmp_path, receiver, sink), desks.desk(tmp_path)
    matter = desks.matter(facts)
    words = action.words(matter)
    for text in (words.does, words.where, words.undone):
        text.encode()
        assert not {unicodedata.category(c) for c in text} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    json.dumps(action.letter(matter, desk))


@each
def test_where_it_goes_is_what_its_target_says(name: str, tmp_path: Path, receiver: servers.Receiver, sink: servers.Sink) -> None:
    action = ready(name, tmp_path, receiver, sink)
    for field in ("url", "host", "to"):
        if hasattr(action, field) and getattr(action, field):
            changed: Any = ("x@y.example",) if field == "to" else "https://elsewhere.example/"
            assert dataclasses.replace(action, **{field: changed}).target() != action.target()
