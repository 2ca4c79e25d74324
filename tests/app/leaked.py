"""A small platform whose disclosures are known, and dumps of what one of its partners took."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import nilometer as nm
from nilometer.app import identityfiles

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
MOVED = "2026-02-01"
"""When every fifth person changed the phone."""
PEOPLE = 8_000


def ident(number: int) -> str:
    return f"u{number * 7 + 100_000}"


def phone(number: int, old: bool = False) -> str:
    return f"1{'30' if old else '39'}{number:08d}" if number % 5 == 0 else f"138{number:08d}"


def nickname(number: int) -> str:
    return f"Nick {number}" if number % 50 else "Anonymous"


def partner(number: int) -> list[int]:
    """People whom each of 20 partners was shown; partner 3 took a tenth of everybody, the others their customers."""
    rng = np.random.default_rng((5, number))
    weight = 1 / (1 + np.arange(PEOPLE) % 40)
    size = PEOPLE // 10 if number == 3 else 400
    return sorted(rng.choice(PEOPLE, size, replace=False, p=None if number == 3 else weight / weight.sum()).tolist())


def taken(one: int) -> datetime:
    """When each partner was shown a person, within sixty days."""
    return BEGAN + timedelta(hours=one * 13 % 1440)


def early(people: list[int]) -> list[int]:
    """Those whose phone was still the old one when they were shown."""
    return [one for one in people if taken(one) < datetime.fromisoformat(f"{MOVED}T00:00:00Z")]


def shown(one: int) -> str:
    """The phone that a person had when it was shown."""
    return phone(one, old=bool(early([one])))


def disclosures(path: Path) -> None:
    """Writes what all partners were shown."""
    rows = [
        (taken(one), ident(one), f"firm-{number // 2}", f"app-{number}", "nickname|phone")
        for number in range(20)
        for one in partner(number)
    ]
    names = ["time", "subject", "org", "app", "fields"]
    pq.write_table(pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)}), path)


def identities(path: Path) -> None:
    """Writes who has which phone and nickname, and since when."""
    with path.open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["subject", "kind", "value", "from", "to"])
        for one in range(PEOPLE):
            if one % 5 == 0:
                out.writerow([ident(one), "phone", phone(one, old=True), "", MOVED])
                out.writerow([ident(one), "phone", phone(one), f"{MOVED}T00:00:00Z", ""])
            else:
                out.writerow([ident(one), "phone", phone(one), "", ""])
            out.writerow([ident(one), "nickname", nickname(one), "", ""])


def made(folder: Path, *, known: bool = True) -> Path:
    """A home with the disclosures, and the identities where `known`."""
    disclosures(folder / "disclosures.parquet")
    identities(folder / "identities.csv")
    with nm.open(folder / "home") as home:
        home.ingest(folder / "disclosures.parquet")
        if known:
            identityfiles.take(home.home, [str(folder / "identities.csv")], country="86")
    return folder / "home"


def dump(path: Path, people: list[int], *, old: bool | None = None, foreign: int = 0, ids: bool = True, header: bool = True) -> Path:
    """Writes a dump of these people: running number, id, phone as it was when they were shown (or all old, or none), nickname; and rows of nobody."""
    rng = np.random.default_rng(8)
    before = set(early(people)) if old is None else set(people) if old else set()
    rows = [(ident(one), phone(one, one in before), nickname(one).upper()) for one in people]
    rows += [(f"x{one}", f"177{one:08d}", f"foreigner {one}") for one in range(foreign)]
    with path.open("w", newline="") as stream:
        out = csv.writer(stream, delimiter=";")
        if header:
            out.writerow(["no", "who", "tel", "name"] if ids else ["tel", "name"])
        for place, number in enumerate(rng.permutation(len(rows)).tolist()):
            out.writerow([place, *rows[number]] if ids else rows[number][1:])
    return path
