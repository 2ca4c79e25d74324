"""Collects from the ledger what the report shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from nilometer import __version__
from nilometer.app import detect
from nilometer.app.assembly import Home
from nilometer.app.report import page
from nilometer.app.report.figures import DayFigure, FindingFigure, Headline, LedgerGlance, ReasonFigure, Report
from nilometer.clock import Clock, system_clock
from nilometer.disclosures import pseudonym
from nilometer.findings.finding import Finding
from nilometer.ledger import actor_page


def gather(home: Home, found: Sequence[Finding], *, headline: Sequence[str] = (), clock: Clock = system_clock) -> Report:
    """The report over everything the home holds now, with each finding's days and hours."""
    light = {f.id: finding(home, f, detailed=False) for f in found}
    weighty = set(sorted(light, key=lambda ident: page.weight(light[ident]))[: page.DETAILED])
    ledger = _glance(home)
    return Report(
        made_at=clock(),
        home_label=home.folder.name,
        version=__version__,
        ledger=ledger,
        findings=[finding(home, f, detailed=True) if f.id in weighty else light[f.id] for f in found],
        headline=Headline(sentences=list(headline)) if headline else None,
        looked_until=ledger.last,
        detectors=[d.id for d in detect.detectors(home)],
    )


def _glance(home: Home) -> LedgerGlance:
    held = home.ledger.manifest
    if not held.segments:
        return LedgerGlance(
            sources=[], unreadable=sum(s.unreadable for s in held.sources), unmatched=sum(s.unmatched for s in held.sources)
        )
    engine = home.ledger.engine
    source = engine.source(held.segments)
    levels = engine.levels()
    counts = ", ".join(f"count(DISTINCT {level}) AS {level}" for level in levels)
    [total] = engine.query(
        f"SELECT count(*) AS n, count(*) FILTER (shown) AS shown, count(DISTINCT subject) FILTER (shown) AS people, {counts} FROM {source}"
    ).to_pylist()
    by_day = engine.query(
        f"""WITH seen AS (SELECT subject, CAST(time AS DATE) AS day FROM {source} WHERE shown GROUP BY ALL),
        first AS (SELECT min(day) AS day, count(*) AS n FROM seen GROUP BY subject),
        fresh AS (SELECT day, count(*) AS new FROM first GROUP BY day), people AS (SELECT day, count(*) AS people FROM seen GROUP BY day)
        SELECT day, people, coalesce(new, 0) AS new FROM people LEFT JOIN fresh USING (day) ORDER BY day"""
    ).to_pylist()
    surfaces = engine.query(
        f"SELECT surface, count(*) AS n, count(DISTINCT subject) AS people FROM {source} WHERE shown GROUP BY ALL ORDER BY people DESC, surface"
    ).to_pylist()
    shown = engine.query(f"SELECT DISTINCT fields, subject FROM {source} WHERE shown AND fields IS NOT NULL")
    names = home.ledger.names("surface")
    return LedgerGlance(
        disclosures=total["n"],
        shown=total["shown"],
        asked_not_shown=total["n"] - total["shown"],
        people=total["people"],
        first=_moment(min(s.first for s in held.segments)),
        last=_moment(max(s.last for s in held.segments)),
        actors={level: total[level] for level in levels},
        surfaces=[(names.get(r["surface"], "(none)"), r["n"], r["people"]) for r in surfaces],
        fields=list(actor_page.people_by_field(shown, home.ledger.names("fields")).items()),
        unreadable=sum(s.unreadable for s in held.sources),
        unmatched=sum(s.unmatched for s in held.sources),
        sources=[(s.label, s.format, s.entries, s.disclosures) for s in held.sources],
        people_by_day=[(r["day"], r["people"], r["new"]) for r in by_day],
    )


def finding(home: Home, finding: Finding, *, detailed: bool) -> FindingFigure:
    """One finding's figures; only with `detailed` its days and hours, which take reading all its disclosures."""
    actor, members = finding.actors[0], [one for one in finding.actors if one.level != "campaign"]
    narrow = [one for one in members if one.level != "surface"] or members
    nodes = [(one.level, pseudonym.one(home.key, one.level, one.id)) for one in narrow]
    rows = actor_page.rows_of_any(home.ledger, nodes) if detailed else None
    return FindingFigure(
        id=finding.id,
        title=finding.title,
        severity=finding.severity,
        confidence=finding.confidence,
        level=actor.level,
        actor_id=actor.id,
        path=_path(home, rows, narrow[0].level) if rows is not None and len(narrow) == 1 else [],
        members=[(one.level, one.id) for one in members] if actor.level == "campaign" else [],
        first_seen=finding.first_seen,
        detected_at=finding.detected_at,
        last_seen=finding.last_seen,
        people=finding.people,
        people_at_detection=finding.people_at_detection,
        disclosures=finding.disclosures,
        fields=finding.fields,
        surfaces=finding.surfaces,
        reasons=[ReasonFigure(detector=r.detector, says=r.says, measured=r.measured, usual=r.usual) for r in finding.reasons],
        looks_like=finding.looks_like,
        action=finding.action,
        days=_days(rows) if rows is not None else [],
        hours=_hours(rows) if rows is not None else [],
    )


def _path(home: Home, rows: pa.Table, level: str) -> list[tuple[str, str]]:
    parents: list[tuple[str, str]] = []
    for wide, [(parent, _)] in ((w, p) for w in actor_page.wider(level) if len(p := actor_page.people_by(rows, w)) == 1):
        parents.append((wide, home.ledger.names(wide, [parent]).get(parent, "?")))
    return parents


def _days(rows: pa.Table) -> list[DayFigure]:
    """People, new people and reach by day; what is usual is the median of the actor's own earlier days."""
    figures: list[DayFigure] = []
    reach, before = 0, list[int]()
    for number, people, new in actor_page.new_by_day(rows):
        reach += new
        day = date(1970, 1, 1) + timedelta(days=number)
        figures.append(DayFigure(day=day, people=people, new=new, reach_ever=reach, usual=float(np.median(before)) if before else None))
        before.append(people)
    return figures


def _hours(rows: pa.Table) -> list[int]:
    micros = np.asarray(rows.filter(rows.column("shown")).column("time").cast(pa.int64()))
    return [int(n) for n in np.bincount(micros // 3_600_000_000 % 24, minlength=24)]


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, UTC)


def to_json(report: Report) -> dict[str, Any]:
    """How much the report covers, for `nilometer report --json`."""
    return {"findings": len(report.findings), "people": report.ledger.people, "disclosures": report.ledger.disclosures}
