"""A home with one finding and one case, made of real disclosures; copied for each test that changes it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nilometer.app import assembly, cases, detect, ingest
from nilometer.app.assembly import Home
from nilometer.sources import mapping

HOSTILE = "shop|7=\n\u202eCEF:0|"
"""The name of the account that carries people out: an ordinary name would prove nothing."""


def made(folder: Path) -> str:
    """Fills a folder with a home; the id of its case."""
    rng, rows = random.Random(4), []
    begin = datetime(2026, 1, 5, 8, tzinfo=UTC)
    for day in range(40):
        for account in range(6):
            for _ in range(6):
                moment = begin + timedelta(days=day, seconds=rng.randrange(30_000))
                rows.append((moment, f"person-{account}-{rng.randrange(12)}", f"shop-{account}", "order.buyer"))
        if day >= 30:
            rows += [(begin + timedelta(days=day, seconds=60 * n), f"new-{day}-{n}", HOSTILE, "review.detail") for n in range(300)]
    rows.sort()
    lines = [
        json.dumps(
            {
                "time": t.isoformat(),
                "subject": s,
                "org": "org-1",
                "app": "app-1",
                "account": a,
                "surface": f,
                "fields": ["nickname", "phone"],
            }
        )
        for t, s, a, f in rows
    ]
    log = folder.parent / f"{folder.name}.ndjson"
    log.write_text("\n".join(lines) + "\n")
    home = assembly.open_home(folder)
    try:
        ingest.ingest(home, [str(log)], mapping=mapping.EMPTY)
        found = [f.to_json() for f in detect.detect(home)]
        worst = max(found, key=lambda f: f["people"])
        assert HOSTILE in {a["id"] for a in worst["actors"]}, "the account was not found"
        opened = cases.opened(home, [worst["id"]], why="a test")
        return opened.id
    finally:
        home.close()


def grown(folder: Path) -> str:
    """Somebody else in such a home carries people (second-DAY-N) out, too, and is found: the id of that finding."""
    rng, begin = random.Random(6), datetime(2026, 1, 5, 8, tzinfo=UTC)
    rows = [(begin + timedelta(days=day, seconds=90 * n), f"second-{day}-{n}", "other") for day in range(30, 40) for n in range(300)]
    rows += [
        (begin + timedelta(days=day, seconds=rng.randrange(30_000)), f"usual-{one}-{rng.randrange(12)}", f"desk-{one}")
        for day in range(40)
        for one in range(6)
        for _ in range(6)
    ]
    more = {"org": "org-2", "app": "app-2", "surface": "letters", "fields": ["name", "phone"]}
    log = folder.parent / f"{folder.name}-second.ndjson"
    log.write_text("".join(json.dumps({"time": t.isoformat(), "subject": s, "account": a, **more}) + "\n" for t, s, a in sorted(rows)))
    home = assembly.open_home(folder)
    try:
        ingest.ingest(home, [str(log)], mapping=mapping.EMPTY)
        fresh = [f.id for f in detect.detect(home) if "other" in {actor.id for actor in f.actors}]
        assert fresh, "the second account was not found"
        return fresh[0]
    finally:
        home.close()


def opened(folder: Path, settings: str = "") -> Home:
    """The home, with these settings."""
    (folder / "nilometer.toml").write_text(settings)
    return assembly.open_home(folder)
