"""A day that nobody on this project made: the clients that collect filers by the thousand are named, ordinary ones are not."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from nilometer.detection.run import detect, shelf
from tests.detection.reference_ledger import ReferenceLedger
from tests.detection.scenes import Row

THROTTLED = "103.238.106.gif"
"""The client to which the operator answered 403 or 429 4,165 times in 4,428 requests, for 3,962 filers."""


def rows(file: Path) -> list[Row]:
    with zipfile.ZipFile(file) as archive, archive.open("jan1.csv") as raw:
        return [
            {
                "time": datetime.fromisoformat(f"{row['date']}T{row['time']}").replace(tzinfo=UTC),
                "subject": int(float(row["cik"])),
                "ip": row["ip"],
                "status": int(float(row["code"])),
            }
            for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8"))
            if row["cik"] and float(row["cik"]) < 2**62
        ]


def test_it_names_those_who_collect_by_the_thousand(shared_data: Path) -> None:
    day = rows(shared_data / "edgar" / "edgar-2017-01-01-sample.csv.zip")
    shown: dict[str, set[int]] = defaultdict(set)
    for row in day:
        if 200 <= row["status"] < 300 or row["status"] == 304:
            shown[row["ip"]].add(row["subject"])
    found = {one.actors[0].id: one for one in detect(ReferenceLedger.of(day), list(shelf().values()))}
    assert set(found) == {client for client, filers in shown.items() if len(filers) >= 1000} | {THROTTLED}
    assert [reason.detector for reason in found[THROTTLED].reasons] == ["enumeration"]
    assert all(one.people == len(shown[client]) for client, one in found.items())
    assert all(one.people_at_detection <= one.people for one in found.values())
