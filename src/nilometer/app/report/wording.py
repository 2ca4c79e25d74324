"""How numbers, times and foreign text are written: thousands in groups, UTC by name, and nothing hidden in an id."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, date, datetime

from markupsafe import Markup

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
GAP = "\N{NO-BREAK SPACE}"
NOT_KNOWN = "not known"

ID_BRIEF, ID_HEAD, ID_TAIL, ID_SHOWN = 14, 30, 12, 48
TITLE_CAP = 1024
PROSE_CAP = 2000

LEVELS = {
    "org": "organisation",
    "app": "app",
    "account": "account",
    "session": "session",
    "ip": "IP address",
    "user_agent": "user agent",
    "surface": "surface",
    "campaign": "campaign",
}

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")  # Persian and emoji need them; harmless in prose, a disguise in an id
_MARKS_IN_A_ROW = 4


def visible(value: str, *, prose: bool = False) -> str:
    """The text with every character that cannot be seen, or that reorders its neighbours, spelled out as ⟨U+202E⟩."""
    out: list[str] = []
    marks = 0
    for char in value:
        if prose and char in "\t\n\r":
            out.append(" ")
            continue
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        unseen = category in _UNSEEN and not (prose and char in _JOINERS)
        out.append(f"⟨U+{ord(char):04X}⟩" if unseen or marks > _MARKS_IN_A_ROW else char)
    return "".join(out)


def prose(value: str, cap: int = PROSE_CAP) -> str:
    """A sentence from elsewhere, safe to set, and cut visibly when it is longer than anyone would read."""
    return visible(value[:cap], prose=True) + (f" … ({count(len(value))} characters)" if len(value) > cap else "")


def ident(value: str) -> Markup:
    """An id as HTML: isolated from the text's direction, cut visibly in the middle, whole (up to a cap) in its title."""
    if not value:
        return Markup('<bdi class="id none">(empty)</bdi>')
    whole = visible(value[:TITLE_CAP])
    if len(value) <= ID_SHOWN and len(whole) <= 2 * ID_SHOWN:
        return Markup('<bdi class="{}">{}</bdi>').format("id brief" if len(whole) <= ID_BRIEF else "id", whole)
    more = f" … (the first {count(TITLE_CAP)} of {count(len(value))} characters)" if len(value) > TITLE_CAP else ""
    shown = f"{visible(value[:ID_HEAD])}…{visible(value[max(ID_HEAD, len(value) - ID_TAIL) :])}"
    return Markup('<bdi class="id" title="{}">{}</bdi> <span class="cut">({} characters)</span>').format(
        whole + more, shown, count(len(value))
    )


def count(value: int) -> str:
    """A whole number with its thousands apart: 1,204,331."""
    return f"{value:,}"


def people(value: int) -> str:
    """So many people, and one person."""
    return f"{value:,}{GAP}{'person' if value == 1 else 'people'}"


def level(name: str, many: bool = False) -> str:
    """A level of the actor hierarchy in words; a level we do not know keeps its own name."""
    word = LEVELS.get(name, prose(name, 40))
    return word + ("es" if word.endswith("s") else "s") if many else word


def short(value: float) -> str:
    """A number for an axis: 250, 1.5k, 2M."""
    for floor, unit in ((1e12, "T"), (1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if floor <= value < 1e15:
            return f"{value / floor:.4g}{unit}"
    return f"{value:.0e}".replace("e+", "e") if value >= 1e15 else f"{value:.4g}"


def quantity(value: float | None) -> str:
    """A measured number with as many digits as help: 27,259, 12.4, 0.314."""
    if value is None or math.isnan(value):
        return NOT_KNOWN
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-4:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}{GAP}×{GAP}10^{int(exponent)}"
    text = f"{value:,.0f}" if size >= 100 or value == int(value) else f"{value:.1f}" if size >= 10 else f"{value:.3g}"
    return text.replace("-", "−")


def times(measured: float | None, usual: float | None) -> str:
    """How many times the usual, or nothing where that says nothing."""
    if measured is None or usual is None or not (math.isfinite(measured) and math.isfinite(usual)):
        return ""
    if usual <= 0 or measured <= 0:
        return ""
    ratio = measured / usual
    if not 0.01 <= ratio < 1e6:
        return ""
    return f"{ratio:,.0f}{GAP}×" if ratio >= 10 else f"{ratio:.2g}{GAP}×"


def share(part: int, whole: int) -> str:
    """A part of a whole in per cent; never 100 % unless it is all, never 0 % unless it is none."""
    if whole <= 0 or part < 0 or part > whole:
        return ""
    if part in (0, whole):
        return f"{100 if part else 0}{GAP}%"
    per_cent = 100 * part / whole
    if per_cent > 99.9:
        return f"over 99.9{GAP}%"
    if per_cent < 0.01:
        return f"under 0.01{GAP}%"
    return f"{per_cent:.0f}{GAP}%" if 10 <= per_cent < 99.5 else f"{per_cent:.1f}{GAP}%" if per_cent >= 1 else f"{per_cent:.2g}{GAP}%"


def confidence(value: float) -> str:
    """How sure, in per cent, without rounding up to certainty."""
    if math.isnan(value):
        return NOT_KNOWN
    if value > 0.99:
        return f"over 99{GAP}%"
    return f"under 1{GAP}%" if value < 0.01 else f"{100 * value:.0f}{GAP}%"


def utc(when: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is UTC already."""
    if when.tzinfo is None:
        return when.replace(tzinfo=UTC)
    try:
        return when.astimezone(UTC)
    except OverflowError:  # the first or last hours that a calendar can hold
        return when.replace(tzinfo=UTC)


def day(when: date) -> str:
    """A date without doubt about its order: 5 Dec 2019. A datetime is read in UTC."""
    if isinstance(when, datetime):
        when = utc(when).date()
    return f"{when.day}{GAP}{MONTHS[when.month - 1]}{GAP}{when.year}"


def moment(when: datetime) -> str:
    """A date and time: 5 Dec 2019, 14:03 UTC."""
    when = utc(when)
    return f"{day(when)}, {when:%H:%M}{GAP}UTC"


def between(first: datetime, last: datetime) -> str:
    """A stretch of days as a sentence begins with it: From 5 Dec 2019 to 7 Dec 2019, or On 5 Dec 2019."""
    return f"On {day(first)}" if day(first) == day(last) else f"From {day(first)} to {day(last)}"


def span_days(first: datetime, last: datetime) -> int:
    """How many calendar days (UTC) lie from the first to the last, both counted; at least 1."""
    return max(1, (utc(last).date() - utc(first).date()).days + 1)
