"""The charts of the report, as SVG made here: reach over time, new against known people per day, the hours of the day.

Every chart is a pure function of figures and comes in two widths (the text of a chart that is merely shrunk cannot be read).
Colours come from the page (classes); nothing is told by colour alone. `key` must be unique on a page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from markupsafe import Markup

from nilometer.app.report import svg
from nilometer.app.report.buckets import Bucket, Folded, fold
from nilometer.app.report.figures import DayFigure, FindingFigure
from nilometer.app.report.scales import Scale, Tick, amount_ticks, log_ticks, nice_ticks, stamp, time_ticks
from nilometer.app.report.wording import count, day, people, quantity

WIDE, NARROW = 720, 360
LEFT, RIGHT = 46, 14
FEW = 6  # up to so many days are set as rows: two bars in a wide frame look like a mistake


def bars_that_fit(width: int) -> int:
    """How many bars can be told apart in a chart of this width."""
    return (width - LEFT - RIGHT) // 5


def reach_over_time(finding: FindingFigure, *, key: str, width: int = WIDE) -> Markup:
    """How many people the actor had reached, day by day, with the alarm marked where it rang."""
    title = "People reached over time"
    folded = fold(finding.days, limit=(width - LEFT - RIGHT) // 2)
    if not folded.buckets:
        return _nothing(key, title, width)
    alarm, at_alarm = stamp(finding.detected_at), max(0, finding.people_at_detection)
    points = _growth(finding, folded.buckets, alarm, at_alarm)
    most = max(at_alarm, *(reach for _, reach in points))
    log = logarithmic(finding)
    amounts = log_ticks(most) if log else nice_ticks(most)
    words = [f"alarm: {day(finding.detected_at)}, {people(at_alarm)}"]
    if svg.CHAR_WIDE * len(words[0]) > (width - LEFT - RIGHT) / 2:
        words = [f"alarm: {day(finding.detected_at)},", people(at_alarm)]
    top = 19.0 + 15 * len(words)  # the words of the alarm, and under them room for the last number
    bottom = top + (190 if width == WIDE else 170)
    xs = Scale(low=min(folded.buckets[0].start, alarm), high=max(folded.buckets[-1].end, alarm), start=LEFT, end=width - RIGHT)
    ys = Scale(low=amounts[0], high=amounts[-1], start=bottom, end=top, log=log)
    drawn = [(xs(at), ys(reach)) for at, reach in points]
    area = svg.el("path", d=f"{svg.path([(drawn[0][0], bottom), *drawn, (drawn[-1][0], bottom)])}Z", class_="reach-area")
    curve = svg.el("path", d=svg.path(drawn), class_="reach-line")
    end_x, end_y = drawn[-1]
    last = svg.el("circle", cx=end_x, cy=end_y, r=3, class_="reach-end")
    beside_marker = abs(end_x - xs(alarm)) < svg.CHAR_WIDE * 12 and abs(end_y - ys(at_alarm)) < 24
    most_label = svg.text(end_x, end_y - 8, people(points[-1][1]), class_="label strong halo", anchor="end")
    marker = _marker(xs(alarm), ys(at_alarm), words, bottom=bottom, width=width)
    desc = (
        f"From {day_of(points[0][0])} to {day_of(points[-1][0], ending=True)} the number of people reached grew from {count(points[0][1])} to "
        f"{count(points[-1][1])}. The alarm rang on {day(finding.detected_at)}, at {people(at_alarm)}."
        f"{' The scale is logarithmic: each line is a power of ten.' if log else ''}"
    )
    body = [_amounts(amount_ticks(amounts), ys, width), _times(xs, bottom, width), area, curve, last, marker]
    return svg.svg(key, width, bottom + 38, title, desc, *body, *([] if beside_marker else [most_label]))


def logarithmic(finding: FindingFigure) -> bool:
    """True when a linear scale would press more than half of the curve against the axis, so that nothing could be read there."""
    reach = sorted(bucket.reach for bucket in fold(finding.days, limit=WIDE // 2).buckets)
    return bool(reach) and reach[-1] >= 1000 and reach[len(reach) // 2] < reach[-1] / 50


def _growth(finding: FindingFigure, buckets: Sequence[Bucket], alarm: float, at_alarm: int) -> list[tuple[float, int]]:
    """What is known of the curve: nobody (or whoever was reached before) at the start, each end of day, and the alarm itself."""
    first, last = stamp(finding.first_seen), stamp(finding.last_seen)
    start, end = float(buckets[0].start), float(buckets[-1].end)
    start = first if start < first < min(buckets[0].end, end) else start
    end = last if max(buckets[-1].start, start) < last < end else end
    points = [(start, max(0, buckets[0].reach - buckets[0].added))]
    points += [(float(bucket.end), bucket.reach) for bucket in buckets[:-1]] + [(end, buckets[-1].reach)]
    for i, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        if x1 < alarm < x2 and y1 <= at_alarm <= y2:
            return [*points[: i + 1], (alarm, at_alarm), *points[i + 1 :]]
    return points


def new_and_known(
    days: Sequence[DayFigure], *, key: str, width: int = WIDE, alarm: datetime | None = None,
    title: str = "New against known people per day", new_words: str = "new people", known_words: str = "known already", height: int = 150,
) -> Markup:  # fmt: skip
    """Stacked bars: new people at the foot, people known already upon them, and a line for what is usual."""
    folded = fold(days, limit=bars_that_fit(width))
    if not folded.buckets:
        return _nothing(key, title, width)
    if folded.daily and len(folded.buckets) <= FEW:
        return _rows(folded.buckets, key=key, width=width, title=title, new_words=new_words, known_words=known_words)
    buckets = folded.buckets
    head, legend_end = svg.legend(_entries(buckets, new_words, known_words), key=key, left=LEFT, width=width)
    top = legend_end + (22 if alarm else 8)
    bottom = top + height
    most = max(max(bucket.people, bucket.usual or 0) for bucket in buckets)
    amounts = nice_ticks(most, want=4 if height > 100 else 2, whole=folded.daily and most >= 4)
    xs = Scale(low=buckets[0].start, high=buckets[-1].end, start=LEFT, end=width - RIGHT)
    ys = Scale(low=0, high=amounts[-1], start=bottom, end=top)
    boxes = [_box(bucket, xs) for bucket in buckets]
    bars = [_bar(bucket, box, ys) for bucket, box in zip(buckets, boxes, strict=True)]
    hatching = svg.hatching(
        key, [(x, ys(b.people), wide, ys(b.new) - ys(b.people)) for b, (x, wide) in zip(buckets, boxes, strict=True) if b.known > 0]
    )
    hits = [_hit(bucket, xs, top=top, foot=bottom, daily=folded.daily) for bucket in buckets]
    body = [
        svg.hatch(key),
        head,
        _amounts(amount_ticks(amounts), ys, width),
        *bars,
        hatching,
        _usual(buckets, xs, ys),
        _times(xs, bottom, width),
    ]
    if alarm and buckets[0].start <= stamp(alarm) <= buckets[-1].end:
        body.append(_marker(xs(stamp(alarm)), None, [f"alarm: {day(alarm)}"], top=legend_end + 1, bottom=bottom, width=width))
    return svg.svg(key, width, bottom + 38, title, _told(folded), *body, *hits)


def _box(bucket: Bucket, xs: Scale) -> tuple[float, float]:
    """Where a bar begins and how wide it is: most of its slot, never a slab."""
    x1, x2 = xs(bucket.start), xs(bucket.end)
    wide = min(34.0, max((x2 - x1) * 0.8, x2 - x1 - 3))
    return (x1 + x2 - wide) / 2, wide


def _bar(bucket: Bucket, box: tuple[float, float], ys: Scale) -> Markup:
    x, wide = box
    foot, seam, head = ys(0), ys(bucket.new), ys(bucket.people)
    out = [svg.rect(x, seam, wide, foot - seam, "new new-fill")] if bucket.new > 0 else []
    out += [svg.rect(x, head, wide, seam - head, "known known-fill")] if bucket.known > 0 else []
    return Markup("").join(out)


def _hit(bucket: Bucket, xs: Scale, *, top: float, foot: float, daily: bool) -> Markup:
    """The slot of one bar, to point at: the numbers appear without any script."""
    each = "" if daily else " a day"
    tip = f"{bucket.label}: {quantity(bucket.people)} people{each}, {quantity(bucket.new)} of them new"
    return svg.rect(xs(bucket.start), top, xs(bucket.end) - xs(bucket.start), foot - top, "hit", svg.el("title", tip))


def _rows(buckets: Sequence[Bucket], *, key: str, width: int, title: str, new_words: str, known_words: str) -> Markup:
    """A few days as rows, each with its numbers written out; used where a time axis would have nothing to show."""
    head, y = svg.legend(_entries(buckets, new_words, known_words), key=key, left=0, width=width)
    most = max(max(bucket.people, bucket.usual or 0) for bucket in buckets)
    xs = Scale(low=0, high=most or 1, start=0, end=width - 2)
    body = [svg.hatch(key), head]
    for bucket in buckets:
        y += 20
        words = f"{people(round(bucket.people))}, {count(round(bucket.new))} new"
        body += [svg.text(0, y, bucket.label), svg.text(width, y, words, class_="label strong", anchor="end")]
        seam, end = xs(bucket.new), xs(bucket.people)
        body += [svg.rect(0, y + 7, seam, 14, "new new-fill")] if bucket.new > 0 else []
        body += (
            [svg.rect(seam, y + 7, end - seam, 14, "known known-fill"), svg.hatching(key, [(seam, y + 7, end - seam, 14)])]
            if bucket.known > 0
            else []
        )
        if bucket.usual is not None:
            body += [svg.line(xs(bucket.usual), y + 5, xs(bucket.usual), y + 24, name) for name in ("usual-halo", "usual-line")]
        y += 24
    return svg.svg(key, width, y + 8, title, _told(Folded(step="day", buckets=buckets)), *body)


def _entries(buckets: Sequence[Bucket], new_words: str, known_words: str) -> list[svg.Entry]:
    entries = [svg.Entry(swatch="new", words=new_words), svg.Entry(swatch="known", words=known_words)]
    usual = [bucket.usual for bucket in buckets if bucket.usual is not None]
    if usual:
        low, high = quantity(min(usual)), quantity(max(usual))
        entries.append(svg.Entry(swatch="usual", words=f"usual: {low if low == high else f'{low} to {high}'} people a day"))
    return entries


def _usual(buckets: Sequence[Bucket], xs: Scale, ys: Scale) -> Markup:
    runs: list[list[tuple[float, float]]] = [[]]
    for bucket in buckets:
        if bucket.usual is None:
            runs.append([])
        else:
            runs[-1] += [(xs(bucket.start), ys(bucket.usual)), (xs(bucket.end), ys(bucket.usual))]
    drawn = [svg.path(run) for run in runs if run]
    return Markup("").join(svg.el("path", d=d, class_=name) for name in ("usual-halo", "usual-line") for d in drawn)


def _told(folded: Folded) -> str:
    first, last = folded.buckets[0], folded.buckets[-1]
    most = max(folded.buckets, key=lambda bucket: bucket.people)
    added = sum(bucket.added for bucket in folded.buckets)
    if len(folded.buckets) == 1:
        return f"{first.label}: {quantity(first.people)} people, {quantity(first.new)} of them new."
    each = f"Each bar is the mean day of one {folded.step}." if not folded.daily else "Each bar is one day."
    return f"{first.label} to {last.label}. {each} {count(added)} new people in all; the most a day, {quantity(most.people)}: {most.label}."


def hours_of_day(hours: Sequence[int], *, key: str, width: int = WIDE) -> Markup:
    """Disclosures by hour of the day (UTC), as 24 low bars: a person sleeps, a script does not."""
    title = "Disclosures by hour of the day (UTC)"
    values = [max(0, value) for value in [*hours, *[0] * 24][:24]]
    busiest = max(range(24), key=lambda hour: values[hour])
    top, bottom = 18.0, 74.0
    ys = Scale(low=0, high=max(values), start=bottom, end=top)
    slot = (width - 2) / 24
    body = [svg.line(0, bottom, width, bottom, "axis"), svg.text(0, 11, f"most: {count(values[busiest])} at {busiest:02d}:00")]
    for hour, value in enumerate(values):
        x = 1 + hour * slot
        if value:
            body.append(svg.rect(x + slot * 0.12, ys(value), slot * 0.76, bottom - ys(value), "hour new-fill"))
        body.append(
            svg.rect(x, top, slot, bottom - top, "hit", svg.el("title", f"{hour:02d}:00 to {hour + 1:02d}:00: {count(value)} disclosures"))
        )
        if hour % 3 == 0:
            body.append(svg.text(x, bottom + 15, f"{hour:02d}:00" if width == WIDE else f"{hour:02d}"))
    body.append(svg.text(width, bottom + 15, "24:00" if width == WIDE else "24", anchor="end"))
    desc = (
        f"{sum(value > 0 for value in values)} of 24 hours hold disclosures; the busiest is {busiest:02d}:00 with {count(values[busiest])}."
    )
    return svg.svg(key, width, bottom + 22, title, desc, *body)


def beside(measured: float | None, usual: float | None) -> Markup:
    """Two small bars on one scale, measured over usual; nothing where there is nothing to compare. The numbers stand beside it."""
    if measured is None or usual is None or not (math.isfinite(measured) and math.isfinite(usual)) or min(measured, usual) < 0:
        return Markup("")
    xs = Scale(low=0, high=max(measured, usual), start=0, end=86)
    bars = svg.rect(1, 2, xs(measured), 7, "measured new-fill") + svg.rect(1, 11, xs(usual), 5, "usual-fill")
    return svg.el("svg", bars, viewBox="0 0 88 18", width=88, height=18, aria_hidden="true", class_="beside") if xs.high > 0 else Markup("")


def day_of(at: float, *, ending: bool = False) -> str:
    """The date of a place on a time axis; the end of a day belongs to the day it ends."""
    tick = math.ceil(at) - 1 if ending else math.floor(at)
    return day(datetime.fromordinal(max(1, tick)).date())


def _marker(x: float, y: float | None, words: Sequence[str], *, bottom: float, width: int, top: float = 0) -> Markup:
    """The alarm: a dashed line, a flag of words above the plot and, where the height is known, a ring on the curve."""
    wide = svg.CHAR_WIDE * max(len(line) for line in words) + 6
    left = x + 5 if x + 5 + wide <= width else None
    out = [svg.line(x, top, x, bottom, name) for name in ("alarm-halo", "alarm-line")]
    for i, line in enumerate(words):
        out.append(
            svg.text(
                max(x - 5, wide) if left is None else left,
                top + 11 + 15 * i,
                line,
                class_="label alarm-label",
                anchor="end" if left is None else "start",
            )
        )
    if y is not None:
        out.append(svg.el("circle", cx=x, cy=y, r=4.5, class_="alarm-ring"))
    return svg.el("g", *out, class_="alarm")


def _amounts(ticks: Sequence[Tick], ys: Scale, width: int) -> Markup:
    out = []
    for i, tick in enumerate(ticks):
        y = ys(tick.at)
        out.append(svg.line(LEFT, y, width - RIGHT, y, "axis" if i == 0 else "grid"))
        out.append(svg.text(LEFT - 7, y + 4, tick.label, class_="tick", anchor="end"))
    return svg.el("g", *out, class_="amounts")


def _times(xs: Scale, bottom: float, width: int) -> Markup:
    out = []
    for tick in time_ticks(xs.low, xs.high, want=(width - LEFT - RIGHT) // (66 if width == WIDE else 56)):
        x = xs(tick.at)
        half = svg.CHAR_WIDE * max(len(tick.label), len(tick.below)) / 2
        anchor, at = ("end", width - 1.0) if x + half > width else ("middle", x)
        out.append(svg.line(x, bottom, x, bottom + 4, "axis"))
        out += [svg.text(at, bottom + 17, tick.label, class_="tick", anchor=anchor)]
        out += [svg.text(at, bottom + 31, tick.below, class_="tick faint", anchor=anchor)] if tick.below else []
    return svg.el("g", *out, class_="times")


def _nothing(key: str, title: str, width: int) -> Markup:
    return svg.svg(key, width, 40, title, "There are no days to draw.", svg.text(0, 24, "There are no days to draw."))
