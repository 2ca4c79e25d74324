"""The table that goes into docs: how it was made, the summary, and each scenario beside one setting of each baseline."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from nilometer.app.evaluate import baseline, table
from nilometer.app.evaluate.run import OURS, Judged, Result


def markdown(results: Sequence[Result], about: dict[str, Any]) -> str:
    """The whole page. It says nothing that is not in `results` and `about`."""
    lines = table.lines(results)
    months = sum(result.actor_months for result in results)
    skipped = sorted({(ident, why) for result in results for ident, why in result.skipped.items()})
    return "\n".join(
        [
            "# Detection scored against truth",
            "",
            f"{about['date']} · Nilometer {about['nilometer']} · made by `{about['command']}`",
            "",
            f"{len(results)} simulated tables, {sum(r.disclosures for r in results):,} disclosures, {months:,} actor-months (an org, app or",
            "account that was shown at least 10 people in a 30-day month of its table). Every method saw the same rows in the same run and was",
            f"scored by the same code, {about['columns']}.",
            "",
            "- **People lost** are the people that the leak itself had been shown when the alarm rang, as a share of all it took, averaged over",
            "  leaks; all of them where no alarm rang.",
            "- **A false finding** is a claim about an actor of no leak, or from before the leak began. Of Nilometer every finding counts; a baseline",
            "  is heard once about an actor in 30 days, because what rings daily is soon muted. A look-alike is accused by any false finding.",
            "- **Settings** with fixed numbers are meant for scale 1.",
            "- **Levels**: a baseline that may run at several is run at each and scored at each.",
            "",
            "## All scenarios",
            "",
            *grid(table.SUMMARY, table.summary_rows(lines)),
            "",
            "## Each scenario",
            "",
            "Of a leak the share of people lost before the alarm, of a look-alike the false findings (per run); seeds averaged. Baselines at one",
            f"level and setting each: {', '.join(_column(one) for one in _columns(results))}.",
            "",
            *grid(*_scenarios(results)),
            *(["", *(f"`{ident}` did not run: skipped because {why}." for ident, why in skipped)] if skipped else []),
            "",
        ]
    )


def grid(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; `columns` are (heading, `left` or `right`)."""
    lines = ["| " + " | ".join(heading for heading, _ in columns) + " |"]
    lines.append("|" + "|".join(" --- " if side == "left" else " ---: " for _, side in columns) + "|")
    return lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


def _columns(results: Sequence[Result]) -> list[Judged]:
    """One variant of each baseline that ran: at account where it may, at the middle one of its usual settings."""
    shelf, chosen = baseline.shelf(), []
    for ident, one in shelf.items():
        level = "account" if "account" in one.levels else one.levels[0]
        setting = one.usual[len(one.usual) // 2]
        chosen += [j for r in results for j in r.judged if (j.method, j.level, j.setting) == (ident, level, setting)][:1]
    return chosen


def _column(one: Judged) -> str:
    return f"{table.label(one)} at {one.level}"


def _scenarios(results: Sequence[Result]) -> tuple[list[tuple[str, str]], list[list[str]]]:
    columns = _columns(results)
    wanted = [(OURS, "", table.ours(results[0]).setting), *((one.method, one.level, one.setting) for one in columns)] if results else []
    rows = []
    for scenario in dict.fromkeys(result.truth.scenario for result in results):
        played = [result for result in results if result.truth.scenario == scenario]
        kind = "leak" if played[0].truth.kind == "leak" else "look-alike"
        rows.append([f"{scenario} ({kind})", *(_cell(played, key) for key in wanted)])
    return [("scenario", "left"), (OURS, "right"), *((one.method, "right") for one in columns)], rows


def _cell(played: Sequence[Result], key: tuple[str, str, float | None]) -> str:
    judged = [j for result in played for j in result.judged if (j.method, j.level, j.setting) == key]
    if not judged:
        return "-"
    shares = [caught.share for one in judged for caught in one.leaks]
    if not shares:
        return f"{fmean(one.false for one in judged):g} false"
    missed = sum(caught.claim is None for one in judged for caught in one.leaks)
    return (
        table.share(fmean(shares))
        if missed == 0
        else "missed"
        if missed == len(shares)
        else f"{table.share(fmean(shares))}, {missed} missed"
    )
