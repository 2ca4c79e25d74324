"""Nilometer is no second leak: raw ids are in no file of a home, in no message, and nothing from a log steers a terminal."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.running import every_byte, lines, row, run, written

SECRETS = (
    "0551-555-0173",
    "zhāng.wěi@mail.example",
    "\u5f20\u4f1f",
    "nick-QX7",
    "order-QX8",
    "extra-QX9",
    "request-QX6",
    "unread-QX5",
    "203.0.113.77",
)
STEERING = "\x1b[31mred\x1b]0;title\x07\u202egnp.exe\u2066\r\nsecond\x00\x9b2J"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    phone, mail, name, nick, order, extra, request, unread, ip = SECRETS
    rows = [
        row(0, subject=phone, reference=order, request=request, note=extra),
        row(1, subject=mail, note={"nested": nick}),
        row(2, subject=name, ip=ip, account=f"account-{nick}"),
        row(3, subject=f" {phone} ", status=404),
    ]
    log = written(
        tmp_path / "in" / "log",
        gzip.compress(lines(rows) * 3 + f'{{"nickname": "{unread}"\n{{"time":"x","subject":"{unread}","app":"a"}}\n'.encode()),
    )
    home = tmp_path / "home"
    done = run("ingest", log, "--json", home=home)
    assert (done.code, done.json["unreadable"]) == (0, 2)
    return home


def test_raw_ids_are_in_no_file(home: Path) -> None:
    said = ""
    for command in (["who", SECRETS[0]], ["who", SECRETS[1], "--json"], ["who", "nobody-QX4"], ["detect"], ["actor", "app", "app-1"], ["doctor"], ["reach"],
                    ["unreadable"], ["findings", "--json"], ["actor", "account", "nobody-QX3"]):  # fmt: skip
        done = run(*command, home=home)
        said += done.out + done.err
    secrets = [s.encode() for s in (*SECRETS, "nobody-QX4")]
    utf16 = [s.decode().encode("utf-16-le") for s in secrets]
    files = 0
    for path, content in every_byte(home):
        files += 1
        for secret in (*secrets, *utf16):
            assert secret not in content, (path, secret)
        if path.suffix == ".parquet":
            shown = str(pq.read_table(path).to_pydict())
            assert not [s for s in SECRETS if s in shown], path
    assert files > 8
    assert not [s for s in (*SECRETS[:3], *SECRETS[4:8]) if s in said], "no command says what it was not asked for"
    assert oct(home.stat().st_mode)[-3:] == "700"
    for path, _ in every_byte(home):
        assert path.stat().st_mode & 0o077 == 0, path


def test_only_the_owner_asking_sees_what_is_kept(home: Path) -> None:
    assert next(r["text"] for r in run("unreadable", "--reveal", "--json", home=home).json["unreadable"]) == '{"nickname": "unread-QX5"'
    page = run("actor", "account", "account-nick-QX7", "--json", home=home).json
    assert page["people"] == 1


def test_a_lookup_is_itself_recorded(home: Path) -> None:
    import nilometer as nm
    from nilometer.app import journal

    answer = run("who", SECRETS[0], "--json", home=home).json
    assert re.fullmatch(r"[0-9a-f]{16}", answer["subject"])
    with nm.open(home) as opened:
        assert journal.entries(opened.home, "lookup")[-1].body["subject"] == answer["subject"]
    for path in (home / "evidence").rglob("*"):
        if path.is_file():
            assert SECRETS[0].encode() not in path.read_bytes()
    assert (home / "evidence" / "journal.ndjson").stat().st_mode & 0o077 == 0


def test_the_list_of_people_has_pseudonyms_only(home: Path, tmp_path: Path) -> None:
    for name in ("people.csv", "people.parquet"):
        assert run("actor", "app", "app-1", "--people", tmp_path / name, home=home).code == 0
        content = (tmp_path / name).read_bytes()
        assert not [s for s in SECRETS if s.encode() in content]
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert (tmp_path / "people.csv").read_text().count("\n") == 4
    assert pq.read_table(tmp_path / "people.parquet").num_rows == 3
    assert run("actor", "app", "app-1", "--people", tmp_path / "no" / "x.csv", home=home).code == 2


def test_nothing_from_a_log_steers_the_terminal(tmp_path: Path) -> None:
    home = tmp_path / "home"
    rows = [row(n, app=STEERING, account=f"[bold]{STEERING}[/bold]", surface=STEERING, org=STEERING, fields=[STEERING]) for n in range(20)]
    log = written(tmp_path / "lo\x1b[31mg\u202e", lines(rows) * 3 + f"{STEERING.splitlines()[0]}\n".encode())
    commands = [["ingest", log], ["reach"], ["actor", "app", STEERING], ["actor", "org", STEERING], ["who", "user-1"], ["detect"], ["doctor"], ["unreadable", "--reveal"],
                ["actor", "app", f"no such {STEERING}"], ["ingest", tmp_path / STEERING.replace("\0", "")], ["finding", STEERING], ["actor", STEERING, "x"]]  # fmt: skip
    for command in commands:
        done = run(*command, home=home)
        assert done.code in (0, 1, 2), (command, done.err)
        for text in (done.out, done.err):
            hidden = {c for c in text if c in "\x1b\x07\x00\x9b\u202e\u2066\r"}
            assert not hidden, (command, text)
        assert "[bold]" in done.out or "[bold]" not in str(command)
    for command in (["reach", "--json"], ["who", "user-1", "--json"], ["actor", "app", STEERING, "--json"]):
        assert "\x1b" not in run(*command, home=home).out, "JSON escapes them"
