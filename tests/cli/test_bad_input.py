"""Bad input: a clear error or a counted line, never a traceback, nothing lost, nobody invented."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.running import lines, row, run, written

GOOD = lines([row(n) for n in range(3)])
HEADER = b"time,subject,app,surface\n"


def ingested(tmp_path: Path, content: bytes, *more: object, code: int = 0) -> Any:
    done = run("ingest", written(tmp_path / "log", content), *more, "--json", home=tmp_path / "home")
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    return done.json if code == 0 else done.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0\1\2" * 500, "it looks like a binary file"),
        (random.Random(1).randbytes(5000), "no known format recognised"),
        (b"just\nsome\nprose\n", "its lines are text of no format known here"),
        (b"[" * 300_000, "its first line is longer than 256 KiB"),
        (b"a,b,a\n1,2,3\n", "names the column 'a' twice"),
        (b"PAR1 and nothing more", "is not a Parquet file that can be read"),
        (b"PK\x03\x04 and nothing more", "looks like a zip archive but cannot be opened"),
        (b"\x1f\x8b and nothing more", "cannot be read"),
        (b"\x28\xb5\x2f\xfd and nothing more", "cannot be read"),
        (b"BZh9 and nothing more", "cannot be read"),
        (gzip.compress(GOOD)[:10], "cannot be read"),
        ("\ufefftime,subject".encode("utf-16"), "binary"),
    ],
)
def test_what_is_no_log_is_said(tmp_path: Path, content: bytes, says: str) -> None:
    message = ingested(tmp_path, content, code=2)
    assert says in message
    assert str(tmp_path / "log") in message
    assert len(message.strip().splitlines()) == 1


@pytest.mark.parametrize("form", ["parquet", "csv", "nginx", "cloudtrail", "iis", "nonsense"])
def test_the_wrong_format_is_said(tmp_path: Path, form: str) -> None:
    message = ingested(tmp_path, GOOD, "--format", form, code=2)
    assert form in message or "Parquet" in message


def test_names_that_are_nothing(tmp_path: Path) -> None:
    for given, says in (
        (tmp_path / "missing", "does not exist; expected a file"),
        (tmp_path / "no*", "does not exist"),
        (os.fsdecode(b"a\xff"), "a\\xff does not exist"),
    ):
        done = run("ingest", given, home=tmp_path / "home")
        assert done.code == 2, done.err
        assert says in done.err
    (tmp_path / "empty").mkdir()
    assert "is a folder without files" in run("ingest", tmp_path / "empty", home=tmp_path / "home").err
    assert "only folders without files" in run("ingest", tmp_path / "emp*", home=tmp_path / "home").err
    done = run("ingest", written(tmp_path / "d" / "x.png", b"\x89PNG\0\0"), tmp_path / "d", home=tmp_path / "home")
    assert (done.code, done.out) == (2, "")
    assert "belongs to the home" in run("ingest", tmp_path / "home", home=tmp_path / "home").err
    assert run("ingest", home=tmp_path / "home").code == 2
    assert run("ingest", "--nonsense", home=tmp_path / "home").code == 2
    assert run("nonsense").code == 2


def test_an_empty_file_is_no_error(tmp_path: Path) -> None:
    assert ingested(tmp_path, b"")["disclosures"] == 0
    assert ingested(tmp_path, gzip.compress(b""))["lines"] == 0


AS_NOBODY = """
import os, sys
from nilometer.cli.main import run
def go(*given):
    try:
        run(given)
    except SystemExit as end:
        return end.code
assert go("ingest", sys.argv[1], "--home", sys.argv[1] + ".home") == 0  # everything it needs is loaded while it may be
os.setgroups([])
os.setegid(65534)
os.seteuid(65534)
sys.exit(go("ingest", sys.argv[2], "--home", sys.argv[3]))
"""


def test_no_permission(tmp_path: Path) -> None:
    good, shut = written(tmp_path / "good", GOOD), written(tmp_path / "shut", GOOD)
    if os.geteuid() != 0:  # root may read everything
        shut.chmod(0)
        assert "cannot be read: Permission denied" in run("ingest", shut, home=tmp_path / "home").err
        return
    with tempfile.TemporaryDirectory() as open_to_all:
        Path(open_to_all).chmod(0o777)
        shut = Path(shutil.move(shut, Path(open_to_all) / "shut"))
        shut.chmod(0)
        command = [sys.executable, "-c", AS_NOBODY, good, shut, Path(open_to_all) / "home"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert f"{shut} cannot be read: Permission denied" in done.stderr


@pytest.mark.parametrize("megabytes", [10, 40])
def test_one_long_line_never_stops_a_file(tmp_path: Path, megabytes: int) -> None:
    got = ingested(tmp_path, GOOD + b'{"x":"' + b"y" * (megabytes << 20) + b'"}\n' + lines([row(9)]))
    assert (got["disclosures"], got["unreadable"], got["lines"]) == (4, 1, 5)
    assert got["reasons"] == {"longer than 1 MiB": 1}
    again = ingested(tmp_path, (tmp_path / "log").read_bytes())
    assert (again["disclosures"], again["duplicates"]) == (0, 4)


def test_nul_bytes_bombs_and_halves(tmp_path: Path) -> None:
    bad = [
        b"\0\0\0", b'{"time":"2026-01-02","subject":"a\0b","app":"a"}', b'{"time":"2026-01-02","subject":"a\\ud800b","app":"a"}',
        b"[" * 200_000, b'{"a":' * 100_000, b'{"time":', b"{}", b"[]", b"null", b"7", b'"x"',
    ]  # fmt: skip
    got = ingested(tmp_path, GOOD * 5 + b"\n".join(bad) + b"\n\n  \n")
    assert (got["disclosures"], got["unreadable"]) == (15, len(bad))
    kept = run("unreadable", "--reveal", "--json", home=tmp_path / "home").json["unreadable"]
    assert len(kept) == len(bad)
    assert all(len(r["text"]) <= 4096 for r in kept)


def people(tmp_path: Path, values: list[object], column: str = "subject") -> tuple[int, int]:
    got = ingested(tmp_path, GOOD * 20 + lines([row(0, **{column: v}) for v in values]))
    return got["subjects"] - 3, got["unreadable"]


def test_who_is_a_person_and_who_is_not(tmp_path: Path) -> None:
    nobody = ["", " ", "\t \r", "\u3000", "-", None, [], [1, 2], {"id": 1}]
    assert people(tmp_path / "a", nobody) == (0, len(nobody))
    somebody = ["x" * 4096, "x" * 4095 + "y", 10**30, 10**30 + 1, "{6F9619FF-8B86-D011-B42D-00CF4FC964FF}", "0", 0.5, "--", "\u200b"]
    assert people(tmp_path / "b", somebody) == (len(somebody), 0)
    same: list[object] = [1750, "1750", 1750.0, " 1750 ", "1750.00", "1750.0\t"]
    assert people(tmp_path / "c", same) == (1, 0)


def test_two_ids_of_bytes_that_are_no_text_stay_two(tmp_path: Path) -> None:
    bad = [b'{"time":"2026-01-02","subject":"a%s","app":"a"}\n' % tail for tail in (b"\xff", b"\xfe", b"\xc3", b"\xc3\xa9")]
    got = ingested(tmp_path, GOOD + b"".join(bad))
    assert (got["subjects"], got["unreadable"]) == (7, 0)
    csv = HEADER + b"2026-01-02,a\xff,app,s\n2026-01-02,a\xfe,app,s\n"
    home = tmp_path / "home"
    assert run("ingest", written(tmp_path / "csv", csv), "--json", home=home).json["subjects"] == 2
    found = run("who", os.fsdecode(b"a\xff"), "--json", home=home)
    assert found.code == 0, found.err
    assert [e["actor"]["id"] for e in found.json["exposures"]] == ["a", "app"], "one person, whichever format they come from"


def test_times(tmp_path: Path) -> None:
    good = [
        "1970-01-01",
        "1970-01-01T00:00:00Z",
        "2100-12-31T23:59:59Z",
        "2199-12-31T23:59:59.999999Z",
        0,
        "2026-01-02",
        "2025-01-01T00:00:00Z",
    ]
    bad = ["1969-12-31T23:59:59Z", "2300-01-01", "2200-01-01T00:00:00Z", "soon", "", None, 1e300, "nan", "infinity", "-infinity", -5,
           "2026-02-30", "2026-13-01", 12345678901234567890, "1e400", [1], {"a": 1}, True]  # fmt: skip
    got = ingested(tmp_path, GOOD * 20 + lines([row(0, time=t) for t in [*good, *bad]]))
    assert (got["disclosures"], got["unreadable"]) == (60 + len(good), len(bad)), got["reasons"]
    page = run("actor", "app", "app-1", "--json", home=tmp_path / "home").json
    assert (page["first"][:10], page["last"][:10]) == ("1970-01-01", "2199-12-31"), "clocks may go backwards"
    assert run("detect", "--json", home=tmp_path / "home").code == 0


def test_statuses_as_logs_write_them(tmp_path: Path) -> None:
    shown, asked = [200, "200", 200.0, "200.0", 204, 304, "", "-", None], [404, "404", 404.0, 302, 500, 0, 100]
    bad = ["abc", 99999, 1e300, "2xx", "200 OK", [200]]
    got = ingested(tmp_path, GOOD * 20 + lines([row(0, status=s) for s in [*shown, *asked, *bad]]))
    assert (got["disclosures"], got["shown"], got["unreadable"]) == (60 + len(shown) + len(asked), 60 + len(shown), len(bad)), got[
        "reasons"
    ]
    assert run("actor", "app", "app-1", "--json", home=tmp_path / "home").json["asked_not_shown"] == len(asked)


def test_csv_as_people_write_it(tmp_path: Path) -> None:
    good = [b'2026-01-02,1,a,"x\ny"', b'2026-01-02,"2",a,"q""q"', b'2026-01-02,3,a,b"c', b'2026-01-02,4,"a",', b""]
    bad = [b"2026-01-02,5,a", b"2026-01-02,6,a,s,t", b"x"]
    got = ingested(tmp_path, HEADER + b"\n".join([*good, *bad, b'2026-01-02,7,a,"open', b"2026-01-02,8,a,s"]) + b"\n")
    assert (got["disclosures"], got["unreadable"]) == (5, 4), got["reasons"]
    assert "a quote is opened and never closed" in got["reasons"]
    assert "3 columns where the header has 4" in got["reasons"]
    assert run("who", 8, "--json", home=tmp_path / "home").json["exposures"][0]["surfaces"] == ["s"]


@pytest.mark.parametrize(
    ("csv", "mapping", "says"),
    [
        (b"time,subject,App,app\n2026-01-02,4,a,b\n2026-01-02,4,a,b\n", b"", "differ only in case"),
        (b"time,number,app\n2026-01-02,4,a\n2026-01-02,4,a\n", b'[columns]\nsubject = "number"\n', "cannot be used under this name"),
        (b"when,subject,app\n2026-01-02,4,a\n2026-01-02,4,a\n", b"", "say [columns] time"),
        (b"time,person,app\n2026-01-02,4,a\n2026-01-02,4,a\n", b"", "whose data"),
        (b"time,subject,who\n2026-01-02,4,a\n2026-01-02,4,a\n", b"", "who was shown it"),
        (HEADER + b"2026-01-02,4,a,s\n" * 2, b'[columns]\nsubject = "nobody"\n', "no column 'nobody'. It has: time, subject, app, surface"),
        (HEADER + b"2026-01-02,4,a,s\n" * 2, b'[columns]\nsubjekt = "subject"\n', "[columns] has 'subjekt'"),
        (HEADER + b"2026-01-02,4,a,s\n" * 2, b'[actor]\nboss = "app"\n', "[actor] has 'boss'"),
        (HEADER + b"2026-01-02,4,a,s\n" * 2, b'[[surface]]\nname = "x"\nmatch = "users"\n', "is not a route"),
        (HEADER + b"2026-01-02,4,a,s\n" * 2, b'[[surface]]\nmatch = "GET /x"\n', "name"),
        (HEADER + b"2026-01-02,4,a,s\n" * 2, b"[columns\n", "not a TOML file"),
        (HEADER + b"2026-01-02,4,a,s\n" * 2, b"columns = 7\n", "m.toml"),
        (HEADER + b"2026-01-02,4,a,s\n" * 2, b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_wrong_mapping_names_the_file_and_the_key(tmp_path: Path, csv: bytes, mapping: bytes, says: str) -> None:
    message = ingested(tmp_path, csv, "--mapping", written(tmp_path / "m.toml", mapping), code=2)
    assert says in message
    assert "m.toml" in message or not mapping, message
    assert run("doctor", "--json", home=tmp_path / "home").code == 0


def test_a_mapping_that_matches_nothing_is_told(tmp_path: Path) -> None:
    log = b"".join(b'203.0.113.9 - u%d [02/Jan/2026:03:04:05 +0000] "GET /x/%d HTTP/1.1" 200 5 "-" "curl"\n' % (n, n) for n in range(4))
    mapping = written(tmp_path / "m.toml", b'[[surface]]\nname = "x"\nmatch = "GET /users/{subject}"\n')
    done = run("ingest", written(tmp_path / "log", log), "--mapping", mapping, "--json", home=tmp_path / "home")
    assert (done.code, done.json["unmatched"], done.json["disclosures"], done.json["lines"]) == (0, 4, 0, 4)
    assert "no surface of the mapping covers any of them" in done.err
    missing = run("ingest", tmp_path / "log", "--mapping", tmp_path / "none.toml", home=tmp_path / "home")
    assert missing.code == 2
    assert "none.toml does not exist" in missing.err


def test_columns_that_are_named_like_steps_of_the_reading(tmp_path: Path) -> None:
    """A log's own `path` and `query` must not be taken for those of the route."""
    rows = [
        {
            "ts": "2026-01-02T03:04:05Z",
            "path": f"/users/{n}?x=1&uid=9",
            "query": "x=1",
            "method": "GET",
            "verb": "v",
            "segments": "s",
            "user": "u",
        }
        for n in range(3)
    ]
    mapping = b'[columns]\ntime = "ts"\ntarget = "path"\nmethod = "method"\n[actor]\naccount = "user"\n[[surface]]\nname = "x"\nmatch = "GET /users/{subject}"\n'
    got = ingested(tmp_path, lines(rows), "--mapping", written(tmp_path / "m.toml", mapping))
    assert (got["disclosures"], got["subjects"], got["unmatched"]) == (3, 3, 0)
    assert run("who", 1, "--json", home=tmp_path / "home").json["exposures"]


def test_a_truncated_archive_keeps_what_came_before_and_goes_on_when_mended(tmp_path: Path) -> None:
    home, whole = tmp_path / "home", lines([row(n, request=os.urandom(16).hex()) for n in range(4000)])
    message = ingested(tmp_path, gzip.compress(whole)[:-9000], code=2)
    assert "breaks off or is damaged" in message
    assert "disclosures before that are kept" in message
    kept = run("actor", "app", "app-1", "--json", home=home).json["people"]
    assert 0 < kept < 4000
    assert "breaks off" in ingested(tmp_path, (tmp_path / "log").read_bytes(), code=2)
    assert run("actor", "app", "app-1", "--json", home=home).json["people"] == kept
    assert ingested(tmp_path, gzip.compress(whole))["disclosures"] == 4000 - kept
    assert run("actor", "app", "app-1", "--json", home=home).json["disclosures"] == 4000
    assert "breaks off" not in str(ingested(tmp_path, whole)["skipped"])
    assert ingested(tmp_path, gzip.compress(whole)[:-9000], code=2)


def test_damaged_and_locked_archives(tmp_path: Path) -> None:
    held = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row(n) for n in range(5000)]), held)
    content = bytearray(held.getvalue())
    content[2000:6000] = os.urandom(4000)
    done = run("ingest", written(tmp_path / "log", bytes(content)), "--json", home=tmp_path / "home")
    assert done.code in (0, 2)
    assert "Traceback" not in done.err
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a.log", GOOD)
    locked = bytearray(zipped.getvalue())
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    message = ingested(tmp_path, bytes(locked), code=2)
    assert "encrypted" in message or "password" in message
    assert "not a Parquet file that can be read" in ingested(tmp_path, gzip.compress(held.getvalue()), code=2)


def test_fuzz_through_the_front_door(tmp_path: Path) -> None:
    dice = random.Random(7)
    seeds = [
        GOOD,
        HEADER + b"2026-01-02,4,a,s\n" * 4,
        b'203.0.113.9 - u [02/Jan/2026:03:04:05 +0000] "GET /x HTTP/1.1" 200 5 "-" "c"\n' * 3,
        gzip.compress(GOOD),
    ]
    for number in range(40):
        content = bytearray(dice.choice(seeds))
        for _ in range(dice.randint(1, 12)):
            at = dice.randrange(len(content))
            content[at : at + dice.randint(0, 3)] = dice.choice([b"", b'"', b"\n", b"\0", b"\xff", b",", b"{", b"\\", dice.randbytes(3)])
        done = run("ingest", written(tmp_path / f"{number}.log", bytes(content)), "--json", home=tmp_path / "home")
        assert done.code in (0, 2), (number, bytes(content), done.err)
        assert "Traceback" not in done.err
        assert json.loads(done.out) if done.code == 0 else done.err
    assert run("doctor", home=tmp_path / "home").code in (0, 1)


def test_an_identities_file_without_rows_is_wrong_input(tmp_path: Path) -> None:
    for text in (b"nonsense\n", b"subject,phone\n", b""):
        done = run("identities", written(tmp_path / "ids.csv", text), home=tmp_path / "home")
        assert (done.code, done.out) == (2, ""), text
        assert "Traceback" not in done.err
