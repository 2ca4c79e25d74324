"""A day that nobody on this project made: the clients that collect filers by the thousand are named, ordinary ones are not."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nilometer.detection import words
from nilometer.detection.run import detect, shelf
from nilometer.detection.watch import Watch
from tests.detection.table_answers import Row, TableAnswers, table_of

pytestmark = pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")  # evidence.tail beyond a line at infinity

THROTTLED = "103.238.106.gif"
"""The client to which the operator answered 403 or 429 4,165 times in 4,428 requests, for 3,962 filers."""


def rows(file: Path) -> list[Row]:
    """The log: when, which filer, which client, and whether it was shown."""
    with zipfile.ZipFile(file) as archive, archive.open("jan1.csv") as raw:
        return [
            {
                "t": words.microseconds(datetime.fromisoformat(f"{row['date']}T{row['time']}").replace(tzinfo=UTC)),
                "subject": int(float(row["cik"])),
                "ip": row["ip"],
                "shown": 200 <= int(float(row["code"])) < 300 or int(float(row["code"])) == 304,
            }
            for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8"))
            if row["cik"] and float(row["cik"]) < 2**62
        ]


def test_it_names_those_who_collect_by_the_thousand(shared_data: Path) -> None:
    day = rows(shared_data / "edgar" / "edgar-2017-01-01-sample.csv.zip")
    shown: dict[str, set[int]] = defaultdict(set)
    for row in day:
        if row["shown"]:
            shown[row["ip"]].add(row["subject"])
    code = {client: number for number, client in enumerate(sorted({row["ip"] for row in day}))}
    client_of = {f"ip-{number}": client for client, number in code.items()}
    table = table_of([{**row, "ip": code[row["ip"]]} for row in day])
    listed = detect(TableAnswers(table), Watch(detectors=list(shelf().values())))
    found = {client_of[one.actors[-1].id]: one for one in listed}
    assert all(len(one.actors) == 1 for one in listed), "each is named alone"
    most = sorted(shown, key=lambda client: -len(shown[client]))
    assert set(most[:8]) | {THROTTLED} <= set(found), "the eight that took most, and who was refused most"
    assert all(len(shown[client]) >= 900 for client in set(found) - {THROTTLED}), "and nobody who took little"
    assert [reason.detector for reason in found[THROTTLED].reasons] == ["enumeration"]
    assert all(one.people == len(shown[client]) for client, one in found.items())
    assert all(one.people_at_detection <= one.people for one in found.values())
