"""ingest through the front door: every packing, each content once, exactly the JSON that contract.md names."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from tests.cli.running import finished, lines, row, run, start, written

KEYS = ("files", "lines", "disclosures", "shown", "unmatched", "duplicates", "unreadable", "subjects", "seconds")
ROWS = [row(n, status=[200, "200", 200.0, 404][n % 4], reference=f"order-{n}") for n in range(8)]
TEXT = lines(ROWS)


def zstd(*parts: bytes) -> bytes:
    codec = pa.Codec("zstd")
    return b"".join(codec.compress(part, asbytes=True) for part in parts)


def zipped(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", b"")
        for name, content in members.items():
            archive.writestr(f"folder/{name}.ndjson", content)
        archive.writestr("__MACOSX/._x", b"not a log")
    return held.getvalue()


def csv() -> bytes:
    held = io.BytesIO()
    flat = [{**r, "fields": "|".join(r["fields"]), "status": str(r["status"])} for r in ROWS]  # type: ignore[arg-type]
    pa_csv.write_csv(pa.Table.from_pylist(flat), held)
    return held.getvalue()


def parquet() -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{**r, "status": int(float(str(r["status"])))} for r in ROWS]), held)
    return held.getvalue()


half = TEXT[: TEXT.index(b"\n", len(TEXT) // 2) + 1]
PACKINGS = {
    "ndjson": TEXT,
    "crlf": TEXT.replace(b"\n", b"\r\n"),
    "no-last-end": TEXT[:-1],
    "bom": b"\xef\xbb\xbf" + TEXT,
    "gzip": gzip.compress(TEXT),
    "gzip-members": gzip.compress(TEXT[:70]) + gzip.compress(TEXT[70:]),
    "zstd": zstd(TEXT),
    "zstd-frames": zstd(TEXT[:99], TEXT[99:]),
    "bz2": bz2.compress(TEXT[:50]) + bz2.compress(TEXT[50:]),
    "zip": zipped(a=half, b=TEXT[len(half) :]),
    "zip-of-gzip": zipped(a=gzip.compress(half), b=TEXT[len(half) :]),
    "csv": csv(),
    "csv-gzip": gzip.compress(csv()),
    "csv-bom": b"\xef\xbb\xbf" + csv(),
    "parquet": parquet(),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_gives_the_same(tmp_path: Path, packing: str) -> None:
    home, file = tmp_path / "home", written(tmp_path / "log", PACKINGS[packing])
    done = run("ingest", file, "--json", home=home)
    assert done.code == 0, done.err
    summary = done.json
    assert tuple(summary)[:9] == KEYS
    files = 2 if packing.startswith("zip") else 1
    assert {k: summary[k] for k in KEYS[:-1]} == {
        "files": files, "lines": 8, "disclosures": 8, "shown": 6, "unmatched": 0, "duplicates": 0, "unreadable": 0, "subjects": 8,
    }  # fmt: skip
    page = run("actor", "app", "app-1", "--json", home=home).json
    assert (page["people"], page["disclosures"], page["asked_not_shown"]) == (6, 6, 2)
    assert page["fields"] == {"name": 6, "phone": 6}
    assert (page["first"], page["last"]) == ("2026-01-02T03:04:05Z", "2026-01-02T03:04:12Z")
    again = run("ingest", file, "--json", home=home).json
    assert (again["disclosures"], again["duplicates"], again["files"]) == (0, 8, files)


def test_the_same_content_is_known_under_any_name_and_packing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run("ingest", written(tmp_path / "a.ndjson", TEXT), "--json", home=home).json["disclosures"] == 8
    for name in ("gzip", "zstd", "bz2", "gzip-members"):
        done = run("ingest", written(tmp_path / f"b.{name}", PACKINGS[name]), "--json", home=home)
        assert (done.json["disclosures"], done.json["duplicates"]) == (0, 8), name
        assert "already in the ledger" in done.err
    folder = tmp_path / "folder"
    written(folder / "sub" / "known.log", TEXT)
    written(folder / "new.log", [row(100)])
    written(folder / ".hidden", b"no")
    got = run("ingest", folder, "--json", home=home).json
    assert (got["files"], got["disclosures"], got["duplicates"]) == (2, 1, 8)
    assert run("ingest", tmp_path / "a.ndjson", tmp_path / "a.ndjson", home=tmp_path / "other").code == 0
    assert run("actor", "app", "app-1", "--json", home=tmp_path / "other").json["disclosures"] == 6


@pytest.mark.parametrize("many", [3, 400], ids=["shorter than a head", "longer"])
def test_a_grown_file_gives_only_its_tail(tmp_path: Path, many: int) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    rows = [row(n) for n in range(many + 5)]
    run("ingest", written(log, rows[:many]), home=home)
    snapshot = shutil.copy(log, tmp_path / "snapshot")
    grown = run("ingest", written(log, rows[: many + 3]), "--json", home=home).json
    assert (grown["disclosures"], grown["duplicates"]) == (3, many)
    for again in (log, snapshot, tmp_path):
        got = run("ingest", again, "--json", home=home).json
        assert got["disclosures"] == 0, again
    both = run("ingest", snapshot, written(log, rows), home=tmp_path / "other")
    assert both.code == 0
    assert run("actor", "app", "app-1", "--json", home=tmp_path / "other").json["disclosures"] == many + 5
    checks = {c["about"]: c["says"] for c in run("doctor", "--json", home=tmp_path / "other").json["checks"]}
    assert checks["ledger"].startswith(f"{many + 5:,} disclosures")


def test_a_last_line_that_was_cut_is_read_again_when_it_is_whole(tmp_path: Path) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    whole = lines([row(n) for n in range(5)])
    first = run("ingest", written(log, whole[:-20]), "--json", home=home).json
    assert (first["disclosures"], first["unreadable"]) == (4, 1)
    same = run("ingest", log, "--json", home=home).json
    assert (same["disclosures"], same["unreadable"], same["duplicates"]) == (0, 0, 4)
    then = run("ingest", written(log, whole), "--json", home=home).json
    assert (then["lines"], then["disclosures"], then["unreadable"]) == (1, 1, 0)
    assert len(run("unreadable", "--json", home=home).json["unreadable"]) == 1
    assert run("actor", "app", "app-1", "--json", home=home).json["people"] == 5


def test_another_mapping_is_told_and_nothing_is_doubled(tmp_path: Path) -> None:
    home, log = tmp_path / "home", written(tmp_path / "log", TEXT)
    run("ingest", log, home=home)
    mapping = written(tmp_path / "m.toml", b'[columns]\nsubject = "reference"\n')
    done = run("ingest", log, "--mapping", mapping, "--json", home=home)
    assert (done.json["disclosures"], done.json["duplicates"]) == (0, 8)
    assert "through another mapping; nothing was added" in done.err


def test_standard_input_pipes_and_globs(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run("ingest", "-", "--json", home=home, stdin=gzip.compress(TEXT)).json["disclosures"] == 8
    assert run("ingest", "-", "--json", home=home, stdin=TEXT).json["duplicates"] == 8
    assert run("ingest", "-", "--json", home=tmp_path / "h2", stdin=parquet()).json["disclosures"] == 8
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_bytes, args=(TEXT,), daemon=True).start()
    got = finished(start("ingest", pipe, "--json", home=tmp_path / "h3")).json
    assert (got["lines"], got["disclosures"]) == (8, 8)
    for number in range(3):
        written(tmp_path / "d" / f"{number}.log", [row(number)])
        written(tmp_path / "d" / "deep" / f"{number}.log", [row(number + 10)])
    assert run("ingest", tmp_path / "d" / "[01].log", "--json", home=tmp_path / "h4").json["disclosures"] == 2
    assert run("ingest", tmp_path / "d" / "**" / "*.log", "--json", home=tmp_path / "h5").json["disclosures"] == 6
    assert run("ingest", tmp_path / "d" / "de*", "--json", home=tmp_path / "h6").json["disclosures"] == 3


def test_the_real_tools_and_the_installed_entry(tmp_path: Path, absent: Callable[[str], NoReturn]) -> None:
    if shutil.which("zstd") is None:
        absent("zstd is not installed")
    log = written(tmp_path / "log", TEXT)
    subprocess.run(["zstd", "-q", "--long=27", log, "-o", tmp_path / "log.zst"], check=True)
    done = finished(start("ingest", tmp_path / "log.zst", "--json", home=tmp_path / "home"))
    assert done.code == 0
    assert done.json["disclosures"] == 8
    assert done.out.count("\n") == 1


def test_one_source_among_others_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    good, bad = written(tmp_path / "a.log", TEXT), written(tmp_path / "b.png", b"\x89PNG\r\n\x1a\n\0\0\0" * 99)
    done = run("ingest", good, bad, "--json", home=tmp_path / "home")
    assert (done.code, done.json["disclosures"]) == (0, 8)
    assert "binary" in done.json["skipped"][str(bad)]
    assert "left out" in done.err


def test_times_with_and_without_offsets(tmp_path: Path) -> None:
    same = ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05", "2026-01-02 03:04:05", "2026-01-02T11:04:05+08:00", "2026-01-01T22:04:05-05:00",
            "2026-01-02T03:04:05.000000Z", "2026-01-02T08:34:05+0530", 1767323045, 1767323045.0, 1767323045000, "1767323045"]  # fmt: skip
    log = written(tmp_path / "log", [row(0, time=t, session=str(i)) for i, t in enumerate(same)])
    got = run("ingest", log, "--json", home=tmp_path / "home")
    assert (got.json["disclosures"], got.json["subjects"]) == (len(same), 1), got.err
    page = run("actor", "app", "app-1", "--json", home=tmp_path / "home").json
    assert (page["first"], page["last"]) == ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")


def test_frames_and_tables_of_others(tmp_path: Path) -> None:
    import nilometer as nm

    frame = pl.DataFrame([{**r, "status": 200} for r in ROWS])
    with nm.open(":memory:") as opened:
        assert opened.ingest(frame).disclosures == 8
        assert opened.ingest(frame.to_arrow()).subjects in (0, 8)
        assert opened.reach(level="app").to_arrow().to_pylist()[0]["people"] == 8
        with pytest.raises(nm.InputError, match="Cannot ingest a int"):
            opened.ingest(7)
        assert json.loads(json.dumps(opened.who("user-1")))["exposures"]
