"""A case's page of facts as PDF, for those who print or file it: the same figures as the HTML page, drawn by fpdf2.

Only Latin letters can be set without carrying a font along; any other character is spelled out as `\\u4e2d`, and the HTML
page has it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, Final

from nilometer.app.report import wording
from nilometer.app.report.casepage import Seal
from nilometer.app.report.figures import DayFigure, FindingFigure
from nilometer.app.report.scales import nice_ticks
from nilometer.errors import ConfigError

_MARGIN: Final = 18.0
_INK, _QUIET, _NEW, _ALARM = (28, 29, 31), (91, 94, 99), (29, 74, 115), (160, 24, 32)
_MOST: Final = 60


def available() -> bool:
    """Whether the extra `pdf` is installed."""
    try:
        import fpdf  # noqa: F401
    except ImportError:
        return False
    return True


def render(facts: Mapping[str, Any], figures: Sequence[FindingFigure], seal: Seal, made_at: datetime, made_by: str, version: str) -> bytes:
    """The document. Raises ConfigError when fpdf2 is not installed."""
    if not available():
        raise ConfigError("A PDF needs fpdf2: pip install 'nilometer[pdf]'. The HTML page has the same figures.")
    sheet = _Sheet(f"Case {facts['id']}: evidence", made_at)
    when = datetime.fromisoformat
    sheet.heading(f"Case {facts['id']}", 20)
    sheet.paragraph(facts["title"])
    sheet.table(
        [
            (
                "State",
                facts["state"]
                + (f", verdict: {facts['verdict']}" if facts["verdict"] else "")
                + (", under legal hold" if facts["hold"] else ""),
            ),
            ("Disclosures", f"{wording.moment(when(facts['since']))} to {wording.moment(when(facts['until']))}"),
            ("Alarm", wording.moment(when(facts["detected_at"]))),
            ("Exported", f"{wording.moment(made_at)}, by {made_by}, Nilometer {version}"),
        ]
    )
    sheet.heading("1  Whose data, and how much")
    sheet.table(
        [
            ("People", wording.count(facts["people"])),
            ("People when the alarm rang", wording.count(facts["people_at_detection"])),
            ("Asked for, not shown: people", wording.count(facts["asked_not_shown"]["people"])),
            ("Asked for, not shown: disclosures", wording.count(facts["asked_not_shown"]["disclosures"])),
        ]
    )
    sheet.table(
        [(unit, f"{wording.count(one['count'])}. {one['deduplication']} {one.get('law') or ''}") for unit, one in facts["items"].items()]
    )
    sheet.table([(f"field {name}", wording.people(n)) for name, n in facts["fields"].items()])
    sheet.table([(f"surface {name}", wording.people(n)) for name, n in facts["surfaces"].items()])
    sheet.heading("2  To whom")
    sheet.table([(f"{wording.level(one['level'])} {one['id']}", wording.people(one["people"])) for one in facts["hierarchy"][:_MOST]])
    sheet.left_out(len(facts["hierarchy"]), "actors are in case.json")
    sheet.heading("3  How it was found")
    for sentence in facts["how_found"]:
        sheet.paragraph(sentence)
    for figure in figures:
        _finding(sheet, figure)
    sheet.heading("4  What was done, and when")
    sheet.table(
        [(f"{wording.moment(when(s['at']))}, {s['by']}", f"{s['did']}. {s['why'] or ''} [entry {s['index']}]") for s in facts["history"]]
    )
    sheet.heading("5  What is not known")
    for one in facts["unknown"][:_MOST]:
        sheet.paragraph(f"{one['what']}: {one['bound']}")
    sheet.left_out(len(facts["unknown"]), "gaps are in case.json")
    if not facts["unknown"]:
        sheet.paragraph("No gap was found in the logs of this time. What never reached the logs cannot be known from them.")
    sheet.heading("6  How to check this")
    sheet.paragraph(
        "python3 verify.py, beside this document, recomputes every figure from the disclosures, and every disclosure against the sealed log."
    )
    sheet.table(
        [("Log", f"{seal.origin}, {seal.size:,} entries"), ("Key", seal.key), ("Root", seal.root), ("Timestamps", seal.stamps or "none")]
    )
    return sheet.done()


def _finding(sheet: _Sheet, figure: FindingFigure) -> None:
    sheet.heading(f"Finding {figure.id}: {figure.severity}, confidence {wording.confidence(figure.confidence)}", 11)
    sheet.paragraph(figure.title)
    sheet.table(
        [
            (reason.detector, f"{reason.says} (measured {wording.quantity(reason.measured)}, usual {wording.quantity(reason.usual)})")
            for reason in figure.reasons[:24]
        ]
    )
    if figure.days:
        sheet.reach(figure.days, figure.detected_at)
        sheet.bars(figure.days)


class _Sheet:
    """A document that is written from top to bottom."""

    def __init__(self, title: str, made_at: datetime) -> None:
        from fpdf import FPDF

        class Paged(FPDF):
            """Pages with their number and the document's title at the foot."""

            def footer(self) -> None:
                self.set_y(-14)
                self.set_font("Helvetica", size=8)
                self.set_text_color(*_QUIET)
                self.cell(0, 5, f"{_latin(title)} - page {self.page_no()} of {{nb}}", align="C")

        self.page = Paged(format="A4")
        self.page.set_creation_date(made_at.astimezone(UTC))
        self.page.set_title(_latin(title))
        self.page.set_margins(_MARGIN, _MARGIN)
        self.page.set_auto_page_break(True, margin=20)
        self.page.add_page()

    def heading(self, text: str, size: int = 14) -> None:
        """A heading, kept with what follows it."""
        if self.page.will_page_break(size + 14):
            self.page.add_page()
        self.page.ln(size / 4)
        self._write(text, size, "B", _INK)
        self.page.ln(1)

    def paragraph(self, text: str) -> None:
        """A paragraph of running text."""
        self._write(text, 10, "", _INK)
        self.page.ln(1.2)

    def left_out(self, count: int, where: str) -> None:
        """Says how many of a long list are not set here."""
        if count > _MOST:
            self._write(f"and {count - _MOST:,} more; all {where}", 8, "", _QUIET)

    def table(self, rows: Sequence[tuple[str, str]]) -> None:
        """Two columns: what, and how much or what of it."""
        if not rows:
            return
        self.page.set_font("Helvetica", size=9)
        self.page.set_text_color(*_INK)
        with self.page.table(
            col_widths=(3, 7), first_row_as_headings=False, borders_layout="HORIZONTAL_LINES", line_height=4.6, padding=1
        ) as table:
            for left, right in rows:
                row = table.row()
                row.cell(_latin(wording.prose(left, 200)))
                row.cell(_latin(wording.prose(right, 900)))
        self.page.ln(2)

    def reach(self, days: Sequence[DayFigure], alarm: datetime) -> None:
        """People reached over time, with the alarm marked."""
        first, last = days[0].day.toordinal(), days[-1].day.toordinal() + 1
        x, y, wide, high, most = self._frame("People reached over time (each person counts once)", max(d.reach_ever for d in days), days)
        points = [(first, 0), *((d.day.toordinal() + 1, d.reach_ever) for d in days)]
        drawn = [(x + wide * (at - first) / max(last - first, 1), y + high - high * n / most) for at, n in points]
        self.page.set_draw_color(*_NEW)
        self.page.set_line_width(0.6)
        for (x1, y1), (x2, y2) in pairwise(drawn):
            self.page.line(x1, y1, x2, y2)
        at = x + wide * min(max(_ordinal(alarm) - first, 0), last - first) / max(last - first, 1)
        self.page.set_draw_color(*_ALARM)
        self.page.line(at, y, at, y + high)
        self.page.set_text_color(*_ALARM)
        self.page.text(min(at + 1, x + wide - 30), y + 3, _latin(f"alarm {wording.day(alarm)}"))

    def bars(self, days: Sequence[DayFigure]) -> None:
        """New people a day; a long time is folded, each bar the mean of its days."""
        first, last = days[0].day.toordinal(), days[-1].day.toordinal() + 1
        step = max(1, -(-(last - first) // 80))
        sums = [0.0] * (-(-(last - first) // step))
        for day in days:
            sums[(day.day.toordinal() - first) // step] += day.new / step
        name = "New people a day" + (f" (each bar: the mean of {step} days)" if step > 1 else "")
        x, y, wide, high, most = self._frame(name, max(1, *sums) if len(sums) > 1 else max(1, sums[0]), days)
        self.page.set_fill_color(*_NEW)
        for place, value in enumerate(sums):
            tall = high * value / most
            self.page.rect(x + wide * place / len(sums), y + high - tall, wide / len(sums) * 0.8, tall, style="F")

    def _frame(self, title: str, most: float, days: Sequence[DayFigure]) -> tuple[float, float, float, float, float]:
        if self.page.will_page_break(58):
            self.page.add_page()
        self._write(title, 9, "B", _INK)
        x, y, wide, high = _MARGIN + 16, self.page.get_y() + 2, self.page.epw - 18, 38.0
        ticks = nice_ticks(max(most, 1))
        self.page.set_font("Helvetica", size=7)
        self.page.set_text_color(*_QUIET)
        self.page.set_draw_color(220, 220, 216)
        self.page.set_line_width(0.2)
        for tick in ticks:
            at = y + high - high * tick / ticks[-1]
            self.page.line(x, at, x + wide, at)
            self.page.text(_MARGIN, at + 1, wording.short(tick))
        self.page.text(x, y + high + 4, _latin(wording.day(days[0].day)))
        end = _latin(wording.day(days[-1].day))
        self.page.text(x + wide - self.page.get_string_width(end), y + high + 4, end)
        self.page.set_y(y + high + 7)
        return x, y, wide, high, float(ticks[-1])

    def _write(self, text: str, size: int, style: str, colour: tuple[int, int, int]) -> None:
        self.page.set_font("Helvetica", style=style, size=size)
        self.page.set_text_color(*colour)
        self.page.multi_cell(0, size * 0.5, _latin(wording.prose(text)), new_x="LMARGIN", new_y="NEXT")

    def done(self) -> bytes:
        """The finished document."""
        return bytes(self.page.output())


def _ordinal(moment: datetime) -> float:
    moment = wording.utc(moment)
    return date(moment.year, moment.month, moment.day).toordinal() + (moment.hour * 60 + moment.minute) / 1440


def _latin(text: str) -> str:
    """The text in the letters that every PDF reader has; others spelled out."""
    plain = text.replace("\N{NO-BREAK SPACE}", " ").translate(
        {0x2019: "'", 0x2013: "-", 0x2026: "...", 0x27E8: "<", 0x27E9: ">", 0x2212: "-", 0x221E: "inf"}
    )
    return plain.encode("latin-1", "backslashreplace").decode("latin-1")
