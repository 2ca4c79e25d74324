"""Sets a report as one HTML page that needs nothing else: no script, no network, no second file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from nilometer.app.report import charts, wording
from nilometer.app.report.buckets import Folded, fold
from nilometer.app.report.figures import DayFigure, FindingFigure, LedgerGlance, Report

DETAILED = 50
ROWS = 15

_SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One chart in its two widths, with the caption's remark where one is needed."""

    wide: Markup
    narrow: Markup
    remark: str | Markup = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One finding ready to be set: its figures, its charts, and the tables that say the same as the charts."""

    number: int
    figure: FindingFigure
    reach: Picture | None
    days: Picture | None
    hours: Picture | None
    folded: Folded
    alarm_day: int
    share_at_alarm: str


def render(report: Report) -> str:
    """The whole page. The same report gives the same page, byte for byte."""
    findings = sorted(report.findings, key=weight)
    days = [DayFigure(day=day, people=people, new=new, reach_ever=0) for day, people, new in report.ledger.people_by_day]
    page = environment().get_template("report.html.j2")
    return page.render(
        report=report,
        ledger=report.ledger,
        findings=findings,
        sections=[section(number, finding) for number, finding in enumerate(findings[:DETAILED], start=1)],
        by_severity=[(word, n) for word in _SEVERITIES if (n := sum(finding.severity == word for finding in findings))],
        actors=_actors(report.ledger),
        days=_people_per_day(days),
        folded_days=fold(days, limit=charts.bars_that_fit(charts.WIDE)),
        covered=_covered(report.ledger),
        rows=ROWS,
    )


def weight(finding: FindingFigure) -> tuple[int, int, str, str]:
    """The order of findings, as a sort key: gravest first, then by people. Only the first `DETAILED` need days and hours."""
    grave = _SEVERITIES.index(finding.severity) if finding.severity in _SEVERITIES else len(_SEVERITIES)
    return grave, -finding.people, finding.id, finding.actor_id


def section(number: int, finding: FindingFigure) -> Section:
    """One finding ready to be set; `number` tells its charts from those of others on the page."""
    key = f"finding-{number}"
    return Section(
        number=number,
        figure=finding,
        reach=_reach(finding, key),
        days=_new_and_known(finding, key),
        hours=_hours(finding.hours, key),
        folded=fold(finding.days, limit=charts.bars_that_fit(charts.WIDE)),
        alarm_day=wording.span_days(finding.first_seen, finding.detected_at),
        share_at_alarm=wording.share(finding.people_at_detection, finding.people) if finding.people_at_detection < finding.people else "",
    )


def _reach(finding: FindingFigure, key: str) -> Picture | None:
    if not finding.days:
        return None
    wide = charts.reach_over_time(finding, key=f"{key}-reach", width=charts.WIDE)
    narrow = charts.reach_over_time(finding, key=f"{key}-reach-narrow", width=charts.NARROW)
    remarks = ["The scale is logarithmic: each step up is ten or more times the one below it."] if charts.logarithmic(finding) else []
    if len({figure.day for figure in finding.days}) == 1:
        remarks.append("Three points are known (first seen, the alarm, last seen); the lines between them are drawn straight.")
    return Picture(wide=wide, narrow=narrow, remark=" ".join(remarks))


def _new_and_known(finding: FindingFigure, key: str) -> Picture | None:
    if not finding.days:
        return None
    wide = charts.new_and_known(finding.days, key=f"{key}-days", width=charts.WIDE, alarm=finding.detected_at)
    narrow = charts.new_and_known(finding.days, key=f"{key}-days-narrow", width=charts.NARROW, alarm=finding.detected_at)
    return Picture(wide=wide, narrow=narrow, remark=_each_bar(finding.days))


def _people_per_day(days: Sequence[DayFigure]) -> Picture | None:
    if not days:
        return None
    wide, narrow = (
        charts.new_and_known(
            days, key=key, width=width, height=90,
            title="People shown to anyone, per day", new_words="first time in this ledger", known_words="shown before",
        )
        for key, width in (("ledger-days", charts.WIDE), ("ledger-days-narrow", charts.NARROW))
    )  # fmt: skip
    return Picture(wide=wide, narrow=narrow, remark=_each_bar(days))


def _each_bar(days: Sequence[DayFigure]) -> str | Markup:
    """What one bar stands for, in both widths."""
    wide, narrow = (fold(days, limit=charts.bars_that_fit(width)).step for width in (charts.WIDE, charts.NARROW))
    if wide == narrow:
        return "" if wide == "day" else f"Each bar is the mean day of one {wide}."
    return Markup('<span class="wide">{}</span><span class="narrow">{}</span>').format(_one(wide), _one(narrow))


def _one(step: str) -> str:
    return "Each bar is one day." if step == "day" else f"Each bar is the mean day of one {step}."


def _hours(hours: Sequence[int], key: str) -> Picture | None:
    if not any(value > 0 for value in hours):
        return None
    wide = charts.hours_of_day(hours, key=f"{key}-hours", width=charts.WIDE)
    narrow = charts.hours_of_day(hours, key=f"{key}-hours-narrow", width=charts.NARROW)
    active = sum(value > 0 for value in hours[:24])
    return Picture(
        wide=wide, narrow=narrow, remark="Active in every hour of the day." if active == 24 else f"Active in {active} of 24 hours."
    )


def _actors(ledger: LedgerGlance) -> list[tuple[str, int]]:
    """Actors by level, the widest level first."""
    order = {level: place for place, level in enumerate(wording.LEVELS)}
    return sorted(ledger.actors.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))


def _covered(ledger: LedgerGlance) -> str:
    """The time that the ledger covers, in words; empty when it covers none."""
    if ledger.first is None or ledger.last is None:
        return ""
    days = wording.span_days(ledger.first, ledger.last)
    if days == 1:
        return f"{wording.day(ledger.first)} (one day)"
    return f"{wording.day(ledger.first)} to {wording.day(ledger.last)} ({wording.count(days)} days)"


@cache
def environment() -> Environment:
    """The templates of this room, with the ways they write numbers, times and foreign text."""
    environment = Environment(
        loader=PackageLoader("nilometer.app.report", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "n": wording.count, "people": wording.people, "q": wording.quantity, "day": wording.day, "moment": wording.moment,
        "ident": wording.ident, "prose": wording.prose, "sure": wording.confidence, "level": wording.level,
    }  # fmt: skip
    environment.globals |= {"beside": charts.beside, "times": wording.times, "between": wording.between}
    return environment
