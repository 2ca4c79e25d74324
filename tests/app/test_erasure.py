"""Erasing: whoever asked is nobody's row any more, every count stays, others stay themselves, proofs verify, a hold stops it, a crash is mended."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nilometer as nm
from nilometer.app import bundle, cases, custody, doctor, erasure, identityfiles, journal, reveal, scope, sealing
from nilometer.app import proving as proofs
from nilometer.disclosures import pseudonym
from nilometer.errors import InputError
from nilometer.ledger import erasing
from tests.app import case_home
from tests.cli.running import every_byte, finished, lines, row, run, start

PEOPLE = 40


def rows() -> bytes:
    """Forty people, each shown to some of three apps by two files' worth of accounts, with references, requests and extra columns."""
    rng = random.Random(3)
    made = []
    for n in range(400):
        one = rng.randrange(PEOPLE)
        made.append(
            row(
                n, subject=f"{1000 + one}", app=f"app-{one % 3}", account=f"a{n % 5}", reference=f"order-{one}-{n % 3}", request=f"r{n // 4}",
                status=403 if n % 11 == 0 else 200, note=f"note for {1000 + one}",
            )
        )  # fmt: skip
    return lines(made)


@pytest.fixture(name="kept", scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of two segments that keeps ids sealed, knows phones, and was asked about people."""
    folder = tmp_path_factory.mktemp("kept")
    text = rows().splitlines(keepends=True)
    (folder / "a.ndjson").write_bytes(b"".join(text[:250]))
    (folder / "b.ndjson").write_bytes(b"".join(text[250:]))
    (folder / "ids.csv").write_text("subject,phone\n" + "".join(f"{1000 + n},1390000{n:04d}\n" for n in range(PEOPLE)))
    (folder / "home").mkdir()
    (folder / "home" / "nilometer.toml").write_text('[reveal]\nkeep = true\n[evidence]\nsecond_place = "../second"\n')
    with nm.open(folder / "home") as home:
        reveal.make_key(home.home, folder / "reveal.key")
    with nm.open(folder / "home") as home:
        home.ingest(folder / "a.ndjson")
        home.ingest(folder / "b.ndjson")
        identityfiles.take(home.home, [str(folder / "ids.csv")])
        home.detect()
        home.who("1001")
        home.who("1002")
    return folder


@pytest.fixture(name="home")
def _home(kept: Path, tmp_path: Path) -> Path:
    shutil.copytree(kept, tmp_path / "kept")
    return tmp_path / "kept" / "home"


def erased(home: nm.Nilometer, *subjects: str, why: str = "asked") -> tuple[erasure.Found, int | None]:
    return erasure.erase(home.home, erasure.pseudonyms(home.home, subjects), why=why)


def counts(home: nm.Nilometer) -> dict[str, Any]:
    """Every count of people that one can ask for, by actor and day."""
    views = {
        (view, level): sorted(map(str, home.view(view, level).to_arrow().to_pylist()))
        for view in ("reach", "people_by_day", "reach_by_window", "surfaces", "cold_people")
        for level in ("app", "account")
    }
    return {"views": views, "pages": {app: home.actor("app", app) for app in ("app-0", "app-1", "app-2")}}


def exposures(home: nm.Nilometer, subject: str) -> Any:
    return {name: value for name, value in home.who(subject).items() if name != "subject"}


@settings(max_examples=8)
@given(gone=st.sets(st.integers(0, PEOPLE - 1), min_size=1, max_size=12))
def test_counts_stay_others_stay_and_who_was_erased_is_nobody(kept: Path, tmp_path_factory: pytest.TempPathFactory, gone: set[int]) -> None:
    folder = tmp_path_factory.mktemp("erased") / "kept"
    shutil.copytree(kept, folder)
    with nm.open(folder / "home") as home:
        before = counts(home)
        others = {n: exposures(home, f"{1000 + n}") for n in set(range(PEOPLE)) - gone}
        found, entry = erased(home, *(f"{1000 + n}" for n in gone))
        assert (found.people, found.found, found.identities, found.sealed_ids) == (len(gone),) * 4
        assert entry is not None
        assert counts(home) == before
        assert {n: exposures(home, f"{1000 + n}") for n in others} == others
        for n in gone:
            assert exposures(home, f"{1000 + n}") == {"exposures": [], "asked_not_shown": [], "revealed": []}
        again, none = erased(home, *(f"{1000 + n}" for n in gone))
        assert (again.found, again.identities, again.sealed_ids, again.journal_bodies) == (0, 0, 0, len(gone))
        assert none is not None, "the look-ups that this test made were there"
    said = custody.verify(folder / "home", deep=True)
    assert said["holds"], said["wrong"]
    assert not said["noticed"]


def test_nothing_of_a_person_is_left_in_any_file(home: Path) -> None:
    with nm.open(home) as opened:
        keys = [pseudonym.one(opened.home.key, "subject", "1001")]
        for kind, values in (("reference", [f"order-1-{n}" for n in range(3)]),):
            keys += [pseudonym.one(opened.home.key, kind, value) for value in values]
        assert held(home, keys) > 0
        erased(opened, "1001")
        assert held(home, keys) == 0
        for name in opened.home.ledger.manifest.named_files():
            assert (home / "ledger" / name).exists(), name
    assert not any((home / "watch").glob("*.npz"))


def held(home: Path, keys: list[int]) -> int:
    """How many times pseudonyms stand in the ledger's tables, and in what detection keeps."""
    found = 0
    for path in home.rglob("*.parquet"):
        table = pq.read_table(path)
        for column in table.columns:
            if column.type == pa.int64():
                found += int(np.isin(np.asarray(column.fill_null(0)), keys).sum())
    small = [key.to_bytes(8, "little", signed=True) for key in keys]
    return found + sum(content.count(one) for path, content in every_byte(home / "watch") for one in small)


def test_extra_columns_of_others_stay_and_theirs_go(home: Path) -> None:
    from nilometer.ledger import behind, vault

    with nm.open(home) as opened:
        key = pseudonym.one(opened.home.key, "subject", "1001")
        erased(opened, "1001")
        ledger = opened.home.ledger
        notes = []
        for segment in ledger.manifest.segments:
            assert segment.attributes
            texts = vault.unsealed(ledger.folder / segment.attributes, ledger.secret).column("attributes").to_pylist()
            subjects = behind.whole(ledger, segment).column("subject").to_pylist()
            names = {pseudonym.one(ledger.key, "subject", f"{1000 + n}"): f"{1000 + n}" for n in range(PEOPLE)}
            for text, subject in zip(texts, subjects, strict=True):
                assert subject != key
                if subject in names:
                    assert json.loads(text)["note"] == f"note for {names[subject]}"
                else:
                    notes.append(text)
    assert notes
    assert set(notes) == {None}


def test_proofs_from_before_verify_and_rows_can_be_proved_anew(home: Path, tmp_path: Path) -> None:
    with nm.open(home) as opened:
        key = journal.log(opened.home).key.vkey
        old = opened.home.ledger.manifest.segments[0].file
        proofs.prove(opened.home, old, 3, tmp_path / "before.tlog-proof")
        erased(opened, "1001", "1002")
        new = next(one.file for one in opened.home.ledger.manifest.segments if one.file != old)
        proofs.prove(opened.home, new, 3, tmp_path / "after.tlog-proof")
        with pytest.raises(InputError):
            proofs.prove(opened.home, old, 3, tmp_path / "gone.tlog-proof")
    for name in ("before", "after"):
        said = custody.verify(tmp_path / f"{name}.tlog-proof", key=key)
        assert said["holds"], (name, said["wrong"])


def test_the_journal_never_names_who_was_erased(home: Path) -> None:
    with nm.open(home) as opened:
        key = pseudonym.one(opened.home.key, "subject", "1001") & (1 << 64) - 1
        found, entry = erased(opened, "1001")
        assert found.journal_bodies == 1
        every = [one.body for one in journal.entries(opened.home)]
        assert f"{key:016x}" not in json.dumps(every)
        assert [one.body["subject"] for one in journal.entries(opened.home, "lookup")], "the look-up of another person is still said"
        said = next(one for one in journal.entries(opened.home, "erasure") if one.index == entry)
    assert said.body["why"] == "asked"
    assert said.body["people"] == 1


def test_a_legal_hold_stops_it_and_says_so(tmp_path: Path) -> None:
    ident = case_home.made(tmp_path / "home")
    with nm.open(tmp_path / "home") as opened:
        cases.told(opened.home, ident, "hold", "police")
        before = scope.table(opened.home, ident).num_rows
        found, entry = erased(opened, "new-31-5", "person-0-1")
        assert found.holds == (ident,)
        assert scope.table(opened.home, ident).num_rows == before
        assert opened.who("new-31-5")["exposures"]
        [refusal] = [one for one in journal.entries(opened.home, "erasure") if one.index == entry]
        assert refusal.body["did"] == "refused to erase"
        assert erased(opened, "person-0-1")[0].holds == (), "who is not in the case may go"


def test_a_hold_outlives_that_its_case_is_split(tmp_path: Path) -> None:
    ident, person = case_home.made(tmp_path / "home"), "second-31-5"
    second = case_home.grown(tmp_path / "home")
    with nm.open(tmp_path / "home") as opened:
        cases.joined(opened.home, ident, [second])
        cases.told(opened.home, ident, "hold", "police")
        assert erased(opened, person)[0].holds == (ident,)
        _, made = cases.split(opened.home, ident, [second], why="another company")
        assert erased(opened, person)[0].holds == (made.id,), "nobody released anything"
        assert opened.who(person)["exposures"]
        cases.told(opened.home, made.id, "release", "proceedings ended")
        assert not erased(opened, person)[0].holds


def test_killed_right_behind_the_manifest_the_old_files_are_noticed_and_erasing_again_removes_them(home: Path) -> None:
    with nm.open(home) as opened:
        keys = [pseudonym.one(opened.home.key, "subject", "1001")]
        shutil.copytree(home / "ledger", home.parent / "before")
        erased(opened, "1001")
    for path in (home.parent / "before").rglob("*"):  # as if it had been killed before it removed anything
        there = home / "ledger" / path.relative_to(home.parent / "before")
        if path.is_file() and not there.exists():
            shutil.copyfile(path, there)
    assert held(home, keys) > 0
    said = custody.verify(home, deep=True)
    assert said["holds"], said["wrong"]
    assert any("erase again" in text for text in said["noticed"]), said["noticed"]
    with nm.open(home) as opened:
        assert "left behind" in {check.about for check in doctor.examine(opened.home)}
    dry = run("erase", "1001", "--why", "asked", "--dry-run", home=home)
    assert "files that a crash left behind" in dry.out
    again = run("erase", "1001", "--why", "asked", "--yes", home=home)
    assert (again.code, "were removed" in again.out) == (0, True), again.out
    assert held(home, keys) == 0
    said = custody.verify(home, deep=True)
    assert (said["holds"], said["noticed"]) == (True, []), said["wrong"]


def test_a_file_that_no_manifest_names_is_noticed_but_not_while_somebody_writes(home: Path) -> None:
    junk = home / "ledger" / "segments" / "00000009-000.parquet"
    junk.write_bytes(b"junk")
    (home / "ledger" / "names" / "folder").mkdir()
    assert any("no manifest names" in text for text in custody.verify(home)["noticed"])
    with nm.open(home) as opened:
        assert opened.home.ledger.left_behind() == ["names/folder", "segments/00000009-000.parquet"]
        (home.parent / "c.ndjson").write_bytes(lines([row(9_000, subject="late")]))
        opened.ingest(home.parent / "c.ndjson")
        assert not junk.exists()
        with opened.home.ledger.writing("test"):
            junk.write_bytes(b"half a segment")
            assert opened.home.ledger.left_behind() == []
    assert not custody.verify(home.parent / "home")["wrong"]


def test_a_hold_that_comes_while_segments_are_written_stops_it(tmp_path: Path) -> None:
    """And steps of cases meanwhile wait for nobody, except for the moment in which it is carried out."""
    folder = tmp_path / "home"
    ident = case_home.made(folder)
    with nm.open(folder) as opened:
        before, files = scope.table(opened.home, ident).num_rows, sorted((folder / "ledger" / "segments").iterdir())

        def told(text: str) -> None:
            if text == "writing segments":
                done = finished(start("case", "hold", ident, "--why", "police", home=folder))
                assert done.code == 0, done.err

        people = erasure.pseudonyms(opened.home, ["new-31-5"])
        found, entry = erasure.erase(opened.home, people, why="asked", progress=told)
        assert found.holds == (ident,)
        assert journal.entries(opened.home)[-1].index == entry
        assert scope.table(opened.home, ident).num_rows == before
        assert opened.who("new-31-5")["exposures"]
        assert sorted((folder / "ledger" / "segments").iterdir()) == files, "what was prepared is gone"
        cases.told(opened.home, ident, "release", "mistaken")

        def late(text: str) -> None:
            if text == "removing what belongs to them":
                waiting.append(start("case", "hold", ident, "--why", "too late", home=folder))

        waiting: list[Any] = []
        found, entry = erasure.erase(opened.home, people, why="asked", progress=late)
        assert finished(waiting[0]).code == 0, "whoever waited goes on: no deadlock"
        said = journal.entries(opened.home, "erasure", "case")
        held_at = next(one.index for one in said if one.kind == "case" and one.body["why"] == "too late")
        assert entry is not None
        assert held_at > entry
        assert not opened.who("new-31-5")["exposures"]
    assert custody.verify(folder, deep=True)["holds"]


def test_a_case_counts_what_it_counted(tmp_path: Path) -> None:
    ident = case_home.made(tmp_path / "home")
    with nm.open(tmp_path / "home") as opened:
        before = cases.facts(opened.home, ident)
        bundle.export(opened.home, ident, tmp_path / "before.zip", why="police")
        key = journal.log(opened.home).key.vkey
        erased(opened, *(f"new-{day}-{n}" for day in range(30, 40) for n in range(0, 300, 7)))
        after = cases.facts(opened.home, ident)
        for name in ("people", "people_at_detection", "items", "fields", "surfaces", "since", "until"):
            assert after[name] == before[name], name
        opened.detect()
        bundle.export(opened.home, ident, tmp_path / "after.zip", why="police")
    for name in ("before", "after"):
        said = custody.verify(tmp_path / f"{name}.zip", key=key)
        assert said["holds"], (name, said["wrong"])


def test_wrong_use(home: Path) -> None:
    with nm.open(home) as opened:
        for subjects, why in (([], "x"), ([" "], "x"), (["1001"], " ")):
            with pytest.raises(InputError):
                erased(opened, *subjects, why=why)
        found, entry = erased(opened, "nobody-here")
        assert (found.people, found.found, entry) == (1, 0, None)


def test_killed_at_any_moment_it_is_before_or_after_and_erasing_again_ends_it(kept: Path, tmp_path: Path) -> None:
    """The moment walks towards the one that decides, however fast the machine is: later while the people are still there, else earlier."""
    rng, command = random.Random(5), ("erase", "1001", "1002", "1003", "--why", "asked", "--yes")
    shutil.copytree(kept, tmp_path / "calm")
    began = time.monotonic()
    assert run(*command, home=tmp_path / "calm" / "home").code == 0
    moment = 0.7 * (time.monotonic() - began)
    outcomes = {True: 0, False: 0}
    for round_ in range(40):
        if round_ >= 12 and all(outcomes.values()):
            break
        folder = tmp_path / f"{round_}"
        shutil.copytree(kept, folder)
        process = start(*command, home=folder / "home")
        time.sleep(moment * (0.9 + 0.2 * rng.random()))
        process.send_signal(signal.SIGKILL)
        finished(process)
        said = custody.verify(folder / "home", deep=True)
        assert said["holds"], (round_, said["wrong"])
        if round_ % 2:  # whatever comes next must work, too
            (folder / "c.ndjson").write_bytes(lines([row(9_000 + n, subject=f"late-{n}") for n in range(5)]))
            assert run("ingest", folder / "c.ndjson", home=folder / "home").code == 0
        with nm.open(folder / "home") as opened:
            there = bool(opened.who("1001")["exposures"])
            outcomes[there] += 1
            erased(opened, "1001", "1002", "1003")
            assert not opened.who("1002")["exposures"]
            assert not identities_left(opened, "1003")
        moment *= 1.15 if there else 0.87
        said = custody.verify(folder / "home", deep=True)
        assert said["holds"], (round_, said["wrong"])
        shutil.rmtree(folder)
    assert all(outcomes.values()), f"forty kills, all on one side of the moment that decides: {outcomes}"


def identities_left(home: nm.Nilometer, subject: str) -> int:
    from nilometer.app import identities

    return identities.of(home.home).count(erasure.pseudonyms(home.home, [subject]))


@pytest.mark.parametrize("between", ["nothing", "ingest", "detect"])
def test_an_announcement_that_was_not_carried_out_is_noticed_and_withdrawn(home: Path, between: str) -> None:
    with nm.open(home) as opened:
        people = erasure.pseudonyms(opened.home, ["1001", "1002"])
        with opened.home.ledger.writing("test"):
            prepared = erasing.prepare(opened.home.ledger, people)
            entry = sealing.erasure(opened.home, {"did": "erased"}, prepared.gone, prepared.fresh)
    said = custody.verify(home, deep=True)
    assert said["holds"], said["wrong"]
    assert any(f"entry {entry}" in text and "erase again" in text for text in said["noticed"])
    with nm.open(home) as opened:
        if between == "ingest":
            (home.parent / "c.ndjson").write_bytes(lines([row(9_000, subject="late")]))
            opened.ingest(home.parent / "c.ndjson")
        elif between == "detect":
            opened.detect()
        assert opened.who("1001")["exposures"]
        erased(opened, "1001", "1002")
        assert not opened.who("1001")["exposures"]
    said = custody.verify(home, deep=True)
    assert (said["holds"], said["noticed"]) == (True, []), said["wrong"]


def test_a_segment_that_is_gone_without_an_announcement_is_still_tampering(home: Path) -> None:
    with nm.open(home) as opened:
        people = erasure.pseudonyms(opened.home, ["1001", "1002"])
        erased(opened, "1003")
        with opened.home.ledger.writing("test"):
            erasing.finish(opened.home.ledger, erasing.prepare(opened.home.ledger, people))
    said = custody.verify(home)
    assert not said["holds"]
    assert "segment" in said["wrong"]
    with nm.open(home) as opened, pytest.raises(nm.EvidenceError, match="taken away"):
        erased(opened, "1004")


def test_the_journal_cut_off_behind_the_announcement_is_withdrawn(home: Path) -> None:
    """A full disk may keep the announcement and lose the seals behind it."""
    with nm.open(home) as opened:
        before = sealing.sealed_before(opened.home)
        gone = [one.file for one in opened.home.ledger.manifest.segments]
        entry = journal.record(opened.home, "erasure", {"did": "erased", "gone": gone, "covers": 3})
    said = custody.verify(home)
    assert said["holds"], said["wrong"]
    assert any(f"entry {entry.index}" in text for text in said["noticed"])
    with nm.open(home) as opened:
        (home.parent / "c.ndjson").write_bytes(lines([row(9_000 + n, subject=f"late-{n}") for n in range(9)]))
        opened.ingest(home.parent / "c.ndjson")
        after = sealing.sealed_before(opened.home)
        assert after.segments.items() > before.segments.items()
        erased(opened, "1001")
    said = custody.verify(home, deep=True)
    assert (said["holds"], said["noticed"]) == (True, []), said["wrong"]


def test_rolling_the_ledger_back_behind_an_erasure_is_no_unfinished_erasure(home: Path) -> None:
    old = home.parent / "old-ledger"
    shutil.copytree(home / "ledger", old)
    with nm.open(home) as opened:
        erased(opened, "1001")
        (home.parent / "c.ndjson").write_bytes(lines([row(9_000 + n, subject=f"late-{n}") for n in range(9)]))
        opened.ingest(home.parent / "c.ndjson")
    assert custody.verify(home)["holds"]
    shutil.rmtree(home / "ledger")
    shutil.copytree(old, home / "ledger")
    said = custody.verify(home)
    assert not said["holds"]
    assert "segment" in said["wrong"]


def test_findings_are_what_they_were(tmp_path: Path) -> None:
    """One ticket for many people: who of them is erased must not make the others explained."""
    case_home.made(tmp_path / "home")
    extra = [
        row(n, subject=f"ticket-{n % 60}", org="org-2", app="desk", account=f"agent-{n % 4}", reference=f"t{n // 20}", request=f"q{n // 5}")
        for n in range(600)
    ]
    (tmp_path / "tickets.ndjson").write_bytes(lines(extra))
    with nm.open(tmp_path / "home") as opened:
        opened.ingest(tmp_path / "tickets.ndjson")
        before = [one.to_json() for one in opened.detect()]
        assert before
        grouped = groups(opened)
        erased(opened, *(f"ticket-{n}" for n in range(0, 60, 7)), "new-31-5", "person-0-1")
        assert groups(opened) == grouped
        assert [one.to_json() for one in opened.detect()] == before


def groups(home: nm.Nilometer) -> dict[str, list[int]]:
    """How many rows and people share each reference and each request, and nothing of which these are."""
    table = pa.concat_tables([pq.read_table(home.home.ledger.folder / one.file) for one in home.home.ledger.manifest.segments])
    found = {}
    for name in ("reference", "request"):
        for what, how in (("rows", "count"), ("people", "count_distinct")):
            found[f"{name} {what}"] = sorted(table.group_by(name).aggregate([("subject", how)]).column(f"subject_{how}").to_pylist())
    return found
