"""The truth of a folder: counted from its rows or its marker file, refused when it does not fit them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app.evaluate import columns, truth
from nilometer.app.evaluate.columns import SECOND
from nilometer.errors import InputError
from tests.app.evaluate.made import folder, innocent, leak, micro, row

HONEST = [row(n, f"h{n % 4}", account="a2", session="s2", ip="10.0.0.2") for n in range(10)]
TAKEN = [row(100 + n, f"t{n % 6}") for n in range(9)]
STORY = leak(6, 100, 108, ("account", "a1"), ("app", "p1"))


def read(place: Path) -> truth.Truth:
    return truth.read(place, columns.read(place / "disclosures.parquet"))


def test_a_leak_is_counted_from_the_rows_of_its_narrowest_actor(tmp_path: Path) -> None:
    elsewhere = [row(50, "early"), row(104, "other", surface="write"), row(105, "in vain", status=404), row(200, "late")]
    made = folder(tmp_path, [*HONEST, *TAKEN, *elsewhere], [STORY], [innocent(("account", "a2"))])
    found = read(made)
    assert (found.scenario, found.kind, found.seed) == ("handmade", "leak", 3)
    [one] = found.leaks
    assert one.people == 6
    assert one.actors == {("account", "a1"), ("app", "p1")}
    assert (one.started, one.ended) == (micro(100), micro(108))
    assert [one.before(micro(s)) for s in (99, 100, 102.5, 105, 108)] == [0, 1, 3, 6, 6]
    assert found.innocents[0].actors == {("account", "a2")}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), min_size=1, max_size=40), st.integers(-1, 31))
def test_people_before_a_moment_are_those_of_a_slow_recount(rows: list[tuple[int, int]], moment: int) -> None:
    times, subjects = np.array([t for t, _ in rows]), np.array([s for _, s in rows])
    first = np.sort([times[subjects == s].min() for s in set(subjects.tolist())]) * SECOND
    one = truth.Leak(actors=frozenset(), started=0, ended=0, first=first)
    assert one.before(moment * SECOND) == len({s for t, s in rows if t <= moment})
    assert one.people == len(set(subjects.tolist()))


@given(marks=st.sets(st.integers(0, 29), min_size=1), moment=st.integers(-1, 40))
def test_marked_rows_give_the_same_count_as_a_recount(tmp_path_factory: pytest.TempPathFactory, marks: set[int], moment: int) -> None:
    """A leak inside honest work on the same account: only the marker knows which rows are which."""
    rows = [row(n, f"t{n * 7 % 11}") for n in range(30)]
    marked: list[tuple[int, float, object]] = [(0, n, rows[n]["subject"]) for n in sorted(marks)]
    people = len({subject for _, _, subject in marked})
    story = leak(people, min(marks), max(marks), ("account", "a1"), mixed=True)
    [one] = read(folder(tmp_path_factory.mktemp("marked"), rows, [story], marked=marked)).leaks
    assert one.before(micro(moment)) == len({subject for _, seconds, subject in marked if seconds <= moment})


def test_sessions_and_addresses_are_the_leaks_own_when_they_mostly_serve_it(tmp_path: Path) -> None:
    shared = [row(100 + n, f"t{n}", ip="10.0.0.9", session=f"s{n}") for n in range(3)]
    honest = [row(n, f"h{n}", ip="10.0.0.9", account="a2", session="s2") for n in range(4)]
    made = folder(tmp_path, [*honest, *shared], [leak(3, 100, 102, ("account", "a1"))])
    [one] = read(made).leaks
    assert one.own == {("session", "s0"), ("session", "s1")}, "s2 and the address serve honest work more than the leak"


def test_a_campaign_may_be_known_by_its_marked_rows_alone(tmp_path: Path) -> None:
    rows = [row(n, f"t{n}", org=None, app=None, account=None, ip=f"10.0.1.{n}") for n in range(4)]
    story = leak(4, 0, 3, ("surface", "read"))
    with pytest.raises(InputError, match=r"no level that the table has; put leaks\.parquet beside it"):
        read(folder(tmp_path, rows, [story]))
    [one] = read(folder(tmp_path, rows, [story], marked=[(0, n, f"t{n}") for n in range(4)])).leaks
    assert ("ip", "10.0.1.2") in one.own


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"leaks": []}, "kind is 'leak' but it has no leaks"),
        ({"kind": "lookalike"}, "kind is 'lookalike' but it has 1 leaks"),
        ({"kind": "party"}, "expected leak or lookalike"),
        ({"leaks": [{**STORY, "people": 7}]}, r"leaks\[0\] has 7 people, but disclosures.parquet shows 6"),
        ({"leaks": [{**STORY, "actors": []}]}, "names no actors"),
        ({"leaks": [{**STORY, "started": None}]}, "never started"),
        ({"leaks": [{**STORY, "mixed": True}]}, "hid in honest work"),
        ({"leaks": [{"people": 1}]}, "is not a truth"),
        ({"leaks": 5}, "is not a truth"),
    ],
)
def test_a_truth_that_does_not_fit_is_refused_by_name(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    made = folder(tmp_path, [*HONEST, *TAKEN], [STORY], but=more)
    with pytest.raises(InputError, match=says) as raised:
        read(made)
    assert str(made / "truth.json") in str(raised.value)


def test_no_truth_and_no_json_and_no_marker_file(tmp_path: Path) -> None:
    made = folder(tmp_path, TAKEN, [STORY])
    (made / "leaks.parquet").write_text("torn")
    with pytest.raises(InputError, match=r"leaks\.parquet is not what"):
        read(made)
    (made / "truth.json").write_text("{")
    with pytest.raises(InputError, match=r"truth\.json is not a truth"):
        read(made)
    (made / "truth.json").unlink()
    with pytest.raises(InputError, match=r"truth\.json is missing"):
        read(made)


def test_folders_are_found_below_and_each_once(tmp_path: Path) -> None:
    one, two = folder(tmp_path / "x" / "one", TAKEN, [STORY]), folder(tmp_path / "two", TAKEN, [STORY])
    assert truth.folders([tmp_path]) == [two, one]
    assert truth.folders([one, tmp_path, one]) == [one, two]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty holds no truth\.json"):
        truth.folders([tmp_path / "empty"])
    with pytest.raises(InputError, match="is no folder"):
        truth.folders([tmp_path / "nowhere"])
