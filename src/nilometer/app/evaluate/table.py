"""What came out, as tables: a line a method over all folders, a line a method on one folder, JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import Any, Final

from nilometer.app.evaluate.run import OURS, Judged, Result
from nilometer.clock import rfc3339

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SUMMARY: Final = (
    ("method", "left"),
    ("level", "left"),
    ("leaks found", "right"),
    ("people lost before the alarm", "right"),
    ("median time to alarm", "right"),
    ("false findings", "right"),
    ("per 1,000 actor-months", "right"),
    ("look-alikes accused", "right"),
    ("bystanders named", "right"),
    ("seconds", "right"),
)
"""Headings and sides of the summary."""
FOLDER: Final = (
    ("method", "left"),
    ("level", "left"),
    ("found by", "left"),
    ("time to alarm", "right"),
    ("people before", "right"),
    ("of all", "right"),
    ("false findings", "right"),
    ("innocents accused", "right"),
)
"""Headings and sides of one folder's table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One method at one level and setting over all folders it ran on.

    `lost` is the mean over leaks of the share of people taken before the alarm (1.0 where there was none), None without leaks;
    `hours` the median time to alarm of the leaks found; `false_rate` false findings per 1,000 actor-months; `accused` the
    look-alikes with any false finding, `named` the innocents named by any. Of the `members` that claims about leaks name, `beside` are
    not the leak's.
    """

    method: str
    level: str
    setting: float | None
    usual: bool
    folders: int
    leaks: int
    found: int
    lost: float | None
    hours: float | None
    false: int
    actor_months: int
    false_rate: float | None
    lookalikes: int
    accused: int
    innocents: int
    named: int
    members: int
    beside: int
    seconds: float


def lines(results: Sequence[Result]) -> list[Line]:
    """A line for each method, level and setting, Nilometer first, then in the order of the shelf."""
    grouped: dict[tuple[str, str, float | None], list[tuple[Result, Judged]]] = {}
    for result in results:
        for judged in result.judged:
            grouped.setdefault((judged.method, judged.level, judged.setting), []).append((result, judged))
    return [_line(pairs) for pairs in grouped.values()]


def _line(pairs: Sequence[tuple[Result, Judged]]) -> Line:
    caught = [one for _, judged in pairs for one in judged.leaks]
    rang = [one.seconds / 3600 for one in caught if one.seconds is not None]
    months, false = sum(result.actor_months for result, _ in pairs), sum(judged.false for _, judged in pairs)
    alike = [judged for result, judged in pairs if result.truth.kind == "lookalike"]
    first = pairs[0][1]
    return Line(
        method=first.method,
        level=first.level,
        setting=first.setting,
        usual=first.usual,
        folders=len(pairs),
        leaks=len(caught),
        found=len(rang),
        lost=fmean(one.share for one in caught) if caught else None,
        hours=median(rang) if rang else None,
        false=false,
        actor_months=months,
        false_rate=1000 * false / months if months else None,
        lookalikes=len(alike),
        accused=sum(judged.false > 0 for judged in alike),
        innocents=sum(len(judged.accused) for _, judged in pairs),
        named=sum(sum(judged.accused) for _, judged in pairs),
        members=sum(judged.members for _, judged in pairs),
        beside=sum(judged.beside for _, judged in pairs),
        seconds=sum(judged.seconds for _, judged in pairs),
    )


def label(one: Line | Judged) -> str:
    """A method with its setting, as the tables name it."""
    return one.method if one.setting is None else f"{one.method} {one.setting:g}"


def summary_rows(all_lines: Iterable[Line]) -> list[list[str]]:
    """The usual settings as rows of `SUMMARY`."""
    return [
        [
            label(one),
            one.level or "all",
            f"{one.found} of {one.leaks}" if one.leaks else "-",
            share(one.lost),
            duration(one.hours),
            f"{one.false:,}",
            "-" if one.false_rate is None else f"{one.false_rate:,.2f}",
            f"{one.accused} of {one.lookalikes}" if one.lookalikes else "-",
            f"{one.beside:,} of {one.members:,}" if one.members else "-",
            f"{one.seconds:,.1f}",
        ]
        for one in all_lines
        if one.usual
    ]


def folder_rows(result: Result) -> list[list[str]]:
    """One folder's methods at their usual settings as rows of `FOLDER`: a row for each leak, one where there is none."""
    rows = []
    for judged in (judged for judged in result.judged if judged.usual):
        tail = [f"{judged.false:,}", f"{sum(judged.accused)} of {len(judged.accused)}"]
        for place, caught in enumerate(judged.leaks):
            by = "-" if caught.claim is None else f"{caught.claim.by}: {' '.join(caught.claim.actors[0])}"
            hours = None if caught.seconds is None else caught.seconds / 3600
            head = [label(judged), judged.level or "all"] if place == 0 else ["", ""]
            rows.append([*head, by, duration(hours), f"{caught.before:,}", share(caught.share), *(tail if place == 0 else ["", ""])])
        if not judged.leaks:
            rows.append([label(judged), judged.level or "all", "-", "-", "-", "-", *tail])
    return rows


def share(value: float | None) -> str:
    """A share as per cent, with as many digits as it takes to tell small ones from none."""
    if value is None:
        return "-"
    if 0 < value < 0.0001:
        return "<0.01 %"
    return f"{value:.2%}".replace("%", " %") if value < 0.0995 else f"{value:.0%}".replace("%", " %")


def duration(hours: float | None) -> str:
    """A stretch of time in the unit that fits."""
    if hours is None:
        return "-"
    if hours < 1:
        return f"{60 * hours:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} d"


def document(results: Sequence[Result], about: dict[str, Any]) -> dict[str, Any]:
    """Everything as one JSON document: how it was made, each folder with each method, the summary with every setting."""
    return {
        **about,
        "actor_months": sum(result.actor_months for result in results),
        "actor_month": "an org, app or account that was shown at least 10 people in a 30-day month of its table",
        "summary": [asdict(line) for line in lines(results)],
        "scenarios": [_folder(result) for result in results],
    }


def _folder(result: Result) -> dict[str, Any]:
    truth = result.truth
    return {
        "scenario": truth.scenario,
        "title": truth.title,
        "kind": truth.kind,
        "seed": truth.seed,
        "scale": truth.scale,
        "disclosures": result.disclosures,
        "people": result.people,
        "first": moment(result.first),
        "last": moment(result.last),
        "actor_months": result.actor_months,
        "seconds": {name: round(took, 3) for name, took in result.seconds.items()},
        "skipped": result.skipped,
        "leaks": [{"started": moment(leak.started), "ended": moment(leak.ended), "people": leak.people} for leak in truth.leaks],
        "innocents": [{"actors": sorted(map(list, innocent.actors)), "why": innocent.why} for innocent in truth.innocents],
        "methods": [_method(result, judged) for judged in result.judged],
    }


def _method(result: Result, judged: Judged) -> dict[str, Any]:
    return {
        "method": judged.method,
        "level": judged.level or None,
        "setting": judged.setting,
        "usual": judged.usual,
        "leaks": [
            {
                "found": caught.claim is not None,
                "by": caught.claim and caught.claim.by,
                "actors": caught.claim and [{"level": level, "id": ident} for level, ident in caught.claim.actors],
                "detected_at": None if caught.time is None else moment(caught.time),
                "seconds_to_alarm": caught.seconds,
                "people": caught.people,
                "people_before": caught.before,
                "share_before": round(caught.share, 6),
            }
            for caught in judged.leaks
        ],
        "false_findings": judged.false,
        "false_per_1000_actor_months": round(1000 * judged.false / result.actor_months, 4) if result.actor_months else None,
        "false_examples": [
            {"actors": [{"level": level, "id": ident} for level, ident in one.actors], "at": moment(one.time), "by": one.by}
            for one in judged.examples
        ],
        "members": judged.members,
        "members_not_the_leaks": judged.beside,
        "innocents_accused": [place for place, accused in enumerate(judged.accused) if accused],
        "accused": judged.false > 0 if result.truth.kind == "lookalike" else None,
        "seconds": round(judged.seconds, 3),
    }


def as_csv(results: Sequence[Result]) -> str:
    """The raw results: a row for each folder, method, level, setting and leak (one row where there is no leak)."""
    heads = (
        "scenario kind seed scale method level setting usual leak found by detected_at seconds_to_alarm people people_before share_before"
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*heads.split(), "false_findings", "actor_months", "innocents", "innocents_accused"])
    for result in results:
        truth = result.truth
        for judged in result.judged:
            head = [truth.scenario, truth.kind, truth.seed, truth.scale, judged.method, judged.level, judged.setting, judged.usual]
            tail = [judged.false, result.actor_months, len(judged.accused), sum(judged.accused)]
            for place, one in enumerate(judged.leaks):
                rang = [one.claim.by, moment(one.time)] if one.claim and one.time is not None else [None, None]
                writer.writerow(
                    [*head, place, one.claim is not None, *rang, one.seconds, one.people, one.before, round(one.share, 6), *tail]
                )
            if not judged.leaks:
                writer.writerow([*head, *[None] * 8, *tail])
    return text.getvalue()


def moment(microseconds: int) -> str:
    """Microseconds since 1970 as RFC 3339."""
    return rfc3339(_EPOCH + timedelta(microseconds=microseconds))


def ours(result: Result) -> Judged:
    """Nilometer as it is by default, on one folder."""
    return next(judged for judged in result.judged if judged.method == OURS and judged.usual)
