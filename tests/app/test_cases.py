"""Cases from end to end on a simulated platform: opened, decided, taught to detection, taken back; and their page of facts."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import nilometer as nm
from nilometer.app import casebook, cases, context, journal, scope
from nilometer.cases.history import Step
from nilometer.detection.rows import DAY
from nilometer.detection.words import microseconds
from nilometer.errors import EvidenceError, InputError
from tests.app import crawled

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_benign_verdict_clears_and_teaches_up_to_a_ceiling_and_reopening_takes_it_back(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    assert found
    with nm.open(path) as home:
        made = cases.opened(home.home, found)
        cases.closed(home.home, made.id, "benign", "a search engine, asked in")
        assert not set(found) & {one.id for one in home.detect()}
        assert not set(found) & {one["id"] for one in home.findings()}
        cleared_at = casebook.one(home.home, made.id).cleared_at
        assert cleared_at is not None
        assert set(found) <= {one.id for one in home.detect(as_of=cleared_at - timedelta(microseconds=1))}  # then nobody had looked
        home.ingest(crawled.parts()[1])
        assert crawled.ACCOUNT not in crawled.accused(home.detect())  # it goes on as it did
        cases.told(home.home, made.id, "reopen", "not so sure any more")
        assert set(found) <= {one.id for one in home.detect()}


def test_whoever_takes_more_than_the_ceiling_after_it_was_cleared_is_found(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    with nm.open(path) as home:
        made = cases.opened(home.home, found)
        [taught] = [one for one in cases.closed(home.home, made.id, "benign", "asked in").taught if one.id == crawled.ACCOUNT]
        assert 0 < taught.people_a_day < 1_000
        home.ingest(crawled.greedy(crawled.parts()[1], 6))
        assert crawled.ACCOUNT in crawled.accused(home.detect())


def test_what_was_taught_is_let_pass_and_no_more(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    with nm.open(path) as home:
        made = cases.opened(home.home, found)
        cases.closed(home.home, made.id, "benign", "a new contract from Monday on: everybody", people_a_day=10_000)
        home.ingest(crawled.greedy(crawled.parts()[1], 6))
        assert crawled.ACCOUNT not in crawled.accused(home.detect())
        cases.told(home.home, made.id, "reopen", "no such contract")
        cases.closed(home.home, made.id, "benign", "only what was", people_a_day=0)
        home.detect()
        need = [one for one in context.load(home.home).needs if one.people_a_day]
        assert need == []


def test_a_verdict_teaches_what_context_toml_would(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    with nm.open(path) as home:
        made = cases.opened(home.home, found)
        done = cases.closed(home.home, made.id, "benign", "asked in", people_a_day=140)
        day = microseconds(done.taught[0].at) // DAY
        [need] = context.load(home.home).needs
        assert (need.level, need.people_a_day, need.since, need.until) == ("account", 210, day, day + 90)
        later = done.taught[0].at + timedelta(days=3)
        table = f'[[verdict]]\nlevel = "account"\nid = "{crawled.ACCOUNT}"\nverdict = "confirmed"\nat = {later.isoformat()}\n'
        (path / "context.toml").write_text(table + 'people_a_day = 0\nwhy = "it was a leak"\n')
        [need] = context.load(home.home).needs
        assert need.until == day + 3  # the next verdict on the same actor, wherever it is given, ends the one before
        cases.told(home.home, made.id, "reopen", "a mistake")
        assert context.load(home.home).needs == ()


def test_evidence_that_came_after_somebody_looked_opens_a_finding_again(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    with nm.open(path) as home:
        made = cases.opened(home.home, found[:1])
        looked = home.finding(found[0])["detected_at"]  # at the first alarm; more followed
        more = {"verdict": "benign", "taught": [], "cleared_at": looked}
        casebook.take(home.home, lambda _: Step(case=made.id, at=NOW, by="", did="close", why="too early", more=more))
        assert found[0] in {one.id for one in home.detect()}


def test_a_confirmed_verdict_clears_nothing_and_allows_nothing(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    with nm.open(path) as home:
        made = cases.opened(home.home, found)
        done = cases.closed(home.home, made.id, "confirmed", "they sold it")
        assert all(one.people_a_day == 0 for one in done.taught)
        assert set(found) <= {one.id for one in home.detect()}


def test_what_was_done_once_teaches_nothing(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    with nm.open(path) as home:
        assert cases._rates(home.home, [("account", crawled.ACCOUNT), ("account", "nobody")], 10**6) == {
            ("account", crawled.ACCOUNT): 0,
            ("account", "nobody"): 0,
        }
        made = cases.opened(home.home, found)
        done = cases.closed(home.home, made.id, "benign", "a first sync", people_a_day=7)
        assert {one.people_a_day for one in done.taught} == {7}


def test_the_page_of_facts_counts_what_the_rows_say(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    rows = [row for row in crawled.parts()[0].to_pylist() if row["account"] == crawled.ACCOUNT]
    status = [int(row.get("status") or 200) for row in rows]
    shown = [row for row, code in zip(rows, status, strict=True) if 200 <= code < 300 or code == 304]
    asked = [row for row, code in zip(rows, status, strict=True) if not (200 <= code < 300 or code == 304)]
    people = {row["subject"] for row in shown}
    with nm.open(path) as home:
        made = cases.opened(home.home, found[:1])
        page = cases.facts(home.home, made.id)
        finding = home.finding(found[0])
    json.dumps(page)
    assert page["people"] == len(people) == finding["people"]
    assert page["disclosures"] == page["items"]["disclosures"]["count"] == len(shown)
    assert page["asked_not_shown"] == {"people": len({row["subject"] for row in asked}), "disclosures": len(asked)}
    assert page["people_at_detection"] == len(
        {row["subject"] for row in shown if row["time"] <= datetime.fromisoformat(page["detected_at"])}
    )
    assert page["people_at_detection"] == finding["people_at_detection"]
    assert datetime.fromisoformat(page["since"]) == min(row["time"] for row in shown)
    assert datetime.fromisoformat(page["until"]) == max(row["time"] for row in shown)
    single = {(row["subject"], part) for row in shown for part in _parts(row["fields"])}
    assert page["items"]["field items"]["count"] == len(single) == sum(page["fields"].values())
    assert page["items"]["person records"]["count"] == len({(row["subject"], row["surface"]) for row in shown})
    glossed = re.findall(r"\(([^)]*[\u4e00-\u9fff][^)]*)\)", " ".join(one["law"] for one in page["items"].values()))
    assert glossed
    assert all(re.fullmatch(r"[\u4e00-\u9fff]+, [a-z]+(: .*)?", one) for one in glossed), "who has no font for it reads how it sounds"
    assert {one["level"]: one["people"] for one in page["hierarchy"]} == dict.fromkeys(("org", "app", "account"), len(people))
    assert page["companies"] == ["org-031"]
    assert page["surfaces"] == {name: len({row["subject"] for row in shown if row["surface"] == name}) for name in page["surfaces"]}
    assert [one["did"] for one in page["history"]] == [f"opened with {found[0]}"]
    assert page["how_found"][0].startswith(found[0])
    assert page["exact"] is True
    assert {
        "id",
        "title",
        "state",
        "verdict",
        "hold",
        "severity",
        "confidence",
        "opened",
        "updated",
        "unknown",
        "findings",
        "actors",
    } <= set(page)
    assert {"level": "account", "id": crawled.ACCOUNT} in page["actors"]


def _parts(fields: object) -> list[str]:
    return list(fields) if isinstance(fields, list) else [part for part in str(fields or "").split("|") if part]


def test_a_case_survives_that_its_finding_is_found_no_more(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    with nm.open(path) as home:
        made = cases.opened(home.home, found)
        before = cases.facts(home.home, made.id)["people"]
        cases.closed(home.home, made.id, "benign", "asked in")
        home.detect()
        page = cases.facts(home.home, made.id)
        assert (page["people"], page["verdict"], [one["id"] for one in page["findings"]]) == (before, "benign", list(found))
        [row] = cases.listed(home.home)
        assert (row["id"], row["state"]) == (made.id, "closed")


def test_a_finding_is_in_one_case_only_and_errors_say_what_to_do(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    with nm.open(path) as home:
        made = cases.opened(home.home, found)
        with pytest.raises(InputError, match=f"is in case {made.id} already"):
            cases.opened(home.home, found)
        with pytest.raises(InputError, match="No finding 'F-nothing'"):
            cases.opened(home.home, ["F-nothing"])
        with pytest.raises(InputError, match=f"Cases: {made.id}"):
            cases.facts(home.home, "K-2020-XXXXXX")
        with pytest.raises(InputError, match="keeps at least one"):
            cases.split(home.home, made.id, found)
        with pytest.raises(InputError, match="No verdict"):
            cases.closed(home.home, made.id, "perhaps", "x")
        assert len(journal.entries(home.home, "case")) == 1  # nothing of all that was written


def test_a_changed_journal_raises_the_alarm_instead_of_clearing(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    with nm.open(path) as home:
        made = cases.opened(home.home, found)
        cases.closed(home.home, made.id, "benign", "asked in")
        [book] = list((path / "evidence").rglob("journal.ndjson"))
        text = book.read_bytes()
        lines = text.splitlines(keepends=True)
        at = lines[-1].index(b'"body":"') + 40
        lines[-1] = lines[-1][:at] + (b"A" if lines[-1][at : at + 1] != b"A" else b"B") + lines[-1][at + 1 :]
        book.write_bytes(b"".join(lines))
    with nm.open(path) as home, pytest.raises(EvidenceError):
        home.detect()


def test_scope_of_a_case_whose_findings_went_elsewhere_says_where(tmp_path: Path) -> None:
    path, found = crawled.home(tmp_path)
    with nm.open(path) as home:
        made = cases.opened(home.home, found)
        assert scope.counted(home.home, scope.of(home.home, made.id)) == cases.facts(home.home, made.id)["people"]
