"""The operator's file: what is declared reads back as pseudonyms, and what is wrong is named with its place."""

from __future__ import annotations

import tempfile
import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nilometer as nm
from nilometer.app import context, declarations
from nilometer.app.assembly import Home, temporary_home
from nilometer.canonical import identifier
from nilometer.detection.context import BENIGN_DAYS, BENIGN_ROOM, Busy, Need, Planned, fingerprint
from nilometer.detection.rows import DAY, by_day
from nilometer.disclosures import pseudonym
from nilometer.errors import ConfigError
from nilometer.ledger.answers import Answers
from nilometer.simulation.context import busy, need, planned
from nilometer.sources.mapping import quoted
from tests.app.declared import BUSY, GROUP, NEED, PLANNED, RELATION, VERDICT
from tests.cli.running import row, written

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
IDS = WORDS.filter(lambda text: text.strip() not in ("", "-"))
LEVEL = st.sampled_from(["org", "app", "account", "session", "ip"])
PEOPLE = st.integers(0, declarations.MOST_PEOPLE)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENT = st.builds(lambda n, zone: (EPOCH + timedelta(microseconds=n)).astimezone(zone), st.integers(10**13, 7 * 10**15), ZONES)
LONG = st.timedeltas(timedelta(microseconds=1), timedelta(days=900))


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """A home that every test here only reads the key of."""
    opened = temporary_home()
    yield opened
    opened.close()


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def loaded(home: Home, text: str | bytes, **files: str | bytes) -> context.Context:
    """What a context file says, with other files beside it."""
    with tempfile.TemporaryDirectory() as place:
        for name, content in {"context.toml": text, **{f"{name}.csv": content for name, content in files.items()}}.items():
            (Path(place) / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return context.load(home, Path(place) / "context.toml")


# What is declared


def test_no_file_is_nothing_declared(tmp_path: Path) -> None:
    opened = temporary_home()
    try:
        assert fingerprint(context.load(opened)) == fingerprint(context.Context())
        (opened.folder / context.FILE).write_text(NEED)
        assert len(context.load(opened).needs) == 1
        with pytest.raises(ConfigError, match=r"elsewhere\.toml does not exist"):
            context.load(opened, tmp_path / "elsewhere.toml")
    finally:
        opened.close()


@given(LEVEL, IDS, PEOPLE, WORDS, st.none() | MOMENT)
def test_a_need_reads_back(home: Home, level: str, ident: str, people: int, why: str, until: datetime | None) -> None:
    [found] = loaded(home, need(level=level, ident=ident, people_a_day=people, why=why, until=until)).needs
    assert (found.level, found.actor, found.people_a_day, found.why) == (level, pseudonym.one(home.key, level, ident), people, why)
    assert found.since == 0
    if until is not None:
        assert (found.until - 1) * DAY < micros(until) <= found.until * DAY
    else:
        assert found.until > 10**6


@given(LEVEL, IDS, PEOPLE, WORDS, MOMENT, LONG)
def test_a_plan_reads_back(home: Home, level: str, ident: str, people: int, kind: str, start: datetime, long: timedelta) -> None:
    text = planned(level=level, ident=ident, start=start, until=start + long, people=people, kind=kind, why=kind)
    actor = pseudonym.one(home.key, level, ident)
    expected = Planned(level=level, actor=actor, since=micros(start), until=micros(start + long), people=people, kind=kind)
    assert list(loaded(home, text).planned) == [expected]


@given(st.floats(1, declarations.MOST_BUSY), MOMENT, LONG)
def test_a_busy_stretch_reads_back(home: Home, factor: float, start: datetime, long: timedelta) -> None:
    found = loaded(home, busy(start=start, until=start + long, factor=factor, name="sale")).busy
    assert list(found) == [Busy(since=micros(start), until=micros(start + long), factor=factor)]


@given(LEVEL, st.lists(st.lists(IDS, min_size=1, max_size=4), max_size=4))
def test_groups_read_back(home: Home, level: str, groups: list[list[str]]) -> None:
    text = "".join(f'[[group]]\nname = "g{n}"\nlevel = "{level}"\nids = [{", ".join(map(quoted, ids))}]\n' for n, ids in enumerate(groups))
    keys = [{pseudonym.one(home.key, level, ident) for ident in ids} for ids in groups]
    if sum(map(len, keys)) == len(set().union(*keys)):
        assert loaded(home, text).groups == {(level, key): n for n, group in enumerate(keys) for key in group}
    else:
        with pytest.raises(ConfigError, match="in no other group"):
            loaded(home, text)


PERSON = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=9).filter(
    lambda t: t.strip() not in ("", "-")
)


@given(st.lists(PERSON, max_size=12), st.lists(PERSON, max_size=4))
def test_relations_read_back_ascending_and_once(home: Home, people: list[str], more: list[str]) -> None:
    served, others = ("subject\n" + "".join('"' + p.replace('"', '""') + '"\n' for p in some) for some in (people, more))
    found = loaded(home, RELATION + RELATION.replace("served", "others"), served=served, others=others).relations
    [(actor, keys)] = found.items()
    assert actor == ("app", pseudonym.one(home.key, "app", "a"))
    assert keys.dtype == np.int64
    assert keys.tolist() == sorted({pseudonym.one(home.key, "subject", p) for p in [*people, *more]})


def test_a_large_relation_is_read_in_pieces(home: Home) -> None:
    count = 400_000  # several of the CSV reader's blocks
    [keys] = loaded(home, RELATION, served="subject\n" + "".join(f"{n}\n" for n in range(count))).relations.values()
    assert len(keys) == count
    with pytest.raises(ConfigError, match=f"no id in row {count + 2}"):
        loaded(home, RELATION, served="subject\n" + "".join(f"{n}\n" for n in range(count)) + "-\n")


def test_times_without_an_offset_are_utc_wherever_this_runs(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    with_offset = PLANNED.replace("2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00")
    without = PLANNED.replace("00:00:00Z", "00:00:00")
    try:
        assert fingerprint(loaded(home, with_offset)) == fingerprint(loaded(home, without)) == fingerprint(loaded(home, PLANNED))
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"])
def test_the_ends_of_time_are_times(home: Home, moment: str) -> None:
    assert len(loaded(home, NEED + f"until = {moment}\n" + VERDICT.replace("2026-01-01T12:00:00Z", moment)).needs) == 2


# Verdicts


def test_benign_teaches_a_little_for_a_while(home: Home) -> None:
    at = micros(datetime(2026, 1, 1, tzinfo=UTC)) // DAY
    [found] = loaded(home, VERDICT).needs
    actor = pseudonym.one(home.key, "app", "a")
    assert found == Need(level="app", actor=actor, people_a_day=int(101 * BENIGN_ROOM), why="x", since=at, until=at + BENIGN_DAYS)


def test_confirmed_allows_nothing(home: Home) -> None:
    assert fingerprint(loaded(home, VERDICT.replace("benign", "confirmed"))) == fingerprint(context.Context())


@pytest.mark.parametrize(("verdict", "after"), [("benign", 1), ("confirmed", 0)])
def test_the_next_verdict_ends_the_one_before(home: Home, verdict: str, after: int) -> None:
    later = VERDICT.replace("2026-01-01", "2026-01-11").replace("benign", verdict)
    other = later.replace('id = "a"', 'id = "b"').replace("confirmed", "benign")
    at = micros(datetime(2026, 1, 1, tzinfo=UTC)) // DAY
    found = [n for n in loaded(home, later + other + VERDICT).needs if n.actor == pseudonym.one(home.key, "app", "a")]
    assert [(n.since, n.until) for n in found] == [(at, at + 10), (at + 10, at + 10 + BENIGN_DAYS)][: 1 + after]
    same_day = loaded(home, VERDICT + VERDICT.replace("T12", "T13").replace("benign", verdict)).needs
    assert [(n.since, n.until) for n in same_day] == [(at, at + BENIGN_DAYS)] * after


# Ids are those of the ledger


def test_ids_are_pseudonyms_as_ingest_makes_them(tmp_path: Path) -> None:
    with nm.open(tmp_path / "home") as opened:
        written_ids = {"subject": [" 7 ", "007", "8.0", "e\u0301"], "app": " caf\u00e9 "}
        rows = [row(1, subject=subject, app=written_ids["app"]) for subject in written_ids["subject"]]
        opened.ingest(written(tmp_path / "log", rows))
        (tmp_path / "served.csv").write_text("subject\n7\n8\n\u00e9\n")
        (tmp_path / "context.toml").write_text(RELATION.replace('id = "a"', f'id = "{unicodedata.normalize("NFD", "café")}"'))
        known = context.load(opened.home, tmp_path / "context.toml")
        answers = Answers(opened.home.ledger)
        [number] = answers.days(None)
        [found] = by_day(answers.rows(number, number, None))
        assert len(found) == 4
        assert sorted(found.subject[known.related(found)]) == sorted(pseudonym.one(opened.home.key, "subject", p) for p in ("7", "8", "é"))
        assert identifier("007") == "007"


# What is wrong


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (NEED.replace('"a"', '" - "'), "[[need]] number 1, id: expected an id, found ' - '"),
        (NEED.replace('"a"', '""'), "[[need]] number 1, id: expected an id, found ''"),
        (PLANNED.replace("2026-01-03", "2026-01-01"), "[[planned]] number 1, until: expected a time after from (2026-01-01T00:00:00+00:00), found 2026-01-01T00:00:00+00:00"),
        (BUSY.replace("2026-01-03", "2025-01-01"), "[[busy]] number 1, until: expected a time after from"),
        (GROUP.replace('"b"', '""'), "[[group]] number 1, ids[1]: expected an id, found ''"),
        (GROUP + GROUP.replace("small", "large"), "[[group]] number 2, ids[0]: expected an actor that is in no other group"),
        (GROUP + GROUP.replace('"a", "b"', '"c"'), "[[group]] number 2, name: expected a name of its own, found 'small' a second time"),
        (RELATION, "[[relation]] number 1, file: expected a CSV file in UTF-8 with the one column `subject`"),
        (RELATION, "served.csv, found no such file"),
        (RELATION.replace("served.csv", "."), "found a folder"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(home: Home, text: str | bytes, says: str) -> None:
    with pytest.raises(ConfigError) as told:
        loaded(home, text)
    assert "context.toml" in str(told.value)
    assert says in str(told.value)


@pytest.mark.parametrize(
    ("served", "says"),
    [
        ("", "found what is none"), ("person\nanna\n", "found another column"), ("subject,name\n1,anna\n", "found 2 columns"), ("subject;name\n1;anna\n", "found another column"),
        ("subject\n1\n2,anna\n3\n", "found more than one value in row 3"), ("subject\n1\n-\nanna\n", "found no id in row 3"), ('subject\nanna\n" "\n', "found no id in row 3"),
        ('subject\n"anna\n2\n', "found no id in row 2"), ("subject\nanna\n\xff".encode("latin-1"), "found what is none"), ("subject\nanna\n".encode("utf-16"), "found what is none"),
    ],
)  # fmt: skip
def test_a_list_of_people_that_is_wrong_is_named_and_shows_nobody(home: Home, served: str | bytes, says: str) -> None:
    with pytest.raises(ConfigError) as told:
        loaded(home, NEED + RELATION, served=served)
    assert "[[relation]] number 1, file: expected a CSV file" in str(told.value)
    assert "served.csv" in str(told.value)
    assert says in str(told.value)
    assert "anna" not in str(told.value)


def test_nothing_raw_is_kept(home: Home) -> None:
    text = "".join(table.replace('"a"', '"acme-42"') for table in (NEED, PLANNED, GROUP, BUSY, VERDICT, RELATION))
    found = loaded(home, text, served="subject\nanna-77\n")
    assert (len(found.needs), len(found.planned), len(found.groups), len(found.busy), len(found.relations)) == (2, 1, 2, 1, 1)
    assert "acme" not in repr(found)
    assert "anna" not in repr(found)


# What it does to detection


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nm.Nilometer]:
    """Thirty days of small honest apps; on the 28th day one of them is shown 3,000 people it never saw."""
    time, subject, app = [], [], []
    for day in range(30):
        for number in range(8):
            people = [f"p{number}-{n}" for n in range(20 + day)]
            people += [f"bulk-{n}" for n in range(3000)] if (number, day) == (0, 27) else []
            time += [datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(days=day, seconds=7 * n) for n in range(len(people))]
            subject += people
            app += [f"app-{number}"] * len(people)
    place = tmp_path_factory.mktemp("bulk")
    with nm.open(place / "home") as opened:
        opened.ingest(pa.table({"time": time, "subject": subject, "app": app, "org": [f"of {one}" for one in app]}))
        (place / "home" / "bulk.csv").write_text("subject\n" + "".join(f"bulk-{n}\n" for n in range(3000)))
        (place / "home" / "few.csv").write_text("subject\n" + "".join(f"bulk-{n}\n" for n in range(300)))
        yield opened


DAY_OF_BULK = "from = 2026-03-28T00:00:00Z\nuntil = 2026-03-29T00:00:00Z\n"
PLAN = '[[planned]]\nlevel = "app"\nid = "app-0"\n' + DAY_OF_BULK
OF_BULK = '[[relation]]\nlevel = "app"\nid = "app-0"\nfile = '
CLEARED = '[[verdict]]\nlevel = "app"\nid = "app-0"\nverdict = "benign"\nwhy = ""\n'


NONE: set[str] = set()
BOTH = {"reach", "enumeration"}
WALK = {"enumeration"}
"""That it walks through their ids is neither the contract's nor the sale day's."""


@pytest.mark.parametrize(
    ("declared", "reasons"),
    [
        ("", BOTH), (PLAN + "people = 3200\n", NONE), (PLAN + "people = 500\n", BOTH), (PLAN.replace("app-0", "app-1") + "people = 3200\n", BOTH),
        (PLAN.replace("03-28", "03-26").replace("03-29", "03-28") + "people = 3200\n", BOTH), (PLAN.replace('"app"', '"org"').replace("app-0", "of app-0") + "people = 3200\n", NONE),
        ('[[need]]\nlevel = "app"\nid = "app-0"\npeople_a_day = 3100\n', NONE), ('[[need]]\nlevel = "app"\nid = "app-0"\npeople_a_day = 3100\nuntil = 2026-03-28T00:00:00Z\n', BOTH),
        (CLEARED + "at = 2026-03-20T00:00:00Z\npeople_a_day = 2100\n", NONE), (CLEARED + "at = 2026-03-20T00:00:00Z\npeople_a_day = 100\n", BOTH),
        (CLEARED + "at = 2026-03-29T00:00:00Z\npeople_a_day = 2100\n", BOTH), (CLEARED.replace("benign", "confirmed") + "at = 2026-03-20T00:00:00Z\npeople_a_day = 2100\n", BOTH),
        (OF_BULK + '"bulk.csv"\n', WALK), (OF_BULK + '"few.csv"\n', BOTH), ("[[busy]]\nfactor = 2\n" + DAY_OF_BULK, BOTH), ("[[busy]]\nfactor = 60\n" + DAY_OF_BULK, WALK),
    ],
)  # fmt: skip
def test_what_is_declared_is_not_found_and_what_goes_beyond_is(bulk: nm.Nilometer, declared: str, reasons: set[str]) -> None:
    (bulk.home.folder / context.FILE).write_text(declared)
    found = bulk.detect()
    assert {actor.id for finding in found for actor in finding.actors} <= {"app-0", "of app-0"}
    assert {reason.detector for finding in found for reason in finding.reasons} & BOTH == reasons
