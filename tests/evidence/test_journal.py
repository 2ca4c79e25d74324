"""The journal: what was added comes back, half lines are cut, what was changed is refused, what was taken away leaves its leaf."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.errors import EvidenceError
from nilometer.evidence.journal import Journal

KEY = bytes(32)
AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
texts = st.text(max_size=40)
bodies = st.dictionaries(texts, texts | st.integers(-(2**53), 2**53) | st.lists(texts, max_size=3) | st.none(), max_size=4)


@given(st.lists(st.tuples(st.sampled_from(["case", "ledger"]), texts, bodies), max_size=8))
def test_what_was_added_comes_back(tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str, dict[str, Any]]]) -> None:
    folder = tmp_path_factory.mktemp("journal")
    try:
        json.dumps([one[1:] for one in said], ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a character: no JSON can hold it
        return
    one = Journal(folder, KEY)
    for kind, by, body in said:
        one.add(kind, by, body, AT)
    for held in (one, Journal(folder, KEY)):
        assert [(e.kind, e.by, e.body) for e in held.entries()] == said
        assert [e.index for e in held.entries()] == list(range(len(said)))
        assert [e.body for e in held.entries(["case"])] == [body for kind, _, body in said if kind == "case"]
    for line in one.lines():
        leaf = json.loads(line.leaf)
        plain = one.plain(leaf["n"])
        assert plain is not None
        assert leaf["commit"] == hashlib.sha256(plain).hexdigest()


def test_nothing_of_a_body_is_readable(tmp_path: Path) -> None:
    Journal(tmp_path, KEY).add("case", "ann", {"why": "the secret reason"}, AT)
    assert b"secret" not in (tmp_path / "journal.ndjson").read_bytes()
    assert b"ann" not in (tmp_path / "journal.ndjson").read_bytes()
    assert (tmp_path / "journal.ndjson").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_half_a_line_was_never_said(tmp_path: Path, cut: int) -> None:
    one = Journal(tmp_path, KEY)
    one.add("case", "ann", {"n": 1}, AT)
    size = one.path.stat().st_size
    one.add("case", "ann", {"n": 2}, AT)
    with one.path.open("r+b") as stream:
        stream.truncate(one.path.stat().st_size - cut)
    again = Journal(tmp_path, KEY)
    assert [e.body for e in again.entries()] == [{"n": 1}]
    again.add("case", "ann", {"n": 3}, AT)
    assert [e.body for e in Journal(tmp_path, KEY).entries()] == [{"n": 1}, {"n": 3}]
    assert one.path.read_bytes()[:size] == again.path.read_bytes()[:size]


def test_what_was_taken_away_leaves_its_leaf(tmp_path: Path) -> None:
    one = Journal(tmp_path, KEY)
    for n in range(3):
        one.add("case", "ann", {"n": n}, AT)
    leaves = [line.leaf for line in one.lines()]
    one.take_away([1])
    assert [line.leaf for line in Journal(tmp_path, KEY).lines()] == leaves
    assert [e.body for e in one.entries()] == [{"n": 0}, {"n": 2}]
    assert one.plain(1) is None
    assert one.entry(1).kind == "case"
    one.add("case", "ann", {"n": 3}, AT)
    assert [e.index for e in one.entries()] == [0, 2, 3]


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    Journal(tmp_path, KEY).add("case", "ann", {}, AT)
    with pytest.raises(EvidenceError, match="was changed"):
        list(Journal(tmp_path, bytes(31) + b"1").entries())


def test_lines_out_of_order_are_refused(tmp_path: Path) -> None:
    one = Journal(tmp_path, KEY)
    for n in range(2):
        one.add("case", "ann", {"n": n}, AT)
    lines = one.path.read_bytes().splitlines(keepends=True)
    one.path.write_bytes(b"".join(reversed(lines)))
    with pytest.raises(EvidenceError, match="entry 0 is damaged or out of order"):
        Journal(tmp_path, KEY).lines()
