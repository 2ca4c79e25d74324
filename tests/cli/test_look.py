"""What the questions answer, in the shapes that contract.md names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import lines, row, run, written


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("look")
    rows = [
        row(0, org="acme", account="bob", subject=1),
        row(1, org="acme", account="eve", subject=1, fields="phone"),
        row(2, org="acme", account="eve", subject=2, status="404"),
        row(86_400, org="acme", account="eve", subject=2, surface="reviews", fields=["mail"]),
        {"time": "2026-01-02T03:04:05Z", "subject": 1, "ip": "203.0.113.9", "user_agent": "curl"},
        {"time": "2026-01-02T03:04:05Z", "subject": 3, "session": "s1", "ip": "203.0.113.9"},
        {"time": "2026-01-02T03:04:05Z", "subject": 3, "app": "app-9", "session": "s2", "ip": "203.0.113.8", "status": 304},
    ]
    run("ingest", written(folder / "log", lines(rows)), home=folder / "home")
    return folder / "home"


def test_a_person(home: Path) -> None:
    answer = run("who", 1, "--json", home=home).json
    assert set(answer) == {"subject", "exposures", "asked_not_shown", "revealed"}
    assert [tuple(e) for e in answer["exposures"]] == [("actor", "company", "surfaces", "fields", "first", "last", "count")] * 5
    by = {(e["actor"]["level"], e["actor"]["id"]): e for e in answer["exposures"]}
    assert set(by) == {("org", "acme"), ("app", "app-1"), ("account", "bob"), ("account", "eve"), ("ip", "203.0.113.9")}
    assert by["org", "acme"]["count"] == 2
    assert by["app", "app-1"] == {
        "actor": {"level": "app", "id": "app-1"}, "company": "acme", "surfaces": ["orders"], "fields": ["name", "phone"],
        "first": "2026-01-02T03:04:05Z", "last": "2026-01-02T03:04:06Z", "count": 2,
    }  # fmt: skip
    assert by["account", "eve"]["fields"] == ["phone"]
    assert by["ip", "203.0.113.9"]["company"] is None
    two = run("who", "2", "--json", home=home).json
    assert [e["count"] for e in two["asked_not_shown"]] == [1, 1, 1]
    assert {e["actor"]["id"] for e in two["exposures"]} == {"acme", "app-1", "eve"}
    three = run("who", "3", "--json", home=home).json
    assert {(e["actor"]["level"], e["actor"]["id"]) for e in three["exposures"]} == {("session", "s1"), ("app", "app-9")}
    nobody = run("who", "nobody", "--json", home=home)
    assert (nobody.code, nobody.json["exposures"], nobody.json["asked_not_shown"]) == (0, [], [])


def test_an_actor(home: Path) -> None:
    page = run("actor", "account", "eve", "--json", home=home).json
    assert list(page) == [
        "level", "id", "people", "disclosures", "asked_not_shown", "first", "last", "reach", "new_by_day", "fields", "surfaces", "parents",
        "children", "findings", "exact",
    ]  # fmt: skip
    assert (page["people"], page["disclosures"], page["asked_not_shown"], page["exact"]) == (2, 2, 1, True)
    assert page["reach"] == {"1h": 1, "1d": 2, "7d": 2, "30d": 2, "240d": 2, "ever": 2}
    assert page["new_by_day"] == [{"day": "2026-01-02", "people": 1, "new": 1}, {"day": "2026-01-03", "people": 1, "new": 1}]
    assert page["fields"] == {"mail": 1, "phone": 1}
    assert page["surfaces"] == {"orders": 1, "reviews": 1}
    assert page["parents"] == [{"level": "org", "id": "acme", "people": 2}, {"level": "app", "id": "app-1", "people": 2}]
    assert run("actor", "app", "app-1", "--json", home=home).json["children"] == [
        {"level": "account", "id": "eve", "people": 2}, {"level": "account", "id": "bob", "people": 1},
    ]  # fmt: skip
    assert run("actor", "app", "app-9", "--json", home=home).json["people"] == 1, "304 showed them"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["actor", "boss", "x"], "No level 'boss'; expected one of org, app, account, session, ip, user_agent"),
        (["actor", "app", "nobody"], "holds nothing of app 'nobody'"),
        (["finding", "F-1"], "No finding 'F-1'"),
        (["detect", "--as-of", "soon"], "is no time; expected RFC 3339"),
        (["actor", "app"], "Missing argument"),
        (["reach", "--level", "boss"], "boss"),
    ],
)
def test_wrong_use_is_two_and_one_message(home: Path, command: list[str], says: str) -> None:
    done = run(*command, home=home)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_findings_and_detect_are_one_document(home: Path) -> None:
    for command in (["detect", "--json"], ["findings", "--json"], ["detect", "--as-of", "2026-01-02", "--json"]):
        done = run(*command, home=home)
        assert (done.code, done.json) == (0, {"findings": []})
    assert run("detect", "--ndjson", home=home).out == ""
    assert "No findings" in run("findings", home=home).out
    assert run("detect", "--fail-on", "low", home=home).code == 0


def test_doctor(home: Path, tmp_path: Path) -> None:
    done = run("doctor", "--json", home=home)
    assert done.code == 0
    assert {c["about"] for c in done.json["checks"]} >= {"home", "ledger", "integrity", "formats", "detectors", "disk", "machine"}
    assert {c["verdict"] for c in done.json["checks"]} <= {"good", "note"}
    assert all(set(c) == {"about", "verdict", "says"} for c in done.json["checks"])
    bad = tmp_path / "bad"
    run("ingest", written(tmp_path / "log", [row(1)]), home=bad)
    segment = next((bad / "ledger" / "segments").iterdir())
    segment.write_bytes(segment.read_bytes()[:-1] + b"X")
    done = run("doctor", "--json", home=bad)
    assert done.code == 1
    assert [c for c in done.json["checks"] if c["verdict"] == "bad" and "was changed after it was written" in c["says"]]
    segment.write_bytes(b"PAR1")
    asked = run("reach", home=bad)
    assert asked.code == 3
    assert "doctor" in asked.err


def test_every_command_has_help_with_an_example() -> None:
    from nilometer.cli.main import main

    def each(group: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        found = []
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            found += each(command, (*path, name)) if hasattr(command, "commands") else []
            found.append((*path, name))
        return found

    assert len(each(main)) > 12
    for path in each(main):
        done = run(*path, "--help")
        assert done.code == 0
        assert f"nilometer {path[0]}" in done.out.split("Example", 1)[1], path
    assert run("--version").out.startswith("nilometer, version ")


def test_an_empty_home_answers(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for command in (
        ["init"],
        ["init"],
        ["reach"],
        ["reach", "--json"],
        ["detect", "--json"],
        ["findings"],
        ["who", "1", "--json"],
        ["doctor"],
        ["unreadable", "--json"],
    ):
        done = run(*command, home=home)
        assert done.code == 0, (command, done.err)
        if "--json" in command:
            json.loads(done.out)
